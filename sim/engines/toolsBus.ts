// The Jacdac bus of the ordinary DeviceScript tools, joined over WebSocket, and the device that runs on it. Only one that calls itself
// DeviceScript's simulator is looked for here: which board's settings may be touched is decided in `sim/board/`.

import { readFileSync } from "node:fs"
import {
    ControlReg,
    DeviceScriptManagerReg,
    JDBridge,
    JDBus,
    type JDRegister,
    type JDService,
    Packet,
    type Scheduler,
    SRV_CONTROL,
    SRV_DEVICE_SCRIPT_MANAGER,
    SRV_SETTINGS,
    SRV_USB_BRIDGE,
    UsbBridgeCmd,
} from "jacdac-ts"
import { type BusSocket, openBusSocket } from "./busSocket"
import { servicesFile } from "./firmware"

// The product that DeviceScript's WebAssembly runtime announces itself as.
export const SIMULATOR_PRODUCT = 0x3fe5b46f

const OBEY_TRIES = 10
const OBEY_PAUSE_MS = 100

/** The tools are not there, or do not do what they are asked: nothing that the scenario or the firmware could help. */
export class ToolsError extends Error {}

/** A connection to the tools' bus. */
export class ToolsBus {
    readonly bus: JDBus
    /** Ends when the connection does. */
    readonly closed: Promise<void>
    open = true

    private constructor(
        private readonly socket: BusSocket,
        scheduler?: Scheduler,
    ) {
        this.bus = new JDBus([], {
            ...(scheduler ? { scheduler } : {}),
            services: JSON.parse(readFileSync(servicesFile(), "utf8")),
            disableRoleManager: true,
            client: false,
        })
        this.bus.backgroundRefreshRegisters = false
        new SocketBridge(socket).bus = this.bus
        this.closed = new Promise(resolve => {
            socket.onClose = () => {
                this.open = false
                resolve()
            }
        })
    }

    /** Joins the bus at `url`, of one of BUS_PROTOCOLS; throws ToolsError when nothing answers there. */
    static async join(url: string): Promise<ToolsBus> {
        try {
            return ToolsBus.over(await openBusSocket(url))
        } catch (error) {
            throw new ToolsError(`no Jacdac bus at ${url}: ${(error as Error).message}`)
        }
    }

    /**
     * Joins a bus at the other end of a connection.
     * @param scheduler the clock by which this end announces itself and waits for answers; that of this machine without one
     */
    static over(socket: BusSocket, scheduler?: Scheduler): ToolsBus {
        return new ToolsBus(socket, scheduler)
    }

    leave(): void {
        this.bus.stop()
        this.socket.close()
    }
}

/** A board sends nothing over USB before somebody asks for it: Jacdac's service "USB bridge", by its class. */
export async function askForFrames(bus: JDBus): Promise<void> {
    await Packet.onlyHeader(UsbBridgeCmd.EnablePackets).sendAsMultiCommandAsync(bus, SRV_USB_BRIDGE)
}

class SocketBridge extends JDBridge {
    constructor(private readonly socket: BusSocket) {
        super("tools", true)
        socket.onFrame = frame => this.receiveFrameOrPacket(frame)
    }

    protected override sendPacket(frame: Uint8Array): void {
        this.socket.send(frame)
    }
}

/** A device on the bus, by the services that every DeviceScript device has: its program can be stopped and started, its settings written. */
export class ProgrammedDevice {
    constructor(
        private readonly manager: JDService,
        private readonly settings: JDService,
        /** Whether the device starts its program by itself, as it was found. */
        private readonly autostart: boolean,
    ) {}

    /**
     * The simulated device, once there is one with a program; undefined as long as there is none.
     * Throws ToolsError when it cannot be said which is meant.
     */
    static async findSimulated(bus: JDBus): Promise<ProgrammedDevice | undefined> {
        const found: ProgrammedDevice[] = []
        for (const manager of bus.services({ serviceClass: SRV_DEVICE_SCRIPT_MANAGER, lost: false })) {
            const [control] = manager.device.services({ serviceClass: SRV_CONTROL })
            const [settings] = manager.device.services({ serviceClass: SRV_SETTINGS })
            if (!control || !settings) continue
            if ((await numberIn(control.register(ControlReg.ProductIdentifier))) !== SIMULATOR_PRODUCT) continue
            const programSize = await numberIn(manager.register(DeviceScriptManagerReg.ProgramSize))
            const autostart = await numberIn(manager.register(DeviceScriptManagerReg.Autostart))
            if (programSize === undefined || programSize === 0 || autostart === undefined) continue
            found.push(new ProgrammedDevice(manager, settings, autostart !== 0))
        }
        if (found.length > 1) {
            const names = found.map(({ manager }) => manager.device.shortId).join(", ")
            throw new ToolsError(`${found.length} simulated devices are on the bus (${names}): leave one running`)
        }
        return found[0]
    }

    /** What the program calls itself, such as "intrathecal-pump Simulator". */
    async programName(): Promise<string> {
        const register = this.manager.register(DeviceScriptManagerReg.ProgramName)
        return (await isRead(register)) ? register.stringValue : "a program without a name"
    }

    /** Stops the program, and keeps it from being started again. */
    async stop(): Promise<void> {
        await this.manager.register(DeviceScriptManagerReg.Autostart).sendSetBoolAsync(false)
        await this.setRunning(false)
    }

    /** Starts the program from its beginning. */
    async start(): Promise<void> {
        await this.setRunning(true)
        await this.restoreAutostart()
    }

    async restoreAutostart(): Promise<void> {
        await this.manager.register(DeviceScriptManagerReg.Autostart).sendSetBoolAsync(this.autostart)
    }

    /** Writes settings; each packet is acknowledged before the next one goes. */
    async write(packets: Packet[]): Promise<void> {
        try {
            for (const packet of packets) await this.settings.sendPacketAsync(packet, true)
        } catch (error) {
            throw new ToolsError(`the device takes no settings: ${String(error)}`)
        }
    }

    private async setRunning(value: boolean): Promise<void> {
        const running = this.manager.register(DeviceScriptManagerReg.Running)
        for (let i = 0; i < OBEY_TRIES; i++) {
            await running.sendSetBoolAsync(value)
            if ((await numberIn(running)) === (value ? 1 : 0)) return
            await this.manager.device.bus.delay(OBEY_PAUSE_MS)
        }
        throw new ToolsError(
            `the device does not ${value ? "start" : "stop"} its program, or a second one is on the bus: all have one identifier`,
        )
    }
}

/** Asks for a register's value; false when no answer comes. */
export async function isRead(register: JDRegister): Promise<boolean> {
    try {
        await register.refresh()
        return register.data !== undefined
    } catch {
        return false
    }
}

/** The number in a register; undefined when no answer comes. */
export async function numberIn(register: JDRegister): Promise<number | undefined> {
    return (await isRead(register)) ? register.uintValue : undefined
}

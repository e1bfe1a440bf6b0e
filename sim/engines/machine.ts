// One DeviceScript machine with its flash and its Jacdac bus, on a virtual clock: a device from power-on to power cut.

import { readFileSync } from "node:fs"
import { JDBridge, JDBus } from "jacdac-ts"
import { type DevsModule, loadDevsModule, type VirtualClock } from "./devicescriptVm"
import { servicesFile } from "./firmware"
import { VirtualScheduler } from "./virtualScheduler"

// Any identifier will do.
const DEVICE_ID = "1989f4eee0ebe206"

/** A machine with its flash and its bus: what exists from one power-on to the next power cut. */
export class Machine {
    readonly bus: JDBus
    panic = 0
    /** When the machine last sent a frame, on the virtual clock. */
    lastSentMs = -Infinity
    private readonly scheduler: VirtualScheduler
    private readonly bridge: MachineBridge
    /** Called with every frame that the machine sends. */
    onFrame: ((frame: Uint8Array) => void) | undefined
    private readonly framesOut: Uint8Array[] = []

    private constructor(
        readonly module: DevsModule,
        private readonly clock: VirtualClock,
        onLog: (line: string) => void,
    ) {
        this.scheduler = new VirtualScheduler(clock)
        this.bus = new JDBus([], {
            scheduler: this.scheduler,
            services: JSON.parse(readFileSync(servicesFile(), "utf8")),
            disableRoleManager: true,
            client: false,
        })
        this.bus.backgroundRefreshRegisters = false
        this.bridge = new MachineBridge(module)
        this.bridge.bus = this.bus
        module.sendPacket = frame => this.framesOut.push(frame)
        module.dmesg = onLog
        module.panicHandler = code => {
            this.panic = code
        }
    }

    static async powerOn(clock: VirtualClock, flash: Flash, onLog: (line: string) => void): Promise<Machine> {
        const module = await loadDevsModule(clock)
        module.flashLoad = () => flash.image
        module.flashSave = image => {
            flash.image = image
        }
        const machine = new Machine(module, clock, onLog)
        module.devsInit()
        module.devsSetDeviceId(DEVICE_ID)
        return machine
    }

    /** A frame from somebody else on the bus; the machine looks at it when it runs next. */
    hear(frame: Uint8Array): void {
        this.bridge.bringIn(frame)
    }

    /**
     * Lets the machine run at the present moment until it and the bus have nothing more to say to each other.
     * Returns when it wants to run again, on the virtual clock.
     */
    async settle(): Promise<number> {
        this.scheduler.run()
        // What the bus announces is sent by functions that are asynchronous in name; a machine that was frozen hears it before it forgets.
        await null
        for (;;) {
            const framesIn = this.bridge.packetSent
            const sleepUs = this.module._jd_em_process()
            if (this.panic !== 0) return Infinity
            if (this.framesOut.length > 0) {
                this.lastSentMs = this.clock.nowMs
                for (const frame of this.framesOut.splice(0)) {
                    this.bridge.receiveFrameOrPacket(frame)
                    this.onFrame?.(frame)
                }
                // What jacdac-ts answers is sent by functions that are asynchronous in name.
                await null
            }
            if (this.bridge.packetSent === framesIn && this.framesOut.length === 0 && sleepUs > 0)
                return this.clock.nowMs + Math.ceil(sleepUs / 1000)
        }
    }
}

/** Brings frames of the bus into the machine. */
class MachineBridge extends JDBridge {
    constructor(private readonly module: DevsModule) {
        super("machine", true)
    }

    protected override sendPacket(frame: Uint8Array): void {
        // The bus's own device offers nothing. Were it heard first after a freeze, the machine would take all others for gone.
        const sender = Buffer.from(frame.subarray(4, 12)).toString("hex")
        if (sender !== this.bus.selfDeviceId) this.bringIn(frame)
    }

    bringIn(frame: Uint8Array): void {
        const address = this.module._malloc(frame.length)
        this.module.HEAPU8.set(frame, address)
        this.module._jd_em_frame_received(address)
        this.module._free(address)
    }
}

/** What outlasts a power cut. */
export interface Flash {
    image: Uint8Array
}

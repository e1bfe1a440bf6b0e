// The engine `vm`: the compiled bytecode in DeviceScript's own virtual machine, on a virtual clock. The machine talks
// Jacdac to the world, whose side of the bus is `jacdac-ts`; its flash outlasts a power cut, nothing else does.

import { existsSync, readFileSync } from "node:fs"
import { setImmediate } from "node:timers/promises"
import {
    JDBridge,
    JDBus,
    JDServerServiceProvider,
    jdpack,
    Packet,
    SettingsCmd,
    SRV_SETTINGS,
    type JDService,
} from "jacdac-ts"
import { START_UP_MS } from "../../src/pump/limits"
import { nextDeadlineMs } from "../../src/pump/tick"
import { settingsOf } from "../prescription/records"
import { BenchServer } from "./benchServer"
import type { EngineOptions } from "./core"
import { type DevsModule, loadDevsModule, type VirtualClock } from "./devicescriptVm"
import { firmwareFile, servicesFile } from "./firmware"
import { firstCheckpoint, type Session } from "./session"
import { VirtualScheduler } from "./virtualScheduler"

// Any two identifiers that differ.
const PUMP_DEVICE_ID = "1989f4eee0ebe206"
const WORLD_DEVICE_ID = "0b5ea81c2d7f4e63"

// Ticks between two looks at anything but the run.
const TICKS_PER_TURN = 5_000

/** A machine with its flash and its bus: what exists from one power-on to the next power cut. */
class Machine {
    readonly bus: JDBus
    panic = 0
    private readonly scheduler: VirtualScheduler
    private readonly bridge: MachineBridge
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
        module.devsSetDeviceId(PUMP_DEVICE_ID)
        return machine
    }

    /**
     * Lets the machine run at the present moment until it and the bus have nothing more to say to each other.
     * Returns when it wants to run again, on the virtual clock.
     */
    async settle(): Promise<number> {
        this.scheduler.run()
        for (;;) {
            const framesIn = this.bridge.packetSent
            const sleepUs = this.module._jd_em_process()
            if (this.panic !== 0) return Infinity
            if (this.framesOut.length > 0) {
                for (const frame of this.framesOut.splice(0)) this.bridge.receiveFrameOrPacket(frame)
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
        const address = this.module._malloc(frame.length)
        this.module.HEAPU8.set(frame, address)
        this.module._jd_em_frame_received(address)
        this.module._free(address)
    }
}

interface Flash {
    image: Uint8Array
}

/** Runs the session from its start to its end. The firmware must have been built (`npm run build`). */
export async function runVm(session: Session, options: EngineOptions): Promise<void> {
    const endMs = session.scenario.durationMs
    const flash = await flashedPump(session)
    while (session.powered) {
        await runFromPowerOn(session, flash, options)
        while (!session.powered && session.nextEventMs <= endMs) session.advance(session.nextEventMs)
        if (session.world.nowMs >= endMs) break
    }
}

/** The flash of a pump on which firmware, prescription, calibration and the reservoir's filling have been written. */
async function flashedPump(session: Session): Promise<Flash> {
    const file = firmwareFile("mainSimulator")
    if (!existsSync(file)) throw new Error("the firmware has not been built: run `npm run build` first")
    const flash: Flash = { image: new Uint8Array(0) }
    const clock: VirtualClock = { nowMs: 0 }
    const machine = await Machine.powerOn(clock, flash, () => {})
    let settings: JDService | undefined
    for (; !settings && clock.nowMs < 10_000; clock.nowMs += 100) {
        await machine.settle()
        settings = machine.bus.services({ serviceClass: SRV_SETTINGS })[0]
    }
    if (!settings) throw new Error("the virtual machine does not offer its settings")
    const records = settingsOf(session.scenario.programmeBytes, session.scenario.mechanismBytes)
    records.push({ key: "cp0", value: firstCheckpoint(session) })
    for (const { key, value } of records) {
        await settings.sendPacketAsync(Packet.from(SettingsCmd.Set, jdpack("z b", [key, value])))
        clock.nowMs += 10
        await machine.settle()
    }
    const binary = readFileSync(file)
    if (machine.module.devsVerify(binary) !== 0 || machine.module.devsDeploy(binary) !== 0)
        throw new Error("the virtual machine refuses the firmware")
    machine.bus.stop()
    return flash
}

/** Runs from power-on until the power is cut or the run ends. */
async function runFromPowerOn(session: Session, flash: Flash, options: EngineOptions): Promise<void> {
    const bootMs = session.poweredOnMs
    const endMs = session.scenario.durationMs
    const clock: VirtualClock = { nowMs: bootMs }
    const log: string[] = []
    const machine = await Machine.powerOn(clock, flash, line => {
        if (/^[>!]/.test(line)) log.push(line)
    })
    const server = new BenchServer(session, options.onTraceLine)
    machine.bus.addServiceProvider(
        new JDServerServiceProvider("world", [server], { deviceId: WORLD_DEVICE_ID }),
    )
    let dueMs = await machine.settle()
    let deadlineMs = START_UP_MS
    for (let ticks = 1; ; ticks++) {
        const nowMs = deadlineMs + session.drawJitterMs()
        const tickMs = bootMs + nowMs
        // What else the machine has to do is done on time; the tick itself is as late as the scenario wants it.
        while (dueMs < bootMs + deadlineMs && dueMs <= endMs) {
            clock.nowMs = dueMs
            dueMs = await machine.settle()
        }
        session.advance(Math.min(tickMs, endMs))
        if (session.poweredOnMs !== bootMs || tickMs > endMs) break
        clock.nowMs = tickMs
        dueMs = await machine.settle()
        if (machine.panic !== 0) throw new Error(`the firmware panicked: ${log.slice(-5).join(" / ")}`)
        session.tickDone(server.stepsOfTick)
        server.stepsOfTick = 0

        deadlineMs = nextDeadlineMs(deadlineMs, nowMs)
        if (ticks % TICKS_PER_TURN === 0) {
            options.onProgress(session.world.nowMs)
            await setImmediate()
        }
    }
    machine.bus.stop()
}

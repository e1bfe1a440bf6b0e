// Runs a scenario in real time around firmware that runs elsewhere: in the ordinary DeviceScript tools, whose bus the
// world joins. The firmware keeps its own clock and ticks when it likes; the world is brought up to now whenever it speaks.

import { performance } from "node:perf_hooks"
import { JDServerServiceProvider, type Packet } from "jacdac-ts"
import { Mode } from "../../src/pump/pump"
import { sendFrame } from "../programmer/client"
import { presetKey } from "../programmer/presetKey"
import { BenchServer, SAMPLE, STATUS } from "./benchServer"
import type { Command } from "./command"
import { recordPackets } from "./flashRecords"
import type { Session } from "./session"
import { ProgrammedDevice, ToolsBus, ToolsError } from "./toolsBus"

// The world and the accounts move on at least this often.
const PERIOD_MS = 50

// A service announces itself twice a second: by then the device has seen the world and finds it when its program starts.
const ANNOUNCED_MS = 1_200

const DEVICE_MS_MAX = 120_000
const DEVICE_PAUSE_MS = 500

// The firmware asks for the sensors once a second, and compiles before that where it was started just now.
const SILENT_MS = 10_000

// DeviceScript starts a program that broke off again after 5 s.
const RESTART_MS_MIN = 4_000

/** What the firmware shows of itself, as it said last. */
export interface LiveState {
    mode: Mode
    /** What is heard of the firmware: nothing yet since power came on, its questions, or nothing for 10 s. */
    voice: "starting" | "speaking" | "silent"
}

export interface DeviceRunOptions {
    /** When to end, in the time of the scenario. */
    endMs: number
    /** Ends the run before that. */
    signal: AbortSignal
    /** Tells the person at the terminal what is waited for, or has happened to the firmware. */
    onNote: (text: string) => void
    /** The world has moved on or the firmware has spoken. */
    onMoment: (pump: LiveState) => void
    /** What the firmware is told, with its sensors, of what somebody asks for; without this it is all of it. */
    onCommand?: (command: Command) => Command
    /**
     * When after a power-on the first sample counts as heard, where it is heard before: a program that is started anew on a runtime that
     * runs begins its ticks sooner than after a power-on.
     */
    firstSampleMs?: number
    /** The clock that the firmware runs by, in milliseconds; that of this machine without one. */
    clock?: () => number
}

export interface RealTimeOptions extends DeviceRunOptions {
    /** Where the bus of the tools is served. */
    url: string
}

/**
 * Runs the session until `endMs` or until the signal. Returns when it ended, in the time of the scenario; undefined when
 * the firmware was never started. Throws ToolsError when the tools are not there or fail.
 */
export async function runRealTime(session: Session, options: RealTimeOptions): Promise<number | undefined> {
    const tools = await ToolsBus.join(options.url)
    try {
        const device = await findDevice(tools, options)
        return device && (await runOnDevice(session, tools, device, options))
    } finally {
        tools.leave()
    }
}

/** Runs the session around the firmware in this device, as `runRealTime` does. */
export async function runOnDevice(
    session: Session,
    tools: ToolsBus,
    device: ProgrammedDevice,
    options: DeviceRunOptions,
): Promise<number | undefined> {
    session.ticksSeen = false
    try {
        await device.stop()
        await device.write(recordPackets(session, undefined))
        if (session.expectsStranger) await presetKey(session.memory)
        const bench = new RealTimeBench(session, options)
        tools.bus.addServiceProvider(new JDServerServiceProvider("world", [bench]))
        await tools.bus.delay(ANNOUNCED_MS)
        if (options.signal.aborted) return undefined
        bench.start()
        await device.start()
        await run(session, bench, device, tools, options)
        return session.world.nowMs
    } finally {
        if (tools.open) await device.restoreAutostart()
    }
}

/** Waits for a simulated device with a program; undefined when the signal came first. */
async function findDevice(tools: ToolsBus, { signal, onNote }: RealTimeOptions): Promise<ProgrammedDevice | undefined> {
    let told = false
    for (let waitedMs = 0; waitedMs < DEVICE_MS_MAX; waitedMs += DEVICE_PAUSE_MS) {
        await tools.bus.delay(DEVICE_PAUSE_MS)
        if (signal.aborted) return undefined
        if (!tools.open) throw new ToolsError("the bus of DeviceScript's tools went away")
        const device = await ProgrammedDevice.findSimulated(tools.bus)
        if (device) return device
        if (waitedMs >= 2_000 && !told) {
            told = true
            onNote("Waiting for a simulated device with a program: npx devs run src/mainSimulator.ts")
        }
    }
    throw new ToolsError("no simulated device with a program came onto the bus")
}

async function run(
    session: Session,
    bench: RealTimeBench,
    device: ProgrammedDevice,
    tools: ToolsBus,
    { endMs, signal, onNote, onMoment }: DeviceRunOptions,
): Promise<void> {
    let bootMs = session.poweredOnMs
    let everHeard = false
    let silenceTold = false
    while (session.world.nowMs < endMs && !signal.aborted) {
        await tools.bus.delay(PERIOD_MS)
        if (!tools.open) throw new ToolsError("the bus of DeviceScript's tools went away")
        bench.moveOn()
        const frame = session.strangersFrame()
        if (frame) await sendFrame(tools.bus, frame)
        if (session.poweredOnMs !== bootMs) {
            bootMs = session.poweredOnMs
            await device.stop()
            if (session.powered) await device.start()
        }
        if (bench.restartsWithoutEnd)
            throw new ToolsError(
                "the firmware starts again and again: a second simulated device is on the bus, and all have one identifier",
            )
        everHeard ||= bench.pump.voice === "speaking"
        const silent = session.powered && bench.silentMs >= SILENT_MS
        if (silent) bench.pump.voice = "silent"
        if (silent && !everHeard) {
            const name = await device.programName()
            throw new ToolsError(`the device runs ${name}, which asks for no sensors: run src/mainSimulator.ts in it`)
        }
        if (silent !== silenceTold) {
            silenceTold = silent
            if (silent) onNote("No word from the firmware for 10 s: it is halted, or its device is gone")
            else if (session.powered) onNote("The firmware speaks again")
        }
        onMoment(bench.pump)
    }
}

/** The bench on the clock of this machine. What the firmware says counts at the moment at which it is heard. */
class RealTimeBench extends BenchServer {
    readonly pump: LiveState = { mode: Mode.Running, voice: "starting" }
    private startedAtMs: number | undefined
    /** What of the time between power-ons and first samples was left out. */
    private skippedMs = 0
    /** True once the first sample since the last power-on was heard. */
    private sampled = false
    private heardMs = 0
    private bootMs = 0
    /** Ticks that the firmware says it has completed since it started, and those of the times before. */
    private ticks = 0
    private ticksBefore = 0
    private restartedMs = -Infinity
    /** True when the firmware started again sooner after it had done so than any single firmware can. */
    restartsWithoutEnd = false

    constructor(
        session: Session,
        private readonly options: DeviceRunOptions,
    ) {
        super(session, undefined)
    }

    private clock(): number {
        return this.options.clock?.() ?? performance.now()
    }

    protected override told(command: Command): Command {
        return this.options.onCommand?.(command) ?? command
    }

    /** The clock starts now. */
    start(): void {
        this.startedAtMs = this.clock()
    }

    /** For how long nothing has been heard of a firmware that has power. */
    get silentMs(): number {
        return this.session.world.nowMs - Math.max(this.heardMs, this.bootMs)
    }

    /** Brings world and accounts up to now. */
    moveOn(): void {
        const { session } = this
        if (this.startedAtMs === undefined) return
        session.advance(Math.min(Math.floor(this.clock() - this.startedAtMs + this.skippedMs), this.options.endMs))
        if (session.poweredOnMs !== this.bootMs) {
            this.bootMs = session.poweredOnMs
            this.pump.voice = "starting"
            this.sampled = false
            this.forgetTicks()
        }
        if (!session.powered) return
        session.tickDone()
        session.ticks = this.ticksBefore + this.ticks
    }

    override async handlePacket(packet: Packet): Promise<void> {
        const { session, pump } = this
        if (this.startedAtMs === undefined) return
        this.moveOn()
        if (!session.powered || session.world.nowMs >= this.options.endMs) return
        if (packet.serviceCommand === SAMPLE) this.skipStartUp()
        this.heardMs = session.world.nowMs
        pump.voice = "speaking"
        if (packet.serviceCommand === SAMPLE) this.count(packet.jdunpack<[number, number]>("f64 u32")[1])
        if (packet.serviceCommand === STATUS) pump.mode = packet.data[12]
        await super.handlePacket(packet)
        this.moveOn()
        this.options.onMoment(pump)
    }

    private skipStartUp(): void {
        const { session, options } = this
        if (this.sampled || options.firstSampleMs === undefined) return
        this.sampled = true
        this.skippedMs += Math.max(0, session.poweredOnMs + options.firstSampleMs - session.world.nowMs)
        this.moveOn()
    }

    /** A count that falls is that of a firmware which has started anew. */
    private count(ticks: number): void {
        if (ticks < this.ticks) {
            this.forgetTicks()
            this.session.firmwareRestarted()
            const { nowMs } = this.session.world
            this.restartsWithoutEnd ||= nowMs - this.restartedMs < RESTART_MS_MIN
            this.restartedMs = nowMs
            this.options.onNote("The firmware started again by itself")
        }
        this.ticks = ticks
    }

    private forgetTicks(): void {
        this.ticksBefore += this.ticks
        this.ticks = 0
    }
}

// The engine `chip`: the Pico's bytecode on DeviceScript's own runtime image, on an emulated RP2040, with the world behind its pins.
// What it shows and no other engine can: times of the real program, pins, flash, and a firmware that hangs.

import { setImmediate } from "node:timers/promises"
import { START_UP_MS, TICK_MS } from "../../src/pump/limits"
import { Clinician } from "../board/clinician"
import type { EngineOptions } from "../engines/core"
import type { Session } from "../engines/session"
import { NoAnswerError, PUMP_SERVICE_CLASS, PumpClient } from "../programmer/client"
import { presetKey } from "../programmer/presetKey"
import { Bench, BUTTON_COMMANDS } from "./bench"
import { Chip } from "./chip"
import { findRuntime, flashedPico } from "./image"
import { chipTraceLine } from "./ticks"
import { paceUarts } from "./uartPace"
import { UsbBus } from "./usbBus"

const NANOS_PER_MS = 1e6

/** The number of the emulated board's flash: any will do. */
const UNIQUE_ID = Uint8Array.of(0xe6, 0x61, 0x41, 0x04, 0x03, 0x2a, 0x1b, 0x2c)

// The world moves on at least this often.
const SLICE_MS = 10

/** A firmware whose heartbeat stops for so long hangs, whatever its core does. */
const SILENT_MS = 10_000

/** The core waits for something that nothing will bring, or its heartbeat has stopped. */
export class HangError extends Error {
    constructor(
        /** When, in milliseconds of the run. */
        readonly atMs: number,
        what: string,
    ) {
        super(`the firmware hangs at ${(atMs / 1000).toFixed(3)} s: ${what}`)
    }
}

export interface ChipOptions extends EngineOptions {
    /** DeviceScript's runtime image for the Pico. */
    runtimeFile: string | undefined
    /** Flash of a board that was flashed before, kept up to date; without one it is made. */
    flash?: Uint8Array
    /** Takes the bench of the run before it starts: for measurements. */
    onBench?: (bench: Bench) => void
    /** Called with each chip that is powered on. */
    onPowerOn?: (chip: Chip) => void
    onSlice?: (chip: Chip) => void
    /** False leaves the USB port empty, as a pump on its battery has it. */
    usb?: boolean
    /** Takes what the firmware prints on its console, byte by byte. */
    onConsole?: (byte: number) => void
    /** Takes each level of a pin with a label, at its time in milliseconds of the run. */
    onPinLevel?: (label: string, level: boolean | undefined, atMs: number) => void
}

/** Runs the session from its start to its end. Throws HangError where the firmware hangs. */
export async function runChip(session: Session, options: ChipOptions): Promise<void> {
    const flash = options.flash ?? (await flashedPico(session, findRuntime(options.runtimeFile)))
    const bench = new Bench(session)
    session.ticksSeen = false
    options.onBench?.(bench)
    let chip: Chip | undefined
    const nowMs = () => session.poweredOnMs + (chip?.nanos ?? 0) / NANOS_PER_MS
    const { onPinLevel, onTraceLine } = options
    if (onPinLevel) bench.onPinLevel = (label, level) => onPinLevel(label, level, nowMs())
    if (onTraceLine) bench.onTick = (tick, alarms) => onTraceLine(chipTraceLine(tick, alarms, session.residualPl))
    const key = options.usb === false ? undefined : await presetKey(session.memory)
    const clinician = new Clinician(
        session,
        () => clientOf(bench, key),
        kind => BUTTON_COMMANDS.includes(kind),
    )
    if (key) bench.onCommand = command => clinician.take(command)
    const endMs = session.scenario.durationMs
    while (session.powered) {
        await runFromPowerOn(session, flash, bench, {
            ...options,
            onPowerOn: started => {
                chip = started
                options.onPowerOn?.(started)
            },
        })
        while (!session.powered && session.nextEventMs <= endMs) session.advance(session.nextEventMs)
        if (session.world.nowMs >= endMs) break
    }
}

/** The pump as the computer at the USB port finds it. */
async function clientOf({ bus }: Bench, key: Buffer | undefined): Promise<PumpClient> {
    const [pump] = bus?.services({ serviceClass: PUMP_SERVICE_CLASS, lost: false }) ?? []
    if (!bus || !pump) throw new NoAnswerError("the pump is not on the bus")
    return new PumpClient(bus, pump.device.deviceId, key)
}

async function runFromPowerOn(session: Session, flash: Uint8Array, bench: Bench, options: ChipOptions): Promise<void> {
    const bootMs = session.poweredOnMs
    const endMs = session.scenario.durationMs
    bench.powerOn(bootMs)
    const cable = options.usb === false ? undefined : new UsbBus({ nowMs: bootMs }, options.onConsole ?? (() => {}))
    const chip = new Chip(flash, UNIQUE_ID, bench.hooks, started => {
        bench.connect(started)
        if (cable) cable.plugIn(started.rp2040)
        // It keeps the core busy and the emulation slow, and matters only where nothing else wakes the core.
        else paceUarts(started.rp2040)
    })
    chip.wokenFromOutside = cable !== undefined
    bench.bus = cable?.bus
    options.onPowerOn?.(chip)
    for (let sinceMs = 0; bootMs + sinceMs < endMs && session.poweredOnMs === bootMs; ) {
        if (sinceMs >= START_UP_MS && sinceMs % TICK_MS === 0) bench.ticks.begin(chip.time)
        const nextMs = Math.min(sinceMs + SLICE_MS - (sinceMs % SLICE_MS), endMs - bootMs, session.nextEventMs - bootMs)
        sinceMs = Math.max(nextMs, sinceMs)
        const stop = chip.run(sinceMs * NANOS_PER_MS)
        const nowMs = bootMs + sinceMs
        if (stop === "hang")
            throw new HangError(bootMs + chip.nanos / NANOS_PER_MS, "its core waits, with no alarm set")
        if (stop === "bootLoader") throw new HangError(nowMs, "it went to the USB boot loader")
        if (stop === "reset") {
            session.firmwareRestarted()
            sinceMs = Math.ceil(chip.nanos / NANOS_PER_MS)
            continue
        }
        bench.moveOn()
        if (sinceMs > START_UP_MS + SILENT_MS && nowMs - bench.lastHeartbeatMs > SILENT_MS)
            throw new HangError(nowMs, "its heartbeat has stopped")
        cable?.run(nowMs)
        options.onSlice?.(chip)
        if (sinceMs % 1000 === 0) {
            options.onProgress(session.world.nowMs)
            await setImmediate()
        }
    }
    chip.powerOff()
    cable?.close()
}

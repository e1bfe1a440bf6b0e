// The engine `core`: the firmware's logic imported as it is, driven on a virtual clock as fast as Node goes.
// It does what `src/loop.ts` does on the device, without the waiting.

import { setImmediate } from "node:timers/promises"
import { decodeCheckpoint, encodeCheckpoint } from "../../src/pump/checkpoint"
import { SAMPLE_MS, START_UP_MS, TICK_MS } from "../../src/pump/limits"
import { BolusEvent, createActions, createPump } from "../../src/pump/pump"
import { createReadings, type Readings, SensorFault } from "../../src/pump/readings"
import { nextDueMs, tick } from "../../src/pump/tick"
import { firstCheckpoint, type Session } from "./session"
import { traceLine } from "./trace"

export interface EngineOptions {
    onProgress: (simulatedMs: number) => void
    onTraceLine: ((line: string) => void) | undefined
}

// Ticks between two looks at anything but the run.
const TICKS_PER_TURN = 50_000

/** Flash as the firmware sees it: the newest checkpoint, and how often one was written. */
interface Flash {
    checkpoint: Uint8Array
    sequence: number
}

/** Runs the session from its start to its end. */
export async function runCore(session: Session, options: EngineOptions): Promise<void> {
    const endMs = session.scenario.durationMs
    const flash: Flash = { checkpoint: firstCheckpoint(session), sequence: 0 }
    while (session.powered) {
        await runFromPowerOn(session, flash, options)
        while (!session.powered && session.nextEventMs <= endMs) session.advance(session.nextEventMs)
        if (session.world.nowMs >= endMs) break
    }
}

/** Runs from power-on until the power is cut or the run ends. */
async function runFromPowerOn(session: Session, flash: Flash, options: EngineOptions): Promise<void> {
    const bootMs = session.poweredOnMs
    const endMs = session.scenario.durationMs
    const pump = createPump(session.programme, session.mechanism, decodeCheckpoint(flash.checkpoint), 0)
    const readings = createReadings()
    const actions = createActions()
    let deadlineMs = START_UP_MS
    let sampleDueMs = deadlineMs
    let alarmsTold = -1
    let deliveringTold = false
    pump.nowMs = deadlineMs
    for (let ticks = 1; ; ticks++) {
        const nowMs = deadlineMs + session.drawJitterMs()
        session.advance(Math.min(bootMs + nowMs, endMs))
        if (session.poweredOnMs !== bootMs || bootMs + nowMs > endMs) return

        readings.sampled = nowMs >= sampleDueMs
        if (readings.sampled) {
            sampleDueMs = nextDueMs(sampleDueMs, SAMPLE_MS, nowMs)
            read(session, readings)
        }
        tick(pump, readings, nowMs, actions)
        if (actions.steps > 0) session.world.step(actions.steps)
        if (pump.alarms !== alarmsTold || pump.delivering !== deliveringTold) {
            alarmsTold = pump.alarms
            deliveringTold = pump.delivering
            session.status(alarmsTold, deliveringTold)
        }
        if (actions.bolusEvent !== BolusEvent.None)
            session.bolus(actions.bolusEvent, actions.bolusReason, actions.bolusPl)
        if (options.onTraceLine) {
            const mode = pump.mode + (pump.delivering ? 2 : 0)
            options.onTraceLine(
                traceLine(nowMs, actions.steps, pump.owed, pump.residualPl, pump.ratePlPerDay, mode, pump.alarms),
            )
        }
        if (actions.checkpointDue) encodeCheckpoint(pump, ++flash.sequence, flash.checkpoint)
        session.residualPl = pump.residualPl
        session.tickDone(actions.steps)

        deadlineMs = nextDueMs(deadlineMs, TICK_MS, nowMs)
        if (ticks % TICKS_PER_TURN === 0) {
            options.onProgress(session.world.nowMs)
            await setImmediate()
        }
    }
}

/** Fills the readings as the mock drivers do. */
function read(session: Session, readings: Readings): void {
    const { sensors, command } = session.ask()
    const value = (fault: SensorFault, reading: number) => (fault === SensorFault.None ? reading : NaN)
    readings.pressureFault = sensors.pressureFault
    readings.pressurePa = value(sensors.pressureFault, sensors.pressurePa)
    readings.encoderFault = sensors.encoderFault
    readings.encoderSteps = value(sensors.encoderFault, sensors.encoderSteps)
    readings.reservoirEndFault = sensors.endSwitchFault
    readings.reservoirEndSwitch = value(sensors.endSwitchFault, sensors.endSwitch)
    readings.batteryFault = sensors.batteryFault
    readings.batteryMv = value(sensors.batteryFault, sensors.batteryMv)
    readings.wallFault = sensors.wallFault
    readings.wallWeekMs = value(sensors.wallFault, sensors.wallWeekS * 1000)
    readings.command = command.kind
    readings.commandPl = command.volumeNl * 1000
    readings.commandRatePlPerDay = command.rateNlPerDay * 1000
}

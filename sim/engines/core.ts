// The engine `core`: the firmware's logic imported as it is, driven on a virtual clock as fast as Node goes.
// It does what `src/loop.ts` does on the device, without the waiting.

import { setImmediate } from "node:timers/promises"
import { Alarm, Reason } from "../../src/pump/alarms"
import { decodeCheckpoint, encodeCheckpoint } from "../../src/pump/checkpoint"
import { raise } from "../../src/pump/delivery"
import { createGuard, type Guard, restoreGuard } from "../../src/pump/guard"
import { MS_PER_SECOND, SAMPLE_MS, START_UP_MS, TICK_MS } from "../../src/pump/limits"
import { BolusEvent, createActions, createPump, type Pump } from "../../src/pump/pump"
import { createReadings, type Readings, SensorFault } from "../../src/pump/readings"
import { arithmeticHolds, LOGIC_HELD, logicTestPart } from "../../src/pump/selfTest"
import { nextDueMs, tick } from "../../src/pump/tick"
import type { SensorAnswers } from "../world/world"
import { firstCheckpoint, recordsOf, type Session } from "./session"
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
    const { pump, guard } = powerOn(session, flash)
    const readings = createReadings()
    const actions = createActions()
    let deadlineMs = START_UP_MS
    let sampleDueMs = deadlineMs
    let told = { alarms: -1, conditions: 0, acknowledged: 0, delivering: false, cutMotor: false }
    pump.nowMs = deadlineMs
    for (let ticks = 1; ; ticks++) {
        let nowMs = deadlineMs + session.drawJitterMs()
        session.advance(Math.min(bootMs + nowMs, endMs))
        // A firmware that is frozen comes to its tick when it runs again.
        for (; bootMs + nowMs < session.world.frozenUntilMs; session.advance(Math.min(bootMs + nowMs, endMs)))
            nowMs = session.world.frozenUntilMs - bootMs
        if (session.poweredOnMs !== bootMs || bootMs + nowMs > endMs) return

        readings.sampled = nowMs >= sampleDueMs
        if (readings.sampled) {
            sampleDueMs = nextDueMs(sampleDueMs, SAMPLE_MS, nowMs)
            read(session, readings)
        }
        tick(pump, guard, readings, nowMs, actions)
        if (actions.steps !== 0) session.world.step(actions.steps)
        if (
            pump.alarms !== told.alarms ||
            pump.delivering !== told.delivering ||
            pump.conditions !== told.conditions ||
            pump.acknowledged !== told.acknowledged ||
            pump.cutMotor !== told.cutMotor
        ) {
            const { alarms, conditions, acknowledged, delivering, cutMotor } = pump
            told = { alarms, conditions, acknowledged, delivering, cutMotor }
            session.beating = !cutMotor
            session.status(pump, delivering)
        }
        if (actions.bolusEvent !== BolusEvent.None)
            session.bolus(actions.bolusEvent, actions.bolusReason, actions.bolusPl)
        if (options.onTraceLine) {
            const mode = pump.mode + (pump.delivering ? 2 : 0)
            options.onTraceLine(
                traceLine(
                    nowMs,
                    actions.steps,
                    pump.owed,
                    pump.residualPl,
                    pump.ratePlPerDay,
                    mode,
                    pump.alarms,
                    pump.conditions,
                ),
            )
        }
        if (actions.checkpointDue) encodeCheckpoint(pump, guard, ++flash.sequence, flash.checkpoint)
        session.residualPl = pump.residualPl
        session.tickDone(actions.steps)

        deadlineMs = nextDueMs(deadlineMs, TICK_MS, nowMs)
        if (ticks % TICKS_PER_TURN === 0) {
            options.onProgress(session.world.nowMs)
            await setImmediate()
        }
    }
}

/** What `src/powerOn.ts` does on the device: the pump as flash remembers it, tested before its first tick. */
function powerOn(session: Session, flash: Flash): { pump: Pump; guard: Guard } {
    const { limits, mechanism } = session
    const checkpoint = decodeCheckpoint(flash.checkpoint)
    const pump = createPump(recordsOf(session, checkpoint), START_UP_MS)
    const guard = createGuard(limits, mechanism.stepPl, mechanism.stepsPerTickMax, START_UP_MS)
    if (checkpoint) restoreGuard(guard, checkpoint.guardTrip, checkpoint.guardHourSteps, checkpoint.guardDaySteps)
    if (!arithmeticHolds()) raise(pump, Alarm.SelfTestFailed, Reason.Arithmetic)
    let part = 0
    while (part >= 0) part = logicTestPart(part)
    if (part !== LOGIC_HELD) raise(pump, Alarm.SelfTestFailed, Reason.Logic)
    encodeCheckpoint(pump, guard, ++flash.sequence, flash.checkpoint)
    return { pump, guard }
}

function read(session: Session, readings: Readings): void {
    const { sensors, command } = session.ask()
    takeAnswers(sensors, readings)
    readings.command = command.kind
    readings.commandPl = command.volumeNl * 1000
    readings.commandRatePlPerDay = command.rateNlPerDay * 1000
    readings.commandResidualPl = command.residualNl === undefined ? NaN : command.residualNl * 1000
}

/** Fills the readings of the sensors as the mock drivers do. */
export function takeAnswers(sensors: SensorAnswers, readings: Readings): void {
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
    readings.wallWeekMs = value(sensors.wallFault, sensors.wallWeekS * MS_PER_SECOND)
}

// The tick: from what the pump knows and senses to what it does, ten times a second.
// Its ordinary path is straight-line arithmetic, because on the chip calls and allocations are what costs.

import { Alarm, Reason } from "./alarms"
import { beginBolus, completeBolus, tellWaiting } from "./bolus"
import { obey } from "./commands"
import { raise, refreshDelivering } from "./delivery"
import { addToWindow } from "./doses"
import { allowSteps, Guard } from "./guard"
import { ELAPSED_MS_MAX, LATE_TICK_MS, LATE_TICKS_TO_ALARM, MS_PER_DAY, OWED_MAX } from "./limits"
import { passLine } from "./lineContents"
import { Actions, BolusEvent, BolusKind, LineEvent, Pump } from "./pump"
import { CommandKind, ProgrammeAnswer, Readings, Refusal, SensorFault } from "./readings"
import { relieve } from "./relief"
import { planFlow } from "./schedule"
import { acceptClock } from "./sensors"
import { judge, STAGES } from "./supervise"

/**
 * One tick at `nowMs` on the monotonic clock: meters what became due since the last one, judges the readings, and
 * fills `actions`. In this order: time, what is owed, alarms, steps, the relief of an occlusion, the guard, commands.
 *
 * Metering is exact: `owed` counts whole picolitres times milliseconds per day, a step is due each time it holds one
 * step's worth, and the rest is carried. So the motor is never ahead of the programme and never a whole step behind,
 * however the time is sliced, as long as no tick owes more steps than the motor takes in one (MET-1).
 */
export function tick(pump: Pump, guard: Guard, readings: Readings, nowMs: number, actions: Actions): void {
    actions.bolusEvent = BolusEvent.None
    actions.lineEvent = LineEvent.None
    actions.command = CommandKind.None
    actions.refusal = Refusal.None
    actions.programmeAnswer = ProgrammeAnswer.None
    actions.checkpointDue = false
    pump.raised = 0

    const sinceMs = pump.nowMs
    let elapsedMs = nowMs - sinceMs
    pump.nowMs = nowMs
    if (!(elapsedMs >= 0 && elapsedMs <= LATE_TICK_MS)) elapsedMs = judgeElapsed(pump, elapsedMs, actions)

    if (elapsedMs < pump.segmentLeftMs && pump.bolusFlowPlPerDay === 0) {
        pump.owed += pump.ratePlPerDay * elapsedMs
        pump.segmentLeftMs -= elapsedMs
    } else {
        accrue(pump, nowMs - elapsedMs, elapsedMs, actions)
    }

    if (readings.sampled) {
        pump.sampleMs = nowMs - readings.ageMs
        // What late ticks left unjudged of the last sample is made up with this one.
        while (pump.stage < STAGES) judge(pump, readings, actions)
        pump.stage = 0
    }
    if (pump.stage < STAGES) judge(pump, readings, actions)

    let steps = 0
    if (pump.owed >= pump.stepQuantum && pump.delivering && !readings.supplyFailing) {
        // In locals, because a field read or written costs as much as a pass of the loop.
        const stepPl = pump.mechanism.stepPl
        const stepsMax = pump.mechanism.stepsPerTickMax
        const stepQuantum = pump.stepQuantum
        let owed = pump.owed
        let residualPl = pump.residualPl
        while (owed >= stepQuantum && steps < stepsMax && residualPl >= stepPl) {
            owed -= stepQuantum
            residualPl -= stepPl
            steps++
        }
        pump.owed = owed
        pump.residualPl = residualPl
        pump.commandedSteps += steps
        if (steps > 0) pump.pulledBackSteps = 0
        checkAccounts(pump, actions)
    }
    if (pump.reliefLeftSteps > 0 && readings.sampled)
        steps = relieve(pump, readings.pressureFault === SensorFault.None ? readings.pressurePa : NaN)

    actions.steps = allowSteps(guard, steps, readings, nowMs)
    if (actions.steps !== steps) takeBack(pump, guard, steps, actions)
    if (actions.steps !== 0) {
        const movedPl = actions.steps * pump.mechanism.stepPl
        if (pump.lineLeftPl > 0) passLine(pump, movedPl, actions)
        else pump.patientPl += movedPl
    }

    if (readings.sampled) obey(pump, readings, actions)
    if (pump.bolusUnrecorded && readings.recorded) beginBolus(pump, actions)
    // Last of all, so that nothing else in this tick takes its place.
    if (readings.sampled) tellWaiting(pump, actions)
    if (actions.checkpointDue) pump.checkpointMs = nowMs

    // Until the next step is due, or the segment ends, a tick would only add up what is owed: it may be left out (ENG-1).
    if (pump.stage < STAGES || pump.bolusRatePlPerDay > 0 || pump.reliefLeftSteps > 0) pump.idleUntilMs = 0
    else if (pump.ratePlPerDay === 0) pump.idleUntilMs = nowMs + pump.segmentLeftMs
    else {
        const stepInMs = Math.ceil((pump.stepQuantum - pump.owed) / pump.ratePlPerDay)
        pump.idleUntilMs = nowMs + Math.min(stepInMs, pump.segmentLeftMs)
    }
}

/** Adds what becomes due in `elapsedMs` from `sinceMs` on where the flow changes on the way: at a segment's end, in a bolus. */
function accrue(pump: Pump, sinceMs: number, elapsedMs: number, actions: Actions): void {
    let atMs = sinceMs
    let leftMs = elapsedMs
    while (leftMs > 0) {
        let sliceMs = Math.min(leftMs, pump.segmentLeftMs)
        let owed = pump.ratePlPerDay * sliceMs
        let bolusEnds = false
        if (pump.bolusFlowPlPerDay > 0) {
            // A slice of the fastest bolus is under 30 µL, and times the milliseconds of a day that is still exact.
            const bolusLeft = pump.bolusLeftPl < 30_000_000 ? pump.bolusLeftPl * MS_PER_DAY - pump.bolusPart : Infinity
            bolusEnds = bolusLeft <= pump.bolusFlowPlPerDay * sliceMs
            let meteredPl = pump.bolusLeftPl
            if (bolusEnds) {
                // The bolus ends within the last millisecond of this slice, which gives exactly what is left of it.
                sliceMs = Math.ceil(bolusLeft / pump.bolusFlowPlPerDay)
                owed = bolusLeft + (pump.ratePlPerDay - pump.bolusFlowPlPerDay) * sliceMs
            } else {
                const part = pump.bolusPart + pump.bolusFlowPlPerDay * sliceMs
                meteredPl = Math.floor(part / MS_PER_DAY)
                pump.bolusPart = part - meteredPl * MS_PER_DAY
                pump.bolusLeftPl -= meteredPl
            }
            // What fills an empty line is no dose.
            if (pump.bolusKind !== BolusKind.Prime || pump.lineLeftPl === 0) addToWindow(pump.doses, meteredPl)
        }
        pump.owed += owed
        pump.segmentLeftMs -= sliceMs
        atMs += sliceMs
        leftMs -= sliceMs
        if (bolusEnds) completeBolus(pump, actions)
        if (bolusEnds || pump.segmentLeftMs <= 0) planFlow(pump, atMs)
    }
}

/**
 * Judges a tick that came late, or at a time that cannot be: late ticks are counted, and a clock that stood, jumped or ran
 * backwards is an alarm and never a burst (MET-3). Returns the time to meter.
 */
function judgeElapsed(pump: Pump, elapsedMs: number, actions: Actions): number {
    const latched = pump.latched
    pump.lateTicks += 1
    const jumped = !(elapsedMs >= 0 && elapsedMs <= ELAPSED_MS_MAX)
    if (pump.lateTicks >= LATE_TICKS_TO_ALARM) raise(pump, Alarm.TimeLost, Reason.TicksLate)
    if (jumped) raise(pump, Alarm.TimeLost, Reason.TimeJumped)
    // What waits for a person outlasts a reset (SUP-15).
    if (pump.latched !== latched) actions.checkpointDue = true
    if (!jumped) return elapsedMs
    // What the monotonic clock says of the time of day can't be trusted either: the wall clock is asked again.
    pump.wallMinusNowMs = NaN
    // Nor does the schedule catch up with local time by what has not passed.
    pump.shiftSinceMs = NaN
    acceptClock(pump.checks.clock)
    // Nor can the end of a pause, which a clock that ran backwards would put off (ALM-3).
    pump.soundPausedUntilMs = pump.nowMs
    return elapsedMs > 0 ? ELAPSED_MS_MAX : 0
}

/** The guard let none of these steps through: they are taken out of the accounts, and the pump stops (GRD-12). */
function takeBack(pump: Pump, guard: Guard, steps: number, actions: Actions): void {
    const deniedPl = steps * pump.mechanism.stepPl
    if (deniedPl > 0 || deniedPl < 0) {
        pump.residualPl += deniedPl
        pump.commandedSteps -= steps
    }
    pump.reliefLeftSteps = 0
    raise(pump, Alarm.OverDelivery, guard.trip as number)
    actions.checkpointDue = true
    refreshDelivering(pump, actions)
}

/** Stops at an empty reservoir (RES-2), and bounds what late ticks have piled up (MET-3). */
function checkAccounts(pump: Pump, actions: Actions): void {
    if (pump.owed > OWED_MAX) {
        pump.owed = OWED_MAX
        raise(pump, Alarm.TimeLost, Reason.TicksLate)
        actions.checkpointDue = true
    }
    if (pump.residualPl >= pump.mechanism.stepPl) return
    raise(pump, Alarm.ReservoirEmpty, Reason.None)
    actions.checkpointDue = true
    refreshDelivering(pump, actions)
}

/** The first time after `nowMs` on the grid of `periodMs` that `dueMs` stands on: what was missed meanwhile is skipped. */
export function nextDueMs(dueMs: number, periodMs: number, nowMs: number): number {
    return dueMs + periodMs * (Math.floor((nowMs - dueMs) / periodMs) + 1)
}

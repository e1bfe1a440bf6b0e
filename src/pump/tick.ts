// The tick: from what the pump knows and senses to what it does, ten times a second.
// Its ordinary path is straight-line arithmetic, because on the chip calls and allocations are what costs.

import { Alarm } from "./alarms"
import { endPrime, raise, refreshDelivering } from "./delivery"
import { ELAPSED_MS_MAX, MS_PER_DAY, OWED_MAX } from "./limits"
import { Actions, BolusEvent, BolusReason, Pump } from "./pump"
import { Readings } from "./readings"
import { planFlow } from "./schedule"
import { judge, obey } from "./supervise"

/**
 * One tick at `nowMs` on the monotonic clock: meters what became due since the last one, judges the readings, and
 * fills `actions`. In this order: time, what is owed, alarms, steps, commands.
 *
 * Metering is exact: `owed` counts whole picolitres times milliseconds per day, a step is due each time it holds one
 * step's worth, and the rest is carried. So the motor is never ahead of the programme and never a whole step behind,
 * however the time is sliced, as long as no tick owes more steps than the motor takes in one (MET-1).
 */
export function tick(pump: Pump, readings: Readings, nowMs: number, actions: Actions): void {
    actions.bolusEvent = BolusEvent.None
    actions.checkpointDue = false

    const sinceMs = pump.nowMs
    let elapsedMs = nowMs - sinceMs
    pump.nowMs = nowMs
    if (!(elapsedMs >= 0 && elapsedMs <= ELAPSED_MS_MAX)) elapsedMs = loseTime(pump, elapsedMs)

    if (elapsedMs < pump.segmentLeftMs && pump.primeFlowPlPerDay === 0) {
        pump.owed += pump.ratePlPerDay * elapsedMs
        pump.segmentLeftMs -= elapsedMs
    } else {
        accrue(pump, nowMs - elapsedMs, elapsedMs, actions)
    }

    if (readings.sampled) judge(pump, readings, actions)

    let steps = 0
    if (pump.owed >= pump.stepQuantum && pump.delivering) {
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
        checkAccounts(pump, actions)
    }
    actions.steps = steps

    if (readings.sampled) obey(pump, readings, actions)
}

/** Adds what becomes due in `elapsedMs` from `sinceMs` on where the flow changes on the way: at a segment's end, in a prime. */
function accrue(pump: Pump, sinceMs: number, elapsedMs: number, actions: Actions): void {
    let atMs = sinceMs
    let leftMs = elapsedMs
    while (leftMs > 0) {
        let sliceMs = Math.min(leftMs, pump.segmentLeftMs)
        let owed = pump.ratePlPerDay * sliceMs
        let primeEnds = false
        if (pump.primeFlowPlPerDay > 0) {
            // A slice of the fastest prime is under 30 µL, and times the milliseconds of a day that is still exact.
            const primeLeft = pump.primeLeftPl < 30_000_000 ? pump.primeLeftPl * MS_PER_DAY - pump.primePart : Infinity
            primeEnds = primeLeft <= pump.primeFlowPlPerDay * sliceMs
            if (primeEnds) {
                // The prime ends within the last millisecond of this slice, which gives exactly what is left of it.
                sliceMs = Math.ceil(primeLeft / pump.primeFlowPlPerDay)
                owed = primeLeft + (pump.ratePlPerDay - pump.primeFlowPlPerDay) * sliceMs
            } else {
                const part = pump.primePart + pump.primeFlowPlPerDay * sliceMs
                const wholePl = Math.floor(part / MS_PER_DAY)
                pump.primePart = part - wholePl * MS_PER_DAY
                pump.primeLeftPl -= wholePl
            }
        }
        pump.owed += owed
        pump.segmentLeftMs -= sliceMs
        atMs += sliceMs
        leftMs -= sliceMs
        if (primeEnds) endPrime(pump, BolusEvent.Delivered, BolusReason.None, actions)
        if (primeEnds || pump.segmentLeftMs <= 0) planFlow(pump, atMs)
    }
}

/** Accounts for a clock that stood, jumped or ran backwards: an alarm, never a burst (MET-3). Returns the time to meter. */
function loseTime(pump: Pump, elapsedMs: number): number {
    raise(pump, Alarm.TimeLost)
    // What the monotonic clock says of the time of day can't be trusted either: the wall clock is asked again.
    pump.wallMinusNowMs = NaN
    return elapsedMs > 0 ? ELAPSED_MS_MAX : 0
}

/** Raises the alarms of the reservoir account (RES-1, RES-2), and bounds what late ticks have piled up (MET-3). */
function checkAccounts(pump: Pump, actions: Actions): void {
    if (pump.owed > OWED_MAX) {
        pump.owed = OWED_MAX
        raise(pump, Alarm.TimeLost)
    }
    if (pump.programme && !(pump.residualPl > pump.programme.reservoirLowPl)) raise(pump, Alarm.ReservoirLow)
    if (!(pump.residualPl >= pump.mechanism.stepPl)) {
        raise(pump, Alarm.ReservoirEmpty)
        actions.checkpointDue = true
        refreshDelivering(pump, actions)
    }
}

/** The first time after `nowMs` on the grid of `periodMs` that `dueMs` stands on: what was missed meanwhile is skipped. */
export function nextDueMs(dueMs: number, periodMs: number, nowMs: number): number {
    return dueMs + periodMs * (Math.floor((nowMs - dueMs) / periodMs) + 1)
}

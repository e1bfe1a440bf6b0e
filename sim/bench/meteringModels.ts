// This pump's metering beside three usual ways of metering with a stepper, all at one constant flow on one jittered clock.
// Each model is the whole of what such a firmware does; what it delivers too much or too little is what the way costs.

import { uniformInt } from "pure-rand/distribution/uniformInt"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { Reason } from "../../src/pump/alarms"
import { CellKind } from "../../src/pump/energy"
import { createGuard } from "../../src/pump/guard"
import {
    DAY_LIMIT_PL_MAX,
    HOUR_LIMIT_PL_MAX,
    MS_PER_DAY,
    OCCLUSION_PA_MAX,
    RESERVOIR_PL_MAX,
    START_UP_MS,
    TICK_MS,
} from "../../src/pump/limits"
import { createActions, createPump, Mode } from "../../src/pump/pump"
import { createReadings } from "../../src/pump/readings"
import { planFlow } from "../../src/pump/schedule"
import { nextDueMs, tick } from "../../src/pump/tick"
import { NO_DOSES } from "../prescription/doses"

/** What every model meters. */
export interface MeteringCase {
    ratePlPerDay: number
    stepPl: number
    durationMs: number
    /** Each tick is late by 0 up to this, uniformly; the draws are the same for every model. */
    jitterMsMax: number
    seed: number
}

/** Steps that should have been made in the whole time, the last one in part. */
export function stepsProgrammed({ ratePlPerDay, stepPl, durationMs }: MeteringCase): number {
    return (ratePlPerDay * durationMs) / MS_PER_DAY / stepPl
}

/** A way of metering: returns the steps that it made. */
export type MeteringModel = (metering: MeteringCase) => number

/** This design: the pump's own tick, on deadlines of a fixed grid; what is owed comes from the clock. */
export const thisDesign: MeteringModel = metering => {
    const { ratePlPerDay, stepPl, durationMs } = metering
    const programme = {
        concentrationNgPerMl: 1,
        reservoirPl: RESERVOIR_PL_MAX,
        reservoirLowPl: 0,
        meanRatePlPerDay: ratePlPerDay,
        patternOfWeekday: [0, 0, 0, 0, 0, 0, 0],
        patternStart: [0, 1],
        segmentStartMinute: [0],
        segmentRatePlPerDay: [ratePlPerDay],
        ...NO_DOSES,
    }
    const mechanism = {
        stepPl,
        stepsPerTickMax: 50,
        occlusionPa: OCCLUSION_PA_MAX,
        encoderSlackSteps: 0,
        batteryLowMv: 0,
        batteryEndMv: 0,
        batteryKind: CellKind.None,
        batteryMah: 0,
    }
    const limits = { hourPlMax: HOUR_LIMIT_PL_MAX, dayPlMax: DAY_LIMIT_PL_MAX, primePlMax: 0 }
    const pump = createPump(
        { programme, mechanism, limits, checkpoint: undefined, checkpointDamage: Reason.None },
        START_UP_MS,
    )
    const guard = createGuard(limits, stepPl, mechanism.stepsPerTickMax, START_UP_MS)
    pump.mode = Mode.Running
    pump.delivering = true
    pump.wallMinusNowMs = 0
    planFlow(pump, START_UP_MS)
    const readings = createReadings()
    const actions = createActions()
    const lateMs = latenessOf(metering)
    for (let deadlineMs = START_UP_MS + TICK_MS; ; ) {
        const nowMs = deadlineMs + lateMs()
        if (nowMs > START_UP_MS + durationMs) break
        // Metering alone is asked about here, so the syringe never empties.
        pump.residualPl = RESERVOIR_PL_MAX
        tick(pump, guard, readings, nowMs, actions)
        deadlineMs = nextDueMs(deadlineMs, TICK_MS, nowMs)
    }
    return pump.commandedSteps
}

/**
 * Counting the ticks of an interval timer, each taken for 100 ms. The timer starts its next interval when the tick
 * runs, as DeviceScript's `setInterval` does after a late one, so all lateness is lost to the count.
 */
export const countingTicks: MeteringModel = metering => {
    const { ratePlPerDay, stepPl, durationMs } = metering
    const lateMs = latenessOf(metering)
    let owedPl = 0
    let steps = 0
    for (let nowMs = TICK_MS + lateMs(); nowMs <= durationMs; nowMs += TICK_MS + lateMs()) {
        owedPl += (ratePlPerDay * TICK_MS) / MS_PER_DAY
        while (owedPl >= stepPl) {
            owedPl -= stepPl
            steps += 1
        }
    }
    return steps
}

/**
 * `AccelStepper::setSpeed` and `runSpeed` as its source has them (version 1.24 of 2020-04-20, AccelStepper.cpp), on an
 * Arduino whose `double` is single precision: the speed in steps per second is a float, the interval is 1000000.0 / speed
 * cut to whole microseconds, time is the 32-bit count of `micros()` that wraps after 71.6 min, a step is made when
 * `time - lastStepTime >= interval`, at most one a call, and then `lastStepTime = time`.
 */
class AccelStepper {
    readonly intervalUs: number
    private lastStepUs = 0

    constructor({ ratePlPerDay, stepPl }: MeteringCase) {
        const stepsPerS = Math.fround(Math.fround(ratePlPerDay / stepPl) / Math.fround(MS_PER_DAY / 1000))
        this.intervalUs = Math.floor(Math.fround(1_000_000 / stepsPerS)) >>> 0
    }

    runSpeed(nowMs: number): boolean {
        const timeUs = (nowMs * 1000) % 2 ** 32
        if ((timeUs - this.lastStepUs) >>> 0 < this.intervalUs) return false
        this.lastStepUs = timeUs
        return true
    }
}

/** AccelStepper, called once in every tick of the fixed grid. */
export const accelStepperEachTick: MeteringModel = metering => {
    const lateMs = latenessOf(metering)
    const stepper = new AccelStepper(metering)
    let steps = 0
    for (let deadlineMs = TICK_MS; ; ) {
        const nowMs = deadlineMs + lateMs()
        if (nowMs > metering.durationMs) break
        if (stepper.runSpeed(nowMs)) steps += 1
        deadlineMs = nextDueMs(deadlineMs, TICK_MS, nowMs)
    }
    return steps
}

/** AccelStepper with a processor to itself: called once every millisecond, never late. The best it can do here. */
export const accelStepperEachMs: MeteringModel = metering => {
    const stepper = new AccelStepper(metering)
    let steps = 0
    // The calls in which nothing can be due yet are left out.
    const idleMs = Math.max(1, Math.ceil(stepper.intervalUs / 1000))
    for (let nowMs = idleMs; nowMs <= metering.durationMs; nowMs += idleMs) if (stepper.runSpeed(nowMs)) steps += 1
    return steps
}

/** The time from step to step rounded to whole milliseconds; each step is due that much after the last one was due. */
export const roundedPeriod: MeteringModel = metering => {
    const { ratePlPerDay, stepPl, durationMs } = metering
    const periodMs = Math.max(1, Math.round((stepPl * MS_PER_DAY) / ratePlPerDay))
    const lateMs = latenessOf(metering)
    let steps = 0
    for (let deadlineMs = TICK_MS, dueMs = periodMs; ; ) {
        const nowMs = deadlineMs + lateMs()
        if (nowMs > durationMs) break
        for (; dueMs <= nowMs; dueMs += periodMs) steps += 1
        deadlineMs = nextDueMs(deadlineMs, TICK_MS, nowMs)
    }
    return steps
}

/** Draws how late each tick is. */
function latenessOf({ jitterMsMax, seed }: MeteringCase): () => number {
    if (jitterMsMax === 0) return () => 0
    const random = xoroshiro128plus(seed)
    return () => uniformInt(random, 0, jitterMsMax)
}

import { expect, test } from "vitest"
import {
    accelStepperEachMs,
    accelStepperEachTick,
    countingTicks,
    type MeteringCase,
    roundedPeriod,
    stepsProgrammed,
    thisDesign,
} from "../../sim/bench/meteringModels"
import { MS_PER_DAY } from "../../src/pump/limits"

// One step of 44 900 pL each second, exactly.
const EXACT: MeteringCase = {
    ratePlPerDay: 44_900 * 86_400,
    stepPl: 44_900,
    durationMs: MS_PER_DAY,
    jitterMsMax: 0,
    seed: 1,
}
// A period of 161.64 ms, which is no whole number of ticks or milliseconds.
const FAST: MeteringCase = { ...EXACT, ratePlPerDay: 24_000_000_000 }
const LATE: MeteringCase = { ...EXACT, jitterMsMax: 40 }

function errorSteps(model: (metering: MeteringCase) => number, metering: MeteringCase): number {
    return model(metering) - stepsProgrammed(metering)
}

test("on a perfect clock with an exact period all ways of metering agree", () => {
    for (const model of [thisDesign, countingTicks, accelStepperEachTick, accelStepperEachMs, roundedPeriod])
        expect(Math.abs(errorSteps(model, EXACT))).toBeLessThanOrEqual(1)
})

test("MET-1: this design is never a step off, whatever the clock and the period", () => {
    for (const metering of [EXACT, FAST, LATE, { ...FAST, jitterMsMax: 400 }]) {
        const error = errorSteps(thisDesign, metering)
        // Up to a tick and its lateness after the last tick was not metered yet.
        const openSteps = stepsProgrammed({ ...metering, durationMs: 200 + metering.jitterMsMax })
        expect(error).toBeLessThanOrEqual(0)
        expect(error).toBeGreaterThan(-1 - openSteps)
    }
})

test("counting ticks loses the lateness of every tick", () => {
    const deliveredPart = 1 + errorSteps(countingTicks, LATE) / stepsProgrammed(LATE)
    expect(deliveredPart).toBeCloseTo(100 / (100 + 20), 2)
})

test("AccelStepper loses the time from when a step is due to when it is called", () => {
    // Called every 100 ms, it makes a step in every second call: 200 ms instead of 161.64 ms.
    const deliveredPart = 1 + errorSteps(accelStepperEachTick, FAST) / stepsProgrammed(FAST)
    expect(deliveredPart).toBeCloseTo(161.64 / 200, 3)
    expect(1 + errorSteps(accelStepperEachMs, FAST) / stepsProgrammed(FAST)).toBeCloseTo(161.64 / 162, 4)
})

test("AccelStepper's time outlasts the wrap of its microseconds", () => {
    const twoWraps = { ...EXACT, durationMs: 3 * 4_294_967 }
    expect(Math.abs(errorSteps(accelStepperEachTick, twoWraps))).toBeLessThanOrEqual(1)
})

test("a rounded period drifts with its rounding, to either side", () => {
    // 161.64 ms becomes 162 ms: too slow. 1000.4 ms becomes 1000 ms: too fast.
    expect(errorSteps(roundedPeriod, FAST)).toBeCloseTo(stepsProgrammed(FAST) * (161.64 / 162 - 1), -1)
    const slow = { ...EXACT, ratePlPerDay: Math.round((44_900 * MS_PER_DAY) / 1000.4) }
    expect(errorSteps(roundedPeriod, slow)).toBeGreaterThan(20)
    expect(roundedPeriod({ ...FAST, jitterMsMax: 40 })).toBeCloseTo(roundedPeriod(FAST), -1)
})

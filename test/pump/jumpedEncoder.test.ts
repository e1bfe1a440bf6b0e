import { expect, test } from "vitest"
import { SensorFault } from "../../src/pump/readings"
import { type Bench, MECHANISM, started } from "./bench"

const SLACK = MECHANISM.encoderSlackSteps
/** The most that the motor can have made between two samples, and one step less than what is taken for a jump. */
const FAST = SLACK + (MECHANISM.stepsPerTickMax * 1000) / 50

/** A pump that has run for a minute, and whose encoder then shows so many steps too few (negative: too many). */
function jumped(missedSteps: number, missedBefore = 0): Bench {
    const bench = started()
    bench.shown.missedSteps = missedBefore
    bench.run(60_000)
    bench.shown.missedSteps = missedBefore + missedSteps
    bench.runSamples(1)
    return bench
}

test.each([-1_000, 1_000, -2_000, FAST + 10])(
    "SEN-8: a count that jumps by %d steps once and goes on from there stops and alarms nothing",
    missedSteps => {
        const bench = jumped(missedSteps)
        bench.run(60_000)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.delivering).toBe(true)
    },
)

test.each([
    [-SLACK - 1, "overDelivery"],
    [SLACK + 1, "motorNotFollowing"],
])("SEN-8: what the motor can have made is motion: %d steps in a sample are %s", (missedSteps, alarm) => {
    const bench = jumped(missedSteps)
    bench.runSamples(2)
    expect(bench.alarms).toEqual([alarm])
})

test("SEN-8: from its new place on the count is judged as before", () => {
    const bench = jumped(-1_000)
    bench.runSamples(2)
    bench.shown.missedSteps -= SLACK
    bench.runSamples(2)
    expect(bench.alarms).toEqual([])
    bench.shown.missedSteps -= 1
    bench.runSamples(2)
    expect(bench.alarms).toEqual([])
    bench.runSamples(1)
    expect(bench.alarms).toEqual(["overDelivery"])
})

test("SEN-8: a jump that goes on is motion from its second sample on, against the count before the first", () => {
    const bench = jumped(-FAST - 10)
    expect(bench.alarms).toEqual([])
    bench.shown.missedSteps -= FAST + 10
    bench.runSamples(3)
    expect(bench.alarms).toEqual(["overDelivery"])
    expect(bench.pump.delivering).toBe(false)
})

test("SEN-8: motion that was fast and ends is not forgotten", () => {
    const bench = jumped(-FAST - 10)
    bench.shown.missedSteps -= FAST + 10
    bench.runSamples(1)
    const { offsetSteps } = bench.pump.following
    bench.runSamples(3)
    expect(bench.pump.following.offsetSteps).toBe(offsetSteps)
})

test("SEN-8: what was missing before a jump stays missing", () => {
    const bench = jumped(-1_000, 50)
    bench.runSamples(2)
    expect(bench.pump.following.lostSteps).toBe(50)
})

test("SEN-8: an answer that is lost after the jump changes nothing", () => {
    const bench = jumped(-1_000)
    bench.shown.encoderFault = SensorFault.Missing
    bench.runSamples(1)
    bench.shown.encoderFault = SensorFault.None
    bench.run(60_000)
    expect(bench.alarms).toEqual([])
})

test("SEN-8: without a jump a lost answer forgets nothing", () => {
    const bench = started()
    bench.shown.missedSteps = 50
    bench.run(60_000)
    const { offsetSteps } = bench.pump.following
    bench.shown.encoderFault = SensorFault.Missing
    bench.runSamples(1)
    bench.shown.encoderFault = SensorFault.None
    bench.runSamples(2)
    expect(bench.pump.following.offsetSteps).toBe(offsetSteps)
    expect(bench.pump.following.lostSteps).toBe(0)
})

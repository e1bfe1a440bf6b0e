import fc from "fast-check"
import { expect, test } from "vitest"
import { SAMPLE_MS, START_UP_MS, TICK_MS } from "../../src/pump/limits"
import { planFlow } from "../../src/pump/schedule"
import { nextDueMs } from "../../src/pump/tick"
import { type Bench, programmeOf, started } from "./bench"

/** Each step of a run with its tick, and the ticks that were made; `resting` leaves out those that the loop leaves out. */
function stepsOf(bench: Bench, latenessMs: number[], resting: boolean) {
    const steps: [number, number][] = []
    let made = 0
    let deadlineMs = bench.nowMs + TICK_MS
    let sampleDueMs = nextDueMs(START_UP_MS, SAMPLE_MS, bench.nowMs)
    for (const lateMs of latenessMs) {
        const nowMs = deadlineMs + lateMs
        deadlineMs = nextDueMs(deadlineMs, TICK_MS, nowMs)
        const sampled = nowMs >= sampleDueMs
        if (sampled) sampleDueMs = nextDueMs(sampleDueMs, SAMPLE_MS, nowMs)
        if (resting && !sampled && nowMs < bench.pump.idleUntilMs) continue
        bench.tick(nowMs)
        made += 1
        if (bench.actions.steps !== 0) steps.push([nowMs, bench.actions.steps])
    }
    return { steps, made }
}

const rate = fc.oneof(fc.constant(0), fc.integer({ min: 48_000_000, max: 24_000_000_000 }))

test("ENG-1: with the ticks left out every step is made in the same tick as without", () => {
    fc.assert(
        fc.property(
            rate,
            rate,
            fc.integer({ min: 0, max: 59_999 }),
            fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })), { minLength: 1500, maxLength: 1500 }),
            (before, after, startMs, latenessMs) => {
                // The segment ends within the run.
                const programme = programmeOf([
                    { startMinute: 0, ratePlPerDay: before },
                    { startMinute: 1, ratePlPerDay: after },
                ])
                const [each, resting] = [false, true].map(rests => {
                    const bench = started({ programme })
                    bench.pump.wallMinusNowMs = startMs - bench.nowMs
                    planFlow(bench.pump, bench.nowMs)
                    bench.pump.idleUntilMs = 0
                    return stepsOf(bench, latenessMs, rests)
                })
                expect(resting.steps).toEqual(each.steps)
                expect(resting.made).toBeLessThanOrEqual(each.made)
            },
        ),
        // Fewer where it runs once for each mutant.
        { numRuns: process.env.MUTATION_GROUP ? 12 : 60, endOnFailure: true },
    )
})

test("ENG-1: at a low flow four ticks of ten are left out, none of them before all is judged", () => {
    const bench = started({ programme: programmeOf([{ startMinute: 0, ratePlPerDay: 200_000_000 }]) })
    const { made } = stepsOf(bench, new Array(10_000).fill(0), true)
    expect(made / 10_000).toBeGreaterThan(0.6)
    expect(made / 10_000).toBeLessThan(0.61)
})

import { describe, expect, test } from "vitest"
import type { WorldSettings } from "../../sim/scenario/scenario"
import { worldSchema } from "../../sim/scenario/schema"
import { Body } from "../../sim/world/body"
import { randomStream } from "../../sim/world/random"
import { World } from "../../sim/world/world"

const DAY_MS = 86_400_000
const FILL_PL = 20_000_000_000

function settings(changes: Partial<WorldSettings>): WorldSettings {
    return worldSchema.parse({ pressureNoisePascals: 0, ...changes })
}

/** What the body adds in each of `count` samples, `everyMs` apart. */
function swings(changes: Partial<WorldSettings>, count: number, everyMs = 1000, timeConstantMs = 0): number[] {
    const body = new Body(settings(changes), randomStream(1, 1))
    return Array.from({ length: count }, (_, i) => body.swingPa(i * everyMs, timeConstantMs))
}

function rms(values: number[]): number {
    return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
}

/** How often the values go from under -100 to over 100. */
function riseCount(values: number[]): number {
    let low = false
    let rises = 0
    for (const value of values) {
        if (low && value > 100) rises += 1
        low = value < -100 || (low && value <= 100)
    }
    return rises
}

describe("heartbeat and breath", () => {
    test.each([
        ["pulse", { spinalPulsePascals: 300 }, 70],
        ["breath", { spinalBreathPascals: 300 }, 14],
    ])("the %s swings about nothing with its peak, as often as it is set to", (_, changes, perMinute) => {
        const values = swings(changes, 600_000, 20)
        expect(rms(values) / (300 / Math.SQRT2)).toBeCloseTo(1, 1)
        expect(Math.max(...values.slice(0, 10_000))).toBeLessThanOrEqual(300)
        // 200 minutes.
        expect(riseCount(values) / 200 / perMinute).toBeCloseTo(1, 1)
    })

    test("beats are not even: 10 min on, nobody could tell from the first ones where they are", () => {
        const phaseOf = (seed: number) => {
            const body = new Body(settings({ spinalPulsePascals: 1 }), randomStream(seed, 1))
            const first = body.swingPa(0, 0)
            for (let nowMs = 1000; nowMs <= 600_000; nowMs += 1000) body.swingPa(nowMs, 0)
            return [first, body.swingPa(600_000, 0)]
        }
        const pairs = Array.from({ length: 200 }, (_, seed) => phaseOf(seed))
        const correlation = pairs.reduce((sum, [a, b]) => sum + a * b, 0) / pairs.length / 0.5
        expect(Math.abs(correlation)).toBeLessThan(0.35)
    })

    test("reach the sensor weakened by the line's time against theirs", () => {
        const open = rms(swings({ spinalPulsePascals: 300 }, 50_000, 50))
        // 60/70 s a beat: at that over 2π, the line lets through 1/√2.
        const soft = rms(swings({ spinalPulsePascals: 300 }, 50_000, 50, 60_000 / 70 / (2 * Math.PI)))
        expect(soft / open).toBeCloseTo(Math.SQRT1_2, 2)
    })
})

describe("coughs", () => {
    test("come as often as they are set to, in bouts, each a positive wave of 0.3 to 1 s and half to the whole of the peak", () => {
        const everyMs = 10
        const values = swings({ coughsPerDay: 2000, coughKilopascals: 8 }, DAY_MS / everyMs, everyMs)
        const coughs: { fromMs: number; lastsMs: number; peakPa: number }[] = []
        for (let i = 1; i < values.length; i++) {
            if (values[i] > 0 && values[i - 1] === 0) coughs.push({ fromMs: i * everyMs, lastsMs: 0, peakPa: 0 })
            const cough = coughs[coughs.length - 1]
            if (values[i] > 0) {
                cough.lastsMs += everyMs
                cough.peakPa = Math.max(cough.peakPa, values[i])
            }
        }
        expect(Math.abs(coughs.length / 2000 - 1)).toBeLessThan(0.15)
        for (const { lastsMs, peakPa } of coughs) {
            expect(lastsMs).toBeGreaterThanOrEqual(300 - 2 * everyMs)
            expect(lastsMs).toBeLessThanOrEqual(1000 + everyMs)
            expect(peakPa).toBeGreaterThan(3900)
            expect(peakPa).toBeLessThanOrEqual(8000)
        }
        const together = coughs.filter((cough, i) => i > 0 && cough.fromMs - coughs[i - 1].fromMs < 2000).length
        expect(together / coughs.length).toBeGreaterThan(0.5)
        expect(together / coughs.length).toBeLessThan(0.8)
    })

    test("are lower behind a soft line", () => {
        const peak = (timeConstantMs: number) =>
            Math.max(...swings({ coughsPerDay: 2000, coughKilopascals: 8 }, 100_000, 100, timeConstantMs))
        expect(peak(0)).toBeGreaterThan(7500)
        expect(peak(1000)).toBeLessThan(0.5 * peak(0))
    })

    test("that came while nobody looked are over", () => {
        const body = new Body(settings({ coughsPerDay: 100, coughKilopascals: 8 }), randomStream(1, 1))
        const seen = Array.from({ length: 100 }, (_, i) => body.swingPa(i * 10 * DAY_MS, 0))
        expect(seen.filter(pascals => pascals > 0).length).toBeLessThan(5)
    })
})

describe("posture", () => {
    test("changes the mean to and fro by its step, as often as it is set to", () => {
        const body = new Body(settings({ postureChangesPerDay: 24, posturePascals: 2000 }), randomStream(3, 1))
        const steps: number[] = []
        for (let nowMs = 0; nowMs < 40 * DAY_MS; nowMs += 1000) {
            const stepPa = body.postureStepPa(nowMs)
            if (stepPa !== 0) steps.push(stepPa)
        }
        expect(Math.abs(steps.length / 40 / 24 - 1)).toBeLessThan(0.1)
        expect(steps.every((stepPa, i) => stepPa === (i % 2 === 0 ? 2000 : -2000))).toBe(true)
    })
})

describe("the person and the line", () => {
    const moved = { spinalPulsePascals: 300, coughsPerDay: 5000, postureChangesPerDay: 1000, posturePascals: 2000 }

    function readings(change: (world: World) => void): number[] {
        const world = new World(settings(moved), 0, FILL_PL, 5)
        change(world)
        return Array.from({ length: 3000 }, (_, i) => {
            world.advance(i * 1000)
            return world.sense().pressurePa
        })
    }

    test("a body that lies still draws nothing and moves nothing", () => {
        expect(new Body(settings({}), randomStream(1, 1)).moves).toBe(false)
        expect(swings({}, 10)).toEqual(new Array(10).fill(0))
    })

    test("is felt in a line that is open to it, and not at all in one that is occluded or has come off", () => {
        expect(new Set(readings(() => undefined)).size).toBeGreaterThan(500)
        expect(new Set(readings(world => (world.occluded = true)))).toEqual(new Set([1000]))
        expect(new Set(readings(world => world.openLine(true)))).toEqual(new Set([0]))
    })

    test("sitting up moves the line with the spinal fluid once it has relaxed, and the fluid that this takes is accounted for", () => {
        const world = new World(settings({ postureChangesPerDay: 1000, posturePascals: 2000 }), 0, FILL_PL, 5)
        let sat = 0
        for (let nowMs = 0; nowMs < 3_600_000; nowMs += 1000) {
            world.advance(nowMs)
            world.sense()
            if (world.spinalPa === 3000) sat += 1
            world.advance(nowMs + 900)
            expect(world.pressurePa).toBeCloseTo(world.spinalPa, 1)
            expect(world.deliveredPl).toBeCloseTo(-(world.spinalPa - 1000) * 140, -1)
        }
        expect(sat).toBeGreaterThan(300)
        expect(sat).toBeLessThan(3300)
    })

    test("what is switched on changes no other draw: the sensor's noise stays the same, and the heart with the line's state", () => {
        const noisy = (changes: Partial<WorldSettings>) => {
            const world = new World(worldSchema.parse(changes), 0, FILL_PL, 9)
            return Array.from({ length: 100 }, () => world.sense().pressurePa)
        }
        const plain = noisy({})
        expect(noisy({ coughsPerDay: 0.001, coughKilopascals: 1 })).toEqual(plain)
        expect(noisy({ weatherPascalsPerHour: 100 })).toEqual(plain)
        const world = (occluded: boolean) => {
            const one = new World(settings({ spinalPulsePascals: 300 }), 0, FILL_PL, 9)
            one.occluded = occluded
            for (let nowMs = 0; nowMs < 60_000; nowMs += 1000) {
                one.advance(nowMs)
                one.sense()
            }
            one.occluded = false
            return one.sense().pressurePa
        }
        expect(world(true)).toBe(world(false))
    })
})

test("streams of different purpose or seed have nothing to do with one another", () => {
    const draws = (seed: number, purpose: number) => {
        const random = randomStream(seed, purpose)
        return Array.from({ length: 4 }, () => random.next())
    }
    const all = [0, 1, 2, 3, 1000].flatMap(seed => [1, 2, 3].flatMap(purpose => draws(seed, purpose)))
    expect(new Set(all).size).toBe(all.length)
    const firsts = Array.from({ length: 1000 }, (_, seed) => randomStream(seed, 1).next() / 2 ** 32)
    const mean = firsts.reduce((sum, value) => sum + value, 0) / firsts.length
    expect(Math.abs(mean)).toBeLessThan(0.04)
    const correlation = firsts.slice(1).reduce((sum, value, i) => sum + value * firsts[i], 0) / firsts.length / (1 / 12)
    expect(Math.abs(correlation)).toBeLessThan(0.13)
})

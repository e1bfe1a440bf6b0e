// The figures of the standard against closed forms: flows whose error in every window can be written down.

import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { analyse } from "../../sim/accuracy/analyse"
import { type FlowSeries, type Interval, intervalsOf } from "../../sim/accuracy/series"
import { trumpetWindow } from "../../sim/accuracy/trumpet"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, seriesOf, times, VOLUMETRIC } from "./series"

const SET = 25
const HALF_MINUTE = 30_000
const all = () => true

/** A flow that swings as a sine about the set one, and what it has delivered by then. */
const swinging = (part: number, periodMs: number) => (ms: number) =>
    (SET / MS_PER_HOUR) * (ms + ((part * periodMs) / (2 * Math.PI)) * (1 - Math.cos((2 * Math.PI * ms) / periodMs)))

function periodsOf(series: FlowSeries) {
    const { periods } = analyse(series, VOLUMETRIC)
    expect(periods.map(period => period.name)).toEqual(["T1, the second hour", "T2, the last hour"])
    return periods
}

describe("flows with a known trumpet", () => {
    test("a constant flow is off by nothing in any window", () => {
        for (const period of periodsOf(seriesOf(times(4 * MS_PER_HOUR, 30_000), SET, ms => (SET * ms) / MS_PER_HOUR))) {
            expect(period.overall?.errorPercent).toBeCloseTo(0, 9)
            expect(period.trumpet.map(window => [window.minutes, window.windows])).toEqual([
                [2, 117],
                [5, 111],
                [11, 99],
                [19, 83],
                [31, 59],
            ])
            for (const { epMaxPercent, epMinPercent } of period.trumpet) {
                expect(epMaxPercent).toBeCloseTo(0, 8)
                expect(epMinPercent).toBeCloseTo(0, 8)
            }
        }
    })

    test.each([
        [1.1, 10],
        [0.9, -10],
        [0, -100],
    ])("a flow of %d times the set one is off by %d %% in every window", (times_, percent) => {
        const series = seriesOf(times(4 * MS_PER_HOUR, 30_000), SET, ms => (times_ * SET * ms) / MS_PER_HOUR)
        const { whole, periods } = analyse(series, VOLUMETRIC)
        expect(whole.errorPercent).toBeCloseTo(percent, 9)
        for (const { epMaxPercent, epMinPercent } of periods.flatMap(period => period.trumpet)) {
            expect(epMaxPercent).toBeCloseTo(percent, 7)
            expect(epMinPercent).toBeCloseTo(percent, 7)
        }
    })

    test("a sine of 20 S: amplitude times sin(πP/p)/(πP/p), and for odd windows the cosine of what their middle misses the crest by", () => {
        const part = 0.2
        const periodMs = 20 * HALF_MINUTE
        const intervals = intervalsOf(
            seriesOf(times(MS_PER_HOUR, HALF_MINUTE), SET, swinging(part, periodMs)),
            HALF_MINUTE,
            MS_PER_MINUTE,
        )
        for (let length = 1; length <= 62; length++) {
            const angle = (Math.PI * length) / 20
            const crest = 100 * part * Math.abs(Math.sin(angle) / angle)
            const expected = length % 2 === 0 ? crest : crest * Math.cos(Math.PI / 20)
            const { epMaxPercent, epMinPercent, windows, leftOut } = trumpetWindow(intervals, length, all)
            expect(epMaxPercent, `${length} S`).toBeCloseTo(expected, 8)
            expect(epMinPercent, `${length} S`).toBeCloseTo(-expected, 8)
            expect([windows, leftOut]).toEqual([121 - length, 0])
        }
    })

    test("shots: nothing in whole shot cycles, and at most one shot in any other window", () => {
        const cycleMs = 80_820
        const shots = (ms: number) => Math.floor((ms + 40_000) / cycleMs) * ((SET * cycleMs) / MS_PER_HOUR)
        const series = seriesOf(times(MS_PER_DAY / 4, 1000), SET, ms => shots(ms))
        const whole = intervalsOf(series, cycleMs, MS_PER_MINUTE)
        for (const length of [1, 2, 5, 11, 19, 31]) {
            const { epMaxPercent, epMinPercent } = trumpetWindow(whole, length, all)
            expect(epMaxPercent).toBeCloseTo(0, 6)
            expect(epMinPercent).toBeCloseTo(0, 6)
        }
        const cut = intervalsOf(series, HALF_MINUTE, MS_PER_MINUTE)
        for (const length of [1, 4, 10, 22, 38, 62]) {
            const { epMaxPercent, epMinPercent } = trumpetWindow(cut, length, all)
            const oneShot = (100 * cycleMs) / (length * HALF_MINUTE)
            expect(epMaxPercent).toBeGreaterThan(0)
            expect(epMaxPercent).toBeLessThanOrEqual(oneShot + 1e-9)
            expect(epMinPercent).toBeGreaterThanOrEqual(-Math.min(100, oneShot) - 1e-9)
        }
    })

    test("a scale that is off by up to e makes a window off by at most 2e", () => {
        const noise = fc.array(fc.double({ min: -0.02, max: 0.02, noNaN: true }), { minLength: 241, maxLength: 241 })
        fc.assert(
            fc.property(noise, off => {
                const at = times(2 * MS_PER_HOUR, 30_000)
                const series = seriesOf(at, SET, ms => (SET * ms) / MS_PER_HOUR + off[at.indexOf(ms)])
                const [period] = analyse(series, VOLUMETRIC).periods
                for (const { minutes, epMaxPercent, epMinPercent } of period.trumpet) {
                    const bound = (100 * 2 * 0.02) / ((SET * minutes) / 60) + 1e-9
                    expect(epMaxPercent).toBeLessThanOrEqual(bound)
                    expect(epMinPercent).toBeGreaterThanOrEqual(-bound)
                }
            }),
            { numRuns: 20 },
        )
    })

    test("a single volume too much stands in each window that holds it", () => {
        const series = seriesOf(
            times(2 * MS_PER_HOUR, 30_000),
            SET,
            ms => (SET * ms) / MS_PER_HOUR + (ms >= 5_400_000 ? 1 : 0),
        )
        const [period] = analyse(series, VOLUMETRIC).periods
        expect(period.overall?.errorPercent).toBeCloseTo(4, 9)
        for (const { minutes, epMaxPercent, epMinPercent } of period.trumpet) {
            expect(epMaxPercent).toBeCloseTo(100 / ((SET * minutes) / 60), 6)
            if (minutes < 30) expect(epMinPercent).toBeCloseTo(0, 8)
        }
    })
})

/** Any course of an hour: what each half minute delivered. */
const course = fc
    .array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 40, maxLength: 120 })
    .map(volumes => volumes.map((measuredMicrolitres, i): Interval => intervalOf(i, measuredMicrolitres, 0.5)))

function intervalOf(i: number, measuredMicrolitres: number, setMicrolitres: number): Interval {
    return { fromMs: i * 30_000, toMs: (i + 1) * 30_000, measuredMicrolitres, setMicrolitres, known: true }
}

describe("whatever flows", () => {
    test("Ep(max) is never under Ep(min), and the overall error lies between them where windows tile the period", () => {
        fc.assert(
            fc.property(course, fc.integer({ min: 1, max: 40 }), (intervals, length) => {
                const { epMaxPercent, epMinPercent } = trumpetWindow(intervals, length, all)
                expect(epMaxPercent).toBeGreaterThanOrEqual(epMinPercent ?? Infinity)
                const tiled = intervals.slice(0, Math.floor(intervals.length / length) * length)
                const mean = trumpetWindow(tiled, tiled.length, all).epMaxPercent ?? Number.NaN
                expect(mean).toBeLessThanOrEqual((epMaxPercent ?? 0) + 1e-9)
                expect(mean).toBeGreaterThanOrEqual((epMinPercent ?? 0) - 1e-9)
            }),
        )
    })

    test("a window is never worse than the worst of a length that divides it", () => {
        fc.assert(
            fc.property(
                course,
                fc.integer({ min: 1, max: 8 }),
                fc.integer({ min: 2, max: 5 }),
                (intervals, length, times_) => {
                    const short = trumpetWindow(intervals, length, all)
                    const long = trumpetWindow(intervals, length * times_, all)
                    expect(long.epMaxPercent).toBeLessThanOrEqual((short.epMaxPercent ?? 0) + 1e-9)
                    expect(long.epMinPercent).toBeGreaterThanOrEqual((short.epMinPercent ?? 0) - 1e-9)
                },
            ),
        )
    })

    test("more of everything, measured and set, changes no error", () => {
        fc.assert(
            fc.property(course, fc.double({ min: 0.001, max: 1000, noNaN: true }), (intervals, factor) => {
                const scaled = intervals.map(interval => ({
                    ...interval,
                    measuredMicrolitres: factor * interval.measuredMicrolitres,
                    setMicrolitres: factor * interval.setMicrolitres,
                }))
                const [before, after] = [intervals, scaled].map(each => trumpetWindow(each, 10, all))
                expect(after.epMaxPercent).toBeCloseTo(before.epMaxPercent ?? Number.NaN, 6)
                expect(after.epMinPercent).toBeCloseTo(before.epMinPercent ?? Number.NaN, 6)
            }),
        )
    })

    test("each window is as its own sum says, and those with an interval that may not be used are left out", () => {
        fc.assert(
            fc.property(course, fc.integer({ min: 1, max: 40 }), fc.nat(39), (intervals, length, bad) => {
                const usable = (interval: Interval) => interval !== intervals[bad]
                const errors: number[] = []
                for (let i = 0; i + length <= intervals.length; i++) {
                    if (bad >= i && bad < i + length) continue
                    const sum = intervals
                        .slice(i, i + length)
                        .reduce((total, one) => total + one.measuredMicrolitres, 0)
                    errors.push((100 * (sum - 0.5 * length)) / (0.5 * length))
                }
                const found = trumpetWindow(intervals, length, usable)
                expect(found.windows).toBe(errors.length)
                expect(found.windows + found.leftOut).toBe(intervals.length - length + 1)
                if (errors.length === 0) expect(found.epMaxPercent).toBeNull()
                else {
                    expect(found.epMaxPercent).toBeCloseTo(Math.max(...errors), 6)
                    expect(found.epMinPercent).toBeCloseTo(Math.min(...errors), 6)
                }
            }),
        )
    })

    test("a window in which nothing was set has no error", () => {
        const intervals = [0.5, 0, 0, 0.5].map((set, i) => intervalOf(i, 0.5, set))
        expect(trumpetWindow(intervals, 2, all)).toMatchObject({ windows: 2, leftOut: 1, epMaxPercent: 100 })
    })
})

describe("drift and overall error", () => {
    test.each([5, -3, 0])("a flow that changes by %d %% of the set one a day has that slope", percentPerDay => {
        const series = seriesOf(times(2 * MS_PER_DAY, MS_PER_MINUTE), SET, ms => {
            const days = ms / MS_PER_DAY
            return SET * 24 * (days + ((percentPerDay / 100) * days * days) / 2)
        })
        const { stability, whole } = analyse(series, VOLUMETRIC)
        expect(stability.slopePercentPerDay).toBeCloseTo(percentPerDay, 6)
        expect(stability.slopeStandardError).toBeCloseTo(0, 6)
        expect(whole.errorPercent).toBeCloseTo(percentPerDay, 9)
        expect(stability.each).toBe("hour")
        expect(stability.stretches).toHaveLength(48)
        expect(stability.stretches[10].errorPercent).toBeCloseTo((percentPerDay * 10.5) / 24, 6)
    })

    test("over two days it is told by the day, up to two by the hour; a last hour that is not whole is not told", () => {
        const run = (ms: number) =>
            analyse(
                seriesOf(times(ms, MS_PER_MINUTE), SET, at => at),
                VOLUMETRIC,
            ).stability
        expect(run(2 * MS_PER_DAY)).toMatchObject({ each: "hour" })
        expect(run(2 * MS_PER_DAY + MS_PER_MINUTE)).toMatchObject({ each: "day" })
        expect(run(2 * MS_PER_DAY + MS_PER_MINUTE).stretches).toHaveLength(2)
        expect(run(3 * MS_PER_HOUR - MS_PER_MINUTE).stretches).toHaveLength(2)
    })

    test("too few intervals have no slope", () => {
        const short = analyse(
            seriesOf([0, 30_000, 60_000], SET, ms => ms),
            VOLUMETRIC,
        )
        expect(short.stability.slopePercentPerDay).toBeNull()
        expect(
            analyse(
                seriesOf(times(90_000, 30_000), SET, ms => ms),
                VOLUMETRIC,
            ).stability.slopePercentPerDay,
        ).not.toBeNull()
    })

    test("the start-up graph shows the flow of two hours, and no more", () => {
        const series = seriesOf(
            times(3 * MS_PER_HOUR, 30_000),
            SET,
            ms => (SET * Math.max(0, ms - 600_000)) / MS_PER_HOUR,
        )
        const { startUp, flow } = analyse(series, VOLUMETRIC)
        expect(startUp.minutes).toHaveLength(240)
        expect(startUp.minutes[239]).toBe(120)
        expect(startUp.microlitresPerHour[19]).toBeCloseTo(0, 9)
        expect(startUp.microlitresPerHour[20]).toBeCloseTo(SET, 9)
        expect(flow.minutes).toHaveLength(360)
    })
})

// What is done with samples that are missing, uneven or outlying: named with their rows, interpolated only as far as said, and left
// out of windows where they can't be.

import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { analyse } from "../../sim/accuracy/analyse"
import { outlyingIntervals } from "../../sim/accuracy/outliers"
import { type Interval, intervalsOf } from "../../sim/accuracy/series"
import { MS_PER_HOUR, MS_PER_MINUTE, seriesOf, times, VOLUMETRIC } from "./series"

const SET = 25
const steady = (ms: number) => (SET * ms) / MS_PER_HOUR
const atHalfMinutes = times(2 * MS_PER_HOUR, 30_000)
const without = (...left: number[]) => atHalfMinutes.filter((_, i) => !left.includes(i))

describe("gaps", () => {
    test("one missing sample is interpolated over, two are a gap, and both are named with their rows", () => {
        const { samples, periods } = analyse(seriesOf(without(150, 200, 201), SET, steady), VOLUMETRIC)
        expect(samples.missing).toEqual([
            { fromMinutes: 74.5, toMinutes: 75.5, rows: [151, 152], interpolated: true },
            { fromMinutes: 99.5, toMinutes: 101, rows: [200, 201], interpolated: false },
        ])
        expect(samples.interpolatedUpToSeconds).toBe(75)
        // Three intervals lie in the gap, the 80th to the 82nd of the period: n + 2 windows of n touch it, of 62 those from the 19th on.
        expect(periods[0].trumpet.map(window => window.leftOut)).toEqual([6, 12, 24, 40, 59 - 18])
        expect(periods[0].trumpet[0].windows).toBe(117 - 6)
    })

    test("samples as far apart as the bound are interpolated between, a millisecond more is a gap", () => {
        const missing = (gapMs: number) =>
            analyse(seriesOf(without(200, 201), SET, steady), { ...VOLUMETRIC, gapMs }).samples.missing
        expect(missing(90_000)).toMatchObject([{ interpolated: true }])
        expect(missing(89_999)).toMatchObject([{ interpolated: false }])
    })

    test("an interval is known where no gap reaches into it, and only there", () => {
        const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 3, maxLength: 60 })
        fc.assert(
            fc.property(cuts, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 12 }), (at, interval, gap) => {
                const timeMs = [0, ...at.toSorted((a, b) => a - b), 100]
                for (const { fromMs, toMs, known } of intervalsOf(seriesOf(timeMs, SET, steady), interval, gap)) {
                    const touched = timeMs.some(
                        (ms, i) => i > 0 && ms - timeMs[i - 1] > gap && timeMs[i - 1] < toMs && ms > fromMs,
                    )
                    expect(known).toBe(!touched)
                }
            }),
        )
    })

    test("an overall error whose period begins or ends in a gap is not known", () => {
        const overall = (...left: number[]) =>
            analyse(seriesOf(without(...left), SET, steady), VOLUMETRIC).periods[0].overall
        expect(overall(119, 120, 121)).toBeNull()
        expect(overall(238, 239)).toBeNull()
        expect(overall(180, 181, 182)?.errorPercent).toBeCloseTo(0, 9)
    })
})

describe("uneven samples", () => {
    test("a steady flow is steady however it is sampled", () => {
        const gaps = fc.array(fc.integer({ min: 5000, max: 30_000 }), { minLength: 800, maxLength: 900 })
        fc.assert(
            fc.property(gaps, fc.double({ min: 0.1, max: 1000, noNaN: true }), (spans, set) => {
                let ms = 0
                const timeMs = [0, ...spans.map(span => (ms += span))]
                const accuracy = analyse(
                    seriesOf(timeMs, set, at => (set * at) / MS_PER_HOUR),
                    { ...VOLUMETRIC, gapMs: MS_PER_MINUTE },
                )
                expect(accuracy.intervalSeconds).toBe(30)
                expect(accuracy.periods.length).toBeGreaterThan(0)
                for (const { epMaxPercent, epMinPercent, leftOut } of accuracy.periods.flatMap(
                    period => period.trumpet,
                )) {
                    expect(epMaxPercent).toBeCloseTo(0, 6)
                    expect(epMinPercent).toBeCloseTo(0, 6)
                    expect(leftOut).toBe(0)
                }
            }),
            { numRuns: 20 },
        )
    })

    test("a sample over a tenth early or late is named, a tenth is not", () => {
        const moved = (byMs: number) => atHalfMinutes.map((ms, i) => (i === 100 ? ms + byMs : ms))
        const uneven = (byMs: number) => analyse(seriesOf(moved(byMs), SET, steady), VOLUMETRIC).samples
        expect(uneven(3000)).toMatchObject({ unevenCount: 0, unevenRows: [] })
        expect(uneven(3001)).toMatchObject({ unevenCount: 2, unevenRows: [102, 103] })
        expect(uneven(-3001)).toMatchObject({ unevenCount: 2, unevenRows: [102, 103] })
    })
})

/** Intervals of a tenth of a microlitre each that are off by these. */
function offBy(errors: number[]): Interval[] {
    return errors.map((error, i) => ({
        fromMs: i * 30_000,
        toMs: (i + 1) * 30_000,
        measuredMicrolitres: 0.1 + error,
        setMicrolitres: 0.1,
        known: true,
    }))
}

describe("outliers", () => {
    /** Half of them off by 1 to either side: the median of the deviations is 1, a standard deviation 1.4826. */
    const even = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 1 : -1))
    const withOne = (error: number) => [...even.slice(0, 30), error, ...even.slice(30)]

    test("an interval over 3.5 standard deviations is outlying, one under is not", () => {
        const threshold = 3.5 * 1.482602
        // With zeros the median is 0 whichever side the odd one lies on.
        const centred = (error: number) => [0, ...even.slice(0, 30), error, ...even.slice(30), 0]
        expect(outlyingIntervals(offBy(centred(threshold + 0.01)), 0, 0).outlying).toEqual([31])
        expect(outlyingIntervals(offBy(centred(threshold - 0.01)), 0, 0).outlying).toEqual([])
        expect(outlyingIntervals(offBy(centred(-threshold - 0.01)), 0, 0).outlying).toEqual([31])
    })

    test("nothing within one and a half steps, or 1 % of the set volume, is outlying", () => {
        const flat = (error: number) => [...new Array(40).fill(0), error]
        expect(outlyingIntervals(offBy(flat(0.0449 * 1.49)), 0, 0.0449).outlying).toEqual([])
        expect(outlyingIntervals(offBy(flat(0.0449 * 1.51)), 0, 0.0449).outlying).toEqual([40])
        expect(outlyingIntervals(offBy(flat(0.00099)), 0, 0).outlying).toEqual([])
        expect(outlyingIntervals(offBy(flat(0.00101)), 0, 0).outlying).toEqual([40])
    })

    test("a twentieth may be outlying; more of them are an uneven flow, and none is called so", () => {
        const many = (count: number) => [...new Array(100 - count).fill(0), ...new Array(count).fill(5)]
        expect(outlyingIntervals(offBy(many(5)), 0, 0)).toMatchObject({ outlying: [95, 96, 97, 98, 99], uneven: 0 })
        expect(outlyingIntervals(offBy(many(6)), 0, 0)).toEqual({ outlying: [], uneven: 6 })
        expect(outlyingIntervals(offBy([0, 0, 0, 0, 0, 0, 0, 0, 0, 5]), 0, 0).outlying).toEqual([9])
    })

    test("what is not known or lies before the beginning is not judged", () => {
        const intervals = offBy(withOne(50))
        expect(outlyingIntervals(intervals, 31, 0).outlying).toEqual([])
        intervals[30].known = false
        expect(outlyingIntervals(intervals, 0, 0).outlying).toEqual([])
    })

    test("a jump of the scale is named with its rows and counted, and left out when somebody asks for that", () => {
        const jumping = (ms: number) => steady(ms) + (ms > 5_390_000 ? 4 : 0)
        const series = seriesOf(atHalfMinutes, SET, jumping)
        const found = analyse(series, VOLUMETRIC)
        expect(found.samples.outliers).toMatchObject([{ fromMinutes: 89.5, toMinutes: 90, rows: [181, 182] }])
        expect(found.samples.outliers[0].errorMicrolitres).toBeCloseTo(4, 9)
        expect(found.whole.errorPercent).toBeCloseTo(8, 9)
        expect(found.periods[0].trumpet[0].leftOut).toBe(0)
        const left = analyse(series, { ...VOLUMETRIC, withoutOutliers: true })
        expect(left.whole.errorPercent).toBeCloseTo(0, 9)
        expect(left.periods[0].overall?.errorPercent).toBeCloseTo(0, 9)
        expect(left.periods[0].trumpet[0]).toMatchObject({ leftOut: 4, windows: 113 })
        expect(left.periods[0].trumpet[0].epMaxPercent).toBeCloseTo(0, 7)
        expect(left.stability.stretches[1]).toMatchObject({ leftOut: 1 })
        expect(left.flow.microlitresPerHour[179]).toBeNull()
    })
})

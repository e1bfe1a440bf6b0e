// Puts a measurement through the standard's tests: overall error, start-up graph, trumpet curve, stability. What was left out, interpolated
// or could not be judged is part of the result, with its rows.

import { outlyingIntervals } from "./outliers"
import { analysisPeriods, type PumpType, samplingIntervalMs, standardWindows, wholeIntervals } from "./plan"
import type { WindowLength } from "./quantities"
import { durationMs, errorPercent, type FlowSeries, type Interval, intervalsOf, medianOf, spansMs } from "./series"
import { type Stability, stabilityOf } from "./stability"
import { type TrumpetWindow, trumpetWindow } from "./trumpet"

const MS_PER_HOUR = 3_600_000
const START_UP_MS = 2 * MS_PER_HOUR

/** Outliers and drift are judged from the second hour on, in a run that has one. */
const SETTLED_MS = MS_PER_HOUR

/** Between samples further apart than this many times the usual distance, some are missing; or it is uneven by this part of it. */
const MISSING_FROM = 1.5
const UNEVEN_SHARE = 0.1

/** How far apart samples may be, in times the usual distance, for what lies between them to be interpolated: one may be missing. */
const GAP_FROM = 2.5

/** How a measurement is to be looked at; what is undefined is as the standard has it. */
export interface Method {
    type: PumpType
    shotCycleMs: number | undefined
    windows: WindowLength[] | undefined
    stabilisationMs: number | undefined
    gapMs: number | undefined
    withoutOutliers: boolean
    /** By how much two intervals of the same flow may differ, in microlitres: a shot, or two digits of the scale. */
    stepMicrolitres: number
}

/** Samples that are further apart than usual. */
export interface MissingSamples {
    fromMinutes: number
    toMinutes: number
    /** The lines of the samples before and after; null where there is no file. */
    rows: [number, number] | null
    /** True where what lies between was interpolated; false where nothing was counted that touches it. */
    interpolated: boolean
}

/** An interval whose volume is outlying. */
export interface Outlier {
    fromMinutes: number
    toMinutes: number
    rows: [number, number] | null
    errorMicrolitres: number
}

/** What was delivered over some time, and what was set. */
export interface Overall {
    hours: number
    microlitresPerHour: number
    setMicrolitresPerHour: number
    /** A = 100 (Q - r)/r; null where nothing was set, or a gap takes in the beginning or the end. */
    errorPercent: number | null
}

/** An analysis period. */
export interface PeriodAccuracy {
    name: string
    note: string
    fromMinutes: number
    toMinutes: number
    overall: Overall | null
    trumpet: TrumpetWindow[]
}

/** The flow of each sampling interval; null where it is not known or left out. */
export interface FlowCourse {
    /** The end of each interval, since the start. */
    minutes: number[]
    microlitresPerHour: (number | null)[]
    setMicrolitresPerHour: number[]
}

export interface Accuracy {
    type: PumpType
    samples: {
        count: number
        intervalSeconds: number
        /** Rows whose distance to the one before is off by over a tenth, though none is missing. */
        unevenRows: number[]
        unevenCount: number
        missing: MissingSamples[]
        interpolatedUpToSeconds: number
        outliers: Outlier[]
        outliersLeftOut: boolean
        /** Intervals that are too many to be outliers: the flow itself is that uneven. */
        unevenIntervals: number
    }
    intervalSeconds: number
    whole: Overall
    periods: PeriodAccuracy[]
    /** The start-up graph: two hours, or of type 2 what lies before its analysis period. */
    startUp: FlowCourse
    flow: FlowCourse
    stability: Stability
    /** What the standard asks for and this measurement could not give. */
    missing: string[]
}

/** The sampling interval that this method has for this series, in milliseconds. */
export function intervalOf(series: FlowSeries, method: Pick<Method, "type" | "shotCycleMs">): number {
    return samplingIntervalMs(method.type, method.shotCycleMs, medianOf(spansMs(series)))
}

/** Judges a series of at least three samples. Windows that are no whole numbers of sampling intervals have to be refused before. */
export function analyse(series: FlowSeries, method: Method): Accuracy {
    const spans = spansMs(series)
    const usualMs = medianOf(spans)
    const intervalMs = intervalOf(series, method)
    const gapMs = method.gapMs ?? GAP_FROM * usualMs
    const intervals = intervalsOf(series, intervalMs, gapMs)
    const { periods, missing } = analysisPeriods(method.type, intervalMs, intervals.length, method.stabilisationMs)
    const analysedFrom = periods.length === 0 ? intervals.length : periods[0].first
    const steadyFrom = Math.min(
        analysedFrom,
        durationMs(series) >= START_UP_MS ? Math.ceil(SETTLED_MS / intervalMs) : 0,
    )
    const { outlying, uneven: unevenIntervals } = outlyingIntervals(intervals, steadyFrom, method.stepMicrolitres)
    const leftOut = new Set(method.withoutOutliers ? outlying.map(i => intervals[i]) : [])
    const usable = (interval: Interval) => interval.known && !leftOut.has(interval)
    const standard = standardWindows(method.type, intervalMs)
    const windows = method.windows?.map(window => wholeIntervals(window, intervalMs) ?? 0) ?? standard.intervals
    if (!method.windows && standard.leftOut.length > 0)
        missing.push(
            `windows of ${standard.leftOut.join(", ")}: no whole numbers of sampling intervals of this measurement`,
        )
    if (intervals.length === 0)
        missing.push("everything but the overall error: the run is shorter than a sampling interval")

    const rowsOf = (from: number, to: number): [number, number] | null =>
        series.rows ? [series.rows[from], series.rows[to]] : null
    const uneven = spans.flatMap((spanMs, i) =>
        spanMs <= MISSING_FROM * usualMs && Math.abs(spanMs - usualMs) > UNEVEN_SHARE * usualMs ? [i + 1] : [],
    )
    return {
        type: method.type,
        samples: {
            count: series.timeMs.length,
            intervalSeconds: usualMs / 1000,
            unevenRows: series.rows ? uneven.map(i => series.rows?.[i] ?? 0) : [],
            unevenCount: uneven.length,
            missing: spans.flatMap((spanMs, i) =>
                spanMs > MISSING_FROM * usualMs
                    ? [
                          {
                              fromMinutes: series.timeMs[i] / 60_000,
                              toMinutes: series.timeMs[i + 1] / 60_000,
                              rows: rowsOf(i, i + 1),
                              interpolated: spanMs <= gapMs,
                          },
                      ]
                    : [],
            ),
            interpolatedUpToSeconds: gapMs / 1000,
            outliers: outlying.map(i => {
                const { fromMs, toMs, measuredMicrolitres, setMicrolitres } = intervals[i]
                return {
                    fromMinutes: fromMs / 60_000,
                    toMinutes: toMs / 60_000,
                    rows: rowsOf(lastUpTo(series, fromMs), firstFrom(series, toMs)),
                    errorMicrolitres: measuredMicrolitres - setMicrolitres,
                }
            }),
            outliersLeftOut: method.withoutOutliers,
            unevenIntervals,
        },
        intervalSeconds: intervalMs / 1000,
        whole: wholeRun(series, [...leftOut]),
        periods: periods.map(({ name, note, first, count }) => {
            const period = intervals.slice(first, first + count)
            return {
                name,
                note,
                fromMinutes: period[0].fromMs / 60_000,
                toMinutes: period[count - 1].toMs / 60_000,
                overall: overallOf(period, leftOut),
                trumpet: windows.map(length => trumpetWindow(period, length, usable)),
            }
        }),
        startUp: flowOf(
            intervals.filter(({ toMs }, i) =>
                method.type === "type2" && periods.length > 0 ? i < analysedFrom : toMs <= START_UP_MS * (1 + 1e-9),
            ),
            usable,
        ),
        flow: flowOf(intervals, usable),
        stability: stabilityOf(intervals, steadyFrom, usable),
        missing,
    }
}

/** The whole run, from its first sample to its last. */
function wholeRun(series: FlowSeries, leftOut: Interval[]): Overall {
    const last = series.timeMs.length - 1
    return overall(
        { ms: durationMs(series), measured: series.measuredMicrolitres[last], set: series.setMicrolitres[last] },
        leftOut,
    )
}

/** A period by what stood on the scale at its beginning and its end; null where one of them lies in a gap. */
function overallOf(period: readonly Interval[], leftOut: ReadonlySet<Interval>): Overall | null {
    const first = period[0]
    const last = period[period.length - 1]
    if (!first.known || !last.known) return null
    const total = { ms: last.toMs - first.fromMs, measured: 0, set: 0 }
    for (const { measuredMicrolitres, setMicrolitres } of period) {
        total.measured += measuredMicrolitres
        total.set += setMicrolitres
    }
    return overall(
        total,
        period.filter(interval => leftOut.has(interval)),
    )
}

function overall(total: { ms: number; measured: number; set: number }, leftOut: readonly Interval[]): Overall {
    let { ms, measured, set } = total
    for (const interval of leftOut) {
        ms -= interval.toMs - interval.fromMs
        measured -= interval.measuredMicrolitres
        set -= interval.setMicrolitres
    }
    const hours = ms / MS_PER_HOUR
    return {
        hours,
        microlitresPerHour: measured / hours,
        setMicrolitresPerHour: set / hours,
        errorPercent: errorPercent(measured, set),
    }
}

function flowOf(intervals: readonly Interval[], usable: (interval: Interval) => boolean): FlowCourse {
    const perHour = ({ fromMs, toMs }: Interval, microlitres: number) => (microlitres * MS_PER_HOUR) / (toMs - fromMs)
    return {
        minutes: intervals.map(({ toMs }) => toMs / 60_000),
        microlitresPerHour: intervals.map(interval =>
            usable(interval) ? perHour(interval, interval.measuredMicrolitres) : null,
        ),
        setMicrolitresPerHour: intervals.map(interval => perHour(interval, interval.setMicrolitres)),
    }
}

/** The last sample at this time or before it, and the first at it or after. */
function lastUpTo({ timeMs }: FlowSeries, atMs: number): number {
    return Math.max(
        0,
        timeMs.findLastIndex(ms => ms <= atMs),
    )
}

function firstFrom({ timeMs }: FlowSeries, atMs: number): number {
    const first = timeMs.findIndex(ms => ms >= atMs)
    return first < 0 ? timeMs.length - 1 : first
}

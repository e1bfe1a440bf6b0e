// How IEC 60601-2-24 wants a flow to be looked at: the sampling interval, the analysis periods and the windows of the trumpet
// curve. A syringe that is stepped is a pump of type 2, whose shots must not be cut: its intervals are whole shot cycles, as a mean over
// anything else is that of the cut (Bissig et al. 2022, doi 10.1515/bmt-2022-0040).

import { formatDuration } from "../report/units"
import type { WindowLength } from "./quantities"

/** Volumetric and syringe pumps, or pumps for ambulatory use that deliver in shots. */
export const PUMP_TYPES = ["volumetric", "type2"] as const
export type PumpType = (typeof PUMP_TYPES)[number]

const HALF_MINUTE_MS = 30_000
const MS_PER_MINUTE = 60_000
const MS_PER_HOUR = 3_600_000

/** Windows of the trumpet curve: minutes of a volumetric or syringe pump, sampling intervals of type 2. */
export const VOLUMETRIC_WINDOW_MINUTES = [2, 5, 11, 19, 31]
export const TYPE2_WINDOW_INTERVALS = [1, 2, 5, 11, 19, 31]

/** Samples in the analysis period of type 2. */
export const TYPE2_SAMPLES = 100

/**
 * Stabilisation before it where nothing else is given. Tests of insulin pumps by the standard leave out the first 24 h (Establishing Methods
 * to Determine Clinically Relevant Bolus and Basal Rate Delivery Accuracy of Insulin Pumps, J Diabetes Sci Technol, abstract).
 */
export const STABILISATION_MS = 24 * MS_PER_HOUR

/** Samples may come this much later than the sampling interval and still count as one in each. */
const LATE_SHARE = 0.1

/** An analysis period, as a stretch of sampling intervals. */
export interface Period {
    name: string
    /** Where it is not just what the standard says: how it differs. */
    note: string
    first: number
    count: number
}

/**
 * The sampling interval S: half a minute; of type 2 the shot cycle where that is longer, else its multiple nearest half a minute. Data
 * that are sampled less often have the next multiple that they can fill.
 */
export function samplingIntervalMs(type: PumpType, shotCycleMs: number | undefined, dataIntervalMs: number): number {
    const cycleMs = type === "type2" && shotCycleMs !== undefined ? shotCycleMs : HALF_MINUTE_MS
    const ofStandardMs = cycleMs * Math.max(1, Math.round(HALF_MINUTE_MS / cycleMs))
    return ofStandardMs * Math.max(1, Math.ceil(dataIntervalMs / ofStandardMs - LATE_SHARE))
}

/** The windows as numbers of sampling intervals; those of the standard that the interval does not divide are left out and named. */
export function standardWindows(type: PumpType, intervalMs: number): { intervals: number[]; leftOut: string[] } {
    if (type === "type2") return { intervals: TYPE2_WINDOW_INTERVALS, leftOut: [] }
    const fits = (minutes: number) => wholeIntervals({ ms: minutes * MS_PER_MINUTE }, intervalMs) !== undefined
    return {
        intervals: VOLUMETRIC_WINDOW_MINUTES.filter(fits).map(minutes => (minutes * MS_PER_MINUTE) / intervalMs),
        leftOut: VOLUMETRIC_WINDOW_MINUTES.filter(minutes => !fits(minutes)).map(minutes => `${minutes} min`),
    }
}

/** A window as a number of sampling intervals; undefined where it is no whole number of them. */
export function wholeIntervals(window: WindowLength, intervalMs: number): number | undefined {
    if ("intervals" in window) return window.intervals >= 1 ? window.intervals : undefined
    const intervals = Math.round(window.ms / intervalMs)
    return intervals >= 1 && Math.abs(intervals * intervalMs - window.ms) <= window.ms / 1000 ? intervals : undefined
}

/**
 * The analysis periods that a run of so many intervals has room for, and why others are missing.
 * @param stabilisationMs before the analysis of type 2; 24 h where it is not given, and less where the run is too short for them
 */
export function analysisPeriods(
    type: PumpType,
    intervalMs: number,
    count: number,
    stabilisationMs: number | undefined,
): { periods: Period[]; missing: string[] } {
    return type === "type2" ? type2Periods(intervalMs, count, stabilisationMs) : volumetricPeriods(intervalMs, count)
}

function volumetricPeriods(intervalMs: number, count: number): { periods: Period[]; missing: string[] } {
    const hour = Math.floor(MS_PER_HOUR / intervalMs)
    const first = Math.ceil(MS_PER_HOUR / intervalMs)
    if (hour < 1 || first + hour > count)
        return { periods: [], missing: ["T1, the second hour: the run is too short for it"] }
    const periods = [{ name: "T1, the second hour", note: "", first, count: hour }]
    if (count - hour > first)
        periods.push({
            name: "T2, the last hour",
            note: "of this run; the standard means that of the time for which an administration set is used",
            first: count - hour,
            count: hour,
        })
    return { periods, missing: [] }
}

function type2Periods(
    intervalMs: number,
    count: number,
    stabilisationMs: number | undefined,
): { periods: Period[]; missing: string[] } {
    const name = `T2, ${TYPE2_SAMPLES} sampling intervals after stabilisation`
    const first = Math.ceil((stabilisationMs ?? STABILISATION_MS) / intervalMs - 1e-6)
    if (first + TYPE2_SAMPLES <= count)
        return { periods: [{ name, note: "", first, count: TYPE2_SAMPLES }], missing: [] }
    const words = formatDuration(stabilisationMs ?? STABILISATION_MS)
    const short = `the run is too short for ${words} of stabilisation and ${TYPE2_SAMPLES} intervals`
    const samples = Math.min(TYPE2_SAMPLES, count)
    if (stabilisationMs === undefined && samples > 0)
        return {
            periods: [
                {
                    name: `T2, the last ${samples} sampling intervals`,
                    note: short,
                    first: count - samples,
                    count: samples,
                },
            ],
            missing: [],
        }
    if (first < count)
        return {
            periods: [{ name: `T2, ${count - first} sampling intervals`, note: short, first, count: count - first }],
            missing: [],
        }
    return { periods: [], missing: [`${name}: the run ends before them`] }
}

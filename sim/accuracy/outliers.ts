// Which sampling intervals are outlying: draughts, a drop that falls off late, a hand at the scale. They are named and never removed
// unless somebody asks, because what looks like one may be the pump.

import { type Interval, medianOf } from "./series"

/** Modified z-score over which a value is outlying. Source: B. Iglewicz, D. Hoaglin, How to Detect and Handle Outliers, 1993. */
export const OUTLIER_SCORE = 3.5

// Scale the median and the mean absolute deviation to a standard deviation of normal noise.
const PER_MEDIAN_DEVIATION = 1.482602
const PER_MEAN_DEVIATION = 1.253314

/** An interval within this of the others, as a part of what was set, is never called outlying. Assumed: scales are no better. */
export const OUTLIER_SHARE_MIN = 0.01

/** Nor is one that differs by a shot, whose own volume may be a little off. */
const SHOTS_MIN = 1.5

/** Where more than this part of the intervals would be outlying, it is the flow that is uneven. Assumed. */
export const OUTLYING_PART_MAX = 0.05

/**
 * The indices of intervals whose error differs from the median error by more than 3.5 of their spread, which is taken from the median of
 * the absolute deviations, so that the outliers themselves do not widen it; and from their mean where more than half are equal. Normal noise
 * gives one in about 2000. Never outlying is what differs by no more than 1 % of the set volume, or one and a half `stepMicrolitres`. More
 * than a twentieth of all, and more than one, are no outliers but an uneven flow: then the list is empty, and `uneven` says how many they were.
 * @param from the first interval that is judged: what lies before it is the start-up, which is uneven by nature
 * @param stepMicrolitres by how much two intervals of the same flow may differ: one shot, or two digits of the scale
 */
export function outlyingIntervals(
    intervals: readonly Interval[],
    from: number,
    stepMicrolitres: number,
): { outlying: number[]; uneven: number } {
    const judged = intervals
        .map((interval, i) => ({ interval, i }))
        .filter(({ interval, i }) => i >= from && interval.known)
    const errors = judged.map(({ interval }) => interval.measuredMicrolitres - interval.setMicrolitres)
    const median = medianOf(errors)
    const deviations = errors.map(error => Math.abs(error - median))
    const spread =
        PER_MEDIAN_DEVIATION * medianOf(deviations) ||
        (PER_MEAN_DEVIATION * deviations.reduce((sum, deviation) => sum + deviation, 0)) / deviations.length
    const found = judged.filter(({ interval }, j) => {
        const least = Math.max(OUTLIER_SHARE_MIN * interval.setMicrolitres, SHOTS_MIN * stepMicrolitres)
        return deviations[j] > Math.max(OUTLIER_SCORE * spread, least)
    })
    if (found.length > Math.max(1, OUTLYING_PART_MAX * judged.length)) return { outlying: [], uneven: found.length }
    return { outlying: found.map(({ i }) => i), uneven: 0 }
}

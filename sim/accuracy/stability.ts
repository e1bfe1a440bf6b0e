// Whether the flow drifts: its slope over the whole run, and the flow of each hour or day. The trumpet curve can't show that,
// because its windows lie in a short period.

import { errorPercent, type Interval } from "./series"

const MS_PER_HOUR = 3_600_000
const MS_PER_DAY = 86_400_000

/** Runs up to this long are told by the hour, longer ones by the day. */
const HOURS_UP_TO_MS = 2 * MS_PER_DAY

/** One hour or day. */
export interface Stretch {
    fromHours: number
    microlitresPerHour: number
    /** Against what was set; null where nothing was. */
    errorPercent: number | null
    /** How many of its sampling intervals were left out. */
    leftOut: number
}

export interface Stability {
    /** Change of the flow in per cent of the set one per day, by least squares, and its standard error; null of fewer than three intervals. */
    slopePercentPerDay: number | null
    slopeStandardError: number | null
    each: "hour" | "day"
    stretches: Stretch[]
}

/**
 * Stability of a flow. The standard error takes the intervals' errors as independent; where the scale's noise makes them, neighbours
 * are off in opposite directions, and the slope is then better known than it says.
 * @param from the first interval of the slope: what lies before it is the start-up
 */
export function stabilityOf(
    intervals: readonly Interval[],
    from: number,
    usable: (interval: Interval) => boolean,
): Stability {
    const points = intervals.slice(from).flatMap(interval => {
        const error = errorPercent(interval.measuredMicrolitres, interval.setMicrolitres)
        return usable(interval) && error !== null
            ? [{ days: (interval.fromMs + interval.toMs) / 2 / MS_PER_DAY, error }]
            : []
    })
    const lengthMs = intervals.length === 0 ? 0 : intervals[intervals.length - 1].toMs
    const each = lengthMs > HOURS_UP_TO_MS ? "day" : "hour"
    return {
        ...slopeOf(points),
        each,
        stretches: stretchesOf(intervals, each === "day" ? MS_PER_DAY : MS_PER_HOUR, usable),
    }
}

function slopeOf(points: { days: number; error: number }[]) {
    const count = points.length
    if (count < 3) return { slopePercentPerDay: null, slopeStandardError: null }
    const mean = (pick: (point: (typeof points)[number]) => number) =>
        points.reduce((sum, point) => sum + pick(point), 0) / count
    const meanDays = mean(point => point.days)
    const meanError = mean(point => point.error)
    let squares = 0
    let products = 0
    for (const { days, error } of points) {
        squares += (days - meanDays) ** 2
        products += (days - meanDays) * (error - meanError)
    }
    const slope = products / squares
    const left = points.reduce((sum, { days, error }) => sum + (error - meanError - slope * (days - meanDays)) ** 2, 0)
    return { slopePercentPerDay: slope, slopeStandardError: Math.sqrt(left / (count - 2) / squares) }
}

/** The flow of each whole hour or day; of the intervals that begin in it. */
function stretchesOf(
    intervals: readonly Interval[],
    lengthMs: number,
    usable: (interval: Interval) => boolean,
): Stretch[] {
    const byStretch = new Map<number, Interval[]>()
    for (const interval of intervals) {
        const stretch = Math.floor(interval.fromMs / lengthMs + 1e-6)
        const others = byStretch.get(stretch)
        if (others) others.push(interval)
        else byStretch.set(stretch, [interval])
    }
    return [...byStretch].flatMap(([stretch, all]) => {
        const whole = all[all.length - 1].toMs >= (stretch + 1) * lengthMs - 1e-6 * lengthMs
        const used = all.filter(usable)
        if (!whole || used.length === 0) return []
        const sum = (pick: (interval: Interval) => number) =>
            used.reduce((total, interval) => total + pick(interval), 0)
        const measured = sum(interval => interval.measuredMicrolitres)
        const hours = sum(interval => interval.toMs - interval.fromMs) / MS_PER_HOUR
        return [
            {
                fromHours: (stretch * lengthMs) / MS_PER_HOUR,
                microlitresPerHour: measured / hours,
                errorPercent: errorPercent(
                    measured,
                    sum(interval => interval.setMicrolitres),
                ),
                leftOut: all.length - used.length,
            },
        ]
    })
}

// A measurement as a course of volume over time, and its cut into the sampling intervals of the standard. What was measured and what was
// set are cut alike, so that their difference is of the same time, wherever the samples lie.

/** What was delivered and what was set since the first sample, at each sample. Equally long columns, time rising. */
export interface FlowSeries {
    /** Since the first sample. */
    timeMs: number[]
    measuredMicrolitres: number[]
    setMicrolitres: number[]
    /** The line of the file that each sample stands in; undefined where there is no file. */
    rows: number[] | undefined
}

/** One sampling interval. */
export interface Interval {
    fromMs: number
    toMs: number
    measuredMicrolitres: number
    setMicrolitres: number
    /** False where a gap between samples reaches into it. */
    known: boolean
}

// Of an interval: what rounding may have moved a time by.
const SAME_TIME = 1e-6

/** The length of the series. */
export function durationMs(series: FlowSeries): number {
    return series.timeMs[series.timeMs.length - 1]
}

/** The middle of some numbers, the mean of the middle two of an even count; NaN of none. */
export function medianOf(values: readonly number[]): number {
    const sorted = values.toSorted((a, b) => a - b)
    const middle = sorted.length / 2
    return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The times between neighbouring samples. */
export function spansMs(series: FlowSeries): number[] {
    return series.timeMs.slice(1).map((timeMs, i) => timeMs - series.timeMs[i])
}

/**
 * The whole sampling intervals from the first sample on. At their ends volumes are interpolated linearly between the neighbouring
 * samples; where those are further apart than `gapMs`, the interval is not known.
 */
export function intervalsOf(series: FlowSeries, intervalMs: number, gapMs: number): Interval[] {
    const { timeMs, measuredMicrolitres, setMicrolitres } = series
    const count = Math.floor(durationMs(series) / intervalMs + SAME_TIME)
    const last = timeMs.length - 1
    let sample = 0
    let gapUntilMs = -Infinity
    /** Both volumes at a time, by the samples before and after it. */
    const at = (atMs: number) => {
        while (sample < last - 1 && timeMs[sample + 1] <= atMs) sample++
        const share = (atMs - timeMs[sample]) / (timeMs[sample + 1] - timeMs[sample])
        const between = (column: number[]) => column[sample] + share * (column[sample + 1] - column[sample])
        return { measured: between(measuredMicrolitres), set: between(setMicrolitres) }
    }
    let ahead = 0
    let begin = at(0)
    return Array.from({ length: count }, (_, i) => {
        const fromMs = i * intervalMs
        const toMs = (i + 1) * intervalMs
        const slackMs = SAME_TIME * intervalMs
        for (; ahead < last && timeMs[ahead] < toMs - slackMs; ahead++)
            if (timeMs[ahead + 1] - timeMs[ahead] > gapMs) gapUntilMs = timeMs[ahead + 1]
        const end = at(toMs)
        const interval = {
            fromMs,
            toMs,
            measuredMicrolitres: end.measured - begin.measured,
            setMicrolitres: end.set - begin.set,
            known: gapUntilMs <= fromMs + slackMs,
        }
        begin = end
        return interval
    })
}

/** The mean error of a flow against the set one over the same time, in per cent; null where nothing was set. */
export function errorPercent(measured: number, set: number): number | null {
    return set > 0 ? (100 * (measured - set)) / set : null
}

// The trumpet curve of IEC 60601-2-24: for each length of window the largest and the smallest mean error of all windows that lie in the
// analysis period, overlapping ones too. It shows how uneven a flow is over short times, and not how it changes as time goes by.

import { errorPercent, type Interval } from "./series"

/** One length of window. */
export interface TrumpetWindow {
    /** In sampling intervals. */
    intervals: number
    minutes: number
    /** The largest and the smallest error of all windows, in per cent of what was set; null where no window is left. */
    epMaxPercent: number | null
    epMinPercent: number | null
    /** How many windows were looked at; how many were left out because a gap or an outlier lies in them, or nothing was set. */
    windows: number
    leftOut: number
}

/**
 * Ep(max) and Ep(min) over the windows of `length` sampling intervals in `period`. With m = (T - P)/S + 1 windows,
 * Ep = S/P · Σ 100 (Qi - r)/r, where r is what was set for the same time.
 * @param usable whether an interval of the period may be counted
 */
export function trumpetWindow(
    period: readonly Interval[],
    length: number,
    usable: (interval: Interval) => boolean,
): TrumpetWindow {
    let epMaxPercent: number | null = null
    let epMinPercent: number | null = null
    let windows = 0
    let leftOut = 0
    for (let first = 0; first + length <= period.length; first++) {
        let measured = 0
        let set = 0
        let whole = true
        for (let i = first; i < first + length && whole; i++) {
            whole = usable(period[i])
            measured += period[i].measuredMicrolitres
            set += period[i].setMicrolitres
        }
        const error = whole ? errorPercent(measured, set) : null
        if (error === null) {
            leftOut++
            continue
        }
        windows++
        epMaxPercent = Math.max(epMaxPercent ?? -Infinity, error)
        epMinPercent = Math.min(epMinPercent ?? Infinity, error)
    }
    const minutes = period.length === 0 ? 0 : (length * (period[0].toMs - period[0].fromMs)) / 60_000
    return { intervals: length, minutes, epMaxPercent, epMinPercent, windows, leftOut }
}

// Measurements whose accuracy is known in closed form, for the tests of what is found in them.

import type { Method } from "../../sim/accuracy/analyse"
import type { FlowSeries } from "../../sim/accuracy/series"

export const MS_PER_MINUTE = 60_000
export const MS_PER_HOUR = 3_600_000
export const MS_PER_DAY = 86_400_000

/** The standard's look at a volumetric pump. */
export const VOLUMETRIC: Method = {
    type: "volumetric",
    shotCycleMs: undefined,
    windows: undefined,
    stabilisationMs: undefined,
    gapMs: undefined,
    withoutOutliers: false,
    stepMicrolitres: 0,
}

/**
 * A measurement at these times, of what `measuredAt` says was delivered by then, against a constant set flow.
 * @param measuredAt microlitres at a time in milliseconds
 */
export function seriesOf(
    timeMs: number[],
    setMicrolitresPerHour: number,
    measuredAt: (ms: number) => number,
): FlowSeries {
    return {
        timeMs,
        measuredMicrolitres: timeMs.map(measuredAt),
        setMicrolitres: timeMs.map(ms => (setMicrolitresPerHour * ms) / MS_PER_HOUR),
        rows: timeMs.map((_, i) => i + 2),
    }
}

/** Times from 0 to `untilMs`, so far apart. */
export function times(untilMs: number, everyMs: number): number[] {
    return Array.from({ length: Math.round(untilMs / everyMs) + 1 }, (_, i) => i * everyMs)
}

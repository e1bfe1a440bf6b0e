// Makes the columns that are plotted out of a run's samples: thins long runs, and averages the delivered flow, which
// comes in single steps and would otherwise plot as a comb.

import { MS_PER_DAY, MS_PER_MINUTE } from "../../src/pump/limits"
import type { Samples } from "../engines/result"

const WINDOWS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 1440].map(minutes => minutes * MS_PER_MINUTE)

/** Steps that an average should span, so that one step more or less in it is a ripple of 4 %. */
const STEPS_PER_WINDOW = 25

/**
 * The averaging window for a run: the shortest round time that spans 25 steps at the mean rate, three sample periods
 * and a three-hundredth of the run, which is about what a plot can resolve.
 */
export function averagingWindowMs(
    durationMs: number,
    periodMs: number,
    stepPl: number,
    meanRatePlPerDay: number,
): number {
    const stepsMs = meanRatePlPerDay > 0 ? (STEPS_PER_WINDOW * stepPl * MS_PER_DAY) / meanRatePlPerDay : 0
    const wantedMs = Math.max(durationMs / 300, 3 * periodMs, Math.min(stepsMs, durationMs / 10))
    return WINDOWS_MS.find(windowMs => windowMs >= wantedMs) ?? Math.ceil(wantedMs / MS_PER_DAY) * MS_PER_DAY
}

/**
 * The mean flow (pL/day) over `windowMs` centred on each sample, from a running total; at the ends of the run over
 * the part of the window that lies within it.
 */
export function movingRatePlPerDay(timeMs: readonly number[], totalPl: readonly number[], windowMs: number): number[] {
    const last = timeMs.length - 1
    let from = 0
    let to = 0
    return timeMs.map(atMs => {
        while (from < last && timeMs[from] < atMs - windowMs / 2) from++
        while (to < last && timeMs[to + 1] <= atMs + windowMs / 2) to++
        const spanMs = timeMs[to] - timeMs[from]
        return spanMs > 0 ? ((totalPl[to] - totalPl[from]) / spanMs) * MS_PER_DAY : 0
    })
}

/**
 * Samples of which at most `rowsMax` are left: of each group of rows the last, but the highest pressure, so that no
 * peak is lost. Times and totals stay exact where they are kept; the first and the last row always are.
 */
export function thin(samples: Samples, rowsMax: number): Samples {
    const rows = samples.timeMs.length
    if (rows <= rowsMax) return samples
    const group = Math.ceil((rows - 1) / (rowsMax - 1))
    const kept = [0]
    for (let i = group; i < rows - 1; i += group) kept.push(i)
    kept.push(rows - 1)
    const pick = (column: number[]) => kept.map(i => column[i])
    return {
        periodMs: samples.periodMs * group,
        timeMs: pick(samples.timeMs),
        programmedPl: pick(samples.programmedPl),
        deliveredPl: pick(samples.deliveredPl),
        programmedNg: pick(samples.programmedNg),
        deliveredNg: pick(samples.deliveredNg),
        ratePlPerDay: pick(samples.ratePlPerDay),
        bolusPlPerDay: pick(samples.bolusPlPerDay),
        pressurePa: kept.map((end, i) => Math.max(...samples.pressurePa.slice(i === 0 ? 0 : kept[i - 1] + 1, end + 1))),
        reservoirPl: pick(samples.reservoirPl),
        residualPl: pick(samples.residualPl),
    }
}

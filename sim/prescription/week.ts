// The days and clock times of a programme, as both the prescription and the read-back write them.

import type { Programme } from "../../src/pump/programme"

export const MINUTES_PER_DAY = 1440
export const MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

/** "06:00" of a minute of the day; "24:00" at its end. */
export function clockTime(minute: number): string {
    return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`
}

/** One segment of a programme: its index there, and the minutes of the day from which and to which it lasts. */
export interface SegmentTimes {
    index: number
    fromMinute: number
    toMinute: number
}

/** The segments of a day pattern, in their order. */
export function segmentTimes(programme: Programme, pattern: number): SegmentTimes[] {
    const { patternStart, segmentStartMinute } = programme
    const end = patternStart[pattern + 1]
    const segments: SegmentTimes[] = []
    for (let index = patternStart[pattern]; index < end; index++)
        segments.push({
            index,
            fromMinute: segmentStartMinute[index],
            toMinute: index + 1 < end ? segmentStartMinute[index + 1] : MINUTES_PER_DAY,
        })
    return segments
}

/** "every day", "Mon to Fri" or "Sat, Sun": the weekdays with this one in `ofWeekday`; empty when there are none. */
export function weekdayList<Key>(ofWeekday: readonly Key[], key: Key): string {
    const runs: number[][] = []
    for (let day = 0; day < 7; day++) {
        if (ofWeekday[day] !== key) continue
        const last = runs[runs.length - 1]
        if (last !== undefined && last[last.length - 1] === day - 1) last.push(day)
        else runs.push([day])
    }
    if (runs.length === 1 && runs[0].length === 7) return "every day"
    return runs
        .flatMap(run =>
            run.length > 2 ? [`${DAYS[run[0]]} to ${DAYS[run[run.length - 1]]}`] : run.map(day => DAYS[day]),
        )
        .join(", ")
}

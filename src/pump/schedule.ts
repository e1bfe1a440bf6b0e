// Which flow is due now: the programme's segment for this weekday and minute, a periodic dose, the bridge between two
// concentrations, plus the bolus, through one clamp.

import { MINIMUM_RATE_ALARMS } from "./alarms"
import { MS_PER_DAY, MS_PER_MINUTE, MS_PER_WEEK, RATE_PL_PER_DAY_MIN } from "./limits"
import { followShift, shiftedRate, shiftedTime } from "./localTime"
import { Programme, periodicRatePlPerDay } from "./programme"
import { mechanismRatePlPerDayMax, Pump } from "./pump"

/**
 * Sets the flow now due and how long its basal part stays so, for the time `atMs` on the monotonic clock.
 * Called whenever one of its causes changes, never on an ordinary tick.
 */
export function planFlow(pump: Pump, atMs: number): void {
    pump.ratePlPerDay = 0
    pump.bolusFlowPlPerDay = 0
    pump.segmentLeftMs = MS_PER_WEEK
    if (!pump.delivering) return
    let basalPlPerDay = RATE_PL_PER_DAY_MIN // what runs on a damaged record
    const programme = pump.programme
    if (programme && (pump.alarms & MINIMUM_RATE_ALARMS) === 0) {
        if (pump.bridgeRatePlPerDay > 0) basalPlPerDay = pump.bridgeRatePlPerDay
        else basalPlPerDay = planSchedule(pump, programme, atMs)
    }
    const bolusPlPerDay = pump.bolusUnrecorded ? 0 : pump.bolusRatePlPerDay
    pump.ratePlPerDay = Math.min(basalPlPerDay + bolusPlPerDay, mechanismRatePlPerDayMax(pump.mechanism))
    pump.bolusFlowPlPerDay = Math.max(0, pump.ratePlPerDay - basalPlPerDay)
}

/** The flow of segment and periodic dose at `atMs`; sets how long it stays so. The weekly mean while the time of day is unknown. */
function planSchedule(pump: Pump, programme: Programme, atMs: number): number {
    if (pump.shiftLeftMs !== 0) followShift(pump, atMs)
    const localMs = pump.wallMinusNowMs + atMs
    const weekMs = timeOfWeek(localMs)
    if (!(weekMs >= 0)) return programme.meanRatePlPerDay
    const weekday = Math.floor(weekMs / MS_PER_DAY)
    const dayMs = weekMs - weekday * MS_PER_DAY
    const pattern = programme.patternOfWeekday[weekday]
    const segment = segmentAt(programme, pattern, dayMs)
    const last = segment + 1 === programme.patternStart[pattern + 1]
    const endMs = last ? MS_PER_DAY : programme.segmentStartMinute[segment + 1] * MS_PER_MINUTE
    let ratePlPerDay = programme.segmentRatePlPerDay[segment]
    let leftMs = endMs - dayMs
    if (programme.periodicPl > 0) {
        const periodMs = programme.periodicMinutes * MS_PER_MINUTE
        const durationMs = programme.periodicDurationMinutes * MS_PER_MINUTE
        const sinceMs = localMs - programme.periodicStartMinute * MS_PER_MINUTE
        const intoMs = sinceMs - Math.floor(sinceMs / periodMs) * periodMs
        if (sinceMs < 0) {
            leftMs = Math.min(leftMs, -sinceMs)
        } else if (intoMs < durationMs) {
            ratePlPerDay += periodicRatePlPerDay(programme)
            leftMs = Math.min(leftMs, durationMs - intoMs)
        } else {
            leftMs = Math.min(leftMs, periodMs - intoMs)
        }
    }
    if (pump.shiftLeftMs !== 0) {
        ratePlPerDay = shiftedRate(pump, ratePlPerDay)
        leftMs = shiftedTime(pump, leftMs, atMs)
    }
    pump.segmentLeftMs = leftMs
    return ratePlPerDay
}

/** Milliseconds since Monday 00:00, for any whole number of milliseconds; NaN for NaN. */
export function timeOfWeek(ms: number): number {
    return ms - Math.floor(ms / MS_PER_WEEK) * MS_PER_WEEK
}

/** Index of the segment of `pattern` that holds at `dayMs` of the day: the last one that starts no later. */
function segmentAt(programme: Programme, pattern: number, dayMs: number): number {
    const minute = Math.floor(dayMs / MS_PER_MINUTE)
    const startMinute = programme.segmentStartMinute
    let low = programme.patternStart[pattern]
    let high = programme.patternStart[pattern + 1]
    while (high - low > 1) {
        const middle = (low + high) >> 1
        if (startMinute[middle] <= minute) low = middle
        else high = middle
    }
    return low
}

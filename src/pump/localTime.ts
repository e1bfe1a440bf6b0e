// Local time, and the time that the schedule goes by. They are the same but after a shift (daylight saving, another time zone): then
// the schedule catches up a 24th faster or slower, an hour in a day, so that each of its doses comes once and whole (CLK-4).

import { MS_PER_SECOND, SHIFT_MS_MAX, SHIFT_PARTS, WALL_MS_MAX } from "./limits"
import { Mode, Pump } from "./pump"
import { Refusal } from "./readings"

/** Local time at `ms` on the monotonic clock, in milliseconds since Monday 3 January 2000 00:00; NaN while it is unknown. */
export function localMsAt(pump: Pump, ms: number): number {
    return pump.wallMinusNowMs + pump.shiftLeftMs + ms
}

/**
 * A person says what local time it is. The real-time clock is left as it is: the pump keeps how far off it is, in one record
 * with how much of the shift is left, so that a power cut finds both or neither. A pump that is stopped goes by the new time at once.
 * @param localMs local time now, in milliseconds since Monday 3 January 2000 00:00
 */
export function setLocalTime(pump: Pump, localMs: number): Refusal {
    if (!(localMs >= 0 && localMs < WALL_MS_MAX)) return Refusal.ClockUnknown
    const beforeMs = localMsAt(pump, pump.nowMs)
    if (!(beforeMs >= 0)) {
        // Without the real-time clock it holds until the next reset.
        pump.wallMinusNowMs = localMs - pump.nowMs
        pump.shiftLeftMs = 0
        return Refusal.None
    }
    // Halves of a negative number are rounded another way on the device.
    const shiftMs = Math.floor((localMs - beforeMs) / MS_PER_SECOND + 0.5) * MS_PER_SECOND
    followShift(pump, pump.nowMs)
    const leftMs = pump.shiftLeftMs + shiftMs
    if (pump.mode === Mode.Stopped) {
        pump.wallMinusNowMs += leftMs
        pump.shiftLeftMs = 0
    } else {
        if (!(Math.abs(leftMs) <= SHIFT_MS_MAX)) return Refusal.ShiftTooLarge
        if (pump.shiftLeftMs === 0) pump.shiftSinceMs = pump.nowMs
        pump.shiftLeftMs = leftMs
    }
    pump.localMinusClockMs += shiftMs
    return Refusal.None
}

/** How far the schedule has still to catch up with local time at `atMs` on the monotonic clock. */
export function shiftLeftAt(pump: Pump, atMs: number): number {
    const sinceMs = atMs - pump.shiftSinceMs
    if (!(sinceMs >= SHIFT_PARTS)) return pump.shiftLeftMs
    const caughtMs = Math.floor(sinceMs / SHIFT_PARTS)
    return pump.shiftLeftMs > 0 ? Math.max(0, pump.shiftLeftMs - caughtMs) : Math.min(0, pump.shiftLeftMs + caughtMs)
}

/** Lets the schedule's time catch up with local time for what has passed up to `atMs` on the monotonic clock. */
export function followShift(pump: Pump, atMs: number): void {
    const leftMs = shiftLeftAt(pump, atMs)
    const movedMs = pump.shiftLeftMs - leftMs
    if (movedMs === 0) return
    pump.shiftSinceMs += Math.abs(movedMs) * SHIFT_PARTS
    pump.wallMinusNowMs += movedMs
    pump.shiftLeftMs = leftMs
}

/** The flow that makes the schedule's own come whole in a time that is a 24th shorter or longer. */
export function shiftedRate(pump: Pump, ratePlPerDay: number): number {
    const part = Math.floor(ratePlPerDay / SHIFT_PARTS + 0.5)
    return pump.shiftLeftMs > 0 ? ratePlPerDay + part : ratePlPerDay - part
}

/** How long it truly takes from `atMs` on until the schedule has gone on by `leftMs`, or the shift is over if that is sooner. */
export function shiftedTime(pump: Pump, leftMs: number, atMs: number): number {
    const faster = pump.shiftLeftMs > 0
    const truly = Math.ceil((leftMs * SHIFT_PARTS) / (faster ? SHIFT_PARTS + 1 : SHIFT_PARTS - 1))
    const overMs = pump.shiftSinceMs + Math.abs(pump.shiftLeftMs) * SHIFT_PARTS - atMs
    return Math.min(truly, Math.max(1, overMs))
}

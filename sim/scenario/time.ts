// The two ways a scenario writes time: since its start, and as a local date and clock time.
// Both become whole milliseconds here; time zones have no part in it, because the pump has none.

import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from "../../src/pump/limits"

/** Hours may exceed 24; after days they may not be needed at all. */
export const TIME_SINCE_START = /^(?=\S)(?:(\d{1,3})d)?(?:(?:^| )(\d{1,4}):([0-5]\d)(?::([0-5]\d)(?:\.(\d{3}))?)?)?$/
export const TIME_SINCE_START_MAY_BE = 'a time since start such as "36:00", "90d" or "1d 06:30:00"'

export const LOCAL_TIME = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/
export const LOCAL_TIME_MAY_BE =
    'a local date and time such as "2026-03-02T00:00:00", from 2000-01-03 to the end of 2099'

// Where the pump's clock counts from, a Monday; its chip knows the years 2000 to 2099.
export const WALL_EPOCH_MS = Date.UTC(2000, 0, 3)
const WALL_END_MS = Date.UTC(2100, 0, 1)

/** Milliseconds of a time since start: days, hours, minutes, seconds, thousandths; undefined when it is none. */
export function sinceStartMs(text: string): number | undefined {
    const parts = TIME_SINCE_START.exec(text)
    if (!parts) return undefined
    const [days, hours, minutes, seconds, thousandths] = parts.slice(1).map(part => Number(part ?? 0))
    return days * MS_PER_DAY + hours * MS_PER_HOUR + minutes * MS_PER_MINUTE + seconds * MS_PER_SECOND + thousandths
}

/**
 * Milliseconds from Monday 3 January 2000, 00:00, to a local date and time; undefined when there is no such date, and
 * outside the years that the pump's clock knows.
 */
export function wallMsOf(text: string): number | undefined {
    const parts = LOCAL_TIME.exec(text)
    if (!parts) return undefined
    const [year, month, day, hours, minutes, seconds] = parts.slice(1).map(Number)
    const date = new Date(Date.UTC(year, month - 1, day))
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
    const dayMs = date.getTime()
    if (!(dayMs >= WALL_EPOCH_MS && dayMs < WALL_END_MS)) return undefined
    return dayMs - WALL_EPOCH_MS + hours * MS_PER_HOUR + minutes * MS_PER_MINUTE + seconds * MS_PER_SECOND
}

/** A time since start as `sinceStartMs` reads it: the shortest of days, hours, minutes, seconds and thousandths. */
export function sinceStartText(ms: number): string {
    const days = Math.floor(ms / MS_PER_DAY)
    const two = (value: number) => String(Math.floor(value)).padStart(2, "0")
    const thousandths = ms % MS_PER_SECOND
    const clock =
        `${two((ms % MS_PER_DAY) / MS_PER_HOUR)}:${two((ms % MS_PER_HOUR) / MS_PER_MINUTE)}` +
        `:${two((ms % MS_PER_MINUTE) / MS_PER_SECOND)}` +
        (thousandths === 0 ? "" : `.${String(thousandths).padStart(3, "0")}`)
    return days === 0 ? clock : `${days}d ${clock}`
}

// How figures are written for people: volumes in millilitres, doses in micrograms, times by the pump's local clock.
// Local times are counted on UTC's calendar, which has no daylight saving to shift them.

import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from "../../src/pump/limits"

export const PL_PER_ML = 1e9

/** A number with thousands separated and just so many decimals. */
export function formatNumber(value: number, digits: number): string {
    return value.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A volume or a flow in mL without its unit, to about four figures: 0.2000, 2.400, 17.80. */
export function formatMl(volumePl: number): string {
    const ml = volumePl / PL_PER_ML
    return formatNumber(ml, Math.abs(ml) < 1 ? 4 : Math.abs(ml) < 10 ? 3 : 2)
}

/** The dose that a volume holds. */
export function doseUg(volumePl: number, concentrationNgPerMl: number): number {
    return (volumePl / PL_PER_ML) * (concentrationNgPerMl / 1000)
}

/** A dose in µg without its unit. */
export function formatUg(ug: number): string {
    return formatNumber(ug, Math.abs(ug) < 1000 ? 1 : 0)
}

/** Steps, with as many decimals as keep a fraction from reading as the whole number beside it. */
export function formatSteps(steps: number): string {
    if (Number.isInteger(steps)) return String(steps)
    let digits = 3
    while (digits < 12 && Number.isInteger(Number(steps.toFixed(digits)))) digits++
    return steps.toFixed(digits)
}

/** A length of time by its two largest units: "45 s", "2 h 15 min", "79 days 4 h". */
export function formatDuration(durationMs: number): string {
    const totalSeconds = Math.round(durationMs / MS_PER_SECOND)
    if (durationMs < 10 * MS_PER_SECOND && durationMs % MS_PER_SECOND !== 0)
        return (durationMs / 1000).toFixed(1) + " s"
    const days = Math.floor(totalSeconds / 86_400)
    const hours = Math.floor(totalSeconds / 3600) % 24
    const minutes = Math.floor(totalSeconds / 60) % 60
    const seconds = totalSeconds % 60
    const parts: [number, string][] = [
        [days, days === 1 ? "day" : "days"],
        [hours, "h"],
        [minutes, "min"],
        [seconds, "s"],
    ]
    const first = parts.findIndex(([count]) => count > 0)
    if (first < 0) return "0 s"
    return parts
        .slice(first, first + 2)
        .filter(([count]) => count > 0)
        .map(([count, unit]) => `${count} ${unit}`)
        .join(" ")
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

function twoDigits(n: number): string {
    return String(n).padStart(2, "0")
}

/** The local calendar and clock of a run, from the local date and time at its start ("2026-03-02T00:00:00"). */
export class RunClock {
    private readonly startMs: number

    constructor(startsAt: string) {
        this.startMs = Date.parse(startsAt + "Z")
        if (!Number.isFinite(this.startMs)) throw new Error(`not a local date and time: ${startsAt}`)
    }

    /** Midnight of the first day, in milliseconds of UTC's calendar. */
    get dayZeroMs(): number {
        return Math.floor(this.startMs / MS_PER_DAY) * MS_PER_DAY
    }

    /** Seconds since midnight of the first day. */
    secondsOfRun(sinceStartMs: number): number {
        return (this.startMs - this.dayZeroMs + sinceStartMs) / MS_PER_SECOND
    }

    /** "Mon 2 Mar 2026" */
    date(sinceStartMs: number): string {
        const at = new Date(this.startMs + sinceStartMs)
        return `${WEEKDAYS[at.getUTCDay()]} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`
    }

    /** "09:30:05" */
    time(sinceStartMs: number): string {
        const ms = (this.startMs + Math.floor(sinceStartMs)) % MS_PER_DAY
        const hours = Math.floor(ms / MS_PER_HOUR)
        const minutes = Math.floor(ms / MS_PER_MINUTE) % 60
        return `${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(Math.floor(ms / MS_PER_SECOND) % 60)}`
    }

    /** "Day 1, 09:30:05" */
    dayAndTime(sinceStartMs: number): string {
        const day = Math.floor((this.startMs - this.dayZeroMs + sinceStartMs) / MS_PER_DAY) + 1
        return `Day ${day}, ${this.time(sinceStartMs)}`
    }
}

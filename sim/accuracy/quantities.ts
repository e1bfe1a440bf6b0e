// Quantities as a person writes them on the command line or over a column: always with their unit, because a number that is
// read in another unit than it was meant in is how pumps have killed.

/** Milliseconds in each unit of time that a column may have. */
export const TIME_UNITS = { s: 1000, min: 60_000, h: 3_600_000 } as const
export type TimeUnit = keyof typeof TIME_UNITS

/** What a column of masses or volumes may be in. */
export const AMOUNT_UNITS = ["g", "mg", "mL", "uL"] as const
export type AmountUnit = (typeof AMOUNT_UNITS)[number]

/** Microlitres per hour in each unit of flow. */
export const FLOW_UNITS = { "mL/day": 1000 / 24, "mL/h": 1000, "uL/h": 1 } as const

/** A window of the trumpet curve: a time, or a number of sampling intervals. */
export type WindowLength = { ms: number } | { intervals: number }

const NUMBER = String.raw`(\d+(?:\.\d+)?|\.\d+)`

/** The Greek letter, the sign that looks like it, and the u that stands for both. */
function plain(text: string): string {
    return text.trim().replace(/[µμ]/g, "u")
}

function split(text: string, units: readonly string[]): { value: number; unit: string } | undefined {
    const parts = new RegExp(`^${NUMBER} ?(${units.join("|")})$`).exec(plain(text))
    return parts ? { value: Number(parts[1]), unit: parts[2] } : undefined
}

/** A time such as "80.8s", "30 min" or "2 h" in milliseconds; undefined when it is none. */
export function timeMs(text: string): number | undefined {
    const parts = split(text, Object.keys(TIME_UNITS))
    return parts && parts.value * TIME_UNITS[parts.unit as TimeUnit]
}

/** A flow such as "0.6 mL/day", "1mL/h" or "25 µL/h" in microlitres per hour; undefined when it is none. */
export function flowMicrolitresPerHour(text: string): number | undefined {
    const parts = split(text, Object.keys(FLOW_UNITS))
    return parts && parts.value * FLOW_UNITS[parts.unit as keyof typeof FLOW_UNITS]
}

/** A window such as "5min" or "11S", of eleven sampling intervals; undefined when it is none. */
export function windowLength(text: string): WindowLength | undefined {
    const intervals = /^(\d{1,6})S$/.exec(text.trim())
    if (intervals) return { intervals: Number(intervals[1]) }
    const ms = timeMs(text)
    return ms === undefined ? undefined : { ms }
}

/** The unit at the end of a column's name, as in "mass_mg", "time (s)" or "volume [µL]"; undefined where there is none. */
export function unitOfName<Unit extends string>(name: string, units: readonly Unit[]): Unit | undefined {
    const last = /(?:^|[\s_([])([A-Za-z]+)[\])]?$/.exec(plain(name))?.[1]
    return units.find(unit => unit === last)
}

/** How much of a fluid of this density it is, in microlitres. */
export function microlitresOf(amount: number, unit: AmountUnit, gramsPerMl: number): number {
    switch (unit) {
        case "g":
            return (amount * 1000) / gramsPerMl
        case "mg":
            return amount / gramsPerMl
        case "mL":
            return amount * 1000
        case "uL":
            return amount
    }
}

/** True for a unit of mass. */
export function isMass(unit: AmountUnit): boolean {
    return unit === "g" || unit === "mg"
}

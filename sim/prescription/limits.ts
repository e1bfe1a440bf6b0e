// The limits that the pump's guard holds, from what a prescription says of them and from what its schedule needs.
// A limit that the prescribed flow itself could break is refused here: the guard would stop a pump that does as it should.

import { isDeepStrictEqual } from "node:util"
import crc32 from "crc-32"
import { writeUint } from "../../src/pump/bytes"
import { decodeLimits, type GuardLimits, LIMITS_MAGIC, LIMITS_SIZE, LIMITS_VERSION } from "../../src/pump/guard"
import { DAY_LIMIT_PL_MAX, HOUR_LIMIT_PL_MAX } from "../../src/pump/limits"
import type { Programme } from "../../src/pump/programme"
import { type Problem, shown, shownNumber } from "../input"
import { PICOLITRES_PER_ML, type Prescription } from "./schema"

const MINUTES_PER_DAY = 1440
const MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY

/** How the guard counts: in slots, the running one and as many before it as fill the window. */
interface Window {
    minutes: number
    slotMinutes: number
    word: string
    plMax: number
}

const HOUR: Window = { minutes: 60, slotMinutes: 1, word: "hour", plMax: HOUR_LIMIT_PL_MAX }
const DAY: Window = { minutes: MINUTES_PER_DAY, slotMinutes: 15, word: "day", plMax: DAY_LIMIT_PL_MAX }

/** Steps may be counted this much later than they were due: a tick accounts for 10 s at most. */
const LATE_MINUTES = 1

/** By how much a limit that nobody gave is over the fullest hour or day of the schedule: a quarter, and a microlitre for late steps. */
const DEFAULT_MARGIN = 1.25
const DEFAULT_MARGIN_PL = 1_000_000

/** The prime allowed where nobody gave a limit, in mL: a catheter of 89 cm with a bore of 0.53 mm holds 0.2 mL (sources in `scenario/schema.ts`). */
export const PRIME_ML_DEFAULT = 0.25

/** The limits of `prescription`, whose compiled programme is given; what may not be is added to `problems`. */
export function limitsOf(
    prescription: Prescription,
    programme: Programme,
    file: string,
    problems: Problem[],
): GuardLimits {
    const { concentrationMicrogramsPerMl, limits } = prescription
    const flow = new Flow(programme)
    const picolitres = (micrograms: number) =>
        Math.round((micrograms / concentrationMicrogramsPerMl) * PICOLITRES_PER_ML)
    const micrograms = (pl: number) => (pl / PICOLITRES_PER_ML) * concentrationMicrogramsPerMl

    function limit(window: Window, field: string, given: number | undefined): number {
        const neededPl = Math.ceil(flow.mostCounted(window))
        if (given === undefined)
            return Math.ceil(Math.max(DEFAULT_MARGIN * flow.fullest(window.minutes), neededPl)) + DEFAULT_MARGIN_PL
        const givenPl = picolitres(given)
        if (!(givenPl >= neededPl && givenPl <= window.plMax)) {
            // Rounded inwards, so that what is said to be allowed is.
            const least = shownNumber(Math.ceil(micrograms(neededPl) * 1000) / 1000)
            const most = shownNumber(Math.floor(micrograms(window.plMax) * 1000) / 1000)
            problems.push({
                file,
                field: `limits.${field}`,
                was: shown(given),
                mayBe:
                    `a number from ${least}, what the schedule itself may give in what the pump counts as one ${window.word}, ` +
                    `to ${most}, the pump's maximum at this concentration`,
            })
        }
        return givenPl
    }

    return {
        hourPlMax: limit(HOUR, "microgramsPerHour", limits?.microgramsPerHour),
        dayPlMax: limit(DAY, "microgramsPerDay", limits?.microgramsPerDay),
        primePlMax: Math.round((limits?.primeMl ?? PRIME_ML_DEFAULT) * PICOLITRES_PER_ML),
    }
}

/** The flow of a programme, for sums over any stretch of its week. */
class Flow {
    /** What is delivered by the beginning of each minute of three weeks in a row, in picolitres times 1440: whole and exact. */
    private readonly delivered: number[] = [0]
    /** The minutes at which the flow changes. */
    private readonly changes: number[] = []
    private readonly meanPlPerDay: number

    constructor(programme: Programme) {
        this.meanPlPerDay = programme.meanRatePlPerDay
        const { patternOfWeekday, patternStart, segmentStartMinute, segmentRatePlPerDay } = programme
        for (let day = 0; day < 21; day++) {
            const pattern = patternOfWeekday[day % 7]
            for (let i = patternStart[pattern]; i < patternStart[pattern + 1]; i++) {
                const endMinute = i + 1 < patternStart[pattern + 1] ? segmentStartMinute[i + 1] : MINUTES_PER_DAY
                this.changes.push(day * MINUTES_PER_DAY + segmentStartMinute[i])
                for (let minute = segmentStartMinute[i]; minute < endMinute; minute++)
                    this.delivered.push(this.delivered[this.delivered.length - 1] + segmentRatePlPerDay[i])
            }
        }
    }

    /** The largest volume of any so many minutes of the week, in picolitres. */
    fullest(minutes: number): number {
        let most = 0
        for (let start = 0; start < MINUTES_PER_WEEK; start++)
            most = Math.max(most, this.delivered[start + minutes] - this.delivered[start])
        return most / MINUTES_PER_DAY
    }

    /**
     * The largest volume that the guard may count in a window, in picolitres. After a reset it takes what was delivered
     * before as spread evenly over the window's slots, and the weekly mean may have run instead of the schedule; so what is
     * left of that may meet the fullest part of the day.
     */
    mostCounted({ minutes, slotMinutes }: Window): number {
        const counted = minutes + slotMinutes + LATE_MINUTES
        let most = 0
        let next = 0
        for (let reset = MINUTES_PER_WEEK; reset < 2 * MINUTES_PER_WEEK; reset++) {
            const delivered = this.delivered[reset]
            const before = Math.max(delivered - this.delivered[reset - counted], this.meanPlPerDay * counted)
            // The first slot from before the reset leaves a slot after it. From then on the sum changes steadily between
            // two changes of the flow, so that it is largest at one of them.
            most = Math.max(most, before + this.delivered[reset + slotMinutes] - delivered)
            while (this.changes[next] <= reset + slotMinutes) next++
            for (let i = next; this.changes[i] < reset + counted; i++) {
                const left = before * (1 - (this.changes[i] - reset - slotMinutes) / minutes)
                most = Math.max(most, left + this.delivered[this.changes[i]] - delivered)
            }
        }
        return most / MINUTES_PER_DAY
    }
}

/** The bytes of limits (layout in `src/pump/guard.ts`); throws when the pump would not read the same back. */
export function encodeLimits(limits: GuardLimits): Uint8Array {
    const bytes = new Uint8Array(LIMITS_SIZE)
    writeUint(bytes, 0, 2, LIMITS_MAGIC)
    writeUint(bytes, 2, 1, LIMITS_VERSION)
    writeUint(bytes, 4, 6, limits.hourPlMax)
    writeUint(bytes, 10, 6, limits.dayPlMax)
    writeUint(bytes, 16, 6, limits.primePlMax)
    writeUint(bytes, LIMITS_SIZE - 4, 4, crc32.buf(bytes.subarray(0, LIMITS_SIZE - 4)) >>> 0)
    const readBack = decodeLimits(bytes)
    if (typeof readBack === "string") throw new Error(`the pump would refuse these limits: ${readBack}`)
    if (!isDeepStrictEqual(readBack, limits)) throw new Error("the pump would read other limits back")
    return bytes
}

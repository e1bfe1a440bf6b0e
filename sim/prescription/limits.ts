// The limits that the pump's guard holds, from what a prescription says of them and from what its schedule needs.
// A limit that the prescribed flow itself could break is refused here: the guard would stop a pump that does as it should.

import { isDeepStrictEqual } from "node:util"
import crc32 from "crc-32"
import { writeUint } from "../../src/pump/bytes"
import { decodeLimits, type GuardLimits, LIMITS_MAGIC, LIMITS_SIZE, LIMITS_VERSION } from "../../src/pump/guard"
import { DAY_LIMIT_PL_MAX, HOUR_LIMIT_PL_MAX } from "../../src/pump/limits"
import type { Programme } from "../../src/pump/programme"
import { type Problem, shown, shownNumber } from "../input"
import { volumePl } from "./doses"
import { LATE_MINUTES, ProgrammeFlow, type Window } from "./flow"
import { PICOLITRES_PER_ML, type Prescription } from "./schema"
import { MINUTES_PER_DAY } from "./week"

interface LimitedWindow extends Window {
    word: string
    plMax: number
}

const HOUR: LimitedWindow = { minutes: 60, slotMinutes: 1, word: "hour", plMax: HOUR_LIMIT_PL_MAX }
const DAY: LimitedWindow = { minutes: MINUTES_PER_DAY, slotMinutes: 15, word: "day", plMax: DAY_LIMIT_PL_MAX }

/** By how much a limit that nobody gave is over the fullest hour or day of the schedule: a quarter, and a microlitre for late steps. */
const DEFAULT_MARGIN = 1.25
const DEFAULT_MARGIN_PL = 1_000_000

/** The prime allowed where nobody gave a limit or a line, in mL: a catheter of 89 cm with a bore of 0.53 mm holds 0.2 mL (sources in `scenario/schema.ts`). */
export const PRIME_ML_DEFAULT = 0.25

/**
 * The limits of `prescription`, whose compiled programme is given; what may not be is added to `problems`. They leave room for
 * schedule and periodic doses and for every bolus that may come, so that the guard stops no pump that does as it should.
 */
export function limitsOf(
    prescription: Prescription,
    programme: Programme,
    file: string,
    problems: Problem[],
): GuardLimits {
    const { concentrationMicrogramsPerMl, limits } = prescription
    const flow = new ProgrammeFlow(programme)
    const besides = programme.patientPl > 0 || programme.bolusPlMax > 0
    const micrograms = (pl: number) => (pl / PICOLITRES_PER_ML) * concentrationMicrogramsPerMl

    function limit(window: LimitedWindow, field: string, given: number | undefined): number {
        const schedulePl = flow.mostCounted(window)
        const bolusesPl = mostBolusesCounted(programme, window)
        const neededPl = Math.ceil(schedulePl + bolusesPl)
        const givenPl = given === undefined ? undefined : volumePl(given, concentrationMicrogramsPerMl)
        if (
            !(neededPl <= window.plMax && (givenPl === undefined || (givenPl >= neededPl && givenPl <= window.plMax)))
        ) {
            // Rounded inwards, so that what is said to be allowed is.
            const least = shownNumber(Math.ceil(micrograms(neededPl) * 1000) / 1000)
            const most = shownNumber(Math.floor(micrograms(window.plMax) * 1000) / 1000)
            const what = besides ? "schedule and boluses together may give" : "the schedule itself may give"
            problems.push(
                neededPl <= window.plMax
                    ? {
                          file,
                          field: `limits.${field}`,
                          was: shown(given),
                          mayBe: `a number from ${least}, what ${what} in what the pump counts as one ${window.word}, to ${most}, the pump's maximum at this concentration`,
                      }
                    : {
                          file,
                          field: "doseWindow.microgramsMax",
                          was: `${least} µg, what ${what} in what the pump counts as one ${window.word}`,
                          mayBe: `as much less as brings that to ${most}, the pump's maximum at this concentration`,
                      },
            )
        }
        if (givenPl !== undefined) return givenPl
        const roomy = Math.ceil(Math.max(DEFAULT_MARGIN * flow.fullest(window.minutes), schedulePl))
        return Math.min(roomy + Math.ceil(bolusesPl) + DEFAULT_MARGIN_PL, window.plMax)
    }

    const primeMl = programme.deadVolumePl > 0 ? programme.deadVolumePl / PICOLITRES_PER_ML : PRIME_ML_DEFAULT
    return {
        hourPlMax: limit(HOUR, "microgramsPerHour", limits?.microgramsPerHour),
        dayPlMax: limit(DAY, "microgramsPerDay", limits?.microgramsPerDay),
        primePlMax: Math.round((limits?.primeMl ?? primeMl) * PICOLITRES_PER_ML),
    }
}

/**
 * The most that boluses may give in any stretch of so many minutes, in picolitres, never less than the truth: what the dose window
 * lets through, and where they are the patient's alone, no more than lockout and count allow.
 */
export function mostBolusesPl(programme: Programme, minutes: number): number {
    const { windowMinutes, patientPl, patientDurationMinutes, lockoutMinutes, dosesPerDayMax, bolusPlMax } = programme
    if (patientPl === 0 && bolusPlMax === 0) return 0
    const byWindow = Math.ceil(minutes / windowMinutes) * (programme.windowPlMax - programme.windowBasalPl)
    if (bolusPlMax > 0) return byWindow

    const whole = Math.floor(minutes / lockoutMinutes)
    const rest = Math.min(minutes - whole * lockoutMinutes, patientDurationMinutes)
    const byLockout = (whole + rest / patientDurationMinutes) * patientPl
    // Doses that are given in that time began in it or so long before.
    const startMinutes = minutes + patientDurationMinutes
    const days = Math.floor(startMinutes / MINUTES_PER_DAY)
    const ofRest = Math.floor((startMinutes - days * MINUTES_PER_DAY) / lockoutMinutes) + 1
    const byCount = (days * dosesPerDayMax + Math.min(ofRest, dosesPerDayMax)) * patientPl
    return Math.min(byWindow, byLockout, byCount)
}

/**
 * The most of boluses that the guard may count in a window, in picolitres, never less than the truth: after a reset, which spreads what it had
 * counted evenly over the window, what is left of that meets what comes then.
 */
function mostBolusesCounted(programme: Programme, { minutes, slotMinutes }: Window): number {
    const counted = minutes + slotMinutes + LATE_MINUTES
    const before = mostBolusesPl(programme, counted)
    let most = 0
    for (let since = slotMinutes; since <= counted; since++) {
        const after = mostBolusesPl(programme, since + 1)
        const left = Math.max(0, 1 - (since - slotMinutes) / minutes)
        const both = mostBolusesPl(programme, counted + since + 1)
        most = Math.max(most, after + left * Math.min(before, Math.max(0, both - after)))
    }
    return most
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

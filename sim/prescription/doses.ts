// What a prescription says beside its schedule: periodic dose, boluses, dose window, line and refill warning, as the pump takes them.
// Whatever the pump would refuse in its bytes is refused here first, by the field in which it was written and with what may be.

import {
    BOLUS_PL_MAX,
    DAY_LIMIT_PL_MAX,
    DEAD_VOLUME_PL_MAX,
    RATE_PL_PER_DAY_MAX,
    WINDOW_MINUTES_MAX,
    WINDOW_MINUTES_MIN,
} from "../../src/pump/limits"
import { highestRatePlPerDay, type Programme, periodicRatePlPerDay } from "../../src/pump/programme"
import { type Problem, shown, shownNumber } from "../input"
import { WALL_EPOCH_MS, wallMsOf } from "../scenario/time"
import { windowBasalPlOf } from "./flow"
import { PICOLITRES_PER_ML, type Prescription } from "./schema"
import { MINUTES_PER_DAY } from "./week"

const MS_PER_MINUTE = 60_000

/** What a programme holds beside its schedule, where the prescription says nothing of it. */
export const NO_DOSES = {
    refillWarningPl: 0,
    periodicPl: 0,
    periodicMinutes: 0,
    periodicDurationMinutes: 0,
    periodicStartMinute: 0,
    deadVolumePl: 0,
    bolusPlMax: 0,
    patientPl: 0,
    patientDurationMinutes: 0,
    lockoutMinutes: 0,
    dosesPerDayMax: 0,
    windowMinutes: 0,
    windowPlMax: 0,
    windowBasalPl: 0,
    softLimits: 0,
} as const satisfies Partial<Programme>

/** The volume that holds a dose, in whole picolitres, of a dose in µg at a strength in µg/mL. */
export function volumePl(micrograms: number, concentrationMicrogramsPerMl: number): number {
    return Math.round((micrograms / concentrationMicrogramsPerMl) * PICOLITRES_PER_ML)
}

/** Adds what is wrong with a field of the prescription. */
export type Refuse = (field: string, was: string, mayBe: string) => void

/** A `Refuse` for the prescription that stands in `file`. */
export function refuseIn(file: string, problems: Problem[]): Refuse {
    return (field, was, mayBe) => problems.push({ file, field, was, mayBe })
}

/** The dose in µg that a volume holds, as a message shows it: rounded down to what can be written, so that it may be given. */
function dose(pl: number, prescription: Prescription): string {
    const micrograms = (pl / PICOLITRES_PER_ML) * prescription.concentrationMicrogramsPerMl
    return shownNumber(Math.floor(micrograms * 1000) / 1000)
}

/** Whole minutes of a number of hours that stands for such, as 1.66666667 for 100 minutes; undefined when it does not. */
export function minutesOfHours(hours: number): number | undefined {
    const minutes = Math.round(hours * 60)
    return Math.abs(hours * 60 - minutes) < 1e-6 ? minutes : undefined
}

/** The minute since Monday 3 January 2000 of a local date and time such as "2026-11-23T08:00"; undefined when there is none. */
export function wallMinuteOf(text: string): number | undefined {
    const ms = wallMsOf(`${text}:00`)
    return ms === undefined ? undefined : ms / MS_PER_MINUTE
}

/** The local date and time of a minute since Monday 3 January 2000, as `wallMinuteOf` reads it. */
export function wallMinuteText(minute: number): string {
    return new Date(WALL_EPOCH_MS + minute * MS_PER_MINUTE).toISOString().slice(0, 16)
}

/** Sets the periodic dose of `programme`, whose schedule stands. */
export function addPeriodicDose(programme: Programme, prescription: Prescription, refuse: Refuse): void {
    const { periodicDose } = prescription
    if (!periodicDose) return
    const { micrograms, everyHours, overMinutes, startingAt } = periodicDose
    const periodicMinutes = minutesOfHours(everyHours)
    const periodicStartMinute = wallMinuteOf(startingAt)
    if (periodicStartMinute === undefined) throw new Error("a start that its schema should have refused")
    if (periodicMinutes === undefined) {
        refuse(
            "periodicDose.everyHours",
            shown(everyHours),
            `a number of hours that is a whole number of minutes: ${shownNumber(Math.floor(everyHours * 60) / 60)} or ${shownNumber(Math.ceil(everyHours * 60) / 60)}`,
        )
        return
    }
    if (!(overMinutes <= periodicMinutes)) {
        refuse(
            "periodicDose.overMinutes",
            shown(overMinutes),
            `a whole number from 1 to ${periodicMinutes}, the minutes of everyHours`,
        )
        return
    }
    programme.periodicPl = volumePl(micrograms, prescription.concentrationMicrogramsPerMl)
    programme.periodicMinutes = periodicMinutes
    programme.periodicDurationMinutes = overMinutes
    programme.periodicStartMinute = periodicStartMinute
    if (refusedVolume(programme.periodicPl, Infinity, "periodicDose.micrograms", micrograms, prescription, refuse))
        return
    const fastest = highestRatePlPerDay(programme)
    if (fastest <= RATE_PL_PER_DAY_MAX) return
    const leftPlPerDay = RATE_PL_PER_DAY_MAX - (fastest - periodicRatePlPerDay(programme))
    const slower = Math.ceil((programme.periodicPl * MINUTES_PER_DAY) / Math.max(leftPlPerDay, 1))
    refuse(
        "periodicDose.micrograms",
        `${shown(micrograms)} over ${overMinutes} min, with the schedule at its fastest ${shownNumber(fastest / PICOLITRES_PER_ML)} mL/day`,
        `a number up to ${dose((leftPlPerDay * overMinutes) / MINUTES_PER_DAY, prescription)}` +
            (slower <= periodicMinutes ? `, or as it is over ${slower} min or more` : "") +
            `: the pump makes ${RATE_PL_PER_DAY_MAX / PICOLITRES_PER_ML} mL/day at most`,
    )
}

/** Refuses a volume of none, or of more than `plMax`; true when it has. */
function refusedVolume(
    pl: number,
    plMax: number,
    field: string,
    micrograms: number,
    prescription: Prescription,
    refuse: Refuse,
): boolean {
    if (pl >= 1 && pl <= plMax) return false
    const { concentrationMicrogramsPerMl } = prescription
    const volume = `${shownNumber(micrograms / concentrationMicrogramsPerMl)} mL at ${shownNumber(concentrationMicrogramsPerMl)} µg/mL`
    refuse(
        field,
        `${shown(micrograms)}, ${volume}`,
        pl >= 1
            ? `a number up to ${dose(plMax, prescription)}, ${plMax / PICOLITRES_PER_ML} mL at this concentration`
            : "a dose of a picolitre or more",
    )
    return true
}

/** Sets line, boluses, dose window and refill warning of `programme`, whose schedule, periodic dose and mean flow stand. */
export function addDoses(programme: Programme, prescription: Prescription, refuse: Refuse): void {
    const { line, clinicianBolus, patientDose, doseWindow, refillWarningDays, concentrationMicrogramsPerMl } =
        prescription
    if (line) {
        programme.deadVolumePl = Math.round((line.tubingMl + line.catheterMl) * PICOLITRES_PER_ML)
        if (!(programme.deadVolumePl >= 1 && programme.deadVolumePl <= DEAD_VOLUME_PL_MAX))
            refuse(
                "line",
                `${shownNumber(line.tubingMl + line.catheterMl)} mL of tubingMl and catheterMl together`,
                `a sum over 0 and up to ${DEAD_VOLUME_PL_MAX / PICOLITRES_PER_ML}; left out where it is not known`,
            )
    }
    if (doseWindow) {
        programme.windowMinutes = doseWindow.hours * 60
        programme.windowPlMax = volumePl(doseWindow.microgramsMax, concentrationMicrogramsPerMl)
        programme.windowBasalPl = windowBasalPlOf(programme)
        const { windowPlMax, windowBasalPl } = programme
        if (!(windowBasalPl <= windowPlMax && windowPlMax <= DAY_LIMIT_PL_MAX)) {
            const micrograms = (windowBasalPl / PICOLITRES_PER_ML) * concentrationMicrogramsPerMl
            refuse(
                "doseWindow.microgramsMax",
                shown(doseWindow.microgramsMax),
                `a number from ${shownNumber(Math.ceil(micrograms * 1000) / 1000)}, what the schedule itself may give in ${shown(doseWindow.hours)} h, ` +
                    `to ${dose(DAY_LIMIT_PL_MAX, prescription)}, the pump's maximum at this concentration`,
            )
            return
        }
    }
    const roomPl = doseWindow ? programme.windowPlMax - programme.windowBasalPl : Infinity
    if (clinicianBolus) {
        programme.bolusPlMax = volumePl(clinicianBolus.microgramsMax, concentrationMicrogramsPerMl)
        refusedDose(programme.bolusPlMax, roomPl, "clinicianBolus.microgramsMax", clinicianBolus.microgramsMax)
    }
    if (patientDose) {
        programme.patientPl = volumePl(patientDose.micrograms, concentrationMicrogramsPerMl)
        programme.patientDurationMinutes = patientDose.overMinutes
        programme.lockoutMinutes = patientDose.lockoutMinutes
        programme.dosesPerDayMax = patientDose.perDayMax
        refusedDose(programme.patientPl, roomPl, "patientDose.micrograms", patientDose.micrograms)
        if (!(patientDose.lockoutMinutes >= patientDose.overMinutes))
            refuse(
                "patientDose.lockoutMinutes",
                shown(patientDose.lockoutMinutes),
                `a whole number from ${patientDose.overMinutes}, which is overMinutes, to ${MINUTES_PER_DAY}: it counts from the beginning of a dose`,
            )
    }
    if ((clinicianBolus || patientDose) && !doseWindow)
        refuse(
            "doseWindow",
            "missing",
            `an object with hours (${WINDOW_MINUTES_MIN / 60} to ${WINDOW_MINUTES_MAX / 60}) and microgramsMax, without which there is no ${patientDose ? "patientDose" : "clinicianBolus"}`,
        )
    if (refillWarningDays !== undefined) {
        programme.refillWarningPl = refillWarningPl(programme, refillWarningDays)
        if (!(programme.refillWarningPl > programme.reservoirLowPl))
            refuse("refillWarningDays", shown(refillWarningDays), "a time in which the pump gives a picolitre or more")
    }

    /** Refuses a bolus that is none, that the pump can't make, or that never fits the dose window. */
    function refusedDose(pl: number, roomPl: number, field: string, micrograms: number): void {
        if (refusedVolume(pl, BOLUS_PL_MAX, field, micrograms, prescription, refuse) || pl <= roomPl) return
        refuse(
            field,
            shown(micrograms),
            `a number up to ${dose(roomPl, prescription)}, what doseWindow leaves beside the most that the schedule gives in ${shown(doseWindow?.hours)} h`,
        )
    }
}

/** What the programme uses in a day when the patient takes every dose that is allowed, in picolitres. */
export function withAllDosesPlPerDay(programme: Programme): number {
    return programme.meanRatePlPerDay + programme.dosesPerDayMax * programme.patientPl
}

/**
 * What the reservoir holds so many days before it is at the refill alarm, by schedule and all doses that the patient may ask for;
 * at most all of it.
 */
export function refillWarningPl(programme: Programme, days: number): number {
    const aheadPl = Math.round(days * withAllDosesPlPerDay(programme))
    return Math.min(programme.reservoirLowPl + aheadPl, programme.reservoirPl)
}

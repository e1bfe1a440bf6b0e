// Turns the bytes of a programme back into the prescription that compiles to them, each dose written with as few digits as bring
// back the very number that the pump holds. What comes back is compiled again before anybody sees it, so nothing is lost unnoticed.

import { crc32, readUint } from "../../src/pump/bytes"
import type { GuardLimits } from "../../src/pump/guard"
import { decodeProgramme, type Programme } from "../../src/pump/programme"
import { checkInput, InputError, type Problem, shown } from "../input"
import { compilePrescription, doseOf, flowPlPerDay } from "./compile"
import { minutesOfHours, refillWarningPl, volumePl, wallMinuteText, withAllDosesPlPerDay } from "./doses"
import { type Drug, type DrugLibrary, drugNamed, shippedDrugs } from "./drugLibrary"
import { PICOLITRES_PER_ML, type Prescription, type PrescriptionSegment, prescriptionSchema, WEEKDAYS } from "./schema"
import { clockTime, MINUTES_PER_DAY, segmentTimes, weekdayList } from "./week"

/** What the bytes of a programme do not hold. */
export interface DecompileOptions {
    name: string
    drug: string
    /** Of the guard's own record; left out of the prescription where they are not given. */
    limits?: GuardLimits
    /** The library to compile with; the one that comes with the project where it is left out. */
    drugs?: DrugLibrary
}

/** Why a soft limit is exceeded, where the programme's bytes alone tell that it is. */
const BECAUSE = "exceeded on purpose by the programme that this was read from"

/** Reads the bytes of a programme as the pump does, checksum first; throws InputError with the reason when they are none. */
export function readProgramme(bytes: Uint8Array, file: string): Programme {
    const mayBe = "the bytes of a programme, whole and unchanged"
    const end = bytes.length - 4
    const good = end >= 0 && crc32(bytes, 0, end, 0) === readUint(bytes, end, 4)
    const programme = good ? decodeProgramme(bytes) : `${bytes.length} bytes whose checksum is wrong`
    if (typeof programme === "string") throw new InputError([{ file, field: "", was: programme, mayBe }])
    return programme
}

/**
 * The prescription that compiles to `programme`, to the last picolitre. Soft limits that were judged by facts about the person, which no
 * programme holds, are taken as the programme has them; to compile it for a pump again those facts are to be added.
 * Throws InputError where there is none: a programme may hold what no prescription says, such as a mean flow that is not the mean of
 * its schedule. `file` is what the problems name.
 */
export function decompileProgramme(programme: Programme, file: string, options: DecompileOptions): Prescription {
    const drug = drugNamed(options.drugs ?? shippedDrugs(), options.drug, file, "drug")
    const prescription = checkInput(file, written(programme, drug, options), prescriptionSchema)
    const { drugs } = options
    const compiled = compilePrescription(prescription, file, { drugs, softLimitsHeld: programme.softLimits }).programme
    const differing = (Object.keys(programme) as (keyof Programme)[]).filter(
        field => JSON.stringify(compiled[field]) !== JSON.stringify(programme[field]),
    )
    if (differing.length === 0) return prescription
    throw new InputError(
        differing.map(
            (field): Problem => ({
                file,
                field,
                was: shown(programme[field]),
                mayBe: `${shown(compiled[field])}, what the rest of the programme comes to`,
            }),
        ),
    )
}

/** What a person would write; fields that are not there are undefined. */
function written(programme: Programme, drug: Drug, { name, limits }: DecompileOptions) {
    const { concentrationNgPerMl, periodicPl, windowMinutes, patientPl, bolusPlMax, deadVolumePl } = programme
    const concentration = shortest(concentrationNgPerMl / 1000, concentrationNgPerMl, n => Math.round(n * 1000))
    const millilitres = (pl: number) => shortest(pl / PICOLITRES_PER_ML, pl, n => Math.round(n * PICOLITRES_PER_ML))
    const micrograms = (pl: number) =>
        shortest((pl / PICOLITRES_PER_ML) * concentration, pl, n => volumePl(n, concentration))
    const exceeded = drug.softLimits.filter(({ bit }) => (programme.softLimits & (1 << bit)) !== 0)
    return {
        name,
        drug: drug.name,
        concentrationMicrogramsPerMl: concentration,
        reservoirMl: millilitres(programme.reservoirPl),
        refillAlarmMl: millilitres(programme.reservoirLowPl),
        refillWarningDays: refillWarningDays(programme),
        // The bytes hold the sum alone.
        line: deadVolumePl === 0 ? undefined : { tubingMl: 0, catheterMl: millilitres(deadVolumePl) },
        schedule: scheduleOf(programme, concentration),
        periodicDose:
            periodicPl === 0
                ? undefined
                : {
                      micrograms: micrograms(periodicPl),
                      everyHours: shortest(programme.periodicMinutes / 60, programme.periodicMinutes, minutesOfHours),
                      overMinutes: programme.periodicDurationMinutes,
                      startingAt: wallMinuteText(programme.periodicStartMinute),
                  },
        clinicianBolus: bolusPlMax === 0 ? undefined : { microgramsMax: micrograms(bolusPlMax) },
        patientDose:
            patientPl === 0
                ? undefined
                : {
                      micrograms: micrograms(patientPl),
                      overMinutes: programme.patientDurationMinutes,
                      lockoutMinutes: programme.lockoutMinutes,
                      perDayMax: programme.dosesPerDayMax,
                  },
        doseWindow:
            windowMinutes === 0
                ? undefined
                : { hours: windowMinutes / 60, microgramsMax: micrograms(programme.windowPlMax) },
        confirmed: exceeded.length === 0 ? undefined : exceeded.map(({ id }) => ({ limit: id, because: BECAUSE })),
        limits: limits && {
            microgramsPerHour: micrograms(limits.hourPlMax),
            microgramsPerDay: micrograms(limits.dayPlMax),
            primeMl: millilitres(limits.primePlMax),
        },
    }
}

function refillWarningDays(programme: Programme): number | undefined {
    const { refillWarningPl: warningPl, reservoirLowPl } = programme
    if (warningPl === 0) return undefined
    const days = (warningPl - reservoirLowPl) / withAllDosesPlPerDay(programme)
    return shortest(days, warningPl, n => refillWarningPl(programme, n))
}

const DOSE_UNITS = ["microgramsPerSegment", "microgramsPerHour", "microgramsPerDay"] as const

/** The schedule in the unit of dose that takes the fewest digits, and its patterns by the weekdays on which they run. */
function scheduleOf(programme: Programme, concentration: number) {
    const { patternOfWeekday, patternStart } = programme
    const [patterns] = DOSE_UNITS.map(unit =>
        patternStart.slice(0, -1).map((_, pattern) => segmentsOf(programme, pattern, concentration, unit)),
    ).sort((a, b) => digitsOf(a) - digitsOf(b))
    if (patterns.length > 1) {
        const names = patterns.map((_, pattern) => weekdayList(patternOfWeekday, pattern) || `pattern ${pattern + 1}`)
        return {
            patterns: Object.fromEntries(names.map((name, pattern) => [name, patterns[pattern]])),
            week: Object.fromEntries(WEEKDAYS.map((day, i) => [day, names[patternOfWeekday[i]]])),
        }
    }
    if (patterns[0].length > 1) return { everyDay: patterns[0] }
    return { microgramsPerDay: segmentsOf(programme, 0, concentration, "microgramsPerDay")[0].microgramsPerDay }
}

function digitsOf(patterns: PrescriptionSegment[][]): number {
    const doses = patterns.flat().map(segment => DOSE_UNITS.map(unit => segment[unit] ?? "").join(""))
    return doses.join("").length
}

function segmentsOf(
    programme: Programme,
    pattern: number,
    concentration: number,
    unit: (typeof DOSE_UNITS)[number],
): PrescriptionSegment[] {
    return segmentTimes(programme, pattern).map(({ index, fromMinute, toMinute }) => {
        const minutes = toMinute - fromMinute
        const segment = (dose: number): PrescriptionSegment => ({
            from: clockTime(fromMinute),
            to: clockTime(toMinute),
            [unit]: dose,
        })
        const ratePlPerDay = programme.segmentRatePlPerDay[index]
        const perDay = (ratePlPerDay / PICOLITRES_PER_ML) * concentration
        const parts = {
            microgramsPerSegment: minutes / MINUTES_PER_DAY,
            microgramsPerHour: 1 / 24,
            microgramsPerDay: 1,
        }
        return segment(
            shortest(perDay * parts[unit], ratePlPerDay, n =>
                flowPlPerDay(doseOf(segment(n), minutes).microgramsPerDay, concentration),
            ),
        )
    })
}

/**
 * The number with the fewest digits near `value` that `read` takes for `target`. Seventeen digits tell all numbers of a
 * computer apart, so when none is found `value` itself is not it.
 */
function shortest(value: number, target: number, read: (written: number) => number | undefined): number {
    for (let digits = 1; digits <= 17; digits++) {
        const written = Number(value.toPrecision(digits))
        if (read(written) === target) return written
    }
    return value
}

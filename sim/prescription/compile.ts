// Turns a prescription into the programme that the pump runs: dose and strength become flow, clock times minutes.
// What can't be delivered is refused here, with the strength that would serve, because the pump itself can't explain.

import { isDeepStrictEqual } from "node:util"
import crc32 from "crc-32"
import { writeUint } from "../../src/pump/bytes"
import type { GuardLimits } from "../../src/pump/guard"
import { PATTERNS_MAX, PROGRAMME_SEGMENTS_MAX, RATE_PL_PER_DAY_MAX, RATE_PL_PER_DAY_MIN } from "../../src/pump/limits"
import {
    decodeProgramme,
    PROGRAMME_HEADER_SIZE,
    PROGRAMME_MAGIC,
    PROGRAMME_SEGMENT_SIZE,
    PROGRAMME_VERSION,
    Programme,
} from "../../src/pump/programme"
import { fieldName, InputError, Problem, readInput, shown, shownNumber } from "../input"
import { addDoses, addPeriodicDose, NO_DOSES, refuseIn, volumePl } from "./doses"
import { type Drug, type DrugLibrary, shippedDrugs } from "./drugLibrary"
import { meanRatePlPerDayOf } from "./flow"
import { encodeLimits, limitsOf } from "./limits"
import { PICOLITRES_PER_ML, Prescription, PrescriptionSegment, prescriptionSchema, WEEKDAYS } from "./schema"
import { drugOf, softLimitBits } from "./softLimits"
import { clockTime, MINUTES_PER_DAY } from "./week"

const FLOW_ML_PER_DAY_MIN = RATE_PL_PER_DAY_MIN / PICOLITRES_PER_ML
const FLOW_ML_PER_DAY_MAX = RATE_PL_PER_DAY_MAX / PICOLITRES_PER_ML

/** A prescription and what the pump is given for it. */
export interface CompiledPrescription {
    prescription: Prescription
    drug: Drug
    programme: Programme
    bytes: Uint8Array
    limits: GuardLimits
    limitsBytes: Uint8Array
}

/** What a prescription is compiled with. */
export interface CompileOptions {
    /** The drugs that there are; those that come with the project where they are left out. */
    drugs?: DrugLibrary
    /**
     * The soft limits that a pump holds as confirmed, for a programme that is only read back: they are taken as they are, because
     * the pump does not keep what they were judged by. A prescription for a pump is never compiled with it.
     */
    softLimitsHeld?: number
}

/** One stretch of a day pattern, with the field its dose was given in. */
interface Stretch {
    startMinute: number
    endMinute: number
    microgramsPerDay: number
    field: string
    was: unknown
    fromField: string
    toField: string
}

/** Reads, checks and compiles a prescription file; throws InputError. */
export function loadPrescription(file: string, options?: CompileOptions): CompiledPrescription {
    return compilePrescription(readInput(file, prescriptionSchema), file, options)
}

/**
 * Compiles a prescription; `file` is what its problems name.
 * Each flow is the whole number of picolitres per day nearest to dose rate / strength, so at most half a picolitre a
 * day away from it. Throws InputError with everything that can't be delivered, with what the drug's label advises against and
 * nobody has confirmed, and with what is wrong in the drug library.
 */
export function compilePrescription(
    prescription: Prescription,
    file: string,
    options: CompileOptions = {},
): CompiledPrescription {
    const problems: Problem[] = []
    const drug = drugOf(prescription, options.drugs ?? shippedDrugs(), file)
    const { concentrationMicrogramsPerMl, reservoirMl, refillAlarmMl } = prescription
    const reservoirPl = Math.round(reservoirMl * PICOLITRES_PER_ML)
    const reservoirLowPl = Math.round(refillAlarmMl * PICOLITRES_PER_ML)
    if (!(reservoirLowPl < reservoirPl))
        problems.push({
            file,
            field: "refillAlarmMl",
            was: shown(refillAlarmMl),
            mayBe: `a number from 0 to less than ${reservoirMl}, which is reservoirMl`,
        })

    const { patterns, patternOfWeekday } = patternsOf(prescription, file, problems)
    for (const pattern of patterns) checkDayIsFilled(pattern, file, problems)
    if (patterns.reduce((sum, pattern) => sum + pattern.length, 0) > PROGRAMME_SEGMENTS_MAX)
        problems.push({
            file,
            field: "schedule.patterns",
            was: `${patterns.map(pattern => pattern.length).join(" + ")} segments`,
            mayBe: `patterns with at most ${PROGRAMME_SEGMENTS_MAX} segments together`,
        })
    if (problems.length > 0) throw new InputError(problems)

    const programme: Programme = {
        ...NO_DOSES,
        concentrationNgPerMl: Math.round(concentrationMicrogramsPerMl * 1000),
        reservoirPl,
        reservoirLowPl,
        meanRatePlPerDay: 0,
        patternOfWeekday,
        patternStart: [0],
        segmentStartMinute: [],
        segmentRatePlPerDay: [],
    }
    for (const pattern of patterns) {
        for (const { startMinute, microgramsPerDay } of pattern) {
            programme.segmentStartMinute.push(startMinute)
            programme.segmentRatePlPerDay.push(flowPlPerDay(microgramsPerDay, concentrationMicrogramsPerMl))
        }
        programme.patternStart.push(programme.segmentStartMinute.length)
    }
    checkFlows(patterns.flat(), drug, concentrationMicrogramsPerMl, file, problems)
    if (problems.length > 0) throw new InputError(problems)
    const refuse = refuseIn(file, problems)
    addPeriodicDose(programme, prescription, refuse)
    if (problems.length > 0) throw new InputError(problems)
    programme.meanRatePlPerDay = meanRatePlPerDayOf(programme)
    checkMeanFlow(programme, patterns.flat(), drug, concentrationMicrogramsPerMl, file, problems)
    if (problems.length > 0) throw new InputError(problems)
    addDoses(programme, prescription, refuse)
    if (problems.length > 0) throw new InputError(problems)
    const limits = limitsOf(prescription, programme, file, problems)
    if (problems.length > 0) throw new InputError(problems)
    programme.softLimits = options.softLimitsHeld ?? softLimitBits(prescription, programme, drug, file, problems)
    if (problems.length > 0) throw new InputError(problems)
    return {
        prescription,
        drug,
        programme,
        bytes: encodeProgramme(programme),
        limits,
        limitsBytes: encodeLimits(limits),
    }
}

/** Flow in whole picolitres per day of a dose rate in µg/day at a strength in µg/mL. */
export function flowPlPerDay(microgramsPerDay: number, concentrationMicrogramsPerMl: number): number {
    return volumePl(microgramsPerDay, concentrationMicrogramsPerMl)
}

/** Day patterns in the order of the file, each sorted by time, and which of them runs on each weekday. */
function patternsOf(prescription: Prescription, file: string, problems: Problem[]) {
    const { microgramsPerDay, everyDay, patterns, week } = prescription.schedule
    if (microgramsPerDay !== undefined) {
        const field = "schedule.microgramsPerDay"
        const all: Stretch = {
            startMinute: 0,
            endMinute: MINUTES_PER_DAY,
            microgramsPerDay,
            field,
            was: microgramsPerDay,
            fromField: field,
            toField: field,
        }
        return { patterns: [[all]], patternOfWeekday: WEEKDAYS.map(() => 0) }
    }
    if (everyDay !== undefined)
        return {
            patterns: [stretchesOf(everyDay, ["schedule", "everyDay"], file, problems)],
            patternOfWeekday: WEEKDAYS.map(() => 0),
        }
    if (patterns === undefined || week === undefined) throw new Error("a schedule that its schema should have refused")
    const names = Object.keys(patterns)
    const used = WEEKDAYS.map(day => week[day])
    const patternOfWeekday = used.map(name => names.indexOf(name))
    WEEKDAYS.forEach((day, i) => {
        if (patternOfWeekday[i] < 0)
            problems.push({
                file,
                field: `schedule.week.${day}`,
                was: shown(week[day]),
                mayBe: names.map(shown).join(" or "),
            })
    })
    for (const name of names)
        if (!used.includes(name))
            problems.push({
                file,
                field: fieldName(["schedule", "patterns", name]),
                was: "a pattern that runs on no weekday",
                mayBe: "left out, or named in schedule.week",
            })
    if (names.length > PATTERNS_MAX)
        problems.push({
            file,
            field: "schedule.patterns",
            was: `${names.length} patterns`,
            mayBe: `1 to ${PATTERNS_MAX} patterns`,
        })
    return {
        patterns: names.map(name => stretchesOf(patterns[name], ["schedule", "patterns", name], file, problems)),
        patternOfWeekday,
    }
}

function stretchesOf(
    segments: PrescriptionSegment[],
    path: PropertyKey[],
    file: string,
    problems: Problem[],
): Stretch[] {
    const stretches = segments.map((segment, i): Stretch => {
        const startMinute = minuteOf(segment.from)
        const endMinute = minuteOf(segment.to)
        if (!(endMinute > startMinute))
            problems.push({
                file,
                field: fieldName([...path, i, "to"]),
                was: shown(segment.to),
                mayBe: `a clock time after ${shown(segment.from)} up to "24:00"; a segment over midnight is given as two`,
            })
        const { unit, micrograms, microgramsPerDay } = doseOf(segment, endMinute - startMinute)
        return {
            startMinute,
            endMinute,
            microgramsPerDay,
            field: fieldName([...path, i, unit]),
            was: micrograms,
            fromField: fieldName([...path, i, "from"]),
            toField: fieldName([...path, i, "to"]),
        }
    })
    return stretches.sort((a, b) => a.startMinute - b.startMinute)
}

/** The dose of a segment of so many minutes as it was given, and as a rate. */
export function doseOf(segment: PrescriptionSegment, minutes: number) {
    const { microgramsPerSegment, microgramsPerHour, microgramsPerDay } = segment
    if (microgramsPerSegment !== undefined)
        return {
            unit: "microgramsPerSegment",
            micrograms: microgramsPerSegment,
            microgramsPerDay: (microgramsPerSegment * MINUTES_PER_DAY) / minutes,
        }
    if (microgramsPerHour !== undefined)
        return { unit: "microgramsPerHour", micrograms: microgramsPerHour, microgramsPerDay: microgramsPerHour * 24 }
    if (microgramsPerDay !== undefined)
        return { unit: "microgramsPerDay", micrograms: microgramsPerDay, microgramsPerDay }
    throw new Error("a segment that its schema should have refused")
}

/** Every minute of the day belongs to exactly one segment; what breaks that is told by the segments it lies between. */
function checkDayIsFilled(pattern: Stretch[], file: string, problems: Problem[]): void {
    if (!pattern.every(stretch => stretch.endMinute > stretch.startMinute)) return
    let last: Stretch | undefined
    for (const stretch of pattern) {
        const due = last?.endMinute ?? 0
        if (stretch.startMinute !== due)
            problems.push({
                file,
                field: stretch.fromField,
                was: `"${clockTime(stretch.startMinute)}", ${breakBetween(last, stretch)}`,
                mayBe: `"${clockTime(due)}"`,
            })
        if (stretch.endMinute > due) last = stretch
    }
    if (last && last.endMinute < MINUTES_PER_DAY)
        problems.push({
            file,
            field: last.toField,
            was: `"${clockTime(last.endMinute)}", a gap from ${clockTime(last.endMinute)} to 24:00 after segment ${span(last)}`,
            mayBe: '"24:00", or one more segment',
        })
}

function breakBetween(last: Stretch | undefined, stretch: Stretch): string {
    const start = clockTime(stretch.startMinute)
    if (!last) return `a gap from 00:00 to ${start} before segment ${span(stretch)}`
    if (stretch.startMinute < last.endMinute) return `segment ${span(stretch)} overlaps segment ${span(last)}`
    return `a gap from ${clockTime(last.endMinute)} to ${start} between segment ${span(last)} and segment ${span(stretch)}`
}

/** Each flow of the schedule is one that the pump can deliver. */
function checkFlows(stretches: Stretch[], drug: Drug, concentration: number, file: string, problems: Problem[]): void {
    const rates = stretches.map(stretch => stretch.microgramsPerDay).filter(rate => rate > 0)
    for (const { field, was, microgramsPerDay } of stretches)
        if (microgramsPerDay > 0 && !flowAllowed(microgramsPerDay, concentration))
            problems.push(refusedRate(file, field, shown(was), microgramsPerDay, rates, drug, concentration))
}

/** The mean flow, which runs while the time of day is unknown, is one that the pump can deliver. */
function checkMeanFlow(
    programme: Programme,
    stretches: Stretch[],
    drug: Drug,
    concentration: number,
    file: string,
    problems: Problem[],
): void {
    const meanPlPerDay = programme.meanRatePlPerDay
    if (!(meanPlPerDay > 0)) {
        problems.push({
            file,
            field: "schedule",
            was: "no dose at any time",
            mayBe: "a schedule with a dose: a pump is stopped by a command, never by its prescription",
        })
        return
    }
    if (meanPlPerDay >= RATE_PL_PER_DAY_MIN && meanPlPerDay <= RATE_PL_PER_DAY_MAX) return
    const mean = (meanPlPerDay / PICOLITRES_PER_ML) * concentration
    const rates = [...stretches.map(stretch => stretch.microgramsPerDay), mean].filter(rate => rate > 0)
    problems.push(refusedRate(file, "schedule", "a mean over the week", mean, rates, drug, concentration))
}

function refusedRate(
    file: string,
    field: string,
    was: string,
    microgramsPerDay: number,
    rates: number[],
    drug: Drug,
    concentration: number,
): Problem {
    return {
        file,
        field,
        was: `${was}, ${shownNumber(microgramsPerDay)} µg/day at ${shownNumber(concentration)} µg/mL = ${shownNumber(microgramsPerDay / concentration)} mL/day`,
        mayBe:
            `a dose whose flow is ${FLOW_ML_PER_DAY_MIN} to ${FLOW_ML_PER_DAY_MAX} mL/day` +
            ` (${shownNumber(FLOW_ML_PER_DAY_MIN * concentration)} to ${shownNumber(FLOW_ML_PER_DAY_MAX * concentration)} µg/day at this concentration)` +
            `; ${servingConcentrations(microgramsPerDay, rates, drug, concentration)}`,
    }
}

function flowAllowed(microgramsPerDay: number, concentration: number): boolean {
    const flow = flowPlPerDay(microgramsPerDay, concentration)
    return flow >= RATE_PL_PER_DAY_MIN && flow <= RATE_PL_PER_DAY_MAX
}

/** The strengths in µg/mL at which a drug may be given and every one of `rates` (µg/day) has a flow that the pump can deliver, or undefined. */
export function concentrationsFor(rates: number[], drug: Drug): { min: number; max: number } | undefined {
    const { lowestMicrogramsPerMl, highestMicrogramsPerMl } = drug.strengths
    const lowest = Math.max(lowestMicrogramsPerMl, Math.max(...rates) / FLOW_ML_PER_DAY_MAX)
    const highest = Math.min(highestMicrogramsPerMl, Math.min(...rates) / FLOW_ML_PER_DAY_MIN)
    // Rounded inwards to what a pharmacy can weigh and a message can show.
    const min = Math.ceil(lowest * 10 - 1e-6) / 10
    const max = Math.floor(highest * 10 + 1e-6) / 10
    return min <= max ? { min, max } : undefined
}

/** Says which strength would serve all of `rates`: the labelled one nearest to `concentration`, and the whole range. */
function servingConcentrations(microgramsPerDay: number, rates: number[], drug: Drug, concentration: number): string {
    const { lowestMicrogramsPerMl, highestMicrogramsPerMl, labelled } = drug.strengths
    const range = concentrationsFor(rates, drug)
    const all = new Set(rates).size > 1 ? "every segment" : "this dose"
    if (!range) return `no concentration from ${lowestMicrogramsPerMl} to ${highestMicrogramsPerMl} µg/mL serves ${all}`
    const away = (microgramsPerMl: number) => Math.abs(Math.log(microgramsPerMl / concentration))
    const nearest = labelled
        .filter(({ microgramsPerMl }) => microgramsPerMl >= range.min && microgramsPerMl <= range.max)
        .sort((a, b) => away(a.microgramsPerMl) - away(b.microgramsPerMl))[0]
    const any = `any concentration from ${range.min} to ${range.max} µg/mL serves ${all}`
    if (nearest === undefined) return any
    const { microgramsPerMl, use } = nearest
    const other = use === "maintenance" ? "" : ` (the ${use} strength)`
    return `at ${microgramsPerMl} µg/mL${other} it would be ${shownNumber(microgramsPerDay / microgramsPerMl)} mL/day; ${any}`
}

/** The bytes of a programme (layout in `src/pump/programme.ts`); throws when the pump would not read the same back. */
export function encodeProgramme(programme: Programme): Uint8Array {
    const patterns = programme.patternStart.length - 1
    const size = PROGRAMME_HEADER_SIZE + patterns + programme.segmentStartMinute.length * PROGRAMME_SEGMENT_SIZE + 4
    const bytes = new Uint8Array(size)
    writeUint(bytes, 0, 2, PROGRAMME_MAGIC)
    writeUint(bytes, 2, 1, PROGRAMME_VERSION)
    writeUint(bytes, 3, 1, patterns)
    programme.patternOfWeekday.forEach((pattern, day) => {
        writeUint(bytes, 4 + day, 1, pattern)
    })
    writeUint(bytes, 12, 4, programme.concentrationNgPerMl)
    writeUint(bytes, 16, 6, programme.reservoirPl)
    writeUint(bytes, 22, 6, programme.reservoirLowPl)
    writeUint(bytes, 28, 6, programme.meanRatePlPerDay)
    writeUint(bytes, 34, 6, programme.refillWarningPl)
    writeUint(bytes, 40, 6, programme.periodicPl)
    writeUint(bytes, 46, 2, programme.periodicMinutes)
    writeUint(bytes, 48, 2, programme.periodicDurationMinutes)
    writeUint(bytes, 50, 4, programme.periodicStartMinute)
    writeUint(bytes, 54, 4, programme.deadVolumePl)
    writeUint(bytes, 58, 4, programme.bolusPlMax)
    writeUint(bytes, 62, 4, programme.patientPl)
    writeUint(bytes, 66, 2, programme.patientDurationMinutes)
    writeUint(bytes, 68, 2, programme.lockoutMinutes)
    writeUint(bytes, 70, 1, programme.dosesPerDayMax)
    writeUint(bytes, 72, 2, programme.windowMinutes)
    writeUint(bytes, 74, 6, programme.windowPlMax)
    writeUint(bytes, 80, 6, programme.windowBasalPl)
    writeUint(bytes, 86, 2, programme.softLimits)
    let offset = PROGRAMME_HEADER_SIZE
    for (let pattern = 0; pattern < patterns; pattern++) {
        const first = programme.patternStart[pattern]
        const end = programme.patternStart[pattern + 1]
        writeUint(bytes, offset, 1, end - first)
        offset += 1
        for (let i = first; i < end; i++) {
            writeUint(bytes, offset, 2, programme.segmentStartMinute[i])
            writeUint(bytes, offset + 2, 5, programme.segmentRatePlPerDay[i])
            offset += PROGRAMME_SEGMENT_SIZE
        }
    }
    writeUint(bytes, offset, 4, crc32.buf(bytes.subarray(0, offset)) >>> 0)
    const readBack = decodeProgramme(bytes)
    if (typeof readBack === "string") throw new Error(`the pump would refuse this programme: ${readBack}`)
    if (!isDeepStrictEqual(readBack, programme)) throw new Error("the pump would read another programme back")
    return bytes
}

function minuteOf(clockTime: string): number {
    return Number(clockTime.slice(0, 2)) * 60 + Number(clockTime.slice(3))
}

function span(stretch: Stretch): string {
    return `${clockTime(stretch.startMinute)}-${clockTime(stretch.endMinute)}`
}

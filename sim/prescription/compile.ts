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
import { encodeLimits, limitsOf } from "./limits"
import {
    CONCENTRATION_MAX,
    CONCENTRATION_MIN,
    LABELLED_MICROGRAMS_PER_ML,
    PICOLITRES_PER_ML,
    Prescription,
    PrescriptionSegment,
    prescriptionSchema,
    SCREENING_MICROGRAMS_PER_ML,
    WEEKDAYS,
} from "./schema"

const MINUTES_PER_DAY = 1440
const FLOW_ML_PER_DAY_MIN = RATE_PL_PER_DAY_MIN / PICOLITRES_PER_ML
const FLOW_ML_PER_DAY_MAX = RATE_PL_PER_DAY_MAX / PICOLITRES_PER_ML

/** A prescription and what the pump is given for it. */
export interface CompiledPrescription {
    prescription: Prescription
    programme: Programme
    bytes: Uint8Array
    limits: GuardLimits
    limitsBytes: Uint8Array
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
export function loadPrescription(file: string): CompiledPrescription {
    return compilePrescription(readInput(file, prescriptionSchema), file)
}

/**
 * Compiles a prescription; `file` is what its problems name.
 * Each flow is the whole number of picolitres per day nearest to dose rate / strength, so at most half a picolitre a
 * day away from it. Throws InputError with everything that can't be delivered.
 */
export function compilePrescription(prescription: Prescription, file: string): CompiledPrescription {
    const problems: Problem[] = []
    const { concentrationMicrogramsPerMl, reservoirMl, refillAlarmMl } = prescription
    if (!(refillAlarmMl < reservoirMl))
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

    const meanMicrogramsPerDay = weeklyMean(
        patternOfWeekday.map(pattern =>
            patterns[pattern].map(({ startMinute, endMinute, microgramsPerDay }) => ({
                minutes: endMinute - startMinute,
                rate: microgramsPerDay,
            })),
        ),
    )
    checkFlows(patterns.flat(), meanMicrogramsPerDay, concentrationMicrogramsPerMl, file, problems)
    if (problems.length > 0) throw new InputError(problems)

    const programme: Programme = {
        concentrationNgPerMl: Math.round(concentrationMicrogramsPerMl * 1000),
        reservoirPl: Math.round(reservoirMl * PICOLITRES_PER_ML),
        reservoirLowPl: Math.round(refillAlarmMl * PICOLITRES_PER_ML),
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
    programme.meanRatePlPerDay = Math.round(weeklyMean(patternOfWeekday.map(pattern => segmentsOf(programme, pattern))))
    const limits = limitsOf(prescription, programme, file, problems)
    if (problems.length > 0) throw new InputError(problems)
    return { prescription, programme, bytes: encodeProgramme(programme), limits, limitsBytes: encodeLimits(limits) }
}

/** Flow in whole picolitres per day of a dose rate in µg/day at a strength in µg/mL. */
export function flowPlPerDay(microgramsPerDay: number, concentrationMicrogramsPerMl: number): number {
    return Math.round((microgramsPerDay / concentrationMicrogramsPerMl) * PICOLITRES_PER_ML)
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

/** The dose of a segment as it was given, and as a rate. */
function doseOf(segment: PrescriptionSegment, minutes: number) {
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
                was: `"${clock(stretch.startMinute)}", ${breakBetween(last, stretch)}`,
                mayBe: `"${clock(due)}"`,
            })
        if (stretch.endMinute > due) last = stretch
    }
    if (last && last.endMinute < MINUTES_PER_DAY)
        problems.push({
            file,
            field: last.toField,
            was: `"${clock(last.endMinute)}", a gap from ${clock(last.endMinute)} to 24:00 after segment ${span(last)}`,
            mayBe: '"24:00", or one more segment',
        })
}

function breakBetween(last: Stretch | undefined, stretch: Stretch): string {
    const start = clock(stretch.startMinute)
    if (!last) return `a gap from 00:00 to ${start} before segment ${span(stretch)}`
    if (stretch.startMinute < last.endMinute) return `segment ${span(stretch)} overlaps segment ${span(last)}`
    return `a gap from ${clock(last.endMinute)} to ${start} between segment ${span(last)} and segment ${span(stretch)}`
}

/** Each flow, and the mean that runs while the time of day is unknown, is one that the pump can deliver. */
function checkFlows(
    stretches: Stretch[],
    meanMicrogramsPerDay: number,
    concentration: number,
    file: string,
    problems: Problem[],
): void {
    const rates = [...stretches.map(stretch => stretch.microgramsPerDay), meanMicrogramsPerDay].filter(rate => rate > 0)
    const refuse = (field: string, was: string, microgramsPerDay: number) =>
        problems.push({
            file,
            field,
            was: `${was}, ${shownNumber(microgramsPerDay)} µg/day at ${shownNumber(concentration)} µg/mL = ${shownNumber(microgramsPerDay / concentration)} mL/day`,
            mayBe:
                `a dose whose flow is ${FLOW_ML_PER_DAY_MIN} to ${FLOW_ML_PER_DAY_MAX} mL/day` +
                ` (${shownNumber(FLOW_ML_PER_DAY_MIN * concentration)} to ${shownNumber(FLOW_ML_PER_DAY_MAX * concentration)} µg/day at this concentration)` +
                `; ${servingConcentrations(microgramsPerDay, rates, concentration)}`,
        })
    for (const { field, was, microgramsPerDay } of stretches)
        if (microgramsPerDay > 0 && !flowAllowed(microgramsPerDay, concentration))
            refuse(field, shown(was), microgramsPerDay)
    if (problems.length > 0) return
    if (!(meanMicrogramsPerDay > 0))
        problems.push({
            file,
            field: "schedule",
            was: "no dose at any time",
            mayBe: "a schedule with a dose: a pump is stopped by a command, never by its prescription",
        })
    else if (!flowAllowed(meanMicrogramsPerDay, concentration))
        refuse("schedule", "a mean over the week", meanMicrogramsPerDay)
}

function flowAllowed(microgramsPerDay: number, concentration: number): boolean {
    const flow = flowPlPerDay(microgramsPerDay, concentration)
    return flow >= RATE_PL_PER_DAY_MIN && flow <= RATE_PL_PER_DAY_MAX
}

/** The strengths in µg/mL at which every one of `rates` (µg/day) has a flow that the pump can deliver, or undefined. */
export function concentrationsFor(rates: number[]): { min: number; max: number } | undefined {
    const lowest = Math.max(CONCENTRATION_MIN, Math.max(...rates) / FLOW_ML_PER_DAY_MAX)
    const highest = Math.min(CONCENTRATION_MAX, Math.min(...rates) / FLOW_ML_PER_DAY_MIN)
    // Rounded inwards to what a pharmacy can weigh and a message can show.
    const min = Math.ceil(lowest * 10 - 1e-6) / 10
    const max = Math.floor(highest * 10 + 1e-6) / 10
    return min <= max ? { min, max } : undefined
}

/** Says which strength would serve all of `rates`: the labelled one nearest to `concentration`, and the whole range. */
function servingConcentrations(microgramsPerDay: number, rates: number[], concentration: number): string {
    const range = concentrationsFor(rates)
    const all = new Set(rates).size > 1 ? "every segment" : "this dose"
    if (!range) return `no concentration from ${CONCENTRATION_MIN} to ${CONCENTRATION_MAX} µg/mL serves ${all}`
    const nearest = [...LABELLED_MICROGRAMS_PER_ML, SCREENING_MICROGRAMS_PER_ML]
        .filter(labelled => labelled >= range.min && labelled <= range.max)
        .sort((a, b) => Math.abs(Math.log(a / concentration)) - Math.abs(Math.log(b / concentration)))[0]
    const any = `any concentration from ${range.min} to ${range.max} µg/mL serves ${all}`
    if (nearest === undefined) return any
    const screening = nearest === SCREENING_MICROGRAMS_PER_ML ? " (the screening strength)" : ""
    return `at ${nearest} µg/mL${screening} it would be ${shownNumber(microgramsPerDay / nearest)} mL/day; ${any}`
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
    let offset = PROGRAMME_HEADER_SIZE
    for (let pattern = 0; pattern < patterns; pattern++) {
        const first = programme.patternStart[pattern]
        const end = programme.patternStart[pattern + 1]
        writeUint(bytes, offset, 1, end - first)
        offset += 1
        for (let i = first; i < end; i++) {
            writeUint(bytes, offset, 2, programme.segmentStartMinute[i])
            writeUint(bytes, offset + 2, 6, programme.segmentRatePlPerDay[i])
            offset += PROGRAMME_SEGMENT_SIZE
        }
    }
    writeUint(bytes, offset, 4, crc32.buf(bytes.subarray(0, offset)) >>> 0)
    const readBack = decodeProgramme(bytes)
    if (typeof readBack === "string") throw new Error(`the pump would refuse this programme: ${readBack}`)
    if (!isDeepStrictEqual(readBack, programme)) throw new Error("the pump would read another programme back")
    return bytes
}

interface TimedRate {
    minutes: number
    rate: number
}

function segmentsOf(programme: Programme, pattern: number): TimedRate[] {
    const end = programme.patternStart[pattern + 1]
    const timedRates: TimedRate[] = []
    for (let i = programme.patternStart[pattern]; i < end; i++) {
        const endMinute = i + 1 < end ? programme.segmentStartMinute[i + 1] : MINUTES_PER_DAY
        timedRates.push({
            minutes: endMinute - programme.segmentStartMinute[i],
            rate: programme.segmentRatePlPerDay[i],
        })
    }
    return timedRates
}

function dayMean(day: TimedRate[]): number {
    return day.reduce((sum, { minutes, rate }) => sum + minutes * rate, 0) / MINUTES_PER_DAY
}

function weeklyMean(days: TimedRate[][]): number {
    return days.reduce((sum, day) => sum + dayMean(day), 0) / days.length
}

function minuteOf(clockTime: string): number {
    return Number(clockTime.slice(0, 2)) * 60 + Number(clockTime.slice(3))
}

function clock(minute: number): string {
    return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`
}

function span(stretch: Stretch): string {
    return `${clock(stretch.startMinute)}-${clock(stretch.endMinute)}`
}

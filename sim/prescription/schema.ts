// What a prescription file may say, in the clinic's language: drug, strength, dose and clock times.
// Every number carries its unit in its name, because an interval once entered as minutes instead of hours killed.

import { z } from "zod"
import {
    DAY_LIMIT_PL_MAX,
    HOUR_LIMIT_PL_MAX,
    PATTERN_SEGMENTS_MAX,
    PATTERNS_MAX,
    PRIME_PL_MAX,
    RATE_PL_PER_DAY_MAX,
    RESERVOIR_PL_MAX,
} from "../../src/pump/limits"
import { editorSchemaField, numberField, textField, wordField } from "../input"

export const PICOLITRES_PER_ML = 1_000_000_000

/** The labelled strengths of baclofen for intrathecal use in µg/mL; 50 is for screening alone (labels of Lioresal and Gablofen). */
export const LABELLED_MICROGRAMS_PER_ML = [500, 1000, 2000] as const
export const SCREENING_MICROGRAMS_PER_ML = 50

/** A strength lies between the weakest and the strongest labelled one: a dilution is one of these made weaker. */
export const CONCENTRATION_MIN = SCREENING_MICROGRAMS_PER_ML
export const CONCENTRATION_MAX = 2000

/** The most that any prescription could ask for: the highest flow of the strongest solution. */
const MICROGRAMS_PER_DAY_MAX = (RATE_PL_PER_DAY_MAX / PICOLITRES_PER_ML) * CONCENTRATION_MAX

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const

const DOSE_FIELDS = ["microgramsPerSegment", "microgramsPerHour", "microgramsPerDay"] as const
const SCHEDULE_FORMS = ["microgramsPerDay", "everyDay", "patterns"] as const

const CLOCK_TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/
const CLOCK_TIME_OR_MIDNIGHT = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/

function clockField(description: string, pattern: RegExp, last: string): z.ZodString {
    const error = `a clock time from "00:00" to "${last}"`
    return z.string({ error }).regex(pattern, { error }).describe(description)
}

/** Adds to `issues` unless exactly one of `fields` is given in `value`. */
function requireOneOf(fields: readonly string[]) {
    return (value: Record<string, unknown>, context: z.RefinementCtx) => {
        const given = fields.filter(field => value[field] !== undefined)
        if (given.length !== 1)
            context.addIssue({ code: "custom", message: `an object with exactly one of ${fields.join(", ")}` })
    }
}

function oneOfRequired(fields: readonly string[]) {
    return { oneOf: fields.map(field => ({ required: [field] })) }
}

const segmentSchema = z
    .strictObject(
        {
            from: clockField("When this segment begins, local time.", CLOCK_TIME, "23:59"),
            to: clockField(
                'When it ends, on the same day; "24:00" is the end of the day. A segment over midnight is given as two.',
                CLOCK_TIME_OR_MIDNIGHT,
                "24:00",
            ),
            microgramsPerSegment: numberField(
                "Dose from its beginning to its end, in micrograms.",
                0,
                MICROGRAMS_PER_DAY_MAX,
            ).optional(),
            microgramsPerHour: numberField(
                "Dose in micrograms for each hour of it.",
                0,
                MICROGRAMS_PER_DAY_MAX / 24,
            ).optional(),
            microgramsPerDay: numberField(
                "Dose rate in micrograms per 24 hours.",
                0,
                MICROGRAMS_PER_DAY_MAX,
            ).optional(),
        },
        { error: `an object with from, to and one of ${DOSE_FIELDS.join(", ")}` },
    )
    .superRefine(requireOneOf(DOSE_FIELDS))
    .meta(oneOfRequired(DOSE_FIELDS))

export type PrescriptionSegment = z.output<typeof segmentSchema>

function daySchema(description: string) {
    const error = `a list of 1 to ${PATTERN_SEGMENTS_MAX} segments that fill the day from 00:00 to 24:00`
    return z
        .array(segmentSchema, { error })
        .min(1, { error })
        .max(PATTERN_SEGMENTS_MAX, { error })
        .describe(description)
}

const patternName = textField("The name of a day pattern.", 40)

const weekSchema = z
    .strictObject(
        Object.fromEntries(
            WEEKDAYS.map(day => [day, textField(`The pattern that runs on each ${day}.`, 40)]),
        ) as Record<(typeof WEEKDAYS)[number], z.ZodString>,
        { error: "an object with a pattern's name for each of monday to sunday" },
    )
    .describe("Which pattern runs on which weekday.")

const scheduleSchema = z
    .strictObject(
        {
            microgramsPerDay: numberField(
                "Simple continuous: the same flow at all times, in micrograms per 24 hours.",
                0,
                MICROGRAMS_PER_DAY_MAX,
            ).optional(),
            everyDay: daySchema("One pattern for all days: segments that fill the day.").optional(),
            patterns: z
                .record(patternName, daySchema("A day pattern: segments that fill the day."), {
                    error: `an object with 1 to ${PATTERNS_MAX} named day patterns`,
                })
                .describe("Day patterns by name; `week` says on which weekdays each runs.")
                .optional(),
            week: weekSchema.optional(),
        },
        { error: "an object with microgramsPerDay, or everyDay, or patterns and week" },
    )
    .superRefine(requireOneOf(SCHEDULE_FORMS))
    .superRefine((schedule, context) => {
        if ((schedule.patterns === undefined) !== (schedule.week === undefined))
            context.addIssue({
                code: "custom",
                message: "an object with both patterns and week, or neither",
            })
    })
    .describe("When the drug flows and how fast: simple continuous, one day pattern, or patterns by weekday.")
    .meta({ ...oneOfRequired(SCHEDULE_FORMS), dependentRequired: { patterns: ["week"], week: ["patterns"] } })

const limitsSchema = z
    .strictObject(
        {
            microgramsPerHour: numberField(
                "The most in any 60 minutes, in micrograms; by default a quarter over what the schedule gives in its fullest.",
                0,
                (HOUR_LIMIT_PL_MAX / PICOLITRES_PER_ML) * CONCENTRATION_MAX,
            ).optional(),
            microgramsPerDay: numberField(
                "The most in any 24 hours, in micrograms; by default a quarter over what the schedule gives in its fullest.",
                0,
                (DAY_LIMIT_PL_MAX / PICOLITRES_PER_ML) * CONCENTRATION_MAX,
            ).optional(),
            primeMl: numberField(
                "The most in one prime, in millilitres, 0 for no prime; twice that in any 24 hours. By default 0.25.",
                0,
                PRIME_PL_MAX / PICOLITRES_PER_ML,
            ).optional(),
        },
        { error: "an object with microgramsPerHour, microgramsPerDay or primeMl" },
    )
    .describe("What the pump's guard lets through at most, whatever its programme does; primes count apart.")

const RESERVOIR_ML_MAX = RESERVOIR_PL_MAX / PICOLITRES_PER_ML

export const prescriptionSchema = z
    .strictObject(
        {
            $schema: editorSchemaField,
            name: textField("What this prescription goes by in summaries and reports.", 80),
            drug: wordField("The drug in the reservoir.", ["baclofen"]),
            concentrationMicrogramsPerMl: numberField(
                "Strength of the solution in micrograms per millilitre: 500, 1000 or 2000 as labelled, 50 for screening, or a dilution.",
                CONCENTRATION_MIN,
                CONCENTRATION_MAX,
            ),
            reservoirMl: numberField("What the reservoir holds when full, in millilitres.", 1, RESERVOIR_ML_MAX),
            refillAlarmMl: numberField(
                "The volume left at which the reservoir-low alarm is raised, in millilitres; less than reservoirMl.",
                0,
                RESERVOIR_ML_MAX,
            ),
            schedule: scheduleSchema,
            limits: limitsSchema.optional(),
        },
        { error: "an object that holds a prescription" },
    )
    .describe(
        "A prescription for the programmable intrathecal baclofen pump: bench and research use, not for patients.",
    )

/** A prescription whose fields have been checked one by one; `compile.ts` checks them against one another. */
export type Prescription = z.output<typeof prescriptionSchema>

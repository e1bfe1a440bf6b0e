// What a prescription file may say, in the clinic's language: drug, strength, dose and clock times.
// Every number carries its unit in its name, because an interval once entered as minutes instead of hours killed.

import { z } from "zod"
import {
    BOLUS_PL_MAX,
    DAY_LIMIT_PL_MAX,
    DEAD_VOLUME_PL_MAX,
    DOSES_PER_DAY_MAX,
    HOUR_LIMIT_PL_MAX,
    LOCKOUT_MINUTES_MAX,
    PATTERN_SEGMENTS_MAX,
    PATTERNS_MAX,
    PERIODIC_MINUTES_MAX,
    PERIODIC_MINUTES_MIN,
    PRIME_PL_MAX,
    RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
    RESERVOIR_PL_MAX,
    WINDOW_MINUTES_MAX,
    WINDOW_MINUTES_MIN,
    WINDOW_SLOT_MINUTES,
} from "../../src/pump/limits"
import { editorSchemaField, numberField, overZeroField, textField, wholeField } from "../input"
import { wallMsOf } from "../scenario/time"
import {
    confirmedSchema,
    patientSchema,
    STRENGTH_MICROGRAMS_PER_ML_MAX,
    STRENGTH_MICROGRAMS_PER_ML_MIN,
} from "./drugLibrary"

export const PICOLITRES_PER_ML = 1_000_000_000

/** The strengths of any drug in µg/mL; which of them one drug may be given as is in its file. */
export const CONCENTRATION_MIN = STRENGTH_MICROGRAMS_PER_ML_MIN
export const CONCENTRATION_MAX = STRENGTH_MICROGRAMS_PER_ML_MAX

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
                "The most in any 60 minutes, in micrograms; by default a quarter over what the schedule gives in its fullest, and the boluses that may come.",
                0,
                (HOUR_LIMIT_PL_MAX / PICOLITRES_PER_ML) * CONCENTRATION_MAX,
            ).optional(),
            microgramsPerDay: numberField(
                "The most in any 24 hours, in micrograms; by default a quarter over what the schedule gives in its fullest, and the boluses that may come.",
                0,
                (DAY_LIMIT_PL_MAX / PICOLITRES_PER_ML) * CONCENTRATION_MAX,
            ).optional(),
            primeMl: numberField(
                "The most in one prime, in millilitres, 0 for no prime; twice that in any 24 hours. By default what the line holds, or 0.25 where that is not given.",
                0,
                PRIME_PL_MAX / PICOLITRES_PER_ML,
            ).optional(),
        },
        { error: "an object with microgramsPerHour, microgramsPerDay or primeMl" },
    )
    .describe("What the pump's guard lets through at most, whatever its programme does; primes count apart.")

const LOCAL_MINUTE = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d$/
const LOCAL_MINUTE_MAY_BE = 'a local date and time such as "2026-11-23T08:00", from 2000-01-03 to the end of 2099'

const periodicDoseSchema = z
    .strictObject(
        {
            micrograms: overZeroField(
                "Each dose, in micrograms, on top of the schedule.",
                MICROGRAMS_PER_DAY_MAX * (PERIODIC_MINUTES_MAX / (24 * 60)),
            ),
            everyHours: numberField(
                "Hours from the beginning of one dose to that of the next: whole minutes, so 1.5 or 0.75.",
                PERIODIC_MINUTES_MIN / 60,
                PERIODIC_MINUTES_MAX / 60,
            ),
            overMinutes: wholeField(
                "Minutes over which each dose is given; at most the time from one to the next.",
                1,
                PERIODIC_MINUTES_MAX,
            ),
            startingAt: z
                .string({ error: LOCAL_MINUTE_MAY_BE })
                .regex(LOCAL_MINUTE, { error: LOCAL_MINUTE_MAY_BE })
                .refine(text => !LOCAL_MINUTE.test(text) || wallMsOf(`${text}:00`) !== undefined, {
                    error: LOCAL_MINUTE_MAY_BE,
                })
                .describe("When the first of them begins, local date and time; the others follow at that interval."),
        },
        { error: "an object with micrograms, everyHours, overMinutes and startingAt" },
    )
    .describe("A dose every so many hours, besides the schedule, which goes on below it.")

const MICROGRAMS_PER_BOLUS_MAX = (BOLUS_PL_MAX / PICOLITRES_PER_ML) * CONCENTRATION_MAX

const clinicianBolusSchema = z
    .strictObject(
        {
            microgramsMax: overZeroField(
                "The most that a clinician may ask for at once, in micrograms.",
                MICROGRAMS_PER_BOLUS_MAX,
            ),
        },
        { error: "an object with microgramsMax" },
    )
    .describe(
        "A dose that a clinician may ask for with the programmer, on top of the schedule; none where it is left out. It needs a doseWindow.",
    )

const patientDoseSchema = z
    .strictObject(
        {
            micrograms: overZeroField("The dose, in micrograms, on top of the schedule.", MICROGRAMS_PER_BOLUS_MAX),
            overMinutes: wholeField("Minutes over which it is given; at most lockoutMinutes.", 1, LOCKOUT_MINUTES_MAX),
            lockoutMinutes: wholeField(
                "Minutes from the beginning of one dose until the next may be asked for.",
                1,
                LOCKOUT_MINUTES_MAX,
            ),
            perDayMax: wholeField("The most doses in any 24 hours.", 1, DOSES_PER_DAY_MAX),
        },
        { error: "an object with micrograms, overMinutes, lockoutMinutes and perDayMax" },
    )
    .describe("A dose that the patient may ask for; none where it is left out. It needs a doseWindow.")

const WINDOW_HOURS_MAY_BE = `a number of hours from ${WINDOW_MINUTES_MIN / 60} to ${WINDOW_MINUTES_MAX / 60} in quarters, such as 4 or 1.25`

const doseWindowSchema = z
    .strictObject(
        {
            hours: z
                .number({ error: WINDOW_HOURS_MAY_BE })
                .min(WINDOW_MINUTES_MIN / 60, { error: WINDOW_HOURS_MAY_BE })
                .max(WINDOW_MINUTES_MAX / 60, { error: WINDOW_HOURS_MAY_BE })
                .multipleOf(WINDOW_SLOT_MINUTES / 60, { error: WINDOW_HOURS_MAY_BE })
                .describe("The length of the window in hours, whole quarters of an hour."),
            microgramsMax: overZeroField(
                "The most in any window, in micrograms: the schedule at its fullest and boluses together.",
                (DAY_LIMIT_PL_MAX / PICOLITRES_PER_ML) * CONCENTRATION_MAX,
            ),
        },
        { error: "an object with hours and microgramsMax" },
    )
    .describe(
        "A bolus is denied that would bring any so many hours over this dose, were the schedule at its fullest in them.",
    )

const DEAD_VOLUME_ML_MAX = DEAD_VOLUME_PL_MAX / PICOLITRES_PER_ML

const lineSchema = z
    .strictObject(
        {
            tubingMl: numberField("What the tubing inside the pump holds, in millilitres.", 0, DEAD_VOLUME_ML_MAX),
            catheterMl: numberField("What the catheter holds, in millilitres.", 0, DEAD_VOLUME_ML_MAX),
        },
        { error: "an object with tubingMl and catheterMl" },
    )
    .describe("The dead volume: what is primed after a change of tubing, and bridged after a change of concentration.")

const RESERVOIR_ML_MAX = RESERVOIR_PL_MAX / PICOLITRES_PER_ML

export const prescriptionSchema = z
    .strictObject(
        {
            $schema: editorSchemaField,
            name: textField("What this prescription goes by in summaries and reports.", 80),
            drug: textField("The drug in the reservoir, by its name in the drug library.", 60),
            concentrationMicrogramsPerMl: numberField(
                "Strength of the solution in micrograms per millilitre: one that is labelled, or a dilution; the drug's file has the bounds.",
                CONCENTRATION_MIN,
                CONCENTRATION_MAX,
            ),
            reservoirMl: numberField("What the reservoir holds when full, in millilitres.", 1, RESERVOIR_ML_MAX),
            refillAlarmMl: numberField(
                "The volume left at which the reservoir-low alarm is raised, in millilitres; less than reservoirMl.",
                0,
                RESERVOIR_ML_MAX,
            ),
            refillWarningDays: overZeroField(
                "Days before the refill alarm, by schedule and all doses that the patient may ask for, at which the pump says that the refill is due soon; no such warning where it is left out.",
                // As long as the largest reservoir lasts at the lowest flow.
                Math.ceil(RESERVOIR_PL_MAX / RATE_PL_PER_DAY_MIN),
            ).optional(),
            line: lineSchema.optional(),
            schedule: scheduleSchema,
            periodicDose: periodicDoseSchema.optional(),
            clinicianBolus: clinicianBolusSchema.optional(),
            patientDose: patientDoseSchema.optional(),
            doseWindow: doseWindowSchema.optional(),
            limits: limitsSchema.optional(),
            patient: patientSchema.optional(),
            confirmed: confirmedSchema.optional(),
        },
        { error: "an object that holds a prescription" },
    )
    .describe(
        "A prescription for the programmable intrathecal baclofen pump: bench and research use, not for patients.",
    )
    .meta({ dependentRequired: { patientDose: ["doseWindow"], clinicianBolus: ["doseWindow"] } })

/** A prescription whose fields have been checked one by one; `compile.ts` checks them against one another. */
export type Prescription = z.output<typeof prescriptionSchema>

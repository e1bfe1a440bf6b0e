// What a scenario file may say: a prescription, how long, the bench around the pump, what happens and what must hold.
// Every number carries its unit in its name; times are written as clocks and dates, so that no unit is left to guess.

import { z } from "zod"
import { ALARM_IDS } from "../../src/pump/alarms"
import { PRIME_PL_MAX, PRIME_RATE_PL_PER_DAY_MAX, RATE_PL_PER_DAY_MIN, RESERVOIR_PL_MAX } from "../../src/pump/limits"
import { editorSchemaField, numberField, textField, wholeField, wordField } from "../input"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import { LOCAL_TIME, LOCAL_TIME_MAY_BE, TIME_SINCE_START, TIME_SINCE_START_MAY_BE, weekMsOf } from "./time"

const RESERVOIR_ML_MAX = RESERVOIR_PL_MAX / PICOLITRES_PER_ML
const U32_MAX = 4_294_967_295

function timeField(description: string): z.ZodString {
    const error = TIME_SINCE_START_MAY_BE
    return z.string({ error }).regex(TIME_SINCE_START, { error }).describe(description)
}

function whereField(description: string): z.ZodString {
    return textField(`${description} A path relative to this file.`, 400)
}

const worldSchema = z
    .strictObject(
        {
            syringeBoreMm: numberField("Inner diameter of the syringe, in millimetres.", 1, 50).default(19.13),
            leadScrewPitchMm: numberField(
                "Travel of the plunger for one turn of the screw, in millimetres.",
                0.1,
                10,
            ).default(0.5),
            stepsPerTurn: wholeField(
                "Motor steps (microsteps, where the driver makes them) for one turn.",
                20,
                51_200,
            ).default(3200),
            lineComplianceMicrolitresPerKilopascal: numberField(
                "Volume that syringe, line and catheter take up for each kilopascal, in microlitres.",
                0.001,
                10,
            ).default(0.14),
            // A one-piece catheter is 89 cm long (Medtronic InDura 1P 8709SC, product page); the bore is assumed, so measure yours.
            catheterBoreMm: numberField("Inner diameter of the catheter, in millimetres.", 0.05, 3).default(0.53),
            catheterLengthMm: numberField("Length of the catheter, in millimetres.", 10, 3000).default(900),
            // Cerebrospinal fluid at 37 °C: 0.7-1 mPa·s (Bloomfield, Johnston, Bilston 1998).
            fluidViscosityMillipascalSeconds: numberField(
                "Viscosity of what flows, in millipascal seconds.",
                0.1,
                100,
            ).default(0.7),
            // Spinal fluid in a person lying on one side: 50-150 mm of water (medical dictionaries), 490-1470 Pa.
            spinalPressurePascals: numberField(
                "Pressure at the catheter's tip, gauge, in pascals.",
                -5000,
                10_000,
            ).default(1000),
            pressureNoisePascals: numberField(
                "Standard deviation of the pressure sensor, in pascals.",
                0,
                10_000,
            ).default(50),
            batteryMillivolts: wholeField("Battery voltage, in millivolts.", 0, 20_000).default(4000),
            tickJitterMsMax: wholeField(
                "Each tick is late by 0 up to this, drawn from the seed, in milliseconds.",
                0,
                60_000,
            ).default(0),
        },
        { error: "an object with world settings" },
    )
    .describe("The bench around the firmware, as it truly is.")

const at = timeField("When it happens, as time since the start.")

function plainEvent<const Kind extends string>(kind: Kind, description: string) {
    return z.strictObject({ at, do: z.literal(kind).describe(description) }).describe(description)
}

const sensor = wordField("The part concerned.", ["pressure", "encoder", "reservoirSwitch", "battery", "clock"])

const eventSchema = z.discriminatedUnion(
    "do",
    [
        plainEvent("occlude", "The catheter is blocked: nothing leaves it."),
        plainEvent("clear", "The blocked catheter is free again."),
        plainEvent("stop", "A person stops the pump."),
        plainEvent("start", "A person starts the pump."),
        plainEvent("powerOff", "Power is lost at this instant."),
        plainEvent("powerOn", "Power is back; the pump starts up."),
        plainEvent("stall", "The motor no longer moves, whatever it is told."),
        plainEvent("unstall", "The motor moves again."),
        z
            .strictObject({
                at,
                do: z.literal("prime").describe("A person asks for a bounded volume, fast."),
                volumeMl: numberField("Volume of the prime, in millilitres.", 0.001, PRIME_PL_MAX / PICOLITRES_PER_ML),
                rateMlPerHour: numberField(
                    "Flow of the prime, in millilitres per hour.",
                    RATE_PL_PER_DAY_MIN / PICOLITRES_PER_ML / 24,
                    PRIME_RATE_PL_PER_DAY_MAX / PICOLITRES_PER_ML / 24,
                ),
            })
            .describe("A prime: a bounded volume, fast, to fill tubing and catheter."),
        z
            .strictObject({
                at,
                do: z.literal("refill").describe("A person fills the reservoir."),
                volumeMl: numberField(
                    "What the reservoir then holds, in millilitres; at most the prescription's reservoirMl.",
                    0.001,
                    RESERVOIR_ML_MAX,
                ),
            })
            .describe("The reservoir is filled, and the pump told so."),
        z
            .strictObject({
                at,
                do: z.literal("sensorFault").describe("A part fails."),
                sensor,
                failure: wordField(
                    "How: it does not answer, answers with what it cannot have measured, or with a reading too old.",
                    ["missing", "invalid", "stale"],
                ),
            })
            .describe("A part fails."),
        z
            .strictObject({ at, do: z.literal("sensorRepair").describe("A failed part works again."), sensor })
            .describe("A failed part works again."),
    ],
    {
        error: issue =>
            issue.code === "invalid_union"
                ? "an event whose do is occlude, clear, stop, start, powerOff, powerOn, stall, unstall, prime, refill, sensorFault or sensorRepair"
                : "an object with at and do",
    },
)

/** An event as its file has it. */
export type EventInput = z.output<typeof eventSchema>

function rangeSchema(description: string) {
    const end = (which: string) => numberField(`${which} it may be, in millilitres.`, -RESERVOIR_ML_MAX, 10_000)
    return z
        .strictObject({ min: end("The least"), max: end("The most") }, { error: "an object with min and max" })
        .describe(description)
        .optional()
}

const alarmExpectationSchema = z
    .strictObject(
        {
            id: wordField("The alarm.", ALARM_IDS as [string, ...string[]]),
            raisedFrom: timeField("The earliest it may be raised; without it, the start.").optional(),
            raisedTo: timeField("The latest it may be raised; without it, the end.").optional(),
            clearedFrom: timeField("The earliest it may be over; without both, its end does not matter.").optional(),
            clearedTo: timeField("The latest it may be over; without it, the end of the run.").optional(),
            standsAtEnd: z
                .boolean({ error: "true or false" })
                .describe("True when it must still stand at the end of the run.")
                .default(false),
        },
        { error: "an object with id, raisedFrom and raisedTo" },
    )
    .describe("An alarm that must be raised.")

const expectSchema = z
    .strictObject(
        {
            alarms: z
                .array(alarmExpectationSchema, { error: "a list of alarms" })
                .describe("Alarms that must be raised, each with its window.")
                .default([]),
            noOtherAlarms: z
                .boolean({ error: "true or false" })
                .describe("True when no alarm may be raised that is not in alarms.")
                .default(false),
            programmedMl: rangeSchema("What the programme and its boluses asked for, in millilitres."),
            deliveredMl: rangeSchema("What truly left the catheter, in millilitres."),
            residualMl: rangeSchema("What the pump holds to be left in the reservoir at the end, in millilitres."),
            stepErrorBelow: numberField(
                "The largest step error at any tick must be less than this, in steps.",
                0,
                1_000_000,
            ).optional(),
            bolusOutcomes: z
                .array(wordField("How a bolus ended.", ["delivered", "cancelled", "denied", "inProgress"]), {
                    error: "a list of outcomes",
                })
                .describe("The outcome of each bolus of the run, in order.")
                .optional(),
        },
        { error: "an object with expectations" },
    )
    .describe("What must hold of a run; what is absent is not checked.")

export const scenarioSchema = z
    .strictObject(
        {
            $schema: editorSchemaField,
            name: textField("What this scenario goes by; one line.", 80),
            description: textField("What happens in it and what it is for.", 1000),
            prescription: whereField("The prescription that runs."),
            mechanism: whereField(
                "The mechanism that runs it; boards/syringe-20ml.mechanism.json when not given.",
            ).optional(),
            duration: timeField(
                'How long it runs: "24:00", "90d" or "1d 12:00"; hours may exceed 24. At most 366 days.',
            ),
            startsAt: z
                .string({ error: LOCAL_TIME_MAY_BE })
                .regex(LOCAL_TIME, { error: LOCAL_TIME_MAY_BE })
                .refine(text => !LOCAL_TIME.test(text) || weekMsOf(text) !== undefined, { error: LOCAL_TIME_MAY_BE })
                .describe("Local date and time at the start; the weekday follows from it."),
            seed: wholeField("From which noise and jitter are drawn.", 0, U32_MAX).default(1),
            reservoirFillMl: numberField(
                "What the reservoir holds at the start, in millilitres; the prescription's reservoirMl when not given.",
                0,
                RESERVOIR_ML_MAX,
            ).optional(),
            world: worldSchema.prefault({}),
            events: z
                .array(eventSchema, { error: "a list of events" })
                .describe("What happens, in any order; events of one time happen in the order given.")
                .default([]),
            expect: expectSchema.prefault({}),
        },
        { error: "an object that holds a scenario" },
    )
    .describe("A scenario for the simulated pump.")

/** A scenario file whose fields have been checked one by one; `load.ts` checks them against one another. */
export type ScenarioInput = z.output<typeof scenarioSchema>

// What a scenario file may say: a prescription, how long, the bench around the pump, what happens and what must hold.
// Every number carries its unit in its name; times are written as clocks and dates, so that no unit is left to guess.

import { z } from "zod"
import { ALARMS, REASON_WORDS } from "../../src/pump/alarms"
import { PRIME_PL_MAX, PRIME_RATE_PL_PER_DAY_MAX, RATE_PL_PER_DAY_MIN, RESERVOIR_PL_MAX } from "../../src/pump/limits"
import { PROGRAMME_ANSWERS } from "../engines/result"
import { editorSchemaField, numberField, textField, wholeField, wordField } from "../input"
import { capacityField, cellField } from "../prescription/mechanism"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import { LOCAL_TIME, LOCAL_TIME_MAY_BE, TIME_SINCE_START, TIME_SINCE_START_MAY_BE, wallMsOf } from "./time"

const RESERVOIR_ML_MAX = RESERVOIR_PL_MAX / PICOLITRES_PER_ML
const U32_MAX = 4_294_967_295

function timeField(description: string): z.ZodString {
    const error = TIME_SINCE_START_MAY_BE
    return z.string({ error }).regex(TIME_SINCE_START, { error }).describe(description)
}

function whereField(description: string): z.ZodString {
    return textField(`${description} A path relative to this file.`, 400)
}

/** The world's settings; an empty object gives the default ones. */
export const worldSchema = z
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
            // The person, still by default. The pulse grows with the pressure (Gilland et al., J Neurosurg 1974); some
            // hundred pascals, breath as much, are assumed.
            spinalPulsePascals: numberField(
                "How far each heartbeat moves the pressure at the catheter's tip up and down, in pascals; 0 is none.",
                0,
                5000,
            ).default(0),
            heartBeatsPerMinute: numberField("Heartbeats per minute.", 20, 250).default(70),
            spinalBreathPascals: numberField(
                "How far each breath moves the pressure at the catheter's tip up and down, in pascals; 0 is none.",
                0,
                5000,
            ).default(0),
            breathsPerMinute: numberField("Breaths per minute.", 2, 80).default(14),
            coughsPerDay: numberField("Coughs in a day, in the mean, in bouts of 1 to 5; 0 is none.", 0, 5000).default(
                0,
            ),
            // Coughs reach the lumbar fluid as waves of pressure (Williams, Brain 1976); 8 kPa, 60 mmHg, is assumed.
            coughKilopascals: numberField("Peak of the strongest cough, in kilopascals.", 0, 40).default(8),
            postureChangesPerDay: numberField(
                "Changes between lying and sitting in a day, in the mean; 0 is none.",
                0,
                1000,
            ).default(0),
            // Sitting up moved the pressure by up to 550 mm of water, 5.4 kPa (Magnæs, J Neurosurg 1976); 2 kPa is assumed.
            posturePascals: numberField(
                "Mean spinal pressure when sitting over that when lying, in pascals.",
                -5000,
                10_000,
            ).default(2000),
            pressureNoisePascals: numberField(
                "Standard deviation of the pressure sensor, in pascals.",
                0,
                10_000,
            ).default(50),
            // 300 Pa an hour is a fast change of weather; the usual is a third of it. Assumed.
            weatherPascalsPerHour: numberField(
                "How fast weather moves the pressure sensor's zero at most, within 3 kPa, in pascals per hour; 0 is not.",
                0,
                3000,
            ).default(0),
            plungerStictionKilopascals: numberField(
                "By how much the plunger's friction at rest exceeds that in motion, as pressure on it, in kilopascals; 0 slides evenly. Takes a stopperComplianceMicrolitresPerKilopascal over 0.",
                0,
                100,
            ).default(0),
            stopperComplianceMicrolitresPerKilopascal: numberField(
                "Volume by which the screw compresses stopper and drive for each kilopascal before the plunger slips, in microlitres; 0 is rigid.",
                0,
                10,
            ).default(0),
            batteryMillivolts: wholeField("Battery voltage, in millivolts.", 0, 20_000).default(4000),
            battery: z
                .strictObject(
                    {
                        cell: cellField,
                        capacityMilliampereHours: capacityField,
                        chargePerMille: wholeField(
                            "What is in it at the start, in per mille of that.",
                            0,
                            1000,
                        ).default(1000),
                        board: wordField("The board that draws on it.", ["pico", "esp32c3"]).default("pico"),
                        driverAlwaysOn: z
                            .boolean({ error: "true or false" })
                            .describe("True for a driver that keeps its coils under current between steps.")
                            .default(false),
                    },
                    { error: "an object with cell and capacityMilliampereHours" },
                )
                .describe(
                    "A battery that empties by what the board does, and gives its voltage by what is left; without it the voltage is batteryMillivolts.",
                )
                .optional(),
            // 0.45 × 1 MΩ × 4.7 µF, 1.35 to 2.9 s with tolerances: boards/README.md.
            watchdogMilliseconds: wholeField(
                "After the heartbeat's last rising edge, when the outside watchdog cuts motor power and sounds, in milliseconds.",
                200,
                60_000,
            ).default(2000),
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

function quantityEvent<const Kind extends string, Field extends z.ZodRawShape>(
    kind: Kind,
    description: string,
    field: Field,
) {
    return z.strictObject({ at, do: z.literal(kind).describe(description), ...field }).describe(description)
}

function fractionField(description: string) {
    return numberField(`${description}, 0 to 1; 0 ends it.`, 0, 1)
}

const sensor = wordField("The part concerned.", [
    "pressure",
    "encoder",
    "reservoirSwitch",
    "battery",
    "clock",
    "memory",
])

const eventSchemas = [
    plainEvent("occlude", "The catheter is blocked: nothing leaves it."),
    plainEvent("clear", "The blocked catheter is free again."),
    plainEvent(
        "blockOutlet",
        "The syringe's outlet is blocked, before the pressure sensor: nothing leaves the syringe.",
    ),
    plainEvent("clearOutlet", "The blocked outlet is free again."),
    plainEvent("openLine", "The line comes off between pressure sensor and patient: all that is pumped is lost."),
    plainEvent("closeLine", "The line is connected again."),
    quantityEvent("leak", "The pump leaks.", {
        fraction: fractionField("The part of what each step displaces that leaves through the leak"),
    }),
    quantityEvent("bubble", "A gas bubble is in the line, and makes it softer.", {
        volumeMicrolitres: numberField("Volume of the bubble, in microlitres; 0 takes it out.", 0, 2000),
    }),
    quantityEvent("siphon", "The reservoir empties by itself into the open line: free flow.", {
        microlitresPerHour: numberField("How fast, in microlitres per hour; 0 ends it.", 0, 100_000),
    }),
    plainEvent("stop", "A person stops the pump."),
    plainEvent("start", "A person starts the pump."),
    plainEvent("acknowledge", "A person has seen the alarms."),
    plainEvent("silence", "A person pauses the sound of the alarms."),
    plainEvent("release", "A clinician releases what only a clinician may."),
    plainEvent("powerOff", "Power is lost at this instant."),
    plainEvent("powerOn", "Power is back; the pump starts up."),
    quantityEvent("freeze", "The firmware hangs: it does not run, with its outputs as they are and its power on.", {
        seconds: numberField("For how long, in seconds.", 0.001, 86_400),
    }),
    plainEvent("stall", "The motor no longer moves, whatever it is told."),
    plainEvent("unstall", "The motor moves again."),
    quantityEvent("loseSteps", "The motor loses steps.", {
        fraction: fractionField("The chance with which each step is lost"),
    }),
    plainEvent("wearGear", "The gear no longer holds: motor and encoder turn, and the plunger does not move."),
    plainEvent("replaceGear", "The gear holds again."),
    quantityEvent("runaway", "The motor's driver steps forward by itself, as long as the motor has power.", {
        stepsPerSecond: numberField("How fast, in steps per second; 0 ends it.", 0, 1000),
    }),
    quantityEvent("battery", "The battery's voltage is another one from now on.", {
        millivolts: wholeField("The new voltage, in millivolts.", 0, 20_000),
    }),
    plainEvent("supplyLow", "The detector on the supply warns that power is about to fail."),
    plainEvent("supplyGood", "The detector on the supply no longer warns."),
    quantityEvent("clockStep", "The real-time clock is set on or back.", {
        seconds: wholeField("By how much, in seconds; negative is back.", -604_800, 604_800),
    }),
    quantityEvent("prime", "A prime: a bounded volume, fast, to fill tubing and catheter.", {
        volumeMl: numberField("Volume of the prime, in millilitres.", 0.001, PRIME_PL_MAX / PICOLITRES_PER_ML),
        rateMlPerHour: numberField(
            "Flow of the prime, in millilitres per hour.",
            RATE_PL_PER_DAY_MIN / PICOLITRES_PER_ML / 24,
            PRIME_RATE_PL_PER_DAY_MAX / PICOLITRES_PER_ML / 24,
        ),
    }),
    quantityEvent("refill", "A person fills the reservoir, and tells the pump so.", {
        volumeMl: numberField(
            "What the reservoir is to hold then, and what the pump is told, in millilitres; at most the prescription's reservoirMl.",
            0.001,
            RESERVOIR_ML_MAX,
        ),
        missedMl: numberField(
            "The part of that which does not reach the reservoir, in millilitres: into the pocket beside it.",
            0,
            RESERVOIR_ML_MAX,
        ).default(0),
        measuredResidualMl: z
            .union([z.literal("auto"), z.number().min(0).max(RESERVOIR_ML_MAX)], {
                error: `"auto" or a number from 0 to ${RESERVOIR_ML_MAX}`,
            })
            .describe(
                'What was drawn out of the reservoir before and told the pump, in millilitres; "auto": what truly was in it. The pump is told nothing without it.',
            )
            .optional(),
    }),
    quantityEvent("programme", "A clinician's programmer offers the pump another programme.", {
        prescription: whereField("The prescription that is offered, of the same strength as the one that runs."),
        damaged: z
            .boolean({ error: "true or false" })
            .describe("True when a byte of it is changed on its way, for the pump to refuse.")
            .default(false),
    }),
    quantityEvent("sensorFault", "A part fails.", {
        sensor,
        failure: wordField(
            "How. Noticed by the part itself: no answer (missing), one that it cannot have measured (invalid), one too old (stale). " +
                "Looking like any reading: the last one for ever (stuck), a figure beyond all that can be (outOfRange), 50 times its " +
                "scatter (noisy), off by much now and then (jumping), off by more and more (drifting), and of the reservoirSwitch, " +
                "pressed all the time (pressed). The memory can only be missing.",
            ["missing", "invalid", "stale", "stuck", "outOfRange", "noisy", "jumping", "drifting", "pressed"],
        ),
        driftPascalsPerHour: driftField("pressure sensor", "pascals per hour", 1_000_000),
        driftStepsPerHour: driftField("encoder", "steps per hour", 1_000_000),
        driftMillivoltsPerHour: driftField("battery monitor", "millivolts per hour", 100_000),
        driftPartsPerMillion: driftField("clock", "parts per million (0.0864 s a day each)", 500_000),
    }),
    quantityEvent("sensorRepair", "A failed part works again.", { sensor }),
] as const

function driftField(part: string, unit: string, max: number) {
    return numberField(`How fast a ${part} that is drifting does so, in ${unit}.`, -max, max).optional()
}

const EVENT_KINDS = eventSchemas.map(schema => schema.shape.do.value)

const eventSchema = z.discriminatedUnion("do", eventSchemas, {
    error: issue =>
        issue.code === "invalid_union"
            ? `an event whose do is ${EVENT_KINDS.slice(0, -1).join(", ")} or ${EVENT_KINDS[EVENT_KINDS.length - 1]}`
            : "an object with at and do",
})

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
            id: wordField("The alarm.", ALARMS.map(alarm => alarm.id) as [string, ...string[]]),
            reason: wordField(
                "Why it must be raised; not checked when not given.",
                REASON_WORDS.filter(words => words !== "") as [string, ...string[]],
            ).optional(),
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
            deliveredAboveProgrammedMlMax: numberField(
                "What truly left the catheter may exceed what the programme and its boluses asked for by this, in millilitres.",
                -RESERVOIR_ML_MAX,
                RESERVOIR_ML_MAX,
            ).optional(),
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
            programmeAnswers: z
                .array(
                    wordField(
                        "What became of a programme that was offered.",
                        Object.values(PROGRAMME_ANSWERS) as [string, ...string[]],
                    ),
                    { error: "a list of answers" },
                )
                .describe("What became of each programme that was offered in the run, in order.")
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
                .refine(text => !LOCAL_TIME.test(text) || wallMsOf(text) !== undefined, { error: LOCAL_TIME_MAY_BE })
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

// What a scenario file may let happen, event by event. Every number carries its unit in its name.

import { z } from "zod"
import {
    BOLUS_MINUTES_MAX,
    BOLUS_PL_MAX,
    PRIME_PL_MAX,
    PRIME_RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
} from "../../src/pump/limits"
import { numberField, wholeField, wordField } from "../input"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import { MEMORY_SIZE } from "../world/memory"
import { localTimeField, RESERVOIR_ML_MAX, timeField, whereField } from "./fields"

/** No drug for intrathecal use is stronger than 50 mg/mL (assumed; the strongest morphine made for it has 25). */
const MICROGRAMS_MAX = (BOLUS_PL_MAX / PICOLITRES_PER_ML) * 50_000

const at = timeField("When it happens, as time since the start.")

const again = z
    .strictObject(
        {
            every: timeField("How long after one time the next is."),
            times: wholeField("How many more times.", 1, 10_000),
        },
        { error: "an object with every and times" },
    )
    .describe("It happens again, so many more times, so far apart.")
    .optional()

function plainEvent<const Kind extends string>(kind: Kind, description: string) {
    return z.strictObject({ at, again, do: z.literal(kind).describe(description) }).describe(description)
}

function quantityEvent<const Kind extends string, Field extends z.ZodRawShape>(
    kind: Kind,
    description: string,
    field: Field,
) {
    return z.strictObject({ at, again, do: z.literal(kind).describe(description), ...field }).describe(description)
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

/** A filling of the reservoir. */
const filling = {
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
    lineChanged: z
        .boolean({ error: "true or false" })
        .describe("True when tubing or catheter are new too, and hold no drug.")
        .default(false),
}

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
    quantityEvent(
        "cutInWrite",
        "Power is lost in the middle of the pump's next write to its record memory, and comes back.",
        {
            bytes: wholeField("So many bytes of that write are kept.", 0, 4096),
            offForSeconds: numberField("How long power is off then, in seconds.", 0.001, 86_400),
        },
    ),
    quantityEvent(
        "hostileFrames",
        "Somebody on the bus who has not got the key of the pump's programmer sends it packets. The pump has been paired before.",
        {
            frames: wholeField("How many.", 1, 10_000),
            everySeconds: numberField("One each so many seconds, at a tick at the earliest.", 0.1, 3600),
            seed: wholeField("What they are drawn from.", 0, 4_294_967_295),
        },
    ),
    quantityEvent("flipBit", "A bit in the record memory turns over.", {
        address: wholeField("Of which byte.", 0, MEMORY_SIZE - 1),
        bit: wholeField("Which bit of it.", 0, 7),
    }),
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
    quantityEvent("bolus", "A clinician's bolus, on top of the schedule. Takes micrograms or volumeMl.", {
        micrograms: numberField(
            "Its dose, in micrograms of the drug in the reservoir; a clinician counts in these.",
            0.001,
            MICROGRAMS_MAX,
        ).optional(),
        volumeMl: numberField("Its volume, in millilitres.", 0.000001, BOLUS_PL_MAX / PICOLITRES_PER_ML).optional(),
        overMinutes: wholeField("Over how long it is given, in minutes.", 1, BOLUS_MINUTES_MAX),
    }),
    plainEvent("patientDose", "The patient asks for the dose that the programme allows."),
    plainEvent("cancelBolus", "A person ends the bolus in progress, and one that waits for it."),
    plainEvent("minimumRate", "A person sets the pump to the lowest flow, until it is started again."),
    quantityEvent("setClock", "A person tells the pump what local time it is: daylight saving, or another time zone.", {
        localTime: localTimeField("Local date and time from this moment on."),
    }),
    plainEvent("refillBegin", "A person begins a refill: what is drawn out is held against the account as it now is."),
    quantityEvent(
        "refill",
        "A person fills the reservoir with the drug that is in it, and tells the pump so.",
        filling,
    ),
    quantityEvent("fill", "A person fills the reservoir, and has not told the pump: its programmer does that.", {
        volumeMl: filling.volumeMl,
        missedMl: filling.missedMl,
        lineChanged: filling.lineChanged,
        microgramsPerMl: numberField(
            "Strength of the drug, in micrograms per millilitre; as before where left out.",
            0.001,
            4_000_000,
        ).optional(),
    }),
    quantityEvent("programme", "A clinician's programmer offers the pump another programme.", {
        prescription: whereField(
            "The prescription that is offered; the pump takes another strength only with a refill.",
        ),
        refill: z
            .strictObject(filling, { error: "an object with volumeMl" })
            .describe(
                "The reservoir is filled with the drug of this prescription, and the pump is told with the programme.",
            )
            .optional(),
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

export const eventSchema = z.discriminatedUnion("do", eventSchemas, {
    error: issue =>
        issue.code === "invalid_union"
            ? `an event whose do is ${EVENT_KINDS.slice(0, -1).join(", ")} or ${EVENT_KINDS[EVENT_KINDS.length - 1]}`
            : "an object with at and do",
})

/** An event as its file has it. */
export type EventInput = z.output<typeof eventSchema>

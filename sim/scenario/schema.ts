// What a scenario file may say: a prescription, how long, the bench around the pump, what happens and what must hold.
// Every number carries its unit in its name; times are written as clocks and dates, so that no unit is left to guess.

import { z } from "zod"
import { editorSchemaField, numberField, textField, wholeField } from "../input"
import { eventSchema } from "./eventSchema"
import { expectSchema } from "./expectSchema"
import { localTimeField, RESERVOIR_ML_MAX, timeField, whereField } from "./fields"
import { worldSchema } from "./worldSchema"

const U32_MAX = 4_294_967_295

export { worldSchema }

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
            startsAt: localTimeField("Local date and time at the start; the weekday follows from it."),
            seed: wholeField("From which noise and jitter are drawn.", 0, U32_MAX).default(1),
            reservoirFillMl: numberField(
                "What the reservoir holds at the start, in millilitres; the prescription's reservoirMl when not given.",
                0,
                RESERVOIR_ML_MAX,
            ).optional(),
            linePrimed: z
                .boolean({ error: "true or false" })
                .describe("False when tubing and catheter hold no drug at the start.")
                .default(true),
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

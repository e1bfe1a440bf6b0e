// What a scenario file may expect of its run.

import { z } from "zod"
import { ALARMS, REASON_WORDS } from "../../src/pump/alarmRules"
import {
    BOLUS_NAMES,
    BOLUS_OUTCOMES,
    BOLUS_REASONS,
    BOLUS_REASONS_OF_POWER,
    COMMAND_NAMES,
    LINE_EVENTS,
    PROGRAMME_ANSWERS,
    REFUSALS,
} from "../engines/result"
import { numberField, wordField } from "../input"
import { RESERVOIR_ML_MAX, timeField } from "./fields"

function rangeSchema(description: string, unit = "millilitres", least = -RESERVOIR_ML_MAX, most = 10_000) {
    const end = (which: string) => numberField(`${which} it may be, in ${unit}.`, least, most)
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

function wordsOf(words: Readonly<Record<number, string>>): [string, ...string[]] {
    return Object.values(words).filter(text => text !== "") as [string, ...string[]]
}

const bolusOutcomeField = wordField("How a bolus ended.", BOLUS_OUTCOMES)

const bolusExpectationSchema = z
    .strictObject(
        {
            kind: wordField("Which it is.", BOLUS_NAMES),
            outcome: bolusOutcomeField,
            reason: wordField("Why it was denied or cancelled; not checked when not given.", [
                ...wordsOf(BOLUS_REASONS),
                ...BOLUS_REASONS_OF_POWER,
            ]).optional(),
            meteredMl: rangeSchema("What was asked of the motor for it, in millilitres."),
        },
        { error: "an object with kind and outcome" },
    )
    .describe("A bolus that must be asked for.")

export const expectSchema = z
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
            deliveredMicrograms: rangeSchema(
                "The drug that truly left the catheter, in micrograms.",
                "micrograms",
                0,
                10_000_000,
            ),
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
                .array(bolusOutcomeField, { error: "a list of outcomes" })
                .describe("The outcome of each bolus of the run, in order.")
                .optional(),
            boluses: z
                .array(bolusExpectationSchema, { error: "a list of boluses" })
                .describe("The boluses of the run, each one, in order.")
                .optional(),
            refusals: z
                .array(
                    z.strictObject(
                        {
                            command: wordField("The command.", wordsOf(COMMAND_NAMES)),
                            reason: wordField("Why.", wordsOf(REFUSALS)),
                        },
                        { error: "an object with command and reason" },
                    ),
                    { error: "a list of refusals" },
                )
                .describe("The commands that were not carried out, boluses and programmes apart, in order.")
                .optional(),
            lineEvents: z
                .array(wordField("What became of the line.", wordsOf(LINE_EVENTS)), { error: "a list of events" })
                .describe("What became of the line in the run, in order.")
                .optional(),
            programmeAnswers: z
                .array(wordField("What became of a programme that was offered.", wordsOf(PROGRAMME_ANSWERS)), {
                    error: "a list of answers",
                })
                .describe("What became of each programme that was offered in the run, in order.")
                .optional(),
        },
        { error: "an object with expectations" },
    )
    .describe("What must hold of a run; what is absent is not checked.")

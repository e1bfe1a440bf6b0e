// What a drug may be given as, and what its label says of doses: one data file for each drug, so that another drug is data, not code.
// A library with anything wrong in it is refused whole, because nobody is to be dosed by a part of its rules.

import { readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { z } from "zod"
import {
    editorSchemaField,
    InputError,
    numberField,
    overZeroField,
    type Problem,
    readInput,
    shown,
    textField,
    wholeField,
    wordField,
} from "../input"

/** The weakest and the strongest solution that any drug may be given as, in µg/mL: the pump counts in whole nanograms, and over 100 mg/mL is assumed to be a slip. */
export const STRENGTH_MICROGRAMS_PER_ML_MIN = 0.001
export const STRENGTH_MICROGRAMS_PER_ML_MAX = 100_000

/** More than a day of the strongest solution at the highest flow, 24 mL/day. */
const MICROGRAMS_MAX = 24 * STRENGTH_MICROGRAMS_PER_ML_MAX

/** Confirmed limits are kept as the bits of a u16 (`src/pump/programme.ts`). */
const BIT_MAX = 15

const HOURS_MAX = 10_000

/** Where a person is in the therapy: what was done last decides which of a label's rules count. */
export const PHASES = ["screening", "first", "titration", "maintenance"] as const
export type Phase = (typeof PHASES)[number]

const phaseWords =
    "screening: a test dose is to be given; first: the first daily dose after it; titration: the days in which the dose is found; maintenance: changes at a refill."

const originField = textField(
    "Where what is treated comes from, in one of the words of the drug's file; needed where that has any.",
    40,
).optional()
const ageClassField = textField(
    "Age, in one of the words of the drug's file; needed where that has any.",
    40,
).optional()

export const patientSchema = z
    .strictObject(
        {
            origin: originField,
            ageClass: ageClassField,
            phase: wordField(phaseWords, PHASES),
            microgramsPerDayBefore: overZeroField(
                "The mean daily dose until now, in micrograms.",
                MICROGRAMS_MAX,
            ).optional(),
            hoursSinceChange: numberField(
                "Hours since the daily dose was last changed, or first begun.",
                0,
                HOURS_MAX,
            ).optional(),
            screeningMicrograms: overZeroField(
                "The test dose that worked, in micrograms; in screening the one that is to be given.",
                MICROGRAMS_MAX,
            ).optional(),
            screeningEffectHours: numberField("How long the test dose worked, in hours.", 0, HOURS_MAX).optional(),
        },
        { error: "an object with phase, and with origin and ageClass where the drug's file has words for them" },
    )
    .describe(
        "What the label's rules ask about the person; without it only those are checked that hold for everybody. The pump does not keep it.",
    )

/** What is known of the person. */
export type Patient = z.output<typeof patientSchema>

export const confirmedSchema = z
    .array(
        z.strictObject(
            {
                limit: textField("The id of a soft limit in the drug's file.", 60),
                because: textField("Why it is exceeded on purpose.", 200).regex(/\S/, {
                    error: "a text that says why",
                }),
            },
            { error: "an object with limit and because" },
        ),
        { error: "a list of objects with limit and because" },
    )
    .max(BIT_MAX + 1, { error: `a list of at most ${BIT_MAX + 1} confirmations` })
    .describe("The soft limits that this prescription exceeds on purpose, each of them and no other.")

const whenSchema = z
    .array(
        z.strictObject(
            {
                origin: z
                    .array(textField("An origin.", 40), { error: "a list of words out of origins" })
                    .min(1, { error: "a list of one word or more" })
                    .describe("These origins alone; every one where it is left out.")
                    .optional(),
                ageClass: z
                    .array(textField("An age class.", 40), { error: "a list of words out of ageClasses" })
                    .min(1, { error: "a list of one word or more" })
                    .describe("These age classes alone; every one where it is left out.")
                    .optional(),
                phase: z
                    .array(wordField("A phase.", PHASES), { error: "a list of phases" })
                    .min(1, { error: "a list of one phase or more" })
                    .describe("These phases alone; every one where it is left out.")
                    .optional(),
            },
            { error: "an object with origin, ageClass or phase" },
        ),
        { error: "a list of cases, each an object with origin, ageClass or phase" },
    )
    .describe(
        "The cases in which it holds, any of them. An empty list: always, and where nothing is known of the person.",
    )

const percentField = (description: string) => overZeroField(description, 1000)
const dailyField = (description: string) => overZeroField(description, MICROGRAMS_MAX)
const timesField = (description: string) => overZeroField(description, 100)

const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const SLUG_MAY_BE = "a name of 1 to 60 small letters, digits and hyphens"

function idField(description: string) {
    return z
        .string({ error: SLUG_MAY_BE })
        .regex(SLUG, { error: SLUG_MAY_BE })
        .max(60, { error: SLUG_MAY_BE })
        .describe(description)
}

const saysField = textField("The rule in a sentence, as a clinician reads it.", 400)
const sourceField = textField("Where it is from: a name out of sources.", 60)

/** A kind of soft limit with the figures that it takes. */
function limitKind<const Kind extends string, Figures extends z.ZodRawShape>(
    kind: Kind,
    description: string,
    figures: Figures,
) {
    return z.strictObject({
        id: idField("What a prescription confirms it by."),
        bit: wholeField(
            "Its place among the bits that a pump keeps. Pumps hold it for years: never give one to another limit.",
            0,
            BIT_MAX,
        ),
        kind: z.literal(kind).describe(description),
        when: whenSchema,
        ...figures,
        says: saysField,
        source: sourceField,
    })
}

const limitSchemas = [
    limitKind("dailyDoseAbove", "The most of a day, with every dose that the patient may ask for.", {
        microgramsPerDayMost: dailyField("The most that is within it, in micrograms per day."),
    }),
    limitKind("dailyDoseOutside", "Schedule and periodic doses of any day of the week.", {
        microgramsPerDayLeast: dailyField("The least that is within it, in micrograms per day."),
        microgramsPerDayMost: dailyField("The most that is within it, in micrograms per day."),
    }),
    limitKind("firstDailyDoseNot", "The mean daily dose is another than follows from the test dose.", {
        timesScreeningDose: timesField("The daily dose as a multiple of the test dose that worked."),
        timesScreeningDoseAfterLongEffect: timesField("That multiple where the test dose worked for long."),
        longEffectHours: overZeroField("It worked for long when it did for more hours than these.", HOURS_MAX),
    }),
    limitKind("increaseOver", "The mean daily dose rises by more than a part of what it was.", {
        percentLeast: percentField("The smallest usual step up, in per cent; a smaller one is within the limit."),
        percentMost: percentField("The largest, in per cent."),
    }),
    limitKind("increaseOverMicrograms", "The mean daily dose rises by more than an amount.", {
        microgramsPerDayMost: dailyField("The largest step up, in micrograms per day."),
    }),
    limitKind("decreaseOver", "The mean daily dose falls by more than a part of what it was.", {
        percentLeast: overZeroField(
            "The smallest usual step down, in per cent; a smaller one is within the limit.",
            100,
        ),
        percentMost: overZeroField("The largest, in per cent.", 100),
    }),
    limitKind("increaseTooSoon", "The mean daily dose rises too soon after the last change.", {
        hoursLeast: overZeroField("Hours from a change to the next step up.", HOURS_MAX),
    }),
    limitKind("screeningDoseNot", "The test dose is none of screening.stepsMicrograms.", {}),
    limitKind(
        "strengthLabelledFor",
        "The solution is one that is labelled for a use, and the phase is another or unknown.",
        {
            use: textField("The use it is labelled for, out of strengths.labelled.", 40),
        },
    ),
    limitKind("strengthNotLabelledFor", "The solution is none of those that are labelled for a use.", {
        use: textField("The use, out of strengths.labelled.", 40),
    }),
] as const

const KINDS = limitSchemas.map(schema => schema.shape.kind.value)

const softLimitSchema = z.discriminatedUnion("kind", limitSchemas, {
    error: issue =>
        issue.code === "invalid_union"
            ? `a soft limit whose kind is ${KINDS.slice(0, -1).join(", ")} or ${KINDS[KINDS.length - 1]}`
            : "an object with id, bit, kind, when, its figures, says and source",
})

/** A rule of the label that may be exceeded on purpose: by a second deliberate act, which stays visible. */
export type SoftLimit = z.output<typeof softLimitSchema>

/** Kinds that say nothing without facts about the person. */
const ASKS_OF_PATIENT: readonly SoftLimit["kind"][] = [
    "firstDailyDoseNot",
    "increaseOver",
    "increaseOverMicrograms",
    "decreaseOver",
    "increaseTooSoon",
    "screeningDoseNot",
]

const strengthField = (description: string) =>
    numberField(description, STRENGTH_MICROGRAMS_PER_ML_MIN, STRENGTH_MICROGRAMS_PER_ML_MAX)

const strengthsSchema = z
    .strictObject(
        {
            lowestMicrogramsPerMl: strengthField("The weakest solution, in micrograms per millilitre."),
            highestMicrogramsPerMl: strengthField("The strongest solution, in micrograms per millilitre."),
            labelled: z
                .array(
                    z.strictObject(
                        {
                            microgramsPerMl: strengthField("A labelled strength, in micrograms per millilitre."),
                            use: textField('What it is labelled for: "maintenance" to be in the pump.', 40),
                        },
                        { error: "an object with microgramsPerMl and use" },
                    ),
                    { error: "a list of strengths with their use" },
                )
                .min(1, { error: "a list of one strength or more" })
                .describe("The strengths that are sold, and for what."),
            source: sourceField,
        },
        { error: "an object with lowestMicrogramsPerMl, highestMicrogramsPerMl, labelled and source" },
    )
    .describe("What the solution may be; between the lowest and the highest it may be a dilution.")

const screeningSchema = z
    .strictObject(
        {
            stepsMicrograms: z
                .array(overZeroField("A test dose, in micrograms.", MICROGRAMS_MAX), { error: "a list of doses" })
                .min(1, { error: "a list of one dose or more" })
                .describe(
                    "The test doses in order, in micrograms: the next one only where the one before did nothing.",
                ),
            microgramsPerMl: strengthField("The solution that they are given of, in micrograms per millilitre."),
            overMinutesLeast: overZeroField("Minutes over which each is given, at least.", 1440),
            hoursBetweenLeast: overZeroField("Hours from one to the next, at least.", HOURS_MAX),
            watchHoursLeast: overZeroField("Hours in which the effect is watched for, at least.", HOURS_MAX),
            watchHoursMost: overZeroField("Hours in which the effect is watched for, at most.", HOURS_MAX),
            saysWithoutResponse: textField("What holds where the last of them did nothing, in a sentence.", 400),
            says: saysField,
            source: sourceField,
        },
        { error: "an object with stepsMicrograms, microgramsPerMl, its times, says and source" },
    )
    .describe("Test doses before a pump; left out where the drug has none.")

const hardLimitSchema = z
    .strictObject(
        {
            microgramsPerDayMost: dailyField(
                "The most of a day that is compiled at all, in micrograms, with every dose that the patient may ask for.",
            ),
            says: saysField,
            source: sourceField,
        },
        { error: "an object with microgramsPerDayMost, says and source" },
    )
    .describe("What nobody can confirm; left out where the label names no largest dose.")

function wordsSchema(description: string) {
    return z
        .array(textField("A word.", 40), { error: "a list of words" })
        .max(20, { error: "a list of at most 20 words" })
        .describe(description)
}

export const drugSchema = z
    .strictObject(
        {
            $schema: editorSchemaField,
            name: idField("What prescriptions call it; the file's name before .json."),
            doseUnit: wordField("The unit of all its doses.", ["micrograms"]),
            strengths: strengthsSchema,
            origins: wordsSchema("What patient.origin may be; empty where no rule asks for it."),
            ageClasses: wordsSchema("What patient.ageClass may be; empty where no rule asks for it."),
            screening: screeningSchema.optional(),
            hardLimit: hardLimitSchema.optional(),
            softLimits: z
                .array(softLimitSchema, { error: "a list of soft limits" })
                .max(BIT_MAX + 1, { error: `a list of at most ${BIT_MAX + 1} soft limits` })
                .describe("What the label advises; each is kept unless it is confirmed."),
            sources: z
                .record(idField("A short name."), textField("The source, with where it can be read.", 600), {
                    error: "an object with the sources by short names",
                })
                .describe("Where figures and sentences are from, by the names that they give."),
        },
        { error: "an object that holds a drug" },
    )
    .describe("A drug for the pump and what its label says of doses: bench and research use, not for patients.")

/** A drug of the library, checked. */
export type Drug = z.output<typeof drugSchema>

/** All drugs by name. */
export type DrugLibrary = Readonly<Record<string, Drug>>

/** The drugs that come with the project. */
export const DRUGS_FOLDER = fileURLToPath(new URL("./drugs", import.meta.url))

/**
 * Reads and checks every drug file (`*.json`) of a folder.
 * Throws InputError with what is wrong, by file and field; a library with one bad file is no library.
 */
export function loadDrugLibrary(folder: string): DrugLibrary {
    const mayBe = "a folder with a JSON file for each drug"
    let names: string[]
    try {
        names = readdirSync(folder).filter(name => name.endsWith(".json"))
    } catch {
        throw new InputError([{ file: folder, field: "", was: "no folder that can be read", mayBe }])
    }
    if (names.length === 0) throw new InputError([{ file: folder, field: "", was: "without any drug", mayBe }])
    const problems: Problem[] = []
    const drugs: Record<string, Drug> = {}
    for (const name of names.sort()) {
        try {
            const drug = loadDrug(join(folder, name))
            drugs[drug.name] = drug
        } catch (error) {
            if (!(error instanceof InputError)) throw error
            problems.push(...error.problems)
        }
    }
    if (problems.length > 0) throw new InputError(problems)
    return drugs
}

let shippedLibrary: DrugLibrary | undefined

/** The library that comes with the project, read once. Throws InputError. */
export function shippedDrugs(): DrugLibrary {
    shippedLibrary ??= loadDrugLibrary(DRUGS_FOLDER)
    return shippedLibrary
}

/** Reads and checks one drug file; throws InputError. */
function loadDrug(file: string): Drug {
    const drug = readInput(file, drugSchema)
    const problems: Problem[] = []
    checkDrug(drug, file, (field, was, mayBe) => problems.push({ file, field, was, mayBe }))
    if (problems.length > 0) throw new InputError(problems)
    return drug
}

/** What no single field can tell: how the figures, words and names of a drug stand to one another. */
function checkDrug(drug: Drug, file: string, refuse: (field: string, was: string, mayBe: string) => void): void {
    const { name, strengths, screening, softLimits, sources } = drug
    if (!file.endsWith(`/${name}.json`)) refuse("name", shown(name), "the file's name before .json")

    const uses = strengths.labelled.map(({ use }) => use)
    const { lowestMicrogramsPerMl: lowest, highestMicrogramsPerMl: highest } = strengths
    const notOver = (field: string, least: number, most: number, mostField: string) => {
        if (!(least <= most)) refuse(field, shown(least), `a number up to ${most}, which is ${mostField}`)
    }
    notOver("strengths.lowestMicrogramsPerMl", lowest, highest, "highestMicrogramsPerMl")
    strengths.labelled.forEach(({ microgramsPerMl }, i) => {
        if (!(microgramsPerMl >= lowest && microgramsPerMl <= highest))
            refuse(
                `strengths.labelled[${i}].microgramsPerMl`,
                shown(microgramsPerMl),
                `a number from ${lowest} to ${highest}, the lowest and the highest strength`,
            )
    })
    if (!uses.includes("maintenance"))
        refuse("strengths.labelled", `for ${uses.join(", ")} alone`, 'a list with one for "maintenance"')

    const fromSources = (field: string, source: string) => oneOf(field, source, Object.keys(sources))
    function oneOf(field: string, word: string, words: readonly string[]): void {
        if (!words.includes(word)) refuse(field, shown(word), words.map(shown).join(" or ") || "left out")
    }
    fromSources("strengths.source", strengths.source)
    if (drug.hardLimit) fromSources("hardLimit.source", drug.hardLimit.source)
    if (screening) {
        fromSources("screening.source", screening.source)
        notOver("screening.watchHoursLeast", screening.watchHoursLeast, screening.watchHoursMost, "watchHoursMost")
        screening.stepsMicrograms.forEach((step, i) => {
            const before = screening.stepsMicrograms[i - 1] ?? 0
            if (!(step > before)) refuse(`screening.stepsMicrograms[${i}]`, shown(step), `a number over ${before}`)
        })
    }

    softLimits.forEach((limit, i) => {
        const field = `softLimits[${i}]`
        const twin = softLimits.findIndex(other => other.bit === limit.bit)
        if (twin !== i) refuse(`${field}.bit`, shown(limit.bit), `a bit that softLimits[${twin}] does not have`)
        if (softLimits.findIndex(other => other.id === limit.id) !== i)
            refuse(`${field}.id`, shown(limit.id), "an id that no other soft limit has")
        fromSources(`${field}.source`, limit.source)
        if (ASKS_OF_PATIENT.includes(limit.kind) && limit.when.length === 0)
            refuse(`${field}.when`, "an empty list", `a case or more: ${limit.kind} asks about the person`)
        limit.when.forEach((when, k) => {
            for (const [words, known, of] of [
                [when.origin, drug.origins, "origin"],
                [when.ageClass, drug.ageClasses, "ageClass"],
            ] as const)
                words?.forEach((word, n) => {
                    oneOf(`${field}.when[${k}].${of}[${n}]`, word, known)
                })
        })
        switch (limit.kind) {
            case "dailyDoseOutside":
                notOver(
                    `${field}.microgramsPerDayLeast`,
                    limit.microgramsPerDayLeast,
                    limit.microgramsPerDayMost,
                    "microgramsPerDayMost",
                )
                break
            case "increaseOver":
            case "decreaseOver":
                notOver(`${field}.percentLeast`, limit.percentLeast, limit.percentMost, "percentMost")
                break
            case "screeningDoseNot":
                if (!screening) refuse(`${field}.kind`, shown(limit.kind), "left out where there is no screening")
                break
            case "strengthLabelledFor":
            case "strengthNotLabelledFor":
                oneOf(`${field}.use`, limit.use, uses)
                break
        }
    })
}

/** The drug of a library by its name; throws InputError that names `field` of `file`. */
export function drugNamed(drugs: DrugLibrary, name: string, file: string, field: string): Drug {
    if (Object.hasOwn(drugs, name)) return drugs[name]
    const names = Object.keys(drugs)
    throw new InputError([{ file, field, was: shown(name), mayBe: names.map(shown).join(" or ") }])
}

// Holds a prescription against its drug: strength and hard limit, which nobody can lift, and the soft limits of the label, each of
// which takes a confirmation of its own. Confirming what is not exceeded is refused as well, or everything would be confirmed
// beforehand and nothing looked at.

import type { Programme } from "../../src/pump/programme"
import { InputError, type Problem, shown, shownNumber } from "../input"
import { type Drug, type DrugLibrary, drugNamed, type Patient, type SoftLimit } from "./drugLibrary"
import { dayVolumesPl } from "./flow"
import { PICOLITRES_PER_ML, type Prescription } from "./schema"

/**
 * By how much a dose may pass a limit unnoticed, in picolitres a day: each volume is rounded to whole picolitres, and a day has at
 * most 96 segments, 48 periodic doses and 24 of the patient's.
 */
const ROUNDING_PL_PER_DAY = 100

/** The daily doses of a prescription, in µg/day. */
export interface DailyDoses {
    /** Schedule and periodic doses: the mean of the week, and the days with the least and the most. */
    mean: number
    lowest: number
    highest: number
    /** The most of a day with every dose that the patient may ask for. */
    most: number
    /** What rounding to whole picolitres may come to. */
    rounding: number
}

/** The daily doses of a programme, as the pump will give them. */
export function dailyDosesOf(programme: Programme): DailyDoses {
    const microgramsPerPl = programme.concentrationNgPerMl / 1000 / PICOLITRES_PER_ML
    const { lowest, highest } = dayVolumesPl(programme)
    const most = highest + programme.dosesPerDayMax * programme.patientPl
    return {
        mean: programme.meanRatePlPerDay * microgramsPerPl,
        lowest: lowest * microgramsPerPl,
        highest: highest * microgramsPerPl,
        most: most * microgramsPerPl,
        rounding: ROUNDING_PL_PER_DAY * microgramsPerPl,
    }
}

/** A soft limit that is exceeded: the field, its figure, and what would be within the limit. */
export interface Exceeded {
    limit: SoftLimit
    field: string
    was: string
    mayBe: string
}

/** A fact about the person that a soft limit asks for and that is not given. */
export interface Missing {
    limit: SoftLimit
    field: PatientFigure
}

type PatientFigure = "microgramsPerDayBefore" | "hoursSinceChange" | "screeningMicrograms" | "screeningEffectHours"

/** True where a soft limit holds for this person; without one, where it holds for everybody. */
export function holdsFor(limit: SoftLimit, patient: Patient | undefined): boolean {
    if (limit.when.length === 0) return true
    if (!patient) return false
    const within = (words: readonly string[] | undefined, word: string | undefined) =>
        words === undefined || (word !== undefined && words.includes(word))
    return limit.when.some(
        ({ origin, ageClass, phase }) =>
            within(origin, patient.origin) && within(ageClass, patient.ageClass) && within(phase, patient.phase),
    )
}

/** The soft limits of a drug that a dose exceeds, and the facts that are missing to tell. Doses in µg/day, strength in µg/mL. */
export function exceededLimits(
    drug: Drug,
    doses: DailyDoses,
    concentrationMicrogramsPerMl: number,
    patient: Patient | undefined,
): { exceeded: Exceeded[]; missing: Missing[] } {
    const exceeded: Exceeded[] = []
    const missing: Missing[] = []
    for (const limit of drug.softLimits) {
        if (!holdsFor(limit, patient)) continue
        const found = patient
            ? exceededOf(limit, drug, doses, concentrationMicrogramsPerMl, patient)
            : exceededByAll(limit, drug, doses, concentrationMicrogramsPerMl)
        if (Array.isArray(found)) missing.push(...found.map(field => ({ limit, field })))
        else if (found) exceeded.push({ limit, ...found })
    }
    return { exceeded, missing }
}

type Found = Omit<Exceeded, "limit"> | undefined

/** Of the kinds that ask nothing about the person. */
function exceededByAll(limit: SoftLimit, drug: Drug, doses: DailyDoses, concentration: number): Found {
    switch (limit.kind) {
        case "dailyDoseAbove": {
            const most = limit.microgramsPerDayMost
            if (doses.most <= most + doses.rounding) return undefined
            const withPatients = doses.most > doses.highest ? " with every dose that the patient may ask for" : ""
            return {
                field: "schedule",
                was: `${perDay(doses.most)} on its fullest day${withPatients}`,
                mayBe: `up to ${perDay(most)}`,
            }
        }
        case "dailyDoseOutside": {
            const { microgramsPerDayLeast: least, microgramsPerDayMost: most } = limit
            const mayBe = `${shownNumber(least)} to ${perDay(most)}`
            if (!(doses.highest <= most + doses.rounding))
                return { field: "schedule", was: `${perDay(doses.highest)} on its fullest day`, mayBe }
            if (!(doses.lowest >= least - doses.rounding))
                return { field: "schedule", was: `${perDay(doses.lowest)} on its emptiest day`, mayBe }
            return undefined
        }
        case "strengthLabelledFor":
        case "strengthNotLabelledFor": {
            const labelled = drug.strengths.labelled.filter(({ use }) => use === limit.use)
            const strengths = labelled.map(({ microgramsPerMl }) => microgramsPerMl)
            // As the pump holds them, in whole ng/mL.
            const isLabelled = strengths.some(
                strength => Math.round(strength * 1000) === Math.round(concentration * 1000),
            )
            if (isLabelled === (limit.kind === "strengthNotLabelledFor")) return undefined
            const list = `${strengths.map(shownNumber).join(" or ")} µg/mL`
            return {
                field: "concentrationMicrogramsPerMl",
                was: shownNumber(concentration),
                mayBe: limit.kind === "strengthLabelledFor" ? `another than ${list}` : list,
            }
        }
        default:
            throw new Error(`a limit of the kind ${limit.kind} for everybody, which the library should have refused`)
    }
}

/** Of every kind; a list of the figures that are missing to tell. */
function exceededOf(
    limit: SoftLimit,
    drug: Drug,
    doses: DailyDoses,
    concentration: number,
    patient: Patient,
): Found | PatientFigure[] {
    const { microgramsPerDayBefore: before, hoursSinceChange, screeningMicrograms, screeningEffectHours } = patient
    const { mean, rounding } = doses
    const meanDose = (mayBe: string, of: string) => ({
        field: "schedule",
        was: `${perDay(mean)} in the mean${of}`,
        mayBe,
    })
    switch (limit.kind) {
        case "firstDailyDoseNot": {
            if (screeningMicrograms === undefined || screeningEffectHours === undefined)
                return missingOf({ screeningMicrograms, screeningEffectHours })
            const dose = firstDailyDose(limit, screeningMicrograms, screeningEffectHours)
            if (Math.abs(mean - dose) <= rounding) return undefined
            const after = `, after ${shownNumber(screeningMicrograms)} µg that worked for ${shownNumber(screeningEffectHours)} h`
            return meanDose(perDay(dose), after)
        }
        case "increaseOver":
        case "increaseOverMicrograms": {
            if (before === undefined) return missingOf({ microgramsPerDayBefore: before })
            const most = highestAfterIncrease(limit, before)
            if (mean <= most + rounding) return undefined
            return meanDose(`up to ${perDay(most)}`, changeOf(mean, before))
        }
        case "decreaseOver": {
            if (before === undefined) return missingOf({ microgramsPerDayBefore: before })
            const least = before * (1 - limit.percentMost / 100)
            if (mean >= least - rounding) return undefined
            return meanDose(`${perDay(least)} or more`, changeOf(mean, before))
        }
        case "increaseTooSoon": {
            if (before === undefined) return missingOf({ microgramsPerDayBefore: before })
            if (mean <= before + rounding) return undefined
            if (hoursSinceChange === undefined) return missingOf({ hoursSinceChange })
            if (hoursSinceChange >= limit.hoursLeast) return undefined
            const after = `${changeOf(mean, before)}, ${shownNumber(hoursSinceChange)} h after the last change`
            return meanDose(`up to ${perDay(before)} until ${shownNumber(limit.hoursLeast)} h after it`, after)
        }
        case "screeningDoseNot": {
            if (screeningMicrograms === undefined) return missingOf({ screeningMicrograms })
            const steps = drug.screening?.stepsMicrograms ?? []
            if (steps.includes(screeningMicrograms)) return undefined
            return {
                field: "patient.screeningMicrograms",
                was: shownNumber(screeningMicrograms),
                mayBe: steps.map(shownNumber).join(" or "),
            }
        }
        case "strengthLabelledFor":
            return patient.phase === limit.use ? undefined : exceededByAll(limit, drug, doses, concentration)
        default:
            return exceededByAll(limit, drug, doses, concentration)
    }
}

function missingOf(figures: Partial<Record<PatientFigure, number | undefined>>): PatientFigure[] {
    return (Object.keys(figures) as PatientFigure[]).filter(figure => figures[figure] === undefined)
}

/** The first daily dose in µg/day that follows from a test dose in µg that worked for so many hours. */
export function firstDailyDose(
    limit: Extract<SoftLimit, { kind: "firstDailyDoseNot" }>,
    screeningMicrograms: number,
    effectHours: number,
): number {
    const long = !(effectHours <= limit.longEffectHours)
    return screeningMicrograms * (long ? limit.timesScreeningDoseAfterLongEffect : limit.timesScreeningDose)
}

/** The highest daily dose in µg/day after one step up from `before`. */
export function highestAfterIncrease(
    limit: Extract<SoftLimit, { kind: "increaseOver" | "increaseOverMicrograms" }>,
    before: number,
): number {
    return limit.kind === "increaseOver" ? before * (1 + limit.percentMost / 100) : before + limit.microgramsPerDayMost
}

function perDay(micrograms: number): string {
    return `${dose(micrograms)} µg/day`
}

/** A dose without the noise of whole picolitres. */
function dose(micrograms: number): string {
    return shownNumber(Number(micrograms.toPrecision(6)))
}

function changeOf(mean: number, before: number): string {
    const percent = Number(((mean / before - 1) * 100).toFixed(1))
    return `, ${percent > 0 ? "+" : ""}${percent} % of ${perDay(before)}`
}

/**
 * The drug of a prescription. Throws InputError when the library has none of that name, when the solution is none that it may be,
 * or when what is said of the person is in other words than the drug's.
 */
export function drugOf(prescription: Prescription, drugs: DrugLibrary, file: string): Drug {
    const { concentrationMicrogramsPerMl: concentration, patient } = prescription
    const drug = drugNamed(drugs, prescription.drug, file, "drug")
    const { lowestMicrogramsPerMl: lowest, highestMicrogramsPerMl: highest } = drug.strengths
    const problems: Problem[] = []
    if (!(concentration >= lowest && concentration <= highest))
        problems.push({
            file,
            field: "concentrationMicrogramsPerMl",
            was: shown(concentration),
            mayBe: `a number from ${lowest} to ${highest}, the strengths of ${drug.name}`,
        })
    if (patient) problems.push(...problemsOfWords(drug, patient, field => ({ file, field: `patient.${field}` })))
    if (problems.length > 0) throw new InputError(problems)
    return drug
}

/** What is wrong with the words for origin and age; `named` says how the field goes by where it was given. */
export function problemsOfWords(
    drug: Drug,
    given: { origin?: string; ageClass?: string },
    named: (field: "origin" | "ageClass") => Pick<Problem, "file" | "field">,
): Problem[] {
    const problems: Problem[] = []
    for (const [field, words] of [
        ["origin", drug.origins],
        ["ageClass", drug.ageClasses],
    ] as const) {
        const word = given[field]
        if (words.length === 0 ? word === undefined : word !== undefined && words.includes(word)) continue
        const none = `left out: no rule of ${drug.name} asks for it`
        problems.push({ ...named(field), was: shown(word), mayBe: words.map(shown).join(" or ") || none })
    }
    return problems
}

/**
 * The bits of the soft limits that a prescription exceeds, every one confirmed; what is not, and what is confirmed without being
 * exceeded, is added to `problems`, as is a dose over the hard limit.
 */
export function softLimitBits(
    prescription: Prescription,
    programme: Programme,
    drug: Drug,
    file: string,
    problems: Problem[],
): number {
    const { patient, confirmed = [], concentrationMicrogramsPerMl } = prescription
    const doses = dailyDosesOf(programme)
    const hard = drug.hardLimit
    if (hard && !(doses.most <= hard.microgramsPerDayMost + doses.rounding)) {
        problems.push({
            file,
            field: "schedule",
            was: `${perDay(doses.most)} at the most`,
            mayBe: `up to ${perDay(hard.microgramsPerDayMost)}, which nobody can confirm: ${hard.says} (${drug.sources[hard.source]})`,
        })
        return 0
    }

    const { exceeded, missing } = exceededLimits(drug, doses, concentrationMicrogramsPerMl, patient)
    for (const { limit, field } of missing)
        problems.push({
            file,
            field: `patient.${field}`,
            was: "missing",
            mayBe: `a number, which the soft limit "${limit.id}" asks for: ${limit.says}`,
        })

    for (const { limit, field, was, mayBe } of exceeded)
        if (!confirmed.some(({ limit: id }) => id === limit.id))
            problems.push({
                file,
                field,
                was,
                mayBe: `${mayBe}: ${limit.says} (${drug.sources[limit.source]}); to exceed it on purpose add to confirmed: {"limit": "${limit.id}", "because": "..."}`,
            })

    confirmed.forEach(({ limit: id }, i) => {
        const refuse = (was: string, mayBe: string) =>
            problems.push({ file, field: `confirmed[${i}].limit`, was, mayBe })
        const limit = drug.softLimits.find(known => known.id === id)
        const ids = exceeded.map(({ limit }) => shown(limit.id))
        const mayBe = ids.length > 0 ? ids.join(" or ") : "left out: no soft limit is exceeded"
        if (!limit) refuse(`${shown(id)}, which is no soft limit of ${drug.name}`, mayBe)
        else if (!exceeded.some(({ limit }) => limit.id === id) && !missing.some(({ limit }) => limit.id === id))
            refuse(
                `${shown(id)}, which is not exceeded${patient || holdsFor(limit, undefined) ? "" : ", as far as can be told without patient"}`,
                mayBe,
            )
        else if (confirmed.findIndex(({ limit }) => limit === id) !== i)
            refuse(`${shown(id)} a second time`, "given once")
    })
    return exceeded.reduce((bits, { limit }) => bits | (1 << limit.bit), 0)
}

/** A soft limit that was exceeded on purpose, for people. */
export interface SoftLimitWords {
    id: string
    says: string
    source: string
}

/** What the bits of a programme (`Programme.softLimits`) stand for, in the words of its drug; a bit that the library has no limit for is told as such. */
export function softLimitWords(drug: Drug, bits: number): SoftLimitWords[] {
    const words: SoftLimitWords[] = []
    for (let bit = 0; bit < 16; bit++) {
        if ((bits & (1 << bit)) === 0) continue
        const limit = drug.softLimits.find(known => known.bit === bit)
        words.push(
            limit
                ? { id: limit.id, says: limit.says, source: drug.sources[limit.source] }
                : { id: `bit ${bit}`, says: `A limit that the library does not name for ${drug.name}.`, source: "" },
        )
    }
    return words
}

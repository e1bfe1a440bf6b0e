// Says what a drug's label says of the next dose: its range, the rule and its source, and with which solution the pump can give it.
// It never picks a dose out of the range: every figure comes from the drug's file, and the choice is a clinician's.

import { RATE_PL_PER_DAY_MAX, RATE_PL_PER_DAY_MIN } from "../../src/pump/limits"
import { shownNumber } from "../input"
import type { Drug, Patient, SoftLimit } from "./drugLibrary"
import { PICOLITRES_PER_ML } from "./schema"
import { type DailyDoses, exceededLimits, firstDailyDose, highestAfterIncrease, holdsFor } from "./softLimits"

/** How the present dose does, as somebody noted it. */
export const RESPONSES = ["too little", "good", "too much"] as const
export type Response = (typeof RESPONSES)[number]

/** What is known before a dose is chosen: of a test dose, or of the daily dose that runs. */
export type Course = { origin?: string; ageClass?: string } & (
    | {
          /** A test dose in µg, and how long it worked in hours: 0 for not at all. */
          screening: { micrograms: number; effectHours: number }
          current?: undefined
      }
    | {
          screening?: undefined
          /** The mean daily dose in µg/day and how it does; at a refill, or while the dose is being found so many hours after it was begun or changed. */
          current: { microgramsPerDay: number; response: Response } & (
              | { atRefill: true; hoursSinceChange?: undefined }
              | { atRefill: false; hoursSinceChange: number }
          )
      }
)

/** A rule that the range follows from. */
export interface Rule {
    id: string
    says: string
    source: string
}

/** What the pump makes of the range with a labelled solution. */
export interface Delivery {
    microgramsPerMl: number
    mlPerDayLeast: number
    mlPerDayMost: number
    /** The part of the range that the pump can deliver, in µg/day; none where it can't. */
    deliverable: { microgramsPerDayLeast: number; microgramsPerDayMost: number } | null
}

/** What the label says of the next dose. */
export interface Advice {
    drug: string
    /** What is asked about, in words. */
    about: string
    /** The next test dose in µg, of so many mL; none where the next is a daily dose, or none at all. */
    nextTestDose: { micrograms: number; millilitres: number } | null
    /** The label's range for the next daily dose, in µg/day; none where the label has no range for it. */
    microgramsPerDay: { least: number; most: number } | null
    /** The range in words. */
    range: string
    rules: Rule[]
    deliveries: Delivery[]
    warnings: string[]
    choice: string
}

export const CHOICE =
    "This is what the label says. Nothing here chooses a dose: that is for a clinician who knows the person. Bench and research pump, not for patients."

const ML_PER_DAY_MIN = RATE_PL_PER_DAY_MIN / PICOLITRES_PER_ML
const ML_PER_DAY_MAX = RATE_PL_PER_DAY_MAX / PICOLITRES_PER_ML

/** What the label of `drug` says of the next dose. The words for origin and age are ones that the drug has (`problemsOfWords`). */
export function advise(drug: Drug, course: Course): Advice {
    const { origin, ageClass } = course
    const who = [origin && `${origin} origin`, ageClass].filter(word => word !== undefined).join(", ")
    const about = (what: string) => [`${drug.name}`, who, what].filter(part => part !== "").join("; ")
    return course.screening
        ? afterTestDose(drug, { origin, ageClass }, course.screening, about)
        : afterDailyDose(drug, { origin, ageClass }, course.current, about)
}

type Who = Pick<Patient, "origin" | "ageClass">
type About = (what: string) => string

function afterTestDose(
    drug: Drug,
    who: Who,
    { micrograms, effectHours }: { micrograms: number; effectHours: number },
    about: About,
): Advice {
    const patient: Patient = {
        ...who,
        phase: "first",
        screeningMicrograms: micrograms,
        screeningEffectHours: effectHours,
    }
    const worked = effectHours > 0
    const advice = emptyAdvice(
        drug,
        about(
            worked
                ? `a test dose of ${shownNumber(micrograms)} µg worked for ${shownNumber(effectHours)} h`
                : `a test dose of ${shownNumber(micrograms)} µg did not work`,
        ),
    )
    const odd = limitsOf(drug, patient, "screeningDoseNot")
    if (drug.screening && !drug.screening.stepsMicrograms.includes(micrograms))
        advice.warnings.push(...odd.map(({ says }) => says))
    if (!worked) return withNextTestDose(drug, advice, micrograms)

    const [first] = limitsOf(drug, patient, "firstDailyDoseNot")
    if (!first) {
        advice.range = `The library has no rule for the first daily dose of ${drug.name}.`
        return withWarnings(drug, advice, patient, [])
    }
    const dose = firstDailyDose(first, micrograms, effectHours)
    advice.rules.push(ruleOf(drug, first))
    advice.range = `First daily dose: ${perDay(dose)}, over 24 h.`
    advice.microgramsPerDay = { least: dose, most: dose }
    for (const { says } of limitsOf(drug, { ...patient, phase: "titration" }, "increaseTooSoon"))
        advice.warnings.push(says)
    return withWarnings(drug, advice, patient, [dose])
}

function withNextTestDose(drug: Drug, advice: Advice, micrograms: number): Advice {
    const { screening } = drug
    if (!screening) {
        advice.range = `The library has no test doses of ${drug.name}.`
        return advice
    }
    advice.rules.push({ id: "screening", says: screening.says, source: drug.sources[screening.source] })
    const next = screening.stepsMicrograms.find(step => step > micrograms)
    if (next === undefined) {
        advice.range = "No next dose."
        advice.warnings.push(screening.saysWithoutResponse)
        return advice
    }
    const millilitres = next / screening.microgramsPerMl
    advice.nextTestDose = { micrograms: next, millilitres }
    advice.range =
        `Next test dose: ${shownNumber(next)} µg, ${shownNumber(millilitres)} mL of ${shownNumber(screening.microgramsPerMl)} µg/mL,` +
        ` over at least ${shownNumber(screening.overMinutesLeast)} min, ${shownNumber(screening.hoursBetweenLeast)} h or more after the last one;` +
        ` its effect is watched for ${shownNumber(screening.watchHoursLeast)} to ${shownNumber(screening.watchHoursMost)} h.`
    return advice
}

function afterDailyDose(drug: Drug, who: Who, current: NonNullable<Course["current"]>, about: About): Advice {
    const { microgramsPerDay: before, hoursSinceChange, response, atRefill } = current
    const patient: Patient = {
        ...who,
        phase: atRefill ? "maintenance" : "titration",
        microgramsPerDayBefore: before,
        hoursSinceChange,
    }
    const when =
        hoursSinceChange === undefined ? "at a refill" : `${shownNumber(hoursSinceChange)} h after the last change`
    const advice = emptyAdvice(drug, about(`${perDay(before)} was ${response}, ${when}`))
    if (response === "good") {
        advice.range = `Stays at ${perDay(before)}: the label's ranges are for changes.`
        advice.microgramsPerDay = { least: before, most: before }
        return withWarnings(drug, advice, patient, [before])
    }
    if (response === "too much") {
        const steps = limitsOf(drug, patient, "decreaseOver")
        if (steps.length === 0) {
            advice.range = `The library has no rule by which ${drug.name} is lowered.`
            return advice
        }
        // Of several rules, what all of them allow.
        const least = before * (1 - Math.min(...steps.map(({ percentMost }) => percentMost)) / 100)
        const most = Math.max(before * (1 - Math.max(...steps.map(({ percentLeast }) => percentLeast)) / 100), least)
        advice.rules.push(...steps.map(step => ruleOf(drug, step)))
        return withRange(drug, advice, patient, before, least, most)
    }

    const sinceHours = hoursSinceChange ?? 0
    const early = limitsOf(drug, patient, "increaseTooSoon").filter(({ hoursLeast }) => !(sinceHours >= hoursLeast))
    if (early.length > 0) {
        const hours = Math.max(...early.map(({ hoursLeast }) => hoursLeast)) - sinceHours
        advice.rules.push(...early.map(limit => ruleOf(drug, limit)))
        advice.range = `Stays at ${perDay(before)}: no increase for ${shownNumber(hours)} h yet.`
        advice.microgramsPerDay = { least: before, most: before }
        return withWarnings(drug, advice, patient, [before])
    }
    const steps = [...limitsOf(drug, patient, "increaseOver"), ...limitsOf(drug, patient, "increaseOverMicrograms")]
    if (steps.length === 0) {
        advice.range = `The library has no rule by which ${drug.name} is raised.`
        return advice
    }
    const most = Math.min(...steps.map(step => highestAfterIncrease(step, before)))
    const percents = steps.map(step => (step.kind === "increaseOver" ? step.percentLeast : 0))
    const least = Math.min(before * (1 + Math.max(...percents) / 100), most)
    advice.rules.push(...steps.map(step => ruleOf(drug, step)))
    return withRange(drug, advice, patient, before, least, most)
}

function withRange(drug: Drug, advice: Advice, patient: Patient, before: number, least: number, most: number): Advice {
    const percent = (dose: number) =>
        `${dose > before ? "+" : ""}${shownNumber(Number(((dose / before - 1) * 100).toPrecision(4)))} %`
    advice.range = `Next daily dose: ${shownDose(least)} to ${perDay(most)}, ${percent(least)} to ${percent(most)}.`
    advice.microgramsPerDay = { least: rounded(least), most: rounded(most) }
    return withWarnings(drug, advice, patient, [least, most])
}

/** Adds what the pump makes of the range, and the limits of the daily dose that either end of it exceeds. */
function withWarnings(drug: Drug, advice: Advice, patient: Patient, ends: number[]): Advice {
    const range = advice.microgramsPerDay
    if (range) {
        const { least, most } = range
        advice.deliveries = drug.strengths.labelled
            .filter(({ use }) => use === "maintenance")
            .map(({ microgramsPerMl }) => deliveryOf(microgramsPerMl, least, most))
        if (advice.deliveries.every(({ deliverable }) => deliverable === null))
            advice.warnings.push("With none of these solutions can the pump deliver it; a dilution may serve.")
    }
    const told = new Set<string>()
    for (const dose of ends) {
        const doses: DailyDoses = { mean: dose, lowest: dose, highest: dose, most: dose, rounding: dose * 1e-9 }
        // Strengths are told apart above, and the steps are what the range is made of.
        const { exceeded } = exceededLimits(drug, doses, Number.NaN, patient)
        for (const { limit, mayBe } of exceeded) {
            if (limit.kind !== "dailyDoseAbove" && limit.kind !== "dailyDoseOutside") continue
            if (told.has(limit.id)) continue
            told.add(limit.id)
            advice.warnings.push(`${perDay(dose)}, where the label has ${mayBe}: ${limit.says}`)
        }
    }
    const hard = drug.hardLimit
    if (hard && range && !(range.most <= hard.microgramsPerDayMost))
        advice.warnings.push(`Over ${perDay(hard.microgramsPerDayMost)} nothing is compiled: ${hard.says}`)
    return advice
}

/** The flow of a range in µg/day with a solution, and the part of it that the pump can deliver. */
function deliveryOf(microgramsPerMl: number, least: number, most: number): Delivery {
    const from = Math.max(least, ML_PER_DAY_MIN * microgramsPerMl)
    const to = Math.min(most, ML_PER_DAY_MAX * microgramsPerMl)
    return {
        microgramsPerMl,
        mlPerDayLeast: rounded(least / microgramsPerMl),
        mlPerDayMost: rounded(most / microgramsPerMl),
        deliverable: from <= to ? { microgramsPerDayLeast: from, microgramsPerDayMost: to } : null,
    }
}

/** The soft limits of one kind that hold for this person. */
function limitsOf<Kind extends SoftLimit["kind"]>(
    drug: Drug,
    patient: Patient,
    kind: Kind,
): Extract<SoftLimit, { kind: Kind }>[] {
    return drug.softLimits.filter(
        (limit): limit is Extract<SoftLimit, { kind: Kind }> => limit.kind === kind && holdsFor(limit, patient),
    )
}

function ruleOf(drug: Drug, { id, says, source }: SoftLimit): Rule {
    return { id, says, source: drug.sources[source] }
}

function emptyAdvice(drug: Drug, about: string): Advice {
    return {
        drug: drug.name,
        about,
        nextTestDose: null,
        microgramsPerDay: null,
        range: "",
        rules: [],
        deliveries: [],
        warnings: [],
        choice: CHOICE,
    }
}

/** Without the noise of the last binary digits. */
function rounded(value: number): number {
    return Number(value.toPrecision(9))
}

function shownDose(micrograms: number): string {
    return shownNumber(Number(micrograms.toPrecision(6)))
}

function perDay(micrograms: number): string {
    return `${shownDose(micrograms)} µg/day`
}

/** The advice as text for the terminal. */
export function adviceAsText(advice: Advice): string {
    const lines = [advice.about, "", advice.range]
    for (const { id, says, source } of advice.rules) lines.push("", `Rule      ${says}`, `          ${id}: ${source}`)
    if (advice.deliveries.length > 0) lines.push("", "With the pump")
    const range = advice.microgramsPerDay
    for (const { microgramsPerMl, mlPerDayLeast, mlPerDayMost, deliverable } of advice.deliveries) {
        const flow = (mlPerDay: number) => shownNumber(Number(mlPerDay.toPrecision(4)))
        const flows =
            flow(mlPerDayLeast) === flow(mlPerDayMost)
                ? `${flow(mlPerDayLeast)} mL/day`
                : `${flow(mlPerDayLeast)} to ${flow(mlPerDayMost)} mL/day`
        const bounds = `the pump delivers ${ML_PER_DAY_MIN} to ${ML_PER_DAY_MAX} mL/day`
        const whole =
            deliverable?.microgramsPerDayLeast === range?.least && deliverable?.microgramsPerDayMost === range?.most
        const part = deliverable
            ? `of it ${shownDose(deliverable.microgramsPerDayLeast)} to ${perDay(deliverable.microgramsPerDayMost)}`
            : "not delivered"
        lines.push(`${shownNumber(microgramsPerMl).padStart(8)} µg/mL  ${flows}${whole ? "" : `: ${part}, ${bounds}`}`)
    }
    if (advice.warnings.length > 0) lines.push("", ...advice.warnings.map(warning => `Warning   ${warning}`))
    lines.push("", advice.choice)
    return `${lines.join("\n")}\n`
}

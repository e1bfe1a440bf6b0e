// What a clinician says of a patient's course on the command line: a test dose, or the daily dose that runs and how it does.

import { InputError, type Problem, shown } from "../input"
import { type Course, RESPONSES } from "../prescription/advise"
import type { Drug } from "../prescription/drugLibrary"
import { problemsOfWords } from "../prescription/softLimits"

export interface CourseOptions {
    origin?: string
    age?: string
    screeningMicrograms?: string
    effectHours?: string
    dailyMicrograms?: string
    response?: string
    hours?: string
    atRefill?: true
}

export const SCREENING = "--screening-micrograms"
export const DAILY = "--daily-micrograms"

/** The largest dose and the longest time that an option takes: a gram, and more than a year. */
const MICROGRAMS_MAX = 1_000_000
const HOURS_MAX = 10_000

/** What the options say is known; throws InputError with everything that is wrong with them. */
export function courseOf(drug: Drug, options: CourseOptions): Course {
    const problems: Problem[] = []
    const { origin, age: ageClass } = options
    const problem = (field: string, was: string, mayBe: string) =>
        problems.push({ file: "command line", field, was, mayBe })
    problems.push(
        ...problemsOfWords(drug, { origin, ageClass }, field => ({
            file: "command line",
            field: field === "origin" ? "--origin" : "--age",
        })),
    )

    /** Reads a number over `min`, or from it on; missing is a problem. */
    function number(option: string, text: string | undefined, min: number, over: boolean, max: number): number {
        const value = text !== undefined && /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
        if (!((over ? value > min : value >= min) && value <= max))
            problem(option, shown(text), over ? `a number over ${min}, up to ${max}` : `a number from ${min} to ${max}`)
        return value
    }
    const besides = (of: string, ...given: (readonly [string, unknown])[]) => {
        for (const [option, value] of given) if (value !== undefined) problem(option, "given", `left out with ${of}`)
    }

    const course = (): Course => {
        if (options.screeningMicrograms !== undefined) {
            besides(
                SCREENING,
                [DAILY, options.dailyMicrograms],
                ["--response", options.response],
                ["--hours", options.hours],
                ["--at-refill", options.atRefill],
            )
            return {
                origin,
                ageClass,
                screening: {
                    micrograms: number(SCREENING, options.screeningMicrograms, 0, true, MICROGRAMS_MAX),
                    effectHours: number("--effect-hours", options.effectHours, 0, false, HOURS_MAX),
                },
            }
        }
        if (options.dailyMicrograms === undefined) {
            problem(SCREENING, "missing", `a test dose in micrograms; or ${DAILY} with the daily dose that runs`)
            throw new InputError(problems)
        }
        besides(DAILY, ["--effect-hours", options.effectHours])
        const response = RESPONSES.find(word => word === options.response)
        if (response === undefined) {
            problem("--response", shown(options.response), RESPONSES.map(shown).join(" or "))
            throw new InputError(problems)
        }
        const microgramsPerDay = number(DAILY, options.dailyMicrograms, 0, true, MICROGRAMS_MAX)
        if (options.atRefill) {
            besides("--at-refill", ["--hours", options.hours])
            return { origin, ageClass, current: { microgramsPerDay, response, atRefill: true } }
        }
        const hoursSinceChange = number("--hours", options.hours, 0, false, HOURS_MAX)
        return { origin, ageClass, current: { microgramsPerDay, response, atRefill: false, hoursSinceChange } }
    }
    const known = course()
    if (problems.length > 0) throw new InputError(problems)
    return known
}

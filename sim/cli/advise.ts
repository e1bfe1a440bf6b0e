// `npm run advise`: what a drug's label says of the next dose, for people and for programs.

import { Command } from "commander"
import { InputError, type Problem, shown } from "../input"
import { adviceAsText, advise, CHOICE, type Course, RESPONSES } from "../prescription/advise"
import { type Drug, drugNamed, loadDrugLibrary, shippedDrugs } from "../prescription/drugLibrary"
import { problemsOfWords } from "../prescription/softLimits"
import { runCommand } from "./command"

interface AdviseOptions {
    drug: string
    library?: string
    origin?: string
    age?: string
    screeningMicrograms?: string
    effectHours?: string
    dailyMicrograms?: string
    response?: string
    hours?: string
    atRefill?: true
    json?: true
}

const SCREENING = "--screening-micrograms"
const DAILY = "--daily-micrograms"

/** The largest dose and the longest time that an option takes: a gram, and more than a year. */
const MICROGRAMS_MAX = 1_000_000
const HOURS_MAX = 10_000

const command = new Command("npm run advise --")
    .description(
        "States the range that a drug's label gives for the next dose, with its rule and source. It does not choose a dose. Bench and research pump: not for patients.",
    )
    .option("--drug <name>", "a drug of the library", "baclofen")
    .option("--library <folder>", "drug files of your own, in place of those that come with the project")
    .option("--origin <word>", "where what is treated comes from, in a word of the drug's file: spinal or cerebral")
    .option("--age <word>", "age, in a word of the drug's file: adult, adolescent or under12")
    .option(`--screening, ${SCREENING} <number>`, "a test dose that was given, in micrograms")
    .option("--effect-hours <number>", "how long it worked, in hours; 0 for not at all")
    .option(`--daily, ${DAILY} <number>`, "the daily dose that runs, in micrograms")
    .option("--response <words>", `how it does: ${RESPONSES.map(shown).join(", ")}`)
    .option("--hours <number>", "hours since the daily dose was begun or changed")
    .option("--at-refill", "the dose is settled and looked at in a refill, not being found")
    .option("--json", "print the advice as JSON")
    .addHelpText(
        "after",
        `
Give a test dose (${SCREENING} and --effect-hours), or the daily dose that runs (${DAILY}, --response and
--hours or --at-refill).

Exit code
  0     the label's range, or why it has none, was stated
  2     the input was wrong

Examples
  npm run advise -- --origin spinal --age adult --screening 75 --effect-hours 6
  npm run advise -- --origin spinal --age adult --daily 200 --response "too little" --hours 30
  npm run --silent advise -- --origin cerebral --age under12 --daily 150 --response "too much" --at-refill --json

${CHOICE}`,
    )
    .action((options: AdviseOptions) => {
        const drugs = options.library === undefined ? shippedDrugs() : loadDrugLibrary(options.library)
        const drug = drugNamed(drugs, options.drug, "command line", "--drug")
        const advice = advise(drug, courseOf(drug, options))
        process.stdout.write(options.json ? `${JSON.stringify(advice, undefined, 4)}\n` : adviceAsText(advice))
    })

/** What the options say is known; throws InputError with everything that is wrong with them. */
function courseOf(drug: Drug, options: AdviseOptions): Course {
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

await runCommand(command)

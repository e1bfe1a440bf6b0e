// `npm run advise`: what a drug's label says of the next dose, for people and for programs.

import { Command } from "commander"
import { shown } from "../input"
import { adviceAsText, advise, CHOICE, RESPONSES } from "../prescription/advise"
import { drugNamed, loadDrugLibrary, shippedDrugs } from "../prescription/drugLibrary"
import { runCommand } from "./command"
import { type CourseOptions, courseOf, DAILY, SCREENING } from "./course"

interface AdviseOptions extends CourseOptions {
    drug: string
    library?: string
    json?: true
}

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

await runCommand(command)

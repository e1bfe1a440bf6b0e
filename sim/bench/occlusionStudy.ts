// `npm run occlusion`: how soon an occlusion is found, by slope and by a threshold on the same traces, and how often an alarm
// is false. A command of its own beside the bench, because a thousand days without a fault take minutes.

import { writeFileSync } from "node:fs"
import { SingleBar } from "cli-progress"
import { Command } from "commander"
import { runCommand, wholeOption } from "../cli/command"
import { occlusionRows, studyOcclusion } from "./occlusion"
import { occlusionPage } from "./occlusionPage"
import { renderTable } from "./rows"

const SEEDS_MAX = 1000
const DAYS_MAX = 10_000

interface StudyOptions {
    json?: true
    seeds: string
    days: string
    report?: string
}

const command = new Command("npm run occlusion --")
    .description(
        "Measures the time from an occlusion to its alarm at 2 to 1000 µL/h in three lines, by the slope of the pressure and by a threshold of 70 kPa on the same traces, and counts false alarms in days without a fault. Bench and research pump: not for patients.",
    )
    .option("--seeds <number>", `occlusions at each flow in each line, 1 to ${SEEDS_MAX}`, "20")
    .option("--days <number>", `days without a fault, 1 to ${DAYS_MAX}`, "1000")
    .option("--report <file>", "write the plots and all figures to this HTML file")
    .option("--json", "print the rows as one JSON object")
    .addHelpText(
        "after",
        `
Each trace has the heart's pulsation, breath, coughs, changes of posture, weather, sensor noise and a plunger that sticks.

Examples
  npm run occlusion -- --seeds 5 --days 50
  npm run occlusion -- --report reports/occlusion.html`,
    )
    .action((options: StudyOptions) => {
        const seeds = wholeOption("--seeds", options.seeds, 1, SEEDS_MAX)
        const days = wholeOption("--days", options.days, 1, DAYS_MAX)
        const bar = new SingleBar({ format: "{bar} {percentage} %", hideCursor: true, stream: process.stderr })
        bar.start(1, 0)
        const results = studyOcclusion(seeds, days, done => bar.update(done))
        bar.stop()
        const rows = occlusionRows(results)
        process.stdout.write(options.json ? `${JSON.stringify({ rows }, null, 4)}\n` : `${renderTable(rows)}\n`)
        if (options.report) {
            writeFileSync(options.report, occlusionPage(results))
            process.stdout.write(`\nReport: ${options.report}\n`)
        }
    })

await runCommand(command)

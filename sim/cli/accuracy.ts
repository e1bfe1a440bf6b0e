// `npm run accuracy`: the field's own accuracy measurements, on what a real scale has measured or on a simulated run. All that can be wrong
// with the request is found before a run starts, and a page is written only after a whole one.

import { writeFileSync } from "node:fs"
import { SingleBar } from "cli-progress"
import { Command } from "commander"
import { renderPage } from "../accuracy/page"
import { PUMP_TYPES } from "../accuracy/plan"
import type { AccuracyReport } from "../accuracy/report"
import { reportOf } from "../accuracy/reportOf"
import { type AccuracyOptions, type AccuracyRequest, requestOf, SEED_MAX } from "../accuracy/request"
import { renderText } from "../accuracy/text"
import { InputError } from "../input"
import { problemsOfOutput, runCommand } from "./command"

interface OutputOptions {
    json?: true
    report?: string
}

const command = new Command("npm run accuracy --")
    .description(
        "Measures delivery as IEC 60601-2-24 does: overall error, start-up graph, trumpet curve and doses, and the drift of the flow; from a scale's readings, or from a simulated run. Bench and research pump: not for patients.",
    )
    .argument("[measured]", "CSV file with time and mass (or volume) of what the pump delivered onto a scale")
    .option("--set <flow>", 'the flow that was set: "0.6 mL/day", "25 uL/h" or "1 mL/h"')
    .option("--time-column <name>", "name or number of the column with the time (default: 1)")
    .option("--value-column <name>", "name or number of the column with mass or volume (default: 2)")
    .option("--time-unit <unit>", "s, min or h, where the column's name does not say it, as in time_s")
    .option("--unit <unit>", "g, mg, mL or uL, where the column's name does not say it, as in mass_mg")
    .option("--temperature <celsius>", "of the water, for its density, 0 to 40 (default: 20)")
    .option("--density <g/mL>", "in place of that of water, 0.5 to 2")
    .option("--evaporation <mg/h>", "what evaporates from the scale, counted as delivered, 0 to 1000 (default: 0)")
    .option(
        "--type <type>",
        `${PUMP_TYPES.join(" or ")} (default: type2 with --shot-cycle or --scenario, else volumetric)`,
    )
    .option("--shot-cycle <time>", 'from one shot of the pump to the next, such as "80.8 s"')
    .option(
        "--windows <list>",
        'windows of the trumpet curve in place of the standard\'s: "2min,31min", or "1S,31S" of sampling intervals',
    )
    .option(
        "--stabilisation <time>",
        'before the analysis period of type2, such as "2 h" (default: 24 h, less in a shorter run)',
    )
    .option("--gap <time>", "samples up to this far apart are interpolated between (default: 2.5 times the usual)")
    .option("--without-outliers", "leave outlying intervals out; without it they are only named")
    .option("--doses <file>", "CSV file with a row for each dose: programmed and measured")
    .option("--dose-columns <names>", "names or numbers of its columns (default: 1,2)")
    .option("--dose-units <units>", "of each, such as uL,mg, where their names do not say it")
    .option("--scenario <file>", "run this scenario on core in place of a measurement, with its boluses as doses")
    .option("--seed <number>", `draws its noise and jitter: 0 to ${SEED_MAX} (default: the scenario's)`)
    .option("--readability <mg>", "last digit of the simulated scale, 0 to 1000 (default: 0, which shows all)")
    .option("--metering", "of the commanded steps alone, without the mechanism")
    .option("--json", "print the result as one JSON object")
    .option("--report <file>", "write figures and plots as one HTML file")
    .addHelpText(
        "after",
        `
Sampling intervals and windows
  volumetric  S = 0.5 min; 2, 5, 11, 19, 31 min in the second hour and in the last
  type2       S = the shot cycle, or its multiple nearest 0.5 min where it is shorter;
              S, 2S, 5S, 11S, 19S, 31S in 100 S after stabilisation

Exit code
  0     measured
  1     the run broke off
  2     the input was wrong; nothing was written

Examples
  npm run accuracy -- measured.csv --set "0.6 mL/day" --time-unit s --unit mg
  npm run accuracy -- measured.csv --set "2 uL/h" --shot-cycle "80.8 s" --evaporation 0.4 --report accuracy.html
  npm run accuracy -- --doses doses.csv --dose-units uL,mg
  npm run accuracy -- --scenario sim/accuracy/flows/0.6.json
  npm run accuracy -- --scenario sim/accuracy/flows/0.6.json --metering`,
    )
    .action(async (measured: string | undefined, options: AccuracyOptions & OutputOptions) => {
        const problems = problemsOfOutput("--report", "an HTML file", options.report)
        if (problems.length > 0) throw new InputError(problems)
        const report = await withProgress(requestOf(measured, options))
        if (options.report !== undefined) writeFileSync(options.report, renderPage(report))
        const colour = process.stdout.isTTY === true && !process.env.NO_COLOR
        process.stdout.write(`${options.json ? JSON.stringify(report) : renderText(report, colour)}\n`)
        const told = options.json ? process.stderr : process.stdout
        if (options.report !== undefined) told.write(`\nReport: ${options.report} (open it in a browser)\n`)
    })

/** A bar on standard error while a scenario runs, where a person watches. */
async function withProgress(request: AccuracyRequest): Promise<AccuracyReport> {
    const bar = new SingleBar({
        format: "{bar} {percentage} %",
        hideCursor: true,
        stream: process.stderr,
        clearOnComplete: true,
    })
    if (request.kind === "simulated") bar.start(request.scenario.durationMs, 0)
    try {
        return await reportOf(request, simulatedMs => bar.update(simulatedMs))
    } finally {
        bar.stop()
    }
}

await runCommand(command)

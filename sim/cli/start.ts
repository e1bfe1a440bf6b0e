// `npm start`: the shortest way to see the pump at work, a day of a real prescription on the firmware's own bytecode.

import { mkdirSync } from "node:fs"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { Command } from "commander"
import { runCommand } from "./command"
import { runAndShow } from "./runAndShow"

const TOP = relative(process.cwd(), fileURLToPath(new URL("../../", import.meta.url)))

const command = new Command("npm start")
    .description(
        "Builds the firmware, runs a day of a real prescription on it in DeviceScript's virtual machine, and shows what the simulated pump delivered. Bench and research pump: not for patients.",
    )
    .addHelpText(
        "after",
        `
The scenario is sim/scenarios/day.json; the report with its plots is written to reports/day.html.

Examples
  npm start
  npm run sim -- sim/scenarios/occlusion.json --report occlusion.html    another scenario
  npm run sim -- --help                                                  all options`,
    )
    .action(async () => {
        mkdirSync(join(TOP, "reports"), { recursive: true })
        const met = await runAndShow({
            scenarioFile: join(TOP, "sim/scenarios/day.json"),
            engine: "vm",
            seed: undefined,
            json: false,
            reportFile: join(TOP, "reports/day.html"),
            traceFile: undefined,
            memoryFile: undefined,
        })
        if (!met) process.exitCode = 1
    })

await runCommand(command)

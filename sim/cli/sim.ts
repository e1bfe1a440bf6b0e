// `npm run sim`: one scenario on one engine, for people and, with --json, for programs.

import { Command } from "commander"
import { ENGINES } from "../engines/run"
import { optionError, runCommand, wholeOption, wordOption } from "./command"
import { runAndShow } from "./runAndShow"

const SEED_MAX = 2 ** 32 - 1

/** The emulated chip needs an image that is the user's own, and shows figures that the others have not. */
const CHIP = "chip"
const ALL_ENGINES = [...ENGINES, CHIP] as const

interface SimOptions {
    engine: string
    seed?: string
    json?: true
    report?: string
    trace?: string
    memory?: string
    runtime?: string
    usb: boolean
}

const command = new Command("npm run sim --")
    .description(
        "Runs a scenario of the simulated intrathecal pump and shows what was programmed, what was delivered and which alarms came. Bench and research pump: not for patients.",
    )
    .argument("<file>", "scenario file; those that come with the project are in sim/scenarios/")
    .option("--engine <engine>", `what runs the firmware: ${ALL_ENGINES.join(" or ")}`, "core")
    .option("--seed <number>", `draws noise and jitter: 0 to ${SEED_MAX} (default: the scenario's)`)
    .option("--json", "print the result as one JSON object")
    .option("--report <file>", "write the run with its plots as one HTML file")
    .option("--trace <file>", "write one line of whole numbers for each tick")
    .option("--memory <file>", "write what the pump's record memory holds at the end, for npm run log")
    .option(
        "--runtime <file>",
        "engine chip: DeviceScript's runtime image for the Pico, a UF2 file (default: the one fetched before)",
    )
    .option("--no-usb", "engine chip: no computer at the USB port, as on a battery")
    .addHelpText(
        "after",
        `
Engines
  core  the firmware's logic, run by Node; the fastest
  vm    the firmware's bytecode, run by DeviceScript's virtual machine
  chip  the Pico's bytecode on DeviceScript's runtime image, on an emulated RP2040: times, pins and flash as on the board; slower than real time

Exit code
  0     the run met all that the scenario expects
  1     it did not, or the run broke off
  2     the input was wrong; nothing was written

Examples
  npm run sim -- sim/scenarios/day.json
  npm run sim -- sim/scenarios/occlusion.json --engine vm --report occlusion.html
  npm run --silent sim -- sim/scenarios/prime.json --seed 7 --json > prime.json`,
    )
    .action(async (file: string, options: SimOptions) => {
        const engine = wordOption("--engine", options.engine, ALL_ENGINES)
        const request = {
            scenarioFile: file,
            seed: options.seed === undefined ? undefined : wholeOption("--seed", options.seed, 0, SEED_MAX),
            json: options.json === true,
            reportFile: options.report,
            traceFile: options.trace,
            memoryFile: options.memory,
        }
        if (engine !== CHIP && options.runtime !== undefined)
            throw optionError("--runtime", options.runtime, `left out, or used with --engine ${CHIP}`)
        const met =
            engine === CHIP
                ? await (await import("../chip/show")).runAndShowChip({
                      ...request,
                      runtimeFile: options.runtime,
                      usb: options.usb,
                  })
                : await runAndShow({ ...request, engine })
        if (!met) process.exitCode = 1
    })

await runCommand(command)

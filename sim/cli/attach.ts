// `npm run attach`: a scenario in real time around firmware that runs in the ordinary DeviceScript tools. What happens is
// printed as it happens, and a summary at the end; what cannot be known in real time is said to be so.

import { performance } from "node:perf_hooks"
import { Command } from "commander"
import { Session } from "../engines/session"
import { shown } from "../input"
import { renderSummary } from "../report/summary"
import { formatDuration } from "../report/units"
import { loadScenario } from "../scenario/load"
import type { Scenario } from "../scenario/scenario"
import { sinceStartMs, sinceStartText } from "../scenario/time"
import { optionError, runCommand, wholeOption } from "./command"
import { LiveShow } from "./liveShow"

const SEED_MAX = 2 ** 32 - 1

/** Time between two lines that say how things stand. */
const LINE_MS = 5_000

const TOOLS_BUS_URL = "ws://127.0.0.1:8081"

interface AttachOptions {
    bus: string
    seed?: string
    for?: string
    json?: true
}

const command = new Command("npm run attach --")
    .description(
        "Runs a scenario in real time around firmware that runs in the ordinary DeviceScript tools: joins their bus as the world of the simulated pump and shows live what happens. Bench and research pump: not for patients.",
    )
    .argument("<file>", "scenario file; those that come with the project are in sim/scenarios/")
    .option("--bus <url>", "where the tools serve their bus", TOOLS_BUS_URL)
    .option("--seed <number>", `draws the sensors' noise: 0 to ${SEED_MAX} (default: the scenario's)`)
    .option("--for <time>", 'ends after this time, hours and minutes such as "00:10" (default: the scenario\'s)')
    .option("--json", "print the result as one JSON object; what happens goes to standard error")
    .addHelpText(
        "after",
        `
Start the tools first, each in a terminal of its own, and leave them running:
  npx devs devtools                  the bus
  npx devs run src/mainSimulator.ts  the firmware in a simulated device

Prescription, calibration and filling are written into that device, and its program is started anew.

Exit code
  0     it ran to the end and met all that can be judged of it, or was ended before that
  1     it did not, or the tools are not there or failed
  2     the input was wrong

Examples
  npm run attach -- sim/scenarios/prime.json
  npm run attach -- sim/scenarios/occlusion.json --for 00:10`,
    )
    .action(async (file: string, options: AttachOptions) => {
        const seed = options.seed === undefined ? undefined : wholeOption("--seed", options.seed, 0, SEED_MAX)
        checkBus(options.bus)
        const scenario = loadScenario(file)
        const endMs = endOption(options.for, scenario)
        if (!(await attach(scenario, seed ?? scenario.seed, options.bus, endMs, options.json === true)))
            process.exitCode = 1
    })

function checkBus(text: string): void {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url?.protocol !== "ws:" && url?.protocol !== "wss:")
        throw optionError("--bus", text, `an address such as ${shown(TOOLS_BUS_URL)}`)
}

function endOption(text: string | undefined, scenario: Scenario): number {
    if (text === undefined) return scenario.durationMs
    const ms = sinceStartMs(text)
    if (ms === undefined || !(ms > 0 && ms <= scenario.durationMs))
        throw optionError(
            "--for",
            text,
            `a time such as "00:10" (ten minutes), up to the scenario's ${shown(sinceStartText(scenario.durationMs))}`,
        )
    return ms
}

/** Runs and shows the scenario. Returns true when nothing failed. */
async function attach(scenario: Scenario, seed: number, bus: string, endMs: number, json: boolean): Promise<boolean> {
    // Loaded only now: this side of the bus takes longer to load than all that can be wrong with the input takes to find.
    const { runRealTime } = await import("../engines/realTime")
    const { ToolsError } = await import("../engines/toolsBus")
    const live = json ? process.stderr : process.stdout
    const print = (text: string) => live.write(`${text}\n`)
    const session = new Session(scenario, seed)
    const show = new LiveShow(session, print)
    show.lineMs = LINE_MS
    const interrupt = new AbortController()
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort())

    print(`${scenario.name}: ${scenario.prescription.name}, seed ${seed}`)
    print(`${formatDuration(endMs)} in real time; Ctrl-C ends it before that`)
    const startedMs = performance.now()
    let failed = false
    try {
        await runRealTime(session, {
            url: bus,
            endMs,
            signal: interrupt.signal,
            onNote: text => show.note(text),
            onMoment: pump => show.moment(pump),
        })
    } catch (error) {
        if (!(error instanceof ToolsError)) throw error
        failed = true
        process.stderr.write(`${error.message}\n`)
        if (session.world.nowMs === 0) {
            process.stderr.write(`${howToStart(bus)}\n`)
            return false
        }
    }
    const endedMs = session.world.nowMs
    if (endedMs === 0) {
        print("Ended before the firmware was started")
        return true
    }
    const run = session.finish("attach", performance.now() - startedMs, endedMs)
    if (json) process.stdout.write(`${JSON.stringify(run.result)}\n`)
    else {
        const colour = process.stdout.isTTY === true && !process.env.NO_COLOR
        print(`\n${renderSummary(scenario, run, colour)}`)
    }
    if (endedMs < scenario.durationMs)
        print(
            `\nEnded after ${formatDuration(endedMs)} of ${formatDuration(scenario.durationMs)}: what the scenario expects was not judged`,
        )
    else if (json) for (const failure of run.failures) process.stderr.write(`expectation failed: ${failure}\n`)
    return !failed && run.failures.length === 0
}

function howToStart(bus: string): string {
    return `At ${bus} the tools are to serve their bus, with the firmware in a simulated device. In two terminals:
  npx devs devtools
  npx devs run src/mainSimulator.ts`
}

await runCommand(command)

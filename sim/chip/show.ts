// `npm run sim -- FILE --engine chip`: the run, its summary and the figures that only the chip gives.

import { writeFileSync } from "node:fs"
import { performance } from "node:perf_hooks"
import { problemsOfOutput } from "../cli/command"
import type { Run } from "../engines/result"
import { Session } from "../engines/session"
import { InputError, type Problem } from "../input"
import { renderReport } from "../report/html"
import { renderSummary } from "../report/summary"
import { loadScenario } from "../scenario/load"
import type { Scenario } from "../scenario/scenario"
import type { Bench } from "./bench"
import type { Chip } from "./chip"
import { HangError, runChip } from "./engine"
import { type ChipFigures, chipFigures, chipSummary, millisecondsOf, type Stall } from "./figures"
import { HeapWatch } from "./heap"
import { findRuntime } from "./image"

/** What was asked for on the command line. */
export interface ChipRequest {
    scenarioFile: string
    runtimeFile: string | undefined
    /** False: no computer at the USB port. */
    usb: boolean
    seed: number | undefined
    json: boolean
    reportFile: string | undefined
    traceFile: string | undefined
    memoryFile: string | undefined
}

/** What a scenario may have a person do, and what may happen, that this engine cannot bring about. */
const UNABLE: ReadonlySet<string> = new Set([
    "prime",
    "bolus",
    "silence",
    "release",
    "cancelBolus",
    "minimumRate",
    "refillBegin",
    "refill",
    "setClock",
    "programme",
    "freeze",
])

/** What of a scenario this engine cannot run: a person there has the pump's two buttons and no programmer. */
export function problemsOfScenario(scenario: Scenario, file: string): Problem[] {
    return scenario.events.flatMap(({ kind }, i) =>
        UNABLE.has(kind)
            ? [
                  {
                      file,
                      field: `events[${i}].do`,
                      was: JSON.stringify(kind),
                      mayBe: "what the pump's two buttons do (start, stop, acknowledge, patientDose), or what happens to the bench, on the engine chip",
                  },
              ]
            : [],
    )
}

/** Runs a scenario on the chip. Throws InputError, HangError. */
export async function runOnChip(
    scenario: Scenario,
    seed: number,
    options: { runtimeFile: string; usb: boolean; onProgress?: (ms: number) => void },
): Promise<{ run: Run; figures: ChipFigures }> {
    const session = new Session(scenario, seed)
    const heap = new HeapWatch()
    const chips: { chip: Chip; bootMs: number }[] = []
    let bench: Bench | undefined
    const startedMs = performance.now()
    await runChip(session, {
        runtimeFile: options.runtimeFile,
        usb: options.usb,
        onProgress: options.onProgress ?? (() => {}),
        onTraceLine: undefined,
        onBench: made => {
            bench = made
        },
        onPowerOn: chip => {
            heap.forget()
            chips.push({ chip, bootMs: session.poweredOnMs })
        },
        onSlice: chip => heap.look(chip.rp2040.sramView),
    })
    const run = session.finish("chip", performance.now() - startedMs)
    const stalls: Stall[] = chips.flatMap(({ chip, bootMs }) =>
        chip.stalls.map(({ fromNanos, toNanos }) => ({
            fromMs: bootMs + millisecondsOf(fromNanos),
            lastedMs: millisecondsOf(toNanos - fromNanos),
        })),
    )
    if (!bench) throw new Error("the run had no bench")
    return { run, figures: chipFigures(bench, heap, stalls) }
}

/** Runs and shows one scenario. Returns true when it met all that it expects. Throws InputError before anything is written. */
export async function runAndShowChip(request: ChipRequest): Promise<boolean> {
    const problems = [
        ...problemsOfOutput("--report", "an HTML file", request.reportFile),
        ...problemsOfOutput("--memory", "a file", request.memoryFile),
    ]
    if (request.traceFile !== undefined)
        problems.push({
            file: "command line",
            field: "--trace",
            was: JSON.stringify(request.traceFile),
            mayBe: "left out: a board tells nobody what happens within its ticks",
        })
    if (problems.length > 0) throw new InputError(problems)
    const scenario = loadScenario(request.scenarioFile)
    const unable = problemsOfScenario(scenario, request.scenarioFile)
    if (unable.length > 0) throw new InputError(unable)
    const runtimeFile = findRuntime(request.runtimeFile)
    process.stderr.write(`Building the firmware for the Pico; then ${scenario.name}, some seconds for each\n`)
    const done = await runOnChip(scenario, request.seed ?? scenario.seed, {
        runtimeFile,
        usb: request.usb,
        onProgress: ms => {
            if (ms % 10_000 === 0) process.stderr.write(`${ms / 1000} s simulated\n`)
        },
    }).catch((error: unknown) => {
        if (error instanceof HangError) return error
        throw error
    })
    if (done instanceof HangError) {
        process.stderr.write(`${done.message}. Nothing was written.\n`)
        return false
    }
    const { run, figures } = done
    if (request.reportFile !== undefined) writeFileSync(request.reportFile, renderReport(scenario, run))
    if (request.memoryFile !== undefined) writeFileSync(request.memoryFile, run.memory)
    if (request.json) {
        process.stdout.write(`${JSON.stringify({ ...run.result, chip: figures })}\n`)
        for (const failure of run.failures) process.stderr.write(`expectation failed: ${failure}\n`)
    } else {
        const colour = process.stdout.isTTY === true && !process.env.NO_COLOR
        process.stdout.write(`\n${renderSummary(scenario, run, colour)}\n\n${chipSummary(figures)}\n`)
    }
    return run.failures.length === 0
}

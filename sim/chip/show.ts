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

/** What needs the programmer's link, and so a computer at the USB port. */
const OVER_THE_LINK: ReadonlySet<string> = new Set([
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
])

/** What of a scenario this engine cannot run. @param usb whether there is a computer at the USB port */
export function problemsOfScenario(scenario: Scenario, file: string, usb: boolean): Problem[] {
    return scenario.events.flatMap(({ kind }, i) => {
        const problem = (mayBe: string) => [{ file, field: `events[${i}].do`, was: JSON.stringify(kind), mayBe }]
        if (kind === "freeze")
            return problem("anything else on the engine chip, whose firmware hangs by itself or not at all")
        if (kind === "hostileFrames")
            return problem("anything else on the engine chip, where nobody but the programmer is on the bus")
        if (!usb && OVER_THE_LINK.has(kind))
            return problem(
                "what the pump's two buttons do (start, stop, acknowledge, patientDose), or what happens to the bench, with --no-usb",
            )
        return []
    })
}

/** Runs a scenario on the chip. Throws InputError, HangError. */
export async function runOnChip(
    scenario: Scenario,
    seed: number,
    options: {
        runtimeFile: string
        usb: boolean
        onProgress?: (ms: number) => void
        onTraceLine?: (line: string) => void
    },
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
        onTraceLine: options.onTraceLine,
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
        ...problemsOfOutput("--trace", "a text file", request.traceFile),
        ...problemsOfOutput("--memory", "a file", request.memoryFile),
    ]
    if (problems.length > 0) throw new InputError(problems)
    const scenario = loadScenario(request.scenarioFile)
    const unable = problemsOfScenario(scenario, request.scenarioFile, request.usb)
    if (unable.length > 0) throw new InputError(unable)
    const runtimeFile = findRuntime(request.runtimeFile)
    process.stderr.write(`Building the firmware for the Pico; then ${scenario.name}, some seconds for each\n`)
    const trace: string[] = []
    const done = await runOnChip(scenario, request.seed ?? scenario.seed, {
        runtimeFile,
        usb: request.usb,
        ...(request.traceFile === undefined ? {} : { onTraceLine: (line: string) => trace.push(line) }),
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
    if (request.traceFile !== undefined) writeFileSync(request.traceFile, `${trace.join("\n")}\n`)
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

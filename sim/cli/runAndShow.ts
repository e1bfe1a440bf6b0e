// Runs a scenario and shows it: progress while it runs, then a summary or one JSON object, and what files were asked for.
// Everything that can be wrong with the request is found before the run starts, and files appear only after a whole run.

import { closeSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs"
import { SingleBar } from "cli-progress"
import { buildFirmware, firmwareIsCurrent } from "../engines/firmware"
import { type EngineName, runScenario } from "../engines/run"
import { InputError } from "../input"
import { renderReport } from "../report/html"
import { renderSummary } from "../report/summary"
import { formatDuration } from "../report/units"
import { loadScenario } from "../scenario/load"
import { problemsOfOutput } from "./command"

/** What was asked for on the command line. */
export interface RunRequest {
    scenarioFile: string
    engine: EngineName
    /** Without one, the scenario's own. */
    seed: number | undefined
    /** Print the result as one JSON object, and nothing else on standard output. */
    json: boolean
    reportFile: string | undefined
    traceFile: string | undefined
    /** Where to keep what the record memory holds at the end. */
    memoryFile: string | undefined
}

/**
 * Runs and shows one scenario. Returns true when it met all that it expects.
 * Throws InputError before anything is written when the request cannot be served.
 */
export async function runAndShow(request: RunRequest): Promise<boolean> {
    const problems = [
        ...problemsOfOutput("--report", "an HTML file", request.reportFile),
        ...problemsOfOutput("--trace", "a text file", request.traceFile),
        ...problemsOfOutput("--memory", "a file", request.memoryFile),
    ]
    if (problems.length > 0) throw new InputError(problems)
    const scenario = loadScenario(request.scenarioFile)
    const seed = request.seed ?? scenario.seed

    if (request.engine === "vm" && !firmwareIsCurrent("mainSimulator")) {
        process.stderr.write("Building the firmware\n")
        await buildFirmware("mainSimulator")
    }
    const trace = request.traceFile === undefined ? undefined : new TraceFile(request.traceFile)
    const progress = startProgress(`${scenario.name}, engine ${request.engine}`, scenario.durationMs)
    try {
        const run = await runScenario(scenario, {
            engine: request.engine,
            seed,
            onProgress: progress.update,
            onTraceLine: trace && (line => trace.add(line)),
        })
        progress.update(scenario.durationMs)
        progress.stop()
        trace?.keep()
        if (request.reportFile !== undefined) writeFileSync(request.reportFile, renderReport(scenario, run))
        if (request.memoryFile !== undefined) writeFileSync(request.memoryFile, run.memory)
        if (request.json) {
            process.stdout.write(`${JSON.stringify(run.result)}\n`)
            for (const failure of run.failures) process.stderr.write(`expectation failed: ${failure}\n`)
        } else {
            const colour = process.stdout.isTTY === true && !process.env.NO_COLOR
            process.stdout.write(`\n${renderSummary(scenario, run, colour)}\n`)
        }
        const told = request.json ? process.stderr : process.stdout
        if (request.traceFile !== undefined) told.write(`\nTrace:  ${request.traceFile}\n`)
        if (request.reportFile !== undefined) told.write(`\nReport: ${request.reportFile} (open it in a browser)\n`)
        if (request.memoryFile !== undefined)
            told.write(`\nMemory: ${request.memoryFile} (npm run log -- ${request.memoryFile})\n`)
        return run.failures.length === 0
    } finally {
        progress.stop()
        trace?.drop()
    }
}

const TRACE_CHUNK_LENGTH = 1 << 16

/** A trace that stands under its name only when the run was whole. */
class TraceFile {
    private readonly partFile: string
    private readonly handle: number
    private text = ""
    private open = true

    constructor(private readonly file: string) {
        this.partFile = `${file}.part`
        this.handle = openSync(this.partFile, "w")
    }

    add(line: string): void {
        this.text += `${line}\n`
        if (this.text.length >= TRACE_CHUNK_LENGTH) this.flush()
    }

    keep(): void {
        this.flush()
        this.close()
        renameSync(this.partFile, this.file)
    }

    /** Leaves nothing behind of a run that broke off; does nothing once the trace is kept. */
    drop(): void {
        if (!this.open) return
        this.close()
        rmSync(this.partFile, { force: true })
    }

    private flush(): void {
        writeSync(this.handle, this.text)
        this.text = ""
    }

    private close(): void {
        closeSync(this.handle)
        this.open = false
    }
}

interface Progress {
    update: (simulatedMs: number) => void
    stop: () => void
}

/** A bar on standard error where a person watches; four lines where it goes to a file. */
function startProgress(title: string, durationMs: number): Progress {
    if (process.stderr.isTTY) {
        const bar = new SingleBar({
            format: `${title}  {bar} {percentage} %  {simulated}  {eta_formatted} left`,
            barCompleteChar: "█",
            barIncompleteChar: "░",
            barsize: 24,
            hideCursor: true,
            fps: 5,
            stream: process.stderr,
        })
        bar.start(durationMs, 0, { simulated: "" })
        let running = true
        return {
            update: simulatedMs => bar.update(simulatedMs, { simulated: formatDuration(simulatedMs) }),
            stop: () => {
                if (!running) return
                running = false
                bar.stop()
            },
        }
    }
    process.stderr.write(`${title}, ${formatDuration(durationMs)} to simulate\n`)
    let quarters = 0
    return {
        update: simulatedMs => {
            const reached = Math.floor((4 * simulatedMs) / durationMs)
            if (reached <= quarters || reached >= 4) return
            quarters = reached
            process.stderr.write(`${25 * quarters} %: ${formatDuration(simulatedMs)} simulated\n`)
        },
        stop: () => {},
    }
}

// `npm run soak`: simulated days with faults, drawn from seeds, on all cores. What fails is shrunk and kept as a scenario.

import { mkdirSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { MultiBar } from "cli-progress"
import { Command } from "commander"
import { Tinypool } from "tinypool"
import { buildFirmware, firmwareIsCurrent } from "../engines/firmware"
import { ENGINES, type EngineName } from "../engines/run"
import { drawScenario } from "../soak/draw"
import { INVARIANTS, type Violation } from "../soak/invariants"
import { judge, type SeedOutcome, type SeedRequest } from "../soak/runSeed"
import { shrink } from "../soak/shrink"
import { optionError, runCommand, wholeOption, wordOption } from "./command"

/** Drawn scenarios name files of this folder. */
const SIM_FOLDER = fileURLToPath(new URL("..", import.meta.url))

const SEED_MAX = 2 ** 32 - 1
const SEEDS_MAX = 1_000_000
const DAYS_MAX = 366
const MS_PER_DAY = 86_400_000
const MS_PER_MINUTE = 60_000

interface SoakOptions {
    days: string
    seeds: string
    engine: string
    first?: true
    keep?: string
    json?: true
}

/** Reads "A..B", or a single seed. */
function seedsOption(text: string): number[] {
    const [, first, last = first] = /^(\d{1,10})(?:\.\.(\d{1,10}))?$/.exec(text) ?? []
    const from = Number(first)
    const to = Number(last)
    if (!(from <= to && to <= SEED_MAX && to - from < SEEDS_MAX))
        throw optionError(
            "--seeds",
            text,
            `A..B, whole numbers from 0 to ${SEED_MAX}, ${SEEDS_MAX} of them at most, such as 1..100`,
        )
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

const command = new Command("npm run soak --")
    .description(
        "Runs the simulated pump for days in which much goes wrong, drawn from seeds, and judges from the world's side what must hold all the same. Bench and research pump: not for patients.",
    )
    .option("--days <number>", `days of each seed, 1 to ${DAYS_MAX}`, "1")
    .option("--seeds <range>", "the seeds, from the first to the last", "1..20")
    .option("--engine <engine>", `what runs the firmware: ${ENGINES.join(" or ")}`, "core")
    .option("--first", "end with the first seed that fails; what comes after it is not run")
    .option("--keep <folder>", "shrink what fails, and keep it in this folder as scenario files")
    .option("--json", "print what came of each seed as one JSON object")
    .addHelpText(
        "after",
        `
What must hold
${Object.entries(INVARIANTS)
    .map(([name, words]) => `  ${name.padEnd(11)} ${words}`)
    .join("\n")}

Exit code
  0     all of it held with every seed
  1     something did not, or a run broke off
  2     the input was wrong; nothing was run

Examples
  npm run soak -- --days 2 --seeds 1..1000
  npm run soak -- --seeds 1..20 --engine vm
  npm run soak -- --seeds 1..100 --keep found`,
    )
    .action(async ({ first, keep, json, ...options }: SoakOptions) => {
        const days = wholeOption("--days", options.days, 1, DAYS_MAX)
        const seeds = seedsOption(options.seeds)
        const engine = wordOption("--engine", options.engine, ENGINES)
        if (keep !== undefined) mkdirSync(keep, { recursive: true })
        if (engine === "vm" && !firmwareIsCurrent("mainSimulator")) {
            process.stderr.write("Building the firmware\n")
            await buildFirmware("mainSimulator")
        }
        const startedMs = performance.now()
        const outcomes = await runAll(seeds, days, engine, first === true)
        const minutes = (performance.now() - startedMs) / MS_PER_MINUTE
        const failed = outcomes.filter(({ violations }) => violations.length > 0)
        const kept = keep === undefined ? [] : await keepShrunk(keep, failed, days, engine)
        if (json) process.stdout.write(`${JSON.stringify({ engine, days, minutes, outcomes, kept })}\n`)
        else process.stdout.write(`${summary(outcomes, minutes, kept)}\n`)
        if (failed.length > 0) process.exitCode = 1
    })

/**
 * Runs the seeds on all cores.
 * @param first end with the first that fails: the seeds up to it are returned, whatever was run beside it
 */
async function runAll(seeds: number[], days: number, engine: EngineName, first: boolean): Promise<SeedOutcome[]> {
    const workers = Math.min(seeds.length, availableParallelism())
    const pool = new Tinypool({
        filename: new URL("../soak/runSeed.ts", import.meta.url).href,
        // The loader of TypeScript does not come into a thread.
        runtime: "child_process",
        minThreads: workers,
        maxThreads: workers,
    })
    const bars = new MultiBar({
        format: "{bar} {value} of {total} seeds, {failed} failed, {eta_formatted} left",
        hideCursor: true,
        stream: process.stderr,
        clearOnComplete: true,
        noTTYOutput: true,
        notTTYSchedule: MS_PER_MINUTE,
    })
    const bar = bars.create(seeds.length, 0, { failed: 0 })
    const outcomes: SeedOutcome[] = []
    let failed = 0
    let next = 0
    const work = async () => {
        while (next < seeds.length && !(first && failed > 0)) {
            const request: SeedRequest = { seed: seeds[next++], days, engine }
            const outcome: SeedOutcome = await pool.run(request)
            outcomes.push(outcome)
            if (outcome.violations.length > 0) {
                failed += 1
                if (!process.stderr.isTTY) process.stderr.write(`\n${failureText(outcome)}\n`)
            }
            bar.increment(1, { failed })
        }
    }
    try {
        await Promise.all(Array.from({ length: workers }, work))
    } finally {
        bars.stop()
        await pool.destroy()
    }
    outcomes.sort((a, b) => a.seed - b.seed)
    const firstFailed = outcomes.findIndex(({ violations }) => violations.length > 0)
    return first && firstFailed >= 0 ? outcomes.slice(0, firstFailed + 1) : outcomes
}

/** Shrinks each seed that failed; returns the files. */
async function keepShrunk(folder: string, failed: SeedOutcome[], days: number, engine: EngineName): Promise<string[]> {
    const files: string[] = []
    for (const { seed, violations } of failed) {
        process.stderr.write(`Shrinking seed ${seed}\n`)
        const { scenario } = await shrink(drawScenario(seed, days), violations[0], drawn => judge(drawn, engine))
        const file = join(folder, `seed-${seed}.json`)
        const simFolder = relative(folder, SIM_FOLDER)
        writeFileSync(file, `${JSON.stringify(scenario, undefined, 4).replaceAll('"../', `"${simFolder}/`)}\n`)
        files.push(file)
    }
    return files
}

function summary(outcomes: SeedOutcome[], minutes: number, kept: string[]): string {
    const sum = (of: (outcome: SeedOutcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0)
    const days = sum(({ simulatedMs }) => simulatedMs) / MS_PER_DAY
    const failed = outcomes.filter(({ violations }) => violations.length > 0)
    const lines = [
        "Bench and research pump. Not for patients.",
        "",
        `${outcomes.length} seeds, ${days} days in ${minutes.toFixed(1)} min: ${(days / minutes).toFixed(1)} simulated days a minute`,
        `${sum(({ events }) => events)} events, ${sum(({ alarms }) => alarms)} alarms, ${sum(({ boluses }) => boluses)} boluses, ${sum(({ powerOns }) => powerOns)} power-ons`,
        failed.length === 0 ? "Everything that must hold held." : `${failed.length} seeds failed:`,
    ]
    for (const outcome of failed) lines.push(`    ${failureText(outcome)}`)
    for (const file of kept) lines.push(`Kept ${file} (npm run sim -- ${file})`)
    return lines.join("\n")
}

function failureText({ seed, violations }: SeedOutcome): string {
    const { invariant, atMs, text }: Violation = violations[0]
    return `seed ${seed}: ${invariant}, ${(atMs / 3_600_000).toFixed(2)} h: ${text}`
}

await runCommand(command)

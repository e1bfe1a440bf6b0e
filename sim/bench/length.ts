// How the cost of a run grows with its length: processor time of each simulated day, and memory when it is over.

import { fileURLToPath } from "node:url"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { MS_PER_DAY } from "../../src/pump/limits"
import { runScenario } from "../engines/run"
import { loadScenario } from "../scenario/load"
import { drawScenario } from "../soak/draw"
import { judge } from "../soak/runSeed"
import { type Row, rowOf } from "./rows"

const LENGTHS_DAYS = [1, 10, 100, 365]
const YEAR = fileURLToPath(new URL("../scenarios/year/year.json", import.meta.url))
const BYTES_PER_MEGABYTE = 1_000_000
const SEEDS = [1, 2, 3, 4]
const HOURS_ON_VM = 6
const MS_PER_MINUTE = 60_000

/** The year's scenario cut off after ever more days, on `core`; and days with faults drawn from seeds, on both engines. */
export async function lengthRows(onProgress: (done: number) => void): Promise<Row[]> {
    const allDays = LENGTHS_DAYS.reduce((sum, days) => sum + days, 0)
    const rows: Row[] = []
    await runDays(1, () => {})
    const heapBeforeBytes = heapBytes()
    const measured: { days: number; msPerDay: number; megabytes: number }[] = []
    let doneDays = 0
    for (const days of LENGTHS_DAYS) {
        const { cpuMs, heap } = await runDays(days, done => onProgress((doneDays + done * days) / (allDays + 20)))
        doneDays += days
        measured.push({ days, msPerDay: cpuMs / days, megabytes: (heap - heapBeforeBytes) / BYTES_PER_MEGABYTE })
    }
    const year = measured[measured.length - 1]
    const held = "heap after it less that before, garbage collected, the run's result held"
    for (const { days, msPerDay, megabytes } of measured) {
        const what = `${days} ${days === 1 ? "day" : "days"} of a year`
        const reference = { figure: year.msPerDay, name: "the whole year" }
        rows.push(
            rowOf("length", what, msPerDay, "ms/day", reference, "processor time of year.json cut off there"),
            rowOf("length", "", megabytes, "MB", { figure: year.megabytes, name: reference.name }, held),
        )
    }
    const core = await soakDaysPerMinute("core", SEEDS, 24)
    const vm = await soakDaysPerMinute("vm", SEEDS.slice(0, 2), HOURS_ON_VM)
    rows.push(
        rowOf("length", "days with faults, core", core, "days/min", undefined, `seeds 1 to 4, a day each, on one core`),
        rowOf(
            "length",
            "days with faults, vm",
            vm,
            "days/min",
            { figure: core, name: "core" },
            `seeds 1 and 2, the first ${HOURS_ON_VM} h of each, on one core`,
        ),
    )
    return rows
}

async function runDays(days: number, onProgress: (done: number) => void): Promise<{ cpuMs: number; heap: number }> {
    const year = loadScenario(YEAR)
    const durationMs = days * MS_PER_DAY
    const events = year.events.filter(({ atMs }) => atMs < durationMs)
    const scenario = { ...year, durationMs, events, expect: { alarms: [], noOtherAlarms: false } }
    const before = process.cpuUsage()
    const run = await runScenario(scenario, {
        engine: "core",
        seed: scenario.seed,
        onTraceLine: undefined,
        onProgress: ms => onProgress(ms / durationMs),
    })
    const { user, system } = process.cpuUsage(before)
    const heap = heapBytes()
    // Held until here, so that its memory counts.
    if (run.result.simulatedMs !== durationMs) throw new Error(`a run of ${days} days ended early`)
    return { cpuMs: (user + system) / 1000, heap }
}

async function soakDaysPerMinute(engine: "core" | "vm", seeds: number[], hours: number): Promise<number> {
    const before = process.cpuUsage()
    for (const seed of seeds) {
        const drawn = drawScenario(seed, 1)
        const events = drawn.events.filter(({ at }) => at < `${String(hours).padStart(2, "0")}:00`)
        await judge({ ...drawn, duration: `${hours}:00`, events }, engine)
    }
    const { user, system } = process.cpuUsage(before)
    return (seeds.length * hours) / 24 / ((user + system) / 1000 / MS_PER_MINUTE)
}

function heapBytes(): number {
    setFlagsFromString("--expose-gc")
    const collect: () => void = runInNewContext("gc")
    collect()
    return process.memoryUsage().heapUsed
}

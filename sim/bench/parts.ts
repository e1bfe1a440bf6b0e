// What `npm run bench` measures, part by part. Speeds depend on the computer and on what else it does; whatever can be is
// therefore given as a ratio to something measured in the same run.

import { statSync } from "node:fs"
import { performance } from "node:perf_hooks"
import { fileURLToPath } from "node:url"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from "../../src/pump/limits"
import { buildFirmware, ENTRIES, type Entry, firmwareFile, firmwareIsCurrent } from "../engines/firmware"
import { type EngineName, runScenario } from "../engines/run"
import { loadPrescription } from "../prescription/compile"
import { loadScenario } from "../scenario/load"
import type { Scenario } from "../scenario/scenario"
import { energyRows, measureEnergy } from "./energy"
import { GC_HEAP_BYTES } from "./gcHeap"
import { journalRows } from "./journal"
import { lengthRows } from "./length"
import { linkRows } from "./link"
import { measureHeap } from "./memory"
import {
    accelStepperEachMs,
    accelStepperEachTick,
    countingTicks,
    type MeteringModel,
    roundedPeriod,
    stepsProgrammed,
    thisDesign,
} from "./meteringModels"
import { physicsRows } from "./physics"
import { type Row, rowOf } from "./rows"
import { faultRows, measureFaults } from "./singleFaults"
import { therapyRows } from "./therapies"
import { type Cost, measureCosts, onChip } from "./tickCosts"

/** How long the long runs are, and where they tell how far they are. */
export interface PartOptions {
    /** Days of the run that looks for drift. */
    days: number
    /** Hours of each run on the virtual machine. */
    hours: number
    /** Takes how much of the part is done, from 0 to 1. */
    onProgress: (done: number) => void
}

export type Part = (options: PartOptions) => Promise<Row[]>

function shipped(name: string): Scenario {
    const scenario = loadScenario(fileURLToPath(new URL(`../scenarios/${name}.json`, import.meta.url)))
    return { ...scenario, events: [], expect: { alarms: [], noOtherAlarms: false } }
}

interface Timed {
    ticks: number
    simulatedMs: number
    wallMs: number
    cpuMs: number
}

/** Runs a scenario and takes its time, by the clock and by the processor. */
async function timed(
    scenario: Scenario,
    engine: EngineName,
    onTraceLine: ((line: string) => void) | undefined,
    onProgress: (done: number) => void,
): Promise<Timed> {
    const cpuBefore = process.cpuUsage()
    const startedMs = performance.now()
    const { result } = await runScenario(scenario, {
        engine,
        seed: scenario.seed,
        onTraceLine,
        onProgress: ms => onProgress(ms / scenario.durationMs),
    })
    const wallMs = performance.now() - startedMs
    const cpu = process.cpuUsage(cpuBefore)
    return {
        ticks: result.ticks,
        simulatedMs: scenario.durationMs,
        wallMs,
        cpuMs: (cpu.user + cpu.system) / 1000,
    }
}

/** How fast the logic runs on Node with the whole world around it. */
const core: Part = async ({ onProgress }) => {
    const scenario = shipped("day")
    await timed(scenario, "core", undefined, () => {})
    const days = 20
    const run = await timed({ ...scenario, durationMs: days * MS_PER_DAY }, "core", undefined, onProgress)
    const target = { figure: 500_000, name: "target" }
    const how = `${days} days of day.json, after one to warm up`
    return [
        rowOf("core", "ticks, whole world", (run.ticks / run.wallMs) * 1000, "ticks/s", target, `${how}; by the clock`),
        rowOf("core", "", (run.ticks / run.cpuMs) * 1000, "ticks/s", target, "by processor time"),
        rowOf("core", "simulated time", run.simulatedMs / run.wallMs, "× real time", undefined, "by the clock"),
    ]
}

/** How fast the bytecode runs, closed loop over Jacdac. */
const vm: Part = async ({ hours, onProgress }) => {
    await build("mainSimulator")
    const scenario = { ...shipped("day"), durationMs: hours * MS_PER_HOUR }
    const target = { figure: 1000, name: "target" }
    const rows: Row[] = []
    for (const traced of [false, true]) {
        const onTraceLine = traced ? () => {} : undefined
        const run = await timed(scenario, "vm", onTraceLine, done => onProgress((done + Number(traced)) / 2))
        const what = traced ? "vm with a trace of every tick" : "vm, closed loop over Jacdac"
        const how = `${hours} h of day.json, start-up included`
        rows.push(
            rowOf("vm", what, run.simulatedMs / run.wallMs, "× real time", target, `${how}; by the clock`),
            rowOf("vm", "", run.simulatedMs / run.cpuMs, "× real time", target, "by processor time"),
        )
    }
    return rows
}

/** Whether metering drifts over months. */
const drift: Part = async ({ days, onProgress }) => {
    const DAYS_PER_REFILL = 30
    const rows: Row[] = []
    for (const jitterMsMax of [0, 400]) {
        const scenario = shipped("child-day")
        scenario.durationMs = days * MS_PER_DAY
        scenario.world = { ...scenario.world, tickJitterMsMax: jitterMsMax }
        for (let day = DAYS_PER_REFILL; day < days; day += DAYS_PER_REFILL)
            scenario.events.push({
                atMs: day * MS_PER_DAY,
                kind: "refill",
                filling: {
                    volumePl: scenario.reservoirFillPl,
                    missedPl: 0,
                    measuredResidualPl: undefined,
                    lineChanged: false,
                },
            })
        const { result } = await runScenario(scenario, {
            engine: "core",
            seed: scenario.seed,
            onProgress: ms => onProgress((ms / scenario.durationMs + rows.length) / 2),
        })
        if (result.stepErrorMax === null) throw new Error("core sees every tick")
        const clock = jitterMsMax === 0 ? "ticks on time" : `ticks late by 0 to ${jitterMsMax} ms`
        rows.push(
            rowOf(
                "drift",
                `largest error of any tick in ${days} days, ${clock}`,
                result.stepErrorMax,
                "steps",
                { figure: 1, name: "one step" },
                `core, child-48-segments.json, refilled each ${DAYS_PER_REFILL} days; ${result.ticks} ticks, ${result.commandedSteps} steps, ${result.alarms.length} alarms`,
            ),
        )
    }
    return rows
}

/** What ticks cost on the device. */
const tick: Part = async () => {
    await build("mainCosts")
    const costs = await measureCosts()
    const scenario = shipped("day")
    const { result } = await runScenario(scenario, { engine: "core", seed: scenario.seed })
    const stepShare = result.commandedSteps / result.ticks
    const judgedTick = scaled(costs.judgedTicks, 1 / 5)
    const meanTick = sum(
        scaled(costs.ordinaryTick, 0.4 - stepShare),
        scaled(costs.stepTick, stepShare),
        scaled(costs.sampledTick, 0.1),
        scaled(judgedTick, 0.5),
    )

    const inPasses = (what: string, cost: Cost, how: string) =>
        rowOf(
            "tick",
            what,
            cost.ms / costs.loopPass.ms,
            "loop passes",
            { figure: costs.call.ms / costs.loopPass.ms, name: "empty call" },
            cost === costs.call ? how : `${how}; ${cost.calls.toFixed(1)} calls and allocations in it`,
        )
    const inMs = (
        what: string,
        cost: Cost,
        driversMs: number,
        bound: { figure: number; name: string },
        how: string,
    ) => {
        const { asLoopPasses, asCalls, split } = onChip(cost, costs)
        const range = `${(asLoopPasses + driversMs).toFixed(1)} as loop passes alone, ${(asCalls + driversMs).toFixed(1)} as calls alone`
        return rowOf(
            "tick",
            `on RP2040: ${what}`,
            split + driversMs,
            "ms",
            bound,
            how === "" ? range : `${range}; ${how}`,
        )
    }
    const period = { figure: 100, name: "100 ms" }
    // A worst tick writes the heartbeat, ENABLE twice, two lights and a buzzer, STEP twice for each of 7 steps.
    const worstWrites = 1 + 2 + 3 + 2 * 7
    return [
        inPasses("empty call", costs.call, "lower quartile of 60 slices of 1000, less the loop"),
        inPasses("ordinary tick", costs.ordinaryTick, "60 × 200, 7 patterns of 27 segments, no step"),
        inPasses("tick with a step", costs.stepTick, "60 × 200"),
        inPasses("sampled tick", costs.sampledTick, "60 × 50, all sensors good; the line is judged"),
        inPasses("judged tick", judgedTick, "60 × 100, the five that follow a sample, each with a part of it"),
        inPasses(
            "mean tick",
            meanTick,
            `of ten, one is sampled and five more judge; ${(stepShare * 100).toFixed(2)} % with a step as in day.json`,
        ),
        inPasses(
            "worst tick",
            costs.worstTick,
            "60 × 3, 10 s late: two samples judged whole, prime and segment end, 7 steps, emptied, refilled",
        ),
        inPasses("log and heartbeat", costs.loopCalls, "60 × 200, the boards' own, on a pin that costs a call"),
        inPasses(
            "act over the link",
            costs.sealedAct,
            `60 × 10, tag checked, carried out and answered; ${costs.sealedAct.bytes.toFixed(0)} bytes of the heap`,
        ),
        inPasses("sleep and wake", costs.empty, "the quickest of 60 empty slices"),
        inPasses("what follows new alarms", costs.loopCallsWorst, "60 × 4: light and buzzer, checkpoint begun"),
        inMs(
            "mean tick",
            meanTick,
            0,
            { figure: 10, name: "aim" },
            "figure: calls at 208 µs, the rest at 33 µs a pass",
        ),
        inMs("sampled tick", costs.sampledTick, 0, { figure: 25, name: "aim" }, ""),
        inMs("worst tick", costs.worstTick, 0, period, ""),
        inMs("act over the link", costs.sealedAct, 0, period, ""),
        inMs(
            "mean tick with its loop",
            sum(meanTick, costs.loopCalls, costs.empty),
            PIN_WRITE_MS_ON_CHIP,
            period,
            "with log, heartbeat, sleep and one pin written; without waiting for sensors",
        ),
        inMs(
            "worst tick with its loop",
            sum(costs.worstTick, costs.loopCalls, costs.loopCallsWorst, costs.empty),
            worstWrites * PIN_WRITE_MS_ON_CHIP + SETTING_WRITE_MS_ON_CHIP,
            period,
            `with ${worstWrites} pin writes and a checkpoint begun; without waiting for motor and sensors`,
        ),
    ]
}

// As measured on the RP2040 runtime, emulated at 125 MHz.
const PIN_WRITE_MS_ON_CHIP = 0.35
const SETTING_WRITE_MS_ON_CHIP = 2.5

function scaled(cost: Cost, factor: number): Cost {
    return { ms: cost.ms * factor, calls: cost.calls * factor, bytes: cost.bytes * factor }
}

function sum(...costs: Cost[]): Cost {
    return costs.reduce((a, b) => ({ ms: a.ms + b.ms, calls: a.calls + b.calls, bytes: a.bytes + b.bytes }))
}

/** How large the firmware is. */
const size: Part = async () => {
    const rows: Row[] = []
    for (const entry of ["mainSimulator", "mainPico", "mainEsp32C3"] as const) {
        const row = { part: "size", what: `bytecode of ${entry}`, unit: "bytes", ratio: null, reference: "" }
        try {
            await build(entry)
            rows.push({ ...row, figure: statSync(firmwareFile(entry)).size, how: ENTRIES[entry] })
        } catch {
            rows.push({ ...row, figure: null, how: "not built" })
        }
    }
    return rows
}

/** What the firmware keeps on the device's heap. */
const heap: Part = async () => {
    await build("mainSimulator")
    const minutes = 10
    const use = await measureHeap({ ...shipped("day"), durationMs: minutes * MS_PER_MINUTE })
    const whole = { figure: GC_HEAP_BYTES, name: "heap" }
    const how = `${use.ticks} ticks of day.json, blocks of the heap walked after each`
    return [
        rowOf("heap", "live", use.liveBytes, "bytes", whole, how),
        rowOf("heap", "in use at most, with garbage", use.usedBytesMax, "bytes", whole, "likewise"),
        rowOf(
            "heap",
            "garbage of a tick",
            use.garbageBytesPerTick,
            "bytes",
            undefined,
            `mean, with the exchange over Jacdac; a collection each ${use.ticksPerCollection.toFixed(0)} ticks`,
        ),
    ]
}

const MODELS: { name: string; model: MeteringModel }[] = [
    { name: "this design", model: thisDesign },
    { name: "counting setInterval ticks", model: countingTicks },
    { name: "AccelStepper, called each tick", model: accelStepperEachTick },
    { name: "AccelStepper, called each ms, never late", model: accelStepperEachMs },
    { name: "period in whole ms", model: roundedPeriod },
]

/** How far off this way of metering is after a month, beside the usual ones. */
const metering: Part = async ({ onProgress }) => {
    const days = 30
    const stepPl = 44_900
    const rows: Row[] = []
    const clocks = [
        { prescription: "night-rise-312", jitterMsMax: 4 },
        { prescription: "night-rise-312", jitterMsMax: 400 },
        { prescription: "continuous-1000", jitterMsMax: 4 },
    ]
    for (const { prescription, jitterMsMax } of clocks) {
        const file = fileURLToPath(new URL(`../prescriptions/${prescription}.json`, import.meta.url))
        const ratePlPerDay = loadPrescription(file).programme.meanRatePlPerDay
        const metering = { ratePlPerDay, stepPl, durationMs: days * MS_PER_DAY, jitterMsMax, seed: 1 }
        const programmed = stepsProgrammed(metering)
        const flow = `${(ratePlPerDay / 1e9).toPrecision(3)} mL/day`
        for (const { name, model } of MODELS) {
            const steps = model(metering)
            const error = steps - programmed
            const percent = `${error > 0 ? "+" : ""}${((error / programmed) * 100).toPrecision(2)} %`
            rows.push({
                part: "metering",
                what: name,
                figure: error,
                unit: "steps",
                ratio: steps / programmed,
                reference: "programmed",
                how: `${percent} of the volume; ${days} days at ${flow}, ticks late by 0 to ${jitterMsMax} ms`,
            })
            onProgress(rows.length / MODELS.length / clocks.length)
        }
    }
    return rows
}

/** The largest volume that any one fault delivers beyond the programme. */
const faults: Part = async ({ onProgress }) => faultRows(await measureFaults(onProgress))

/** What a day takes out of the battery, and how long batteries last. */
const energy: Part = async ({ onProgress }) => energyRows(await measureEnergy(onProgress))

async function build(entry: Entry): Promise<void> {
    if (!firmwareIsCurrent(entry)) await buildFirmware(entry)
}

/** What the journal writes, how long its memory lasts, and what a power cut leaves in doubt. */
const journal: Part = async ({ onProgress }) => await journalRows(onProgress)

/** Ninety days of each therapy. */
const therapies: Part = async ({ onProgress }) => await therapyRows(onProgress)

/** What the programmer's link withstands and costs. */
const link: Part = async ({ onProgress }) => {
    await build("mainSimulator")
    return await linkRows(shipped("patient-dose-day"), onProgress)
}

/** The simulated bench's own models. */
const physics: Part = async ({ onProgress }) => await physicsRows(onProgress)

/** Every part of the bench by the name that `--only` takes, in the order in which they run. */
/** How the cost of a run grows with its length. */
const length: Part = async ({ onProgress }) => {
    await build("mainSimulator")
    return await lengthRows(onProgress)
}

export const PARTS = {
    core,
    vm,
    drift,
    tick,
    size,
    heap,
    metering,
    faults,
    energy,
    journal,
    therapies,
    link,
    physics,
    length,
} as const
export type PartName = keyof typeof PARTS

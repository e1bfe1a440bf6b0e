// What a tick costs on DeviceScript's virtual machine, counted in passes of an empty loop and in calls of an empty function
// that are measured in the same run: these ratios carry over to another computer, and roughly to the chip.

import { readFileSync } from "node:fs"
import { performance } from "node:perf_hooks"
import { loadDevsModule, type VirtualClock } from "../engines/devicescriptVm"
import { firmwareFile } from "../engines/firmware"
import { findGcHeap, type GcHeap, gcAllocations, gcHeapFree } from "./gcHeap"

/** The phases of `test/device/mainCosts.ts`. */
const PHASES = [
    "empty",
    "loopPass",
    "call",
    "allocation",
    "ordinaryTick",
    "stepTick",
    "sampledTick",
    "judgedTicks",
    "worstTick",
    "loopCalls",
    "sealedAct",
    "loopCallsWorst",
] as const
type Phase = (typeof PHASES)[number]

/** What one of the things measured costs. */
export interface Cost {
    /** Time on this computer. */
    ms: number
    /** Allocations: the calls in it, and what else takes memory, which costs as much. */
    calls: number
    /** Memory taken from the heap. */
    bytes: number
}

/** `allocation` is one of 1000 bytes. `empty` is a slice that only wakes and sleeps again. `loopPass` is part of none of the others. */
export type Costs = Record<Phase, Cost>

// The machine asks to be run this often.
const POLL_MS = 10
const RUN_MS_MAX = 600_000

/** Runs the phases on the machine twice: once to measure time, once to count, which would disturb the time. */
export async function measureCosts(): Promise<Costs> {
    const timed = await runPhases(false)
    const counted = await runPhases(true)
    const costs = Object.fromEntries(PHASES.map(phase => [phase, { ...counted[phase], ms: timed[phase].ms }])) as Costs
    return { ...costs, call: { ...costs.call, ms: costs.call.ms - costs.loopPass.ms } }
}

async function runPhases(counts: boolean): Promise<Costs> {
    const clock: VirtualClock = { nowMs: 0 }
    const log: string[] = []
    const module = await loadDevsModule(clock)
    module.flashLoad = () => new Uint8Array(0)
    module.flashSave = () => {}
    module.sendPacket = () => {}
    module.dmesg = line => {
        if (/^[>!]/.test(line)) log.push(line)
    }
    let panic = 0
    module.panicHandler = code => {
        panic = code
    }
    module.devsInit()
    module.devsSetDeviceId("1989f4eee0ebe206")
    if (module.devsDeploy(readFileSync(firmwareFile("mainCosts"))) !== 0)
        throw new Error("the virtual machine refuses the measurements")

    const taken = new Map<number, Cost>()
    let heap: GcHeap | undefined
    let calls = 0
    let freeBytes = 0
    for (; !log.includes("> done"); clock.nowMs += POLL_MS) {
        const startedMs = performance.now()
        module._jd_em_process()
        const ms = performance.now() - startedMs
        const before = { calls, freeBytes }
        if (counts && log.length > 0) {
            heap ??= findGcHeap(module.HEAPU8)
            if (!heap) throw new Error("the heap of the machine was not found")
            calls = gcAllocations(module.HEAPU8, heap)
            freeBytes = gcHeapFree(module.HEAPU8, heap)
        }
        taken.set(clock.nowMs, { ms, calls: calls - before.calls, bytes: before.freeBytes - freeBytes })
        if (panic !== 0 || clock.nowMs > RUN_MS_MAX)
            throw new Error(`the measurements did not end: ${log.slice(-5).join(" / ")}`)
    }
    return quartiles(log, taken)
}

/**
 * The lower quartile of each phase over its repetitions, less the quickest empty slice, for one of the things measured:
 * the slower slices are those in which this computer did something else or the collector ran. What the collector takes
 * is in the cost of a call.
 */
function quartiles(log: string[], taken: Map<number, Cost>): Costs {
    const schedule = log.find(line => line.startsWith("> schedule "))
    const phases = log.filter(line => line.startsWith("> phase ")).map(line => line.split(" ").slice(2))
    if (!schedule || phases.map(([name]) => name).join() !== PHASES.join())
        throw new Error("the measurements are of other phases")
    const [firstMs, spacingMs, rounds] = schedule.split(" ").slice(2).map(Number)
    const lowerQuartile = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 2]
    // In the first half the host still compiles the machine's own code.
    const measured = Array.from({ length: rounds / 2 }, (_, i) => rounds / 2 + i)
    const sliceAt = (round: number, phase: number) => {
        const slice = taken.get(firstMs + (round * phases.length + phase) * spacingMs)
        if (!slice) throw new Error("a slice was not measured")
        return slice
    }
    const slices = phases.map((_, phase) => {
        const repetitions = measured.map(round => sliceAt(round, phase))
        return {
            ms: lowerQuartile(repetitions.map(({ ms }) => ms)),
            calls: lowerQuartile(repetitions.map(({ calls }) => calls)),
            // Where the collector ran, more was free afterwards than before.
            bytes: lowerQuartile(repetitions.map(({ bytes }) => bytes).filter(bytes => bytes >= 0)),
        }
    })
    const empty = {
        ...slices[0],
        ms: Math.min(...measured.map(round => sliceAt(round, 0).ms)),
    }
    return Object.fromEntries(
        phases.map(([name, count], phase) => {
            if (phase === 0) return [name, empty]
            const { ms, calls, bytes } = slices[phase]
            const once = (value: number) => value / Number(count)
            return [
                name,
                { ms: once(ms - empty.ms), calls: once(calls - empty.calls), bytes: once(bytes - empty.bytes) },
            ]
        }),
    ) as Costs
}

// What the chip takes for them: the RP2040 runtime, emulated at 125 MHz.
const LOOP_PASS_MS_ON_CHIP = 0.033
const CALL_MS_ON_CHIP = 0.208

/** What a cost comes to on the RP2040, in milliseconds, by three ways of carrying it over. */
export interface OnChip {
    /** As if it were nothing but passes of a loop: too little, because a call costs more there than here. */
    asLoopPasses: number
    /** As if it were nothing but calls: too much. */
    asCalls: number
    /** Its calls as calls, the rest of its time as passes of a loop: nearest to the truth. */
    split: number
}

export function onChip(cost: Cost, costs: Costs): OnChip {
    const restMs = Math.max(0, cost.ms - cost.calls * costs.call.ms)
    return {
        asLoopPasses: (cost.ms / costs.loopPass.ms) * LOOP_PASS_MS_ON_CHIP,
        asCalls: (cost.ms / costs.call.ms) * CALL_MS_ON_CHIP,
        split: (restMs / costs.loopPass.ms) * LOOP_PASS_MS_ON_CHIP + cost.calls * CALL_MS_ON_CHIP,
    }
}

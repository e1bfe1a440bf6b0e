// What it costs the device that a programmer is connected: bytecode with nobody on its bus, and with a programmer that reads the status
// once a second, as `status --watch` and a page do. Counted in calls, which carry over to a chip, and in memory.

import { setImmediate } from "node:timers/promises"
import { MS_PER_SECOND, START_UP_MS, TICK_MS } from "../../src/pump/limits"
import { Session } from "../engines/session"
import { runVm } from "../engines/vm"
import { findPump, PumpClient } from "../programmer/client"
import type { Scenario } from "../scenario/scenario"
import { findGcHeap, GC_HEAP_BYTES, type GcHeap, gcAllocations, gcHeapFree } from "./gcHeap"

/** Of one run, from its first minute to its end. */
export interface IdleCost {
    callsPerTick: number
    /** The most of the heap that a collection left in use. */
    heapBytes: number
    ticksLost: number
    /** How often the status was read. */
    reads: number
}

const SETTLED_MS = 60_000
/** Less memory in use than in the tick before, by more than this, is a collection's work. */
const COLLECTED_BYTES_MIN = 4096

/** Runs the scenario on the machine, with a programmer that looks once a second or with none. */
export async function idleCost(scenario: Scenario, watched: boolean): Promise<IdleCost> {
    const session = new Session(scenario, scenario.seed)
    let heap: GcHeap | undefined
    let ticks = 0
    let settledTicks = 0
    let settledCalls = 0
    let calls = 0
    let usedBytes = 0
    let heapBytes = 0
    let reads = 0
    let reading = false
    let client: PumpClient | undefined
    await runVm(session, {
        onProgress: () => {},
        onTraceLine: undefined,
        onPowerOn: ({ bus }) => {
            if (!watched) return
            findPump(bus, 20_000).then(pumpId => {
                client = new PumpClient(bus, pumpId)
            })
        },
        afterTick: ({ HEAPU8 }) => {
            ticks += 1
            heap ??= findGcHeap(HEAPU8)
            if (!heap) throw new Error("the heap of the machine was not found")
            calls = gcAllocations(HEAPU8, heap)
            const before = usedBytes
            usedBytes = GC_HEAP_BYTES - gcHeapFree(HEAPU8, heap)
            if (session.world.nowMs < SETTLED_MS) {
                settledTicks = ticks
                settledCalls = calls
            } else if (usedBytes < before - COLLECTED_BYTES_MIN) heapBytes = Math.max(heapBytes, usedBytes)
        },
        pace: async simulatedMs => {
            if (!watched) return
            await setImmediate()
            if (!client || reading || simulatedMs % MS_PER_SECOND >= TICK_MS) return
            reading = true
            client.status().then(() => {
                reading = false
                if (session.world.nowMs >= SETTLED_MS) reads += 1
            })
        },
    })
    const expected = Math.floor((scenario.durationMs - START_UP_MS) / TICK_MS) + 1
    return {
        callsPerTick: (calls - settledCalls) / (ticks - settledTicks),
        heapBytes,
        ticksLost: expected - ticks,
        reads,
    }
}

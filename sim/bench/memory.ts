// What the simulator's firmware keeps on the device's heap, and what each tick leaves there for the collector.

import { Session } from "../engines/session"
import { runVm } from "../engines/vm"
import type { Scenario } from "../scenario/scenario"
import { findGcHeap, GC_HEAP_BYTES, type GcHeap, gcHeapFree } from "./gcHeap"

export interface HeapUse {
    /** What no collection frees. */
    liveBytes: number
    /** The most that was ever in use, garbage included. */
    usedBytesMax: number
    /** Taken by one tick on average, its exchange with the simulated world included. */
    garbageBytesPerTick: number
    ticksPerCollection: number
    ticks: number
}

// The firmware has read its records by then, and settled.
const TICKS_BEFORE = 100

/** Runs the scenario on the machine and reads its heap after each tick. */
export async function measureHeap(scenario: Scenario): Promise<HeapUse> {
    let heap: GcHeap | undefined
    let freeBefore = 0
    let freeMin = GC_HEAP_BYTES
    let freeMax = 0
    let garbage = 0
    let ticks = 0
    let collections = 0
    await runVm(new Session(scenario, scenario.seed), {
        onProgress: () => {},
        onTraceLine: undefined,
        afterTick: ({ HEAPU8 }) => {
            ticks += 1
            if (ticks < TICKS_BEFORE) return
            heap ??= findGcHeap(HEAPU8)
            if (!heap) throw new Error("the heap of the machine was not found")
            const free = gcHeapFree(HEAPU8, heap)
            if (ticks > TICKS_BEFORE) {
                if (free > freeBefore) collections += 1
                else garbage += freeBefore - free
                freeMin = Math.min(freeMin, free)
                freeMax = Math.max(freeMax, free)
            }
            freeBefore = free
        },
    })
    const measured = ticks - TICKS_BEFORE
    return {
        liveBytes: GC_HEAP_BYTES - freeMax,
        usedBytesMax: GC_HEAP_BYTES - freeMin,
        garbageBytesPerTick: garbage / (measured - collections),
        ticksPerCollection: measured / collections,
        ticks: measured,
    }
}

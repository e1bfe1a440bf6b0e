// What a run on the chip shows and no other engine can, as figures and as lines for people.

import type { Bench } from "./bench"
import type { HeapWatch } from "./heap"
import { figuresOf, type TickFigures } from "./ticks"

const NANOS_PER_MS = 1e6
const NANOS_PER_US = 1e3

/** A stretch in which the core waited and nothing in the chip could wake it: on a battery it would be for ever. */
export interface Stall {
    /** In milliseconds of the run. */
    fromMs: number
    /** Until somebody outside woke it. */
    lastedMs: number
}

/** Times in milliseconds unless they say otherwise; null where there was nothing to measure. */
export interface ChipFigures {
    ticks: TickFigures | null
    /** By what was done in them. */
    quietTicks: TickFigures | null
    sampleTicks: TickFigures | null
    stepTicks: TickFigures | null
    checkpointTicks: TickFigures | null
    /** From power-on to the first pulse for the motor, after the last power-on. */
    firstStepMs: number | null
    pulses: { count: number; highUsMin: number; highUsMax: number; spacingUsMin: number } | null
    /** Of the machine's heap: its size, the most that was in use, and the most that a collection left. */
    heap: { sizeBytes: number; mostBytes: number; mostLiveBytes: number } | null
    stalls: Stall[]
}

/** The figures of a run that is over. */
export function chipFigures(bench: Bench, heap: HeapWatch, stalls: Stall[]): ChipFigures {
    const { ticks } = bench.ticks
    const kind = (of: (tick: (typeof ticks)[number]) => boolean) => figuresOf(ticks.filter(of)) ?? null
    const { pulses } = bench
    const highUs = pulses.map(({ highNanos }) => highNanos / NANOS_PER_US)
    const spacingUs = pulses
        .slice(1)
        .map(({ atNanos }, i) => (atNanos - pulses[i].atNanos) / NANOS_PER_US)
        .filter(us => us > 0)
    return {
        ticks: kind(() => true),
        quietTicks: kind(({ sampled, steps, writes }) => !sampled && steps === 0 && writes.length === 0),
        sampleTicks: kind(({ sampled }) => sampled),
        stepTicks: kind(({ steps }) => steps > 0),
        checkpointTicks: kind(({ writes }) => writes.includes("checkpoint")),
        firstStepMs: bench.firstStepMs ?? null,
        pulses:
            pulses.length === 0
                ? null
                : {
                      count: pulses.length,
                      highUsMin: Math.min(...highUs),
                      highUsMax: Math.max(...highUs),
                      spacingUsMin: Math.min(...spacingUs),
                  },
        heap:
            heap.sizeBytes === 0
                ? null
                : { sizeBytes: heap.sizeBytes, mostBytes: heap.mostBytes, mostLiveBytes: heap.mostLiveBytes },
        stalls,
    }
}

/** The same as lines of text. */
export function chipSummary(figures: ChipFigures): string {
    const { pulses, heap, stalls, firstStepMs } = figures
    const rows: [string, string][] = []
    const tickRow = (name: string, ticks: TickFigures | null) => {
        if (ticks)
            rows.push([
                name,
                `${ms(ticks.meanMs)} in the mean, ${ms(ticks.worstMs)} at worst; at work ${ms(ticks.meanBusyMs)} and ${ms(ticks.worstBusyMs)}; of ${ticks.count}`,
            ])
    }
    tickRow("Tick", figures.ticks)
    tickRow("– with none of these", figures.quietTicks)
    tickRow("– with sensors read", figures.sampleTicks)
    tickRow("– with steps", figures.stepTicks)
    tickRow("– with a checkpoint", figures.checkpointTicks)
    if (firstStepMs !== null) rows.push(["First step", `${(firstStepMs / 1000).toFixed(2)} s after power-on`])
    if (pulses)
        rows.push([
            "Step pulses",
            `${pulses.count}, high for ${pulses.highUsMin.toFixed(1)} to ${pulses.highUsMax.toFixed(1)} µs, ${pulses.spacingUsMin.toFixed(0)} µs apart at least`,
        ])
    if (heap)
        rows.push([
            "Heap",
            `${kilobytes(heap.mostBytes)} in use at most with garbage, ${kilobytes(heap.mostLiveBytes)} alive at most, of ${kilobytes(heap.sizeBytes)}`,
        ])
    for (const { fromMs, lastedMs } of stalls)
        rows.push([
            "STALLED",
            `at ${(fromMs / 1000).toFixed(3)} s for ${ms(lastedMs)}: with no alarm set, until the computer at the USB port spoke. On a battery it would hang`,
        ])
    const width = Math.max(...rows.map(([name]) => name.length))
    return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join("\n")
}

/** Milliseconds as the figures have them. */
export function millisecondsOf(nanos: number): number {
    return nanos / NANOS_PER_MS
}

function ms(value: number): string {
    return `${value.toFixed(1)} ms`
}

function kilobytes(bytes: number): string {
    return `${(bytes / 1024).toFixed(1)} kB`
}

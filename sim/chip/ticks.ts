// What the firmware's ticks took on the chip: from the deadline, a whole tenth of a second since the start of its program, to the edge of
// the heartbeat that ends the tick; and how much of that its core was at work, the rest being sleeps that a step or a sensor asks for.

import type { CoreTime } from "./chip"

const NANOS_PER_MS = 1e6

/** One tick. */
export interface TickTime {
    /** When its deadline was, since the chip's start, in milliseconds. */
    deadlineMs: number
    /** From the deadline to the edge of the heartbeat. */
    elapsedMs: number
    /** Of these the core was at work. */
    busyMs: number
    /** What was done in it. */
    sampled: boolean
    steps: number
    /** Records written to the memory, by their place: `odometer`, `checkpoint`, `log`, `programme`. */
    writes: string[]
}

/** The ticks of one kind: how many, and what they took, in milliseconds. */
export interface TickFigures {
    count: number
    meanMs: number
    worstMs: number
    meanBusyMs: number
    worstBusyMs: number
}

export class TickBook {
    readonly ticks: TickTime[] = []
    private deadline: CoreTime | undefined
    private sampled = false
    private steps = 0
    private writes: string[] = []

    /** A deadline is now. */
    begin(now: CoreTime): void {
        this.deadline = { ...now }
        this.sampled = false
        this.steps = 0
        this.writes = []
    }

    sample(): void {
        this.sampled = true
    }

    step(): void {
        this.steps += 1
    }

    write(place: string): void {
        this.writes.push(place)
    }

    /** The heartbeat has its edge now. Returns the tick; undefined for an edge that ends none. */
    end(now: CoreTime): TickTime | undefined {
        const { deadline } = this
        if (!deadline) return undefined
        const { sampled, steps, writes } = this
        const tick = {
            deadlineMs: deadline.nanos / NANOS_PER_MS,
            elapsedMs: (now.nanos - deadline.nanos) / NANOS_PER_MS,
            busyMs: (now.busyNanos - deadline.busyNanos) / NANOS_PER_MS,
            sampled,
            steps,
            writes,
        }
        this.ticks.push(tick)
        this.deadline = undefined
        return tick
    }
}

/** What ticks took; undefined without any. */
export function figuresOf(ticks: readonly TickTime[]): TickFigures | undefined {
    if (ticks.length === 0) return undefined
    const mean = (of: (tick: TickTime) => number) => ticks.reduce((sum, tick) => sum + of(tick), 0) / ticks.length
    const worst = (of: (tick: TickTime) => number) => ticks.reduce((most, tick) => Math.max(most, of(tick)), 0)
    return {
        count: ticks.length,
        meanMs: mean(({ elapsedMs }) => elapsedMs),
        worstMs: worst(({ elapsedMs }) => elapsedMs),
        meanBusyMs: mean(({ busyMs }) => busyMs),
        worstBusyMs: worst(({ busyMs }) => busyMs),
    }
}

/**
 * A tick as a line of whole numbers: its deadline in milliseconds since power-on, steps, residual in picolitres and alarms as records and log
 * have them then, then from the deadline to the heartbeat's edge and the core at work in that, in microseconds, and 1 where sensors were read.
 */
export function chipTraceLine(tick: TickTime, alarms: number, residualPl: number): string {
    const { deadlineMs, steps, elapsedMs, busyMs, sampled } = tick
    const micros = (ms: number) => Math.round(ms * 1000)
    return `${Math.round(deadlineMs)} ${steps} ${residualPl} ${alarms} ${micros(elapsedMs)} ${micros(busyMs)} ${sampled ? 1 : 0}`
}

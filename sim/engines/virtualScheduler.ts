// The timers of a Jacdac bus on a virtual clock: they fire when the engine says that time has passed.

import type { VirtualClock } from "./devicescriptVm"

interface Timer {
    id: number
    dueMs: number
    periodMs: number | undefined
    fire: () => void
}

/** A scheduler for `JDBus`; `run` fires what is due. */
export class VirtualScheduler {
    private timers: Timer[] = []
    private lastId = 0

    constructor(private readonly clock: VirtualClock) {}

    get timestamp(): number {
        return this.clock.nowMs
    }

    resetTime(): void {}

    setTimeout<A extends unknown[]>(handler: (...args: A) => void, delayMs: number, ...args: A): number {
        return this.add(handler, delayMs, undefined, args)
    }

    setInterval<A extends unknown[]>(handler: (...args: A) => void, periodMs: number, ...args: A): number {
        return this.add(handler, periodMs, periodMs, args)
    }

    clearTimeout(id: number): void {
        this.timers = this.timers.filter(timer => timer.id !== id)
    }

    clearInterval(id: number): void {
        this.clearTimeout(id)
    }

    /** Fires every timer that is due, the earliest first. */
    run(): void {
        for (;;) {
            let next: Timer | undefined
            for (const timer of this.timers)
                if (timer.dueMs <= this.clock.nowMs && (!next || timer.dueMs < next.dueMs)) next = timer
            if (!next) return
            if (next.periodMs === undefined) this.clearTimeout(next.id)
            else next.dueMs += Math.max(1, next.periodMs)
            next.fire()
        }
    }

    private add<A extends unknown[]>(
        handler: (...args: A) => void,
        delayMs: number,
        periodMs: number | undefined,
        args: A,
    ): number {
        const id = ++this.lastId
        this.timers.push({ id, dueMs: this.clock.nowMs + (delayMs ?? 0), periodMs, fire: () => handler(...args) })
        return id
    }
}

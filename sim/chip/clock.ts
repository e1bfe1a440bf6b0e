// The time of an emulated chip and what is due in it. The library's own clock (rp2040js 1.4.1) forgets the alarms that stand before one
// that is cancelled; a core that waits for a forgotten alarm never wakes, which looks just like a hang of the program.

import type { RP2040 } from "rp2040js"

type ClockOfLibrary = RP2040["clock"]
type AlarmOfLibrary = ReturnType<ClockOfLibrary["createAlarm"]>

class Alarm implements AlarmOfLibrary {
    dueNanos = Infinity

    constructor(
        private readonly clock: ChipClock,
        readonly ring: () => void,
    ) {}

    schedule(deltaNanos: number): void {
        this.cancel()
        this.dueNanos = this.clock.nanos + deltaNanos
        this.clock.add(this)
    }

    cancel(): void {
        if (this.dueNanos !== Infinity) this.clock.remove(this)
        this.dueNanos = Infinity
    }
}

export class ChipClock implements ClockOfLibrary {
    /** Since the chip started. */
    nanos = 0
    /** When the next alarm is due; Infinity without one. */
    nextNanos = Infinity
    /** Those that are set, the next one last. */
    private readonly alarms: Alarm[] = []

    get micros(): number {
        return this.nanos / 1000
    }

    createAlarm(callback: () => void): AlarmOfLibrary {
        return new Alarm(this, callback)
    }

    /** Lets time pass up to this moment; what is due on the way is done in its order, alarms of one moment in the order they were set. */
    advance(toNanos: number): void {
        while (this.nextNanos <= toNanos) {
            const alarm = this.alarms[this.alarms.length - 1]
            this.nanos = Math.max(this.nanos, alarm.dueNanos)
            alarm.cancel()
            alarm.ring()
        }
        this.nanos = toNanos
    }

    /** For the alarms themselves. */
    add(alarm: Alarm): void {
        const { alarms } = this
        let at = alarms.length
        while (at > 0 && alarms[at - 1].dueNanos <= alarm.dueNanos) at--
        alarms.splice(at, 0, alarm)
        this.note()
    }

    /** For the alarms themselves. */
    remove(alarm: Alarm): void {
        this.alarms.splice(this.alarms.indexOf(alarm), 1)
        this.note()
    }

    private note(): void {
        this.nextNanos = this.alarms[this.alarms.length - 1]?.dueNanos ?? Infinity
    }
}

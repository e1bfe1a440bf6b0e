// A record memory as the firmware fills it, entry by entry, for tests of what reads it out.

import { CHECKPOINT_SIZE, encodeCheckpoint } from "../../src/pump/checkpoint"
import { createEventLog, dropEntry, ENTRY_SIZE, nextEntry, note } from "../../src/pump/eventLog"
import { checkpointAddress, countSteps, createJournal, entryAddress, MEMORY_SIZE } from "../../src/pump/journal"
import { ODOMETER_SIZE } from "../../src/pump/odometer"
import { Bench, foundWith } from "../pump/bench"

/** When an entry is noted: seconds since power-on, and the wall clock's, NaN where it is unknown. */
export interface At {
    seconds?: number
    wallS?: number
}

export class Image {
    readonly contents = new Uint8Array(MEMORY_SIZE)
    readonly journal = createJournal(foundWith(), 0)
    private readonly bench = new Bench()
    readonly pump = this.bench.pump
    readonly guard = this.bench.guard
    readonly readings = this.bench.readings
    readonly actions = this.bench.actions

    constructor({ events = 0, faults = 0 } = {}) {
        this.journal.log = createEventLog(events, faults)
        this.journal.starts = 3
    }

    /** Notes an entry and writes it; the memory keeps its first `kept` bytes only, and the firmware does not learn of it. */
    write(kind: number, reason = 0, value = 0, at: At = {}, kept = ENTRY_SIZE): void {
        this.setClock(at)
        note(this.journal.log, this.pump, kind, reason, value)
        this.writeWaiting(kept)
    }

    setClock({ seconds = 60, wallS = NaN }: At): void {
        this.pump.nowMs = seconds * 1000
        this.pump.wallMinusNowMs = (wallS - seconds) * 1000
    }

    writeWaiting(kept = ENTRY_SIZE): void {
        const bytes = new Uint8Array(ENTRY_SIZE)
        for (;;) {
            const place = nextEntry(this.journal.log, this.pump, bytes)
            if (!place) return
            this.contents.set(bytes.subarray(0, kept), entryAddress(place))
            dropEntry(this.journal.log)
        }
    }

    /** Counts steps, each call those of a tick, as the firmware does before it makes them. */
    step(steps: number): void {
        const bytes = new Uint8Array(ODOMETER_SIZE)
        const address = countSteps(this.journal, steps, bytes)
        this.contents.set(bytes, address)
    }

    /** Writes a checkpoint of the pump as it is, and returns where it stands. */
    checkpoint(): number {
        const bytes = new Uint8Array(CHECKPOINT_SIZE)
        this.journal.sequence += 1
        encodeCheckpoint(this.pump, this.guard, this.journal, bytes)
        const address = checkpointAddress(this.journal.sequence)
        this.contents.set(bytes, address)
        return address
    }
}

// The entries of both rings of the log, brought into the order in which they happened. An entry names the seconds since power-on, and
// the time of day where it was known; which start it belongs to is told by the ring of events alone, whose starts begin with one.

import { decodeEntry, ENTRY_SIZE, type Entry, EVENT_ENTRIES, EventKind, FAULT_ENTRIES } from "../../src/pump/eventLog"
import { EVENTS_AT, FAULTS_AT } from "../../src/pump/journal"

export type RingName = "event" | "fault"

/** One place of a ring that was written to, or should have been. */
export interface RingEntry {
    ring: RingName
    /** Counts all entries ever written to the ring, from 0. */
    number: number
    /** What it says; or that it is torn or damaged; or that the memory did not take it, and an older one or none is in its place. */
    entry: Entry | "damaged" | "missing"
}

/** What one ring holds. */
export interface Ring {
    /** From the oldest to the newest. */
    entries: RingEntry[]
    /** Entries ever written to it. */
    count: number
    /** Entries of an earlier count: it began anew when nothing was known of it any more. They come first. */
    ofEarlierCount: number
}

const NUMBERS = 0x10000

/**
 * Reads a ring from the image of a whole record memory.
 * Its end is where the firmware would go on: at the checkpoint's count or behind what was written after it. An entry that is damaged
 * does not hide those behind it.
 * @param countAtLeast entries that the checkpoint counts; undefined without one, and then the largest number found is the last
 */
export function readRing(contents: Uint8Array, ring: RingName, countAtLeast: number | undefined): Ring {
    const size = ring === "fault" ? FAULT_ENTRIES : EVENT_ENTRIES
    const at = ring === "fault" ? FAULTS_AT : EVENTS_AT
    const slots = Array.from({ length: size }, (_, slot) =>
        readSlot(contents.subarray(at + slot * ENTRY_SIZE, at + (slot + 1) * ENTRY_SIZE), slot, size),
    )
    const written = slots.filter(slot => typeof slot === "object")
    const count =
        countAtLeast === undefined
            ? Math.max(0, ...written.map(({ number }) => number + 1))
            : endFrom(countAtLeast, slots, size)

    const entries: RingEntry[] = []
    const isCurrent = new Set<number>()
    for (let number = Math.max(0, count - size); number < Math.max(count, size); number++) {
        const slot = slots[number % size]
        if (slot === "damaged") entries.push({ ring, number, entry: "damaged" })
        else if (number >= count) continue
        else if (typeof slot === "object" && slot.number === number) {
            isCurrent.add(number)
            entries.push({ ring, number, entry: slot.entry })
        } else entries.push({ ring, number, entry: "missing" })
    }
    const earlier = written
        .filter(({ number }) => !isCurrent.has(number))
        .sort((a, b) => a.number - b.number)
        .map(({ number, entry }): RingEntry => ({ ring, number, entry }))
    return { entries: [...earlier, ...entries], count, ofEarlierCount: earlier.length }
}

type Slot = { number: number; entry: Entry } | "blank" | "damaged"

function readSlot(bytes: Uint8Array, slot: number, size: number): Slot {
    if (bytes.every(byte => byte === 0)) return "blank"
    const low = bytes[0] + 256 * bytes[1]
    // The entry holds the last two bytes of its number; its place tells the rest, up to a count of years.
    for (let number = low; number < NUMBERS * size; number += NUMBERS) {
        if (number % size !== slot) continue
        const entry = decodeEntry(bytes, number)
        return entry ? { number, entry } : "damaged"
    }
    return "damaged"
}

function endFrom(count: number, slots: Slot[], size: number): number {
    let end = count
    for (let number = count; number < count + size; number++) {
        const slot = slots[number % size]
        if (typeof slot === "object" && slot.number === number) end = number + 1
        else if (slot !== "damaged") break
    }
    return end
}

/** One start of the firmware, by its entries in the ring of events. */
interface Start {
    entries: RingEntry[]
    /** The time of day at power-on, reckoned back from the first entry that has one; NaN without. */
    powerOnWallS: number
    /** Since power-on, when the time of day became known; Infinity without. */
    clockKnownS: number
}

// So much earlier than the oldest start that is known, a fault belongs to one whose events are overwritten already.
const EARLIER_S = 60

/**
 * Both rings in one order, from the oldest to the newest. Entries of one ring keep theirs, and those of one start follow each other by
 * the seconds since power-on. An event goes before a fault of the same second, so a bolus is ended before the alarm that ended it.
 *
 * A fault is given to the start whose power-on, reckoned back from the time of day, lies nearest to its own; a fault without a time
 * of day to the last start that did not know it either; and never to a later start than the fault that follows it. So one
 * of them may stand beside the wrong start where many starts in a row never knew the time, or where the clock was set between.
 */
export function inOrder(events: RingEntry[], faults: RingEntry[]): RingEntry[] {
    const starts = startsOf(events)
    const faultsOf: RingEntry[][] = starts.map(() => [])
    const before: RingEntry[] = []
    // Where no event is overwritten, no start is missing either.
    const oldest = events[0]?.number === 0 ? 0 : -1
    let latest = starts.length - 1
    let next: Entry | undefined
    for (const fault of [...faults].reverse()) {
        const { entry } = fault
        // One that can't be read stays beside the one that follows it.
        if (typeof entry === "object") {
            if (next && (entry.seconds > next.seconds || (entry.seconds === next.seconds && entry.kind === next.kind)))
                latest -= 1
            latest = Math.max(oldest, startOf(entry, starts, latest))
            next = entry
        }
        const list = faultsOf[latest] ?? before
        list.unshift(fault)
    }
    return [...before, ...starts.flatMap((start, i) => bySeconds(start.entries, faultsOf[i]))]
}

/** A start begins with its entry, and where that one is lost, with less time since power-on than the entry before. */
function startsOf(events: RingEntry[]): Start[] {
    const starts: Start[] = []
    let seconds = 0
    for (const event of events) {
        const { entry } = event
        if (
            starts.length === 0 ||
            (typeof entry === "object" && (entry.kind === EventKind.PowerOn || entry.seconds < seconds))
        )
            starts.push({ entries: [], powerOnWallS: NaN, clockKnownS: Infinity })
        const start = starts[starts.length - 1]
        start.entries.push(event)
        if (typeof entry !== "object") continue
        seconds = entry.seconds
        if (Number.isNaN(start.powerOnWallS)) start.powerOnWallS = entry.wallS - entry.seconds
        if (entry.wallS >= 0) start.clockKnownS = Math.min(start.clockKnownS, entry.seconds)
    }
    return starts
}

/** The start that a fault belongs to: none after `latest`, and -1 where it is older than all that are known. */
function startOf(fault: Entry, starts: Start[], latest: number): number {
    if (Number.isNaN(fault.wallS)) {
        for (let i = latest; i >= 0; i--) if (starts[i].clockKnownS > fault.seconds) return i
        return latest
    }
    const powerOnWallS = fault.wallS - fault.seconds
    let nearest = latest
    let nearestS = Infinity
    let oldestS = NaN
    for (let i = latest; i >= 0; i--) {
        const awayS = Math.abs(starts[i].powerOnWallS - powerOnWallS)
        if (!(awayS >= 0)) continue
        oldestS = starts[i].powerOnWallS
        if (!(awayS < nearestS)) continue
        nearest = i
        nearestS = awayS
    }
    return powerOnWallS < oldestS - EARLIER_S ? -1 : nearest
}

/** Two lists of one start as one, each by the seconds since power-on; what can't be read follows the entry before it. */
function bySeconds(events: RingEntry[], faults: RingEntry[]): RingEntry[] {
    const timed = (entries: RingEntry[]) => {
        let seconds = 0
        return entries.map(ringEntry => {
            if (typeof ringEntry.entry === "object") seconds = Math.max(seconds, ringEntry.entry.seconds)
            return { ringEntry, seconds }
        })
    }
    return [...timed(events), ...timed(faults)].sort((a, b) => a.seconds - b.seconds).map(({ ringEntry }) => ringEntry)
}

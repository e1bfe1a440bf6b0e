// The pump's memory, read out by whoever holds its bytes: how the pump would go on from it, what happened, and what of it is damaged.
// State and ends of the rings are found as the firmware finds them, by its own functions.

import { REASON_WORDS } from "../../src/pump/alarmRules"
import { Reason } from "../../src/pump/alarms"
import type { Bytes } from "../../src/pump/bytes"
import { CHECKPOINT_SIZE_MAX, type Checkpoint, decodeCheckpoint, isBlank } from "../../src/pump/checkpoint"
import { CHECKPOINT_PLACE, findState, MEMORY_SIZE, ODOMETERS_AT } from "../../src/pump/journal"
import { catchUp, decodeOdometer, ODOMETER_SIZE } from "../../src/pump/odometer"
import { entryInWords, type LogEntry } from "./entryWords"
import { inOrder, type Ring, type RingEntry, readRing } from "./rings"

/** How many entries a ring holds, and how many of them can't be read. */
export interface RingState {
    /** Entries ever written to it. */
    count: number
    readable: number
    /** Torn by a power cut or changed: what they said is lost. */
    damaged: number
    /** Counted, but not in their place: the memory did not answer when they were to be written. */
    missing: number
    /** Of the readable ones, those from before the count began anew. */
    ofEarlierCount: number
}

export interface ReadOut {
    /** The state with which the pump would go on at its next power-on; undefined when there is none to go by. */
    checkpoint: Checkpoint | undefined
    /** Why there is none; empty when there is one. */
    whyNone: string
    /** Steps made after the checkpoint was written, forward and back. Volumes take them in only where the volume of a step is known. */
    stepsSince: { forward: number; back: number }
    stepKnown: boolean
    /** Copies that hold something and are not good, such as "second copy of the checkpoint": a power cut leaves at worst one of each. */
    badCopies: string[]
    events: RingState
    faults: RingState
    /** Both rings, from the oldest to the newest. */
    entries: LogEntry[]
}

/**
 * Reads out the image of a whole record memory.
 * @param contents MEMORY_SIZE bytes
 * @param stepPl volume of a motor step in picolitres; without it the volumes are those of the checkpoint
 * @throws RangeError for any other size
 */
export function readOut(contents: Uint8Array, stepPl?: number): ReadOut {
    if (contents.length !== MEMORY_SIZE) throw new RangeError(`${contents.length} bytes instead of ${MEMORY_SIZE}`)
    const piece = (at: number, size: number) => contents.subarray(at, at + size)
    const checkpoints = [0, CHECKPOINT_PLACE].map(at => piece(at, CHECKPOINT_SIZE_MAX))
    const odometers = [0, ODOMETER_SIZE].map(at => piece(ODOMETERS_AT + at, ODOMETER_SIZE))
    const found = findState([...checkpoints, ...odometers], Reason.RecordMissing)
    const { checkpoint, newer, older } = found
    const stepsSince = { forward: 0, back: 0 }
    if (checkpoint) {
        if (newer) {
            stepsSince.forward = Math.max(0, newer.forwardSteps - checkpoint.forwardSteps)
            stepsSince.back = Math.max(0, newer.backSteps - checkpoint.backSteps)
        }
        catchUp(checkpoint, newer, older, stepPl ?? 0)
    }
    const events = readRing(contents, "event", checkpoint?.events)
    const faults = readRing(contents, "fault", checkpoint?.faults)
    return {
        checkpoint,
        whyNone: checkpoint ? "" : REASON_WORDS[found.damage === Reason.None ? Reason.RecordMissing : found.damage],
        stepsSince,
        stepKnown: stepPl !== undefined,
        badCopies: [
            ...badCopies(checkpoints, "checkpoint", copy => typeof decodeCheckpoint(copy) === "object"),
            ...badCopies(odometers, "step count", copy => decodeOdometer(copy) !== undefined),
        ],
        events: stateOf(events),
        faults: stateOf(faults),
        entries: inOrder(events.entries, faults.entries).map(entryInWords),
    }
}

/** True when all that was ever written is there and good. */
export function isWhole({ checkpoint, badCopies, events, faults }: ReadOut): boolean {
    const lost = events.damaged + events.missing + faults.damaged + faults.missing
    return checkpoint !== undefined && !checkpoint.accountUnknown && badCopies.length === 0 && lost === 0
}

function badCopies(copies: Bytes[], name: string, good: (copy: Bytes) => boolean): string[] {
    return copies.flatMap((copy, i) =>
        isBlank(copy) || good(copy) ? [] : [`${i === 0 ? "first" : "second"} copy of the ${name}`],
    )
}

function stateOf({ entries, count, ofEarlierCount }: Ring): RingState {
    const number = (is: (entry: RingEntry["entry"]) => boolean) => entries.filter(({ entry }) => is(entry)).length
    return {
        count,
        readable: number(entry => typeof entry === "object"),
        damaged: number(entry => entry === "damaged"),
        missing: number(entry => entry === "missing"),
        ofEarlierCount,
    }
}

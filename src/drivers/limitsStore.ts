// Limits that a clinician gave the guard after the board was flashed, in the record memory: in two copies that are written in turn, so
// that a power cut leaves the one or the other. They count until the board is flashed anew, which brings limits of its own.

import { readUint, writeUint } from "../pump/bytes"
import { decodeLimits, GuardLimits, LIMITS_SIZE } from "../pump/guard"
import { LIMITS_AT, LIMITS_PLACE } from "../pump/journal"
import { RecordMemory } from "./parts"
import { loadStored, saveStored } from "./storedRecord"

/** The record, flash id u32, sequence u16; then the CRC-32 of all before it. */
const PLACE_SIZE = LIMITS_SIZE + 10

/** The newest good copy, and how many were stored so far. */
export interface StoredLimits {
    limits: GuardLimits | undefined
    sequence: number
}

/** The limits that were stored since the board was flashed; none where there are no good ones. */
export async function loadLimits(memory: RecordMemory, flashId: number): Promise<StoredLimits> {
    const found: StoredLimits = { limits: undefined, sequence: 0 }
    for (let copy = 0; copy < 2; copy++) {
        const place = await loadStored(memory, LIMITS_AT + copy * LIMITS_PLACE, PLACE_SIZE)
        if (!place) continue
        const sequence = readUint(place, LIMITS_SIZE + 4, 2)
        if (sequence <= found.sequence) continue
        found.sequence = sequence
        const limits = decodeLimits(place.slice(0, LIMITS_SIZE))
        const ofThisFlashing = readUint(place, LIMITS_SIZE, 4) === flashId
        found.limits = typeof limits === "object" && ofThisFlashing ? limits : undefined
    }
    return found
}

/** Stores another record of limits over the older copy, and reads it back; false when the memory does not keep it. */
export async function saveLimits(
    memory: RecordMemory,
    found: StoredLimits,
    flashId: number,
    record: Buffer,
): Promise<boolean> {
    const place = Buffer.alloc(PLACE_SIZE)
    for (let i = 0; i < LIMITS_SIZE; i++) place[i] = record[i]
    writeUint(place, LIMITS_SIZE, 4, flashId)
    writeUint(place, LIMITS_SIZE + 4, 2, found.sequence + 1)
    const address = LIMITS_AT + ((found.sequence + 1) & 1) * LIMITS_PLACE
    if (!(await saveStored(memory, address, place))) return false
    found.sequence += 1
    return true
}

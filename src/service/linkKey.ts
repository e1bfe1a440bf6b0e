// The key that pump and programmer share, in the record memory: in two copies that are written in turn, so that a power cut leaves
// the one or the other. Not in DeviceScript's settings, which anybody on the bus may read.

import type { RecordMemory } from "../drivers/parts"
import { crc32, readUint, writeUint } from "../pump/bytes"
import { LINK_KEY_PLACE, LINK_KEYS_AT } from "../pump/journal"
import { KEY_SIZE } from "./seal"

const VERSION = 1

/** Version u8, reserved 3 bytes (0), sequence u32, key; then the CRC-32 of all before it. */
const SUM_AT = 8 + KEY_SIZE
const RECORD_SIZE = SUM_AT + 4

/** The key, and how many were stored so far; both copies of none are blank. */
export interface LinkKey {
    key: Buffer | undefined
    sequence: number
}

/** The newest good copy; no key where none is, and a memory that does not answer has none. */
export async function loadKey(memory: RecordMemory): Promise<LinkKey> {
    const found: LinkKey = { key: undefined, sequence: 0 }
    for (let copy = 0; copy < 2; copy++) {
        const record = await memory.read(LINK_KEYS_AT + copy * LINK_KEY_PLACE, RECORD_SIZE)
        if (!record || record.length !== RECORD_SIZE || record[0] !== VERSION) continue
        if (readUint(record, SUM_AT, 4) !== crc32(record, 0, SUM_AT, 0)) continue
        const sequence = readUint(record, 4, 4)
        if (found.key && sequence < found.sequence) continue
        found.key = record.slice(8, SUM_AT)
        found.sequence = sequence
    }
    return found
}

/** Stores another key over the older copy, and reads it back; false when the memory does not keep it: then the former counts on. */
export async function saveKey(memory: RecordMemory, found: LinkKey, key: Buffer): Promise<boolean> {
    const record = Buffer.alloc(RECORD_SIZE)
    record[0] = VERSION
    writeUint(record, 4, 4, found.sequence + 1)
    for (let i = 0; i < KEY_SIZE; i++) record[8 + i] = key[i]
    writeUint(record, SUM_AT, 4, crc32(record, 0, SUM_AT, 0))
    const address = LINK_KEYS_AT + ((found.sequence + 1) & 1) * LINK_KEY_PLACE
    if (!(await memory.write(address, record, RECORD_SIZE))) return false
    const stored = await memory.read(address, RECORD_SIZE)
    if (!stored || stored.length !== RECORD_SIZE) return false
    for (let i = 0; i < RECORD_SIZE; i++) if (stored[i] !== record[i]) return false
    found.key = key
    found.sequence += 1
    return true
}

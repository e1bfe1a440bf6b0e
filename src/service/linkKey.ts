// The key that pump and programmer share, in the record memory: in two copies that are written in turn, so that a power cut leaves
// the one or the other. Not in DeviceScript's settings, which anybody on the bus may read.

import type { RecordMemory } from "../drivers/parts"
import { loadStored, saveStored } from "../drivers/storedRecord"
import { readUint, writeUint } from "../pump/bytes"
import { LINK_KEY_PLACE, LINK_KEYS_AT } from "../pump/journal"
import { KEY_SIZE } from "./seal"

const VERSION = 1

/** Version u8, 1 where only the paired programmer may read the pump u8, reserved 2 bytes (0), sequence u32, key; then the CRC-32 of all before it. */
const RECORD_SIZE = 8 + KEY_SIZE + 4

/** The key, who may read the pump, and how often they were stored so far; both copies of none are blank. */
export interface LinkKey {
    key: Buffer | undefined
    restricted: boolean
    sequence: number
}

/** The newest good copy; no key where none is, and a memory that does not answer has none. */
export async function loadKey(memory: RecordMemory): Promise<LinkKey> {
    const found: LinkKey = { key: undefined, restricted: false, sequence: 0 }
    for (let copy = 0; copy < 2; copy++) {
        const record = await loadStored(memory, LINK_KEYS_AT + copy * LINK_KEY_PLACE, RECORD_SIZE)
        if (!record || record[0] !== VERSION) continue
        const sequence = readUint(record, 4, 4)
        if (found.key && sequence < found.sequence) continue
        found.key = record.slice(8, 8 + KEY_SIZE)
        found.restricted = record[1] === 1
        found.sequence = sequence
    }
    return found
}

/** Stores another key, or who may read, over the older copy, and reads it back; false when the memory does not keep it: then the former counts on. */
export async function saveKey(
    memory: RecordMemory,
    found: LinkKey,
    key: Buffer,
    restricted: boolean,
): Promise<boolean> {
    const record = Buffer.alloc(RECORD_SIZE)
    record[0] = VERSION
    record[1] = restricted ? 1 : 0
    writeUint(record, 4, 4, found.sequence + 1)
    for (let i = 0; i < KEY_SIZE; i++) record[8 + i] = key[i]
    const address = LINK_KEYS_AT + ((found.sequence + 1) & 1) * LINK_KEY_PLACE
    if (!(await saveStored(memory, address, record))) return false
    found.key = key
    found.restricted = restricted
    found.sequence += 1
    return true
}

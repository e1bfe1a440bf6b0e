// A pump that has been paired before: its programmer's key is in the record memory from the start.

import { saveKey } from "../../src/service/linkKey"
import { KEY_SIZE } from "../../src/service/seal"
import type { MemoryChip } from "../world/memory"

/** Any key will do for a pump that holds no drug. */
const KEY = Buffer.alloc(KEY_SIZE, 0x5c)

/** Puts the key into the record memory, as pairing would have; returns it. */
export async function presetKey({ contents }: MemoryChip): Promise<Buffer> {
    const memory = {
        read: async (address: number, length: number) => Buffer.from(contents.subarray(address, address + length)),
        write: async (address: number, bytes: Buffer, length: number) => {
            contents.set(bytes.subarray(0, length), address)
            return true
        },
    }
    await saveKey(memory, { key: undefined, restricted: false, sequence: 0 }, KEY, false)
    return KEY
}

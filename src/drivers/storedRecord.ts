// Records in the record memory that end with the CRC-32 of all before it, and are read back after they were written.

import { crc32, readUint, writeUint } from "../pump/bytes"
import { RecordMemory } from "./parts"

/** The record at `address`, `size` bytes with its checksum; undefined where none is whole, or the memory does not answer. */
export async function loadStored(memory: RecordMemory, address: number, size: number): Promise<Buffer | undefined> {
    const record = await memory.read(address, size)
    if (!record || record.length !== size) return undefined
    return readUint(record, size - 4, 4) === crc32(record, 0, size - 4, 0) ? record : undefined
}

/** Writes a record with its checksum at its end; false when the memory does not keep it. */
export async function saveStored(memory: RecordMemory, address: number, record: Buffer): Promise<boolean> {
    const size = record.length
    writeUint(record, size - 4, 4, crc32(record, 0, size - 4, 0))
    return (await memory.write(address, record, size)) && (await holds(memory, address, record, 0, size))
}

/** True when the memory holds these bytes, `length` of them from `from` on, at `address`. */
export async function holds(
    memory: RecordMemory,
    address: number,
    bytes: Buffer,
    from: number,
    length: number,
): Promise<boolean> {
    const stored = await memory.read(address, length)
    if (!stored || stored.length !== length) return false
    for (let i = 0; i < length; i++) if (stored[i] !== bytes[from + i]) return false
    return true
}

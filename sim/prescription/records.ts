// Cuts the records that the pump starts from into pieces that its settings store can hold. The total length stands in front,
// so that the pump knows how many pieces to read and that none is missing.

import { randomInt } from "node:crypto"
import { crc32 } from "../../src/pump/bytes"

// As text a piece is twice as long, and a setting travels in a packet that has room for 222 characters of it.
const CHUNK_SIZE_MAX = 100

/** One entry of the pump's settings store. */
export interface Setting {
    key: string
    value: Uint8Array
}

/**
 * The programme under `pg0`, `pg1`, …, the mechanism under `me0`, … and the limits of the guard under `gu0`, ….
 * Each record is its length as u16, little-endian, and its bytes, cut into pieces of at most 100 bytes.
 */
export function settingsOf(programmeBytes: Uint8Array, mechanismBytes: Uint8Array, limitsBytes: Uint8Array): Setting[] {
    return [...chunksOf("pg", programmeBytes), ...chunksOf("me", mechanismBytes), ...chunksOf("gu", limitsBytes)]
}

/** Bytes of the number that tells one flashing from another. */
export const FLASH_ID_SIZE = 4

/** A number that no earlier flashing of a board had, as good as certainly. Never 0, which is none. */
export function drawFlashId(): Uint8Array {
    const id = Buffer.alloc(FLASH_ID_SIZE)
    id.writeUInt32LE(randomInt(1, 2 ** 32))
    return id
}

/** The number of a flashing, under `fl0`: by it the pump sees that what it remembers belongs to an earlier one. */
export function flashIdSetting(id: Uint8Array): Setting {
    if (id.length !== FLASH_ID_SIZE) throw new Error(`a flash id has ${FLASH_ID_SIZE} bytes, and this has ${id.length}`)
    const record = Buffer.alloc(FLASH_ID_SIZE + 4)
    record.set(id)
    record.writeUInt32LE(crc32(record, 0, FLASH_ID_SIZE, 0), FLASH_ID_SIZE)
    return chunksOf("fl", record)[0]
}

function chunksOf(prefix: string, record: Uint8Array): Setting[] {
    const stored = Uint8Array.from([record.length & 255, record.length >> 8, ...record])
    const count = Math.ceil(stored.length / CHUNK_SIZE_MAX)
    return Array.from({ length: count }, (_, i) => ({
        key: prefix + i,
        value: stored.slice(i * CHUNK_SIZE_MAX, (i + 1) * CHUNK_SIZE_MAX),
    }))
}

/**
 * The text under which the pump's settings store holds a piece: DeviceScript keeps each setting that it is given at
 * flashing as JSON, so bytes travel as a quoted text of hexadecimal digits.
 */
export function settingText(value: Uint8Array): string {
    return JSON.stringify(Buffer.from(value).toString("hex"))
}

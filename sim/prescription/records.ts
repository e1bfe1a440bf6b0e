// Cuts the three records that the pump starts from into pieces that its settings store can hold.
// The total length stands in front, so that the pump knows how many pieces to read and that none is missing.

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

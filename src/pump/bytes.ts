// Reading whole numbers out of stored bytes, and the checksum that tells damage from a good record.
// Index access is all that is used, because a DeviceScript Buffer and a Node Buffer share nothing else.

/** A byte string of either world: DeviceScript's Buffer, Node's Buffer, a Uint8Array. */
export interface Bytes {
    readonly length: number
    readonly [index: number]: number
}

/** A byte string that can be written to. */
export interface WritableBytes {
    readonly length: number
    [index: number]: number
}

/** The little-endian unsigned number of `size` bytes at `offset`; `size` at most 6, so the result is exact. */
export function readUint(bytes: Bytes, offset: number, size: number): number {
    let value = 0
    for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[offset + i]
    return value
}

/**
 * Writes `value`, a whole number from 0 to 256^size - 1, little-endian at `offset`; `size` at most 6. Written out byte by byte, because
 * on the device a loop costs several times as much.
 */
export function writeUint(bytes: WritableBytes, offset: number, size: number, value: number): void {
    let low = value
    if (size > 4) {
        const high = Math.floor(value / 0x1_0000_0000)
        low = value - high * 0x1_0000_0000
        bytes[offset + 4] = high & 255
        if (size > 5) bytes[offset + 5] = (high >> 8) & 255
    }
    bytes[offset] = low & 255
    if (size > 1) bytes[offset + 1] = (low >> 8) & 255
    if (size > 2) bytes[offset + 2] = (low >> 16) & 255
    if (size > 3) bytes[offset + 3] = (low >> 24) & 255
}

/** Copies the first `length` bytes after `from` of one string to those after `to` of another. */
export function copyBytes(target: WritableBytes, to: number, bytes: Bytes, from: number, length: number): void {
    for (let i = 0; i < length; i++) target[to + i] = bytes[from + i]
}

/** CRC-32 (IEEE 802.3, reflected) of each byte: one look-up for a byte takes the device half the time of two for its halves. */
const CRC_OF_BYTE = crcOfBytes()

function crcOfBytes(): number[] {
    const sums: number[] = []
    for (let byte = 0; byte < 256; byte++) {
        let sum = byte
        for (let bit = 0; bit < 8; bit++) sum = (sum & 1) !== 0 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
        sums.push(sum)
    }
    return sums
}

/**
 * CRC-32 (IEEE 802.3) of `bytes` from `start` up to but not including `end`.
 * A long string is summed in pieces, because the device may run only so many operations between two waits:
 * give the sum so far as `crc`, and 0 for the first piece.
 */
export function crc32(bytes: Bytes, start: number, end: number, crc: number): number {
    const sums = CRC_OF_BYTE
    let sum = ~crc
    for (let i = start; i < end; i++) sum = (sum >>> 8) ^ sums[(sum ^ bytes[i]) & 255]
    return ~sum >>> 0
}

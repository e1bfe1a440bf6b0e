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

/** Writes `value`, a whole number from 0 to 256^size - 1, little-endian at `offset`; `size` at most 6. */
export function writeUint(bytes: WritableBytes, offset: number, size: number, value: number): void {
    let rest = value
    for (let i = 0; i < size; i++) {
        const above = Math.floor(rest / 256)
        bytes[offset + i] = rest - above * 256
        rest = above
    }
}

// CRC-32 (IEEE 802.3, reflected) of each 4-bit value.
const CRC_OF_NIBBLE = [
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
    0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]

/**
 * CRC-32 (IEEE 802.3) of `bytes` from `start` up to but not including `end`.
 * A long string is summed in pieces, because the device may run only so many operations between two waits:
 * give the sum so far as `crc`, and 0 for the first piece.
 */
export function crc32(bytes: Bytes, start: number, end: number, crc: number): number {
    let sum = ~crc
    for (let i = start; i < end; i++) {
        sum = sum ^ bytes[i]
        sum = (sum >>> 4) ^ CRC_OF_NIBBLE[sum & 15]
        sum = (sum >>> 4) ^ CRC_OF_NIBBLE[sum & 15]
    }
    return ~sum >>> 0
}

// The record by which the pump knows the program that was flashed: the SHA-256 of its bytecode. It stands among the pump's
// settings, which are no part of what is hashed, so it can be known before they are written.

import { createHash } from "node:crypto"
import { crc32 } from "../../src/pump/bytes"
import type { Setting } from "../prescription/records"

/** The only setting of the record: its length as u16, little-endian, 32 bytes of SHA-256, and their CRC-32. */
export const PROGRAM_IMAGE_KEY = "im0"

const SHA256_SIZE = 32

/** The setting to store with this bytecode. */
export function programImageSetting(bytecode: Uint8Array): Setting {
    const value = Buffer.alloc(2 + SHA256_SIZE + 4)
    value.writeUInt16LE(SHA256_SIZE + 4, 0)
    createHash("sha256").update(bytecode).digest().copy(value, 2)
    value.writeUInt32LE(crc32(value, 2, 2 + SHA256_SIZE, 0), 2 + SHA256_SIZE)
    return { key: PROGRAM_IMAGE_KEY, value }
}

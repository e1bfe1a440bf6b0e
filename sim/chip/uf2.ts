// Reads a UF2 file, the form in which an image is copied onto a Pico: blocks of 512 bytes that each say where in the flash they belong.
// Format: https://github.com/microsoft/uf2. A file that is cut short or of another chip must not become a program that half runs.

import { InputError } from "../input"

const BLOCK_SIZE = 512
const HEADER_SIZE = 32
const PAYLOAD_SIZE_MAX = 476
const MAGIC_START_0 = 0x0a324655
const MAGIC_START_1 = 0x9e5d5157
const MAGIC_END = 0x0ab16f30

const FLAG_NOT_MAIN_FLASH = 0x00000001
const FLAG_FAMILY_PRESENT = 0x00002000
const FAMILY_RP2040 = 0xe48bff56

/** Where the RP2040 shows its flash, and how much of it a Pico has. */
export const FLASH_BASE = 0x10000000
export const FLASH_SIZE = 2 * 1024 * 1024

/** What an erased flash holds. */
export const ERASED = 0xff

/** A flash with what the file writes into it; the rest is erased. `file` is named in the error. Throws InputError. */
export function flashOfUf2(bytes: Uint8Array, file: string): Uint8Array {
    const wrong = (field: string, was: string, mayBe: string) => new InputError([{ file, field, was, mayBe }])
    if (bytes.length === 0 || bytes.length % BLOCK_SIZE !== 0)
        throw wrong("", `${bytes.length} bytes`, `a UF2 file: blocks of ${BLOCK_SIZE} bytes`)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const flash = new Uint8Array(FLASH_SIZE).fill(ERASED)
    const count = bytes.length / BLOCK_SIZE
    let written = 0
    for (let i = 0; i < count; i++) {
        const at = i * BLOCK_SIZE
        const word = (offset: number) => view.getUint32(at + offset, true)
        const field = (name: string) => `block ${i}: ${name}`
        if (word(0) !== MAGIC_START_0 || word(4) !== MAGIC_START_1 || word(BLOCK_SIZE - 4) !== MAGIC_END)
            throw wrong(field("magic numbers"), "others", "those of a UF2 file")
        if (word(20) !== i) throw wrong(field("number"), String(word(20)), String(i))
        if (word(24) !== count) throw wrong(field("blocks in all"), String(word(24)), `${count}, as many as there are`)
        const flags = word(8)
        if ((flags & FLAG_NOT_MAIN_FLASH) !== 0) continue
        if ((flags & FLAG_FAMILY_PRESENT) === 0 || word(28) !== FAMILY_RP2040)
            throw wrong(field("family"), hex(word(28)), `${hex(FAMILY_RP2040)}, the RP2040's`)
        const address = word(12)
        const size = word(16)
        if (!(size >= 1 && size <= PAYLOAD_SIZE_MAX))
            throw wrong(field("payload"), `${size} bytes`, `1 to ${PAYLOAD_SIZE_MAX} bytes`)
        if (!(address >= FLASH_BASE && address + size <= FLASH_BASE + FLASH_SIZE))
            throw wrong(
                field("address"),
                hex(address),
                `within the flash, ${hex(FLASH_BASE)} to ${hex(FLASH_BASE + FLASH_SIZE)}`,
            )
        flash.set(bytes.subarray(at + HEADER_SIZE, at + HEADER_SIZE + size), address - FLASH_BASE)
        written += 1
    }
    if (written === 0) throw wrong("", "no block for the flash", "an image of a program")
    return flash
}

function hex(value: number): string {
    return `0x${value.toString(16).padStart(8, "0")}`
}

// What a programmer reads out in pieces: the record memory without the key, and the record of the programme that runs.

import type { RecordMemory } from "../drivers/parts"
import { copyBytes, readUint, writeUint } from "../pump/bytes"
import { ProgrammeSource } from "../pump/checkpoint"
import {
    LINK_KEY_PLACE,
    LINK_KEYS_AT,
    MEMORY_SIZE,
    PROGRAMME_PLACE,
    programmeAddress,
    TRANSFER_MAX,
} from "../pump/journal"

/** How a board finds the record of the programme that was flashed; undefined where there is none, and why not where it is damaged. */
export type FlashedProgramme = () => Promise<Buffer | string | undefined>

/**
 * Part u8, offset u16, and up to TRANSFER_MAX bytes from there on: of the record memory (part 0; the key's place reads as zero), or of the
 * record of the programme that runs (part 1). Fewer where it ends, and none where there is no such part.
 */
export async function contentsAt(
    memory: RecordMemory,
    source: ProgrammeSource,
    flashed: FlashedProgramme,
    part: number,
    offset: number,
): Promise<Buffer> {
    let piece: Buffer | undefined
    if (part === 0 && offset < MEMORY_SIZE) {
        piece = await memory.read(offset, Math.min(TRANSFER_MAX, MEMORY_SIZE - offset))
        if (piece) hideKeys(piece, offset)
    } else if (part === 1) piece = await programmePiece(memory, source, flashed, offset)
    const length = piece ? piece.length : 0
    const bytes = Buffer.alloc(3 + length)
    bytes[0] = part
    writeUint(bytes, 1, 2, offset)
    if (piece) copyBytes(bytes, 3, piece, 0, length)
    return bytes
}

async function programmePiece(
    memory: RecordMemory,
    source: ProgrammeSource,
    flashed: FlashedProgramme,
    offset: number,
): Promise<Buffer | undefined> {
    if (source === ProgrammeSource.Flash) {
        const record = await flashed()
        if (typeof record !== "object" || offset >= record.length) return undefined
        return record.slice(offset, Math.min(record.length, offset + TRANSFER_MAX))
    }
    const address = programmeAddress(source)
    const head = await memory.read(address, 2)
    const size = head ? readUint(head, 0, 2) : 0
    if (!(size <= PROGRAMME_PLACE - 2 && offset < size)) return undefined
    return await memory.read(address + 2 + offset, Math.min(TRANSFER_MAX, size - offset))
}

/** Blanks what a piece of the record memory, read from `from` on, holds of the keys. */
function hideKeys(piece: Buffer, from: number): void {
    const first = Math.max(0, LINK_KEYS_AT - from)
    const end = Math.min(piece.length, LINK_KEYS_AT + 2 * LINK_KEY_PLACE - from)
    for (let i = first; i < end; i++) piece[i] = 0
}

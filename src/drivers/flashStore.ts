// The records that were written when the board was flashed, cut into DeviceScript's settings. They are only read here: a power cut
// within a write makes the runtime format all of its settings (`boards/README.md`), so what changes is kept elsewhere (JRN-9).

import * as ds from "@devicescript/core"
import { Reason } from "../pump/alarms"
import { crc32, readUint } from "../pump/bytes"
import { Checkpoint, decodeCheckpoint } from "../pump/checkpoint"

// The settings of this device itself.
const settings = new ds.Settings()

// A length over this can't be one of ours.
const RECORD_SIZE_MAX = 4096

/** The bytes of one setting; undefined when there is none of that name. */
async function loadSetting(key: string): Promise<Buffer | undefined> {
    const answer = await ds.actionReport(
        settings,
        "get",
        async () => await settings.get(key),
        packet => packet.decode()[0] === key,
    )
    const bytes: Buffer = answer.decode()[1]
    return bytes && bytes.length > 0 ? bytes : undefined
}

/** A piece of a record: stored as JSON text of hexadecimal digits, because that is how settings come with the firmware. */
async function loadPiece(key: string): Promise<Buffer | undefined> {
    const text = await loadSetting(key)
    return text ? Buffer.from(text.toString().slice(1, text.length - 1), "hex") : undefined
}

/**
 * Reads the record stored under `prefix`: its first setting, `<prefix>0`, opens with the record's length as u16 and the
 * following ones carry on. Its last four bytes are the CRC-32 of the others. Undefined when no record is stored, and the
 * reason when it is damaged.
 */
export async function loadRecord(prefix: string): Promise<Buffer | string | undefined> {
    let piece = await loadPiece(prefix + "0")
    if (piece === undefined) return undefined
    const size = piece.length > 2 ? readUint(piece, 0, 2) : 0
    if (!(size > 4 && size <= RECORD_SIZE_MAX)) return "record of impossible size"
    const record = Buffer.alloc(size)
    let filled = 0
    let from = 2
    let sum = 0
    for (let next = 1; ; next++) {
        const length = Math.min(piece.length - from, size - filled)
        record.blitAt(filled, piece, from, length)
        // Summed piece by piece: what runs between two waits is bounded on the device.
        sum = crc32(record, filled, Math.min(filled + length, size - 4), sum)
        filled += length
        if (filled >= size) break
        piece = await loadPiece(prefix + next)
        if (piece === undefined || piece.length === 0) return "record incomplete"
        from = 0
    }
    return readUint(record, size - 4, 4) === sum ? record : "record's checksum is wrong"
}

/** The checkpoint that an earlier firmware kept here, in two copies; or why there is none. */
export async function loadOldCheckpoint(): Promise<Checkpoint | Reason> {
    const even = await loadCheckpoint("cp0")
    const odd = await loadCheckpoint("cp1")
    if (typeof even === "object" && typeof odd === "object") return odd.sequence > even.sequence ? odd : even
    if (typeof odd === "object") return odd
    // A copy that is damaged is damage, though the other one was never written.
    return even === Reason.RecordMissing ? odd : even
}

async function loadCheckpoint(key: string): Promise<Checkpoint | Reason> {
    const bytes = await loadSetting(key)
    return bytes ? decodeCheckpoint(bytes) : Reason.RecordMissing
}

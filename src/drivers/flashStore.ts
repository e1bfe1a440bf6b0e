// The records that outlast a reset, in the flash behind DeviceScript's settings.
// The long ones are written when the board is flashed, cut into settings; the checkpoint is written here.

import * as ds from "@devicescript/core"
import { crc32, readUint } from "../pump/bytes"
import { CHECKPOINT_SIZE, Checkpoint, decodeCheckpoint, encodeCheckpoint, newerCheckpoint } from "../pump/checkpoint"
import { Guard } from "../pump/guard"
import { Pump } from "../pump/pump"

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

/** What flash remembers of the run before. */
export interface StoredCheckpoint {
    /** The newest good copy; undefined when there is none. */
    checkpoint: Checkpoint | undefined
    /** True when something is stored and no copy of it is good: the pump has run before, and nobody knows how it was left. */
    damaged: boolean
}

/** The checkpoint in two copies written in turn, so that a power cut during a write leaves the other. */
export class CheckpointStore {
    private sequence = 0
    private readonly bytes = Buffer.alloc(CHECKPOINT_SIZE)

    /** Reads both copies. One damaged copy is what a power cut leaves behind, and no damage as long as the other is good. */
    async load(): Promise<StoredCheckpoint> {
        const evenBytes = await loadSetting("cp0")
        const oddBytes = await loadSetting("cp1")
        const newest = newerCheckpoint(decodeCheckpoint(evenBytes), decodeCheckpoint(oddBytes))
        if (newest) this.sequence = newest.sequence
        return { checkpoint: newest, damaged: !newest && (evenBytes !== undefined || oddBytes !== undefined) }
    }

    /** Writes what must outlast a reset over the older copy. */
    async save(pump: Pump, guard: Guard): Promise<void> {
        this.sequence += 1
        encodeCheckpoint(pump, guard, this.sequence, this.bytes)
        await settings.set(keyOf(this.sequence), this.bytes)
    }

    /** Reads back what was saved last: true when flash holds exactly that. For the power-on self-test, after a save. */
    async verify(): Promise<boolean> {
        const stored = await loadSetting(keyOf(this.sequence))
        if (!stored || stored.length !== CHECKPOINT_SIZE) return false
        for (let i = 0; i < CHECKPOINT_SIZE; i++) if (stored[i] !== this.bytes[i]) return false
        return true
    }
}

/** The setting that holds the copy of this number. */
function keyOf(sequence: number): string {
    return (sequence & 1) === 0 ? "cp0" : "cp1"
}

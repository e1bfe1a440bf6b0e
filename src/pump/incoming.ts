// A programme's record on its way in: piece by piece, then its checksum, then what it says. All of it a part at a time, because no tick has the
// time for a long one, and between two waits the device may run only so much.

import { Bytes, copyBytes, crc32, readUint } from "./bytes"
import { TRANSFER_MAX } from "./journal"
import { beginReading, Programme, ProgrammeReading, readOn } from "./programme"

/** How much of the checksum is one part, in bytes. */
const PART_BYTES = 200

/** The CRC-32 of a record together with its own CRC-32 behind it: the same for all that are whole. */
const WHOLE_RECORD_SUM = 0x2144df1c

/** A record, as much of it as is there. */
export interface Incoming {
    /** The bytes, those to come too. */
    record: Buffer
    received: number
    /** So many bytes are in the checksum so far. */
    summed: number
    sum: number
    reading: ProgrammeReading
}

/** Room for a record of `size` bytes. */
export function beginIncoming(size: number): Incoming {
    const record = Buffer.alloc(size)
    return { record, received: 0, summed: 0, sum: 0, reading: beginReading(record) }
}

/** Takes the next piece, from `from` on in `body`; false when it is not the next one, is empty or goes too far. */
export function takePiece(incoming: Incoming, offset: number, body: Bytes, from: number): boolean {
    const { record, received } = incoming
    const length = body.length - from
    if (incoming.summed > 0 || offset !== received || length === 0) return false
    if (received + length > record.length) return false
    copyBytes(record, received, body, from, length)
    incoming.received = received + length
    return true
}

/**
 * Takes the next piece of a record that says by its end how long it is: with a piece shorter than the others, or none. False when it goes on
 * for too long.
 */
export function takeUntilEnd(incoming: Incoming, piece: Bytes | undefined): boolean {
    const length = piece ? piece.length : 0
    if (piece && length > 0 && !takePiece(incoming, incoming.received, piece, 0)) return false
    // What ends here may have broken off: then its checksum is wrong.
    if (length < TRANSFER_MAX) {
        incoming.record = incoming.record.slice(0, incoming.received)
        incoming.reading = beginReading(incoming.record)
    }
    return true
}

/** Checks and reads one part of a record. Returns false when there was none left. */
export function readPart(incoming: Incoming): boolean {
    const { record, summed } = incoming
    const size = record.length
    if (incoming.received !== size) return false
    if (summed < size) {
        incoming.summed = Math.min(size, summed + PART_BYTES)
        incoming.sum = crc32(record, summed, incoming.summed, incoming.sum)
        return true
    }
    return incoming.sum === WHOLE_RECORD_SUM && readOn(incoming.reading)
}

/** What a record says that was read to its end; undefined when it is damaged, or no programme. */
export function programmeOf(incoming: Incoming): Programme | undefined {
    const { result } = incoming.reading
    return typeof result === "string" ? undefined : result
}

/** The checksum that a whole record ends with. */
export function checksumOf(incoming: Incoming): number {
    return readUint(incoming.record, incoming.record.length - 4, 4)
}

// A programme that a programmer proposes: its record as it comes in, and the pump's own reading of it, which a person has to confirm.

import { copyBytes, crc32, readUint, WritableBytes, writeUint } from "../pump/bytes"
import { PROGRAMME_PLACE, TRANSFER_MAX } from "../pump/journal"
import { decodeProgramme, highestRatePlPerDay, Programme } from "../pump/programme"
import { Pump } from "../pump/pump"

/** The record as far as it has come in. */
export interface Proposal {
    record: Buffer
    received: number
    /** When it was begun: dropped ten minutes later. */
    beganMs: number
    /** Its checksum and what it says, once it is whole and good. */
    checksum: number
    programme: Programme | undefined
}

/** A proposal of so many bytes; undefined where no programme has that size. */
export function beginProposal(size: number, nowMs: number): Proposal | undefined {
    if (!(size > 4 && size <= PROGRAMME_PLACE - 2)) return undefined
    return { record: Buffer.alloc(size), received: 0, beganMs: nowMs, checksum: 0, programme: undefined }
}

/** Takes the next piece, from `from` on in `body`; false when it is not the next one or goes too far. */
export function takePiece(proposal: Proposal, offset: number, body: Buffer, from: number): boolean {
    const length = body.length - from
    if (proposal.programme || offset !== proposal.received || length === 0) return false
    if (offset + length > proposal.record.length) return false
    copyBytes(proposal.record, offset, body, from, length)
    proposal.received += length
    return true
}

/** Reads the whole proposal; false when it is not whole, or no programme. */
export function readProposal(proposal: Proposal): boolean {
    const { record, received } = proposal
    if (received !== record.length) return false
    const size = record.length - 4
    const checksum = readUint(record, size, 4)
    if (crc32(record, 0, size, 0) !== checksum) return false
    const programme = decodeProgramme(record)
    if (typeof programme === "string") return false
    proposal.checksum = checksum
    proposal.programme = programme
    return true
}

/** A piece of the record from `offset` on, as the journal brings a programme in; undefined where it ends. */
export function pieceOf(proposal: Proposal, offset: number): Buffer | undefined {
    const { record } = proposal
    if (offset >= record.length) return undefined
    return record.slice(offset, Math.min(record.length, offset + TRANSFER_MAX))
}

export const READING_SIZE = 36

/**
 * Writes the pump's reading of the proposal into `bytes`: checksum u32, concentration u32 (ng/mL), mean u48 and highest flow u48 (pL/day),
 * clinician's largest bolus u32 and patient's dose u32 (pL), segments u16, soft limits u16, and what differs from the programme that runs
 * u32: a bit for each field of `Programme`, in the order in which `decodeProgramme` makes them.
 */
export function writeReading(proposal: Proposal, programme: Programme, pump: Pump, bytes: WritableBytes): void {
    writeUint(bytes, 0, 4, proposal.checksum)
    writeUint(bytes, 4, 4, programme.concentrationNgPerMl)
    writeUint(bytes, 8, 6, programme.meanRatePlPerDay)
    writeUint(bytes, 14, 6, highestRatePlPerDay(programme))
    writeUint(bytes, 20, 4, programme.bolusPlMax)
    writeUint(bytes, 24, 4, programme.patientPl)
    writeUint(bytes, 28, 2, programme.segmentStartMinute.length)
    writeUint(bytes, 30, 2, programme.softLimits)
    writeUint(bytes, 32, 4, differences(programme, pump.programme))
}

type Fields = Record<string, number | number[]>

/** A bit for each field in which two programmes differ; all of them where none runs. */
function differences(offered: Programme, running: Programme | undefined): number {
    const is = offered as unknown as Fields
    const was = running as unknown as Fields
    const names = Object.keys(is)
    let bits = 0
    let bit = 1
    for (let i = 0; i < names.length; i++) {
        const name = names[i]
        if (!running || !same(is[name], was[name])) bits += bit
        bit *= 2
    }
    return bits
}

function same(a: number | number[], b: number | number[]): boolean {
    if (typeof a === "number" || typeof b === "number") return a === b
    if (a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
    return true
}

// What must outlast a reset: the reservoir account, whether a person stopped the pump, and the alarms that wait for one.
// Two copies are written in turn, so that a power cut during a write leaves the other.

import { Alarm, LATCHING_ALARMS } from "./alarms"
import { Bytes, crc32, readUint, WritableBytes, writeUint } from "./bytes"
import { RESERVOIR_PL_MAX } from "./limits"
import { Mode, Pump } from "./pump"

export const CHECKPOINT_SIZE = 22
export const CHECKPOINT_VERSION = 1

/** A checkpoint is written at least this often while the pump runs. */
export const CHECKPOINT_MS = 900_000

export interface Checkpoint {
    /** Counts up by one with each write; the copy with the larger one is the newer. */
    sequence: number
    mode: Mode
    alarms: number
    residualPl: number
}

// What is stored of the alarms: those that wait for a person, and an empty reservoir.
const STORED_ALARMS = LATCHING_ALARMS | (1 << Alarm.ReservoirEmpty)

/**
 * Writes the checkpoint of `pump` into `bytes`, CHECKPOINT_SIZE long.
 * Layout: version u8, mode u8, sequence u32, alarms u32, residual u48 (pL), reserved u16 (0), CRC-32 of all before it.
 */
export function encodeCheckpoint(pump: Pump, sequence: number, bytes: WritableBytes): void {
    bytes[0] = CHECKPOINT_VERSION
    bytes[1] = pump.mode
    writeUint(bytes, 2, 4, sequence)
    writeUint(bytes, 6, 4, pump.alarms & STORED_ALARMS)
    writeUint(bytes, 10, 6, pump.residualPl)
    writeUint(bytes, 16, 2, 0)
    writeUint(bytes, 18, 4, crc32(bytes, 0, 18, 0))
}

/** Reads a checkpoint; undefined when it is absent, damaged or of another version. */
export function decodeCheckpoint(bytes: Bytes | undefined): Checkpoint | undefined {
    if (!bytes || bytes.length !== CHECKPOINT_SIZE) return undefined
    if (readUint(bytes, 18, 4) !== crc32(bytes, 0, 18, 0)) return undefined
    if (bytes[0] !== CHECKPOINT_VERSION || bytes[1] > Mode.Running) return undefined
    const residualPl = readUint(bytes, 10, 6)
    if (!(residualPl <= RESERVOIR_PL_MAX)) return undefined
    return { sequence: readUint(bytes, 2, 4), mode: bytes[1], alarms: readUint(bytes, 6, 4), residualPl }
}

/** The newer of two checkpoints, either of which may be missing. */
export function newerCheckpoint(a: Checkpoint | undefined, b: Checkpoint | undefined): Checkpoint | undefined {
    if (!a) return b
    if (!b) return a
    return b.sequence > a.sequence ? b : a
}

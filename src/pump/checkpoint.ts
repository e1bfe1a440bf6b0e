// What must outlast a reset: the reservoir account, whether a person stopped the pump, the alarms that wait for one, what
// the guard has counted. Two copies are written in turn, so that a power cut during a write leaves the other.

import { Alarm } from "./alarms"
import { Bytes, crc32, readUint, WritableBytes, writeUint } from "./bytes"
import { basalDaySteps, basalHourSteps, Guard } from "./guard"
import { RESERVOIR_PL_MAX } from "./limits"
import { Mode, Pump } from "./pump"
import { GuardTrip } from "./readings"

export const CHECKPOINT_SIZE = 50
export const CHECKPOINT_VERSION = 2

/** A checkpoint is written at least this often while the pump runs, and for every quarter of the hour's limit delivered. */
export const CHECKPOINT_MS = 900_000

// The flags.
const RESERVOIR_EMPTY = 1
const END_SWITCH_DIFFERS = 2
const REFILL_DIFFERS = 4
const ACCOUNT_UNKNOWN = 8

export interface Checkpoint {
    /** Counts up by one with each write; the copy with the larger one is the newer. */
    sequence: number
    mode: Mode
    /** Starts of the firmware with no hour of running between them. */
    brokenRuns: number
    guardTrip: GuardTrip
    /** The alarms that wait for a person. */
    latched: number
    /** True when the reservoir was empty. */
    reservoirEmpty: boolean
    /** True when an earlier checkpoint was damaged, and nobody has filled the reservoir since. */
    accountUnknown: boolean
    residualPl: number
    /** The account of the volume since the last refill (`volume.ts`). */
    meteredPl: number
    countedPl: number
    sensedPl: number
    endSwitchDiffers: boolean
    refillDiffers: boolean
    /** Steps that the guard has counted in the last hour, and in the last day. */
    guardHourSteps: number
    guardDaySteps: number
}

/**
 * Writes the checkpoint of `pump` into `bytes`, CHECKPOINT_SIZE long.
 * Layout: version u8, mode u8, broken runs u8, guard trip u8, sequence u32, latched alarms u32, residual u48, metered u48,
 * counted u48, sensed u48 (pL), guard's steps of the hour u32 and of the day u32, flags u8 (1: reservoir empty, 2: end switch
 * differs, 4: refill differs, 8: account unknown), reserved u8 (0); then the CRC-32 of all before it.
 */
export function encodeCheckpoint(pump: Pump, guard: Guard, sequence: number, bytes: WritableBytes): void {
    const size = CHECKPOINT_SIZE - 4
    const volume = pump.volume
    bytes[0] = CHECKPOINT_VERSION
    bytes[1] = pump.mode
    bytes[2] = Math.min(pump.brokenRuns, 255)
    bytes[3] = guard.trip
    writeUint(bytes, 4, 4, sequence)
    writeUint(bytes, 8, 4, pump.latched)
    // A relief may give a full reservoir a little more than it can hold.
    writeUint(bytes, 12, 6, Math.min(pump.residualPl, RESERVOIR_PL_MAX))
    writeUint(bytes, 18, 6, Math.max(0, volume.meteredPl))
    writeUint(bytes, 24, 6, Math.max(0, volume.countedPl))
    writeUint(bytes, 30, 6, Math.max(0, volume.sensedPl))
    writeUint(bytes, 36, 4, basalHourSteps(guard))
    writeUint(bytes, 40, 4, basalDaySteps(guard))
    let flags = (pump.conditions & (1 << Alarm.ReservoirEmpty)) !== 0 ? RESERVOIR_EMPTY : 0
    if (volume.endSwitchDiffers) flags = flags | END_SWITCH_DIFFERS
    if (volume.refillDiffers) flags = flags | REFILL_DIFFERS
    if ((pump.conditions & (1 << Alarm.CheckpointDamaged)) !== 0) flags = flags | ACCOUNT_UNKNOWN
    bytes[44] = flags
    bytes[45] = 0
    writeUint(bytes, size, 4, crc32(bytes, 0, size, 0))
}

/** Reads a checkpoint; undefined when it is absent, damaged or of another version. */
export function decodeCheckpoint(bytes: Bytes | undefined): Checkpoint | undefined {
    const size = CHECKPOINT_SIZE - 4
    if (!bytes || bytes.length !== CHECKPOINT_SIZE) return undefined
    if (readUint(bytes, size, 4) !== crc32(bytes, 0, size, 0)) return undefined
    if (bytes[0] !== CHECKPOINT_VERSION || bytes[1] > Mode.Running) return undefined
    const residualPl = readUint(bytes, 12, 6)
    if (!(residualPl <= RESERVOIR_PL_MAX)) return undefined
    return {
        sequence: readUint(bytes, 4, 4),
        mode: bytes[1],
        brokenRuns: bytes[2],
        guardTrip: bytes[3],
        latched: readUint(bytes, 8, 4),
        reservoirEmpty: (bytes[44] & RESERVOIR_EMPTY) !== 0,
        accountUnknown: (bytes[44] & ACCOUNT_UNKNOWN) !== 0,
        residualPl,
        meteredPl: readUint(bytes, 18, 6),
        countedPl: readUint(bytes, 24, 6),
        sensedPl: readUint(bytes, 30, 6),
        endSwitchDiffers: (bytes[44] & END_SWITCH_DIFFERS) !== 0,
        refillDiffers: (bytes[44] & REFILL_DIFFERS) !== 0,
        guardHourSteps: readUint(bytes, 36, 4),
        guardDaySteps: readUint(bytes, 40, 4),
    }
}

/** The newer of two checkpoints, either of which may be missing. */
export function newerCheckpoint(a: Checkpoint | undefined, b: Checkpoint | undefined): Checkpoint | undefined {
    if (!a) return b
    if (!b) return a
    return b.sequence > a.sequence ? b : a
}

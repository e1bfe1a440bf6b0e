// What must outlast a reset besides the steps themselves: the reservoir account, whether a person stopped the pump, the alarms
// that wait for one, a bolus in progress, what the guard has counted, which programme runs. Two copies are written in turn.

import { ALARM_COUNT, Alarm, Reason } from "./alarms"
import { Bytes, crc32, readUint, WritableBytes, writeUint } from "./bytes"
import { dosesOfDay, windowVolume } from "./doses"
import { Guard } from "./guard"
import { Journal } from "./journal"
import {
    DAY_LIMIT_PL_MAX,
    MS_PER_MINUTE,
    MS_PER_SECOND,
    RESERVOIR_PL_MAX,
    SHIFT_MS_MAX,
    WINDOW_MINUTES_MAX,
} from "./limits"
import { localMsAt, shiftLeftAt } from "./localTime"
import { BolusKind, Mode, Pump } from "./pump"
import { GuardTrip } from "./readings"

export const CHECKPOINT_SIZE = 197
export const CHECKPOINT_VERSION = 4

/** The versions before: of schedules and primes alone; and the one that the firmware kept in DeviceScript's settings. */
const FORMER_VERSION = 3
const FORMER_SIZE = 159
const OLD_VERSION = 2
const OLD_SIZE = 50

/** A checkpoint is written at least this often while the pump runs; its steps are recorded one by one (`odometer.ts`). */
export const CHECKPOINT_MS = 900_000

/** Stands for a time of day that nobody knew. */
export const WALL_UNKNOWN = 0xffffffff

/** Room for the reasons of as many alarms as a set can hold. */
const REASONS_AT = 123
const REASONS = 32

/** No checkpoint of any version is longer than this: so much is read of a copy. */
export const CHECKPOINT_SIZE_MAX = 200

// The flags.
const RESERVOIR_EMPTY = 1
const END_SWITCH_DIFFERS = 2
const REFILL_DIFFERS = 4
const ACCOUNT_UNKNOWN = 8
const BOLUS_WAITS = 16
const BOLUS_KIND = 32

/** A shift of local time is kept in hundredths of a second, and the offset of local time in seconds, from these on. */
const SHIFT_UNIT_MS = 10
const SHIFT_FROM = SHIFT_MS_MAX / SHIFT_UNIT_MS
const OFFSET_FROM_S = 0x80000000

/** Where the programme stands that runs. */
export enum ProgrammeSource {
    /** In flash, as it was given when the board was flashed. */
    Flash = 0,
    /** In the first and the second place for one in the record memory. */
    First = 1,
    Second = 2,
}

export interface Checkpoint {
    /** Counts up by one with each write; the copy with the larger one is the newer. */
    sequence: number
    mode: Mode
    /** Starts of the firmware with no hour of running between them; and all its starts, ever. */
    brokenRuns: number
    starts: number
    guardTrip: GuardTrip
    /** The alarms that wait for a person, and why each alarm was raised last, by its bit. */
    latched: number
    reasons: Reason[]
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
    /** The part of it that was counted as delivered, though nobody can say whether it was: power was lost on the way. */
    uncertainPl: number
    /** When the reservoir was filled and with how much: seconds of wall time, WALL_UNKNOWN where the time was unknown. */
    refilledWallS: number
    refilledPl: number
    /** Steps ever made forward and back, those of this checkpoint's tick included. */
    forwardSteps: number
    backSteps: number
    /** The bolus in progress and what was left of it; 0 without one. What was metered of the one that waited, -1 without one. */
    bolusKind: BolusKind
    bolusPl: number
    bolusLeftPl: number
    heldMeteredPl: number
    /** What the line held that was not from the reservoir, its concentration, and the flow of the bridge. */
    lineLeftPl: number
    lineNgPerMl: number
    bridgeRatePlPerDay: number
    /** What ever left the catheter as drug. */
    patientPl: number
    /** Minutes for which the patient has to wait yet, doses that the patient had in 24 hours, and what was given besides the schedule in a window. */
    lockoutMinutes: number
    patientDoses: number
    windowPl: number
    /** Local time minus that of the real-time clock, and how much of a shift of it is left for the schedule. */
    localMinusClockS: number
    shiftLeftMs: number
    /** What the guard has counted (`guard.ts`): steps of the last hour and day, what primes still allow and have used. */
    guardHourSteps: number
    guardDaySteps: number
    guardPrimeSteps: number
    guardPrimeDaySteps: number
    /** Wall time of the checkpoint and of the stop that a person made, in seconds; WALL_UNKNOWN where nobody knew. */
    wallS: number
    stoppedWallS: number
    /** Which flashing of the board this belongs to, and the programme that runs: where it stands, and its checksum. */
    flashId: number
    programmeSource: ProgrammeSource
    programmeSum: number
    /** Entries ever written to the log, of events and of faults. */
    events: number
    faults: number
}

/**
 * Writes the checkpoint of `pump` into `bytes`, CHECKPOINT_SIZE long.
 * Layout, little-endian: version u8, mode u8, broken runs u8, guard's trip u8, sequence u32, latched alarms u32, residual u48, metered
 * u48, counted u48, sensed u48 (pL), guard's steps of the hour u32 and of the day u32, flags u8 (1: reservoir empty, 2: end switch
 * differs, 4: refill differs, 8: account unknown, 16: a bolus waits; from 32 on the kind of bolus), size u8, starts u32, steps forward u48 and back u48, uncertain u48 (pL), bolus
 * u48 and what is left of it u48 (pL), guard's steps that primes still allow u32 and have used u32, wall time u32, of the stop u32, of
 * the refill u32 (s), refilled u48 (pL), flash id u32, programme's checksum u32, events u32, faults u32, programme's source u8,
 * reasons 32 x u8, metered of the bolus that waits u32, line u32 (pL) and its concentration u32 (ng/mL), bridge u40 (pL/day), given
 * besides the schedule u40 (pL), lockout u16 (min), patient's doses u8, shift u24 (10 ms, from -14 h on), local time's offset u32 (s, from
 * -2^31 on), into the patient u48 (pL); then the CRC-32 of all before it. Up to the flags it is what version 2 was, and up to the reasons
 * version 3.
 */
export function encodeCheckpoint(pump: Pump, guard: Guard, journal: Journal, bytes: WritableBytes): void {
    const size = CHECKPOINT_SIZE - 4
    const volume = pump.volume
    bytes[0] = CHECKPOINT_VERSION
    bytes[1] = pump.mode
    bytes[2] = Math.min(pump.brokenRuns, 255)
    bytes[3] = guard.trip
    writeUint(bytes, 4, 4, journal.sequence)
    writeUint(bytes, 8, 4, pump.latched >>> 0)
    // A relief may give a full reservoir a little more than it can hold.
    writeUint(bytes, 12, 6, Math.min(pump.residualPl, RESERVOIR_PL_MAX))
    // The account of the volume is a sample old; the steps are as of now.
    const unmeteredSteps = pump.commandedSteps - volume.commandedSteps
    const unmeteredPl = unmeteredSteps > 0 || unmeteredSteps < 0 ? unmeteredSteps * pump.mechanism.stepPl : 0
    writeUint(bytes, 18, 6, Math.max(0, volume.meteredPl + unmeteredPl))
    writeUint(bytes, 24, 6, Math.max(0, volume.countedPl))
    writeUint(bytes, 30, 6, Math.max(0, volume.sensedPl))
    writeUint(bytes, 36, 4, guard.hourSteps)
    writeUint(bytes, 40, 4, guard.daySteps)
    let flags = (pump.conditions & (1 << Alarm.ReservoirEmpty)) !== 0 ? RESERVOIR_EMPTY : 0
    if (volume.endSwitchDiffers) flags = flags | END_SWITCH_DIFFERS
    if (volume.refillDiffers) flags = flags | REFILL_DIFFERS
    if ((pump.conditions & (1 << Alarm.CheckpointDamaged)) !== 0) flags = flags | ACCOUNT_UNKNOWN
    if (pump.heldRatePlPerDay > 0) flags = flags | BOLUS_WAITS
    bytes[44] = flags + BOLUS_KIND * pump.bolusKind
    bytes[45] = CHECKPOINT_SIZE
    writeUint(bytes, 46, 4, journal.starts)
    writeUint(bytes, 50, 6, journal.forwardSteps)
    writeUint(bytes, 56, 6, journal.backSteps)
    writeUint(bytes, 62, 6, pump.uncertainPl)
    writeUint(bytes, 68, 6, pump.bolusKind !== BolusKind.None ? pump.bolusPl : 0)
    writeUint(bytes, 74, 6, pump.bolusLeftPl)
    writeUint(bytes, 80, 4, guard.primeSteps)
    writeUint(bytes, 84, 4, guard.primeDaySteps)
    writeUint(bytes, 88, 4, wallSecondsAt(pump, pump.nowMs))
    writeUint(bytes, 92, 4, pump.mode === Mode.Stopped ? wallSecondsAt(pump, pump.stoppedSinceMs) : WALL_UNKNOWN)
    writeUint(bytes, 96, 4, pump.refilledWallS)
    writeUint(bytes, 100, 6, pump.refilledPl)
    writeUint(bytes, 106, 4, journal.flashId)
    writeUint(bytes, 110, 4, journal.programmeSum)
    writeUint(bytes, 114, 4, journal.log.events)
    writeUint(bytes, 118, 4, journal.log.faults)
    bytes[122] = journal.programmeSource
    const reasons = pump.reasons
    for (let i = 0; i < REASONS; i++) bytes[REASONS_AT + i] = i < ALARM_COUNT ? reasons[i] : 0
    writeUint(bytes, 155, 4, pump.heldPl - pump.heldLeftPl)
    writeUint(bytes, 159, 4, pump.lineLeftPl)
    writeUint(bytes, 163, 4, pump.lineNgPerMl)
    writeUint(bytes, 167, 5, pump.bridgeRatePlPerDay)
    const programme = pump.programme
    const windowMinutes = programme && programme.windowMinutes > 0 ? programme.windowMinutes : WINDOW_MINUTES_MAX
    // More than any window's limit denies as much as the limit does.
    writeUint(bytes, 172, 5, Math.min(windowVolume(pump.doses, windowMinutes), DAY_LIMIT_PL_MAX))
    writeUint(bytes, 177, 2, Math.ceil(pump.doses.lockoutMs / MS_PER_MINUTE))
    bytes[179] = dosesOfDay(pump.doses)
    // As far as the schedule has come by now: after a reset it does not go back to where the flow changed last.
    const shiftLeftMs = shiftLeftAt(pump, pump.nowMs)
    writeUint(bytes, 180, 3, Math.floor(shiftLeftMs / SHIFT_UNIT_MS + 0.5) + SHIFT_FROM)
    writeUint(bytes, 183, 4, Math.floor(pump.localMinusClockMs / MS_PER_SECOND + 0.5) + OFFSET_FROM_S)
    writeUint(bytes, 187, 6, Math.max(0, pump.patientPl))
    writeUint(bytes, size, 4, crc32(bytes, 0, size, 0))
}

/** Wall time in whole seconds at `ms` on the monotonic clock; WALL_UNKNOWN while the time of day is unknown. */
export function wallSecondsAt(pump: Pump, ms: number): number {
    const wallMs = localMsAt(pump, ms)
    return wallMs >= 0 ? Math.floor(wallMs / MS_PER_SECOND) : WALL_UNKNOWN
}

/**
 * Reads a checkpoint from the place of a copy, which may be longer than it.
 * Returns it, or why there is none: RecordMissing where nothing was ever written (all zero, or nothing), RecordNewer where a later
 * version of the firmware wrote it, RecordDamaged otherwise. The version before this one is taken over, with what it did not know.
 */
export function decodeCheckpoint(bytes: Bytes): Checkpoint | Reason {
    if (isBlank(bytes)) return Reason.RecordMissing
    if (bytes.length < OLD_SIZE) return Reason.RecordDamaged
    const version = bytes[0]
    const size = (version === OLD_VERSION ? OLD_SIZE : bytes[45]) - 4
    if (!(size + 4 >= OLD_SIZE && size + 4 <= CHECKPOINT_SIZE_MAX && size + 4 <= bytes.length))
        return Reason.RecordDamaged
    if (readUint(bytes, size, 4) !== crc32(bytes, 0, size, 0)) return Reason.RecordDamaged
    if (version > CHECKPOINT_VERSION) return Reason.RecordNewer
    const full = version === CHECKPOINT_VERSION
    const known = full || version === FORMER_VERSION
    const sizeOfVersion = full ? CHECKPOINT_SIZE : known ? FORMER_SIZE : OLD_SIZE
    if (!(known || version === OLD_VERSION) || size + 4 !== sizeOfVersion) return Reason.RecordDamaged
    const residualPl = readUint(bytes, 12, 6)
    if (bytes[1] > Mode.Running || !(residualPl <= RESERVOIR_PL_MAX)) return Reason.RecordDamaged
    if (known && bytes[122] > ProgrammeSource.Second) return Reason.RecordDamaged
    if (full && bytes[44] >> 5 > BolusKind.Patient) return Reason.RecordDamaged
    const reasons: Reason[] = []
    for (let i = 0; i < ALARM_COUNT; i++) reasons.push(known ? bytes[REASONS_AT + i] : Reason.None)
    const number = (offset: number, length: number) => (known ? readUint(bytes, offset, length) : 0)
    const latest = (offset: number, length: number, otherwise: number) =>
        full ? readUint(bytes, offset, length) : otherwise
    const wall = (offset: number) => (known ? readUint(bytes, offset, 4) : WALL_UNKNOWN)
    return {
        sequence: readUint(bytes, 4, 4),
        mode: bytes[1],
        brokenRuns: bytes[2],
        starts: number(46, 4),
        guardTrip: bytes[3],
        latched: readUint(bytes, 8, 4),
        reasons,
        reservoirEmpty: (bytes[44] & RESERVOIR_EMPTY) !== 0,
        accountUnknown: (bytes[44] & ACCOUNT_UNKNOWN) !== 0,
        residualPl,
        meteredPl: readUint(bytes, 18, 6),
        countedPl: readUint(bytes, 24, 6),
        sensedPl: readUint(bytes, 30, 6),
        endSwitchDiffers: (bytes[44] & END_SWITCH_DIFFERS) !== 0,
        refillDiffers: (bytes[44] & REFILL_DIFFERS) !== 0,
        uncertainPl: number(62, 6),
        refilledWallS: wall(96),
        refilledPl: number(100, 6),
        forwardSteps: number(50, 6),
        backSteps: number(56, 6),
        bolusKind: full ? bytes[44] >> 5 : number(68, 6) > 0 ? BolusKind.Prime : BolusKind.None,
        bolusPl: number(68, 6),
        bolusLeftPl: number(74, 6),
        heldMeteredPl: full && (bytes[44] & BOLUS_WAITS) !== 0 ? readUint(bytes, 155, 4) : -1,
        lineLeftPl: latest(159, 4, 0),
        lineNgPerMl: latest(163, 4, 0),
        bridgeRatePlPerDay: latest(167, 5, 0),
        windowPl: latest(172, 5, 0),
        lockoutMinutes: latest(177, 2, 0),
        patientDoses: latest(179, 1, 0),
        shiftLeftMs: (latest(180, 3, SHIFT_FROM) - SHIFT_FROM) * SHIFT_UNIT_MS,
        localMinusClockS: latest(183, 4, OFFSET_FROM_S) - OFFSET_FROM_S,
        patientPl: latest(187, 6, 0),
        guardHourSteps: readUint(bytes, 36, 4),
        guardDaySteps: readUint(bytes, 40, 4),
        guardPrimeSteps: number(80, 4),
        guardPrimeDaySteps: number(84, 4),
        wallS: wall(88),
        stoppedWallS: wall(92),
        flashId: number(106, 4),
        programmeSource: known ? bytes[122] : ProgrammeSource.Flash,
        programmeSum: number(110, 4),
        events: number(114, 4),
        faults: number(118, 4),
    }
}

/** True for bytes that are all zero, as a new memory has them, and for none. */
export function isBlank(bytes: Bytes): boolean {
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false
    return true
}

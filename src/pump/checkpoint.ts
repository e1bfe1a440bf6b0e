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
 * Bytes of each number of a checkpoint, a digit each, in the order in which they stand, little-endian; 0 where the reasons do:
 * version, mode, broken runs, guard's trip; sequence, latched alarms; residual, metered, counted, sensed (pL); guard's steps of the
 * hour and of the day; flags (1: reservoir empty, 2: end switch differs, 4: refill differs, 8: account unknown, 16: a bolus waits; from 32
 * on the kind of bolus), size; starts; steps forward and back, uncertain, bolus and what is left of it (pL); guard's steps that primes
 * still allow and have used, wall time, of the stop, of the refill (s); refilled (pL); flash id, programme's checksum, events, faults;
 * programme's source; reasons of the alarms, a byte each; metered of the bolus that waits (pL), line (pL) and its concentration (ng/mL);
 * bridge (pL/day), given besides the schedule (pL); lockout (min), patient's doses, shift (10 ms, from -14 h on), local time's offset
 * (s, from -2^31 on), into the patient (pL). Then the CRC-32 of all before it. Up to the flags it is what version 2 was, and up to the
 * reasons version 3.
 */
const SIZES = "111144666644114666664444464444104445521346"

const DIGIT_0 = 48

/** Where in that order the times by the wall clock stand, the doses of the window and of the day, and the shift of local time. */
const WALL_NUMBER = 22
const WALL_TIMES = 3
const WINDOW_NUMBER = 36
const PATIENT_DOSES_NUMBER = 38
const SHIFT_NUMBER = 39

/** At least so many bytes are put down at once; on the chip that takes some 5 ms. */
const PART_SIZE = 64

/** A checkpoint on its way into bytes: it is of one tick, and put down part by part, because all at once would take a tick too long. */
export interface CheckpointDraft {
    /** CHECKPOINT_SIZE long. */
    bytes: WritableBytes
    numbers: number[]
    /** True once the doses of a day and of the window are among them: to add these up takes a tick of its own. */
    counted: boolean
    /** How many of them have been put down, in how many bytes, and the CRC-32 of those. */
    written: number
    size: number
    sum: number
}

/** A draft that is put down in `bytes`, CHECKPOINT_SIZE long. */
export function createDraft(bytes: WritableBytes): CheckpointDraft {
    return { bytes, numbers: [], counted: false, written: 0, size: 0, sum: 0 }
}

/** Writes the checkpoint of `pump` into `bytes`, CHECKPOINT_SIZE long. */
export function encodeCheckpoint(pump: Pump, guard: Guard, journal: Journal, bytes: WritableBytes): void {
    const draft = createDraft(bytes)
    beginDraft(draft, pump, guard, journal, journal.sequence)
    while (!continueDraft(draft, pump)) {}
}

/** Takes down what the checkpoint of this tick says; `sequence` is its number. */
export function beginDraft(draft: CheckpointDraft, pump: Pump, guard: Guard, journal: Journal, sequence: number): void {
    const volume = pump.volume
    // The account of the volume is a sample old; the steps are as of now.
    const unmeteredSteps = pump.commandedSteps - volume.commandedSteps
    const unmeteredPl = unmeteredSteps > 0 || unmeteredSteps < 0 ? unmeteredSteps * pump.mechanism.stepPl : 0
    let flags = (pump.conditions & (1 << Alarm.ReservoirEmpty)) !== 0 ? RESERVOIR_EMPTY : 0
    if (volume.endSwitchDiffers) flags = flags | END_SWITCH_DIFFERS
    if (volume.refillDiffers) flags = flags | REFILL_DIFFERS
    if ((pump.conditions & (1 << Alarm.CheckpointDamaged)) !== 0) flags = flags | ACCOUNT_UNKNOWN
    if (pump.heldRatePlPerDay > 0) flags = flags | BOLUS_WAITS
    const reasons = pump.reasons
    const bytes = draft.bytes
    for (let i = 0; i < ALARM_COUNT; i++) bytes[REASONS_AT + i] = reasons[i]
    draft.numbers = [
        CHECKPOINT_VERSION,
        pump.mode,
        Math.min(pump.brokenRuns, 255),
        guard.trip,
        sequence,
        pump.latched >>> 0,
        // A relief may give a full reservoir a little more than it can hold.
        Math.min(pump.residualPl, RESERVOIR_PL_MAX),
        Math.max(0, volume.meteredPl + unmeteredPl),
        Math.max(0, volume.countedPl),
        Math.max(0, volume.sensedPl),
        guard.hourSteps,
        guard.daySteps,
        flags + BOLUS_KIND * pump.bolusKind,
        CHECKPOINT_SIZE,
        journal.starts,
        journal.forwardSteps,
        journal.backSteps,
        pump.uncertainPl,
        pump.bolusKind !== BolusKind.None ? pump.bolusPl : 0,
        pump.bolusLeftPl,
        guard.primeSteps,
        guard.primeDaySteps,
        wallSecondsAt(pump, pump.nowMs),
        pump.mode === Mode.Stopped ? wallSecondsAt(pump, pump.stoppedSinceMs) : WALL_UNKNOWN,
        pump.refilledWallS,
        pump.refilledPl,
        journal.flashId,
        journal.programmeSum,
        journal.log.events,
        journal.log.faults,
        journal.programmeSource,
        0,
        pump.heldPl - pump.heldLeftPl,
        pump.lineLeftPl,
        pump.lineNgPerMl,
        pump.bridgeRatePlPerDay,
        0,
        Math.ceil(pump.doses.lockoutMs / MS_PER_MINUTE),
        0,
        // As far as the schedule has come by now: after a reset it does not go back to where the flow changed last.
        Math.floor(shiftLeftAt(pump, pump.nowMs) / SHIFT_UNIT_MS + 0.5) + SHIFT_FROM,
        Math.floor(pump.localMinusClockMs / MS_PER_SECOND + 0.5) + OFFSET_FROM_S,
        Math.max(0, pump.patientPl),
    ]
    draft.counted = false
    draft.written = 0
    draft.size = 0
    draft.sum = 0
}

/** Puts down the next part of it; true when all of it is in the bytes. What was given since it began counts as given before. */
export function continueDraft(draft: CheckpointDraft, pump: Pump): boolean {
    const bytes = draft.bytes
    const numbers = draft.numbers
    if (!draft.counted) {
        draft.counted = true
        const programme = pump.programme
        const windowMinutes = programme && programme.windowMinutes > 0 ? programme.windowMinutes : WINDOW_MINUTES_MAX
        // More than any window's limit denies as much as the limit does.
        numbers[WINDOW_NUMBER] = Math.min(windowVolume(pump.doses, windowMinutes), DAY_LIMIT_PL_MAX)
        numbers[PATIENT_DOSES_NUMBER] = dosesOfDay(pump.doses)
        return false
    }
    const from = draft.size
    let at = from
    let written = draft.written
    while (written < numbers.length && at - from < PART_SIZE) {
        const size = SIZES.charCodeAt(written) - DIGIT_0
        if (size > 0) writeUint(bytes, at, size, numbers[written])
        at += size > 0 ? size : REASONS
        written += 1
    }
    draft.sum = crc32(bytes, from, at, draft.sum)
    draft.size = at
    draft.written = written
    if (written < numbers.length) return false
    writeUint(bytes, at, 4, draft.sum)
    return true
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
    const sizeOfVersion =
        version === CHECKPOINT_VERSION ? CHECKPOINT_SIZE : version === FORMER_VERSION ? FORMER_SIZE : OLD_SIZE
    if (version < OLD_VERSION || size + 4 !== sizeOfVersion) return Reason.RecordDamaged
    const checkpoint = checkpointOf(bytes, size)
    const { mode, residualPl, programmeSource, bolusKind } = checkpoint
    if (mode > Mode.Running || !(residualPl <= RESERVOIR_PL_MAX)) return Reason.RecordDamaged
    if (programmeSource > ProgrammeSource.Second || bolusKind > BolusKind.Patient) return Reason.RecordDamaged
    return checkpoint
}

/** What a pump that never ran goes by: nothing done, no time known. */
export function blankCheckpoint(): Checkpoint {
    return checkpointOf([], 0)
}

/** What the first `size` bytes say, and where an earlier version had not all of it, what is not known. */
function checkpointOf(bytes: Bytes, size: number): Checkpoint {
    const known = size >= FORMER_SIZE - 4
    const full = size >= CHECKPOINT_SIZE - 4
    const numbers = readNumbers(bytes, size)
    if (!known) for (let i = WALL_NUMBER; i < WALL_NUMBER + WALL_TIMES; i++) numbers[i] = WALL_UNKNOWN
    if (!full) {
        numbers[SHIFT_NUMBER] = SHIFT_FROM
        numbers[SHIFT_NUMBER + 1] = OFFSET_FROM_S
    }
    const flags = numbers[12]
    const bolusPl = numbers[18]
    const reasons: Reason[] = []
    for (let i = 0; i < ALARM_COUNT; i++) reasons.push(known ? bytes[REASONS_AT + i] : Reason.None)
    return {
        mode: numbers[1],
        brokenRuns: numbers[2],
        guardTrip: numbers[3],
        sequence: numbers[4],
        latched: numbers[5],
        reasons,
        reservoirEmpty: (flags & RESERVOIR_EMPTY) !== 0,
        accountUnknown: (flags & ACCOUNT_UNKNOWN) !== 0,
        endSwitchDiffers: (flags & END_SWITCH_DIFFERS) !== 0,
        refillDiffers: (flags & REFILL_DIFFERS) !== 0,
        residualPl: numbers[6],
        meteredPl: numbers[7],
        countedPl: numbers[8],
        sensedPl: numbers[9],
        guardHourSteps: numbers[10],
        guardDaySteps: numbers[11],
        starts: numbers[14],
        forwardSteps: numbers[15],
        backSteps: numbers[16],
        uncertainPl: numbers[17],
        bolusKind: full ? flags >> 5 : bolusPl > 0 ? BolusKind.Prime : BolusKind.None,
        bolusPl,
        bolusLeftPl: numbers[19],
        heldMeteredPl: full && (flags & BOLUS_WAITS) !== 0 ? numbers[32] : -1,
        guardPrimeSteps: numbers[20],
        guardPrimeDaySteps: numbers[21],
        wallS: numbers[WALL_NUMBER],
        stoppedWallS: numbers[23],
        refilledWallS: numbers[24],
        refilledPl: numbers[25],
        flashId: numbers[26],
        programmeSum: numbers[27],
        events: numbers[28],
        faults: numbers[29],
        programmeSource: numbers[30],
        lineLeftPl: numbers[33],
        lineNgPerMl: numbers[34],
        bridgeRatePlPerDay: numbers[35],
        windowPl: numbers[WINDOW_NUMBER],
        lockoutMinutes: numbers[37],
        patientDoses: numbers[PATIENT_DOSES_NUMBER],
        shiftLeftMs: (numbers[SHIFT_NUMBER] - SHIFT_FROM) * SHIFT_UNIT_MS,
        localMinusClockS: numbers[40] - OFFSET_FROM_S,
        patientPl: numbers[41],
    }
}

/** All numbers in the first `size` bytes; those that an earlier version had not are 0. */
function readNumbers(bytes: Bytes, size: number): number[] {
    const numbers: number[] = []
    let at = 0
    for (let i = 0; i < SIZES.length; i++) {
        const length = SIZES.charCodeAt(i) - DIGIT_0
        numbers.push(at < size ? readUint(bytes, at, length) : 0)
        at += length > 0 ? length : REASONS
    }
    return numbers
}

/** True for bytes that are all zero, as a new memory has them, and for none. */
export function isBlank(bytes: Bytes): boolean {
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false
    return true
}

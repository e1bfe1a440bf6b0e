// All that outlasts a reset, and where it stands in the record memory: two copies of the checkpoint, two of the odometer, two places
// for a programme, and the log. The memory keeps each byte as it is transferred, so a power cut leaves at worst one torn copy.

import { RELEASED_ALARMS, Reason } from "./alarms"
import { Bytes, WritableBytes } from "./bytes"
import { blankCheckpoint, Checkpoint, decodeCheckpoint, isBlank, ProgrammeSource, WALL_UNKNOWN } from "./checkpoint"
import {
    createEventLog,
    ENTRY_SIZE,
    EntryPlace,
    EVENT_ENTRIES,
    EventKind,
    EventLog,
    FAULT_ENTRIES,
    LOGGED_VOLUME_PL,
    note,
    REASONS_OF_BOLUS,
} from "./eventLog"
import { decodeOdometer, encodeOdometer, ODOMETER_SIZE, Odometer, secondIsNewer } from "./odometer"
import { BolusKind, Mode, Pump } from "./pump"
import { GuardTrip } from "./readings"

/** The record memory, and what stands where in it. */
export const MEMORY_SIZE = 32_768
export const CHECKPOINT_PLACE = 256
export const ODOMETERS_AT = 512
export const FLASH_MARK_AT = 544
export const FLASH_MARK_SIZE = 8
/** The key of the programmer's link, in two copies (`service/linkKey.ts`); never read out. */
export const LINK_KEYS_AT = 576
export const LINK_KEY_PLACE = 64
export const PROGRAMMES_AT = 768
export const PROGRAMME_PLACE = 2752
export const FAULTS_AT = 6272
export const EVENTS_AT = 22_272
/** Limits that the guard got after the board was flashed, in two copies (`drivers/limitsStore.ts`). */
export const LIMITS_AT = 32_512
export const LIMITS_PLACE = 64

/** A transfer is never longer than this. */
export const TRANSFER_MAX = 200

/** What the running pump knows of its journal. */
export interface Journal {
    /** Number of the checkpoint written last. */
    sequence: number
    /** Starts of the firmware, ever; this one included. */
    starts: number
    forwardSteps: number
    backSteps: number
    /** The copy of the odometer that is written next: 0 or 1. */
    odometerCopy: number
    flashId: number
    programmeSource: ProgrammeSource
    programmeSum: number
    log: EventLog
}

/** What was found in the memory at power-on. */
export interface Found {
    /** The newest good checkpoint, brought up to the last step recorded; undefined when there is none to go by. */
    checkpoint: Checkpoint | undefined
    /** None, or why something is stored that can't be used: RecordDamaged, RecordNewer, or Missing when the memory did not answer. */
    damage: Reason
    /** The newer and the older copy of the odometer; undefined where one is torn, damaged or blank. */
    newer: Odometer | undefined
    older: Odometer | undefined
    /** The copy of it to be written next. */
    odometerCopy: number
}

/**
 * Reads the state: the newest good copy of each counts. One damaged copy is what a power cut leaves behind, and no damage as long
 * as the other one is good (JRN-2). Blank beside damaged is a first write that was cut: nothing had been delivered yet, and what an
 * earlier firmware kept is still to be taken over.
 * @param state both copies of the checkpoint and both of the odometer; undefined when the memory does not answer
 * @param old what an earlier firmware kept elsewhere, for a memory without a checkpoint; or why there is none of that
 */
export function findState(state: Bytes[] | undefined, old: Checkpoint | Reason): Found {
    const found: Found = {
        checkpoint: undefined,
        damage: Reason.None,
        newer: undefined,
        older: undefined,
        odometerCopy: 0,
    }
    if (!state) {
        found.damage = Reason.Missing
        return found
    }
    const first = decodeOdometer(state[2])
    const second = decodeOdometer(state[3])
    const secondNewer = secondIsNewer(first, second)
    found.newer = secondNewer ? second : first
    found.older = secondNewer ? first : second
    found.odometerCopy = secondNewer ? 0 : 1
    const stepped = found.newer !== undefined && found.newer.forwardSteps > 0
    const newest = newestCheckpoint(decodeCheckpoint(state[0]), decodeCheckpoint(state[1]))
    if (typeof newest === "object") {
        // A checkpoint that knows of steps, and no count of them: what was delivered since nobody knows.
        if (!found.newer && newest.forwardSteps > 0) newest.accountUnknown = true
        found.checkpoint = newest
    } else if (newest === Reason.RecordNewer) {
        found.damage = newest
    } else if (stepped || !(isBlank(state[0]) || isBlank(state[1]))) {
        found.damage = Reason.RecordDamaged
    } else if (typeof old === "object") {
        found.checkpoint = old
    } else if (old !== Reason.RecordMissing) {
        found.damage = old
    }
    return found
}

/** The newer of two copies, where one is good. A later firmware's copy is never passed over for an older one. */
function newestCheckpoint(a: Checkpoint | Reason, b: Checkpoint | Reason): Checkpoint | Reason {
    if (a === Reason.RecordNewer || b === Reason.RecordNewer) return Reason.RecordNewer
    if (typeof a === "object" && typeof b === "object") return b.sequence > a.sequence ? b : a
    return typeof a === "object" ? a : b
}

/**
 * The board was flashed anew: its reservoir counts as full, the programme in flash runs, and what only a clinician may release is
 * released, which leaves the pump stopped until it is started. A stop, and what the guard counted, outlast it.
 */
export function flashedAnew(found: Found, reservoirPl: number): void {
    found.damage = Reason.None
    const checkpoint = found.checkpoint
    if (!checkpoint) return
    if (checkpoint.guardTrip !== GuardTrip.None || (checkpoint.latched & RELEASED_ALARMS) !== 0) {
        checkpoint.mode = Mode.Stopped
        checkpoint.stoppedWallS = WALL_UNKNOWN
    }
    checkpoint.guardTrip = GuardTrip.None
    checkpoint.latched = checkpoint.latched & ~RELEASED_ALARMS
    checkpoint.reservoirEmpty = false
    checkpoint.accountUnknown = false
    checkpoint.residualPl = reservoirPl
    checkpoint.meteredPl = 0
    checkpoint.countedPl = 0
    checkpoint.sensedPl = 0
    checkpoint.endSwitchDiffers = false
    checkpoint.refillDiffers = false
    checkpoint.uncertainPl = 0
    checkpoint.refilledWallS = WALL_UNKNOWN
    checkpoint.refilledPl = reservoirPl
    checkpoint.programmeSource = ProgrammeSource.Flash
}

/**
 * The journal of the run that begins now.
 * @param found what the run before left
 * @param flashId which flashing of the board this is
 */
export function createJournal(found: Found, flashId: number): Journal {
    const checkpoint = found.checkpoint || blankCheckpoint()
    return {
        sequence: checkpoint.sequence,
        starts: checkpoint.starts + 1,
        forwardSteps: checkpoint.forwardSteps,
        backSteps: checkpoint.backSteps,
        odometerCopy: found.odometerCopy,
        flashId,
        programmeSource: checkpoint.programmeSource,
        programmeSum: checkpoint.programmeSum,
        log: createEventLog(checkpoint.events, checkpoint.faults),
    }
}

/**
 * Notes in the log how this run began.
 * @param uncertainPl by how much the account counts more since the checkpoint than is certain
 */
export function notePowerOn(journal: Journal, pump: Pump, found: Found, uncertainPl: number, flashed: boolean): void {
    const log = journal.log
    note(log, pump, EventKind.PowerOn, Reason.None, journal.starts)
    if (flashed) note(log, pump, EventKind.Flashed, Reason.None, 0)
    const checkpoint = found.checkpoint
    if (!checkpoint) return
    if (checkpoint.starts === 0 && checkpoint.sequence > 0) note(log, pump, EventKind.Migrated, Reason.None, 0)
    if (uncertainPl > 0) note(log, pump, EventKind.Uncertain, Reason.None, uncertainPl / LOGGED_VOLUME_PL)
    log.localMinusClockMs = pump.localMinusClockMs
    if (checkpoint.bolusPl > 0)
        note(
            log,
            pump,
            EventKind.BolusInterrupted,
            REASONS_OF_BOLUS * checkpoint.bolusKind,
            (checkpoint.bolusPl - checkpoint.bolusLeftPl) / LOGGED_VOLUME_PL,
        )
    if (checkpoint.heldMeteredPl >= 0)
        note(
            log,
            pump,
            EventKind.BolusInterrupted,
            REASONS_OF_BOLUS * BolusKind.Clinician,
            checkpoint.heldMeteredPl / LOGGED_VOLUME_PL,
        )
}

/** Counts the steps of this tick, before they are made, into `bytes` (ODOMETER_SIZE long); returns where they are to be written. */
export function countSteps(journal: Journal, steps: number, bytes: WritableBytes): number {
    if (steps > 0) journal.forwardSteps += steps
    else journal.backSteps -= steps
    encodeOdometer(journal.forwardSteps, journal.backSteps, bytes)
    const address = ODOMETERS_AT + journal.odometerCopy * ODOMETER_SIZE
    journal.odometerCopy = 1 - journal.odometerCopy
    return address
}

/** Where the checkpoint of this number stands. */
export function checkpointAddress(sequence: number): number {
    return (sequence & 1) * CHECKPOINT_PLACE
}

/** Where a programme of the memory stands. */
export function programmeAddress(source: ProgrammeSource): number {
    return PROGRAMMES_AT + (source - ProgrammeSource.First) * PROGRAMME_PLACE
}

/** Where an entry of the log stands. */
export function entryAddress({ fault, index }: EntryPlace): number {
    if (fault) return FAULTS_AT + (index % FAULT_ENTRIES) * ENTRY_SIZE
    return EVENTS_AT + (index % EVENT_ENTRIES) * ENTRY_SIZE
}

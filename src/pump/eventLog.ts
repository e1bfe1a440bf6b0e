// What happened, for whoever reads the pump back: two rings in the record memory, one of faults and one of all else. An entry is
// noted in the tick in which it happens, and written one a tick, because each takes time and nothing hangs on it.

import { ALARM_COUNT, Alarm, Reason } from "./alarms"
import { Bytes, crc32, readUint, WritableBytes, writeUint } from "./bytes"
import { WALL_UNKNOWN, wallSecondsAt } from "./checkpoint"
import { MS_PER_DAY, MS_PER_SECOND } from "./limits"
import { localMsAt } from "./localTime"
import { Actions, BolusEvent, LineEvent, Pump } from "./pump"
import { CommandKind, ProgrammeAnswer, Readings, Refusal } from "./readings"

export const ENTRY_SIZE = 16

/** Entries that each ring holds: a thousand faults; and of events, what the memory has room for, 30 days of 21 a day. */
export const FAULT_ENTRIES = 1000
export const EVENT_ENTRIES = 640

/** Volumes are logged in this many picolitres: a hundredth of a microlitre, up to 167 mL. */
export const LOGGED_VOLUME_PL = 10_000

/** In the entry of a bolus its kind stands above the reason. */
export const REASONS_OF_BOLUS = 64

const VALUE_MAX = 0xffffff
const SECONDS_MAX = 0xffffff

/** What an entry tells. From AlarmRaised on, and from AlarmOver on, there is one kind for each alarm. */
export enum EventKind {
    None = 0,
    /** The firmware started; the value counts its starts. */
    PowerOn = 1,
    /** The time of day became known. */
    ClockKnown = 2,
    Stopped = 3,
    Started = 4,
    Acknowledged = 5,
    Silenced = 6,
    Released = 7,
    /** Value: the volume that the reservoir then held. */
    Refilled = 8,
    /**
     * Value: the volume asked for; of one cancelled, interrupted by a reset or delivered, what was metered of it, at most. The reason is a
     * `BolusReason`, and from REASONS_OF_BOLUS on with the kind of bolus (times that); 0 is a prime.
     */
    BolusStarted = 9,
    BolusDelivered = 10,
    BolusCancelled = 11,
    BolusDenied = 12,
    BolusInterrupted = 13,
    /** Another programme runs from now on; value: its checksum's last three bytes. */
    ProgrammeTaken = 14,
    /** A programme that was offered does not run; the reason is a `ProgrammeAnswer`. */
    ProgrammeRefused = 15,
    SupplyFailing = 16,
    SupplyGood = 17,
    /** Value: volume counted as delivered after a power cut, that may not have been. */
    Uncertain = 18,
    /** The day is over; value: what reached the patient in it, by steps. */
    DayDelivered = 19,
    /** The board was flashed anew. */
    Flashed = 20,
    /** The checkpoint was one of an earlier firmware, and was taken over. */
    Migrated = 21,
    /** So many entries were not written, because too much happened at once. */
    EntriesLost = 22,
    /** Noted with the end of a day, where it is known; value: tenths of a day for which the battery lasts. */
    EnergyLeft = 23,
    /** Nothing but the lowest flow from now on. */
    MinimumRate = 24,
    /** Local time is another one; value: by how many seconds, the reason 1 where it went back. */
    ClockSet = 25,
    RefillBegun = 26,
    /** Tubing and catheter are full of drug. */
    LinePrimed = 27,
    /** The line holds another concentration than the reservoir: the former dose goes on; value: until so much of it is spent. */
    BridgeBegun = 28,
    BridgeOver = 29,
    /** Tubing or catheter are new; value: what they hold. */
    LineChanged = 30,
    /** Noted with a programme that was taken, where it exceeds soft limits on purpose; value: one bit for each. */
    SoftLimitsExceeded = 31,
    /** A command was not carried out; the reason is a `Refusal`, the value the command. */
    CommandRefused = 32,
    /** A programmer was paired with the pump: its key is the one that counts. */
    Paired = 33,
    /** A command over the link was not heard, because its tag was wrong; value: how many in a row. */
    AccessRefused = 34,
    /** The guard has other limits from now on; value: that of a day. */
    LimitsChanged = 35,
    AlarmRaised = 64,
    AlarmOver = 128,
}

/** Entries that may wait to be written. */
const WAITING_MAX = 48

/** What the log knows, in one long-lived record. */
export interface EventLog {
    /** Entries ever written to each ring. */
    events: number
    faults: number
    /** Entries that wait: what, why, how much, and when by both clocks. A ring of its own. */
    kinds: number[]
    reasons: number[]
    values: number[]
    seconds: number[]
    walls: number[]
    first: number
    waiting: number
    lost: number
    /** What was last told of the pump. */
    alarms: number
    conditions: number
    supplyFailing: boolean
    clockKnown: boolean
    /** Checksum of the programme that was taken last. */
    programmeSum: number
    /** Local time's offset as last told. */
    localMinusClockMs: number
    /** The day that runs, by its number on the wall clock, and what had ever reached the patient when it began. */
    day: number
    dayFromPl: number
}

/** A log that goes on behind so many entries of each ring. */
export function createEventLog(events: number, faults: number): EventLog {
    const log: EventLog = {
        events,
        faults,
        kinds: [],
        reasons: [],
        values: [],
        seconds: [],
        walls: [],
        first: 0,
        waiting: 0,
        lost: 0,
        alarms: 0,
        conditions: 0,
        supplyFailing: false,
        clockKnown: false,
        programmeSum: 0,
        localMinusClockMs: 0,
        day: NaN,
        dayFromPl: NaN,
    }
    for (let i = 0; i < WAITING_MAX; i++) {
        log.kinds.push(EventKind.None)
        log.reasons.push(0)
        log.values.push(0)
        log.seconds.push(0)
        log.walls.push(0)
    }
    return log
}

/** Notes one entry, to be written when its turn comes. The value is a whole number from 0 to 2^24 - 1, or cut to that. */
export function note(log: EventLog, pump: Pump, kind: number, reason: number, value: number): void {
    if (log.waiting >= WAITING_MAX) {
        log.lost += 1
        return
    }
    const at = (log.first + log.waiting) % WAITING_MAX
    log.waiting += 1
    log.kinds[at] = kind
    log.reasons[at] = reason
    log.values[at] = value > 0 ? Math.min(Math.floor(value), VALUE_MAX) : 0
    log.seconds[at] = Math.min(Math.floor(pump.nowMs / MS_PER_SECOND), SECONDS_MAX)
    log.walls[at] = wallSecondsAt(pump, pump.nowMs)
}

/** Notes what this tick changed. Cheap in a tick that changed nothing. */
export function noteTick(log: EventLog, pump: Pump, readings: Readings, actions: Actions): void {
    if (actions.bolusEvent !== BolusEvent.None) noteBolus(log, pump, actions)
    if (actions.command !== CommandKind.None) noteCommand(log, pump, readings, actions)
    if (actions.lineEvent !== LineEvent.None) noteLine(log, pump, actions.lineEvent)
    if (pump.alarms !== log.alarms || pump.conditions !== log.conditions) noteAlarms(log, pump, readings)
    if (readings.supplyFailing !== log.supplyFailing) {
        log.supplyFailing = readings.supplyFailing
        const kind = readings.supplyFailing ? EventKind.SupplyFailing : EventKind.SupplyGood
        note(log, pump, kind, Reason.None, readings.batteryMv)
    }
    if (readings.sampled) noteDay(log, pump)
}

function noteBolus(log: EventLog, pump: Pump, actions: Actions): void {
    const event = actions.bolusEvent
    const kind =
        event === BolusEvent.Started
            ? EventKind.BolusStarted
            : event === BolusEvent.Delivered
              ? EventKind.BolusDelivered
              : event === BolusEvent.Cancelled
                ? EventKind.BolusCancelled
                : EventKind.BolusDenied
    const reason = actions.bolusReason + REASONS_OF_BOLUS * actions.bolusKind
    note(log, pump, kind, reason, actions.bolusPl / LOGGED_VOLUME_PL)
}

function noteCommand(log: EventLog, pump: Pump, readings: Readings, actions: Actions): void {
    const command = actions.command
    if (actions.refusal !== Refusal.None) note(log, pump, EventKind.CommandRefused, actions.refusal, command)
    else if (command === CommandKind.Programme) noteProgramme(log, pump, readings, actions.programmeAnswer)
    else if (command === CommandKind.Stop) note(log, pump, EventKind.Stopped, Reason.None, 0)
    else if (command === CommandKind.Start) note(log, pump, EventKind.Started, Reason.None, 0)
    else if (command === CommandKind.Acknowledge) note(log, pump, EventKind.Acknowledged, Reason.None, 0)
    else if (command === CommandKind.Silence) note(log, pump, EventKind.Silenced, Reason.None, 0)
    else if (command === CommandKind.Release) note(log, pump, EventKind.Released, Reason.None, 0)
    else if (command === CommandKind.MinimumRate) note(log, pump, EventKind.MinimumRate, Reason.None, 0)
    else if (command === CommandKind.RefillBegin)
        note(log, pump, EventKind.RefillBegun, Reason.None, pump.residualPl / LOGGED_VOLUME_PL)
    else if (command === CommandKind.Clock) {
        const shiftS = (pump.localMinusClockMs - log.localMinusClockMs) / MS_PER_SECOND
        note(log, pump, EventKind.ClockSet, shiftS < 0 ? 1 : 0, Math.abs(shiftS))
        log.localMinusClockMs = pump.localMinusClockMs
    } else if (command === CommandKind.Refill) noteRefill(log, pump)
}

function noteProgramme(log: EventLog, pump: Pump, readings: Readings, answer: ProgrammeAnswer): void {
    if (answer !== ProgrammeAnswer.Taken) {
        note(log, pump, EventKind.ProgrammeRefused, answer, 0)
        return
    }
    note(log, pump, EventKind.ProgrammeTaken, answer, log.programmeSum & VALUE_MAX)
    const softLimits = pump.programme ? pump.programme.softLimits : 0
    if (softLimits !== 0) note(log, pump, EventKind.SoftLimitsExceeded, Reason.None, softLimits)
    // It may have come with a refill.
    if (readings.commandPl > 0) noteRefill(log, pump)
}

function noteRefill(log: EventLog, pump: Pump): void {
    note(log, pump, EventKind.Refilled, Reason.None, pump.residualPl / LOGGED_VOLUME_PL)
}

function noteLine(log: EventLog, pump: Pump, event: LineEvent): void {
    const kind =
        event === LineEvent.Primed
            ? EventKind.LinePrimed
            : event === LineEvent.BridgeBegun
              ? EventKind.BridgeBegun
              : event === LineEvent.BridgeOver
                ? EventKind.BridgeOver
                : EventKind.LineChanged
    note(log, pump, kind, Reason.None, pump.lineLeftPl / LOGGED_VOLUME_PL)
}

/** An alarm is logged when it is raised, again where its condition returns or after a reset, and when it stands no more. */
function noteAlarms(log: EventLog, pump: Pump, readings: Readings): void {
    const raised = (pump.alarms & ~log.alarms) | (pump.conditions & ~log.conditions)
    const over = log.alarms & ~pump.alarms
    log.alarms = pump.alarms
    log.conditions = pump.conditions
    for (let alarm = 0; alarm < ALARM_COUNT; alarm++) {
        const bit = 1 << alarm
        if ((raised & bit) !== 0)
            note(log, pump, EventKind.AlarmRaised + alarm, pump.reasons[alarm], readingOf(alarm, pump, readings))
        if ((over & bit) !== 0)
            note(log, pump, EventKind.AlarmOver + alarm, Reason.None, readingOf(alarm, pump, readings))
    }
}

/** The reading that goes with an alarm: pressure in pascals, battery in millivolts, or what the reservoir holds. */
function readingOf(alarm: Alarm, pump: Pump, readings: Readings): number {
    if (alarm === Alarm.Occlusion || alarm === Alarm.LineSignatureLost) return readings.pressurePa
    if (alarm === Alarm.BatteryLow || alarm === Alarm.BatteryEnd) return readings.batteryMv
    return pump.residualPl / LOGGED_VOLUME_PL
}

/** The time of day becomes known, or a day ends. */
function noteDay(log: EventLog, pump: Pump): void {
    const wallMs = localMsAt(pump, pump.nowMs)
    if (!(wallMs >= 0)) {
        log.clockKnown = false
        return
    }
    if (!log.clockKnown) {
        log.clockKnown = true
        note(log, pump, EventKind.ClockKnown, Reason.None, 0)
    }
    const day = Math.floor(wallMs / MS_PER_DAY)
    if (day === log.day) return
    if (day > log.day) {
        note(log, pump, EventKind.DayDelivered, Reason.None, (pump.patientPl - log.dayFromPl) / LOGGED_VOLUME_PL)
        const remaining = pump.energy.remainingTenthsDay
        if (remaining >= 0) note(log, pump, EventKind.EnergyLeft, Reason.None, remaining)
    }
    log.day = day
    log.dayFromPl = pump.patientPl
}

/** Which ring the entry that waits longest belongs to, and its place in it: at or above 0 in that of faults, below in that of events. */
export interface EntryPlace {
    fault: boolean
    index: number
}

/**
 * Writes the entry that waits longest into `bytes` (ENTRY_SIZE long) and returns where it belongs; undefined when none waits. It
 * waits on until it has been written there (`dropEntry`). Layout, little-endian: number of the entry in its ring u16 (its last two bytes), kind u8, reason u8, wall time u32 (s since
 * Monday 3 January 2000 00:00 local, all ones when unknown), time since power-on u24 (s), value u24, CRC-32 of all before it, its
 * lower half, u16.
 */
export function nextEntry(log: EventLog, pump: Pump, bytes: WritableBytes): EntryPlace | undefined {
    if (log.waiting === 0) {
        if (log.lost === 0) return undefined
        const lost = log.lost
        log.lost = 0
        note(log, pump, EventKind.EntriesLost, Reason.None, lost)
    }
    const at = log.first
    const fault = isFault(log.kinds[at])
    const entries = fault ? log.faults : log.events
    encodeEntry(entries, log.kinds[at], log.reasons[at], log.walls[at], log.seconds[at], log.values[at], bytes)
    return { fault, index: entries }
}

/** The entry that waits longest has been written. */
export function dropEntry(log: EventLog): void {
    const at = log.first
    log.first = (at + 1) % WAITING_MAX
    log.waiting -= 1
    if (isFault(log.kinds[at])) log.faults += 1
    else log.events += 1
}

/** An alarm that is raised stands in the ring of faults, all else in that of events. */
function isFault(kind: number): boolean {
    return kind >= EventKind.AlarmRaised && kind < EventKind.AlarmOver
}

function encodeEntry(
    entry: number,
    kind: number,
    reason: number,
    wallS: number,
    seconds: number,
    value: number,
    bytes: WritableBytes,
): void {
    writeUint(bytes, 0, 2, entry & 0xffff)
    bytes[2] = kind
    bytes[3] = reason
    writeUint(bytes, 4, 4, wallS)
    writeUint(bytes, 8, 3, seconds)
    writeUint(bytes, 11, 3, value)
    writeUint(bytes, 14, 2, crc32(bytes, 0, 14, 0) & 0xffff)
}

/** An entry as it was written. */
export interface Entry {
    kind: number
    reason: number
    /** NaN when the time of day was unknown. */
    wallS: number
    seconds: number
    value: number
}

/** Reads an entry; undefined when the bytes are damaged, torn or blank, or are another entry than that of this number. */
export function decodeEntry(bytes: Bytes, entry: number): Entry | undefined {
    if (readUint(bytes, 14, 2) !== (crc32(bytes, 0, 14, 0) & 0xffff)) return undefined
    if (readUint(bytes, 0, 2) !== (entry & 0xffff) || bytes[2] === EventKind.None) return undefined
    const wallS = readUint(bytes, 4, 4)
    return {
        kind: bytes[2],
        reason: bytes[3],
        wallS: wallS === WALL_UNKNOWN ? NaN : wallS,
        seconds: readUint(bytes, 8, 3),
        value: readUint(bytes, 11, 3),
    }
}

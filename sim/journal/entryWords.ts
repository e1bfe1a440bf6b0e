// What an entry of the log says, in words: what happened, why, how much, and when by both clocks.

import { ALARMS, REASON_WORDS } from "../../src/pump/alarmRules"
import { Alarm } from "../../src/pump/alarms"
import { WALL_UNKNOWN } from "../../src/pump/checkpoint"
import { type Entry, EventKind, LOGGED_VOLUME_PL, REASONS_OF_BOLUS } from "../../src/pump/eventLog"
import { MS_PER_SECOND } from "../../src/pump/limits"
import type { CommandKind } from "../../src/pump/readings"
import { BOLUS_REASONS, COMMAND_NAMES, PROGRAMME_ANSWERS, REFUSALS } from "../engines/result"
import { alarmName } from "../report/words"
import { WALL_EPOCH_MS } from "../scenario/time"
import type { RingEntry, RingName } from "./rings"

/** A checksum is the last three bytes of a programme's; limits are a set of soft limits, one bit each. */
export type Unit = "µL" | "Pa" | "mV" | "s" | "days" | "starts" | "entries" | "checksum" | "limits" | "in a row"

/** One entry as it is read out; fields that it has no use for are left out. */
export interface LogEntry {
    ring: RingName
    /** Counts all entries ever written to the ring, from 0. */
    number: number
    what: string
    /** Of an alarm that was raised or is over. */
    alarm?: string
    reason?: string
    value?: number
    unit?: Unit
    /** Local, such as "2026-11-22 19:10:05"; left out where nobody knew it. */
    wallTime?: string
    /** Stops at 16 777 215 s, 194 days; left out where the entry can't be read. */
    sincePowerOnS?: number
}

interface KindWords {
    what: string
    /** Without one the value says nothing. */
    unit?: Unit
    /** The words for its reasons, by their number; without them there are none. */
    reasons?: Readonly<Record<number, string>>
}

type SingleKind = Exclude<EventKind, EventKind.None | EventKind.AlarmRaised | EventKind.AlarmOver>

const KIND_WORDS: Readonly<Record<SingleKind, KindWords>> = {
    [EventKind.PowerOn]: { what: "power on", unit: "starts" },
    [EventKind.ClockKnown]: { what: "time of day known" },
    [EventKind.Stopped]: { what: "stopped by a person" },
    [EventKind.Started]: { what: "started by a person" },
    [EventKind.Acknowledged]: { what: "alarms acknowledged" },
    [EventKind.Silenced]: { what: "sound paused" },
    [EventKind.Released]: { what: "released by a clinician" },
    [EventKind.Refilled]: { what: "refilled", unit: "µL" },
    [EventKind.BolusStarted]: { what: "started", unit: "µL" },
    [EventKind.BolusDelivered]: { what: "delivered", unit: "µL" },
    [EventKind.BolusCancelled]: { what: "cancelled", unit: "µL", reasons: BOLUS_REASONS },
    [EventKind.BolusDenied]: { what: "denied", unit: "µL", reasons: BOLUS_REASONS },
    [EventKind.BolusInterrupted]: { what: "interrupted by a reset", unit: "µL" },
    [EventKind.ProgrammeTaken]: { what: "programme taken", unit: "checksum" },
    [EventKind.ProgrammeRefused]: { what: "programme offered", reasons: PROGRAMME_ANSWERS },
    [EventKind.SupplyFailing]: { what: "supply failing", unit: "mV" },
    [EventKind.SupplyGood]: { what: "supply good again", unit: "mV" },
    [EventKind.Uncertain]: { what: "counted as delivered, uncertain", unit: "µL" },
    [EventKind.DayDelivered]: { what: "delivered on the day that is over", unit: "µL" },
    [EventKind.Flashed]: { what: "board flashed anew" },
    [EventKind.Migrated]: { what: "journal of an earlier firmware taken over" },
    [EventKind.EntriesLost]: { what: "too much at once: not logged", unit: "entries" },
    [EventKind.EnergyLeft]: { what: "battery still lasts", unit: "days" },
    [EventKind.MinimumRate]: { what: "minimum rate chosen by a person" },
    [EventKind.ClockSet]: { what: "local time set by a person", unit: "s", reasons: { 1: "back" } },
    [EventKind.RefillBegun]: { what: "refill begun", unit: "µL" },
    [EventKind.LinePrimed]: { what: "line primed" },
    [EventKind.BridgeBegun]: { what: "bridge begun: former strength in the line", unit: "µL" },
    [EventKind.BridgeOver]: { what: "bridge over" },
    [EventKind.LineChanged]: { what: "line changed: no drug in it", unit: "µL" },
    [EventKind.SoftLimitsExceeded]: { what: "soft limits exceeded on purpose", unit: "limits" },
    [EventKind.CommandRefused]: { what: "refused", reasons: REFUSALS },
    [EventKind.Paired]: { what: "programmer paired" },
    [EventKind.LimitsChanged]: { what: "guard's limits changed, of a day", unit: "µL" },
    [EventKind.AccessRefused]: { what: "command without a valid tag", unit: "in a row" },
}

/** The words for a bolus, by its kind; entries of an earlier firmware name none, and it had primes alone. */
export const BOLUS_WORDS = ["prime", "prime", "clinician's bolus", "patient's dose"]

/** How many of what the log counts make one of the unit, where it is not one. */
const COUNTS_PER_UNIT: Partial<Record<Unit, number>> = { µL: 1e6 / LOGGED_VOLUME_PL, days: 10 }
const KINDS_OF_ALARMS = EventKind.AlarmOver - EventKind.AlarmRaised

/** An entry in words. One of a kind, alarm or reason that is not known here is named by its number, and its value left as it is. */
export function entryInWords({ ring, number, entry }: RingEntry): LogEntry {
    if (entry === "damaged") return { ring, number, what: "entry damaged" }
    if (entry === "missing") return { ring, number, what: "entry not written" }
    const wallTime = wallTimeText(entry.wallS)
    return {
        ring,
        number,
        ...(entry.kind < EventKind.AlarmRaised ? kindInWords(entry) : alarmInWords(entry)),
        ...(wallTime === undefined ? {} : { wallTime }),
        sincePowerOnS: entry.seconds,
    }
}

function kindInWords({ kind, reason, value }: Entry): Partial<LogEntry> & { what: string } {
    if (!(kind in KIND_WORDS)) return { what: `kind ${kind}`, ...reasonIn({}, reason), value }
    const { what, unit, reasons } = KIND_WORDS[kind as SingleKind]
    if (kind >= EventKind.BolusStarted && kind <= EventKind.BolusInterrupted)
        return {
            what: `${BOLUS_WORDS[Math.floor(reason / REASONS_OF_BOLUS)]} ${what}`,
            ...reasonIn(reasons ?? {}, reason % REASONS_OF_BOLUS),
            ...valueIn("µL", value),
        }
    if (kind === EventKind.CommandRefused)
        return { what: `${commandWords(value)} ${what}`, ...reasonIn(REFUSALS, reason) }
    return { what, ...(reasons ? reasonIn(reasons, reason) : {}), ...(unit ? valueIn(unit, value) : {}) }
}

function commandWords(command: number): string {
    return command in COMMAND_NAMES ? COMMAND_NAMES[command as CommandKind] : `command ${command}`
}

function alarmInWords({ kind, reason, value }: Entry): Partial<LogEntry> & { what: string } {
    const over = kind >= EventKind.AlarmOver
    const alarm = (kind - EventKind.AlarmRaised) % KINDS_OF_ALARMS
    const id = alarm < ALARMS.length ? ALARMS[alarm].id : `alarm ${alarm}`
    return {
        what: `${over ? "alarm over" : "alarm"}: ${alarmName(id)}`,
        alarm: id,
        ...reasonIn(REASON_WORDS, reason),
        ...valueIn(unitOfAlarm(alarm), value),
    }
}

/** What the reading is that goes with an alarm: the pressure, the battery, or what the reservoir holds. */
function unitOfAlarm(alarm: Alarm): Unit {
    if (alarm === Alarm.Occlusion || alarm === Alarm.LineSignatureLost) return "Pa"
    if (alarm === Alarm.BatteryLow || alarm === Alarm.BatteryEnd) return "mV"
    return "µL"
}

function reasonIn(words: Readonly<Record<number, string>>, reason: number): { reason?: string } {
    if (reason === 0) return {}
    return { reason: words[reason] || `reason ${reason}` }
}

/** A pressure or voltage of 0 stands for one that could not be read, or a pressure below; it is left out. */
function valueIn(unit: Unit, value: number): { value?: number; unit?: Unit } {
    if (value === 0 && (unit === "Pa" || unit === "mV")) return {}
    return { value: value / (COUNTS_PER_UNIT[unit] ?? 1), unit }
}

/** The local date and time of the pump's wall clock, in seconds; undefined where it was unknown. */
export function wallTimeText(wallS: number): string | undefined {
    if (!(wallS >= 0 && wallS < WALL_UNKNOWN)) return undefined
    return new Date(WALL_EPOCH_MS + wallS * MS_PER_SECOND).toISOString().slice(0, 19).replace("T", " ")
}

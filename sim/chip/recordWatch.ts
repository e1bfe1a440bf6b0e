// What the firmware writes into its record memory says what it did, before anybody is told: alarms, boluses, commands, how much is left.
// Reading along there takes nothing from the firmware's time.

import { Reason, STOPPING_ALARMS } from "../../src/pump/alarms"
import { CHECKPOINT_SIZE_MAX } from "../../src/pump/checkpoint"
import {
    decodeEntry,
    ENTRY_SIZE,
    type Entry,
    EventKind,
    LOGGED_VOLUME_PL,
    REASONS_OF_BOLUS,
} from "../../src/pump/eventLog"
import {
    CHECKPOINT_PLACE,
    EVENTS_AT,
    FAULTS_AT,
    FLASH_MARK_AT,
    findState,
    LINK_KEYS_AT,
    ODOMETERS_AT,
    PROGRAMMES_AT,
} from "../../src/pump/journal"
import { catchUp, ODOMETER_SIZE } from "../../src/pump/odometer"
import { BolusEvent, LineEvent, Mode } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, Refusal } from "../../src/pump/readings"
import type { Session } from "../engines/session"

/** The last byte of the memory that belongs to the log. */
const PLACES = [
    ["checkpoint", 0],
    ["odometer", ODOMETERS_AT],
    ["mark", FLASH_MARK_AT],
    ["key", LINK_KEYS_AT],
    ["programme", PROGRAMMES_AT],
    ["log", FAULTS_AT],
] as const

/** What stands at an address of the record memory. */
export function placeOf(address: number): string {
    return PLACES.findLast(([, from]) => address >= from)?.[0] ?? ""
}

const BOLUS_EVENTS: Partial<Record<EventKind, BolusEvent>> = {
    [EventKind.BolusStarted]: BolusEvent.Started,
    [EventKind.BolusDelivered]: BolusEvent.Delivered,
    [EventKind.BolusCancelled]: BolusEvent.Cancelled,
    [EventKind.BolusDenied]: BolusEvent.Denied,
}

const COMMANDS: Partial<Record<EventKind, CommandKind>> = {
    [EventKind.Stopped]: CommandKind.Stop,
    [EventKind.Started]: CommandKind.Start,
    [EventKind.Acknowledged]: CommandKind.Acknowledge,
    [EventKind.Silenced]: CommandKind.Silence,
    [EventKind.Released]: CommandKind.Release,
    [EventKind.Refilled]: CommandKind.Refill,
    [EventKind.RefillBegun]: CommandKind.RefillBegin,
    [EventKind.MinimumRate]: CommandKind.MinimumRate,
    [EventKind.ClockSet]: CommandKind.Clock,
}

const LINE_EVENTS: Partial<Record<EventKind, LineEvent>> = {
    [EventKind.LineChanged]: LineEvent.Changed,
    [EventKind.LinePrimed]: LineEvent.Primed,
    [EventKind.BridgeBegun]: LineEvent.BridgeBegun,
    [EventKind.BridgeOver]: LineEvent.BridgeOver,
}

export class RecordWatch {
    private mode = Mode.Running
    private alarms = 0
    private acknowledged = 0
    private reasons: number[] = []

    constructor(private readonly session: Session) {}

    /** The alarms that stand, as the log has them, a bit each. */
    get standing(): number {
        return this.alarms >>> 0
    }

    /** The firmware starts: what it will go on with stands in the memory. */
    begin(): void {
        this.mode = this.state()?.mode ?? Mode.Running
        this.alarms = 0
        this.acknowledged = 0
        this.reasons = []
    }

    /** A write that began at this address is over. */
    written(address: number): void {
        const place = placeOf(address)
        if (place === "checkpoint" || place === "odometer") this.account()
        if (place === "log") this.entry(address)
        else this.tell()
    }

    private account(): void {
        const state = this.state()
        if (state) this.session.residualPl = state.residualPl
    }

    private state() {
        const { contents } = this.session.memory
        const piece = (at: number, size: number) => contents.subarray(at, at + size)
        const { checkpoint, newer, older } = findState(
            [
                ...[0, CHECKPOINT_PLACE].map(at => piece(at, CHECKPOINT_SIZE_MAX)),
                ...[0, ODOMETER_SIZE].map(at => piece(ODOMETERS_AT + at, ODOMETER_SIZE)),
            ],
            Reason.RecordMissing,
        )
        if (checkpoint) catchUp(checkpoint, newer, older, this.session.mechanism.stepPl)
        return checkpoint
    }

    private entry(address: number): void {
        const from = address >= EVENTS_AT ? EVENTS_AT : FAULTS_AT
        if ((address - from) % ENTRY_SIZE !== 0) return
        const bytes = this.session.memory.contents.subarray(address, address + ENTRY_SIZE)
        const entry = decodeEntry(bytes, bytes[0] | (bytes[1] << 8))
        if (entry) this.take(entry)
    }

    private take({ kind, reason, value }: Entry): void {
        const { session } = this
        const command = COMMANDS[kind as EventKind]
        const bolus = BOLUS_EVENTS[kind as EventKind]
        const line = LINE_EVENTS[kind as EventKind]
        if (kind >= EventKind.AlarmOver) {
            this.alarms &= ~(1 << (kind - EventKind.AlarmOver))
        } else if (kind >= EventKind.AlarmRaised) {
            this.alarms |= 1 << (kind - EventKind.AlarmRaised)
            this.acknowledged &= ~(1 << (kind - EventKind.AlarmRaised))
            this.reasons[kind - EventKind.AlarmRaised] = reason
        } else if (bolus !== undefined) {
            session.bolus(
                bolus,
                Math.floor(reason / REASONS_OF_BOLUS),
                reason % REASONS_OF_BOLUS,
                value * LOGGED_VOLUME_PL,
            )
        } else if (command !== undefined) {
            if (command === CommandKind.Stop || command === CommandKind.Release) this.mode = Mode.Stopped
            if (command === CommandKind.Start) this.mode = Mode.Running
            if (command === CommandKind.Acknowledge) this.acknowledged = this.alarms
            session.obeyed(command, Refusal.None)
        } else if (line !== undefined) {
            session.line(line, value * LOGGED_VOLUME_PL)
        } else if (kind === EventKind.ProgrammeTaken) {
            session.programmeAnswered(ProgrammeAnswer.Taken)
        } else if (kind === EventKind.ProgrammeRefused) {
            session.programmeAnswered(reason)
        } else if (kind === EventKind.CommandRefused) {
            session.obeyed(value, reason)
        }
        this.tell()
    }

    private tell(): void {
        const { mode, alarms, acknowledged, reasons } = this
        const delivering = mode === Mode.Running && (alarms & STOPPING_ALARMS) === 0
        this.session.status({ mode, alarms, conditions: alarms, acknowledged, reasons }, delivering)
    }
}

// Carries the journal to the record memory and back: what is written, and where, is decided in `pump/journal.ts`.

import { Alarm, hasAlarm, Reason } from "../pump/alarms"
import { crc32, readUint, writeUint } from "../pump/bytes"
import {
    beginDraft,
    CHECKPOINT_SIZE,
    CHECKPOINT_SIZE_MAX,
    Checkpoint,
    continueDraft,
    createDraft,
    ProgrammeSource,
} from "../pump/checkpoint"
import {
    decodeEntry,
    dropEntry,
    ENTRY_SIZE,
    EVENT_ENTRIES,
    EventKind,
    EventLog,
    FAULT_ENTRIES,
    LOGGED_VOLUME_PL,
    nextEntry,
    note,
    noteTick,
} from "../pump/eventLog"
import { changeLimits, createGuard, decodeLimits, Guard, GuardLimits, restoreGuard, withinWindows } from "../pump/guard"
import { beginIncoming, checksumOf, Incoming, programmeOf, readPart, takePiece } from "../pump/incoming"
import {
    CHECKPOINT_PLACE,
    checkpointAddress,
    countSteps,
    createJournal,
    entryAddress,
    FLASH_MARK_AT,
    FLASH_MARK_SIZE,
    Found,
    findState,
    flashedAnew,
    Journal,
    notePowerOn,
    ODOMETERS_AT,
    PROGRAMME_PLACE,
    programmeAddress,
    TRANSFER_MAX,
} from "../pump/journal"
import { SHIFT_PARTS } from "../pump/limits"
import { Mechanism } from "../pump/mechanism"
import { catchUp, encodeOdometer, ODOMETER_SIZE } from "../pump/odometer"
import { highestRatePlPerDay, Programme, periodicRatePlPerDay } from "../pump/programme"
import { Actions, createPump, mechanismRatePlPerDayMax, Pump } from "../pump/pump"
import { CommandKind, ProgrammeAnswer, Readings, SensorFault } from "../pump/readings"
import { loadLimits, StoredLimits, saveLimits } from "./limitsStore"
import { ProgrammeOffer, RecordMemory } from "./parts"
import { holds } from "./storedRecord"

/** What flash holds of a pump: what was stored when the board was flashed, each record decoded, or why it can't be used. */
export interface FlashRecords {
    programme: Programme | string | undefined
    mechanism: Mechanism | undefined
    limits: GuardLimits | undefined
    /** Which flashing this was; 0 where nobody said. */
    flashId: number
    /** What an earlier firmware kept in flash of its checkpoint. */
    oldCheckpoint: Checkpoint | Reason
}

/** The pump as its journal remembers it, its guard, and the journal. */
export interface RememberedPump {
    pump: Pump
    guard: Guard
    journal: Journal
}

/** Ticks in a row that may pass the work on: the one that reads the sensors, and the one that judges what they read. */
const BUSY_TICKS = 2

/** How much of an offered programme one tick stores and reads back. */
const STORED_PART = 100

export class JournalStore {
    /** False while the memory does not take what is to be written. */
    works = true
    /** True from the command that offers a programme until the tick has been told what became of it. */
    receiving = false
    /** The guard's limits; none where no record of them is good. */
    limits: GuardLimits | undefined
    private journal: Journal | undefined
    private stored: StoredLimits = { limits: undefined, sequence: 0 }
    private guard: Guard | undefined
    private checkpointOwed = false
    /** True while a checkpoint is on its way into bytes, and once all of it is there. */
    private drafting = false
    private drafted = false
    /** True once an entry of the log is written that the checkpoint that is owed comes after. */
    private entryWritten = false
    /** Ticks in a row that had no time for it. */
    private passedOver = 0
    /** The minute of the guard that runs, and what the last checkpoint says of its windows. */
    private guardMinute = 0
    private savedHourSteps = 0
    private savedDaySteps = 0
    /** True while what a later firmware wrote is left as it is, until a person has filled the reservoir. */
    private held = false
    /** The flashing that the memory is still to be marked with, once there is a checkpoint of it. */
    private unmarkedId = 0
    /** The programme that is offered, as long as it is neither stored nor refused. */
    private incoming: Incoming | undefined
    /** How much of it is stored; -1 while it is not judged. */
    private storedBytes = -1
    /** Checksum of the record that was stored last. */
    private sum = 0
    private answer = ProgrammeAnswer.None
    /** The refill that it came with, as the command had it. */
    private refillPl = 0
    private refillResidualPl = NaN
    private refillLineChanged = false
    /** Where the programme that was taken last stands. */
    private storedAt = ProgrammeSource.Flash
    private readonly checkpoint = Buffer.alloc(CHECKPOINT_SIZE)
    private readonly draft = createDraft(this.checkpoint)
    private readonly odometer = Buffer.alloc(ODOMETER_SIZE)
    private readonly entry = Buffer.alloc(ENTRY_SIZE)

    constructor(private readonly memory: RecordMemory) {}

    /**
     * The pump as the run before left it, at power-on, before its first tick at `nowMs` on the monotonic clock.
     * @param pause waits a moment: what runs between two waits is bounded on the device
     */
    async recall(flash: FlashRecords, nowMs: number, pause: () => Promise<void>): Promise<RememberedPump> {
        const mechanism = flash.mechanism
        this.stored = await loadLimits(this.memory, flash.flashId)
        const limits = this.stored.limits || flash.limits
        const found = findState(await this.readState(), flash.oldCheckpoint)
        const flashed = await this.isFlashedAnew(found, flash.flashId)
        const before = found.checkpoint ? found.checkpoint.uncertainPl : 0
        if (found.checkpoint) catchUp(found.checkpoint, found.newer, found.older, mechanism ? mechanism.stepPl : 0)
        const uncertainPl = found.checkpoint ? found.checkpoint.uncertainPl - before : 0
        if (flashed) flashedAnew(found, typeof flash.programme === "object" ? flash.programme.reservoirPl : 0)
        const checkpoint = found.checkpoint
        const journal = createJournal(found, flash.flashId)
        const programme = await this.recallProgramme(flash.programme, journal, pause)
        const pump = createPump({ programme, mechanism, limits, checkpoint, checkpointDamage: found.damage }, nowMs)
        const guard = createGuard(limits, pump.mechanism.stepPl, pump.mechanism.stepsPerTickMax, nowMs)
        if (checkpoint)
            restoreGuard(
                guard,
                checkpoint.guardTrip,
                checkpoint.guardHourSteps,
                checkpoint.guardDaySteps,
                checkpoint.guardPrimeDaySteps,
            )
        this.held = found.damage === Reason.RecordNewer
        this.journal = journal
        this.guard = guard
        this.limits = limits
        notePowerOn(journal, pump, found, uncertainPl, flashed)
        if (!this.held) {
            await this.findEnd(journal.log, false)
            await this.findEnd(journal.log, true)
            await this.mendOdometers(journal, found)
            this.unmarkedId = flashed ? flash.flashId : 0
        }
        return { pump, guard, journal }
    }

    /** Counts the steps of this tick in the memory, before they are made. */
    async saveSteps(steps: number): Promise<void> {
        const journal = this.journal
        if (!journal) return
        const address = countSteps(journal, steps, this.odometer)
        // A copy that was not written is tried again the next time: it may be torn, and the other one is good.
        if (!this.held && !(await this.write(address, this.odometer, ODOMETER_SIZE)))
            journal.odometerCopy = 1 - journal.odometerCopy
    }

    /** True while there is nothing to write or to bring in. */
    rests(): boolean {
        const journal = this.journal
        const written = !this.checkpointOwed && !this.drafting
        return journal !== undefined && written && !this.receiving && journal.log.waiting === 0
    }

    /** True once all that must outlast a reset is recorded, or the memory takes nothing: what became of a command may be told (JRN-1). */
    recorded(): boolean {
        return !this.works || !(this.checkpointOwed || this.drafting)
    }

    /**
     * Notes what this tick has made worth remembering; true when there is something to write, and time to.
     * @param busy true in a tick with much else to do: it passes the work on, but no more than two of them in a row do
     */
    notes(pump: Pump, readings: Readings, actions: Actions, busy: boolean): boolean {
        const journal = this.journal
        if (!journal) return false
        if (actions.programmeAnswer === ProgrammeAnswer.Taken) {
            journal.programmeSource = this.storedAt
            journal.programmeSum = this.sum
            journal.log.programmeSum = this.sum
        }
        const log = journal.log
        noteTick(log, pump, readings, actions)
        readings.memoryFault = this.works ? SensorFault.None : SensorFault.Missing
        const guard = this.guard
        if (guard && guard.minute !== this.guardMinute) {
            this.guardMinute = guard.minute
            // Until the guard's windows move again all steps count in them, so that a reset can tell from a checkpoint and the steps
            // since exactly what is in them, and trips no guard whose limits are kept (GRD-11).
            if (guard.hourSteps !== this.savedHourSteps || guard.daySteps !== this.savedDaySteps)
                this.checkpointOwed = true
        }
        if (actions.checkpointDue) {
            this.checkpointOwed = true
            this.entryWritten = false
        }
        if (this.held && hasAlarm(pump.conditions, Alarm.CheckpointDamaged)) return false
        if (busy && this.passedOver < BUSY_TICKS) {
            this.passedOver += 1
            return false
        }
        this.passedOver = 0
        return this.checkpointOwed || this.drafting || log.waiting > 0 || log.lost > 0
    }

    /**
     * Does one thing of what is to be written: an entry of the log, a part of the checkpoint, its transfer once it is whole, or the next
     * entry. So no tick takes long, and what happened is recorded within a second. What the memory does not take is tried again, with a new
     * checkpoint: about once a second.
     */
    async saveTick(pump: Pump, guard: Guard): Promise<void> {
        const journal = this.journal
        if (!journal) return
        if (this.held) {
            this.held = false
            // Over both copies, or what the later firmware left would count once more.
            await this.saveOdometer(journal, 0)
            await this.saveOdometer(journal, 1)
            await this.saveCheckpoint(pump, guard)
            this.checkpointOwed = true
        } else if (this.drafted) await this.writeCheckpoint(journal)
        else if (this.drafting) this.drafted = continueDraft(this.draft, pump)
        else if (this.checkpointOwed && (this.entryWritten || journal.log.waiting === 0 || !this.works))
            this.beginCheckpoint(journal, pump, guard)
        else {
            // Before the checkpoint, which forgets what the entry tells of: a bolus that ended.
            this.entryWritten = this.checkpointOwed
            const place = nextEntry(journal.log, pump, this.entry)
            if (place && (await this.write(entryAddress(place), this.entry, ENTRY_SIZE))) dropEntry(journal.log)
        }
    }

    /** Writes the checkpoint over the older copy, all in one go: at power-on, and once over what a later firmware left. */
    async saveCheckpoint(pump: Pump, guard: Guard): Promise<void> {
        const journal = this.journal
        if (!journal || this.held) return
        this.beginCheckpoint(journal, pump, guard)
        while (!continueDraft(this.draft, pump)) {}
        await this.writeCheckpoint(journal)
    }

    private beginCheckpoint(journal: Journal, pump: Pump, guard: Guard): void {
        this.checkpointOwed = false
        this.entryWritten = false
        this.drafting = true
        this.drafted = false
        beginDraft(this.draft, pump, guard, journal, journal.sequence + 1)
        this.savedHourSteps = guard.hourSteps
        this.savedDaySteps = guard.daySteps
    }

    private async writeCheckpoint(journal: Journal): Promise<void> {
        this.drafting = false
        this.drafted = false
        // One that is not taken is owed again, for the same place: what was there may be torn, and the other copy is good.
        if (!(await this.write(checkpointAddress(journal.sequence + 1), this.checkpoint, CHECKPOINT_SIZE))) return
        journal.sequence += 1
        if (this.unmarkedId === 0) return
        await this.markFlashed(this.unmarkedId)
        this.unmarkedId = 0
    }

    /** Reads back the checkpoint that was saved last: true when the memory holds exactly that. For the power-on self-test. */
    async verify(): Promise<boolean> {
        const journal = this.journal
        if (!journal) return false
        if (this.held) return true
        return await holds(this.memory, checkpointAddress(journal.sequence), this.checkpoint, 0, CHECKPOINT_SIZE)
    }

    /**
     * Takes the command that offers a programme from the readings, and gives it back with the first sample after that programme is stored,
     * or refused.
     * @param proposed its record, where a programmer has brought it in already
     */
    takeOffer(pump: Pump, readings: Readings, proposed: Incoming | undefined): void {
        if (readings.command === CommandKind.Programme) {
            readings.command = CommandKind.None
            this.receiving = true
            this.incoming = proposed || beginIncoming(PROGRAMME_PLACE - 2)
            this.storedBytes = -1
            this.answer = ProgrammeAnswer.None
            this.refillPl = readings.commandPl
            this.refillResidualPl = readings.commandResidualPl
            this.refillLineChanged = readings.commandLineChanged
            // One that was offered before, and not taken yet, is no more.
            pump.offered = undefined
            return
        }
        if (this.incoming || !readings.sampled || readings.command !== CommandKind.None) return
        readings.command = CommandKind.Programme
        readings.commandAnswer = this.answer
        readings.commandPl = this.refillPl
        readings.commandResidualPl = this.refillResidualPl
        readings.commandLineChanged = this.refillLineChanged
        this.answer = ProgrammeAnswer.None
        this.receiving = false
    }

    /**
     * Goes on with the programme that is offered by one thing, once what happened is recorded: brings in a piece, reads a part, or stores one
     * beside the programme that runs. That goes on until the tick takes the new one and its checkpoint is written, so a power cut or an
     * offer that breaks off leaves the one or the other, whole (PRG-5).
     */
    async bringIn(pump: Pump, offer: ProgrammeOffer | undefined): Promise<void> {
        const incoming = this.incoming
        if (!incoming || !this.recorded()) return
        if (this.storedBytes >= 0) return await this.storePart(pump, incoming)
        if (incoming.received < incoming.record.length) {
            if (!offer || !(await offer.bring(incoming))) this.refuse(ProgrammeAnswer.Damaged)
            return
        }
        if (readPart(incoming)) return
        const programme = programmeOf(incoming)
        const answer = programme
            ? this.judgeProgramme(programme, highestRatePlPerDay(programme), pump)
            : ProgrammeAnswer.Damaged
        if (answer !== ProgrammeAnswer.Taken) return this.refuse(answer)
        // While a checkpoint is owed, the one in the memory may be of a programme in that very place.
        if (this.checkpointOwed || this.drafting) return this.refuse(ProgrammeAnswer.NotStored)
        const first = this.programmeSource() !== ProgrammeSource.First
        this.storedAt = first ? ProgrammeSource.First : ProgrammeSource.Second
        this.storedBytes = 0
    }

    private refuse(answer: ProgrammeAnswer): void {
        this.incoming = undefined
        this.answer = answer
    }

    /** Stores a part of the record in the place that does not hold the programme that runs, and its length last. */
    private async storePart(pump: Pump, incoming: Incoming): Promise<void> {
        const { record } = incoming
        const from = this.storedBytes
        const place = programmeAddress(this.storedAt)
        const last = from >= record.length
        const part = last ? Buffer.alloc(2) : record.slice(from, Math.min(record.length, from + STORED_PART))
        if (last) writeUint(part, 0, 2, record.length)
        const length = part.length
        const address = last ? place : place + 2 + from
        if (!(await this.write(address, part, length)) || !(await holds(this.memory, address, part, 0, length)))
            return this.refuse(ProgrammeAnswer.NotStored)
        this.storedBytes = from + length
        if (!last) return
        this.incoming = undefined
        this.sum = checksumOf(incoming)
        pump.offered = programmeOf(incoming)
        this.answer = ProgrammeAnswer.Taken
    }

    /** Whether the programme that runs, and what was delivered of late, is within these limits: Taken, or BeyondLimits. */
    judgeLimits(limits: GuardLimits, pump: Pump): ProgrammeAnswer {
        const { programme } = pump
        const asksMore = programme && !withinLimits(programme, highestRatePlPerDay(programme), limits)
        if (asksMore || (this.guard && !withinWindows(this.guard, limits))) return ProgrammeAnswer.BeyondLimits
        return ProgrammeAnswer.Taken
    }

    /** The guard goes by these limits from now on, once they are stored: Taken, or why not. */
    async takeLimits(record: Buffer, pump: Pump): Promise<ProgrammeAnswer> {
        const limits = decodeLimits(record)
        const { journal, guard } = this
        if (!journal || !guard || this.held || typeof limits === "string") return ProgrammeAnswer.NotStored
        const answer = this.judgeLimits(limits, pump)
        if (answer !== ProgrammeAnswer.Taken) return answer
        if (!(await saveLimits(this.memory, this.stored, journal.flashId, record))) return ProgrammeAnswer.NotStored
        this.limits = limits
        changeLimits(guard, limits)
        pump.limitsKnown = true
        pump.primePlMax = limits.primePlMax
        note(journal.log, pump, EventKind.LimitsChanged, Reason.None, Math.floor(limits.dayPlMax / LOGGED_VOLUME_PL))
        this.checkpointOwed = true
        return ProgrammeAnswer.Taken
    }

    /** Whether mechanism and guard's limits allow a programme of this highest flow: Taken, or why not. */
    judgeProgramme(programme: Programme, highestPlPerDay: number, pump: Pump): ProgrammeAnswer {
        if (highestPlPerDay > mechanismRatePlPerDayMax(pump.mechanism)) return ProgrammeAnswer.BeyondMechanism
        const limits = this.limits
        if (limits && !withinLimits(programme, highestPlPerDay, limits)) return ProgrammeAnswer.BeyondLimits
        return ProgrammeAnswer.Taken
    }

    /** Where the programme stands that runs. */
    programmeSource(): ProgrammeSource {
        return this.journal ? this.journal.programmeSource : ProgrammeSource.Flash
    }

    /** Checksum of its record; 0 of the one in flash. */
    programmeSum(): number {
        return this.journal ? this.journal.programmeSum : 0
    }

    /** Notes in the log who was let in over the programmer's link, or was not. */
    noteAccess(pump: Pump, kind: EventKind, value: number): void {
        if (this.journal) note(this.journal.log, pump, kind, Reason.None, value)
    }

    private async readState(): Promise<Buffer[] | undefined> {
        const pieces: Buffer[] = []
        for (let copy = 0; copy < 2; copy++) {
            const piece = await this.memory.read(copy * CHECKPOINT_PLACE, CHECKPOINT_SIZE_MAX)
            if (!piece) return undefined
            pieces.push(piece)
        }
        for (let copy = 0; copy < 2; copy++) {
            const piece = await this.memory.read(ODOMETERS_AT + copy * ODOMETER_SIZE, ODOMETER_SIZE)
            if (!piece) return undefined
            pieces.push(piece)
        }
        return pieces
    }

    /** True when the board was flashed since the memory was last marked. The checkpoint says it, or else the mark. */
    private async isFlashedAnew(found: Found, flashId: number): Promise<boolean> {
        if (flashId === 0 || found.damage === Reason.Missing) return false
        if (found.checkpoint) return found.checkpoint.flashId !== flashId && found.checkpoint.flashId !== 0
        const mark = await this.memory.read(FLASH_MARK_AT, FLASH_MARK_SIZE)
        return !mark || readUint(mark, 0, 4) !== flashId || readUint(mark, 4, 4) !== crc32(mark, 0, 4, 0)
    }

    private async markFlashed(flashId: number): Promise<void> {
        const mark = Buffer.alloc(FLASH_MARK_SIZE)
        writeUint(mark, 0, 4, flashId)
        writeUint(mark, 4, 4, crc32(mark, 0, 4, 0))
        await this.write(FLASH_MARK_AT, mark, FLASH_MARK_SIZE)
    }

    /** The programme that ran last: the one in flash, or the one in the memory, and then exactly that. */
    private async recallProgramme(
        flashed: Programme | string | undefined,
        journal: Journal,
        pause: () => Promise<void>,
    ): Promise<Programme | string | undefined> {
        const source = journal.programmeSource
        if (source === ProgrammeSource.Flash) return flashed
        const address = programmeAddress(source)
        const head = await this.memory.read(address, 2)
        const length = head ? readUint(head, 0, 2) : 0
        if (!(length > 4 && length <= PROGRAMME_PLACE - 2)) return "record of impossible size"
        const incoming = beginIncoming(length)
        for (let from = 0; from < length; from += TRANSFER_MAX) {
            const piece = await this.memory.read(address + 2 + from, Math.min(TRANSFER_MAX, length - from))
            if (!piece || !takePiece(incoming, from, piece, 0)) return "the record memory does not answer"
        }
        while (readPart(incoming)) await pause()
        const { result } = incoming.reading
        if (result === undefined || checksumOf(incoming) !== journal.programmeSum) return "record's checksum is wrong"
        return result
    }

    /**
     * Makes a torn copy of the count good again, so that a torn one always means a write that was cut. Two good ones are left as they
     * are: what they differ by is in doubt until a checkpoint says so (JRN-3).
     */
    private async mendOdometers(journal: Journal, found: Found): Promise<void> {
        const newer = found.newer
        const behind = !newer || newer.forwardSteps !== journal.forwardSteps || newer.backSteps !== journal.backSteps
        if (behind) await this.saveOdometer(journal, 1 - found.odometerCopy)
        if (behind || !found.older) await this.saveOdometer(journal, found.odometerCopy)
    }

    private async saveOdometer(journal: Journal, copy: number): Promise<void> {
        encodeOdometer(journal.forwardSteps, journal.backSteps, this.odometer)
        await this.write(ODOMETERS_AT + copy * ODOMETER_SIZE, this.odometer, ODOMETER_SIZE)
    }

    /** Steps over what was written to a ring after the checkpoint that counts it. */
    private async findEnd(log: EventLog, fault: boolean): Promise<void> {
        const most = fault ? FAULT_ENTRIES : EVENT_ENTRIES
        for (let i = 0; i < most; i++) {
            const index = fault ? log.faults : log.events
            const bytes = await this.memory.read(entryAddress({ fault, index }), ENTRY_SIZE)
            if (!bytes || !decodeEntry(bytes, index)) return
            if (fault) log.faults += 1
            else log.events += 1
        }
    }

    private async write(address: number, bytes: Buffer, length: number): Promise<boolean> {
        this.works = await this.memory.write(address, bytes, length)
        // What it missed is all in the next checkpoint.
        if (!this.works) this.checkpointOwed = true
        return this.works
    }
}

/**
 * True when the guard's limits leave room for the schedule at its fastest in an hour and at its mean in a day, for periodic doses, and besides for all the
 * boluses that the programme's dose window lets through, or where they are the patient's alone, lockout and count.
 */
function withinLimits(programme: Programme, highestPlPerDay: number, limits: GuardLimits): boolean {
    const windowMinutes = programme.windowMinutes
    let ofHourPl = programme.windowPlMax - programme.windowBasalPl
    let ofDayPl = windowMinutes > 0 ? Math.ceil(1440 / windowMinutes) * ofHourPl : 0
    if (programme.bolusPlMax === 0 && programme.patientPl > 0) {
        const dosesOfHour = Math.floor(60 / programme.lockoutMinutes) + 1
        ofHourPl = Math.min(ofHourPl, dosesOfHour * programme.patientPl)
        ofDayPl = Math.min(ofDayPl, programme.dosesPerDayMax * programme.patientPl)
    } else if (programme.bolusPlMax === 0) {
        ofHourPl = 0
        ofDayPl = 0
    }
    // A periodic dose lasts as long as it lasts, and comes so often in an hour.
    if (programme.periodicPl > 0) ofHourPl += Math.ceil(60 / programme.periodicMinutes) * programme.periodicPl
    const segmentPlPerDay = highestPlPerDay - periodicRatePlPerDay(programme)
    // Faster by a part while the schedule catches up with local time.
    const fastestPlPerDay = segmentPlPerDay + segmentPlPerDay / SHIFT_PARTS
    if (!(fastestPlPerDay / 24 + ofHourPl <= limits.hourPlMax)) return false
    return programme.meanRatePlPerDay + ofDayPl <= limits.dayPlMax
}

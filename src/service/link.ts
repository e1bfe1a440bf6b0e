// The pump's end of the programmer's link: it hears sealed acts, has the tick carry them out, and answers when that is recorded. What
// comes in is only put down here; it is worked off at the end of a tick, one thing a tick, so that no packet is ever in its way.

import type { JournalStore } from "../drivers/journalStore"
import type { RecordMemory, Sensor } from "../drivers/parts"
import { copyBytes, readUint, writeUint } from "../pump/bytes"
import { bolusOf } from "../pump/commands"
import { EventKind } from "../pump/eventLog"
import { decodeLimits, GuardLimits } from "../pump/guard"
import { beginIncoming, checksumOf, Incoming, programmeOf, readPart, takePiece } from "../pump/incoming"
import { CHANGE_DROP_MS, MS_PER_SECOND } from "../pump/limits"
import { highestRatePlPerDay, PROGRAMME_SIZE_MAX } from "../pump/programme"
import { Actions, BolusEvent, BolusKind, Mode, Pump } from "../pump/pump"
import { CommandKind, ProgrammeAnswer, Readings } from "../pump/readings"
import { arithmeticHolds, LOGIC_HELD, logicTestPart } from "../pump/selfTest"
import { ActKind, Busy, Outcome } from "./acts"
import { contentsAt, FlashedProgramme } from "./contents"
import { LinkKey, loadKey, saveKey } from "./linkKey"
import { compareOn, Reading, readingOfProposal } from "./proposal"
import {
    ACT_HEADER_SIZE,
    ANSWER_HEADER_SIZE,
    appendTag,
    Crypto,
    endsWithTag,
    KEY_SIZE,
    NONCE_SIZE,
    TAG_SIZE,
    tagOf,
} from "./seal"

/** How long a person has for the press of the button, and an act for its answer. */
const PRESS_MS = 30_000
const ANSWER_MS_MAX = 10_000

/** Wrong tags in a row from which on the pump waits, first a second and then each time twice as long, up to this. */
const FAILURES_FREE = 3
const WAIT_S_MAX = 64
const FAILURES_MAX = 65_535
/** After so long without one the count begins anew. */
const FAILURES_FORGOTTEN_MS = 600_000

/** Body of a command: volume u32 (nL), flow u32 (nL/day), residual u32 (nL), local time u32 (s), flags u8, programme's checksum u32. */
const COMMAND_SIZE = 21
const LINE_CHANGED = 1
const NOT_MEASURED = 0xffffffff

/** What a press of the pump's button agrees to. */
enum Consent {
    None = 0,
    Pairing = 1,
    Limits = 2,
}

/** What the link asks of the bus that it is reached by. */
export interface Bus {
    /** Sends an answer, or else contents that were asked for. */
    tell(answer: boolean, bytes: Buffer): Promise<void>
    /** What the register `status` holds. */
    status(link: Link): Buffer
    flashed: FlashedProgramme
}

export class Link implements Sensor {
    /** True while there is something to be worked off at the end of a tick. */
    busy = false
    /** Acts in a row whose tag was wrong. */
    failures = 0
    /** The pump, once it runs; the checksum of its programme's record, 0 of one in flash; and the guard's limits. */
    pump: Pump | undefined
    programmeSum = 0
    limits: GuardLimits | undefined
    /** What the parts read last. */
    readings: Readings | undefined
    private readonly nonce: Buffer
    private found: LinkKey = { key: undefined, restricted: false, sequence: 0 }
    /** The act that has come in, and what it is made of once its tag is good. */
    private incoming: Buffer | undefined
    private counter = 1
    private lastTag: Buffer | undefined
    private lastAnswer: Buffer | undefined
    /** The command that the pump has been asked, the tick has got, and since when. */
    private asked = 0
    private body: Buffer | undefined
    private given = false
    /** What became of it, to be told once it is recorded: 0, or why not; -1 as long as nothing has. */
    private reason = -1
    private askedMs = 0
    /** The programme that is proposed, and since when: dropped ten minutes later. */
    private proposal: Incoming | undefined
    private reading: Reading | undefined
    private proposedMs = 0
    private testPart = -1
    private waitUntilMs = 0
    private failedMs = 0
    /** What waits for a press of the button, until when (NaN before the first tick of it), and whether it came. */
    private consent = Consent.None
    private consentUntilMs = NaN
    private consented = false
    private readPart = -1
    private readOffset = 0
    private nowMs = 0

    /** @param pumpId what tells this pump from any other: the 16 hexadecimal digits of its service's device */
    constructor(
        readonly pumpId: string,
        private readonly memory: RecordMemory,
        private readonly crypto: Crypto,
        private readonly bus: Bus,
    ) {
        this.nonce = crypto.random(NONCE_SIZE)
    }

    /** Reads the key, and lets the pump be seen, before its first tick. */
    async begin(pump: Pump, journals: JournalStore): Promise<void> {
        this.found = await loadKey(this.memory)
        this.programmeSum = journals.programmeSum()
        this.limits = journals.limits
        this.pump = pump
    }

    paired(): boolean {
        return this.found.key !== undefined
    }

    /** True where only the paired programmer may read the pump. */
    restricted(): boolean {
        return this.found.restricted
    }

    // What comes from the bus, at any time.

    /** What the next act is to be sealed with: its counter u32 and the nonce. */
    challenge(): Buffer {
        const bytes = Buffer.alloc(4 + NONCE_SIZE)
        writeUint(bytes, 0, 4, this.counter)
        copyBytes(bytes, 4, this.nonce, 0, NONCE_SIZE)
        return bytes
    }

    /** An act; another one that has not been looked at yet is forgotten, and its programmer asks again. */
    hear(sealed: Buffer): void {
        this.incoming = sealed
        this.busy = true
    }

    /** Somebody asks for bytes. */
    hearRead(part: number, offset: number): void {
        if (this.found.restricted) return
        this.readPart = part
        this.readOffset = offset
        this.busy = true
    }

    /** A programmer asks to be paired. A press that is waited for already is for something else, and lets nobody in. */
    hearPair(): void {
        if (this.consent !== Consent.Limits) this.await(Consent.Pairing)
    }

    private await(consent: Consent): void {
        this.consent = consent
        // From the end of this tick on.
        this.consentUntilMs = NaN
        this.consented = false
        this.busy = true
    }

    /** The last answer, for who missed it; a key is never told twice. */
    answer(): Buffer {
        return this.lastAnswer ?? Buffer.alloc(0)
    }

    /** For how long no act is looked at. */
    waitS(): number {
        return Math.max(0, Math.ceil((this.waitUntilMs - this.nowMs) / MS_PER_SECOND))
    }

    // What the loop asks.

    /** After the pump's own parts: gives the tick the command that was asked for, and sees the press that lets a programmer in. */
    async read(readings: Readings): Promise<void> {
        this.readings = readings
        readings.accessFailures = this.failures
        readings.unconfirmedMs = this.proposal ? this.nowMs - this.proposedMs : NaN
        if (readings.command === CommandKind.Acknowledge && this.consent !== Consent.None) this.consented = true
        const body = this.body
        if (readings.command !== CommandKind.None || this.given || !body || this.asked === 0) return
        if (this.asked > CommandKind.CancelBolus) return
        this.given = true
        readings.command = this.asked
        readings.commandPl = readUint(body, 0, 4) * 1000
        readings.commandRatePlPerDay = readUint(body, 4, 4) * 1000
        const residualNl = readUint(body, 8, 4)
        readings.commandResidualPl = residualNl === NOT_MEASURED ? NaN : residualNl * 1000
        readings.commandWallMs = readUint(body, 12, 4) * MS_PER_SECOND
        readings.commandLineChanged = (body[16] & LINE_CHANGED) !== 0
    }

    /** True while an act waits to be looked at, or for what becomes of it. */
    working(): boolean {
        return this.asked !== 0 || this.incoming !== undefined
    }

    /** What the programmer is told that the pump is at. */
    busyWith(): Busy {
        if (this.consent !== Consent.None) return Busy.Press
        return this.working() ? Busy.Act : Busy.Nothing
    }

    /** The record of the programme that the pump is asked to take, if it is one proposed here. */
    offered(): Incoming | undefined {
        return this.given && this.asked === CommandKind.Programme ? this.proposal : undefined
    }

    /**
     * At the end of a tick, what it did having been recorded: works off one thing.
     * @param busy true in a tick with much else to do: what takes long waits for the next
     */
    async serve(pump: Pump, journals: JournalStore, actions: Actions, nowMs: number, busy: boolean): Promise<void> {
        this.nowMs = nowMs
        const sealed = this.incoming
        if (this.consent === Consent.Pairing && !busy) await this.pair(pump, journals)
        if (this.asked !== 0) await this.follow(pump, journals, actions, busy)
        else if (sealed && !busy) {
            this.incoming = undefined
            await this.open(sealed, pump, journals)
        } else if (this.readPart >= 0 && !busy) {
            const part = this.readPart
            this.readPart = -1
            await this.bus.tell(false, await this.contents(journals, part, this.readOffset))
        }
        if (!(nowMs - this.proposedMs <= CHANGE_DROP_MS) && this.asked === 0) this.proposal = undefined
        if (!(nowMs - this.failedMs <= FAILURES_FORGOTTEN_MS)) this.failures = 0
        this.busy =
            this.consent !== Consent.None ||
            this.working() ||
            this.readPart >= 0 ||
            this.proposal !== undefined ||
            this.failures > 0
    }

    /** Whether the button has been pressed; undefined while there is time for it. Not while an alarm waits to be seen, whose acknowledgement the press would be. */
    private pressed(pump: Pump): boolean | undefined {
        if (!(this.consentUntilMs >= 0)) this.consentUntilMs = this.nowMs + PRESS_MS
        const over = this.consentUntilMs <= this.nowMs
        if (!over && !this.consented && (pump.alarms & ~pump.acknowledged) === 0) return undefined
        this.consent = Consent.None
        return this.consented && !over
    }

    private async pair(pump: Pump, journals: JournalStore): Promise<void> {
        const pressed = this.pressed(pump)
        if (pressed === undefined) return
        const key = this.crypto.random(KEY_SIZE)
        if (!pressed || !(await saveKey(this.memory, this.found, key, this.found.restricted)))
            return await this.tellUnsealed(Outcome.NotPairedNow)
        this.failures = 0
        this.waitUntilMs = this.nowMs
        this.proposal = undefined
        this.lastTag = undefined
        journals.noteAccess(pump, EventKind.Paired, 0)
        await this.tellUnsealed(Outcome.Paired, key)
    }

    /** Checks the seal of an act and does what it asks, or says why not; then nothing has changed. */
    private async open(sealed: Buffer, pump: Pump, journals: JournalStore): Promise<void> {
        const key = this.found.key
        if (!key) return await this.tellUnsealed(Outcome.NotPaired)
        if (this.nowMs < this.waitUntilMs) return await this.tellUnsealed(Outcome.Waits)
        const size = sealed.length - TAG_SIZE
        if (size < ACT_HEADER_SIZE) return await this.fail(pump, journals)
        const tag = tagOf(this.crypto, key, false, this.pumpId, this.nonce, sealed, size)
        if (!endsWithTag(sealed, tag)) return await this.fail(pump, journals)
        const counter = readUint(sealed, 0, 4)
        if (counter !== this.counter) {
            // Who missed the answer asks again with the very same act, and is told again.
            if (this.lastTag && this.lastAnswer && endsWithTag(sealed, this.lastTag))
                await this.bus.tell(true, this.lastAnswer)
            else await this.tellUnsealed(Outcome.CounterWrong)
            return
        }
        // One that was heard before is no proof of the key, and ends no count.
        this.failures = 0
        this.counter += 1
        this.lastTag = tag
        this.lastAnswer = undefined
        this.askedMs = this.nowMs
        const outcome = await this.act(sealed[4], sealed.slice(ACT_HEADER_SIZE, size), pump, journals)
        if (outcome !== undefined) await this.tellSealed(sealed[4], outcome)
    }

    /** Does what is asked, or begins to: then what became of it is known later, or has been told. */
    private async act(kind: number, body: Buffer, pump: Pump, journals: JournalStore): Promise<Outcome | undefined> {
        if (kind > 0 && kind <= CommandKind.CancelBolus && kind !== CommandKind.Toggle) {
            if (body.length !== COMMAND_SIZE) return Outcome.BodyWrong
            if (kind === CommandKind.Programme) {
                const proposal = this.proposal
                if (!proposal || !programmeOf(proposal) || readUint(body, 17, 4) !== checksumOf(proposal))
                    return Outcome.NoProposal
            }
            this.body = body
            this.given = false
            this.reason = -1
            this.asked = kind
            return undefined
        }
        if (kind === ActKind.ProposeBegin && body.length === 2) {
            const size = readUint(body, 0, 2)
            this.proposal = size > 4 && size <= PROGRAMME_SIZE_MAX ? beginIncoming(size) : undefined
            this.proposedMs = this.nowMs
            return this.proposal ? Outcome.Done : Outcome.BodyWrong
        }
        if (kind === ActKind.ProposePiece && body.length > 2) {
            const taken = this.proposal !== undefined && takePiece(this.proposal, readUint(body, 0, 2), body, 2)
            return taken ? Outcome.Done : Outcome.NoProposal
        }
        if (kind === ActKind.ProposeEnd && body.length === 0) {
            this.asked = kind
            return undefined
        }
        if (kind === ActKind.SelfTest && body.length === 0) {
            if (pump.mode !== Mode.Stopped) return Outcome.NotStopped
            this.asked = kind
            this.testPart = 0
            return undefined
        }
        if (kind === ActKind.Status && body.length === 0) {
            await this.tellSealed(kind, Outcome.Done, 0, this.bus.status(this))
            return undefined
        }
        if (kind === ActKind.Contents && body.length === 3) {
            const contents = await this.contents(journals, body[2], readUint(body, 0, 2))
            await this.tellSealed(kind, Outcome.Done, 0, contents)
            return undefined
        }
        if (kind === ActKind.Restrict && body.length === 1 && body[0] <= 1) {
            const key = this.found.key
            if (key && (await saveKey(this.memory, this.found, key, body[0] === 1))) return Outcome.Done
            await this.tellSealed(kind, Outcome.Refused, ProgrammeAnswer.NotStored)
            return undefined
        }
        if (kind === ActKind.Limits && this.consent === Consent.None) {
            const limits = decodeLimits(body)
            if (typeof limits !== "string") {
                const answer = journals.judgeLimits(limits, pump)
                if (answer === ProgrammeAnswer.Taken) {
                    this.asked = kind
                    this.body = body
                    this.await(Consent.Limits)
                } else await this.tellSealed(kind, Outcome.Refused, answer)
                return undefined
            }
        }
        return Outcome.BodyWrong
    }

    /** The pump's own reading of the proposal, a part in each tick; what could never run is refused before a person looks at it. */
    private async readProposal(pump: Pump, journals: JournalStore): Promise<void> {
        const { proposal, reading } = this
        if (proposal && readPart(proposal)) return
        const programme = proposal ? programmeOf(proposal) : undefined
        let outcome = Outcome.NoProposal
        let reason = 0
        if (proposal && programme) {
            if (reading) {
                if (compareOn(reading, programme, pump.programme)) return
                outcome = Outcome.Done
            } else {
                const highestPlPerDay = highestRatePlPerDay(programme)
                reason = journals.judgeProgramme(programme, highestPlPerDay, pump)
                if (reason === ProgrammeAnswer.Taken) {
                    this.reading = readingOfProposal(checksumOf(proposal), programme, highestPlPerDay)
                    return
                }
                outcome = Outcome.Refused
            }
        }
        if (outcome !== Outcome.Done) this.proposal = undefined
        this.asked = 0
        this.reading = undefined
        await this.tellSealed(ActKind.ProposeEnd, outcome, reason, reading ? reading.bytes : undefined)
    }

    /** Follows what was asked until a tick's actions say what became of it, and that is recorded. */
    private async follow(pump: Pump, journals: JournalStore, actions: Actions, busy: boolean): Promise<void> {
        const kind = this.asked
        if (busy && kind > CommandKind.CancelBolus) return
        if (kind === ActKind.ProposeEnd) return await this.readProposal(pump, journals)
        if (kind === ActKind.SelfTest) return await this.test(pump)
        if (kind === ActKind.Limits) return await this.changeLimits(pump, journals)
        const bolus = bolusOf(kind)
        let reason = this.reason
        if (this.given && reason < 0) {
            if (bolus !== BolusKind.None) {
                const told = actions.bolusEvent === BolusEvent.Started || actions.bolusEvent === BolusEvent.Denied
                if (told && actions.bolusKind === bolus) reason = actions.bolusReason
            } else if (kind === CommandKind.Programme) {
                const answer = actions.programmeAnswer
                if (answer !== ProgrammeAnswer.None) reason = answer === ProgrammeAnswer.Taken ? 0 : answer
            } else if (actions.command === kind) reason = actions.refusal
        }
        this.reason = reason
        if (reason >= 0 ? !journals.recorded() : this.nowMs - this.askedMs <= ANSWER_MS_MAX) return
        this.asked = 0
        this.body = undefined
        if (kind === CommandKind.Programme) {
            this.proposal = undefined
            this.programmeSum = journals.programmeSum()
        }
        if (reason < 0) await this.tellSealed(kind, Outcome.Unanswered)
        else await this.tellSealed(kind, reason === 0 ? Outcome.Done : Outcome.Refused, reason)
    }

    /** Other limits, once a person at the pump agrees: a programmer alone can't move what bounds it. */
    private async changeLimits(pump: Pump, journals: JournalStore): Promise<void> {
        const pressed = this.pressed(pump)
        const body = this.body
        if (pressed === undefined || !body) return
        this.asked = 0
        this.body = undefined
        if (!pressed) return await this.tellSealed(ActKind.Limits, Outcome.NotPressed)
        const answer = await journals.takeLimits(body, pump)
        this.limits = journals.limits
        const outcome = answer === ProgrammeAnswer.Taken ? Outcome.Done : Outcome.Refused
        await this.tellSealed(ActKind.Limits, outcome, answer)
    }

    /** A part of the self-test in each tick; ended when somebody starts the pump. */
    private async test(pump: Pump): Promise<void> {
        let held = false
        if (pump.mode === Mode.Stopped && (this.testPart > 0 || arithmeticHolds())) {
            this.testPart = logicTestPart(this.testPart)
            if (this.testPart >= 0) return
            held = this.testPart === LOGIC_HELD
        }
        this.asked = 0
        const outcome = pump.mode !== Mode.Stopped ? Outcome.NotStopped : held ? Outcome.Done : Outcome.Refused
        await this.tellSealed(ActKind.SelfTest, outcome)
    }

    /** An act whose tag is wrong: noted, the more seldom the more there are, and the next one has to wait. */
    private async fail(pump: Pump, journals: JournalStore): Promise<void> {
        const failures = Math.min(this.failures + 1, FAILURES_MAX)
        this.failures = failures
        this.failedMs = this.nowMs
        if ((failures & (failures - 1)) === 0) journals.noteAccess(pump, EventKind.AccessRefused, failures)
        if (failures >= FAILURES_FREE) {
            let waitS = 1
            for (let i = FAILURES_FREE; i < failures && waitS < WAIT_S_MAX; i++) waitS = waitS * 2
            this.waitUntilMs = this.nowMs + waitS * MS_PER_SECOND
        }
        await this.tellUnsealed(Outcome.TagWrong)
    }

    /** Answers with a tag of its own: nobody else can. */
    private async tellSealed(kind: number, outcome: Outcome, reason = 0, detail?: Buffer): Promise<void> {
        const key = this.found.key
        if (!key) return
        const size = ANSWER_HEADER_SIZE + (detail ? detail.length : 0)
        const bytes = Buffer.alloc(size + TAG_SIZE)
        writeUint(bytes, 0, 4, this.counter - 1)
        bytes[4] = kind
        bytes[5] = outcome
        bytes[6] = reason
        if (detail) copyBytes(bytes, ANSWER_HEADER_SIZE, detail, 0, detail.length)
        appendTag(bytes, tagOf(this.crypto, key, true, this.pumpId, this.nonce, bytes, size))
        this.lastAnswer = bytes
        await this.bus.tell(true, bytes)
    }

    /** Answers who has no key, or not the right one; the detail is the key of a new pair. */
    private async tellUnsealed(outcome: Outcome, detail?: Buffer): Promise<void> {
        const bytes = Buffer.alloc(ANSWER_HEADER_SIZE + (detail ? detail.length : 0))
        writeUint(bytes, 0, 4, this.counter)
        bytes[5] = outcome
        if (detail) copyBytes(bytes, ANSWER_HEADER_SIZE, detail, 0, detail.length)
        await this.bus.tell(true, bytes)
    }

    private async contents(journals: JournalStore, part: number, offset: number): Promise<Buffer> {
        return await contentsAt(this.memory, journals.programmeSource(), this.bus.flashed, part, offset)
    }
}

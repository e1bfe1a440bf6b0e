// The pump's end of the programmer's link: it hears sealed acts, has the tick carry them out, and answers when that is recorded. What
// comes in is only put down here; it is worked off at the end of a tick, one thing a tick, so that no packet is ever in its way.

import type { JournalStore } from "../drivers/journalStore"
import type { ProgrammeOffer, RecordMemory, Sensor } from "../drivers/parts"
import { readUint, writeUint } from "../pump/bytes"
import { ProgrammeSource } from "../pump/checkpoint"
import { EventKind } from "../pump/eventLog"
import {
    LINK_KEY_PLACE,
    LINK_KEYS_AT,
    MEMORY_SIZE,
    PROGRAMME_PLACE,
    programmeAddress,
    TRANSFER_MAX,
} from "../pump/journal"
import { MS_PER_SECOND } from "../pump/limits"
import { Actions, BolusEvent, BolusKind, Mode, Pump } from "../pump/pump"
import { CommandKind, ProgrammeAnswer, Readings } from "../pump/readings"
import { arithmeticHolds, LOGIC_HELD, logicTestPart } from "../pump/selfTest"
import { LinkKey, loadKey, saveKey } from "./linkKey"
import { beginProposal, Proposal, pieceOf, READING_SIZE, readProposal, takePiece, writeReading } from "./proposal"
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

/** Acts besides the commands of the pump (`CommandKind`), whose numbers stay below these. */
export enum ActKind {
    /** A programme follows; body: the size of its record u16. */
    ProposeBegin = 32,
    /** Body: offset u16 and the bytes from there on. */
    ProposePiece = 33,
    /** All of it is there: the answer is the pump's reading of it. The command Programme, with its checksum, confirms that. */
    ProposeEnd = 34,
    /** The power-on self-test's arithmetic and logic, on a pump that is stopped. */
    SelfTest = 35,
}

/** What became of an act. */
export enum Outcome {
    Done = 0,
    /** The pump did not do it; the reason is a `Refusal`, of a bolus a `BolusReason`, of a programme a `ProgrammeAnswer`. */
    Refused = 1,
    /** The act is none, or its body has another form. */
    BodyWrong = 2,
    /** No such programme has been proposed, or it is not whole. */
    NoProposal = 3,
    /** The pump has given no answer within ten seconds. */
    Unanswered = 4,
    /** The pump is not stopped. */
    NotStopped = 5,
    // Those from here on carry no tag: nobody knows whose the act was.
    TagWrong = 16,
    /** The tag is right and the counter is not: the act was heard before, or is of another session. */
    CounterWrong = 17,
    /** After acts with a wrong tag none is looked at for a while. */
    Waits = 18,
    NotPaired = 19,
    Paired = 20,
    /** Nobody pressed the button, an alarm waits to be seen, or the key could not be stored. */
    NotPairedNow = 21,
}

/** How long a person has for the press of the button; a proposal for its confirmation; an act for its answer. */
const PAIRING_MS = 30_000
const PROPOSAL_MS = 600_000
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

/** What can be read: the record memory, the record of the programme that runs. */
const PARTS = 2

/** How an answer, or else contents that were asked for, reach the bus. */
export type Tell = (answer: boolean, bytes: Buffer) => Promise<void>

/** How a board finds the record of the programme that was flashed; undefined where there is none, and why not where it is damaged. */
export type FlashedProgramme = () => Promise<Buffer | string | undefined>

export class Link implements ProgrammeOffer, Sensor {
    /** True while there is something to be worked off at the end of a tick. */
    busy = false
    /** Acts in a row whose tag was wrong. */
    failures = 0
    /** The pump, once it runs; and the checksum of its programme's record, 0 of one in flash. */
    pump: Pump | undefined
    programmeSum = 0
    /** What the parts read last. */
    readings: Readings | undefined
    private readonly nonce: Buffer
    private found: LinkKey = { key: undefined, sequence: 0 }
    /** The act that has come in, and what it is made of once its tag is good. */
    private incoming: Buffer | undefined
    private counter = 1
    private lastTag: Buffer | undefined
    private lastAnswer: Buffer | undefined
    /** The command that the pump has been asked, the tick has got, and since when. */
    private asked = 0
    private body: Buffer | undefined
    private given = false
    private askedMs = 0
    private proposal: Proposal | undefined
    private testPart = -1
    private waitUntilMs = 0
    private failedMs = 0
    private pairing = false
    private pairingUntilMs = 0
    private consented = false
    private readPart = -1
    private readOffset = 0
    private nowMs = 0

    /** @param pumpId what tells this pump from any other: the 16 hexadecimal digits of its service's device */
    constructor(
        readonly pumpId: string,
        private readonly memory: RecordMemory,
        private readonly crypto: Crypto,
        private readonly flashed: FlashedProgramme,
        private readonly tell: Tell,
    ) {
        this.nonce = crypto.random(NONCE_SIZE)
    }

    /** Reads the key, and lets the pump be seen, before its first tick. */
    async begin(pump: Pump, journals: JournalStore): Promise<void> {
        this.found = await loadKey(this.memory)
        this.programmeSum = journals.programmeSum()
        this.pump = pump
    }

    paired(): boolean {
        return this.found.key !== undefined
    }

    // What comes from the bus, at any time.

    /** What the next act is to be sealed with: its counter u32 and the nonce. */
    challenge(): Buffer {
        const bytes = Buffer.alloc(4 + NONCE_SIZE)
        writeUint(bytes, 0, 4, this.counter)
        for (let i = 0; i < NONCE_SIZE; i++) bytes[4 + i] = this.nonce[i]
        return bytes
    }

    /** An act; another one that has not been looked at yet is forgotten, and its programmer asks again. */
    hear(sealed: Buffer): void {
        this.incoming = sealed
        this.busy = true
    }

    /** Somebody asks for bytes. */
    hearRead(part: number, offset: number): void {
        this.readPart = part
        this.readOffset = offset
        this.busy = true
    }

    /** A programmer asks to be paired. */
    hearPair(): void {
        this.pairing = true
        // From the end of this tick on.
        this.pairingUntilMs = NaN
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
        if (readings.command === CommandKind.Acknowledge && this.pairing) this.consented = true
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

    /** True while the programme that the journal brings in is the one proposed here. */
    offers(): boolean {
        return this.given && this.asked === CommandKind.Programme
    }

    async fetch(offset: number): Promise<Buffer | undefined> {
        return this.proposal ? pieceOf(this.proposal, offset) : undefined
    }

    /** At the end of a tick, what it did having been recorded: works off one thing. */
    async serve(pump: Pump, journals: JournalStore, actions: Actions, nowMs: number): Promise<void> {
        this.nowMs = nowMs
        if (this.pairing) await this.pair(pump, journals)
        if (this.asked !== 0) await this.follow(pump, journals, actions)
        else if (this.incoming) {
            const sealed = this.incoming
            this.incoming = undefined
            await this.open(sealed, pump, journals)
        } else if (this.readPart >= 0) await this.tellContents(journals)
        const proposal = this.proposal
        if (proposal && !(nowMs - proposal.beganMs <= PROPOSAL_MS) && this.asked === 0) this.proposal = undefined
        if (!(nowMs - this.failedMs <= FAILURES_FORGOTTEN_MS)) this.failures = 0
        this.busy =
            this.pairing || this.working() || this.readPart >= 0 || this.proposal !== undefined || this.failures > 0
    }

    /** Pairs once the button has been pressed; not while an alarm waits to be seen, whose acknowledgement the press would be. */
    private async pair(pump: Pump, journals: JournalStore): Promise<void> {
        if (!(this.pairingUntilMs <= this.nowMs || this.pairingUntilMs > this.nowMs)) {
            this.pairingUntilMs = this.nowMs + PAIRING_MS
        } else if (this.pairingUntilMs <= this.nowMs) {
            this.pairing = false
            await this.tellUnsealed(Outcome.NotPairedNow, undefined)
            return
        }
        if (!this.consented) {
            if ((pump.alarms & ~pump.acknowledged) === 0) return
            this.pairing = false
            await this.tellUnsealed(Outcome.NotPairedNow, undefined)
            return
        }
        this.pairing = false
        const key = this.crypto.random(KEY_SIZE)
        if (!(await saveKey(this.memory, this.found, key))) {
            await this.tellUnsealed(Outcome.NotPairedNow, undefined)
            return
        }
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
        if (!key) return await this.tellUnsealed(Outcome.NotPaired, undefined)
        if (this.nowMs < this.waitUntilMs) return await this.tellUnsealed(Outcome.Waits, undefined)
        const size = sealed.length - TAG_SIZE
        if (size < ACT_HEADER_SIZE) return await this.fail(pump, journals)
        const tag = tagOf(this.crypto, key, false, this.pumpId, this.nonce, sealed, size)
        if (!endsWithTag(sealed, tag)) return await this.fail(pump, journals)
        const counter = readUint(sealed, 0, 4)
        if (counter !== this.counter) {
            // Who missed the answer asks again with the very same act, and is told again.
            if (this.lastTag && this.lastAnswer && endsWithTag(sealed, this.lastTag))
                await this.tell(true, this.lastAnswer)
            else await this.tellUnsealed(Outcome.CounterWrong, undefined)
            return
        }
        // One that was heard before is no proof of the key, and ends no count.
        this.failures = 0
        this.counter += 1
        this.lastTag = tag
        this.lastAnswer = undefined
        this.askedMs = this.nowMs
        await this.act(sealed[4], sealed.slice(ACT_HEADER_SIZE, size), pump, journals)
    }

    private async act(kind: number, body: Buffer, pump: Pump, journals: JournalStore): Promise<void> {
        if (kind > 0 && kind <= CommandKind.CancelBolus && kind !== CommandKind.Toggle) {
            if (body.length !== COMMAND_SIZE) return await this.tellSealed(kind, Outcome.BodyWrong, 0, undefined)
            if (kind === CommandKind.Programme) {
                const proposal = this.proposal
                if (!proposal?.programme || readUint(body, 17, 4) !== proposal.checksum)
                    return await this.tellSealed(kind, Outcome.NoProposal, 0, undefined)
            }
            this.asked = kind
            this.body = body
            this.given = false
            return
        }
        if (kind === ActKind.ProposeBegin && body.length === 2) {
            this.proposal = beginProposal(readUint(body, 0, 2), this.nowMs)
            return await this.tellSealed(kind, this.proposal ? Outcome.Done : Outcome.BodyWrong, 0, undefined)
        }
        if (kind === ActKind.ProposePiece && body.length > 2) {
            const taken = this.proposal !== undefined && takePiece(this.proposal, readUint(body, 0, 2), body, 2)
            return await this.tellSealed(kind, taken ? Outcome.Done : Outcome.NoProposal, 0, undefined)
        }
        if (kind === ActKind.ProposeEnd && body.length === 0) return await this.tellReading(pump, journals)
        if (kind === ActKind.SelfTest && body.length === 0) {
            if (pump.mode !== Mode.Stopped) return await this.tellSealed(kind, Outcome.NotStopped, 0, undefined)
            this.asked = kind
            this.testPart = 0
            return
        }
        await this.tellSealed(kind, Outcome.BodyWrong, 0, undefined)
    }

    /** The pump's own reading of the proposal; what could never run is refused before a person looks at it. */
    private async tellReading(pump: Pump, journals: JournalStore): Promise<void> {
        const proposal = this.proposal
        const kind = ActKind.ProposeEnd
        if (!proposal || !readProposal(proposal) || !proposal.programme) {
            this.proposal = undefined
            return await this.tellSealed(kind, Outcome.NoProposal, 0, undefined)
        }
        const answer = journals.judgeProgramme(proposal.programme, pump)
        if (answer !== ProgrammeAnswer.Taken) {
            this.proposal = undefined
            return await this.tellSealed(kind, Outcome.Refused, answer, undefined)
        }
        const reading = Buffer.alloc(READING_SIZE)
        writeReading(proposal, proposal.programme, pump, reading)
        await this.tellSealed(kind, Outcome.Done, 0, reading)
    }

    /** Follows what was asked until this tick's actions say what became of it. */
    private async follow(pump: Pump, journals: JournalStore, actions: Actions): Promise<void> {
        const kind = this.asked
        if (kind === ActKind.SelfTest) return await this.test(pump)
        const bolus = bolusOf(kind)
        let reason = -1
        if (!this.given) reason = -1
        else if (bolus !== BolusKind.None) {
            const told = actions.bolusEvent === BolusEvent.Started || actions.bolusEvent === BolusEvent.Denied
            if (told && actions.bolusKind === bolus) reason = actions.bolusReason
        } else if (kind === CommandKind.Programme) {
            const answer = actions.programmeAnswer
            if (answer !== ProgrammeAnswer.None) reason = answer === ProgrammeAnswer.Taken ? 0 : answer
        } else if (actions.command === kind) reason = actions.refusal
        if (reason < 0 && this.nowMs - this.askedMs <= ANSWER_MS_MAX) return
        this.asked = 0
        this.body = undefined
        if (kind === CommandKind.Programme) {
            this.proposal = undefined
            this.programmeSum = journals.programmeSum()
        }
        if (reason < 0) await this.tellSealed(kind, Outcome.Unanswered, 0, undefined)
        else await this.tellSealed(kind, reason === 0 ? Outcome.Done : Outcome.Refused, reason, undefined)
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
        await this.tellSealed(ActKind.SelfTest, outcome, 0, undefined)
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
        await this.tellUnsealed(Outcome.TagWrong, undefined)
    }

    /** Answers with a tag of its own: nobody else can. */
    private async tellSealed(
        kind: number,
        outcome: Outcome,
        reason: number,
        detail: Buffer | undefined,
    ): Promise<void> {
        const key = this.found.key
        if (!key) return
        const size = ANSWER_HEADER_SIZE + (detail ? detail.length : 0)
        const bytes = Buffer.alloc(size + TAG_SIZE)
        writeUint(bytes, 0, 4, this.counter - 1)
        bytes[4] = kind
        bytes[5] = outcome
        bytes[6] = reason
        if (detail) for (let i = 0; i < detail.length; i++) bytes[ANSWER_HEADER_SIZE + i] = detail[i]
        appendTag(bytes, tagOf(this.crypto, key, true, this.pumpId, this.nonce, bytes, size))
        this.lastAnswer = bytes
        await this.tell(true, bytes)
    }

    /** Answers who has no key, or not the right one; the detail is the key of a new pair. */
    private async tellUnsealed(outcome: Outcome, detail: Buffer | undefined): Promise<void> {
        const bytes = Buffer.alloc(ANSWER_HEADER_SIZE + (detail ? detail.length : 0))
        writeUint(bytes, 0, 4, this.counter)
        bytes[5] = outcome
        if (detail) for (let i = 0; i < detail.length; i++) bytes[ANSWER_HEADER_SIZE + i] = detail[i]
        await this.tell(true, bytes)
    }

    /** Of the record of the programme that runs. */
    private async programmePiece(source: ProgrammeSource, offset: number): Promise<Buffer | undefined> {
        if (source === ProgrammeSource.Flash) {
            const record = await this.flashed()
            if (typeof record !== "object" || offset >= record.length) return undefined
            return record.slice(offset, Math.min(record.length, offset + TRANSFER_MAX))
        }
        const address = programmeAddress(source)
        const head = await this.memory.read(address, 2)
        const size = head ? readUint(head, 0, 2) : 0
        if (!(size <= PROGRAMME_PLACE - 2 && offset < size)) return undefined
        return await this.memory.read(address + 2 + offset, Math.min(TRANSFER_MAX, size - offset))
    }

    /** Tells the bytes that were asked for; the key's place reads as zero. */
    private async tellContents(journals: JournalStore): Promise<void> {
        const part = this.readPart
        const offset = this.readOffset
        this.readPart = -1
        let piece: Buffer | undefined
        if (part === 0 && offset < MEMORY_SIZE) {
            piece = await this.memory.read(offset, Math.min(TRANSFER_MAX, MEMORY_SIZE - offset))
            if (piece) hideKeys(piece, offset)
        } else if (part === 1) piece = await this.programmePiece(journals.programmeSource(), offset)
        if (!(part >= 0 && part < PARTS)) return
        const length = piece ? piece.length : 0
        const bytes = Buffer.alloc(3 + length)
        bytes[0] = part
        writeUint(bytes, 1, 2, offset)
        if (piece) for (let i = 0; i < length; i++) bytes[3 + i] = piece[i]
        await this.tell(false, bytes)
    }
}

function bolusOf(kind: number): BolusKind {
    if (kind === CommandKind.Prime) return BolusKind.Prime
    if (kind === CommandKind.Bolus) return BolusKind.Clinician
    return kind === CommandKind.PatientDose ? BolusKind.Patient : BolusKind.None
}

/** Blanks what a piece of the record memory, read from `from` on, holds of the keys. */
function hideKeys(piece: Buffer, from: number): void {
    const first = Math.max(0, LINK_KEYS_AT - from)
    const end = Math.min(piece.length, LINK_KEYS_AT + 2 * LINK_KEY_PLACE - from)
    for (let i = first; i < end; i++) piece[i] = 0
}

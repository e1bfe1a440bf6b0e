// A programmer's connection to one pump on a Jacdac bus, simulated or real: reads what the pump shows, and does what its key allows.

import { setTimeout as delay } from "node:timers/promises"
import { type JDBus, type JDRegister, type JDService, jdpack, jdunpack, Packet, REPORT_RECEIVE } from "jacdac-ts"
import { readUint } from "../../src/pump/bytes"
import { MEMORY_SIZE, TRANSFER_MAX } from "../../src/pump/journal"
import { CommandKind } from "../../src/pump/readings"
import { ActKind, Busy, Outcome } from "../../src/service/acts"
import { readProgramme } from "../prescription/decompile"
import {
    ACT,
    type Answer,
    answerText,
    type CommandFigures,
    commandBody,
    type LinkFrame,
    openAnswer,
    PAIR,
    type ProgrammeReading,
    READ,
    readReading,
    type Seal,
    sealAct,
} from "./acts"
import { type Access, type PumpStatus, readAccess, readStatus } from "./status"

export const PUMP_SERVICE_CLASS = 0x13a96c4f

const STATUS = 0x180
const ACCESS = 0x181
const CHALLENGE = 0x182
const ANSWER = 0x183
const CONTENTS = 0x184

/** An act is repeated, the very same, until it is answered: a packet may be lost, and the pump does it once. */
const ANSWER_MS = 4_000
const ACT_TRIES = 5
const READ_MS = 1_500
const READ_TRIES = 6
/** A person has 30 seconds for the press of the button. */
const PRESS_MS = 40_000

/** Before the bytes of a part that was read: part u8, offset u16. */
const CONTENTS_HEADER_SIZE = 3

/** What a packet to the pump may hold of a programme's record. */
const PIECE_SIZE = 180

/** Sends a packet to the pump on this bus as it is; nothing where there is none. */
export async function sendFrame(bus: JDBus, { command, payload }: LinkFrame): Promise<void> {
    const [service] = bus.services({ serviceClass: PUMP_SERVICE_CLASS })
    await service?.sendPacketAsync(Packet.from(command, payload))
}

/** The pump does not answer. */
export class NoAnswerError extends Error {}

/** The pump answered, and did not do it. */
export class RefusedError extends Error {
    constructor(readonly answer: Answer) {
        super(answerText(answer))
    }
}

/** Waits for a pump on the bus, and says what tells it from others; throws NoAnswerError where none shows itself, or several. */
export async function findPump(bus: JDBus, waitMs: number, pumpId?: string): Promise<string> {
    for (let waitedMs = 0; ; waitedMs += 50) {
        const pumps = bus
            .services({ serviceClass: PUMP_SERVICE_CLASS, lost: false })
            .filter(({ device }) => pumpId === undefined || device.deviceId === pumpId)
        if (pumps.length > 1 && waitedMs >= 1_000)
            throw new NoAnswerError(
                `several pumps are on the bus: ${pumps.map(({ device }) => device.deviceId).join(", ")}`,
            )
        if (pumps.length === 1) return pumps[0].device.deviceId
        if (waitedMs >= waitMs)
            throw new NoAnswerError(
                pumpId === undefined ? "no pump is on the bus" : `the pump ${pumpId} is not on the bus`,
            )
        await delay(50)
    }
}

export class PumpClient {
    /**
     * @param pumpId what tells this pump from any other
     * @param key the key of this pump; without one it can only be read, and paired
     */
    constructor(
        private readonly bus: JDBus,
        readonly pumpId: string,
        private key?: Buffer,
    ) {}

    /** The pump's service, as the bus knows it now: a pump that has started anew is another one to it. */
    private service(): JDService {
        const found = this.bus
            .services({ serviceClass: PUMP_SERVICE_CLASS })
            .find(({ device }) => device.deviceId === this.pumpId)
        if (!found) throw new NoAnswerError("the pump is not on the bus any more")
        return found
    }

    /** All that the pump shows. Throws RefusedError, NoAnswerError. */
    async status(): Promise<PumpStatus> {
        const access = await this.access()
        const bytes = access.restricted
            ? (await this.act(ActKind.Status, new Uint8Array(0))).detail
            : await this.register(STATUS)
        return readStatus(bytes, access)
    }

    /** Who may read and change the pump; everybody may know that. */
    async access(): Promise<Access> {
        return readAccess(await this.register(ACCESS))
    }

    /** From now on only the paired programmer may read the pump, or everybody. */
    async restrict(restricted: boolean): Promise<void> {
        await this.act(ActKind.Restrict, Uint8Array.of(restricted ? 1 : 0))
    }

    /**
     * Gives the guard other limits; a person has to press the pump's button.
     * @param record the limits as they are stored (`encodeLimits`)
     * @param onWait called once the pump waits for the press
     */
    async limits(record: Uint8Array, onWait: () => void): Promise<void> {
        await this.act(ActKind.Limits, record, PRESS_MS, onWait)
    }

    /**
     * Asks the pump to let this programmer in; a person has to press its button. Returns the key, which is told this once.
     * @param onWait called once the pump waits for the press
     * @throws RefusedError, NoAnswerError
     */
    async pair(onWait: () => void): Promise<Buffer> {
        const answer = this.expect(ANSWER, PRESS_MS, bytes => {
            const found = openAnswer(undefined, bytes)
            return found && found.outcome >= Outcome.Paired ? found : undefined
        })
        await this.askForPress(PAIR, new Uint8Array(0), answer, onWait)
        const found = await answer
        if (!found) throw new NoAnswerError("the pump does not answer")
        if (found.outcome !== Outcome.Paired) throw new RefusedError(found)
        this.key = Buffer.from(found.detail)
        return this.key
    }

    /** Has the pump do this; done once it returns. Throws RefusedError, NoAnswerError. */
    async command(kind: CommandKind, figures: CommandFigures = {}): Promise<void> {
        await this.act(kind, commandBody(figures))
    }

    /** The pump's own reading of a programme's record, which then waits to be confirmed. */
    async propose(record: Uint8Array, onPiece: (bytes: number) => void = () => {}): Promise<ProgrammeReading> {
        await this.act(ActKind.ProposeBegin, jdpack("u16", [record.length]))
        for (let from = 0; from < record.length; from += PIECE_SIZE) {
            const piece = record.subarray(from, from + PIECE_SIZE)
            await this.act(ActKind.ProposePiece, jdpack("u16 b", [from, piece]))
            onPiece(from + piece.length)
        }
        const { detail } = await this.act(ActKind.ProposeEnd, new Uint8Array(0))
        return readReading(detail, readProgramme(record, "the programme that is proposed"))
    }

    /** The programme that was proposed runs from now on, and with it a refill where figures of one are given. */
    async confirm(reading: ProgrammeReading, figures: CommandFigures = {}): Promise<void> {
        await this.command(CommandKind.Programme, { ...figures, checksum: reading.checksum })
    }

    /** Arithmetic and logic of a pump that is stopped. */
    async selfTest(): Promise<void> {
        await this.act(ActKind.SelfTest, new Uint8Array(0))
    }

    /** The whole record memory, without its key: `readOut` reads it. */
    async memory(onPiece: (bytes: number) => void = () => {}): Promise<Buffer> {
        const pieces: Buffer[] = []
        const { restricted } = await this.access()
        for (let from = 0; from < MEMORY_SIZE; from += TRANSFER_MAX) {
            const piece = await this.piece(0, from, restricted)
            if (piece.length !== Math.min(TRANSFER_MAX, MEMORY_SIZE - from))
                throw new NoAnswerError("the pump's record memory does not answer")
            pieces.push(piece)
            onPiece(from + piece.length)
        }
        return Buffer.concat(pieces)
    }

    /** The record of the programme that runs; empty without one. */
    async programme(): Promise<Buffer> {
        const pieces: Buffer[] = []
        const { restricted } = await this.access()
        for (let from = 0; ; from += TRANSFER_MAX) {
            const piece = await this.piece(1, from, restricted)
            pieces.push(piece)
            if (piece.length < TRANSFER_MAX) return Buffer.concat(pieces)
        }
    }

    /** Seals an act and repeats it until the pump has answered. */
    private async act(kind: number, body: Uint8Array, waitMs = ANSWER_MS, onWait?: () => void): Promise<Answer> {
        const seal = await this.seal()
        const sealed = sealAct(seal, kind, body)
        for (let i = 0; i < ACT_TRIES; i++) {
            const awaited = this.expect(ANSWER, waitMs, bytes => {
                const found = openAnswer(seal, bytes)
                // What has no tag may be another programmer's; it ends no waiting for the right one but at the last.
                return found && (!found.sealed || found.counter === seal.counter) ? found : undefined
            })
            if (onWait && i === 0) await this.askForPress(ACT, sealed, awaited, onWait)
            else await this.send(ACT, sealed)
            const answer = await awaited
            if (!answer) continue
            if (answer.outcome !== Outcome.Done) throw new RefusedError(answer)
            return answer
        }
        throw new NoAnswerError("the pump does not answer")
    }

    /** Asks for what a person has to press the button for, again where that was not heard, until the pump waits for the press or has answered. */
    private async askForPress(
        command: number,
        data: Uint8Array,
        answer: Promise<unknown>,
        onWait: () => void,
    ): Promise<void> {
        let answered = false
        answer.then(() => {
            answered = true
        })
        for (let busy = Busy.Nothing; !answered; { busy } = await this.access()) {
            if (busy === Busy.Press) return onWait()
            if (busy === Busy.Nothing) await this.send(command, data)
        }
    }

    /** Throws NoAnswerError where nothing of this pump can be changed for want of its key. */
    requireKey(): Buffer {
        if (!this.key) throw new NoAnswerError("this programmer has no key of the pump: pair it first")
        return this.key
    }

    private async seal(): Promise<Seal> {
        const key = this.requireKey()
        const challenge = await this.register(CHALLENGE)
        return { key, pumpId: this.pumpId, counter: readUint(challenge, 0, 4), nonce: challenge.subarray(4) }
    }

    private async piece(part: number, offset: number, restricted: boolean): Promise<Buffer> {
        if (restricted) {
            const { detail } = await this.act(ActKind.Contents, jdpack("u16 u8", [offset, part]))
            return detail.subarray(CONTENTS_HEADER_SIZE)
        }
        for (let i = 0; i < READ_TRIES; i++) {
            const awaited = this.expect(CONTENTS, READ_MS, bytes => {
                const [foundPart, foundOffset] = jdunpack<[number, number]>(bytes, "u8 u16")
                return foundPart === part && foundOffset === offset ? bytes.subarray(CONTENTS_HEADER_SIZE) : undefined
            })
            await this.send(READ, jdpack("u16 u8", [offset, part]))
            const piece = await awaited
            if (piece) return piece
        }
        throw new NoAnswerError("the pump does not answer")
    }

    private async register(code: number): Promise<Buffer> {
        for (let i = 0; i < READ_TRIES; i++) {
            const awaited = this.expect(code, READ_MS, bytes => bytes)
            await this.service().register(code).sendGetAsync()
            const value = await awaited
            if (value) return value
        }
        throw new NoAnswerError("the pump does not answer")
    }

    /** The first report of a register that `accept` makes something of; undefined when none came in time. */
    private expect<T>(code: number, waitMs: number, accept: (bytes: Buffer) => T | undefined): Promise<T | undefined> {
        const register: JDRegister = this.service().register(code)
        const { scheduler } = this.bus
        return new Promise(resolve => {
            const end = (value: T | undefined) => {
                register.off(REPORT_RECEIVE, hear)
                scheduler.clearTimeout(timer)
                resolve(value)
            }
            const hear = () => {
                const value = accept(Buffer.from(register.data))
                if (value !== undefined) end(value)
            }
            const timer = scheduler.setTimeout(() => end(undefined), waitMs)
            register.on(REPORT_RECEIVE, hear)
        })
    }

    private async send(command: number, data: Uint8Array): Promise<void> {
        await this.service().sendPacketAsync(Packet.from(command, data))
    }
}

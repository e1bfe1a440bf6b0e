// The programmer's end of the pump's link, in bytes: acts and their seals, answers and what they say. What each byte means is said
// where the pump reads it (`src/service/`).

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import { readUint, writeUint } from "../../src/pump/bytes"
import type { Programme } from "../../src/pump/programme"
import { BolusReason } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer } from "../../src/pump/readings"
import { ActKind, Outcome } from "../../src/service/acts"
import { READING_SIZE } from "../../src/service/proposal"
import { ACT_HEADER_SIZE, ANSWER_HEADER_SIZE, type Crypto, TAG_SIZE, tagOf } from "../../src/service/seal"
import { PROGRAMME_ANSWERS } from "../engines/result"
import { BOLUS_REASON_WORDS, COMMAND_WORDS, REFUSAL_WORDS } from "../report/firmwareWords"

/** Commands of the pump's service (`services/intrathecalpump.md`). */
export const ACT = 0x80
export const READ = 0x81
export const PAIR = 0x82

/** A packet to the pump's service. */
export interface LinkFrame {
    command: number
    payload: Buffer
}

const NOT_MEASURED = 0xffffffff
const COMMAND_SIZE = 21

/** Node's cryptography, as the seal asks for it. */
export const nodeCrypto: Crypto = {
    hmac: (key, parts) => {
        const hmac = createHmac("sha256", key)
        for (const part of parts) hmac.update(part)
        return hmac.digest()
    },
    random: size => randomBytes(size),
}

/** What an act is sealed with. */
export interface Seal {
    key: Buffer
    pumpId: string
    nonce: Buffer
    counter: number
}

/** An act with its tag, as the pump hears it. */
export function sealAct(seal: Seal, kind: number, body: Uint8Array): Buffer {
    const size = ACT_HEADER_SIZE + body.length
    const act = Buffer.alloc(size + TAG_SIZE)
    writeUint(act, 0, 4, seal.counter)
    act[4] = kind
    act.set(body, ACT_HEADER_SIZE)
    tagOf(nodeCrypto, seal.key, false, seal.pumpId, seal.nonce, act, size).copy(act, size, 0, TAG_SIZE)
    return act
}

/** What a person's command is about; what it has no use for stays out. */
export interface CommandFigures {
    volumeNl?: number
    rateNlPerDay?: number
    /** What was drawn out before a refill; left out where nobody measured it. */
    residualNl?: number
    /** Local time in seconds since Monday 3 January 2000, 00:00. */
    localS?: number
    lineChanged?: boolean
    /** Of the programme that is confirmed. */
    checksum?: number
}

/** The body of one of the pump's commands. */
export function commandBody(figures: CommandFigures): Buffer {
    const body = Buffer.alloc(COMMAND_SIZE)
    writeUint(body, 0, 4, figures.volumeNl ?? 0)
    writeUint(body, 4, 4, figures.rateNlPerDay ?? 0)
    writeUint(body, 8, 4, figures.residualNl ?? NOT_MEASURED)
    writeUint(body, 12, 4, figures.localS ?? 0)
    body[16] = figures.lineChanged ? 1 : 0
    writeUint(body, 17, 4, figures.checksum ?? 0)
    return body
}

/** What the pump answered. */
export interface Answer {
    /** Of the act that it is the answer to; of one without a seal, the counter that the next act is to have. */
    counter: number
    kind: number
    outcome: Outcome
    reason: number
    detail: Buffer
    sealed: boolean
}

/** Reads an answer; undefined where its tag is wrong or it is none. */
export function openAnswer(seal: Seal | undefined, bytes: Buffer): Answer | undefined {
    if (bytes.length < ANSWER_HEADER_SIZE) return undefined
    const outcome: Outcome = bytes[5]
    const sealed = outcome < Outcome.TagWrong
    const size = sealed ? bytes.length - TAG_SIZE : bytes.length
    if (sealed) {
        if (!seal || size < ANSWER_HEADER_SIZE) return undefined
        const tag = tagOf(nodeCrypto, seal.key, true, seal.pumpId, seal.nonce, bytes, size)
        if (!timingSafeEqual(tag.subarray(0, TAG_SIZE), bytes.subarray(size))) return undefined
    }
    const detail = bytes.subarray(ANSWER_HEADER_SIZE, size)
    return { counter: readUint(bytes, 0, 4), kind: bytes[4], outcome, reason: bytes[6], detail, sealed }
}

const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
    [Outcome.Done]: "done",
    [Outcome.Refused]: "refused",
    [Outcome.BodyWrong]: "refused: the pump does not know such an act",
    [Outcome.NoProposal]: "refused: no such programme has been proposed, or not the whole of it",
    [Outcome.Unanswered]: "the pump's logic has given no answer",
    [Outcome.NotStopped]: "refused: the pump is not stopped",
    [Outcome.NotPressed]: "not done: nobody pressed the button, or an alarm waits to be seen",
    [Outcome.TagWrong]: "refused: the key is not this pump's",
    [Outcome.CounterWrong]: "refused: another programmer was faster",
    [Outcome.Waits]: "refused for now: the pump waits because of acts with a wrong key",
    [Outcome.NotPaired]: "refused: no programmer has been paired with this pump",
    [Outcome.Paired]: "paired",
    [Outcome.NotPairedNow]:
        "not paired: nobody pressed the button, an alarm waits to be seen, or the key could not be stored",
}

/** What became of an act, in words. */
export function answerText({ kind, outcome, reason }: Pick<Answer, "kind" | "outcome" | "reason">): string {
    if (outcome !== Outcome.Refused) return OUTCOME_WORDS[outcome] ?? `outcome ${outcome}`
    if (kind === ActKind.SelfTest) return "the self-test failed"
    if (kind === ActKind.Limits && reason === ProgrammeAnswer.BeyondLimits)
        return "the programme that runs asks for more than these limits allow"
    if (kind >= ActKind.ProposeBegin || kind === CommandKind.Programme)
        return PROGRAMME_ANSWERS[reason as ProgrammeAnswer]
    const words = isBolus(kind) ? BOLUS_REASON_WORDS[reason as BolusReason] : REFUSAL_WORDS[reason]
    return `${COMMAND_WORDS[kind]} refused: ${words}`
}

function isBolus(kind: number): boolean {
    return kind === CommandKind.Prime || kind === CommandKind.Bolus || kind === CommandKind.PatientDose
}

/** The pump's own reading of a programme that was proposed. */
export interface ProgrammeReading {
    checksum: number
    concentrationNgPerMl: number
    meanPlPerDay: number
    highestPlPerDay: number
    bolusPlMax: number
    patientPl: number
    segments: number
    softLimits: number
    /** The fields in which it differs from the programme that runs. */
    differences: (keyof Programme)[]
}

/** Reads the pump's reading of this programme (`readingOfProposal`); throws RangeError for another size. */
export function readReading(detail: Buffer, programme: Programme): ProgrammeReading {
    if (detail.length !== READING_SIZE) throw new RangeError(`${detail.length} bytes instead of ${READING_SIZE}`)
    const bits = readUint(detail, 32, 4)
    const fields = Object.keys(programme) as (keyof Programme)[]
    return {
        checksum: readUint(detail, 0, 4),
        concentrationNgPerMl: readUint(detail, 4, 4),
        meanPlPerDay: readUint(detail, 8, 6),
        highestPlPerDay: readUint(detail, 14, 6),
        bolusPlMax: readUint(detail, 20, 4),
        patientPl: readUint(detail, 24, 4),
        segments: readUint(detail, 28, 2),
        softLimits: readUint(detail, 30, 2),
        differences: fields.filter((_, bit) => Math.floor(bits / 2 ** bit) % 2 === 1),
    }
}

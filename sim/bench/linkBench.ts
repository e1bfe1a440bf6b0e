// A pump with a programmer's link, run tick by tick on Node as `src/loop.ts` does on the device, and the programmer's end of the link.

import { JournalStore } from "../../src/drivers/journalStore"
import type { RecordMemory } from "../../src/drivers/parts"
import { ALARMS } from "../../src/pump/alarmRules"
import { type Alarm, hasAlarm, Reason } from "../../src/pump/alarms"
import { decodeLimits, type Guard } from "../../src/pump/guard"
import { MEMORY_SIZE } from "../../src/pump/journal"
import { START_UP_MS, TICK_MS } from "../../src/pump/limits"
import { decodeMechanism } from "../../src/pump/mechanism"
import { decodeProgramme } from "../../src/pump/programme"
import { createActions, type Pump } from "../../src/pump/pump"
import { CommandKind, createReadings, SensorFault } from "../../src/pump/readings"
import { tick } from "../../src/pump/tick"
import { Outcome } from "../../src/service/acts"
import { Link } from "../../src/service/link"
import { loadPrescription } from "../prescription/compile"
import { encodeMechanism, loadMechanism } from "../prescription/mechanism"
import {
    type Answer,
    type CommandFigures,
    commandBody,
    nodeCrypto,
    openAnswer,
    type Seal,
    sealAct,
} from "../programmer/acts"

/** Stands for what the pump shows, which the device packs by its service's specification. */
export const STATUS = Buffer.from("what the pump shows")

export const PUMP_ID = "0123456789abcdef"

/** With a patient's dose, a clinician's bolus and a line. */
export const COMPILED = loadPrescription("sim/prescriptions/patient-dose.json")
const mechanismBytes = encodeMechanism(loadMechanism("boards/syringe-20ml.mechanism.json"))

/** What outlasts a power cut, with writes that may be cut short. */
export class Memory implements RecordMemory {
    readonly contents = new Uint8Array(MEMORY_SIZE)
    /** Bytes of the next write that are kept before the power is gone; all of them while it is undefined. */
    cutAfter: number | undefined

    async read(address: number, length: number): Promise<Buffer> {
        return Buffer.from(this.contents.subarray(address, address + length))
    }

    async write(address: number, bytes: Uint8Array, length: number): Promise<boolean> {
        const kept = this.cutAfter === undefined ? length : Math.min(length, this.cutAfter)
        this.contents.set(bytes.subarray(0, kept), address)
        if (this.cutAfter !== undefined) throw new PowerCut()
        return true
    }
}

export class PowerCut extends Error {}

export class LinkBench {
    readonly readings = createReadings()
    readonly actions = createActions()
    /** Everything that the pump told the bus, the newest last. */
    readonly answers: Buffer[] = []
    readonly contents: Buffer[] = []
    nowMs = START_UP_MS
    /** What a person at the pump does; taken with the next sample. */
    pressed = CommandKind.None
    /** What the line's pressure reads. */
    pressurePa = 1_000
    /** The programmer's key, once it is paired. */
    key: Buffer | undefined

    private constructor(
        readonly memory: Memory,
        readonly link: Link,
        readonly pump: Pump,
        readonly guard: Guard,
        readonly journals: JournalStore,
    ) {}

    /** Powers a pump on; a memory that another one left has its journal and its key. */
    static async powerOn(memory = new Memory(), pumpId = PUMP_ID, flashId = 1): Promise<LinkBench> {
        const journals = new JournalStore(memory)
        const programme = decodeProgramme(COMPILED.bytes)
        const mechanism = decodeMechanism(mechanismBytes)
        const limits = decodeLimits(COMPILED.limitsBytes)
        if (typeof programme === "string" || typeof mechanism === "string" || typeof limits === "string")
            throw new Error("records that are none")
        const flash = { programme, mechanism, limits, flashId, oldCheckpoint: Reason.RecordMissing }
        const { pump, guard } = await journals.recall(flash, START_UP_MS, async () => {})
        // As if the line had been primed.
        pump.lineLeftPl = 0
        await journals.saveCheckpoint(pump, guard)
        const link = new Link(pumpId, memory, nodeCrypto, {
            tell: async (answer, bytes) => {
                ;(answer ? bench.answers : bench.contents).push(Buffer.from(bytes))
            },
            status: () => STATUS,
            flashed: async () => Buffer.from(COMPILED.bytes),
        })
        const bench = new LinkBench(memory, link, pump, guard, journals)
        await link.begin(pump, journals)
        pump.nowMs = START_UP_MS
        await bench.run(8_000)
        return bench
    }

    /** The same, paired with a programmer. */
    static async paired(): Promise<LinkBench> {
        const bench = await LinkBench.powerOn()
        await bench.pair()
        return bench
    }

    /** One tick, in the order of `src/loop.ts`. */
    async tick(): Promise<void> {
        const { readings, actions, pump, guard, journals, link } = this
        this.nowMs += TICK_MS
        readings.sampled = (this.nowMs - START_UP_MS) % 1_000 === 0
        if (readings.sampled) {
            this.sense()
            await link.read(readings)
        }
        const heard = link.busy
        if (journals.receiving || readings.command === CommandKind.Programme)
            journals.takeOffer(pump, readings, link.offered())
        readings.recorded = pump.bolusUnrecorded && journals.recorded()
        tick(pump, guard, readings, this.nowMs, actions)
        if (actions.steps !== 0) await journals.saveSteps(actions.steps)
        if (journals.notes(pump, readings, actions, readings.sampled)) await journals.saveTick(pump, guard)
        if (journals.receiving && !readings.sampled) await journals.bringIn(pump, undefined)
        if (heard) await link.serve(pump, journals, actions, this.nowMs, readings.sampled)
    }

    async run(ms: number): Promise<void> {
        for (let i = 0; i < ms / TICK_MS; i++) await this.tick()
    }

    private sense(): void {
        const { readings, pump } = this
        readings.command = this.pressed
        this.pressed = CommandKind.None
        readings.pressureFault = SensorFault.None
        readings.pressurePa = this.pressurePa + (this.nowMs % 3)
        readings.encoderFault = SensorFault.None
        readings.encoderSteps = pump.commandedSteps
        readings.reservoirEndFault = SensorFault.None
        readings.reservoirEndSwitch = 0
        readings.batteryFault = SensorFault.None
        readings.batteryMv = 4_000
        readings.wallFault = SensorFault.None
        readings.wallMs = 86_400_000 + this.nowMs - (this.nowMs % 1_000)
    }

    get alarms(): string[] {
        return ALARMS.filter((_, alarm) => hasAlarm(this.pump.alarms, alarm as Alarm)).map(({ id }) => id)
    }

    /** Pairs the programmer, with a press of the button. */
    async pair(): Promise<Buffer> {
        this.link.hearPair()
        await this.run(2_000)
        this.pressed = CommandKind.Acknowledge
        await this.run(2_000)
        const answer = openAnswer(undefined, this.answers[this.answers.length - 1])
        if (answer?.outcome !== Outcome.Paired) throw new Error("not paired")
        this.key = Buffer.from(answer.detail)
        return this.key
    }

    /** What the next act is to be sealed with. */
    seal(): Seal {
        const challenge = this.link.challenge()
        if (!this.key) throw new Error("not paired")
        return {
            key: this.key,
            pumpId: this.link.pumpId,
            counter: challenge.readUInt32LE(0),
            nonce: challenge.subarray(4),
        }
    }

    /** Sends a frame as it is, and waits for what the pump says to it; undefined when it says nothing in 12 s. */
    async send(act: Buffer): Promise<Buffer | undefined> {
        const told = this.answers.length
        this.link.hear(act)
        for (let i = 0; i < 120 && this.answers.length === told; i++) await this.tick()
        return this.answers[told]
    }

    /** Seals an act and sends it; the answer, whose seal is checked. */
    async act(kind: number, body: Uint8Array): Promise<Answer> {
        const seal = this.seal()
        const bytes = await this.send(sealAct(seal, kind, body))
        const answer = bytes && openAnswer(seal, bytes)
        if (!answer) throw new Error("no answer, or one whose tag is wrong")
        return answer
    }

    async command(kind: CommandKind, figures: CommandFigures = {}): Promise<Answer> {
        return this.act(kind, commandBody(figures))
    }
}

// One run of a scenario, as both engines share it: the world, what happens in it and when, and the record of the run.
// An engine only carries readings to the firmware and brings back what it did.

import { uniformInt } from "pure-rand/distribution/uniformInt"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import type { FlashRecords } from "../../src/drivers/journalStore"
import {
    ALARM_COUNT,
    ALARMS,
    Alarm,
    hasAlarm,
    highestPriority,
    MINIMUM_RATE_ALARMS,
    REASON_WORDS,
    Reason,
} from "../../src/pump/alarms"
import { CHECKPOINT_SIZE, encodeCheckpoint } from "../../src/pump/checkpoint"
import { createGuard, decodeLimits, type GuardLimits } from "../../src/pump/guard"
import { checkpointAddress, createJournal, findState } from "../../src/pump/journal"
import { MS_PER_SECOND, MS_PER_WEEK } from "../../src/pump/limits"
import { decodeMechanism, type Mechanism } from "../../src/pump/mechanism"
import { decodeProgramme, type Programme } from "../../src/pump/programme"
import { BolusEvent, type BolusReason, createPump } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, SensorFault } from "../../src/pump/readings"
import { checkExpectations } from "../scenario/expectations"
import type { Scenario, ScenarioEvent } from "../scenario/scenario"
import { befall } from "../world/befall"
import type { MemoryChip } from "../world/memory"
import { type SensorAnswers, World } from "../world/world"
import { type FlowBasis, Observer } from "./observer"
import {
    type AlarmRecord,
    BOLUS_REASONS,
    type BolusRecord,
    PROGRAMME_ANSWERS,
    type ProgrammeRecord,
    type Run,
    type RunResult,
    type Samples,
} from "./result"

/** A command on its way to the firmware, in the whole nanolitres that the link to the bench carries. */
export interface Command {
    kind: CommandKind
    requestedMs: number
    volumeNl: number
    rateNlPerDay: number
    /** At a refill, what was drawn out before; undefined when nobody measured it. */
    residualNl?: number | undefined
}

/** Which flashing a simulated pump comes from. */
export const FLASH_ID = 1

const NO_COMMAND: Command = { kind: CommandKind.None, requestedMs: 0, volumeNl: 0, rateNlPerDay: 0 }

/** What the firmware says of its alarms: three sets of them, and why each was raised last. */
export interface AlarmStatus {
    alarms: number
    conditions: number
    acknowledged: number
    reasons: ArrayLike<number>
}

/**
 * Where power can be cut in the middle of what the firmware does, counted from the start of the run: when so many ticks are
 * done; after so many steps, those back included; or in a write to the record memory, which keeps so many bytes of it.
 */
export type CutPoint = { ticks: number } | { steps: number } | { write: number; bytes: number }

const NO_ALARMS: AlarmStatus = { alarms: 0, conditions: 0, acknowledged: 0, reasons: [] }

const PERSONS_COMMANDS = {
    stop: CommandKind.Stop,
    start: CommandKind.Start,
    acknowledge: CommandKind.Acknowledge,
    silence: CommandKind.Silence,
    release: CommandKind.Release,
} as const

const PRIORITY_NAMES = ["", "low", "medium", "high"] as const

// What of an offered programme travels in one packet.
const PIECE_SIZE_MAX = 200

// Plots show no more than this many rows.
const SAMPLES_MAX = 1440

export class Session {
    readonly world: World
    readonly memory: MemoryChip
    readonly observer: Observer
    /** As flashed; a programme that the firmware took later is in its memory. */
    readonly programme: Programme
    readonly mechanism: Mechanism
    readonly limits: GuardLimits
    /** False while the power is cut. */
    powered = true
    /** When the power last came on: another value tells an engine that what ran before is gone. */
    poweredOnMs = 0
    ticks = 0
    /** False where the firmware ticks out of sight, in real time: then no step error is known. */
    ticksSeen = true
    /** False while the firmware lets its heartbeat stop. */
    beating = true

    private readonly samples: Samples
    readonly alarms: AlarmRecord[] = []
    readonly programmes: ProgrammeRecord[] = []
    /** What the clinician's programmer offered last: the record, and what is known of it. */
    private offer: { bytes: Uint8Array; record: ProgrammeRecord } | undefined
    private readonly standing: (AlarmRecord | undefined)[] = new Array(ALARM_COUNT).fill(undefined)
    private delivering = false
    private basis: FlowBasis = "schedule"
    readonly boluses: BolusRecord[] = []
    private readonly commands: Command[] = []
    /** The prime that the firmware was asked for last. */
    private primeAsked: Command | undefined
    private heldPl: number
    /** What the firmware was told with its last readings of the record memory. */
    private memoryFaultTold = false
    private readonly events: ScenarioEvent[]
    private nextEvent = 0
    private cut: { point: CutPoint; offMs: number } | undefined
    /** Steps since the start of the run, those back included; and the steps of the tick that is being done. */
    private stepCount = 0
    private stepsOfTick = 0
    private accountedMs = 0
    private clockTaken = false
    private nextSampleMs = 0
    private readonly jitter: ReturnType<typeof xoroshiro128plus>

    constructor(
        readonly scenario: Scenario,
        readonly seed: number,
    ) {
        this.world = new World(scenario.world, scenario.startWallMs, scenario.reservoirFillPl, seed)
        this.memory = this.world.memory
        this.events = [...scenario.events]
        this.programme = expectDecoded(decodeProgramme(scenario.programmeBytes))
        this.mechanism = expectDecoded(decodeMechanism(scenario.mechanismBytes))
        this.limits = expectDecoded(decodeLimits(scenario.limitsBytes))
        this.observer = new Observer(this.programme, this.mechanism)
        this.heldPl = scenario.reservoirFillPl
        this.memory.contents.set(firstJournal(this), checkpointAddress(0))
        this.jitter = xoroshiro128plus(seed + 0x7c15)
        this.samples = {
            periodMs: Math.max(MS_PER_SECOND, Math.ceil(scenario.durationMs / SAMPLES_MAX / 1000) * 1000),
            timeMs: [],
            programmedPl: [],
            deliveredPl: [],
            ratePlPerDay: [],
            pressurePa: [],
            reservoirPl: [],
            residualPl: [],
        }
    }

    /** What the firmware holds to be left in the reservoir, as it said last. */
    get residualPl(): number {
        return this.heldPl
    }

    set residualPl(residualPl: number) {
        if (this.powered) this.heldPl = residualPl
    }

    /** When the next event is due; Infinity after the last one. */
    get nextEventMs(): number {
        const event = this.events[this.nextEvent]
        return event ? event.atMs : Infinity
    }

    /** How late the next tick comes. */
    drawJitterMs(): number {
        const max = this.scenario.world.tickJitterMsMax
        return max > 0 ? uniformInt(this.jitter, 0, max) : 0
    }

    /** Lets the world run to `ms`, with every event up to then at its own time. */
    advance(ms: number): void {
        while (this.nextEventMs <= ms) {
            const event = this.events[this.nextEvent++]
            if (event.atMs >= this.nextSampleMs) this.sampleUpTo(event.atMs)
            this.world.advance(event.atMs)
            this.happen(event)
        }
        if (ms >= this.nextSampleMs) this.sampleUpTo(ms)
        this.world.advance(ms)
    }

    private happen(event: ScenarioEvent): void {
        const world = this.world
        switch (event.kind) {
            case "powerOff":
                this.powerOff()
                return
            case "powerOn":
                if (this.powered) return
                this.powered = true
                this.poweredOnMs = event.atMs
                this.accountedMs = event.atMs
                world.powerOn()
                return
            case "refill": {
                const measuredPl = event.measuredResidualPl === "auto" ? world.reservoirPl : event.measuredResidualPl
                world.refill(event.volumePl, event.missedPl)
                this.command(CommandKind.Refill, { volumePl: event.volumePl, residualPl: measuredPl })
                return
            }
            case "prime":
                this.command(CommandKind.Prime, event)
                return
            case "programme": {
                const record = { offeredMs: event.atMs, answer: PROGRAMME_ANSWERS[ProgrammeAnswer.None] }
                this.programmes.push(record)
                this.offer = { bytes: event.bytes, record }
                this.command(CommandKind.Programme, {})
                return
            }
            case "stop":
            case "start":
            case "acknowledge":
            case "silence":
            case "release":
                this.command(PERSONS_COMMANDS[event.kind], {})
                return
            default:
                befall(world, event)
        }
    }

    private command(
        kind: CommandKind,
        {
            volumePl = 0,
            ratePlPerDay = 0,
            residualPl,
        }: { volumePl?: number; ratePlPerDay?: number; residualPl?: number },
    ): void {
        const command = {
            kind,
            requestedMs: this.world.nowMs,
            volumeNl: toNl(volumePl),
            rateNlPerDay: toNl(ratePlPerDay),
            residualNl: residualPl === undefined ? undefined : toNl(residualPl),
        }
        if (this.powered) this.commands.push(command)
        else if (kind === CommandKind.Prime) this.recordBolus(command, "denied", "power lost")
    }

    /**
     * Cuts the power at once, in the middle of what the firmware does, and gives it back `offMs` later, at least 1; Infinity
     * leaves it off. What the firmware does until its engine notices has no effect any more.
     */
    cutPower(offMs: number): void {
        if (!(offMs >= 1)) throw new Error(`power can't be off for ${offMs} ms`)
        if (!this.powered) return
        this.powerOff()
        const onMs = this.world.nowMs + offMs
        const later = this.events.findIndex((event, i) => i >= this.nextEvent && event.atMs > onMs)
        this.events.splice(later < 0 ? this.events.length : later, 0, { atMs: onMs, kind: "powerOn" })
    }

    /** Cuts the power like `cutPower` once the run comes to `point`; in place of a point it has not come to yet. */
    cutPowerAt(point: CutPoint, offMs: number): void {
        if ("steps" in point && !(point.steps > this.stepCount)) throw new Error(`step ${point.steps} is made already`)
        this.cut = { point, offMs }
        this.memory.cutAt = "write" in point ? point : undefined
        this.memory.onCut = () => this.cutHere(offMs)
    }

    private cutHere(offMs: number): void {
        this.cut = undefined
        this.cutPower(offMs)
    }

    /** Pulses for the motor; negative is back. */
    step(steps: number): void {
        if (!this.powered) return
        const { cut } = this
        const leftSteps = cut && "steps" in cut.point ? cut.point.steps - this.stepCount : Infinity
        const made = Math.sign(steps) * Math.min(Math.abs(steps), leftSteps)
        this.world.step(made)
        this.stepCount += Math.abs(made)
        this.stepsOfTick += made
        if (cut && Math.abs(made) === leftSteps) this.cutHere(cut.offMs)
    }

    /** The bytes that the record memory holds from `address` on; undefined when it does not answer. */
    readMemory(address: number, length: number): Uint8Array | undefined {
        return this.memory.read(address, length)
    }

    /**
     * The firmware writes the first `length` bytes. Returns what it believes of them: on the link to the bench it learns with
     * its next readings only that the memory does not answer.
     */
    writeMemory(address: number, bytes: Uint8Array, length: number): boolean {
        this.memory.write(address, bytes.subarray(0, length))
        return !this.memoryFaultTold
    }

    /** What follows from `offset` on in the record of the programme that is offered; undefined where there is nothing. */
    offeredPiece(offset: number): Uint8Array | undefined {
        const piece = this.offer?.bytes.subarray(offset, offset + PIECE_SIZE_MAX)
        return piece && piece.length > 0 ? piece : undefined
    }

    /** The firmware said what became of the programme that it was offered. */
    programmeAnswered(answer: ProgrammeAnswer): void {
        if (!this.powered || !this.offer) return
        const { bytes, record } = this.offer
        record.answer = PROGRAMME_ANSWERS[answer]
        if (answer !== ProgrammeAnswer.Taken) return
        this.account()
        this.observer.followProgramme(expectDecoded(decodeProgramme(bytes)))
    }

    private powerOff(): void {
        if (!this.powered) return
        // The steps of a tick that is never done.
        this.observer.command(this.stepsOfTick, false)
        this.stepsOfTick = 0
        this.powered = false
        this.poweredOnMs = Infinity
        this.world.powerOff()
        this.forgetFirmware("power lost")
        // What the firmware had not taken yet it never will.
        for (const command of this.commands.splice(0))
            if (command.kind === CommandKind.Prime) this.recordBolus(command, "denied", "power lost")
    }

    /** The firmware started again by itself, with power on all the while: what it only held in memory is gone. */
    firmwareRestarted(): void {
        this.world.restartFirmware()
        this.forgetFirmware("firmware restarted")
    }

    private forgetFirmware(reason: string): void {
        this.clockTaken = false
        this.memoryFaultTold = false
        this.account()
        // The firmware can no longer say how far it came.
        this.endBolus("cancelled", reason, this.observer.primeAskedPl)
        this.observer.powerOff()
        this.beating = true
        this.takeStatus(NO_ALARMS, false)
    }

    /** The sensors and the person, as the firmware finds them when it asks. */
    ask(): { sensors: SensorAnswers; command: Command } {
        const sensors = this.world.sense()
        this.memoryFaultTold = sensors.memoryFault !== SensorFault.None
        if (!this.clockTaken && sensors.wallFault === SensorFault.None) {
            this.clockTaken = true
            this.account()
            this.observer.setClock((sensors.wallS * MS_PER_SECOND) % MS_PER_WEEK)
        }
        const command = this.commands.shift() ?? NO_COMMAND
        if (command.kind === CommandKind.Prime) this.primeAsked = command
        return { sensors, command }
    }

    /** The firmware said which alarms stand and whether it delivers. */
    status(status: AlarmStatus, delivering: boolean): void {
        if (this.powered) this.takeStatus(status, delivering)
    }

    private takeStatus({ alarms, conditions, acknowledged, reasons }: AlarmStatus, delivering: boolean): void {
        const nowMs = this.world.nowMs
        if (this.world.battery) this.world.battery.alarm = highestPriority(alarms)
        for (let alarm = 0; alarm < ALARM_COUNT; alarm++) {
            let record = this.standing[alarm]
            if (!hasAlarm(alarms, alarm)) {
                if (record) {
                    record.overMs ??= nowMs
                    record.clearedMs = nowMs
                }
                this.standing[alarm] = undefined
                continue
            }
            if (!record) {
                const rule = ALARMS[alarm]
                const priority = PRIORITY_NAMES[rule.priority]
                if (priority === "") throw new Error(`alarm ${rule.id} has no priority`)
                const reason = REASON_WORDS[reasons[alarm]]
                record = {
                    id: rule.id,
                    priority,
                    reason,
                    raisedMs: nowMs,
                    overMs: null,
                    acknowledgedMs: null,
                    clearedMs: null,
                }
                this.standing[alarm] = record
                this.alarms.push(record)
            }
            record.overMs = hasAlarm(conditions, alarm) ? null : (record.overMs ?? nowMs)
            record.acknowledgedMs = hasAlarm(acknowledged, alarm) ? (record.acknowledgedMs ?? nowMs) : null
        }
        this.delivering = delivering
        this.basis =
            (alarms & MINIMUM_RATE_ALARMS) !== 0
                ? "minimum"
                : hasAlarm(alarms, Alarm.WallClockUnknown)
                  ? "mean"
                  : "schedule"
    }

    /** The firmware said what became of a bolus. */
    bolus(event: BolusEvent, reason: BolusReason, volumePl: number): void {
        if (!this.powered) return
        const asked = this.primeAsked ?? NO_COMMAND
        if (event === BolusEvent.Denied) {
            this.recordBolus(asked, "denied", BOLUS_REASONS[reason])
        } else if (event === BolusEvent.Started) {
            this.recordBolus(asked, "inProgress", "")
            this.account()
            this.observer.startPrime(asked.volumeNl * 1000, asked.rateNlPerDay * 1000)
        } else if (event === BolusEvent.Delivered) {
            this.endBolus("delivered", "", volumePl)
        } else {
            this.account()
            this.observer.cancelPrime()
            this.endBolus("cancelled", BOLUS_REASONS[reason], volumePl)
        }
    }

    /** A tick is done: the accounts are brought up to it. */
    tickDone(): void {
        if (!this.powered) return
        const deliveredBefore = this.observer.delivering
        this.ticks += 1
        if (this.ticksSeen && this.beating) this.world.heartbeat()
        this.account()
        if (this.delivering !== deliveredBefore || this.basis !== this.observer.basis)
            this.observer.follow(this.delivering, this.basis)
        this.observer.command(this.stepsOfTick, deliveredBefore && this.delivering)
        this.stepsOfTick = 0
        if (deliveredBefore && !this.delivering) this.observer.dropWholeSteps()
        const { cut } = this
        if (cut && "ticks" in cut.point && cut.point.ticks === this.ticks) this.cutHere(cut.offMs)
    }

    /** The run is over, at `endMs`. What the scenario expects is judged only of a run as long as the scenario. */
    finish(engine: string, wallMs: number, endMs = this.scenario.durationMs): Run {
        const { scenario, world, observer } = this
        this.advance(endMs)
        const inProgress = this.boluses.findLast(bolus => bolus.outcome === "inProgress")
        if (inProgress) inProgress.deliveredPl = observer.primeAskedPl
        const result: RunResult = {
            scenario: scenario.name,
            engine,
            seed: this.seed,
            simulatedMs: endMs,
            wallMs: Math.round(wallMs),
            ticks: this.ticks,
            programmedPl: observer.programmedPl,
            commandedSteps: observer.commandedSteps,
            deliveredPl: Math.round(world.deliveredPl),
            stepErrorMax: this.ticksSeen ? observer.stepErrorMax : null,
            residualPl: this.residualPl,
            alarms: this.alarms,
            boluses: this.boluses,
            programmes: this.programmes,
        }
        return {
            result,
            samples: this.samples,
            failures: endMs < scenario.durationMs ? [] : checkExpectations(scenario, result),
            memory: this.memory.contents,
        }
    }

    private sampleUpTo(ms: number): void {
        const { samples, world, observer } = this
        while (this.nextSampleMs <= ms) {
            world.advance(this.nextSampleMs)
            samples.timeMs.push(this.nextSampleMs)
            samples.programmedPl.push(observer.programmedPl)
            samples.deliveredPl.push(Math.round(world.deliveredPl))
            samples.ratePlPerDay.push(observer.basalPlPerDay)
            samples.pressurePa.push(Math.round(world.pressurePa))
            samples.reservoirPl.push(Math.round(world.reservoirPl))
            samples.residualPl.push(this.powered ? this.residualPl : NaN)
            this.nextSampleMs += samples.periodMs
        }
    }

    /** Brings the account of what was asked for up to now. */
    private account(): void {
        this.observer.advance(this.world.nowMs - this.accountedMs)
        this.accountedMs = this.world.nowMs
    }

    private recordBolus(command: Command, outcome: "inProgress" | "denied", reason: string): void {
        this.boluses.push({
            kind: "prime",
            requestedMs: command.requestedMs,
            outcome,
            reason,
            startedMs: outcome === "inProgress" ? this.world.nowMs : null,
            finishedMs: null,
            deliveredPl: 0,
        })
    }

    private endBolus(outcome: BolusRecord["outcome"], reason: string, deliveredPl: number): void {
        const record = this.boluses.findLast(bolus => bolus.outcome === "inProgress")
        if (!record) return
        record.outcome = outcome
        record.reason = reason
        record.finishedMs = this.world.nowMs
        record.deliveredPl = deliveredPl
    }
}

/** What the pump's flash holds of the session's scenario. */
export function flashRecordsOf(session: Session): FlashRecords {
    return {
        programme: session.programme,
        mechanism: session.mechanism,
        limits: session.limits,
        flashId: FLASH_ID,
        oldCheckpoint: Reason.RecordMissing,
    }
}

/** The journal that a pump carries when the run starts: running, with the reservoir filled as the scenario says. */
function firstJournal(session: Session): Uint8Array {
    const { programme, mechanism, limits } = session
    const records = { programme, mechanism, limits, checkpoint: undefined, checkpointDamage: Reason.None }
    const pump = createPump(records, 0)
    pump.residualPl = session.scenario.reservoirFillPl
    pump.refilledPl = pump.residualPl
    pump.brokenRuns = 0
    const journal = createJournal({ ...findState(undefined, Reason.RecordMissing), damage: Reason.None }, FLASH_ID)
    journal.starts = 0
    const bytes = new Uint8Array(CHECKPOINT_SIZE)
    const guard = createGuard(limits, mechanism.stepPl, mechanism.stepsPerTickMax, 0)
    encodeCheckpoint(pump, guard, journal, bytes)
    return bytes
}

function toNl(pl: number): number {
    return Math.round(pl / 1000)
}

function expectDecoded<T extends object>(decoded: T | string): T {
    if (typeof decoded === "string") throw new Error(`the compiled record is refused: ${decoded}`)
    return decoded
}

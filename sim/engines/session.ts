// One run of a scenario, as both engines share it: the world, what happens in it and when, and the record of the run.
// An engine only carries readings to the firmware and brings back what it did.

import { uniformInt } from "pure-rand/distribution/uniformInt"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { ALARM_COUNT, ALARMS, Alarm, hasAlarm, MINIMUM_RATE_ALARMS, REASON_WORDS } from "../../src/pump/alarms"
import { CHECKPOINT_SIZE, type Checkpoint, encodeCheckpoint } from "../../src/pump/checkpoint"
import { createGuard, decodeLimits, type GuardLimits } from "../../src/pump/guard"
import { MS_PER_SECOND, MS_PER_WEEK } from "../../src/pump/limits"
import { decodeMechanism, type Mechanism } from "../../src/pump/mechanism"
import { decodeProgramme, type Programme } from "../../src/pump/programme"
import { BolusEvent, BolusReason, createPump, type Records } from "../../src/pump/pump"
import { CommandKind, SensorFault } from "../../src/pump/readings"
import { checkExpectations } from "../scenario/expectations"
import type { Scenario, ScenarioEvent } from "../scenario/scenario"
import { befall } from "../world/befall"
import { type SensorAnswers, World } from "../world/world"
import { type FlowBasis, Observer } from "./observer"
import type { AlarmRecord, BolusRecord, Run, RunResult, Samples } from "./result"

/** A command on its way to the firmware, in the whole nanolitres that the link to the bench carries. */
export interface Command {
    kind: CommandKind
    requestedMs: number
    volumeNl: number
    rateNlPerDay: number
    /** At a refill, what was drawn out before; undefined when nobody measured it. */
    residualNl?: number | undefined
}

const NO_COMMAND: Command = { kind: CommandKind.None, requestedMs: 0, volumeNl: 0, rateNlPerDay: 0 }

/** What the firmware says of its alarms: three sets of them, and why each was raised last. */
export interface AlarmStatus {
    alarms: number
    conditions: number
    acknowledged: number
    reasons: ArrayLike<number>
}

const NO_ALARMS: AlarmStatus = { alarms: 0, conditions: 0, acknowledged: 0, reasons: [] }

const PERSONS_COMMANDS = {
    stop: CommandKind.Stop,
    start: CommandKind.Start,
    acknowledge: CommandKind.Acknowledge,
    silence: CommandKind.Silence,
    release: CommandKind.Release,
} as const

const BOLUS_REASONS: Record<BolusReason, string> = {
    [BolusReason.None]: "",
    [BolusReason.VolumeOutOfRange]: "volume out of range",
    [BolusReason.RateOutOfRange]: "rate out of range",
    [BolusReason.AlreadyPriming]: "a prime is in progress already",
    [BolusReason.PumpStopped]: "pump stopped",
    [BolusReason.StoppingAlarm]: "an alarm stops delivery",
    [BolusReason.PressureUnknown]: "line pressure unknown",
    [BolusReason.MoreThanReservoir]: "more than the reservoir holds",
}

const PRIORITY_NAMES = ["", "low", "medium", "high"] as const

// Plots show no more than this many rows.
const SAMPLES_MAX = 1440

export class Session {
    readonly world: World
    readonly observer: Observer
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
    residualPl: number
    /** False while the firmware lets its heartbeat stop. */
    beating = true

    private readonly samples: Samples
    readonly alarms: AlarmRecord[] = []
    private readonly standing: (AlarmRecord | undefined)[] = new Array(ALARM_COUNT).fill(undefined)
    private delivering = false
    private basis: FlowBasis = "schedule"
    readonly boluses: BolusRecord[] = []
    private readonly commands: Command[] = []
    /** The prime that the firmware was asked for last. */
    private primeAsked: Command | undefined
    private nextEvent = 0
    private accountedMs = 0
    private clockTaken = false
    private nextSampleMs = 0
    private readonly jitter: ReturnType<typeof xoroshiro128plus>

    constructor(
        readonly scenario: Scenario,
        readonly seed: number,
    ) {
        this.world = new World(scenario.world, scenario.startWeekMs, scenario.reservoirFillPl, seed)
        this.programme = expectDecoded(decodeProgramme(scenario.programmeBytes))
        this.mechanism = expectDecoded(decodeMechanism(scenario.mechanismBytes))
        this.limits = expectDecoded(decodeLimits(scenario.limitsBytes))
        this.observer = new Observer(this.programme, this.mechanism)
        this.residualPl = scenario.reservoirFillPl
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

    /** When the next event is due; Infinity after the last one. */
    get nextEventMs(): number {
        const event = this.scenario.events[this.nextEvent]
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
            const event = this.scenario.events[this.nextEvent++]
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
        this.commands.push({
            kind,
            requestedMs: this.world.nowMs,
            volumeNl: toNl(volumePl),
            rateNlPerDay: toNl(ratePlPerDay),
            residualNl: residualPl === undefined ? undefined : toNl(residualPl),
        })
    }

    private powerOff(): void {
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
        this.account()
        // The firmware can no longer say how far it came.
        this.endBolus("cancelled", reason, this.observer.primeAskedPl)
        this.observer.powerOff()
        this.beating = true
        this.status(NO_ALARMS, false)
    }

    /** The sensors and the person, as the firmware finds them when it asks. */
    ask(): { sensors: SensorAnswers; command: Command } {
        const sensors = this.world.sense()
        if (!this.clockTaken && sensors.wallFault === SensorFault.None) {
            this.clockTaken = true
            this.account()
            this.observer.setClock((sensors.wallWeekS * MS_PER_SECOND) % MS_PER_WEEK)
        }
        const command = this.commands.shift() ?? NO_COMMAND
        if (command.kind === CommandKind.Prime) this.primeAsked = command
        return { sensors, command }
    }

    /** The firmware said which alarms stand and whether it delivers. */
    status({ alarms, conditions, acknowledged, reasons }: AlarmStatus, delivering: boolean): void {
        const nowMs = this.world.nowMs
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
            this.endBolus("cancelled", BOLUS_REASONS[reason], volumePl)
        }
    }

    /** A tick is done, `steps` of it made: the accounts are brought up to it. */
    tickDone(steps: number): void {
        const deliveredBefore = this.observer.delivering
        this.ticks += 1
        if (this.ticksSeen && this.beating) this.world.heartbeat()
        this.account()
        if (this.delivering !== deliveredBefore || this.basis !== this.observer.basis)
            this.observer.follow(this.delivering, this.basis)
        this.observer.command(steps, deliveredBefore && this.delivering)
        if (deliveredBefore && !this.delivering) this.observer.dropWholeSteps()
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
        }
        return {
            result,
            samples: this.samples,
            failures: endMs < scenario.durationMs ? [] : checkExpectations(scenario, result),
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

/** What the pump's flash holds of the session's scenario, decoded, with this checkpoint. */
export function recordsOf(session: Session, checkpoint: Checkpoint | undefined): Records {
    return {
        programme: session.programme,
        mechanism: session.mechanism,
        limits: session.limits,
        checkpoint,
        checkpointDamaged: false,
    }
}

/** The checkpoint that a pump carries when the run starts: running, with the reservoir filled as the scenario says. */
export function firstCheckpoint(session: Session): Uint8Array {
    const { mechanism, limits } = session
    const pump = createPump(recordsOf(session, undefined), 0)
    pump.residualPl = session.scenario.reservoirFillPl
    pump.brokenRuns = 0
    const bytes = new Uint8Array(CHECKPOINT_SIZE)
    encodeCheckpoint(pump, createGuard(limits, mechanism.stepPl, mechanism.stepsPerTickMax, 0), 0, bytes)
    return bytes
}

function toNl(pl: number): number {
    return Math.round(pl / 1000)
}

function expectDecoded<T extends object>(decoded: T | string): T {
    if (typeof decoded === "string") throw new Error(`the compiled record is refused: ${decoded}`)
    return decoded
}

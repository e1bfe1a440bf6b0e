// One run of a scenario, as both engines share it: the world, what happens in it and when, and the record of the run.
// An engine only carries readings to the firmware and brings back what it did.

import { uniformInt } from "pure-rand/distribution/uniformInt"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import type { FlashRecords } from "../../src/drivers/journalStore"
import { ALARMS, REASON_WORDS } from "../../src/pump/alarmRules"
import { ALARM_COUNT, Alarm, hasAlarm, highestPriority, MINIMUM_RATE_ALARMS, Reason } from "../../src/pump/alarms"
import { CHECKPOINT_SIZE, encodeCheckpoint } from "../../src/pump/checkpoint"
import { createGuard, decodeLimits, type GuardLimits } from "../../src/pump/guard"
import { checkpointAddress, createJournal, findState } from "../../src/pump/journal"
import { MS_PER_SECOND } from "../../src/pump/limits"
import { decodeMechanism, type Mechanism } from "../../src/pump/mechanism"
import { decodeProgramme, type Programme } from "../../src/pump/programme"
import { BolusEvent, BolusKind, type BolusReason, createPump, type LineEvent, Mode } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, Refusal, SensorFault } from "../../src/pump/readings"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import type { LinkFrame } from "../programmer/acts"
import { hostileFrames } from "../programmer/hostile"
import { checkExpectations } from "../scenario/expectations"
import type { BolusAmount, Filling, Scenario, ScenarioEvent } from "../scenario/scenario"
import { befall } from "../world/befall"
import { LineContents } from "../world/lineContents"
import type { MemoryChip } from "../world/memory"
import { type SensorAnswers, World } from "../world/world"
import { BolusBook, type BolusRequest } from "./bolusBook"
import {
    BOLUS_OF_COMMAND,
    type Command,
    type CommandFigures,
    commandOf,
    heardAt,
    NO_COMMAND,
    PLAIN_COMMANDS,
} from "./command"
import { type FlowBasis, Observer } from "./observer"
import {
    type AlarmRecord,
    type BolusRecord,
    COMMAND_NAMES,
    LINE_EVENTS,
    type LineRecord,
    PROGRAMME_ANSWERS,
    type ProgrammeRecord,
    REFUSALS,
    type RefusalRecord,
    type Run,
    type RunResult,
    type Samples,
} from "./result"

const MINUTES_PER_DAY = 1440
const NANOGRAMS_PER_MICROGRAM = 1000

/** Which flashing a simulated pump comes from. */
export const FLASH_ID = 1

/** What the firmware says of itself: three sets of alarms, why each was raised last, and whether a person has stopped it. */
export interface PumpStatus {
    mode: Mode
    alarms: number
    conditions: number
    acknowledged: number
    /** True until the start of a bolus is recorded; absent where nobody can see it. */
    bolusUnrecorded?: boolean
    reasons: ArrayLike<number>
}

/**
 * Where power can be cut in the middle of what the firmware does, counted from the start of the run: when so many ticks are
 * done; after so many steps, those back included; or in a write to the record memory, which keeps so many bytes of it.
 */
export type CutPoint = { ticks: number } | { steps: number } | { write: number; bytes: number }

const NO_ALARMS: PumpStatus = { mode: Mode.Running, alarms: 0, conditions: 0, acknowledged: 0, reasons: [] }

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
    private offer: { bytes: Uint8Array; record: ProgrammeRecord; filling: Filling | undefined } | undefined
    protected readonly standing: (AlarmRecord | undefined)[] = new Array(ALARM_COUNT).fill(undefined)
    private delivering = false
    private bolusUnrecorded = false
    /** Whether a person has stopped the pump, as the firmware said last. */
    mode = Mode.Running
    private basis: FlowBasis = "schedule"
    private readonly book = new BolusBook()
    readonly refusals: RefusalRecord[] = []
    readonly lineEvents: LineRecord[] = []
    private readonly commands: Command[] = []
    /** What the firmware heard last of each command. */
    private readonly heard = new Map<CommandKind, Command>()
    private heldPl: number
    /** Strength of the drug that is in the reservoir. */
    private reservoirNgPerMl: number
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
    /** What a stranger on the bus still sends, how often, and when next. */
    private hostile: Generator<LinkFrame> | undefined
    private hostileEveryMs = 0
    private hostileDueMs = 0
    private readonly jitter: ReturnType<typeof xoroshiro128plus>

    constructor(
        readonly scenario: Scenario,
        readonly seed: number,
    ) {
        this.programme = expectDecoded(decodeProgramme(scenario.programmeBytes))
        const { lineVolumeMl } = scenario.world
        const lineVolumePl =
            lineVolumeMl === undefined ? this.programme.deadVolumePl : Math.round(lineVolumeMl * PICOLITRES_PER_ML)
        const line = new LineContents(lineVolumePl, this.programme.concentrationNgPerMl, scenario.linePrimed)
        this.world = new World(scenario.world, scenario.startWallMs, scenario.reservoirFillPl, seed, line)
        this.memory = this.world.memory
        this.events = [...scenario.events]
        this.mechanism = expectDecoded(decodeMechanism(scenario.mechanismBytes))
        this.limits = expectDecoded(decodeLimits(scenario.limitsBytes))
        this.observer = new Observer(this.programme, this.mechanism, scenario.linePrimed)
        this.reservoirNgPerMl = this.programme.concentrationNgPerMl
        this.heldPl = scenario.reservoirFillPl
        this.memory.contents.set(firstJournal(this), checkpointAddress(0))
        this.jitter = xoroshiro128plus(seed + 0x7c15)
        this.samples = {
            periodMs: Math.max(MS_PER_SECOND, Math.ceil(scenario.durationMs / SAMPLES_MAX / 1000) * 1000),
            timeMs: [],
            programmedPl: [],
            deliveredPl: [],
            programmedNg: [],
            deliveredNg: [],
            ratePlPerDay: [],
            bolusPlPerDay: [],
            pressurePa: [],
            reservoirPl: [],
            residualPl: [],
        }
    }

    /** The boluses of the run so far, in the order in which they were answered. */
    get boluses(): readonly BolusRecord[] {
        return this.book.records
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

    /** Lets something happen now that the scenario does not foresee. */
    intervene(event: ScenarioEvent): void {
        this.events.splice(this.nextEvent, 0, { ...event, atMs: this.world.nowMs })
    }

    protected happen(event: ScenarioEvent): void {
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
            case "cutInWrite":
                this.cutPowerAt({ write: this.memory.writes + 1, bytes: event.bytes }, event.offMs)
                return
            case "hostileFrames":
                this.hostile = hostileFrames(event.seed, event.frames)
                this.hostileEveryMs = event.everyMs
                this.hostileDueMs = event.atMs
                return
            case "fill":
                this.fill(event.filling, event.ngPerMl ?? this.reservoirNgPerMl)
                return
            case "refill":
                this.command(CommandKind.Refill, this.fill(event.filling, this.reservoirNgPerMl))
                return
            case "prime":
                this.command(CommandKind.Prime, event)
                return
            case "bolus": {
                const volumePl = this.volumeOf(event.amount)
                const ratePlPerDay = (volumePl * MINUTES_PER_DAY) / event.overMinutes
                this.command(CommandKind.Bolus, { volumePl, ratePlPerDay })
                return
            }
            case "setClock":
                this.command(CommandKind.Clock, { localMs: event.localMs })
                return
            case "programme": {
                const { bytes, filling } = event
                const record = { offeredMs: event.atMs, answer: PROGRAMME_ANSWERS[ProgrammeAnswer.None] }
                this.programmes.push(record)
                this.offer = { bytes, record, filling }
                this.command(CommandKind.Programme, filling ? this.fill(filling, event.concentrationNgPerMl) : {})
                return
            }
            case "stop":
            case "start":
            case "acknowledge":
            case "silence":
            case "release":
            case "patientDose":
            case "cancelBolus":
            case "minimumRate":
            case "refillBegin":
                this.command(PLAIN_COMMANDS[event.kind], {})
                return
            default:
                befall(world, event)
        }
    }

    /** Somebody fills the reservoir with this strength; what the pump is told of it. */
    private fill({ volumePl, missedPl, measuredResidualPl, lineChanged }: Filling, ngPerMl: number): CommandFigures {
        const { world } = this
        const residualPl = measuredResidualPl === "auto" ? world.reservoirPl : measuredResidualPl
        world.refill(volumePl, missedPl, ngPerMl)
        if (lineChanged) world.line.replace()
        this.reservoirNgPerMl = ngPerMl
        return { volumePl, residualPl, lineChanged }
    }

    /** A clinician counts in micrograms of the drug that the programme is for. */
    private volumeOf(amount: BolusAmount): number {
        if ("volumePl" in amount) return amount.volumePl
        const microgramsPerMl = this.observer.running.concentrationNgPerMl / NANOGRAMS_PER_MICROGRAM
        return (amount.micrograms / microgramsPerMl) * PICOLITRES_PER_ML
    }

    private command(kind: CommandKind, figures: CommandFigures): void {
        const command = commandOf(kind, this.world.nowMs, figures)
        if (this.powered) this.commands.push(command)
        else this.denyWithoutPower(command)
    }

    private denyWithoutPower(command: Command): void {
        const kind = BOLUS_OF_COMMAND[command.kind]
        if (kind !== undefined) this.book.deny(this.requestOf(kind, command), "power lost")
    }

    /** What a command asks for; the patient's dose is what the programme says. */
    private requestOf(kind: BolusKind, { requestedMs, volumeNl, rateNlPerDay }: Command): BolusRequest {
        const { running, lineEmpty } = this.observer
        const { patientPl, patientDurationMinutes, concentrationNgPerMl } = running
        const request = {
            kind,
            requestedMs,
            volumePl: volumeNl * 1000,
            ratePlPerDay: rateNlPerDay * 1000,
            ngPerMl: kind === BolusKind.Prime && lineEmpty ? 0 : concentrationNgPerMl,
        }
        if (kind !== BolusKind.Patient) return request
        const ratePlPerDay = patientPl === 0 ? 0 : Math.round((patientPl * MINUTES_PER_DAY) / patientDurationMinutes)
        return { ...request, volumePl: patientPl, ratePlPerDay }
    }

    /** What a stranger on the bus sends after this tick, to a pump that was paired before; undefined where it is nothing. */
    strangersFrame(): LinkFrame | undefined {
        if (!this.hostile || !this.powered || this.world.nowMs < this.hostileDueMs) return undefined
        this.hostileDueMs = this.world.nowMs + this.hostileEveryMs
        const { value, done } = this.hostile.next()
        if (done) this.hostile = undefined
        return done ? undefined : value
    }

    /** True where a stranger will be on the bus. */
    get expectsStranger(): boolean {
        return this.scenario.events.some(({ kind }) => kind === "hostileFrames")
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
        const { bytes, record, filling } = this.offer
        record.answer = PROGRAMME_ANSWERS[answer]
        if (answer !== ProgrammeAnswer.Taken) return
        this.account()
        const lineChanged = filling?.lineChanged === true
        this.observer.followProgramme(expectDecoded(decodeProgramme(bytes)), lineChanged, this.stepsOfTick)
        if (lineChanged) this.observer.changeLine()
    }

    /** The firmware carried out a command, or said why it did not. */
    obeyed(kind: CommandKind, refusal: Refusal): void {
        if (!this.powered) return
        const { world, observer } = this
        if (refusal !== Refusal.None) {
            this.refusals.push({ command: COMMAND_NAMES[kind], reason: REFUSALS[refusal], atMs: world.nowMs })
            return
        }
        this.account()
        const command = this.heard.get(kind) ?? NO_COMMAND
        if (kind === CommandKind.Clock) observer.setLocalTime(command.wallS * MS_PER_SECOND, this.mode === Mode.Stopped)
        else if (kind === CommandKind.Refill && command.lineChanged) observer.changeLine()
        else if (kind === CommandKind.CancelBolus || kind === CommandKind.MinimumRate) observer.cancelBoluses()
    }

    /** The firmware said what became of the line. */
    line(event: LineEvent, leftPl: number): void {
        if (this.powered) this.lineEvents.push({ event: LINE_EVENTS[event], atMs: this.world.nowMs, leftPl })
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
        for (const command of this.commands.splice(0)) this.denyWithoutPower(command)
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
        const { observer, world } = this
        this.book.breakOff(reason, observer.bolusAskedPl, observer.waitingAskedPl, world.nowMs)
        this.heard.clear()
        observer.powerOff()
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
            this.observer.setClock(sensors.wallS * MS_PER_SECOND)
        }
        return { sensors, command: this.hear(this.commands.shift()) }
    }

    /** The volume that the last command of this kind told the firmware; 0 where it heard of none. */
    protected heardVolumePl(kind: CommandKind): number {
        return (this.heard.get(kind) ?? NO_COMMAND).volumeNl * 1000
    }

    private hear(asked: Command | undefined): Command {
        if (!asked) return NO_COMMAND
        const command = heardAt(asked, this.world.nowMs)
        this.heard.set(command.kind, command)
        const kind = BOLUS_OF_COMMAND[command.kind]
        if (kind !== undefined) this.book.ask(this.requestOf(kind, command))
        return command
    }

    /** Light and buzzer changed, or did not. */
    show(light: number, sounding: boolean): void {
        if (!this.powered) return
        this.world.light = light
        this.world.sounding = sounding
    }

    /** The firmware said which alarms stand and whether it delivers. */
    status(status: PumpStatus, delivering: boolean): void {
        if (this.powered) this.takeStatus(status, delivering)
    }

    private takeStatus(status: PumpStatus, delivering: boolean): void {
        const { mode, alarms, conditions, acknowledged, reasons } = status
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
        this.bolusUnrecorded = status.bolusUnrecorded ?? false
        this.mode = mode
        this.basis =
            (alarms & MINIMUM_RATE_ALARMS) !== 0
                ? "minimum"
                : hasAlarm(alarms, Alarm.WallClockUnknown)
                  ? "mean"
                  : "schedule"
    }

    /** The firmware said what became of a bolus: `volumePl` was asked for, or metered of it. */
    bolus(event: BolusEvent, kind: BolusKind, reason: BolusReason, volumePl: number): void {
        if (!this.powered) return
        this.account()
        const begun = this.book.told(event, kind, reason, volumePl, this.world.nowMs)
        if (begun) this.observer.startBolus(kind, begun.volumePl, begun.ratePlPerDay)
        else if (event === BolusEvent.Cancelled) this.observer.cancelBoluses()
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
        this.observer.bolusUnrecorded = this.bolusUnrecorded
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
        this.book.close(observer.bolusAskedPl, observer.waitingAskedPl)
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
            programmedMicrograms: Math.round(observer.programmedNg) / NANOGRAMS_PER_MICROGRAM,
            deliveredMicrograms: Math.round(world.line.deliveredNg) / NANOGRAMS_PER_MICROGRAM,
            deliveredStrengths: world.line.delivered
                .map(({ ngPerMl, volumePl }) => ({ ngPerMl, volumePl: Math.round(volumePl) }))
                .filter(({ volumePl }) => volumePl !== 0),
            stepErrorMax: this.ticksSeen ? observer.stepErrorMax : null,
            residualPl: this.residualPl,
            alarms: this.alarms,
            boluses: this.book.records,
            programmes: this.programmes,
            refusals: this.refusals,
            lineEvents: this.lineEvents,
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
            samples.programmedNg.push(Math.round(observer.programmedNg))
            samples.deliveredNg.push(Math.round(world.line.deliveredNg))
            samples.ratePlPerDay.push(observer.basalPlPerDay)
            samples.bolusPlPerDay.push(observer.bolusPlPerDay)
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
    pump.lineLeftPl = session.scenario.linePrimed ? 0 : programme.deadVolumePl
    const journal = createJournal({ ...findState(undefined, Reason.RecordMissing), damage: Reason.None }, FLASH_ID)
    journal.starts = 0
    const bytes = new Uint8Array(CHECKPOINT_SIZE)
    const guard = createGuard(limits, mechanism.stepPl, mechanism.stepsPerTickMax, 0)
    encodeCheckpoint(pump, guard, journal, bytes)
    return bytes
}

function expectDecoded<T extends object>(decoded: T | string): T {
    if (typeof decoded === "string") throw new Error(`the compiled record is refused: ${decoded}`)
    return decoded
}

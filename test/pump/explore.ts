// Walks every combination of mode, alarms, boluses, line and commands that the real `tick` can be brought into, breadth first,
// and checks in each what must hold in all: what harms people are combinations that nobody thought of, and here nobody has to.
//
// A state is what the world shows and what the pump made of it once it has settled. All else, that is counts, levels and
// ages, is put back to one value before each move; pumps to which that is never done must go the same ways (`compare`).
// Time is taken apart into the waits that matter, each ending by a move of its own, so that they end in every order there
// can be. Not in a state, because they decide nothing (SUP-10): what was acknowledged, the pause of the sound, how old a
// person's stop is, a shift of local time, a refill that was begun, and the alarms that leave delivery as it is.
//
// There are two walks, because all of it at once would be millions of states. The one of supervision goes through every
// combination of alarms, with one kind of bolus; line and lockout, which decide nothing there, differ between its two guises. The one
// of therapies goes through every combination of boluses, line, lockout and minimum rate, with one alarm of each effect: which one
// of several stops the pump decides nothing there. Moves in a hurry (`hurry`) are made through both at once.
//
// `npx tsx test/pump/explore.ts` prints the walks; with `--held` the whole one of supervision (`explore`).

import { fileURLToPath } from "node:url"
import { ALARMS } from "../../src/pump/alarmRules"
import {
    ACKNOWLEDGED_ALARMS,
    Alarm,
    AlarmPriority,
    hasAlarm,
    highestPriority,
    LATCHING_ALARMS,
    MINIMUM_RATE_ALARMS,
    RELEASED_ALARMS,
    Reason,
    SENSOR_ALARMS,
    STOPPING_ALARMS,
} from "../../src/pump/alarms"
import { raise, SAMPLES_TO_ALARM } from "../../src/pump/delivery"
import { CellKind } from "../../src/pump/energy"
import { createGuard, type Guard, restoreGuard } from "../../src/pump/guard"
import {
    CHANGE_ALERT_MS,
    MS_PER_HOUR,
    MS_PER_MINUTE,
    OCCLUSION_PA_MIN,
    RATE_PL_PER_DAY_MIN,
    RELIEF_PL_MAX,
    RESTARTS_MS,
    SOUND_PAUSE_MS,
    STOPPED_HIGH_MS,
    STOPPED_MEDIUM_MS,
    TICK_MS,
} from "../../src/pump/limits"
import { localMsAt, shiftedRate } from "../../src/pump/localTime"
import type { Mechanism } from "../../src/pump/mechanism"
import type { Programme } from "../../src/pump/programme"
import {
    BolusEvent,
    BolusKind,
    BolusReason,
    createActions,
    createPump,
    LineEvent,
    Mode,
    mechanismRatePlPerDayMax,
    type Pump,
    type Records,
} from "../../src/pump/pump"
import { CommandKind, createReadings, GuardTrip, ProgrammeAnswer, Refusal, SensorFault } from "../../src/pump/readings"
import { planFlow } from "../../src/pump/schedule"
import { STAGES } from "../../src/pump/supervise"
import { tick } from "../../src/pump/tick"
import { afterReset, LIMITS, programmeOf } from "./bench"

enum Pressure {
    Normal = 0,
    Over = 1,
    Unreadable = 2,
}

enum Encoder {
    Follows = 0,
    Stands = 1,
    Runs = 2,
    Unreadable = 3,
}

enum EndSwitch {
    Open = 0,
    Pressed = 1,
    Unreadable = 2,
}

enum Battery {
    Good = 0,
    End = 1,
    Low = 2,
    Unreadable = 3,
}

/** What the line holds: the reservoir's drug, none yet, or that of the concentration before. */
enum Line {
    Full = 0,
    Dry = 1,
    Bridged = 2,
}

// Small steps, so that a motor that stands is found out within seconds even at the minimum rate.
const MECHANISM: Mechanism = {
    stepPl: 100,
    stepsPerTickMax: 8,
    occlusionPa: OCCLUSION_PA_MIN,
    encoderSlackSteps: 16,
    batteryLowMv: 3500,
    batteryEndMv: 3300,
    batteryKind: CellKind.None,
    batteryMah: 0,
}
/** With all therapies, and room enough in windows and counts: those are tested by themselves (`therapies.test.ts`). */
const PROGRAMME: Programme = {
    ...programmeOf([{ startMinute: 0, ratePlPerDay: 400_000_000 }]),
    deadVolumePl: 100_000_000,
    bolusPlMax: 1_000_000,
    patientPl: 1_000_000,
    patientDurationMinutes: 8,
    lockoutMinutes: 1440,
    dosesPerDayMax: 24,
    windowMinutes: 60,
    windowPlMax: 1_000_000_000,
    windowBasalPl: 20_000_000,
}
/** The same at another concentration, and a flow by which a bridge can be told from it. */
const OTHER_DRUG: Programme = {
    ...PROGRAMME,
    concentrationNgPerMl: 2 * PROGRAMME.concentrationNgPerMl,
    meanRatePlPerDay: 350_000_000,
    segmentRatePlPerDay: [350_000_000],
}
const GOOD_RECORDS: Records = {
    programme: PROGRAMME,
    mechanism: MECHANISM,
    limits: LIMITS,
    checkpoint: undefined,
    checkpointDamage: Reason.None,
}

// Each less than a jump apart, so that the sensors' own judgement believes them.
const PRESSURE_PA = [1000, 10_000]
const BATTERY_MV = [3600, 3200, 3400]

/** How old a stop by an alarm is that the pump remembers. */
const STOP_AGE_MS = 10_000

/** Of a motor that moves by itself, in a second: more than the motor makes when told to. */
const RUNAWAY_STEPS = 150

const FULL_PL = PROGRAMME.reservoirPl
/** A reservoir with less than this runs out now. */
const NEARLY_EMPTY_PL = 100_000_000
const RUNNING_OUT_PL = MECHANISM.stepPl
const BOLUS_PL = 1_000_000
const BOLUS_RATE_PL_PER_DAY = 200_000_000
const LOCKOUT_MS = PROGRAMME.lockoutMinutes * MS_PER_MINUTE

/** When each move begins. Longer than any age that is told apart. */
const BEGIN_MS = 2 * STOPPED_HIGH_MS
const BEGIN_STEPS = 100_000

/** In the walk in which nothing is held, one move in so many is made in both guises. */
const SHARE_IN_BOTH_GUISES = 4

/** Samples without a change after which the pump has settled, and the most that it may take. */
const QUIET_SAMPLES = 4
const SETTLED_SAMPLES_MAX = 250

/** The alarms that decide whether and how fast the pump delivers, or what it may begin. The others only tell. */
const DECIDING_ALARMS =
    STOPPING_ALARMS | MINIMUM_RATE_ALARMS | (1 << Alarm.PressureSensorFault) | (1 << Alarm.EncoderFault)
/** Denies and ends a bolus and decides nothing else: no state of its own, which would double them all. */
const MEMORY_FAULT = 1 << Alarm.MemoryFault
const TELLING_ALARMS = ~DECIDING_ALARMS & ~MEMORY_FAULT
/** A stop that a tick finds out by its own last step. */
const FOUND_BY_A_STEP = (1 << Alarm.ReservoirEmpty) | (1 << Alarm.RestartedTooOften)
/** A record in flash that can't be used; only another power-on, with a good one, ends these. */
const RECORD_ALARMS = (1 << Alarm.ProgrammeMissing) | (1 << Alarm.ProgrammeDamaged)
const ENDED_BY_RESET = RECORD_ALARMS | (1 << Alarm.SelfTestFailed)

// What `World.bits` holds: first what the world shows, of it what end switch and battery do.
const SHOWN = 0xff
const TELLING_BITS = 0xf0
const RUNNING = 1 << 8
const DELIVERING = 1 << 9
const RUNNING_OUT = 1 << 10
const SWITCH_DIFFERS = 1 << 11
const TRIPPED = 1 << 12
const RECENT_STOP = 1 << 13
const RECENT_STOPS = 3 * RECENT_STOP
const RELIEVING = 1 << 15
const BOLUS = 1 << 16
const BOLUSES = 3 * BOLUS
const WAITING = 1 << 18
const LINE = 1 << 19
const LINES = 3 * LINE
const LOCKED_OUT = 1 << 21
const ALL_BITS = (1 << 22) - 1

/** A copy that shares nothing that a tick writes to. Spelled out, because it is made for every move. */
function copyPump(pump: Pump): Pump {
    const { checks, line } = pump
    const { pressure, encoder, battery, clock } = checks
    return {
        ...pump,
        reasons: pump.reasons.slice(),
        checks: { pressure: { ...pressure }, encoder: { ...encoder }, battery: { ...battery }, clock: { ...clock } },
        line: { ...line, scales: line.scales.map(scale => ({ ...scale })) },
        following: { ...pump.following },
        flow: { ...pump.flow },
        volume: { ...pump.volume },
        energy: { ...pump.energy },
        doses: { ...pump.doses, grantedMs: pump.doses.grantedMs.slice(), slotsPl: pump.doses.slotsPl.slice() },
    }
}

function copyGuard(guard: Guard): Guard {
    const { minutes, quarters, primeQuarters } = guard
    return {
        ...guard,
        minutes: minutes.slice(),
        quarters: quarters.slice(),
        primeQuarters: primeQuarters.slice(),
    }
}

/** What a person asks for in the next sample. */
interface Request {
    command: CommandKind
    /** With a refill: the line is new. */
    lineChanged: boolean
    /** With a programme: of the other concentration, and with the refill that brings it. */
    otherDrug: boolean
}

const NO_REQUEST: Request = { command: CommandKind.None, lineChanged: false, otherDrug: false }

/** True for what asks for a bolus. */
function asksBolus(command: CommandKind): boolean {
    return command === CommandKind.Prime || command === CommandKind.Bolus || command === CommandKind.PatientDose
}

function lineOf(pump: Pump): Line {
    if (!(pump.lineLeftPl > 0)) return Line.Full
    return pump.bridgeRatePlPerDay > 0 ? Line.Bridged : Line.Dry
}

/** Boluses that have begun and not been told as over: the one that flows, and one that waits. */
function openBoluses(bolusKind: BolusKind, heldRatePlPerDay: number): number {
    return (bolusKind !== BolusKind.None ? 1 : 0) + (heldRatePlPerDay > 0 ? 1 : 0)
}

/** True where the flow planned is that of the schedule, of the bridge or the lowest one, and a bolus on top of it. */
function flowIsDue(pump: Pump): boolean {
    if (!pump.delivering) return pump.ratePlPerDay === 0
    const fastestPlPerDay = mechanismRatePlPerDayMax(pump.mechanism)
    const bolusPlPerDay = pump.bolusUnrecorded ? 0 : pump.bolusRatePlPerDay
    const planned = (basalPlPerDay: number) =>
        pump.ratePlPerDay === Math.min(basalPlPerDay + bolusPlPerDay, fastestPlPerDay)
    if (!pump.programme || (pump.alarms & MINIMUM_RATE_ALARMS) !== 0) return planned(RATE_PL_PER_DAY_MIN)
    if (pump.bridgeRatePlPerDay > 0) return planned(pump.bridgeRatePlPerDay)
    const { meanRatePlPerDay } = pump.programme
    return planned(meanRatePlPerDay) || (pump.shiftLeftMs !== 0 && planned(shiftedRate(pump, meanRatePlPerDay)))
}

export interface Violation {
    id: string
    what: string
    where: string
}

/** A pump, and the world around it as far as the pump can see it. */
class World {
    pump: Pump
    guard: Guard
    readonly readings = createReadings()
    readonly actions = createActions()
    nowMs = BEGIN_MS
    pressure = Pressure.Normal
    encoder = Encoder.Follows
    endSwitch = EndSwitch.Open
    battery = Battery.Good
    clockReadable = true
    encoderSteps = 0
    supplyFailing = false
    memoryAnswers = true
    request = NO_REQUEST
    /** How the state in which a violation is found was reached. */
    where = () => "at power-on"
    /** False from power-on until each part has been judged once. */
    private judged = false
    private encoderFollowedSteps = 0
    private samples = 0
    private readonly seen = new Set<string>()

    constructor(
        private readonly violations: Violation[],
        private readonly scope: Scope,
    ) {
        this.pump = createPump(GOOD_RECORDS, this.nowMs)
        this.guard = createGuard(LIMITS, MECHANISM.stepPl, MECHANISM.stepsPerTickMax, this.nowMs)
    }

    check(holds: boolean, id: string, what: string): void {
        if (holds) return
        // Told once each: a rule that is broken is broken in thousands of states.
        if (this.seen.has(id + what)) return
        this.seen.add(id + what)
        this.violations.push({ id, what, where: this.where() })
    }

    placeEncoder(): void {
        this.encoderFollowedSteps = this.pump.commandedSteps
        this.encoderSteps = this.pump.commandedSteps
    }

    private fillReadings(): void {
        const readings = this.readings
        this.samples += 1
        const flutter = this.samples % 2
        const pressureLost = this.pressure === Pressure.Unreadable
        readings.pressureFault = pressureLost ? SensorFault.Missing : SensorFault.None
        readings.pressurePa = pressureLost ? NaN : PRESSURE_PA[this.pressure] + 20 * flutter

        const commandedSteps = this.pump.commandedSteps
        if (this.encoder !== Encoder.Stands) this.encoderSteps += commandedSteps - this.encoderFollowedSteps
        if (this.encoder === Encoder.Runs) this.encoderSteps += RUNAWAY_STEPS
        this.encoderFollowedSteps = commandedSteps
        const encoderLost = this.encoder === Encoder.Unreadable
        readings.encoderFault = encoderLost ? SensorFault.Missing : SensorFault.None
        readings.encoderSteps = encoderLost ? NaN : this.encoderSteps

        const switchLost = this.endSwitch === EndSwitch.Unreadable
        readings.reservoirEndFault = switchLost ? SensorFault.Missing : SensorFault.None
        readings.reservoirEndSwitch = switchLost ? NaN : this.endSwitch === EndSwitch.Pressed ? 1 : 0

        const batteryLost = this.battery === Battery.Unreadable
        readings.batteryFault = batteryLost ? SensorFault.Missing : SensorFault.None
        readings.batteryMv = batteryLost ? NaN : BATTERY_MV[this.battery]

        readings.wallFault = this.clockReadable ? SensorFault.None : SensorFault.Missing
        readings.wallMs = this.clockReadable ? this.nowMs : NaN

        readings.memoryFault = this.memoryAnswers ? SensorFault.None : SensorFault.Missing

        const { command, lineChanged, otherDrug } = this.request
        this.request = NO_REQUEST
        readings.command = command
        readings.commandLineChanged = lineChanged
        readings.commandPl = asksBolus(command) ? BOLUS_PL : FULL_PL
        readings.commandRatePlPerDay = BOLUS_RATE_PL_PER_DAY
        if (command === CommandKind.Clock) {
            const localMs = localMsAt(this.pump, this.nowMs)
            // To and fro, so that many of them never come to more than an hour.
            const shiftMs = this.pump.shiftLeftMs > 0 ? -MS_PER_HOUR : MS_PER_HOUR
            readings.commandWallMs = (localMs >= 0 ? localMs : this.nowMs) + shiftMs
        }
        if (command !== CommandKind.Programme) return
        const runs = this.pump.programme ?? PROGRAMME
        const other = runs.concentrationNgPerMl === PROGRAMME.concentrationNgPerMl ? OTHER_DRUG : PROGRAMME
        this.pump.offered = otherDrug ? other : { ...runs }
        readings.commandAnswer = ProgrammeAnswer.Taken
        if (!otherDrug) readings.commandPl = 0
    }

    /** One tick, and what must hold in every one. */
    tick(afterMs: number, sampled: boolean): void {
        this.nowMs += afterMs
        const { pump, guard, readings, actions, nowMs } = this
        readings.sampled = sampled
        readings.supplyFailing = this.supplyFailing
        if (sampled) this.fillReadings()
        const command = sampled ? readings.command : CommandKind.None
        const { mode, delivering, alarms, conditions, latched, soundPausedUntilMs, cutMotor } = pump
        const { bolusKind, heldRatePlPerDay, unansweredKind, ratePlPerDay } = pump
        const lockoutMs = pump.doses.lockoutMs
        const line = lineOf(pump)
        const trip = guard.trip
        const judged = this.judged

        tick(pump, guard, readings, nowMs, actions)
        if (pump.stage === STAGES) this.judged = true

        const steps = actions.steps
        const stopping = pump.alarms & STOPPING_ALARMS
        if (steps > 0) {
            this.check(mode === Mode.Running, "SUP-1", "a stopped pump steps")
            this.check((alarms & STOPPING_ALARMS) === 0, "SUP-1", "a step while a stopping alarm stands")
            this.check((stopping & ~FOUND_BY_A_STEP) === 0, "SUP-1", "a step in the tick that finds a reason to stop")
            this.check(guard.trip === GuardTrip.None, "SUP-1", "a step past a tripped guard")
            this.check(steps <= MECHANISM.stepsPerTickMax, "SUP-1", "more steps than a tick may make")
        }
        this.check(pump.delivering || pump.owed < pump.stepQuantum, "SUP-16", "a whole step owed beyond a stop")
        // Most ticks change nothing: what held before them holds after them.
        if (
            !sampled &&
            steps >= 0 &&
            actions.bolusEvent === BolusEvent.None &&
            pump.alarms === alarms &&
            pump.conditions === conditions &&
            pump.latched === latched &&
            pump.delivering === delivering &&
            pump.ratePlPerDay === ratePlPerDay &&
            pump.bolusKind === bolusKind &&
            pump.heldRatePlPerDay === heldRatePlPerDay &&
            pump.cutMotor === cutMotor &&
            guard.trip === trip &&
            lineOf(pump) === line
        )
            return

        const acting = command !== CommandKind.None
        const carriedOut = actions.command === command && actions.refusal === Refusal.None
        const startedAnew =
            command === CommandKind.Start ||
            (command === CommandKind.Toggle && !delivering) ||
            (command === CommandKind.MinimumRate && carriedOut)
        if (steps < 0) {
            // A start in the tick that finds the occlusion has ended its alarm by now.
            const occluded = ((alarms | pump.alarms) & (1 << Alarm.Occlusion)) !== 0 || startedAnew
            this.check(occluded, "SUP-2", "a step back without an occlusion")
            this.check(guard.trip === GuardTrip.None, "SUP-2", "a step back past a tripped guard")
            this.check(steps >= -MECHANISM.stepsPerTickMax, "SUP-2", "more steps back than a tick may make")
        }

        this.check(
            !(pump.soundPausedUntilMs > nowMs + SOUND_PAUSE_MS),
            "SUP-3",
            "a pause of the sound over two minutes",
        )
        if ((pump.conditions & ~conditions) !== 0 && !acting)
            this.check(!(pump.soundPausedUntilMs > nowMs), "SUP-3", "a new alarm is not heard")
        if (pump.soundPausedUntilMs > soundPausedUntilMs && pump.soundPausedUntilMs > nowMs)
            this.check(acting, "SUP-3", "a pause of the sound that nobody asked for")

        let endable = 0
        if (command === CommandKind.Acknowledge) endable = ACKNOWLEDGED_ALARMS & ~pump.conditions
        else if (startedAnew) endable = ~(RELEASED_ALARMS | (ACKNOWLEDGED_ALARMS & pump.conditions))
        else if (command === CommandKind.Release) endable = RELEASED_ALARMS
        const ended = latched & ~pump.latched & ~endable
        if (ended !== 0) this.check(false, "SUP-5", `${namesOf(ended)} ends by ${CommandKind[command]}`)

        this.check(pump.alarms === (pump.conditions | pump.latched), "SUP-6", "alarms are not conditions and latched")
        this.check((pump.acknowledged & ~pump.alarms) === 0, "SUP-6", "acknowledged without an alarm")
        this.check(
            !pump.delivering || (pump.mode === Mode.Running && stopping === 0),
            "SUP-6",
            "delivering all the same",
        )

        const event = actions.bolusEvent
        const started = event === BolusEvent.Started
        const over = event === BolusEvent.Delivered || event === BolusEvent.Cancelled
        const flows = pump.bolusKind !== BolusKind.None
        const waits = pump.heldRatePlPerDay > 0
        this.check(pump.delivering || !flows, "SUP-9", "a bolus in a pump that does not deliver")
        this.check(
            openBoluses(pump.bolusKind, pump.heldRatePlPerDay) ===
                openBoluses(bolusKind, heldRatePlPerDay) + (started ? 1 : 0) - (over ? 1 : 0),
            "SUP-9",
            "a bolus begins or ends without a word",
        )
        if (asksBolus(command)) {
            const answered = started || event === BolusEvent.Denied
            this.check(answered || pump.unansweredKind !== BolusKind.None, "SUP-9", "a request without an answer")
        } else if (unansweredKind !== BolusKind.None && pump.unansweredKind === BolusKind.None) {
            this.check(event === BolusEvent.Denied, "SUP-9", "a request that is forgotten")
        }

        this.check(flows === pump.bolusRatePlPerDay > 0, "SUP-17", "a bolus without a flow, or a flow without a bolus")
        const toBeTold = pump.heldReason !== BolusReason.None || pump.heldLeftPl === 0
        const waitsWell = pump.bolusKind === BolusKind.Patient || toBeTold
        this.check(!waits || waitsWell, "SUP-17", "a bolus that waits for no patient's dose")
        if (started && bolusKind !== BolusKind.None) {
            const goesBefore = bolusKind === BolusKind.Clinician && !(heldRatePlPerDay > 0)
            this.check(goesBefore && pump.bolusKind === BolusKind.Patient, "SUP-17", "a bolus beside another")
        }
        if (started) {
            this.check((pump.alarms & SENSOR_ALARMS) === 0, "SUP-18", "a bolus begins with a sensor lost")
            if (pump.bolusKind === BolusKind.Patient) {
                this.check(!(lockoutMs > 0), "SUP-18", "a patient's dose begins within the lockout")
                this.check(pump.doses.lockoutMs > 0, "SUP-18", "a patient's dose without a lockout after it")
            }
        }
        const lowest = (pump.alarms & MINIMUM_RATE_ALARMS) !== 0
        this.check(!flows || !lowest, "SUP-18", "a bolus flows at the minimum rate")
        const reaches = lineOf(pump) === Line.Full || (lineOf(pump) === Line.Dry && pump.bolusKind === BolusKind.Prime)
        this.check(!flows || reaches, "SUP-18", "a bolus flows in a line without its drug")

        this.check(flowIsDue(pump), "SUP-19", "a flow that is not the one due")
        if (lineOf(pump) !== line) {
            const told = actions.lineEvent
            const filled = told === LineEvent.Primed || told === LineEvent.BridgeOver
            if (lineOf(pump) === Line.Full) this.check(filled && steps > 0, "SUP-20", "a line is full without a step")
            else if (lineOf(pump) === Line.Dry) this.check(told === LineEvent.Changed, "SUP-20", "a line falls dry")
            else this.check(told === LineEvent.BridgeBegun, "SUP-20", "a bridge that nobody began")
        }

        if (mode === Mode.Stopped && pump.mode === Mode.Running && !startedAnew)
            this.check(false, "SUP-12", `${CommandKind[command]} ends a stop`)
        if (!delivering && pump.delivering && !startedAnew && judged) {
            const fills = command === CommandKind.Refill || command === CommandKind.Programme
            const refilled = fills && (alarms & (1 << Alarm.ReservoirEmpty)) !== 0
            const programmed = command === CommandKind.Programme && (alarms & RECORD_ALARMS) !== 0
            if (!refilled && !programmed) this.check(false, "SUP-13", `delivery resumes by ${CommandKind[command]}`)
        }

        if (cutMotor && !pump.cutMotor)
            this.check(command === CommandKind.Release, "SUP-5", "power comes back to a motor that moved by itself")

        const emptied = ((pump.conditions ^ conditions) & (1 << Alarm.ReservoirEmpty)) !== 0
        const kept = pump.mode !== mode || pump.latched !== latched || guard.trip !== trip || emptied
        if (kept && !actions.checkpointDue)
            this.check(false, "SUP-15", `${namesOf(pump.latched ^ latched)} changes and is not written down`)
        const bolusChanged = pump.bolusKind !== bolusKind || waits !== heldRatePlPerDay > 0
        this.check(!bolusChanged || actions.checkpointDue, "SUP-15", "a bolus is not written down")
        this.check(lineOf(pump) === line || actions.checkpointDue, "SUP-15", "what the line holds is not written down")
        this.check(
            !(pump.doses.lockoutMs > lockoutMs) || actions.checkpointDue,
            "SUP-15",
            "the lockout is not written down",
        )
    }

    /** One second as the loop makes it: a sample, and a part of its judgement in each tick after it. */
    second(): void {
        this.tick(5 * TICK_MS, true)
        for (let i = 0; i < 5; i++) this.tick(TICK_MS, false)
    }

    /** Lets seconds pass until the pump has made all of the world that it will. */
    settle(): void {
        let bits = this.bits()
        let { alarms, conditions } = this.pump
        let quiet = 0
        for (let i = 0; i < SETTLED_SAMPLES_MAX; i++) {
            this.second()
            const { pump } = this
            const now = this.bits()
            quiet = now === bits && pump.alarms === alarms && pump.conditions === conditions ? quiet + 1 : 0
            bits = now
            alarms = pump.alarms
            conditions = pump.conditions
            if (quiet >= QUIET_SAMPLES && !(pump.delivering && this.encoder === Encoder.Stands)) return
        }
        this.check(false, "SUP-11", "a pump that does not settle")
    }

    /** The firmware starts again on what flash holds; in `records` what is other than before. */
    reset(records: Partial<Records>, selfTestFails: boolean): void {
        const { pump, guard } = this
        const checkpoint = records.checkpointDamage ? undefined : afterReset(pump, guard)
        this.nowMs += 5500
        this.judged = false
        const programme = pump.programme ?? PROGRAMME
        this.pump = createPump({ ...GOOD_RECORDS, programme, checkpoint, ...records }, this.nowMs)
        this.pump.motorReverses = this.scope.relieves
        this.guard = createGuard(LIMITS, MECHANISM.stepPl, MECHANISM.stepsPerTickMax, this.nowMs)
        if (checkpoint) {
            const { guardTrip, guardHourSteps, guardDaySteps, guardPrimeDaySteps } = checkpoint
            restoreGuard(this.guard, guardTrip, guardHourSteps, guardDaySteps, guardPrimeDaySteps)
            this.check(this.pump.mode === pump.mode, "SUP-14", "a reset changes the mode")
            this.check((pump.latched & ~this.pump.latched) === 0, "SUP-14", "a reset ends what waits for a person")
            this.check(this.guard.trip === guard.trip, "SUP-14", "a reset changes the guard's trip")
            const empty = 1 << Alarm.ReservoirEmpty
            this.check((pump.conditions & empty) === (this.pump.conditions & empty), "SUP-14", "a reset refills")
            this.check(pump.lineLeftPl === this.pump.lineLeftPl, "SUP-14", "a reset fills the line")
            const bridgesOn = pump.bridgeRatePlPerDay === this.pump.bridgeRatePlPerDay
            this.check(bridgesOn, "SUP-14", "a reset changes the flow of a bridge")
            const longer = this.pump.doses.lockoutMs - pump.doses.lockoutMs
            this.check(longer >= 0 && longer < MS_PER_MINUTE, "SUP-14", "a reset changes the lockout")
        }
        const { bolusKind, heldRatePlPerDay } = this.pump
        this.check(openBoluses(bolusKind, heldRatePlPerDay) === 0, "SUP-14", "a bolus goes on after a reset")
        this.check(!this.pump.delivering, "SUP-14", "delivery before anything was judged")
        if (selfTestFails) raise(this.pump, Alarm.SelfTestFailed, Reason.Memory)
        this.placeEncoder()
    }

    /** Starts the firmware for the first time, with nothing wrong. */
    powerOn(): void {
        this.pump = createPump(GOOD_RECORDS, this.nowMs)
        this.pump.motorReverses = this.scope.relieves
        this.guard = createGuard(LIMITS, MECHANISM.stepPl, MECHANISM.stepsPerTickMax, this.nowMs)
        this.judged = false
        this.supplyFailing = false
        this.memoryAnswers = true
        this.pressure = Pressure.Normal
        this.encoder = Encoder.Follows
        this.endSwitch = EndSwitch.Open
        this.battery = Battery.Good
        this.clockReadable = true
        this.request = NO_REQUEST
        this.placeEncoder()
    }

    /** How many stops by an alarm the pump remembers of the last ten minutes: 0, 1 or 2. */
    recentStops(): number {
        if (this.nowMs - this.pump.stopBeforeMs <= RESTARTS_MS) return 2
        return this.nowMs - this.pump.lastStopMs <= RESTARTS_MS ? 1 : 0
    }

    /** All of the state but its alarms; first what the world shows. */
    bits(): number {
        const { pump } = this
        const shown = this.pressure | (this.encoder << 2) | (this.endSwitch << 4) | (this.battery << 6)
        const flags =
            (pump.mode === Mode.Running ? RUNNING : 0) |
            (pump.delivering ? DELIVERING : 0) |
            (pump.residualPl < NEARLY_EMPTY_PL ? RUNNING_OUT : 0) |
            (pump.volume.endSwitchDiffers ? SWITCH_DIFFERS : 0) |
            (this.guard.trip !== GuardTrip.None ? TRIPPED : 0) |
            (this.recentStops() * RECENT_STOP) |
            (pump.reliefLeftSteps > 0 ? RELIEVING : 0) |
            (pump.bolusKind * BOLUS) |
            (pump.heldRatePlPerDay > 0 ? WAITING : 0) |
            (lineOf(pump) * LINE) |
            (pump.doses.lockoutMs > 0 ? LOCKED_OUT : 0)
        return (shown | flags) & this.scope.bits
    }

    /** Puts ages and levels back to one value each, so that only a move of its own changes what they mean; and what its walk leaves out. */
    hold(): void {
        const { pump, nowMs } = this
        const bits = this.bits()
        const recentStops = (bits & RECENT_STOPS) / RECENT_STOP
        pump.lastStopMs = recentStops > 0 ? nowMs - STOP_AGE_MS : NaN
        pump.stopBeforeMs = recentStops > 1 ? nowMs - STOP_AGE_MS : NaN
        if (pump.residualPl < NEARLY_EMPTY_PL) pump.residualPl = Math.min(pump.residualPl, RUNNING_OUT_PL)
        if (pump.bolusKind !== BolusKind.None) pump.bolusLeftPl = pump.bolusPl
        setLine(pump, (bits & LINES) / LINE)
        pump.doses.lockoutMs = (bits & LOCKED_OUT) !== 0 ? LOCKOUT_MS : 0
        planFlow(pump, nowMs)
    }

    /**
     * Brings the pump into a state. In one `guise` the sound is paused, every alarm's condition is there and has been seen, a
     * stop has just been made, and no alarm stands that only tells. In the other the reverse of all that is so, the parts
     * that only tell are unreadable, local time was shifted and a refill begun. Both have to go the same ways.
     */
    enter(fresh: Fresh, state: State, guise: Guise, move: Move): void {
        const pump = copyPump(fresh.pump)
        const guard = copyGuard(fresh.guard)
        this.pump = pump
        this.guard = guard
        const { alarms, bits } = state
        this.nowMs = BEGIN_MS
        this.judged = true
        this.pressure = bits & 3
        this.encoder = (bits >> 2) & 3
        this.endSwitch = (bits >> 4) & 3
        this.battery = (bits >> 6) & 3
        this.clockReadable = true
        this.supplyFailing = false
        this.memoryAnswers = true
        this.request = NO_REQUEST

        pump.mode = (bits & RUNNING) !== 0 ? Mode.Running : Mode.Stopped
        pump.delivering = (bits & DELIVERING) !== 0
        pump.motorReverses = this.scope.relieves
        const kind: BolusKind = (bits & BOLUSES) / BOLUS
        if (kind !== BolusKind.None) {
            pump.bolusKind = kind
            pump.bolusPl = BOLUS_PL
            pump.bolusLeftPl = BOLUS_PL
            pump.bolusRatePlPerDay = BOLUS_RATE_PL_PER_DAY
        }
        if ((bits & WAITING) !== 0) {
            pump.heldPl = BOLUS_PL
            pump.heldLeftPl = BOLUS_PL / 2
            pump.heldRatePlPerDay = BOLUS_RATE_PL_PER_DAY
        }
        setLine(pump, (bits & LINES) / LINE)
        pump.doses.lockoutMs = (bits & LOCKED_OUT) !== 0 ? LOCKOUT_MS : 0
        const empty = (alarms & (1 << Alarm.ReservoirEmpty)) !== 0
        pump.residualPl = (bits & RUNNING_OUT) === 0 ? FULL_PL : empty ? 0 : RUNNING_OUT_PL
        pump.volume.endSwitchDiffers = (bits & SWITCH_DIFFERS) !== 0
        guard.trip = (bits & TRIPPED) !== 0 ? GuardTrip.HourLimit : GuardTrip.None
        const recentStops = (bits & RECENT_STOPS) / RECENT_STOP
        pump.lastStopMs = recentStops > 0 ? BEGIN_MS - STOP_AGE_MS : NaN
        pump.stopBeforeMs = recentStops > 1 ? BEGIN_MS - STOP_AGE_MS : NaN

        pump.latched = alarms & LATCHING_ALARMS
        if (guise === Guise.Seen) {
            pump.conditions = alarms
            pump.acknowledged = alarms
            pump.soundPausedUntilMs = BEGIN_MS + SOUND_PAUSE_MS
            pump.stoppedSinceMs = BEGIN_MS
            pump.cutMotor = (alarms & (1 << Alarm.OverDelivery)) !== 0
        } else {
            // A sensor that is lost denies a bolus, and decides nothing else.
            const telling = move.asksBolus ? TELLING_ALARMS & ~SENSOR_ALARMS : TELLING_ALARMS
            pump.conditions = (alarms & ~LATCHING_ALARMS) | telling
            pump.latched = pump.latched | (TELLING_ALARMS & LATCHING_ALARMS)
            pump.acknowledged = 0
            pump.soundPausedUntilMs = BEGIN_MS
            pump.stoppedSinceMs = BEGIN_MS - (recentStops === 1 ? STOPPED_MEDIUM_MS : STOPPED_HIGH_MS)
            if (this.endSwitch === EndSwitch.Open) this.endSwitch = EndSwitch.Unreadable
            if (this.battery === Battery.Good) this.battery = pump.delivering ? Battery.Low : Battery.Unreadable
            this.clockReadable = false
            pump.shiftLeftMs = MS_PER_HOUR
            pump.shiftSinceMs = BEGIN_MS
            pump.refillBeganMs = BEGIN_MS - CHANGE_ALERT_MS
            pump.refillExpectedPl = pump.residualPl
            // What no state of this walk tells apart.
            if ((this.scope.bits & LOCKED_OUT) === 0) pump.doses.lockoutMs = LOCKOUT_MS
            if ((this.scope.bits & LINES) === 0 && kind === BolusKind.None && !move.asksBolus)
                setLine(pump, Line.Bridged)
        }
        if (pump.mode === Mode.Running) pump.stoppedSinceMs = NaN
        pump.alarms = pump.conditions | pump.latched

        if ((alarms & RECORD_ALARMS) !== 0) pump.programme = undefined
        if ((bits & RELIEVING) !== 0) pump.reliefLeftSteps = Math.floor(RELIEF_PL_MAX / MECHANISM.stepPl)
        this.placeEncoder()
        pump.checks.encoder.lastSteps = this.encoderSteps
        pump.volume.encoderSteps = this.encoderSteps
        pump.checks.battery.believedMv = BATTERY_MV[this.battery === Battery.Unreadable ? Battery.Good : this.battery]
        if (this.battery === Battery.End) pump.batteryEndSamples = SAMPLES_TO_ALARM
        if (this.battery === Battery.Low) pump.batteryLowSamples = SAMPLES_TO_ALARM
        if (this.pressure === Pressure.Unreadable) pump.pressureFaultSamples = SAMPLES_TO_ALARM
        else pump.checks.pressure.lastPa = PRESSURE_PA[this.pressure]
        if (this.encoder === Encoder.Unreadable) {
            pump.encoderFaultSamples = SAMPLES_TO_ALARM
            pump.following.offsetSteps = NaN
        }
        planFlow(pump, BEGIN_MS)
    }
}

/** A line that holds this, and all of it. */
function setLine(pump: Pump, line: Line): void {
    pump.lineLeftPl = line === Line.Full ? 0 : PROGRAMME.deadVolumePl
    pump.lineNgPerMl = line === Line.Bridged ? OTHER_DRUG.concentrationNgPerMl : 0
    pump.bridgeRatePlPerDay = line === Line.Bridged ? OTHER_DRUG.meanRatePlPerDay : 0
}

/** The two forms in which a state is entered (`World.enter`). */
enum Guise {
    Seen = 0,
    Heard = 1,
}

/** A pump that runs with nothing wrong, as it is just before a move. */
interface Fresh {
    pump: Pump
    guard: Guard
}

interface State {
    /** Those that decide. */
    alarms: number
    bits: number
}

function namesOf(alarms: number): string {
    return ALARMS.filter((_, alarm) => (alarms & (1 << alarm)) !== 0)
        .map(rule => rule.id)
        .join(" ")
}

interface Move {
    name: string
    /** Whether it can be made now; always, when left out. */
    possible?: (world: World) => boolean
    make: (world: World) => void
    /** An act by which a person brings the pump back to delivering: repairs the world, or gives a command. */
    bringsBack?: boolean
    /** Takes a sensor away. */
    losesSensor?: boolean
    /** Asks for a bolus. */
    asksBolus?: boolean
    /** Brings the world back, where nothing is held. */
    passes?: (world: World) => void
}

const bolusFlows = ({ pump }: World) => pump.bolusKind !== BolusKind.None

/** Those of both walks. */
const COMMON_MOVES: readonly Move[] = [
    { name: "nothing happens", make: () => {} },
    ...movesTo("pressure", Pressure, Pressure.Unreadable, [Pressure.Normal, Pressure.Over, Pressure.Unreadable]),
    {
        name: "the account runs out",
        // A pull-back fills it.
        possible: world => world.pump.residualPl >= NEARLY_EMPTY_PL && world.pump.reliefLeftSteps === 0,
        make: world => {
            world.pump.residualPl = RUNNING_OUT_PL
        },
    },
    ...[CommandKind.Stop, CommandKind.Start, CommandKind.Bolus, CommandKind.Refill, CommandKind.Toggle].map(command =>
        commandMove(command),
    ),
    ...[CommandKind.Acknowledge, CommandKind.Silence, CommandKind.Release].map(command => commandMove(command)),
    {
        name: "the bolus comes to its end",
        possible: bolusFlows,
        make: world => {
            world.pump.bolusLeftPl = Math.min(world.pump.bolusLeftPl, 1000)
        },
        bringsBack: true,
    },
    asBolusEnds(commandMove(CommandKind.Bolus)),
    {
        name: "the oldest stop is forgotten",
        possible: world => world.recentStops() > 0,
        make: world => {
            const { pump } = world
            if (world.recentStops() === 1) pump.lastStopMs = NaN
            pump.stopBeforeMs = NaN
        },
    },
    { name: "reset", make: world => world.reset({}, false) },
    { name: "reset, programme damaged", make: world => world.reset({ programme: "damaged" }, false) },
    {
        name: "reset, checkpoint damaged",
        make: world => world.reset({ checkpointDamage: Reason.RecordDamaged }, false),
    },
]

const SUPERVISION_MOVES: readonly Move[] = [
    ...movesTo("encoder", Encoder, Encoder.Unreadable, [
        Encoder.Follows,
        Encoder.Stands,
        Encoder.Runs,
        Encoder.Unreadable,
    ]),
    ...movesTo("endSwitch", EndSwitch, EndSwitch.Unreadable, [EndSwitch.Open, EndSwitch.Pressed]),
    ...movesTo("battery", Battery, Battery.Unreadable, [Battery.Good, Battery.End]),
    {
        name: "the guard trips",
        possible: world => world.guard.trip === GuardTrip.None,
        make: world => {
            world.guard.trip = GuardTrip.HourLimit
        },
    },
    {
        name: "the relief comes to its end",
        possible: world => world.pump.reliefLeftSteps > 0,
        make: world => {
            world.pump.reliefLeftSteps = 3
        },
    },
    { name: "the clock jumps", make: world => world.tick(MS_PER_MINUTE, false) },
    { name: "reset, the self-test fails", make: world => world.reset({}, true) },
    { name: "reset, no programme", make: world => world.reset({ programme: undefined }, false) },
]

const NEW_LINE = { lineChanged: true }
const OTHER_CONCENTRATION = { otherDrug: true }

const THERAPY_MOVES: readonly Move[] = [
    ...[CommandKind.Prime, CommandKind.PatientDose, CommandKind.CancelBolus, CommandKind.MinimumRate].flatMap(
        command => [commandMove(command), asBolusEnds(commandMove(command))],
    ),
    ...[CommandKind.RefillBegin, CommandKind.Clock, CommandKind.Programme].map(command => commandMove(command)),
    commandMove(CommandKind.Refill, NEW_LINE),
    commandMove(CommandKind.Programme, OTHER_CONCENTRATION),
    commandMove(CommandKind.Programme, { ...OTHER_CONCENTRATION, ...NEW_LINE }),
    asBolusEnds(commandMove(CommandKind.Stop)),
    {
        name: "the patient's dose comes to its end, and the bolus that waits with it",
        possible: world => world.pump.heldRatePlPerDay > 0,
        make: world => {
            world.pump.bolusLeftPl = 1
            world.pump.heldLeftPl = 1
        },
    },
    {
        name: "the lockout ends",
        possible: world => world.pump.doses.lockoutMs > 0,
        make: world => {
            world.pump.doses.lockoutMs = 1
        },
        bringsBack: true,
    },
    {
        name: "the line is filled",
        possible: world => world.pump.delivering && world.pump.lineLeftPl > 0,
        make: world => {
            world.pump.lineLeftPl = Math.min(world.pump.lineLeftPl, 10 * MECHANISM.stepPl)
        },
        bringsBack: true,
    },
    {
        name: "the supply fails for a second",
        make: world => {
            world.supplyFailing = true
            world.second()
            world.supplyFailing = false
        },
    },
    {
        name: "the record memory is silent for a second",
        make: world => {
            world.memoryAnswers = false
            world.second()
            world.memoryAnswers = true
        },
    },
]

function movesTo(
    name: "pressure" | "encoder" | "endSwitch" | "battery",
    names: Record<number, string>,
    lost: number,
    values: number[],
): Move[] {
    const show = (world: World, value: number) => {
        if (name === "pressure") world.pressure = value
        else if (name === "encoder") world.encoder = value
        else if (name === "endSwitch") world.endSwitch = value
        else world.battery = value
    }
    return values.map(value => ({
        name: `${name} ${names[value].toLowerCase()}`,
        possible: world => world[name] !== value,
        make: world => show(world, value),
        bringsBack: value === 0,
        losesSensor: value === lost,
        passes: value === 0 || value === lost ? undefined : world => show(world, 0),
    }))
}

function commandMove(command: CommandKind, options: Partial<Request> = {}): Move {
    const request = { ...NO_REQUEST, ...options, command }
    const back = [
        CommandKind.Start,
        CommandKind.Refill,
        CommandKind.Acknowledge,
        CommandKind.Release,
        CommandKind.Programme,
        CommandKind.CancelBolus,
    ]
    const of = request.otherDrug ? " of another concentration" : ""
    const line = request.lineChanged ? ", new line" : ""
    return {
        name: CommandKind[command] + of + line,
        make: world => {
            world.request = request
        },
        bringsBack: back.includes(command),
        asksBolus: asksBolus(command),
    }
}

/** The same in the very tick that ends the bolus which flows. */
function asBolusEnds(move: Move): Move {
    return {
        name: `${move.name}, as the bolus comes to its end`,
        possible: bolusFlows,
        make: world => {
            world.pump.bolusLeftPl = 1
            move.make(world)
        },
        asksBolus: move.asksBolus,
    }
}

/** What one walk goes through. */
interface Scope {
    name: string
    moves: readonly Move[]
    /** What of `World.bits` its states tell apart. */
    bits: number
    /** Whether an occlusion is relieved. */
    relieves: boolean
    /** True of a state from which there is nothing to be brought back. */
    well: (state: State) => boolean
}

const SUPERVISION: Scope = {
    name: "supervision",
    moves: [...COMMON_MOVES, ...SUPERVISION_MOVES],
    bits: ALL_BITS & ~(WAITING | LINES | LOCKED_OUT),
    relieves: true,
    well: ({ alarms, bits }) => alarms === 0 && (bits & DELIVERING) !== 0 && (bits & SHOWN) === 0,
}

const THERAPIES: Scope = {
    name: "therapies",
    moves: [...COMMON_MOVES, ...THERAPY_MOVES],
    bits: ALL_BITS,
    relieves: false,
    well: ({ alarms, bits }) => alarms === 0 && (bits & ~RECENT_STOPS) === (RUNNING | DELIVERING),
}

/** Nothing left out: too much to be walked through, but not to be run through at random. */
const EVERYTHING: Scope = {
    ...SUPERVISION,
    name: "everything",
    moves: [...COMMON_MOVES, ...SUPERVISION_MOVES, ...THERAPY_MOVES],
    bits: ALL_BITS,
}

const NOTHING = 0

function describe({ alarms, bits }: State): string {
    return `[${namesOf(alarms)} ${bits.toString(16)}]`
}

export interface Walk {
    name: string
    states: number
    transitions: number
    /** Moves of the shortest way to the state that is farthest from power-on. */
    farthest: number
    /** Moves of the shortest way back from the state that is farthest from delivering. */
    farthestBack: number
}

/** All that the walk found, to hold other pumps against. */
interface Graph extends Walk {
    scope: Scope
    held: boolean
    found: State[]
    /** The state that each move leads to from each state, by state and then move; -1 where it can't be made. */
    next: number[]
}

function createFresh(): Fresh {
    const world = new World([], EVERYTHING)
    world.nowMs = BEGIN_MS - 60_000
    world.powerOn()
    setLine(world.pump, Line.Full)
    for (let i = 0; i < 60; i++) world.second()
    const { pump } = world
    // Room for a pull-back without a count below zero.
    pump.commandedSteps = BEGIN_STEPS
    pump.commandedStepsHalfway = BEGIN_STEPS
    pump.owed = 0
    pump.line.commandedSteps = BEGIN_STEPS
    pump.checks.pressure.commandedSteps = BEGIN_STEPS
    pump.volume.commandedSteps = BEGIN_STEPS
    pump.volume.countedCommandedSteps = BEGIN_STEPS
    pump.following.commandedSteps = BEGIN_STEPS
    pump.following.offsetSteps = 0
    // What two copies shared, one move would leave to the next.
    const copy = copyPump(pump)
    for (const [name, value] of Object.entries(pump)) {
        const shared = typeof value === "object" && copy[name as keyof Pump] === value
        if (shared && name !== "programme" && name !== "mechanism") throw new Error(`copyPump shares ${name}`)
    }
    return { pump, guard: createGuard(LIMITS, MECHANISM.stepPl, MECHANISM.stepsPerTickMax, BEGIN_MS) }
}

function stateOf(world: World): State {
    return { alarms: world.pump.alarms & DECIDING_ALARMS, bits: world.bits() }
}

/** One number for a state; it stays below 2^53. */
function keyOf(state: State): number {
    return state.alarms * (ALL_BITS + 1) + state.bits
}

/** What must hold in a pump that has settled. */
function checkSettled(world: World): void {
    const { pump } = world
    const stopping = (pump.alarms & STOPPING_ALARMS) !== 0
    const stopped = pump.mode === Mode.Stopped
    world.check(pump.delivering === (!stopped && !stopping), "SUP-6", "nothing stops the pump, and it does not deliver")
    const priority = highestPriority(pump.alarms)
    if (stopping) world.check(priority === AlarmPriority.High, "SUP-3", "a stop by an alarm that is not urgent")
    const waitsToBeTold = pump.heldReason !== BolusReason.None || (pump.heldRatePlPerDay > 0 && pump.heldLeftPl === 0)
    const told = !waitsToBeTold && pump.unansweredKind === BolusKind.None
    world.check(told, "SUP-9", "the end of a bolus, or the answer to a request, that never comes")
    if ((pump.alarms & MINIMUM_RATE_ALARMS) !== 0)
        world.check(priority >= AlarmPriority.Medium, "SUP-3", "the minimum rate, and nobody told")
    if (lineOf(pump) === Line.Dry && !stopped)
        world.check(hasAlarm(pump.alarms, Alarm.LineNotPrimed), "SUP-3", "a line without drug, and nobody told")
    if (!stopped) return
    const stoppedMs = world.nowMs - pump.stoppedSinceMs
    world.check(stoppedMs >= 0, "SUP-3", "a stop without a beginning")
    if (stoppedMs >= STOPPED_MEDIUM_MS) world.check(priority >= AlarmPriority.Medium, "SUP-3", "stopped 5 min, silent")
    if (stoppedMs >= STOPPED_HIGH_MS) world.check(priority === AlarmPriority.High, "SUP-3", "stopped 48 h, not urgent")
}

function makeMove(world: World, move: Move, held: boolean): void {
    move.make(world)
    world.settle()
    checkSettled(world)
    if (held || !move.passes) return
    move.passes(world)
    world.settle()
    checkSettled(world)
}

/**
 * One whole walk. With `held`, what the world shows stays until another move changes it: every combination of faults there
 * is, in some minutes. Without, a fault of line, motor, end switch or battery passes once the pump has made of it what it
 * will, which leaves every combination of mode, alarms, bolus and lost sensors.
 */
function explore(scope: Scope, held: boolean, violations: Violation[], log: (line: string) => void): Graph {
    const all = scope.moves
    const fresh = createFresh()
    const found: State[] = []
    const indexOf = new Map<number, number>()
    const parents: number[] = []
    const moves: number[] = []
    const distances: number[] = []
    const next: number[] = []
    let transitions = 0

    function wayTo(state: number, move: number): string {
        const way = [all[move].name]
        for (let at = state; parents[at] >= 0; at = parents[at]) way.unshift(all[moves[at]].name)
        return way.join(", ")
    }
    function find(state: State, parent: number, move: number): number {
        const key = keyOf(state)
        const known = indexOf.get(key)
        if (known !== undefined) return known
        indexOf.set(key, found.length)
        parents.push(parent)
        moves.push(move)
        distances.push(parent < 0 ? 0 : distances[parent] + 1)
        return found.push(state) - 1
    }

    const world = new World(violations, scope)
    const heard = new World(violations, scope)
    world.pump = copyPump(fresh.pump)
    find(stateOf(world), -1, NOTHING)
    for (let at = 0; at < found.length; at++) {
        if (at % 10_000 === 0) log(`${at} of ${found.length} states, ${distances[at]} moves away`)
        const state = found[at]
        for (let m = 0; m < all.length; m++) {
            const move = all[m]
            world.where = () => wayTo(at, m)
            heard.where = world.where
            world.enter(fresh, state, Guise.Seen, move)
            if (move.possible && !move.possible(world)) {
                next.push(-1)
                continue
            }
            const { ratePlPerDay, delivering } = world.pump
            makeMove(world, move, held)
            const to = stateOf(world)
            transitions += 1
            next.push(find(to, at, m))

            const same = to.alarms === state.alarms && to.bits === state.bits
            if (m === NOTHING) world.check(same, "SUP-11", "a state that does not stay")
            if (move.name === "Acknowledge" || move.name === "Silence")
                world.check(same, "SUP-8", "more than sound and marks changes")
            if (move.name === "RefillBegin" || move.name === "Clock")
                world.check(same, "SUP-10", `${move.name} decides something`)
            if (move.name === "CancelBolus") {
                const ends = to.alarms === state.alarms && to.bits === (state.bits & ~(BOLUSES | WAITING))
                world.check(ends, "SUP-17", "more than the boluses ends, or less")
            }
            // A pressed switch that the encoder contradicts has to be believed without it: those are two faults.
            if (move.losesSensor && delivering && world.endSwitch !== EndSwitch.Pressed) {
                world.check(world.pump.delivering, "SUP-7", "a lost sensor stops the pump")
                world.check(world.pump.ratePlPerDay === ratePlPerDay, "SUP-7", "a lost sensor changes the flow")
            }

            if (!held && (at + m) % SHARE_IN_BOTH_GUISES !== 0) continue
            heard.enter(fresh, state, Guise.Heard, move)
            makeMove(heard, move, held)
            const other = stateOf(heard)
            if (other.alarms !== to.alarms || ((other.bits ^ to.bits) & ~TELLING_BITS) !== 0)
                heard.check(false, "SUP-10", `${describe(to)} or ${describe(other)}`)
        }
    }
    const back = waysBack(scope, found, next)
    const lost = back.indexOf(-1)
    world.where = () => wayTo(lost, NOTHING)
    world.check(lost < 0, "SUP-4", "no way back to delivering")
    return {
        name: scope.name,
        states: found.length,
        transitions,
        farthest: distances[distances.length - 1],
        farthestBack: back.reduce((most, moves) => Math.max(most, moves), 0),
        scope,
        held,
        found,
        next,
    }
}

/** From each state the fewest acts of a person, and waits, until nothing is left to be brought back; -1 where none help. */
function waysBack({ moves, well }: Scope, found: State[], next: number[]): number[] {
    const back: number[] = found.map(state => (well(state) ? 0 : -1))
    for (let distance = 1, more = true; more; distance++) {
        more = false
        for (let at = 0; at < found.length; at++) {
            if (back[at] >= 0) continue
            for (let m = 0; m < moves.length; m++) {
                const { name, bringsBack } = moves[m]
                const helps = name === "reset" ? (found[at].alarms & ENDED_BY_RESET) !== 0 : bringsBack
                const to = next[at * moves.length + m]
                if (!helps || to < 0 || back[to] !== distance - 1) continue
                back[at] = distance
                more = true
                break
            }
        }
    }
    return back
}

/** All of it, a line for each walk. */
export function summaryOf({ walks, compared, hurried }: Findings): string {
    const lines = walks.map(
        ({ name, states, transitions, farthest, farthestBack }) =>
            `${name}: ${states} states and ${transitions} moves, at most ${farthest} moves from power-on and ` +
            `${farthestBack} from delivering`,
    )
    return [...lines, `${compared} moves compared, ${hurried} in a hurry`].join("\n")
}

/** A generator of pseudo-random numbers from 0 up to but not including its argument (mulberry32). */
function dice(seed: number): (sides: number) => number {
    let state = seed
    return sides => {
        state = (state + 0x6d2b79f5) | 0
        let mixed = Math.imul(state ^ (state >>> 15), state | 1)
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
        return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
    }
}

/** Pumps to which nothing is done but the moves go only where the walk went (SUP-11). Returns the moves that were compared. */
function compare(graph: Graph, violations: Violation[], pumps: number, movesEach: number): number {
    const roll = dice(1)
    const fresh = createFresh()
    const { moves } = graph.scope
    const world = new World(violations, graph.scope)
    let compared = 0
    for (let i = 0; i < pumps; i++) {
        let at = 0
        const way: string[] = []
        world.where = () => way.join(", ")
        world.enter(fresh, graph.found[at], Guise.Seen, moves[NOTHING])
        for (let k = 0; k < movesEach; k++) {
            const m = roll(moves.length)
            const move = moves[m]
            const to = graph.next[at * moves.length + m]
            if (to < 0) continue
            way.push(move.name)
            makeMove(world, move, graph.held)
            world.hold()
            const came = stateOf(world)
            const same = came.alarms === graph.found[to].alarms && came.bits === graph.found[to].bits
            world.check(
                same,
                "SUP-11",
                `a pump goes another way than the walk, ${describe(came)} not ${describe(graph.found[to])}`,
            )
            if (!same) break
            compared += 1
            at = to
        }
    }
    return compared
}

/** Moves at any moment, while the pump is still about to judge what came before. Returns how many were made. */
function hurry(violations: Violation[], pumps: number, movesEach: number): number {
    const roll = dice(2)
    const { moves } = EVERYTHING
    const world = new World(violations, EVERYTHING)
    let made = 0
    for (let i = 0; i < pumps; i++) {
        const way: string[] = []
        world.where = () => way.join(", ")
        world.powerOn()
        if (i % 2 === 0) setLine(world.pump, Line.Full)
        for (let k = 0; k < movesEach; k++) {
            const move = moves[roll(moves.length)]
            if (!move.possible || move.possible(world)) {
                const seconds = roll(5)
                way.push(`${move.name}, ${seconds} s`)
                move.make(world)
                world.clockReadable = roll(8) > 0
                made += 1
                for (let s = 0; s < seconds; s++) world.second()
            }
        }
    }
    return made
}

/** What the program prints with `--json`. */
export interface Findings {
    walks: Walk[]
    /** Moves of pumps that are never simplified, and moves made in a hurry. */
    compared: number
    hurried: number
    violations: Violation[]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const json = process.argv.includes("--json")
    const log = (line: string) => {
        if (!json) console.log(line)
    }
    const violations: Violation[] = []
    const graphs = [
        explore(SUPERVISION, process.argv.includes("--held"), violations, log),
        explore(THERAPIES, false, violations, log),
    ]
    const compared = graphs.reduce((sum, graph) => sum + compare(graph, violations, 500, 20), 0)
    const hurried = hurry(violations, 1000, 100)
    const walks = graphs.map(({ name, states, transitions, farthest, farthestBack }) => ({
        name,
        states,
        transitions,
        farthest,
        farthestBack,
    }))
    const findings: Findings = { walks, compared, hurried, violations }
    if (json) console.log(JSON.stringify(findings))
    else {
        console.log(summaryOf(findings))
        for (const { id, what, where } of violations) console.log(`${id}: ${what}: ${where}`)
        process.exitCode = violations.length > 0 ? 1 : 0
    }
}

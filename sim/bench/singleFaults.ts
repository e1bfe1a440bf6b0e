// The largest volume that one fault can deliver: faults put one at a time into the firmware's own logic, its guard, its
// sensors, its motor driver and its clock, with the world as the judge of what left and nobody there to do anything.
// Beside each figure stands a bound that follows from the guard's limits and the programme alone, not from the logic.

import { setImmediate } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { ALARMS, Effect, REASON_WORDS } from "../../src/pump/alarmRules"
import { AlarmPriority, hasAlarm, highestPriority, Reason } from "../../src/pump/alarms"
import { CHECKPOINT_SIZE, encodeCheckpoint } from "../../src/pump/checkpoint"
import { createGuard, type Guard, type GuardLimits, restoreGuard } from "../../src/pump/guard"
import { countSteps, createJournal, findState, type Journal } from "../../src/pump/journal"
import {
    MS_PER_DAY,
    MS_PER_HOUR,
    MS_PER_MINUTE,
    MS_PER_SECOND,
    MS_PER_WEEK,
    OWED_MAX,
    SAMPLE_MS,
    START_UP_MS,
    TICK_MS,
} from "../../src/pump/limits"
import type { Mechanism } from "../../src/pump/mechanism"
import { catchUp, ODOMETER_SIZE } from "../../src/pump/odometer"
import type { Programme } from "../../src/pump/programme"
import { BolusEvent, BolusKind, createActions, createPump, Mode, type Pump } from "../../src/pump/pump"
import { CommandKind, createReadings, GuardTrip, type Readings } from "../../src/pump/readings"
import { nextDueMs, tick } from "../../src/pump/tick"
import { takeAnswers } from "../engines/core"
import { Observer } from "../engines/observer"
import { loadPrescription } from "../prescription/compile"
import { loadMechanism } from "../prescription/mechanism"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import type { SensorFailure, SensorName } from "../scenario/scenario"
import { worldSchema } from "../scenario/schema"
import { World } from "../world/world"
import type { Row } from "./rows"

const PL_PER_MICROLITRE = 1_000_000
const MINUTES_PER_DAY = 1440
const MINUTES_PER_WEEK = 10_080
const HOURS_PER_DAY = 24
const SEED = 1

/** The simulator's own bench: no other noise, line or person than a scenario without settings has. */
const WORLD = worldSchema.parse({})

/** The fault begins this long after power-on, and two seconds before the flow goes down to the day's least. */
const FAULT_AT_MS = 58_000
const EDGE_AT_MS = 60_000
const PRIME_AT_MS = 30_000

/** From a reset to the next tick: DeviceScript starts a program again after five seconds, and the pump waits as long. */
const RESTART_MS = 5_000 + START_UP_MS

/**
 * What the pump was doing before: the guard's windows are at their emptiest after a stop of a day, half full in the middle of
 * one; a prime as large and as slow as may be leaves the guard most to be misled about; a pump that a person stopped is asked
 * for nothing.
 */
export type Moment = "windows empty" | "windows half full" | "in a prime" | "stopped"

export type FaultKind =
    | "software"
    | "request"
    | "crashing"
    | "one field"
    | "guard"
    | "sensor"
    | "driver"
    | "clock"
    | "clock's pace"

/** A pump with its patient. */
export interface Subject {
    name: string
    programme: Programme
    limits: GuardLimits
    mechanism: Mechanism
    microgramsPerMl: number
    /** Local time at power-on, since Monday 00:00: a minute before the day's lowest flow begins. */
    startWeekMs: number
    /** The least that the programme asks for in so many hours in a row, 0 to 24. */
    leastAskedPl: number[]
    /** The most by which the flow of other minutes of the week, or its mean, is over the right one in a stretch of the day. */
    otherHourPl: number
}

/** One fault, and the bound that it has to keep. */
export interface Fault {
    kind: FaultKind
    name: string
    moments: readonly Moment[]
    /** Time between ticks where a second is too coarse. */
    tickMs?: number
    /** True for one that is there from power-on. */
    fromPowerOn?: true
    /** True for one that a tripped guard does not end. */
    goesOn?: true
    /** What happens to the bench once. */
    begin?: (bed: Bed) => void
    /** What goes wrong before each tick. */
    corrupt?: (bed: Bed) => void
    /** By how much the pump's clock goes on with this tick, where it does not go right. */
    clockMs?: (ticks: number) => number
    /** The firmware starts anew so often. */
    resetEveryMs?: number
    /** True where the record memory keeps nothing from the fault on, and says that it does. */
    memoryLost?: true
    /** The most that may leave over what was asked for, in any stretch of a day. */
    boundPl: (subject: Subject, moment: Moment) => number
}

export interface Outcome {
    /** The most that left over what was asked for, in any stretch of the run, the line's own content included. */
    excessPl: number
    /** From the fault to the first alarm of high priority; null without one. */
    highAlarmS: number | null
    /** The alarms that were raised since the fault, by their ids. */
    alarms: string[]
    /** What keeps the motor still at the end. */
    stoppedBy: string
}

export interface FaultResult extends Outcome {
    subject: Subject
    fault: Fault
    moment: Moment
    boundPl: number
}

/** The shipped prescriptions whose worst fault is stated. */
export const PRESCRIPTIONS = ["continuous-100", "night-rise-312"] as const

/** The pump on this prescription; its calibration is that of the simulated bench, so that a wrong one is no part of any figure. */
export function subjectOf(prescription: (typeof PRESCRIPTIONS)[number]): Subject {
    const file = fileURLToPath(new URL(`../prescriptions/${prescription}.json`, import.meta.url))
    const mechanismFile = fileURLToPath(new URL("../../boards/syringe-20ml.mechanism.json", import.meta.url))
    const { prescription: prescribed, programme, limits } = loadPrescription(file)
    const stepPl = Math.round(new World(WORLD, 0, 0, SEED).stepPl)
    const rates = programme.segmentRatePlPerDay
    const lowest = rates.indexOf(Math.min(...rates))
    const edgeMs = programme.segmentStartMinute[lowest] * MS_PER_MINUTE
    const startWeekMs = (edgeMs - EDGE_AT_MS + MS_PER_WEEK) % MS_PER_WEEK
    const perMinute = ratesPlPerMinute(programme)
    return {
        name: prescription,
        programme,
        limits,
        mechanism: { ...loadMechanism(mechanismFile), stepPl },
        microgramsPerMl: prescribed.concentrationMicrogramsPerMl,
        startWeekMs,
        leastAskedPl: Array.from({ length: HOURS_PER_DAY + 1 }, (_, hours) => leastAskedPl(perMinute, hours * 60)),
        otherHourPl: otherHourPl(perMinute, startWeekMs / MS_PER_MINUTE, programme.meanRatePlPerDay / MINUTES_PER_DAY),
    }
}

/** A pump in its world, with one fault. */
export class Bed {
    readonly world: World
    readonly observer: Observer
    readonly readings = createReadings()
    readonly actions = createActions()
    pump: Pump
    guard: Guard
    private pumpMs = START_UP_MS
    private sampleDueMs = START_UP_MS
    /** What the record memory holds: the checkpoint, and both copies of the count of steps. */
    private readonly checkpoint = new Uint8Array(CHECKPOINT_SIZE)
    private readonly odometers = [new Uint8Array(ODOMETER_SIZE), new Uint8Array(ODOMETER_SIZE)]
    private journal: Journal
    private memoryLost = false
    private primed = false

    constructor(
        readonly subject: Subject,
        private readonly fault: Fault,
        private readonly moment: Moment,
        private readonly guarded: boolean,
    ) {
        const { programme, limits, mechanism, startWeekMs } = subject
        this.world = new World(WORLD, startWeekMs, programme.reservoirPl, SEED)
        this.observer = new Observer(programme, mechanism)
        this.observer.setClock(startWeekMs)
        if (moment !== "stopped") this.observer.follow(true, "schedule")
        const records = { programme, mechanism, limits, checkpoint: undefined, checkpointDamage: Reason.None }
        const before = createPump(records, 0)
        before.mode = moment === "stopped" ? Mode.Stopped : Mode.Running
        before.brokenRuns = 0
        const windows = createGuard(limits, mechanism.stepPl, mechanism.stepsPerTickMax, 0)
        if (moment === "windows half full") {
            const daySteps = programme.meanRatePlPerDay / mechanism.stepPl
            restoreGuard(windows, GuardTrip.None, daySteps / 48, daySteps / 2, 0)
        }
        this.journal = createJournal(findState([[], [], [], []], Reason.RecordMissing), 0)
        encodeCheckpoint(before, windows, this.journal, this.checkpoint)
        const { pump, guard } = this.powerOn()
        this.pump = pump
        this.guard = guard
        this.world.advance(START_UP_MS)
        this.observer.advance(START_UP_MS)
    }

    /** What left so far over what was asked for; what the line has taken up counts as gone. */
    get excessPl(): number {
        return this.world.deliveredPl + this.world.lineStoredPl - this.observer.programmedPl
    }

    /** One tick, `realMs` after the last one; with the fault once it has begun, for the so manieth time. */
    tick(realMs: number, faultTicks: number): void {
        const { world, readings, actions, fault } = this
        const nowMs = world.nowMs + realMs
        world.advance(nowMs)
        this.observer.advance(realMs)
        const faulty = faultTicks > 0
        this.pumpMs += faulty && fault.clockMs ? fault.clockMs(faultTicks) : realMs
        readings.sampled = this.pumpMs >= this.sampleDueMs
        // The loop would wait for a clock that went back until the watchdog acts: ticks that come all the same are worse.
        if (this.sampleDueMs - this.pumpMs > SAMPLE_MS) readings.sampled = true
        if (readings.sampled) {
            this.sampleDueMs = nextDueMs(this.sampleDueMs, SAMPLE_MS, this.pumpMs)
            takeAnswers(this.world.sense(), this.readings)
        }
        if (this.moment === "in a prime" && nowMs >= PRIME_AT_MS && !this.primed && readings.sampled) this.askPrime()
        if (faulty) fault.corrupt?.(this)
        tick(this.pump, this.guard, readings, this.pumpMs, actions)
        if (!this.guarded) this.guard.trip = GuardTrip.None
        if (actions.bolusEvent === BolusEvent.Started && this.primed && this.observer.bolusAskedPl === 0) {
            const { primePlMax } = this.subject.limits
            this.observer.startBolus(BolusKind.Prime, primePlMax, primePlMax)
        }
        if (faulty && fault.memoryLost) this.memoryLost = true
        if (actions.steps !== 0) {
            if (!this.memoryLost) countSteps(this.journal, actions.steps, this.odometers[this.journal.odometerCopy])
            world.step(actions.steps)
        }
        // Two edges, because the watchdog hears every other one and a tick of this bed may stand for ten.
        if (!this.pump.cutMotor) {
            world.heartbeat()
            world.heartbeat()
        }
        if (actions.checkpointDue && !this.memoryLost)
            encodeCheckpoint(this.pump, this.guard, this.journal, this.checkpoint)
    }

    /** The firmware starts anew from what flash and the record memory hold. */
    reset(): void {
        const nowMs = this.world.nowMs + RESTART_MS
        this.world.restartFirmware()
        this.world.advance(nowMs)
        this.observer.advance(RESTART_MS)
        const { pump, guard } = this.powerOn()
        this.pump = pump
        this.guard = guard
        this.pumpMs = START_UP_MS
        this.sampleDueMs = START_UP_MS
    }

    private powerOn(): { pump: Pump; guard: Guard } {
        const { programme, limits, mechanism } = this.subject
        const found = findState([this.checkpoint, [], ...this.odometers], Reason.RecordMissing)
        const checkpoint = found.checkpoint
        if (checkpoint) catchUp(checkpoint, found.newer, found.older, mechanism.stepPl)
        const records = {
            programme: structuredClone(programme),
            mechanism: { ...mechanism },
            limits,
            checkpoint,
            checkpointDamage: found.damage,
        }
        const pump = createPump(records, START_UP_MS)
        const everything = { hourPlMax: Infinity, dayPlMax: Infinity, primePlMax: Infinity }
        const guard = this.guarded
            ? createGuard(limits, mechanism.stepPl, mechanism.stepsPerTickMax, START_UP_MS)
            : createGuard(everything, mechanism.stepPl, Infinity, START_UP_MS)
        if (checkpoint && this.guarded)
            restoreGuard(
                guard,
                checkpoint.guardTrip,
                checkpoint.guardHourSteps,
                checkpoint.guardDaySteps,
                checkpoint.guardPrimeDaySteps,
            )
        this.journal = createJournal(found, 0)
        if (!this.memoryLost) encodeCheckpoint(pump, guard, this.journal, this.checkpoint)
        return { pump, guard }
    }

    private askPrime(): void {
        const { readings, subject } = this
        this.primed = true
        readings.command = CommandKind.Prime
        readings.commandPl = subject.limits.primePlMax
        readings.commandRatePlPerDay = subject.limits.primePlMax
    }
}

/** Lets one fault happen at one moment, and says what came of it in the hours after. */
export function measureFault(
    subject: Subject,
    fault: Fault,
    moment: Moment,
    { guarded = true, hours = HOURS_PER_DAY }: { guarded?: boolean; hours?: number } = {},
): FaultResult {
    const bed = new Bed(subject, fault, moment, guarded)
    const { world } = bed
    const tickMs = fault.tickMs ?? MS_PER_SECOND
    const boundPl = fault.boundPl(subject, moment)
    const faultAtMs = fault.fromPowerOn ? 0 : FAULT_AT_MS
    const endMs = FAULT_AT_MS + hours * MS_PER_HOUR
    let lowestPl = bed.excessPl
    let excessPl = 0
    let highAlarmS: number | null = null
    let alarms = 0
    let faultTicks = 0
    let resetAtMs = faultAtMs + (fault.resetEveryMs ?? Infinity)
    while (world.nowMs < endMs) {
        if (world.nowMs >= faultAtMs) {
            if (faultTicks === 0) fault.begin?.(bed)
            faultTicks += 1
        }
        if (world.nowMs >= resetAtMs) {
            bed.reset()
            resetAtMs = world.nowMs + (fault.resetEveryMs ?? Infinity)
        }
        bed.tick(tickMs, faultTicks)
        const nowPl = bed.excessPl
        if (nowPl < lowestPl) lowestPl = nowPl
        else if (nowPl - lowestPl > excessPl) excessPl = nowPl - lowestPl
        if (faultTicks > 0) {
            alarms |= bed.pump.alarms
            if (highAlarmS === null && highestPriority(alarms) === AlarmPriority.High)
                highAlarmS = (world.nowMs - Math.max(faultAtMs, START_UP_MS)) / MS_PER_SECOND
        }
        // What guard or watchdog has stopped stays stopped, and what was to be shown without a guard has been.
        if (!world.motorPowered || (guarded ? bed.guard.trip !== GuardTrip.None && !fault.goesOn : excessPl > boundPl))
            break
    }
    const raised = ALARMS.filter((_, alarm) => hasAlarm(alarms, alarm)).map(rule => rule.id)
    return { subject, fault, moment, boundPl, excessPl, highAlarmS, alarms: raised, stoppedBy: stopOf(bed) }
}

function stopOf({ pump, guard, world }: Bed): string {
    if (!world.motorPowered) return "outside watchdog"
    if (guard.trip !== GuardTrip.None) return `guard, ${REASON_WORDS[guard.trip]}`
    const stopping = ALARMS.find((rule, alarm) => hasAlarm(pump.alarms, alarm) && rule.effect === Effect.Stop)
    return stopping ? `alarm ${stopping.id}` : "nothing"
}

/** The least that a flow, given for each minute of the week, comes to in so many minutes in a row. */
function leastAskedPl(perMinute: readonly number[], minutes: number): number {
    let sum = 0
    for (let minute = 0; minute < minutes; minute++) sum += perMinute[minute]
    let least = sum
    for (let start = 0; start < MINUTES_PER_WEEK; start++) {
        sum += perMinute[(start + minutes) % MINUTES_PER_WEEK] - perMinute[start]
        least = Math.min(least, sum)
    }
    return least
}

/** The programme's flow in each minute of the week. */
function ratesPlPerMinute(programme: Programme): number[] {
    const rates = new Array<number>(MINUTES_PER_WEEK)
    for (let weekday = 0; weekday < 7; weekday++) {
        const pattern = programme.patternOfWeekday[weekday]
        for (let i = programme.patternStart[pattern]; i < programme.patternStart[pattern + 1]; i++)
            rates.fill(
                programme.segmentRatePlPerDay[i] / MINUTES_PER_DAY,
                weekday * MINUTES_PER_DAY + programme.segmentStartMinute[i],
                (weekday + 1) * MINUTES_PER_DAY,
            )
    }
    return rates
}

/** Whole steps of a volume and the one more that the guard allows. */
function stepsPl(volumePl: number, { mechanism }: Subject): number {
    return (Math.floor(volumePl / mechanism.stepPl) + 1) * mechanism.stepPl
}

/** What is owed when the fault begins, and what a step may be ahead by where a stretch begins in the middle of one. */
function stepPl({ mechanism }: Subject): number {
    return 2 * mechanism.stepPl
}

/**
 * The most that a guard can be made to let through over what is asked for, in any stretch of a day: the limit of an hour at the
 * beginning of each, up to that of a day, less the least that the programme asks for meanwhile, where it asks for anything.
 * A prime in progress adds what was allowed for it, because a fault may give at once what was to take a day.
 */
export function guardBoundPl(subject: Subject, moment: Moment): number {
    const { hourPlMax, dayPlMax, primePlMax } = subject.limits
    let most = 0
    for (let hours = 0; hours <= HOURS_PER_DAY; hours++) {
        const passedPl = Math.min(stepsPl(hourPlMax, subject) * (hours + 1), stepsPl(dayPlMax, subject))
        most = Math.max(most, passedPl - (moment === "stopped" ? 0 : subject.leastAskedPl[hours]))
    }
    const bolusPl = moment === "in a prime" ? stepsPl(primePlMax, subject) : 0
    return most + bolusPl + stepPl(subject)
}

/**
 * After a reset what was counted before leaves the windows evenly, whenever it was made; so a day with resets in it may see its
 * limit twice over.
 */
function resetsBoundPl(subject: Subject, moment: Moment): number {
    return guardBoundPl(subject, moment) + stepsPl(subject.limits.dayPlMax, subject)
}

/** Two primes in a day may be asked for by nobody, on top. */
function primesBoundPl(subject: Subject, moment: Moment): number {
    return guardBoundPl(subject, moment) + 2 * stepsPl(subject.limits.primePlMax, subject)
}

/** A pump that has the time of day wrong, or not at all, gives the flow of another minute of the week, or the mean. */
function otherHourPl(perMinute: readonly number[], startMinute: number, meanPerMinute: number): number {
    const right = (minute: number) => perMinute[(startMinute + minute) % MINUTES_PER_WEEK]
    let most = mostOver(minute => meanPerMinute - right(minute))
    for (let shift = 1; shift < MINUTES_PER_WEEK; shift++)
        most = Math.max(
            most,
            mostOver(minute => right(minute + shift) - right(minute)),
        )
    return most
}

function otherHourBoundPl(subject: Subject): number {
    return subject.otherHourPl + stepPl(subject)
}

/** The largest sum of any stretch of a day, by minutes. */
function mostOver(minutes: (minute: number) => number): number {
    let most = 0
    let running = 0
    for (let minute = 0; minute <= MINUTES_PER_DAY; minute++) {
        running = Math.max(0, running + minutes(minute))
        most = Math.max(most, running)
    }
    return most
}

/** A clock that goes `times` as fast brings the programme so many times; the guard has no other clock to tell by. */
function paceBoundPl(times: number): (subject: Subject) => number {
    return subject => (times - 1) * subject.programme.meanRatePlPerDay + otherHourBoundPl(subject)
}

/**
 * A motor that moves by itself: the encoder's slack until it is seen, the slack once more until the heartbeat stops, and what
 * it makes in the four samples (three to be believed, one to be seen moving on), in the watchdog's time and in the tenths of a second between them.
 */
function runawayBoundPl(stepsPerS: number): (subject: Subject) => number {
    const watchdogS = WORLD.watchdogMilliseconds / MS_PER_SECOND
    return subject => {
        const { encoderSlackSteps, stepPl } = subject.mechanism
        return (2 * (encoderSlackSteps + 1) + stepsPerS * (4 * (SAMPLE_MS / MS_PER_SECOND + 0.3) + watchdogS)) * stepPl
    }
}

const RUNNING = ["windows empty", "windows half full"] as const
const ALWAYS = [...RUNNING, "in a prime"] as const
const AT_ANY_TIME = [...ALWAYS, "stopped"] as const

/** Alarms that nobody hears of and that stop nothing, and a pump that takes itself for running. */
function forgetAlarms(pump: Pump): void {
    pump.alarms = 0
    pump.conditions = 0
    pump.latched = 0
}

/** A logic of which nothing is right any more: it makes so many steps in each tick. */
function wantSteps(pump: Pump, steps: number): void {
    forgetAlarms(pump)
    pump.mode = Mode.Running
    pump.judgedAll = true
    pump.delivering = true
    pump.reliefLeftSteps = 0
    pump.ratePlPerDay = 0
    pump.bolusFlowPlPerDay = 0
    pump.segmentLeftMs = MS_PER_WEEK
    pump.residualPl = 1e12
    pump.owed = pump.stepQuantum * steps
}

/** Makes all that the guard still lets through, and never more: no logic can give more without being stopped. */
function wantAllThatPasses({ pump, guard }: Bed): void {
    const hourSteps = guard.hourStepsMax - guard.hourSteps
    const daySteps = guard.dayStepsMax - guard.daySteps
    wantSteps(pump, Math.max(0, Math.min(hourSteps, daySteps) + guard.primeSteps))
}

function multiplyRates(pump: Pump, factor: number): void {
    const { programme } = pump
    if (!programme) return
    programme.meanRatePlPerDay *= factor
    programme.segmentRatePlPerDay = programme.segmentRatePlPerDay.map(rate => Math.floor(rate * factor))
}

function command(readings: Readings, kind: CommandKind, subject: Subject): void {
    if (!readings.sampled) return
    readings.command = kind
    readings.commandPl = subject.limits.primePlMax
    readings.commandRatePlPerDay = 24 * PICOLITRES_PER_ML
}

function software(
    name: string,
    corrupt: (bed: Bed) => void,
    moments: readonly Moment[] = ALWAYS,
    more: Partial<Fault> = {},
): Fault {
    return { kind: "software", name, moments, corrupt, boundPl: guardBoundPl, ...more }
}

const SOFTWARE_FAULTS: readonly Fault[] = [
    software("most steps in every tick", ({ pump }) => wantSteps(pump, 7), AT_ANY_TIME),
    software("all steps that the guard lets through", wantAllThatPasses, AT_ANY_TIME),
    software("flow a thousandfold", ({ pump }) => {
        if (pump.delivering) pump.ratePlPerDay = 1000 * 200_000_000
    }),
    software("flow just within the hour's limit", ({ pump, subject }) => {
        if (pump.delivering) pump.ratePlPerDay = Math.floor(subject.limits.hourPlMax * HOURS_PER_DAY * 0.98)
    }),
    software("owed at its most", ({ pump }) => {
        pump.owed = OWED_MAX
    }),
    software("a step's worth next to nothing", ({ pump }) => {
        pump.stepQuantum = 1
    }),
    software("a step's worth not a number", ({ pump }) => {
        pump.stepQuantum = NaN
    }),
    software("step volume a thousandth", ({ pump }) => {
        pump.mechanism.stepPl = 45
        pump.stepQuantum = 45 * MS_PER_DAY
    }),
    software("steps in a tick without bound, after a wrong flow", ({ pump }) => {
        pump.mechanism.stepsPerTickMax = 1_000_000
        pump.owed = OWED_MAX
    }),
    software(
        "delivering while stopped",
        ({ pump }) => {
            pump.delivering = true
            pump.owed = Math.max(pump.owed, pump.stepQuantum)
        },
        ["stopped"],
    ),
    software(
        "running while stopped",
        ({ pump }) => {
            pump.mode = Mode.Running
        },
        ["stopped"],
    ),
    software("running and stopped by turns", ({ pump }) => {
        pump.mode = pump.mode === Mode.Running ? Mode.Stopped : Mode.Running
    }),
    software("alarms forgotten in every tick", ({ pump }) => forgetAlarms(pump), AT_ANY_TIME),
    software("reservoir without end", ({ pump }) => {
        pump.residualPl = 1e15
    }),
    software("segment's time not a number", ({ pump }) => {
        pump.segmentLeftMs = NaN
    }),
    software("segment that ends in every tick", ({ pump }) => {
        pump.segmentLeftMs = 0
    }),
    software("prime's flow at its most", ({ pump }) => {
        pump.bolusRatePlPerDay = 240_000_000_000
    }),
    software("prime's flow at its most, and planned anew", ({ pump }) => {
        pump.bolusRatePlPerDay = 240_000_000_000
        pump.bolusLeftPl = 1e12
        pump.segmentLeftMs = 1
    }),
    software(
        "prime without end",
        ({ pump }) => {
            pump.bolusLeftPl = 1e12
        },
        ["in a prime"],
    ),
    software("ten seconds more in every tick", ({ pump }) => {
        pump.nowMs -= 9000
    }),
    software("time of day at random", ({ pump, world }) => {
        pump.wallMinusNowMs = (world.nowMs * 7_919) % MS_PER_WEEK
        pump.segmentLeftMs = 1
    }),
    software("programme a thousandfold", () => {}, ALWAYS, { begin: ({ pump }) => multiplyRates(pump, 1000) }),
    software("programme a fifth too fast", () => {}, ALWAYS, { begin: ({ pump }) => multiplyRates(pump, 1.2) }),
    software("relief without end", ({ pump }) => {
        pump.reliefLeftSteps = 2000
    }),
    software("no part but the first judged", ({ pump }) => {
        pump.stage = 255
    }),
    software("steps commanded that nobody counted", ({ pump }) => {
        pump.commandedSteps += 1000
    }),
    software(
        "a release in every sample, and most steps",
        ({ pump, readings, subject }) => {
            wantSteps(pump, 7)
            command(readings, CommandKind.Release, subject)
        },
        ALWAYS,
        { goesOn: true },
    ),
    software(
        "a start in every sample",
        ({ readings, subject }) => command(readings, CommandKind.Start, subject),
        AT_ANY_TIME,
    ),
    software(
        "a prime asked for in every sample",
        ({ readings, subject }) => command(readings, CommandKind.Prime, subject),
        ALWAYS,
        {
            kind: "request",
            boundPl: primesBoundPl,
        },
    ),
    software("a reset every minute, and a memory that keeps nothing", () => {}, RUNNING, {
        resetEveryMs: MS_PER_MINUTE,
        memoryLost: true,
        goesOn: true,
    }),
]

/**
 * A logic that gives the most and crashes before a checkpoint says so, again and again: two faults, and no way round the guard,
 * because every step is in the record memory before it is made (JRN-3).
 */
const CRASHING_FAULTS: readonly Fault[] = [
    software(
        "owed at its most, and a reset every ten seconds",
        ({ pump }) => {
            pump.owed = OWED_MAX
        },
        RUNNING,
        { kind: "crashing", resetEveryMs: 10_000, goesOn: true },
    ),
    // A minute and a quarter of an hour, just over: each time a slot of the window leaves it.
    ...[61_000, 905_000].map(resetEveryMs =>
        software(
            `all steps that the guard lets through, and a reset every ${resetEveryMs / MS_PER_SECOND} seconds`,
            wantAllThatPasses,
            RUNNING,
            { kind: "crashing", resetEveryMs, goesOn: true, boundPl: resetsBoundPl },
        ),
    ),
    software("most steps in every tick, and a reset every 36 seconds", ({ pump }) => wantSteps(pump, 7), RUNNING, {
        kind: "crashing",
        resetEveryMs: 36_000,
        goesOn: true,
    }),
]

/** What each number in a record is turned into, one at a time, before every tick. */
const WRONG_NUMBERS = [NaN, 0, -1, 1e15] as const

type Numbers = Record<string, unknown>

/** The numbers of a record and of the records in it, by their names from the outside in; lists are left out. */
function numbersIn(record: object, within: readonly string[] = []): string[][] {
    return Object.entries(record).flatMap(([name, value]) => {
        const path = [...within, name]
        if (typeof value === "number") return [path]
        return typeof value === "object" && value !== null && !Array.isArray(value) ? numbersIn(value, path) : []
    })
}

function put(record: object, path: readonly string[], value: number): void {
    let numbers = record as Numbers
    for (const name of path.slice(0, -1)) numbers = numbers[name] as Numbers
    numbers[path[path.length - 1]] = value
}

/** Each number of the pump's record, or of its own top level and its mechanism alone, turned into each wrong one. */
export function fieldFaults(subject: Subject, all: boolean): Fault[] {
    const { pump } = new Bed(subject, SOFTWARE_FAULTS[0], "windows empty", true)
    return numbersIn(pump)
        .filter(path => all || path.length === 1 || path[0] === "mechanism")
        .flatMap(path =>
            WRONG_NUMBERS.map(value => ({
                kind: "one field" as const,
                name: `${path.join(".")} = ${value}`,
                moments: ["windows empty"] as const,
                corrupt: ({ pump }: Bed) => put(pump, path, value),
                boundPl: guardBoundPl,
            })),
        )
}

/** Each number of the guard's own record likewise, with a logic that does as it should. */
export function guardFaults(subject: Subject): Fault[] {
    const { guard } = new Bed(subject, SOFTWARE_FAULTS[0], "windows empty", true)
    return numbersIn(guard).flatMap(path =>
        WRONG_NUMBERS.map(value => ({
            kind: "guard" as const,
            name: `guard's ${path.join(".")} = ${value}`,
            moments: ["windows empty"] as const,
            corrupt: ({ guard }: Bed) => put(guard, path, value),
            boundPl: stepPl,
        })),
    )
}

const SENSORS: readonly SensorName[] = ["pressure", "encoder", "reservoirSwitch", "battery", "clock"]
const FAILURES: readonly SensorFailure[] = ["missing", "invalid", "stale", "stuck", "outOfRange", "noisy", "jumping"]
/** Slow and fast, in pascals, steps, millivolts and seconds an hour. */
const DRIFTS: Partial<Record<SensorName, readonly number[]>> = {
    pressure: [500, 20_000],
    encoder: [20, 2000],
    battery: [50, 2000],
    clock: [3, 600],
}

const SENSOR_FAULTS: readonly Fault[] = SENSORS.flatMap(sensor => {
    const failing = (failure: SensorFailure, how: string, perHour: number, more: Partial<Fault> = {}): Fault => ({
        kind: "sensor",
        name: `${sensor} ${failure}${how}`,
        moments: ["windows empty"],
        begin: ({ world }) => world.fail(sensor, failure, perHour),
        boundPl: sensor === "clock" ? otherHourBoundPl : stepPl,
        ...more,
    })
    const faults = FAILURES.map(failure => failing(failure, "", 0))
    // Of the parts whose first reading is what later ones are held against.
    if (sensor !== "battery" && sensor !== "reservoirSwitch")
        faults.push(...FAILURES.map(failure => failing(failure, " from power-on", 0, { fromPowerOn: true })))
    for (const rate of DRIFTS[sensor] ?? [])
        faults.push(failing("drifting", `, +${rate} an hour`, rate), failing("drifting", `, -${rate} an hour`, -rate))
    if (sensor === "reservoirSwitch") faults.push(failing("pressed", "", 0))
    return faults
})

const DRIVER_FAULTS: readonly Fault[] = [
    ...[0.01, 1, 20, 70].map(
        (stepsPerS): Fault => ({
            kind: "driver",
            name: `runaway of ${stepsPerS} steps a second`,
            moments: stepsPerS < 1 ? ["windows empty"] : ["windows empty", "stopped"],
            tickMs: TICK_MS,
            begin: ({ world }) => world.setRunaway(stepsPerS),
            boundPl: runawayBoundPl(stepsPerS),
        }),
    ),
    ...[0.05, 0.5, 1].map(
        (fraction): Fault => ({
            kind: "driver",
            name: `${fraction * 100} % of steps lost`,
            moments: ["windows empty"],
            begin: ({ world }) => {
                world.lossFraction = fraction
            },
            boundPl: stepPl,
        }),
    ),
    {
        kind: "driver",
        name: "worn gear",
        moments: ["windows empty"],
        begin: ({ world }) => {
            world.gearWorn = true
        },
        boundPl: stepPl,
    },
]

const CLOCK_FAULTS: readonly Fault[] = [
    {
        kind: "clock",
        name: "clock swings ten seconds forward and nine back",
        moments: ["windows empty"],
        clockMs: ticks => (ticks % 2 === 1 ? 10_000 : -9000),
        goesOn: true,
        boundPl: guardBoundPl,
    },
    { kind: "clock", name: "clock stands", moments: ["windows empty"], clockMs: () => 0, boundPl: stepPl },
    { kind: "clock", name: "clock runs backwards", moments: ["windows empty"], clockMs: () => -1000, boundPl: stepPl },
    {
        kind: "clock",
        name: "clock jumps a day forward once",
        moments: ["windows empty"],
        clockMs: ticks => (ticks === 1 ? MS_PER_DAY : 1000),
        boundPl: stepPl,
    },
    ...[1.1, 2].map(
        (times): Fault => ({
            kind: "clock's pace",
            name: `clock ${times} times as fast`,
            moments: ["windows empty"],
            clockMs: () => 1000 * times,
            goesOn: true,
            boundPl: paceBoundPl(times),
        }),
    ),
    {
        kind: "clock's pace",
        name: "clock jumps nine seconds forward in each second",
        moments: ["windows empty"],
        clockMs: () => 10_000,
        goesOn: true,
        boundPl: paceBoundPl(10),
    },
]

/** Every fault that has a name of its own. */
export const FAULTS: readonly Fault[] = [
    ...SOFTWARE_FAULTS,
    ...CRASHING_FAULTS,
    ...SENSOR_FAULTS,
    ...DRIVER_FAULTS,
    ...CLOCK_FAULTS,
]

/** Hours for which a fault in one field is followed that shows nothing over the step that a healthy pump may be ahead. */
const UNSHOWN_HOURS = 1

/** Injects every fault at each of its moments, on each shipped prescription. */
export async function measureFaults(onProgress: (done: number) => void): Promise<FaultResult[]> {
    const results: FaultResult[] = []
    for (const [i, prescription] of PRESCRIPTIONS.entries()) {
        const subject = subjectOf(prescription)
        const cases = [...FAULTS, ...fieldFaults(subject, true), ...guardFaults(subject)].flatMap(fault =>
            fault.moments.map(moment => ({ fault, moment })),
        )
        for (const [k, { fault, moment }] of cases.entries()) {
            const oneField = fault.kind === "one field" || fault.kind === "guard"
            let result = measureFault(subject, fault, moment, oneField ? { hours: UNSHOWN_HOURS } : {})
            if (oneField && result.excessPl > stepPl(subject)) result = measureFault(subject, fault, moment)
            results.push(result)
            onProgress((i + (k + 1) / cases.length) / PRESCRIPTIONS.length)
            await setImmediate()
        }
    }
    return results
}

const CLASSES: Record<FaultKind, string> = {
    software: "fault of the logic",
    request: "a person's request that nobody made",
    crashing: "fault of the logic that crashes as well",
    "one field": "one number of the pump's record",
    guard: "one number of the guard's record, logic healthy",
    sensor: "sensor",
    driver: "motor and driver",
    clock: "clock that stands, jumps or swings",
    "clock's pace": "clock too fast, which no limit sees",
}

/** The worst of each class and prescription, beside its bound; of software faults at each moment by itself. */
export function faultRows(results: readonly FaultResult[]): Row[] {
    const groups = new Map<string, FaultResult[]>()
    for (const result of results) {
        const { subject, fault, moment } = result
        const when = fault.kind === "software" ? `, ${moment}` : ""
        const what = `${subject.name}: ${CLASSES[fault.kind]}${when}`
        const group = groups.get(what) ?? []
        group.push(result)
        groups.set(what, group)
    }
    return [...groups].map(([what, group]) => {
        const worst = group.reduce((a, b) => (b.excessPl > a.excessPl ? b : a))
        const { subject, fault, excessPl, boundPl, highAlarmS, alarms, stoppedBy } = worst
        const micrograms = (pl: number) => shortened((pl / PICOLITRES_PER_ML) * subject.microgramsPerMl)
        const alarm =
            highAlarmS === null
                ? `no alarm of high priority${alarms.length > 0 ? `, but ${alarms.join(", ")}` : ""}`
                : `high alarm after ${highAlarmS} s`
        const over = group.filter(({ excessPl, boundPl }) => !(excessPl <= boundPl)).length
        return {
            part: "faults",
            what,
            figure: excessPl / PL_PER_MICROLITRE,
            unit: "µL",
            ratio: excessPl / boundPl,
            reference: `bound ${shortened(boundPl / PL_PER_MICROLITRE)} µL`,
            how: `${micrograms(excessPl)} of ${micrograms(boundPl)} µg; ${fault.name}; ${alarm}; stopped by ${stoppedBy}; worst of ${group.length}, ${over} over their bounds`,
        }
    })
}

/** Three digits, or the whole number where it has more. */
function shortened(value: number): string {
    return value >= 1000 ? String(Math.round(value)) : value.toPrecision(3)
}

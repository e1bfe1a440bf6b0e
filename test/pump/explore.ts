// Walks every combination of mode, alarms, prime and commands that the real `tick` can be brought into, breadth first, and
// checks in each what must hold in all: what harms people are combinations that nobody thought of, and here nobody has to.
//
// A state is what the world shows and what the pump made of it once it has settled. All else, that is counts, levels and
// ages, is put back to one value before each move; pumps to which that is never done must go the same ways (`compare`).
// Time is taken apart into the waits that matter, each ending by a move of its own, so that they end in every order there
// can be. Not in a state, because they decide nothing (SUP-10): what was acknowledged, the pause of the sound, how old a
// person's stop is, and the alarms that leave delivery as it is.
//
// `npx tsx test/pump/explore.ts` prints the walk; with `--held` the whole one (`explore`).

import { fileURLToPath } from "node:url"
import {
    ACKNOWLEDGED_ALARMS,
    ALARM_COUNT,
    ALARMS,
    Alarm,
    AlarmPriority,
    highestPriority,
    LATCHING_ALARMS,
    MINIMUM_RATE_ALARMS,
    RELEASED_ALARMS,
    Reason,
    STOPPING_ALARMS,
} from "../../src/pump/alarms"
import { raise, SAMPLES_TO_ALARM } from "../../src/pump/delivery"
import { CellKind } from "../../src/pump/energy"
import { createGuard, type Guard, restoreGuard } from "../../src/pump/guard"
import {
    MS_PER_MINUTE,
    OCCLUSION_PA_MIN,
    RELIEF_PL_MAX,
    RESTARTS_MS,
    SOUND_PAUSE_MS,
    STOPPED_HIGH_MS,
    STOPPED_MEDIUM_MS,
    TICK_MS,
} from "../../src/pump/limits"
import type { Mechanism } from "../../src/pump/mechanism"
import { BolusEvent, createActions, createPump, Mode, type Pump, type Records } from "../../src/pump/pump"
import { CommandKind, createReadings, GuardTrip, SensorFault } from "../../src/pump/readings"
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
const PROGRAMME = programmeOf([{ startMinute: 0, ratePlPerDay: 400_000_000 }])
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
const PRIME_PL = 1_000_000
const PRIME_RATE_PL_PER_DAY = 200_000_000

/** When each move begins. Longer than any age that is told apart. */
const BEGIN_MS = 2 * STOPPED_HIGH_MS
const BEGIN_STEPS = 100_000

/** In the walk in which nothing is held, one move in so many is made in both guises. */
const SHARE_IN_BOTH_GUISES = 4

/** Samples without a change after which the pump has settled, and the most that it may take. */
const QUIET_SAMPLES = 4
const SETTLED_SAMPLES_MAX = 250

/** The alarms that decide whether and how fast the pump delivers, or what it may begin. The others only tell. */
const DECIDING_ALARMS = STOPPING_ALARMS | MINIMUM_RATE_ALARMS | (1 << Alarm.PressureSensorFault)
/** Denies a prime and decides nothing else: no state of its own, which would double them all (`commands.test.ts`). */
const MEMORY_FAULT = 1 << Alarm.MemoryFault
const TELLING_ALARMS = ((1 << ALARM_COUNT) - 1) & ~DECIDING_ALARMS & ~MEMORY_FAULT
/** A stop that a tick finds out by its own last step. */
const FOUND_BY_A_STEP = (1 << Alarm.ReservoirEmpty) | (1 << Alarm.RestartedTooOften)
/** A record in flash that can't be used; only another power-on, with a good one, ends these. */
const RECORD_ALARMS = (1 << Alarm.ProgrammeMissing) | (1 << Alarm.ProgrammeDamaged)
const ENDED_BY_RESET = RECORD_ALARMS | (1 << Alarm.SelfTestFailed)

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
    /** What a person asks for in the next sample. */
    command = CommandKind.None
    /** How the state in which a violation is found was reached. */
    where = () => "at power-on"
    /** False from power-on until each part has been judged once. */
    private judged = false
    private encoderFollowedSteps = 0
    private samples = 0
    private readonly seen = new Set<string>()

    constructor(private readonly violations: Violation[]) {
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

        readings.command = this.command
        this.command = CommandKind.None
        readings.commandPl = readings.command === CommandKind.Refill ? FULL_PL : PRIME_PL
        readings.commandRatePlPerDay = PRIME_RATE_PL_PER_DAY
    }

    /** One tick, and what must hold in every one. */
    tick(afterMs: number, sampled: boolean): void {
        this.nowMs += afterMs
        const { pump, guard, readings, actions, nowMs } = this
        readings.sampled = sampled
        if (sampled) this.fillReadings()
        const command = sampled ? readings.command : CommandKind.None
        const { mode, delivering, alarms, conditions, latched, soundPausedUntilMs, cutMotor } = pump
        const priming = pump.primeRatePlPerDay > 0
        const trip = guard.trip
        const judged = this.judged

        tick(pump, guard, readings, nowMs, actions)
        if (pump.stage === STAGES) this.judged = true

        const steps = actions.steps
        const stopping = pump.alarms & STOPPING_ALARMS
        const acting = command !== CommandKind.None
        const startedAnew = command === CommandKind.Start || (command === CommandKind.Toggle && !delivering)
        if (steps > 0) {
            this.check(mode === Mode.Running, "SUP-1", "a stopped pump steps")
            this.check((alarms & STOPPING_ALARMS) === 0, "SUP-1", "a step while a stopping alarm stands")
            this.check((stopping & ~FOUND_BY_A_STEP) === 0, "SUP-1", "a step in the tick that finds a reason to stop")
            this.check(guard.trip === GuardTrip.None, "SUP-1", "a step past a tripped guard")
            this.check(steps <= MECHANISM.stepsPerTickMax, "SUP-1", "more steps than a tick may make")
        } else if (steps < 0) {
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

        this.check(pump.delivering || pump.owed < pump.stepQuantum, "SUP-16", "a whole step owed beyond a stop")

        this.check(pump.delivering || !(pump.primeRatePlPerDay > 0), "SUP-9", "a prime in a pump that does not deliver")
        if (priming && !(pump.primeRatePlPerDay > 0)) {
            const told = actions.bolusEvent === BolusEvent.Delivered || actions.bolusEvent === BolusEvent.Cancelled
            this.check(told, "SUP-9", "a prime that ends without a word")
        }

        if (mode === Mode.Stopped && pump.mode === Mode.Running && !startedAnew)
            this.check(false, "SUP-12", `${CommandKind[command]} ends a stop`)
        if (!delivering && pump.delivering && !startedAnew && judged) {
            const refilled = command === CommandKind.Refill && (alarms & (1 << Alarm.ReservoirEmpty)) !== 0
            if (!refilled) this.check(false, "SUP-13", `delivery resumes by ${CommandKind[command]}`)
        }

        if (cutMotor && !pump.cutMotor)
            this.check(command === CommandKind.Release, "SUP-5", "power comes back to a motor that moved by itself")

        const emptied = ((pump.conditions ^ conditions) & (1 << Alarm.ReservoirEmpty)) !== 0
        const kept = pump.mode !== mode || pump.latched !== latched || guard.trip !== trip || emptied
        if (kept && !actions.checkpointDue)
            this.check(false, "SUP-15", `${namesOf(pump.latched ^ latched)} changes and is not written down`)
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
        this.pump = createPump({ ...GOOD_RECORDS, checkpoint, ...records }, this.nowMs)
        this.guard = createGuard(LIMITS, MECHANISM.stepPl, MECHANISM.stepsPerTickMax, this.nowMs)
        if (checkpoint) {
            const { guardTrip, guardHourSteps, guardDaySteps, guardPrimeDaySteps } = checkpoint
            restoreGuard(this.guard, guardTrip, guardHourSteps, guardDaySteps, guardPrimeDaySteps)
            this.check(this.pump.mode === pump.mode, "SUP-14", "a reset changes the mode")
            this.check((pump.latched & ~this.pump.latched) === 0, "SUP-14", "a reset ends what waits for a person")
            this.check(this.guard.trip === guard.trip, "SUP-14", "a reset changes the guard's trip")
            const empty = 1 << Alarm.ReservoirEmpty
            this.check((pump.conditions & empty) === (this.pump.conditions & empty), "SUP-14", "a reset refills")
        }
        this.check(!this.pump.delivering, "SUP-14", "delivery before anything was judged")
        if (selfTestFails) raise(this.pump, Alarm.SelfTestFailed, Reason.Memory)
        this.placeEncoder()
    }

    /** Starts the firmware for the first time, with nothing wrong. */
    powerOn(): void {
        this.pump = createPump(GOOD_RECORDS, this.nowMs)
        this.guard = createGuard(LIMITS, MECHANISM.stepPl, MECHANISM.stepsPerTickMax, this.nowMs)
        this.judged = false
        this.pressure = Pressure.Normal
        this.encoder = Encoder.Follows
        this.endSwitch = EndSwitch.Open
        this.battery = Battery.Good
        this.clockReadable = true
        this.command = CommandKind.None
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
            (pump.mode === Mode.Running ? 1 << 8 : 0) |
            (pump.delivering ? 1 << 9 : 0) |
            (pump.primeRatePlPerDay > 0 ? 1 << 10 : 0) |
            (pump.residualPl < NEARLY_EMPTY_PL ? 1 << 11 : 0) |
            (pump.volume.endSwitchDiffers ? 1 << 12 : 0) |
            (this.guard.trip !== GuardTrip.None ? 1 << 13 : 0)
        return shown | flags | (this.recentStops() << 14) | (pump.reliefLeftSteps > 0 ? 1 << 16 : 0)
    }

    /** Puts ages and levels back to one value each, so that only a move of its own changes what they mean. */
    hold(): void {
        const { pump, nowMs } = this
        const recentStops = this.recentStops()
        pump.lastStopMs = recentStops > 0 ? nowMs - STOP_AGE_MS : NaN
        pump.stopBeforeMs = recentStops > 1 ? nowMs - STOP_AGE_MS : NaN
        if (pump.residualPl < NEARLY_EMPTY_PL) pump.residualPl = Math.min(pump.residualPl, RUNNING_OUT_PL)
    }

    /**
     * Brings the pump into a state. In one `guise` the sound is paused, every alarm's condition is there and has been seen, a
     * stop has just been made, and no alarm stands that only tells. In the other the reverse of all that is so, and the parts
     * that only tell are unreadable. Both have to go the same ways.
     */
    enter(fresh: Fresh, state: State, guise: Guise): void {
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
        this.command = CommandKind.None

        pump.mode = (bits & (1 << 8)) !== 0 ? Mode.Running : Mode.Stopped
        pump.delivering = (bits & (1 << 9)) !== 0
        if ((bits & (1 << 10)) !== 0) {
            pump.primePl = PRIME_PL
            pump.primeLeftPl = PRIME_PL
            pump.primeRatePlPerDay = PRIME_RATE_PL_PER_DAY
        }
        const empty = (alarms & (1 << Alarm.ReservoirEmpty)) !== 0
        pump.residualPl = (bits & (1 << 11)) === 0 ? FULL_PL : empty ? 0 : RUNNING_OUT_PL
        pump.volume.endSwitchDiffers = (bits & (1 << 12)) !== 0
        guard.trip = (bits & (1 << 13)) !== 0 ? GuardTrip.HourLimit : GuardTrip.None
        const recentStops = (bits >> 14) & 3
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
            pump.conditions = (alarms & ~LATCHING_ALARMS) | TELLING_ALARMS
            pump.latched = pump.latched | (TELLING_ALARMS & LATCHING_ALARMS)
            pump.acknowledged = 0
            pump.soundPausedUntilMs = BEGIN_MS
            pump.stoppedSinceMs = BEGIN_MS - (recentStops === 1 ? STOPPED_MEDIUM_MS : STOPPED_HIGH_MS)
            if (this.endSwitch === EndSwitch.Open) this.endSwitch = EndSwitch.Unreadable
            if (this.battery === Battery.Good) this.battery = pump.delivering ? Battery.Low : Battery.Unreadable
            this.clockReadable = false
        }
        if (pump.mode === Mode.Running) pump.stoppedSinceMs = NaN
        pump.alarms = pump.conditions | pump.latched

        if ((alarms & RECORD_ALARMS) !== 0) pump.programme = undefined
        if ((bits & (1 << 16)) !== 0) pump.reliefLeftSteps = Math.floor(RELIEF_PL_MAX / MECHANISM.stepPl)
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
    /** Brings the world back, where nothing is held. */
    passes?: (world: World) => void
}

const MOVES: readonly Move[] = [
    { name: "nothing happens", make: () => {} },
    ...movesTo("pressure", Pressure, Pressure.Unreadable, [Pressure.Normal, Pressure.Over, Pressure.Unreadable]),
    ...movesTo("encoder", Encoder, Encoder.Unreadable, [
        Encoder.Follows,
        Encoder.Stands,
        Encoder.Runs,
        Encoder.Unreadable,
    ]),
    ...movesTo("endSwitch", EndSwitch, EndSwitch.Unreadable, [EndSwitch.Open, EndSwitch.Pressed]),
    ...movesTo("battery", Battery, Battery.Unreadable, [Battery.Good, Battery.End]),
    {
        name: "the account runs out",
        // A pull-back fills it.
        possible: world => world.pump.residualPl >= NEARLY_EMPTY_PL && world.pump.reliefLeftSteps === 0,
        make: world => {
            world.pump.residualPl = RUNNING_OUT_PL
        },
    },
    {
        name: "the guard trips",
        possible: world => world.guard.trip === GuardTrip.None,
        make: world => {
            world.guard.trip = GuardTrip.HourLimit
        },
    },
    ...[CommandKind.Stop, CommandKind.Start, CommandKind.Prime, CommandKind.Refill, CommandKind.Toggle].map(
        commandMove,
    ),
    ...[CommandKind.Acknowledge, CommandKind.Silence, CommandKind.Release].map(commandMove),
    {
        name: "the oldest stop is forgotten",
        possible: world => world.recentStops() > 0,
        make: world => {
            const { pump } = world
            if (world.recentStops() === 1) pump.lastStopMs = NaN
            pump.stopBeforeMs = NaN
        },
    },
    {
        name: "the prime comes to its end",
        possible: world => world.pump.primeRatePlPerDay > 0,
        make: world => {
            world.pump.primeLeftPl = Math.min(world.pump.primeLeftPl, 1000)
        },
    },
    {
        name: "Prime, as the one before comes to its end",
        possible: world => world.pump.primeRatePlPerDay > 0,
        make: world => {
            world.pump.primeLeftPl = 1
            world.command = CommandKind.Prime
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
    { name: "reset", make: world => world.reset({}, false) },
    { name: "reset, the self-test fails", make: world => world.reset({}, true) },
    { name: "reset, no programme", make: world => world.reset({ programme: undefined }, false) },
    { name: "reset, programme damaged", make: world => world.reset({ programme: "damaged" }, false) },
    {
        name: "reset, checkpoint damaged",
        make: world => world.reset({ checkpointDamage: Reason.RecordDamaged }, false),
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

function commandMove(command: CommandKind): Move {
    const back = [CommandKind.Start, CommandKind.Refill, CommandKind.Acknowledge, CommandKind.Release]
    return {
        name: CommandKind[command],
        make: world => {
            world.command = command
        },
        bringsBack: back.includes(command),
    }
}

const NOTHING = 0
const RESET = MOVES.findIndex(move => move.name === "reset")
const ACKNOWLEDGE = MOVES.findIndex(move => move.name === "Acknowledge")
const SILENCE = MOVES.findIndex(move => move.name === "Silence")
/** In `World.bits`, what end switch and battery show. */
const TELLING_BITS = 0xf0

function describe({ alarms, bits }: State): string {
    return `[${namesOf(alarms)} ${bits.toString(16)}]`
}

export interface Walk {
    states: number
    transitions: number
    /** Moves of the shortest way to the state that is farthest from power-on. */
    farthest: number
    /** Moves of the shortest way back from the state that is farthest from delivering. */
    farthestBack: number
    violations: Violation[]
}

/** All that the walk found, to hold other pumps against. */
interface Graph extends Walk {
    held: boolean
    found: State[]
    /** The state that each move leads to from each state, by state and then move; -1 where it can't be made. */
    next: number[]
}

function createFresh(): Fresh {
    const world = new World([])
    world.nowMs = BEGIN_MS - 60_000
    world.powerOn()
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
    return state.alarms * 131_072 + state.bits
}

/** What must hold in a pump that has settled. */
function checkSettled(world: World): void {
    const { pump } = world
    const stopping = (pump.alarms & STOPPING_ALARMS) !== 0
    const stopped = pump.mode === Mode.Stopped
    world.check(pump.delivering === (!stopped && !stopping), "SUP-6", "nothing stops the pump, and it does not deliver")
    const priority = highestPriority(pump.alarms)
    if (stopping) world.check(priority === AlarmPriority.High, "SUP-3", "a stop by an alarm that is not urgent")
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
 * The whole walk. With `held`, what the world shows stays until another move changes it: every combination of faults there
 * is, in some minutes. Without, a fault of line, motor, end switch or battery passes once the pump has made of it what it
 * will, which leaves every combination of mode, alarms, prime and lost sensors.
 */
function explore(held: boolean, log: (line: string) => void): Graph {
    const violations: Violation[] = []
    const fresh = createFresh()
    const found: State[] = []
    const indexOf = new Map<number, number>()
    const parents: number[] = []
    const moves: number[] = []
    const distances: number[] = []
    const next: number[] = []
    let transitions = 0

    function wayTo(state: number, move: number): string {
        const way = [MOVES[move].name]
        for (let at = state; parents[at] >= 0; at = parents[at]) way.unshift(MOVES[moves[at]].name)
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

    const world = new World(violations)
    const heard = new World(violations)
    world.pump = copyPump(fresh.pump)
    find(stateOf(world), -1, NOTHING)
    for (let at = 0; at < found.length; at++) {
        if (at % 10_000 === 0) log(`${at} of ${found.length} states, ${distances[at]} moves away`)
        const state = found[at]
        for (let m = 0; m < MOVES.length; m++) {
            const move = MOVES[m]
            world.where = () => wayTo(at, m)
            heard.where = world.where
            world.enter(fresh, state, Guise.Seen)
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
            if (m === ACKNOWLEDGE || m === SILENCE) world.check(same, "SUP-8", "more than sound and marks changes")
            // A pressed switch that the encoder contradicts has to be believed without it: those are two faults.
            if (move.losesSensor && delivering && world.endSwitch !== EndSwitch.Pressed) {
                world.check(world.pump.delivering, "SUP-7", "a lost sensor stops the pump")
                world.check(world.pump.ratePlPerDay === ratePlPerDay, "SUP-7", "a lost sensor changes the flow")
            }

            if (!held && (at + m) % SHARE_IN_BOTH_GUISES !== 0) continue
            heard.enter(fresh, state, Guise.Heard)
            makeMove(heard, move, held)
            const other = stateOf(heard)
            if (other.alarms !== to.alarms || ((other.bits ^ to.bits) & ~TELLING_BITS) !== 0)
                heard.check(false, "SUP-10", `${describe(to)} or ${describe(other)}`)
        }
    }
    const back = waysBack(found, next)
    const lost = back.indexOf(-1)
    world.where = () => wayTo(lost, NOTHING)
    world.check(lost < 0, "SUP-4", "no way back to delivering")
    return {
        states: found.length,
        transitions,
        farthest: distances[distances.length - 1],
        farthestBack: back.reduce((most, moves) => Math.max(most, moves), 0),
        violations,
        held,
        found,
        next,
    }
}

/** From each state the fewest acts of a person until the pump delivers with nothing wrong; -1 where none help. */
function waysBack(found: State[], next: number[]): number[] {
    const back: number[] = found.map(({ alarms, bits }) =>
        alarms === 0 && (bits & (1 << 9)) !== 0 && (bits & 0xff) === 0 ? 0 : -1,
    )
    for (let distance = 1, more = true; more; distance++) {
        more = false
        for (let at = 0; at < found.length; at++) {
            if (back[at] >= 0) continue
            for (let m = 0; m < MOVES.length; m++) {
                const helps = m === RESET ? (found[at].alarms & ENDED_BY_RESET) !== 0 : MOVES[m].bringsBack
                const to = next[at * MOVES.length + m]
                if (!helps || to < 0 || back[to] !== distance - 1) continue
                back[at] = distance
                more = true
                break
            }
        }
    }
    return back
}

/** All of it in one line. */
export function summaryOf(findings: Findings): string {
    const { states, transitions, farthest, farthestBack, compared, hurried } = findings
    return (
        `${states} states and ${transitions} moves, at most ${farthest} moves from power-on and ${farthestBack} from ` +
        `delivering; ${compared} moves compared, ${hurried} in a hurry`
    )
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
function compare(graph: Graph, pumps: number, movesEach: number): number {
    const roll = dice(1)
    const fresh = createFresh()
    const world = new World(graph.violations)
    let compared = 0
    for (let i = 0; i < pumps; i++) {
        let at = 0
        const way: string[] = []
        world.where = () => way.join(", ")
        world.enter(fresh, graph.found[at], Guise.Seen)
        for (let k = 0; k < movesEach; k++) {
            const m = roll(MOVES.length)
            const move = MOVES[m]
            const to = graph.next[at * MOVES.length + m]
            if (to < 0) continue
            way.push(move.name)
            makeMove(world, move, graph.held)
            world.hold()
            const came = stateOf(world)
            const same = came.alarms === graph.found[to].alarms && came.bits === graph.found[to].bits
            world.check(same, "SUP-11", "a pump goes another way than the walk")
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
    const world = new World(violations)
    let made = 0
    for (let i = 0; i < pumps; i++) {
        const way: string[] = []
        world.where = () => way.join(", ")
        world.powerOn()
        for (let k = 0; k < movesEach; k++) {
            const move = MOVES[roll(MOVES.length)]
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
export interface Findings extends Walk {
    /** Moves of pumps that are never simplified, and moves made in a hurry. */
    compared: number
    hurried: number
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const json = process.argv.includes("--json")
    const graph = explore(process.argv.includes("--held"), line => {
        if (!json) console.log(line)
    })
    const compared = compare(graph, 1000, 20)
    const hurried = hurry(graph.violations, 1000, 100)
    const { states, transitions, farthest, farthestBack, violations } = graph
    const findings: Findings = { states, transitions, farthest, farthestBack, violations, compared, hurried }
    if (json) console.log(JSON.stringify(findings))
    else {
        console.log(summaryOf(findings))
        for (const { id, what, where } of violations) console.log(`${id}: ${what}: ${where}`)
        process.exitCode = violations.length > 0 ? 1 : 0
    }
}

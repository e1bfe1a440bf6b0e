// A pump on the table for tests of the logic: parts that show what a healthy pump's would unless a test spoils them, and
// ticks when it asks for them. What the parts show is kept here, because the pump marks the readings that it does not believe.

import { ALARM_COUNT, ALARMS, type Alarm, hasAlarm, Reason } from "../../src/pump/alarms"
import {
    CHECKPOINT_SIZE,
    type Checkpoint,
    decodeCheckpoint,
    encodeCheckpoint,
    ProgrammeSource,
    WALL_UNKNOWN,
} from "../../src/pump/checkpoint"
import { CellKind } from "../../src/pump/energy"
import { createGuard, type Guard, type GuardLimits, restoreGuard } from "../../src/pump/guard"
import { countSteps, createJournal, type Found, type Journal } from "../../src/pump/journal"
import {
    DAY_LIMIT_PL_MAX,
    HOUR_LIMIT_PL_MAX,
    PRIME_PL_MAX,
    SAMPLE_MS,
    START_UP_MS,
    TICK_MS,
} from "../../src/pump/limits"
import type { Mechanism } from "../../src/pump/mechanism"
import { catchUp, decodeOdometer, ODOMETER_SIZE, secondIsNewer } from "../../src/pump/odometer"
import type { Programme } from "../../src/pump/programme"
import { createActions, createPump, Mode, type Pump } from "../../src/pump/pump"
import { CommandKind, createReadings, GuardTrip, SensorFault } from "../../src/pump/readings"
import { STAGES } from "../../src/pump/supervise"
import { nextDueMs, tick } from "../../src/pump/tick"

/** A programme with one pattern for every day. */
export function programmeOf(segments: { startMinute: number; ratePlPerDay: number }[]): Programme {
    const meanRatePlPerDay = segments.reduce((sum, segment, i) => {
        const endMinute = segments[i + 1]?.startMinute ?? 1440
        return sum + (segment.ratePlPerDay * (endMinute - segment.startMinute)) / 1440
    }, 0)
    return {
        concentrationNgPerMl: 500_000,
        reservoirPl: 20_000_000_000,
        reservoirLowPl: 2_000_000_000,
        meanRatePlPerDay: Math.max(48_000_000, Math.round(meanRatePlPerDay)),
        patternOfWeekday: [0, 0, 0, 0, 0, 0, 0],
        patternStart: [0, segments.length],
        segmentStartMinute: segments.map(segment => segment.startMinute),
        segmentRatePlPerDay: segments.map(segment => segment.ratePlPerDay),
    }
}

/** A programme with the same flow all day: 24 mL/day is a step in every second tick or so. */
export function steadyProgramme(ratePlPerDay = 24_000_000_000): Programme {
    return programmeOf([{ startMinute: 0, ratePlPerDay }])
}

export const MECHANISM: Mechanism = {
    stepPl: 44_900,
    stepsPerTickMax: 7,
    occlusionPa: 70_000,
    encoderSlackSteps: 64,
    batteryLowMv: 3_500,
    batteryEndMv: 3_300,
    batteryKind: CellKind.None,
    batteryMah: 0,
}

/** As wide as they may be, for tests that are not about them. */
export const LIMITS: GuardLimits = {
    hourPlMax: HOUR_LIMIT_PL_MAX,
    dayPlMax: DAY_LIMIT_PL_MAX,
    primePlMax: PRIME_PL_MAX,
}

/** What a healthy pump with 5 mL left would have stored. */
export const CHECKPOINT: Checkpoint = {
    sequence: 7,
    mode: Mode.Running,
    brokenRuns: 0,
    starts: 12,
    guardTrip: GuardTrip.None,
    latched: 0,
    reasons: new Array(ALARM_COUNT).fill(Reason.None),
    reservoirEmpty: false,
    accountUnknown: false,
    residualPl: 5_000_000_000,
    meteredPl: 0,
    countedPl: 0,
    sensedPl: 0,
    endSwitchDiffers: false,
    refillDiffers: false,
    uncertainPl: 0,
    refilledWallS: WALL_UNKNOWN,
    refilledPl: 20_000_000_000,
    forwardSteps: 0,
    backSteps: 0,
    primePl: 0,
    primeLeftPl: 0,
    guardHourSteps: 0,
    guardDaySteps: 0,
    guardPrimeSteps: 0,
    guardPrimeDaySteps: 0,
    wallS: WALL_UNKNOWN,
    stoppedWallS: WALL_UNKNOWN,
    flashId: 0,
    programmeSource: ProgrammeSource.Flash,
    programmeSum: 0,
    events: 0,
    faults: 0,
}

/** A memory in which this checkpoint was found, or nothing. */
export function foundWith(checkpoint?: Checkpoint): Found {
    return { checkpoint, damage: Reason.None, newer: undefined, older: undefined, odometerCopy: 0 }
}

/** The checkpoint that bytes hold; throws where they hold none. */
export function checkpointIn(bytes: Uint8Array): Checkpoint {
    const checkpoint = decodeCheckpoint(bytes)
    if (typeof checkpoint !== "object") throw new Error(`no checkpoint: ${Reason[checkpoint]}`)
    return checkpoint
}

/** What a reset finds right after a checkpoint of this pump was written. */
export function afterReset(pump: Pump, guard: Guard, journal: Journal = createJournal(foundWith(), 0)): Checkpoint {
    const bytes = new Uint8Array(CHECKPOINT_SIZE)
    encodeCheckpoint(pump, guard, journal, bytes)
    const checkpoint = checkpointIn(bytes)
    catchUp(checkpoint, undefined, undefined, pump.mechanism.stepPl)
    return checkpoint
}

interface BenchOptions extends Partial<Mechanism> {
    programme?: Programme | string | null
    mechanism?: Mechanism | null
    limits?: GuardLimits | null
    checkpoint?: Partial<Checkpoint>
    checkpointDamage?: Reason
}

export class Bench {
    readonly pump
    readonly guard
    readonly journal
    readonly readings = createReadings()
    readonly actions = createActions()
    /** What the parts show at the next sample. */
    readonly shown = {
        /** Pressure at the line's open end; its sensor scatters around it, by no more than this either way. */
        pressurePa: 1_000,
        scatterPa: 20,
        pressureFault: SensorFault.None,
        /** Steps that the encoder has not seen of those commanded; NaN where it stands at `encoderSteps`. */
        missedSteps: 0,
        encoderSteps: 0,
        encoderFault: SensorFault.None,
        reservoirEndSwitch: 0,
        reservoirEndFault: SensorFault.None,
        batteryMv: 4_000,
        batteryFault: SensorFault.None,
        /** Local time at the first tick, since a Monday 00:00. */
        wallStartMs: 0,
        wallFault: SensorFault.None,
    }
    /** True to fill the reservoir before each tick, where a test is not about it. */
    refillAlways = false
    /** Time from sample to sample; longer where a test is about metering alone. */
    samplePeriodMs = SAMPLE_MS
    nowMs = START_UP_MS
    private sampleDueMs = START_UP_MS
    private noise = 1
    private occludedAtSteps = 0
    private compliancePlPerPa = Infinity
    /** What the record memory would hold: the checkpoint written last, and both copies of the count of steps. */
    private readonly checkpoint = new Uint8Array(CHECKPOINT_SIZE)
    private readonly odometers = [new Uint8Array(ODOMETER_SIZE), new Uint8Array(ODOMETER_SIZE)]

    constructor(options: BenchOptions = {}) {
        const { programme, mechanism, limits, checkpoint, checkpointDamage, ...changes } = options
        const limitsHeld = limits === null ? undefined : (limits ?? LIMITS)
        const checkpointHeld = checkpoint && { ...CHECKPOINT, ...checkpoint }
        this.pump = createPump(
            {
                programme: programme === null ? undefined : (programme ?? steadyProgramme(200_000_000)),
                mechanism: mechanism === null ? undefined : (mechanism ?? { ...MECHANISM, ...changes }),
                limits: limitsHeld,
                checkpoint: checkpointHeld,
                checkpointDamage: checkpointDamage ?? Reason.None,
            },
            START_UP_MS,
        )
        const { stepPl, stepsPerTickMax } = this.pump.mechanism
        this.guard = createGuard(limitsHeld, stepPl, stepsPerTickMax, START_UP_MS)
        if (checkpointHeld) {
            const { guardTrip, guardHourSteps, guardDaySteps, guardPrimeDaySteps } = checkpointHeld
            restoreGuard(this.guard, guardTrip, guardHourSteps, guardDaySteps, guardPrimeDaySteps)
        }
        this.journal = createJournal(foundWith(checkpointHeld), 0)
        encodeCheckpoint(this.pump, this.guard, this.journal, this.checkpoint)
    }

    /** What a power cut at this moment leaves: the checkpoint written last, brought up to the steps counted since. */
    left(): Checkpoint {
        const [first, second] = this.odometers.map(bytes => decodeOdometer(bytes))
        const checkpoint = checkpointIn(this.checkpoint)
        const [newer, older] = secondIsNewer(first, second) ? [second, first] : [first, second]
        catchUp(checkpoint, newer, older, this.pump.mechanism.stepPl)
        return checkpoint
    }

    /** The ids of the alarms that stand, in the order of their bits. */
    get alarms(): string[] {
        return ALARMS.filter((_, alarm) => hasAlarm(this.pump.alarms, alarm)).map(rule => rule.id)
    }

    /** Why an alarm was raised last. */
    reasonOf(alarm: Alarm): Reason {
        return this.pump.reasons[alarm]
    }

    /** One tick; a sampled one when the next sample is due on its grid of a second. */
    tick(nowMs = this.nowMs + TICK_MS): void {
        this.nowMs = nowMs
        this.readings.sampled = nowMs >= this.sampleDueMs
        if (this.readings.sampled) {
            this.sampleDueMs = nextDueMs(this.sampleDueMs, this.samplePeriodMs, nowMs)
            this.read()
        }
        if (this.refillAlways) this.pump.residualPl = 20_000_000_000
        tick(this.pump, this.guard, this.readings, nowMs, this.actions)
        const { pump, guard, journal, actions } = this
        if (actions.steps !== 0) countSteps(journal, actions.steps, this.odometers[journal.odometerCopy])
        if (!actions.checkpointDue) return
        journal.sequence += 1
        encodeCheckpoint(pump, guard, journal, this.checkpoint)
    }

    /** The first ticks after power-on, in which each part is judged once, up to the one in which delivery begins. */
    start(): this {
        this.tick(this.nowMs)
        for (let i = 1; i < STAGES; i++) this.tick()
        return this
    }

    /** Ticks for this long; ticks a second apart are none too late and bring a sample each. */
    run(lengthMs: number, tickMs = TICK_MS): void {
        for (const endMs = this.nowMs + lengthMs; this.nowMs < endMs; ) this.tick(this.nowMs + tickMs)
    }

    /** Ticks until this holds. */
    runUntil(holds: () => boolean, tickMs = TICK_MS): void {
        for (let ticks = 0; !holds(); ticks++) {
            if (ticks === 1_000_000) throw new Error("waited in vain")
            this.tick(this.nowMs + tickMs)
        }
    }

    /** Ticks until all parts of so many further samples have been judged. */
    runSamples(samples: number): void {
        for (let i = 0; i < samples; i++) {
            do this.tick()
            while (!this.readings.sampled)
        }
        this.runUntil(() => this.pump.stage >= STAGES)
    }

    /** Gives a command and ticks until it is taken. */
    command(kind: CommandKind, volumePl = 0, ratePlPerDay = 0, residualPl = Number.NaN): void {
        this.readings.command = kind
        this.readings.commandPl = volumePl
        this.readings.commandRatePlPerDay = ratePlPerDay
        this.readings.commandResidualPl = residualPl
        while (this.readings.command !== CommandKind.None) this.tick()
    }

    /** From now on the line is closed: each further step adds its volume to what a line of this compliance holds. */
    occlude(compliancePlPerPa: number): void {
        this.occludedAtSteps = this.pump.commandedSteps
        this.compliancePlPerPa = compliancePlPerPa
    }

    /** The line is open again. */
    clearLine(): void {
        this.compliancePlPerPa = Infinity
    }

    /** What the line holds at without its sensor's scatter. */
    get linePa(): number {
        const pumpedPl = (this.pump.commandedSteps - this.occludedAtSteps) * this.pump.mechanism.stepPl
        return this.shown.pressurePa + pumpedPl / this.compliancePlPerPa
    }

    private read(): void {
        const { shown, readings } = this
        const reading = (fault: SensorFault, value: number) => (fault === SensorFault.None ? value : Number.NaN)
        // Uniform in whole pascals, from a small generator of its own.
        this.noise = (this.noise * 69_069 + 1) % 4_294_967_296
        const scatterPa = ((this.noise >>> 8) % (2 * shown.scatterPa + 1)) - shown.scatterPa
        readings.pressureFault = shown.pressureFault
        readings.pressurePa = reading(shown.pressureFault, this.linePa + scatterPa)
        if (!Number.isNaN(shown.missedSteps)) shown.encoderSteps = this.pump.commandedSteps - shown.missedSteps
        readings.encoderFault = shown.encoderFault
        readings.encoderSteps = reading(shown.encoderFault, shown.encoderSteps)
        readings.reservoirEndFault = shown.reservoirEndFault
        readings.reservoirEndSwitch = reading(shown.reservoirEndFault, shown.reservoirEndSwitch)
        readings.batteryFault = shown.batteryFault
        readings.batteryMv = reading(shown.batteryFault, shown.batteryMv)
        readings.wallFault = shown.wallFault
        readings.wallMs = reading(shown.wallFault, shown.wallStartMs + this.nowMs - START_UP_MS)
    }
}

/** A pump that has judged each part once, and delivers if nothing keeps it from that. */
export function started(options: BenchOptions = {}): Bench {
    return new Bench(options).start()
}

// A pump on the table for tests of the logic: parts that show what a healthy pump's would unless a test spoils them, and
// ticks when it asks for them. What the parts show is kept here, because the pump marks the readings that it does not believe.

import { NO_DOSES } from "../../sim/prescription/doses"
import { ALARMS } from "../../src/pump/alarmRules"
import { ALARM_COUNT, type Alarm, hasAlarm, Reason } from "../../src/pump/alarms"
import { writeUint } from "../../src/pump/bytes"
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
    MS_PER_DAY,
    PRIME_PL_MAX,
    SAMPLE_MS,
    START_UP_MS,
    TICK_MS,
} from "../../src/pump/limits"
import type { Mechanism } from "../../src/pump/mechanism"
import { catchUp, decodeOdometer, ODOMETER_SIZE, secondIsNewer } from "../../src/pump/odometer"
import { PROGRAMME_MAGIC, type Programme } from "../../src/pump/programme"
import { BolusKind, createActions, createPump, Mode, type Pump } from "../../src/pump/pump"
import { CommandKind, createReadings, GuardTrip, ProgrammeAnswer, SensorFault } from "../../src/pump/readings"
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
        ...NO_DOSES,
    }
}

/** A programme with all that may be asked for beside its schedule of a picolitre a millisecond, with room for two of each in its window. */
export function programmeWithDoses(changes: Partial<Programme> = {}): Programme {
    return {
        ...programmeOf([{ startMinute: 0, ratePlPerDay: 86_400_000 }]),
        deadVolumePl: 5_000_000,
        bolusPlMax: 8_000_000,
        patientPl: 1_800_000,
        patientDurationMinutes: 30,
        lockoutMinutes: 60,
        dosesPerDayMax: 3,
        windowMinutes: 240,
        windowPlMax: 35_000_000,
        windowBasalPl: 15_000_000,
        ...changes,
    }
}

/**
 * What schedule and periodic doses ask for between two local times since 2000-01-03, in picolitres times milliseconds per day: whole and
 * without any of the pump's code.
 */
export function askedFor(programme: Programme, fromLocalMs: number, toLocalMs: number): bigint {
    const { patternOfWeekday, patternStart, segmentStartMinute, segmentRatePlPerDay, periodicMinutes } = programme
    let sum = 0n
    const add = (ratePlPerDay: number, startMs: number, endMs: number) => {
        const ms = Math.min(endMs, toLocalMs) - Math.max(startMs, fromLocalMs)
        if (ms > 0) sum += BigInt(ratePlPerDay) * BigInt(ms)
    }
    for (let day = Math.floor(fromLocalMs / MS_PER_DAY); day * MS_PER_DAY < toLocalMs; day++) {
        const pattern = patternOfWeekday[day % 7]
        for (let i = patternStart[pattern]; i < patternStart[pattern + 1]; i++) {
            const endMinute = i + 1 < patternStart[pattern + 1] ? segmentStartMinute[i + 1] : 1440
            const [startMs, endMs] = [segmentStartMinute[i], endMinute].map(
                minute => day * MS_PER_DAY + minute * 60_000,
            )
            add(segmentRatePlPerDay[i], startMs, endMs)
        }
    }
    if (programme.periodicPl === 0) return sum
    const ratePlPerDay = Math.round((programme.periodicPl * 1440) / programme.periodicDurationMinutes)
    const firstMs = programme.periodicStartMinute * 60_000
    const periodMs = periodicMinutes * 60_000
    const before = Math.max(0, Math.floor((fromLocalMs - firstMs) / periodMs))
    for (let startMs = firstMs + before * periodMs; startMs < toLocalMs; startMs += periodMs)
        add(ratePlPerDay, startMs, startMs + programme.periodicDurationMinutes * 60_000)
    return sum
}

/** The programme as it is stored, but for the checksum, of which there are four empty bytes. */
export function programmeBytes(programme: Programme): Uint8Array {
    const { patternStart, segmentStartMinute, segmentRatePlPerDay } = programme
    const patterns = patternStart.length - 1
    const bytes = new Uint8Array(94 + patterns + 7 * segmentStartMinute.length + 4)
    writeUint(bytes, 0, 2, PROGRAMME_MAGIC)
    bytes[2] = 2
    bytes[3] = patterns
    bytes.set(programme.patternOfWeekday, 4)
    for (const [offset, size, value] of [
        [12, 4, programme.concentrationNgPerMl],
        [16, 6, programme.reservoirPl],
        [22, 6, programme.reservoirLowPl],
        [28, 6, programme.meanRatePlPerDay],
        [34, 6, programme.refillWarningPl],
        [40, 6, programme.periodicPl],
        [46, 2, programme.periodicMinutes],
        [48, 2, programme.periodicDurationMinutes],
        [50, 4, programme.periodicStartMinute],
        [54, 4, programme.deadVolumePl],
        [58, 4, programme.bolusPlMax],
        [62, 4, programme.patientPl],
        [66, 2, programme.patientDurationMinutes],
        [68, 2, programme.lockoutMinutes],
        [70, 1, programme.dosesPerDayMax],
        [72, 2, programme.windowMinutes],
        [74, 6, programme.windowPlMax],
        [80, 6, programme.windowBasalPl],
        [86, 2, programme.softLimits],
    ])
        writeUint(bytes, offset, size, value)
    let offset = 94
    for (let pattern = 0; pattern < patterns; pattern++) {
        bytes[offset++] = patternStart[pattern + 1] - patternStart[pattern]
        for (let i = patternStart[pattern]; i < patternStart[pattern + 1]; i++) {
            writeUint(bytes, offset, 2, segmentStartMinute[i])
            writeUint(bytes, offset + 2, 5, segmentRatePlPerDay[i])
            offset += 7
        }
    }
    return bytes
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
    bolusKind: BolusKind.None,
    bolusPl: 0,
    bolusLeftPl: 0,
    heldMeteredPl: -1,
    lineLeftPl: 0,
    lineNgPerMl: 0,
    bridgeRatePlPerDay: 0,
    patientPl: 0,
    lockoutMinutes: 0,
    patientDoses: 0,
    windowPl: 0,
    localMinusClockS: 0,
    shiftLeftMs: 0,
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
        this.readings.commandLineChanged = false
        this.obeyed()
    }

    /** Ticks until the command in the readings is taken. */
    obeyed(): void {
        while (this.readings.command !== CommandKind.None) this.tick()
    }

    /** Fills the reservoir and ticks until that is taken. */
    refill(volumePl: number, { residualPl = Number.NaN, lineChanged = false } = {}): void {
        const { readings } = this
        readings.command = CommandKind.Refill
        readings.commandPl = volumePl
        readings.commandResidualPl = residualPl
        readings.commandLineChanged = lineChanged
        this.obeyed()
    }

    /** Offers a good programme, with what the reservoir was filled with, and ticks until it is answered. */
    offer(programme: Programme, { filledPl = 0, lineChanged = false } = {}): void {
        const { readings } = this
        this.pump.offered = programme
        readings.command = CommandKind.Programme
        readings.commandAnswer = ProgrammeAnswer.Taken
        readings.commandPl = filledPl
        readings.commandResidualPl = Number.NaN
        readings.commandLineChanged = lineChanged
        this.obeyed()
    }

    /** Sets the clock to so much more than its part has shown, and ticks until that is taken. */
    setClock(aheadMs: number): void {
        const { readings, shown } = this
        do {
            readings.command = CommandKind.Clock
            readings.commandWallMs = shown.wallStartMs + this.nowMs + TICK_MS - START_UP_MS + aheadMs
            this.tick()
        } while (this.actions.command !== CommandKind.Clock)
    }

    /** What the motor was told since power-on and is still owed, in picolitres times milliseconds per day: to the last of them. */
    get metered(): bigint {
        const { commandedSteps, stepQuantum, owed } = this.pump
        return BigInt(commandedSteps) * BigInt(stepQuantum) + BigInt(owed)
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

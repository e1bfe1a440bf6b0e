// Everything the pump knows, in one long-lived record that the tick reads and writes in place.

import { ALARM_COUNT, Alarm, LATCHING_ALARMS, Reason } from "./alarms"
import { blankCheckpoint, Checkpoint, WALL_UNKNOWN } from "./checkpoint"
import { createDoses, Doses } from "./doses"
import { CellKind, createEnergy, Energy } from "./energy"
import { createFlow, createFollowing, Flow, Following } from "./following"
import { GuardLimits } from "./guard"
import {
    BROKEN_RUNS_MAX,
    MS_PER_DAY,
    MS_PER_MINUTE,
    MS_PER_SECOND,
    PRIME_RATE_PL_PER_DAY_MAX,
    STOPPED_MEDIUM_MS,
} from "./limits"
import { createLine, Line } from "./line"
import { Mechanism } from "./mechanism"
import { highestRatePlPerDay, Programme } from "./programme"
import { CommandKind, ProgrammeAnswer, Refusal } from "./readings"
import { createSensorChecks, SensorChecks } from "./sensors"
import { createVolume, VolumeAccount } from "./volume"

/** What a person last asked for. A stopping alarm halts delivery without changing it. */
export enum Mode {
    Stopped = 0,
    Running = 1,
}

/** Which bolus it is; at most one flows at a time, on top of the schedule. */
export enum BolusKind {
    None = 0,
    /** Fills tubing and catheter, fast. */
    Prime = 1,
    /** A clinician's, over the time that was asked for. */
    Clinician = 2,
    /** The patient's, as the programme allows it. */
    Patient = 3,
}

/** What became of a bolus in this tick. */
export enum BolusEvent {
    None = 0,
    Started = 1,
    Delivered = 2,
    Cancelled = 3,
    Denied = 4,
}

/** Why a bolus was denied or cancelled. */
export enum BolusReason {
    None = 0,
    VolumeOutOfRange = 1,
    RateOutOfRange = 2,
    /** One bolus at a time: only a patient's dose goes before a clinician's. */
    BolusInProgress = 3,
    PumpStopped = 4,
    StoppingAlarm = 5,
    /** A sensor's reading can't be had or believed. */
    SensorLost = 6,
    MoreThanReservoir = 7,
    /** A bolus is recorded before its first step, and the record memory does not answer. */
    NotRecordable = 8,
    SupplyFailing = 9,
    /** The patient asked too soon after the last dose; too often in 24 hours. */
    Lockout = 10,
    CountOfDay = 11,
    /** It would bring some window over its limit, taken that the schedule gives its most in it. */
    WindowFull = 12,
    /** The programme allows none. */
    NotProgrammed = 13,
    MinimumRate = 14,
    /** The line still holds the drug of another concentration. */
    Bridging = 15,
    /** A prime of more than the line still lacks. */
    MoreThanLine = 16,
    /** The line is not primed: what is given would not reach the patient. */
    LineNotPrimed = 17,
    /** A person ended it. */
    Ended = 18,
    /** The line was changed, or the drug is of another concentration from now on. */
    LineChanged = 19,
}

/** What became of the line in this tick. */
export enum LineEvent {
    None = 0,
    /** It is full of drug. */
    Primed = 1,
    /** It holds another concentration than the reservoir: the former dose goes on until that is spent. */
    BridgeBegun = 2,
    BridgeOver = 3,
    /** It is new, and holds no drug. */
    Changed = 4,
}

/** What one tick decides; filled in place. */
export interface Actions {
    /** Motor steps to make now; negative while an occlusion is relieved. */
    steps: number
    bolusEvent: BolusEvent
    bolusKind: BolusKind
    bolusReason: BolusReason
    /** Volume of the bolus that was asked for; what has been metered of it, when it was delivered or cancelled. */
    bolusPl: number
    lineEvent: LineEvent
    /** The person's command of this tick, boluses apart; and why it was not carried out, where it was not. */
    command: CommandKind
    refusal: Refusal
    programmeAnswer: ProgrammeAnswer
    /** True when the checkpoint should be written: what the pump must know after a reset has changed. */
    checkpointDue: boolean
}

/** What flash and the record memory hold of the pump: each record decoded, the reason why it can't be used, or undefined when none is stored. */
export interface Records {
    programme: Programme | string | undefined
    /** Without a mechanism nothing can be metered. */
    mechanism: Mechanism | undefined
    /** The limits that the guard holds; undefined when they are missing or damaged. */
    limits: GuardLimits | undefined
    /** What was last known before the reset; undefined on a pump that never ran. */
    checkpoint: Checkpoint | undefined
    /** None, or why what is stored of a checkpoint can't be used: then nobody knows how the pump was left. */
    checkpointDamage: Reason
}

export interface Pump {
    /** Undefined when there is none, or when the stored one is damaged. */
    programme: Programme | undefined
    /** The programme that is offered in this tick, checked and stored; undefined in any other. */
    offered: Programme | undefined
    mechanism: Mechanism
    mode: Mode
    /** True while the motor may step forward: running, and no stopping alarm stands. */
    delivering: boolean

    /** The set of alarms that stand: their condition is there, or they wait for a person. */
    alarms: number
    /** The alarms whose condition is there now. */
    conditions: number
    /** The alarms that wait for a person, whether their condition is over or not. */
    latched: number
    /** Those raised in this tick, which nobody can have seen yet. */
    raised: number
    /** The standing alarms that a person has seen. */
    acknowledged: number
    /** Why each alarm was raised last, by its bit. */
    reasons: Reason[]
    /** Until when a person has paused the sound; no later than the present while nobody has. */
    soundPausedUntilMs: number

    /** Time of the last tick on the monotonic clock, and until when no other is needed but for a sample. */
    nowMs: number
    idleUntilMs: number
    /** When this run of the firmware began; NaN once it has lasted an hour. */
    runBeganMs: number
    /** Starts of the firmware with no hour of running between them, this one included. */
    brokenRuns: number
    /** Ticks that came late, in the ten minutes that began at the time beside it. */
    lateTicks: number
    lateTicksSinceMs: number
    /** The time that the schedule goes by minus the monotonic clock; NaN while the time of day is unknown. */
    wallMinusNowMs: number
    /** How much of a shift of local time the schedule has still to catch up with, ahead or (negative) back; and since when. */
    shiftLeftMs: number
    shiftSinceMs: number
    /** Local time minus that of the real-time clock, which nobody sets. */
    localMinusClockMs: number

    /** One step in the unit of `owed`: picolitres times milliseconds per day. */
    stepQuantum: number
    /** What the programme has asked for and the motor has not been told, times milliseconds per day: whole and exact. */
    owed: number
    /** The flow now due, basal and bolus together. */
    ratePlPerDay: number
    /** Time for which the basal flow stays what it is. */
    segmentLeftMs: number

    /** The bolus in progress, the flow asked for by it, 0 without one; and the part of the flow now due that is the bolus's. */
    bolusKind: BolusKind
    bolusRatePlPerDay: number
    bolusFlowPlPerDay: number
    /** True until a bolus that was granted is recorded: before that nothing of it is given (JRN-4). */
    bolusUnrecorded: boolean
    /** Its whole volume; what is left of it; and the part of a picolitre of it already owed, times ms per day. */
    bolusPl: number
    bolusLeftPl: number
    bolusPart: number
    /** The clinician's bolus that waits until the patient's dose is over: its flow, 0 without one; and the same of it. */
    heldRatePlPerDay: number
    heldPl: number
    heldLeftPl: number
    heldPart: number
    /** Why the bolus that waits never goes on, until that has been told; None while it may. */
    heldReason: BolusReason
    /** The bolus that was asked for in a tick that had another one's end to tell; None otherwise. */
    unansweredKind: BolusKind
    /** What the programme's limits on boluses go by. */
    doses: Doses
    /** False where the guard has no limits to go by; and the largest prime that the limits allow. */
    limitsKnown: boolean
    primePlMax: number

    /** What the line holds that is not from the reservoir as it is now: how much, and its concentration, 0 where it is no drug. */
    lineLeftPl: number
    lineNgPerMl: number
    /** The flow that gives the former dose while the line holds the former concentration; 0 when nothing is bridged. */
    bridgeRatePlPerDay: number
    /** What ever left the catheter as drug: all that was pumped but what filled an empty line. */
    patientPl: number

    /** What the reservoir holds, by steps commanded. */
    residualPl: number
    /** The part of what left it since the refill that counts as delivered, though nobody can say whether it was. */
    uncertainPl: number
    /** When it was filled, by the wall clock in seconds, WALL_UNKNOWN where nobody knew; and what it then held. */
    refilledWallS: number
    refilledPl: number
    /** When a refill was begun, NaN while none is; and what the reservoir then held by the account. */
    refillBeganMs: number
    refillExpectedPl: number
    /** Steps commanded since power-on, those that relieved an occlusion taken off. */
    commandedSteps: number
    /** What it was half a second after the last sample. */
    commandedStepsHalfway: number

    /** Which part of the readings is judged in the next tick (`supervise.ts`), and the time of the sample it is of. */
    stage: number
    sampleMs: number
    /** False until each part has been judged once after power-on: nothing is delivered before. */
    judgedAll: boolean
    checks: SensorChecks
    line: Line
    following: Following
    flow: Flow
    volume: VolumeAccount

    /** Samples in a row with each bad finding; three make it an alarm, one at power-on. */
    pressureFaultSamples: number
    encoderFaultSamples: number
    reservoirSwitchFaultSamples: number
    batteryFaultSamples: number
    clockFaultSamples: number
    batteryLowSamples: number
    batteryEndSamples: number
    supplyFailingSamples: number
    energy: Energy

    /** Steps pulled back since the last one forward. */
    pulledBackSteps: number
    /** False where the motor can't pull back, and an occlusion is not relieved. */
    motorReverses: boolean
    /** Steps that the relief of an occlusion may still pull back, those of its last pull, and the pressure before it. */
    reliefLeftSteps: number
    reliefSteps: number
    reliefPa: number
    /** Samples in a row in which the motor was found to have moved by itself. */
    runawaySamples: number
    /** Where the encoder stood when the motor was found to move by itself; NaN otherwise. */
    runawaySteps: number
    /** True when the motor still moves by itself: the heartbeat stops, so that the outside watchdog cuts its power. */
    cutMotor: boolean

    /** When an alarm stopped delivery last, and the time before that. */
    lastStopMs: number
    stopBeforeMs: number
    /** When a person stopped the pump; NaN while it runs. */
    stoppedSinceMs: number
    /** The same by the wall clock in seconds, where it was before a reset and the clock has not been asked yet; else WALL_UNKNOWN. */
    stoppedWallS: number
    /** When the last checkpoint was asked for. */
    checkpointMs: number
}

/** A sample of a part without a reading is an alarm at once at power-on, because nothing has been delivered yet. */
const FAULT_SAMPLES_AT_POWER_ON = 2

/**
 * The pump at power-on, before its first tick.
 * @param records what flash and the record memory hold
 * @param nowMs time on the monotonic clock
 */
export function createPump(records: Records, nowMs: number): Pump {
    const { programme, mechanism, checkpoint } = records
    const before = checkpoint || blankCheckpoint()
    let usable = typeof programme === "object" ? programme : undefined
    let damage = Reason.RecordDamaged
    // A mechanism that can't keep up would fall behind without end: such a programme is not run (PRG-4).
    if (usable && mechanism && highestRatePlPerDay(usable) > mechanismRatePlPerDayMax(mechanism)) {
        usable = undefined
        damage = Reason.BeyondMechanism
    }
    const reasons: Reason[] = []
    for (let i = 0; i < ALARM_COUNT; i++) reasons.push(before.reasons[i])
    let conditions = 0
    const latched = before.latched & LATCHING_ALARMS
    if (!mechanism || programme === undefined) {
        conditions = conditions | (1 << Alarm.ProgrammeMissing)
        reasons[Alarm.ProgrammeMissing] = Reason.RecordMissing
    } else if (!usable || !records.limits) {
        conditions = conditions | (1 << Alarm.ProgrammeDamaged)
        reasons[Alarm.ProgrammeDamaged] = damage
    }
    const damaged = records.checkpointDamage !== Reason.None
    if (damaged || before.accountUnknown) {
        conditions = conditions | (1 << Alarm.CheckpointDamaged)
        reasons[Alarm.CheckpointDamaged] = damaged ? records.checkpointDamage : Reason.RecordDamaged
    }
    const brokenRuns = before.brokenRuns + 1
    if (brokenRuns > BROKEN_RUNS_MAX) conditions = conditions | (1 << Alarm.RepeatedResets)
    const mode = checkpoint ? checkpoint.mode : Mode.Running
    // A reservoir that nobody knows counts as nearly used up: the alarm stands until someone has filled it.
    const unknownPl = usable ? (damaged ? usable.reservoirLowPl : usable.reservoirPl) : 0
    const residualPl = checkpoint ? checkpoint.residualPl : unknownPl
    const volume = createVolume()
    volume.meteredPl = before.meteredPl
    volume.countedPl = before.countedPl
    volume.sensedPl = before.sensedPl
    volume.endSwitchDiffers = before.endSwitchDiffers
    volume.refillDiffers = before.refillDiffers
    if (before.reservoirEmpty) conditions = conditions | (1 << Alarm.ReservoirEmpty)
    return {
        programme: usable,
        offered: undefined,
        mechanism: mechanism || UNCALIBRATED,
        mode,
        delivering: false,
        alarms: conditions | latched | (conditions & LATCHING_ALARMS),
        conditions,
        latched: latched | (conditions & LATCHING_ALARMS),
        raised: 0,
        acknowledged: 0,
        reasons,
        soundPausedUntilMs: nowMs,
        nowMs,
        idleUntilMs: 0,
        runBeganMs: nowMs,
        brokenRuns,
        lateTicks: 0,
        lateTicksSinceMs: nowMs,
        wallMinusNowMs: NaN,
        shiftLeftMs: before.shiftLeftMs,
        shiftSinceMs: nowMs,
        localMinusClockMs: before.localMinusClockS * MS_PER_SECOND,
        stepQuantum: (mechanism || UNCALIBRATED).stepPl * MS_PER_DAY,
        owed: 0,
        ratePlPerDay: 0,
        segmentLeftMs: 0,
        bolusKind: BolusKind.None,
        bolusRatePlPerDay: 0,
        bolusFlowPlPerDay: 0,
        bolusUnrecorded: false,
        bolusPl: 0,
        bolusLeftPl: 0,
        bolusPart: 0,
        heldRatePlPerDay: 0,
        heldPl: 0,
        heldLeftPl: 0,
        heldPart: 0,
        heldReason: BolusReason.None,
        unansweredKind: BolusKind.None,
        doses: createDoses(before.lockoutMinutes * MS_PER_MINUTE, before.patientDoses, before.windowPl),
        limitsKnown: records.limits !== undefined,
        primePlMax: records.limits ? records.limits.primePlMax : 0,
        // Nobody has primed the line of a pump that never ran.
        lineLeftPl: checkpoint ? checkpoint.lineLeftPl : usable ? usable.deadVolumePl : 0,
        lineNgPerMl: before.lineNgPerMl,
        bridgeRatePlPerDay: before.bridgeRatePlPerDay,
        patientPl: before.patientPl,
        residualPl,
        uncertainPl: before.uncertainPl,
        refilledWallS: before.refilledWallS,
        refilledPl: checkpoint ? checkpoint.refilledPl : residualPl,
        refillBeganMs: NaN,
        refillExpectedPl: 0,
        commandedSteps: 0,
        commandedStepsHalfway: 0,
        stage: 255,
        sampleMs: nowMs,
        judgedAll: false,
        checks: createSensorChecks(),
        line: createLine(),
        following: createFollowing(),
        flow: createFlow(),
        volume,
        pressureFaultSamples: FAULT_SAMPLES_AT_POWER_ON,
        encoderFaultSamples: FAULT_SAMPLES_AT_POWER_ON,
        reservoirSwitchFaultSamples: FAULT_SAMPLES_AT_POWER_ON,
        batteryFaultSamples: FAULT_SAMPLES_AT_POWER_ON,
        clockFaultSamples: FAULT_SAMPLES_AT_POWER_ON,
        batteryLowSamples: FAULT_SAMPLES_AT_POWER_ON,
        batteryEndSamples: FAULT_SAMPLES_AT_POWER_ON,
        supplyFailingSamples: 0,
        // Which board this is, and what it draws, `powerOn` knows.
        energy: createEnergy(CellKind.None, 0, 0, { restingMicrowatts: 0, stepMicrojoules: 0 }),
        pulledBackSteps: 0,
        motorReverses: true,
        reliefLeftSteps: 0,
        reliefSteps: 0,
        reliefPa: NaN,
        runawaySamples: 0,
        runawaySteps: NaN,
        cutMotor: false,
        lastStopMs: NaN,
        stopBeforeMs: NaN,
        // A pump that was stopped before the reset has been stopped for a time that only the wall clock knows: it alarms at once.
        stoppedSinceMs: mode === Mode.Stopped ? nowMs - STOPPED_MEDIUM_MS : NaN,
        stoppedWallS: mode === Mode.Stopped ? before.stoppedWallS : WALL_UNKNOWN,
        checkpointMs: nowMs,
    }
}

/** A record for the actions of a tick. */
export function createActions(): Actions {
    return {
        steps: 0,
        bolusEvent: BolusEvent.None,
        bolusKind: BolusKind.None,
        bolusReason: BolusReason.None,
        bolusPl: 0,
        lineEvent: LineEvent.None,
        command: CommandKind.None,
        refusal: Refusal.None,
        programmeAnswer: ProgrammeAnswer.None,
        checkpointDue: false,
    }
}

/** Stands in where no calibration is stored; ProgrammeMissing keeps the motor off all the while. */
const UNCALIBRATED: Mechanism = {
    stepPl: 1,
    stepsPerTickMax: 1,
    occlusionPa: Infinity,
    encoderSlackSteps: 0,
    batteryLowMv: 0,
    batteryEndMv: 0,
    batteryKind: 0,
    batteryMah: 0,
}

/** The fastest flow that a mechanism can keep up with, never over the pump's own maximum. */
export function mechanismRatePlPerDayMax(mechanism: Mechanism): number {
    return Math.min(PRIME_RATE_PL_PER_DAY_MAX, mechanism.stepsPerTickMax * mechanism.stepPl * 864_000)
}

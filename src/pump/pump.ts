// Everything the pump knows, in one long-lived record that the tick reads and writes in place.

import { Alarm } from "./alarms"
import { Checkpoint } from "./checkpoint"
import { MS_PER_DAY, PRIME_RATE_PL_PER_DAY_MAX, STOPPED_MEDIUM_MS } from "./limits"
import { Mechanism } from "./mechanism"
import { highestRatePlPerDay, Programme } from "./programme"

/** What a person last asked for. A stopping alarm halts delivery without changing it. */
export enum Mode {
    Stopped = 0,
    Running = 1,
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
    AlreadyPriming = 3,
    PumpStopped = 4,
    StoppingAlarm = 5,
    PressureUnknown = 6,
    MoreThanReservoir = 7,
}

/** What one tick decides; filled in place. */
export interface Actions {
    /** Motor steps to make now. */
    steps: number
    bolusEvent: BolusEvent
    bolusReason: BolusReason
    /** Volume of the bolus that has been metered, when it was delivered or cancelled. */
    bolusPl: number
    /** True when the checkpoint should be written: what the pump must know after a reset has changed. */
    checkpointDue: boolean
}

export interface Pump {
    /** Undefined when there is none, or when the stored one is damaged. */
    programme: Programme | undefined
    mechanism: Mechanism
    mode: Mode
    /** True while the motor may step: running, and no stopping alarm stands. */
    delivering: boolean
    /** The set of alarms that stand (`alarms.ts`). */
    alarms: number

    /** Time of the last tick on the monotonic clock. */
    nowMs: number
    /** Local time of the week minus the monotonic clock; NaN while the time of day is unknown. */
    wallMinusNowMs: number

    /** One step in the unit of `owed`: picolitres times milliseconds per day. */
    stepQuantum: number
    /** What the programme has asked for and the motor has not been told, times milliseconds per day: whole and exact. */
    owed: number
    /** The flow now due, basal and prime together. */
    ratePlPerDay: number
    /** Time for which the basal flow stays what it is. */
    segmentLeftMs: number

    /** Flow asked for by the prime in progress, 0 without one; and the part of the flow now due that is the prime's. */
    primeRatePlPerDay: number
    primeFlowPlPerDay: number
    /** The prime's whole volume; what is left of it; and the part of a picolitre of it already owed, times ms per day. */
    primePl: number
    primeLeftPl: number
    primePart: number

    /** What the reservoir holds, by steps commanded. */
    residualPl: number
    /** Steps commanded since power-on. */
    commandedSteps: number
    /** Steps commanded minus steps sensed when they were last taken as equal; NaN until then. */
    encoderOffsetSteps: number

    /** Samples in a row with each bad finding; three make it an alarm. */
    pressureFaultSamples: number
    encoderFaultSamples: number
    reservoirSwitchFaultSamples: number
    batteryFaultSamples: number
    clockFaultSamples: number
    occludedSamples: number
    batteryLowSamples: number
    batteryEndSamples: number

    /** When a person stopped the pump; NaN while it runs. */
    stoppedSinceMs: number
    /** When the last checkpoint was asked for. */
    checkpointMs: number
}

/**
 * The pump at power-on, before its first tick.
 * @param programme the decoded programme, the reason why the stored one can't be used, or undefined when none is stored
 * @param mechanism the calibrated mechanism, or undefined when none (or a damaged one) is stored: nothing can be metered then
 * @param checkpoint what was last known before the reset, or undefined on a pump that never ran
 * @param nowMs time on the monotonic clock
 */
export function createPump(
    programme: Programme | string | undefined,
    mechanism: Mechanism | undefined,
    checkpoint: Checkpoint | undefined,
    nowMs: number,
): Pump {
    let usable = typeof programme === "object" ? programme : undefined
    // A mechanism that can't keep up would fall behind without end: such a programme is not run (PRG-4).
    if (usable && mechanism && highestRatePlPerDay(usable) > mechanismRatePlPerDayMax(mechanism)) usable = undefined
    let alarms = checkpoint ? checkpoint.alarms : 0
    if (!mechanism || programme === undefined) alarms = alarms | (1 << Alarm.ProgrammeMissing)
    else if (!usable) alarms = alarms | (1 << Alarm.ProgrammeDamaged)
    const mode = checkpoint ? checkpoint.mode : Mode.Running
    return {
        programme: usable,
        mechanism: mechanism || UNCALIBRATED,
        mode,
        delivering: false,
        alarms,
        nowMs,
        wallMinusNowMs: NaN,
        stepQuantum: (mechanism || UNCALIBRATED).stepPl * MS_PER_DAY,
        owed: 0,
        ratePlPerDay: 0,
        segmentLeftMs: 0,
        primeRatePlPerDay: 0,
        primeFlowPlPerDay: 0,
        primePl: 0,
        primeLeftPl: 0,
        primePart: 0,
        residualPl: checkpoint ? checkpoint.residualPl : usable ? usable.reservoirPl : 0,
        commandedSteps: 0,
        encoderOffsetSteps: NaN,
        pressureFaultSamples: 0,
        encoderFaultSamples: 0,
        reservoirSwitchFaultSamples: 0,
        batteryFaultSamples: 0,
        clockFaultSamples: 0,
        occludedSamples: 0,
        batteryLowSamples: 0,
        batteryEndSamples: 0,
        // A pump that was stopped before the reset has been stopped for a time nobody knows: it alarms at once.
        stoppedSinceMs: mode === Mode.Stopped ? nowMs - STOPPED_MEDIUM_MS : NaN,
        checkpointMs: nowMs,
    }
}

/** A record for the actions of a tick. */
export function createActions(): Actions {
    return {
        steps: 0,
        bolusEvent: BolusEvent.None,
        bolusReason: BolusReason.None,
        bolusPl: 0,
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
}

/** The fastest flow that a mechanism can keep up with, never over the pump's own maximum. */
export function mechanismRatePlPerDayMax(mechanism: Mechanism): number {
    return Math.min(PRIME_RATE_PL_PER_DAY_MAX, mechanism.stepsPerTickMax * mechanism.stepPl * 864_000)
}

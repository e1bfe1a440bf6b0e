// What a run of a scenario gives back, whichever engine ran it: the figures, and the samples that plots are drawn from.

import { BolusReason } from "../../src/pump/pump"
import { ProgrammeAnswer } from "../../src/pump/readings"

/** One alarm from its rise to its end. Times are since the run's start. */
export interface AlarmRecord {
    id: string
    priority: "low" | "medium" | "high"
    /** Why it was raised, in words; empty where there is only one cause. */
    reason: string
    raisedMs: number
    /** When its condition was over, the last time; null while it is there. A latched alarm then still waits for a person. */
    overMs: number | null
    /** When a person had seen it; null until then. */
    acknowledgedMs: number | null
    /** Null while it still stands. */
    clearedMs: number | null
}

/** One bolus as it was asked for and as it went. */
export interface BolusRecord {
    kind: "prime"
    requestedMs: number
    outcome: "delivered" | "cancelled" | "denied" | "inProgress"
    /** Why it was denied or cancelled; empty when delivered. */
    reason: string
    startedMs: number | null
    finishedMs: number | null
    /** Volume that was asked of the motor for it until it ended, or until the run or the power did. */
    deliveredPl: number
}

/** Why a bolus was denied or cancelled, in words; none where it was not. */
export const BOLUS_REASONS: Readonly<Record<BolusReason, string>> = {
    [BolusReason.None]: "",
    [BolusReason.VolumeOutOfRange]: "volume out of range",
    [BolusReason.RateOutOfRange]: "rate out of range",
    [BolusReason.AlreadyPriming]: "a prime is in progress already",
    [BolusReason.PumpStopped]: "pump stopped",
    [BolusReason.StoppingAlarm]: "an alarm stops delivery",
    [BolusReason.PressureUnknown]: "line pressure unknown",
    [BolusReason.MoreThanReservoir]: "more than the reservoir holds",
    [BolusReason.NotRecordable]: "record memory does not answer",
    [BolusReason.SupplyFailing]: "supply failing",
}

/** What became of an offered programme, in words; none where the firmware has not said, or lost its power before it could. */
export const PROGRAMME_ANSWERS: Readonly<Record<ProgrammeAnswer, string>> = {
    [ProgrammeAnswer.None]: "not answered",
    [ProgrammeAnswer.Taken]: "taken",
    [ProgrammeAnswer.Damaged]: "refused: damaged",
    [ProgrammeAnswer.BeyondMechanism]: "refused: beyond the mechanism",
    [ProgrammeAnswer.NotStored]: "refused: not stored",
    [ProgrammeAnswer.BeyondLimits]: "refused: beyond the limits",
}

/** One programme that was offered to the pump. */
export interface ProgrammeRecord {
    offeredMs: number
    /** One of PROGRAMME_ANSWERS. */
    answer: string
}

/** The object that `--json` prints. Whole numbers throughout; volumes in picolitres. */
export interface RunResult {
    scenario: string
    engine: string
    seed: number
    simulatedMs: number
    wallMs: number
    /** Ticks that the firmware completed. */
    ticks: number
    /** What the programme and its boluses asked for over the time in which the pump was to deliver. */
    programmedPl: number
    commandedSteps: number
    /** What truly left the catheter, of the world's own account. */
    deliveredPl: number
    /** The largest distance at any tick between what was asked for and what was commanded, in steps; null where ticks were not seen. */
    stepErrorMax: number | null
    /** What the pump holds to be left in the reservoir. */
    residualPl: number
    alarms: AlarmRecord[]
    boluses: BolusRecord[]
    programmes: ProgrammeRecord[]
}

/** What plots are drawn from: equally long columns, one row each `periodMs`. Pressure in pascals, volumes in picolitres. */
export interface Samples {
    periodMs: number
    timeMs: number[]
    /** Programmed and delivered since the start. */
    programmedPl: number[]
    deliveredPl: number[]
    /** The programme's flow at that time, without boluses: 0 while stopped or off. */
    ratePlPerDay: number[]
    /** True pressure in the line, gauge. */
    pressurePa: number[]
    /** What is truly left in the reservoir, and what the pump holds to be left (NaN while it is off). */
    reservoirPl: number[]
    residualPl: number[]
}

/** A run as the command line and the report see it. */
export interface Run {
    result: RunResult
    samples: Samples
    /** Expectations of the scenario that did not hold; empty when all did. */
    failures: string[]
    /** What the pump's record memory holds at the end. */
    memory: Uint8Array
}

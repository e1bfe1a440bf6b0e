// What a run of a scenario gives back, whichever engine ran it: the figures, and the samples that plots are drawn from.

import { BolusKind, BolusReason, LineEvent } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, Refusal } from "../../src/pump/readings"

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

/** Which bolus it is. */
export const BOLUS_NAMES = ["prime", "clinician", "patient"] as const
export type BolusName = (typeof BOLUS_NAMES)[number]

export const BOLUS_OUTCOMES = ["delivered", "cancelled", "denied", "inProgress"] as const
export type BolusOutcome = (typeof BOLUS_OUTCOMES)[number]

/** One bolus as it was asked for and as it went. */
export interface BolusRecord {
    kind: BolusName
    requestedMs: number
    /** The volume that was asked for, and its strength by the programme that runs; 0 for a prime that fills an empty line. */
    volumePl: number
    ngPerMl: number
    outcome: BolusOutcome
    /** Why it was denied or cancelled; empty when delivered. */
    reason: string
    startedMs: number | null
    finishedMs: number | null
    /** When it waited for a patient's dose; the last time may have no end yet. */
    waited: { fromMs: number; toMs: number | null }[]
    /** Volume that was asked of the motor for it until it ended, or until the run or the power did. */
    deliveredPl: number
}

/** The kinds of bolus by the firmware's own numbers. */
export function bolusName(kind: BolusKind): BolusName {
    return kind === BolusKind.Patient ? "patient" : kind === BolusKind.Clinician ? "clinician" : "prime"
}

/** Why a bolus was denied or cancelled, in words; none where it was not. */
export const BOLUS_REASONS: Readonly<Record<BolusReason, string>> = {
    [BolusReason.None]: "",
    [BolusReason.VolumeOutOfRange]: "volume out of range",
    [BolusReason.RateOutOfRange]: "rate out of range",
    [BolusReason.BolusInProgress]: "a bolus is in progress already",
    [BolusReason.PumpStopped]: "pump stopped",
    [BolusReason.StoppingAlarm]: "an alarm stops delivery",
    [BolusReason.SensorLost]: "a sensor can't be read or believed",
    [BolusReason.MoreThanReservoir]: "more than the reservoir holds",
    [BolusReason.NotRecordable]: "record memory does not answer",
    [BolusReason.SupplyFailing]: "supply failing",
    [BolusReason.Lockout]: "too soon after the last dose",
    [BolusReason.CountOfDay]: "no more doses within 24 h",
    [BolusReason.WindowFull]: "over the limit of the dose window",
    [BolusReason.NotProgrammed]: "the programme allows none",
    [BolusReason.MinimumRate]: "at the minimum rate",
    [BolusReason.Bridging]: "the line still holds the former concentration",
    [BolusReason.MoreThanLine]: "more than the line still lacks",
    [BolusReason.LineNotPrimed]: "line not primed",
    [BolusReason.Ended]: "ended by a person",
    [BolusReason.LineChanged]: "line or drug changed",
}

/** Why one ended that the firmware can't tell of. */
export const BOLUS_REASONS_OF_POWER = ["power lost", "firmware restarted"] as const

/** The commands by the names that a scenario's events have. */
export const COMMAND_NAMES: Readonly<Record<CommandKind, string>> = {
    [CommandKind.None]: "none",
    [CommandKind.Stop]: "stop",
    [CommandKind.Start]: "start",
    [CommandKind.Prime]: "prime",
    [CommandKind.Refill]: "refill",
    [CommandKind.Toggle]: "button",
    [CommandKind.Acknowledge]: "acknowledge",
    [CommandKind.Silence]: "silence",
    [CommandKind.Release]: "release",
    [CommandKind.Programme]: "programme",
    [CommandKind.Bolus]: "bolus",
    [CommandKind.PatientDose]: "patientDose",
    [CommandKind.MinimumRate]: "minimumRate",
    [CommandKind.Clock]: "setClock",
    [CommandKind.RefillBegin]: "refillBegin",
    [CommandKind.CancelBolus]: "cancelBolus",
}

/** Why a command was not carried out, in words. */
export const REFUSALS: Readonly<Record<Refusal, string>> = {
    [Refusal.None]: "",
    [Refusal.VolumeOutOfRange]: "volume out of range",
    [Refusal.Bridging]: "the line still holds the former concentration",
    [Refusal.ShiftTooLarge]: "over 14 h while the pump runs",
    [Refusal.ClockUnknown]: "no time of day",
    [Refusal.NoProgramme]: "no programme",
}

/** A command that was not carried out: a bolus has its own record, and so has a programme. */
export interface RefusalRecord {
    /** One of COMMAND_NAMES. */
    command: string
    /** One of REFUSALS. */
    reason: string
    atMs: number
}

/** What became of the line, in words. */
export const LINE_EVENTS: Readonly<Record<LineEvent, string>> = {
    [LineEvent.None]: "nothing",
    [LineEvent.Primed]: "primed",
    [LineEvent.BridgeBegun]: "bridge begun",
    [LineEvent.BridgeOver]: "bridge over",
    [LineEvent.Changed]: "changed",
}

export interface LineRecord {
    /** One of LINE_EVENTS. */
    event: string
    atMs: number
    /** What the firmware then held to be in the line that is not from the reservoir as it is. */
    leftPl: number
}

/** A volume of one strength; 0 is no drug. */
export interface StrengthRecord {
    ngPerMl: number
    volumePl: number
}

/** What became of an offered programme, in words; none where the firmware has not said, or lost its power before it could. */
export const PROGRAMME_ANSWERS: Readonly<Record<ProgrammeAnswer, string>> = {
    [ProgrammeAnswer.None]: "not answered",
    [ProgrammeAnswer.Taken]: "taken",
    [ProgrammeAnswer.Damaged]: "refused: damaged",
    [ProgrammeAnswer.BeyondMechanism]: "refused: beyond the mechanism",
    [ProgrammeAnswer.NotStored]: "refused: not stored",
    [ProgrammeAnswer.BeyondLimits]: "refused: beyond the limits",
    [ProgrammeAnswer.OtherConcentration]: "refused: another concentration without a refill",
    [ProgrammeAnswer.Bridging]: "refused: the line still holds the former concentration",
    [ProgrammeAnswer.RefillOutOfRange]: "refused: refill out of range",
}

/** One programme that was offered to the pump. */
export interface ProgrammeRecord {
    offeredMs: number
    /** One of PROGRAMME_ANSWERS. */
    answer: string
}

/** The object that `--json` prints. Whole numbers but for doses; volumes in picolitres. */
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
    /** The drug in each of them, to the whole nanogram: what was asked for as it would leave a line of the prescription's volume. */
    programmedMicrograms: number
    deliveredMicrograms: number
    /** What truly left the catheter by its strength, each that ever did. */
    deliveredStrengths: StrengthRecord[]
    /** The largest distance at any tick between what was asked for and what was commanded, in steps; null where ticks were not seen. */
    stepErrorMax: number | null
    /** What the pump holds to be left in the reservoir. */
    residualPl: number
    alarms: AlarmRecord[]
    boluses: BolusRecord[]
    programmes: ProgrammeRecord[]
    refusals: RefusalRecord[]
    lineEvents: LineRecord[]
}

/** What plots are drawn from: equally long columns, one row each `periodMs`. Pressure in pascals, volumes in picolitres. */
export interface Samples {
    periodMs: number
    timeMs: number[]
    /** Programmed and delivered since the start. */
    programmedPl: number[]
    deliveredPl: number[]
    /** The drug in each of them, in whole nanograms. */
    programmedNg: number[]
    deliveredNg: number[]
    /** The programme's flow at that time, without boluses: 0 while stopped or off. */
    ratePlPerDay: number[]
    /** That of the boluses but primes. */
    bolusPlPerDay: number[]
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

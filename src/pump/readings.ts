// What the pump senses and is asked in one tick. A reading that could not be had is NaN with the reason beside it,
// so that a rule written as `!(x <= limit)` fails safe and no rule mistakes a failure for a value.

/** Why a reading is missing. */
export enum SensorFault {
    None = 0,
    /** The part is not fitted on this pump: nothing to alarm about. */
    NotFitted = 1,
    /** The part did not answer. */
    Missing = 2,
    /** The part answered with what it cannot have measured: status bits, checksum, rail voltage. */
    Invalid = 3,
    /** The part answered, but with a reading it took too long ago. */
    Stale = 4,
    // The pump's own judgement of a reading that came without complaint (`sensors.ts`).
    /** The very same reading for longer than a working part can give it. */
    Stuck = 5,
    /** Outside what the part can meet on this pump. */
    OutOfRange = 6,
    /** Scattering far more than the part's own noise. */
    Noisy = 7,
    /** A change that nothing in the pump can make between two samples. */
    Jumped = 8,
    /** A slow change that nothing in the pump makes. */
    Drifting = 9,
}

/** Which limit the guard found broken; the numbers are those of `Reason`. */
export enum GuardTrip {
    None = 0,
    TooManyStepsAtOnce = 19,
    HourLimit = 20,
    DayLimit = 21,
    PrimeLimit = 22,
    ReverseLimit = 23,
}

/** What a person asks of the pump. */
export enum CommandKind {
    None = 0,
    Stop = 1,
    Start = 2,
    /** Deliver a bounded volume fast, to fill tubing and catheter. */
    Prime = 3,
    /** The reservoir now holds this volume. */
    Refill = 4,
    /** The pump's own button: stops a pump that delivers, starts one that does not. */
    Toggle = 5,
    /** A person has seen the alarms: ends those that only waited for that, and pauses the sound of the others. */
    Acknowledge = 6,
    /** Pauses the sound of the standing alarms. */
    Silence = 7,
    /** A clinician releases what only a clinician may: the guard, and a pump restarted too often. */
    Release = 8,
    /** A new programme is offered; one of another concentration comes with what the reservoir was filled with. */
    Programme = 9,
    /** A clinician's bolus: this volume at this rate, on top of the schedule. */
    Bolus = 10,
    /** The patient asks for the dose that the programme allows. */
    PatientDose = 11,
    /** Nothing but the lowest flow, until the pump is started again. */
    MinimumRate = 12,
    /** Local time is another one from now on: daylight saving, another time zone, a clock that was wrong. */
    Clock = 13,
    /** A refill begins: the account stands still for the comparison with what is drawn out. */
    RefillBegin = 14,
    /** The bolus in progress, and one that waits for it, are ended. */
    CancelBolus = 15,
}

/** Why a command was not carried out; nothing has changed then. Those of a bolus are `BolusReason`, of a programme `ProgrammeAnswer`. */
export enum Refusal {
    None = 0,
    /** More than the reservoir can hold, or nothing. */
    VolumeOutOfRange = 1,
    /** The drug in the line is still that of the refill before: a bridge is under way. */
    Bridging = 2,
    /** A running pump's time of day is moved by 14 hours at most: stop it for more. */
    ShiftTooLarge = 3,
    /** The time of day is unknown, or is none. */
    ClockUnknown = 4,
    /** There is no programme to do it by. */
    NoProgramme = 5,
}

/** What became of a programme that was offered. */
export enum ProgrammeAnswer {
    None = 0,
    Taken = 1,
    /** Its bytes are no programme. */
    Damaged = 2,
    /** It asks for more than the mechanism can do. */
    BeyondMechanism = 3,
    /** The record memory did not keep it. */
    NotStored = 4,
    /** It asks for more than the guard's limits allow. */
    BeyondLimits = 5,
    /** It is for another concentration than the reservoir holds, and came without a refill. */
    OtherConcentration = 6,
    /** Another concentration while the line still holds that of the refill before. */
    Bridging = 7,
    /** The refill that it came with is of no volume that the reservoir can hold. */
    RefillOutOfRange = 8,
}

/** Filled in place by the drivers; one long-lived record, because an allocation on the device costs a heap sweep. */
export interface Readings {
    /** True in the ticks (one a second) for which the drivers were read and the rest of this record is new. */
    sampled: boolean
    /** How long before such a tick they were read. */
    ageMs: number
    /** Line pressure, gauge. */
    pressurePa: number
    pressureFault: SensorFault
    /** Steps the mechanism truly made, signed, since power-on; of the encoder. */
    encoderSteps: number
    encoderFault: SensorFault
    /** 1 when the switch at the end of the plunger's travel is pressed, else 0. */
    reservoirEndSwitch: number
    reservoirEndFault: SensorFault
    batteryMv: number
    batteryFault: SensorFault
    /** Local time from the real-time clock, as milliseconds since Monday 3 January 2000 00:00. */
    wallMs: number
    wallFault: SensorFault
    /** False while the start of a bolus is not recorded yet. */
    recorded: boolean
    /** Missing when the record memory did not take what was to be written last. */
    memoryFault: SensorFault
    /** True while the supply is about to fail; read before each tick. */
    supplyFailing: boolean
    command: CommandKind
    commandPl: number
    commandRatePlPerDay: number
    /** With Programme and Refill, `commandPl` is what the reservoir holds now; 0 with a programme that comes without a refill. What was drawn out of the reservoir before; NaN when nobody measured it. */
    commandResidualPl: number
    /** At a refill: true when tubing or catheter are new, and empty of drug. */
    commandLineChanged: boolean
    /** With Clock, the local time, as `wallMs`. */
    commandWallMs: number
    /** Commands in a row that came over the programmer's link without a valid tag. */
    accessFailures: number
    /** For how long a programme that was proposed has waited for its confirmation; NaN without one. */
    unconfirmedMs: number
    /** Taken where the programme that is offered is good and stored (`Pump.offered`); else why it is refused. */
    commandAnswer: ProgrammeAnswer
}

/** A record with no reading in it yet. */
export function createReadings(): Readings {
    return {
        sampled: false,
        ageMs: 0,
        pressurePa: NaN,
        pressureFault: SensorFault.Missing,
        encoderSteps: NaN,
        encoderFault: SensorFault.Missing,
        reservoirEndSwitch: NaN,
        reservoirEndFault: SensorFault.Missing,
        batteryMv: NaN,
        batteryFault: SensorFault.Missing,
        wallMs: NaN,
        wallFault: SensorFault.Missing,
        recorded: true,
        memoryFault: SensorFault.None,
        supplyFailing: false,
        command: CommandKind.None,
        commandPl: 0,
        commandRatePlPerDay: 0,
        commandResidualPl: NaN,
        commandLineChanged: false,
        commandWallMs: NaN,
        accessFailures: 0,
        unconfirmedMs: NaN,
        commandAnswer: ProgrammeAnswer.None,
    }
}

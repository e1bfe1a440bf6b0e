// Which alarms there are, how urgent each is, what it does to delivery, whether it waits for a person, and what ends it.
// A set of alarms is a whole number with one bit each, so that it can be traced, stored and compared at once. The last bit is the
// number's sign: what leaves the pump's logic as an unsigned number goes through `>>> 0`.

/** Urgency by harm and its onset (IEC 60601-1-8). */
export enum AlarmPriority {
    None = 0,
    Low = 1,
    Medium = 2,
    High = 3,
}

/** Every alarm the pump can raise: the bit it has in a set of alarms. */
export enum Alarm {
    ReservoirLow = 0,
    ReservoirEmpty = 1,
    Occlusion = 2,
    MotorNotFollowing = 3,
    PressureSensorFault = 4,
    EncoderFault = 5,
    ReservoirSwitchFault = 6,
    BatteryMonitorFault = 7,
    WallClockUnknown = 8,
    BatteryLow = 9,
    BatteryEnd = 10,
    TimeLost = 11,
    ProgrammeMissing = 12,
    ProgrammeDamaged = 13,
    StoppedOver5Min = 14,
    StoppedOver48Hours = 15,
    ClockFault = 16,
    RefillOverdue = 17,
    MotorFailed = 18,
    OverDelivery = 19,
    UnderDelivery = 20,
    LineSignatureLost = 21,
    VolumeDisagreement = 22,
    RepeatedResets = 23,
    SelfTestFailed = 24,
    RestartedTooOften = 25,
    CheckpointDamaged = 26,
    MemoryFault = 27,
    MinimumRateChosen = 28,
    LineNotPrimed = 29,
    ChangeUnfinished = 30,
    AccessRefused = 31,
}

export const ALARM_COUNT = 32

// The sets that the pump goes by. They say the same as the rules (`alarmRules.ts`), which a test holds them to, and are written as the
// numbers that they are: the device would work them out of their parts at each power-on, and has no room for that.

/** By their priority; all others are low. */
const HIGH_ALARMS = 0x072c_b40e
const MEDIUM_ALARMS = 0xf8d3_4bf0

/** The alarms that stop delivery while they stand, and those that bring the basal flow down to the minimum. */
export const STOPPING_ALARMS = 0x030c_1406
export const MINIMUM_RATE_ALARMS = 0x1400_2000

/** Those that an acknowledgement ends, those that a start ends, those that take a clinician; and all that outlast their condition. */
export const ACKNOWLEDGED_ALARMS = 0x80c0_0808
export const STARTED_ALARMS = 0x1004_0404
export const RELEASED_ALARMS = 0x0208_0000
export const LATCHING_ALARMS = ACKNOWLEDGED_ALARMS | STARTED_ALARMS | RELEASED_ALARMS

/** The alarms of a sensor whose reading can't be had or believed: while one stands no bolus begins. */
export const SENSOR_ALARMS = 0x0001_00f0

/** Why an alarm stands, where it may have several causes; and why a reading is not believed. */
export enum Reason {
    None = 0,
    // A sensor: the first four are those of `SensorFault`, by the same numbers.
    Missing = 2,
    Invalid = 3,
    Stale = 4,
    Stuck = 5,
    OutOfRange = 6,
    Noisy = 7,
    Jumped = 8,
    Drifting = 9,
    // The line.
    PressureOverThreshold = 10,
    PressureRising = 11,
    PulsationLost = 12,
    ResponseLost = 13,
    ResponseWeak = 14,
    // The motor.
    StepsLost = 15,
    MovedByItself = 16,
    // What was delivered.
    OverProgramme = 17,
    UnderProgramme = 18,
    // The guard.
    TooManyStepsAtOnce = 19,
    HourLimit = 20,
    DayLimit = 21,
    PrimeLimit = 22,
    ReverseLimit = 23,
    // Which estimate of the volume differs.
    EncoderDiffers = 24,
    EndSwitchDiffers = 25,
    RefillDiffers = 26,
    // Time.
    TimeJumped = 27,
    TicksLate = 28,
    // A record.
    RecordMissing = 29,
    RecordDamaged = 30,
    BeyondMechanism = 31,
    // The power-on self-test.
    Arithmetic = 32,
    Logic = 33,
    Memory = 34,
    MotorDriver = 35,
    ProgramDamaged = 36,
    // A record of a later firmware.
    RecordNewer = 37,
    // Stored energy.
    SupplyFailing = 38,
    // The reservoir.
    RefillDueSoon = 39,
    // The programmer's link.
    TagWrong = 40,
    // A change that was begun.
    RefillBegun = 41,
    ProgrammeProposed = 42,
}

/** True when `alarm` is in the set `alarms`. */
export function hasAlarm(alarms: number, alarm: Alarm): boolean {
    return (alarms & (1 << alarm)) !== 0
}

/** The highest priority among the alarms of a set; None for the empty set. */
export function highestPriority(alarms: number): AlarmPriority {
    if ((alarms & HIGH_ALARMS) !== 0) return AlarmPriority.High
    if ((alarms & MEDIUM_ALARMS) !== 0) return AlarmPriority.Medium
    return alarms !== 0 ? AlarmPriority.Low : AlarmPriority.None
}

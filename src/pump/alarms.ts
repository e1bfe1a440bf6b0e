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

/** What an alarm does to delivery while it stands. */
export enum Effect {
    /** Delivery goes on as programmed. */
    Unchanged = 0,
    /** The basal flow is the programme's weekly mean. */
    WeeklyMean = 1,
    /** The basal flow is the pump's minimum. */
    MinimumRate = 2,
    /** The motor makes no step forward. */
    Stop = 3,
}

/** Whether an alarm outlasts its condition, and whose act it then waits for. */
export enum Latch {
    /** It ends with its condition. */
    None = 0,
    /** A person's acknowledgement or start ends it, once its condition is over. */
    Acknowledge = 1,
    /** A person's start ends it. */
    Start = 2,
    /** A clinician's release ends it; the pump is then stopped, and wants a start as well. */
    Release = 3,
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
    RefillUnfinished = 30,
    AccessRefused = 31,
}

export interface AlarmRule {
    /** The name it goes by in reports and on the console. */
    id: string
    priority: AlarmPriority
    effect: Effect
    latch: Latch
}

/** The rule of each alarm, by its bit. `src/README.md` tells them to people; a test holds the two together. */
export const ALARMS: readonly AlarmRule[] = [
    { id: "reservoirLow", priority: AlarmPriority.Low, effect: Effect.Unchanged, latch: Latch.None },
    { id: "reservoirEmpty", priority: AlarmPriority.High, effect: Effect.Stop, latch: Latch.None },
    { id: "occlusion", priority: AlarmPriority.High, effect: Effect.Stop, latch: Latch.Start },
    { id: "motorNotFollowing", priority: AlarmPriority.High, effect: Effect.Unchanged, latch: Latch.Acknowledge },
    { id: "pressureSensorFault", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "encoderFault", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "reservoirSwitchFault", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "batteryMonitorFault", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "wallClockUnknown", priority: AlarmPriority.Medium, effect: Effect.WeeklyMean, latch: Latch.None },
    { id: "batteryLow", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "batteryEnd", priority: AlarmPriority.High, effect: Effect.Stop, latch: Latch.Start },
    { id: "timeLost", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.Acknowledge },
    { id: "programmeMissing", priority: AlarmPriority.High, effect: Effect.Stop, latch: Latch.None },
    { id: "programmeDamaged", priority: AlarmPriority.High, effect: Effect.MinimumRate, latch: Latch.None },
    { id: "stoppedOver5Min", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "stoppedOver48Hours", priority: AlarmPriority.High, effect: Effect.Unchanged, latch: Latch.None },
    { id: "clockFault", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "refillOverdue", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "motorFailed", priority: AlarmPriority.High, effect: Effect.Stop, latch: Latch.Start },
    { id: "overDelivery", priority: AlarmPriority.High, effect: Effect.Stop, latch: Latch.Release },
    { id: "underDelivery", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "lineSignatureLost", priority: AlarmPriority.High, effect: Effect.Unchanged, latch: Latch.None },
    { id: "volumeDisagreement", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.Acknowledge },
    { id: "repeatedResets", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.Acknowledge },
    { id: "selfTestFailed", priority: AlarmPriority.High, effect: Effect.Stop, latch: Latch.None },
    { id: "restartedTooOften", priority: AlarmPriority.High, effect: Effect.Stop, latch: Latch.Release },
    { id: "checkpointDamaged", priority: AlarmPriority.High, effect: Effect.MinimumRate, latch: Latch.None },
    { id: "memoryFault", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "minimumRateChosen", priority: AlarmPriority.Medium, effect: Effect.MinimumRate, latch: Latch.Start },
    { id: "lineNotPrimed", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "refillUnfinished", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "accessRefused", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.Acknowledge },
]

export const ALARM_COUNT = ALARMS.length

/** The alarms that stop delivery while they stand, and those that bring the basal flow down to the minimum. */
export const STOPPING_ALARMS = alarmsWhere(rule => rule.effect === Effect.Stop)
export const MINIMUM_RATE_ALARMS = alarmsWhere(rule => rule.effect === Effect.MinimumRate)

/** The alarms that outlast their condition; those that an acknowledgement ends, and those that take a clinician. */
export const LATCHING_ALARMS = alarmsWhere(rule => rule.latch !== Latch.None)
export const ACKNOWLEDGED_ALARMS = alarmsWhere(rule => rule.latch === Latch.Acknowledge)
export const RELEASED_ALARMS = alarmsWhere(rule => rule.latch === Latch.Release)

/** The alarms of a sensor whose reading can't be had or believed: while one stands no bolus begins. */
export const SENSOR_ALARMS =
    (1 << Alarm.PressureSensorFault) |
    (1 << Alarm.EncoderFault) |
    (1 << Alarm.ReservoirSwitchFault) |
    (1 << Alarm.BatteryMonitorFault) |
    (1 << Alarm.ClockFault)

function alarmsWhere(holds: (rule: AlarmRule) => boolean): number {
    let alarms = 0
    for (let i = 0; i < ALARMS.length; i++) if (holds(ALARMS[i])) alarms = alarms | (1 << i)
    return alarms
}

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
}

/** The words for each reason, by its number. */
export const REASON_WORDS: readonly string[] = [
    "",
    "",
    "no answer",
    "an impossible answer",
    "an old answer",
    "stuck",
    "out of range",
    "noisy",
    "jumped",
    "drifting",
    "pressure over the threshold",
    "pressure rising with each step",
    "spinal pulsation lost",
    "no pressure from the steps",
    "weak pressure from the steps",
    "steps lost",
    "moved by itself",
    "over the programme",
    "under the programme",
    "too many steps at once",
    "limit of an hour",
    "limit of a day",
    "limit of the prime",
    "limit of the pull-back",
    "encoder differs from steps",
    "end switch differs from account",
    "refill residual differs from account",
    "clock jumped",
    "ticks late",
    "record missing",
    "record damaged",
    "more than the mechanism can do",
    "arithmetic",
    "logic",
    "record memory",
    "motor driver",
    "program damaged",
    "record of a later firmware",
    "supply failing",
    "refill due soon",
    "commands that are not the programmer's",
]

/** True when `alarm` is in the set `alarms`. */
export function hasAlarm(alarms: number, alarm: Alarm): boolean {
    return (alarms & (1 << alarm)) !== 0
}

/** The highest priority among the alarms of a set; None for the empty set. */
export function highestPriority(alarms: number): AlarmPriority {
    let highest = AlarmPriority.None
    for (let i = 0; i < ALARM_COUNT; i++)
        if ((alarms & (1 << i)) !== 0 && ALARMS[i].priority > highest) highest = ALARMS[i].priority
    return highest
}

// Which alarms there are, how urgent each is and what it does to delivery.
// A set of alarms is a whole number with one bit each, so that it can be traced, stored and compared at once.

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
}

export const ALARM_COUNT = 17

/** The name each alarm goes by in reports, by its bit. */
export const ALARM_IDS: readonly string[] = [
    "reservoirLow",
    "reservoirEmpty",
    "occlusion",
    "motorNotFollowing",
    "pressureSensorFault",
    "encoderFault",
    "reservoirSwitchFault",
    "batteryMonitorFault",
    "wallClockUnknown",
    "batteryLow",
    "batteryEnd",
    "timeLost",
    "programmeMissing",
    "programmeDamaged",
    "stoppedOver5Min",
    "stoppedOver48Hours",
    "clockFault",
]

/** The priority of each alarm, by its bit. */
export const ALARM_PRIORITIES: readonly AlarmPriority[] = [
    AlarmPriority.Low,
    AlarmPriority.High,
    AlarmPriority.High,
    AlarmPriority.High,
    AlarmPriority.Medium,
    AlarmPriority.Medium,
    AlarmPriority.Medium,
    AlarmPriority.Medium,
    AlarmPriority.Medium,
    AlarmPriority.Medium,
    AlarmPriority.High,
    AlarmPriority.Medium,
    AlarmPriority.High,
    AlarmPriority.High,
    AlarmPriority.Medium,
    AlarmPriority.High,
    AlarmPriority.Medium,
]

/** The alarms that stop delivery while they stand; every other one leaves the basal flow as it is. */
export const STOPPING_ALARMS =
    (1 << Alarm.ReservoirEmpty) | (1 << Alarm.Occlusion) | (1 << Alarm.BatteryEnd) | (1 << Alarm.ProgrammeMissing)

/** The alarms that outlast their cause until a person's start command acknowledges them. */
export const LATCHING_ALARMS =
    (1 << Alarm.Occlusion) | (1 << Alarm.MotorNotFollowing) | (1 << Alarm.BatteryEnd) | (1 << Alarm.TimeLost)

/** True when `alarm` is in the set `alarms`. */
export function hasAlarm(alarms: number, alarm: Alarm): boolean {
    return (alarms & (1 << alarm)) !== 0
}

/** The highest priority among the alarms of a set; None for the empty set. */
export function highestPriority(alarms: number): AlarmPriority {
    let highest = AlarmPriority.None
    for (let i = 0; i < ALARM_COUNT; i++)
        if ((alarms & (1 << i)) !== 0 && ALARM_PRIORITIES[i] > highest) highest = ALARM_PRIORITIES[i]
    return highest
}

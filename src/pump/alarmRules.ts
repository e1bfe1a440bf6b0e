// The rule of each alarm, as data: how urgent it is, what it does to delivery, what ends it; and the words for why it stands. The device
// goes by the sets in `alarms.ts`, which a test holds to these: no entry brings this file to it.

import { AlarmPriority } from "./alarms"

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
    { id: "changeUnfinished", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.None },
    { id: "accessRefused", priority: AlarmPriority.Medium, effect: Effect.Unchanged, latch: Latch.Acknowledge },
]

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
    "a refill",
    "a programme",
]

// What can be the cause of each alarm: the kinds of event of which one must have happened before, or a reset of the firmware.
// An alarm that is raised without any of its causes is a false one.

import { SPENT } from "./promises"

/** What makes the sensors of the line and the motor say what is not so, or keeps the pump from its steps. */
const MOTOR = [
    "stall",
    "loseSteps",
    "wearGear",
    "runaway",
    "blockOutlet",
    "occlude",
    "sensorFault encoder",
    "freeze",
    "flipBit",
    SPENT,
]
const FLOW = [
    "occlude",
    "blockOutlet",
    "openLine",
    "leak",
    "bubble",
    "siphon",
    "wearGear",
    "stall",
    "loseSteps",
    "runaway",
    SPENT,
]
const VOLUME = [
    SPENT,
    "refill",
    "programme",
    "fill",
    "siphon",
    "runaway",
    "flipBit",
    "sensorFault memory",
    "cutInWrite",
]
const MEMORY = ["flipBit", "cutInWrite", "powerOff", "sensorFault memory"]

/** By the alarm's id; "always" for one that needs nothing but time. */
export const CAUSES: Readonly<Record<string, readonly string[] | "always">> = {
    reservoirLow: "always",
    refillOverdue: "always",
    reservoirEmpty: [...VOLUME, "sensorFault reservoirSwitch"],
    occlusion: ["occlude", "blockOutlet", "sensorFault pressure", "bubble"],
    motorNotFollowing: MOTOR,
    motorFailed: MOTOR,
    overDelivery: ["runaway", "sensorFault encoder", "flipBit", "loseSteps", "stall", "freeze"],
    underDelivery: MOTOR,
    pressureSensorFault: ["sensorFault pressure", ...FLOW],
    encoderFault: ["sensorFault encoder"],
    reservoirSwitchFault: ["sensorFault reservoirSwitch"],
    batteryMonitorFault: ["sensorFault battery", "battery"],
    wallClockUnknown: ["sensorFault clock"],
    clockFault: ["sensorFault clock", "clockStep"],
    batteryLow: ["battery", "sensorFault battery"],
    batteryEnd: ["battery", "sensorFault battery", "supplyLow"],
    timeLost: ["freeze"],
    programmeMissing: ["flipBit"],
    programmeDamaged: MEMORY,
    stoppedOver5Min: ["stop", "release"],
    stoppedOver48Hours: ["stop", "release"],
    lineSignatureLost: [...FLOW, "sensorFault pressure"],
    volumeDisagreement: [...VOLUME, ...MOTOR, "sensorFault reservoirSwitch"],
    repeatedResets: ["reset"],
    selfTestFailed: ["sensorFault memory"],
    restartedTooOften: ["start"],
    checkpointDamaged: MEMORY,
    memoryFault: ["sensorFault memory", "cutInWrite"],
    minimumRateChosen: ["minimumRate"],
    lineNotPrimed: ["refill", "programme", "flipBit"],
    changeUnfinished: ["refillBegin", "refill", "programme"],
    accessRefused: ["hostileFrames"],
}

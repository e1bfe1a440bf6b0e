// The plain words for what the pump and a scenario call by short names.

import type { BolusRecord } from "../engines/result"
import type { ScenarioEvent, SensorName } from "../scenario/scenario"
import { formatMl } from "./units"

const ALARM_NAMES: Readonly<Record<string, string>> = {
    reservoirLow: "Reservoir low",
    reservoirEmpty: "Reservoir empty",
    occlusion: "Line occluded",
    motorNotFollowing: "Motor does not follow",
    pressureSensorFault: "Pressure sensor fault",
    encoderFault: "Encoder fault",
    reservoirSwitchFault: "Reservoir switch fault",
    batteryMonitorFault: "Battery monitor fault",
    clockFault: "Clock fault",
    wallClockUnknown: "Time of day unknown",
    batteryLow: "Battery low",
    batteryEnd: "Battery at its end",
    timeLost: "Time lost",
    programmeMissing: "No programme",
    programmeDamaged: "Programme damaged",
    stoppedOver5Min: "Stopped over 5 min",
    stoppedOver48Hours: "Stopped over 48 h",
}

/** An alarm's name in words; an id of no known alarm stands for itself. */
export function alarmName(id: string): string {
    return ALARM_NAMES[id] ?? id
}

const SENSOR_NAMES: Readonly<Record<SensorName, string>> = {
    pressure: "pressure sensor",
    encoder: "encoder",
    reservoirSwitch: "reservoir switch",
    battery: "battery monitor",
    clock: "clock",
}

const EVENT_NAMES = {
    occlude: "line occluded",
    clear: "line cleared",
    stop: "stopped by a person",
    start: "started by a person",
    powerOff: "power off",
    powerOn: "power on",
    stall: "motor stalled",
    unstall: "motor freed",
} as const

/** What a scenario did to the pump, in words. */
export function eventName(event: ScenarioEvent): string {
    switch (event.kind) {
        case "prime":
            return `prime ${formatMl(event.volumePl)} mL`
        case "refill":
            return `refill to ${formatMl(event.volumePl)} mL`
        case "sensorFault":
            return `${SENSOR_NAMES[event.sensor]} ${event.failure}`
        case "sensorRepair":
            return `${SENSOR_NAMES[event.sensor]} repaired`
        default:
            return EVENT_NAMES[event.kind]
    }
}

/** How a bolus ended, in words, with the reason where there is one. */
export function bolusOutcome(bolus: BolusRecord): string {
    const outcome = bolus.outcome === "inProgress" ? "in progress" : bolus.outcome
    return bolus.reason === "" ? outcome : `${outcome}: ${bolus.reason}`
}

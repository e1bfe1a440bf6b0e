// The plain words for what the pump and a scenario call by short names.

import type { AlarmRecord, BolusName, BolusRecord } from "../engines/result"
import type { Filling, PartName, ScenarioEvent, SensorFailure } from "../scenario/scenario"
import { doseUg, formatMl, formatNumber, formatUg } from "./units"

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
    refillOverdue: "Refill overdue",
    motorFailed: "Motor failed",
    overDelivery: "Over-delivery",
    underDelivery: "Under-delivery",
    lineSignatureLost: "Line signature lost",
    volumeDisagreement: "Volumes disagree",
    repeatedResets: "Repeated resets",
    selfTestFailed: "Self-test failed",
    restartedTooOften: "Restarted too often",
    checkpointDamaged: "Memory of the pump damaged",
    memoryFault: "Record memory fault",
    minimumRateChosen: "Minimum rate",
    lineNotPrimed: "Line not primed",
    changeUnfinished: "Change not finished",
    accessRefused: "Commands of strangers",
}

/** An alarm's name in words; an id of no known alarm stands for itself. */
export function alarmName(id: string): string {
    return ALARM_NAMES[id] ?? id
}

/** An alarm in words, with why it was raised and whether its cause is over while it waits for a person. */
export function alarmText({ id, reason, overMs, clearedMs }: AlarmRecord): string {
    const name = reason === "" ? alarmName(id) : `${alarmName(id)}: ${reason}`
    return overMs !== null && clearedMs === null ? `${name} (over, waits for a person)` : name
}

const SENSOR_NAMES: Readonly<Record<PartName, string>> = {
    pressure: "pressure sensor",
    encoder: "encoder",
    reservoirSwitch: "reservoir switch",
    battery: "battery monitor",
    clock: "clock",
    memory: "record memory",
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
    blockOutlet: "reservoir outlet blocked",
    clearOutlet: "reservoir outlet free",
    openLine: "line open",
    closeLine: "line closed",
    wearGear: "gear worn through",
    replaceGear: "gear replaced",
    acknowledge: "alarms acknowledged",
    silence: "sound paused",
    release: "released by a clinician",
    supplyLow: "supply about to fail",
    supplyGood: "supply good again",
    patientDose: "patient asks for a dose",
    cancelBolus: "boluses ended by a person",
    minimumRate: "minimum rate set by a person",
    refillBegin: "refill begun",
    fill: "reservoir filled",
} as const

const FAILURE_WORDS: Readonly<Record<SensorFailure, string>> = {
    missing: "missing",
    invalid: "invalid",
    stale: "stale",
    stuck: "stuck",
    outOfRange: "out of range",
    noisy: "noisy",
    jumping: "jumping",
    drifting: "drifting",
    pressed: "stuck pressed",
}

function formatPercent(fraction: number): string {
    return `${Math.round(fraction * 1000) / 10} %`
}

/** What a scenario did to the pump, in words. */
export function eventName(event: ScenarioEvent): string {
    switch (event.kind) {
        case "prime":
            return `prime ${formatMl(event.volumePl)} mL`
        case "bolus": {
            const { amount, overMinutes } = event
            const much = "volumePl" in amount ? `${formatMl(amount.volumePl)} mL` : `${formatUg(amount.micrograms)} µg`
            return `clinician's bolus of ${much} over ${overMinutes} min`
        }
        case "setClock":
            return `local time set to ${event.localTime.replace("T", " ")}`
        case "refill":
            return fillingText("refill", event.filling)
        case "sensorFault":
            return `${SENSOR_NAMES[event.sensor]} ${FAILURE_WORDS[event.failure]}`
        case "leak":
            return event.fraction === 0 ? "leak closed" : `leak of ${formatPercent(event.fraction)}`
        case "bubble":
            return `bubble of ${event.microlitres} µL`
        case "siphon":
            return event.microlitresPerHour === 0 ? "free flow ended" : `free flow of ${event.microlitresPerHour} µL/h`
        case "loseSteps":
            return event.fraction === 0
                ? "motor keeps its steps"
                : `motor loses ${formatPercent(event.fraction)} of its steps`
        case "runaway":
            return event.stepsPerSecond === 0
                ? "motor no longer runs away"
                : `motor runs away, ${event.stepsPerSecond} steps/s`
        case "freeze":
            return `firmware frozen for ${event.lastsMs / 1000} s`
        case "cutInWrite":
            return `power lost in a write after ${event.bytes} bytes, for ${event.offMs / 1000} s`
        case "hostileFrames":
            return `${event.frames} packets from a stranger, one each ${event.everyMs / 1000} s`
        case "flipBit":
            return `bit ${event.bit} of byte ${event.address} in the record memory turned over`
        case "battery":
            return `battery at ${event.millivolts} mV`
        case "programme":
            return `programme offered: ${event.name}${event.filling ? fillingText(", with a refill", event.filling) : ""}${event.damaged ? ", damaged on its way" : ""}`
        case "clockStep":
            return `clock moved by ${event.seconds} s`
        case "sensorRepair":
            return `${SENSOR_NAMES[event.sensor]} repaired`
        default:
            return EVENT_NAMES[event.kind]
    }
}

function fillingText(what: string, { volumePl, lineChanged }: Filling): string {
    return `${what} to ${formatMl(volumePl)} mL${lineChanged ? " and a new line" : ""}`
}

const BOLUS_WORDS: Readonly<Record<BolusName, string>> = {
    prime: "prime",
    clinician: "clinician's bolus",
    patient: "patient's dose",
}

/** Which bolus it is, in words. */
export function bolusKind({ kind }: BolusRecord): string {
    return BOLUS_WORDS[kind]
}

/** The drug in a volume of a bolus, in micrograms; nothing for one that fills an empty line. */
export function bolusDose({ ngPerMl }: BolusRecord, volumePl: number): string {
    return ngPerMl === 0 ? "–" : formatUg(doseUg(volumePl, ngPerMl))
}

/** How much was asked for: the dose, or the volume of what is no dose. */
export function bolusAsked(bolus: BolusRecord): string {
    const { kind, ngPerMl, volumePl } = bolus
    return kind === "prime" || ngPerMl === 0 ? `${formatMl(volumePl)} mL` : `${bolusDose(bolus, volumePl)} µg`
}

/** How a bolus ended, in words, with the reason where there is one. */
export function bolusOutcome({ outcome, reason, waited }: BolusRecord): string {
    const text = outcome === "inProgress" ? "in progress" : outcome
    const why = reason === "" ? text : `${text}: ${reason}`
    return waited.length === 0 ? why : `${why}, after it waited for a patient's dose`
}

/** A strength in words. */
export function strengthText(ngPerMl: number): string {
    return ngPerMl === 0 ? "no drug" : `${formatNumber(ngPerMl / 1000, Number.isInteger(ngPerMl / 1000) ? 0 : 3)} µg/mL`
}

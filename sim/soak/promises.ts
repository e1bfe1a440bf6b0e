// What the pump promises of each fault: within which time, or by which volume asked for, one of which alarms tells. A fault that this
// pump has no means to see is promised nothing; `sim/README.md` lists those.

import { MS_PER_MINUTE, MS_PER_SECOND } from "../../src/pump/limits"
import type { Session } from "../engines/session"
import type { WorldEvent } from "../scenario/scenario"

const PL_PER_MICROLITRE = 1_000_000

/** How often the campaign looks at a run between what happens in it. */
export const LOOK_MS = 10 * MS_PER_SECOND

/** From power-on until the flow of the hour is delivered again or an alarm says why not (BOO-1), and the sample after. */
export const READY_MS = 12 * MS_PER_SECOND

/** Alarms of which one must be raised once so much time has passed and so much was asked for. */
export interface Promised {
    withinMs: number
    withinPl: number
    alarms: readonly string[]
}

const NOTHING: Promised = { withinMs: Infinity, withinPl: Infinity, alarms: [] }

/** What tells of a motor that does not move, where the encoder may have failed too. */
const MOTOR = [
    "motorNotFollowing",
    "motorFailed",
    "underDelivery",
    "encoderFault",
    "overDelivery",
    "reservoirEmpty",
    "occlusion",
]

/** What tells that no drug leaves the line, where the pressure sensor may have failed too. */
const LINE = [...MOTOR, "pressureSensorFault", "lineSignatureLost"]

/** An encoder may lag by its slack before it tells (MOT-1), twice that where a count was lost, and a block of samples on top. */
const STALL_STEPS = 150

/** Three samples, and what a look of this campaign is late by. */
const SAMPLES_MS = 15 * MS_PER_SECOND

/** What the line takes up before it is at the threshold, and half as much again; and what the stopper yields. */
const OCCLUDED_SHARE = 1.5
const SPARE_PL = 15 * PL_PER_MICROLITRE
const ATMOSPHERE_KPA = 101

/** A syringe with nothing left: no event, but what comes of them. */
export const SPENT = "spent"

/** Of this fault, as it begins on this bench. */
export function promisedOf(event: WorldEvent | { kind: typeof SPENT }, { mechanism, scenario }: Session): Promised {
    const stepsPl = (steps: number) => steps * mechanism.stepPl
    switch (event.kind) {
        case "occlude": {
            const bubbles = scenario.events.map(({ kind, ...rest }) =>
                kind === "bubble" && "microlitres" in rest ? rest.microlitres : 0,
            )
            const thresholdKpa = mechanism.occlusionPa / 1000
            const softPl =
                (scenario.world.lineComplianceMicrolitresPerKilopascal + Math.max(0, ...bubbles) / ATMOSPHERE_KPA) *
                thresholdKpa *
                PL_PER_MICROLITRE
            return { withinMs: SAMPLES_MS, withinPl: OCCLUDED_SHARE * softPl + SPARE_PL, alarms: LINE }
        }
        case "blockOutlet":
            return { withinMs: SAMPLES_MS, withinPl: stepsPl(STALL_STEPS) + SPARE_PL, alarms: LINE }
        case "freeze":
            return { withinMs: event.lastsMs + SAMPLES_MS, withinPl: 0, alarms: ["timeLost"] }
        case SPENT:
        case "stall":
            return { withinMs: SAMPLES_MS, withinPl: stepsPl(STALL_STEPS), alarms: MOTOR }
        case "loseSteps":
            return event.fraction < 0.3
                ? NOTHING
                : { withinMs: SAMPLES_MS, withinPl: stepsPl(STALL_STEPS / event.fraction), alarms: MOTOR }
        case "runaway": {
            const seenMs = (STALL_STEPS / event.stepsPerSecond) * MS_PER_SECOND
            return event.stepsPerSecond < 0.5 ? NOTHING : { withinMs: seenMs + SAMPLES_MS, withinPl: 0, alarms: MOTOR }
        }
        case "supplyLow":
            return { withinMs: SAMPLES_MS + 10 * MS_PER_SECOND, withinPl: 0, alarms: ["batteryEnd"] }
        case "battery":
            return event.millivolts < mechanism.batteryEndMv
                ? { withinMs: SAMPLES_MS, withinPl: 0, alarms: ["batteryEnd", "batteryMonitorFault"] }
                : NOTHING
        case "sensorFault": {
            const { sensor, failure } = event
            if (sensor === "memory")
                return { withinMs: 30 * MS_PER_MINUTE, withinPl: 0, alarms: ["memoryFault", "selfTestFailed"] }
            const noticed = ["missing", "invalid", "stale", "outOfRange"].includes(failure)
            return noticed ? { withinMs: SAMPLES_MS, withinPl: 0, alarms: SENSOR_ALARMS[sensor] } : NOTHING
        }
        default:
            return NOTHING
    }
}

/** By the part that failed. */
const SENSOR_ALARMS = {
    // A pump that has just started takes a pressure that can be for a line that is blocked.
    pressure: ["pressureSensorFault", "occlusion"],
    // A count that is far off is a shaft that turned, for all that the pump can know.
    encoder: ["encoderFault", "volumeDisagreement", "overDelivery", "motorNotFollowing"],
    reservoirSwitch: ["reservoirSwitchFault"],
    battery: ["batteryMonitorFault"],
    clock: ["clockFault", "wallClockUnknown"],
} as const

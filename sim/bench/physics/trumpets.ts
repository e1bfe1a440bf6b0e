// Trumpet curves of a real syringe on a real screw, with each source of error alone, so that it is plain whose the error is. The
// windows are those of type 2; other than in the standard they are looked for in a whole turn of the screw, in all its phases.

import { fileURLToPath } from "node:url"
import { MS_PER_DAY, MS_PER_HOUR } from "../../../src/pump/limits"
import { decodeMechanism } from "../../../src/pump/mechanism"
import { decodeProgramme } from "../../../src/pump/programme"
import { STABILISATION_MS, samplingIntervalMs, TYPE2_WINDOW_INTERVALS } from "../../accuracy/plan"
import { errorPercent, intervalsOf } from "../../accuracy/series"
import { type Simulated, simulate } from "../../accuracy/simulated"
import { type TrumpetWindow, trumpetWindow } from "../../accuracy/trumpet"
import { loadScenario } from "../../scenario/load"
import type { Scenario } from "../../scenario/scenario"
import { settingsOf } from "./check"

/** The flows of `sim/accuracy/flows/`, in mL/day. */
export const FLOWS = ["0.048", "0.6", "24"] as const
export type Flow = (typeof FLOWS)[number]

const PL_PER_MICROLITRE = 1_000_000
const STEPS_PER_TURN = 3200

// Assumed: 5 µm within a turn and 60 µm of play for a rolled M3, and friction of a tenth of the motor's torque, over its detent of 8 %,
// so that the rotor stays where it is when the coils are let go.
const PLUNGER = { syringe: "bd-plastipak-20ml" }
const SCREW = { leadScrew: { periodicErrorMicrometres: 5, backlashMicrometres: 60 } }
const MOTOR = { stepper: { frictionPercent: 10, coilsReleased: true } }
const RIGID = {
    plungerStictionKilopascals: 0,
    plungerGlideKilopascals: 0,
    stopperComplianceMicrolitresPerKilopascal: 0,
}

/** What may be off, by the name that the table has for it. `metering` counts the commanded steps. */
export const PARTS_OF_ERROR = {
    metering: {},
    screw: { ...PLUNGER, ...RIGID, ...SCREW },
    motor: { ...PLUNGER, ...RIGID, ...MOTOR },
    plunger: PLUNGER,
    "all together": { ...PLUNGER, ...SCREW, ...MOTOR, catheter: "medtronic-8709sc" },
} as const satisfies Record<string, object>
export type PartOfError = keyof typeof PARTS_OF_ERROR

/** The error of one flow by one part. */
export interface FlowError {
    intervalS: number
    windows: TrumpetWindow[]
    /** Of all that was looked at. */
    overallPercent: number
}

function flowScenario(flow: Flow, world: object, durationMs: (scenario: Scenario) => number): Scenario {
    const file = fileURLToPath(new URL(`../../accuracy/flows/${flow}.json`, import.meta.url))
    const scenario = { ...loadScenario(file), world: settingsOf({ pressureNoisePascals: 50, ...world }) }
    return { ...scenario, durationMs: durationMs(scenario) }
}

function shotCycleMsOf(scenario: Scenario): number {
    const programme = decodeProgramme(scenario.programmeBytes)
    const mechanism = decodeMechanism(scenario.mechanismBytes)
    if (typeof programme === "string" || typeof mechanism === "string") throw new Error("a checked scenario is refused")
    return (mechanism.stepPl * MS_PER_DAY) / programme.meanRatePlPerDay
}

function run(scenario: Scenario, everyMs: number, metering: boolean): Promise<Simulated> {
    return simulate(scenario, {
        seed: scenario.seed,
        everyMs,
        readabilityMicrolitres: 0,
        metering,
        onProgress: () => {},
    })
}

/** Runs the flow for 24 h and a turn of the screw, and at least 100 sampling intervals. */
export async function flowError(flow: Flow, part: PartOfError): Promise<FlowError> {
    const sampledMs = (shotMs: number) => samplingIntervalMs("type2", shotMs, 0)
    const scenario = flowScenario(flow, PARTS_OF_ERROR[part], of => {
        const shotMs = shotCycleMsOf(of)
        const lookedAtMs = Math.max(STEPS_PER_TURN * shotMs, 100 * sampledMs(shotMs))
        return Math.ceil((STABILISATION_MS + lookedAtMs + 2 * sampledMs(shotMs)) / 1000) * 1000
    })
    const intervalMs = sampledMs(shotCycleMsOf(scenario))
    const { series } = await run(scenario, intervalMs, part === "metering")
    const intervals = intervalsOf(series, intervalMs, intervalMs * 2).filter(({ fromMs }) => fromMs >= STABILISATION_MS)
    const sum = (of: "measuredMicrolitres" | "setMicrolitres") =>
        intervals.reduce((total, interval) => total + interval[of], 0)
    return {
        intervalS: intervalMs / 1000,
        windows: TYPE2_WINDOW_INTERVALS.map(length => trumpetWindow(intervals, length, ({ known }) => known)),
        overallPercent: errorPercent(sum("measuredMicrolitres"), sum("setMicrolitres")) ?? Number.NaN,
    }
}

/** The overall error of 0.6 mL/day in five hours on a scale with an open vial on it, and that which the vial's evaporation alone makes. */
export async function openVialPercent(evaporationMicrolitresPerHour: number, vial: object): Promise<[number, number]> {
    const scenario = flowScenario("0.6", { scale: vial }, () => 5 * MS_PER_HOUR)
    const { series } = await run(scenario, 60_000, false)
    const last = series.timeMs.length - 1
    const weighed = errorPercent(series.measuredMicrolitres[last], series.setMicrolitres[last]) ?? Number.NaN
    // The true step is larger than calibration says.
    const mechanism = decodeMechanism(scenario.mechanismBytes)
    if (typeof mechanism === "string") throw new Error("a checked scenario is refused")
    const { syringeBoreMm, leadScrewPitchMm, stepsPerTurn } = scenario.world
    const stepPl = (((Math.PI / 4) * syringeBoreMm ** 2 * leadScrewPitchMm) / stepsPerTurn) * PL_PER_MICROLITRE
    const perHour = 600 / 24
    return [100 * (stepPl / mechanism.stepPl - 1 - evaporationMicrolitresPerHour / perHour), weighed]
}

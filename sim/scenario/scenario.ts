// A scenario as the engines run it: every time in milliseconds, every volume in picolitres, nothing left to look up.
// `load.ts` makes one from a scenario file and refuses what cannot be run, so that no engine has to check again.

import type { Prescription } from "../prescription/schema"

/** The parts whose failure a scenario can stage. */
export type SensorName = "pressure" | "encoder" | "reservoirSwitch" | "battery" | "clock"

/** How a part fails: it does not answer, it answers with what it cannot have measured, or its answer is too old. */
export type SensorFailure = "missing" | "invalid" | "stale"

/** Something that happens to the pump at a time since the start. */
export type ScenarioEvent =
    | { atMs: number; kind: "occlude" | "clear" | "stop" | "start" | "powerOff" | "powerOn" | "stall" | "unstall" }
    | { atMs: number; kind: "prime"; volumePl: number; ratePlPerDay: number }
    | { atMs: number; kind: "refill"; volumePl: number }
    | { atMs: number; kind: "sensorFault"; sensor: SensorName; failure: SensorFailure }
    | { atMs: number; kind: "sensorRepair"; sensor: SensorName }

/** The bench around the firmware: mechanism, line, catheter, sensors and clock as they truly are. */
export interface WorldSettings {
    /** True volume per step is bore area * pitch / stepsPerTurn; what the pump holds it to be is in the mechanism. */
    syringeBoreMm: number
    leadScrewPitchMm: number
    stepsPerTurn: number
    lineComplianceMicrolitresPerKilopascal: number
    catheterBoreMm: number
    catheterLengthMm: number
    fluidViscosityMillipascalSeconds: number
    spinalPressurePascals: number
    /** Standard deviation of the pressure sensor. */
    pressureNoisePascals: number
    batteryMillivolts: number
    /** Each tick is late by 0 up to this, uniformly, drawn from the seed. */
    tickJitterMsMax: number
}

/** An alarm that has to be raised within a window; its end is checked where it is given. */
export interface AlarmExpectation {
    /** One of ALARM_IDS. */
    id: string
    raisedFromMs: number
    raisedToMs: number
    /** The window in which it must be over; null when its end does not matter. */
    cleared: { fromMs: number; toMs: number } | null
    /** True when it must still stand at the end of the run. */
    standsAtEnd: boolean
}

/** A closed range in millilitres. */
export interface RangeMl {
    min: number
    max: number
}

/** What must hold of a run; what is absent is not checked. */
export interface Expectations {
    /** Each must be met by at least one alarm of the run. */
    alarms: AlarmExpectation[]
    /** True when every alarm of the run must meet one of `alarms`. */
    noOtherAlarms: boolean
    programmedMl?: RangeMl
    /** What truly left the catheter. */
    deliveredMl?: RangeMl
    /** What the pump holds to be left in the reservoir at the end. */
    residualMl?: RangeMl
    /** The largest step error of any tick must be less than this. */
    stepErrorBelow?: number
    /** The outcomes of the run's boluses, in order. */
    bolusOutcomes?: ("delivered" | "cancelled" | "denied" | "inProgress")[]
}

/** A scenario that has been checked in full. */
export interface Scenario {
    name: string
    description: string
    /** The file it was read from, as it was named. */
    file: string
    prescription: Prescription
    programmeBytes: Uint8Array
    mechanismBytes: Uint8Array
    durationMs: number
    /** Local date and time at the start, as in the file: "2026-03-02T00:00:00". */
    startsAt: string
    /** Local time at the start as milliseconds since Monday 00:00. */
    startWeekMs: number
    seed: number
    reservoirFillPl: number
    world: WorldSettings
    /** In order of time; those of one time in the order of the file. */
    events: ScenarioEvent[]
    expect: Expectations
}

// A scenario as the engines run it: every time in milliseconds, every volume in picolitres, nothing left to look up.
// `load.ts` makes one from a scenario file and refuses what cannot be run, so that no engine has to check again.

import type { Prescription } from "../prescription/schema"

/** The parts whose failure a scenario can stage. */
export type SensorName = "pressure" | "encoder" | "reservoirSwitch" | "battery" | "clock"
export type PartName = SensorName | "memory"

/**
 * How a part fails. The first three it or its driver notices: no answer, one that it cannot have measured, one too old. The
 * others look like any reading.
 */
export type SensorFailure =
    | "missing"
    | "invalid"
    | "stale"
    | "stuck"
    | "outOfRange"
    | "noisy"
    | "jumping"
    | "drifting"
    | "pressed"

/** Something that happens to the bench, whatever the firmware makes of it; `befall` in `sim/world/` lets it happen. */
export type WorldEvent =
    | { atMs: number; kind: "occlude" | "clear" | "blockOutlet" | "clearOutlet" | "openLine" | "closeLine" }
    | { atMs: number; kind: "stall" | "unstall" | "wearGear" | "replaceGear" }
    | { atMs: number; kind: "leak" | "loseSteps"; fraction: number }
    | { atMs: number; kind: "bubble"; microlitres: number }
    | { atMs: number; kind: "siphon"; microlitresPerHour: number }
    | { atMs: number; kind: "runaway"; stepsPerSecond: number }
    | { atMs: number; kind: "freeze"; lastsMs: number }
    | { atMs: number; kind: "battery"; millivolts: number }
    | { atMs: number; kind: "supplyLow" | "supplyGood" }
    | { atMs: number; kind: "clockStep"; seconds: number }
    /** `driftPerHour` is in the part's own unit: pascals, steps, millivolts or seconds; 0 for one that doesn't drift. */
    | { atMs: number; kind: "sensorFault"; sensor: PartName; failure: SensorFailure; driftPerHour: number }
    | { atMs: number; kind: "sensorRepair"; sensor: PartName }

/** What a person does to the pump. */
export type PersonEvent =
    | { atMs: number; kind: "stop" | "start" | "acknowledge" | "silence" | "release" }
    | { atMs: number; kind: "prime"; volumePl: number; ratePlPerDay: number }
    /** A clinician's programmer offers another programme: its record as the pump would store it, a byte changed if `damaged`. */
    | { atMs: number; kind: "programme"; name: string; bytes: Uint8Array; damaged: boolean }
    /**
     * The reservoir is filled up to `volumePl`, of which `missedPl` does not reach it. What was drawn out of it before is told
     * the pump: a figure, what truly was in it ("auto"), or nothing.
     */
    | {
          atMs: number
          kind: "refill"
          volumePl: number
          missedPl: number
          measuredResidualPl: number | "auto" | undefined
      }

/** Something that happens at a time since the start. */
export type ScenarioEvent = WorldEvent | PersonEvent | { atMs: number; kind: "powerOff" | "powerOn" }

/** A battery that empties: of what kind, how much it holds when full and at the start, and which board draws on it. */
export interface BatterySettings {
    cell: "liIon" | "twoAlkalineAa"
    capacityMilliampereHours: number
    chargePerMille: number
    board: "pico" | "esp32c3"
    /** The coils stay under current between steps. */
    driverAlwaysOn: boolean
}

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
    /** The person: peaks of the swings at the catheter's tip, and how often coughs and changes of posture come. */
    spinalPulsePascals: number
    heartBeatsPerMinute: number
    spinalBreathPascals: number
    breathsPerMinute: number
    coughsPerDay: number
    coughKilopascals: number
    postureChangesPerDay: number
    posturePascals: number
    /** Standard deviation of the pressure sensor, and how fast weather moves its zero at most. */
    pressureNoisePascals: number
    weatherPascalsPerHour: number
    /** What holds the plunger until it slips, and what the screw stores in its stopper meanwhile. */
    plungerStictionKilopascals: number
    stopperComplianceMicrolitresPerKilopascal: number
    /** What the supply gives; where there is a battery, what is left in it decides. */
    batteryMillivolts: number
    battery?: BatterySettings | undefined
    /** After the last rising edge of the heartbeat, when the outside watchdog cuts the motor's supply and sounds. */
    watchdogMilliseconds: number
    /** Each tick is late by 0 up to this, uniformly, drawn from the seed. */
    tickJitterMsMax: number
}

/** An alarm that has to be raised within a window; its end is checked where it is given. */
export interface AlarmExpectation {
    /** The id of one of ALARMS. */
    id: string
    /** The words for why it is raised, of REASON_WORDS; not checked where absent. */
    reason?: string
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
    /** What truly left the catheter over what the programme and its boluses asked for, at the end. */
    deliveredAboveProgrammedMlMax?: number
    /** What the pump holds to be left in the reservoir at the end. */
    residualMl?: RangeMl
    /** The largest step error of any tick must be less than this. */
    stepErrorBelow?: number
    /** The outcomes of the run's boluses, in order. */
    bolusOutcomes?: ("delivered" | "cancelled" | "denied" | "inProgress")[]
    /** What became of the programmes that were offered, in order, in the words of PROGRAMME_ANSWERS. */
    programmeAnswers?: string[]
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
    limitsBytes: Uint8Array
    durationMs: number
    /** Local date and time at the start, as in the file: "2026-03-02T00:00:00". */
    startsAt: string
    /** Local time at the start as milliseconds since Monday 3 January 2000, 00:00. */
    startWallMs: number
    seed: number
    reservoirFillPl: number
    world: WorldSettings
    /** In order of time; those of one time in the order of the file. */
    events: ScenarioEvent[]
    expect: Expectations
}

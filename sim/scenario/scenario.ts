// A scenario as the engines run it: every time in milliseconds, every volume in picolitres, nothing left to look up.
// `load.ts` makes one from a scenario file and refuses what cannot be run, so that no engine has to check again.

import type { BolusName, BolusOutcome } from "../engines/result"
import type { Prescription } from "../prescription/schema"

/** A filling of the reservoir, and what the pump is told of it. */
export interface Filling {
    /** Up to which the reservoir is filled, by what the pump is told; `missedPl` of it does not reach it. */
    volumePl: number
    missedPl: number
    /** What is told of what was drawn out before: a figure, what truly was in it ("auto"), or nothing. */
    measuredResidualPl: number | "auto" | undefined
    /** Tubing or catheter are new too, and empty of drug. */
    lineChanged: boolean
}

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
    | { atMs: number; kind: "flipBit"; address: number; bit: number }
    | { atMs: number; kind: "battery"; millivolts: number }
    | { atMs: number; kind: "supplyLow" | "supplyGood" }
    | { atMs: number; kind: "clockStep"; seconds: number }
    /** `driftPerHour` is in the part's own unit: pascals, steps, millivolts or seconds; 0 for one that doesn't drift. */
    | { atMs: number; kind: "sensorFault"; sensor: PartName; failure: SensorFailure; driftPerHour: number }
    | { atMs: number; kind: "sensorRepair"; sensor: PartName }

/** How much a clinician's bolus is to be: a dose of whatever strength then runs, or a volume. */
export type BolusAmount = { micrograms: number } | { volumePl: number }

/** What a person does to the pump. */
export type PersonEvent =
    | { atMs: number; kind: "stop" | "start" | "acknowledge" | "silence" | "release" }
    | { atMs: number; kind: "patientDose" | "cancelBolus" | "minimumRate" | "refillBegin" }
    | { atMs: number; kind: "prime"; volumePl: number; ratePlPerDay: number }
    | { atMs: number; kind: "bolus"; amount: BolusAmount; overMinutes: number }
    /** Somebody tells the pump what local time it is, in milliseconds since Monday 3 January 2000, 00:00. */
    | { atMs: number; kind: "setClock"; localTime: string; localMs: number }
    /**
     * A clinician's programmer offers another programme: its record as the pump would store it, a byte changed if `damaged`. With
     * a filling the reservoir is filled before, with the drug of this programme.
     */
    | {
          atMs: number
          kind: "programme"
          name: string
          bytes: Uint8Array
          concentrationNgPerMl: number
          damaged: boolean
          filling: Filling | undefined
      }
    /** The reservoir is filled with the drug that is in it. */
    | { atMs: number; kind: "refill"; filling: Filling }
    /** The same, and nobody has told the pump; with a drug of this strength, where one is given. */
    | { atMs: number; kind: "fill"; filling: Filling; ngPerMl: number | undefined }

/** Something that happens at a time since the start. */
export type ScenarioEvent =
    | WorldEvent
    | PersonEvent
    | { atMs: number; kind: "powerOff" | "powerOn" }
    /** Somebody without the pump's key sends it so many packets, one each `everyMs`, drawn from the seed. */
    | { atMs: number; kind: "hostileFrames"; frames: number; everyMs: number; seed: number }
    /** In the middle of the next write to the record memory, which keeps so many bytes of it. */
    | { atMs: number; kind: "cutInWrite"; bytes: number; offMs: number }

/** A battery that empties: of what kind, how much it holds when full and at the start, and which board draws on it. */
export interface BatterySettings {
    cell: "liIon" | "twoAlkalineAa"
    capacityMilliampereHours: number
    chargePerMille: number
    board: "pico" | "esp32c3"
    /** The coils stay under current between steps. */
    driverAlwaysOn: boolean
}

/** How the lead screw was made. */
export interface LeadScrewSettings {
    /** By how much the lead is longer than its name says. */
    leadErrorPercent: number
    /** How far the nut is ahead and behind within each turn, as a sine's peak. */
    periodicErrorMicrometres: number
    /** The play between nut and screw. */
    backlashMicrometres: number
}

/** The motor, where its rotor is to go its own ways. Detent and friction are parts of the holding torque. */
export interface StepperSettings {
    holdingTorqueMillinewtonMetres: number
    fullStepsPerTurn: number
    detentPercent: number
    frictionPercent: number
    screwEfficiencyPercent: number
    /** The driver lets go of the coils after the steps of each tick. */
    coilsReleased: boolean
}

/** The temperature around syringe, line and catheter. */
export interface TemperatureSettings {
    meanCelsius: number
    swingKelvin: number
    periodHours: number
    /** How much more room there is in the syringe for each kelvin. */
    syringeExpansionPartsPerMillionPerKelvin: number
}

/** The pressure sensor's errors besides its noise. */
export interface PressureSensorSettings {
    offsetPascals: number
    gainErrorPercent: number
    driftPascalsPerDay: number
    driftPascalsPerKelvin: number
    quantumPascals: number
    lagMilliseconds: number
}

/** The scale under the catheter's tip, and the vessel on it. */
export interface ScaleSettings {
    airCelsius: number
    humidityPercent: number
    mouthMillimetres: number
    /** From the water to the rim. */
    airColumnMillimetres: number
    driftMicrogramsPerHour: number
    noiseMicrograms: number
    lagMilliseconds: number
}

/** The bench around the firmware: mechanism, line, catheter, sensors and clock as they truly are. */
export interface WorldSettings {
    /** Whose figures were filled in, where the file names one. */
    syringe?: string | undefined
    catheter?: string | undefined
    /** True volume per step is bore area * pitch / stepsPerTurn; what the pump holds it to be is in the mechanism. */
    syringeBoreMm: number
    leadScrewPitchMm: number
    stepsPerTurn: number
    leadScrew?: LeadScrewSettings | undefined
    stepper?: StepperSettings | undefined
    lineComplianceMicrolitresPerKilopascal: number
    catheterBoreMm: number
    catheterLengthMm: number
    fluidViscosityMillipascalSeconds: number
    /** What tubing and catheter truly hold; the prescription's own figure where absent. */
    lineVolumeMl?: number | undefined
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
    /** What friction in motion holds against whatever moves the plunger. */
    plungerGlideKilopascals: number
    temperature?: TemperatureSettings | undefined
    pressureSensor?: PressureSensorSettings | undefined
    /** The encoder counts by so many motor steps. */
    encoderStepsPerEdge: number
    /** How fast the real-time clock runs ahead. */
    clockDriftPartsPerMillion: number
    /** Read by a gravimetric run alone. */
    scale?: ScaleSettings | undefined
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

/** A closed range, in the unit of the name it goes by. */
export interface Range {
    min: number
    max: number
}

/** A bolus that has to be asked for; reason and volume are checked where given. */
export interface BolusExpectation {
    kind: BolusName
    outcome: BolusOutcome
    reason?: string | undefined
    /** What was metered of it. */
    meteredMl?: Range | undefined
}

/** What must hold of a run; what is absent is not checked. */
export interface Expectations {
    /** Each must be met by at least one alarm of the run. */
    alarms: AlarmExpectation[]
    /** True when every alarm of the run must meet one of `alarms`. */
    noOtherAlarms: boolean
    programmedMl?: Range
    /** What truly left the catheter. */
    deliveredMl?: Range
    /** What truly left the catheter over what the programme and its boluses asked for, at the end. */
    deliveredAboveProgrammedMlMax?: number
    /** The drug that truly left the catheter. */
    deliveredMicrograms?: Range
    /** What the pump holds to be left in the reservoir at the end. */
    residualMl?: Range
    /** The largest step error of any tick must be less than this. */
    stepErrorBelow?: number
    /** The outcomes of the run's boluses, in order. */
    bolusOutcomes?: BolusOutcome[]
    /** The run's boluses, in order. */
    boluses?: BolusExpectation[]
    /** The commands that were not carried out, in order, in the words of COMMAND_NAMES and REFUSALS. */
    refusals?: { command: string; reason: string }[]
    /** What became of the line, in order, in the words of LINE_EVENTS. */
    lineEvents?: string[]
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
    /** False where tubing and catheter hold no drug at the start. */
    linePrimed: boolean
    world: WorldSettings
    /** In order of time; those of one time in the order of the file. */
    events: ScenarioEvent[]
    expect: Expectations
}

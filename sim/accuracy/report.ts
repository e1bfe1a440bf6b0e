// What `npm run accuracy` has found, as one object: the one that `--json` prints, and that text and page show.

import type { Accuracy } from "./analyse"
import type { DoseAccuracy } from "./doses"
import type { AmountUnit, TimeUnit } from "./quantities"

/** A measurement that somebody made. */
export interface MeasuredSource {
    kind: "measured"
    file: string
    timeUnit: TimeUnit
    unit: AmountUnit
    density: Density
    evaporationMgPerHour: number
    /** Rows without time or reading, and rows at which the scale shows less than before. */
    emptyRows: number[]
    fallingRows: number[]
}

/** The density that was used; the temperature is null where the density itself was given. */
export interface Density {
    gramsPerMl: number
    waterCelsius: number | null
}

/** A run of a scenario. */
export interface SimulatedSource {
    kind: "simulated"
    file: string
    scenario: string
    seed: number
    /** What left the catheter, or the commanded steps alone. */
    of: "delivery" | "metering"
    readabilityMg: number
    stepMicrolitres: number
    /** The largest error of any window between two ticks, in steps: what the metering alone adds. */
    anyWindowSteps: number
    dosesLeftOut: number
    alarms: number
}

/** A file of doses. */
export interface DosesSource {
    kind: "doses"
    file: string
    density: Density
}

export interface AccuracyReport {
    source: MeasuredSource | SimulatedSource | DosesSource
    /** Where doses come from a file beside a measurement. */
    dosesFile: string | null
    setMicrolitresPerHour: number | null
    shotCycleSeconds: number | null
    /** Null where there are doses alone. */
    accuracy: Accuracy | null
    doses: DoseAccuracy[]
}

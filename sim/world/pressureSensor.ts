// A pressure sensor with the errors that its datasheet promises: it follows late, its zero and slope are off, its zero wanders with
// time and temperature, and it tells whole digits only. One without settings has noise alone, and is not asked here.

import type { PressureSensorSettings } from "../scenario/scenario"
import { LowPass } from "./lowPass"

const MS_PER_DAY = 86_400_000

export class PressureSensor {
    private readonly filter: LowPass

    constructor(private readonly settings: PressureSensorSettings) {
        this.filter = new LowPass(settings.lagMilliseconds)
    }

    /**
     * What it shows of this pressure, in pascals.
     * @param noisePa drawn by the caller: it comes after the lag and before the digits
     * @param kelvinOverMean by how much it is warmer than where it was adjusted
     */
    shows(truePa: number, noisePa: number, kelvinOverMean: number, nowMs: number): number {
        const { offsetPascals, gainErrorPercent, driftPascalsPerDay, driftPascalsPerKelvin, quantumPascals } =
            this.settings
        const shownPa =
            this.filter.follow(truePa, nowMs) * (1 + gainErrorPercent / 100) +
            offsetPascals +
            (driftPascalsPerDay * nowMs) / MS_PER_DAY +
            driftPascalsPerKelvin * kelvinOverMean +
            noisePa
        return quantumPascals > 0 ? Math.round(shownPa / quantumPascals) * quantumPascals : shownPa
    }
}

// The temperature around syringe, line and catheter, which swings about its mean like a day does: drug and syringe grow with it by
// different amounts, so that the difference comes out at the catheter's tip, and what is thin at noon is thick at night.

import type { TemperatureSettings } from "../scenario/scenario"
import { waterExpansion, waterMillipascalSeconds } from "./water"

const MS_PER_HOUR = 3_600_000
const PER_MILLION = 1e-6

export class Temperature {
    private celsius: number

    constructor(private readonly settings: TemperatureSettings) {
        this.celsius = this.celsiusAt(0)
    }

    /** Temperature at this time, in degrees Celsius: its mean at the start, rising. */
    celsiusAt(nowMs: number): number {
        const { meanCelsius, swingKelvin, periodHours } = this.settings
        return meanCelsius + swingKelvin * Math.sin((2 * Math.PI * nowMs) / (periodHours * MS_PER_HOUR))
    }

    /** By how many kelvins it is warmer than in the mean. */
    kelvinOverMean(nowMs: number): number {
        return this.celsiusAt(nowMs) - this.settings.meanCelsius
    }

    /**
     * By what part of itself the drug in the syringe grew beyond the syringe since the last call. A syringe that grows more than
     * the drug draws in: the figure is negative.
     */
    expansionSince(nowMs: number): number {
        const from = this.celsius
        this.celsius = this.celsiusAt(nowMs)
        const syringe = this.settings.syringeExpansionPartsPerMillionPerKelvin * PER_MILLION * (this.celsius - from)
        return waterExpansion(from, this.celsius) - syringe
    }

    /** Viscosity now, as a multiple of that at the mean temperature. */
    viscosityRatio(nowMs: number): number {
        return waterMillipascalSeconds(this.celsiusAt(nowMs)) / waterMillipascalSeconds(this.settings.meanCelsius)
    }
}

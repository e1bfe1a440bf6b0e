// The scale under the catheter's tip: what stands on it evaporates, and the scale itself drifts, is noisy and follows late. It shows
// volume, as mass over the density of water at the air's temperature, like the analysis that reads it.

import { waterGramsPerMl } from "../accuracy/density"
import type { ScaleSettings } from "../scenario/scenario"
import { LowPass } from "./lowPass"
import { gaussian, type RandomStream } from "./random"
import { evaporationMicrogramsPerHour } from "./water"

const MS_PER_HOUR = 3_600_000
const MICROGRAMS_PER_MILLIGRAM = 1000

export class Scale {
    /** What evaporates, in microlitres per hour. */
    readonly evaporationMicrolitresPerHour: number
    private readonly microgramsPerMicrolitre: number
    private readonly settling: LowPass

    constructor(
        private readonly settings: ScaleSettings,
        private readonly random: RandomStream,
    ) {
        const { airCelsius, humidityPercent, mouthMillimetres, airColumnMillimetres } = settings
        this.microgramsPerMicrolitre = waterGramsPerMl(airCelsius) * MICROGRAMS_PER_MILLIGRAM
        this.evaporationMicrolitresPerHour =
            evaporationMicrogramsPerHour(airCelsius, humidityPercent, mouthMillimetres, airColumnMillimetres) /
            this.microgramsPerMicrolitre
        this.settling = new LowPass(settings.lagMilliseconds)
    }

    /** What it shows, in microlitres, `nowMs` after it was set to 0, when this much has arrived. Draws its noise. */
    shows(arrivedMicrolitres: number, nowMs: number): number {
        const { driftMicrogramsPerHour, noiseMicrograms } = this.settings
        const hours = nowMs / MS_PER_HOUR
        const onItMicrolitres = arrivedMicrolitres - this.evaporationMicrolitresPerHour * hours
        const offMicrograms = driftMicrogramsPerHour * hours + noiseMicrograms * gaussian(this.random)
        return this.settling.follow(onItMicrolitres, nowMs) + offMicrograms / this.microgramsPerMicrolitre
    }
}

// The lead screw as it was made: a lead that is a little off, an error that comes back with each turn, and play between the
// threads. It turns the rotor's angle into the plunger's travel; a screw without settings is perfect and is not asked.

import type { LeadScrewSettings } from "../scenario/scenario"

const MICROMETRES_PER_MM = 1000

/** The largest periodic error with which a turn forwards always moves the nut forwards: the pitch over 2π, in micrometres. */
export function periodicErrorMicrometresMax(pitchMm: number): number {
    return (pitchMm * MICROMETRES_PER_MM) / (2 * Math.PI)
}

export class LeadScrew {
    /** Where the nut stands, in millimetres of travel. */
    private nutMm = 0
    private readonly backlashMm: number
    private readonly periodicMm: number
    private readonly leadMm: number

    /**
     * @param pitchMm travel of a turn by its name
     * @param stepsPerTurn motor steps of a turn
     * @param plPerMm what a millimetre of the plunger's travel displaces
     */
    constructor(
        settings: LeadScrewSettings,
        pitchMm: number,
        private readonly stepsPerTurn: number,
        private readonly plPerMm: number,
    ) {
        this.leadMm = pitchMm * (1 + settings.leadErrorPercent / 100)
        this.periodicMm = settings.periodicErrorMicrometres / MICROMETRES_PER_MM
        this.backlashMm = settings.backlashMicrometres / MICROMETRES_PER_MM
    }

    /**
     * What the nut displaces, in picolitres, as the screw comes to `steps` from where it was. The nut is pushed by the flank
     * behind it and drawn back by the one before it, which comes only after all the play.
     */
    turnTo(steps: number): number {
        const turns = steps / this.stepsPerTurn
        const flankMm = turns * this.leadMm + this.periodicMm * Math.sin(2 * Math.PI * turns)
        const fromMm = this.nutMm
        this.nutMm = Math.min(Math.max(fromMm, flankMm), flankMm + this.backlashMm)
        return (this.nutMm - fromMm) * this.plPerMm
    }
}

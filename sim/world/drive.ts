// Motor and lead screw with errors of their own, between the driver's pulses and the plunger: what the encoder sees of the rotor, and
// by what volume the screw goes on. A world without such settings has no drive, and each of its steps is like any other.

import type { WorldSettings } from "../scenario/scenario"
import { LeadScrew } from "./leadScrew"
import { Stepper } from "./stepper"

const PL_PER_MICROLITRE = 1_000_000

/** What a pulse came to: whole steps that the rotor went on, and what the screw displaces for it; both under 0 backwards. */
export interface Travel {
    rotorSteps: number
    volumePl: number
}

export class Drive {
    readonly stepper: Stepper | undefined
    private readonly screw: LeadScrew | undefined
    private readonly stepPl: number
    private rotorSteps = 0
    private screwSteps = 0

    constructor(settings: WorldSettings) {
        const { leadScrewPitchMm, stepsPerTurn } = settings
        const boreMm2 = (Math.PI / 4) * settings.syringeBoreMm ** 2
        const plPerMm = boreMm2 * PL_PER_MICROLITRE
        this.stepPl = (plPerMm * leadScrewPitchMm) / stepsPerTurn
        if (settings.leadScrew) this.screw = new LeadScrew(settings.leadScrew, leadScrewPitchMm, stepsPerTurn, plPerMm)
        if (settings.stepper) this.stepper = new Stepper(settings.stepper, leadScrewPitchMm, stepsPerTurn, boreMm2)
    }

    /**
     * A pulse of the driver.
     * @param thrustPa what the screw pushes against
     * @param behindPl how far the screw is behind it, as volume
     * @param coupled false where the gear between motor and screw is worn through
     */
    pulse(direction: 1 | -1, thrustPa: number, behindPl: number, coupled: boolean): Travel {
        if (!this.stepper) return this.rotorAt(this.rotorSteps + direction, coupled)
        this.stepper.pulse(direction, coupled ? thrustPa : 0, behindPl / this.stepPl)
        return this.rotorAt(this.stepper.rotorSteps, coupled)
    }

    /** The last pulse of a tick is made: a driver that lets go of its coils does so. */
    rest(coupled: boolean): Travel {
        if (this.stepper?.coilsReleased) this.stepper.release()
        return this.rotorAt(this.stepper?.rotorSteps ?? this.rotorSteps, coupled)
    }

    private rotorAt(rotorSteps: number, coupled: boolean): Travel {
        const steps = rotorSteps - this.rotorSteps
        const told = Math.round(rotorSteps) - Math.round(this.rotorSteps)
        this.rotorSteps = rotorSteps
        if (!coupled) return { rotorSteps: told, volumePl: 0 }
        this.screwSteps += steps
        return { rotorSteps: told, volumePl: this.screw ? this.screw.turnTo(this.screwSteps) : steps * this.stepPl }
    }
}

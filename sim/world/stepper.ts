// Where a stepping motor's rotor truly stands: it lags behind the field by its load, is drawn to its detents, falls into the next
// one where the coils are let go, and slips by whole electrical periods when the load is more than it holds. Taken as at rest after
// each pulse: at a step a second and slower, inertia and overshoot are over long before the next.

import type { StepperSettings } from "../scenario/scenario"

/** A full electrical period is four full steps. */
const FULL_STEPS_PER_PERIOD = 4
/** How finely the torque is followed on the way to a new rest, in motor steps, and how exactly the rest is found. */
const SEARCH_STEPS = 0.25
const BISECTIONS = 30

const NM_PER_MILLINEWTON_METRE = 1e-3

export class Stepper {
    /** Where the rotor is, in motor steps. */
    rotorSteps = 0
    private fieldSteps = 0
    private readonly turnPerStep: number
    private readonly periodSteps: number
    private readonly detent: number
    private readonly friction: number
    private readonly loadPerPa: number
    readonly coilsReleased: boolean

    /**
     * @param pitchMm travel of the screw for a turn
     * @param stepsPerTurn motor steps of a turn
     * @param boreMm2 area of the plunger
     */
    constructor(settings: StepperSettings, pitchMm: number, stepsPerTurn: number, boreMm2: number) {
        this.periodSteps = (FULL_STEPS_PER_PERIOD * stepsPerTurn) / settings.fullStepsPerTurn
        this.turnPerStep = (2 * Math.PI) / this.periodSteps
        this.detent = settings.detentPercent / 100
        this.friction = settings.frictionPercent / 100
        this.coilsReleased = settings.coilsReleased
        this.loadPerPa = loadPerPa(settings, pitchMm, boreMm2)
    }

    /**
     * The driver turns the field by one step. The rotor goes where the field's pull, its own detent and the load are in balance, within
     * friction; the screw locks itself, so that a load alone turns nothing back.
     * @param thrustPa pressure before the plunger: it resists a screw that goes forward and never helps one that goes back
     * @param freeSteps how far the screw goes forward before it meets the plunger
     */
    pulse(direction: 1 | -1, thrustPa: number, freeSteps: number): void {
        this.fieldSteps += direction
        const meetsAt = this.rotorSteps + freeSteps
        const load = this.friction + Math.max(thrustPa, 0) * this.loadPerPa
        const forward = (rotor: number) => this.pull(rotor) - (rotor < meetsAt ? this.friction : load)
        const backward = (rotor: number) => -this.friction - this.pull(rotor)
        if (forward(this.rotorSteps) > 0) this.settle(1, forward)
        else if (backward(this.rotorSteps) > 0) this.settle(-1, backward)
    }

    /** The coils are let go: only the detent pulls, against friction. Their field is where it was when they come on again. */
    release(): void {
        const forward = (rotor: number) => this.detentPull(rotor) - this.friction
        const backward = (rotor: number) => -this.friction - this.detentPull(rotor)
        if (forward(this.rotorSteps) > 0) this.settle(1, forward)
        else if (backward(this.rotorSteps) > 0) this.settle(-1, backward)
    }

    /** Torque on the rotor, as part of the holding torque, forwards. */
    private pull(rotorSteps: number): number {
        return Math.sin(this.turnPerStep * (this.fieldSteps - rotorSteps)) + this.detentPull(rotorSteps)
    }

    /** The detent has its rests at the full steps, four to an electrical period. */
    private detentPull(rotorSteps: number): number {
        return -this.detent * Math.sin(FULL_STEPS_PER_PERIOD * this.turnPerStep * rotorSteps)
    }

    /** Moves the rotor on for as long as `excess` is over 0, to the place where it ends. */
    private settle(direction: 1 | -1, excess: (rotorSteps: number) => number): void {
        let inside = this.rotorSteps
        let outside = inside + direction * SEARCH_STEPS
        for (let way = 0; excess(outside) > 0 && way < this.periodSteps; way += SEARCH_STEPS) {
            inside = outside
            outside += direction * SEARCH_STEPS
        }
        for (let i = 0; i < BISECTIONS; i++) {
            const middle = (inside + outside) / 2
            if (excess(middle) > 0) inside = middle
            else outside = middle
        }
        this.rotorSteps = outside
    }
}

/**
 * Torque at the screw for a pascal before the plunger, as part of the motor's holding torque: force × lead ÷ (2π × efficiency),
 * the usual formula of a screw.
 */
function loadPerPa(settings: StepperSettings, pitchMm: number, boreMm2: number): number {
    const newtonsPerPa = boreMm2 * 1e-6
    const leadM = pitchMm / 1000
    const efficiency = settings.screwEfficiencyPercent / 100
    const holdingNm = settings.holdingTorqueMillinewtonMetres * NM_PER_MILLINEWTON_METRE
    return (newtonsPerPa * leadM) / (2 * Math.PI * efficiency) / holdingNm
}

/**
 * The pressure before the plunger at which the motor slips, in pascals: where load and friction come to all the torque there is.
 * The detent takes from it or adds to it by where the rotor is.
 */
export function slipPa(settings: StepperSettings, pitchMm: number, boreMm2: number): number {
    return (1 - settings.frictionPercent / 100) / loadPerPa(settings, pitchMm, boreMm2)
}

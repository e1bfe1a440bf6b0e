// The physical bench around the firmware: stepper, lead screw, syringe, line, catheter and what the sensors read.
// It knows what truly left the catheter, and never asks the firmware for anything.

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { SensorFault } from "../../src/pump/readings"
import type { SensorFailure, SensorName, WorldSettings } from "../scenario/scenario"

/** What the sensors say at one moment; where a fault is not None its number means nothing. */
export interface SensorAnswers {
    pressurePa: number
    pressureFault: SensorFault
    encoderSteps: number
    encoderFault: SensorFault
    endSwitch: number
    endSwitchFault: SensorFault
    batteryMv: number
    batteryFault: SensorFault
    wallWeekS: number
    wallFault: SensorFault
}

const PL_PER_MICROLITRE = 1_000_000
const S_PER_WEEK = 604_800

// The thrust at which a NEMA 11 on an M3 screw slips is of the order of 100 N; on the 2.9 cm² of a 20 mL plunger that
// is about 350 kPa. Beyond it the motor loses its steps.
const STALL_PA = 350_000

export class World {
    /** Time since the start of the run. */
    nowMs = 0
    /** What truly left the catheter since the start. */
    deliveredPl = 0
    /** What is truly left in the syringe. */
    reservoirPl: number
    /** Steps the motor truly made since the firmware was powered on. */
    stepsMade = 0
    /** Flow is impossible at the catheter's tip. */
    occluded = false
    /** The motor does not turn. */
    stalled = false
    /** What the pump's light shows, a `Light`; and whether its buzzer sounds. */
    light = 0
    sounding = false

    /** True volume of one step. */
    readonly stepPl: number
    readonly spinalPa: number
    private readonly compliancePlPerPa: number
    private readonly timeConstantMs: number
    private readonly faults: Record<SensorName, SensorFault> = {
        pressure: SensorFault.None,
        encoder: SensorFault.None,
        reservoirSwitch: SensorFault.None,
        battery: SensorFault.None,
        clock: SensorFault.None,
    }
    private readonly random: ReturnType<typeof xoroshiro128plus>
    /** Pressure in the line over that of the spinal fluid. */
    private overPa = 0
    // The decay over the time between two ticks, kept because it is nearly always the same.
    private decayMs = 0
    private decay = 1

    constructor(
        private readonly settings: WorldSettings,
        private readonly startWeekMs: number,
        fillPl: number,
        seed: number,
    ) {
        this.reservoirPl = fillPl
        this.random = xoroshiro128plus(seed)
        const boreMm2 = (Math.PI / 4) * settings.syringeBoreMm ** 2
        this.stepPl = ((boreMm2 * settings.leadScrewPitchMm) / settings.stepsPerTurn) * PL_PER_MICROLITRE
        this.spinalPa = settings.spinalPressurePascals
        this.compliancePlPerPa = (settings.lineComplianceMicrolitresPerKilopascal * PL_PER_MICROLITRE) / 1000
        this.timeConstantMs = resistancePaSPerPl(settings) * this.compliancePlPerPa * 1000
    }

    /** Pressure in the line, gauge. */
    get pressurePa(): number {
        return this.spinalPa + this.overPa
    }

    /** Lets time pass: the line relaxes through the catheter as a compliance through a resistance does. */
    advance(toMs: number): void {
        const elapsedMs = toMs - this.nowMs
        this.nowMs = toMs
        if (this.occluded || this.overPa === 0) return
        if (elapsedMs !== this.decayMs) {
            this.decayMs = elapsedMs
            this.decay = Math.exp(-elapsedMs / this.timeConstantMs)
        }
        const leftPa = this.overPa * this.decay
        this.deliveredPl += (this.overPa - leftPa) * this.compliancePlPerPa
        this.overPa = leftPa < 1e-9 ? 0 : leftPa
    }

    /** Pulses reach the motor driver. A motor that can't turn loses them. */
    step(steps: number): void {
        for (let i = 0; i < steps; i++) {
            if (this.stalled || this.pressurePa >= STALL_PA || this.reservoirPl <= 0) return
            const volumePl = Math.min(this.stepPl, this.reservoirPl)
            this.reservoirPl -= volumePl
            this.overPa += volumePl / this.compliancePlPerPa
            this.stepsMade += 1
        }
    }

    /** The firmware's power goes off: its encoder count is gone with it. */
    powerOff(): void {
        this.stepsMade = 0
        this.light = 0
        this.sounding = false
    }

    /** A person fills the syringe to this volume. */
    refill(volumePl: number): void {
        this.reservoirPl = volumePl
    }

    fail(sensor: SensorName, failure: SensorFailure | "none"): void {
        this.faults[sensor] = {
            none: SensorFault.None,
            missing: SensorFault.Missing,
            invalid: SensorFault.Invalid,
            stale: SensorFault.Stale,
        }[failure]
    }

    /** Reads every sensor now. Draws the noise, so it must be called once for each time the firmware asks. */
    sense(): SensorAnswers {
        const noisePa = this.settings.pressureNoisePascals * gaussian(this.random)
        return {
            pressurePa: Math.round(this.pressurePa + noisePa),
            pressureFault: this.faults.pressure,
            encoderSteps: this.stepsMade,
            encoderFault: this.faults.encoder,
            endSwitch: this.reservoirPl <= 0 ? 1 : 0,
            endSwitchFault: this.faults.reservoirSwitch,
            batteryMv: this.settings.batteryMillivolts,
            batteryFault: this.faults.battery,
            wallWeekS: Math.floor((this.startWeekMs + this.nowMs) / 1000) % S_PER_WEEK,
            wallFault: this.faults.clock,
        }
    }
}

/** Resistance of the catheter to flow by Hagen-Poiseuille, 8 η L / (π r⁴), in pascal seconds per picolitre. */
export function resistancePaSPerPl(settings: WorldSettings): number {
    const radiusM = settings.catheterBoreMm / 2000
    const lengthM = settings.catheterLengthMm / 1000
    const viscosityPaS = settings.fluidViscosityMillipascalSeconds / 1000
    const M3_PER_PL = 1e-15
    return ((8 * viscosityPaS * lengthM) / (Math.PI * radiusM ** 4)) * M3_PER_PL
}

/** One draw from the normal distribution of mean 0 and standard deviation 1 (Box and Muller 1958). */
function gaussian(random: ReturnType<typeof xoroshiro128plus>): number {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)))
    return radius * Math.cos(2 * Math.PI * uniformFloat64(random))
}

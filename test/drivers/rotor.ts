// A stepper motor on a screw as it swings within a step: what the encoder is really looked at while. The figures are assumed,
// of a NEMA 11 at 0.4 A: a static torque of 0.045 N·m, an inertia of rotor, coupling and screw of 12 g·cm², and a
// detent of 8 % of the torque.

import type { InputPin, OutputPin } from "../../src/drivers/hardware"
import { clock, GPIOMode } from "./devicescriptCore"

const TORQUE_NM = 0.045
const INERTIA_KG_M2 = 1.2e-6
const DETENT = 0.08
const DAMPING_PER_S = 250
/** One electrical period, four full steps, in the driver's steps; and those of a turn. */
const PERIOD_STEPS = 64
const TURN_STEPS = 3200
const SLICE_S = 20e-6

/** What writing and reading a pin takes on an RP2040. */
const WRITE_MS = 0.35
const READ_MS = 0.2

/** A rotor without current is at rest after this. */
const REST_MS = 30

export class EmulatedRotor {
    /** Where the field stands and the rotor is, in motor steps. */
    fieldSteps = 0
    rotorSteps = 0
    private speed = 0
    private energised = false
    private forward = true
    private stepHigh = false
    private atMs = clock.nowMs

    /**
     * @param friction of screw and plunger, as part of the motor's torque
     * @param blockSteps where the shaft hits something that does not give; Infinity where nothing is
     */
    constructor(
        private readonly friction: number,
        private readonly blockSteps: number,
        private readonly stepsPerCount: number,
        private readonly phaseSteps: number,
    ) {}

    readonly step = this.output(high => {
        if (high && !this.stepHigh) this.fieldSteps += this.forward ? 1 : -1
        this.stepHigh = high
    })
    readonly enable = this.output(high => {
        this.energised = !high
    })
    readonly direction = this.output(high => {
        this.forward = high
    })
    readonly a = this.input(count => count === 1 || count === 2)
    readonly b = this.input(count => count === 2 || count === 3)

    private output(set: (high: boolean) => void): OutputPin {
        return {
            setMode: mode => {
                clock.nowMs += WRITE_MS
                this.swing()
                set(mode === GPIOMode.OutputHigh)
            },
        }
    }

    private input(level: (countInLine: number) => boolean): InputPin {
        const look = () => {
            clock.nowMs += READ_MS
            this.swing()
            const count = Math.floor((this.rotorSteps + this.phaseSteps) / this.stepsPerCount)
            return level(((count % 4) + 4) % 4) ? 1 : 0
        }
        return {
            setMode: () => {},
            get value() {
                return look()
            },
        }
    }

    /** Lets the rotor move until now. */
    private swing(): void {
        const lastedMs = clock.nowMs - this.atMs
        this.atMs = clock.nowMs
        const turn = (2 * Math.PI) / PERIOD_STEPS
        for (let ms = Math.min(lastedMs, this.energised ? Infinity : REST_MS); ms > 0; ms -= SLICE_S * 1000) {
            let pull = -DETENT * Math.sin(4 * turn * this.rotorSteps)
            if (this.energised) pull += Math.sin(turn * (this.fieldSteps - this.rotorSteps))
            if (this.rotorSteps > this.blockSteps) pull -= this.rotorSteps - this.blockSteps
            const slow = Math.abs(this.speed) < 200
            if (slow && Math.abs(pull) < this.friction) {
                this.speed = 0
                continue
            }
            const against = this.friction * Math.sign(slow ? pull : this.speed)
            const perS2 = (((pull - against) * TORQUE_NM) / INERTIA_KG_M2) * (TURN_STEPS / (2 * Math.PI))
            this.speed += (perS2 - this.speed * DAMPING_PER_S) * SLICE_S
            this.rotorSteps += this.speed * SLICE_S
        }
    }
}

// Turns whole steps into pulses for a STEP/DIR/ENABLE driver, and cuts the coil current between steps where the
// mechanism holds by itself: at basal rates the motor rests for seconds between steps, and current then is only heat.
// DIR stands at forward except while steps are made back, so that a pulse nobody meant never pulls fluid out of the line.

import * as ds from "@devicescript/core"
import { STEPS_PER_TICK_MAX } from "../pump/limits"
import { StepFollower } from "./encoder"
import { modeOf, OutputPin, SwitchedInput, SwitchedOutput } from "./hardware"
import { Motor } from "./parts"
import { sleepFromNow } from "./wait"

/**
 * What the datasheet of a driver chip asks of its inputs, in microseconds.
 * One change of a pin takes tens of microseconds in DeviceScript at the very least (measured on the RP2040 runtime:
 * about 350 µs through `write`), so every one of these holds by itself; they are stated so that a test can say so.
 */
export interface StepperChip {
    stepHighUsMin: number
    stepLowUsMin: number
    /** DIR stable before the rising edge of STEP, and after it. */
    directionSetupUsMin: number
    directionHoldUsMin: number
    /** ENABLE active before the rising edge of STEP. */
    enableSetupUsMin: number
    enableActiveLow: boolean
}

/** Analog Devices (Trinamic) TMC2209, table "Timing" of STEP/DIR: https://www.analog.com/en/products/tmc2209.html */
export function tmc2209(): StepperChip {
    return {
        stepHighUsMin: 0.1,
        stepLowUsMin: 0.1,
        directionSetupUsMin: 0.02,
        directionHoldUsMin: 0.02,
        // The datasheet gives none for ENN; the power stage follows within its blank time.
        enableSetupUsMin: 2,
        enableActiveLow: true,
    }
}

/** Texas Instruments DRV8825, SLVSA73, "Timing Requirements" 1 to 7: https://www.ti.com/lit/ds/symlink/drv8825.pdf */
export function drv8825(): StepperChip {
    return {
        stepHighUsMin: 1.9,
        stepLowUsMin: 1.9,
        directionSetupUsMin: 0.65,
        directionHoldUsMin: 0.65,
        enableSetupUsMin: 0.65,
        enableActiveLow: true,
    }
}

/** Allegro A4988, figure "Logic Interface Timing": https://www.pololu.com/file/0J450/A4988.pdf */
export function a4988(): StepperChip {
    return {
        stepHighUsMin: 1,
        stepLowUsMin: 1,
        directionSetupUsMin: 0.2,
        directionHoldUsMin: 0.2,
        enableSetupUsMin: 0.2,
        enableActiveLow: true,
    }
}

/** How the motor is wired and what the mechanism asks for. */
export interface StepperWiring {
    step: OutputPin
    enable: OutputPin
    /** On is forward. Absent where DIR is strapped by a wire: then no step is made back, and no occlusion relieved. */
    direction?: SwitchedOutput
    /**
     * The chip's own report of a fault, absent where it has none or it is not wired: nFAULT of the DRV8825, open drain and
     * active low; DIAG of the TMC2209, active high. The pull-up or pull-down of the controller holds it at no fault.
     */
    fault?: SwitchedInput
    chip: StepperChip
    /**
     * Milliseconds from step to step at least, whole; 0 leaves it to the time that writing the pins takes, which on the
     * RP2040 keeps the motor under 1500 steps a second, within what it starts at without a ramp at 16 microsteps.
     */
    stepPeriodMs: number
    /** True where the mechanism holds by itself (a self-locking lead screw): no coil current between steps. */
    releaseBetweenSteps: boolean
    /** Coil current risen and rotor pulled in, from ENABLE to the first pulse, in milliseconds. */
    wakeMs: number
    /** Rotor settled, from the last pulse to ENABLE off, in milliseconds. */
    settleMs: number
    /** The encoder on its shaft, which looks after every single step. */
    encoder?: StepFollower
}

/** Looks at the encoder after the last step, half a millisecond or more apart: as long as a rotor that slips takes to fall back. */
const SETTLING_LOOKS = 10

// How long `faulty` lets the rotor settle after ENABLE, and how many times, a millisecond apart, it then looks at the shaft:
// assumed, many periods of a rotor that swings at 100 Hz or more.
const PULL_IN_MS = 100
const WATCH_LOOKS = 50

/** A shaft that moves by more than this without a pulse is not at rest: a count that flickers on its edge is less. */
const REST_STEPS = 16

/**
 * Starts a stepper, off: ENABLE is made inactive before anything else, and a pull-up on the board keeps it so while
 * the chip is in reset. At most STEPS_PER_TICK_MAX steps are made in one call, whatever is asked; NaN makes none.
 */
export function startStepper(wiring: StepperWiring): Motor {
    const enable: SwitchedOutput = { pin: wiring.enable, activeLow: wiring.chip.enableActiveLow }
    const onMode = modeOf(enable, true)
    const offMode = modeOf(enable, false)
    const direction = wiring.direction
    const fault = wiring.fault
    const encoder = wiring.encoder
    wiring.enable.setMode(offMode)
    wiring.step.setMode(ds.GPIOMode.OutputLow)
    if (direction) direction.pin.setMode(modeOf(direction, true))
    if (fault) fault.pin.setMode(fault.activeLow ? ds.GPIOMode.InputPullUp : ds.GPIOMode.InputPullDown)
    let enabled = false
    const release = () => {
        wiring.enable.setMode(offMode)
        enabled = false
    }
    const wake = async () => {
        if (enabled) return
        wiring.enable.setMode(onMode)
        enabled = true
        await sleepFromNow(wiring.wakeMs + 1)
    }
    return {
        reverses: direction !== undefined,
        release,
        step: async (steps: number) => {
            const back = steps < 0
            const count = Math.min(back ? -steps : steps, STEPS_PER_TICK_MAX)
            if (!(count >= 1)) return
            if (back) {
                if (!direction) return
                direction.pin.setMode(modeOf(direction, false))
            }
            await wake()
            for (let i = 0; i < count; i++) {
                if (i > 0 && wiring.stepPeriodMs > 0) await ds.sleep(wiring.stepPeriodMs + 1)
                wiring.step.setMode(ds.GPIOMode.OutputHigh)
                wiring.step.setMode(ds.GPIOMode.OutputLow)
                if (encoder) encoder.afterStep(back ? -1 : 1)
            }
            if (encoder?.whileSettling) for (let i = 0; i < SETTLING_LOOKS; i++) encoder.whileSettling(back ? -1 : 1)
            if (back && direction) direction.pin.setMode(modeOf(direction, true))
            if (wiring.releaseBetweenSteps) {
                await sleepFromNow(wiring.settleMs + 1)
                release()
            }
        },
        faulty: async () => {
            if (!fault && !encoder?.shaftSteps) return false
            await wake()
            await sleepFromNow(wiring.settleMs + PULL_IN_MS + 1)
            let moved = false
            if (encoder?.shaftSteps) {
                // Looked at without a gap: what turns fast would otherwise turn by whole periods of the encoder unseen.
                const before = encoder.shaftSteps()
                for (let i = 0; i < WATCH_LOOKS; i++) {
                    await sleepFromNow(2)
                    if (!(Math.abs(encoder.shaftSteps() - before) <= REST_STEPS)) moved = true
                }
            }
            const reported = fault ? (fault.pin.value === 0) === fault.activeLow : false
            release()
            return moved || reported
        },
    }
}

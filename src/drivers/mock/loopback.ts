// The motor of the test fixture (`boards/fixture.md`): the real STEP, DIR and ENABLE pins with nothing behind them but a counter. What the
// counter saw, and not what was commanded, is told to the world; and a pulse that it did not see is the last one made.

import * as ds from "@devicescript/core"
import { ILLEGAL_TRANSITION, QUADRATURE_COUNTS } from "../encoder"
import { InputPin } from "../hardware"
import { Motor } from "../parts"
import { StepperWiring, startStepper } from "../stepper"

/** The lines that lead back from the pins of the motor. */
export interface Loopback {
    /** The two outputs of a counter that turns by one at each pulse: 00, 10, 11, 01. */
    a: InputPin
    b: InputPin
    /** DIR itself, high forward; left out where it is strapped. */
    direction?: InputPin
}

/**
 * Starts the stepper with its pins looped back.
 * @param world the twin that tells the simulated world of steps
 */
export function startLoopback(wiring: StepperWiring, lines: Loopback, world: Motor): Motor {
    lines.a.setMode(ds.GPIOMode.Input)
    lines.b.setMode(ds.GPIOMode.Input)
    if (lines.direction) lines.direction.setMode(ds.GPIOMode.Input)
    let state = 2 * lines.a.value + lines.b.value
    let counted = 0
    let lost = false
    wiring.encoder = {
        read: async () => {},
        afterStep: (direction: number) => {
            const next = 2 * lines.a.value + lines.b.value
            const pulses = QUADRATURE_COUNTS[4 * state + next]
            state = next
            let seen = direction
            if (lines.direction) seen = lines.direction.value === 1 ? 1 : -1
            if (pulses !== 1 || seen !== direction) lost = true
            counted += pulses === ILLEGAL_TRANSITION ? 2 * seen : pulses * seen
        },
    }
    const stepper = startStepper(wiring)
    return {
        reverses: stepper.reverses,
        release: stepper.release,
        faulty: stepper.faulty,
        step: async (steps: number) => {
            // One by one: of what the counter does not see, no more than one pulse is made.
            const direction = steps < 0 ? -1 : 1
            counted = 0
            for (let i = 0; i !== steps && !lost; i += direction) await stepper.step(direction)
            if (counted !== 0) await world.step(counted)
        },
    }
}

// Follows the motor's shaft by reading the encoder after every single step, because DeviceScript has no pin interrupts
// and polls too slowly: the shaft moves only when the pump steps it, so that is the one moment worth looking.

import * as ds from "@devicescript/core"
import { Readings, SensorFault } from "../pump/readings"
import { InputPin } from "./hardware"
import { Sensor } from "./parts"

/** An encoder: a sensor that also wants to be told of each step. */
export interface StepFollower extends Sensor {
    /** To be called after every single motor step (`afterStep` of the stepper). */
    afterStep: () => void
}

/** What QUADRATURE_COUNTS holds where both lines changed at once. */
export const ILLEGAL_TRANSITION = 2

/**
 * Counts that a transition stands for, at index 4 * before + after, a state being 2 * A + B.
 * Forward is A leading B: 00, 10, 11, 01.
 */
export const QUADRATURE_COUNTS: readonly number[] = [0, -1, 1, 2, 1, 0, 2, -1, -1, 2, 0, 1, 2, 1, -1, 0]

/** A quadrature encoder on the motor's shaft. */
export interface QuadratureWiring {
    a: InputPin
    b: InputPin
    /** Motor steps per count (four counts a line), at least 2 so that no step can skip a count. */
    stepsPerCount: number
    /** Uncertainty, in motor steps, up to which the count is still worth giving. */
    uncertainStepsMax: number
}

/**
 * A quadrature encoder such as Same Sky (CUI) AMT102-V at 100 lines a turn:
 * https://www.sameskydevices.com/product/resource/amt10-v.pdf
 *
 * Both lines changing between two looks means that counts were lost, two of them, in a direction nobody knows. The
 * sample is then Invalid. Counting goes on, since a count off by that little still shows a motor that does not turn,
 * until the losses add up to more than `uncertainStepsMax`; from then on it stays Invalid until power-on.
 */
export function startQuadratureEncoder(wiring: QuadratureWiring): StepFollower {
    wiring.a.setMode(ds.GPIOMode.InputPullUp)
    wiring.b.setMode(ds.GPIOMode.InputPullUp)
    let state = 2 * wiring.a.value + wiring.b.value
    let counts = 0
    let uncertainSteps = 0
    let illegalSeen = false
    const look = () => {
        const next = 2 * wiring.a.value + wiring.b.value
        if (next === state) return
        const change = QUADRATURE_COUNTS[4 * state + next]
        state = next
        if (change === ILLEGAL_TRANSITION) {
            illegalSeen = true
            uncertainSteps += 2 * wiring.stepsPerCount
        } else {
            counts += change
        }
    }
    return {
        afterStep: look,
        read: async (readings: Readings) => {
            // A shaft turned while the motor rested shows here.
            look()
            if (illegalSeen || uncertainSteps > wiring.uncertainStepsMax) {
                readings.encoderSteps = NaN
                readings.encoderFault = SensorFault.Invalid
            } else {
                readings.encoderSteps = counts * wiring.stepsPerCount
                readings.encoderFault = SensorFault.None
            }
            illegalSeen = false
        },
    }
}

/** One line that rises once in so many steps: one channel of an encoder, or a slotted disc in a light barrier. */
export interface IndexWiring {
    index: InputPin
    /** Motor steps from one rising edge to the next. */
    stepsPerEdge: number
    /** Steps by which an edge may come early, and within which a second edge counts as the first one's chatter. */
    toleranceSteps: number
}

/**
 * An index encoder: a light barrier such as Omron EE-SX1041 with a slotted disc
 * (https://components.omron.com/us-en/products/sensors/EE-SX1041), or channel A alone of a quadrature encoder.
 *
 * Gives the steps confirmed by edges, so it lags the motor by less than `stepsPerEdge`, and the mechanism's encoder slack
 * must be more than that. A missing edge leaves the count behind for good, which the logic judges as a motor that does
 * not follow: one line can't tell a stalled motor from a dead light barrier, and the graver of the two has to win. An edge
 * that comes too early can't be the motor's doing and makes the sample Invalid.
 */
export function startIndexEncoder(wiring: IndexWiring): StepFollower {
    wiring.index.setMode(ds.GPIOMode.InputPullUp)
    let level = wiring.index.value
    let stepsMade = 0
    let confirmedSteps = 0
    let stepsAtEdge = -1
    let earlyEdgeSeen = false
    return {
        afterStep: () => {
            stepsMade += 1
            const next = wiring.index.value
            if (next === level) return
            level = next
            if (next === 0) return
            if (stepsAtEdge < 0) {
                // Where the disc stood at power-on is unknown: the first edge anchors the count to the steps made.
                confirmedSteps = stepsMade
                stepsAtEdge = stepsMade
                return
            }
            const sinceEdge = stepsMade - stepsAtEdge
            if (sinceEdge <= wiring.toleranceSteps) return
            if (sinceEdge < wiring.stepsPerEdge - wiring.toleranceSteps) {
                earlyEdgeSeen = true
                return
            }
            confirmedSteps += wiring.stepsPerEdge
            stepsAtEdge = stepsMade
        },
        read: async (readings: Readings) => {
            readings.encoderSteps = earlyEdgeSeen ? NaN : confirmedSteps
            readings.encoderFault = earlyEdgeSeen ? SensorFault.Invalid : SensorFault.None
            earlyEdgeSeen = false
        },
    }
}

// Follows the motor's shaft by reading the encoder after every single step and while the rotor settles, because DeviceScript
// has no pin interrupts and polls too slowly: the shaft moves only when the pump steps it, so that is when to look.

import * as ds from "@devicescript/core"
import { Readings, SensorFault } from "../pump/readings"
import { InputPin } from "./hardware"
import { Sensor } from "./parts"

/** An encoder: a sensor that also wants to be told of each step. */
export interface StepFollower extends Sensor {
    /** To be called after every single motor step; `direction` is 1 for a step forward, -1 for one back. */
    afterStep: (direction: number) => void
    /**
     * To be called again and again while the rotor settles after such a step: a rotor that slips falls back within a few
     * milliseconds, by a whole period of a fine encoder, and would not be missed a moment later.
     */
    whileSettling?: (direction: number) => void
    /** Looks at once and gives the count in motor steps, whether or not the motor was stepped; it is not bound to start at 0. */
    shaftSteps?: () => number
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
 * Both lines changing between two looks means that two counts were passed unseen. After a step it is taken for a rotor that
 * slips: no single step passes two counts, and a rotor that falls back does, so they count against the step. A disturbed line
 * then looks like lost steps; the graver of the two has to win. In a sample without a step nobody knows the direction, and the
 * sample is Invalid. Counting goes on, since a count off by that little still shows a motor that does not turn, until what
 * was lost so adds up to more than `uncertainStepsMax`; from then on it stays Invalid until power-on.
 */
export function startQuadratureEncoder(wiring: QuadratureWiring): StepFollower {
    wiring.a.setMode(ds.GPIOMode.InputPullUp)
    wiring.b.setMode(ds.GPIOMode.InputPullUp)
    let state = 2 * wiring.a.value + wiring.b.value
    let counts = 0
    let uncertainSteps = 0
    let illegalSeen = false
    // The way of the last step since the last sample, 0 without one.
    let stepped = 0
    const look = (direction: number) => {
        stepped = direction
        const next = 2 * wiring.a.value + wiring.b.value
        if (next === state) return
        const change = QUADRATURE_COUNTS[4 * state + next]
        state = next
        if (change !== ILLEGAL_TRANSITION) {
            counts += change
        } else if (direction !== 0) {
            counts -= 2 * direction
        } else {
            illegalSeen = true
            uncertainSteps += 2 * wiring.stepsPerCount
        }
    }
    return {
        afterStep: look,
        whileSettling: look,
        shaftSteps: () => {
            // Whoever asks wants to know whether it turns: two counts unseen are a turn, and always in the same direction.
            look(-1)
            stepped = 0
            return counts * wiring.stepsPerCount
        },
        read: async (readings: Readings) => {
            // A shaft that turned since shows here, by hand or because a slip went on.
            look(stepped)
            stepped = 0
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
    /** Steps by which an edge may come early or late, and within which a second edge counts as the first one's chatter. */
    toleranceSteps: number
}

/**
 * An index encoder: a light barrier such as Omron EE-SX1041 with a slotted disc
 * (https://components.omron.com/us-en/products/sensors/EE-SX1041), or channel A alone of a quadrature encoder.
 *
 * Gives where the shaft has been seen last at a mark of the disc, at it or above: it lags the motor by less than
 * `stepsPerEdge`, and the mechanism's encoder slack must be more than that. A mark is a rising edge forward and the same
 * edge, falling, back. An edge that comes too early can't be the motor's doing and makes the sample Invalid. One that comes
 * too late counts for nothing: a blocked rotor slips back by four full steps, over and over, and shows the same edge each
 * time. A missing edge so leaves the count behind for good, which the logic judges as a motor that does not follow: one
 * line can't tell a stalled motor from a dead light barrier, and the graver of the two has to win.
 */
export function startIndexEncoder(wiring: IndexWiring): StepFollower {
    wiring.index.setMode(ds.GPIOMode.InputPullUp)
    let level = wiring.index.value
    let stepsMade = 0
    // The mark seen last: where the motor was at it, what it counts as, and whether the shaft is below it since.
    let stepsAtMark = NaN
    let markSteps = 0
    let belowMark = false
    let earlyEdgeSeen = false
    return {
        afterStep: (direction: number) => {
            stepsMade += direction
            const next = wiring.index.value
            if (next === level) return
            level = next
            if ((next === 0) === direction > 0) return
            const moved = direction * (stepsMade - stepsAtMark)
            if (!(moved >= 0 || moved < 0)) {
                // Where the disc stood at power-on is unknown: the first edge anchors the count to the steps made.
                markSteps = stepsMade
                stepsAtMark = stepsMade
            } else if (moved >= wiring.stepsPerEdge - wiring.toleranceSteps) {
                if (moved <= wiring.stepsPerEdge + wiring.toleranceSteps) markSteps += direction * wiring.stepsPerEdge
                stepsAtMark = stepsMade
            } else if (!(Math.abs(moved) <= wiring.toleranceSteps)) {
                earlyEdgeSeen = true
                return
            }
            belowMark = direction < 0
        },
        read: async (readings: Readings) => {
            const seenSteps = belowMark ? markSteps - wiring.stepsPerEdge : markSteps
            readings.encoderSteps = earlyEdgeSeen ? NaN : seenSteps
            readings.encoderFault = earlyEdgeSeen ? SensorFault.Invalid : SensorFault.None
            earlyEdgeSeen = false
        },
    }
}

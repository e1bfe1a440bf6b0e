// The pull-back that relieves an occluded line: the only reverse delivery there is. What the line has stored goes back into
// the reservoir, so that little is left to burst into the patient when the occlusion lets go.

import { Alarm } from "./alarms"
import { OCCLUSION_PA_MIN, RELIEF_PL_MAX } from "./limits"
import { Pump } from "./pump"

/** Over the pressure that the line had at rest, this much is left: less would pull fluid out of the spine. */
const LEFT_PA = 500

/**
 * An occlusion was found: the motor may pull back, from the last step forward on by no more than the bound of the guard
 * (OCC-4). A line that is found occluded again before any step is not relieved a second time.
 */
export function beginRelief(pump: Pump): void {
    if (!pump.motorReverses) return
    let mostSteps = Math.floor(RELIEF_PL_MAX / pump.mechanism.stepPl)
    // A sensor that drifts looks like a rise, too: no more is pulled back than was pushed since it began, and the step or two
    // before it that showed only afterwards.
    const pushedSteps = pump.commandedSteps - pump.line.riseSteps + 2
    if (pushedSteps < mostSteps) mostSteps = pushedSteps
    pump.reliefLeftSteps = mostSteps - pump.pulledBackSteps
    pump.reliefSteps = 0
    pump.reliefPa = NaN
}

/**
 * The steps to pull back after this sample, 0 or negative. One step first; twice as many each time as long as the last pull
 * took less than half of what is left, because a stiff line loses all its pressure with a step and a soft one with hundreds.
 * Ends with the pressure, with the bound, or when the pressure is not known.
 */
export function relieve(pump: Pump, pressurePa: number): number {
    const restPa = pump.line.restPa
    // Where the line was never at rest nothing is known to be normal: down to the lowest threshold there may be.
    const targetPa = restPa >= 0 || restPa < 0 ? restPa + LEFT_PA : OCCLUSION_PA_MIN
    const excessPa = pressurePa - targetPa
    if (!(excessPa > 0) || (pump.alarms & (1 << Alarm.Occlusion)) === 0) {
        pump.reliefLeftSteps = 0
        return 0
    }
    const fellPa = pump.reliefPa - pressurePa
    let steps = 1
    if (fellPa * 2 < excessPa) steps = Math.min(pump.reliefSteps * 2, pump.mechanism.stepsPerTickMax)
    steps = Math.min(steps, pump.reliefLeftSteps)
    pump.reliefPa = pressurePa
    pump.reliefSteps = steps
    pump.reliefLeftSteps -= steps
    pump.pulledBackSteps += steps
    pump.residualPl += steps * pump.mechanism.stepPl
    pump.commandedSteps -= steps
    return -steps
}

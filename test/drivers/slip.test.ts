import { beforeEach, describe, expect, test } from "vitest"
import { loadMechanism } from "../../sim/prescription/mechanism"
import { startQuadratureEncoder } from "../../src/drivers/encoder"
import { startStepper, tmc2209 } from "../../src/drivers/stepper"
import { createReadings, SensorFault } from "../../src/pump/readings"
import { setClock, sleep } from "./devicescriptCore"
import { EmulatedRotor } from "./rotor"

const SLACK_STEPS = loadMechanism("boards/syringe-20ml.mechanism.json").encoderSlackSteps
const STEPS_PER_COUNT = 8

beforeEach(() => setClock(0))

/** The motor and encoder of the Pico, with a step a second; gives what is commanded and sensed after each. */
async function run(friction: number, blockSteps: number, phaseSteps: number, steps: number, direction = 1) {
    const rotor = new EmulatedRotor(friction, blockSteps, STEPS_PER_COUNT, phaseSteps)
    const encoder = startQuadratureEncoder({
        a: rotor.a,
        b: rotor.b,
        stepsPerCount: STEPS_PER_COUNT,
        uncertainStepsMax: 32,
    })
    const motor = startStepper({
        step: rotor.step,
        enable: rotor.enable,
        direction: { pin: rotor.direction, activeLow: false },
        chip: tmc2209(),
        stepPeriodMs: 0,
        releaseBetweenSteps: true,
        wakeMs: 2,
        settleMs: 5,
        encoder,
    })
    const readings = createReadings()
    const sensed: number[] = []
    for (let made = 0; made < steps; made++) {
        await motor.step(direction)
        await sleep(980)
        await encoder.read(readings)
        expect(readings.encoderFault).toBe(SensorFault.None)
        sensed.push(readings.encoderSteps)
    }
    return { rotor, sensed }
}

const BLOCK_STEPS = 100

describe.each([0.06, 0.1, 0.3, 0.6])("friction of %d of the torque", friction => {
    test.each([0, 3, 8, 13, 21, 30])(
        "ENC-2: a blocked shaft exceeds the slack before a third slip, and gets nowhere (%d)",
        async phase => {
            const { sensed, rotor } = await run(friction, BLOCK_STEPS, phase, BLOCK_STEPS + 384)
            expect(rotor.rotorSteps).toBeLessThan(BLOCK_STEPS + 2)
            const foundAfter = sensed.findIndex((steps, i) => i + 1 - steps > SLACK_STEPS) + 1 - BLOCK_STEPS
            expect(foundAfter).toBeGreaterThan(0)
            expect(foundAfter).toBeLessThan(128)
            // Two periods of the field: over less, a rotor on its way back to the block would pass for one that follows.
            for (let i = BLOCK_STEPS; i + 128 < sensed.length; i++)
                expect(sensed[i + 128] - sensed[i]).toBeLessThanOrEqual(32)
        },
    )

    test.each([1, -1])(
        "ENC-2: a shaft that turns freely on its way %d stays within half the slack",
        async direction => {
            const { sensed } = await run(friction, Infinity, 5, 300, direction)
            for (const [i, steps] of sensed.entries())
                expect(Math.abs(direction * (i + 1) - steps)).toBeLessThan(SLACK_STEPS / 2)
        },
    )
})

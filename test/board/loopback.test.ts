// The fixture's motor: what its counter saw is told, and a pulse that it did not see as it should ends the pulses.

import { describe, expect, test } from "vitest"
import { startLoopback } from "../../src/drivers/mock/loopback"
import { tmc2209 } from "../../src/drivers/stepper"
import { STEPS_PER_TICK_MAX } from "../../src/pump/limits"
import { GPIOMode } from "../drivers/devicescriptCore"

const RING = ["00", "10", "11", "01"]

/** The counter and the wire from DIR; `turns` is by how much it goes on at each pulse, `reversed` crosses the wire. */
function fixture({ turns = (_pulse: number): number => 1, reversed = false, strapped = false, from = 0 } = {}) {
    let place = from
    let pulses = 0
    let forward = true
    let high = false
    const told: number[] = []
    const line = (at: number) => ({ setMode: () => {}, value: 0, at })
    const [a, b] = [0, 1].map(at =>
        Object.defineProperty(line(at), "value", { get: () => Number(RING[place % 4][at]) }),
    )
    const back = Object.defineProperty(line(0), "value", { get: () => Number(forward !== reversed) })
    const step = {
        setMode: (mode: GPIOMode) => {
            if (mode === GPIOMode.OutputHigh && !high) {
                pulses += 1
                place += turns(pulses)
            }
            high = mode === GPIOMode.OutputHigh
        },
    }
    const direction = {
        setMode: (mode: GPIOMode) => {
            forward = mode === GPIOMode.OutputHigh
        },
    }
    const motor = startLoopback(
        {
            step,
            enable: { setMode: () => {} },
            ...(strapped ? {} : { direction: { pin: direction, activeLow: false } }),
            chip: tmc2209(),
            stepPeriodMs: 0,
            releaseBetweenSteps: false,
            wakeMs: 2,
            settleMs: 5,
        },
        strapped ? { a, b } : { a, b, direction: back },
        { reverses: true, release: () => {}, faulty: async () => false, step: async steps => void told.push(steps) },
    )
    return { motor, told, pulses: () => pulses }
}

test.each([0, 1, 2, 3])("every pulse is counted, from place %i of the counter on, forward and back", async from => {
    const { motor, told } = fixture({ from })
    for (const steps of [1, 3, -2, STEPS_PER_TICK_MAX, -1]) await motor.step(steps)
    expect(told).toEqual([1, 3, -2, STEPS_PER_TICK_MAX, -1])
    expect(await motor.faulty()).toBe(false)
})

test("with DIR strapped, pulses alone are counted", async () => {
    const { motor, told } = fixture({ strapped: true })
    expect(motor.reverses).toBe(false)
    await motor.step(3)
    expect(told).toEqual([3])
})

describe("HIL-4: a pulse that the counter does not see, or sees as another, is the last one", () => {
    test.each<[string, Parameters<typeof fixture>[0], number, number[]]>([
        ["a motor in its place: nothing counts", { turns: () => 0 }, 1, []],
        ["two are counted for one", { turns: () => 2 }, 1, [2]],
        ["it goes back", { turns: () => 3 }, 1, [-1]],
        ["the fourth is lost", { turns: pulse => (pulse === 4 ? 0 : 1) }, 4, [3]],
        ["DIR comes back the wrong way", { reversed: true }, 1, [-1]],
    ])("%s", async (_name, wiring, made, seen) => {
        const { motor, told, pulses } = fixture(wiring)
        await motor.step(6)
        await motor.step(6)
        await motor.step(-1)
        expect(pulses()).toBe(made)
        expect(told).toEqual(seen)
    })
})

import { beforeEach, describe, expect, test } from "vitest"
import { a4988, drv8825, StepperChip, StepperWiring, startStepper, tmc2209 } from "../../src/drivers/stepper"
import { STEPS_PER_TICK_MAX } from "../../src/pump/limits"
import { clock, GPIOMode, setClock } from "./devicescriptCore"
import { Edge, EmulatedInput, Timeline, WRITE_MS } from "./emulated"

const CHIPS: [string, StepperChip][] = [
    ["TMC2209", tmc2209()],
    ["DRV8825", drv8825()],
    ["A4988", a4988()],
]

let timeline: Timeline
beforeEach(() => {
    timeline = new Timeline()
    setClock(1000.9)
})

function wiring(changes: Partial<StepperWiring> = {}): StepperWiring {
    return {
        step: timeline.output("STEP"),
        enable: timeline.output("ENABLE"),
        direction: timeline.switched("DIR"),
        chip: tmc2209(),
        stepPeriodMs: 0,
        releaseBetweenSteps: true,
        wakeMs: 2,
        settleMs: 5,
        ...changes,
    }
}

const rises = (edges: Edge[]) => edges.filter(edge => edge.level === 1)

describe.each(CHIPS)("%s", (_name, chip) => {
    test("is off from the start, before any other pin is an output", () => {
        startStepper(wiring({ chip }))
        expect(timeline.edges[0]).toMatchObject({ name: "ENABLE", level: 1 })
        expect(timeline.level("STEP")).toBe(0)
        expect(timeline.level("DIR")).toBe(1)
    })

    test("gives every pulse, gap and set-up time its datasheet's minimum", async () => {
        await startStepper(wiring({ chip })).step(7)
        const step = timeline.of("STEP").slice(1)
        for (let i = 1; i < step.length; i++) {
            const lastedUs = (step[i].atMs - step[i - 1].atMs) * 1000
            expect(lastedUs).toBeGreaterThan(step[i].level === 0 ? chip.stepHighUsMin : chip.stepLowUsMin)
        }
        const firstRise = rises(step)[0].atMs
        expect((firstRise - timeline.of("DIR")[0].atMs) * 1000).toBeGreaterThan(chip.directionSetupUsMin)
        expect((firstRise - timeline.of("ENABLE")[1].atMs) * 1000).toBeGreaterThan(chip.enableSetupUsMin)
    })

    test.each([true, false])(
        "DRV-1: steps back have DIR set up before the first pulse and held after the last (awake: %s)",
        async awake => {
            const motor = startStepper(wiring({ chip, releaseBetweenSteps: false }))
            if (awake) await motor.step(1)
            timeline.edges.length = 0
            await motor.step(-7)
            const pulses = rises(timeline.of("STEP"))
            expect(pulses).toHaveLength(7)
            const [toBack, toForward, ...more] = timeline.of("DIR")
            expect([toBack.level, toForward.level, more]).toEqual([0, 1, []])
            expect((pulses[0].atMs - toBack.atMs) * 1000).toBeGreaterThan(chip.directionSetupUsMin)
            expect((toForward.atMs - pulses[6].atMs) * 1000).toBeGreaterThan(chip.directionHoldUsMin)
            timeline.edges.length = 0
            await motor.step(1)
            expect(timeline.of("DIR")).toHaveLength(0)
            expect(rises(timeline.of("STEP"))).toHaveLength(1)
        },
    )

    test("states minimums that a single pin write outlasts", () => {
        const largest = Math.max(
            chip.stepHighUsMin,
            chip.stepLowUsMin,
            chip.directionSetupUsMin,
            chip.directionHoldUsMin,
            chip.enableSetupUsMin,
        )
        expect(largest).toBeLessThan(WRITE_MS * 1000)
    })
})

test.each([1, 2, 7, STEPS_PER_TICK_MAX])("%d steps asked are %d pulses, ending low", async steps => {
    await startStepper(wiring()).step(steps)
    expect(rises(timeline.of("STEP"))).toHaveLength(steps)
    expect(timeline.level("STEP")).toBe(0)
})

test.each([
    [STEPS_PER_TICK_MAX + 1, STEPS_PER_TICK_MAX],
    [1e9, STEPS_PER_TICK_MAX],
    [0, 0],
    [NaN, 0],
    [-1, 1],
    [-STEPS_PER_TICK_MAX - 1, STEPS_PER_TICK_MAX],
    [-1e9, STEPS_PER_TICK_MAX],
])("%d steps asked are bounded to %d", async (asked, made) => {
    await startStepper(wiring()).step(asked)
    expect(rises(timeline.of("STEP"))).toHaveLength(made)
    if (made === 0) expect(timeline.of("ENABLE")).toHaveLength(1)
})

test.each([0, 0.3, 0.95])("wake-up and settling are waited out in full, %d ms into a millisecond", async fraction => {
    setClock(2000 + fraction)
    const motor = startStepper(wiring())
    // The tick's own work stands between the start of the slice and the driver's first write.
    clock.nowMs += 12.5
    await motor.step(STEPS_PER_TICK_MAX)
    const [, on, off] = timeline.of("ENABLE")
    const step = timeline.of("STEP").slice(1)
    expect(step[0].atMs - on.atMs).toBeGreaterThanOrEqual(2)
    expect(off.atMs - step[step.length - 1].atMs).toBeGreaterThanOrEqual(5)
    expect(off.level).toBe(1)
    expect(off.atMs - on.atMs).toBeLessThan(25)
})

test("a mechanism that does not hold by itself keeps its current, from the first step on", async () => {
    const motor = startStepper(wiring({ releaseBetweenSteps: false }))
    expect(timeline.level("ENABLE")).toBe(1)
    await motor.step(1)
    await motor.step(1)
    expect(timeline.of("ENABLE").map(edge => edge.level)).toEqual([1, 0])
})

test.each([1, 3])(
    "a stated step period of %d ms is kept, and a tick's seven steps fit the tick",
    async stepPeriodMs => {
        await startStepper(wiring({ stepPeriodMs })).step(7)
        const up = rises(timeline.of("STEP"))
        for (let i = 1; i < up.length; i++) expect(up[i].atMs - up[i - 1].atMs).toBeGreaterThanOrEqual(stepPeriodMs)
        expect(clock.nowMs - 1000.9).toBeLessThan(60)
    },
)

test("release cuts the current at once, and the next step wakes the driver again", async () => {
    const motor = startStepper(wiring({ releaseBetweenSteps: false }))
    await motor.step(1)
    expect(timeline.level("ENABLE")).toBe(0)
    motor.release()
    expect(timeline.level("ENABLE")).toBe(1)
    const wakes = timeline.of("ENABLE").length
    await motor.step(1)
    expect(timeline.of("ENABLE")).toHaveLength(wakes + 1)
    expect(timeline.level("ENABLE")).toBe(0)
})

test.each([
    [4, 1],
    [-4, -1],
])("%d steps: an encoder looks after every single one, and ten times while the rotor settles", async (steps, way) => {
    const looks: [string, number, number][] = []
    const note = (kind: string) => (direction: number) =>
        looks.push([kind, direction, rises(timeline.of("STEP")).length])
    const encoder = { afterStep: note("step"), whileSettling: note("settling"), read: async () => {} }
    await startStepper(wiring({ encoder })).step(steps)
    expect(looks.slice(0, 4)).toEqual([1, 2, 3, 4].map(made => ["step", way, made]))
    expect(looks.slice(4)).toEqual(Array(10).fill(["settling", way, 4]))
})

test("an encoder that needs no look while the rotor settles gets none", async () => {
    let looks = 0
    const encoder = { afterStep: () => void looks++, read: async () => {} }
    await startStepper(wiring({ encoder })).step(3)
    expect(looks).toBe(3)
})

test("DRV-1: where DIR is strapped by a wire steps go forward only, and the motor is not even woken for one back", async () => {
    const motor = startStepper(wiring({ direction: undefined }))
    await motor.step(1)
    expect(timeline.of("DIR")).toHaveLength(0)
    expect(rises(timeline.of("STEP"))).toHaveLength(1)
    timeline.edges.length = 0
    await motor.step(-1)
    expect(timeline.edges).toEqual([])
})

describe("DRV-2: at power-on", () => {
    const turning = (stepsPerLook: number) => {
        let steps = 0
        return { afterStep: () => {}, read: async () => {}, shaftSteps: () => (steps += stepsPerLook) }
    }

    test.each([
        ["DIAG low", false, 0, false],
        ["DIAG high", false, 1, true],
        ["nFAULT high", true, 1, false],
        ["nFAULT low", true, 0, true],
    ])("DRV-2: %s", async (_case, activeLow, level, faulty) => {
        const pin = new EmulatedInput(level)
        const motor = startStepper(wiring({ fault: { pin, activeLow } }))
        expect(pin.mode).toBe(activeLow ? GPIOMode.InputPullUp : GPIOMode.InputPullDown)
        expect(await motor.faulty()).toBe(faulty)
    })

    test("DRV-2: the coils are on while it looks, for wake-up and settling at least, and off afterwards", async () => {
        const pin = new EmulatedInput(0)
        let lookedMs = NaN
        let enableThen: number | undefined
        const fault = {
            activeLow: false,
            pin: {
                setMode: () => {},
                get value() {
                    lookedMs = clock.nowMs
                    enableThen = timeline.level("ENABLE")
                    return pin.level
                },
            },
        }
        await startStepper(wiring({ fault, releaseBetweenSteps: false })).faulty()
        const [, on, off] = timeline.of("ENABLE")
        expect(enableThen).toBe(0)
        expect(lookedMs - on.atMs).toBeGreaterThanOrEqual(2 + 5)
        expect(off).toMatchObject({ level: 1 })
        expect(timeline.of("ENABLE")).toHaveLength(3)
        expect(rises(timeline.of("STEP"))).toHaveLength(0)
        expect(clock.nowMs - 1000.9).toBeLessThan(300)
    })

    test("DRV-2: the rotor has a tenth of a second to pull in before the shaft is watched", async () => {
        let firstMs = NaN
        const encoder = {
            ...turning(0),
            shaftSteps: () => {
                if (Number.isNaN(firstMs)) firstMs = clock.nowMs
                return 0
            },
        }
        expect(await startStepper(wiring({ encoder })).faulty()).toBe(false)
        expect(firstMs - timeline.of("ENABLE")[1].atMs).toBeGreaterThanOrEqual(100)
    })

    test.each([
        ["a shaft at rest", 0, false],
        ["a shaft that turns by itself", 1, true],
        ["a shaft that turns back", -1, true],
    ])("DRV-2: %s", async (_case, stepsPerLook, faulty) => {
        expect(await startStepper(wiring({ encoder: turning(stepsPerLook) })).faulty()).toBe(faulty)
    })

    test.each([
        [16, false],
        [17, true],
        [-16, false],
        [-17, true],
        [NaN, true],
    ])("DRV-2: a count that is off by %d steps for a moment", async (steps, faulty) => {
        let looks = 0
        const encoder = { ...turning(0), shaftSteps: () => (++looks === 20 ? 100 + steps : 100) }
        expect(await startStepper(wiring({ encoder })).faulty()).toBe(faulty)
    })

    test("DRV-2: with neither fault pin nor such an encoder it says no without waking the motor", async () => {
        const encoder = { afterStep: () => {}, read: async () => {} }
        expect(await startStepper(wiring({ encoder })).faulty()).toBe(false)
        expect(timeline.of("ENABLE")).toHaveLength(1)
    })
})

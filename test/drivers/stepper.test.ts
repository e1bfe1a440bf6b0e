import { beforeEach, describe, expect, test } from "vitest"
import { a4988, drv8825, StepperChip, StepperWiring, startStepper, tmc2209 } from "../../src/drivers/stepper"
import { STEPS_PER_TICK_MAX } from "../../src/pump/limits"
import { clock, setClock } from "./devicescriptCore"
import { Edge, Timeline, WRITE_MS } from "./emulated"

const CHIPS: [string, StepperChip][] = [
    ["TMC2209", tmc2209],
    ["DRV8825", drv8825],
    ["A4988", a4988],
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
        chip: tmc2209,
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

    test("states minimums that a single pin write outlasts", () => {
        const largest = Math.max(chip.stepHighUsMin, chip.stepLowUsMin, chip.directionSetupUsMin, chip.enableSetupUsMin)
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
    [-1, 0],
    [NaN, 0],
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

test("an encoder looks after every single step", async () => {
    let looks = 0
    const seen: number[] = []
    const motor = startStepper(
        wiring({
            afterStep: () => {
                looks += 1
                seen.push(rises(timeline.of("STEP")).length)
            },
        }),
    )
    await motor.step(4)
    expect(looks).toBe(4)
    expect(seen).toEqual([1, 2, 3, 4])
})

test("DIR may be strapped by a wire", async () => {
    await startStepper(wiring({ direction: undefined })).step(1)
    expect(timeline.of("DIR")).toHaveLength(0)
    expect(rises(timeline.of("STEP"))).toHaveLength(1)
})

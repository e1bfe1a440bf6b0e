import { expect, test } from "vitest"
import { fuzzCore, fuzzVm } from "../../sim/bench/linkFuzz"
import { loadScenario } from "../../sim/scenario/load"

test("LNK-2: of frames of every kind the pump takes exactly those that are sealed as they should be", async () => {
    const { sealed, taken } = await fuzzCore(20_000, 7, () => {})
    expect(sealed).toBeGreaterThan(1_500)
    expect(taken).toBe(sealed)
})

test("LNK-2: on the bytecode they stop no tick, and the memory does not grow", async () => {
    const { frames, ticksLost, grownBytes } = await fuzzVm(
        loadScenario("sim/scenarios/patient-dose-day.json"),
        2_000,
        7,
        () => {},
    )
    expect(frames).toBe(2_000)
    expect(ticksLost).toBe(0)
    expect(grownBytes).toBeLessThan(4_000)
})

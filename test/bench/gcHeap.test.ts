import { expect, test } from "vitest"
import { measureCosts } from "../../sim/bench/tickCosts"

test("what the device takes from its heap is seen from outside, to the byte", async () => {
    const costs = await measureCosts()
    // 1000 bytes with a head of 12, and the record of the function that asks for them.
    expect(costs.allocation.bytes).toBeGreaterThanOrEqual(1012)
    expect(costs.allocation.bytes).toBeLessThan(1060)
    expect(costs.call.calls).toBeCloseTo(1, 1)
    expect(costs.loopPass.calls).toBe(0)
    // An ordinary tick calls itself and the guard, and nothing else.
    expect(costs.ordinaryTick.calls).toBeLessThan(2.1)
})

import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import type { VirtualClock } from "../../sim/engines/devicescriptVm"
import { firmwareFile } from "../../sim/engines/firmware"
import { Machine } from "../../sim/engines/machine"
import { arithmeticLines, CASES_PER_CALL } from "./arithmetic"

const CALLS = 100

test("ARI-1: what the pump computes with comes out the same on the device as on Node, for 2000 generated cases", async () => {
    const printed: string[] = []
    const clock: VirtualClock = { nowMs: 0 }
    const machine = await Machine.powerOn(clock, { image: new Uint8Array(0) }, line => {
        if (line.startsWith("> ")) printed.push(line.slice(2))
    })
    machine.module.devsDeploy(readFileSync(firmwareFile("mainArithmetic")))
    for (; clock.nowMs < 10_000 && printed.at(-1) !== "done"; clock.nowMs += 1) await machine.settle()
    machine.bus.stop()

    const expected: string[] = []
    const bytes = new Uint8Array(16)
    for (let call = 0, state = 1; call < CALLS; call++) {
        const cases = arithmeticLines(state, bytes)
        state = cases.state
        expected.push(...cases.lines)
    }
    expect(expected).toHaveLength(CALLS * CASES_PER_CALL)
    expect(printed).toEqual([...expected, "done"])
})

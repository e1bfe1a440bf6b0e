import { afterEach, expect, test, vi } from "vitest"
import { Machine } from "../../sim/engines/machine"
import { Session } from "../../sim/engines/session"
import { runVm } from "../../sim/engines/vm"
import { scenarioOf } from "./runs"

// A text of the firmware that is never shown in these runs: one bit of it more or less changes nothing but the hash.
const TEXT = "calibration damaged"

afterEach(() => {
    vi.restoreAllMocks()
})

test.each([
    [false, []],
    [true, ["selfTestFailed: program damaged"]],
])("PST-4: the bytecode in flash with a bit flipped (%s) is found at power-on: %j", async (flipped, alarms) => {
    const powerOn = Machine.powerOn.bind(Machine)
    let powerOns = 0
    vi.spyOn(Machine, "powerOn").mockImplementation((clock, flash, onLog) => {
        powerOns += 1
        // The first time is that of flashing.
        if (flipped && powerOns === 2) {
            const at = Buffer.from(flash.image).indexOf(TEXT)
            expect(at).toBeGreaterThan(0)
            flash.image[at + 3] ^= 4
        }
        return powerOn(clock, flash, onLog)
    })
    const session = new Session({ ...scenarioOf("continuous-day"), durationMs: 300_000, events: [] }, 1)
    await runVm(session, { onProgress: () => {}, onTraceLine: undefined })
    const { result } = session.finish("vm", 0)
    expect(powerOns).toBe(2)
    expect(result.alarms.map(({ id, reason }) => `${id}: ${reason}`)).toEqual(alarms)
    expect(result.commandedSteps > 0).toBe(!flipped)
})

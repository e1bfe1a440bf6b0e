import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { meanFraction, modeOf } from "../../src/drivers/hardware"
import { GPIOMode } from "./devicescriptCore"
import { EmulatedInput, Timeline } from "./emulated"

test("the stand-in's pin modes are DeviceScript's own", () => {
    const declared = readFileSync("node_modules/@devicescript/core/src/devicescript-spec.d.ts", "utf8")
    const body = /enum GPIOMode \{[^}]*\}/.exec(declared)?.[0] ?? ""
    const modes = [...body.matchAll(/(\w+) = (0x[0-9a-f]+),/gi)].map(([, name, value]) => [name, Number(value)])
    expect(modes.length).toBeGreaterThan(8)
    for (const [name, value] of modes)
        if (Object.hasOwn(GPIOMode, name))
            expect([name, GPIOMode[name as keyof typeof GPIOMode]]).toEqual([name, value])
})

test("an output is on at the level that it is wired for", () => {
    const timeline = new Timeline()
    expect(modeOf(timeline.switched("a"), true)).toBe(GPIOMode.OutputHigh)
    expect(modeOf(timeline.switched("a"), false)).toBe(GPIOMode.OutputLow)
    expect(modeOf(timeline.switched("a", true), true)).toBe(GPIOMode.OutputLow)
    expect(modeOf(timeline.switched("a", true), false)).toBe(GPIOMode.OutputHigh)
})

test("an analogue input is the mean of its reads", () => {
    const pin = new EmulatedInput(0.25)
    pin.setMode(GPIOMode.AnalogIn)
    expect(meanFraction({ pin, fullScaleMv: 3300, dividerRatio: 1 }, 4)).toBe(0.25)
    expect(meanFraction({ pin: new EmulatedInput(0.25), fullScaleMv: 3300, dividerRatio: 1 }, 4)).toBeNaN()
})

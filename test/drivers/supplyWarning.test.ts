import { expect, test } from "vitest"
import { startSupplyWarning } from "../../src/drivers/supplyWarning"
import { GPIOMode } from "./devicescriptCore"
import { EmulatedInput } from "./emulated"

test.each([
    ["low", true, 0, true],
    ["low", true, 1, false],
    ["high", false, 1, true],
    ["high", false, 0, false],
])(
    "PWR-1: a detector that is %s when the supply fails (%s), at level %i: failing is %s",
    (_name, activeLow, level, failing) => {
        expect(startSupplyWarning(new EmulatedInput(level), activeLow).failing()).toBe(failing)
    },
)

test("it is asked anew each time and remembers nothing", () => {
    const pin = new EmulatedInput(1)
    const supply = startSupplyWarning(pin, true)
    const told = [1, 0, 0, 1].map(level => {
        pin.level = level
        return supply.failing()
    })
    expect(told).toEqual([false, true, true, false])
})

test.each([
    [true, GPIOMode.InputPullUp],
    [false, GPIOMode.InputPullDown],
])("the chip's own resistor holds an open pin at a supply that is well (active low: %s)", (activeLow, mode) => {
    const pin = new EmulatedInput(0)
    startSupplyWarning(pin, activeLow)
    expect(pin.mode).toBe(mode)
})

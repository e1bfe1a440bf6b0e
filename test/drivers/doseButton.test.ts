import fc from "fast-check"
import { expect, test } from "vitest"
import { startButton } from "../../src/drivers/button"
import { startDoseButton } from "../../src/drivers/doseButton"
import { CommandKind, createReadings } from "../../src/pump/readings"
import { GPIOMode } from "./devicescriptCore"
import { EmulatedInput } from "./emulated"

/** In which samples the button asks, when the pin has these levels and in the samples of `taken` another has asked before it. */
async function asked(levels: string, taken = ""): Promise<number[]> {
    const pin = new EmulatedInput(1)
    const button = startDoseButton(pin)
    const samples: number[] = []
    for (const [i, level] of [...levels].entries()) {
        const readings = createReadings()
        const other = taken[i] === "x" ? CommandKind.Stop : CommandKind.None
        readings.command = other
        pin.level = Number(level)
        await button.read(readings)
        if (other !== CommandKind.None) expect(readings.command).toBe(other)
        else if (readings.command !== CommandKind.None) {
            expect(readings.command).toBe(CommandKind.PatientDose)
            samples.push(i)
        }
    }
    return samples
}

test.each([
    ["a press that one sample sees asks in that sample", "11011", [2]],
    ["held on, it asks once", "1000000000", [1]],
    ["released and pressed again it asks again", "10101", [1, 3]],
    ["untouched it asks nothing", "1111", []],
    ["down from power-on it asks nothing", "0000000", []],
    ["down from power-on, its release asks nothing", "00111", []],
    ["down from power-on, then released and pressed", "00100", [3]],
])("BTN-2: %s", async (_case, levels, expected) => {
    expect(await asked(levels)).toEqual(expected)
})

test.each([
    ["a press beside another's command asks with the first free sample", "1011", "_x__", [2]],
    ["the same, still held", "10001", "_xx__", [3]],
    ["pressed twice before a sample is free, it asks once", "101011", "_xxxx_", [5]],
    ["another's command while nothing is asked for changes nothing", "1110", "xxx_", [3]],
])("BTN-2: %s", async (_case, levels, taken, expected) => {
    expect(await asked(levels, taken)).toEqual(expected)
})

test("BTN-2: it never asks more often than it was pressed after it had been seen released", async () => {
    await fc.assert(
        fc.asyncProperty(fc.string({ unit: fc.constantFrom("0", "1"), maxLength: 40 }), async levels => {
            const presses = levels.match(/10/g) ?? []
            expect(await asked(levels)).toHaveLength(presses.length)
        }),
    )
})

test("BTN-2: the other button goes first, and the request is not lost", async () => {
    const start = new EmulatedInput(1)
    const dose = new EmulatedInput(1)
    const buttons = [startButton(start), startDoseButton(dose)]
    const commands: CommandKind[] = []
    for (let i = 0; i < 5; i++) {
        start.level = Number("10001"[i])
        // Pressed in the very sample that makes the other press a long one.
        dose.level = i === 3 ? 0 : 1
        const readings = createReadings()
        for (const button of buttons) await button.read(readings)
        commands.push(readings.command)
    }
    expect(commands.slice(3)).toEqual([CommandKind.Toggle, CommandKind.PatientDose])
})

test("BTN-2: a wire that broke asks nothing: the pin is pulled up", () => {
    const pin = new EmulatedInput(0)
    startDoseButton(pin)
    expect(pin.mode).toBe(GPIOMode.InputPullUp)
})

import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { BOARDS } from "../../boards/workspace"
import { TRANSFER_SIZE_MAX } from "../../src/drivers/fram"

interface BoardFile {
    devName: string
    archId: string
    pins: Record<string, number>
    sPin: Record<string, number | string>
    i2c: { pinSDA: number; pinSCL: number; kHz: number }
    led?: { pin: number }
    log?: { pinTX: number }
}

const ANALOGUE_PINS: Record<string, number[]> = { rp2040: [26, 27, 28, 29], esp32c3: [0, 1, 2, 3, 4] }
// Pins that the boards do not bring out, or use themselves: flash and USB of the ESP32-C3, power and LED of the Pico.
const RESERVED_PINS: Record<string, number[]> = {
    rp2040: [23, 24, 25, 29],
    esp32c3: [11, 12, 13, 14, 15, 16, 17, 18, 19],
}

describe.each(Object.entries(BOARDS))("%s", (name, board) => {
    const file: BoardFile = JSON.parse(readFileSync(`boards/${board.id}.board.json`, "utf8"))
    const entry = readFileSync(board.entry, "utf8")
    const readme = readFileSync("boards/README.md", "utf8")

    test("every pin has one use", () => {
        const used = [...Object.values(file.pins), file.i2c.pinSDA, file.i2c.pinSCL]
        expect(new Set(used).size).toBe(used.length)
        for (const pin of used) expect(RESERVED_PINS[file.archId]).not.toContain(pin)
    })

    test("JRN-11: the longest transfer of the memory ends before the ESP32's runtime cuts it off, after 10 ms at least", () => {
        // The chip's own address and the memory's two bytes come before the data, and nine bits make a byte.
        const transferMs = ((1 + 2 + TRANSFER_SIZE_MAX) * 9) / file.i2c.kHz
        expect(transferMs).toBeLessThan(10 / 2)
        // What each of the parts on the bus takes: MPR, DS3231 and the memory.
        expect(file.i2c.kHz).toBeLessThanOrEqual(400)
    })

    test("labels fit the 15 characters of a configuration key behind `pins.`", () => {
        for (const label of Object.keys(file.pins)) expect(label.length).toBeLessThanOrEqual(10)
    })

    test("voltages are measured on pins that can", () => {
        for (const label of ["BATTERY", "PRESSURE"])
            if (label in file.pins) expect(ANALOGUE_PINS[file.archId]).toContain(file.pins[label])
        expect(file.pins).toHaveProperty("BATTERY")
    })

    test("the motor is off, and everything else quiet, before the program runs", () => {
        expect(file.sPin).toMatchObject({ STEP: 0, ENABLE: 1, HEARTBEAT: 0, BUZZER: 0, RED_LED: 0 })
        const outputs = ["STEP", "DIR", "ENABLE", "HEARTBEAT", "BUZZER", "RED_LED", "YELLOW_LED"]
        expect(
            Object.keys(file.sPin)
                .filter(label => label !== "#")
                .sort(),
        ).toEqual(outputs.filter(label => label in file.pins).sort())
        const yellowActiveLow = /pins\.YELLOW_LED, activeLow: true/.test(entry)
        expect(file.sPin.YELLOW_LED).toBe(yellowActiveLow ? 1 : 0)
    })

    test("the entry uses the pins that there are", () => {
        const used = new Set([...entry.matchAll(/pins\.(\w+)/g)].map(match => match[1]))
        for (const label of used) expect(file.pins).toHaveProperty(label)
        for (const label of Object.keys(file.pins)) expect(used).toContain(label)
        expect(entry).toContain(`@dsboard/${board.id}"`)
    })

    test("the README's pin table says the same", () => {
        const section = readme.split(`### Pins: \`${name}\``)[1]?.split("\n##")[0] ?? ""
        const rows = [...section.matchAll(/^\| `(\w+)` +\| (?:GP|GPIO)(\d+) +\|/gm)].map(([, label, pin]) => [
            label,
            Number(pin),
        ])
        expect(Object.fromEntries(rows)).toEqual({ ...file.pins, SDA: file.i2c.pinSDA, SCL: file.i2c.pinSCL })
    })
})

test("pico: SDA and SCL belong to the same I²C unit, in that order", () => {
    const { i2c }: BoardFile = JSON.parse(readFileSync("boards/pump_pico.board.json", "utf8"))
    expect(i2c.pinSDA % 2).toBe(0)
    expect(i2c.pinSCL % 2).toBe(1)
    expect((i2c.pinSDA >> 1) & 1).toBe((i2c.pinSCL >> 1) & 1)
})

test("the supply warning is where there is a pin for it", () => {
    const warns = Object.values(BOARDS).map(board =>
        /supply: startSupplyWarning\(pins\.SUPPLY_LOW, true\)/.test(readFileSync(board.entry, "utf8")),
    )
    expect(Object.fromEntries(Object.keys(BOARDS).map((name, i) => [name, warns[i]]))).toEqual({
        pico: true,
        esp32c3: false,
    })
})

test("the patient's button is where there is a pin for it, and is read after the one that stops", () => {
    for (const [name, board] of Object.entries(BOARDS)) {
        const entry = readFileSync(board.entry, "utf8")
        const both = /startButton\(pins\.START_STOP\),\s+startDoseButton\(pins\.DOSE\),/
        expect(both.test(entry), name).toBe(name === "pico")
        expect(entry.includes("startButton(pins.START_STOP)"), name).toBe(true)
    }
})

test.each(Object.entries(BOARDS))("%s keeps its records in the memory", (_name, board) => {
    const entry = readFileSync(board.entry, "utf8")
    expect(entry).toContain("const memory = startFram(i2c)")
    expect(entry).toContain("    memory,\n    link: startLink(memory),")
})

test("esp32c3: what decides how the chip boots hangs only on what rests high", () => {
    const { pins, i2c, sPin, led, log }: BoardFile = JSON.parse(readFileSync("boards/pump_esp32c3.board.json", "utf8"))
    expect(i2c.pinSCL).toBe(2)
    expect(pins.YELLOW_LED).toBe(8)
    expect(sPin.YELLOW_LED).toBe(1)
    expect(pins.START_STOP).toBe(9)
    // The boot ROM prints on GPIO21: a light may flicker then, nothing that moves or guards may.
    expect(pins.RED_LED).toBe(21)
    // The runtime keeps these pins for itself.
    expect(led).toBeUndefined()
    expect(log).toBeUndefined()
})

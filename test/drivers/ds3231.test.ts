import { beforeEach, describe, expect, test } from "vitest"
import { decimalOf, startDs3231, wallMsOf } from "../../src/drivers/ds3231"
import type { Sensor } from "../../src/drivers/parts"
import { createReadings, Readings, SensorFault } from "../../src/pump/readings"
import { EmulatedBus, EmulatedDs3231 } from "./emulated"

const HOUR = 3_600_000
const DAY = 86_400_000

const EPOCH = Date.UTC(2000, 0, 3)

// Monday, 2 March 2026; the weekday register says something else, which must not matter.
const MONDAY = [4, 0x02, 0x03, 0x26]
const MONDAY_MS = Date.UTC(2026, 2, 2) - EPOCH

/** The registers of 00:00 of a date. */
const dateRegisters = (...date: number[]) => [
    0,
    0,
    0,
    1,
    ...date.map(value => Math.floor(value / 10) * 16 + (value % 10)),
]

test.each([
    ["00:00:00", [0x00, 0x00, 0x00, ...MONDAY], 0],
    ["13:45:07", [0x07, 0x45, 0x13, ...MONDAY], 13 * HOUR + 45 * 60_000 + 7000],
    ["12 AM of 12 hours", [0x00, 0x00, 0x52, ...MONDAY], 0],
    ["1 AM of 12 hours", [0x00, 0x00, 0x41, ...MONDAY], HOUR],
    ["12 PM of 12 hours", [0x00, 0x00, 0x72, ...MONDAY], 12 * HOUR],
    ["11 PM of 12 hours", [0x00, 0x00, 0x71, ...MONDAY], 23 * HOUR],
    ["the last second of a Sunday", [0x59, 0x59, 0x23, 1, 0x08, 0x83, 0x26], 7 * DAY - 1000],
    ["29 February of a leap year", dateRegisters(29, 2, 24), Date.UTC(2024, 1, 29) - EPOCH - MONDAY_MS],
    ["29 February of no leap year", dateRegisters(29, 2, 26), NaN],
    ["30 February", dateRegisters(30, 2, 24), NaN],
    ["31 December", dateRegisters(31, 12, 26), Date.UTC(2026, 11, 31) - EPOCH - MONDAY_MS],
    ["31 November", dateRegisters(31, 11, 26), NaN],
    ["the first moment there is", dateRegisters(3, 1, 0), -MONDAY_MS],
    ["the last second before it", [0x59, 0x59, 0x23, 1, 0x02, 0x01, 0x00], NaN],
    ["what the clock shows when it was never set", dateRegisters(1, 1, 0), NaN],
    ["second 60", [0x60, 0x00, 0x00, ...MONDAY], NaN],
    ["second 0x5a", [0x5a, 0x00, 0x00, ...MONDAY], NaN],
    ["minute 60", [0x00, 0x60, 0x00, ...MONDAY], NaN],
    ["hour 24", [0x00, 0x00, 0x24, ...MONDAY], NaN],
    ["hour 13 of 12", [0x00, 0x00, 0x53, ...MONDAY], NaN],
    ["hour 0 of 12", [0x00, 0x00, 0x40, ...MONDAY], NaN],
    ["date 0", [0x00, 0x00, 0x00, 1, 0x00, 0x03, 0x26], NaN],
    ["date 32", [0x00, 0x00, 0x00, 1, 0x32, 0x03, 0x26], NaN],
    ["month 0", [0x00, 0x00, 0x00, 1, 0x01, 0x00, 0x26], NaN],
    ["month 13", [0x00, 0x00, 0x00, 1, 0x01, 0x13, 0x26], NaN],
    ["year 0xa0", [0x00, 0x00, 0x00, 1, 0x01, 0x03, 0xa0], NaN],
    ["all ones", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], NaN],
])("registers of %s", (_time, registers, sinceMondayMs) => {
    expect(wallMsOf(registers)).toBe(MONDAY_MS + sinceMondayMs)
})

test("every date of the century, and its weekday", () => {
    for (let time = EPOCH; time < Date.UTC(2100, 0, 1); time += DAY) {
        const date = new Date(time)
        const wallMs = wallMsOf(dateRegisters(date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCFullYear() - 2000))
        expect(wallMs, date.toISOString()).toBe(time - EPOCH)
        expect((wallMs / DAY) % 7, date.toISOString()).toBe((date.getUTCDay() + 6) % 7)
    }
})

test("two digits in a byte", () => {
    expect(decimalOf(0x59, 0, 59)).toBe(59)
    expect(decimalOf(0x00, 0, 59)).toBe(0)
    for (const byte of [0x0a, 0x1f, 0xa0]) expect(decimalOf(byte, 0, 99)).toBeNaN()
})

describe("on the bus", () => {
    let chip: EmulatedDs3231
    let bus: EmulatedBus
    let clock: Sensor
    let readings: Readings
    beforeEach(() => {
        chip = new EmulatedDs3231()
        chip.registers.set([0x30, 0x15, 0x08, 1, 0x06, 0x03, 0x26])
        bus = new EmulatedBus(new Map([[0x68, chip]]))
        clock = startDs3231(bus)
        readings = createReadings()
    })

    test("reads date and time", async () => {
        await clock.read(readings)
        expect(readings).toMatchObject({
            wallMs: MONDAY_MS + 4 * DAY + 8 * HOUR + 15 * 60_000 + 30_000,
            wallFault: SensorFault.None,
        })
    })

    test("a clock that had stopped is Invalid, whatever time it shows", async () => {
        chip.registers[15] = 0x88
        await clock.read(readings)
        expect(readings).toMatchObject({ wallMs: NaN, wallFault: SensorFault.Invalid })
    })

    test("registers that are no time are Invalid", async () => {
        chip.registers[1] = 0x7a
        await clock.read(readings)
        expect(readings).toMatchObject({ wallMs: NaN, wallFault: SensorFault.Invalid })
    })

    test("no acknowledge is Missing", async () => {
        bus.absent.add(0x68)
        await clock.read(readings)
        expect(readings).toMatchObject({ wallMs: NaN, wallFault: SensorFault.Missing })
    })
})

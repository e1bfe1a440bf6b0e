import { beforeEach, describe, expect, test } from "vitest"
import { bytesDecimal, decimalOf, RealTimeClock, registersOf, startDs3231, weekMsOf } from "../../src/drivers/ds3231"
import { createReadings, Readings, SensorFault } from "../../src/pump/readings"
import { EmulatedBus, EmulatedDs3231 } from "./emulated"

const HOUR = 3_600_000
const DAY = 86_400_000

test.each([
    ["Monday 00:00:00", [0x00, 0x00, 0x00, 1], 0],
    ["Sunday 23:59:59", [0x59, 0x59, 0x23, 7], 7 * DAY - 1000],
    ["Wednesday 13:45:07", [0x07, 0x45, 0x13, 3], 2 * DAY + 13 * HOUR + 45 * 60_000 + 7000],
    ["12 AM of 12 hours", [0x00, 0x00, 0x52, 1], 0],
    ["1 AM of 12 hours", [0x00, 0x00, 0x41, 1], HOUR],
    ["12 PM of 12 hours", [0x00, 0x00, 0x72, 1], 12 * HOUR],
    ["11 PM of 12 hours", [0x00, 0x00, 0x71, 1], 23 * HOUR],
    ["second 60", [0x60, 0x00, 0x00, 1], NaN],
    ["second 0x5a", [0x5a, 0x00, 0x00, 1], NaN],
    ["minute 60", [0x00, 0x60, 0x00, 1], NaN],
    ["hour 24", [0x00, 0x00, 0x24, 1], NaN],
    ["hour 13 of 12", [0x00, 0x00, 0x53, 1], NaN],
    ["hour 0 of 12", [0x00, 0x00, 0x40, 1], NaN],
    ["day 0", [0x00, 0x00, 0x00, 0], NaN],
    ["day 8", [0x00, 0x00, 0x00, 8], NaN],
    ["all ones", [0xff, 0xff, 0xff, 0xff], NaN],
])("registers of %s", (_time, registers, weekMs) => {
    expect(weekMsOf(registers)).toBe(weekMs)
})

test("two digits in a byte, there and back", () => {
    for (let value = 0; value < 100; value++) expect(decimalOf(bytesDecimal(value), 0, 99)).toBe(value)
    expect(bytesDecimal(59)).toBe(0x59)
    for (const byte of [0x0a, 0x1f, 0xa0]) expect(decimalOf(byte, 0, 99)).toBeNaN()
})

describe("on the bus", () => {
    let chip: EmulatedDs3231
    let bus: EmulatedBus
    let clock: RealTimeClock
    let readings: Readings
    beforeEach(() => {
        chip = new EmulatedDs3231()
        chip.registers.set([0x30, 0x15, 0x08, 5])
        bus = new EmulatedBus(new Map([[0x68, chip]]))
        clock = startDs3231(bus)
        readings = createReadings()
    })

    test("reads the time of the week", async () => {
        await clock.read(readings)
        expect(readings).toMatchObject({
            wallWeekMs: 4 * DAY + 8 * HOUR + 15 * 60_000 + 30_000,
            wallFault: SensorFault.None,
        })
    })

    test("a clock that had stopped is Invalid, whatever time it shows, until it is set", async () => {
        chip.registers[15] = 0x88
        await clock.read(readings)
        expect(readings).toMatchObject({ wallWeekMs: NaN, wallFault: SensorFault.Invalid })
        expect(await clock.set(6 * DAY + 22 * HOUR + 1999)).toBe(true)
        expect(chip.registers[15]).toBe(0x08)
        expect([...chip.registers.slice(0, 4)]).toEqual([0x01, 0x00, 0x22, 7])
        await clock.read(readings)
        expect(readings).toMatchObject({ wallWeekMs: 6 * DAY + 22 * HOUR + 1000, wallFault: SensorFault.None })
    })

    test("registers that are no time are Invalid", async () => {
        chip.registers[1] = 0x7a
        await clock.read(readings)
        expect(readings).toMatchObject({ wallWeekMs: NaN, wallFault: SensorFault.Invalid })
    })

    test("no acknowledge is Missing, and setting it fails", async () => {
        bus.absent.add(0x68)
        await clock.read(readings)
        expect(readings).toMatchObject({ wallWeekMs: NaN, wallFault: SensorFault.Missing })
        expect(await clock.set(0)).toBe(false)
    })

    test.each([-1, 7 * DAY, NaN])("a time of %d ms is refused and nothing is written", async weekMs => {
        expect(await clock.set(weekMs)).toBe(false)
        expect(bus.transfers).toEqual([])
    })

    test.each([0, 1000, 7 * DAY - 1000, 3 * DAY + 12 * HOUR])("set and read give %d ms back", async weekMs => {
        expect(weekMsOf(registersOf(weekMs).slice(1))).toBe(weekMs)
        await clock.set(weekMs)
        await clock.read(readings)
        expect(readings.wallWeekMs).toBe(weekMs)
    })
})

import { beforeEach, describe, expect, test } from "vitest"
import { mprFault, mprls0015pg, mprls0025pa, mprPressurePa, startMprPressure } from "../../src/drivers/pressureMpr"
import { mpx5100PressurePa, startMpx5100Pressure } from "../../src/drivers/pressureMpx5100"
import { createReadings, SensorFault } from "../../src/pump/readings"
import { setClock } from "./devicescriptCore"
import { EmulatedBus, EmulatedInput, EmulatedMpr } from "./emulated"

const COUNTS_10_PERCENT = 0x19999a
const COUNTS_90_PERCENT = 0xe66666

/** Counts for a pressure, by the datasheet's formula and not by the driver's. */
function countsOf(pressurePa: number, rangePa: number): number {
    return Math.round((0.1 + (0.8 * pressurePa) / rangePa) * 2 ** 24)
}

test.each([
    [COUNTS_10_PERCENT, 0],
    [COUNTS_90_PERCENT, 172_369],
    [0x800000, 86_184],
    [0xffffff, 193_915],
    [COUNTS_10_PERCENT - 335_543, -4309],
    [COUNTS_10_PERCENT - 335_545, NaN],
    [0, NaN],
    [NaN, NaN],
])("MPRLS0025PA: %d counts are %d Pa", (counts, pressurePa) => {
    const found = mprPressurePa(counts, mprls0025pa())
    if (Number.isNaN(pressurePa)) expect(found).toBeNaN()
    else expect(Math.abs(found - pressurePa)).toBeLessThanOrEqual(1)
})

test.each([
    [0x40, SensorFault.None],
    [0x60, SensorFault.Stale],
    [0x44, SensorFault.Invalid],
    [0x41, SensorFault.Invalid],
    [0x64, SensorFault.Invalid],
    [0x00, SensorFault.Invalid],
    [0x20, SensorFault.Invalid],
    [0xff, SensorFault.Invalid],
    [0xc0, SensorFault.Invalid],
    [0x48, SensorFault.Invalid],
])("MPR: status 0x%s is fault %d", (status, fault) => {
    expect(mprFault(status)).toBe(fault)
})

describe("MPR on the bus", () => {
    const chip = new EmulatedMpr()
    beforeEach(() => {
        Object.assign(chip, { statusSet: 0, statusCleared: 0, conversionMs: 5 })
        setClock(5000)
    })
    const start = (sensor = mprls0025pa()) => {
        const bus = new EmulatedBus(new Map([[0x18, chip]]))
        const readings = createReadings()
        let nowMs = 4000
        const pressure = startMprPressure(bus, sensor)
        return {
            bus,
            readings,
            pressure,
            sample: async (linePa: number) => {
                nowMs += 1000
                setClock(nowMs)
                chip.counts = countsOf(linePa, sensor.pressurePaMax)
                await pressure.convert?.()
                await pressure.read(readings)
            },
        }
    }
    const near = (pressurePa: number) => (found: number) => Math.abs(found - pressurePa) <= 2

    test("each sample starts its own conversion, and reads the pressure of now", async () => {
        const { sample, readings, bus } = start(mprls0015pg())
        for (const linePa of [1000, 50_000, 2000]) {
            bus.transfers.length = 0
            await sample(linePa)
            expect(readings.pressureFault).toBe(SensorFault.None)
            expect(readings.pressurePa).toSatisfy(near(linePa))
            const [first, ...looks] = bus.transfers
            expect(first).toBe("write 24 aa0000")
            expect(looks.length).toBeGreaterThan(1)
            expect(new Set(looks)).toEqual(new Set(["read 24 4"]))
        }
    })

    test.each([
        [101_325, 0],
        [96_325, 0],
        [106_325, 0],
        [96_300, -5025],
        [106_350, 5025],
        [151_325, 50_000],
    ])(
        "absolute: %d Pa at power-on reads %d Pa, so a blocked line is never taken for zero",
        async (linePa, gaugePa) => {
            const { sample, readings } = start()
            await sample(linePa)
            expect(readings.pressurePa).toSatisfy(near(gaugePa))
        },
    )

    test("absolute: the zero of power-on stays", async () => {
        const { sample, readings } = start()
        await sample(100_000)
        await sample(130_000)
        expect(readings.pressurePa).toSatisfy(near(30_000))
    })

    test("gauge: no zero is taken", async () => {
        const { sample, readings } = start(mprls0015pg())
        await sample(4000)
        expect(readings.pressurePa).toSatisfy(near(4000))
    })

    test("over the range it still reads high, so that an occlusion is not a sensor fault", async () => {
        const { sample, readings } = start(mprls0015pg())
        await sample(110_000)
        expect(readings.pressurePa).toSatisfy(near(110_000))
    })

    test("no acknowledge is Missing, and it recovers by itself", async () => {
        const { sample, readings, bus } = start()
        await sample(101_325)
        bus.absent.add(0x18)
        for (let i = 0; i < 3; i++) {
            await sample(101_325)
            expect(readings.pressureFault).toBe(SensorFault.Missing)
            expect(readings.pressurePa).toBeNaN()
        }
        bus.absent.clear()
        await sample(121_325)
        expect(readings.pressureFault).toBe(SensorFault.None)
        expect(readings.pressurePa).toSatisfy(near(20_000))
    })

    test("one that did not hear of a measurement is Missing, whatever it measured before", async () => {
        const { sample, readings, bus, pressure } = start()
        await sample(101_325)
        bus.absent.add(0x18)
        await pressure.convert?.()
        bus.absent.clear()
        await pressure.read(readings)
        expect(readings.pressureFault).toBe(SensorFault.Missing)
        expect(readings.pressurePa).toBeNaN()
    })

    test.each([
        [0x04, 0],
        [0x01, 0],
        [0, 0x40],
    ])("status with 0x%s set and 0x%s clear is Invalid", async (statusSet, statusCleared) => {
        const { sample, readings } = start()
        Object.assign(chip, { statusSet, statusCleared })
        await sample(101_325)
        expect(readings.pressureFault).toBe(SensorFault.Invalid)
        expect(readings.pressurePa).toBeNaN()
    })

    test("counts below the range are Invalid", async () => {
        const { sample, readings } = start()
        await sample(-20_000)
        expect(readings.pressureFault).toBe(SensorFault.Invalid)
    })

    test("a sensor that does not finish is Stale, each sample, and it recovers by itself", async () => {
        const { sample, readings } = start()
        chip.conversionMs = 1e9
        for (let i = 0; i < 3; i++) {
            await sample(101_325)
            expect(readings.pressureFault).toBe(SensorFault.Stale)
            expect(readings.pressurePa).toBeNaN()
        }
        chip.conversionMs = 5
        await sample(101_325)
        expect(readings.pressureFault).toBe(SensorFault.None)
    })
})

test.each([
    [200, 0],
    [4700, 100_000],
    [2450, 50_000],
    [43, NaN],
    [44, -3467],
    [4857, 103_489],
    [4858, NaN],
    [NaN, NaN],
])("MPX5100GP: %d mV are %d Pa", (outputMv, pressurePa) => {
    expect(mpx5100PressurePa(outputMv)).toBe(pressurePa)
})

test.each([
    [0, SensorFault.Invalid],
    [0.9998, SensorFault.Invalid],
    [2450 / 1.5 / 3300, SensorFault.None],
])("MPX5100GP: the pin at %d of full scale is fault %d", async (level, fault) => {
    const readings = createReadings()
    await startMpx5100Pressure({ pin: new EmulatedInput(level), fullScaleMv: 3300, dividerRatio: 1.5 }).read(readings)
    expect(readings.pressureFault).toBe(fault)
    if (fault === SensorFault.None) expect(readings.pressurePa).toBe(50_000)
    else expect(readings.pressurePa).toBeNaN()
})

import { expect, test } from "vitest"
import { resistancePaSPerPl, World } from "../../sim/world/world"
import { SensorFault } from "../../src/pump/readings"
import { scenarioOf } from "../engines/runs"

const settings = { ...scenarioOf("day").world, pressureNoisePascals: 0 }
const FILL_PL = 20_000_000_000

function world(changes: Partial<typeof settings> = {}): World {
    return new World({ ...settings, ...changes }, 0, FILL_PL, 1)
}

test("a step displaces the bore's area times the screw's advance", () => {
    // 19.13 mm bore, 0.5 mm pitch, 3200 steps a turn: 287.42 mm² × 0.15625 µm.
    expect(world().stepPl).toBeCloseTo(44_909.7, 0)
})

test("the catheter resists as Hagen and Poiseuille say", () => {
    // 8 × 0.7 mPa s × 0.9 m / (π × (0.265 mm)⁴) = 3.253e11 Pa s/m³.
    const paSPerM3 = resistancePaSPerPl({
        ...settings,
        catheterBoreMm: 0.53,
        catheterLengthMm: 900,
        fluidViscosityMillipascalSeconds: 0.7,
    })
    expect(paSPerM3 / 1e-15 / 1e11).toBeCloseTo(3.253, 2)
})

test("at a steady flow the line stands over the spinal fluid by flow times resistance, and all of it arrives", () => {
    const bench = world()
    let nowMs = 0
    let pressureSum = 0
    // One step every 10 ms: 4.49 µL a second.
    for (let i = 0; i < 100_000; i++) {
        bench.step(1)
        for (let part = 0; part < 10; part++) {
            nowMs += 1
            bench.advance(nowMs)
            if (i >= 90_000) pressureSum += bench.pressurePa - bench.spinalPa
        }
    }
    const plPerS = bench.stepPl * 100
    const expectedPa = plPerS * resistancePaSPerPl(settings)
    expect(pressureSum / 100_000 / expectedPa).toBeGreaterThan(0.98)
    expect(pressureSum / 100_000 / expectedPa).toBeLessThan(1.02)
    expect(bench.deliveredPl).toBeLessThanOrEqual(100_000 * bench.stepPl)
    expect(bench.deliveredPl).toBeGreaterThan(99_900 * bench.stepPl)
})

test("a step's pressure falls away exponentially, with resistance times compliance as its time", () => {
    const bench = world()
    const timeConstantMs = resistancePaSPerPl(settings) * settings.lineComplianceMicrolitresPerKilopascal * 1e6
    bench.step(1)
    const firstPa = bench.pressurePa - bench.spinalPa
    expect(firstPa).toBeCloseTo(bench.stepPl / (settings.lineComplianceMicrolitresPerKilopascal * 1000), 6)
    bench.advance(timeConstantMs)
    expect((bench.pressurePa - bench.spinalPa) / firstPa).toBeCloseTo(Math.exp(-1), 6)
})

test("time in small slices or in one comes to the same", () => {
    const fine = world()
    const coarse = world()
    for (const bench of [fine, coarse]) bench.step(3)
    for (let nowMs = 1; nowMs <= 100; nowMs++) fine.advance(nowMs)
    coarse.advance(100)
    expect(fine.deliveredPl).toBeCloseTo(coarse.deliveredPl, 3)
})

test("nothing leaves a blocked catheter, and what was pent up leaves when it opens", () => {
    const bench = world()
    bench.occluded = true
    for (let i = 1; i <= 100; i++) {
        bench.step(1)
        bench.advance(i * 1000)
    }
    expect(bench.deliveredPl).toBe(0)
    const risePa = bench.pressurePa - bench.spinalPa
    expect(risePa).toBeCloseTo((100 * bench.stepPl) / (settings.lineComplianceMicrolitresPerKilopascal * 1000), 3)
    bench.occluded = false
    bench.advance(200_000)
    expect(bench.deliveredPl).toBeCloseTo(100 * bench.stepPl, 0)
})

test("what left the syringe is what left the catheter and what is in the line", () => {
    const bench = world()
    for (let i = 1; i <= 1_000; i++) {
        bench.step(i % 3)
        bench.advance(i * 7)
    }
    const inLinePl = (bench.pressurePa - bench.spinalPa) * settings.lineComplianceMicrolitresPerKilopascal * 1000
    expect(FILL_PL - bench.reservoirPl).toBeCloseTo(bench.deliveredPl + inLinePl, 0)
})

test("a stalled motor, a line at the motor's strength and an empty syringe lose their steps", () => {
    const stalled = world()
    stalled.stalled = true
    stalled.step(5)
    expect([stalled.stepsMade, stalled.reservoirPl]).toEqual([0, FILL_PL])

    const blocked = world()
    blocked.occluded = true
    for (let i = 0; i < 5_000; i++) blocked.step(1)
    expect(blocked.pressurePa).toBeGreaterThanOrEqual(350_000)
    expect(blocked.pressurePa).toBeLessThan(351_000)

    const empty = new World(settings, 0, 1.5 * stalled.stepPl, 1)
    empty.step(5)
    expect(empty.stepsMade).toBe(2)
    expect(empty.reservoirPl).toBe(0)
    expect(empty.sense().endSwitch).toBe(1)
})

test("a failed sensor says why it has no reading, until it is repaired", () => {
    const bench = world()
    bench.fail("pressure", "stale")
    bench.fail("clock", "missing")
    bench.fail("battery", "invalid")
    expect(bench.sense()).toMatchObject({
        pressureFault: SensorFault.Stale,
        wallFault: SensorFault.Missing,
        batteryFault: SensorFault.Invalid,
        encoderFault: SensorFault.None,
    })
    bench.fail("pressure", "none")
    expect(bench.sense().pressureFault).toBe(SensorFault.None)
})

test("the pressure sensor's noise has the spread it is given, and one seed gives one run", () => {
    const readings = (seed: number) => {
        const noisy = new World({ ...settings, pressureNoisePascals: 50 }, 0, FILL_PL, seed)
        return Array.from({ length: 10_000 }, () => noisy.sense().pressurePa)
    }
    const values = readings(1)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
    expect(Math.abs(mean - settings.spinalPressurePascals)).toBeLessThan(2)
    expect(spread).toBeGreaterThan(48)
    expect(spread).toBeLessThan(52)
    expect(readings(1)).toEqual(values)
    expect(readings(2)).not.toEqual(values)
})

test("the wall clock counts whole seconds of the week and starts again on Monday", () => {
    const bench = new World(settings, 7 * 86_400_000 - 1_500, FILL_PL, 1)
    expect(bench.sense().wallWeekS).toBe(604_798)
    bench.advance(1_499)
    expect(bench.sense().wallWeekS).toBe(604_799)
    bench.advance(1_500)
    expect(bench.sense().wallWeekS).toBe(0)
})

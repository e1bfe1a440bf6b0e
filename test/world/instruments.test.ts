// What measures the bench, with errors of its own, and the room around it: nothing is off that is not switched on, and each error is
// seen where it belongs.

import { describe, expect, test } from "vitest"
import { simulate } from "../../sim/accuracy/simulated"
import { loadScenario } from "../../sim/scenario/load"
import { worldSchema } from "../../sim/scenario/schema"
import { LowPass } from "../../sim/world/lowPass"
import { randomStream } from "../../sim/world/random"
import { Scale } from "../../sim/world/scale"
import { saturationPa, vapourM2PerS, waterExpansion, waterMillipascalSeconds } from "../../sim/world/water"
import { World } from "../../sim/world/world"

const HOUR_MS = 3_600_000
const FILL_PL = 20_000_000_000

function bench(changes: object): World {
    return new World(worldSchema.parse({ pressureNoisePascals: 0, ...changes }), 0, FILL_PL, 1)
}

describe("a low-pass", () => {
    test("follows a ramp late by its time constant, however often it is asked", () => {
        for (const everyMs of [10, 700, 5000]) {
            const filter = new LowPass(500)
            let last = 0
            for (let nowMs = 0; nowMs <= 70_000; nowMs += everyMs) last = nowMs - filter.follow(nowMs, nowMs)
            expect(last).toBeCloseTo(500, 6)
        }
    })

    test("without a time constant is what it is given", () => {
        const filter = new LowPass(0)
        expect([3, -7, 2].map((input, i) => filter.follow(input, i * 10))).toEqual([3, -7, 2])
    })

    test("asked again at the same time says the same", () => {
        const filter = new LowPass(100)
        filter.follow(0, 0)
        const once = filter.follow(1, 50)
        expect(filter.follow(1, 50)).toBe(once)
    })
})

describe("sensors", () => {
    const readings = (changes: object) => {
        const world = bench({ pressureNoisePascals: 50, weatherPascalsPerHour: 200, ...changes })
        return Array.from({ length: 200 }, (_, i) => {
            world.step(1)
            world.advance(i * 500)
            return world.sense()
        })
    }

    test("with settings that say nothing answer as those without", () => {
        expect(readings({ pressureSensor: {}, encoderStepsPerEdge: 1, clockDriftPartsPerMillion: 0 })).toEqual(
            readings({}),
        )
    })

    test("count edges in whole multiples, backwards too", () => {
        const world = bench({ encoderStepsPerEdge: 8 })
        const counted = [7, 1, -9, -8].map(steps => {
            world.step(steps)
            return world.sense().encoderSteps
        })
        expect(counted).toEqual([0, 8, -8, -16])
    })

    test("feel the room's warmth in their zero", () => {
        const world = bench({
            temperature: { swingKelvin: 4, syringeExpansionPartsPerMillionPerKelvin: 0 },
            pressureSensor: { driftPascalsPerKelvin: 25 },
        })
        world.occluded = false
        world.advance(6 * HOUR_MS)
        const warmPa = world.sense().pressurePa - world.pressurePa
        expect(Math.abs(warmPa - 100)).toBeLessThanOrEqual(0.5)
    })

    test.each([
        [100, 864],
        [-100, -864],
    ])("a clock of %d ppm is off by %d s after 100 days", (clockDriftPartsPerMillion, offS) => {
        const world = bench({ clockDriftPartsPerMillion })
        world.advance(100 * 24 * HOUR_MS)
        expect(world.sense().wallS - 8_640_000).toBe(offS)
    })
})

describe("temperature", () => {
    test("draws in at dusk what it gave at noon", () => {
        const world = bench({ temperature: { syringeExpansionPartsPerMillionPerKelvin: 0 } })
        world.advance(6 * HOUR_MS)
        const noonPl = world.deliveredPl
        expect(noonPl).toBeGreaterThan(10_000_000)
        world.advance(24 * HOUR_MS + 60_000)
        expect(Math.abs(world.deliveredPl)).toBeLessThan(0.01 * noonPl)
    })

    test("of a syringe that grows more than water does draws in when it warms", () => {
        const world = bench({ temperature: { syringeExpansionPartsPerMillionPerKelvin: 300 } })
        world.advance(6 * HOUR_MS)
        expect(world.deliveredPl).toBeLessThan(-1_000_000)
    })

    test("without a swing changes nothing but by rounding", () => {
        const delivered = (changes: object) => {
            const world = bench(changes)
            for (let i = 1; i <= 100; i++) {
                world.step(1)
                world.advance(i * 1000)
            }
            return world.deliveredPl
        }
        expect(delivered({ temperature: { swingKelvin: 0 } })).toBeCloseTo(delivered({}), 3)
    })

    test("makes what is warmer flow out faster, by its viscosity", () => {
        // A quarter of the period on it is 3 K warmer; 3 µL/kPa behind the catheter need about a second.
        const decayed = (temperature: object | undefined) => {
            const world = bench({ lineComplianceMicrolitresPerKilopascal: 3, temperature })
            world.advance(6 * HOUR_MS)
            world.step(100)
            const firstPa = world.pressurePa - world.spinalPa
            world.advance(world.nowMs + 1000)
            return Math.log(firstPa / (world.pressurePa - world.spinalPa))
        }
        const warm = decayed({ syringeExpansionPartsPerMillionPerKelvin: 0 })
        // 0.9544 and 0.8900 mPa·s at 22 and 25 °C (IAPWS 2008).
        expect(warm / decayed(undefined)).toBeCloseTo(0.9544 / 0.89, 2)
    })

    test("presses the stopper before a blocked outlet, and comes out when that is cleared", () => {
        const world = bench({ temperature: { syringeExpansionPartsPerMillionPerKelvin: 0 } })
        world.blockOutlet(true)
        world.advance(6 * HOUR_MS)
        expect(FILL_PL - world.reservoirPl).toBe(0)
        world.blockOutlet(false)
        expect((FILL_PL - world.reservoirPl) / FILL_PL).toBeCloseTo(waterExpansion(22, 25), 6)
    })

    test("raises pressure and not delivery in an occluded line", () => {
        const world = bench({ temperature: { syringeExpansionPartsPerMillionPerKelvin: 0 } })
        world.occluded = true
        world.advance(6 * HOUR_MS)
        expect(world.deliveredPl).toBe(0)
        expect(world.lineStoredPl).toBeGreaterThan(10_000_000)
    })
})

describe("water by its tables", () => {
    test.each<[string, number, number, number]>([
        // IAPWS formulations of 2008 (viscosity) and 1995 (vapour).
        ["viscosity at 20 °C, mPa·s", waterMillipascalSeconds(20), 1.0016, 0.005],
        ["viscosity at 37 °C, mPa·s", waterMillipascalSeconds(37), 0.6913, 0.005],
        ["saturation at 20 °C, Pa", saturationPa(20), 2339, 0.005],
        ["saturation at 25 °C, Pa", saturationPa(25), 3170, 0.005],
        ["diffusivity at 25 °C, mm²/s", vapourM2PerS(25) * 1e6, 26, 0.03],
        ["expansion from 20 to 21 °C, ppm", waterExpansion(20, 21) * 1e6, 209, 0.02],
    ])("%s", (_, figure, tabled, within) => {
        expect(Math.abs(figure / tabled - 1)).toBeLessThan(within)
    })
})

describe("the scale", () => {
    const scaleOf = (changes: object) => {
        const { scale } = worldSchema.parse({ scale: changes })
        if (!scale) throw new Error("a scale without settings")
        return new Scale(scale, randomStream(1, 1))
    }

    test("with a tight vessel and no errors shows what arrived", () => {
        const scale = scaleOf({})
        expect([0, 5.5, 7].map((microlitres, i) => scale.shows(microlitres, i * HOUR_MS))).toEqual([0, 5.5, 7])
    })

    test("loses nothing into air that is full, and most into dry air", () => {
        const evaporates = (humidityPercent: number) =>
            scaleOf({ mouthMillimetres: 15, humidityPercent }).evaporationMicrolitresPerHour
        expect(evaporates(100)).toBe(0)
        expect(evaporates(0) / evaporates(50)).toBeCloseTo(2, 1)
    })

    test("drifts by its own rate and is as noisy as it is set to be", () => {
        expect(scaleOf({ driftMicrogramsPerHour: 500 }).shows(0, 2 * HOUR_MS)).toBeCloseTo(1 / 0.99777, 3)
        const noisy = scaleOf({ noiseMicrograms: 100 })
        const shown = Array.from({ length: 5000 }, () => noisy.shows(0, 0))
        const deviation = Math.sqrt(shown.reduce((sum, value) => sum + value * value, 0) / shown.length)
        expect(Math.abs(deviation / 0.1 - 1)).toBeLessThan(0.05)
    })

    test("weighs a gravimetric run, and leaves counted steps alone", async () => {
        const flow = loadScenario("sim/accuracy/flows/0.6.json")
        const scale = { ...worldSchema.parse({ scale: { mouthMillimetres: 15 } }).scale }
        const measured = async (world: object, metering: boolean) => {
            const scenario = { ...flow, durationMs: HOUR_MS, world: worldSchema.parse(world) }
            const options = { seed: 1, everyMs: 60_000, readabilityMicrolitres: 0, metering, onProgress: () => {} }
            const { series } = await simulate(scenario, options)
            return series.measuredMicrolitres[series.measuredMicrolitres.length - 1]
        }
        const lost = (await measured({}, false)) - (await measured({ scale }, false))
        expect(lost / scaleOf({ mouthMillimetres: 15 }).evaporationMicrolitresPerHour).toBeCloseTo(1, 1)
        expect(await measured({ scale }, true)).toBe(await measured({}, true))
    })
})

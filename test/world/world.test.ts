import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { worldSchema } from "../../sim/scenario/schema"
import { resistancePaSPerPl } from "../../sim/world/linePressure"
import { World } from "../../sim/world/world"
import { SensorFault } from "../../src/pump/readings"

const settings = worldSchema.parse({ pressureNoisePascals: 0 })
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

test("the wall clock counts whole seconds since Monday 3 January 2000, and starts again where a u32 ends", () => {
    const bench = new World(settings, 2 ** 32 * 1000 - 1_500, FILL_PL, 1)
    expect(bench.sense().wallS).toBe(2 ** 32 - 2)
    bench.advance(1_499)
    expect(bench.sense().wallS).toBe(2 ** 32 - 1)
    bench.advance(1_500)
    expect(bench.sense().wallS).toBe(0)
})

describe("a plunger that sticks", () => {
    const sticky = { plungerStictionKilopascals: 5, stopperComplianceMicrolitresPerKilopascal: 0.05 }

    test("holds until the screw's push is its friction over the line, slips until the two are equal, and sticks again", () => {
        const bench = world(sticky)
        bench.occluded = true
        const risesPa: number[] = []
        for (let i = 0; i < 400; i++) {
            const beforePa = bench.pressurePa
            bench.step(1)
            risesPa.push(bench.pressurePa - beforePa)
        }
        const slips = risesPa.filter(risePa => risePa > 0)
        // 5 kPa into 0.05 µL/kPa are 250 nL, 5.6 steps; the slip shares 5 to 6 kPa between stopper and line.
        expect(risesPa.slice(0, 5)).toEqual([0, 0, 0, 0, 0])
        expect(slips.length).toBeLessThan(400 / 4)
        for (const slipPa of slips) {
            expect(slipPa).toBeGreaterThan((5000 * 0.05) / (0.05 + 0.14) - 1)
            expect(slipPa).toBeLessThan((5900 * 0.05) / (0.05 + 0.14) + 1)
        }
        // In the long run the line and the stopper take up the steps together.
        const risePa = bench.pressurePa - bench.spinalPa
        expect(risePa / ((400 * bench.stepPl) / (190 / 1))).toBeCloseTo(1, 1)
    })

    test("delivers in slips what was stored, and no more than was stepped", () => {
        const bench = world(sticky)
        for (let i = 1; i <= 1000; i++) {
            bench.step(1)
            bench.advance(i * 1000)
            expect(bench.deliveredPl).toBeLessThanOrEqual(i * bench.stepPl + 1)
            expect(bench.deliveredPl).toBeGreaterThan((i - 7) * bench.stepPl)
        }
    })

    test("without friction it only makes the line softer", () => {
        const bench = world({ stopperComplianceMicrolitresPerKilopascal: 0.05 })
        bench.occluded = true
        bench.step(100)
        expect(bench.pressurePa - bench.spinalPa).toBeCloseTo((100 * bench.stepPl) / 190, 6)
    })

    test.each<[string, (bench: World) => void]>([
        ["has come off", bench => bench.openLine(true)],
        [
            "lets all of it leak away",
            bench => {
                bench.occluded = true
                bench.leakFraction = 1
            },
        ],
    ])("a slip into a line that %s brings no pressure up against it", (_, change) => {
        const bench = world({ stopperComplianceMicrolitresPerKilopascal: 0.05 })
        change(bench)
        bench.step(1)
        const { leakedPl, pressurePa } = bench
        bench.step(100)
        expect(bench.leakedPl - leakedPl).toBeCloseTo(100 * bench.stepPl, 3)
        expect(bench.pressurePa).toBe(pressurePa)
    })

    test("the motor stalls on the stopper's push", () => {
        const bench = world(sticky)
        bench.occluded = true
        bench.step(5000)
        // 350 kPa in the stopper, and in the line up to a slip less; both started at 1 kPa.
        expect(bench.stepsMade * bench.stepPl).toBeGreaterThan(50 * 349_000 + 140 * 343_000)
        expect(bench.stepsMade * bench.stepPl).toBeLessThan(190 * 350_000 + 2 * bench.stepPl)
    })
})

describe("a screw that turns back", () => {
    test("relieves an occluded line by what it takes back, into the reservoir", () => {
        const bench = world()
        bench.occluded = true
        bench.step(200)
        const { reservoirPl, pressurePa } = bench
        bench.step(-50)
        expect(bench.reservoirPl - reservoirPl).toBeCloseTo(50 * bench.stepPl, 3)
        expect(pressurePa - bench.pressurePa).toBeCloseTo((50 * bench.stepPl) / 140, 6)
        expect(bench.stepsMade).toBe(150)
        bench.occluded = false
        bench.advance(60_000)
        expect(bench.deliveredPl).toBeCloseTo(150 * bench.stepPl, 0)
    })

    test("leaves the plunger where the line no longer presses on it, and has to close the gap before fluid moves again", () => {
        const bench = world()
        bench.occluded = true
        bench.step(-10)
        // 1 kPa in 0.14 µL/kPa are 140 nL, 3.1 steps: with them the line is at the room's pressure.
        expect(bench.pressurePa).toBeCloseTo(0, 6)
        expect(bench.reservoirPl - FILL_PL).toBeCloseTo(140_000, 3)
        expect(bench.stepsMade).toBe(-10)
        bench.step(6)
        expect(bench.pressurePa).toBeCloseTo(0, 6)
        bench.step(4)
        expect(bench.pressurePa).toBeCloseTo(1000, 6)
        bench.step(1)
        expect(bench.pressurePa).toBeCloseTo(1000 + bench.stepPl / 140, 6)
    })

    test("takes its push off a soft stopper first", () => {
        const bench = world({ plungerStictionKilopascals: 5, stopperComplianceMicrolitresPerKilopascal: 0.05 })
        bench.occluded = true
        bench.step(200)
        const { pressurePa } = bench
        bench.step(-3)
        expect(bench.pressurePa).toBe(pressurePa)
        bench.step(-20)
        expect(bench.pressurePa).toBeLessThan(pressurePa - 2000)
        bench.step(-500)
        expect(bench.pressurePa).toBeGreaterThanOrEqual(-1e-6)
        expect(bench.pressurePa).toBeLessThanOrEqual(5000)
    })

    test("draws nothing out of a line that is open to the room", () => {
        const bench = world()
        bench.openLine(true)
        bench.step(-20)
        expect(bench.reservoirPl).toBe(FILL_PL)
    })
})

describe("what can be wrong with the line", () => {
    test("before a blocked outlet nothing moves until the motor stalls, and all of it comes when it opens", () => {
        const bench = world()
        bench.blockOutlet(true)
        bench.step(100)
        bench.advance(60_000)
        expect([bench.reservoirPl, bench.deliveredPl, bench.pressurePa]).toEqual([FILL_PL, 0, 1000])
        expect(bench.stepsMade).toBe(100)
        bench.step(1000)
        // 350 kPa in 0.02 µL/kPa are 7 µL.
        expect(bench.stepsMade).toBe(Math.ceil(7_000_000 / bench.stepPl))
        bench.blockOutlet(false)
        bench.advance(120_000)
        expect(bench.deliveredPl).toBeCloseTo(bench.stepsMade * bench.stepPl, 0)
    })

    test("before a blocked outlet a soft stopper takes up what it takes up", () => {
        const bench = world({ stopperComplianceMicrolitresPerKilopascal: 0.3 })
        bench.blockOutlet(true)
        bench.step(5000)
        // 350 kPa in 0.3 µL/kPa, of which it took up 1 kPa before.
        expect(bench.stepsMade).toBe(Math.ceil((300 * 349_000) / bench.stepPl))
    })

    test("behind a blocked outlet the screw can turn back out of its push", () => {
        const bench = world()
        bench.blockOutlet(true)
        bench.step(100)
        bench.step(-100)
        bench.blockOutlet(false)
        expect(bench.reservoirPl).toBeCloseTo(FILL_PL, 3)
        expect(bench.pressurePa).toBeCloseTo(1000, 6)
    })

    test("an open line is at the room's pressure, and what is pumped is lost", () => {
        const bench = world()
        bench.openLine(true)
        expect(bench.pressurePa).toBe(0)
        for (let i = 1; i <= 100; i++) {
            bench.step(1)
            bench.advance(i * 100)
        }
        expect([bench.sense().pressurePa, bench.deliveredPl]).toEqual([0, 0])
        // What stood in the line for its 1 kPa ran out as well.
        expect(bench.leakedPl).toBeCloseTo(100 * bench.stepPl + 140_000, 3)
        bench.openLine(false)
        bench.step(100)
        bench.advance(60_000)
        expect(bench.deliveredPl).toBeCloseTo(100 * bench.stepPl - 140_000, 0)
    })

    test("a leak takes its part of each step", () => {
        const bench = world()
        bench.leakFraction = 0.3
        bench.step(100)
        bench.advance(60_000)
        expect(bench.leakedPl).toBeCloseTo(30 * bench.stepPl, 3)
        expect(bench.deliveredPl).toBeCloseTo(70 * bench.stepPl, 0)
    })

    test("a bubble is squeezed as Boyle says, and changes no pressure by coming or going", () => {
        const bench = world()
        bench.occluded = true
        bench.step(50)
        const { pressurePa } = bench
        bench.setBubble(10)
        expect(bench.pressurePa).toBe(pressurePa)
        for (let i = 0; i < 200; i++) bench.step(1)
        const bubblePl = (atPa: number) => (10_000_000 * 101_325) / (101_325 + atPa)
        const risePa = bench.pressurePa - pressurePa
        expect(risePa).toBeGreaterThan(30_000)
        expect(140 * risePa + bubblePl(pressurePa) - bubblePl(bench.pressurePa)).toBeCloseTo(200 * bench.stepPl, 2)
        const withBubblePa = bench.pressurePa
        bench.setBubble(0)
        expect(bench.pressurePa).toBe(withBubblePa)
        bench.step(1)
        expect(bench.pressurePa - withBubblePa).toBeCloseTo(bench.stepPl / 140, 6)
    })

    test("a bubble slows the line down", () => {
        const bench = world()
        bench.setBubble(14.1855)
        bench.step(1)
        const compliance = 140 + (14.1855e6 * 101_325) / (101_325 + bench.pressurePa) ** 2
        const firstPa = bench.pressurePa - bench.spinalPa
        bench.advance(resistancePaSPerPl(settings) * compliance * 1000)
        expect((bench.pressurePa - bench.spinalPa) / firstPa).toBeCloseTo(Math.exp(-1), 3)
    })

    test("a siphon empties the reservoir into the patient without a step, as far as it reaches and while the way is free", () => {
        const bench = world()
        bench.setSiphon(1000)
        bench.advance(3_600_000)
        expect(bench.deliveredPl / 1e9).toBeCloseTo(1, 3)
        expect(bench.stepsMade).toBe(0)
        bench.occluded = true
        bench.advance(2 * 3_600_000)
        expect(bench.deliveredPl / 1e9).toBeCloseTo(1, 3)
        bench.occluded = false
        bench.blockOutlet(true)
        bench.advance(3 * 3_600_000)
        expect(bench.deliveredPl / 1e9).toBeCloseTo(1, 3)
        bench.blockOutlet(false)
        bench.advance(40 * 3_600_000)
        expect(bench.reservoirPl).toBe(0)
        expect(bench.deliveredPl).toBeCloseTo(FILL_PL, 0)
    })
})

describe("what can be wrong with the motor", () => {
    test("one that loses steps loses the part that it is given, and its encoder sees it", () => {
        const bench = world()
        bench.lossFraction = 0.2
        for (let i = 1; i <= 5000; i++) {
            bench.step(1)
            bench.advance(i * 1000)
        }
        // Binomial: 4000 with a standard deviation of 28.
        expect(Math.abs(bench.stepsMade - 4000)).toBeLessThan(115)
        expect(bench.sense().encoderSteps).toBe(bench.stepsMade)
        expect(FILL_PL - bench.reservoirPl).toBeCloseTo(bench.stepsMade * bench.stepPl, 2)
        bench.lossFraction = 1
        const { stepsMade } = bench
        bench.step(100)
        bench.step(-100)
        expect(bench.stepsMade).toBe(stepsMade)
    })

    test("a worn gear lets motor and encoder turn, either way, and nothing move", () => {
        const bench = world()
        bench.gearWorn = true
        bench.step(100)
        expect(bench.sense().encoderSteps).toBe(100)
        bench.step(-30)
        bench.advance(10_000)
        expect(bench.sense().encoderSteps).toBe(70)
        expect([bench.reservoirPl, bench.deliveredPl, bench.pressurePa]).toEqual([FILL_PL, 0, 1000])
    })

    test("a stalled one turns neither way", () => {
        const bench = world()
        bench.stalled = true
        bench.step(-5)
        expect([bench.stepsMade, bench.reservoirPl]).toEqual([0, FILL_PL])
    })

    test("a runaway steps by itself at its pace, however time is sliced, until it ends", () => {
        for (const sliceMs of [100, 250, 60_000]) {
            const bench = world()
            bench.setRunaway(20)
            for (let nowMs = sliceMs; nowMs <= 60_000; nowMs += sliceMs) bench.advance(nowMs)
            expect(bench.stepsMade).toBe(1200)
            bench.setRunaway(0)
            bench.advance(120_000)
            expect(bench.stepsMade).toBe(1200)
            expect(bench.deliveredPl).toBeCloseTo(1200 * bench.stepPl, 0)
        }
    })
})

describe("the outside watchdog", () => {
    function beaten(): World {
        const bench = world({ watchdogMilliseconds: 1000 })
        for (let nowMs = 100; nowMs <= 2000; nowMs += 100) {
            bench.advance(nowMs)
            bench.heartbeat()
        }
        // Beats at 100, 200, … 2000: the rising edges are those at 100, 300, … 1900.
        return bench
    }

    test("does nothing on a bench without a heartbeat", () => {
        const bench = world()
        bench.advance(86_400_000)
        expect([bench.motorPowered, bench.watchdogSounding]).toEqual([true, false])
    })

    test("cuts the motor's supply and sounds when no rising edge came for its time, and ends both with the next", () => {
        const bench = beaten()
        bench.advance(2900)
        expect([bench.motorPowered, bench.watchdogSounding]).toEqual([true, false])
        bench.step(1)
        bench.advance(2901)
        expect([bench.motorPowered, bench.watchdogSounding]).toEqual([false, true])
        bench.step(5)
        bench.step(-2)
        expect(bench.stepsMade).toBe(1)
        bench.heartbeat()
        expect([bench.motorPowered, bench.watchdogSounding]).toEqual([true, false])
    })

    test("hears a falling edge no more than a pin that is stuck", () => {
        const bench = beaten()
        bench.advance(2100)
        bench.heartbeat()
        bench.advance(3050)
        bench.heartbeat()
        bench.advance(3101)
        expect(bench.motorPowered).toBe(false)
    })

    test("ends a runaway", () => {
        const bench = beaten()
        bench.setRunaway(10)
        bench.advance(60_000)
        expect(bench.stepsMade).toBe(9)
    })

    test("is silent without power, and after it sounds until the first heartbeat", () => {
        const bench = beaten()
        bench.powerOff()
        expect([bench.motorPowered, bench.watchdogSounding]).toEqual([false, false])
        bench.step(1)
        expect(bench.stepsMade).toBe(0)
        bench.powerOn()
        expect([bench.motorPowered, bench.watchdogSounding]).toEqual([false, true])
        bench.heartbeat()
        expect([bench.motorPowered, bench.watchdogSounding]).toEqual([true, false])
    })

    test("a restart of the firmware starts the encoder's count anew, ends a freeze and leaves the power on", () => {
        const bench = beaten()
        bench.step(3)
        bench.frozenUntilMs = 9000
        bench.light = 3
        bench.sounding = true
        bench.restartFirmware()
        expect(bench).toMatchObject({ stepsMade: 0, frozenUntilMs: 0, light: 0, sounding: false, motorPowered: true })
    })
})

describe("a refill", () => {
    test("that misses the reservoir in part leaves it with the rest", () => {
        const bench = world()
        bench.refill(18_000_000_000, 5_000_000_000)
        expect(bench.reservoirPl).toBe(13_000_000_000)
    })

    test("seats the plunger against the screw", () => {
        const bench = world()
        bench.openLine(true)
        bench.step(-100)
        bench.refill(FILL_PL)
        bench.openLine(false)
        bench.step(1)
        expect(FILL_PL - bench.reservoirPl).toBeCloseTo(bench.stepPl, 3)
    })
})

test("whatever happens, no fluid appears or disappears", () => {
    const action = fc.oneof(
        fc.record({ kind: fc.constant("step" as const), value: fc.integer({ min: -60, max: 120 }) }),
        fc.record({ kind: fc.constant("advance" as const), value: fc.integer({ min: 1, max: 20_000 }) }),
        fc.record({ kind: fc.constantFrom("occlude", "block", "open", "wear"), value: fc.integer({ min: 0, max: 1 }) }),
        fc.record({ kind: fc.constant("leak" as const), value: fc.integer({ min: 0, max: 10 }) }),
        fc.record({ kind: fc.constant("bubble" as const), value: fc.integer({ min: 0, max: 500 }) }),
        fc.record({ kind: fc.constant("siphon" as const), value: fc.integer({ min: 0, max: 50_000 }) }),
        fc.record({ kind: fc.constant("runaway" as const), value: fc.integer({ min: 0, max: 100 }) }),
        fc.record({ kind: fc.constant("refill" as const), value: fc.integer({ min: 0, max: 40_000_000 }) }),
    )
    const mechanics = fc.record({
        plungerStictionKilopascals: fc.constantFrom(0, 5, 20),
        stopperComplianceMicrolitresPerKilopascal: fc.constantFrom(0, 0.05, 0.3),
        spinalPressurePascals: fc.constantFrom(-2000, 0, 1000),
        postureChangesPerDay: fc.constantFrom(0, 1000),
        plungerGlideKilopascals: fc.constantFrom(0, 10),
        leadScrew: fc.constantFrom(
            undefined,
            worldSchema.parse({
                leadScrew: { leadErrorPercent: 0.1, periodicErrorMicrometres: 10, backlashMicrometres: 60 },
            }).leadScrew,
        ),
        stepper: fc.constantFrom(undefined, worldSchema.parse({ stepper: { coilsReleased: true } }).stepper),
        temperature: fc.constantFrom(undefined, worldSchema.parse({ temperature: { periodHours: 1 } }).temperature),
    })
    fc.assert(
        fc.property(mechanics, fc.array(action, { maxLength: 60 }), fc.integer(), (changes, actions, seed) => {
            const bench = new World({ ...settings, ...changes }, 0, 30_000_000, seed)
            let broughtPl = 30_000_000
            for (const { kind, value } of actions) {
                const beforePa = bench.pressurePa
                if (kind === "step") bench.step(value)
                else if (kind === "advance") {
                    bench.advance(bench.nowMs + value)
                    bench.sense()
                } else if (kind === "occlude") bench.occluded = value === 1
                else if (kind === "block") bench.blockOutlet(value === 1)
                else if (kind === "open") bench.openLine(value === 1)
                else if (kind === "wear") bench.gearWorn = value === 1
                else if (kind === "leak") bench.leakFraction = value / 10
                else if (kind === "bubble") bench.setBubble(value)
                else if (kind === "siphon") bench.setSiphon(value)
                else if (kind === "runaway") bench.setRunaway(value)
                else {
                    broughtPl += value * 0.9 - bench.reservoirPl
                    bench.refill(value, value * 0.1)
                }
                const foundPl = bench.reservoirPl + bench.lineStoredPl + bench.deliveredPl + bench.leakedPl
                expect(Math.abs(foundPl - broughtPl)).toBeLessThan(1)
                expect(bench.reservoirPl).toBeGreaterThanOrEqual(0)
                // A pull-back brings the line down to the room's pressure and never under it.
                if (kind === "step" && value < 0)
                    expect(bench.pressurePa).toBeGreaterThanOrEqual(Math.min(beforePa, 0) - 1e-6)
            }
        }),
        { numRuns: 500 },
    )
})

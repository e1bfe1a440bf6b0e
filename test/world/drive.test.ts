// Motor and lead screw with errors of their own: what they never do, both sides of where they stick or slip, and that without errors
// they are what the plain bench is.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { LeadScrewSettings, StepperSettings, WorldSettings } from "../../sim/scenario/scenario"
import { worldSchema } from "../../sim/scenario/schema"
import { LeadScrew, periodicErrorMicrometresMax } from "../../sim/world/leadScrew"
import { Stepper, slipPa } from "../../sim/world/stepper"
import { World } from "../../sim/world/world"

const FILL_PL = 20_000_000_000
const BORE_MM2 = 287.42

function settings(changes: object): WorldSettings {
    return worldSchema.parse({ pressureNoisePascals: 0, ...changes })
}

function bench(changes: object): World {
    return new World(settings(changes), 0, FILL_PL, 1)
}

describe("a lead screw", () => {
    const screw = (changes: Partial<LeadScrewSettings>) =>
        new LeadScrew(
            { leadErrorPercent: 0, periodicErrorMicrometres: 0, backlashMicrometres: 0, ...changes },
            0.5,
            3200,
            1e9,
        )

    test("that turns forward moves the nut forward under the bound of its periodic error, and not over it", () => {
        const least = (periodicErrorMicrometres: number) => {
            const one = screw({ periodicErrorMicrometres, backlashMicrometres: 0 })
            return Math.min(...Array.from({ length: 3200 }, (_, i) => one.turnTo(i + 1)))
        }
        const most = periodicErrorMicrometresMax(0.5)
        expect(least(0.99 * most)).toBeGreaterThan(0)
        expect(least(1.01 * most)).toBeLessThan(0)
    })

    test("leaves its nut within the play behind the flank, wherever it turns", () => {
        const turns = fc.array(fc.integer({ min: -5000, max: 5000 }), { maxLength: 30 })
        fc.assert(
            fc.property(turns, fc.integer({ min: 0, max: 200 }), (turned, backlashMicrometres) => {
                const one = screw({ backlashMicrometres })
                let steps = 0
                let nutMm = 0
                for (const by of turned) {
                    steps += by
                    nutMm += one.turnTo(steps) / 1e9
                    const flankMm = (steps / 3200) * 0.5
                    expect(nutMm).toBeGreaterThanOrEqual(flankMm - 1e-9)
                    expect(nutMm).toBeLessThanOrEqual(flankMm + backlashMicrometres / 1000 + 1e-9)
                }
            }),
        )
    })
})

describe("a stepper", () => {
    const motor = (changes: Partial<StepperSettings>, stepsPerTurn = 3200) => {
        const { stepper } = settings({ stepper: { detentPercent: 0, ...changes } })
        if (!stepper) throw new Error("a motor without settings")
        return { rotor: new Stepper(stepper, 0.5, stepsPerTurn, BORE_MM2), slipAtPa: slipPa(stepper, 0.5, BORE_MM2) }
    }
    const pulses = (rotor: Stepper, count: number, thrustPa: number) => {
        for (let i = 0; i < count; i++) rotor.pulse(1, thrustPa, 0)
    }

    test("without detent, friction or load is where its field is", () => {
        fc.assert(
            fc.property(fc.array(fc.constantFrom(1 as const, -1 as const), { maxLength: 200 }), directions => {
                const { rotor } = motor({})
                let field = 0
                for (const direction of directions) {
                    rotor.pulse(direction, 0, 0)
                    field += direction
                }
                expect(rotor.rotorSteps).toBeCloseTo(field, 6)
            }),
        )
    })

    test.each([0, 10, 40])(
        "with %d %% of friction slips just over the pressure that is worked out, and not just under it",
        frictionPercent => {
            const lost = (share: number) => {
                const { rotor, slipAtPa } = motor({ frictionPercent })
                pulses(rotor, 640, share * slipAtPa)
                return 640 - rotor.rotorSteps
            }
            expect(lost(0.99)).toBeLessThan(16)
            expect(lost(1.01)).toBeGreaterThan(500)
        },
    )

    test("lags by the load's angle, and loses nothing by that", () => {
        const { rotor, slipAtPa } = motor({})
        pulses(rotor, 640, 0.5 * slipAtPa)
        // arcsin(0.5) is a twelfth of the period's 64 steps.
        expect(640 - rotor.rotorSteps).toBeCloseTo(64 / 12, 6)
    })

    test("whose coils are let go stays where it is with a detent just under its friction, and not just over it", () => {
        const movedMost = (detentPercent: number) =>
            Math.max(
                ...Array.from({ length: 160 }, (_, count) => {
                    const { rotor } = motor({ detentPercent, frictionPercent: 8 }, 32_000)
                    pulses(rotor, count, 0)
                    const before = rotor.rotorSteps
                    rotor.release()
                    return Math.abs(rotor.rotorSteps - before)
                }),
            )
        expect(movedMost(7.9)).toBe(0)
        expect(movedMost(8.3)).toBeGreaterThan(1)
    })

    test("falls into either full step from either side of the middle, without friction", () => {
        for (const [steps, rest] of [
            [6, 0],
            [10, 16],
        ]) {
            const { rotor } = motor({ detentPercent: 8 })
            pulses(rotor, steps, 0)
            rotor.release()
            expect(rotor.rotorSteps).toBeCloseTo(rest, 6)
            // The driver knows where its field was.
            pulses(rotor, 20 - steps, 0)
            expect(Math.abs(rotor.rotorSteps - 20)).toBeLessThan(1)
        }
    })
})

describe("the bench with a drive", () => {
    // So strong that no pressure here makes it lag by more than a fiftieth of a step.
    const strong = { holdingTorqueMillinewtonMetres: 5000, screwEfficiencyPercent: 100 }
    const perfect = { leadScrew: {}, stepper: { ...strong, detentPercent: 0, coilsReleased: true } }
    const move = fc.oneof(
        fc.record({ steps: fc.integer({ min: -40, max: 40 }) }),
        fc.record({ passMs: fc.integer({ min: 1, max: 5000 }) }),
        fc.record({ occluded: fc.boolean() }),
        fc.record({ gearWorn: fc.boolean() }),
        fc.record({ stalled: fc.boolean() }),
    )

    test.each([
        ["screw", { leadScrew: {} }],
        ["motor", perfect],
    ])("that has a %s without errors is the plain bench", (_, changes) => {
        fc.assert(
            fc.property(fc.array(move, { maxLength: 25 }), moves => {
                const [plain, driven] = [bench({}), bench(changes)]
                for (const made of moves)
                    for (const world of [plain, driven]) {
                        if ("steps" in made) world.step(made.steps)
                        else if ("passMs" in made) world.advance(world.nowMs + made.passMs)
                        else Object.assign(world, made)
                    }
                expect(driven.stepsMade).toBe(plain.stepsMade)
                expect(Math.abs(driven.reservoirPl - plain.reservoirPl)).toBeLessThan(0.02 * plain.stepPl)
                expect(Math.abs(driven.pressurePa - plain.pressurePa)).toBeLessThan(10)
            }),
        )
    })

    test("at the end of the plunger's travel loses steps, and the encoder sees that", () => {
        const world = new World(settings({ stepper: {} }), 0, 2_000_000, 1)
        world.openLine(true)
        for (let i = 0; i < 500; i++) world.step(1)
        expect(world.reservoirPl).toBe(0)
        // 44.5 steps fill it; a rotor that slips stands up to two full steps before where it is stopped.
        expect(world.stepsMade).toBeGreaterThanOrEqual(44 - 34)
        expect(world.stepsMade).toBeLessThanOrEqual(46)
    })

    test("with a worn gear turns its rotor freely, whatever stops the plunger", () => {
        const world = new World(settings({ stepper: {} }), 0, 0, 1)
        world.gearWorn = true
        for (let i = 0; i < 500; i++) world.step(1)
        expect(Math.abs(world.stepsMade - 500)).toBeLessThanOrEqual(1)
    })

    test("with play in its screw pulls back by so much less", () => {
        const pulled = (backlashMicrometres: number) => {
            const world = bench({ leadScrew: { backlashMicrometres } })
            world.occluded = true
            world.step(400)
            const { reservoirPl } = world
            world.step(-300)
            return (world.reservoirPl - reservoirPl) / 1_000_000
        }
        expect(pulled(0) - pulled(20)).toBeCloseTo(0.02 * BORE_MM2, 2)
        expect(pulled(100)).toBe(0)
    })
})

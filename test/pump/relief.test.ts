import { describe, expect, test } from "vitest"
import { Alarm } from "../../src/pump/alarms"
import { raise } from "../../src/pump/delivery"
import { OCCLUSION_PA_MIN, RELIEF_PL_MAX } from "../../src/pump/limits"
import { CommandKind, GuardTrip, SensorFault } from "../../src/pump/readings"
import { beginRelief, relieve } from "../../src/pump/relief"
import { Bench, MECHANISM, started } from "./bench"

const STEPS_MAX = Math.floor(RELIEF_PL_MAX / MECHANISM.stepPl)

/** A pump in the tick that finds its line, of this compliance, occluded; and all the steps that it ever made, summed up. */
function occluded(compliancePlPerPa: number): Bench {
    const bench = started()
    bench.run(600_000, 1_000)
    bench.occlude(compliancePlPerPa)
    bench.runUntil(() => bench.alarms.includes("occlusion"))
    return bench
}

/** Steps made over so many samples. */
function stepsIn(bench: Bench, samples: number): number {
    let steps = 0
    for (let i = 0; i < samples * 10; i++) {
        bench.tick()
        steps += bench.actions.steps
    }
    return steps
}

describe("the relief of an occlusion", () => {
    test.each([20, 140, 500, 1_000])(
        "OCC-4: a line of %d pL/Pa is left 500 Pa over its rest, give or take a step and the sensor's scatter",
        compliance => {
            const bench = occluded(compliance)
            const before = { steps: bench.pump.commandedSteps, residualPl: bench.pump.residualPl, linePa: bench.linePa }
            expect(before.linePa).toBeGreaterThan(4_000)
            const back = bench.actions.steps + stepsIn(bench, 600)
            const residualPl = before.residualPl - (back - bench.actions.steps) * MECHANISM.stepPl
            const stepPa = MECHANISM.stepPl / compliance
            const { restPa } = bench.pump.line
            expect(restPa).toBeGreaterThan(900)
            expect(restPa).toBeLessThan(1_500)
            expect(bench.linePa).toBeLessThan(restPa + 500 + 2 * bench.shown.scatterPa)
            expect(bench.linePa).toBeGreaterThan(
                restPa + 500 - stepPa * MECHANISM.stepsPerTickMax - 2 * bench.shown.scatterPa,
            )
            expect(bench.linePa, "nothing is pulled out of the spine").toBeGreaterThan(bench.shown.pressurePa - stepPa)
            expect(bench.pump.commandedSteps).toBeLessThan(before.steps)
            expect(bench.pump.residualPl).toBeCloseTo(residualPl, -5)
            expect(bench.guard.trip).toBe(GuardTrip.None)
            expect(bench.alarms).toEqual(["occlusion"])
            expect(stepsIn(bench, 60), "and that is the end of it").toBe(0)
        },
    )

    test("OCC-4: account and commanded steps follow each pull, and the guard lets it through", () => {
        const bench = occluded(500)
        const { commandedSteps, residualPl } = bench.pump
        const back = stepsIn(bench, 600)
        expect(back).toBeLessThan(-1)
        expect(bench.pump.commandedSteps - commandedSteps).toBe(back)
        expect(bench.pump.residualPl - residualPl).toBe(-back * MECHANISM.stepPl)
        expect(bench.guard.reverseSteps).toBeGreaterThanOrEqual(-back)
    })

    test("OCC-4: a pressure that does not fall is pulled at by no more than the bound, and the guard agrees", () => {
        const bench = started({ occlusionPa: 10_000 })
        bench.shown.pressurePa = 11_000
        let back = 0
        for (let i = 0; i < 10_000; i++) {
            bench.tick()
            if (bench.actions.steps < 0) back -= bench.actions.steps
        }
        expect(back).toBe(STEPS_MAX)
        expect(back * MECHANISM.stepPl).toBeLessThanOrEqual(RELIEF_PL_MAX)
        expect(bench.guard.trip).toBe(GuardTrip.None)
        expect(bench.alarms).toEqual(["occlusion"])
    })

    test("OCC-4: a line found occluded again before any step forward is not relieved by more than the bound either", () => {
        const bench = started({ occlusionPa: 10_000 })
        bench.shown.pressurePa = 11_000
        bench.runSamples(60)
        expect(bench.guard.reverseSteps).toBeGreaterThan(200)
        expect(bench.guard.reverseSteps).toBeLessThan(STEPS_MAX / 2)
        bench.command(CommandKind.Start)
        bench.pump.owed = 0
        bench.run(600_000, 1_000)
        expect(bench.guard.reverseSteps).toBe(STEPS_MAX)
        expect(bench.guard.trip).toBe(GuardTrip.None)
        expect(bench.alarms).toEqual(["occlusion"])
    })

    test("OCC-4: after a step forward all of the bound may be pulled back again", () => {
        const bench = new Bench()
        bench.pump.pulledBackSteps = STEPS_MAX
        beginRelief(bench.pump)
        expect(bench.pump.reliefLeftSteps).toBe(0)
        bench.start()
        bench.run(20_000)
        expect(bench.pump.commandedSteps).toBe(1)
        beginRelief(bench.pump)
        expect(bench.pump.reliefLeftSteps).toBe(STEPS_MAX)
    })

    test.each([SensorFault.Missing, SensorFault.Stale])(
        "OCC-4: it ends when the pressure is not known, and stays ended: fault %d",
        fault => {
            const bench = started({ occlusionPa: 10_000 })
            bench.shown.pressurePa = 11_000
            bench.runSamples(10)
            bench.shown.pressureFault = fault
            expect(stepsIn(bench, 1)).toBeLessThanOrEqual(0)
            expect(stepsIn(bench, 10)).toBe(0)
            bench.shown.pressureFault = SensorFault.None
            expect(stepsIn(bench, 60)).toBe(0)
            expect(bench.alarms).toEqual(["occlusion"])
        },
    )

    test("OCC-4: a motor that can't pull back is not asked to, and the accounts stay what they are", () => {
        const bench = new Bench({ occlusionPa: 10_000 })
        bench.pump.motorReverses = false
        bench.start()
        bench.shown.pressurePa = 11_000
        bench.runSamples(20)
        expect(bench.alarms).toEqual(["occlusion"])
        expect(bench.pump.commandedSteps).toBe(0)
        expect(bench.guard.reverseSteps).toBe(0)
    })

    test("OCC-4: it ends when a person starts the pump", () => {
        const bench = started({ occlusionPa: 10_000 })
        bench.shown.pressurePa = 11_000
        bench.runSamples(10)
        bench.command(CommandKind.Start)
        expect(bench.pump.reliefLeftSteps).toBe(0)
        bench.shown.pressurePa = 1_000
        const { commandedSteps } = bench.pump
        bench.run(18_000)
        expect(bench.pump.commandedSteps).toBeGreaterThanOrEqual(commandedSteps)
    })

    test("OCC-4: where the line was never at rest it goes down to the lowest threshold there may be", () => {
        const bench = started({ occlusionPa: 10_000 })
        bench.shown.pressurePa = 11_000
        bench.shown.scatterPa = 0
        bench.occlude(500)
        bench.runSamples(300)
        expect(bench.alarms).toEqual(["occlusion"])
        expect(bench.linePa).toBeLessThanOrEqual(OCCLUSION_PA_MIN)
        expect(bench.linePa).toBeGreaterThan(OCCLUSION_PA_MIN - (7 * MECHANISM.stepPl) / 500)
    })
})

describe("the steps of a pull", () => {
    /** A pump with an occlusion, at rest at 1000 Pa. */
    function relieved(): Bench {
        const bench = new Bench()
        raise(bench.pump, Alarm.Occlusion, 0)
        bench.pump.line.restPa = 1_000
        beginRelief(bench.pump)
        return bench
    }

    test("OCC-4: one first, twice as many as long as little was gained, at most those of a tick, one again near the end", () => {
        const { pump } = relieved()
        const pulls: [number, number][] = [
            [11_000, -1],
            [11_000, -2],
            [10_000, -4],
            [9_000, -7],
            // Twice what it fell by is just under what is left, and then just as much.
            [6_501, -7],
            [4_836, -7],
            [3_724, -1],
            [2_612, -1],
            [1_501, -1],
            [1_500, 0],
        ]
        for (const [pressurePa, steps] of pulls) expect(relieve(pump, pressurePa), `at ${pressurePa} Pa`).toBe(steps)
        expect(pump.reliefLeftSteps).toBe(0)
    })

    test.each([
        ["at the pressure to leave", 1_500, 0, 0],
        ["just over it", 1_501, -1, STEPS_MAX - 1],
        ["at no pressure", Number.NaN, 0, 0],
    ])("OCC-4: %s", (_, pressurePa, steps, leftSteps) => {
        const { pump } = relieved()
        expect(relieve(pump, pressurePa)).toBe(steps)
        expect(pump.reliefLeftSteps).toBe(leftSteps)
        expect(pump.commandedSteps).toBe(steps)
        expect(pump.residualPl).toBe(20_000_000_000 - steps * MECHANISM.stepPl)
    })

    test("OCC-4: a line whose rest lies under the air's pressure is left 500 Pa over that", () => {
        const { pump } = relieved()
        pump.line.restPa = -2_000
        expect(relieve(pump, -1_499)).toBe(-1)
        expect(relieve(pump, -1_500)).toBe(0)
    })

    test("OCC-4: without the alarm nothing is pulled, and the last pull takes what is left", () => {
        const { pump } = relieved()
        pump.reliefSteps = 4
        pump.reliefPa = 11_000
        pump.reliefLeftSteps = 3
        expect(relieve(pump, 11_000)).toBe(-3)
        expect(pump.reliefLeftSteps).toBe(0)
        pump.reliefLeftSteps = 3
        pump.alarms = 0
        expect(relieve(pump, 11_000)).toBe(0)
        expect(pump.reliefLeftSteps).toBe(0)
    })
})

describe("how far the relief may go", () => {
    test.each([
        ["no more than was pushed since the rise began, and two steps", 5, 0, 7],
        ["less what was pulled back already", 5, 3, 4],
        ["no more than the bound", STEPS_MAX + 10, 0, STEPS_MAX],
        ["what was pushed, where that is a step less than the bound", STEPS_MAX - 3, 0, STEPS_MAX - 1],
    ])("OCC-4: %s", (_, pushedSteps, pulledBackSteps, leftSteps) => {
        const { pump } = started()
        pump.commandedSteps = 10_000
        pump.line.riseSteps = 10_000 - pushedSteps
        pump.pulledBackSteps = pulledBackSteps
        beginRelief(pump)
        expect(pump.reliefLeftSteps).toBe(leftSteps)
    })

    test.each([
        [0, 501, -1],
        [0, 500, 0],
        [-300, 201, -1],
        [-300, 200, 0],
        [Number.NaN, OCCLUSION_PA_MIN + 1, -1],
        [Number.NaN, OCCLUSION_PA_MIN, 0],
    ])("OCC-4: of a line at rest at %d Pa, at %d Pa: %d steps", (restPa, pressurePa, steps) => {
        const { pump } = started()
        raise(pump, Alarm.Occlusion, 0)
        pump.line.restPa = restPa
        pump.reliefLeftSteps = 100
        expect(relieve(pump, pressurePa) + 0).toBe(steps)
    })
})

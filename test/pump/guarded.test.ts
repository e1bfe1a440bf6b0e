import { describe, expect, test } from "vitest"
import { Alarm, Reason } from "../../src/pump/alarms"
import { MS_PER_HOUR } from "../../src/pump/limits"
import { Mode } from "../../src/pump/pump"
import { CommandKind, GuardTrip } from "../../src/pump/readings"
import { afterReset, type Bench, LIMITS, MECHANISM, started, steadyProgramme } from "./bench"

const programme = steadyProgramme()

/** A pump whose logic asks for more steps at once than its mechanism makes, in the tick in which the guard refuses them. */
function tripped(): Bench {
    const bench = started({ programme })
    bench.run(10_000)
    bench.pump.mechanism.stepsPerTickMax = MECHANISM.stepsPerTickMax + 1
    bench.tick(bench.nowMs + 900)
    bench.tick(bench.nowMs + 5_000)
    expect(bench.guard.trip).toBe(GuardTrip.TooManyStepsAtOnce)
    return bench
}

describe("the guard between logic and motor", () => {
    test("GRD-12: steps that it refuses are taken back out of the accounts, and the pump stops with the guard's reason", () => {
        const bench = started({ programme })
        bench.pump.mechanism.stepsPerTickMax = MECHANISM.stepsPerTickMax + 1
        let made = 0
        for (let i = 0; i < 100; i++) {
            bench.tick()
            made += bench.actions.steps
        }
        const { residualPl } = bench.pump
        bench.tick(bench.nowMs + 5_000)
        expect(bench.actions.steps).toBe(0)
        expect(bench.pump.commandedSteps).toBe(made)
        expect(bench.pump.residualPl).toBe(residualPl)
        expect(bench.pump.residualPl).toBe(20_000_000_000 - made * MECHANISM.stepPl)
        expect(bench.alarms).toContain("overDelivery")
        expect(bench.reasonOf(Alarm.OverDelivery)).toBe(Reason.TooManyStepsAtOnce)
        expect(bench.pump.delivering).toBe(false)
        expect(bench.actions.checkpointDue).toBe(true)
        bench.run(60_000)
        expect(bench.pump.commandedSteps).toBe(made)
    })

    test("GRD-12: a limit of volume does the same, and what it let through is what the accounts say", () => {
        const limits = { ...LIMITS, hourPlMax: 100 * MECHANISM.stepPl }
        const bench = started({ programme, limits })
        bench.runUntil(() => !bench.pump.delivering)
        expect(bench.pump.commandedSteps).toBe(101)
        expect(bench.pump.residualPl).toBe(20_000_000_000 - 101 * MECHANISM.stepPl)
        expect(bench.reasonOf(Alarm.OverDelivery)).toBe(Reason.HourLimit)
    })

    test("GRD-12: it outlasts a reset, and neither a start nor an acknowledgement ends it", () => {
        const before = tripped()
        const { pump, guard, journal } = before
        for (const bench of [before, started({ programme, checkpoint: afterReset(pump, guard, journal) })]) {
            bench.command(CommandKind.Start)
            bench.command(CommandKind.Acknowledge)
            bench.run(10_000)
            expect(bench.alarms).toContain("overDelivery")
            expect(bench.guard.trip).toBe(GuardTrip.TooManyStepsAtOnce)
            expect(bench.pump.delivering).toBe(false)
        }
    })

    test("GRD-12: a clinician's release leaves the pump stopped, and a start then runs it", () => {
        const bench = tripped()
        bench.pump.mechanism.stepsPerTickMax = MECHANISM.stepsPerTickMax
        const { commandedSteps } = bench.pump
        bench.command(CommandKind.Release)
        expect(bench.guard.trip).toBe(GuardTrip.None)
        expect(bench.alarms).not.toContain("overDelivery")
        expect(bench.pump.mode).toBe(Mode.Stopped)
        bench.run(10_000)
        expect(bench.pump.commandedSteps).toBe(commandedSteps)
        bench.command(CommandKind.Start)
        bench.run(10_000)
        expect(bench.pump.commandedSteps).toBeGreaterThan(commandedSteps + 60)
        expect(bench.alarms).not.toContain("overDelivery")
    })

    test("GRD-12: a cause that persists trips it again at the first step", () => {
        const limits = { ...LIMITS, hourPlMax: 100 * MECHANISM.stepPl }
        const bench = started({ programme, limits })
        bench.runUntil(() => !bench.pump.delivering)
        bench.command(CommandKind.Release)
        bench.command(CommandKind.Start)
        bench.run(2_000)
        expect(bench.pump.commandedSteps).toBe(101)
        expect(bench.alarms).toContain("overDelivery")
        bench.run(MS_PER_HOUR + 60_000, 1_000)
        bench.command(CommandKind.Release)
        bench.command(CommandKind.Start)
        bench.run(2_000)
        expect(bench.pump.commandedSteps).toBeGreaterThan(101)
        expect(bench.alarms).not.toContain("overDelivery")
    })

    test("GRD-12: a pull-back that it refuses is undone, and not tried again", () => {
        const bench = started({ occlusionPa: 10_000 })
        bench.shown.pressurePa = 11_000
        bench.runSamples(10)
        bench.guard.trip = GuardTrip.ReverseLimit
        const { commandedSteps, residualPl } = bench.pump
        expect(commandedSteps).toBeLessThan(-10)
        let checkpoints = 0
        for (let i = 0; i < 100; i++) {
            bench.tick()
            expect(bench.actions.steps).toBe(0)
            if (bench.actions.checkpointDue) checkpoints += 1
        }
        expect(bench.pump).toMatchObject({ commandedSteps, residualPl })
        expect(bench.reasonOf(Alarm.OverDelivery)).toBe(Reason.ReverseLimit)
        expect(checkpoints).toBe(1)
    })

    test("GRD-5: a prime that a person asks for passes a guard whose limits the basal flow alone would keep", () => {
        const limits = { hourPlMax: 10_000_000, dayPlMax: 210_000_000, primePlMax: 100_000_000 }
        const bench = started({ limits })
        bench.command(CommandKind.Prime, 100_000_000, 24_000_000_000)
        bench.run(2 * MS_PER_HOUR, 1_000)
        expect(bench.alarms).toEqual([])
        const asked = 100_000_000 + (200_000_000 / 24) * 2
        expect(bench.pump.commandedSteps * MECHANISM.stepPl).toBeGreaterThan(asked - MECHANISM.stepPl)
    })
})

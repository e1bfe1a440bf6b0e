import { describe, expect, test } from "vitest"
import { Alarm, Reason } from "../../src/pump/alarms"
import { MS_PER_HOUR } from "../../src/pump/limits"
import { Mode } from "../../src/pump/pump"
import { CommandKind, SensorFault } from "../../src/pump/readings"
import { type Bench, started, steadyProgramme } from "./bench"

/** A jump over this threshold is one that a working sensor may show. */
const occlusionPa = 10_000
const OVER_PA = 11_000

/** A pump whose line pressure has been over the threshold in three samples. */
function occluded(): Bench {
    const bench = started({ occlusionPa })
    bench.shown.pressurePa = OVER_PA
    bench.runSamples(3)
    expect(bench.alarms).toEqual(["occlusion"])
    return bench
}

describe("occlusion", () => {
    test.each([
        [occlusionPa, false],
        [occlusionPa + 1, true],
    ])("OCC-1: a line pressure of %d Pa in three samples stops the pump: %s", (pressurePa, found) => {
        const bench = started({ occlusionPa })
        bench.shown.scatterPa = 0
        bench.shown.pressurePa = pressurePa
        bench.runSamples(2)
        expect(bench.alarms).toEqual([])
        bench.runSamples(1)
        expect(bench.alarms).toEqual(found ? ["occlusion"] : [])
        expect(bench.reasonOf(Alarm.Occlusion)).toBe(found ? Reason.PressureOverThreshold : Reason.None)
        expect(bench.pump.delivering).toBe(!found)
    })

    test("OCC-1: the tick that finds it makes no step forward, nor does any while the alarm stands", () => {
        const bench = started({ occlusionPa, programme: steadyProgramme() })
        bench.shown.pressurePa = OVER_PA
        bench.runUntil(() => bench.alarms.includes("occlusion"))
        expect(bench.pump.commandedSteps).toBeGreaterThan(0)
        let forwardSteps = 0
        for (let i = 0; i < 6_000; i++) {
            forwardSteps += Math.max(0, bench.actions.steps)
            bench.tick()
        }
        expect(forwardSteps).toBe(0)
    })

    test("OCC-1: a pressure that is no number is a fault of its sensor, and stops nothing", () => {
        const bench = started({ occlusionPa })
        bench.shown.pressurePa = Number.NaN
        bench.runSamples(10)
        expect(bench.alarms).toEqual(["pressureSensorFault"])
        expect(bench.pump.delivering).toBe(true)
    })

    test("OCC-1: a pressure that its sensor could not read is not judged", () => {
        const bench = started({ occlusionPa })
        bench.shown.pressurePa = OVER_PA
        bench.runSamples(2)
        bench.shown.pressureFault = SensorFault.Missing
        bench.runSamples(1)
        bench.shown.pressureFault = SensorFault.None
        bench.shown.pressurePa = 1_000
        bench.runSamples(5)
        expect(bench.alarms).toEqual([])
    })

    test("OCC-2: it stays until a person starts the pump, and comes back when the line is still blocked", () => {
        const bench = occluded()
        bench.shown.pressurePa = 1_000
        bench.run(60_000)
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual(["occlusion"])
        bench.command(CommandKind.Start)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.delivering).toBe(true)
        bench.shown.pressurePa = OVER_PA
        bench.runSamples(2)
        expect(bench.alarms).toEqual([])
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["occlusion"])
    })

    test("OCC-2: a refill does not end it, and a pressure from before a refill raises none", () => {
        const bench = occluded()
        bench.command(CommandKind.Refill, 10_000_000_000)
        expect(bench.alarms).toEqual(["occlusion"])

        const stopped = started({ occlusionPa })
        stopped.command(CommandKind.Stop)
        stopped.shown.pressurePa = OVER_PA
        stopped.runSamples(3)
        stopped.shown.pressurePa = 1_000
        expect(stopped.alarms, "a pump that does not deliver has no occlusion").toEqual([])
        stopped.pump.mode = Mode.Running
        stopped.command(CommandKind.Refill, 10_000_000_000)
        expect(stopped.pump.delivering).toBe(true)
        stopped.runSamples(2)
        expect(stopped.alarms).toEqual([])
    })

    test("one cough is no occlusion", () => {
        const bench = started({ occlusionPa })
        for (let i = 0; i < 20; i++) {
            bench.shown.pressurePa = OVER_PA
            bench.runSamples(2)
            bench.shown.pressurePa = 1_000
            bench.runSamples(1)
        }
        expect(bench.alarms).toEqual([])
    })

    test.each([140, 500])(
        "OCC-3: a line of %d pL/Pa that rises with each step stops the pump far below the threshold",
        compliance => {
            const bench = started()
            bench.run(600_000, 1_000)
            bench.occlude(compliance)
            bench.runUntil(() => bench.alarms.length > 0, 1_000)
            expect(bench.alarms).toEqual(["occlusion"])
            expect(bench.reasonOf(Alarm.Occlusion)).toBe(Reason.PressureRising)
            expect(bench.linePa).toBeLessThan(20_000)
            expect(bench.pump.delivering).toBe(false)
            const steps = bench.pump.commandedSteps
            bench.run(MS_PER_HOUR, 1_000)
            expect(bench.pump.commandedSteps).toBeLessThanOrEqual(steps)
            expect(bench.alarms).toEqual(["occlusion"])
        },
    )
})

describe("the signature of the line", () => {
    /** Lets the line pulsate by this much from sample to sample. */
    function pulsate(bench: Bench, pressurePa: number, samples: number): void {
        for (let i = 0; i < samples; i++) {
            bench.shown.pressurePa = i % 2 === 0 ? 1_000 : 1_000 + pressurePa
            bench.tick(bench.nowMs + 1_000)
        }
    }

    test("SIG-1: a pulsation that is lost alarms while delivery goes on, and ends when it is back", () => {
        const bench = started()
        pulsate(bench, 400, 4_000)
        expect(bench.alarms).toEqual([])
        pulsate(bench, 0, 1_000)
        expect(bench.alarms).toEqual(["lineSignatureLost"])
        expect(bench.reasonOf(Alarm.LineSignatureLost)).toBe(Reason.PulsationLost)
        expect(bench.pump.delivering).toBe(true)
        pulsate(bench, 400, 1_000)
        expect(bench.alarms).toEqual([])
    })

    test("SIG-2: the response is held against the steps of the half second before the sample", () => {
        // 11 steps in three seconds, and a sample of them each second.
        const bench = started({ programme: steadyProgramme(14_200_000_000) })
        const madeMs: number[] = []
        let samples = 0
        while (samples < 20) {
            const { commandedSteps } = bench.pump
            bench.tick()
            if (bench.readings.sampled) {
                // A sample is taken before the steps of its own tick.
                const recent = madeMs.filter(ms => ms >= bench.nowMs - 500).length
                expect(bench.pump.line.recentSteps, `at ${bench.nowMs} ms`).toBe(recent)
                samples += 1
            }
            for (let i = commandedSteps; i < bench.pump.commandedSteps; i++) madeMs.push(bench.nowMs)
        }
        expect(new Set(madeMs.map(ms => ms % 1_000)).size).toBeGreaterThan(2)
    })

    test("SIG-1: a line whose pressure is not known has no signature to lose", () => {
        const bench = started()
        pulsate(bench, 400, 4_000)
        pulsate(bench, 0, 1_000)
        bench.shown.pressureFault = SensorFault.Missing
        bench.runSamples(3)
        expect(bench.alarms).toEqual(["pressureSensorFault"])
    })
})

// The failures that real pumps had, each with the scenario or the test that shows what this pump does in its place.

import { readdirSync, readFileSync } from "node:fs"
import fc from "fast-check"
import { afterEach, describe, expect, test, vi } from "vitest"
import { runScenario } from "../sim/engines/run"
import { compilePrescription, loadPrescription } from "../sim/prescription/compile"
import type { Prescription } from "../sim/prescription/schema"
import { cautionsOf, readBack } from "../sim/report/readBack"
import { loadScenario } from "../sim/scenario/load"
import { windowVolume } from "../src/pump/doses"
import { SAMPLE_MS, SOUND_PAUSE_MS } from "../src/pump/limits"
import { BolusReason } from "../src/pump/pump"
import { CommandKind } from "../src/pump/readings"
import { inputFolder, refusalOf, writeInput } from "./inputFiles"
import { afterReset, MECHANISM, programmeWithDoses, started } from "./pump/bench"

/** From FDA recalls, reports of accidents and manufacturers' notices. */
const FAILURES: Record<string, string> = {
    F1: "an interval entered as minutes instead of hours",
    F2: "a prime computed for the wrong tubing",
    F3: "pumps left stopped for days",
    F4: "slow over-infusion that emptied reservoirs unnoticed",
    F5: "a stall in a magnet, and its end, logged late",
    F6: "an alarm and telemetry together blocked resumption",
    F7: "worn shafts and gears: the motor turns and nothing moves",
    F8: "resets again and again",
    F9: "sudden loss of power",
    F10: "a refill that missed the reservoir",
    F11: "a level sensor that read wrong",
    F12: "flow that nobody commanded",
    F13: "counting down from 0 wrapped to the maximum",
    F14: "a change of time zone or to summer time moved doses",
    F15: "a change of profile restarted a stopped pump",
}

const scenarios = readdirSync("sim/scenarios")
    .filter(file => file.endsWith(".json"))
    .map(file => loadScenario(`sim/scenarios/${file}`))
const failureOf = (description: string) => /^(F\d+): /.exec(description)?.[1]

describe("the failures of real pumps", () => {
    const inScenarios = scenarios.map(({ description }) => failureOf(description))
    const here = readFileSync(import.meta.filename, "utf8")

    test.each(Object.entries(FAILURES))("%s, %s, is shown by a scenario or by a test here", id => {
        expect(inScenarios.includes(id) || here.includes(`test("${id}: `)).toBe(true)
    })

    test("no scenario names another", () => {
        for (const id of inScenarios) if (id !== undefined) expect(Object.keys(FAILURES)).toContain(id)
    })
})

describe("each of their scenarios holds, and says nothing beside its result", () => {
    afterEach(() => {
        vi.restoreAllMocks()
    })

    const shown = scenarios.filter(({ description }) => failureOf(description) !== undefined)
    test.each(shown.map(scenario => [scenario.name, scenario] as const))("%s", async (_, scenario) => {
        const said = (["log", "info", "warn", "error", "debug"] as const).map(level => vi.spyOn(console, level))
        const run = await runScenario(scenario, { engine: "core", seed: scenario.seed })
        expect(run.failures).toEqual([])
        for (const spy of said) expect(spy).not.toHaveBeenCalled()
    })

    test("what they expect can fail: the same without its alarms is a failure", async () => {
        for (const scenario of shown) {
            const { expect: expected } = scenario
            if (expected.alarms.length === 0) continue
            const alone = { ...scenario, expect: { ...expected, alarms: [] } }
            const run = await runScenario(alone, { engine: "core", seed: scenario.seed })
            expect(run.failures.length, scenario.name).toBeGreaterThan(0)
        }
    })
})

describe("what no scenario can show", () => {
    const folder = inputFolder()

    /** 500 µg/mL, with a dose that was meant for an hour and may have been given for a minute. */
    function prescribed(microgramsPerHour: number, limits?: Prescription["limits"]): Prescription {
        const everyDay = [{ from: "00:00", to: "24:00", microgramsPerHour }]
        return {
            name: "test",
            drug: "baclofen",
            concentrationMicrogramsPerMl: 500,
            reservoirMl: 20,
            refillAlarmMl: 2,
            schedule: { everyDay },
            limits,
        }
    }

    function refusal(prescription: object): string[] {
        return refusalOf(folder, () => loadPrescription(writeInput(folder, "p.json", prescription)))
    }

    test("F1: a dose sixty times too large is refused by the limits of hour and day, and the right one is not", () => {
        const limits = { microgramsPerHour: 10, microgramsPerDay: 150 }
        expect(refusal(prescribed(4 * 60, limits))).toEqual([
            expect.stringContaining("limits.microgramsPerHour: was 10"),
            expect.stringContaining("limits.microgramsPerDay: was 150"),
        ])
        expect(readBack(compilePrescription(prescribed(4, limits), "p.json").programme)[0].ugPerDay).toBeCloseTo(96)
    })

    test("F1: where nobody gave limits it is refused by what the drug's label says, and stays visible if confirmed", () => {
        const over = prescribed(4 * 60)
        expect(refusal(over)).toEqual([
            expect.stringContaining("schedule: was 5760 µg/day on its fullest day, may be up to 1000 µg/day"),
            expect.stringContaining("schedule: was 5760 µg/day on its fullest day, may be 24 to 1199 µg/day"),
        ])
        const confirmed = ["over-1000", "usual-of-all"].map(limit => ({ limit, because: "test" }))
        const { programme, drug } = compilePrescription({ ...over, confirmed }, "p.json")
        expect(readBack(programme)[0].ugPerDay).toBeCloseTo(5760)
        expect(cautionsOf(programme, drug).join()).toContain("little experience with more than 1000 µg/day")
        expect(cautionsOf(compilePrescription(prescribed(4), "p.json").programme, drug)).toEqual([])
    })

    test("F1: a dose without its unit of time, or with another than is known, is refused", () => {
        for (const field of ["micrograms", "microgramsPerMinute"]) {
            const prescription = {
                ...prescribed(4),
                schedule: { everyDay: [{ from: "00:00", to: "24:00", [field]: 4 }] },
            }
            expect(refusal(prescription).join("\n")).toContain(`${field}: was an unknown field (4)`)
        }
    })

    test("F3: the sound of a pump left stopped comes back two minutes after each pause, for ever", () => {
        const bench = started()
        bench.command(CommandKind.Stop)
        bench.run(6 * 60_000)
        const sounds = () => bench.alarms.includes("stoppedOver5Min") && !(bench.nowMs < bench.pump.soundPausedUntilMs)
        expect(sounds()).toBe(true)
        for (const pause of [CommandKind.Silence, CommandKind.Acknowledge, CommandKind.Silence]) {
            bench.command(pause)
            expect(sounds()).toBe(false)
            bench.run(SOUND_PAUSE_MS - SAMPLE_MS)
            expect(sounds()).toBe(false)
            bench.run(SAMPLE_MS)
            expect(sounds()).toBe(true)
        }
    })

    test("F2: a prime never gives more than the line lacks, whatever tubing somebody had in mind", () => {
        const programme = programmeWithDoses()
        for (const [lineLeftPl, reason] of [
            [programme.deadVolumePl, BolusReason.None],
            [programme.deadVolumePl - 1, BolusReason.MoreThanLine],
            [0, BolusReason.MoreThanLine],
        ]) {
            const bench = started({ programme, checkpoint: { lineLeftPl } })
            bench.command(CommandKind.Prime, programme.deadVolumePl, 240_000_000_000)
            expect(bench.actions.bolusReason).toBe(reason)
            bench.run(60_000)
            // The schedule's 60 nL of that minute, the steps of the tick that ends it, and no more.
            expect(bench.pump.patientPl).toBeLessThan(60_000 + 2 * MECHANISM.stepPl)
        }
    })

    /** 24 mL a day, which is a step in every second tick or so. */
    const fastest = { segmentRatePlPerDay: [24_000_000_000], meanRatePlPerDay: 24_000_000_000 }

    test("F13: no count goes below 0 or over its most, whatever is asked of an empty pump or a full one", () => {
        const programme = {
            ...programmeWithDoses(),
            ...fastest,
            windowBasalPl: 4_000_000_000,
            windowPlMax: 5_000_000_000,
        }
        const { reservoirPl } = programme
        const volumePl = fc.constantFrom(
            -1,
            0,
            1,
            MECHANISM.stepPl,
            5_000_000,
            reservoirPl,
            reservoirPl + 1,
            2 ** 48,
            Number.NaN,
        )
        const action = fc.record({
            kind: fc.constantFrom(
                CommandKind.None,
                CommandKind.Stop,
                CommandKind.Start,
                CommandKind.Prime,
                CommandKind.Refill,
                CommandKind.Release,
                CommandKind.Bolus,
                CommandKind.PatientDose,
                CommandKind.CancelBolus,
                CommandKind.MinimumRate,
                CommandKind.Clock,
            ),
            volumePl,
            lengthMs: fc.integer({ min: 100, max: 20_000 }),
        })
        fc.assert(
            fc.property(
                fc.constantFrom(0, 1, MECHANISM.stepPl - 1, MECHANISM.stepPl, 1_000_000, reservoirPl),
                fc.constantFrom(0, 1, MECHANISM.stepPl, programme.deadVolumePl),
                fc.array(action, { maxLength: 12 }),
                (residualPl, lineLeftPl, actions) => {
                    const bench = started({ programme, checkpoint: { residualPl, lineLeftPl } })
                    const { pump } = bench
                    for (const { kind, volumePl, lengthMs } of actions) {
                        bench.readings.commandWallMs = volumePl
                        bench.command(kind, volumePl, 240_000_000_000, volumePl)
                        for (const endMs = bench.nowMs + lengthMs; bench.nowMs < endMs; ) {
                            bench.tick()
                            expect(pump.residualPl).toBeGreaterThanOrEqual(0)
                            expect(pump.residualPl).toBeLessThanOrEqual(reservoirPl)
                            expect(pump.bolusLeftPl).toBeGreaterThanOrEqual(0)
                            expect(pump.bolusLeftPl).toBeLessThanOrEqual(pump.bolusPl)
                            expect(pump.heldLeftPl).toBeGreaterThanOrEqual(0)
                            expect(pump.heldLeftPl).toBeLessThanOrEqual(pump.heldPl)
                            expect(pump.lineLeftPl).toBeGreaterThanOrEqual(0)
                            expect(pump.lineLeftPl).toBeLessThanOrEqual(programme.deadVolumePl)
                            expect(pump.doses.lockoutMs).toBeGreaterThanOrEqual(0)
                            expect(windowVolume(pump.doses, 1440)).toBeGreaterThanOrEqual(0)
                            expect(pump.owed).toBeGreaterThanOrEqual(0)
                            expect(bench.guard.hourSteps).toBeGreaterThanOrEqual(0)
                        }
                    }
                    bench.journal.sequence = 4_294_967_295
                    expect(afterReset(pump, bench.guard, bench.journal).residualPl).toBe(pump.residualPl)
                },
            ),
            { numRuns: 60 },
        )
    })
})

describe("a firmware that hangs for longer than the machine's link to its bench lasts", () => {
    /** A run at 2 mL a day of ten minutes, in which the firmware hangs for so long after five. */
    async function hung(seconds: number) {
        const scenario = loadScenario("sim/scenarios/false-end-switch.json")
        const run = await runScenario(
            {
                ...scenario,
                durationMs: 600_000,
                events: [{ atMs: 300_000, kind: "freeze", lastsMs: seconds * 1000 }],
                expect: { alarms: [], noOtherAlarms: false },
            },
            { engine: "core", seed: scenario.seed },
        )
        return run.result
    }

    test("MET-3: ten seconds are made up, and half a minute is told as lost time of which no more than ten are", async () => {
        // The last tick that did anything may have been most of a second before.
        const ten = await hung(8.9)
        const thirty = await hung(30)
        expect(ten.alarms).toEqual([])
        expect(thirty.alarms.map(({ id, reason }) => `${id}: ${reason}`)).toEqual(["timeLost: clock jumped"])
        // Twenty-one seconds at 2 mL a day, ten of them made up after the longer one, are 10 to 11 steps of 44.9 nL.
        expect(ten.commandedSteps - thirty.commandedSteps).toBeGreaterThanOrEqual(10)
        expect(ten.commandedSteps - thirty.commandedSteps).toBeLessThanOrEqual(11)
    })

    test("FLT-2: the watchdog cuts the motor meanwhile, and the steps due at the first tick after it are lost", async () => {
        const missingSteps = ({ commandedSteps, deliveredPl }: Awaited<ReturnType<typeof hung>>) =>
            commandedSteps - Math.round(deliveredPl / 44_900)
        expect(missingSteps(await hung(1.5))).toBe(0)
        // Five seconds at 2 mL a day are 2.6 steps.
        expect(missingSteps(await hung(5))).toBeGreaterThanOrEqual(2)
        expect(missingSteps(await hung(5))).toBeLessThanOrEqual(3)
    })
})

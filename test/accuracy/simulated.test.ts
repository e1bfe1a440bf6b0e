// Simulated gravimetric runs: metering alone is never off by a whole step in any window, the mechanism shows what the world truly has,
// and doses are weighed as a person would weigh them.

import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { doseAccuracy } from "../../sim/accuracy/doses"
import { readMeasured } from "../../sim/accuracy/measured"
import { reportOf } from "../../sim/accuracy/reportOf"
import { type MethodRequest, requestOf } from "../../sim/accuracy/request"
import { intervalsOf } from "../../sim/accuracy/series"
import { type SimulatedOptions, simulate } from "../../sim/accuracy/simulated"
import { trumpetWindow } from "../../sim/accuracy/trumpet"
import { loadScenario } from "../../sim/scenario/load"
import type { Scenario, ScenarioEvent } from "../../sim/scenario/scenario"
import { inputFolder, refusalOf, writeInput } from "../inputFiles"
import { MS_PER_HOUR, MS_PER_MINUTE } from "./series"

const PL_PER_ML = 1_000_000_000

function flow(name: string, changes: Partial<Scenario> = {}): Scenario {
    const file = fileURLToPath(new URL(`../../sim/accuracy/flows/${name}.json`, import.meta.url))
    return { ...loadScenario(file), ...changes }
}

/** The bench of a scenario with a plunger that slides and does not stick. */
const sliding = ({ world }: Scenario) => ({
    ...world,
    plungerStictionKilopascals: 0,
    stopperComplianceMicrolitresPerKilopascal: 0,
})

const run = (scenario: Scenario, options: Partial<SimulatedOptions> = {}) =>
    simulate(scenario, {
        seed: 1,
        everyMs: 10_000,
        readabilityMicrolitres: 0,
        metering: false,
        onProgress: () => {},
        ...options,
    })

describe("metering alone", () => {
    test.each<[mlPerDay: string, hours: number, jitterMsMax: number]>([
        ["0.048", 3, 0],
        ["0.048", 3, 400],
        ["0.6", 3, 0],
        ["0.6", 3, 400],
        ["24", 2, 0],
        ["24", 2, 400],
    ])(
        "MET-1: at %s mL/day no window is off by a whole step, over %d h with ticks late by up to %d ms",
        async (mlPerDay, hours, jitterMsMax) => {
            const scenario = flow(mlPerDay, { durationMs: hours * MS_PER_HOUR })
            const late = { ...scenario, world: { ...scenario.world, tickJitterMsMax: jitterMsMax } }
            const { series, anyWindowSteps, stepMicrolitres, alarms } = await run(late, { metering: true })
            expect(alarms).toBe(0)
            expect(anyWindowSteps).toBeLessThan(1)
            expect(anyWindowSteps).toBeGreaterThan(0.9)
            const intervals = intervalsOf(series, 10_000, MS_PER_MINUTE)
            const tenSecondsMicrolitres = (Number(mlPerDay) * 1000) / 8640
            for (const length of [1, 2, 3, 5, 8, 19, 31, 60, 93, 186, 360, 700]) {
                const { epMaxPercent, epMinPercent, leftOut } = trumpetWindow(intervals, length, () => true)
                expect(leftOut).toBe(0)
                for (const error of [epMaxPercent, epMinPercent]) {
                    const steps = ((error ?? Number.NaN) / 100) * ((length * tenSecondsMicrolitres) / stepMicrolitres)
                    expect(Math.abs(steps), `${length * 10} s`).toBeLessThan(1)
                }
            }
        },
    )

    test("is told apart from a plunger that sticks, and from a screw that moves more than calibration says", async () => {
        const scenario = flow("0.6", { durationMs: 2 * MS_PER_HOUR })
        const [sticking, smooth, metered] = [
            await run(scenario),
            await run({ ...scenario, world: sliding(scenario) }),
            await run(scenario, { metering: true }),
        ]
        const worst = (series: typeof metered.series) =>
            trumpetWindow(intervalsOf(series, MS_PER_MINUTE, MS_PER_MINUTE), 5, () => true).epMaxPercent ?? Number.NaN
        // Five minutes are 46 steps; the sticking plunger moves by 5 kPa × 0.05 µL/kPa, over five steps, at once.
        expect(worst(metered.series)).toBeLessThan(100 / 46)
        expect(worst(smooth.series)).toBeLessThan(100 / 46 + 0.03)
        expect(worst(sticking.series)).toBeGreaterThan(500 / 46 / 2)
        const delivered = ({ series }: typeof metered) =>
            series.measuredMicrolitres[series.measuredMicrolitres.length - 1]
        // Bore 19.13 mm, 0.5 mm a turn of 3200 steps, against 44.9 nL.
        const stepMicrolitres = ((Math.PI / 4) * 19.13 ** 2 * 0.5) / 3200
        expect(delivered(smooth) / delivered(metered)).toBeCloseTo(stepMicrolitres / 0.0449, 4)
    })
})

describe("the scale", () => {
    test("is read as often as asked from the first delivery on, and shows what was set for the same time", async () => {
        const { series } = await run(flow("0.6", { durationMs: MS_PER_HOUR }), { everyMs: 32_328 })
        expect(series.timeMs.slice(0, 4)).toEqual([0, 32_328, 64_656, 96_984])
        expect(series.timeMs).toHaveLength(Math.floor((MS_PER_HOUR - 5000) / 32_328) + 1)
        expect(series.setMicrolitres[100]).toBeCloseTo((25 * 3_232_800) / MS_PER_HOUR, 5)
    })

    test("reads between two ticks and at fractions of a millisecond as well", async () => {
        const { series } = await run(flow("24", { durationMs: 5 * MS_PER_MINUTE }), { everyMs: 30_065.04 })
        expect(series.timeMs).toEqual([0, 30_065, 60_130, 90_195, 120_260, 150_325, 180_390, 210_455, 240_520, 270_585])
        for (const [i, set] of series.setMicrolitres.entries()) expect(set).toBeCloseTo(series.timeMs[i] / 3600, 4)
    })

    test("shows no more than its digits", async () => {
        const { series } = await run(flow("0.6", { durationMs: MS_PER_HOUR }), { readabilityMicrolitres: 0.5 })
        expect(new Set(series.measuredMicrolitres.map(value => (value * 2) % 1))).toEqual(new Set([0]))
        expect(series.measuredMicrolitres[series.timeMs.length - 1]).toBeGreaterThan(24)
    })

    test("what it shows, written to a file and read again, is the same measurement", async () => {
        const { series } = await run(flow("0.6", { durationMs: MS_PER_HOUR }))
        const rows = series.timeMs.map((ms, i) => `${ms / 1000},${series.measuredMicrolitres[i]}`)
        const request = requestOf(writeInput(inputFolder(), "run.csv", `time_s,volume_uL\n${rows.join("\n")}\n`), {
            set: "0.6 mL/day",
        })
        if (request.kind !== "measured") throw new Error("a file is a measurement")
        const again = readMeasured(request.file, request.columns, { ...request, gramsPerMl: 1 })
        expect(again.series.timeMs).toEqual(series.timeMs)
        for (const [i, set] of again.series.setMicrolitres.entries())
            expect(set).toBeCloseTo(series.setMicrolitres[i], 4)
        expect(again.series.measuredMicrolitres).toEqual(series.measuredMicrolitres)
    })

    test("the same seed gives the same run", async () => {
        const scenario = flow("0.6", { durationMs: MS_PER_HOUR })
        const late = { ...scenario, world: { ...scenario.world, tickJitterMsMax: 50 } }
        expect(await run(late, { seed: 3 })).toEqual(await run(late, { seed: 3 }))
        expect(await run(late, { seed: 3 })).not.toEqual(await run(late, { seed: 4 }))
    })
})

describe("doses of a run", () => {
    const bolus = (minute: number, micrograms: number): ScenarioEvent => ({
        atMs: minute * MS_PER_MINUTE,
        kind: "bolus",
        amount: { micrograms },
        overMinutes: 5,
    })
    const dosed = (events: ScenarioEvent[], minutes = 60) => {
        const scenario = flow("doses", { durationMs: minutes * MS_PER_MINUTE, events })
        return run({ ...scenario, world: sliding(scenario) })
    }

    test("each is what left the catheter beside the programme's own flow, to a step", async () => {
        const { doses, dosesLeftOut } = await dosed([bolus(10, 25), bolus(25, 1), bolus(40, 1)])
        expect(dosesLeftOut).toBe(0)
        expect(doses.map(dose => dose.programmedMicrolitres)).toEqual([50, 2, 2])
        // The true step is a 4600th larger than calibration says.
        for (const { programmedMicrolitres, measuredMicrolitres } of doses)
            expect(Math.abs(measuredMicrolitres - programmedMicrolitres)).toBeLessThan(
                0.045 + programmedMicrolitres / 4600,
            )
        expect(doseAccuracy(doses).map(({ count }) => count)).toEqual([2, 1])
    })

    test("one that follows before the scale has settled is told from the one before", async () => {
        const { doses, dosesLeftOut } = await dosed([bolus(10, 25), bolus(15.1, 1)])
        expect([doses.length, dosesLeftOut]).toEqual([2, 0])
        for (const { programmedMicrolitres, measuredMicrolitres } of doses)
            expect(Math.abs(measuredMicrolitres - programmedMicrolitres)).toBeLessThan(0.1)
    })

    test("primes are no doses; one that is ended, cut off or not over at the end is left out, and those after it are not", async () => {
        const at = (minute: number, kind: "cancelBolus" | "powerOff" | "powerOn"): ScenarioEvent => ({
            atMs: minute * MS_PER_MINUTE,
            kind,
        })
        const prime: ScenarioEvent = {
            atMs: MS_PER_MINUTE,
            kind: "prime",
            volumePl: 0.01 * PL_PER_ML,
            ratePlPerDay: 24 * PL_PER_ML,
        }
        const events = [
            prime,
            bolus(15, 5),
            at(17, "cancelBolus"),
            bolus(30, 5),
            at(32, "powerOff"),
            at(33, "powerOn"),
            bolus(40, 5),
            bolus(58, 5),
        ]
        const { doses, dosesLeftOut } = await dosed(events)
        expect(doses.map(dose => dose.programmedMicrolitres)).toEqual([10])
        expect(dosesLeftOut).toBe(3)
    })

    test("a clinician's bolus that waits for a patient's dose, and that dose, are left out", async () => {
        const file = fileURLToPath(new URL("../../sim/prescriptions/patient-dose.json", import.meta.url))
        const given = {
            name: "Two",
            description: "Two at once.",
            prescription: file,
            duration: "00:40",
            startsAt: "2026-03-02T00:00:00",
        }
        const events = [
            { at: "00:05", do: "bolus", micrograms: 10, overMinutes: 10 },
            { at: "00:10", do: "patientDose" },
        ]
        const folder = inputFolder()
        const scenario = loadScenario(
            writeInput(folder, "two.json", { ...given, prescription: relativeTo(folder, file), events }),
        )
        const { doses, dosesLeftOut } = await run(scenario)
        expect(doses).toEqual([])
        expect(dosesLeftOut).toBe(2)
    })
})

/** As a scenario names a file: relative to its own folder. */
function relativeTo(folder: string, file: string): string {
    return `${"../".repeat(folder.split("/").length - 1)}${file.slice(1)}`
}

describe("a report of a run", () => {
    const method: MethodRequest = {
        type: "type2",
        windows: undefined,
        stabilisationMs: undefined,
        gapMs: undefined,
        withoutOutliers: false,
    }
    const request = (scenario: Scenario) =>
        ({ kind: "simulated", scenario, seed: 1, readabilityMg: 0, metering: true, method }) as const

    test("says the shot cycle, the set rate and the largest error of any window", async () => {
        const report = await reportOf(request(flow("0.6", { durationMs: MS_PER_HOUR })), () => {})
        expect(report.setMicrolitresPerHour).toBeCloseTo(25, 9)
        expect(report.shotCycleSeconds).toBeCloseTo(6.4656, 9)
        expect(report.accuracy?.intervalSeconds).toBeCloseTo(32.328, 9)
        expect(report.source).toMatchObject({ kind: "simulated", of: "metering", stepMicrolitres: 0.0449 })
        expect(report.accuracy?.periods[0].trumpet.map(window => window.intervals)).toEqual([1, 2, 5, 11, 19, 31])
    })

    test("of a run that is too short is refused", async () => {
        const short = flow("0.6", { durationMs: 5000 })
        await expect(reportOf(request(short), () => {})).rejects.toThrow(/duration: was too short/)
    })

    test("a window that is no whole number of sampling intervals is refused", async () => {
        const scenario = flow("0.6", { durationMs: MS_PER_HOUR })
        const minutes = { ...request(scenario), method: { ...method, windows: [{ ms: MS_PER_MINUTE }] } }
        await expect(reportOf(minutes, () => {})).rejects.toThrow(
            '--windows: was 60 s, may be whole numbers of sampling intervals of 32.328 s, such as "5S"',
        )
    })
})

test("a request for a scenario that isn't there is refused as such", () => {
    const folder = inputFolder()
    expect(refusalOf(folder, () => requestOf(undefined, { scenario: `${folder}/none.json` }))).toEqual([
        "none.json: was missing, may be the path of a JSON file",
    ])
})

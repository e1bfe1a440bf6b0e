// The figures of summary and report: refill, rates, thinning, and how numbers and times are written.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { NO_DOSES } from "../../sim/prescription/doses"
import { readBack } from "../../sim/report/readBack"
import { msToRefill } from "../../sim/report/refill"
import { averagingWindowMs, movingRatePlPerDay, thin } from "../../sim/report/samples"
import { renderSummary } from "../../sim/report/summary"
import { formatDuration, formatMl, formatSteps, RunClock } from "../../sim/report/units"
import { alarmName, eventName } from "../../sim/report/words"
import type { ScenarioEvent } from "../../sim/scenario/scenario"
import { ALARMS } from "../../src/pump/alarmRules"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from "../../src/pump/limits"
import { decodeProgramme, type Programme } from "../../src/pump/programme"
import { fixtureRun, fixtureScenario, THERAPY } from "./fixture"

describe("refill", () => {
    test.each([
        ["ten days above the level", 4_000_000_000, 2_000_000_000, 200_000_000, 10 * MS_PER_DAY],
        ["just above the level", 2_000_000_001, 2_000_000_000, 86_400_000, 1],
        ["at the level", 2_000_000_000, 2_000_000_000, 200_000_000, 0],
        ["under the level", 1_000_000_000, 2_000_000_000, 200_000_000, 0],
        ["nothing flows", 4_000_000_000, 2_000_000_000, 0, null],
        ["volume not known", Number.NaN, 2_000_000_000, 200_000_000, null],
    ])("%s", (_name, residualPl, lowPl, meanRatePlPerDay, expectedMs) => {
        expect(msToRefill(residualPl, lowPl, meanRatePlPerDay)).toBe(expectedMs)
    })
})

describe("samples", () => {
    test("a steady flow averages to itself, at the ends too", () => {
        const timeMs = Array.from({ length: 100 }, (_, i) => i * MS_PER_MINUTE)
        const totalPl = timeMs.map(atMs => (atMs / MS_PER_DAY) * 200_000_000)
        for (const rate of movingRatePlPerDay(timeMs, totalPl, 15 * MS_PER_MINUTE))
            expect(rate).toBeCloseTo(200_000_000, 3)
    })

    test("the window spans enough steps, samples and plot", () => {
        expect(averagingWindowMs(MS_PER_DAY, MS_PER_MINUTE, 1000, 200_000_000)).toBe(5 * MS_PER_MINUTE)
        expect(averagingWindowMs(MS_PER_DAY, MS_PER_MINUTE, 44_900, 156_250_000)).toBe(15 * MS_PER_MINUTE)
        expect(averagingWindowMs(90 * MS_PER_DAY, MS_PER_HOUR, 20_000, 200_000_000)).toBe(MS_PER_DAY)
        expect(averagingWindowMs(MS_PER_HOUR, 1000, 20_000, 0)).toBe(MS_PER_MINUTE)
    })

    test("thinning keeps the ends, the totals and the highest pressure", () => {
        fc.assert(
            fc.property(fc.integer({ min: 3, max: 400 }), fc.integer({ min: 2, max: 50 }), (rows, rowsMax) => {
                const samples = fixtureRun((rows - 1) * MS_PER_MINUTE).samples
                const kept = thin(samples, rowsMax)
                expect(kept.timeMs.length).toBeLessThanOrEqual(rowsMax)
                expect(kept.timeMs[0]).toBe(0)
                expect(kept.timeMs.at(-1)).toBe(samples.timeMs.at(-1))
                expect(kept.deliveredPl.at(-1)).toBe(samples.deliveredPl.at(-1))
                expect(Math.max(...kept.pressurePa)).toBe(Math.max(...samples.pressurePa))
            }),
            { numRuns: 50 },
        )
    })
})

describe("read-back", () => {
    test("a day's segments add up to its dose", () => {
        const [day, ...others] = readBack(decodeProgramme(fixtureScenario().programmeBytes) as Programme)
        expect(others).toEqual([])
        expect(day.days).toBe("every day")
        expect(day.ugPerDay).toBeCloseTo(312.5, 6)
        expect(day.segments.map(segment => `${segment.from}-${segment.to}`)).toEqual([
            "00:00-06:00",
            "06:00-22:00",
            "22:00-24:00",
        ])
        expect(day.segments[0].ugPerHour).toBeCloseTo(110 / 6, 6)
    })

    test.each([
        [
            [0, 0, 0, 0, 0, 1, 1],
            ["Mon to Fri", "Sat, Sun"],
        ],
        [
            [0, 1, 0, 1, 0, 1, 0],
            ["Mon, Wed, Fri, Sun", "Tue, Thu, Sat"],
        ],
    ])("weekdays of patterns %j", (patternOfWeekday, days) => {
        const programme: Programme = {
            ...NO_DOSES,
            concentrationNgPerMl: 500_000,
            reservoirPl: 20_000_000_000,
            reservoirLowPl: 2_000_000_000,
            meanRatePlPerDay: 200_000_000,
            patternOfWeekday,
            patternStart: [0, 1, 2],
            segmentStartMinute: [0, 0],
            segmentRatePlPerDay: [200_000_000, 100_000_000],
        }
        expect(readBack(programme).map(day => day.days)).toEqual(days)
    })
})

describe("words and numbers", () => {
    test("every alarm of the pump has a name in words", () => {
        for (const { id } of ALARMS) expect(alarmName(id)).toMatch(/^[A-Z][a-z]/)
    })

    test.each([
        [0, "0 s"],
        [700, "0.7 s"],
        [45_000, "45 s"],
        [MS_PER_HOUR, "1 h"],
        [135 * MS_PER_MINUTE, "2 h 15 min"],
        [MS_PER_DAY, "1 day"],
        [79 * MS_PER_DAY + 4 * MS_PER_HOUR + 1000, "79 days 4 h"],
    ])("a time of %d ms reads %s", (durationMs, text) => {
        expect(formatDuration(durationMs)).toBe(text)
    })

    test("a fraction of a step never reads as a whole one", () => {
        expect(formatSteps(0.9997)).toBe("0.9997")
        expect(formatSteps(0.99998)).toBe("0.99998")
        expect(formatSteps(0.5)).toBe("0.500")
        expect(formatSteps(1)).toBe("1")
    })

    test("volumes keep about four figures", () => {
        expect([200_000_000, 2_000_000_000, 17_800_000_000].map(formatMl)).toEqual(["0.2000", "2.000", "17.80"])
    })

    test("the clock counts days from the first midnight", () => {
        const clock = new RunClock("2026-03-02T22:30:00")
        expect(clock.dayAndTime(0)).toBe("Day 1, 22:30:00")
        expect(clock.dayAndTime(2 * MS_PER_HOUR)).toBe("Day 2, 00:30:00")
        expect(clock.date(2 * MS_PER_HOUR)).toBe("Tue 3 Mar 2026")
        expect(clock.secondsOfRun(0)).toBe(81_000)
    })
})

describe("summary", () => {
    test("states dose, error, alarms, boluses and refill, without colour codes", () => {
        const text = renderSummary(fixtureScenario(), fixtureRun(), false)
        expect(text).toMatch(/Programmed +0\.\d{4} mL +\d+\.\d µg/)
        expect(text).toContain("0.9997 steps")
        expect(text).toMatch(/high +Line occluded: pressure rising with each step +Day 1, \d\d:\d\d:\d\d/)
        expect(text).toContain("denied: occlusion")
        expect(text).toContain("due now: at or under 2.000 mL")
        expect(text).not.toContain("\u001b")
    })

    test("states which programmes were offered, and nothing where none was", () => {
        const run = fixtureRun()
        expect(renderSummary(fixtureScenario(), run, false)).not.toContain("offered")
        run.result.programmes.push({ offeredMs: MS_PER_HOUR, answer: "refused: damaged" })
        expect(renderSummary(fixtureScenario(), run, false)).toMatch(
            /1 programme offered\n +Day 1, 01:00:00 +refused: damaged/,
        )
        run.result.programmes.push({ offeredMs: 2 * MS_PER_HOUR, answer: "taken" })
        expect(renderSummary(fixtureScenario(), run, false)).toMatch(
            /2 programmes offered\n.*\n +Day 1, 02:00:00 +taken/,
        )
    })

    test("states boluses by kind with their dose, what left the catheter by strength, line, and refused commands", () => {
        const run = fixtureRun()
        run.result.boluses = THERAPY.boluses
        const { refusals, lineEvents, deliveredStrengths } = THERAPY
        const plain = renderSummary(fixtureScenario(), run, false)
        expect(plain).not.toMatch(/^(Line|Left the catheter|.*refused)$/m)
        Object.assign(run.result, { refusals, lineEvents, deliveredStrengths })
        const text = renderSummary(fixtureScenario(), run, false)
        for (const line of [
            /^ +clinician's bolus +Day 1, 06:00:00 +0\.0250 mL +25\.0 µg +delivered, after it waited for a patient's dose$/m,
            /^ +patient's dose +Day 1, 07:00:00 +0\.0000 mL +0\.0 µg +denied: too soon after the last dose$/m,
            /^ +prime +Day 1, 08:00:00 +0\.2000 mL +– µg +delivered$/m,
            /^Left the catheter\n +no drug +0\.2500 mL\n +1,000 µg\/mL +0\.0100 mL$/m,
            /^Line\n +Day 1, 01:00:00 +bridge begun +0\.2500 mL to go\n +Day 1, 02:00:00 +bridge over$/m,
            /^1 command refused\n +Day 1, 03:00:00 +setClock +over 14 h while the pump runs$/m,
        ])
            expect(text).toMatch(line)
    })

    test("tells of many boluses in sums, by kind and outcome", () => {
        const run = fixtureRun()
        run.result.boluses = Array.from({ length: 11 }, () => THERAPY.boluses).flat()
        const text = renderSummary(fixtureScenario(), run, false)
        expect(text).toMatch(/^33 boluses$/m)
        expect(text).toMatch(/^ +prime +11 × +2\.200 mL in all +delivered$/m)
        expect(text).toMatch(/^ +patient's dose +11 × +0\.0000 mL in all +denied: too soon after the last dose$/m)
        expect(text).not.toContain("Day 1, 06:00:00")
    })

    test("a full reservoir has a refill date", () => {
        const run = fixtureRun()
        run.result.residualPl = 2_000_000_000 + 10 * 156_250_000
        expect(renderSummary(fixtureScenario(), run, false)).toContain("Fri 13 Mar 2026: 2.000 mL left in 10 days")
    })

    test("colours are for terminals", () => {
        expect(renderSummary(fixtureScenario(), fixtureRun(), true)).toContain("\u001b[31m")
    })
})

const FILLING = { volumePl: 15_000_000_000, missedPl: 0, measuredResidualPl: undefined, lineChanged: true }
const OFFER = {
    atMs: 0,
    kind: "programme",
    name: "more",
    bytes: new Uint8Array(),
    concentrationNgPerMl: 500_000,
    filling: undefined,
} as const

test.each<[ScenarioEvent, string]>([
    [{ atMs: 0, kind: "supplyLow" }, "supply about to fail"],
    [{ atMs: 0, kind: "supplyGood" }, "supply good again"],
    [{ atMs: 0, kind: "sensorFault", sensor: "memory", failure: "missing", driftPerHour: 0 }, "record memory missing"],
    [{ ...OFFER, damaged: false }, "programme offered: more"],
    [{ ...OFFER, damaged: true }, "programme offered: more, damaged on its way"],
    [
        { ...OFFER, damaged: false, filling: FILLING },
        "programme offered: more, with a refill to 15.00 mL and a new line",
    ],
    [{ atMs: 0, kind: "refill", filling: { ...FILLING, lineChanged: false } }, "refill to 15.00 mL"],
    [{ atMs: 0, kind: "patientDose" }, "patient asks for a dose"],
    [
        { atMs: 0, kind: "hostileFrames", frames: 40, everyMs: 500, seed: 7 },
        "40 packets from a stranger, one each 0.5 s",
    ],
    [{ atMs: 0, kind: "cutInWrite", bytes: 56, offMs: 100 }, "power lost in a write after 56 bytes, for 0.1 s"],
    [{ atMs: 0, kind: "flipBit", address: 7, bit: 3 }, "bit 3 of byte 7 in the record memory turned over"],
    [{ atMs: 0, kind: "refillBegin" }, "refill begun"],
    [
        { atMs: 0, kind: "bolus", amount: { micrograms: 25 }, overMinutes: 30 },
        "clinician's bolus of 25.0 µg over 30 min",
    ],
    [
        { atMs: 0, kind: "bolus", amount: { volumePl: 50_000_000 }, overMinutes: 30 },
        "clinician's bolus of 0.0500 mL over 30 min",
    ],
    [
        { atMs: 0, kind: "setClock", localTime: "2026-03-29T03:00:00", localMs: 0 },
        "local time set to 2026-03-29 03:00:00",
    ],
])("%j in words", (event, words) => {
    expect(eventName(event)).toBe(words)
})

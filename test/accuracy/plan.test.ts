// What the standard asks for: sampling intervals, windows and analysis periods, at both sides of each of their bounds.

import { describe, expect, test } from "vitest"
import { analyse } from "../../sim/accuracy/analyse"
import { waterGramsPerMl } from "../../sim/accuracy/density"
import { analysisPeriods, samplingIntervalMs, standardWindows, wholeIntervals } from "../../sim/accuracy/plan"
import { MS_PER_HOUR, MS_PER_MINUTE, seriesOf, times, VOLUMETRIC } from "./series"

describe("sampling interval", () => {
    test.each<[type: "volumetric" | "type2", cycleS: number | undefined, everyS: number, expectedS: number]>([
        ["volumetric", undefined, 1, 30],
        ["volumetric", undefined, 30, 30],
        ["volumetric", undefined, 33, 30],
        ["volumetric", undefined, 33.1, 60],
        ["volumetric", undefined, 60, 60],
        ["volumetric", undefined, 300, 300],
        ["volumetric", 80.82, 1, 30],
        ["type2", 80.82, 1, 80.82],
        ["type2", 30.001, 1, 30.001],
        ["type2", 29, 1, 29],
        // The multiple nearest half a minute, not the next above it.
        ["type2", 19, 1, 38],
        ["type2", 21, 1, 21],
        ["type2", 6.4656, 1, 32.328],
        ["type2", 0.16164, 1, 30.06504],
        ["type2", 80.82, 160, 161.64],
        ["type2", 6.4656, 60, 64.656],
    ])("%s, shot cycle %d s, sampled each %d s: %d s", (type, cycleS, everyS, expectedS) => {
        const ms = samplingIntervalMs(type, cycleS && cycleS * 1000, everyS * 1000)
        expect(ms / 1000).toBeCloseTo(expectedS, 9)
    })
})

describe("windows", () => {
    test("those of the standard, in sampling intervals", () => {
        expect(standardWindows("volumetric", 30_000)).toEqual({ intervals: [4, 10, 22, 38, 62], leftOut: [] })
        expect(standardWindows("type2", 80_820)).toEqual({ intervals: [1, 2, 5, 11, 19, 31], leftOut: [] })
    })

    test("those that the data can't fill are left out by name, and the result says so", () => {
        expect(standardWindows("volumetric", 300_000)).toEqual({
            intervals: [1],
            leftOut: ["2 min", "11 min", "19 min", "31 min"],
        })
        const { missing, periods } = analyse(
            seriesOf(times(3 * MS_PER_HOUR, 300_000), 25, ms => ms),
            VOLUMETRIC,
        )
        expect(missing.join()).toContain("windows of 2 min, 11 min, 19 min, 31 min")
        expect(periods[0].trumpet.map(window => window.minutes)).toEqual([5])
    })

    test("a window is a whole number of sampling intervals, to a thousandth of itself", () => {
        expect(wholeIntervals({ ms: 120_000 }, 30_000)).toBe(4)
        expect(wholeIntervals({ ms: 120_100 }, 30_000)).toBe(4)
        expect(wholeIntervals({ ms: 120_130 }, 30_000)).toBeUndefined()
        expect(wholeIntervals({ ms: 10_000 }, 30_000)).toBeUndefined()
        expect(wholeIntervals({ intervals: 31 }, 80_820)).toBe(31)
        expect(wholeIntervals({ intervals: 0 }, 80_820)).toBeUndefined()
    })

    test("a list that is given takes the place of the standard's", () => {
        const method = { ...VOLUMETRIC, windows: [{ ms: 60_000 }, { intervals: 3 }] }
        const { periods } = analyse(
            seriesOf(times(2 * MS_PER_HOUR, 30_000), 25, ms => ms),
            method,
        )
        expect(periods[0].trumpet.map(window => window.minutes)).toEqual([1, 1.5])
    })
})

describe("analysis periods", () => {
    const named = (type: "volumetric" | "type2", intervalMs: number, count: number, stabilisationMs?: number) => {
        const { periods, missing } = analysisPeriods(type, intervalMs, count, stabilisationMs)
        return [
            ...periods.map(({ name, first, count: of }) => `${name.split(",")[0]}: ${first} to ${first + of}`),
            ...missing,
        ]
    }

    test.each<[count: number, expected: (string | RegExp)[]]>([
        [239, [/T1, the second hour: the run is too short/]],
        [240, ["T1: 120 to 240"]],
        [241, ["T1: 120 to 240", "T2: 121 to 241"]],
        [2880, ["T1: 120 to 240", "T2: 2760 to 2880"]],
    ])("volumetric, %d half minutes", (count, expected) => {
        const found = named("volumetric", 30_000, count)
        expect(found).toHaveLength(expected.length)
        expected.forEach((words, i) => {
            expect(found[i]).toMatch(words)
        })
    })

    test("a sampling interval of more than an hour has no period of an hour", () => {
        expect(named("volumetric", 2 * MS_PER_HOUR, 100)).toEqual(["T1, the second hour: the run is too short for it"])
    })

    test("type 2: 100 intervals after 24 h of stabilisation, or after what is given", () => {
        // 24 h are 1069.04 cycles of 80.82 s: the period begins with the first whole one after them.
        expect(named("type2", 80_820, 1170)).toEqual(["T2: 1070 to 1170"])
        expect(named("type2", 80_820, 3000)).toEqual(["T2: 1070 to 1170"])
        expect(named("type2", 60_000, 160, MS_PER_HOUR)).toEqual(["T2: 60 to 160"])
        expect(analysisPeriods("type2", 80_820, 1170, undefined).periods[0]).toMatchObject({
            name: "T2, 100 sampling intervals after stabilisation",
            note: "",
        })
    })

    test("type 2 in a shorter run: its last 100 intervals, or all that a given stabilisation leaves; and it says so", () => {
        expect(named("type2", 80_820, 1169)).toEqual(["T2: 1069 to 1169"])
        expect(analysisPeriods("type2", 80_820, 1169, undefined).periods[0]).toMatchObject({
            name: "T2, the last 100 sampling intervals",
            note: "the run is too short for 1 day of stabilisation and 100 intervals",
        })
        expect(named("type2", 80_820, 40)).toEqual(["T2: 0 to 40"])
        expect(named("type2", 60_000, 159, MS_PER_HOUR)).toEqual(["T2: 60 to 159"])
        expect(named("type2", 60_000, 61, MS_PER_HOUR)).toEqual(["T2: 60 to 61"])
        expect(named("type2", 60_000, 60, MS_PER_HOUR)).toEqual([
            "T2, 100 sampling intervals after stabilisation: the run ends before them",
        ])
    })

    test("the start-up graph of type 2 shows what lies before its period", () => {
        const method = {
            ...VOLUMETRIC,
            type: "type2" as const,
            shotCycleMs: MS_PER_MINUTE,
            stabilisationMs: 30 * MS_PER_MINUTE,
        }
        const { startUp, periods } = analyse(
            seriesOf(times(3 * MS_PER_HOUR, 30_000), 25, ms => ms),
            method,
        )
        expect(startUp.minutes).toHaveLength(30)
        expect([periods[0].fromMinutes, periods[0].toMinutes]).toEqual([30, 130])
    })
})

describe("density of water", () => {
    // Tanaka et al. 2001, as their table has it; 16 °C was also measured on its own: 998.9468 (Masui et al. 1995).
    test.each([
        [3.983035, 0.99997495],
        [16, 0.9989468],
        [20, 0.9982067],
        [25, 0.997047],
        [37, 0.9933316],
    ])("at %d °C: %d g/mL", (celsius, gramsPerMl) => {
        expect(waterGramsPerMl(celsius)).toBeCloseTo(gramsPerMl, 5)
    })
})

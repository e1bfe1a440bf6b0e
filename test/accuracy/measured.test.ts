// Files as loggers and spreadsheets write them: what is read from them, what is refused with its row, and what is only told.

import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { doseAccuracy, readDoses } from "../../sim/accuracy/doses"
import { readMeasured } from "../../sim/accuracy/measured"
import {
    AMOUNT_UNITS,
    type AmountUnit,
    flowMicrolitresPerHour,
    TIME_UNITS,
    type TimeUnit,
    timeMs,
    unitOfName,
    windowLength,
} from "../../sim/accuracy/quantities"
import type { Column } from "../../sim/accuracy/table"
import { inputFolder, refusalOf, writeInput } from "../inputFiles"

const folder = inputFolder()
const SCALE = { gramsPerMl: 1, evaporationMgPerHour: 0, setMicrolitresPerHour: 60 }

function columns(
    given: { time?: string; value?: string; timeUnit?: TimeUnit; unit?: AmountUnit } = {},
): [Column<TimeUnit>, Column<AmountUnit>] {
    return [
        {
            role: "time",
            where: given.time ?? "1",
            option: "--time-column",
            unitOption: "--time-unit",
            units: Object.keys(TIME_UNITS) as TimeUnit[],
            unit: given.timeUnit,
        },
        {
            role: "mass or volume",
            where: given.value ?? "2",
            option: "--value-column",
            unitOption: "--unit",
            units: AMOUNT_UNITS,
            unit: given.unit,
        },
    ]
}

const IN_SECONDS_AND_MG = { timeUnit: "s", unit: "mg" } as const
const read = (text: string, given: Parameters<typeof columns>[0] = IN_SECONDS_AND_MG, scale = SCALE) =>
    readMeasured(writeInput(folder, "measured.csv", text), columns(given), scale)
const refused = (text: string, given: Parameters<typeof columns>[0] = IN_SECONDS_AND_MG, scale = SCALE) =>
    refusalOf(folder, () => read(text, given, scale))

describe("what is read", () => {
    test("time and volume count from the first row, set flow from its time", () => {
        const { series } = read("100,5\n160,6\n220,7.5\n")
        expect(series).toEqual({
            timeMs: [0, 60_000, 120_000],
            measuredMicrolitres: [0, 1, 2.5],
            setMicrolitres: [0, 1, 2],
            rows: [1, 2, 3],
        })
    })

    test.each([
        ["time_s,mass_mg\n0,1\n60,2\n120,3\n", {}],
        ["time (s);volume [µL];note\n0;1;a\n60;2;b\n120;3;c\n", {}],
        ["\uFEFF# a scale's logger\ntime\tmass\n0\t1\n\n60\t2\n120\t3\n", IN_SECONDS_AND_MG],
        ["mass_g,at,time_min\n0.001,x,0\n0.002,x,1\n0.003,x,2\n", { time: "time_min", value: "mass_g" }],
        [
            "a,b,c\n0,0,0.001\n0,1,0.002\n0,2,3e-3\n",
            { time: "b", value: "3", timeUnit: "min" as const, unit: "mL" as const },
        ],
        ["0,0.001\r\n1,0.002\r\n2,0.003\r\n", { timeUnit: "min" as const, unit: "g" as const }],
    ])("%j", (text, given) => {
        const { series } = read(text, given)
        expect(series.timeMs).toEqual([0, 60_000, 120_000])
        for (const [i, microlitres] of series.measuredMicrolitres.entries()) expect(microlitres).toBeCloseTo(i, 12)
    })

    test("rows are lines of the file, comments and empty lines counted", () => {
        expect(read("# one\ntime_s,mass_mg\n0,1\n\n60,2\n120,3\n", {}).series.rows).toEqual([3, 5, 6])
    })

    test("a mass is a volume by its density; what evaporates counts as delivered", () => {
        const scale = { ...SCALE, gramsPerMl: 0.998, evaporationMgPerHour: 1.5 }
        const { series } = read("0,0\n1800,10\n3600,20\n", undefined, scale)
        expect(series.measuredMicrolitres[2]).toBeCloseTo((20 + 1.5) / 0.998, 12)
        expect(series.measuredMicrolitres[1]).toBeCloseTo((10 + 0.75) / 0.998, 12)
    })

    test("another start of the clock and another zero of the scale change nothing", () => {
        const anywhere = fc.record({
            atS: fc.integer({ min: -100_000, max: 100_000 }),
            mg: fc.integer({ min: -5000, max: 5000 }),
        })
        fc.assert(
            fc.property(anywhere, ({ atS, mg }) => {
                const rows = [0, 30, 61, 90].map((s, i) => `${s + atS},${i * i + mg}`).join("\n")
                const { series } = read(rows)
                expect(series.timeMs).toEqual([0, 30_000, 61_000, 90_000])
                expect(series.measuredMicrolitres).toEqual([0, 1, 4, 9])
            }),
            { numRuns: 30 },
        )
    })

    test("empty cells are left out and told, readings that fall are kept and told, and the last digit is found", () => {
        const measured = read("time_s,mass_mg\n0,1\n30,1.5\n60,\n90,1.4\n,3\n120,2\n", {})
        expect(measured.emptyRows).toEqual([4, 6])
        expect(measured.fallingRows).toEqual([5])
        expect(measured.series.rows).toEqual([2, 3, 5, 7])
        expect(measured.readabilityMicrolitres).toBeCloseTo(0.1, 9)
    })
})

describe("what is refused, with its row", () => {
    test.each<[name: string, text: string, given: Parameters<typeof columns>[0] | undefined, message: string]>([
        ["nothing in it", "", undefined, "measured.csv: was empty, may be a CSV file with two columns of numbers"],
        ["two rows", "0,1\n1,2\n", undefined, "measured.csv: was 2 rows with time and mg, may be 3 rows or more"],
        ["a word", "0,1\n1,two\n2,3\n", undefined, 'measured.csv: row 2, mass or volume: was "two", may be a number'],
        [
            "a decimal comma",
            "0;1\n1;2,5\n2;3\n",
            undefined,
            'measured.csv: row 2, mass or volume: was "2,5", may be a number, with a decimal point',
        ],
        [
            "no number",
            "0,1\n1,NaN\n2,3\n",
            undefined,
            'measured.csv: row 2, mass or volume: was "NaN", may be a number',
        ],
        [
            "too large a number",
            "0,1\n1,1e999\n2,3\n",
            undefined,
            'measured.csv: row 2, mass or volume: was "1e999", may be a number',
        ],
        [
            "time that goes back",
            "0,1\n9,2\n8,3\n",
            undefined,
            "measured.csv: row 3, time: was 8 s, may be later than the 9 s of row 2",
        ],
        [
            "time that stands",
            "0,1\n9,2\n9,3\n",
            undefined,
            "measured.csv: row 3, time: was 9 s, may be later than the 9 s of row 2",
        ],
        [
            "no unit of time",
            "0,1\n1,2\n2,3\n",
            { unit: "mg" },
            "measured.csv: unit of time: was missing, and there is no line of names, may be given with --time-unit: s, min, h",
        ],
        [
            "no unit",
            "time_s,mass\n0,1\n1,2\n2,3\n",
            {},
            'measured.csv: unit of mass or volume: was missing, and not in "mass", may be given with --unit: g, mg, mL, uL',
        ],
        [
            "another unit than the file's",
            "time_s,mass_mg\n0,1\n1,2\n2,3\n",
            { unit: "g" },
            'command line: --unit: was "g", may be "mg", which the column "mass_mg" names',
        ],
        [
            "a column that isn't there",
            "time_s,mass_mg\n0,1\n1,2\n2,3\n",
            { value: "volume" },
            'command line: --value-column: was "volume", may be one of "time_s", "mass_mg", or a number from 1 to 2',
        ],
        [
            "a name where there are none",
            "0,1\n1,2\n2,3\n",
            { ...IN_SECONDS_AND_MG, value: "mass" },
            'command line: --value-column: was "mass", may be a number from 1 to 2, because measured.csv has no line of names',
        ],
        [
            "column 3 of 2",
            "0,1\n1,2\n2,3\n",
            { ...IN_SECONDS_AND_MG, value: "3" },
            'command line: --value-column: was "3", may be a column of measured.csv, 1 to 2',
        ],
        [
            "one column for both",
            "0,1\n1,2\n2,3\n",
            { ...IN_SECONDS_AND_MG, value: "1" },
            'command line: --value-column: was "1", may be another column than --time-column',
        ],
    ])("%s", (_name, text, given, message) => {
        expect(refused(text, given)).toEqual([message])
    })

    test("a file that is missing, and one that is no CSV", () => {
        const missing = () => readMeasured(`${folder}/none.csv`, columns(), SCALE)
        expect(refusalOf(folder, missing)).toEqual(["none.csv: was missing, may be the path of a CSV file"])
        expect(refused('0,1\n1,"2\n2,3\n')[0]).toMatch(/^measured\.csv: was not CSV: /)
    })

    test("of many, the first ten rows, and how many more", () => {
        const lines = refused(`0,0\n${Array.from({ length: 25 }, (_, i) => `${i + 1},x`).join("\n")}\n`)
        expect(lines).toHaveLength(10)
        expect(lines[9]).toBe('measured.csv: row 11, mass or volume: was "x", may be a number (and 15 more like it)')
    })

    test("evaporation where it is the volume that is measured", () => {
        expect(
            refused("0,1\n1,2\n2,3\n", { timeUnit: "s", unit: "uL" }, { ...SCALE, evaporationMgPerHour: 1 }),
        ).toEqual(["command line: --evaporation: was given with uL, may be given where the scale's mass is measured"])
    })
})

describe("quantities", () => {
    test.each<[read: (text: string) => unknown, text: string, expected: unknown]>([
        [flowMicrolitresPerHour, "0.6 mL/day", 25],
        [flowMicrolitresPerHour, "24mL/day", 1000],
        [flowMicrolitresPerHour, "25 µL/h", 25],
        [flowMicrolitresPerHour, "25 μL/h", 25],
        [flowMicrolitresPerHour, "1 mL/h", 1000],
        [flowMicrolitresPerHour, "25", undefined],
        [flowMicrolitresPerHour, "25 mL", undefined],
        [flowMicrolitresPerHour, "-1 mL/h", undefined],
        [flowMicrolitresPerHour, "1 ml/h", undefined],
        [timeMs, "80.8s", 80_800],
        [timeMs, ".5 min", 30_000],
        [timeMs, "24 h", 86_400_000],
        [timeMs, "24", undefined],
        [windowLength, "5min", { ms: 300_000 }],
        [windowLength, "31S", { intervals: 31 }],
        [windowLength, "31s", { ms: 31_000 }],
        [windowLength, "31", undefined],
        [name => unitOfName(name, AMOUNT_UNITS), "mass_mg", "mg"],
        [name => unitOfName(name, AMOUNT_UNITS), "Volume (µL)", "uL"],
        [name => unitOfName(name, AMOUNT_UNITS), "weighing", undefined],
        [name => unitOfName(name, ["s", "min", "h"]), "times", undefined],
        [name => unitOfName(name, ["s", "min", "h"]), "s", "s"],
    ])("%o of %j", (parse, text, expected) => {
        const found = parse(text)
        if (typeof expected === "number") expect(found).toBeCloseTo(expected, 9)
        else expect(found).toEqual(expected)
    })
})

describe("doses", () => {
    const doseColumns = (
        units: [AmountUnit | undefined, AmountUnit | undefined],
    ): [Column<AmountUnit>, Column<AmountUnit>] => {
        const column = (i: 0 | 1, role: string): Column<AmountUnit> => ({
            role,
            where: String(i + 1),
            option: "--dose-columns",
            unitOption: "--dose-units",
            units: AMOUNT_UNITS,
            unit: units[i],
        })
        return [column(0, "programmed"), column(1, "measured")]
    }
    const doses = (text: string) =>
        readDoses(writeInput(folder, "doses.csv", text), doseColumns([undefined, undefined]), 0.5)

    test("each setting has its mean, worst and standard deviation", () => {
        const [small, large] = doseAccuracy(doses("programmed_uL,measured_mg\n10,5\n100,51\n10,5.1\n10,4.8\n"))
        expect(small).toMatchObject({
            programmedMicrolitres: 10,
            count: 3,
            errorsPercent: [0, expect.closeTo(2), expect.closeTo(-4)],
        })
        expect(small.meanErrorPercent).toBeCloseTo(-2 / 3, 9)
        expect(small.smallestErrorPercent).toBeCloseTo(-4, 9)
        expect(small.largestErrorPercent).toBeCloseTo(2, 9)
        // The deviations from the mean are 2/3, 8/3 and -10/3: √(168/9/2).
        expect(small.standardDeviationPercent).toBeCloseTo(Math.sqrt(168 / 18), 9)
        expect(large).toMatchObject({ programmedMicrolitres: 100, count: 1, standardDeviationPercent: null })
        expect(large.meanErrorPercent).toBeCloseTo(2, 9)
    })

    test("what is no dose is refused with its row", () => {
        expect(refusalOf(folder, () => doses("programmed_uL,measured_uL\n10,9\n0,1\n10,\n,3\n"))).toEqual([
            "doses.csv: row 3, programmed: was 0, may be a number over 0",
            "doses.csv: row 4, measured: was empty, may be a number; leave the row out where it is not known",
            "doses.csv: row 5, programmed: was empty, may be a number over 0",
        ])
        expect(refusalOf(folder, () => doses("programmed_uL,measured_uL\n"))).toEqual([
            "doses.csv: was without rows, may be a row for each dose",
        ])
    })
})

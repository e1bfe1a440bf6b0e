// The command's options, one by one: what they may be, what they mean where they are left out, and where they mean nothing.

import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { type AccuracyOptions, requestOf } from "../../sim/accuracy/request"
import { refusalOf } from "../inputFiles"

const SCENARIO = fileURLToPath(new URL("../../sim/accuracy/flows/0.6.json", import.meta.url))
const SET = { set: "25 uL/h" }

const refused = (file: string | undefined, options: AccuracyOptions) =>
    refusalOf("no folder", () => requestOf(file, options))

describe("what is left out", () => {
    test("water at 20 °C, no evaporation, the standard's windows, columns 1 and 2, volumetric without a shot cycle", () => {
        expect(requestOf("a.csv", SET)).toMatchObject({
            kind: "measured",
            file: "a.csv",
            columns: [{ where: "1" }, { where: "2" }],
            density: { gramsPerMl: expect.closeTo(0.9982067, 6), waterCelsius: 20 },
            evaporationMgPerHour: 0,
            setMicrolitresPerHour: 25,
            method: { type: "volumetric", windows: undefined, withoutOutliers: false },
        })
    })

    test("type 2 with a shot cycle, and for a scenario with its own seed", () => {
        expect(requestOf("a.csv", { ...SET, shotCycle: "80.8 s" })).toMatchObject({
            shotCycleMs: 80_800,
            method: { type: "type2" },
        })
        expect(requestOf("a.csv", { ...SET, shotCycle: "80.8 s", type: "volumetric" })).toMatchObject({
            method: { type: "volumetric" },
        })
        expect(requestOf(undefined, { scenario: SCENARIO })).toMatchObject({
            kind: "simulated",
            seed: 1,
            metering: false,
            method: { type: "type2" },
        })
        expect(requestOf(undefined, { scenario: SCENARIO, seed: "7", type: "volumetric" })).toMatchObject({
            seed: 7,
            method: { type: "volumetric" },
        })
    })
})

test("what is given", () => {
    const options = {
        ...SET,
        timeColumn: "at",
        valueColumn: "3",
        timeUnit: "min",
        unit: "µL",
        density: "1.003",
        evaporation: "0.5",
        windows: "2min, 62S",
        gap: "2 min",
        withoutOutliers: true,
        doses: "d.csv",
        doseColumns: "p, m",
        doseUnits: "uL,mg",
    } as const
    expect(requestOf("a.csv", options)).toMatchObject({
        columns: [
            { where: "at", unit: "min" },
            { where: "3", unit: "uL" },
        ],
        density: { gramsPerMl: 1.003, waterCelsius: null },
        evaporationMgPerHour: 0.5,
        method: { windows: [{ ms: 120_000 }, { intervals: 62 }], gapMs: 120_000, withoutOutliers: true },
        doses: {
            file: "d.csv",
            columns: [
                { where: "p", unit: "uL" },
                { where: "m", unit: "mg" },
            ],
        },
    })
    expect(requestOf(undefined, { doses: "d.csv", temperature: "40" })).toMatchObject({
        kind: "doses",
        doses: { density: { gramsPerMl: expect.closeTo(0.9922152, 5), waterCelsius: 40 } },
    })
})

describe("what is refused", () => {
    test.each<[options: AccuracyOptions, message: RegExp]>([
        [{}, /--set: was missing, may be a flow over 0, up to 2000 mL\/h/],
        [{ set: "25" }, /--set: was "25", may be a flow/],
        [{ set: "0 uL/h" }, /--set: was "0 uL\/h"/],
        [{ set: "2001 mL/h" }, /--set: was "2001 mL\/h"/],
        [{ ...SET, temperature: "40.1" }, /--temperature: was "40.1", may be a number from 0 to 40/],
        [
            { ...SET, temperature: "20", density: "1" },
            /--temperature: was "20", may be left out where --density is given/,
        ],
        [{ ...SET, density: "0.49" }, /--density: was "0.49", may be a number from 0.5 to 2/],
        [{ ...SET, density: "2.1" }, /--density: was "2.1"/],
        [{ ...SET, evaporation: "-1" }, /--evaporation: was "-1", may be a number from 0 to 1000/],
        [{ ...SET, timeUnit: "days" }, /--time-unit: was "days", may be "s" or "min" or "h"/],
        [{ ...SET, unit: "kg" }, /--unit: was "kg", may be "g" or "mg" or "mL" or "uL"/],
        [{ ...SET, type: "type3" }, /--type: was "type3", may be "volumetric" or "type2"/],
        [{ ...SET, type: "type2" }, /--shot-cycle: was missing, may be a time/],
        [{ ...SET, shotCycle: "80.8" }, /--shot-cycle: was "80.8", may be a time over 0/],
        [{ ...SET, shotCycle: "0 s" }, /--shot-cycle: was "0 s"/],
        [{ ...SET, windows: "2,5" }, /--windows: was "2", may be windows with their units/],
        [{ ...SET, windows: "2min,0S" }, /--windows: was "0S"/],
        [{ ...SET, stabilisation: "2 h" }, /--stabilisation: was "2 h", may be left out with volumetric/],
        [{ ...SET, gap: "soon" }, /--gap: was "soon"/],
        [{ ...SET, scenario: SCENARIO }, /--scenario: was .*, may be left out where a CSV file is given/],
        [
            { ...SET, seed: "1" },
            /--seed: was "1", may be left out with a CSV file of a measurement; it is for --scenario/,
        ],
        [{ ...SET, metering: true }, /--metering: was given, may be left out/],
        [{ ...SET, readability: "1" }, /--readability: was "1"/],
        [{ ...SET, doseUnits: "uL,mg" }, /--dose-units: was "uL,mg", may be given with --doses/],
        [{ ...SET, doses: "d.csv", doseUnits: "uL" }, /--dose-units: was "uL", may be two units/],
        [{ ...SET, doses: "d.csv", doseColumns: "1,2,3" }, /--dose-columns: was "1,2,3", may be two names/],
    ])("%j", (options, message) => {
        expect(refused("a.csv", options).join("\n")).toMatch(message)
    })

    test.each<[options: AccuracyOptions, message: RegExp]>([
        [{}, /measured: was missing, may be a CSV file, or left out with --scenario or --doses/],
        [{ scenario: SCENARIO, set: "25 uL/h" }, /--set: was "25 uL\/h", may be left out with --scenario/],
        [{ scenario: SCENARIO, doses: "d.csv" }, /--doses: was "d.csv", may be left out with --scenario/],
        [{ scenario: SCENARIO, shotCycle: "1 s" }, /--shot-cycle: .*it is for a CSV file of a measurement/],
        [{ scenario: SCENARIO, seed: "-1" }, /--seed: was "-1", may be a whole number/],
        [{ scenario: SCENARIO, readability: "1001" }, /--readability: was "1001", may be a number from 0 to 1000/],
        [{ doses: "d.csv", windows: "2min" }, /--windows: was "2min", may be left out with doses alone/],
    ])("without a file: %j", (options, message) => {
        expect(refused(undefined, options).join("\n")).toMatch(message)
    })
})

// What is asked of `npm run accuracy`, from the options as they are typed: every value with its unit, every option where it means something,
// and all of it checked before anything is read or run.

import { optionError, wholeOption, wordOption } from "../cli/command"
import { InputError, type Problem, shown } from "../input"
import { loadScenario } from "../scenario/load"
import type { Scenario } from "../scenario/scenario"
import { CELSIUS_MAX, CELSIUS_MIN, TEST_CELSIUS, waterGramsPerMl } from "./density"
import { PUMP_TYPES, type PumpType } from "./plan"
import {
    AMOUNT_UNITS,
    type AmountUnit,
    flowMicrolitresPerHour,
    TIME_UNITS,
    type TimeUnit,
    timeMs,
    type WindowLength,
    windowLength,
} from "./quantities"
import type { Density } from "./report"
import type { Column } from "./table"

/** The options as they are typed. */
export interface AccuracyOptions {
    set?: string
    timeColumn?: string
    valueColumn?: string
    timeUnit?: string
    unit?: string
    temperature?: string
    density?: string
    evaporation?: string
    type?: string
    shotCycle?: string
    windows?: string
    stabilisation?: string
    gap?: string
    withoutOutliers?: true
    doses?: string
    doseColumns?: string
    doseUnits?: string
    scenario?: string
    seed?: string
    readability?: string
    metering?: true
}

/** How to look at a flow; what is undefined is as the standard has it. */
export interface MethodRequest {
    type: PumpType
    windows: WindowLength[] | undefined
    stabilisationMs: number | undefined
    gapMs: number | undefined
    withoutOutliers: boolean
}

export interface DosesRequest {
    file: string
    columns: [Column<AmountUnit>, Column<AmountUnit>]
    density: Density
}

export type AccuracyRequest =
    | {
          kind: "measured"
          file: string
          columns: [Column<TimeUnit>, Column<AmountUnit>]
          density: Density
          evaporationMgPerHour: number
          setMicrolitresPerHour: number
          shotCycleMs: number | undefined
          method: MethodRequest
          doses: DosesRequest | undefined
      }
    | { kind: "doses"; doses: DosesRequest }
    | {
          kind: "simulated"
          scenario: Scenario
          seed: number
          readabilityMg: number
          metering: boolean
          method: MethodRequest
      }

export const SEED_MAX = 2 ** 32 - 1

// A flow of a hospital's pumps at most; a shot cycle of a day at most. Assumed: more is a slip of the pen.
const FLOW_MICROLITRES_PER_HOUR_MAX = 2_000_000
const TIME_MS_MAX = 400 * 86_400_000

const TIME_UNIT_NAMES = Object.keys(TIME_UNITS) as TimeUnit[]

/** Options by their names as typed, and which of the three kinds of request they mean something for. */
const MEANT_FOR: Readonly<Record<keyof AccuracyOptions, [option: string, ...kinds: AccuracyRequest["kind"][]]>> = {
    set: ["--set", "measured"],
    timeColumn: ["--time-column", "measured"],
    valueColumn: ["--value-column", "measured"],
    timeUnit: ["--time-unit", "measured"],
    unit: ["--unit", "measured"],
    temperature: ["--temperature", "measured", "doses"],
    density: ["--density", "measured", "doses"],
    evaporation: ["--evaporation", "measured"],
    type: ["--type", "measured", "simulated"],
    shotCycle: ["--shot-cycle", "measured"],
    windows: ["--windows", "measured", "simulated"],
    stabilisation: ["--stabilisation", "measured", "simulated"],
    gap: ["--gap", "measured"],
    withoutOutliers: ["--without-outliers", "measured", "simulated"],
    doses: ["--doses", "measured", "doses"],
    doseColumns: ["--dose-columns", "measured", "doses"],
    doseUnits: ["--dose-units", "measured", "doses"],
    scenario: ["--scenario", "simulated"],
    seed: ["--seed", "simulated"],
    readability: ["--readability", "simulated"],
    metering: ["--metering", "simulated"],
}

const WHAT = {
    measured: "a CSV file of a measurement",
    doses: "doses alone",
    simulated: "--scenario",
} as const

/** Checks what is asked for and reads the scenario, where there is one. Throws InputError with what is wrong. */
export function requestOf(file: string | undefined, options: AccuracyOptions): AccuracyRequest {
    const kind = kindOf(file, options)
    refuseStrangers(kind, options)
    if (kind === "simulated") {
        const method = methodOf(options, "type2")
        const readabilityMg = numberOption("--readability", options.readability, 0, 1000) ?? 0
        const scenario = loadScenario(options.scenario ?? "")
        const seed = options.seed === undefined ? scenario.seed : wholeOption("--seed", options.seed, 0, SEED_MAX)
        return { kind, scenario, seed, readabilityMg, metering: options.metering === true, method }
    }
    const density = densityOf(options)
    const doses = options.doses === undefined ? undefined : dosesOf(options.doses, options, density)
    if (kind === "doses" || file === undefined) {
        if (!doses) throw new Error("doses were asked for without their file")
        return { kind: "doses", doses }
    }
    const shotCycleMs = timeOption("--shot-cycle", options.shotCycle)
    const method = methodOf(options, shotCycleMs === undefined ? "volumetric" : "type2")
    if (method.type === "type2" && shotCycleMs === undefined)
        throw optionFault("--shot-cycle", "missing", 'a time such as "80.8 s", which type2 is cut by')
    return {
        kind,
        file,
        columns: [
            {
                role: "time",
                where: options.timeColumn ?? "1",
                option: "--time-column",
                unitOption: "--time-unit",
                units: TIME_UNIT_NAMES,
                unit: unitOption("--time-unit", options.timeUnit, TIME_UNIT_NAMES),
            },
            {
                role: "mass or volume",
                where: options.valueColumn ?? "2",
                option: "--value-column",
                unitOption: "--unit",
                units: AMOUNT_UNITS,
                unit: unitOption("--unit", options.unit, AMOUNT_UNITS),
            },
        ],
        density,
        evaporationMgPerHour: numberOption("--evaporation", options.evaporation, 0, 1000) ?? 0,
        setMicrolitresPerHour: flowOption(options.set),
        shotCycleMs,
        method,
        doses,
    }
}

function kindOf(file: string | undefined, options: AccuracyOptions): AccuracyRequest["kind"] {
    if (file !== undefined && options.scenario !== undefined)
        throw optionError("--scenario", options.scenario, "left out where a CSV file is given")
    if (options.scenario !== undefined) return "simulated"
    if (file !== undefined) return "measured"
    if (options.doses !== undefined) return "doses"
    throw optionFault("measured", "missing", "a CSV file, or left out with --scenario or --doses")
}

function refuseStrangers(kind: AccuracyRequest["kind"], options: AccuracyOptions): void {
    const problems: Problem[] = []
    for (const name of Object.keys(MEANT_FOR) as (keyof AccuracyOptions)[]) {
        const [option, ...kinds] = MEANT_FOR[name]
        const value = options[name]
        if (value === undefined || kinds.includes(kind)) continue
        const was = value === true ? "given" : shown(value)
        const mayBe = `left out with ${WHAT[kind]}; it is for ${kinds.map(other => WHAT[other]).join(" or ")}`
        problems.push({ file: "command line", field: option, was, mayBe })
    }
    if (options.doses === undefined)
        for (const name of ["doseColumns", "doseUnits"] as const)
            if (options[name] !== undefined && kind !== "simulated")
                problems.push({
                    file: "command line",
                    field: MEANT_FOR[name][0],
                    was: shown(options[name]),
                    mayBe: "given with --doses",
                })
    if (problems.length > 0) throw new InputError(problems)
}

function methodOf(options: AccuracyOptions, usual: PumpType): MethodRequest {
    const type = options.type === undefined ? usual : wordOption("--type", options.type, PUMP_TYPES)
    if (type !== "type2" && options.stabilisation !== undefined)
        throw optionError(
            "--stabilisation",
            options.stabilisation,
            "left out with volumetric, which is judged in its second hour",
        )
    return {
        type,
        windows: options.windows === undefined ? undefined : options.windows.split(",").map(windowOption),
        stabilisationMs: timeOption("--stabilisation", options.stabilisation),
        gapMs: timeOption("--gap", options.gap),
        withoutOutliers: options.withoutOutliers === true,
    }
}

function windowOption(text: string): WindowLength {
    const window = windowLength(text)
    if (window && ("ms" in window ? window.ms : window.intervals) > 0) return window
    throw optionError("--windows", text, 'windows with their units, such as "2min,31min" or "1S,31S"')
}

function densityOf({ temperature, density }: AccuracyOptions): Density {
    if (density !== undefined && temperature !== undefined)
        throw optionError("--temperature", temperature, "left out where --density is given")
    const given = numberOption("--density", density, 0.5, 2)
    if (given !== undefined) return { gramsPerMl: given, waterCelsius: null }
    const waterCelsius = numberOption("--temperature", temperature, CELSIUS_MIN, CELSIUS_MAX) ?? TEST_CELSIUS
    return { gramsPerMl: waterGramsPerMl(waterCelsius), waterCelsius }
}

function dosesOf(file: string, { doseColumns, doseUnits }: AccuracyOptions, density: Density): DosesRequest {
    const two = (option: string, text: string | undefined, mayBe: string): (string | undefined)[] => {
        if (text === undefined) return [undefined, undefined]
        const parts = text.split(",").map(part => part.trim())
        if (parts.length !== 2) throw optionError(option, text, mayBe)
        return parts
    }
    const columns = two("--dose-columns", doseColumns, "two names or numbers with a comma between, such as 1,2")
    const units = two("--dose-units", doseUnits, "two units with a comma between, such as uL,mg")
    const columnOf = (i: 0 | 1, role: string): Column<AmountUnit> => ({
        role,
        where: columns[i] ?? String(i + 1),
        option: "--dose-columns",
        unitOption: "--dose-units",
        units: AMOUNT_UNITS,
        unit: unitOption("--dose-units", units[i], AMOUNT_UNITS),
    })
    return { file, columns: [columnOf(0, "programmed"), columnOf(1, "measured")], density }
}

function unitOption<Unit extends string>(
    option: string,
    text: string | undefined,
    units: readonly Unit[],
): Unit | undefined {
    if (text === undefined) return undefined
    const found = units.find(unit => unit === text.replace(/[µμ]/g, "u"))
    if (found === undefined) throw optionError(option, text, units.map(shown).join(" or "))
    return found
}

function flowOption(text: string | undefined): number {
    const mayBe = `a flow over 0, up to ${FLOW_MICROLITRES_PER_HOUR_MAX / 1000} mL/h, such as "0.6 mL/day", "25 uL/h" or "1 mL/h"`
    if (text === undefined) throw optionFault("--set", "missing", mayBe)
    const flow = flowMicrolitresPerHour(text)
    if (flow === undefined || !(flow > 0 && flow <= FLOW_MICROLITRES_PER_HOUR_MAX))
        throw optionError("--set", text, mayBe)
    return flow
}

function timeOption(option: string, text: string | undefined): number | undefined {
    if (text === undefined) return undefined
    const ms = timeMs(text)
    if (ms === undefined || !(ms > 0 && ms <= TIME_MS_MAX))
        throw optionError(option, text, 'a time over 0, such as "80.8 s", "30 min" or "24 h"')
    return ms
}

function numberOption(option: string, text: string | undefined, min: number, max: number): number | undefined {
    if (text === undefined) return undefined
    const value = /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw optionError(option, text, `a number from ${min} to ${max}`)
    return value
}

function optionFault(field: string, was: string, mayBe: string): InputError {
    return new InputError([{ file: "command line", field, was, mayBe }])
}

// `npm run sim` as a user meets it: exit codes, messages, and nothing but JSON where JSON was asked for.

import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

const TOP = fileURLToPath(new URL("../../", import.meta.url))
const DAY = "sim/scenarios/day.json"
const RESULT_FIELDS = [
    "scenario",
    "engine",
    "seed",
    "simulatedMs",
    "wallMs",
    "ticks",
    "programmedPl",
    "commandedSteps",
    "deliveredPl",
    "programmedMicrograms",
    "deliveredMicrograms",
    "deliveredStrengths",
    "stepErrorMax",
    "residualPl",
    "alarms",
    "boluses",
    "programmes",
    "refusals",
    "lineEvents",
]

let folder: string
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sim-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function command(script: string, ...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", script, ...args], {
        cwd: TOP,
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1" },
    })
    return { status, stdout, stderr }
}

const sim = (...args: string[]) => command("sim/cli/sim.ts", ...args)

/** A scenario file beside the test, by its text. */
function scenarioFile(name: string, text: string): string {
    const file = join(folder, name)
    writeFileSync(file, text)
    return file
}

/** The day's scenario for another length, with other expectations. */
function shortDay(name: string, expectations: object): string {
    const day = JSON.parse(readFileSync(join(TOP, DAY), "utf8"))
    const prescription = relative(folder, join(TOP, "sim/scenarios", day.prescription))
    const { $schema: _, ...rest } = { ...day, prescription, duration: "01:00", expect: expectations }
    return scenarioFile(name, JSON.stringify(rest))
}

describe("bad input ends with exit code 2, a message and nothing written", () => {
    test.each<[name: string, args: () => string[], message: RegExp]>([
        ["an unknown engine", () => [DAY, "--engine", "abacus"], /--engine: was "abacus", may be "core" or "vm"/],
        [
            "a seed in words",
            () => [DAY, "--seed", "seven"],
            /--seed: was "seven", may be a whole number from 0 to 4294967295/,
        ],
        ["a negative seed", () => [DAY, "--seed=-1"], /--seed: was "-1", may be a whole number/],
        ["a fraction as seed", () => [DAY, "--seed", "1.5"], /--seed: was "1.5"/],
        ["a seed too large", () => [DAY, "--seed", "4294967296"], /--seed: was "4294967296"/],
        ["a missing file", () => ["no-such.json"], /no-such\.json: was missing/],
        ["no file at all", () => [], /missing required argument 'file'/],
        ["an unknown option", () => [DAY, "--engin", "core"], /unknown option '--engin'/],
        ["two files", () => [DAY, DAY], /too many arguments/],
        ["not JSON", () => [scenarioFile("broken.json", '{ "name": ')], /broken\.json: .*was not JSON at line 1/],
        [
            "an unknown field",
            () => [scenarioFile("field.json", '{ "nmae": "x" }')],
            /field\.json: nmae: was an unknown field/,
        ],
        [
            "a report into a folder that does not exist",
            () => [DAY, "--report", join(folder, "none/report.html")],
            /--report: was .*may be an HTML file in a folder that exists/,
        ],
        ["a report that is a folder", () => [DAY, "--report", folder], /--report: was .*not a folder/],
        [
            "a trace into a folder that does not exist",
            () => [DAY, "--trace", join(folder, "none/trace.txt")],
            /--trace: was .*may be a text file in a folder that exists/,
        ],
    ])("%s", (_name, args, message) => {
        const given = args()
        const before = readdirSync(folder)
        const { status, stdout, stderr } = sim(...given)
        expect(stderr).toMatch(message)
        expect(stderr).not.toMatch(/^\s+at /m)
        expect(stdout).toBe("")
        expect(status).toBe(2)
        expect(readdirSync(folder)).toEqual(before)
    })

    test("a report is not written when the scenario is bad", () => {
        const report = join(folder, "bad.html")
        expect(sim("no-such.json", "--report", report).status).toBe(2)
        expect(existsSync(report)).toBe(false)
    })
})

describe("help", () => {
    test.each([
        ["sim/cli/sim.ts", ["--engine", "--seed", "--json", "--report", "--trace", "Examples", "Exit code"]],
        ["sim/cli/start.ts", ["reports/day.html", "Examples"]],
    ])("%s answers --help", (script, words) => {
        const { status, stdout, stderr } = command(script, "--help")
        expect(status).toBe(0)
        expect(stderr).toBe("")
        for (const word of words) expect(stdout).toContain(word)
        expect(stdout).toMatch(/not for\s+patients/i)
    })
})

describe("runs", () => {
    test("--json prints exactly one object with exactly the result's fields", () => {
        const { status, stdout } = sim(shortDay("json.json", {}), "--json", "--seed", "9")
        expect(status).toBe(0)
        expect(stdout.trim().split("\n")).toHaveLength(1)
        const result = JSON.parse(stdout)
        expect(Object.keys(result)).toEqual(RESULT_FIELDS)
        expect(result).toMatchObject({ engine: "core", seed: 9, simulatedMs: 3_600_000, alarms: [], boluses: [] })
    })

    test("without --json it prints a summary, and writes report and trace", () => {
        const report = join(folder, "hour.html")
        const trace = join(folder, "hour.txt")
        const { status, stdout } = sim(shortDay("hour.json", {}), "--report", report, "--trace", trace)
        expect(status).toBe(0)
        expect(stdout).toContain("No alarms")
        expect(stdout).toContain(`Report: ${report}`)
        expect(readFileSync(report, "utf8")).toContain("</html>")
        expect(readFileSync(trace, "utf8").split("\n").length).toBeGreaterThan(21_000)
        expect(existsSync(`${trace}.part`)).toBe(false)
    })

    test("an expectation that does not hold is named, and the exit code is 1", () => {
        const file = shortDay("failing.json", { deliveredMl: { min: 5, max: 6 } })
        const summary = sim(file)
        expect(summary.status).toBe(1)
        expect(summary.stdout).toMatch(/deliveredMl was to be from 5 to 6/)
        const json = sim(file, "--json")
        expect(json.status).toBe(1)
        expect(json.stderr).toMatch(/deliveredMl was to be from 5 to 6/)
        expect(Object.keys(JSON.parse(json.stdout))).toEqual(RESULT_FIELDS)
    })
})

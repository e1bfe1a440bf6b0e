// `npm run accuracy` as a user meets it: exit codes, messages, files, and nothing but JSON where JSON was asked for.

import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

const TOP = fileURLToPath(new URL("../../", import.meta.url))

let folder: string
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "accuracy-"))
    const rows = Array.from({ length: 241 }, (_, i) => `${i * 30},${((i * 25) / 120).toFixed(4)}`)
    writeFileSync(join(folder, "measured.csv"), `time_s,volume_uL\n${rows.join("\n")}\n`)
    writeFileSync(join(folder, "broken.csv"), "time_s,volume_uL\n0,1\n30,x\n20,2\n")
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function accuracy(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ["--import", "tsx", "sim/cli/accuracy.ts", ...args],
        {
            cwd: TOP,
            encoding: "utf8",
            env: { ...process.env, NO_COLOR: "1" },
        },
    )
    return { status, stdout, stderr }
}

test("a measurement as text, and as a page", () => {
    const page = join(folder, "accuracy.html")
    const { status, stdout, stderr } = accuracy(join(folder, "measured.csv"), "--set", "0.6 mL/day", "--report", page)
    expect(stderr).toBe("")
    expect(stdout).toContain("Trumpet curve, T1, the second hour")
    expect(stdout).toMatch(/Report: .*accuracy\.html \(open it in a browser\)/)
    expect(readFileSync(page, "utf8")).toContain("<h1>Accuracy: measured.csv</h1>")
    expect(status).toBe(0)
})

test("a scenario as JSON and nothing else", () => {
    const scenario = join(folder, "short.json")
    const whole = JSON.parse(readFileSync(join(TOP, "sim/accuracy/flows/0.6.json"), "utf8"))
    const prescription =
        "../".repeat(folder.split("/").length - 1) + join(TOP, "sim/accuracy/flows", whole.prescription).slice(1)
    writeFileSync(scenario, JSON.stringify({ ...whole, prescription, duration: "01:00" }))
    const { status, stdout } = accuracy("--scenario", scenario, "--seed", "5", "--metering", "--json")
    const report = JSON.parse(stdout)
    expect(Object.keys(report)).toEqual([
        "source",
        "dosesFile",
        "setMicrolitresPerHour",
        "shotCycleSeconds",
        "accuracy",
        "doses",
    ])
    expect(report.source).toMatchObject({ kind: "simulated", of: "metering", seed: 5 })
    expect(report.source.anyWindowSteps).toBeLessThan(1)
    expect(report.accuracy.periods[0].trumpet).toHaveLength(6)
    expect(status).toBe(0)
})

describe("bad input ends with exit code 2, a message and nothing written", () => {
    test.each<[name: string, args: string[], message: RegExp]>([
        [
            "a row that can't be read",
            ["broken.csv", "--set", "1 mL/h"],
            /broken\.csv: row 3, mass or volume: was "x", may be a number/,
        ],
        [
            "a page into a folder that isn't there",
            ["measured.csv", "--set", "1 mL/h", "--report", "none/page.html"],
            /--report: was .*may be an HTML file in a folder that exists/,
        ],
    ])("%s", (_name, [file, ...args], message) => {
        const before = readdirSync(folder)
        const given = args.includes("--report") ? args : [...args, "--report", join(folder, "bad.html")]
        const { status, stdout, stderr } = accuracy(join(folder, file), ...given)
        expect(stderr).toMatch(message)
        expect(stderr).not.toMatch(/^\s+at /m)
        expect(stdout).toBe("")
        expect(status).toBe(2)
        expect(readdirSync(folder)).toEqual(before)
        expect(existsSync(join(folder, "bad.html"))).toBe(false)
    })
})

test("--help names every option, the sampling intervals and the exit codes", () => {
    const { status, stdout } = accuracy("--help")
    for (const words of [
        "--set",
        "--shot-cycle",
        "--windows",
        "--doses",
        "--scenario",
        "--metering",
        "Exit code",
        "Examples",
        "100 S",
    ])
        expect(stdout).toContain(words)
    expect(status).toBe(0)
})

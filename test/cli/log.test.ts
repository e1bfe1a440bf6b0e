// `npm run log` as a user meets it: exit codes, messages, and nothing but the log where a program asked for it.

import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parse } from "csv-parse/sync"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { MEMORY_SIZE } from "../../src/pump/journal"

const TOP = fileURLToPath(new URL("../../", import.meta.url))

let folder: string
let image: string
let damaged: string

function command(script: string, ...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", script, ...args], {
        cwd: TOP,
        encoding: "utf8",
    })
    return { status, stdout, stderr }
}

const log = (...args: string[]) => command("sim/cli/log.ts", ...args)

/** Runs a scenario of five minutes, with a prime and a power cut, and keeps its memory. */
function runScenario(): { status: number | null; stdout: string } {
    const scenario = {
        name: "Five minutes",
        description: "A prime, and power lost for twenty seconds.",
        prescription: relative(folder, join(TOP, "sim/prescriptions/night-rise-312.json")),
        duration: "00:05",
        startsAt: "2026-03-02T00:00:00",
        events: [
            { at: "00:00:30", do: "prime", volumeMl: 0.02, rateMlPerHour: 10 },
            { at: "00:02:00", do: "powerOff" },
            { at: "00:02:20", do: "powerOn" },
        ],
        expect: {},
    }
    const file = join(folder, "five-minutes.json")
    writeFileSync(file, JSON.stringify(scenario))
    return command("sim/cli/sim.ts", file, "--memory", image)
}

beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "log-"))
    image = join(folder, "pump.bin")
    damaged = join(folder, "damaged.bin")
    const { status, stdout } = runScenario()
    expect(status).toBe(0)
    expect(stdout).toContain(`Memory: ${image}`)
    const bytes = readFileSync(image)
    // An entry of the log's ring of events.
    bytes[22_272 + 16 + 5] ^= 1
    writeFileSync(damaged, bytes)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("bad input ends with exit code 2, a message and nothing written", () => {
    const sized = (name: string, size: number) => {
        writeFileSync(join(folder, name), new Uint8Array(size))
        return join(folder, name)
    }
    test.each<[name: string, args: () => string[], message: RegExp]>([
        ["no file", () => [], /missing required argument 'image'/],
        ["two files", () => [image, image], /too many arguments/],
        ["a missing file", () => ["no-such.bin"], /no-such\.bin: was missing, may be the image of a record memory/],
        ["a folder", () => [folder], /was unreadable \(.*may be the image of a record memory/],
        ["an empty file", () => [sized("empty.bin", 0)], /empty\.bin: was 0 bytes, may be .*, 32768 bytes/],
        ["a byte too few", () => [sized("short.bin", MEMORY_SIZE - 1)], /was 32767 bytes/],
        ["a byte too many", () => [sized("long.bin", MEMORY_SIZE + 1)], /was 32769 bytes/],
        ["two formats", () => [image, "--csv", "--jsonl"], /--jsonl: was "with --csv", may be given alone/],
        [
            "a step in words",
            () => [image, "--step-picolitres", "many"],
            /--step-picolitres: was "many", may be a whole/,
        ],
        ["a step too small", () => [image, "--step-picolitres", "99"], /a whole number from 100 to 10000000/],
        ["a step too large", () => [image, "--step-picolitres", "10000001"], /--step-picolitres: was "10000001"/],
        ["an output that is a folder", () => [image, "--output", folder], /--output: was .*not a folder/],
        ["an unknown option", () => [image, "--json"], /unknown option '--json'/],
    ])("%s", (_name, args, message) => {
        const given = args()
        const before = readdirSync(folder)
        const { status, stdout, stderr } = log(...given)
        expect(stderr).toMatch(message)
        expect(stderr).not.toMatch(/^\s+at /m)
        expect(stdout).toBe("")
        expect(status).toBe(2)
        expect(readdirSync(folder)).toEqual(before)
    })

    test("a memory into a folder that does not exist is found before the run", () => {
        const { status, stderr } = command(
            "sim/cli/sim.ts",
            "sim/scenarios/day.json",
            "--memory",
            join(folder, "none/pump.bin"),
        )
        expect(status).toBe(2)
        expect(stderr).toMatch(/--memory: was .*may be a file in a folder that exists/)
    })
})

test("--help tells the options, the exit codes and an example", () => {
    const { status, stdout } = log("--help")
    expect(status).toBe(0)
    for (const words of ["--csv", "--jsonl", "--output", "--step-picolitres", "Exit code", "Examples"])
        expect(stdout).toContain(words)
    expect(stdout).toMatch(/not for\s+patients/i)
})

describe("what a run left is read out", () => {
    test("LOG-4: as a summary and a table", () => {
        const { status, stdout, stderr } = log(image, "--step-picolitres", "44900")
        expect(stderr).toBe("")
        expect(status).toBe(0)
        expect(stdout).toMatch(/^Mode +running$/m)
        expect(stdout).toMatch(/^Starts +2 in all/m)
        expect(stdout).toMatch(/^Damage +none$/m)
        expect(stdout).toMatch(/^2026-03-02 00:00:3\d +\+00:00:3\d +event \d+ +prime delivered +20\.00 µL$/m)
        expect(stdout.match(/power on/g)).toHaveLength(2)
    })

    test("LOG-4: as JSON Lines and CSV, which hold the same", () => {
        const lines = log(image, "--jsonl")
        expect(lines.status).toBe(0)
        const entries = lines.stdout
            .trimEnd()
            .split("\n")
            .map(line => JSON.parse(line))
        const file = join(folder, "log.csv")
        const csv = log(image, "--csv", "--output", file)
        expect(csv).toEqual({ status: 0, stdout: "", stderr: "" })
        const rows: Record<string, string>[] = parse(readFileSync(file, "utf8"), { columns: true })
        expect(rows.map(({ what }) => what)).toEqual(entries.map(({ what }) => what))
        expect(rows.map(({ what }) => what)).toContain("prime delivered")
    })

    test("LOG-4: what is damaged is told, in its place and beside the log, and the exit code is 1", () => {
        const table = log(damaged)
        expect(table.status).toBe(1)
        expect(table.stdout).toMatch(/^Damage +entries damaged or torn: 1$/m)
        expect(table.stdout).toMatch(/event 1 +entry damaged$/m)
        const lines = log(damaged, "--jsonl")
        expect(lines.status).toBe(1)
        expect(lines.stderr).toBe(`${damaged}: damaged or missing: entries damaged or torn: 1\n`)
        expect(lines.stdout).toContain('{"ring":"event","number":1,"what":"entry damaged"}\n')
    })
})

// `npm run advise` as a user meets it: exit codes, messages, and what it says for people and for programs.

import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { libraryWith, ziconotide } from "../prescription/testDrugs"

const TOP = fileURLToPath(new URL("../../", import.meta.url))

function advise(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "sim/cli/advise.ts", ...args], {
        cwd: TOP,
        encoding: "utf8",
    })
    return { status, stdout, stderr }
}

const who = ["--origin", "spinal", "--age", "adult"]
const tested = [...who, "--screening", "75", "--effect-hours", "6"]
const daily = [...who, "--daily", "200", "--response", "too little"]

describe("bad input ends with exit code 2 and a message", () => {
    test.each<[string, string[], RegExp]>([
        ["nothing", [], /--origin: was missing, may be "spinal" or "cerebral"/],
        [
            "no dose",
            who,
            /--screening-micrograms: was missing, may be a test dose in micrograms; or --daily-micrograms/,
        ],
        ["an unknown drug", [...tested, "--drug", "aspirin"], /--drug: was "aspirin", may be "baclofen"/],
        ["an unknown origin", ["--origin", "x", ...tested.slice(2)], /--origin: was "x", may be "spinal" or/],
        [
            "an unknown age",
            [...tested, "--age", "old"],
            /--age: was "old", may be "adult" or "adolescent" or "under12"/,
        ],
        ["a dose in words", [...tested, "--screening", "some"], /--screening-micrograms: was "some", may be a number/],
        ["a dose of none", [...tested, "--screening", "0"], /--screening-micrograms: was "0", may be a number over 0/],
        ["a negative time", [...tested, "--effect-hours=-1"], /--effect-hours: was "-1", may be a number from 0/],
        ["a test dose without its effect", tested.slice(0, 6), /--effect-hours: was missing/],
        [
            "both doses",
            [...tested, "--daily", "200"],
            /--daily-micrograms: was given, may be left out with --screening/,
        ],
        [
            "a daily dose without a response",
            [...who, "--daily", "200"],
            /--response: was missing, may be "too little" or/,
        ],
        ["another response", [...who, "--daily", "200", "--response", "so-so"], /--response: was "so-so", may be/],
        ["no hours", daily, /--hours: was missing, may be a number from 0 to 10000/],
        [
            "hours at a refill",
            [...daily, "--at-refill", "--hours", "3"],
            /--hours: was given, may be left out with --at/,
        ],
        ["an unknown option", [...tested, "--weight", "70"], /unknown option '--weight'/],
        [
            "a library that is not there",
            [...tested, "--library", "no/such"],
            /no\/such: was no folder that can be read/,
        ],
    ])("%s", (_, args, message) => {
        const { status, stdout, stderr } = advise(...args)
        expect(stderr).toMatch(message)
        expect(stderr).not.toMatch(/^\s+at /m)
        expect(stdout).toBe("")
        expect(status).toBe(2)
    })

    test("DRG-1: a bad drug file is told by file and field, and nothing is advised", () => {
        const folder = libraryWith({ "ziconotide.json": { ...ziconotide, sources: {} } })
        const { status, stdout, stderr } = advise(...tested, "--library", folder)
        expect(stderr).toContain('ziconotide.json: strengths.source: was "test"')
        expect(stdout).toBe("")
        expect(status).toBe(2)
    })
})

test("--help tells the options, the exit codes, examples and that it does not choose", () => {
    const { status, stdout } = advise("--help")
    expect(status).toBe(0)
    for (const words of ["--screening-micrograms", "--daily-micrograms", "--at-refill", "Exit code", "Examples"])
        expect(stdout).toContain(words)
    expect(stdout).toMatch(/Nothing here chooses a dose/)
    expect(stdout).toMatch(/not for\s+patients/i)
})

test("ADV-3: the range, the rule, its source and the flows, and that nothing is chosen", () => {
    const { status, stdout, stderr } = advise(...tested)
    expect(stderr).toBe("")
    expect(status).toBe(0)
    expect(stdout).toContain("First daily dose: 150 µg/day, over 24 h.")
    expect(stdout).toContain("first-dose: Labels of Lioresal Intrathecal and Gablofen")
    expect(stdout).toMatch(/^ {4}2000 µg\/mL {2}0\.075 mL\/day$/m)
    expect(stdout).toContain("Nothing here chooses a dose")
})

test("the same as JSON, from either spelling of an option", () => {
    const { status, stdout } = advise(...daily, "--hours", "30.5", "--json")
    expect(status).toBe(0)
    const { microgramsPerDay, rules, deliveries, warnings, choice } = JSON.parse(stdout)
    expect(microgramsPerDay).toEqual({ least: 220, most: 260 })
    expect(rules.map(({ id }: { id: string }) => id)).toEqual(["titration-spinal"])
    expect(deliveries).toHaveLength(3)
    expect(warnings).toEqual([])
    expect(choice).toContain("Nothing here chooses a dose")
    const long = [...who, "--daily-micrograms", "200", "--response", "too little", "--hours", "30.5", "--json"]
    expect(advise(...long).stdout).toBe(stdout)
})

test("another library takes the place of the project's", () => {
    const folder = libraryWith({ "ziconotide.json": ziconotide })
    const args = ["--library", folder, "--drug", "ziconotide", "--daily", "6", "--response", "too little"]
    const { status, stdout } = advise(...args, "--hours", "48")
    expect(status).toBe(0)
    expect(stdout).toContain("Next daily dose: 6 to 8.4 µg/day")
})

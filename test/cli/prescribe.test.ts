// `npm run prescribe` as a user meets it: what it shows and writes, exit codes, messages, and nothing written when the input is wrong.

import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { compilePrescription, loadPrescription } from "../../sim/prescription/compile"

const TOP = fileURLToPath(new URL("../../", import.meta.url))
const DOSE = "sim/prescriptions/patient-dose.json"
const BEFORE = "sim/prescriptions/concentration-500.json"
const AFTER = "sim/prescriptions/concentration-2000.json"

let folder: string
let bytes: string
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "prescribe-"))
    bytes = join(folder, "programme.bin")
    writeFileSync(bytes, loadPrescription(DOSE).bytes)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function prescribe(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ["--import", "tsx", "sim/cli/prescribe.ts", ...args],
        { cwd: TOP, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
    )
    return { status, stdout, stderr }
}

describe("bad input ends with exit code 2, a message and nothing written", () => {
    const written = (name: string, content: string | Uint8Array) => {
        writeFileSync(join(folder, name), content)
        return join(folder, name)
    }
    const damaged = () => {
        const copy = readFileSync(bytes)
        copy[100] ^= 1
        return written("damaged.bin", copy)
    }
    const tooMuch = () => {
        const prescription = JSON.parse(readFileSync(DOSE, "utf8"))
        prescription.patientDose.micrograms = 50
        return written("too-much.json", JSON.stringify(prescription))
    }
    const unconfirmed = () => {
        const prescription = JSON.parse(readFileSync(DOSE, "utf8"))
        prescription.schedule.microgramsPerDay = 990
        prescription.doseWindow.microgramsMax = 300
        return written("unconfirmed.json", JSON.stringify(prescription))
    }
    test.each<[name: string, args: () => string[], message: RegExp]>([
        ["nothing to show", () => [], /--from: was "missing, and no prescription either"/],
        ["two things to show", () => [DOSE, "--from", bytes], /--from: was .*in place of a prescription/],
        ["a prescription that is missing", () => ["no-such.json"], /no-such\.json: was missing/],
        [
            "bytes that are missing",
            () => ["--from", "no-such.bin"],
            /no-such\.bin: was missing, may be the path of a file/,
        ],
        ["an old one that is missing", () => [DOSE, "--old", "no-such.json"], /no-such\.json: was missing/],
        [
            "bytes of something else",
            () => ["--from", DOSE],
            /patient-dose\.json: was \d+ bytes whose checksum is wrong/,
        ],
        ["damaged bytes", () => ["--from", damaged()], /was 106 bytes whose checksum is wrong/],
        ["damaged bytes to compare with", () => [DOSE, "--old", damaged()], /was 106 bytes whose checksum is wrong/],
        [
            "a prescription over its limits",
            () => [tooMuch(), "--bytes", join(folder, "out.bin")],
            /patientDose\.micrograms: was 50, may be a number up to 40\.277/,
        ],
        [
            "a soft limit that nobody confirmed",
            () => [unconfirmed(), "--bytes", join(folder, "out.bin")],
            /to exceed it on purpose add to confirmed: \{"limit": "over-1000"/,
        ],
        [
            "an output in no folder",
            () => [DOSE, "--bytes", join(folder, "none/out.bin")],
            /--bytes: was .*a file in a folder that exists/,
        ],
        [
            "an output that is a folder",
            () => ["--from", bytes, "--prescription", folder],
            /--prescription: was .*not a folder/,
        ],
        [
            "a prescription out of a prescription",
            () => [DOSE, "--prescription", "x.json"],
            /--prescription: was "x.json", may be given with --from/,
        ],
        ["a drug that is none", () => ["--from", bytes, "--drug", "water"], /--drug: was "water", may be "baclofen"/],
        ["a day that is none", () => [DOSE, "--filled", "2026-02-30"], /--filled: was "2026-02-30", may be a date/],
        ["an unknown option", () => [DOSE, "--table"], /unknown option '--table'/],
    ])("%s", (_name, args, message) => {
        const given = args()
        const before = readdirSync(folder)
        const { status, stdout, stderr } = prescribe(...given)
        expect(stderr).toMatch(message)
        expect(stderr).not.toMatch(/^\s+at /m)
        expect(stdout).toBe("")
        expect(status).toBe(2)
        expect(readdirSync(folder)).toEqual(before)
    })
})

test("--help tells the options, the exit codes and an example", () => {
    const { status, stdout } = prescribe("--help")
    expect(status).toBe(0)
    for (const words of ["--old", "--bytes", "--from", "--prescription", "--filled", "--json", "Exit code", "Examples"])
        expect(stdout).toContain(words)
    expect(stdout).toMatch(/not for\s+patients/i)
})

describe("what a prescription compiles to", () => {
    test("RXC-8: is shown from its bytes, which are written as they are, and come back as a prescription", () => {
        const out = join(folder, "out.bin")
        const { status, stdout, stderr } = prescribe(DOSE, "--bytes", out, "--filled", "2026-11-23")
        expect(stderr).toBe("")
        expect(status).toBe(0)
        expect(stdout).toMatch(/^Bench and research pump\. Not for patients\.$/m)
        expect(stdout).toMatch(/^Dose +200\.0 µg\/day$/m)
        expect(stdout).toMatch(/^Patient's dose +8\.0 µg over 10 min/m)
        expect(stdout).toMatch(/^Refill +after 90 days, Sun 21 Feb 2027, by the schedule$/m)
        expect(stdout).toMatch(/^ +00:00 to 24:00 +200\.0 µg +8\.3333 µg\/h +0\.2000 mL\/day$/m)
        expect(readFileSync(out)).toEqual(readFileSync(bytes))

        const again = join(folder, "again.json")
        const back = prescribe("--from", out, "--prescription", again)
        expect(back.stderr).toBe("")
        expect(back.status).toBe(0)
        expect(back.stdout).toMatch(/^Patient's dose +8\.0 µg over 10 min/m)
        const prescription = JSON.parse(readFileSync(again, "utf8"))
        expect(prescription.name).toBe("Read back from out.bin")
        expect(prescription.doseWindow).toEqual({ hours: 4, microgramsMax: 75 })
        expect(compilePrescription(prescription, again).bytes).toEqual(new Uint8Array(readFileSync(out)))
    })

    test("RXC-8: stands beside the old one, a prescription or bytes, with each difference marked", () => {
        const { status, stdout } = prescribe(AFTER, "--old", BEFORE)
        expect(status).toBe(0)
        expect(stdout).toMatch(/^\* +Concentration +500 µg\/mL +2,000 µg\/mL +\+300 %$/m)
        expect(stdout).toMatch(/^ +Dose in the mean +300\.0 µg\/day +300\.0 µg\/day$/m)
        const same = prescribe("--from", bytes, "--old", bytes)
        expect(same.stdout).toMatch(/^No difference$/m)
        expect(same.stdout).not.toMatch(/^\*/m)
    })

    test("RXC-8: is one JSON object where that was asked for, and nothing else", () => {
        const out = join(folder, "json.bin")
        const { status, stdout, stderr } = prescribe(DOSE, "--old", BEFORE, "--json", "--bytes", out)
        expect(status).toBe(0)
        expect(stderr).toContain(out)
        const read = JSON.parse(stdout)
        expect(read.readBack.patientDose).toEqual({ ug: 8, overMinutes: 10, lockoutMinutes: 120, perDayMax: 4 })
        expect(read.prescription.patientDose.micrograms).toBe(8)
        expect(Buffer.from(read.bytesHex, "hex")).toEqual(readFileSync(bytes))
        expect(read.softLimits).toEqual([])
        expect(read.comparison.find((row: { what: string }) => row.what === "Patient's dose")).toEqual({
            what: "Patient's dose",
            old: "none",
            new: "8.0 µg",
            differs: true,
            changePercent: null,
        })
    })
})

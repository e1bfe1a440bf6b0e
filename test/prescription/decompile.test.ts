import { readdirSync, readFileSync } from "node:fs"
import crc32OfHost from "crc-32"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { InputError } from "../../sim/input"
import { compilePrescription, encodeProgramme, loadPrescription } from "../../sim/prescription/compile"
import { decompileProgramme, readProgramme } from "../../sim/prescription/decompile"
import { shippedDrugs } from "../../sim/prescription/drugLibrary"
import { dailyDosesOf, exceededLimits } from "../../sim/prescription/softLimits"
import { writeUint } from "../../src/pump/bytes"
import { decodeProgramme, type Programme } from "../../src/pump/programme"
import { inputFolder, refusalOf } from "../inputFiles"
import { anyProgrammes, compiledProgrammes } from "./legalProgrammes"

const folder = inputFolder()
const OPTIONS = { name: "Read back", drug: "baclofen" }
const SHIPPED = "sim/prescriptions"

/** The programme with the bits of the soft limits that its doses exceed, whoever it is for. */
function withSoftLimits(programme: Programme): Programme {
    const concentration = programme.concentrationNgPerMl / 1000
    const { exceeded } = exceededLimits(shippedDrugs().baclofen, dailyDosesOf(programme), concentration, undefined)
    return { ...programme, softLimits: exceeded.reduce((bits, { limit }) => bits | (1 << limit.bit), 0) }
}

describe("from bytes to prescription and back", () => {
    test("RXC-1: what comes back compiles to the same bytes, whoever made them", () => {
        fc.assert(
            fc.property(compiledProgrammes.map(withSoftLimits), programme => {
                const bytes = encodeProgramme(programme)
                const prescription = decompileProgramme(readProgramme(bytes, "pump"), "pump", OPTIONS)
                expect(compilePrescription(prescription, "again").bytes).toEqual(bytes)
            }),
            { numRuns: 80 },
        )
    })

    test("RXC-1: soft limits that only facts about the person tell of are taken as the pump holds them", () => {
        fc.assert(
            fc.property(compiledProgrammes, fc.integer({ min: 0, max: 0xffff }), (programme, softLimits) => {
                const bytes = encodeProgramme({ ...programme, softLimits })
                const prescription = decompileProgramme(readProgramme(bytes, "pump"), "pump", OPTIONS)
                const again = compilePrescription(prescription, "again", { softLimitsHeld: softLimits })
                expect(again.bytes).toEqual(bytes)
            }),
            { numRuns: 15 },
        )
    })

    // The child's half hours are as short to write by the hour.
    test.each(readdirSync(SHIPPED).filter(file => file !== "child-48-segments.json"))(
        "RXC-1: %s comes back as it was written, the line's two parts as one",
        file => {
            const { prescription, programme, bytes, limits } = loadPrescription(`${SHIPPED}/${file}`)
            const written = JSON.parse(readFileSync(`${SHIPPED}/${file}`, "utf8"))
            const back = decompileProgramme(programme, "pump", { ...OPTIONS, name: prescription.name })
            const { catheterMl, tubingMl } = written.line ?? {}
            // Patterns go by their weekdays, because the bytes hold no names.
            const schedule = written.schedule.patterns
                ? {
                      patterns: {
                          "Mon to Fri": written.schedule.patterns.weekday,
                          "Sat, Sun": written.schedule.patterns.weekend,
                      },
                      week: Object.fromEntries(
                          Object.entries(written.schedule.week).map(([day, name]) => [
                              day,
                              name === "weekday" ? "Mon to Fri" : "Sat, Sun",
                          ]),
                      ),
                  }
                : written.schedule
            expect(JSON.parse(JSON.stringify(back))).toEqual({
                ...Object.fromEntries(Object.entries(written).filter(([key]) => key !== "$schema" && key !== "limits")),
                ...(written.line ? { line: { tubingMl: 0, catheterMl: tubingMl + catheterMl } } : {}),
                schedule,
            })
            expect(compilePrescription(back, "again").bytes).toEqual(bytes)
            const withLimits = decompileProgramme(programme, "pump", { ...OPTIONS, limits })
            expect(compilePrescription(withLimits, "again").limits).toEqual(limits)
        },
    )

    test("RXC-1: a dose that no few digits write comes back to the picolitre", () => {
        const { programme } = loadPrescription(`${SHIPPED}/continuous-100.json`)
        const odd = { ...programme, segmentRatePlPerDay: [200_000_001], meanRatePlPerDay: 200_000_001 }
        const back = decompileProgramme(odd, "pump", OPTIONS)
        expect(back.schedule).toEqual({ microgramsPerDay: 100.0000005 })
        expect(compilePrescription(back, "again").programme.segmentRatePlPerDay).toEqual([200_000_001])
    })

    test("RXC-1: a programme of the version before, without doses, comes back as well", () => {
        const { programme } = loadPrescription(`${SHIPPED}/weekday-weekend.json`)
        expect(decompileProgramme(readProgramme(versionOne(programme), "old"), "old", OPTIONS)).toEqual(
            decompileProgramme(programme, "new", OPTIONS),
        )
    })

    test.each<[string, Partial<Programme>, string]>([
        [
            "a mean that is not the schedule's",
            { meanRatePlPerDay: 200_000_001 },
            "pump: meanRatePlPerDay: was 200000001, may be 200000000, what the rest of the programme comes to",
        ],
        [
            "a schedule in the window that it does not give",
            { windowMinutes: 240, windowPlMax: 100_000_000, windowBasalPl: 34_722_223 + 1 },
            "pump: windowBasalPl: was 34722224, may be 34722223, what the rest of the programme comes to",
        ],
        [
            "a pattern that never runs",
            { patternStart: [0, 1, 2], segmentStartMinute: [0, 0], segmentRatePlPerDay: [2e8, 2e8] },
            "pump: schedule.patterns.pattern 2: was a pattern that runs on no weekday, may be left out, or named in schedule.week",
        ],
        [
            "a strength of no baclofen",
            { concentrationNgPerMl: 49_999 },
            "pump: concentrationMicrogramsPerMl: was 49.999, may be a number from 50 to 2000, the strengths of baclofen",
        ],
        [
            "a reservoir of less than a millilitre",
            { reservoirPl: 999_999_999, reservoirLowPl: 0 },
            "pump: reservoirMl: was 0.999999999, may be a number from 1 to 50",
        ],
    ])("RXC-1: %s is told of, because no prescription says it", (_, change, message) => {
        const { programme } = loadPrescription(`${SHIPPED}/continuous-100.json`)
        const bytes = encodeProgramme({ ...programme, ...change })
        expect(refusalOf(folder, () => decompileProgramme(readProgramme(bytes, "pump"), "pump", OPTIONS))).toEqual([
            message,
        ])
    })

    test("RXC-1: an unknown drug is refused", () => {
        const { programme } = loadPrescription(`${SHIPPED}/continuous-100.json`)
        const drug = "water"
        expect(refusalOf(folder, () => decompileProgramme(programme, "pump", { ...OPTIONS, drug }))).toEqual([
            'pump: drug: was "water", may be "baclofen"',
        ])
    })
})

/** The bytes of a programme as the version before laid them out. */
function versionOne(programme: Programme): Uint8Array {
    const bytes = encodeProgramme(programme)
    const patterns = programme.patternStart.length - 1
    const segments = programme.segmentStartMinute.length
    const old = new Uint8Array(34 + patterns + segments * 8 + 4)
    old.set(bytes.subarray(0, 34))
    old[2] = 1
    let from = 94
    let to = 34
    for (let pattern = 0; pattern < patterns; pattern++) {
        const count = bytes[from]
        old[to] = count
        from += 1
        to += 1
        for (let i = 0; i < count; i++) {
            old.set(bytes.subarray(from, from + 7), to)
            from += 7
            to += 8
        }
    }
    writeUint(old, to, 4, crc32OfHost.buf(old.subarray(0, to)) >>> 0)
    return old
}

describe("bytes that were changed", () => {
    const same = (programme: Programme, bytes: Uint8Array) => {
        try {
            expect(readProgramme(bytes, "pump")).toEqual(programme)
        } catch (error) {
            if (!(error instanceof InputError)) throw error
        }
    }

    test("RXC-5: any byte of a programme changed, left out or put in is refused, or no change at all", () => {
        fc.assert(
            fc.property(
                anyProgrammes.filter(programme => programme.segmentStartMinute.length < 40),
                fc.integer({ min: 1, max: 255 }),
                (programme, mask) => {
                    const bytes = encodeProgramme(programme)
                    for (let at = 0; at < bytes.length; at++) {
                        const changed = bytes.slice()
                        changed[at] ^= mask
                        expect(() => readProgramme(changed, "pump")).toThrow(InputError)
                        same(programme, Uint8Array.from([...bytes.slice(0, at), ...bytes.slice(at + 1)]))
                        same(programme, Uint8Array.from([...bytes.slice(0, at), mask, ...bytes.slice(at)]))
                    }
                    for (let length = 0; length < bytes.length; length++) same(programme, bytes.slice(0, length))
                    same(programme, Uint8Array.from([...bytes, mask]))
                },
            ),
            { numRuns: 15 },
        )
    })

    test("RXC-5: each byte's every other value is refused even where its checksum is made to fit, or read as the number it says", () => {
        const { bytes } = loadPrescription(`${SHIPPED}/patient-dose.json`)
        for (let at = 0; at < bytes.length - 4; at++)
            for (let value = 0; value < 256; value++) {
                const changed = bytes.slice()
                changed[at] = value
                writeUint(changed, bytes.length - 4, 4, crc32OfHost.buf(changed.subarray(0, bytes.length - 4)) >>> 0)
                const programme = decodeProgramme(changed)
                if (typeof programme !== "string" && changed[2] === 2)
                    expect(encodeProgramme(programme)).toEqual(changed)
            }
    })

    test.each<[string, Uint8Array, string]>([
        [
            "nothing",
            new Uint8Array(0),
            "pump: was 0 bytes whose checksum is wrong, may be the bytes of a programme, whole and unchanged",
        ],
        ["zeros", new Uint8Array(106), "pump: was 106 bytes whose checksum is wrong, may be"],
        // The checksum of none is 0.
        ["four zeros", new Uint8Array(4), "pump: was programme too short, may be"],
    ])("RXC-5: %s", (_, bytes, message) => {
        expect(refusalOf(folder, () => readProgramme(bytes, "pump")).join()).toContain(message)
    })
})

import { describe, expect, test } from "vitest"
import { writeUint } from "../../src/pump/bytes"
import { PATTERN_SEGMENTS_MAX, RATE_PL_PER_DAY_MAX, RATE_PL_PER_DAY_MIN, RESERVOIR_PL_MAX } from "../../src/pump/limits"
import {
    decodeProgramme,
    highestRatePlPerDay,
    PROGRAMME_MAGIC,
    PROGRAMME_VERSION,
    type Programme,
} from "../../src/pump/programme"

type Segment = [startMinute: number, ratePlPerDay: number]

/** Two patterns, one for the weekend. */
const PATTERNS: Segment[][] = [
    [
        [0, 200_000_000],
        [1_439, 300_000_000],
    ],
    [[0, 0]],
]

/** A stored programme of these patterns, with room for its checksum. */
function programmeBytes(patterns = PATTERNS): Uint8Array {
    const segments = patterns.reduce((sum, pattern) => sum + pattern.length, 0)
    const bytes = new Uint8Array(34 + patterns.length + 8 * segments + 4)
    writeUint(bytes, 0, 2, PROGRAMME_MAGIC)
    bytes[2] = PROGRAMME_VERSION
    bytes[3] = patterns.length
    for (let day = 5; day < 7; day++) bytes[4 + day] = patterns.length - 1
    writeUint(bytes, 12, 4, 500_000)
    writeUint(bytes, 16, 6, 20_000_000_000)
    writeUint(bytes, 22, 6, 2_000_000_000)
    writeUint(bytes, 28, 6, 150_000_000)
    let offset = 34
    for (const pattern of patterns) {
        bytes[offset++] = pattern.length
        for (const [startMinute, ratePlPerDay] of pattern) {
            writeUint(bytes, offset, 2, startMinute)
            writeUint(bytes, offset + 2, 6, ratePlPerDay)
            offset += 8
        }
    }
    return bytes
}

/** The same with a number changed. */
function changed(offset: number, size: number, value: number, patterns = PATTERNS): Programme | string {
    const bytes = programmeBytes(patterns)
    writeUint(bytes, offset, size, value)
    return decodeProgramme(bytes)
}

/** So many segments of a minute each. */
const minutes = (count: number): Segment[] => Array.from({ length: count }, (_, i) => [i, 200_000_000])

describe("a stored programme", () => {
    test("PRG-3: is read to the last number", () => {
        expect(decodeProgramme(programmeBytes())).toEqual({
            concentrationNgPerMl: 500_000,
            reservoirPl: 20_000_000_000,
            reservoirLowPl: 2_000_000_000,
            meanRatePlPerDay: 150_000_000,
            patternOfWeekday: [0, 0, 0, 0, 0, 1, 1],
            patternStart: [0, 2, 3],
            segmentStartMinute: [0, 1_439, 0],
            segmentRatePlPerDay: [200_000_000, 300_000_000, 0],
        })
    })

    test.each<[string, number, number, number, string]>([
        ["another magic", 0, 2, PROGRAMME_MAGIC + 1, "not a programme"],
        ["an earlier version", 2, 1, PROGRAMME_VERSION - 1, "programme of another version"],
        ["a later version", 2, 1, PROGRAMME_VERSION + 1, "programme of another version"],
        ["no pattern", 3, 1, 0, "pattern count out of range"],
        ["eight patterns", 3, 1, 8, "pattern count out of range"],
        ["a weekday of a third pattern", 4, 1, 2, "weekday without a pattern"],
        ["a Sunday of a third pattern", 10, 1, 2, "weekday without a pattern"],
        ["a reserved byte in use", 11, 1, 1, "reserved byte in use"],
        ["no drug", 12, 4, 0, "concentration out of range"],
        ["no reservoir", 16, 6, 0, "reservoir out of range"],
        ["too large a reservoir", 16, 6, RESERVOIR_PL_MAX + 1, "reservoir out of range"],
        ["an alarm volume of all the reservoir", 22, 6, 20_000_000_000, "reservoir-low out of range"],
        ["a mean flow too low", 28, 6, RATE_PL_PER_DAY_MIN - 1, "mean rate out of range"],
        ["a mean flow too high", 28, 6, RATE_PL_PER_DAY_MAX + 1, "mean rate out of range"],
        ["no segment", 34, 1, 0, "segment count out of range"],
        ["more segments than a pattern may have", 34, 1, PATTERN_SEGMENTS_MAX + 1, "segment count out of range"],
        ["more segments than are there", 34, 1, 4, "programme too short"],
        ["a first segment that is not at midnight", 35, 2, 1, "first segment does not start at midnight"],
        ["a second segment at midnight", 43, 2, 0, "segments out of order"],
        ["a segment after the day", 43, 2, 1_440, "segments out of order"],
        ["a flow too low", 37, 6, RATE_PL_PER_DAY_MIN - 1, "rate out of range"],
        ["a flow too high", 37, 6, RATE_PL_PER_DAY_MAX + 1, "rate out of range"],
        ["fewer segments than are there", 51, 1, 0, "segment count out of range"],
    ])("PRG-3: with %s it is refused with the reason", (_, offset, size, value, reason) => {
        expect(changed(offset, size, value)).toBe(reason)
    })

    test.each<[string, number, number, number]>([
        ["the least drug", 12, 4, 1],
        ["the least reservoir that holds more than its alarm volume", 16, 6, 2_000_000_001],
        ["the largest reservoir", 16, 6, RESERVOIR_PL_MAX],
        ["an alarm volume of one picolitre less than all", 22, 6, 19_999_999_999],
        ["no mean flow", 28, 6, 0],
        ["the lowest mean flow", 28, 6, RATE_PL_PER_DAY_MIN],
        ["the highest mean flow", 28, 6, RATE_PL_PER_DAY_MAX],
        ["the lowest flow", 37, 6, RATE_PL_PER_DAY_MIN],
        ["the highest flow", 37, 6, RATE_PL_PER_DAY_MAX],
        ["a second segment in the first minute", 43, 2, 1],
    ])("PRG-3: with %s it is taken", (_, offset, size, value) => {
        expect(changed(offset, size, value)).toBeTypeOf("object")
    })

    test("PRG-3: of fewer or more bytes than it says it is refused", () => {
        const bytes = programmeBytes()
        for (let length = 0; length < bytes.length; length++)
            expect(decodeProgramme(bytes.subarray(0, length)), `${length} bytes`).toMatch(/too short/)
        expect(decodeProgramme(Uint8Array.of(...bytes, 0))).toBe("programme too long")
        // The shortest there is: one segment.
        const shortest = programmeBytes([[[0, 200_000_000]]])
        expect(shortest.length).toBe(47)
        expect(decodeProgramme(shortest)).toBeTypeOf("object")
        expect(decodeProgramme(shortest.subarray(0, 46))).toBe("programme too short")
    })

    test("PRG-3: it holds seven patterns, 96 segments in each, and 336 in all", () => {
        const taken = (lengths: number[]) => decodeProgramme(programmeBytes(lengths.map(minutes)))
        expect(taken([48, 48, 48, 48, 48, 48, 48])).toBeTypeOf("object")
        expect(taken([48, 48, 48, 48, 48, 48, 49])).toBe("too many segments")
        expect(taken([96, 96, 96, 48])).toBeTypeOf("object")
        expect(taken([96, 96, 96, 49])).toBe("too many segments")
        expect(taken([97])).toBe("segment count out of range")
    })

    test("the highest of its flows is found wherever it stands", () => {
        const programme = decodeProgramme(programmeBytes()) as Programme
        expect(highestRatePlPerDay(programme)).toBe(300_000_000)
        expect(highestRatePlPerDay({ ...programme, segmentRatePlPerDay: [9, 7, 8] })).toBe(9)
    })
})

import { describe, expect, test } from "vitest"
import { NO_DOSES } from "../../sim/prescription/doses"
import { writeUint } from "../../src/pump/bytes"
import {
    BOLUS_PL_MAX,
    DAY_LIMIT_PL_MAX,
    DEAD_VOLUME_PL_MAX,
    PATTERN_SEGMENTS_MAX,
    RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
    RESERVOIR_PL_MAX,
} from "../../src/pump/limits"
import {
    decodeProgramme,
    highestRatePlPerDay,
    PROGRAMME_HEADER_SIZE,
    PROGRAMME_MAGIC,
    PROGRAMME_SEGMENT_SIZE,
    PROGRAMME_VERSION,
    type Programme,
    periodicRatePlPerDay,
} from "../../src/pump/programme"
import { programmeBytes as bytesOf } from "./bench"

type Segment = [startMinute: number, ratePlPerDay: number]

/** Two patterns, one for the weekend. */
const PATTERNS: Segment[][] = [
    [
        [0, 200_000_000],
        [1_439, 300_000_000],
    ],
    [[0, 0]],
]

/** A programme of these patterns, the last of them for the weekend. */
function programmeOf(patterns: Segment[][], changes: Partial<Programme> = {}): Programme {
    const last = patterns.length - 1
    return {
        concentrationNgPerMl: 500_000,
        reservoirPl: 20_000_000_000,
        reservoirLowPl: 2_000_000_000,
        meanRatePlPerDay: 150_000_000,
        patternOfWeekday: [0, 0, 0, 0, 0, last, last],
        patternStart: [0, ...patterns.map((_, i) => patterns.slice(0, i + 1).flat().length)],
        segmentStartMinute: patterns.flat().map(segment => segment[0]),
        segmentRatePlPerDay: patterns.flat().map(segment => segment[1]),
        ...NO_DOSES,
        ...changes,
    }
}

/** All that a programme may hold beside its schedule. */
const DOSES: Partial<Programme> = {
    refillWarningPl: 3_000_000_000,
    periodicPl: 10_000_000,
    periodicMinutes: 245,
    periodicDurationMinutes: 17,
    periodicStartMinute: 14_000_000,
    deadVolumePl: 220_000_000,
    bolusPlMax: 200_000_000,
    patientPl: 50_000_000,
    patientDurationMinutes: 20,
    lockoutMinutes: 90,
    dosesPerDayMax: 5,
    windowMinutes: 255,
    windowPlMax: 400_000_000,
    windowBasalPl: 150_000_000,
    softLimits: 0x8001,
}

/** The stored programme with all of that, with numbers changed. */
function changed(changes: [offset: number, size: number, value: number][], patterns = PATTERNS): Programme | string {
    const bytes = bytesOf(programmeOf(patterns, DOSES))
    for (const [offset, size, value] of changes) writeUint(bytes, offset, size, value)
    return decodeProgramme(bytes)
}

/** The same where nothing is given beside the schedule, with fields changed. */
function bare(changes: Partial<Programme>): Programme | string {
    return decodeProgramme(bytesOf(programmeOf(PATTERNS, changes)))
}

/** So many segments of a minute each. */
const minutes = (count: number): Segment[] => Array.from({ length: count }, (_, i) => [i, 200_000_000])

/** Where the first pattern begins. */
const AT = 94

describe("a stored programme", () => {
    test("PRG-3: is read to the last number", () => {
        expect([PROGRAMME_VERSION, PROGRAMME_HEADER_SIZE, PROGRAMME_SEGMENT_SIZE]).toEqual([2, AT, 7])
        expect(changed([])).toEqual({
            concentrationNgPerMl: 500_000,
            reservoirPl: 20_000_000_000,
            reservoirLowPl: 2_000_000_000,
            meanRatePlPerDay: 150_000_000,
            patternOfWeekday: [0, 0, 0, 0, 0, 1, 1],
            patternStart: [0, 2, 3],
            segmentStartMinute: [0, 1_439, 0],
            segmentRatePlPerDay: [200_000_000, 300_000_000, 0],
            ...DOSES,
        })
        expect(bare({})).toEqual(programmeOf(PATTERNS))
    })

    test("PRG-3: one of the first version is a schedule without anything beside it", () => {
        const stored = new Uint8Array(34 + 2 + 8 * 3 + 4)
        stored.set(bytesOf(programmeOf(PATTERNS)).subarray(0, 34))
        stored[2] = 1
        stored[34] = 2
        writeUint(stored, 35, 2, 0)
        writeUint(stored, 37, 6, 200_000_000)
        writeUint(stored, 43, 2, 1_439)
        writeUint(stored, 45, 6, 300_000_000)
        stored[51] = 1
        expect(decodeProgramme(stored)).toEqual(programmeOf(PATTERNS))
        for (let length = 0; length < stored.length; length++)
            expect(decodeProgramme(stored.subarray(0, length)), `${length} bytes`).toMatch(/too short/)
        expect(decodeProgramme(Uint8Array.of(...stored, 0))).toBe("programme too long")
        writeUint(stored, 45, 6, RATE_PL_PER_DAY_MAX + 1)
        expect(decodeProgramme(stored)).toBe("rate out of range")
        writeUint(stored, 45, 6, 0x100_0000_0000)
        expect(decodeProgramme(stored), "its rates have six bytes").toBe("rate out of range")
    })

    test.each<[string, number, number, number, string]>([
        ["another magic", 0, 2, PROGRAMME_MAGIC + 1, "not a programme"],
        ["no version", 2, 1, 0, "programme of another version"],
        ["a later version", 2, 1, PROGRAMME_VERSION + 1, "programme of another version"],
        ["no pattern", 3, 1, 0, "pattern count out of range"],
        ["eight patterns", 3, 1, 8, "pattern count out of range"],
        ["a weekday of a third pattern", 4, 1, 2, "weekday without a pattern"],
        ["a Sunday of a third pattern", 10, 1, 2, "weekday without a pattern"],
        ["a reserved byte in use", 11, 1, 1, "reserved byte in use"],
        ["a second reserved byte in use", 71, 1, 1, "reserved byte in use"],
        ["a third reserved byte in use", 88, 1, 1, "reserved byte in use"],
        ["the last reserved byte in use", 93, 1, 1, "reserved byte in use"],
        ["no drug", 12, 4, 0, "concentration out of range"],
        ["no reservoir", 16, 6, 0, "reservoir out of range"],
        ["too large a reservoir", 16, 6, RESERVOIR_PL_MAX + 1, "reservoir out of range"],
        ["an alarm volume of all the reservoir", 22, 6, 20_000_000_000, "reservoir-low out of range"],
        ["a mean flow too low", 28, 6, RATE_PL_PER_DAY_MIN - 1, "mean rate out of range"],
        ["a mean flow too high", 28, 6, RATE_PL_PER_DAY_MAX + 1, "mean rate out of range"],
        ["a refill warning at the refill alarm", 34, 6, 2_000_000_000, "refill warning out of range"],
        ["a refill warning over a full reservoir", 34, 6, 20_000_000_001, "refill warning out of range"],
        ["no segment", AT, 1, 0, "segment count out of range"],
        ["more segments than a pattern may have", AT, 1, PATTERN_SEGMENTS_MAX + 1, "segment count out of range"],
        ["more segments than are there", AT, 1, 4, "programme too short"],
        ["a first segment that is not at midnight", AT + 1, 2, 1, "first segment does not start at midnight"],
        ["a second segment at midnight", AT + 8, 2, 0, "segments out of order"],
        ["a segment after the day", AT + 8, 2, 1_440, "segments out of order"],
        ["a flow too low", AT + 3, 5, RATE_PL_PER_DAY_MIN - 1, "rate out of range"],
        ["a flow too high", AT + 10, 5, RATE_PL_PER_DAY_MAX + 1, "rate out of range"],
        ["fewer segments than are there", AT + 15, 1, 0, "segment count out of range"],
    ])("PRG-3: with %s it is refused with the reason", (_, offset, size, value, reason) => {
        expect(changed([[offset, size, value]])).toBe(reason)
    })

    test.each<[string, number, number, number]>([
        ["the least drug", 12, 4, 1],
        ["the largest reservoir", 16, 6, RESERVOIR_PL_MAX],
        ["no mean flow", 28, 6, 0],
        ["the lowest mean flow", 28, 6, RATE_PL_PER_DAY_MIN],
        ["a refill warning just over the refill alarm", 34, 6, 2_000_000_001],
        ["a refill warning of a full reservoir", 34, 6, 20_000_000_000],
        ["no refill warning", 34, 6, 0],
        ["the lowest flow", AT + 3, 5, RATE_PL_PER_DAY_MIN],
        ["a second segment in the first minute", AT + 8, 2, 1],
    ])("PRG-3: with %s it is taken", (_, offset, size, value) => {
        expect(changed([[offset, size, value]])).toBeTypeOf("object")
    })

    test.each<[string, Partial<Programme>]>([
        ["the least reservoir that holds more than its alarm volume", { reservoirPl: 2_000_000_001 }],
        ["an alarm volume of one picolitre less than all", { reservoirLowPl: 19_999_999_999 }],
        ["the highest mean flow", { meanRatePlPerDay: RATE_PL_PER_DAY_MAX }],
        ["the highest flow", { segmentRatePlPerDay: [200_000_000, RATE_PL_PER_DAY_MAX, 0] }],
    ])("PRG-3: with %s it is taken, too", (_, changes) => {
        expect(bare(changes)).toBeTypeOf("object")
    })

    test("PRG-3: of fewer or more bytes than it says it is refused", () => {
        const bytes = bytesOf(programmeOf(PATTERNS, DOSES))
        for (let length = 0; length < bytes.length; length++)
            expect(decodeProgramme(bytes.subarray(0, length)), `${length} bytes`).toMatch(/too short/)
        expect(decodeProgramme(Uint8Array.of(...bytes, 0))).toBe("programme too long")
        // The shortest there is: one segment.
        const shortest = bytesOf(programmeOf([[[0, 200_000_000]]]))
        expect(shortest.length).toBe(106)
        expect(decodeProgramme(shortest)).toBeTypeOf("object")
        expect(decodeProgramme(shortest.subarray(0, 105))).toBe("programme too short")
    })

    test("PRG-3: it holds seven patterns, 96 segments in each, and 192 in all", () => {
        const taken = (lengths: number[]) => decodeProgramme(bytesOf(programmeOf(lengths.map(minutes))))
        expect(taken([27, 27, 27, 27, 27, 27, 30])).toBeTypeOf("object")
        expect(taken([27, 27, 27, 27, 27, 27, 31])).toBe("too many segments")
        expect(taken([96, 96])).toBeTypeOf("object")
        expect(taken([96, 96, 1])).toBe("too many segments")
        expect(taken([97])).toBe("segment count out of range")
    })

    test("the highest of its flows is found wherever it stands, with the periodic dose on top", () => {
        const programme = changed([]) as Programme
        // 10 µL in 17 min.
        expect(periodicRatePlPerDay(programme)).toBe(847_058_824)
        expect(highestRatePlPerDay(programme)).toBe(300_000_000 + 847_058_824)
        const schedule = { ...programme, periodicPl: 0 }
        expect(periodicRatePlPerDay(schedule)).toBe(0)
        expect(highestRatePlPerDay({ ...schedule, segmentRatePlPerDay: [9, 7, 8] })).toBe(9)
    })
})

describe("periodic doses, boluses and window of a stored programme", () => {
    /** 24 mL/day and what the schedule has, in a dose of an hour. */
    const FASTEST_PL = (RATE_PL_PER_DAY_MAX - 300_000_000) / 24

    // Each with the last value that is taken and the first that is not.
    test.each<[string, keyof Programme, number, number, string, Partial<Programme>?]>([
        ["periodic interval", "periodicMinutes", 30, 29, "periodic interval out of range"],
        ["periodic interval", "periodicMinutes", 10_080, 10_081, "periodic interval out of range"],
        ["periodic duration", "periodicDurationMinutes", 1, 0, "periodic duration out of range"],
        ["periodic duration", "periodicDurationMinutes", 245, 246, "periodic duration out of range"],
        [
            "periodic dose",
            "periodicPl",
            FASTEST_PL,
            FASTEST_PL + 1,
            "periodic dose too fast",
            { periodicDurationMinutes: 60 },
        ],
        ["dead volume", "deadVolumePl", DEAD_VOLUME_PL_MAX, DEAD_VOLUME_PL_MAX + 1, "dead volume out of range"],
        [
            "clinician's bolus",
            "bolusPlMax",
            BOLUS_PL_MAX,
            BOLUS_PL_MAX + 1,
            "clinician's bolus out of range",
            { windowPlMax: 9_000_000_000 },
        ],
        [
            "clinician's bolus in the window",
            "bolusPlMax",
            250_000_000,
            250_000_001,
            "clinician's bolus never fits the window",
        ],
        ["window", "windowMinutes", 60, 45, "dose window out of range"],
        ["window", "windowMinutes", 1_440, 1_455, "dose window out of range"],
        ["window of whole quarters", "windowMinutes", 240, 241, "dose window out of range"],
        ["window of whole quarters, from below", "windowMinutes", 255, 254, "dose window out of range"],
        ["window's limit", "windowPlMax", DAY_LIMIT_PL_MAX, DAY_LIMIT_PL_MAX + 1, "dose window's limit out of range"],
        // 150 µL/day in 255 min.
        ["schedule in the window", "windowBasalPl", 26_562_500, 26_562_499, "schedule in the window too low"],
        [
            "schedule in the window, without boluses",
            "windowBasalPl",
            400_000_000,
            400_000_001,
            "schedule in the window too high",
            { bolusPlMax: 0, patientPl: 0, patientDurationMinutes: 0, lockoutMinutes: 0, dosesPerDayMax: 0 },
        ],
        [
            "patient's dose",
            "patientPl",
            BOLUS_PL_MAX,
            BOLUS_PL_MAX + 1,
            "patient's dose out of range",
            { windowPlMax: 9_000_000_000 },
        ],
        ["patient's dose in the window", "patientPl", 250_000_000, 250_000_001, "patient's dose never fits the window"],
        ["patient's duration", "patientDurationMinutes", 1, 0, "patient's dose too long"],
        ["patient's duration and lockout", "patientDurationMinutes", 90, 91, "patient's dose too long"],
        ["lockout", "lockoutMinutes", 1_440, 1_441, "lockout out of range"],
        ["lockout as long as the dose", "lockoutMinutes", 20, 19, "patient's dose too long"],
        ["doses in a day", "dosesPerDayMax", 1, 0, "doses in a day out of range"],
        ["doses in a day", "dosesPerDayMax", 24, 25, "doses in a day out of range"],
    ])("PRG-6: a %s (%s) of %d is taken, of %d not", (_, field, taken, refused, reason, others = {}) => {
        expect(bare({ ...DOSES, ...others, [field]: taken })).toMatchObject({ [field]: taken })
        expect(bare({ ...DOSES, ...others, [field]: refused })).toBe(reason)
    })

    test.each<[keyof Programme, string]>([
        ["periodicMinutes", "periodic dose without a volume"],
        ["periodicDurationMinutes", "periodic dose without a volume"],
        ["periodicStartMinute", "periodic dose without a volume"],
        ["windowPlMax", "dose window without a length"],
        ["windowBasalPl", "dose window without a length"],
        ["bolusPlMax", "clinician's bolus without a dose window"],
        ["patientDurationMinutes", "patient's dose without a volume"],
        ["lockoutMinutes", "patient's dose without a volume"],
        ["dosesPerDayMax", "patient's dose without a volume"],
    ])("PRG-6: %s alone makes none: %s", (field, reason) => {
        expect(bare({ [field]: 1 })).toBe(reason)
    })

    test("PRG-6: a patient's dose wants a window, and a window no bolus", () => {
        const { patientPl, patientDurationMinutes, lockoutMinutes, dosesPerDayMax } = DOSES
        const dose = { patientPl, patientDurationMinutes, lockoutMinutes, dosesPerDayMax }
        expect(bare(dose)).toBe("patient's dose without a dose window")
        const window = { windowMinutes: 60, windowPlMax: 100_000_000, windowBasalPl: 20_000_000 }
        expect(bare({ ...dose, ...window })).toBeTypeOf("object")
        expect(bare(window)).toBeTypeOf("object")
    })
})

import CRC32 from "crc-32"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ALARM_COUNT, Alarm, Reason } from "../../src/pump/alarms"
import { crc32, readUint, writeUint } from "../../src/pump/bytes"
import {
    CHECKPOINT_SIZE,
    CHECKPOINT_SIZE_MAX,
    CHECKPOINT_VERSION,
    type Checkpoint,
    decodeCheckpoint,
    encodeCheckpoint,
    isBlank,
    ProgrammeSource,
    WALL_UNKNOWN,
    wallSecondsAt,
} from "../../src/pump/checkpoint"
import { restoreGuard } from "../../src/pump/guard"
import { createJournal } from "../../src/pump/journal"
import { RESERVOIR_PL_MAX } from "../../src/pump/limits"
import { Mode } from "../../src/pump/pump"
import { GuardTrip } from "../../src/pump/readings"
import { Bench, foundWith } from "./bench"

/** A Tuesday noon. */
const WALL_S = 5 * 7 * 86_400 + 86_400 + 43_200

/** What a pump in the midst of things would store. No two numbers are the same, so that none can stand in for another. */
const STORED: Checkpoint = {
    sequence: 5,
    mode: Mode.Stopped,
    brokenRuns: 3,
    starts: 70_007,
    guardTrip: GuardTrip.DayLimit,
    latched: (1 << Alarm.Occlusion) | (1 << Alarm.OverDelivery),
    reasons: Array.from({ length: ALARM_COUNT }, (_, alarm) => (alarm % 30) + 2),
    reservoirEmpty: false,
    accountUnknown: false,
    residualPl: 12_345_678_901,
    meteredPl: 7_654_321_098,
    countedPl: 7_654_300_000,
    sensedPl: 7_600_000_001,
    endSwitchDiffers: false,
    refillDiffers: false,
    uncertainPl: 8_888_888_881,
    refilledWallS: WALL_S - 1_000_000,
    refilledPl: 19_000_000_007,
    forwardSteps: 5_000_000_123,
    backSteps: 4_400_000_321,
    primePl: 6_100_000_017,
    primeLeftPl: 5_100_000_018,
    guardHourSteps: 1_001,
    guardDaySteps: 20_002,
    guardPrimeSteps: 300_003,
    guardPrimeDaySteps: 4_004,
    wallS: WALL_S,
    stoppedWallS: WALL_S - 777_777,
    flashId: 0x89abcdef,
    programmeSource: ProgrammeSource.Second,
    programmeSum: 0xfedcba98,
    events: 1_000_001,
    faults: 2_000_002,
}

/** The bytes that a pump stores which knows just that. */
function checkpointBytes(changes: Partial<Checkpoint> = {}): Uint8Array {
    const stored = { ...STORED, ...changes }
    const { pump, guard } = new Bench()
    const journal = createJournal(foundWith({ ...stored, starts: stored.starts - 1 }), stored.flashId)
    pump.mode = stored.mode
    pump.brokenRuns = stored.brokenRuns
    pump.latched = stored.latched
    // Conditions that are not latched are found again after a reset, all but these two.
    pump.conditions = 1 << Alarm.BatteryLow
    if (stored.reservoirEmpty) pump.conditions |= 1 << Alarm.ReservoirEmpty
    if (stored.accountUnknown) pump.conditions |= 1 << Alarm.CheckpointDamaged
    pump.reasons = stored.reasons.slice()
    pump.nowMs = 9_000_500
    pump.wallMinusNowMs = stored.wallS === WALL_UNKNOWN ? Number.NaN : stored.wallS * 1000 - 9_000_000
    pump.stoppedSinceMs = stored.stoppedWallS * 1000 + 999 - pump.wallMinusNowMs
    pump.residualPl = stored.residualPl
    pump.uncertainPl = stored.uncertainPl
    pump.refilledWallS = stored.refilledWallS
    pump.refilledPl = stored.refilledPl
    pump.primeRatePlPerDay = stored.primePl > 0 ? 1 : 0
    pump.primePl = stored.primePl
    pump.primeLeftPl = stored.primeLeftPl
    pump.volume.meteredPl = stored.meteredPl
    pump.volume.countedPl = stored.countedPl
    pump.volume.sensedPl = stored.sensedPl
    pump.volume.endSwitchDiffers = stored.endSwitchDiffers
    pump.volume.refillDiffers = stored.refillDiffers
    restoreGuard(guard, stored.guardTrip, stored.guardHourSteps, stored.guardDaySteps, stored.guardPrimeDaySteps)
    guard.primeSteps = stored.guardPrimeSteps
    const bytes = new Uint8Array(CHECKPOINT_SIZE)
    encodeCheckpoint(pump, guard, journal, bytes)
    return bytes
}

/** The same bytes with a number changed, and their checksum right again. */
function withNumber(bytes: Uint8Array, offset: number, size: number, value: number): Uint8Array {
    const changed = bytes.slice()
    writeUint(changed, offset, size, value)
    writeUint(changed, changed.length - 4, 4, crc32(changed, 0, changed.length - 4, 0))
    return changed
}

/** What version 2 of the firmware stored: 50 bytes. */
function oldBytes(): Uint8Array {
    const bytes = new Uint8Array(50)
    bytes[0] = 2
    bytes[1] = Mode.Stopped
    bytes[2] = 3
    bytes[3] = GuardTrip.DayLimit
    writeUint(bytes, 4, 4, 5)
    writeUint(bytes, 8, 4, STORED.latched)
    writeUint(bytes, 12, 6, STORED.residualPl)
    writeUint(bytes, 18, 6, STORED.meteredPl)
    writeUint(bytes, 24, 6, STORED.countedPl)
    writeUint(bytes, 30, 6, STORED.sensedPl)
    writeUint(bytes, 36, 4, STORED.guardHourSteps)
    writeUint(bytes, 40, 4, STORED.guardDaySteps)
    bytes[44] = 2
    writeUint(bytes, 46, 4, crc32(bytes, 0, 46, 0))
    return bytes
}

describe("the checkpoint", () => {
    test.each<[string, Partial<Checkpoint>]>([
        ["in the midst of things", {}],
        ["running", { mode: Mode.Running, stoppedWallS: WALL_UNKNOWN }],
        ["without a bolus", { primePl: 0, primeLeftPl: 0 }],
        ["that does not know the time", { wallS: WALL_UNKNOWN, stoppedWallS: WALL_UNKNOWN }],
        ["that runs what it was flashed with", { programmeSource: ProgrammeSource.Flash }],
        ["with an empty reservoir", { reservoirEmpty: true }],
        ["whose account nobody knows", { accountUnknown: true }],
        ["whose end switch differs", { endSwitchDiffers: true }],
        ["whose refill differed", { refillDiffers: true }],
        [
            "with all of that",
            { reservoirEmpty: true, accountUnknown: true, endSwitchDiffers: true, refillDiffers: true },
        ],
        [
            "with the largest numbers",
            { sequence: 0xffffffff, brokenRuns: 255, starts: 0xffffffff, residualPl: RESERVOIR_PL_MAX },
        ],
    ])("CKP-1: it holds what must outlast a reset, of a pump %s", (_, changes) => {
        expect(decodeCheckpoint(checkpointBytes(changes))).toEqual({ ...STORED, ...changes })
    })

    test("CKP-1: what can't be stored as it is becomes the nearest that can", () => {
        const bytes = checkpointBytes({
            brokenRuns: 256,
            residualPl: RESERVOIR_PL_MAX + 44_900,
            meteredPl: -44_900,
            countedPl: -44_900,
            sensedPl: -1,
        })
        expect(decodeCheckpoint(bytes)).toEqual({
            ...STORED,
            brokenRuns: 255,
            residualPl: RESERVOIR_PL_MAX,
            meteredPl: 0,
            countedPl: 0,
            sensedPl: 0,
        })
    })

    test("CKP-1: it is read from a place that is longer than it, and says how long it is", () => {
        const place = new Uint8Array(CHECKPOINT_SIZE_MAX).fill(0xa5)
        place.set(checkpointBytes())
        expect(place[45]).toBe(CHECKPOINT_SIZE)
        expect(CHECKPOINT_SIZE).toBeLessThanOrEqual(CHECKPOINT_SIZE_MAX)
        expect(decodeCheckpoint(place)).toEqual(STORED)
    })

    test.each([
        [Number.NaN, 0, WALL_UNKNOWN],
        [0, 0, 0],
        [-1, 0, WALL_UNKNOWN],
        [-1, 1, 0],
        [500, 1_499, 1],
        [500, 1_500, 2],
    ])("CKP-1: a wall clock %d ms before the other shows at %d ms %d s", (wallMinusNowMs, ms, seconds) => {
        const { pump } = new Bench()
        pump.wallMinusNowMs = wallMinusNowMs
        expect(wallSecondsAt(pump, ms)).toBe(seconds)
    })

    test("CKP-2: every flip of a single bit is found, and is damage and nothing else", () => {
        const bytes = checkpointBytes()
        for (let bit = 0; bit < CHECKPOINT_SIZE * 8; bit++) {
            bytes[bit >> 3] ^= 1 << (bit & 7)
            expect(decodeCheckpoint(bytes), `bit ${bit}`).toBe(Reason.RecordDamaged)
            bytes[bit >> 3] ^= 1 << (bit & 7)
        }
    })

    test("CKP-2: one that is torn, or says what can't be, is damaged", () => {
        const whole = checkpointBytes()
        for (let size = 1; size < CHECKPOINT_SIZE; size++) {
            expect(decodeCheckpoint(whole.slice(0, size)), `${size} bytes`).toBe(Reason.RecordDamaged)
            const torn = new Uint8Array(CHECKPOINT_SIZE_MAX)
            torn.set(whole.slice(0, size))
            expect(decodeCheckpoint(torn), `torn after ${size} bytes`).toBe(Reason.RecordDamaged)
        }
        for (const [offset, size, value] of [
            [0, 1, CHECKPOINT_VERSION - 1],
            [0, 1, CHECKPOINT_VERSION - 2],
            [0, 1, 0],
            [1, 1, Mode.Running + 1],
            [12, 6, RESERVOIR_PL_MAX + 1],
            [45, 1, CHECKPOINT_SIZE + 1],
            [45, 1, 49],
            [45, 1, CHECKPOINT_SIZE_MAX + 1],
            [122, 1, ProgrammeSource.Second + 1],
        ])
            expect(decodeCheckpoint(withNumber(whole, offset, size, value)), `${value} at ${offset}`).toBe(
                Reason.RecordDamaged,
            )
        expect(decodeCheckpoint(withNumber(whole, 12, 6, RESERVOIR_PL_MAX))).toMatchObject({
            residualPl: RESERVOIR_PL_MAX,
        })
        // A longer record of this version, with its checksum right.
        const longer = new Uint8Array(CHECKPOINT_SIZE + 1)
        longer.set(whole)
        expect(decodeCheckpoint(withNumber(longer, 45, 1, CHECKPOINT_SIZE + 1))).toBe(Reason.RecordDamaged)
    })

    test("CKP-2: bytes that nobody wrote are no damage", () => {
        for (const size of [0, 1, 50, CHECKPOINT_SIZE, CHECKPOINT_SIZE_MAX])
            expect(decodeCheckpoint(new Uint8Array(size)), `${size} bytes`).toBe(Reason.RecordMissing)
        const one = new Uint8Array(CHECKPOINT_SIZE_MAX)
        expect(isBlank(one)).toBe(true)
        for (const at of [0, 100, CHECKPOINT_SIZE_MAX - 1]) {
            one.fill(0)[at] = 1
            expect(isBlank(one)).toBe(false)
            expect(decodeCheckpoint(one)).toBe(Reason.RecordDamaged)
        }
    })

    test("JRN-5: what the firmware before this one stored is taken over, with what it did not know", () => {
        const taken: Checkpoint = {
            ...STORED,
            starts: 0,
            reasons: new Array(ALARM_COUNT).fill(Reason.None),
            endSwitchDiffers: true,
            uncertainPl: 0,
            refilledWallS: WALL_UNKNOWN,
            refilledPl: 0,
            forwardSteps: 0,
            backSteps: 0,
            primePl: 0,
            primeLeftPl: 0,
            guardPrimeSteps: 0,
            guardPrimeDaySteps: 0,
            wallS: WALL_UNKNOWN,
            stoppedWallS: WALL_UNKNOWN,
            flashId: 0,
            programmeSource: ProgrammeSource.Flash,
            programmeSum: 0,
            events: 0,
            faults: 0,
        }
        expect(decodeCheckpoint(oldBytes())).toEqual(taken)
        const place = new Uint8Array(CHECKPOINT_SIZE_MAX).fill(0xa5)
        place.set(oldBytes())
        expect(decodeCheckpoint(place)).toEqual(taken)
    })

    test("JRN-5: and every flip of a single bit of that is found", () => {
        const bytes = oldBytes()
        for (let bit = 0; bit < 8 * bytes.length; bit++) {
            bytes[bit >> 3] ^= 1 << (bit & 7)
            expect(decodeCheckpoint(bytes), `bit ${bit}`).toBe(Reason.RecordDamaged)
            bytes[bit >> 3] ^= 1 << (bit & 7)
        }
        for (let size = 1; size < bytes.length; size++)
            expect(decodeCheckpoint(bytes.slice(0, size))).toBe(Reason.RecordDamaged)
    })

    test.each([50, CHECKPOINT_SIZE, CHECKPOINT_SIZE_MAX])(
        "JRN-5: what a later firmware stored in %d bytes is refused as that, and damage to it is damage",
        size => {
            const later = new Uint8Array(size)
            later.set(checkpointBytes().slice(0, 40))
            writeUint(later, 45, 1, size)
            for (const version of [CHECKPOINT_VERSION + 1, 255])
                expect(decodeCheckpoint(withNumber(later, 0, 1, version))).toBe(Reason.RecordNewer)
            const damaged = withNumber(later, 0, 1, CHECKPOINT_VERSION + 1)
            damaged[20] ^= 1
            expect(decodeCheckpoint(damaged)).toBe(Reason.RecordDamaged)
        },
    )
})

describe("the checkpoint between two samples", () => {
    /** A pump that has made so many steps since its volume was last judged. */
    function unjudged(steps: number) {
        const { pump, guard } = new Bench()
        pump.volume.commandedSteps = 40
        pump.commandedSteps = 40 + steps
        pump.volume.meteredPl = 1_000_000
        const bytes = new Uint8Array(CHECKPOINT_SIZE)
        encodeCheckpoint(pump, guard, createJournal(foundWith(), 0), bytes)
        return decodeCheckpoint(bytes)
    }

    test.each([
        [0, 1_000_000],
        [3, 1_134_700],
        [-3, 865_300],
        // Before the first sample nothing was judged, nor made.
        [Number.NaN, 1_000_000],
    ])("CKP-1: holds the volume of the %d steps that were made since the last one", (steps, meteredPl) => {
        expect(unjudged(steps)).toMatchObject({ meteredPl })
    })

    test("CKP-1: knows of no bolus where none is in progress, and of no stop while the pump runs", () => {
        const { pump, guard } = new Bench()
        pump.primePl = 5_000_000
        pump.wallMinusNowMs = 1_000_000
        pump.stoppedSinceMs = 2_000
        const bytes = new Uint8Array(CHECKPOINT_SIZE)
        encodeCheckpoint(pump, guard, createJournal(foundWith(), 0), bytes)
        expect(decodeCheckpoint(bytes)).toMatchObject({ primePl: 0, stoppedWallS: WALL_UNKNOWN })
    })

    test("CKP-1: leaves room for as many alarms as a set holds, and nothing in it", () => {
        const bytes = checkpointBytes({ reasons: new Array(ALARM_COUNT).fill(Reason.Noisy) })
        const reasons = [...bytes.subarray(123, 155)]
        expect(reasons).toEqual([...new Array(ALARM_COUNT).fill(Reason.Noisy), ...new Array(32 - ALARM_COUNT).fill(0)])
    })
})

describe("the size that a checkpoint gives itself", () => {
    /** A record of another version of this size, whole, in a place of 256 bytes. */
    function ofSize(size: number, placeSize = 256): Uint8Array {
        const bytes = new Uint8Array(256).fill(7)
        bytes[0] = CHECKPOINT_VERSION + 1
        bytes[45] = size
        if (size >= 4) writeUint(bytes, size - 4, 4, crc32(bytes, 0, size - 4, 0))
        return bytes.subarray(0, placeSize)
    }

    test.each([
        [50, 256, Reason.RecordNewer],
        [49, 256, Reason.RecordDamaged],
        [200, 256, Reason.RecordNewer],
        [201, 256, Reason.RecordDamaged],
        [200, 200, Reason.RecordNewer],
        [200, 199, Reason.RecordDamaged],
        [50, 50, Reason.RecordNewer],
        [50, 49, Reason.RecordDamaged],
        [3, 256, Reason.RecordDamaged],
    ])("JRN-5: of %d bytes in a place of %d: %d", (size, placeSize, reason) => {
        expect(decodeCheckpoint(ofSize(size, placeSize))).toBe(reason)
    })
})

describe("bytes", () => {
    test("a number written is read back", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 6 }), fc.double({ min: 0, max: 1, noNaN: true }), (size, part) => {
                const value = Math.floor(part * (256 ** size - 1))
                const bytes = new Uint8Array(8).fill(0xaa)
                writeUint(bytes, 1, size, value)
                expect(readUint(bytes, 1, size)).toBe(value)
                expect([bytes[0], bytes[1 + size]]).toEqual([0xaa, 0xaa])
            }),
        )
    })

    test("the checksum is the CRC-32 of IEEE 802.3, in one piece or several", () => {
        expect(crc32(new TextEncoder().encode("123456789"), 0, 9, 0)).toBe(0xcbf43926)
        fc.assert(
            fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
                const cut = Math.min(at, bytes.length)
                const expected = CRC32.buf(bytes) >>> 0
                expect(crc32(bytes, 0, bytes.length, 0)).toBe(expected)
                expect(crc32(bytes, cut, bytes.length, crc32(bytes, 0, cut, 0))).toBe(expected)
            }),
        )
    })
})

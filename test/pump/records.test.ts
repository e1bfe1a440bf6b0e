import CRC32 from "crc-32"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Alarm } from "../../src/pump/alarms"
import { crc32, readUint, writeUint } from "../../src/pump/bytes"
import {
    CHECKPOINT_SIZE,
    CHECKPOINT_VERSION,
    type Checkpoint,
    decodeCheckpoint,
    encodeCheckpoint,
    newerCheckpoint,
} from "../../src/pump/checkpoint"
import { restoreGuard } from "../../src/pump/guard"
import { RESERVOIR_PL_MAX } from "../../src/pump/limits"
import { Mode } from "../../src/pump/pump"
import { GuardTrip } from "../../src/pump/readings"
import { Bench } from "./bench"

/** What a pump in the midst of things would store. */
const STORED: Checkpoint = {
    sequence: 5,
    mode: Mode.Stopped,
    brokenRuns: 3,
    guardTrip: GuardTrip.DayLimit,
    latched: (1 << Alarm.Occlusion) | (1 << Alarm.OverDelivery),
    reservoirEmpty: false,
    accountUnknown: false,
    residualPl: 12_345_678_901,
    meteredPl: 7_654_321_098,
    countedPl: 7_654_300_000,
    sensedPl: 7_600_000_001,
    endSwitchDiffers: false,
    refillDiffers: false,
    guardHourSteps: 1_001,
    guardDaySteps: 20_002,
}

/** The bytes that a pump stores which knows just that. */
function checkpointBytes(changes: Partial<Checkpoint> = {}): Uint8Array {
    const stored = { ...STORED, ...changes }
    const { pump, guard } = new Bench()
    pump.mode = stored.mode
    pump.brokenRuns = stored.brokenRuns
    pump.latched = stored.latched
    // Conditions that are not latched are found again after a reset, all but these two.
    pump.conditions = 1 << Alarm.BatteryLow
    if (stored.reservoirEmpty) pump.conditions |= 1 << Alarm.ReservoirEmpty
    if (stored.accountUnknown) pump.conditions |= 1 << Alarm.CheckpointDamaged
    pump.residualPl = stored.residualPl
    pump.volume.meteredPl = stored.meteredPl
    pump.volume.countedPl = stored.countedPl
    pump.volume.sensedPl = stored.sensedPl
    pump.volume.endSwitchDiffers = stored.endSwitchDiffers
    pump.volume.refillDiffers = stored.refillDiffers
    restoreGuard(guard, stored.guardTrip, stored.guardHourSteps, stored.guardDaySteps)
    const bytes = new Uint8Array(CHECKPOINT_SIZE)
    encodeCheckpoint(pump, guard, stored.sequence, bytes)
    return bytes
}

describe("the checkpoint", () => {
    test.each<[string, Partial<Checkpoint>]>([
        ["in the midst of things", {}],
        ["running", { mode: Mode.Running }],
        ["with an empty reservoir", { reservoirEmpty: true }],
        ["whose account nobody knows", { accountUnknown: true }],
        ["whose end switch differs", { endSwitchDiffers: true }],
        ["whose refill differed", { refillDiffers: true }],
        [
            "with all of that",
            { reservoirEmpty: true, accountUnknown: true, endSwitchDiffers: true, refillDiffers: true },
        ],
        ["with the largest numbers", { sequence: 0xffffffff, brokenRuns: 255, residualPl: RESERVOIR_PL_MAX }],
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

    test("CKP-1: of the guard's counts, what a prime still allows is left out", () => {
        const { pump, guard } = new Bench()
        guard.hourSteps = 500
        guard.daySteps = 700
        guard.primeSteps = 400
        const bytes = new Uint8Array(CHECKPOINT_SIZE)
        encodeCheckpoint(pump, guard, 1, bytes)
        expect(decodeCheckpoint(bytes)).toMatchObject({ guardHourSteps: 100, guardDaySteps: 300 })
    })

    test("CKP-2: every flip of a single bit is found", () => {
        for (let bit = 0; bit < CHECKPOINT_SIZE * 8; bit++) {
            const bytes = checkpointBytes()
            bytes[bit >> 3] ^= 1 << (bit & 7)
            expect(decodeCheckpoint(bytes), `bit ${bit}`).toBeUndefined()
        }
    })

    test("CKP-2: one that is absent, torn, or says what can't be is not taken", () => {
        expect(decodeCheckpoint(undefined)).toBeUndefined()
        for (let size = 0; size < CHECKPOINT_SIZE; size++)
            expect(decodeCheckpoint(checkpointBytes().slice(0, size))).toBeUndefined()
        for (const [offset, size, value] of [
            [0, 1, CHECKPOINT_VERSION + 1],
            [0, 1, CHECKPOINT_VERSION - 1],
            [1, 1, Mode.Running + 1],
            [12, 6, RESERVOIR_PL_MAX + 1],
        ]) {
            const bytes = checkpointBytes()
            writeUint(bytes, offset, size, value)
            writeUint(bytes, CHECKPOINT_SIZE - 4, 4, crc32(bytes, 0, CHECKPOINT_SIZE - 4, 0))
            expect(decodeCheckpoint(bytes), `${value} at ${offset}`).toBeUndefined()
        }
    })

    test("CKP-1: the newer of two good copies counts, and a good one before a missing one", () => {
        const [older, newer] = [5, 6].map(sequence => decodeCheckpoint(checkpointBytes({ sequence })))
        expect(newerCheckpoint(older, newer)).toBe(newer)
        expect(newerCheckpoint(newer, older)).toBe(newer)
        expect(newerCheckpoint(undefined, older)).toBe(older)
        expect(newerCheckpoint(older, undefined)).toBe(older)
        expect(newerCheckpoint(undefined, undefined)).toBeUndefined()
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

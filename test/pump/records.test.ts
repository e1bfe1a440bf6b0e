import CRC32 from "crc-32"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Alarm } from "../../src/pump/alarms"
import { crc32, readUint, writeUint } from "../../src/pump/bytes"
import { CHECKPOINT_SIZE, decodeCheckpoint, encodeCheckpoint, newerCheckpoint } from "../../src/pump/checkpoint"
import { RESERVOIR_PL_MAX } from "../../src/pump/limits"
import { Mode } from "../../src/pump/pump"
import { Bench } from "./bench"

function checkpointBytes(sequence = 5): Uint8Array {
    const bench = new Bench({})
    bench.pump.residualPl = 12_345_678_901
    bench.pump.mode = Mode.Stopped
    bench.pump.alarms = (1 << Alarm.Occlusion) | (1 << Alarm.ReservoirLow) | (1 << Alarm.ReservoirEmpty)
    const bytes = new Uint8Array(CHECKPOINT_SIZE)
    encodeCheckpoint(bench.pump, sequence, bytes)
    return bytes
}

describe("the checkpoint", () => {
    test("CKP-1: it holds the reservoir account, the person's stop, and the alarms that wait for a person", () => {
        expect(decodeCheckpoint(checkpointBytes())).toEqual({
            sequence: 5,
            mode: Mode.Stopped,
            alarms: (1 << Alarm.Occlusion) | (1 << Alarm.ReservoirEmpty),
            residualPl: 12_345_678_901,
        })
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
            [0, 1, 2],
            [1, 1, 2],
            [10, 6, RESERVOIR_PL_MAX + 1],
        ]) {
            const bytes = checkpointBytes()
            writeUint(bytes, offset, size, value)
            writeUint(bytes, 18, 4, crc32(bytes, 0, 18, 0))
            expect(decodeCheckpoint(bytes), `${value} at ${offset}`).toBeUndefined()
        }
    })

    test("CKP-1: the newer of two good copies counts, and a good one before a missing one", () => {
        const [older, newer] = [decodeCheckpoint(checkpointBytes(5)), decodeCheckpoint(checkpointBytes(6))]
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

import { beforeEach, describe, expect, test, vi } from "vitest"
import { loadOldCheckpoint, loadRecord } from "../../src/drivers/flashStore"
import { Reason } from "../../src/pump/alarms"
import { crc32, writeUint } from "../../src/pump/bytes"
import { Mode } from "../../src/pump/pump"
import { flash } from "./devicescriptCore"

beforeEach(() => flash.clear())

/** A record with its checksum, cut into pieces of so many bytes, as it is stored when the board is flashed. */
function storeRecord(prefix: string, size: number, pieceSize = 100): Buffer {
    const record = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + 1) & 255))
    record.writeUInt32LE(crc32(record, 0, size - 4, 0), size - 4)
    const stored = Buffer.concat([Buffer.of(size & 255, size >> 8), record])
    for (let i = 0; i * pieceSize < stored.length; i++)
        flash.set(
            `${prefix}${i}`,
            Buffer.from(`"${stored.subarray(i * pieceSize, (i + 1) * pieceSize).toString("hex")}"`),
        )
    return record
}

/** Changes the text of a stored piece. */
function change(key: string, change: (text: string) => string): void {
    flash.set(key, Buffer.from(change(flash.get(key)?.toString() ?? "")))
}

describe("records that were stored at flashing", () => {
    test.each([
        [5, 1],
        [26, 1],
        [98, 1],
        [99, 2],
        [298, 3],
        [2733, 28],
    ])("a record of %d bytes in %d pieces is read back", async (size, pieces) => {
        const record = storeRecord("pg", size)
        expect(flash.size).toBe(pieces)
        expect(await loadRecord("pg")).toEqual(record)
    })

    test("of one that was never stored nothing is read", async () => {
        storeRecord("pg", 30)
        expect(await loadRecord("me")).toBeUndefined()
    })

    test.each<[string, string, () => void]>([
        ["record incomplete", "its last piece is missing", () => flash.delete("pg2")],
        ["record incomplete", "a piece is empty", () => change("pg1", () => '""')],
        ["record's checksum is wrong", "a byte is another", () => change("pg1", text => `"ff${text.slice(3)}`)],
        ["record of impossible size", "it says it has 4 bytes", () => change("pg0", text => `"0400${text.slice(5)}`)],
        ["record of impossible size", "it says it has 4097", () => change("pg0", text => `"0110${text.slice(5)}`)],
        ["record of impossible size", "it is as short as its length", () => change("pg0", () => '"fe00"')],
    ])("%s: %s", async (reason, _, spoil) => {
        storeRecord("pg", 254)
        spoil()
        expect(await loadRecord("pg")).toBe(reason)
    })

    test("JRN-9: nothing that is read is written", async () => {
        storeRecord("pg", 254)
        storeOld("cp0", 1)
        const set = vi.spyOn(flash, "set")
        await loadRecord("pg")
        await loadOldCheckpoint()
        expect(set).not.toHaveBeenCalled()
        set.mockRestore()
    })
})

/** A checkpoint as version 2 of the firmware stored it. */
function storeOld(key: string, sequence: number): void {
    const bytes = Buffer.alloc(50)
    bytes[0] = 2
    bytes[1] = Mode.Running
    writeUint(bytes, 4, 4, sequence)
    writeUint(bytes, 12, 6, 1_000_000 + sequence)
    writeUint(bytes, 46, 4, crc32(bytes, 0, 46, 0))
    flash.set(key, bytes)
}

/** Flips one bit of a stored copy. */
function damage(key: string): void {
    const bytes = flash.get(key)
    if (bytes) bytes[10] ^= 4
}

describe("the checkpoint of the firmware before this one", () => {
    test.each<[string, [number, number], string[], number | Reason]>([
        ["no copy", [0, 0], [], Reason.RecordMissing],
        ["the first copy, good", [1, 0], [], 1],
        ["the second copy, good", [0, 1], [], 1],
        ["the first copy, damaged", [1, 0], ["cp0"], Reason.RecordDamaged],
        ["both copies, the first newer", [3, 2], [], 3],
        ["both copies, the second newer", [2, 3], [], 3],
        ["both copies, the newer damaged", [2, 3], ["cp1"], 2],
        ["both copies, the older damaged", [2, 3], ["cp0"], 3],
        ["both copies damaged", [2, 3], ["cp0", "cp1"], Reason.RecordDamaged],
    ])("JRN-5: %s", async (_, sequences, damaged, expected) => {
        for (const [copy, sequence] of sequences.entries()) if (sequence > 0) storeOld(`cp${copy}`, sequence)
        for (const key of damaged) damage(key)
        const old = await loadOldCheckpoint()
        expect(typeof old === "object" ? old.sequence : Reason[old]).toBe(
            damaged.length === 2 || typeof old !== "object" ? Reason[expected] : expected,
        )
    })

    test("JRN-5: a damaged copy in the second place alone is damage", async () => {
        storeOld("cp1", 1)
        damage("cp1")
        expect(await loadOldCheckpoint()).toBe(Reason.RecordDamaged)
    })
})

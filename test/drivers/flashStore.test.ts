import { beforeEach, describe, expect, test, vi } from "vitest"
import { CheckpointStore } from "../../src/drivers/flashStore"
import { CHECKPOINT_SIZE } from "../../src/pump/checkpoint"
import type { Guard } from "../../src/pump/guard"
import type { Pump } from "../../src/pump/pump"
import { Bench } from "../pump/bench"
import { flash } from "./devicescriptCore"

let pump: Pump
let guard: Guard
beforeEach(() => {
    flash.clear()
    const bench = new Bench({})
    pump = bench.pump
    guard = bench.guard
})

/** Flips one bit of a stored copy. */
function damage(key: string): void {
    const bytes = flash.get(key)
    if (bytes) bytes[10] ^= 4
}

async function saveTimes(times: number): Promise<void> {
    const store = new CheckpointStore()
    await store.load()
    for (let i = 0; i < times; i++) {
        pump.residualPl = 1_000_000 + i
        await store.save(pump, guard)
    }
}

describe("what flash remembers", () => {
    test("CKP-3: a pump that never ran has no checkpoint, and nothing is damaged", async () => {
        expect(await new CheckpointStore().load()).toEqual({ checkpoint: undefined, damaged: false })
    })

    test.each([
        ["one copy, good", 1, [], 1_000_000, false],
        ["one copy, damaged", 1, ["cp1"], undefined, true],
        ["two copies, good", 2, [], 1_000_001, false],
        ["two copies, the newer damaged", 2, ["cp0"], 1_000_000, false],
        ["two copies, the older damaged", 2, ["cp1"], 1_000_001, false],
        ["two copies, both damaged", 2, ["cp0", "cp1"], undefined, true],
    ])("CKP-3: %s", async (_case, saves, damaged, residualPl, isDamaged) => {
        await saveTimes(saves)
        for (const key of damaged) damage(key)
        const stored = await new CheckpointStore().load()
        expect(stored.damaged).toBe(isDamaged)
        expect(stored.checkpoint?.residualPl).toBe(residualPl)
    })

    test.each(["cp0", "cp1"])("CKP-3: a torn copy alone in %s is damage, an empty one is none", async key => {
        flash.set(key, Buffer.alloc(CHECKPOINT_SIZE - 1, 1))
        expect(await new CheckpointStore().load()).toEqual({ checkpoint: undefined, damaged: true })
        flash.set(key, Buffer.alloc(0))
        expect(await new CheckpointStore().load()).toEqual({ checkpoint: undefined, damaged: false })
    })
})

describe("reading back", () => {
    test.each([1, 2, 3])("CKP-4: after %d saves one more reads back, and carries on after a reset", async saves => {
        await saveTimes(saves)
        const store = new CheckpointStore()
        await store.load()
        await store.save(pump, guard)
        expect(await store.verify()).toBe(true)
        expect((await new CheckpointStore().load()).checkpoint?.sequence).toBe(saves + 1)
    })

    test.each<[string, (bytes: Buffer) => Buffer]>([
        ["changes the first byte", bytes => Buffer.concat([Buffer.of(bytes[0] ^ 1), bytes.subarray(1)])],
        [
            "changes the last byte",
            bytes => Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 128)]),
        ],
        ["keeps a byte too few", bytes => bytes.subarray(0, -1)],
        ["keeps a byte too many", bytes => Buffer.concat([bytes, Buffer.of(0)])],
        ["keeps nothing", () => Buffer.alloc(0)],
    ])("CKP-4: flash that %s is found", async (_case, spoil) => {
        const set = vi.spyOn(flash, "set").mockImplementation((key, bytes) => {
            set.mockRestore()
            return flash.set(key, spoil(bytes))
        })
        const store = new CheckpointStore()
        await store.save(pump, guard)
        expect(await store.verify()).toBe(false)
    })

    test("CKP-4: before anything was saved nothing reads back", async () => {
        expect(await new CheckpointStore().verify()).toBe(false)
    })

    test("CKP-4: flash that keeps what was there before is found", async () => {
        await saveTimes(2)
        const store = new CheckpointStore()
        await store.load()
        const set = vi.spyOn(flash, "set").mockImplementation(() => flash)
        await store.save(pump, guard)
        expect(await store.verify()).toBe(false)
        set.mockRestore()
        expect((await new CheckpointStore().load()).checkpoint?.sequence).toBe(2)
    })
})

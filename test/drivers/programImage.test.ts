import { beforeEach, describe, expect, test, vi } from "vitest"
import { programImageSetting } from "../../sim/engines/programImage"
import { settingText } from "../../sim/prescription/records"
import { programImageDamaged } from "../../src/drivers/programImage"
import { clock, flash, setClock } from "./devicescriptCore"

/** What the runtime answers when it is asked for the hash of its image; undefined for a runtime that never does. */
const runtime = vi.hoisted(() => ({ hash: undefined as Buffer | undefined, asked: 0 }))

vi.mock("@devicescript/core", async importOriginal => ({
    ...(await importOriginal<object>()),
    ProgramImage: class {
        programSha256 = {
            read: () => {
                runtime.asked += 1
                return runtime.hash ? Promise.resolve(runtime.hash) : new Promise(() => {})
            },
        }
    },
}))

const BYTECODE = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) & 255)
const { key: KEY, value: RECORD } = programImageSetting(BYTECODE)
const HASH = Buffer.from(RECORD.slice(2, 34))
let said: unknown[] = []

beforeEach(() => {
    setClock(0)
    flash.clear()
    flash.set(KEY, Buffer.from(settingText(RECORD)))
    runtime.hash = HASH
    runtime.asked = 0
    said = []
    vi.spyOn(console, "log").mockImplementation(text => void said.push(text))
})

describe("the image of the program in flash", () => {
    test("PST-4: the one that was flashed is not damaged, which is known at once and not said", async () => {
        expect(await programImageDamaged()).toBe(false)
        expect(runtime.asked).toBe(1)
        expect(said).toEqual([])
        expect(clock.nowMs).toBeLessThan(50)
    })

    test("PST-4: any other hash is damage", async () => {
        for (let i = 0; i < 32; i++) {
            runtime.hash = Buffer.from(HASH)
            runtime.hash[i] ^= 1 << (i & 7)
            expect(await programImageDamaged()).toBe(true)
        }
    })

    test.each([0, 31, 33])("PST-4: a hash of %d bytes is damage", async length => {
        runtime.hash = Buffer.concat([HASH, HASH]).subarray(0, length)
        expect(await programImageDamaged()).toBe(true)
    })

    test("PST-4: a stored hash that is damaged itself is damage", async () => {
        const spoilt = Uint8Array.from(RECORD)
        spoilt[9] ^= 1
        flash.set(KEY, Buffer.from(settingText(spoilt)))
        expect(await programImageDamaged()).toBe(true)
    })

    test("PST-4: a program without a stored hash is not compared, which is said once", async () => {
        flash.clear()
        expect(await programImageDamaged()).toBe(false)
        expect(runtime.asked).toBe(0)
        expect(said).toEqual(["program image not compared: deployed without its hash"])
    })

    test("PST-4: a runtime that does not answer is waited for a second and not compared, which is said once", async () => {
        runtime.hash = undefined
        expect(await programImageDamaged()).toBe(false)
        expect(said).toEqual(["program image not compared: the runtime gives no hash"])
        expect(clock.nowMs).toBeGreaterThanOrEqual(1000)
        expect(clock.nowMs).toBeLessThan(1100)
    })
})

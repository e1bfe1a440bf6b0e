import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import {
    measureSettingsWear,
    pumpSettings,
    readStore,
    SettingsDevice,
    STORE_BYTES,
    tornWrites,
    writesPerArea,
    yearsToWearOut,
} from "../../sim/bench/settingsStore"
import type { Flash } from "../../sim/engines/machine"

const RECORD_BYTES = 50
const ENTRY_BYTES = 24

/** A device on this image of the flash: what it found, and what it still has. */
async function startOn(image: Uint8Array): Promise<{ formatted: boolean; programme: number; record: Uint8Array }> {
    const device = await SettingsDevice.powerOn({ image: Uint8Array.from(image) })
    const programme = (await device.get("pg0")).length
    const record = await device.get("cp0")
    device.powerOff()
    return { formatted: device.formatted, programme, record }
}

/** The flash of a pump before and after one more write of a record, in the first area of the store or in the second. */
async function flashAroundWrite(secondArea: boolean): Promise<{ before: Uint8Array; after: Uint8Array }> {
    const flash: Flash = { image: new Uint8Array(0) }
    const device = await SettingsDevice.powerOn(flash)
    for (const { key, value } of pumpSettings()) await device.set(key, value)
    let number = 1
    do await device.set("cp0", new Uint8Array(RECORD_BYTES).fill(number++))
    while (secondArea && readStore(flash.image).generation === 1)
    await device.set("cp0", new Uint8Array(RECORD_BYTES).fill(254))
    const before = flash.image
    await device.set("cp0", new Uint8Array(RECORD_BYTES).fill(253))
    device.powerOff()
    return { before, after: flash.image }
}

describe.each([
    ["first", false],
    ["second", true],
])("a setting of 50 bytes written in the %s area of the store", (_area, secondArea) => {
    let before: Uint8Array
    let after: Uint8Array
    beforeAll(async () => {
        ;({ before, after } = await flashAroundWrite(secondArea))
    })

    test("a cut before or after the write loses nothing", async () => {
        const programme = pumpSettings()[0].value.length
        expect(await startOn(before)).toEqual({
            formatted: false,
            programme,
            record: new Uint8Array(RECORD_BYTES).fill(254),
        })
        expect(await startOn(after)).toEqual({
            formatted: false,
            programme,
            record: new Uint8Array(RECORD_BYTES).fill(253),
        })
    })

    test("a cut within it loses every setting at 69 places of 73, and at the other four the record, its older value too", async () => {
        const torn = tornWrites(before, after)
        expect(torn.length).toBe(RECORD_BYTES + ENTRY_BYTES - 1)
        const found = []
        for (const image of torn) found.push(await startOn(image))
        for (const { formatted, programme, record } of found) {
            expect(record.length).toBe(0)
            expect(programme).toBe(formatted ? 0 : pumpSettings()[0].value.length)
        }
        expect(found.filter(({ formatted }) => formatted).length).toBe(69)
        // What makes the difference is whether the entry already says where its data is.
        expect(found.findIndex(({ formatted }) => !formatted)).toBe(69)
    })

    test(`what is written after such a cut is ${secondArea ? "lost again at the next power-on" : "kept"}`, async () => {
        const flash: Flash = { image: tornWrites(before, after)[RECORD_BYTES - 1] }
        const device = await SettingsDevice.powerOn(flash)
        expect(device.formatted).toBe(true)
        await device.set("pg0", Uint8Array.of(1, 2, 3))
        device.powerOff()
        // The store starts with the first area, as its first generation, and the torn second one has the higher number.
        expect(await startOn(flash.image)).toMatchObject({ formatted: secondArea, programme: secondArea ? 0 : 3 })
    })
})

test("JRN-9: no source of the firmware writes a setting", () => {
    const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(file => file.endsWith(".ts"))
    expect(sources).toContain(join("drivers", "flashStore.ts"))
    const writing = /settings\s*\.\s*(set|delete|clear)\s*\(|writeSetting|deleteSetting|SettingsCmd/
    expect(sources.filter(file => writing.test(readFileSync(join("src", file), "utf8")))).toEqual([])
})

describe("wear of the settings' flash", () => {
    test.each([50, 200])("a record of %i bytes: what is worked out is what the machine does", async recordBytes => {
        const { writesPerArea: counted, bytesPerWrite } = await measureSettingsWear(recordBytes, 4)
        expect(counted).toBe(writesPerArea(STORE_BYTES.rp2040, recordBytes))
        // Each write programs the record and its entry, and a share of what is copied when an area is full.
        expect(bytesPerWrite).toBeGreaterThan(recordBytes + ENTRY_BYTES)
        expect(bytesPerWrite).toBeLessThan(2 * (recordBytes + ENTRY_BYTES))
    })

    test("years: each area is erased every other time", () => {
        // 100 writes an area and 100 a day: one area a day, each sector every two days.
        expect(yearsToWearOut(100, 100)).toBeCloseTo((2 * 100_000) / 365.25, 6)
        expect(yearsToWearOut(100, 1000)).toBeCloseTo((2 * 100_000) / 3652.5, 6)
    })
})

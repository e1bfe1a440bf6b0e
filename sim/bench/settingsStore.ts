// DeviceScript's own settings, as a place for what changes while the pump runs: what a write costs the flash, and what a power
// cut within one leaves. It is the store itself that is looked at, in the virtual machine, where its source is the same as on
// the boards (jacdac-c, source/jd_fstor.c). What is found here is why the firmware keeps its records in a memory of their own.

import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { type JDService, jdpack, Packet, SettingsCmd, SRV_SETTINGS } from "jacdac-ts"
import type { VirtualClock } from "../engines/devicescriptVm"
import { type Flash, Machine } from "../engines/machine"
import { programImageSetting } from "../engines/programImage"
import { loadPrescription } from "../prescription/compile"
import { encodeMechanism, loadMechanism } from "../prescription/mechanism"
import { FLASH_ID_SIZE, flashIdSetting, type Setting, settingsOf, settingText } from "../prescription/records"

const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), "../..")

/** What flash is erased by, on both boards and in the machine: `JD_FLASH_PAGE_SIZE` of their `jd_user_config.h`. */
export const SECTOR_BYTES = 4096

/** Erasures that a sector is good for, by the datasheets of the Pico's flash (Winbond W25Q16JV) and of the ESP32-C3's own. */
export const SECTOR_ERASURES = 100_000

/** The flash set aside for settings and program: `JD_FSTOR_TOTAL_SIZE` of the Pico's runtime, `fstor` in the partitions of the ESP32's. */
export const STORE_BYTES = { rp2040: 128 * 1024, esp32c3: 256 * 1024 }

const HEADER_BYTES = 24
const ENTRY_BYTES = 24
const KEY_BYTES = 16
const MAGIC = 0x52545346
const ERASED = 0xff

const DAYS_PER_YEAR = 365.25

/** Sectors of one of the two areas that settings are written into by turns: a sixteenth of the store, and one at least. */
export function areaSectors(storeBytes: number): number {
    return Math.max(1, Math.floor(storeBytes / SECTOR_BYTES / 16))
}

/** One setting as it lies in flash. */
export interface StoredEntry {
    key: string
    /** Where its bytes are, and where the entry that points at them is, from the start of the store. */
    dataAt: number
    entryAt: number
    size: number
}

/** The area of the store that is in use. */
export interface Store {
    areaAt: number
    /** Counts the areas that were begun: each was erased before. */
    generation: number
    entries: StoredEntry[]
}

/** Reads the store out of an image of the flash. */
export function readStore(image: Uint8Array): Store {
    const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
    const areaBytes = areaSectors(STORE_BYTES.rp2040) * SECTOR_BYTES
    const areas = [0, areaBytes]
        .filter(at => at + HEADER_BYTES <= image.length && view.getUint32(at, true) === MAGIC)
        .map(areaAt => ({ areaAt, generation: view.getUint32(areaAt + 8, true) }))
        .sort((a, b) => b.generation - a.generation)
    const [area] = areas
    if (!area) throw new Error("no store of settings in this flash")
    const entries: StoredEntry[] = []
    for (let at = area.areaAt + HEADER_BYTES; view.getUint32(at + KEY_BYTES, true) !== 0xffffffff; at += ENTRY_BYTES) {
        const key = Buffer.from(image.subarray(at, at + KEY_BYTES)).toString("latin1")
        entries.push({
            key: key.slice(0, key.indexOf("\0")),
            dataAt: view.getUint32(at + KEY_BYTES, true),
            entryAt: at,
            size: view.getUint32(at + KEY_BYTES + 4, true),
        })
    }
    return { ...area, entries }
}

/**
 * What a power cut within the write that made `after` of `before` leaves in flash: with each byte of the data and then of the
 * entry that the store programs, one image more. The first has one byte of the data, the last lacks one of the entry.
 */
export function tornWrites(before: Uint8Array, after: Uint8Array): Uint8Array[] {
    const { areaAt, entries } = readStore(after)
    if (areaAt !== readStore(before).areaAt) throw new Error("the write began a new area")
    const { dataAt, entryAt, size } = entries[entries.length - 1]
    const programmed = [
        ...Array.from({ length: size }, (_, i) => dataAt + i),
        ...Array.from({ length: ENTRY_BYTES }, (_, i) => entryAt + i),
    ]
    return programmed.slice(0, -1).map((_, last) => {
        const image = Uint8Array.from(before)
        for (const at of programmed.slice(0, last + 1)) image[at] = after[at]
        return image
    })
}

/** A device with no program, and the settings that its flash holds. */
export class SettingsDevice {
    private constructor(
        private readonly clock: VirtualClock,
        private readonly machine: Machine,
        private readonly settings: JDService,
        /** True when the store found itself unreadable at this power-on and erased everything. */
        readonly formatted: boolean,
    ) {}

    static async powerOn(flash: Flash): Promise<SettingsDevice> {
        const clock: VirtualClock = { nowMs: 0 }
        let formatted = false
        const machine = await Machine.powerOn(clock, flash, line => {
            if (line.includes("formatting now")) formatted = true
        })
        for (; clock.nowMs < 10_000; clock.nowMs += 100) {
            await machine.settle()
            const [settings] = machine.bus.services({ serviceClass: SRV_SETTINGS })
            if (settings) return new SettingsDevice(clock, machine, settings, formatted)
        }
        throw new Error("the virtual machine does not offer its settings")
    }

    async set(key: string, bytes: Uint8Array): Promise<void> {
        await this.settings.sendPacketAsync(Packet.from(SettingsCmd.Set, jdpack("z b", [key, bytes])))
        this.clock.nowMs += 10
        await this.machine.settle()
    }

    /** The bytes under `key`; none when there is no such setting. */
    async get(key: string): Promise<Uint8Array> {
        const asked = this.settings.sendCmdAwaitResponseAsync(Packet.from(SettingsCmd.Get, jdpack("s", [key])))
        this.clock.nowMs += 10
        await this.machine.settle()
        return (await asked).data.slice(key.length + 1)
    }

    powerOff(): void {
        this.machine.bus.stop()
    }
}

/** What stands in a pump's settings for good: the longest programme that comes along, mechanism, limits, program hash and flash id. */
export function pumpSettings(): Setting[] {
    const { bytes, limitsBytes } = loadPrescription(join(PROJECT, "sim", "prescriptions", "child-48-segments.json"))
    const mechanism = loadMechanism(join(PROJECT, "boards", "syringe-20ml.mechanism.json"))
    return [
        ...settingsOf(bytes, encodeMechanism(mechanism), limitsBytes),
        programImageSetting(new Uint8Array()),
        flashIdSetting(new Uint8Array(FLASH_ID_SIZE)),
    ].map(({ key, value }) => ({ key, value: Buffer.from(settingText(value)) }))
}

/** What a record that is written over and over costs the flash behind the settings. */
export interface SettingsWear {
    /** Bytes programmed for one write, its share of what is copied when an area is full included. */
    bytesPerWrite: number
    /** Writes from one erasure of an area to the next, which is the other area's. */
    writesPerArea: number
}

// The two copies of a record, written by turns so that a cut might leave one.
const COPIES = ["cp0", "cp1"]

/** Writes a record of `recordBytes` over and over into the settings of a pump, on the machine with the RP2040's store, and counts. */
export async function measureSettingsWear(recordBytes: number, areas: number): Promise<SettingsWear> {
    const flash: Flash = { image: new Uint8Array(0) }
    const device = await SettingsDevice.powerOn(flash)
    for (const { key, value } of pumpSettings()) await device.set(key, value)
    // No byte of it reads as erased, so that all that is programmed shows, and none is like the one before, or it would not be
    // written.
    const record = new Uint8Array(recordBytes).fill(1)
    let programmed = 0
    let writes = 0
    let begun = 0
    for (let number = 0; begun <= areas; number++) {
        record[0] = 1 + (number % 250)
        record[1] = 1 + (Math.floor(number / 250) % 250)
        const before = flash.image
        const { generation: generationBefore } = readStore(before)
        await device.set(COPIES[number % COPIES.length], record)
        const { areaAt, generation } = readStore(flash.image)
        const erased = generation !== generationBefore
        // Counting begins with a full area and ends with one.
        if (erased) begun += 1
        if (begun === 0) continue
        const end = areaAt + areaSectors(STORE_BYTES.rp2040) * SECTOR_BYTES
        for (let at = areaAt; at < end; at++) if (flash.image[at] !== (erased ? ERASED : before[at])) programmed += 1
        if (begun <= areas) writes += 1
    }
    device.powerOff()
    return { bytesPerWrite: programmed / writes, writesPerArea: writes / areas }
}

/** Bytes that a setting of `bytes` takes up in the store, with its entry. */
function stored(bytes: number): number {
    return Math.max(8, Math.ceil(bytes / 8) * 8) + ENTRY_BYTES
}

/**
 * Writes of a record of `recordBytes` from one erasure to the next in a store of `storeBytes`: worked out, because the machine has only the
 * RP2040's store, and tested against it there.
 */
export function writesPerArea(storeBytes: number, recordBytes: number): number {
    const kept = pumpSettings().reduce((sum, { value }) => sum + stored(value.length), 0)
    const area = areaSectors(storeBytes) * SECTOR_BYTES - HEADER_BYTES - ENTRY_BYTES
    return Math.floor((area - kept) / stored(recordBytes)) - COPIES.length
}

/** Years until a sector has been erased as often as it is good for; each area is erased every other time. */
export function yearsToWearOut(writesPerAreaErased: number, writesPerDay: number): number {
    return (2 * SECTOR_ERASURES * writesPerAreaErased) / writesPerDay / DAYS_PER_YEAR
}

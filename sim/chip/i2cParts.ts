// The parts on the pump's I²C bus, as their datasheets have them answer: the pressure sensor, the real-time clock, the record memory.

import type { I2cPart } from "./i2cBus"

/** What a sensor measures now; undefined while it does not acknowledge, and "faulty" where it says itself that it is. */
export type Measured = number | "faulty" | "busy" | undefined

const MPR_CONVERSION_MS = 5
const MPR_POWERED = 0x40
const MPR_BUSY = 0x20
const MPR_FAULTY = 0x04

/** Counts at both ends of transfer function A, and what they stand for in a sensor of 0 to 25 psi absolute, in pascals. */
const MPR_COUNTS_MIN = 1_677_722
const MPR_COUNTS_MAX = 15_099_494
const MPR_PRESSURE_PA_MAX = 172_369
const MPR_COUNTS_LIMIT = 2 ** 24 - 1

/** The room's pressure at sea level. */
export const ROOM_PA = 101_325

/** Honeywell MPRLS0025PA00001A, datasheet 32332628: measures when it is told to, and is busy for 5 ms. */
export class MprPart implements I2cPart {
    static readonly address = 0x18
    private counts = 0
    private measuredMs = -Infinity
    private status = 0
    private sent = 0
    private command = 0

    /** @param gaugePa pressure over that of the room */
    constructor(
        private readonly gaugePa: () => Measured,
        private readonly nowMs: () => number,
    ) {}

    begin(reading: boolean): boolean {
        this.sent = 0
        this.command = 0
        const pressure = this.gaugePa()
        if (pressure === undefined) return false
        if (reading) {
            const busy = pressure === "busy" || this.nowMs() < this.measuredMs + MPR_CONVERSION_MS
            this.status = MPR_POWERED | (busy ? MPR_BUSY : 0) | (pressure === "faulty" ? MPR_FAULTY : 0)
        }
        return true
    }

    take(byte: number): boolean {
        if (this.command === 0 && byte === 0xaa) {
            this.measuredMs = this.nowMs()
            this.counts = mprCounts(this.gaugePa())
        }
        this.command += 1
        return true
    }

    give(): number {
        const bytes = [this.status, this.counts >> 16, (this.counts >> 8) & 255, this.counts & 255]
        return bytes[this.sent++] ?? 0
    }

    end(): void {}
}

function mprCounts(pressure: Measured): number {
    if (typeof pressure !== "number") return 0
    const fraction = (pressure + ROOM_PA) / MPR_PRESSURE_PA_MAX
    const counts = Math.round(MPR_COUNTS_MIN + fraction * (MPR_COUNTS_MAX - MPR_COUNTS_MIN))
    return Math.max(0, Math.min(MPR_COUNTS_LIMIT, counts))
}

const DS3231_STATUS = 0x0f
const DS3231_OSCILLATOR_STOPPED = 0x80
const DS3231_REGISTERS = 0x13

/** Midnight of Monday 3 January 2000, from where the pump counts its time. */
const WALL_ORIGIN_MS = Date.UTC(2000, 0, 3)

/**
 * Analog Devices (Maxim) DS3231, datasheet 19-5170: registers in decimal digits, which it copies aside when a transfer begins.
 * @param wallS local time in seconds since Monday 3 January 2000, 00:00
 */
export class Ds3231Part implements I2cPart {
    static readonly address = 0x68
    private pointer = 0
    private pointed = false
    private registers: Uint8Array = new Uint8Array(DS3231_REGISTERS)

    constructor(private readonly wallS: () => Measured) {}

    begin(reading: boolean): boolean {
        const wall = this.wallS()
        if (wall === undefined) return false
        this.pointed = reading
        if (reading) this.registers = ds3231Registers(wall)
        return true
    }

    take(byte: number): boolean {
        if (!this.pointed) this.pointer = byte % DS3231_REGISTERS
        this.pointed = true
        return true
    }

    give(): number {
        const value = this.registers[this.pointer]
        this.pointer = (this.pointer + 1) % DS3231_REGISTERS
        return value
    }

    end(): void {}
}

function ds3231Registers(wall: number | "faulty" | "busy"): Uint8Array {
    const registers = new Uint8Array(DS3231_REGISTERS)
    if (typeof wall !== "number") {
        registers[DS3231_STATUS] = DS3231_OSCILLATOR_STOPPED
        return registers
    }
    const at = new Date(WALL_ORIGIN_MS + wall * 1000)
    const digits = (value: number) => ((Math.floor(value / 10) << 4) | (value % 10)) & 255
    registers.set([
        digits(at.getUTCSeconds()),
        digits(at.getUTCMinutes()),
        digits(at.getUTCHours()),
        at.getUTCDay() + 1,
        digits(at.getUTCDate()),
        digits(at.getUTCMonth() + 1),
        digits(at.getUTCFullYear() % 100),
    ])
    return registers
}

/** Where a memory keeps its bytes, one by one; false and undefined while it does not acknowledge. */
export interface ByteStore {
    readonly answering: boolean
    read(address: number): number
    write(address: number, byte: number): void
}

/** What went over the bus to or from the memory in one transfer. */
export interface Transfer {
    address: number
    length: number
    reading: boolean
}

/** Fujitsu MB85RC256V, datasheet DS501-00017-3v0: two bytes of address, then bytes that each stay as soon as they are transferred. */
export class FramPart implements I2cPart {
    static readonly address = 0x50
    private pointer = 0
    private addressBytes = 0
    private length = 0
    private reading = false
    private from = 0

    constructor(
        private readonly store: ByteStore,
        private readonly onTransfer: (transfer: Transfer) => void,
    ) {}

    begin(reading: boolean): boolean {
        if (!this.store.answering) return false
        this.finish()
        this.reading = reading
        this.addressBytes = 0
        this.from = this.pointer
        return true
    }

    take(byte: number): boolean {
        if (!this.store.answering) return false
        if (this.addressBytes < 2) {
            this.pointer = this.addressBytes === 0 ? (byte & 0x7f) << 8 : this.pointer | byte
            this.addressBytes += 1
            this.from = this.pointer
            return true
        }
        this.store.write(this.pointer, byte)
        this.next()
        return true
    }

    give(): number {
        const byte = this.store.read(this.pointer)
        this.next()
        return byte
    }

    end(): void {
        this.finish()
    }

    private next(): void {
        this.pointer = (this.pointer + 1) & 0x7fff
        this.length += 1
    }

    private finish(): void {
        if (this.length > 0) this.onTransfer({ address: this.from, length: this.length, reading: this.reading })
        this.length = 0
    }
}

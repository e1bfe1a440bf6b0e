// The record memory: a ferroelectric RAM on I²C, where a byte is kept as soon as it is transferred. A power cut during a write
// therefore leaves a part of it and harms nothing else, which DeviceScript's settings in flash can't say of themselves.

import { I2CBus } from "./hardware"
import { RecordMemory } from "./parts"

/** With A0, A1 and A2 to ground. */
const ADDRESS = 0x50

/** Bytes in the memory. */
export const MEMORY_SIZE = 32_768

/**
 * The most bytes of one transfer. At 400 kHz they take 4.6 ms, during which nothing else runs; the runtime of the ESP32-C3
 * ends a transfer after two ticks of its system, 10 ms at least, and a longer one, or a bus at 100 kHz, would be cut off.
 */
export const TRANSFER_SIZE_MAX = 200

const ADDRESS_SIZE = 2

/** Frames kept for the next write of the same length; the records that are written all the time come in a few sizes. */
const FRAMES_KEPT = 4

/** True for a transfer that lies within the memory; false for NaN and fractions too. */
function withinMemory(address: number, length: number): boolean {
    if (!(length >= 1 && length <= TRANSFER_SIZE_MAX && Math.floor(length) === length)) return false
    return address >= 0 && address + length <= MEMORY_SIZE && Math.floor(address) === address
}

/**
 * Fujitsu MB85RC256V, 32 KiB, on I²C at 0x50 with its address pins and WP to ground, as on Adafruit's breakout 1895
 * (https://www.adafruit.com/product/1895; datasheet DS501-00017-3v0-E): 2.7 to 5.5 V, up to 1 MHz, 10^12 reads and writes of
 * each byte, no wait after a write. Infineon (Cypress) FM24W256 and CY15B256J, 10^14, take the same transfers. An EEPROM
 * takes them too and must not stand in: it writes within its pages only, and keeps nothing until milliseconds after the stop.
 *
 * A write is the address, high byte first, and the data; a read is the address and, after another start condition with no
 * stop between, the data. What is not acknowledged, or lies outside the memory, is false or undefined. A write that fails
 * may have stored a part, from the front. With WP high a write seems to succeed and stores nothing: read back once.
 */
export function startFram(bus: I2CBus): RecordMemory {
    const pointer = Buffer.alloc(ADDRESS_SIZE)
    const frames: Buffer[] = []
    // The bus sends a whole buffer and no part of one, and each buffer made anew costs the collector's time.
    const frameFor = (length: number): Buffer => {
        for (let i = 0; i < frames.length; i++) if (frames[i].length === ADDRESS_SIZE + length) return frames[i]
        const frame = Buffer.alloc(ADDRESS_SIZE + length)
        if (frames.length < FRAMES_KEPT) frames.push(frame)
        return frame
    }
    return {
        read: async (address: number, length: number) => {
            if (!withinMemory(address, length)) return undefined
            pointer[0] = address >> 8
            pointer[1] = address & 255
            let bytes: Buffer | undefined
            try {
                bytes = await bus.xfer(ADDRESS, pointer, length)
            } catch {
                bytes = undefined
            }
            return bytes
        },
        write: async (address: number, bytes: Buffer, length: number) => {
            if (!withinMemory(address, length) || !(length <= bytes.length)) return false
            const frame = frameFor(length)
            frame[0] = address >> 8
            frame[1] = address & 255
            frame.blitAt(ADDRESS_SIZE, bytes, 0, length)
            let acknowledged = true
            try {
                await bus.xfer(ADDRESS, frame)
            } catch {
                acknowledged = false
            }
            return acknowledged
        },
    }
}

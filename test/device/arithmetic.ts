// Arithmetic that the pump relies on, worked through many generated cases: the same file runs on Node and on the device,
// and each prints one line of whole numbers a case. The generator uses nothing but sums, products and divisions that
// stay exact, so that both sides work on the same cases.

import { crc32, readUint, writeUint } from "../../src/pump/bytes"
import { MS_PER_DAY, MS_PER_WEEK, OWED_MAX } from "../../src/pump/limits"
import { timeOfWeek } from "../../src/pump/schedule"
import { nextDueMs } from "../../src/pump/tick"

const TWO_32 = 4_294_967_296

/** Cases in one call of `arithmeticLines`: few enough for what the device may run between two waits. */
export const CASES_PER_CALL = 20

/** Print a whole number, up to 2^53 of either sign, in two parts: the device shortens what is longer than 15 digits. */
function show(value: number): string {
    const high = Math.floor(value / 1_000_000)
    return `${high},${value - high * 1_000_000}`
}

/** The next number of the generator, 0 to 2^32 - 1. */
function next(state: number): number {
    const product = state * 69_069 + 12_345
    return product - Math.floor(product / TWO_32) * TWO_32
}

/**
 * The lines of CASES_PER_CALL cases from the generator's `state` on, and the state after them.
 * `bytes` is scratch, 16 long.
 */
export function arithmeticLines(
    state: number,
    bytes: { readonly length: number; [index: number]: number },
): { lines: string[]; state: number } {
    const lines: string[] = []
    let seed = state
    for (let i = 0; i < CASES_PER_CALL; i++) {
        const a = next(seed)
        const b = next(a)
        const c = next(b)
        seed = next(c)
        // A flow, a time and a step as the tick multiplies them; a large product and what a step leaves of it.
        const ratePlPerDay = a * 55 + (b & 1023)
        const elapsedMs = c - Math.floor(c / 10_000) * 10_000
        const owed = ratePlPerDay * elapsedMs
        const stepQuantum = (1000 + (b & 0xffff)) * MS_PER_DAY
        const steps = Math.floor(owed / stepQuantum)
        // Times of either sign, far beyond 32 bits.
        const ms = (a - 2_147_483_648) * 1_000_003 + c
        const size = 1 + (c & 3)
        const stored = a - Math.floor(a / 256 ** size) * 256 ** size
        writeUint(bytes, 2, 6, owed > 281_474_976_710_655 ? a * 60_000 + (b & 0xfff) : owed)
        writeUint(bytes, 8, size, stored)
        lines.push(
            `${show(owed)} ${steps} ${show(owed - steps * stepQuantum)} ${show(OWED_MAX + owed)} ${show(-owed)} ` +
                `${show(timeOfWeek(ms))} ${show(Math.floor(ms / MS_PER_WEEK))} ${show(nextDueMs(3_000, 100, c * 1_000))} ` +
                `${show(readUint(bytes, 2, 6))} ${readUint(bytes, 8, size)} ${show(crc32(bytes, 0, 16, 0))} ` +
                `${show(crc32(bytes, 5, 16, crc32(bytes, 0, 5, 0)))} ${a & 0xffff} ${Math.ceil(owed / stepQuantum)} ` +
                `${show(Math.min(owed, ms))} ${show(Math.abs(ms))}`,
        )
    }
    return { lines, state: seed }
}

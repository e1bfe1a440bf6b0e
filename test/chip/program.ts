// Small programs for the emulated chip, put together by hand: what the harness has to carry is shown without anybody's runtime image.

import { Chip, type ChipHooks } from "../../sim/chip/chip"
import { FLASH_SIZE } from "../../sim/chip/uf2"

const VECTORS_AT = 0x100
const VECTORS = 48
/** Where every interrupt and fault ends. */
const HANDLER_AT = 0x1f0
const CODE_AT = 0x200
const STACK_TOP = 0x20040000

// Thumb, as the ARMv6-M Architecture Reference Manual has it (DDI 0419).
export const NOP = 0xbf00
export const WFE = 0xbf20
export const WFI = 0xbf30
export const CPSID = 0xb672
/** Branches to itself. */
export const HERE = 0xe7fe
/** A breakpoint outside of the boot ROM. */
export const BKPT = 0xbe00
/** rd = the word at the aligned address 4 * words behind this instruction's, plus 4. */
export const ldrLiteral = (rd: number, words: number) => 0x4800 | (rd << 8) | words
export const movs = (rd: number, value: number) => 0x2000 | (rd << 8) | value
/** The word in rs to the address in rn + 4 * words. */
export const str = (rs: number, rn: number, words = 0) => 0x6000 | (words << 6) | (rn << 3) | rs
export const ldr = (rd: number, rn: number, words = 0) => 0x6800 | (words << 6) | (rn << 3) | rd
export const blx = (rm: number) => 0x4780 | (rm << 3)
export const adds = (rd: number, value: number) => 0x3000 | (rd << 8) | value

/** Writes `values` one by one to addresses, by r0 and r1, then does `end`. */
export function stores(writes: readonly (readonly [number, number])[], end: readonly number[]): number[] {
    const code: number[] = []
    const literals: number[] = []
    const length = 3 * writes.length + end.length
    const literalsAt = (length + 1) & ~1
    writes.forEach(([address, value], i) => {
        for (const [register, word] of [
            [0, address],
            [1, value],
        ]) {
            const at = 3 * i + register
            const from = (at + 2) & ~1
            code.push(ldrLiteral(register, (literalsAt + 2 * literals.length - from) / 2))
            literals.push(word)
        }
        code.push(str(1, 0))
    })
    code.push(...end)
    while (code.length < literalsAt) code.push(NOP)
    for (const word of literals) code.push(word & 0xffff, word >>> 16)
    return code
}

/** A flash that holds this program. */
export function flashWith(code: readonly number[]): Uint8Array {
    const flash = new Uint8Array(FLASH_SIZE).fill(0xff)
    const view = new DataView(flash.buffer)
    for (let i = 0; i < VECTORS; i++) view.setUint32(VECTORS_AT + 4 * i, 0x10000000 + HANDLER_AT + 1, true)
    view.setUint32(VECTORS_AT, STACK_TOP, true)
    view.setUint32(VECTORS_AT + 4, 0x10000000 + CODE_AT + 1, true)
    view.setUint16(HANDLER_AT, HERE, true)
    code.forEach((half, i) => {
        view.setUint16(CODE_AT + 2 * i, half, true)
    })
    return flash
}

/** A chip that is switched on with this flash; without stalls for the flash, so that cycles can be counted. */
export function chipWith(flash: Uint8Array, hooks: ChipHooks = {}, onReset: (chip: Chip) => void = () => {}): Chip {
    return new Chip(flash, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), { flashWaits: false, ...hooks }, onReset)
}

// A UF2 file is taken whole or not at all: what is wrong with it is said, and no half of a program is run.

import { describe, expect, test } from "vitest"
import { FLASH_BASE, FLASH_SIZE, flashOfUf2 } from "../../sim/chip/uf2"
import { InputError } from "../../sim/input"

const RP2040 = 0xe48bff56

function block(index: number, count: number, address: number, fill: number, size = 256): Buffer {
    const bytes = Buffer.alloc(512)
    const words = [0x0a324655, 0x9e5d5157, 0x2000, address, size, index, count, RP2040]
    words.forEach((word, i) => {
        bytes.writeUInt32LE(word, 4 * i)
    })
    bytes.fill(fill, 32, 32 + Math.min(size, 476))
    bytes.writeUInt32LE(0x0ab16f30, 508)
    return bytes
}

function changed(at: number, word: number): Buffer {
    const file = Buffer.concat([block(0, 2, FLASH_BASE, 1), block(1, 2, FLASH_BASE + 256, 2)])
    file.writeUInt32LE(word, 512 + at)
    return file
}

test("blocks land at their addresses, and the rest is erased", () => {
    const last = FLASH_BASE + FLASH_SIZE - 256
    const flash = flashOfUf2(Buffer.concat([block(0, 2, FLASH_BASE + 256, 0x11), block(1, 2, last, 0x22)]), "a.uf2")
    expect(flash.length).toBe(FLASH_SIZE)
    expect([flash[0], flash[255], flash[256], flash[511], flash[512]]).toEqual([0xff, 0xff, 0x11, 0x11, 0xff])
    expect([flash[FLASH_SIZE - 257], flash[FLASH_SIZE - 256], flash[FLASH_SIZE - 1]]).toEqual([0xff, 0x22, 0x22])
})

test("a block that is not for the flash is left out, whatever its family", () => {
    const file = changed(8, 0x2001)
    file.writeUInt32LE(7, 512 + 28)
    expect(flashOfUf2(file, "a.uf2")[256]).toBe(0xff)
})

describe("refused, with what was wrong", () => {
    const whole = changed(0, 0x0a324655)
    const both = Buffer.concat([changed(8, 1).subarray(512), changed(8, 1).subarray(512)])
    both.writeUInt32LE(0, 20)
    test.each<[string, Buffer, RegExp]>([
        ["an empty file", Buffer.alloc(0), /a.uf2: was 0 bytes, may be a UF2 file/],
        ["half a block too much", Buffer.concat([whole, Buffer.alloc(256)]), /was 1280 bytes/],
        ["a block too few", whole.subarray(0, 512), /block 0: blocks in all: was 2, may be 1/],
        ["another first number", changed(0, 1), /block 1: magic numbers/],
        ["another second number", changed(4, 1), /block 1: magic numbers/],
        ["another last number", changed(508, 1), /block 1: magic numbers/],
        ["blocks in another order", changed(20, 0), /block 1: number: was 0, may be 1/],
        ["another chip", changed(28, 0xbfdd4eee), /block 1: family: was 0xbfdd4eee, may be 0xe48bff56/],
        ["no family", changed(8, 0), /block 1: family/],
        ["a payload of nothing", changed(16, 0), /block 1: payload: was 0 bytes/],
        ["a payload over a block's end", changed(16, 477), /block 1: payload: was 477 bytes/],
        ["an address in the memory", changed(12, 0x20000000), /block 1: address: was 0x20000000/],
        ["an address below the flash", changed(12, FLASH_BASE - 1), /block 1: address/],
        ["an address past the end", changed(12, FLASH_BASE + FLASH_SIZE - 255), /block 1: address/],
        ["nothing for the flash", both, /was no block for the flash/],
    ])("%s", (_name, file, message) => {
        expect(() => flashOfUf2(file, "a.uf2")).toThrow(InputError)
        expect(() => flashOfUf2(file, "a.uf2")).toThrow(message)
    })
    test("the very largest payload, and the last address, are taken", () => {
        expect(flashOfUf2(changed(16, 476), "a.uf2")[256]).toBe(2)
        expect(flashOfUf2(changed(12, FLASH_BASE + FLASH_SIZE - 256), "a.uf2")[FLASH_SIZE - 1]).toBe(2)
    })
})

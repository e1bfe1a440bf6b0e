// The boot ROM's functions, found and called as programs do: by the two letters of the function, by the tables of numbers.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { BootRom, type RomCaller } from "../../sim/chip/bootRom"

const rom = new BootRom()
const view = new DataView(rom.words.buffer)

/** Calls the function whose address, as one branches there, is this. */
function call(address: number, args: readonly number[], more: Partial<RomCaller> = {}): Uint32Array {
    const registers = new Uint32Array(16)
    registers.set(args)
    const memory = new Uint8Array(rom.words.buffer)
    const caller: RomCaller = {
        registers,
        read: (at, length) => memory.slice(at, at + length),
        write: () => {},
        erase: () => 0,
        program: () => 0,
        leaveForBootLoader: () => {},
        ...more,
    }
    expect(view.getUint16(address - 1, true), "a breakpoint").toBe(0xbe00)
    expect(view.getUint16(address + 1, true), "bx lr").toBe(0x4770)
    expect(rom.call(address - 1, caller)).toBeGreaterThanOrEqual(0)
    return registers
}

function lookUp(tableAt: number, code: string): number {
    const table = view.getUint16(tableAt, true)
    return call(view.getUint16(0x18, true), [table, code.charCodeAt(0) | (code.charCodeAt(1) << 8)])[0]
}

const functionAt = (code: string) => lookUp(0x14, code)
const tableOf = (code: string, place: number) => view.getUint32(lookUp(0x16, code) + place, true)

function words(value: number): [number, number] {
    const bytes = new DataView(new ArrayBuffer(8))
    bytes.setFloat64(0, value, true)
    return [bytes.getUint32(0, true), bytes.getUint32(4, true)]
}

function double(registers: Uint32Array): number {
    const bytes = new DataView(new ArrayBuffer(8))
    bytes.setUint32(0, registers[0], true)
    bytes.setUint32(4, registers[1], true)
    return bytes.getFloat64(0, true)
}

test("it says that it is the ROM of an RP2040 whose tables are whole", () => {
    expect([view.getUint8(0x10), view.getUint8(0x11), view.getUint8(0x12)]).toEqual([0x4d, 0x75, 1])
    expect(view.getUint8(0x13)).toBeGreaterThanOrEqual(2)
    expect(view.getUint8(lookUp(0x16, "SF") - 2)).toBe(32)
})

test("what it does not have it gives no address of", () => {
    expect(functionAt("XX")).toBe(0)
    expect(rom.call(0x10, {} as RomCaller)).toBeUndefined()
})

describe("bits", () => {
    test.each([
        ["L3", 0, 32],
        ["L3", 1, 31],
        ["L3", 0x80000000, 0],
        ["T3", 0, 32],
        ["T3", 0x80000000, 31],
        ["T3", 6, 1],
        ["P3", 0xffffffff, 32],
        ["P3", 0, 0],
        ["P3", 0xf00f, 8],
        ["R3", 1, 0x80000000],
        ["R3", 0x80000001, 0x80000001],
    ])("%s of %i is %i", (code, value, result) => {
        expect(call(functionAt(code), [value])[0]).toBe(result)
    })
})

test("memory is copied and filled, and the destination stays in r0", () => {
    const written: [number, number[]][] = []
    const more = {
        read: (_at: number, length: number) => Uint8Array.from({ length }, (_, i) => i),
        write: (at: number, bytes: Uint8Array) => written.push([at, [...bytes]]),
    }
    expect(call(functionAt("MC"), [0x20000000, 0x10000000, 3], more)[0]).toBe(0x20000000)
    expect(call(functionAt("MS"), [0x20000004, 0x1ab, 2], more)[0]).toBe(0x20000004)
    expect(written).toEqual([
        [0x20000000, [0, 1, 2]],
        [0x20000004, [0xab, 0xab]],
    ])
})

// Denormal numbers are zero to the ROM.
const normal = fc.double({ noNaN: true }).filter(value => value === 0 || Math.abs(value) >= 2.3e-308)

describe("double arithmetic is JavaScript's, but for denormal numbers", () => {
    test.each<[string, number, (a: number, b: number) => number]>([
        ["sum", 0x00, (a, b) => a + b],
        ["difference", 0x04, (a, b) => a - b],
        ["product", 0x08, (a, b) => a * b],
        ["quotient", 0x0c, (a, b) => a / b],
    ])("%s", (_name, place, of) => {
        fc.assert(
            fc.property(normal, normal, (a, b) => {
                const expected = of(a, b)
                const result = double(call(tableOf("SD", place), [...words(a), ...words(b)]))
                expect(result).toBe(Math.abs(expected) < 2.2250738585072014e-308 ? expected * 0 : expected)
            }),
        )
    })
})

test("a denormal number is zero", () => {
    expect(double(call(tableOf("SD", 0x00), [...words(1e-310), ...words(0)]))).toBe(0)
})

describe("whole numbers of doubles", () => {
    test.each([
        [0x1c, 2.7, 2],
        [0x1c, -2.2, 0xfffffffd],
        [0x1c, 1e12, 0x7fffffff],
        [0x1c, -1e12, 0x80000000],
        [0x24, 4294967295, 0xffffffff],
        [0x24, -1, 0],
        [0x24, 1e12, 0xffffffff],
    ])("function 0x%x of %d", (place, value, result) => {
        expect(call(tableOf("SD", place), words(value))[0]).toBe(result)
    })
    test("of 64 bits and back, for whole numbers below 2^53", () => {
        fc.assert(
            fc.property(fc.maxSafeInteger(), value => {
                const long = call(tableOf("SD", 0x6c), words(value))
                expect((BigInt.asIntN(32, BigInt(long[1])) << 32n) | BigInt(long[0])).toBe(BigInt(value))
                expect(double(call(tableOf("SD", 0x5c), [long[0], long[1]]))).toBe(value)
            }),
        )
    })
    test("of 32 bits", () => {
        expect(double(call(tableOf("SD", 0x2c), [0xfffffffe]))).toBe(-2)
        expect(double(call(tableOf("SD", 0x34), [0xfffffffe]))).toBe(4294967294)
    })
})

test("floats go to doubles and back", () => {
    fc.assert(
        fc.property(fc.float({ noNaN: true, min: Math.fround(1e-30) }), value => {
            const bits = new DataView(new ArrayBuffer(4))
            bits.setFloat32(0, value, true)
            const made = call(tableOf("SF", 0x7c), [bits.getUint32(0, true)])
            expect(double(made)).toBe(value)
            expect(call(tableOf("SD", 0x7c), [made[0], made[1]])[0]).toBe(bits.getUint32(0, true))
        }),
    )
})

test("a function that the table leaves empty ends the run, and says which", () => {
    expect(() => call(tableOf("SD", 0x48), [])).toThrow(/function 0x48 of the ROM's double table/)
})

test("the flash is erased and programmed, and its time taken", () => {
    const done: unknown[] = []
    const more = {
        read: () => Uint8Array.of(9),
        erase: (...args: unknown[]) => done.push(["erase", ...args]),
        program: (...args: unknown[]) => done.push(["program", ...args]),
        leaveForBootLoader: () => done.push("boot loader"),
    }
    call(functionAt("RE"), [0x1000, 4096], more)
    call(functionAt("RP"), [0x1000, 0x20000000, 1], more)
    call(functionAt("UB"), [], more)
    expect(done).toEqual([["erase", 0x1000, 4096], ["program", 0x1000, Uint8Array.of(9)], "boot loader"])
})

// The boot ROM of the RP2040, as far as a program calls into it: a table of functions that each end in JavaScript. The ROM itself is no
// part of the project; what its functions do is public, and for how long: RP2040 datasheet, section 2.8,
// https://datasheets.raspberrypi.com/rp2040/rp2040-datasheet.pdf.

/** The processor, as a function of the ROM finds it. */
export interface RomCaller {
    /** r0 to r3 hold the arguments, r0 and r1 take the result. */
    registers: Uint32Array
    /** The bytes from an address on. */
    read(address: number, length: number): Uint8Array
    write(address: number, bytes: Uint8Array): void
    /** The flash, by offsets in it; each returns the cycles it takes. */
    erase(offset: number, length: number): number
    program(offset: number, bytes: Uint8Array): number
    /** The program asks for the USB boot loader, and is over. */
    leaveForBootLoader(): void
}

/** Does its work, and returns how many cycles that takes. */
type RomFunction = (caller: RomCaller) => number

/** Breakpoint with which each of the ROM's functions begins; the number of the function follows in a table of its own. */
const BKPT = 0xbe00
const BX_LR = 0x4770
const CODE_AT = 0x0400
const CODE_SIZE = 4

const MAGIC_AT = 0x10
const FUNCTION_TABLE_AT = 0x0080
const DATA_TABLE_AT = 0x0180
const FLOAT_TABLE_AT = 0x0204
const DOUBLE_TABLE_AT = 0x0284

/** What pico-sdk calls version 3: RP2040-B2, where both tables of floating-point functions are whole. */
const VERSION = 3
const FLOAT_TABLE_WORDS = 32

// Cycles of the functions without a figure in the datasheet, counted from what they do for each word or byte: assumed.
const BIT_CYCLES = 20
const COPY_CYCLES = 20
const WORD_CYCLES = 3.5
const BYTE_CYCLES = 6

const scratch = new DataView(new ArrayBuffer(8))

function toDouble(low: number, high: number): number {
    scratch.setUint32(0, low, true)
    scratch.setUint32(4, high, true)
    return flushed(scratch.getFloat64(0, true), 2.2250738585072014e-308)
}

function toFloat(bits: number): number {
    scratch.setUint32(0, bits, true)
    return flushed(scratch.getFloat32(0, true), 1.1754943508222875e-38)
}

/** The ROM knows no denormal numbers. */
function flushed(value: number, least: number): number {
    return Math.abs(value) < least ? value * 0 : value
}

/** How the ROM's functions take and give numbers: in one register each, or in two. */
interface Form {
    take(registers: Uint32Array, index: number): number
    give(registers: Uint32Array, value: number): void
}

const DOUBLE: Form = {
    take: (registers, index) => toDouble(registers[2 * index], registers[2 * index + 1]),
    give: (registers, value) => {
        scratch.setFloat64(0, flushed(value, 2.2250738585072014e-308), true)
        registers[0] = scratch.getUint32(0, true)
        registers[1] = scratch.getUint32(4, true)
    },
}

const FLOAT: Form = {
    take: (registers, index) => toFloat(registers[index]),
    give: (registers, value) => {
        scratch.setFloat32(0, flushed(value, 1.1754943508222875e-38), true)
        registers[0] = scratch.getUint32(0, true)
    },
}

const giveWord = (registers: Uint32Array, value: number) => {
    registers[0] = value
}

function giveLong(registers: Uint32Array, value: bigint): void {
    registers[0] = Number(BigInt.asUintN(32, value))
    registers[1] = Number(BigInt.asUintN(32, value >> 32n))
}

function clamp(value: number, least: number, most: number): number {
    return value >= least ? Math.min(value, most) : value < least ? least : 0
}

const LONG_MAX = 2n ** 63n - 1n
const ULONG_MAX = 2n ** 64n - 1n

function clampLong(value: number, least: bigint, most: bigint): bigint {
    if (Number.isNaN(value)) return 0n
    if (value >= Number(most)) return most
    return value <= Number(least) ? least : BigInt(Math.floor(value))
}

/**
 * The table of one form: at each place a function and the mean cycles of the datasheet's tables, first of float and then of double. A place
 * that stays empty is the end of a program that asks for it.
 */
function arithmetic(form: Form, isDouble: boolean): (RomFunction | undefined)[] {
    const table: (RomFunction | undefined)[] = new Array(FLOAT_TABLE_WORDS)
    const put = (place: number, floatCycles: number, doubleCycles: number, work: (registers: Uint32Array) => void) => {
        const cycles = isDouble ? doubleCycles : floatCycles
        table[place / 4] = ({ registers }) => {
            work(registers)
            return cycles
        }
    }
    const { take, give } = form
    const two = (of: (a: number, b: number) => number) => (r: Uint32Array) => give(r, of(take(r, 0), take(r, 1)))
    const one = (of: (a: number) => number) => (r: Uint32Array) => give(r, of(take(r, 0)))
    /** Where the fraction's bits stand that a fixed-point function is told. */
    const point = (r: Uint32Array) => 2 ** (isDouble ? r[2] : r[1])
    const long = (r: Uint32Array) => (BigInt(r[1]) << 32n) | BigInt(r[0])

    put(
        0x00,
        71,
        91,
        two((a, b) => a + b),
    )
    put(
        0x04,
        74,
        95,
        two((a, b) => a - b),
    )
    put(
        0x08,
        69,
        155,
        two((a, b) => a * b),
    )
    put(
        0x0c,
        71,
        183,
        two((a, b) => a / b),
    )
    put(0x18, 63, 169, one(Math.sqrt))
    put(0x1c, 37, 75, r => giveWord(r, clamp(Math.floor(take(r, 0)), -(2 ** 31), 2 ** 31 - 1)))
    put(0x20, 39, 74, r => giveWord(r, clamp(Math.floor(take(r, 0) * point(r)), -(2 ** 31), 2 ** 31 - 1)))
    put(0x24, 36, 63, r => giveWord(r, clamp(Math.floor(take(r, 0)), 0, 2 ** 32 - 1)))
    put(0x28, 38, 62, r => giveWord(r, clamp(Math.floor(take(r, 0) * point(r)), 0, 2 ** 32 - 1)))
    put(0x2c, 55, 69, r => give(r, r[0] | 0))
    put(0x30, 55, 68, r => give(r, (r[0] | 0) / 2 ** r[1]))
    put(0x34, 52, 64, r => give(r, r[0]))
    put(0x38, 52, 62, r => give(r, r[0] / 2 ** r[1]))
    put(0x3c, 587, 1617, one(Math.cos))
    put(0x40, 587, 1618, one(Math.sin))
    put(0x44, 705, 1891, one(Math.tan))
    put(0x4c, 394, 804, one(Math.exp))
    put(0x50, 375, 428, one(Math.log))
    put(0x54, 25, 39, r => giveWord(r, Math.sign(take(r, 0) - take(r, 1))))
    put(0x58, 666, 2168, two(Math.atan2))
    put(0x5c, 62, 55, r => give(r, Number(BigInt.asIntN(64, long(r)))))
    put(0x60, 62, 56, r => give(r, Number(BigInt.asIntN(64, long(r))) / 2 ** r[2]))
    put(0x64, 57, 50, r => give(r, Number(long(r))))
    put(0x68, 57, 51, r => give(r, Number(long(r)) / 2 ** r[2]))
    put(0x6c, 53, 64, r => giveLong(r, clampLong(take(r, 0), -LONG_MAX - 1n, LONG_MAX)))
    put(0x70, 53, 63, r => giveLong(r, clampLong(take(r, 0) * point(r), -LONG_MAX - 1n, LONG_MAX)))
    put(0x74, 46, 53, r => giveLong(r, clampLong(take(r, 0), 0n, ULONG_MAX)))
    put(0x78, 44, 52, r => giveLong(r, clampLong(take(r, 0) * point(r), 0n, ULONG_MAX)))
    // From float to double in the one table, and back in the other.
    put(0x7c, 15, 23, r => (isDouble ? FLOAT : DOUBLE).give(r, take(r, 0)))
    return table
}

/** Functions that a program finds by two letters. */
const FUNCTIONS: Record<string, RomFunction> = {
    P3: ({ registers: r }) => {
        let bits = 0
        for (let word = r[0]; word !== 0; word = (word & (word - 1)) >>> 0) bits++
        r[0] = bits
        return BIT_CYCLES
    },
    R3: ({ registers: r }) => {
        let reversed = 0
        for (let i = 0; i < 32; i++) reversed = (reversed << 1) | ((r[0] >>> i) & 1)
        r[0] = reversed
        return BIT_CYCLES
    },
    L3: ({ registers: r }) => {
        r[0] = Math.clz32(r[0])
        return BIT_CYCLES
    },
    T3: ({ registers: r }) => {
        r[0] = r[0] === 0 ? 32 : 31 - Math.clz32(r[0] & -r[0])
        return BIT_CYCLES
    },
    MS: fill,
    S4: fill,
    MC: copy,
    C4: copy,
    // Before it touches the flash a program has the ROM take it over, and afterwards empties its cache: nothing to do here.
    IF: () => COPY_CYCLES,
    EX: () => COPY_CYCLES,
    FC: () => COPY_CYCLES,
    CX: () => COPY_CYCLES,
    RE: caller => caller.erase(caller.registers[0], caller.registers[1]),
    RP: caller => caller.program(caller.registers[0], caller.read(caller.registers[1], caller.registers[2])),
    UB: caller => {
        caller.leaveForBootLoader()
        return 0
    },
}

function fill(caller: RomCaller): number {
    const [to, byte, length] = caller.registers
    caller.write(to, new Uint8Array(length).fill(byte))
    return COPY_CYCLES + (length / 4) * WORD_CYCLES
}

function copy(caller: RomCaller): number {
    const [to, from, length] = caller.registers
    caller.write(to, caller.read(from, length))
    return COPY_CYCLES + (((to ^ from) & 3) === 0 ? (length / 4) * WORD_CYCLES : length * BYTE_CYCLES)
}

export class BootRom {
    /** The ROM's 16 KiB, as words. */
    readonly words = new Uint32Array(4096)
    private readonly functions: RomFunction[] = []

    constructor() {
        const view = new DataView(this.words.buffer)
        const lookUp = this.add(view, caller => {
            const [table, code] = caller.registers
            caller.registers[0] = 0
            for (let at = table; view.getUint16(at, true) !== 0; at += 4)
                if (view.getUint16(at, true) === code) caller.registers[0] = view.getUint16(at + 2, true)
            return COPY_CYCLES
        })
        view.setUint8(MAGIC_AT, "M".charCodeAt(0))
        view.setUint8(MAGIC_AT + 1, "u".charCodeAt(0))
        view.setUint8(MAGIC_AT + 2, 1)
        view.setUint8(MAGIC_AT + 3, VERSION)
        view.setUint16(MAGIC_AT + 4, FUNCTION_TABLE_AT, true)
        view.setUint16(MAGIC_AT + 6, DATA_TABLE_AT, true)
        view.setUint16(MAGIC_AT + 8, lookUp, true)
        Object.entries(FUNCTIONS).forEach(([code, work], i) => {
            writeEntry(view, FUNCTION_TABLE_AT + 4 * i, code, this.add(view, work))
        })
        writeEntry(view, DATA_TABLE_AT, "SF", FLOAT_TABLE_AT)
        writeEntry(view, DATA_TABLE_AT + 4, "SD", DOUBLE_TABLE_AT)
        // Before the table of floats stands how many words it has.
        view.setUint8(FLOAT_TABLE_AT - 2, FLOAT_TABLE_WORDS)
        this.addTable(view, FLOAT_TABLE_AT, arithmetic(FLOAT, false), "float")
        this.addTable(view, DOUBLE_TABLE_AT, arithmetic(DOUBLE, true), "double")
    }

    /**
     * The program ran into a breakpoint: where that is the beginning of one of the ROM's functions, does what it does.
     * @param address of the breakpoint
     * @returns the cycles it takes; undefined where it is no function of the ROM
     */
    call(address: number, caller: RomCaller): number | undefined {
        return this.functions[(address - CODE_AT) / CODE_SIZE]?.(caller)
    }

    /** The address of a new function, as one branches there. */
    private add(view: DataView, work: RomFunction): number {
        const at = CODE_AT + CODE_SIZE * this.functions.length
        this.functions.push(work)
        view.setUint16(at, BKPT, true)
        view.setUint16(at + 2, BX_LR, true)
        return at | 1
    }

    private addTable(view: DataView, at: number, table: (RomFunction | undefined)[], form: string): void {
        for (let i = 0; i < FLOAT_TABLE_WORDS; i++) {
            const missing = () => {
                throw new Error(`the program calls function 0x${(4 * i).toString(16)} of the ROM's ${form} table`)
            }
            view.setUint32(at + 4 * i, this.add(view, table[i] ?? missing), true)
        }
    }
}

function writeEntry(view: DataView, at: number, code: string, value: number): void {
    view.setUint8(at, code.charCodeAt(0))
    view.setUint8(at + 1, code.charCodeAt(1))
    view.setUint16(at + 2, value, true)
}

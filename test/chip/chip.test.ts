// The chip runs small programs as a real one does, and tells a core that sleeps from one that nothing will ever wake.

import { describe, expect, test } from "vitest"
import { adds, BKPT, blx, CPSID, chipWith, flashWith, HERE, ldrLiteral, movs, NOP, stores, WFE, WFI } from "./program"

const MS = 1e6
const IO_BANK0 = 0x40014000
const SIO = 0xd0000000
const GPIO_OUT_SET = SIO + 0x14
const GPIO_OUT_CLR = SIO + 0x18
const GPIO_OE_SET = SIO + 0x24
const TIMER = 0x40054000
const NVIC_ENABLE = 0xe000e100
const AIRCR = 0xe000ed0c
const PIN = 2
const FUNCTION_SIO = [IO_BANK0 + 8 * PIN + 4, 5] as const

test("a pin's levels are told with the cycles between them", () => {
    const seen: [number, boolean | undefined, number][] = []
    const code = stores(
        [FUNCTION_SIO, [GPIO_OE_SET, 1 << PIN], [GPIO_OUT_SET, 1 << PIN], [GPIO_OUT_CLR, 1 << PIN]],
        [HERE],
    )
    const chip = chipWith(flashWith(code), { onPin: (pin, level) => seen.push([pin, level, chip.nanos]) })
    expect(chip.run(MS)).toBe("time")
    const driven = seen.filter(([pin, level]) => pin === PIN && level !== undefined)
    expect(driven.map(([, level]) => level)).toEqual([false, true, false])
    // Two loads of two cycles and a store of one, at 8 ns a cycle.
    const cycles = (driven[2][2] - driven[1][2]) / 8
    expect(cycles).toBeGreaterThanOrEqual(3)
    expect(cycles).toBeLessThanOrEqual(6)
})

describe("CHP-1: a core that waits with nothing that could wake it is a hang, and no end of the run", () => {
    test.each([
        ["for an event", WFE],
        ["for an interrupt", WFI],
    ])("%s", (_name, wait) => {
        const chip = chipWith(flashWith([NOP, wait, wait, HERE]))
        expect(chip.run(1000 * MS)).toBe("hang")
        expect(chip.nanos).toBeLessThan(MS)
    })
    test("with an alarm set it sleeps until then, and goes on", () => {
        const levels: number[] = []
        const code = stores(
            [FUNCTION_SIO, [GPIO_OE_SET, 1 << PIN], [TIMER + 0x38, 1], [NVIC_ENABLE, 1], [TIMER + 0x10, 5000]],
            // With interrupts masked the core wakes and no handler runs.
            [CPSID, WFI, WFI, HERE],
        )
        const chip = chipWith(flashWith(code), { onPin: () => levels.push(chip.nanos) })
        expect(chip.run(4.9 * MS)).toBe("time")
        expect(chip.rp2040.core.waiting).toBe(true)
        const busyNanos = chip.time.busyNanos
        expect(busyNanos).toBeLessThan(0.1 * MS)
        expect(chip.run(5.1 * MS)).toBe("time")
        expect(chip.time.busyNanos).toBeGreaterThan(busyNanos)
    })
    test("an alarm in the past is no way out: it comes round after 71 minutes", () => {
        const code = stores(
            [
                [TIMER + 0x38, 1],
                [NVIC_ENABLE, 1],
                [TIMER + 0x10, 0],
            ],
            [CPSID, WFI, WFI, HERE],
        )
        const chip = chipWith(flashWith(code))
        expect(chip.run(1000 * MS)).toBe("time")
        expect(chip.wakesMs).toBeGreaterThan(4_000_000)
    })
    test("where somebody outside can wake it, it waits, and how long is told", () => {
        const chip = chipWith(flashWith([WFE, WFE, HERE]))
        chip.wokenFromOutside = true
        expect(chip.run(3 * MS)).toBe("time")
        expect(chip.run(7 * MS)).toBe("time")
        expect(chip.stalls).toHaveLength(1)
        expect(chip.stalls[0].toNanos).toBe(7 * MS)
    })
    test("a breakpoint of the program is one too, and where is told", () => {
        const chip = chipWith(flashWith([BKPT, HERE]))
        expect(chip.run(MS)).toBe("hang")
        expect(chip.complaints.join()).toContain("breakpoint 0 at 0x10000200")
    })
})

test("a reset that the program asks for starts it anew, with its flash as it is and time going on", () => {
    let starts = 0
    const chip = chipWith(flashWith(stores([[AIRCR, 0x05fa0004]], [HERE])), {}, () => starts++)
    expect(chip.run(MS)).toBe("reset")
    expect(starts).toBe(2)
    const { nanos } = chip
    expect(nanos).toBeGreaterThan(0)
    expect(chip.run(MS)).toBe("reset")
    expect(chip.nanos).toBeGreaterThan(nanos)
})

test("a write to the register of resets without its key does nothing", () => {
    const chip = chipWith(flashWith(stores([[AIRCR, 4]], [HERE])))
    expect(chip.run(MS)).toBe("time")
})

/** Calls the ROM's function at this address, found as the ROM has it, with r0 to r2. */
function romCall(address: number, args: [number, number, number]): number[] {
    const code = [ldrLiteral(0, 3), ldrLiteral(1, 4), ldrLiteral(2, 4), ldrLiteral(3, 5), blx(3), movs(7, 1), HERE, NOP]
    for (const word of [...args, address]) code.push(word & 0xffff, word >>> 16)
    return code
}

/** The address of a function of the ROM, by its letters. */
function romFunction(code: string): number {
    const rom = new DataView(chipWith(flashWith([HERE])).rp2040.bootrom.buffer)
    for (let at = rom.getUint16(0x14, true); ; at += 4)
        if (rom.getUint16(at, true) === (code.charCodeAt(0) | (code.charCodeAt(1) << 8)))
            return rom.getUint16(at + 2, true)
}

describe("CHP-2: what is in the flash outlasts a power cut, and a write is torn where power goes", () => {
    const AT = 0x10000

    test("a page is programmed: bits are cleared, none is set, and the next power-on finds it", () => {
        const flash = flashWith(romCall(romFunction("RP"), [AT, 0x10000100, 256]))
        flash[AT + 4] = 0
        const chip = chipWith(flash)
        expect(chip.run(10 * MS)).toBe("time")
        expect(chip.rp2040.core.registers[7]).toBe(1)
        chip.powerOff()
        expect(flash[AT]).toBe(flash[0x100])
        expect(flash[AT + 4]).toBe(0)
        expect(flash[AT + 256]).toBe(0xff)
        expect(chipWith(flash).rp2040.flash[AT + 3]).toBe(flash[0x103])
    })
    test("a sector is erased, in the time that it takes", () => {
        const flash = flashWith(romCall(romFunction("RE"), [AT, 4096, 0]))
        flash.fill(0, AT - 1, AT + 4097)
        const chip = chipWith(flash)
        chip.run(44 * MS)
        expect(chip.rp2040.core.registers[7]).toBe(0)
        chip.run(46 * MS)
        expect(chip.rp2040.core.registers[7]).toBe(1)
        chip.powerOff()
        expect([flash[AT - 1], flash[AT], flash[AT + 4095], flash[AT + 4096]]).toEqual([0, 0xff, 0xff, 0])
    })
    test("of a sector whose erasing is cut off the front is erased and the rest as it was", () => {
        const flash = flashWith(romCall(romFunction("RE"), [AT, 4096, 0]))
        flash.fill(0, AT, AT + 4096)
        const chip = chipWith(flash)
        chip.run(22.5 * MS)
        chip.powerOff()
        const erased = flash.subarray(AT, AT + 4096).indexOf(0)
        expect(erased).toBeGreaterThan(1900)
        expect(erased).toBeLessThan(2200)
        expect(flash.subarray(AT + erased, AT + 4096).every(byte => byte === 0)).toBe(true)
    })
})

test("the flash says its number when it is asked past the ROM", () => {
    const chip = chipWith(flashWith([HERE]))
    const ssi = chip.rp2040.peripherals[0x18000]
    const answer = [0x4b, ...new Array(12).fill(0)].map(byte => {
        ssi.writeUint32(0x60, byte)
        return ssi.readUint32(0x60)
    })
    expect(answer.slice(5)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    ssi.writeUint32(0x60, 5)
    expect(ssi.readUint32(0x60)).toBe(0)
})

test("the analogue inputs read what the bench says, in 12 bits", () => {
    const chip = chipWith(flashWith([HERE]), { analogue: channel => (channel === 0 ? 0.5 : 2) })
    const { adc } = chip.rp2040
    const read = (channel: number) => {
        adc.writeUint32(0, 5 | (channel << 12))
        chip.run(chip.nanos + 10_000)
        return adc.readUint32(4)
    }
    expect(read(0)).toBe(2048)
    expect(read(1)).toBe(4095)
})

test("reads of the flash stall the core until the line is in the cache", () => {
    const loop = [movs(7, 0), adds(7, 1), 0xe7fd]
    const count = (flashWaits: boolean) => {
        const chip = chipWith(flashWith(loop), { flashWaits })
        chip.run(0.1 * MS)
        return { count: chip.rp2040.core.registers[7], misses: chip.flashCache.misses }
    }
    const [without, withWaits] = [count(false), count(true)]
    expect(without.misses).toBe(0)
    // Vectors and code are two lines.
    expect(withWaits.misses).toBe(2)
    expect(withWaits.count).toBeLessThan(without.count)
    expect(withWaits.count).toBeGreaterThan(without.count - 60)
})

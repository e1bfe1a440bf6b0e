// The bus and its parts as the firmware's drivers meet them: bytes, acknowledgements, and the time that each takes.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Chip } from "../../sim/chip/chip"
import { connectBus, type I2cPart } from "../../sim/chip/i2cBus"
import { Ds3231Part, FramPart, type Measured, MprPart, ROOM_PA, type Transfer } from "../../sim/chip/i2cParts"
import { wallMsOf } from "../../src/drivers/ds3231"
import { mprFault, mprls0025pa, mprPressurePa } from "../../src/drivers/pressureMpr"
import { SensorFault } from "../../src/pump/readings"
import { chipWith, flashWith, HERE } from "./program"

const MS = 1e6

// Registers and bits of the controller: RP2040 datasheet, section 4.3.17.
const TARGET = 0x04
const DATA = 0x10
const FAST_HIGH = 0x1c
const FAST_LOW = 0x20
const RAW_INTERRUPTS = 0x34
const CLEAR_ABORT = 0x54
const ENABLE = 0x6c
const RECEIVED = 0x78
const ABORT_SOURCE = 0x80
const READ = 1 << 8
const STOP = 1 << 9
const RESTART = 1 << 10
const TX_EMPTY = 1 << 4
const TX_ABORT = 1 << 6

/** A chip whose core does nothing, with these parts on its bus at 400 kHz. */
function busWith(parts: [number, I2cPart][], stuck = () => false) {
    const chip = chipWith(flashWith([HERE]), {}, started => {
        connectBus(started.rp2040, started.rp2040.i2c[0], new Map(parts), stuck)
    })
    const bus = chip.rp2040.i2c[0]
    bus.writeUint32(FAST_HIGH, 125)
    bus.writeUint32(FAST_LOW, 187)
    bus.writeUint32(ENABLE, 1)
    return { chip, bus }
}

/** Sends bytes and then reads some, as the runtime does; undefined where something was not acknowledged. */
function transfer({ chip, bus }: ReturnType<typeof busWith>, address: number, bytes: number[], count = 0) {
    bus.writeUint32(ENABLE, 0)
    bus.writeUint32(TARGET, address)
    bus.writeUint32(ENABLE, 1)
    const commands = [...bytes, ...new Array<number>(count).fill(READ)]
    if (bytes.length > 0 && count > 0) commands[bytes.length] |= RESTART
    const received: number[] = []
    for (let i = 0; i < commands.length; i++) {
        bus.writeUint32(DATA, commands[i] | (i === commands.length - 1 ? STOP : 0))
        wait(chip, 0.1)
        if ((bus.readUint32(RAW_INTERRUPTS) & TX_ABORT) !== 0) {
            bus.readUint32(CLEAR_ABORT)
            return undefined
        }
        while (bus.readUint32(RECEIVED) > 0) received.push(bus.readUint32(DATA) & 255)
    }
    return received
}

function wait(chip: Chip, ms: number): void {
    chip.run(chip.nanos + ms * MS)
}

class Echo implements I2cPart {
    readonly takenUs: number[] = []
    constructor(
        private readonly acknowledges: (byte: number) => boolean,
        private readonly now: () => number,
    ) {}
    begin(): boolean {
        return true
    }
    take(byte: number): boolean {
        this.takenUs.push(this.now() / 1000)
        return this.acknowledges(byte)
    }
    give(): number {
        return 0x5a
    }
    end(): void {}
}

test("a byte takes nine clocks of the speed that is set", () => {
    let now = () => 0
    const echo = new Echo(
        () => true,
        () => now(),
    )
    const made = busWith([[0x20, echo]])
    now = () => made.chip.nanos
    made.bus.writeUint32(TARGET, 0x20)
    for (const byte of [1, 2, 3 | STOP]) made.bus.writeUint32(DATA, byte)
    wait(made.chip, 1)
    const [first, second, third] = echo.takenUs
    // Nine of 312 cycles at 125 MHz.
    expect(second - first).toBeCloseTo(22.464, 1)
    expect(third - first).toBeCloseTo(44.928, 1)
})

describe("what is not acknowledged ends the transfer and is told, as the runtime waits for it", () => {
    test.each<[string, number, (byte: number) => boolean, number]>([
        ["an address", 0x21, () => true, 1],
        ["a byte", 0x20, byte => byte !== 7, 8],
    ])("%s", (_name, address, acknowledges, source) => {
        const made = busWith([[0x20, new Echo(acknowledges, () => 0)]])
        made.bus.writeUint32(TARGET, address)
        made.bus.writeUint32(DATA, 7)
        wait(made.chip, 0.2)
        const raised = made.bus.readUint32(RAW_INTERRUPTS)
        expect(raised & TX_ABORT).not.toBe(0)
        expect(raised & TX_EMPTY).not.toBe(0)
        expect(made.bus.readUint32(ABORT_SOURCE) & 0xf).toBe(source)
    })
    test("and the next transfer works", () => {
        const made = busWith([
            [
                0x20,
                new Echo(
                    () => true,
                    () => 0,
                ),
            ],
        ])
        expect(transfer(made, 0x21, [1])).toBeUndefined()
        expect(transfer(made, 0x20, [1], 1)).toEqual([0x5a])
    })
    test("with a line held low no transfer ever ends", () => {
        const made = busWith(
            [
                [
                    0x20,
                    new Echo(
                        () => true,
                        () => 0,
                    ),
                ],
            ],
            () => true,
        )
        expect(transfer(made, 0x20, [1], 1)).toEqual([])
        expect(made.bus.readUint32(RAW_INTERRUPTS) & TX_ABORT).toBe(0)
    })
})

describe("pressure sensor", () => {
    function sensor(pressure: () => Measured) {
        const made: { now: () => number } = { now: () => 0 }
        const bus = busWith([[MprPart.address, new MprPart(pressure, () => made.now())]])
        made.now = () => bus.chip.nanos / MS
        return bus
    }
    const read = (bus: ReturnType<typeof busWith>) => transfer(bus, MprPart.address, [], 4) ?? []

    test("is busy for 5 ms, and then gives what was when it was told to measure", () => {
        let pressurePa = 1500
        const bus = sensor(() => pressurePa)
        expect(transfer(bus, MprPart.address, [0xaa, 0, 0])).toEqual([])
        pressurePa = 9000
        expect(mprFault(read(bus)[0])).toBe(SensorFault.Stale)
        wait(bus.chip, 5)
        const [status, ...bytes] = read(bus)
        expect(mprFault(status)).toBe(SensorFault.None)
        const counts = bytes[0] * 65536 + bytes[1] * 256 + bytes[2]
        expect(Math.abs(mprPressurePa(counts, mprls0025pa()) - ROOM_PA - 1500)).toBeLessThanOrEqual(1)
    })
    test.each<[Measured, SensorFault]>([
        ["faulty", SensorFault.Invalid],
        ["busy", SensorFault.Stale],
    ])("%s reads as %i", (pressure, fault) => {
        const bus = sensor(() => pressure)
        transfer(bus, MprPart.address, [0xaa, 0, 0])
        wait(bus.chip, 6)
        expect(mprFault(read(bus)[0])).toBe(fault)
    })
    test("does not acknowledge when it is missing", () => {
        expect(
            transfer(
                sensor(() => undefined),
                MprPart.address,
                [0xaa, 0, 0],
            ),
        ).toBeUndefined()
    })
    test("goes on past both ends of its range", () => {
        for (const pressurePa of [-1e9, 1e9]) {
            const bus = sensor(() => pressurePa)
            transfer(bus, MprPart.address, [0xaa, 0, 0])
            wait(bus.chip, 6)
            expect(read(bus).slice(1)).toEqual(pressurePa < 0 ? [0, 0, 0] : [255, 255, 255])
        }
    })
})

describe("real-time clock", () => {
    const registers = (wallS: Measured) => {
        const bus = busWith([[Ds3231Part.address, new Ds3231Part(() => wallS)]])
        return transfer(bus, Ds3231Part.address, [0], 16)
    }
    test("shows the time as the driver reads it, for a century", () => {
        fc.assert(
            fc.property(fc.integer({ min: 0, max: 3_155_500_000 }), wallS => {
                const read = registers(wallS)
                expect(read?.[15]).toBe(0)
                expect(wallMsOf(Buffer.from(read ?? []))).toBe(wallS * 1000)
            }),
            { numRuns: 30 },
        )
    })
    test("says that it had stopped, and does not answer when it is missing", () => {
        expect((registers("faulty")?.[15] ?? 0) & 0x80).toBe(0x80)
        expect(registers(undefined)).toBeUndefined()
    })
})

describe("record memory", () => {
    function memory() {
        const contents = new Uint8Array(32_768)
        const store = {
            answering: true,
            read: (at: number) => contents[at],
            write: (at: number, byte: number) => {
                contents[at] = byte
            },
        }
        const transfers: Transfer[] = []
        const bus = busWith([[FramPart.address, new FramPart(store, done => transfers.push(done))]])
        return { bus, store, contents, transfers }
    }
    test("keeps bytes from an address on, and gives them back", () => {
        const { bus, transfers, contents } = memory()
        expect(transfer(bus, FramPart.address, [0x12, 0x34, 1, 2, 3])).toEqual([])
        expect([...contents.subarray(0x1234, 0x1238)]).toEqual([1, 2, 3, 0])
        expect(transfer(bus, FramPart.address, [0x12, 0x35], 2)).toEqual([2, 3])
        expect(transfers).toEqual([
            { address: 0x1234, length: 3, reading: false },
            { address: 0x1235, length: 2, reading: true },
        ])
    })
    test("goes on at 0 past its end", () => {
        const { bus, contents } = memory()
        transfer(bus, FramPart.address, [0x7f, 0xff, 7, 8])
        expect([contents[0x7fff], contents[0]]).toEqual([7, 8])
    })
    test("CHP-3: a write that is cut off leaves the bytes that were transferred, and none after them", () => {
        const { bus, contents } = memory()
        bus.bus.writeUint32(TARGET, FramPart.address)
        for (const byte of [0, 0x10, 1, 2, 3, 4 | STOP]) bus.bus.writeUint32(DATA, byte)
        // A start, the address, two bytes of the place and two that are kept, at 22.5 µs each; the third is on its way.
        wait(bus.chip, 0.125)
        expect([...contents.subarray(0x10, 0x14)]).toEqual([1, 2, 0, 0])
    })
    test("does not acknowledge when it does not answer", () => {
        const { bus, store, contents } = memory()
        store.answering = false
        expect(transfer(bus, FramPart.address, [0, 0, 9])).toBeUndefined()
        expect(contents[0]).toBe(0)
    })
})

import fc from "fast-check"
import { beforeEach, describe, expect, test } from "vitest"
import { MEMORY_SIZE, startFram, TRANSFER_SIZE_MAX } from "../../src/drivers/fram"
import type { RecordMemory } from "../../src/drivers/parts"
import { EmulatedBus, EmulatedFram } from "./emulated"

let chip: EmulatedFram
let bus: EmulatedBus
let memory: RecordMemory
beforeEach(() => {
    chip = new EmulatedFram()
    bus = new EmulatedBus(new Map([[0x50, chip]]))
    memory = startFram(bus)
})

const counted = (length: number, from = 1) => Buffer.from(Array.from({ length }, (_, i) => (from + i) & 255))

test("a write is the address, high byte first, and the data, in one transfer", async () => {
    expect(await memory.write(0x1234, Buffer.of(0xab, 0xcd, 0xef), 2)).toBe(true)
    expect(bus.transfers).toEqual(["write 80 1234abcd"])
    expect([...chip.bytes.subarray(0x1233, 0x1237)]).toEqual([0, 0xab, 0xcd, 0])
})

test("a read sets the address and reads behind it", async () => {
    chip.bytes.set([7, 8, 9], 0x7ffd)
    expect(await memory.read(0x7ffd, 3)).toEqual(Buffer.of(7, 8, 9))
    expect(bus.transfers).toEqual(["write 80 7ffd", "read 80 3"])
})

test("JRN-10: what was written is read back, wherever it lies and whatever was written in between", async () => {
    const write = fc.tuple(
        fc.nat(MEMORY_SIZE - TRANSFER_SIZE_MAX),
        fc.uint8Array({ minLength: 1, maxLength: TRANSFER_SIZE_MAX }),
    )
    await fc.assert(
        fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 12 }), async writes => {
            const expected = Uint8Array.from(chip.bytes)
            for (const [address, bytes] of writes) {
                expected.set(bytes, address)
                expect(await memory.write(address, Buffer.from(bytes), bytes.length)).toBe(true)
            }
            expect(chip.bytes).toEqual(expected)
            for (const [address, bytes] of writes)
                expect(await memory.read(address, bytes.length)).toEqual(
                    Buffer.from(expected.subarray(address, address + bytes.length)),
                )
        }),
        { numRuns: 50 },
    )
})

test("a frame that is used again carries nothing of the write before", async () => {
    for (const length of [3, 5, 8, 13, 21, 3, 5, 21]) {
        const from = length + bus.transfers.length
        await memory.write(16, counted(length, from), length)
        expect(bus.transfers.at(-1)).toBe(`write 80 0010${counted(length, from).toString("hex")}`)
    }
})

test("four lengths have a frame that is kept, further ones a new one each time", async () => {
    const sent: Buffer[] = []
    const watched = startFram({
        readBuf: bus.readBuf,
        readRegBuf: bus.readRegBuf,
        writeBuf: bus.writeBuf,
        xfer: async (_address, bytes) => {
            sent.push(bytes)
            return Buffer.alloc(0)
        },
    })
    const lengths = [3, 5, 8, 13, 21]
    for (const length of [...lengths, ...lengths]) await watched.write(0, counted(length), length)
    expect(lengths.map((_, i) => sent[i] === sent[lengths.length + i])).toEqual([true, true, true, true, false])
})

describe("outside of the memory, or of what one transfer takes, nothing goes over the bus", () => {
    test.each([
        ["the last byte", MEMORY_SIZE - 1, 1, true],
        ["one past the last", MEMORY_SIZE, 1, false],
        ["over the end", MEMORY_SIZE - 1, 2, false],
        ["the longest at the end", MEMORY_SIZE - TRANSFER_SIZE_MAX, TRANSFER_SIZE_MAX, true],
        ["the longest over the end", MEMORY_SIZE - TRANSFER_SIZE_MAX + 1, TRANSFER_SIZE_MAX, false],
        ["too long", 0, TRANSFER_SIZE_MAX + 1, false],
        ["nothing", 0, 0, false],
        ["before the start", -1, 1, false],
        ["no address", Number.NaN, 1, false],
        ["no length", 0, Number.NaN, false],
        ["half an address", 0.5, 1, false],
        ["half a byte", 0, 1.5, false],
    ])("%s", async (_name, address, length, within) => {
        const source = Buffer.alloc(TRANSFER_SIZE_MAX + 1, 0x5a)
        expect(await memory.write(address, source, length)).toBe(within)
        expect(await memory.read(address, length)).toEqual(within ? Buffer.alloc(length, 0x5a) : undefined)
        expect(bus.transfers.length).toBe(within ? 3 : 0)
    })

    test("more than the source holds", async () => {
        expect(await memory.write(0, Buffer.of(1, 2), 3)).toBe(false)
        expect(bus.transfers).toEqual([])
    })
})

test("JRN-11: a memory that does not acknowledge is told, and works again when it is back", async () => {
    chip.bytes.set([1, 2], 0)
    bus.absent.add(0x50)
    expect(await memory.read(0, 2)).toBeUndefined()
    expect(await memory.write(0, Buffer.of(9), 1)).toBe(false)
    bus.absent.clear()
    expect(await memory.read(0, 2)).toEqual(Buffer.of(1, 2))
    expect(await memory.write(0, Buffer.of(9), 1)).toBe(true)
    expect([...chip.bytes.subarray(0, 2)]).toEqual([9, 2])
})

test("JRN-10: a cut after any byte of a write leaves its front and touches nothing else", async () => {
    const length = 24
    for (let acknowledged = 0; acknowledged < 2 + length; acknowledged++) {
        chip.bytes.fill(0xee)
        chip.acknowledges = acknowledged
        expect(await memory.write(100, counted(length), length)).toBe(false)
        chip.acknowledges = Infinity
        const stored = Math.max(0, acknowledged - 2)
        const expected = new Uint8Array(MEMORY_SIZE).fill(0xee)
        expected.set(counted(length).subarray(0, stored), 100)
        expect(Buffer.compare(chip.bytes, expected), `cut after ${acknowledged} bytes`).toBe(0)
    }
})

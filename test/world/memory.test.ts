import { describe, expect, test } from "vitest"
import { MEMORY_SIZE, MemoryChip } from "../../sim/world/memory"

const TEN = Uint8Array.from({ length: 10 }, (_, i) => i + 1)

/** A chip in which a cut also counts itself. */
function chipCutAt(write: number, bytes: number) {
    const chip = new MemoryChip()
    const cuts = { count: 0 }
    chip.cutAt = { write, bytes }
    chip.onCut = () => cuts.count++
    return { chip, cuts }
}

test("it holds nothing at first, and then each byte that it was given", () => {
    const chip = new MemoryChip()
    expect(chip.read(0, 5)).toEqual(new Uint8Array(5))
    expect(chip.write(100, TEN)).toBe(true)
    expect(chip.read(98, 14)).toEqual(Uint8Array.from([0, 0, ...TEN, 0, 0]))
    expect(chip.write(102, [77])).toBe(true)
    expect(chip.read(100, 4)).toEqual(Uint8Array.from([1, 2, 77, 4]))
})

test("a transfer that reaches the end goes on at the start", () => {
    const chip = new MemoryChip()
    chip.write(MEMORY_SIZE - 3, TEN)
    expect(chip.read(0, 8)).toEqual(Uint8Array.from([4, 5, 6, 7, 8, 9, 10, 0]))
    expect(chip.read(MEMORY_SIZE - 3, 5)).toEqual(Uint8Array.from([1, 2, 3, 4, 5]))
})

test("writes, bytes and the byte that is accessed most are counted, reading it included", () => {
    const chip = new MemoryChip()
    expect(chip.mostWorn).toBe(0)
    chip.write(0, TEN)
    chip.write(9, TEN)
    expect([chip.writes, chip.bytesWritten, chip.mostWorn]).toEqual([2, 20, 2])
    chip.read(9, 1)
    chip.read(500, 1)
    expect([chip.writes, chip.bytesWritten, chip.mostWorn]).toEqual([2, 20, 3])
})

test.each<[string, (chip: MemoryChip, on: boolean) => void]>([
    [
        "does not answer",
        (chip, on) => {
            chip.answering = on
        },
    ],
    [
        "has no power",
        (chip, on) => {
            chip.powered = on
        },
    ],
])("a chip that %s keeps nothing new, says nothing and forgets nothing", (_, set) => {
    const chip = new MemoryChip()
    chip.write(0, TEN)
    set(chip, false)
    expect(chip.write(0, [99])).toBe(false)
    expect(chip.read(0, 10)).toBeUndefined()
    expect([chip.writes, chip.bytesWritten]).toEqual([1, 10])
    set(chip, true)
    expect(chip.read(0, 10)).toEqual(TEN)
})

describe("a cut in a write", () => {
    test.each([0, 1, 9, 10, 11])("after %d of ten bytes leaves exactly these", kept => {
        const { chip, cuts } = chipCutAt(2, kept)
        expect(chip.write(0, new Uint8Array(12).fill(50))).toBe(true)
        expect(cuts.count).toBe(0)
        expect(chip.write(1, TEN)).toBe(false)
        expect(cuts.count).toBe(1)
        expect(chip.write(1, TEN)).toBe(false)
        expect(chip.read(0, 12)).toBeUndefined()
        expect([chip.writes, chip.bytesWritten]).toEqual([2, 12 + Math.min(kept, 10)])
        chip.powered = true
        const stands = Math.min(kept, 10)
        expect(chip.read(0, 12)).toEqual(
            Uint8Array.from({ length: 12 }, (_, i) => (i >= 1 && i <= stands ? TEN[i - 1] : 50)),
        )
        expect(chip.write(1, TEN)).toBe(true)
        expect(cuts.count).toBe(1)
    })
})

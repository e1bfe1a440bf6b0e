// The harness's own instruments: frames on the cable, the cache before the flash, the heap, the book of ticks, what stands where.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { FlashCache } from "../../sim/chip/flashCache"
import { Heap, HeapWatch } from "../../sim/chip/heap"
import { placeOf } from "../../sim/chip/recordWatch"
import { problemsOfScenario } from "../../sim/chip/show"
import { figuresOf, TickBook } from "../../sim/chip/ticks"
import { FrameReader, quoted } from "../../sim/chip/usbHost"
import { loadScenario } from "../../sim/scenario/load"

describe("frames on the cable", () => {
    function read(bytes: number[]) {
        const frames: number[][] = []
        const text: number[] = []
        const reader = new FrameReader(
            frame => frames.push([...frame]),
            byte => text.push(byte),
        )
        // In two parts, as packets of the cable have no respect for frames.
        reader.take(bytes.slice(0, bytes.length / 2))
        reader.take(bytes.slice(bytes.length / 2))
        return { frames, text }
    }
    test("come through as they were sent, among text, whatever bytes they hold", () => {
        const bytes = fc.uint8Array({ maxLength: 60 })
        fc.assert(
            fc.property(bytes, bytes, (a, b) => {
                const { frames, text } = read([...quoted(a), 65, 66, ...quoted(b)])
                expect(frames).toEqual([[...a], [...b]])
                expect(text).toEqual([65, 66])
            }),
        )
    })
    test("gaps are skipped, and a frame that is begun anew is forgotten", () => {
        expect(read([0xfe, 0xfb, 0xfe, 0xfc, 1, 0xfe, 0xfc, 2, 0xfe, 0xfd]).frames).toEqual([[2]])
        expect(read([0xfe, 0xfd, 7]).frames).toEqual([])
    })
})

describe("the cache before the flash", () => {
    test("fetches a line of eight bytes once", () => {
        const cache = new FlashCache()
        expect([0, 4, 7, 8].map(at => cache.fetches(0x10000000 + at))).toEqual([true, false, false, true])
        expect([cache.hits, cache.misses]).toEqual([2, 2])
    })
    test("keeps two lines of a set, and gives up the one used less lately", () => {
        const cache = new FlashCache()
        const [a, b, c] = [0, 1, 2].map(i => 0x10000000 + 8192 * i)
        expect([a, b, a, c, a, b].map(at => cache.fetches(at))).toEqual([true, true, false, true, false, true])
    })
    test("is empty after the flash was written to", () => {
        const cache = new FlashCache()
        cache.fetches(0x10000000)
        cache.flush()
        expect(cache.fetches(0x10000000)).toBe(true)
    })
})

describe("the heap of the machine", () => {
    const RAM = 0x20000000
    const AT = 0x1000
    const WORDS = 8192

    /** The machine's record of the heap: where it is, when it collects, and words allocated since. */
    const RECORD = 0x400
    const ALLOCATED = RECORD + 12

    /** Memory with a heap of blocks: kind and words each. */
    function memory(blocks: [number, number][]): DataView {
        const ram = new DataView(new ArrayBuffer(264 * 1024))
        const end = AT + 8 + 4 * WORDS
        ram.setUint32(AT + 4, RAM + end, true)
        ram.setUint32(end, 0x4f000001, true)
        ram.setUint32(RECORD, RAM + AT, true)
        ram.setUint32(RECORD + 8, Math.floor((WORDS + 3) / 4), true)
        let at = AT + 8
        for (const [kind, words] of blocks) {
            ram.setUint32(at, (kind << 24) | words, true)
            at += 4 * words
        }
        return ram
    }
    const FREE = 1
    const ARRAY = 3

    test("is found, and what is in use in it is counted, marked blocks included", () => {
        const ram = memory([
            [ARRAY, 100],
            [FREE, 8000],
            [0x20 | ARRAY, 92],
        ])
        const heap = Heap.find(ram)
        expect([heap?.size, heap?.usedBytes]).toEqual([4 * WORDS, 4 * 192])
    })
    test.each<[string, [number, number][]]>([
        ["blocks that end too early", [[ARRAY, 8191]]],
        ["blocks that end too late", [[ARRAY, 8193]]],
        ["no blocks", []],
    ])("%s are no heap", (_name, blocks) => {
        expect(Heap.find(memory(blocks))).toBeUndefined()
    })
    test("without the machine's record of it is no heap", () => {
        const ram = memory([[ARRAY, 8192]])
        expect(Heap.find(ram)?.usedBytes).toBe(4 * WORDS)
        ram.setUint32(RECORD + 8, 1, true)
        expect(Heap.find(ram)).toBeUndefined()
    })
    test("the most in use and the most that a collection left are told apart", () => {
        const watch = new HeapWatch()
        const ram = memory([
            [ARRAY, 2000],
            [FREE, 6192],
        ])
        const use = (words: number, allocated: number) => {
            ram.setUint32(ALLOCATED, allocated, true)
            ram.setUint32(AT + 8, (ARRAY << 24) | words, true)
            ram.setUint32(AT + 8 + 4 * words, (FREE << 24) | (WORDS - words), true)
            watch.look(ram)
        }
        // A block given back is no collection. What was allocated since one, up to the look, is not what it left; and in the midst of
        // one nobody can say.
        for (const [words, allocated] of [
            [2000, 0],
            [4000, 2000],
            [3900, 2000],
            [6000, 4100],
            [5900, 0],
            [2500, 20],
            [5000, 2520],
            [3000, 40],
        ])
            use(words, allocated)
        expect([watch.mostBytes, watch.mostLiveBytes, watch.collections]).toEqual([24_000, 4 * 2960, 2])
    })
})

test("a tick is measured from its deadline to the edge of the heartbeat, with what was done in it", () => {
    const book = new TickBook()
    const at = (ms: number, busyMs: number) => ({ nanos: ms * 1e6, busyNanos: busyMs * 1e6 })
    book.end(at(1, 1))
    expect(book.ticks).toEqual([])
    book.begin(at(100, 10))
    book.sample()
    book.step()
    book.write("log")
    book.end(at(112, 14))
    // A second edge belongs to no tick.
    book.end(at(120, 15))
    book.begin(at(200, 20))
    book.end(at(204, 22))
    expect(book.ticks).toEqual([
        { deadlineMs: 100, elapsedMs: 12, busyMs: 4, sampled: true, steps: 1, writes: ["log"] },
        { deadlineMs: 200, elapsedMs: 4, busyMs: 2, sampled: false, steps: 0, writes: [] },
    ])
    expect(figuresOf(book.ticks)).toEqual({ count: 2, meanMs: 8, worstMs: 12, meanBusyMs: 3, worstBusyMs: 4 })
    expect(figuresOf([])).toBeUndefined()
})

test.each([
    [0, "checkpoint"],
    [511, "checkpoint"],
    [512, "odometer"],
    [544, "mark"],
    [576, "key"],
    [767, "key"],
    [768, "programme"],
    [6271, "programme"],
    [6272, "log"],
    [32_767, "log"],
])("at %i of the record memory stands the %s", (address, place) => {
    expect(placeOf(address)).toBe(place)
})

test("without a computer at the USB port, what needs the programmer's link is refused, event by event; a freeze is in any case", () => {
    const file = "sim/scenarios/prime.json"
    const prime = loadScenario(file)
    const [problem] = problemsOfScenario(prime, file, false)
    expect(problem).toMatchObject({ file, field: expect.stringMatching(/^events\[\d+\]\.do$/), was: '"prime"' })
    expect(problemsOfScenario(prime, file, true)).toEqual([])
    expect(problemsOfScenario(loadScenario("sim/scenarios/occlusion.json"), file, false)).toEqual([])
    for (const kind of ["freeze", "hostileFrames"]) {
        const unable = { ...prime, events: [{ atMs: 0, kind } as never] }
        expect(problemsOfScenario(unable, file, true)).toMatchObject([{ was: `"${kind}"` }])
    }
})

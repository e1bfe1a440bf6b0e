// What the device's garbage-collected heap holds, read from outside by walking its blocks in the machine's memory.
// A wrong guess at the layout cannot pass for a heap: the walk must end exactly on the heap's own end mark.

import { endianness } from "node:os"

/** The size of the heap in this machine (`JD_GC_KB` of the runtime, as built for WebAssembly). */
export const GC_HEAP_BYTES = 65_536

// A block opens with one word: its size in words in the lower 24 bits, its kind in the upper 8. The heap opens with a link
// (none here) and the address of its end mark. All of that as in the runtime's source, `gc_alloc.c`.
const SIZE_MASK = 0xff_ffff
const KIND_FREE = 0x01
const END_MARK = 0x4f00_0001
const BYTES_PER_WORD = 4

// Before the first block, in bytes: the link to the heap in its record, and the count of allocations ever made.
const HEAP_LINK_BEFORE = 28
const ALLOCATIONS_BEFORE = 24
const HEAP_HEAD_BYTES = 8

export interface GcHeap {
    /** Address of the first block. */
    start: number
    end: number
}

/** Finds the heap in the machine's memory; undefined while no program runs. */
export function findGcHeap(memory: Uint8Array): GcHeap | undefined {
    const words = wordsOf(memory)
    for (let at = 0; at + 2 < words.length; at++) {
        const end = words[at + 1]
        const size = end - at * BYTES_PER_WORD
        if (words[at] !== 0 || size > GC_HEAP_BYTES || size < GC_HEAP_BYTES - 64) continue
        const heap = { start: (at + 2) * BYTES_PER_WORD, end }
        if (end % BYTES_PER_WORD !== 0 || words[end / BYTES_PER_WORD] !== END_MARK) continue
        if (words[(heap.start - HEAP_LINK_BEFORE) / BYTES_PER_WORD] !== heap.start - HEAP_HEAD_BYTES) continue
        if (freeBytes(words, heap) >= 0) return heap
    }
    return undefined
}

/** Bytes in free blocks. Throws when the heap is not one. */
export function gcHeapFree(memory: Uint8Array, heap: GcHeap): number {
    const free = freeBytes(wordsOf(memory), heap)
    if (free < 0) throw new Error("the heap of the machine is not where it was")
    return free
}

/** Allocations since the start. Every call of a function makes one, for its record. */
export function gcAllocations(memory: Uint8Array, heap: GcHeap): number {
    return wordsOf(memory)[(heap.start - ALLOCATIONS_BEFORE) / BYTES_PER_WORD]
}

/** Bytes in free blocks, or -1 when the blocks do not end where the heap does. */
function freeBytes(words: Uint32Array, heap: GcHeap): number {
    const end = heap.end / BYTES_PER_WORD
    let free = 0
    let at = heap.start / BYTES_PER_WORD
    while (at < end) {
        const size = words[at] & SIZE_MASK
        if (size === 0) return -1
        if (words[at] >>> 24 === KIND_FREE) free += size
        at += size
    }
    return at === end ? free * BYTES_PER_WORD : -1
}

function wordsOf(memory: Uint8Array): Uint32Array {
    if (endianness() !== "LE") throw new Error("the machine's memory can be read on a little-endian computer only")
    return new Uint32Array(memory.buffer)
}

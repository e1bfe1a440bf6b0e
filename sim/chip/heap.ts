// How full the heap of DeviceScript's machine is, read from the chip's memory: blocks one after the other, each headed by its kind and its
// size in words (devs_objects.h and gc_alloc.c of microsoft/devicescript). No symbol of the image is needed, so any image will do.

const RAM_BASE = 0x20000000

/** Kind and size of the word that ends the heap; the kind of a free block, among the bits that marking uses. */
const FINAL = 0x4f000001
const KIND_SHIFT = 24
const KIND_MASK = 0x0f
const KIND_FREE = 0x01
const WORDS_MASK = 0xffffff

const HEAP_SIZE_MIN = 16 * 1024

// The machine's record of its heap has the heap's address, allocations ever made, words after which it collects, a quarter of the heap,
// and words allocated since it last did.
const THRESHOLD_AT = 8
const ALLOCATED_AT = 12
const COLLECTS_AFTER = 4

/** The heap of a machine that runs; found anew after each reset. */
export class Heap {
    /** Bytes that blocks can take. */
    readonly size: number

    private constructor(
        private readonly view: DataView,
        private readonly start: number,
        private readonly end: number,
        private readonly allocatedAt: number,
    ) {
        this.size = end - start
    }

    /** Looks for it in the chip's memory; undefined while there is none. */
    static find(ram: DataView): Heap | undefined {
        for (let at = 0; at + 8 < ram.byteLength; at += 4) {
            const end = ram.getUint32(at + 4, true) - RAM_BASE
            if (!(end > at + HEAP_SIZE_MIN && end + 4 <= ram.byteLength) || (end & 3) !== 0) continue
            if (ram.getUint32(at, true) !== 0 || ram.getUint32(end, true) !== FINAL) continue
            const allocatedAt = findRecord(ram, at, end)
            if (allocatedAt === undefined) continue
            const heap = new Heap(ram, at + 8, end, allocatedAt)
            if (heap.usedBytes !== undefined) return heap
        }
        return undefined
    }

    /** Bytes allocated since the last collection, as the machine counts them. */
    get allocatedBytes(): number {
        return 4 * this.view.getUint32(this.allocatedAt, true)
    }

    /** Bytes in blocks that are not free, those included that nothing points to any more; undefined where the blocks don't add up. */
    get usedBytes(): number | undefined {
        let used = 0
        let at = this.start
        while (at < this.end) {
            const header = this.view.getUint32(at, true)
            const words = header & WORDS_MASK
            if (words === 0) return undefined
            if (((header >>> KIND_SHIFT) & KIND_MASK) !== KIND_FREE) used += 4 * words
            at += 4 * words
        }
        return at === this.end ? used : undefined
    }
}

/** Where the machine's record of this heap has what was allocated; undefined where there is no record of it. */
function findRecord(ram: DataView, at: number, end: number): number | undefined {
    const threshold = Math.floor((end - at + 4) / 4 / COLLECTS_AFTER)
    for (let field = 0; field + ALLOCATED_AT + 4 <= ram.byteLength; field += 4) {
        if (ram.getUint32(field, true) !== RAM_BASE + at) continue
        if (ram.getUint32(field + THRESHOLD_AT, true) === threshold) return field + ALLOCATED_AT
    }
    return undefined
}

/** Follows a heap through a run, look by look; between two looks it may have been fuller. */
export class HeapWatch {
    /** The most bytes in blocks at any look: what lives, and what no collection has taken away yet. */
    mostBytes = 0
    /** The most bytes that a collection left, which are those in use less what was allocated since: what lives. */
    mostLiveBytes = 0
    collections = 0
    sizeBytes = 0
    private heap: Heap | undefined
    private lastAllocatedBytes = 0

    /** Looks at the heap now. */
    look(ram: DataView): void {
        this.heap ??= Heap.find(ram)
        const used = this.heap?.usedBytes
        if (!this.heap || used === undefined) {
            this.heap = undefined
            return
        }
        this.sizeBytes = this.heap.size
        this.mostBytes = Math.max(this.mostBytes, used)
        const allocated = this.heap.allocatedBytes
        // In the midst of a collection, which an allocation ends.
        if (allocated === 0) return
        if (allocated < this.lastAllocatedBytes) {
            this.collections += 1
            this.mostLiveBytes = Math.max(this.mostLiveBytes, used - allocated)
        }
        this.lastAllocatedBytes = allocated
    }

    /** The chip starts anew. */
    forget(): void {
        this.heap = undefined
        this.lastAllocatedBytes = 0
    }
}

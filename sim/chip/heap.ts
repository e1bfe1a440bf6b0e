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

/** The heap of a machine that runs; found anew after each reset. */
export class Heap {
    /** Bytes that blocks can take. */
    readonly size: number

    private constructor(
        private readonly view: DataView,
        private readonly start: number,
        private readonly end: number,
    ) {
        this.size = end - start
    }

    /** Looks for it in the chip's memory; undefined while there is none. */
    static find(ram: DataView): Heap | undefined {
        for (let at = 0; at + 8 < ram.byteLength; at += 4) {
            const end = ram.getUint32(at + 4, true) - RAM_BASE
            if (!(end > at + HEAP_SIZE_MIN && end + 4 <= ram.byteLength) || (end & 3) !== 0) continue
            if (ram.getUint32(at, true) !== 0 || ram.getUint32(end, true) !== FINAL) continue
            const heap = new Heap(ram, at + 8, end)
            if (heap.usedBytes !== undefined) return heap
        }
        return undefined
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

/** A fall of the bytes in blocks by more than this is a collection's, and no single block's that was given back. */
const COLLECTED_BYTES_MIN = 4096

/** Follows a heap through a run, look by look; between two looks it may have been fuller. */
export class HeapWatch {
    /** The most bytes in blocks at any look: what lives, and what no collection has taken away yet. */
    mostBytes = 0
    /** The most bytes that a collection left: what lives, and what was allocated since it, up to the look. */
    mostLiveBytes = 0
    collections = 0
    sizeBytes = 0
    private heap: Heap | undefined
    private lastBytes = 0

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
        if (used < this.lastBytes - COLLECTED_BYTES_MIN) {
            this.collections += 1
            this.mostLiveBytes = Math.max(this.mostLiveBytes, used)
        }
        this.lastBytes = used
    }

    /** The chip starts anew. */
    forget(): void {
        this.heap = undefined
        this.lastBytes = 0
    }
}

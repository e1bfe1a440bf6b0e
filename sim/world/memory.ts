// The pump's record memory as a part: a ferroelectric memory on the I²C bus, which keeps each byte as soon as it has been
// transferred. A power cut therefore leaves a prefix of a write, and that is what a test can cut it to.

/** Bytes in a Fujitsu MB85RC256V: 32 Ki. */
export const MEMORY_SIZE = 32_768

/** A power cut in the middle of a write: in that one, counted from 1, only so many bytes are kept. */
export interface MemoryCut {
    write: number
    bytes: number
}

/**
 * Fujitsu MB85RC256V, datasheet DS501-00017-3v0: 32 Ki × 8 bits, no delay after a write, each byte good for 10¹² reads and
 * writes, a transfer that reaches the end goes on at address 0.
 */
export class MemoryChip {
    /** What it holds; all 0 as from the factory (assumed, the datasheet leaves it open). */
    readonly contents = new Uint8Array(MEMORY_SIZE)
    /** False while it does not acknowledge: broken, or off the bus. */
    answering = true
    powered = true
    /** Writes that it took since the start of the run, whole or torn, and the bytes it kept of them. */
    writes = 0
    bytesWritten = 0
    /** Where the next cut is; gone once it has happened. */
    cutAt: MemoryCut | undefined
    /** Called when the power went in the middle of a write. */
    onCut: () => void = () => {}

    private readonly accesses = new Uint32Array(MEMORY_SIZE)

    /** The bytes from `address` on; undefined when it does not answer. */
    read(address: number, length: number): Uint8Array | undefined {
        if (!this.powered || !this.answering) return undefined
        const bytes = new Uint8Array(length)
        for (let i = 0; i < length; i++) bytes[i] = this.contents[this.access(address + i)]
        return bytes
    }

    /** Keeps the bytes from `address` on; false when it does not answer. */
    write(address: number, bytes: ArrayLike<number>): boolean {
        if (!this.powered || !this.answering) return false
        this.writes += 1
        const torn = this.cutAt?.write === this.writes
        const kept = torn ? Math.min((this.cutAt as MemoryCut).bytes, bytes.length) : bytes.length
        for (let i = 0; i < kept; i++) this.contents[this.access(address + i)] = bytes[i]
        this.bytesWritten += kept
        if (!torn) return true
        this.cutAt = undefined
        this.powered = false
        this.onCut()
        return false
    }

    /** How often the byte that was accessed most was read or written: reading wears a ferroelectric cell as much as writing. */
    get mostWorn(): number {
        return this.accesses.reduce((most, count) => Math.max(most, count), 0)
    }

    private access(address: number): number {
        const at = address % MEMORY_SIZE
        this.accesses[at] += 1
        return at
    }
}

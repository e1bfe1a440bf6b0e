// The cache between the core and its flash: a program runs from flash, and what is not in the cache stalls the core. The emulated core
// knows no such stalls, so they are counted here and added to its time.

/** 16 KiB in two ways, lines of 8 bytes (RP2040 datasheet, section 2.6.3; which line gives way is assumed: the one used less lately). */
const LINE_BITS = 3
const SETS = 1024

/**
 * Cycles that a line takes to come, calculated: the second boot stage of the Pico reads by quad I/O at half the system's clock, 6 clocks
 * of address, 2 of mode, 4 of waiting and 16 of data, and 6 cycles on the way are assumed.
 */
export const MISS_CYCLES = 2 * (6 + 2 + 4 + 16) + 6

const EMPTY = 0xffffffff

export class FlashCache {
    hits = 0
    misses = 0
    private readonly recent = new Uint32Array(SETS).fill(EMPTY)
    private readonly other = new Uint32Array(SETS).fill(EMPTY)

    /** The core reads at this address of the flash; true where that has to be fetched. */
    fetches(address: number): boolean {
        const line = address >>> LINE_BITS
        const set = line & (SETS - 1)
        if (this.recent[set] === line) {
            this.hits += 1
            return false
        }
        const hit = this.other[set] === line
        this.other[set] = this.recent[set]
        this.recent[set] = line
        if (hit) this.hits += 1
        else this.misses += 1
        return !hit
    }

    /** After the flash was written to, nothing in the cache counts. */
    flush(): void {
        this.recent.fill(EMPTY)
        this.other.fill(EMPTY)
    }
}

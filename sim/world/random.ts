// Random numbers for the world, each kind of event from a stream of its own: what is switched on in one place then draws
// nothing away from another, and a run stays comparable with the run before.

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { skipN } from "pure-rand/utils/skipN"

export type RandomStream = ReturnType<typeof xoroshiro128plus>

// The generator starts from the bits of its seed as they are, so that neighbouring seeds begin alike until it has mixed them.
const MIXED_AFTER = 32

/** The stream for the purpose `purpose` (any whole number, another for each) of a run with this seed. */
export function randomStream(seed: number, purpose: number): RandomStream {
    // MurmurHash3's finaliser: every bit of seed and purpose changes about half of the bits.
    let bits = seed ^ Math.imul(purpose, 0x9e3779b1)
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
    const random = xoroshiro128plus(bits ^ (bits >>> 16))
    skipN(random, MIXED_AFTER)
    return random
}

/** One draw from 0 up to, not including, 1. */
export function uniform(random: RandomStream): number {
    return uniformFloat64(random)
}

/** One draw between `from` and `to`. */
export function uniformBetween(random: RandomStream, from: number, to: number): number {
    return from + (to - from) * uniformFloat64(random)
}

/** One draw from the normal distribution of mean 0 and standard deviation 1 (Box and Muller 1958). */
export function gaussian(random: RandomStream): number {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)))
    return radius * Math.cos(2 * Math.PI * uniformFloat64(random))
}

/** The wait for the next event of those that come by chance, `mean` apart in the mean (a Poisson process). */
export function waitFor(random: RandomStream, mean: number): number {
    return -mean * Math.log(1 - uniformFloat64(random))
}

// What a physical model is held against: a closed form worked out here without it, or a published figure.

import type { WorldSettings } from "../../scenario/scenario"
import { worldSchema } from "../../scenario/schema"
import { World } from "../../world/world"

/** One quantity of one model, as it should be and as the simulated bench has it. */
export interface PhysicsCheck {
    model: string
    quantity: string
    unit: string
    /** From a closed form or a publication, never from the code that is checked. */
    expected: number
    simulated: number
    /** The closed form, or who published the figure. */
    source: string
    /** How far off it may be, in per cent, and why that far. */
    withinPercent: number
    because: string
}

/** By how much the simulated figure is off, in per cent of the expected one. */
export function errorPercentOf({ expected, simulated }: PhysicsCheck): number {
    return (100 * (simulated - expected)) / expected
}

export const FILL_PL = 20_000_000_000
export const PL_PER_MICROLITRE = 1_000_000

/** The usual bench without sensor noise, but for these settings as a file would give them. */
export function settingsOf(changes: object): WorldSettings {
    return worldSchema.parse({ pressureNoisePascals: 0, ...changes })
}

export function bench(changes: object, seed = 1): World {
    return new World(settingsOf(changes), 0, FILL_PL, seed)
}

/** Root of the mean of the squares. */
export function rms(values: readonly number[]): number {
    return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
}

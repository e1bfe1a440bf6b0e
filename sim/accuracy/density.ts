// The density by which a mass on the scale becomes a volume: that of water at the temperature of the room, or one that is given.
// No air buoyancy is allowed for, as IEC 60601-2-24 asks for none: a scale in air shows about 0.1 % less than the water weighs.

/** The standard's tests are made at 20 ± 2 °C. */
export const TEST_CELSIUS = 20

/** Where the formula holds. */
export const CELSIUS_MIN = 0
export const CELSIUS_MAX = 40

/**
 * Density of water free of air at 101 325 Pa, in grams per millilitre, between 0 and 40 °C.
 * Source: M. Tanaka et al., Recommended table for the density of water between 0 °C and 40 °C, Metrologia 38 (2001) 301-309.
 */
export function waterGramsPerMl(celsius: number): number {
    const kilogramsPerCubicMetre =
        999.97495 * (1 - ((celsius - 3.983035) ** 2 * (celsius + 301.797)) / (522_528.9 * (celsius + 69.34881)))
    return kilogramsPerCubicMetre / 1000
}

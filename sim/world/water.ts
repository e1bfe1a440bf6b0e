// What water does with temperature, as far as a pump and the scale under it notice: it flows more easily, takes more room, and
// evaporates faster. Drug solutions and spinal fluid are taken as water, within what viscosity the scenario gives them.

import { waterGramsPerMl } from "../accuracy/density"

const KELVIN_AT_0_CELSIUS = 273.15
const GAS_CONSTANT = 8.314462618
const WATER_GRAMS_PER_MOLE = 18.01528
const ROOM_PA = 101_325
const MICROGRAMS_PER_GRAM = 1e6
const SECONDS_PER_HOUR = 3600

/**
 * Viscosity of water in millipascal seconds, 0 to 100 °C within about 2.5 %. Source: Vogel's equation with the constants of
 * D. S. Viswanath and G. Natarajan, Data Book on the Viscosity of Liquids, 1989.
 */
export function waterMillipascalSeconds(celsius: number): number {
    return 0.02939 * Math.exp(507.88 / (celsius + KELVIN_AT_0_CELSIUS - 149.3))
}

/** By how much water takes more room at `toCelsius` than at `fromCelsius`, as part of its volume; 0 to 40 °C. */
export function waterExpansion(fromCelsius: number, toCelsius: number): number {
    return waterGramsPerMl(fromCelsius) / waterGramsPerMl(toCelsius) - 1
}

/**
 * Pressure of saturated water vapour in pascals, 0 to 60 °C. Source: Magnus' formula with the constants of the Guide to
 * Meteorological Instruments and Methods of Observation, WMO No. 8.
 */
export function saturationPa(celsius: number): number {
    return 611.2 * Math.exp((17.62 * celsius) / (243.12 + celsius))
}

/**
 * Diffusivity of water vapour in air at 101 325 Pa, in square metres per second. Source: W. J. Massman, Atmospheric Environment
 * 32 (1998) 1111-1127.
 */
export function vapourM2PerS(celsius: number): number {
    return 2.178e-5 * ((celsius + KELVIN_AT_0_CELSIUS) / KELVIN_AT_0_CELSIUS) ** 1.81
}

/**
 * What evaporates from an upright vessel in still air, in micrograms per hour: Stefan's diffusion through the column of air between
 * the water and the rim (J. Stefan 1873; R. B. Bird, W. E. Stewart, E. N. Lightfoot, Transport Phenomena, § 18.2).
 * @param mouthMm diameter of that column
 * @param depthMm its height, over 0
 * @param humidityPercent of the air at the rim
 */
export function evaporationMicrogramsPerHour(
    celsius: number,
    humidityPercent: number,
    mouthMm: number,
    depthMm: number,
): number {
    const areaM2 = (Math.PI / 4) * (mouthMm / 1000) ** 2
    const waterPa = saturationPa(celsius)
    const airPa = (humidityPercent / 100) * waterPa
    const molesPerM2S =
        ((vapourM2PerS(celsius) * ROOM_PA) / (GAS_CONSTANT * (celsius + KELVIN_AT_0_CELSIUS) * (depthMm / 1000))) *
        Math.log((ROOM_PA - airPa) / (ROOM_PA - waterPa))
    return molesPerM2S * areaM2 * WATER_GRAMS_PER_MOLE * MICROGRAMS_PER_GRAM * SECONDS_PER_HOUR
}

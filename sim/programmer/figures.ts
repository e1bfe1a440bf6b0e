// What a clinician gives in micrograms or millilitres, as the whole nanolitres that the pump is told.

import { BOLUS_MINUTES_MAX, BOLUS_PL_MAX } from "../../src/pump/limits"
import { optionError, wholeOption } from "../cli/command"
import { shown } from "../input"

const NL_PER_ML = 1_000_000
const PL_PER_NL = 1000
const MINUTES_PER_DAY = 1440

/** Reads a number over 0 and up to `max` given to an option; throws InputError. */
export function amountOption(option: string, text: string, max: number, unit: string): number {
    const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN
    if (!(value > 0 && value <= max)) throw optionError(option, text, `a number over 0, up to ${max} ${unit}`)
    return value
}

/** The same, and 0. */
export function amountOrNone(option: string, text: string, max: number, unit: string): number {
    return /^0+(\.0+)?$/.test(text) ? 0 : amountOption(option, text, max, unit)
}

export function nanolitres(ml: number): number {
    return Math.round(ml * NL_PER_ML)
}

/** A bolus as somebody gives it. */
export interface BolusOptions {
    micrograms?: string
    ml?: string
    over: string
}

/** Volume and flow of a bolus; of a dose, by the strength of the drug in the pump. Throws InputError. */
export function bolusFigures(options: BolusOptions, ngPerMl: number): { volumeNl: number; rateNlPerDay: number } {
    const { micrograms, ml } = options
    if ((micrograms === undefined) === (ml === undefined))
        throw optionError(
            "--micrograms",
            micrograms === undefined ? "missing, and --ml too" : `${micrograms} with --ml ${ml}`,
            "given in place of --ml, one of the two",
        )
    const mlMax = BOLUS_PL_MAX / PL_PER_NL / NL_PER_ML
    const volumeMl =
        ml !== undefined
            ? amountOption("--ml", ml, mlMax, "mL")
            : (amountOption("--micrograms", micrograms ?? "", (mlMax * ngPerMl) / 1000, "µg") * 1000) / ngPerMl
    const volumeNl = nanolitres(volumeMl)
    if (volumeNl === 0)
        throw optionError(ml === undefined ? "--micrograms" : "--ml", shown(ml ?? micrograms), "a nanolitre at least")
    const minutes = wholeOption("--over", options.over, 1, BOLUS_MINUTES_MAX)
    return { volumeNl, rateNlPerDay: Math.max(1, Math.round((volumeNl * MINUTES_PER_DAY) / minutes)) }
}

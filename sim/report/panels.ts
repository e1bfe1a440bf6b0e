// What the report plots: the columns of values, and for each plot its lines, axes, levels and the words beside it.

import { MS_PER_DAY } from "../../src/pump/limits"
import type { Samples } from "../engines/result"
import type { Facts } from "./facts"
import { movingRatePlPerDay } from "./samples"
import { formatDuration, formatMl, formatNumber, PL_PER_ML } from "./units"

export const PASCALS_PER_KILOPASCAL = 1000
const MMHG_PER_KILOPASCAL = 7.50062
const NG_PER_UG = 1000

/** One line of a plot: the column it draws, and whether that is what was planned or what truly happened. */
interface Line {
    label: string
    column: number
    look: "planned" | "actual"
    stepped: boolean
}

/** One plot, as `plots.js` takes it. */
export interface Panel {
    id: string
    title: string
    unit: string
    /** A second axis in proportion to the first; empty for none. */
    secondUnit: string
    secondPerFirst: number
    height: number
    /** Decimals of a value under the cursor. */
    digits: number
    /** Top of the axis, which then starts at 0; null to fit what is in view. */
    top: number | null
    lines: Line[]
    levels: { label: string; value: number }[]
    /** What the plot shows, for who cannot see it. */
    alternative: string
    note: string
}

enum Column {
    Time = 0,
    Rate = 1,
    DeliveredRate = 2,
    Programmed = 3,
    Delivered = 4,
    Pressure = 5,
    Reservoir = 6,
    Residual = 7,
    ProgrammedDoseRate = 8,
    DeliveredDoseRate = 9,
    ProgrammedDose = 10,
    DeliveredDose = 11,
}

/** The flows that are plotted, one value for each sample that is. */
export interface Rates {
    /**
     * As the programme has it with its boluses but primes; in a run too long to show single days, all that was asked for, averaged like
     * the delivered: a bolus between two samples is no less in it.
     */
    programmedPlPerDay: number[]
    deliveredPlPerDay: number[]
    programmedAveraged: boolean
    /** Dose rates, averaged: what line and boluses bring of each strength is in them. */
    programmedNgPerDay: number[]
    deliveredNgPerDay: number[]
}

/** Averages before thinning, so that a long run's window still sees every sample. */
export function ratesOf(all: Samples, kept: Samples, windowMs: number): Rates {
    const rowOfTime = new Map(all.timeMs.map((atMs, row) => [atMs, row]))
    const rows = kept.timeMs.map(atMs => rowOfTime.get(atMs) as number)
    const programmedAveraged = windowMs >= MS_PER_DAY
    const averaged = (totalPl: number[]) => {
        const column = movingRatePlPerDay(all.timeMs, totalPl, windowMs)
        return rows.map(row => column[row])
    }
    const withBoluses = (samples: Samples) => samples.ratePlPerDay.map((rate, row) => rate + samples.bolusPlPerDay[row])
    const programmedPlPerDay = programmedAveraged ? averaged(all.programmedPl) : withBoluses(kept)
    // At the run's first instant the pump is still starting, for less time than a plot can show.
    if (programmedPlPerDay[0] === 0) programmedPlPerDay[0] = Number.NaN
    return {
        programmedPlPerDay,
        deliveredPlPerDay: averaged(all.deliveredPl),
        programmedAveraged,
        programmedNgPerDay: averaged(all.programmedNg),
        deliveredNgPerDay: averaged(all.deliveredNg),
    }
}

/** Columns in the units of the plots, rounded to what a screen can show and a reader can use, so that the file stays small. */
export function columnsOf(facts: Facts, samples: Samples, rates: Rates): (number | null)[][] {
    const rounded = (column: number[], unit: number, digits: number) =>
        column.map(value => (Number.isFinite(value) ? Number((value / unit).toFixed(digits)) : null))
    const columns: (number | null)[][] = []
    columns[Column.Time] = samples.timeMs.map(atMs => facts.clock.secondsOfRun(atMs))
    columns[Column.Rate] = rounded(rates.programmedPlPerDay, PL_PER_ML, 5)
    columns[Column.DeliveredRate] = rounded(rates.deliveredPlPerDay, PL_PER_ML, 5)
    columns[Column.Programmed] = rounded(samples.programmedPl, PL_PER_ML, 6)
    columns[Column.Delivered] = rounded(samples.deliveredPl, PL_PER_ML, 6)
    columns[Column.Pressure] = rounded(samples.pressurePa, PASCALS_PER_KILOPASCAL, 2)
    columns[Column.Reservoir] = rounded(samples.reservoirPl, PL_PER_ML, 5)
    columns[Column.Residual] = rounded(samples.residualPl, PL_PER_ML, 5)
    if (facts.oneStrength) return columns
    columns[Column.ProgrammedDoseRate] = rounded(rates.programmedNgPerDay, NG_PER_UG, 2)
    columns[Column.DeliveredDoseRate] = rounded(rates.deliveredNgPerDay, NG_PER_UG, 2)
    columns[Column.ProgrammedDose] = rounded(samples.programmedNg, NG_PER_UG, 3)
    columns[Column.DeliveredDose] = rounded(samples.deliveredNg, NG_PER_UG, 3)
    return columns
}

function highest(column: readonly number[]): number {
    return column.reduce((top, value) => (Number.isNaN(value) ? top : Math.max(top, value)), 0)
}

export function panelsOf(facts: Facts, samples: Samples, rates: Rates, windowMs: number): Panel[] {
    const { programme, lastProgramme, mechanism, clock, oneStrength } = facts
    const ugPerMl = programme.concentrationNgPerMl / 1000
    const last = samples.timeMs.length - 1

    // A prime runs a thousand times faster than a programme: drawn to its top, the programme would be a flat line.
    const rateHighest = highest(rates.programmedPlPerDay) / PL_PER_ML
    const deliveredHighest = highest(rates.deliveredPlPerDay) / PL_PER_ML
    const rateTop =
        (rateHighest > 0 ? Math.min(Math.max(rateHighest, deliveredHighest), 2.5 * rateHighest) : deliveredHighest) *
        1.12
    const beyond = rates.deliveredPlPerDay.findIndex(rate => rate / PL_PER_ML > rateTop)
    const beyondNote =
        beyond < 0
            ? ""
            : ` Delivered goes beyond the top of this plot, up to ${formatMl(highest(rates.deliveredPlPerDay))} mL/day, first on ${clock.dayAndTime(samples.timeMs[beyond])}.`

    const occlusionKpa = mechanism.occlusionPa / PASCALS_PER_KILOPASCAL
    const pressureHighestKpa = highest(samples.pressurePa) / PASCALS_PER_KILOPASCAL
    const reservoirTop = Math.max(highest(samples.reservoirPl), programme.reservoirLowPl * 1.25) / PL_PER_ML
    const differencePl = samples.reservoirPl[last] - samples.residualPl[last]
    const window = formatDuration(windowMs)
    return [
        {
            id: "rate",
            title: "Rate",
            unit: "mL/day",
            secondUnit: oneStrength ? "µg/day" : "",
            secondPerFirst: ugPerMl,
            height: 270,
            digits: 4,
            top: rateTop > 0 ? rateTop : 1,
            lines: [
                { label: "delivered", column: Column.DeliveredRate, look: "actual", stepped: false },
                { label: "programmed", column: Column.Rate, look: "planned", stepped: !rates.programmedAveraged },
            ],
            levels: [],
            alternative: `Programmed rate, at most ${formatMl(highest(rates.programmedPlPerDay))} mL per day, and delivered rate over time. The values are in the table below the plots.`,
            note: `${rates.programmedAveraged ? "Programmed with boluses and primes, and delivered, which is what left the catheter; both" : "Programmed with boluses, without primes. Delivered is what left the catheter,"} averaged over ${window} around each time.${beyondNote}`,
        },
        ...(oneStrength ? [] : dosePanels(samples, rates, window)),
        {
            id: "total",
            title: "Total",
            unit: "mL",
            secondUnit: oneStrength ? "µg" : "",
            secondPerFirst: ugPerMl,
            height: 270,
            digits: 6,
            top: null,
            lines: [
                { label: "delivered", column: Column.Delivered, look: "actual", stepped: false },
                { label: "programmed", column: Column.Programmed, look: "planned", stepped: false },
            ],
            levels: [],
            alternative: `Programmed and delivered total since the start: at the end ${formatMl(samples.programmedPl[last])} mL programmed and ${formatMl(samples.deliveredPl[last])} mL delivered.`,
            note: "Since the start, boluses included.",
        },
        {
            id: "pressure",
            title: "Line pressure",
            unit: "kPa",
            secondUnit: "mmHg",
            secondPerFirst: MMHG_PER_KILOPASCAL,
            height: 270,
            digits: 2,
            top: Math.max(occlusionKpa, pressureHighestKpa) * 1.15,
            lines: [{ label: "true pressure", column: Column.Pressure, look: "actual", stepped: false }],
            levels: [{ label: `occlusion alarm at ${formatNumber(occlusionKpa, 1)} kPa`, value: occlusionKpa }],
            alternative: `Line pressure over time, at most ${formatNumber(pressureHighestKpa, 1)} kilopascals; the occlusion alarm stands at ${formatNumber(occlusionKpa, 1)}.`,
            note: "Gauge pressure.",
        },
        {
            id: "reservoir",
            title: "Reservoir",
            unit: "mL",
            secondUnit: programme.concentrationNgPerMl === lastProgramme.concentrationNgPerMl ? "mg" : "",
            secondPerFirst: ugPerMl / 1000,
            height: 230,
            digits: 4,
            top: reservoirTop * 1.08,
            lines: [
                { label: "true", column: Column.Reservoir, look: "actual", stepped: false },
                { label: "computed by the pump", column: Column.Residual, look: "planned", stepped: false },
            ],
            levels: [
                {
                    label: `refill alarm at ${formatMl(programme.reservoirLowPl)} mL`,
                    value: programme.reservoirLowPl / PL_PER_ML,
                },
            ],
            alternative: `Volume left in the reservoir, true and as the pump computes it: at the end ${formatMl(samples.reservoirPl[last])} mL are left; the refill alarm stands at ${formatMl(programme.reservoirLowPl)} mL.`,
            note: Number.isFinite(differencePl)
                ? `At the end the reservoir truly holds ${formatNumber(Math.abs(differencePl) / 1e6, 2)} µL ${differencePl < 0 ? "less" : "more"} than the pump computes.`
                : "At the end the pump is off and computes nothing.",
        },
    ]
}

/** The dose itself, where it is not in proportion to the volume: after a change of strength, or behind a line that was empty. */
function dosePanels(samples: Samples, rates: Rates, window: string): Panel[] {
    const last = samples.timeMs.length - 1
    const highestUg = Math.max(highest(rates.programmedNgPerDay), highest(rates.deliveredNgPerDay)) / NG_PER_UG
    const shape = { secondUnit: "", secondPerFirst: 1, height: 270, levels: [] }
    const lines = (delivered: Column, programmed: Column): Line[] => [
        { label: "delivered", column: delivered, look: "actual", stepped: false },
        { label: "programmed", column: programmed, look: "planned", stepped: false },
    ]
    return [
        {
            ...shape,
            id: "doseRate",
            title: "Dose rate",
            unit: "µg/day",
            digits: 1,
            top: highestUg > 0 ? highestUg * 1.12 : 1,
            lines: lines(Column.DeliveredDoseRate, Column.ProgrammedDoseRate),
            alternative: `Drug that left the catheter and drug that was programmed, at most ${formatNumber(highestUg, 1)} micrograms per day, over time.`,
            note: `The drug in what left the catheter, with what the line held; averaged over ${window} around each time.`,
        },
        {
            ...shape,
            id: "dose",
            title: "Dose",
            unit: "µg",
            digits: 2,
            top: null,
            lines: lines(Column.DeliveredDose, Column.ProgrammedDose),
            alternative: `Programmed and delivered dose since the start: at the end ${formatNumber(samples.programmedNg[last] / NG_PER_UG, 1)} micrograms programmed and ${formatNumber(samples.deliveredNg[last] / NG_PER_UG, 1)} delivered.`,
            note: "The drug in it since the start.",
        },
    ]
}

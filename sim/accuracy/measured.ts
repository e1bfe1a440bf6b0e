// A measurement on a real scale, read from its CSV file: what is wrong with it is refused, what is odd about it is told with its
// rows, and nothing is made up.

import { InputError, type Problem } from "../input"
import { type AmountUnit, isMass, microlitresOf, TIME_UNITS, type TimeUnit } from "./quantities"
import type { FlowSeries } from "./series"
import { type Column, readTable, throwFirst } from "./table"

const MS_PER_HOUR = 3_600_000

/** What has to be known of a measurement beside its file. */
export interface Scale {
    gramsPerMl: number
    /** What evaporates from the vessel on the scale, in milligrams per hour; counts as delivered. */
    evaporationMgPerHour: number
    setMicrolitresPerHour: number
}

/** A measurement, and what is odd about it. */
export interface Measured {
    series: FlowSeries
    timeUnit: TimeUnit
    unit: AmountUnit
    /** Rows without a time or without a reading: they are left out. */
    emptyRows: number[]
    /** Rows at which the scale shows less than in the row before. */
    fallingRows: number[]
    /** The smallest difference between two readings, as volume: what the last digit of the scale stands for, or less. */
    readabilityMicrolitres: number
}

/** Reads time and mass (or volume) from a CSV file. Throws InputError with every row that can't be used. */
export function readMeasured(file: string, columns: [Column<TimeUnit>, Column<AmountUnit>], scale: Scale): Measured {
    const { units, rows } = readTable(file, columns)
    const [timeUnit, unit] = units
    const refuse = (was: string, mayBe: string) => new InputError([{ file, field: "", was, mayBe }])
    if (scale.evaporationMgPerHour > 0 && !isMass(unit))
        throw new InputError([
            {
                file: "command line",
                field: "--evaporation",
                was: `given with ${unit}`,
                mayBe: "given where the scale's mass is measured",
            },
        ])
    const emptyRows: number[] = []
    const samples: { row: number; timeMs: number; microlitres: number }[] = []
    for (const { row, values } of rows) {
        const [time, amount] = values
        if (time === null || amount === null) emptyRows.push(row)
        else
            samples.push({
                row,
                timeMs: time * TIME_UNITS[timeUnit],
                microlitres: microlitresOf(amount, unit, scale.gramsPerMl),
            })
    }
    if (samples.length < 3) throw refuse(`${samples.length} rows with time and ${unit}`, "3 rows or more")
    throwFirst(
        samples.flatMap((sample, i): Problem[] => {
            const before = samples[i - 1]
            if (i === 0 || sample.timeMs > before.timeMs) return []
            const toUnit = (ms: number) => `${Number((ms / TIME_UNITS[timeUnit]).toPrecision(12))} ${timeUnit}`
            const mayBe = `later than the ${toUnit(before.timeMs)} of row ${before.row}`
            return [{ file, field: `row ${sample.row}, time`, was: toUnit(sample.timeMs), mayBe }]
        }),
    )

    const [first] = samples
    const evaporatedMicrolitres = (timeMs: number) =>
        (scale.evaporationMgPerHour * timeMs) / MS_PER_HOUR / scale.gramsPerMl
    const timeMs = samples.map(sample => sample.timeMs - first.timeMs)
    const differences = samples.slice(1).map((sample, i) => Math.abs(sample.microlitres - samples[i].microlitres))
    return {
        series: {
            timeMs,
            measuredMicrolitres: samples.map(
                (sample, i) => sample.microlitres - first.microlitres + evaporatedMicrolitres(timeMs[i]),
            ),
            setMicrolitres: timeMs.map(ms => (scale.setMicrolitresPerHour * ms) / MS_PER_HOUR),
            rows: samples.map(sample => sample.row),
        },
        timeUnit,
        unit,
        emptyRows,
        fallingRows: samples
            .filter((sample, i) => i > 0 && sample.microlitres < samples[i - 1].microlitres)
            .map(({ row }) => row),
        readabilityMicrolitres: differences
            .filter(difference => difference > 0)
            .reduce((a, b) => Math.min(a, b), Infinity),
    }
}

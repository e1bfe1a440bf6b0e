// The accuracy of doses: each as it was programmed and as it was measured. IEC 60601-2-24 asks for 25 in a row at the smallest and at the
// largest setting, with their mean error and the worst to either side.

import { InputError } from "../input"
import { type AmountUnit, microlitresOf } from "./quantities"
import { type Column, readTable, throwFirst } from "./table"

/** Doses in a row that the standard asks for at each setting. */
export const DOSES_OF_STANDARD = 25

export interface Dose {
    programmedMicrolitres: number
    measuredMicrolitres: number
}

/** The doses of one setting. Errors are in per cent of what was programmed. */
export interface DoseAccuracy {
    programmedMicrolitres: number
    count: number
    meanErrorPercent: number
    smallestErrorPercent: number
    largestErrorPercent: number
    /** With n - 1; null of a single dose. */
    standardDeviationPercent: number | null
    /** In the order in which they were given. */
    errorsPercent: number[]
}

/** The doses by what was programmed, the smallest setting first. */
export function doseAccuracy(doses: readonly Dose[]): DoseAccuracy[] {
    const settings = [...new Set(doses.map(dose => dose.programmedMicrolitres))].sort((a, b) => a - b)
    return settings.map(programmedMicrolitres => {
        const errorsPercent = doses
            .filter(dose => dose.programmedMicrolitres === programmedMicrolitres)
            .map(dose => (100 * (dose.measuredMicrolitres - programmedMicrolitres)) / programmedMicrolitres)
        const count = errorsPercent.length
        const mean = errorsPercent.reduce((sum, error) => sum + error, 0) / count
        const squares = errorsPercent.reduce((sum, error) => sum + (error - mean) ** 2, 0)
        return {
            programmedMicrolitres,
            count,
            meanErrorPercent: mean,
            smallestErrorPercent: Math.min(...errorsPercent),
            largestErrorPercent: Math.max(...errorsPercent),
            standardDeviationPercent: count < 2 ? null : Math.sqrt(squares / (count - 1)),
            errorsPercent,
        }
    })
}

/**
 * Reads a CSV file with a row for each dose, as it was programmed and as it was measured. Throws InputError with every row that is no dose.
 */
export function readDoses(file: string, columns: [Column<AmountUnit>, Column<AmountUnit>], gramsPerMl: number): Dose[] {
    const { units, rows } = readTable(file, columns)
    if (rows.length === 0)
        throw new InputError([{ file, field: "", was: "without rows", mayBe: "a row for each dose" }])
    const faults = rows.flatMap(({ row, values: [programmed, measured] }) => [
        ...(programmed !== null && programmed > 0
            ? []
            : [
                  {
                      file,
                      field: `row ${row}, programmed`,
                      was: programmed === null ? "empty" : String(programmed),
                      mayBe: "a number over 0",
                  },
              ]),
        ...(measured !== null
            ? []
            : [
                  {
                      file,
                      field: `row ${row}, measured`,
                      was: "empty",
                      mayBe: "a number; leave the row out where it is not known",
                  },
              ]),
    ])
    throwFirst(faults)
    return rows.map(({ values: [programmed, measured] }) => ({
        programmedMicrolitres: microlitresOf(programmed ?? 0, units[0], gramsPerMl),
        measuredMicrolitres: microlitresOf(measured ?? 0, units[1], gramsPerMl),
    }))
}

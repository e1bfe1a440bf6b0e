// Reads two columns of numbers out of a CSV file, as a scale's logger or a spreadsheet writes it. Whatever is not a number is
// refused with its row; only an empty cell is let through, because loggers leave those where they missed a reading.

import { readFileSync } from "node:fs"
import { type CsvError, type Info, parse } from "csv-parse/sync"
import { InputError, type Problem, shown } from "../input"
import { unitOfName } from "./quantities"

/** One of the two columns: how the user names it, and in which units its numbers may be. */
export interface Column<Unit extends string> {
    /** What it is called in messages, such as "time". */
    role: string
    /** Its name or its number from 1 on. */
    where: string
    /** The option that gives `where`, and the one that gives the unit. */
    option: string
    unitOption: string
    units: readonly Unit[]
    /** As given; without it the unit has to stand in the column's name. */
    unit: Unit | undefined
}

/** One row of both; null where the cell is empty. */
export interface TableRow {
    /** Line in the file, from 1 on. */
    row: number
    values: [number | null, number | null]
}

export interface Table<First extends string, Second extends string> {
    units: [First, Second]
    rows: TableRow[]
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const DELIMITERS = [",", ";", "\t"]
const PROBLEMS_SHOWN_MAX = 10

/**
 * Reads two columns of a CSV file, separated by commas, semicolons or tabs, with or without a line of names; lines that begin with #
 * are comments. Throws InputError with file, row, what was there and what may be.
 */
export function readTable<First extends string, Second extends string>(
    file: string,
    columns: [Column<First>, Column<Second>],
): Table<First, Second> {
    const lines = linesOf(file)
    if (lines.length === 0) refuse(file, "", "empty", "a CSV file with two columns of numbers")
    const [first] = lines
    const named = !first.cells.some(cell => NUMBER.test(cell.trim()))
    const names = named ? first.cells.map(cell => cell.trim()) : undefined
    const [firstPlace, secondPlace] = columns.map(column => placeOf(file, column, names, first.cells.length))
    if (firstPlace === secondPlace)
        refuse("command line", columns[1].option, shown(columns[1].where), `another column than ${columns[0].option}`)
    const units: [First, Second] = [
        unitOf(file, columns[0], names?.[firstPlace]),
        unitOf(file, columns[1], names?.[secondPlace]),
    ]

    const problems: Problem[] = []
    const rows = lines.slice(named ? 1 : 0).map(({ row, cells }): TableRow => {
        const valueAt = (place: number, role: string): number | null => {
            const cell = (cells[place] ?? "").trim()
            if (cell === "") return null
            if (!NUMBER.test(cell) || !Number.isFinite(Number(cell))) {
                const comma = /^[+-]?\d+,\d+$/.test(cell) ? ", with a decimal point" : ""
                problems.push({ file, field: `row ${row}, ${role}`, was: shown(cell), mayBe: `a number${comma}` })
            }
            return Number(cell)
        }
        return { row, values: [valueAt(firstPlace, columns[0].role), valueAt(secondPlace, columns[1].role)] }
    })
    throwFirst(problems)
    return { units, rows }
}

/** Throws InputError with the first ten problems and how many more there are; returns when there is none. */
export function throwFirst(problems: Problem[]): void {
    if (problems.length === 0) return
    const shownProblems = problems.slice(0, PROBLEMS_SHOWN_MAX)
    const more = problems.length - shownProblems.length
    if (more > 0) {
        const last = shownProblems[shownProblems.length - 1]
        shownProblems[shownProblems.length - 1] = { ...last, mayBe: `${last.mayBe} (and ${more} more like it)` }
    }
    throw new InputError(shownProblems)
}

function refuse(file: string, field: string, was: string, mayBe: string): never {
    throw new InputError([{ file, field, was, mayBe }])
}

function linesOf(file: string): { row: number; cells: string[] }[] {
    let text: string
    try {
        text = readFileSync(file, "utf8").replace(/^\uFEFF/, "")
    } catch (error) {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT"
        return refuse(file, "", missing ? "missing" : `unreadable (${String(error)})`, "the path of a CSV file")
    }
    const head = text.split("\n").find(line => line.trim() !== "" && !line.startsWith("#")) ?? ""
    const delimiter = DELIMITERS.toSorted((a, b) => head.split(b).length - head.split(a).length)[0]
    try {
        const options = { comment: "#", comment_no_infix: true, delimiter, info: true as const }
        const records = parse(text, { ...options, relax_column_count: true, skip_empty_lines: true })
        return (records as unknown as { record: string[]; info: Info }[]).map(({ record, info }) => ({
            row: info.lines,
            cells: record,
        }))
    } catch (error) {
        const { message } = error as CsvError
        return refuse(file, "", `not CSV: ${message}`, "lines of cells separated by commas, semicolons or tabs")
    }
}

function placeOf(file: string, column: Column<string>, names: string[] | undefined, count: number): number {
    const { where, option } = column
    if (/^\d+$/.test(where)) {
        if (Number(where) >= 1 && Number(where) <= count) return Number(where) - 1
        return refuse("command line", option, shown(where), `a column of ${file}, 1 to ${count}`)
    }
    const place = names?.indexOf(where) ?? -1
    if (place >= 0) return place
    const mayBe = names
        ? `one of ${names.map(shown).join(", ")}, or a number from 1 to ${count}`
        : `a number from 1 to ${count}, because ${file} has no line of names`
    return refuse("command line", option, shown(where), mayBe)
}

function unitOf<Unit extends string>(file: string, column: Column<Unit>, name: string | undefined): Unit {
    const named = name === undefined ? undefined : unitOfName(name, column.units)
    const { unit, unitOption, units, role } = column
    if (unit !== undefined && named !== undefined && unit !== named)
        return refuse("command line", unitOption, shown(unit), `"${named}", which the column ${shown(name)} names`)
    const known = unit ?? named
    if (known !== undefined) return known
    const was = name === undefined ? "missing, and there is no line of names" : `missing, and not in ${shown(name)}`
    return refuse(file, `unit of ${role}`, was, `given with ${unitOption}: ${units.join(", ")}`)
}

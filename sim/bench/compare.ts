// Two measurements of `npm run bench` beside each other: this one, and one of another commit that was kept as JSON. Where a row has a
// ratio, that is what is compared, because it holds on another computer or under another load; elsewhere the figure itself is.

import { z } from "zod"
import { readInput } from "../input"
import { digits, type Row, tableOf } from "./rows"

const numberOrNull = z.number({ error: "a number or null" }).nullable()
const text = z.string({ error: "a text" })

const MEASURED = z.strictObject({
    machine: z.object({ node: text, cpu: text }),
    rows: z.array(
        z.strictObject({
            part: text,
            what: text,
            figure: numberOrNull,
            unit: text,
            ratio: numberOrNull,
            reference: text,
            how: text,
        }),
        { error: "the rows of npm run bench -- --json" },
    ),
})

/** The rows of an earlier measurement. Throws InputError where the file is none. */
export function readRows(file: string): Row[] {
    return readInput(file, MEASURED).rows
}

/** How much a figure may differ before it is marked: what the same commit gives twice on a quiet computer differs by less. */
const MARKED_FROM = 0.1

/** Each row of either as a line: before, now, and the second by the first; marked where that is a tenth or more away from one. */
export function renderComparison(before: readonly Row[], now: readonly Row[]): string {
    // Rows under a heading are called the same as those under another: they are told apart by their order.
    const rest = [...before]
    const lines = now.map(row => {
        const at = rest.findIndex(({ part, what }) => part === row.part && what === row.what)
        return lineOf(at < 0 ? undefined : rest.splice(at, 1)[0], row)
    })
    for (const row of rest) lines.push(lineOf(row, undefined))
    return tableOf(["part", "what", "compared", "before", "now", "now / before", ""], lines, [3, 4, 5])
}

function lineOf(before: Row | undefined, now: Row | undefined): string[] {
    const { part, what } = (now ?? before) as Row
    const byRatio = (before?.ratio ?? null) !== null && (now?.ratio ?? null) !== null
    const value = (row: Row | undefined) => (byRatio ? row?.ratio : row?.figure) ?? null
    const [was, is] = [value(before), value(now)]
    const change = was === null || is === null || was === 0 ? null : is / was
    const compared = byRatio ? `ratio to ${now?.reference}` : (now ?? before)?.unit
    const mark =
        before && now ? (change !== null && Math.abs(change - 1) >= MARKED_FROM ? "*" : "") : before ? "gone" : "new"
    return [part, what, compared ?? "", shownFigure(was), shownFigure(is), shownFigure(change), mark]
}

function shownFigure(value: number | null): string {
    return value === null ? "-" : digits(value)
}

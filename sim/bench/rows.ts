// The rows of `npm run bench`: one figure each, with what it is compared to and how it was come by.

/** One figure. */
export interface Row {
    /** The part of the bench that gives it, by the name that `--only` takes. */
    part: string
    what: string
    /** The figure in `unit`, or null where it could not be had: `how` says why. */
    figure: number | null
    unit: string
    /** The figure as a multiple of the reference; null without one. */
    ratio: number | null
    reference: string
    how: string
}

/** A row whose ratio is to `reference`, a figure of the same unit. */
export function rowOf(
    part: string,
    what: string,
    figure: number,
    unit: string,
    reference: { figure: number; name: string } | undefined,
    how: string,
): Row {
    const ratio = reference ? figure / reference.figure : null
    return { part, what, figure, unit, ratio, reference: reference?.name ?? "", how }
}

/** The rows as a table for people, with a line between the parts. */
export function renderTable(rows: Row[]): string {
    const cells = rows.map(row => [
        row.what,
        row.figure === null ? "-" : digits(row.figure),
        row.unit,
        row.ratio === null ? "" : digits(row.ratio),
        row.reference,
        row.how,
    ])
    const head = ["what", "figure", "unit", "ratio", "to", "how measured"]
    const [names, rule, ...lines] = tableOf(head, cells, [1, 3]).split("\n")
    return [names, ...lines.flatMap((line, i) => (rows[i].part !== rows[i - 1]?.part ? [rule, line] : [line]))].join(
        "\n",
    )
}

/** Lines of cells under their names and a rule; the columns of `toTheRight` hold numbers. */
export function tableOf(head: string[], cells: string[][], toTheRight: number[]): string {
    const widths = head.map((_, column) => Math.max(...[head, ...cells].map(line => line[column].length)))
    const render = (line: string[]) =>
        line
            .map((cell, column) =>
                toTheRight.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
            )
            .join("  ")
            .trimEnd()
    return [render(head), widths.map(width => "-".repeat(width)).join("  "), ...cells.map(render)].join("\n")
}

/** Four significant digits, whole numbers in full, thousands apart; more where four would round a figure under 10 to a whole one. */
export function digits(value: number): string {
    if (Math.abs(value) >= 1000 || Number.isInteger(value))
        return Math.round(value).toLocaleString("en").replaceAll(",", " ")
    const four = value.toPrecision(4)
    return Math.abs(value) < 10 && Number.isInteger(Number(four)) ? value.toPrecision(8) : four
}

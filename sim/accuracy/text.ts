// The accuracy report for the terminal: what was measured, what is odd about it, then the standard's figures one under another.

import { styleText } from "node:util"
import { aligned } from "../report/summary"
import { formatSteps } from "../report/units"
import type { Accuracy, PeriodAccuracy } from "./analyse"
import type { AccuracyReport } from "./report"
import {
    doseNote,
    factsOfReport,
    figure,
    flow,
    percent,
    remarksOf,
    slopeText,
    stretchOfTime,
    stretchText,
    windowText,
} from "./words"

const LABEL_WIDTH = 18

/** The report as lines of text; `colour` is for terminals alone. */
export function renderText(report: AccuracyReport, colour: boolean): string {
    const bold = (text: string) => (colour ? styleText("bold", text, { validateStream: false }) : text)
    const { accuracy, doses, source } = report
    const remarks = remarksOf(report)
    const lines = [
        "Bench and research pump. Not for patients.",
        "",
        bold("Accuracy"),
        ...aligned(factsOfReport(report), LABEL_WIDTH),
    ]
    if (remarks.length > 0)
        lines.push("", bold("Samples and what was done with them"), ...remarks.map(remark => `  ${remark}`))
    if (accuracy) lines.push("", bold("Overall error A, against the set rate"), ...overallLines(accuracy))
    for (const period of accuracy?.periods ?? [])
        lines.push("", bold(`Trumpet curve, ${period.name}`), ...trumpetLines(period))
    if (source.kind === "simulated" && source.of === "metering")
        lines.push(
            "",
            bold("Metering alone"),
            `  Largest error of any window from tick to tick, in the whole run: ${formatSteps(source.anyWindowSteps)} steps`,
        )
    if (accuracy)
        lines.push(
            "",
            bold("Stability"),
            ...aligned(
                [
                    ["  Drift", slopeText(accuracy)],
                    ["  Flow", stretchText(accuracy)],
                ],
                LABEL_WIDTH,
            ),
        )
    if (doses.length > 0) lines.push("", bold("Doses, measured against programmed"), ...doseLines(report))
    return lines.join("\n")
}

function overallLines({ whole, periods }: Accuracy): string[] {
    const rows = [
        ["whole run", percent(whole.errorPercent), flow(whole.microlitresPerHour), ""],
        ...periods.map(({ name, note, fromMinutes, toMinutes, overall }) => [
            name,
            overall ? percent(overall.errorPercent) : "not known: a gap",
            overall ? flow(overall.microlitresPerHour) : "",
            [stretchOfTime(fromMinutes, toMinutes), note].filter(Boolean).join(", "),
        ]),
    ]
    return table([], rows, [1, 2])
}

function trumpetLines({ trumpet }: PeriodAccuracy): string[] {
    return table(
        ["window", "Ep(min)", "Ep(max)", "windows", "left out"],
        trumpet.map(({ minutes, intervals, epMinPercent, epMaxPercent, windows, leftOut }) => [
            `${windowText(minutes)}, ${intervals} S`,
            percent(epMinPercent),
            percent(epMaxPercent),
            String(windows),
            String(leftOut),
        ]),
        [1, 2, 3, 4],
    )
}

function doseLines({ doses }: AccuracyReport): string[] {
    return table(
        ["programmed", "doses", "mean", "smallest", "largest", "SD", ""],
        doses.map(dose => [
            `${figure(dose.programmedMicrolitres)} µL`,
            String(dose.count),
            percent(dose.meanErrorPercent),
            percent(dose.smallestErrorPercent),
            percent(dose.largestErrorPercent),
            dose.standardDeviationPercent === null ? "–" : percent(dose.standardDeviationPercent).replace("+", ""),
            doseNote(dose),
        ]),
        [1, 2, 3, 4, 5],
    )
}

/** Rows under their heads, indented; the columns in `right` have their figures at the right. */
function table(head: string[], rows: string[][], right: number[]): string[] {
    const all = head.length > 0 ? [head, ...rows] : rows
    const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map(row => row[column].length)))
    return all.map(row => {
        const cells = row.map((cell, column) =>
            right.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
        )
        return `  ${cells.join("   ")}`.trimEnd()
    })
}

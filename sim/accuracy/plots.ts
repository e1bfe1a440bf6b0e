// What the page's plots show: start-up graph, trumpet curves, flow over the run and dose errors, as columns to draw. Long courses are
// drawn as means over several intervals, which the plot then says.

import type { FlowCourse, PeriodAccuracy } from "./analyse"
import type { AccuracyReport } from "./report"
import { doseNote, figure, percent } from "./words"

// The start-up graph shows every swing; the course of the run shows whether it drifts.
const START_UP_POINTS_MAX = 600
const RUN_POINTS_MAX = 120

/** What a line shows decides how it looks. */
export type Look = "actual" | "planned" | "mean" | "dots"

export interface Plot {
    id: string
    title: string
    note: string
    xLabel: string
    yLabel: string
    /** Symmetric about zero, as trumpet curves and dose errors are. */
    aroundZero: boolean
    /** Round marks of these columns are the only ones on the axis; null where any will do. */
    marks: number[] | null
    columns: (number | null)[][]
    lines: { label: string; look: Look }[]
    alternative: string
}

/** The plots that this report has something for. */
export function plotsOf(report: AccuracyReport): Plot[] {
    const { accuracy, doses } = report
    const plots: Plot[] = []
    if (accuracy) {
        plots.push(courseOf("startUp", "Start-up graph", accuracy.startUp, START_UP_POINTS_MAX))
        accuracy.periods.forEach((period, i) => {
            if (period.trumpet.some(window => window.epMaxPercent !== null)) plots.push(trumpetOf(period, i))
        })
        plots.push(courseOf("run", "Flow over the run", accuracy.flow, RUN_POINTS_MAX))
    }
    doses.forEach((dose, i) => {
        plots.push({
            id: `doses${i}`,
            title: `Doses of ${figure(dose.programmedMicrolitres)} µL`,
            note:
                [`Each against what was programmed: mean ${percent(dose.meanErrorPercent)}`, doseNote(dose)]
                    .filter(Boolean)
                    .join("; ") + ".",
            xLabel: "dose",
            yLabel: "error, %",
            aroundZero: true,
            marks: null,
            columns: [
                dose.errorsPercent.map((_, at) => at + 1),
                dose.errorsPercent,
                dose.errorsPercent.map(() => dose.meanErrorPercent),
            ],
            lines: [
                { label: "measured", look: "dots" },
                { label: "mean", look: "mean" },
            ],
            alternative: `Error of each of ${dose.count} doses in per cent. The figures are in the table of doses.`,
        })
    })
    return plots.filter(plot => plot.columns[0].length > 0)
}

function trumpetOf({ name, overall, trumpet }: PeriodAccuracy, i: number): Plot {
    const drawn = trumpet.filter(window => window.epMaxPercent !== null).toSorted((a, b) => a.minutes - b.minutes)
    const minutes = drawn.map(window => window.minutes)
    const mean = overall?.errorPercent ?? null
    return {
        id: `trumpet${i}`,
        title: `Trumpet curve, ${name}`,
        note: "The largest and the smallest mean error of all windows of each length.",
        xLabel: "window, min",
        yLabel: "error, %",
        aroundZero: true,
        marks: minutes,
        columns: [
            minutes,
            drawn.map(window => window.epMaxPercent),
            drawn.map(window => window.epMinPercent),
            drawn.map(() => mean),
        ],
        lines: [
            { label: "Ep(max)", look: "actual" },
            { label: "Ep(min)", look: "actual" },
            { label: "overall error A", look: "mean" },
        ],
        alternative: `Trumpet curve: error in per cent against the length of the window in minutes. The figures are in its table.`,
    }
}

function courseOf(id: string, title: string, course: FlowCourse, pointsMax: number): Plot {
    const group = Math.max(1, Math.ceil(course.minutes.length / pointsMax))
    const { minutes, measured, set } = grouped(course, group)
    const hours = (minutes[minutes.length - 1] ?? 0) > 180
    return {
        id,
        title,
        note: group === 1 ? "Of each sampling interval." : `Means of ${group} sampling intervals each.`,
        xLabel: hours ? "time, h" : "time, min",
        yLabel: "flow, µL/h",
        aroundZero: false,
        marks: null,
        columns: [hours ? minutes.map(at => at / 60) : minutes, measured, set],
        lines: [
            { label: "measured", look: "actual" },
            { label: "set", look: "planned" },
        ],
        alternative: `${title}: flow in microlitres per hour against time, measured and set.`,
    }
}

/** The mean of each whole group of intervals; null where one of them is not known. */
function grouped({ minutes, microlitresPerHour, setMicrolitresPerHour }: FlowCourse, group: number) {
    const starts = minutes.map((_, i) => i).filter(i => i % group === 0 && i + group <= minutes.length)
    const meanOf = (values: readonly (number | null)[]): number | null => {
        let sum = 0
        for (const value of values) {
            if (value === null) return null
            sum += value
        }
        return sum / values.length
    }
    return {
        minutes: starts.map(i => minutes[i + group - 1]),
        measured: starts.map(i => meanOf(microlitresPerHour.slice(i, i + group))),
        set: starts.map(i => meanOf(setMicrolitresPerHour.slice(i, i + group))),
    }
}

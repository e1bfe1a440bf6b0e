// How accuracy is said, in the terminal and on the page alike: signs, digits, rows, and what was done with odd samples.

import { formatDuration } from "../report/units"
import type { Accuracy } from "./analyse"
import { DOSES_OF_STANDARD, type DoseAccuracy } from "./doses"
import { OUTLIER_SCORE } from "./outliers"
import { VOLUMETRIC_WINDOW_MINUTES } from "./plan"
import type { AccuracyReport, Density } from "./report"

const ROWS_SHOWN_MAX = 8
const NONE = "–"

/** A figure with its sign, and digits by its size: −0.098, +4.31, −19.2. */
export function signed(value: number | null): string {
    if (value === null) return NONE
    const size = Math.abs(value)
    const text = size.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : 3)
    return Number(text) === 0 ? text : `${value < 0 ? "−" : "+"}${text}`
}

/** An error in per cent. */
export function percent(value: number | null): string {
    return value === null ? NONE : `${signed(value)} %`
}

/** A volume or flow to four figures. */
export function figure(value: number): string {
    return String(Number(value.toPrecision(4))).replace("-", "−")
}

/** A flow. */
export function flow(microlitresPerHour: number): string {
    return `${figure(microlitresPerHour)} µL/h`
}

/** A window's length: in minutes, with seconds where they are not whole. */
export function windowText(minutes: number): string {
    return `${Number(minutes.toFixed(2))} min`
}

/** A stretch of time since the start; in long runs in hours with their hundredths, because the two largest units would hide minutes. */
export function stretchOfTime(fromMinutes: number, toMinutes: number): string {
    const text = (minutes: number) =>
        toMinutes <= 180 ? formatDuration(minutes * 60_000) : `${Number((minutes / 60).toFixed(2))} h`
    return `${text(fromMinutes)} to ${text(toMinutes)}`
}

/** "row 17", "rows 3, 4 and 12", "rows 3, 4 and 20 more". */
export function rowsText(rows: readonly number[]): string {
    const first = rows.slice(0, ROWS_SHOWN_MAX)
    if (rows.length === 1) return `row ${rows[0]}`
    if (rows.length > first.length) return `rows ${first.join(", ")} and ${rows.length - first.length} more`
    return `rows ${first.slice(0, -1).join(", ")} and ${first[first.length - 1]}`
}

function count(number: number, one: string, many = `${one}s`): string {
    return `${number} ${number === 1 ? one : many}`
}

/** Seconds as a person says them. */
function secondsText(seconds: number): string {
    return seconds < 120 ? `${figure(seconds)} s` : formatDuration(seconds * 1000)
}

function densityText({ gramsPerMl, waterCelsius }: Density): string {
    const density = `${gramsPerMl.toFixed(5)} g/mL`
    return waterCelsius === null
        ? `${density}, as given`
        : `${density}, water at ${waterCelsius} °C (Tanaka et al. 2001)`
}

/** What was measured and how it was looked at: names and words. */
export function factsOfReport(report: AccuracyReport): [name: string, words: string][] {
    const { source, accuracy, setMicrolitresPerHour, shotCycleSeconds } = report
    const facts: [string, string][] = []
    if (source.kind === "simulated") {
        facts.push([
            "Simulated",
            source.of === "delivery"
                ? `what left the catheter in ${source.file}, on core, seed ${source.seed}`
                : `metering alone: the steps commanded in ${source.file}, on core, seed ${source.seed}`,
        ])
        if (source.readabilityMg > 0) facts.push(["Scale", `last digit ${source.readabilityMg} mg of water at 20 °C`])
        facts.push(["Motor step", `${figure(source.stepMicrolitres * 1000)} nL`])
    } else facts.push([source.kind === "measured" ? "Measured" : "Doses", source.file])
    if (accuracy) {
        const { samples, whole } = accuracy
        facts.push([
            "Samples",
            `${samples.count} over ${formatDuration(whole.hours * 3_600_000)}, every ${secondsText(samples.intervalSeconds)}`,
        ])
    }
    if (setMicrolitresPerHour !== null)
        facts.push([
            "Set rate",
            `${flow(setMicrolitresPerHour)}, ${figure((setMicrolitresPerHour * 24) / 1000)} mL/day${source.kind === "simulated" ? ", the programme's mean without boluses" : ""}`,
        ])
    if (source.kind !== "simulated") facts.push(["Density", densityText(source.density)])
    if (source.kind === "measured")
        facts.push([
            "Evaporation",
            source.evaporationMgPerHour > 0
                ? `${source.evaporationMgPerHour} mg/h, counted as delivered`
                : "not allowed for",
        ])
    if (accuracy) {
        const cycle = shotCycleSeconds === null ? "" : `, shot cycle ${secondsText(shotCycleSeconds)}`
        facts.push([
            "Method",
            accuracy.type === "type2"
                ? `IEC 60601-2-24, ambulatory type 2: whole shot cycles${cycle}`
                : `IEC 60601-2-24, volumetric and syringe pumps: ${VOLUMETRIC_WINDOW_MINUTES.join(", ")} min`,
        ])
        facts.push(["Sampling interval", `S = ${secondsText(accuracy.intervalSeconds)}`])
    }
    return facts
}

/** What is odd about the samples and what was done with it, and what the standard asks for and is missing. */
export function remarksOf(report: AccuracyReport): string[] {
    const { source, accuracy } = report
    const remarks: string[] = []
    if (source.kind === "measured") {
        if (source.emptyRows.length > 0)
            remarks.push(`No time or no reading in ${rowsText(source.emptyRows)}: left out.`)
        if (source.fallingRows.length > 0)
            remarks.push(
                `Less on the scale than in the row before in ${rowsText(source.fallingRows)}: counted as it stands.`,
            )
    }
    if (!accuracy) return remarks
    const { samples } = accuracy
    if (samples.unevenCount > 0)
        remarks.push(
            `${count(samples.unevenCount, "sample")} more than a tenth early or late${samples.unevenRows.length > 0 ? `, ${rowsText(samples.unevenRows)}` : ""}: interpolated linearly to the sampling intervals.`,
        )
    for (const interpolated of [true, false]) {
        const missing = samples.missing.filter(gap => gap.interpolated === interpolated)
        if (missing.length === 0) continue
        const places = missing.slice(0, ROWS_SHOWN_MAX).map(placeText).join("; ")
        const more = missing.length > ROWS_SHOWN_MAX ? ` and ${missing.length - ROWS_SHOWN_MAX} more` : ""
        const done = interpolated
            ? `interpolated linearly, as it is up to ${secondsText(samples.interpolatedUpToSeconds)}`
            : `longer than ${secondsText(samples.interpolatedUpToSeconds)}, and no window that touches it is counted`
        remarks.push(`Samples missing ${places}${more}: ${done}.`)
    }
    if (samples.outliers.length > 0) {
        const places = samples.outliers
            .slice(0, ROWS_SHOWN_MAX)
            .map(outlier => `${placeText(outlier)} (${signed(outlier.errorMicrolitres)} µL)`)
            .join("; ")
        const more =
            samples.outliers.length > ROWS_SHOWN_MAX ? ` and ${samples.outliers.length - ROWS_SHOWN_MAX} more` : ""
        const done = samples.outliersLeftOut ? "left out, as asked" : "counted; --without-outliers leaves them out"
        remarks.push(`Outlying by a modified z-score over ${OUTLIER_SCORE} ${places}${more}: ${done}.`)
    }
    if (samples.unevenIntervals > 0)
        remarks.push(
            `${count(samples.unevenIntervals, "interval")} lie far from the median: too many to be outliers. The flow itself is uneven, and none is called outlying.`,
        )
    for (const missing of accuracy.missing) remarks.push(`Missing: ${missing}.`)
    if (source.kind === "simulated" && source.alarms > 0)
        remarks.push(`${count(source.alarms, "alarm was", "alarms were")} raised in the run; npm run sim shows them.`)
    if (source.kind === "simulated" && source.dosesLeftOut > 0)
        remarks.push(
            `${count(source.dosesLeftOut, "dose was", "doses were")} left out: not delivered whole, or not alone.`,
        )
    return remarks
}

function placeText({
    fromMinutes,
    toMinutes,
    rows,
}: {
    fromMinutes: number
    toMinutes: number
    rows: [number, number] | null
}): string {
    const times = `from ${stretchOfTime(fromMinutes, toMinutes)}`
    return rows ? `between rows ${rows[0]} and ${rows[1]}, ${times}` : times
}

/** Whether there are as many doses as the standard wants. */
export function doseNote({ count: doses }: DoseAccuracy): string {
    return doses === DOSES_OF_STANDARD ? "" : `the standard asks for ${DOSES_OF_STANDARD}`
}

/** The drift of the flow in words. */
export function slopeText({ stability }: Accuracy): string {
    const { slopePercentPerDay, slopeStandardError } = stability
    if (slopePercentPerDay === null) return "too few intervals"
    return `${signed(slopePercentPerDay)} % of the set rate per day, standard error ${signed(slopeStandardError).replace("+", "")}`
}

/** Across the hours or days: the smallest and the largest. */
export function stretchText({ stability }: Accuracy): string {
    const { each, stretches } = stability
    const judged = stretches.filter(stretch => stretch.errorPercent !== null)
    if (judged.length === 0) return `no whole ${each}`
    const errors = judged.map(stretch => stretch.errorPercent ?? 0)
    const place = (error: number) => `${each} ${stretches.indexOf(judged[errors.indexOf(error)]) + 1}`
    const least = Math.min(...errors)
    const most = Math.max(...errors)
    return `of ${count(judged.length, each)}: ${percent(least)} in ${place(least)} to ${percent(most)} in ${place(most)}`
}

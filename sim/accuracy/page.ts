// The accuracy report as one HTML file that opens anywhere, without a network: the field's own plots, and all figures as tables.
// Solid blue is what was measured, dashed grey what was set.

import { readFileSync } from "node:fs"
import { basename } from "node:path"
import { dependency, escapeHtml, json, script } from "../report/html"
import { formatDuration, formatSteps } from "../report/units"
import type { Accuracy, PeriodAccuracy } from "./analyse"
import { type Plot, plotsOf } from "./plots"
import type { AccuracyReport } from "./report"
import {
    doseNote,
    factsOfReport,
    figure,
    flow,
    percent,
    remarksOf,
    signed,
    slopeText,
    stretchOfTime,
    stretchText,
    windowText,
} from "./words"

/** The page as the text of an HTML file. */
export function renderPage(report: AccuracyReport): string {
    const { accuracy } = report
    const plots = plotsOf(report)
    const remarks = remarksOf(report)
    const title = report.source.kind === "simulated" ? report.source.scenario : basename(report.source.file)
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)}: accuracy</title>
<style>${dependency("uplot/dist/uPlot.min.css")}
${ownFile("../report/report.css")}
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 32px }
.key > .mean::before { border-top: 2px dashed var(--level) }
.key > .dots::before { width: 8px; height: 8px; border: 0; border-radius: 4px; background: var(--actual) }
.remarks { margin: 0; padding-left: 20px; max-width: 88ch }
.figures { background: none; overflow: hidden }
.figures > div { box-shadow: 1px 0 var(--rule), 0 1px var(--rule) }
@media (max-width: 800px) { .pair { grid-template-columns: minmax(0, 1fr) } }</style>
</head>
<body>
<main>
<p class="label">Bench and research pump. Not for patients.</p>
<header>
<h1>Accuracy: ${escapeHtml(title)}</h1>
<p class="quiet">${report.source.kind === "simulated" ? "A simulated run. No real pump was weighed." : "As measured."} Errors are against what was set: above zero is too much.</p>
</header>
${figuresOf(report)}
${remarks.length === 0 ? "" : `<section><h2>Samples and what was done with them</h2><ul class="remarks">${remarks.map(remark => `<li>${escapeHtml(remark)}</li>`).join("")}</ul></section>`}
<section>
${plotBlocks(plots)}
</section>
<section class="tables">
${accuracy ? accuracy.periods.map(trumpetTable).join("\n") : ""}
${accuracy ? stretchTable(accuracy) : ""}
${doseTable(report)}
</section>
<section>
<h2>How it was measured</h2>
<dl class="facts">${factsOfReport(report)
        .map(([name, words]) => `<dt>${name}</dt><dd>${escapeHtml(words)}</dd>`)
        .join("")}</dl>
</section>
</main>
<script type="application/json" id="plotData">${json(plots)}</script>
<script>${script(dependency("uplot/dist/uPlot.iife.min.js"))}</script>
<script>${script(ownFile("draw.js"))}</script>
</body>
</html>
`
}

function ownFile(name: string): string {
    return readFileSync(new URL(name, import.meta.url), "utf8")
}

/** Trumpet curves stand side by side, because one is compared with the other. */
function plotBlocks(plots: Plot[]): string {
    const trumpets = plots.filter(plot => plot.id.startsWith("trumpet"))
    const block = (plot: Plot) => `<figure>
<figcaption><h3>${escapeHtml(plot.title)}</h3><div class="key">${plot.lines.map(line => `<span class="${line.look}">${escapeHtml(line.label)}</span>`).join("")}</div></figcaption>
${plot.note === "" ? "" : `<p class="quiet small note">${escapeHtml(plot.note)}</p>`}
<div class="plot" id="${plot.id}"></div>
</figure>`
    return plots
        .map(plot => {
            if (trumpets.length < 2 || !trumpets.includes(plot)) return block(plot)
            return plot === trumpets[0] ? `<div class="pair">${trumpets.map(block).join("\n")}</div>` : ""
        })
        .join("\n")
}

function figuresOf({ accuracy, doses, source }: AccuracyReport): string {
    const cells: [name: string, value: string, beneath: string][] = []
    if (accuracy) {
        const { whole, periods, stability } = accuracy
        cells.push([
            "Overall error, whole run",
            percent(whole.errorPercent),
            `${flow(whole.microlitresPerHour)} over ${formatDuration(whole.hours * 3_600_000)}`,
        ])
        for (const { name, overall, trumpet } of periods) {
            cells.push([
                `Overall error A, ${shortName(name)}`,
                percent(overall?.errorPercent ?? null),
                overall ? flow(overall.microlitresPerHour) : "a gap lies at its beginning or end",
            ])
            const [shortest] = trumpet
            if (shortest)
                cells.push([
                    `Windows of ${windowText(shortest.minutes)}, ${shortName(name)}`,
                    `${signed(shortest.epMinPercent)} to ${signed(shortest.epMaxPercent)} %`,
                    `Ep(min) to Ep(max) of ${shortest.windows} windows`,
                ])
        }
        cells.push([
            "Drift",
            stability.slopePercentPerDay === null ? "–" : `${signed(stability.slopePercentPerDay)} % per day`,
            `standard error ${stability.slopeStandardError === null ? "–" : figure(stability.slopeStandardError)}`,
        ])
    }
    if (source.kind === "simulated" && source.of === "metering")
        cells.push([
            "Any window between ticks",
            `${formatSteps(source.anyWindowSteps)} steps`,
            "the most that metering alone is off by",
        ])
    for (const dose of doses)
        cells.push([
            `Doses of ${figure(dose.programmedMicrolitres)} µL`,
            percent(dose.meanErrorPercent),
            `mean of ${dose.count}; ${signed(dose.smallestErrorPercent)} to ${signed(dose.largestErrorPercent)} %`,
        ])
    return `<dl class="figures">
${cells.map(([name, value, beneath]) => `<div><dt>${escapeHtml(name)}</dt><dd><span class="value">${value}</span><br><span class="quiet small">${escapeHtml(beneath)}</span></dd></div>`).join("\n")}
</dl>`
}

/** "T1" of "T1, the second hour". */
function shortName(name: string): string {
    return name.split(",")[0]
}

function table(caption: string, head: string[], rows: string[][], note = ""): string {
    return `<div><h2>${escapeHtml(caption)}</h2>${note === "" ? "" : `<p class="quiet small">${escapeHtml(note)}</p>`}<div class="scroll"><table>
<thead><tr>${head.map((text, i) => `<th scope="col" class="${i === 0 ? "t" : "n"}">${escapeHtml(text)}</th>`).join("")}</tr></thead>
<tbody>
${rows.map(row => `<tr>${row.map((cell, i) => (i === 0 ? `<th scope="row" class="t">${escapeHtml(cell)}</th>` : `<td class="n">${escapeHtml(cell)}</td>`)).join("")}</tr>`).join("\n")}
</tbody></table></div></div>`
}

function trumpetTable({ name, note, fromMinutes, toMinutes, trumpet }: PeriodAccuracy): string {
    const times = stretchOfTime(fromMinutes, toMinutes)
    return table(
        `Trumpet curve, ${name}`,
        ["Window", "S", "Ep(min)", "Ep(max)", "Windows", "Left out"],
        trumpet.map(window => [
            windowText(window.minutes),
            String(window.intervals),
            percent(window.epMinPercent),
            percent(window.epMaxPercent),
            String(window.windows),
            String(window.leftOut),
        ]),
        [times, note].filter(Boolean).join(": "),
    )
}

function stretchTable(accuracy: Accuracy): string {
    const { each, stretches } = accuracy.stability
    if (stretches.length === 0) return ""
    return table(
        `Flow of each ${each}`,
        [each === "hour" ? "Hour" : "Day", "Flow", "Error", "Intervals left out"],
        stretches.map((stretch, i) => [
            String(i + 1),
            flow(stretch.microlitresPerHour),
            percent(stretch.errorPercent),
            String(stretch.leftOut),
        ]),
        `Drift: ${slopeText(accuracy)}. ${each === "hour" ? "Hours" : "Days"}: ${stretchText(accuracy)}.`,
    )
}

function doseTable({ doses }: AccuracyReport): string {
    if (doses.length === 0) return ""
    return table(
        "Doses",
        ["Programmed", "Doses", "Mean", "Smallest", "Largest", "SD", ""],
        doses.map(dose => [
            `${figure(dose.programmedMicrolitres)} µL`,
            String(dose.count),
            percent(dose.meanErrorPercent),
            percent(dose.smallestErrorPercent),
            percent(dose.largestErrorPercent),
            dose.standardDeviationPercent === null ? "–" : percent(dose.standardDeviationPercent).replace("+", ""),
            doseNote(dose),
        ]),
    )
}

// Writes a run as one HTML file that opens anywhere, without a network: the figures, what happened and the plots.
// Solid blue is always what truly happened in the simulated world; dashed grey what was programmed or computed.

import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { MS_PER_DAY } from "../../src/pump/limits"
import type { Run, Samples } from "../engines/result"
import { describeProgramme } from "../prescription/compile"
import type { Scenario } from "../scenario/scenario"
import { type Facts, factsOf } from "./facts"
import { type DayReadBack, readBack } from "./readBack"
import { averagingWindowMs, movingRatePlPerDay, thin, totalOfRatePl } from "./samples"
import { doseUg, formatDuration, formatMl, formatNumber, formatSteps, formatUg, PL_PER_ML } from "./units"
import { alarmName, bolusOutcome, eventName } from "./words"

const ROWS_MAX = 3000
const TABLE_ROWS_MAX = 25
const SEGMENTS_SHOWN_MAX = 8
const PASCALS_PER_KILOPASCAL = 1000
const MMHG_PER_KILOPASCAL = 7.50062

/** One line of a plot: the column it draws, and whether that is what was planned or what truly happened. */
interface Line {
    label: string
    column: number
    look: "planned" | "actual"
    stepped: boolean
}

/** One plot, as `plots.js` takes it. */
interface Panel {
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
}

/** The report of a run as the text of an HTML file. */
export function renderReport(scenario: Scenario, run: Run): string {
    const facts = factsOf(scenario, run)
    const { result } = run
    const windowMs = averagingWindowMs(
        result.simulatedMs,
        run.samples.periodMs,
        facts.mechanism.stepPl,
        facts.programme.meanRatePlPerDay,
    )
    const samples = thin(run.samples, ROWS_MAX)
    const rates = ratesOf(run.samples, samples, windowMs)
    const panels = panelsOf(facts, samples, rates, windowMs)
    const plotData = {
        dayZeroMs: facts.clock.dayZeroMs,
        columns: columnsOf(facts, samples, rates),
        panels,
        bands: result.alarms.map(alarm => ({
            name: alarmName(alarm.id),
            priority: alarm.priority,
            from: facts.clock.secondsOfRun(alarm.raisedMs),
            to: facts.clock.secondsOfRun(alarm.clearedMs ?? result.simulatedMs),
        })),
        marks: scenario.events.map(event => ({
            name: eventName(event),
            at: facts.clock.secondsOfRun(event.atMs),
        })),
    }
    const thinned =
        samples === run.samples
            ? ""
            : ` Of each ${formatDuration(samples.periodMs)} the last sample is drawn, and the highest pressure.`
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(scenario.name)}: intrathecal pump run</title>
<style>${dependency("uplot/dist/uPlot.min.css")}
${ownFile("report.css")}</style>
</head>
<body>
<main>
<p class="label">Bench and research pump. Not for patients.</p>
<header>
<h1>${escapeHtml(scenario.name)}</h1>
${scenario.description === "" ? "" : `<p>${escapeHtml(scenario.description)}</p>`}
<p class="quiet">${escapeHtml(scenario.prescription.name)}. ${formatDuration(result.simulatedMs)} from ${facts.clock.date(0)}, ${facts.clock.time(0).slice(0, 5)}.</p>
</header>
${failureList(run.failures)}
${figures(facts, run)}
<section class="tables">
${happenings([
    ["alarms", alarmTable(facts, run)],
    ["boluses", bolusTable(facts, run)],
    ["events", eventTable(scenario, facts)],
])}
</section>
<section>
<div class="plotsHead"><h2>Over the run</h2><button type="button" id="wholeRun" disabled>Show the whole run</button></div>
<p class="quiet small note">Times are the pump's local clock.${thinned}<span class="hint"> Drag across a plot to zoom in on all of them; double-click to zoom out.</span></p>
${plotData.bands.length + plotData.marks.length === 0 ? "" : '<div class="strip" id="strip" aria-hidden="true"></div>'}
${panels.map(figure).join("\n")}
${valueTable(facts, samples, rates, windowMs)}
</section>
<section>
<h2>What was simulated</h2>
${simulated(scenario, facts, run)}
${schedule(facts)}
</section>
</main>
<script type="application/json" id="plotData">${json(plotData)}</script>
<script>${script(dependency("uplot/dist/uPlot.iife.min.js"))}</script>
<script>${script(ownFile("plots.js"))}</script>
</body>
</html>
`
}

function dependency(path: string): string {
    return readFileSync(createRequire(import.meta.url).resolve(path), "utf8")
}

function ownFile(name: string): string {
    return readFileSync(new URL(name, import.meta.url), "utf8")
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

function escapeHtml(text: string): string {
    return text.replace(/[&<>"]/g, character => ENTITIES[character])
}

/** JSON that cannot end the script element it stands in. */
function json(value: unknown): string {
    return JSON.stringify(value).replaceAll("<", "\\u003c")
}

function script(text: string): string {
    return text.replaceAll("</script", "<\\/script")
}

/** The flows that are plotted, one value for each sample that is. */
interface Rates {
    /** As the programme has it; in a run too long to show single days, averaged like the delivered. */
    programmedPlPerDay: number[]
    deliveredPlPerDay: number[]
    programmedAveraged: boolean
}

/** Averages before thinning, so that a long run's window still sees every sample. */
function ratesOf(all: Samples, kept: Samples, windowMs: number): Rates {
    const rowOfTime = new Map(all.timeMs.map((atMs, row) => [atMs, row]))
    const rows = kept.timeMs.map(atMs => rowOfTime.get(atMs) as number)
    const programmedAveraged = windowMs >= MS_PER_DAY
    const averaged = (totalPl: number[]) => {
        const column = movingRatePlPerDay(all.timeMs, totalPl, windowMs)
        return rows.map(row => column[row])
    }
    const programmedPlPerDay = programmedAveraged
        ? averaged(totalOfRatePl(all.timeMs, all.ratePlPerDay))
        : [...kept.ratePlPerDay]
    // At the run's first instant the pump is still starting, for less time than a plot can show.
    if (programmedPlPerDay[0] === 0) programmedPlPerDay[0] = Number.NaN
    return { programmedPlPerDay, deliveredPlPerDay: averaged(all.deliveredPl), programmedAveraged }
}

/** Columns in the units of the plots, rounded to what a screen can show and a reader can use, so that the file stays small. */
function columnsOf(facts: Facts, samples: Samples, rates: Rates): (number | null)[][] {
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
    return columns
}

function highest(column: readonly number[]): number {
    return column.reduce((top, value) => (Number.isNaN(value) ? top : Math.max(top, value)), 0)
}

function panelsOf(facts: Facts, samples: Samples, rates: Rates, windowMs: number): Panel[] {
    const { programme, mechanism, clock } = facts
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
            secondUnit: "µg/day",
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
            note: `${rates.programmedAveraged ? "Programmed without boluses, and delivered, which is what left the catheter; both" : "Programmed without boluses. Delivered is what left the catheter,"} averaged over ${window} around each time.${beyondNote}`,
        },
        {
            id: "total",
            title: "Total",
            unit: "mL",
            secondUnit: "µg",
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
            secondUnit: "mg",
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

function figure(panel: Panel): string {
    const keys = panel.lines.map(line => `<span class="${line.look}">${line.label}<output></output></span>`)
    return `<figure>
<figcaption><h3>${panel.title}</h3><div class="key" id="key-${panel.id}">${keys.join("")}<span class="at"><output></output></span></div></figcaption>
<p class="quiet small note">${panel.note}</p>
<div class="plot" id="plot-${panel.id}"></div>
</figure>`
}

function failureList(failures: string[]): string {
    if (failures.length === 0) return ""
    return `<div class="failures"><strong>Did not meet what the scenario expects</strong><ul>${failures.map(failure => `<li>${escapeHtml(failure)}</li>`).join("")}</ul></div>`
}

function figures(facts: Facts, run: Run): string {
    const { result } = run
    const standing =
        facts.alarmsStanding === 0 ? "none standing at the end" : `${facts.alarmsStanding} standing at the end`
    const cells: [name: string, value: string, unit: string, beneath: string][] = [
        ["Programmed", formatMl(result.programmedPl), "mL", `${formatUg(facts.programmedUg)} µg`],
        [
            "Delivered",
            formatMl(result.deliveredPl),
            "mL",
            `${formatUg(facts.deliveredUg)} µg${facts.deliveredPercent === null ? "" : `, ${formatNumber(facts.deliveredPercent, 2)} % of programmed`}`,
        ],
        [
            "Largest metering error",
            result.stepErrorMax === null ? "not known" : formatSteps(result.stepErrorMax),
            result.stepErrorMax === null ? "" : result.stepErrorMax === 1 ? "step" : "steps",
            `of ${formatNumber(facts.mechanism.stepPl / 1000, 3)} nL, at any of ${formatNumber(result.ticks, 0)} ticks`,
        ],
        ["Alarms", String(result.alarms.length), "", result.alarms.length === 0 ? "in the whole run" : standing],
        ["Reservoir left, computed", formatMl(result.residualPl), "mL", `${formatUg(facts.residualUg)} µg`],
        ["Refill", facts.refill, "", refillNote(facts)],
    ]
    return `<dl class="figures">
${cells
    .map(
        ([name, value, unit, beneath]) =>
            `<div><dt>${name}</dt><dd><span class="value">${value}${unit === "" ? "" : ` <small>${unit}</small>`}</span><br><span class="quiet small">${beneath}</span></dd></div>`,
    )
    .join("\n")}
</dl>`
}

function refillNote(facts: Facts): string {
    const level = `${formatMl(facts.programme.reservoirLowPl)} mL`
    if (facts.msToRefill === null) return `alarm at ${level}`
    if (facts.msToRefill === 0) return `at or under ${level}`
    return `${level} left in ${formatNumber(facts.msToRefill / MS_PER_DAY, 0)} days at the mean rate`
}

function table(caption: string, head: [text: string, className: string][], rows: string[][]): string {
    const cells = (row: string[]) =>
        row.map((cell, i) =>
            i === 0
                ? `<th scope="row" class="${head[i][1]}">${cell}</th>`
                : `<td class="${head[i][1]}" data-head="${head[i][0]}">${cell}</td>`,
        )
    return `<div><h2>${caption}</h2><div class="scroll"><table class="stack">
<thead><tr>${head.map(([text, className]) => `<th scope="col" class="${className}">${text}</th>`).join("")}</tr></thead>
<tbody>
${rows.map(row => `<tr>${cells(row).join("")}</tr>`).join("\n")}
</tbody></table></div></div>`
}

/** The tables that have rows, and one line that names those that have none. */
function happenings(tables: [name: string, html: string][]): string {
    const missing = tables.filter(([, html]) => html === "").map(([name]) => `no ${name}`)
    const line = missing.length === 0 ? "" : `${missing.join(", ")} in the whole run.`
    return [...tables.map(([, html]) => html), line && `<p class="quiet">${line[0].toUpperCase()}${line.slice(1)}</p>`]
        .filter(html => html !== "")
        .join("\n")
}

function alarmTable(facts: Facts, run: Run): string {
    const { alarms, simulatedMs } = run.result
    if (alarms.length === 0) return ""
    const rows = alarms.map(alarm => [
        escapeHtml(alarmName(alarm.id)),
        `<span class="priority ${alarm.priority}">${alarm.priority}</span>`,
        facts.clock.dayAndTime(alarm.raisedMs),
        alarm.clearedMs === null ? "still standing" : facts.clock.dayAndTime(alarm.clearedMs),
        formatDuration((alarm.clearedMs ?? simulatedMs) - alarm.raisedMs),
    ])
    const head: [string, string][] = [
        ["Alarm", ""],
        ["Priority", "t"],
        ["Raised", "t"],
        ["Cleared", "t"],
        ["Lasted", "n"],
    ]
    return table("Alarms", head, rows).replace("<div>", '<div id="alarms">')
}

function bolusTable(facts: Facts, run: Run): string {
    const { boluses } = run.result
    if (boluses.length === 0) return ""
    const at = (ms: number | null) => (ms === null ? "–" : facts.clock.dayAndTime(ms))
    const rows = boluses.map(bolus => [
        bolus.kind,
        at(bolus.requestedMs),
        at(bolus.startedMs),
        at(bolus.finishedMs),
        formatMl(bolus.deliveredPl),
        formatUg(doseUg(bolus.deliveredPl, facts.programme.concentrationNgPerMl)),
        escapeHtml(bolusOutcome(bolus)),
    ])
    const head: [string, string][] = [
        ["Bolus", ""],
        ["Asked for", "t"],
        ["Started", "t"],
        ["Finished", "t"],
        ["mL", "n"],
        ["µg", "n"],
        ["Outcome", ""],
    ]
    return table("Boluses", head, rows).replace("<div>", '<div id="boluses">')
}

function eventTable(scenario: Scenario, facts: Facts): string {
    if (scenario.events.length === 0) return ""
    const head: [string, string][] = [
        ["Time", "t"],
        ["What the scenario did", ""],
    ]
    const rows = scenario.events.map(event => [facts.clock.dayAndTime(event.atMs), escapeHtml(eventName(event))])
    return table("Events", head, rows)
        .replace("<div>", '<div id="events" class="narrow">')
        .replace(' class="stack"', "")
}

/** The plots' values in rows, for who cannot see them or wants a number. */
function valueTable(facts: Facts, samples: Samples, rates: Rates, windowMs: number): string {
    const last = samples.timeMs.length - 1
    const count = Math.min(TABLE_ROWS_MAX, last + 1)
    const chosen = [
        ...new Set(Array.from({ length: count }, (_, i) => Math.round((i * last) / Math.max(1, count - 1)))),
    ]
    const known = (value: number, text: string) => (Number.isFinite(value) ? text : "–")
    const rows = chosen.map(i => [
        facts.clock.dayAndTime(samples.timeMs[i]),
        known(rates.programmedPlPerDay[i], formatNumber(rates.programmedPlPerDay[i] / PL_PER_ML, 4)),
        formatNumber(rates.deliveredPlPerDay[i] / PL_PER_ML, 4),
        formatNumber(samples.programmedPl[i] / PL_PER_ML, 6),
        formatNumber(samples.deliveredPl[i] / PL_PER_ML, 6),
        formatNumber(samples.pressurePa[i] / PASCALS_PER_KILOPASCAL, 2),
        formatNumber(samples.reservoirPl[i] / PL_PER_ML, 4),
        known(samples.residualPl[i], formatNumber(samples.residualPl[i] / PL_PER_ML, 4)),
    ])
    const head = [
        "Time",
        "Rate programmed, mL/day",
        `Rate delivered (mean of ${formatDuration(windowMs)}), mL/day`,
        "Total programmed, mL",
        "Total delivered, mL",
        "Pressure, kPa",
        "Reservoir, mL",
        "Reservoir computed, mL",
    ]
    return `<details class="values"><summary>The plotted values as a table</summary>
<div class="scroll"><table>
<thead><tr>${head.map((text, i) => `<th scope="col" class="${i === 0 ? "t" : "wrap n"}">${text}</th>`).join("")}</tr></thead>
<tbody>
${rows.map(row => `<tr>${row.map((cell, i) => (i === 0 ? `<th scope="row" class="t">${cell}</th>` : `<td class="n">${cell}</td>`)).join("")}</tr>`).join("\n")}
</tbody></table></div></details>`
}

const ENGINE_WORDS: Readonly<Record<string, string>> = {
    core: "core: the firmware's logic, run by Node",
    vm: "vm: the firmware's bytecode, run by DeviceScript's virtual machine",
}

function simulated(scenario: Scenario, facts: Facts, run: Run): string {
    const { result } = run
    const { programme } = facts
    const ugPerMl = programme.concentrationNgPerMl / 1000
    const speed = result.wallMs > 0 ? `, ${formatNumber(result.simulatedMs / result.wallMs, 0)} times real time` : ""
    const rows: [string, string][] = [
        ["Scenario", `${escapeHtml(scenario.name)} (${escapeHtml(scenario.file)})`],
        ["Engine", escapeHtml(ENGINE_WORDS[result.engine] ?? result.engine)],
        ["Seed", String(result.seed)],
        ["Simulated", `${formatDuration(result.simulatedMs)} in ${formatDuration(result.wallMs)}${speed}`],
        [
            "Motor steps",
            `${formatNumber(result.commandedSteps, 0)} of ${formatNumber(facts.mechanism.stepPl / 1000, 3)} nL`,
        ],
        ["Prescription", escapeHtml(scenario.prescription.name)],
        ["Drug", `${scenario.prescription.drug}, ${formatNumber(ugPerMl, Number.isInteger(ugPerMl) ? 0 : 3)} µg/mL`],
        [
            "Mean dose",
            `${formatUg(doseUg(programme.meanRatePlPerDay, programme.concentrationNgPerMl))} µg/day, ${formatMl(programme.meanRatePlPerDay)} mL/day`,
        ],
        [
            "Reservoir",
            `${formatMl(programme.reservoirPl)} mL when full, ${formatMl(scenario.reservoirFillPl)} mL at the start, refill alarm at ${formatMl(programme.reservoirLowPl)} mL`,
        ],
        ...describeProgramme(programme).cautions.map((caution): [string, string] => ["Caution", escapeHtml(caution)]),
    ]
    return `<dl class="facts">${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("\n")}</dl>`
}

function schedule(facts: Facts): string {
    return `<h3>Schedule, read back from what the pump stores</h3>${readBack(facts.programme).map(daySchedule).join("\n")}`
}

function daySchedule(day: DayReadBack): string {
    const title = `${day.days.charAt(0).toUpperCase()}${day.days.slice(1)}: ${formatUg(day.ugPerDay)} µg in 24 h`
    if (day.segments.length === 1)
        return `<p>${title}, at a steady ${formatNumber(day.segments[0].ratePlPerDay / PL_PER_ML, 4)} mL/day</p>`
    const rows = day.segments.map(
        segment =>
            `<tr><th scope="row" class="t">${segment.from} to ${segment.to}</th><td class="n">${formatNumber(segment.ug, 2)}</td><td class="n">${formatNumber(segment.ugPerHour, 2)}</td><td class="n">${formatNumber(segment.ratePlPerDay / PL_PER_ML, 4)}</td></tr>`,
    )
    return `<details class="schedule"${day.segments.length <= SEGMENTS_SHOWN_MAX ? " open" : ""}><summary>${title}, in ${day.segments.length} segments</summary>
<div class="scroll narrow"><table>
<thead><tr><th scope="col">Segment</th><th scope="col" class="n">µg</th><th scope="col" class="n">µg/h</th><th scope="col" class="n">mL/day</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div></details>`
}

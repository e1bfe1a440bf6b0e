// Writes a run as one HTML file that opens anywhere, without a network: the figures, what happened and the plots.
// Solid blue is always what truly happened in the simulated world; dashed grey what was programmed or computed.

import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { isDeepStrictEqual } from "node:util"
import { MS_PER_DAY } from "../../src/pump/limits"
import type { Programme } from "../../src/pump/programme"
import type { Run, Samples } from "../engines/result"
import { drugNamed, shippedDrugs } from "../prescription/drugLibrary"
import type { Scenario } from "../scenario/scenario"
import { BOLUSES_MAX, bolusSums } from "./boluses"
import { type Facts, factsOf } from "./facts"
import { columnsOf, PASCALS_PER_KILOPASCAL, type Panel, panelsOf, type Rates, ratesOf } from "./panels"
import { cautionsOf, type DayReadBack, doseRows, limitsReadBack, readBack, therapyReadBack } from "./readBack"
import { averagingWindowMs, thin } from "./samples"
import { denials, therapySpans } from "./therapy"
import { doseUg, formatDuration, formatMl, formatNumber, formatSteps, formatUg, PL_PER_ML } from "./units"
import { alarmName, alarmText, bolusAsked, bolusDose, bolusKind, bolusOutcome, eventName, strengthText } from "./words"

const ROWS_MAX = 3000
const TABLE_ROWS_MAX = 25
// More than these take a click to be seen.
const TIMES_MAX = 30
const SEGMENTS_SHOWN_MAX = 8

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
        marks: scenario.events
            // What was asked for as a bolus stands among the therapy.
            .filter(({ kind }) => kind !== "prime" && kind !== "bolus" && kind !== "patientDose")
            .map(event => ({ name: eventName(event), at: facts.clock.secondsOfRun(event.atMs) })),
        spans: therapySpans(facts, run),
        denials: denials(facts, run),
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
${programmeTable(facts, run)}
${lineTable(facts, run)}
${refusalTable(facts, run)}
</section>
<section>
<div class="plotsHead"><h2>Over the run</h2><button type="button" id="wholeRun" disabled>Show the whole run</button></div>
<p class="quiet small note">Times are the pump's local clock.${thinned}<span class="hint"> Drag across a plot to zoom in on all of them; double-click to zoom out.</span></p>
${plotData.bands.length + plotData.marks.length + result.boluses.length === 0 ? "" : '<div class="strip" id="strip" aria-hidden="true"></div>'}
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

/** The text of a file of a package, to be inlined. */
export function dependency(path: string): string {
    return readFileSync(createRequire(import.meta.url).resolve(path), "utf8")
}

function ownFile(name: string): string {
    return readFileSync(new URL(name, import.meta.url), "utf8")
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

/** A text in which nothing is markup. */
export function escapeHtml(text: string): string {
    return text.replace(/[&<>"]/g, character => ENTITIES[character])
}

/** JSON that cannot end the script element it stands in. */
export function json(value: unknown): string {
    return JSON.stringify(value).replaceAll("<", "\\u003c")
}

/** A script that can't end the element it stands in. */
export function script(text: string): string {
    return text.replaceAll("</script", "<\\/script")
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
    const level = `${formatMl(facts.lastProgramme.reservoirLowPl)} mL`
    if (facts.msToRefill === null) return `alarm at ${level}`
    if (facts.msToRefill === 0) return `at or under ${level}`
    return `${level} left in ${formatNumber(facts.msToRefill / MS_PER_DAY, 0)} days at the mean rate`
}

type Head = [text: string, className: string][]

/** A table under its heading; on a narrow page each row of it stands as a block, where it is not `narrow` itself. */
function table(caption: string, id: string, head: Head, rows: string[][], narrow = false): string {
    return `<div id="${id}"${narrow ? ' class="narrow"' : ""}><h2>${caption}</h2>${rowsOf(head, rows, narrow)}</div>`
}

function rowsOf(head: Head, rows: string[][], narrow = false): string {
    const cells = (row: string[]) =>
        row.map((cell, i) =>
            i === 0
                ? `<th scope="row" class="${head[i][1]}">${cell}</th>`
                : `<td class="${head[i][1]}" data-head="${head[i][0]}">${cell}</td>`,
        )
    return `<div class="scroll"><table${narrow ? "" : ' class="stack"'}>
<thead><tr>${head.map(([text, className]) => `<th scope="col" class="${className}">${text}</th>`).join("")}</tr></thead>
<tbody>
${rows.map(row => `<tr>${cells(row).join("")}</tr>`).join("\n")}
</tbody></table></div>`
}

/** What takes a click to be seen. */
function folded(words: string, html: string): string {
    return `<details><summary>${words}</summary>${html}</details>`
}

function sentence(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1)
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
        escapeHtml(alarmText(alarm)),
        `<span class="priority ${alarm.priority}">${alarm.priority}</span>`,
        facts.clock.dayAndTime(alarm.raisedMs),
        alarm.clearedMs === null ? "still standing" : facts.clock.dayAndTime(alarm.clearedMs),
        formatDuration((alarm.clearedMs ?? simulatedMs) - alarm.raisedMs),
    ])
    const head: Head = [
        ["Alarm", ""],
        ["Priority", "t"],
        ["Raised", "t"],
        ["Cleared", "t"],
        ["Lasted", "n"],
    ]
    return table("Alarms", "alarms", head, rows)
}

function bolusTable(facts: Facts, run: Run): string {
    const { boluses } = run.result
    if (boluses.length === 0) return ""
    const at = (ms: number | null) => (ms === null ? "–" : facts.clock.dayAndTime(ms))
    const rows = boluses.map(bolus => [
        `${sentence(bolusKind(bolus))}, ${bolusAsked(bolus)}`,
        at(bolus.requestedMs),
        at(bolus.startedMs),
        at(bolus.finishedMs),
        formatMl(bolus.deliveredPl),
        bolusDose(bolus, bolus.deliveredPl),
        `<span class="outcome ${bolus.outcome}">${escapeHtml(bolusOutcome(bolus))}</span>`,
    ])
    const head: Head = [
        ["Bolus", ""],
        ["Asked for", "t"],
        ["Started", "t"],
        ["Finished", "t"],
        ["mL", "n"],
        ["µg", "n"],
        ["Outcome", ""],
    ]
    if (rows.length <= BOLUSES_MAX) return table("Boluses", "boluses", head, rows)
    const sums = bolusSums(boluses).map(({ kind, outcome, count, pl }) => [
        sentence(kind),
        formatNumber(count, 0),
        formatMl(pl),
        escapeHtml(outcome),
    ])
    const sumHead: Head = [
        ["Bolus", ""],
        ["Number", "n"],
        ["mL in all", "n"],
        ["Outcome", ""],
    ]
    return table("Boluses", "boluses", sumHead, sums) + folded(`All ${rows.length} boluses`, rowsOf(head, rows))
}

function programmeTable(facts: Facts, run: Run): string {
    const rows = run.result.programmes.map(({ offeredMs, answer }) => [facts.clock.dayAndTime(offeredMs), answer])
    return timeTable("Programmes offered", "programmes", ["Offered", "Programme"], rows)
}

function lineTable(facts: Facts, run: Run): string {
    const rows = run.result.lineEvents.map(({ event, atMs, leftPl }) => [
        facts.clock.dayAndTime(atMs),
        leftPl > 0 ? `${sentence(event)}: ${formatMl(leftPl)} mL to go` : sentence(event),
    ])
    return timeTable("Line", "lineEvents", ["Time", "What became of tubing and catheter"], rows)
}

function refusalTable(facts: Facts, run: Run): string {
    const rows = run.result.refusals.map(({ command, reason, atMs }) => [
        facts.clock.dayAndTime(atMs),
        `${command}: ${reason}`,
    ])
    return timeTable("Commands refused", "refusals", ["Time", "Command, and why not"], rows)
}

function eventTable(scenario: Scenario, facts: Facts): string {
    const rows = scenario.events.map(event => [facts.clock.dayAndTime(event.atMs), eventName(event)])
    return timeTable("Events", "events", ["Time", "What the scenario did"], rows)
}

/** A narrow table of times and words; nothing where it has no rows. */
function timeTable(caption: string, id: string, [time, words]: [string, string], rows: string[][]): string {
    if (rows.length === 0) return ""
    const head: Head = [
        [time, "t"],
        [words, ""],
    ]
    const escaped = rows.map(([at, text]) => [at, escapeHtml(text)])
    if (rows.length <= TIMES_MAX) return table(caption, id, head, escaped, true)
    const all = folded(`All ${rows.length}`, rowsOf(head, escaped, true))
    return `<div id="${id}" class="narrow"><h2>${caption}</h2>${all}</div>`
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
        ["Drug", `${scenario.prescription.drug}, ${strengthText(programme.concentrationNgPerMl)}`],
        ...strengthRows(facts, run),
        [
            "Mean dose",
            `${formatUg(doseUg(programme.meanRatePlPerDay, programme.concentrationNgPerMl))} µg/day, ${formatMl(programme.meanRatePlPerDay)} mL/day`,
        ],
        [
            "Reservoir",
            `${formatMl(programme.reservoirPl)} mL when full, ${formatMl(scenario.reservoirFillPl)} mL at the start, refill alarm at ${formatMl(programme.reservoirLowPl)} mL`,
        ],
        [
            "Limits",
            limitsReadBack(facts.limits, programme.concentrationNgPerMl, scenario.prescription.limits).join("; "),
        ],
        ...cautionsOf(programme, drugNamed(shippedDrugs(), scenario.prescription.drug, scenario.file, "drug")).map(
            (caution): [string, string] => ["Caution", escapeHtml(caution)],
        ),
    ]
    return `<dl class="facts">${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("\n")}</dl>`
}

/** What left the catheter of each strength, where it is more than one. */
function strengthRows({ oneStrength }: Facts, { result }: Run): [string, string][] {
    if (oneStrength) return []
    const volumes = result.deliveredStrengths.map(
        ({ ngPerMl, volumePl }) => `${formatMl(volumePl)} mL of ${strengthText(ngPerMl)}`,
    )
    return [["Left the catheter", volumes.join(", ") || "nothing"]]
}

function schedule({ programme, lastProgramme }: Facts): string {
    const first = scheduleOf(programme, "Schedule, read back from what the pump stores")
    if (isDeepStrictEqual(programme, lastProgramme)) return first
    return `${first}\n${scheduleOf(lastProgramme, "Schedule at the end, of the programme that it took last")}`
}

function scheduleOf(programme: Programme, caption: string): string {
    const besides = doseRows(therapyReadBack(programme)).map(([name, value]) => `<p>${name}: ${escapeHtml(value)}</p>`)
    const days = readBack(programme).map(daySchedule)
    return `<h3>${caption}</h3>${[...days, ...besides].join("\n")}`
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

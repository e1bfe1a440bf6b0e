// The summary of a run for the terminal: what was programmed and delivered, what happened, and when to refill.

import { styleText } from "node:util"
import { MS_PER_DAY } from "../../src/pump/limits"
import type { BolusRecord, Run } from "../engines/result"
import type { Scenario } from "../scenario/scenario"
import { BOLUSES_MAX, bolusSums } from "./boluses"
import { type Facts, factsOf } from "./facts"
import { formatDuration, formatMl, formatNumber, formatSteps, formatUg, type RunClock } from "./units"
import { alarmText, bolusDose, bolusKind, bolusOutcome, strengthText } from "./words"

type Style = Parameters<typeof styleText>[0]

const PRIORITY_STYLES = { high: "red", medium: "yellow", low: "cyan" } as const

/** The summary as lines of text; `colour` is for terminals alone. */
export function renderSummary(scenario: Scenario, run: Run, colour: boolean): string {
    const { result } = run
    const facts = factsOf(scenario, run)
    const { clock, mechanism } = facts
    const styled = (style: Style, text: string) => (colour ? styleText(style, text, { validateStream: false }) : text)
    const indented = (rows: string[][], styleOf?: (row: number) => Style) =>
        aligned(rows).map((line, row) => "    " + (styleOf ? styled(styleOf(row), line) : line))

    const percent = facts.deliveredPercent === null ? "" : `${formatNumber(facts.deliveredPercent, 2)} % of programmed`
    const stepNl = `${formatNumber(mechanism.stepPl / 1000, 3)} nL`
    const speed =
        result.wallMs > 0
            ? `, ${formatNumber(result.simulatedMs / result.wallMs, result.simulatedMs < 10 * result.wallMs ? 1 : 0)} times real time`
            : ""
    const lines = [
        "Bench and research pump. Not for patients.",
        "",
        styled("bold", scenario.name),
        `${scenario.prescription.name}; engine ${result.engine}, seed ${result.seed}`,
        "",
        ...aligned(
            [
                ["Programmed", `${formatMl(result.programmedPl)} mL`, `${formatUg(facts.programmedUg)} µg`],
                ["Delivered", `${formatMl(result.deliveredPl)} mL`, `${formatUg(facts.deliveredUg)} µg`, percent],
            ],
            LABEL_WIDTH,
        ),
        ...aligned(
            [
                [
                    "Largest error",
                    result.stepErrorMax === null
                        ? "not known: what a single tick owed is not seen from outside the firmware"
                        : `${formatSteps(result.stepErrorMax)} steps of ${stepNl}, at any of ${formatNumber(result.ticks, 0)} ticks`,
                ],
                ["Reservoir left", `${formatMl(result.residualPl)} mL computed, ${formatUg(facts.residualUg)} µg`],
                ["Refill", refillText(facts)],
                ["Simulated", `${formatDuration(result.simulatedMs)} in ${formatDuration(result.wallMs)}${speed}`],
            ],
            LABEL_WIDTH,
        ),
        "",
    ]

    if (result.alarms.length === 0) lines.push("No alarms")
    else {
        lines.push(result.alarms.length === 1 ? "1 alarm" : `${result.alarms.length} alarms`)
        const rows = result.alarms.map(alarm => [
            alarm.priority,
            alarmText(alarm),
            clock.dayAndTime(alarm.raisedMs),
            alarm.clearedMs === null ? "still standing" : `to ${clock.dayAndTime(alarm.clearedMs)}`,
            formatDuration((alarm.clearedMs ?? result.simulatedMs) - alarm.raisedMs),
        ])
        lines.push(...indented(rows, row => PRIORITY_STYLES[result.alarms[row].priority]))
    }

    if (result.boluses.length > 0) {
        lines.push(result.boluses.length === 1 ? "1 bolus" : `${result.boluses.length} boluses`)
        const rows =
            result.boluses.length > BOLUSES_MAX
                ? bolusSums(result.boluses).map(({ kind, count, pl, outcome }) => [
                      kind,
                      `${count} ×`,
                      `${formatMl(pl)} mL in all`,
                      outcome,
                  ])
                : bolusRows(result.boluses, clock)
        lines.push(...indented(rows))
    }

    if (!facts.oneStrength) {
        lines.push("Left the catheter")
        const rows = result.deliveredStrengths.map(({ ngPerMl, volumePl }) => [
            strengthText(ngPerMl),
            `${formatMl(volumePl)} mL`,
        ])
        lines.push(...indented(rows))
    }

    if (result.lineEvents.length > 0) {
        lines.push("Line")
        const rows = result.lineEvents.map(({ event, atMs, leftPl }) => [
            clock.dayAndTime(atMs),
            event,
            leftPl > 0 ? `${formatMl(leftPl)} mL to go` : "",
        ])
        lines.push(...indented(rows))
    }

    if (result.refusals.length > 0) {
        lines.push(`${result.refusals.length} ${result.refusals.length === 1 ? "command" : "commands"} refused`)
        const rows = result.refusals.map(({ command, reason, atMs }) => [clock.dayAndTime(atMs), command, reason])
        lines.push(...indented(rows))
    }

    if (result.programmes.length > 0) {
        lines.push(`${result.programmes.length} ${result.programmes.length === 1 ? "programme" : "programmes"} offered`)
        const rows = result.programmes.map(({ offeredMs, answer }) => [clock.dayAndTime(offeredMs), answer])
        lines.push(...indented(rows))
    }

    if (run.failures.length > 0) {
        lines.push(styled(["red", "bold"], "Did not meet what the scenario expects"))
        lines.push(...run.failures.map(failure => "    " + failure))
    }
    return lines.join("\n")
}

function bolusRows(boluses: readonly BolusRecord[], clock: RunClock): string[][] {
    return boluses.map(bolus => [
        bolusKind(bolus),
        clock.dayAndTime(bolus.requestedMs),
        `${formatMl(bolus.deliveredPl)} mL`,
        `${bolusDose(bolus, bolus.deliveredPl)} µg`,
        bolusOutcome(bolus),
    ])
}

function refillText({ refill, msToRefill, lastProgramme: { reservoirLowPl, meanRatePlPerDay } }: Facts): string {
    const level = `${formatMl(reservoirLowPl)} mL`
    if (msToRefill === null) return `${refill} (alarm at ${level})`
    if (msToRefill === 0) return `${refill}: at or under ${level}`
    return `${refill}: ${level} left in ${formatNumber(msToRefill / MS_PER_DAY, 0)} days at ${formatMl(meanRatePlPerDay)} mL/day`
}

const LABEL_WIDTH = 14

/** Rows as lines with their columns one under the other, the first at least `firstWidth` wide. */
export function aligned(rows: string[][], firstWidth = 0): string[] {
    const widths = [firstWidth]
    for (const row of rows)
        row.forEach((cell, column) => {
            widths[column] = Math.max(widths[column] ?? 0, cell.length)
        })
    return rows.map(row => {
        const cells = row.map((cell, column) => cell.padEnd(widths[column]))
        return cells.join("  ").trimEnd()
    })
}

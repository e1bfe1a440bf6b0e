// The memory that was read out, as people and as programs want it: a summary and a table, CSV (RFC 4180), or JSON Lines.

import { stringify } from "csv-stringify/sync"
import { ALARMS, REASON_WORDS } from "../../src/pump/alarmRules"
import { hasAlarm } from "../../src/pump/alarms"
import { type Checkpoint, ProgrammeSource } from "../../src/pump/checkpoint"
import { MS_PER_SECOND } from "../../src/pump/limits"
import { BolusKind, Mode } from "../../src/pump/pump"
import { GuardTrip } from "../../src/pump/readings"
import { aligned } from "../report/summary"
import { formatDuration, formatMl, formatNumber } from "../report/units"
import { alarmName } from "../report/words"
import { sinceStartText } from "../scenario/time"
import { BOLUS_WORDS, type LogEntry, wallTimeText } from "./entryWords"
import { isWhole, type ReadOut, type RingState } from "./readOut"

/** The columns of the CSV, and the fields of a line of JSON, in this order. */
export const ENTRY_FIELDS = [
    "ring",
    "number",
    "what",
    "alarm",
    "reason",
    "value",
    "unit",
    "wallTime",
    "sincePowerOnS",
] as const satisfies readonly (keyof LogEntry)[]

/** The log as CSV with a line of column names. */
export function logAsCsv({ entries }: ReadOut): string {
    return stringify(entries, { header: true, columns: [...ENTRY_FIELDS] })
}

/** The log as JSON Lines: one object a line. */
export function logAsJsonLines({ entries }: ReadOut): string {
    return entries.map(entry => `${JSON.stringify(entry, [...ENTRY_FIELDS])}\n`).join("")
}

/** Summary and log for people. */
export function logAsTable(read: ReadOut): string {
    const rows = read.entries.map(entry => [
        entry.wallTime ?? (entry.sincePowerOnS === undefined ? "" : "time of day unknown"),
        entry.sincePowerOnS === undefined ? "" : `+${sinceStartText(entry.sincePowerOnS * MS_PER_SECOND)}`,
        `${entry.ring} ${entry.number}`,
        entry.reason === undefined ? entry.what : `${entry.what}: ${entry.reason}`,
        valueText(entry),
    ])
    const table = rows.length === 0 ? ["No entries"] : aligned(rows)
    return `${[...summaryLines(read), "", ...table].join("\n")}\n`
}

function valueText({ value, unit }: LogEntry): string {
    if (value === undefined) return ""
    if (unit === "checksum") return `checksum ..${value.toString(16).padStart(6, "0")}`
    // The numbers of the bits that are set.
    if (unit === "limits")
        return `limits ${[...value.toString(2)]
            .reverse()
            .flatMap((bit, i) => (bit === "1" ? [i] : []))
            .join(", ")}`
    return `${formatNumber(value, unit === "µL" ? 2 : unit === "days" ? 1 : 0)} ${unit ?? ""}`
}

const LABEL_WIDTH = 16

/** How the pump would go on, and what is damaged. */
export function summaryLines(read: ReadOut): string[] {
    const rows = [
        ...(read.checkpoint ? stateRows(read.checkpoint, read) : [["State", `none to go by: ${read.whyNone}`]]),
        ["Events", ringText(read.events)],
        ["Faults", ringText(read.faults)],
        ["Damage", damageText(read)],
    ]
    return ["Bench and research pump. Not for patients.", "", ...aligned(rows, LABEL_WIDTH)]
}

function stateRows(checkpoint: Checkpoint, { stepsSince, stepKnown }: ReadOut): string[][] {
    const { forward, back } = stepsSince
    const since = `${forward} steps since it${back > 0 ? `, ${back} back` : ""}`
    const volumes = stepKnown || forward + back === 0 ? "" : "; without the steps since the checkpoint"
    const waiting = ALARMS.filter((_, alarm) => hasAlarm(checkpoint.latched, alarm)).map(({ id }) => alarmName(id))
    const rows = [
        ["Checkpoint", `number ${checkpoint.sequence}, written ${timeText(checkpoint.wallS)}; ${since}`],
        ["Mode", modeText(checkpoint)],
        ["Reservoir", `${formatMl(checkpoint.residualPl)} mL left${volumes}${emptyText(checkpoint)}`],
        [
            "Uncertain",
            `${microlitres(checkpoint.uncertainPl)} counted as delivered since the refill, perhaps not${volumes}`,
        ],
        ["Refill", `to ${formatMl(checkpoint.refilledPl)} mL, ${timeText(checkpoint.refilledWallS)}`],
        ["Starts", `${checkpoint.starts} in all, ${checkpoint.brokenRuns} with no hour of running between them`],
        ["Guard", guardText(checkpoint)],
        ["Programme", programmeText(checkpoint)],
        ["Steps", `${formatNumber(checkpoint.forwardSteps, 0)} forward, ${formatNumber(checkpoint.backSteps, 0)} back`],
    ]
    rows.push(...therapyRows(checkpoint, volumes))
    if (waiting.length > 0) rows.push(["Alarms", `wait for a person: ${waiting.join(", ")}`])
    return rows
}

/** What of boluses, line and local time the pump would go on with; nothing where there is nothing of it. */
function therapyRows(checkpoint: Checkpoint, volumes: string): string[][] {
    const rows: string[][] = []
    const { bolusKind, bolusPl, bolusLeftPl, heldMeteredPl, lineLeftPl, lineNgPerMl, bridgeRatePlPerDay } = checkpoint
    const { windowPl, lockoutMinutes, patientDoses, shiftLeftMs, localMinusClockS } = checkpoint
    if (bolusPl > 0) {
        const metered = `${microlitres(bolusPl - bolusLeftPl)} of ${microlitres(bolusPl)}`
        rows.push(["Bolus", `${BOLUS_WORDS[bolusKind]} in progress: ${metered}, at most${volumes}`])
    }
    if (heldMeteredPl >= 0)
        rows.push(["Waits", `${BOLUS_WORDS[BolusKind.Clinician]}: ${microlitres(heldMeteredPl)} of it metered`])
    if (patientDoses > 0 || lockoutMinutes > 0)
        rows.push([
            "Patient",
            `${patientDoses} ${patientDoses === 1 ? "dose" : "doses"} in the last 24 h; the next one in ${lockoutMinutes} min at the soonest`,
        ])
    if (windowPl > 0) rows.push(["Dose window", `${microlitres(windowPl)} in it besides the schedule${volumes}`])
    if (bridgeRatePlPerDay > 0)
        rows.push([
            "Bridge",
            `${microlitres(lineLeftPl)} of ${formatNumber(lineNgPerMl / 1000, 0)} µg/mL left in the line, at ${formatMl(bridgeRatePlPerDay)} mL/day${volumes}`,
        ])
    else if (lineLeftPl > 0) rows.push(["Line", `not primed: ${microlitres(lineLeftPl)} to go${volumes}`])
    if (localMinusClockS !== 0) rows.push(["Local time", `${signedDuration(localMinusClockS)} on the pump's clock`])
    if (shiftLeftMs !== 0)
        rows.push(["Schedule", `${signedDuration(shiftLeftMs / MS_PER_SECOND)} to catch up with local time`])
    return rows
}

function signedDuration(seconds: number): string {
    return `${seconds < 0 ? "−" : "+"}${formatDuration(Math.abs(seconds) * MS_PER_SECOND)}`
}

function modeText({ mode, stoppedWallS }: Checkpoint): string {
    return mode === Mode.Running ? "running" : `stopped by a person, ${timeText(stoppedWallS)}`
}

function emptyText({ reservoirEmpty, accountUnknown }: Checkpoint): string {
    return (reservoirEmpty ? ", empty" : "") + (accountUnknown ? ", not to be relied on: an account was damaged" : "")
}

function guardText({ guardTrip, guardHourSteps, guardDaySteps }: Checkpoint): string {
    const trip = guardTrip === GuardTrip.None ? "not tripped" : `tripped: ${REASON_WORDS[guardTrip] ?? guardTrip}`
    return `${trip}; ${guardHourSteps} steps counted for the hour, ${guardDaySteps} for the day, boluses apart`
}

function programmeText({ programmeSource, programmeSum }: Checkpoint): string {
    if (programmeSource === ProgrammeSource.Flash) return "the one in flash"
    const place = programmeSource === ProgrammeSource.First ? "first" : "second"
    return `in the ${place} place of the memory, checksum ${programmeSum.toString(16).padStart(8, "0")}`
}

function ringText({ count, readable, damaged, missing, ofEarlierCount }: RingState): string {
    const parts = [`${readable} read of ${count} ever written`]
    if (damaged > 0) parts.push(`${damaged} damaged or torn`)
    if (missing > 0) parts.push(`${missing} not written: the memory did not answer`)
    if (ofEarlierCount > 0) parts.push(`${ofEarlierCount} from before the count began anew`)
    return parts.join("; ")
}

/** What is damaged, in one line. */
export function damageText(read: ReadOut): string {
    if (isWhole(read)) return "none"
    const parts = [...read.badCopies]
    if (!read.checkpoint) parts.push(`no state to go by (${read.whyNone})`)
    else if (read.checkpoint.accountUnknown) parts.push("the reservoir's account")
    const damaged = read.events.damaged + read.faults.damaged
    const missing = read.events.missing + read.faults.missing
    if (damaged > 0) parts.push(`entries damaged or torn: ${damaged}`)
    if (missing > 0) parts.push(`entries not written: ${missing}`)
    return parts.join("; ")
}

function timeText(wallS: number): string {
    return wallTimeText(wallS) ?? "at a time of day that nobody knew"
}

function microlitres(volumePl: number): string {
    return `${formatNumber(volumePl / 1e6, 2)} µL`
}

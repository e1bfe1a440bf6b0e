// Holds what a run gave against what its scenario expects, and says in words what did not hold.

import type { AlarmRecord, BolusRecord, RunResult } from "../engines/result"
import { shownNumber } from "../input"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import type { AlarmExpectation, BolusExpectation, Range, Scenario } from "./scenario"
import { sinceStartText } from "./time"

/** What did not hold, one sentence each; empty when everything held. */
export function checkExpectations(scenario: Scenario, result: RunResult): string[] {
    const { expect } = scenario
    const failures: string[] = []
    for (const expected of expect.alarms) {
        const ofId = result.alarms.filter(alarm => alarm.id === expected.id)
        if (ofId.some(alarm => meets(alarm, expected))) continue
        const were = ofId.length === 0 ? "it was not raised" : `it was ${ofId.map(alarmText).join("; ")}`
        failures.push(`${expected.id} was to be ${expectationText(expected)}, but ${were}`)
    }
    if (expect.noOtherAlarms)
        for (const alarm of result.alarms)
            if (!expect.alarms.some(expected => expected.id === alarm.id && meets(alarm, expected)))
                failures.push(`no other alarm was to be raised, but ${alarm.id} was ${alarmText(alarm)}`)
    checkRange("programmedMl", expect.programmedMl, result.programmedPl / PICOLITRES_PER_ML)
    checkRange("deliveredMl", expect.deliveredMl, result.deliveredPl / PICOLITRES_PER_ML)
    checkRange("deliveredMicrograms", expect.deliveredMicrograms, result.deliveredMicrograms)
    const aboveMl = (result.deliveredPl - result.programmedPl) / PICOLITRES_PER_ML
    const aboveMlMax = expect.deliveredAboveProgrammedMlMax
    if (aboveMlMax !== undefined && !(aboveMl <= aboveMlMax))
        failures.push(
            `no more than ${aboveMlMax} mL above the programme was to be delivered, but it was ${shownNumber(aboveMl)} mL`,
        )
    checkRange("residualMl", expect.residualMl, result.residualPl / PICOLITRES_PER_ML)
    if (
        expect.stepErrorBelow !== undefined &&
        result.stepErrorMax !== null &&
        !(result.stepErrorMax < expect.stepErrorBelow)
    )
        failures.push(`stepErrorMax was to be below ${expect.stepErrorBelow}, but was ${result.stepErrorMax}`)
    if (expect.bolusOutcomes)
        checkWords(
            "the boluses",
            expect.bolusOutcomes,
            result.boluses.map(bolus => bolus.outcome),
        )
    if (expect.boluses) {
        if (expect.boluses.length !== result.boluses.length)
            failures.push(`boluses asked for were to be ${expect.boluses.length}, but were ${result.boluses.length}`)
        expect.boluses.forEach((expected, i) => {
            const bolus = result.boluses[i]
            if (bolus && !meetsBolus(bolus, expected))
                failures.push(`bolus ${i + 1} was to be ${bolusText(expected)}, but was ${bolusText(recorded(bolus))}`)
        })
    }
    if (expect.refusals) checkWords("the refusals", expect.refusals.map(refusalText), result.refusals.map(refusalText))
    if (expect.lineEvents)
        checkWords(
            "the events of the line",
            expect.lineEvents,
            result.lineEvents.map(({ event }) => event),
        )
    if (expect.programmeAnswers)
        checkWords(
            "the programmes offered",
            expect.programmeAnswers,
            result.programmes.map(({ answer }) => answer),
        )
    return failures

    function checkRange(name: string, range: Range | undefined, value: number): void {
        if (range && !within(range, value))
            failures.push(`${name} was to be from ${range.min} to ${range.max}, but was ${shownNumber(value)}`)
    }

    function checkWords(what: string, expected: string[], were: string[]): void {
        const all = (words: string[]) => words.join(", ") || "none"
        if (all(were) !== all(expected)) failures.push(`${what} were to be ${all(expected)}, but were ${all(were)}`)
    }
}

function within({ min, max }: Range, value: number): boolean {
    return value >= min && value <= max
}

function meetsBolus(bolus: BolusRecord, expected: BolusExpectation): boolean {
    if (bolus.kind !== expected.kind || bolus.outcome !== expected.outcome) return false
    if (expected.reason !== undefined && bolus.reason !== expected.reason) return false
    return expected.meteredMl === undefined || within(expected.meteredMl, bolus.deliveredPl / PICOLITRES_PER_ML)
}

/** A bolus as an expectation would have it. */
function recorded({ kind, outcome, reason, deliveredPl }: BolusRecord): BolusExpectation {
    const ml = deliveredPl / PICOLITRES_PER_ML
    return { kind, outcome, reason, meteredMl: { min: ml, max: ml } }
}

function bolusText({ kind, outcome, reason, meteredMl }: BolusExpectation): string {
    const metered = meteredMl
        ? ` after ${[...new Set([meteredMl.min, meteredMl.max])].map(shownNumber).join(" to ")} mL`
        : ""
    return `${kind} ${outcome}${because(reason ?? "")}${metered}`
}

function refusalText({ command, reason }: { command: string; reason: string }): string {
    return `${command}${because(reason)}`
}

function meets(alarm: AlarmRecord, expected: AlarmExpectation): boolean {
    if (expected.reason !== undefined && alarm.reason !== expected.reason) return false
    if (!(alarm.raisedMs >= expected.raisedFromMs && alarm.raisedMs <= expected.raisedToMs)) return false
    if (expected.standsAtEnd) return alarm.clearedMs === null
    if (expected.cleared === null) return true
    return (
        alarm.clearedMs !== null &&
        alarm.clearedMs >= expected.cleared.fromMs &&
        alarm.clearedMs <= expected.cleared.toMs
    )
}

function expectationText({ reason, raisedFromMs, raisedToMs, cleared, standsAtEnd }: AlarmExpectation): string {
    const window = (fromMs: number, toMs: number) => `from ${sinceStartText(fromMs)} to ${sinceStartText(toMs)}`
    const raised = `raised ${window(raisedFromMs, raisedToMs)}${reason === undefined ? "" : because(reason)}`
    if (standsAtEnd) return `${raised} and standing at the end`
    return cleared === null ? raised : `${raised} and cleared ${window(cleared.fromMs, cleared.toMs)}`
}

function alarmText({ reason, raisedMs, clearedMs }: AlarmRecord): string {
    const end = clearedMs === null ? "standing at the end" : `cleared at ${sinceStartText(clearedMs)}`
    return `raised at ${sinceStartText(raisedMs)}${because(reason)}, ${end}`
}

function because(reason: string): string {
    return reason === "" ? "" : ` (${reason})`
}

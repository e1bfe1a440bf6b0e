// Holds what a run gave against what its scenario expects, and says in words what did not hold.

import type { AlarmRecord, RunResult } from "../engines/result"
import { shownNumber } from "../input"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import type { AlarmExpectation, RangeMl, Scenario } from "./scenario"
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
    checkRange("programmedMl", expect.programmedMl, result.programmedPl)
    checkRange("deliveredMl", expect.deliveredMl, result.deliveredPl)
    const aboveMl = (result.deliveredPl - result.programmedPl) / PICOLITRES_PER_ML
    const aboveMlMax = expect.deliveredAboveProgrammedMlMax
    if (aboveMlMax !== undefined && !(aboveMl <= aboveMlMax))
        failures.push(
            `no more than ${aboveMlMax} mL above the programme was to be delivered, but it was ${shownNumber(aboveMl)} mL`,
        )
    checkRange("residualMl", expect.residualMl, result.residualPl)
    if (
        expect.stepErrorBelow !== undefined &&
        result.stepErrorMax !== null &&
        !(result.stepErrorMax < expect.stepErrorBelow)
    )
        failures.push(`stepErrorMax was to be below ${expect.stepErrorBelow}, but was ${result.stepErrorMax}`)
    if (expect.bolusOutcomes) {
        const expected = expect.bolusOutcomes.join(", ") || "none"
        const outcomes = result.boluses.map(bolus => bolus.outcome).join(", ") || "none"
        if (outcomes !== expected) failures.push(`the boluses were to be ${expected}, but were ${outcomes}`)
    }
    if (expect.programmeAnswers) {
        const expected = expect.programmeAnswers.join(", ") || "none"
        const answers = result.programmes.map(({ answer }) => answer).join(", ") || "none"
        if (answers !== expected) failures.push(`the programmes offered were to be ${expected}, but were ${answers}`)
    }
    return failures

    function checkRange(name: string, range: RangeMl | undefined, volumePl: number): void {
        const ml = volumePl / PICOLITRES_PER_ML
        if (range && !(ml >= range.min && ml <= range.max))
            failures.push(`${name} was to be from ${range.min} to ${range.max}, but was ${shownNumber(ml)}`)
    }
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

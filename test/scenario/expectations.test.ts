import { describe, expect, test } from "vitest"
import type { RunResult } from "../../sim/engines/result"
import { checkExpectations } from "../../sim/scenario/expectations"
import { loadScenario } from "../../sim/scenario/load"
import type { AlarmExpectation, Expectations } from "../../sim/scenario/scenario"

const day = loadScenario("sim/scenarios/day.json")
const result: RunResult = {
    scenario: "test",
    engine: "core",
    seed: 1,
    simulatedMs: 86_400_000,
    wallMs: 1,
    ticks: 864_000,
    programmedPl: 200_000_000,
    commandedSteps: 4454,
    deliveredPl: 200_000_000,
    programmedMicrograms: 100,
    deliveredMicrograms: 100,
    deliveredStrengths: [{ ngPerMl: 500_000, volumePl: 200_000_000 }],
    stepErrorMax: 0.5,
    residualPl: 19_800_000_000,
    alarms: [
        {
            id: "occlusion",
            priority: "high",
            reason: "pressure rising with each step",
            raisedMs: 1000,
            overMs: 1500,
            acknowledgedMs: null,
            clearedMs: 2000,
        },
        {
            id: "reservoirLow",
            priority: "low",
            reason: "",
            raisedMs: 3000,
            overMs: null,
            acknowledgedMs: null,
            clearedMs: null,
        },
    ],
    boluses: [
        {
            kind: "prime",
            requestedMs: 0,
            volumePl: 1,
            ngPerMl: 500_000,
            outcome: "delivered",
            reason: "",
            startedMs: 0,
            finishedMs: 1,
            waited: [],
            deliveredPl: 1,
        },
    ],
    refusals: [{ command: "setClock", reason: "no time of day", atMs: 5 }],
    lineEvents: [
        { event: "bridge begun", atMs: 5, leftPl: 1 },
        { event: "bridge over", atMs: 6, leftPl: 0 },
    ],
    programmes: [
        { offeredMs: 0, answer: "refused: damaged" },
        { offeredMs: 5, answer: "taken" },
    ],
}

function failuresOf(expected: Partial<Expectations>): string[] {
    return checkExpectations({ ...day, expect: { alarms: [], noOtherAlarms: false, ...expected } }, result)
}

const occlusion: AlarmExpectation = {
    id: "occlusion",
    raisedFromMs: 1000,
    raisedToMs: 1000,
    cleared: { fromMs: 2000, toMs: 2000 },
    standsAtEnd: false,
}
const low: AlarmExpectation = {
    id: "reservoirLow",
    raisedFromMs: 3000,
    raisedToMs: 3000,
    cleared: null,
    standsAtEnd: true,
}

describe("expectations that hold", () => {
    test.each<[string, Partial<Expectations>]>([
        ["none", {}],
        ["alarms at the edges of their windows", { alarms: [occlusion, low], noOtherAlarms: true }],
        ["an alarm whose end does not matter", { alarms: [{ ...occlusion, cleared: null }] }],
        [
            "volumes at the edges of their ranges",
            {
                deliveredMl: { min: 0.2, max: 0.2 },
                programmedMl: { min: 0.2, max: 0.2 },
                residualMl: { min: 19.8, max: 19.8 },
            },
        ],
        ["an alarm with its reason", { alarms: [{ ...occlusion, reason: "pressure rising with each step" }] }],
        ["no more above the programme than allowed", { deliveredAboveProgrammedMlMax: 0 }],
        ["step error", { stepErrorBelow: 0.51 }],
        ["boluses", { bolusOutcomes: ["delivered"] }],
        ["programmes", { programmeAnswers: ["refused: damaged", "taken"] }],
        ["the dose at the edges of its range", { deliveredMicrograms: { min: 100, max: 100 } }],
        ["a bolus", { boluses: [{ kind: "prime", outcome: "delivered" }] }],
        [
            "a bolus with its reason and volume",
            { boluses: [{ kind: "prime", outcome: "delivered", reason: "", meteredMl: { min: 1e-9, max: 1e-9 } }] },
        ],
        ["refusals", { refusals: [{ command: "setClock", reason: "no time of day" }] }],
        ["the line", { lineEvents: ["bridge begun", "bridge over"] }],
    ])("%s", (_, expected) => {
        expect(failuresOf(expected)).toEqual([])
    })
})

describe("expectations that don't hold", () => {
    test.each<[string, Partial<Expectations>, string]>([
        [
            "raised too early",
            { alarms: [{ ...occlusion, raisedFromMs: 1001 }] },
            "occlusion was to be raised from 00:00:01.001",
        ],
        [
            "raised too late",
            { alarms: [{ ...occlusion, raisedFromMs: 0, raisedToMs: 999 }] },
            "but it was raised at 00:00:01 (pressure rising with each step), cleared at 00:00:02",
        ],
        [
            "cleared too early",
            { alarms: [{ ...occlusion, cleared: { fromMs: 2001, toMs: 9000 } }] },
            "and cleared from 00:00:02.001 to 00:00:09",
        ],
        ["cleared too late", { alarms: [{ ...occlusion, cleared: { fromMs: 0, toMs: 1999 } }] }, "occlusion was to be"],
        [
            "never cleared",
            { alarms: [{ ...low, standsAtEnd: false, cleared: { fromMs: 0, toMs: 9000 } }] },
            "but it was raised at 00:00:03, standing at the end",
        ],
        [
            "not standing",
            { alarms: [{ ...occlusion, cleared: null, standsAtEnd: true }] },
            "and standing at the end, but",
        ],
        [
            "raised for another reason",
            { alarms: [{ ...occlusion, cleared: null, reason: "pressure over the threshold" }] },
            "occlusion was to be raised from 00:00:01 to 00:00:01 (pressure over the threshold), but it was raised at 00:00:01 (pressure rising with each step), cleared at 00:00:02",
        ],
        [
            "raised for no reason",
            { alarms: [{ ...low, reason: "no answer" }] },
            "(no answer) and standing at the end, but it was raised at 00:00:03, standing at the end",
        ],
        [
            "more above the programme than allowed",
            { deliveredAboveProgrammedMlMax: -0.001 },
            "no more than -0.001 mL above the programme was to be delivered, but it was 0 mL",
        ],
        [
            "never raised",
            { alarms: [{ ...occlusion, id: "batteryLow" }] },
            "batteryLow was to be raised from 00:00:01 to 00:00:01 and cleared from 00:00:02 to 00:00:02, but it was not raised",
        ],
        [
            "another alarm in the window of an expected one",
            { alarms: [{ ...occlusion, raisedToMs: 9000, cleared: null }], noOtherAlarms: true },
            "no other alarm was to be raised, but reservoirLow was raised at 00:00:03",
        ],
        [
            "another alarm",
            { alarms: [occlusion], noOtherAlarms: true },
            "no other alarm was to be raised, but reservoirLow was raised at 00:00:03",
        ],
        [
            "too little delivered",
            { deliveredMl: { min: 0.201, max: 1 } },
            "deliveredMl was to be from 0.201 to 1, but was 0.2",
        ],
        ["too much delivered", { deliveredMl: { min: 0, max: 0.199 } }, "deliveredMl was to be"],
        ["programmed", { programmedMl: { min: 1, max: 2 } }, "programmedMl was to be from 1 to 2, but was 0.2"],
        ["residual", { residualMl: { min: 1, max: 2 } }, "residualMl was to be from 1 to 2, but was 19.8"],
        ["step error", { stepErrorBelow: 0.5 }, "stepErrorMax was to be below 0.5, but was 0.5"],
        ["boluses", { bolusOutcomes: [] }, "the boluses were to be none, but were delivered"],
        [
            "too small a dose",
            { deliveredMicrograms: { min: 100.1, max: 200 } },
            "deliveredMicrograms was to be from 100.1 to 200, but was 100",
        ],
        ["too large a dose", { deliveredMicrograms: { min: 0, max: 99.9 } }, "deliveredMicrograms was to be"],
        ["fewer boluses", { boluses: [] }, "boluses asked for were to be 0, but were 1"],
        [
            "another kind",
            { boluses: [{ kind: "patient", outcome: "delivered" }] },
            "bolus 1 was to be patient delivered, but was prime delivered after 1e-9 mL",
        ],
        [
            "another outcome",
            { boluses: [{ kind: "prime", outcome: "denied", reason: "pump stopped" }] },
            "bolus 1 was to be prime denied (pump stopped), but was prime delivered after 1e-9 mL",
        ],
        [
            "another reason",
            { boluses: [{ kind: "prime", outcome: "delivered", reason: "pump stopped" }] },
            "bolus 1 was to be prime delivered (pump stopped), but",
        ],
        [
            "less metered",
            { boluses: [{ kind: "prime", outcome: "delivered", meteredMl: { min: 0.1, max: 0.2 } }] },
            "bolus 1 was to be prime delivered after 0.1 to 0.2 mL, but was prime delivered after 1e-9 mL",
        ],
        [
            "another refusal",
            { refusals: [{ command: "refill", reason: "no programme" }] },
            "the refusals were to be refill (no programme), but were setClock (no time of day)",
        ],
        ["no refusal", { refusals: [] }, "the refusals were to be none, but were setClock (no time of day)"],
        [
            "the line",
            { lineEvents: ["bridge begun"] },
            "the events of the line were to be bridge begun, but were bridge begun, bridge over",
        ],
        [
            "programmes",
            { programmeAnswers: ["taken"] },
            "the programmes offered were to be taken, but were refused: damaged, taken",
        ],
    ])("%s", (_, expected, message) => {
        const failures = failuresOf(expected)
        expect(failures).toHaveLength(1)
        expect(failures[0]).toContain(message)
    })

    test("a volume that is not a number never holds", () => {
        const expected = { alarms: [], noOtherAlarms: false, deliveredMl: { min: 0, max: 1 } }
        expect(checkExpectations({ ...day, expect: expected }, { ...result, deliveredPl: NaN })).toHaveLength(1)
        const above = { alarms: [], noOtherAlarms: false, deliveredAboveProgrammedMlMax: 1 }
        expect(checkExpectations({ ...day, expect: above }, { ...result, deliveredPl: NaN })).toHaveLength(1)
    })
})

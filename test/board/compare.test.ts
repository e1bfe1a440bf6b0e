// What of a board's run counts as the same as `core`: both sides of every tolerance, and each thing that may differ, told apart.

import { describe, expect, test } from "vitest"
import { compare, type StepLog, type Tolerance } from "../../sim/board/compare"
import { asHeard } from "../../sim/board/heard"
import { junitXml } from "../../sim/board/junit"
import type { AlarmRecord, BolusRecord, RunResult } from "../../sim/engines/result"
import { loadScenario } from "../../sim/scenario/load"
import { CommandKind } from "../../src/pump/readings"
import { fixtureRun } from "../report/fixture"

const TOLERANCE: Tolerance = { lateMs: 1000, stepsPerPowerOn: 1, heardMs: 4000 }

const ALARM: AlarmRecord = {
    id: "occlusion",
    priority: "high",
    reason: "pressure",
    raisedMs: 20_000,
    overMs: null,
    acknowledgedMs: null,
    clearedMs: 30_000,
}

const steady = (count: number, periodMs: number, fromMs = 5000): StepLog => ({
    atMs: Array.from({ length: count }, (_, i) => fromMs + i * periodMs),
    steps: Array.from({ length: count }, (_, i) => i + 1),
    powerOns: 1,
})

function differences(board: Partial<RunResult>, core: Partial<RunResult>, log = steady(60, 1000), logOfCore = log) {
    const empty = { ...fixtureRun().result, alarms: [], boluses: [], refusals: [], programmes: [] }
    const checks = compare(
        { result: { ...empty, ...board }, log },
        { result: { ...empty, ...core }, log: logOfCore },
        TOLERANCE,
    )
    return checks.filter(({ failure }) => failure !== undefined).map(({ name }) => name)
}

describe("HIL-2: a board whose counter saw other steps than core made, or at another time, does not pass", () => {
    test.each<[string, StepLog, string[]]>([
        ["the same", steady(60, 1000), []],
        ["a second late", steady(60, 1000, 6000), []],
        ["a second early", steady(60, 1000, 4000), []],
        ["one step more", steady(61, 1000, 4000), []],
        // One more or less for the power-on, one for the second by which anything may be late.
        ["three seconds late", steady(60, 1000, 8001), ["steps"]],
        ["three seconds early", steady(60, 1000, 1999), ["steps"]],
        ["a flow of a tenth more", steady(66, 909), ["steps"]],
        ["a flow of a tenth less", steady(54, 1111), ["steps"]],
        ["no step at all", { atMs: [], steps: [], powerOns: 1 }, ["steps"]],
        [
            "every step counted twice",
            { ...steady(60, 1000), steps: Array.from({ length: 60 }, (_, i) => 2 * i + 2) },
            ["steps"],
        ],
        [
            "every step counted back",
            { ...steady(60, 1000), steps: Array.from({ length: 60 }, (_, i) => -i - 1) },
            ["steps"],
        ],
    ])("%s", (_name, log, failed) => {
        expect(differences({}, {}, log, steady(60, 1000))).toEqual(failed)
    })
    test("each power-on allows for one step more", () => {
        const early = steady(60, 1000, 2500)
        expect(differences({}, {}, early, steady(60, 1000))).toEqual(["steps"])
        expect(differences({}, {}, { ...early, powerOns: 3 }, steady(60, 1000))).toEqual([])
    })
})

test.each<[string, Partial<AlarmRecord>, string[]]>([
    ["the same", {}, []],
    ["raised in time, barely", { raisedMs: 21_000 }, []],
    ["raised too late", { raisedMs: 21_001 }, ["alarms"]],
    ["raised too early", { raisedMs: 18_999 }, ["alarms"]],
    ["over too late", { clearedMs: 31_001 }, ["alarms"]],
    ["never over", { clearedMs: null }, ["alarms"]],
    ["for another reason", { reason: "other" }, ["alarms"]],
    ["another one", { id: "batteryLow" }, ["alarms"]],
])("an alarm: %s", (_name, change, failed) => {
    expect(differences({ alarms: [{ ...ALARM, ...change }] }, { alarms: [ALARM] })).toEqual(failed)
})

test("an alarm that one of them lacks is told, whichever lacks it", () => {
    expect(differences({ alarms: [] }, { alarms: [ALARM] })).toEqual(["alarms"])
    expect(differences({ alarms: [ALARM] }, { alarms: [] })).toEqual(["alarms"])
})

test("boluses, refusals and programmes are the same in any order, and nothing else is", () => {
    const bolus = (outcome: BolusRecord["outcome"], reason = "") =>
        ({ kind: "patient", outcome, reason }) as unknown as BolusRecord
    const [done, cut] = [bolus("delivered"), bolus("cancelled", "pump stopped")]
    expect(differences({ boluses: [done, cut] }, { boluses: [cut, done] })).toEqual([])
    expect(differences({ boluses: [done] }, { boluses: [cut] })).toEqual(["boluses"])
    expect(differences({ boluses: [bolus("cancelled", "power lost")] }, { boluses: [cut] })).toEqual(["boluses"])
    const refusal = { command: "start", reason: "a" } as unknown as RunResult["refusals"][number]
    expect(differences({ refusals: [refusal] }, {})).toEqual(["refusals"])
    const programme = { answer: "taken" } as unknown as RunResult["programmes"][number]
    expect(differences({ programmes: [programme] }, {})).toEqual(["programmes"])
})

describe("core is given each command when the board heard it", () => {
    const scenario = loadScenario("test/hil/ninety-seconds.json")
    const asked = (kind: string) => scenario.events.find(event => event.kind === kind)?.atMs ?? 0
    const all = [
        { kind: CommandKind.PatientDose, atMs: asked("patientDose") + 700 },
        { kind: CommandKind.Start, atMs: asked("start") + 2100 },
        { kind: CommandKind.Stop, atMs: asked("stop") + 1000 },
    ]
    test("half a second before, so that it comes with the same sample", () => {
        const heard = asHeard(scenario, all)
        const at = (kind: string) => heard.scenario.events.find(event => event.kind === kind)?.atMs
        expect(at("patientDose")).toBe(asked("patientDose") + 200)
        expect(at("start")).toBe(asked("start") + 1600)
        expect(at("occlude")).toBe(asked("occlude"))
        expect(heard).toMatchObject({ latestMs: 2100, unheard: [] })
        expect(heard.latest).toMatch(/^start at /)
    })
    test("what was never heard is told", () => {
        expect(asHeard(scenario, all.slice(1)).unheard).toEqual([`patientDose at ${asked("patientDose") / 1000} s`])
    })
    test("what was heard before it was asked for is another's", () => {
        const early = all.map(heard => ({ ...heard, atMs: 1 }))
        expect(asHeard(scenario, early).unheard).toHaveLength(3)
    })
})

test("JUnit XML names each check, and what is odd in a text can't break it", () => {
    const xml = junitXml(
        "hil",
        [
            { name: "a < b", failure: undefined },
            { name: "c", failure: 'it said "no" & \u0007' },
        ],
        1.5,
    )
    expect(xml).toContain('tests="2" failures="1" time="1.500"')
    expect(xml).toContain('name="a &lt; b" time="0"/>')
    expect(xml).toContain('message="it said &quot;no&quot; &amp;  "')
})

import { describe, expect, test } from "vitest"
import { runCore } from "../sim/engines/core"
import { Session } from "../sim/engines/session"
import { loadScenario } from "../sim/scenario/load"
import type { ScenarioEvent } from "../sim/scenario/scenario"
import { MS_PER_HOUR, MS_PER_MINUTE } from "../src/pump/limits"

const SCENARIO = loadScenario("sim/scenarios/much-at-once.json")

/** Runs the prescription of 85 µL an hour, less from 22:00 on, with these events; gives the session and its trace. */
async function run(startsAtMs: number, durationMs: number, events: ScenarioEvent[]) {
    const dayMs = SCENARIO.startWallMs - (SCENARIO.startWallMs % (24 * MS_PER_HOUR))
    const scenario = { ...SCENARIO, startWallMs: dayMs + startsAtMs, durationMs, events }
    const session = new Session(scenario, 1)
    const lines: string[] = []
    await runCore(session, { onProgress: () => {}, onTraceLine: line => lines.push(line) })
    return { session, lines }
}

/** When the flow is first more than none in the run of the firmware that began last, and which it is. */
function resumed(lines: string[]): { afterMs: number; ratePlPerDay: number } | undefined {
    const times = lines.map(line => Number(line.split(" ")[0]))
    const from = times.findLastIndex((ms, i) => i === 0 || ms < times[i - 1])
    const line = lines.slice(from).find(text => Number(text.split(" ")[4]) > 0)
    return line === undefined
        ? undefined
        : { afterMs: Number(line.split(" ")[0]), ratePlPerDay: Number(line.split(" ")[4]) }
}

const off = (atMs: number): ScenarioEvent => ({ atMs, kind: "powerOff" })
const on = (atMs: number): ScenarioEvent => ({ atMs, kind: "powerOn" })
const noClock: ScenarioEvent = { atMs: 0, kind: "sensorFault", sensor: "clock", failure: "missing", driftPerHour: 0 }

describe("after power-on", () => {
    test.each<[string, number, number, ScenarioEvent[], number]>([
        ["the flow of the hour", 12 * MS_PER_HOUR, 0, [], 2_050_909_090],
        ["the flow of the hour in which power is back", 21.9 * MS_PER_HOUR, 10 * MS_PER_MINUTE, [], 1_200_000_000],
        ["the weekly mean without a clock", 12 * MS_PER_HOUR, 0, [noClock], 1_980_000_000],
    ])("BOO-1: %s is delivered within ten seconds", async (_, startsAtMs, offMs, events, ratePlPerDay) => {
        const cut = [off(30_000), on(31_000 + offMs)]
        const { session, lines } = await run(startsAtMs, offMs + 60_000, [...events, ...cut])
        const begun = resumed(lines)
        expect(begun?.afterMs).toBeLessThan(10_000)
        expect(Math.abs((begun?.ratePlPerDay ?? 0) - ratePlPerDay)).toBeLessThan(10)
        const unknown = session.alarms.filter(({ id, clearedMs }) => id === "wallClockUnknown" && clearedMs === null)
        expect(unknown).toHaveLength(events.length)
    })

    test("BOO-1: a pump that was stopped delivers nothing, and says so from its first second on", async () => {
        const { session, lines } = await run(12 * MS_PER_HOUR, 60_000, [
            { atMs: 20_000, kind: "stop" },
            off(30_000),
            on(31_000),
        ])
        expect(resumed(lines)).toBeUndefined()
        const said = session.alarms.find(({ id }) => id === "stoppedOver5Min")
        expect(said?.raisedMs).toBeLessThan(31_000 + 7_000)
    })

    test("STP-5: how long it was stopped before the power went is not forgotten", async () => {
        const { session } = await run(12 * MS_PER_HOUR, 49 * MS_PER_HOUR, [
            { atMs: 20_000, kind: "stop" },
            off(MS_PER_HOUR),
            on(48.5 * MS_PER_HOUR),
        ])
        const high = session.alarms.find(({ id }) => id === "stoppedOver48Hours")
        expect((high?.raisedMs ?? Infinity) - 48.5 * MS_PER_HOUR).toBeLessThan(7_000)
    })
})

/** Power on for this long, off for a second, over and over for an hour. */
async function storm(onMs: number) {
    const events: ScenarioEvent[] = []
    for (let atMs = onMs; atMs < MS_PER_HOUR; atMs += onMs + 1_000) events.push(off(atMs), on(atMs + 1_000))
    return { resets: events.length / 2, ...(await run(12 * MS_PER_HOUR, MS_PER_HOUR + onMs, events)) }
}

describe("a storm of resets", () => {
    // Before the self-test ends, before the first step, and with a step or two each time.
    test.each([2_000, 5_200, 6_000, 8_000])(
        "BOO-2: one each %i ms delivers no more than asked for, and says so",
        async onMs => {
            const { session, resets } = await storm(onMs)
            expect(resets).toBeGreaterThan(390)
            const { observer, mechanism } = session
            const madePl = observer.commandedSteps * mechanism.stepPl
            expect(madePl).toBeLessThanOrEqual(observer.programmedPl + mechanism.stepPl)
            if (onMs >= 6_000) expect(session.alarms.some(({ id }) => id === "repeatedResets")).toBe(true)
            expect(session.alarms.some(({ id }) => id === "overDelivery" || id === "reservoirEmpty")).toBe(false)
            expect(session.residualPl).toBeGreaterThan(SCENARIO.reservoirFillPl - madePl - resets * mechanism.stepPl)
        },
    )

    test("BOO-2: a year of resets every six seconds uses no byte of the record memory a billion times", async () => {
        const { session } = await storm(5_000)
        const perYear = session.memory.mostWorn * 24 * 365
        expect(perYear).toBeGreaterThan(1_000_000)
        // Of the 10¹² that it is good for.
        expect(perYear).toBeLessThan(1e9)
    })
})

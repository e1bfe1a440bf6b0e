import { describe, expect, test } from "vitest"
import { runCore } from "../../sim/engines/core"
import { Session } from "../../sim/engines/session"
import { runVm } from "../../sim/engines/vm"
import { Light } from "../../src/drivers/indicators"
import { scenarioOf } from "./runs"

const OPTIONS = { onProgress: () => {}, onTraceLine: undefined }

function shortSession(name: string, durationMs: number): Session {
    return new Session({ ...scenarioOf(name), durationMs, events: [] }, 1)
}

describe("the bytecode with what is stored in its flash", () => {
    test.each([
        ["one bit flipped", (bytes: Uint8Array) => bytes.with(20, bytes[20] ^ 1)],
        ["its end missing", (bytes: Uint8Array) => bytes.slice(0, -1)],
        ["another version", (bytes: Uint8Array) => bytes.with(2, 9)],
    ])("PRG-2: on a programme with %s it runs the minimum rate and alarms", async (_, damage) => {
        const session = shortSession("child-day", 60_000)
        session.scenario.programmeBytes = damage(session.scenario.programmeBytes)
        await runVm(session, OPTIONS)
        const { result } = session.finish("vm", 0)
        expect(result.alarms.map(alarm => alarm.id)).toEqual(["programmeDamaged"])
        expect(session.observer.ratePlPerDay).toBe(48_000_000)
        expect(session.world.light === Light.Red || session.world.light === Light.Off).toBe(true)
    })

    test("PRG-1: without a calibration it makes no step and alarms", async () => {
        const session = shortSession("child-day", 60_000)
        session.scenario.mechanismBytes = session.scenario.mechanismBytes.with(5, 0xff)
        await runVm(session, OPTIONS)
        const { result } = session.finish("vm", 0)
        expect(result.alarms.map(alarm => alarm.id)).toEqual(["programmeMissing"])
        expect(result.commandedSteps).toBe(0)
    })
})

test("STP-2: a stop outlasts a power cut, on both engines", async () => {
    for (const run of [runCore, runVm]) {
        const session = new Session(
            {
                ...scenarioOf("continuous-day"),
                durationMs: 120_000,
                events: [
                    { atMs: 30_000, kind: "stop" },
                    { atMs: 40_000, kind: "powerOff" },
                    { atMs: 60_000, kind: "powerOn" },
                ],
            },
            1,
        )
        await run(session, OPTIONS)
        const { result } = session.finish("either", 0)
        expect(result.alarms).toMatchObject([
            { id: "stoppedOver5Min", priority: "medium", raisedMs: 65_600, overMs: null, clearedMs: null },
        ])
        expect(session.observer.delivering).toBe(false)
        expect(result.commandedSteps).toBe(1)
    }
})

test("BOL-3: a prime that a power cut ends does not go on after it, nor does one begin that was asked for just before, on both engines", async () => {
    for (const run of [runCore, runVm]) {
        const session = new Session(
            {
                ...scenarioOf("prime"),
                durationMs: 120_000,
                events: [
                    { atMs: 10_000, kind: "prime", volumePl: 200_000_000, ratePlPerDay: 240_000_000_000 },
                    { atMs: 45_999, kind: "prime", volumePl: 100_000_000, ratePlPerDay: 240_000_000_000 },
                    { atMs: 46_000, kind: "powerOff" },
                    { atMs: 60_000, kind: "powerOn" },
                    { atMs: 100_000, kind: "prime", volumePl: 200_000_000, ratePlPerDay: 240_000_000_000 },
                ],
            },
            1,
        )
        await run(session, OPTIONS)
        const { boluses, deliveredPl } = session.finish("either", 0).result
        expect(boluses).toMatchObject([
            { outcome: "cancelled", reason: "power lost", startedMs: 10_800, finishedMs: 46_000 },
            { outcome: "denied", reason: "power lost", requestedMs: 45_999, startedMs: null },
            { outcome: "inProgress", reason: "", startedMs: 100_800, finishedMs: null },
        ])
        // Each begins once it is recorded: 35.2 s and 19.2 s at 10 mL/h less the basal flow.
        expect(boluses[0].deliveredPl / 1e6).toBeCloseTo(97.7, 1)
        expect(boluses[2].deliveredPl / 1e6).toBeCloseTo(53.3, 1)
        expect(deliveredPl / 1e6).toBeGreaterThan(150)
        expect(deliveredPl / 1e6).toBeLessThan(151)
    }
})

test("what plots show of the programme is without the prime, and its total with it", async () => {
    const session = new Session({ ...scenarioOf("prime"), durationMs: 3_720_000 }, 1)
    await runCore(session, OPTIONS)
    const { samples } = session.finish("core", 0)
    expect(Math.max(...samples.ratePlPerDay)).toBe(228_000_000)
    expect(samples.programmedPl.at(-1)).toBeGreaterThan(160_000_000)
})

test("light and buzzer show a high-priority alarm as the patterns say", async () => {
    const session = new Session(
        { ...scenarioOf("continuous-day"), durationMs: 60_000, reservoirFillPl: 100_000, events: [] },
        1,
    )
    const shown = new Set<number>()
    const tickDone = session.tickDone.bind(session)
    session.tickDone = () => {
        tickDone()
        shown.add(session.world.light)
    }
    await runVm(session, OPTIONS)
    expect(session.finish("vm", 0).result.alarms.map(alarm => alarm.id)).toContain("reservoirEmpty")
    expect(shown).toContain(Light.Red)
    expect(shown).toContain(Light.Off)
})

test("ANN-5: who asks for a dose hears what became of it, the same on both engines", async () => {
    const heard: string[][] = []
    for (const run of [runCore, runVm]) {
        const session = new Session(
            {
                ...scenarioOf("patient-dose-day"),
                durationMs: 60_000,
                events: [
                    { atMs: 20_000, kind: "patientDose" },
                    { atMs: 30_000, kind: "patientDose" },
                ],
            },
            1,
        )
        const changes: string[] = []
        const show = session.show.bind(session)
        session.show = (light, sounding) => {
            const { world } = session
            if (light !== world.light || sounding !== world.sounding)
                changes.push(`${world.nowMs} ${light} ${sounding}`)
            show(light, sounding)
        }
        await run(session, OPTIONS)
        expect(session.finish("either", 0).result.boluses).toMatchObject([
            { kind: "patient", outcome: "inProgress" },
            { kind: "patient", outcome: "denied", reason: "too soon after the last dose" },
        ])
        heard.push(changes)
    }
    expect(heard[1]).toEqual(heard[0])
    const on = `${Light.Yellow} true`
    const off = `${Light.Off} false`
    // From the tick after the answer on, which the granted one gets once it is recorded: one pulse of a second; then four of 0.3 s.
    expect(heard[0]).toEqual([
        `20900 ${on}`,
        `21900 ${off}`,
        ...[0, 600, 1200, 1800].flatMap(ms => [`${30_200 + ms} ${on}`, `${30_500 + ms} ${off}`]),
    ])
})

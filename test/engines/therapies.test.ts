// What the world shows of a therapy that the pump cannot know: the drug that truly leaves the catheter. And that line, bridge and
// local time outlast what comes between.

import { describe, expect, test } from "vitest"
import type { Run } from "../../sim/engines/result"
import { runScenario } from "../../sim/engines/run"
import { encodeProgramme, loadPrescription } from "../../sim/prescription/compile"
import type { Filling, Scenario, ScenarioEvent } from "../../sim/scenario/scenario"
import { MS_PER_HOUR, MS_PER_MINUTE } from "../../src/pump/limits"
import { scenarioOf } from "./runs"

const NONE = { alarms: [], noOtherAlarms: false }

function run(name: string, changes: Partial<Scenario>): Promise<Run> {
    const scenario = { ...scenarioOf(name), expect: NONE, ...changes }
    return runScenario(scenario, { engine: "core", seed: scenario.seed })
}

function offer(file: string, atMs: number, filling?: Partial<Filling>): Extract<ScenarioEvent, { kind: "programme" }> {
    const { bytes, programme, prescription } = loadPrescription(`sim/prescriptions/${file}.json`)
    return {
        atMs,
        kind: "programme",
        name: prescription.name,
        bytes,
        concentrationNgPerMl: programme.concentrationNgPerMl,
        damaged: false,
        filling: filling && {
            volumePl: 20_000_000_000,
            missedPl: 0,
            measuredResidualPl: undefined,
            lineChanged: false,
            ...filling,
        },
    }
}

describe("the dose that truly leaves the catheter", () => {
    test("DOS-1: is the same before, in and after a bridge, and across a power cut in it", async () => {
        const { result, samples } = await run("bridge", {})
        expect(result.deliveredStrengths.map(({ ngPerMl }) => ngPerMl)).toEqual([500_000, 2_000_000])
        const ugOfHour = (hour: number) => {
            const at = (ms: number) => samples.deliveredNg[samples.timeMs.findIndex(atMs => atMs >= ms)]
            return (at((hour + 1) * MS_PER_HOUR) - at(hour * MS_PER_HOUR)) / 1000
        }
        // 300 µg/day are 12.5 µg an hour; a step of the stronger drug is 0.09 µg. The power cut takes a minute of it.
        for (const hour of [1, 2, 6, 9, 10]) expect(Math.abs(ugOfHour(hour) - 12.5)).toBeLessThan(0.12)
        expect(12.5 - ugOfHour(5)).toBeGreaterThan(0.15)
        expect(12.5 - ugOfHour(5)).toBeLessThan(0.35)
    })

    test("DOS-2: without a bridge, in a line of no known volume, the strong drug's flow pushes out the weak one: a quarter of the dose", async () => {
        const strong = { ...offer("concentration-2000", MS_PER_HOUR, {}), bytes: strongWithoutLine() }
        const { result } = await run("bridge", { events: [strong] })
        expect(result.programmes).toMatchObject([{ answer: "taken" }])
        expect(result.lineEvents).toEqual([])
        // An hour of 12.5 µg, and eleven of a quarter of that; the prescription knows of no line, and would have it all.
        expect(result.deliveredMicrograms).toBeGreaterThan(46)
        expect(result.deliveredMicrograms).toBeLessThan(47.5)
        expect(result.programmedMicrograms).toBeGreaterThan(149)
    })

    test("DOS-2: a line longer than the prescription says keeps the weak drug for longer than the former flow lasts", async () => {
        const scenario = scenarioOf("bridge")
        const { result } = await run("bridge", { world: { ...scenario.world, lineVolumeMl: 0.3 } })
        expect(result.programmedMicrograms).toBeGreaterThan(149)
        // 0.05 mL more of 500 µg/mL; in the last hour of the run 6.25 µL of it leave in place of 2000 µg/mL.
        expect(result.deliveredMicrograms).toBeLessThan(result.programmedMicrograms - 8)
    })

    test("DOS-2: a refill that the pump refused is in the reservoir all the same", async () => {
        const { result } = await run("bridge", {
            events: [offer("concentration-2000", MS_PER_HOUR, {}), offer("concentration-500", 2 * MS_PER_HOUR, {})],
        })
        expect(result.programmes.map(({ answer }) => answer)).toEqual([
            "taken",
            "refused: the line still holds the former concentration",
        ])
        // An hour's flow of 2000 µg/mL, 25 µL, reaches the tip at the end of the bridge; behind it the weak drug goes on.
        expect(result.deliveredStrengths.map(({ ngPerMl }) => ngPerMl)).toContain(2_000_000)
        expect(result.deliveredMicrograms).toBeLessThan(result.programmedMicrograms + 1)
    })

    test("DOS-1: of a line that was empty is none until it is full, and a prime that fills it is no dose", async () => {
        const { result } = await run("prime-new-line", { events: [] })
        expect(result.deliveredMicrograms).toBe(0)
        expect(result.programmedMicrograms).toBe(0)
        expect(result.deliveredStrengths).toEqual([{ ngPerMl: 0, volumePl: result.deliveredPl }])
    })
})

/** The same programme, whose line nobody knows. */
function strongWithoutLine(): Uint8Array {
    const { programme } = loadPrescription("sim/prescriptions/concentration-2000.json")
    return encodeProgramme({ ...programme, deadVolumePl: 0 })
}

describe("line, bridge and local time outlast", () => {
    test("BRG-4: a programme of the same strength that says nothing of the line ends no bridge", async () => {
        const whole = await run("bridge", {})
        const again = { ...offer("concentration-2000", 6 * MS_PER_HOUR), bytes: strongWithoutLine() }
        const events = [...scenarioOf("bridge").events, again].sort((a, b) => a.atMs - b.atMs)
        const { result } = await run("bridge", { events })
        expect(result.programmes.at(-1)).toMatchObject({ answer: "taken" })
        expect(result.lineEvents.map(({ event }) => event)).toEqual(["bridge begun", "bridge over"])
        expect(result.lineEvents[1].atMs).toBe(whole.result.lineEvents[1].atMs)
        expect(result.stepErrorMax).toBeLessThan(1)
    })

    test("CLK-8: a shift of local time goes on after a power cut where it was, to the seconds since the last checkpoint", async () => {
        const scenario = scenarioOf("dst-spring")
        const cut: ScenarioEvent[] = [
            { atMs: 18 * MS_PER_HOUR, kind: "powerOff" },
            { atMs: 18 * MS_PER_HOUR + MS_PER_MINUTE, kind: "powerOn" },
        ]
        const { result } = await run("dst-spring", { events: [...scenario.events, ...cut] })
        // A minute and the start-up without flow; what the schedule repeats of a minute since the checkpoint is 2.5 s of it.
        expect(417.472 - result.deliveredMicrograms).toBeLessThan(0.3)
        expect(417.472 - result.deliveredMicrograms).toBeGreaterThan(0)
        // At most that of the fastest flow, 13 steps a minute of the periodic dose.
        expect(result.stepErrorMax).toBeLessThan(1.5)
    })
})

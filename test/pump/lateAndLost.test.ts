import { describe, expect, test } from "vitest"
import { LATE_TICK_MS, LATE_TICKS_MS, LATE_TICKS_TO_ALARM, TICK_MS } from "../../src/pump/limits"
import { CommandKind } from "../../src/pump/readings"
import { started, steadyProgramme } from "./bench"

describe("steps that the motor loses, over a quarter of an hour", () => {
    /** A pump at its fastest, whose encoder sees this part of the steps and stands so many behind from the start. */
    function delivered(seenPart: number, behindSteps: number): string[] {
        const bench = started({ programme: steadyProgramme(), encoderSlackSteps: 16 })
        bench.refillAlways = true
        const raised = new Set<string>()
        for (let i = 0; i < 25 * 600; i++) {
            bench.shown.missedSteps = behindSteps + Math.floor(bench.pump.commandedSteps * (1 - seenPart))
            bench.tick()
            for (const alarm of bench.alarms) raised.add(alarm)
        }
        return [...raised]
    }

    test.each([
        [0.8, 0, true],
        [0.8, 900, true],
        [1, 0, false],
        [1, 900, false],
        [1, -900, false],
        [0.95, 0, false],
    ])(
        "FLW-2: of an encoder that sees %d of them, %i behind from the start: told %s",
        (seenPart, behindSteps, told) => {
            expect(delivered(seenPart, behindSteps).includes("underDelivery")).toBe(told)
        },
    )
})

describe("what late ticks leave for after a reset", () => {
    test("SUP-15: time lost waits for a person, and is written down in that tick", () => {
        const bench = started()
        bench.run(5_050)
        bench.tick(bench.nowMs + 20_000)
        expect(bench.alarms).toEqual(["timeLost"])
        expect(bench.actions.checkpointDue).toBe(true)
        bench.tick(bench.nowMs + 20_000)
        expect(bench.actions.checkpointDue, "it waits already").toBe(false)
    })

    test("SUP-15: of ticks that only come late, the tenth is written down", () => {
        const bench = started()
        bench.run(5_050)
        const due: boolean[] = []
        for (let i = 0; i < LATE_TICKS_TO_ALARM + 1; i++) {
            bench.tick(bench.nowMs + LATE_TICK_MS + 1)
            due.push(bench.actions.checkpointDue)
        }
        expect(due.map((is, i) => (is ? i + 1 : 0)).filter(i => i > 0)).toEqual([LATE_TICKS_TO_ALARM])
    })

    test("TIM-1: nine late ticks in every ten minutes are no alarm, and ten are", () => {
        for (const [late, alarms] of [
            [LATE_TICKS_TO_ALARM - 1, []],
            [LATE_TICKS_TO_ALARM, ["timeLost"]],
        ] as const) {
            const bench = started()
            for (let window = 0; window < 3; window++) {
                for (let i = 0; i < late; i++) bench.tick(bench.nowMs + LATE_TICK_MS + 1)
                bench.run(LATE_TICKS_MS)
            }
            expect(bench.alarms).toEqual(alarms)
        }
    })

    test("TIM-2: an hour of running is written down only after a start that alarmed", () => {
        const dueAfter = (brokenRuns: number) => {
            const bench = started({ checkpoint: { brokenRuns } })
            bench.run(20_000)
            bench.command(CommandKind.Acknowledge)
            // Four quarters of an hour from then on, so that none of their checkpoints falls on the hour.
            bench.runUntil(() => bench.pump.brokenRuns === 0, TICK_MS)
            return bench.actions.checkpointDue
        }
        expect(dueAfter(2)).toBe(false)
        expect(dueAfter(3)).toBe(true)
    })
})

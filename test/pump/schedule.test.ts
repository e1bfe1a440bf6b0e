import { describe, expect, test } from "vitest"
import { Alarm, Reason } from "../../src/pump/alarms"
import { ELAPSED_MS_MAX, MS_PER_DAY, MS_PER_HOUR, START_UP_MS } from "../../src/pump/limits"
import { CommandKind, SensorFault } from "../../src/pump/readings"
import { timeOfWeek } from "../../src/pump/schedule"
import { Bench, programmeOf, started, steadyProgramme } from "./bench"

const programme = programmeOf([
    { startMinute: 0, ratePlPerDay: 100_000_000 },
    { startMinute: 720, ratePlPerDay: 300_000_000 },
])

describe("the time of day", () => {
    test("SCH-1: the flow is that of the weekday and minute, from the first millisecond of a segment on", () => {
        const bench = new Bench({ programme })
        bench.shown.wallStartMs = 3 * MS_PER_DAY + 12 * MS_PER_HOUR - 1_500
        bench.start()
        expect(bench.pump.ratePlPerDay).toBe(100_000_000)
        bench.tick(START_UP_MS + 1_499)
        expect(bench.pump.ratePlPerDay).toBe(100_000_000)
        expect(bench.pump.owed).toBe(100_000_000 * 999)
        bench.tick(START_UP_MS + 1_500)
        expect(bench.pump.ratePlPerDay).toBe(300_000_000)
        expect(bench.pump.owed).toBe(100_000_000 * 1_000)
    })

    test("SCH-1: ticks that come late on the way to the clock's judgement don't move the time of day", () => {
        const bench = new Bench({ programme })
        bench.shown.wallStartMs = 12 * MS_PER_HOUR - 10_000
        bench.tick(START_UP_MS)
        bench.run(2_400, 600)
        bench.runSamples(2)
        expect(timeOfWeek(bench.pump.wallMinusNowMs + bench.nowMs)).toBe(
            12 * MS_PER_HOUR - 10_000 + bench.nowMs - START_UP_MS,
        )
    })

    test("SCH-1: each weekday has its own pattern, and Sunday is followed by Monday", () => {
        const week = steadyProgramme(100_000_000)
        week.patternOfWeekday = [0, 0, 0, 0, 0, 0, 1]
        week.patternStart = [0, 1, 3]
        week.segmentStartMinute = [0, 0, 1439]
        week.segmentRatePlPerDay = [100_000_000, 200_000_000, 400_000_000]
        for (const [wallMs, ratePlPerDay] of [
            [5 * MS_PER_DAY + 24 * MS_PER_HOUR - 1, 100_000_000],
            [6 * MS_PER_DAY, 200_000_000],
            [7 * MS_PER_DAY - 60_001, 200_000_000],
            [7 * MS_PER_DAY - 60_000, 400_000_000],
            [7 * MS_PER_DAY - 1, 400_000_000],
            [0, 100_000_000],
        ]) {
            const bench = new Bench({ programme: week })
            // Half a second passes until delivery begins.
            bench.shown.wallStartMs = (wallMs + 7 * MS_PER_DAY - 500) % (7 * MS_PER_DAY)
            bench.start()
            expect(bench.pump.ratePlPerDay, `at ${wallMs} ms`).toBe(ratePlPerDay)
        }
        const bench = new Bench({ programme: week })
        bench.shown.wallStartMs = 7 * MS_PER_DAY - 120_000
        bench.start()
        bench.run(59_500)
        expect(bench.pump.ratePlPerDay).toBe(400_000_000)
        bench.run(60_000)
        expect(bench.pump.ratePlPerDay).toBe(100_000_000)
        expect(bench.alarms).toEqual([])
    })

    test("SCH-2: while the time of day is unknown the mean flow runs, with an alarm, until the clock is known", () => {
        const bench = new Bench({ programme })
        bench.shown.wallFault = SensorFault.Invalid
        bench.start()
        expect(bench.alarms).toEqual(["wallClockUnknown", "clockFault"])
        expect(bench.pump.ratePlPerDay).toBe(200_000_000)
        bench.run(MS_PER_HOUR, 1_000)
        expect(bench.pump.ratePlPerDay).toBe(200_000_000)
        bench.shown.wallFault = SensorFault.None
        bench.shown.wallStartMs = 13 * MS_PER_HOUR
        bench.runSamples(1)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.ratePlPerDay).toBe(300_000_000)
    })

    test.each([
        ["an hour on", MS_PER_HOUR],
        ["an hour back", 6 * MS_PER_DAY + 23 * MS_PER_HOUR],
        ["half a day on", 12 * MS_PER_HOUR],
    ])("CLK-1: a wall clock that jumps %s moves no dose, and alarms until a person has seen it", (_, jumpMs) => {
        const bench = new Bench({ programme })
        const steady = new Bench({ programme })
        for (const pump of [bench, steady]) {
            pump.shown.wallStartMs = 11 * MS_PER_HOUR
            pump.start()
        }
        bench.shown.wallStartMs = (bench.shown.wallStartMs + jumpMs) % (7 * MS_PER_DAY)
        for (const pump of [bench, steady]) pump.run(2 * MS_PER_HOUR, 1_000)
        expect(bench.pump.owed).toBe(steady.pump.owed)
        expect(bench.pump.commandedSteps).toBe(steady.pump.commandedSteps)
        expect(bench.alarms).toEqual(["clockFault"])
        expect(bench.reasonOf(Alarm.ClockFault)).toBe(Reason.Jumped)
        bench.command(CommandKind.Acknowledge)
        bench.runSamples(1)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.wallMinusNowMs).toBe(steady.pump.wallMinusNowMs)
    })

    test("CLK-1: after a jump of the monotonic clock the wall clock is asked again", () => {
        const bench = started({ programme })
        bench.tick(bench.nowMs + 12 * MS_PER_HOUR)
        expect(bench.pump.ratePlPerDay).toBe(100_000_000)
        bench.runSamples(1)
        expect(timeOfWeek(bench.pump.wallMinusNowMs + bench.nowMs)).toBe(bench.nowMs - START_UP_MS)
        expect(bench.pump.ratePlPerDay).toBe(300_000_000)
    })
})

describe("late ticks", () => {
    /** Ticks a second apart, so many of them late by a millisecond. */
    function late(bench: Bench, ticks: number): void {
        for (let i = 0; i < ticks; i++) bench.tick(bench.nowMs + 1_001)
    }

    test("TIM-1: ten ticks over 1 s in ten minutes alarm, nine do not, nor do any that are just in time", () => {
        const bench = started()
        bench.run(100_000, 1_000)
        late(bench, 9)
        bench.runSamples(2)
        expect(bench.alarms).toEqual([])
        late(bench, 1)
        expect(bench.alarms).toEqual(["timeLost"])
        expect(bench.reasonOf(Alarm.TimeLost)).toBe(Reason.TicksLate)
        expect(bench.pump.delivering).toBe(true)
    })

    test("TIM-1: those of an earlier ten minutes do not count", () => {
        const bench = started()
        late(bench, 9)
        bench.run(600_000, 1_000)
        late(bench, 9)
        bench.runSamples(1)
        expect(bench.alarms).toEqual([])
        late(bench, 1)
        expect(bench.alarms).toEqual(["timeLost"])
    })

    test("TIM-1: it ends when a person has seen it and the ticks are on time again", () => {
        const bench = started()
        late(bench, 10)
        bench.command(CommandKind.Acknowledge)
        bench.runSamples(1)
        expect(bench.alarms, "ticks of these ten minutes were late").toEqual(["timeLost"])
        bench.run(600_000, 1_000)
        expect(bench.pump.conditions).toBe(0)
        expect(bench.alarms, "it was there, and nobody has seen that it is over").toEqual(["timeLost"])
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual([])
    })

    test("TIM-1: a jump of the clock is over at once, and waits to be seen", () => {
        const bench = started()
        bench.tick(bench.nowMs + ELAPSED_MS_MAX + 1)
        expect(bench.reasonOf(Alarm.TimeLost)).toBe(Reason.TimeJumped)
        bench.run(MS_PER_HOUR, 1_000)
        expect(bench.alarms).toEqual(["timeLost"])
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual([])
    })
})

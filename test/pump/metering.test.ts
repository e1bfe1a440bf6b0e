import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Alarm, hasAlarm, Reason } from "../../src/pump/alarms"
import {
    ELAPSED_MS_MAX,
    MS_PER_DAY,
    MS_PER_MINUTE,
    MS_PER_WEEK,
    OWED_MAX,
    RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
    START_UP_MS,
    TICK_MS,
} from "../../src/pump/limits"
import { CommandKind } from "../../src/pump/readings"
import { STAGES } from "../../src/pump/supervise"
import { nextDueMs } from "../../src/pump/tick"
import { Bench, programmeOf, started, steadyProgramme } from "./bench"

// What the programme asks for between two times of the week, in exact integers and without any of the pump's code.
function askedFor(
    segments: { startMinute: number; ratePlPerDay: number }[],
    fromWeekMs: number,
    lengthMs: number,
): bigint {
    let sum = 0n
    let at = fromWeekMs
    const end = fromWeekMs + lengthMs
    while (at < end) {
        const dayMs = at % MS_PER_DAY
        const index = segments.findLastIndex(segment => segment.startMinute * MS_PER_MINUTE <= dayMs)
        const next = segments[index + 1]
        const segmentEnd = at - dayMs + (next ? next.startMinute * MS_PER_MINUTE : MS_PER_DAY)
        const until = Math.min(end, segmentEnd)
        sum += BigInt(segments[index].ratePlPerDay) * BigInt(until - at)
        at = until
    }
    return sum
}

const rate = fc.oneof(
    fc.constant(0),
    fc.constant(RATE_PL_PER_DAY_MIN),
    fc.constant(RATE_PL_PER_DAY_MAX),
    fc.integer({ min: RATE_PL_PER_DAY_MIN, max: RATE_PL_PER_DAY_MAX }),
)

const daySchedule = fc
    .tuple(
        rate,
        fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 1439 }), rate), { maxLength: 47, selector: s => s[0] }),
    )
    .map(([first, others]) => [
        { startMinute: 0, ratePlPerDay: first },
        ...others.sort((a, b) => a[0] - b[0]).map(([startMinute, ratePlPerDay]) => ({ startMinute, ratePlPerDay })),
    ])
    .filter(segments => segments.some(segment => segment.ratePlPerDay > 0))

describe("metering", () => {
    test("MET-1: never ahead of the programme, never a whole step behind, for any schedule, slicing and lateness", () => {
        fc.assert(
            fc.property(
                daySchedule,
                fc.integer({ min: 20_000, max: 200_000 }),
                fc.integer({ min: 0, max: MS_PER_WEEK - 1 }),
                fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 50, maxLength: 400 }),
                (segments, stepPl, startWeekMs, slices) => {
                    // A motor that can make in one tick all that 1 s of the highest flow asks for.
                    const bench = new Bench({ programme: programmeOf(segments), stepPl, stepsPerTickMax: 50 })
                    bench.shown.wallStartMs = startWeekMs
                    bench.start()
                    let asked = 0n
                    for (const sliceMs of slices) {
                        asked += askedFor(segments, startWeekMs + bench.nowMs - START_UP_MS, sliceMs)
                        bench.tick(bench.nowMs + sliceMs)
                        const behind = asked - BigInt(bench.pump.commandedSteps) * BigInt(stepPl) * BigInt(MS_PER_DAY)
                        if (behind < 0n) expect.fail(`ahead of the programme at ${bench.nowMs} ms`)
                        if (behind >= BigInt(stepPl * MS_PER_DAY)) expect.fail(`a step behind at ${bench.nowMs} ms`)
                    }
                },
            ),
            { numRuns: 300 },
        )
    })

    // Too long for every mutant of `npm run mutate`.
    test.skipIf(process.env.MUTATION_GROUP)(
        "MET-1: the error stays under one step through 90 days, ticks up to 10 s late",
        () => {
            const segments = [
                { startMinute: 0, ratePlPerDay: 123_456_789 },
                { startMinute: 61, ratePlPerDay: 24_000_000_000 },
                { startMinute: 62, ratePlPerDay: 0 },
                { startMinute: 1_337, ratePlPerDay: 977_777_777 },
            ]
            const stepPl = 144_901
            const bench = started({ programme: programmeOf(segments), stepPl, stepsPerTickMax: 50 })
            bench.refillAlways = true
            bench.samplePeriodMs = 600_000
            const beganMs = bench.nowMs
            // A small generator of its own. What is never late is for the test before this one.
            let state = 1
            for (let ticks = 1; bench.nowMs < 90 * MS_PER_DAY; ticks++) {
                state = (state * 69_069 + 1) % 4_294_967_296
                bench.tick(bench.nowMs + ELAPSED_MS_MAX - ((state >>> 8) % 5_000))
                if (ticks % 1_009 !== 0) continue
                const asked = askedFor(segments, beganMs - START_UP_MS, bench.nowMs - beganMs)
                const behind = asked - BigInt(bench.pump.commandedSteps) * BigInt(stepPl) * BigInt(MS_PER_DAY)
                if (!(behind >= 0n && behind < BigInt(stepPl * MS_PER_DAY)))
                    expect.fail(`off by a step at tick ${ticks}`)
            }
        },
    )

    test("MET-2: what a late tick owes is made up at no more than the motor's steps per tick, and nothing is lost", () => {
        const bench = started({ programme: steadyProgramme(RATE_PL_PER_DAY_MAX), stepsPerTickMax: 7 })
        const beganMs = bench.nowMs
        bench.tick(beganMs + 5_000)
        const owedSteps = Math.floor((5_000 * RATE_PL_PER_DAY_MAX) / (44_900 * MS_PER_DAY))
        expect(owedSteps).toBeGreaterThan(21)
        expect(bench.actions.steps).toBe(7)
        for (let i = 1; i <= 20; i++) {
            bench.tick()
            expect(bench.actions.steps).toBeLessThanOrEqual(7)
        }
        const asked = Math.floor(((bench.nowMs - beganMs) * RATE_PL_PER_DAY_MAX) / (44_900 * MS_PER_DAY))
        expect(bench.pump.commandedSteps).toBe(asked)
    })

    test.each([
        ["just within the bound", ELAPSED_MS_MAX, ELAPSED_MS_MAX, false],
        ["past the bound", ELAPSED_MS_MAX + 1, ELAPSED_MS_MAX, true],
        ["an hour", 3_600_000, ELAPSED_MS_MAX, true],
        ["none at all", 0, 0, false],
        ["backwards", -1, 0, true],
        ["no number", Number.NaN, 0, true],
    ])("MET-3: time lost past a bound is an alarm and not a burst: %s", (_, jumpMs, meteredMs, alarms) => {
        const ratePlPerDay = 86_400_000
        const bench = started({ programme: steadyProgramme(ratePlPerDay), stepPl: 10_000_000 })
        bench.tick(bench.nowMs + jumpMs)
        expect(bench.pump.owed).toBe(meteredMs * ratePlPerDay)
        expect(bench.actions.steps).toBe(0)
        expect(hasAlarm(bench.pump.alarms, Alarm.TimeLost)).toBe(alarms)
        if (alarms) expect(bench.reasonOf(Alarm.TimeLost)).toBe(Reason.TimeJumped)
    })

    test("MET-3: ticks that are late for ever alarm before any number leaves its exact range", () => {
        const bench = started({ programme: steadyProgramme(RATE_PL_PER_DAY_MAX), stepsPerTickMax: 7 })
        bench.refillAlways = true
        for (let i = 1; i <= 2_000; i++) {
            bench.tick(bench.nowMs + ELAPSED_MS_MAX)
            if (!Number.isSafeInteger(bench.pump.owed)) expect.fail(`owed ${bench.pump.owed} after ${i} ticks`)
        }
        expect(bench.alarms).toContain("timeLost")
        expect(bench.pump.owed).toBeLessThanOrEqual(OWED_MAX)
    })

    test("MET-3: what has piled up is bounded, with an alarm, however it came about", () => {
        for (const [owed, left, alarms] of [
            [OWED_MAX, OWED_MAX - 7 * 44_900 * MS_PER_DAY, []],
            [OWED_MAX + 8 * 44_900 * MS_PER_DAY, OWED_MAX, ["timeLost"]],
        ] as const) {
            const bench = started()
            bench.pump.owed = owed
            bench.tick(bench.nowMs)
            expect(bench.pump.owed).toBe(left)
            expect(bench.alarms).toEqual(alarms)
            if (alarms.length > 0) expect(bench.reasonOf(Alarm.TimeLost)).toBe(Reason.TicksLate)
        }
    })

    test("the deadlines stay on a fixed grid, and missed ones are skipped", () => {
        expect(nextDueMs(3_000, TICK_MS, 3_000)).toBe(3_100)
        expect(nextDueMs(3_000, TICK_MS, 3_099)).toBe(3_100)
        expect(nextDueMs(3_000, TICK_MS, 3_100)).toBe(3_200)
        expect(nextDueMs(3_000, TICK_MS, 3_599)).toBe(3_600)
    })

    test("a tick that is not given time makes nothing", () => {
        const bench = started()
        const owed = bench.pump.owed
        bench.tick(bench.nowMs)
        expect(bench.readings.sampled).toBe(false)
        expect(bench.pump.owed).toBe(owed)
        expect(bench.actions.steps).toBe(0)
    })
})

describe("ticks in which nothing is due", () => {
    test("ENG-1: none is while readings are judged, a prime is in progress or an occlusion is relieved", () => {
        const bench = started()
        bench.runUntil(() => bench.readings.sampled)
        for (let stage = 1; stage < STAGES; stage++) {
            expect(bench.pump.idleUntilMs).toBe(0)
            bench.tick()
        }
        bench.tick()
        expect(bench.pump.idleUntilMs).toBeGreaterThan(bench.nowMs)
        bench.command(CommandKind.Prime, 50_000_000, 24_000_000_000)
        for (let i = 0; i < 15; i++) {
            bench.tick()
            expect(bench.pump.idleUntilMs).toBe(0)
        }
        bench.pump.bolusLeftPl = 1
        bench.runUntil(() => bench.pump.idleUntilMs > 0)
        bench.pump.reliefLeftSteps = 1
        bench.tick()
        expect(bench.pump.idleUntilMs).toBe(0)
    })
})

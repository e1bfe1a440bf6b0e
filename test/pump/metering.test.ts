import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Alarm, hasAlarm } from "../../src/pump/alarms"
import {
    ELAPSED_MS_MAX,
    MS_PER_DAY,
    MS_PER_MINUTE,
    MS_PER_WEEK,
    RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
    START_UP_MS,
    TICK_MS,
} from "../../src/pump/limits"
import { nextDueMs, tick } from "../../src/pump/tick"
import { Bench, programmeOf } from "./bench"

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
                    const wallWeekMs = startWeekMs - (startWeekMs % 1000)
                    bench.readings.wallWeekMs = wallWeekMs
                    fc.pre(stepPl * 50 >= (RATE_PL_PER_DAY_MAX / MS_PER_DAY) * 1_100)
                    bench.tick(START_UP_MS)
                    let elapsedMs = 0
                    for (const sliceMs of slices) {
                        elapsedMs += sliceMs
                        bench.tick(START_UP_MS + elapsedMs)
                        const asked = askedFor(segments, wallWeekMs, elapsedMs)
                        const behind = asked - BigInt(bench.pump.commandedSteps) * BigInt(stepPl) * BigInt(MS_PER_DAY)
                        expect(behind >= 0n, "never ahead").toBe(true)
                        expect(behind < BigInt(stepPl) * BigInt(MS_PER_DAY), "never a whole step behind").toBe(true)
                    }
                },
            ),
            { numRuns: 300 },
        )
    })

    test("MET-1: the error stays under one step through 90 days of late ticks", () => {
        const segments = [
            { startMinute: 0, ratePlPerDay: 123_456_789 },
            { startMinute: 61, ratePlPerDay: 24_000_000_000 },
            { startMinute: 62, ratePlPerDay: 0 },
            { startMinute: 1_337, ratePlPerDay: 977_777_777 },
        ]
        const stepPl = 44_900
        const bench = new Bench({ programme: programmeOf(segments), stepPl, stepsPerTickMax: 7 })
        bench.refillAlways = true
        bench.readings.wallWeekMs = 0
        bench.tick(START_UP_MS)
        let deadlineMs = START_UP_MS
        let nowMs = START_UP_MS
        // A small generator of its own: lateness from 0 to 899 ms.
        let state = 1
        for (let ticks = 1; nowMs < 90 * MS_PER_DAY; ticks++) {
            state = (state * 69_069 + 1) % 4_294_967_296
            deadlineMs = nextDueMs(deadlineMs, TICK_MS, nowMs)
            nowMs = deadlineMs + (state % 10 < 7 ? 0 : (state >>> 8) % 900)
            bench.tick(nowMs)
            if (ticks % 10_007 !== 0) continue
            const asked = askedFor(segments, 0, nowMs - START_UP_MS)
            const behind = asked - BigInt(bench.pump.commandedSteps) * BigInt(stepPl) * BigInt(MS_PER_DAY)
            expect(behind >= 0n && behind < BigInt(stepPl) * BigInt(MS_PER_DAY), `at tick ${ticks}`).toBe(true)
        }
    })

    test("MET-2: what a late tick owes is made up at no more than the motor's steps per tick, and nothing is lost", () => {
        const bench = new Bench({
            programme: programmeOf([{ startMinute: 0, ratePlPerDay: RATE_PL_PER_DAY_MAX }]),
            stepsPerTickMax: 7,
        })
        bench.tick(START_UP_MS)
        bench.tick(START_UP_MS + 5_000)
        const owedSteps = Math.floor((5_000 * RATE_PL_PER_DAY_MAX) / (44_900 * MS_PER_DAY))
        expect(owedSteps).toBeGreaterThan(21)
        expect(bench.actions.steps).toBe(7)
        for (let i = 1; i <= 20; i++) {
            bench.tick(START_UP_MS + 5_000 + i * 100)
            expect(bench.actions.steps).toBeLessThanOrEqual(7)
        }
        const asked = Math.floor((7_000 * RATE_PL_PER_DAY_MAX) / (44_900 * MS_PER_DAY))
        expect(bench.pump.commandedSteps).toBe(asked)
    })

    test.each([
        ["just within the bound", ELAPSED_MS_MAX, ELAPSED_MS_MAX, false],
        ["past the bound", ELAPSED_MS_MAX + 1, ELAPSED_MS_MAX, true],
        ["an hour", 3_600_000, ELAPSED_MS_MAX, true],
        ["backwards", -1, 0, true],
    ])("MET-3: time lost past a bound is an alarm and not a burst: %s", (_, jumpMs, meteredMs, alarms) => {
        const ratePlPerDay = 86_400_000
        const bench = new Bench({ programme: programmeOf([{ startMinute: 0, ratePlPerDay }]), stepPl: 10_000_000 })
        bench.tick(START_UP_MS)
        bench.tick(START_UP_MS + jumpMs)
        expect(bench.pump.owed).toBe(meteredMs * ratePlPerDay)
        expect(hasAlarm(bench.pump.alarms, Alarm.TimeLost)).toBe(alarms)
    })

    test("MET-3: ticks that are late for ever alarm before any number leaves its exact range", () => {
        const bench = new Bench({
            programme: programmeOf([{ startMinute: 0, ratePlPerDay: RATE_PL_PER_DAY_MAX }]),
            stepsPerTickMax: 7,
        })
        bench.refillAlways = true
        bench.tick(START_UP_MS)
        for (let i = 1; i <= 2_000; i++) {
            bench.tick(START_UP_MS + i * ELAPSED_MS_MAX)
            expect(Number.isSafeInteger(bench.pump.owed)).toBe(true)
        }
        expect(hasAlarm(bench.pump.alarms, Alarm.TimeLost)).toBe(true)
    })

    test("the deadlines stay on a fixed grid, and missed ones are skipped", () => {
        expect(nextDueMs(3_000, TICK_MS, 3_000)).toBe(3_100)
        expect(nextDueMs(3_000, TICK_MS, 3_099)).toBe(3_100)
        expect(nextDueMs(3_000, TICK_MS, 3_100)).toBe(3_200)
        expect(nextDueMs(3_000, TICK_MS, 3_599)).toBe(3_600)
    })

    test("a tick that is not given time makes nothing", () => {
        const bench = new Bench({})
        bench.tick(START_UP_MS)
        const owed = bench.pump.owed
        bench.readings.sampled = false
        tick(bench.pump, bench.readings, START_UP_MS, bench.actions)
        expect(bench.pump.owed).toBe(owed)
        expect(bench.actions.steps).toBe(0)
    })
})

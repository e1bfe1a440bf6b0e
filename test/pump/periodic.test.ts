import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_WEEK, START_UP_MS } from "../../src/pump/limits"
import { periodicRatePlPerDay } from "../../src/pump/programme"
import { CommandKind, SensorFault } from "../../src/pump/readings"
import { askedFor, Bench, programmeOf } from "./bench"

const BASAL = 86_400_000
const SCHEDULE = [
    { startMinute: 0, ratePlPerDay: BASAL },
    { startMinute: 700, ratePlPerDay: 2 * BASAL },
]

interface Periodic {
    periodicPl: number
    periodicMinutes: number
    periodicDurationMinutes: number
    periodicStartMinute: number
}

/** A pump with such a periodic dose, that delivers from this local time on. */
function pumpAt(localMs: number, periodic: Periodic, segments = SCHEDULE): Bench {
    const bench = new Bench({
        programme: { ...programmeOf(segments), ...periodic },
        stepPl: 1_000_000,
        stepsPerTickMax: 50,
    })
    bench.refillAlways = true
    // Delivery begins half a second after the first tick.
    bench.shown.wallStartMs = localMs - 500
    return bench.start()
}

/** What a pump metered against what its programme asked for in that time, in picolitres times milliseconds per day. */
function difference(bench: Bench, fromLocalMs: number, lengthMs: number): bigint {
    const before = bench.metered
    const endMs = bench.nowMs + lengthMs
    bench.samplePeriodMs = 600_000
    // As late as a tick may be without losing time, and never in step with any minute.
    bench.run(lengthMs - 10_000, 9_973)
    bench.tick(endMs)
    const programme = bench.pump.programme
    if (!programme) throw new Error("no programme")
    return bench.metered - before - askedFor(programme, fromLocalMs, fromLocalMs + lengthMs)
}

const DAY_7000 = 7_000 * MS_PER_DAY

describe("periodic doses", () => {
    test.each<[string, number, Periodic, number, number]>([
        [
            "every 6 h on the hour",
            DAY_7000,
            { periodicPl: 5_000_000, periodicMinutes: 360, periodicDurationMinutes: 10, periodicStartMinute: 0 },
            MS_PER_DAY,
            4,
        ],
        [
            "at an interval that does not divide a day",
            DAY_7000,
            {
                periodicPl: 3_000_001,
                periodicMinutes: 101,
                periodicDurationMinutes: 7,
                periodicStartMinute: 7_000 * 1440,
            },
            1010 * MS_PER_MINUTE,
            10,
        ],
        [
            "all the time",
            DAY_7000,
            { periodicPl: 777, periodicMinutes: 30, periodicDurationMinutes: 30, periodicStartMinute: 1 },
            MS_PER_DAY,
            48,
        ],
        [
            "over midnight",
            DAY_7000 + 20 * MS_PER_HOUR,
            {
                periodicPl: 5_000_000,
                periodicMinutes: 1_440,
                periodicDurationMinutes: 120,
                periodicStartMinute: 23 * 60 + 1,
            },
            8 * MS_PER_HOUR,
            1,
        ],
        [
            "once a week, over the end of the week",
            // It is Sunday noon.
            700 * MS_PER_WEEK - 12 * MS_PER_HOUR,
            {
                periodicPl: 5_000_000,
                periodicMinutes: 10_080,
                periodicDurationMinutes: 121,
                periodicStartMinute: 10_080 - 60,
            },
            MS_PER_DAY,
            1,
        ],
    ])("PER-1: come once each and whole, on top of the schedule: %s", (_, fromMs, periodic, lengthMs, doses) => {
        const bench = pumpAt(fromMs, periodic)
        expect(difference(bench, fromMs, lengthMs)).toBe(0n)
        const programme = { ...programmeOf(SCHEDULE), ...periodic }
        const besides =
            askedFor(programme, fromMs, fromMs + lengthMs) - askedFor(programmeOf(SCHEDULE), fromMs, fromMs + lengthMs)
        // A flow is a whole number of picolitres a day: half of one is the most that it is off by.
        const off = Math.abs(Number(besides - BigInt(doses * periodic.periodicPl) * BigInt(MS_PER_DAY)))
        expect(off).toBeLessThanOrEqual(doses * periodic.periodicDurationMinutes * MS_PER_MINUTE * 0.5)
    })

    test("PER-1: for any schedule, interval, duration, beginning and time", () => {
        const minute = fc.integer({ min: 0, max: 1_439 })
        fc.assert(
            fc.property(
                fc.uniqueArray(minute, { minLength: 1, maxLength: 5 }),
                fc.integer({ min: 30, max: 10_080 }),
                fc.integer({ min: 0, max: 999 }),
                fc.integer({ min: -3_000, max: 3_000 }),
                fc.integer({ min: 1, max: 30_000_000 }),
                fc.integer({ min: 0, max: MS_PER_WEEK }),
                (starts, periodicMinutes, share, startMinute, periodicPl, weekMs) => {
                    const fromMs = DAY_7000 + weekMs
                    const periodic = {
                        periodicPl,
                        periodicMinutes,
                        periodicDurationMinutes: Math.max(1, Math.floor((periodicMinutes * share) / 1000)),
                        periodicStartMinute: 7_000 * 1440 + startMinute,
                    }
                    const minutes = [0, ...starts.filter(start => start > 0)].sort((a, b) => a - b)
                    const segments = minutes.map((startMinute, i) => ({ startMinute, ratePlPerDay: (i % 3) * BASAL }))
                    const bench = pumpAt(fromMs, periodic, segments)
                    return difference(bench, fromMs, 4 * MS_PER_HOUR) === 0n
                },
            ),
            { numRuns: 100, seed: 1, endOnFailure: true },
        )
    })

    test("PER-2: none comes before the first, to the millisecond", () => {
        const periodic = {
            periodicPl: 5_000_000,
            periodicMinutes: 60,
            periodicDurationMinutes: 60,
            periodicStartMinute: 7_000 * 1440 + 90,
        }
        const bench = pumpAt(DAY_7000, periodic, [{ startMinute: 0, ratePlPerDay: BASAL }])
        const startMs = bench.nowMs
        bench.run(90 * MS_PER_MINUTE - 1_000, 1_000)
        bench.tick(startMs + 90 * MS_PER_MINUTE - 1)
        expect(bench.pump.ratePlPerDay).toBe(BASAL)
        bench.tick(startMs + 90 * MS_PER_MINUTE)
        expect(bench.pump.ratePlPerDay).toBe(BASAL + 120_000_000)
    })

    test("PER-3: what a stop took of one is not made up, and the next comes in time", () => {
        const periodic = {
            periodicPl: 6_000_000,
            periodicMinutes: 60,
            periodicDurationMinutes: 10,
            periodicStartMinute: 7_000 * 1440 + 2,
        }
        const bench = pumpAt(DAY_7000, periodic, [{ startMinute: 0, ratePlPerDay: BASAL }])
        const startMs = bench.nowMs
        const localMs = () => DAY_7000 + bench.nowMs - startMs
        bench.run(5 * MS_PER_MINUTE)
        bench.command(CommandKind.Stop)
        const stopMs = localMs()
        const before = bench.metered
        bench.run(3 * MS_PER_MINUTE)
        bench.command(CommandKind.Start)
        const fromMs = localMs()
        expect(bench.metered, "of a step that was under way nothing is lost").toBe(before)
        bench.run(2 * MS_PER_HOUR, 1_000)
        const { programme } = bench.pump
        if (!programme) throw new Error("no programme")
        expect(bench.metered).toBe(askedFor(programme, DAY_7000, stopMs) + askedFor(programme, fromMs, localMs()))
        expect(stopMs).toBeLessThan(DAY_7000 + 7 * MS_PER_MINUTE)
        expect(fromMs).toBeGreaterThan(DAY_7000 + 8 * MS_PER_MINUTE)
    })

    test("SCH-2: while the time of day is unknown the mean flow runs, which holds them already", () => {
        const periodic = {
            periodicPl: 6_000_000,
            periodicMinutes: 60,
            periodicDurationMinutes: 10,
            periodicStartMinute: 0,
        }
        const programme = { ...programmeOf(SCHEDULE), ...periodic, meanRatePlPerDay: 250_000_000 }
        const bench = new Bench({ programme })
        bench.shown.wallFault = SensorFault.Invalid
        bench.start()
        for (let i = 0; i < 12; i++) {
            bench.run(6 * MS_PER_MINUTE, 1_000)
            expect(bench.pump.ratePlPerDay).toBe(250_000_000)
        }
        bench.shown.wallFault = SensorFault.None
        bench.shown.wallStartMs = 5 * MS_PER_HOUR + START_UP_MS - bench.nowMs
        bench.runSamples(1)
        expect(bench.pump.ratePlPerDay).toBe(BASAL + periodicRatePlPerDay(programme))
    })
})

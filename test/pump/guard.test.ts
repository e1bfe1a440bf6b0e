import { readFileSync } from "node:fs"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { crc32, writeUint } from "../../src/pump/bytes"
import {
    allowSteps,
    createGuard,
    decodeLimits,
    type Guard,
    type GuardLimits,
    LIMITS_MAGIC,
    LIMITS_SIZE,
    LIMITS_VERSION,
    PRIME_ALLOWED_MS,
    restoreGuard,
} from "../../src/pump/guard"
import {
    DAY_LIMIT_PL_MAX,
    ELAPSED_MS_MAX,
    HOUR_LIMIT_PL_MAX,
    MS_PER_DAY,
    MS_PER_HOUR,
    MS_PER_MINUTE,
    PRIME_PL_MAX,
    RATE_PL_PER_DAY_MIN,
    RELIEF_PL_MAX,
    START_UP_MS,
    STEP_PL_MAX,
    STEP_PL_MIN,
} from "../../src/pump/limits"
import { catchUp } from "../../src/pump/odometer"
import { CommandKind, createReadings, GuardTrip } from "../../src/pump/readings"
import { CHECKPOINT } from "./bench"

const STEP_PL = 50_000
const CALL_MS = 10_000
const STEPS_AT_ONCE = 5000

/** 20 steps an hour and one more, 100 a day and one more, 30 in a prime and one more. */
const LIMITS: GuardLimits = { hourPlMax: 20 * STEP_PL, dayPlMax: 100 * STEP_PL, primePlMax: 30 * STEP_PL }

/** A guard on the table, called with a sample each time unless a test asks otherwise. */
class GuardBench {
    readonly guard: Guard
    readonly readings = createReadings()
    nowMs = START_UP_MS

    /** Null stands for a record that is missing or damaged. */
    constructor(limits: GuardLimits | null = LIMITS, stepPl = STEP_PL, stepsAtOnce = STEPS_AT_ONCE) {
        this.guard = createGuard(limits ?? undefined, stepPl, stepsAtOnce, this.nowMs)
        this.readings.sampled = true
    }

    allow(steps: number): number {
        return allowSteps(this.guard, steps, this.readings, this.nowMs)
    }

    after(elapsedMs: number, steps: number): number {
        this.nowMs += elapsedMs
        return this.allow(steps)
    }

    /** Lets time pass without steps, in calls that a tick may be apart. */
    wait(lengthMs: number): void {
        for (const endMs = this.nowMs + lengthMs; this.nowMs < endMs; )
            this.after(Math.min(CALL_MS, endMs - this.nowMs), 0)
    }

    /** The firmware starts anew, and the guard takes up what it had counted. */
    reset(): void {
        const { guard } = this
        const checkpoint = {
            ...CHECKPOINT,
            guardHourSteps: guard.hourSteps,
            guardDaySteps: guard.daySteps,
            guardPrimeSteps: guard.primeSteps,
            guardPrimeDaySteps: guard.primeDaySteps,
        }
        catchUp(checkpoint, undefined, undefined, STEP_PL)
        const { guardHourSteps, guardDaySteps, guardPrimeDaySteps } = checkpoint
        Object.assign(guard, createGuard(LIMITS, STEP_PL, STEPS_AT_ONCE, this.nowMs))
        restoreGuard(guard, GuardTrip.None, guardHourSteps, guardDaySteps, guardPrimeDaySteps)
    }

    command(kind: CommandKind, volumePl = 0): void {
        this.readings.command = kind
        this.readings.commandPl = volumePl
        this.allow(0)
        this.readings.command = CommandKind.None
    }
}

/** What was issued, counted the plain way: every step with its time. */
class Account {
    private readonly timesMs: number[] = []
    private readonly totals: number[] = [0]

    add(atMs: number, steps: number): void {
        this.timesMs.push(atMs)
        this.totals.push(this.total + steps)
    }

    get total(): number {
        return this.totals[this.totals.length - 1]
    }

    /** Steps from `sinceMs` on, that moment included. */
    since(sinceMs: number): number {
        let low = 0
        let high = this.timesMs.length
        while (low < high) {
            const middle = (low + high) >> 1
            if (this.timesMs[middle] < sinceMs) low = middle + 1
            else high = middle
        }
        return this.total - this.totals[low]
    }
}

describe("the guard stands alone", () => {
    test("GRD-1: it imports nothing but bytes, limits and readings", () => {
        const source = readFileSync("src/pump/guard.ts", "utf8")
        const imported = [...source.matchAll(/from "([^"]+)"/g)].map(match => match[1])
        expect(imported).toEqual(["./bytes", "./limits", "./readings"])
        expect(source).not.toMatch(/import\(|require\(/)
    })

    test.each([
        [1, 1],
        [7, 7],
        [8, 0],
        [0.5, 0],
        [7.0001, 0],
        [Number.NaN, 0],
        [Number.POSITIVE_INFINITY, 0],
        [Number.NEGATIVE_INFINITY, 0],
        [-1, -1],
        [-7, -7],
        [-8, 0],
        [-0.5, 0],
    ])("GRD-2: of %d steps at once, with 7 the most, %d pass", (steps, passed) => {
        const bench = new GuardBench(LIMITS, STEP_PL, 7)
        expect(bench.allow(steps)).toBe(passed)
        expect(bench.guard.trip).toBe(passed === 0 ? GuardTrip.TooManyStepsAtOnce : GuardTrip.None)
        expect(bench.guard.hourSteps).toBe(Math.max(0, passed))
    })

    test("a tick without steps or sample costs nothing and moves nothing", () => {
        const bench = new GuardBench()
        bench.readings.sampled = false
        expect(bench.after(5000, 0)).toBe(0)
        expect(bench.guard.nowMs).toBe(START_UP_MS)
        bench.after(5000, 1)
        expect(bench.guard.nowMs).toBe(START_UP_MS + 10_000)
        expect(bench.guard.minuteMs).toBe(10_000)
    })
})

describe("the windows", () => {
    test("GRD-3: an hour's limit lets its steps and one more pass, and trips on the next", () => {
        const bench = new GuardBench()
        expect(bench.allow(21)).toBe(21)
        expect(bench.allow(1)).toBe(0)
        expect(bench.guard.trip).toBe(GuardTrip.HourLimit)
        const burst = new GuardBench()
        expect(burst.allow(22)).toBe(0)
        expect(burst.guard.trip).toBe(GuardTrip.HourLimit)
        expect(burst.guard.hourSteps).toBe(0)
    })

    test("GRD-3: what passed leaves the hour after 61 minutes, and not before 60", () => {
        // The step falls at the end of its minute, and at its beginning: the hour is the running minute and the 60 before.
        for (const [intoMinuteMs, leavesMs] of [
            [59_999, 60 * MS_PER_MINUTE + 1],
            [0, 61 * MS_PER_MINUTE],
        ]) {
            for (const [waitMs, passed] of [
                [leavesMs - 1, 0],
                [leavesMs, 1],
            ]) {
                const bench = new GuardBench()
                bench.wait(intoMinuteMs)
                bench.allow(21)
                bench.wait(waitMs)
                expect(bench.allow(1), `${waitMs} ms after ${intoMinuteMs}`).toBe(passed)
            }
        }
    })

    test("GRD-4: a day's limit lets its steps and one more pass, and trips on the next", () => {
        const bench = new GuardBench()
        for (let hour = 0; hour < 5; hour++) {
            expect(bench.allow(20)).toBe(20)
            bench.wait(61 * MS_PER_MINUTE)
        }
        expect(bench.allow(21), "all that the hour has room for").toBe(0)
        expect(bench.guard.trip).toBe(GuardTrip.DayLimit)
        bench.command(CommandKind.Release)
        expect(bench.allow(1)).toBe(1)
        expect(bench.allow(1)).toBe(0)
        expect(bench.guard.trip).toBe(GuardTrip.DayLimit)
    })

    test("GRD-4: what passed leaves the day after 24 hours and a quarter, and not before 24 hours", () => {
        const quarterMs = 15 * MS_PER_MINUTE
        for (const [intoQuarterMs, leavesMs] of [
            [quarterMs - 1, MS_PER_DAY + 1],
            [0, MS_PER_DAY + quarterMs],
        ]) {
            for (const [waitMs, passed] of [
                [leavesMs - 1, 0],
                [leavesMs, 2],
            ]) {
                const bench = new GuardBench({ ...LIMITS, hourPlMax: 200 * STEP_PL })
                bench.wait(intoQuarterMs)
                bench.allow(100)
                bench.wait(waitMs)
                expect(bench.allow(2), `${waitMs} ms after ${intoQuarterMs}`).toBe(passed)
            }
        }
    })

    test("a step at once over both limits is told as the hour's", () => {
        const bench = new GuardBench()
        expect(bench.allow(102)).toBe(0)
        expect(bench.guard.trip).toBe(GuardTrip.HourLimit)
    })

    test("GRD-3: no 60 minutes and no 24 hours ever hold more than the limit, however the steps and ticks fall", () => {
        const call = fc.record({
            elapsedMs: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: ELAPSED_MS_MAX })),
            steps: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 })),
            released: fc.integer({ min: 0, max: 19 }).map(n => n === 0),
        })
        const run = fc.record({
            calls: fc.array(call, { minLength: 100, maxLength: 300 }),
            rounds: fc.integer({ min: 1, max: 120 }),
        })
        let passes = 0
        let trips = 0
        fc.assert(
            fc.property(run, ({ calls, rounds }) => {
                const bench = new GuardBench()
                const account = new Account()
                const { hourStepsMax, dayStepsMax } = bench.guard
                for (let round = 0; round < rounds; round++) {
                    for (const { elapsedMs, steps, released } of calls) {
                        if (released && bench.guard.trip !== GuardTrip.None) bench.command(CommandKind.Release)
                        bench.nowMs += elapsedMs
                        const tripped = bench.guard.trip !== GuardTrip.None
                        // What the coarsest reading of the windows leaves room for must pass.
                        const room =
                            account.since(bench.nowMs - 61 * MS_PER_MINUTE) + steps <= hourStepsMax &&
                            account.since(bench.nowMs - MS_PER_DAY - 15 * MS_PER_MINUTE) + steps <= dayStepsMax
                        const passed = bench.allow(steps)
                        if (tripped && passed > 0) throw new Error("a step passed a guard that had tripped")
                        if (room && !tripped && passed !== steps) throw new Error("tripped within the limits")
                        if (passed !== steps && passed !== 0) throw new Error("a part of the steps passed")
                        if (passed > 0) passes++
                        else if (steps > 0) trips++
                        account.add(bench.nowMs, passed)
                        if (passed === 0) continue
                        if (account.since(bench.nowMs - MS_PER_HOUR) > hourStepsMax) throw new Error("over the hour")
                        if (account.since(bench.nowMs - MS_PER_DAY) > dayStepsMax) throw new Error("over the day")
                    }
                }
            }),
            { numRuns: 10 },
        )
        expect(passes).toBeGreaterThan(100)
        expect(trips).toBeGreaterThan(100)
    })
})

/** What a flow in picolitres a minute, minute by minute of the day, has made due by the beginning of each minute. */
function dueByMinute(plPerMinute: number[]): number[] {
    const due = [0]
    for (const pl of plPerMinute) due.push(due[due.length - 1] + pl)
    return due
}

/** Steps that it has made due up to `atMs`. */
function stepsDue(due: number[], atMs: number, stepPl: number): number {
    const minutes = Math.floor(atMs / MS_PER_MINUTE)
    const day = Math.floor(minutes / 1440)
    const minute = minutes - day * 1440
    const part = atMs / MS_PER_MINUTE - minutes
    return Math.floor((day * due[1440] + due[minute] + part * (due[minute + 1] - due[minute])) / stepPl)
}

/** The largest sum of so many neighbours, with the day repeated. */
function fullest(plPerMinute: number[], minutes: number): number {
    const due = dueByMinute([...plPerMinute, ...plPerMinute])
    let most = 0
    for (let start = 0; start < 1440; start++) most = Math.max(most, due[start + minutes] - due[start])
    return most
}

/** A day of a few levels of flow, or of pulses of one minute, in picolitres a minute. */
const days = fc.oneof(
    fc
        .array(fc.record({ from: fc.integer({ min: 0, max: 1439 }), pl: fc.integer({ min: 0, max: 400_000 }) }), {
            minLength: 1,
            maxLength: 5,
        })
        .map(levels => {
            const day = Array<number>(1440).fill(levels[0].pl)
            for (const { from, pl } of levels) day.fill(pl, from)
            return day
        }),
    fc
        .record({ everyMinutes: fc.integer({ min: 20, max: 180 }), pl: fc.integer({ min: 1, max: 5_000_000 }) })
        .map(({ everyMinutes, pl }) =>
            Array.from({ length: 1440 }, (_, minute) => (minute % everyMinutes === 0 ? pl : 0)),
        ),
)

describe("primes", () => {
    test("GRD-5: a prime and the flow beside it never trip a guard whose limits each keeps", () => {
        const cases = fc.record({
            day: days,
            stepPl: fc.constantFrom(1000, 44_900, 1_000_000, STEP_PL_MAX),
            bolusPl: fc.integer({ min: 1, max: 250_000_000 }),
            primeMs: fc.oneof(fc.integer({ min: 1, max: MS_PER_HOUR }), fc.integer({ min: 1, max: MS_PER_DAY })),
            atMs: fc.integer({ min: 0, max: MS_PER_DAY }),
        })
        fc.assert(
            fc.property(cases, ({ day, stepPl, bolusPl, primeMs, atMs }) => {
                const hourPlMax = fullest(day, 62)
                const dayPlMax = fullest(day, 1440) + fullest(day, 16)
                const bench = new GuardBench({ hourPlMax, dayPlMax, primePlMax: bolusPl }, stepPl, 1e9)
                const dueMinutes = dueByMinute(day)
                let primedBefore = 0
                let dueBefore = 0
                let asked = false
                for (let ms = 0; ms <= 3 * MS_PER_DAY; ms += CALL_MS) {
                    bench.nowMs = START_UP_MS + ms
                    if (ms >= atMs && !asked) {
                        asked = true
                        bench.command(CommandKind.Prime, bolusPl)
                    }
                    const sinceMs = Math.max(0, ms - atMs)
                    const primed = Math.floor((bolusPl / stepPl) * Math.min(1, sinceMs / primeMs))
                    const due = stepsDue(dueMinutes, ms, stepPl)
                    const steps = due - dueBefore + primed - primedBefore
                    if (bench.allow(steps) !== steps) throw new Error(`tripped: ${GuardTrip[bench.guard.trip]}`)
                    dueBefore = due
                    primedBefore = primed
                }
            }),
            { numRuns: 6 },
        )
    })

    test("GRD-5: a prime that a person asks for lets its steps and one more pass beyond the windows, and no more", () => {
        for (const [volumePl, steps] of [
            [30 * STEP_PL, 31],
            [10 * STEP_PL, 11],
            [10 * STEP_PL - 1, 10],
            [1, 1],
        ]) {
            const bench = new GuardBench()
            bench.allow(20)
            bench.command(CommandKind.Prime, volumePl)
            expect(bench.allow(steps + 1), "the last of the hour's and the prime's").toBe(steps + 1)
            expect(bench.guard.hourSteps).toBe(21)
            expect(bench.allow(1)).toBe(0)
            expect(bench.guard.trip).toBe(GuardTrip.PrimeLimit)
        }
    })

    test.each([30 * STEP_PL + 1, 0, -1, Number.NaN])(
        "GRD-5: a prime of %d pL, with 30 steps the most, allows nothing",
        volumePl => {
            const bench = new GuardBench()
            bench.allow(21)
            bench.command(CommandKind.Prime, volumePl)
            expect(bench.allow(1)).toBe(0)
            expect(bench.guard.trip).toBe(GuardTrip.HourLimit)
        },
    )

    test("GRD-5: only a command in a tick with new readings is a person's, and only Prime allows one", () => {
        const bench = new GuardBench()
        bench.allow(21)
        bench.readings.command = CommandKind.Prime
        bench.readings.commandPl = 10 * STEP_PL
        bench.readings.sampled = false
        expect(bench.allow(1)).toBe(0)
        expect(bench.guard.trip).toBe(GuardTrip.HourLimit)
        for (const kind of [CommandKind.Start, CommandKind.Refill, CommandKind.Toggle, CommandKind.Acknowledge]) {
            const other = new GuardBench()
            other.allow(21)
            other.command(kind, 10 * STEP_PL)
            expect(other.allow(1)).toBe(0)
        }
    })

    test("GRD-5: what a prime allows ends two days and a quarter of an hour after it was asked for", () => {
        expect(PRIME_ALLOWED_MS).toBe(2 * MS_PER_DAY + 15 * MS_PER_MINUTE)
        for (const [waitMs, passed] of [
            [PRIME_ALLOWED_MS - 1, 22],
            [PRIME_ALLOWED_MS, 0],
        ]) {
            const bench = new GuardBench()
            bench.command(CommandKind.Prime, 10 * STEP_PL)
            bench.wait(waitMs)
            expect(bench.allow(22)).toBe(passed)
            expect(bench.guard.trip).toBe(passed > 0 ? GuardTrip.None : GuardTrip.HourLimit)
        }
    })

    test("GRD-6: primes of a day allow twice the limit of one, however many are asked for", () => {
        const bench = new GuardBench()
        bench.allow(21)
        for (let i = 0; i < 100; i++) bench.command(CommandKind.Prime, 30 * STEP_PL)
        expect(bench.allow(62)).toBe(62)
        bench.command(CommandKind.Prime, 30 * STEP_PL)
        expect(bench.allow(1)).toBe(0)
        expect(bench.guard.trip).toBe(GuardTrip.PrimeLimit)
    })

    test("GRD-6: primes that were asked for and never given take nothing from a later one", () => {
        const bench = new GuardBench()
        for (let i = 0; i < 5; i++) bench.command(CommandKind.Prime, 30 * STEP_PL)
        bench.wait(MS_PER_HOUR)
        bench.command(CommandKind.Prime, 30 * STEP_PL)
        expect(bench.allow(21 + 31)).toBe(21 + 31)
    })

    test("GRD-6: what primes gave leaves the day after 24 hours and a quarter", () => {
        const quarterMs = 15 * MS_PER_MINUTE
        for (const [waitMs, beyond] of [
            [MS_PER_DAY + quarterMs - CALL_MS, 31],
            [MS_PER_DAY + quarterMs, 62],
        ]) {
            const bench = new GuardBench()
            bench.command(CommandKind.Prime, 30 * STEP_PL)
            bench.allow(21 + 31)
            bench.wait(waitMs)
            bench.command(CommandKind.Prime, 30 * STEP_PL)
            bench.command(CommandKind.Prime, 30 * STEP_PL)
            expect(bench.guard.primeSteps).toBe(beyond)
            expect(bench.allow(21 + beyond)).toBe(21 + beyond)
            expect(bench.allow(1)).toBe(0)
        }
    })

    test("GRD-6: no 24 hours ever hold more than the day's limit and two primes, whatever is asked and wanted", () => {
        const call = fc.record({
            elapsedMs: fc.integer({ min: 0, max: ELAPSED_MS_MAX }),
            steps: fc.integer({ min: 0, max: 4 }),
            bolusPl: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 31 * STEP_PL })),
        })
        let most = 0
        fc.assert(
            fc.property(fc.array(call, { minLength: 50, maxLength: 200 }), calls => {
                const bench = new GuardBench()
                const account = new Account()
                const stepsMax = bench.guard.dayStepsMax + 2 * 31
                for (let round = 0; round < 120; round++)
                    for (const { elapsedMs, steps, bolusPl } of calls) {
                        bench.nowMs += elapsedMs
                        // Whoever releases it at once and asks for a prime each time gets no more.
                        if (bench.guard.trip !== GuardTrip.None) bench.command(CommandKind.Release)
                        if (bolusPl > 0) bench.command(CommandKind.Prime, bolusPl)
                        account.add(bench.nowMs, bench.allow(steps))
                        const day = account.since(bench.nowMs - MS_PER_DAY)
                        most = Math.max(most, day)
                        if (day > stepsMax) throw new Error(`${day} steps in a day`)
                    }
            }),
            { numRuns: 5 },
        )
        expect(most).toBeGreaterThan(150)
    })
})

describe("pulling back", () => {
    test("GRD-7: as much as relieves a line may be pulled back, and not a step more", () => {
        const bench = new GuardBench()
        const stepsMax = RELIEF_PL_MAX / STEP_PL
        expect(bench.allow(-stepsMax + 1)).toBe(-stepsMax + 1)
        expect(bench.allow(-1)).toBe(-1)
        expect(bench.allow(-1)).toBe(0)
        expect(bench.guard.trip).toBe(GuardTrip.ReverseLimit)
    })

    test("GRD-7: a step forward begins the count anew, and steps back give no room in the windows", () => {
        const bench = new GuardBench()
        expect(bench.allow(20)).toBe(20)
        expect(bench.allow(-2000)).toBe(-2000)
        expect(bench.allow(1)).toBe(1)
        expect(bench.allow(-2000)).toBe(-2000)
        expect(bench.guard.hourSteps).toBe(21)
        expect(bench.guard.daySteps).toBe(21)
        expect(bench.allow(1)).toBe(0)
        expect(bench.guard.trip).toBe(GuardTrip.HourLimit)
    })

    test("GRD-7: time and commands give no more of it", () => {
        const bench = new GuardBench()
        bench.allow(-2000)
        bench.wait(MS_PER_DAY)
        bench.command(CommandKind.Start)
        expect(bench.allow(-1)).toBe(0)
    })
})

describe("a trip", () => {
    const trips: [string, (bench: GuardBench) => number, GuardTrip][] = [
        ["too many steps at once", bench => bench.allow(STEPS_AT_ONCE + 1), GuardTrip.TooManyStepsAtOnce],
        ["the hour", bench => bench.allow(22), GuardTrip.HourLimit],
        ["the pull-back", bench => bench.allow(-2001), GuardTrip.ReverseLimit],
    ]

    test.each(trips)("GRD-8: after %s nothing passes until a clinician releases it", (_, trip, kind) => {
        const bench = new GuardBench()
        expect(trip(bench)).toBe(0)
        for (const command of [CommandKind.Stop, CommandKind.Start, CommandKind.Acknowledge, CommandKind.Prime]) {
            bench.command(command, STEP_PL)
            bench.wait(MS_PER_MINUTE)
            expect(bench.allow(1)).toBe(0)
            expect(bench.allow(-1)).toBe(0)
            expect(bench.guard.trip).toBe(kind)
        }
        bench.readings.sampled = false
        bench.command(CommandKind.Release)
        expect(bench.allow(1), "no person's command without new readings").toBe(0)
        bench.readings.sampled = true
        bench.command(CommandKind.Release)
        expect(bench.guard.trip).toBe(GuardTrip.None)
        expect(bench.allow(1)).toBe(1)
    })

    test("GRD-8: a prime asked for meanwhile allows nothing, and a cause that persists trips at once", () => {
        const bench = new GuardBench()
        bench.allow(21)
        bench.allow(1)
        bench.command(CommandKind.Prime, 10 * STEP_PL)
        bench.command(CommandKind.Release)
        expect(bench.allow(1)).toBe(0)
        expect(bench.guard.trip).toBe(GuardTrip.HourLimit)
        bench.wait(61 * MS_PER_MINUTE)
        expect(bench.allow(1), "the windows empty meanwhile, but the trip stays").toBe(0)
        bench.command(CommandKind.Release)
        expect(bench.allow(21)).toBe(21)
    })
})

describe("time", () => {
    /** What an hour's window of 21 steps holds after the clock has moved like this; never a wait in it. */
    function heldAfter(move: (bench: GuardBench) => void): number {
        const bench = new GuardBench()
        bench.allow(21)
        move(bench)
        return bench.guard.hourSteps
    }

    test("GRD-9: a jump forwards counts as 10 s", () => {
        const bench = new GuardBench()
        bench.allow(21)
        bench.after(30 * MS_PER_DAY, 0)
        expect(bench.guard.minuteMs).toBe(ELAPSED_MS_MAX)
        bench.after(10_001, 0)
        expect(bench.guard.minuteMs).toBe(2 * ELAPSED_MS_MAX)
        bench.after(9_999, 0)
        expect(bench.guard.minuteMs).toBe(2 * ELAPSED_MS_MAX + 9_999)
        expect(bench.allow(1)).toBe(0)
    })

    test.each([
        [[1], 1],
        [[9_999], 9_999],
        [[10_001], 10_000],
        [[5 * MS_PER_DAY], 10_000],
        [[3_000, 4_000], 7_000],
        [[6_000, 6_000], 10_000],
    ])("GRD-9: after the clock went back by %j ms, %d ms do not count, and then time does", (backMs, skippedMs) => {
        const bench = new GuardBench()
        bench.after(5_000, 0)
        for (const ms of backMs) bench.after(-ms, 0)
        bench.after(skippedMs - 1, 0)
        expect(bench.guard.minuteMs).toBe(5_000)
        bench.after(3, 0)
        expect(bench.guard.minuteMs).toBe(5_002)
        bench.after(7_000, 0)
        expect(bench.guard.minuteMs).toBe(12_002)
    })

    test("GRD-9: a clock that swings, stands, or gives no number empties no window", () => {
        expect(
            heldAfter(bench => {
                for (let i = 0; i < 2000; i++) bench.after(i % 2 === 0 ? 9000 : -9000, 0)
            }),
        ).toBe(21)
        expect(
            heldAfter(bench => {
                for (let i = 0; i < 2000; i++) bench.after(0, 0)
            }),
        ).toBe(21)
        const bench = new GuardBench()
        const fromMs = bench.nowMs
        for (const nowMs of [Number.NaN, Number.NaN]) {
            bench.nowMs = nowMs
            bench.allow(1)
        }
        expect(bench.guard.hourSteps).toBe(2)
        expect(bench.guard.nowMs).toBe(fromMs)
        bench.nowMs = fromMs + 5000
        bench.allow(1)
        expect(bench.guard.minuteMs).toBe(5000)
    })

    test("GRD-9: a clock that is 10 s late each time moves the windows no faster than one that is not", () => {
        const bench = new GuardBench()
        bench.allow(21)
        for (let i = 0; i < 6 * 60; i++) bench.after(ELAPSED_MS_MAX, 0)
        expect(bench.guard.hourSteps).toBe(21)
        for (let i = 0; i < 6; i++) bench.after(ELAPSED_MS_MAX, 0)
        expect(bench.guard.hourSteps).toBe(0)
    })
})

describe("without limits or calibration", () => {
    test.each([1000, 44_900, STEP_PL_MAX])(
        "GRD-10: without limits the lowest flow passes for ever in steps of %d pL, and twice of it does not",
        stepPl => {
            const run = (ratePlPerDay: number) => {
                const bench = new GuardBench(null, stepPl)
                // At 2 µL an hour a step may be hours long, so several days.
                let before = 0
                for (let ms = 0; ms <= 3 * MS_PER_DAY; ms += CALL_MS) {
                    bench.nowMs = START_UP_MS + ms
                    const due = Math.floor((ratePlPerDay * ms) / MS_PER_DAY / stepPl)
                    bench.allow(due - before)
                    before = due
                }
                return bench.guard.trip
            }
            expect(run(RATE_PL_PER_DAY_MIN)).toBe(GuardTrip.None)
            expect(run(RATE_PL_PER_DAY_MIN * 2.5)).not.toBe(GuardTrip.None)
        },
    )

    test("GRD-10: without limits an hour is 4 µL, a day 96 µL, and a prime nothing", () => {
        const { guard } = new GuardBench(null, 1000)
        expect([guard.hourStepsMax, guard.dayStepsMax, guard.primeDayStepsMax]).toEqual([4001, 96_001, 0])
        const bench = new GuardBench(null, 1000)
        bench.allow(4001)
        bench.command(CommandKind.Prime, 1000)
        expect(bench.allow(1)).toBe(0)
    })

    test.each([
        [STEP_PL_MIN - 1, 0],
        [STEP_PL_MIN, 1],
        [STEP_PL_MAX, 1],
        [STEP_PL_MAX + 1, 0],
        [Number.NaN, 0],
        [0, 0],
    ])("GRD-10: steps of %d pL, that a mechanism may or may not have: of one, %d pass", (stepPl, passed) => {
        for (const command of [CommandKind.None, CommandKind.Prime]) {
            const bench = new GuardBench(LIMITS, stepPl)
            bench.command(command, LIMITS.primePlMax)
            expect(bench.allow(1)).toBe(passed)
            expect(Math.abs(new GuardBench(LIMITS, stepPl).allow(-1))).toBe(passed)
        }
    })
})

describe("a reset", () => {
    test("GRD-11: what was counted before counts on, spread evenly, and leaves in an hour and in a day", () => {
        const bench = new GuardBench()
        restoreGuard(bench.guard, GuardTrip.None, 15, 96, 0)
        expect([bench.guard.hourSteps, bench.guard.daySteps]).toEqual([15, 96])
        expect(bench.guard.minutes.reduce((sum, steps) => sum + steps, 0)).toBe(15)
        expect(Math.max(...bench.guard.minutes) - Math.min(...bench.guard.minutes)).toBe(1)
        expect(bench.guard.quarters).toEqual(Array(96).fill(1))
        bench.wait(30 * MS_PER_MINUTE)
        expect(bench.guard.hourSteps, "7.5 of even flow, and never more").toBe(7)
        expect(bench.guard.daySteps).toBe(94)
        bench.wait(30 * MS_PER_MINUTE)
        expect([bench.guard.hourSteps, bench.guard.daySteps]).toEqual([0, 92])
        bench.wait(23 * MS_PER_HOUR)
        expect(bench.guard.daySteps).toBe(0)
    })

    test("GRD-11: a steady flow goes on after a reset without a trip", () => {
        const bench = new GuardBench()
        let made = 0
        for (let reset = 0; reset < 20; reset++) {
            for (let i = 0; i < 360 * 3; i++) {
                bench.nowMs += CALL_MS
                made++
                // 4 an hour, 96 a day.
                if (made % 90 === 0) expect(bench.allow(1)).toBe(1)
                else bench.allow(0)
            }
            const { minuteSteps, quarterSteps } = bench.guard
            expect(minuteSteps + quarterSteps).toBeLessThan(3)
            bench.reset()
        }
    })

    test("GRD-11: after a prime the windows keep the basal flow alone, and the pump goes on after a reset", () => {
        const bench = new GuardBench()
        bench.allow(12)
        bench.command(CommandKind.Prime, 30 * STEP_PL)
        bench.allow(30)
        expect(bench.guard).toMatchObject({ hourSteps: 21, primeSteps: 10, primeDaySteps: 21 })
        bench.reset()
        expect(bench.guard).toMatchObject({ hourSteps: 11, daySteps: 11, primeSteps: 0, primeDaySteps: 21 })
        expect(bench.allow(10)).toBe(10)
        expect(bench.allow(1)).toBe(0)
    })

    test("GRD-11: a prime that a reset breaks off leaves the basal flow its room, and no flow less than none", () => {
        const bench = new GuardBench()
        bench.allow(3)
        bench.command(CommandKind.Prime, 30 * STEP_PL)
        bench.allow(5)
        expect(bench.guard).toMatchObject({ hourSteps: 8, primeSteps: 31 })
        bench.reset()
        expect(bench.guard).toMatchObject({ hourSteps: 0, daySteps: 0, primeSteps: 0, primeDaySteps: 0 })
        expect(bench.allow(21)).toBe(21)
        expect(bench.allow(1)).toBe(0)
        expect(bench.guard.trip).toBe(GuardTrip.HourLimit)
    })

    test("GRD-11: what primes have used of the day outlasts a reset, and leaves with the day", () => {
        const bench = new GuardBench()
        bench.allow(21)
        for (let prime = 0; prime < 2; prime++) {
            bench.command(CommandKind.Prime, 30 * STEP_PL)
            expect(bench.allow(31)).toBe(31)
        }
        bench.reset()
        expect(bench.guard.primeDaySteps).toBe(62)
        bench.command(CommandKind.Prime, 30 * STEP_PL)
        expect(bench.guard.primeSteps).toBe(0)
        bench.wait(12 * MS_PER_HOUR)
        expect(bench.guard.primeDaySteps).toBe(31)
        bench.wait(12 * MS_PER_HOUR)
        expect(bench.guard.primeDaySteps).toBe(0)
        bench.command(CommandKind.Prime, 30 * STEP_PL)
        expect(bench.guard.primeSteps).toBe(31)
    })

    test.each([
        [21, 101, 62, [21, 101, 62]],
        [22, 102, 63, [21, 101, 62]],
        [-1, -1, -1, [21, 101, 62]],
        [Number.NaN, Number.NaN, Number.NaN, [21, 101, 62]],
        [20.5, 50.5, 30.5, [20, 50, 30]],
        [0, 0, 0, [0, 0, 0]],
    ])("GRD-11: %d steps of the hour, %d of the day and %d of primes count as %j", (hour, day, primes, counted) => {
        const bench = new GuardBench()
        restoreGuard(bench.guard, GuardTrip.None, hour, day, primes)
        const { hourSteps, daySteps, primeDaySteps } = bench.guard
        expect([hourSteps, daySteps, primeDaySteps]).toEqual(counted)
        expect(bench.allow(1)).toBe(hourSteps < 21 ? 1 : 0)
    })

    test("GRD-11: a reset releases nothing", () => {
        for (const trip of [GuardTrip.HourLimit, GuardTrip.PrimeLimit, GuardTrip.TooManyStepsAtOnce]) {
            const bench = new GuardBench()
            restoreGuard(bench.guard, trip, 0, 0, 0)
            expect(bench.allow(1)).toBe(0)
            expect(bench.guard.trip).toBe(trip)
        }
    })
})

describe("the record of limits", () => {
    interface Fields {
        magic?: number
        version?: number
        reserved?: number
        hourPlMax?: number
        dayPlMax?: number
        primePlMax?: number
        size?: number
    }

    function record(fields: Fields = {}): Uint8Array {
        const bytes = new Uint8Array(fields.size ?? LIMITS_SIZE)
        writeUint(bytes, 0, 2, fields.magic ?? LIMITS_MAGIC)
        writeUint(bytes, 2, 1, fields.version ?? LIMITS_VERSION)
        writeUint(bytes, 3, 1, fields.reserved ?? 0)
        writeUint(bytes, 4, 6, fields.hourPlMax ?? 10_000_000)
        writeUint(bytes, 10, 6, fields.dayPlMax ?? 240_000_000)
        writeUint(bytes, 16, 6, fields.primePlMax ?? 250_000_000)
        writeUint(bytes, bytes.length - 4, 4, crc32(bytes, 0, bytes.length - 4, 0))
        return bytes
    }

    test("LIM-1: the limits are read from exactly their own record", () => {
        expect(decodeLimits(record())).toEqual({
            hourPlMax: 10_000_000,
            dayPlMax: 240_000_000,
            primePlMax: 250_000_000,
        })
    })

    test.each<[string, Fields]>([
        ["limits of another size", { size: LIMITS_SIZE + 1 }],
        ["limits of another size", { size: LIMITS_SIZE - 1 }],
        ["not limits", { magic: LIMITS_MAGIC + 1 }],
        ["limits of another version", { version: LIMITS_VERSION + 1 }],
        ["limits of another version", { version: 0 }],
        ["reserved byte in use", { reserved: 1 }],
        ["hour's limit out of range", { hourPlMax: RATE_PL_PER_DAY_MIN / 24 - 1 }],
        ["hour's limit out of range", { hourPlMax: HOUR_LIMIT_PL_MAX + 1 }],
        ["day's limit out of range", { dayPlMax: RATE_PL_PER_DAY_MIN - 1 }],
        ["day's limit out of range", { dayPlMax: DAY_LIMIT_PL_MAX + 1 }],
        ["prime's limit out of range", { primePlMax: PRIME_PL_MAX + 1 }],
    ])("LIM-1: %s is refused", (reason, fields) => {
        expect(decodeLimits(record(fields))).toBe(reason)
    })

    test("LIM-1: the least and the most that limits may be", () => {
        const least = { hourPlMax: RATE_PL_PER_DAY_MIN / 24, dayPlMax: RATE_PL_PER_DAY_MIN, primePlMax: 0 }
        const most = { hourPlMax: HOUR_LIMIT_PL_MAX, dayPlMax: DAY_LIMIT_PL_MAX, primePlMax: PRIME_PL_MAX }
        expect(decodeLimits(record(least))).toEqual(least)
        expect(decodeLimits(record(most))).toEqual(most)
    })

    test("LIM-1: any one bit that is wrong, in the checksum too, is refused", () => {
        for (let bit = 0; bit < LIMITS_SIZE * 8; bit++) {
            const bytes = record()
            bytes[bit >> 3] ^= 1 << (bit & 7)
            expect(typeof decodeLimits(bytes), `bit ${bit}`).toBe("string")
            if (bit >= 32) expect(decodeLimits(bytes)).toBe("limits' checksum is wrong")
        }
    })
})

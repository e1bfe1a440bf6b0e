import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, START_UP_MS, WALL_MS_MAX } from "../../src/pump/limits"
import { localMsAt, shiftLeftAt } from "../../src/pump/localTime"
import { type Programme, periodicRatePlPerDay } from "../../src/pump/programme"
import { CommandKind, Refusal, SensorFault } from "../../src/pump/readings"
import { askedFor, Bench, programmeOf, started } from "./bench"

const RATE = 86_400_000

/** Four segments of flows that differ, and a dose every seven hours and a half. */
const PROGRAMME: Programme = {
    ...programmeOf([
        { startMinute: 0, ratePlPerDay: RATE },
        { startMinute: 361, ratePlPerDay: 0 },
        { startMinute: 725, ratePlPerDay: 3_333_333_333 },
        { startMinute: 1_290, ratePlPerDay: 5 * RATE + 1 },
    ]),
    periodicPl: 20_000_000,
    periodicMinutes: 450,
    periodicDurationMinutes: 25,
    periodicStartMinute: 17,
}

/** The largest flow, with the dose on top. */
const HIGHEST = 3_333_333_333 + periodicRatePlPerDay(PROGRAMME)

/**
 * In a shift a change of flow comes at the nearest later millisecond or the one after it, and changes up and down offset each other:
 * over two weeks of it, or five shifts after each other, 2.6 ms of the highest flow were measured.
 */
const OFF_MS_MAX = 4

/** A pump that delivers from this local time on, with a motor that keeps up with a tick of ten seconds. */
function pumpAt(localMs: number, programme = PROGRAMME): Bench {
    const bench = new Bench({ programme, stepPl: 1_000_000, stepsPerTickMax: 50 })
    bench.refillAlways = true
    bench.shown.wallStartMs = localMs - 500
    return bench.start()
}

/** Ticks as late as they may be without losing time, up to this time on the monotonic clock. */
function runTo(bench: Bench, endMs: number): void {
    bench.samplePeriodMs = 600_000
    while (bench.nowMs + 9_973 < endMs) bench.tick(bench.nowMs + 9_973)
    bench.tick(endMs)
}

const localNow = (bench: Bench) => localMsAt(bench.pump, bench.nowMs)

/** The time that the schedule goes by. */
const scheduleNow = (bench: Bench) => localNow(bench) - shiftLeftAt(bench.pump, bench.nowMs)

/** By how many milliseconds of its highest flow a pump is off what its programme asks for between two local times. */
function offMs(bench: Bench, before: bigint, fromLocalMs: number, programme = PROGRAMME, highest = HIGHEST): number {
    return Number(bench.metered - before - askedFor(programme, fromLocalMs, localNow(bench))) / highest
}

describe("a shift of local time", () => {
    test.each([
        ["an hour ahead", 3600],
        ["an hour back", -3600],
        ["14 hours ahead", 14 * 3600],
        ["14 hours back", -14 * 3600],
        ["a second ahead", 1],
        ["half a day and a second back", -43_201],
    ])(
        "CLK-4: %s: all that the schedule asks for comes once, and the schedule has caught up after 24 times as long",
        (_, shiftS) => {
            for (const atMs of [5 * MS_PER_HOUR + 123, 12 * MS_PER_HOUR + 6 * MS_PER_MINUTE]) {
                const fromLocalMs = 7_000 * MS_PER_DAY + 4 * MS_PER_DAY + atMs
                const bench = pumpAt(fromLocalMs)
                const before = bench.metered
                bench.setClock(shiftS * MS_PER_SECOND)
                expect(bench.actions).toMatchObject({
                    command: CommandKind.Clock,
                    refusal: Refusal.None,
                    checkpointDue: true,
                })
                const beganMs = bench.nowMs
                expect(localNow(bench)).toBe(fromLocalMs + beganMs - START_UP_MS - 500 + shiftS * MS_PER_SECOND)
                runTo(bench, beganMs + 24_000 * Math.abs(shiftS) - 1)
                expect(bench.pump.shiftLeftMs).not.toBe(0)
                runTo(bench, beganMs + 24_000 * Math.abs(shiftS))
                expect(bench.pump.shiftLeftMs).toBe(0)
                expect(localNow(bench)).toBe(fromLocalMs + bench.nowMs - START_UP_MS - 500 + shiftS * MS_PER_SECOND)
                expect(bench.pump.wallMinusNowMs + bench.nowMs).toBe(localNow(bench))
                runTo(bench, bench.nowMs + MS_PER_DAY)
                expect(Math.abs(offMs(bench, before, fromLocalMs))).toBeLessThanOrEqual(OFF_MS_MAX)
            }
        },
    )

    /** The programme with nothing but one of its segments. */
    const alone = (segment: number): Programme => ({
        ...PROGRAMME,
        segmentRatePlPerDay: PROGRAMME.segmentRatePlPerDay.map((rate, i) => (i === segment ? rate : 0)),
        periodicPl: 0,
        periodicMinutes: 0,
        periodicDurationMinutes: 0,
        periodicStartMinute: 0,
    })

    test.each<[string, Programme, number]>([
        ["the first segment", alone(0), RATE],
        ["the third segment", alone(2), 3_333_333_333],
        ["the last segment", alone(3), 5 * RATE + 1],
        ["the periodic dose", { ...PROGRAMME, segmentRatePlPerDay: [0, 0, 0, 0] }, periodicRatePlPerDay(PROGRAMME)],
    ])("CLK-4: %s comes as often as the schedule passes it, and each time whole", (_, programme, ratePlPerDay) => {
        for (const shiftS of [3600, -3600, 14 * 3600, -14 * 3600]) {
            const fromLocalMs = 7_000 * MS_PER_DAY
            const bench = pumpAt(fromLocalMs, programme)
            bench.setClock(shiftS * MS_PER_SECOND)
            let [schedule, metered] = [fromLocalMs, 0n]
            const most = { off: 0 }
            // In the middle of what has no flow, so that each time is taken whole.
            for (let quiet = 0; quiet < 5; quiet++) {
                runTo(bench, bench.nowMs + MS_PER_HOUR)
                bench.runUntil(() => bench.pump.ratePlPerDay > 0, 9_973)
                bench.runUntil(() => bench.pump.ratePlPerDay === 0, 9_973)
                const scheduleMs = localNow(bench) - bench.pump.shiftLeftMs
                const off = Number(bench.metered - metered - askedFor(programme, schedule, scheduleMs)) / ratePlPerDay
                most.off = Math.max(most.off, Math.abs(off))
                ;[schedule, metered] = [scheduleMs, bench.metered]
            }
            expect(most.off, `${shiftS} s`).toBeLessThanOrEqual(1.01)
        }
    })

    test("CLK-4: the flow is a 24th more or less meanwhile", () => {
        for (const [shiftMs, ratePlPerDay] of [
            [MS_PER_HOUR, 90_000_000],
            [-MS_PER_HOUR, 82_800_000],
        ]) {
            const bench = pumpAt(7_000 * MS_PER_DAY, programmeOf([{ startMinute: 0, ratePlPerDay: RATE }]))
            bench.setClock(shiftMs)
            expect(bench.pump.ratePlPerDay).toBe(ratePlPerDay)
        }
    })

    test("CLK-4: further shifts on the way, onwards and back, count on what is left", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 0, max: MS_PER_DAY }),
                fc.array(
                    fc.record({
                        shiftS: fc.integer({ min: -7_200, max: 7_200 }),
                        jitterMs: fc.integer({ min: -499, max: 499 }),
                        waitMs: fc.integer({ min: 1, max: 2 * MS_PER_DAY }),
                    }),
                    { minLength: 1, maxLength: 5 },
                ),
                (dayMs, shifts) => {
                    const fromLocalMs = 7_000 * MS_PER_DAY + dayMs
                    const bench = pumpAt(fromLocalMs)
                    const before = bench.metered
                    let aheadS = 0
                    for (const { shiftS, jitterMs, waitMs } of shifts) {
                        bench.samplePeriodMs = 1_000
                        bench.runUntil(() => bench.readings.sampled, 1_000)
                        aheadS += shiftS
                        bench.setClock(aheadS * MS_PER_SECOND + jitterMs)
                        expect(bench.actions.refusal).toBe(Refusal.None)
                        runTo(bench, bench.nowMs + waitMs)
                    }
                    runTo(bench, bench.nowMs + 24 * Math.abs(bench.pump.shiftLeftMs) + 24)
                    expect(bench.pump.shiftLeftMs).toBe(0)
                    expect(localNow(bench)).toBe(fromLocalMs + bench.nowMs - START_UP_MS - 500 + aheadS * MS_PER_SECOND)
                    expect(Math.abs(offMs(bench, before, fromLocalMs))).toBeLessThanOrEqual(OFF_MS_MAX)
                },
            ),
            { numRuns: 25, seed: 1, endOnFailure: true },
        )
    })

    test.each([
        ["14 h ahead", 0, 50_400, Refusal.None],
        ["14 h back", 0, -50_400, Refusal.None],
        ["a second more ahead", 0, 50_401, Refusal.ShiftTooLarge],
        ["a second more back", 0, -50_401, Refusal.ShiftTooLarge],
        ["four on top of ten", 36_000, 50_400, Refusal.None],
        ["four and a second on top of ten", 36_000, 50_401, Refusal.ShiftTooLarge],
        ["24 back from ten", 36_000, -50_400, Refusal.None],
        ["24 and a second back from ten", 36_000, -50_401, Refusal.ShiftTooLarge],
    ])("CLK-5: a pump that runs is moved by 14 h in all: %s", (_, firstS, thenS, refusal) => {
        const bench = pumpAt(7_000 * MS_PER_DAY)
        bench.setClock(firstS * MS_PER_SECOND)
        // Before any of it has been caught up.
        bench.pump.shiftSinceMs = bench.nowMs + 1_000
        const { localMinusClockMs, ratePlPerDay } = bench.pump
        bench.setClock(thenS * MS_PER_SECOND)
        expect(bench.actions).toMatchObject({ refusal, checkpointDue: refusal === Refusal.None })
        const taken = refusal === Refusal.None ? thenS : firstS
        expect(bench.pump).toMatchObject({
            shiftLeftMs: taken * MS_PER_SECOND,
            localMinusClockMs: taken * MS_PER_SECOND,
        })
        if (refusal !== Refusal.None) expect(bench.pump).toMatchObject({ localMinusClockMs, ratePlPerDay })
    })

    test("CLK-5: a pump that is stopped goes by the new time at once, however far it is", () => {
        for (const aheadMs of [MS_PER_HOUR, -MS_PER_HOUR, 1_000 * MS_PER_DAY, -1_000 * MS_PER_DAY]) {
            const bench = pumpAt(7_000 * MS_PER_DAY)
            bench.setClock(7_200_000)
            bench.command(CommandKind.Stop)
            bench.setClock(aheadMs)
            expect(bench.actions.refusal).toBe(Refusal.None)
            expect(bench.pump).toMatchObject({ shiftLeftMs: 0, localMinusClockMs: aheadMs })
            bench.command(CommandKind.Start)
            const localMs = bench.shown.wallStartMs + bench.nowMs - START_UP_MS + aheadMs
            expect(localNow(bench)).toBe(localMs)
            const before = bench.metered
            runTo(bench, bench.nowMs + MS_PER_DAY)
            expect(bench.metered - before).toBe(askedFor(PROGRAMME, localMs, localMs + MS_PER_DAY))
        }
    })

    test("CLK-6: an unknown time of day is known when a person says it, and what can't be one is refused", () => {
        const bench = new Bench({ programme: PROGRAMME })
        bench.shown.wallFault = SensorFault.Missing
        bench.start()
        expect(bench.alarms).toEqual(["wallClockUnknown", "clockFault"])
        for (const wallMs of [-1, WALL_MS_MAX, Number.NaN, Infinity]) {
            bench.readings.command = CommandKind.Clock
            bench.readings.commandWallMs = wallMs
            bench.obeyed()
            expect(bench.actions).toMatchObject({ refusal: Refusal.ClockUnknown, checkpointDue: false })
            expect(bench.pump.ratePlPerDay).toBe(PROGRAMME.meanRatePlPerDay)
        }
        for (const wallMs of [WALL_MS_MAX - 1, 0, 7_000 * MS_PER_DAY + 13 * MS_PER_HOUR]) {
            const other = started({ programme: PROGRAMME })
            other.pump.wallMinusNowMs = Number.NaN
            other.shown.wallFault = SensorFault.Missing
            other.runSamples(3)
            other.readings.command = CommandKind.Clock
            other.readings.commandWallMs = wallMs
            other.obeyed()
            expect(other.actions.refusal).toBe(Refusal.None)
            expect(other.pump).toMatchObject({ shiftLeftMs: 0, localMinusClockMs: 0 })
            expect(localNow(other)).toBe(wallMs)
            expect(other.alarms).toEqual(["clockFault"])
        }
    })

    test("CLK-6: less than half a second is no shift", () => {
        for (const [aheadMs, shiftMs] of [
            [499, 0],
            [-499, 0],
            [1_501, 2_000],
            [-1_501, -2_000],
        ]) {
            const bench = pumpAt(7_000 * MS_PER_DAY)
            bench.setClock(aheadMs)
            expect(bench.pump.localMinusClockMs + 0).toBe(shiftMs)
        }
    })

    test("CLK-7: a reset in the midst of it finds where the schedule was, and local time", () => {
        for (const shiftMs of [MS_PER_HOUR, -MS_PER_HOUR]) {
            // One flow all week: nothing but the shift itself brings the schedule's place into the record.
            const programme = programmeOf([{ startMinute: 0, ratePlPerDay: RATE }])
            const before = pumpAt(7_000 * MS_PER_DAY + MS_PER_HOUR, programme)
            before.setClock(shiftMs)
            before.run(20 * MS_PER_HOUR, 10_000)
            // A person presses a button: the checkpoint is of that moment.
            before.samplePeriodMs = 1_000
            before.command(CommandKind.Acknowledge)
            const pump = structuredClone(before.pump)
            const checkpoint = before.left()
            expect(before.pump, "what is written down is left as it is").toEqual(pump)
            const scheduleMs = scheduleNow(before)
            expect(Math.abs(checkpoint.shiftLeftMs)).toBeLessThan(MS_PER_HOUR / 5)
            const after = new Bench({ programme, checkpoint })
            after.shown.wallStartMs = before.shown.wallStartMs + before.nowMs - START_UP_MS
            after.start()
            const elapsedMs = after.nowMs - START_UP_MS
            expect(localNow(after)).toBe(localNow(before) + elapsedMs)
            // To a hundredth of a second, what half a second of catching up makes, and what a sample of it does.
            const offMs = scheduleNow(after) - scheduleMs - elapsedMs
            expect(Math.abs(offMs)).toBeLessThanOrEqual(5 + 500 / 24 + 1_000 / 24 + 1)
            runTo(after, after.nowMs + 24 * MS_PER_HOUR)
            expect(after.pump.shiftLeftMs).toBe(0)
        }
    })

    test("CLK-7: what a jump of the monotonic clock did not bring is not caught up", () => {
        const bench = pumpAt(7_000 * MS_PER_DAY)
        bench.setClock(MS_PER_HOUR)
        bench.run(2 * MS_PER_HOUR, 1_000)
        // All parts of the last sample have been judged, the clock too.
        bench.run(700)
        const { shiftLeftMs } = bench.pump
        // The real-time clock goes on as it was.
        const localMs = localNow(bench)
        bench.shown.wallStartMs -= 12 * MS_PER_HOUR
        bench.tick(bench.nowMs + 12 * MS_PER_HOUR)
        expect(bench.alarms).toEqual(["timeLost"])
        expect(bench.left().shiftLeftMs, "what a reset would find").toBe(shiftLeftMs)
        bench.runSamples(1)
        expect(shiftLeftMs - bench.pump.shiftLeftMs).toBeLessThan(100)
        expect(localNow(bench) - localMs).toBeLessThan(3_000)
    })

    test("CLK-7: a stop in the midst of it takes nothing but its own time", () => {
        const fromLocalMs = 7_000 * MS_PER_DAY + 13 * MS_PER_HOUR
        const bench = pumpAt(fromLocalMs)
        let before = bench.metered
        bench.setClock(MS_PER_HOUR)
        runTo(bench, bench.nowMs + 3 * MS_PER_HOUR)
        bench.samplePeriodMs = 1_000
        bench.runUntil(() => bench.readings.sampled)
        bench.command(CommandKind.Stop)
        bench.runSamples(1)
        const given =
            Number(bench.metered - before - askedFor(PROGRAMME, fromLocalMs, scheduleNow(bench) - 2_000)) / HIGHEST
        expect(given).toBeGreaterThan(-1_000)
        expect(given).toBeLessThan(3_000)
        bench.run(2 * MS_PER_HOUR, 10_000)
        bench.command(CommandKind.Start)
        before = bench.metered
        const fromMs = scheduleNow(bench)
        runTo(bench, bench.nowMs + 30 * MS_PER_HOUR)
        expect(bench.pump.shiftLeftMs).toBe(0)
        expect(Math.abs(offMs(bench, before, fromMs))).toBeLessThanOrEqual(OFF_MS_MAX)
    })
})

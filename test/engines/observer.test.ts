// The account of what is asked for, against sums that are done by hand or straight from the schedule.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Observer } from "../../sim/engines/observer"
import { NO_DOSES } from "../../sim/prescription/doses"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from "../../src/pump/limits"
import type { Programme } from "../../src/pump/programme"
import { BolusKind } from "../../src/pump/pump"
import { MECHANISM } from "../pump/bench"

const STEP_PL = MECHANISM.stepPl
const UG = 1000

/** 0.2 mL/day of 500 µg/mL: 2314.8 pL a second. */
const STEADY: Programme = {
    ...NO_DOSES,
    concentrationNgPerMl: 500_000,
    reservoirPl: 20_000_000_000,
    reservoirLowPl: 2_000_000_000,
    meanRatePlPerDay: 200_000_000,
    patternOfWeekday: [0, 0, 0, 0, 0, 0, 0],
    patternStart: [0, 1],
    segmentStartMinute: [0],
    segmentRatePlPerDay: [200_000_000],
    deadVolumePl: 250_000_000,
}
const NIGHT: Programme = {
    ...STEADY,
    patternStart: [0, 3],
    segmentStartMinute: [0, 360, 1320],
    segmentRatePlPerDay: [220_000_000, 123_750_000, 225_000_000],
}
const HALF_HOUR_EVERY_SIX: Partial<Programme> = {
    periodicPl: 20_000_000,
    periodicMinutes: 360,
    periodicDurationMinutes: 30,
    periodicStartMinute: 7 * 1440 + 480,
}
const STRONG: Programme = {
    ...STEADY,
    concentrationNgPerMl: 2_000_000,
    meanRatePlPerDay: 50_000_000,
    segmentRatePlPerDay: [50_000_000],
}
/** Monday 10 January 2000, 00:00. */
const MONDAY_MS = 7 * MS_PER_DAY

function delivering(programme: Programme, localMs = MONDAY_MS, linePrimed = true): Observer {
    const observer = new Observer(programme, MECHANISM, linePrimed)
    observer.setClock(localMs)
    observer.follow(true, "schedule")
    return observer
}

/** What is asked for in this time, in picolitres. */
function asked(observer: Observer, ms: number): number {
    const before = observer.programmedPl
    observer.advance(ms)
    return observer.programmedPl - before
}

describe("periodic doses", () => {
    test("come at their times on top of the schedule, the first when the programme says and none before", () => {
        const observer = delivering({ ...STEADY, ...HALF_HOUR_EVERY_SIX })
        const perHour = Array.from({ length: 24 }, () => asked(observer, MS_PER_HOUR))
        const basalPl = 200_000_000 / 24
        perHour.forEach((pl, hour) => {
            expect(pl, `hour ${hour}`).toBeCloseTo(basalPl + ([8, 14, 20].includes(hour) ? 20_000_000 : 0), -1)
        })
        expect(observer.programmedPl).toBe(260_000_000)
    })

    test("of any interval give their volume, to the part of a picolitre that a whole flow leaves", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 30, max: 1000 }),
                fc.integer({ min: 1, max: 30 }),
                fc.integer({ min: 0, max: 2000 }),
                (periodicMinutes, periodicDurationMinutes, first) => {
                    const periodicStartMinute = 7 * 1440 + first
                    const dose = {
                        periodicPl: 3_000_000,
                        periodicMinutes,
                        periodicDurationMinutes,
                        periodicStartMinute,
                    }
                    const with3 = delivering({ ...STEADY, ...dose })
                    const without = delivering(STEADY)
                    const minutes = first + 3 * periodicMinutes
                    const pl = asked(with3, minutes * MS_PER_MINUTE) - asked(without, minutes * MS_PER_MINUTE)
                    expect(Math.abs(pl - 9_000_000)).toBeLessThanOrEqual(2)
                },
            ),
        )
    })
})

describe("a shift of local time", () => {
    /** What the schedule asks for between two local times, added up minute by minute. */
    function scheduledPl(fromMs: number, toMs: number): number {
        let pl = 0
        for (let minute = fromMs / MS_PER_MINUTE; minute < toMs / MS_PER_MINUTE; minute++) {
            const ofDay = minute % 1440
            const ratePlPerDay = NIGHT.segmentRatePlPerDay[ofDay < 360 ? 0 : ofDay < 1320 ? 1 : 2]
            const since = minute - 7 * 1440 - 480
            const dosePl = since >= 0 && since % 360 < 30 ? 20_000_000 / 30 : 0
            pl += ratePlPerDay / 1440 + dosePl
        }
        return pl
    }

    test("is caught up with at a 24th of its pace, and every dose of the schedule comes once and whole", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: -120, max: 120 }).filter(minutes => minutes !== 0),
                fc.integer({ min: 0, max: 1439 }),
                fc.integer({ min: 5_000, max: 90_000 }),
                (shiftMinutes, startMinute, tickMs) => {
                    const startMs = MONDAY_MS + startMinute * MS_PER_MINUTE
                    const observer = delivering({ ...NIGHT, ...HALF_HOUR_EVERY_SIX }, startMs)
                    const shiftMs = shiftMinutes * MS_PER_MINUTE
                    observer.setLocalTime(startMs + shiftMs, false)
                    const trueMs = Math.abs(shiftMs) * 24
                    for (let leftMs = trueMs; leftMs > 0; leftMs -= tickMs) observer.advance(Math.min(leftMs, tickMs))
                    const pl = scheduledPl(startMs, startMs + trueMs + shiftMs)
                    // A minute's end within a millisecond, and half a picolitre a day: of no more than a few picolitres each.
                    expect(Math.abs(observer.programmedPl - pl)).toBeLessThan(3000)
                    // And then it goes on at its own pace.
                    const after = asked(observer, MS_PER_HOUR)
                    const fromMs = startMs + trueMs + shiftMs
                    expect(after).toBeCloseTo(scheduledPl(fromMs, fromMs + MS_PER_HOUR), -3)
                },
            ),
            { numRuns: 40, endOnFailure: true },
        )
    })

    test("is to whole seconds, adds to what is left of the one before, and none is left of one back", () => {
        const observer = delivering(STEADY)
        observer.setLocalTime(MONDAY_MS + MS_PER_HOUR + 400, false)
        expect(asked(observer, MS_PER_DAY)).toBe(Math.floor((200_000_000 * 25) / 24))
        // A second is caught up with in 24, and the rest of the minute goes by at its own pace.
        const short = delivering(STEADY)
        short.setLocalTime(MONDAY_MS + 1000, false)
        expect(asked(short, MS_PER_MINUTE)).toBe(Math.floor((200_000_000 * 61) / 86_400))
        expect(short.basalPlPerDay).toBe(200_000_000)
        const other = delivering(STEADY)
        other.setLocalTime(MONDAY_MS + MS_PER_HOUR, false)
        other.setLocalTime(MONDAY_MS, false)
        expect(asked(other, MS_PER_DAY)).toBe(200_000_000)
    })

    test("is at once for a pump that is stopped, or did not know the time, and outlasts a power cut otherwise", () => {
        for (const stopped of [true, false]) {
            const observer = delivering(NIGHT, MONDAY_MS + 5 * MS_PER_HOUR)
            if (!stopped) observer.powerOff()
            observer.setLocalTime(MONDAY_MS + 6 * MS_PER_HOUR, stopped)
            observer.follow(true, "schedule")
            expect(asked(observer, MS_PER_HOUR)).toBeCloseTo(123_750_000 / 24, -1)
        }
        const observer = delivering(NIGHT, MONDAY_MS + 5 * MS_PER_HOUR)
        observer.setLocalTime(MONDAY_MS + 6 * MS_PER_HOUR, false)
        observer.advance(12 * MS_PER_HOUR)
        observer.powerOff()
        // An hour without power, by a clock that nobody set: local time is another hour on, half of it caught up with.
        observer.setClock(MONDAY_MS + 18 * MS_PER_HOUR)
        observer.follow(true, "schedule")
        observer.advance((3.5 * MS_PER_HOUR * 24) / 25 - MS_PER_MINUTE)
        expect(observer.basalPlPerDay).toBe(Math.round((123_750_000 * 25) / 24))
        observer.advance(2 * MS_PER_MINUTE)
        expect(observer.basalPlPerDay).toBe(Math.round((225_000_000 * 25) / 24))
    })
})

describe("boluses", () => {
    test("a patient's dose goes before a clinician's, which then finishes its full volume", () => {
        const observer = delivering(STEADY)
        // 6 µL in ten minutes, and 1 µL in one.
        observer.startBolus(BolusKind.Clinician, 6_000_000, 864_000_000)
        expect(asked(observer, 2 * MS_PER_MINUTE)).toBeCloseTo(1_200_000 + 277_778, -1)
        observer.startBolus(BolusKind.Patient, 1_000_000, 1_440_000_000)
        expect([observer.bolusAskedPl, observer.waitingAskedPl]).toEqual([0, 1_200_000])
        expect(asked(observer, MS_PER_MINUTE / 2)).toBeCloseTo(500_000 + 69_444, -1)
        expect([observer.bolusAskedPl, observer.waitingAskedPl]).toEqual([500_000, 1_200_000])
        expect(asked(observer, MS_PER_MINUTE)).toBeCloseTo(500_000 + 300_000 + 138_889, -1)
        expect([observer.bolusAskedPl, observer.waitingAskedPl]).toEqual([1_500_000, 0])
        expect(asked(observer, MS_PER_HOUR)).toBeCloseTo(4_500_000 + 8_333_333, -1)
        expect(asked(observer, MS_PER_HOUR)).toBeCloseTo(8_333_333, -1)
    })

    test("to the part of a picolitre, however time is cut", () => {
        const exactPl = 6_000_000 + 1_000_000 + 200_000_000 / 24
        fc.assert(
            fc.property(fc.integer({ min: 500, max: 100_000 }), tickMs => {
                const observer = delivering(STEADY)
                observer.startBolus(BolusKind.Clinician, 6_000_000, 863_999_999)
                observer.startBolus(BolusKind.Patient, 1_000_000, 1_440_000_001)
                for (let leftMs = MS_PER_HOUR; leftMs > 0; leftMs -= tickMs) observer.advance(Math.min(leftMs, tickMs))
                expect(observer.programmedPl).toBe(Math.floor(exactPl))
            }),
        )
    })

    test("end with a stop, and the one that waits too", () => {
        const observer = delivering(STEADY)
        observer.startBolus(BolusKind.Clinician, 6_000_000, 864_000_000)
        observer.startBolus(BolusKind.Patient, 1_000_000, 1_440_000_000)
        observer.follow(false, "schedule")
        observer.follow(true, "schedule")
        expect(asked(observer, MS_PER_DAY)).toBe(200_000_000)
    })
})

describe("a bridge", () => {
    test("asks for the former flow until the line's volume has been commanded, and for its drug first", () => {
        const observer = delivering(STEADY)
        observer.advance(MS_PER_HOUR)
        // Seven steps of this tick are of the time before.
        observer.followProgramme(STRONG, false, 7)
        observer.command(7, true)
        observer.advance(MS_PER_HOUR)
        expect([observer.bridging, observer.ratePlPerDay]).toEqual([true, 200_000_000])
        const steps = Math.ceil(250_000_000 / STEP_PL)
        observer.command(steps - 1, true)
        observer.advance(MS_PER_HOUR)
        expect([observer.bridging, observer.ratePlPerDay]).toEqual([true, 200_000_000])
        observer.command(1, true)
        observer.advance(MS_PER_HOUR)
        expect([observer.bridging, observer.ratePlPerDay]).toEqual([false, 50_000_000])
    })

    test("brings the same dose all along", () => {
        const observer = delivering(STEADY)
        observer.followProgramme(STRONG, false, 0)
        let made = 0
        for (let minute = 0; minute < 48 * 60; minute++) {
            observer.advance(MS_PER_MINUTE)
            const steps = Math.floor(observer.programmedPl / STEP_PL) - made
            made += steps
            observer.command(steps, true)
        }
        expect(observer.bridging).toBe(false)
        // 100 µg/day, and at most a minute and a step of the stronger drug at the former flow.
        expect(observer.programmedNg / UG).toBeGreaterThan(199.9)
        expect(observer.programmedNg / UG).toBeLessThan(200.4)
    })

    test("is none with a new line, an empty one, one of no known volume, and for the same strength", () => {
        for (const [programme, primed, changed] of [
            [STRONG, true, true],
            [STRONG, false, false],
            [{ ...STRONG, deadVolumePl: 0 }, true, false],
            [{ ...STRONG, concentrationNgPerMl: 500_000 }, true, false],
        ] as const) {
            const observer = delivering(STEADY, MONDAY_MS, primed)
            observer.followProgramme(programme, changed, 0)
            observer.advance(MS_PER_HOUR)
            expect([observer.bridging, observer.ratePlPerDay]).toEqual([false, 50_000_000])
        }
        const observer = delivering(STEADY)
        observer.followProgramme(STRONG, false, 0)
        observer.changeLine()
        observer.advance(MS_PER_HOUR)
        expect([observer.bridging, observer.ratePlPerDay]).toEqual([false, 50_000_000])
    })

    test("goes before a weekly mean, and after the minimum rate", () => {
        const observer = delivering(STEADY)
        observer.followProgramme(STRONG, false, 0)
        observer.follow(true, "mean")
        observer.advance(1000)
        expect(observer.ratePlPerDay).toBe(200_000_000)
        observer.follow(true, "minimum")
        observer.advance(1000)
        expect(observer.ratePlPerDay).toBe(48_000_000)
    })
})

test("what fills an empty line is no dose", () => {
    const observer = delivering(STEADY, MONDAY_MS, false)
    expect(observer.lineEmpty).toBe(true)
    observer.startBolus(BolusKind.Prime, 249_000_000, 240_000_000_000)
    observer.advance(MS_PER_HOUR)
    expect([observer.lineEmpty, observer.programmedNg]).toEqual([false, (249_000_000 + 8_333_333 - 250_000_000) * 5e-4])
})

test("the step error is the distance at a tick, less what whole milliseconds leave open in a shift", () => {
    const observer = delivering(STEADY)
    observer.advance((2.5 * STEP_PL * MS_PER_DAY) / 200_000_000)
    observer.command(1, true)
    expect(observer.stepErrorMax).toBeCloseTo(1.5, 4)
    const early = delivering(STEADY)
    early.command(1, true)
    expect(early.stepErrorMax).toBe(1)
    const shifted = delivering(NIGHT, MONDAY_MS + 5 * MS_PER_HOUR)
    shifted.setLocalTime(MONDAY_MS + 6 * MS_PER_HOUR, false)
    shifted.advance(MS_PER_HOUR)
    const pl = shifted.programmedPl
    shifted.command(Math.floor(pl / STEP_PL), true)
    const slackSteps = (2 * ((220_000_000 - 123_750_000) * 25)) / 24 / MS_PER_DAY / STEP_PL
    expect(shifted.stepErrorMax).toBeLessThan((pl / STEP_PL) % 1)
    expect(shifted.stepErrorMax).toBeGreaterThan(((pl / STEP_PL) % 1) - 10 * slackSteps - 1e-4)
})

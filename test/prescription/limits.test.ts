import { readdirSync, readFileSync } from "node:fs"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { compilePrescription, loadPrescription } from "../../sim/prescription/compile"
import { encodeLimits, mostBolusesPl } from "../../sim/prescription/limits"
import { settingsOf } from "../../sim/prescription/records"
import type { Prescription } from "../../sim/prescription/schema"
import { limitsReadBack } from "../../sim/report/readBack"
import { allowSteps, createGuard, decodeLimits, restoreGuard } from "../../src/pump/guard"
import {
    DAY_LIMIT_PL_MAX,
    HOUR_LIMIT_PL_MAX,
    MS_PER_MINUTE,
    PRIME_PL_MAX,
    RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
} from "../../src/pump/limits"
import type { Programme } from "../../src/pump/programme"
import { createReadings, GuardTrip } from "../../src/pump/readings"
import { changed, inputFolder, refusalOf, writeInput } from "../inputFiles"

const folder = inputFolder()

/** These doses are for the guard's sake and over what any label advises. */
const HELD = { softLimitsHeld: 0 }

const simple = JSON.parse(readFileSync("sim/prescriptions/continuous-100.json", "utf8"))

/** 500 µg/mL, so a microlitre holds half a microgram. */
function prescriptionOf(schedule: Prescription["schedule"], limits?: Prescription["limits"]): Prescription {
    return {
        name: "test",
        drug: "baclofen",
        concentrationMicrogramsPerMl: 500,
        reservoirMl: 20,
        refillAlarmMl: 2,
        schedule,
        limits,
    }
}

function clock(minute: number): string {
    return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`
}

/** Doses so long, each time so many minutes have passed since the last one began, and 0 between. */
function pulses(everyMinutes: number, minutes: number, microgramsPerHour = 60) {
    const everyDay = []
    for (let at = 0; at < 1440; at += everyMinutes) {
        const middle = Math.min(at + minutes, 1440)
        const end = Math.min(at + everyMinutes, 1440)
        everyDay.push({ from: clock(at), to: clock(middle), microgramsPerHour })
        if (middle < end) everyDay.push({ from: clock(middle), to: clock(end), microgramsPerHour: 0 })
    }
    return { everyDay }
}

describe("the limits that nobody gave", () => {
    test("LIM-2: a quarter and a microlitre over the fullest hour and day of the schedule, and a prime of 0.25 mL", () => {
        expect(compilePrescription(prescriptionOf({ microgramsPerDay: 120 }), "test").limits).toEqual({
            hourPlMax: 12_500_000 + 1_000_000,
            dayPlMax: 300_000_000 + 1_000_000,
            primePlMax: 250_000_000,
        })
    })

    test("LIM-2: the fullest hour and the fullest day may lie anywhere in the week, and over midnight", () => {
        const day = (late: number, early: number) => [
            { from: "00:00", to: "00:30", microgramsPerSegment: early },
            { from: "00:30", to: "23:30", microgramsPerSegment: 115 },
            { from: "23:30", to: "24:00", microgramsPerSegment: late },
        ]
        const schedule = (first: string, second: string) => ({
            patterns: { plain: day(2.5, 2.5), late: day(10, 2.5), early: day(2.5, 10) },
            week: {
                monday: "plain",
                tuesday: "plain",
                wednesday: "plain",
                thursday: "plain",
                friday: "plain",
                saturday: first,
                sunday: second,
            },
        })
        const across = compilePrescription(prescriptionOf(schedule("late", "early")), "test").limits
        expect(across.hourPlMax).toBe(1.25 * 40_000_000 + 1_000_000)
        const week = {
            monday: "early",
            tuesday: "plain",
            wednesday: "plain",
            thursday: "plain",
            friday: "plain",
            saturday: "plain",
            sunday: "late",
        }
        const overSunday = prescriptionOf({ ...schedule("plain", "plain"), week })
        expect(compilePrescription(overSunday, "test").limits.hourPlMax).toBe(1.25 * 40_000_000 + 1_000_000)
        // A day from 23:30 to 23:30 holds both of the fuller half hours: 20 + 115 µg.
        expect(across.dayPlMax).toBe(1.25 * 270_000_000 + 1_000_000)
    })

    test("LIM-2: pulses that fall into one hour as the pump counts it are counted together", () => {
        // Pulses of 10 µg each 61 minutes: 60 minutes hold one of them, the 61 that the pump may count nearly two.
        const { limits } = compilePrescription(prescriptionOf(pulses(61, 10)), "test", HELD)
        expect(limits.hourPlMax).toBeGreaterThan(2 * 18_000_000)
        const apart = compilePrescription(prescriptionOf(pulses(240, 10)), "test")
        expect(apart.limits.hourPlMax).toBe(1.25 * 20_000_000 + 1_000_000)
    })

    test("LIM-2: the highest and the lowest flow have limits that the pump takes", () => {
        for (const flow of [RATE_PL_PER_DAY_MIN, RATE_PL_PER_DAY_MAX]) {
            const microgramsPerDay = flow / 2_000_000
            const { limits, limitsBytes } = compilePrescription(prescriptionOf({ microgramsPerDay }), "test", HELD)
            expect(decodeLimits(limitsBytes)).toEqual(limits)
        }
    })

    test.each(readdirSync("sim/prescriptions"))("LIM-2: %s has limits that its own flow keeps", file => {
        const { programme, limits, limitsBytes } = loadPrescription(`sim/prescriptions/${file}`)
        expect(decodeLimits(limitsBytes)).toEqual(limits)
        expect(limits.hourPlMax * 24).toBeGreaterThan(1.25 * programme.meanRatePlPerDay)
        expect(limits.dayPlMax).toBeGreaterThan(1.25 * programme.meanRatePlPerDay)
        const bolusesPl = mostBolusesPl(programme, 24.5 * 60)
        expect(limits.dayPlMax).toBeLessThan(1.5 * programme.meanRatePlPerDay + 1.5 * bolusesPl)
        expect(limits.dayPlMax).toBeGreaterThan(1.25 * programme.meanRatePlPerDay + bolusesPl)
    })
})

/** Steps that a programme makes due from one minute of the week to another, in picolitres by minutes. */
function deliveredBy(programme: Programme): number[] {
    const delivered = [0]
    for (let day = 0; day < 14; day++) {
        const pattern = programme.patternOfWeekday[day % 7]
        for (let minute = 0; minute < 1440; minute++) {
            let segment = programme.patternStart[pattern]
            while (
                segment + 1 < programme.patternStart[pattern + 1] &&
                programme.segmentStartMinute[segment + 1] <= minute
            )
                segment++
            delivered.push(delivered[delivered.length - 1] + programme.segmentRatePlPerDay[segment] / 1440)
        }
    }
    return delivered
}

describe("what the schedule needs", () => {
    test("LIM-3: limits as low as they may be never trip the guard, and a reset at any time doesn't either", () => {
        const schedules = fc.oneof(
            fc
                .record({
                    everyMinutes: fc.integer({ min: 30, max: 300 }),
                    minutes: fc.integer({ min: 1, max: 30 }),
                })
                .map(({ everyMinutes, minutes }) => pulses(everyMinutes, minutes, 300)),
            fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 2, maxLength: 6 }).map(rates => ({
                everyDay: rates.map((rate, i) => ({
                    from: clock(Math.floor((i * 1440) / rates.length)),
                    to: i + 1 < rates.length ? clock(Math.floor(((i + 1) * 1440) / rates.length)) : "24:00",
                    microgramsPerHour: i === 0 ? rate + 10 : rate,
                })),
            })),
        )
        fc.assert(
            fc.property(
                schedules,
                fc.integer({ min: 0, max: 1439 }),
                fc.constantFrom(1000, 44_900, 10_000_000),
                // As it is, and a 24th faster after a shift of local time.
                fc.constantFrom(1, 25 / 24),
                (schedule, resetMinute, stepPl, speed) => {
                    const tooLow = { microgramsPerHour: 0, microgramsPerDay: 0 }
                    const least = refusalOf(folder, () =>
                        compilePrescription(prescriptionOf(schedule, tooLow), "p", HELD),
                    )
                    const [microgramsPerHour, microgramsPerDay] = least.map(line =>
                        Number(/may be a number from ([\d.]+),/.exec(line)?.[1]),
                    )
                    const { programme, limits } = compilePrescription(
                        prescriptionOf(schedule, { microgramsPerHour, microgramsPerDay }),
                        "p",
                        HELD,
                    )
                    const delivered = deliveredBy(programme)
                    let guard = createGuard(limits, stepPl, 1e9, 0)
                    const readings = createReadings()
                    readings.sampled = true
                    let made = 0
                    for (let call = 0; call <= 3 * 1440 * 6; call++) {
                        const minute = Math.floor(call / 6)
                        const nowMs = (call * MS_PER_MINUTE) / 6
                        if (call === (1440 + resetMinute) * 6) {
                            const { hourSteps, daySteps, primeDaySteps } = guard
                            guard = createGuard(limits, stepPl, 1e9, nowMs)
                            restoreGuard(guard, GuardTrip.None, hourSteps, daySteps, primeDaySteps)
                        }
                        const at = (call * speed) / 6
                        const whole = Math.floor(at)
                        const inMinute = delivered[whole + 1] - delivered[whole]
                        const due = Math.floor((delivered[whole] + inMinute * (at - whole)) / stepPl)
                        if (allowSteps(guard, due - made, readings, nowMs) !== due - made)
                            throw new Error(`tripped: ${GuardTrip[guard.trip]} at minute ${minute}`)
                        made = due
                    }
                },
            ),
            { numRuns: 40 },
        )
    })

    const refusal = (limits: unknown) =>
        refusalOf(folder, () => loadPrescription(writeInput(folder, "p.json", changed(simple, ["limits"], limits))))

    // 100 µg/day: the pump may count 63 minutes as an hour, and 24 hours and 31 minutes as a day; after a shift of local
    // time the schedule goes by a 24th faster, so that these hold 65.625 minutes of it, 4.558 µg, and 1532.3 minutes, 106.410 µg.
    test.each([
        [
            { microgramsPerHour: 4.557 },
            "p.json: limits.microgramsPerHour: was 4.557, may be a number from 4.558, what the schedule itself may give in what the pump counts as one hour, to 750, the pump's maximum at this concentration",
        ],
        [
            { microgramsPerHour: 750.001 },
            "p.json: limits.microgramsPerHour: was 750.001, may be a number from 4.558, what the schedule itself may give in what the pump counts as one hour, to 750, the pump's maximum at this concentration",
        ],
        [
            { microgramsPerDay: 106.409 },
            "p.json: limits.microgramsPerDay: was 106.409, may be a number from 106.41, what the schedule itself may give in what the pump counts as one day, to 18000, the pump's maximum at this concentration",
        ],
        [
            { microgramsPerDay: 18_000.001 },
            "p.json: limits.microgramsPerDay: was 18000.001, may be a number from 106.41, what the schedule itself may give in what the pump counts as one day, to 18000, the pump's maximum at this concentration",
        ],
        [{ primeMl: 2.001 }, "p.json: limits.primeMl: was 2.001, may be a number from 0 to 2"],
        [{ primeMl: -0.001 }, "p.json: limits.primeMl: was -0.001, may be a number from 0 to 2"],
        [{ microgramsPerHour: -1 }, "p.json: limits.microgramsPerHour: was -1, may be a number from 0 to 150000"],
        [
            { primeMicrolitres: 200 },
            "p.json: limits.primeMicrolitres: was an unknown field (200), may be left out, or one of microgramsPerHour, microgramsPerDay, primeMl",
        ],
        [
            "tight",
            'p.json: limits: was "tight", may be an object with microgramsPerHour, microgramsPerDay or primeMl, written without quotes',
        ],
    ])("LIM-3: limits %j are refused by field, value and range", (limits, message) => {
        expect(refusal(limits)).toEqual([message])
    })

    test("LIM-3: both limits that are too low are told at once", () => {
        expect(refusal({ microgramsPerHour: 1, microgramsPerDay: 1 })).toHaveLength(2)
    })

    test.each([
        [{ microgramsPerHour: 4.558 }, { hourPlMax: 9_116_000 }],
        [{ microgramsPerHour: 750 }, { hourPlMax: HOUR_LIMIT_PL_MAX }],
        [{ microgramsPerDay: 106.41 }, { dayPlMax: 212_820_000 }],
        [{ microgramsPerDay: 18_000 }, { dayPlMax: DAY_LIMIT_PL_MAX }],
        [{ primeMl: 0 }, { primePlMax: 0 }],
        [{ primeMl: 2 }, { primePlMax: PRIME_PL_MAX }],
        [{}, { hourPlMax: 11_416_667, dayPlMax: 251_000_000, primePlMax: 250_000_000 }],
    ])("LIM-3: limits %j are what the pump stores, the others by default", (limits, stored) => {
        const file = writeInput(folder, "p.json", changed(simple, ["limits"], limits))
        expect(decodeLimits(loadPrescription(file).limitsBytes)).toMatchObject(stored)
    })
})

describe("the record", () => {
    const limits = { hourPlMax: 11_416_667, dayPlMax: 251_000_000, primePlMax: 250_000_000 }

    test("LIM-1: what is encoded is what the pump reads, and what it can't hold is never cut to fit", () => {
        expect(decodeLimits(encodeLimits(limits))).toEqual(limits)
        expect(() => encodeLimits({ ...limits, hourPlMax: 11_416_667.5 })).toThrow("other limits")
        expect(() => encodeLimits({ ...limits, dayPlMax: DAY_LIMIT_PL_MAX + 1 })).toThrow("day's limit out of range")
    })

    test("the limits are the settings `gu0`, after programme and mechanism", () => {
        const settings = settingsOf(new Uint8Array(10), new Uint8Array(22), encodeLimits(limits))
        expect(settings.map(({ key }) => key)).toEqual(["pg0", "me0", "gu0"])
        expect([...settings[2].value]).toEqual([26, 0, ...encodeLimits(limits)])
    })
})

describe("the read-back", () => {
    const limits = { hourPlMax: 20_000_000, dayPlMax: 400_000_000, primePlMax: 250_000_000 }

    test("LIM-4: the limits are read back in the clinic's terms, and what nobody gave is told as a default", () => {
        expect(limitsReadBack(limits, 500_000, undefined)).toEqual([
            "10.0 µg in an hour (default)",
            "200.0 µg in 24 h (default)",
            "beside these 0.2500 mL in a prime, twice that in 24 h (default)",
        ])
        expect(limitsReadBack(limits, 1_000_000, { microgramsPerHour: 20, primeMl: 0.25 })).toEqual([
            "20.0 µg in an hour",
            "400.0 µg in 24 h (default)",
            "beside these 0.2500 mL in a prime, twice that in 24 h",
        ])
        expect(limitsReadBack({ ...limits, primePlMax: 0 }, 500_000, { microgramsPerDay: 200, primeMl: 0 })).toEqual([
            "10.0 µg in an hour (default)",
            "200.0 µg in 24 h",
            "no prime",
        ])
    })
})

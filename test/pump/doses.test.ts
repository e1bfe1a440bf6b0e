import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
    addToWindow,
    countDose,
    createDoses,
    type Doses,
    dosesOfDay,
    passTime,
    windowVolume,
} from "../../src/pump/doses"
import { ELAPSED_MS_MAX, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from "../../src/pump/limits"

const QUARTER_MS = 15 * MS_PER_MINUTE

/** A record whose clock stands at 0. */
function fresh(): Doses {
    const doses = createDoses(0, 0, 0)
    passTime(doses, 0)
    return doses
}

/** Time passes in seconds, up to here. */
function until(doses: Doses, nowMs: number, everyMs = 1_000): void {
    while (doses.nowMs + everyMs < nowMs) passTime(doses, doses.nowMs + everyMs)
    passTime(doses, nowMs)
}

describe("the dose window", () => {
    test.each([60, 75, 240, 1_425, 1_440])(
        "BOL-7: of %d min holds what was given for that long at least, and a quarter of an hour more at most",
        windowMinutes => {
            const windowMs = windowMinutes * MS_PER_MINUTE
            for (const givenMs of [0, 1, QUARTER_MS - 1_000, QUARTER_MS - 1, 7 * QUARTER_MS + 10_000]) {
                const doses = fresh()
                until(doses, givenMs)
                addToWindow(doses, 5)
                until(doses, givenMs + windowMs)
                expect(windowVolume(doses, windowMinutes), `given at ${givenMs} ms`).toBe(5)
                until(doses, givenMs + windowMs + QUARTER_MS)
                expect(windowVolume(doses, windowMinutes), `given at ${givenMs} ms`).toBe(0)
            }
        },
    )

    test("BOL-7: what was given in several quarters leaves it one after the other", () => {
        const doses = fresh()
        for (let quarter = 0; quarter < 200; quarter++) {
            addToWindow(doses, 1)
            // All of the running quarter and of four before it.
            expect(windowVolume(doses, 60)).toBe(Math.min(quarter + 1, 5))
            expect(windowVolume(doses, 1_440)).toBe(Math.min(quarter + 1, 97))
            until(doses, (quarter + 1) * QUARTER_MS, 10_000)
        }
    })

    test("BOL-7: neither it nor the patient's doses take more memory with time", () => {
        const doses = fresh()
        const sizes = () => [doses.slotsPl.length, doses.grantedMs.length]
        const before = sizes()
        for (let hour = 0; hour < 60; hour++) {
            countDose(doses, 0)
            expect(dosesOfDay(doses)).toBe(Math.min(hour + 1, 24))
            addToWindow(doses, 1)
            until(doses, (hour + 1) * MS_PER_HOUR, 10_000)
        }
        expect(sizes()).toEqual(before)
        until(doses, 84 * MS_PER_HOUR, 10_000)
        expect(dosesOfDay(doses)).toBe(0)
    })

    test("BOL-7: a sample that comes late shortens no window", () => {
        const doses = fresh()
        until(doses, QUARTER_MS - 1_000)
        // Metered by the tick that comes nine seconds after the quarter's end.
        addToWindow(doses, 5)
        passTime(doses, QUARTER_MS + 9_000)
        until(doses, QUARTER_MS + 9_000 + MS_PER_HOUR - 1)
        expect(windowVolume(doses, 60)).toBe(5)
        until(doses, QUARTER_MS + 9_000 + MS_PER_HOUR)
        expect(windowVolume(doses, 60)).toBe(0)
    })

    test("BOL-7: no times and volumes make it less than any window truly held", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 4, max: 96 }),
                fc.array(
                    fc.record({
                        // Samples come late, by up to what a tick may account for.
                        everyMs: fc.oneof(fc.constant(1_000), fc.integer({ min: 1, max: ELAPSED_MS_MAX })),
                        samples: fc.integer({ min: 1, max: 2_000 }),
                        givenPl: fc.integer({ min: 1, max: 1_000 }),
                    }),
                    { maxLength: 60 },
                ),
                (quarters, course) => {
                    const doses = fresh()
                    const given: { atMs: number; pl: number }[] = []
                    for (const { everyMs, samples, givenPl } of course) {
                        for (let i = 0; i < samples; i++) passTime(doses, doses.nowMs + everyMs)
                        // Metered at the end of the time that the next sample is told of.
                        addToWindow(doses, givenPl)
                        passTime(doses, doses.nowMs + everyMs)
                        given.push({ atMs: doses.nowMs, pl: givenPl })
                        const fromMs = doses.nowMs - quarters * QUARTER_MS
                        const held = given.reduce((sum, { atMs, pl }) => sum + (atMs > fromMs ? pl : 0), 0)
                        if (windowVolume(doses, quarters * 15) < held) return false
                    }
                    return true
                },
            ),
            { numRuns: 200, seed: 1, endOnFailure: true },
        )
    })

    test("a window in which nothing was given is empty, before and after", () => {
        const doses = fresh()
        expect(windowVolume(doses, 1_440)).toBe(0)
        addToWindow(doses, 7)
        until(doses, 3 * MS_PER_DAY, 10_000)
        expect(windowVolume(doses, 1_440)).toBe(0)
        addToWindow(doses, 8)
        expect(windowVolume(doses, 60)).toBe(8)
    })
})

describe("a clock that can't be relied on", () => {
    const clocks: [string, (doses: Doses) => void, number][] = [
        ["jumps by a week", doses => passTime(doses, doses.nowMs + 7 * MS_PER_DAY), ELAPSED_MS_MAX],
        [
            "jumps by a tick's most and a millisecond",
            doses => passTime(doses, doses.nowMs + ELAPSED_MS_MAX + 1),
            ELAPSED_MS_MAX,
        ],
        ["stands", doses => passTime(doses, doses.nowMs), 0],
        ["runs back a week", doses => passTime(doses, doses.nowMs - 7 * MS_PER_DAY), 0],
        ["is no number", doses => passTime(doses, Number.NaN), 0],
    ]

    test.each(clocks)(
        "BOL-8: that %s empties no window and shortens no lockout by more than a tick's most",
        (_, jump, countedMs) => {
            const doses = fresh()
            addToWindow(doses, 5)
            countDose(doses, MS_PER_HOUR)
            jump(doses)
            expect(doses.lockoutMs).toBe(MS_PER_HOUR - countedMs)
            expect(windowVolume(doses, 60)).toBe(5)
            expect(dosesOfDay(doses)).toBe(1)
        },
    )

    test("BOL-8: that swings by ten seconds for a day lets no time pass", () => {
        const doses = fresh()
        addToWindow(doses, 5)
        countDose(doses, MS_PER_DAY)
        for (let i = 0; i < 10_000; i++) {
            passTime(doses, -ELAPSED_MS_MAX)
            passTime(doses, 0)
        }
        expect(doses.lockoutMs).toBe(MS_PER_DAY)
        expect(windowVolume(doses, 60)).toBe(5)
    })

    test("BOL-8: that ran back once loses ten seconds and then counts on", () => {
        const doses = fresh()
        until(doses, 2 * MS_PER_HOUR)
        countDose(doses, MS_PER_HOUR)
        passTime(doses, MS_PER_HOUR)
        until(doses, MS_PER_HOUR + ELAPSED_MS_MAX)
        expect(doses.lockoutMs).toBe(MS_PER_HOUR)
        until(doses, 2 * MS_PER_HOUR + ELAPSED_MS_MAX - 1)
        expect(doses.lockoutMs).toBe(1)
        until(doses, 2 * MS_PER_HOUR + ELAPSED_MS_MAX)
        expect(doses.lockoutMs).toBe(0)
    })
})

describe("the patient's doses", () => {
    test("BOL-6: each counts for 24 hours to the millisecond, and up to 24 are told apart", () => {
        const doses = fresh()
        for (let dose = 0; dose < 24; dose++) {
            until(doses, dose * MS_PER_HOUR, 10_000)
            countDose(doses, 0)
            expect(dosesOfDay(doses)).toBe(dose + 1)
        }
        for (let dose = 0; dose < 24; dose++) {
            until(doses, MS_PER_DAY + dose * MS_PER_HOUR - 1, 10_000)
            expect(dosesOfDay(doses)).toBe(24 - dose)
            until(doses, MS_PER_DAY + dose * MS_PER_HOUR)
            expect(dosesOfDay(doses)).toBe(23 - dose)
        }
    })

    test("BOL-6: the lockout is the last dose's, and ends at zero", () => {
        const doses = fresh()
        countDose(doses, 5_000)
        until(doses, 3_000)
        expect(doses.lockoutMs).toBe(2_000)
        countDose(doses, 4_000)
        expect(doses.lockoutMs).toBe(4_000)
        until(doses, 7_001)
        expect(doses.lockoutMs).toBe(0)
    })

    test("BOL-9: what is taken over at power-on counts as of now", () => {
        const doses = createDoses(MS_PER_HOUR, 3, 77)
        passTime(doses, 5_000)
        expect(doses.lockoutMs, "from the first sample on").toBe(MS_PER_HOUR)
        until(doses, 5_000 + MS_PER_HOUR)
        expect(windowVolume(doses, 60)).toBe(77)
        expect(doses.lockoutMs).toBe(0)
        until(doses, 5_000 + MS_PER_HOUR + QUARTER_MS)
        expect(windowVolume(doses, 60)).toBe(0)
        expect(dosesOfDay(doses)).toBe(3)
        countDose(doses, 0)
        expect(dosesOfDay(doses)).toBe(4)
        until(doses, 5_000 + MS_PER_DAY - 1, 10_000)
        expect(dosesOfDay(doses)).toBe(4)
        until(doses, 5_000 + MS_PER_DAY)
        expect(dosesOfDay(doses)).toBe(1)
    })

    test.each([0, 23, 24, 25])("BOL-9: %d doses of the day before fit, and another is told apart", before => {
        const doses = createDoses(0, before, 0)
        passTime(doses, 0)
        expect(dosesOfDay(doses)).toBe(Math.min(before, 24))
        until(doses, MS_PER_HOUR, 10_000)
        countDose(doses, 0)
        until(doses, MS_PER_DAY, 10_000)
        expect(dosesOfDay(doses)).toBe(1)
    })
})

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { NO_DOSES } from "../../sim/prescription/doses"
import { dayVolumesPl, meanRatePlPerDayOf, ProgrammeFlow, windowBasalPlOf } from "../../sim/prescription/flow"
import type { Programme } from "../../src/pump/programme"

const MINUTES_PER_WEEK = 10_080

/** A schedule of so many equal segments on weekdays and a steady flow at the weekend, with a periodic dose where one is given. */
function programmeOf(rates: number[], weekendRate: number, periodic: Partial<Programme> = {}): Programme {
    return {
        ...NO_DOSES,
        concentrationNgPerMl: 500_000,
        reservoirPl: 20_000_000_000,
        reservoirLowPl: 2_000_000_000,
        meanRatePlPerDay: 0,
        patternOfWeekday: [0, 0, 0, 0, 0, 1, 1],
        patternStart: [0, rates.length, rates.length + 1],
        segmentStartMinute: [...rates.map((_, i) => Math.floor((i * 1440) / rates.length)), 0],
        segmentRatePlPerDay: [...rates, weekendRate],
        ...periodic,
    }
}

/** The flow in each minute from Monday 3 January 2000 on, worked out anew: the truth that the sums are held against. */
function truth(programme: Programme, minutes: number): number[] {
    const { patternOfWeekday, patternStart, segmentStartMinute, segmentRatePlPerDay } = programme
    return Array.from({ length: minutes }, (_, minute) => {
        const pattern = patternOfWeekday[Math.floor(minute / 1440) % 7]
        let segment = patternStart[pattern]
        while (segment + 1 < patternStart[pattern + 1] && segmentStartMinute[segment + 1] <= minute % 1440) segment++
        let rate = segmentRatePlPerDay[segment]
        if (programme.periodicPl > 0) {
            const since = minute - programme.periodicStartMinute
            const { periodicMinutes, periodicDurationMinutes } = programme
            const into = ((since % periodicMinutes) + periodicMinutes) % periodicMinutes
            if (into < periodicDurationMinutes)
                rate += Math.round((programme.periodicPl * 1440) / periodicDurationMinutes)
        }
        return rate
    })
}

/** The largest sum of any so many consecutive minutes, times 1440. */
function fullest(rates: number[], minutes: number): number {
    let sum = 0
    let most = 0
    for (let i = 0; i < rates.length; i++) {
        sum += rates[i] - (i >= minutes ? rates[i - minutes] : 0)
        if (i + 1 >= minutes) most = Math.max(most, sum)
    }
    return most
}

const rates = fc.array(fc.integer({ min: 0, max: 2_000_000_000 }), { minLength: 1, maxLength: 12 })
const periodic = (everyMinutes: fc.Arbitrary<number>) =>
    fc
        .record({
            periodicMinutes: everyMinutes,
            part: fc.double({ min: 0.01, max: 1, noNaN: true }),
            periodicPl: fc.integer({ min: 1, max: 50_000_000 }),
            periodicStartMinute: fc.integer({ min: 0, max: 20_000 }),
        })
        .map(({ part, ...rest }) => ({ ...rest, periodicDurationMinutes: Math.ceil(part * rest.periodicMinutes) }))
const DIVIDING = fc.constantFrom(30, 60, 90, 240, 360, 480, 720, 1440, 2520, 10_080)
/** Of small common multiples with the week, so that all of their repetition can be walked through. */
const NOT_DIVIDING = fc.constantFrom(50, 64, 100, 150, 300, 1000, 1080)

describe("the fullest stretch of schedule and periodic doses", () => {
    test("RXC-2: is exact, for any stretch anywhere in the week, where the periodic dose comes at the same times each week", () => {
        fc.assert(
            fc.property(
                rates,
                fc.integer({ min: 0, max: 2_000_000_000 }),
                fc.oneof(fc.constant({}), periodic(DIVIDING)),
                fc.integer({ min: 1, max: 1530 }),
                (each, weekend, dose, minutes) => {
                    const programme = programmeOf(each, weekend, dose)
                    programme.meanRatePlPerDay = meanRatePlPerDayOf(programme)
                    const walked = fullest(truth(programme, 2 * MINUTES_PER_WEEK), minutes)
                    expect(new ProgrammeFlow(programme).fullest(minutes)).toBeCloseTo(walked / 1440, 3)
                },
            ),
            { numRuns: 60 },
        )
    })

    test("RXC-2: is never less than the truth, and by no more than the fullest of both, where it does not", () => {
        fc.assert(
            fc.property(
                rates,
                fc.integer({ min: 0, max: 2_000_000_000 }),
                periodic(NOT_DIVIDING),
                fc.integer({ min: 1, max: 1530 }),
                (each, weekend, dose, minutes) => {
                    const programme = programmeOf(each, weekend, dose)
                    programme.meanRatePlPerDay = meanRatePlPerDayOf(programme)
                    const walked = fullest(truth(programme, 27 * MINUTES_PER_WEEK), minutes)
                    const said = new ProgrammeFlow(programme).fullest(minutes) * 1440
                    expect(said).toBeGreaterThanOrEqual(walked - 1)
                    const schedule = fullest(truth({ ...programme, periodicPl: 0 }, 2 * MINUTES_PER_WEEK), minutes)
                    const none = { segmentRatePlPerDay: programme.segmentRatePlPerDay.map(() => 0) }
                    const doses = fullest(truth({ ...programme, ...none }, 27 * MINUTES_PER_WEEK), minutes)
                    expect(said).toBeCloseTo(schedule + doses, -1)
                },
            ),
            { numRuns: 25 },
        )
    })
})

describe("the schedule in the dose window", () => {
    const steady = programmeOf([240_000_000], 240_000_000)
    const doses = {
        periodicPl: 10_000_000,
        periodicMinutes: 360,
        periodicDurationMinutes: 30,
        periodicStartMinute: 480,
    }

    test.each<[string, Programme, number, number]>([
        // 10 µL an hour for 4 h and a 24th of that.
        ["a steady flow, a 24th faster", steady, 240, 41_666_667],
        ["no window", steady, 0, 0],
        // 25 hours of the schedule pass in 24 that are a 24th faster: five doses begin in them and not four.
        ["doses every 6 h in 24 h", { ...steady, ...doses }, 1440, 250_000_000 + 50_000_000],
        ["doses every 6 h in 4 h", { ...steady, ...doses }, 240, 41_666_667 + 10_000_000],
        // Six hours and a quarter: a dose, and the quarter of an hour with which the next one begins.
        ["doses every 6 h in 6 h", { ...steady, ...doses }, 360, 62_500_000 + 15_000_000],
    ])("RXC-2: %s", (_, programme, windowMinutes, expectedPl) => {
        expect(windowBasalPlOf({ ...programme, windowMinutes })).toBe(expectedPl)
    })

    test("RXC-2: no window of a schedule that goes by at its own pace or a 24th faster holds more", () => {
        fc.assert(
            fc.property(
                rates,
                fc.integer({ min: 0, max: 2_000_000_000 }),
                periodic(DIVIDING),
                fc.integer({ min: 4, max: 96 }),
                fc.constantFrom(23 / 24, 1, 25 / 24),
                fc.integer({ min: 0, max: MINUTES_PER_WEEK - 1 }),
                (each, weekend, dose, slots, speed, start) => {
                    const programme = programmeOf(each, weekend, { ...dose, windowMinutes: slots * 15 })
                    const flow = truth(programme, 2 * MINUTES_PER_WEEK)
                    const minutes = programme.windowMinutes * speed
                    let sum = 0
                    for (let minute = start; minute < start + minutes; minute++)
                        sum += flow[minute] * Math.min(1, start + minutes - minute)
                    expect(sum / 1440).toBeLessThanOrEqual(windowBasalPlOf(programme) + 1e-3)
                },
            ),
            { numRuns: 100 },
        )
    })
})

describe("the mean and the days", () => {
    test("RXC-3: the mean is that of the week with the periodic doses, to the nearest picolitre a day", () => {
        const programme = programmeOf([100_000_000, 200_000_001], 50_000_000)
        // Five days of 150 000 000.5 and two of 50 000 000.
        expect(meanRatePlPerDayOf(programme)).toBe(121_428_572)
        const dosed = { periodicPl: 7_000_000, periodicMinutes: 1000, periodicDurationMinutes: 60 }
        expect(meanRatePlPerDayOf({ ...programme, ...dosed })).toBe(121_428_572 + 10_080_000)
    })

    test.each<[string, Partial<Programme>, number, number]>([
        ["no periodic dose", {}, 50_000_000, 150_000_000],
        ["four each day", { periodicMinutes: 360 }, 90_000_000, 190_000_000],
        // On Wednesday alone.
        ["one a week", { periodicMinutes: 10_080, periodicStartMinute: 3000 }, 50_000_000, 160_000_000],
        // 24 h hold one whole interval of 1000 min, and of the other 440 one more dose or none.
        ["each 1000 min", { periodicMinutes: 1000 }, 60_000_000, 170_000_000],
        // Of the next dose ten minutes of 30 at least, for 1440 min are two intervals of 715 and ten minutes.
        ["each 715 min over 715", { periodicMinutes: 715, periodicDurationMinutes: 715 }, 70_139_860, 170_139_860],
    ])("RXC-3: lowest and highest day with %s", (_, dose, lowest, highest) => {
        const programme = programmeOf([100_000_000, 200_000_000], 50_000_000, {
            ...(Object.keys(dose).length > 0 ? { periodicPl: 10_000_000, periodicDurationMinutes: 30 } : {}),
            ...dose,
        })
        const volumes = dayVolumesPl(programme)
        expect(volumes.lowest).toBeCloseTo(lowest, 0)
        expect(volumes.highest).toBeCloseTo(highest, 0)
    })
})

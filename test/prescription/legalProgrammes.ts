// Programmes drawn at random: any that the pump would take, and those of them that some prescription compiles to.

import fc from "fast-check"
import { NO_DOSES } from "../../sim/prescription/doses"
import { meanRatePlPerDayOf, windowBasalPlOf } from "../../sim/prescription/flow"
import {
    BOLUS_PL_MAX,
    DAY_LIMIT_PL_MAX,
    DEAD_VOLUME_PL_MAX,
    DOSES_PER_DAY_MAX,
    LOCKOUT_MINUTES_MAX,
    PERIODIC_MINUTES_MAX,
    PERIODIC_MINUTES_MIN,
    RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
    RESERVOIR_PL_MAX,
} from "../../src/pump/limits"
import { highestRatePlPerDay, type Programme } from "../../src/pump/programme"

/** Two of ten flows are at a bound or none. */
function rates(max: number): fc.Arbitrary<number> {
    return fc.oneof(
        { weight: 2, arbitrary: fc.constantFrom(0, RATE_PL_PER_DAY_MIN, max) },
        { weight: 8, arbitrary: fc.integer({ min: RATE_PL_PER_DAY_MIN, max }) },
    )
}

function patterns(ratePlPerDayMax: number, changesMax: number) {
    return fc
        .uniqueArray(fc.integer({ min: 1, max: 1439 }), { maxLength: changesMax, size: "max" })
        .chain(minutes =>
            fc
                .array(rates(ratePlPerDayMax), { minLength: minutes.length + 1, maxLength: minutes.length + 1 })
                .map(each => ({ minutes: [0, ...minutes.sort((a, b) => a - b)], rates: each })),
        )
}

function schedules(ratePlPerDayMax: number, concentrations: fc.Arbitrary<number>, reservoirPlMin: number) {
    return fc
        .record({
            patterns: fc.oneof(
                { weight: 9, arbitrary: fc.array(patterns(ratePlPerDayMax, 8), { minLength: 1, maxLength: 7 }) },
                { weight: 1, arbitrary: fc.array(patterns(ratePlPerDayMax, 47), { minLength: 1, maxLength: 4 }) },
            ),
            weekdays: fc.array(fc.nat(), { minLength: 7, maxLength: 7 }),
            concentrationNgPerMl: concentrations,
            reservoirPl: fc.integer({ min: reservoirPlMin, max: RESERVOIR_PL_MAX }),
            low: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        })
        .map(
            ({ patterns: drawn, weekdays, concentrationNgPerMl, reservoirPl, low }): Programme => ({
                ...NO_DOSES,
                concentrationNgPerMl,
                reservoirPl,
                reservoirLowPl: Math.floor(low * reservoirPl),
                meanRatePlPerDay: RATE_PL_PER_DAY_MIN,
                patternOfWeekday: weekdays.map(day => day % drawn.length),
                patternStart: [0, ...drawn.map((_, i) => drawn.slice(0, i + 1).flatMap(each => each.rates).length)],
                segmentStartMinute: drawn.flatMap(({ minutes }) => minutes),
                segmentRatePlPerDay: drawn.flatMap(each => each.rates),
            }),
        )
}

/** What is drawn for the doses beside a schedule; numbers from 0 to 1 are parts of what there is room for. */
const beside = fc.record({
    periodic: fc.option(
        fc.record({
            periodicMinutes: fc.oneof(
                fc.constantFrom(PERIODIC_MINUTES_MIN, 240, 360, 1440, PERIODIC_MINUTES_MAX),
                fc.integer({ min: PERIODIC_MINUTES_MIN, max: PERIODIC_MINUTES_MAX }),
            ),
            duration: fc.double({ min: 0, max: 1, noNaN: true }),
            volume: fc.double({ min: 0, max: 1, noNaN: true }),
            // Up to the end of 2099.
            periodicStartMinute: fc.integer({ min: 0, max: 52_593_119 }),
        }),
    ),
    deadVolumePl: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: DEAD_VOLUME_PL_MAX })),
    bolus: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    patient: fc.option(
        fc.record({
            volume: fc.double({ min: 0, max: 1, noNaN: true }),
            duration: fc.double({ min: 0, max: 1, noNaN: true }),
            lockoutMinutes: fc.integer({ min: 1, max: LOCKOUT_MINUTES_MAX }),
            dosesPerDayMax: fc.integer({ min: 1, max: DOSES_PER_DAY_MAX }),
        }),
    ),
    window: fc.option(
        fc.record({
            slots: fc.integer({ min: 4, max: 96 }),
            room: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
    ),
    warning: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
})

/** The whole number that lies at `part` of the way from `min` to `max`. */
function between(min: number, max: number, part: number): number {
    return Math.min(max, Math.max(min, Math.round(min + part * (max - min))))
}

/** Draws the doses beside a schedule; `meanOf` and `basalOf` say what of them follows from the rest. */
function withDoses(
    programme: Programme,
    drawn: typeof beside extends fc.Arbitrary<infer Drawn> ? Drawn : never,
    bolusPlMax: number,
    meanOf: (programme: Programme) => number,
    basalOf: (programme: Programme) => number,
): Programme {
    const made = { ...programme, deadVolumePl: drawn.deadVolumePl }
    const highestRoom = RATE_PL_PER_DAY_MAX - highestRatePlPerDay(made)
    if (drawn.periodic) {
        const { periodicMinutes, duration, volume, periodicStartMinute } = drawn.periodic
        const minutes = between(1, periodicMinutes, duration)
        const plMax = Math.floor((highestRoom * minutes) / 1440)
        if (plMax >= 1) {
            made.periodicPl = between(1, plMax, volume)
            made.periodicMinutes = periodicMinutes
            made.periodicDurationMinutes = minutes
            made.periodicStartMinute = periodicStartMinute
        }
    }
    made.meanRatePlPerDay = meanOf(made)
    if (drawn.window || drawn.patient || drawn.bolus !== null) {
        const { slots, room } = drawn.window ?? { slots: 16, room: 0.1 }
        made.windowMinutes = slots * 15
        made.windowBasalPl = basalOf(made)
        const plMax = drawn.patient || drawn.bolus !== null ? made.windowBasalPl + bolusPlMax : DAY_LIMIT_PL_MAX
        made.windowPlMax = between(made.windowBasalPl + 1, Math.min(plMax, DAY_LIMIT_PL_MAX), room)
    }
    const roomPl = made.windowPlMax - made.windowBasalPl
    if (drawn.bolus !== null) made.bolusPlMax = between(1, Math.min(bolusPlMax, roomPl), drawn.bolus)
    if (drawn.patient) {
        made.patientPl = between(1, Math.min(bolusPlMax / 10, roomPl), drawn.patient.volume)
        made.lockoutMinutes = drawn.patient.lockoutMinutes
        made.patientDurationMinutes = between(1, made.lockoutMinutes, drawn.patient.duration)
        made.dosesPerDayMax = drawn.patient.dosesPerDayMax
    }
    if (drawn.warning !== null && made.reservoirLowPl < made.reservoirPl)
        made.refillWarningPl = between(made.reservoirLowPl + 1, made.reservoirPl, drawn.warning)
    return made
}

/** Any programme that the pump takes, whatever its mean flow and the schedule in its dose window are said to be. */
export const anyProgrammes: fc.Arbitrary<Programme> = fc
    .record({
        programme: schedules(RATE_PL_PER_DAY_MAX, fc.integer({ min: 1, max: 0xffffffff }), 2),
        drawn: beside,
        mean: rates(RATE_PL_PER_DAY_MAX),
        more: fc.double({ min: 0, max: 1, noNaN: true }),
        softLimits: fc.integer({ min: 0, max: 0xffff }),
    })
    .map(({ programme, drawn, mean, more, softLimits }) => ({
        ...withDoses(
            programme,
            drawn,
            BOLUS_PL_MAX,
            () => mean,
            ({ meanRatePlPerDay, windowMinutes }) =>
                between(Math.ceil((meanRatePlPerDay * windowMinutes) / 1440), DAY_LIMIT_PL_MAX - 1, more),
        ),
        softLimits,
    }))

/** A programme that is the work of a compiler, if not of ours: mean and schedule in the window are what they should be. */
export const compiledProgrammes: fc.Arbitrary<Programme> = fc
    .record({
        // What guard and dose window can hold of a day and an hour leaves less than the highest flow to a schedule with boluses.
        programme: schedules(RATE_PL_PER_DAY_MAX / 2, fc.integer({ min: 50_000, max: 2_000_000 }), 1_000_000_000),
        drawn: beside,
    })
    .map(({ programme, drawn }) => withDoses(programme, drawn, 200_000_000, meanRatePlPerDayOf, windowBasalPlOf))
    .filter(programme => programme.meanRatePlPerDay >= RATE_PL_PER_DAY_MIN)
    .filter(({ patternOfWeekday, patternStart }) => new Set(patternOfWeekday).size === patternStart.length - 1)

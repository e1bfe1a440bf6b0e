// The programme and its limits in the clinic's terms, read back from the bytes that the pump holds and not from the file
// they were made of, so that a slip between the two shows.

import type { GuardLimits } from "../../src/pump/guard"
import { MS_PER_DAY } from "../../src/pump/limits"
import type { Programme } from "../../src/pump/programme"
import { wallMinuteText, withAllDosesPlPerDay } from "../prescription/doses"
import type { Drug } from "../prescription/drugLibrary"
import { dayVolumesPl } from "../prescription/flow"
import type { Prescription } from "../prescription/schema"
import { dailyDosesOf, exceededLimits, softLimitWords } from "../prescription/softLimits"
import { clockTime, MINUTES_PER_DAY, segmentTimes, weekdayList } from "../prescription/week"
import { msToRefill } from "./refill"
import { doseUg, formatMl, formatNumber, formatUg, PL_PER_ML, RunClock } from "./units"

export interface SegmentReadBack {
    /** "06:00" and "24:00" */
    from: string
    to: string
    ratePlPerDay: number
    ugPerHour: number
    /** Dose of the whole segment. */
    ug: number
}

export interface DayReadBack {
    /** "every day", or "Mon to Fri", or "Sat, Sun" */
    days: string
    /** Of the schedule, without periodic doses and boluses. */
    ugPerDay: number
    segments: SegmentReadBack[]
}

/** The day patterns of a programme that some weekday uses, in the order in which the week comes to them. */
export function readBack(programme: Programme): DayReadBack[] {
    const { patternOfWeekday, concentrationNgPerMl } = programme
    return [...new Set(patternOfWeekday)].map(pattern => {
        const segments = segmentTimes(programme, pattern).map(({ index, fromMinute, toMinute }): SegmentReadBack => {
            const ratePlPerDay = programme.segmentRatePlPerDay[index]
            const ugPerDay = doseUg(ratePlPerDay, concentrationNgPerMl)
            return {
                from: clockTime(fromMinute),
                to: clockTime(toMinute),
                ratePlPerDay,
                ugPerHour: ugPerDay / 24,
                ug: (ugPerDay * (toMinute - fromMinute)) / MINUTES_PER_DAY,
            }
        })
        return {
            days: weekdayList(patternOfWeekday, pattern),
            ugPerDay: segments.reduce((sum, segment) => sum + segment.ug, 0),
            segments,
        }
    })
}

/** When a reservoir that was filled is down to its refill alarm. */
export interface RefillReadBack {
    /** Null when nothing flows. */
    days: number | null
    /** "Mon 1 Jun 2026"; null without a day on which it was filled. */
    date: string | null
}

/** All that a programme gives and allows, in the clinic's terms. */
export interface TherapyReadBack {
    microgramsPerMl: number
    /** Of schedule and periodic doses: the mean over the week, and the days with the least and the most. */
    ugPerDay: { mean: number; lowest: number; highest: number }
    mlPerDayMean: number
    schedule: DayReadBack[]
    periodicDose: { ug: number; everyMinutes: number; overMinutes: number; startingAt: string; ugPerDay: number } | null
    patientDose: { ug: number; overMinutes: number; lockoutMinutes: number; perDayMax: number } | null
    clinicianBolus: { ugMax: number } | null
    /** What a window may hold, the most of that the schedule may be, and so the least that is left for boluses. */
    doseWindow: { hours: number; ugMax: number; scheduleUg: number; leftUg: number } | null
    /** Tubing and catheter together; null where nobody gave it. */
    lineMl: number | null
    reservoirMl: number
    refillAlarmMl: number
    refillWarningMl: number | null
    refill: { bySchedule: RefillReadBack; withAllDoses: RefillReadBack }
}

/** Reads a programme back; `filledOn` is the local date on which the reservoir was filled, such as "2026-11-23". */
export function therapyReadBack(programme: Programme, filledOn?: string): TherapyReadBack {
    const { concentrationNgPerMl, reservoirPl, reservoirLowPl } = programme
    const ug = (pl: number) => doseUg(pl, concentrationNgPerMl)
    const volumes = dayVolumesPl(programme)
    const clock = filledOn === undefined ? undefined : new RunClock(`${filledOn}T00:00:00`)
    const refill = (ratePlPerDay: number): RefillReadBack => {
        const ms = msToRefill(reservoirPl, reservoirLowPl, ratePlPerDay)
        return ms === null
            ? { days: null, date: null }
            : { days: ms / MS_PER_DAY, date: clock === undefined ? null : clock.date(ms) }
    }
    const { periodicPl, periodicMinutes, patientPl, bolusPlMax, windowMinutes, windowPlMax, windowBasalPl } = programme
    return {
        microgramsPerMl: concentrationNgPerMl / 1000,
        ugPerDay: { mean: ug(programme.meanRatePlPerDay), lowest: ug(volumes.lowest), highest: ug(volumes.highest) },
        mlPerDayMean: programme.meanRatePlPerDay / PL_PER_ML,
        schedule: readBack(programme),
        periodicDose:
            periodicPl === 0
                ? null
                : {
                      ug: ug(periodicPl),
                      everyMinutes: periodicMinutes,
                      overMinutes: programme.periodicDurationMinutes,
                      startingAt: wallMinuteText(programme.periodicStartMinute),
                      ugPerDay: (ug(periodicPl) * MINUTES_PER_DAY) / periodicMinutes,
                  },
        patientDose:
            patientPl === 0
                ? null
                : {
                      ug: ug(patientPl),
                      overMinutes: programme.patientDurationMinutes,
                      lockoutMinutes: programme.lockoutMinutes,
                      perDayMax: programme.dosesPerDayMax,
                  },
        clinicianBolus: bolusPlMax === 0 ? null : { ugMax: ug(bolusPlMax) },
        doseWindow:
            windowMinutes === 0
                ? null
                : {
                      hours: windowMinutes / 60,
                      ugMax: ug(windowPlMax),
                      scheduleUg: ug(windowBasalPl),
                      leftUg: ug(windowPlMax - windowBasalPl),
                  },
        lineMl: programme.deadVolumePl === 0 ? null : programme.deadVolumePl / PL_PER_ML,
        reservoirMl: reservoirPl / PL_PER_ML,
        refillAlarmMl: reservoirLowPl / PL_PER_ML,
        refillWarningMl: programme.refillWarningPl === 0 ? null : programme.refillWarningPl / PL_PER_ML,
        refill: {
            bySchedule: refill(programme.meanRatePlPerDay),
            withAllDoses: refill(withAllDosesPlPerDay(programme)),
        },
    }
}

/** A dose as it was prescribed: five figures, so without the noise of whole picolitres, and no more decimals than it has. */
export function formatDose(ug: number, figures = 5): string {
    return Number(ug.toPrecision(figures)).toLocaleString("en-GB", {
        minimumFractionDigits: 1,
        maximumFractionDigits: 20,
    })
}

/** A length of time in minutes: "90 min", "6 h", "1 h 15 min". */
export function formatMinutes(minutes: number): string {
    if (minutes < 60) return `${minutes} min`
    const rest = minutes % 60
    return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`
}

/** The doses beside the schedule as rows of a name and a sentence; none where there are none. */
export function doseRows({
    periodicDose,
    patientDose,
    clinicianBolus,
    doseWindow,
}: TherapyReadBack): [string, string][] {
    const rows: [string, string][] = []
    if (periodicDose) {
        const { ug, overMinutes, everyMinutes, startingAt, ugPerDay } = periodicDose
        rows.push([
            "Periodic dose",
            `${formatDose(ug)} µg over ${formatMinutes(overMinutes)} every ${formatMinutes(everyMinutes)}, one at ${startingAt.replace("T", " ")}; ` +
                `${formatDose(ugPerDay)} µg/day in the mean`,
        ])
    }
    if (patientDose) {
        const { ug, overMinutes, lockoutMinutes, perDayMax } = patientDose
        rows.push([
            "Patient's dose",
            `${formatDose(ug)} µg over ${formatMinutes(overMinutes)}, the next ${formatMinutes(lockoutMinutes)} after it began at the soonest; ` +
                `at most ${perDayMax} in 24 h, ${formatDose(ug * perDayMax)} µg`,
        ])
    }
    if (clinicianBolus) rows.push(["Clinician's bolus", `at most ${formatDose(clinicianBolus.ugMax)} µg at once`])
    if (doseWindow) {
        const { hours, ugMax, scheduleUg, leftUg } = doseWindow
        rows.push([
            "Dose window",
            `at most ${formatDose(ugMax)} µg in any ${formatMinutes(hours * 60)}: the schedule may be ${formatDose(scheduleUg)} of it, ` +
                `which leaves ${formatDose(leftUg)} for boluses`,
        ])
    }
    return rows
}

/** What a programme gives and allows as rows of a name and a sentence, without the segments of its schedule. */
export function therapyRows(therapy: TherapyReadBack): [string, string][] {
    const { ugPerDay, patientDose, lineMl, refillWarningMl, refill } = therapy
    const ml = (value: number) => formatMl(value * PL_PER_ML)
    const even = formatDose(ugPerDay.lowest) === formatDose(ugPerDay.highest)
    const days = even
        ? ""
        : `; ${formatDose(ugPerDay.lowest)} on the lowest day, ${formatDose(ugPerDay.highest)} on the highest`
    const date = ({ days: inDays, date: on }: RefillReadBack) =>
        inDays === null ? "never" : `after ${formatNumber(Math.floor(inDays), 0)} days${on === null ? "" : `, ${on},`}`
    const rows: [string, string][] = [
        [
            "Concentration",
            `${formatNumber(therapy.microgramsPerMl, Number.isInteger(therapy.microgramsPerMl) ? 0 : 3)} µg/mL`,
        ],
        ["Dose", `${formatDose(ugPerDay.mean)} µg/day${even ? "" : " in the mean"}${days}`],
        ["Flow", `${ml(therapy.mlPerDayMean)} mL/day in the mean`],
        ...doseRows(therapy),
        [
            "Line",
            lineMl === null
                ? "not given: nothing is primed by it, and no change of concentration bridged"
                : `${ml(lineMl)} mL in tubing and catheter`,
        ],
        [
            "Reservoir",
            `${ml(therapy.reservoirMl)} mL when full; refill alarm at ${ml(therapy.refillAlarmMl)} mL` +
                (refillWarningMl === null ? "" : `, refill due soon from ${ml(refillWarningMl)} mL on`),
        ],
        ["Refill", `${date(refill.bySchedule)} by the schedule`],
    ]
    if (patientDose) rows.push(["", `${date(refill.withAllDoses)} with all doses that the patient may ask for`])
    return rows
}

/** The limits that the guard holds, each with "default" where the prescription gives none: "10.0 µg in an hour (default)". */
export function limitsReadBack(
    limits: GuardLimits,
    concentrationNgPerMl: number,
    given: Prescription["limits"],
): string[] {
    const line = (text: string, from: number | undefined) => (from === undefined ? `${text} (default)` : text)
    const ug = (volumePl: number) => formatUg(doseUg(volumePl, concentrationNgPerMl))
    const ml = formatMl(limits.primePlMax)
    return [
        line(`${ug(limits.hourPlMax)} µg in an hour`, given?.microgramsPerHour),
        line(`${ug(limits.dayPlMax)} µg in 24 h`, given?.microgramsPerDay),
        line(
            limits.primePlMax > 0 ? `beside these ${ml} mL in a prime, twice that in 24 h` : "no prime",
            given?.primeMl,
        ),
    ]
}

/**
 * What a clinician should look at twice, one sentence for each: the soft limits that the programme holds as exceeded on purpose, and those
 * that its doses exceed without.
 */
export function cautionsOf(programme: Programme, drug: Drug): string[] {
    const { concentrationNgPerMl, softLimits } = programme
    const held = softLimitWords(drug, softLimits)
    const { exceeded } = exceededLimits(drug, dailyDosesOf(programme), concentrationNgPerMl / 1000, undefined)
    return [
        ...held.map(({ says }) => `${says} Exceeded on purpose.`),
        ...exceeded
            .filter(({ limit }) => (softLimits & (1 << limit.bit)) === 0)
            .map(({ limit, was }) => `${limit.says} Exceeded by ${was}, and nobody has confirmed it.`),
    ]
}

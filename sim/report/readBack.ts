// The programme and its limits in the clinic's terms, read back from the bytes that the pump holds and not from the file
// they were made of, so that a slip between the two shows.

import type { GuardLimits } from "../../src/pump/guard"
import type { Programme } from "../../src/pump/programme"
import { type Prescription, SCREENING_MICROGRAMS_PER_ML } from "../prescription/schema"
import { doseUg, formatMl, formatUg } from "./units"

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
const MINUTES_PER_DAY = 1440
const UG_PER_DAY_EXPERIENCED = 1000

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
    ugPerDay: number
    segments: SegmentReadBack[]
}

/** The day patterns of a programme that some weekday uses, in the order in which the week comes to them. */
export function readBack(programme: Programme): DayReadBack[] {
    const used = [...new Set(programme.patternOfWeekday)]
    return used.map(pattern => {
        const segments: SegmentReadBack[] = []
        const end = programme.patternStart[pattern + 1]
        for (let i = programme.patternStart[pattern]; i < end; i++) {
            const fromMinute = programme.segmentStartMinute[i]
            const toMinute = i + 1 < end ? programme.segmentStartMinute[i + 1] : MINUTES_PER_DAY
            const ratePlPerDay = programme.segmentRatePlPerDay[i]
            const ugPerDay = doseUg(ratePlPerDay, programme.concentrationNgPerMl)
            segments.push({
                from: clockTime(fromMinute),
                to: clockTime(toMinute),
                ratePlPerDay,
                ugPerHour: ugPerDay / 24,
                ug: (ugPerDay * (toMinute - fromMinute)) / MINUTES_PER_DAY,
            })
        }
        return {
            days: dayList(programme.patternOfWeekday, pattern),
            ugPerDay: segments.reduce((sum, segment) => sum + segment.ug, 0),
            segments,
        }
    })
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

/** What a clinician should look at twice; nothing here is refused. From the labels of Lioresal and Gablofen. */
export function cautionsOf(programme: Programme): string[] {
    const cautions: string[] = []
    const highest = Math.max(...readBack(programme).map(day => day.ugPerDay))
    // Of the exact dose; what a sum of many segments is off by is far less than a nanogram.
    if (highest > UG_PER_DAY_EXPERIENCED + 0.001)
        cautions.push(`${formatUg(highest)} µg/day: there is little experience over ${UG_PER_DAY_EXPERIENCED} µg/day`)
    if (programme.concentrationNgPerMl === SCREENING_MICROGRAMS_PER_ML * 1000)
        cautions.push(`${SCREENING_MICROGRAMS_PER_ML} µg/mL is the strength for screening`)
    return cautions
}

function clockTime(minute: number): string {
    return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`
}

function dayList(patternOfWeekday: number[], pattern: number): string {
    const runs: number[][] = []
    for (let day = 0; day < 7; day++) {
        if (patternOfWeekday[day] !== pattern) continue
        const last = runs[runs.length - 1]
        if (last !== undefined && last[last.length - 1] === day - 1) last.push(day)
        else runs.push([day])
    }
    if (runs.length === 1 && runs[0].length === 7) return "every day"
    return runs
        .flatMap(run =>
            run.length > 2 ? [`${DAYS[run[0]]} to ${DAYS[run[run.length - 1]]}`] : run.map(day => DAYS[day]),
        )
        .join(", ")
}

// Two programmes side by side, as the old and the new one, with every difference marked: a clinician reviews these before the pump
// changes. What is compared are the numbers that the pump holds, and a figure that would read the same gets more digits until it doesn't.

import { styleText } from "node:util"
import type { GuardLimits } from "../../src/pump/guard"
import { MS_PER_DAY } from "../../src/pump/limits"
import type { Programme } from "../../src/pump/programme"
import { wallMinuteText, withAllDosesPlPerDay } from "../prescription/doses"
import type { Drug } from "../prescription/drugLibrary"
import { dayVolumesPl } from "../prescription/flow"
import { softLimitWords } from "../prescription/softLimits"
import { clockTime, MINUTES_PER_DAY, type SegmentTimes, segmentTimes, weekdayList } from "../prescription/week"
import { formatDose, formatMinutes } from "./readBack"
import { msToRefill } from "./refill"
import { aligned } from "./summary"
import { doseUg, PL_PER_ML } from "./units"

/** One of the two that are compared; what is not known of it is left out. */
export interface Compared {
    programme: Programme
    drug: Drug
    name?: string
    limits?: GuardLimits
}

/** One line of the comparison. */
export interface ComparedRow {
    what: string
    old: string
    new: string
    differs: boolean
    /** By how much the new one is more, in per cent of the old; null where that says nothing. */
    changePercent: number | null
}

const NONE = "none"
const FIGURES = 5
const FIGURES_MAX = 17

/** Every figure of two programmes, the old one beside the new one. Where they do the same no row differs. */
export function compareProgrammes(old: Compared, next: Compared): ComparedRow[] {
    const rows: ComparedRow[] = []
    const oldNg = old.programme.concentrationNgPerMl
    const nextNg = next.programme.concentrationNgPerMl
    // Of another concentration the same dose is another volume, rounded to another whole picolitre.
    const roundingUg = oldNg === nextNg ? 0 : doseUg(1, oldNg) + doseUg(1, nextNg)

    function add<Value>(
        what: string,
        values: [Value | undefined, Value | undefined],
        show: (value: Value, figures: number) => string,
        same: (a: Value, b: Value) => boolean = (a, b) => a === b,
    ): void {
        const [was, is] = values
        if (was === undefined && is === undefined) return
        const both = was !== undefined && is !== undefined
        const text = (value: Value | undefined, figures: number) => (value === undefined ? NONE : show(value, figures))
        const differs = !(both && same(was, is)) || text(was, FIGURES) !== text(is, FIGURES)
        let figures = FIGURES
        while (differs && figures < FIGURES_MAX && text(was, figures) === text(is, figures)) figures++
        const percent = both && typeof was === "number" && typeof is === "number" && was > 0 && differs
        rows.push({
            what,
            old: text(was, figures),
            new: text(is, figures),
            differs,
            changePercent: percent ? (is / was - 1) * 100 : null,
        })
    }
    const of = <Value>(value: (compared: Compared) => Value): [Value, Value] => [value(old), value(next)]
    const sameDose = (a: number, b: number) => Math.abs(a - b) <= roundingUg
    /** A row of doses, of the volumes that `pl` gives; none where there is none of it. */
    function addDose(what: string, unit: string, pl: (programme: Programme) => number | undefined): void {
        const ug = ({ programme }: Compared) => {
            const volumePl = pl(programme)
            return volumePl === undefined ? undefined : doseUg(volumePl, programme.concentrationNgPerMl)
        }
        add(what, of(ug), (value, figures) => `${formatDose(value, figures)} ${unit}`, sameDose)
    }
    /** A row of a number that is 0 where there is none. */
    function addCount(what: string, count: (programme: Programme) => number, show: (value: number) => string): void {
        const given = ({ programme }: Compared) => (count(programme) === 0 ? undefined : count(programme))
        add(what, of(given), show)
    }
    const ml = (pl: number, figures: number) => `${decimals(pl / PL_PER_ML, figures)} mL`
    const orNone = (pl: number) => (pl === 0 ? undefined : pl)

    add(
        "Prescription",
        of(compared => compared.name),
        name => name,
    )
    add(
        "Drug",
        of(compared => compared.drug.name),
        name => name,
    )
    add("Concentration", [oldNg / 1000, nextNg / 1000], (value, figures) => `${decimals(value, figures)} µg/mL`)
    addDose("Dose in the mean", "µg/day", programme => programme.meanRatePlPerDay)
    addDose("Dose on the lowest day", "µg/day", programme => dayVolumesPl(programme).lowest)
    addDose("Dose on the highest day", "µg/day", programme => dayVolumesPl(programme).highest)
    add(
        "Flow in the mean",
        of(({ programme }) => programme.meanRatePlPerDay),
        (pl, figures) => `${ml(pl, figures)}/day`,
    )
    addSchedule()

    addDose("Periodic dose", "µg", ({ periodicPl }) => orNone(periodicPl))
    addCount("Periodic dose, every", programme => programme.periodicMinutes, formatMinutes)
    addCount("Periodic dose, over", programme => programme.periodicDurationMinutes, formatMinutes)
    const start = ({ programme }: Compared) => (programme.periodicPl === 0 ? undefined : programme.periodicStartMinute)
    add("Periodic dose, one at", of(start), minute => wallMinuteText(minute).replace("T", " "))

    addDose("Patient's dose", "µg", ({ patientPl }) => orNone(patientPl))
    addCount("Patient's dose, over", programme => programme.patientDurationMinutes, formatMinutes)
    addCount("Patient's dose, lockout", programme => programme.lockoutMinutes, formatMinutes)
    addCount("Patient's doses in 24 h, at most", programme => programme.dosesPerDayMax, String)
    addDose("Clinician's bolus, at most", "µg", ({ bolusPlMax }) => orNone(bolusPlMax))
    addCount("Dose window", programme => programme.windowMinutes, formatMinutes)
    addDose("Dose window, at most", "µg", ({ windowPlMax }) => orNone(windowPlMax))
    addDose("Dose window, of it the schedule", "µg", ({ windowBasalPl }) => orNone(windowBasalPl))

    add(
        "Line",
        of(({ programme }) => orNone(programme.deadVolumePl)),
        ml,
    )
    add(
        "Reservoir",
        of(({ programme }) => programme.reservoirPl),
        ml,
    )
    add(
        "Refill alarm at",
        of(({ programme }) => programme.reservoirLowPl),
        ml,
    )
    add(
        "Refill due soon from",
        of(({ programme }) => orNone(programme.refillWarningPl)),
        ml,
    )
    const days = (rateOf: (programme: Programme) => number) =>
        of(({ programme }) => {
            const ms = msToRefill(programme.reservoirPl, programme.reservoirLowPl, rateOf(programme))
            return ms === null ? undefined : ms / MS_PER_DAY
        })
    add(
        "Refill alarm after",
        days(programme => programme.meanRatePlPerDay),
        (value, n) => `${decimals(value, n)} days`,
    )
    const withDoses = days(withAllDosesPlPerDay)
    if (old.programme.patientPl > 0 || next.programme.patientPl > 0)
        add("Refill alarm after, with all patient's doses", withDoses, (value, n) => `${decimals(value, n)} days`)

    if (old.limits && next.limits) {
        const limit = (of: (limits: GuardLimits) => number) => (compared: Compared) =>
            compared.limits && doseUg(of(compared.limits), compared.programme.concentrationNgPerMl)
        const show = (value: number, figures: number) => `${formatDose(value, figures)} µg`
        add("Limit in an hour", of(limit(limits => limits.hourPlMax)), show, sameDose)
        add("Limit in 24 h", of(limit(limits => limits.dayPlMax)), show, sameDose)
        add(
            "Limit of a prime",
            of(({ limits }) => limits?.primePlMax),
            ml,
        )
    }
    const exceeded = ({ drug, programme }: Compared) => softLimitWords(drug, programme.softLimits).map(({ id }) => id)
    add(
        "Soft limits exceeded",
        of(compared => exceeded(compared).join(", ") || NONE),
        ids => ids,
    )
    return rows

    /** The flow at each time of the week, cut where either of the two changes, and the times of the segments where those differ. */
    function addSchedule(): void {
        const pairs = old.programme.patternOfWeekday.map((pattern, day) => ({
            old: segmentTimes(old.programme, pattern),
            next: segmentTimes(next.programme, next.programme.patternOfWeekday[day]),
            key: `${pattern} ${next.programme.patternOfWeekday[day]}`,
        }))
        const keys = pairs.map(({ key }) => key)
        for (const key of new Set(keys)) {
            const days = weekdayList(keys, key)
            const pair = pairs[keys.indexOf(key)]
            const starts = [...pair.old, ...pair.next].map(({ fromMinute }) => fromMinute)
            const cuts = [...new Set(starts)].sort((a, b) => a - b)
            cuts.forEach((fromMinute, i) => {
                const times = `${days}, ${clockTime(fromMinute)} to ${clockTime(cuts[i + 1] ?? MINUTES_PER_DAY)}`
                const perHour = ({ programme }: Compared, segments: SegmentTimes[]) => {
                    const rate = programme.segmentRatePlPerDay[segmentAt(segments, fromMinute).index]
                    return doseUg(rate, programme.concentrationNgPerMl) / 24
                }
                add(
                    times,
                    [perHour(old, pair.old), perHour(next, pair.next)],
                    (value, figures) => `${formatDose(value, figures)} µg/h`,
                    sameDose,
                )
            })
            const begins = (segments: SegmentTimes[]) =>
                segments.map(({ fromMinute }) => clockTime(fromMinute)).join(" ")
            if (begins(pair.old) !== begins(pair.next))
                add(`${days}, segments from`, [begins(pair.old), begins(pair.next)], text => text)
        }
    }
}

function segmentAt(segments: SegmentTimes[], minute: number): SegmentTimes {
    const segment = segments.find(({ fromMinute, toMinute }) => fromMinute <= minute && minute < toMinute)
    if (!segment) throw new Error(`no segment at ${clockTime(minute)}`)
    return segment
}

/** A number with as many figures, and no zeros at the end. */
function decimals(value: number, figures: number): string {
    return Number(value.toPrecision(figures)).toLocaleString("en-GB", { maximumFractionDigits: 20 })
}

/** The comparison as a table for the terminal: an asterisk stands before each row that differs. */
export function comparisonTable(rows: ComparedRow[], colour: boolean): string {
    const percent = ({ changePercent }: ComparedRow) =>
        changePercent === null ? "" : `${changePercent < 0 ? "−" : "+"}${decimals(Math.abs(changePercent), 3)} %`
    const lines = aligned([
        ["", "", "Old", "New", "Change"],
        ...rows.map(row => [row.differs ? "*" : "", row.what, row.old, row.new, percent(row)]),
    ])
    const differing = rows.filter(row => row.differs).length
    return [
        ...lines.map((line, i) =>
            colour && i > 0 && rows[i - 1].differs ? styleText("bold", line, { validateStream: false }) : line,
        ),
        "",
        differing === 0 ? "No difference" : `${differing} of ${rows.length} figures differ, marked *`,
    ].join("\n")
}

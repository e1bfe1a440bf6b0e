// How much schedule and periodic doses of a programme give in any stretch of time: what the guard's limits must leave room for,
// and what the dose window takes for granted.

import { SHIFT_PARTS } from "../../src/pump/limits"
import { type Programme, periodicRatePlPerDay } from "../../src/pump/programme"
import { MINUTES_PER_DAY, MINUTES_PER_WEEK, segmentTimes } from "./week"

/** After a shift of local time the schedule runs that much faster until it has caught up (`src/pump/localTime.ts`). */
export const SHIFTED_SPEED = (SHIFT_PARTS + 1) / SHIFT_PARTS

/** Longer than any window of the guard with what is counted beside it, at the speed of a shifted schedule. */
const BESIDE_MINUTES = 1600

/** How the guard counts: in slots, the running one and as many before it as fill the window. */
export interface Window {
    minutes: number
    slotMinutes: number
}

/** Steps may be counted this much later than they were due: a tick accounts for 10 s at most. */
export const LATE_MINUTES = 1

/** A flow that repeats after a whole number of minutes. */
class RepeatingFlow {
    /** What is delivered by the beginning of each minute, in picolitres times 1440: whole and exact. */
    private readonly delivered: number[] = [0]
    /** The minutes at which the flow changes. */
    private readonly changes: number[] = []

    /** `ratesPlPerDay` is the flow in each minute of one cycle. */
    constructor(
        private readonly ratesPlPerDay: number[],
        private readonly meanPlPerDay: number,
    ) {
        const cycle = ratesPlPerDay.length
        for (let minute = 0; minute < cycle + 2 * BESIDE_MINUTES; minute++) {
            const rate = ratesPlPerDay[minute % cycle]
            if (minute === 0 || rate !== ratesPlPerDay[(minute - 1) % cycle]) this.changes.push(minute)
            this.delivered.push(this.delivered[minute] + rate)
        }
    }

    /** The largest volume of any so many minutes, in picolitres; the sum changes steadily but where the flow changes at an end of them. */
    fullest(minutes: number): number {
        const cycle = this.ratesPlPerDay.length
        let most = this.by(BESIDE_MINUTES + minutes) - this.by(BESIDE_MINUTES)
        for (const change of this.changes) {
            if (change < BESIDE_MINUTES || change >= BESIDE_MINUTES + cycle) continue
            const at = this.delivered[change]
            most = Math.max(most, this.by(change + minutes) - at, at - this.by(change - minutes))
        }
        return most / MINUTES_PER_DAY
    }

    /** The largest volume that the guard may count in a window, in picolitres (see `ProgrammeFlow`). */
    mostCounted({ minutes, slotMinutes }: Window): number {
        const counted = (minutes + slotMinutes + LATE_MINUTES) * SHIFTED_SPEED
        const slot = slotMinutes * SHIFTED_SPEED
        let most = 0
        let next = 0
        for (let reset = BESIDE_MINUTES; reset < BESIDE_MINUTES + this.ratesPlPerDay.length; reset++) {
            const delivered = this.delivered[reset]
            const before = Math.max(delivered - this.by(reset - counted), this.meanPlPerDay * counted)
            // The first slot from before the reset leaves a slot after it. From then on the sum changes steadily between
            // two changes of the flow, so that it is largest at one of them.
            most = Math.max(most, before + this.by(reset + slot) - delivered)
            while (this.changes[next] <= reset + slot) next++
            for (let i = next; this.changes[i] < reset + counted; i++) {
                const left = before * (1 - (this.changes[i] - reset - slot) / (minutes * SHIFTED_SPEED))
                most = Math.max(most, left + this.delivered[this.changes[i]] - delivered)
            }
        }
        return most / MINUTES_PER_DAY
    }

    /** What is delivered by a time that need not be a whole minute. */
    private by(minute: number): number {
        const whole = Math.floor(minute)
        const from = this.delivered[whole]
        return whole === minute ? from : from + (minute - whole) * (this.delivered[whole + 1] - from)
    }
}

/**
 * The flow of schedule and periodic doses together. Where the interval of the periodic dose divides the week, they meet at the same
 * minutes each week and every figure is exact. Where it does not, each of its doses may come at any minute of the week in the
 * end: then the fullest stretch of the schedule is added to the fullest of the periodic dose, which is never less than the truth.
 */
export class ProgrammeFlow {
    private readonly parts: RepeatingFlow[]

    constructor(programme: Programme) {
        const schedule = scheduleRates(programme)
        const { meanRatePlPerDay, periodicPl, periodicMinutes } = programme
        if (periodicPl === 0) {
            this.parts = [new RepeatingFlow(schedule, meanRatePlPerDay)]
        } else if (MINUTES_PER_WEEK % periodicMinutes === 0) {
            const together = schedule.map((rate, minute) => rate + periodicRateAt(programme, minute))
            this.parts = [new RepeatingFlow(together, meanRatePlPerDay)]
        } else {
            const periodicMean = (periodicPl * MINUTES_PER_DAY) / periodicMinutes
            const cycle = Array.from({ length: periodicMinutes }, (_, i) =>
                periodicRateAt(programme, programme.periodicStartMinute + i),
            )
            this.parts = [
                new RepeatingFlow(schedule, meanRatePlPerDay - periodicMean),
                new RepeatingFlow(cycle, periodicMean),
            ]
        }
    }

    /** The largest volume of any so many minutes, in picolitres; up to a day. */
    fullest(minutes: number): number {
        return this.parts.reduce((sum, part) => sum + part.fullest(minutes), 0)
    }

    /**
     * The largest volume that the guard may count in a window, in picolitres. After a reset it takes what was delivered
     * before as spread evenly over the window's slots, and the weekly mean may have run instead of the schedule; so what is
     * left of that may meet the fullest part of the day. And after a shift of local time all that goes by a 24th faster.
     */
    mostCounted(window: Window): number {
        return this.parts.reduce((sum, part) => sum + part.mostCounted(window), 0)
    }
}

/** The flow of the schedule in each minute of the week. */
function scheduleRates(programme: Programme): number[] {
    return programme.patternOfWeekday.flatMap(pattern =>
        segmentTimes(programme, pattern).flatMap(({ index, fromMinute, toMinute }) =>
            Array<number>(toMinute - fromMinute).fill(programme.segmentRatePlPerDay[index]),
        ),
    )
}

/** The flow of the periodic dose in a minute since Monday 3 January 2000. */
function periodicRateAt(programme: Programme, minute: number): number {
    const since = minute - programme.periodicStartMinute
    const into = since - Math.floor(since / programme.periodicMinutes) * programme.periodicMinutes
    return into < programme.periodicDurationMinutes ? periodicRatePlPerDay(programme) : 0
}

/** The mean flow over the week, periodic doses included: the nearest whole number of picolitres a day. */
export function meanRatePlPerDayOf(programme: Programme): number {
    const rates = scheduleRates(programme)
    const schedule = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
    const periodic =
        programme.periodicPl === 0 ? 0 : (programme.periodicPl * MINUTES_PER_DAY) / programme.periodicMinutes
    return Math.round(schedule + periodic)
}

/**
 * The most that schedule and periodic doses give in any so many minutes, in whole picolitres, rounded up: in a shifted schedule
 * a 24th more of it passes in that time.
 */
export function windowBasalPlOf(programme: Programme): number {
    if (programme.windowMinutes === 0) return 0
    return Math.ceil(new ProgrammeFlow(programme).fullest(programme.windowMinutes * SHIFTED_SPEED))
}

/** The volumes of the day of the week with the least and with the most of schedule and periodic doses, in picolitres. */
export function dayVolumesPl(programme: Programme): { lowest: number; highest: number } {
    const rates = scheduleRates(programme)
    const { periodicPl, periodicMinutes, periodicDurationMinutes } = programme
    const fixed = periodicPl > 0 && MINUTES_PER_WEEK % periodicMinutes === 0
    const days = programme.patternOfWeekday.map((_, day) => {
        let sum = 0
        for (let minute = day * MINUTES_PER_DAY; minute < (day + 1) * MINUTES_PER_DAY; minute++)
            sum += rates[minute] + (fixed ? periodicRateAt(programme, minute) : 0)
        return sum / MINUTES_PER_DAY
    })
    const lowest = Math.min(...days)
    const highest = Math.max(...days)
    if (periodicPl === 0 || fixed) return { lowest, highest }
    // A day holds so many whole intervals, and of the rest most where a dose begins it and least where one has just ended.
    const whole = Math.floor(MINUTES_PER_DAY / periodicMinutes)
    const rest = MINUTES_PER_DAY - whole * periodicMinutes
    const perMinute = periodicPl / periodicDurationMinutes
    const least = Math.max(0, rest - (periodicMinutes - periodicDurationMinutes)) * perMinute
    const most = Math.min(rest, periodicDurationMinutes) * perMinute
    return { lowest: lowest + whole * periodicPl + least, highest: highest + whole * periodicPl + most }
}

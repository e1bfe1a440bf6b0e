// What a pump with all its therapies may give, worked out a second time: in exact whole numbers, from the rules as people know them,
// and with none of the pump's code. What stops the pump, and when, it is told; what follows from that it knows by itself.

import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, RATE_PL_PER_DAY_MIN } from "../../src/pump/limits"
import { type Programme, periodicRatePlPerDay } from "../../src/pump/programme"
import { BolusEvent, BolusKind, BolusReason } from "../../src/pump/pump"

/** Volumes are kept in picolitres times milliseconds per day, and in 24ths of those, because a shifted schedule runs a 24th faster or slower. */
export const QUANTA_PER_PL = BigInt(24 * MS_PER_DAY)

const FASTEST_PL_PER_DAY = 240_000_000_000
const SHIFT_MS_MAX = 14 * MS_PER_HOUR

export const quantaOf = (pl: number): bigint => BigInt(pl) * QUANTA_PER_PL

interface Bolus {
    kind: BolusKind
    pl: number
    ratePlPerDay: number
    left: bigint
}

/** The end of a bolus that has yet to be told. */
interface End {
    event: BolusEvent
    kind: BolusKind
    reasons: BolusReason[]
    pl: number
}

/** What was given besides the schedule between two ticks. */
interface Given {
    fromMs: number
    toMs: number
    quanta: bigint
}

/** What is known of a request: all that may not be by the rules, at their strictest and with what the pump may round up. */
interface Obstacles {
    certain: Set<BolusReason>
    possible: Set<BolusReason>
}

export class TherapyModel {
    /** Metered since power-on; by how much the pump's whole milliseconds may differ from it; and of how many steps. */
    metered = 0n
    tolerance = 0n
    steps = 0
    /** What reached the patient, and what the reservoir holds. */
    patientPl = 0
    residualPl: number
    /** What the line lacks of the drug that the reservoir holds; and the flow that bridges it. */
    lineLeftPl: number
    bridgePlPerDay = 0
    running = true
    delivering = false
    minimumRate = false
    bolus: Bolus | undefined
    held: Bolus | undefined
    ends: End[] = []
    /** Local time minus that of the run, while it is known, and by how many 24ths of a millisecond the schedule has still to catch up. */
    localMinusNowMs: number | undefined
    shiftLeft = 0
    localMinusClockMs = 0
    /** What a run of the firmware began with, on a clock that goes on for ever; and the time of the run. */
    runBeganMs = 0
    nowMs = 0
    /** Times on that clock. */
    resetMs = Number.NEGATIVE_INFINITY
    lockedUntilMs = Number.NEGATIVE_INFINITY
    lockoutMinutes = 0
    resets: number[] = []
    grants: number[] = []
    given: Given[] = []
    /** How often that was counted anew because the solution was another one. */
    private conversions = 0
    /** What primes gave between the last two ticks. */
    primed = 0n

    constructor(
        public programme: Programme,
        readonly stepPl: number,
        readonly tickMsMax: number,
    ) {
        this.residualPl = programme.reservoirPl
        this.lineLeftPl = programme.deadVolumePl
    }

    get foreverMs(): number {
        return this.runBeganMs + this.nowMs
    }

    get localMs(): number | undefined {
        return this.localMinusNowMs === undefined ? undefined : this.localMinusNowMs + this.nowMs
    }

    /** By how much schedule time goes on in a millisecond, in 24ths of one. */
    private get speed(): number {
        return this.shiftLeft > 0 ? 25 : this.shiftLeft < 0 ? 23 : 24
    }

    /** Flow of schedule and periodic doses at a time of the schedule in 24ths of a millisecond, and until when it stays so. */
    private scheduleAt(at: number): { ratePlPerDay: number; until: number } {
        const { programme } = this
        const day = Math.floor(at / (24 * MS_PER_DAY))
        const minuteOf = (minute: number) => 24 * (day * MS_PER_DAY + minute * MS_PER_MINUTE)
        const pattern = programme.patternOfWeekday[day % 7]
        let ratePlPerDay = 0
        let until = minuteOf(1440)
        for (let i = programme.patternStart[pattern]; i < programme.patternStart[pattern + 1]; i++) {
            const start = minuteOf(programme.segmentStartMinute[i])
            if (start <= at) ratePlPerDay = programme.segmentRatePlPerDay[i]
            else until = Math.min(until, start)
        }
        if (programme.periodicPl > 0) {
            const first = 24 * programme.periodicStartMinute * MS_PER_MINUTE
            const period = 24 * programme.periodicMinutes * MS_PER_MINUTE
            const start = first + Math.floor((at - first) / period) * period
            const end = start + 24 * programme.periodicDurationMinutes * MS_PER_MINUTE
            if (at < first) until = Math.min(until, first)
            else if (at < end) {
                ratePlPerDay += periodicRatePlPerDay(programme)
                until = Math.min(until, end)
            } else until = Math.min(until, start + period)
        }
        return { ratePlPerDay, until }
    }

    /** Lets the time up to `nowMs` of the run pass. */
    advance(nowMs: number): void {
        const fromMs = this.foreverMs
        let besides = 0n
        this.primed = 0n
        while (this.nowMs < nowMs) {
            let ms = nowMs - this.nowMs
            if (this.shiftLeft !== 0) ms = Math.min(ms, Math.abs(this.shiftLeft))
            const { speed } = this
            const at = this.localMs === undefined ? undefined : 24 * this.localMs - this.shiftLeft
            let basalPerMs = 0
            let schedule: { ratePlPerDay: number; until: number } | undefined
            if (!this.delivering) basalPerMs = 0
            else if (this.minimumRate) basalPerMs = 24 * RATE_PL_PER_DAY_MIN
            else if (this.bridgePlPerDay > 0) basalPerMs = 24 * this.bridgePlPerDay
            else if (at === undefined) basalPerMs = 24 * this.programme.meanRatePlPerDay
            else {
                schedule = this.scheduleAt(at)
                basalPerMs = schedule.ratePlPerDay * speed
                ms = Math.min(ms, Math.ceil((schedule.until - at) / speed))
            }
            const { bolus } = this
            let flowPerMs = 0
            let ends = false
            if (bolus && this.delivering) {
                flowPerMs = Math.min(24 * bolus.ratePlPerDay, 24 * FASTEST_PL_PER_DAY - basalPerMs)
                if (flowPerMs > 0) {
                    // Within its last millisecond it is over.
                    const leftMs = Number((bolus.left + BigInt(flowPerMs) - 1n) / BigInt(flowPerMs))
                    ends = leftMs <= ms
                    ms = Math.min(ms, leftMs)
                }
            }

            let basal = BigInt(basalPerMs) * BigInt(ms)
            if (schedule && at !== undefined) {
                // A flow that changes within the last millisecond.
                const beyond = at + speed * ms - schedule.until
                if (beyond > 0) {
                    const next = this.scheduleAt(schedule.until).ratePlPerDay
                    basal += BigInt(next - schedule.ratePlPerDay) * BigInt(beyond)
                }
                // The pump does so at a whole millisecond, as near as it can.
                if (beyond >= 0 && speed !== 24) {
                    const next = this.scheduleAt(schedule.until).ratePlPerDay
                    this.tolerance += BigInt(4 * 24 * Math.abs(next - schedule.ratePlPerDay))
                }
                // Its flow is a whole number of picolitres a day.
                if (speed !== 24) this.tolerance += BigInt(12 * ms)
            }
            if (bolus && flowPerMs > 0) {
                const quanta = ends ? bolus.left : BigInt(flowPerMs) * BigInt(ms)
                bolus.left -= quanta
                this.metered += quanta
                if (bolus.kind === BolusKind.Prime) this.primed += quanta
                if (bolus.kind !== BolusKind.Prime || this.lineLeftPl === 0) besides += quanta
            }
            this.metered += basal
            this.nowMs += ms
            if (at !== undefined) this.shiftLeft -= Math.sign(this.shiftLeft) * ms
            if (ends) this.complete()
        }
        if (besides > 0n) this.given.push({ fromMs, toMs: this.foreverMs, quanta: besides })
    }

    private complete(): void {
        if (!this.bolus) return
        this.ends.push({
            event: BolusEvent.Delivered,
            kind: this.bolus.kind,
            reasons: [BolusReason.None],
            pl: this.bolus.pl,
        })
        this.bolus = this.held
        this.held = undefined
    }

    /** Ends what remains of boluses. */
    cancel(...reasons: BolusReason[]): void {
        for (const bolus of [this.bolus, this.held]) {
            if (!bolus) continue
            const pl = bolus.pl - Number((bolus.left + QUANTA_PER_PL - 1n) / QUANTA_PER_PL)
            this.ends.push({ event: BolusEvent.Cancelled, kind: bolus.kind, reasons, pl })
        }
        this.bolus = undefined
        this.held = undefined
    }

    /** The motor has stopped: what is owed of whole steps is never made. */
    stop(...reasons: BolusReason[]): void {
        this.cancel(...reasons)
        this.delivering = false
        const step = quantaOf(this.stepPl)
        const owed = this.metered - BigInt(this.steps) * step
        if (owed >= step) this.metered -= (owed / step) * step
    }

    /** Steps were made. */
    move(steps: number): void {
        const pl = steps * this.stepPl
        this.steps += steps
        this.residualPl -= pl
        const intoLine = Math.min(pl, this.lineLeftPl)
        this.patientPl += this.bridgePlPerDay > 0 ? pl : pl - intoLine
        if (this.bridgePlPerDay > 0 && pl > 0)
            this.given.push({ fromMs: this.foreverMs, toMs: this.foreverMs, quanta: quantaOf(pl) })
        this.lineLeftPl -= intoLine
        if (this.lineLeftPl === 0) this.bridgePlPerDay = 0
    }

    /** What was given besides the schedule since then, intervals that only end later included or not. */
    private givenSince(fromMs: number, included: boolean): bigint {
        let sum = 0n
        for (let i = this.given.length - 1; i >= 0; i--) {
            const { fromMs: beganMs, toMs, quanta } = this.given[i]
            if (toMs < fromMs) break
            if (included || beganMs >= fromMs) sum += quanta
        }
        return sum
    }

    /** What keeps a bolus from beginning; alarms are the pump's own, in words of the reasons. */
    obstacles(kind: BolusKind, pl: number, ratePlPerDay: number, alarms: BolusReason[]): Obstacles {
        const { programme, bolus, held } = this
        const certain = new Set(alarms)
        const possible = new Set(alarms)
        const note = (reason: BolusReason, holds: boolean, maybe = false) => {
            if (holds) certain.add(reason)
            if (holds || maybe) possible.add(reason)
        }
        const most =
            kind === BolusKind.Prime
                ? 2_000_000_000
                : kind === BolusKind.Clinician
                  ? programme.bolusPlMax
                  : programme.patientPl
        note(BolusReason.NotProgrammed, most === 0)
        note(BolusReason.VolumeOutOfRange, !(pl > 0 && pl <= most))
        note(
            BolusReason.RateOutOfRange,
            !(ratePlPerDay > 0 && ratePlPerDay <= FASTEST_PL_PER_DAY && pl <= ratePlPerDay),
        )
        note(BolusReason.PumpStopped, !this.running)
        note(BolusReason.StoppingAlarm, !this.delivering)
        note(BolusReason.MinimumRate, this.minimumRate)
        const interrupts = kind === BolusKind.Patient && bolus?.kind === BolusKind.Clinician
        // Until the end of one has been told, none is interrupted.
        note(
            BolusReason.BolusInProgress,
            bolus !== undefined && !interrupts,
            bolus !== undefined && this.ends.length > 0,
        )
        note(BolusReason.BolusInProgress, interrupts && held !== undefined)
        note(BolusReason.Bridging, this.bridgePlPerDay > 0)
        note(BolusReason.MoreThanLine, kind === BolusKind.Prime && programme.deadVolumePl > 0 && pl > this.lineLeftPl)
        note(BolusReason.LineNotPrimed, kind !== BolusKind.Prime && this.lineLeftPl > 0)
        const left = (bolus?.left ?? 0n) + (held?.left ?? 0n)
        const restPl = quantaOf(this.residualPl - pl) - left
        note(BolusReason.MoreThanReservoir, restPl < 0n, restPl < quantaOf(2))

        const now = this.foreverMs
        const windowMs = programme.windowMinutes * MS_PER_MINUTE
        if (kind === BolusKind.Patient) {
            // After a reset what was counted before counts from there on.
            const counted = this.grants.length > 0 && this.resetMs > this.grants[this.grants.length - 1]
            const sinceResetMs = now - this.resetMs
            const longestMs = (this.lockoutMinutes + 1) * MS_PER_MINUTE + this.tickMsMax
            note(BolusReason.Lockout, now < this.lockedUntilMs, counted && sinceResetMs < longestMs)
            const ofDay = this.grants.filter(grantedMs => now - grantedMs < MS_PER_DAY).length
            const resetInDay = now - this.resetMs < MS_PER_DAY + this.tickMsMax
            note(BolusReason.CountOfDay, ofDay >= programme.dosesPerDayMax, resetInDay && this.grants.length > 0)
        }
        if (kind !== BolusKind.Prime && windowMs > 0) {
            const roomPl = programme.windowPlMax - programme.windowBasalPl - pl
            // Quarters of an hour end with a tick.
            const slackMs = 15 * MS_PER_MINUTE + (programme.windowMinutes / 15 + 3) * this.tickMsMax
            const resetInWindow = now - this.resetMs < windowMs + slackMs
            const resetsInWindow = this.resets.filter(resetMs => resetMs >= now - windowMs).length
            const full = (quanta: bigint, morePl: number) => quanta + left > quantaOf(roomPl + morePl)
            note(
                BolusReason.WindowFull,
                // Boluses that were cancelled count in whole picolitres, and of a step that a reset took nothing was given.
                full(this.givenSince(now - windowMs, false), 10 + resetsInWindow * this.stepPl),
                // The pump rounds up each quarter of an hour of a day when the solution is another one.
                resetInWindow || full(this.givenSince(now - windowMs - slackMs, true), -10 - 97 * this.conversions),
            )
        }
        return { certain, possible }
    }

    begin(kind: BolusKind, pl: number, ratePlPerDay: number): void {
        if (kind === BolusKind.Patient) {
            this.grants.push(this.foreverMs)
            this.lockoutMinutes = this.programme.lockoutMinutes
            this.lockedUntilMs = this.foreverMs + this.lockoutMinutes * MS_PER_MINUTE
            this.held = this.bolus
        }
        this.bolus = { kind, pl, ratePlPerDay, left: quantaOf(pl) }
    }

    /** The reservoir was filled. */
    refill(pl: number, lineChanged: boolean): void {
        this.residualPl = pl
        if (!lineChanged) return
        this.cancel(BolusReason.LineChanged)
        this.lineLeftPl = this.programme.deadVolumePl
        this.bridgePlPerDay = 0
    }

    take(programme: Programme, filledPl: number, lineChanged: boolean): void {
        const former = this.programme
        const otherDrug = former.concentrationNgPerMl !== programme.concentrationNgPerMl
        this.programme = programme
        if (filledPl > 0) this.refill(filledPl, lineChanged)
        if (otherDrug) {
            // What was given counts as so much of the new solution as holds the same drug.
            const [formerNg, ng] = [former, programme].map(one => BigInt(one.concentrationNgPerMl))
            this.given = this.given.map(one => ({ ...one, quanta: (one.quanta * formerNg) / ng }))
            this.conversions += 1
        }
        if (!otherDrug || lineChanged) return
        this.cancel(BolusReason.LineChanged)
        if (programme.deadVolumePl === 0 || this.lineLeftPl > 0 || former.meanRatePlPerDay === 0) return
        this.lineLeftPl = programme.deadVolumePl
        this.bridgePlPerDay = former.meanRatePlPerDay
    }

    /** A person says what local time it is; false when that is refused. */
    setClock(localMs: number): boolean {
        const before = this.localMs
        if (before === undefined) {
            this.localMinusNowMs = localMs - this.nowMs
            this.shiftLeft = 0
            return true
        }
        const shiftMs = Math.round((localMs - before) / 1000) * 1000
        const shiftLeft = this.shiftLeft + 24 * shiftMs
        if (this.running && Math.abs(shiftLeft) > 24 * SHIFT_MS_MAX) return false
        // Where it turns round, the pump has counted up to a millisecond the other way.
        const highest = Math.max(...this.programme.segmentRatePlPerDay) + periodicRatePlPerDay(this.programme)
        this.tolerance += BigInt(2 * 24 * highest)
        this.localMinusNowMs = before + shiftMs - this.nowMs
        this.localMinusClockMs += shiftMs
        this.shiftLeft = this.running ? shiftLeft : 0
        return true
    }

    /** The power was away for so long. */
    reset(awayMs: number, nowMs: number): void {
        this.runBeganMs += this.nowMs + awayMs - nowMs
        this.nowMs = nowMs
        this.resetMs = this.foreverMs
        this.resets.push(this.foreverMs)
        this.metered = 0n
        this.tolerance = 0n
        this.steps = 0
        this.bolus = undefined
        this.held = undefined
        this.ends = []
        this.delivering = false
        this.localMinusNowMs = undefined
    }
}

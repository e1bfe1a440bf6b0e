// An account of what the programme asks for, kept apart from the firmware's own: minute by minute of local time, and with nothing
// shared with the pump's metering. It says how far the motor is from the programme at each tick, and which dose was asked for.

import {
    MS_PER_DAY,
    MS_PER_MINUTE,
    MS_PER_SECOND,
    PRIME_RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
} from "../../src/pump/limits"
import type { Mechanism } from "../../src/pump/mechanism"
import type { Programme } from "../../src/pump/programme"
import { BolusKind } from "../../src/pump/pump"

/** What the flow follows while the pump delivers, where no bridge goes before it. */
export type FlowBasis = "schedule" | "mean" | "minimum"

const MINUTES_PER_DAY = 1440
const MINUTES_PER_WEEK = 10_080
const ML_PER_PL = 1e-9

/** Local time is kept in this many parts of a millisecond, because a shift is caught up with at a 24th of its pace. */
const PARTS_PER_MS = 24
const PARTS_PER_MINUTE = PARTS_PER_MS * MS_PER_MINUTE

/** What a firmware that goes by whole milliseconds may be off by where the flow changes during a shift. */
const SHIFT_SLACK_MS = 2

/** One bolus as it is asked for. */
interface AskedBolus {
    kind: BolusKind
    volumePl: number
    leftPl: number
    /** The part of a picolitre of it that was asked for already, times milliseconds per day. */
    part: number
    ratePlPerDay: number
}

export class Observer {
    /** Programmed since the start, in picolitres; the part of a picolitre is kept apart. */
    programmedPl = 0
    commandedSteps = 0
    /** The largest distance between programmed and commanded at any tick, in steps. */
    stepErrorMax = 0
    /** The programme's flow now, 0 while nothing is to be delivered; and with the bolus in progress. */
    basalPlPerDay = 0
    ratePlPerDay = 0
    delivering = false
    basis: FlowBasis = "schedule"
    /** While the start of a bolus is not recorded yet none flows. */
    bolusUnrecorded = false

    private ratePlPerDayOfMinute = new Float64Array(MINUTES_PER_WEEK)
    private readonly stepPl: number
    private readonly stepQuantum: number
    private readonly fastestPlPerDay: number
    private part = 0
    /** Programmed and not yet commanded, in picolitres times milliseconds per day. */
    private outstanding = 0
    /** What whole milliseconds leave open of it. */
    private slack = 0
    /** The flow without boluses before the last change. */
    private formerPlPerDay = 0

    /** Local time as the schedule has it, in parts since Monday 3 January 2000, 00:00; and whether anybody ever told it. */
    private scheduleParts = 0
    private clockKnown = false
    /** What the schedule has to catch up with yet, in parts: as many milliseconds as it takes. On, or (negative) back. */
    private shiftParts = 0
    /** Local time minus that of the real-time clock. */
    private localMinusClockMs = 0

    /** The bolus in progress, behind it the one that waits for it. */
    private boluses: AskedBolus[] = []
    /** The bolus that was in progress last, and what of it was asked for. */
    private last: AskedBolus | undefined

    /** While the line holds another concentration than the reservoir: the flow that gives the former dose, and until when. */
    private bridge = { ratePlPerDay: 0, leftPl: 0 }
    /** What of the line is to be asked for before the reservoir's drug reaches the catheter's tip, and its strength; 0 is no drug. */
    private line = { leftPl: 0, ngPerMl: 0 }
    /** What was asked for by strength. */
    private readonly programmedPlByStrength = new Map<number, number>()

    constructor(
        private programme: Programme,
        mechanism: Mechanism,
        linePrimed = true,
    ) {
        this.stepPl = mechanism.stepPl
        this.stepQuantum = mechanism.stepPl * MS_PER_DAY
        this.fastestPlPerDay = Math.min(
            PRIME_RATE_PL_PER_DAY_MAX,
            (mechanism.stepPl * mechanism.stepsPerTickMax * MS_PER_DAY) / 100,
        )
        this.tabulate(programme)
        if (!linePrimed) this.line.leftPl = programme.deadVolumePl
    }

    /** The drug that was asked for since the start, in nanograms, as it would leave a line of the prescription's volume. */
    get programmedNg(): number {
        let ng = 0
        for (const [ngPerMl, volumePl] of this.programmedPlByStrength) ng += ngPerMl * volumePl * ML_PER_PL
        return ng
    }

    /** The programme that runs. */
    get running(): Programme {
        return this.programme
    }

    /** The flow now of boluses that are doses: primes apart. */
    get bolusPlPerDay(): number {
        return this.boluses[0]?.kind === BolusKind.Prime ? 0 : this.ratePlPerDay - this.basalPlPerDay
    }

    /** True while tubing and catheter are not full of drug. */
    get lineEmpty(): boolean {
        return this.line.leftPl > 0 && this.line.ngPerMl === 0
    }

    /** True while the former dose is bridged. */
    get bridging(): boolean {
        return this.bridge.ratePlPerDay > 0
    }

    /**
     * The pump runs this programme from now on. One of another strength comes with a refill: what the line then holds is delivered
     * first, at the flow that gave the former dose, unless the line is new.
     * @param stepsOfTick steps of this very tick, which are still of the time before
     */
    followProgramme(programme: Programme, lineChanged: boolean, stepsOfTick: number): void {
        const former = this.programme
        this.programme = programme
        this.tabulate(programme)
        if (former.concentrationNgPerMl === programme.concentrationNgPerMl) return
        this.cancelBoluses()
        if (lineChanged || programme.deadVolumePl === 0 || this.line.leftPl > 0) return
        if (former.meanRatePlPerDay === 0) return
        this.line = { leftPl: programme.deadVolumePl, ngPerMl: former.concentrationNgPerMl }
        this.bridge = {
            ratePlPerDay: former.meanRatePlPerDay,
            leftPl: programme.deadVolumePl + stepsOfTick * this.stepPl,
        }
    }

    /** Tubing or catheter are new, and hold no drug. */
    changeLine(): void {
        this.cancelBoluses()
        this.line = { leftPl: this.programme.deadVolumePl, ngPerMl: 0 }
        this.bridge = { ratePlPerDay: 0, leftPl: 0 }
    }

    /** The pump began or ceased to deliver, or follows another basis, from now on. */
    follow(delivering: boolean, basis: FlowBasis): void {
        this.delivering = delivering
        this.basis = basis
        if (!delivering) this.cancelBoluses()
    }

    /** The pump has asked the real-time clock, which shows this. */
    setClock(clockMs: number): void {
        this.clockKnown = true
        this.scheduleParts = PARTS_PER_MS * (clockMs + this.localMinusClockMs) - this.shiftParts
    }

    /**
     * A person told the pump the local time. To whole seconds, the schedule then has that much to catch up with; a pump that is
     * stopped goes by the new time at once, and so does one that did not know any.
     */
    setLocalTime(localMs: number, stopped: boolean): void {
        if (!this.clockKnown) {
            this.clockKnown = true
            this.scheduleParts = PARTS_PER_MS * localMs
            this.shiftParts = 0
            return
        }
        const beforeMs = (this.scheduleParts + this.shiftParts) / PARTS_PER_MS
        const shiftMs = Math.round((localMs - beforeMs) / MS_PER_SECOND) * MS_PER_SECOND
        this.localMinusClockMs += shiftMs
        this.shiftParts += shiftMs * PARTS_PER_MS
        if (!stopped) return
        this.scheduleParts += this.shiftParts
        this.shiftParts = 0
    }

    /** Power is off: the part of a step that was owed is gone with it, and what time it is. */
    powerOff(): void {
        this.follow(false, "schedule")
        this.bolusUnrecorded = false
        this.clockKnown = false
        this.outstanding = 0
        this.clearFlow()
    }

    /** A bolus begins. A patient's dose makes a clinician's wait. */
    startBolus(kind: BolusKind, volumePl: number, ratePlPerDay: number): void {
        const bolus = { kind, volumePl, leftPl: volumePl, part: 0, ratePlPerDay }
        this.boluses.unshift(bolus)
        this.last = bolus
    }

    /** What is left of the boluses is not asked for any more. */
    cancelBoluses(): void {
        this.boluses = []
    }

    /** What has been asked for of the bolus that was in progress last, and of the one that waits. */
    get bolusAskedPl(): number {
        return this.last ? this.last.volumePl - this.last.leftPl : 0
    }

    get waitingAskedPl(): number {
        const waiting = this.boluses[1]
        return waiting ? waiting.volumePl - waiting.leftPl : 0
    }

    /** What was asked for in the `elapsedMs` up to this tick. */
    advance(elapsedMs: number): void {
        let leftMs = elapsedMs
        if (leftMs > 0) this.clearFlow()
        while (leftMs > 0) leftMs -= this.advanceSlice(leftMs)
    }

    /**
     * The motor was told to make `steps` at this tick; the distance counts where the pump was `toDeliver` all along. What an
     * occlusion's relief pulls back is not asked for again.
     */
    command(steps: number, toDeliver: boolean): void {
        this.commandedSteps += steps
        if (steps > 0) this.outstanding -= steps * this.stepQuantum
        if (this.bridging) this.passBridge(steps)
        if (!toDeliver) return
        const error = Math.max(0, Math.abs(this.outstanding) - this.slack) / this.stepQuantum
        if (error > this.stepErrorMax) this.stepErrorMax = error
    }

    /** The pump stopped: whole steps that were still due are not made up by its next start. */
    dropWholeSteps(): void {
        if (this.outstanding >= this.stepQuantum)
            this.outstanding -= Math.floor(this.outstanding / this.stepQuantum) * this.stepQuantum
    }

    private tabulate(programme: Programme): void {
        for (let weekday = 0; weekday < 7; weekday++) {
            const pattern = programme.patternOfWeekday[weekday]
            for (let i = programme.patternStart[pattern]; i < programme.patternStart[pattern + 1]; i++)
                this.ratePlPerDayOfMinute.fill(
                    programme.segmentRatePlPerDay[i],
                    weekday * MINUTES_PER_DAY + programme.segmentStartMinute[i],
                    weekday * MINUTES_PER_DAY + MINUTES_PER_DAY,
                )
        }
    }

    private clearFlow(): void {
        this.basalPlPerDay = 0
        this.ratePlPerDay = 0
    }

    /** What is asked for in the next `atMostMs`, or in less where something changes on the way; returns how long that was. */
    private advanceSlice(atMostMs: number): number {
        const pace = PARTS_PER_MS + Math.sign(this.shiftParts)
        const minute = Math.floor(this.scheduleParts / PARTS_PER_MINUTE)
        let sliceMs = Math.min(atMostMs, Math.ceil(((minute + 1) * PARTS_PER_MINUTE - this.scheduleParts) / pace))
        if (this.shiftParts !== 0) sliceMs = Math.min(sliceMs, Math.abs(this.shiftParts))

        const basalPlPerDay = this.delivering ? this.basalAt(minute) : 0
        const bolus = this.delivering && !this.bolusUnrecorded ? this.boluses[0] : undefined
        const bolusPlPerDay = bolus
            ? Math.max(0, Math.min(bolus.ratePlPerDay, this.fastestPlPerDay - basalPlPerDay))
            : 0
        const bolusLeft = bolus ? bolus.leftPl * MS_PER_DAY - bolus.part : Infinity
        // A bolus ends within the last millisecond of its slice.
        const bolusEnds = bolusPlPerDay > 0 && bolusLeft <= bolusPlPerDay * sliceMs
        if (bolusEnds) sliceMs = Math.ceil(bolusLeft / bolusPlPerDay)

        this.scheduleParts += pace * sliceMs
        if (this.shiftParts !== 0) this.shiftParts -= Math.sign(this.shiftParts) * sliceMs
        if (!this.delivering) return sliceMs

        if (pace !== PARTS_PER_MS) this.slack += SHIFT_SLACK_MS * Math.abs(basalPlPerDay - this.formerPlPerDay)
        this.formerPlPerDay = basalPlPerDay
        this.basalPlPerDay = basalPlPerDay
        this.ratePlPerDay = basalPlPerDay + bolusPlPerDay
        this.add(basalPlPerDay * sliceMs)
        if (bolus) this.addBolus(bolus, bolusEnds ? bolusLeft : bolusPlPerDay * sliceMs)
        if (bolusEnds) {
            this.boluses.shift()
            if (this.boluses[0]) this.last = this.boluses[0]
        }
        return sliceMs
    }

    /** The flow that is asked for without boluses in this minute of local time. */
    private basalAt(minute: number): number {
        if (this.basis === "minimum") return RATE_PL_PER_DAY_MIN
        if (this.bridging) return this.bridge.ratePlPerDay
        const { programme } = this
        if (this.basis === "mean") return programme.meanRatePlPerDay
        const { periodicPl, periodicMinutes, periodicDurationMinutes, periodicStartMinute } = programme
        let ratePlPerDay = this.ratePlPerDayOfMinute[minute % MINUTES_PER_WEEK]
        const since = minute - periodicStartMinute
        if (periodicPl > 0 && since >= 0 && since % periodicMinutes < periodicDurationMinutes)
            ratePlPerDay += Math.round((periodicPl * MINUTES_PER_DAY) / periodicDurationMinutes)
        // A schedule that runs a 24th faster or slower gives as much in as much less or more time.
        return ratePlPerDay + Math.sign(this.shiftParts) * Math.round(ratePlPerDay / 24)
    }

    private addBolus(bolus: AskedBolus, volume: number): void {
        const due = bolus.part + volume
        const wholePl = Math.floor(due / MS_PER_DAY)
        bolus.part = due - wholePl * MS_PER_DAY
        bolus.leftPl -= wholePl
        this.add(volume)
    }

    /** The line's volume is counted in the steps that are told the motor: with the last of it the bridge is over. */
    private passBridge(steps: number): void {
        this.bridge.leftPl -= steps * this.stepPl
        if (this.bridge.leftPl <= 0) this.bridge = { ratePlPerDay: 0, leftPl: 0 }
    }

    private add(volume: number): void {
        this.outstanding += volume
        this.part += volume
        const wholePl = Math.floor(this.part / MS_PER_DAY)
        this.part -= wholePl * MS_PER_DAY
        this.programmedPl += wholePl
        const ofLinePl = Math.min(wholePl, this.line.leftPl)
        this.line.leftPl -= ofLinePl
        this.addDose(this.line.ngPerMl, ofLinePl)
        this.addDose(this.programme.concentrationNgPerMl, wholePl - ofLinePl)
    }

    private addDose(ngPerMl: number, volumePl: number): void {
        if (volumePl === 0) return
        this.programmedPlByStrength.set(ngPerMl, (this.programmedPlByStrength.get(ngPerMl) ?? 0) + volumePl)
    }
}

// An account of what the programme asks for, kept apart from the firmware's own: from a table of the week, minute by
// minute, and with nothing shared with the pump's metering. It says how far the motor is from the programme at each tick.

import {
    MS_PER_DAY,
    MS_PER_MINUTE,
    MS_PER_WEEK,
    PRIME_RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
} from "../../src/pump/limits"
import type { Mechanism } from "../../src/pump/mechanism"
import type { Programme } from "../../src/pump/programme"

/** What the flow follows while the pump delivers. */
export type FlowBasis = "schedule" | "mean" | "minimum"

export class Observer {
    /** Programmed since the start, in picolitres; the part of a picolitre is kept apart. */
    programmedPl = 0
    commandedSteps = 0
    /** The largest distance between programmed and commanded at any tick, in steps. */
    stepErrorMax = 0
    /** The programme's flow now, 0 while nothing is to be delivered; and with the prime in progress. */
    basalPlPerDay = 0
    ratePlPerDay = 0

    private readonly ratePlPerDayOfMinute = new Float64Array(10_080)
    private readonly stepQuantum: number
    private readonly fastestPlPerDay: number
    private part = 0
    /** Programmed and not yet commanded, in picolitres times milliseconds per day. */
    private outstanding = 0
    delivering = false
    basis: FlowBasis = "schedule"
    private weekMs = 0
    private prime = { volumePl: 0, leftPl: 0, part: 0, ratePlPerDay: 0 }

    private meanPlPerDay = 0

    constructor(programme: Programme, mechanism: Mechanism) {
        this.stepQuantum = mechanism.stepPl * MS_PER_DAY
        this.fastestPlPerDay = Math.min(
            PRIME_RATE_PL_PER_DAY_MAX,
            (mechanism.stepPl * mechanism.stepsPerTickMax * MS_PER_DAY) / 100,
        )
        this.followProgramme(programme)
    }

    /** The pump runs this programme from now on. */
    followProgramme(programme: Programme): void {
        this.meanPlPerDay = programme.meanRatePlPerDay
        for (let weekday = 0; weekday < 7; weekday++) {
            const pattern = programme.patternOfWeekday[weekday]
            for (let i = programme.patternStart[pattern]; i < programme.patternStart[pattern + 1]; i++)
                this.ratePlPerDayOfMinute.fill(
                    programme.segmentRatePlPerDay[i],
                    weekday * 1440 + programme.segmentStartMinute[i],
                    weekday * 1440 + 1440,
                )
        }
    }

    /** The pump began or ceased to deliver, or follows another basis, from now on. */
    follow(delivering: boolean, basis: FlowBasis): void {
        this.delivering = delivering
        this.basis = basis
        if (!delivering) this.cancelPrime()
    }

    /** The pump takes this for the time of the week now. */
    setClock(weekMs: number): void {
        this.weekMs = weekMs
    }

    /** Power is off: the part of a step that was owed is gone with it. */
    powerOff(): void {
        this.follow(false, "schedule")
        this.outstanding = 0
        this.clearFlow()
    }

    startPrime(volumePl: number, ratePlPerDay: number): void {
        this.prime = { volumePl, leftPl: volumePl, part: 0, ratePlPerDay }
    }

    /** What is left of the prime is not asked for any more. */
    cancelPrime(): void {
        this.prime.leftPl = 0
    }

    /** What has been asked for of the prime that was started last. */
    get primeAskedPl(): number {
        return this.prime.volumePl - this.prime.leftPl
    }

    /** What was asked for in the `elapsedMs` up to this tick. */
    advance(elapsedMs: number): void {
        let leftMs = elapsedMs
        if (leftMs > 0) this.clearFlow()
        while (leftMs > 0) {
            const minute = Math.floor(this.weekMs / MS_PER_MINUTE)
            const sliceMs = Math.min(leftMs, (minute + 1) * MS_PER_MINUTE - this.weekMs)
            this.weekMs += sliceMs
            if (this.weekMs >= MS_PER_WEEK) this.weekMs -= MS_PER_WEEK
            leftMs -= sliceMs
            if (!this.delivering) continue
            const basalPlPerDay =
                this.basis === "schedule"
                    ? this.ratePlPerDayOfMinute[minute]
                    : this.basis === "mean"
                      ? this.meanPlPerDay
                      : RATE_PL_PER_DAY_MIN
            this.basalPlPerDay = basalPlPerDay
            this.ratePlPerDay = basalPlPerDay
            this.add(basalPlPerDay * sliceMs)
            if (this.prime.leftPl > 0) this.addPrime(basalPlPerDay, sliceMs)
        }
    }

    /**
     * The motor was told to make `steps` at this tick; the distance counts where the pump was `toDeliver` all along. What an
     * occlusion's relief pulls back is not asked for again.
     */
    command(steps: number, toDeliver: boolean): void {
        this.commandedSteps += steps
        if (steps > 0) this.outstanding -= steps * this.stepQuantum
        if (!toDeliver) return
        const error = Math.abs(this.outstanding) / this.stepQuantum
        if (error > this.stepErrorMax) this.stepErrorMax = error
    }

    /** The pump stopped: whole steps that were still due are not made up by its next start. */
    dropWholeSteps(): void {
        if (this.outstanding >= this.stepQuantum)
            this.outstanding -= Math.floor(this.outstanding / this.stepQuantum) * this.stepQuantum
    }

    private clearFlow(): void {
        this.basalPlPerDay = 0
        this.ratePlPerDay = 0
    }

    private addPrime(basalPlPerDay: number, sliceMs: number): void {
        const ratePlPerDay = Math.min(this.prime.ratePlPerDay, this.fastestPlPerDay - basalPlPerDay)
        const due = this.prime.part + ratePlPerDay * sliceMs
        const wholePl = Math.floor(due / MS_PER_DAY)
        if (wholePl >= this.prime.leftPl) {
            this.add(this.prime.leftPl * MS_PER_DAY - this.prime.part)
            this.prime.leftPl = 0
        } else {
            this.add(ratePlPerDay * sliceMs)
            this.prime.part = due - wholePl * MS_PER_DAY
            this.prime.leftPl -= wholePl
        }
        this.ratePlPerDay = basalPlPerDay + ratePlPerDay
    }

    private add(volume: number): void {
        this.outstanding += volume
        this.part += volume
        const wholePl = Math.floor(this.part / MS_PER_DAY)
        this.part -= wholePl * MS_PER_DAY
        this.programmedPl += wholePl
    }
}

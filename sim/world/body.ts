// The person around the catheter's tip: heartbeat, breath, coughs and posture move the pressure of the spinal fluid.
// All of it follows from time and seed, and is worked out only when the pressure is read.

import type { WorldSettings } from "../scenario/scenario"
import { type RandomStream, uniform, uniformBetween, waitFor } from "./random"

const MS_PER_MINUTE = 60_000
const MS_PER_DAY = 86_400_000

// Neither comes evenly. Assumed: a heartbeat is early or late by 5 % of its period, a breath by 10 %.
const BEAT_SPREAD = 0.05
const BREATH_SPREAD = 0.1

// Coughs come in bouts. Assumed: 1 to 5 of 0.3 to 1 s, 0.2 to 1 s apart, each at least half as strong as the strongest.
const COUGHS_PER_BOUT_MAX = 5
const COUGHS_PER_BOUT_MEAN = (1 + COUGHS_PER_BOUT_MAX) / 2
const COUGH_MS_MIN = 300
const COUGH_MS_MAX = 1000
const PAUSE_MS_MIN = 200
const PAUSE_MS_MAX = 1000
const WEAKEST_COUGH = 0.5

/** One cough: half a sine. */
interface Cough {
    fromMs: number
    lastsMs: number
    peakPa: number
}

export class Body {
    /** True when the person moves the pressure at all. */
    readonly moves: boolean
    private readonly pulse: Swing
    private readonly breath: Swing
    private coughs: Cough[] = []
    private nextBoutMs: number
    private nextPostureMs: number
    private sitting = false

    constructor(
        private readonly settings: WorldSettings,
        private readonly random: RandomStream,
    ) {
        this.pulse = new Swing(settings.spinalPulsePascals, settings.heartBeatsPerMinute, BEAT_SPREAD, random)
        this.breath = new Swing(settings.spinalBreathPascals, settings.breathsPerMinute, BREATH_SPREAD, random)
        this.nextBoutMs = this.waitMs(settings.coughsPerDay / COUGHS_PER_BOUT_MEAN)
        this.nextPostureMs = this.waitMs(settings.postureChangesPerDay)
        this.moves =
            settings.spinalPulsePascals > 0 ||
            settings.spinalBreathPascals > 0 ||
            settings.coughsPerDay > 0 ||
            settings.postureChangesPerDay > 0
    }

    /**
     * What heart, breath and coughs add to the pressure of a line that is open to the spinal fluid, in pascals, now. The
     * line follows late, as a resistance before a compliance does: a sine of period T reaches it weakened by
     * √(1 + (2π timeConstant/T)²). A cough counts as half a sine of its own, without the tail that a very soft line adds.
     * The fluid that moves to and fro for it (compliance × amplitude, below 0.1 µL) comes back, and is not accounted for.
     */
    swingPa(nowMs: number, timeConstantMs: number): number {
        return (
            this.pulse.at(nowMs, timeConstantMs) +
            this.breath.at(nowMs, timeConstantMs) +
            this.coughPa(nowMs, timeConstantMs)
        )
    }

    /** By how much the mean pressure of the spinal fluid has changed since the last call, in pascals. */
    postureStepPa(nowMs: number): number {
        if (nowMs < this.nextPostureMs) return 0
        const wasSitting = this.sitting
        while (nowMs >= this.nextPostureMs) {
            this.sitting = !this.sitting
            this.nextPostureMs += this.waitMs(this.settings.postureChangesPerDay)
        }
        return (Number(this.sitting) - Number(wasSitting)) * this.settings.posturePascals
    }

    private coughPa(nowMs: number, timeConstantMs: number): number {
        if (nowMs >= this.nextBoutMs) this.startBout(nowMs)
        if (this.coughs.length === 0) return 0
        let coughPa = 0
        for (const { fromMs, lastsMs, peakPa } of this.coughs)
            if (nowMs >= fromMs && nowMs < fromMs + lastsMs)
                coughPa =
                    (peakPa * Math.sin((Math.PI * (nowMs - fromMs)) / lastsMs)) / damping(timeConstantMs, 2 * lastsMs)
        if (nowMs >= this.coughs[this.coughs.length - 1].fromMs + COUGH_MS_MAX) this.coughs = []
        return coughPa
    }

    /** The coughs of the newest bout that has begun; the next one waits for its end. */
    private startBout(nowMs: number): void {
        const { random, settings } = this
        let fromMs = this.nextBoutMs
        while (this.nextBoutMs <= nowMs) {
            fromMs = this.nextBoutMs
            this.nextBoutMs += this.waitMs(settings.coughsPerDay / COUGHS_PER_BOUT_MEAN)
        }
        this.coughs = []
        for (let left = 1 + Math.floor(COUGHS_PER_BOUT_MAX * uniform(random)); left > 0; left--) {
            const lastsMs = uniformBetween(random, COUGH_MS_MIN, COUGH_MS_MAX)
            const peakPa = settings.coughKilopascals * 1000 * uniformBetween(random, WEAKEST_COUGH, 1)
            this.coughs.push({ fromMs, lastsMs, peakPa })
            fromMs += lastsMs + uniformBetween(random, PAUSE_MS_MIN, PAUSE_MS_MAX)
        }
        this.nextBoutMs = Math.max(this.nextBoutMs, fromMs)
    }

    private waitMs(perDay: number): number {
        return perDay > 0 ? waitFor(this.random, MS_PER_DAY / perDay) : Infinity
    }
}

/** A sine whose periods are not quite alike. */
class Swing {
    private turns: number
    private atMs = 0

    constructor(
        private readonly peakPa: number,
        private readonly perMinute: number,
        private readonly spread: number,
        private readonly random: RandomStream,
    ) {
        this.turns = uniform(random)
    }

    at(nowMs: number, timeConstantMs: number): number {
        if (this.peakPa === 0) return 0
        const turns = ((nowMs - this.atMs) * this.perMinute) / MS_PER_MINUTE
        this.atMs = nowMs
        // Uniform with the standard deviation of so many uneven periods: spread × √turns.
        this.turns += turns + this.spread * Math.sqrt(12 * turns) * (uniform(this.random) - 0.5)
        this.turns -= Math.floor(this.turns)
        return (
            (this.peakPa * Math.sin(2 * Math.PI * this.turns)) / damping(timeConstantMs, MS_PER_MINUTE / this.perMinute)
        )
    }
}

/** How many times a sine is weaker behind a low-pass of the first order. */
function damping(timeConstantMs: number, periodMs: number): number {
    const ratio = (2 * Math.PI * timeConstantMs) / periodMs
    return Math.sqrt(1 + ratio * ratio)
}

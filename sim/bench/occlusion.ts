// How soon the pump's line detector (src/pump/line.ts) finds an occlusion, beside thresholds on the very same traces: time to
// alarm, false alarms in fault-free days, and what a line that lets go releases. Samples come once a second, as on the pump.

import { Reason } from "../../src/pump/alarms"
import { MS_PER_HOUR, RELIEF_PL_MAX, SAMPLE_MS, TICK_MS } from "../../src/pump/limits"
import { createLine, forgetRise, judgeLine } from "../../src/pump/line"
import type { WorldSettings } from "../scenario/scenario"
import { worldSchema } from "../scenario/schema"
import { World } from "../world/world"
import type { Row } from "./rows"

const PL_PER_MICROLITRE = 1_000_000
const TICKS_PER_SAMPLE = SAMPLE_MS / TICK_MS
const RECENT_TICKS = 5
const SECONDS_PER_HOUR = 3600
const SECONDS_PER_DAY = 86_400
const FILL_PL = 20_000_000_000

// As in `src/pump/relief.ts`, with the shipped mechanism's steps per tick.
const OVER_REST_PA = 500
const PULL_STEPS_MAX = 7

/** The threshold that the time to alarm is measured against. */
export const REFERENCE_PA = 70_000

export const RATES_MICROLITRES_PER_HOUR = [2, 8, 25, 100, 1000] as const

/**
 * The lines of the study, each told by the air at the room's pressure that is as soft (its volume over 101 kPa, Boyle). So 5 cm
 * of air-filled tubing at the sensor make the usual line if its bore is 0.6 mm, and one three times softer than the soft if 2 mm.
 */
export const LINES = [
    { microlitresPerKilopascal: 0.05, name: "stiff", standsFor: "as soft as 5 µL of air" },
    { microlitresPerKilopascal: 0.14, name: "usual", standsFor: "as soft as 14 µL of air; the simulator's own" },
    { microlitresPerKilopascal: 0.5, name: "soft", standsFor: "as soft as 51 µL of air" },
] as const

export type StudyLine = (typeof LINES)[number]

/**
 * A person and a worn syringe, assumed where `sim/scenario/schema.ts` names no source: pulsation and breath of 200 Pa, 300
 * coughs a day of up to 8 kPa, 30 changes of posture of 3 kPa, weather of up to 300 Pa an hour, and a plunger that sticks
 * until 5 kPa push it on, so that an occluded line rises in stairs of 2.5, 1.3 and 0.5 kPa.
 */
export const DISTURBED: Partial<WorldSettings> = {
    spinalPulsePascals: 200,
    spinalBreathPascals: 200,
    coughsPerDay: 300,
    coughKilopascals: 8,
    postureChangesPerDay: 30,
    posturePascals: 3000,
    weatherPascalsPerHour: 300,
    plungerStictionKilopascals: 5,
    stopperComplianceMicrolitresPerKilopascal: 0.05,
    pressureNoisePascals: 50,
}

/** A pump on a line, as the line detector sees it: steps metered on the grid of ticks, a sample each second. */
export class Bed {
    readonly world: World
    readonly line = createLine()
    plPerHour = 0
    /** The last sample, and the lowest of the last three. */
    pressurePa = Number.NaN
    lowestOfThreePa = Number.NaN
    private beforePa = Number.NaN
    private beforeThatPa = Number.NaN
    private owedPl = 0
    private steps = 0

    constructor(line: StudyLine, seed: number, changes: Partial<WorldSettings> = DISTURBED) {
        const settings = {
            ...worldSchema.parse({}),
            ...changes,
            lineComplianceMicrolitresPerKilopascal: line.microlitresPerKilopascal,
        }
        this.world = new World(settings, 0, FILL_PL, seed)
    }

    /** One second: ten ticks with the steps that fall due in them, then a sample, judged. */
    second(): void {
        const { world } = this
        const stepPl = world.stepPl
        const plPerTick = (this.plPerHour * TICK_MS) / MS_PER_HOUR
        const startMs = world.nowMs
        let recentSteps = 0
        for (let tick = 0; tick < TICKS_PER_SAMPLE; tick++) {
            this.owedPl += plPerTick
            if (this.owedPl < stepPl) continue
            const steps = Math.floor(this.owedPl / stepPl)
            this.owedPl -= steps * stepPl
            world.advance(startMs + tick * TICK_MS)
            world.step(steps)
            this.steps += steps
            if (tick >= TICKS_PER_SAMPLE - RECENT_TICKS) recentSteps += steps
        }
        world.advance(startMs + SAMPLE_MS)
        // The study is about the line: the syringe never empties.
        if (world.reservoirPl < FILL_PL / 2) world.reservoirPl += FILL_PL / 2
        this.judge(recentSteps)
    }

    run(seconds: number): void {
        for (let i = 0; i < seconds; i++) this.second()
    }

    /**
     * Pulls back by the rule of `src/pump/relief.ts`: one step, then twice as many each second as long as the last pull took
     * less than half of what is left, until the line is 500 Pa over the rest that the detector knows, or the bound is reached.
     */
    relieve(): void {
        const { world, line } = this
        this.plPerHour = 0
        let leftSteps = Math.floor(RELIEF_PL_MAX / world.stepPl)
        let pull = 0
        let fellPa = Number.NaN
        for (;;) {
            const excessPa = this.pressurePa - line.restPa - OVER_REST_PA
            if (!(excessPa > 0) || leftSteps === 0) return
            pull = Math.min(fellPa * 2 < excessPa ? Math.min(pull * 2, PULL_STEPS_MAX) : 1, leftSteps)
            leftSteps -= pull
            this.steps -= pull
            world.step(-pull)
            world.advance(world.nowMs + SAMPLE_MS)
            const beforePa = this.pressurePa
            this.judge(0)
            fellPa = beforePa - this.pressurePa
        }
    }

    /** The occlusion lets go, with the motor at rest: what then leaves the catheter within a minute. */
    releasedPl(): number {
        const { world } = this
        const beforePl = world.deliveredPl
        world.occluded = false
        world.advance(world.nowMs + 60_000)
        return world.deliveredPl - beforePl
    }

    private judge(recentSteps: number): void {
        const pressurePa = this.world.sense().pressurePa
        this.lowestOfThreePa = Math.min(pressurePa, this.beforePa, this.beforeThatPa)
        this.beforeThatPa = this.beforePa
        this.beforePa = pressurePa
        this.pressurePa = pressurePa
        judgeLine(this.line, pressurePa, this.steps, recentSteps, this.world.stepPl, REFERENCE_PA)
    }
}

/** The same occlusion judged in three ways; times in seconds from the occlusion, volumes in picolitres. */
interface Occlusion {
    slopeS: number
    referenceS: number
    lowestS: number
    slopeReleasedPl: number
    referenceReleasedPl: number
    relievedReleasedPl: number
}

/** Fault-free running before an occlusion, which then comes at a moment that depends on the seed. */
const WARM_UP_S = 2 * SECONDS_PER_HOUR
const WARM_UP_SPREAD_S = 997

function occludedBed(line: StudyLine, microlitresPerHour: number, seed: number): Bed {
    const bed = new Bed(line, seed)
    bed.plPerHour = microlitresPerHour * PL_PER_MICROLITRE
    bed.run(WARM_UP_S + ((seed * 331) % WARM_UP_SPREAD_S))
    if (bed.line.occlusion !== Reason.None) throw new Error(`a false alarm before the occlusion, seed ${seed}`)
    bed.world.occluded = true
    return bed
}

/** Occludes a line and times the slope, the reference threshold and the one at `lowestPa`. */
export function occlude(line: StudyLine, microlitresPerHour: number, seed: number, lowestPa: number): Occlusion {
    const bed = occludedBed(line, microlitresPerHour, seed)
    let slopeS = Number.NaN
    let lowestS = Number.NaN
    let seconds = 0
    while (!(bed.lowestOfThreePa > REFERENCE_PA)) {
        bed.second()
        seconds += 1
        if (Number.isNaN(slopeS) && bed.line.occlusion !== Reason.None) slopeS = seconds
        if (Number.isNaN(lowestS) && bed.lowestOfThreePa > lowestPa) lowestS = seconds
    }
    const referenceReleasedPl = bed.releasedPl()

    // The same seed again, as far as the slope's alarm: the line lets go in that very second, or after the pull-back.
    const sooner = occludedBed(line, microlitresPerHour, seed)
    sooner.run(slopeS)
    const slopeReleasedPl = sooner.releasedPl()
    const relieved = occludedBed(line, microlitresPerHour, seed)
    relieved.run(slopeS)
    relieved.relieve()
    const relievedReleasedPl = relieved.releasedPl()
    return { slopeS, referenceS: seconds, lowestS, slopeReleasedPl, referenceReleasedPl, relievedReleasedPl }
}

/** What fault-free days gave. */
export interface FaultFree {
    days: number
    occlusions: number
    signatures: number
    /** The lowest threshold that would not have alarmed in any of these days. */
    lowestPa: number
}

/** Hours of the day in which a fault-free pump stands, and in which it runs at five times its flow: flows do change. */
const STOPPED_HOUR = 5
const FASTER_HOUR = 7
const FASTER = 5
const PART_DAYS_MAX = 10

/** Runs without a fault, in parts with a seed and a person of their own, through every flow and line. */
export function runFaultFree(daysOfEach: number, onPart: (days: number) => void): FaultFree {
    const sum: FaultFree = { days: 0, occlusions: 0, signatures: 0, lowestPa: 0 }
    let seed = 1000
    for (const line of LINES)
        for (const microlitresPerHour of RATES_MICROLITRES_PER_HOUR)
            for (let left = daysOfEach; left > 0; left -= PART_DAYS_MAX) {
                seed += 1
                const bed = new Bed(line, seed)
                const days = Math.min(left, PART_DAYS_MAX)
                for (let hour = 0; hour < days * 24; hour++) {
                    const hourOfDay = hour % 24
                    const times = hourOfDay === STOPPED_HOUR ? 0 : hourOfDay === FASTER_HOUR ? FASTER : 1
                    bed.plPerHour = microlitresPerHour * PL_PER_MICROLITRE * times
                    for (let i = 0; i < SECONDS_PER_HOUR; i++) {
                        const signature = bed.line.signature
                        bed.second()
                        if (bed.lowestOfThreePa > sum.lowestPa) sum.lowestPa = bed.lowestOfThreePa
                        if (bed.line.signature !== signature && signature === Reason.None) sum.signatures += 1
                        if (bed.line.occlusion === Reason.None) continue
                        sum.occlusions += 1
                        forgetRise(bed.line)
                    }
                }
                sum.days += days
                onPart(sum.days)
            }
    return sum
}

export interface Spread {
    median: number
    worst: number
}

/** One line at one flow, over all seeds. The worst is the latest, and the largest volume. */
export interface OcclusionCell {
    line: StudyLine
    microlitresPerHour: number
    slopeS: Spread
    referenceS: Spread
    lowestS: Spread
    /** How many times earlier than the reference threshold the slope alarms, on the same trace; the worst is the least. */
    timesEarlier: Spread
    slopeReleasedMicrolitres: Spread
    referenceReleasedMicrolitres: Spread
    relievedReleasedMicrolitres: Spread
}

/** How long the line's signatures take to be missed; null where they are not learnt or not missed in the time given. */
export interface SignatureCell {
    line: StudyLine
    microlitresPerHour: number
    person: boolean
    pulsationLostS: number | null
    responseKnownHours: number | null
    responseLostHours: number | null
}

export interface OcclusionResults {
    seeds: number
    faultFree: FaultFree
    cells: OcclusionCell[]
    signatures: SignatureCell[]
}

function spreadOf(values: number[], worst: (...values: number[]) => number): Spread {
    const sorted = [...values].sort((a, b) => a - b)
    return { median: sorted[Math.floor(sorted.length / 2)], worst: worst(...values) }
}

export function measureCell(
    line: StudyLine,
    microlitresPerHour: number,
    seeds: number,
    lowestPa: number,
): OcclusionCell {
    const runs = Array.from({ length: seeds }, (_, i) => occlude(line, microlitresPerHour, i + 1, lowestPa))
    const latest = (value: (run: Occlusion) => number) => spreadOf(runs.map(value), Math.max)
    return {
        line,
        microlitresPerHour,
        slopeS: latest(run => run.slopeS),
        referenceS: latest(run => run.referenceS),
        lowestS: latest(run => run.lowestS),
        timesEarlier: spreadOf(
            runs.map(run => run.referenceS / run.slopeS),
            Math.min,
        ),
        slopeReleasedMicrolitres: latest(run => run.slopeReleasedPl / PL_PER_MICROLITRE),
        referenceReleasedMicrolitres: latest(run => run.referenceReleasedPl / PL_PER_MICROLITRE),
        relievedReleasedMicrolitres: latest(run => run.relievedReleasedPl / PL_PER_MICROLITRE),
    }
}

const SIGNATURE_DAYS_MAX = 7
const BENCH: Partial<WorldSettings> = { pressureNoisePascals: 10 }

/** Seconds until it holds, null when it does not within `secondsMax`. */
function secondsUntil(bed: Bed, holds: () => boolean, secondsMax: number): number | null {
    for (let seconds = 1; seconds <= secondsMax; seconds++) {
        bed.second()
        if (holds()) return seconds
    }
    return null
}

export function measureSignature(line: StudyLine, microlitresPerHour: number, person: boolean): SignatureCell {
    const settings = person ? DISTURBED : BENCH
    const started = () => {
        const bed = new Bed(line, 1, settings)
        bed.plPerHour = microlitresPerHour * PL_PER_MICROLITRE
        return bed
    }
    const open = started()
    open.run(12 * SECONDS_PER_HOUR)
    open.world.openLine(true)
    const pulsationLostS = secondsUntil(open, () => open.line.signature === Reason.PulsationLost, SECONDS_PER_HOUR)

    const bed = started()
    const maxS = SIGNATURE_DAYS_MAX * SECONDS_PER_DAY
    const knownS = secondsUntil(bed, () => bed.line.responsePa > 0, maxS)
    let lostS: number | null = null
    if (knownS !== null) {
        bed.world.gearWorn = true
        lostS = secondsUntil(bed, () => bed.line.signature === Reason.ResponseLost, maxS)
    }
    const hours = (seconds: number | null) => (seconds === null ? null : seconds / SECONDS_PER_HOUR)
    return {
        line,
        microlitresPerHour,
        person,
        pulsationLostS,
        responseKnownHours: hours(knownS),
        responseLostHours: hours(lostS),
    }
}

const SIGNATURE_RATES = [25, 100] as const

/** The whole study: so many seeds for each line and flow, and so many fault-free days at least. */
export function studyOcclusion(seeds: number, days: number, onProgress: (done: number) => void): OcclusionResults {
    const cellCount = LINES.length * RATES_MICROLITRES_PER_HOUR.length
    const daysOfEach = Math.ceil(days / cellCount)
    // About how the time divides: fault-free days, occlusions, signatures.
    const faultFree = runFaultFree(daysOfEach, done => onProgress((0.7 * done) / (daysOfEach * cellCount)))
    const cells: OcclusionCell[] = []
    for (const line of LINES)
        for (const microlitresPerHour of RATES_MICROLITRES_PER_HOUR) {
            cells.push(measureCell(line, microlitresPerHour, seeds, faultFree.lowestPa))
            onProgress(0.7 + (0.2 * cells.length) / cellCount)
        }
    const signatures: SignatureCell[] = []
    for (const person of [true, false])
        for (const line of LINES)
            for (const microlitresPerHour of SIGNATURE_RATES) {
                signatures.push(measureSignature(line, microlitresPerHour, person))
                onProgress(0.9 + (0.1 * signatures.length) / (2 * LINES.length * SIGNATURE_RATES.length))
            }
    return { seeds, faultFree, cells, signatures }
}

/** The study's figures as rows of `npm run bench`. */
export function occlusionRows({ seeds, faultFree, cells, signatures }: OcclusionResults): Row[] {
    const part = "occlusion"
    const kilopascals = faultFree.lowestPa / 1000
    const plain = { part, ratio: null, reference: "" }
    const rows: Row[] = [
        {
            ...plain,
            what: "false occlusion alarms",
            figure: faultFree.occlusions,
            unit: "",
            how: `${faultFree.days} fault-free days with pulsation, breath, coughs, posture, weather, stick-slip, changes of flow`,
        },
        { ...plain, what: "false signature alarms", figure: faultFree.signatures, unit: "", how: "the same days" },
        {
            ...plain,
            what: "lowest threshold with no false alarm",
            figure: kilopascals,
            unit: "kPa",
            how: "the same days, three samples in a row",
        },
    ]
    for (const cell of cells) {
        const { line, microlitresPerHour } = cell
        const where = `${microlitresPerHour} µL/h, ${line.microlitresPerKilopascal} µL/kPa`
        const seconds = (value: number) => Math.round(value)
        const volume = (value: number) => value.toFixed(2)
        rows.push({
            part,
            what: `occlusion alarm, ${where}`,
            figure: cell.slopeS.median,
            unit: "s",
            ratio: cell.slopeS.median / cell.referenceS.median,
            reference: `${REFERENCE_PA / 1000} kPa (${seconds(cell.referenceS.median)} s)`,
            how: `median of ${seeds} seeds; latest ${seconds(cell.slopeS.worst)} s, ${cell.timesEarlier.worst.toFixed(1)} times earlier at least; ${kilopascals.toFixed(1)} kPa: ${seconds(cell.lowestS.median)} s`,
        })
        rows.push({
            part,
            what: `released at the alarm, ${where}`,
            figure: cell.slopeReleasedMicrolitres.worst,
            unit: "µL",
            ratio: cell.slopeReleasedMicrolitres.worst / cell.referenceReleasedMicrolitres.worst,
            reference: `${REFERENCE_PA / 1000} kPa (${volume(cell.referenceReleasedMicrolitres.worst)} µL)`,
            how: `most of ${seeds} seeds; after the pull-back ${volume(cell.relievedReleasedMicrolitres.worst)} µL`,
        })
    }
    for (const { line, microlitresPerHour, person, ...found } of signatures) {
        const where = `${person ? "person" : "bench"}, ${microlitresPerHour} µL/h, ${line.microlitresPerKilopascal} µL/kPa`
        const known =
            found.responseKnownHours === null ? "not learnt" : `known after ${found.responseKnownHours.toFixed(1)} h`
        if (person)
            rows.push({
                ...plain,
                what: `open line, ${where}`,
                figure: found.pulsationLostS,
                unit: "s",
                how: "until the pulsation is missed",
            })
        rows.push({
            ...plain,
            what: `worn gear, ${where}`,
            figure: found.responseLostHours,
            unit: "h",
            how: `until the response is missed; ${known} (at most ${SIGNATURE_DAYS_MAX} days each)`,
        })
    }
    return rows
}

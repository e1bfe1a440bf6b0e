// A gravimetric run without a scale: a scenario on `core`, in which what truly left the catheter is read as often as a scale would be; or,
// for metering alone, the steps that the firmware commanded, as if each displaced just what calibration says.

import { MS_PER_DAY, MS_PER_SECOND } from "../../src/pump/limits"
import { BolusEvent, type BolusKind, type BolusReason } from "../../src/pump/pump"
import { runCore } from "../engines/core"
import { type BolusRecord, bolusName } from "../engines/result"
import { Session } from "../engines/session"
import type { Scenario } from "../scenario/scenario"
import { randomStream } from "../world/random"
import { Scale } from "../world/scale"
import type { Dose } from "./doses"
import type { FlowSeries } from "./series"

const PL_PER_MICROLITRE = 1_000_000

/** The scale's own stream of random numbers: one that no part of the world draws from. */
const SCALE_PURPOSE = 1000

/** After a dose the line is given this long to settle before it is weighed, or until the next dose. Assumed; the line needs seconds. */
export const SETTLING_MS = 60 * MS_PER_SECOND

export interface SimulatedOptions {
    seed: number
    /** How often the scale is read, in milliseconds. */
    everyMs: number
    /** What the last digit of the scale stands for, as volume; 0 for one that shows everything. */
    readabilityMicrolitres: number
    /** Take the steps that were commanded in place of what left the catheter. */
    metering: boolean
    onProgress: (simulatedMs: number) => void
}

export interface Simulated {
    series: FlowSeries
    /** Doses that were delivered alone, in order; primes are none. */
    doses: Dose[]
    /** Doses that can't be told from others: they overlapped one, waited for one, or were not delivered whole. */
    dosesLeftOut: number
    stepMicrolitres: number
    /**
     * The distance of the steps from the programme between any two ticks of the run, in steps: no window from tick to tick, however long and
     * wherever it lies, is off by more.
     */
    anyWindowSteps: number
    alarms: number
}

/** Runs `scenario` on `core`. The series begins at the first tick in which the pump delivers. */
export async function simulate(scenario: Scenario, options: SimulatedOptions): Promise<Simulated> {
    const session = new WeighedSession(scenario, options)
    await runCore(session, { onProgress: options.onProgress, onTraceLine: undefined })
    session.finish("core", 0)
    return {
        series: session.scale,
        doses: session.doses,
        dosesLeftOut: session.dosesLeftOut + session.dosesOpen,
        stepMicrolitres: session.mechanism.stepPl / PL_PER_MICROLITRE,
        anyWindowSteps: session.anyWindowSteps,
        alarms: session.alarms.length,
    }
}

/** What was delivered and asked for at a moment, in picolitres. */
interface Account {
    deliveredPl: number
    programmedPl: number
}

/** A dose in progress, or one that the scale waits for. */
interface OpenDose {
    record: BolusRecord
    before: Account
    alone: boolean
    weighAtMs: number
}

class WeighedSession extends Session {
    readonly scale: FlowSeries = { timeMs: [], measuredMicrolitres: [], setMicrolitres: [], rows: undefined }
    readonly doses: Dose[] = []
    dosesLeftOut = 0
    private begunMs = Infinity
    private beginning: Account = { deliveredPl: 0, programmedPl: 0 }
    private readings = 0
    private open: OpenDose[] = []
    private tickedMs = 0
    private atTick: Account = { deliveredPl: 0, programmedPl: 0 }
    private readonly realScale: Scale | undefined
    private aheadPlMin = Infinity
    private aheadPlMax = -Infinity

    constructor(
        scenario: Scenario,
        private readonly options: SimulatedOptions,
    ) {
        super(scenario, options.seed)
        const { scale } = scenario.world
        // Commanded steps are counted and not weighed.
        if (scale && !options.metering) this.realScale = new Scale(scale, randomStream(options.seed, SCALE_PURPOSE))
    }

    get anyWindowSteps(): number {
        return Math.max(0, this.aheadPlMax - this.aheadPlMin) / this.mechanism.stepPl
    }

    /** Doses that the run ended before they could be weighed. */
    get dosesOpen(): number {
        return this.open.length
    }

    override advance(ms: number): void {
        for (let dueMs = this.dueMs(); dueMs <= ms; dueMs = this.dueMs()) {
            super.advance(dueMs)
            this.weighDoses()
            if (!this.options.metering && this.readingDueMs <= dueMs) this.readScale(dueMs, this.weighed())
        }
        super.advance(ms)
    }

    override tickDone(): void {
        super.tickDone()
        const { observer, world, mechanism } = this
        this.tickedMs = world.nowMs
        this.atTick = this.weighed()
        if (this.begunMs === Infinity) {
            if (!observer.delivering) return
            this.begunMs = world.nowMs
            this.beginning = this.atTick
            this.readScale(world.nowMs, this.atTick)
        }
        const aheadPl = observer.commandedSteps * mechanism.stepPl - observer.programmedPl
        this.aheadPlMin = Math.min(this.aheadPlMin, aheadPl)
        this.aheadPlMax = Math.max(this.aheadPlMax, aheadPl)
        if (this.options.metering && this.readingDueMs <= world.nowMs) this.readScale(world.nowMs, this.atTick)
    }

    override bolus(event: BolusEvent, kind: BolusKind, reason: BolusReason, volumePl: number): void {
        super.bolus(event, kind, reason, volumePl)
        if (bolusName(kind) === "prime" || event === BolusEvent.Denied) return
        if (event === BolusEvent.Started) this.doseBegins()
        else this.doseEnds(bolusName(kind))
    }

    /** What the scale and the programme have come to now; between ticks the programme goes on at its flow. */
    private weighed(): Account {
        const { observer, world, mechanism, options } = this
        const sinceTickMs = world.nowMs - this.tickedMs
        return {
            deliveredPl: options.metering ? observer.commandedSteps * mechanism.stepPl : world.deliveredPl,
            programmedPl: observer.programmedPl + (observer.ratePlPerDay * sinceTickMs) / MS_PER_DAY,
        }
    }

    private get readingDueMs(): number {
        return this.begunMs + Math.round(this.readings * this.options.everyMs)
    }

    /** When something is to be read next between two ticks. */
    private dueMs(): number {
        const weighMs = Math.min(...this.open.map(dose => dose.weighAtMs))
        return this.options.metering ? weighMs : Math.min(weighMs, this.readingDueMs)
    }

    private readScale(nowMs: number, { deliveredPl, programmedPl }: Account): void {
        const { scale, beginning, options } = this
        const microlitres = (deliveredPl - beginning.deliveredPl) / PL_PER_MICROLITRE
        const sinceMs = nowMs - this.begunMs
        const shownMicrolitres = this.realScale ? this.realScale.shows(microlitres, sinceMs) : microlitres
        scale.timeMs.push(sinceMs)
        scale.measuredMicrolitres.push(rounded(shownMicrolitres, options.readabilityMicrolitres))
        scale.setMicrolitres.push((programmedPl - beginning.programmedPl) / PL_PER_MICROLITRE)
        while (this.readingDueMs <= nowMs) this.readings++
    }

    private doseBegins(): void {
        // What a power cut ended is nowhere told, and one that is only waited for is weighed before the next can be seen.
        const brokenOff = this.open.filter(
            ({ record, weighAtMs }) => weighAtMs === Infinity && record.outcome !== "inProgress",
        )
        this.dosesLeftOut += brokenOff.length
        this.open = this.open.filter(dose => !brokenOff.includes(dose))
        for (const dose of this.open) if (dose.weighAtMs < Infinity) this.weigh(dose, this.atTick)
        this.open = this.open.filter(dose => dose.weighAtMs === Infinity)
        const record = this.boluses[this.boluses.length - 1]
        for (const dose of this.open) dose.alone = false
        this.open.push({ record, before: this.atTick, alone: this.open.length === 0, weighAtMs: Infinity })
    }

    private doseEnds(kind: BolusRecord["kind"]): void {
        const dose = this.open.findLast(({ record, weighAtMs }) => record.kind === kind && weighAtMs === Infinity)
        if (dose) dose.weighAtMs = this.world.nowMs + SETTLING_MS
    }

    private weighDoses(): void {
        const { nowMs } = this.world
        for (const dose of this.open) if (dose.weighAtMs <= nowMs) this.weigh(dose, this.weighed())
        this.open = this.open.filter(dose => dose.weighAtMs > nowMs)
    }

    /** A dose is what was delivered since before it, less what was programmed beside it. */
    private weigh({ record, before, alone }: OpenDose, { deliveredPl, programmedPl }: Account): void {
        if (!alone || record.outcome !== "delivered") {
            this.dosesLeftOut++
            return
        }
        const besidesPl = programmedPl - before.programmedPl - record.volumePl
        const measuredMicrolitres = (deliveredPl - before.deliveredPl - besidesPl) / PL_PER_MICROLITRE
        this.doses.push({
            programmedMicrolitres: record.volumePl / PL_PER_MICROLITRE,
            measuredMicrolitres: rounded(measuredMicrolitres, this.options.readabilityMicrolitres),
        })
    }
}

/** As a scale shows it that has no finer digit. */
function rounded(microlitres: number, digitMicrolitres: number): number {
    return digitMicrolitres > 0 ? Math.round(microlitres / digitMicrolitres) * digitMicrolitres : microlitres
}

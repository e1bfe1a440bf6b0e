// What left the syringe, held against the guard's limits and against what the programme and its boluses asked for.

import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from "../../src/pump/limits"
import { LineEvent } from "../../src/pump/pump"
import type { Session } from "../engines/session"
import type { ScenarioEvent } from "../scenario/scenario"
import type { FaultBook } from "./faults"
import { mlText, type Verdict } from "./invariants"
import { LOOK_MS } from "./promises"

/** The day's window is looked at this often. */
const DAY_LOOK_MS = 5 * MS_PER_MINUTE
const LOOKS_PER_HOUR = MS_PER_HOUR / LOOK_MS
const LOOKS_PER_DAY = MS_PER_DAY / LOOK_MS

/** The stretch over which delivery is held against the programme, and how long a disturbed line is given to settle. */
const STRETCH_MS = 30 * MS_PER_MINUTE
const SETTLE_MS = 10 * MS_PER_MINUTE

/** What ticks and the two accounts may be apart by, in steps. */
const STEPS_APART = 3

/** A runaway is seen after so many steps, and the motor's power is cut after as many more; both take samples, and the watchdog its time. */
const RUNAWAY_STEPS = 98
const RUNAWAY_S = 12

/** Alarms that stop the motor, or tell that it does not do what it is told. */
const OFF = ["occlusion", "motorFailed", "reservoirEmpty", "overDelivery"]

export class FlowJudge {
    /** What left the syringe since the start, of the world's own account; negative where it was pulled back. */
    private gonePl = 0
    private lastReservoirPl: number
    /** The same at each look of the last day. */
    private readonly gone: number[] = []
    private wasReset = false
    private runawayPl = 0
    private freeFlow = false
    /** True where the pump took the time from a clock that lies, or was moved: then nobody can say which hour's flow is right. */
    private clockDoubted = false
    /**
     * True from a reset amid a bridge until the pump has told its end: of what a power cut left uncertain the pump holds the line's share
     * as passed, and of steps that its memory did not take it knows nothing; whoever counts all steps ends the bridge at another time.
     */
    private bridgeDoubted = false
    private stretch = { fromMs: 0, gonePl: 0, askedPl: 0, disturbed: true }
    private settledMs = 0

    constructor(
        private readonly session: Session,
        private readonly faults: FaultBook,
        private readonly verdict: Verdict,
        /** Which alarms stand. */
        private readonly raised: (ids: readonly string[]) => boolean,
    ) {
        this.lastReservoirPl = session.world.reservoirPl
    }

    /** Before something happens that may move what is in the syringe, and after it. */
    countGone(): void {
        const { reservoirPl } = this.session.world
        this.gonePl += this.lastReservoirPl - reservoirPl
        this.lastReservoirPl = reservoirPl
    }

    /** What was filled in did not leave the syringe. */
    filled(): void {
        this.lastReservoirPl = this.session.world.reservoirPl
    }

    follow(event: ScenarioEvent): void {
        // After a gap the pump asks the clock anew, and goes by what it then says.
        if (event.kind === "freeze" && (this.faults.hasSeen("clockStep") || this.faults.hasSeen("sensorFault clock")))
            this.clockDoubted = true
        if (event.kind === "siphon") this.freeFlow = true
        if (event.kind === "runaway")
            this.runawayPl += (RUNAWAY_STEPS + RUNAWAY_S * event.stepsPerSecond) * this.session.world.stepPl
    }

    powerChanged(): void {
        this.wasReset = true
        this.disturb()
        const { powered, observer } = this.session
        if (powered) this.clockDoubted = this.faults.has("sensorFault clock")
        if (observer.bridging) this.bridgeDoubted = true
    }

    /** The pump has told something of the line. */
    line(event: LineEvent): void {
        if (this.bridgeDoubted) this.disturb()
        if (event === LineEvent.BridgeOver) this.bridgeDoubted = false
    }

    /** What flows now and for a while is not held against the programme. */
    disturb(): void {
        this.stretch.disturbed = true
        this.settledMs = this.session.world.nowMs + SETTLE_MS
    }

    look(): void {
        this.countGone()
        this.gone.push(this.gonePl)
        if (this.gone.length > LOOKS_PER_DAY) this.gone.shift()
        this.judgeLimits()
        this.judgeDelivery()
    }

    private judgeLimits(): void {
        if (this.freeFlow) return
        const { limits, mechanism, world } = this.session
        // What was counted before a reset leaves the windows evenly, whenever it was made: a limit may be seen twice over.
        const times = this.wasReset ? 2 : 1
        const asTrue = world.stepPl / mechanism.stepPl
        const mostPl = (limitPl: number) => times * (limitPl + 2 * mechanism.stepPl) * asTrue + this.runawayPl
        this.hold("an hour", LOOKS_PER_HOUR, mostPl(limits.hourPlMax))
        if (world.nowMs % DAY_LOOK_MS === 0) this.hold("a day", LOOKS_PER_DAY, mostPl(limits.dayPlMax))
    }

    private hold(window: string, looks: number, mostPl: number): void {
        const { gone, gonePl } = this
        const withinPl = gonePl - least(gone, gone.length - 1 - looks)
        if (withinPl > mostPl)
            this.verdict.fail("limits", `${mlText(withinPl)} within ${window}; ${mlText(mostPl)} at most`)
    }

    private judgeDelivery(): void {
        const { stretch, gonePl } = this
        const { world, observer, mechanism } = this.session
        const { nowMs } = world
        const disturbed = this.isDisturbed() || nowMs < this.settledMs
        if (disturbed) stretch.disturbed = true
        if (nowMs - stretch.fromMs < STRETCH_MS && !(stretch.disturbed && !disturbed)) return
        if (!stretch.disturbed) {
            const goneSteps = (gonePl - stretch.gonePl) / world.stepPl
            const askedSteps = (observer.programmedPl - stretch.askedPl) / mechanism.stepPl
            if (Math.abs(goneSteps - askedSteps) > STEPS_APART)
                this.verdict.fail(
                    "delivery",
                    `${goneSteps.toFixed(1)} steps left the syringe in ${(nowMs - stretch.fromMs) / MS_PER_MINUTE} min; ${askedSteps.toFixed(1)} were asked for`,
                )
        }
        this.stretch = { fromMs: nowMs, gonePl, askedPl: observer.programmedPl, disturbed }
    }

    /** A line that is blocked or was relieved, a motor that does not do what it is told, or a time that nobody knows. */
    private isDisturbed(): boolean {
        const { world, observer } = this.session
        const bridgeDoubted = this.bridgeDoubted || (this.wasReset && observer.bridging)
        const timeDoubted = this.clockDoubted || bridgeDoubted
        return this.faults.disturbing || timeDoubted || world.gapPl > 0 || !world.motorPowered || this.raised(OFF)
    }

    /** What can be said only at the end. */
    judgeEnd(): void {
        const { faults, session } = this
        const { observer, scenario } = session
        if (
            !faults.hasSeen("freeze") &&
            !faults.hasSeen("supplyLow") &&
            !(this.wasReset && faults.hasSeen("sensorFault clock")) &&
            scenario.world.tickJitterMsMax === 0 &&
            observer.stepErrorMax >= 1
        )
            this.verdict.fail("metering", `${observer.stepErrorMax.toFixed(3)} steps off what was asked for`)
    }
}

function least(values: readonly number[], from: number): number {
    let least = Infinity
    for (let i = Math.max(0, from); i < values.length; i++) if (values[i] < least) least = values[i]
    return least
}

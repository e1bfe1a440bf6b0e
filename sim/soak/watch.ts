// Watches a run from the world's side and says which of the campaign's invariants did not hold, and when. It goes by what the
// syringe truly gave, by what happened to the bench and by what the pump told people; never by what is in the pump's own memory.

import { ALARMS } from "../../src/pump/alarmRules"
import { hasAlarm, SENSOR_ALARMS, STOPPING_ALARMS } from "../../src/pump/alarms"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, STOPPED_MEDIUM_MS } from "../../src/pump/limits"
import { BolusEvent, BolusKind, type BolusReason, type LineEvent, Mode } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, Refusal } from "../../src/pump/readings"
import { type PumpStatus, Session } from "../engines/session"
import { BEGUN_BY, ENDED_BY } from "../scenario/load"
import type { Scenario, ScenarioEvent, WorldEvent } from "../scenario/scenario"
import { CAUSES } from "./causes"
import { type Promised, promisedOf } from "./promises"

/** What must hold in every run, whatever goes wrong in it. */
export const INVARIANTS = {
    limits: "What left the syringe stays within the guard's limits.",
    delivery: "Where nothing disturbs the flow, what left the syringe is what the programme and its boluses asked for.",
    inTime: "What keeps the drug from the patient is told in time.",
    silentStop: "The pump does not cease to deliver unless a person stopped it or an alarm says why.",
    stopHolds: "A pump that a person or an alarm stopped makes no step forward.",
    boluses: "Each bolus is given once and whole, or told as not given, and none that the programme forbids.",
    cause: "An alarm is raised only where there is cause.",
    account: "What the pump says is left in the reservoir is what its steps left there.",
    announced: "While an alarm of high priority stands, light and sound tell.",
    metering: "At no tick is the motor a whole step off what is asked for.",
} as const

export type Invariant = keyof typeof INVARIANTS

/** An invariant that did not hold. */
export interface Violation {
    invariant: Invariant
    atMs: number
    /** What was seen, and what should have been. */
    text: string
}

const LOOK_MS = 10 * MS_PER_SECOND
/** The day's window is looked at this often. */
const DAY_LOOK_MS = 5 * MS_PER_MINUTE
const LOOKS_PER_HOUR = MS_PER_HOUR / LOOK_MS
const LOOKS_PER_DAY = MS_PER_DAY / LOOK_MS

/** The stretch over which delivery is held against the programme, and how long a disturbed line is given to settle. */
const STRETCH_MS = 30 * MS_PER_MINUTE
const SETTLE_MS = 10 * MS_PER_MINUTE

/** From power-on until the flow of the hour is delivered again or an alarm says why not (BOO-1), and the sample after. */
const READY_MS = 12 * MS_PER_SECOND

/** What ticks and the two accounts may be apart by, in steps. */
const STEPS_APART = 3

/** A pause of the sound at its longest, and what the pattern of light and sound may take to come round. */
const SOUND_GAP_MS = 140 * MS_PER_SECOND
const LIGHT_GAP_MS = 15 * MS_PER_SECOND

/** A runaway is seen after so many steps, and the motor's power is cut after as many more; both take samples, and the watchdog its time. */
const RUNAWAY_STEPS = 98
const RUNAWAY_S = 12

/** Violations of a run that are reported; one is enough to fail. */
const KEPT = 20

/** What disturbs the way from the motor to the catheter's tip while it lasts, or keeps the motor from its steps. */
const DISTURBS = new Set([
    "supplyLow",
    "occlude",
    "blockOutlet",
    "openLine",
    "stall",
    "wearGear",
    "leak",
    "loseSteps",
    "siphon",
    "runaway",
])

/** A fault that is there. */
interface Fault extends Promised {
    sinceMs: number
    /** What had been asked for when it began or the pump started last. */
    askedPl: number
}

/** The session of a run that is watched. */
export class WatchedSession extends Session {
    readonly violations: Violation[] = []

    private nextLookMs = LOOK_MS
    /** What left the syringe since the start, of the world's own account; negative where it was pulled back. */
    private gonePl = 0
    private lastReservoirPl: number
    private readonly gone: number[] = []

    /** What there is now, by its key; and every kind that there ever was. */
    private readonly faults = new Map<string, Fault>()
    private readonly seen = new Set<string>()
    /** How often power came on, the first time too. */
    powerOns = 1
    private resets = 0
    private runawayPl = 0
    private primes = 0
    private freeFlow = false

    private told = { alarms: 0, mode: Mode.Running }
    /** Since when it has not delivered, with power on; and the tick from which on no step may come. */
    private idleSinceMs = 0
    private stillFromTick: number | undefined
    private stopAsked = false
    private stoppedSinceMs: number | undefined
    private readyMs = READY_MS
    private lightMs = 0
    private soundMs = 0
    private highSinceMs: number | undefined

    /** True where the pump took the time from a clock that lies, or was moved: then nobody can say which hour's flow is right. */
    private clockDoubted = false

    private stretch = { fromMs: 0, gonePl: 0, askedPl: 0, disturbed: true }
    private settledMs = 0

    /** What the account must say, from the steps that were told the motor; undefined until the pump has said it once. */
    private accountPl: number | undefined
    private accountDoubtPl = 0
    private patientDoses: number[] = []

    constructor(scenario: Scenario, seed: number) {
        super(scenario, seed)
        this.lastReservoirPl = this.world.reservoirPl
        this.accountPl = scenario.reservoirFillPl
    }

    override advance(ms: number): void {
        while (this.nextLookMs <= ms) {
            super.advance(this.nextLookMs)
            this.look()
            this.nextLookMs += LOOK_MS
        }
        super.advance(ms)
    }

    protected override happen(event: ScenarioEvent): void {
        this.countGone()
        this.seen.add(keyOf(event))
        this.follow(event)
        const { powered } = this
        super.happen(event)
        if (powered !== this.powered) this.powerChanged()
        // What was filled in did not leave the syringe.
        this.lastReservoirPl = this.world.reservoirPl
    }

    override cutPower(offMs: number): void {
        const { powered } = this
        super.cutPower(offMs)
        if (powered && !this.powered) this.powerChanged()
    }

    override step(steps: number): void {
        if (this.powered) {
            if (steps > 0 && this.stillFromTick !== undefined && this.ticks >= this.stillFromTick)
                this.fail(
                    "stopHolds",
                    `${steps} steps forward while ${this.stopAsked ? "a person" : "an alarm"} had stopped it`,
                )
            if (this.accountPl !== undefined) this.accountPl -= steps * this.mechanism.stepPl
        }
        super.step(steps)
    }

    override status(status: PumpStatus, delivering: boolean): void {
        if (this.powered) {
            const before = this.told.alarms
            this.told = { alarms: status.alarms, mode: status.mode }
            for (let alarm = 0; alarm < ALARMS.length; alarm++)
                if (hasAlarm(status.alarms, alarm) && !hasAlarm(before, alarm))
                    this.judgeCause(ALARMS[alarm].id, status.reasons[alarm])
            const still = (status.alarms & STOPPING_ALARMS) !== 0 || status.mode === Mode.Stopped
            this.stoppedSinceMs = status.mode === Mode.Stopped ? (this.stoppedSinceMs ?? this.world.nowMs) : undefined
            this.stillFromTick = still ? (this.stillFromTick ?? this.ticks + 2) : undefined
            if (delivering || still) this.idleSinceMs = Infinity
            else if (this.idleSinceMs === Infinity) this.idleSinceMs = this.world.nowMs
        }
        super.status(status, delivering)
    }

    override obeyed(kind: CommandKind, refusal: Refusal): void {
        if (this.powered && refusal === Refusal.None) {
            if (kind === CommandKind.Stop || kind === CommandKind.Release) this.stopAsked = true
            if (kind === CommandKind.Start) this.stopAsked = false
            // What a person fills in and tells begins a new account.
            if (kind === CommandKind.Refill) this.accountPl = undefined
        }
        super.obeyed(kind, refusal)
    }

    override programmeAnswered(answer: ProgrammeAnswer): void {
        if (this.powered && answer === ProgrammeAnswer.Taken) {
            this.accountPl = undefined
            this.disturb()
        }
        super.programmeAnswered(answer)
    }

    override bolus(event: BolusEvent, kind: BolusKind, reason: BolusReason, volumePl: number): void {
        if (this.powered && event === BolusEvent.Started) this.judgeStart(kind)
        super.bolus(event, kind, reason, volumePl)
    }

    override line(event: LineEvent, leftPl: number): void {
        // Of what a power cut left uncertain, the pump holds the line's share as passed; whoever counts its steps does not.
        if (this.powered && this.resets > 0) this.disturb()
        super.line(event, leftPl)
    }

    override show(light: number, sounding: boolean): void {
        if (light !== 0) this.lightMs = this.world.nowMs
        if (sounding) this.soundMs = this.world.nowMs
        super.show(light, sounding)
    }

    override tickDone(): void {
        super.tickDone()
        if (this.powered && this.world.nowMs > this.nextLookMs - LOOK_MS + LOOK_MS / 2) this.judgeAccount()
    }

    /** What can be said only at the end. */
    judgeEnd(): void {
        const { boluses, observer, mechanism, seen } = this
        for (const { kind, requestedMs, outcome, volumePl, deliveredPl } of boluses) {
            const overPl = deliveredPl - volumePl
            if (overPl > mechanism.stepPl || (outcome === "delivered" && overPl < -mechanism.stepPl))
                this.fail(
                    "boluses",
                    `${kind} bolus asked for at ${requestedMs} ms ${outcome}: ${deliveredPl} of ${volumePl} pL`,
                )
        }
        if (
            !seen.has("freeze") &&
            !seen.has("supplyLow") &&
            !(this.resets > 0 && seen.has("sensorFault clock")) &&
            this.scenario.world.tickJitterMsMax === 0 &&
            observer.stepErrorMax >= 1
        )
            this.fail("metering", `${observer.stepErrorMax.toFixed(3)} steps off what was asked for`)
    }

    private fail(invariant: Invariant, text: string): void {
        if (this.violations.length < KEPT) this.violations.push({ invariant, atMs: this.world.nowMs, text })
    }

    private countGone(): void {
        this.gonePl += this.lastReservoirPl - this.world.reservoirPl
        this.lastReservoirPl = this.world.reservoirPl
    }

    /** Keeps the faults that are there. */
    private follow(event: ScenarioEvent): void {
        const key = keyOf(event)
        const ended = endOf(event)
        if (ended !== undefined) this.faults.delete(ended)
        else if (isLasting(event)) {
            const promised = promisedOf(event as WorldEvent, this)
            this.faults.set(key, { ...promised, sinceMs: this.world.nowMs, askedPl: this.observer.programmedPl })
        }
        if (DISTURBS.has(event.kind) || (ended !== undefined && DISTURBS.has(ended)) || event.kind === "freeze")
            this.disturb()
        if (["refill", "fill", "programme", "bubble"].includes(event.kind)) this.disturb()
        // After a gap the pump asks the clock anew, and goes by what it then says.
        if (event.kind === "freeze" && (this.seen.has("clockStep") || this.seen.has("sensorFault clock")))
            this.clockDoubted = true
        if (event.kind === "siphon") this.freeFlow = true
        if (event.kind === "prime") this.primes += 1
        if (event.kind === "runaway")
            this.runawayPl += (RUNAWAY_STEPS + RUNAWAY_S * event.stepsPerSecond) * this.world.stepPl
        if (event.kind === "silence" || event.kind === "acknowledge") this.soundMs = this.world.nowMs
        if (event.kind === "stop" || event.kind === "release") this.stopAsked = true
        if (event.kind === "flipBit") this.accountPl = undefined
    }

    private powerChanged(): void {
        const { world } = this
        this.disturb()
        this.resets += 1
        if (this.powered) this.powerOns += 1
        this.told = { alarms: 0, mode: Mode.Running }
        this.stillFromTick = undefined
        this.stoppedSinceMs = undefined
        this.highSinceMs = undefined
        this.accountDoubtPl += this.mechanism.stepPl * this.mechanism.stepsPerTickMax
        if (this.powered) this.clockDoubted = this.faults.has("sensorFault clock")
        this.readyMs = this.powered ? world.nowMs + READY_MS : Infinity
        this.idleSinceMs = this.powered ? world.nowMs : Infinity
        for (const fault of this.faults.values()) {
            fault.sinceMs = world.nowMs
            fault.askedPl = this.observer.programmedPl
        }
    }

    private disturb(): void {
        this.stretch.disturbed = true
        this.settledMs = this.world.nowMs + SETTLE_MS
    }

    private look(): void {
        this.countGone()
        const { world } = this
        this.gone.push(this.gonePl)
        if (this.gone.length > LOOKS_PER_DAY) this.gone.shift()
        this.judgeLimits()
        this.judgeDelivery()
        const awake = this.powered && world.frozenUntilMs <= world.nowMs && world.nowMs >= this.readyMs
        // What does not run shows nothing: then the outside watchdog sounds.
        if (!awake || world.watchdogSounding) this.highSinceMs = undefined
        if (!awake) return
        this.judgeFaults()
        this.judgeIdle()
        this.judgeAnnounced()
    }

    private judgeLimits(): void {
        if (this.freeFlow) return
        const { limits, mechanism, world, gone } = this
        // What was counted before a reset leaves the windows evenly, whenever it was made: a limit may be seen twice over.
        const times = this.resets > 0 ? 2 : 1
        const asTrue = world.stepPl / mechanism.stepPl
        const primesPl = this.primes > 0 ? 2 * (limits.primePlMax + mechanism.stepPl) : 0
        const overPl = (limitPl: number) =>
            (times * (limitPl + 2 * mechanism.stepPl) + primesPl) * asTrue + this.runawayPl
        const most = (looks: number) => this.gonePl - least(gone, gone.length - 1 - looks)
        const hourPl = most(LOOKS_PER_HOUR)
        if (hourPl > overPl(limits.hourPlMax))
            this.fail(
                "limits",
                `${Math.round(hourPl)} pL within an hour; ${Math.round(overPl(limits.hourPlMax))} at most`,
            )
        if (world.nowMs % DAY_LOOK_MS !== 0) return
        const dayPl = most(LOOKS_PER_DAY)
        if (dayPl > overPl(limits.dayPlMax))
            this.fail("limits", `${Math.round(dayPl)} pL within a day; ${Math.round(overPl(limits.dayPlMax))} at most`)
    }

    private judgeDelivery(): void {
        const { world, observer, stretch, mechanism } = this
        const { nowMs } = world
        const disturbed = this.hasDisturbance() || nowMs < this.settledMs
        if (disturbed) stretch.disturbed = true
        if (nowMs - stretch.fromMs < STRETCH_MS && !(stretch.disturbed && !disturbed)) return
        if (!stretch.disturbed) {
            const goneSteps = (this.gonePl - stretch.gonePl) / world.stepPl
            const askedSteps = (observer.programmedPl - stretch.askedPl) / mechanism.stepPl
            if (Math.abs(goneSteps - askedSteps) > STEPS_APART)
                this.fail(
                    "delivery",
                    `${goneSteps.toFixed(1)} steps left the syringe in ${(nowMs - stretch.fromMs) / MS_PER_MINUTE} min; ${askedSteps.toFixed(1)} were asked for`,
                )
        }
        this.stretch = { fromMs: nowMs, gonePl: this.gonePl, askedPl: observer.programmedPl, disturbed }
    }

    /** A line that is blocked or was relieved, or a motor that does not do what it is told. */
    private hasDisturbance(): boolean {
        for (const key of this.faults.keys()) if (DISTURBS.has(key)) return true
        const { gapPl, motorPowered } = this.world
        return (
            this.clockDoubted ||
            gapPl > 0 ||
            !motorPowered ||
            this.raised(["occlusion", "motorFailed", "reservoirEmpty", "overDelivery"])
        )
    }

    private raised(ids: readonly string[]): boolean {
        return this.standing.some(record => record !== undefined && ids.includes(record.id))
    }

    private judgeFaults(): void {
        const { nowMs } = this.world
        for (const [key, fault] of this.faults) {
            const { withinMs, withinPl, alarms } = fault
            if (!(nowMs - fault.sinceMs > withinMs) || !(this.observer.programmedPl - fault.askedPl >= withinPl))
                continue
            if (
                this.raised(alarms) ||
                this.alarms.some(({ id, raisedMs }) => raisedMs >= fault.sinceMs && alarms.includes(id))
            )
                continue
            const s = Math.round((nowMs - fault.sinceMs) / 1000)
            this.fail("inTime", `${key} for ${s} s, and none of ${alarms.join(", ")}`)
            this.faults.set(key, { ...fault, withinMs: Infinity })
        }
        if (this.stoppedSinceMs === undefined || this.raised(["stoppedOver5Min", "stoppedOver48Hours"])) return
        if (nowMs - this.stoppedSinceMs > STOPPED_MEDIUM_MS + LOOK_MS * 2) {
            this.fail("inTime", "stopped for over five minutes, and no alarm says so")
            this.stoppedSinceMs = Infinity
        }
    }

    private judgeIdle(): void {
        const { nowMs } = this.world
        if (!this.powered || nowMs - this.idleSinceMs < READY_MS) {
            if (this.told.mode === Mode.Stopped && !this.stopAsked && !this.seen.has("flipBit") && !this.lostMemory())
                this.failOnce("silentStop", "stopped, and no person has done that")
            return
        }
        this.failOnce(
            "silentStop",
            `not delivering for ${(nowMs - this.idleSinceMs) / 1000} s without an alarm that stops it`,
        )
    }

    private lostMemory(): boolean {
        return this.seen.has("sensorFault memory")
    }

    private failOnce(invariant: Invariant, text: string): void {
        if (!this.violations.some(violation => violation.invariant === invariant)) this.fail(invariant, text)
    }

    private judgeAnnounced(): void {
        const { nowMs } = this.world
        const high = this.standing.some(record => record?.priority === "high")
        if (!high) {
            this.highSinceMs = undefined
            return
        }
        this.highSinceMs ??= nowMs
        const since = (ms: number) => nowMs - Math.max(ms, this.highSinceMs ?? nowMs)
        if (since(this.lightMs) > LIGHT_GAP_MS) this.failOnce("announced", "an alarm of high priority without light")
        if (since(this.soundMs) > SOUND_GAP_MS) this.failOnce("announced", "an alarm of high priority without sound")
    }

    private judgeCause(id: string, reason: number): void {
        const causes = CAUSES[id]
        if (causes === "always" || causes.some(cause => this.seen.has(cause) || (cause === "reset" && this.resets > 0)))
            return
        this.fail("cause", `${id}, reason ${reason}, and nothing has happened that could be why`)
    }

    /** A bolus begins. */
    private judgeStart(kind: BolusKind): void {
        const { nowMs } = this.world
        const { alarms, mode } = this.told
        if (
            (alarms & STOPPING_ALARMS) !== 0 ||
            (alarms & SENSOR_ALARMS) !== 0 ||
            mode === Mode.Stopped ||
            this.raised(["memoryFault"])
        )
            this.fail(
                "boluses",
                `a bolus began beside ${this.standing.flatMap(record => record?.id ?? []).join(", ") || "a stop"}`,
            )
        if (kind !== BolusKind.Patient) return
        const { lockoutMinutes, dosesPerDayMax } = this.observer.running
        const last = this.patientDoses[this.patientDoses.length - 1]
        if (last !== undefined && nowMs - last < lockoutMinutes * MS_PER_MINUTE - LOOK_MS)
            this.fail(
                "boluses",
                `a patient's dose ${(nowMs - last) / MS_PER_MINUTE} min after the last; ${lockoutMinutes} at least`,
            )
        this.patientDoses = this.patientDoses.filter(ms => nowMs - ms < MS_PER_DAY - LOOK_MS)
        this.patientDoses.push(nowMs)
        if (this.patientDoses.length > dosesPerDayMax)
            this.fail("boluses", `${this.patientDoses.length} patient's doses within a day; ${dosesPerDayMax} at most`)
    }

    private judgeAccount(): void {
        if (this.world.nowMs < this.readyMs || this.residualPl === 0) return
        if (this.accountPl === undefined) {
            this.accountPl = this.residualPl
            this.accountDoubtPl = 0
            return
        }
        const offPl = this.residualPl - this.accountPl
        if (
            Math.abs(offPl) <= this.accountDoubtPl + this.mechanism.stepPl ||
            this.lostMemory() ||
            this.raised(["checkpointDamaged"])
        )
            return
        this.fail("account", `${this.residualPl} pL said to be left; ${this.accountPl} by the steps`)
        this.accountPl = undefined
    }
}

/** What an event is called where faults are kept: by its kind, that of a part with its name. */
function keyOf(event: ScenarioEvent): string {
    return "sensor" in event ? `sensorFault ${event.sensor}` : event.kind
}

/** The key of what this event ends. */
function endOf(event: ScenarioEvent): string | undefined {
    if (event.kind === "sensorRepair") return keyOf(event)
    if ((event.kind === "leak" || event.kind === "loseSteps") && event.fraction === 0) return event.kind
    if (event.kind === "siphon" && event.microlitresPerHour === 0) return event.kind
    if (event.kind === "runaway" && event.stepsPerSecond === 0) return event.kind
    if (event.kind === "battery" && event.millivolts >= 4000) return event.kind
    return BEGUN_BY[event.kind as keyof typeof BEGUN_BY]
}

function isLasting(event: ScenarioEvent): boolean {
    return (
        event.kind === "sensorFault" ||
        event.kind === "battery" ||
        DISTURBS.has(event.kind) ||
        ENDED_BY[event.kind] !== undefined
    )
}

function least(values: readonly number[], from: number): number {
    let least = Infinity
    for (let i = Math.max(0, from); i < values.length; i++) if (values[i] < least) least = values[i]
    return least
}

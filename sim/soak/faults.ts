// The faults of a run: which are there, since when, what the pump promises of each, and which ever were.

import { ELAPSED_MS_MAX, MS_PER_SECOND } from "../../src/pump/limits"
import type { AlarmRecord } from "../engines/result"
import type { Session } from "../engines/session"
import { BEGUN_BY, ENDED_BY } from "../scenario/load"
import type { ScenarioEvent, WorldEvent } from "../scenario/scenario"
import type { Verdict } from "./invariants"
import { type Promised, promisedOf, SPENT } from "./promises"

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
    SPENT,
])

/** What a blocked line can't be seen behind: no pressure comes of it. */
const HIDES_A_BLOCK = ["wearGear", "openLine", "leak"]
const BLOCKS = ["occlude", "blockOutlet"]

/** What disturbs it at the moment at which it happens. */
const SHAKES = new Set(["freeze", "refill", "fill", "programme", "bubble"])

/** A fault that is there. */
interface Fault extends Promised {
    sinceMs: number
    /** What had been asked for when it began or the pump started last. */
    askedPl: number
    /** What stands may end before the fault does: it is asked for once. */
    judged: boolean
}

export class FaultBook {
    private readonly faults = new Map<string, Fault>()
    /** Every kind that there ever was. */
    private readonly seen = new Set<string>()

    constructor(
        private readonly session: Session,
        private readonly verdict: Verdict,
    ) {}

    /** True where it is there now. */
    has(key: string): boolean {
        return this.faults.has(key)
    }

    /** For how long it has been there, since the pump started last; -1 where it is not. */
    ageMs(key: string): number {
        const fault = this.faults.get(key)
        return fault ? this.session.world.nowMs - fault.sinceMs : -1
    }

    /** True where it has happened in this run. */
    hasSeen(key: string): boolean {
        return this.seen.has(key)
    }

    /** True while something disturbs the flow. */
    get disturbing(): boolean {
        for (const key of this.faults.keys()) if (DISTURBS.has(key)) return true
        return false
    }

    /** Something happens; true where it disturbs the flow, or no longer does. */
    follow(event: ScenarioEvent): boolean {
        const key = keyOf(event)
        this.seen.add(key)
        const ended = endOf(event)
        if (ended !== undefined) this.faults.delete(ended)
        else if (isLasting(event)) this.begin(key, promisedOf(event as WorldEvent, this.session))
        return DISTURBS.has(event.kind) || (ended !== undefined && DISTURBS.has(ended)) || SHAKES.has(event.kind)
    }

    /** Whether the syringe has anything left; true where that has changed. */
    followReservoir(): boolean {
        const { world, residualPl, mechanism } = this.session
        // By the account it may be at its end sooner.
        if (residualPl < mechanism.stepPl * mechanism.stepsPerTickMax) this.seen.add(SPENT)
        const spent = world.reservoirPl <= 0
        if (spent === this.has(SPENT)) return false
        if (spent) {
            this.seen.add(SPENT)
            this.begin(SPENT, promisedOf({ kind: SPENT }, this.session))
        } else this.faults.delete(SPENT)
        return true
    }

    /** A person has started the pump: it watches motor and line from here on, and what the line takes up by then is forgotten. */
    startAnew(): void {
        for (const [key, fault] of this.faults) if (fault.withinPl > 0) this.begin(key, fault)
    }

    /** The power went or came: what the pump promises counts from now. */
    restart(): void {
        // A firmware that starts anew has lost no time.
        this.faults.delete("freeze")
        for (const [key, fault] of this.faults) this.begin(key, fault)
    }

    private begin(key: string, { withinMs, withinPl, alarms }: Promised): void {
        const { world, observer } = this.session
        this.faults.set(key, {
            withinMs,
            withinPl,
            alarms,
            sinceMs: world.nowMs,
            askedPl: observer.programmedPl,
            judged: false,
        })
    }

    /** Holds the pump to what it promises of each fault. */
    judge(): void {
        const { world, observer, alarms } = this.session
        for (const [key, fault] of this.faults) {
            const { withinMs, withinPl, sinceMs, askedPl, judged } = fault
            if (BLOCKS.includes(key) && HIDES_A_BLOCK.some(hiding => this.has(hiding))) {
                this.begin(key, fault)
                continue
            }
            if (judged || !(world.nowMs - sinceMs > withinMs) || !(observer.programmedPl - askedPl >= withinPl))
                continue
            fault.judged = true
            if (alarms.some(alarm => fault.alarms.includes(alarm.id) && stoodSince(alarm, sinceMs))) continue
            const s = Math.round((world.nowMs - sinceMs) / MS_PER_SECOND)
            this.verdict.fail("inTime", `${key} for ${s} s, and none of ${fault.alarms.join(", ")}`)
        }
    }
}

/** True where the alarm stood at some time since. */
function stoodSince({ clearedMs }: AlarmRecord, ms: number): boolean {
    return clearedMs === null || clearedMs >= ms
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
        (event.kind === "freeze" && event.lastsMs > ELAPSED_MS_MAX + MS_PER_SECOND) ||
        DISTURBS.has(event.kind) ||
        ENDED_BY[event.kind] !== undefined
    )
}

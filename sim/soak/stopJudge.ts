// Whether the pump delivers, stops and tells of it as it must: no stop in silence, no step after one, and an alarm that is heard.

import { ALARMS, Latch } from "../../src/pump/alarmRules"
import { Alarm, hasAlarm, STOPPING_ALARMS } from "../../src/pump/alarms"
import { MS_PER_SECOND, STOPPED_MEDIUM_MS } from "../../src/pump/limits"
import { Mode } from "../../src/pump/pump"
import { CommandKind } from "../../src/pump/readings"
import type { AlarmRecord } from "../engines/result"
import type { PumpStatus, Session } from "../engines/session"
import type { FaultBook } from "./faults"
import type { Verdict } from "./invariants"
import { LOOK_MS, READY_MS } from "./promises"

/** Within these the pump has seen that its supply is about to fail. */
const SAMPLES_MS = 3 * MS_PER_SECOND

/** The tick that does something tells of it, and on the bytecode, where it comes late, that goes over into the next. */
const TELL_TICKS = 2

/** What happens is recorded within this, and until then a power cut may undo it (JRN-1). */
const RECORDED_MS = MS_PER_SECOND

/** A pause of the sound at its longest, and what the pattern of light and sound may take to come round. */
const SOUND_GAP_MS = 140 * MS_PER_SECOND
const LIGHT_GAP_MS = 15 * MS_PER_SECOND

/** The acts that pause the sound: a start acknowledges. */
const QUIETENING = [CommandKind.Silence, CommandKind.Acknowledge, CommandKind.Start, CommandKind.MinimumRate]

/** The alarms that stop the pump until a person's start, and until a clinician's release. */
const STARTED = setOf(Latch.Start)
const RELEASED = setOf(Latch.Release)

export class StopJudge {
    private told = { alarms: 0, mode: Mode.Running }
    /** Since when it has not delivered, with power on; and the tick from which on no step may come. */
    private idleSinceMs = 0
    private stillFromTick: number | undefined
    /** What holds it until an act ends it: a person's stop, and alarms. It outlasts the power. */
    private stopped = false
    private heldBy = 0
    private stopAsked = false
    /** What a power cut undoes as long as it is not recorded. */
    private unrecorded: { sinceMs: number; undo: () => void }[] = []
    private stoppedSinceMs: number | undefined
    /** Ticks in which an occlusion is to be told yet, after steps back before which none was. */
    private tellWithinTicks = 0
    private lightMs = 0
    private soundMs = 0
    private highSinceMs: number | undefined

    constructor(
        private readonly session: Session,
        private readonly faults: FaultBook,
        private readonly verdict: Verdict,
        /** The alarms that stand. */
        private readonly standing: readonly (AlarmRecord | undefined)[],
    ) {}

    powerChanged(): void {
        const { world, powered } = this.session
        this.told = { alarms: 0, mode: Mode.Running }
        this.tellWithinTicks = 0
        for (const { sinceMs, undo } of this.unrecorded) if (sinceMs + RECORDED_MS > world.nowMs) undo()
        this.unrecorded = []
        // A memory that is damaged or silent holds nothing.
        if (this.memoryDoubted()) {
            this.stopped = false
            this.heldBy = 0
        }
        this.stillFromTick = this.stopped || this.heldBy !== 0 ? this.session.ticks : undefined
        this.stoppedSinceMs = undefined
        this.highSinceMs = undefined
        this.idleSinceMs = powered ? world.nowMs : Infinity
    }

    /** A person asks for something that stops the pump, whether it hears that or not. */
    askedToStop(): void {
        this.stopAsked = true
    }

    step(steps: number): void {
        const untold = steps < 0 && !hasAlarm(this.told.alarms, Alarm.Occlusion)
        if (untold && this.tellWithinTicks === 0) this.tellWithinTicks = TELL_TICKS
        if (steps > 0 && this.faults.ageMs("supplyLow") > SAMPLES_MS)
            this.verdict.fail("stopHolds", `${steps} steps forward while the supply is about to fail`)
        if (steps <= 0 || this.stillFromTick === undefined || this.session.ticks < this.stillFromTick) return
        this.verdict.fail("stopHolds", `${steps} steps forward while ${this.why()} held it`)
    }

    /** The tick has told all that it has to. */
    tickDone(): void {
        if (hasAlarm(this.told.alarms, Alarm.Occlusion)) this.tellWithinTicks = 0
        if (this.tellWithinTicks === 0) return
        this.tellWithinTicks -= 1
        if (this.tellWithinTicks === 0) this.verdict.fail("stopHolds", "steps back, and no occlusion to relieve")
    }

    private why(): string {
        const alarms = this.heldBy !== 0 ? this.heldBy : this.told.alarms & STOPPING_ALARMS
        const ids = ALARMS.filter((_, alarm) => hasAlarm(alarms, alarm)).map(({ id }) => id)
        return ids.length > 0 ? ids.join(", ") : "a person's stop"
    }

    status({ alarms, mode }: PumpStatus, delivering: boolean): void {
        const { world, ticks } = this.session
        this.told = { alarms, mode }
        const added = alarms & (STARTED | RELEASED) & ~this.heldBy
        if (added !== 0) this.mayUndo(() => (this.heldBy &= ~added))
        this.heldBy |= added
        if (mode === Mode.Stopped && !this.stopped) this.mayUndo(() => (this.stopped = false))
        if (mode === Mode.Stopped) this.stopped = true
        const still = (alarms & STOPPING_ALARMS) !== 0 || mode === Mode.Stopped || this.heldBy !== 0 || this.stopped
        this.stoppedSinceMs = mode === Mode.Stopped ? (this.stoppedSinceMs ?? world.nowMs) : undefined
        this.stillFromTick = still ? (this.stillFromTick ?? ticks + TELL_TICKS) : undefined
        if (delivering || still) this.idleSinceMs = Infinity
        else if (this.idleSinceMs === Infinity) this.idleSinceMs = world.nowMs
    }

    /** The pump has carried out a command. */
    obeyed(kind: CommandKind): void {
        if (QUIETENING.includes(kind)) this.soundMs = this.session.world.nowMs
        if (kind === CommandKind.Stop || kind === CommandKind.Release) this.stopAsked = true
        if (kind === CommandKind.Start) {
            if (this.stopAsked) this.mayUndo(() => (this.stopAsked = true))
            this.stopAsked = false
        }
        if (kind === CommandKind.Release) this.heldBy &= ~RELEASED
        else if (kind === CommandKind.Start || kind === CommandKind.MinimumRate) {
            this.heldBy &= ~STARTED
            this.stopped = false
        } else return
        // What still holds it is told with the next status, or was with the last one.
        const toldStill = this.told.mode === Mode.Stopped || (this.told.alarms & STOPPING_ALARMS) !== 0
        if (!toldStill && !this.stopped && this.heldBy === 0) this.stillFromTick = undefined
    }

    private mayUndo(undo: () => void): void {
        const { nowMs } = this.session.world
        this.unrecorded = this.unrecorded.filter(({ sinceMs }) => sinceMs + RECORDED_MS > nowMs)
        this.unrecorded.push({ sinceMs: nowMs, undo })
    }

    show(light: number, sounding: boolean): void {
        const { nowMs } = this.session.world
        if (light !== 0) this.lightMs = nowMs
        if (sounding) this.soundMs = nowMs
    }

    /** @param awake false where the firmware is frozen, or has only begun */
    look(awake: boolean): void {
        // What does not run shows nothing: then the outside watchdog sounds.
        if (!awake || this.session.world.watchdogSounding) this.highSinceMs = undefined
        if (!awake) return
        this.judgeStopped()
        this.judgeIdle()
        this.judgeAnnounced()
    }

    private judgeStopped(): void {
        const { nowMs } = this.session.world
        if (this.stoppedSinceMs === undefined || this.isRaised(["stoppedOver5Min", "stoppedOver48Hours"])) return
        if (nowMs - this.stoppedSinceMs > STOPPED_MEDIUM_MS + LOOK_MS * 2) {
            this.verdict.fail("inTime", "stopped for over five minutes, and no alarm says so")
            this.stoppedSinceMs = Infinity
        }
    }

    private judgeIdle(): void {
        const { nowMs } = this.session.world
        if (nowMs - this.idleSinceMs >= READY_MS)
            this.verdict.failOnce(
                "silentStop",
                `not delivering for ${(nowMs - this.idleSinceMs) / 1000} s without an alarm that stops it`,
            )
        else if (this.told.mode === Mode.Stopped && !this.stopAsked && !this.memoryDoubted())
            this.verdict.failOnce("silentStop", "stopped, and no person has done that")
    }

    private memoryDoubted(): boolean {
        return this.faults.hasSeen("flipBit") || this.faults.hasSeen("sensorFault memory")
    }

    private isRaised(ids: readonly string[]): boolean {
        return this.standing.some(record => record !== undefined && ids.includes(record.id))
    }

    private judgeAnnounced(): void {
        const { nowMs } = this.session.world
        if (!this.standing.some(record => record?.priority === "high")) {
            this.highSinceMs = undefined
            return
        }
        this.highSinceMs ??= nowMs
        const since = (ms: number) => nowMs - Math.max(ms, this.highSinceMs ?? nowMs)
        if (since(this.lightMs) > LIGHT_GAP_MS)
            this.verdict.failOnce("announced", "an alarm of high priority without light")
        if (since(this.soundMs) > SOUND_GAP_MS)
            this.verdict.failOnce("announced", "an alarm of high priority without sound")
    }
}

/** The alarms of this latch that stop the pump, as a set. */
function setOf(latch: Latch): number {
    return ALARMS.reduce((set, rule, alarm) => (rule.latch === latch ? set | (1 << alarm) : set), 0) & STOPPING_ALARMS
}

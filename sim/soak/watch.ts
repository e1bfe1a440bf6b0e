// Watches a run from the world's side and says which of the campaign's invariants did not hold, and when. It goes by what the
// syringe truly gave, by what happened to the bench and by what the pump told people; never by what is in the pump's own memory.

import { ALARMS } from "../../src/pump/alarmRules"
import { hasAlarm } from "../../src/pump/alarms"
import { BolusEvent, type BolusKind, type BolusReason, type LineEvent } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, Refusal } from "../../src/pump/readings"
import { type PumpStatus, Session } from "../engines/session"
import type { Scenario, ScenarioEvent } from "../scenario/scenario"
import { AccountJudge } from "./accountJudge"
import { BolusJudge } from "./bolusJudge"
import { CAUSES } from "./causes"
import { FaultBook } from "./faults"
import { FlowJudge } from "./flowJudge"
import { Verdict, type Violation } from "./invariants"
import { LOOK_MS, READY_MS } from "./promises"
import { StopJudge } from "./stopJudge"

/** With these the pump begins anew to watch motor and line. */
const STARTS = [CommandKind.Start, CommandKind.MinimumRate, CommandKind.Release]

/** The session of a run that is watched. */
export class WatchedSession extends Session {
    /** How often power came on, the first time too. */
    powerOns = 1
    private readonly verdict = new Verdict(this.world)
    private readonly faults = new FaultBook(this, this.verdict)
    private readonly flow: FlowJudge
    private readonly stops: StopJudge
    private readonly doses: BolusJudge
    private readonly accounts: AccountJudge
    private nextLookMs = LOOK_MS
    private readyMs = READY_MS
    private wasReset = false
    /** Commands that the pump has heard and not answered yet, by their kind. */
    private readonly unanswered = new Map<CommandKind, number>()

    constructor(scenario: Scenario, seed: number) {
        super(scenario, seed)
        const raised = (ids: readonly string[]) =>
            this.standing.some(record => record !== undefined && ids.includes(record.id))
        this.flow = new FlowJudge(this, this.faults, this.verdict, raised)
        this.stops = new StopJudge(this, this.faults, this.verdict, this.standing)
        this.doses = new BolusJudge(this, this.verdict, this.standing)
        this.accounts = new AccountJudge(this, this.faults, this.verdict, raised)
    }

    /** What did not hold, in the order in which it was seen. */
    get violations(): readonly Violation[] {
        return this.verdict.violations
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
        this.flow.countGone()
        if (this.faults.follow(event)) this.flow.disturb()
        this.flow.follow(event)
        this.doses.follow(event)
        if (event.kind === "stop" || event.kind === "release") this.stops.askedToStop()
        if (event.kind === "flipBit") this.accounts.forget()
        const { powered } = this
        super.happen(event)
        if (powered !== this.powered) this.powerChanged()
        this.flow.filled()
    }

    override cutPower(offMs: number): void {
        const { powered } = this
        super.cutPower(offMs)
        if (powered && !this.powered) this.powerChanged()
    }

    private powerChanged(): void {
        this.wasReset = true
        if (this.powered) this.powerOns += 1
        this.readyMs = this.powered ? this.world.nowMs + READY_MS : Infinity
        this.faults.restart()
        this.flow.powerChanged()
        this.stops.powerChanged()
        this.doses.powerChanged()
        this.accounts.powerChanged()
    }

    override step(steps: number): void {
        if (this.powered) {
            this.stops.step(steps)
            this.accounts.step(steps)
        }
        super.step(steps)
    }

    override status(status: PumpStatus, delivering: boolean): void {
        if (this.powered) {
            for (let alarm = 0; alarm < ALARMS.length; alarm++)
                if (hasAlarm(status.alarms, alarm) && this.standing[alarm] === undefined)
                    this.judgeCause(ALARMS[alarm].id, status.reasons[alarm])
            this.stops.status(status, delivering)
        }
        super.status(status, delivering)
    }

    override ask(): ReturnType<Session["ask"]> {
        const answer = super.ask()
        const { kind } = answer.command
        this.unanswered.set(kind, (this.unanswered.get(kind) ?? 0) + 1)
        return answer
    }

    private judgeAsked(kind: CommandKind): void {
        const asked = this.unanswered.get(kind) ?? 0
        this.unanswered.set(kind, asked - 1)
        if (asked < 1) this.verdict.fail("commands", `${CommandKind[kind]} carried out, and nobody asked for it`)
    }

    override obeyed(kind: CommandKind, refusal: Refusal): void {
        if (this.powered) this.judgeAsked(kind)
        if (this.powered && refusal === Refusal.None) {
            this.stops.obeyed(kind)
            if (STARTS.includes(kind)) this.faults.startAnew()
            if (kind === CommandKind.Refill) this.accounts.filled(this.heardVolumePl(kind))
        }
        super.obeyed(kind, refusal)
    }

    override programmeAnswered(answer: ProgrammeAnswer): void {
        if (this.powered) this.judgeAsked(CommandKind.Programme)
        if (this.powered && answer === ProgrammeAnswer.Taken) {
            const filledPl = this.heardVolumePl(CommandKind.Programme)
            if (filledPl > 0) this.accounts.filled(filledPl)
            this.flow.disturb()
        }
        super.programmeAnswered(answer)
    }

    override bolus(event: BolusEvent, kind: BolusKind, reason: BolusReason, volumePl: number): void {
        if (this.powered && event === BolusEvent.Started) this.doses.started(kind)
        super.bolus(event, kind, reason, volumePl)
    }

    override line(event: LineEvent, leftPl: number): void {
        if (this.powered) this.flow.line(event)
        super.line(event, leftPl)
    }

    override show(light: number, sounding: boolean): void {
        this.stops.show(light, sounding)
        super.show(light, sounding)
    }

    override tickDone(): void {
        super.tickDone()
        if (!this.powered) return
        this.stops.tickDone()
        const { nowMs } = this.world
        if (nowMs >= this.readyMs && nowMs > this.nextLookMs - LOOK_MS / 2) this.accounts.judge()
    }

    /** What can be said only at the end. */
    judgeEnd(): void {
        this.doses.judgeEnd()
        this.flow.judgeEnd()
    }

    private look(): void {
        if (this.faults.followReservoir()) this.flow.disturb()
        this.flow.look()
        const { nowMs, frozenUntilMs } = this.world
        const awake = this.powered && frozenUntilMs <= nowMs && nowMs >= this.readyMs
        if (awake) this.faults.judge()
        this.accounts.look(awake)
        this.stops.look(awake)
    }

    private judgeCause(id: string, reason: number): void {
        const causes = CAUSES[id]
        const { faults } = this
        if (causes === "always" || causes.some(cause => (cause === "reset" ? this.wasReset : faults.hasSeen(cause))))
            return
        this.verdict.fail("cause", `${id}, reason ${reason}, and nothing has happened that could be why`)
    }
}

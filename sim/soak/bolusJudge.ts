// Whether each bolus is given as it was asked for and allowed, or told as not given.

import { hasAlarm, SENSOR_ALARMS, STOPPING_ALARMS } from "../../src/pump/alarms"
import { MS_PER_DAY, MS_PER_MINUTE } from "../../src/pump/limits"
import { BolusKind, Mode } from "../../src/pump/pump"
import { type AlarmRecord, BOLUS_NAMES, type BolusName } from "../engines/result"
import type { Session } from "../engines/session"
import type { ScenarioEvent } from "../scenario/scenario"
import type { Verdict } from "./invariants"
import { LOOK_MS } from "./promises"

/** Requests wait for the pump's next samples, and for a firmware that hangs to go on. */
const ANSWER_MS = 10 * MS_PER_MINUTE

export class BolusJudge {
    private patientDoses: number[] = []
    /** What was asked for, and how often the power went, with which a request that was heard is lost. */
    private readonly asked: { name: BolusName; atMs: number }[] = []
    private cuts = 0

    constructor(
        private readonly session: Session,
        private readonly verdict: Verdict,
        /** The alarms that stand. */
        private readonly standing: readonly (AlarmRecord | undefined)[],
    ) {}

    follow(event: ScenarioEvent): void {
        const name = event.kind === "bolus" ? "clinician" : event.kind === "patientDose" ? "patient" : event.kind
        if (name === "clinician" || name === "patient" || name === "prime")
            this.asked.push({ name, atMs: this.session.world.nowMs })
    }

    powerChanged(): void {
        if (!this.session.powered) this.cuts += 1
    }

    /** A bolus begins. */
    started(kind: BolusKind): void {
        const { world, observer, mode } = this.session
        const forbidding = (record: AlarmRecord | undefined, alarm: number) =>
            record !== undefined && hasAlarm(STOPPING_ALARMS | SENSOR_ALARMS, alarm)
        if (this.standing.some(forbidding) || mode === Mode.Stopped)
            this.verdict.fail("boluses", "a bolus began beside an alarm or a stop that forbids it")
        if (kind !== BolusKind.Patient) return
        const { nowMs } = world
        const { lockoutMinutes, dosesPerDayMax } = observer.running
        const last = this.patientDoses[this.patientDoses.length - 1]
        if (last !== undefined && nowMs - last < lockoutMinutes * MS_PER_MINUTE - LOOK_MS)
            this.verdict.fail(
                "boluses",
                `a patient's dose ${((nowMs - last) / MS_PER_MINUTE).toFixed(2)} min after the last; ${lockoutMinutes} at least`,
            )
        this.patientDoses = this.patientDoses.filter(ms => nowMs - ms < MS_PER_DAY - LOOK_MS)
        this.patientDoses.push(nowMs)
        if (this.patientDoses.length > dosesPerDayMax)
            this.verdict.fail(
                "boluses",
                `${this.patientDoses.length} patient's doses within a day; ${dosesPerDayMax} at most`,
            )
    }

    /** What can be said only at the end. */
    judgeEnd(): void {
        const { boluses, mechanism, world } = this.session
        for (const { kind, requestedMs, outcome, volumePl, deliveredPl } of boluses) {
            const overPl = deliveredPl - volumePl
            if (overPl > mechanism.stepPl || (outcome === "delivered" && overPl < -mechanism.stepPl))
                this.verdict.fail(
                    "boluses",
                    `${kind} bolus asked for at ${requestedMs} ms ${outcome}: ${deliveredPl} of ${volumePl} pL`,
                )
        }
        for (const name of BOLUS_NAMES) {
            const asked = this.asked.filter(request => request.name === name)
            const answered = boluses.filter(({ kind }) => kind === name)
            if (answered.length > asked.length)
                this.verdict.fail("boluses", `${answered.length} ${name} boluses; ${asked.length} were asked for`)
            const answeredMs = new Set(answered.map(({ requestedMs }) => requestedMs))
            const unanswered = asked.filter(({ atMs }) => atMs < world.nowMs - ANSWER_MS && !answeredMs.has(atMs))
            if (unanswered.length > this.cuts)
                this.verdict.fail(
                    "boluses",
                    `${unanswered.length} requests for a ${name} bolus without an answer, the first at ${unanswered[0].atMs} ms`,
                )
        }
    }
}

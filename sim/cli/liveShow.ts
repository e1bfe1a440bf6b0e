// What happens to a pump that is watched as it runs: a line for each event, alarm and bolus, and now and then how things stand.

import { Mode } from "../../src/pump/pump"
import type { LiveState } from "../engines/realTime"
import type { Session } from "../engines/session"
import { formatMl, formatNumber, RunClock } from "../report/units"
import { alarmName, bolusKind, bolusOutcome, eventName } from "../report/words"

/** Prints what happens as it happens, and every few seconds how things stand. */
export class LiveShow {
    /** Time between two lines that say how things stand, in the time of the scenario. */
    lineMs = 10_000
    private readonly clock: RunClock
    private events = 0
    private alarmsRaised = 0
    private readonly alarmsStanding = new Set<number>()
    private readonly bolusOutcomes: string[] = []
    private nextLineMs = 0

    constructor(
        private readonly session: Session,
        private readonly print: (text: string) => void,
    ) {
        this.clock = new RunClock(session.scenario.startsAt)
    }

    note(text: string): void {
        this.print(text)
    }

    moment(pump: LiveState): void {
        const { session } = this
        const { nowMs } = session.world
        const { events } = session.scenario
        for (; this.events < events.length && events[this.events].atMs <= nowMs; this.events++)
            this.say(events[this.events].atMs, `scenario: ${eventName(events[this.events])}`)
        this.tellAlarms()
        this.tellBoluses()
        if (nowMs < this.nextLineMs) return
        this.nextLineMs = nowMs - (nowMs % this.lineMs) + this.lineMs
        this.say(nowMs, this.standing(pump))
    }

    private tellAlarms(): void {
        const { alarms } = this.session
        for (; this.alarmsRaised < alarms.length; this.alarmsRaised++) {
            const alarm = alarms[this.alarmsRaised]
            this.alarmsStanding.add(this.alarmsRaised)
            this.say(alarm.raisedMs, `ALARM, ${alarm.priority} priority: ${alarmName(alarm.id)}`)
        }
        for (const index of this.alarmsStanding) {
            const { id, clearedMs } = alarms[index]
            if (clearedMs === null) continue
            this.alarmsStanding.delete(index)
            this.say(clearedMs, `alarm over: ${alarmName(id)}`)
        }
    }

    private tellBoluses(): void {
        this.session.boluses.forEach((bolus, index) => {
            const outcome = bolusOutcome(bolus)
            if (outcome === this.bolusOutcomes[index]) return
            this.bolusOutcomes[index] = outcome
            this.say(this.session.world.nowMs, `${bolusKind(bolus)} ${outcome}`)
        })
    }

    /** How things stand: what the pump does, and what the world knows of it. */
    private standing(pump: LiveState): string {
        const { world, observer } = this.session
        const { deliveredPl, pressurePa, reservoirPl } = world
        const flow =
            this.session.powered && pump.voice === "speaking" && observer.delivering ? observer.ratePlPerDay : 0
        const names = [...this.alarmsStanding].map(index => alarmName(this.session.alarms[index].id))
        return [
            this.doing(pump).padEnd(14),
            `flow ${formatMl(flow)} mL/day`,
            `delivered ${formatNumber(deliveredPl / 1e6, 3)} µL, ${formatNumber(world.line.deliveredNg / 1000, 3)} µg`,
            `line ${formatNumber(pressurePa / 1000, 2)} kPa`,
            `reservoir ${formatMl(reservoirPl)} mL`,
            names.length === 0 ? "no alarms" : names.join(", "),
        ].join("  ")
    }

    private doing(pump: LiveState): string {
        if (!this.session.powered) return "power off"
        if (pump.voice !== "speaking") return pump.voice
        if (this.session.observer.delivering) return "delivering"
        return pump.mode === Mode.Stopped ? "stopped" : "not delivering"
    }

    private say(ms: number, text: string): void {
        this.print(`${this.clock.dayAndTime(ms)}  ${text}`)
    }
}

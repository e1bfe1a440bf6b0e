// Tells on the board's console what changes: alarms with their reasons, delivery, boluses, the line, the guard, what was refused.
// Only changes, because a line costs milliseconds of a tick and nobody may be listening.

import { ALARM_COUNT, ALARMS, Alarm, hasAlarm, Latch, MINIMUM_RATE_ALARMS, REASON_WORDS } from "../pump/alarms"
import { Guard } from "../pump/guard"
import { Actions, BolusEvent, BolusKind, LineEvent, Pump } from "../pump/pump"
import { GuardTrip, Refusal } from "../pump/readings"
import { Monitor } from "./parts"

const PRIORITY_WORDS = ["", "low", "medium", "high"]

/** The words for each `CommandKind`, `BolusKind`, `BolusEvent`, `BolusReason` and `Refusal`, by its number. */
export const COMMAND_WORDS = [
    "",
    "stop",
    "start",
    "prime",
    "refill",
    "start or stop",
    "acknowledgement",
    "silence",
    "release",
    "programme",
    "clinician's bolus",
    "patient's dose",
    "minimum rate",
    "local time",
    "begin of a refill",
    "end of a bolus",
]
export const BOLUS_KIND_WORDS = ["", "prime", "clinician's bolus", "patient's dose"]
export const BOLUS_EVENT_WORDS = ["", "started", "delivered", "cancelled", "denied"]
export const BOLUS_REASON_WORDS = [
    "",
    "volume out of range",
    "rate out of range",
    "another bolus is in progress",
    "pump stopped",
    "an alarm stops delivery",
    "a sensor is lost",
    "more than the reservoir holds",
    "record memory does not answer",
    "supply failing",
    "lockout",
    "as many as a day may have",
    "dose window full",
    "not in the programme",
    "minimum rate",
    "line holds another concentration",
    "more than the line lacks",
    "line not primed",
    "ended by a person",
    "line or drug changed",
]
export const REFUSAL_WORDS = [
    "",
    "volume out of range",
    "line holds another concentration",
    "more than 14 h while the pump runs",
    "time of day unknown",
    "no programme",
]

/** Picolitres as microlitres, to the nanolitre. */
function microlitres(pl: number): string {
    return `${Math.floor(pl / 1000 + 0.5) / 1000} µL`
}

/** One standing alarm in words, such as "high: occlusion (pressure rising with each step), over, waits for a start". */
export function alarmText(pump: Pump, alarm: number): string {
    const rule = ALARMS[alarm]
    const reason = REASON_WORDS[pump.reasons[alarm]]
    let text = `${PRIORITY_WORDS[rule.priority]}: ${rule.id}`
    if (reason) text += ` (${reason})`
    if (alarm === Alarm.LineNotPrimed) text += `, lacks ${microlitres(pump.lineLeftPl)}`
    if (!hasAlarm(pump.conditions, alarm)) {
        text += ", over, waits for "
        if (rule.latch === Latch.Release) text += "a clinician's release"
        else if (rule.latch === Latch.Start) text += "a start"
        else text += "a person"
    } else if (hasAlarm(pump.acknowledged, alarm)) {
        text += ", seen"
    }
    return text
}

/** What became of a bolus, such as "patient's dose denied (lockout): 20 µL", and of another one or the line with it. */
export function bolusText(pump: Pump, actions: Actions): string {
    const kind = actions.bolusKind
    const event = actions.bolusEvent
    const reason = BOLUS_REASON_WORDS[actions.bolusReason]
    let text = `${BOLUS_KIND_WORDS[kind]} ${BOLUS_EVENT_WORDS[event]}`
    if (reason) text += ` (${reason})`
    text += `: ${microlitres(actions.bolusPl)}`
    if (kind === BolusKind.Patient && event === BolusEvent.Started && pump.heldRatePlPerDay > 0)
        text += `; clinician's bolus waits with ${microlitres(pump.heldLeftPl)}`
    else if (event === BolusEvent.Delivered && pump.bolusKind === BolusKind.Clinician)
        text += `; clinician's bolus goes on with ${microlitres(pump.bolusLeftPl)}`
    else if (kind === BolusKind.Prime && event !== BolusEvent.Denied && pump.lineLeftPl > 0)
        text += `; line lacks ${microlitres(pump.lineLeftPl)}`
    return text
}

/** What became of the line. */
export function lineText(pump: Pump, event: LineEvent): string {
    if (event === LineEvent.Primed) return "line primed"
    if (event === LineEvent.BridgeOver) return "bridge over: line holds what the reservoir does"
    if (event === LineEvent.BridgeBegun)
        return `bridge begun: former dose until ${microlitres(pump.lineLeftPl)} of the former concentration are spent`
    return `line changed: lacks ${microlitres(pump.lineLeftPl)}`
}

/** Starts the console: one line a change, and one for each alarm that stands, with the time since power-on in milliseconds. */
export function startConsoleMonitor(): Monitor {
    let alarmsTold = -1
    let conditionsTold = 0
    let acknowledgedTold = 0
    let deliveringTold = false
    let tripTold = GuardTrip.None
    const reasonsTold: number[] = []
    for (let alarm = 0; alarm < ALARM_COUNT; alarm++) reasonsTold.push(0)
    // Whose reason is compared in this tick: all of them in each tick would cost more than all else here.
    let compared = 0
    return {
        report: async (pump: Pump, guard: Guard, actions: Actions) => {
            const alarms = pump.alarms
            compared = compared + 1 < ALARM_COUNT ? compared + 1 : 0
            if (
                alarms !== alarmsTold ||
                pump.conditions !== conditionsTold ||
                pump.acknowledged !== acknowledgedTold ||
                pump.delivering !== deliveringTold ||
                (alarms !== 0 && hasAlarm(alarms, compared) && pump.reasons[compared] !== reasonsTold[compared])
            ) {
                alarmsTold = alarms
                conditionsTold = pump.conditions
                acknowledgedTold = pump.acknowledged
                deliveringTold = pump.delivering
                const slow = (alarms & MINIMUM_RATE_ALARMS) !== 0
                const flow = !deliveringTold ? "not delivering" : slow ? "delivering the minimum rate" : "delivering"
                const remaining = pump.energy.remainingTenthsDay
                console.log(
                    `${pump.nowMs} ms: ${flow}${remaining >= 0 ? `; energy for ${remaining / 10} days` : ""}${alarms === 0 ? "; no alarms" : ""}`,
                )
                for (let alarm = 0; alarm < ALARM_COUNT; alarm++) {
                    if (!hasAlarm(alarms, alarm)) continue
                    reasonsTold[alarm] = pump.reasons[alarm]
                    console.log(`${pump.nowMs} ms:   ${alarmText(pump, alarm)}`)
                }
            }
            if (guard.trip !== tripTold) {
                tripTold = guard.trip
                console.log(
                    tripTold === GuardTrip.None
                        ? `${pump.nowMs} ms: guard released`
                        : `${pump.nowMs} ms: guard tripped: ${REASON_WORDS[tripTold]}`,
                )
            }
            if (actions.bolusEvent !== BolusEvent.None) console.log(`${pump.nowMs} ms: ${bolusText(pump, actions)}`)
            if (actions.lineEvent !== LineEvent.None)
                console.log(`${pump.nowMs} ms: ${lineText(pump, actions.lineEvent)}`)
            if (actions.refusal !== Refusal.None)
                console.log(
                    `${pump.nowMs} ms: ${COMMAND_WORDS[actions.command]} refused: ${REFUSAL_WORDS[actions.refusal]}`,
                )
        },
    }
}

// Tells on the board's console what changes: alarms with their reasons, delivery, boluses, the guard. Only changes, because
// a line costs milliseconds of a tick and nobody may be listening.

import { ALARM_COUNT, ALARMS, hasAlarm, Latch, REASON_WORDS } from "../pump/alarms"
import { Guard } from "../pump/guard"
import { Actions, BolusEvent, Pump } from "../pump/pump"
import { GuardTrip } from "../pump/readings"
import { Monitor } from "./parts"

const PRIORITY_WORDS = ["", "low", "medium", "high"]

/** One standing alarm in words, such as "high: occlusion (pressure rising with each step), over, waits for a start". */
export function alarmText(pump: Pump, alarm: number): string {
    const rule = ALARMS[alarm]
    const reason = REASON_WORDS[pump.reasons[alarm]]
    let text = `${PRIORITY_WORDS[rule.priority]}: ${rule.id}`
    if (reason) text += ` (${reason})`
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
                const remaining = pump.energy.remainingTenthsDay
                console.log(
                    `${pump.nowMs} ms: ${deliveringTold ? "delivering" : "not delivering"}${remaining >= 0 ? `; energy for ${remaining / 10} days` : ""}${alarms === 0 ? "; no alarms" : ""}`,
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
            if (actions.bolusEvent !== BolusEvent.None)
                console.log(
                    `${pump.nowMs} ms: bolus event ${actions.bolusEvent}, reason ${actions.bolusReason}, ${actions.bolusPl} pL`,
                )
        },
    }
}

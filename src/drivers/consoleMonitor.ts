// Tells on the board's console what changes: alarms, delivery, boluses. Only changes, because a line costs milliseconds
// of a tick and nobody may be listening.

import { ALARM_COUNT, ALARM_IDS, hasAlarm } from "../pump/alarms"
import { Actions, BolusEvent, Pump } from "../pump/pump"
import { Monitor } from "./parts"

/** Starts the console: one line a change, with the time since power-on in milliseconds. */
export function startConsoleMonitor(): Monitor {
    let alarmsTold = -1
    let deliveringTold = false
    return {
        report: async (pump: Pump, actions: Actions) => {
            if (pump.alarms !== alarmsTold || pump.delivering !== deliveringTold) {
                alarmsTold = pump.alarms
                deliveringTold = pump.delivering
                let names = ""
                for (let alarm = 0; alarm < ALARM_COUNT; alarm++)
                    if (hasAlarm(alarmsTold, alarm)) names += " " + ALARM_IDS[alarm]
                console.log(
                    `${pump.nowMs} ms: ${deliveringTold ? "delivering" : "not delivering"}; alarms:${names || " none"}`,
                )
            }
            if (actions.bolusEvent !== BolusEvent.None)
                console.log(
                    `${pump.nowMs} ms: bolus event ${actions.bolusEvent}, reason ${actions.bolusReason}, ${actions.bolusPl} pL`,
                )
        },
    }
}

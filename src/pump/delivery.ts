// Whether the motor may step, and what follows when that changes. Every alarm is raised and cleared here, so that
// condition, latch, acknowledgement and sound are kept apart in one place.

import { Alarm, LATCHING_ALARMS, Reason, STOPPING_ALARMS } from "./alarms"
import { cancelBoluses } from "./bolus"
import { RESTARTS_MS } from "./limits"
import { Actions, BolusReason, Mode, Pump } from "./pump"
import { SensorFault } from "./readings"
import { planFlow } from "./schedule"

/**
 * The condition of an alarm is there, for this reason. One that was not there before is heard at once, whatever sound a
 * person has paused (ALM-3); one that latches then waits for a person.
 */
export function raise(pump: Pump, alarm: Alarm, reason: Reason): void {
    const bit = 1 << alarm
    pump.reasons[alarm] = reason
    if ((pump.conditions & bit) !== 0) return
    pump.conditions = pump.conditions | bit
    pump.alarms = pump.alarms | bit
    pump.raised = pump.raised | bit
    pump.latched = pump.latched | (bit & LATCHING_ALARMS)
    pump.acknowledged = pump.acknowledged & ~bit
    pump.soundPausedUntilMs = pump.nowMs
}

/** The condition of an alarm is over; the alarm ends with it unless it waits for a person. */
export function clear(pump: Pump, alarm: Alarm): void {
    const bit = 1 << alarm
    if ((pump.conditions & bit) === 0) return
    pump.conditions = pump.conditions & ~bit
    pump.alarms = pump.conditions | pump.latched
    pump.acknowledged = pump.acknowledged & pump.alarms
}

/** Raises or clears an alarm by whether its condition is there. */
export function setAlarm(pump: Pump, alarm: Alarm, condition: boolean, reason: Reason): void {
    if (condition) raise(pump, alarm, reason)
    else if ((pump.conditions & (1 << alarm)) !== 0) clear(pump, alarm)
}

/** A finding counts once it was made in this many samples in a row: one cough or one lost answer is no alarm. */
export const SAMPLES_TO_ALARM = 3

/**
 * Raises or clears the alarm of a part that does not give a reading to be believed, by how many samples in a row were
 * without one; returns that count. A part that is not fitted is never missed.
 */
export function judgeFault(pump: Pump, alarm: Alarm, fault: SensorFault, samplesBefore: number): number {
    if (fault === SensorFault.None || fault === SensorFault.NotFitted) {
        if ((pump.conditions & (1 << alarm)) !== 0) clear(pump, alarm)
        return 0
    }
    const samples = samplesBefore + 1
    // The faults of a sensor are reasons by the same numbers.
    if (samples >= SAMPLES_TO_ALARM) raise(pump, alarm, fault as number)
    return samples
}

/**
 * Works out whether the motor may step, and plans the flow anew when that changed. A stop, whatever its cause, cancels
 * what remains of boluses; the third stop by an alarm within ten minutes wants a clinician (STP-4).
 */
export function refreshDelivering(pump: Pump, actions: Actions): void {
    const running = pump.mode === Mode.Running
    const delivering = running && pump.judgedAll && (pump.alarms & STOPPING_ALARMS) === 0
    if (delivering === pump.delivering) return
    pump.delivering = delivering
    if (!delivering) {
        // Whole steps that were still due are not made up by the next start (SUP-16).
        const quantum = pump.stepQuantum
        if (pump.owed >= quantum) pump.owed -= Math.floor(pump.owed / quantum) * quantum
        cancelBoluses(pump, running ? BolusReason.StoppingAlarm : BolusReason.PumpStopped, actions)
        if (running) {
            if (pump.nowMs - pump.stopBeforeMs <= RESTARTS_MS) raise(pump, Alarm.RestartedTooOften, Reason.None)
            pump.stopBeforeMs = pump.lastStopMs
            pump.lastStopMs = pump.nowMs
        }
    }
    planFlow(pump, pump.nowMs)
}

// Whether the motor may step, and what follows when that changes. Every alarm is raised and cleared here.

import { Alarm, STOPPING_ALARMS } from "./alarms"
import { Actions, BolusEvent, BolusReason, Mode, Pump } from "./pump"
import { SensorFault } from "./readings"
import { planFlow } from "./schedule"

/** Raises an alarm; nothing happens when it stands already. */
export function raise(pump: Pump, alarm: Alarm): void {
    pump.alarms = pump.alarms | (1 << alarm)
}

/** Clears an alarm; nothing happens when it does not stand. */
export function clear(pump: Pump, alarm: Alarm): void {
    pump.alarms = pump.alarms & ~(1 << alarm)
}

/** Raises or clears an alarm that stands exactly while its condition does. Calls nothing: every sample comes here often. */
export function setAlarm(pump: Pump, alarm: Alarm, condition: boolean): void {
    if (condition) pump.alarms = pump.alarms | (1 << alarm)
    else pump.alarms = pump.alarms & ~(1 << alarm)
}

/** A finding counts once it was made in this many samples in a row: one cough or one lost answer is no alarm. */
export const SAMPLES_TO_ALARM = 3

/**
 * Raises or clears the alarm of a part that does not give its reading, by how many samples in a row were without one;
 * returns that count. A part that is not fitted is never missed. Calls nothing, for the same reason as `setAlarm`.
 */
export function judgeFault(pump: Pump, alarm: Alarm, fault: SensorFault, samplesBefore: number): number {
    const samples = fault === SensorFault.None || fault === SensorFault.NotFitted ? 0 : samplesBefore + 1
    if (samples >= SAMPLES_TO_ALARM) pump.alarms = pump.alarms | (1 << alarm)
    else pump.alarms = pump.alarms & ~(1 << alarm)
    return samples
}

/**
 * Works out whether the motor may step, and plans the flow anew when that changed.
 * A stop, whatever its cause, cancels what remains of a prime.
 */
export function refreshDelivering(pump: Pump, actions: Actions): void {
    const running = pump.mode === Mode.Running
    const delivering = running && (pump.alarms & STOPPING_ALARMS) === 0
    if (delivering === pump.delivering) return
    pump.delivering = delivering
    if (!delivering && pump.primeRatePlPerDay > 0)
        endPrime(pump, BolusEvent.Cancelled, running ? BolusReason.StoppingAlarm : BolusReason.PumpStopped, actions)
    planFlow(pump, pump.nowMs)
}

/** Ends the prime in progress; how it ended is reported with the volume it metered. */
export function endPrime(pump: Pump, event: BolusEvent, reason: BolusReason, actions: Actions): void {
    actions.bolusEvent = event
    actions.bolusReason = reason
    actions.bolusPl = event === BolusEvent.Delivered ? pump.primePl : pump.primePl - pump.primeLeftPl
    pump.primeRatePlPerDay = 0
    pump.primeFlowPlPerDay = 0
    pump.primeLeftPl = 0
    pump.primePart = 0
}

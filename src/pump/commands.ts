// What a person asks of the pump is obeyed or denied here, once a second. Nothing is half done: a command that is denied
// changes nothing.

import { ACKNOWLEDGED_ALARMS, Alarm, hasAlarm, RELEASED_ALARMS, Reason } from "./alarms"
import { wallSecondsAt } from "./checkpoint"
import { clear, refreshDelivering, setAlarm } from "./delivery"
import { forgetFollowing } from "./following"
import { SAMPLE_MS, SOUND_PAUSE_MS } from "./limits"
import { forgetRise } from "./line"
import { Actions, BolusEvent, BolusReason, Mode, mechanismRatePlPerDayMax, Pump } from "./pump"
import { CommandKind, ProgrammeAnswer, Readings } from "./readings"
import { planFlow } from "./schedule"
import { acceptClock, acceptPressure } from "./sensors"
import { refilled } from "./volume"

/** Obeys the command in the readings, if any, and takes it out of them. */
export function obey(pump: Pump, readings: Readings, actions: Actions): void {
    let command = readings.command
    if (command === CommandKind.None) return
    readings.command = CommandKind.None
    if (command === CommandKind.Toggle) {
        // Who pressed the button before the last sample saw the pump deliver: an alarm that stopped it since must not turn
        // the stop that was meant into a start (SUP-5).
        const meantStop = pump.delivering || pump.nowMs - pump.lastStopMs < SAMPLE_MS
        command = meantStop ? CommandKind.Stop : CommandKind.Start
    }

    actions.command = command
    if (command === CommandKind.Silence) {
        pump.soundPausedUntilMs = pump.nowMs + SOUND_PAUSE_MS
        return
    }
    if (command === CommandKind.Prime) {
        // A tick tells of one event: the end of a prime is not hidden by the answer to a request for the next (SUP-9).
        actions.command = CommandKind.None
        if (actions.bolusEvent !== BolusEvent.None) return
        prime(pump, readings, actions)
        return
    }
    if (command === CommandKind.Programme) {
        actions.programmeAnswer = readings.commandAnswer
        if (readings.commandAnswer !== ProgrammeAnswer.Taken || !takeProgramme(pump)) return
    }
    if (command === CommandKind.Acknowledge) acknowledge(pump)
    else if (command === CommandKind.Stop) stop(pump)
    else if (command === CommandKind.Start) start(pump)
    else if (command === CommandKind.Release) release(pump)
    else if (command === CommandKind.Refill && !refill(pump, readings.commandPl, readings.commandResidualPl)) {
        actions.command = CommandKind.None
        return
    }
    actions.checkpointDue = true
    refreshDelivering(pump, actions)
}

/** A person has seen what stands: the sound pauses, and what only waited for that is over (ALM-2). */
function acknowledge(pump: Pump): void {
    pump.soundPausedUntilMs = pump.nowMs + SOUND_PAUSE_MS
    acceptClock(pump.checks.clock)
    pump.latched = pump.latched & ~(ACKNOWLEDGED_ALARMS & ~pump.conditions)
    pump.alarms = pump.conditions | pump.latched
    pump.acknowledged = pump.alarms
}

function stop(pump: Pump): void {
    if (pump.mode === Mode.Stopped) return
    pump.mode = Mode.Stopped
    pump.stoppedSinceMs = pump.nowMs
}

/**
 * A person starts the pump, and by that acknowledges what latched; a cause that persists raises its alarm again. What only
 * a clinician may release stays, and with it the stop.
 */
function start(pump: Pump): void {
    if (pump.mode === Mode.Stopped) {
        pump.mode = Mode.Running
        pump.stoppedSinceMs = NaN
        clear(pump, Alarm.StoppedOver5Min)
        clear(pump, Alarm.StoppedOver48Hours)
    }
    forgetFollowing(pump.following)
    forgetRise(pump.line)
    acceptPressure(pump.checks.pressure)
    pump.reliefLeftSteps = 0
    pump.batteryEndSamples = 0
    clear(pump, Alarm.Occlusion)
    clear(pump, Alarm.MotorNotFollowing)
    clear(pump, Alarm.MotorFailed)
    clear(pump, Alarm.BatteryEnd)
    pump.latched = pump.latched & (RELEASED_ALARMS | ACKNOWLEDGED_ALARMS)
    pump.alarms = pump.conditions | pump.latched
    acknowledge(pump)
}

/** A clinician releases what no start may: the guard and a pump restarted too often. It is stopped until it is started. */
function release(pump: Pump): void {
    forgetFollowing(pump.following)
    pump.runawaySteps = NaN
    // A motor that failed its test is not tried again before the next power-on.
    if (!hasAlarm(pump.alarms, Alarm.SelfTestFailed)) pump.cutMotor = false
    pump.lastStopMs = NaN
    pump.stopBeforeMs = NaN
    if ((pump.latched & RELEASED_ALARMS) !== 0) stop(pump)
    clear(pump, Alarm.OverDelivery)
    clear(pump, Alarm.RestartedTooOften)
    pump.latched = pump.latched & ~RELEASED_ALARMS
    pump.alarms = pump.conditions | pump.latched
    pump.acknowledged = pump.acknowledged & pump.alarms
}

/**
 * The reservoir was filled: it now holds `volumePl`, and before held `residualPl` as measured, NaN where nobody did.
 * False for a volume that it can't hold, which changes nothing.
 */
function refill(pump: Pump, volumePl: number, residualPl: number): boolean {
    if (!pump.programme || !(volumePl > 0 && volumePl <= pump.programme.reservoirPl)) return false
    refilled(pump.volume, pump.residualPl, residualPl)
    if (!hasAlarm(pump.alarms, Alarm.Occlusion)) forgetRise(pump.line)
    acceptPressure(pump.checks.pressure)
    pump.residualPl = volumePl
    pump.uncertainPl = 0
    pump.refilledPl = volumePl
    pump.refilledWallS = wallSecondsAt(pump, pump.nowMs)
    clear(pump, Alarm.ReservoirEmpty)
    clear(pump, Alarm.CheckpointDamaged)
    planFlow(pump, pump.nowMs)
    setAlarm(pump, Alarm.ReservoirLow, !(volumePl > pump.programme.reservoirLowPl), Reason.None)
    return true
}

/**
 * The programme that is offered runs from now on, whole, and the account goes on; false where none is. A stop outlasts it, and a
 * prime in progress goes on. The next checkpoint makes it the one that runs after a reset (PRG-5).
 */
function takeProgramme(pump: Pump): boolean {
    if (!pump.offered) return false
    pump.programme = pump.offered
    pump.offered = undefined
    clear(pump, Alarm.ProgrammeMissing)
    if (pump.limitsKnown) clear(pump, Alarm.ProgrammeDamaged)
    planFlow(pump, pump.nowMs)
    return true
}

/** Starts a prime, or denies it with the reason (BOL-1). */
function prime(pump: Pump, readings: Readings, actions: Actions): void {
    const volumePl = readings.commandPl
    const ratePlPerDay = readings.commandRatePlPerDay
    let reason = BolusReason.None
    if (!(volumePl > 0 && volumePl <= pump.primePlMax)) reason = BolusReason.VolumeOutOfRange
    else if (!(ratePlPerDay > 0 && ratePlPerDay <= mechanismRatePlPerDayMax(pump.mechanism)))
        reason = BolusReason.RateOutOfRange
    else if (pump.mode !== Mode.Running) reason = BolusReason.PumpStopped
    else if (!pump.delivering) reason = BolusReason.StoppingAlarm
    else if (pump.primeRatePlPerDay > 0) reason = BolusReason.AlreadyPriming
    else if (hasAlarm(pump.alarms, Alarm.PressureSensorFault)) reason = BolusReason.PressureUnknown
    else if (!(volumePl <= pump.residualPl)) reason = BolusReason.MoreThanReservoir
    else if (hasAlarm(pump.alarms, Alarm.MemoryFault)) reason = BolusReason.NotRecordable
    else if (readings.supplyFailing) reason = BolusReason.SupplyFailing
    actions.bolusReason = reason
    if (reason !== BolusReason.None) {
        actions.bolusEvent = BolusEvent.Denied
        return
    }
    actions.bolusEvent = BolusEvent.Started
    // Recorded before its first step, which the next tick makes at the earliest (JRN-4).
    actions.checkpointDue = true
    pump.primePl = volumePl
    pump.primeLeftPl = volumePl
    pump.primePart = 0
    pump.primeRatePlPerDay = ratePlPerDay
    planFlow(pump, pump.nowMs)
}

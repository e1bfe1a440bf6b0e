// Once a second: each reading is judged and makes or clears its alarms, and a person's command is obeyed or denied.
// Comparisons are written so that NaN fails safe, and a lost sensor never stops the basal flow.

import { Alarm, hasAlarm, LATCHING_ALARMS, STOPPING_ALARMS } from "./alarms"
import { CHECKPOINT_MS } from "./checkpoint"
import { clear, judgeFault, raise, refreshDelivering, SAMPLES_TO_ALARM, setAlarm } from "./delivery"
import { PRIME_PL_MAX, STOPPED_HIGH_MS, STOPPED_MEDIUM_MS } from "./limits"
import { Actions, BolusEvent, BolusReason, Mode, mechanismRatePlPerDayMax, Pump } from "./pump"
import { CommandKind, Readings, SensorFault } from "./readings"
import { planFlow, timeOfWeek } from "./schedule"

/** Judges the readings of one sample and raises or clears what follows from them. */
export function judge(pump: Pump, readings: Readings, actions: Actions): void {
    const alarmsBefore = pump.alarms
    const mechanism = pump.mechanism

    pump.pressureFaultSamples = judgeFault(
        pump,
        Alarm.PressureSensorFault,
        readings.pressureFault,
        pump.pressureFaultSamples,
    )
    if (readings.pressureFault === SensorFault.None) {
        pump.occludedSamples = !(readings.pressurePa <= mechanism.occlusionPa) ? pump.occludedSamples + 1 : 0
        if (pump.occludedSamples >= SAMPLES_TO_ALARM) raise(pump, Alarm.Occlusion)
    }

    pump.encoderFaultSamples = judgeFault(pump, Alarm.EncoderFault, readings.encoderFault, pump.encoderFaultSamples)
    if (readings.encoderFault === SensorFault.None && mechanism.encoderSlackSteps > 0) {
        const offsetSteps = pump.commandedSteps - readings.encoderSteps
        if (pump.encoderOffsetSteps >= 0 || pump.encoderOffsetSteps < 0) {
            if (!(Math.abs(offsetSteps - pump.encoderOffsetSteps) <= mechanism.encoderSlackSteps))
                raise(pump, Alarm.MotorNotFollowing)
        } else {
            pump.encoderOffsetSteps = offsetSteps
        }
    }

    pump.reservoirSwitchFaultSamples = judgeFault(
        pump,
        Alarm.ReservoirSwitchFault,
        readings.reservoirEndFault,
        pump.reservoirSwitchFaultSamples,
    )
    if (readings.reservoirEndFault === SensorFault.None && readings.reservoirEndSwitch === 1)
        raise(pump, Alarm.ReservoirEmpty)

    pump.batteryFaultSamples = judgeFault(
        pump,
        Alarm.BatteryMonitorFault,
        readings.batteryFault,
        pump.batteryFaultSamples,
    )
    if (readings.batteryFault === SensorFault.None && mechanism.batteryLowMv > 0) {
        pump.batteryLowSamples = !(readings.batteryMv > mechanism.batteryLowMv) ? pump.batteryLowSamples + 1 : 0
        pump.batteryEndSamples = !(readings.batteryMv > mechanism.batteryEndMv) ? pump.batteryEndSamples + 1 : 0
        setAlarm(pump, Alarm.BatteryLow, pump.batteryLowSamples >= SAMPLES_TO_ALARM)
        if (pump.batteryEndSamples >= SAMPLES_TO_ALARM) raise(pump, Alarm.BatteryEnd)
    }

    pump.clockFaultSamples = judgeFault(pump, Alarm.ClockFault, readings.wallFault, pump.clockFaultSamples)
    // The wall clock is asked for the time of day once; from then on the monotonic clock keeps it (CLK-1).
    if (!(timeOfWeek(pump.wallMinusNowMs) >= 0)) {
        if (readings.wallFault === SensorFault.None) {
            pump.wallMinusNowMs = readings.wallWeekMs - pump.nowMs
            clear(pump, Alarm.WallClockUnknown)
        } else {
            raise(pump, Alarm.WallClockUnknown)
        }
        planFlow(pump, pump.nowMs)
    }

    const stoppedMs = pump.nowMs - pump.stoppedSinceMs
    setAlarm(pump, Alarm.StoppedOver5Min, stoppedMs >= STOPPED_MEDIUM_MS)
    setAlarm(pump, Alarm.StoppedOver48Hours, stoppedMs >= STOPPED_HIGH_MS)

    refreshDelivering(pump, actions)
    const latched = LATCHING_ALARMS | STOPPING_ALARMS
    if ((pump.alarms & latched) !== (alarmsBefore & latched)) actions.checkpointDue = true
    if (pump.nowMs - pump.checkpointMs >= CHECKPOINT_MS) actions.checkpointDue = true
    if (actions.checkpointDue) pump.checkpointMs = pump.nowMs
}

/** Obeys the command in the readings, if any, and takes it out of them. */
export function obey(pump: Pump, readings: Readings, actions: Actions): void {
    let command = readings.command
    if (command === CommandKind.None) return
    readings.command = CommandKind.None
    if (command === CommandKind.Toggle) command = pump.delivering ? CommandKind.Stop : CommandKind.Start

    if (command === CommandKind.Stop && pump.mode === Mode.Running) {
        pump.mode = Mode.Stopped
        pump.stoppedSinceMs = pump.nowMs
    } else if (command === CommandKind.Start) {
        start(pump)
    } else if (command === CommandKind.Refill) {
        refill(pump, readings.commandPl)
    } else if (command === CommandKind.Prime) {
        prime(pump, readings.commandPl, readings.commandRatePlPerDay, actions)
        return
    }
    actions.checkpointDue = true
    pump.checkpointMs = pump.nowMs
    refreshDelivering(pump, actions)
}

/** A person starts the pump, and by that acknowledges what latched; a cause that persists raises its alarm again. */
function start(pump: Pump): void {
    pump.mode = Mode.Running
    pump.stoppedSinceMs = NaN
    pump.encoderOffsetSteps = NaN
    pump.occludedSamples = 0
    pump.batteryEndSamples = 0
    pump.alarms = pump.alarms & ~LATCHING_ALARMS
    clear(pump, Alarm.StoppedOver5Min)
    clear(pump, Alarm.StoppedOver48Hours)
}

/** The reservoir was filled: it now holds `volumePl`. A volume that it can't hold changes nothing. */
function refill(pump: Pump, volumePl: number): void {
    if (!pump.programme || !(volumePl > 0 && volumePl <= pump.programme.reservoirPl)) return
    pump.residualPl = volumePl
    clear(pump, Alarm.ReservoirEmpty)
    setAlarm(pump, Alarm.ReservoirLow, !(volumePl > pump.programme.reservoirLowPl))
}

/** Starts a prime, or denies it with the reason (BOL-1). */
function prime(pump: Pump, volumePl: number, ratePlPerDay: number, actions: Actions): void {
    let reason = BolusReason.None
    if (!(volumePl > 0 && volumePl <= PRIME_PL_MAX)) reason = BolusReason.VolumeOutOfRange
    else if (!(ratePlPerDay > 0 && ratePlPerDay <= mechanismRatePlPerDayMax(pump.mechanism)))
        reason = BolusReason.RateOutOfRange
    else if (pump.mode !== Mode.Running) reason = BolusReason.PumpStopped
    else if (!pump.delivering) reason = BolusReason.StoppingAlarm
    else if (pump.primeRatePlPerDay > 0) reason = BolusReason.AlreadyPriming
    else if (hasAlarm(pump.alarms, Alarm.PressureSensorFault)) reason = BolusReason.PressureUnknown
    else if (!(volumePl <= pump.residualPl)) reason = BolusReason.MoreThanReservoir
    actions.bolusReason = reason
    if (reason !== BolusReason.None) {
        actions.bolusEvent = BolusEvent.Denied
        return
    }
    actions.bolusEvent = BolusEvent.Started
    pump.primePl = volumePl
    pump.primeLeftPl = volumePl
    pump.primePart = 0
    pump.primeRatePlPerDay = ratePlPerDay
    planFlow(pump, pump.nowMs)
}

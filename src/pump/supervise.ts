// After each sample the readings are judged and make or clear their alarms, one part of them a tick: all at once would be
// the longest tick by far. Comparisons are written so that NaN fails safe, and a lost sensor never stops the basal flow.

import { Alarm, hasAlarm, LATCHING_ALARMS, Reason, STOPPING_ALARMS } from "./alarms"
import { cancelBoluses } from "./bolus"
import { CHECKPOINT_MS, WALL_UNKNOWN } from "./checkpoint"
import { clear, judgeFault, raise, refreshDelivering, SAMPLES_TO_ALARM, setAlarm } from "./delivery"
import { passTime } from "./doses"
import { energyLow, judgeEnergy } from "./energy"
import { forgetFollowing, judgeFlow, judgeFollowing, restartFlow } from "./following"
import {
    ACCESS_FAILURES_TO_ALARM,
    BROKEN_RUNS_MAX,
    CHANGE_ALERT_MS,
    CHANGE_DROP_MS,
    LATE_TICKS_MS,
    LATE_TICKS_TO_ALARM,
    MS_PER_DAY,
    MS_PER_SECOND,
    STOPPED_HIGH_MS,
    STOPPED_MEDIUM_MS,
    UNBROKEN_RUN_MS,
} from "./limits"
import { judgeLine } from "./line"
import { localMsAt } from "./localTime"
import { Programme } from "./programme"
import { Actions, BolusKind, BolusReason, Mode, Pump } from "./pump"
import { Readings, SensorFault } from "./readings"
import { beginRelief } from "./relief"
import { planFlow, timeOfWeek } from "./schedule"
import {
    judgeBatteryReading,
    judgeClockReading,
    judgeEncoderReading,
    judgeEndSwitchReading,
    judgePressureReading,
} from "./sensors"
import { endSwitchBelievable, judgeVolume } from "./volume"

/** The parts that the judgement of a sample is made in; a part is judged in each tick after it. */
export const STAGES = 6

/** Judges the next part of the readings, and raises or clears what follows from it. */
export function judge(pump: Pump, readings: Readings, actions: Actions): void {
    const alarmsBefore = pump.alarms
    const stage = pump.stage
    pump.stage = stage + 1
    if (stage === 0) judgePressure(pump, readings)
    else if (stage === 1) judgeMotor(pump, readings)
    else if (stage === 2) judgeReservoir(pump, readings)
    else if (stage === 3) judgeBattery(pump, readings, actions)
    else if (stage === 4) judgeClock(pump, readings)
    else judgeDelivery(pump, readings, actions)
    if (stage === STAGES - 1) pump.judgedAll = true
    if (pump.alarms !== alarmsBefore || stage === STAGES - 1) refreshDelivering(pump, actions)
    const stored = LATCHING_ALARMS | STOPPING_ALARMS
    if ((pump.alarms & stored) !== (alarmsBefore & stored)) actions.checkpointDue = true
}

/** Line pressure: an occlusion, or a line that lost its signature. */
function judgePressure(pump: Pump, readings: Readings): void {
    let fault = readings.pressureFault
    if (fault === SensorFault.None)
        fault = judgePressureReading(
            pump.checks.pressure,
            readings.pressurePa,
            pump.commandedSteps,
            pump.mechanism.stepPl,
        )
    readings.pressureFault = fault
    pump.pressureFaultSamples = judgeFault(pump, Alarm.PressureSensorFault, fault, pump.pressureFaultSamples)
    if (fault !== SensorFault.None) {
        clear(pump, Alarm.LineSignatureLost)
        return
    }
    const line = pump.line
    const recentSteps = pump.commandedSteps - pump.commandedStepsHalfway
    judgeLine(
        line,
        readings.pressurePa,
        pump.commandedSteps,
        recentSteps,
        pump.mechanism.stepPl,
        pump.mechanism.occlusionPa,
    )
    if (line.occlusion !== Reason.None && pump.delivering) {
        beginRelief(pump)
        raise(pump, Alarm.Occlusion, line.occlusion)
    }
    setAlarm(pump, Alarm.LineSignatureLost, line.signature !== Reason.None, line.signature)
}

/** The encoder against the steps commanded: a motor that does not follow, or that moves by itself. */
function judgeMotor(pump: Pump, readings: Readings): void {
    const slackSteps = pump.mechanism.encoderSlackSteps
    let fault = readings.encoderFault
    if (fault === SensorFault.None) {
        const check = pump.checks.encoder
        const jumped = check.fastDirection !== 0 && pump.encoderFaultSamples > 0
        fault = judgeEncoderReading(
            check,
            readings.encoderSteps,
            pump.mechanism.stepsPerTickMax,
            slackSteps,
            pump.nowMs,
        )
        // A jump that goes on is a shaft that turns. One that does not was a miscount, and no motion to stop the flow for:
        // the count goes on from its new place (SEN-8).
        if (jumped && check.fastDirection === 0) forgetFollowing(pump.following)
    }
    readings.encoderFault = fault
    pump.encoderFaultSamples = judgeFault(pump, Alarm.EncoderFault, fault, pump.encoderFaultSamples)
    if (fault !== SensorFault.None || slackSteps === 0) {
        // What the motor did meanwhile nobody has seen.
        if (hasAlarm(pump.alarms, Alarm.EncoderFault)) forgetFollowing(pump.following)
        return
    }
    const following = pump.following
    judgeFollowing(following, pump.commandedSteps, readings.encoderSteps, slackSteps)
    setAlarm(pump, Alarm.MotorNotFollowing, following.finding === Reason.StepsLost, Reason.StepsLost)
    if (following.failed) raise(pump, Alarm.MotorFailed, Reason.StepsLost)
    if (following.finding !== Reason.MovedByItself) {
        pump.runawaySamples = 0
        return
    }
    // One noisy count is no motion: it would stop a flow that needs no stop.
    pump.runawaySamples += 1
    if (pump.runawaySamples >= SAMPLES_TO_ALARM) {
        raise(pump, Alarm.OverDelivery, Reason.MovedByItself)
        // A motor that still moves now that it is told nothing can only be stopped from outside (MOT-7).
        if (!(pump.runawaySteps >= 0 || pump.runawaySteps < 0)) pump.runawaySteps = readings.encoderSteps
        if (!(Math.abs(readings.encoderSteps - pump.runawaySteps) <= slackSteps)) pump.cutMotor = true
    }
}

/** The reservoir: its end switch against the account, and the account against the encoder. */
function judgeReservoir(pump: Pump, readings: Readings): void {
    let fault = readings.reservoirEndFault
    if (fault === SensorFault.None) fault = judgeEndSwitchReading(readings.reservoirEndSwitch)
    readings.reservoirEndFault = fault
    pump.reservoirSwitchFaultSamples = judgeFault(
        pump,
        Alarm.ReservoirSwitchFault,
        fault,
        pump.reservoirSwitchFaultSamples,
    )
    const endSwitch = fault === SensorFault.None ? readings.reservoirEndSwitch : NaN
    const volume = pump.volume
    const slackSteps = pump.mechanism.encoderSlackSteps
    const encoderFault = readings.encoderFault
    // One lost answer does not make the encoder one that can't tell of a motor that stands.
    const encoderWorks =
        slackSteps > 0 && encoderFault !== SensorFault.NotFitted && !hasAlarm(pump.alarms, Alarm.EncoderFault)
    judgeVolume(
        volume,
        pump.commandedSteps,
        encoderFault === SensorFault.None ? readings.encoderSteps : NaN,
        slackSteps,
        pump.mechanism.stepPl,
        pump.residualPl,
        endSwitch,
    )
    setAlarm(pump, Alarm.VolumeDisagreement, volume.finding !== Reason.None, volume.finding)
    if (endSwitch === 1) {
        // With an encoder that works, the motor itself tells when the plunger is at its end: a switch that says so long
        // before the account does is not believed (RES-3, VOL-3).
        if (!encoderWorks || endSwitchBelievable(volume, pump.residualPl))
            raise(pump, Alarm.ReservoirEmpty, Reason.None)
    }
    const programme = pump.programme
    if (programme) judgeRefill(pump, programme)
    judgeChanges(pump, readings.unconfirmedMs)
}

/** How soon the reservoir wants filling. */
export function judgeRefill(pump: Pump, programme: Programme): void {
    const residualPl = pump.residualPl
    const low = !(residualPl > programme.reservoirLowPl)
    const soon = programme.refillWarningPl > 0 && !(residualPl > programme.refillWarningPl)
    setAlarm(pump, Alarm.ReservoirLow, low || soon, low ? Reason.None : Reason.RefillDueSoon)
    // Two days of the schedule and of all the doses that the patient may ask for.
    const dayPl = programme.meanRatePlPerDay + programme.dosesPerDayMax * programme.patientPl
    setAlarm(pump, Alarm.RefillOverdue, !(residualPl > 2 * dayPl), Reason.None)
}

/** A refill that somebody began and did not end, and a programme that nobody confirms: both are dropped, and all goes on as if nobody had (GIP). */
export function judgeChanges(pump: Pump, unconfirmedMs: number): void {
    const refillingMs = pump.nowMs - pump.refillBeganMs
    if (refillingMs >= CHANGE_DROP_MS) pump.refillBeganMs = NaN
    const refill = refillingMs >= CHANGE_ALERT_MS && refillingMs < CHANGE_DROP_MS
    const programme = unconfirmedMs >= CHANGE_ALERT_MS
    setAlarm(pump, Alarm.ChangeUnfinished, refill || programme, refill ? Reason.RefillBegun : Reason.ProgrammeProposed)
}

/** Samples in a row in which the supply is about to fail, after which the pump stops in order: ten seconds without a step. */
const SUPPLY_FAILING_SAMPLES = 10

/** Stored energy: the brown-out warning, and the battery's voltage. */
function judgeBattery(pump: Pump, readings: Readings, actions: Actions): void {
    pump.supplyFailingSamples = readings.supplyFailing ? pump.supplyFailingSamples + 1 : 0
    if (readings.supplyFailing && pump.bolusKind !== BolusKind.None) {
        cancelBoluses(pump, BolusReason.SupplyFailing, actions)
        planFlow(pump, pump.nowMs)
    }
    if (pump.supplyFailingSamples >= SUPPLY_FAILING_SAMPLES) raise(pump, Alarm.BatteryEnd, Reason.SupplyFailing)
    let fault = readings.batteryFault
    if (fault === SensorFault.None) fault = judgeBatteryReading(pump.checks.battery, readings.batteryMv)
    readings.batteryFault = fault
    pump.batteryFaultSamples = judgeFault(pump, Alarm.BatteryMonitorFault, fault, pump.batteryFaultSamples)
    const mechanism = pump.mechanism
    const programme = pump.programme
    judgeEnergy(
        pump.energy,
        fault === SensorFault.None ? readings.batteryMv : NaN,
        pump.nowMs,
        programme ? programme.meanRatePlPerDay : 0,
        mechanism.stepPl,
    )
    if (fault !== SensorFault.None || mechanism.batteryLowMv === 0) return
    pump.batteryLowSamples = !(readings.batteryMv > mechanism.batteryLowMv) ? pump.batteryLowSamples + 1 : 0
    pump.batteryEndSamples = !(readings.batteryMv > mechanism.batteryEndMv) ? pump.batteryEndSamples + 1 : 0
    const low = pump.batteryLowSamples >= SAMPLES_TO_ALARM || energyLow(pump.energy)
    setAlarm(pump, Alarm.BatteryLow, low, Reason.None)
    const failing = pump.supplyFailingSamples >= SUPPLY_FAILING_SAMPLES
    setAlarm(
        pump,
        Alarm.BatteryEnd,
        failing || pump.batteryEndSamples >= SAMPLES_TO_ALARM,
        failing ? Reason.SupplyFailing : Reason.None,
    )
}

/** The time of day, and ticks that come late. */
function judgeClock(pump: Pump, readings: Readings): void {
    let fault = readings.wallFault
    if (fault === SensorFault.None) fault = judgeClockReading(pump.checks.clock, readings.wallMs, pump.sampleMs)
    readings.wallFault = fault
    pump.clockFaultSamples = judgeFault(pump, Alarm.ClockFault, fault, pump.clockFaultSamples)
    // The wall clock is asked for the time of day once; from then on the monotonic clock keeps it (CLK-1).
    if (!(timeOfWeek(pump.wallMinusNowMs) >= 0)) {
        if (fault === SensorFault.None) {
            // The schedule goes on where a shift of local time has left it.
            pump.wallMinusNowMs = readings.wallMs + pump.localMinusClockMs - pump.shiftLeftMs - pump.sampleMs
            pump.shiftSinceMs = pump.nowMs
            takeStopTime(pump)
            clear(pump, Alarm.WallClockUnknown)
        } else {
            raise(pump, Alarm.WallClockUnknown, Reason.None)
        }
        planFlow(pump, pump.nowMs)
    }
    if (pump.nowMs - pump.lateTicksSinceMs >= LATE_TICKS_MS) {
        pump.lateTicks = 0
        pump.lateTicksSinceMs = pump.nowMs
    }
    // A loss of time is over once it has happened, and then waits to be seen; ticks go on being late for a while.
    if (pump.lateTicks < LATE_TICKS_TO_ALARM) clear(pump, Alarm.TimeLost)
}

/** How long a pump was stopped already before a reset, which the wall clock alone can tell (STP-5). */
function takeStopTime(pump: Pump): void {
    const stoppedWallS = pump.stoppedWallS
    pump.stoppedWallS = WALL_UNKNOWN
    if (pump.mode !== Mode.Stopped || stoppedWallS === WALL_UNKNOWN) return
    const stoppedSinceMs = stoppedWallS * MS_PER_SECOND - localMsAt(pump, 0)
    if (stoppedSinceMs < pump.stoppedSinceMs) pump.stoppedSinceMs = stoppedSinceMs
}

/** How long the pump has been stopped, what it delivered against its programme, how long it has run; the checkpoint. */
function judgeDelivery(pump: Pump, readings: Readings, actions: Actions): void {
    const nowMs = pump.nowMs
    pump.commandedStepsHalfway = pump.commandedSteps
    const stoppedMs = nowMs - pump.stoppedSinceMs
    setAlarm(pump, Alarm.StoppedOver5Min, stoppedMs >= STOPPED_MEDIUM_MS, Reason.None)
    setAlarm(pump, Alarm.StoppedOver48Hours, stoppedMs >= STOPPED_HIGH_MS, Reason.None)

    const flow = pump.flow
    const stepPl = pump.mechanism.stepPl
    const askedPl = pump.commandedSteps * stepPl + pump.owed / MS_PER_DAY
    const following = pump.following
    const behindSteps = following.aheadSteps - following.offsetSteps
    const missingSteps = following.lostSteps + (behindSteps >= 0 || behindSteps < 0 ? behindSteps : 0)
    const sensedPl = (pump.commandedSteps - missingSteps) * stepPl
    if (pump.delivering) {
        judgeFlow(flow, askedPl, sensedPl, nowMs, Math.max(1, pump.mechanism.encoderSlackSteps) * stepPl)
        if (flow.finding === Reason.OverProgramme) raise(pump, Alarm.OverDelivery, Reason.OverProgramme)
        setAlarm(pump, Alarm.UnderDelivery, flow.finding === Reason.UnderProgramme, Reason.UnderProgramme)
    } else {
        restartFlow(flow, askedPl, sensedPl, nowMs)
    }

    if (nowMs - pump.runBeganMs >= UNBROKEN_RUN_MS) {
        pump.runBeganMs = NaN
        clear(pump, Alarm.RepeatedResets)
        if (pump.brokenRuns > BROKEN_RUNS_MAX) actions.checkpointDue = true
        pump.brokenRuns = 0
    }
    const memoryFault = readings.memoryFault
    // A bolus that can't be recorded does not go on (JRN-4).
    if (memoryFault !== SensorFault.None && pump.bolusKind !== BolusKind.None) {
        cancelBoluses(pump, BolusReason.NotRecordable, actions)
        planFlow(pump, nowMs)
    }
    passTime(pump.doses, nowMs)
    setAlarm(pump, Alarm.LineNotPrimed, pump.lineLeftPl > 0 && pump.bridgeRatePlPerDay === 0, Reason.None)
    setAlarm(pump, Alarm.AccessRefused, readings.accessFailures >= ACCESS_FAILURES_TO_ALARM, Reason.TagWrong)
    setAlarm(pump, Alarm.MemoryFault, memoryFault !== SensorFault.None, memoryFault as number)
    if (nowMs - pump.checkpointMs >= CHECKPOINT_MS) actions.checkpointDue = true
}

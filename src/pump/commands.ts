// What a person asks of the pump is obeyed or denied here, once a second. Nothing is half done: a command that is denied
// changes nothing.

import { ACKNOWLEDGED_ALARMS, Alarm, hasAlarm, RELEASED_ALARMS, Reason, STARTED_ALARMS } from "./alarms"
import { askBolus, cancelBoluses } from "./bolus"
import { wallSecondsAt } from "./checkpoint"
import { clear, raise, refreshDelivering } from "./delivery"
import { convertWindow } from "./doses"
import { forgetFollowing } from "./following"
import { SAMPLE_MS, SOUND_PAUSE_MS } from "./limits"
import { forgetRise } from "./line"
import { beginBridge, changeLine } from "./lineContents"
import { setLocalTime } from "./localTime"
import { Programme } from "./programme"
import { Actions, BolusKind, BolusReason, Mode, Pump } from "./pump"
import { CommandKind, ProgrammeAnswer, Readings, Refusal } from "./readings"
import { planFlow } from "./schedule"
import { acceptClock, acceptPressure } from "./sensors"
import { judgeChanges, judgeRefill } from "./supervise"
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

    const bolus = bolusOf(command)
    if (bolus !== BolusKind.None) {
        askBolus(pump, readings, bolus, actions)
        return
    }
    actions.command = command
    if (command === CommandKind.Silence) {
        pauseSound(pump)
        return
    }
    if (command === CommandKind.Programme) {
        actions.programmeAnswer = readings.commandAnswer
        if (readings.commandAnswer === ProgrammeAnswer.Taken)
            actions.programmeAnswer = takeProgramme(pump, readings, actions)
        pump.offered = undefined
        if (actions.programmeAnswer !== ProgrammeAnswer.Taken) return
    } else {
        actions.refusal = carryOut(pump, command, readings, actions)
        if (actions.refusal !== Refusal.None) return
    }
    actions.checkpointDue = true
    refreshDelivering(pump, actions)
}

/** The bolus that a command asks for; None when it asks for something else. */
export function bolusOf(command: CommandKind): BolusKind {
    if (command === CommandKind.Prime) return BolusKind.Prime
    if (command === CommandKind.Bolus) return BolusKind.Clinician
    return command === CommandKind.PatientDose ? BolusKind.Patient : BolusKind.None
}

/** Does what the command says, or nothing and says why. */
function carryOut(pump: Pump, command: CommandKind, readings: Readings, actions: Actions): Refusal {
    if (command === CommandKind.Refill) return refill(pump, pump.programme, readings, actions)
    if (command === CommandKind.RefillBegin) return beginRefill(pump)
    if (command === CommandKind.Clock) {
        const refusal = setLocalTime(pump, readings.commandWallMs)
        if (refusal !== Refusal.None) return refusal
        clear(pump, Alarm.WallClockUnknown)
        planFlow(pump, pump.nowMs)
    } else if (command === CommandKind.MinimumRate) {
        if (!pump.programme) return Refusal.NoProgramme
        start(pump)
        cancelBoluses(pump, BolusReason.MinimumRate, actions)
        raise(pump, Alarm.MinimumRateChosen, Reason.None)
        planFlow(pump, pump.nowMs)
    } else if (command === CommandKind.CancelBolus) {
        cancelBoluses(pump, BolusReason.Ended, actions)
        planFlow(pump, pump.nowMs)
    } else if (command === CommandKind.Start) {
        start(pump)
        planFlow(pump, pump.nowMs)
    } else if (command === CommandKind.Acknowledge) acknowledge(pump)
    else if (command === CommandKind.Stop) stop(pump)
    else if (command === CommandKind.Release) release(pump)
    return Refusal.None
}

/** A person has heard enough; what is raised in this very tick nobody has heard yet (ALM-5). */
function pauseSound(pump: Pump): void {
    if (pump.raised === 0) pump.soundPausedUntilMs = pump.nowMs + SOUND_PAUSE_MS
}

/** A person has seen what stood before this tick: the sound pauses, and what only waited for that is over (ALM-2). */
function acknowledge(pump: Pump): void {
    const seen = ~pump.raised
    pauseSound(pump)
    acceptClock(pump.checks.clock)
    pump.latched = pump.latched & ~(ACKNOWLEDGED_ALARMS & ~pump.conditions & seen)
    pump.alarms = pump.conditions | pump.latched
    pump.acknowledged = pump.alarms & seen
}

function stop(pump: Pump): void {
    if (pump.mode === Mode.Stopped) return
    pump.mode = Mode.Stopped
    pump.stoppedSinceMs = pump.nowMs
}

/**
 * A person starts the pump, and by that acknowledges what latched; a cause that persists raises its alarm again. What only
 * a clinician may release stays, and with it the stop. What would end by a start and is raised in this very tick nobody has seen: it
 * takes another start (ALM-5).
 */
function start(pump: Pump): void {
    if (pump.mode === Mode.Stopped) {
        pump.mode = Mode.Running
        pump.stoppedSinceMs = NaN
        clear(pump, Alarm.StoppedOver5Min)
        clear(pump, Alarm.StoppedOver48Hours)
    }
    if ((pump.raised & STARTED_ALARMS) === 0) beginAnew(pump)
    acknowledge(pump)
}

/** What stopped the pump is over, and motor and line are watched afresh. */
function beginAnew(pump: Pump): void {
    forgetFollowing(pump.following)
    forgetRise(pump.line)
    acceptPressure(pump.checks.pressure)
    pump.reliefLeftSteps = 0
    pump.batteryEndSamples = 0
    clear(pump, Alarm.Occlusion)
    clear(pump, Alarm.MotorNotFollowing)
    clear(pump, Alarm.MotorFailed)
    clear(pump, Alarm.BatteryEnd)
    clear(pump, Alarm.MinimumRateChosen)
    pump.latched = pump.latched & (RELEASED_ALARMS | ACKNOWLEDGED_ALARMS)
    pump.alarms = pump.conditions | pump.latched
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

/** Somebody begins to fill the reservoir: what will be drawn out of it is to be compared with the account as it is now (REF-1). */
function beginRefill(pump: Pump): Refusal {
    if (!pump.programme) return Refusal.NoProgramme
    pump.refillBeganMs = pump.nowMs
    pump.refillExpectedPl = pump.residualPl
    return Refusal.None
}

/**
 * The reservoir was filled: it now holds `commandPl`, and before held `commandResidualPl` as measured, NaN where nobody did.
 * Where the line was changed too it is empty, and what was in progress of boluses would not reach anybody.
 */
function refill(pump: Pump, programme: Programme | undefined, readings: Readings, actions: Actions): Refusal {
    const volumePl = readings.commandPl
    if (!programme) return Refusal.NoProgramme
    if (!(volumePl > 0 && volumePl <= programme.reservoirPl)) return Refusal.VolumeOutOfRange
    const begun = pump.refillBeganMs >= 0 || pump.refillBeganMs < 0
    refilled(pump.volume, begun ? pump.refillExpectedPl : pump.residualPl, readings.commandResidualPl)
    pump.refillBeganMs = NaN
    if (!hasAlarm(pump.alarms, Alarm.Occlusion)) forgetRise(pump.line)
    acceptPressure(pump.checks.pressure)
    if (readings.commandLineChanged) {
        cancelBoluses(pump, BolusReason.LineChanged, actions)
        changeLine(pump, actions)
    }
    pump.residualPl = volumePl
    pump.uncertainPl = 0
    pump.refilledPl = volumePl
    pump.refilledWallS = wallSecondsAt(pump, pump.nowMs)
    clear(pump, Alarm.ReservoirEmpty)
    clear(pump, Alarm.CheckpointDamaged)
    planFlow(pump, pump.nowMs)
    judgeRefill(pump, programme)
    judgeChanges(pump, NaN)
    return Refusal.None
}

/**
 * The programme that is offered runs from now on, whole, and the account goes on; or why it does not, and then nothing has changed. A
 * stop outlasts it, and a bolus in progress goes on. One of another concentration comes with the refill that brings it: then the line
 * is bridged, and boluses, whose volumes were of the former, end. The next checkpoint makes it the one that runs after a reset (PRG-5).
 */
function takeProgramme(pump: Pump, readings: Readings, actions: Actions): ProgrammeAnswer {
    const offered = pump.offered
    if (!offered) return ProgrammeAnswer.Damaged
    const former = pump.programme
    const otherDrug = former !== undefined && former.concentrationNgPerMl !== offered.concentrationNgPerMl
    const filled = readings.commandPl > 0
    if (otherDrug && !filled) return ProgrammeAnswer.OtherConcentration
    if (otherDrug && pump.bridgeRatePlPerDay > 0 && !readings.commandLineChanged) return ProgrammeAnswer.Bridging
    if (filled && !(readings.commandPl <= offered.reservoirPl)) return ProgrammeAnswer.RefillOutOfRange
    pump.programme = offered
    clear(pump, Alarm.ProgrammeMissing)
    if (pump.limitsKnown) clear(pump, Alarm.ProgrammeDamaged)
    if (filled) refill(pump, offered, readings, actions)
    if (otherDrug && former && !readings.commandLineChanged) {
        cancelBoluses(pump, BolusReason.LineChanged, actions)
        beginBridge(pump, former.concentrationNgPerMl, former.meanRatePlPerDay, actions)
    }
    if (otherDrug && former) convertWindow(pump.doses, former.concentrationNgPerMl, offered.concentrationNgPerMl)
    planFlow(pump, pump.nowMs)
    return ProgrammeAnswer.Taken
}

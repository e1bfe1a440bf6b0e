// Boluses: who may have one, how it ends, and which waits for which. One flows at a time, on top of the schedule; a patient's dose
// goes before a clinician's, which waits and then finishes its full volume. Nothing here meters: `tick` and `planFlow` do.

import { Alarm, hasAlarm, MINIMUM_RATE_ALARMS, SENSOR_ALARMS } from "./alarms"
import { countDose, dosesOfDay, passTime, windowVolume } from "./doses"
import { BOLUS_MINUTES_MAX, BOLUS_PL_MAX, MS_PER_MINUTE } from "./limits"
import { Actions, BolusEvent, BolusKind, BolusReason, Mode, mechanismRatePlPerDayMax, Pump } from "./pump"
import { Readings } from "./readings"
import { planFlow } from "./schedule"

/**
 * Grants the bolus that is asked for, or denies it with the reason; a denied one changes nothing (BOL-1). One that is granted begins
 * once it is recorded (`beginBolus`).
 * Prime and clinician's bolus are of `commandPl` at `commandRatePlPerDay`, the patient's dose is the programme's.
 */
export function askBolus(pump: Pump, readings: Readings, kind: BolusKind, actions: Actions): void {
    // Neither the end of another bolus nor the beginning of one is hidden by the answer to this request, which comes with the next
    // sample (SUP-9).
    if (actions.bolusEvent !== BolusEvent.None || pump.bolusUnrecorded) {
        pump.unansweredKind = kind
        return
    }
    let volumePl = readings.commandPl
    let ratePlPerDay = readings.commandRatePlPerDay
    if (kind === BolusKind.Patient) {
        const programme = pump.programme
        volumePl = programme ? programme.patientPl : 0
        ratePlPerDay =
            volumePl > 0 && programme ? Math.floor((volumePl * 1440) / programme.patientDurationMinutes + 0.5) : 0
    }
    // A lockout begins with the dose and not with the sample before it.
    passTime(pump.doses, pump.nowMs)
    const reason = denial(pump, readings, kind, volumePl, ratePlPerDay)
    if (reason !== BolusReason.None) {
        tellBolus(actions, BolusEvent.Denied, kind, reason, volumePl)
        return
    }
    actions.checkpointDue = true
    pump.bolusUnrecorded = true
    if (kind === BolusKind.Patient) {
        const programme = pump.programme
        if (programme) countDose(pump.doses, programme.lockoutMinutes * MS_PER_MINUTE)
        if (pump.bolusKind === BolusKind.Clinician) hold(pump)
    }
    pump.bolusKind = kind
    pump.bolusPl = volumePl
    pump.bolusLeftPl = volumePl
    pump.bolusPart = 0
    pump.bolusRatePlPerDay = ratePlPerDay
    planFlow(pump, pump.nowMs)
}

/** The bolus that was granted is recorded: it flows from now on, and that is told (JRN-4). */
export function beginBolus(pump: Pump, actions: Actions): void {
    // A tick tells of one event.
    if (actions.bolusEvent !== BolusEvent.None) return
    pump.bolusUnrecorded = false
    tellBolus(actions, BolusEvent.Started, pump.bolusKind, BolusReason.None, pump.bolusPl)
    planFlow(pump, pump.nowMs)
}

function tellBolus(actions: Actions, event: BolusEvent, kind: BolusKind, reason: BolusReason, volumePl: number): void {
    actions.bolusEvent = event
    actions.bolusKind = kind
    actions.bolusReason = reason
    actions.bolusPl = volumePl
}

/** Why this bolus may not begin; None when it may. */
function denial(pump: Pump, readings: Readings, kind: BolusKind, volumePl: number, ratePlPerDay: number): BolusReason {
    const programme = pump.programme
    const prime = kind === BolusKind.Prime
    let mostPl = pump.primePlMax
    if (!prime) {
        mostPl = 0
        if (programme && kind === BolusKind.Clinician) mostPl = programme.bolusPlMax
        else if (programme && programme.patientPl > 0) mostPl = BOLUS_PL_MAX
        if (mostPl === 0) return BolusReason.NotProgrammed
    }
    if (!(volumePl > 0 && volumePl <= mostPl)) return BolusReason.VolumeOutOfRange
    const fastestPlPerDay = mechanismRatePlPerDayMax(pump.mechanism)
    if (!(ratePlPerDay > 0 && ratePlPerDay <= fastestPlPerDay)) return BolusReason.RateOutOfRange
    if (!(volumePl * 1440 <= ratePlPerDay * BOLUS_MINUTES_MAX)) return BolusReason.RateOutOfRange
    if (pump.mode !== Mode.Running) return BolusReason.PumpStopped
    if (!pump.delivering) return BolusReason.StoppingAlarm
    if ((pump.alarms & MINIMUM_RATE_ALARMS) !== 0) return BolusReason.MinimumRate
    if ((pump.alarms & SENSOR_ALARMS) !== 0) return BolusReason.SensorLost
    const waits = pump.bolusKind === BolusKind.Clinician && pump.heldRatePlPerDay === 0
    if (pump.bolusKind !== BolusKind.None && !(kind === BolusKind.Patient && waits)) {
        // Who asks during a patient's dose is told of the lockout, which lasts longer but where the mechanism slows the dose.
        const lockedOut = kind === BolusKind.Patient && pump.bolusKind === kind && pump.doses.lockoutMs > 0
        if (!lockedOut) return BolusReason.BolusInProgress
    }
    if (pump.bridgeRatePlPerDay > 0) return BolusReason.Bridging
    if (prime) {
        // A line that is full takes no more: what came on top would be a dose (BOL-5).
        if (programme && programme.deadVolumePl > 0 && !(volumePl <= pump.lineLeftPl)) return BolusReason.MoreThanLine
    } else if (pump.lineLeftPl > 0) {
        return BolusReason.LineNotPrimed
    }
    if (kind === BolusKind.Patient && programme) {
        if (pump.doses.lockoutMs > 0) return BolusReason.Lockout
        if (dosesOfDay(pump.doses) >= programme.dosesPerDayMax) return BolusReason.CountOfDay
    }
    if (!prime && programme && programme.windowMinutes > 0) {
        // What was given besides the schedule, what is granted of it already, this, and a window's full schedule (BOL-7).
        const otherPl = windowVolume(pump.doses, programme.windowMinutes) + pump.bolusLeftPl + pump.heldLeftPl
        if (!(otherPl + volumePl + programme.windowBasalPl <= programme.windowPlMax)) return BolusReason.WindowFull
    }
    if (!(volumePl + pump.bolusLeftPl + pump.heldLeftPl <= pump.residualPl)) return BolusReason.MoreThanReservoir
    // The schedule alone takes all that the mechanism can do.
    if (!(pump.ratePlPerDay - pump.bolusFlowPlPerDay < fastestPlPerDay)) return BolusReason.RateOutOfRange
    if (hasAlarm(pump.alarms, Alarm.MemoryFault)) return BolusReason.NotRecordable
    if (readings.supplyFailing) return BolusReason.SupplyFailing
    return BolusReason.None
}

/** The clinician's bolus waits for the patient's dose. */
function hold(pump: Pump): void {
    pump.heldRatePlPerDay = pump.bolusRatePlPerDay
    pump.heldPl = pump.bolusPl
    pump.heldLeftPl = pump.bolusLeftPl
    pump.heldPart = pump.bolusPart
    pump.heldReason = BolusReason.None
}

/** All of the bolus in progress has been metered; the one that waited for it goes on. The flow is to be planned anew. */
export function completeBolus(pump: Pump, actions: Actions): void {
    if (actions.bolusEvent !== BolusEvent.None) {
        // What was left of a clinician's went by in the very tick that tells of the patient's dose before it.
        hold(pump)
        pump.heldLeftPl = 0
        forgetBolus(pump)
        return
    }
    endBolus(pump, BolusEvent.Delivered, BolusReason.None, actions)
    if (pump.heldLeftPl === 0 || pump.heldReason !== BolusReason.None) return
    pump.bolusKind = BolusKind.Clinician
    pump.bolusRatePlPerDay = pump.heldRatePlPerDay
    pump.bolusPl = pump.heldPl
    pump.bolusLeftPl = pump.heldLeftPl
    pump.bolusPart = pump.heldPart
    forgetHeld(pump)
}

/**
 * Ends what remains of the bolus in progress, and of the one that waits, which is told of with the next sample. Nothing where
 * there is none. The flow is to be planned anew.
 */
export function cancelBoluses(pump: Pump, reason: BolusReason, actions: Actions): void {
    if (pump.bolusKind === BolusKind.Clinician && actions.bolusEvent !== BolusEvent.None) {
        // It went on in this very tick, which tells of the patient's dose before it: of this one the next sample does.
        hold(pump)
        forgetBolus(pump)
    }
    if (pump.heldRatePlPerDay > 0) pump.heldReason = reason
    if (pump.bolusKind !== BolusKind.None) endBolus(pump, BolusEvent.Cancelled, reason, actions)
}

/** Tells what a tick before could not, because a tick tells of one event: a bolus that waited and never goes on or is over, a request that went unanswered. */
export function tellWaiting(pump: Pump, actions: Actions): void {
    if (actions.bolusEvent !== BolusEvent.None) return
    if (pump.unansweredKind !== BolusKind.None) {
        tellBolus(actions, BolusEvent.Denied, pump.unansweredKind, BolusReason.BolusInProgress, 0)
        pump.unansweredKind = BolusKind.None
        return
    }
    const delivered = pump.heldRatePlPerDay > 0 && pump.heldLeftPl === 0
    if (!delivered && pump.heldReason === BolusReason.None) return
    const reason = delivered ? BolusReason.None : pump.heldReason
    const event = delivered ? BolusEvent.Delivered : BolusEvent.Cancelled
    tellBolus(actions, event, BolusKind.Clinician, reason, pump.heldPl - pump.heldLeftPl)
    actions.checkpointDue = true
    forgetHeld(pump)
}

function forgetHeld(pump: Pump): void {
    pump.heldRatePlPerDay = 0
    pump.heldPl = 0
    pump.heldLeftPl = 0
    pump.heldPart = 0
    pump.heldReason = BolusReason.None
}

/** Ends the bolus in progress; how it ended is reported with the volume it metered. One that has not begun is denied. */
function endBolus(pump: Pump, ended: BolusEvent, reason: BolusReason, actions: Actions): void {
    const event = pump.bolusUnrecorded ? BolusEvent.Denied : ended
    const volumePl = event === BolusEvent.Cancelled ? pump.bolusPl - pump.bolusLeftPl : pump.bolusPl
    tellBolus(actions, event, pump.bolusKind, reason, volumePl)
    // After a reset it is not taken for one that was interrupted.
    actions.checkpointDue = true
    forgetBolus(pump)
}

function forgetBolus(pump: Pump): void {
    pump.bolusKind = BolusKind.None
    pump.bolusRatePlPerDay = 0
    pump.bolusFlowPlPerDay = 0
    pump.bolusLeftPl = 0
    pump.bolusPart = 0
    pump.bolusUnrecorded = false
}

// Whether the motor does what it is told: the encoder's steps against the commanded ones, and the flow against the programme.
// A motor that fell behind is tried a bounded number of times at the pace that is due anyway. What it lost is never made
// up, because an encoder that lies would turn the making up into an over-dose.

import { Reason } from "./alarms"
import { MS_PER_MINUTE } from "./limits"

/**
 * Commanded steps of one try at least, however small the slack: two electrical periods of a motor at 16 microsteps. A rotor
 * that is blocked swings forward and back within one period, and seen over less than that seems to follow half the way.
 * Half of a try is a whole period, and more than such a swing shows.
 */
export const TRY_STEPS_MIN = 128

/** Tries that fail in a row before the motor counts as failed. */
export const TRIES_MAX = 3

/**
 * Slacks of commanded steps without another loss after which a motor that lost steps again and again counts as following.
 * A motor that loses the part p of its steps falls behind by the slack every slack / p steps, so from its second time on any
 * loss of over a sixteenth is told without a break, well before the tenth at which the flow counts as under the programme.
 * The motor goes on meanwhile, as long as half of its steps arrive: a stop would take those away too.
 */
export const CLEAN_SLACKS = 16

/** Time over which the flow is held against the programme at least (GIP: 15 min). */
export const FLOW_WINDOW_MS = 15 * MS_PER_MINUTE

/** Tolerances that the programme must have asked for in a window, so that the tolerance is no more than a tenth of it. */
export const FLOW_TOLERANCES_MIN = 10

/** What is known of how the motor follows. */
export interface Following {
    /** Commanded steps minus the encoder's when they were last taken as equal; NaN until then. */
    offsetSteps: number
    /** None, StepsLost or MovedByItself. */
    finding: Reason
    /** True after three failed tries in a row, until the record is forgotten. */
    failed: boolean
    /**
     * Steps commanded and not made before `offsetSteps` was last taken. With what the motor is behind since then,
     * `aheadSteps - offsetSteps`, these are all that are known to be missing since power-on, and never jump.
     */
    lostSteps: number
    /** Commanded steps at the last sample, and what they were ahead of the encoder then. */
    commandedSteps: number
    aheadSteps: number
    /** True while it is being tried whether the motor moves; failed tries so far; and where the present one began. */
    trying: boolean
    failedTries: number
    tryCommandedSteps: number
    tryEncoderSteps: number
    /** Commanded steps when the motor last recovered, NaN if never; and whether that was soon after another time. */
    recoveredCommandedSteps: number
    losesAgain: boolean
}

/** A record that knows nothing yet: the first sample is taken as equal. */
export function createFollowing(): Following {
    return {
        offsetSteps: NaN,
        finding: Reason.None,
        failed: false,
        lostSteps: 0,
        commandedSteps: NaN,
        aheadSteps: NaN,
        trying: false,
        failedTries: 0,
        tryCommandedSteps: NaN,
        tryEncoderSteps: NaN,
        recoveredCommandedSteps: NaN,
        losesAgain: false,
    }
}

/**
 * Counts afresh from the next sample: after a start, or an outage of the encoder that raised its alarm. What the motor was
 * behind at the last sample stays counted as lost.
 */
export function forgetFollowing(following: Following): void {
    const behindSteps = following.aheadSteps - following.offsetSteps
    if (behindSteps > 0 || behindSteps < 0) following.lostSteps += behindSteps
    following.offsetSteps = NaN
    following.finding = Reason.None
    following.failed = false
    following.trying = false
    following.failedTries = 0
    following.recoveredCommandedSteps = NaN
    following.losesAgain = false
}

/**
 * Judges one sample with a good reading of the encoder (MOT-1). A NaN is ignored: a lost sensor never stops the flow.
 *
 * More than the slack behind is StepsLost. Then tries begin, each as long as it takes for as many steps as the slack, or
 * TRY_STEPS_MIN if that is more, to fall due. As soon as the encoder has made half of a try's steps the motor has
 * recovered; a try at whose end it has not is failed, and the third in a row means that the motor has failed (MOT-2,
 * MOT-3): with a slack of 48 steps of 45 nL, one that stands is told after 49 steps, or 2.2 µL, and has failed after 433, or
 * 19 µL. More than the slack ahead is MovedByItself (MOT-5). An encoder that comes back to within the slack by itself was
 * late, and ends either finding.
 *
 * What the motor does not follow of a pull-back (commanded steps that fall) is not judged here: it is neither lost to the
 * patient nor moved by itself, and the pressure tells whether the relief came. A motor pushed back is StepsLost.
 *
 * @param commandedSteps steps commanded since power-on, those backwards taken off
 * @param encoderSteps steps that the encoder counted, signed, from any origin
 * @param slackSteps steps by which the two may differ; nothing is judged unless it is over 0
 */
export function judgeFollowing(
    following: Following,
    commandedSteps: number,
    encoderSteps: number,
    slackSteps: number,
): void {
    const aheadSteps = commandedSteps - encoderSteps
    if (!(slackSteps > 0) || !(aheadSteps >= 0 || aheadSteps < 0)) return
    let offsetSteps = following.offsetSteps
    if (!(offsetSteps >= 0 || offsetSteps < 0)) {
        offsetSteps = aheadSteps
        following.offsetSteps = offsetSteps
    } else if (commandedSteps < following.commandedSteps) {
        offsetSteps += aheadSteps - following.aheadSteps
        following.offsetSteps = offsetSteps
        following.tryCommandedSteps = commandedSteps
        following.tryEncoderSteps = encoderSteps
    }
    following.commandedSteps = commandedSteps
    following.aheadSteps = aheadSteps

    const behindSteps = aheadSteps - offsetSteps
    if (behindSteps < -slackSteps) {
        following.finding = Reason.MovedByItself
        following.trying = false
        return
    }
    if (following.failed) return

    const sinceRecoverySteps = commandedSteps - following.recoveredCommandedSteps
    if (behindSteps <= slackSteps) {
        following.trying = false
        if (!(sinceRecoverySteps <= CLEAN_SLACKS * slackSteps)) following.losesAgain = false
        following.finding = following.losesAgain ? Reason.StepsLost : Reason.None
        return
    }

    following.finding = Reason.StepsLost
    if (!following.trying) {
        following.trying = true
        following.failedTries = 0
        following.tryCommandedSteps = commandedSteps
        following.tryEncoderSteps = encoderSteps
        if (sinceRecoverySteps <= CLEAN_SLACKS * slackSteps) following.losesAgain = true
        return
    }

    const trySteps = slackSteps > TRY_STEPS_MIN ? slackSteps : TRY_STEPS_MIN
    const askedSteps = commandedSteps - following.tryCommandedSteps
    const madeSteps = encoderSteps - following.tryEncoderSteps
    if (2 * madeSteps >= trySteps && 2 * madeSteps >= askedSteps) {
        following.trying = false
        following.lostSteps += behindSteps
        following.offsetSteps = aheadSteps
        following.recoveredCommandedSteps = commandedSteps
        following.finding = following.losesAgain ? Reason.StepsLost : Reason.None
    } else if (askedSteps >= trySteps) {
        following.failedTries += 1
        following.tryCommandedSteps = commandedSteps
        following.tryEncoderSteps = encoderSteps
        if (following.failedTries >= TRIES_MAX) {
            following.failed = true
            following.trying = false
        }
    }
}

/** The flow held against the programme, window by window. */
export interface Flow {
    /** None, OverProgramme or UnderProgramme. */
    finding: Reason
    /** Time and totals at which the present window began; NaN until the first one. */
    sinceMs: number
    sinceAskedPl: number
    sinceSensedPl: number
}

/** A record without a window: the first sample opens one. */
export function createFlow(): Flow {
    return { finding: Reason.None, sinceMs: NaN, sinceAskedPl: NaN, sinceSensedPl: NaN }
}

/**
 * Opens a new window now: to be called in each sample in which the pump did not deliver. Too much ends with that, because
 * nothing flows any more; too little stands until a whole window is within.
 */
export function restartFlow(flow: Flow, askedPl: number, sensedPl: number, nowMs: number): void {
    if (flow.finding === Reason.OverProgramme) flow.finding = Reason.None
    flow.sinceMs = nowMs
    flow.sinceAskedPl = askedPl
    flow.sinceSensedPl = sensedPl
}

/**
 * Judges one sample of the flow (FLW-1, FLW-2). A window lasts 15 min, or longer until the programme has asked for ten
 * tolerances: 22 µL with a tolerance of 48 steps of 45 nL. Over 110 % and a tolerance is OverProgramme, found at the
 * first sample at which the window's volume is more than that of all it asked for so far, or of ten tolerances. Under 90 %
 * less a tolerance is UnderProgramme, found at the window's end. A window within ends either finding. The window opens
 * anew, and the finding stays, when a total is NaN or the clock ran backwards.
 *
 * @param askedPl what programme and boluses asked for since any origin, in picolitres
 * @param sensedPl what the encoder saw delivered since any origin, in picolitres
 * @param nowMs time on the monotonic clock
 * @param tolerancePl what `sensedPl` may be wrong by, in picolitres: the encoder's slack
 */
export function judgeFlow(flow: Flow, askedPl: number, sensedPl: number, nowMs: number, tolerancePl: number): void {
    const lengthMs = nowMs - flow.sinceMs
    const askedInWindowPl = askedPl - flow.sinceAskedPl
    const sensedInWindowPl = sensedPl - flow.sinceSensedPl
    const excessPl = sensedInWindowPl - askedInWindowPl
    if (!(lengthMs >= 0) || !(excessPl >= 0 || excessPl < 0)) {
        flow.sinceMs = nowMs
        flow.sinceAskedPl = askedPl
        flow.sinceSensedPl = sensedPl
        return
    }
    const leastPl = FLOW_TOLERANCES_MIN * tolerancePl
    const baseAskedPl = askedInWindowPl > leastPl ? askedInWindowPl : leastPl
    // Tenths throughout, so that every number is whole.
    const over = 10 * sensedInWindowPl > 11 * baseAskedPl + 10 * tolerancePl
    if (over) flow.finding = Reason.OverProgramme
    if (lengthMs < FLOW_WINDOW_MS || askedInWindowPl < leastPl) return
    if (!over)
        flow.finding =
            10 * sensedInWindowPl < 9 * askedInWindowPl - 10 * tolerancePl ? Reason.UnderProgramme : Reason.None
    flow.sinceMs = nowMs
    flow.sinceAskedPl = askedPl
    flow.sinceSensedPl = sensedPl
}

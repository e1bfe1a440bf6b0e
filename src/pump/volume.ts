// Whether the estimates of the volume agree: by steps commanded, by encoder, by the switch at the end of the plunger's
// travel, and by what a refill finds left. None is believed blindly; where two differ by more than the flow accuracy of an
// implanted pump, the account says which one it is that differs from the steps.

import { Reason } from "./alarms"

/** Part of the volume delivered since the refill by which estimates may differ, in thousandths: SynchroMed's ±14.5 %. */
export const VOLUME_DIFFERENCE_PER_MILLE = 145

/**
 * Difference that never alarms, however little was delivered: 0.1 mL. Assumed: a line of a 20 mL syringe's scale is 1 mL and
 * is read to a tenth of that, and a refill leaves about as much in needle and port.
 */
export const VOLUME_DIFFERENCE_PL_MIN = 100_000_000

/** Encoder slacks that never alarm: one is in each end of the count, and as much again for the ends of an outage. */
export const VOLUME_SLACKS_MIN = 4

/** Samples in a row without a reading of the encoder over which its count goes on; after more, it is taken up anew. */
export const BRIDGED_SAMPLES_MAX = 2

/** Samples in a row in which the end switch must contradict the account: one disturbed reading is no alarm. */
export const END_SWITCH_SAMPLES = 3

/** The account of the volume since the last refill. */
export interface VolumeAccount {
    /** By steps commanded, those of a pull-back taken off. */
    meteredPl: number
    /** The part of it over which the encoder was counted, and what the encoder counted in that. */
    countedPl: number
    sensedPl: number
    /** None, EncoderDiffers, EndSwitchDiffers or RefillDiffers; of several the last named, since it weighs the most. */
    finding: Reason
    encoderDiffers: boolean
    endSwitchDiffers: boolean
    refillDiffers: boolean
    /** Counts at the last sample, and at the encoder's last good one; NaN before the first. */
    commandedSteps: number
    encoderSteps: number
    countedCommandedSteps: number
    /** Samples in a row without a reading of the encoder, and with an end switch that contradicts the account. */
    missedSamples: number
    endSwitchSamples: number
}

/**
 * An account that begins now. After a reset the caller puts back `meteredPl`, `countedPl`, `sensedPl`, `endSwitchDiffers`
 * and `refillDiffers`; the rest follows from the samples.
 */
export function createVolume(): VolumeAccount {
    return {
        meteredPl: 0,
        countedPl: 0,
        sensedPl: 0,
        finding: Reason.None,
        encoderDiffers: false,
        endSwitchDiffers: false,
        refillDiffers: false,
        commandedSteps: NaN,
        encoderSteps: NaN,
        countedCommandedSteps: NaN,
        missedSamples: 0,
        endSwitchSamples: 0,
    }
}

/**
 * Counts and judges one sample (VOL-1, VOL-2). Over a longer outage of the encoder neither `countedPl` nor `sensedPl` grows:
 * a second estimate of less is better than none until the next refill.
 *
 * An account at zero with the switch not pressed is not judged: how far the plunger may still go is not known.
 *
 * @param commandedSteps steps commanded since power-on, those backwards taken off
 * @param encoderSteps steps that the encoder counted since power-on, signed; NaN without a good reading
 * @param slackSteps the encoder's slack; 0 without an encoder
 * @param stepPl volume of one step
 * @param residualPl what the reservoir holds, by steps commanded
 * @param endSwitch 1 when pressed, 0 when not, NaN without a good reading
 */
export function judgeVolume(
    volume: VolumeAccount,
    commandedSteps: number,
    encoderSteps: number,
    slackSteps: number,
    stepPl: number,
    residualPl: number,
    endSwitch: number,
): void {
    let meteredPl = volume.meteredPl
    const newSteps = commandedSteps - volume.commandedSteps
    if (newSteps > 0 || newSteps < 0) {
        meteredPl += newSteps * stepPl
        volume.meteredPl = meteredPl
    }
    volume.commandedSteps = commandedSteps

    if (slackSteps > 0 && (encoderSteps >= 0 || encoderSteps < 0)) {
        const sensedSteps = encoderSteps - volume.encoderSteps
        if (volume.missedSamples <= BRIDGED_SAMPLES_MAX && (sensedSteps >= 0 || sensedSteps < 0)) {
            const countedPl = volume.countedPl + (commandedSteps - volume.countedCommandedSteps) * stepPl
            const sensedPl = volume.sensedPl + sensedSteps * stepPl
            const differencePl = sensedPl > countedPl ? sensedPl - countedPl : countedPl - sensedPl
            volume.countedPl = countedPl
            volume.sensedPl = sensedPl
            volume.encoderDiffers =
                1000 * differencePl > VOLUME_DIFFERENCE_PER_MILLE * countedPl &&
                differencePl > VOLUME_DIFFERENCE_PL_MIN &&
                differencePl > VOLUME_SLACKS_MIN * slackSteps * stepPl
        }
        volume.missedSamples = 0
        volume.encoderSteps = encoderSteps
        volume.countedCommandedSteps = commandedSteps
    } else {
        volume.missedSamples += 1
    }

    if (endSwitch === 0) {
        volume.endSwitchSamples = 0
        volume.endSwitchDiffers = false
    } else if (endSwitch === 1) {
        const explained =
            residualPl <= VOLUME_DIFFERENCE_PL_MIN || 1000 * residualPl <= VOLUME_DIFFERENCE_PER_MILLE * meteredPl
        const samples = explained ? 0 : volume.endSwitchSamples + 1
        volume.endSwitchSamples = samples
        if (samples >= END_SWITCH_SAMPLES) volume.endSwitchDiffers = true
    }

    if (volume.refillDiffers) volume.finding = Reason.RefillDiffers
    else if (volume.endSwitchDiffers) volume.finding = Reason.EndSwitchDiffers
    else if (volume.encoderDiffers) volume.finding = Reason.EncoderDiffers
    else volume.finding = Reason.None
}

/**
 * True when a pressed end switch agrees with the account, so that it means an empty reservoir (VOL-3). When it is false a
 * pump with a working encoder goes on, with the alarm: the encoder tells when the plunger stands at its end (MOT-1). Without
 * one the switch has to be believed. A switch that was found wrong stays so until it opens or the next refill.
 * @param residualPl what the reservoir holds, by steps commanded
 */
export function endSwitchBelievable(volume: VolumeAccount, residualPl: number): boolean {
    return !volume.endSwitchDiffers && !(residualPl > differenceMaxPl(volume))
}

/**
 * The reservoir was filled (VOL-4): compares what was drawn out before with what should have been there, and begins a new
 * account. A difference stays the finding until the next refill, measured or not.
 * @param expectedResidualPl what the reservoir held, by steps commanded
 * @param measuredResidualPl what was drawn out; NaN when nobody measured it
 */
export function refilled(volume: VolumeAccount, expectedResidualPl: number, measuredResidualPl: number): void {
    volume.refillDiffers = Math.abs(measuredResidualPl - expectedResidualPl) > differenceMaxPl(volume)
    volume.finding = volume.refillDiffers ? Reason.RefillDiffers : Reason.None
    volume.meteredPl = 0
    volume.countedPl = 0
    volume.sensedPl = 0
    volume.encoderDiffers = false
    volume.endSwitchDiffers = false
    volume.endSwitchSamples = 0
}

/** What two estimates may differ by after the volume delivered since the refill. */
function differenceMaxPl(volume: VolumeAccount): number {
    return Math.max(VOLUME_DIFFERENCE_PL_MIN, (VOLUME_DIFFERENCE_PER_MILLE * volume.meteredPl) / 1000)
}

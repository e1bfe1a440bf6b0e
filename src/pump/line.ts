// Whether the line is occluded, and whether it still answers as it did: with the heart's pulsation that comes in through the
// open catheter, and with the small rise after each step. An occluded line rises with the volume pumped into it and does not
// stop, where a cough passes and a change of posture is one jump: so many rises in a row count, and not how high one went.

import { Reason } from "./alarms"

/** Samples over the threshold in a row that count: one cough is no occlusion. */
const OVER_SAMPLES = 3

/** Samples of a block. Its level is the lowest of it and the block before: that leaves out coughs, and most of pulse and breath. */
const BLOCK_SAMPLES = 4

/** Blocks whose mean level is that of a block of the next coarser scale, of 32 and 256 samples. */
const COARSER = 8

/**
 * What is taken off for each block of 4, 32 and 256 samples: 9, 1.1 and 0.4 kPa an hour. Weather moves the reading of an
 * absolute sensor by up to 0.3 kPa an hour (assumed).
 */
const FORGIVEN_PA: readonly number[] = [10, 10, 30]

/** A block's rise counts up to this, or up to so many standard deviations of the line's own scatter where they are more. */
const COUNTED_PA = 700
const COUNTED_SCATTERS = 3

/**
 * To alarm, in rises that count in full: what is counted, and how far the line truly rose. So four blocks rose, where a quick
 * change of posture makes one rise, or two on a coarse scale; and by 4.2 kPa at least, where a slow one adds up to 3 (assumed).
 */
const COUNTED_TO_ALARM = 3.2
const RISEN_TO_ALARM = 6

/**
 * The same for a rise that no posture makes, at least 6.3 kPa: a plunger that sticks rises in few and large jumps. Sitting up
 * was seen to move the pressure by up to 5.4 kPa (Magnæs, J Neurosurg 1976).
 */
const FEWER_COUNTED_TO_ALARM = 1.4
const FURTHER_RISEN_TO_ALARM = 9

/**
 * From sample to sample, for an occlusion at a high flow: what is taken off, counts at most, and is needed to alarm; which
 * takes this many samples at least.
 */
const SWIFT_FORGIVEN_PA = 50
const SWIFT_COUNTED_PA = 700
const SWIFT_TO_ALARM_PA = 5600
const SWIFT_SAMPLES = 9

/** An occluded line takes up 0.02 to 10 µL for each kPa, here in pL/Pa: less is no line, more is weather. */
const COMPLIANCE_PL_PER_PA_MIN = 20
const COMPLIANCE_PL_PER_PA_MAX = 10_000

/** Pressure a flow may need to pass an open catheter: 2.8 kPa at 10 mL/h, three times what a bore of 0.53 mm needs. */
const RESISTANCE_PA_S_PER_PL = 0.001

/** A block's weight in the learnt mean fall; and that mean in standard deviations of a change that is as often up. */
const FALL_WEIGHT = 1 / 128
const SCATTER_PER_FALL = 2.5

/** Changes larger than this are coughs and postures: they say nothing of pulsation or response. */
const CHANGE_PA_MAX = 2000

/** Changes between samples away from any step that make one judgement of the pulsation. */
const QUIET_SAMPLES = 64

/** Judgements from which on the pulsation is known, over which it is learnt, and in a row that find it lost. */
const PULSATION_KNOWN = 32
const PULSATION_MEMORY = 256
const PULSATION_LOST = 5

/** It is lost under this part of what was learnt, which has to be more than a sensor scatters by itself. */
const PULSATION_LOST_PART = 0.4
const PULSATION_PA_MIN = 100

/** A response is judged over so many steps at least, so that their places between two samples average out. */
const RESPONSE_STEPS_MIN = 400

/** By how many standard deviations, squared, the response must stand out to be learnt, and what was learnt to be judged. */
const LEARNT_DEVIATIONS_SQUARED = 64
const JUDGED_DEVIATIONS_SQUARED = 36

/** After so many samples, about three days, a response that does not stand out is begun anew. */
const RESPONSE_SAMPLES_MAX = 262_144

/** Half of all steps fall into the half of a second that counts as recent, unless steps keep time with the samples. */
const RECENT_PART_MIN = 0.4
const RECENT_PART_MAX = 0.6

/** A response is lost or weak under these parts of what was learnt, in so many judgements in a row; how fast it is learnt. */
const RESPONSE_LOST_PART = 0.25
const RESPONSE_WEAK_PART = 0.5
const RESPONSE_JUDGEMENTS = 3
const RESPONSE_WEIGHT = 1 / 16

/** The line's rise as blocks of one length show it. */
export interface RiseScale {
    /** Level of the block before, NaN for none; commanded steps when that block began, and when the one in progress did. */
    levelPa: number
    levelSteps: number
    blockSteps: number
    /** What rises have come together; level and commanded steps when they began to. */
    countedPa: number
    restPa: number
    restSteps: number
    /** Learnt mean fall from block to block, where a rise is a fall of 0. */
    fallPa: number
    /** Blocks on the way to one of the next coarser scale, and the sum of their levels. */
    blocks: number
    sumPa: number
}

/** What is known of the line. */
export interface Line {
    /** None, PressureOverThreshold or PressureRising; stays until `forgetRise`. */
    occlusion: Reason
    /** None, PulsationLost, ResponseLost or ResponseWeak; ends by itself when the signature is back. */
    signature: Reason
    /** Lowest pressure of the last block before the present rise, NaN while unknown; stays while `occlusion` does. */
    restPa: number
    /** Steps commanded when the rise began that was found as an occlusion, NaN where none was. */
    riseSteps: number
    overSamples: number
    /** The last sample: its pressure, NaN for none, the steps commanded until then, and the recent ones of them. */
    pressurePa: number
    commandedSteps: number
    recentSteps: number
    /** Rises from sample to sample that have come together, and the steps commanded when they began to. */
    swiftPa: number
    swiftSteps: number
    /** The block in progress, and the steps commanded when it began. */
    blockSamples: number
    lowestPa: number
    blockSteps: number
    /** The lowest sample of the block before, NaN for none. */
    lowestBeforePa: number
    scales: RiseScale[]
    /** The judgement of the pulsation in progress: changes, and the sum of their sizes. */
    quietSamples: number
    quietPa: number
    /** Learnt mean size of a change, from how many judgements, and how many in a row missed it. */
    pulsationPa: number
    pulsationJudgements: number
    pulsationMissed: number
    /** The judgement of the response in progress: samples and the sum of their squared changes. */
    responseSamples: number
    responseSquaredPa: number
    /** Steps in it, and the recent ones of them. */
    responseSteps: number
    responseRecentSteps: number
    /** Its changes into or out of a recent step, and the sum of those into one less those out of one. */
    responseChanges: number
    responseSumPa: number
    /** Learnt rise by a recent step, NaN while unknown; judgements in a row that found it lost, and weak. */
    responsePa: number
    responseLost: number
    responseWeak: number
}

/** A line of which nothing is known. */
export function createLine(): Line {
    const scales: RiseScale[] = []
    for (let i = 0; i < FORGIVEN_PA.length; i++)
        scales.push({
            levelPa: NaN,
            levelSteps: 0,
            blockSteps: 0,
            countedPa: 0,
            restPa: NaN,
            restSteps: 0,
            fallPa: 0,
            blocks: 0,
            sumPa: 0,
        })
    return {
        occlusion: Reason.None,
        signature: Reason.None,
        restPa: NaN,
        riseSteps: NaN,
        overSamples: 0,
        pressurePa: NaN,
        commandedSteps: 0,
        recentSteps: 0,
        swiftPa: 0,
        swiftSteps: 0,
        blockSamples: 0,
        lowestPa: NaN,
        blockSteps: 0,
        lowestBeforePa: NaN,
        scales,
        quietSamples: 0,
        quietPa: 0,
        pulsationPa: 0,
        pulsationJudgements: 0,
        pulsationMissed: 0,
        responseSamples: 0,
        responseSquaredPa: 0,
        responseSteps: 0,
        responseRecentSteps: 0,
        responseChanges: 0,
        responseSumPa: 0,
        responsePa: NaN,
        responseLost: 0,
        responseWeak: 0,
    }
}

/**
 * Forgets the rise and what was found of it: after a start, a relief that is over, a refill. What was learnt of scatter,
 * pulsation and response stays, because it belongs to the line and the person.
 */
export function forgetRise(line: Line): void {
    line.occlusion = Reason.None
    line.restPa = NaN
    line.riseSteps = NaN
    line.overSamples = 0
    line.pressurePa = NaN
    line.swiftPa = 0
    line.blockSamples = 0
    line.lowestPa = NaN
    line.lowestBeforePa = NaN
    for (let i = 0; i < line.scales.length; i++) {
        const scale = line.scales[i]
        scale.levelPa = NaN
        scale.blockSteps = line.commandedSteps
        scale.countedPa = 0
        scale.blocks = 0
        scale.sumPa = 0
    }
}

/**
 * Judges one good sample of the line pressure, taken about a second after the one before. What it finds is in `line`.
 *
 * OCC-1: over the threshold in three samples in a row, where NaN counts as over, is PressureOverThreshold.
 *
 * OCC-3: PressureRising is a cumulative sum, S = max(0, S + min(rise, c) - k), over blocks of 4, 32 and 256 samples at once,
 * with the c and k above. It takes S of 3.2 c and a true rise of 6 c, or 1.4 c and 9 c; more than the flow itself needs to
 * pass an open catheter; and as much volume, no less and no more, as a line takes up for such a rise.
 * False alarms: only rises are cut short, so S is never more than the line truly rose since S began, less k for each block.
 * So no single jump alarms under 9 c, no slow change under 4.2 kPa, and no weather, which k outruns. A cough would have to
 * meet each of eight samples in a row, and of the twelve after them. Normal scatter would have to stand 18 of its standard
 * deviations higher at the end than at the beginning. What would alarm: a spinal pressure that climbs by 4.2 kPa within four
 * blocks or more, and stays. From sample to sample the same needs 5.6 kPa in nine samples that rise, and a bout of five
 * coughs has fewer.
 *
 * SIG-1: the mean change between samples away from steps, under 0.4 of what was learnt in five judgements of 64 in a
 * row, is PulsationLost. Where less than 100 Pa was learnt, as on a bench, it is not judged.
 *
 * SIG-2: the response is how much more the pressure rises into a recent step than out of it. It is judged over 400 steps or
 * more, once what was learnt would stand out by six standard deviations: under a quarter of it in three judgements in a row
 * is ResponseLost, under half ResponseWeak. Flows over a step a second, and steps in time with the samples, are not judged.
 *
 * @param pressurePa gauge pressure
 * @param commandedSteps steps commanded since power-on, those backwards taken off
 * @param recentSteps those of them in about the last 500 ms before this sample
 * @param stepPl volume of a step
 * @param occlusionPa the threshold
 */
export function judgeLine(
    line: Line,
    pressurePa: number,
    commandedSteps: number,
    recentSteps: number,
    stepPl: number,
    occlusionPa: number,
): void {
    const overSamples = pressurePa <= occlusionPa ? 0 : line.overSamples + 1
    line.overSamples = overSamples
    if (overSamples >= OVER_SAMPLES) line.occlusion = Reason.PressureOverThreshold
    // What is no number would stay in the sums for ever.
    if (!(pressurePa - pressurePa === 0)) return

    const newSteps = commandedSteps - line.commandedSteps
    const newRecentSteps = recentSteps - line.recentSteps
    const changePa = pressurePa - line.pressurePa
    line.pressurePa = pressurePa
    line.commandedSteps = commandedSteps
    line.recentSteps = recentSteps

    if (changePa <= CHANGE_PA_MAX && changePa >= -CHANGE_PA_MAX) {
        if (recentSteps === 0 && newRecentSteps === 0) {
            const quietSamples = line.quietSamples + 1
            const quietPa = line.quietPa + (changePa < 0 ? -changePa : changePa)
            if (quietSamples < QUIET_SAMPLES) {
                line.quietSamples = quietSamples
                line.quietPa = quietPa
            } else {
                line.quietSamples = 0
                line.quietPa = 0
                judgePulsation(line, quietPa / QUIET_SAMPLES)
            }
        }
        if ((newSteps === 0 || newSteps === 1) && newRecentSteps <= 1 && newRecentSteps >= -1) {
            line.responseSamples += 1
            line.responseSquaredPa += changePa * changePa
            if (newRecentSteps !== 0) {
                line.responseChanges += 1
                line.responseSumPa += changePa * newRecentSteps
            }
            if (newSteps === 1) {
                const responseSteps = line.responseSteps + 1
                line.responseSteps = responseSteps
                line.responseRecentSteps += recentSteps
                if (responseSteps >= RESPONSE_STEPS_MIN) judgeResponse(line)
            }
        }
    }
    if (line.occlusion !== Reason.None) return

    let swiftPa = line.swiftPa
    if (swiftPa === 0) line.swiftSteps = commandedSteps - newSteps
    if (changePa <= SWIFT_COUNTED_PA) swiftPa += changePa - SWIFT_FORGIVEN_PA
    else if (changePa > 0) swiftPa += SWIFT_COUNTED_PA - SWIFT_FORGIVEN_PA
    if (swiftPa < 0) swiftPa = 0
    line.swiftPa = swiftPa
    if (swiftPa >= SWIFT_TO_ALARM_PA) {
        const volumePl = (commandedSteps - line.swiftSteps) * stepPl
        if (
            swiftPa >= SWIFT_TO_ALARM_PA + (volumePl * RESISTANCE_PA_S_PER_PL) / SWIFT_SAMPLES &&
            volumePl >= swiftPa * COMPLIANCE_PL_PER_PA_MIN &&
            volumePl <= swiftPa * COMPLIANCE_PL_PER_PA_MAX
        ) {
            line.occlusion = Reason.PressureRising
            line.riseSteps = line.swiftSteps
        }
    }

    let lowestPa = line.lowestPa
    if (!(pressurePa >= lowestPa)) {
        lowestPa = pressurePa
        line.lowestPa = pressurePa
    }
    const blockSamples = line.blockSamples + 1
    line.blockSamples = blockSamples
    if (blockSamples >= BLOCK_SAMPLES) endBlock(line, lowestPa, commandedSteps, stepPl)
}

/** A block ends: its level goes to the finest scale, and where that has enough of them, their mean to the next one. */
function endBlock(line: Line, lowestPa: number, commandedSteps: number, stepPl: number): void {
    line.blockSamples = 0
    line.lowestPa = NaN
    const flowPa = ((commandedSteps - line.blockSteps) * stepPl * RESISTANCE_PA_S_PER_PL) / BLOCK_SAMPLES
    line.blockSteps = commandedSteps
    const lowestBeforePa = line.lowestBeforePa
    line.lowestBeforePa = lowestPa
    if (!(lowestBeforePa - lowestBeforePa === 0)) return
    const scales = line.scales
    let levelPa = lowestPa < lowestBeforePa ? lowestPa : lowestBeforePa
    for (let i = 0; i < scales.length; i++) {
        const scale = scales[i]
        const risePa = levelPa - scale.levelPa
        if (risePa - risePa === 0) {
            let fullPa = scale.fallPa * SCATTER_PER_FALL * COUNTED_SCATTERS
            if (!(fullPa >= COUNTED_PA)) fullPa = COUNTED_PA
            let fellPa = risePa < 0 ? -risePa : 0
            if (fellPa > fullPa) fellPa = fullPa
            scale.fallPa += (fellPa - scale.fallPa) * FALL_WEIGHT

            let countedPa = scale.countedPa
            if (countedPa === 0) {
                scale.restPa = scale.levelPa
                scale.restSteps = scale.levelSteps
            }
            countedPa += (risePa < fullPa ? risePa : fullPa) - FORGIVEN_PA[i]
            if (countedPa < 0) countedPa = 0
            scale.countedPa = countedPa
            const risenPa = levelPa - scale.restPa - flowPa
            if (
                (countedPa >= COUNTED_TO_ALARM * fullPa && risenPa >= RISEN_TO_ALARM * fullPa) ||
                (countedPa >= FEWER_COUNTED_TO_ALARM * fullPa && risenPa >= FURTHER_RISEN_TO_ALARM * fullPa)
            ) {
                const volumePl = (commandedSteps - scale.restSteps) * stepPl
                if (volumePl >= risenPa * COMPLIANCE_PL_PER_PA_MIN && volumePl <= risenPa * COMPLIANCE_PL_PER_PA_MAX) {
                    line.occlusion = Reason.PressureRising
                    line.restPa = scale.restPa
                    line.riseSteps = scale.restSteps
                    return
                }
            }
        }
        if (i === 0 && scale.countedPa === 0) line.restPa = levelPa
        scale.levelPa = levelPa
        scale.levelSteps = scale.blockSteps
        scale.blockSteps = commandedSteps
        scale.sumPa += levelPa
        scale.blocks += 1
        if (scale.blocks < COARSER) return
        levelPa = scale.sumPa / COARSER
        scale.blocks = 0
        scale.sumPa = 0
    }
}

/** One judgement of the pulsation: `meanPa` is the mean size of a change away from steps. */
function judgePulsation(line: Line, meanPa: number): void {
    const learntPa = line.pulsationPa
    const judgements = line.pulsationJudgements
    if (judgements >= PULSATION_KNOWN && learntPa >= PULSATION_PA_MIN && meanPa < learntPa * PULSATION_LOST_PART) {
        line.pulsationMissed += 1
    } else {
        line.pulsationMissed = 0
        if (judgements < PULSATION_MEMORY) line.pulsationJudgements = judgements + 1
        line.pulsationPa = learntPa + (meanPa - learntPa) / line.pulsationJudgements
    }
    nameSignature(line)
}

/** Judges the response once the sums are large enough for it, and begins them anew. */
function judgeResponse(line: Line): void {
    const changes = line.responseChanges
    const sumPa = line.responseSumPa
    const learntPa = line.responsePa
    const known = learntPa > 0
    // The sum of n changes, each with the variance v, stands out by sum / √(n v) standard deviations.
    const expectedPa = known ? learntPa * changes : sumPa
    const variance = line.responseSquaredPa / line.responseSamples
    const neededSquared = (known ? JUDGED_DEVIATIONS_SQUARED : LEARNT_DEVIATIONS_SQUARED) * changes * variance
    const standsOut = expectedPa > 0 && expectedPa * expectedPa >= neededSquared
    if (!standsOut && line.responseSamples < RESPONSE_SAMPLES_MAX) return

    const recentPart = line.responseRecentSteps / line.responseSteps
    line.responseSamples = 0
    line.responseSquaredPa = 0
    line.responseSteps = 0
    line.responseRecentSteps = 0
    line.responseChanges = 0
    line.responseSumPa = 0
    if (!standsOut || !(recentPart >= RECENT_PART_MIN && recentPart <= RECENT_PART_MAX)) return

    const foundPa = sumPa / changes
    if (!known) {
        line.responsePa = foundPa
        return
    }
    line.responseLost = foundPa < learntPa * RESPONSE_LOST_PART ? line.responseLost + 1 : 0
    if (foundPa < learntPa * RESPONSE_WEAK_PART) {
        line.responseWeak += 1
    } else {
        line.responseWeak = 0
        line.responsePa = learntPa + (foundPa - learntPa) * RESPONSE_WEIGHT
    }
    nameSignature(line)
}

/** Says which signature is missing; the pulsation first, because it is missed within minutes. */
function nameSignature(line: Line): void {
    if (line.pulsationMissed >= PULSATION_LOST) line.signature = Reason.PulsationLost
    else if (line.responseLost >= RESPONSE_JUDGEMENTS) line.signature = Reason.ResponseLost
    else if (line.responseWeak >= RESPONSE_JUDGEMENTS) line.signature = Reason.ResponseWeak
    else line.signature = Reason.None
}

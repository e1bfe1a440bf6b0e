// Which readings that came without complaint are not believed all the same: impossible, stuck, jumping, noisy or drifting.
// A rule is only as sharp as it can be without ever taking what the pump must see for a failure of the sensor: a pressure
// that the commanded volume can explain is never doubted, so no occlusion is lost here, and a shaft that keeps turning is
// motion, however fast. What no rule can tell from the real thing is named beside each.

import { WALL_MS_MAX } from "./limits"
import { SensorFault } from "./readings"

// Line pressure, gauge. The lower bound is under any head of fluid between pump and catheter. The upper one is over what
// the motor can press before it slips (about 350 kPa, assumed), because a line at that pressure is occluded, not misread.
const PRESSURE_PA_MIN = -20_000
const PRESSURE_PA_MAX = 400_000
/** What a jump goes beyond to count as out of range: over twice what any shipped sensor can say. */
const JUMPED_PA_MAX = 250_000

// The stiffest line there can be: a fifth of a microlitre makes it 40 kPa. The water in a half-full 20 mL syringe alone
// yields that much (4.6e-10 per Pa); the stiffest line assumed anywhere else in the project yields four times as much.
const COMPLIANCE_PL_PER_PA_MIN = 5

// A rise that the commanded volume does not explain. At once: a cough (15 kPa), a change of posture (3 kPa), a plunger
// that slips (5 kPa) and the pulse stay under the first bound together. For longer than anyone strains: under the second.
const JUMP_PA = 30_000
const DRIFT_PA = 12_000
const DRIFT_SAMPLES = 32

// Weather moves the zero of an absolute sensor by up to 300 Pa an hour: taken off once a second.
const WEATHER_PA_PER_SAMPLE = 300 / 3600

// A sensor that read falsely low for a while must not make its right reading look like a rise.
const REST_PA_MIN = -5000

// Posture, head of fluid and weather together reach -10 kPa, against a zero taken at their other end.
const LOW_PA = -12_000
const LOW_SAMPLES = 600

// A working sensor scatters by more than the last digit: four reads of a 12-bit converter resolve 7 Pa of an MPX5100 and
// scatter by 15 Pa or more (RP2040 datasheet: 8.7 effective bits); an MPR is passed on in whole pascals and scatters by
// about 10. Even a scatter so small that two readings are alike 98 times in 100 gives such a run once in 10^8 samples.
const STUCK_SAMPLES = 900

// Scatter: how far each reading sticks out between its neighbours, averaged over a block. The pulse gives 1 kPa at the
// worst beat; a cough counts as no more than the cut, so that a bout of them is not noise; two blocks in a row must agree.
const NOISE_BLOCK_SAMPLES = 64
const NOISE_PA_MAX = 1500
const SCATTER_PA_MAX = 4000
const NOISY_BLOCKS = 2
// A line of 0.02 µL/kPa, the stiffest in use, ripples with a quarter of what the stiffest possible one would. A reading may be as
// old as the sample before, and each step's pressure dies away over seconds: this much of its ripple is left in the next sample.
const RIPPLE_SHARE = 4
const RIPPLE_LEFT = 0.75

const ENCODER_STEPS_MAX = 2_147_483_648

/** Ticks are 100 ms apart; the motor may have made all steps of one in half that time. */
const MS_PER_TICK_FASTEST = 50

const BATTERY_MV_MIN = 1000
const BATTERY_MV_MAX = 20_000
const BATTERY_JUMP_MV = 500
/** A higher voltage is a charger or another battery, and believed when the next sample says so too. */
const BATTERY_RISE_SAMPLES = 2
/** A sudden fall is doubted for an hour: a cell that truly collapsed takes the power away, and a doubt costs nothing. */
const BATTERY_FALL_SAMPLES = 3600

const CLOCK_JUMP_MS = 5000
const CLOCK_STUCK_MS = 5000
const CLOCK_DRIFT_MS = 60_000
// Two crystals differ by 20 to 50 millionths, which is four minutes in two months: forgiven up to this.
const CLOCK_PACE_MAX = 0.0001

/** What is remembered of the pressure sensor. */
export interface PressureCheck {
    lastPa: number
    /** Readings in a row like the one before. */
    sameSamples: number
    /** How far the last reading lay from the one before. */
    changePa: number
    /** Steps commanded by the last reading; and the ripple that they can make in the stiffest line yet. */
    commandedSteps: number
    ripplePa: number
    /** Rise over the lowest pressure since, that the commanded volume does not explain. */
    unexplainedPa: number
    /** Readings in a row with too much of it, and too low. */
    risenSamples: number
    lowSamples: number
    /** Jumped or Drifting from when the reading left what can be until it is back; else None. */
    doubt: SensorFault
    /** The running block of scatter; and noisy blocks in a row. */
    blockSamples: number
    blockPa: number
    noisyBlocks: number
}

/** What is remembered of the encoder. */
export interface EncoderCheck {
    lastSteps: number
    lastMs: number
    /** 1 or -1 when the last change was faster than the mechanism and which way it went, else 0. */
    fastDirection: number
}

/** What is remembered of the battery monitor. */
export interface BatteryCheck {
    /** The last voltage that was believed. */
    believedMv: number
    /** Readings in a row that lay above it, and below it, by a jump. */
    aboveSamples: number
    belowSamples: number
}

/** What is remembered of the wall clock. */
export interface ClockCheck {
    lastWallMs: number
    lastMs: number
    /** When the clock last showed another time than before. */
    advancedMs: number
    /** How far it is ahead of the monotonic clock since it was first read or accepted. */
    aheadMs: number
    jumped: boolean
    drifted: boolean
}

/** One small record for each sensor, because the device looks a field up among all those of its record. */
export interface SensorChecks {
    pressure: PressureCheck
    encoder: EncoderCheck
    battery: BatteryCheck
    clock: ClockCheck
}

/** The checks at power-on: the first reading of each sensor is what later ones are held against. */
export function createSensorChecks(): SensorChecks {
    return {
        pressure: {
            lastPa: NaN,
            sameSamples: 0,
            changePa: 0,
            commandedSteps: 0,
            ripplePa: 0,
            unexplainedPa: 0,
            risenSamples: 0,
            lowSamples: 0,
            doubt: SensorFault.None,
            blockSamples: 0,
            blockPa: 0,
            noisyBlocks: 0,
        },
        encoder: { lastSteps: NaN, lastMs: 0, fastDirection: 0 },
        battery: { believedMv: NaN, aboveSamples: 0, belowSamples: 0 },
        clock: { lastWallMs: NaN, lastMs: 0, advancedMs: 0, aheadMs: 0, jumped: false, drifted: false },
    }
}

/**
 * Judges one reading of the line pressure, about once a second: None, Invalid (NaN, infinite), OutOfRange (outside -20 to
 * 400 kPa, or a jump beyond 250 kPa), Stuck (900 readings in a row like the one before), Jumped (30 kPa higher than the commanded volume can have
 * made it), Drifting (12 kPa higher for 32 readings, or under -12 kPa for 600) or Noisy (a standard deviation
 * of 2.5 kPa or more, within 192 readings while the motor rests; the more it steps, the more is its own ripple).
 *
 * A rise is held against the commanded volume in the stiffest line there can be, so an occlusion is never doubted, however
 * fast, however slow. A reading once doubted stays so until it is back within 12 kPa of where it was, or a person starts the
 * pump (`acceptPressure`). A drift slower than the flow could explain, or than the weather, can't be told from a pressure.
 *
 * @param commandedSteps steps commanded since power-on, those back taken off
 * @param stepPl volume of one step
 */
export function judgePressureReading(
    check: PressureCheck,
    pressurePa: number,
    commandedSteps: number,
    stepPl: number,
): SensorFault {
    if (!(pressurePa > -Infinity && pressurePa < Infinity)) return SensorFault.Invalid
    if (!(pressurePa >= PRESSURE_PA_MIN && pressurePa <= PRESSURE_PA_MAX)) return SensorFault.OutOfRange

    const lastPa = check.lastPa
    check.lastPa = pressurePa
    const steps = commandedSteps - check.commandedSteps
    check.commandedSteps = commandedSteps
    if (!(lastPa >= PRESSURE_PA_MIN)) return SensorFault.None
    const changePa = pressurePa - lastPa
    const sameSamples = changePa === 0 ? check.sameSamples + 1 : 0
    check.sameSamples = sameSamples

    const movedPa = ((steps < 0 ? -steps : steps) * stepPl) / COMPLIANCE_PL_PER_PA_MIN
    const ripplePa = movedPa + check.ripplePa * RIPPLE_LEFT
    check.ripplePa = ripplePa

    const fromPa = lastPa > REST_PA_MIN ? lastPa : REST_PA_MIN
    const toPa = pressurePa > REST_PA_MIN ? pressurePa : REST_PA_MIN
    let unexplainedPa = check.unexplainedPa + toPa - fromPa
    let doubt = check.doubt
    if (doubt === SensorFault.None) {
        unexplainedPa -= movedPa + WEATHER_PA_PER_SAMPLE
        if (unexplainedPa < -movedPa) unexplainedPa = -movedPa
        const risenSamples = unexplainedPa > DRIFT_PA ? check.risenSamples + 1 : 0
        check.risenSamples = risenSamples
        if (unexplainedPa > JUMP_PA) doubt = SensorFault.Jumped
        else if (risenSamples >= DRIFT_SAMPLES) doubt = SensorFault.Drifting
        check.doubt = doubt
    } else if (unexplainedPa <= DRIFT_PA) {
        doubt = SensorFault.None
        check.doubt = doubt
        check.risenSamples = 0
    }
    check.unexplainedPa = unexplainedPa
    const lowSamples = pressurePa < LOW_PA ? check.lowSamples + 1 : 0
    check.lowSamples = lowSamples

    // How far the reading before sticks out of the line between its neighbours; the ripple of the steps is not scatter.
    const bendPa = changePa - check.changePa
    check.changePa = changePa
    const scatterPa = (bendPa > 0 ? bendPa : -bendPa) / 2 - ripplePa / RIPPLE_SHARE
    let blockPa = check.blockPa
    if (scatterPa > 0) blockPa += scatterPa < SCATTER_PA_MAX ? scatterPa : SCATTER_PA_MAX
    let blockSamples = check.blockSamples + 1
    if (blockSamples === NOISE_BLOCK_SAMPLES) {
        check.noisyBlocks = blockPa > NOISE_PA_MAX * NOISE_BLOCK_SAMPLES ? check.noisyBlocks + 1 : 0
        blockSamples = 0
        blockPa = 0
    }
    check.blockSamples = blockSamples
    check.blockPa = blockPa

    if (sameSamples >= STUCK_SAMPLES) return SensorFault.Stuck
    if (doubt === SensorFault.Jumped && pressurePa > JUMPED_PA_MAX) return SensorFault.OutOfRange
    if (doubt !== SensorFault.None) return doubt
    if (lowSamples >= LOW_SAMPLES) return SensorFault.Drifting
    return check.noisyBlocks >= NOISY_BLOCKS ? SensorFault.Noisy : SensorFault.None
}

/** A person starts or refills the pump and may have moved the line by hand: the pressure that follows is taken as it is. */
export function acceptPressure(check: PressureCheck): void {
    check.lastPa = NaN
    check.unexplainedPa = 0
    check.risenSamples = 0
    check.doubt = SensorFault.None
}

/**
 * Judges one reading of the encoder: None, Invalid (NaN, infinite, not whole), OutOfRange (2^31 steps or more either way) or
 * Jumped (a change of over twice what the motor makes in the time, and the slack).
 *
 * One such change is a miscount, and the count goes on from its new place. A second in a row the same way is a shaft that
 * turns by itself, which must be seen as that. An encoder that is stuck can't be told from a motor that stalls, and is
 * judged as that (`following.ts`).
 *
 * @param slackSteps steps by which the encoder may lag and then catch up at once
 * @param nowMs time on the monotonic clock
 */
export function judgeEncoderReading(
    check: EncoderCheck,
    encoderSteps: number,
    stepsPerTickMax: number,
    slackSteps: number,
    nowMs: number,
): SensorFault {
    if (!(encoderSteps > -Infinity && encoderSteps < Infinity)) return SensorFault.Invalid
    if (Math.floor(encoderSteps) !== encoderSteps) return SensorFault.Invalid
    if (!(encoderSteps > -ENCODER_STEPS_MAX && encoderSteps < ENCODER_STEPS_MAX)) return SensorFault.OutOfRange
    const changeSteps = encoderSteps - check.lastSteps
    const elapsedMs = nowMs - check.lastMs
    check.lastSteps = encoderSteps
    check.lastMs = nowMs
    const fastSteps = slackSteps + (elapsedMs > 0 ? (stepsPerTickMax * elapsedMs) / MS_PER_TICK_FASTEST : 0)
    const direction = changeSteps > fastSteps ? 1 : changeSteps < -fastSteps ? -1 : 0
    const turning = direction === check.fastDirection
    check.fastDirection = direction
    return direction === 0 || turning ? SensorFault.None : SensorFault.Jumped
}

/** Judges one reading of the switch at the end of the plunger's travel: None, Invalid (NaN, infinite) or OutOfRange. */
export function judgeEndSwitchReading(pressed: number): SensorFault {
    if (pressed === 0 || pressed === 1) return SensorFault.None
    return pressed > -Infinity && pressed < Infinity ? SensorFault.OutOfRange : SensorFault.Invalid
}

/**
 * Judges one reading of the battery voltage: None, Invalid (NaN, infinite), OutOfRange (outside 1 to 20 V) or Jumped
 * (over 500 mV from the last voltage believed).
 *
 * A monitor that suddenly says "empty" is more likely broken than right, as the power that it says is gone still runs the
 * pump; and the stop at the end of energy would be a stop without need. So the fall is an alarm of the monitor for an hour,
 * and only then believed. A voltage that stands still or falls slowly is what a good battery shows too: not judged.
 */
export function judgeBatteryReading(check: BatteryCheck, batteryMv: number): SensorFault {
    if (!(batteryMv > -Infinity && batteryMv < Infinity)) return SensorFault.Invalid
    if (!(batteryMv >= BATTERY_MV_MIN && batteryMv <= BATTERY_MV_MAX)) return SensorFault.OutOfRange
    const changeMv = batteryMv - check.believedMv
    const aboveSamples = changeMv > BATTERY_JUMP_MV ? check.aboveSamples + 1 : 0
    const belowSamples = changeMv < -BATTERY_JUMP_MV ? check.belowSamples + 1 : 0
    const risen = aboveSamples >= BATTERY_RISE_SAMPLES
    const fallen = belowSamples > BATTERY_FALL_SAMPLES
    const doubted = (aboveSamples > 0 && !risen) || (belowSamples > 0 && !fallen)
    check.aboveSamples = risen ? 0 : aboveSamples
    check.belowSamples = fallen ? 0 : belowSamples
    if (doubted) return SensorFault.Jumped
    check.believedMv = batteryMv
    return SensorFault.None
}

/**
 * Judges one reading of the wall clock against the monotonic clock: None, Invalid (NaN, infinite), OutOfRange (not in a
 * week), Stuck (the same time for over 5 s), Jumped (over 5 s in one sample, until it is back or a person accepts it) or
 * Drifting (over a minute apart, at more than 100 millionths, until a person accepts it).
 *
 * Which of the two clocks went wrong can't be told. No dose moves with either finding, as the time of day is taken from
 * the wall clock once. A change of an hour, daylight saving or a person's, is a jump.
 *
 * @param wallMs local time since Monday 3 January 2000 00:00
 * @param nowMs time on the monotonic clock
 */
export function judgeClockReading(check: ClockCheck, wallMs: number, nowMs: number): SensorFault {
    if (!(wallMs > -Infinity && wallMs < Infinity)) return SensorFault.Invalid
    if (!(wallMs >= 0 && wallMs < WALL_MS_MAX)) return SensorFault.OutOfRange
    const advanceMs = wallMs - check.lastWallMs
    const elapsedMs = nowMs - check.lastMs
    check.lastWallMs = wallMs
    check.lastMs = nowMs
    if (advanceMs !== 0) check.advancedMs = nowMs
    if (!(advanceMs >= 0 || advanceMs < 0)) return SensorFault.None

    const gainedMs = advanceMs - elapsedMs
    let aheadMs = check.aheadMs + gainedMs
    if (gainedMs > CLOCK_JUMP_MS || gainedMs < -CLOCK_JUMP_MS) check.jumped = true
    if (aheadMs <= CLOCK_JUMP_MS && aheadMs >= -CLOCK_JUMP_MS) check.jumped = false
    if (!check.jumped) {
        const forgivenMs = elapsedMs > 0 ? elapsedMs * CLOCK_PACE_MAX : 0
        if (aheadMs > forgivenMs) aheadMs -= forgivenMs
        else if (aheadMs < -forgivenMs) aheadMs += forgivenMs
        else aheadMs = 0
        if (aheadMs > CLOCK_DRIFT_MS || aheadMs < -CLOCK_DRIFT_MS) check.drifted = true
    }
    check.aheadMs = aheadMs

    if (nowMs - check.advancedMs > CLOCK_STUCK_MS) return SensorFault.Stuck
    if (check.jumped) return SensorFault.Jumped
    return check.drifted ? SensorFault.Drifting : SensorFault.None
}

/** A person has seen what the clock shows, or its time is taken anew: the next reading is what later ones are held against. */
export function acceptClock(check: ClockCheck): void {
    check.lastWallMs = NaN
    check.aheadMs = 0
    check.jumped = false
    check.drifted = false
}

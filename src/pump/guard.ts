// The second opinion between the logic and the motor: it counts the steps that are truly issued against limits that stand in
// a record of their own. It shares nothing with programme, schedule and metering, so that no fault there can be its fault
// too; all it can do is stop, and once it has it stays so until a clinician releases it.

import { Bytes, crc32, readUint } from "./bytes"
import {
    DAY_LIMIT_PL_MAX,
    ELAPSED_MS_MAX,
    HOUR_LIMIT_PL_MAX,
    MS_PER_MINUTE,
    PRIME_PL_MAX,
    RATE_PL_PER_DAY_MIN,
    RELIEF_PL_MAX,
    STEP_PL_MAX,
    STEP_PL_MIN,
} from "./limits"
import { CommandKind, GuardTrip, Readings } from "./readings"

export const LIMITS_MAGIC = 0x4c42
export const LIMITS_VERSION = 1
export const LIMITS_SIZE = 26

/**
 * How long what a person allowed for a prime may be used: a day for the prime itself, and a day and a quarter of an hour
 * more for the flow that finds the day's window full of it. Whatever takes longer than a day to deliver is not a prime.
 */
export const PRIME_ALLOWED_MS = 173_700_000

/** Slots of the windows: minutes of the hour, and quarters of an hour of the day. */
const HOUR_SLOTS = 60
const DAY_SLOTS = 96
const MINUTES_PER_QUARTER = 15

/** The most that may leave the pump, whatever its programme says. */
export interface GuardLimits {
    /** In any 60 minutes, and in any 24 hours, without primes. */
    hourPlMax: number
    dayPlMax: number
    /** In one prime that a person asks for; twice that in any 24 hours. 0 where none is allowed. */
    primePlMax: number
}

/** Without a good record of limits: twice the pump's lowest flow, and no prime. */
const LIMITS_UNKNOWN: GuardLimits = {
    hourPlMax: RATE_PL_PER_DAY_MIN / 12,
    dayPlMax: RATE_PL_PER_DAY_MIN * 2,
    primePlMax: 0,
}

/**
 * Reads the stored limits and checks every number in them, the checksum too: the guard trusts nobody else's check.
 * Returns the limits, or the reason they can't be any.
 *
 * Layout, little-endian: magic u16, version u8, reserved u8 (0), hour u48 (pL), day u48 (pL), prime u48 (pL), CRC-32 of
 * all before it.
 */
export function decodeLimits(bytes: Bytes): GuardLimits | string {
    const size = LIMITS_SIZE - 4
    if (bytes.length !== LIMITS_SIZE) return "limits of another size"
    if (readUint(bytes, 0, 2) !== LIMITS_MAGIC) return "not limits"
    if (bytes[2] !== LIMITS_VERSION) return "limits of another version"
    if (bytes[3] !== 0) return "reserved byte in use"
    if (readUint(bytes, size, 4) !== crc32(bytes, 0, size, 0)) return "limits' checksum is wrong"
    const hourPlMax = readUint(bytes, 4, 6)
    const dayPlMax = readUint(bytes, 10, 6)
    const primePlMax = readUint(bytes, 16, 6)
    // Limits under the lowest flow would stop a pump that does nothing wrong.
    if (!(hourPlMax * 24 >= RATE_PL_PER_DAY_MIN && hourPlMax <= HOUR_LIMIT_PL_MAX)) return "hour's limit out of range"
    if (!(dayPlMax >= RATE_PL_PER_DAY_MIN && dayPlMax <= DAY_LIMIT_PL_MAX)) return "day's limit out of range"
    if (!(primePlMax <= PRIME_PL_MAX)) return "prime's limit out of range"
    return { hourPlMax, dayPlMax, primePlMax }
}

/** What the guard knows, in one long-lived record. */
export interface Guard {
    /** What it tripped on; nothing passes until it is None again. */
    trip: GuardTrip
    /** Steps forward in the running minute and the 60 before, never fewer than in any 60 minutes; primes beyond it apart. */
    hourSteps: number
    /** Steps forward in the running quarter of an hour and the 96 before; primes beyond it apart. */
    daySteps: number
    /** Steps over the windows that primes still allow, and for how long. */
    primeSteps: number
    primeLeftMs: number
    /** Steps over the windows that primes made in the running quarter of an hour and the 96 before. */
    primeDaySteps: number
    /** Steps back since the last one forward. */
    reverseSteps: number

    stepPl: number
    primePlMax: number
    stepsPerTickMax: number
    hourStepsMax: number
    dayStepsMax: number
    primeDayStepsMax: number
    reverseStepsMax: number

    /** The monotonic clock when the windows last moved, what of its next progress does not count, and how far the minute is. */
    nowMs: number
    skipMs: number
    minuteMs: number
    /** Steps of the running minute, those of the minutes before it, and which of them is the oldest. */
    minuteSteps: number
    minutes: number[]
    minute: number
    /** The same for the quarters of an hour, and the minutes that the running one is old. */
    quarterSteps: number
    quarters: number[]
    quarter: number
    quarterMinutes: number
    /** The same for the steps of primes over the windows; the index is that of the quarters. */
    primeQuarterSteps: number
    primeQuarters: number[]
}

/**
 * A guard that has seen no step yet.
 *
 * A limit of volume allows the whole steps in it and one more, because the first step of any window may have become due
 * almost entirely before it: so no flow within the limits ever trips the guard, however coarse the steps.
 * @param limits undefined where there is no good record: twice the lowest flow passes then, and no prime
 * @param stepPl volume of a motor step; outside what a mechanism may have, no step forward passes at all
 * @param stepsPerTickMax the most steps that pass at once
 * @param nowMs time on the monotonic clock
 */
export function createGuard(
    limits: GuardLimits | undefined,
    stepPl: number,
    stepsPerTickMax: number,
    nowMs: number,
): Guard {
    const { hourPlMax, dayPlMax, primePlMax } = limits || LIMITS_UNKNOWN
    const calibrated = stepPl >= STEP_PL_MIN && stepPl <= STEP_PL_MAX
    const primeStepsMax = primePlMax > 0 ? Math.floor(primePlMax / stepPl) + 1 : 0
    return {
        trip: GuardTrip.None,
        hourSteps: 0,
        daySteps: 0,
        primeSteps: 0,
        primeLeftMs: 0,
        primeDaySteps: 0,
        reverseSteps: 0,
        stepPl,
        primePlMax,
        stepsPerTickMax,
        hourStepsMax: calibrated ? Math.floor(hourPlMax / stepPl) + 1 : 0,
        dayStepsMax: calibrated ? Math.floor(dayPlMax / stepPl) + 1 : 0,
        primeDayStepsMax: calibrated ? 2 * primeStepsMax : 0,
        reverseStepsMax: calibrated ? Math.floor(RELIEF_PL_MAX / stepPl) : 0,
        nowMs,
        skipMs: 0,
        minuteMs: 0,
        minuteSteps: 0,
        minutes: spread(0, HOUR_SLOTS),
        minute: 0,
        quarterSteps: 0,
        quarters: spread(0, DAY_SLOTS),
        quarter: 0,
        quarterMinutes: 0,
        primeQuarterSteps: 0,
        primeQuarters: spread(0, DAY_SLOTS),
    }
}

/**
 * `steps` in whole numbers as even as can be over so many slots, the oldest first. Rounded so that they leave the window no
 * later than their even flow would: coarse steps that lag behind it could trip a guard whose limits are kept.
 */
function spread(steps: number, slots: number): number[] {
    const each: number[] = []
    let before = 0
    for (let i = 1; i <= slots; i++) {
        const upTo = Math.ceil((steps * i) / slots)
        each.push(upTo - before)
        before = upTo
    }
    return each
}

/**
 * Takes up after a reset what the guard had counted before it. When each step was made is not known any more: they count
 * as spread evenly over the windows. So an hour with a reset in it may see its limit twice over before the guard trips.
 *
 * A prime fills the windows first, and what it leaves of its allowance then carries the flow that finds them full. A reset ends that
 * allowance, as it ends the prime, so `catchUp` takes it off both windows; what primes have used of the day's is kept.
 * @param trip what it had tripped on: a reset releases nothing
 * @param hourSteps steps of the hour; what can't be that counts as the whole limit
 * @param daySteps steps of the day, likewise
 * @param primeDaySteps steps that primes made beyond them in the day, likewise
 */
export function restoreGuard(
    guard: Guard,
    trip: GuardTrip,
    hourSteps: number,
    daySteps: number,
    primeDaySteps: number,
): void {
    guard.trip = trip
    guard.hourSteps = atMost(hourSteps, guard.hourStepsMax)
    guard.daySteps = atMost(daySteps, guard.dayStepsMax)
    guard.primeDaySteps = atMost(primeDaySteps, guard.primeDayStepsMax)
    guard.minutes = spread(guard.hourSteps, HOUR_SLOTS)
    guard.quarters = spread(guard.daySteps, DAY_SLOTS)
    guard.primeQuarters = spread(guard.primeDaySteps, DAY_SLOTS)
}

/** True when what the guard has counted in the last hour and day is within these limits, too: others would trip it. */
export function withinWindows(guard: Guard, limits: GuardLimits): boolean {
    return guard.hourSteps * guard.stepPl <= limits.hourPlMax && guard.daySteps * guard.stepPl <= limits.dayPlMax
}

/**
 * Other limits from now on. What has been counted in the windows stays, spread evenly over them as after a reset; and what a prime
 * was allowed before.
 */
export function changeLimits(guard: Guard, limits: GuardLimits): void {
    const { hourSteps, daySteps, primeDaySteps } = guard
    const fresh = createGuard(limits, guard.stepPl, guard.stepsPerTickMax, guard.nowMs)
    guard.primePlMax = fresh.primePlMax
    guard.hourStepsMax = fresh.hourStepsMax
    guard.dayStepsMax = fresh.dayStepsMax
    guard.primeDayStepsMax = fresh.primeDayStepsMax
    guard.minuteSteps = 0
    guard.quarterSteps = 0
    guard.primeQuarterSteps = 0
    restoreGuard(guard, guard.trip, hourSteps, daySteps, primeDaySteps)
}

function atMost(steps: number, stepsMax: number): number {
    return steps >= 0 && steps <= stepsMax ? Math.floor(steps) : stepsMax
}

/**
 * The steps that may go to the motor of the `steps` that the logic wants (negative pulls back): all of them, or 0 from the
 * first that break a limit until a clinician releases the guard. Called in each tick, between logic and motor.
 *
 * Steps count against the windows first, and only those beyond a full window against what primes allow. That way a prime
 * and the basal flow together never trip as long as each is within its own limit, in whatever order their steps come: no
 * other order of counting leaves more room in any later window.
 * @param readings read in a tick with `sampled` only, for what a person asks of the guard itself: Prime and Release
 * @param nowMs time on the monotonic clock
 */
export function allowSteps(guard: Guard, steps: number, readings: Readings, nowMs: number): number {
    if (steps === 0 && !readings.sampled) return 0
    moveWindows(guard, nowMs)
    if (readings.sampled) {
        const command = readings.command
        if (command === CommandKind.Release) guard.trip = GuardTrip.None
        else if (command === CommandKind.Prime) allowPrime(guard, readings.commandPl)
    }
    if (steps === 0 || guard.trip !== GuardTrip.None) return 0

    const stepsMax = guard.stepsPerTickMax
    if (!(steps <= stepsMax && steps >= -stepsMax && Math.floor(steps) === steps)) {
        guard.trip = GuardTrip.TooManyStepsAtOnce
        return 0
    }
    if (steps < 0) return pullBack(guard, steps)

    const hourRoom = guard.hourStepsMax - guard.hourSteps
    const dayRoom = guard.dayStepsMax - guard.daySteps
    let counted = steps
    if (!(steps <= hourRoom && steps <= dayRoom)) {
        counted = Math.min(hourRoom, dayRoom)
        const beyond = steps - counted
        if (!(beyond <= guard.primeSteps)) {
            if (guard.primeLeftMs > 0) guard.trip = GuardTrip.PrimeLimit
            else guard.trip = steps <= hourRoom ? GuardTrip.DayLimit : GuardTrip.HourLimit
            return 0
        }
        guard.primeSteps -= beyond
        guard.primeDaySteps += beyond
        guard.primeQuarterSteps += beyond
    }
    guard.hourSteps += counted
    guard.minuteSteps += counted
    guard.daySteps += counted
    guard.quarterSteps += counted
    guard.reverseSteps = 0
    return steps
}

/** The steps back that may be made; they take nothing off the windows, for what was pulled back was delivered before. */
function pullBack(guard: Guard, steps: number): number {
    const reverseSteps = guard.reverseSteps - steps
    if (!(reverseSteps <= guard.reverseStepsMax)) {
        guard.trip = GuardTrip.ReverseLimit
        return 0
    }
    guard.reverseSteps = reverseSteps
    return steps
}

/**
 * A person asks for a prime: its volume and a step more may pass beyond the windows, as long as primes altogether stay
 * within twice the limit of one in a day. What is no prime allows nothing; nor does any while the guard is tripped.
 */
function allowPrime(guard: Guard, volumePl: number): void {
    if (!(volumePl > 0 && volumePl <= guard.primePlMax) || guard.trip !== GuardTrip.None) return
    const steps = guard.primeSteps + Math.floor(volumePl / guard.stepPl) + 1
    guard.primeSteps = Math.min(steps, guard.primeDayStepsMax - guard.primeDaySteps)
    guard.primeLeftMs = PRIME_ALLOWED_MS
}

/**
 * Lets the time since the last call pass. No more of it counts than a tick may account for, and what the clock goes back, up
 * to as much, it has to make up before it counts again: so neither a jump nor a clock that swings empties a window.
 */
function moveWindows(guard: Guard, nowMs: number): void {
    const elapsedMs = nowMs - guard.nowMs
    if (!(elapsedMs > 0 || elapsedMs < 0)) return
    guard.nowMs = nowMs
    if (elapsedMs < 0) {
        guard.skipMs = Math.min(guard.skipMs - elapsedMs, ELAPSED_MS_MAX)
        return
    }
    let countedMs = Math.min(elapsedMs, ELAPSED_MS_MAX)
    const skippedMs = Math.min(countedMs, guard.skipMs)
    guard.skipMs -= skippedMs
    countedMs -= skippedMs

    if (guard.primeLeftMs > 0) {
        guard.primeLeftMs -= countedMs
        if (!(guard.primeLeftMs > 0)) guard.primeSteps = 0
    }
    guard.minuteMs += countedMs
    if (guard.minuteMs >= MS_PER_MINUTE) endMinute(guard)
}

/** The running minute is over: it takes the place of the oldest one. Every 15th time, the quarter of an hour likewise. */
function endMinute(guard: Guard): void {
    guard.minuteMs -= MS_PER_MINUTE
    const minute = guard.minute
    guard.hourSteps -= guard.minutes[minute]
    guard.minutes[minute] = guard.minuteSteps
    guard.minuteSteps = 0
    guard.minute = minute + 1 < HOUR_SLOTS ? minute + 1 : 0
    guard.quarterMinutes += 1
    if (guard.quarterMinutes < MINUTES_PER_QUARTER) return

    guard.quarterMinutes = 0
    const quarter = guard.quarter
    guard.daySteps -= guard.quarters[quarter]
    guard.quarters[quarter] = guard.quarterSteps
    guard.quarterSteps = 0
    guard.primeDaySteps -= guard.primeQuarters[quarter]
    guard.primeQuarters[quarter] = guard.primeQuarterSteps
    guard.primeQuarterSteps = 0
    guard.quarter = quarter + 1 < DAY_SLOTS ? quarter + 1 : 0
}

// The parts of the power-on self-test that need no hardware: whether this machine still computes what the pump relies on.
// Flash or memory gone bad changes the firmware's own code, and nothing in the runtime would notice.

import { Reason } from "./alarms"
import { crc32, readUint, writeUint } from "./bytes"
import { createFlow, createFollowing, judgeFlow, judgeFollowing } from "./following"
import { allowSteps, createGuard, Guard, GuardLimits } from "./guard"
import { MS_PER_DAY, MS_PER_MINUTE, MS_PER_WEEK, OWED_MAX, START_UP_MS, TICK_MS } from "./limits"
import { createLine, judgeLine } from "./line"
import { Mechanism } from "./mechanism"
import { Programme } from "./programme"
import { Actions, createActions, createPump, Pump } from "./pump"
import { CommandKind, createReadings, Readings, SensorFault } from "./readings"
import { timeOfWeek } from "./schedule"
import { STAGES } from "./supervise"
import { tick } from "./tick"
import { createVolume, judgeVolume } from "./volume"

// The standard's check value: the CRC-32 of "123456789".
const CHECK_SUM = 0xcbf43926

/**
 * True when sums with known results come out right: metering (products up to 2^53, division with a remainder, what is
 * carried), the time of the week, bytes, CRC-32, sets of bits, and comparisons with NaN, which must all be false.
 */
export function arithmeticHolds(): boolean {
    // Operands stand in arrays, and sums with known results beside them, because the compiler works out what it sees as constant.
    const ratesPlPerDay = [48_000_000, 200_000_001, 24_000_000_000, 240_000_000_000]
    const elapsedMs = [100, 10_000, 10_000, 9_999]
    const stepsPl = [100, 44_900, 10_000_000, 99_999]
    // Whole steps that the flow gives in that time, and what is left of it, in picolitres times milliseconds per day.
    const stepsDue = [0, 0, 0, 277]
    const owedLeft = [4_800_000_000, 2_000_000_010_000, 240_000_000_000_000, 6_503_932_800_000]
    const weekMs = [-1, -604_800_001, 604_800_000, 9_007_199_254_740_991]
    const weekMsWithin = [604_799_999, 604_799_999, 0, 550_740_991]
    const checkText = [49, 50, 51, 52, 53, 54, 55, 56, 57]
    const notNumbers = [NaN, Infinity - Infinity]
    for (let i = 0; i < ratesPlPerDay.length; i++) {
        const owed = ratesPlPerDay[i] * elapsedMs[i]
        const stepQuantum = stepsPl[i] * MS_PER_DAY
        const steps = Math.floor(owed / stepQuantum)
        if (steps !== stepsDue[i] || owed - steps * stepQuantum !== owedLeft[i]) return false
        if (Math.ceil(owed / stepQuantum) !== steps + 1) return false
        // As the tick does it: one step at a time, from what has piled up at most.
        let carried = OWED_MAX + owed
        carried -= OWED_MAX
        let taken = 0
        while (carried >= stepQuantum) {
            carried -= stepQuantum
            taken += 1
        }
        if (taken !== stepsDue[i] || carried !== owedLeft[i]) return false
        if (Math.min(owed, owedLeft[i]) !== owedLeft[i] || Math.abs(-owed) !== owed) return false
    }
    for (let i = 0; i < weekMs.length; i++) if (timeOfWeek(weekMs[i]) !== weekMsWithin[i]) return false
    for (let i = 0; i < notNumbers.length; i++) {
        const value = notNumbers[i]
        if (value >= 0 || value < 0 || value <= MS_PER_WEEK || value === notNumbers[i]) return false
    }
    if (crc32(checkText, 0, checkText.length, 0) !== CHECK_SUM) return false
    const bytes = [0, 0, 0, 0, 0, 0, 0, 0]
    writeUint(bytes, 1, 6, owedLeft[2] + 1)
    if (readUint(bytes, 1, 6) !== owedLeft[2] + 1 || bytes[0] !== 0 || bytes[7] !== 0) return false
    let set = 0
    for (let bit = 0; bit < 31; bit++) set = set | (1 << bit)
    if (set !== 0x7fffffff) return false
    for (let bit = 0; bit < 31; bit++) {
        if ((set & (1 << bit)) === 0) return false
        set = set & ~(1 << bit)
    }
    return set === 0
}

/** What `logicTestPart` gives when all that the built-in pump did was right; and, less the sum it came to, when it was not. */
export const LOGIC_HELD = -1
export const LOGIC_FAILED = -2

/** The sum of all that the built-in pump does. A change of the logic changes it, and the test says to what. */
export const COURSE_SUM = 1_150_860_156

// The sum is a polynomial modulo a prime: every product and sum of it is exact, and one value that differs changes it.
const SUM_PRIME = 2_147_483_647
const SUM_FACTOR = 1_000_003

/** Time before the sample of each part; the ticks after it, one for each part of its judgement, make it up to a second. */
const BEFORE_SAMPLE_MS = 1000 - (STAGES - 1) * TICK_MS

function courseMechanism(): Mechanism {
    return {
        stepPl: 44_900,
        stepsPerTickMax: 7,
        occlusionPa: 12_000,
        encoderSlackSteps: 8,
        batteryLowMv: 3_500,
        batteryEndMv: 3_300,
        batteryKind: 0,
        batteryMah: 0,
    }
}

/** Reached with the last step of the course, the prime's included. */
function courseLimits(): GuardLimits {
    return { hourPlMax: 2_830_000, dayPlMax: 30_000_000_000, primePlMax: 5_000_000 }
}

/** The fastest flow for the first minute of a day, half of it from then on: a step in every second tick or so. */
function courseProgramme(): Programme {
    return {
        concentrationNgPerMl: 500_000,
        reservoirPl: 20_000_000_000,
        reservoirLowPl: 2_000_000_000,
        meanRatePlPerDay: 6_000_000_000,
        patternOfWeekday: [0, 0, 0, 0, 0, 0, 0],
        patternStart: [0, 2],
        segmentStartMinute: [0, 1],
        segmentRatePlPerDay: [24_000_000_000, 12_000_000_000],
        refillWarningPl: 0,
        periodicPl: 0,
        periodicMinutes: 0,
        periodicDurationMinutes: 0,
        periodicStartMinute: 0,
        deadVolumePl: 0,
        bolusPlMax: 0,
        patientPl: 0,
        patientDurationMinutes: 0,
        lockoutMinutes: 0,
        dosesPerDayMax: 0,
        windowMinutes: 0,
        windowPlMax: 0,
        windowBasalPl: 0,
        softLimits: 0,
    }
}

/** Time of the week at the start; the first segment ends between two ticks of the part in which the prime does. */
const COURSE_STARTS_WEEK_MS = 57_650

/** What a person does, part by part. */
function courseCommands(): CommandKind[] {
    return [
        CommandKind.None,
        CommandKind.Prime,
        CommandKind.None,
        CommandKind.Stop,
        CommandKind.Start,
        CommandKind.None,
        CommandKind.Acknowledge,
        CommandKind.None,
        CommandKind.Silence,
        CommandKind.Start,
        CommandKind.None,
        CommandKind.None,
        CommandKind.Refill,
        CommandKind.Release,
        CommandKind.Start,
    ]
}

/** The part in which the line closes, and the one in which its relief is over. */
const OCCLUDED_FROM = 5
const RELIEVED_FROM = 9

/** The part in which time is lost, the one from which on steps are, that in which the end switch counts, and that of the guard. */
const TIME_LOST_IN = 4
const STEPS_LOST_FROM = 10
const END_SWITCH_IN = 11
const GUARD_TRIPS_IN = 12

/** The built-in pump on its way. */
interface Course {
    commands: CommandKind[]
    pump: Pump
    guard: Guard
    readings: Readings
    actions: Actions
    nowMs: number
    sum: number
}

// One course at a time; dropped at its end, so that its memory is free before delivery begins. What it is made of is built by functions,
// because what stands outside of them stays in memory for ever.
let course: Course | undefined

/**
 * One part of the known-answer test (PST-3): a built-in pump is led through a fixed course, and the sum of all that it did
 * is held against the known one. The course: detectors by themselves, a first judgement with a lost sensor and a low
 * battery, a prime, a segment's end, a stop and a start, lost time, an occlusion and its relief, lost steps, an empty
 * reservoir, a refill, a guard that trips, its release.
 *
 * Begin with part 0, let the device wait between the parts, and go on with the part that it returns while that is 0 or more.
 * Then it is LOGIC_HELD or has failed: LOGIC_FAILED less the sum that the course came to, NaN where that is none.
 */
export function logicTestPart(part: number): number {
    if (part === 0) {
        course = createCourse()
        return 1
    }
    if (!course) return LOGIC_FAILED
    const made = course
    if (part === 1) made.sum = sumOfDetectors()
    else runPart(made, part - 2)
    if (part - 2 < made.commands.length - 1) return part + 1
    course = undefined
    return made.sum === COURSE_SUM ? LOGIC_HELD : LOGIC_FAILED - made.sum
}

function createCourse(): Course {
    const nowMs = START_UP_MS
    const mechanism = courseMechanism()
    const limits = courseLimits()
    const programme = courseProgramme()
    return {
        commands: courseCommands(),
        pump: createPump({ programme, mechanism, limits, checkpoint: undefined, checkpointDamage: Reason.None }, nowMs),
        guard: createGuard(limits, mechanism.stepPl, mechanism.stepsPerTickMax, nowMs),
        readings: createReadings(),
        actions: createActions(),
        nowMs,
        sum: 0,
    }
}

/** One sample and the ticks that judge it. */
function runPart(made: Course, part: number): void {
    const { pump, guard, readings, actions } = made
    let nowMs = made.nowMs
    let sum = made.sum
    show(made, part)
    for (let i = 0; i < STAGES; i++) {
        nowMs += i === 0 ? BEFORE_SAMPLE_MS : TICK_MS
        // More time than is metered.
        if (i === STAGES - 1 && part === TIME_LOST_IN) nowMs += 20_000
        readings.sampled = i === 0
        tick(pump, guard, readings, nowMs, actions)
        const bolus = actions.bolusEvent * 8 + actions.bolusReason
        sum = added(sum, actions.steps + 128 * bolus + (actions.checkpointDue ? 8192 : 0))
    }
    if (part === GUARD_TRIPS_IN) allowSteps(guard, guard.stepsPerTickMax + 1, readings, nowMs)
    sum = added(sum, pump.conditions)
    sum = added(sum, pump.latched)
    sum = added(sum, pump.acknowledged)
    sum = added(sum, pump.residualPl)
    sum = added(sum, pump.owed)
    sum = added(sum, pump.ratePlPerDay)
    sum = added(sum, pump.segmentLeftMs)
    sum = added(sum, pump.soundPausedUntilMs)
    sum = added(sum, pump.volume.sensedPl)
    sum = added(sum, guard.hourSteps + 65_536 * guard.trip)
    made.nowMs = nowMs
    made.sum = sum
}

/** What the parts of the built-in pump show at the sample of this part, and what a person asks. */
function show(made: Course, part: number): void {
    const readings = made.readings
    const pump = made.pump
    // Missing at power-on, which keeps the basal flow.
    readings.pressureFault = part === 0 ? SensorFault.Missing : SensorFault.None
    readings.pressurePa = part === 0 ? NaN : 1_000 + (part & 3)
    if (part >= OCCLUDED_FROM && part < RELIEVED_FROM) readings.pressurePa += 14_000 - 500 * pump.pulledBackSteps
    readings.encoderFault = part === END_SWITCH_IN ? SensorFault.NotFitted : SensorFault.None
    readings.encoderSteps = pump.commandedSteps - (part >= STEPS_LOST_FROM ? 9 : 0)
    readings.reservoirEndFault = SensorFault.None
    // Far too early: believed only once there is no encoder any more to say that the motor still turns.
    readings.reservoirEndSwitch = part === STEPS_LOST_FROM || part === END_SWITCH_IN ? 1 : 0
    readings.batteryFault = SensorFault.None
    readings.batteryMv = part === 0 ? 3_500 : 3_501
    readings.wallFault = SensorFault.None
    readings.wallMs = COURSE_STARTS_WEEK_MS + made.nowMs - START_UP_MS
    readings.command = made.commands[part]
    readings.commandPl = readings.command === CommandKind.Refill ? 19_999_999_999 : 3_000_000
    readings.commandRatePlPerDay = 200_000_000_000
    readings.commandResidualPl = NaN
}

/**
 * The sum of what the slower detectors find, called without a pump: it would take too many ticks to bring one there. A line
 * that closes slowly, a motor that fails after three tries, a flow under its programme, an end switch too early.
 */
function sumOfDetectors(): number {
    let sum = 0
    const line = createLine()
    for (let i = 0; i < 32; i++) {
        // Rises from the eighth sample on by 1.2 kPa in four, with pulse and breath.
        judgeLine(line, 1_000 + (i > 8 ? 300 * (i - 8) : 0) + (i & 3) * 40, i * 2, i & 1, 44_900, 150_000)
        sum = added(sum, line.occlusion)
    }
    sum = added(sum, line.restPa)
    sum = added(sum, line.swiftPa)
    sum = added(sum, line.quietPa)

    const following = createFollowing()
    for (let i = 0; i < 6; i++) {
        judgeFollowing(following, 130 * i, 0, 64)
        sum = added(sum, following.finding + (following.failed ? 64 : 0))
    }

    const flow = createFlow()
    for (let i = 0; i < 3; i++) {
        judgeFlow(flow, 100_000_000 * i, 80_000_000 * i, 15 * MS_PER_MINUTE * i, 44_900)
        sum = added(sum, flow.finding)
    }

    const volume = createVolume()
    for (let i = 0; i < 4; i++) {
        judgeVolume(volume, 6000 * i, 4000 * i, 64, 44_900, 5_000_000_000 - 6000 * i * 44_900, 1)
        sum = added(sum, volume.finding + 64 * volume.sensedPl)
    }
    return sum
}

/** The next value of the sum, for a whole value of less than 2^52 either way; NaN for NaN. */
function added(sum: number, value: number): number {
    const total = sum * SUM_FACTOR + value
    return total - Math.floor(total / SUM_PRIME) * SUM_PRIME
}

// The prescription programme as the pump holds it: which flow is due at which minute of which weekday.
// Its bytes are made by the host's prescription compiler and checked here in full before anything runs on them.

import { Bytes, readUint } from "./bytes"
import {
    BOLUS_PL_MAX,
    DAY_LIMIT_PL_MAX,
    DEAD_VOLUME_PL_MAX,
    DOSES_PER_DAY_MAX,
    LOCKOUT_MINUTES_MAX,
    PATTERN_SEGMENTS_MAX,
    PATTERNS_MAX,
    PERIODIC_MINUTES_MAX,
    PERIODIC_MINUTES_MIN,
    PROGRAMME_SEGMENTS_MAX,
    RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
    RESERVOIR_PL_MAX,
    WINDOW_MINUTES_MAX,
    WINDOW_MINUTES_MIN,
    WINDOW_SLOT_MINUTES,
} from "./limits"

export const PROGRAMME_MAGIC = 0x5042
export const PROGRAMME_VERSION = 2

/** The version before, of schedules alone, which a pump may still hold: a programme without boluses and periodic doses. */
const OLD_VERSION = 1
const OLD_HEADER_SIZE = 34
const OLD_SEGMENT_SIZE = 8

/** Offsets and sizes in the stored programme; every number is little-endian. */
export const PROGRAMME_HEADER_SIZE = 94
export const PROGRAMME_SEGMENT_SIZE = 7
/** The longest record there is: of the version before, with seven patterns and all segments. */
export const PROGRAMME_SIZE_MAX = 1581

/**
 * A programme. Days run Monday (0) to Sunday (6). The segments of pattern `p` stand at indexes
 * `patternStart[p]` up to but not including `patternStart[p + 1]`; each lasts until the next one starts or the day ends.
 */
export interface Programme {
    /** Drug concentration in nanograms per millilitre; for accounts in dose, never for metering. */
    concentrationNgPerMl: number
    reservoirPl: number
    reservoirLowPl: number
    /** What is left when the refill is due soon by schedule and allowed doses; 0 for no such warning. */
    refillWarningPl: number
    /** Mean flow over a whole week, periodic doses included: what runs while the time of day is unknown. */
    meanRatePlPerDay: number
    patternOfWeekday: number[]
    patternStart: number[]
    segmentStartMinute: number[]
    segmentRatePlPerDay: number[]
    /** Periodic dose on top of the schedule, 0 for none: every so many minutes, over so many, the first at this minute since 2000-01-03. */
    periodicPl: number
    periodicMinutes: number
    periodicDurationMinutes: number
    periodicStartMinute: number
    /** Volume of tubing and catheter together; 0 where nobody gave it, and then nothing is primed by it and nothing bridged. */
    deadVolumePl: number
    /** The largest bolus that a clinician may ask for; 0 for none. */
    bolusPlMax: number
    /** The dose that the patient may ask for, 0 for none; over how long, how long after one before the next, how many in 24 hours. */
    patientPl: number
    patientDurationMinutes: number
    lockoutMinutes: number
    dosesPerDayMax: number
    /** The dose window, 0 for none: the most in any so many minutes, and the most of it that the schedule alone may be. */
    windowMinutes: number
    windowPlMax: number
    windowBasalPl: number
    /** The soft limits that were exceeded on purpose, one bit each: kept to be shown and logged. */
    softLimits: number
}

/** How far a stored programme has been read. */
export interface ProgrammeReading {
    readonly bytes: Bytes
    /** As far as it is known; undefined before the first part. */
    programme: Programme | undefined
    /** Where the next segment stands, which one of all it is, and how many patterns have begun. */
    offset: number
    segment: number
    patterns: number
    /** The programme, or the reason it can't be one; undefined while there is more to read. */
    result: Programme | string | undefined
}

/** How many segments are read as one part. */
const PART_SEGMENTS = 16

/**
 * Begins to read a stored programme whose CRC-32 has been checked; each number in it is checked.
 *
 * Layout: magic u16, version u8, pattern count u8, pattern of each weekday 7 x u8, reserved u8 (0),
 * concentration u32 (ng/mL), reservoir u48 (pL), reservoir-low u48 (pL), mean rate u48 (pL/day): 34 bytes; then refill warning u48
 * (pL), periodic dose u48 (pL), its interval u16 and duration u16 (min) and first start u32 (min), dead volume u32 (pL), clinician's
 * largest bolus u32 (pL), patient's dose u32 (pL), its duration u16 and lockout u16 (min), doses in a day u8, reserved u8 (0), window
 * u16 (min), most in it u48 (pL), schedule in it u48 (pL), soft limits u16, reserved u32 (0): 94 bytes; then for each pattern its
 * segment count u8 and its segments, each start u16 (minute of the day) and rate u40 (pL/day); then the CRC-32 of all before it.
 * Version 1 has the first 34 bytes alone, and rates of u48.
 */
export function beginReading(bytes: Bytes): ProgrammeReading {
    return { bytes, programme: undefined, offset: 0, segment: 0, patterns: 0, result: undefined }
}

/** Reads the next part: what stands before the segments, or some of these. Returns false when there was none left. */
export function readOn(reading: ProgrammeReading): boolean {
    const { bytes, programme } = reading
    if (reading.result !== undefined) return false
    if (programme) {
        reading.result = readSegments(reading, programme)
    } else {
        const head = headOf(bytes)
        if (typeof head === "string") reading.result = head
        else reading.programme = head
        reading.offset = bytes[2] === OLD_VERSION ? OLD_HEADER_SIZE : PROGRAMME_HEADER_SIZE
    }
    return true
}

/** The programme in a whole record, or the reason it can't be one; for the host, because a device may not read a long one in one go. */
export function decodeProgramme(bytes: Bytes): Programme | string {
    const reading = beginReading(bytes)
    while (readOn(reading)) {}
    return reading.result || "not a programme"
}

/** The same with a pause after each part. */
export async function decodeInParts(bytes: Bytes, pause: () => Promise<void>): Promise<Programme | string> {
    const reading = beginReading(bytes)
    while (readOn(reading)) await pause()
    return reading.result || "not a programme"
}

/** What stands before the segments, with room for them; or why it can't be a programme. */
function headOf(bytes: Bytes): Programme | string {
    if (bytes.length < OLD_HEADER_SIZE + 1 + PROGRAMME_SEGMENT_SIZE + 4) return "programme too short"
    if (readUint(bytes, 0, 2) !== PROGRAMME_MAGIC) return "not a programme"
    const old = bytes[2] === OLD_VERSION
    if (!old && bytes[2] !== PROGRAMME_VERSION) return "programme of another version"
    if (!old && bytes.length < PROGRAMME_HEADER_SIZE + 1 + PROGRAMME_SEGMENT_SIZE + 4) return "programme too short"
    const patterns = bytes[3]
    if (!(patterns >= 1 && patterns <= PATTERNS_MAX)) return "pattern count out of range"
    const number = (offset: number, size: number) => (old ? 0 : readUint(bytes, offset, size))
    const programme: Programme = {
        concentrationNgPerMl: readUint(bytes, 12, 4),
        reservoirPl: readUint(bytes, 16, 6),
        reservoirLowPl: readUint(bytes, 22, 6),
        refillWarningPl: number(34, 6),
        meanRatePlPerDay: readUint(bytes, 28, 6),
        patternOfWeekday: [],
        patternStart: [],
        segmentStartMinute: [],
        segmentRatePlPerDay: [],
        periodicPl: number(40, 6),
        periodicMinutes: number(46, 2),
        periodicDurationMinutes: number(48, 2),
        periodicStartMinute: number(50, 4),
        deadVolumePl: number(54, 4),
        bolusPlMax: number(58, 4),
        patientPl: number(62, 4),
        patientDurationMinutes: number(66, 2),
        lockoutMinutes: number(68, 2),
        dosesPerDayMax: number(70, 1),
        windowMinutes: number(72, 2),
        windowPlMax: number(74, 6),
        windowBasalPl: number(80, 6),
        softLimits: number(86, 2),
    }
    if (bytes[11] !== 0 || number(71, 1) !== 0 || number(88, 6) !== 0) return "reserved byte in use"
    if (!(programme.concentrationNgPerMl > 0)) return "concentration out of range"
    if (!(programme.reservoirPl > 0 && programme.reservoirPl <= RESERVOIR_PL_MAX)) return "reservoir out of range"
    if (!(programme.reservoirLowPl < programme.reservoirPl)) return "reservoir-low out of range"
    if (programme.refillWarningPl !== 0)
        if (
            !(
                programme.refillWarningPl > programme.reservoirLowPl &&
                programme.refillWarningPl <= programme.reservoirPl
            )
        )
            return "refill warning out of range"
    if (!rateAllowed(programme.meanRatePlPerDay)) return "mean rate out of range"
    for (let day = 0; day < 7; day++) {
        if (!(bytes[4 + day] < patterns)) return "weekday without a pattern"
        programme.patternOfWeekday.push(bytes[4 + day])
    }
    const fault = old
        ? layOut(programme, bytes, OLD_HEADER_SIZE, OLD_SEGMENT_SIZE)
        : layOut(programme, bytes, PROGRAMME_HEADER_SIZE, PROGRAMME_SEGMENT_SIZE)
    return fault || programme
}

/**
 * Finds where each pattern starts in the record's segments of `size` bytes, and makes room for all of them at once: lists that grow leave the
 * device's memory in pieces too small for the next programme. Returns why they can't be a programme's, or nothing.
 */
function layOut(programme: Programme, bytes: Bytes, from: number, size: number): string {
    const end = bytes.length - 4
    let offset = from
    let total = 0
    for (let pattern = 0; pattern < bytes[3]; pattern++) {
        if (!(offset < end)) return "programme too short"
        const segments = bytes[offset]
        if (!(segments >= 1 && segments <= PATTERN_SEGMENTS_MAX)) return "segment count out of range"
        offset += 1 + segments * size
        programme.patternStart.push(total)
        total += segments
    }
    if (!(offset <= end)) return "programme too short"
    if (!(total <= PROGRAMME_SEGMENTS_MAX)) return "too many segments"
    if (offset !== end) return "programme too long"
    programme.patternStart.push(total)
    programme.segmentStartMinute[total - 1] = 0
    programme.segmentRatePlPerDay[total - 1] = 0
    return ""
}

/** Reads some of the segments into the programme. Returns what `ProgrammeReading.result` is then. */
function readSegments(reading: ProgrammeReading, programme: Programme): Programme | string | undefined {
    const { bytes } = reading
    const { patternStart, segmentStartMinute, segmentRatePlPerDay } = programme
    const rateSize = bytes[2] === OLD_VERSION ? 6 : 5
    const total = segmentStartMinute.length
    const to = Math.min(total, reading.segment + PART_SEGMENTS)
    for (let i = reading.segment; i < to; i++) {
        const first = i === patternStart[reading.patterns]
        if (first) {
            reading.patterns += 1
            reading.offset += 1
        }
        const startMinute = readUint(bytes, reading.offset, 2)
        const ratePlPerDay = readUint(bytes, reading.offset + 2, rateSize)
        if (first && startMinute !== 0) return "first segment does not start at midnight"
        if (!(first || startMinute > segmentStartMinute[i - 1]) || !(startMinute < 1440)) return "segments out of order"
        if (!rateAllowed(ratePlPerDay)) return "rate out of range"
        reading.offset += 2 + rateSize
        segmentStartMinute[i] = startMinute
        segmentRatePlPerDay[i] = ratePlPerDay
    }
    reading.segment = to
    return to < total ? undefined : dosesFault(programme) || programme
}

/** Why periodic doses, boluses and window of a programme can't be; empty when they can. */
function dosesFault(programme: Programme): string {
    const { periodicPl, periodicMinutes, periodicDurationMinutes } = programme
    if (periodicPl === 0) {
        if (periodicMinutes !== 0 || periodicDurationMinutes !== 0 || programme.periodicStartMinute !== 0)
            return "periodic dose without a volume"
    } else {
        if (!(periodicMinutes >= PERIODIC_MINUTES_MIN && periodicMinutes <= PERIODIC_MINUTES_MAX))
            return "periodic interval out of range"
        if (!(periodicDurationMinutes >= 1 && periodicDurationMinutes <= periodicMinutes))
            return "periodic duration out of range"
        if (!(highestRatePlPerDay(programme) <= RATE_PL_PER_DAY_MAX)) return "periodic dose too fast"
    }
    if (!(programme.deadVolumePl <= DEAD_VOLUME_PL_MAX)) return "dead volume out of range"
    if (!(programme.bolusPlMax <= BOLUS_PL_MAX)) return "clinician's bolus out of range"

    const { windowMinutes, windowPlMax, windowBasalPl } = programme
    if (windowMinutes === 0) {
        if (windowPlMax !== 0 || windowBasalPl !== 0) return "dose window without a length"
    } else {
        const slots = Math.floor(windowMinutes / WINDOW_SLOT_MINUTES)
        if (!(windowMinutes >= WINDOW_MINUTES_MIN && windowMinutes <= WINDOW_MINUTES_MAX))
            return "dose window out of range"
        if (slots * WINDOW_SLOT_MINUTES !== windowMinutes) return "dose window out of range"
        if (!(windowPlMax <= DAY_LIMIT_PL_MAX)) return "dose window's limit out of range"
        // What the schedule gives in a window is more than its mean does in that time, or as much.
        if (!(windowBasalPl * 1440 >= programme.meanRatePlPerDay * windowMinutes))
            return "schedule in the window too low"
        if (!(windowBasalPl <= windowPlMax)) return "schedule in the window too high"
    }

    // Without a window nothing would keep boluses, one after the other, within what the guard allows.
    if (programme.bolusPlMax > 0 && windowMinutes === 0) return "clinician's bolus without a dose window"
    if (!(windowBasalPl + programme.bolusPlMax <= windowPlMax) && windowMinutes > 0)
        return "clinician's bolus never fits the window"

    const { patientPl, patientDurationMinutes, lockoutMinutes, dosesPerDayMax } = programme
    if (patientPl === 0) {
        if (patientDurationMinutes !== 0 || lockoutMinutes !== 0 || dosesPerDayMax !== 0)
            return "patient's dose without a volume"
        return ""
    }
    if (!(patientPl <= BOLUS_PL_MAX)) return "patient's dose out of range"
    if (!(lockoutMinutes <= LOCKOUT_MINUTES_MAX)) return "lockout out of range"
    // So none is asked for while another is in progress.
    if (!(patientDurationMinutes >= 1 && patientDurationMinutes <= lockoutMinutes)) return "patient's dose too long"
    if (!(dosesPerDayMax >= 1 && dosesPerDayMax <= DOSES_PER_DAY_MAX)) return "doses in a day out of range"
    if (windowMinutes === 0) return "patient's dose without a dose window"
    if (!(windowBasalPl + patientPl <= windowPlMax)) return "patient's dose never fits the window"
    return ""
}

/** The flow of a periodic dose while it lasts, to the nearest whole picolitre a day; 0 where there is none. */
export function periodicRatePlPerDay(programme: Programme): number {
    if (programme.periodicPl === 0) return 0
    return Math.floor((programme.periodicPl * 1440) / programme.periodicDurationMinutes + 0.5)
}

/** The highest flow that schedule and periodic doses ask for together. */
export function highestRatePlPerDay(programme: Programme): number {
    const rates = programme.segmentRatePlPerDay
    let highest = 0
    for (let i = 0; i < rates.length; i++) if (rates[i] > highest) highest = rates[i]
    return highest + periodicRatePlPerDay(programme)
}

/** A flow that a programme may ask for: none, or from 0.048 to 24 mL/day. */
function rateAllowed(ratePlPerDay: number): boolean {
    return ratePlPerDay === 0 || (ratePlPerDay >= RATE_PL_PER_DAY_MIN && ratePlPerDay <= RATE_PL_PER_DAY_MAX)
}

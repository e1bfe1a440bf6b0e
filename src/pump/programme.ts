// The prescription programme as the pump holds it: which flow is due at which minute of which weekday.
// Its bytes are made by the host's prescription compiler and checked here in full before anything runs on them.

import { Bytes, readUint } from "./bytes"
import {
    PATTERN_SEGMENTS_MAX,
    PATTERNS_MAX,
    PROGRAMME_SEGMENTS_MAX,
    RATE_PL_PER_DAY_MAX,
    RATE_PL_PER_DAY_MIN,
    RESERVOIR_PL_MAX,
} from "./limits"

export const PROGRAMME_MAGIC = 0x5042
export const PROGRAMME_VERSION = 1

/** Offsets and sizes in the stored programme; every number is little-endian. */
export const PROGRAMME_HEADER_SIZE = 34
export const PROGRAMME_SEGMENT_SIZE = 8

/**
 * A programme. Days run Monday (0) to Sunday (6). The segments of pattern `p` stand at indexes
 * `patternStart[p]` up to but not including `patternStart[p + 1]`; each lasts until the next one starts or the day ends.
 */
export interface Programme {
    /** Drug concentration in nanograms per millilitre; for accounts in dose, never for metering. */
    concentrationNgPerMl: number
    reservoirPl: number
    reservoirLowPl: number
    /** Mean flow over a whole week: what runs while the time of day is unknown. */
    meanRatePlPerDay: number
    patternOfWeekday: number[]
    patternStart: number[]
    segmentStartMinute: number[]
    segmentRatePlPerDay: number[]
}

/**
 * Reads a stored programme whose CRC-32 has been checked, and checks every number in it.
 * Returns the programme, or the reason it can't be one.
 *
 * Layout: magic u16, version u8, pattern count u8, pattern of each weekday 7 x u8, reserved u8 (0),
 * concentration u32 (ng/mL), reservoir u48 (pL), reservoir-low u48 (pL), mean rate u48 (pL/day): 34 bytes; then for
 * each pattern its segment count u8 and its segments, each start u16 (minute of the day) and rate u48 (pL/day);
 * then the CRC-32 of all before it.
 */
export function decodeProgramme(bytes: Bytes): Programme | string {
    if (bytes.length < PROGRAMME_HEADER_SIZE + 1 + PROGRAMME_SEGMENT_SIZE + 4) return "programme too short"
    if (readUint(bytes, 0, 2) !== PROGRAMME_MAGIC) return "not a programme"
    if (bytes[2] !== PROGRAMME_VERSION) return "programme of another version"
    const patterns = bytes[3]
    if (!(patterns >= 1 && patterns <= PATTERNS_MAX)) return "pattern count out of range"
    const programme: Programme = {
        concentrationNgPerMl: readUint(bytes, 12, 4),
        reservoirPl: readUint(bytes, 16, 6),
        reservoirLowPl: readUint(bytes, 22, 6),
        meanRatePlPerDay: readUint(bytes, 28, 6),
        patternOfWeekday: [],
        patternStart: [],
        segmentStartMinute: [],
        segmentRatePlPerDay: [],
    }
    if (bytes[11] !== 0) return "reserved byte in use"
    if (!(programme.concentrationNgPerMl > 0)) return "concentration out of range"
    if (!(programme.reservoirPl > 0 && programme.reservoirPl <= RESERVOIR_PL_MAX)) return "reservoir out of range"
    if (!(programme.reservoirLowPl < programme.reservoirPl)) return "reservoir-low out of range"
    if (!rateAllowed(programme.meanRatePlPerDay)) return "mean rate out of range"
    for (let day = 0; day < 7; day++) {
        if (!(bytes[4 + day] < patterns)) return "weekday without a pattern"
        programme.patternOfWeekday.push(bytes[4 + day])
    }
    let offset = PROGRAMME_HEADER_SIZE
    for (let pattern = 0; pattern < patterns; pattern++) {
        if (!(offset < bytes.length - 4)) return "programme too short"
        const segments = bytes[offset]
        offset += 1
        if (!(segments >= 1 && segments <= PATTERN_SEGMENTS_MAX)) return "segment count out of range"
        if (!(offset + segments * PROGRAMME_SEGMENT_SIZE <= bytes.length - 4)) return "programme too short"
        programme.patternStart.push(programme.segmentStartMinute.length)
        let previousMinute = -1
        for (let i = 0; i < segments; i++) {
            const startMinute = readUint(bytes, offset, 2)
            const ratePlPerDay = readUint(bytes, offset + 2, 6)
            offset += PROGRAMME_SEGMENT_SIZE
            if (i === 0 && startMinute !== 0) return "first segment does not start at midnight"
            if (!(startMinute > previousMinute && startMinute < 1440)) return "segments out of order"
            if (!rateAllowed(ratePlPerDay)) return "rate out of range"
            previousMinute = startMinute
            programme.segmentStartMinute.push(startMinute)
            programme.segmentRatePlPerDay.push(ratePlPerDay)
        }
    }
    if (!(programme.segmentStartMinute.length <= PROGRAMME_SEGMENTS_MAX)) return "too many segments"
    if (offset !== bytes.length - 4) return "programme too long"
    programme.patternStart.push(programme.segmentStartMinute.length)
    return programme
}

/** The highest flow that any segment asks for. */
export function highestRatePlPerDay(programme: Programme): number {
    let highest = 0
    for (const ratePlPerDay of programme.segmentRatePlPerDay) highest = Math.max(highest, ratePlPerDay)
    return highest
}

/** A flow that a programme may ask for: none, or from 0.048 to 24 mL/day. */
function rateAllowed(ratePlPerDay: number): boolean {
    return ratePlPerDay === 0 || (ratePlPerDay >= RATE_PL_PER_DAY_MIN && ratePlPerDay <= RATE_PL_PER_DAY_MAX)
}

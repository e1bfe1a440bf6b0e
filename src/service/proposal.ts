// What a pump says of a programme that a programmer proposes: its own reading, which a person has to confirm.

import { writeUint } from "../pump/bytes"
import { Programme } from "../pump/programme"

export const READING_SIZE = 36

/** The pump's reading of a proposed programme, as far as it is made. */
export interface Reading {
    bytes: Buffer
    /** So many fields of `Programme` are compared with those of the programme that runs. */
    compared: number
    differences: number
}

/**
 * The reading of a proposed programme without what `compareOn` adds: checksum u32, concentration u32 (ng/mL), mean u48 and highest flow u48
 * (pL/day), clinician's largest bolus u32 and patient's dose u32 (pL), segments u16, soft limits u16, and what differs from the programme that
 * runs u32: a bit for each field of `Programme`, in the order in which `decodeProgramme` makes them.
 */
export function readingOfProposal(checksum: number, programme: Programme, highestPlPerDay: number): Reading {
    const bytes = Buffer.alloc(READING_SIZE)
    writeUint(bytes, 0, 4, checksum)
    writeUint(bytes, 4, 4, programme.concentrationNgPerMl)
    writeUint(bytes, 8, 6, programme.meanRatePlPerDay)
    writeUint(bytes, 14, 6, highestPlPerDay)
    writeUint(bytes, 20, 4, programme.bolusPlMax)
    writeUint(bytes, 24, 4, programme.patientPl)
    writeUint(bytes, 28, 2, programme.segmentStartMinute.length)
    writeUint(bytes, 30, 2, programme.softLimits)
    return { bytes, compared: 0, differences: 0 }
}

/** Compares as far as the end of the next list, which may be long; all differs where none runs. Returns true while there is more. */
export function compareOn(reading: Reading, offered: Programme, running: Programme | undefined): boolean {
    const is = offered as unknown as Record<string, number | number[]>
    const was = running as unknown as typeof is
    const names = Object.keys(is)
    while (reading.compared < names.length) {
        const name = names[reading.compared]
        const value = is[name]
        let same = running !== undefined && value === was[name]
        if (running && typeof value !== "number") {
            const list = was[name] as number[]
            same = value.length === list.length
            for (let i = 0; same && i < value.length; i++) same = value[i] === list[i]
        }
        if (!same) reading.differences += 1 << reading.compared
        reading.compared += 1
        if (typeof value !== "number") return true
    }
    writeUint(reading.bytes, 32, 4, reading.differences)
    return false
}

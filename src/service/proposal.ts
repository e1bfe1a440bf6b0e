// What a pump says of a programme that a programmer proposes: its own reading, which a person has to confirm.

import { WritableBytes, writeUint } from "../pump/bytes"
import { Programme } from "../pump/programme"
import { Pump } from "../pump/pump"

export const READING_SIZE = 36

/**
 * Writes the pump's reading of a proposed programme into `bytes`: checksum u32, concentration u32 (ng/mL), mean u48 and highest flow u48 (pL/day),
 * clinician's largest bolus u32 and patient's dose u32 (pL), segments u16, soft limits u16, and what differs from the programme that runs
 * u32: a bit for each field of `Programme`, in the order in which `decodeProgramme` makes them.
 */
export function writeReading(
    checksum: number,
    programme: Programme,
    highestPlPerDay: number,
    pump: Pump,
    bytes: WritableBytes,
): void {
    writeUint(bytes, 0, 4, checksum)
    writeUint(bytes, 4, 4, programme.concentrationNgPerMl)
    writeUint(bytes, 8, 6, programme.meanRatePlPerDay)
    writeUint(bytes, 14, 6, highestPlPerDay)
    writeUint(bytes, 20, 4, programme.bolusPlMax)
    writeUint(bytes, 24, 4, programme.patientPl)
    writeUint(bytes, 28, 2, programme.segmentStartMinute.length)
    writeUint(bytes, 30, 2, programme.softLimits)
    writeUint(bytes, 32, 4, differences(programme, pump.programme))
}

type Fields = Record<string, number | number[]>

/** A bit for each field in which two programmes differ; all of them where none runs. */
function differences(offered: Programme, running: Programme | undefined): number {
    const is = offered as unknown as Fields
    const was = running as unknown as Fields
    const names = Object.keys(is)
    let bits = 0
    let bit = 1
    for (let i = 0; i < names.length; i++) {
        const name = names[i]
        if (!running || !same(is[name], was[name])) bits += bit
        bit *= 2
    }
    return bits
}

function same(a: number | number[], b: number | number[]): boolean {
    if (typeof a === "number" || typeof b === "number") return a === b
    if (a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
    return true
}

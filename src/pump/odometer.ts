// Every step ever made, counted before it is made: the count is in memory before the pulses go out. So after a power cut the pump
// knows what it delivered to within the steps of one tick, and those count as delivered.

import { Bytes, crc32, readUint, WritableBytes, writeUint } from "./bytes"
import { Checkpoint, isBlank } from "./checkpoint"

export const ODOMETER_SIZE = 16

/** One copy of the count. */
export interface Odometer {
    forwardSteps: number
    backSteps: number
}

/** Layout, little-endian: steps forward u48, steps back u48, CRC-32 of both. */
export function encodeOdometer(forwardSteps: number, backSteps: number, bytes: WritableBytes): void {
    writeUint(bytes, 0, 6, forwardSteps)
    writeUint(bytes, 6, 6, backSteps)
    writeUint(bytes, 12, 4, crc32(bytes, 0, 12, 0))
}

/** Reads one copy; undefined when it is damaged, torn or was never written. */
export function decodeOdometer(bytes: Bytes): Odometer | undefined {
    if (isBlank(bytes) || readUint(bytes, 12, 4) !== crc32(bytes, 0, 12, 0)) return undefined
    return { forwardSteps: readUint(bytes, 0, 6), backSteps: readUint(bytes, 6, 6) }
}

/** How far two copies came; the count never goes back. */
function distance(odometer: Odometer | undefined): number {
    return odometer ? odometer.forwardSteps + odometer.backSteps : -1
}

/** True when the second copy is the newer of the two. */
export function secondIsNewer(first: Odometer | undefined, second: Odometer | undefined): boolean {
    return distance(second) > distance(first)
}

/**
 * Brings a checkpoint up to the last step that was recorded after it, in place: accounts, and what the guard counts.
 *
 * The steps of the last tick recorded may have been made or not, because the power may have gone before, between or after them. They
 * count as made and as uncertain. Where the other copy is torn, the tick after that one had begun: then nothing is uncertain.
 * What primes still allowed takes the steps before the windows do, since it ends with the reset (`restoreGuard`).
 * @param newer the newer copy of the count; undefined where no step was ever recorded
 * @param older the other copy
 * @param stepPl volume of a step; 0 where nobody knows it
 */
export function catchUp(
    checkpoint: Checkpoint,
    newer: Odometer | undefined,
    older: Odometer | undefined,
    stepPl: number,
): void {
    const forwardSteps = newer ? newer.forwardSteps - checkpoint.forwardSteps : 0
    const backSteps = newer ? newer.backSteps - checkpoint.backSteps : 0
    if (newer && (forwardSteps > 0 || backSteps > 0)) {
        // Steps back that may not have been made are not taken off what was delivered.
        const backMade = older && newer.backSteps > older.backSteps ? older.backSteps - checkpoint.backSteps : backSteps
        const madePl = (forwardSteps - Math.max(0, backMade)) * stepPl
        checkpoint.residualPl = Math.max(0, checkpoint.residualPl - madePl)
        checkpoint.meteredPl += madePl
        passLine(checkpoint, madePl)
        if (older) checkpoint.uncertainPl += Math.max(0, newer.forwardSteps - older.forwardSteps) * stepPl
        checkpoint.forwardSteps = newer.forwardSteps
        checkpoint.backSteps = newer.backSteps
        checkpoint.guardHourSteps += forwardSteps
        checkpoint.guardDaySteps += forwardSteps
        checkpoint.guardPrimeDaySteps += Math.min(forwardSteps, checkpoint.guardPrimeSteps)
    }
    if (checkpoint.bolusPl > 0) {
        // At most all that was made since was the bolus; what is left of it is never delivered.
        const sincePl = Math.min(checkpoint.bolusLeftPl, forwardSteps * stepPl)
        checkpoint.bolusLeftPl -= sincePl
        checkpoint.windowPl += sincePl
    }
    checkpoint.guardHourSteps = Math.max(0, checkpoint.guardHourSteps - checkpoint.guardPrimeSteps)
    checkpoint.guardDaySteps = Math.max(0, checkpoint.guardDaySteps - checkpoint.guardPrimeSteps)
    checkpoint.guardPrimeSteps = 0
}

/** What was made since the checkpoint went into the line, as `passLine` of `lineContents.ts` has it. */
function passLine(checkpoint: Checkpoint, madePl: number): void {
    const bridging = checkpoint.bridgeRatePlPerDay > 0
    const filling = checkpoint.lineLeftPl > 0 && !bridging
    checkpoint.patientPl += filling ? Math.max(0, madePl - checkpoint.lineLeftPl) : madePl
    if (bridging) checkpoint.windowPl += Math.max(0, madePl)
    checkpoint.lineLeftPl = Math.max(0, checkpoint.lineLeftPl - Math.max(0, madePl))
    if (checkpoint.lineLeftPl > 0) return
    checkpoint.lineNgPerMl = 0
    checkpoint.bridgeRatePlPerDay = 0
}

// The mechanism as calibrated on this bench: what one step displaces and where its alarms stand.
// It belongs to the pump, the programme to the patient, so each is stored and checked by itself.

import { Bytes, readUint } from "./bytes"
import { CellKind } from "./energy"
import { OCCLUSION_PA_MAX, OCCLUSION_PA_MIN, STEP_PL_MAX, STEP_PL_MIN, STEPS_PER_TICK_MAX } from "./limits"

export const MECHANISM_MAGIC = 0x4d42
export const MECHANISM_VERSION = 2
export const MECHANISM_SIZE = 25

/** A record of version 1, as boards that were flashed before still hold it: without the kind of battery. */
const FIRST_VERSION = 1
const FIRST_SIZE = 22

/** Capacity that a battery may have. */
export const BATTERY_MAH_MIN = 50
export const BATTERY_MAH_MAX = 50_000

/** A calibrated mechanism. */
export interface Mechanism {
    /** Volume that one motor step displaces, by weighing (`boards/README.md`). */
    stepPl: number
    /** Pulses that the motor takes in one tick at most. */
    stepsPerTickMax: number
    /** Line pressure, gauge, at which the line counts as occluded. */
    occlusionPa: number
    /** Steps by which the encoder may differ from what was commanded before the motor counts as not following; 0 without an encoder. */
    encoderSlackSteps: number
    /** Battery voltage at which stored energy counts as low, and as at its end; 0 without a battery. */
    batteryLowMv: number
    batteryEndMv: number
    /** The battery, for the estimate of how long it lasts; None, with a capacity of 0, without that estimate. */
    batteryKind: CellKind
    batteryMah: number
}

/**
 * Reads a stored mechanism whose CRC-32 has been checked, and checks every number in it.
 * Returns the mechanism, or the reason it can't be one.
 *
 * Layout: magic u16, version u8, steps per tick u8, step u32 (pL), occlusion u32 (Pa), encoder slack u16 (steps),
 * battery low u16 (mV), battery end u16 (mV), battery kind u8, battery capacity u16 (mAh), CRC-32 of all before it.
 * Version 1 ends with battery end and the CRC-32.
 */
export function decodeMechanism(bytes: Bytes): Mechanism | string {
    if (!(bytes.length >= FIRST_SIZE)) return "mechanism of another size"
    if (readUint(bytes, 0, 2) !== MECHANISM_MAGIC) return "not a mechanism"
    const version = bytes[2]
    if (version > MECHANISM_VERSION) return "mechanism of a newer version than this firmware's"
    if (version < FIRST_VERSION) return "mechanism of another version"
    const first = version === FIRST_VERSION
    if (bytes.length !== (first ? FIRST_SIZE : MECHANISM_SIZE)) return "mechanism of another size"
    const mechanism: Mechanism = {
        stepsPerTickMax: bytes[3],
        stepPl: readUint(bytes, 4, 4),
        occlusionPa: readUint(bytes, 8, 4),
        encoderSlackSteps: readUint(bytes, 12, 2),
        batteryLowMv: readUint(bytes, 14, 2),
        batteryEndMv: readUint(bytes, 16, 2),
        batteryKind: first ? CellKind.None : bytes[18],
        batteryMah: first ? 0 : readUint(bytes, 19, 2),
    }
    if (!(mechanism.stepsPerTickMax >= 1 && mechanism.stepsPerTickMax <= STEPS_PER_TICK_MAX))
        return "steps per tick out of range"
    if (!(mechanism.stepPl >= STEP_PL_MIN && mechanism.stepPl <= STEP_PL_MAX)) return "step volume out of range"
    if (!(mechanism.occlusionPa >= OCCLUSION_PA_MIN && mechanism.occlusionPa <= OCCLUSION_PA_MAX))
        return "occlusion threshold out of range"
    if (!(mechanism.batteryEndMv <= mechanism.batteryLowMv)) return "battery end above battery low"
    if (!(mechanism.batteryKind <= CellKind.TwoAlkalineAa)) return "battery of an unknown kind"
    const mah = mechanism.batteryMah
    const known = mechanism.batteryKind !== CellKind.None
    if (known ? !(mah >= BATTERY_MAH_MIN && mah <= BATTERY_MAH_MAX) : mah !== 0) return "battery capacity out of range"
    return mechanism
}

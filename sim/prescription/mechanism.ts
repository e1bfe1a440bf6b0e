// What a mechanism file may say, and the bytes the pump holds it as.
// The pump's own reader checks the bytes once more, so that host and device can't differ about what is allowed.

import { isDeepStrictEqual } from "node:util"
import crc32 from "crc-32"
import { z } from "zod"
import { writeUint } from "../../src/pump/bytes"
import { OCCLUSION_PA_MAX, OCCLUSION_PA_MIN, STEP_PL_MAX, STEP_PL_MIN, STEPS_PER_TICK_MAX } from "../../src/pump/limits"
import {
    decodeMechanism,
    MECHANISM_MAGIC,
    MECHANISM_SIZE,
    MECHANISM_VERSION,
    Mechanism,
} from "../../src/pump/mechanism"
import { highestRatePlPerDay, type Programme } from "../../src/pump/programme"
import { mechanismRatePlPerDayMax } from "../../src/pump/pump"
import { editorSchemaField, InputError, numberField, readInput, shownNumber, textField, wholeField } from "../input"
import { PICOLITRES_PER_ML } from "./schema"

const U16_MAX = 65_535

export const mechanismSchema = z
    .strictObject(
        {
            $schema: editorSchemaField,
            name: textField("What this mechanism goes by.", 80),
            stepPicolitres: wholeField(
                "Volume that one motor step displaces, from weighing, in picolitres.",
                STEP_PL_MIN,
                STEP_PL_MAX,
            ),
            stepsPerTickMax: wholeField(
                "Pulses that the motor takes in one tick of 100 ms at most.",
                1,
                STEPS_PER_TICK_MAX,
            ),
            occlusionAlarmKilopascals: numberField(
                "Line pressure, gauge, at which the line counts as occluded, in kilopascals.",
                OCCLUSION_PA_MIN / 1000,
                OCCLUSION_PA_MAX / 1000,
            ),
            encoderSlackSteps: wholeField(
                "Steps by which the encoder may differ from what was commanded before the motor counts as not following; 0 without an encoder.",
                0,
                U16_MAX,
            ),
            batteryLowMillivolts: wholeField(
                "Battery voltage at which stored energy counts as low; 0 without a battery.",
                0,
                U16_MAX,
            ),
            batteryEndMillivolts: wholeField(
                "Battery voltage at which stored energy counts as at its end, at most batteryLowMillivolts; 0 without a battery.",
                0,
                U16_MAX,
            ),
        },
        { error: "an object that holds a mechanism" },
    )
    .describe("A pump mechanism as calibrated on its bench.")

/** What the mechanism can do, in words: to follow "a flow". */
export function mechanismLimit(mechanism: Mechanism): string {
    const mlPerDayMax = mechanismRatePlPerDayMax(mechanism) / PICOLITRES_PER_ML
    return `of which this mechanism makes at most ${shownNumber(mlPerDayMax)} mL/day (stepPicolitres * stepsPerTickMax each 100 ms)`
}

/** Why the mechanism can't run the programme, as what was and what may be; undefined when it can. */
export function refusedFlow(programme: Programme, mechanism: Mechanism): { was: string; mayBe: string } | undefined {
    const highestPlPerDay = highestRatePlPerDay(programme)
    if (highestPlPerDay <= mechanismRatePlPerDayMax(mechanism)) return undefined
    const highest = shownNumber(highestPlPerDay / PICOLITRES_PER_ML)
    return {
        was: `asked for ${highest} mL/day by the prescription`,
        mayBe: `one for a flow up to ${highest} mL/day, ${mechanismLimit(mechanism)}`,
    }
}

/** Reads and checks a mechanism file; throws InputError. Pressure is rounded to the nearest pascal. */
export function loadMechanism(file: string): Mechanism {
    const input = readInput(file, mechanismSchema)
    if (input.batteryEndMillivolts > input.batteryLowMillivolts)
        throw new InputError([
            {
                file,
                field: "batteryEndMillivolts",
                was: String(input.batteryEndMillivolts),
                mayBe: `a whole number from 0 to ${input.batteryLowMillivolts}, which is batteryLowMillivolts`,
            },
        ])
    return {
        stepPl: input.stepPicolitres,
        stepsPerTickMax: input.stepsPerTickMax,
        occlusionPa: Math.round(input.occlusionAlarmKilopascals * 1000),
        encoderSlackSteps: input.encoderSlackSteps,
        batteryLowMv: input.batteryLowMillivolts,
        batteryEndMv: input.batteryEndMillivolts,
    }
}

/** The bytes of a mechanism (layout in `src/pump/mechanism.ts`); throws when the pump would not read the same back. */
export function encodeMechanism(mechanism: Mechanism): Uint8Array {
    const bytes = new Uint8Array(MECHANISM_SIZE)
    writeUint(bytes, 0, 2, MECHANISM_MAGIC)
    writeUint(bytes, 2, 1, MECHANISM_VERSION)
    writeUint(bytes, 3, 1, mechanism.stepsPerTickMax)
    writeUint(bytes, 4, 4, mechanism.stepPl)
    writeUint(bytes, 8, 4, mechanism.occlusionPa)
    writeUint(bytes, 12, 2, mechanism.encoderSlackSteps)
    writeUint(bytes, 14, 2, mechanism.batteryLowMv)
    writeUint(bytes, 16, 2, mechanism.batteryEndMv)
    writeUint(bytes, 18, 4, crc32.buf(bytes.subarray(0, 18)) >>> 0)
    const readBack = decodeMechanism(bytes)
    if (typeof readBack === "string") throw new Error(`the pump would refuse this mechanism: ${readBack}`)
    if (!isDeepStrictEqual(readBack, mechanism)) throw new Error("the pump would read another mechanism back")
    return bytes
}

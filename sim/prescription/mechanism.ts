// What a mechanism file may say, and the bytes the pump holds it as.
// The pump's own reader checks the bytes once more, so that host and device can't differ about what is allowed.

import { isDeepStrictEqual } from "node:util"
import crc32 from "crc-32"
import { z } from "zod"
import { writeUint } from "../../src/pump/bytes"
import { CellKind, dischargeCurve } from "../../src/pump/energy"
import { OCCLUSION_PA_MAX, OCCLUSION_PA_MIN, STEP_PL_MAX, STEP_PL_MIN, STEPS_PER_TICK_MAX } from "../../src/pump/limits"
import {
    BATTERY_MAH_MAX,
    BATTERY_MAH_MIN,
    decodeMechanism,
    MECHANISM_MAGIC,
    MECHANISM_SIZE,
    MECHANISM_VERSION,
    Mechanism,
} from "../../src/pump/mechanism"
import { highestRatePlPerDay, type Programme } from "../../src/pump/programme"
import { mechanismRatePlPerDayMax } from "../../src/pump/pump"
import {
    editorSchemaField,
    InputError,
    numberField,
    Problem,
    readInput,
    shownNumber,
    textField,
    wholeField,
    wordField,
} from "../input"
import { PICOLITRES_PER_ML } from "./schema"

const U16_MAX = 65_535

/** The kinds of battery by the name that files give them. */
export const CELLS = { liIon: CellKind.LiIon, twoAlkalineAa: CellKind.TwoAlkalineAa } as const

/** The fields of a battery: which cell, and how much it holds. */
export const cellField = wordField(
    "liIon is one lithium-ion or lithium-polymer cell, twoAlkalineAa two AA in series.",
    ["liIon", "twoAlkalineAa"],
)
export const capacityField = wholeField(
    "Capacity of the battery, in milliampere hours; of cells in series, that of one.",
    BATTERY_MAH_MIN,
    BATTERY_MAH_MAX,
)

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
            battery: z
                .strictObject(
                    { cell: cellField, capacityMilliampereHours: capacityField },
                    { error: "an object with cell and capacityMilliampereHours" },
                )
                .describe(
                    "The battery, for the pump to say how long it lasts; left out where the pump runs from the mains or a charger.",
                )
                .optional(),
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
    const { batteryLowMillivolts, batteryEndMillivolts } = input
    const batteryKind = input.battery ? CELLS[input.battery.cell] : CellKind.None
    const problems: Problem[] = []
    if (batteryEndMillivolts > batteryLowMillivolts)
        problems.push({
            file,
            field: "batteryEndMillivolts",
            was: String(batteryEndMillivolts),
            mayBe: `a whole number from 0 to ${batteryLowMillivolts}, which is batteryLowMillivolts`,
        })
    const millivolts = dischargeCurve(batteryKind)?.millivolts
    if (millivolts) {
        const emptyMv = millivolts[0]
        const fullMv = millivolts[millivolts.length - 1]
        const ofCell = (field: string, mv: number) => {
            if (!(mv >= emptyMv && mv < fullMv))
                problems.push({
                    file,
                    field,
                    was: String(mv),
                    mayBe: `a whole number from ${emptyMv} to under ${fullMv}, between which battery.cell lies empty and full`,
                })
        }
        ofCell("batteryLowMillivolts", batteryLowMillivolts)
        ofCell("batteryEndMillivolts", batteryEndMillivolts)
    }
    if (problems.length > 0) throw new InputError(problems)
    return {
        stepPl: input.stepPicolitres,
        stepsPerTickMax: input.stepsPerTickMax,
        occlusionPa: Math.round(input.occlusionAlarmKilopascals * 1000),
        encoderSlackSteps: input.encoderSlackSteps,
        batteryLowMv: batteryLowMillivolts,
        batteryEndMv: batteryEndMillivolts,
        batteryKind,
        batteryMah: input.battery ? input.battery.capacityMilliampereHours : 0,
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
    writeUint(bytes, 18, 1, mechanism.batteryKind)
    writeUint(bytes, 19, 2, mechanism.batteryMah)
    writeUint(bytes, 21, 4, crc32.buf(bytes.subarray(0, 21)) >>> 0)
    const readBack = decodeMechanism(bytes)
    if (typeof readBack === "string") throw new Error(`the pump would refuse this mechanism: ${readBack}`)
    if (!isDeepStrictEqual(readBack, mechanism)) throw new Error("the pump would read another mechanism back")
    return bytes
}

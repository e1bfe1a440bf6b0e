import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Checkpoint } from "../../src/pump/checkpoint"
import {
    catchUp,
    decodeOdometer,
    encodeOdometer,
    ODOMETER_SIZE,
    type Odometer,
    secondIsNewer,
} from "../../src/pump/odometer"
import { BolusKind } from "../../src/pump/pump"
import { CHECKPOINT } from "./bench"

const STEP_PL = 44_900

function bytesOf(forwardSteps: number, backSteps: number): Uint8Array {
    const bytes = new Uint8Array(ODOMETER_SIZE)
    encodeOdometer(forwardSteps, backSteps, bytes)
    return bytes
}

const count = (forwardSteps: number, backSteps = 0): Odometer => ({ forwardSteps, backSteps })

describe("one copy of the count", () => {
    test.each([
        [0, 0],
        [1, 0],
        [0, 1],
        [281_474_976_710_655, 281_474_976_710_654],
        [5_000_000_123, 4_400_000_321],
    ])("JRN-1: %d steps forward and %d back are read back", (forwardSteps, backSteps) => {
        expect(decodeOdometer(bytesOf(forwardSteps, backSteps))).toEqual({ forwardSteps, backSteps })
    })

    test("JRN-2: every flip of a single bit is found, and every tear between two counts", () => {
        const before = bytesOf(0x0102_0304_05ff, 77)
        const after = bytesOf(0x0102_0304_0606, 80)
        for (let bit = 0; bit < 8 * ODOMETER_SIZE; bit++) {
            const bytes = before.slice()
            bytes[bit >> 3] ^= 1 << (bit & 7)
            expect(decodeOdometer(bytes), `bit ${bit}`).toBeUndefined()
        }
        for (let k = 1; k < ODOMETER_SIZE; k++) {
            const bytes = before.slice()
            bytes.set(after.slice(0, k))
            expect(decodeOdometer(bytes), `torn after ${k} bytes`).toBeUndefined()
        }
    })

    test("JRN-2: bytes that nobody wrote are no count, though a count of nothing is one", () => {
        expect(decodeOdometer(new Uint8Array(ODOMETER_SIZE))).toBeUndefined()
        expect(decodeOdometer(new Uint8Array(ODOMETER_SIZE).fill(255))).toBeUndefined()
        expect(decodeOdometer([])).toBeUndefined()
        expect(bytesOf(0, 0).some(byte => byte !== 0)).toBe(true)
    })
})

test.each<[Odometer | undefined, Odometer | undefined, boolean]>([
    [undefined, undefined, false],
    [count(0), undefined, false],
    [undefined, count(0), true],
    [count(5), count(5), false],
    [count(6), count(5), false],
    [count(5), count(6), true],
    [count(5, 3), count(5, 4), true],
    [count(5, 4), count(5, 3), false],
    [count(5, 4), count(8, 2), true],
])("JRN-1: of %j and %j the second is the newer: %s", (first, second, newer) => {
    expect(secondIsNewer(first, second)).toBe(newer)
})

describe("bringing a checkpoint up to the last step", () => {
    const AT = 1_000
    const BEFORE: Checkpoint = {
        ...CHECKPOINT,
        residualPl: 100 * STEP_PL,
        meteredPl: 300 * STEP_PL,
        uncertainPl: 5 * STEP_PL,
        forwardSteps: AT,
        backSteps: 20,
        guardHourSteps: 40,
        guardDaySteps: 90,
        guardPrimeDaySteps: 11,
        patientPl: 700 * STEP_PL,
        windowPl: 50 * STEP_PL,
    }

    /** The checkpoint after it: what of it changed. */
    function changes(
        newer: Odometer | undefined,
        older: Odometer | undefined,
        before: Partial<Checkpoint> = {},
        stepPl = STEP_PL,
    ): Record<string, unknown> {
        const checkpoint: Checkpoint = { ...BEFORE, ...before }
        const from: Record<string, unknown> = { ...checkpoint }
        catchUp(checkpoint, newer, older, stepPl)
        return Object.fromEntries(Object.entries(checkpoint).filter(([name, value]) => value !== from[name]))
    }

    test.each<[string, Odometer | undefined, Odometer | undefined]>([
        ["no count at all", undefined, undefined],
        ["nothing since", count(AT, 20), count(AT - 3, 20)],
        ["both copies alike", count(AT, 20), count(AT, 20)],
        ["the other copy torn", count(AT, 20), undefined],
        ["a count that is behind", count(AT - 1, 20), count(AT - 2, 20)],
        ["a count of steps back that is behind", count(AT, 19), count(AT, 18)],
    ])("JRN-3: %s changes nothing", (_, newer, older) => {
        expect(changes(newer, older)).toEqual({})
    })

    test("JRN-3: steps since are counted, those of the last tick as uncertain", () => {
        expect(changes(count(AT + 9, 20), count(AT + 7, 20))).toEqual({
            residualPl: 91 * STEP_PL,
            meteredPl: 309 * STEP_PL,
            patientPl: 709 * STEP_PL,
            uncertainPl: 7 * STEP_PL,
            forwardSteps: AT + 9,
            guardHourSteps: 49,
            guardDaySteps: 99,
        })
        // The first tick after the checkpoint: the other copy is older than that.
        expect(changes(count(AT + 2, 20), count(AT, 20))).toMatchObject({
            residualPl: 98 * STEP_PL,
            uncertainPl: 7 * STEP_PL,
        })
    })

    test("JRN-3: where the other copy is torn the next tick had begun, and nothing is uncertain", () => {
        expect(changes(count(AT + 9, 20), undefined)).toEqual({
            residualPl: 91 * STEP_PL,
            meteredPl: 309 * STEP_PL,
            patientPl: 709 * STEP_PL,
            forwardSteps: AT + 9,
            guardHourSteps: 49,
            guardDaySteps: 99,
        })
    })

    test("JRN-3: steps back of the last tick are not taken off what was delivered, earlier ones are", () => {
        expect(changes(count(AT, 23), count(AT, 20))).toEqual({ backSteps: 23 })
        expect(changes(count(AT, 27), count(AT, 23))).toEqual({
            residualPl: 103 * STEP_PL,
            meteredPl: 297 * STEP_PL,
            patientPl: 697 * STEP_PL,
            backSteps: 27,
        })
        // And where the other copy is torn, all of them were made.
        expect(changes(count(AT, 23), undefined)).toEqual({
            residualPl: 103 * STEP_PL,
            meteredPl: 297 * STEP_PL,
            patientPl: 697 * STEP_PL,
            backSteps: 23,
        })
        // A copy of before the checkpoint takes nothing back.
        expect(changes(count(AT, 21), count(AT, 18))).toEqual({ backSteps: 21 })
    })

    test("JRN-3: steps back before the last tick, which went forward again", () => {
        expect(changes(count(AT + 2, 24), count(AT, 24))).toEqual({
            residualPl: 102 * STEP_PL,
            meteredPl: 298 * STEP_PL,
            patientPl: 698 * STEP_PL,
            uncertainPl: 7 * STEP_PL,
            forwardSteps: AT + 2,
            backSteps: 24,
            guardHourSteps: 42,
            guardDaySteps: 92,
        })
    })

    test("JRN-3: the reservoir never holds less than nothing", () => {
        expect(changes(count(AT + 101, 20), count(AT + 101, 20))).toMatchObject({ residualPl: 0 })
        expect(changes(count(AT + 99, 20), count(AT + 99, 20))).toMatchObject({ residualPl: STEP_PL })
    })

    test("JRN-3: without a calibration the guard counts all the same", () => {
        expect(changes(count(AT + 9, 20), count(AT + 7, 20), {}, 0)).toEqual({
            forwardSteps: AT + 9,
            guardHourSteps: 49,
            guardDaySteps: 99,
        })
    })

    test.each([
        // Before: of the hour, of the day, still allowed, used by primes; steps since; after: hour, day, used.
        [40, 90, 30, 11, 0, 10, 60, 11],
        [40, 90, 30, 11, 10, 20, 70, 21],
        [40, 90, 30, 11, 30, 40, 90, 41],
        [40, 90, 30, 11, 50, 60, 110, 41],
        [20, 90, 30, 11, 5, 0, 65, 16],
        [20, 25, 30, 11, 0, 0, 0, 11],
    ])(
        "GRD-11: %d steps in the hour, %d in the day, %d allowed by a prime, %d used, and %d since: %d, %d and %d",
        (hour, day, allowed, used, since, hourAfter, dayAfter, usedAfter) => {
            const checkpoint = {
                ...BEFORE,
                guardHourSteps: hour,
                guardDaySteps: day,
                guardPrimeSteps: allowed,
                guardPrimeDaySteps: used,
            }
            catchUp(checkpoint, count(AT + since, 20), count(AT + since, 20), STEP_PL)
            expect(checkpoint).toMatchObject({
                guardHourSteps: hourAfter,
                guardDaySteps: dayAfter,
                guardPrimeSteps: 0,
                guardPrimeDaySteps: usedAfter,
            })
        },
    )

    test("JRN-4: of a prime in progress at most all that was made since was metered", () => {
        const prime = { bolusPl: 50 * STEP_PL, bolusLeftPl: 30 * STEP_PL }
        expect(changes(count(AT + 12, 20), count(AT + 12, 20), prime)).toMatchObject({ bolusLeftPl: 18 * STEP_PL })
        expect(changes(count(AT + 31, 20), count(AT + 31, 20), prime)).toMatchObject({ bolusLeftPl: 0 })
        expect(changes(count(AT, 20), undefined, prime)).toEqual({})
        expect(changes(undefined, undefined, prime)).toEqual({})
        expect(changes(count(AT + 12, 20), count(AT + 12, 20), { bolusLeftPl: 0 })).not.toHaveProperty("bolusLeftPl")
    })

    test.each([
        // Steps since, of 30 that were left of the bolus; of them count in the window.
        [0, 50],
        [12, 62],
        [30, 80],
        [31, 80],
    ])(
        "BOL-9: of %d steps in a bolus no more than the bolus count in the dose window, which then holds %d",
        (...row) => {
            const [steps, windowSteps] = row
            for (const bolusKind of [BolusKind.Prime, BolusKind.Clinician, BolusKind.Patient]) {
                const checkpoint = { ...BEFORE, bolusKind, bolusPl: 50 * STEP_PL, bolusLeftPl: 30 * STEP_PL }
                catchUp(checkpoint, count(AT + steps, 20), count(AT + steps, 20), STEP_PL)
                expect(checkpoint).toMatchObject({
                    windowPl: windowSteps * STEP_PL,
                    bolusLeftPl: (80 - windowSteps) * STEP_PL,
                })
            }
            // Without a bolus it was the schedule's.
            expect(changes(count(AT + steps, 20), count(AT + steps, 20))).not.toHaveProperty("windowPl")
        },
    )

    test("JRN-4: the dose that the bolus which waits had before is not touched", () => {
        const patients = { bolusKind: BolusKind.Patient, bolusPl: 50 * STEP_PL, bolusLeftPl: 30 * STEP_PL }
        const changed = changes(count(AT + 12, 20), count(AT + 12, 20), { ...patients, heldMeteredPl: 8 * STEP_PL })
        expect(changed).not.toHaveProperty("heldMeteredPl")
    })

    const dry = { lineLeftPl: 40 * STEP_PL }
    const bridged = { ...dry, lineNgPerMl: 500_000, bridgeRatePlPerDay: 123_456_789 }

    test.each([
        // Steps forward since, and of them what still fills the line, and what reached the patient.
        [0, 40, 0],
        [39, 1, 0],
        [40, 0, 0],
        [41, 0, 1],
        [90, 0, 50],
    ])(
        "LIN-1: of %d steps into a line that was not primed %d are still wanted, and %d reached the patient",
        (...row) => {
            const [steps, left, reached] = row
            const checkpoint = { ...BEFORE, ...dry }
            catchUp(checkpoint, count(AT + steps, 20), count(AT + steps, 20), STEP_PL)
            expect(checkpoint).toMatchObject({
                lineLeftPl: left * STEP_PL,
                patientPl: (700 + reached) * STEP_PL,
                windowPl: 50 * STEP_PL,
                bridgeRatePlPerDay: 0,
            })
        },
    )

    test.each([
        [0, 40],
        [39, 1],
        [40, 0],
        [41, 0],
    ])(
        "BRG-2: %d steps into a bridge leave %d of the former drug, and all of them reached the patient",
        (steps, left) => {
            const checkpoint = { ...BEFORE, ...bridged }
            catchUp(checkpoint, count(AT + steps, 20), count(AT + steps, 20), STEP_PL)
            expect(checkpoint).toMatchObject({
                lineLeftPl: left * STEP_PL,
                lineNgPerMl: left > 0 ? 500_000 : 0,
                bridgeRatePlPerDay: left > 0 ? 123_456_789 : 0,
                patientPl: (700 + steps) * STEP_PL,
                // None of it was the schedule's.
                windowPl: (50 + steps) * STEP_PL,
            })
        },
    )

    test("JRN-3: steps back fill no line, and are not taken off the window", () => {
        for (const line of [dry, bridged]) {
            const checkpoint = { ...BEFORE, ...line }
            catchUp(checkpoint, count(AT, 27), count(AT, 27), STEP_PL)
            expect(checkpoint).toMatchObject({ ...line, windowPl: 50 * STEP_PL })
        }
    })
})

test("JRN-3: whenever the power goes, what is counted was made, or is the last tick's and uncertain, and never less", () => {
    const ticks = fc.array(fc.integer({ min: -4, max: 7 }), { minLength: 1, maxLength: 40 })
    fc.assert(
        fc.property(ticks, fc.nat(40), fc.constantFrom("count torn", "none", "some", "all"), (steps, at, cut) => {
            // The checkpoint is of before the tick in which the power goes, the last that steps.
            const lastTick = steps.findLastIndex(wanted => wanted !== 0)
            const savedAt = Math.max(0, Math.min(at, lastTick))
            const copies = [bytesOf(0, 0), bytesOf(0, 0)]
            const checkpoint = { ...CHECKPOINT, residualPl: 1e6 * STEP_PL, guardHourSteps: 0, guardDaySteps: 0 }
            let [forward, back, made, madeForward] = [0, 0, 0, 0]
            for (const [tick, wanted] of steps.entries()) {
                if (tick === savedAt)
                    Object.assign(checkpoint, {
                        forwardSteps: forward,
                        backSteps: back,
                        residualPl: (1e6 - made) * STEP_PL,
                        meteredPl: made * STEP_PL,
                        guardHourSteps: madeForward,
                        guardDaySteps: madeForward,
                    })
                if (wanted === 0) continue
                const last = tick === lastTick
                if (wanted > 0) forward += wanted
                else back -= wanted
                const bytes = bytesOf(forward, back)
                if (last && cut === "count torn") bytes[9] ^= 0x55
                const [first, second] = copies.map(copy => decodeOdometer(copy))
                copies[secondIsNewer(first, second) ? 0 : 1] = bytes
                const done = !last || cut === "all" ? wanted : cut === "some" ? Math.trunc(wanted / 2) : 0
                made += done
                if (done > 0) madeForward += done
            }
            const [first, second] = copies.map(copy => decodeOdometer(copy))
            const [newer, older] = secondIsNewer(first, second) ? [second, first] : [first, second]
            catchUp(checkpoint, newer, older, STEP_PL)
            const lastSteps = lastTick < 0 ? 0 : Math.abs(steps[lastTick])
            expect(checkpoint.meteredPl).toBeGreaterThanOrEqual(made * STEP_PL)
            expect(checkpoint.meteredPl).toBeLessThanOrEqual((made + lastSteps) * STEP_PL)
            expect(checkpoint.residualPl + checkpoint.meteredPl).toBe(1e6 * STEP_PL)
            expect(checkpoint.guardHourSteps).toBeGreaterThanOrEqual(madeForward)
            expect(checkpoint.guardHourSteps).toBeLessThanOrEqual(madeForward + lastSteps)
            expect(checkpoint.guardDaySteps).toBe(checkpoint.guardHourSteps)
            expect(checkpoint.forwardSteps - checkpoint.uncertainPl / STEP_PL).toBeLessThanOrEqual(madeForward)
        }),
        { numRuns: 300 },
    )
})

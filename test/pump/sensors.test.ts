import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { MS_PER_HOUR, MS_PER_WEEK, WALL_MS_MAX } from "../../src/pump/limits"
import { SensorFault } from "../../src/pump/readings"
import {
    acceptClock,
    acceptPressure,
    createSensorChecks,
    judgeBatteryReading,
    judgeClockReading,
    judgeEncoderReading,
    judgeEndSwitchReading,
    judgePressureReading,
} from "../../src/pump/sensors"

const { None, Invalid, OutOfRange, Stuck, Jumped, Noisy, Drifting } = SensorFault

/** A pressure sensor on a pump whose steps are 1 kPa of the stiffest line each. */
class PressureBench {
    readonly check = createSensorChecks().pressure
    steps = 0
    private sign = 1

    read(pressurePa: number, newSteps = 0): SensorFault {
        this.steps += newSteps
        return judgePressureReading(this.check, pressurePa, this.steps, 5_000)
    }

    /** So many readings of this pressure, of which no two in a row are alike; the last finding. */
    hold(pressurePa: number, samples: number): SensorFault {
        let found = None
        for (let i = 0; i < samples; i++) {
            this.sign = -this.sign
            found = this.read(pressurePa + this.sign)
        }
        return found
    }
}

describe("pressure", () => {
    test.each([
        [NaN, Invalid],
        [Infinity, Invalid],
        [-Infinity, Invalid],
        [-20_001, OutOfRange],
        [-20_000, None],
        [0, None],
        [400_000, None],
        [400_001, OutOfRange],
    ])("SEN-3: a first reading of %d Pa: %i", (pressurePa, expected) => {
        expect(new PressureBench().read(pressurePa)).toBe(expected)
    })

    test("SEN-3: an impossible reading leaves what is known of the others alone", () => {
        const bench = new PressureBench()
        bench.read(1_000)
        expect(bench.read(NaN)).toBe(Invalid)
        expect(bench.read(-30_000)).toBe(OutOfRange)
        expect(bench.read(500_000)).toBe(OutOfRange)
        expect(bench.read(1_001)).toBe(None)
    })

    test("SEN-4: the same reading 900 times after the first is stuck, until another comes", () => {
        const bench = new PressureBench()
        for (let i = 0; i < 900; i++) expect(bench.read(1_000)).toBe(None)
        expect(bench.read(1_000)).toBe(Stuck)
        expect(bench.read(1_000)).toBe(Stuck)
        expect(bench.read(1_001)).toBe(None)
        for (let i = 0; i < 899; i++) expect(bench.read(1_001)).toBe(None)
        expect(bench.read(1_001)).toBe(Stuck)
    })

    test.each([
        [30_000, None],
        [30_001, Jumped],
        [249_000, Jumped],
        [249_001, OutOfRange],
    ])("SEN-5: a rise of %d Pa without a step: %i", (risePa, expected) => {
        const bench = new PressureBench()
        bench.read(1_000)
        expect(bench.read(1_000 + risePa)).toBe(expected)
    })

    test.each([
        ["in the same sample", [[31_000, 1]], None],
        ["in the same sample, and more than they explain", [[31_001, 1]], Jumped],
        [
            "one sample before, because the reading may be that old",
            [
                [0, 1],
                [31_000, 0],
            ],
            None,
        ],
        [
            "one sample before, and more than they explain",
            [
                [0, 1],
                [31_001, 0],
            ],
            Jumped,
        ],
        [
            "two samples before, where they would have shown",
            [
                [0, 1],
                [0, 0],
                [31_000, 0],
            ],
            Jumped,
        ],
        ["back, which also moves the line", [[31_000, -1]], None],
        ["back, and more than they explain", [[31_001, -1]], Jumped],
        [
            "over several samples",
            [
                [10_000, 5],
                [20_000, 5],
                [45_000, 5],
            ],
            None,
        ],
        [
            "over several samples, and more than they explain",
            [
                [10_000, 5],
                [20_000, 5],
                [45_002, 5],
            ],
            Jumped,
        ],
    ])("SEN-5: steps explain a rise of 1 kPa each: %s", (_, readings, expected) => {
        const bench = new PressureBench()
        bench.read(0)
        let found = None
        for (const [pressurePa, steps] of readings) found = bench.read(pressurePa, steps)
        expect(found).toBe(expected)
    })

    test("SEN-5: a jump is doubted until it is back within 12 kPa, and no step makes it true", () => {
        const bench = new PressureBench()
        bench.read(0)
        expect(bench.read(50_000)).toBe(Jumped)
        for (let i = 0; i < 1_000; i++) expect(bench.read(50_000 + (i % 2), 5)).toBe(Jumped)
        expect(bench.read(12_002)).toBe(Jumped)
        expect(bench.read(12_000)).toBe(None)
        expect(bench.read(0)).toBe(None)
        expect(bench.read(30_000)).toBe(None)
    })

    test("SEN-5: a spike of one sample costs that sample only", () => {
        const bench = new PressureBench()
        bench.hold(1_000, 100)
        expect(bench.read(90_000)).toBe(Jumped)
        expect(bench.hold(1_000, 1)).toBe(None)
        expect(bench.hold(1_000, 2_000)).toBe(None)
    })

    test("SEN-5: a person who starts the pump makes a doubted pressure count, so that an occlusion is not lost", () => {
        const bench = new PressureBench()
        bench.read(0)
        expect(bench.read(50_000)).toBe(Jumped)
        acceptPressure(bench.check)
        expect(bench.read(90_000)).toBe(None)
        expect(bench.read(115_000)).toBe(None)
        expect(bench.read(120_001)).toBe(Jumped)
        expect(bench.read(102_000)).toBe(None)
    })

    test("SEN-5: 12 kPa more without a step, for 32 readings, is drift; a person's start makes it count", () => {
        const bench = new PressureBench()
        bench.read(0)
        expect(bench.hold(12_010, 31)).toBe(None)
        expect(bench.hold(12_010, 1)).toBe(Drifting)
        expect(bench.hold(12_010, 1_000)).toBe(Drifting)
        expect(bench.read(11_000)).toBe(None)
        expect(bench.hold(12_010, 31)).toBe(None)
        expect(bench.hold(12_010, 1)).toBe(Drifting)
        acceptPressure(bench.check)
        expect(bench.hold(12_010, 1)).toBe(None)
        expect(bench.hold(24_000, 100)).toBe(None)
    })

    test("SEN-5: less than 12 kPa, or for less than 32 readings in a row, is no drift", () => {
        const bench = new PressureBench()
        bench.read(0)
        expect(bench.hold(11_998, 1_000)).toBe(None)
        for (let i = 0; i < 10; i++) {
            expect(bench.hold(15_000, 31)).toBe(None)
            expect(bench.hold(5_000, 1)).toBe(None)
        }
    })

    test("SEN-5: a person's start begins the count of high readings anew", () => {
        const bench = new PressureBench()
        bench.read(0)
        bench.hold(15_000, 20)
        acceptPressure(bench.check)
        bench.hold(15_000, 1)
        expect(bench.hold(29_000, 31)).toBe(None)
        expect(bench.hold(29_000, 1)).toBe(Drifting)
    })

    test("SEN-5: a rise as slow as the weather's is no drift, and one ten times as fast is", () => {
        const after4Hours = (paPerHour: number) => {
            const bench = new PressureBench()
            bench.read(0)
            // With 11 kPa of the 12 used up, so that hours show what days would.
            bench.read(11_000)
            let found = None
            for (let s = 0; s < 4 * 3_600 && found === None; s++)
                found = bench.read(11_000 + (paPerHour * s) / 3_600 + (s % 2))
            return found
        }
        expect(after4Hours(299)).toBe(None)
        expect(after4Hours(3_000)).toBe(Drifting)
    })

    test("SEN-5: after a false low the right reading is no rise", () => {
        const bench = new PressureBench()
        bench.hold(1_000, 10)
        bench.hold(-19_000, 60)
        expect(bench.hold(6_990, 200)).toBe(None)
    })

    test("SEN-5: the rise that counts starts at -5 kPa at the lowest", () => {
        const bench = new PressureBench()
        bench.hold(-15_000, 10)
        expect(bench.read(25_000)).toBe(None)
        expect(bench.read(-15_000)).toBe(None)
        expect(bench.read(25_002)).toBe(Jumped)
    })

    test("SEN-5: under -12 kPa for 600 readings is drift, until it is back", () => {
        const bench = new PressureBench()
        bench.read(-12_002)
        expect(bench.hold(-12_002, 599)).toBe(None)
        expect(bench.hold(-12_002, 1)).toBe(Drifting)
        expect(bench.read(-12_000)).toBe(None)
        expect(bench.hold(-12_002, 599)).toBe(None)
        expect(bench.hold(-11_999, 1_000)).toBe(None)
    })

    test.each([
        [749, None],
        [750, None],
        [770, Noisy],
        [5_000, Noisy],
    ])("SEN-6: readings %d Pa to either side of the mean: %i", (amplitudePa, expected) => {
        const bench = new PressureBench()
        bench.read(0)
        let found = None
        let samples = 0
        for (; samples < 400 && found === None; samples++) found = bench.read(samples % 2 ? amplitudePa : -amplitudePa)
        expect(found).toBe(expected)
        if (expected === Noisy) {
            expect(samples).toBe(128)
            // It ends with the first block of 64 that is quiet.
            for (let i = 0; i < 63; i++) expect(bench.read(i % 2)).toBe(Noisy)
            expect(bench.read(5)).toBe(None)
        }
    })

    test("SEN-6: the ripple of the steps is not scatter: a quarter of what the stiffest line would make of them", () => {
        for (const [steps, expected] of [
            [1, Noisy],
            [2, None],
        ]) {
            const bench = new PressureBench()
            bench.read(0)
            let found = None
            for (let i = 0; i < 300; i++) found = bench.read(i % 2 ? 1_700 : -1_700, steps)
            // 3400 Pa of scatter, less 250 Pa for each step, and three quarters of that from sample to sample: 1000 in all.
            expect(found).toBe(expected)
        }
    })

    test.each([0, 1, 2, 3, 10])(
        "SEN-6: of a step's ripple three quarters are left in each next sample, here after %d",
        later => {
            const bench = new PressureBench()
            bench.read(0)
            bench.read(0, 4)
            for (let i = 1; i < later; i++) bench.read(0)
            if (later > 0) bench.read(3_000)
            // 4 steps of 5 nL make 4 kPa of ripple in the stiffest line, and a quarter of what is left of it is taken off.
            const leftPa = 4_000 * 0.75 ** later
            expect(bench.check.ripplePa).toBeCloseTo(leftPa, 9)
            expect(bench.check.blockPa).toBeCloseTo(later === 0 ? 0 : 1_500 - leftPa / 4, 9)
        },
    )

    test("SEN-6: a cough counts by no more than 4 kPa a reading, so a bout in each block is not noise", () => {
        for (const [coughs, expected] of [
            [7, None],
            [9, Noisy],
        ]) {
            const bench = new PressureBench()
            bench.read(0)
            let found = None
            for (let i = 0; i < 320; i++) {
                const inBlock = i % 64
                found = bench.read(inBlock % 4 === 2 && inBlock < coughs * 4 ? 15_000 : i % 2)
            }
            expect(found).toBe(expected)
        }
    })

    test("SEN-6: noise in every other block is none", () => {
        const bench = new PressureBench()
        bench.read(0)
        for (let i = 0; i < 640; i++) {
            const noisy = Math.floor(i / 64) % 2 === 0
            expect(bench.read(i % 2 ? 0 : noisy ? 3_000 : 1)).toBe(None)
        }
    })

    /** A line with all that a patient and a mechanism do to it, sampled once a second or later. */
    const line = fc.record({
        seed: fc.integer(),
        ratePlPerS: fc.oneof(fc.constant(0), fc.double({ min: 500, max: 2_800_000, noNaN: true })),
        stepPl: fc.constantFrom(100, 5_000, 44_900, 300_000, 1_000_000, 10_000_000),
        compliancePlPerPa: fc.oneof(fc.constant(20), fc.double({ min: 20, max: 10_000, noNaN: true })),
        resistancePaSPerPl: fc.double({ min: 0, max: 0.1, noNaN: true }),
        pulsePa: fc.integer({ min: 0, max: 500 }),
        beatsPerMinute: fc.integer({ min: 40, max: 150 }),
        noisePa: fc.integer({ min: 5, max: 60 }),
        slipPa: fc.integer({ min: 0, max: 5_000 }),
        occludedFromS: fc.integer({ min: 0, max: 600 }),
        readingLags: fc.boolean(),
    })

    test("SEN-7: no occlusion, and nothing that patient, weather or mechanism do, is taken for a failing sensor", () => {
        fc.assert(
            fc.property(line, made => {
                let state = made.seed >>> 0
                const random = () => {
                    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
                    return state / 4_294_967_296
                }
                const check = createSensorChecks().pressure
                const noise = () => (random() + random() + random() - 1.5) * 2 * made.noisePa
                let commandedSteps = 0
                let owedPl = 0
                let stoppedPl = 0
                let overPa = 0
                let posturePa = 0
                let weatherPa = 0
                let weatherPaPerS = 0
                let coughingS = 0
                let restedS = 0
                let previousPa = NaN
                let timeS = 0
                for (let sample = 0; sample < 600; sample++) {
                    const elapsedS = random() < 0.9 ? 1 : 1 + random() * 1.4
                    timeS += elapsedS
                    const occluded = timeS >= made.occludedFromS
                    // The driver stops at 350 kPa because the motor does; commands go on.
                    for (let part = 0; part < 4; part++) {
                        owedPl += (made.ratePlPerS * elapsedS) / 4
                        const steps = Math.floor(owedPl / made.stepPl)
                        owedPl -= steps * made.stepPl
                        commandedSteps += steps
                        stoppedPl += steps * made.stepPl
                        if (stoppedPl > 0 && stoppedPl / made.compliancePlPerPa >= random() * made.slipPa) {
                            overPa = Math.min(350_000, overPa + stoppedPl / made.compliancePlPerPa)
                            stoppedPl = 0
                        }
                        const timeConstantS = made.resistancePaSPerPl * made.compliancePlPerPa
                        if (!occluded) overPa *= timeConstantS > 0 ? Math.exp(-elapsedS / 4 / timeConstantS) : 0
                    }
                    if (random() < 0.002) posturePa = 3_000 - posturePa
                    if (random() < 0.0003) weatherPaPerS = ((random() * 2 - 1) * 300) / 3_600
                    weatherPa += weatherPaPerS * elapsedS
                    if (restedS > 60 && random() < 0.01) {
                        coughingS = 1 + Math.floor(random() * 5)
                        restedS = 0
                    }
                    restedS += elapsedS
                    const coughPa = coughingS > 0 ? random() * 15_000 : 0
                    coughingS -= 1
                    const pulsePa = made.pulsePa * Math.sin((timeS * made.beatsPerMinute * 2 * Math.PI) / 60)
                    const spinalPa = occluded ? 0 : pulsePa + coughPa
                    const truePa = Math.round(1_000 + posturePa + weatherPa + overPa + spinalPa + noise())
                    const readPa = made.readingLags && sample > 0 ? previousPa : truePa
                    previousPa = truePa
                    const found = judgePressureReading(check, readPa, commandedSteps, made.stepPl)
                    if (found !== None) expect({ sample, found }).toBe(None)
                }
            }),
            { numRuns: 50, endOnFailure: true },
        )
    })

    test("SEN-5: a sensor that jumps past the usual threshold at a basal flow is doubted in its first sample", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 60_000, max: 250_000 }),
                fc.double({ min: 0, max: 6_944, noNaN: true }), // 25 µL/h
                fc.integer({ min: 50, max: 500 }),
                (jumpPa, ratePlPerS, jumpSample) => {
                    const check = createSensorChecks().pressure
                    for (let i = 0; i < jumpSample; i++)
                        judgePressureReading(check, 1_000 + (i % 7), Math.floor((i * ratePlPerS) / 44_900), 44_900)
                    const steps = Math.floor((jumpSample * ratePlPerS) / 44_900)
                    expect(judgePressureReading(check, 1_000 + jumpPa, steps, 44_900)).not.toBe(None)
                },
            ),
            { numRuns: 300 },
        )
    })
})

describe("encoder", () => {
    const judge = (check: ReturnType<typeof createSensorChecks>["encoder"], steps: number, nowMs: number) =>
        judgeEncoderReading(check, steps, 7, 48, nowMs)

    test.each([
        [NaN, Invalid],
        [Infinity, Invalid],
        [-Infinity, Invalid],
        [0.5, Invalid],
        [2_147_483_648, OutOfRange],
        [2_147_483_647, None],
        [-2_147_483_647, None],
        [-2_147_483_648, OutOfRange],
        [0, None],
    ])("SEN-3: a first count of %d: %i", (steps, expected) => {
        expect(judge(createSensorChecks().encoder, steps, 5_000)).toBe(expected)
    })

    // 7 steps in half a tick of 100 ms, for a second: 140; and the slack of 48.
    test.each([
        [188, 1_000, None],
        [189, 1_000, Jumped],
        [-188, 1_000, None],
        [-189, 1_000, Jumped],
        [398, 2_500, None],
        [399, 2_500, Jumped],
        [48, 0, None],
        [49, 0, Jumped],
        [48, -1_000, None],
        [49, -1_000, Jumped],
    ])("SEN-8: a change of %d steps in %d ms: %i", (change, elapsedMs, expected) => {
        const { encoder } = createSensorChecks()
        judge(encoder, 100, 5_000)
        expect(judge(encoder, 100 + change, 5_000 + elapsedMs)).toBe(expected)
        expect(judge(encoder, 100 + change, 6_000 + elapsedMs)).toBe(None)
    })

    test("SEN-8: a shaft that goes on turning too fast is motion from its second sample on", () => {
        for (const way of [1, -1]) {
            const { encoder } = createSensorChecks()
            judge(encoder, 0, 0)
            expect(judge(encoder, way * 5_000, 1_000)).toBe(Jumped)
            expect(judge(encoder, way * 10_000, 2_000)).toBe(None)
            expect(judge(encoder, way * 15_000, 3_000)).toBe(None)
            expect(judge(encoder, way * 15_010, 4_000)).toBe(None)
            expect(judge(encoder, way * 20_000, 5_000)).toBe(Jumped)
        }
    })

    test("SEN-8: a count that jumps to and fro is never believed", () => {
        const { encoder } = createSensorChecks()
        judge(encoder, 0, 0)
        for (let i = 1; i < 20; i++) expect(judge(encoder, i % 2 ? 5_000 : 0, i * 1_000)).toBe(Jumped)
    })

    test("SEN-7: what the motor can do, with ticks and samples as late as they like, is never a jump", () => {
        const second = fc.record({
            ticks: fc.integer({ min: 1, max: 10 }),
            lateMs: fc.integer({ min: 0, max: 1_500 }),
            perTick: fc.integer({ min: -7, max: 7 }),
            behind: fc.integer({ min: 0, max: 48 }),
        })
        fc.assert(
            fc.property(fc.array(second, { minLength: 5, maxLength: 100 }), seconds => {
                const { encoder } = createSensorChecks()
                let steps = 0
                let nowMs = 0
                for (const { ticks, lateMs, perTick, behind } of seconds) {
                    steps += ticks * perTick
                    nowMs += ticks * 100 + lateMs
                    expect(judge(encoder, steps - behind, nowMs)).toBe(None)
                }
            }),
        )
    })
})

describe("end switch", () => {
    test.each([
        [0, None],
        [1, None],
        [NaN, Invalid],
        [Infinity, Invalid],
        [-Infinity, Invalid],
        [-1, OutOfRange],
        [0.5, OutOfRange],
        [2, OutOfRange],
    ])("SEN-3: a reading of %d: %i", (pressed, expected) => {
        expect(judgeEndSwitchReading(pressed)).toBe(expected)
    })
})

describe("battery", () => {
    const bench = () => createSensorChecks().battery

    test.each([
        [NaN, Invalid],
        [Infinity, Invalid],
        [-Infinity, Invalid],
        [999, OutOfRange],
        [1_000, None],
        [20_000, None],
        [20_001, OutOfRange],
    ])("SEN-3: a first reading of %d mV: %i", (batteryMv, expected) => {
        expect(judgeBatteryReading(bench(), batteryMv)).toBe(expected)
    })

    test.each([
        [3_500, None],
        [3_499, Jumped],
        [4_500, None],
        [4_501, Jumped],
    ])("SEN-9: from 4000 to %d mV in one sample: %i", (batteryMv, expected) => {
        const battery = bench()
        judgeBatteryReading(battery, 4_000)
        expect(judgeBatteryReading(battery, batteryMv)).toBe(expected)
    })

    test("SEN-9: a sudden fall is doubted for an hour, and then believed", () => {
        const battery = bench()
        judgeBatteryReading(battery, 4_000)
        for (let i = 0; i < 3_600; i++) expect(judgeBatteryReading(battery, 3_200 + (i % 3))).toBe(Jumped)
        expect(judgeBatteryReading(battery, 3_200)).toBe(None)
        // The next one is doubted as long.
        for (let i = 0; i < 3_600; i++) expect(judgeBatteryReading(battery, 2_000)).toBe(Jumped)
        expect(judgeBatteryReading(battery, 2_000)).toBe(None)
    })

    test("SEN-9: a fall that comes back is forgotten", () => {
        const battery = bench()
        judgeBatteryReading(battery, 4_000)
        for (let i = 0; i < 3_599; i++) judgeBatteryReading(battery, 3_200)
        expect(judgeBatteryReading(battery, 3_990)).toBe(None)
        for (let i = 0; i < 3_600; i++) expect(judgeBatteryReading(battery, 3_200)).toBe(Jumped)
        expect(judgeBatteryReading(battery, 3_200)).toBe(None)
    })

    test("SEN-9: a rise is believed at its second sample, a spike never", () => {
        const battery = bench()
        judgeBatteryReading(battery, 3_500)
        expect(judgeBatteryReading(battery, 5_000)).toBe(Jumped)
        expect(judgeBatteryReading(battery, 3_500)).toBe(None)
        expect(judgeBatteryReading(battery, 5_000)).toBe(Jumped)
        expect(judgeBatteryReading(battery, 5_000)).toBe(None)
        expect(judgeBatteryReading(battery, 6_000)).toBe(Jumped)
        expect(judgeBatteryReading(battery, 6_000)).toBe(None)
    })

    test("SEN-7: a battery that runs down, is charged and swapped never has its monitor doubted for three samples in a row", () => {
        const phase = fc.record({
            samples: fc.integer({ min: 5, max: 200 }),
            mvPerSample: fc.integer({ min: -20, max: 20 }),
            swappedToMv: fc.option(fc.integer({ min: 10_000, max: 12_000 })),
        })
        fc.assert(
            fc.property(
                fc.array(phase, { minLength: 1, maxLength: 10 }),
                fc.integer({ min: 0, max: 200 }),
                (phases, noiseMv) => {
                    const battery = bench()
                    let batteryMv = 9_000
                    let doubted = 0
                    for (const { samples, mvPerSample, swappedToMv } of phases) {
                        if (swappedToMv !== null && swappedToMv > batteryMv) batteryMv = swappedToMv
                        for (let i = 0; i < samples; i++) {
                            batteryMv = Math.min(12_000, Math.max(3_000, batteryMv + mvPerSample))
                            const found = judgeBatteryReading(battery, batteryMv + (i % 2 ? noiseMv : -noiseMv))
                            doubted = found === None ? 0 : doubted + 1
                            if (doubted >= 2) expect(found).toBe(None)
                        }
                    }
                },
            ),
        )
    })
})

describe("wall clock", () => {
    class ClockBench {
        readonly check = createSensorChecks().clock
        nowMs = 3_000
        wallMs: number

        constructor(wallMs: number) {
            this.wallMs = wallMs
            this.read(0, 0)
        }

        /** The clocks go on by so much each. */
        read(elapsedMs: number, wallElapsedMs = elapsedMs): SensorFault {
            this.nowMs += elapsedMs
            this.wallMs += wallElapsedMs
            return judgeClockReading(this.check, this.wallMs, this.nowMs)
        }
    }

    test.each([
        [NaN, Invalid],
        [Infinity, Invalid],
        [-Infinity, Invalid],
        [-1, OutOfRange],
        [0, None],
        [MS_PER_WEEK, None],
        [WALL_MS_MAX - 1, None],
        [WALL_MS_MAX, OutOfRange],
    ])("SEN-3: a first reading of %d ms: %i", (wallMs, expected) => {
        expect(judgeClockReading(createSensorChecks().clock, wallMs, 3_000)).toBe(expected)
    })

    test.each([
        [6_000, None],
        [6_001, Jumped],
        [-4_000, None],
        [-4_001, Jumped],
        [1_000 + MS_PER_HOUR, Jumped],
        [1_000 - MS_PER_HOUR, Jumped],
        [1_000 + MS_PER_WEEK, Jumped],
        [1_000 - MS_PER_WEEK, Jumped],
    ])("SEN-10: %d ms on the wall clock in one second: %i", (wallElapsedMs, expected) => {
        for (const startMs of [MS_PER_WEEK, 1_300 * MS_PER_WEEK - 500, WALL_MS_MAX - 2 * MS_PER_WEEK]) {
            const bench = new ClockBench(startMs)
            expect(bench.read(1_000, wallElapsedMs)).toBe(expected)
        }
    })

    test("SEN-10: a jump stays one until a person accepts the clock", () => {
        const bench = new ClockBench(1_000_000)
        expect(bench.read(1_000, 1_000 + MS_PER_HOUR)).toBe(Jumped)
        for (let i = 0; i < 1_000; i++) expect(bench.read(1_000)).toBe(Jumped)
        acceptClock(bench.check)
        for (let i = 0; i < 1_000; i++) expect(bench.read(1_000)).toBe(None)
        expect(bench.read(1_000, 6_001)).toBe(Jumped)
    })

    test.each([5_000, -5_000])("SEN-10: a jump that comes back to within %d ms is over", backToMs => {
        const bench = new ClockBench(MS_PER_WEEK - 1_000)
        expect(bench.read(1_000, 1_000 + MS_PER_HOUR)).toBe(Jumped)
        const beyondMs = backToMs > 0 ? 1 : -1
        expect(bench.read(0, backToMs + beyondMs - MS_PER_HOUR)).toBe(Jumped)
        expect(bench.read(0, -beyondMs)).toBe(None)
    })

    test("SEN-10: a monotonic clock that jumps, or runs back, is found by the wall clock", () => {
        expect(new ClockBench(0).read(6_001, 1_000)).toBe(Jumped)
        expect(new ClockBench(0).read(-4_001, 1_000)).toBe(Jumped)
        expect(new ClockBench(0).read(20_000, 20_000)).toBe(None)
        expect(new ClockBench(0).read(-4_000, 1_000)).toBe(None)
    })

    test("SEN-10: a clock that shows the same time for over 5 s is stuck, until it goes on", () => {
        const bench = new ClockBench(7_000)
        for (let i = 0; i < 5; i++) expect(bench.read(1_000, 0)).toBe(None)
        expect(bench.read(1, 0)).toBe(Stuck)
        expect(bench.read(1_000, 0)).toBe(Stuck)
        expect(bench.read(1_000, 7_001)).toBe(None)
    })

    test("SEN-10: a clock that goes on a minute behind after it stood is drifting until a person accepts it", () => {
        const bench = new ClockBench(7_000)
        for (let i = 0; i < 59; i++) bench.read(1_000, 0)
        expect(bench.read(1_000)).toBe(None)
        for (let i = 0; i < 3; i++) bench.read(1_000, 0)
        expect(bench.read(1_000)).toBe(Drifting)
        for (let i = 0; i < 1_000; i++) expect(bench.read(1_000)).toBe(Drifting)
        acceptClock(bench.check)
        for (let i = 0; i < 3; i++) expect(bench.read(1_000)).toBe(None)
    })

    test.each([
        [1, 99, None],
        [-1, 99, None],
        [1, 200, Drifting],
        [-1, 200, Drifting],
    ])("SEN-10: %i times %d millionths off for eight days: %i", (way, millionths, expected) => {
        const bench = new ClockBench(0)
        let found = None
        for (let minute = 0; minute < 8 * 1_440; minute++) found = bench.read(60_000, 60_000 + way * 0.06 * millionths)
        expect(found).toBe(expected)
    })

    test("SEN-10: a clock that jumped is not drifting besides, and its drift starts anew", () => {
        const bench = new ClockBench(0)
        bench.read(1_000, 1_000 + MS_PER_HOUR)
        for (let i = 0; i < 100; i++) bench.read(1_000, 2_000)
        expect(bench.read(1_000)).toBe(Jumped)
        expect(bench.read(0, -100_000 - MS_PER_HOUR)).toBe(None)
    })

    test("SEN-7: good clocks, late samples and whole seconds are never a fault, for weeks", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 0, max: WALL_MS_MAX / 2 }),
                fc.integer({ min: -90, max: 90 }),
                fc.array(fc.integer({ min: 900, max: 2_500 }), { minLength: 10, maxLength: 50 }),
                fc.integer({ min: 1, max: 60 }),
                (startMs, millionths, intervalsMs, days) => {
                    const { clock } = createSensorChecks()
                    let nowMs = 3_000
                    const read = () => {
                        const wallMs = startMs + nowMs * (1 + millionths / 1e6)
                        return judgeClockReading(clock, Math.floor(wallMs / 1_000) * 1_000, nowMs)
                    }
                    for (let hour = 0; hour < days * 24; hour++) {
                        for (const intervalMs of hour % 100 === 0 ? intervalsMs : [1_000]) {
                            nowMs += intervalMs
                            const found = read()
                            if (found !== None) expect({ hour, found }).toBe(None)
                        }
                        nowMs += MS_PER_HOUR
                    }
                },
            ),
            { numRuns: 30 },
        )
    })
})

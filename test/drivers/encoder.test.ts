import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
    ILLEGAL_TRANSITION,
    QUADRATURE_COUNTS,
    startIndexEncoder,
    startQuadratureEncoder,
} from "../../src/drivers/encoder"
import { createReadings, SensorFault } from "../../src/pump/readings"
import { EmulatedInput } from "./emulated"

// Levels of A and B over one period, forward.
const PERIOD = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
]

test("every quadrature transition counts +1, -1, 0 or is illegal", () => {
    for (let from = 0; from < 4; from++)
        for (let to = 0; to < 4; to++) {
            const before = 2 * PERIOD[from][0] + PERIOD[from][1]
            const after = 2 * PERIOD[to][0] + PERIOD[to][1]
            const moved = (to - from + 4) % 4
            expect(QUADRATURE_COUNTS[4 * before + after]).toBe([0, 1, ILLEGAL_TRANSITION, -1][moved])
        }
})

describe("quadrature", () => {
    function bench(uncertainStepsMax = 32) {
        const a = new EmulatedInput(0)
        const b = new EmulatedInput(0)
        const encoder = startQuadratureEncoder({ a, b, stepsPerCount: 8, uncertainStepsMax })
        const readings = createReadings()
        let position = 0
        const show = (counts: number) => {
            position = counts
            ;[a.level, b.level] = PERIOD[((counts % 4) + 4) % 4]
        }
        return {
            readings,
            show,
            turn: (steps: number, direction = 1) => {
                const from = position * 8
                for (let i = 1; i <= steps; i++) {
                    show(Math.floor((from + direction * i) / 8))
                    encoder.afterStep(direction)
                }
            },
            // The shaft is at another count when the encoder looks after a step, or while the rotor settles.
            step: (counts: number, direction: number) => {
                show(counts)
                encoder.afterStep(direction)
            },
            settle: (counts: number, direction: number) => {
                show(counts)
                encoder.whileSettling?.(direction)
            },
            shaftSteps: () => encoder.shaftSteps?.(),
            unseen: show,
            read: () => encoder.read(readings),
        }
    }

    test("follows forward and back in motor steps", async () => {
        const { turn, read, readings } = bench()
        turn(3200)
        await read()
        expect(readings).toMatchObject({ encoderSteps: 3200, encoderFault: SensorFault.None })
        turn(800, -1)
        await read()
        expect(readings.encoderSteps).toBe(2400)
    })

    test("a motor that does not turn leaves it where it is, without a fault", async () => {
        const { read, readings } = bench()
        await read()
        expect(readings).toMatchObject({ encoderSteps: 0, encoderFault: SensorFault.None })
    })

    test("a shaft turned by hand while the motor rests shows at the next sample", async () => {
        const { unseen, read, readings } = bench()
        unseen(1)
        await read()
        expect(readings.encoderSteps).toBe(8)
    })

    test("an illegal transition makes its sample Invalid and no other", async () => {
        const { unseen, turn, read, readings } = bench()
        unseen(2)
        await read()
        expect(readings.encoderFault).toBe(SensorFault.Invalid)
        expect(readings.encoderSteps).toBeNaN()
        turn(8)
        await read()
        expect(readings).toMatchObject({ encoderSteps: 8, encoderFault: SensorFault.None })
    })

    test("ENC-1: a rotor that falls back while it settles is counted back, by one count a look or by two", async () => {
        const { step, settle, read, readings } = bench()
        for (let count = 1; count <= 4; count++) step(count, 1)
        for (const count of [3, 1, 0]) settle(count, 1)
        await read()
        expect(readings).toMatchObject({ encoderSteps: 0, encoderFault: SensorFault.None })
    })

    test("ENC-1: a shaft that is blocked gets nowhere, slip after slip, and its samples stay good", async () => {
        const { step, settle, read, readings } = bench()
        for (let cycle = 0; cycle < 50; cycle++) {
            for (let count = 1; count <= 4; count++) step(count, 1)
            for (const count of [3, 1, 0]) settle(count, 1)
            await read()
            expect(readings).toMatchObject({ encoderSteps: 0, encoderFault: SensorFault.None })
        }
    })

    test("ENC-1: two counts at once after a step count against it, whichever way it was made", async () => {
        const { step, read, readings } = bench()
        step(2, 1)
        await read()
        expect(readings).toMatchObject({ encoderSteps: -16, encoderFault: SensorFault.None })
        step(0, -1)
        await read()
        expect(readings).toMatchObject({ encoderSteps: 0, encoderFault: SensorFault.None })
    })

    test("ENC-1: two counts unseen at the sample after a step count against it, at the next one nobody knows", async () => {
        const { step, unseen, read, readings } = bench()
        step(1, 1)
        unseen(3)
        await read()
        expect(readings).toMatchObject({ encoderSteps: -8, encoderFault: SensorFault.None })
        unseen(5)
        await read()
        expect(readings.encoderFault).toBe(SensorFault.Invalid)
        step(4, -1)
        unseen(2)
        await read()
        expect(readings).toMatchObject({ encoderSteps: 0, encoderFault: SensorFault.None })
    })

    test("asked for the shaft it gives the count at once, and two counts unseen are a turn", () => {
        const { unseen, turn, shaftSteps } = bench()
        expect(shaftSteps()).toBe(0)
        turn(24)
        expect(shaftSteps()).toBe(24)
        unseen(2)
        expect(shaftSteps()).toBe(16)
        unseen(4)
        expect(shaftSteps()).toBe(32)
        unseen(2)
        expect(shaftSteps()).toBe(48)
    })

    test("asking for the shaft is no step: two counts unseen after it are Invalid", async () => {
        const { unseen, turn, shaftSteps, read, readings } = bench()
        turn(8)
        expect(shaftSteps()).toBe(8)
        unseen(3)
        await read()
        expect(readings.encoderFault).toBe(SensorFault.Invalid)
    })

    test.each([
        [2, SensorFault.None],
        [3, SensorFault.Invalid],
    ])("after %d illegal transitions of 16 steps each and a bound of 32 its fault is %d", async (times, fault) => {
        const { unseen, read, readings } = bench(32)
        for (let i = 1; i <= times; i++) {
            unseen(2 * i)
            await read()
        }
        await read()
        expect(readings.encoderFault).toBe(fault)
    })
})

describe("index", () => {
    const STEPS_PER_EDGE = 32
    function bench(startStep = 0) {
        const index = new EmulatedInput(0)
        const level = (step: number) => (step % STEPS_PER_EDGE >= STEPS_PER_EDGE / 2 ? 1 : 0)
        index.level = level(startStep)
        const encoder = startIndexEncoder({ index, stepsPerEdge: STEPS_PER_EDGE, toleranceSteps: 8 })
        const readings = createReadings()
        let position = startStep
        const turn = (steps: number, stuck = false, direction = 1) => {
            for (let i = 0; i < steps; i++) {
                if (!stuck) position += direction
                index.level = level(((position % STEPS_PER_EDGE) + STEPS_PER_EDGE) % STEPS_PER_EDGE)
                encoder.afterStep(direction)
            }
        }
        const glitch = () => {
            for (const value of [1 - index.level, index.level]) {
                index.level = value
                encoder.afterStep(1)
            }
        }
        return { turn, glitch, read: () => encoder.read(readings), readings }
    }

    test.each([0, 1, 15, 16, 17, 31])("lags the motor by less than one edge from any start (%d)", async start => {
        const { turn, read, readings } = bench(start)
        for (let made = 1; made <= 400; made++) {
            turn(1)
            await read()
            expect(readings.encoderFault).toBe(SensorFault.None)
            const lag = made - readings.encoderSteps
            expect(lag).toBeGreaterThanOrEqual(0)
            expect(lag).toBeLessThan(made < STEPS_PER_EDGE ? STEPS_PER_EDGE + 1 : STEPS_PER_EDGE)
        }
    })

    test("follows forward and back in any order, never ahead of the motor and never a whole edge behind", async () => {
        await fc.assert(
            fc.asyncProperty(
                fc.integer({ min: 0, max: 31 }),
                fc.array(fc.integer({ min: -90, max: 90 }), { maxLength: 40 }),
                async (start, turns) => {
                    const { turn, read, readings } = bench(start)
                    // The first edge is what the count begins with.
                    turn(STEPS_PER_EDGE)
                    let made = STEPS_PER_EDGE
                    for (const steps of turns) {
                        turn(Math.abs(steps), false, Math.sign(steps))
                        made += steps
                        await read()
                        expect(readings.encoderFault).toBe(SensorFault.None)
                        expect(made - readings.encoderSteps).toBeGreaterThanOrEqual(0)
                        expect(made - readings.encoderSteps).toBeLessThan(STEPS_PER_EDGE)
                    }
                },
            ),
        )
    })

    test.each([
        [1, 64],
        [-1, -64],
    ])("a motor that is stuck on its way %d leaves the count where it was", async (direction, steps) => {
        const { turn, read, readings } = bench()
        turn(80)
        turn(Math.abs(steps), true, direction)
        await read()
        expect(readings).toMatchObject({ encoderSteps: 80, encoderFault: SensorFault.None })
    })

    test.each([
        [23, SensorFault.Invalid, 16],
        [24, SensorFault.None, 48],
        [40, SensorFault.None, 48],
        [41, SensorFault.None, 16],
    ])("an edge %d steps after the last, of 32 and a tolerance of 8", async (sinceEdge, fault, steps) => {
        const index = new EmulatedInput(0)
        const encoder = startIndexEncoder({ index, stepsPerEdge: STEPS_PER_EDGE, toleranceSteps: 8 })
        const readings = createReadings()
        for (let made = 1; made <= 16 + sinceEdge; made++) {
            index.level = made === 16 || made === 16 + sinceEdge ? 1 : 0
            encoder.afterStep(1)
        }
        await encoder.read(readings)
        expect(readings.encoderFault).toBe(fault)
        if (fault === SensorFault.Invalid) await encoder.read(readings)
        expect(readings.encoderSteps).toBe(steps)
    })

    test.each([
        [8, SensorFault.None],
        [9, SensorFault.Invalid],
    ])("a second edge %d steps after the last, with a tolerance of 8", async (sinceEdge, fault) => {
        const index = new EmulatedInput(0)
        const encoder = startIndexEncoder({ index, stepsPerEdge: STEPS_PER_EDGE, toleranceSteps: 8 })
        const readings = createReadings()
        for (let made = 1; made <= 16 + sinceEdge; made++) {
            index.level = made === 16 || made === 16 + sinceEdge ? 1 : 0
            encoder.afterStep(1)
        }
        await encoder.read(readings)
        expect(readings.encoderFault).toBe(fault)
    })

    test("ENC-1: a blocked rotor that slips back four full steps, over and over, gets nowhere", async () => {
        const index = new EmulatedInput(0)
        const encoder = startIndexEncoder({ index, stepsPerEdge: STEPS_PER_EDGE, toleranceSteps: 8 })
        const readings = createReadings()
        for (let made = 1; made <= 6400; made++) {
            // Half of each cycle pressed against the block, half of it on the way back there.
            const position = 200 - 32 + Math.min(32, made % 64)
            index.level = position % STEPS_PER_EDGE >= STEPS_PER_EDGE / 2 ? 1 : 0
            encoder.afterStep(1)
        }
        await encoder.read(readings)
        expect(readings.encoderFault).toBe(SensorFault.None)
        expect(readings.encoderSteps).toBeLessThan(STEPS_PER_EDGE)
    })

    test("a missing edge leaves the count behind, to be judged as a motor that does not follow", async () => {
        const { turn, read, readings } = bench()
        turn(64)
        turn(64, true)
        await read()
        expect(readings.encoderFault).toBe(SensorFault.None)
        expect(128 - readings.encoderSteps).toBeGreaterThan(64)
        turn(128)
        await read()
        expect(256 - readings.encoderSteps).toBeGreaterThanOrEqual(64)
    })

    test("an edge too early for the motor makes its sample Invalid and no other", async () => {
        const { turn, glitch, read, readings } = bench()
        turn(16 + 14)
        glitch()
        turn(2)
        glitch()
        await read()
        expect(readings.encoderFault).toBe(SensorFault.Invalid)
        expect(readings.encoderSteps).toBeNaN()
        await read()
        expect(readings.encoderFault).toBe(SensorFault.None)
    })

    test("chatter at an edge is that edge", async () => {
        const { turn, glitch, read, readings } = bench()
        turn(16)
        glitch()
        glitch()
        await read()
        expect(readings).toMatchObject({ encoderSteps: 16, encoderFault: SensorFault.None })
    })
})

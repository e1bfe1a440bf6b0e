import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Reason } from "../../src/pump/alarms"
import {
    CLEAN_SLACKS,
    createFlow,
    createFollowing,
    FLOW_WINDOW_MS,
    forgetFollowing,
    judgeFlow,
    judgeFollowing,
    restartFlow,
    TRY_STEPS_MIN,
} from "../../src/pump/following"

const SLACK = 48
/** Steps of one try of a motor with that slack. */
const TRY = Math.max(SLACK, TRY_STEPS_MIN)
const MINUTE_MS = 60_000

/** A motor with an encoder, of which a test says how many of the commanded steps it makes. */
class Motor {
    readonly following = createFollowing()
    commandedSteps = 1_000
    encoderSteps = -300

    constructor(readonly slackSteps = SLACK) {
        this.judge()
    }

    judge(): void {
        judgeFollowing(this.following, this.commandedSteps, this.encoderSteps, this.slackSteps)
    }

    /** One sample in which the motor was told to make `askedSteps` and made `madeSteps`. */
    move(askedSteps: number, madeSteps = askedSteps): Reason {
        this.commandedSteps += askedSteps
        this.encoderSteps += madeSteps
        this.judge()
        return this.following.finding
    }
}

/** A motor that just fell behind by one step more than the slack. */
function stalled(slackSteps = SLACK): Motor {
    const motor = new Motor(slackSteps)
    motor.move(slackSteps + 1, 0)
    return motor
}

describe("a motor that follows", () => {
    test("the first sample is taken as equal, wherever the encoder stands", () => {
        const { following } = new Motor()
        expect(following.offsetSteps).toBe(1_300)
        expect(following.finding).toBe(Reason.None)
    })

    test.each([
        [48, 0, Reason.None],
        [49, 0, Reason.StepsLost],
        [0, 48, Reason.None],
        [0, 49, Reason.MovedByItself],
        [100, 52, Reason.None],
        [100, 51, Reason.StepsLost],
        [100, 148, Reason.None],
        [100, 149, Reason.MovedByItself],
    ])("MOT-1: of %d commanded steps the encoder sees %d: finding %d", (askedSteps, madeSteps, finding) => {
        expect(new Motor().move(askedSteps, madeSteps)).toBe(finding)
    })

    test("MOT-1: steps lost one at a time are found as well", () => {
        const motor = new Motor()
        for (let i = 0; i < 48; i++) expect(motor.move(100, 99)).toBe(Reason.None)
        expect(motor.move(100, 99)).toBe(Reason.StepsLost)
    })

    test("MOT-1: counts that both begin at nothing are judged as any others", () => {
        const following = createFollowing()
        judgeFollowing(following, 0, 0, SLACK)
        expect(following.offsetSteps).toBe(0)
        judgeFollowing(following, 49, 49, SLACK)
        judgeFollowing(following, 49, 0, SLACK)
        expect(following.finding).toBe(Reason.StepsLost)
        judgeFollowing(following, 49, 49, SLACK)
        expect(following.finding).toBe(Reason.None)
        expect(following.offsetSteps).toBe(0)
    })

    test("a sample without a number, or a pump without an encoder, is not judged", () => {
        const motor = new Motor()
        const before = { ...motor.following }
        judgeFollowing(motor.following, 5_000, NaN, SLACK)
        judgeFollowing(motor.following, NaN, 5_000, SLACK)
        judgeFollowing(motor.following, 5_000, 0, 0)
        judgeFollowing(motor.following, 5_000, 0, NaN)
        expect(motor.following).toEqual(before)
        const unknown = createFollowing()
        judgeFollowing(unknown, 5_000, NaN, SLACK)
        expect(unknown).toEqual(createFollowing())
    })

    test("MOT-1: one sample without a reading hides no step", () => {
        const motor = new Motor()
        motor.move(48, 0)
        motor.commandedSteps += 1
        judgeFollowing(motor.following, motor.commandedSteps, NaN, SLACK)
        expect(motor.move(0)).toBe(Reason.StepsLost)
    })

    test("an encoder that was only late, or read wrong once, ends the finding by itself and nothing is lost", () => {
        for (const jump of [49, 1_000, -49, -1_000]) {
            const motor = new Motor()
            expect(motor.move(10, 10 - jump)).toBe(jump > 0 ? Reason.StepsLost : Reason.MovedByItself)
            expect(motor.move(10, 10 + jump)).toBe(Reason.None)
            expect(motor.following.lostSteps).toBe(0)
            // Nor does the next loss count as one of several, or as a try that began then.
            expect(motor.following.trying).toBe(false)
            expect(motor.move(49, 0)).toBe(Reason.StepsLost)
            expect(motor.move(TRY / 2)).toBe(Reason.None)
        }
    })
})

describe("bounded retry", () => {
    test.each([
        [5, 128],
        [48, 128],
        [128, 128],
        [129, 129],
        [200, 200],
    ])(
        "MOT-2: a slack of %d: three failed tries of %d steps each, then the motor has failed",
        (slackSteps, trySteps) => {
            const motor = stalled(slackSteps)
            for (let step = 1; step < 3 * trySteps; step++) {
                expect(motor.move(1, 0)).toBe(Reason.StepsLost)
                expect(motor.following.failed).toBe(false)
                expect(motor.following.failedTries).toBe(Math.floor(step / trySteps))
            }
            expect(motor.move(1, 0)).toBe(Reason.StepsLost)
            expect(motor.following.failed).toBe(true)
            expect(motor.following.trying).toBe(false)
            expect(motor.following.lostSteps).toBe(0)
            forgetFollowing(motor.following)
            expect(motor.following.lostSteps).toBe(slackSteps + 1 + 3 * trySteps)
            forgetFollowing(motor.following)
            expect(motor.following.lostSteps, "forgotten once").toBe(slackSteps + 1 + 3 * trySteps)
        },
    )

    test("MOT-3: what is behind or ahead when the record is forgotten stays counted, and nothing does before a sample", () => {
        for (const behindSteps of [30, -30, 100]) {
            const motor = new Motor()
            motor.move(100, 100 - behindSteps)
            forgetFollowing(motor.following)
            expect(motor.following.lostSteps).toBe(behindSteps)
            expect(motor.move(10)).toBe(Reason.None)
            expect(motor.following.lostSteps).toBe(behindSteps)
        }
        const unknown = createFollowing()
        forgetFollowing(unknown)
        expect(unknown).toEqual(createFollowing())
    })

    test.each([
        [5, 128, 64],
        [48, 128, 64],
        [129, 129, 65],
        [200, 200, 100],
    ])("MOT-2: a slack of %d: a try ends with %d steps, and %d are half of one", (slackSteps, trySteps, halfSteps) => {
        const motor = stalled(slackSteps)
        // However many steps one sample brings, it ends one try.
        motor.move(3 * trySteps - 1, 0)
        expect(motor.following.failedTries).toBe(1)
        motor.move(trySteps - 1, 0)
        expect(motor.following.failedTries).toBe(1)
        motor.move(1, 0)
        expect(motor.following.failedTries).toBe(2)
        expect(motor.move(halfSteps - 1)).toBe(Reason.StepsLost)
        expect(motor.move(1)).toBe(Reason.None)
    })

    test("MOT-2: a try with nothing due takes as long as it takes", () => {
        const motor = stalled()
        for (let i = 0; i < 10_000; i++) motor.move(0)
        expect(motor.following.failedTries).toBe(0)
        expect(motor.following.finding).toBe(Reason.StepsLost)
        expect(motor.following.failed).toBe(false)
    })

    test.each([
        [128, 64, Reason.None],
        [128, 63, Reason.StepsLost],
        [200, 100, Reason.None],
        [200, 99, Reason.StepsLost],
        [80, 64, Reason.None],
        [80, 63, Reason.StepsLost],
    ])("MOT-3: a try of %d steps of which the encoder sees %d: finding %d", (askedSteps, madeSteps, finding) => {
        const motor = stalled()
        expect(motor.move(askedSteps, madeSteps)).toBe(finding)
        expect(motor.following.failedTries).toBe(finding !== Reason.None && askedSteps >= TRY ? 1 : 0)
        expect(motor.following.lostSteps).toBe(finding === Reason.None ? SLACK + 1 + askedSteps - madeSteps : 0)
    })

    test("MOT-3: recovery is found at the sample that shows half a try, and the account starts afresh", () => {
        const motor = stalled()
        motor.move(2 * TRY, 0)
        expect(motor.following.failedTries).toBe(1)
        for (let step = 1; step < TRY / 2; step++) expect(motor.move(1)).toBe(Reason.StepsLost)
        expect(motor.move(1)).toBe(Reason.None)
        expect(motor.following.lostSteps).toBe(SLACK + 1 + 2 * TRY)
        expect(motor.following.trying).toBe(false)
        expect(motor.move(SLACK, 0)).toBe(Reason.None)
        expect(motor.move(1, 0)).toBe(Reason.StepsLost)
        expect(motor.following.failedTries).toBe(0)
    })

    test("MOT-2: tries that fail count only in a row", () => {
        const motor = stalled()
        for (let episode = 0; episode < 5; episode++) {
            motor.move(TRY, 0)
            motor.move(TRY, 0)
            expect(motor.following.failedTries).toBe(2)
            motor.move(TRY)
            expect(motor.following.trying).toBe(false)
            motor.move(SLACK + 1, 0)
            expect(motor.following.failed).toBe(false)
        }
    })

    test("MOT-2: a motor that has failed stays so until the record is forgotten, whatever the encoder then does", () => {
        const motor = stalled()
        for (let i = 0; i < 3; i++) motor.move(TRY, 0)
        expect(motor.following.failed).toBe(true)
        motor.move(200)
        motor.move(200, 0)
        // Even when it seems to have made up all, and seven steps more.
        motor.move(0, SLACK + 1 + 3 * TRY + 200 + 7)
        expect(motor.following.failed).toBe(true)
        expect(motor.following.finding).toBe(Reason.StepsLost)
        expect(motor.following.lostSteps).toBe(0)
        const lostSteps = motor.following.aheadSteps - motor.following.offsetSteps
        expect(lostSteps).toBe(-7)
        forgetFollowing(motor.following)
        expect(motor.following).toEqual({
            ...createFollowing(),
            lostSteps,
            commandedSteps: motor.commandedSteps,
            aheadSteps: motor.following.aheadSteps,
            tryCommandedSteps: motor.following.tryCommandedSteps,
            tryEncoderSteps: motor.following.tryEncoderSteps,
        })
        expect(motor.move(500, 0)).toBe(Reason.None)
        expect(motor.move(49, 0)).toBe(Reason.StepsLost)
    })

    test("forgetting in the middle of a try, or of a motor that loses again, starts with a motor that follows", () => {
        const motor = stalled()
        motor.move(TRY, 0)
        motor.move(TRY)
        motor.move(SLACK + 1, 0)
        motor.move(TRY, 0)
        expect(motor.following.failedTries).toBe(1)
        expect(motor.following.losesAgain).toBe(true)
        forgetFollowing(motor.following)
        expect(motor.move(10, 0)).toBe(Reason.None)
        expect(motor.move(SLACK + 1, 0)).toBe(Reason.StepsLost)
        expect(motor.following.failedTries).toBe(0)
        expect(motor.move(TRY)).toBe(Reason.None)
    })

    test("MOT-5: a motor that runs away is found though it has failed before", () => {
        const motor = stalled()
        for (let i = 0; i < 3; i++) motor.move(TRY, 0)
        expect(motor.move(0, SLACK + 1 + 3 * TRY + SLACK)).toBe(Reason.StepsLost)
        expect(motor.move(0, 1)).toBe(Reason.MovedByItself)
        expect(motor.following.failed).toBe(true)
    })

    test("MOT-5: a motor that runs away in a try is found", () => {
        const motor = stalled()
        expect(motor.move(0, 2 * SLACK + 2)).toBe(Reason.MovedByItself)
        expect(motor.following.trying).toBe(false)
        expect(motor.following.lostSteps).toBe(0)
    })
})

describe("a motor that loses steps for good", () => {
    /** Commands `steps`, in samples of 10, to a motor that makes this part of them; how often each finding was made. */
    function run(motor: Motor, steps: number, part: number): { lost: number; none: number } {
        const counts = { lost: 0, none: 0 }
        let made = 0
        for (let asked = 10; asked <= steps; asked += 10) {
            const madeNow = Math.floor(asked * part) - made
            made += madeNow
            if (motor.move(10, madeNow) === Reason.StepsLost) counts.lost++
            else counts.none++
        }
        return counts
    }

    test.each([0.1, 0.2, 0.4, 0.49])(
        "MOT-4: a motor that loses the part %d is told without a break and not stopped",
        part => {
            const motor = new Motor()
            run(motor, 2 * (SLACK / part + TRY) + 20, 1 - part)
            expect(run(motor, 20_000, 1 - part)).toEqual({ lost: 2_000, none: 0 })
            expect(motor.following.failed).toBe(false)
            // All that was lost is accounted for but what the slack, half a try and a sample still hide.
            const lost = motor.commandedSteps - motor.encoderSteps - 1_300
            expect(lost - motor.following.lostSteps).toBeGreaterThanOrEqual(0)
            expect(lost - motor.following.lostSteps).toBeLessThanOrEqual(SLACK + TRY / 2 + 10)
        },
    )

    test("MOT-2: a motor that makes less than half of its steps has failed", () => {
        const motor = new Motor()
        run(motor, 500, 0.45)
        expect(motor.following.failed).toBe(true)
    })

    test("MOT-4: a motor that loses one step in fifty is told each time, and each time recovers", () => {
        const motor = new Motor()
        const counts = run(motor, 50_000, 0.98)
        expect(counts.none).toBeGreaterThan(20 * counts.lost)
        expect(motor.following.lostSteps).toBeGreaterThan(900)
        expect(motor.following.losesAgain).toBe(false)
    })

    test("MOT-4: a second loss within sixteen slacks of a recovery keeps the finding, until sixteen pass without one", () => {
        for (const apart of [CLEAN_SLACKS * SLACK, CLEAN_SLACKS * SLACK + 1]) {
            const again = apart === CLEAN_SLACKS * SLACK
            const motor = stalled()
            expect(motor.move(TRY)).toBe(Reason.None)
            motor.move(apart - SLACK - 1)
            motor.move(SLACK + 1, 0)
            expect(motor.move(TRY)).toBe(again ? Reason.StepsLost : Reason.None)
            expect(motor.move(CLEAN_SLACKS * SLACK)).toBe(again ? Reason.StepsLost : Reason.None)
            expect(motor.move(1)).toBe(Reason.None)
            expect(motor.following.losesAgain).toBe(false)
        }
    })
})

describe("a blocked rotor", () => {
    /** Two fifths of a try, rounded down. */
    const SHOWN = 51

    /** Commands samples of `sampleSteps` until the motor has failed; how many steps that took, infinite if over 2000. */
    function stepsUntilFailed(rotorSteps: (commandedSteps: number) => number, sampleSteps: number): number {
        const following = createFollowing()
        for (let commanded = 0; commanded <= 2_000; commanded += sampleSteps) {
            judgeFollowing(following, commanded, rotorSteps(commanded), SLACK)
            if (following.failed) return commanded
        }
        return Infinity
    }

    /** What failing may take: the slack, three tries, and what the rotor seems to make before it seems to lose the first step. */
    function stepsMax(sampleSteps: number): number {
        return SLACK + 1 + SHOWN + 3 * TRY + 4 * (sampleSteps - 1)
    }

    // The field takes the rotor along for part of each electrical period of 64 steps; in the rest it stands, and then falls back.
    test.each([0, 24, 32, SHOWN])("MOT-2: one that swings by %d steps ends as failed, in any phase", swingSteps => {
        for (const sampleSteps of [1, 7, 10, 62, 70]) {
            for (let phase = 0; phase < 64; phase++) {
                const rotorSteps = (commanded: number) => Math.min((commanded + phase) % 64, swingSteps)
                expect(stepsUntilFailed(rotorSteps, sampleSteps)).toBeLessThanOrEqual(stepsMax(sampleSteps))
            }
        }
    })

    // At most 10 steps in a sample of one second are a flow of 1.6 mL/h.
    test.each([1, 16, 32, SHOWN])(
        "MOT-2: one that creeps on by %d steps of 128 ends as failed, in any phase",
        shownSteps => {
            for (const sampleSteps of [1, 7, 10]) {
                for (let phase = 0; phase < 128; phase++) {
                    const rotorSteps = (commanded: number) => {
                        const inTrySteps = (commanded + phase) % 128
                        return ((commanded + phase - inTrySteps) / 128) * shownSteps + Math.min(inTrySteps, shownSteps)
                    }
                    expect(stepsUntilFailed(rotorSteps, sampleSteps)).toBeLessThanOrEqual(stepsMax(sampleSteps))
                }
            }
        },
    )

    test("MOT-2: one that shows itself anywhere within two fifths of a try ends as failed", () => {
        fc.assert(
            fc.property(
                fc.array(
                    fc.record({ asked: fc.integer({ min: 1, max: 70 }), at: fc.integer({ min: 0, max: SHOWN }) }),
                    {
                        minLength: 700,
                        maxLength: 700,
                    },
                ),
                samples => {
                    const motor = new Motor()
                    for (const { asked, at } of samples) {
                        motor.move(asked, at - 300 - motor.encoderSteps)
                        if (motor.following.failed) break
                    }
                    return motor.following.failed && motor.commandedSteps - 1_000 <= stepsMax(70) + SHOWN
                },
            ),
        )
    })
})

describe("a pull-back", () => {
    test("MOT-6: one that the motor follows, or follows in part, or not at all is no finding", () => {
        for (const part of [1, 0.5, 0]) {
            const motor = new Motor()
            for (let i = 0; i < 20; i++) expect(motor.move(-70, -70 * part)).toBe(Reason.None)
            // And afterwards the motor is judged as ever.
            expect(motor.move(48, 0)).toBe(Reason.None)
            expect(motor.move(1, 0)).toBe(Reason.StepsLost)
        }
    })

    test("MOT-6: it neither ends nor lengthens what is being tried", () => {
        const motor = stalled()
        motor.move(TRY, 0)
        expect(motor.move(-200)).toBe(Reason.StepsLost)
        expect(motor.move(-200, 0)).toBe(Reason.StepsLost)
        expect(motor.following.failedTries).toBe(1)
        expect(motor.move(TRY, TRY / 2 - 1)).toBe(Reason.StepsLost)
        expect(motor.following.failedTries).toBe(2)
        expect(motor.move(TRY, 0)).toBe(Reason.StepsLost)
        expect(motor.following.failed).toBe(true)
    })

    test("MOT-6: what stood behind within the slack before it still does after it", () => {
        const motor = new Motor()
        motor.move(40, 0)
        motor.move(-10)
        expect(motor.move(8, 0)).toBe(Reason.None)
        expect(motor.move(1, 0)).toBe(Reason.StepsLost)
    })
})

describe("for any motion", () => {
    const sample = fc.record({
        asked: fc.integer({ min: 0, max: 90 }),
        part: fc.constantFrom(1, 1, 1, 0.9, 0.5, 0.2, 0),
    })

    test("MOT-1: a motor always within the slack is never found wanting", () => {
        fc.assert(
            fc.property(
                fc.array(fc.tuple(fc.integer({ min: -90, max: 90 }), fc.integer({ min: -24, max: 24 })), {
                    maxLength: 200,
                }),
                samples => {
                    const motor = new Motor()
                    let lagSteps = 0
                    for (const [asked, lag] of samples) {
                        // Lags change going forward only: what is not followed of a pull-back is not judged.
                        const nextLag = asked < 0 ? lagSteps : lag
                        if (motor.move(asked, asked + lagSteps - nextLag) !== Reason.None) return false
                        lagSteps = nextLag
                    }
                    return !motor.following.failed
                },
            ),
        )
    })

    test("MOT-3: lost steps and those behind since are all that the motor did not make, and at most a slack and three tries are behind", () => {
        fc.assert(
            fc.property(fc.array(sample, { maxLength: 300 }), samples => {
                const motor = new Motor()
                for (const { asked, part } of samples) {
                    motor.move(asked, Math.floor(asked * part))
                    const { lostSteps, aheadSteps, offsetSteps } = motor.following
                    if (lostSteps + aheadSteps - offsetSteps !== motor.commandedSteps - motor.encoderSteps - 1_300)
                        return false
                    if (motor.following.failed) forgetFollowing(motor.following)
                    else if (aheadSteps - offsetSteps > SLACK + 3 * TRY + 4 * 90) return false
                    // Forgotten, the next sample is taken as equal: only nothing may happen until then.
                    if (motor.following.offsetSteps !== offsetSteps) motor.move(0)
                }
                return true
            }),
        )
    })

    test("MOT-2: a motor that makes no step at all has failed after a slack, three tries and a step, and a sample's steps each", () => {
        fc.assert(
            fc.property(fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 500, maxLength: 500 }), samples => {
                const motor = new Motor()
                for (const asked of samples) {
                    motor.move(asked, 0)
                    if (motor.following.failed) break
                }
                const askedSteps = motor.commandedSteps - 1_000
                return motor.following.failed && askedSteps > SLACK + 3 * TRY && askedSteps <= SLACK + 3 * TRY + 4 * 70
            }),
        )
    })
})

describe("the flow against the programme", () => {
    const TOLERANCE_PL = 1_000
    const WINDOW_PL = 100_000

    /** A flow whose window began at these totals. */
    function begun(askedPl = 5_000_000, sensedPl = 7_000_000, nowMs = 3_000) {
        const flow = createFlow()
        judgeFlow(flow, askedPl, sensedPl, nowMs, TOLERANCE_PL)
        const judge = (askedSincePl: number, sensedSincePl: number, sinceMs: number) => {
            judgeFlow(flow, askedPl + askedSincePl, sensedPl + sensedSincePl, nowMs + sinceMs, TOLERANCE_PL)
            return flow.finding
        }
        return { flow, judge }
    }

    test("the first sample opens a window", () => {
        expect(begun().flow).toEqual({
            finding: Reason.None,
            sinceMs: 3_000,
            sinceAskedPl: 5_000_000,
            sinceSensedPl: 7_000_000,
        })
    })

    test.each([
        ["FLW-1", 111_000, Reason.None],
        ["FLW-1", 111_001, Reason.OverProgramme],
        ["FLW-2", 89_000, Reason.None],
        ["FLW-2", 88_999, Reason.UnderProgramme],
        ["FLW-2", 0, Reason.UnderProgramme],
        ["FLW-2", -5_000, Reason.UnderProgramme],
    ])(
        "%s: %d pL sensed of 100 000 in a window of 15 min with a tolerance of 1000: finding %d",
        (_, sensedPl, finding) => {
            const { flow, judge } = begun()
            expect(judge(WINDOW_PL, sensedPl, FLOW_WINDOW_MS)).toBe(finding)
            expect(flow.sinceMs).toBe(3_000 + FLOW_WINDOW_MS)
            expect(flow.sinceAskedPl).toBe(5_000_000 + WINDOW_PL)
            expect(flow.sinceSensedPl).toBe(7_000_000 + sensedPl)
        },
    )

    test("FLW-2: under the programme is found at the end of the window and not before", () => {
        const { flow, judge } = begun()
        expect(judge(WINDOW_PL, 0, FLOW_WINDOW_MS - 1)).toBe(Reason.None)
        expect(flow.sinceMs).toBe(3_000)
        expect(judge(WINDOW_PL, 0, FLOW_WINDOW_MS)).toBe(Reason.UnderProgramme)
    })

    test("FLW-1: over the programme is found as soon as the window's volume is too much", () => {
        const { flow, judge } = begun()
        expect(judge(20_000, 23_000, MINUTE_MS)).toBe(Reason.None)
        expect(judge(20_000, 23_001, MINUTE_MS)).toBe(Reason.OverProgramme)
        expect(flow.sinceMs).toBe(3_000)
        expect(judge(WINDOW_PL, WINDOW_PL, FLOW_WINDOW_MS - 1)).toBe(Reason.OverProgramme)
        expect(judge(WINDOW_PL, WINDOW_PL, FLOW_WINDOW_MS)).toBe(Reason.None)
    })

    test("FLW-1: a window that asks for little is judged by ten tolerances", () => {
        const { flow, judge } = begun()
        expect(judge(0, 12_000, 100 * FLOW_WINDOW_MS)).toBe(Reason.None)
        expect(flow.sinceMs).toBe(3_000)
        expect(judge(0, 12_001, 100 * FLOW_WINDOW_MS)).toBe(Reason.OverProgramme)
        expect(judge(9_999, 12_000, 200 * FLOW_WINDOW_MS)).toBe(Reason.OverProgramme)
        expect(flow.sinceMs).toBe(3_000)
        expect(judge(10_000, 12_000, 200 * FLOW_WINDOW_MS)).toBe(Reason.None)
        expect(flow.sinceMs).toBe(3_000 + 200 * FLOW_WINDOW_MS)
    })

    test("FLW-2: at a low flow the window lasts until ten tolerances were asked for", () => {
        const { judge } = begun()
        expect(judge(9_999, 0, 100 * FLOW_WINDOW_MS)).toBe(Reason.None)
        expect(judge(10_000, 7_999, 100 * FLOW_WINDOW_MS)).toBe(Reason.UnderProgramme)
    })

    test("FLW-2: a window within ends either finding, a window of the other kind changes it", () => {
        const { judge } = begun()
        let asked = 0
        let sensed = 0
        let ms = 0
        const window = (part: number) => {
            asked += WINDOW_PL
            sensed += WINDOW_PL * part
            ms += FLOW_WINDOW_MS
            return judge(asked, sensed, ms)
        }
        expect([0.5, 0.5, 1, 2, 1, 2, 0.5, 2].map(window)).toEqual([
            Reason.UnderProgramme,
            Reason.UnderProgramme,
            Reason.None,
            Reason.OverProgramme,
            Reason.None,
            Reason.OverProgramme,
            Reason.UnderProgramme,
            Reason.OverProgramme,
        ])
    })

    test("FLW-3: a time without delivery is not judged: too much ends with it, too little stands", () => {
        for (const [sensedPl, finding, after] of [
            [WINDOW_PL, Reason.None, Reason.None],
            [2 * WINDOW_PL, Reason.OverProgramme, Reason.None],
            [0, Reason.UnderProgramme, Reason.UnderProgramme],
        ]) {
            const { flow, judge } = begun()
            expect(judge(WINDOW_PL, sensedPl, FLOW_WINDOW_MS)).toBe(finding)
            restartFlow(flow, 8_000_000, 9_000_000, 77_000)
            expect(flow).toEqual({
                finding: after,
                sinceMs: 77_000,
                sinceAskedPl: 8_000_000,
                sinceSensedPl: 9_000_000,
            })
        }
    })

    test("FLW-3: a total that is not a number, or a clock that ran backwards, opens the window anew and keeps the finding", () => {
        for (const [askedPl, sensedPl, ms] of [
            [NaN, 0, FLOW_WINDOW_MS],
            [WINDOW_PL, NaN, FLOW_WINDOW_MS],
            [WINDOW_PL, 0, -1],
        ]) {
            const { flow, judge } = begun()
            expect(judge(askedPl, sensedPl, ms)).toBe(Reason.None)
            expect(flow.sinceMs).toBe(3_000 + ms)
            // What cannot be compared stays so for one sample more; the window begins at the first one that can.
            expect(judge(WINDOW_PL, 0, 2 * FLOW_WINDOW_MS)).toBe(Reason.None)
            expect(judge(2 * WINDOW_PL, 0, 3 * FLOW_WINDOW_MS)).toBe(Reason.UnderProgramme)
            expect(judge(NaN, NaN, 4 * FLOW_WINDOW_MS)).toBe(Reason.UnderProgramme)
        }
    })

    test("FLW-3: a sample at the very time at which the window began changes nothing", () => {
        const { flow, judge } = begun()
        const before = { ...flow }
        expect(judge(0, 0, 0)).toBe(Reason.None)
        expect(judge(5_000, 3_000, 0)).toBe(Reason.None)
        expect(flow).toEqual(before)
    })

    test("FLW-1, FLW-2: a pump that delivers within its tolerance is never found wanting, at any flow", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 1, max: 500 }),
                fc.array(fc.integer({ min: -TOLERANCE_PL / 2, max: TOLERANCE_PL / 2 }), {
                    minLength: 60,
                    maxLength: 60,
                }),
                (plPerSecond, errorsPl) => {
                    const flow = createFlow()
                    return errorsPl.every((errorPl, i) => {
                        const nowMs = i * 60 * MINUTE_MS
                        const askedPl = plPerSecond * (nowMs / 1_000)
                        judgeFlow(flow, askedPl, askedPl + errorPl, nowMs, TOLERANCE_PL)
                        return flow.finding === Reason.None
                    })
                },
            ),
        )
    })
})

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Reason } from "../../src/pump/alarms"
import {
    BRIDGED_SAMPLES_MAX,
    createVolume,
    END_SWITCH_SAMPLES,
    endSwitchBelievable,
    judgeVolume,
    refilled,
    VOLUME_DIFFERENCE_PL_MIN,
} from "../../src/pump/volume"

const STEP_PL = 50_000
const SLACK = 48
/** 10 mL, of which 14.5 % are 1.45 mL, or 29 000 steps. */
const STEPS = 200_000
const DIFFERENCE_STEPS = 29_000

/** A pump with all that estimates its volume, of which a test says what each sees. */
class Account {
    readonly volume = createVolume()
    commandedSteps = 700
    encoderSteps = -40
    encoderRead = true
    endSwitch = 0
    residualPl = 20_000_000_000

    constructor(
        readonly slackSteps = SLACK,
        readonly stepPl = STEP_PL,
    ) {
        this.judge()
    }

    judge(): Reason {
        const encoderSteps = this.encoderRead ? this.encoderSteps : NaN
        const { volume, commandedSteps, slackSteps, stepPl, residualPl, endSwitch } = this
        judgeVolume(volume, commandedSteps, encoderSteps, slackSteps, stepPl, residualPl, endSwitch)
        return volume.finding
    }

    /** One sample in which the motor was told to make `askedSteps` and the encoder saw `madeSteps`. */
    move(askedSteps: number, madeSteps = askedSteps): Reason {
        this.commandedSteps += askedSteps
        this.encoderSteps += madeSteps
        this.residualPl -= askedSteps * this.stepPl
        return this.judge()
    }
}

/** An account of 10 mL on which all agree, with this much left. */
function delivered(residualPl = 10_000_000_000): Account {
    const account = new Account()
    account.move(STEPS)
    account.residualPl = residualPl
    return account
}

describe("steps and encoder", () => {
    test("VOL-1: the account begins at nothing, wherever the counts stand", () => {
        const { volume } = new Account()
        expect([volume.meteredPl, volume.countedPl, volume.sensedPl]).toEqual([0, 0, 0])
        expect(volume.finding).toBe(Reason.None)
        expect(createVolume().encoderDiffers).toBe(false)
        expect(createVolume().endSwitchDiffers).toBe(false)
        expect(createVolume().refillDiffers).toBe(false)
    })

    test("VOL-1: it counts both, and a pull-back takes off both", () => {
        const account = new Account()
        account.move(1_000, 990)
        account.move(0)
        account.move(-100, -90)
        expect(account.volume.meteredPl).toBe(900 * STEP_PL)
        expect(account.volume.countedPl).toBe(900 * STEP_PL)
        expect(account.volume.sensedPl).toBe(900 * STEP_PL)
        account.move(200, 150)
        expect(account.volume.sensedPl).toBe(1_050 * STEP_PL)
    })

    test.each([
        [STEPS, STEPS - DIFFERENCE_STEPS, Reason.None],
        [STEPS, STEPS - DIFFERENCE_STEPS - 1, Reason.EncoderDiffers],
        [STEPS, STEPS + DIFFERENCE_STEPS, Reason.None],
        [STEPS, STEPS + DIFFERENCE_STEPS + 1, Reason.EncoderDiffers],
        // 0.1 mL are 2000 steps: less never alarms.
        [10_000, 8_000, Reason.None],
        [10_000, 7_999, Reason.EncoderDiffers],
        [0, 2_000, Reason.None],
        [0, 2_001, Reason.EncoderDiffers],
    ])("VOL-1: of %d commanded steps the encoder saw %d: finding %d", (askedSteps, madeSteps, finding) => {
        const account = new Account()
        expect(account.move(askedSteps, madeSteps)).toBe(finding)
        // Also when the difference came little by little.
        const slow = new Account()
        for (let i = 0; i < 100; i++) slow.move(askedSteps / 100, (askedSteps + madeSteps) / 200)
        expect(slow.move(0, (madeSteps - askedSteps) / 2)).toBe(finding)
    })

    test.each([
        [800, 3_200, Reason.None],
        [800, 3_201, Reason.EncoderDiffers],
    ])("VOL-1: with a slack of %d steps, %d steps lost: finding %d", (slackSteps, lostSteps, finding) => {
        const account = new Account(slackSteps)
        expect(account.move(10_000, 10_000 - lostSteps)).toBe(finding)
    })

    test("VOL-1: an encoder that stands still, at nothing or elsewhere, is counted as one that saw no step", () => {
        for (const encoderSteps of [0, 5_000]) {
            const account = new Account()
            account.encoderSteps = encoderSteps
            account.volume.encoderSteps = NaN
            account.judge()
            for (let i = 0; i < 4; i++) expect(account.move(500, 0)).toBe(Reason.None)
            expect(account.move(1, 0)).toBe(Reason.EncoderDiffers)
            expect(account.volume.countedPl).toBe(2_001 * STEP_PL)
        }
    })

    test("VOL-1: a difference that a longer account outweighs is over", () => {
        const account = new Account()
        expect(account.move(10_000, 7_000)).toBe(Reason.EncoderDiffers)
        expect(account.move(10_000)).toBe(Reason.EncoderDiffers)
        expect(account.move(10_000)).toBe(Reason.None)
    })

    test("VOL-1: a short gap in the encoder's readings is bridged by its count", () => {
        const account = delivered()
        account.encoderRead = false
        for (let i = 0; i < BRIDGED_SAMPLES_MAX; i++) account.move(1_000, 900)
        expect(account.volume.countedPl).toBe(STEPS * STEP_PL)
        account.encoderRead = true
        account.move(0)
        expect(account.volume.meteredPl).toBe((STEPS + 2_000) * STEP_PL)
        expect(account.volume.countedPl).toBe((STEPS + 2_000) * STEP_PL)
        expect(account.volume.sensedPl).toBe((STEPS + 1_800) * STEP_PL)
    })

    test("VOL-1: a longer one is left out of the comparison, and what comes after is compared again", () => {
        const account = delivered()
        account.encoderRead = false
        for (let i = 0; i <= BRIDGED_SAMPLES_MAX; i++) account.move(100_000, 0)
        account.encoderRead = true
        expect(account.move(0)).toBe(Reason.None)
        expect(account.volume.meteredPl).toBe((STEPS + 300_000) * STEP_PL)
        expect(account.volume.countedPl).toBe(STEPS * STEP_PL)
        expect(account.volume.sensedPl).toBe(STEPS * STEP_PL)
        expect(account.move(50_000, 10_000)).toBe(Reason.EncoderDiffers)
        expect(account.volume.countedPl).toBe((STEPS + 50_000) * STEP_PL)
        expect(account.volume.sensedPl).toBe((STEPS + 10_000) * STEP_PL)
    })

    test("VOL-1: gaps are short or long each by itself", () => {
        const account = delivered()
        for (let i = 0; i < 5; i++) {
            account.encoderRead = false
            account.move(100)
            account.encoderRead = true
            account.move(100)
        }
        expect(account.volume.countedPl).toBe((STEPS + 1_000) * STEP_PL)
    })

    test("VOL-1: a finding stands while the encoder can't be read", () => {
        const account = new Account()
        account.move(10_000, 7_000)
        account.encoderRead = false
        for (let i = 0; i < 10; i++) expect(account.move(10_000, 0)).toBe(Reason.EncoderDiffers)
    })

    test("VOL-1: a pump without an encoder has no second estimate, and none that differs", () => {
        for (const slackSteps of [0, NaN]) {
            const account = new Account(slackSteps)
            expect(account.move(STEPS, 0)).toBe(Reason.None)
            expect(account.volume.meteredPl).toBe(STEPS * STEP_PL)
            expect(account.volume.countedPl).toBe(0)
        }
    })

    test("VOL-1: an encoder that is read late counts from then on", () => {
        const account = new Account()
        const late = createVolume()
        judgeVolume(late, 700, NaN, SLACK, STEP_PL, account.residualPl, 0)
        judgeVolume(late, 900, 50, SLACK, STEP_PL, account.residualPl, 0)
        judgeVolume(late, 950, 100, SLACK, STEP_PL, account.residualPl, 0)
        expect([late.meteredPl, late.countedPl, late.sensedPl]).toEqual([250 * STEP_PL, 50 * STEP_PL, 50 * STEP_PL])
    })

    test("VOL-1: an account put back after a reset goes on from there", () => {
        const account = new Account()
        account.volume.meteredPl = STEPS * STEP_PL
        account.volume.countedPl = STEPS * STEP_PL
        account.volume.sensedPl = (STEPS - DIFFERENCE_STEPS) * STEP_PL
        expect(account.move(0)).toBe(Reason.None)
        expect(account.move(0, -1)).toBe(Reason.EncoderDiffers)
        expect(account.volume.meteredPl).toBe(STEPS * STEP_PL)
    })
})

describe("the end switch", () => {
    test.each([
        [1_450_000_000, true],
        [1_450_000_001, false],
        [0, true],
        [-50_000, true],
    ])("VOL-3: pressed after 10 mL with %d pL left by account, it is believed: %s", (residualPl, believed) => {
        const account = delivered(residualPl)
        account.endSwitch = 1
        for (let i = 1; i <= END_SWITCH_SAMPLES; i++) {
            expect(endSwitchBelievable(account.volume, residualPl)).toBe(believed)
            expect(account.judge()).toBe(!believed && i === END_SWITCH_SAMPLES ? Reason.EndSwitchDiffers : Reason.None)
        }
        expect(endSwitchBelievable(account.volume, residualPl)).toBe(believed)
    })

    test.each([
        [VOLUME_DIFFERENCE_PL_MIN, true],
        [VOLUME_DIFFERENCE_PL_MIN + 1, false],
    ])("VOL-3: pressed soon after a refill with %d pL left by account, it is believed: %s", (residualPl, believed) => {
        const account = new Account()
        account.residualPl = residualPl
        account.endSwitch = 1
        expect(endSwitchBelievable(account.volume, residualPl)).toBe(believed)
        account.judge()
        account.judge()
        expect(account.judge()).toBe(believed ? Reason.None : Reason.EndSwitchDiffers)
    })

    test("VOL-2: one disturbed reading, or two, is no finding", () => {
        const account = delivered()
        for (let i = 0; i < 10; i++) {
            account.endSwitch = 1
            expect(account.judge()).toBe(Reason.None)
            expect(account.judge()).toBe(Reason.None)
            account.endSwitch = 0
            expect(account.judge()).toBe(Reason.None)
        }
    })

    test("VOL-2: a missing reading changes nothing", () => {
        const account = delivered()
        for (const endSwitch of [1, NaN, 1, NaN, NaN]) {
            account.endSwitch = endSwitch
            expect(account.judge()).toBe(Reason.None)
        }
        account.endSwitch = 1
        expect(account.judge()).toBe(Reason.EndSwitchDiffers)
        account.endSwitch = NaN
        expect(account.judge()).toBe(Reason.EndSwitchDiffers)
    })

    test("VOL-3: a switch found wrong stays so when the account comes down to it, and not once it has opened", () => {
        const account = delivered()
        account.endSwitch = 1
        for (let i = 0; i < END_SWITCH_SAMPLES; i++) account.judge()
        account.residualPl = 0
        expect(account.judge()).toBe(Reason.EndSwitchDiffers)
        expect(endSwitchBelievable(account.volume, 0)).toBe(false)
        account.endSwitch = 0
        expect(account.judge()).toBe(Reason.None)
        account.endSwitch = 1
        account.judge()
        expect(endSwitchBelievable(account.volume, 0)).toBe(true)
    })

    test("VOL-2: pressed samples that the account explains begin the count anew", () => {
        const account = delivered()
        account.endSwitch = 1
        account.judge()
        account.judge()
        account.residualPl = 1_000_000_000
        account.judge()
        account.residualPl = 10_000_000_000
        expect(account.judge()).toBe(Reason.None)
        expect(account.judge()).toBe(Reason.None)
        expect(account.judge()).toBe(Reason.EndSwitchDiffers)
    })

    test("an account at nothing with the switch not pressed is not judged", () => {
        expect(delivered(0).judge()).toBe(Reason.None)
        expect(delivered(-1_000_000_000).judge()).toBe(Reason.None)
    })
})

describe("a refill", () => {
    const EXPECTED_PL = 10_000_000_000

    test.each([
        [EXPECTED_PL, Reason.None],
        [EXPECTED_PL + 1_450_000_000, Reason.None],
        [EXPECTED_PL + 1_450_000_001, Reason.RefillDiffers],
        [EXPECTED_PL - 1_450_000_000, Reason.None],
        [EXPECTED_PL - 1_450_000_001, Reason.RefillDiffers],
        [0, Reason.RefillDiffers],
        [NaN, Reason.None],
    ])(
        "VOL-4: after 10 mL, %d pL drawn out where 10 mL were expected: finding %d until the next refill",
        (measuredPl, finding) => {
            const account = delivered()
            refilled(account.volume, EXPECTED_PL, measuredPl)
            expect(account.volume.finding).toBe(finding)
            expect(account.move(STEPS)).toBe(finding)
            refilled(account.volume, EXPECTED_PL, NaN)
            expect(account.volume.finding).toBe(Reason.None)
            expect(account.judge()).toBe(Reason.None)
        },
    )

    test.each([
        [VOLUME_DIFFERENCE_PL_MIN, Reason.None],
        [VOLUME_DIFFERENCE_PL_MIN + 1, Reason.RefillDiffers],
    ])("VOL-4: soon after another refill, a difference of %d pL: finding %d", (differencePl, finding) => {
        const account = new Account()
        refilled(account.volume, EXPECTED_PL, EXPECTED_PL - differencePl)
        expect(account.judge()).toBe(finding)
    })

    test("VOL-4: it begins the account anew, and ends what encoder and switch had found", () => {
        const account = delivered()
        account.endSwitch = 1
        account.move(0, -50_000)
        account.judge()
        expect(account.judge()).toBe(Reason.EndSwitchDiffers)
        expect(account.volume.encoderDiffers).toBe(true)
        refilled(account.volume, EXPECTED_PL, NaN)
        const { volume } = account
        expect([volume.meteredPl, volume.countedPl, volume.sensedPl]).toEqual([0, 0, 0])
        expect([volume.encoderDiffers, volume.endSwitchDiffers, volume.finding]).toEqual([false, false, Reason.None])
        account.residualPl = 20_000_000_000
        expect(account.judge()).toBe(Reason.None)
        expect(account.judge()).toBe(Reason.None)
        expect(account.judge()).toBe(Reason.EndSwitchDiffers)
        account.endSwitch = 0
        expect(account.move(100, 90)).toBe(Reason.None)
        expect([volume.meteredPl, volume.countedPl, volume.sensedPl]).toEqual([100, 100, 90].map(n => n * STEP_PL))
    })

    test("VOL-5: of several findings the refill is named first, then the switch, then the encoder", () => {
        const account = delivered()
        refilled(account.volume, EXPECTED_PL, 0)
        account.endSwitch = 1
        account.move(0, 2_001)
        account.judge()
        account.judge()
        const { volume } = account
        expect([volume.refillDiffers, volume.endSwitchDiffers, volume.encoderDiffers]).toEqual([true, true, true])
        expect(volume.finding).toBe(Reason.RefillDiffers)
        volume.refillDiffers = false
        expect(account.judge()).toBe(Reason.EndSwitchDiffers)
        account.endSwitch = 0
        expect(account.judge()).toBe(Reason.EncoderDiffers)
    })
})

describe("for any motion", () => {
    const samples = fc.array(
        fc.record({
            asked: fc.integer({ min: -90, max: 5_000 }),
            lag: fc.integer({ min: -SLACK, max: SLACK }),
            read: fc.boolean(),
        }),
        { maxLength: 300 },
    )

    test("VOL-1: an encoder within its slack never differs, whatever is read of it, and every commanded step is metered", () => {
        fc.assert(
            fc.property(samples, list => {
                const account = new Account()
                let lag = 0
                let asked = 0
                for (const sample of list) {
                    account.encoderRead = sample.read
                    if (account.move(sample.asked, sample.asked + lag - sample.lag) !== Reason.None) return false
                    lag = sample.lag
                    asked += sample.asked
                    if (account.volume.meteredPl !== asked * STEP_PL) return false
                }
                return true
            }),
        )
    })
})

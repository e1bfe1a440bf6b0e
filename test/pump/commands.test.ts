import { describe, expect, test } from "vitest"
import { Alarm, Reason } from "../../src/pump/alarms"
import { WALL_UNKNOWN } from "../../src/pump/checkpoint"
import { raise } from "../../src/pump/delivery"
import {
    MS_PER_DAY,
    MS_PER_HOUR,
    PRIME_PL_MAX,
    RATE_PL_PER_DAY_MIN,
    RESTARTS_MS,
    START_UP_MS,
} from "../../src/pump/limits"
import { BolusEvent, BolusReason, Mode } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, Refusal, SensorFault } from "../../src/pump/readings"
import { Bench, LIMITS, MECHANISM, started, steadyProgramme } from "./bench"

const PRIME_PL = 100_000_000
const PRIME_RATE = 240_000_000_000

/** A jump over this threshold is one that a working sensor may show. */
const occlusionPa = 10_000

/** An alarm stops the pump within three samples, and its cause is then over. */
function stopByAlarm(bench: Bench): void {
    bench.shown.pressurePa = 11_000
    bench.runUntil(() => !bench.pump.delivering)
    bench.shown.pressurePa = 1_000
}

describe("stop and start", () => {
    test("STP-1: a stopped pump makes no step, alarms after 5 min and again, with high priority, after 48 h", () => {
        const bench = started()
        bench.command(CommandKind.Stop)
        bench.runSamples(1)
        const steps = bench.pump.commandedSteps
        bench.run(4 * 60_000)
        bench.runSamples(1)
        for (const [sinceMs, alarms] of [
            [5 * 60_000 - 1, []],
            [5 * 60_000, ["stoppedOver5Min"]],
            [48 * MS_PER_HOUR - 1, ["stoppedOver5Min"]],
            [48 * MS_PER_HOUR, ["stoppedOver5Min", "stoppedOver48Hours"]],
        ] as const) {
            // As if it had been stopped that long when the pump judges it again, a second from now.
            bench.pump.stoppedSinceMs = bench.nowMs + 1_000 - sinceMs
            bench.runSamples(1)
            expect(bench.alarms).toEqual(alarms)
        }
        expect(bench.pump.commandedSteps).toBe(steps)
        bench.command(CommandKind.Start)
        expect(bench.alarms).toEqual([])
        bench.run(MS_PER_HOUR, 1_000)
        expect(bench.pump.commandedSteps).toBeGreaterThan(steps + 180)
        expect(bench.alarms).toEqual([])
    })

    test("STP-1: neither a second stop nor an acknowledgement lets it be stopped for longer unnoticed", () => {
        const bench = started()
        bench.command(CommandKind.Stop)
        const { stoppedSinceMs } = bench.pump
        bench.run(10_000)
        bench.command(CommandKind.Stop)
        bench.command(CommandKind.Acknowledge)
        expect(bench.pump.stoppedSinceMs).toBe(stoppedSinceMs)
        bench.run(5 * 60_000)
        expect(bench.alarms).toEqual(["stoppedOver5Min"])
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual(["stoppedOver5Min"])
    })

    test("STP-3: the steps that were due when a person stops the pump are made, and none after", () => {
        const bench = started({ programme: steadyProgramme() })
        bench.run(10_000)
        bench.command(CommandKind.Stop)
        expect(bench.pump.owed).toBeLessThan(bench.pump.stepQuantum)
        bench.tick()
        expect(bench.actions.steps).toBe(0)
    })

    test("STP-3: what a late tick still owes is not made after a stop or a stopping alarm", () => {
        const stopped = started({ programme: steadyProgramme() })
        stopped.readings.command = CommandKind.Stop
        stopped.tick(stopped.nowMs + 5_000)
        expect(stopped.actions.steps).toBe(MECHANISM.stepsPerTickMax)
        const occluded = started({ programme: steadyProgramme(), occlusionPa })
        occluded.shown.pressurePa = 11_000
        occluded.runSamples(2)
        occluded.tick(occluded.nowMs + 5_000)
        expect(occluded.actions.steps, "only its relief begins").toBe(-1)
        for (const bench of [stopped, occluded]) {
            bench.shown.pressurePa = 1_000
            bench.tick()
            expect(bench.pump.owed, "whole steps are dropped").toBeLessThan(bench.pump.stepQuantum)
            const steps = bench.pump.commandedSteps
            bench.run(60_000)
            expect(bench.pump.commandedSteps).toBe(steps)
        }
    })

    test("the button stops a pump that delivers and starts one that does not", () => {
        const bench = started({ occlusionPa })
        bench.command(CommandKind.Toggle)
        expect(bench.pump.mode).toBe(Mode.Stopped)
        bench.command(CommandKind.Toggle)
        expect(bench.pump.mode).toBe(Mode.Running)
        stopByAlarm(bench)
        bench.command(CommandKind.Toggle)
        expect(bench.pump.delivering, "an occlusion alarm is acknowledged").toBe(true)
    })

    test("a command is obeyed once, in a tick with a sample, and its change goes to flash", () => {
        const bench = started()
        bench.readings.command = CommandKind.Stop
        bench.tick()
        expect(bench.readings.sampled).toBe(false)
        expect(bench.pump.mode).toBe(Mode.Running)
        bench.command(CommandKind.Stop)
        expect(bench.actions.checkpointDue).toBe(true)
        expect(bench.pump.mode).toBe(Mode.Stopped)
        expect(bench.readings.command).toBe(CommandKind.None)
        bench.tick()
        expect(bench.actions.checkpointDue).toBe(false)
    })
})

describe("stops again and again", () => {
    /** Stops by an alarm so long after the first one, each answered by a start. */
    function stopsAt(...atMs: number[]): Bench {
        const bench = started({ occlusionPa })
        stopByAlarm(bench)
        const firstMs = bench.nowMs
        for (const ms of atMs) {
            bench.command(CommandKind.Start)
            expect(bench.pump.delivering).toBe(true)
            // Found in the third sample over the threshold.
            bench.run(firstMs + ms - 2_500 - bench.nowMs)
            stopByAlarm(bench)
            expect(bench.nowMs).toBe(firstMs + ms)
        }
        return bench
    }

    test("STP-4: the third stop by an alarm within ten minutes wants a clinician, and a start does not help", () => {
        expect(RESTARTS_MS).toBe(600_000)
        const bench = stopsAt(300_000, 600_000)
        expect(bench.alarms).toEqual(["occlusion", "restartedTooOften"])
        expect(bench.actions.checkpointDue).toBe(true)
        bench.command(CommandKind.Start)
        expect(bench.alarms).toEqual(["restartedTooOften"])
        expect(bench.pump.delivering).toBe(false)
        bench.command(CommandKind.Release)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.mode, "a release is no start").toBe(Mode.Stopped)
        expect(bench.pump.delivering).toBe(false)
        bench.command(CommandKind.Start)
        expect(bench.pump.delivering).toBe(true)
        expect(bench.alarms).toEqual([])
        stopByAlarm(bench)
        expect(bench.alarms, "the count begins anew").toEqual(["occlusion"])
    })

    test.each([
        ["a third after ten minutes and a second", [300_000, 601_000], ["occlusion"]],
        ["only a second", [10_000], ["occlusion"]],
        ["a fourth, ten minutes after the second", [300_000, 601_000, 900_000], ["occlusion", "restartedTooOften"]],
        ["a fourth, later than that", [300_000, 601_000, 901_000], ["occlusion"]],
    ])("STP-4: %s", (_, atMs, alarms) => {
        expect(stopsAt(...atMs).alarms).toEqual(alarms)
    })

    test("STP-4: a person's own stops do not count", () => {
        const bench = started({ occlusionPa })
        for (let i = 0; i < 5; i++) {
            bench.command(CommandKind.Stop)
            bench.command(CommandKind.Start)
        }
        stopByAlarm(bench)
        expect(bench.alarms).toEqual(["occlusion"])
    })

    test("a release of nothing stops nothing", () => {
        const bench = started()
        bench.command(CommandKind.Release)
        expect(bench.pump.delivering).toBe(true)
        expect(bench.pump.mode).toBe(Mode.Running)
    })

    test("a release leaves what it is not for, and its mark", () => {
        const bench = started({ checkpoint: { latched: (1 << Alarm.Occlusion) | (1 << Alarm.RestartedTooOften) } })
        bench.command(CommandKind.Acknowledge)
        bench.command(CommandKind.Release)
        expect(bench.alarms).toEqual(["occlusion"])
        expect(bench.pump.acknowledged).toBe(1 << Alarm.Occlusion)
    })
})

describe("a refill", () => {
    test.each([
        [0, false],
        [1, true],
        [20_000_000_000, true],
        [20_000_000_001, false],
        [Number.NaN, false],
    ])("RES-4: to %d pL is taken: %s", (volumePl, taken) => {
        const bench = started()
        bench.pump.residualPl = 10_000_000_000
        bench.pump.volume.meteredPl = 7_000_000
        bench.command(CommandKind.Refill, volumePl)
        expect(bench.pump.residualPl).toBe(taken ? volumePl : 10_000_000_000)
        expect(bench.pump.volume.meteredPl).toBe(taken ? 0 : 7_000_000)
    })

    test("RES-4: a pump without a programme takes none, because nobody knows what its reservoir holds", () => {
        const bench = started({ programme: null })
        bench.command(CommandKind.Refill, 1_000_000_000)
        expect(bench.pump.residualPl).toBe(0)
    })

    test("RES-1: one to no more than the refill alarm volume leaves the reservoir low from that tick on", () => {
        const bench = started()
        bench.command(CommandKind.Refill, 2_000_000_000)
        expect(bench.alarms).toEqual(["reservoirLow"])
        bench.command(CommandKind.Refill, 2_000_000_001)
        expect(bench.alarms).toEqual([])
    })

    test("VOL-4: what was drawn out before is held against the account, and a difference alarms", () => {
        for (const [measuredPl, alarms] of [
            [Number.NaN, []],
            [10_100_000_000, []],
            [9_899_000_000, ["volumeDisagreement"]],
        ] as const) {
            const bench = started()
            bench.pump.residualPl = 10_000_000_000
            bench.command(CommandKind.Refill, 20_000_000_000, 0, measuredPl)
            bench.runSamples(1)
            expect(bench.alarms).toEqual(alarms)
        }
    })
})

describe("the prime", () => {
    test("BOL-2: it delivers its volume on top of the basal flow, exactly", () => {
        const bench = started()
        const fromMs = bench.nowMs
        bench.command(CommandKind.Prime, PRIME_PL, PRIME_RATE)
        expect(bench.actions.bolusEvent).toBe(BolusEvent.Started)
        const startMs = bench.nowMs
        while (bench.actions.bolusEvent !== BolusEvent.Delivered) bench.tick()
        expect(bench.actions.bolusPl).toBe(PRIME_PL)
        // Basal and prime together are held to 10 mL/h: the prime itself runs that much slower.
        const expectedMs = Math.ceil((PRIME_PL * MS_PER_DAY) / (PRIME_RATE - 200_000_000))
        expect(bench.nowMs - startMs).toBeGreaterThanOrEqual(expectedMs)
        expect(bench.nowMs - startMs).toBeLessThan(expectedMs + 200)
        bench.run(10_000)
        const asked = BigInt(bench.nowMs - fromMs) * 200_000_000n + BigInt(PRIME_PL) * BigInt(MS_PER_DAY)
        const made = BigInt(bench.pump.commandedSteps) * BigInt(bench.pump.stepQuantum) + BigInt(bench.pump.owed)
        expect(made).toBe(asked)
        expect(bench.alarms).toEqual([])
    })

    test.each<[string, number, number, BolusReason, (bench: Bench) => void]>([
        ["of no volume", 0, PRIME_RATE, BolusReason.VolumeOutOfRange, () => {}],
        ["of too much", PRIME_PL_MAX + 1, PRIME_RATE, BolusReason.VolumeOutOfRange, () => {}],
        ["of NaN", Number.NaN, PRIME_RATE, BolusReason.VolumeOutOfRange, () => {}],
        ["at no rate", PRIME_PL, 0, BolusReason.RateOutOfRange, () => {}],
        ["over 10 mL/h", PRIME_PL, PRIME_RATE + 1, BolusReason.RateOutOfRange, () => {}],
        ["at NaN", PRIME_PL, Number.NaN, BolusReason.RateOutOfRange, () => {}],
        ["of a stopped pump", PRIME_PL, PRIME_RATE, BolusReason.PumpStopped, b => b.command(CommandKind.Stop)],
        [
            "during another",
            PRIME_PL,
            PRIME_RATE,
            BolusReason.BolusInProgress,
            b => b.command(CommandKind.Prime, PRIME_PL, PRIME_RATE),
        ],
        ["during an occlusion", PRIME_PL, PRIME_RATE, BolusReason.StoppingAlarm, stopByAlarm],
        [
            "with the line pressure unknown",
            PRIME_PL,
            PRIME_RATE,
            BolusReason.SensorLost,
            b => {
                b.shown.pressureFault = SensorFault.Missing
                b.runSamples(3)
            },
        ],
        [
            "of more than the reservoir holds",
            PRIME_PL,
            PRIME_RATE,
            BolusReason.MoreThanReservoir,
            b => {
                b.pump.residualPl = PRIME_PL - 1
            },
        ],
    ])("BOL-1: a prime %s is denied with its reason", (_, volumePl, ratePlPerDay, reason, prepare) => {
        const bench = started({ occlusionPa })
        prepare(bench)
        const flow = bench.pump.ratePlPerDay
        bench.command(CommandKind.Prime, volumePl, ratePlPerDay)
        expect(bench.actions.bolusEvent).toBe(BolusEvent.Denied)
        expect(bench.actions.bolusReason).toBe(reason)
        expect(bench.pump.ratePlPerDay).toBe(flow)
    })

    test.each([
        ["the largest at the highest rate", PRIME_PL_MAX, PRIME_RATE],
        ["the smallest", 1, 1],
    ])("BOL-1: %s is not denied", (_, volumePl, ratePlPerDay) => {
        const bench = started()
        bench.command(CommandKind.Prime, volumePl, ratePlPerDay)
        expect(bench.actions.bolusEvent).toBe(BolusEvent.Started)
    })

    test("BOL-1: the limits of the pump bound it, and where they are unknown there is none", () => {
        for (const [limits, volumePl, event] of [
            [{ ...LIMITS, primePlMax: PRIME_PL }, PRIME_PL, BolusEvent.Started],
            [{ ...LIMITS, primePlMax: PRIME_PL }, PRIME_PL + 1, BolusEvent.Denied],
            [null, 1, BolusEvent.Denied],
        ] as const) {
            const bench = started({ limits })
            bench.command(CommandKind.Prime, volumePl, PRIME_RATE)
            expect(bench.actions.bolusEvent).toBe(event)
        }
    })

    test("BOL-1: all that the reservoir holds may be primed", () => {
        const bench = started()
        bench.pump.residualPl = PRIME_PL
        bench.command(CommandKind.Prime, PRIME_PL, PRIME_RATE)
        expect(bench.actions.bolusEvent).toBe(BolusEvent.Started)
    })

    test("BOL-3: a stop or a stopping alarm cancels what remains of it, and it never comes back", () => {
        for (const [reason, stop] of [
            [BolusReason.PumpStopped, (b: Bench) => b.command(CommandKind.Stop)],
            [BolusReason.StoppingAlarm, stopByAlarm],
        ] as const) {
            const bench = started({ occlusionPa })
            bench.command(CommandKind.Prime, PRIME_PL, PRIME_RATE)
            bench.run(5_000)
            stop(bench)
            expect(bench.actions.bolusEvent).toBe(BolusEvent.Cancelled)
            expect(bench.actions.bolusReason).toBe(reason)
            expect(bench.actions.bolusPl).toBeGreaterThan(10_000_000)
            expect(bench.actions.bolusPl).toBeLessThan(PRIME_PL)
            bench.tick()
            expect(bench.actions.bolusEvent).toBe(BolusEvent.None)
            bench.command(CommandKind.Start)
            bench.run(1_000)
            const steps = bench.pump.commandedSteps
            bench.run(MS_PER_HOUR, 1_000)
            expect(bench.pump.commandedSteps - steps).toBeLessThan(190)
        }
    })
})

describe("a prime that can't be relied on", () => {
    test.each<[BolusReason, (bench: Bench) => void]>([
        [
            BolusReason.NotRecordable,
            bench => {
                bench.readings.memoryFault = SensorFault.Missing
                bench.runSamples(1)
            },
        ],
        [
            BolusReason.SupplyFailing,
            bench => {
                bench.readings.supplyFailing = true
            },
        ],
    ])("JRN-6, BAT-2: is denied with reason %i, and nothing else is", (reason, spoil) => {
        const bench = started()
        spoil(bench)
        bench.command(CommandKind.Prime, 1_000_000, 24_000_000_000)
        expect(bench.actions).toMatchObject({ bolusEvent: BolusEvent.Denied, bolusReason: reason })
        expect(bench.pump.bolusRatePlPerDay).toBe(0)
        expect(bench.pump.delivering).toBe(true)
    })

    test("JRN-4: one that starts asks for its checkpoint in the same tick, and one that ends for another", () => {
        const bench = started()
        bench.command(CommandKind.Prime, 1_000_000, 240_000_000_000)
        expect(bench.actions).toMatchObject({ bolusEvent: BolusEvent.Started, steps: 0, checkpointDue: true })
        expect(bench.left()).toMatchObject({ bolusPl: 1_000_000, bolusLeftPl: 1_000_000 })
        bench.runUntil(() => bench.actions.bolusEvent === BolusEvent.Delivered)
        expect(bench.actions.checkpointDue).toBe(true)
        expect(bench.left()).toMatchObject({ bolusPl: 0, bolusLeftPl: 0 })
    })

    test("JRN-4: after a reset in the midst of it nothing more of it is delivered", () => {
        const bench = started()
        bench.command(CommandKind.Prime, 10_000_000, 240_000_000_000)
        bench.run(500)
        const after = started({ checkpoint: bench.left() })
        after.run(60_000)
        expect(after.pump.commandedSteps).toBeLessThanOrEqual(4)
    })
})

describe("a programme that is offered", () => {
    const offered = steadyProgramme(400_000_000)

    function offer(bench: Bench, answer = ProgrammeAnswer.Taken): void {
        bench.pump.offered = offered
        bench.readings.commandAnswer = answer
        bench.command(CommandKind.Programme)
    }

    test("PRG-5: runs from then on, whole, with a checkpoint in the same tick; the account and a prime go on", () => {
        const bench = started({ checkpoint: {} })
        bench.command(CommandKind.Prime, 100_000_000, 24_000_000_000)
        const { residualPl } = bench.pump
        offer(bench)
        expect(bench.actions).toMatchObject({
            command: CommandKind.Programme,
            programmeAnswer: ProgrammeAnswer.Taken,
            checkpointDue: true,
        })
        expect(bench.pump).toMatchObject({ programme: offered, offered: undefined })
        expect(bench.pump.ratePlPerDay).toBe(400_000_000 + 24_000_000_000)
        expect(bench.pump.bolusRatePlPerDay).toBeGreaterThan(0)
        expect(residualPl - bench.pump.residualPl).toBeLessThan(50 * MECHANISM.stepPl)
        bench.tick()
        expect(bench.actions).toMatchObject({ command: CommandKind.None, programmeAnswer: ProgrammeAnswer.None })
    })

    test("PRG-5: a stop outlasts it", () => {
        const bench = started()
        bench.command(CommandKind.Stop)
        offer(bench)
        bench.run(10_000)
        expect(bench.pump).toMatchObject({ mode: Mode.Stopped, delivering: false, ratePlPerDay: 0 })
        bench.command(CommandKind.Start)
        expect(bench.pump).toMatchObject({ delivering: true, ratePlPerDay: 400_000_000 })
    })

    test("PRG-5: one that was refused changes nothing, and its answer is told", () => {
        const bench = started()
        const { programme } = bench.pump
        bench.readings.commandAnswer = ProgrammeAnswer.Damaged
        bench.command(CommandKind.Programme)
        expect(bench.actions).toMatchObject({
            command: CommandKind.Programme,
            programmeAnswer: ProgrammeAnswer.Damaged,
            checkpointDue: false,
        })
        expect(bench.pump.programme).toBe(programme)
    })

    test("PRG-5: it ends the alarm of a missing or damaged one, unless the limits are", () => {
        const missing = started({ programme: null })
        offer(missing)
        expect(missing.alarms).not.toContain("programmeMissing")
        expect(missing.pump.delivering).toBe(true)
        const damaged = started({ programme: "damaged", checkpoint: {} })
        offer(damaged)
        expect(damaged.alarms).toEqual([])
        expect(damaged.pump.ratePlPerDay).toBe(400_000_000)
        const limitless = started({ limits: null })
        offer(limitless)
        expect(limitless.alarms).toEqual(["programmeDamaged"])
        expect(limitless.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
    })
})

test("LOG-1: the command that was carried out is told in its tick: the button's as what it came to, a prime by its event", () => {
    const bench = started()
    const toldBy = (kind: CommandKind) => {
        bench.command(kind, 1_000_000, 24_000_000_000)
        return bench.actions.command
    }
    expect(toldBy(CommandKind.Toggle)).toBe(CommandKind.Stop)
    expect(toldBy(CommandKind.Toggle)).toBe(CommandKind.Start)
    for (const kind of [CommandKind.Silence, CommandKind.Acknowledge, CommandKind.Release, CommandKind.Refill])
        expect(toldBy(kind)).toBe(kind)
    expect(toldBy(CommandKind.Prime)).toBe(CommandKind.None)
    bench.tick()
    expect(bench.actions.command).toBe(CommandKind.None)
})

test("VOL-1: a refill is remembered with its volume and its time, and ends what was uncertain of the one before", () => {
    const bench = started({ checkpoint: { uncertainPl: 90_000 } })
    expect(bench.pump.uncertainPl).toBe(90_000)
    bench.shown.wallFault = SensorFault.Missing
    bench.run(2_000)
    bench.command(CommandKind.Refill, 11_000_000_000)
    expect(bench.pump).toMatchObject({
        uncertainPl: 0,
        refilledPl: 11_000_000_000,
        refilledWallS: Math.floor((bench.nowMs - START_UP_MS) / 1000),
    })
    const lost = new Bench()
    lost.shown.wallFault = SensorFault.Missing
    lost.start()
    lost.command(CommandKind.Refill, 11_000_000_000)
    expect(lost.pump.refilledWallS).toBe(WALL_UNKNOWN)
})

test("MON-2: a refusal is of the tick that refuses, so it is told once", () => {
    const bench = started()
    bench.readings.command = CommandKind.Clock
    bench.readings.commandWallMs = Number.NaN
    bench.obeyed()
    expect(bench.actions.refusal).toBe(Refusal.ClockUnknown)
    bench.tick()
    expect(bench.actions.refusal).toBe(Refusal.None)
})

describe("the button that stops and starts", () => {
    test("SUP-5: pressed by who saw the pump deliver it stops it, though an alarm does so in the same sample", () => {
        const bench = started({ occlusionPa })
        bench.pump.motorReverses = false
        bench.shown.pressurePa = 11_000
        bench.runSamples(2)
        expect(bench.pump.delivering).toBe(true)
        bench.command(CommandKind.Toggle)
        expect(bench.alarms).toContain("occlusion")
        expect(bench.pump.lastStopMs).toBe(bench.nowMs)
        expect(bench.pump.mode).toBe(Mode.Stopped)
    })

    test("SUP-5: pressed a sample later it starts it", () => {
        const bench = started({ occlusionPa })
        bench.pump.motorReverses = false
        stopByAlarm(bench)
        bench.command(CommandKind.Toggle)
        expect(bench.nowMs - bench.pump.lastStopMs).toBe(1_000)
        expect(bench.pump).toMatchObject({ mode: Mode.Running, delivering: true })
    })
})

describe("a motor whose power is cut", () => {
    test.each([
        [true, true],
        [false, false],
    ])("MOT-7: is left so by a release where it failed its test (%s), and else not", (failed, cut) => {
        const bench = started()
        if (failed) raise(bench.pump, Alarm.SelfTestFailed, Reason.MotorDriver)
        bench.pump.cutMotor = true
        bench.command(CommandKind.Release)
        expect(bench.pump.cutMotor).toBe(cut)
    })
})

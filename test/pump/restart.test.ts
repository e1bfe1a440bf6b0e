import { describe, expect, test } from "vitest"
import { Alarm, hasAlarm, Reason } from "../../src/pump/alarms"
import { CHECKPOINT_MS } from "../../src/pump/checkpoint"
import {
    DAY_LIMIT_PL_MAX,
    MS_PER_DAY,
    MS_PER_HOUR,
    MS_PER_MINUTE,
    RATE_PL_PER_DAY_MIN,
    START_UP_MS,
} from "../../src/pump/limits"
import { BolusEvent, Mode } from "../../src/pump/pump"
import { CommandKind, GuardTrip, SensorFault } from "../../src/pump/readings"
import { STAGES } from "../../src/pump/supervise"
import { afterReset, Bench, MECHANISM, programmeOf, started, steadyProgramme } from "./bench"

/** The same pump after a reset: what it knows is what its checkpoint says. */
function restarted({ pump, guard, journal }: Bench): Bench {
    return started({ checkpoint: afterReset(pump, guard, journal) })
}

describe("the first second after power-on", () => {
    test.each<[string, (bench: Bench) => void]>([
        ["with nothing wrong", () => {}],
        [
            "when the first parts are found missing",
            bench => {
                bench.shown.pressureFault = SensorFault.Missing
                bench.shown.encoderFault = SensorFault.Missing
                bench.shown.wallFault = SensorFault.Missing
            },
        ],
        [
            "when a person starts the pump at once",
            bench => {
                bench.readings.command = CommandKind.Start
            },
        ],
    ])("PST-1: nothing is delivered until each part has been judged once, %s", (_, prepare) => {
        const bench = new Bench({ programme: steadyProgramme() })
        prepare(bench)
        bench.tick(START_UP_MS)
        for (let i = 1; i < STAGES; i++) {
            expect(bench.pump.delivering).toBe(false)
            expect(bench.pump.owed).toBe(0)
            bench.tick()
        }
        expect(bench.nowMs).toBe(START_UP_MS + 500)
        expect(bench.pump.delivering).toBe(true)
        expect(bench.pump.owed).toBe(0)
    })

    test("PST-1: nor is anything when the last part that is judged before stops the pump", () => {
        const bench = new Bench({ programme: steadyProgramme() })
        bench.shown.batteryMv = 3_300
        let made = 0
        for (let i = 0; i < 100; i++) {
            bench.tick()
            made += bench.actions.steps
        }
        expect(bench.alarms).toContain("batteryEnd")
        expect(made).toBe(0)
    })
})

describe("stops and alarms that outlast a reset", () => {
    test("STP-2: a pump that was stopped before a reset stays stopped, and alarms at once", () => {
        const bench = started({ checkpoint: { mode: Mode.Stopped } })
        expect(bench.pump.delivering).toBe(false)
        expect(bench.alarms).toEqual(["stoppedOver5Min"])
        expect(bench.pump.residualPl).toBe(5_000_000_000)
    })

    test("STP-2: what waits for a person waits through a reset", () => {
        const bench = started({ checkpoint: { latched: 1 << Alarm.Occlusion } })
        bench.run(60_000)
        expect(bench.alarms).toEqual(["occlusion"])
        expect(bench.pump.commandedSteps).toBe(0)
        bench.command(CommandKind.Start)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.delivering).toBe(true)
    })

    test("STP-2: bits of alarms that do not latch, or that there are none of, are not taken from a checkpoint", () => {
        const bench = started({ checkpoint: { latched: 0x7fffffff & ~((1 << Alarm.ClockFault) - 1) } })
        expect(bench.alarms).toEqual([
            "motorFailed",
            "overDelivery",
            "volumeDisagreement",
            "repeatedResets",
            "restartedTooOften",
        ])
    })

    test("RES-2: an empty reservoir is empty after a reset too, until a refill", () => {
        const before = started()
        before.pump.residualPl = 0
        before.runUntil(() => !before.pump.delivering)
        const bench = restarted(before)
        bench.command(CommandKind.Start)
        expect(bench.alarms).toContain("reservoirEmpty")
        expect(bench.pump.delivering).toBe(false)
        bench.command(CommandKind.Refill, 20_000_000_000)
        expect(bench.pump.delivering).toBe(true)
    })

    test("VOL-1: the account of the volume goes on from where it was", () => {
        const before = started({ programme: steadyProgramme() })
        before.run(60_000)
        Object.assign(before.pump.volume, { endSwitchDiffers: true, refillDiffers: true })
        const { meteredPl, countedPl, sensedPl } = before.pump.volume
        expect(meteredPl).toBeGreaterThan(10_000_000)
        const bench = restarted(before)
        expect(bench.pump.volume).toMatchObject({ countedPl, sensedPl, refillDiffers: true })
        // With the steps since the last sample, which the account had not counted yet.
        expect(bench.pump.volume.meteredPl).toBe(20_000_000_000 - before.pump.residualPl)
        expect(bench.pump.volume.meteredPl).toBeGreaterThan(meteredPl)
        expect(bench.alarms).toEqual(["volumeDisagreement"])
        expect(bench.reasonOf(Alarm.VolumeDisagreement)).toBe(Reason.RefillDiffers)
        expect(new Bench({ checkpoint: { endSwitchDiffers: true } }).pump.volume.endSwitchDiffers).toBe(true)
    })

    test("GRD-11: what the guard had counted before a reset counts on", () => {
        const before = started({ programme: steadyProgramme() })
        before.run(60_000)
        expect(before.guard.hourSteps).toBeGreaterThan(300)
        const { guard } = restarted(before)
        expect(guard.hourSteps).toBeGreaterThanOrEqual(before.guard.hourSteps)
        expect(guard.daySteps).toBeGreaterThanOrEqual(before.guard.daySteps)
    })

    test("GRD-11: and so does what it counted since the last checkpoint, in whichever tick the power goes", () => {
        const bench = started({ programme: steadyProgramme() })
        const writtenMs = bench.nowMs
        for (let i = 0; i < 300; i++) {
            bench.tick()
            const { guardHourSteps, guardDaySteps, residualPl, meteredPl } = bench.left()
            expect([guardHourSteps, guardDaySteps]).toEqual([bench.guard.hourSteps, bench.guard.daySteps])
            expect(residualPl).toBe(bench.pump.residualPl)
            expect(meteredPl).toBe(20_000_000_000 - residualPl)
        }
        expect(bench.pump.checkpointMs).toBeLessThan(writtenMs)
        expect(bench.guard.hourSteps).toBeGreaterThan(150)
    })

    test("GRD-11: a reset in the midst of a prime leaves the basal flow its room, and what primes used of the day counts", () => {
        // The basal flow alone comes to 46 of these in an hour, as the limit allows; two primes a day and no third.
        const limits = {
            hourPlMax: 50 * MECHANISM.stepPl,
            dayPlMax: DAY_LIMIT_PL_MAX,
            primePlMax: 100 * MECHANISM.stepPl,
        }
        const programme = steadyProgramme(24 * 46 * MECHANISM.stepPl)
        let bench = started({ programme, limits })
        bench.run(20 * MS_PER_MINUTE)
        for (const [prime, used] of [78, 156].entries()) {
            bench.command(CommandKind.Prime, limits.primePlMax, 24_000_000_000)
            expect(bench.actions.bolusEvent, `prime ${prime}`).toBe(BolusEvent.Started)
            bench.runUntil(() => bench.pump.primeLeftPl < limits.primePlMax / 10)
            const left = bench.left()
            expect(left.primeLeftPl).toBeLessThan(limits.primePlMax / 10 + 3 * MECHANISM.stepPl)
            expect(Math.abs(left.guardPrimeDaySteps - used)).toBeLessThanOrEqual(20)
            bench = started({ programme, limits, checkpoint: left })
            expect(bench.pump.primeRatePlPerDay).toBe(0)
            bench.run(90 * MS_PER_MINUTE, 1_000)
            expect(bench.guard.trip).toBe(GuardTrip.None)
            expect(bench.alarms).toEqual([])
        }
    })
})

describe("repeated resets", () => {
    test.each([
        [0, 1, []],
        [2, 3, []],
        [3, 4, ["repeatedResets"]],
        [255, 256, ["repeatedResets"]],
    ])("TIM-2: after %d starts without an hour between this one is number %d: %j", (before, brokenRuns, alarms) => {
        const bench = started({ checkpoint: { brokenRuns: before } })
        expect(bench.pump.brokenRuns).toBe(brokenRuns)
        expect(bench.alarms).toEqual(alarms)
        expect(bench.pump.delivering).toBe(true)
    })

    test("TIM-2: the first start of all is number one", () => {
        expect(new Bench().pump.brokenRuns).toBe(1)
    })

    test("TIM-2: three resets in a row go unsaid, the fourth start alarms, and each start is counted in flash", () => {
        let bench = started()
        for (let run = 2; run <= 3; run++) {
            bench = restarted(bench)
            expect(bench.alarms).toEqual([])
        }
        expect(restarted(bench).alarms).toEqual(["repeatedResets"])
    })

    test("TIM-2: an hour of running ends it, once a person has seen it", () => {
        const bench = started({ checkpoint: { brokenRuns: 3 } })
        bench.run(MS_PER_HOUR - 5_000, 1_000)
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual(["repeatedResets"])
        expect(restarted(bench).alarms).toEqual(["repeatedResets"])
        bench.runUntil(() => bench.pump.brokenRuns === 0)
        expect(bench.actions.checkpointDue).toBe(true)
        expect(bench.alarms).toEqual(["repeatedResets"])
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual([])
        expect(restarted(bench).alarms).toEqual([])
    })

    test("TIM-2: it takes the whole hour", () => {
        const bench = started({ checkpoint: { brokenRuns: 3 } })
        bench.run(MS_PER_HOUR - 1_500, 1_000)
        bench.runUntil(() => bench.pump.brokenRuns === 0)
        expect(bench.nowMs - START_UP_MS).toBeGreaterThanOrEqual(MS_PER_HOUR)
        expect(bench.nowMs - START_UP_MS).toBeLessThan(MS_PER_HOUR + 1_000)
        bench.run(10_000)
        expect(bench.actions.checkpointDue).toBe(false)
    })
})

describe("damaged and missing records", () => {
    test("PRG-1: without a programme, or without a calibration, the motor is off and a high-priority alarm stands", () => {
        for (const bench of [started({ programme: null }), started({ mechanism: null })]) {
            bench.run(MS_PER_HOUR, 1_000)
            expect(bench.alarms).toContain("programmeMissing")
            expect(bench.reasonOf(Alarm.ProgrammeMissing)).toBe(Reason.RecordMissing)
            expect(bench.pump.commandedSteps).toBe(0)
            bench.command(CommandKind.Start)
            expect(bench.pump.delivering).toBe(false)
        }
    })

    test("PRG-2: on a damaged programme the minimum rate runs, with a high-priority alarm", () => {
        const bench = started({ programme: "record's checksum is wrong", checkpoint: {} })
        expect(bench.alarms).toEqual(["programmeDamaged"])
        expect(bench.reasonOf(Alarm.ProgrammeDamaged)).toBe(Reason.RecordDamaged)
        expect(bench.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
        const fromMs = bench.nowMs
        bench.run(MS_PER_HOUR, 1_000)
        expect(bench.pump.commandedSteps).toBe(
            Math.floor(((bench.nowMs - fromMs) * RATE_PL_PER_DAY_MIN) / MS_PER_DAY / MECHANISM.stepPl),
        )
    })

    test("PRG-2: and so it does when the limits of the guard are missing or damaged, and the guard lets it", () => {
        const bench = started({ limits: null })
        expect(bench.alarms).toEqual(["programmeDamaged"])
        expect(bench.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
        bench.run(3 * MS_PER_HOUR, 1_000)
        expect(bench.alarms).toEqual(["programmeDamaged"])
        expect(bench.pump.commandedSteps).toBe(133)
    })

    test("PRG-4: a programme that asks for more than the mechanism can do is not run: the minimum rate is, with an alarm", () => {
        // 7 steps of 3000 pL in each tick: 18.144 mL/day.
        const mechanismMax = 7 * 3_000 * 864_000
        const fits = started({ stepPl: 3_000, programme: steadyProgramme(mechanismMax) })
        expect(fits.alarms).not.toContain("programmeDamaged")
        expect(fits.pump.ratePlPerDay).toBe(mechanismMax)
        const tooFast = programmeOf([
            { startMinute: 0, ratePlPerDay: 100_000_000 },
            { startMinute: 1439, ratePlPerDay: mechanismMax + 1 },
        ])
        const bench = started({ stepPl: 3_000, programme: tooFast, checkpoint: {} })
        expect(bench.alarms).toEqual(["programmeDamaged"])
        expect(bench.reasonOf(Alarm.ProgrammeDamaged)).toBe(Reason.BeyondMechanism)
        expect(bench.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
    })

    test("CKP-3: after a damaged checkpoint the minimum rate runs, with a high-priority alarm, until a refill", () => {
        const bench = started({ checkpointDamage: Reason.RecordDamaged })
        expect(bench.alarms).toEqual(["reservoirLow", "checkpointDamaged"])
        expect(bench.reasonOf(Alarm.CheckpointDamaged)).toBe(Reason.RecordDamaged)
        expect(bench.pump.residualPl).toBe(2_000_000_000)
        expect(bench.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
        for (const kind of [CommandKind.Acknowledge, CommandKind.Start, CommandKind.Release]) bench.command(kind)
        expect(bench.alarms).toContain("checkpointDamaged")
        bench.command(CommandKind.Refill, 0)
        expect(bench.alarms).toContain("checkpointDamaged")
        bench.command(CommandKind.Refill, 20_000_000_000)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.ratePlPerDay).toBe(200_000_000)
    })

    test("CKP-3: another reset does not end it, though a good checkpoint has been written since", () => {
        const bench = restarted(started({ checkpointDamage: Reason.RecordDamaged }))
        expect(bench.alarms).toEqual(["reservoirLow", "checkpointDamaged"])
        expect(bench.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
        bench.command(CommandKind.Refill, 20_000_000_000)
        expect(restarted(bench).alarms).toEqual([])
    })

    test("a pump that never ran has a full reservoir, and no alarm of its checkpoint", () => {
        const bench = started()
        expect(bench.pump.residualPl).toBe(20_000_000_000)
        expect(bench.alarms).toEqual([])
    })
})

describe("when the checkpoint is written", () => {
    test("CKP-1: every 15 minutes", () => {
        const bench = started()
        const dueMs: number[] = []
        for (const endMs = START_UP_MS + 2 * CHECKPOINT_MS + 2_000; bench.nowMs < endMs; ) {
            bench.tick()
            if (bench.actions.checkpointDue) dueMs.push(bench.nowMs)
        }
        // Judged half a second after a sample.
        expect(dueMs).toEqual([START_UP_MS + CHECKPOINT_MS + 500, START_UP_MS + 2 * CHECKPOINT_MS + 500])
    })

    test("CKP-1: when an alarm that stops, or that waits for a person, comes or goes, and not for others", () => {
        const bench = started()
        bench.shown.missedSteps = 65
        bench.runUntil(() => hasAlarm(bench.pump.alarms, Alarm.MotorNotFollowing))
        expect(bench.actions.checkpointDue).toBe(true)
        bench.tick()
        expect(bench.actions.checkpointDue).toBe(false)
        bench.pump.residualPl = 0
        bench.runUntil(() => hasAlarm(bench.pump.alarms, Alarm.ReservoirLow))
        expect(bench.actions.checkpointDue).toBe(false)
    })
})

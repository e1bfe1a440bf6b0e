import { describe, expect, test } from "vitest"
import { Alarm, hasAlarm, Reason } from "../../src/pump/alarms"
import { CHECKPOINT_MS } from "../../src/pump/checkpoint"
import {
    DAY_LIMIT_PL_MAX,
    MS_PER_DAY,
    MS_PER_HOUR,
    MS_PER_MINUTE,
    MS_PER_WEEK,
    RATE_PL_PER_DAY_MIN,
    START_UP_MS,
} from "../../src/pump/limits"
import { localMsAt } from "../../src/pump/localTime"
import { BolusEvent, BolusKind, BolusReason, LineEvent, Mode } from "../../src/pump/pump"
import { CommandKind, GuardTrip, SensorFault } from "../../src/pump/readings"
import { STAGES } from "../../src/pump/supervise"
import { afterReset, Bench, MECHANISM, programmeOf, programmeWithDoses, started, steadyProgramme } from "./bench"

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
            "minimumRateChosen",
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
            bench.runUntil(() => bench.pump.bolusLeftPl < limits.primePlMax / 10)
            const left = bench.left()
            expect(left.bolusLeftPl).toBeLessThan(limits.primePlMax / 10 + 3 * MECHANISM.stepPl)
            expect(Math.abs(left.guardPrimeDaySteps - used)).toBeLessThanOrEqual(20)
            bench = started({ programme, limits, checkpoint: left })
            expect(bench.pump.bolusRatePlPerDay).toBe(0)
            bench.run(90 * MS_PER_MINUTE, 1_000)
            expect(bench.guard.trip).toBe(GuardTrip.None)
            expect(bench.alarms).toEqual([])
        }
    })
})

describe("therapies that outlast a reset, in whichever tick the power goes", () => {
    const DOSES = programmeWithDoses()
    const OTHER_DRUG = { ...DOSES, concentrationNgPerMl: 4 * DOSES.concentrationNgPerMl }

    /** A pump with all therapies, whose line is full. */
    const withDoses = (checkpoint = {}) => started({ programme: DOSES, checkpoint })

    /** The same pump after its power went in this very tick; its programme is in flash. */
    const cut = (bench: Bench) => started({ programme: bench.pump.programme, checkpoint: bench.left() })

    test("BOL-9: the lockout goes on where the last checkpoint had it, rounded up to a minute, and time without power does not count", () => {
        const bench = withDoses()
        bench.command(CommandKind.PatientDose)
        expect(bench.actions.bolusEvent).toBe(BolusEvent.Started)
        bench.run(50 * MS_PER_MINUTE, 1_000)
        const { lockoutMs } = bench.pump.doses
        expect(Math.abs(lockoutMs - 10 * MS_PER_MINUTE)).toBeLessThanOrEqual(1_000)
        const again = cut(bench)
        // A checkpoint is a quarter of an hour old at most.
        expect(again.pump.doses.lockoutMs).toBeGreaterThanOrEqual(lockoutMs)
        expect(again.pump.doses.lockoutMs).toBeLessThan(lockoutMs + CHECKPOINT_MS + 2 * MS_PER_MINUTE)
        const leftMs = again.pump.doses.lockoutMs
        again.run(leftMs - 3_000, 1_000)
        again.command(CommandKind.PatientDose)
        expect(again.actions).toMatchObject({ bolusEvent: BolusEvent.Denied, bolusReason: BolusReason.Lockout })
        again.run(3_000, 1_000)
        again.command(CommandKind.PatientDose)
        expect(again.actions.bolusEvent).toBe(BolusEvent.Started)
    })

    test("BOL-9: the patient's doses of the day count as given at the reset, and are no longer counted a day after it", () => {
        const bench = withDoses({ patientDoses: 3 })
        const ask = () => {
            bench.command(CommandKind.PatientDose)
            return BolusReason[bench.actions.bolusReason]
        }
        expect(ask()).toBe("CountOfDay")
        bench.run(MS_PER_DAY - 5_000, 1_000)
        expect(ask()).toBe("CountOfDay")
        bench.run(5_000, 1_000)
        expect(ask()).toBe("None")
        expect(bench.left().patientDoses).toBe(1)
        expect(cut(bench).left().patientDoses).toBe(1)
    })

    test("BOL-9: what was given in the dose window counts as given at the reset", () => {
        // 35 µL in four hours, of which the schedule may be 15: 20 are left for boluses.
        const ask = (windowPl: number) => {
            const bench = withDoses({ windowPl })
            bench.command(CommandKind.Bolus, 8_000_000, 240_000_000)
            return [bench, BolusReason[bench.actions.bolusReason]] as const
        }
        expect(ask(12_000_000)[1]).toBe("None")
        const [bench, reason] = ask(12_000_001)
        expect(reason).toBe("WindowFull")
        bench.run(4 * MS_PER_HOUR - MS_PER_MINUTE, 1_000)
        bench.command(CommandKind.Bolus, 8_000_000, 240_000_000)
        expect(BolusReason[bench.actions.bolusReason]).toBe("WindowFull")
        bench.run(16 * MS_PER_MINUTE, 1_000)
        bench.command(CommandKind.Bolus, 8_000_000, 240_000_000)
        expect(BolusReason[bench.actions.bolusReason]).toBe("None")
        // And so does what the bolus has given since its checkpoint, to the step.
        bench.run(10 * MS_PER_MINUTE)
        const { bolusPl, bolusLeftPl } = bench.pump
        expect(bolusPl - bolusLeftPl).toBeGreaterThan(1_000_000)
        expect(bench.left().windowPl).toBeGreaterThanOrEqual(bolusPl - bolusLeftPl - MECHANISM.stepPl)
    })

    test.each([
        ["a prime", CommandKind.Prime, BolusKind.Prime],
        ["a clinician's bolus", CommandKind.Bolus, BolusKind.Clinician],
        ["a patient's dose", CommandKind.PatientDose, BolusKind.Patient],
    ])(
        "JRN-4: %s is left as interrupted, with at least what was given of it, and never goes on",
        (_, command, bolusKind) => {
            const bench = withDoses(command === CommandKind.Prime ? { lineLeftPl: 5_000_000 } : {})
            bench.command(command, 1_800_000, 240_000_000)
            expect(bench.actions).toMatchObject({ bolusEvent: BolusEvent.Started, bolusKind })
            for (let i = 0; i < 300; i++) {
                bench.tick()
                const left = bench.left()
                expect(left).toMatchObject({ bolusKind, bolusPl: 1_800_000, heldMeteredPl: -1 })
                const givenPl = bench.pump.bolusPl - bench.pump.bolusLeftPl
                expect(left.bolusPl - left.bolusLeftPl).toBeGreaterThanOrEqual(givenPl - MECHANISM.stepPl)
            }
            const again = cut(bench)
            expect(again.pump).toMatchObject({ bolusKind: BolusKind.None, bolusRatePlPerDay: 0, bolusLeftPl: 0 })
            again.run(MS_PER_HOUR, 1_000)
            expect(again.pump.ratePlPerDay).toBe(86_400_000)
            expect(again.left()).toMatchObject({ bolusKind: BolusKind.None, bolusPl: 0 })
        },
    )

    test("JRN-4: so is a clinician's bolus that waits for the patient's dose, with what it had given before", () => {
        const bench = withDoses()
        bench.command(CommandKind.Bolus, 8_000_000, 240_000_000)
        bench.run(5 * MS_PER_MINUTE)
        bench.command(CommandKind.PatientDose)
        const heldPl = bench.pump.heldPl - bench.pump.heldLeftPl
        expect(heldPl).toBeGreaterThan(800_000)
        bench.run(MS_PER_MINUTE)
        expect(bench.left()).toMatchObject({ bolusKind: BolusKind.Patient, heldMeteredPl: heldPl })
        const again = cut(bench)
        again.run(MS_PER_HOUR, 1_000)
        expect(again.pump).toMatchObject({ bolusKind: BolusKind.None, heldRatePlPerDay: 0, ratePlPerDay: 86_400_000 })
        expect(again.left().heldMeteredPl).toBe(-1)
        // It goes on as the one in progress once the patient's dose is over, and is then kept as that.
        bench.runUntil(() => bench.actions.bolusEvent === BolusEvent.Delivered)
        expect(bench.left()).toMatchObject({ bolusKind: BolusKind.Clinician, bolusPl: 8_000_000, heldMeteredPl: -1 })
        expect(bench.left().bolusPl - bench.left().bolusLeftPl).toBe(heldPl)
    })

    test("BRG-2: a bridge goes on at the former flow, until the dead volume is spent to within the steps in doubt", () => {
        let bench = withDoses()
        bench.offer(OTHER_DRUG, { filledPl: 20_000_000_000 })
        const resets = 8
        for (let i = 0; i < resets; i++) {
            bench.run(7 * MS_PER_MINUTE, 1_000)
            const { lineLeftPl, lineNgPerMl, bridgeRatePlPerDay, patientPl } = bench.pump
            expect(bridgeRatePlPerDay).toBe(86_400_000)
            expect(patientPl).toBeGreaterThan(i * 7 * 60_000)
            bench = cut(bench)
            expect(bench.pump).toMatchObject({ lineLeftPl, lineNgPerMl, bridgeRatePlPerDay, patientPl })
        }
        const spentPl = 5_000_000 - bench.pump.lineLeftPl
        expect(spentPl).toBeGreaterThan(3_200_000)
        bench.runUntil(() => bench.actions.lineEvent === LineEvent.BridgeOver, 1_000)
        expect(bench.pump).toMatchObject({ lineLeftPl: 0, lineNgPerMl: 0, bridgeRatePlPerDay: 0 })
        expect(bench.left()).toMatchObject({ lineLeftPl: 0, lineNgPerMl: 0, bridgeRatePlPerDay: 0 })
        expect(cut(bench).pump.lineLeftPl).toBe(0)
    })

    test("LIN-2: a line that is not primed stays so, and the alarm with it, until what it lacks is through", () => {
        const bench = withDoses()
        bench.refill(20_000_000_000, { lineChanged: true })
        bench.run(10 * MS_PER_MINUTE, 1_000)
        const { lineLeftPl, patientPl } = bench.pump
        expect(lineLeftPl).toBeLessThan(5_000_000)
        const again = cut(bench)
        expect(again.alarms).toEqual(["lineNotPrimed"])
        expect(again.pump).toMatchObject({ lineLeftPl, patientPl })
        again.command(CommandKind.PatientDose)
        expect(again.actions.bolusReason).toBe(BolusReason.LineNotPrimed)
        again.command(CommandKind.Prime, lineLeftPl, 24_000_000_000)
        again.runUntil(() => again.actions.lineEvent === LineEvent.Primed)
        again.runSamples(1)
        expect(again.alarms).toEqual([])
        expect(cut(again).alarms).toEqual([])
    })

    test("MIN-1: the minimum rate that a clinician chose outlasts resets, and ends by a start alone", () => {
        const bench = withDoses()
        bench.command(CommandKind.MinimumRate)
        let again = cut(bench)
        for (const command of [CommandKind.Acknowledge, CommandKind.Release, CommandKind.CancelBolus]) {
            again.command(command)
            again = cut(again)
            expect(again.alarms).toContain("minimumRateChosen")
            expect(again.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
        }
        again.command(CommandKind.Start)
        again = cut(again)
        expect(again.alarms).not.toContain("minimumRateChosen")
        expect(again.pump.ratePlPerDay).toBe(86_400_000)
    })

    test.each([MS_PER_HOUR, -MS_PER_HOUR])(
        "CLK-7: a shift of local time by %d ms goes on where the last checkpoint had it, and local time stays the new one",
        shiftMs => {
            const bench = new Bench({ programme: DOSES })
            bench.shown.wallStartMs = MS_PER_WEEK
            bench.start()
            bench.setClock(shiftMs)
            const atMs = bench.nowMs
            bench.run(12 * MS_PER_HOUR + 7 * MS_PER_MINUTE, 1_000)
            const again = new Bench({ programme: DOSES, checkpoint: bench.left() })
            // The real-time clock, which nobody set, has gone on.
            again.shown.wallStartMs = MS_PER_WEEK + bench.nowMs - START_UP_MS
            again.start()
            const caughtMs = (bench.nowMs - atMs) / 24
            const behindMs = Math.abs(again.pump.shiftLeftMs) - (MS_PER_HOUR - caughtMs)
            expect(Math.sign(again.pump.shiftLeftMs)).toBe(Math.sign(shiftMs))
            expect(behindMs).toBeGreaterThanOrEqual(-50)
            expect(behindMs).toBeLessThanOrEqual(CHECKPOINT_MS / 24 + 100)
            const localMs = localMsAt(again.pump, again.nowMs)
            expect(localMs).toBe(again.shown.wallStartMs + again.nowMs - START_UP_MS + shiftMs)
            // And after it is caught up with, no shift is left to anybody.
            again.run(12 * MS_PER_HOUR + 16 * MS_PER_MINUTE, 1_000)
            expect(again.left().shiftLeftMs).toBe(0)
        },
    )

    test("REF-2: a refill that was begun is forgotten, and the account goes on as if nobody had", () => {
        const bench = withDoses()
        bench.command(CommandKind.RefillBegin)
        bench.run(6 * MS_PER_MINUTE)
        expect(bench.alarms).toEqual(["changeUnfinished"])
        const again = cut(bench)
        again.run(6 * MS_PER_MINUTE)
        expect(again.alarms).toEqual([])
        expect(again.pump.residualPl).toBeLessThan(bench.pump.residualPl)
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

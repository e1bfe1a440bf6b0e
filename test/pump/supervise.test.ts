import { describe, expect, test } from "vitest"
import { Alarm, hasAlarm, Reason } from "../../src/pump/alarms"
import { WALL_UNKNOWN } from "../../src/pump/checkpoint"
import { MS_PER_HOUR, START_UP_MS, STOPPED_HIGH_MS, STOPPED_MEDIUM_MS } from "../../src/pump/limits"
import { BolusEvent, BolusReason, Mode } from "../../src/pump/pump"
import { CommandKind, SensorFault } from "../../src/pump/readings"
import { afterReset, Bench, MECHANISM, started, steadyProgramme } from "./bench"

describe("sensors that fail", () => {
    const parts = [
        ["pressureSensorFault", "pressureFault"],
        ["encoderFault", "encoderFault"],
        ["reservoirSwitchFault", "reservoirEndFault"],
        ["batteryMonitorFault", "batteryFault"],
        ["clockFault", "wallFault"],
    ] as const
    const faults = [SensorFault.Missing, SensorFault.Invalid, SensorFault.Stale]

    test.each(parts.flatMap(part => faults.map(fault => [...part, fault] as const)))(
        "SEN-1: %s: three samples without a reading alarm, the basal flow goes on, and a good one ends it; %s, fault %d",
        (alarm, field, fault) => {
            const bench = started()
            bench.shown[field] = fault
            bench.runSamples(2)
            expect(bench.alarms).toEqual([])
            bench.runSamples(1)
            expect(bench.alarms).toEqual([alarm])
            expect(bench.pump.reasons).toContain(fault)
            const steps = bench.pump.commandedSteps
            // A step is due every 19.4 s.
            bench.run(600_000, 1_000)
            expect(bench.pump.commandedSteps - steps).toBeGreaterThanOrEqual(30)
            expect(bench.alarms).toEqual([alarm])
            bench.shown[field] = SensorFault.None
            bench.runSamples(1)
            expect(bench.alarms).toEqual([])
        },
    )

    test.each(parts)("SEN-1: %s: answers that are lost now and then are no alarm; %s", (_, field) => {
        const bench = started()
        for (let i = 0; i < 20; i++) {
            bench.shown[field] = SensorFault.Missing
            bench.runSamples(2)
            bench.shown[field] = SensorFault.None
            bench.runSamples(1)
        }
        expect(bench.alarms).toEqual([])
    })

    test.each(parts)("SEN-1: %s: one sample is enough at power-on; %s", (alarm, field) => {
        const bench = new Bench()
        bench.shown[field] = SensorFault.Missing
        bench.start()
        expect(bench.alarms).toContain(alarm)
        expect(bench.pump.delivering).toBe(true)
    })

    test("SEN-1: a reading that can't be true is as good as none, and tells its own reason", () => {
        for (const [alarm, reason, lie] of [
            [Alarm.PressureSensorFault, Reason.Jumped, { pressurePa: 60_000 }],
            [Alarm.EncoderFault, Reason.Invalid, { missedSteps: 0.5 }],
            [Alarm.ReservoirSwitchFault, Reason.OutOfRange, { reservoirEndSwitch: 7 }],
            [Alarm.BatteryMonitorFault, Reason.Jumped, { batteryMv: 3_300 }],
        ] as const) {
            const bench = started()
            Object.assign(bench.shown, lie)
            bench.runSamples(2)
            expect(bench.alarms).toEqual([])
            bench.runSamples(1)
            expect(bench.pump.alarms, Alarm[alarm]).toBe(1 << alarm)
            expect(bench.reasonOf(alarm)).toBe(reason)
            expect(bench.pump.delivering).toBe(true)
        }
    })

    test("SEN-2: a part that is not fitted is never missed", () => {
        const bench = new Bench()
        for (const [, field] of parts.slice(0, 4)) bench.shown[field] = SensorFault.NotFitted
        bench.start()
        bench.run(MS_PER_HOUR, 1_000)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.commandedSteps).toBe(185)
    })

    test("ticks that come so late that each brings a sample judge every part all the same", () => {
        const bench = new Bench()
        bench.shown.batteryMv = 3_700
        bench.start()
        Object.assign(bench.shown, { batteryMv: 3_400, reservoirEndFault: SensorFault.Missing, missedSteps: 65 })
        bench.run(4_000, 1_000)
        expect(bench.alarms).toEqual(["motorNotFollowing", "reservoirSwitchFault", "batteryLow"])
    })
})

describe("the motor", () => {
    // Fast enough to be quick to test, and slow enough not to be due for a refill.
    const programme = steadyProgramme(5_000_000_000)

    /** A motor that stands still until it has missed so many steps. */
    function stalled(steps: number): Bench {
        const bench = started({ programme })
        bench.run(10_000)
        bench.shown.missedSteps = Number.NaN
        const from = bench.pump.commandedSteps
        bench.runUntil(() => bench.pump.commandedSteps >= from + steps || !bench.pump.delivering)
        bench.runSamples(1)
        return bench
    }

    /** From now on the encoder counts on from where it stands. */
    function freed(bench: Bench): void {
        bench.shown.missedSteps = bench.pump.commandedSteps - bench.shown.encoderSteps
    }

    test.each([
        [64, []],
        [65, ["motorNotFollowing"]],
        [-64, []],
        [-65, ["overDelivery"]],
    ])("MOT-1: an encoder that misses %d steps raises %j", (missedSteps, alarms) => {
        const bench = started()
        bench.shown.missedSteps = missedSteps
        bench.runSamples(3)
        expect(bench.alarms).toEqual(alarms)
        expect(bench.pump.delivering).toBe(missedSteps > -65)
        if (missedSteps === 65) expect(bench.reasonOf(Alarm.MotorNotFollowing)).toBe(Reason.StepsLost)
        if (missedSteps === -65) expect(bench.reasonOf(Alarm.OverDelivery)).toBe(Reason.MovedByItself)
    })

    test("MOT-1: a pump without an encoder has nothing to compare", () => {
        const bench = started({ encoderSlackSteps: 0 })
        bench.shown.missedSteps = 500
        bench.runSamples(3)
        expect(bench.alarms).toEqual([])
    })

    test("MOT-1: a start acknowledges it and takes the encoder as it then stands", () => {
        const bench = started()
        bench.shown.missedSteps = 100
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["motorNotFollowing"])
        bench.command(CommandKind.Start)
        bench.run(10_000)
        expect(bench.alarms).toEqual([])
    })

    test("MOT-1: what the motor did while nobody could see it is not held against it", () => {
        const bench = started()
        bench.shown.encoderFault = SensorFault.Missing
        bench.runSamples(3)
        bench.shown.encoderFault = SensorFault.None
        bench.shown.missedSteps = 100
        bench.runSamples(2)
        expect(bench.alarms).toEqual([])
    })

    test("MOT-2: a motor that fails try after try stops the pump, and a start tries again", () => {
        const bench = stalled(600)
        expect(bench.alarms).toEqual(["motorNotFollowing", "motorFailed"])
        expect(bench.reasonOf(Alarm.MotorFailed)).toBe(Reason.StepsLost)
        expect(bench.pump.delivering).toBe(false)
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual(["motorNotFollowing", "motorFailed"])
        bench.command(CommandKind.Start)
        expect(bench.alarms).toEqual([])
        bench.runUntil(() => bench.alarms.length > 0)
        expect(bench.alarms).toEqual(["motorNotFollowing"])
    })

    test.each([100, 200, 300, 400, 600])(
        "MOT-2: a motor that missed %d steps and is then freed and started runs on without an alarm",
        steps => {
            const bench = stalled(steps)
            freed(bench)
            bench.command(CommandKind.Start)
            bench.run(MS_PER_HOUR, 1_000)
            expect(bench.alarms).toEqual([])
            expect(bench.pump.delivering).toBe(true)
        },
    )

    test.each([100, 200, 300])(
        "MOT-2: one that missed %d steps and is freed while the encoder can't be read runs on without an alarm",
        steps => {
            const bench = stalled(steps)
            bench.shown.encoderFault = SensorFault.Missing
            bench.runSamples(3)
            freed(bench)
            bench.shown.encoderFault = SensorFault.None
            bench.run(MS_PER_HOUR, 1_000)
            bench.command(CommandKind.Acknowledge)
            expect(bench.alarms).toEqual([])
        },
    )

    test("MOT-7: a motor that still moves after it was stopped by the slack and a step is cut from outside", () => {
        const bench = started({ programme })
        bench.shown.missedSteps = -65
        bench.runSamples(2)
        expect(bench.alarms, "one noisy count is no motion").toEqual([])
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["overDelivery"])
        expect(bench.pump.cutMotor).toBe(false)
        bench.shown.missedSteps = -65 - 64
        bench.runSamples(1)
        expect(bench.pump.cutMotor, "it may coast by the slack").toBe(false)
        bench.shown.missedSteps = -65 - 65
        bench.runSamples(1)
        expect(bench.pump.cutMotor).toBe(true)
        bench.command(CommandKind.Start)
        bench.runSamples(3)
        expect(bench.pump.cutMotor, "a start is not enough").toBe(true)
        bench.command(CommandKind.Release)
        bench.runSamples(1)
        expect(bench.pump.cutMotor).toBe(false)
        expect(bench.alarms).toEqual([])
        bench.shown.missedSteps -= 65
        bench.runSamples(3)
        expect(bench.alarms).toEqual(["overDelivery"])
        expect(bench.pump.cutMotor, "where it stands now is what counts").toBe(false)
    })

    test("MOT-7: so is one that turns back by as much", () => {
        const bench = started({ programme })
        bench.shown.missedSteps = -100
        bench.runSamples(3)
        bench.shown.missedSteps = -100 - 65
        bench.pump.runawaySteps += 130
        bench.runSamples(1)
        expect(bench.pump.cutMotor).toBe(true)
    })

    test("FLW-2: a flow under nine tenths of the programme for 15 min alarms while delivery goes on, and ends by itself", () => {
        const bench = started({ programme })
        const run = (lengthMs: number, missedPart: number) => {
            const [from, missed] = [bench.pump.commandedSteps, bench.shown.missedSteps]
            for (const endMs = bench.nowMs + lengthMs; bench.nowMs < endMs; ) {
                bench.shown.missedSteps = missed + Math.floor((bench.pump.commandedSteps - from) * missedPart)
                bench.tick(bench.nowMs + 1_000)
            }
        }
        run(10 * 60_000, 0.25)
        expect(bench.alarms).toEqual(["motorNotFollowing"])
        run(10 * 60_000, 0.25)
        expect(bench.alarms).toEqual(["motorNotFollowing", "underDelivery"])
        expect(bench.reasonOf(Alarm.UnderDelivery)).toBe(Reason.UnderProgramme)
        expect(bench.pump.delivering).toBe(true)
        run(40 * 60_000, 0)
        expect(hasAlarm(bench.pump.alarms, Alarm.UnderDelivery)).toBe(false)
    })

    test("FLW-1: a flow over the programme stops the pump until a clinician releases it", () => {
        const bench = started({ programme })
        bench.run(5_000)
        bench.pump.flow.sinceSensedPl -= 1_000 * MECHANISM.stepPl
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["overDelivery"])
        expect(bench.reasonOf(Alarm.OverDelivery)).toBe(Reason.OverProgramme)
        expect(bench.pump.delivering).toBe(false)
        bench.command(CommandKind.Start)
        expect(bench.alarms).toEqual(["overDelivery"])
        bench.command(CommandKind.Release)
        bench.command(CommandKind.Start)
        bench.run(MS_PER_HOUR, 1_000)
        expect(bench.alarms).toEqual([])
    })

    test("FLW-2: steps that are owed and not made count as asked for", () => {
        const bench = started({ programme })
        bench.run(5_000)
        bench.pump.mechanism.stepsPerTickMax = 0
        bench.run(20 * 60_000, 1_000)
        expect(bench.alarms).toContain("underDelivery")
    })
})

describe("the reservoir", () => {
    test("RES-1: at the refill alarm volume it is low, and delivery goes on", () => {
        const bench = started()
        const programme = steadyProgramme(200_000_000)
        bench.pump.residualPl = programme.reservoirLowPl + 2 * MECHANISM.stepPl
        bench.runUntil(() => bench.pump.commandedSteps === 1)
        bench.runSamples(1)
        expect(bench.alarms).toEqual([])
        bench.pump.residualPl = programme.reservoirLowPl + MECHANISM.stepPl
        bench.runUntil(() => bench.pump.commandedSteps === 2)
        expect(bench.pump.residualPl).toBe(programme.reservoirLowPl)
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["reservoirLow"])
        expect(bench.pump.delivering).toBe(true)
    })

    test("RES-2: when it can't fill another step it is empty, and the motor stops", () => {
        const bench = started()
        bench.pump.residualPl = 3 * MECHANISM.stepPl + MECHANISM.stepPl - 1
        bench.run(120_000)
        expect(bench.pump.commandedSteps).toBe(3)
        expect(bench.alarms).toEqual(["reservoirLow", "reservoirEmpty", "refillOverdue"])
        expect(bench.pump.delivering).toBe(false)
        expect(bench.pump.residualPl).toBe(MECHANISM.stepPl - 1)
    })

    test("RES-2: with just one more step in it, it is not empty", () => {
        const bench = started()
        bench.pump.residualPl = 2 * MECHANISM.stepPl
        bench.runUntil(() => bench.pump.commandedSteps === 1)
        expect(hasAlarm(bench.pump.alarms, Alarm.ReservoirEmpty)).toBe(false)
        bench.runUntil(() => bench.pump.commandedSteps === 2)
        expect(hasAlarm(bench.pump.alarms, Alarm.ReservoirEmpty)).toBe(true)
        expect(bench.actions.checkpointDue).toBe(true)
        expect(bench.pump.delivering).toBe(false)
    })

    test("RES-2: a tick that owes more steps than the reservoir holds makes only those", () => {
        const bench = started({ programme: steadyProgramme() })
        bench.pump.residualPl = 3 * MECHANISM.stepPl
        bench.tick(bench.nowMs + 5_000)
        expect(bench.actions.steps).toBe(3)
        expect(bench.pump.residualPl).toBe(0)
        expect(bench.pump.delivering).toBe(false)
    })

    test("RES-2: a start does not get round it, a refill does", () => {
        const bench = started()
        bench.pump.residualPl = 0
        bench.runUntil(() => !bench.pump.delivering)
        bench.command(CommandKind.Start)
        expect(bench.pump.delivering).toBe(false)
        bench.command(CommandKind.Refill, 20_000_000_000)
        expect(bench.pump.delivering).toBe(true)
        bench.runSamples(1)
        expect(bench.alarms).toEqual([])
    })

    test.each([
        ["not fitted", { encoderSlackSteps: 0 }, SensorFault.None],
        ["told to be absent", {}, SensorFault.NotFitted],
        ["found to have failed", {}, SensorFault.Missing],
    ])(
        "RES-3: without an encoder, %s, the end switch means empty, whatever the account says",
        (_, mechanism, fault) => {
            const bench = new Bench(mechanism)
            bench.shown.encoderFault = fault
            bench.start()
            expect(bench.pump.delivering).toBe(true)
            bench.shown.reservoirEndSwitch = 1
            bench.runSamples(1)
            expect(bench.alarms).toContain("reservoirEmpty")
            expect(bench.pump.delivering).toBe(false)
        },
    )

    test.each([
        [100_000_000, true],
        [100_000_001, false],
    ])("RES-3: with an encoder it means empty only where the account, here %d pL, agrees: %s", (residualPl, empty) => {
        const bench = started()
        bench.pump.residualPl = residualPl
        bench.shown.reservoirEndSwitch = 1
        bench.runSamples(3)
        expect(hasAlarm(bench.pump.alarms, Alarm.ReservoirEmpty)).toBe(empty)
        expect(hasAlarm(bench.pump.alarms, Alarm.VolumeDisagreement)).toBe(!empty)
        expect(bench.pump.delivering).toBe(!empty)
    })

    test("RES-3: a switch that can't be read says nothing", () => {
        const bench = started({ encoderSlackSteps: 0 })
        bench.shown.reservoirEndSwitch = 1
        bench.shown.reservoirEndFault = SensorFault.Stale
        bench.runSamples(5)
        expect(bench.alarms).toEqual(["reservoirSwitchFault"])
    })

    test("VOL-3: an end switch pressed with much left does not stop a pump with a working encoder, but alarms", () => {
        const bench = started()
        bench.shown.reservoirEndSwitch = 1
        bench.runSamples(2)
        expect(bench.alarms).toEqual([])
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["volumeDisagreement"])
        expect(bench.reasonOf(Alarm.VolumeDisagreement)).toBe(Reason.EndSwitchDiffers)
        bench.run(MS_PER_HOUR, 1_000)
        expect(bench.pump.commandedSteps).toBe(185)
        bench.shown.reservoirEndSwitch = 0
        bench.runSamples(1)
        expect(bench.alarms, "it waits to be seen").toEqual(["volumeDisagreement"])
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual([])
    })

    test("VOL-3: one answer of the encoder that is lost does not change that, three do", () => {
        const bench = started()
        bench.shown.reservoirEndSwitch = 1
        bench.runSamples(3)
        bench.shown.encoderFault = SensorFault.Missing
        bench.runSamples(2)
        expect(bench.pump.delivering).toBe(true)
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["reservoirEmpty", "encoderFault", "volumeDisagreement"])
        expect(bench.pump.delivering).toBe(false)
    })

    test("VOL-1: an account from which the encoder differs alarms while delivery goes on", () => {
        const bench = started()
        bench.pump.volume.countedPl = 1_000_000_000
        bench.pump.volume.sensedPl = 1_000_000_000 - 145_000_001
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["volumeDisagreement"])
        expect(bench.reasonOf(Alarm.VolumeDisagreement)).toBe(Reason.EncoderDiffers)
        expect(bench.pump.delivering).toBe(true)
    })

    test("VOL-1: an encoder that is not believed is not counted", () => {
        const bench = started()
        bench.shown.encoderFault = SensorFault.Missing
        bench.runSamples(10)
        expect(bench.pump.volume.missedSamples).toBe(10)
        expect(bench.alarms).toEqual(["encoderFault"])
    })

    test.each([
        [400_000_001, ["reservoirLow"]],
        [400_000_000, ["reservoirLow", "refillOverdue"]],
    ])("RES-5: %d pL are two days of the mean flow or less: %j", (residualPl, alarms) => {
        const bench = started()
        bench.pump.residualPl = residualPl
        bench.runSamples(1)
        expect(bench.alarms).toEqual(alarms)
        expect(bench.pump.delivering).toBe(true)
        bench.command(CommandKind.Refill, 20_000_000_000)
        bench.runSamples(1)
        expect(bench.alarms).toEqual([])
    })
})

describe("the battery", () => {
    function discharged(): Bench {
        const bench = new Bench()
        bench.shown.batteryMv = 3_700
        return bench.start()
    }

    test.each([
        [3_501, []],
        [3_500, ["batteryLow"]],
        [3_301, ["batteryLow"]],
        [3_300, ["batteryLow", "batteryEnd"]],
    ])("BAT-1: at %d mV in three samples the alarms are %j", (batteryMv, alarms) => {
        const bench = discharged()
        bench.shown.batteryMv = batteryMv
        bench.runSamples(2)
        expect(bench.alarms).toEqual([])
        bench.runSamples(1)
        expect(bench.alarms).toEqual(alarms)
        expect(bench.pump.delivering).toBe(!alarms.includes("batteryEnd"))
    })

    test("BAT-1: voltages that sag now and then are no alarm", () => {
        const bench = discharged()
        for (let i = 0; i < 10; i++) {
            bench.shown.batteryMv = 3_300
            bench.runSamples(2)
            bench.shown.batteryMv = 3_700
            bench.runSamples(1)
        }
        expect(bench.alarms).toEqual([])
    })

    test("BAT-1: a low one ends with the voltage; the end of it takes a start, after which three samples count again", () => {
        const bench = discharged()
        bench.shown.batteryMv = 3_300
        bench.runSamples(3)
        bench.shown.batteryMv = 3_700
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["batteryEnd"])
        expect(bench.pump.delivering).toBe(false)
        bench.shown.batteryMv = 3_300
        bench.runSamples(1)
        bench.command(CommandKind.Start)
        expect(bench.pump.delivering).toBe(true)
        bench.runSamples(1)
        expect(bench.pump.delivering).toBe(true)
        bench.runSamples(2)
        expect(bench.pump.delivering).toBe(false)
    })

    test("BAT-1: at power-on one sample is enough", () => {
        const bench = new Bench()
        bench.shown.batteryMv = 3_300
        bench.start()
        expect(bench.alarms).toEqual(["batteryLow", "batteryEnd"])
        expect(bench.pump.delivering).toBe(false)
    })

    test("BAT-1: a pump without a battery has no voltage to judge, and one that can't be read says nothing", () => {
        const mains = new Bench({ batteryLowMv: 0, batteryEndMv: 0 })
        mains.shown.batteryMv = 1_000
        expect(mains.start().alarms).toEqual([])
        const bench = discharged()
        bench.shown.batteryMv = 3_400
        bench.runSamples(3)
        bench.shown.batteryFault = SensorFault.Missing
        bench.runSamples(3)
        expect(bench.alarms).toEqual(["batteryMonitorFault", "batteryLow"])
    })
})

describe("commands without a valid tag", () => {
    test("LNK-1: ten in a row are an alarm that waits for an acknowledgement, over a reset too, and nothing else changes", () => {
        const bench = started()
        bench.readings.accessFailures = 9
        bench.runSamples(2)
        expect(bench.alarms).toEqual([])
        bench.readings.accessFailures = 10
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["accessRefused"])
        expect(bench.reasonOf(Alarm.AccessRefused)).toBe(Reason.TagWrong)
        expect(bench.pump.delivering).toBe(true)
        bench.command(CommandKind.Acknowledge)
        bench.runSamples(1)
        expect(bench.alarms, "as long as they come").toEqual(["accessRefused"])
        bench.readings.accessFailures = 0
        bench.shown.pressureFault = SensorFault.Missing
        bench.runSamples(4)
        expect(bench.alarms).toEqual(["pressureSensorFault", "accessRefused"])
        const again = started({ checkpoint: bench.left() })
        expect(again.alarms).toEqual(["accessRefused"])
        again.command(CommandKind.Acknowledge)
        again.runSamples(1)
        expect(again.alarms).toEqual([])
        expect(again.left().latched).toBe(0)
    })
})

describe("a supply about to fail", () => {
    test("BAT-2: holds the steps from that very tick on, and what was owed is made up when it is good again", () => {
        const bench = started({ programme: steadyProgramme(2_400_000_000) })
        bench.run(10_000)
        const { commandedSteps } = bench.pump
        bench.readings.supplyFailing = true
        bench.run(5_000)
        expect(bench.pump.commandedSteps).toBe(commandedSteps)
        expect(bench.alarms).toEqual([])
        bench.readings.supplyFailing = false
        bench.run(1_000)
        const asked = (2_400_000_000 * 6_000) / 86_400_000
        expect((bench.pump.commandedSteps - commandedSteps) * MECHANISM.stepPl).toBeGreaterThan(
            asked - 2 * MECHANISM.stepPl,
        )
        expect(bench.alarms).toEqual([])
    })

    test("BAT-2: for ten seconds, and the pump stops in order; a start ends it once the supply is good", () => {
        const bench = started({ programme: steadyProgramme(2_400_000_000) })
        bench.readings.supplyFailing = true
        bench.runSamples(9)
        expect(bench.alarms).toEqual([])
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["batteryEnd"])
        expect(bench.reasonOf(Alarm.BatteryEnd)).toBe(Reason.SupplyFailing)
        expect(bench.pump.delivering).toBe(false)
        expect(bench.left().latched).toBe(1 << Alarm.BatteryEnd)
        bench.readings.supplyFailing = false
        bench.runSamples(2)
        expect(bench.alarms).toEqual(["batteryEnd"])
        bench.command(CommandKind.Start)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.delivering).toBe(true)
    })

    test("BAT-2: it takes ten samples in a row", () => {
        const bench = started()
        for (let i = 0; i < 5; i++) {
            bench.readings.supplyFailing = true
            bench.runSamples(9)
            bench.readings.supplyFailing = false
            bench.runSamples(1)
        }
        expect(bench.alarms).toEqual([])
    })

    test.each([
        ["whose battery can't be read", {}],
        ["without a battery", { batteryLowMv: 0, batteryEndMv: 0 }],
    ])("BAT-2: so it is with a pump %s", (_, mechanism) => {
        const bench = started(mechanism)
        bench.shown.batteryFault = SensorFault.Missing
        bench.readings.supplyFailing = true
        bench.runSamples(10)
        expect(bench.alarms).toContain("batteryEnd")
    })

    test("BAT-2: a prime ends, told with its reason, and the basal flow goes on after it", () => {
        const bench = started()
        bench.command(CommandKind.Prime, 100_000_000, 24_000_000_000)
        bench.run(2_000)
        bench.readings.supplyFailing = true
        bench.runUntil(() => bench.actions.bolusEvent !== BolusEvent.None)
        expect(bench.actions).toMatchObject({
            bolusEvent: BolusEvent.Cancelled,
            bolusReason: BolusReason.SupplyFailing,
            checkpointDue: true,
        })
        expect(bench.pump).toMatchObject({ bolusRatePlPerDay: 0, ratePlPerDay: 200_000_000, delivering: true })
    })
})

describe("the record memory", () => {
    test("JRN-6: one that does not take what is to be written is an alarm that stops nothing and ends with its cause", () => {
        const bench = started()
        bench.readings.memoryFault = SensorFault.Missing
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["memoryFault"])
        expect(bench.reasonOf(Alarm.MemoryFault)).toBe(Reason.Missing)
        expect(bench.pump).toMatchObject({ delivering: true, ratePlPerDay: 200_000_000 })
        bench.readings.memoryFault = SensorFault.None
        bench.runSamples(1)
        expect(bench.alarms).toEqual([])
    })
})

describe("a stop from before a reset", () => {
    const WALL_S = 1_000_000

    /** A pump that was stopped so long ago by the wall clock, after its first samples. */
    function stoppedFor(seconds: number, stoppedWallS = WALL_S - seconds): Bench {
        const bench = new Bench({ checkpoint: { mode: Mode.Stopped, stoppedWallS } })
        bench.shown.wallStartMs = WALL_S * 1000
        return bench.start()
    }

    test.each([
        [0, STOPPED_MEDIUM_MS],
        [299, STOPPED_MEDIUM_MS],
        [301, 301_000],
        [86_400, 86_400_000],
        [-1_000, STOPPED_MEDIUM_MS],
    ])("STP-5: of %d s ago by the wall clock is %d ms old, and at least what alarms at once", (seconds, ageMs) => {
        const bench = stoppedFor(seconds)
        expect(START_UP_MS - bench.pump.stoppedSinceMs).toBe(ageMs)
        expect(bench.alarms).toContain("stoppedOver5Min")
    })

    test("STP-5: 48 hours of it, before and after the reset together, are the high alarm", () => {
        const bench = stoppedFor(STOPPED_HIGH_MS / 1000 - 5)
        expect(bench.alarms).toEqual(["stoppedOver5Min"])
        bench.run(4_000)
        expect(bench.alarms).toEqual(["stoppedOver5Min"])
        bench.run(1_500)
        expect(bench.alarms).toEqual(["stoppedOver5Min", "stoppedOver48Hours"])
        const { pump, guard, journal } = bench
        expect(afterReset(pump, guard, journal).stoppedWallS).toBe(WALL_S - STOPPED_HIGH_MS / 1000 + 5)
    })

    test("STP-5: when nobody knew the time it begins anew, and its alarm stands at once", () => {
        const unknown = stoppedFor(0, WALL_UNKNOWN)
        expect(START_UP_MS - unknown.pump.stoppedSinceMs).toBe(STOPPED_MEDIUM_MS)
        const lost = new Bench({ checkpoint: { mode: Mode.Stopped, stoppedWallS: 5 } })
        lost.shown.wallFault = SensorFault.Missing
        lost.start()
        expect(START_UP_MS - lost.pump.stoppedSinceMs).toBe(STOPPED_MEDIUM_MS)
        // The clock comes back later, and tells it then.
        lost.shown.wallFault = SensorFault.None
        lost.shown.wallStartMs = STOPPED_HIGH_MS + 10_000
        lost.runSamples(2)
        expect(lost.alarms).toContain("stoppedOver48Hours")
    })

    test("STP-5: a pump that was started since, or runs, has no such age", () => {
        const running = new Bench({ checkpoint: { stoppedWallS: 5 } })
        running.shown.wallStartMs = WALL_S * 1000
        expect(running.start().alarms).toEqual([])
        const bench = new Bench({ checkpoint: { mode: Mode.Stopped, stoppedWallS: 5 } })
        bench.shown.wallFault = SensorFault.Missing
        bench.start()
        bench.command(CommandKind.Start)
        bench.shown.wallFault = SensorFault.None
        bench.shown.wallStartMs = WALL_S * 1000
        bench.runSamples(2)
        expect(bench.pump.stoppedSinceMs).toBeNaN()
        bench.command(CommandKind.Stop)
        bench.runSamples(2)
        expect(bench.alarms).toEqual([])
    })
})

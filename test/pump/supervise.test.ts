import { describe, expect, test } from "vitest"
import {
    ALARM_COUNT,
    ALARM_IDS,
    ALARM_PRIORITIES,
    Alarm,
    AlarmPriority,
    hasAlarm,
    highestPriority,
} from "../../src/pump/alarms"
import { CHECKPOINT_MS } from "../../src/pump/checkpoint"
import { MS_PER_DAY, MS_PER_HOUR, PRIME_PL_MAX, RATE_PL_PER_DAY_MIN, START_UP_MS } from "../../src/pump/limits"
import { BolusEvent, BolusReason, Mode } from "../../src/pump/pump"
import { CommandKind, type Readings, SensorFault } from "../../src/pump/readings"
import { Bench, MECHANISM, programmeOf } from "./bench"

const PRIME_PL = 100_000_000
const PRIME_RATE = 240_000_000_000

function started(options: ConstructorParameters<typeof Bench>[0] = {}): Bench {
    const bench = new Bench(options)
    bench.tick(START_UP_MS)
    return bench
}

function alarmsOf(bench: Bench): string[] {
    return ALARM_IDS.filter((_, alarm) => hasAlarm(bench.pump.alarms, alarm))
}

describe("alarms as data", () => {
    test("every alarm has a name and a priority, and a bit of its own", () => {
        expect(ALARM_IDS).toHaveLength(ALARM_COUNT)
        expect(ALARM_PRIORITIES).toHaveLength(ALARM_COUNT)
        expect(new Set(ALARM_IDS).size).toBe(ALARM_COUNT)
        for (const [bit, id] of ALARM_IDS.entries())
            expect(Alarm[bit].toLowerCase(), "the enumeration and the names agree").toBe(id.toLowerCase())
        expect(ALARM_COUNT).toBeLessThan(31)
    })

    test("the highest priority of a set is shown", () => {
        expect(highestPriority(0)).toBe(AlarmPriority.None)
        expect(highestPriority(1 << Alarm.ReservoirLow)).toBe(AlarmPriority.Low)
        expect(highestPriority((1 << Alarm.ReservoirLow) | (1 << Alarm.EncoderFault))).toBe(AlarmPriority.Medium)
        expect(highestPriority((1 << Alarm.Occlusion) | (1 << Alarm.EncoderFault))).toBe(AlarmPriority.High)
    })

    test("a pump with nothing wrong has no alarm and delivers", () => {
        const bench = started()
        bench.run(MS_PER_HOUR)
        expect(alarmsOf(bench)).toEqual([])
        expect(bench.pump.delivering).toBe(true)
        expect(bench.pump.commandedSteps).toBe(185)
    })
})

describe("occlusion", () => {
    test.each([
        [70_000, false],
        [70_001, true],
        [Number.NaN, true],
    ])("OCC-1: a line pressure of %d Pa in three samples stops the pump: %s", (pressurePa, occluded) => {
        const bench = started()
        bench.readings.pressurePa = pressurePa
        bench.run(2_000)
        expect(alarmsOf(bench)).toEqual([])
        bench.run(1_000)
        expect(alarmsOf(bench)).toEqual(occluded ? ["occlusion"] : [])
        expect(bench.pump.delivering).toBe(!occluded)
    })

    test("OCC-1: no step is made while the alarm stands", () => {
        const bench = started({ programme: programmeOf([{ startMinute: 0, ratePlPerDay: 24_000_000_000 }]) })
        bench.readings.pressurePa = 80_000
        bench.run(3_000)
        const steps = bench.pump.commandedSteps
        expect(steps).toBeGreaterThan(0)
        bench.run(MS_PER_HOUR)
        expect(bench.pump.commandedSteps).toBe(steps)
    })

    test("OCC-2: it stays until a person starts the pump, and comes back when the line is still blocked", () => {
        const bench = started()
        bench.readings.pressurePa = 80_000
        bench.run(3_000)
        bench.readings.pressurePa = 1_000
        bench.run(60_000)
        expect(alarmsOf(bench)).toEqual(["occlusion"])
        bench.command(CommandKind.Start)
        expect(alarmsOf(bench)).toEqual([])
        expect(bench.pump.delivering).toBe(true)
        bench.readings.pressurePa = 80_000
        bench.run(3_000)
        expect(alarmsOf(bench)).toEqual(["occlusion"])
        bench.command(CommandKind.Start)
        bench.run(4_000)
        expect(alarmsOf(bench)).toEqual(["occlusion"])
    })

    test("one cough is no occlusion", () => {
        const bench = started()
        for (let i = 0; i < 20; i++) {
            bench.readings.pressurePa = 80_000
            bench.run(2_000)
            bench.readings.pressurePa = 1_000
            bench.run(1_000)
        }
        expect(alarmsOf(bench)).toEqual([])
    })
})

describe("sensors that fail", () => {
    const parts: [string, keyof Readings, keyof Readings][] = [
        ["pressureSensorFault", "pressureFault", "pressurePa"],
        ["encoderFault", "encoderFault", "encoderSteps"],
        ["reservoirSwitchFault", "reservoirEndFault", "reservoirEndSwitch"],
        ["batteryMonitorFault", "batteryFault", "batteryMv"],
        ["clockFault", "wallFault", "wallWeekMs"],
    ]
    const faults = [SensorFault.Missing, SensorFault.Invalid, SensorFault.Stale]

    test.each(parts.flatMap(part => faults.map(fault => [...part, fault] as const)))(
        "SEN-1: %s (%s): three samples without a reading alarm, the basal flow goes on, and a good one clears it; fault %4$d",
        (alarm, faultField, valueField, fault) => {
            const bench = started()
            const good = bench.readings[valueField]
            Object.assign(bench.readings, { [faultField]: fault, [valueField]: Number.NaN })
            bench.run(2_000)
            expect(alarmsOf(bench)).toEqual([])
            bench.run(1_000)
            expect(alarmsOf(bench)).toEqual([alarm])
            const steps = bench.pump.commandedSteps
            bench.run(MS_PER_HOUR)
            expect(bench.pump.commandedSteps - steps).toBeGreaterThan(184)
            Object.assign(bench.readings, { [faultField]: SensorFault.None, [valueField]: good })
            if (alarm === "encoderFault") bench.readings.encoderSteps = bench.pump.commandedSteps
            bench.run(1_000)
            expect(alarmsOf(bench)).toEqual([])
        },
    )

    test("SEN-2: a part that is not fitted is never missed", () => {
        const bench = started()
        for (const [, faultField, valueField] of parts.slice(0, 4))
            Object.assign(bench.readings, { [faultField]: SensorFault.NotFitted, [valueField]: Number.NaN })
        bench.run(MS_PER_HOUR)
        expect(alarmsOf(bench)).toEqual([])
    })
})

describe("the motor", () => {
    test.each([
        [64, false],
        [65, true],
        [-64, false],
        [-65, true],
    ])("MOT-1: an encoder that differs by %d steps means that the motor does not follow: %s", (steps, alarms) => {
        const bench = started()
        bench.run(1_000)
        bench.readings.encoderSteps = bench.pump.commandedSteps - steps
        bench.run(1_000, false)
        expect(alarmsOf(bench)).toEqual(alarms ? ["motorNotFollowing"] : [])
        expect(bench.pump.delivering).toBe(true)
    })

    test("MOT-1: a start acknowledges it and takes the encoder as it then stands", () => {
        const bench = started()
        bench.readings.encoderSteps = -1_000
        bench.run(1_000, false)
        expect(alarmsOf(bench)).toEqual(["motorNotFollowing"])
        bench.readings.command = CommandKind.Start
        bench.run(10_000, false)
        expect(alarmsOf(bench)).toEqual([])
    })
})

describe("the reservoir", () => {
    const programme = programmeOf([{ startMinute: 0, ratePlPerDay: 24_000_000_000 }])

    test("RES-1: at the refill alarm volume it is low, and delivery goes on", () => {
        const bench = started({ programme })
        bench.pump.residualPl = programme.reservoirLowPl + 2 * MECHANISM.stepPl
        while (bench.pump.commandedSteps < 1) bench.tick(bench.nowMs + 100)
        expect(alarmsOf(bench)).toEqual([])
        while (bench.pump.commandedSteps < 2) bench.tick(bench.nowMs + 100)
        expect(alarmsOf(bench)).toEqual(["reservoirLow"])
        expect(bench.pump.delivering).toBe(true)
    })

    test("RES-2: when it can't fill another step it is empty, and the motor stops", () => {
        const bench = started({ programme })
        bench.pump.residualPl = 3 * MECHANISM.stepPl + MECHANISM.stepPl - 1
        bench.run(60_000)
        expect(bench.pump.commandedSteps).toBe(3)
        expect(alarmsOf(bench)).toEqual(["reservoirLow", "reservoirEmpty"])
        expect(bench.pump.delivering).toBe(false)
        expect(bench.pump.residualPl).toBe(MECHANISM.stepPl - 1)
    })

    test("RES-2: a tick that owes more steps than the reservoir holds makes only those", () => {
        const bench = started({ programme })
        bench.pump.residualPl = 3 * MECHANISM.stepPl
        bench.tick(bench.nowMs + 5_000)
        expect(bench.actions.steps).toBe(3)
        expect(bench.pump.residualPl).toBe(0)
        expect(bench.pump.delivering).toBe(false)
    })

    test("RES-2: a start does not get round it, a refill does", () => {
        const bench = started({ programme })
        bench.pump.residualPl = 0
        bench.run(1_000)
        bench.command(CommandKind.Start)
        expect(bench.pump.delivering).toBe(false)
        bench.command(CommandKind.Refill, 20_000_000_000)
        expect(alarmsOf(bench)).toEqual([])
        expect(bench.pump.delivering).toBe(true)
    })

    test("RES-3: the switch at the end of the plunger's travel means empty, whatever the account says", () => {
        const bench = started({ programme })
        bench.readings.reservoirEndSwitch = 1
        bench.run(1_000)
        expect(alarmsOf(bench)).toEqual(["reservoirEmpty"])
        expect(bench.pump.delivering).toBe(false)
    })

    test.each([
        [0, false],
        [1, true],
        [20_000_000_000, true],
        [20_000_000_001, false],
        [Number.NaN, false],
    ])("RES-4: a refill to %d pL is taken: %s", (volumePl, taken) => {
        const bench = started({ programme })
        const before = bench.pump.residualPl - 5 * MECHANISM.stepPl
        bench.pump.residualPl = before
        bench.command(CommandKind.Refill, volumePl)
        if (taken) expect(bench.pump.residualPl).toBe(volumePl)
        else expect(bench.pump.residualPl).toBeGreaterThan(before - 100 * MECHANISM.stepPl)
        expect(bench.pump.residualPl === volumePl).toBe(taken)
    })
})

describe("stop and start", () => {
    test("STP-1: a stopped pump makes no step, alarms after 5 min and again, with high priority, after 48 h", () => {
        const bench = started()
        bench.command(CommandKind.Stop)
        const steps = bench.pump.commandedSteps
        bench.run(5 * 60_000 - 1_000)
        expect(alarmsOf(bench)).toEqual([])
        bench.run(1_000)
        expect(alarmsOf(bench)).toEqual(["stoppedOver5Min"])
        bench.run(48 * MS_PER_HOUR - 5 * 60_000 - 1_000)
        expect(alarmsOf(bench)).toEqual(["stoppedOver5Min"])
        bench.run(1_000)
        expect(alarmsOf(bench)).toEqual(["stoppedOver5Min", "stoppedOver48Hours"])
        expect(bench.pump.commandedSteps).toBe(steps)
        bench.command(CommandKind.Start)
        expect(alarmsOf(bench)).toEqual([])
        bench.run(MS_PER_HOUR)
        expect(bench.pump.commandedSteps).toBeGreaterThan(steps + 180)
    })

    test("STP-2: a pump that was stopped before a reset stays stopped, and alarms at once", () => {
        const bench = started({ checkpoint: { sequence: 7, mode: Mode.Stopped, alarms: 0, residualPl: 5_000_000_000 } })
        expect(bench.pump.delivering).toBe(false)
        expect(alarmsOf(bench)).toEqual(["stoppedOver5Min"])
        expect(bench.pump.residualPl).toBe(5_000_000_000)
    })

    test("STP-2: what waits for a person waits through a reset", () => {
        const checkpoint = { sequence: 7, mode: Mode.Running, alarms: 1 << Alarm.Occlusion, residualPl: 5_000_000_000 }
        const bench = started({ checkpoint })
        bench.run(60_000)
        expect(alarmsOf(bench)).toEqual(["occlusion"])
        expect(bench.pump.commandedSteps).toBe(0)
    })

    test("STP-3: the steps that were due when a person stops the pump are made, and none after", () => {
        const bench = started({ programme: programmeOf([{ startMinute: 0, ratePlPerDay: 24_000_000_000 }]) })
        bench.command(CommandKind.Stop)
        expect(bench.pump.owed).toBeLessThan(bench.pump.stepQuantum)
        bench.tick(bench.nowMs + 100)
        expect(bench.actions.steps).toBe(0)
    })

    test("STP-3: what a late tick still owes is not made after a stop or a stopping alarm", () => {
        const programme = programmeOf([{ startMinute: 0, ratePlPerDay: 24_000_000_000 }])
        const stopped = started({ programme })
        stopped.readings.command = CommandKind.Stop
        stopped.tick(stopped.nowMs + 5_000)
        expect(stopped.actions.steps).toBe(MECHANISM.stepsPerTickMax)
        const empty = started({ programme })
        empty.readings.reservoirEndSwitch = 1
        empty.tick(empty.nowMs + 5_000)
        expect(empty.actions.steps).toBe(0)
        for (const bench of [stopped, empty]) {
            expect(bench.pump.owed).toBeGreaterThan(bench.pump.stepQuantum)
            const steps = bench.pump.commandedSteps
            bench.run(60_000)
            expect(bench.pump.commandedSteps).toBe(steps)
        }
    })

    test("the button stops a pump that delivers and starts one that does not", () => {
        const bench = started()
        bench.command(CommandKind.Toggle)
        expect(bench.pump.mode).toBe(Mode.Stopped)
        bench.command(CommandKind.Toggle)
        expect(bench.pump.mode).toBe(Mode.Running)
        bench.readings.pressurePa = 80_000
        bench.run(3_000)
        bench.readings.pressurePa = 1_000
        bench.command(CommandKind.Toggle)
        expect(bench.pump.delivering, "an occlusion alarm is acknowledged").toBe(true)
    })

    test("what must outlast a reset is written when it changes, and every 15 minutes", () => {
        const bench = started()
        bench.run(CHECKPOINT_MS - 100)
        expect(bench.actions.checkpointDue).toBe(false)
        bench.run(100)
        expect(bench.actions.checkpointDue).toBe(true)
        bench.run(100)
        expect(bench.actions.checkpointDue).toBe(false)
        bench.command(CommandKind.Stop)
        expect(bench.actions.checkpointDue).toBe(true)
    })
})

describe("the time of day", () => {
    const programme = programmeOf([
        { startMinute: 0, ratePlPerDay: 100_000_000 },
        { startMinute: 720, ratePlPerDay: 300_000_000 },
    ])

    test("SCH-1: the flow is that of the weekday and minute, from the first millisecond of a segment on", () => {
        const bench = new Bench({ programme })
        bench.readings.wallWeekMs = 3 * MS_PER_DAY + 12 * MS_PER_HOUR - 1_000
        bench.tick(START_UP_MS)
        expect(bench.pump.ratePlPerDay).toBe(100_000_000)
        bench.tick(START_UP_MS + 999)
        expect(bench.pump.ratePlPerDay).toBe(100_000_000)
        bench.tick(START_UP_MS + 1_000)
        expect(bench.pump.ratePlPerDay).toBe(300_000_000)
        expect(bench.pump.owed).toBe(100_000_000 * 1_000)
    })

    test("SCH-1: each weekday has its own pattern, and Sunday is followed by Monday", () => {
        const week = programmeOf([{ startMinute: 0, ratePlPerDay: 100_000_000 }])
        week.patternOfWeekday = [0, 0, 0, 0, 0, 0, 1]
        week.patternStart = [0, 1, 3]
        week.segmentStartMinute = [0, 0, 1439]
        week.segmentRatePlPerDay = [100_000_000, 200_000_000, 400_000_000]
        const bench = new Bench({ programme: week })
        bench.readings.wallWeekMs = 5 * MS_PER_DAY + 23 * MS_PER_HOUR
        bench.tick(START_UP_MS)
        expect(bench.pump.ratePlPerDay).toBe(100_000_000)
        bench.run(MS_PER_HOUR)
        expect(bench.pump.ratePlPerDay).toBe(200_000_000)
        bench.run(MS_PER_DAY - 60_000)
        expect(bench.pump.ratePlPerDay).toBe(400_000_000)
        bench.run(60_000)
        expect(bench.pump.ratePlPerDay).toBe(100_000_000)
    })

    test("SCH-2: while the time of day is unknown the mean flow runs, with an alarm, until the clock is known", () => {
        const bench = new Bench({ programme })
        bench.readings.wallFault = SensorFault.Invalid
        bench.readings.wallWeekMs = Number.NaN
        bench.tick(START_UP_MS)
        expect(alarmsOf(bench)).toEqual(["wallClockUnknown"])
        expect(bench.pump.ratePlPerDay).toBe(200_000_000)
        bench.run(MS_PER_DAY)
        expect(bench.pump.ratePlPerDay).toBe(200_000_000)
        bench.readings.wallFault = SensorFault.None
        bench.readings.wallWeekMs = 13 * MS_PER_HOUR
        bench.run(1_000)
        expect(alarmsOf(bench)).toEqual([])
        expect(bench.pump.ratePlPerDay).toBe(300_000_000)
    })

    test("CLK-1: a wall clock that jumps moves no dose", () => {
        const bench = new Bench({ programme })
        const steady = new Bench({ programme })
        for (const pump of [bench, steady]) pump.tick(START_UP_MS)
        bench.readings.wallWeekMs = 13 * MS_PER_HOUR
        for (const pump of [bench, steady]) pump.run(MS_PER_HOUR)
        expect(bench.pump.owed).toBe(steady.pump.owed)
        expect(bench.pump.commandedSteps).toBe(steady.pump.commandedSteps)
    })
})

describe("the battery", () => {
    test.each([
        [3_501, []],
        [3_500, ["batteryLow"]],
        [3_301, ["batteryLow"]],
        [3_300, ["batteryLow", "batteryEnd"]],
    ])("BAT-1: at %d mV in three samples the alarms are %j", (batteryMv, alarms) => {
        const bench = started()
        bench.readings.batteryMv = batteryMv
        bench.run(3_000)
        expect(alarmsOf(bench)).toEqual(alarms)
        expect(bench.pump.delivering).toBe(!alarms.includes("batteryEnd"))
    })
})

describe("the programme", () => {
    test("PRG-1: without a programme, or without a calibration, the motor is off and a high-priority alarm stands", () => {
        for (const bench of [started({ programme: null }), started({ mechanism: null })]) {
            bench.run(MS_PER_HOUR)
            expect(alarmsOf(bench)).toEqual(["programmeMissing"])
            expect(bench.pump.commandedSteps).toBe(0)
            bench.command(CommandKind.Start)
            expect(bench.pump.delivering).toBe(false)
        }
    })

    test("PRG-2: on a damaged programme the minimum rate runs, with a high-priority alarm", () => {
        const checkpoint = { sequence: 1, mode: Mode.Running, alarms: 0, residualPl: 5_000_000_000 }
        const bench = started({ programme: "record's checksum is wrong", checkpoint })
        expect(alarmsOf(bench)).toEqual(["programmeDamaged"])
        expect(bench.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
        bench.run(MS_PER_DAY)
        expect(bench.pump.commandedSteps).toBe(Math.floor(RATE_PL_PER_DAY_MIN / MECHANISM.stepPl))
    })

    test("PRG-4: a programme that asks for more than the mechanism can do is not run: the minimum rate is, with an alarm", () => {
        // 7 steps of 3000 pL in each tick: 18.144 mL/day.
        const mechanismMax = 7 * 3_000 * 864_000
        const fits = started({
            stepPl: 3_000,
            programme: programmeOf([{ startMinute: 0, ratePlPerDay: mechanismMax }]),
        })
        expect(alarmsOf(fits)).toEqual([])
        expect(fits.pump.ratePlPerDay).toBe(mechanismMax)
        const tooFast = programmeOf([
            { startMinute: 0, ratePlPerDay: 100_000_000 },
            { startMinute: 1439, ratePlPerDay: mechanismMax + 1 },
        ])
        const checkpoint = { sequence: 1, mode: Mode.Running, alarms: 0, residualPl: 5_000_000_000 }
        const bench = started({ stepPl: 3_000, programme: tooFast, checkpoint })
        expect(alarmsOf(bench)).toEqual(["programmeDamaged"])
        expect(bench.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
    })
})

describe("the prime", () => {
    test("BOL-2: it delivers its volume on top of the basal flow, exactly", () => {
        const bench = started()
        bench.command(CommandKind.Prime, PRIME_PL, PRIME_RATE)
        expect(bench.actions.bolusEvent).toBe(BolusEvent.Started)
        const startMs = bench.nowMs
        while (bench.actions.bolusEvent !== BolusEvent.Delivered) bench.tick(bench.nowMs + 100)
        expect(bench.actions.bolusPl).toBe(PRIME_PL)
        // Basal and prime together are held to 10 mL/h: the prime itself runs that much slower.
        const expectedMs = Math.ceil((PRIME_PL * MS_PER_DAY) / (PRIME_RATE - 200_000_000))
        expect(bench.nowMs - startMs).toBeGreaterThanOrEqual(expectedMs)
        expect(bench.nowMs - startMs).toBeLessThan(expectedMs + 200)
        bench.run(10_000)
        const asked = BigInt(bench.nowMs - START_UP_MS) * 200_000_000n + BigInt(PRIME_PL) * BigInt(MS_PER_DAY)
        const made = BigInt(bench.pump.commandedSteps) * BigInt(bench.pump.stepQuantum) + BigInt(bench.pump.owed)
        expect(made).toBe(asked)
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
            BolusReason.AlreadyPriming,
            b => b.command(CommandKind.Prime, PRIME_PL, PRIME_RATE),
        ],
        [
            "during an occlusion",
            PRIME_PL,
            PRIME_RATE,
            BolusReason.StoppingAlarm,
            b => {
                b.readings.pressurePa = 80_000
                b.run(3_000)
            },
        ],
        [
            "with the line pressure unknown",
            PRIME_PL,
            PRIME_RATE,
            BolusReason.PressureUnknown,
            b => {
                b.readings.pressureFault = SensorFault.Missing
                b.run(3_000)
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
        const bench = started()
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

    test("BOL-3: a stop or a stopping alarm cancels what remains of it, and it never comes back", () => {
        for (const [reason, stop] of [
            [BolusReason.PumpStopped, (b: Bench) => b.command(CommandKind.Stop)],
            [
                BolusReason.StoppingAlarm,
                (b: Bench) => {
                    b.readings.pressurePa = 80_000
                    while (b.actions.bolusEvent === BolusEvent.None) b.tick(b.nowMs + 100)
                    b.readings.pressurePa = 1_000
                },
            ],
        ] as const) {
            const bench = started()
            bench.command(CommandKind.Prime, PRIME_PL, PRIME_RATE)
            bench.run(5_000)
            stop(bench)
            expect(bench.actions.bolusEvent).toBe(BolusEvent.Cancelled)
            expect(bench.actions.bolusReason).toBe(reason)
            expect(bench.actions.bolusPl).toBeGreaterThan(10_000_000)
            expect(bench.actions.bolusPl).toBeLessThan(PRIME_PL)
            bench.command(CommandKind.Start)
            bench.run(1_000)
            const steps = bench.pump.commandedSteps
            bench.run(MS_PER_HOUR)
            expect(bench.pump.commandedSteps - steps).toBeLessThan(190)
        }
    })
})

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ALARMS, Effect, Latch, REASON_WORDS } from "../../src/pump/alarmRules"
import {
    ACKNOWLEDGED_ALARMS,
    ALARM_COUNT,
    Alarm,
    AlarmPriority,
    hasAlarm,
    highestPriority,
    LATCHING_ALARMS,
    MINIMUM_RATE_ALARMS,
    RELEASED_ALARMS,
    Reason,
    STOPPING_ALARMS,
} from "../../src/pump/alarms"
import { clear, raise, setAlarm } from "../../src/pump/delivery"
import { ELAPSED_MS_MAX, LATE_TICK_MS, MS_PER_HOUR, SOUND_PAUSE_MS, TICK_MS } from "../../src/pump/limits"
import { CommandKind, GuardTrip, SensorFault } from "../../src/pump/readings"
import { Bench, started } from "./bench"

describe("alarms as data", () => {
    test("every alarm has a name of its own, a bit of its own, and each reason has words", () => {
        expect(new Set(ALARMS.map(rule => rule.id)).size).toBe(ALARM_COUNT)
        for (const [bit, { id }] of ALARMS.entries())
            expect(Alarm[bit].toLowerCase(), "the enumeration and the names agree").toBe(id.toLowerCase())
        expect(ALARM_COUNT).toBeLessThanOrEqual(32)
        const reasons = Object.values(Reason).filter(value => typeof value === "number")
        for (const reason of reasons) expect(REASON_WORDS[reason] === "", Reason[reason]).toBe(reason === Reason.None)
        expect(new Set(reasons.map(reason => REASON_WORDS[reason])).size).toBe(reasons.length)
    })

    test("the reasons of sensors and guard have the numbers of their own enumerations", () => {
        for (const fault of Object.values(SensorFault).filter(value => typeof value === "number"))
            if (fault > SensorFault.NotFitted) expect(Reason[fault]).toBe(SensorFault[fault])
        for (const trip of Object.values(GuardTrip).filter(value => typeof value === "number"))
            expect(Reason[trip]).toBe(GuardTrip[trip])
    })

    test("the sets hold exactly the alarms whose rule says so", () => {
        for (const [alarm, rule] of ALARMS.entries()) {
            expect(hasAlarm(STOPPING_ALARMS, alarm), rule.id).toBe(rule.effect === Effect.Stop)
            expect(hasAlarm(MINIMUM_RATE_ALARMS, alarm), rule.id).toBe(rule.effect === Effect.MinimumRate)
            expect(hasAlarm(LATCHING_ALARMS, alarm), rule.id).toBe(rule.latch !== Latch.None)
            expect(hasAlarm(ACKNOWLEDGED_ALARMS, alarm), rule.id).toBe(rule.latch === Latch.Acknowledge)
            expect(hasAlarm(RELEASED_ALARMS, alarm), rule.id).toBe(rule.latch === Latch.Release)
        }
    })

    test("the highest priority of a set is shown", () => {
        expect(highestPriority(0)).toBe(AlarmPriority.None)
        expect(highestPriority(1 << Alarm.ReservoirLow)).toBe(AlarmPriority.Low)
        expect(highestPriority((1 << Alarm.ReservoirLow) | (1 << Alarm.EncoderFault))).toBe(AlarmPriority.Medium)
        expect(highestPriority((1 << Alarm.Occlusion) | (1 << Alarm.EncoderFault))).toBe(AlarmPriority.High)
        expect(highestPriority(1 << Alarm.CheckpointDamaged)).toBe(AlarmPriority.High)
        expect(highestPriority(1 << Alarm.AccessRefused)).toBe(AlarmPriority.Medium)
    })

    test("a pump with nothing wrong has no alarm and delivers", () => {
        const bench = started()
        bench.run(MS_PER_HOUR)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.delivering).toBe(true)
        expect(bench.pump.commandedSteps).toBe(185)
    })
})

describe("raising and clearing", () => {
    test("an alarm that does not latch ends with its condition, and one that latches waits", () => {
        const { pump } = new Bench()
        raise(pump, Alarm.BatteryLow, Reason.None)
        raise(pump, Alarm.TimeLost, Reason.TicksLate)
        expect(pump.alarms).toBe((1 << Alarm.BatteryLow) | (1 << Alarm.TimeLost))
        expect(pump.latched).toBe(1 << Alarm.TimeLost)
        clear(pump, Alarm.BatteryLow)
        clear(pump, Alarm.TimeLost)
        expect(pump.conditions).toBe(0)
        expect(pump.alarms).toBe(1 << Alarm.TimeLost)
    })

    test("a condition that goes on keeps its mark, and tells its newest reason", () => {
        const { pump } = new Bench()
        raise(pump, Alarm.BatteryMonitorFault, Reason.Missing)
        pump.acknowledged = pump.alarms
        pump.soundPausedUntilMs = pump.nowMs + 1
        raise(pump, Alarm.BatteryMonitorFault, Reason.Jumped)
        expect(pump.acknowledged).toBe(1 << Alarm.BatteryMonitorFault)
        expect(pump.soundPausedUntilMs).toBe(pump.nowMs + 1)
        expect(pump.reasons[Alarm.BatteryMonitorFault]).toBe(Reason.Jumped)
    })

    test("a condition that comes back while its alarm still waits takes its mark away", () => {
        const { pump } = new Bench()
        raise(pump, Alarm.TimeLost, Reason.TicksLate)
        clear(pump, Alarm.TimeLost)
        pump.acknowledged = pump.alarms
        raise(pump, Alarm.TimeLost, Reason.TicksLate)
        expect(pump.acknowledged).toBe(0)
    })

    test("the mark of an alarm goes with it, and the marks of others stay", () => {
        const { pump } = new Bench()
        for (const alarm of [Alarm.BatteryLow, Alarm.ClockFault]) raise(pump, alarm, Reason.None)
        pump.acknowledged = pump.alarms
        setAlarm(pump, Alarm.BatteryLow, false, Reason.None)
        expect(pump.acknowledged).toBe(1 << Alarm.ClockFault)
        setAlarm(pump, Alarm.BatteryLow, true, Reason.None)
        expect(pump.acknowledged).toBe(1 << Alarm.ClockFault)
        expect(pump.alarms).toBe((1 << Alarm.ClockFault) | (1 << Alarm.BatteryLow))
    })
})

/** A pump whose clock stood for a while: the loss is over, and waits to be seen. */
function afterLostTime(): Bench {
    const bench = started()
    bench.tick(bench.nowMs + ELAPSED_MS_MAX + 1)
    bench.runSamples(1)
    expect(bench.alarms).toEqual(["timeLost"])
    expect(bench.pump.conditions).toBe(0)
    return bench
}

describe("acknowledgement", () => {
    test("ALM-2: what only waited for it is over", () => {
        const bench = afterLostTime()
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.latched).toBe(0)
        expect(bench.pump.acknowledged).toBe(0)
    })

    test("ALM-2: what has its condition still stays, marked, and after it waits to be seen again", () => {
        const bench = started()
        bench.shown.missedSteps = 65
        bench.runSamples(1)
        expect(bench.alarms).toEqual(["motorNotFollowing"])
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual(["motorNotFollowing"])
        expect(bench.pump.acknowledged).toBe(1 << Alarm.MotorNotFollowing)
        bench.shown.missedSteps = 64
        bench.runSamples(1)
        expect(bench.pump.conditions).toBe(0)
        expect(bench.alarms).toEqual(["motorNotFollowing"])
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual([])
    })

    test("ALM-2: what takes a start or a clinician stays, marked, and the pump stays stopped", () => {
        for (const alarm of [Alarm.Occlusion, Alarm.OverDelivery]) {
            const bench = started({ checkpoint: { latched: 1 << alarm } })
            bench.command(CommandKind.Acknowledge)
            expect(bench.alarms).toEqual([ALARMS[alarm].id])
            expect(bench.pump.latched).toBe(1 << alarm)
            expect(bench.pump.acknowledged).toBe(1 << alarm)
            expect(bench.pump.delivering).toBe(false)
        }
    })

    test("ALM-2: it pauses the sound for two minutes, and changes neither mode nor delivery", () => {
        const bench = afterLostTime()
        const { mode, delivering, ratePlPerDay } = bench.pump
        bench.command(CommandKind.Acknowledge)
        expect(bench.pump.soundPausedUntilMs).toBe(bench.nowMs + SOUND_PAUSE_MS)
        expect(bench.actions.checkpointDue).toBe(true)
        bench.runSamples(1)
        expect(bench.pump).toMatchObject({ mode, delivering, ratePlPerDay })
    })
})

describe("an alarm that is raised in the tick that hears a press made before it", () => {
    /** The firmware hung for longer than it makes up; meanwhile somebody pressed. */
    function pressedWhileHung(kind: CommandKind): Bench {
        const bench = started()
        bench.readings.command = kind
        bench.tick(bench.nowMs + ELAPSED_MS_MAX + 1000)
        expect(bench.readings.command).toBe(CommandKind.None)
        return bench
    }

    test.each([
        ["an acknowledgement", CommandKind.Acknowledge],
        ["a silence", CommandKind.Silence],
        ["a start", CommandKind.Start],
    ])("ALM-5: is not ended, marked or silenced by %s", (_, kind) => {
        const bench = pressedWhileHung(kind)
        expect(bench.alarms).toEqual(["timeLost"])
        expect(bench.pump.acknowledged).toBe(0)
        expect(bench.nowMs < bench.pump.soundPausedUntilMs).toBe(false)
        bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual([])
    })
})

test("ALM-5: an occlusion that is found in the tick that hears a start is no less told, and takes another start", () => {
    const overThreshold = () => {
        const bench = started({ occlusionPa: 10_000 })
        bench.shown.pressurePa = 11_000
        return bench
    }
    const before = overThreshold()
    before.runUntil(() => before.alarms.includes("occlusion"))
    const bench = overThreshold()
    while (bench.nowMs < before.nowMs - TICK_MS) bench.tick()
    expect(bench.alarms).toEqual([])
    bench.readings.command = CommandKind.Start
    bench.readings.commandPl = 0
    bench.tick()
    expect(bench.readings.command).toBe(CommandKind.None)
    expect(bench.alarms).toEqual(["occlusion"])
    bench.shown.pressurePa = 1000
    bench.command(CommandKind.Start)
    expect(bench.alarms).toEqual([])
})

describe("the pause of the sound", () => {
    const paused = (bench: Bench) => bench.nowMs < bench.pump.soundPausedUntilMs

    test("ALM-3: it lasts two minutes from the last press, and no press adds to another", () => {
        expect(SOUND_PAUSE_MS).toBe(120_000)
        const bench = started({ programme: null })
        expect(paused(bench)).toBe(false)
        bench.command(CommandKind.Silence)
        expect(bench.alarms, "silence is about the sound alone").toEqual(["programmeMissing"])
        expect(bench.pump.acknowledged).toBe(0)
        bench.run(60_000)
        bench.command(CommandKind.Silence)
        bench.command(CommandKind.Silence)
        const pressedMs = bench.nowMs
        bench.run(SOUND_PAUSE_MS - 100)
        expect(paused(bench)).toBe(true)
        bench.run(100)
        expect(bench.nowMs).toBe(pressedMs + SOUND_PAUSE_MS)
        expect(paused(bench)).toBe(false)
    })

    test.each([
        ["silence", CommandKind.Silence],
        ["an acknowledgement", CommandKind.Acknowledge],
        ["a start", CommandKind.Start],
    ])("ALM-3: a new condition ends the pause by %s at once", (_, kind) => {
        const bench = started({ programme: null })
        bench.command(kind)
        bench.runSamples(2)
        expect(paused(bench)).toBe(true)
        bench.shown.batteryFault = SensorFault.Missing
        bench.runSamples(3)
        expect(bench.alarms).toContain("batteryMonitorFault")
        expect(paused(bench)).toBe(false)
    })

    test("ALM-3: so does one that was acknowledged, was over, and came back", () => {
        const bench = started({ programme: null })
        const fail = () => {
            bench.shown.batteryFault = SensorFault.Missing
            bench.runSamples(3)
            expect(bench.alarms).toContain("batteryMonitorFault")
        }
        fail()
        bench.command(CommandKind.Acknowledge)
        bench.shown.batteryFault = SensorFault.None
        bench.runSamples(1)
        expect(bench.alarms).not.toContain("batteryMonitorFault")
        expect(paused(bench)).toBe(true)
        fail()
        expect(paused(bench)).toBe(false)
        expect(hasAlarm(bench.pump.acknowledged, Alarm.BatteryMonitorFault)).toBe(false)
        expect(hasAlarm(bench.pump.acknowledged, Alarm.ProgrammeMissing)).toBe(true)
    })

    test("ALM-3: so does one that latched, was over, and came back before anyone had seen it", () => {
        const bench = started()
        bench.shown.missedSteps = 65
        bench.runSamples(1)
        bench.shown.missedSteps = 0
        bench.runSamples(1)
        bench.command(CommandKind.Silence)
        expect(bench.alarms).toEqual(["motorNotFollowing"])
        bench.shown.missedSteps = 65
        bench.runSamples(1)
        expect(paused(bench)).toBe(false)
    })

    test("ALM-3: a condition that merely goes on does not", () => {
        const bench = started()
        bench.shown.batteryFault = SensorFault.Missing
        bench.runSamples(3)
        bench.command(CommandKind.Silence)
        bench.runSamples(10)
        expect(paused(bench)).toBe(true)
    })

    test("ALM-3: a clock that runs backwards does not put its end off, though the loss of time has been told already", () => {
        const bench = started()
        bench.run(10 * (LATE_TICK_MS + 1), LATE_TICK_MS + 1)
        expect(hasAlarm(bench.pump.conditions, Alarm.TimeLost)).toBe(true)
        bench.pump.soundPausedUntilMs = bench.nowMs + SOUND_PAUSE_MS
        bench.tick(bench.nowMs - MS_PER_HOUR)
        expect(paused(bench)).toBe(false)
    })
})

describe("condition, latch and mark", () => {
    const fault = fc.constantFrom(
        SensorFault.None,
        SensorFault.None,
        SensorFault.NotFitted,
        SensorFault.Missing,
        SensorFault.Stale,
    )
    const act = fc.record(
        {
            pressurePa: fc.constantFrom(1_000, 8_000, 11_000, 90_000, Number.NaN),
            pressureFault: fault,
            missedSteps: fc.constantFrom(0, 0, 65, -65, 500),
            encoderFault: fault,
            reservoirEndSwitch: fc.constantFrom(0, 0, 1, 7),
            reservoirEndFault: fault,
            batteryMv: fc.constantFrom(4_000, 3_600, 3_400, 3_200, 0),
            batteryFault: fault,
            wallStartMs: fc.constantFrom(0, 0, MS_PER_HOUR),
            wallFault: fault,
            command: fc.integer({ min: CommandKind.None, max: CommandKind.CancelBolus }),
            tickMs: fc.constantFrom(100, 100, 1_000, 1_001, ELAPSED_MS_MAX + 1, -1),
            ticks: fc.integer({ min: 1, max: 60 }),
        },
        { requiredKeys: ["ticks"] },
    )

    test("ALM-4: they are kept apart: what stands has its condition or waits, and only that can be marked as seen", () => {
        let seen = 0
        fc.assert(
            fc.property(fc.array(act, { minLength: 30, maxLength: 60 }), acts => {
                const bench = new Bench({ occlusionPa: 10_000 })
                const { pump } = bench
                for (const { command, tickMs, ticks, ...shown } of acts) {
                    Object.assign(bench.shown, shown)
                    if (command !== undefined) {
                        bench.readings.command = command
                        bench.readings.commandPl = 1_000_000_000
                        bench.readings.commandRatePlPerDay = 24_000_000_000
                    }
                    for (let i = 0; i < ticks; i++) {
                        const { conditions, latched } = pump
                        const asked = bench.readings.command !== CommandKind.None
                        bench.tick(bench.nowMs + (i === 0 && tickMs !== undefined ? tickMs : 100))
                        seen |= pump.alarms
                        const wrong =
                            pump.alarms !== (pump.conditions | pump.latched) ||
                            (pump.acknowledged & ~pump.alarms) !== 0 ||
                            (pump.latched & ~LATCHING_ALARMS) !== 0 ||
                            // A condition that comes is unseen, and latches if its rule says so.
                            (pump.conditions & ~conditions & LATCHING_ALARMS & ~pump.latched) !== 0 ||
                            // What latched waits for a person's act.
                            (!asked && (latched & ~pump.latched) !== 0) ||
                            pump.soundPausedUntilMs > pump.nowMs + SOUND_PAUSE_MS ||
                            (pump.delivering && (pump.alarms & STOPPING_ALARMS) !== 0)
                        if (wrong) expect.fail(`${JSON.stringify(bench.alarms)} at ${bench.nowMs} ms`)
                    }
                }
            }),
            { numRuns: 100 },
        )
        for (const alarm of [Alarm.Occlusion, Alarm.TimeLost, Alarm.OverDelivery, Alarm.ReservoirEmpty])
            expect(hasAlarm(seen, alarm), "the course is lively enough").toBe(true)
    })
})

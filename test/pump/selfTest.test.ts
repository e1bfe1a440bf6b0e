import { afterEach, describe, expect, test, vi } from "vitest"
import { Alarm, hasAlarm } from "../../src/pump/alarms"
import * as bytes from "../../src/pump/bytes"
import * as commands from "../../src/pump/commands"
import * as delivery from "../../src/pump/delivery"
import * as following from "../../src/pump/following"
import * as guard from "../../src/pump/guard"
import { MS_PER_WEEK } from "../../src/pump/limits"
import * as line from "../../src/pump/line"
import { BolusEvent } from "../../src/pump/pump"
import { GuardTrip, SensorFault } from "../../src/pump/readings"
import * as relief from "../../src/pump/relief"
import * as schedule from "../../src/pump/schedule"
import { arithmeticHolds, LOGIC_FAILED, LOGIC_HELD, logicTestPart } from "../../src/pump/selfTest"
import * as sensors from "../../src/pump/sensors"
import * as supervise from "../../src/pump/supervise"
import * as ticks from "../../src/pump/tick"
import * as volume from "../../src/pump/volume"

// A machine that computes wrongly is made by putting a wrong function in the place of each one that the pump relies on.
vi.mock("../../src/pump/bytes", { spy: true })
vi.mock("../../src/pump/commands", { spy: true })
vi.mock("../../src/pump/delivery", { spy: true })
vi.mock("../../src/pump/following", { spy: true })
vi.mock("../../src/pump/guard", { spy: true })
vi.mock("../../src/pump/line", { spy: true })
vi.mock("../../src/pump/relief", { spy: true })
vi.mock("../../src/pump/schedule", { spy: true })
vi.mock("../../src/pump/sensors", { spy: true })
vi.mock("../../src/pump/supervise", { spy: true })
vi.mock("../../src/pump/tick", { spy: true })
vi.mock("../../src/pump/volume", { spy: true })

afterEach(() => {
    vi.resetAllMocks()
    vi.restoreAllMocks()
    // So that what one test spoilt is not what the next one finds.
    expect(arithmeticHolds()).toBe(true)
})

/** The true function is called first, and what it gave is spoilt. */
function spoil<Values extends unknown[]>(
    target: (...values: Values) => number,
    spoilt: (result: number, ...values: Values) => number,
): (...values: Values) => number {
    return (...values) => spoilt(target(...values), ...values)
}

const { floor, ceil, min, abs } = Math
const { tick: realTick } = await vi.importActual<typeof ticks>("../../src/pump/tick")

describe("arithmetic", () => {
    test("PST-1: the sums hold on a machine that computes rightly", () => {
        expect(arithmeticHolds()).toBe(true)
    })

    test.each([
        ["division in 32 bits", (x: number) => x | 0],
        ["rounding up", (x: number) => ceil(x)],
        ["a bit of the quotient lost", (x: number) => floor(x) & ~1],
    ])("PST-1: %s is found", (_, wrong) => {
        vi.spyOn(Math, "floor").mockImplementation(wrong)
        expect(arithmeticHolds()).toBe(false)
    })

    test.each([
        ["ceil", (x: number) => floor(x)],
        ["abs", (x: number) => x],
        ["abs", (x: number) => abs(x) | 0],
    ] as const)("PST-1: a wrong Math.%s is found", (name, wrong) => {
        vi.spyOn(Math, name).mockImplementation(wrong)
        expect(arithmeticHolds()).toBe(false)
    })

    test("PST-1: a Math.min that takes the larger is found", () => {
        vi.spyOn(Math, "min").mockImplementation((a: number, b: number) => a + b - min(a, b))
        expect(arithmeticHolds()).toBe(false)
    })

    test.each([
        ["the remainder of 32 bits", (ms: number) => (ms | 0) % MS_PER_WEEK],
        ["a negative remainder", (ms: number) => ms % MS_PER_WEEK],
        ["a remainder off by one far from zero", (ms: number) => (ms > 1e15 ? 550_740_990 : -1)],
    ])("PST-1: a time of the week by %s is found", (_, wrong) => {
        vi.mocked(schedule.timeOfWeek).mockImplementation(wrong)
        expect(arithmeticHolds()).toBe(false)
    })

    test("PST-1: a checksum with any one bit wrong is found", () => {
        for (let bit = 0; bit < 32; bit++) {
            vi.mocked(bytes.crc32).mockReturnValueOnce((0xcbf43926 ^ (1 << bit)) >>> 0)
            expect(arithmeticHolds()).toBe(false)
        }
    })

    test("PST-1: a number that does not come back from its bytes, or spills over them, is found", async () => {
        const { readUint, writeUint } = await vi.importActual<typeof bytes>("../../src/pump/bytes")
        vi.mocked(bytes.readUint).mockImplementationOnce(spoil(readUint, value => value + 1))
        expect(arithmeticHolds()).toBe(false)
        for (const spilt of [0, 7]) {
            vi.mocked(bytes.writeUint).mockImplementationOnce((into, offset, size, value) => {
                writeUint(into, offset, size, value)
                into[spilt] = 1
            })
            expect(arithmeticHolds()).toBe(false)
        }
        expect(arithmeticHolds()).toBe(true)
    })
})

/** The whole course; what its last part gives. */
function runLogicTest(): number {
    let part = 0
    while (part >= 0) part = logicTestPart(part)
    return part
}

describe("logic", () => {
    test("PST-3: the built-in pump does what it did when the firmware was released", () => {
        const result = runLogicTest()
        const sum = LOGIC_FAILED - result
        expect(
            result,
            `The logic does something else than before. If that is meant, COURSE_SUM of src/pump/selfTest.ts is ${sum}.`,
        ).toBe(LOGIC_HELD)
    })

    test("PST-3: the test can be run again, and from its beginning while it is under way", () => {
        expect(logicTestPart(logicTestPart(0))).toBe(2)
        expect(runLogicTest()).toBe(LOGIC_HELD)
        expect(runLogicTest()).toBe(LOGIC_HELD)
    })

    test("PST-3: a course that has not begun, or is over, has failed", () => {
        expect(logicTestPart(3)).toBe(LOGIC_FAILED)
        runLogicTest()
        expect(logicTestPart(1)).toBe(LOGIC_FAILED)
    })

    test("PST-3: a part left out is found", () => {
        let part = logicTestPart(0)
        while (part >= 0) part = logicTestPart(part === 8 ? 9 : part)
        expect(part).toBeLessThan(LOGIC_FAILED)
    })

    test("PST-3: the course comes past all that it is to test, and nothing of it is left over", () => {
        const seen = new Set<string>()
        vi.mocked(ticks.tick).mockImplementation((pump, guarded, readings, nowMs, actions) => {
            realTick(pump, guarded, readings, nowMs, actions)
            if (actions.bolusEvent !== BolusEvent.None) seen.add(BolusEvent[actions.bolusEvent])
            if (guarded.trip !== GuardTrip.None) seen.add(GuardTrip[guarded.trip])
            if (actions.steps < 0) seen.add("pull-back")
            if (actions.steps > 1) seen.add("several steps at once")
            if (actions.checkpointDue) seen.add("checkpoint")
            if (pump.delivering) seen.add(`${pump.ratePlPerDay / 1e9} mL/day`)
            else if (pump.judgedAll) seen.add("stopped")
            for (let alarm = 0; alarm <= Alarm.CheckpointDamaged; alarm++)
                if (hasAlarm(pump.alarms, alarm)) seen.add(Alarm[alarm])
        })
        expect(runLogicTest()).toBe(LOGIC_HELD)
        expect([...seen].sort()).toEqual(
            [
                ...["24 mL/day", "224 mL/day", "12 mL/day", "stopped", "checkpoint"],
                ...["several steps at once", "pull-back", "Started", "Delivered"],
                ...[
                    "PressureSensorFault",
                    "BatteryLow",
                    "TimeLost",
                    "Occlusion",
                    "MotorNotFollowing",
                    "ReservoirEmpty",
                ],
                ...["OverDelivery", "PrimeLimit"],
            ].sort(),
        )
    })

    // One wrong function each, for the whole of the course. One that never ends is not among them: the device's runtime ends it.
    const faults: [string, () => void][] = [
        [
            "a guard that lets everything pass",
            () => vi.mocked(guard.allowSteps).mockImplementation((_, steps) => steps),
        ],
        ["a guard that lets nothing pass", () => vi.mocked(guard.allowSteps).mockReturnValue(0)],
        ["commands that are not obeyed", () => vi.mocked(commands.obey).mockReturnValue()],
        [
            "readings that are not judged",
            () => vi.mocked(supervise.judge).mockImplementation(pump => void pump.stage++),
        ],
        ["alarms that are not raised", () => vi.mocked(delivery.raise).mockReturnValue()],
        ["alarms that are not cleared", () => vi.mocked(delivery.clear).mockReturnValue()],
        ["a lost sensor that is not told", () => vi.mocked(delivery.judgeFault).mockReturnValue(0)],
        ["alarms that do not stop", () => vi.mocked(delivery.refreshDelivering).mockReturnValue()],
        ["a relief that does not begin", () => vi.mocked(relief.beginRelief).mockReturnValue()],
        ["a relief that does not pull back", () => vi.mocked(relief.relieve).mockReturnValue(0)],
        ["a line that is not judged", () => vi.mocked(line.judgeLine).mockReturnValue()],
        ["a rise that is not forgotten", () => vi.mocked(line.forgetRise).mockReturnValue()],
        ["a motor that is not watched", () => vi.mocked(following.judgeFollowing).mockReturnValue()],
        ["lost steps that are not forgotten", () => vi.mocked(following.forgetFollowing).mockReturnValue()],
        ["a flow that is not watched", () => vi.mocked(following.judgeFlow).mockReturnValue()],
        ["estimates that are not compared", () => vi.mocked(volume.judgeVolume).mockReturnValue()],
        ["a switch that is always believed", () => vi.mocked(volume.endSwitchBelievable).mockReturnValue(true)],
        ["a refill that begins no new account", () => vi.mocked(volume.refilled).mockReturnValue()],
        ["a pressure never believed", () => vi.mocked(sensors.judgePressureReading).mockReturnValue(SensorFault.Stuck)],
        [
            "an encoder never believed",
            () => vi.mocked(sensors.judgeEncoderReading).mockReturnValue(SensorFault.Invalid),
        ],
        ["a battery never believed", () => vi.mocked(sensors.judgeBatteryReading).mockReturnValue(SensorFault.Jumped)],
        ["a clock never believed", () => vi.mocked(sensors.judgeClockReading).mockReturnValue(SensorFault.Stuck)],
        ["a switch never read", () => vi.mocked(sensors.judgeEndSwitchReading).mockReturnValue(SensorFault.Invalid)],
    ]

    test.each(faults)("PST-3: %s is found", (_, spoilIt) => {
        spoilIt()
        expect(runLogicTest()).not.toBe(LOGIC_HELD)
    })

    test("PST-3: one step too many or too few, in whichever tick that steps, is found", () => {
        let stepping = 0
        vi.mocked(ticks.tick).mockImplementation((pump, guarded, readings, nowMs, actions) => {
            realTick(pump, guarded, readings, nowMs, actions)
            if (actions.steps !== 0) stepping += 1
        })
        runLogicTest()
        expect(stepping).toBeGreaterThan(30)
        for (let wrong = 1; wrong <= stepping; wrong++) {
            let count = 0
            vi.mocked(ticks.tick).mockImplementation((pump, guarded, readings, nowMs, actions) => {
                realTick(pump, guarded, readings, nowMs, actions)
                if (actions.steps !== 0 && ++count === wrong) actions.steps += (wrong & 1) === 0 ? 1 : -1
            })
            expect(runLogicTest()).not.toBe(LOGIC_HELD)
        }
    })

    test("PST-3: a number that is none anywhere in the accounts is found", () => {
        vi.mocked(ticks.tick).mockImplementation((pump, guarded, readings, nowMs, actions) => {
            realTick(pump, guarded, readings, nowMs, actions)
            pump.owed = Number.NaN
        })
        expect(runLogicTest()).toBeNaN()
    })
})

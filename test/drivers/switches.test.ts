import { expect, test } from "vitest"
import { startBattery } from "../../src/drivers/battery"
import { HELD_SAMPLES, startButton } from "../../src/drivers/button"
import { startHeartbeat } from "../../src/drivers/heartbeat"
import { startReservoirSwitch } from "../../src/drivers/reservoirSwitch"
import { CommandKind, createReadings, SensorFault } from "../../src/pump/readings"
import { EmulatedInput, Timeline } from "./emulated"

test.each([
    ["resting", 0, 1, 0, SensorFault.None],
    ["pressed", 1, 0, 1, SensorFault.None],
    ["common wire broken", 1, 1, NaN, SensorFault.Invalid],
    ["shorted", 0, 0, NaN, SensorFault.Invalid],
])("end switch %s", async (_state, closed, open, pressed, fault) => {
    const readings = createReadings()
    await startReservoirSwitch(new EmulatedInput(closed), new EmulatedInput(open)).read(readings)
    expect(readings).toMatchObject({ reservoirEndSwitch: pressed, reservoirEndFault: fault })
})

test.each([
    [0, NaN],
    [0.02, NaN],
    [0.0201, 133],
    [0.5, 3300],
    [0.9799, 6467],
    [0.98, NaN],
    [0.9998, NaN],
])("battery pin at %d of 3300 mV behind a halving divider is %d mV", async (level, batteryMv) => {
    const readings = createReadings()
    await startBattery({ pin: new EmulatedInput(level), fullScaleMv: 3300, dividerRatio: 2 }).read(readings)
    expect(readings.batteryMv).toBe(batteryMv)
    expect(readings.batteryFault).toBe(Number.isNaN(batteryMv) ? SensorFault.Invalid : SensorFault.None)
})

test("the heartbeat gives exactly one edge a beat", async () => {
    const timeline = new Timeline()
    const heartbeat = startHeartbeat(timeline.output("HEARTBEAT"))
    for (let i = 0; i < 4; i++) await heartbeat.beat()
    expect(timeline.edges.map(edge => edge.level)).toEqual([0, 1, 0, 1, 0])
})

const ACK = CommandKind.Acknowledge
const TOGGLE = CommandKind.Toggle

test.each([
    ["one sample and released acknowledges", "101", [[2, ACK]]],
    ["two samples and released acknowledge", "1001", [[3, ACK]]],
    ["three samples start or stop, and the release does nothing", "10001", [[3, TOGGLE]]],
    ["held on, it acts once only", "1000000000", [[3, TOGGLE]]],
    [
        "released and held again it acts again",
        "100010001",
        [
            [3, TOGGLE],
            [7, TOGGLE],
        ],
    ],
    [
        "two and two with a release between only acknowledge",
        "1001001",
        [
            [3, ACK],
            [6, ACK],
        ],
    ],
    ["a press that has not ended acknowledges nothing yet", "100", []],
    ["untouched it does nothing", "1111", []],
    ["stuck from power-on it never acts", "0000000", []],
    ["stuck from power-on, its release does nothing", "011", []],
    ["stuck from power-on, then released and held", "00001000", [[7, TOGGLE]]],
])("BTN-1: %s", async (_case, levels, expected) => {
    const pin = new EmulatedInput(1)
    const button = startButton(pin)
    const acted: [number, CommandKind][] = []
    for (const [i, level] of [...levels].entries()) {
        const readings = createReadings()
        pin.level = Number(level)
        await button.read(readings)
        if (readings.command !== CommandKind.None) acted.push([i, readings.command])
    }
    expect(HELD_SAMPLES).toBe(3)
    expect(acted).toEqual(expected)
})

test("the button leaves another's command alone", async () => {
    const pin = new EmulatedInput(1)
    const button = startButton(pin)
    const readings = createReadings()
    await button.read(readings)
    readings.command = CommandKind.Stop
    pin.level = 0
    for (let i = 0; i < 3; i++) await button.read(readings)
    expect(readings.command).toBe(CommandKind.Stop)
    for (const level of [1, 0, 1]) {
        pin.level = level
        await button.read(readings)
    }
    expect(readings.command).toBe(CommandKind.Stop)
})

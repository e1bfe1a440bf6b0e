import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { alarmText, startConsoleMonitor } from "../../src/drivers/consoleMonitor"
import type { Monitor } from "../../src/drivers/parts"
import { ALARM_COUNT, Alarm, Reason } from "../../src/pump/alarms"
import { BolusEvent, BolusReason } from "../../src/pump/pump"
import { GuardTrip } from "../../src/pump/readings"
import { Bench } from "../pump/bench"

let lines: string[]
let monitor: Monitor
let bench: Bench
beforeEach(() => {
    lines = []
    vi.spyOn(console, "log").mockImplementation(line => lines.push(line))
    monitor = startConsoleMonitor()
    bench = new Bench({})
    bench.pump.nowMs = 5000
    bench.pump.delivering = true
    stand(0, 0)
})
afterEach(() => void vi.restoreAllMocks())

/** The alarms that stand, and of those the ones whose condition is there. */
function stand(alarms: number, conditions: number, acknowledged = 0): void {
    Object.assign(bench.pump, { alarms, conditions, acknowledged, latched: alarms & ~conditions })
}

/** What is told in so many ticks. */
async function told(ticks = 1): Promise<string[]> {
    lines = []
    for (let i = 0; i < ticks; i++) await monitor.report(bench.pump, bench.guard, bench.actions)
    return lines
}

const OCCLUSION = 1 << Alarm.Occlusion
const LOW = 1 << Alarm.ReservoirLow

test.each([
    [Alarm.ReservoirLow, Reason.None, true, false, "low: reservoirLow"],
    [Alarm.Occlusion, Reason.PressureRising, true, false, "high: occlusion (pressure rising with each step)"],
    [Alarm.Occlusion, Reason.PressureRising, true, true, "high: occlusion (pressure rising with each step), seen"],
    [Alarm.Occlusion, Reason.None, false, true, "high: occlusion, over, waits for a start"],
    [
        Alarm.OverDelivery,
        Reason.HourLimit,
        false,
        false,
        "high: overDelivery (limit of an hour), over, waits for a clinician's release",
    ],
    [Alarm.TimeLost, Reason.TimeJumped, false, false, "medium: timeLost (clock jumped), over, waits for a person"],
])("MON-1: alarm %d with reason %d, there %s, seen %s", (alarm, reason, there, seen, text) => {
    stand(1 << alarm, there ? 1 << alarm : 0, seen ? 1 << alarm : 0)
    bench.pump.reasons[alarm] = reason
    expect(alarmText(bench.pump, alarm)).toBe(text)
})

test("MON-1: a start without alarms is one line, and then there is silence", async () => {
    expect(await told()).toEqual(["5000 ms: delivering; no alarms"])
    expect(await told(100)).toEqual([])
})

test("MON-1: every alarm that stands is listed when one begins, is over, is seen, or ends", async () => {
    await told()
    bench.pump.delivering = false
    stand(OCCLUSION | LOW, OCCLUSION | LOW)
    expect(await told(50)).toEqual([
        "5000 ms: not delivering",
        "5000 ms:   low: reservoirLow",
        "5000 ms:   high: occlusion",
    ])
    stand(OCCLUSION | LOW, LOW)
    expect(await told(50)).toHaveLength(3)
    expect(lines[2]).toContain("over, waits for a start")
    stand(OCCLUSION | LOW, LOW, LOW)
    expect(await told(50)).toHaveLength(3)
    expect(lines[1]).toContain("reservoirLow, seen")
    bench.pump.delivering = true
    expect(await told(50)).toHaveLength(3)
    stand(0, 0)
    expect(await told(50)).toEqual(["5000 ms: delivering; no alarms"])
})

test("MON-1: a reason that changes while its alarm stands is told within a round of all alarms, and once", async () => {
    const encoder = 1 << Alarm.EncoderFault
    stand(encoder, encoder)
    bench.pump.reasons[Alarm.EncoderFault] = Reason.Missing
    expect(await told(100)).toHaveLength(2)
    bench.pump.reasons[Alarm.EncoderFault] = Reason.Jumped
    expect(await told(ALARM_COUNT)).toEqual(["5000 ms: delivering", "5000 ms:   medium: encoderFault (jumped)"])
    expect(await told(100)).toEqual([])
    // The reason of an alarm that does not stand is nobody's concern.
    bench.pump.reasons[Alarm.Occlusion] = Reason.PressureRising
    expect(await told(100)).toEqual([])
})

test("MON-1: a trip of the guard and its release are told with the reason", async () => {
    await told()
    bench.guard.trip = GuardTrip.HourLimit
    expect(await told(20)).toEqual(["5000 ms: guard tripped: limit of an hour"])
    bench.guard.trip = GuardTrip.None
    expect(await told(20)).toEqual(["5000 ms: guard released"])
})

test("a bolus is told when something becomes of it", async () => {
    await told()
    Object.assign(bench.actions, {
        bolusEvent: BolusEvent.Cancelled,
        bolusReason: BolusReason.StoppingAlarm,
        bolusPl: 17,
    })
    expect(await told()).toEqual(["5000 ms: bolus event 3, reason 5, 17 pL"])
})

import { afterEach, beforeEach, expect, test, vi } from "vitest"
import {
    alarmText,
    BOLUS_EVENT_WORDS,
    BOLUS_KIND_WORDS,
    BOLUS_REASON_WORDS,
    COMMAND_WORDS,
    REFUSAL_WORDS,
    startConsoleMonitor,
} from "../../src/drivers/consoleMonitor"
import type { Monitor } from "../../src/drivers/parts"
import { ALARM_COUNT, Alarm, Reason } from "../../src/pump/alarms"
import { BolusEvent, BolusKind, BolusReason, LineEvent } from "../../src/pump/pump"
import { CommandKind, GuardTrip, Refusal } from "../../src/pump/readings"
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

test("MON-1: a line that is not primed is listed with what it lacks, and the minimum rate is named", async () => {
    stand(1 << Alarm.LineNotPrimed, 1 << Alarm.LineNotPrimed)
    bench.pump.lineLeftPl = 182_345_678
    expect(await told()).toEqual(["5000 ms: delivering", "5000 ms:   medium: lineNotPrimed, lacks 182.346 µL"])
    stand(1 << Alarm.MinimumRateChosen, 1 << Alarm.MinimumRateChosen)
    expect(await told()).toEqual(["5000 ms: delivering the minimum rate", "5000 ms:   medium: minimumRateChosen"])
    bench.pump.delivering = false
    expect((await told())[0]).toBe("5000 ms: not delivering")
})

test.each([
    [BolusKind.Prime, BolusEvent.Started, BolusReason.None, "prime started: 20 µL"],
    [BolusKind.Patient, BolusEvent.Started, BolusReason.None, "patient's dose started: 20 µL"],
    [BolusKind.Clinician, BolusEvent.Delivered, BolusReason.None, "clinician's bolus delivered: 20 µL"],
    [
        BolusKind.Clinician,
        BolusEvent.Cancelled,
        BolusReason.StoppingAlarm,
        "clinician's bolus cancelled (an alarm stops delivery): 20 µL",
    ],
    [BolusKind.Patient, BolusEvent.Denied, BolusReason.Lockout, "patient's dose denied (lockout): 20 µL"],
    [BolusKind.Patient, BolusEvent.Denied, BolusReason.WindowFull, "patient's dose denied (dose window full): 20 µL"],
])("MON-2: bolus %d with event %d and reason %d", async (bolusKind, bolusEvent, bolusReason, text) => {
    await told()
    Object.assign(bench.actions, { bolusKind, bolusEvent, bolusReason, bolusPl: 20_000_000 })
    expect(await told()).toEqual([`5000 ms: ${text}`])
    bench.actions.bolusEvent = BolusEvent.None
    expect(await told(10)).toEqual([])
})

test("MON-2: a clinician's bolus that waits for the patient's dose, and goes on after it, is told with what is left of it", async () => {
    await told()
    const dose = { bolusKind: BolusKind.Patient, bolusReason: BolusReason.None, bolusPl: 10_000_000 }
    Object.assign(bench.actions, dose, { bolusEvent: BolusEvent.Started })
    Object.assign(bench.pump, { heldRatePlPerDay: 1, heldLeftPl: 7_000_000 })
    expect(await told()).toEqual(["5000 ms: patient's dose started: 10 µL; clinician's bolus waits with 7 µL"])
    Object.assign(bench.actions, dose, { bolusEvent: BolusEvent.Delivered })
    Object.assign(bench.pump, { heldRatePlPerDay: 0, bolusKind: BolusKind.Clinician, bolusLeftPl: 7_000_000 })
    expect(await told()).toEqual(["5000 ms: patient's dose delivered: 10 µL; clinician's bolus goes on with 7 µL"])
})

test("MON-2: after a prime it is told what the line lacks yet", async () => {
    await told()
    const prime = { bolusKind: BolusKind.Prime, bolusReason: BolusReason.None, bolusPl: 50_000_000 }
    Object.assign(bench.actions, prime, { bolusEvent: BolusEvent.Delivered })
    bench.pump.lineLeftPl = 130_000_000
    expect(await told()).toEqual(["5000 ms: prime delivered: 50 µL; line lacks 130 µL"])
    Object.assign(bench.actions, prime, { bolusEvent: BolusEvent.Denied, bolusReason: BolusReason.MoreThanLine })
    expect(await told()).toEqual(["5000 ms: prime denied (more than the line lacks): 50 µL"])
    Object.assign(bench.actions, prime, { bolusEvent: BolusEvent.Delivered })
    bench.pump.lineLeftPl = 0
    expect(await told()).toEqual(["5000 ms: prime delivered: 50 µL"])
})

test.each([
    [LineEvent.Primed, "line primed"],
    [LineEvent.BridgeBegun, "bridge begun: former dose until 180 µL of the former concentration are spent"],
    [LineEvent.BridgeOver, "bridge over: line holds what the reservoir does"],
    [LineEvent.Changed, "line changed: lacks 180 µL"],
])("MON-2: line event %d", async (lineEvent, text) => {
    await told()
    bench.pump.lineLeftPl = 180_000_000
    bench.actions.lineEvent = lineEvent
    expect(await told()).toEqual([`5000 ms: ${text}`])
    bench.actions.lineEvent = LineEvent.None
    expect(await told(10)).toEqual([])
})

test.each([
    [CommandKind.Clock, Refusal.ShiftTooLarge, "local time refused: more than 14 h while the pump runs"],
    [CommandKind.Refill, Refusal.VolumeOutOfRange, "refill refused: volume out of range"],
    [CommandKind.MinimumRate, Refusal.NoProgramme, "minimum rate refused: no programme"],
])("MON-2: command %d refused for %d", async (command, refusal, text) => {
    await told()
    Object.assign(bench.actions, { command, refusal })
    expect(await told()).toEqual([`5000 ms: ${text}`])
    Object.assign(bench.actions, { command, refusal: Refusal.None })
    expect(await told(10)).toEqual([])
})

test.each([
    ["commands", CommandKind, COMMAND_WORDS],
    ["boluses", BolusKind, BOLUS_KIND_WORDS],
    ["events of a bolus", BolusEvent, BOLUS_EVENT_WORDS],
    ["reasons of a bolus", BolusReason, BOLUS_REASON_WORDS],
    ["refusals", Refusal, REFUSAL_WORDS],
])("MON-2: all %s have words, each its own", (_what, numbers, words) => {
    const values = Object.values(numbers).filter(value => typeof value === "number")
    expect(values).toEqual(words.map((_, i) => i))
    expect(new Set(words).size).toBe(words.length)
    expect(words.filter(word => word === "")).toEqual([""])
})

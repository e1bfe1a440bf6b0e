import fc from "fast-check"
import { beforeEach, describe, expect, test } from "vitest"
import { ALARMS } from "../../src/pump/alarmRules"
import { ALARM_COUNT, Alarm, Reason } from "../../src/pump/alarms"
import {
    createEventLog,
    decodeEntry,
    dropEntry,
    ENTRY_SIZE,
    type Entry,
    EVENT_ENTRIES,
    EventKind,
    type EventLog,
    FAULT_ENTRIES,
    nextEntry,
    note,
    noteTick,
    REASONS_OF_BOLUS,
} from "../../src/pump/eventLog"
import { entryAddress, MEMORY_SIZE } from "../../src/pump/journal"
import { MS_PER_DAY, MS_PER_HOUR } from "../../src/pump/limits"
import { BolusEvent, BolusKind, BolusReason, LineEvent, type Pump } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, Refusal } from "../../src/pump/readings"
import { Bench, MECHANISM, steadyProgramme } from "./bench"

/** Entries that may wait. */
const WAITING_MAX = 48
const VALUE_MAX = 0xffffff

let bench: Bench
let pump: Pump
let log: EventLog
const memory = new Uint8Array(MEMORY_SIZE)
beforeEach(() => {
    bench = new Bench()
    pump = bench.pump
    pump.nowMs = 12_345_678
    log = createEventLog(0, 0)
    memory.fill(0)
})

/** Writes all that waits, as one entry a tick would, and gives what was written, in its order. */
function written(): (Entry & { fault: boolean; index: number })[] {
    const entries = []
    const bytes = new Uint8Array(ENTRY_SIZE)
    for (let place = nextEntry(log, pump, bytes); place; place = nextEntry(log, pump, bytes)) {
        memory.set(bytes, entryAddress(place))
        dropEntry(log)
        const entry = decodeEntry(bytes, place.index)
        if (!entry) throw new Error("an entry that can't be read")
        entries.push({ ...place, ...entry })
    }
    return entries
}

/** What of a ring can be read. */
function readRing(fault: boolean): Entry[] {
    const count = fault ? log.faults : log.events
    const entries: Entry[] = []
    for (let index = 0; index < count; index++) {
        const address = entryAddress({ fault, index })
        const entry = decodeEntry(memory.slice(address, address + ENTRY_SIZE), index)
        if (entry) entries.push(entry)
    }
    return entries
}

/** What one tick notes: kind, reason and value. */
function notedBy(): [number, number, number][] {
    noteTick(log, pump, bench.readings, bench.actions)
    return written().map(({ kind, reason, value }) => [kind, reason, value])
}

describe("an entry", () => {
    test("LOG-1: tells what happened, why, how much, and when by both clocks", () => {
        pump.wallMinusNowMs = 800_000_000_999 - pump.nowMs
        note(log, pump, EventKind.Refilled, 7, 1_234_567)
        note(log, pump, EventKind.AlarmRaised + Alarm.Occlusion, Reason.PressureRising, 70_000)
        expect(written()).toEqual([
            {
                fault: false,
                index: 0,
                kind: EventKind.Refilled,
                reason: 7,
                value: 1_234_567,
                seconds: 12_345,
                wallS: 800_000_000,
            },
            {
                fault: true,
                index: 0,
                kind: EventKind.AlarmRaised + Alarm.Occlusion,
                reason: Reason.PressureRising,
                value: 70_000,
                seconds: 12_345,
                wallS: 800_000_000,
            },
        ])
        expect([log.events, log.faults]).toEqual([1, 1])
    })

    test("LOG-1: is of the time at which it was noted, and says when nobody knew that", () => {
        note(log, pump, EventKind.Stopped, 0, 0)
        pump.nowMs = 20_000_999
        pump.wallMinusNowMs = 0
        note(log, pump, EventKind.Started, 0, 0)
        pump.nowMs = 99_000_000
        expect(written()).toMatchObject([
            { seconds: 12_345, wallS: Number.NaN },
            { seconds: 20_000, wallS: 20_000 },
        ])
    })

    test.each([
        [0, 0],
        [1, 1],
        [1.9, 1],
        [-1, 0],
        [Number.NaN, 0],
        [VALUE_MAX, VALUE_MAX],
        [VALUE_MAX + 1, VALUE_MAX],
        [1e15, VALUE_MAX],
    ])("LOG-1: a value of %d is told as %d", (value, told) => {
        note(log, pump, EventKind.Refilled, 0, value)
        expect(written()[0].value).toBe(told)
    })

    test("LOG-1: half a year of running is the longest time it tells", () => {
        pump.nowMs = 0xffffff * 1000 + 5_000
        note(log, pump, EventKind.Stopped, 0, 0)
        expect(written()[0].seconds).toBe(0xffffff)
    })

    test("LOG-3: with any one bit flipped, torn at any byte, blank, or of another number it is not read", () => {
        pump.wallMinusNowMs = 0
        note(log, pump, EventKind.AlarmRaised + Alarm.Occlusion, Reason.PressureRising, 0x123456)
        const bytes = new Uint8Array(ENTRY_SIZE)
        log.faults = 0x12345
        nextEntry(log, pump, bytes)
        expect(decodeEntry(bytes, 0x12345)).toBeDefined()
        for (let bit = 0; bit < 8 * ENTRY_SIZE; bit++) {
            const flipped = bytes.slice()
            flipped[bit >> 3] ^= 1 << (bit & 7)
            expect(decodeEntry(flipped, 0x12345), `bit ${bit}`).toBeUndefined()
        }
        const before = new Uint8Array(ENTRY_SIZE).fill(0x5a)
        for (let k = 0; k < ENTRY_SIZE; k++) {
            for (const under of [before, new Uint8Array(ENTRY_SIZE)]) {
                const torn = under.slice()
                torn.set(bytes.slice(0, k))
                expect(decodeEntry(torn, 0x12345), `torn after ${k} bytes`).toBeUndefined()
            }
        }
        for (const other of [0x12344, 0x12346, 0x12345 - FAULT_ENTRIES, 0x12345 + FAULT_ENTRIES])
            expect(decodeEntry(bytes, other)).toBeUndefined()
        expect(decodeEntry(new Uint8Array(ENTRY_SIZE), 0)).toBeUndefined()
    })

    test("LOG-3: bytes that are right but tell of nothing are none", () => {
        note(log, pump, EventKind.None, 0, 0)
        const bytes = new Uint8Array(ENTRY_SIZE)
        nextEntry(log, pump, bytes)
        expect(decodeEntry(bytes, 0)).toBeUndefined()
    })
})

describe("what waits to be written", () => {
    test("LOG-1: leaves in the order in which it came, and an entry that could not be written is the next again", () => {
        for (let value = 1; value <= 3; value++) note(log, pump, EventKind.Refilled, 0, value)
        const bytes = new Uint8Array(ENTRY_SIZE)
        for (let i = 0; i < 3; i++) expect(nextEntry(log, pump, bytes)).toEqual({ fault: false, index: 0 })
        expect(decodeEntry(bytes, 0)?.value).toBe(1)
        expect(log).toMatchObject({ waiting: 3, events: 0 })
        dropEntry(log)
        note(log, pump, EventKind.AlarmRaised, 0, 4)
        note(log, pump, EventKind.AlarmOver, 0, 5)
        expect(written().map(({ value, fault, index }) => [value, fault, index])).toEqual([
            [2, false, 1],
            [3, false, 2],
            [4, true, 0],
            [5, false, 3],
        ])
        expect(nextEntry(log, pump, bytes)).toBeUndefined()
        expect(log).toMatchObject({ waiting: 0, events: 4, faults: 1 })
    })

    test("LOG-1: what is too much at once is told by its number", () => {
        for (let value = 1; value <= WAITING_MAX + 5; value++) note(log, pump, EventKind.Refilled, 0, value)
        const entries = written()
        expect(entries.map(({ value }) => value)).toEqual([...Array.from({ length: WAITING_MAX }, (_, i) => i + 1), 5])
        expect(entries.at(-1)?.kind).toBe(EventKind.EntriesLost)
        expect(log.lost).toBe(0)
        expect(written()).toEqual([])
        // And room there is again, for as many.
        for (let value = 1; value <= WAITING_MAX; value++) note(log, pump, EventKind.Refilled, 0, value)
        expect(written()).toHaveLength(WAITING_MAX)
    })

    test("LOG-1: in whatever turns entries come and go, none is lost or told twice while there is room", () => {
        fc.assert(
            fc.property(fc.array(fc.nat(WAITING_MAX), { maxLength: 20 }), bursts => {
                const turns = createEventLog(0, 0)
                const bytes = new Uint8Array(ENTRY_SIZE)
                let noted = 0
                let told = 0
                for (const burst of bursts) {
                    for (let i = 0; i < burst && turns.waiting < WAITING_MAX; i++)
                        note(turns, pump, EventKind.Refilled, 0, ++noted)
                    for (let i = 0; i < burst / 2 && turns.waiting > 0; i++) {
                        nextEntry(turns, pump, bytes)
                        expect(decodeEntry(bytes, told)?.value).toBe(told + 1)
                        told += 1
                        dropEntry(turns)
                    }
                }
                expect(turns).toMatchObject({ waiting: noted - told, events: told, lost: 0 })
            }),
        )
    })
})

describe("the rings", () => {
    test("LOG-2: keep a thousand faults and 640 events, the oldest out first, and neither drives out the other", () => {
        for (let i = 1; i <= 2_500; i++) {
            note(log, pump, EventKind.AlarmRaised, 0, i)
            if (i <= 700) note(log, pump, EventKind.AlarmOver, 0, i)
            written()
        }
        const faults = readRing(true)
        const events = readRing(false)
        expect(faults.map(({ value }) => value)).toEqual(Array.from({ length: FAULT_ENTRIES }, (_, i) => 1_501 + i))
        expect(events.map(({ value }) => value)).toEqual(Array.from({ length: EVENT_ENTRIES }, (_, i) => 61 + i))
        expect(faults).toHaveLength(1_000)
    })

    test("LOG-2: 30 days of 21 events are there to the first", () => {
        for (let day = 0; day < 30; day++) {
            for (let event = 0; event < 21; event++) {
                pump.nowMs = day * MS_PER_DAY + event * MS_PER_HOUR
                note(log, pump, EventKind.Silenced, 0, event)
                written()
            }
        }
        expect(readRing(false)).toHaveLength(630)
        expect(readRing(false)[0]).toMatchObject({ seconds: 0, value: 0 })
    })

    test("LOG-2: they go on over a reset, and past the number that two bytes hold", () => {
        log = createEventLog(0x1fffe, 0xfffe)
        for (let i = 0; i < 4; i++) {
            note(log, pump, EventKind.Refilled, 0, i)
            note(log, pump, EventKind.AlarmRaised, 0, i)
        }
        expect(written().filter(({ fault }) => fault)).toMatchObject([
            { index: 0xfffe },
            { index: 0xffff },
            { index: 0x10000 },
            { index: 0x10001 },
        ])
        expect(readRing(false).map(({ value }) => value)).toEqual([0, 1, 2, 3])
    })
})

describe("what a tick changed", () => {
    beforeEach(() => {
        // The time of day is told by itself.
        bench.readings.sampled = false
    })

    test("LOG-1: nothing, of a tick that changed nothing", () => {
        expect(notedBy()).toEqual([])
        bench.readings.sampled = true
        expect(notedBy()).toEqual([])
    })

    test.each<[CommandKind, EventKind]>([
        [CommandKind.Stop, EventKind.Stopped],
        [CommandKind.Start, EventKind.Started],
        [CommandKind.Acknowledge, EventKind.Acknowledged],
        [CommandKind.Silence, EventKind.Silenced],
        [CommandKind.Release, EventKind.Released],
        [CommandKind.MinimumRate, EventKind.MinimumRate],
    ])("LOG-1: command %i is told as kind %i", (command, kind) => {
        bench.actions.command = command
        expect(notedBy()).toEqual([[kind, Reason.None, 0]])
        bench.actions.command = CommandKind.None
        expect(notedBy()).toEqual([])
    })

    test("LOG-1: a refill, with what the reservoir then holds in hundredths of a microlitre", () => {
        bench.actions.command = CommandKind.Refill
        pump.residualPl = 19_999_999_999
        expect(notedBy()).toEqual([[EventKind.Refilled, Reason.None, 1_999_999]])
    })

    test("LOG-1: a programme taken, or refused with its answer", () => {
        for (const answer of [
            ProgrammeAnswer.Taken,
            ProgrammeAnswer.Damaged,
            ProgrammeAnswer.BeyondMechanism,
            ProgrammeAnswer.NotStored,
            ProgrammeAnswer.BeyondLimits,
            ProgrammeAnswer.OtherConcentration,
            ProgrammeAnswer.Bridging,
            ProgrammeAnswer.RefillOutOfRange,
        ]) {
            bench.actions.command = CommandKind.Programme
            bench.actions.programmeAnswer = answer
            log.programmeSum = 0xfedcba98
            const taken = answer === ProgrammeAnswer.Taken
            const kind = taken ? EventKind.ProgrammeTaken : EventKind.ProgrammeRefused
            expect(notedBy()).toEqual([[kind, answer, taken ? 0xdcba98 : 0]])
        }
    })

    test("LOG-1: with a programme its refill, and the soft limits that it exceeds on purpose", () => {
        bench.actions.command = CommandKind.Programme
        bench.actions.programmeAnswer = ProgrammeAnswer.Taken
        log.programmeSum = 7
        pump.residualPl = 15_000_000_000
        pump.programme = { ...steadyProgramme(), softLimits: 0x8003 }
        bench.readings.commandPl = 15_000_000_000
        const taken = [EventKind.ProgrammeTaken, ProgrammeAnswer.Taken, 7]
        const exceeded = [EventKind.SoftLimitsExceeded, Reason.None, 0x8003]
        const refilled = [EventKind.Refilled, Reason.None, 1_500_000]
        expect(notedBy()).toEqual([taken, exceeded, refilled])
        bench.readings.commandPl = 0
        expect(notedBy()).toEqual([taken, exceeded])
        pump.programme.softLimits = 1
        expect(notedBy()).toEqual([taken, [EventKind.SoftLimitsExceeded, Reason.None, 1]])
        pump.programme.softLimits = 0
        expect(notedBy()).toEqual([taken])
        // One that is refused brings none of it.
        pump.programme.softLimits = 1
        bench.readings.commandPl = 15_000_000_000
        bench.actions.programmeAnswer = ProgrammeAnswer.OtherConcentration
        expect(notedBy()).toEqual([[EventKind.ProgrammeRefused, ProgrammeAnswer.OtherConcentration, 0]])
    })

    test("LOG-1: a refill that is begun, with what the reservoir should then hold", () => {
        bench.actions.command = CommandKind.RefillBegin
        pump.residualPl = 4_321_009_999
        expect(notedBy()).toEqual([[EventKind.RefillBegun, Reason.None, 432_100]])
    })

    test("LOG-1: local time that is set, by how many seconds and which way, and by none where it was unknown", () => {
        bench.actions.command = CommandKind.Clock
        for (const [localMinusClockMs, back, seconds] of [
            [3_600_000, 0, 3_600],
            [0, 1, 3_600],
            [-1_000, 1, 1],
            [-1_000, 0, 0],
            [50_400_000, 0, 50_401],
        ]) {
            pump.localMinusClockMs = localMinusClockMs
            expect(notedBy()).toEqual([[EventKind.ClockSet, back, seconds]])
        }
    })

    test("LOG-1: each command that was not carried out, with why, and nothing of what it would have done", () => {
        const refusals = Object.values(Refusal).filter(refusal => typeof refusal === "number" && refusal > 0)
        expect(refusals).toHaveLength(5)
        for (const refusal of refusals as Refusal[])
            for (const command of [CommandKind.Refill, CommandKind.Clock, CommandKind.MinimumRate]) {
                bench.actions.command = command
                bench.actions.refusal = refusal
                pump.localMinusClockMs = 1_000
                expect(notedBy()).toEqual([[EventKind.CommandRefused, refusal, command]])
            }
        bench.actions.refusal = Refusal.None
        bench.actions.command = CommandKind.Clock
        expect(notedBy()).toEqual([[EventKind.ClockSet, 0, 1]])
    })

    test("LOG-1: of boluses that a person ends their end alone is told", () => {
        bench.actions.command = CommandKind.CancelBolus
        expect(notedBy()).toEqual([])
    })

    test.each([
        [LineEvent.Primed, 0, EventKind.LinePrimed],
        [LineEvent.BridgeBegun, 300_000_000, EventKind.BridgeBegun],
        [LineEvent.BridgeOver, 0, EventKind.BridgeOver],
        [LineEvent.Changed, 210_009_999, EventKind.LineChanged],
    ])("LOG-1: what became of the line (%i), with the %i pL that it then still wants, is told as kind %i", (...row) => {
        const [lineEvent, lineLeftPl, kind] = row
        bench.actions.lineEvent = lineEvent
        pump.lineLeftPl = lineLeftPl
        expect(notedBy()).toEqual([[kind, Reason.None, Math.floor(lineLeftPl / 10_000)]])
        bench.actions.lineEvent = LineEvent.None
        expect(notedBy()).toEqual([])
    })

    test("LOG-1: a bolus of every kind and reason has a number of its own, that a byte holds", () => {
        const kinds = [BolusKind.Prime, BolusKind.Clinician, BolusKind.Patient]
        const reasons = Object.values(BolusReason).filter(reason => typeof reason === "number") as BolusReason[]
        const told = new Set<number>()
        for (const bolusKind of kinds)
            for (const bolusReason of reasons) {
                Object.assign(bench.actions, { bolusEvent: BolusEvent.Cancelled, bolusKind, bolusReason, bolusPl: 0 })
                const [[kind, reason]] = notedBy()
                expect(kind).toBe(EventKind.BolusCancelled)
                expect([Math.floor(reason / REASONS_OF_BOLUS), reason % REASONS_OF_BOLUS]).toEqual([
                    bolusKind,
                    bolusReason,
                ])
                told.add(reason)
            }
        expect(told.size).toBe(3 * reasons.length)
    })

    test.each([
        [BolusEvent.Started, EventKind.BolusStarted, BolusKind.Prime, BolusReason.None, 64],
        [BolusEvent.Delivered, EventKind.BolusDelivered, BolusKind.Clinician, BolusReason.None, 128],
        [BolusEvent.Cancelled, EventKind.BolusCancelled, BolusKind.Patient, BolusReason.StoppingAlarm, 197],
        [BolusEvent.Denied, EventKind.BolusDenied, BolusKind.Patient, BolusReason.LineChanged, 211],
    ])("LOG-1: what became of a bolus (%i) is told as kind %i, with its kind %i and reason %i as %i", (...row) => {
        const [bolusEvent, kind, bolusKind, bolusReason, reason] = row
        Object.assign(bench.actions, { bolusEvent, bolusKind, bolusReason, bolusPl: 1_239_999 })
        expect(notedBy()).toEqual([[kind, reason, 123]])
    })

    test("LOG-1: every alarm once when it is raised and once when it is over, with its reason", () => {
        pump.residualPl = 5_000_000
        bench.readings.pressurePa = 71_234
        bench.readings.batteryMv = 3_456
        pump.energy.remainingTenthsDay = Number.NaN
        for (let alarm = 0; alarm < ALARM_COUNT; alarm++) {
            const { id } = ALARMS[alarm]
            const bit = 1 << alarm
            const value =
                alarm === Alarm.Occlusion || alarm === Alarm.LineSignatureLost
                    ? 71_234
                    : alarm === Alarm.BatteryLow || alarm === Alarm.BatteryEnd
                      ? 3_456
                      : 500
            pump.reasons[alarm] = 40 - alarm
            pump.conditions = bit
            pump.alarms = bit
            expect(notedBy(), id).toEqual([[EventKind.AlarmRaised + alarm, 40 - alarm, value]])
            expect(notedBy(), id).toEqual([])
            // It waits for a person, and its condition comes back meanwhile.
            pump.conditions = 0
            expect(notedBy(), id).toEqual([])
            pump.conditions = bit
            expect(notedBy(), id).toEqual([[EventKind.AlarmRaised + alarm, 40 - alarm, value]])
            pump.conditions = 0
            pump.alarms = 0
            expect(notedBy(), id).toEqual([[EventKind.AlarmOver + alarm, Reason.None, value]])
            expect(notedBy(), id).toEqual([])
            // Its condition is over first, and a person ends it later.
            pump.conditions = bit
            pump.alarms = bit
            notedBy()
            pump.conditions = 0
            notedBy()
            pump.alarms = 0
            expect(notedBy(), id).toEqual([[EventKind.AlarmOver + alarm, Reason.None, value]])
        }
    })

    test("LOG-1: of several alarms at once each is told, those that stand already are not", () => {
        pump.alarms = pump.conditions = 1 << Alarm.Occlusion
        notedBy()
        pump.alarms = pump.conditions = (1 << Alarm.ReservoirLow) | (1 << Alarm.MemoryFault)
        expect(notedBy().map(([kind]) => kind)).toEqual([
            EventKind.AlarmRaised + Alarm.ReservoirLow,
            EventKind.AlarmOver + Alarm.Occlusion,
            EventKind.AlarmRaised + Alarm.MemoryFault,
        ])
    })

    test("LOG-1: no two kinds of entry share a number", () => {
        const kinds = Object.values(EventKind).filter(kind => typeof kind === "number")
        expect(Math.max(...kinds.filter(kind => kind < EventKind.AlarmRaised))).toBeLessThan(EventKind.AlarmRaised)
        expect(EventKind.AlarmRaised + ALARM_COUNT).toBeLessThanOrEqual(EventKind.AlarmOver)
        expect(EventKind.AlarmOver + ALARM_COUNT).toBeLessThanOrEqual(256)
    })

    test("LOG-1: a supply about to fail, and good again", () => {
        bench.readings.batteryMv = 3_300
        bench.readings.supplyFailing = true
        expect(notedBy()).toEqual([[EventKind.SupplyFailing, Reason.None, 3_300]])
        expect(notedBy()).toEqual([])
        bench.readings.supplyFailing = false
        expect(notedBy()).toEqual([[EventKind.SupplyGood, Reason.None, 3_300]])
    })
})

describe("days", () => {
    beforeEach(() => {
        bench.readings.sampled = true
        pump.nowMs = 5_000
        pump.energy.remainingTenthsDay = Number.NaN
    })

    /** A sample at this time of the wall clock. */
    function sampledAt(wallMs: number, forwardSteps: number): [number, number][] {
        pump.wallMinusNowMs = wallMs - pump.nowMs
        pump.patientPl = forwardSteps * MECHANISM.stepPl
        return notedBy().map(([kind, , value]) => [kind, value])
    }

    test("LOG-1: the time of day becomes known once, and again after it was not", () => {
        expect(notedBy()).toEqual([])
        expect(sampledAt(0, 0)).toEqual([[EventKind.ClockKnown, 0]])
        expect(sampledAt(1_000, 0)).toEqual([])
        expect(sampledAt(Number.NaN, 0)).toEqual([])
        expect(sampledAt(3_000, 0)).toEqual([[EventKind.ClockKnown, 0]])
    })

    test("LOG-1: a day ends by local time, also while the schedule catches up with it", () => {
        pump.shiftLeftMs = MS_PER_HOUR
        sampledAt(10 * MS_PER_DAY - MS_PER_HOUR - 1, 100)
        expect(sampledAt(10 * MS_PER_DAY - MS_PER_HOUR, 100)).toEqual([[EventKind.DayDelivered, 0]])
    })

    test("LOG-1: with each day's end comes what was delivered in it, by steps", () => {
        const stepPl = MECHANISM.stepPl
        sampledAt(9 * MS_PER_DAY + 3_000, 100)
        expect(sampledAt(10 * MS_PER_DAY - 1, 3_000)).toEqual([])
        expect(sampledAt(10 * MS_PER_DAY, 3_100)).toEqual([
            [EventKind.DayDelivered, Math.floor((3_000 * stepPl) / 10_000)],
        ])
        expect(sampledAt(10 * MS_PER_DAY + 1_000, 3_200)).toEqual([])
        expect(sampledAt(12 * MS_PER_DAY, 4_100)).toEqual([
            [EventKind.DayDelivered, Math.floor((1_000 * stepPl) / 10_000)],
        ])
    })

    test("LOG-1: a clock put back tells of no day, and the one that then runs is counted from there", () => {
        sampledAt(10 * MS_PER_DAY, 100)
        expect(sampledAt(9 * MS_PER_DAY, 600)).toEqual([])
        expect(sampledAt(10 * MS_PER_DAY, 700)).toEqual([
            [EventKind.DayDelivered, Math.floor((100 * MECHANISM.stepPl) / 10_000)],
        ])
    })

    test("LOG-1: between samples no day is told", () => {
        sampledAt(10 * MS_PER_DAY - 1, 100)
        bench.readings.sampled = false
        expect(sampledAt(10 * MS_PER_DAY, 200)).toEqual([])
        bench.readings.sampled = true
        expect(sampledAt(10 * MS_PER_DAY + 1, 200)).toHaveLength(1)
    })

    test("LOG-1: and how long the battery is estimated to last, where it is", () => {
        sampledAt(10 * MS_PER_DAY, 100)
        pump.energy.remainingTenthsDay = 123
        expect(sampledAt(11 * MS_PER_DAY, 100)).toEqual([
            [EventKind.DayDelivered, 0],
            [EventKind.EnergyLeft, 123],
        ])
        pump.energy.remainingTenthsDay = 0
        expect(sampledAt(12 * MS_PER_DAY, 100)[1]).toEqual([EventKind.EnergyLeft, 0])
    })
})

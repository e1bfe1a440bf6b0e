import { parse } from "csv-parse/sync"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { LogEntry } from "../../sim/journal/entryWords"
import { isWhole, readOut } from "../../sim/journal/readOut"
import { damageText, ENTRY_FIELDS, logAsCsv, logAsJsonLines, logAsTable } from "../../sim/journal/show"
import { wallMsOf } from "../../sim/scenario/time"
import { ALARMS } from "../../src/pump/alarmRules"
import { ALARM_COUNT, Alarm, Reason } from "../../src/pump/alarms"
import { crc32, writeUint } from "../../src/pump/bytes"
import { CHECKPOINT_SIZE, ProgrammeSource } from "../../src/pump/checkpoint"
import { addToWindow, countDose } from "../../src/pump/doses"
import {
    createEventLog,
    ENTRY_SIZE,
    EVENT_ENTRIES,
    EventKind,
    FAULT_ENTRIES,
    noteTick,
    REASONS_OF_BOLUS,
} from "../../src/pump/eventLog"
import { entryAddress, MEMORY_SIZE, ODOMETERS_AT } from "../../src/pump/journal"
import { BolusKind, BolusReason, Mode } from "../../src/pump/pump"
import { CommandKind, GuardTrip, ProgrammeAnswer, Refusal } from "../../src/pump/readings"
import { Image } from "./image"

/** A fault and an event of no further meaning. */
const FAULT = EventKind.AlarmRaised + Alarm.EncoderFault
const EVENT = EventKind.Silenced

const WALL_S = (wallMsOf("2026-11-22T19:10:05") as number) / 1000

const numbers = (entries: LogEntry[]) => entries.map(({ number }) => number)
const from = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i)

/** An entry's address, by its number. */
const eventAt = (index: number) => entryAddress({ fault: false, index })

const PRIME = REASONS_OF_BOLUS * BolusKind.Prime
const CLINICIAN = REASONS_OF_BOLUS * BolusKind.Clinician
const PATIENT = REASONS_OF_BOLUS * BolusKind.Patient

const SINGLE_KINDS: [kind: EventKind, reason: number, value: number, words: Partial<LogEntry>][] = [
    [EventKind.PowerOn, 0, 12, { what: "power on", value: 12, unit: "starts" }],
    [EventKind.ClockKnown, 0, 0, { what: "time of day known" }],
    [EventKind.Stopped, 0, 0, { what: "stopped by a person" }],
    [EventKind.Started, 0, 0, { what: "started by a person" }],
    [EventKind.Acknowledged, 0, 0, { what: "alarms acknowledged" }],
    [EventKind.Silenced, 0, 0, { what: "sound paused" }],
    [EventKind.Released, 0, 0, { what: "released by a clinician" }],
    [EventKind.Refilled, 0, 2_000_000, { what: "refilled", value: 20_000, unit: "µL" }],
    [EventKind.BolusStarted, 0, 10_001, { what: "prime started", value: 100.01, unit: "µL" }],
    [EventKind.BolusDelivered, PATIENT, 10_000, { what: "patient's dose delivered", value: 100, unit: "µL" }],
    [
        EventKind.BolusCancelled,
        CLINICIAN + BolusReason.PumpStopped,
        0,
        { what: "clinician's bolus cancelled", reason: "pump stopped", value: 0, unit: "µL" },
    ],
    [
        EventKind.BolusDenied,
        PRIME + BolusReason.NotRecordable,
        7,
        { what: "prime denied", reason: "record memory does not answer", value: 0.07, unit: "µL" },
    ],
    [EventKind.BolusInterrupted, PRIME, 3, { what: "prime interrupted by a reset", value: 0.03, unit: "µL" }],
    [
        EventKind.ProgrammeTaken,
        ProgrammeAnswer.Taken,
        0xbeef,
        { what: "programme taken", value: 0xbeef, unit: "checksum" },
    ],
    [EventKind.ProgrammeRefused, ProgrammeAnswer.Damaged, 0, { what: "programme offered", reason: "refused: damaged" }],
    [EventKind.SupplyFailing, 0, 3100, { what: "supply failing", value: 3100, unit: "mV" }],
    [EventKind.SupplyGood, 0, 0, { what: "supply good again" }],
    [EventKind.Uncertain, 0, 4, { what: "counted as delivered, uncertain", value: 0.04, unit: "µL" }],
    [EventKind.DayDelivered, 0, 20_012, { what: "delivered on the day that is over", value: 200.12, unit: "µL" }],
    [EventKind.Flashed, 0, 0, { what: "board flashed anew" }],
    [EventKind.Migrated, 0, 0, { what: "journal of an earlier firmware taken over" }],
    [EventKind.EntriesLost, 0, 2, { what: "too much at once: not logged", value: 2, unit: "entries" }],
    [EventKind.EnergyLeft, 0, 1234, { what: "battery still lasts", value: 123.4, unit: "days" }],
    [EventKind.MinimumRate, 0, 0, { what: "minimum rate chosen by a person" }],
    [EventKind.ClockSet, 1, 3600, { what: "local time set by a person", reason: "back", value: 3600, unit: "s" }],
    [EventKind.RefillBegun, 0, 400, { what: "refill begun", value: 4, unit: "µL" }],
    [EventKind.LinePrimed, 0, 0, { what: "line primed" }],
    [EventKind.BridgeBegun, 0, 25_000, { what: "bridge begun: former strength in the line", value: 250, unit: "µL" }],
    [EventKind.BridgeOver, 0, 0, { what: "bridge over" }],
    [EventKind.LineChanged, 0, 25_000, { what: "line changed: no drug in it", value: 250, unit: "µL" }],
    [EventKind.SoftLimitsExceeded, 0, 0b1010, { what: "soft limits exceeded on purpose", value: 10, unit: "limits" }],
    [
        EventKind.CommandRefused,
        Refusal.Bridging,
        CommandKind.Refill,
        {
            what: "refill refused",
            reason: "the line still holds the former concentration",
        },
    ],
    [EventKind.Paired, 0, 0, { what: "programmer paired" }],
    [EventKind.AccessRefused, 0, 3, { what: "command without a valid tag", value: 3, unit: "in a row" }],
    [EventKind.LimitsChanged, 0, 200, { what: "guard's limits changed, of a day", value: 2, unit: "µL" }],
]

describe("an entry in words", () => {
    test("the table below knows every kind", () => {
        const kinds = Object.values(EventKind).filter(kind => typeof kind === "number")
        const known = [
            EventKind.None,
            EventKind.AlarmRaised,
            EventKind.AlarmOver,
            ...SINGLE_KINDS.map(([kind]) => kind),
        ]
        expect(known.toSorted((a, b) => a - b)).toEqual(kinds)
    })

    test.each(SINGLE_KINDS)("LOG-4: kind %i is read out as it was noted", (kind, reason, value, words) => {
        const image = new Image()
        image.write(kind, reason, value, { seconds: 75, wallS: WALL_S })
        image.write(kind, reason, value)
        image.checkpoint()
        expect(readOut(image.contents).entries).toEqual([
            { ring: "event", number: 0, ...words, wallTime: "2026-11-22 19:10:05", sincePowerOnS: 75 },
            { ring: "event", number: 1, ...words, sincePowerOnS: 60 },
        ])
    })

    test.each(ALARMS.map(({ id }, alarm) => [id, alarm]))(
        "LOG-4: %s is read out with its reason and reading, raised and over",
        (id, alarm) => {
            const image = new Image()
            image.setClock({ wallS: WALL_S })
            image.pump.reasons[alarm] = Reason.Stuck
            image.pump.residualPl = 5_000_120_000
            image.readings.sampled = false
            image.readings.pressurePa = 71_000
            image.readings.batteryMv = 3_250
            for (const alarms of [1 << alarm, 0]) {
                image.pump.alarms = alarms
                image.pump.conditions = alarms
                noteTick(image.journal.log, image.pump, image.readings, image.actions)
            }
            image.writeWaiting()
            image.checkpoint()
            const { entries } = readOut(image.contents)
            const reading =
                alarm === Alarm.Occlusion || alarm === Alarm.LineSignatureLost
                    ? { value: 71_000, unit: "Pa" }
                    : alarm === Alarm.BatteryLow || alarm === Alarm.BatteryEnd
                      ? { value: 3_250, unit: "mV" }
                      : { value: 5_000.12, unit: "µL" }
            const at = { number: 0, alarm: id, ...reading, wallTime: "2026-11-22 19:10:05", sincePowerOnS: 60 }
            // Alarms that are over go to the other ring, so that they push no fault out.
            expect(entries.toSorted((a, b) => b.ring.localeCompare(a.ring))).toEqual([
                { ...at, ring: "fault", what: expect.stringMatching(/^alarm: [A-Z]/), reason: "stuck" },
                { ...at, ring: "event", what: expect.stringMatching(/^alarm over: [A-Z]/) },
            ])
        },
    )

    test("what a later firmware may log is named by its number", () => {
        const image = new Image()
        image.write(63, 5, 17)
        image.write(EventKind.BolusDenied, 99, 0)
        image.write(EventKind.AlarmOver + ALARM_COUNT, 200, 1)
        expect(readOut(image.contents).entries).toMatchObject([
            { what: "kind 63", reason: "reason 5", value: 17 },
            { what: "prime denied", reason: "reason 35" },
            { what: `alarm over: alarm ${ALARM_COUNT}`, reason: "reason 200" },
        ])
    })

    test("a pressure that was not known is left out", () => {
        const image = new Image()
        image.write(EventKind.AlarmRaised + Alarm.Occlusion, 0, NaN)
        expect(readOut(image.contents).entries[0]).toEqual({
            ring: "fault",
            number: 0,
            what: "alarm: Line occluded",
            alarm: "occlusion",
            sincePowerOnS: 60,
        })
    })
})

describe.each([
    ["event", EVENT, EVENT_ENTRIES],
    ["fault", FAULT, FAULT_ENTRIES],
] as const)("the ring of %ss", (ring, kind, size) => {
    const written = (count: number, first = 0) => {
        const image = new Image(ring === "event" ? { events: first } : { faults: first })
        for (let i = 0; i < count; i++) image.write(kind, 0, 0, { seconds: 60 + i })
        return image
    }
    const at = (index: number) => entryAddress({ fault: ring === "fault", index })
    const stateOf = (contents: Uint8Array) => readOut(contents)[ring === "event" ? "events" : "faults"]

    test.each([0, 1, size - 1, size, size + 1, 2 * size + 7])(
        "LOG-4: of %i entries the newest that it holds are read, those behind the checkpoint's count too",
        count => {
            const image = written(Math.max(0, count - 3))
            image.checkpoint()
            for (let i = Math.max(0, count - 3); i < count; i++) image.write(kind, 0, 0, { seconds: 60 + i })
            const read = readOut(image.contents)
            expect(numbers(read.entries)).toEqual(from(Math.max(0, count - size), count))
            expect(read.entries.every(entry => entry.sincePowerOnS === 60 + entry.number)).toBe(true)
            expect(stateOf(image.contents)).toEqual({
                count,
                readable: Math.min(count, size),
                damaged: 0,
                missing: 0,
                ofEarlierCount: 0,
            })
            expect(isWhole(read)).toBe(true)
        },
    )

    test("LOG-4: every flip of a single bit of an entry is told, and hides no other", () => {
        const image = written(5, 300)
        image.checkpoint()
        for (let bit = 0; bit < ENTRY_SIZE * 8; bit++) {
            const contents = image.contents.slice()
            contents[at(302) + (bit >> 3)] ^= 1 << (bit & 7)
            const read = readOut(contents)
            expect(stateOf(contents), `bit ${bit}`).toMatchObject({ count: 305, readable: 4, damaged: 1 })
            expect(read.entries.at(-3)).toEqual({ ring, number: 302, what: "entry damaged" })
            expect(isWhole(read)).toBe(false)
        }
    })

    test.each([300, size + 300])("LOG-4: an entry torn at any byte, after %i, is told", first => {
        for (let kept = 0; kept <= ENTRY_SIZE; kept++) {
            const image = written(first)
            image.checkpoint()
            image.write(kind, 1, 1, { seconds: 60 + first, wallS: WALL_S }, kept)
            // What is left of the entry that was there before makes no difference to how many are damaged.
            const torn = kept > 0 && kept < ENTRY_SIZE
            const held = Math.min(first, size)
            const lost = kept > 0 && first > size ? 1 : 0
            expect(stateOf(image.contents), `${kept} bytes`).toEqual({
                count: kept === ENTRY_SIZE ? first + 1 : first,
                readable: held - lost + (kept === ENTRY_SIZE ? 1 : 0),
                damaged: torn ? 1 : 0,
                missing: 0,
                ofEarlierCount: 0,
            })
        }
    })

    test("LOG-4: one that the memory did not take is told, whatever is in its place", () => {
        const image = written(3)
        image.write(kind, 0, 0, { seconds: 63 }, 0)
        image.write(kind, 0, 0, { seconds: 64 })
        image.checkpoint()
        expect(stateOf(image.contents)).toMatchObject({ count: 5, readable: 4, damaged: 0, missing: 1 })
        expect(readOut(image.contents).entries[3]).toEqual({ ring, number: 3, what: "entry not written" })

        const wrapped = written(size + 3)
        wrapped.write(kind, 0, 0, { seconds: 63 + size }, 0)
        wrapped.write(kind, 0, 0, { seconds: 64 + size })
        wrapped.checkpoint()
        // The old one is still there, and is read as what it is.
        expect(stateOf(wrapped.contents)).toMatchObject({ count: size + 5, readable: size, damaged: 0, missing: 1 })
        expect(numbers(readOut(wrapped.contents).entries).slice(0, 2)).toEqual([3, 5])
        expect(isWhole(readOut(wrapped.contents))).toBe(false)
    })

    test("LOG-4: a damaged entry behind the checkpoint's count does not hide those after it", () => {
        for (const before of [10, size + 10]) {
            const image = written(before)
            image.checkpoint()
            for (let i = 0; i < 4; i++) image.write(kind, 0, 0, { seconds: 60 + before + i })
            image.contents[at(before) + 5] ^= 1
            expect(stateOf(image.contents)).toMatchObject({ count: before + 4, damaged: 1, missing: 0 })
            expect(numbers(readOut(image.contents).entries)).toEqual(from(Math.max(0, before + 4 - size), before + 4))
        }
    })

    test.each([0, 5, size + 5, 65_530, 70_000])(
        "LOG-4: without a checkpoint all entries of a count of %i and more are still read",
        first => {
            const image = written(size, first)
            expect(stateOf(image.contents)).toMatchObject({ count: first + size, readable: size, damaged: 0 })
            expect(numbers(readOut(image.contents).entries)).toEqual(from(first, first + size))
        },
    )

    test("LOG-4: a count that began anew comes after what it did not overwrite", () => {
        const image = written(2 * size + 100)
        image.journal.log = createEventLog(0, 0)
        for (let i = 0; i < 30; i++) image.write(kind, 0, 0, { seconds: 5 + i })
        image.checkpoint()
        expect(stateOf(image.contents)).toMatchObject({ count: 30, readable: size, ofEarlierCount: size - 30 })
        expect(numbers(readOut(image.contents).entries)).toEqual([
            ...from(size + 100, 2 * size),
            ...from(2 * size + 30, 2 * size + 100),
            ...from(0, 30),
        ])
    })

    test("entries in another's place are damaged", () => {
        const image = written(3)
        image.checkpoint()
        image.contents.copyWithin(at(1), at(2), at(2) + ENTRY_SIZE)
        expect(stateOf(image.contents)).toMatchObject({ readable: 2, damaged: 1 })
    })
})

describe("both rings in one order", () => {
    const order = (image: Image) => {
        image.checkpoint()
        return readOut(image.contents)
            .entries.map(({ ring, number }) => `${ring[0]}${number}`)
            .join(" ")
    }

    test("entries of one start follow each other by the time since power-on", () => {
        const image = new Image()
        image.write(EventKind.PowerOn, 0, 1, { seconds: 5 })
        image.write(FAULT, 0, 0, { seconds: 20 })
        image.write(EVENT, 0, 0, { seconds: 20 })
        image.write(EVENT, 0, 0, { seconds: 30 })
        image.write(FAULT, 0, 0, { seconds: 31 })
        expect(order(image)).toBe("e0 e1 f0 e2 f1")
    })

    test("a fault belongs to the start that its time of day tells", () => {
        const image = new Image()
        for (const [start, faults] of [
            [0, 1],
            [1000, 0],
            [2000, 2],
            [3000, 0],
        ]) {
            const at = (seconds: number) => ({ seconds, wallS: WALL_S + start + seconds })
            image.write(EventKind.PowerOn, 0, 1, { seconds: 5 })
            image.write(EventKind.ClockKnown, 0, 0, at(6))
            for (let i = 0; i < faults; i++) image.write(FAULT + i, 0, 0, at(40 + i))
            image.write(EVENT, 0, 0, at(50))
        }
        expect(order(image)).toBe("e0 e1 f0 e2 e3 e4 e5 e6 e7 f1 f2 e8 e9 e10 e11")
    })

    test("a fault without a time of day belongs to a start that did not know it then", () => {
        const image = new Image()
        image.write(EventKind.PowerOn, 0, 1, { seconds: 5 })
        image.write(FAULT, 0, 0, { seconds: 7 })
        image.write(EventKind.PowerOn, 0, 2, { seconds: 5 })
        image.write(EventKind.ClockKnown, 0, 0, { seconds: 6, wallS: WALL_S })
        expect(order(image)).toBe("e0 f0 e1 e2")
    })

    test("less time since power-on, or the same alarm in the same second, is another start", () => {
        const image = new Image()
        for (let start = 0; start < 3; start++) {
            image.write(EventKind.PowerOn, 0, start, { seconds: 5 })
            image.write(FAULT, 0, 0, { seconds: start === 0 ? 9 : 7 })
        }
        expect(order(image)).toBe("e0 f0 e1 f1 e2 f2")
    })

    test("two alarms in the same second are of one start", () => {
        const image = new Image()
        image.write(EventKind.PowerOn, 0, 1, { seconds: 5 })
        image.write(EventKind.PowerOn, 0, 2, { seconds: 5 })
        image.write(FAULT, 0, 0, { seconds: 7 })
        image.write(FAULT + 1, 0, 0, { seconds: 7 })
        expect(order(image)).toBe("e0 e1 f0 f1")
    })

    test("faults of more starts than are known keep their order", () => {
        const image = new Image()
        image.write(EventKind.PowerOn, 0, 1, { seconds: 5 })
        image.write(FAULT, 0, 0, { seconds: 40 })
        image.write(FAULT, 0, 0, { seconds: 7 })
        image.write(EVENT, 0, 0, { seconds: 50 })
        expect(order(image)).toBe("e0 f0 f1 e1")
    })

    test("a clock that fails again does not hide when power came on", () => {
        const image = new Image()
        for (const start of [0, 1000]) {
            image.write(EventKind.PowerOn, 0, 1, { seconds: 5 })
            image.write(EventKind.ClockKnown, 0, 0, { seconds: 6, wallS: WALL_S + start + 6 })
            if (start === 0) image.write(FAULT, 0, 0, { seconds: 40, wallS: WALL_S + 40 })
            image.write(EVENT, 0, 0, { seconds: 50 })
        }
        expect(order(image)).toBe("e0 e1 f0 e2 e3 e4 e5")
    })

    test("a start whose own entry is damaged is known by the time since power-on", () => {
        const image = new Image()
        image.write(EventKind.PowerOn, 0, 1, { seconds: 5 })
        image.write(EVENT, 0, 0, { seconds: 100 })
        image.write(FAULT, 0, 0, { seconds: 120 })
        image.write(EventKind.PowerOn, 0, 2, { seconds: 5 })
        image.write(EVENT, 0, 0, { seconds: 6 })
        image.write(FAULT, 0, 0, { seconds: 7 })
        image.contents[eventAt(2) + 3] ^= 1
        expect(order(image)).toBe("e0 e1 e2 f0 e3 f1")
    })

    test("faults older than the oldest event stand before it; not where no event is overwritten", () => {
        for (const events of [0, EVENT_ENTRIES + 5]) {
            const image = new Image({ events })
            image.write(FAULT, 0, 0, { seconds: 40, wallS: WALL_S + 40 })
            image.write(EventKind.PowerOn, 0, 9, { seconds: 5 })
            image.write(EVENT, 0, 0, { seconds: 50, wallS: WALL_S + 5050 })
            image.write(FAULT, 0, 0, { seconds: 60, wallS: WALL_S + 5060 })
            const shown = order(image)
            if (events === 0) expect(shown).toBe("e0 f0 e1 f1")
            else expect(shown).toMatch(/^f0 e7 .* e644 e645 e646 f1$/)
        }
    })

    test("LOG-4: with the time of day known, whatever happens is read out in the order in which it happened", () => {
        const start = fc.record({
            offS: fc.integer({ min: 10, max: 100_000 }),
            entries: fc.array(fc.record({ fault: fc.boolean(), laterS: fc.integer({ min: 1, max: 5_000 }) }), {
                maxLength: 12,
            }),
        })
        fc.assert(
            fc.property(fc.array(start, { minLength: 1, maxLength: 8 }), starts => {
                const image = new Image()
                const happened: string[] = []
                let powerOnS = WALL_S
                const write = (fault: boolean, kind: number, at: { seconds: number; wallS?: number }) => {
                    const { log } = image.journal
                    happened.push(fault ? `f${log.faults}` : `e${log.events}`)
                    image.write(kind, 0, 0, at)
                }
                for (const { offS, entries } of starts) {
                    let seconds = 6
                    write(false, EventKind.PowerOn, { seconds: 5 })
                    write(false, EventKind.ClockKnown, { seconds, wallS: powerOnS + seconds })
                    for (const { fault, laterS } of entries) {
                        seconds += laterS
                        write(fault, fault ? FAULT : EVENT, { seconds, wallS: powerOnS + seconds })
                    }
                    powerOnS += seconds + offS
                }
                expect(order(image)).toBe(happened.join(" "))
            }),
            { numRuns: 60 },
        )
    })
})

describe("the state", () => {
    const stepped = () => {
        const image = new Image()
        image.pump.mode = Mode.Stopped
        image.step(2)
        image.checkpoint()
        image.checkpoint()
        image.step(3)
        image.step(4)
        return image
    }

    test("LOG-4: it is the newest checkpoint, brought up by the steps since", () => {
        const image = stepped()
        const { residualPl } = image.pump
        const read = readOut(image.contents, 44_900)
        expect(read.checkpoint).toMatchObject({
            sequence: 2,
            mode: Mode.Stopped,
            starts: 3,
            forwardSteps: 9,
            residualPl: residualPl - 7 * 44_900,
            uncertainPl: 4 * 44_900,
        })
        expect(read).toMatchObject({ whyNone: "", stepsSince: { forward: 7, back: 0 }, stepKnown: true, badCopies: [] })
        expect(damageText(read)).toBe("none")
        expect(logAsTable(read)).toMatch(/Checkpoint +number 2, .*; 7 steps since it\nMode +stopped by a person/)
        expect(logAsTable(read)).toMatch(/Uncertain +0\.18 µL/)
        expect(logAsTable(read)).toMatch(/Damage +none/)
        expect(logAsTable(read)).toMatch(/Refill +to \S+ mL, at a time of day that nobody knew/)
    })

    test("steps back are told apart", () => {
        const image = stepped()
        image.step(-2)
        const read = readOut(image.contents)
        expect(read.stepsSince).toEqual({ forward: 7, back: 2 })
        expect(logAsTable(read)).toMatch(/; 7 steps since it, 2 back$/m)
    })

    test("what else it says is told: bolus, stop, refill, guard, programme, alarms that wait", () => {
        const image = new Image()
        image.setClock({ seconds: 90, wallS: WALL_S })
        const { pump, guard, journal } = image
        pump.mode = Mode.Stopped
        pump.stoppedSinceMs = 85_000
        pump.refilledWallS = WALL_S - 3600
        pump.refilledPl = 19_000_000_000
        pump.bolusKind = BolusKind.Clinician
        pump.bolusPl = 100_000_000
        pump.bolusLeftPl = 40_000_000
        pump.bolusRatePlPerDay = 1
        pump.latched = (1 << Alarm.Occlusion) | (1 << Alarm.OverDelivery)
        pump.conditions = 1 << Alarm.ReservoirEmpty
        guard.trip = GuardTrip.DayLimit
        guard.hourSteps = 12
        guard.daySteps = 3456
        journal.programmeSource = ProgrammeSource.Second
        journal.programmeSum = 0xbeef
        image.checkpoint()
        const table = logAsTable(readOut(image.contents))
        for (const line of [
            /^Checkpoint +number 1, written 2026-11-22 19:10:05; 0 steps since it$/m,
            /^Mode +stopped by a person, 2026-11-22 19:10:00$/m,
            /^Reservoir +\S+ mL left, empty$/m,
            /^Refill +to 19\.00 mL, 2026-11-22 18:10:05$/m,
            /^Guard +tripped: limit of a day; 12 steps counted for the hour, 3456 for the day/m,
            /^Programme +in the second place of the memory, checksum 0000beef$/m,
            /^Bolus +clinician's bolus in progress: 60\.00 µL of 100\.00 µL, at most$/m,
            /^Alarms +wait for a person: Line occluded, Over-delivery$/m,
        ])
            expect(table).toMatch(line)
    })

    test("so is the therapy: a bolus that waits, lockout and window, line or bridge, local time and what is left of its shift", () => {
        const image = new Image()
        image.setClock({ seconds: 90, wallS: WALL_S })
        const { pump } = image
        image.checkpoint()
        expect(logAsTable(readOut(image.contents))).not.toMatch(
            /^(Bolus|Waits|Patient|Dose window|Bridge|Line|Local time|Schedule) /m,
        )
        Object.assign(pump, { bolusKind: BolusKind.Patient, bolusPl: 8_000_000, bolusLeftPl: 6_000_000 })
        Object.assign(pump, { heldRatePlPerDay: 1, heldPl: 25_000_000, heldLeftPl: 15_000_000 })
        countDose(pump.doses, 119.5 * 60_000)
        addToWindow(pump.doses, 12_000_000)
        Object.assign(pump, { lineLeftPl: 200_000_000, lineNgPerMl: 500_000, bridgeRatePlPerDay: 600_000_000 })
        Object.assign(pump, { localMinusClockMs: -3_600_000, shiftLeftMs: -1_800_000, shiftSinceMs: 90_000 })
        image.checkpoint()
        const table = logAsTable(readOut(image.contents))
        for (const line of [
            /^Bolus +patient's dose in progress: 2\.00 µL of 8\.00 µL, at most$/m,
            /^Waits +clinician's bolus: 10\.00 µL of it metered$/m,
            /^Patient +1 dose in the last 24 h; the next one in 120 min at the soonest$/m,
            /^Dose window +12\.00 µL in it besides the schedule$/m,
            /^Bridge +200\.00 µL of 500 µg\/mL left in the line, at 0\.6000 mL\/day$/m,
            /^Local time +−1 h on the pump's clock$/m,
            /^Schedule +−30 min to catch up with local time$/m,
        ])
            expect(table).toMatch(line)
        pump.bridgeRatePlPerDay = 0
        image.checkpoint()
        expect(logAsTable(readOut(image.contents))).toMatch(/^Line +not primed: 200\.00 µL to go$/m)
    })

    test("a value is shown with the decimals that the log keeps of it", () => {
        const image = new Image()
        image.write(EventKind.DayDelivered, 0, 20_012)
        image.write(EventKind.EnergyLeft, 0, 1234)
        image.write(EventKind.SupplyFailing, 0, 3100)
        image.write(63, 0, 17)
        image.write(EventKind.ProgrammeTaken, 0, 0xbeef)
        image.write(EventKind.SoftLimitsExceeded, 0, 0b1010)
        image.write(EventKind.ClockSet, 0, 3600)
        const table = logAsTable(readOut(image.contents))
        for (const value of [
            / 200\.12 µL$/m,
            / 123\.4 days$/m,
            / 3,100 mV$/m,
            /kind 63 +17$/m,
            /taken +checksum ..00beef$/m,
            /on purpose +limits 1, 3$/m,
            /by a person +3,600 s$/m,
        ])
            expect(table).toMatch(value)
    })

    test("without the volume of a step the volumes are those of the checkpoint, and that is said", () => {
        const image = stepped()
        const read = readOut(image.contents)
        expect(read.checkpoint?.residualPl).toBe(image.pump.residualPl)
        expect(logAsTable(read)).toMatch(/mL left; without the steps since the checkpoint/)
        image.checkpoint()
        expect(logAsTable(readOut(image.contents))).not.toMatch(/without the steps/)
    })

    test.each([
        ["the newer checkpoint", 0, "first copy of the checkpoint", 1],
        ["the older checkpoint", 256, "second copy of the checkpoint", 2],
        ["a step count", ODOMETERS_AT + 16, "second copy of the step count", 2],
    ])("LOG-4: %s damaged is told, and the other copy read", (_, at, badCopy, sequence) => {
        const { contents } = stepped()
        contents[at + 4] ^= 1
        const read = readOut(contents)
        expect(read.badCopies).toEqual([badCopy])
        expect(read.checkpoint?.sequence).toBe(sequence)
        expect(isWhole(read)).toBe(false)
        expect(damageText(read)).toBe(badCopy)
    })

    test("LOG-4: an account that was damaged is told", () => {
        const { contents } = stepped()
        contents[ODOMETERS_AT + 4] ^= 1
        contents[ODOMETERS_AT + 16 + 4] ^= 1
        const read = readOut(contents)
        expect(read.checkpoint?.accountUnknown).toBe(true)
        expect(damageText(read)).toMatch(/the reservoir's account$/)
        expect(logAsTable(read)).toMatch(/mL left, not to be relied on/)
    })

    test("LOG-4: an account that was damaged earlier is told", () => {
        const image = new Image()
        image.pump.conditions = 1 << Alarm.CheckpointDamaged
        image.checkpoint()
        const read = readOut(image.contents)
        expect(read.badCopies).toEqual([])
        expect(isWhole(read)).toBe(false)
        expect(damageText(read)).toBe("the reservoir's account")
    })

    test.each<[string, (contents: Uint8Array) => void, string]>([
        ["blank", contents => contents.fill(0), "record missing"],
        [
            "damaged",
            contents => {
                contents[4] ^= 1
                contents[256 + 4] ^= 1
            },
            "record damaged",
        ],
        [
            "of a later firmware",
            contents => {
                contents[0] += 1
                writeUint(contents, CHECKPOINT_SIZE - 4, 4, crc32(contents, 0, CHECKPOINT_SIZE - 4, 0))
            },
            "record of a later firmware",
        ],
    ])("LOG-4: of a memory that is %s, why there is no state is told", (_, change, why) => {
        const { contents } = stepped()
        change(contents)
        const read = readOut(contents)
        expect(read.checkpoint).toBeUndefined()
        expect(read.whyNone).toBe(why)
        expect(isWhole(read)).toBe(false)
        expect(logAsTable(read)).toContain(`none to go by: ${why}`)
    })

    test.each([0, MEMORY_SIZE - 1, MEMORY_SIZE + 1])("%i bytes are no memory", size => {
        expect(() => readOut(new Uint8Array(size))).toThrow(RangeError)
    })
})

describe("for programs", () => {
    const image = new Image()
    image.write(EventKind.PowerOn, 0, 1, { seconds: 5 })
    image.write(EventKind.Uncertain, 0, 4, { seconds: 5 })
    image.write(EventKind.BolusCancelled, BolusReason.StoppingAlarm, 12, { seconds: 70, wallS: WALL_S })
    image.write(EventKind.AlarmRaised + Alarm.Occlusion, Reason.PressureRising, 71_000, { seconds: 70, wallS: WALL_S })
    image.write(EVENT, 0, 0, { seconds: 80 }, 9)
    image.checkpoint()
    const read = readOut(image.contents)

    test("LOG-4: JSON Lines parse back to the very entries", () => {
        const lines = logAsJsonLines(read).split("\n")
        expect(lines.pop()).toBe("")
        expect(lines.map(line => JSON.parse(line))).toEqual(read.entries)
        expect(read.entries).toHaveLength(5)
    })

    test("LOG-4: CSV parses back to the very entries, under their column names", () => {
        const rows: Record<string, string>[] = parse(logAsCsv(read), { columns: true })
        expect(Object.keys(rows[0])).toEqual(ENTRY_FIELDS)
        const entries = rows.map(row =>
            Object.fromEntries(
                Object.entries(row)
                    .filter(([, text]) => text !== "")
                    .map(([field, text]) => [
                        field,
                        ["number", "value", "sincePowerOnS"].includes(field) ? Number(text) : text,
                    ]),
            ),
        )
        expect(entries).toEqual(read.entries)
    })

    test("a log without entries has its column names all the same", () => {
        const empty = readOut(new Uint8Array(MEMORY_SIZE))
        expect(logAsCsv(empty)).toBe(`${ENTRY_FIELDS.join(",")}\n`)
        expect(logAsJsonLines(empty)).toBe("")
        expect(logAsTable(empty)).toContain("No entries")
    })
})

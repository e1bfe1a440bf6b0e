import { describe, expect, test } from "vitest"
import { Alarm, Reason } from "../../src/pump/alarms"
import { crc32, writeUint } from "../../src/pump/bytes"
import {
    CHECKPOINT_SIZE,
    CHECKPOINT_SIZE_MAX,
    CHECKPOINT_VERSION,
    type Checkpoint,
    encodeCheckpoint,
    ProgrammeSource,
    WALL_UNKNOWN,
} from "../../src/pump/checkpoint"
import { ENTRY_SIZE, EVENT_ENTRIES, EventKind, FAULT_ENTRIES } from "../../src/pump/eventLog"
import {
    CHECKPOINT_PLACE,
    checkpointAddress,
    countSteps,
    createJournal,
    EVENTS_AT,
    entryAddress,
    FAULTS_AT,
    FLASH_MARK_AT,
    FLASH_MARK_SIZE,
    type Found,
    findState,
    flashedAnew,
    MEMORY_SIZE,
    notePowerOn,
    ODOMETERS_AT,
    PROGRAMME_PLACE,
    PROGRAMMES_AT,
    programmeAddress,
    TRANSFER_MAX,
} from "../../src/pump/journal"
import { PROGRAMME_SEGMENTS_MAX } from "../../src/pump/limits"
import { decodeOdometer, encodeOdometer, ODOMETER_SIZE } from "../../src/pump/odometer"
import { PROGRAMME_HEADER_SIZE, PROGRAMME_SEGMENT_SIZE, PROGRAMME_SIZE_MAX } from "../../src/pump/programme"
import { BolusKind, Mode } from "../../src/pump/pump"
import { GuardTrip } from "../../src/pump/readings"
import { Bench, CHECKPOINT, foundWith } from "./bench"

describe("the map of the memory", () => {
    const regions: [string, number, number][] = [
        ["first checkpoint", checkpointAddress(0), CHECKPOINT_SIZE_MAX],
        ["second checkpoint", checkpointAddress(1), CHECKPOINT_SIZE_MAX],
        ["first odometer", ODOMETERS_AT, ODOMETER_SIZE],
        ["second odometer", ODOMETERS_AT + ODOMETER_SIZE, ODOMETER_SIZE],
        ["flash mark", FLASH_MARK_AT, FLASH_MARK_SIZE],
        ["first programme", programmeAddress(ProgrammeSource.First), PROGRAMME_PLACE],
        ["second programme", programmeAddress(ProgrammeSource.Second), PROGRAMME_PLACE],
        ["faults", FAULTS_AT, FAULT_ENTRIES * ENTRY_SIZE],
        ["events", EVENTS_AT, EVENT_ENTRIES * ENTRY_SIZE],
    ]

    test("JRN-2: no two regions share a byte, and all lie within the memory", () => {
        for (const [i, [name, from, size]] of regions.entries()) {
            expect(from, name).toBeGreaterThanOrEqual(0)
            expect(from + size, name).toBeLessThanOrEqual(MEMORY_SIZE)
            for (const [other, otherFrom, otherSize] of regions.slice(i + 1))
                expect(from + size <= otherFrom || otherFrom + otherSize <= from, `${name}, ${other}`).toBe(true)
        }
    })

    test("a place holds the largest of what belongs there", () => {
        const programme = PROGRAMME_HEADER_SIZE + 7 + PROGRAMME_SEGMENTS_MAX * PROGRAMME_SEGMENT_SIZE + 4
        expect(PROGRAMME_SIZE_MAX).toBe(34 + 7 + PROGRAMME_SEGMENTS_MAX * 8 + 4)
        expect(PROGRAMME_SIZE_MAX).toBeGreaterThanOrEqual(programme)
        expect(PROGRAMME_PLACE).toBeGreaterThanOrEqual(2 + PROGRAMME_SIZE_MAX)
        expect(PROGRAMMES_AT).toBe(programmeAddress(ProgrammeSource.First))
        expect(programmeAddress(ProgrammeSource.Second)).toBe(PROGRAMMES_AT + PROGRAMME_PLACE)
        expect(CHECKPOINT_PLACE).toBeGreaterThanOrEqual(CHECKPOINT_SIZE_MAX)
        expect(TRANSFER_MAX).toBeGreaterThanOrEqual(CHECKPOINT_SIZE_MAX)
    })

    test("JRN-1: checkpoints go to the two places in turn", () => {
        expect([0, 1, 2, 3, 0xffffffff].map(checkpointAddress)).toEqual([0, 256, 0, 256, 256])
    })

    test("LOG-2: each entry has a place of its own until its ring comes round", () => {
        for (const [fault, entries, at] of [
            [true, FAULT_ENTRIES, FAULTS_AT],
            [false, EVENT_ENTRIES, EVENTS_AT],
        ] as const) {
            const places = Array.from({ length: entries }, (_, index) => entryAddress({ fault, index }))
            expect(new Set(places).size).toBe(entries)
            expect(Math.min(...places)).toBe(at)
            expect(Math.max(...places)).toBe(at + (entries - 1) * ENTRY_SIZE)
            expect(entryAddress({ fault, index: entries })).toBe(at)
            expect(entryAddress({ fault, index: 3 * entries + 5 })).toBe(at + 5 * ENTRY_SIZE)
        }
        expect(FAULT_ENTRIES).toBe(1000)
        expect(EVENT_ENTRIES / 21).toBeGreaterThanOrEqual(30)
    })
})

/** The bytes of a checkpoint that this firmware, or a later one, wrote. */
function checkpointBytes(sequence: number, forwardSteps = 0): Uint8Array {
    const { pump, guard } = new Bench()
    const place = new Uint8Array(CHECKPOINT_SIZE_MAX)
    const bytes = new Uint8Array(CHECKPOINT_SIZE)
    encodeCheckpoint(pump, guard, createJournal(foundWith({ ...CHECKPOINT, sequence, forwardSteps }), 0), bytes)
    place.set(bytes)
    return place
}

const BLANK = new Uint8Array(CHECKPOINT_SIZE_MAX)
const torn = checkpointBytes(9).map((byte, i) => (i < 100 ? byte : 0))
const newer = checkpointBytes(3)
newer[0] = CHECKPOINT_VERSION + 1
writeUint(newer, CHECKPOINT_SIZE - 4, 4, crc32(newer, 0, CHECKPOINT_SIZE - 4, 0))

const CHECKPOINTS = { blank: BLANK, good: checkpointBytes(7, 50), older: checkpointBytes(6, 40), torn, newer }
type Copy = keyof typeof CHECKPOINTS

function odometerBytes(forwardSteps: number): Uint8Array {
    const bytes = new Uint8Array(ODOMETER_SIZE)
    encodeOdometer(forwardSteps, 0, bytes)
    return bytes
}

const ODOMETERS = {
    blank: new Uint8Array(ODOMETER_SIZE),
    torn: new Uint8Array(ODOMETER_SIZE).fill(3),
    zero: odometerBytes(0),
    sixty: odometerBytes(60),
    fifty: odometerBytes(50),
}
type Count = keyof typeof ODOMETERS

const COPIES = Object.keys(CHECKPOINTS) as Copy[]
const COUNTS = Object.keys(ODOMETERS) as Count[]

function find(first: Copy, second: Copy, a: Count, b: Count, old: Checkpoint | Reason = Reason.RecordMissing): Found {
    return findState([CHECKPOINTS[first], CHECKPOINTS[second], ODOMETERS[a], ODOMETERS[b]], old)
}

/** What is in a memory by the rules alone, written another way. */
function expected(copies: Copy[], counts: Count[]): string {
    if (copies.includes("newer")) return "RecordNewer"
    const stepped = counts.includes("sixty") || counts.includes("fifty")
    if (copies.includes("good") || copies.includes("older")) {
        const sequence = copies.includes("good") ? 7 : 6
        return counts.every(count => count === "blank" || count === "torn")
            ? `${sequence}, account unknown`
            : `${sequence}`
    }
    if (stepped) return "RecordDamaged"
    return copies.every(copy => copy === "torn") ? "RecordDamaged" : "nothing"
}

describe("what is found at power-on", () => {
    test("JRN-2: a good copy counts beside a blank or a torn one; damage is told from absence, in every combination", () => {
        let combinations = 0
        for (const first of COPIES)
            for (const second of COPIES)
                for (const a of COUNTS)
                    for (const b of COUNTS) {
                        combinations += 1
                        const { checkpoint, damage } = find(first, second, a, b)
                        const unknown = checkpoint?.accountUnknown ? ", account unknown" : ""
                        const found = checkpoint
                            ? `${checkpoint.sequence}${unknown}`
                            : damage === Reason.None
                              ? "nothing"
                              : Reason[damage]
                        expect(found, `${first} ${second} ${a} ${b}`).toBe(expected([first, second], [a, b]))
                        if (checkpoint) expect(damage).toBe(Reason.None)
                    }
        expect(combinations).toBe(625)
    })

    test("JRN-3: a checkpoint that knows of no step wants no count of them", () => {
        const bytes = [checkpointBytes(7, 0), BLANK, ODOMETERS.torn, ODOMETERS.blank]
        expect(findState(bytes, Reason.RecordMissing).checkpoint?.accountUnknown).toBe(false)
    })

    test.each<[Count, Count, number | undefined, number | undefined, number]>([
        ["fifty", "sixty", 60, 50, 0],
        ["sixty", "fifty", 60, 50, 1],
        ["fifty", "fifty", 50, 50, 1],
        ["torn", "fifty", 50, undefined, 0],
        ["fifty", "torn", 50, undefined, 1],
        ["blank", "zero", 0, undefined, 0],
        ["torn", "torn", undefined, undefined, 1],
    ])(
        "JRN-3: of %s and %s steps the newer and the older count, and the copy to be written next",
        (a, b, ...counts) => {
            const { newer: newest, older, odometerCopy } = find("good", "blank", a, b)
            expect([newest?.forwardSteps, older?.forwardSteps, odometerCopy]).toEqual(counts)
        },
    )

    test("JRN-6: a memory that does not answer is no damage of its own, and nothing in it counts", () => {
        expect(findState(undefined, CHECKPOINT)).toEqual({
            checkpoint: undefined,
            damage: Reason.Missing,
            newer: undefined,
            older: undefined,
            odometerCopy: 0,
        })
    })

    test.each<[Copy, Copy, Count, boolean]>([
        ["blank", "blank", "blank", true],
        ["blank", "blank", "zero", true],
        ["torn", "blank", "zero", true],
        ["blank", "torn", "zero", true],
        ["torn", "torn", "zero", false],
        ["blank", "blank", "fifty", false],
        ["torn", "blank", "fifty", false],
        ["good", "blank", "fifty", false],
        ["newer", "blank", "zero", false],
    ])(
        "JRN-5: with copies %s and %s and %s steps, what was kept elsewhere is taken over: %s",
        (first, second, a, taken) => {
            const old = { ...CHECKPOINT, sequence: 99 }
            const { checkpoint, damage } = find(first, second, a, "blank", old)
            expect(checkpoint?.sequence === 99).toBe(taken)
            if (taken) expect(damage).toBe(Reason.None)
            for (const reason of [Reason.RecordDamaged, Reason.RecordNewer]) {
                const without = find(first, second, a, "blank", reason)
                if (taken) expect(without).toMatchObject({ checkpoint: undefined, damage: reason })
                else expect(without).toEqual(find(first, second, a, "blank"))
            }
        },
    )
})

describe("a board that was flashed anew", () => {
    const used: Checkpoint = {
        ...CHECKPOINT,
        mode: Mode.Running,
        reservoirEmpty: true,
        accountUnknown: true,
        residualPl: 3,
        meteredPl: 4,
        countedPl: 5,
        sensedPl: 6,
        endSwitchDiffers: true,
        refillDiffers: true,
        uncertainPl: 7,
        refilledWallS: 8,
        refilledPl: 9,
        stoppedWallS: 10,
        guardHourSteps: 11,
        latched: 1 << Alarm.Occlusion,
        programmeSource: ProgrammeSource.Second,
        lineLeftPl: 12,
        lineNgPerMl: 13,
        bridgeRatePlPerDay: 14,
        patientPl: 15,
        lockoutMinutes: 16,
        patientDoses: 17,
        windowPl: 18,
        localMinusClockS: 19,
        shiftLeftMs: 20,
    }

    test("JRN-7: its reservoir counts as full, and the programme in flash runs; all else goes on", () => {
        const found = foundWith({ ...used })
        flashedAnew(found, 1_000)
        expect(found.checkpoint).toEqual({
            ...used,
            reservoirEmpty: false,
            accountUnknown: false,
            residualPl: 1_000,
            meteredPl: 0,
            countedPl: 0,
            sensedPl: 0,
            endSwitchDiffers: false,
            refillDiffers: false,
            uncertainPl: 0,
            refilledWallS: WALL_UNKNOWN,
            refilledPl: 1_000,
            programmeSource: ProgrammeSource.Flash,
        })
    })

    test.each<[string, Partial<Checkpoint>, boolean]>([
        ["a guard that tripped", { guardTrip: GuardTrip.HourLimit }, true],
        ["an over-delivery", { latched: 1 << Alarm.OverDelivery }, true],
        ["too many restarts", { latched: 1 << Alarm.RestartedTooOften }, true],
        ["an occlusion", { latched: 1 << Alarm.Occlusion }, false],
    ])("JRN-7: %s is released where only a clinician may, and leaves the pump stopped", (_, changes, stopped) => {
        const found = foundWith({ ...used, ...changes })
        flashedAnew(found, 1_000)
        expect(found.checkpoint).toMatchObject({
            mode: stopped ? Mode.Stopped : Mode.Running,
            stoppedWallS: stopped ? WALL_UNKNOWN : 10,
            guardTrip: GuardTrip.None,
            latched: "latched" in changes && stopped ? 0 : 1 << Alarm.Occlusion,
        })
    })

    test("JRN-7: a pump that was stopped stays so, and damage is over", () => {
        const stopped = foundWith({ ...used, mode: Mode.Stopped })
        flashedAnew(stopped, 1_000)
        expect(stopped.checkpoint).toMatchObject({ mode: Mode.Stopped, stoppedWallS: 10 })
        const damaged = { ...foundWith(), damage: Reason.RecordDamaged }
        flashedAnew(damaged, 1_000)
        expect(damaged).toEqual(foundWith())
    })
})

describe("the journal of a run", () => {
    test("JRN-1: goes on from what was found", () => {
        const checkpoint: Checkpoint = {
            ...CHECKPOINT,
            sequence: 41,
            starts: 17,
            forwardSteps: 1_234,
            backSteps: 56,
            flashId: 3,
            programmeSource: ProgrammeSource.Second,
            programmeSum: 77,
            events: 700,
            faults: 1_100,
        }
        expect(createJournal({ ...foundWith(checkpoint), odometerCopy: 1 }, 8)).toMatchObject({
            sequence: 41,
            starts: 18,
            forwardSteps: 1_234,
            backSteps: 56,
            odometerCopy: 1,
            flashId: 8,
            programmeSource: ProgrammeSource.Second,
            programmeSum: 77,
            log: { events: 700, faults: 1_100 },
        })
        expect(createJournal(foundWith(), 8)).toMatchObject({
            sequence: 0,
            starts: 1,
            forwardSteps: 0,
            backSteps: 0,
            odometerCopy: 0,
            flashId: 8,
            programmeSource: ProgrammeSource.Flash,
            programmeSum: 0,
            log: { events: 0, faults: 0 },
        })
    })

    test("JRN-3: steps either way are counted, and written to the two copies in turn", () => {
        const journal = createJournal(foundWith(), 0)
        const bytes = new Uint8Array(ODOMETER_SIZE)
        const addresses = [7, -3, 1, -2].map(steps => countSteps(journal, steps, bytes))
        expect(addresses).toEqual([
            ODOMETERS_AT,
            ODOMETERS_AT + ODOMETER_SIZE,
            ODOMETERS_AT,
            ODOMETERS_AT + ODOMETER_SIZE,
        ])
        expect(journal).toMatchObject({ forwardSteps: 8, backSteps: 5 })
        expect(decodeOdometer(bytes)).toEqual({ forwardSteps: 8, backSteps: 5 })
    })
})

describe("how a run began", () => {
    type Noted = [string, number] | [string, number, number]

    /** The kinds and values that are noted, and the reason where there is one. */
    function noted(checkpoint: Partial<Checkpoint> | undefined, uncertainPl: number, flashed: boolean): Noted[] {
        const found = foundWith(checkpoint && { ...CHECKPOINT, ...checkpoint })
        const journal = createJournal(found, 0)
        notePowerOn(journal, new Bench().pump, found, uncertainPl, flashed)
        const { kinds, values, reasons, waiting } = journal.log
        return kinds
            .slice(0, waiting)
            .map((kind, i) =>
                reasons[i] > 0 ? [EventKind[kind], values[i], reasons[i]] : [EventKind[kind], values[i]],
            )
    }

    test.each<[string, Partial<Checkpoint> | undefined, number, boolean, Noted[]]>([
        ["first of all", undefined, 0, false, [["PowerOn", 1]]],
        [
            "first, flashed",
            undefined,
            0,
            true,
            [
                ["PowerOn", 1],
                ["Flashed", 0],
            ],
        ],
        ["after a reset", {}, 0, false, [["PowerOn", 13]]],
        [
            "flashed anew",
            {},
            0,
            true,
            [
                ["PowerOn", 13],
                ["Flashed", 0],
            ],
        ],
        [
            "with steps in doubt",
            {},
            314_300,
            false,
            [
                ["PowerOn", 13],
                ["Uncertain", 31],
            ],
        ],
        [
            "from an earlier firmware",
            { starts: 0 },
            0,
            false,
            [
                ["PowerOn", 1],
                ["Migrated", 0],
            ],
        ],
        ["from a checkpoint of no run", { starts: 0, sequence: 0 }, 0, false, [["PowerOn", 1]]],
        [
            "in the midst of a prime",
            { bolusKind: BolusKind.Prime, bolusPl: 5_000_000, bolusLeftPl: 3_980_000 },
            0,
            false,
            [
                ["PowerOn", 13],
                ["BolusInterrupted", 102, 64],
            ],
        ],
        [
            "in the midst of a clinician's bolus, before its first step",
            { bolusKind: BolusKind.Clinician, bolusPl: 5_000_000, bolusLeftPl: 5_000_000 },
            0,
            false,
            [
                ["PowerOn", 13],
                ["BolusInterrupted", 0, 128],
            ],
        ],
        [
            "in the midst of a patient's dose that a clinician's bolus waits for",
            { bolusKind: BolusKind.Patient, bolusPl: 5_000_000, bolusLeftPl: 3_980_000, heldMeteredPl: 2_340_000 },
            0,
            false,
            [
                ["PowerOn", 13],
                ["BolusInterrupted", 102, 192],
                ["BolusInterrupted", 234, 128],
            ],
        ],
        [
            "when a clinician's bolus that never went on had not been told yet",
            { heldMeteredPl: 0 },
            0,
            false,
            [
                ["PowerOn", 13],
                ["BolusInterrupted", 0, 128],
            ],
        ],
    ])("LOG-1: %s", (_, checkpoint, uncertainPl, flashed, entries) => {
        expect(noted(checkpoint, uncertainPl, flashed)).toEqual(entries)
    })

    test("CLK-7: a shift of local time that was made before is not told as one again", () => {
        const found = foundWith({ ...CHECKPOINT, localMinusClockS: -3_600 })
        const journal = createJournal(found, 0)
        const { pump } = new Bench({ checkpoint: { localMinusClockS: -3_600 } })
        notePowerOn(journal, pump, found, 0, false)
        expect(journal.log.localMinusClockMs).toBe(-3_600_000)
        expect(pump.localMinusClockMs).toBe(-3_600_000)
    })
})

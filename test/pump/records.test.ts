import CRC32 from "crc-32"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ALARM_COUNT, Alarm, Reason } from "../../src/pump/alarms"
import { crc32, readUint, writeUint } from "../../src/pump/bytes"
import {
    CHECKPOINT_SIZE,
    CHECKPOINT_SIZE_MAX,
    CHECKPOINT_VERSION,
    type Checkpoint,
    decodeCheckpoint,
    encodeCheckpoint,
    isBlank,
    ProgrammeSource,
    WALL_UNKNOWN,
    wallSecondsAt,
} from "../../src/pump/checkpoint"
import { addToWindow, createDoses, passTime } from "../../src/pump/doses"
import { restoreGuard } from "../../src/pump/guard"
import { createJournal } from "../../src/pump/journal"
import {
    BOLUS_PL_MAX,
    DAY_LIMIT_PL_MAX,
    DEAD_VOLUME_PL_MAX,
    DOSES_PER_DAY_MAX,
    LOCKOUT_MINUTES_MAX,
    MS_PER_HOUR,
    MS_PER_MINUTE,
    RATE_PL_PER_DAY_MAX,
    RESERVOIR_PL_MAX,
    SHIFT_MS_MAX,
} from "../../src/pump/limits"
import { setLocalTime } from "../../src/pump/localTime"
import { BolusKind, Mode } from "../../src/pump/pump"
import { GuardTrip } from "../../src/pump/readings"
import { Bench, foundWith, steadyProgramme } from "./bench"

/** A Tuesday noon. */
const WALL_S = 5 * 7 * 86_400 + 86_400 + 43_200

/** What a pump in the midst of things would store. No two numbers are the same, so that none can stand in for another. */
const STORED: Checkpoint = {
    sequence: 5,
    mode: Mode.Stopped,
    brokenRuns: 3,
    starts: 70_007,
    guardTrip: GuardTrip.DayLimit,
    latched: (1 << Alarm.Occlusion) | (1 << Alarm.OverDelivery),
    reasons: Array.from({ length: ALARM_COUNT }, (_, alarm) => (alarm % 30) + 2),
    reservoirEmpty: false,
    accountUnknown: false,
    residualPl: 12_345_678_901,
    meteredPl: 7_654_321_098,
    countedPl: 7_654_300_000,
    sensedPl: 7_600_000_001,
    endSwitchDiffers: false,
    refillDiffers: false,
    uncertainPl: 8_888_888_881,
    refilledWallS: WALL_S - 1_000_000,
    refilledPl: 19_000_000_007,
    forwardSteps: 5_000_000_123,
    backSteps: 4_400_000_321,
    bolusKind: BolusKind.Patient,
    bolusPl: 6_100_000_017,
    bolusLeftPl: 5_100_000_018,
    heldMeteredPl: 1_234_567_891,
    lineLeftPl: 1_987_654_321,
    lineNgPerMl: 2_000_001,
    bridgeRatePlPerDay: 23_456_789_012,
    patientPl: 150_000_000_000_007,
    lockoutMinutes: 1_234,
    patientDoses: 7,
    windowPl: 34_567_890_123,
    localMinusClockS: -7_200,
    shiftLeftMs: -3_599_990,
    guardHourSteps: 1_001,
    guardDaySteps: 20_002,
    guardPrimeSteps: 300_003,
    guardPrimeDaySteps: 4_004,
    wallS: WALL_S,
    stoppedWallS: WALL_S - 777_777,
    flashId: 0x89abcdef,
    programmeSource: ProgrammeSource.Second,
    programmeSum: 0xfedcba98,
    events: 1_000_001,
    faults: 2_000_002,
}

/** The bytes that a pump stores which knows just that. */
function checkpointBytes(changes: Partial<Checkpoint> = {}): Uint8Array {
    const stored = { ...STORED, ...changes }
    const { pump, guard } = new Bench()
    const journal = createJournal(foundWith({ ...stored, starts: stored.starts - 1 }), stored.flashId)
    pump.mode = stored.mode
    pump.brokenRuns = stored.brokenRuns
    pump.latched = stored.latched
    // Conditions that are not latched are found again after a reset, all but these two.
    pump.conditions = 1 << Alarm.BatteryLow
    if (stored.reservoirEmpty) pump.conditions |= 1 << Alarm.ReservoirEmpty
    if (stored.accountUnknown) pump.conditions |= 1 << Alarm.CheckpointDamaged
    pump.reasons = stored.reasons.slice()
    pump.nowMs = 9_000_500
    const localMinusNowMs = stored.wallS === WALL_UNKNOWN ? Number.NaN : stored.wallS * 1000 - 9_000_000
    pump.wallMinusNowMs = localMinusNowMs - stored.shiftLeftMs
    pump.stoppedSinceMs = stored.stoppedWallS * 1000 + 999 - localMinusNowMs
    pump.residualPl = stored.residualPl
    pump.uncertainPl = stored.uncertainPl
    pump.refilledWallS = stored.refilledWallS
    pump.refilledPl = stored.refilledPl
    pump.bolusKind = stored.bolusKind
    pump.bolusPl = stored.bolusPl
    pump.bolusLeftPl = stored.bolusLeftPl
    pump.heldRatePlPerDay = stored.heldMeteredPl >= 0 ? 1 : 0
    pump.heldPl = 2_000_000_000
    pump.heldLeftPl = 2_000_000_000 - stored.heldMeteredPl
    pump.lineLeftPl = stored.lineLeftPl
    pump.lineNgPerMl = stored.lineNgPerMl
    pump.bridgeRatePlPerDay = stored.bridgeRatePlPerDay
    pump.patientPl = stored.patientPl
    pump.doses = createDoses(stored.lockoutMinutes * 60_000 - 59_999, stored.patientDoses, stored.windowPl)
    pump.shiftLeftMs = stored.shiftLeftMs
    pump.shiftSinceMs = pump.nowMs
    pump.localMinusClockMs = stored.localMinusClockS * 1000
    pump.volume.meteredPl = stored.meteredPl
    pump.volume.countedPl = stored.countedPl
    pump.volume.sensedPl = stored.sensedPl
    pump.volume.endSwitchDiffers = stored.endSwitchDiffers
    pump.volume.refillDiffers = stored.refillDiffers
    restoreGuard(guard, stored.guardTrip, stored.guardHourSteps, stored.guardDaySteps, stored.guardPrimeDaySteps)
    guard.primeSteps = stored.guardPrimeSteps
    const bytes = new Uint8Array(CHECKPOINT_SIZE)
    encodeCheckpoint(pump, guard, journal, bytes)
    return bytes
}

/** The same bytes with a number changed, and their checksum right again. */
function withNumber(bytes: Uint8Array, offset: number, size: number, value: number): Uint8Array {
    const changed = bytes.slice()
    writeUint(changed, offset, size, value)
    writeUint(changed, changed.length - 4, 4, crc32(changed, 0, changed.length - 4, 0))
    return changed
}

/** What version 3 of the firmware stored: 159 bytes, up to the reasons as they are now. */
function formerBytes(flags: number, primePl: number, primeLeftPl: number): Uint8Array {
    const bytes = new Uint8Array(159)
    bytes[0] = 3
    bytes[1] = STORED.mode
    bytes[2] = STORED.brokenRuns
    bytes[3] = STORED.guardTrip
    bytes[44] = flags
    bytes[45] = 159
    bytes[122] = STORED.programmeSource
    for (const [offset, size, value] of [
        [4, 4, STORED.sequence],
        [8, 4, STORED.latched],
        [12, 6, STORED.residualPl],
        [18, 6, STORED.meteredPl],
        [24, 6, STORED.countedPl],
        [30, 6, STORED.sensedPl],
        [36, 4, STORED.guardHourSteps],
        [40, 4, STORED.guardDaySteps],
        [46, 4, STORED.starts],
        [50, 6, STORED.forwardSteps],
        [56, 6, STORED.backSteps],
        [62, 6, STORED.uncertainPl],
        [68, 6, primePl],
        [74, 6, primeLeftPl],
        [80, 4, STORED.guardPrimeSteps],
        [84, 4, STORED.guardPrimeDaySteps],
        [88, 4, STORED.wallS],
        [92, 4, STORED.stoppedWallS],
        [96, 4, STORED.refilledWallS],
        [100, 6, STORED.refilledPl],
        [106, 4, STORED.flashId],
        [110, 4, STORED.programmeSum],
        [114, 4, STORED.events],
        [118, 4, STORED.faults],
    ])
        writeUint(bytes, offset, size, value)
    // It had 28 alarms, and no reason beyond them.
    for (let alarm = 0; alarm < 28; alarm++) bytes[123 + alarm] = STORED.reasons[alarm]
    writeUint(bytes, 155, 4, crc32(bytes, 0, 155, 0))
    return bytes
}

/** What neither version 2 nor 3 knew: no bolus but a prime, a full line, no dose of the patient's, no shift of local time. */
const UNKNOWN_BEFORE: Partial<Checkpoint> = {
    heldMeteredPl: -1,
    lineLeftPl: 0,
    lineNgPerMl: 0,
    bridgeRatePlPerDay: 0,
    patientPl: 0,
    lockoutMinutes: 0,
    patientDoses: 0,
    windowPl: 0,
    localMinusClockS: 0,
    shiftLeftMs: 0,
}

/** What version 2 of the firmware stored: 50 bytes. */
function oldBytes(): Uint8Array {
    const bytes = new Uint8Array(50)
    bytes[0] = 2
    bytes[1] = Mode.Stopped
    bytes[2] = 3
    bytes[3] = GuardTrip.DayLimit
    writeUint(bytes, 4, 4, 5)
    writeUint(bytes, 8, 4, STORED.latched)
    writeUint(bytes, 12, 6, STORED.residualPl)
    writeUint(bytes, 18, 6, STORED.meteredPl)
    writeUint(bytes, 24, 6, STORED.countedPl)
    writeUint(bytes, 30, 6, STORED.sensedPl)
    writeUint(bytes, 36, 4, STORED.guardHourSteps)
    writeUint(bytes, 40, 4, STORED.guardDaySteps)
    bytes[44] = 2
    writeUint(bytes, 46, 4, crc32(bytes, 0, 46, 0))
    return bytes
}

describe("the checkpoint", () => {
    test.each<[string, Partial<Checkpoint>]>([
        ["in the midst of things", {}],
        ["running", { mode: Mode.Running, stoppedWallS: WALL_UNKNOWN }],
        ["without a bolus", { bolusKind: BolusKind.None, bolusPl: 0, bolusLeftPl: 0, heldMeteredPl: -1 }],
        ["in a prime", { bolusKind: BolusKind.Prime, heldMeteredPl: -1 }],
        ["in a clinician's bolus", { bolusKind: BolusKind.Clinician, heldMeteredPl: -1 }],
        ["in a patient's dose alone", { heldMeteredPl: -1 }],
        ["whose bolus that waits has not begun to flow", { heldMeteredPl: 0 }],
        ["whose line is not primed", { lineNgPerMl: 0, bridgeRatePlPerDay: 0 }],
        ["whose line is full", { lineLeftPl: 0, lineNgPerMl: 0, bridgeRatePlPerDay: 0 }],
        ["whose patient asked for nothing yet", { lockoutMinutes: 0, patientDoses: 0, windowPl: 0 }],
        ["as far ahead of local time as may be", { shiftLeftMs: -SHIFT_MS_MAX, localMinusClockS: -0x80000000 }],
        ["as far behind it", { shiftLeftMs: SHIFT_MS_MAX, localMinusClockS: 0x7fffffff }],
        ["without a shift of local time", { shiftLeftMs: 0, localMinusClockS: 0 }],
        ["that does not know the time", { wallS: WALL_UNKNOWN, stoppedWallS: WALL_UNKNOWN }],
        ["that runs what it was flashed with", { programmeSource: ProgrammeSource.Flash }],
        ["with an empty reservoir", { reservoirEmpty: true }],
        ["whose account nobody knows", { accountUnknown: true }],
        ["whose end switch differs", { endSwitchDiffers: true }],
        ["whose refill differed", { refillDiffers: true }],
        [
            "with all of that",
            { reservoirEmpty: true, accountUnknown: true, endSwitchDiffers: true, refillDiffers: true },
        ],
        [
            "with the largest numbers",
            {
                sequence: 0xffffffff,
                brokenRuns: 255,
                starts: 0xffffffff,
                residualPl: RESERVOIR_PL_MAX,
                heldMeteredPl: BOLUS_PL_MAX,
                lineLeftPl: DEAD_VOLUME_PL_MAX,
                lineNgPerMl: 0xffffffff,
                bridgeRatePlPerDay: RATE_PL_PER_DAY_MAX,
                patientPl: 281_474_976_710_655,
                lockoutMinutes: LOCKOUT_MINUTES_MAX,
                patientDoses: DOSES_PER_DAY_MAX,
                windowPl: DAY_LIMIT_PL_MAX,
            },
        ],
    ])("CKP-1: it holds what must outlast a reset, of a pump %s", (_, changes) => {
        expect(decodeCheckpoint(checkpointBytes(changes))).toEqual({ ...STORED, ...changes })
    })

    test("CKP-1: what can't be stored as it is becomes the nearest that can", () => {
        const bytes = checkpointBytes({
            brokenRuns: 256,
            residualPl: RESERVOIR_PL_MAX + 44_900,
            meteredPl: -44_900,
            countedPl: -44_900,
            sensedPl: -1,
            patientPl: -44_900,
        })
        expect(decodeCheckpoint(bytes)).toEqual({
            ...STORED,
            patientPl: 0,
            brokenRuns: 255,
            residualPl: RESERVOIR_PL_MAX,
            meteredPl: 0,
            countedPl: 0,
            sensedPl: 0,
        })
    })

    test("CKP-1: it is read from a place that is longer than it, and says how long it is", () => {
        const place = new Uint8Array(CHECKPOINT_SIZE_MAX).fill(0xa5)
        place.set(checkpointBytes())
        expect(place[45]).toBe(CHECKPOINT_SIZE)
        expect(CHECKPOINT_SIZE).toBeLessThanOrEqual(CHECKPOINT_SIZE_MAX)
        expect(decodeCheckpoint(place)).toEqual(STORED)
    })

    test.each([
        [Number.NaN, 0, WALL_UNKNOWN],
        [0, 0, 0],
        [-1, 0, WALL_UNKNOWN],
        [-1, 1, 0],
        [500, 1_499, 1],
        [500, 1_500, 2],
    ])("CKP-1: a wall clock %d ms before the other shows at %d ms %d s", (wallMinusNowMs, ms, seconds) => {
        const { pump } = new Bench()
        pump.wallMinusNowMs = wallMinusNowMs
        expect(wallSecondsAt(pump, ms)).toBe(seconds)
    })

    test("CKP-2: every flip of a single bit is found, and is damage and nothing else", () => {
        const bytes = checkpointBytes()
        for (let bit = 0; bit < CHECKPOINT_SIZE * 8; bit++) {
            bytes[bit >> 3] ^= 1 << (bit & 7)
            expect(decodeCheckpoint(bytes), `bit ${bit}`).toBe(Reason.RecordDamaged)
            bytes[bit >> 3] ^= 1 << (bit & 7)
        }
    })

    test("CKP-2: one that is torn, or says what can't be, is damaged", () => {
        const whole = checkpointBytes()
        for (let size = 1; size < CHECKPOINT_SIZE; size++) {
            expect(decodeCheckpoint(whole.slice(0, size)), `${size} bytes`).toBe(Reason.RecordDamaged)
            const torn = new Uint8Array(CHECKPOINT_SIZE_MAX)
            torn.set(whole.slice(0, size))
            expect(decodeCheckpoint(torn), `torn after ${size} bytes`).toBe(Reason.RecordDamaged)
        }
        for (const [offset, size, value] of [
            [0, 1, CHECKPOINT_VERSION - 1],
            [0, 1, CHECKPOINT_VERSION - 2],
            [0, 1, 0],
            [1, 1, Mode.Running + 1],
            [12, 6, RESERVOIR_PL_MAX + 1],
            [45, 1, CHECKPOINT_SIZE + 1],
            [45, 1, 49],
            [45, 1, CHECKPOINT_SIZE_MAX + 1],
            [122, 1, ProgrammeSource.Second + 1],
            [44, 1, (BolusKind.Patient + 1) << 5],
        ])
            expect(decodeCheckpoint(withNumber(whole, offset, size, value)), `${value} at ${offset}`).toBe(
                Reason.RecordDamaged,
            )
        expect(decodeCheckpoint(withNumber(whole, 12, 6, RESERVOIR_PL_MAX))).toMatchObject({
            residualPl: RESERVOIR_PL_MAX,
        })
        // A longer record of this version, with its checksum right.
        const longer = new Uint8Array(CHECKPOINT_SIZE + 1)
        longer.set(whole)
        expect(decodeCheckpoint(withNumber(longer, 45, 1, CHECKPOINT_SIZE + 1))).toBe(Reason.RecordDamaged)
    })

    test("CKP-2: bytes that nobody wrote are no damage", () => {
        for (const size of [0, 1, 50, CHECKPOINT_SIZE, CHECKPOINT_SIZE_MAX])
            expect(decodeCheckpoint(new Uint8Array(size)), `${size} bytes`).toBe(Reason.RecordMissing)
        const one = new Uint8Array(CHECKPOINT_SIZE_MAX)
        expect(isBlank(one)).toBe(true)
        for (const at of [0, 100, CHECKPOINT_SIZE_MAX - 1]) {
            one.fill(0)[at] = 1
            expect(isBlank(one)).toBe(false)
            expect(decodeCheckpoint(one)).toBe(Reason.RecordDamaged)
        }
    })

    test.each([
        ["with a prime in progress", 0, 6_100_000_017, 5_100_000_018, BolusKind.Prime],
        ["without one", 0, 0, 0, BolusKind.None],
        ["with every flag it had", 15, 0, 0, BolusKind.None],
    ])("JRN-5: version 3 is taken over with what it did not know, %s", (_, flags, bolusPl, bolusLeftPl, bolusKind) => {
        const taken: Checkpoint = {
            ...STORED,
            ...UNKNOWN_BEFORE,
            reasons: STORED.reasons.map((reason, alarm) => (alarm < 28 ? reason : Reason.None)),
            reservoirEmpty: flags > 0,
            endSwitchDiffers: flags > 0,
            refillDiffers: flags > 0,
            accountUnknown: flags > 0,
            bolusKind,
            bolusPl,
            bolusLeftPl,
        }
        const bytes = formerBytes(flags, bolusPl, bolusLeftPl)
        expect(decodeCheckpoint(bytes)).toEqual(taken)
        const place = new Uint8Array(CHECKPOINT_SIZE_MAX).fill(0xa5)
        place.set(bytes)
        expect(decodeCheckpoint(place)).toEqual(taken)
    })

    test("JRN-5: and every flip of a single bit of it, every tear, and every other size of it is found", () => {
        const bytes = formerBytes(15, 6_100_000_017, 5_100_000_018)
        for (let bit = 0; bit < 8 * bytes.length; bit++) {
            bytes[bit >> 3] ^= 1 << (bit & 7)
            expect(decodeCheckpoint(bytes), `bit ${bit}`).toBe(Reason.RecordDamaged)
            bytes[bit >> 3] ^= 1 << (bit & 7)
        }
        for (let size = 1; size < bytes.length; size++)
            expect(decodeCheckpoint(bytes.slice(0, size))).toBe(Reason.RecordDamaged)
        expect(decodeCheckpoint(withNumber(bytes, 122, 1, ProgrammeSource.Second + 1))).toBe(Reason.RecordDamaged)
        for (const size of [158, 160]) {
            const other = new Uint8Array(size)
            other.set(bytes.slice(0, size))
            expect(decodeCheckpoint(withNumber(other, 45, 1, size)), `${size} bytes`).toBe(Reason.RecordDamaged)
        }
        // Nor does a record of this version pass for the former one, or the other way round.
        expect(decodeCheckpoint(withNumber(bytes, 0, 1, CHECKPOINT_VERSION))).toBe(Reason.RecordDamaged)
    })

    test("JRN-5: what the firmware before that stored is taken over, with what it did not know", () => {
        const taken: Checkpoint = {
            ...STORED,
            ...UNKNOWN_BEFORE,
            starts: 0,
            reasons: new Array(ALARM_COUNT).fill(Reason.None),
            endSwitchDiffers: true,
            uncertainPl: 0,
            refilledWallS: WALL_UNKNOWN,
            refilledPl: 0,
            forwardSteps: 0,
            backSteps: 0,
            bolusKind: BolusKind.None,
            bolusPl: 0,
            bolusLeftPl: 0,
            guardPrimeSteps: 0,
            guardPrimeDaySteps: 0,
            wallS: WALL_UNKNOWN,
            stoppedWallS: WALL_UNKNOWN,
            flashId: 0,
            programmeSource: ProgrammeSource.Flash,
            programmeSum: 0,
            events: 0,
            faults: 0,
        }
        expect(decodeCheckpoint(oldBytes())).toEqual(taken)
        const place = new Uint8Array(CHECKPOINT_SIZE_MAX).fill(0xa5)
        place.set(oldBytes())
        expect(decodeCheckpoint(place)).toEqual(taken)
    })

    test("JRN-5: and every flip of a single bit of that is found", () => {
        const bytes = oldBytes()
        for (let bit = 0; bit < 8 * bytes.length; bit++) {
            bytes[bit >> 3] ^= 1 << (bit & 7)
            expect(decodeCheckpoint(bytes), `bit ${bit}`).toBe(Reason.RecordDamaged)
            bytes[bit >> 3] ^= 1 << (bit & 7)
        }
        for (let size = 1; size < bytes.length; size++)
            expect(decodeCheckpoint(bytes.slice(0, size))).toBe(Reason.RecordDamaged)
    })

    test.each([50, CHECKPOINT_SIZE, CHECKPOINT_SIZE_MAX])(
        "JRN-5: what a later firmware stored in %d bytes is refused as that, and damage to it is damage",
        size => {
            const later = new Uint8Array(size)
            later.set(checkpointBytes().slice(0, 40))
            writeUint(later, 45, 1, size)
            for (const version of [CHECKPOINT_VERSION + 1, 255])
                expect(decodeCheckpoint(withNumber(later, 0, 1, version))).toBe(Reason.RecordNewer)
            const damaged = withNumber(later, 0, 1, CHECKPOINT_VERSION + 1)
            damaged[20] ^= 1
            expect(decodeCheckpoint(damaged)).toBe(Reason.RecordDamaged)
        },
    )
})

describe("the checkpoint between two samples", () => {
    /** A pump that has made so many steps since its volume was last judged. */
    function unjudged(steps: number) {
        const { pump, guard } = new Bench()
        pump.volume.commandedSteps = 40
        pump.commandedSteps = 40 + steps
        pump.volume.meteredPl = 1_000_000
        const bytes = new Uint8Array(CHECKPOINT_SIZE)
        encodeCheckpoint(pump, guard, createJournal(foundWith(), 0), bytes)
        return decodeCheckpoint(bytes)
    }

    test.each([
        [0, 1_000_000],
        [3, 1_134_700],
        [-3, 865_300],
        // Before the first sample nothing was judged, nor made.
        [Number.NaN, 1_000_000],
    ])("CKP-1: holds the volume of the %d steps that were made since the last one", (steps, meteredPl) => {
        expect(unjudged(steps)).toMatchObject({ meteredPl })
    })

    test("CKP-1: knows of no bolus where none is in progress, and of no stop while the pump runs", () => {
        const { pump, guard } = new Bench()
        pump.bolusPl = 5_000_000
        pump.wallMinusNowMs = 1_000_000
        pump.stoppedSinceMs = 2_000
        const bytes = new Uint8Array(CHECKPOINT_SIZE)
        encodeCheckpoint(pump, guard, createJournal(foundWith(), 0), bytes)
        expect(decodeCheckpoint(bytes)).toMatchObject({ bolusPl: 0, stoppedWallS: WALL_UNKNOWN })
    })

    test.each([
        [0, 0],
        [1, 1],
        [59_999, 1],
        [60_000, 1],
        [60_001, 2],
        [LOCKOUT_MINUTES_MAX * MS_PER_MINUTE, LOCKOUT_MINUTES_MAX],
    ])("CKP-1: a lockout of %d ms is kept as %d min, never as less than it is", (lockoutMs, lockoutMinutes) => {
        const { pump, guard } = new Bench()
        pump.doses.lockoutMs = lockoutMs
        const bytes = new Uint8Array(CHECKPOINT_SIZE)
        encodeCheckpoint(pump, guard, createJournal(foundWith(), 0), bytes)
        expect(decodeCheckpoint(bytes)).toMatchObject({ lockoutMinutes })
    })

    test.each([
        // Quarters of an hour since it was given; the programme's window, and what of it is kept.
        [0, 60, 700],
        [4, 60, 700],
        [5, 60, 0],
        [5, 75, 700],
        [6, 75, 0],
        [96, 1440, 700],
        [96, 0, 700],
        [97, 1440, 0],
    ])(
        "CKP-1: what was given %d quarters of an hour ago counts in a window of %d min: %d",
        (ago, minutes, windowPl) => {
            const { pump, guard } = new Bench({ programme: { ...steadyProgramme(), windowMinutes: minutes } })
            addToWindow(pump.doses, 700)
            passTime(pump.doses, 0)
            for (let i = 1; i <= ago * 150; i++) passTime(pump.doses, i * 6_000)
            const bytes = new Uint8Array(CHECKPOINT_SIZE)
            encodeCheckpoint(pump, guard, createJournal(foundWith(), 0), bytes)
            expect(decodeCheckpoint(bytes)).toMatchObject({ windowPl })
        },
    )

    test("CKP-1: more in a window than any limit allows is kept as the largest limit", () => {
        for (const [givenPl, windowPl] of [
            [DAY_LIMIT_PL_MAX, DAY_LIMIT_PL_MAX],
            [2 ** 41, DAY_LIMIT_PL_MAX],
        ]) {
            const { pump, guard } = new Bench()
            addToWindow(pump.doses, givenPl)
            const bytes = new Uint8Array(CHECKPOINT_SIZE)
            encodeCheckpoint(pump, guard, createJournal(foundWith(), 0), bytes)
            expect(decodeCheckpoint(bytes)).toMatchObject({ windowPl })
        }
    })

    test.each([
        [MS_PER_HOUR, 0, MS_PER_HOUR],
        [MS_PER_HOUR, 12 * MS_PER_HOUR, MS_PER_HOUR / 2],
        [MS_PER_HOUR, 24 * MS_PER_HOUR - 240, 10],
        [MS_PER_HOUR, 24 * MS_PER_HOUR, 0],
        [MS_PER_HOUR, 30 * MS_PER_HOUR, 0],
        [-MS_PER_HOUR, 12 * MS_PER_HOUR, -MS_PER_HOUR / 2],
        [-MS_PER_HOUR, 24 * MS_PER_HOUR, 0],
    ])(
        "CLK-7: of a shift of %d ms so much is kept %d ms later as is then left: %d",
        (shiftMs, afterMs, shiftLeftMs) => {
            const { pump, guard } = new Bench()
            pump.wallMinusNowMs = WALL_S * 1000
            expect(setLocalTime(pump, WALL_S * 1000 + pump.nowMs + shiftMs)).toBe(0)
            pump.nowMs += afterMs
            const bytes = new Uint8Array(CHECKPOINT_SIZE)
            encodeCheckpoint(pump, guard, createJournal(foundWith(), 0), bytes)
            expect(decodeCheckpoint(bytes)).toMatchObject({
                shiftLeftMs,
                localMinusClockS: shiftMs / 1000,
                // Local time is the new one from the first moment on.
                wallS: WALL_S + Math.floor((pump.nowMs + shiftMs) / 1000),
            })
        },
    )

    test("CKP-1: leaves room for as many alarms as a set holds, and nothing in it", () => {
        const bytes = checkpointBytes({ reasons: new Array(ALARM_COUNT).fill(Reason.Noisy) })
        const reasons = [...bytes.subarray(123, 155)]
        expect(reasons).toEqual([...new Array(ALARM_COUNT).fill(Reason.Noisy), ...new Array(32 - ALARM_COUNT).fill(0)])
    })
})

describe("the size that a checkpoint gives itself", () => {
    /** A record of another version of this size, whole, in a place of 256 bytes. */
    function ofSize(size: number, placeSize = 256): Uint8Array {
        const bytes = new Uint8Array(256).fill(7)
        bytes[0] = CHECKPOINT_VERSION + 1
        bytes[45] = size
        if (size >= 4) writeUint(bytes, size - 4, 4, crc32(bytes, 0, size - 4, 0))
        return bytes.subarray(0, placeSize)
    }

    test.each([
        [50, 256, Reason.RecordNewer],
        [49, 256, Reason.RecordDamaged],
        [200, 256, Reason.RecordNewer],
        [201, 256, Reason.RecordDamaged],
        [200, 200, Reason.RecordNewer],
        [200, 199, Reason.RecordDamaged],
        [50, 50, Reason.RecordNewer],
        [50, 49, Reason.RecordDamaged],
        [3, 256, Reason.RecordDamaged],
    ])("JRN-5: of %d bytes in a place of %d: %d", (size, placeSize, reason) => {
        expect(decodeCheckpoint(ofSize(size, placeSize))).toBe(reason)
    })
})

describe("bytes", () => {
    test("a number written is read back", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 6 }), fc.double({ min: 0, max: 1, noNaN: true }), (size, part) => {
                const value = Math.floor(part * (256 ** size - 1))
                const bytes = new Uint8Array(8).fill(0xaa)
                writeUint(bytes, 1, size, value)
                expect(readUint(bytes, 1, size)).toBe(value)
                expect([bytes[0], bytes[1 + size]]).toEqual([0xaa, 0xaa])
            }),
        )
    })

    test("the checksum is the CRC-32 of IEEE 802.3, in one piece or several", () => {
        expect(crc32(new TextEncoder().encode("123456789"), 0, 9, 0)).toBe(0xcbf43926)
        fc.assert(
            fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
                const cut = Math.min(at, bytes.length)
                const expected = CRC32.buf(bytes) >>> 0
                expect(crc32(bytes, 0, bytes.length, 0)).toBe(expected)
                expect(crc32(bytes, cut, bytes.length, crc32(bytes, 0, cut, 0))).toBe(expected)
            }),
        )
    })
})

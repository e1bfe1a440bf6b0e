import { describe, expect, test } from "vitest"
import { Alarm } from "../../src/pump/alarms"
import { createDoses } from "../../src/pump/doses"
import { BOLUS_PL_MAX, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, RATE_PL_PER_DAY_MIN } from "../../src/pump/limits"
import type { Programme } from "../../src/pump/programme"
import { BolusEvent, BolusKind, BolusReason } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, SensorFault } from "../../src/pump/readings"
import { type Bench, programmeWithDoses, started, steadyProgramme } from "./bench"

/** A picolitre a millisecond, as the schedule has; a clinician's bolus of 8 µL at eight times that takes 1000 s. */
const RATE = 86_400_000
const BOLUS_PL = 8_000_000
const BOLUS_RATE = 8 * RATE
const PATIENT_PL = 1_800_000
const FASTEST = 240_000_000_000

/** A jump over this threshold is one that a working sensor may show. */
const occlusionPa = 10_000

/** A primed pump with 5 mL that runs such a programme. */
function primed(changes: Partial<Programme> = {}): Bench {
    return started({ programme: programmeWithDoses(changes), checkpoint: {}, occlusionPa })
}

const COMMANDS = {
    [BolusKind.Prime]: CommandKind.Prime,
    [BolusKind.Clinician]: CommandKind.Bolus,
    [BolusKind.Patient]: CommandKind.PatientDose,
}
type Kind = keyof typeof COMMANDS

/** Asks for a bolus; returns why it is denied, None where it has begun. */
function ask(bench: Bench, kind: Kind, pl = BOLUS_PL, ratePlPerDay = BOLUS_RATE): BolusReason {
    bench.command(COMMANDS[kind], pl, ratePlPerDay)
    const { bolusEvent, bolusKind, bolusReason, bolusPl } = bench.actions
    expect(bolusKind).toBe(kind)
    expect(bolusEvent).toBe(bolusReason === BolusReason.None ? BolusEvent.Started : BolusEvent.Denied)
    expect(bolusPl, "the volume that was asked for is told").toEqual(
        kind === BolusKind.Patient ? (bench.pump.programme?.patientPl ?? 0) : pl,
    )
    return bolusReason
}

/** All of a pump that a bolus changes; times that pass by themselves left out. */
function bolusesOf(bench: Bench): unknown {
    const { pump } = bench
    return structuredClone({
        kind: pump.bolusKind,
        ratePlPerDay: pump.bolusRatePlPerDay,
        flowPlPerDay: pump.ratePlPerDay,
        volumes: [pump.bolusPl, pump.heldRatePlPerDay, pump.heldPl, pump.heldLeftPl, pump.heldPart],
        granted: pump.doses.grantedMs,
        locked: pump.doses.lockoutMs > 0,
        waiting: [pump.heldReason, pump.unansweredKind],
    })
}

/** What one tick tells of boluses. */
interface Told {
    event: BolusEvent
    kind: BolusKind
    reason: BolusReason
    pl: number
    atMs: number
}

/** Ticks, and lists all that is told meanwhile. */
function toldIn(bench: Bench, lengthMs: number, tickMs = 100): Told[] {
    const told: Told[] = []
    for (const endMs = bench.nowMs + lengthMs; bench.nowMs < endMs; ) {
        bench.tick(bench.nowMs + tickMs)
        const { bolusEvent, bolusKind, bolusReason, bolusPl } = bench.actions
        // What became of it outlasts a reset from the tick on that tells of it (JRN-1).
        if (bolusEvent !== BolusEvent.None && bolusEvent !== BolusEvent.Denied)
            expect(bench.actions.checkpointDue).toBe(true)
        if (bolusEvent !== BolusEvent.None)
            told.push({ event: bolusEvent, kind: bolusKind, reason: bolusReason, pl: bolusPl, atMs: bench.nowMs })
    }
    return told
}

/** Ticks up to the one before the next sample. */
function beforeSample(bench: Bench): void {
    bench.runUntil(() => bench.readings.sampled)
    bench.run(900)
}

/** An alarm stops the pump within three samples, and its cause is then over. */
function stopByAlarm(bench: Bench): void {
    bench.shown.pressurePa = 11_000
    bench.runUntil(() => !bench.pump.delivering)
    bench.shown.pressurePa = 1_000
}

/** What keeps a patient's dose from beginning, from what is told first to what is told last. What takes no time is done at the end. */
const OBSTACLES: {
    reason: BolusReason
    before?: (bench: Bench) => void
    atOnce?: (bench: Bench, p: Programme) => void
}[] = [
    { reason: BolusReason.NotProgrammed, atOnce: (_, p) => Object.assign(p, { patientPl: 0 }) },
    { reason: BolusReason.VolumeOutOfRange, atOnce: (_, p) => Object.assign(p, { patientPl: BOLUS_PL_MAX + 1 }) },
    { reason: BolusReason.RateOutOfRange, atOnce: (_, p) => Object.assign(p, { patientDurationMinutes: 0.001 }) },
    { reason: BolusReason.PumpStopped, before: bench => bench.command(CommandKind.Stop) },
    { reason: BolusReason.StoppingAlarm, before: stopByAlarm },
    { reason: BolusReason.MinimumRate, before: bench => bench.command(CommandKind.MinimumRate) },
    {
        reason: BolusReason.SensorLost,
        before: bench => {
            bench.shown.encoderFault = SensorFault.Missing
            bench.runSamples(3)
        },
    },
    { reason: BolusReason.BolusInProgress, atOnce: ({ pump }) => Object.assign(pump, { bolusKind: BolusKind.Prime }) },
    { reason: BolusReason.Bridging, atOnce: ({ pump }) => Object.assign(pump, { bridgeRatePlPerDay: RATE }) },
    { reason: BolusReason.LineNotPrimed, atOnce: ({ pump }) => Object.assign(pump, { lineLeftPl: 4_000_000 }) },
    { reason: BolusReason.Lockout, atOnce: ({ pump }) => Object.assign(pump.doses, { lockoutMs: 10_000 }) },
    { reason: BolusReason.CountOfDay, atOnce: ({ pump }) => Object.assign(pump, { doses: createDoses(0, 3, 0) }) },
    { reason: BolusReason.WindowFull, atOnce: (_, p) => Object.assign(p, { windowPlMax: p.windowBasalPl }) },
    { reason: BolusReason.MoreThanReservoir, atOnce: ({ pump }) => Object.assign(pump, { residualPl: 1_000_000 }) },
    {
        reason: BolusReason.NotRecordable,
        atOnce: ({ pump }) => {
            pump.conditions = pump.conditions | (1 << Alarm.MemoryFault)
            pump.alarms = pump.alarms | pump.conditions
        },
    },
    { reason: BolusReason.SupplyFailing, atOnce: ({ readings }) => Object.assign(readings, { supplyFailing: true }) },
]

describe("what keeps a bolus from beginning", () => {
    test.each(OBSTACLES.map(({ reason }, i) => [BolusReason[reason], i] as const))(
        "BOL-1: %s is told, changes nothing, and goes before all that is told after it",
        (reason, first) => {
            for (const obstacles of [OBSTACLES.slice(first, first + 1), OBSTACLES.slice(first)]) {
                const bench = primed()
                // From the last to the first, because a minimum rate is a start as well.
                for (const { before } of [...obstacles].reverse()) before?.(bench)
                beforeSample(bench)
                for (const { atOnce } of [...obstacles].reverse()) atOnce?.(bench, bench.pump.programme as Programme)
                const unchanged = bolusesOf(bench)
                bench.readings.command = CommandKind.PatientDose
                bench.tick()
                expect(bench.actions).toMatchObject({ bolusEvent: BolusEvent.Denied, bolusKind: BolusKind.Patient })
                expect(BolusReason[bench.actions.bolusReason]).toBe(reason)
                expect(bolusesOf(bench)).toEqual(unchanged)
            }
        },
    )

    test("a patient's dose with nothing in its way begins", () => {
        const bench = primed()
        expect(ask(bench, BolusKind.Patient)).toBe(BolusReason.None)
        expect(bench.actions).toMatchObject({ bolusPl: PATIENT_PL, checkpointDue: true, steps: 0 })
        expect(bench.pump.ratePlPerDay).toBe(2 * RATE)
    })

    test("JRN-4: nothing of it is given or told before it is recorded", () => {
        const bench = primed()
        bench.readings.recorded = false
        bench.command(CommandKind.PatientDose)
        expect(bench.actions.checkpointDue).toBe(true)
        for (let ticks = 0; ticks < 20; ticks++) {
            expect(bench.actions.bolusEvent).toBe(BolusEvent.None)
            bench.tick()
            expect(bench.pump).toMatchObject({ ratePlPerDay: RATE, bolusLeftPl: PATIENT_PL, idleUntilMs: 0 })
        }
        bench.readings.recorded = true
        bench.tick()
        expect(bench.actions).toMatchObject({ bolusEvent: BolusEvent.Started, bolusPl: PATIENT_PL })
        expect(bench.pump).toMatchObject({ ratePlPerDay: 2 * RATE, bolusLeftPl: PATIENT_PL })
        bench.tick()
        expect(bench.pump.bolusLeftPl).toBeLessThan(PATIENT_PL)
    })

    test("JRN-4: one that is stopped before it is recorded is denied, and never begins", () => {
        const bench = primed()
        bench.readings.recorded = false
        bench.command(CommandKind.PatientDose)
        bench.command(CommandKind.Stop)
        expect(bench.actions).toMatchObject({
            bolusEvent: BolusEvent.Denied,
            bolusKind: BolusKind.Patient,
            bolusReason: BolusReason.PumpStopped,
            bolusPl: PATIENT_PL,
        })
        bench.readings.recorded = true
        bench.command(CommandKind.Start)
        bench.run(5_000)
        expect(bench.pump).toMatchObject({ ratePlPerDay: RATE, bolusKind: BolusKind.None, bolusUnrecorded: false })
    })

    test.each<[string, Kind, number, number, BolusReason, Partial<Programme>?]>([
        ["of nothing", BolusKind.Clinician, 0, RATE, BolusReason.VolumeOutOfRange],
        ["of no number", BolusKind.Clinician, Number.NaN, RATE, BolusReason.VolumeOutOfRange],
        ["of a picolitre", BolusKind.Clinician, 1, RATE, BolusReason.None],
        ["of the most allowed", BolusKind.Clinician, BOLUS_PL, RATE, BolusReason.None],
        ["of more", BolusKind.Clinician, BOLUS_PL + 1, RATE, BolusReason.VolumeOutOfRange],
        ["where none is allowed", BolusKind.Clinician, 1, RATE, BolusReason.NotProgrammed, { bolusPlMax: 0 }],
        ["at no rate", BolusKind.Clinician, BOLUS_PL, 0, BolusReason.RateOutOfRange],
        ["at what is no rate", BolusKind.Clinician, BOLUS_PL, Number.NaN, BolusReason.RateOutOfRange],
        ["at the fastest", BolusKind.Clinician, BOLUS_PL, FASTEST, BolusReason.None],
        ["faster", BolusKind.Clinician, BOLUS_PL, FASTEST + 1, BolusReason.RateOutOfRange],
        ["over a day", BolusKind.Clinician, BOLUS_PL, BOLUS_PL, BolusReason.None],
        ["over more than a day", BolusKind.Clinician, BOLUS_PL, BOLUS_PL - 1, BolusReason.RateOutOfRange],
        ["of the largest", BolusKind.Patient, 0, 0, BolusReason.None, { patientPl: BOLUS_PL_MAX, windowPlMax: 3e9 }],
    ])("BOL-1: one %s (%d, %d pL, %d pL/day): %d", (_, kind, pl, ratePlPerDay, reason, changes = {}) => {
        expect(ask(primed(changes), kind, pl, ratePlPerDay)).toBe(reason)
    })

    test("BOL-1: a pump without a programme has neither a clinician's bolus nor a patient's dose", () => {
        for (const kind of [BolusKind.Clinician, BolusKind.Patient] as const)
            expect(ask(started({ programme: null }), kind)).toBe(BolusReason.NotProgrammed)
    })

    test("BOL-2: a schedule that takes all that the mechanism can do leaves no room, a picolitre a day less does", () => {
        const mechanism = { stepPl: 20_000, stepsPerTickMax: 1, occlusionPa }
        const fastest = 20_000 * 864_000
        for (const [ratePlPerDay, reason] of [
            [fastest, BolusReason.RateOutOfRange],
            [fastest - 1, BolusReason.None],
        ]) {
            const programme = {
                ...programmeWithDoses(),
                segmentRatePlPerDay: [ratePlPerDay],
                meanRatePlPerDay: ratePlPerDay,
            }
            const bench = started({ programme, checkpoint: {}, ...mechanism })
            expect(ask(bench, BolusKind.Clinician, 1_000, fastest)).toBe(reason)
            expect(bench.pump.ratePlPerDay).toBe(fastest)
        }
    })

    test.each([
        ["pressureFault", 3],
        ["encoderFault", 3],
        ["reservoirEndFault", 3],
        ["batteryFault", 3],
        ["wallFault", 3],
        ["pressureFault", 2],
        ["encoderFault", 2],
    ] as const)("BOL-1: with %s in %d samples", (fault, samples) => {
        for (const kind of [BolusKind.Clinician, BolusKind.Patient, BolusKind.Prime] as const) {
            const bench = primed({ deadVolumePl: 0 })
            bench.shown[fault] = SensorFault.Missing
            beforeSample(bench)
            bench.run((samples - 1) * 1_000 - 500)
            bench.shown[fault] = samples < 3 ? SensorFault.None : SensorFault.Missing
            expect(ask(bench, kind)).toBe(samples < 3 ? BolusReason.None : BolusReason.SensorLost)
        }
    })

    test.each<[Kind, Kind, BolusReason]>([
        [BolusKind.Prime, BolusKind.Prime, BolusReason.BolusInProgress],
        [BolusKind.Prime, BolusKind.Clinician, BolusReason.BolusInProgress],
        [BolusKind.Prime, BolusKind.Patient, BolusReason.BolusInProgress],
        [BolusKind.Clinician, BolusKind.Prime, BolusReason.BolusInProgress],
        [BolusKind.Clinician, BolusKind.Clinician, BolusReason.BolusInProgress],
        [BolusKind.Clinician, BolusKind.Patient, BolusReason.None],
        [BolusKind.Patient, BolusKind.Prime, BolusReason.BolusInProgress],
        [BolusKind.Patient, BolusKind.Clinician, BolusReason.BolusInProgress],
        [BolusKind.Patient, BolusKind.Patient, BolusReason.Lockout],
    ])("BOL-4: while a bolus of kind %d is in progress one of kind %d: %d", (first, second, reason) => {
        // A line of unknown volume takes a prime at any time.
        const bench = primed({ deadVolumePl: 0 })
        expect(ask(bench, first, 4_000_000)).toBe(BolusReason.None)
        expect(ask(bench, second, 4_000_000)).toBe(reason)
    })

    test("BOL-4: while a clinician's waits, nothing else begins", () => {
        const bench = primed({ deadVolumePl: 0, lockoutMinutes: 30 })
        ask(bench, BolusKind.Clinician)
        ask(bench, BolusKind.Patient)
        expect(ask(bench, BolusKind.Clinician)).toBe(BolusReason.BolusInProgress)
        expect(ask(bench, BolusKind.Prime)).toBe(BolusReason.BolusInProgress)
        expect(ask(bench, BolusKind.Patient)).toBe(BolusReason.Lockout)
    })

    test("BOL-4: a patient's dose that the mechanism makes slower than its lockout is not overtaken by the next", () => {
        const mechanism = { stepPl: 20_000, stepsPerTickMax: 1, occlusionPa }
        const fastest = 20_000 * 864_000
        // A dose that takes the whole mechanism for a minute, on top of a schedule that takes half of it: two minutes.
        const programme = {
            ...programmeWithDoses({ patientPl: fastest / 1440, patientDurationMinutes: 1, lockoutMinutes: 1 }),
            segmentRatePlPerDay: [fastest / 2],
            meanRatePlPerDay: fastest / 2,
            windowPlMax: 100_000_000,
        }
        const bench = started({ programme, checkpoint: {}, ...mechanism })
        expect(ask(bench, BolusKind.Patient)).toBe(BolusReason.None)
        const startMs = bench.nowMs
        bench.run(90_000)
        expect(ask(bench, BolusKind.Patient)).toBe(BolusReason.BolusInProgress)
        const [end] = toldIn(bench, 60_000)
        expect(end).toMatchObject({ event: BolusEvent.Delivered, pl: fastest / 1440, atMs: startMs + 120_000 })
    })

    test.each([
        [PATIENT_PL - 1, BolusReason.MoreThanReservoir],
        [PATIENT_PL, BolusReason.None],
    ])("BOL-1: what the reservoir holds beside what is granted of it already bounds it: %d pL", (restPl, reason) => {
        const bench = primed()
        ask(bench, BolusKind.Clinician)
        beforeSample(bench)
        const { pump } = bench
        bench.readings.command = CommandKind.PatientDose
        // As at the end of the next tick, which meters a fiftieth of a step and makes none.
        pump.owed = 0
        pump.residualPl = pump.bolusLeftPl - 800 + restPl
        bench.tick()
        expect(bench.actions.bolusReason).toBe(reason)
    })
})

describe("the patient's limits", () => {
    /** Asks with every sample from this time on until a dose begins, and returns when. */
    function grantedFrom(bench: Bench, fromMs: number): number {
        bench.run(fromMs - bench.nowMs - 2_000, 1_000)
        bench.runUntil(() => bench.readings.sampled)
        do ask(bench, BolusKind.Patient)
        while (bench.actions.bolusEvent !== BolusEvent.Started)
        return bench.nowMs
    }

    test("BOL-6: the lockout lasts from the beginning of a dose to the very sample at which it is over", () => {
        const bench = primed()
        ask(bench, BolusKind.Patient)
        const firstMs = bench.nowMs
        bench.run(MS_PER_HOUR - 2_000)
        for (const [atMs, reason] of [
            [MS_PER_HOUR - 1_000, BolusReason.Lockout],
            [MS_PER_HOUR, BolusReason.None],
        ]) {
            expect(ask(bench, BolusKind.Patient)).toBe(reason)
            expect(bench.nowMs).toBe(firstMs + atMs)
        }
    })

    test("BOL-6: no tick that is late shortens it", () => {
        const bench = primed({ lockoutMinutes: 30 })
        beforeSample(bench)
        bench.readings.command = CommandKind.PatientDose
        bench.tick(bench.nowMs + 900)
        expect(bench.actions.bolusEvent).toBe(BolusEvent.Started)
        const firstMs = bench.nowMs
        expect(grantedFrom(bench, firstMs + 30 * MS_PER_MINUTE)).toBeGreaterThanOrEqual(firstMs + 30 * MS_PER_MINUTE)
    })

    test("BOL-6: so many in 24 hours and no more, and the next when the first is a day old", () => {
        const bench = primed({ windowPlMax: 1_000_000_000 })
        bench.refillAlways = true
        const grants: number[] = []
        for (let dose = 0; dose < 3; dose++) {
            grants.push(grantedFrom(bench, bench.nowMs + 2 * MS_PER_HOUR))
        }
        bench.run(2 * MS_PER_HOUR, 1_000)
        expect(ask(bench, BolusKind.Patient)).toBe(BolusReason.CountOfDay)
        expect(grantedFrom(bench, grants[0] + MS_PER_DAY - 5_000)).toBe(grants[0] + MS_PER_DAY)
        bench.run(90 * MS_PER_MINUTE, 1_000)
        expect(ask(bench, BolusKind.Patient)).toBe(BolusReason.CountOfDay)
        expect(bench.alarms).toEqual([])
    })

    test("BOL-8: a clock that jumps a day neither ends the lockout nor empties the window", () => {
        const bench = primed({ windowPlMax: 15_000_000 + PATIENT_PL, bolusPlMax: 0, lockoutMinutes: 60 })
        ask(bench, BolusKind.Patient)
        bench.tick(bench.nowMs + MS_PER_DAY)
        bench.runSamples(1)
        expect(ask(bench, BolusKind.Patient)).toBe(BolusReason.Lockout)
        bench.run(MS_PER_HOUR, 1_000)
        expect(ask(bench, BolusKind.Patient)).toBe(BolusReason.WindowFull)
    })
})

describe("the dose window", () => {
    test("BOL-7: what is granted, what is asked for and a window's full schedule stay within it, to the picolitre", () => {
        for (const [lastPl, reason] of [
            [4_000_001, BolusReason.WindowFull],
            [4_000_000, BolusReason.None],
        ]) {
            const bench = primed()
            ask(bench, BolusKind.Clinician)
            bench.run(1_100_000, 1_000)
            ask(bench, BolusKind.Clinician)
            bench.run(1_100_000, 1_000)
            // 16 of the 20 µL beside the schedule are given.
            expect(ask(bench, BolusKind.Clinician, lastPl)).toBe(reason)
        }
    })

    test("BOL-7: what is left of one in progress and of one that waits counts as given", () => {
        for (const [windowPlMax, reason] of [
            [15_000_000 + BOLUS_PL + 2 * PATIENT_PL - 1, BolusReason.WindowFull],
            [15_000_000 + BOLUS_PL + 2 * PATIENT_PL, BolusReason.None],
        ]) {
            const bench = primed({ windowPlMax, lockoutMinutes: 30 })
            ask(bench, BolusKind.Patient)
            bench.run(2_000_000, 1_000)
            ask(bench, BolusKind.Clinician)
            bench.run(10_000)
            expect(ask(bench, BolusKind.Patient)).toBe(reason)
        }
    })

    test("BOL-7: across a change of the solution it counts the drug", () => {
        for (const [concentrationNgPerMl, countedPl] of [
            [250_000, 2 * BOLUS_PL],
            [500_000, BOLUS_PL],
            [1_000_000, BOLUS_PL / 2],
            // A part of a picolitre counts whole.
            [1_500_000, Math.ceil(BOLUS_PL / 3)],
        ]) {
            const mostPl = 20_000_000 - countedPl
            const changed = programmeWithDoses({ concentrationNgPerMl, deadVolumePl: 0, bolusPlMax: mostPl + 1 })
            for (const [pl, reason] of [
                [mostPl + 1, BolusReason.WindowFull],
                [mostPl, BolusReason.None],
            ]) {
                const bench = primed()
                ask(bench, BolusKind.Clinician)
                bench.run(1_100_000, 1_000)
                bench.offer(changed, { filledPl: 9_000_000_000 })
                expect(bench.actions.programmeAnswer).toBe(ProgrammeAnswer.Taken)
                expect(ask(bench, BolusKind.Clinician, pl)).toBe(reason)
            }
        }
    })

    test("BOL-7: it slides by quarters of an hour: never too early, and a quarter late at most", () => {
        const bench = primed({
            windowMinutes: 60,
            windowBasalPl: 3_750_000,
            windowPlMax: 3_750_000 + BOLUS_PL,
            patientPl: 0,
        })
        expect(ask(bench, BolusKind.Clinician)).toBe(BolusReason.None)
        const [end] = toldIn(bench, 1_000_000)
        expect(end.event).toBe(BolusEvent.Delivered)
        bench.run(end.atMs + MS_PER_HOUR - 2_000 - bench.nowMs, 1_000)
        expect(ask(bench, BolusKind.Clinician)).toBe(BolusReason.WindowFull)
        while (bench.actions.bolusEvent !== BolusEvent.Started) ask(bench, BolusKind.Clinician)
        expect(bench.nowMs).toBeGreaterThanOrEqual(end.atMs + MS_PER_HOUR)
        expect(bench.nowMs).toBeLessThanOrEqual(end.atMs + MS_PER_HOUR + 15 * MS_PER_MINUTE + 1_000)
    })

    test("BOL-9: a reset empties neither window, lockout nor count", () => {
        const before = primed({ windowPlMax: 15_000_000 + BOLUS_PL })
        ask(before, BolusKind.Patient)
        before.run(100_000)
        const checkpoint = before.left()
        expect(checkpoint).toMatchObject({ lockoutMinutes: 60, patientDoses: 1 })
        const { pump } = before
        for (const [changes, reason] of [
            [{}, BolusReason.Lockout],
            [{ lockoutMinutes: 0, patientDoses: 3 }, BolusReason.CountOfDay],
            [{ lockoutMinutes: 0, windowPl: BOLUS_PL - PATIENT_PL + 1 }, BolusReason.WindowFull],
            [{ lockoutMinutes: 0, patientDoses: 2, windowPl: BOLUS_PL - PATIENT_PL }, BolusReason.None],
        ] as const) {
            const programme = pump.programme
            const after = started({ programme, checkpoint: { ...checkpoint, ...changes } })
            expect(after.pump.bolusKind, "and what was in progress is over").toBe(BolusKind.None)
            expect(ask(after, BolusKind.Patient)).toBe(reason)
        }
    })
})

describe("a patient's dose during a clinician's bolus", () => {
    test("BOL-4: goes before it, and it then finishes its full volume, to the picolitre", () => {
        const bench = primed()
        const fromMs = bench.nowMs
        // So much that a part of a picolitre is under way when it is interrupted.
        ask(bench, BolusKind.Clinician, BOLUS_PL, BOLUS_RATE - 7)
        bench.run(300_000)
        expect(ask(bench, BolusKind.Patient)).toBe(BolusReason.None)
        expect(bench.pump.heldPart).toBeGreaterThan(0)
        const patientMs = bench.nowMs
        expect(bench.pump.ratePlPerDay, "one flows at a time").toBe(2 * RATE)
        const told = toldIn(bench, 2_700_000)
        expect(told.map(({ event, kind, pl }) => [event, kind, pl])).toEqual([
            [BolusEvent.Delivered, BolusKind.Patient, PATIENT_PL],
            [BolusEvent.Delivered, BolusKind.Clinician, BOLUS_PL],
        ])
        expect(told[0].atMs).toBe(patientMs + 1_800_000)
        const { pump } = bench
        const asked = BigInt(bench.nowMs - fromMs) * BigInt(RATE) + BigInt(BOLUS_PL + PATIENT_PL) * BigInt(MS_PER_DAY)
        expect(BigInt(pump.commandedSteps) * BigInt(pump.stepQuantum) + BigInt(pump.owed)).toBe(asked)
        expect(pump).toMatchObject({ bolusKind: BolusKind.None, heldRatePlPerDay: 0, ratePlPerDay: RATE })
    })

    test("SUP-9: ends that fall into one tick are told in two", () => {
        const bench = primed()
        ask(bench, BolusKind.Clinician)
        ask(bench, BolusKind.Patient)
        // As if both were all but over.
        Object.assign(bench.pump, { bolusLeftPl: 1, heldLeftPl: 1 })
        const told = toldIn(bench, 3_000)
        expect(told.map(({ event, kind, reason, pl }) => [event, kind, reason, pl])).toEqual([
            [BolusEvent.Delivered, BolusKind.Patient, BolusReason.None, PATIENT_PL],
            [BolusEvent.Delivered, BolusKind.Clinician, BolusReason.None, BOLUS_PL],
        ])
        expect(bench.pump).toMatchObject({ bolusKind: BolusKind.None, heldRatePlPerDay: 0, heldPl: 0 })
    })

    test("SUP-9: a clinician's bolus that went on in the tick of its end is told of with the next sample", () => {
        const bench = primed()
        ask(bench, BolusKind.Clinician)
        ask(bench, BolusKind.Patient)
        const { heldLeftPl } = bench.pump
        beforeSample(bench)
        bench.pump.bolusLeftPl = 1
        bench.readings.command = CommandKind.Stop
        const told = toldIn(bench, 3_000)
        expect(told).toMatchObject([
            { event: BolusEvent.Delivered, kind: BolusKind.Patient, pl: PATIENT_PL },
            { event: BolusEvent.Cancelled, kind: BolusKind.Clinician, reason: BolusReason.PumpStopped },
        ])
        // In the rest of that tick it had 100 ms of its 8 pL/ms.
        expect(told[1].pl - (BOLUS_PL - heldLeftPl)).toBeLessThanOrEqual(800)
    })
})

describe("the end of a bolus", () => {
    const CAUSES: [BolusReason, (bench: Bench) => void][] = [
        [BolusReason.PumpStopped, bench => Object.assign(bench.readings, { command: CommandKind.Stop })],
        [BolusReason.StoppingAlarm, bench => Object.assign(bench.shown, { pressurePa: 11_000 })],
        [BolusReason.SupplyFailing, bench => Object.assign(bench.readings, { supplyFailing: true })],
        [BolusReason.NotRecordable, bench => Object.assign(bench.readings, { memoryFault: SensorFault.Missing })],
        [BolusReason.Ended, bench => Object.assign(bench.readings, { command: CommandKind.CancelBolus })],
        [BolusReason.MinimumRate, bench => Object.assign(bench.readings, { command: CommandKind.MinimumRate })],
        [
            BolusReason.LineChanged,
            bench =>
                Object.assign(bench.readings, {
                    command: CommandKind.Refill,
                    commandPl: 9_000_000_000,
                    commandLineChanged: true,
                }),
        ],
    ]

    test.each(CAUSES.map(([reason, cause]) => [BolusReason[reason], reason, cause] as const))(
        "BOL-3: %s ends what remains of it, and of one that waits: each is told with what was metered, and none comes back",
        (_, reason, cause) => {
            for (const kinds of [
                [BolusKind.Prime],
                [BolusKind.Clinician],
                [BolusKind.Patient],
                [BolusKind.Clinician, BolusKind.Patient],
            ] as const) {
                const bench = primed({ deadVolumePl: 0 })
                for (const kind of kinds) {
                    expect(ask(bench, kind)).toBe(BolusReason.None)
                    bench.run(100_000)
                }
                beforeSample(bench)
                cause(bench)
                const told = toldIn(bench, 6_000)
                expect(told.map(({ event, kind, reason }) => [event, kind, reason])).toEqual(
                    [...kinds].reverse().map(kind => [BolusEvent.Cancelled, kind, reason]),
                )
                const [first] = told
                // 100 s, and until it was ended; the one that waits had the seconds until the patient asked.
                const perSecond = kinds[kinds.length - 1] === BolusKind.Patient ? 1_000 : 8_000
                expect(first.pl / perSecond).toBeGreaterThanOrEqual(101)
                expect(first.pl / perSecond).toBeLessThan(105)
                if (told.length > 1) {
                    expect(told[1].pl / 8_000).toBeGreaterThanOrEqual(101)
                    expect(told[1].pl / 8_000).toBeLessThan(102.1)
                    expect(told[1].atMs - first.atMs).toBeLessThanOrEqual(1_000)
                }

                Object.assign(bench.shown, { pressurePa: 1_000 })
                Object.assign(bench.readings, { supplyFailing: false, memoryFault: SensorFault.None })
                bench.runSamples(3)
                bench.command(CommandKind.Start)
                expect(bench.pump).toMatchObject({
                    ratePlPerDay: RATE,
                    bolusKind: BolusKind.None,
                    bolusRatePlPerDay: 0,
                    bolusLeftPl: 0,
                    heldRatePlPerDay: 0,
                    heldLeftPl: 0,
                })
                expect(toldIn(bench, 60_000)).toEqual([])
            }
        },
    )

    test("BOL-3: a programme of another concentration ends it, and one of the same does not", () => {
        for (const [concentrationNgPerMl, reasons] of [
            [500_000, []],
            [1_000_000, [BolusReason.LineChanged, BolusReason.LineChanged]],
        ] as const) {
            const bench = primed()
            ask(bench, BolusKind.Clinician)
            ask(bench, BolusKind.Patient)
            beforeSample(bench)
            bench.offer(programmeWithDoses({ concentrationNgPerMl }), { filledPl: 9_000_000_000 })
            const first = bench.actions.bolusEvent === BolusEvent.None ? [] : [bench.actions.bolusReason]
            expect([...first, ...toldIn(bench, 2_000).map(({ reason }) => reason)]).toEqual(reasons)
            expect(bench.pump.bolusKind).toBe(reasons.length > 0 ? BolusKind.None : BolusKind.Patient)
        }
    })

    test("BOL-3: a person who ends none changes nothing", () => {
        const bench = primed()
        bench.command(CommandKind.CancelBolus)
        expect(bench.actions).toMatchObject({ bolusEvent: BolusEvent.None, command: CommandKind.CancelBolus })
        expect(bench.pump.ratePlPerDay).toBe(RATE)
    })

    test("BOL-3: a reset ends the one in progress and the one that waits", () => {
        const before = primed()
        ask(before, BolusKind.Clinician)
        before.run(100_000)
        ask(before, BolusKind.Patient)
        before.run(100_000)
        const checkpoint = before.left()
        expect(checkpoint).toMatchObject({ bolusKind: BolusKind.Patient, bolusPl: PATIENT_PL })
        expect(checkpoint.heldMeteredPl).toBeGreaterThan(800_000)
        const after = started({ programme: before.pump.programme, checkpoint })
        expect(after.pump).toMatchObject({ ratePlPerDay: RATE, bolusKind: BolusKind.None, heldRatePlPerDay: 0 })
        expect(toldIn(after, 10_000)).toEqual([])
    })
})

describe("what a tick can't tell beside something else", () => {
    test("SUP-9: a request in the tick that tells another's end is answered with the next sample", () => {
        const bench = primed()
        ask(bench, BolusKind.Clinician)
        beforeSample(bench)
        bench.pump.bolusLeftPl = 1
        bench.readings.command = CommandKind.PatientDose
        const told = toldIn(bench, 3_000)
        expect(told).toMatchObject([
            { event: BolusEvent.Delivered, kind: BolusKind.Clinician, pl: BOLUS_PL },
            { event: BolusEvent.Denied, kind: BolusKind.Patient, reason: BolusReason.BolusInProgress, pl: 0 },
        ])
        expect(told[1].atMs - told[0].atMs).toBe(1_000)
        expect(bench.pump).toMatchObject({ bolusKind: BolusKind.None, unansweredKind: BolusKind.None })
        expect(ask(bench, BolusKind.Patient), "and costs nobody a dose").toBe(BolusReason.None)
    })

    test("SUP-9: an answer that is due when a bolus ends comes after that end", () => {
        const bench = primed()
        ask(bench, BolusKind.Patient)
        beforeSample(bench)
        bench.pump.unansweredKind = BolusKind.Prime
        bench.readings.command = CommandKind.CancelBolus
        expect(toldIn(bench, 3_000)).toMatchObject([
            { event: BolusEvent.Cancelled, kind: BolusKind.Patient },
            { event: BolusEvent.Denied, kind: BolusKind.Prime, reason: BolusReason.BolusInProgress },
        ])
    })

    test("SUP-9: an answer and a bolus that waited and never goes on are told one after the other", () => {
        const bench = primed()
        ask(bench, BolusKind.Clinician)
        ask(bench, BolusKind.Patient)
        bench.command(CommandKind.Stop)
        expect(bench.actions).toMatchObject({ bolusEvent: BolusEvent.Cancelled, bolusKind: BolusKind.Patient })
        bench.readings.command = CommandKind.PatientDose
        expect(toldIn(bench, 3_000)).toMatchObject([
            { event: BolusEvent.Denied, kind: BolusKind.Patient, reason: BolusReason.PumpStopped },
            { event: BolusEvent.Cancelled, kind: BolusKind.Clinician, reason: BolusReason.PumpStopped },
        ])
    })
})

describe("the minimum rate that a person chooses", () => {
    test("MIN-1: runs instead of schedule and boluses, with an alarm, until a start", () => {
        const bench = primed({ periodicPl: 1_000_000, periodicMinutes: 30, periodicDurationMinutes: 30 })
        ask(bench, BolusKind.Clinician)
        bench.command(CommandKind.MinimumRate)
        expect(bench.actions).toMatchObject({ command: CommandKind.MinimumRate, checkpointDue: true })
        expect(bench.alarms).toEqual(["minimumRateChosen"])
        const { commandedSteps, owed, stepQuantum } = bench.pump
        const fromMs = bench.nowMs
        for (const kind of [CommandKind.Acknowledge, CommandKind.Release, CommandKind.Silence]) bench.command(kind)
        bench.run(MS_PER_HOUR, 1_000)
        expect(ask(bench, BolusKind.Patient)).toBe(BolusReason.MinimumRate)
        const made = (bench.pump.commandedSteps - commandedSteps) * stepQuantum + bench.pump.owed - owed
        expect(made).toBe((bench.nowMs - fromMs) * RATE_PL_PER_DAY_MIN)
        bench.command(CommandKind.Start)
        expect(bench.alarms).toEqual([])
        expect(bench.pump.ratePlPerDay).toBe(RATE + 48_000_000)
    })

    test("MIN-1: outlasts a reset, and another programme", () => {
        const before = primed()
        before.command(CommandKind.MinimumRate)
        const bench = started({ programme: before.pump.programme, checkpoint: before.left() })
        expect(bench.alarms).toEqual(["minimumRateChosen"])
        bench.offer(steadyProgramme(400_000_000))
        expect(bench.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
        bench.command(CommandKind.Start)
        expect(bench.pump.ratePlPerDay).toBe(400_000_000)
    })

    test("MIN-1: starts a pump that was stopped, and one that an alarm stopped", () => {
        const stopped = primed()
        stopped.command(CommandKind.Stop)
        const occluded = primed()
        stopByAlarm(occluded)
        for (const bench of [stopped, occluded]) {
            bench.command(CommandKind.MinimumRate)
            expect(bench.alarms).toEqual(["minimumRateChosen"])
            expect(bench.pump).toMatchObject({ delivering: true, ratePlPerDay: RATE_PL_PER_DAY_MIN })
        }
    })
})

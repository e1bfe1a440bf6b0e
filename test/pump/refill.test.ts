import { describe, expect, test } from "vitest"
import { Alarm, Reason } from "../../src/pump/alarms"
import { raise } from "../../src/pump/delivery"
import { MS_PER_MINUTE } from "../../src/pump/limits"
import type { Programme } from "../../src/pump/programme"
import { LineEvent } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, Refusal } from "../../src/pump/readings"
import { type Bench, programmeWithDoses, started, steadyProgramme } from "./bench"

/** A pump that holds 5 mL. */
function pump(changes: Partial<Programme> = {}): Bench {
    return started({ programme: programmeWithDoses(changes), checkpoint: {} })
}

/** By what estimates may differ, however little was delivered. */
const DIFFERENCE_PL = 100_000_000

describe("a refill that is begun", () => {
    test.each([
        ["as much", 0, false],
        ["as much less as it may be", -DIFFERENCE_PL, false],
        ["less", -DIFFERENCE_PL - 1, true],
        ["as much more as it may be", DIFFERENCE_PL, false],
        ["more", DIFFERENCE_PL + 1, true],
    ])("REF-1: what is drawn out is held against the account as it was at the beginning: %s", (_, morePl, alarms) => {
        const bench = pump()
        bench.command(CommandKind.RefillBegin)
        expect(bench.actions).toMatchObject({
            command: CommandKind.RefillBegin,
            refusal: Refusal.None,
            checkpointDue: true,
        })
        const expectedPl = bench.pump.residualPl
        bench.run(4 * MS_PER_MINUTE)
        expect(bench.pump.residualPl, "the flow goes on meanwhile").toBeLessThan(expectedPl)
        // So much that the account as it is would tell of a difference.
        bench.pump.residualPl = 1_000_000_000
        bench.refill(20_000_000_000, { residualPl: expectedPl + morePl })
        expect(bench.pump).toMatchObject({ residualPl: 20_000_000_000, refillBeganMs: Number.NaN })
        bench.runSamples(1)
        expect(bench.alarms).toEqual(alarms ? ["volumeDisagreement"] : [])
        if (alarms) expect(bench.reasonOf(Alarm.VolumeDisagreement)).toBe(Reason.RefillDiffers)
    })

    test("REF-1: one that nobody began is held against the account as it is", () => {
        for (const [morePl, alarms] of [
            [0, []],
            [DIFFERENCE_PL + 1, ["volumeDisagreement"]],
        ] as const) {
            const bench = pump()
            bench.refill(20_000_000_000, { residualPl: bench.pump.residualPl + morePl })
            bench.runSamples(1)
            expect(bench.alarms).toEqual(alarms)
        }
    })

    test("REF-1: who begins again begins with the account of then", () => {
        const bench = pump()
        bench.command(CommandKind.RefillBegin)
        bench.pump.residualPl = 4_000_000_000
        bench.command(CommandKind.RefillBegin)
        bench.refill(20_000_000_000, { residualPl: 4_000_000_000 })
        bench.runSamples(1)
        expect(bench.alarms).toEqual([])
    })

    test("REF-2: alerts after five minutes, and is dropped at ten with the account as it goes", () => {
        const bench = pump()
        bench.command(CommandKind.RefillBegin)
        const { residualPl } = bench.pump
        for (const [agoMs, alarms] of [
            [5 * MS_PER_MINUTE - 1, []],
            [5 * MS_PER_MINUTE, ["changeUnfinished"]],
            [10 * MS_PER_MINUTE - 1, ["changeUnfinished"]],
            [10 * MS_PER_MINUTE, []],
        ] as const) {
            expect(bench.pump.refillBeganMs).not.toBeNaN()
            bench.runUntil(() => bench.readings.sampled)
            // As if it had been begun that long ago when the reservoir is judged, two ticks from now.
            bench.pump.refillBeganMs = bench.nowMs + 200 - agoMs
            bench.run(200)
            expect(bench.alarms).toEqual(alarms)
        }
        expect(bench.pump.refillBeganMs).toBeNaN()
        bench.pump.residualPl = residualPl - 1_000_000_000
        bench.refill(20_000_000_000, { residualPl: residualPl - 1_000_000_000 })
        bench.runSamples(1)
        expect(bench.alarms, "what was begun counts no more").toEqual([])
    })

    test("REF-2: the alert ends with the refill", () => {
        const bench = pump()
        bench.command(CommandKind.RefillBegin)
        bench.run(5 * MS_PER_MINUTE + 1_000)
        expect(bench.alarms).toEqual(["changeUnfinished"])
        bench.refill(20_000_000_000)
        expect(bench.alarms).toEqual([])
        bench.run(10 * MS_PER_MINUTE)
        expect(bench.alarms).toEqual([])
    })

    test("REF-2: neither a reset nor a pump without a programme knows of one", () => {
        const before = pump()
        before.command(CommandKind.RefillBegin)
        const after = started({ programme: before.pump.programme, checkpoint: before.left() })
        expect(after.pump.refillBeganMs).toBeNaN()
        const bench = started({ programme: null })
        for (const begin of [() => bench.command(CommandKind.RefillBegin), () => bench.refill(1_000_000_000)]) {
            begin()
            expect(bench.actions).toMatchObject({ refusal: Refusal.NoProgramme, checkpointDue: false })
        }
        expect(bench.pump.refillBeganMs).toBeNaN()
    })

    test("RES-4: one of a volume that can't be leaves what was begun as it is", () => {
        const bench = pump()
        bench.command(CommandKind.RefillBegin)
        const { refillBeganMs } = bench.pump
        for (const volumePl of [0, -1, 20_000_000_001, Number.NaN]) {
            bench.refill(volumePl, { lineChanged: true })
            expect(bench.actions).toMatchObject({ refusal: Refusal.VolumeOutOfRange, lineEvent: LineEvent.None })
        }
        expect(bench.pump).toMatchObject({ refillBeganMs, lineLeftPl: 0 })
    })
})

describe("how soon the reservoir wants filling", () => {
    /** 86.4 µL a day, and three doses of 1.8 µL. */
    const TWO_DAYS_PL = 2 * (86_400_000 + 3 * 1_800_000)

    /** What stands when the pump judges the reservoir at this account. */
    function judgedAt(bench: Bench, residualPl: number): string[] {
        bench.runUntil(() => bench.readings.sampled)
        bench.pump.residualPl = residualPl
        // No step is due in the next two ticks.
        bench.pump.owed = 0
        bench.tick()
        bench.tick()
        return bench.alarms
    }

    test("REF-3: the early warning stands from its volume on, with that reason, and gives way to the refill alarm", () => {
        const bench = pump({ refillWarningPl: 3_000_000_000 })
        expect(judgedAt(bench, 3_000_000_001)).toEqual([])
        expect(judgedAt(bench, 3_000_000_000)).toEqual(["reservoirLow"])
        expect(bench.reasonOf(Alarm.ReservoirLow)).toBe(Reason.RefillDueSoon)
        expect(judgedAt(bench, 2_000_000_001)).toEqual(["reservoirLow"])
        expect(bench.reasonOf(Alarm.ReservoirLow)).toBe(Reason.RefillDueSoon)
        expect(judgedAt(bench, 2_000_000_000)).toEqual(["reservoirLow"])
        expect(bench.reasonOf(Alarm.ReservoirLow)).toBe(Reason.None)
        expect(bench.pump.delivering).toBe(true)
        bench.refill(3_000_000_001)
        expect(bench.alarms).toEqual([])
    })

    test("REF-3: without one there is no warning before the refill alarm", () => {
        const bench = pump()
        expect(judgedAt(bench, 2_000_000_001)).toEqual([])
        expect(judgedAt(bench, 2_000_000_000)).toEqual(["reservoirLow"])
    })

    test("REF-4: overdue is what holds less than two days of the schedule and of all doses that the patient may ask for", () => {
        const bench = pump({ reservoirLowPl: 0 })
        expect(judgedAt(bench, TWO_DAYS_PL + 1)).toEqual([])
        expect(judgedAt(bench, TWO_DAYS_PL)).toEqual(["refillOverdue"])
        const without = pump({ reservoirLowPl: 0, patientPl: 0 })
        expect(judgedAt(without, TWO_DAYS_PL)).toEqual([])
        expect(judgedAt(without, 2 * 86_400_000)).toEqual(["refillOverdue"])
    })
})

describe("a programme that comes with the refill", () => {
    test("PRG-7: of another concentration comes with a refill alone, and of the same without one, too", () => {
        const other = programmeWithDoses({ concentrationNgPerMl: 2_000_000 })
        const bench = pump()
        const { programme, residualPl } = bench.pump
        bench.offer(other)
        expect(bench.actions).toMatchObject({
            programmeAnswer: ProgrammeAnswer.OtherConcentration,
            lineEvent: LineEvent.None,
            checkpointDue: false,
        })
        expect(bench.pump.programme).toBe(programme)
        bench.offer(other, { filledPl: 18_000_000_000 })
        expect(bench.actions).toMatchObject({ programmeAnswer: ProgrammeAnswer.Taken, checkpointDue: true })
        expect(bench.pump).toMatchObject({ programme: other, residualPl: 18_000_000_000, refilledPl: 18_000_000_000 })
        bench.offer({ ...other, softLimits: 1 })
        expect(bench.actions.programmeAnswer).toBe(ProgrammeAnswer.Taken)
        expect(bench.pump.residualPl).toBeGreaterThan(residualPl)
        expect(bench.pump.residualPl).toBeLessThanOrEqual(18_000_000_000)
    })

    test("PRG-7: its volume is held against the reservoir of the programme that comes, and else nothing changes", () => {
        for (const [filledPl, answer] of [
            [10_000_000_001, ProgrammeAnswer.RefillOutOfRange],
            [10_000_000_000, ProgrammeAnswer.Taken],
        ]) {
            const bench = pump()
            const { residualPl } = bench.pump
            bench.offer(programmeWithDoses({ reservoirPl: 10_000_000_000 }), { filledPl, lineChanged: true })
            expect(bench.actions.programmeAnswer).toBe(answer)
            const taken = answer === ProgrammeAnswer.Taken
            expect(bench.pump.programme?.reservoirPl).toBe(taken ? 10_000_000_000 : 20_000_000_000)
            expect(bench.pump.lineLeftPl).toBe(taken ? 5_000_000 : 0)
            if (taken) expect(bench.pump.residualPl).toBe(filledPl)
            else expect(bench.pump.residualPl).toBeLessThanOrEqual(residualPl)
        }
    })

    test("PRG-7: what was said not to be good is refused for that reason, and what is not there as damaged", () => {
        const bench = pump()
        const { programme } = bench.pump
        for (const answer of [ProgrammeAnswer.NotStored, ProgrammeAnswer.BeyondLimits]) {
            bench.pump.offered = steadyProgramme()
            bench.readings.commandAnswer = answer
            bench.command(CommandKind.Programme, 9_000_000_000)
            expect(bench.actions).toMatchObject({ programmeAnswer: answer, checkpointDue: false })
        }
        bench.pump.offered = undefined
        bench.readings.commandAnswer = ProgrammeAnswer.Taken
        bench.command(CommandKind.Programme, 9_000_000_000)
        expect(bench.actions.programmeAnswer).toBe(ProgrammeAnswer.Damaged)
        expect(bench.pump.programme).toBe(programme)
        expect(bench.pump.residualPl).toBeLessThan(9_000_000_000)
    })
})

describe("what the line's detector has seen before a refill", () => {
    test.each([false, true])("OCC-2: is forgotten, and not while an occlusion stands (%s)", occluded => {
        const bench = pump()
        if (occluded) raise(bench.pump, Alarm.Occlusion, Reason.PressureRising)
        bench.pump.line.swiftPa = 500
        bench.refill(20_000_000_000)
        expect(bench.pump.line.swiftPa > 0).toBe(occluded)
    })
})

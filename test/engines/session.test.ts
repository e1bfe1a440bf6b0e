import { describe, expect, test } from "vitest"
import { type CutPoint, Session } from "../../sim/engines/session"
import { compilePrescription } from "../../sim/prescription/compile"
import type { ScenarioEvent } from "../../sim/scenario/scenario"
import { BolusEvent, BolusKind, BolusReason, Mode } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer } from "../../src/pump/readings"
import { scenarioOf } from "./runs"

const BYTES = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])
const NOTHING = new Uint8Array(8)

// In the memory behind all that the pump keeps in it.
const FREE = 32_700
const DELIVERING = { mode: Mode.Running, alarms: 0, conditions: 0, acknowledged: 0, reasons: [] }

function session(...events: ScenarioEvent[]): Session {
    return new Session({ ...scenarioOf("continuous-day"), durationMs: 600_000, events }, 1)
}

/** A tick of two steps and a write of eight bytes, at this time: the write comes before the steps. */
function tick(run: Session, ms: number): void {
    run.advance(ms)
    run.writeMemory(FREE, BYTES, 8)
    run.step(2)
    run.residualPl = 1_000_000_000 - ms
    run.status(DELIVERING, true)
    run.tickDone()
}

describe("a cut in the middle of what the firmware does", () => {
    test.each<[CutPoint, ticks: number, steps: number, memory: Uint8Array, residualPl: number]>([
        [{ ticks: 1 }, 1, 2, BYTES, 999_999_000],
        [{ ticks: 2 }, 2, 4, BYTES, 999_998_000],
        [{ steps: 1 }, 0, 1, BYTES, 20_000_000_000],
        [{ steps: 2 }, 0, 2, BYTES, 20_000_000_000],
        [{ steps: 3 }, 1, 3, BYTES, 999_999_000],
        [{ write: 1, bytes: 0 }, 0, 0, NOTHING, 20_000_000_000],
        [{ write: 1, bytes: 3 }, 0, 0, Uint8Array.from([1, 2, 3, 0, 0, 0, 0, 0]), 20_000_000_000],
        [{ write: 1, bytes: 8 }, 0, 0, BYTES, 20_000_000_000],
        [{ write: 3, bytes: 8 }, 2, 4, BYTES, 999_998_000],
    ])("%j: what came before stands, and nothing comes after", (point, ticks, steps, memory, residualPl) => {
        const run = session()
        run.cutPowerAt(point, 10_000)
        for (let ms = 1000; run.powered; ms += 1000) tick(run, ms)
        const { nowMs } = run.world
        expect(nowMs).toBe(Math.max(1000, (steps === 2 * ticks && "ticks" in point ? ticks : ticks + 1) * 1000))
        // The last slice of a firmware that does not know yet.
        run.writeMemory(
            0,
            Uint8Array.from({ length: 8 }, () => 99),
            8,
        )
        run.step(5)
        run.residualPl = 7
        run.status({ ...DELIVERING, alarms: 1 }, true)
        run.bolus(BolusEvent.Denied, BolusKind.Prime, BolusReason.BolusInProgress, 0)
        run.tickDone()
        expect(run.ticks).toBe(ticks)
        expect(run.observer.commandedSteps).toBe(steps)
        expect(run.residualPl).toBe(residualPl)
        expect([run.alarms, run.boluses]).toEqual([[], []])
        expect(run.readMemory(FREE, 8)).toBeUndefined()
        expect(run.world.stepsMade).toBe(0)
        expect(run.scenario.reservoirFillPl - run.world.reservoirPl).toBeCloseTo(steps * run.world.stepPl, 3)

        expect(run.nextEventMs).toBe(nowMs + 10_000)
        run.advance(nowMs + 9_999)
        expect(run.powered).toBe(false)
        run.advance(nowMs + 10_000)
        expect([run.powered, run.poweredOnMs]).toEqual([true, nowMs + 10_000])
        expect(run.readMemory(FREE, 8)).toEqual(memory)
        // Once is enough.
        for (let ms = 20_000; ms < 30_000; ms += 1000) tick(run, ms)
        expect([run.powered, run.ticks]).toEqual([true, ticks + 10])
    })

    test("in steps back as in steps forward", () => {
        const run = session()
        run.cutPowerAt({ steps: 6 }, 1000)
        run.step(2)
        run.step(-3)
        expect(run.powered).toBe(true)
        run.step(-3)
        expect(run.powered).toBe(false)
        expect(run.observer.commandedSteps).toBe(2 - 3 - 1)
    })

    test("a cut keeps its place among the events, and power that is there does not come back", () => {
        const run = session(
            { atMs: 2000, kind: "stop" },
            { atMs: 3000, kind: "supplyLow" },
            { atMs: 5000, kind: "powerOff" },
            { atMs: 9000, kind: "powerOn" },
        )
        run.advance(1000)
        run.cutPower(1500)
        expect(run.nextEventMs).toBe(2000)
        run.advance(2000)
        run.advance(2500)
        expect(run.poweredOnMs).toBe(2500)
        // A button pressed without power does nothing.
        expect(run.ask().command.kind).toBe(CommandKind.None)
        expect(run.nextEventMs).toBe(3000)
        run.cutPower(Infinity)
        run.advance(8999)
        expect(run.powered).toBe(false)
        run.advance(9000)
        expect(run.poweredOnMs).toBe(9000)
        expect(run.nextEventMs).toBe(Infinity)
    })

    test("a scenario's own powerOn does not start a pump anew that has its power", () => {
        const run = session({ atMs: 5000, kind: "powerOff" }, { atMs: 9000, kind: "powerOn" })
        run.advance(4900)
        run.cutPower(200)
        run.advance(9000)
        expect([run.powered, run.poweredOnMs]).toEqual([true, 5100])
    })

    test("a time without power is at least a millisecond, and a step that is made can't be cut", () => {
        const run = session()
        expect(() => run.cutPower(0)).toThrow("0 ms")
        expect(() => run.cutPower(NaN)).toThrow()
        run.step(2)
        expect(() => run.cutPowerAt({ steps: 2 }, 1000)).toThrow("step 2")
        run.cutPowerAt({ steps: 3 }, 1000)
        expect(run.powered).toBe(true)
    })

    test("a prime that is asked for without power is denied", () => {
        const run = session({ atMs: 2000, kind: "prime", volumePl: 100_000_000, ratePlPerDay: 240_000_000_000 })
        run.cutPower(5000)
        run.advance(3000)
        expect(run.boluses).toMatchObject([{ outcome: "denied", reason: "power lost", requestedMs: 2000 }])
    })
})

describe("the record memory as the firmware has it", () => {
    test("a memory that no longer answers counts as keeping until the next readings say so", () => {
        const run = session(
            { atMs: 1000, kind: "sensorFault", sensor: "memory", failure: "missing", driftPerHour: 0 },
            { atMs: 3000, kind: "sensorRepair", sensor: "memory" },
        )
        expect(run.writeMemory(FREE, BYTES, 4)).toBe(true)
        expect(run.readMemory(FREE, 8)).toEqual(Uint8Array.from([1, 2, 3, 4, 0, 0, 0, 0]))
        run.ask()
        run.advance(1000)
        expect(run.writeMemory(FREE, BYTES, 8)).toBe(true)
        expect(run.readMemory(FREE, 8)).toBeUndefined()
        run.ask()
        expect(run.writeMemory(FREE, BYTES, 8)).toBe(false)
        run.advance(3000)
        expect(run.writeMemory(FREE + 4, Uint8Array.from([9]), 1)).toBe(false)
        run.ask()
        expect(run.writeMemory(FREE + 5, Uint8Array.from([9]), 1)).toBe(true)
        expect(run.readMemory(FREE, 8)).toEqual(Uint8Array.from([1, 2, 3, 4, 9, 9, 0, 0]))
    })

    test("a firmware that starts anew has not been told", () => {
        const run = session()
        run.world.fail("memory", "missing")
        run.ask()
        expect(run.writeMemory(FREE, BYTES, 8)).toBe(false)
        run.cutPower(1000)
        run.advance(1000)
        expect(run.writeMemory(FREE, BYTES, 8)).toBe(true)
        expect(run.memory.writes).toBe(0)
    })
})

describe("a programme that is offered", () => {
    const { prescription } = scenarioOf("continuous-day")
    const double = compilePrescription({ ...prescription, schedule: { microgramsPerDay: 200 } }, "double")
    const offer = {
        atMs: 60_000,
        kind: "programme",
        name: "double",
        bytes: double.bytes,
        concentrationNgPerMl: double.programme.concentrationNgPerMl,
        damaged: false,
        filling: undefined,
    } as const

    function programmedPlAfter(answer: ProgrammeAnswer): { programmedPl: number; programmes: object[] } {
        const run = session(offer)
        for (let ms = 100; ms <= 120_000; ms += 100) {
            run.advance(ms)
            if (ms % 1000 === 0 && run.ask().command.kind === CommandKind.Programme) {
                expect(run.offeredPiece(0)).toEqual(double.bytes)
                run.programmeAnswered(answer)
            }
            run.status(DELIVERING, true)
            run.tickDone()
        }
        return { programmedPl: run.observer.programmedPl, programmes: run.finish("none", 0).result.programmes }
    }

    const refused = programmedPlAfter(ProgrammeAnswer.Damaged)

    test("is followed from the tick in which the firmware took it", () => {
        const minutePl = Math.round(double.programme.meanRatePlPerDay / 2 / 1440)
        const taken = programmedPlAfter(ProgrammeAnswer.Taken)
        expect(taken.programmes).toEqual([{ offeredMs: 60_000, answer: "taken" }])
        expect(taken.programmedPl - refused.programmedPl).toBeCloseTo(minutePl, -1)
    })

    test.each([
        [ProgrammeAnswer.Damaged, "refused: damaged"],
        [ProgrammeAnswer.BeyondMechanism, "refused: beyond the mechanism"],
        [ProgrammeAnswer.NotStored, "refused: not stored"],
        [ProgrammeAnswer.BeyondLimits, "refused: beyond the limits"],
    ])("%d: it is not followed when refused", (answer, words) => {
        const after = programmedPlAfter(answer)
        expect(after.programmes).toEqual([{ offeredMs: 60_000, answer: words }])
        expect(after.programmedPl).toBe(refused.programmedPl)
    })

    test("is not answered where power is lost before that", () => {
        const run = session(offer)
        run.advance(60_000)
        run.cutPower(1000)
        run.programmeAnswered(ProgrammeAnswer.Taken)
        run.advance(70_000)
        expect(run.ask().command.kind).toBe(CommandKind.None)
        expect(run.programmes).toEqual([{ offeredMs: 60_000, answer: "not answered" }])
    })

    test("is fetched in pieces of 200 bytes, and none before it is offered", () => {
        const bytes = Uint8Array.from({ length: 400 }, (_, i) => i & 255)
        const run = session({ ...offer, bytes })
        expect(run.offeredPiece(0)).toBeUndefined()
        run.advance(60_000)
        expect(run.offeredPiece(0)).toEqual(bytes.subarray(0, 200))
        expect(run.offeredPiece(300)).toEqual(bytes.subarray(300))
        expect(run.offeredPiece(400)).toBeUndefined()
    })
})

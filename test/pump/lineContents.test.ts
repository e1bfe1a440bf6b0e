import { describe, expect, test } from "vitest"
import { MS_PER_DAY, PRIME_PL_MAX, RATE_PL_PER_DAY_MIN } from "../../src/pump/limits"
import { passLine } from "../../src/pump/lineContents"
import type { Programme } from "../../src/pump/programme"
import { BolusEvent, BolusKind, BolusReason, createActions, LineEvent, Mode } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer } from "../../src/pump/readings"
import { type Bench, MECHANISM, programmeWithDoses, started } from "./bench"

const { stepPl } = MECHANISM
const RATE = 86_400_000
const DEAD_PL = 5_000_000
const PRIME_RATE = 24_000_000_000
const FILLED_PL = 18_000_000_000

/** So many steps fill or empty the line. */
const LINE_STEPS = Math.ceil(DEAD_PL / stepPl)

/** A jump over this threshold is one that a working sensor may show. */
const occlusionPa = 10_000

/** A pump that never ran, and whose line nobody has primed; and one that is primed. */
const unprimed = (changes: Partial<Programme> = {}) => started({ programme: programmeWithDoses(changes), occlusionPa })
const primed = (changes: Partial<Programme> = {}) =>
    started({ programme: programmeWithDoses(changes), checkpoint: {}, occlusionPa })

/** Twice the drug in half the volume. */
const STRONGER = programmeWithDoses({
    concentrationNgPerMl: 1_000_000,
    segmentRatePlPerDay: [RATE * 0.75],
    meanRatePlPerDay: RATE * 0.75,
})

/** A pump that bridges: the reservoir holds the stronger drug, the line the former one. */
function bridging(): Bench {
    const bench = primed()
    bench.offer(STRONGER, { filledPl: FILLED_PL })
    return bench
}

/** Given besides the schedule, as the window counts it. */
const windowPl = (bench: Bench) => bench.pump.doses.slotsPl.reduce((sum, pl) => sum + pl, 0)

/** An alarm stops the pump within three samples, and its cause is then over. */
function stopByAlarm(bench: Bench): void {
    bench.pump.motorReverses = false
    bench.shown.pressurePa = 11_000
    bench.runUntil(() => !bench.pump.delivering)
    bench.shown.pressurePa = 1_000
}

describe("a line that holds no drug yet", () => {
    test("LIN-1: what fills it is no dose: neither the patient's nor of the window; and the step that fills it is told", () => {
        const bench = unprimed()
        expect(bench.alarms).toEqual(["lineNotPrimed"])
        bench.command(CommandKind.Prime, DEAD_PL, PRIME_RATE)
        expect(bench.actions.bolusEvent).toBe(BolusEvent.Started)
        bench.runUntil(() => bench.actions.lineEvent !== LineEvent.None)
        expect(bench.actions).toMatchObject({ lineEvent: LineEvent.Primed, checkpointDue: true })
        expect(bench.pump.commandedSteps).toBe(LINE_STEPS)
        expect(bench.pump.patientPl).toBe(LINE_STEPS * stepPl - DEAD_PL)
        expect(bench.pump.lineLeftPl).toBe(0)
        if (bench.pump.bolusKind !== BolusKind.None) bench.runUntil(() => bench.pump.bolusKind === BolusKind.None)
        // What the schedule gave meanwhile has taken its place in the line: that much of the prime went on.
        expect(windowPl(bench)).toBeLessThan(2 * stepPl)
        bench.run(60_000)
        expect(bench.pump.patientPl).toBe(bench.pump.commandedSteps * stepPl - DEAD_PL)
        expect(bench.alarms).toEqual([])
    })

    test("LIN-1: the schedule fills it too, and then reaches the patient", () => {
        const bench = unprimed({ deadVolumePl: 10 * stepPl })
        bench.runUntil(() => bench.actions.lineEvent === LineEvent.Primed)
        expect(bench.pump).toMatchObject({ commandedSteps: 10, patientPl: 0 })
        expect(windowPl(bench)).toBe(0)
        bench.runUntil(() => bench.pump.commandedSteps === 11)
        expect(bench.pump.patientPl).toBe(stepPl)
    })

    test("LIN-1: a prime that goes past it counts in the window from there on", () => {
        const bench = unprimed()
        bench.command(CommandKind.Prime, DEAD_PL, PRIME_RATE)
        // As if the schedule had filled half of it meanwhile.
        bench.pump.lineLeftPl = DEAD_PL / 2
        bench.runUntil(() => bench.actions.bolusEvent === BolusEvent.Delivered)
        // What one tick meters may have been counted with the line still open, and some of the last step was in it.
        const tickPl = (PRIME_RATE * 100) / MS_PER_DAY
        expect(windowPl(bench)).toBeLessThanOrEqual(DEAD_PL / 2)
        expect(windowPl(bench)).toBeGreaterThan(DEAD_PL / 2 - stepPl - tickPl)
    })

    test.each<[string, number, number, number, BolusReason]>([
        ["all that it lacks", DEAD_PL, DEAD_PL, DEAD_PL, BolusReason.None],
        ["a picolitre more", DEAD_PL, DEAD_PL, DEAD_PL + 1, BolusReason.MoreThanLine],
        ["what it still lacks", DEAD_PL, 1_000_000, 1_000_000, BolusReason.None],
        ["a picolitre more than it still lacks", DEAD_PL, 1_000_000, 1_000_001, BolusReason.MoreThanLine],
        ["a picolitre into a full one", DEAD_PL, 0, 1, BolusReason.MoreThanLine],
        ["anything where nobody knows what it holds", 0, 0, PRIME_PL_MAX, BolusReason.None],
        ["more than that", 0, 0, PRIME_PL_MAX + 1, BolusReason.VolumeOutOfRange],
    ])("BOL-5: it takes a prime of %s", (_, deadVolumePl, lineLeftPl, pl, reason) => {
        const bench = primed({ deadVolumePl })
        bench.runUntil(() => bench.readings.sampled)
        // No step is due in the second until the next sample.
        bench.run(900)
        Object.assign(bench.pump, { lineLeftPl, owed: 0 })
        bench.command(CommandKind.Prime, pl, PRIME_RATE)
        expect(bench.actions.bolusReason).toBe(reason)
    })

    test("LIN-2: no dose is given into it, and one of unknown volume counts as primed", () => {
        for (const [deadVolumePl, reason, alarms] of [
            [DEAD_PL, BolusReason.LineNotPrimed, ["lineNotPrimed"]],
            [0, BolusReason.None, []],
        ] as const) {
            for (const kind of [CommandKind.Bolus, CommandKind.PatientDose]) {
                const bench = unprimed({ deadVolumePl })
                bench.command(kind, 1_000_000, RATE)
                expect(bench.actions.bolusReason).toBe(reason)
                bench.runSamples(1)
                expect(bench.alarms).toEqual(alarms)
            }
        }
    })

    test("LIN-3: a refill with a changed line makes it one, and so does a programme that comes with it", () => {
        for (const change of [
            (bench: Bench) => bench.refill(FILLED_PL, { lineChanged: true }),
            (bench: Bench) => bench.offer(STRONGER, { filledPl: FILLED_PL, lineChanged: true }),
        ]) {
            const bench = primed()
            change(bench)
            expect(bench.actions.lineEvent).toBe(LineEvent.Changed)
            expect(bench.pump).toMatchObject({ lineLeftPl: DEAD_PL, bridgeRatePlPerDay: 0, lineNgPerMl: 0 })
            bench.runSamples(1)
            expect(bench.alarms).toEqual(["lineNotPrimed"])
            expect(bench.left()).toMatchObject({ lineLeftPl: DEAD_PL, residualPl: FILLED_PL })
            expect(started({ programme: STRONGER, checkpoint: bench.left() }).pump.lineLeftPl).toBe(DEAD_PL)
        }
        const unchanged = primed()
        unchanged.refill(FILLED_PL)
        expect(unchanged.actions.lineEvent).toBe(LineEvent.None)
        expect(unchanged.pump.lineLeftPl).toBe(0)
    })
})

describe("a pull-back", () => {
    /** What the line lacks and what reached the patient, after so much was pumped into a line that lacked this much. */
    function passed(lineLeftPl: number, pl: number, bridgeRatePlPerDay = 0) {
        const { pump } = primed()
        Object.assign(pump, { lineLeftPl, bridgeRatePlPerDay, patientPl: 0 })
        passLine(pump, pl, createActions())
        return [pump.lineLeftPl, pump.patientPl]
    }

    test("LIN-1: out of a line that is being filled empties it again, by no more than it holds", () => {
        expect(passed(1_000_000, -300_000)).toEqual([1_300_000, 0])
        expect(passed(DEAD_PL - 1, -300_000)).toEqual([DEAD_PL, 0])
        expect(passed(1_000_000, 1_000_000)).toEqual([0, 0])
        expect(passed(1_000_000, 1_000_001)).toEqual([0, 1])
        expect(passed(1_000_000, 999_999)).toEqual([1, 0])
    })

    test("BRG-1: during a bridge is taken off what the patient got, and off what is spent", () => {
        expect(passed(1_000_000, -300_000, RATE)).toEqual([1_300_000, -300_000])
        expect(passed(1_000_000, 1_200_000, RATE)).toEqual([0, 1_200_000])
    })

    test("LIN-1: out of a full line is taken off what the patient got", () => {
        const bench = primed()
        bench.run(60_000)
        bench.shown.pressurePa = 11_000
        bench.runUntil(() => bench.actions.steps < 0)
        expect(bench.pump.lineLeftPl).toBe(0)
        expect(bench.pump.patientPl).toBe(bench.pump.commandedSteps * stepPl)
    })
})

describe("the bridge between two concentrations", () => {
    test("BRG-1: the former flow runs until the step that empties the line of the former drug, and then the schedule", () => {
        const bench = bridging()
        expect(bench.actions).toMatchObject({
            programmeAnswer: ProgrammeAnswer.Taken,
            lineEvent: LineEvent.BridgeBegun,
        })
        expect(bench.pump).toMatchObject({ lineLeftPl: DEAD_PL, lineNgPerMl: 500_000 })
        const { commandedSteps } = bench.pump
        const [fromMs, before] = [bench.nowMs, bench.metered]
        while (bench.actions.lineEvent !== LineEvent.BridgeOver) {
            expect(bench.pump.ratePlPerDay).toBe(RATE)
            bench.tick()
        }
        expect(bench.pump.commandedSteps - commandedSteps).toBe(LINE_STEPS)
        expect(bench.metered - before).toBe(BigInt(RATE) * BigInt(bench.nowMs - fromMs))
        expect(bench.pump).toMatchObject({ lineLeftPl: 0, lineNgPerMl: 0, bridgeRatePlPerDay: 0 })
        expect(bench.pump.ratePlPerDay).toBe(RATE * 0.75)
        expect(bench.actions.checkpointDue).toBe(true)
        expect(bench.pump.patientPl, "all of it was a dose").toBe(bench.pump.commandedSteps * stepPl)
        expect(windowPl(bench)).toBe(LINE_STEPS * stepPl)
    })

    test("BRG-1: the former flow is the former programme's mean, whatever the hour", () => {
        const bench = primed({
            patternStart: [0, 2],
            segmentStartMinute: [0, 720],
            segmentRatePlPerDay: [RATE, 3 * RATE],
            meanRatePlPerDay: 2 * RATE,
        })
        expect(bench.pump.ratePlPerDay).toBe(RATE)
        bench.offer(STRONGER, { filledPl: FILLED_PL })
        expect(bench.pump.ratePlPerDay).toBe(2 * RATE)
    })

    test("BRG-2: neither a stop, an alarm, the minimum rate nor a reset make it longer or shorter", () => {
        const interruptions: [string, (bench: Bench) => Bench | undefined, number][] = [
            [
                "stop",
                bench => {
                    bench.command(CommandKind.Stop)
                    bench.run(60_000)
                    expect(bench.pump.ratePlPerDay).toBe(0)
                    bench.command(CommandKind.Start)
                    return undefined
                },
                0,
            ],
            [
                "alarm",
                bench => {
                    stopByAlarm(bench)
                    bench.run(60_000)
                    expect(bench.pump.ratePlPerDay).toBe(0)
                    bench.command(CommandKind.Start)
                    return undefined
                },
                0,
            ],
            [
                "minimum rate",
                bench => {
                    bench.command(CommandKind.MinimumRate)
                    bench.run(600_000)
                    expect(bench.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
                    bench.command(CommandKind.Start)
                    return undefined
                },
                0,
            ],
            ["reset", bench => started({ programme: STRONGER, checkpoint: bench.left() }), 0],
            [
                "another programme of that concentration",
                bench => {
                    bench.offer({ ...STRONGER, segmentRatePlPerDay: [2 * RATE], meanRatePlPerDay: 2 * RATE })
                    expect(bench.actions).toMatchObject({
                        programmeAnswer: ProgrammeAnswer.Taken,
                        lineEvent: LineEvent.None,
                    })
                    return undefined
                },
                0,
            ],
        ]
        for (const [name, interrupt] of interruptions) {
            let bench = bridging()
            let steps = -bench.pump.commandedSteps
            bench.run(1_000_000, 1_000)
            expect(bench.pump.lineLeftPl, name).toBe(DEAD_PL - (bench.pump.commandedSteps + steps) * stepPl)
            const after = interrupt(bench)
            if (after) {
                steps += bench.pump.commandedSteps
                bench = after
            }
            expect(bench.pump.ratePlPerDay, name).toBe(RATE)
            bench.runUntil(() => bench.actions.lineEvent !== LineEvent.None)
            expect(bench.actions.lineEvent, name).toBe(LineEvent.BridgeOver)
            expect(steps + bench.pump.commandedSteps, name).toBe(LINE_STEPS)
        }
    })

    test("BRG-2: no bolus is given meanwhile, and what was in progress has ended", () => {
        const bench = primed()
        bench.command(CommandKind.Bolus, 8_000_000, RATE)
        bench.offer(STRONGER, { filledPl: FILLED_PL })
        expect(bench.actions).toMatchObject({ bolusEvent: BolusEvent.Cancelled, bolusReason: BolusReason.LineChanged })
        for (const kind of [CommandKind.Bolus, CommandKind.PatientDose, CommandKind.Prime]) {
            bench.command(kind, 1_000_000, RATE)
            expect(bench.actions.bolusReason).toBe(BolusReason.Bridging)
        }
        bench.runSamples(1)
        expect(bench.alarms, "a line that bridges is primed").toEqual([])
    })

    test("BRG-3: a third concentration is refused until it is over, and comes with a changed line", () => {
        const third = programmeWithDoses({ concentrationNgPerMl: 2_000_000 })
        const bench = bridging()
        const { lineLeftPl } = bench.pump
        bench.offer(third, { filledPl: FILLED_PL - 1 })
        expect(bench.actions).toMatchObject({ programmeAnswer: ProgrammeAnswer.Bridging, lineEvent: LineEvent.None })
        expect(bench.pump).toMatchObject({ programme: STRONGER, bridgeRatePlPerDay: RATE })
        expect(bench.pump.residualPl).toBeGreaterThan(FILLED_PL - DEAD_PL)
        expect(bench.pump.residualPl).not.toBe(FILLED_PL - 1)
        expect(lineLeftPl - bench.pump.lineLeftPl).toBeLessThanOrEqual(stepPl)
        bench.offer(third, { filledPl: FILLED_PL - 1, lineChanged: true })
        expect(bench.actions).toMatchObject({ programmeAnswer: ProgrammeAnswer.Taken, lineEvent: LineEvent.Changed })
        expect(bench.pump).toMatchObject({
            programme: third,
            bridgeRatePlPerDay: 0,
            lineLeftPl: DEAD_PL,
            lineNgPerMl: 0,
        })
    })

    test("BRG-3: a refill with a changed line ends it", () => {
        const bench = bridging()
        bench.refill(FILLED_PL, { lineChanged: true })
        expect(bench.actions.lineEvent).toBe(LineEvent.Changed)
        expect(bench.pump).toMatchObject({ bridgeRatePlPerDay: 0, lineLeftPl: DEAD_PL, ratePlPerDay: RATE * 0.75 })
    })

    test("BRG-1: there is none where the line's volume is unknown, it holds no drug yet, or there was no flow", () => {
        const unknown = primed()
        unknown.offer({ ...STRONGER, deadVolumePl: 0 }, { filledPl: FILLED_PL })
        const empty = unprimed()
        empty.offer(STRONGER, { filledPl: FILLED_PL })
        const still = primed({ segmentRatePlPerDay: [0], meanRatePlPerDay: 0 })
        still.offer(STRONGER, { filledPl: FILLED_PL })
        for (const bench of [unknown, empty, still]) {
            expect(bench.actions).toMatchObject({ programmeAnswer: ProgrammeAnswer.Taken, lineEvent: LineEvent.None })
            expect(bench.pump).toMatchObject({ bridgeRatePlPerDay: 0, ratePlPerDay: RATE * 0.75 })
        }
        expect(empty.pump.lineLeftPl, "what it lacks it still lacks").toBeGreaterThan(DEAD_PL - 2 * stepPl)
    })

    test("BRG-1: a stopped pump bridges once it is started", () => {
        const bench = primed()
        bench.command(CommandKind.Stop)
        bench.offer(STRONGER, { filledPl: FILLED_PL })
        expect(bench.actions.lineEvent).toBe(LineEvent.BridgeBegun)
        expect(bench.pump).toMatchObject({ mode: Mode.Stopped, ratePlPerDay: 0, bridgeRatePlPerDay: RATE })
        bench.command(CommandKind.Start)
        expect(bench.pump.ratePlPerDay).toBe(RATE)
    })
})

// What happens to each therapy when the pump is stopped, loses a sensor, is refilled, gets another programme or loses its power:
// every cell of the table in src/README.md, with the run that shows it beside its words.

import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { Alarm, hasAlarm, Reason } from "../../src/pump/alarms"
import { raise } from "../../src/pump/delivery"
import { windowVolume } from "../../src/pump/doses"
import { MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from "../../src/pump/limits"
import type { Programme } from "../../src/pump/programme"
import { BolusEvent, BolusKind, BolusReason, LineEvent, Mode } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, SensorFault } from "../../src/pump/readings"
import { Bench, programmeOf } from "./bench"

const COLUMNS = ["a stop or a stopping alarm", "a sensor lost", "a refill", "another programme", "a power cut"]

const STEP_PL = 44_900

const PROGRAMME: Programme = {
    ...programmeOf([
        { startMinute: 0, ratePlPerDay: 2_400_000_000 },
        { startMinute: 120, ratePlPerDay: 4_800_000_000 },
    ]),
    deadVolumePl: 100_000_000,
    bolusPlMax: 300_000_000,
    patientPl: 60_000_000,
    patientDurationMinutes: 10,
    lockoutMinutes: 30,
    dosesPerDayMax: 3,
    windowMinutes: 60,
    windowPlMax: 900_000_000,
    windowBasalPl: 210_000_000,
}

/** Another flow, lockout and count, and the strength of the drug that is in the reservoir. */
const OTHER: Programme = {
    ...PROGRAMME,
    ...programmeOf([{ startMinute: 0, ratePlPerDay: 1_200_000_000 }]),
    ...{ deadVolumePl: 100_000_000, bolusPlMax: 300_000_000, windowMinutes: 60, windowPlMax: 900_000_000 },
    ...{ patientPl: 60_000_000, patientDurationMinutes: 10, lockoutMinutes: 45, dosesPerDayMax: 2 },
    windowBasalPl: 210_000_000,
}

const OTHER_STRENGTH: Programme = { ...OTHER, concentrationNgPerMl: 2_000_000 }

const PERIODIC: Programme = {
    ...PROGRAMME,
    periodicPl: 60_000_000,
    periodicMinutes: 60,
    periodicDurationMinutes: 30,
    periodicStartMinute: 0,
}

interface Happening {
    bench: Bench
    programme: Programme
}

/** A pump that has run for ten minutes from Monday, midnight, on. */
function running(programme = PROGRAMME): Bench {
    const bench = new Bench({ programme, checkpoint: { residualPl: 20_000_000_000 } }).start()
    bench.run(10 * MS_PER_MINUTE, MS_PER_SECOND)
    return bench
}

function stopped(bench: Bench): void {
    bench.command(CommandKind.Stop)
    bench.run(10 * MS_PER_SECOND)
}

function stoppedByAlarm(bench: Bench): void {
    raise(bench.pump, Alarm.BatteryEnd, Reason.None)
    bench.run(10 * MS_PER_SECOND)
    expect(bench.pump.delivering).toBe(false)
}

function startedAgain(bench: Bench): void {
    bench.command(CommandKind.Start)
    bench.run(2 * MS_PER_SECOND)
    expect(bench.pump.delivering).toBe(true)
}

function sensorLost(bench: Bench): void {
    bench.shown.pressureFault = SensorFault.Missing
    bench.run(10 * MS_PER_SECOND)
    expect(hasAlarm(bench.pump.alarms, Alarm.PressureSensorFault)).toBe(true)
}

function refilled(bench: Bench, lineChanged = false): void {
    const { readings } = bench
    readings.command = CommandKind.Refill
    readings.commandPl = 20_000_000_000
    readings.commandLineChanged = lineChanged
    bench.obeyed()
    bench.runSamples(1)
}

/** Offers a programme, with a refill where its drug is another one; returns the answer. */
function reprogrammed(bench: Bench, programme: Programme): ProgrammeAnswer {
    const { readings, pump } = bench
    const otherDrug = programme.concentrationNgPerMl !== pump.programme?.concentrationNgPerMl
    pump.offered = programme
    readings.command = CommandKind.Programme
    readings.commandAnswer = ProgrammeAnswer.Taken
    readings.commandPl = otherDrug ? 20_000_000_000 : 0
    readings.commandLineChanged = false
    bench.obeyed()
    const answer = bench.actions.programmeAnswer
    bench.runSamples(1)
    return answer
}

/** The pump after a power cut at this moment, with the time of day that it then is. */
function repowered({ bench, programme }: Happening): Bench {
    const again = new Bench({ programme, checkpoint: bench.left() })
    again.shown.wallStartMs = bench.shown.wallStartMs + bench.nowMs
    return again.start()
}

/** Steps in so long. */
function stepsIn(bench: Bench, lengthMs: number): number {
    const before = bench.pump.commandedSteps
    bench.run(lengthMs, MS_PER_SECOND)
    return bench.pump.commandedSteps - before
}

/** Checks that so much is delivered in that time, to one step and the part of one that was owed. */
function expectDelivered(bench: Bench, lengthMs: number, pl: number): void {
    expect(Math.abs(stepsIn(bench, lengthMs) * STEP_PL - pl)).toBeLessThanOrEqual(STEP_PL)
}

const KINDS = [
    ["prime", BolusKind.Prime],
    ["clinician's", BolusKind.Clinician],
    ["patient's", BolusKind.Patient],
] as const

/** A pump with this bolus in progress, half a minute old. */
function withBolus(kind: BolusKind): Bench {
    const bench = running()
    if (kind === BolusKind.Prime) refilled(bench, true)
    const command = [CommandKind.None, CommandKind.Prime, CommandKind.Bolus, CommandKind.PatientDose][kind]
    bench.command(command, 90_000_000, 8_000_000_000)
    expect(bench.actions.bolusEvent).toBe(BolusEvent.Started)
    bench.run(30 * MS_PER_SECOND)
    expect(bench.pump.bolusKind).toBe(kind)
    return bench
}

/** A pump in which a clinician's bolus waits for a patient's dose. */
function withWaiting(): Bench {
    const bench = withBolus(BolusKind.Clinician)
    bench.command(CommandKind.PatientDose)
    expect(bench.pump.heldRatePlPerDay).toBeGreaterThan(0)
    return bench
}

/** Runs it and gathers how boluses ended. */
function endings(bench: Bench, act: () => void): string[] {
    const ended: string[] = []
    const tick = bench.tick.bind(bench)
    bench.tick = nowMs => {
        tick(nowMs)
        const { bolusEvent, bolusKind, bolusReason } = bench.actions
        if (bolusEvent === BolusEvent.Cancelled) ended.push(`${BolusKind[bolusKind]} ${BolusReason[bolusReason]}`)
    }
    act()
    return ended
}

/** A pump whose line holds half of its volume of the former drug. */
function bridging(): Bench {
    const bench = running()
    expect(reprogrammed(bench, OTHER_STRENGTH)).toBe(ProgrammeAnswer.Taken)
    bench.run(10 * MS_PER_MINUTE, MS_PER_SECOND)
    expect(bench.pump.bridgeRatePlPerDay).toBe(PROGRAMME.meanRatePlPerDay)
    return bench
}

/** A pump whose line was changed ten minutes ago. */
function notPrimed(): Bench {
    const bench = running()
    refilled(bench, true)
    bench.run(10 * MS_PER_MINUTE, MS_PER_SECOND)
    expect(hasAlarm(bench.pump.alarms, Alarm.LineNotPrimed)).toBe(true)
    return bench
}

function atMinimumRate(): Bench {
    const bench = running()
    bench.command(CommandKind.MinimumRate)
    bench.run(2 * MS_PER_SECOND)
    return bench
}

const LOWEST_PL_PER_HOUR = 2_000_000

/** A pump whose patient had two doses, the last one ten minutes ago. */
function afterDoses(): Bench {
    const bench = running()
    bench.command(CommandKind.PatientDose)
    bench.run(31 * MS_PER_MINUTE, MS_PER_SECOND)
    bench.command(CommandKind.PatientDose)
    expect(bench.actions.bolusEvent).toBe(BolusEvent.Started)
    bench.run(10 * MS_PER_MINUTE, MS_PER_SECOND)
    return bench
}

/** Why a request of the patient is denied now; None where it is granted. */
function asked(bench: Bench): BolusReason {
    bench.command(CommandKind.PatientDose)
    return bench.actions.bolusReason
}

type Cell = [words: string, run: () => void]

const ROWS: Record<string, Cell[]> = {
    schedule: [
        [
            "its time goes on, and nothing is made up",
            () => {
                for (const halt of [stopped, stoppedByAlarm]) {
                    const bench = running()
                    halt(bench)
                    expect(stepsIn(bench, 2 * MS_PER_HOUR)).toBe(0)
                    startedAgain(bench)
                    // The second segment has begun meanwhile.
                    expectDelivered(bench, MS_PER_HOUR, 200_000_000)
                }
            },
        ],
        [
            "goes on",
            () => {
                const bench = running()
                sensorLost(bench)
                expectDelivered(bench, MS_PER_HOUR, 100_000_000)
            },
        ],
        [
            "goes on",
            () => {
                const bench = running()
                refilled(bench)
                expectDelivered(bench, MS_PER_HOUR, 100_000_000)
            },
        ],
        [
            "the new one at once",
            () => {
                const bench = running()
                expect(reprogrammed(bench, OTHER)).toBe(ProgrammeAnswer.Taken)
                expectDelivered(bench, MS_PER_HOUR, 50_000_000)
            },
        ],
        [
            "goes on, at the mean until the clock has been read",
            () => {
                const bench = running()
                bench.run(2 * MS_PER_HOUR, MS_PER_SECOND)
                const again = repowered({ bench, programme: PROGRAMME })
                expectDelivered(again, MS_PER_HOUR, 200_000_000)
                bench.shown.wallFault = SensorFault.Missing
                const blind = new Bench({ programme: PROGRAMME, checkpoint: bench.left() })
                blind.shown.wallFault = SensorFault.Missing
                blind.start()
                expectDelivered(blind, MS_PER_HOUR, PROGRAMME.meanRatePlPerDay / 24)
            },
        ],
    ],
    "periodic dose": [
        [
            "as the schedule: what falls into the stop is not given",
            () => {
                const bench = running(PERIODIC)
                stopped(bench)
                bench.run(10 * MS_PER_MINUTE, MS_PER_SECOND)
                startedAgain(bench)
                const leftMs = 30 * MS_PER_MINUTE - bench.nowMs + 5_000
                const duePl = (2_400_000_000 * (MS_PER_HOUR / 24 / MS_PER_HOUR)) / 60
                const minutes = leftMs / MS_PER_MINUTE
                expectDelivered(bench, leftMs, minutes * (duePl + 2_000_000))
                expectDelivered(bench, 30 * MS_PER_MINUTE, 50_000_000)
            },
        ],
        [
            "goes on",
            () => {
                const bench = running(PERIODIC)
                sensorLost(bench)
                expectDelivered(bench, MS_PER_HOUR, 160_000_000)
            },
        ],
        [
            "goes on",
            () => {
                const bench = running(PERIODIC)
                refilled(bench)
                expectDelivered(bench, MS_PER_HOUR, 160_000_000)
            },
        ],
        [
            "that of the new one",
            () => {
                const bench = running()
                expect(reprogrammed(bench, PERIODIC)).toBe(ProgrammeAnswer.Taken)
                expectDelivered(bench, MS_PER_HOUR, 160_000_000)
                expect(reprogrammed(bench, PROGRAMME)).toBe(ProgrammeAnswer.Taken)
                bench.run(2 * MS_PER_HOUR, MS_PER_SECOND)
                expectDelivered(bench, MS_PER_HOUR, 200_000_000)
            },
        ],
        [
            "as the schedule",
            () => {
                const bench = running(PERIODIC)
                const again = repowered({ bench, programme: PERIODIC })
                expectDelivered(again, MS_PER_HOUR, 160_000_000)
            },
        ],
    ],
    "prime, clinician's and patient's bolus, the one that waits too": [
        [
            "cancelled",
            () => {
                for (const [halt, reason] of [
                    [stopped, "PumpStopped"],
                    [stoppedByAlarm, "StoppingAlarm"],
                ] as const) {
                    for (const [, kind] of KINDS) {
                        const bench = withBolus(kind)
                        expect(endings(bench, () => halt(bench))).toEqual([`${BolusKind[kind]} ${reason}`])
                        startedAgain(bench)
                        expect(bench.pump.bolusKind).toBe(BolusKind.None)
                    }
                    const bench = withWaiting()
                    const ended = endings(bench, () => halt(bench))
                    expect(ended).toEqual([`Patient ${reason}`, `Clinician ${reason}`])
                    startedAgain(bench)
                    expect(bench.pump.bolusKind).toBe(BolusKind.None)
                    expect(bench.pump.heldRatePlPerDay).toBe(0)
                }
            },
        ],
        [
            "goes on; none begins",
            () => {
                for (const [, kind] of KINDS) {
                    const bench = withBolus(kind)
                    expect(endings(bench, () => sensorLost(bench))).toEqual([])
                    expect(bench.pump.bolusKind).toBe(kind)
                    bench.runUntil(() => bench.actions.bolusEvent === BolusEvent.Delivered)
                    bench.run(31 * MS_PER_MINUTE, MS_PER_SECOND)
                    expect(asked(bench)).toBe(BolusReason.SensorLost)
                }
                const bench = withWaiting()
                expect(endings(bench, () => sensorLost(bench))).toEqual([])
                bench.runUntil(() => bench.pump.bolusKind === BolusKind.Clinician)
            },
        ],
        [
            "goes on; with a new line, or another concentration, cancelled",
            () => {
                for (const [, kind] of KINDS) {
                    const bench = withBolus(kind)
                    expect(endings(bench, () => refilled(bench))).toEqual([])
                    expect(bench.pump.bolusKind).toBe(kind)
                    const ended = endings(bench, () => refilled(bench, true))
                    expect(ended).toEqual([`${BolusKind[kind]} LineChanged`])
                }
                const bench = withWaiting()
                const ended = endings(bench, () => reprogrammed(bench, OTHER_STRENGTH))
                expect(ended).toEqual(["Patient LineChanged", "Clinician LineChanged"])
            },
        ],
        [
            "goes on; with another concentration, cancelled",
            () => {
                for (const [, kind] of KINDS) {
                    const bench = withBolus(kind)
                    expect(endings(bench, () => reprogrammed(bench, OTHER))).toEqual([])
                    expect(bench.pump.bolusKind).toBe(kind)
                    const ended = endings(bench, () => reprogrammed(bench, OTHER_STRENGTH))
                    expect(ended).toEqual([`${BolusKind[kind]} LineChanged`])
                }
                const bench = withWaiting()
                expect(endings(bench, () => reprogrammed(bench, OTHER))).toEqual([])
                expect(bench.pump.heldRatePlPerDay).toBeGreaterThan(0)
            },
        ],
        [
            "interrupted, told so, never resumed",
            () => {
                for (const [, kind] of KINDS) {
                    const bench = withBolus(kind)
                    expect(bench.left().bolusKind).toBe(kind)
                    const again = repowered({ bench, programme: PROGRAMME })
                    again.run(MS_PER_MINUTE)
                    expect(again.pump.bolusKind).toBe(BolusKind.None)
                }
                const bench = withWaiting()
                expect(bench.left().heldMeteredPl).toBeGreaterThan(0)
                const again = repowered({ bench, programme: PROGRAMME })
                again.run(30 * MS_PER_MINUTE, MS_PER_SECOND)
                expect(again.pump.bolusKind).toBe(BolusKind.None)
            },
        ],
    ],
    "lockout, count and window": [
        [
            "go on",
            () => {
                for (const halt of [stopped, stoppedByAlarm]) {
                    const bench = afterDoses()
                    halt(bench)
                    startedAgain(bench)
                    expect(asked(bench)).toBe(BolusReason.Lockout)
                    bench.run(20 * MS_PER_MINUTE, MS_PER_SECOND)
                    expect(asked(bench)).toBe(BolusReason.None)
                    bench.run(31 * MS_PER_MINUTE, MS_PER_SECOND)
                    expect(asked(bench)).toBe(BolusReason.CountOfDay)
                }
            },
        ],
        [
            "go on",
            () => {
                const bench = afterDoses()
                sensorLost(bench)
                bench.run(20 * MS_PER_MINUTE, MS_PER_SECOND)
                bench.shown.pressureFault = SensorFault.None
                bench.run(10 * MS_PER_SECOND)
                expect(asked(bench)).toBe(BolusReason.None)
            },
        ],
        [
            "go on",
            () => {
                const bench = afterDoses()
                refilled(bench)
                expect(asked(bench)).toBe(BolusReason.Lockout)
                expect(windowVolume(bench.pump.doses, 60)).toBe(120_000_000)
            },
        ],
        [
            "go on, by the new limits",
            () => {
                const bench = afterDoses()
                reprogrammed(bench, OTHER)
                expect(asked(bench)).toBe(BolusReason.Lockout)
                bench.run(20 * MS_PER_MINUTE, MS_PER_SECOND)
                // The third one was allowed by the former programme.
                expect(asked(bench)).toBe(BolusReason.CountOfDay)
            },
        ],
        [
            "go on, as if given now",
            () => {
                const bench = afterDoses()
                const again = repowered({ bench, programme: PROGRAMME })
                expect(asked(again)).toBe(BolusReason.Lockout)
                again.run(25 * MS_PER_MINUTE, MS_PER_SECOND)
                expect(windowVolume(again.pump.doses, 60)).toBe(120_000_000)
                expect(asked(again)).toBe(BolusReason.None)
                again.run(31 * MS_PER_MINUTE, MS_PER_SECOND)
                expect(asked(again)).toBe(BolusReason.CountOfDay)
            },
        ],
    ],
    bridge: [
        [
            "waits",
            () => {
                for (const halt of [stopped, stoppedByAlarm]) {
                    const bench = bridging()
                    halt(bench)
                    const leftPl = bench.pump.lineLeftPl
                    bench.run(MS_PER_HOUR, MS_PER_SECOND)
                    expect(bench.pump.lineLeftPl).toBe(leftPl)
                    startedAgain(bench)
                    expectDelivered(bench, 10 * MS_PER_MINUTE, PROGRAMME.meanRatePlPerDay / 144)
                }
            },
        ],
        [
            "goes on",
            () => {
                const bench = bridging()
                sensorLost(bench)
                expectDelivered(bench, 10 * MS_PER_MINUTE, PROGRAMME.meanRatePlPerDay / 144)
            },
        ],
        [
            "goes on; with a new line, over",
            () => {
                const bench = bridging()
                refilled(bench)
                expectDelivered(bench, 10 * MS_PER_MINUTE, PROGRAMME.meanRatePlPerDay / 144)
                refilled(bench, true)
                expectDelivered(bench, MS_PER_HOUR, 50_000_000)
            },
        ],
        [
            "goes on; another concentration is refused until it is over",
            () => {
                const bench = bridging()
                expect(reprogrammed(bench, PROGRAMME)).toBe(ProgrammeAnswer.Bridging)
                expect(reprogrammed(bench, { ...OTHER_STRENGTH, refillWarningPl: 3_000_000_000 })).toBe(
                    ProgrammeAnswer.Taken,
                )
                expectDelivered(bench, 10 * MS_PER_MINUTE, PROGRAMME.meanRatePlPerDay / 144)
                bench.runUntil(() => bench.actions.lineEvent === LineEvent.BridgeOver, MS_PER_SECOND)
                expect(reprogrammed(bench, PROGRAMME)).toBe(ProgrammeAnswer.Taken)
            },
        ],
        [
            "goes on where it was",
            () => {
                const bench = bridging()
                const again = repowered({ bench, programme: OTHER_STRENGTH })
                expect(again.pump.lineLeftPl).toBe(bench.pump.lineLeftPl)
                expectDelivered(again, 10 * MS_PER_MINUTE, PROGRAMME.meanRatePlPerDay / 144)
            },
        ],
    ],
    "line not primed": [
        [
            "stays so",
            () => {
                for (const halt of [stopped, stoppedByAlarm]) {
                    const bench = notPrimed()
                    const leftPl = bench.pump.lineLeftPl
                    halt(bench)
                    expect(bench.pump.lineLeftPl).toBe(leftPl)
                    expect(hasAlarm(bench.pump.alarms, Alarm.LineNotPrimed)).toBe(true)
                }
            },
        ],
        [
            "stays so",
            () => {
                const bench = notPrimed()
                sensorLost(bench)
                expect(hasAlarm(bench.pump.alarms, Alarm.LineNotPrimed)).toBe(true)
            },
        ],
        [
            "stays so; with a new line, from the start",
            () => {
                const bench = notPrimed()
                const leftPl = bench.pump.lineLeftPl
                refilled(bench)
                expect(leftPl - bench.pump.lineLeftPl).toBeLessThanOrEqual(STEP_PL)
                expect(leftPl).toBeLessThan(90_000_000)
                refilled(bench, true)
                expect(bench.pump.lineLeftPl).toBeGreaterThan(99_000_000)
            },
        ],
        [
            "stays so",
            () => {
                const bench = notPrimed()
                expect(reprogrammed(bench, OTHER)).toBe(ProgrammeAnswer.Taken)
                expect(hasAlarm(bench.pump.alarms, Alarm.LineNotPrimed)).toBe(true)
            },
        ],
        [
            "stays so",
            () => {
                const bench = notPrimed()
                const again = repowered({ bench, programme: PROGRAMME })
                again.runSamples(1)
                expect(hasAlarm(again.pump.alarms, Alarm.LineNotPrimed)).toBe(true)
                expect(bench.pump.lineLeftPl - again.pump.lineLeftPl).toBeLessThanOrEqual(STEP_PL)
            },
        ],
    ],
    "minimum rate": [
        [
            "a start ends it",
            () => {
                for (const halt of [stopped, stoppedByAlarm]) {
                    const bench = atMinimumRate()
                    expectDelivered(bench, MS_PER_HOUR, LOWEST_PL_PER_HOUR)
                    halt(bench)
                    expect(hasAlarm(bench.pump.alarms, Alarm.MinimumRateChosen)).toBe(true)
                    startedAgain(bench)
                    expect(hasAlarm(bench.pump.alarms, Alarm.MinimumRateChosen)).toBe(false)
                    expect(bench.pump.ratePlPerDay).toBe(2_400_000_000)
                }
            },
        ],
        [
            "goes on",
            () => {
                const bench = atMinimumRate()
                sensorLost(bench)
                expectDelivered(bench, MS_PER_HOUR, LOWEST_PL_PER_HOUR)
            },
        ],
        [
            "goes on",
            () => {
                const bench = atMinimumRate()
                refilled(bench)
                expectDelivered(bench, MS_PER_HOUR, LOWEST_PL_PER_HOUR)
            },
        ],
        [
            "goes on",
            () => {
                const bench = atMinimumRate()
                reprogrammed(bench, OTHER)
                expectDelivered(bench, MS_PER_HOUR, LOWEST_PL_PER_HOUR)
            },
        ],
        [
            "goes on",
            () => {
                const bench = atMinimumRate()
                const again = repowered({ bench, programme: PROGRAMME })
                expect(again.pump.mode).toBe(Mode.Running)
                expectDelivered(again, MS_PER_HOUR, LOWEST_PL_PER_HOUR)
            },
        ],
    ],
}

/** The rows of the table in src/README.md that opens with these words, its cells trimmed. */
function tableAfter(words: string): string[][] {
    const lines = readFileSync("src/README.md", "utf8").split("\n")
    const from = lines.findIndex(line => line.startsWith(`| ${words}`))
    const to = lines.findIndex((line, i) => i > from && !line.startsWith("|"))
    const cells = (line: string) =>
        line
            .slice(1, -1)
            .split("|")
            .map(cell => cell.trim())
    return lines
        .slice(from, to)
        .filter((_, i) => i !== 1)
        .map(cells)
}

describe("what happens to a therapy", () => {
    const [head, ...rows] = tableAfter("What happens to it on")

    test("the table in src/README.md has these rows and columns", () => {
        expect(head.slice(1)).toEqual(COLUMNS)
        expect(rows.map(row => row[0])).toEqual(Object.keys(ROWS))
    })

    for (const [therapy, cells] of Object.entries(ROWS)) {
        test.each(COLUMNS.map((column, i) => [column, ...cells[i]] as const))(
            `THR-1: ${therapy}, on %s: %s`,
            (column, words, run) => {
                const row = rows.find(([name]) => name === therapy)
                expect(row?.[1 + COLUMNS.indexOf(column)]).toBe(words)
                run()
            },
        )
    }
})

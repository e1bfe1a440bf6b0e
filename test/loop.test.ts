import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { loadPrescription } from "../sim/prescription/compile"
import { encodeMechanism, loadMechanism } from "../sim/prescription/mechanism"
import { settingsOf, settingText } from "../sim/prescription/records"
import { Board } from "../src/drivers/energyUse"
import { loadRecord } from "../src/drivers/flashStore"
import { type Parts, Signal } from "../src/drivers/parts"
import { runPump } from "../src/loop"
import { ALARMS } from "../src/pump/alarmRules"
import { Alarm, AlarmPriority, hasAlarm, Reason } from "../src/pump/alarms"
import { crc32 } from "../src/pump/bytes"
import { CHECKPOINT_SIZE, type Checkpoint, decodeCheckpoint } from "../src/pump/checkpoint"
import { checkpointAddress, MEMORY_SIZE, ODOMETERS_AT } from "../src/pump/journal"
import { START_UP_MS } from "../src/pump/limits"
import type { Pump } from "../src/pump/pump"
import { CommandKind, type Readings, SensorFault } from "../src/pump/readings"
import * as selfTest from "../src/pump/selfTest"
import type { Link } from "../src/service/link"
import { clock, flash, setClock } from "./drivers/devicescriptCore"

// Here the tests of arithmetic and logic can be made to fail; whether the logic holds is for `selfTest.test.ts` to say.
vi.mock("../src/pump/selfTest", async importOriginal => {
    const real = await importOriginal<typeof selfTest>()
    return { ...real, arithmeticHolds: vi.fn(real.arithmeticHolds), logicTestPart: vi.fn(() => real.LOGIC_HELD) }
})

const { bytes: PROGRAMME, limitsBytes: LIMITS } = loadPrescription("sim/prescriptions/child-48-segments.json")
const MECHANISM = encodeMechanism(loadMechanism("boards/syringe-20ml.mechanism.json"))

/** The record memory of these tests, and what fails of it. */
const memory = { bytes: Buffer.alloc(MEMORY_SIZE), answering: true, keeps: true, writes: [] as number[] }

/** One copy of the checkpoint in it. */
function copyOf(sequence: number): Checkpoint {
    const at = checkpointAddress(sequence)
    const copy = decodeCheckpoint(memory.bytes.subarray(at, at + 200))
    if (typeof copy !== "object") throw new Error(`no checkpoint: ${copy}`)
    return copy
}

class TestOver extends Error {}

/** Parts that note each call, and sensors that read well unless `spoil` changes what they say. */
function noting(log: string[], fault: { at: string; atMs: number }, spoil: (readings: Readings) => void = () => {}) {
    const note = (what: string) => {
        if (clock.nowMs >= fault.atMs && what.startsWith(fault.at)) throw new TestOver(what)
        if (clock.nowMs >= fault.atMs + 60_000) throw new Error(`waited in vain for ${fault.at}`)
        log.push(what)
    }
    const samplesMs: number[] = []
    const stepsMs: number[] = []
    const beatsMs: number[] = []
    const seen: { pump?: Pump } = {}
    let command = CommandKind.None
    // Calls of `show` that a signal still takes.
    let telling = 0
    const parts: Parts = {
        board: Board.Pico,
        motor: {
            reverses: true,
            step: async steps => {
                note(`step ${steps}`)
                stepsMs.push(clock.nowMs)
            },
            release: () => log.push("release"),
            faulty: async () => {
                note("faulty")
                return false
            },
        },
        sensors: [
            {
                read: async (readings: Readings) => {
                    note("read")
                    samplesMs.push(clock.nowMs)
                    Object.assign(readings, {
                        // No two samples alike, as of any part that works.
                        pressurePa: 1_000 + (samplesMs.length % 7),
                        pressureFault: SensorFault.None,
                        encoderFault: SensorFault.NotFitted,
                        reservoirEndFault: SensorFault.NotFitted,
                        batteryFault: SensorFault.NotFitted,
                        wallMs: Math.floor(clock.nowMs / 1_000) * 1_000,
                        wallFault: SensorFault.None,
                        command,
                    })
                    spoil(readings)
                    command = CommandKind.None
                },
            },
        ],
        annunciator: {
            show: async (light, sound) => {
                note(`show ${AlarmPriority[light]} ${AlarmPriority[sound]}`)
                telling = Math.max(0, telling - 1)
                return telling > 0
            },
            tell: signal => {
                note(`tell ${Signal[signal]}`)
                telling = 3
            },
            test: async () => note("lamp test"),
        },
        monitor: {
            report: async pump => {
                seen.pump = pump
                const standing = ALARMS.filter((_, alarm) => hasAlarm(pump.alarms, alarm))
                note(`report ${standing.map(rule => rule.id).join(" ")}`)
            },
        },
        heartbeat: {
            beat: async () => {
                note("beat")
                beatsMs.push(clock.nowMs)
            },
        },
        memory: {
            read: async (address, length) =>
                memory.answering ? Buffer.from(memory.bytes.subarray(address, address + length)) : undefined,
            write: async (address, bytes, length) => {
                if (address >= ODOMETERS_AT && address < ODOMETERS_AT + 32 && samplesMs.length > 0) note("count")
                memory.writes.push(address)
                if (memory.answering && memory.keeps) bytes.copy(memory.bytes, address, 0, length)
                return memory.answering
            },
        },
    }
    const ask = (kind: CommandKind) => {
        command = kind
    }
    return { parts, samplesMs, stepsMs, beatsMs, seen, ask }
}

beforeEach(() => {
    setClock(0)
    flash.clear()
    Object.assign(memory, { bytes: Buffer.alloc(MEMORY_SIZE), answering: true, keeps: true, writes: [] })
    for (const { key, value } of settingsOf(PROGRAMME, MECHANISM, LIMITS))
        flash.set(key, Buffer.from(settingText(value)))
})

afterEach(() => {
    vi.restoreAllMocks()
})

/** Runs the pump until the fault of its parts. */
async function runOver(noted: ReturnType<typeof noting>): Promise<void> {
    await expect(runPump(noted.parts)).rejects.toThrow(TestOver)
}

describe("the loop", () => {
    test("ticks ten times a second from 5 s on, samples once a second, and does each tick in one order", async () => {
        const log: string[] = []
        const noted = noting(log, { at: "read", atMs: 65_000 })
        await runOver(noted)
        expect(noted.beatsMs, "one for the motor's own test, and one for each tick").toHaveLength(1 + 600)
        expect(noted.samplesMs.map(ms => Math.floor(ms / 100) * 100)).toEqual(
            Array.from({ length: 60 }, (_, i) => 5_000 + i * 1_000),
        )
        expect(log.slice(0, 6)).toEqual(["lamp test", "beat", "faulty", "report ", "read", "beat"])
        const step = log.indexOf("step 1")
        expect(step).toBeGreaterThan(0)
        expect(log.slice(step - 1, step + 3), "JRN-3: counted, then made").toEqual([
            "count",
            "step 1",
            "report ",
            "beat",
        ])
        expect(log.filter(what => what.startsWith("show"))).toEqual([])
    })

    test("starts what takes a while to convert before it reads any sensor", async () => {
        const log: string[] = []
        const noted = noting(log, { at: "beat", atMs: 7_000 })
        noted.parts.sensors.push({
            convert: async () => {
                log.push("convert")
            },
            read: async () => {
                log.push("read converted")
            },
        })
        await runOver(noted)
        const sensing = log.filter(what => /^(convert|read)/.test(what))
        expect(sensing.slice(0, 6)).toEqual(["convert", "read", "read converted", "convert", "read", "read converted"])
    })

    test.each([
        ["that sample or judge leave it, while ticks come in time", 0, 16],
        ["all serve it, where every tick comes late", 1_500, 20],
    ])("the link: of twenty ticks those %s", async (_, tookMs, free) => {
        const log: string[] = []
        const noted = noting(log, { at: "read", atMs: 65_000 })
        const busy: boolean[] = []
        const link = {
            busy: true,
            begin: async () => {},
            offered: () => undefined,
            read: async () => setClock(clock.nowMs + tookMs),
            serve: async (...[, , , , muchElse]: Parameters<Link["serve"]>) => busy.push(muchElse),
        }
        await runOver({ ...noted, parts: { ...noted.parts, link: link as unknown as Link } })
        expect(busy.slice(-20).filter(muchElse => !muchElse)).toHaveLength(free)
    })

    test.each([
        ["a sensor", "read"],
        ["the motor", "step"],
        ["the monitor", "report"],
        ["the heartbeat", "beat"],
    ])("FLT-1: a fault in %s lets the motor go, and nothing is done after it", async (_, at) => {
        const log: string[] = []
        await runOver(noting(log, { at, atMs: 20_000 }))
        expect(log.indexOf("release")).toBe(log.length - 1)
    })

    test("FLT-2: a tick that breaks off at any of its stages does not beat", async () => {
        for (const at of ["read", "step", "report"]) {
            setClock(0)
            const log: string[] = []
            const noted = noting(log, { at, atMs: 20_000 })
            await runOver(noted)
            expect(clock.nowMs - (noted.beatsMs.at(-1) ?? 0)).toBeGreaterThan(50)
        }
    })

    test("an alarm is shown on every tick until it is over, and then once more", async () => {
        const log: string[] = []
        const noted = noting(log, { at: "read", atMs: 15_000 }, readings => {
            // Three samples without a reading, and one with it.
            if (clock.nowMs >= 6_000 && clock.nowMs < 9_000) readings.pressureFault = SensorFault.Missing
        })
        await runOver(noted)
        const shown = log.filter(what => what.startsWith("show"))
        expect(shown).toHaveLength(11)
        expect(shown.slice(0, 10).every(what => what === "show Medium Medium")).toBe(true)
        expect(shown[10]).toBe("show None None")
    })

    test.each([
        ["granted", 100_000_000, "Granted", 100_000_000],
        ["denied", 2_100_000_000, "Denied", 0],
    ])(
        "ANN-5: who asked for a bolus is told that it was %s, once it is recorded, for as long as that takes",
        async (_, commandPl, signal, recordedPl) => {
            const log: string[] = []
            const noted = noting(log, { at: "read", atMs: 12_000 }, readings => {
                Object.assign(readings, { commandPl, commandRatePlPerDay: 240_000_000_000 })
                if (clock.nowMs >= 7_000 && clock.nowMs < 8_000) readings.command = CommandKind.Prime
            })
            const { annunciator } = noted.parts
            const recorded: number[] = []
            noted.parts.annunciator = {
                ...annunciator,
                tell: told => {
                    // The first checkpoint is of power-on, and a bolus has the second.
                    recorded.push(copyOf(recordedPl > 0 ? 2 : 1).bolusPl)
                    annunciator.tell(told)
                },
            }
            await runOver(noted)
            const shown = log.filter(what => /^(tell|show)/.test(what))
            expect(shown).toEqual([`tell ${signal}`, "show None None", "show None None", "show None None"])
            expect(recorded).toEqual([recordedPl])
        },
    )

    test("ALM-3: while the sound is paused the light goes on", async () => {
        const log: string[] = []
        let samples = 0
        const noted = noting(log, { at: "read", atMs: 130_000 }, readings => {
            readings.pressureFault = SensorFault.Missing
            // Four seconds on, when somebody can have heard it.
            if (++samples === 5) readings.command = CommandKind.Silence
        })
        await runOver(noted)
        const shown = log.filter(what => what.startsWith("show"))
        expect(shown).toHaveLength(1_250)
        const silentFrom = shown.indexOf("show Medium None")
        expect(silentFrom).toBe(40)
        expect(shown.slice(0, silentFrom).every(what => what === "show Medium Medium")).toBe(true)
        // 120 s.
        expect(shown.slice(silentFrom, silentFrom + 1_200).every(what => what === "show Medium None")).toBe(true)
        expect(shown.slice(silentFrom + 1_200).every(what => what === "show Medium Medium")).toBe(true)
    })

    test("PRG-2: a programme damaged in flash is told from the first tick on", async () => {
        flash.set("pg0", Buffer.from(settingText(Uint8Array.of(9, 0, 1, 2, 3))))
        const log: string[] = []
        await runOver(noting(log, { at: "read", atMs: 6_000 }))
        expect(log.filter(what => what === "report programmeDamaged")).toHaveLength(11)
        expect(log.filter(what => what === "show High High")).toHaveLength(11)
    })

    test("MOT-7: a motor that goes on moving by itself is left to the watchdog: the heartbeat stops, the alarm goes on", async () => {
        const log: string[] = []
        let turned = 0
        const noted = noting(log, { at: "read", atMs: 30_000 }, readings => {
            if (clock.nowMs > 10_000) turned += 50
            readings.encoderFault = SensorFault.None
            readings.encoderSteps = turned
        })
        await runOver(noted)
        expect(noted.seen.pump?.cutMotor).toBe(true)
        expect(noted.beatsMs.at(-1)).toBeGreaterThan(10_000)
        expect(noted.beatsMs.at(-1)).toBeLessThan(16_000)
        expect(noted.stepsMs.every(ms => ms < 13_000)).toBe(true)
        expect(log.slice(-2)).toEqual(["report overDelivery", "release"])
        expect(log.slice(-3, -2)).toEqual(["show High High"])
    })

    test("CKP-1: checkpoints go to two copies in turn, and the newest good one is what a restart begins with", async () => {
        const first = noting([], { at: "read", atMs: 1_880_000 })
        await runOver(first)
        // One at power-on, and one in each minute in which the guard's windows moved.
        const newest = Math.max(copyOf(0).sequence, copyOf(1).sequence)
        expect(Math.min(copyOf(0).sequence, copyOf(1).sequence)).toBe(newest - 1)
        expect(newest).toBeGreaterThan(28)
        expect(newest).toBeLessThan(36)
        expect([copyOf(0), copyOf(1)].map(copy => copy.brokenRuns)).toEqual([1, 1])
        const before = copyOf(newest - 1)
        expect(copyOf(newest).residualPl).toBeLessThan(before.residualPl)
        const madeSteps = first.stepsMs.length - before.forwardSteps

        setClock(0)
        memory.bytes[checkpointAddress(newest)] ^= 9
        const second = noting([], { at: "read", atMs: 6_000 })
        second.ask(CommandKind.Stop)
        await runOver(second)
        expect(copyOf(newest)).toMatchObject({ sequence: newest, mode: 1, brokenRuns: 2, starts: 2 })
        const stopped = copyOf(newest + 1)
        expect(stopped).toMatchObject({ sequence: newest + 1, mode: 0, brokenRuns: 2 })
        // JRN-3: what was made after the good copy is not forgotten with the bad one.
        expect((before.residualPl - stopped.residualPl) / 44_900).toBe(madeSteps)
    })

    test("CKP-3: where no copy is good the pump says so, and after the next restart still", async () => {
        await runOver(noting([], { at: "read", atMs: 907_000 }))
        memory.bytes[10] ^= 1
        memory.bytes[checkpointAddress(1) + 10] ^= 1
        for (let run = 0; run < 2; run++) {
            setClock(0)
            const noted = noting([], { at: "read", atMs: 7_000 })
            await runOver(noted)
            expect(hasAlarm(noted.seen.pump?.alarms ?? 0, Alarm.CheckpointDamaged)).toBe(true)
        }
    })

    test("GRD-11: a trip of the guard is taken up again", async () => {
        await runOver(noting([], { at: "read", atMs: 7_000 }))
        const bytes = memory.bytes.subarray(checkpointAddress(1))
        bytes[3] = Reason.HourLimit
        bytes.writeUInt32LE(crc32(bytes, 0, CHECKPOINT_SIZE - 4, 0), CHECKPOINT_SIZE - 4)
        setClock(0)
        const noted = noting([], { at: "read", atMs: 60_000 })
        await runOver(noted)
        expect(noted.stepsMs).toEqual([])
        expect(noted.seen.pump?.reasons[Alarm.OverDelivery]).toBe(Reason.HourLimit)
    })

    test("JRN-6: a record memory that falls silent is an alarm, and the basal flow goes on", async () => {
        const noted = noting([], { at: "read", atMs: 120_000 }, () => {
            memory.answering = clock.nowMs < 30_000 || clock.nowMs > 100_000
            if (clock.nowMs > 98_500 && clock.nowMs < 99_500) silent.push(noted.seen.pump?.alarms ?? 0)
        })
        const silent: number[] = []
        await runOver(noted)
        expect(silent.map(alarms => hasAlarm(alarms, Alarm.MemoryFault))).toEqual([true])
        expect(noted.stepsMs.filter(ms => ms > 40_000 && ms < 100_000).length).toBeGreaterThan(1)
        expect(hasAlarm(noted.seen.pump?.alarms ?? 0, Alarm.MemoryFault), "over once it answers again").toBe(false)
        expect(copyOf(2).forwardSteps, "and all is counted").toBe(noted.stepsMs.filter(ms => ms < 101_500).length)
    })

    test("JRN-6: a record memory that never answers leaves the minimum rate, with alarms", async () => {
        memory.answering = false
        const noted = noting([], { at: "read", atMs: 60_000 })
        await runOver(noted)
        const alarms = noted.seen.pump?.alarms ?? 0
        expect(hasAlarm(alarms, Alarm.CheckpointDamaged) && hasAlarm(alarms, Alarm.MemoryFault)).toBe(true)
        expect(noted.seen.pump?.reasons[Alarm.CheckpointDamaged]).toBe(Reason.Missing)
        expect(noted.seen.pump?.ratePlPerDay).toBe(48_000_000)
    })
})

describe("the self-test at power-on", () => {
    test("PST-1: nothing is stepped, and no tick is made, before it has passed", async () => {
        const log: string[] = []
        const noted = noting(log, { at: "read", atMs: 60_000 })
        await runOver(noted)
        expect(log.slice(0, 4)).toEqual(["lamp test", "beat", "faulty", "report "])
        expect(vi.mocked(selfTest.arithmeticHolds)).toHaveBeenCalled()
        expect(noted.samplesMs[0]).toBeGreaterThanOrEqual(START_UP_MS)
        expect(Math.min(...noted.stepsMs)).toBeGreaterThan(START_UP_MS)
        expect(noted.stepsMs.length).toBeGreaterThan(0)
    })

    test("PST-1: one that takes longer than the start-up puts the first tick off, and no step is made up", async () => {
        const noted = noting([], { at: "read", atMs: 20_000 })
        noted.parts.annunciator.test = async () => setClock(9_050)
        await runOver(noted)
        expect(Math.floor(noted.samplesMs[0])).toBe(9_100)
        expect(noted.seen.pump?.alarms).toBe(0)
    })

    const failures: [string, Reason, (parts: Parts) => void, string[]][] = [
        ["arithmetic", Reason.Arithmetic, () => vi.mocked(selfTest.arithmeticHolds).mockReturnValueOnce(false), []],
        ["logic", Reason.Logic, () => vi.mocked(selfTest.logicTestPart).mockReturnValueOnce(selfTest.LOGIC_FAILED), []],
        [
            "the record memory",
            Reason.Memory,
            () => {
                memory.keeps = false
            },
            [],
        ],
        [
            "the motor's driver",
            Reason.MotorDriver,
            parts => {
                parts.motor.faulty = async () => true
            },
            ["lamp test", "beat"],
        ],
    ]

    test.each(failures)(
        "PST-1: a failure of %s keeps the motor off, whatever a person does, and says why",
        async (_, reason, fail, before) => {
            const log: string[] = []
            const noted = noting(log, { at: "read", atMs: 60_000 })
            fail(noted.parts)
            noted.ask(CommandKind.Release)
            await runOver(noted)
            expect(noted.stepsMs).toEqual([])
            expect(hasAlarm(noted.seen.pump?.alarms ?? 0, Alarm.SelfTestFailed)).toBe(true)
            expect(noted.seen.pump?.reasons[Alarm.SelfTestFailed]).toBe(reason)
            expect(noted.seen.pump?.delivering).toBe(false)
            expect(log.slice(0, before.length + 1), "the first failure ends the test").toEqual([
                ...before,
                "show High High",
            ])
            expect(log).toContain("show High High")
            // A motor that fails its test is left without power, which the heartbeat keeps on.
            expect(noted.beatsMs).toHaveLength(reason === Reason.MotorDriver ? 1 : 550)
        },
    )
})

describe("records in flash", () => {
    test("PRG-3: a record of several pieces comes back whole, and is none when there is none", async () => {
        expect(Buffer.from((await loadRecord("pg")) as Uint8Array).equals(Buffer.from(PROGRAMME))).toBe(true)
        expect(Buffer.from((await loadRecord("me")) as Uint8Array).equals(Buffer.from(MECHANISM))).toBe(true)
        expect(await loadRecord("xx")).toBeUndefined()
    })

    test("PRG-3: a record with a bit flipped, a piece missing or an impossible size is refused with the reason", async () => {
        const pieces = [...flash.keys()].filter(key => key.startsWith("pg"))
        expect(pieces.length).toBeGreaterThan(3)
        for (const key of pieces) {
            const whole = flash.get(key) as Buffer
            const digits = Buffer.from(whole)
            digits[20] = digits[20] === 0x30 ? 0x31 : 0x30
            flash.set(key, digits)
            expect(await loadRecord("pg"), key).toMatch(/checksum|size|incomplete/)
            flash.delete(key)
            if (key === "pg0") expect(await loadRecord("pg")).toBeUndefined()
            else expect(await loadRecord("pg"), key).toBe("record incomplete")
            flash.set(key, whole)
        }
        for (const size of [0, 4, 4_097, 65_535]) {
            flash.set("pg0", Buffer.from(settingText(Uint8Array.of(size & 255, size >> 8, 1, 2, 3))))
            expect(await loadRecord("pg")).toBe("record of impossible size")
        }
    })
})

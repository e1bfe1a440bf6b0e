import { beforeEach, describe, expect, test } from "vitest"
import { loadPrescription } from "../sim/prescription/compile"
import { encodeMechanism, loadMechanism } from "../sim/prescription/mechanism"
import { settingsOf, settingText } from "../sim/prescription/records"
import { loadRecord } from "../src/drivers/flashStore"
import type { Parts } from "../src/drivers/parts"
import { runPump } from "../src/loop"
import { ALARM_IDS, AlarmPriority, hasAlarm } from "../src/pump/alarms"
import { decodeCheckpoint } from "../src/pump/checkpoint"
import { CommandKind, type Readings, SensorFault } from "../src/pump/readings"
import { clock, flash, setClock } from "./drivers/devicescriptCore"

const PROGRAMME = loadPrescription("sim/prescriptions/child-48-segments.json").bytes
const MECHANISM = encodeMechanism(loadMechanism("boards/syringe-20ml.mechanism.json"))

class TestOver extends Error {}

/** Parts that note each call, and a sensor that reads well. */
function noting(log: string[], fault: { at: string; atMs: number }) {
    const note = (what: string) => {
        if (clock.nowMs >= fault.atMs && what.startsWith(fault.at)) throw new TestOver(what)
        log.push(what)
    }
    const samplesMs: number[] = []
    const beatsMs: number[] = []
    let command = CommandKind.None
    const parts: Parts = {
        motor: {
            step: async steps => note(`step ${steps}`),
            release: () => log.push("release"),
        },
        sensors: [
            {
                read: async (readings: Readings) => {
                    note("read")
                    samplesMs.push(clock.nowMs)
                    Object.assign(readings, {
                        pressurePa: 1_000,
                        pressureFault: SensorFault.None,
                        encoderFault: SensorFault.NotFitted,
                        reservoirEndFault: SensorFault.NotFitted,
                        batteryFault: SensorFault.NotFitted,
                        wallWeekMs: 0,
                        wallFault: SensorFault.None,
                        command,
                    })
                    command = CommandKind.None
                },
            },
        ],
        annunciator: { show: async priority => note(`show ${AlarmPriority[priority]}`) },
        monitor: {
            report: async pump => note(`report ${ALARM_IDS.filter((_, i) => hasAlarm(pump.alarms, i)).join(" ")}`),
        },
        heartbeat: {
            beat: async () => {
                note("beat")
                beatsMs.push(clock.nowMs)
            },
        },
    }
    const ask = (kind: CommandKind) => {
        command = kind
    }
    return { parts, samplesMs, beatsMs, ask }
}

beforeEach(() => {
    setClock(0)
    flash.clear()
    for (const { key, value } of settingsOf(PROGRAMME, MECHANISM)) flash.set(key, Buffer.from(settingText(value)))
})

describe("the loop", () => {
    test("ticks ten times a second from 3 s on, samples once a second, and does each tick in one order", async () => {
        const log: string[] = []
        const { parts, samplesMs, beatsMs } = noting(log, { at: "read", atMs: 63_000 })
        await expect(runPump(parts)).rejects.toThrow(TestOver)
        expect(beatsMs).toHaveLength(600)
        expect(samplesMs.map(ms => Math.floor(ms / 100) * 100)).toEqual(
            Array.from({ length: 60 }, (_, i) => 3_000 + i * 1_000),
        )
        expect(log.slice(0, 3)).toEqual(["read", "report ", "beat"])
        const step = log.indexOf("step 1")
        expect(step).toBeGreaterThan(0)
        expect(log.slice(step + 1, step + 3)).toEqual(["report ", "beat"])
        expect(log.filter(what => what.startsWith("show"))).toEqual([])
    })

    test.each([
        ["a sensor", "read"],
        ["the motor", "step"],
        ["the monitor", "report"],
        ["the heartbeat", "beat"],
    ])("FLT-1: a fault in %s lets the motor go, and nothing is done after it", async (_, at) => {
        const log: string[] = []
        await expect(runPump(noting(log, { at, atMs: 20_000 }).parts)).rejects.toThrow(TestOver)
        expect(log.indexOf("release")).toBe(log.length - 1)
    })

    test("FLT-2: a tick that breaks off at any of its stages does not beat", async () => {
        for (const at of ["read", "step", "report"]) {
            setClock(0)
            const log: string[] = []
            const { parts, beatsMs } = noting(log, { at, atMs: 20_000 })
            await expect(runPump(parts)).rejects.toThrow(TestOver)
            expect(clock.nowMs - (beatsMs.at(-1) ?? 0)).toBeGreaterThan(50)
        }
    })

    test("an alarm is shown on every tick until it is over, and then once more", async () => {
        flash.set("pg0", Buffer.from(settingText(Uint8Array.of(9, 0, 1, 2, 3))))
        const log: string[] = []
        await expect(runPump(noting(log, { at: "read", atMs: 5_000 }).parts)).rejects.toThrow(TestOver)
        expect(log.filter(what => what === "show High")).toHaveLength(20)
        expect(log).toContain("report programmeDamaged")
    })

    test("CKP-1: checkpoints go to two copies in turn, and the newest good one is what a restart begins with", async () => {
        const log: string[] = []
        const first = noting(log, { at: "read", atMs: 1_803_000 })
        await expect(runPump(first.parts)).rejects.toThrow(TestOver)
        const copies = ["cp0", "cp1"].map(key => decodeCheckpoint(flash.get(key)))
        expect(copies.map(copy => copy?.sequence)).toEqual([2, 1])
        expect(copies[0]?.residualPl).toBeLessThan(copies[1]?.residualPl ?? 0)

        setClock(0)
        flash.get("cp0")?.writeUInt8(9, 0)
        const second = noting([], { at: "read", atMs: 5_000 })
        second.ask(CommandKind.Stop)
        await expect(runPump(second.parts)).rejects.toThrow(TestOver)
        const stopped = decodeCheckpoint(flash.get("cp0"))
        expect(stopped).toMatchObject({ sequence: 2, mode: 0, residualPl: copies[1]?.residualPl })
    })
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

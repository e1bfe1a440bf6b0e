import { readFileSync } from "node:fs"
import { JDBus, jdpack, jdunpack, Packet } from "jacdac-ts"
import { expect, test } from "vitest"
import { BenchServer, SAMPLE } from "../../sim/engines/benchServer"
import { servicesFile } from "../../sim/engines/firmware"
import { Session } from "../../sim/engines/session"
import { BolusEvent, BolusKind, BolusReason, LineEvent } from "../../src/pump/pump"
import { CommandKind, Refusal, SensorFault } from "../../src/pump/readings"
import { scenarioOf } from "./runs"

const STEP = 0x81
const STATUS = 0x82
const BOLUS = 0x83
const SHOW = 0x84
const TRACE = 0x85
const MEMORY_READ = 0x86
const MEMORY_WRITE = 0x87
const PROGRAMME_READ = 0x88
const TAKEN = 0x89
const OBEYED = 0x8a
const LINE = 0x8b

// In the memory behind all that the pump keeps in it.
const FREE = 32_700

const SAMPLE_FORMAT = "i32 i32 u32 u32 u32 u32 u32 u16 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8"

// It tells the library of the project's own services, without which it makes no server for one.
new JDBus([], {
    services: JSON.parse(readFileSync(servicesFile(), "utf8")),
    client: false,
    disableRoleManager: true,
}).stop()

/** A server whose answers can be looked at. */
class HeardServer extends BenchServer {
    readonly answers: Packet[] = []

    override async sendPacketAsync(packet: Packet): Promise<void> {
        this.answers.push(packet)
    }
}

function served(programmeBytes = new Uint8Array(0)) {
    const session = new Session(
        {
            ...scenarioOf("continuous-day"),
            durationMs: 600_000,
            events: [
                { atMs: 5000, kind: "supplyLow" },
                { atMs: 5000, kind: "sensorFault", sensor: "memory", failure: "missing", driftPerHour: 0 },
                { atMs: 6000, kind: "sensorRepair", sensor: "memory" },
                {
                    atMs: 7000,
                    kind: "programme",
                    name: "another",
                    bytes: programmeBytes,
                    concentrationNgPerMl: 500_000,
                    damaged: true,
                    filling: undefined,
                },
                {
                    atMs: 8000,
                    kind: "refill",
                    filling: {
                        volumePl: 15_000_000_000,
                        missedPl: 0,
                        measuredResidualPl: 1_234_000,
                        lineChanged: true,
                    },
                },
                { atMs: 9000, kind: "setClock", localTime: "2026-03-02T01:00:00", localMs: 825_555_600_000 },
                { atMs: 9000, kind: "bolus", amount: { micrograms: 25 }, overMinutes: 30 },
            ],
        },
        1,
    )
    const rows: string[] = []
    const server = new HeardServer(session, row => rows.push(row))
    /** What the firmware says; the bytes of the answer. */
    const say = async (command: number, format: string, ...values: unknown[]) => {
        const packet = Packet.from(command, jdpack(format, values))
        packet.isCommand = true
        await server.handlePacket(packet)
        return server.answers.pop()?.data
    }
    return { session, rows, say }
}

test("memory and programme are told with the address they begin at", async () => {
    const { session, say } = served(Uint8Array.from({ length: 450 }, (_, i) => i & 255))
    await say(MEMORY_WRITE, "u16 b", FREE + 1, Uint8Array.from([7, 8, 9]))
    expect(await say(MEMORY_READ, "u16 u8", FREE, 5)).toEqual(jdpack("u16 b", [FREE, Uint8Array.from([0, 7, 8, 9, 0])]))
    expect((await say(MEMORY_READ, "u16 u8", 0, 200))?.length).toBe(202)
    expect(await say(PROGRAMME_READ, "u16", 0)).toEqual(jdpack("u16", [0]))
    session.advance(7000)
    const lengths = []
    for (const offset of [0, 200, 400, 450]) {
        const answer = await say(PROGRAMME_READ, "u16", offset)
        expect(answer?.slice(0, 3)).toEqual(
            jdpack("u16 b", [offset, Uint8Array.from([offset & 255])]).slice(0, answer?.length),
        )
        lengths.push((answer?.length ?? 0) - 2)
    }
    expect(lengths).toEqual([200, 200, 50, 0])
    await say(TAKEN, "u8", 2)
    expect(session.programmes).toEqual([{ offeredMs: 7000, answer: "refused: damaged" }])
})

test("the sample tells time, memory and supply, and a memory that does not answer gives no bytes", async () => {
    const { session, say } = served()
    const sample = async () =>
        jdunpack<number[]>((await say(SAMPLE, "f64 u32", 0, 0)) ?? new Uint8Array(), SAMPLE_FORMAT)
    const first = await sample()
    expect(first[2]).toBe(825_552_000)
    expect(first.slice(13, 19)).toEqual([SensorFault.None, SensorFault.None, 0, CommandKind.None, 0, 1])
    session.advance(5000)
    expect(await say(MEMORY_READ, "u16 u8", FREE, 5)).toEqual(jdpack("u16", [FREE]))
    expect((await sample()).slice(13, 19)).toEqual([SensorFault.None, SensorFault.Missing, 1, CommandKind.None, 0, 1])
    session.advance(7000)
    expect((await sample()).slice(13, 19)).toEqual([SensorFault.None, SensorFault.None, 1, CommandKind.Programme, 0, 1])
})

test("the sample carries what goes with a command: volume, flow, residual, a new line, and the local time as it has gone on", async () => {
    const { session, say } = served()
    session.advance(9000)
    const heard = async () => {
        const sample = jdunpack<number[]>((await say(SAMPLE, "f64 u32", 0, 0)) ?? new Uint8Array(), SAMPLE_FORMAT)
        const [volumeNl, rateNlPerDay, residualNl, wallS] = sample.slice(3, 7)
        return { command: sample[16], flags: sample[17], volumeNl, rateNlPerDay, residualNl, wallS }
    }
    const nothing = { flags: 0, volumeNl: 0, rateNlPerDay: 0, residualNl: 0xffffffff, wallS: 0 }
    expect(await heard()).toEqual({ ...nothing, command: CommandKind.Programme })
    expect(await heard()).toEqual({
        ...nothing,
        command: CommandKind.Refill,
        flags: 1,
        volumeNl: 15_000_000,
        residualNl: 1234,
    })
    session.advance(12_400)
    expect(await heard()).toEqual({ ...nothing, command: CommandKind.Clock, wallS: 825_555_603 })
    // 25 µg at 500 µg/mL, in half an hour: whole nanolitres, and exact.
    expect(await heard()).toEqual({
        ...nothing,
        command: CommandKind.Bolus,
        volumeNl: 50_000,
        rateNlPerDay: 2_400_000,
    })
    expect(await heard()).toEqual({ ...nothing, command: CommandKind.None })
})

test("what became of boluses, commands and line is kept", async () => {
    const { session, say } = served()
    session.advance(9500)
    for (let i = 0; i < 4; i++) await say(SAMPLE, "f64 u32", 0, 0)
    await say(BOLUS, "f64 u8 u8 u8", 50_000_000, BolusEvent.Denied, BolusKind.Clinician, BolusReason.WindowFull)
    await say(OBEYED, "u8 u8", CommandKind.Clock, Refusal.ShiftTooLarge)
    await say(OBEYED, "u8 u8", CommandKind.Refill, Refusal.None)
    await say(LINE, "f64 u8", 250_000_000, LineEvent.Changed)
    expect(session.boluses).toMatchObject([
        { kind: "clinician", requestedMs: 9000, outcome: "denied", reason: "over the limit of the dose window" },
    ])
    expect(session.refusals).toEqual([{ command: "setClock", reason: "over 14 h while the pump runs", atMs: 9500 }])
    expect(session.lineEvents).toEqual([{ event: "changed", atMs: 9500, leftPl: 250_000_000 }])
})

test("nothing of a firmware without power is heard, and nothing answered", async () => {
    const { session, rows, say } = served()
    const row = new Uint8Array(42)
    await say(TRACE, "b", row)
    expect(rows.length).toBe(1)
    session.cutPower(Infinity)
    for (const [command, format, ...values] of [
        [SAMPLE, "f64 u32", 5, 5],
        [STEP, "f64 i8", 5, 3],
        [STATUS, "u32 u32 u32 u8 u8 u8 b", 1, 1, 0, 1, 1, 0, new Uint8Array(40)],
        [BOLUS, "f64 u8 u8 u8", 5, BolusEvent.Denied, BolusKind.Prime, BolusReason.BolusInProgress],
        [OBEYED, "u8 u8", CommandKind.Clock, Refusal.ShiftTooLarge],
        [LINE, "f64 u8", 5, LineEvent.Changed],
        [SHOW, "u8 u8", 1, 1],
        [TRACE, "b", row],
        [MEMORY_READ, "u16 u8", 0, 5],
        [MEMORY_WRITE, "u16 b", FREE, row.fill(9)],
        [PROGRAMME_READ, "u16", 0],
        [TAKEN, "u8", 1],
    ] as [number, string, ...unknown[]][])
        expect(await say(command, format, ...values)).toBeUndefined()
    expect(session).toMatchObject({
        residualPl: 20_000_000_000,
        beating: true,
        alarms: [],
        boluses: [],
        refusals: [],
        lineEvents: [],
    })
    expect(session.world).toMatchObject({ light: 0, sounding: false, reservoirPl: 20_000_000_000 })
    expect(session.memory.contents[FREE]).toBe(0)
    expect(rows.length).toBe(1)
})

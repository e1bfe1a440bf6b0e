import { readFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { overStream } from "../../sim/board/port"
import { openBusSocket } from "../../sim/engines/busSocket"
import { ToolsBus } from "../../sim/engines/toolsBus"
import { readOut } from "../../sim/journal/readOut"
import { BusServer } from "../../sim/live/busServer"
import { LivePump } from "../../sim/live/livePump"
import { loadPrescription } from "../../sim/prescription/compile"
import { readProgramme } from "../../sim/prescription/decompile"
import { encodeLimits } from "../../sim/prescription/limits"
import { findPump, PUMP_SERVICE_CLASS, PumpClient, RefusedError } from "../../sim/programmer/client"
import { visitPump } from "../../sim/programmer/session"
import { liveEvent, loadScenario } from "../../sim/scenario/load"
import { CommandKind } from "../../src/pump/readings"

/** The simulated pump's bytecode, and a programmer that reaches it over a bus of this machine. */
const scenario = loadScenario("sim/scenarios/patient-dose-day.json")
const OTHER = loadPrescription("sim/prescriptions/continuous-100.json")

let bus: BusServer
let pump: LivePump
let running: Promise<void>
let tools: ToolsBus
let client: PumpClient
let key: Buffer

const happens = (event: Record<string, unknown>) => pump.intervene(liveEvent("test", event, 20))

/** While it is talked to: what takes the programmer a moment takes the pump seconds, and not hours. */
const TALK_SPEED = 10
/** While something is waited for: still so slow that a busy machine sees what stands for minutes. */
const WAIT_SPEED = 500

/** Waits until the pump shows what is waited for. */
async function until(holds: (status: Awaited<ReturnType<PumpClient["status"]>>) => boolean) {
    pump.runAt(WAIT_SPEED)
    for (;;) {
        const status = await client.status()
        if (!holds(status)) continue
        pump.runAt(TALK_SPEED)
        return status
    }
}

beforeAll(async () => {
    bus = await BusServer.start(0)
    pump = new LivePump(scenario, scenario.seed, TALK_SPEED, bus)
    running = pump.run()
    tools = await ToolsBus.join(bus.url)
    client = new PumpClient(tools.bus, await findPump(tools.bus, 20_000))
}, 60_000)

afterAll(async () => {
    tools.leave()
    pump.stop()
    await running
    bus.stop()
})

describe("a pump on its bus", () => {
    test("is read by anybody, and changed by nobody without its key", async () => {
        const status = await until(({ delivering }) => delivering)
        expect(status).toMatchObject({ mode: "running", access: { paired: false, restricted: false }, alarms: [] })
        expect(status.programme).toMatchObject({ concentrationNgPerMl: 1_000_000, meanPlPerDay: 200_000_000 })
        await expect(client.command(CommandKind.Stop)).rejects.toThrow("pair it first")
        const stranger = new PumpClient(tools.bus, await findPump(tools.bus, 20_000), Buffer.alloc(32, 1))
        await expect(stranger.command(CommandKind.Stop)).rejects.toThrow("no programmer has been paired")
        expect(readProgramme(await client.programme(), "it")).toEqual(
            readProgramme(scenario.programmeBytes, "the scenario's"),
        )
    })

    test("is browsed by name with nothing but its specification, as other Jacdac tools do", async () => {
        const other = await ToolsBus.join(bus.url)
        other.bus.setCustomServiceSpecifications(JSON.parse(readFileSync(".devicescript/services.json", "utf8")))
        await findPump(other.bus, 20_000)
        const [service] = other.bus.services({ serviceClass: PUMP_SERVICE_CLASS })
        expect(service.specification.name).toBe("Intrathecal pump")
        const status = service.register(0x180)
        const access = service.register(0x181)
        for (const register of [status, access]) expect(await register.refresh()).toBe(true)
        const shown = await client.status()
        expect(status.objectValue).toMatchObject({
            concentration_ng_per_ml: 1_000_000,
            mean_pl_per_day: 200_000_000,
            hour_limit_pl: shown.limits?.hourPlMax,
            segments: shown.programme?.segments,
            mode: 1,
            delivering: 1,
            battery_mv: expect.closeTo(shown.batteryMv ?? 0, -2),
            alarms: 0,
        })
        expect(access.objectValue).toEqual({ paired: 0, restricted: 0, failures: 0, wait_s: 0, busy: 0 })
        other.leave()
    })

    test("LNK-5: lets in who can press its button, asked for the press once the pump waits for it", async () => {
        const hear = bus.onFrame
        // The first request is lost, and the next takes the pump two seconds to hear.
        bus.onFrame = () => {
            bus.onFrame = frame => setTimeout(() => hear(frame), 200)
        }
        key = await client.pair(() => happens({ do: "acknowledge" }))
        bus.onFrame = hear
        expect(key).toHaveLength(32)
        expect((await client.access()).paired).toBe(true)
        const stranger = new PumpClient(tools.bus, await findPump(tools.bus, 20_000), Buffer.alloc(32, 1))
        await expect(stranger.command(CommandKind.Stop)).rejects.toThrow("the key is not this pump's")
    })

    test("gives a bolus and a patient's dose, and says why it does not", async () => {
        await client.command(CommandKind.PatientDose)
        expect((await client.status()).bolus).toBe("patient's dose")
        await expect(client.command(CommandKind.PatientDose)).rejects.toThrow("lockout")
        await until(({ bolus }) => bolus === "")
        await client.command(CommandKind.Bolus, { volumeNl: 5_000, rateNlPerDay: 720_000 })
        expect((await client.status()).bolus).toBe("clinician's bolus")
        await client.command(CommandKind.CancelBolus)
        expect((await client.status()).bolus).toBe("")
    })

    test("MON-1: shows an alarm with its reason, and what it waits for", async () => {
        happens({ do: "occlude" })
        const { alarms, delivering } = await until(status => status.alarms.some(({ id }) => id === "occlusion"))
        expect(delivering).toBe(false)
        expect(alarms[0]).toMatchObject({ id: "occlusion", seen: false })
        expect(alarms[0].reason).not.toBe("")
        await client.command(CommandKind.Acknowledge)
        expect((await client.status()).alarms[0]).toMatchObject({ id: "occlusion", seen: true })
        happens({ do: "clear" })
        await client.command(CommandKind.Start)
        expect(await client.status()).toMatchObject({ delivering: true, alarms: [] })
    })

    test("PRG-8: takes a refill with another programme, once its reading is confirmed", async () => {
        happens({ do: "fill", volumeMl: 18, microgramsPerMl: 500, lineChanged: true })
        const reading = await client.propose(OTHER.bytes)
        expect(reading).toMatchObject({ concentrationNgPerMl: 500_000, meanPlPerDay: 200_000_000 })
        expect(reading.differences).toContain("concentrationNgPerMl")
        await expect(client.confirm(reading)).rejects.toThrow(RefusedError)
        const again = await client.propose(OTHER.bytes)
        await client.confirm(again, { volumeNl: 18_000_000, lineChanged: true })
        expect(await client.status()).toMatchObject({ programme: { concentrationNgPerMl: 500_000 } })
        expect(await client.programme()).toEqual(Buffer.from(OTHER.bytes))
    })

    test("LNK-7: leaves reading to the paired programmer where that is wanted", async () => {
        await client.restrict(true)
        const open = { bytes: await client.programme(), status: await client.status() }
        expect(open.status.access.restricted).toBe(true)
        expect(open.bytes).toEqual(Buffer.from(OTHER.bytes))
        const stranger = new PumpClient(tools.bus, await findPump(tools.bus, 20_000))
        await expect(stranger.status()).rejects.toThrow("pair it first")
        await client.restrict(false)
        expect(await stranger.status()).toMatchObject({ programme: open.status.programme })
    })

    test("LNK-8: has other limits once its button is pressed", async () => {
        const { limits } = await client.status()
        if (!limits) throw new Error("the pump has no limits")
        const wider = { ...limits, dayPlMax: limits.dayPlMax + 1_000_000_000 }
        const hear = bus.onFrame
        bus.onFrame = frame => setTimeout(() => hear(frame), 200)
        await client.limits(encodeLimits(wider), () => happens({ do: "acknowledge" }))
        bus.onFrame = hear
        expect((await client.status()).limits).toEqual(wider)
    })

    test("LNK-3: is the same after a power cut, for the programmer too", async () => {
        const before = await client.status()
        happens({ do: "powerOff" })
        await expect.poll(() => pump.session.powered, { timeout: 20_000 }).toBe(false)
        happens({ do: "powerOn" })
        await expect.poll(() => pump.session.powered, { timeout: 20_000 }).toBe(true)
        const found = new PumpClient(tools.bus, await findPump(tools.bus, 20_000), key)
        client = found
        const after = await until(({ delivering }) => delivering)
        expect(after.programme).toEqual(before.programme)
        expect(after.residualPl).toBeLessThanOrEqual(before.residualPl)
        await client.command(CommandKind.Stop)
        await client.selfTest()
        await client.command(CommandKind.Start)
        expect(await client.status()).toMatchObject({ mode: "running" })
    })

    test("MON-2: tells all of it in its log, and not its key", async () => {
        const image = await client.memory()
        expect(image.includes(key)).toBe(false)
        const read = readOut(image)
        const told = read.entries.map(({ what }) => what)
        for (const what of [
            "programmer paired",
            "patient's dose delivered",
            "patient's dose denied",
            "clinician's bolus cancelled",
            "programme taken",
            "refilled",
            "stopped by a person",
        ])
            expect(told).toContain(what)
        expect(read.badCopies).toEqual([])
    })

    test("is reached through the bytes of a serial port", async () => {
        // As a board's USB port carries frames, here over TCP.
        const port = createServer(async stream => {
            const board = overStream(stream)
            const frames = await openBusSocket(bus.url)
            frames.onFrame = frame => board.send(frame)
            board.onFrame = frame => frames.send(frame)
            board.onClose = () => frames.close()
        }).listen(0)
        const { port: number } = port.address() as AddressInfo
        const options = { bus: `socket://127.0.0.1:${number}`, keys: "/no/keys" }
        const found = await visitPump(options, visited => visited.status())
        expect(found).toMatchObject({ mode: "running", access: { paired: true } })
        port.close()
    })

    test("is reached over TCP as well", async () => {
        const other = await ToolsBus.join(bus.tcpUrl)
        const found = new PumpClient(other.bus, await findPump(other.bus, 20_000), key)
        expect(await found.status()).toMatchObject({ access: { paired: true } })
        other.leave()
    })
})

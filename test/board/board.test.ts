// `npm run hil` around a machine of DeviceScript that stands in for a board, over the bytes of a serial port: which boards it refuses, and a
// scenario in real time. Where there is a runtime image, the same around the real runtime on an emulated Pico with its counter.

import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { afterAll, afterEach, describe, expect, test } from "vitest"
import { chipBoard, FixtureCounter, openChip } from "../../sim/board/chipPort"
import { type HilOptions, runHil } from "../../sim/board/hil"
import { openPort } from "../../sim/board/port"
import { portKind } from "../../sim/board/ways"
import { PINS } from "../../sim/chip/bench"
import { cachedRuntime } from "../../sim/chip/image"
import { firmwareFile, ROOT } from "../../sim/engines/firmware"
import { BusServer } from "../../sim/live/busServer"
import { LivePump } from "../../sim/live/livePump"
import { loadScenario } from "../../sim/scenario/load"
import { flashWith, HERE, WFE } from "../chip/program"
import { StandIn } from "./standIn"

const folder = mkdtempSync(join(tmpdir(), "pump-hil-"))
afterAll(() => rmSync(folder, { recursive: true }))

const ends: (() => void)[] = []
afterEach(() => {
    for (const end of ends.splice(0)) end()
})

async function standIn(name?: string): Promise<StandIn> {
    const started = await StandIn.start("mainSimulator", name)
    ends.push(() => started.stop())
    return started
}

/** The same without the command line, in this process. */
async function hilAt(port: string, options: Partial<HilOptions> = {}, file = "test/hil/ninety-seconds.json") {
    return runHil(loadScenario(file), 1, await openPort(port), {
        deploy: undefined,
        signal: new AbortController().signal,
        onNote: () => {},
        onMoment: () => {},
        ...options,
    })
}

function hil(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, ["--import", "tsx", join(ROOT, "sim/cli/hil.ts"), ...args], {
        cwd: ROOT,
        env: { ...process.env, NO_COLOR: "1" },
    })
    let [stdout, stderr] = ["", ""]
    child.stdout.on("data", text => {
        stdout += text
    })
    child.stderr.on("data", text => {
        stderr += text
    })
    return new Promise(resolve => child.once("close", status => resolve({ status, stdout, stderr })))
}

describe("HIL-1: a board that may hold a reservoir is refused, and nothing in it is changed", () => {
    test("a program that is not the fixture's", async () => {
        const pico = await standIn("intrathecal-pump PicoBoard")
        const { status, stderr } = await hil("--port", pico.address)
        expect(stderr).toMatch(/refused: the board runs "intrathecal-pump PicoBoard"/)
        expect(status).toBe(1)
        expect(pico.settingsWritten).toBe(0)
        expect(pico.programStopped).toBe(false)
    })
    test("a pump whose sensors read and whose reservoir holds something, whatever its program is called", async () => {
        const bus = await BusServer.start(0)
        const pump = new LivePump(loadScenario("sim/scenarios/day.json"), 1, 2, bus)
        const running = pump.run()
        ends.push(() => {
            pump.stop()
            bus.stop()
        })
        await expect(hilAt(bus.url)).rejects.toThrow(
            /refused: the pump on the board has sensors that read and reports a reservoir of 20\.00 mL/,
        )
        expect(pump.session.powered).toBe(true)
        pump.stop()
        await running
    })
    test("a board of another kind than the fixture's program is for", async () => {
        const simulator = await standIn()
        const deploy = { fixture: "pico", bytecode: new Uint8Array(0) } as const
        await expect(hilAt(simulator.address, { ...simulator.clocks, deploy })).rejects.toThrow(
            /refused: the board calls itself product 0x3fe5b46f, and a "pico" is 0x3143b52c/,
        )
        expect(simulator.settingsWritten).toBe(0)
    })
})

test("a scenario over the bytes of a serial port: deployed, driven by the programmer's link, held against core", async () => {
    const board = await standIn()
    const file = join(folder, "short.json")
    writeFileSync(
        file,
        JSON.stringify({
            name: "Some seconds on a board",
            description: "A patient's dose, a stop and a start over the link, a power cut.",
            prescription: relative(folder, join(ROOT, "test/chip/bench-dose.prescription.json")),
            duration: "00:00:26",
            startsAt: "2026-03-02T00:00:00",
            events: [
                { at: "00:00:07", do: "patientDose" },
                { at: "00:00:10", do: "stop" },
                { at: "00:00:13", do: "start" },
                { at: "00:00:18", do: "powerOff" },
                { at: "00:00:19", do: "powerOn" },
            ],
            expect: { noOtherAlarms: true, bolusOutcomes: ["cancelled"] },
        }),
    )
    const bytecode = readFileSync(firmwareFile("mainSimulator"))
    const done = await hilAt(board.address, { ...board.clocks, deploy: { fixture: "simulator", bytecode } }, file)
    expect(done?.checks.filter(({ failure }) => failure !== undefined)).toEqual([])
    expect(done?.run.result).toMatchObject({ engine: "board", simulatedMs: 26_000 })
    expect(done?.run.result.commandedSteps).toBeGreaterThan(10)
    expect(board.settingsWritten).toBeGreaterThan(0)
})

describe("bad input ends with exit code 2 and a message, and no port is opened", () => {
    const existing = "test/hil/ninety-seconds.json"
    test.each<[string[], RegExp]>([
        [["--port", "http://127.0.0.1:1"], /--port: was "http:\/\/127.0.0.1:1", may be a serial port/],
        [["--port", "/dev/null", "--deploy", "uno"], /--deploy: was "uno", may be "pico" or "esp32c3" or "simulator"/],
        [["--port", "/dev/null", "--scenario", existing, "none.json"], /none\.json: was missing/],
        [
            ["--port", "/dev/null", "--junit", "/no/such/folder/x.xml"],
            /--junit: was .*may be an XML file in a folder that exists/,
        ],
    ])("%j", async (args, message) => {
        const { status, stdout, stderr } = await hil(...args)
        expect(stderr).toMatch(message)
        expect(stderr).not.toMatch(/^\s+at /m)
        expect(stdout).toBe("")
        expect(status).toBe(2)
    })
})

test("a port at which nothing answers ends with exit code 1", async () => {
    const { status, stderr } = await hil("--port", join(folder, "no-such-port"))
    expect(stderr).toMatch(/nothing answers at .*no-such-port/)
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(status).toBe(1)
})

test.each([
    ["/dev/ttyACM0", "serial"],
    ["COM3", "serial"],
    ["socket://127.0.0.1:4000", "socket"],
    ["socket://127.0.0.1", undefined],
    ["ws://127.0.0.1:8081", "bus"],
    ["tcp://127.0.0.1:8082", "bus"],
    ["http://127.0.0.1:80", undefined],
    ["", undefined],
])("%j is a port of this kind: %s", (address, kind) => {
    expect(portKind(address)).toBe(kind)
})

test("frames with every byte come through the bytes of a port, text between them too", async () => {
    const board = await standIn()
    const port = await openPort(board.address)
    ends.push(() => port.close())
    port.send(Uint8Array.from({ length: 240 }, (_, i) => 0xf0 + (i % 16)))
    await expect.poll(() => board.heard).toBe(1)
    expect(board.lastHeard).toEqual(Array.from({ length: 240 }, (_, i) => 0xf0 + (i % 16)))
})

describe("the fixture's counter", () => {
    test("turns by one with each pulse, and DIR comes back", () => {
        const levels = new Map<number, boolean>()
        const counter = new FixtureCounter((pin, level) => levels.set(pin, level))
        const seen: string[] = []
        for (let i = 0; i < 5; i++) {
            counter.onPin(PINS.STEP, true)
            counter.onPin(PINS.STEP, true)
            counter.onPin(PINS.STEP, false)
            seen.push(`${Number(levels.get(PINS.ENCODER_A))}${Number(levels.get(PINS.ENCODER_B))}`)
        }
        expect(seen).toEqual(["10", "11", "01", "00", "10"])
        counter.onPin(PINS.DIR, true)
        expect(levels.get(PINS.END_NC)).toBe(true)
        counter.onPin(PINS.DIR, false)
        expect(levels.get(PINS.END_NC)).toBe(false)
    })
    test("an emulated board without a runtime closes its connection or says nothing", async () => {
        const { socket, chip } = chipBoard(flashWith([WFE, WFE, HERE]))
        await expect.poll(() => chip.nanos).toBeGreaterThan(0)
        socket.close()
    })
})

const runtimeFile = cachedRuntime()
if (runtimeFile === undefined)
    process.stderr.write(
        "SKIPPED: the fixture's firmware on DeviceScript's runtime image, because there is none in .devicescript/cache (test/hil/README.md)\n",
    )

test.skipIf(runtimeFile === undefined || !existsSync(runtimeFile ?? ""))(
    "HIL-3: the fixture's program on the real runtime, emulated, passes ninety seconds with a dose, an occlusion and a power cut",
    async () => {
        const scenario = loadScenario("test/hil/ninety-seconds.json")
        const { socket, clocks } = await openChip(runtimeFile)
        const done = await runHil(scenario, scenario.seed, socket, {
            ...clocks,
            deploy: undefined,
            signal: new AbortController().signal,
            onNote: () => {},
            onMoment: () => {},
        })
        expect(done?.checks.filter(({ failure }) => failure !== undefined)).toEqual([])
        expect(done?.run.result.commandedSteps).toBeGreaterThan(60)
    },
    1_800_000,
)

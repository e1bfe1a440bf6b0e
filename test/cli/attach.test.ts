// `npm run attach` against the real tools: `devs devtools` is the bus, `devs run` the device, and half a minute of real
// time passes. The tools know only one port, so on a machine where it is taken the test says so and is skipped.

import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { firmwareFile, ROOT } from "../../sim/engines/firmware"
import { renderReport } from "../../sim/report/html"
import { renderSummary } from "../../sim/report/summary"
import { fixtureRun, fixtureScenario } from "../report/fixture"

const PRIME = "sim/scenarios/prime.json"
const TOOLS_PORT = 8081
const DEVS = join(ROOT, "node_modules/@devicescript/cli/devicescript")
const PROGRAMMER = ["--import", "tsx", join(ROOT, "sim/cli/programmer.ts")]
const ATTACH = ["--import", "tsx", join(ROOT, "sim/cli/attach.ts")]

const children = new Set<ChildProcess>()
let folder: string
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "attach-"))
    process.once("exit", killChildren)
})
afterAll(() => {
    killChildren()
    process.off("exit", killChildren)
    rmSync(folder, { recursive: true, force: true })
})

function killChildren(): void {
    for (const child of children) child.kill("SIGKILL")
}

interface Process {
    child: ChildProcess
    text: { stdout: string; stderr: string }
    ended: Promise<number | null>
}

/** Starts Node without a shell between, so that what is killed is the process itself. */
function start(args: string[], cwd: string): Process {
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe"], env: environment() })
    children.add(child)
    const text = { stdout: "", stderr: "" }
    child.stdout?.on("data", chunk => {
        text.stdout += chunk
    })
    child.stderr?.on("data", chunk => {
        text.stderr += chunk
    })
    const ended = new Promise<number | null>(resolve =>
        child.once("close", code => {
            children.delete(child)
            resolve(code)
        }),
    )
    return { child, text, ended }
}

function environment(): NodeJS.ProcessEnv {
    return { ...process.env, NO_COLOR: "1" }
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 300; i++) {
        if (await holds()) return
        await delay(200)
    }
    throw new Error(`within a minute, not so: ${what}`)
}

function listening(port: number): Promise<boolean> {
    return new Promise(resolve => {
        const socket = connect(port, "127.0.0.1")
        socket.once("connect", () => {
            socket.destroy()
            resolve(true)
        })
        socket.once("error", () => resolve(false))
    })
}

function attachNow(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...ATTACH, ...args], {
        cwd: ROOT,
        encoding: "utf8",
        env: environment(),
    })
    return { status, stdout, stderr }
}

describe("bad input ends with exit code 2 and a message", () => {
    test.each<[name: string, args: string[], message: RegExp]>([
        ["a missing file", ["no-such.json"], /no-such\.json: was missing/],
        ["a bus without ws://", [PRIME, "--bus", "127.0.0.1:8081"], /--bus: was "127.0.0.1:8081", may be .*"ws:\/\//],
        ["a bus by http", [PRIME, "--bus", "http://127.0.0.1"], /--bus: was "http:\/\/127.0.0.1", may be/],
        ["no time", [PRIME, "--for", "00:00"], /--for: was "00:00", may be a time such as "00:10" \(ten minutes\)/],
        ["longer than the scenario", [PRIME, "--for", "03:01"], /--for: was "03:01", may be .* up to .*"03:00:00"/],
        ["a time in words", [PRIME, "--for", "ten"], /--for: was "ten", may be/],
        ["a seed in words", [PRIME, "--seed", "seven"], /--seed: was "seven", may be a whole number/],
    ])("%s", (_name, args, message) => {
        const { status, stdout, stderr } = attachNow(...args)
        expect(stderr).toMatch(message)
        expect(stderr).not.toMatch(/^\s+at /m)
        expect(stdout).toBe("")
        expect(status).toBe(2)
    })
})

test("--help names the tools to start and the exit codes", () => {
    const { status, stdout } = attachNow("--help")
    expect(status).toBe(0)
    for (const word of ["npx devs devtools", "npx devs run src/mainSimulator.ts", "--for", "Exit code", "Examples"])
        expect(stdout).toContain(word)
    expect(stdout).toMatch(/not for\s+patients/i)
})

test("a bus that is not there ends with exit code 1 and says how to start it", () => {
    const { status, stderr } = attachNow(PRIME, "--bus", "ws://127.0.0.1:9")
    expect(stderr).toContain("npx devs devtools")
    expect(stderr).toContain("npx devs run src/mainSimulator.ts")
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(status).toBe(1)
})

test("a step error that is not known is not made up", () => {
    const scenario = fixtureScenario()
    const run = fixtureRun()
    run.result.stepErrorMax = null
    expect(renderSummary(scenario, run, false)).toMatch(/Largest error +not known/)
    expect(renderReport(scenario, run)).toMatch(/Largest metering error.*not known/s)
})

// Times are spaced so that a slow machine, on which a second more or less passes before the pump hears, gives the same.
const SCENARIO = {
    name: "Half a minute in real time",
    description: "A prime, a stop and a start by a person, a power cut.",
    duration: "00:00:30",
    startsAt: "2026-03-02T00:00:00",
    events: [
        { at: "00:00:05", do: "acknowledge", again: { every: "00:00:02", times: 4 } },
        { at: "00:00:06", do: "prime", volumeMl: 0.005, rateMlPerHour: 10 },
        { at: "00:00:11", do: "stop" },
        { at: "00:00:16", do: "start" },
        { at: "00:00:18", do: "powerOff" },
        { at: "00:00:21", do: "powerOn" },
    ],
    expect: { alarms: [], noOtherAlarms: false, bolusOutcomes: ["delivered"], stepErrorBelow: 0.001 },
}

test("a scenario runs in real time around the firmware in the tools", { timeout: 240_000 }, async context => {
    if (await listening(TOOLS_PORT)) {
        const reason = `port ${TOOLS_PORT} is in use (devs devtools, VS Code?): the tools cannot be started for this test`
        console.warn(`SKIPPED: ${reason}`)
        context.skip(reason)
    }
    const file = join(folder, "real-time.json")
    const prescription = relative(folder, join(ROOT, "sim/prescriptions/night-rise-312.json"))
    writeFileSync(file, JSON.stringify({ ...SCENARIO, prescription }))

    // The tools keep the device's flash in the folder they are started in: here a new one, with nothing in it.
    const devtools = start([DEVS, "devtools"], folder)
    await until("devs devtools serves its bus", () => listening(TOOLS_PORT))
    const device = start([DEVS, "run", firmwareFile("mainSimulator")], folder)
    await until("devs run starts the firmware", () => device.text.stdout.includes("self-deployed"))

    const attached = start([...ATTACH, file, "--json"], ROOT)
    // A programmer on the same bus, with tools that are not of this project between it and the pump.
    await until("the pump delivers", () => attached.text.stderr.includes("starting"))
    const programmer = [...PROGRAMMER, "--bus", `ws://127.0.0.1:${TOOLS_PORT}`, "--keys", join(folder, "keys")]
    const paired = start([...programmer, "pair"], ROOT)
    const pairedStatus = await paired.ended
    const silenced = start([...programmer, "--json", "silence"], ROOT)
    const silencedStatus = await silenced.ended
    const status = await attached.ended
    const { stdout, stderr } = attached.text
    for (const { child } of [device, devtools]) child.kill("SIGKILL")

    const said = `${stderr}\n${device.text.stdout}`
    expect(status, said).toBe(0)
    expect(pairedStatus, paired.text.stderr).toBe(0)
    expect(silencedStatus, silenced.text.stderr).toBe(0)
    const result = JSON.parse(stdout)
    expect(result, said).toMatchObject({ engine: "attach", simulatedMs: 30_000, stepErrorMax: null })
    expect(result.alarms).not.toContainEqual(expect.objectContaining({ priority: "high" }))
    expect(result.boluses).toMatchObject([{ kind: "prime", outcome: "delivered", deliveredPl: 5_000_000 }])
    // 5 µL of 45 nL a step, and the little that the prescription asks for meanwhile.
    expect(result.commandedSteps).toBeGreaterThan(100)
    expect(result.commandedSteps).toBeLessThan(125)
    expect(result.deliveredPl).toBeGreaterThan(4_800_000)
    expect(result.deliveredPl).toBeLessThan(5_500_000)
    expect(result.ticks).toBeGreaterThan(100)
    for (const line of [
        /00:00:05 {2}delivering/,
        /00:00:06 {2}scenario: prime/,
        /prime in progress/,
        /prime delivered/,
        /00:00:15 {2}stopped/,
        /00:00:20 {2}power off/,
        /00:00:30 {2}delivering/,
    ])
        expect(stderr).toMatch(line)
})

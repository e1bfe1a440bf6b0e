// `npm run programmer` and `npm run live` as a user meets them: a pump in one terminal, its programmer in another.

import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { parse } from "csv-parse/sync"
import { afterAll, beforeAll, expect, test } from "vitest"
import { ROOT } from "../../sim/engines/firmware"

let folder: string
let port: number
let live: ChildProcess
let told = ""

beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "programmer-"))
    port = await freePort()
    const args = [
        "--import",
        "tsx",
        "sim/cli/live.ts",
        "sim/scenarios/patient-dose-day.json",
        "--port",
        String(port),
        "--speed",
        "4",
    ]
    live = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] })
    live.stdout?.on("data", chunk => {
        told += chunk
    })
    for (let i = 0; i < 600 && !told.includes("delivering  "); i++) await delay(100)
}, 90_000)

afterAll(() => {
    live.kill("SIGKILL")
    rmSync(folder, { recursive: true, force: true })
})

/** A port that is free, and the next one too. */
async function freePort(): Promise<number> {
    for (;;) {
        const server = createServer().listen(0, "127.0.0.1")
        await new Promise(resolve => server.once("listening", resolve))
        const { port: found } = server.address() as { port: number }
        await new Promise(resolve => server.close(resolve))
        if (found < 65_000) return found
    }
}

function type(line: string): void {
    live.stdin?.write(`${line}\n`)
}

/** Runs a command; `answer` is what a person types. */
function programmer(args: string[], answer = "") {
    const child = spawn(
        process.execPath,
        [
            "--import",
            "tsx",
            "sim/cli/programmer.ts",
            "--bus",
            `ws://127.0.0.1:${port}`,
            "--keys",
            join(folder, "keys"),
            ...args,
        ],
        { cwd: ROOT, stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } },
    )
    child.stdin.end(answer)
    const text = { stdout: "", stderr: "" }
    for (const name of ["stdout", "stderr"] as const)
        child[name].on("data", chunk => {
            text[name] += chunk
        })
    const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>(resolve =>
        child.once("close", status => resolve({ status, ...text })),
    )
    return { text, ended }
}

const run = (args: string[], answer?: string) => programmer(args, answer).ended

test("what is wrong on the command line is told before any bus is joined", async () => {
    expect(await run(["--bus", "http://127.0.0.1", "status"])).toMatchObject({
        status: 2,
        stderr: expect.stringContaining("--bus"),
    })
    expect(await run(["program", "missing.json"])).toMatchObject({
        status: 2,
        stderr: expect.stringContaining("missing.json"),
    })
    expect(await run(["--bus", "socket://127.0.0.1", "status"])).toMatchObject({
        status: 2,
        stderr: expect.stringContaining("a serial port such as /dev/ttyACM0"),
    })
    expect(await run(["--bus", "/no/such/port", "status"])).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("no board at /no/such/port"),
    })
    expect(await run(["--bus", "ws://127.0.0.1:1", "status"])).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("no Jacdac bus at ws://127.0.0.1:1"),
    })
})

test("LNK-6: it reads without a key, and pairing gives it one that is never shown", { timeout: 120_000 }, async () => {
    const status = await run(["status"])
    expect(status).toMatchObject({ status: 0, stderr: "" })
    expect(status.stdout).toMatch(/not paired\n(.*\n)*delivery +delivering\n/)
    expect(await run(["stop"], "yes\n")).toMatchObject({ status: 1, stderr: expect.stringContaining("pair it first") })

    const pairing = programmer(["pair"])
    while (!pairing.text.stderr.includes("Press the pump's button")) await delay(50)
    type("acknowledge")
    const paired = await pairing.ended
    expect(paired.status, paired.stderr).toBe(0)
    const [file] = readdirSync(join(folder, "keys"))
    const key = readFileSync(join(folder, "keys", file), "utf8").trim()
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(statSync(join(folder, "keys", file)).mode & 0o777).toBe(0o600)
    expect(paired.stdout + paired.stderr + told).not.toContain(key)
})

test("PRG-8: a programme is shown beside the old one, and asked about", { timeout: 120_000 }, async () => {
    const prescription = "sim/prescriptions/night-rise-312.json"
    const refused = await run(["program", prescription], "no\n")
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("nothing was done") })
    expect(refused.stdout).toMatch(/Daily dose +312\.5 µg/)
    expect(refused.stdout).toMatch(/\* +Dose in the mean +200\.0 µg\/day +312\.5 µg\/day/)
    const other = await run(["program", prescription], "yes\n")
    expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining("another concentration") })
    type("fill volumeMl=18 microgramsPerMl=2000 lineChanged=true")
    const taken = await run(["program", prescription, "--refill-ml", "18", "--line-changed"], "yes\n")
    expect(taken.status, taken.stderr).toBe(0)
    const { stdout } = await run(["--json", "status"])
    expect(JSON.parse(stdout)).toMatchObject({ programme: { concentrationNgPerMl: 2_000_000, segments: 6 } })
})

test("what the pump refuses is told with its reason, and a log can be read out", { timeout: 120_000 }, async () => {
    const bolus = await run(["--yes", "bolus", "--micrograms", "5", "--over", "10"])
    expect(bolus).toMatchObject({ status: 1, stderr: expect.stringContaining("not in the programme") })
    type('{"do": "sensorFault", "sensor": "pressure", "failure": "missing"}')
    type("nothing that there is")
    for (let i = 0; i < 100 && !told.includes("Pressure sensor"); i++) await delay(100)
    const alarms = await run(["alarms"])
    expect(alarms.stdout).toMatch(/^medium: Pressure sensor.* \(no answer\)$/m)
    expect(told).toMatch(/prompt: .*was "that"/)
    const log = await run(["log", "--csv", "--output", join(folder, "log.csv")])
    expect(log).toMatchObject({ status: 0, stdout: "" })
    const entries = parse<{ what: string }>(readFileSync(join(folder, "log.csv")), { columns: true })
    expect(entries.map(({ what }) => what)).toEqual(expect.arrayContaining(["programmer paired", "programme taken"]))
    type("quit")
    for (let i = 0; i < 100 && live.exitCode === null; i++) await delay(100)
    expect(live.exitCode).toBe(0)
})

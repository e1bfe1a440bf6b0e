// `npm run live`: a simulated pump in real time, or faster, with its bus for the programmer and other tools, and a prompt at which
// things happen to it.

import { createInterface } from "node:readline"
import { Command } from "commander"
import { InputError, shown } from "../input"
import { formatDuration } from "../report/units"
import { eventName } from "../report/words"
import { liveEvent, loadScenario } from "../scenario/load"
import type { Scenario } from "../scenario/scenario"
import { optionError, runCommand, wholeOption } from "./command"
import { LiveShow } from "./liveShow"

const SPEED_MAX = 1000
const SEED_MAX = 2 ** 32 - 1
const DEFAULT_SCENARIO = "sim/scenarios/day.json"
const DEFAULT_PORT = 8091

/** How often a line says how things stand, in real time. */
const LINE_MS = 10_000
/** And as fast as it goes, in the pump's time. */
const LINE_MS_AT_MOST = 3_600_000

interface LiveOptions {
    speed: string
    port: string
    seed?: string
}

const command = new Command("npm run live --")
    .description(
        "Runs a simulated pump until Ctrl-C, in real time or faster: the firmware's bytecode in DeviceScript's virtual machine with its world around it. Its Jacdac bus is open to this machine, for npm run programmer and for other Jacdac tools. Bench and research pump: not for patients.",
    )
    .argument("[file]", "scenario that the pump, its programme and its world are taken from", DEFAULT_SCENARIO)
    .option("--speed <number>", `how many times as fast as real time, 1 to ${SPEED_MAX}, or "max"`, "1")
    .option("--port <number>", "where the bus is served: WebSocket at this port, TCP at the next", String(DEFAULT_PORT))
    .option("--seed <number>", `draws the sensors' noise: 0 to ${SEED_MAX} (default: the scenario's)`)
    .addHelpText(
        "after",
        `
At the prompt things happen to the pump. A line is an event of a scenario (sim/README.md) without its time: its name, then its
fields; or the same as a JSON object.
  acknowledge                                 the pump's button
  occlude                                     the catheter is blocked
  clear                                       and free again
  sensorFault sensor=pressure failure=stuck
  fill volumeMl=18                            the reservoir is filled, and the pump not told
  powerOff
  powerOn
  speed 60                                    60 times as fast as real time from now on; "speed max"
  quit

Exit code
  0     it was ended by a person
  1     the firmware failed
  2     the input was wrong

Examples
  npm run live
  npm run live -- sim/scenarios/patient-dose-day.json --speed 60
  npm run programmer -- status                in another terminal`,
    )
    .action(async (file: string, options: LiveOptions) => {
        const speed = speedOf("--speed", options.speed)
        const port = wholeOption("--port", options.port, 1, 65_534)
        const seed = options.seed === undefined ? undefined : wholeOption("--seed", options.seed, 0, SEED_MAX)
        const scenario = loadScenario(file)
        await live(scenario, seed ?? scenario.seed, speed, port)
    })

/** A speed as it is typed. Throws InputError. */
function speedOf(field: string, text: string): number {
    return text === "max" ? Infinity : wholeOption(field, text, 1, SPEED_MAX)
}

async function live(scenario: Scenario, seed: number, speed: number, port: number): Promise<void> {
    // Loaded only now: the machine takes longer to load than all that can be wrong with the input takes to find.
    const { BusServer } = await import("../live/busServer")
    const { LivePump } = await import("../live/livePump")
    const { buildFirmware, firmwareIsCurrent } = await import("../engines/firmware")
    if (!firmwareIsCurrent("mainSimulator")) {
        process.stdout.write("Building the firmware …\n")
        await buildFirmware("mainSimulator")
    }
    const bus = await BusServer.start(port).catch((error: NodeJS.ErrnoException) => {
        throw optionError("--port", String(port), `a port that is free, and the next one too (${error.code})`)
    })
    const pump = new LivePump(scenario, seed, speed, bus)
    const { session } = pump
    const print = (text: string) => process.stdout.write(`${text}\n`)
    const show = new LiveShow(session, print)
    runAt(speed)
    pump.onTick = () => show.moment({ mode: session.mode, voice: "speaking" })

    print(`${scenario.name}: ${scenario.prescription.name}, seed ${seed}`)
    print(`Bus at ${bus.url} and ${bus.tcpUrl}; "npm run programmer -- status" talks to the pump`)
    print('Type an event such as "occlude" for it to happen, "quit" to end')
    const lines = createInterface({ input: process.stdin })
    lines.on("line", line => {
        const text = line.trim()
        if (text === "quit") pump.stop()
        else if (text !== "") happen(text)
    })
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => pump.stop())

    /** Speed, and how often a line says how things stand. */
    function runAt(speed: number): void {
        pump.runAt(speed)
        show.lineMs = speed === Infinity ? LINE_MS_AT_MOST : LINE_MS * speed
    }

    function happen(text: string): void {
        try {
            const [name, given] = text.split(/\s+/)
            if (name === "speed") {
                runAt(speedOf("speed", given ?? ""))
                print(given === "max" ? "now: as fast as it goes" : `now: ${given} times as fast as real time`)
                return
            }
            const event = liveEvent("prompt", parsed(text), scenario.prescription.reservoirMl)
            pump.intervene(event)
            print(`now: ${eventName(event)}`)
        } catch (error) {
            if (!(error instanceof InputError)) throw error
            print(error.message)
        }
    }

    try {
        await pump.run()
    } finally {
        lines.close()
        bus.stop()
    }
    print(`Ended after ${formatDuration(session.world.nowMs)} of the pump's time`)
}

/** A line of the prompt as an event of a scenario is written: `name field=value …`, or a JSON object. Throws InputError. */
function parsed(text: string): Record<string, unknown> {
    const refuse = (was: string, mayBe: string): never => {
        throw new InputError([{ file: "prompt", field: "", was, mayBe }])
    }
    if (text.startsWith("{")) {
        try {
            return JSON.parse(text)
        } catch {
            return refuse(shown(text), "a JSON object")
        }
    }
    const [name, ...fields] = text.split(/\s+/)
    const pairs = fields.map(field => {
        const [, key, value] =
            /^(\w+)=(.+)$/.exec(field) ?? refuse(shown(field), "a field and its value, such as volumeMl=18")
        const plain = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
        return [key, value === "true" || value === "false" ? value === "true" : plain]
    })
    return { do: name, ...Object.fromEntries(pairs) }
}

await runCommand(command)

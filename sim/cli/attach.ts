// `npm run attach`: a scenario in real time around firmware that runs in the ordinary DeviceScript tools. What happens is
// printed as it happens, and a summary at the end; what cannot be known in real time is said to be so.

import { performance } from "node:perf_hooks"
import { Command } from "commander"
import { Mode } from "../../src/pump/pump"
import type { LivePump } from "../engines/realTime"
import { Session } from "../engines/session"
import { shown } from "../input"
import { renderSummary } from "../report/summary"
import { formatDuration, formatMl, formatNumber, RunClock } from "../report/units"
import { alarmName, bolusKind, bolusOutcome, eventName } from "../report/words"
import { loadScenario } from "../scenario/load"
import type { Scenario } from "../scenario/scenario"
import { sinceStartMs, sinceStartText } from "../scenario/time"
import { optionError, runCommand, wholeOption } from "./command"

const SEED_MAX = 2 ** 32 - 1
const TOOLS_BUS_URL = "ws://127.0.0.1:8081"

// Time between two lines that say how things stand.
const LINE_MS = 5_000

interface AttachOptions {
    bus: string
    seed?: string
    for?: string
    json?: true
}

const command = new Command("npm run attach --")
    .description(
        "Runs a scenario in real time around firmware that runs in the ordinary DeviceScript tools: joins their bus as the world of the simulated pump and shows live what happens. Bench and research pump: not for patients.",
    )
    .argument("<file>", "scenario file; those that come with the project are in sim/scenarios/")
    .option("--bus <url>", "where the tools serve their bus", TOOLS_BUS_URL)
    .option("--seed <number>", `draws the sensors' noise: 0 to ${SEED_MAX} (default: the scenario's)`)
    .option("--for <time>", 'ends after this time, hours and minutes such as "00:10" (default: the scenario\'s)')
    .option("--json", "print the result as one JSON object; what happens goes to standard error")
    .addHelpText(
        "after",
        `
Start the tools first, each in a terminal of its own, and leave them running:
  npx devs devtools                  the bus
  npx devs run src/mainSimulator.ts  the firmware in a simulated device

Prescription, calibration and filling are written into that device, and its program is started anew.

Exit code
  0     it ran to the end and met all that can be judged of it, or was ended before that
  1     it did not, or the tools are not there or failed
  2     the input was wrong

Examples
  npm run attach -- sim/scenarios/prime.json
  npm run attach -- sim/scenarios/occlusion.json --for 00:10`,
    )
    .action(async (file: string, options: AttachOptions) => {
        const seed = options.seed === undefined ? undefined : wholeOption("--seed", options.seed, 0, SEED_MAX)
        checkBus(options.bus)
        const scenario = loadScenario(file)
        const endMs = endOption(options.for, scenario)
        if (!(await attach(scenario, seed ?? scenario.seed, options.bus, endMs, options.json === true)))
            process.exitCode = 1
    })

function checkBus(text: string): void {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url?.protocol !== "ws:" && url?.protocol !== "wss:")
        throw optionError("--bus", text, `an address such as ${shown(TOOLS_BUS_URL)}`)
}

function endOption(text: string | undefined, scenario: Scenario): number {
    if (text === undefined) return scenario.durationMs
    const ms = sinceStartMs(text)
    if (ms === undefined || !(ms > 0 && ms <= scenario.durationMs))
        throw optionError(
            "--for",
            text,
            `a time such as "00:10" (ten minutes), up to the scenario's ${shown(sinceStartText(scenario.durationMs))}`,
        )
    return ms
}

/** Runs and shows the scenario. Returns true when nothing failed. */
async function attach(scenario: Scenario, seed: number, bus: string, endMs: number, json: boolean): Promise<boolean> {
    // Loaded only now: this side of the bus takes longer to load than all that can be wrong with the input takes to find.
    const { runRealTime } = await import("../engines/realTime")
    const { ToolsError } = await import("../engines/toolsBus")
    const live = json ? process.stderr : process.stdout
    const print = (text: string) => live.write(`${text}\n`)
    const session = new Session(scenario, seed)
    const show = new Show(session, print)
    const interrupt = new AbortController()
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort())

    print(`${scenario.name}: ${scenario.prescription.name}, seed ${seed}`)
    print(`${formatDuration(endMs)} in real time; Ctrl-C ends it before that`)
    const startedMs = performance.now()
    let failed = false
    try {
        await runRealTime(session, {
            url: bus,
            endMs,
            signal: interrupt.signal,
            onNote: text => show.note(text),
            onMoment: pump => show.moment(pump),
        })
    } catch (error) {
        if (!(error instanceof ToolsError)) throw error
        failed = true
        process.stderr.write(`${error.message}\n`)
        if (session.world.nowMs === 0) {
            process.stderr.write(`${howToStart(bus)}\n`)
            return false
        }
    }
    const endedMs = session.world.nowMs
    if (endedMs === 0) {
        print("Ended before the firmware was started")
        return true
    }
    const run = session.finish("attach", performance.now() - startedMs, endedMs)
    if (json) process.stdout.write(`${JSON.stringify(run.result)}\n`)
    else {
        const colour = process.stdout.isTTY === true && !process.env.NO_COLOR
        print(`\n${renderSummary(scenario, run, colour)}`)
    }
    if (endedMs < scenario.durationMs)
        print(
            `\nEnded after ${formatDuration(endedMs)} of ${formatDuration(scenario.durationMs)}: what the scenario expects was not judged`,
        )
    else if (json) for (const failure of run.failures) process.stderr.write(`expectation failed: ${failure}\n`)
    return !failed && run.failures.length === 0
}

function howToStart(bus: string): string {
    return `At ${bus} the tools are to serve their bus, with the firmware in a simulated device. In two terminals:
  npx devs devtools
  npx devs run src/mainSimulator.ts`
}

/** Prints what happens as it happens, and every few seconds how things stand. */
class Show {
    private readonly clock: RunClock
    private events = 0
    private alarmsRaised = 0
    private readonly alarmsStanding = new Set<number>()
    private readonly bolusOutcomes: string[] = []
    private nextLineMs = 0

    constructor(
        private readonly session: Session,
        private readonly print: (text: string) => void,
    ) {
        this.clock = new RunClock(session.scenario.startsAt)
    }

    note(text: string): void {
        this.print(text)
    }

    moment(pump: LivePump): void {
        const { session } = this
        const { nowMs } = session.world
        const { events } = session.scenario
        for (; this.events < events.length && events[this.events].atMs <= nowMs; this.events++)
            this.say(events[this.events].atMs, `scenario: ${eventName(events[this.events])}`)
        this.tellAlarms()
        this.tellBoluses()
        if (nowMs < this.nextLineMs) return
        this.nextLineMs = nowMs - (nowMs % LINE_MS) + LINE_MS
        this.say(nowMs, this.standing(pump))
    }

    private tellAlarms(): void {
        const { alarms } = this.session
        for (; this.alarmsRaised < alarms.length; this.alarmsRaised++) {
            const alarm = alarms[this.alarmsRaised]
            this.alarmsStanding.add(this.alarmsRaised)
            this.say(alarm.raisedMs, `ALARM, ${alarm.priority} priority: ${alarmName(alarm.id)}`)
        }
        for (const index of this.alarmsStanding) {
            const { id, clearedMs } = alarms[index]
            if (clearedMs === null) continue
            this.alarmsStanding.delete(index)
            this.say(clearedMs, `alarm over: ${alarmName(id)}`)
        }
    }

    private tellBoluses(): void {
        this.session.boluses.forEach((bolus, index) => {
            const outcome = bolusOutcome(bolus)
            if (outcome === this.bolusOutcomes[index]) return
            this.bolusOutcomes[index] = outcome
            this.say(this.session.world.nowMs, `${bolusKind(bolus)} ${outcome}`)
        })
    }

    /** How things stand: what the pump does, and what the world knows of it. */
    private standing(pump: LivePump): string {
        const { world, observer } = this.session
        const { deliveredPl, pressurePa, reservoirPl } = world
        const flow =
            this.session.powered && pump.voice === "speaking" && observer.delivering ? observer.ratePlPerDay : 0
        const names = [...this.alarmsStanding].map(index => alarmName(this.session.alarms[index].id))
        return [
            this.doing(pump).padEnd(14),
            `flow ${formatMl(flow)} mL/day`,
            `delivered ${formatNumber(deliveredPl / 1e6, 3)} µL, ${formatNumber(world.line.deliveredNg / 1000, 3)} µg`,
            `line ${formatNumber(pressurePa / 1000, 2)} kPa`,
            `reservoir ${formatMl(reservoirPl)} mL`,
            names.length === 0 ? "no alarms" : names.join(", "),
        ].join("  ")
    }

    private doing(pump: LivePump): string {
        if (!this.session.powered) return "power off"
        if (pump.voice !== "speaking") return pump.voice
        if (this.session.observer.delivering) return "delivering"
        return pump.mode === Mode.Stopped ? "stopped" : "not delivering"
    }

    private say(ms: number, text: string): void {
        this.print(`${this.clock.dayAndTime(ms)}  ${text}`)
    }
}

await runCommand(command)

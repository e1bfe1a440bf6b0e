// `npm run hil`: scenarios in real time on a board in the test fixture, held against `core`. What happens is printed as it happens.

import { readFileSync, writeFileSync } from "node:fs"
import { performance } from "node:perf_hooks"
import { Command } from "commander"
import { TOLERANCE } from "../board/compare"
import type { BoardClocks, HilRun } from "../board/hil"
import { junitXml } from "../board/junit"
import { FIXTURES, type FixtureName, PORT_FORMS, portKind } from "../board/ways"
import type { BusSocket } from "../engines/busSocket"
import { buildFirmware, firmwareFile, firmwareIsCurrent } from "../engines/firmware"
import { InputError } from "../input"
import { renderSummary } from "../report/summary"
import { formatDuration } from "../report/units"
import { loadScenario } from "../scenario/load"
import type { Scenario } from "../scenario/scenario"
import { optionError, problemsOfOutput, runCommand, wholeOption, wordOption } from "./command"
import { LiveShow } from "./liveShow"

const SEED_MAX = 2 ** 32 - 1
const LINE_MS = 5_000
/** An emulated Pico in an emulated fixture. */
const CHIP_PORT = "chip"
const DEFAULT_SCENARIO = "test/hil/ninety-seconds.json"
const BOARD_NAMES = Object.keys(FIXTURES) as FixtureName[]
const FLASHED_NAMES = BOARD_NAMES.filter(name => FIXTURES[name].board !== undefined)

interface HilCliOptions {
    port: string
    scenario: string[]
    deploy?: string
    flash?: string
    runtime?: string
    seed?: string
    junit?: string
    json?: true
}

const command = new Command("npm run hil --")
    .description(
        "Runs scenarios in real time on a board in the test fixture and holds what it did against the engine core. Bench and research pump: not for patients.",
    )
    .requiredOption("--port <port>", `${PORT_FORMS}; or ${CHIP_PORT}, an emulated Pico in the fixture`)
    .option("--scenario <file...>", "scenario files, run one after the other", [DEFAULT_SCENARIO])
    .option(
        "--deploy <board>",
        `put the fixture's program into the board first, over the port: ${BOARD_NAMES.join(" or ")}`,
    )
    .option(
        "--flash <board>",
        "flash runtime and fixture's program first, with the board's button held (boards/fixture.md)",
    )
    .option(
        "--runtime <file>",
        "with --flash or --port chip: DeviceScript's runtime image (default: the one fetched before, or from the web)",
    )
    .option("--seed <number>", `draws the sensors' noise: 0 to ${SEED_MAX} (default: the scenario's)`)
    .option("--junit <file>", "write what held and what did not as JUnit XML, for continuous integration")
    .option("--json", "print the results as one JSON array; what happens goes to standard error")
    .addHelpText(
        "after",
        `
The board's motor pins lead into a counter, and its program is the fixture's: boards/fixture.md. A board that runs any other
program, or reports a reservoir, is refused before anything in it is changed.

Held against core, each at most ${TOLERANCE.lateMs / 1000} s early or late: steps as the counter saw them, ${TOLERANCE.stepsPerPowerOn} more or less for each power-on;
alarms with their reasons; boluses and how they ended; refusals; answers to programmes. And what the scenario expects.

Exit code
  0     all of it held
  1     it did not, the run broke off, or the board was refused or is not there
  2     the input was wrong

Examples
  npm run hil -- --port /dev/ttyACM0 --deploy pico
  npm run hil -- --port /dev/ttyACM0 --scenario sim/scenarios/prime.json --junit hil.xml
  npm run hil -- --port ws://127.0.0.1:8081 --deploy simulator
  npm run hil -- --port chip --runtime devicescript-rp2040-pico.uf2`,
    )
    .action(async (options: HilCliOptions) => {
        if (options.port !== CHIP_PORT && portKind(options.port) === undefined)
            throw optionError("--port", options.port, PORT_FORMS)
        const deploy = options.deploy === undefined ? undefined : wordOption("--deploy", options.deploy, BOARD_NAMES)
        const flash = options.flash === undefined ? undefined : wordOption("--flash", options.flash, FLASHED_NAMES)
        if (options.runtime !== undefined && flash === undefined && options.port !== CHIP_PORT)
            throw optionError("--runtime", options.runtime, `left out, or used with --flash or --port ${CHIP_PORT}`)
        const seed = options.seed === undefined ? undefined : wholeOption("--seed", options.seed, 0, SEED_MAX)
        const problems = problemsOfOutput("--junit", "an XML file", options.junit)
        if (problems.length > 0) throw new InputError(problems)
        const scenarios = options.scenario.map(file => loadScenario(file))
        if (flash && !(await (await import("../board/flash")).flashFixture(flash, options.runtime))) {
            process.exitCode = 1
            return
        }
        if (!(await runAll(scenarios, seed, deploy, options))) process.exitCode = 1
    })

/** True where all that was held against `core`, or expected, held. */
async function runAll(
    scenarios: Scenario[],
    seed: number | undefined,
    fixture: FixtureName | undefined,
    { port, json, junit, runtime }: HilCliOptions,
): Promise<boolean> {
    // The bus takes longer to load than it takes to see that an option is wrong.
    const { runHil } = await import("../board/hil")
    const { RefusedBoardError } = await import("../board/board")
    const { ToolsError } = await import("../engines/toolsBus")
    const live = json ? process.stderr : process.stdout
    const print = (text: string) => live.write(`${text}\n`)
    const interrupt = new AbortController()
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupt.abort())
    const deploy = fixture && { fixture, bytecode: await fixtureProgram(fixture) }
    const startedMs = performance.now()
    const done: { scenario: Scenario; hil: HilRun }[] = []
    try {
        for (const scenario of scenarios) {
            print(
                `${scenario.name}: ${formatDuration(scenario.durationMs)} in real time at ${port}; Ctrl-C ends it before that`,
            )
            let show: LiveShow | undefined
            const way = await connect(port, runtime)
            const hil = await runHil(scenario, seed ?? scenario.seed, way.socket, {
                ...way.clocks,
                deploy: done.length === 0 ? deploy : undefined,
                signal: interrupt.signal,
                onNote: print,
                onSession: session => {
                    show = new LiveShow(session, print)
                    show.lineMs = LINE_MS
                },
                onMoment: pump => show?.moment(pump),
            })
            if (!hil || interrupt.signal.aborted) {
                print("Ended before the scenario did: nothing was judged")
                return false
            }
            done.push({ scenario, hil })
            if (!json)
                print(`\n${renderSummary(scenario, hil.run, process.stdout.isTTY === true && !process.env.NO_COLOR)}\n`)
            for (const { name, failure } of hil.checks)
                print(failure === undefined ? `held    ${name}` : `FAILED  ${name}: ${failure}`)
        }
    } catch (error) {
        if (!(error instanceof ToolsError || error instanceof RefusedBoardError)) throw error
        process.stderr.write(`${error.message}\n`)
        return false
    }
    const checks = done.flatMap(({ scenario, hil }) =>
        hil.checks.map(({ name, failure }) => ({ name: `${scenario.name}: ${name}`, failure })),
    )
    if (junit !== undefined) writeFileSync(junit, junitXml("hil", checks, (performance.now() - startedMs) / 1000))
    if (json)
        process.stdout.write(
            `${JSON.stringify(done.map(({ hil }) => ({ ...hil.run.result, board: hil.board.deviceId, checks: hil.checks })))}\n`,
        )
    return checks.every(({ failure }) => failure === undefined)
}

/** The way to the board, and the clocks that it goes by where they are not this machine's. */
async function connect(
    port: string,
    runtime: string | undefined,
): Promise<{ socket: BusSocket; clocks?: BoardClocks }> {
    if (port === CHIP_PORT) return (await import("../board/chipPort")).openChip(runtime)
    const { openPort } = await import("../board/port")
    const { ToolsError } = await import("../engines/toolsBus")
    try {
        return { socket: await openPort(port) }
    } catch (error) {
        throw new ToolsError(`nothing answers at ${port}: ${(error as Error).message}`)
    }
}

async function fixtureProgram(fixture: FixtureName): Promise<Buffer> {
    const { entry } = FIXTURES[fixture]
    if (!firmwareIsCurrent(entry)) {
        process.stderr.write("Building the fixture's firmware\n")
        await buildFirmware(entry)
    }
    return readFileSync(firmwareFile(entry))
}

await runCommand(command)

// The engine `board`: a scenario in real time around a board in the test fixture. The world is played to it over Jacdac, people ask by the
// programmer's link, and what its pins' counter saw is held against `core`.

import { performance } from "node:perf_hooks"
import { JDServerServiceProvider, type Scheduler } from "jacdac-ts"
import { START_UP_MS } from "../../src/pump/limits"
import { CommandKind } from "../../src/pump/readings"
import type { BusSocket } from "../engines/busSocket"
import { runCore } from "../engines/core"
import { type LiveState, runOnDevice } from "../engines/realTime"
import type { Run } from "../engines/result"
import { Session } from "../engines/session"
import { ToolsBus, ToolsError } from "../engines/toolsBus"
import { findPump, PumpClient } from "../programmer/client"
import { presetKey } from "../programmer/presetKey"
import type { Scenario } from "../scenario/scenario"
import { type Board, deploy, findBoard, requireFixture } from "./board"
import { Clinician } from "./clinician"
import { type Check, compare, logSteps, TOLERANCE, type Tolerance } from "./compare"
import { asHeard, logHeard } from "./heard"
import type { FixtureName } from "./ways"

/** How long a command waits for a pump that starts: its link begins with its ticks. */
const PUMP_MS_MAX = 2_000

/** The clock that a board runs by, in milliseconds, and one for the bus; this machine's without them. */
export interface BoardClocks {
    clock?: () => number
    scheduler?: Scheduler
}

export interface HilOptions extends BoardClocks {
    /** The fixture's program for this kind of board; undefined leaves the board the one that it has. */
    deploy: { fixture: FixtureName; bytecode: Uint8Array } | undefined
    /** Ends the run before its end. */
    signal: AbortSignal
    onNote: (text: string) => void
    /** Called with the session before it starts. */
    onSession?: (session: Session) => void
    onMoment: (pump: LiveState) => void
    tolerance?: Tolerance
}

/** What a board did, and what of it holds. */
export interface HilRun {
    run: Run
    core: Run
    checks: Check[]
    board: Pick<Board, "deviceId" | "programName">
    /** When it ended, in milliseconds of the scenario. */
    endedMs: number
}

/**
 * Runs a scenario on the board behind this connection, which is closed at the end. Undefined when the signal came before it began.
 * Throws RefusedBoardError before anything of a board is changed that may hold a reservoir; ToolsError where it fails.
 */
export async function runHil(
    scenario: Scenario,
    seed: number,
    socket: BusSocket,
    options: HilOptions,
): Promise<HilRun | undefined> {
    const tools = ToolsBus.over(socket, options.scheduler)
    try {
        // It is heard of twice a second: by that a Pico without another reason to wake goes on (boards/README.md, Without USB).
        tools.bus.addServiceProvider(new JDServerServiceProvider("host", []))
        const board = await findBoard(tools)
        await requireFixture(tools, board)
        if (options.deploy) {
            let tenths = 0
            const { fixture, bytecode } = options.deploy
            await deploy(tools, board, fixture, bytecode, part => {
                if (Math.floor(10 * part) <= tenths) return
                tenths = Math.floor(10 * part)
                options.onNote(`${10 * tenths} % of the fixture's program are in the board`)
            })
            board.programName = await board.device.programName()
            await requireFixture(tools, board)
        }
        return await runOn(board, tools, scenario, seed, options)
    } finally {
        tools.leave()
    }
}

async function runOn(
    board: Board,
    tools: ToolsBus,
    scenario: Scenario,
    seed: number,
    options: HilOptions,
): Promise<HilRun | undefined> {
    if (board.programName === undefined)
        throw new ToolsError("the board has no program: put the fixture's into it with --deploy")
    const session = new Session(scenario, seed)
    options.onSession?.(session)
    const log = logSteps(session)
    const heardLog = logHeard(session)
    const key = await presetKey(session.memory)
    const clinician = new Clinician(
        session,
        async () => new PumpClient(tools.bus, await findPump(tools.bus, PUMP_MS_MAX), key),
        kind => kind === CommandKind.PatientDose,
    )
    const startedMs = performance.now()
    const endedMs = await runOnDevice(session, tools, board.device, {
        endMs: scenario.durationMs,
        signal: options.signal,
        onNote: options.onNote,
        onMoment: options.onMoment,
        firstSampleMs: START_UP_MS,
        onCommand: command => clinician.take(command),
        ...(options.clock ? { clock: options.clock } : {}),
    })
    await board.device.stop()
    if (endedMs === undefined || endedMs === 0) return undefined
    const run = session.finish("board", performance.now() - startedMs, endedMs)

    const heard = asHeard(scenario, heardLog)
    const coreSession = new Session(heard.scenario, seed)
    const coreLog = logSteps(coreSession)
    await runCore(coreSession, { onProgress: () => {}, onTraceLine: undefined })
    const core = coreSession.finish("core", 0)
    const tolerance = options.tolerance ?? TOLERANCE
    const unheard = [...heard.unheard, ...clinician.unanswered]
    if (heard.latestMs > tolerance.heardMs) unheard.push(`${heard.latest} was heard ${heard.latestMs / 1000} s later`)
    const checks: Check[] = [
        ...compare({ result: run.result, log }, { result: core.result, log: coreLog }, tolerance),
        { name: "commands heard", failure: unheard.join("; ") || undefined },
        { name: "expectations", failure: run.failures.join("; ") || undefined },
    ]
    return { run, core, checks, board, endedMs }
}

// One seed from its drawing to its verdict; also what each worker of a campaign runs.

import { fileURLToPath } from "node:url"
import type { EngineName } from "../engines/run"
import { checkScenario } from "../scenario/load"
import { type DrawnScenario, drawScenario } from "./draw"
import type { Violation } from "./invariants"
import { WatchedSession } from "./watch"

/** Where a drawn scenario would lie: its paths are relative to this. */
export const DRAWN_FILE = fileURLToPath(new URL("../scenarios/drawn.json", import.meta.url))

export interface SeedRequest {
    seed: number
    days: number
    engine: EngineName
}

/** What came of one seed. */
export interface SeedOutcome {
    seed: number
    /** In the order in which they were seen; none in a seed that passed. */
    violations: readonly Violation[]
    simulatedMs: number
    wallMs: number
    /** Events of the scenario, alarms raised and boluses asked for: what the seed put the pump through. */
    events: number
    alarms: number
    boluses: number
    powerOns: number
    /** The heap in use when it was over. */
    heapBytes: number
}

/** Runs a drawn scenario and judges it. */
export async function judge(drawn: DrawnScenario, engine: EngineName): Promise<WatchedSession> {
    const scenario = checkScenario(DRAWN_FILE, drawn)
    const session = new WatchedSession(scenario, scenario.seed)
    const run = engine === "core" ? (await import("../engines/core")).runCore : (await import("../engines/vm")).runVm
    await run(session, { onProgress: () => {}, onTraceLine: undefined })
    session.advance(scenario.durationMs)
    session.judgeEnd()
    return session
}

export default async function runSeed({ seed, days, engine }: SeedRequest): Promise<SeedOutcome> {
    const startedMs = performance.now()
    const session = await judge(drawScenario(seed, days), engine)
    return {
        seed,
        violations: session.violations,
        simulatedMs: session.scenario.durationMs,
        wallMs: performance.now() - startedMs,
        events: session.scenario.events.length,
        alarms: session.alarms.length,
        boluses: session.boluses.length,
        powerOns: session.powerOns,
        heapBytes: process.memoryUsage().heapUsed,
    }
}

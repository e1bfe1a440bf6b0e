// Runs a scenario on the engine asked for. This is where a further engine is added.

import { performance } from "node:perf_hooks"
import type { Scenario } from "../scenario/scenario"
import { runCore } from "./core"
import type { Run } from "./result"
import { Session } from "./session"

export const ENGINES = ["core", "vm"] as const
export type EngineName = (typeof ENGINES)[number]

export interface RunOptions {
    engine: EngineName
    /** Draws the sensors' noise and the ticks' jitter; a whole number. */
    seed: number
    onProgress?: (simulatedMs: number) => void
    /** Takes the trace, a line of whole numbers a tick; without it none is made. */
    onTraceLine?: (line: string) => void
}

/** Runs `scenario` to its end. The firmware must have been built for the engine `vm`. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Run> {
    const session = new Session(scenario, options.seed)
    // Loaded only when it is asked for: the machine's side of the bus takes longer to load than a day on `core` takes.
    const run = options.engine === "core" ? runCore : (await import("./vm")).runVm
    const startedMs = performance.now()
    await run(session, {
        onProgress: options.onProgress ?? (() => {}),
        onTraceLine: options.onTraceLine,
    })
    return session.finish(options.engine, performance.now() - startedMs)
}

// Runs of the shipped scenarios with their traces, for the tests of both engines.

import { readdirSync } from "node:fs"
import { expect, test } from "vitest"
import type { RunResult } from "../../sim/engines/result"
import { runScenario } from "../../sim/engines/run"
import { loadScenario } from "../../sim/scenario/load"
import type { Scenario } from "../../sim/scenario/scenario"
import { MS_PER_HOUR } from "../../src/pump/limits"

/** The names of all shipped scenarios. */
export const SCENARIOS = readdirSync("sim/scenarios")
    .filter(file => file.endsWith(".json"))
    .map(file => file.replace(/\.json$/, ""))

/** The long scenarios of the therapies; their parity is in a file of its own, so that it runs beside the others. */
export const THERAPY_DAYS = ["periodic-bolus-day", "patient-dose-day", "bridge", "dst-spring", "dst-autumn"]

/** Those that only go on as they are after so many hours; their later ones run on `core` alone, unless WHOLE_DAYS=1 is set. */
const HOURS_ON_VM: Partial<Record<string, number>> = process.env.WHOLE_DAYS
    ? {}
    : {
          day: 5,
          jitter: 3,
          "dst-spring": 6,
          "dst-autumn": 6,
          "child-day": 4,
          "continuous-day": 3,
          "patient-dose-day": 15,
          "periodic-bolus-day": 9,
          "weekday-weekend": 13,
      }

/** A shipped scenario, or its first hours. */
export function scenarioOf(name: string, hours = Infinity): Scenario {
    const scenario = loadScenario(`sim/scenarios/${name}.json`)
    return { ...scenario, durationMs: Math.min(scenario.durationMs, hours * MS_PER_HOUR) }
}

/** A run on `core` and its whole trace. */
export async function traceOfCore(name: string, hours?: number) {
    const lines: string[] = []
    const scenario = scenarioOf(name, hours)
    const run = await runScenario(scenario, {
        engine: "core",
        seed: scenario.seed,
        onTraceLine: line => lines.push(line),
    })
    return { run, lines }
}

/** What must be the same on every engine: all of the result but who gave it and how long that took. */
function comparable(result: RunResult): Partial<RunResult> {
    return { ...result, engine: undefined, wallMs: undefined }
}

/** Tests that the bytecode does, tick by tick and to the last digit, what the logic on Node does. */
export function testParity(names: string[]): void {
    test.each(names)(
        "PAR-1: %s is the same on core and vm, line by line of the trace",
        { timeout: 900_000 },
        async name => {
            const hours = HOURS_ON_VM[name]
            const core = await traceOfCore(name, hours)
            // What a scenario expects, it expects of the whole of it.
            if (hours === undefined) expect(core.run.failures).toEqual([])
            let compared = 0
            let firstDifference = ""
            const scenario = scenarioOf(name, hours)
            const vm = await runScenario(scenario, {
                engine: "vm",
                seed: scenario.seed,
                onTraceLine: line => {
                    if (firstDifference === "" && line !== core.lines[compared])
                        firstDifference = `line ${compared + 1}: core "${core.lines[compared]}", vm "${line}"`
                    compared += 1
                },
            })
            expect(firstDifference).toBe("")
            expect(compared).toBe(core.lines.length)
            // Ticks in which nothing is due are left out, four of ten at most.
            expect(compared).toBeGreaterThan(core.run.result.ticks * 0.55)
            expect(comparable(vm.result)).toEqual(comparable(core.run.result))
            const differs = vm.memory.findIndex((byte, i) => byte !== core.run.memory[i])
            expect(differs, "where the two journals differ first").toBe(-1)
            expect(vm.failures).toEqual(core.run.failures)
        },
    )
}

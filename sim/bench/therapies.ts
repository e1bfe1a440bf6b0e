// Ninety days of each therapy with its refills, on `core`: the dose that left the catheter against the one that was programmed.

import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { runScenario } from "../engines/run"
import { loadScenario } from "../scenario/load"
import { type Row, rowOf } from "./rows"

const FOLDER = fileURLToPath(new URL("../scenarios/ninety-days/", import.meta.url))

/** Runs every scenario of ninety days; throws where one does not meet what it expects. */
export async function therapyRows(onProgress: (done: number) => void): Promise<Row[]> {
    const files = readdirSync(FOLDER).sort()
    const rows: Row[] = []
    for (const [i, file] of files.entries()) {
        const scenario = loadScenario(FOLDER + file)
        const { result, failures } = await runScenario(scenario, {
            engine: "core",
            seed: scenario.seed,
            onProgress: ms => onProgress((i + ms / scenario.durationMs) / files.length),
        })
        if (failures.length > 0) throw new Error(`${file}: ${failures.join("; ")}`)
        const boluses = result.boluses.length === 0 ? "" : `; ${result.boluses.length} boluses asked for`
        rows.push(
            rowOf(
                "therapies",
                scenario.name,
                result.deliveredMicrograms,
                "µg",
                { figure: result.programmedMicrograms, name: "programmed" },
                `core; at most ${result.stepErrorMax?.toFixed(4)} steps off at any tick${boluses}`,
            ),
        )
    }
    return rows
}

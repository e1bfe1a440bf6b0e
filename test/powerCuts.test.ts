import { beforeAll, describe, expect, test } from "vitest"
import { runCore } from "../sim/engines/core"
import type { CutPoint } from "../sim/engines/session"
import { cutSession, faultsOf, lengthsOfWrites, runCut, TICKS_TO_CUT } from "./powerCuts"

/** What a run without a cut does: its steps, and the length of each write to the record memory. */
const whole = { steps: 0, writes: [] as number[] }

beforeAll(async () => {
    const session = cutSession(undefined)
    whole.writes = lengthsOfWrites(session)
    await runCore(session, { onProgress: () => {}, onTraceLine: undefined })
    whole.steps = session.observer.commandedSteps
    expect(faultsOf(session, "no cut")).toEqual([])
})

/** Runs them all and returns what did not hold, the first few of it. */
async function faultsOfAll(points: CutPoint[]): Promise<string[]> {
    const faults: string[] = []
    for (const point of points) {
        const session = await runCut(point)
        faults.push(...faultsOf(session, JSON.stringify(point)))
        if (faults.length > 20) break
    }
    return faults
}

describe("power cut everywhere, on core", () => {
    test("JRN-2: a cut after any tick loses nothing", { timeout: 600_000 }, async () => {
        const points = Array.from({ length: TICKS_TO_CUT }, (_, i) => ({ ticks: i + 1 }))
        expect(await faultsOfAll(points)).toEqual([])
    })

    test("JRN-3: a cut after any step leaves no more in doubt than the steps of that tick", {
        timeout: 600_000,
    }, async () => {
        expect(whole.steps).toBeGreaterThan(80)
        const points = Array.from({ length: whole.steps }, (_, i) => ({ steps: i + 1 }))
        expect(await faultsOfAll(points)).toEqual([])
    })

    test("JRN-2: a cut at any byte of any write loses nothing", { timeout: 600_000 }, async () => {
        expect(whole.writes.length).toBeGreaterThan(80)
        const points = whole.writes.flatMap((length, i) =>
            Array.from({ length: length + 1 }, (_, bytes) => ({ write: i + 1, bytes })),
        )
        expect(points.length).toBeGreaterThan(3000)
        expect(await faultsOfAll(points)).toEqual([])
    })
})

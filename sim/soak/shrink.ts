// Makes of a scenario that failed the shortest that still fails in the same way: it is cut off after the failure, and whatever
// event and setting can be left out is, in ever smaller parts.

import { MS_PER_SECOND } from "../../src/pump/limits"
import { sinceStartMs, sinceStartText } from "../scenario/time"
import { type DrawnEvent, type DrawnScenario, orderly } from "./draw"
import type { Invariant, Violation } from "./invariants"

/** What runs on after the failure. */
const AFTER_MS = 10 * MS_PER_SECOND

/** What was found, the smaller scenario, and the failure as it then is. */
export interface Shrunk {
    scenario: DrawnScenario
    violation: Violation
    /** Runs that it took. */
    runs: number
}

/** Runs a scenario, and says what did not hold in it. */
export type Judge = (drawn: DrawnScenario) => Promise<{ violations: readonly Violation[] }>

/** Shrinks a scenario in which `judge` saw `violation`. */
export async function shrink(drawn: DrawnScenario, violation: Violation, judge: Judge): Promise<Shrunk> {
    const found: Shrunk = { scenario: drawn, violation, runs: 0 }
    const tries = async (events: DrawnEvent[], world: DrawnScenario["world"]): Promise<boolean> => {
        const kept = inOrder(events)
        const smaller = cutOff({ ...found.scenario, events: kept, world }, found.violation.atMs)
        const again = await failureOf(smaller, violation.invariant, judge)
        found.runs += 1
        if (!again) return false
        found.scenario = cutOff(smaller, again.atMs)
        found.violation = again
        return true
    }
    await tries(drawn.events, drawn.world)
    for (let part = Math.ceil(found.scenario.events.length / 2); part >= 1; part = part === 1 ? 0 : Math.ceil(part / 2))
        for (let from = found.scenario.events.length - part; from > -part; ) {
            const { events, world } = found.scenario
            const without = events.filter((_, i) => i < from || i >= from + part)
            const done = without.length < events.length && (await tries(without, world))
            from = Math.min(from, done ? found.scenario.events.length : from) - part
        }
    for (const setting of Object.keys(found.scenario.world)) {
        const { [setting as keyof DrawnScenario["world"]]: _, ...world } = found.scenario.world
        await tries(found.scenario.events, world)
    }
    found.scenario = {
        ...found.scenario,
        name: `${drawn.name}, shrunk`,
        description: `${found.violation.invariant}: ${found.violation.text}`.slice(0, 1000),
    }
    return found
}

async function failureOf(drawn: DrawnScenario, invariant: Invariant, judge: Judge): Promise<Violation | undefined> {
    const { violations } = await judge(drawn)
    return violations.find(violation => violation.invariant === invariant)
}

function cutOff(drawn: DrawnScenario, atMs: number): DrawnScenario {
    const endMs = Math.min(msOf(drawn.duration), atMs + AFTER_MS)
    return { ...drawn, duration: sinceStartText(endMs), events: drawn.events.filter(({ at }) => msOf(at) < endMs) }
}

/** Without what then ends nothing. */
function inOrder(events: DrawnEvent[]): DrawnEvent[] {
    return orderly(events.map(event => ({ atMs: msOf(event.at), event }))).map(({ event }) => event)
}

function msOf(text: string): number {
    const ms = sinceStartMs(text)
    if (ms === undefined) throw new Error(`${text} is no time`)
    return ms
}

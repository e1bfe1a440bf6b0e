// The campaign of `npm run soak`: what it draws, what it finds wrong, and what it makes of that.

import { describe, expect, test } from "vitest"
import { runCore } from "../../sim/engines/core"
import { checkScenario } from "../../sim/scenario/load"
import { CAUSES } from "../../sim/soak/causes"
import { drawScenario } from "../../sim/soak/draw"
import type { Invariant } from "../../sim/soak/invariants"
import runSeed, { DRAWN_FILE, judge } from "../../sim/soak/runSeed"
import { shrink } from "../../sim/soak/shrink"
import { WatchedSession } from "../../sim/soak/watch"
import { ALARMS } from "../../src/pump/alarmRules"

describe("what is drawn", () => {
    test("is the same for the same seed, and another for another", () => {
        expect(drawScenario(7, 2)).toEqual(drawScenario(7, 2))
        expect(drawScenario(8, 2).events).not.toEqual(drawScenario(7, 2).events)
    })

    test("is a scenario that can be run, of every kind of fault in some and not in others", () => {
        const seeds = Array.from({ length: 60 }, (_, i) => drawScenario(i, 2))
        for (const drawn of seeds) expect(() => checkScenario(DRAWN_FILE, drawn)).not.toThrow()
        const kinds = new Set(seeds.flatMap(({ events }) => events.map(event => event.do)))
        for (const kind of ["occlude", "stall", "runaway", "cutInWrite", "flipBit", "freeze", "programme", "refill"]) {
            expect(kinds).toContain(kind)
            const within = seeds.filter(({ events }) => events.some(event => event.do === kind)).length
            expect(within).toBeGreaterThan(10)
            expect(within).toBeLessThan(60)
        }
    })

    test("has a cause for every alarm that there is", () => {
        expect(Object.keys(CAUSES).sort()).toEqual(ALARMS.map(({ id }) => id).sort())
    })
})

test.each([1, 2, 3])("with seed %i all holds that must", async seed => {
    const outcome = await runSeed({ seed, days: 1, engine: "core" })
    expect(outcome.violations).toEqual([])
    expect(outcome.alarms).toBeGreaterThan(0)
})

/** Runs a quiet hour and lets `wrong` happen in it; returns what did not hold. */
async function withWrong(wrong: (session: WatchedSession) => void): Promise<Invariant[]> {
    const drawn = { ...drawScenario(1, 1), duration: "01:30", events: [{ at: "00:50", do: "silence" }], world: {} }
    class Wrong extends WatchedSession {
        override tickDone(): void {
            super.tickDone()
            if (this.world.nowMs >= 3_000_000) wrong(this)
        }
    }
    const scenario = checkScenario(DRAWN_FILE, drawn)
    const session = new Wrong(scenario, 1)
    await runCore(session, { onProgress: () => {}, onTraceLine: undefined })
    session.judgeEnd()
    return [...new Set(session.violations.map(({ invariant }) => invariant))]
}

describe("what is found wrong", () => {
    test("nothing where nothing is", async () => {
        expect(await withWrong(() => {})).toEqual([])
    })

    test("a motor that moves more than anybody asked for", async () => {
        let ticks = 0
        const found = await withWrong(({ world }) => {
            if (++ticks % 600 === 0) world.step(1)
        })
        expect(found).toContain("delivery")
    })

    test("a flow over the guard's limits", async () => {
        expect(await withWrong(({ world }) => world.step(50))).toContain("limits")
    })

    test("a step while a person has stopped the pump", async () => {
        const status = { mode: 0, alarms: 0, conditions: 0, acknowledged: 0, reasons: [] }
        const found = await withWrong(session => {
            session.status(status, false)
            session.step(1)
        })
        expect(found).toContain("stopHolds")
    })

    test("an alarm without cause, and one that is not told", async () => {
        const alarms = 1 << 2
        const found = await withWrong(session => {
            session.status(
                { mode: 1, alarms, conditions: alarms, acknowledged: 0, reasons: new Array(32).fill(0) },
                false,
            )
            session.show(0, false)
        })
        expect(found).toEqual(expect.arrayContaining(["cause", "announced"]))
    })
})

test("a scenario that does not fail again is left as it is by shrinking", async () => {
    const drawn = {
        ...drawScenario(1, 1),
        duration: "03:00",
        world: {},
        events: [
            { at: "00:40", do: "silence" },
            { at: "00:45", do: "acknowledge" },
            { at: "01:00", do: "occlude" },
            { at: "02:50", do: "clear" },
        ],
    }
    const { violations } = await judge(drawn, "core")
    expect(violations).toEqual([])
    const seen = { invariant: "delivery", atMs: 3_600_000, text: "" } as const
    const { scenario, runs } = await shrink(drawn, seen, "core")
    expect(scenario.events).toEqual(drawn.events)
    expect(runs).toBeGreaterThan(3)
})

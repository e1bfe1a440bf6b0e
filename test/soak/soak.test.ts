// The campaign of `npm run soak`: what it draws, what it finds wrong, and what it makes of that.

import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { runCore } from "../../sim/engines/core"
import type { PumpStatus } from "../../sim/engines/session"
import { checkScenario } from "../../sim/scenario/load"
import { CAUSES } from "../../sim/soak/causes"
import { type DrawnEvent, type DrawnScenario, drawScenario } from "../../sim/soak/draw"
import type { Invariant } from "../../sim/soak/invariants"
import runSeed, { DRAWN_FILE, judge } from "../../sim/soak/runSeed"
import { shrink } from "../../sim/soak/shrink"
import { WatchedSession } from "../../sim/soak/watch"
import { ALARMS } from "../../src/pump/alarmRules"
import { Alarm } from "../../src/pump/alarms"
import { BolusEvent, BolusKind, BolusReason, Mode } from "../../src/pump/pump"
import { CommandKind, Refusal } from "../../src/pump/readings"
import { BROKEN_RULES, NO_SELF_TEST } from "./brokenRules"

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

/** What is to go wrong with a pump that is watched, from the fiftieth minute on: before each tick is done, and in what it tells. */
interface Wrong {
    events?: DrawnEvent[]
    atTick?: (session: WatchedSession) => void
    tells?: (status: PumpStatus) => PumpStatus
    delivering?: boolean
}

/** Runs a drawn scenario on a pump that is wrong. */
async function judgeWrong(drawn: DrawnScenario, wrong: Wrong): Promise<WatchedSession> {
    class WrongSession extends WatchedSession {
        private get isWrong(): boolean {
            return this.world.nowMs >= 3_000_000
        }

        override tickDone(): void {
            if (this.isWrong) wrong.atTick?.(this)
            super.tickDone()
        }

        override status(status: PumpStatus, delivering: boolean): void {
            if (this.isWrong) super.status(wrong.tells?.(status) ?? status, wrong.delivering ?? delivering)
            else super.status(status, delivering)
        }
    }
    const session = new WrongSession(checkScenario(DRAWN_FILE, drawn), 1)
    await runCore(session, { onProgress: () => {}, onTraceLine: undefined })
    session.judgeEnd()
    return session
}

const QUIET: DrawnEvent[] = [{ at: "00:50", do: "silence" }]
const quietHours = (events = QUIET): DrawnScenario => ({
    ...drawScenario(1, 1),
    prescription: "../prescriptions/continuous-1000.json",
    reservoirFillMl: 20,
    duration: "01:30",
    world: {},
    events,
})

/** Which invariants do not hold in quiet hours of a pump that is wrong. */
async function found(wrong: Wrong): Promise<Invariant[]> {
    const { violations } = await judgeWrong(quietHours(wrong.events), wrong)
    return [...new Set(violations.map(({ invariant }) => invariant))]
}

const NOTHING_TOLD = { alarms: 0, conditions: 0, acknowledged: 0 }
const STALL: DrawnEvent[] = [
    { at: "00:51", do: "stall" },
    { at: "01:29", do: "unstall" },
]

describe("what is found wrong", () => {
    test("nothing where nothing is", async () => {
        expect(await found({})).toEqual([])
        expect(await found({ events: STALL })).toEqual([])
    })

    test("delivery: a motor that moves more than anybody asked for", async () => {
        let ticks = 0
        const wrong = ({ world }: WatchedSession) => {
            if (++ticks % 600 === 0) world.step(1)
        }
        expect(await found({ atTick: wrong })).toEqual(["delivery"])
    })

    test("limits: a flow over the guard's limits", async () => {
        expect(await found({ atTick: ({ world }) => world.step(50) })).toContain("limits")
    })

    test("inTime: a motor that stands, and no alarm", async () => {
        const tells = (status: PumpStatus) => ({ ...status, ...NOTHING_TOLD })
        expect(await found({ events: STALL, tells })).toContain("inTime")
    })

    test("silentStop: a pump that ceases to deliver, and does not say why", async () => {
        const atTick = (session: WatchedSession) =>
            session.status({ mode: Mode.Running, ...NOTHING_TOLD, reasons: [] }, false)
        expect(await found({ atTick, delivering: false })).toContain("silentStop")
    })

    test("stopHolds: a step while a person has stopped the pump, and one back without an occlusion", async () => {
        const stopped = { mode: Mode.Stopped, ...NOTHING_TOLD, reasons: [] }
        const forward = (session: WatchedSession) => {
            session.status(stopped, false)
            session.step(1)
        }
        expect(await found({ atTick: forward })).toContain("stopHolds")
        expect(await found({ atTick: session => session.step(-1) })).toContain("stopHolds")
    })

    test("commands: a stop that nobody asked for", async () => {
        const atTick = (session: WatchedSession) => session.obeyed(CommandKind.Stop, Refusal.None)
        expect(await found({ atTick })).toContain("commands")
    })

    test("boluses: one that nobody asked for, and a request without an answer", async () => {
        let told = false
        const unasked = (session: WatchedSession) => {
            if (!told) session.bolus(BolusEvent.Started, BolusKind.Patient, BolusReason.None, 1_000_000)
            told = true
        }
        expect(await found({ atTick: unasked })).toContain("boluses")
        class Deaf extends WatchedSession {
            override bolus(): void {}
        }
        const drawn = quietHours([{ at: "00:51", do: "patientDose" }])
        const deaf = new Deaf(checkScenario(DRAWN_FILE, drawn), 1)
        await runCore(deaf, { onProgress: () => {}, onTraceLine: undefined })
        deaf.judgeEnd()
        expect(deaf.violations.map(({ text }) => text).join()).toContain(
            "1 requests for a patient bolus without an answer",
        )
    })

    test("account: a reservoir that is said to hold less than the steps left in it", async () => {
        const atTick = (session: WatchedSession) => {
            session.residualPl -= 1_000_000_000
        }
        expect(await found({ atTick })).toContain("account")
    })

    test("metering: steps that are told the motor and were not due", async () => {
        let told = false
        const atTick = (session: WatchedSession) => {
            if (!told) session.step(2)
            told = true
        }
        expect(await found({ atTick })).toContain("metering")
    })

    test("cause and announced: an alarm without cause, and one that is not told", async () => {
        const alarms = 1 << Alarm.Occlusion
        const atTick = (session: WatchedSession) => {
            session.status({ mode: Mode.Running, alarms, conditions: alarms, acknowledged: 0, reasons: [] }, false)
            session.show(0, false)
        }
        expect(await found({ atTick })).toEqual(expect.arrayContaining(["cause", "announced"]))
    })
})

describe("shrinking", () => {
    test("leaves what it takes to fail, and what ends soon after", async () => {
        const tells = (status: PumpStatus) => ({ ...status, ...NOTHING_TOLD })
        const judgeIt = (drawn: DrawnScenario) => judgeWrong(drawn, { tells })
        const drawn = {
            ...quietHours([
                { at: "00:40", do: "silence" },
                { at: "00:45", do: "patientDose" },
                { at: "00:50", do: "clockStep", seconds: 20 },
                ...STALL,
                { at: "01:20", do: "acknowledge" },
            ]),
            world: { pressureNoisePascals: 60 },
        }
        const { violations } = await judgeIt(drawn)
        const { scenario, violation } = await shrink(drawn, violations[0], judgeIt)
        expect(violation.invariant).toBe("inTime")
        expect(scenario.events).toEqual([STALL[0]])
        expect(scenario.world).toEqual({})
        expect(scenario.duration < "01:29").toBe(true)
    })

    test("leaves as it is what does not fail again", async () => {
        const events = [
            { at: "00:40", do: "silence" },
            { at: "00:45", do: "acknowledge" },
            { at: "01:00", do: "occlude" },
            { at: "02:50", do: "clear" },
        ]
        const drawn = { ...quietHours(events), duration: "03:00" }
        expect((await judge(drawn, "core")).violations).toEqual([])
        const seen = { invariant: "delivery", atMs: 3_600_000, text: "" } as const
        const { scenario, runs } = await shrink(drawn, seen, one => judge(one, "core"))
        expect(scenario.events).toEqual(drawn.events)
        expect(runs).toBeGreaterThan(3)
    })
})

describe("rules broken on purpose (`npm run break`)", () => {
    test("are of the requirements, and each edit finds its text once", () => {
        const ids = [...readFileSync("test/requirements.md", "utf8").matchAll(/^\| ([A-Z]{3}-\d+) /gm)].map(
            match => match[1],
        )
        for (const { id, edits } of BROKEN_RULES) {
            for (const one of id.split(", ")) expect(ids).toContain(one)
            for (const { file, from, to } of [NO_SELF_TEST, ...edits]) {
                expect(readFileSync(file, "utf8").split(from), `${file}: ${from}`).toHaveLength(2)
                expect(to).not.toBe(from)
            }
        }
        expect(BROKEN_RULES.length).toBeGreaterThanOrEqual(20)
    })

    test("are found: a pump that says nothing of a silent memory", () => {
        const args = ["--import", "tsx", "test/soak/breakRules.ts", "--only", "JRN-6", "--seeds", "1"]
        const { stdout, status } = spawnSync(process.execPath, args, { encoding: "utf8" })
        expect(stdout).toMatch(/^\| JRN-6 \| .* \| 1 \| inTime: sensorFault memory for \d+ s/m)
        expect(status).toBe(0)
    })
})

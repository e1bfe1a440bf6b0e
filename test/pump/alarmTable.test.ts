// The table of alarms that people read says what the pump does.

import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { ALARMS, Effect, Latch } from "../../src/pump/alarmRules"
import { AlarmPriority } from "../../src/pump/alarms"

const DELIVERY: Record<Effect, string> = {
    [Effect.Unchanged]: "goes on",
    [Effect.WeeklyMean]: "weekly mean",
    [Effect.MinimumRate]: "0.048 mL/day",
    [Effect.Stop]: "stops",
}

const END: Record<Latch, RegExp> = {
    [Latch.None]: /^its cause/,
    [Latch.Acknowledge]: /^an acknowledgement$/,
    [Latch.Start]: /^a start$/,
    [Latch.Release]: /^a release$/,
}

const rows = readFileSync("src/README.md", "utf8")
    .split("\n")
    .map(line => line.split("|").map(cell => cell.trim()))
    .filter(cells => cells.length === 7 && /^`\w+`$/.test(cells[1]))

test("ALM-1: the table in src/README.md lists exactly the alarms there are", () => {
    expect(rows.map(cells => cells[1])).toEqual(ALARMS.map(rule => `\`${rule.id}\``))
})

test.each(ALARMS.map((rule, i) => ({ ...rule, i })))(
    "ALM-1: $id has the priority, the effect on delivery and the end that the table says",
    ({ priority, effect, latch, i }) => {
        const [, , shownPriority, raisedWhen, delivery, end] = rows[i]
        expect(shownPriority).toBe(AlarmPriority[priority].toLowerCase())
        expect(raisedWhen).not.toBe("")
        expect(delivery).toBe(DELIVERY[effect])
        expect(end).toMatch(END[latch])
    },
)

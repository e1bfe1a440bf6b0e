// What holds in every combination of mode, alarms, boluses, line and lost sensors. The walk over them (`explore.ts`) runs as the
// program it is, because the test runner's way of loading modules would make it take three times as long.

import { execFileSync } from "node:child_process"
import { beforeAll, expect, test } from "vitest"
import { type Findings, summaryOf } from "./explore"

let findings: Findings

beforeAll(() => {
    const program = ["--import", "tsx", "test/pump/explore.ts", "--json"]
    findings = JSON.parse(execFileSync(process.execPath, program, { encoding: "utf8" }))
    console.log(summaryOf(findings))
}, 300_000)

test.each([
    // At least so many states, so far apart; and ways back of so many acts.
    ["supervision", 15_000, 8, 3],
    ["therapies", 2_000, 8, 3],
])(
    "SUP-11: the walk of %s is whole: one that saw little, or lost on the way what matters, proves nothing",
    (...row) => {
        const [name, states, farthest, farthestBack] = row
        const walk = findings.walks.find(found => found.name === name)
        expect(walk?.states).toBeGreaterThan(states)
        expect(walk?.transitions).toBeGreaterThan(20 * (walk?.states ?? 0))
        expect(walk?.farthest).toBeGreaterThan(farthest)
        expect(walk?.farthestBack).toBeGreaterThan(farthestBack)
    },
)

test("SUP-11: pumps to which nothing is done but the moves go where the walks went", () => {
    expect(findings.walks).toHaveLength(2)
    expect(findings.compared).toBeGreaterThan(10_000)
    expect(findings.hurried).toBeGreaterThan(50_000)
    expect(violationsOf("SUP-11")).toEqual([])
})

test.each([
    "SUP-1: no step forward is made while the pump is stopped, a stopping alarm stands or the guard has tripped",
    "SUP-2: no step back is made but while an occlusion stands",
    "SUP-3: a pump that does not deliver, or only the lowest flow, or into an empty line, is heard; a person's stop from 5 min on",
    "SUP-5: what waits for a person, the minimum rate too, stays until the very act that ends it",
    "SUP-6: alarms are conditions and latches, and the pump delivers exactly when nothing stops it",
    "SUP-7: a lost sensor alone neither stops the pump nor changes its flow",
    "SUP-8: Acknowledge and Silence change nothing but sound and marks",
    "SUP-9: a bolus is in progress only while the pump delivers; each request is answered, each end told, one of them a tick",
    "SUP-10: what was seen or silenced, how old a stop is, the time of day, a refill begun, and alarms that only tell decide nothing",
    "SUP-12: a person's stop ends by a start alone, at the programme's flow or the lowest",
    "SUP-13: delivery resumes by a start, a refill of an empty reservoir, a programme where none was or a power-on alone",
    "SUP-14: a reset keeps the stop, what waits for a person, the guard's trip, an empty reservoir, the line and the lockout, and ends boluses",
    "SUP-15: what must outlast a reset is written down in the tick in which it changes",
    "SUP-16: a stop, whatever its cause, leaves less than a step to be made up by the next start",
    "SUP-17: one bolus flows at a time, and only a clinician's waits, for a patient's dose",
    "SUP-18: no bolus flows at the minimum rate or into a line without its drug, and none begins with a sensor lost or in the lockout",
    "SUP-19: the flow is the schedule's, the bridge's or the lowest one, whichever is due, with the bolus on top",
    "SUP-20: a line changes what it holds by a refill, a programme with one or the steps that fill it alone, and that is told",
])("%s", name => {
    expect(violationsOf(name.slice(0, name.indexOf(":")))).toEqual([])
})

test("SUP-4: from everywhere a person can bring the pump back to delivering, in at most eight acts", () => {
    expect(violationsOf("SUP-4")).toEqual([])
    for (const { farthestBack } of findings.walks) expect(farthestBack).toBeLessThanOrEqual(8)
})

function violationsOf(id: string): string[] {
    return findings.violations.filter(violation => violation.id === id).map(({ what, where }) => `${what}: ${where}`)
}

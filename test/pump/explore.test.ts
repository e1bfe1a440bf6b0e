// What holds in every combination of mode, alarms, prime and lost sensors. The walk over them (`explore.ts`) runs as the
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

test("SUP-11: the walk is whole: one that saw little, or lost on the way what matters, proves nothing", () => {
    expect(findings.states).toBeGreaterThan(15_000)
    expect(findings.transitions).toBeGreaterThan(20 * findings.states)
    expect(findings.farthest).toBeGreaterThan(8)
    expect(findings.compared).toBeGreaterThan(10_000)
    expect(findings.hurried).toBeGreaterThan(50_000)
    expect(violationsOf("SUP-11")).toEqual([])
})

test.each([
    "SUP-1: no step forward is made while the pump is stopped, a stopping alarm stands or the guard has tripped",
    "SUP-2: no step back is made but while an occlusion stands",
    "SUP-3: a pump that does not deliver is heard: at once after an alarm, from 5 min on after a person's stop",
    "SUP-5: what waits for a person stays until the very act that ends it",
    "SUP-6: alarms are conditions and latches, and the pump delivers exactly when nothing stops it",
    "SUP-7: a lost sensor alone neither stops the pump nor changes its flow",
    "SUP-8: Acknowledge and Silence change nothing but sound and marks",
    "SUP-9: a prime is in progress only while the pump delivers, and its end is told",
    "SUP-10: what was seen or silenced, how old a stop is, and alarms that only tell decide nothing",
    "SUP-12: a person's stop ends by a start alone",
    "SUP-13: delivery resumes by a start, a refill of an empty reservoir or a power-on alone, never by a release",
    "SUP-14: a reset keeps the stop, what waits for a person, the guard's trip and an empty reservoir",
    "SUP-15: what must outlast a reset is written down in the tick in which it changes",
    "SUP-16: a stop, whatever its cause, leaves less than a step to be made up by the next start",
])("%s", name => {
    expect(violationsOf(name.slice(0, name.indexOf(":")))).toEqual([])
})

test("SUP-4: from everywhere a person can bring the pump back to delivering, in at most eight acts", () => {
    expect(violationsOf("SUP-4")).toEqual([])
    expect(findings.farthestBack).toBeGreaterThan(3)
    expect(findings.farthestBack).toBeLessThanOrEqual(8)
})

function violationsOf(id: string): string[] {
    return findings.violations.filter(violation => violation.id === id).map(({ what, where }) => `${what}: ${where}`)
}

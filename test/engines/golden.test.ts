import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import { SCENARIOS, traceOfCore } from "./runs"

// One line in this many is kept beside the digest of them all: every ten minutes of ticks.
const LINES_PER_KEPT = 6_000

// `npx vitest run test/engines/golden.test.ts -u` writes them anew; the difference shows what a change did to a run.
test.each(SCENARIOS)("the trace of %s is the golden one", async name => {
    const { lines } = await traceOfCore(name)
    const digest = createHash("sha256").update(lines.join("\n")).digest("hex")
    const kept = lines.filter((line, i) => {
        const [, , , , flow, mode, alarms, conditions] = line.split(" ")
        const [, , , , flowBefore, modeBefore, alarmsBefore, conditionsBefore] = (lines[i - 1] ?? "").split(" ")
        const changed = flow !== flowBefore || mode !== modeBefore
        return i % LINES_PER_KEPT === 0 || changed || alarms !== alarmsBefore || conditions !== conditionsBefore
    })
    const golden = [
        `${lines.length} lines, SHA-256 ${digest}`,
        "time since power-on (ms), steps, owed (pL ms/day), residual (pL), flow (pL/day), mode, alarms, conditions",
        ...kept,
    ]
    await expect(`${golden.join("\n")}\n`).toMatchFileSnapshot(`../golden/${name}.txt`)
})

// Each physical model of the simulated bench against its closed form or a published figure: the rows of `npm run bench -- --only physics`
// that take no run of the firmware.

import { expect, test } from "vitest"
import { physicsChecks } from "../../sim/bench/physics"
import { errorPercentOf } from "../../sim/bench/physics/check"

const checks = physicsChecks()

test.each(checks.map(check => [check.model, check.quantity, check] as const))("%s: %s", (_, __, check) => {
    expect(
        Math.abs(errorPercentOf(check)),
        `${check.simulated} ${check.unit}, not ${check.expected}`,
    ).toBeLessThanOrEqual(check.withinPercent)
})

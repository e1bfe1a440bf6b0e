import { expect, test } from "vitest"
import { type EnergyMeasured, energyRows, measureOne } from "../../sim/bench/energy"
import { DRAINS } from "../../sim/world/battery"

/** Round figures: 20 kJ a day, of which steps 1 kJ; 200 kJ for coils that are always on. */
const MEASURED: EnergyMeasured = {
    board: "pico",
    microgramsPerDay: 100,
    cell: "liIon",
    stepsPerDay: 4454,
    joulesPerDay: {
        controller: 10_000,
        driver: 5_000,
        encoder: 2_000,
        sensors: 500,
        converters: 1_500,
        steps: 1_000,
        alarms: 0,
    },
    heldJoulesPerDay: 200_000,
    lifeDays: 0.5,
    heldLifeDays: 0.05,
}

test("the rows set a day's energy and a battery's life beside a driver that is always on", () => {
    const rows = energyRows([MEASURED])
    expect(rows).toHaveLength(2 + DRAINS.length)
    expect(rows[0]).toMatchObject({ what: "Pico, 100 µg/day, 1000 mAh LiPo", figure: 20_000, ratio: 20_000 / 219_000 })
    expect(rows.find(row => row.what === "- controller")).toMatchObject({
        figure: 10_000,
        ratio: 0.5,
        reference: "all",
    })
    expect(rows.at(-1)).toMatchObject({ figure: 0.5, ratio: 10, unit: "days" })
})

test("measured: five times the dose takes five times the steps, and a driver that is always on many times as much", async () => {
    const low = await measureOne("pico", 100, "liIon")
    const high = await measureOne("pico", 500, "liIon")
    // 0.2 mL a day in steps of 44.9 nL.
    expect(low.stepsPerDay).toBe(4454)
    expect(high.joulesPerDay.steps / low.joulesPerDay.steps).toBeCloseTo(5, 2)
    expect(high.joulesPerDay.controller).toBeCloseTo(low.joulesPerDay.controller, 6)
    for (const each of [low, high]) {
        const held = totalOf(each) - each.joulesPerDay.steps + each.heldJoulesPerDay
        expect(held / totalOf(each)).toBeGreaterThan(8)
        expect(each.lifeDays / each.heldLifeDays).toBeGreaterThan(8)
        // 3.8285 V in the mean of the whole cell; 3.3 % of the charge are left at 3300 mV.
        const usableJoules = 3600 * (3.8285 - 0.0333 * 3.15)
        // Less what light and sound take once the battery counts as low.
        expect(each.lifeDays / (usableJoules / totalOf(each))).toBeGreaterThan(0.9)
        expect(each.lifeDays / (usableJoules / totalOf(each))).toBeLessThan(1)
    }
})

function totalOf({ joulesPerDay }: EnergyMeasured): number {
    return DRAINS.reduce((sum, drain) => sum + joulesPerDay[drain], 0)
}

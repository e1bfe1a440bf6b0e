import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
    CellKind,
    cellMicrojoules,
    chargePerMille,
    createEnergy,
    type DischargeCurve,
    dischargeCurve,
    drawMicrowatts,
    ENERGY_LOW_TENTHS_DAY,
    type Energy,
    energyLow,
    judgeEnergy,
} from "../../src/pump/energy"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from "../../src/pump/limits"

const CELLS = [CellKind.LiIon, CellKind.TwoAlkalineAa]

function curveOf(cell: CellKind): DischargeCurve {
    const curve = dischargeCurve(cell)
    if (!curve) throw new Error("no curve")
    return curve
}

const LI_ION = curveOf(CellKind.LiIon)

describe("what is left in a cell", () => {
    test("there is a curve for each cell, and none without one", () => {
        expect(dischargeCurve(CellKind.None)).toBeUndefined()
        expect(curveOf(CellKind.TwoAlkalineAa)).not.toBe(LI_ION)
    })

    test.each(CELLS)("NRG-1: the curve of cell %i rises all the way, from empty to full", cell => {
        const { millivolts, perMille } = curveOf(cell)
        expect(millivolts.length).toBe(perMille.length)
        for (let i = 1; i < millivolts.length; i++) {
            expect(millivolts[i]).toBeGreaterThan(millivolts[i - 1])
            expect(perMille[i]).toBeGreaterThan(perMille[i - 1])
        }
        expect([perMille[0], perMille[perMille.length - 1]]).toEqual([0, 1000])
    })

    test.each([
        [CellKind.LiIon, 2000, 0],
        [CellKind.LiIon, 3000, 0],
        // 50 ‰ over 450 mV: 9 mV are a per mille.
        [CellKind.LiIon, 3008, 0],
        [CellKind.LiIon, 3009, 1],
        [CellKind.LiIon, 3450, 50],
        [CellKind.LiIon, 3740, 200],
        [CellKind.LiIon, 3755, 250],
        [CellKind.LiIon, 4199, 999],
        [CellKind.LiIon, 4200, 1000],
        [CellKind.LiIon, 5000, 1000],
        [CellKind.LiIon, NaN, 0],
        [CellKind.TwoAlkalineAa, 1800, 0],
        [CellKind.TwoAlkalineAa, 2300, 350],
        [CellKind.TwoAlkalineAa, 3200, 1000],
    ])("NRG-1: cell %i at %d mV holds %d per mille", (cell, batteryMv, perMille) => {
        expect(chargePerMille(curveOf(cell), batteryMv)).toBe(perMille)
    })

    test("its energy is the area under its curve", () => {
        // 450 mV wide on 50 ‰ of 1000 mAh, in the mean 3225 mV: 0.05 Ah × 3.225 V = 0.16125 Wh.
        expect(cellMicrojoules(LI_ION, 1000, 3450)).toBe(0.16125 * 3600 * 1e6)
        // Half of the first piece on: 0.025 Ah at (3000 + 3225) / 2 mV.
        expect(cellMicrojoules(LI_ION, 1000, 3225)).toBe(0.025 * 3.1125 * 3600 * 1e6)
        expect(cellMicrojoules(LI_ION, 1000, 3000)).toBe(0)
        expect(cellMicrojoules(LI_ION, 1000, NaN)).toBe(0)
        // The twelve points by hand: 3.8285 V in the mean of the whole.
        expect(cellMicrojoules(LI_ION, 1000, 4200)).toBe(3.8285 * 3.6e9)
        expect(cellMicrojoules(LI_ION, 1000, 4300)).toBe(cellMicrojoules(LI_ION, 1000, 4200))
        expect(cellMicrojoules(LI_ION, 3000, 4200) / cellMicrojoules(LI_ION, 1000, 4200)).toBeCloseTo(3, 6)
        expect(Number.isInteger(cellMicrojoules(LI_ION, 777, 3777))).toBe(true)
    })

    test("NRG-1: a higher voltage never means less, and charge and energy stay within the cell", () => {
        const millivolts = fc.integer({ min: 0, max: 5000 })
        fc.assert(
            fc.property(fc.constantFrom(...CELLS), millivolts, millivolts, (cell, a, b) => {
                const curve = curveOf(cell)
                const [low, high] = [Math.min(a, b), Math.max(a, b)]
                expect(chargePerMille(curve, low)).toBeLessThanOrEqual(chargePerMille(curve, high))
                expect(cellMicrojoules(curve, 1000, low)).toBeLessThanOrEqual(cellMicrojoules(curve, 1000, high))
                expect(chargePerMille(curve, high)).toBeLessThanOrEqual(1000)
                expect(chargePerMille(curve, low)).toBeGreaterThanOrEqual(0)
            }),
        )
    })
})

// A quarter of a watt at rest, and 34 mJ a step.
const USE = { restingMicrowatts: 250_000, stepMicrojoules: 34_000 }
const STEP_PL = 44_900
const CAPACITY_MAH = 3000
const END_MV = 3300
const USABLE = cellMicrojoules(LI_ION, CAPACITY_MAH, 4200) - cellMicrojoules(LI_ION, CAPACITY_MAH, END_MV)

/** A battery that is judged once a minute. */
class Judged {
    nowMs = 5000

    constructor(
        readonly energy: Energy = createEnergy(CellKind.LiIon, CAPACITY_MAH, END_MV, USE),
        readonly ratePlPerDay = 0,
    ) {}

    judge(batteryMv: number, minutes = 1): this {
        for (let i = 0; i < minutes; i++) {
            judgeEnergy(this.energy, batteryMv, this.nowMs, this.ratePlPerDay, STEP_PL)
            this.nowMs += MS_PER_MINUTE
        }
        return this
    }
}

describe("the days that are left", () => {
    test("what the pump draws is what it draws at rest and each of its steps", () => {
        // 1 mL a day is 22271.7 steps: 757.2 J a day, 8764.3 µW.
        expect(drawMicrowatts(USE, 1_000_000_000, STEP_PL)).toBe(258_765)
        expect(drawMicrowatts(USE, 0, STEP_PL)).toBe(250_000)
        expect(drawMicrowatts(USE, NaN, STEP_PL)).toBe(250_000)
        expect(drawMicrowatts({ ...USE, restingMicrowatts: 0.5 }, 0, STEP_PL)).toBe(1)
    })

    test("NRG-2: from full it is what the cell gives above its end over what the pump draws, in whole tenths of a day", () => {
        const judged = new Judged().judge(4200)
        expect(judged.energy.leftMicrojoules).toBe(USABLE)
        expect(judged.energy.remainingTenthsDay).toBe(Math.floor(USABLE / 250_000 / 8640))
        // 3000 mAh at 3.8 V are 41 kJ, less what is under 3300 mV: over 1.8 days at a quarter of a watt.
        expect(judged.energy.remainingTenthsDay).toBe(18)
        expect(new Judged(undefined, 24_000_000_000).judge(4200).energy.remainingTenthsDay).toBe(10)
    })

    test.each([
        ["no battery", () => new Judged(createEnergy(CellKind.None, 0, 0, USE)).judge(4000, 3)],
        ["no reading yet", () => new Judged()],
        ["none that could be had", () => new Judged().judge(NaN, 3)],
        ["0 mV, which no cell has", () => new Judged().judge(0, 3)],
    ])("NRG-2: with %s nothing is known, and nothing is low", (_, judged) => {
        const { energy } = judged()
        expect(energy.remainingTenthsDay).toBeNaN()
        expect(energyLow(energy)).toBe(false)
    })

    test("it is judged once a minute", () => {
        const energy = createEnergy(CellKind.LiIon, CAPACITY_MAH, END_MV, USE)
        judgeEnergy(energy, 4200, 1000, 0, STEP_PL)
        judgeEnergy(energy, 3500, 1000 + MS_PER_MINUTE - 1, 0, STEP_PL)
        expect([energy.meanMv, energy.meanReadings, energy.judgedMs]).toEqual([4200, 1, 1000])
        judgeEnergy(energy, 4000, 1000 + MS_PER_MINUTE, 0, STEP_PL)
        expect([energy.meanMv, energy.meanReadings, energy.judgedMs]).toEqual([4100, 2, 61_000])
    })

    test("NRG-3: where the voltage stands still, the account goes down by what is drawn, until nothing is left", () => {
        const judged = new Judged().judge(4000, 60)
        const at60 = judged.energy.leftMicrojoules
        judged.judge(4000)
        expect(at60 - judged.energy.leftMicrojoules).toBe(250_000 * 60)
        judged.judge(4000, 59)
        expect(at60 - judged.energy.leftMicrojoules).toBe(250_000 * 3600)
        judged.judge(4000, 2 * 24 * 60)
        expect(judged.energy.leftMicrojoules).toBe(0)
        expect(judged.energy.remainingTenthsDay).toBe(0)
        expect(energyLow(judged.energy)).toBe(true)
    })

    test("NRG-3: a late judgement takes off all the time since the last one, rounded up", () => {
        const { energy } = new Judged().judge(4000, 60)
        const before = energy.leftMicrojoules
        judgeEnergy(energy, 4000, energy.judgedMs + MS_PER_HOUR + 1, 0, STEP_PL)
        expect(before - energy.leftMicrojoules).toBe(250_000 * 3600 + 250)
        const odd = createEnergy(CellKind.LiIon, CAPACITY_MAH, END_MV, { restingMicrowatts: 1, stepMicrojoules: 0 })
        const slow = new Judged(odd).judge(4000, 60)
        const left = odd.leftMicrojoules
        judgeEnergy(odd, 4000, slow.nowMs + 1, 0, STEP_PL)
        expect(left - odd.leftMicrojoules).toBe(61)
    })

    test("NRG-3: a monitor that gives no more readings leaves the account to go down", () => {
        const judged = new Judged().judge(4000, 60)
        const before = judged.energy.leftMicrojoules
        judged.judge(NaN, 60)
        expect(before - judged.energy.leftMicrojoules).toBe(250_000 * 3600)
        expect(judged.energy.meanMv).toBe(4000)
    })

    test("NRG-3: a cell that holds less than it should is believed its voltage", () => {
        const judged = new Judged().judge(4000, 60)
        judged.judge(3600, 60)
        expect(judged.energy.meanMv).toBeCloseTo(3600 + 400 * (59 / 60) ** 60, 6)
        const byVoltage = cellMicrojoules(LI_ION, CAPACITY_MAH, judged.energy.meanMv)
        expect(judged.energy.leftMicrojoules).toBe(byVoltage - cellMicrojoules(LI_ION, CAPACITY_MAH, END_MV))
    })

    test("under its end voltage nothing is left", () => {
        const judged = new Judged().judge(3200)
        expect([judged.energy.leftMicrojoules, judged.energy.remainingTenthsDay]).toEqual([0, 0])
    })

    test("the mean of an hour's readings smooths what each of them scatters", () => {
        const judged = new Judged()
        for (let i = 0; i < 60; i++) judged.judge(3800 + (i % 2 === 0 ? 20 : -20))
        expect(judged.energy.meanMv).toBeCloseTo(3800, 6)
        judged.judge(3860)
        expect(judged.energy.meanMv).toBeCloseTo(3801, 6)
        expect(judged.energy.meanReadings).toBe(60)
    })

    test("within the first hour the estimate follows the mean, so that one low reading does not stay", () => {
        const judged = new Judged().judge(3700).judge(3800, 58)
        expect(judged.energy.leftMicrojoules).toBe(
            cellMicrojoules(LI_ION, CAPACITY_MAH, judged.energy.meanMv) - judged.energy.endMicrojoules,
        )
        const at59 = judged.energy.leftMicrojoules
        judged.judge(3800)
        expect(judged.energy.leftMicrojoules).toBe(at59 - 250_000 * 60)
    })

    test.each([
        [149, false],
        [150, true],
    ])("another cell, or a charger, is noticed by a mean that is higher by %i mV: %s", (risenMv, noticed) => {
        const judged = new Judged().judge(3700, 60).judge(3700, 600)
        const { energy } = judged
        energy.meanMv = 3700 + risenMv
        const before = energy.leftMicrojoules
        judged.judge(3700 + risenMv)
        expect(energy.leftMicrojoules > before).toBe(noticed)
        expect(energy.lowestMv).toBe(noticed ? 3850 : 3700)
    })

    test("a pump that is plugged into another battery says so within a few hours", () => {
        const judged = new Judged().judge(3700, 1000)
        expect(judged.energy.remainingTenthsDay).toBe(0)
        judged.judge(4150, 240)
        expect(judged.energy.remainingTenthsDay).toBeGreaterThan(12)
    })

    test("NRG-3: it is never more than the account, whatever the voltage does short of a new battery", () => {
        const readings = fc.array(fc.oneof(fc.integer({ min: 3790, max: 3850 }), fc.constant(NaN)), {
            minLength: 1,
            maxLength: 100,
        })
        fc.assert(
            fc.property(readings, later => {
                const judged = new Judged().judge(3800, 60)
                let allowed = judged.energy.leftMicrojoules
                for (const batteryMv of later) {
                    judged.judge(batteryMv)
                    allowed = Math.max(0, allowed - 250_000 * 60)
                    expect(judged.energy.leftMicrojoules).toBeLessThanOrEqual(allowed)
                    expect(judged.energy.leftMicrojoules).toBeGreaterThanOrEqual(0)
                }
            }),
            { numRuns: 50 },
        )
    })

    test.each([
        [ENERGY_LOW_TENTHS_DAY + 1, false],
        [ENERGY_LOW_TENTHS_DAY, true],
        [0, true],
        [NaN, false],
    ])("NRG-4: %d tenths of a day left are low: %s", (remainingTenthsDay, low) => {
        expect(energyLow({ ...createEnergy(CellKind.LiIon, 1000, END_MV, USE), remainingTenthsDay })).toBe(low)
    })
})

test("two days of a real discharge: the estimate runs down with the battery, and not a day ahead of it", () => {
    // A cell that truly holds what it should, emptied by what is drawn.
    const judged = new Judged()
    const { energy } = judged
    const full = cellMicrojoules(LI_ION, CAPACITY_MAH, 4200)
    let lowAtMs = NaN
    for (let minute = 0; ; minute++) {
        const left = full - minute * 250_000 * 60
        let mv = 3000
        while (cellMicrojoules(LI_ION, CAPACITY_MAH, mv) < left) mv++
        if (mv <= END_MV) break
        judged.judge(mv)
        const trulyTenths = (left - energy.endMicrojoules) / 250_000 / 8640
        // An hour's mean lags by up to an hour: 0.4 tenths of a day.
        expect(energy.remainingTenthsDay).toBeLessThanOrEqual(trulyTenths + 0.5)
        expect(energy.remainingTenthsDay).toBeGreaterThanOrEqual(trulyTenths - 1.5)
        if (energyLow(energy) && Number.isNaN(lowAtMs)) lowAtMs = judged.nowMs
    }
    const hoursAhead = (judged.nowMs - lowAtMs) / MS_PER_HOUR
    expect(hoursAhead).toBeGreaterThan(12)
    expect(hoursAhead).toBeLessThan(16)
    expect(judged.nowMs).toBeGreaterThan(1.8 * MS_PER_DAY)
})

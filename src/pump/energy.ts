// How long the battery will last: its voltage says what is left in the cell, and the board's own draw how many days that is.
// In the middle of a discharge the voltage hardly falls, and a monitor may stand still: so what was drawn since is taken off an
// account, and the estimate is never more than what that account still holds.

import { MS_PER_MINUTE } from "./limits"

/** What the pump is fed from. */
export enum CellKind {
    /** No battery, or one that nothing is known of. */
    None = 0,
    /** One lithium-ion or lithium-polymer cell. */
    LiIon = 1,
    /** Two alkaline AA cells in series. */
    TwoAlkalineAa = 2,
}

/** What a cell's voltage at light load says is left in it: both lists rise, and between two points the curve is straight. */
export interface DischargeCurve {
    readonly millivolts: readonly number[]
    readonly perMille: readonly number[]
}

/**
 * One lithium-ion cell:
 * https://www.benzoenergy.com/blog/post/what-is-the-relationship-between-voltage-and-capacity-of-18650-li-ion-battery.html
 */
const LI_ION: DischargeCurve = {
    millivolts: [3000, 3450, 3680, 3740, 3770, 3790, 3820, 3870, 3920, 3980, 4060, 4200],
    perMille: [0, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000],
}

/**
 * Two alkaline cells, at twice the voltage of one discharged slowly and with rests, from the curves of makers:
 * https://www.candlepowerforums.com/threads/alkaline-percentage-table.263582/
 */
const TWO_ALKALINE_AA: DischargeCurve = {
    millivolts: [1800, 2000, 2200, 2400, 2600, 2800, 3200],
    perMille: [0, 100, 200, 500, 850, 950, 1000],
}

/** What the pump draws from its battery (`drivers/energyUse.ts`). */
export interface EnergyUse {
    /** With the loop ticking, the motor at rest and no alarm. */
    restingMicrowatts: number
    /** Each step by itself: driver woken, pulse, rotor settled, current off. */
    stepMicrojoules: number
}

/** Readings of a minute each that the voltage is the mean of. */
const READINGS_MAX = 60

/**
 * A voltage higher than the lowest so far by this is a charger or another cell, and no recovery after a load: assumed, over
 * twice what a rest of hours gives back at these currents.
 */
const RECHARGED_MV = 150

// µJ from the area under a curve in mV × ‰, for each mAh: 3.6 mJ in a mAh at one mV, a thousandth of it for each ‰.
const MICROJOULES_PER_AREA = 3.6

const SECONDS_PER_DAY = 86_400
const SECONDS_PER_TENTH_DAY = 8640

/** Energy counts as low from here on: twelve hours, long enough for a night's sleep and a morning (assumed). */
export const ENERGY_LOW_TENTHS_DAY = 5

/** What is known of the battery; one long-lived record, written in place. */
export interface Energy {
    /** Undefined where the pump does not know its battery: then nothing is estimated. */
    readonly curve: DischargeCurve | undefined
    readonly capacityMah: number
    readonly use: EnergyUse
    /** What is left in the cell when the pump has to stop. */
    readonly endMicrojoules: number
    /** Mean of the last hour; NaN before the first reading. And how many readings it is made of, an hour's at most. */
    meanMv: number
    meanReadings: number
    /** The lowest mean since the cell was new or charged. */
    lowestMv: number
    /** The account: what may still be drawn until the pump has to stop. NaN before the first reading. */
    leftMicrojoules: number
    judgedMs: number
    /** Time until the pump has to stop, in whole tenths of a day; NaN while unknown. */
    remainingTenthsDay: number
}

/** The curve of a cell; undefined where there is none. */
export function dischargeCurve(cell: CellKind): DischargeCurve | undefined {
    if (cell === CellKind.LiIon) return LI_ION
    if (cell === CellKind.TwoAlkalineAa) return TWO_ALKALINE_AA
    return undefined
}

/** What is left in a cell at `batteryMv`, in whole per mille of its capacity, never more than the curve says; 0 for NaN. */
export function chargePerMille(curve: DischargeCurve, batteryMv: number): number {
    let perMille = 0
    for (let i = 1; i < curve.millivolts.length; i++) {
        const lowMv = curve.millivolts[i - 1]
        if (!(batteryMv > lowMv)) break
        const share = Math.min(1, (batteryMv - lowMv) / (curve.millivolts[i] - lowMv))
        perMille = curve.perMille[i - 1] + (curve.perMille[i] - curve.perMille[i - 1]) * share
    }
    return Math.floor(perMille)
}

/** The energy in a cell of `capacityMah` at `batteryMv`: the area under its curve from empty, in whole microjoules; 0 for NaN. */
export function cellMicrojoules(curve: DischargeCurve, capacityMah: number, batteryMv: number): number {
    let area = 0
    for (let i = 1; i < curve.millivolts.length; i++) {
        const lowMv = curve.millivolts[i - 1]
        const highMv = curve.millivolts[i]
        if (!(batteryMv > lowMv)) break
        const topMv = Math.min(batteryMv, highMv)
        const widthPerMille = ((curve.perMille[i] - curve.perMille[i - 1]) * (topMv - lowMv)) / (highMv - lowMv)
        area += (widthPerMille * (lowMv + topMv)) / 2
    }
    return Math.floor(area * capacityMah * MICROJOULES_PER_AREA)
}

/**
 * A battery of which nothing was read yet.
 * @param endMv the voltage at which the pump stops: what the cell still holds below it is of no use
 */
export function createEnergy(cell: CellKind, capacityMah: number, endMv: number, use: EnergyUse): Energy {
    const curve = dischargeCurve(cell)
    return {
        curve,
        capacityMah,
        use,
        endMicrojoules: curve ? cellMicrojoules(curve, capacityMah, endMv) : NaN,
        meanMv: NaN,
        meanReadings: 0,
        lowestMv: Infinity,
        leftMicrojoules: NaN,
        judgedMs: NaN,
        remainingTenthsDay: NaN,
    }
}

/** What the pump draws at this flow, in whole microwatts, rounded up. A flow that is not known counts as none. */
export function drawMicrowatts(use: EnergyUse, ratePlPerDay: number, stepPl: number): number {
    const stepsPerDay = ratePlPerDay > 0 ? ratePlPerDay / stepPl : 0
    return Math.ceil(use.restingMicrowatts + (stepsPerDay * use.stepMicrojoules) / SECONDS_PER_DAY)
}

/**
 * Judges how long the battery will last, once a minute however often it is called. A reading that is missing (NaN) leaves
 * the account to go down by what is drawn.
 * @param ratePlPerDay the flow to come, the programme's weekly mean
 */
export function judgeEnergy(
    energy: Energy,
    batteryMv: number,
    nowMs: number,
    ratePlPerDay: number,
    stepPl: number,
): void {
    const curve = energy.curve
    if (!curve) return
    const elapsedMs = nowMs - energy.judgedMs
    if (elapsedMs < MS_PER_MINUTE) return
    energy.judgedMs = nowMs
    const microwatts = drawMicrowatts(energy.use, ratePlPerDay, stepPl)
    let leftMicrojoules = energy.leftMicrojoules - Math.ceil((microwatts * elapsedMs) / 1000)
    if (batteryMv > 0) {
        const readings = Math.min(energy.meanReadings + 1, READINGS_MAX)
        const meanMv = readings === 1 ? batteryMv : energy.meanMv + (batteryMv - energy.meanMv) / readings
        const recharged = meanMv >= energy.lowestMv + RECHARGED_MV
        const byVoltage = cellMicrojoules(curve, energy.capacityMah, meanMv) - energy.endMicrojoules
        // Within its first hour the mean still scatters: an account that took the lowest of it would stay too low for good.
        if (recharged || readings < READINGS_MAX || !(leftMicrojoules <= byVoltage)) leftMicrojoules = byVoltage
        if (recharged || meanMv < energy.lowestMv) energy.lowestMv = meanMv
        energy.meanMv = meanMv
        energy.meanReadings = readings
    }
    if (leftMicrojoules < 0) leftMicrojoules = 0
    energy.leftMicrojoules = leftMicrojoules
    energy.remainingTenthsDay =
        leftMicrojoules >= 0 ? Math.floor(leftMicrojoules / (microwatts * SECONDS_PER_TENTH_DAY)) : NaN
}

/** True when the battery will not last much longer. One that nothing is known of is no alarm here: its monitor has its own. */
export function energyLow(energy: Energy): boolean {
    return energy.remainingTenthsDay <= ENERGY_LOW_TENTHS_DAY
}

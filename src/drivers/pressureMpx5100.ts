// Line pressure from an NXP MPX5100GP on an analogue pin. Its output never reaches either rail while it works, so a rail
// is a broken or shorted wire and not a pressure.

import * as ds from "@devicescript/core"
import { Readings, SensorFault } from "../pump/readings"
import { AnalogueInput, meanFraction } from "./hardware"
import { Sensor } from "./parts"

// MPX5100 datasheet rev. 14: Vout = Vs (0.009 P + 0.04), P in kPa; offset 0.088 to 0.313 V, full scale 4.588 to 4.813 V
// at Vs = 5 V. Half a minimum offset below and as much above the largest output is no pressure.
const OFFSET_OF_SUPPLY = 0.04
const PER_KPA_OF_SUPPLY = 0.009
const SUPPLY_MV = 5000
const OUTPUT_MV_MIN = 44
const OUTPUT_MV_MAX = 4857

const READS = 4

/** The pressure in whole pascals that an output of `outputMv` stands for; NaN near a rail. */
export function mpx5100PressurePa(outputMv: number): number {
    if (!(outputMv >= OUTPUT_MV_MIN && outputMv <= OUTPUT_MV_MAX)) return NaN
    return Math.floor(((outputMv / SUPPLY_MV - OFFSET_OF_SUPPLY) / PER_KPA_OF_SUPPLY) * 1000 + 0.5)
}

/**
 * NXP MPX5100GP, 0 to 100 kPa gauge, 5 V supply: https://www.nxp.com/docs/en/data-sheet/MPX5100.pdf
 *
 * Its output reaches 4.7 V: a divider of 10 kΩ over 20 kΩ (`dividerRatio` 1.5) brings it under 3.3 V, and its lower resistor
 * pulls a broken wire to ground. The output follows its own supply while the pin is measured against the chip's, so an
 * error of either supply is an error of the reading, 1 % of (pressure + 4.4 kPa) for 1 %. Invalid at either rail.
 */
export function startMpx5100Pressure(input: AnalogueInput): Sensor {
    input.pin.setMode(ds.GPIOMode.AnalogIn)
    return {
        read: async (readings: Readings) => {
            const outputMv = meanFraction(input, READS) * input.fullScaleMv * input.dividerRatio
            const pressurePa = mpx5100PressurePa(outputMv)
            const valid = pressurePa >= 0 || pressurePa < 0
            readings.pressurePa = pressurePa
            readings.pressureFault = valid ? SensorFault.None : SensorFault.Invalid
        },
    }
}

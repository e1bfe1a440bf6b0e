// Battery voltage through a divider on an analogue pin. A working divider never reads a rail, so a rail is a broken wire
// or a short and not a voltage.

import * as ds from "@devicescript/core"
import { Readings, SensorFault } from "../pump/readings"
import { AnalogueInput, meanFraction } from "./hardware"
import { Sensor } from "./parts"

const FRACTION_MIN = 0.02
const FRACTION_MAX = 0.98
const READS = 4

/** Battery voltage in whole millivolts for a pin at `fraction` of full scale; NaN within 2 % of either rail. */
export function batteryMvOf(fraction: number, fullScaleMv: number, dividerRatio: number): number {
    if (!(fraction > FRACTION_MIN && fraction < FRACTION_MAX)) return NaN
    return Math.floor(fraction * fullScaleMv * dividerRatio + 0.5)
}

/**
 * A battery behind a divider, 100 kΩ over 100 kΩ for one lithium-ion cell, 100 nF across the lower one.
 * Full scale is 3300 mV on the RP2040 (datasheet section 4.9, https://datasheets.raspberrypi.com/rp2040/rp2040-datasheet.pdf);
 * on the ESP32-C3 the runtime reads uncalibrated at the largest attenuation, 2500 mV
 * (https://docs.espressif.com/projects/esp-idf/en/v4.4.5/esp32c3/api-reference/peripherals/adc.html), so there compare
 * it once with a voltmeter and correct `fullScaleMv`. Invalid at either rail.
 */
export function startBattery(input: AnalogueInput): Sensor {
    input.pin.setMode(ds.GPIOMode.AnalogIn)
    return {
        read: async (readings: Readings) => {
            const batteryMv = batteryMvOf(meanFraction(input, READS), input.fullScaleMv, input.dividerRatio)
            readings.batteryMv = batteryMv
            readings.batteryFault = batteryMv >= 0 ? SensorFault.None : SensorFault.Invalid
        },
    }
}

// Tells that the supply is failing while there is still energy to write the last record: the pin of a voltage detector on the
// rail ahead of the regulator. What it warns of may not come, so it is asked anew each tick and nothing is remembered here.

import * as ds from "@devicescript/core"
import { InputPin } from "./hardware"

/**
 * Microchip MCP111-270, open drain, low under 2.63 V (2.564 to 2.696 V over temperature), 1.75 µA at most: datasheet
 * DS20001889F, https://www.microchip.com/en-us/product/MCP111. It sits on VSYS of the Pico, behind the battery's diode, so that
 * it has a supply for as long as the controller has; `boards/README.md` says which capacitor holds VSYS up, and how long.
 *
 * The chip's own resistor pulls the pin to the level of a supply that is well: a detector that is not fitted, or whose wire
 * broke, never warns, and the records are as safe without a warning.
 * @param activeLow true for a detector whose output is low when the supply fails
 */
export function startSupplyWarning(pin: InputPin, activeLow: boolean): { failing: () => boolean } {
    pin.setMode(activeLow ? ds.GPIOMode.InputPullUp : ds.GPIOMode.InputPullDown)
    const failingLevel = activeLow ? 0 : 1
    return { failing: () => pin.value === failingLevel }
}

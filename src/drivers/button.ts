// The pump's own start/stop button. It acts when held over three samples in a row, two seconds at least, and must be
// released before it can act again, so that neither a knock nor a stuck button starts and stops the pump.

import * as ds from "@devicescript/core"
import { CommandKind, Readings } from "../pump/readings"
import { InputPin } from "./hardware"
import { Sensor } from "./parts"

export const HELD_SAMPLES = 3

/** A push button from the pin to ground. Fills `command` with Toggle when nothing else is asked for, and never clears it. */
export function startButton(pin: InputPin): Sensor {
    pin.setMode(ds.GPIOMode.InputPullUp)
    // A button that is down at power-on is stuck or held by accident until it has been seen up.
    let heldSamples = HELD_SAMPLES
    return {
        read: async (readings: Readings) => {
            if (pin.value !== 0) {
                heldSamples = 0
                return
            }
            heldSamples += 1
            if (heldSamples === HELD_SAMPLES && readings.command === CommandKind.None)
                readings.command = CommandKind.Toggle
        },
    }
}

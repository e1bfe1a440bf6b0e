// The pump's one button: a short press acknowledges the alarms, a long one starts or stops the pump. It is looked at once a
// second, so a press acts by the samples it was seen in: released after one or two it was short, the third makes it long.

import * as ds from "@devicescript/core"
import { CommandKind, Readings } from "../pump/readings"
import { InputPin } from "./hardware"
import { Sensor } from "./parts"

/** Samples in a row that make a press a long one: it has lasted two seconds at least. */
export const HELD_SAMPLES = 3

/**
 * A push button from the pin to ground. Fills `command` when nothing else is asked for, and never clears it: Toggle at the
 * third sample of a press, Acknowledge when it is released before. After a long press it must be released before it can act
 * again, so neither a knock nor a stuck button starts or stops the pump. A press of a full second is always seen, a shorter
 * one perhaps.
 */
export function startButton(pin: InputPin): Sensor {
    pin.setMode(ds.GPIOMode.InputPullUp)
    // A button that is down at power-on is stuck or held by accident until it has been seen up.
    let heldSamples = HELD_SAMPLES
    return {
        read: async (readings: Readings) => {
            const free = readings.command === CommandKind.None
            if (pin.value !== 0) {
                if (free && heldSamples > 0 && heldSamples < HELD_SAMPLES) readings.command = CommandKind.Acknowledge
                heldSamples = 0
                return
            }
            // Counts no further once the press has acted or was no press.
            if (heldSamples < HELD_SAMPLES) {
                heldSamples += 1
                if (free && heldSamples === HELD_SAMPLES) readings.command = CommandKind.Toggle
            }
        },
    }
}

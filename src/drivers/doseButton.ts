// The patient's button: a press asks for the dose that the programme allows, once. Whether it is given the pump decides, and says
// so by a signal; a button that is stuck or held must neither ask again and again nor at each power-on.

import * as ds from "@devicescript/core"
import { CommandKind, Readings } from "../pump/readings"
import { InputPin } from "./hardware"
import { Sensor } from "./parts"

/**
 * A push button from the pin to ground. Fills `command` with PatientDose for a press that one sample sees, and then not before it
 * was seen released; it never takes another's command away, but asks with the first sample after that. A press of a full second is
 * always seen, a shorter one perhaps.
 */
export function startDoseButton(pin: InputPin): Sensor {
    pin.setMode(ds.GPIOMode.InputPullUp)
    // A button that is down at power-on is stuck, or was pressed before a reset, until it has been seen up.
    let released = false
    let asks = false
    return {
        read: async (readings: Readings) => {
            if (pin.value !== 0) {
                released = true
            } else if (released) {
                released = false
                asks = true
            }
            if (asks && readings.command === CommandKind.None) {
                asks = false
                readings.command = CommandKind.PatientDose
            }
        },
    }
}

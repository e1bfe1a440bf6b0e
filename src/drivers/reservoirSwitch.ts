// The switch at the end of the plunger's travel, read on both of its contacts: a single contact can't tell a broken wire
// from one of its two states, two contacts of one changeover switch never agree unless something is wrong.

import * as ds from "@devicescript/core"
import { Readings, SensorFault } from "../pump/readings"
import { InputPin } from "./hardware"
import { Sensor } from "./parts"

/** 1 when pressed, 0 when not, NaN when the contacts contradict each other; a level of 0 is a closed contact. */
export function endSwitchPressed(normallyClosedLevel: number, normallyOpenLevel: number): number {
    if (normallyClosedLevel === 0 && normallyOpenLevel === 1) return 0
    if (normallyClosedLevel === 1 && normallyOpenLevel === 0) return 1
    return NaN
}

/**
 * A changeover microswitch such as Omron D2F-L (https://components.omron.com/us-en/products/switches/D2F), common to ground,
 * both other contacts to pins that are pulled up. Both open: the common wire is broken, or one wire of the contact that
 * should be closed. Both closed: a short. Either is Invalid. What stays hidden is a break of the contact that is open
 * anyway, until the switch is pressed, and then it reads Invalid.
 */
export function startReservoirSwitch(normallyClosed: InputPin, normallyOpen: InputPin): Sensor {
    normallyClosed.setMode(ds.GPIOMode.InputPullUp)
    normallyOpen.setMode(ds.GPIOMode.InputPullUp)
    return {
        read: async (readings: Readings) => {
            const pressed = endSwitchPressed(normallyClosed.value, normallyOpen.value)
            readings.reservoirEndSwitch = pressed
            readings.reservoirEndFault = pressed >= 0 ? SensorFault.None : SensorFault.Invalid
        },
    }
}

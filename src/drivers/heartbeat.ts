// One edge on a pin for each completed tick. The outside watchdog wants edges, not a level, so that a pin stuck either way
// looks the same as a pump that hangs.

import * as ds from "@devicescript/core"
import { OutputPin } from "./hardware"
import { Heartbeat } from "./parts"

/** Starts the heartbeat, low; the watchdog (`boards/README.md`) cuts motor power when the edges stop. */
export function startHeartbeat(pin: OutputPin): Heartbeat {
    pin.setMode(ds.GPIOMode.OutputLow)
    let high = false
    return {
        beat: async () => {
            high = !high
            pin.setMode(high ? ds.GPIOMode.OutputHigh : ds.GPIOMode.OutputLow)
        },
    }
}

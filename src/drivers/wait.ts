// Waiting from now on. DeviceScript counts a sleep from the start of the slice of code that it ends, so one after a slice that took longer is
// over before it began; and the RP2040's runtime can lose the alarm for a moment that is already there (`boards/README.md`, "Without USB").

import * as ds from "@devicescript/core"

/** Waits at least `waitMs` from now; a millisecond mostly has begun already, so ask for one more where it matters. */
export async function sleepFromNow(waitMs: number): Promise<void> {
    // Ends the slice, and wakes at once in the next.
    await ds.sleep(0)
    await ds.sleep(waitMs)
}

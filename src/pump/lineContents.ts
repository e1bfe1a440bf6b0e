// What tubing and catheter hold that is not from the reservoir as it is now: nothing yet, after they were changed, or the drug of
// another concentration, after a refill with one. Until that is passed the line is primed, or the former dose is bridged.

import { addToWindow } from "./doses"
import { Actions, LineEvent, Pump } from "./pump"
import { planFlow } from "./schedule"

/** Tubing or catheter are new: what fills them is no dose. */
export function changeLine(pump: Pump, actions: Actions): void {
    pump.lineLeftPl = pump.programme ? pump.programme.deadVolumePl : 0
    pump.lineNgPerMl = 0
    pump.bridgeRatePlPerDay = 0
    actions.lineEvent = LineEvent.Changed
}

/**
 * The reservoir holds another concentration from now on, and the line the former one: that is delivered at the flow that gave the
 * former dose, its mean over the week, until it is spent (BRG-1).
 * @param formerNgPerMl its concentration
 * @param formerPlPerDay that flow
 */
export function beginBridge(pump: Pump, formerNgPerMl: number, formerPlPerDay: number, actions: Actions): void {
    // A line that holds no drug yet, or whose volume nobody gave, has none to bridge with.
    if (!pump.programme || pump.programme.deadVolumePl === 0 || pump.lineLeftPl > 0 || formerPlPerDay === 0) return
    pump.lineLeftPl = pump.programme.deadVolumePl
    pump.lineNgPerMl = formerNgPerMl
    pump.bridgeRatePlPerDay = formerPlPerDay
    actions.lineEvent = LineEvent.BridgeBegun
}

/**
 * `pl` went into a line that is not yet full of what the reservoir holds; less than nothing was pulled back. Called after the guard
 * has had its word.
 */
export function passLine(pump: Pump, pl: number, actions: Actions): void {
    // What is pulled back fills no more than there is of the line; a programme that says less of it takes nothing away.
    const mostPl = Math.max(pump.programme ? pump.programme.deadVolumePl : 0, pump.lineLeftPl)
    const bridging = pump.bridgeRatePlPerDay > 0
    const overPl = pl - pump.lineLeftPl
    pump.lineLeftPl = overPl < 0 ? Math.min(-overPl, mostPl) : 0
    if (bridging) {
        pump.patientPl += pl
        // It counts against the window like a bolus, because it is none of the schedule's.
        if (pl > 0) addToWindow(pump.doses, pl)
    } else if (overPl > 0) {
        pump.patientPl += overPl
    }
    if (pump.lineLeftPl > 0) return
    pump.lineNgPerMl = 0
    pump.bridgeRatePlPerDay = 0
    actions.lineEvent = bridging ? LineEvent.BridgeOver : LineEvent.Primed
    actions.checkpointDue = true
    if (bridging) planFlow(pump, pump.nowMs)
}

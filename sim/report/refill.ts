// When the reservoir is due for a refill: the day its computed volume comes down to the refill-alarm level, were the
// pump to go on at its programme's mean rate. Clinics plan by that day; boluses to come would bring it nearer.

import { MS_PER_DAY } from "../../src/pump/limits"

/**
 * Milliseconds until `residualPl` is down to `reservoirLowPl` at `meanRatePlPerDay`: 0 when it already is,
 * null when nothing flows and it never will be, or when the residual volume is not known (NaN).
 */
export function msToRefill(residualPl: number, reservoirLowPl: number, meanRatePlPerDay: number): number | null {
    if (!Number.isFinite(residualPl)) return null
    if (residualPl <= reservoirLowPl) return 0
    if (!(meanRatePlPerDay > 0)) return null
    return ((residualPl - reservoirLowPl) / meanRatePlPerDay) * MS_PER_DAY
}

// When the reservoir is due for a refill: the day its computed volume comes down to the refill-alarm level, were the
// pump to go on at this rate. Clinics plan by that day: by the programme's mean flow, in which periodic doses are, and, because boluses
// to come bring it nearer, by that flow with every dose that the patient may ask for.

import { MS_PER_DAY } from "../../src/pump/limits"

/**
 * Milliseconds until `residualPl` is down to `reservoirLowPl` at `ratePlPerDay`: 0 when it already is,
 * null when nothing flows and it never will be, or when the residual volume is not known (NaN).
 */
export function msToRefill(residualPl: number, reservoirLowPl: number, ratePlPerDay: number): number | null {
    if (!Number.isFinite(residualPl)) return null
    if (residualPl <= reservoirLowPl) return 0
    if (!(ratePlPerDay > 0)) return null
    return ((residualPl - reservoirLowPl) / ratePlPerDay) * MS_PER_DAY
}

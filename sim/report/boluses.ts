// Many boluses, as sums.

import type { BolusRecord } from "../engines/result"
import { bolusKind, bolusOutcome } from "./words"

/** More boluses than these are told of in sums first. */
export const BOLUSES_MAX = 30

/** Boluses of one kind that had the same outcome. */
export interface BolusSum {
    kind: string
    outcome: string
    count: number
    /** What they gave together. */
    pl: number
}

/** In the order in which each kind and outcome first came. */
export function bolusSums(boluses: readonly BolusRecord[]): BolusSum[] {
    const sums = new Map<string, BolusSum>()
    for (const bolus of boluses) {
        const kind = bolusKind(bolus)
        const outcome = bolusOutcome(bolus)
        const sum = sums.get(`${kind} ${outcome}`) ?? { kind, outcome, count: 0, pl: 0 }
        sum.count += 1
        sum.pl += bolus.deliveredPl
        sums.set(`${kind} ${outcome}`, sum)
    }
    return [...sums.values()]
}

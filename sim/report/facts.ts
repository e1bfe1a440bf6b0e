// The facts of a run that both the terminal's summary and the report state, worked out once so that they agree.

import { decodeLimits, type GuardLimits } from "../../src/pump/guard"
import { decodeMechanism, type Mechanism } from "../../src/pump/mechanism"
import { decodeProgramme, type Programme } from "../../src/pump/programme"
import type { Run } from "../engines/result"
import type { Scenario } from "../scenario/scenario"
import { msToRefill } from "./refill"
import { doseUg, RunClock } from "./units"

export interface Facts {
    clock: RunClock
    /** As the pump itself reads them back from its stored bytes. */
    programme: Programme
    mechanism: Mechanism
    limits: GuardLimits
    programmedUg: number
    deliveredUg: number
    /** Delivered as a part of programmed, in per cent; null when nothing was programmed. */
    deliveredPercent: number | null
    residualUg: number
    /** From the end of the run to the refill; null when it has no date. */
    msToRefill: number | null
    /** "Mon 1 Jun 2026", "due now" or "none at this rate". */
    refill: string
    alarmsStanding: number
}

export function factsOf(scenario: Scenario, run: Run): Facts {
    const programme = decodeProgramme(scenario.programmeBytes)
    if (typeof programme === "string") throw new Error(`a checked scenario holds no programme: ${programme}`)
    const mechanism = decodeMechanism(scenario.mechanismBytes)
    if (typeof mechanism === "string") throw new Error(`a checked scenario holds no mechanism: ${mechanism}`)
    const limits = decodeLimits(scenario.limitsBytes)
    if (typeof limits === "string") throw new Error(`a checked scenario holds no limits: ${limits}`)
    const { programmedPl, deliveredPl, residualPl, simulatedMs, alarms } = run.result
    const clock = new RunClock(scenario.startsAt)
    const refillInMs = msToRefill(residualPl, programme.reservoirLowPl, programme.meanRatePlPerDay)
    return {
        clock,
        programme,
        mechanism,
        limits,
        programmedUg: doseUg(programmedPl, programme.concentrationNgPerMl),
        deliveredUg: doseUg(deliveredPl, programme.concentrationNgPerMl),
        deliveredPercent: programmedPl > 0 ? (deliveredPl / programmedPl) * 100 : null,
        residualUg: doseUg(residualPl, programme.concentrationNgPerMl),
        msToRefill: refillInMs,
        refill:
            refillInMs === null
                ? "none at this rate"
                : refillInMs === 0
                  ? "due now"
                  : clock.date(simulatedMs + refillInMs),
        alarmsStanding: alarms.filter(alarm => alarm.clearedMs === null).length,
    }
}

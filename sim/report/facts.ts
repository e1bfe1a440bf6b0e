// The facts of a run that both the terminal's summary and the report state, worked out once so that they agree.

import { decodeLimits, type GuardLimits } from "../../src/pump/guard"
import { decodeMechanism, type Mechanism } from "../../src/pump/mechanism"
import { decodeProgramme, type Programme } from "../../src/pump/programme"
import { ProgrammeAnswer } from "../../src/pump/readings"
import { PROGRAMME_ANSWERS, type Run } from "../engines/result"
import type { Scenario } from "../scenario/scenario"
import { msToRefill } from "./refill"
import { doseUg, RunClock } from "./units"

export interface Facts {
    clock: RunClock
    /** As the pump itself reads them back from its stored bytes: the programme at the start, and the one that ran at the end. */
    programme: Programme
    lastProgramme: Programme
    mechanism: Mechanism
    limits: GuardLimits
    programmedUg: number
    deliveredUg: number
    /** True where all that left the catheter was of one strength, that of the programme, so that dose and volume are in proportion. */
    oneStrength: boolean
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
    const programme = expectProgramme(scenario.programmeBytes)
    const lastProgramme = expectProgramme(lastTaken(scenario, run) ?? scenario.programmeBytes)
    const mechanism = decodeMechanism(scenario.mechanismBytes)
    if (typeof mechanism === "string") throw new Error(`a checked scenario holds no mechanism: ${mechanism}`)
    const limits = decodeLimits(scenario.limitsBytes)
    if (typeof limits === "string") throw new Error(`a checked scenario holds no limits: ${limits}`)
    const { programmedPl, deliveredPl, residualPl, simulatedMs, alarms } = run.result
    const { programmedMicrograms, deliveredMicrograms, deliveredStrengths } = run.result
    const clock = new RunClock(scenario.startsAt)
    const refillInMs = msToRefill(residualPl, lastProgramme.reservoirLowPl, lastProgramme.meanRatePlPerDay)
    return {
        clock,
        programme,
        lastProgramme,
        mechanism,
        limits,
        programmedUg: programmedMicrograms,
        deliveredUg: deliveredMicrograms,
        oneStrength:
            lastProgramme.concentrationNgPerMl === programme.concentrationNgPerMl &&
            deliveredStrengths.every(({ ngPerMl }) => ngPerMl === programme.concentrationNgPerMl),
        deliveredPercent: programmedPl > 0 ? (deliveredPl / programmedPl) * 100 : null,
        residualUg: doseUg(residualPl, lastProgramme.concentrationNgPerMl),
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

/** The record of the programme that the pump took last; undefined where it took none. */
function lastTaken({ events }: Scenario, { result }: Run): Uint8Array | undefined {
    const offers = events.filter(event => event.kind === "programme")
    const last = result.programmes.findLastIndex(({ answer }) => answer === PROGRAMME_ANSWERS[ProgrammeAnswer.Taken])
    return offers[last]?.bytes
}

function expectProgramme(bytes: Uint8Array): Programme {
    const programme = decodeProgramme(bytes)
    if (typeof programme === "string") throw new Error(`a checked scenario holds no programme: ${programme}`)
    return programme
}

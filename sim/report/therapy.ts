// What of the therapy besides the schedule is drawn over the plots: boluses with the times in which they flowed, those that were
// denied, and the bridge between two strengths.

import type { BolusRecord, Run } from "../engines/result"
import type { Facts } from "./facts"
import { bolusAsked, bolusKind, strengthText } from "./words"

/** A stretch of time over the plots, as `plots.js` takes it; seconds since midnight of the first day. */
export interface Span {
    /** Those of one lane stand in one line. */
    lane: string
    /** Empty for a further part of the one before. */
    name: string
    look: "given"
    from: number
    to: number
}

/** The spans of a run, in the order of their lanes. */
export function therapySpans({ clock, programme }: Facts, { result }: Run): Span[] {
    const seconds = (ms: number) => clock.secondsOfRun(ms)
    const spans: Span[] = []
    for (const kind of ["patient", "clinician", "prime"] as const)
        for (const bolus of result.boluses) {
            if (bolus.kind !== kind || bolus.startedMs === null) continue
            const name = `${bolusKind(bolus)}, ${bolusAsked(bolus)}`
            flowing(bolus, result.simulatedMs).forEach(([fromMs, toMs], part) => {
                const cut = bolus.outcome === "cancelled" ? `, ${bolus.reason}` : ""
                spans.push({
                    lane: kind,
                    name: part === 0 ? name + cut : "",
                    look: "given",
                    from: seconds(fromMs),
                    to: seconds(toMs),
                })
            })
        }
    let begunMs: number | undefined
    const ngPerMl = programme.concentrationNgPerMl
    const bridge = (toMs: number) => {
        if (begunMs === undefined) return
        const name = `bridge: ${strengthText(ngPerMl)} in the line`
        spans.push({ lane: "bridge", name, look: "given", from: seconds(begunMs), to: seconds(toMs) })
        begunMs = undefined
    }
    for (const { event, atMs } of result.lineEvents) {
        if (event === "bridge begun") begunMs = atMs
        else bridge(atMs)
    }
    bridge(result.simulatedMs)
    return spans
}

/** The boluses that were denied: what was asked for, why it was not given, and when, in seconds since midnight of the first day. */
export function denials({ clock }: Facts, { result }: Run): { name: string; at: number }[] {
    return result.boluses
        .filter(({ outcome }) => outcome === "denied")
        .map(bolus => ({
            name: `${bolusKind(bolus)} denied: ${bolus.reason}`,
            at: clock.secondsOfRun(bolus.requestedMs),
        }))
}

/** When a bolus flowed: from its start to its end, without the times in which it waited. */
function flowing({ startedMs, finishedMs, waited }: BolusRecord, endMs: number): [number, number][] {
    const parts: [number, number][] = []
    let fromMs = startedMs ?? 0
    for (const wait of waited) {
        parts.push([fromMs, wait.fromMs])
        fromMs = wait.toMs ?? finishedMs ?? endMs
    }
    const toMs = finishedMs ?? endMs
    if (toMs > fromMs) parts.push([fromMs, toMs])
    return parts
}

// The record of every bolus of a run: who asked when, what became of it, and when it waited for another.
// The firmware says only what happened; which request it answers is known here.

import { BolusEvent, BolusKind, BolusReason } from "../../src/pump/pump"
import { BOLUS_REASONS, type BolusOutcome, type BolusRecord, bolusName } from "./result"

/** A bolus that somebody asked for. */
export interface BolusRequest {
    kind: BolusKind
    requestedMs: number
    volumePl: number
    ratePlPerDay: number
    /** Strength of what is given, 0 where it is no drug. */
    ngPerMl: number
}

export class BolusBook {
    readonly records: BolusRecord[] = []
    /** What the firmware was asked for last of each kind. */
    private readonly asked = new Map<BolusKind, BolusRequest>()

    /** The firmware hears this request. */
    ask(request: BolusRequest): void {
        this.asked.set(request.kind, request)
    }

    /** The firmware said what became of a bolus, at `nowMs`; returns the request when it began. */
    told(
        event: BolusEvent,
        kind: BolusKind,
        reason: BolusReason,
        meteredPl: number,
        nowMs: number,
    ): BolusRequest | undefined {
        const request = this.asked.get(kind) ?? {
            kind,
            requestedMs: nowMs,
            volumePl: 0,
            ratePlPerDay: 0,
            ngPerMl: 0,
        }
        if (event === BolusEvent.Denied) this.deny(request, BOLUS_REASONS[reason])
        else if (event === BolusEvent.Started) {
            if (kind === BolusKind.Patient) this.inProgress("clinician")?.waited.push({ fromMs: nowMs, toMs: null })
            this.records.push({ ...blank(request), outcome: "inProgress", startedMs: nowMs })
            return request
        } else {
            const outcome = event === BolusEvent.Delivered ? "delivered" : "cancelled"
            this.end(this.inProgress(bolusName(kind)), outcome, BOLUS_REASONS[reason], meteredPl, nowMs)
            if (kind === BolusKind.Patient && outcome === "delivered") goOn(this.inProgress("clinician"), nowMs)
        }
        return undefined
    }

    /** A request that is denied. */
    deny(request: BolusRequest, reason: string): void {
        this.records.push({ ...blank(request), outcome: "denied", reason })
    }

    /**
     * The firmware's memory is gone, and with it what it could have said of the boluses in progress.
     * @param askedPl what was asked for of the one in progress; of the one that waited `waitingPl`
     */
    breakOff(reason: string, askedPl: number, waitingPl: number, nowMs: number): void {
        for (const record of this.records)
            if (record.outcome === "inProgress")
                this.end(record, "cancelled", reason, waits(record) ? waitingPl : askedPl, nowMs)
        this.asked.clear()
    }

    /** The run is over: what was asked for so far of those in progress. */
    close(askedPl: number, waitingPl: number): void {
        for (const record of this.records)
            if (record.outcome === "inProgress") record.deliveredPl = waits(record) ? waitingPl : askedPl
    }

    private inProgress(kind: BolusRecord["kind"]): BolusRecord | undefined {
        return this.records.findLast(record => record.outcome === "inProgress" && record.kind === kind)
    }

    private end(
        record: BolusRecord | undefined,
        outcome: BolusOutcome,
        reason: string,
        meteredPl: number,
        nowMs: number,
    ): void {
        if (!record) return
        goOn(record, nowMs)
        Object.assign(record, { outcome, reason, finishedMs: nowMs, deliveredPl: meteredPl })
    }
}

function blank({ kind, requestedMs, volumePl, ngPerMl }: BolusRequest): BolusRecord {
    return {
        kind: bolusName(kind),
        requestedMs,
        volumePl,
        ngPerMl,
        outcome: "denied",
        reason: "",
        startedMs: null,
        finishedMs: null,
        waited: [],
        deliveredPl: 0,
    }
}

/** True for a bolus that waits for another one. */
function waits({ waited }: BolusRecord): boolean {
    const last = waited[waited.length - 1]
    return last !== undefined && last.toMs === null
}

/** A bolus that waited goes on, or is over. */
function goOn(record: BolusRecord | undefined, nowMs: number): void {
    const last = record?.waited[record.waited.length - 1]
    if (last && last.toMs === null) last.toMs = nowMs
}

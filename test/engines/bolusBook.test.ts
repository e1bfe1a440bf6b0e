import { expect, test } from "vitest"
import { BolusBook } from "../../sim/engines/bolusBook"
import { BolusEvent, BolusKind, BolusReason } from "../../src/pump/pump"

const { Prime, Clinician, Patient } = BolusKind
const { Started, Delivered, Cancelled, Denied } = BolusEvent

function book() {
    const kept = new BolusBook()
    const ask = (kind: BolusKind, requestedMs: number) =>
        kept.ask({ kind, requestedMs, volumePl: 1000 * kind, ratePlPerDay: 5, ngPerMl: 500_000 })
    const tell = (event: BolusEvent, kind: BolusKind, nowMs: number, meteredPl = 0, reason = BolusReason.None) =>
        kept.told(event, kind, reason, meteredPl, nowMs)
    return { kept, ask, tell }
}

test("a patient's dose stands beside the clinician's that waits for it; each has its own end and volume", () => {
    const { kept, ask, tell } = book()
    ask(Clinician, 10)
    expect(tell(Started, Clinician, 11)).toMatchObject({ kind: Clinician, volumePl: 2000, ratePlPerDay: 5 })
    ask(Patient, 20)
    tell(Started, Patient, 21)
    expect(kept.records[0].waited).toEqual([{ fromMs: 21, toMs: null }])
    expect(tell(Delivered, Patient, 30, 3000)).toBeUndefined()
    tell(Delivered, Clinician, 40, 2000)
    expect(kept.records).toEqual([
        {
            kind: "clinician",
            requestedMs: 10,
            volumePl: 2000,
            ngPerMl: 500_000,
            outcome: "delivered",
            reason: "",
            startedMs: 11,
            finishedMs: 40,
            waited: [{ fromMs: 21, toMs: 30 }],
            deliveredPl: 2000,
        },
        {
            kind: "patient",
            requestedMs: 20,
            volumePl: 3000,
            ngPerMl: 500_000,
            outcome: "delivered",
            reason: "",
            startedMs: 21,
            finishedMs: 30,
            waited: [],
            deliveredPl: 3000,
        },
    ])
})

test("where both are cancelled, the one that waited ends when that is told, and waits until then", () => {
    const { kept, ask, tell } = book()
    ask(Clinician, 10)
    tell(Started, Clinician, 11)
    ask(Patient, 20)
    tell(Started, Patient, 21)
    tell(Cancelled, Patient, 30, 700, BolusReason.StoppingAlarm)
    expect(kept.records[0]).toMatchObject({ outcome: "inProgress", waited: [{ fromMs: 21, toMs: null }] })
    tell(Cancelled, Clinician, 31, 300, BolusReason.StoppingAlarm)
    expect(kept.records).toMatchObject([
        {
            outcome: "cancelled",
            reason: "an alarm stops delivery",
            waited: [{ fromMs: 21, toMs: 31 }],
            deliveredPl: 300,
        },
        { outcome: "cancelled", reason: "an alarm stops delivery", deliveredPl: 700 },
    ])
})

test("a request that is denied beside a bolus of its own kind is the one that was heard last", () => {
    const { kept, ask, tell } = book()
    ask(Prime, 10)
    tell(Started, Prime, 11)
    ask(Prime, 20)
    tell(Denied, Prime, 21, 1000, BolusReason.BolusInProgress)
    tell(Delivered, Prime, 30, 1000)
    expect(kept.records).toMatchObject([
        { requestedMs: 10, outcome: "delivered", finishedMs: 30 },
        {
            requestedMs: 20,
            outcome: "denied",
            reason: "a bolus is in progress already",
            startedMs: null,
            deliveredPl: 0,
        },
    ])
})

test("with the power go those in progress, each with what was asked for of it", () => {
    const { kept, ask, tell } = book()
    ask(Clinician, 10)
    tell(Started, Clinician, 11)
    ask(Patient, 20)
    tell(Started, Patient, 21)
    kept.close(7, 8)
    expect(kept.records.map(({ deliveredPl }) => deliveredPl)).toEqual([8, 7])
    kept.breakOff("power lost", 70, 80, 50)
    expect(kept.records).toMatchObject([
        { kind: "clinician", outcome: "cancelled", reason: "power lost", finishedMs: 50, deliveredPl: 80 },
        { kind: "patient", outcome: "cancelled", reason: "power lost", finishedMs: 50, deliveredPl: 70 },
    ])
    // What was asked before is nobody's request any more.
    tell(Started, Prime, 60)
    expect(kept.records[2]).toMatchObject({ requestedMs: 60, volumePl: 0 })
})

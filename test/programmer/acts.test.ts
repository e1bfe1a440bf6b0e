import { jdpack } from "jacdac-ts"
import { describe, expect, test } from "vitest"
import { COMPILED } from "../../sim/bench/linkBench"
import { answerText, commandBody, nodeCrypto, openAnswer, readReading, sealAct } from "../../sim/programmer/acts"
import { bolusFigures } from "../../sim/programmer/figures"
import { readStatus, statusLines } from "../../sim/programmer/status"
import { ALARM_COUNT, Alarm, Reason } from "../../src/pump/alarms"
import { BolusKind, BolusReason } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer } from "../../src/pump/readings"
import { ActKind, Busy, Outcome } from "../../src/service/acts"

const SEAL = { key: Buffer.alloc(32, 3), pumpId: "0123456789abcdef", nonce: Buffer.alloc(16, 9), counter: 7 }

describe("an answer", () => {
    test.each<[number, Outcome, number, string]>([
        [CommandKind.Stop, Outcome.Done, 0, "done"],
        [CommandKind.Bolus, Outcome.Refused, BolusReason.Lockout, "clinician's bolus refused: lockout"],
        [CommandKind.Refill, Outcome.Refused, 1, "refill refused: volume out of range"],
        [CommandKind.Programme, Outcome.Refused, ProgrammeAnswer.BeyondLimits, "refused: beyond the limits"],
        [ActKind.ProposeEnd, Outcome.Refused, ProgrammeAnswer.BeyondMechanism, "refused: beyond the mechanism"],
        [ActKind.SelfTest, Outcome.Refused, 0, "the self-test failed"],
        [0, Outcome.Paired, 0, "paired"],
    ])("of kind %d, outcome %d and reason %d reads as such", (kind, outcome, reason, text) => {
        expect(answerText({ kind, outcome, reason })).toContain(text)
    })

    test("every outcome has words", () => {
        const outcomes = Object.values(Outcome).filter(value => typeof value === "number")
        const texts = outcomes.map(outcome => answerText({ kind: CommandKind.Stop, outcome, reason: 1 }))
        expect(new Set(texts).size).toBe(outcomes.length)
        for (const text of texts) expect(text).not.toMatch(/undefined|outcome/)
    })

    test("LNK-2: with any bit changed is nobody's", () => {
        const act = sealAct(SEAL, CommandKind.Stop, commandBody({}))
        expect(openAnswer(SEAL, act), "an act is no answer").toBeUndefined()
        expect(openAnswer(SEAL, Buffer.alloc(3))).toBeUndefined()
        expect(openAnswer(undefined, Buffer.alloc(30))).toBeUndefined()
    })

    test("of HMAC-SHA-256 is the one of RFC 4231", () => {
        // Test case 2.
        const tag = nodeCrypto.hmac(Buffer.from("Jefe"), ["what do ya want ", "for nothing?"])
        expect(tag.toString("hex")).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    })

    test("a reading of another size is refused", () => {
        expect(() => readReading(Buffer.alloc(35), COMPILED.programme)).toThrow(RangeError)
    })
})

describe("a bolus", () => {
    test.each([
        [{ micrograms: "20", over: "10" }, 1_000_000, { volumeNl: 20_000, rateNlPerDay: 2_880_000 }],
        [{ micrograms: "20", over: "10" }, 500_000, { volumeNl: 40_000, rateNlPerDay: 5_760_000 }],
        [{ ml: "0.005", over: "60" }, 500_000, { volumeNl: 5_000, rateNlPerDay: 120_000 }],
    ])("%o of %d ng/mL is told in nanolitres", (options, ngPerMl, figures) => {
        expect(bolusFigures(options, ngPerMl)).toEqual(figures)
    })

    test.each([
        [{ over: "10" }, "--micrograms"],
        [{ micrograms: "20", ml: "1", over: "10" }, "--micrograms"],
        [{ micrograms: "0", over: "10" }, "--micrograms"],
        [{ micrograms: "-3", over: "10" }, "--micrograms"],
        [{ micrograms: "0.0000004", over: "10" }, "--micrograms"],
        [{ ml: "2.1", over: "10" }, "--ml"],
        [{ ml: "1", over: "0" }, "--over"],
        [{ ml: "1", over: "1.5" }, "--over"],
    ])("%o is refused with the option's name", (options, field) => {
        expect(() => bolusFigures(options as { over: string }, 1_000_000)).toThrow(field)
    })
})

describe("a status", () => {
    const reasons = new Uint8Array(ALARM_COUNT)
    reasons[Alarm.Occlusion] = Reason.PressureRising
    const standing = ((1 << Alarm.Occlusion) | (1 << Alarm.AccessRefused) | (1 << Alarm.ReservoirLow)) >>> 0
    const access = { paired: true, restricted: false, failures: 4, waitS: 2, busy: Busy.Nothing }
    const status = (alarms: number, conditions: number, acknowledged: number, unknown: boolean) =>
        readStatus(
            Buffer.from(
                jdpack(
                    "f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 u32 u32 u16 u16 u8 u8 u8 u8 u32 u32 u32 i32 i32 u32 u32 u32 u16 b",
                    [
                        ...[200_000_000, 0, 4_000_000],
                        ...[15e9, 3e9, 18e9, 0, 0],
                        ...[unknown ? 0 : 20_000_000, unknown ? 0 : 400_000_000, 0],
                        ...[200_000_000, 77, unknown ? 0 : 1_000_000, 2, 0],
                        ...[1, 0, BolusKind.Patient, 2],
                        ...[unknown ? 0xffffffff : 0, unknown ? 0xffffffff : 90, 60],
                        ...[unknown ? -2147483648 : 70_500, unknown ? -1 : 123],
                        ...[alarms, conditions, acknowledged, unknown ? 0 : 3_900, reasons],
                    ],
                ),
            ),
            access,
        )

    test("MON-1: lists every standing alarm, the most urgent first, with priority, reason and what it waits for", () => {
        const occlusion = 1 << Alarm.Occlusion
        const shown = status(standing, (standing & ~occlusion) >>> 0, 1 << Alarm.ReservoirLow, false)
        expect(shown.alarms).toEqual([
            { id: "occlusion", reason: "pressure rising with each step", over: true, seen: false },
            { id: "accessRefused", reason: "", over: false, seen: false },
            { id: "reservoirLow", reason: "", over: false, seen: true },
        ])
        const lines = statusLines("0123456789abcdef", shown)
        expect(lines.slice(-3)).toEqual([
            "alarms          high: Line occluded (pressure rising with each step), over, waits for a person",
            "                medium: Commands of strangers",
            "                low: Reservoir low, seen",
        ])
    })

    test("says what is known", () => {
        const shown = status(0, 0, 0, false)
        expect(shown).toMatchObject({
            mode: "running",
            bolus: "patient's dose",
            localTime: "2000-01-03 00:00:00",
            flowChangeInS: 90,
            lockoutS: 60,
            dosesOfDay: 2,
            pressurePa: 70_500,
            batteryMv: 3_900,
            batteryDays: 12.3,
            programme: { meanPlPerDay: 200_000_000, checksum: 77, segments: 2 },
            limits: { hourPlMax: 20_000_000, dayPlMax: 400_000_000, primePlMax: 0 },
            access: { failures: 4 },
        })
        const text = statusLines("0123456789abcdef", shown).join("\n")
        for (const part of [
            "stopped by an alarm",
            "200.0 µg a day",
            "70.5 kPa",
            "3.90 V, lasts 12.3 days",
            "for 1 min",
        ])
            expect(text).toContain(part)
    })

    test("and what is not", () => {
        const shown = status(0, 0, 0, true)
        expect(shown).toMatchObject({
            localTime: null,
            flowChangeInS: null,
            pressurePa: null,
            batteryMv: null,
            batteryDays: null,
            programme: null,
            limits: null,
        })
        const text = statusLines("0123456789abcdef", shown).join("\n")
        expect(text).toContain("unknown")
        expect(text).not.toContain("NaN")
    })
})

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { COMPILED, LinkBench, PowerCut, PUMP_ID, STATUS } from "../../sim/bench/linkBench"
import { readOut } from "../../sim/journal/readOut"
import { compilePrescription, encodeProgramme } from "../../sim/prescription/compile"
import { encodeLimits } from "../../sim/prescription/limits"
import type { Prescription } from "../../sim/prescription/schema"
import { type CommandFigures, commandBody, openAnswer, readReading, sealAct } from "../../sim/programmer/acts"
import { Alarm, Reason } from "../../src/pump/alarms"
import { raise } from "../../src/pump/delivery"
import { decodeLimits } from "../../src/pump/guard"
import { LIMITS_AT, LINK_KEY_PLACE, LINK_KEYS_AT } from "../../src/pump/journal"
import { TICK_MS } from "../../src/pump/limits"
import { decodeProgramme, PROGRAMME_SIZE_MAX } from "../../src/pump/programme"
import { BolusKind, BolusReason, Mode } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, Refusal } from "../../src/pump/readings"
import { ActKind, Outcome } from "../../src/service/acts"

/** The same strength, and a little less of it. */
const OTHER = compilePrescription(
    { ...COMPILED.prescription, schedule: { microgramsPerDay: 190 } } as Prescription,
    "another prescription",
)

/** All that an act could change, but the time that goes by. */
function stateOf({ pump, journals, link }: LinkBench) {
    return {
        mode: pump.mode,
        bolusKind: pump.bolusKind,
        programme: pump.programme,
        checksum: journals.programmeSum(),
        refilledPl: pump.refilledPl,
        localMinusClockMs: pump.localMinusClockMs,
        latched: pump.latched & ~(1 << 31),
        paired: link.paired(),
    }
}

/** What happened, by the log in the record memory. */
function loggedIn({ memory }: LinkBench): string[] {
    return readOut(memory.contents).entries.map(({ what }) => what)
}

async function propose(bench: LinkBench, record: Uint8Array) {
    const size = Buffer.alloc(2)
    size.writeUInt16LE(record.length)
    await bench.act(ActKind.ProposeBegin, size)
    for (let from = 0; from < record.length; from += 180) {
        const body = Buffer.alloc(2 + Math.min(180, record.length - from))
        body.writeUInt16LE(from)
        body.set(record.subarray(from, from + 180), 2)
        await bench.act(ActKind.ProposePiece, body)
    }
    return bench.act(ActKind.ProposeEnd, new Uint8Array(0))
}

describe("a sealed act", () => {
    test.each<[string, CommandKind, CommandFigures, (bench: LinkBench) => void]>([
        ["stop", CommandKind.Stop, {}, ({ pump }) => expect(pump.mode).toBe(Mode.Stopped)],
        [
            "a bolus",
            CommandKind.Bolus,
            { volumeNl: 5_000, rateNlPerDay: 720_000 },
            ({ pump }) => expect(pump.bolusKind).toBe(BolusKind.Clinician),
        ],
        ["a patient's dose", CommandKind.PatientDose, {}, ({ pump }) => expect(pump.bolusKind).toBe(BolusKind.Patient)],
        [
            "a refill",
            CommandKind.Refill,
            { volumeNl: 15_000_000, residualNl: 3_000_000 },
            ({ pump }) => expect(pump.refilledPl).toBe(15_000_000_000),
        ],
        [
            "local time",
            CommandKind.Clock,
            { localS: 90_000 },
            ({ pump }) => expect(pump.localMinusClockMs).toBeGreaterThan(0),
        ],
        [
            "the minimum rate",
            CommandKind.MinimumRate,
            {},
            ({ alarms }) => expect(alarms).toContain("minimumRateChosen"),
        ],
    ])("LNK-2: of %s is carried out, and answered with a seal of the pump's own", async (_, kind, figures, check) => {
        const bench = await LinkBench.paired()
        expect(await bench.command(kind, figures)).toMatchObject({
            kind,
            outcome: Outcome.Done,
            reason: 0,
            sealed: true,
        })
        check(bench)
    })

    test.each<[string, CommandKind, CommandFigures, number]>([
        [
            "a bolus that is too large",
            CommandKind.Bolus,
            { volumeNl: 900_000, rateNlPerDay: 720_000 },
            BolusReason.VolumeOutOfRange,
        ],
        ["a refill of nothing", CommandKind.Refill, { volumeNl: 0 }, Refusal.VolumeOutOfRange],
        ["a shift of days", CommandKind.Clock, { localS: 900_000 }, Refusal.ShiftTooLarge],
    ])("LNK-2: of %s is refused with the pump's reason", async (_, kind, figures, reason) => {
        const bench = await LinkBench.paired()
        const before = stateOf(bench)
        expect(await bench.command(kind, figures)).toMatchObject({ outcome: Outcome.Refused, reason })
        expect(stateOf(bench)).toEqual(before)
    })

    test("LNK-2: any other bytes, and any act that was changed, change nothing", async () => {
        const bench = await LinkBench.paired()
        const before = stateOf(bench)
        await fc.assert(
            fc.asyncProperty(
                fc.oneof(
                    fc.uint8Array({ maxLength: 230 }),
                    fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
                        const act = sealAct(bench.seal(), CommandKind.Stop, commandBody({}))
                        act[at % act.length] ^= flip
                        return act
                    }),
                    fc.nat(41).map(size => sealAct(bench.seal(), CommandKind.Stop, commandBody({})).subarray(0, size)),
                    fc
                        .uint8Array({ minLength: 1, maxLength: 100 })
                        .map(more => Buffer.concat([sealAct(bench.seal(), CommandKind.Stop, commandBody({})), more])),
                ),
                async bytes => {
                    // Not to wait for minutes after each.
                    Object.assign(bench.link, { waitUntilMs: 0 })
                    const answer = await bench.send(Buffer.from(bytes))
                    expect(answer && openAnswer(undefined, answer)?.outcome).toBe(Outcome.TagWrong)
                    expect(stateOf(bench)).toEqual(before)
                },
            ),
            { numRuns: 300 },
        )
    })

    test("LNK-2: of another key, another pump, another power-on or another purpose is none", async () => {
        const bench = await LinkBench.paired()
        const before = stateOf(bench)
        const seal = bench.seal()
        const body = commandBody({})
        const nonce = Buffer.from(seal.nonce)
        nonce[0] ^= 1
        for (const other of [
            { ...seal, key: Buffer.alloc(32, 7) },
            { ...seal, pumpId: PUMP_ID.replace("0", "1") },
            { ...seal, nonce },
        ]) {
            Object.assign(bench.link, { waitUntilMs: 0 })
            const answer = await bench.send(sealAct(other, CommandKind.Stop, body))
            expect(answer && openAnswer(undefined, answer)?.outcome).toBe(Outcome.TagWrong)
        }
        Object.assign(bench.link, { waitUntilMs: 0 })
        // The pump's own answer, sent back to it.
        const sealed = await bench.send(sealAct(bench.seal(), CommandKind.Acknowledge, body))
        const back = await bench.send(sealed as Buffer)
        expect(back && openAnswer(undefined, back)?.outcome).toBe(Outcome.TagWrong)
        expect(stateOf(bench)).toEqual(before)
    })

    test("LNK-3: heard twice it is done once, and answered the same", async () => {
        const bench = await LinkBench.paired()
        const act = sealAct(bench.seal(), CommandKind.Bolus, commandBody({ volumeNl: 5_000, rateNlPerDay: 720_000 }))
        const first = await bench.send(act)
        const left = bench.pump.bolusLeftPl
        expect(await bench.send(act)).toEqual(first)
        await bench.run(5_000)
        expect(bench.pump.bolusLeftPl).toBeLessThan(left)
        expect(loggedIn(bench).filter(what => what === "clinician's bolus started")).toHaveLength(1)
    })

    test("LNK-3: an older one, one ahead, and all of the run before are refused", async () => {
        const bench = await LinkBench.paired()
        const old = sealAct(bench.seal(), CommandKind.Stop, commandBody({}))
        await bench.send(old)
        await bench.command(CommandKind.Start)
        const ahead = sealAct({ ...bench.seal(), counter: bench.seal().counter + 1 }, CommandKind.Stop, commandBody({}))
        for (const act of [old, ahead]) {
            const answer = await bench.send(act)
            expect(answer && openAnswer(undefined, answer)?.outcome).toBe(Outcome.CounterWrong)
        }
        const next = sealAct(bench.seal(), CommandKind.Stop, commandBody({}))
        const again = await LinkBench.powerOn(bench.memory)
        again.key = bench.key
        for (const act of [old, ahead, next]) {
            Object.assign(again.link, { waitUntilMs: 0 })
            const answer = await again.send(act)
            expect(answer && openAnswer(undefined, answer)?.outcome).toBe(Outcome.TagWrong)
        }
        expect(again.pump.mode).toBe(Mode.Running)
        Object.assign(again.link, { waitUntilMs: 0 })
        expect(await again.command(CommandKind.Stop)).toMatchObject({ outcome: Outcome.Done })
    })

    test("LNK-3: an answer is told only once it is recorded", async () => {
        const bench = await LinkBench.paired()
        await bench.command(CommandKind.Stop)
        // As if power were gone in the very tick after.
        const again = await LinkBench.powerOn(bench.memory)
        expect(again.pump.mode).toBe(Mode.Stopped)
    })

    test.each<[string, number, Uint8Array]>([
        ["no kind there is", 99, new Uint8Array(0)],
        ["the button", CommandKind.Toggle, commandBody({})],
        ["a command that is too short", CommandKind.Stop, new Uint8Array(20)],
        ["a command that is too long", CommandKind.Stop, new Uint8Array(22)],
        ["a programme of no size", ActKind.ProposeBegin, Uint8Array.of(0, 0)],
        [
            "a programme too large",
            ActKind.ProposeBegin,
            Uint8Array.of((PROGRAMME_SIZE_MAX + 1) & 255, (PROGRAMME_SIZE_MAX + 1) >> 8),
        ],
    ])("LNK-2: of %s is refused", async (_, kind, body) => {
        const bench = await LinkBench.paired()
        const before = stateOf(bench)
        expect(await bench.act(kind, body)).toMatchObject({ outcome: Outcome.BodyWrong })
        expect(stateOf(bench)).toEqual(before)
    })

    test("the self-test runs on a pump that is stopped, and on no other", async () => {
        const bench = await LinkBench.paired()
        expect(await bench.act(ActKind.SelfTest, new Uint8Array(0))).toMatchObject({ outcome: Outcome.NotStopped })
        await bench.command(CommandKind.Stop)
        expect(await bench.act(ActKind.SelfTest, new Uint8Array(0))).toMatchObject({ outcome: Outcome.Done })
        expect(bench.pump.mode).toBe(Mode.Stopped)
    })
})

test("a tick with much else to do leaves an act to the next", async () => {
    const bench = await LinkBench.paired()
    while (!bench.readings.sampled) await bench.tick()
    await bench.run(900)
    const { counter } = bench.seal()
    bench.link.hear(sealAct(bench.seal(), CommandKind.Stop, commandBody({})))
    await bench.tick()
    expect(bench.readings.sampled).toBe(true)
    expect(bench.seal().counter, "not looked at").toBe(counter)
    await bench.tick()
    expect(bench.seal().counter).toBe(counter + 1)
})

describe("wrong tags", () => {
    const WRONG = Buffer.alloc(42, 1)

    test("LNK-4: after the third each makes the pump wait twice as long, up to 64 s, and ten are an alarm", async () => {
        const bench = await LinkBench.paired()
        for (const waitS of [0, 0, 1, 2, 4, 8, 16, 32, 64, 64]) {
            expect(bench.alarms).toEqual([])
            const answer = await bench.send(WRONG)
            expect(answer && openAnswer(undefined, answer)?.outcome).toBe(Outcome.TagWrong)
            expect(bench.link.waitS()).toBe(waitS)
            const seal = bench.seal()
            if (waitS > 0) {
                // Not even the right one is looked at meanwhile, so that nobody learns whether a guess was right.
                const early = await bench.send(sealAct(seal, CommandKind.Silence, commandBody({})))
                expect(early && openAnswer(undefined, early)?.outcome).toBe(Outcome.Waits)
            }
            await bench.run(waitS * 1_000)
        }
        await bench.run(1_000)
        expect(bench.alarms).toEqual(["accessRefused"])
        expect(bench.pump.delivering).toBe(true)
        // An act that is the programmer's own ends the cause, and what then waits for a person is acknowledged.
        await bench.command(CommandKind.Silence)
        await bench.run(2_000)
        expect(bench.alarms).toEqual(["accessRefused"])
        await bench.command(CommandKind.Acknowledge)
        expect(bench.alarms).toEqual([])
        expect(bench.link.failures).toBe(0)
        // Told ever more seldom, so that nobody fills the log with them: the 1st, 2nd, 4th and 8th.
        expect(loggedIn(bench).filter(what => what === "command without a valid tag")).toHaveLength(4)
    })

    test("LNK-4: an act that was heard before does not begin the count anew", async () => {
        const bench = await LinkBench.paired()
        const act = sealAct(bench.seal(), CommandKind.Silence, commandBody({}))
        await bench.send(act)
        await bench.send(WRONG)
        await bench.send(WRONG)
        await bench.send(act)
        expect(bench.link.failures).toBe(2)
        await bench.command(CommandKind.Silence)
        expect(bench.link.failures).toBe(0)
    })

    test("LNK-4: the pump's own button works all the while", async () => {
        const bench = await LinkBench.paired()
        for (let i = 0; i < 8; i++) {
            Object.assign(bench.link, { waitUntilMs: 0 })
            await bench.send(WRONG)
        }
        bench.pressed = CommandKind.Toggle
        await bench.run(1_000)
        expect(bench.pump.mode).toBe(Mode.Stopped)
    })

    test("LNK-4: after ten minutes without one the count begins anew", async () => {
        const bench = await LinkBench.paired()
        for (let i = 0; i < 4; i++) await bench.send(WRONG).then(() => bench.run(4_000))
        expect(bench.link.failures).toBe(4)
        await bench.run(590_000)
        expect(bench.link.failures).toBe(4)
        await bench.run(20_000)
        expect(bench.link.failures).toBe(0)
    })
})

describe("pairing", () => {
    test("LNK-5: takes a press of the button within 30 s, and before it nothing can be changed", async () => {
        const bench = await LinkBench.powerOn()
        const before = stateOf(bench)
        const answer = await bench.send(Buffer.alloc(42))
        expect(answer && openAnswer(undefined, answer)?.outcome).toBe(Outcome.NotPaired)
        bench.link.hearPair()
        await bench.run(31_000)
        expect(openAnswer(undefined, bench.answers[1])?.outcome).toBe(Outcome.NotPairedNow)
        bench.pressed = CommandKind.Acknowledge
        await bench.run(2_000)
        expect(bench.answers).toHaveLength(2)
        expect(stateOf(bench)).toEqual(before)
    })

    test("LNK-5: a press that was for an alarm lets nobody in", async () => {
        const bench = await LinkBench.powerOn()
        raise(bench.pump, Alarm.VolumeDisagreement, Reason.RefillDiffers)
        bench.link.hearPair()
        bench.pressed = CommandKind.Acknowledge
        await bench.run(200)
        expect(openAnswer(undefined, bench.answers[0])?.outcome).toBe(Outcome.NotPairedNow)
        expect(bench.link.paired()).toBe(false)
    })

    test("LNK-5: outlasts a power cut, and another programmer's ends it", async () => {
        const bench = await LinkBench.paired()
        const again = await LinkBench.powerOn(bench.memory)
        again.key = bench.key
        expect(await again.command(CommandKind.Stop)).toMatchObject({ outcome: Outcome.Done })
        const former = again.key
        await again.pair()
        expect(again.key).not.toEqual(former)
        const act = sealAct({ ...again.seal(), key: former as Buffer }, CommandKind.Start, commandBody({}))
        const answer = await again.send(act)
        expect(answer && openAnswer(undefined, answer)?.outcome).toBe(Outcome.TagWrong)
        expect(await again.command(CommandKind.Start)).toMatchObject({ outcome: Outcome.Done })
        expect(loggedIn(again).filter(what => what === "programmer paired")).toHaveLength(2)
    })

    test("LNK-5: power cut at any byte of the key leaves the former one or none of it", async () => {
        for (let cut = 0; cut <= 44; cut++) {
            const bench = await LinkBench.paired()
            bench.link.hearPair()
            await bench.run(1_000)
            bench.pressed = CommandKind.Acknowledge
            // The acknowledgement is recorded before; the key is the next write to its place.
            const write = bench.memory.write.bind(bench.memory)
            bench.memory.write = async (address, bytes, length) => {
                if (address >= LINK_KEYS_AT && address < LINK_KEYS_AT + 2 * LINK_KEY_PLACE) bench.memory.cutAfter = cut
                return write(address, bytes, length)
            }
            await expect(bench.run(2_000)).rejects.toThrow(PowerCut)
            bench.memory.write = write
            bench.memory.cutAfter = undefined
            const again = await LinkBench.powerOn(bench.memory)
            again.key = bench.key
            const { outcome } = cut < 44 ? await again.command(CommandKind.Stop) : { outcome: Outcome.Done }
            expect(outcome, `cut after ${cut} bytes`).toBe(Outcome.Done)
        }
    })

    test("LNK-6: the key is never read out, nor told twice", async () => {
        const bench = await LinkBench.paired()
        const key = bench.key as Buffer
        expect(Buffer.from(bench.memory.contents).includes(key)).toBe(true)
        const image: Buffer[] = []
        for (let from = 0; from < bench.memory.contents.length; from += 200) {
            bench.link.hearRead(0, from)
            // One that judges sensors tells nothing.
            for (let i = 0; i < 2 && bench.contents.length === 0; i++) await bench.tick()
            const [piece] = bench.contents.splice(0)
            expect(piece.readUInt16LE(1)).toBe(from)
            image.push(piece.subarray(3))
        }
        const read = Buffer.concat(image)
        expect(read.length).toBe(bench.memory.contents.length)
        expect(read.includes(key)).toBe(false)
        const end = LINK_KEYS_AT + 2 * LINK_KEY_PLACE
        expect(read.subarray(LINK_KEYS_AT, end)).toEqual(Buffer.alloc(2 * LINK_KEY_PLACE))
        expect(read.subarray(end, end + 1000)).toEqual(Buffer.from(bench.memory.contents.subarray(end, end + 1000)))
        expect(bench.link.answer().includes(key)).toBe(false)
    })
})

describe("a programme", () => {
    const programme = decodeProgramme(OTHER.bytes)
    if (typeof programme === "string") throw new Error(programme)

    test("PRG-8: that is proposed is read by the pump, and runs only once that reading is confirmed", async () => {
        const bench = await LinkBench.paired()
        const before = stateOf(bench)
        const answer = await propose(bench, OTHER.bytes)
        expect(answer).toMatchObject({ outcome: Outcome.Done })
        const reading = readReading(answer.detail, programme)
        expect(reading).toMatchObject({
            concentrationNgPerMl: programme.concentrationNgPerMl,
            meanPlPerDay: programme.meanRatePlPerDay,
            segments: programme.segmentStartMinute.length,
        })
        expect(reading.differences).toContain("meanRatePlPerDay")
        await bench.run(5_000)
        expect(stateOf(bench)).toEqual(before)
        const wrong = await bench.command(CommandKind.Programme, { checksum: reading.checksum + 1 })
        expect(wrong).toMatchObject({ outcome: Outcome.NoProposal })
        expect(stateOf(bench)).toEqual(before)
        const volumeNl = 18_000_000
        const figures =
            programme.concentrationNgPerMl === COMPILED.programme.concentrationNgPerMl
                ? {}
                : { volumeNl, lineChanged: true }
        const taken = await bench.command(CommandKind.Programme, { ...figures, checksum: reading.checksum })
        expect(taken).toMatchObject({ outcome: Outcome.Done })
        expect(bench.pump.programme).toEqual(programme)
        const again = await LinkBench.powerOn(bench.memory)
        expect(again.pump.programme).toEqual(programme)
    })

    test("PRG-9: as long as one can be is read a part in each tick", async () => {
        const starts = Array.from({ length: 192 }, (_, i) => (i % 48) * 30)
        const longest = encodeProgramme({
            ...COMPILED.programme,
            patternOfWeekday: [0, 1, 2, 3, 0, 1, 2],
            patternStart: [0, 48, 96, 144, 192],
            segmentStartMinute: starts,
            segmentRatePlPerDay: starts.map(() => COMPILED.programme.meanRatePlPerDay),
        })
        const bench = await LinkBench.paired()
        const fromMs = bench.nowMs
        expect(await propose(bench, longest)).toMatchObject({ outcome: Outcome.Done })
        const pieces = Math.ceil(longest.length / 180)
        const parts = Math.ceil(longest.length / 200) + 1 + 192 / 16
        expect((bench.nowMs - fromMs) / TICK_MS).toBeGreaterThan(pieces + parts)
    })

    test("PRG-8: without differences says so", async () => {
        const bench = await LinkBench.paired()
        const { detail } = await propose(bench, COMPILED.bytes)
        expect(readReading(detail, COMPILED.programme).differences).toEqual([])
    })

    test("PRG-8: a session that breaks off at any act leaves the old one running", async () => {
        const size = Buffer.alloc(2)
        size.writeUInt16LE(OTHER.bytes.length)
        const acts: [number, Uint8Array][] = [[ActKind.ProposeBegin, size]]
        for (let from = 0; from < OTHER.bytes.length; from += 30) {
            const body = Buffer.alloc(2 + Math.min(30, OTHER.bytes.length - from))
            body.writeUInt16LE(from)
            body.set(OTHER.bytes.subarray(from, from + 30), 2)
            acts.push([ActKind.ProposePiece, body])
        }
        acts.push([ActKind.ProposeEnd, new Uint8Array(0)])
        for (let broken = 0; broken <= acts.length; broken++) {
            const bench = await LinkBench.paired()
            const before = stateOf(bench)
            for (const [kind, body] of acts.slice(0, broken))
                expect(await bench.act(kind, body)).toMatchObject({ outcome: Outcome.Done })
            await bench.run(1_000)
            expect(stateOf(bench)).toEqual(before)
            const again = await LinkBench.powerOn(bench.memory)
            expect(again.pump.programme).toEqual(bench.pump.programme)
            // Nor can what the run before had begun be confirmed.
            again.key = bench.key
            const confirmed = await again.command(CommandKind.Programme, { checksum: 1 })
            expect(confirmed).toMatchObject({ outcome: Outcome.NoProposal })
        }
    })

    test("PRG-8: whose pieces are out of order, too many or damaged is refused", async () => {
        const bench = await LinkBench.paired()
        const size = Buffer.alloc(2)
        size.writeUInt16LE(OTHER.bytes.length)
        await bench.act(ActKind.ProposeBegin, size)
        const piece = (from: number, bytes: Uint8Array) => Buffer.concat([Uint8Array.of(from & 255, from >> 8), bytes])
        const NONE = { outcome: Outcome.NoProposal }
        expect(await bench.act(ActKind.ProposePiece, piece(1, OTHER.bytes.subarray(1, 20)))).toMatchObject(NONE)
        expect(await bench.act(ActKind.ProposeEnd, new Uint8Array(0))).toMatchObject(NONE)
        await bench.act(ActKind.ProposeBegin, size)
        const damaged = Uint8Array.from(OTHER.bytes)
        damaged[40] ^= 1
        expect(await bench.act(ActKind.ProposePiece, piece(0, damaged))).toMatchObject({ outcome: Outcome.Done })
        expect(await bench.act(ActKind.ProposePiece, piece(damaged.length, Uint8Array.of(1)))).toMatchObject(NONE)
        expect(await bench.act(ActKind.ProposeEnd, new Uint8Array(0))).toMatchObject(NONE)
    })

    test("PRG-8: that asks too much is refused before anybody has to look at it", async () => {
        const bench = await LinkBench.paired()
        Object.assign(bench.pump.mechanism, { stepsPerTickMax: 1, stepPl: 1 })
        expect(await propose(bench, OTHER.bytes)).toMatchObject({
            outcome: Outcome.Refused,
            reason: ProgrammeAnswer.BeyondMechanism,
        })
    })

    test("REF-2: one that nobody confirms is dropped after ten minutes", async () => {
        for (const [afterMs, outcome] of [
            [590_000, Outcome.Done],
            [602_000, Outcome.NoProposal],
        ]) {
            const bench = await LinkBench.paired()
            const { detail } = await propose(bench, COMPILED.bytes)
            await bench.run(afterMs)
            const { checksum } = readReading(detail, COMPILED.programme)
            expect(await bench.command(CommandKind.Programme, { checksum })).toMatchObject({ outcome })
        }
    })

    test("REF-2: one that nobody confirms alarms after five minutes, until it is confirmed or dropped", async () => {
        for (const [afterMs, alarms] of [
            [298_000, []],
            [302_000, ["changeUnfinished"]],
            [598_000, ["changeUnfinished"]],
            [603_000, []],
        ] as const) {
            const bench = await LinkBench.paired()
            await propose(bench, COMPILED.bytes)
            await bench.run(afterMs)
            expect(bench.alarms).toEqual(alarms)
        }
        const bench = await LinkBench.paired()
        const { detail } = await propose(bench, COMPILED.bytes)
        await bench.run(310_000)
        expect(bench.pump.reasons[Alarm.ChangeUnfinished]).toBe(Reason.ProgrammeProposed)
        const { checksum } = readReading(detail, COMPILED.programme)
        await bench.command(CommandKind.Programme, { checksum })
        await bench.run(2_000)
        expect(bench.alarms).toEqual([])
    })
})

describe("reading", () => {
    const open = Uint8Array.of(0)
    const pairedOnly = Uint8Array.of(1)
    const nothing = new Uint8Array(0)

    test("LNK-7: can be left to the paired programmer, across a power cut and another pairing", async () => {
        const bench = await LinkBench.paired()
        bench.link.hearRead(0, 0)
        await bench.run(500)
        expect(bench.contents).toHaveLength(1)
        expect(await bench.act(ActKind.Restrict, pairedOnly)).toMatchObject({ outcome: Outcome.Done })
        for (const pump of [bench, await LinkBench.powerOn(bench.memory)]) {
            pump.contents.length = 0
            expect(pump.link.restricted()).toBe(true)
            pump.link.hearRead(0, 0)
            await pump.run(2_000)
            expect(pump.contents).toEqual([])
            pump.key = bench.key
            expect((await pump.act(ActKind.Status, nothing)).detail).toEqual(STATUS)
        }
        const other = await LinkBench.powerOn(bench.memory)
        await other.pair()
        expect(other.link.restricted()).toBe(true)
        expect(await other.act(ActKind.Restrict, open)).toMatchObject({ outcome: Outcome.Done })
        other.link.hearRead(0, 0)
        await other.run(500)
        expect(other.contents).toHaveLength(1)
    })

    test("LNK-6, LNK-7: sealed it gives the same as open, and the key no more", async () => {
        const bench = await LinkBench.paired()
        for (const [part, from] of [
            [0, 0],
            [0, 400],
            [0, 600],
            [0, 32_600],
            [0, 40_000],
            [1, 0],
            [2, 0],
        ]) {
            bench.contents.length = 0
            bench.link.hearRead(part, from)
            await bench.run(500)
            const body = Uint8Array.of(from & 255, from >> 8, part)
            const { outcome, detail } = await bench.act(ActKind.Contents, body)
            expect(outcome).toBe(Outcome.Done)
            // The checkpoint and log move on with time.
            if (part === 0 && from < 400) expect(detail.subarray(0, 3)).toEqual(bench.contents[0].subarray(0, 3))
            else expect(detail).toEqual(bench.contents[0])
            if (bench.key) expect(detail.includes(bench.key.subarray(0, 8))).toBe(false)
        }
    })

    test.each<[ActKind, Uint8Array]>([
        [ActKind.Restrict, nothing],
        [ActKind.Restrict, Uint8Array.of(2)],
        [ActKind.Restrict, Uint8Array.of(1, 0)],
        [ActKind.Status, open],
        [ActKind.Contents, open],
    ])("act %i with the body %j is none", async (kind, body) => {
        const bench = await LinkBench.paired()
        expect(await bench.act(kind, body)).toMatchObject({ outcome: Outcome.BodyWrong })
        expect(bench.link.restricted()).toBe(false)
    })

    test("who may read is not changed in a memory that does not keep it", async () => {
        const bench = await LinkBench.paired()
        bench.memory.write = async () => false
        expect(await bench.act(ActKind.Restrict, pairedOnly)).toMatchObject({ outcome: Outcome.Refused })
        expect(bench.link.restricted()).toBe(false)
    })
})

describe("the guard's limits", () => {
    /** Those that the pump was flashed with, and some part of them. */
    const flashed = decodeLimits(COMPILED.limitsBytes)
    if (typeof flashed === "string") throw new Error(flashed)
    const wider = encodeLimits({ ...flashed, dayPlMax: flashed.dayPlMax + 1_000_000_000 })

    /** Sends them, and has a person press the button after so long. */
    async function change(bench: LinkBench, record: Uint8Array, pressMs: number | undefined) {
        const seal = bench.seal()
        const told = bench.answers.length
        bench.link.hear(sealAct(seal, ActKind.Limits, record))
        for (let ms = 0; ms < 40_000 && bench.answers.length === told; ms += 100) {
            if (ms === pressMs) bench.pressed = CommandKind.Acknowledge
            await bench.tick()
        }
        const answer = bench.answers[told] && openAnswer(seal, bench.answers[told])
        if (!answer) throw new Error("no answer")
        return answer
    }

    test("LNK-8: are others once a person presses the pump's button, and stay so across a power cut", async () => {
        const bench = await LinkBench.paired()
        const dayStepsMax = bench.guard.dayStepsMax
        expect(await change(bench, wider, 5_000)).toMatchObject({ outcome: Outcome.Done })
        await bench.run(1_000)
        expect(bench.guard.dayStepsMax).toBeGreaterThan(dayStepsMax)
        expect(bench.link.limits).toEqual(decodeLimits(wider))
        const again = await LinkBench.powerOn(bench.memory)
        expect(again.guard.dayStepsMax).toBe(bench.guard.dayStepsMax)
        expect(again.link.limits).toEqual(decodeLimits(wider))
        expect(loggedIn(bench)).toContain("guard's limits changed, of a day")
    })

    test.each([
        ["nobody presses it", undefined, Outcome.NotPressed],
        ["somebody presses it too late", 33_000, Outcome.NotPressed],
        ["somebody presses it just in time", 28_000, Outcome.Done],
    ])("LNK-8: when %s", async (_, pressMs, outcome) => {
        const bench = await LinkBench.paired()
        const dayStepsMax = bench.guard.dayStepsMax
        expect(await change(bench, wider, pressMs)).toMatchObject({ outcome })
        expect(bench.guard.dayStepsMax > dayStepsMax).toBe(outcome === Outcome.Done)
        const again = await LinkBench.powerOn(bench.memory)
        expect(again.guard.dayStepsMax).toBe(bench.guard.dayStepsMax)
    })

    test("LNK-8: are not changed by a press that is for an alarm", async () => {
        const bench = await LinkBench.paired()
        raise(bench.pump, Alarm.TimeLost, Reason.TimeJumped)
        expect(await change(bench, wider, 2_000)).toMatchObject({ outcome: Outcome.NotPressed })
        expect(bench.link.limits).toEqual(flashed)
    })

    test("LNK-5, LNK-8: the press that they wait for lets no other programmer in", async () => {
        const bench = await LinkBench.paired()
        const key = bench.key
        const seal = bench.seal()
        bench.link.hear(sealAct(seal, ActKind.Limits, wider))
        await bench.run(500)
        bench.link.hearPair()
        await bench.run(500)
        bench.pressed = CommandKind.Acknowledge
        await bench.run(3_000)
        expect(bench.link.limits).toEqual(decodeLimits(wider))
        const again = await LinkBench.powerOn(bench.memory)
        again.key = key
        expect(await again.command(CommandKind.Silence)).toMatchObject({ outcome: Outcome.Done })
    })

    test("LNK-8: the programmer's own acknowledgement is no press", async () => {
        const bench = await LinkBench.paired()
        const seal = bench.seal()
        bench.link.hear(sealAct(seal, ActKind.Limits, wider))
        await bench.run(500)
        bench.link.hear(sealAct({ ...seal, counter: seal.counter + 1 }, CommandKind.Acknowledge, commandBody({})))
        await bench.run(35_000)
        expect(bench.link.limits).toEqual(flashed)
    })

    test("LNK-8: less than the programme asks for, or than was delivered of late, is refused at once", async () => {
        const bench = await LinkBench.paired()
        const refused = { outcome: Outcome.Refused, reason: ProgrammeAnswer.BeyondLimits }
        const little = encodeLimits({ ...flashed, dayPlMax: COMPILED.programme.meanRatePlPerDay - 1 })
        expect(await change(bench, little, undefined)).toMatchObject(refused)
        expect(await change(bench, wider, 1_000)).toMatchObject({ outcome: Outcome.Done })
        bench.guard.daySteps = Math.floor(flashed.dayPlMax / bench.guard.stepPl) + 1
        expect(await change(bench, COMPILED.limitsBytes, undefined)).toMatchObject(refused)
        expect(bench.link.limits).toEqual(decodeLimits(wider))
    })

    test("LNK-8: what is no record of limits is refused", async () => {
        const bench = await LinkBench.paired()
        for (const record of [
            new Uint8Array(0),
            wider.subarray(1),
            wider.map((byte, i) => (i === 9 ? byte ^ 1 : byte)),
        ])
            expect(await change(bench, record, 0)).toMatchObject({ outcome: Outcome.BodyWrong })
        expect(bench.link.limits).toEqual(flashed)
    })

    test("LNK-8: power cut at any byte of them leaves the former ones or these", async () => {
        for (let cut = 0; cut <= 36; cut++) {
            const bench = await LinkBench.paired()
            expect(await change(bench, wider, 1_000)).toMatchObject({ outcome: Outcome.Done })
            const write = bench.memory.write.bind(bench.memory)
            bench.memory.write = (address, bytes, length) => {
                if (address >= LIMITS_AT) bench.memory.cutAfter = cut
                return write(address, bytes, length)
            }
            await expect(change(bench, COMPILED.limitsBytes, 1_000)).rejects.toThrow(PowerCut)
            bench.memory.cutAfter = undefined
            bench.memory.write = write
            const again = await LinkBench.powerOn(bench.memory)
            expect(again.link.limits).toEqual(cut < 36 ? decodeLimits(wider) : flashed)
        }
    })

    test("LNK-8: a memory that does not keep them leaves the former ones, and flashing the board brings its own", async () => {
        const bench = await LinkBench.paired()
        const write = bench.memory.write.bind(bench.memory)
        bench.memory.write = async (address, bytes, length) => address < LIMITS_AT && write(address, bytes, length)
        expect(await change(bench, wider, 1_000)).toMatchObject({ reason: ProgrammeAnswer.NotStored })
        expect(bench.link.limits).toEqual(flashed)
        bench.memory.write = write
        expect(await change(bench, wider, 1_000)).toMatchObject({ outcome: Outcome.Done })
        const anew = await LinkBench.powerOn(bench.memory, PUMP_ID, 2)
        expect(anew.link.limits).toEqual(flashed)
    })
})

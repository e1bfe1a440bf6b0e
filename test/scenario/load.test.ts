import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { loadPrescription } from "../../sim/prescription/compile"
import { loadScenario } from "../../sim/scenario/load"
import { sinceStartMs, sinceStartText, wallMsOf } from "../../sim/scenario/time"
import { decodeMechanism } from "../../src/pump/mechanism"
import { decodeProgramme } from "../../src/pump/programme"
import { changed, inputFolder, refusalOf, writeInput } from "../inputFiles"

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

const folder = inputFolder()
const night = readFileSync("sim/prescriptions/night-rise-312.json", "utf8")
writeInput(folder, "night.json", night)
writeInput(folder, "more.json", night.replace('"microgramsPerSegment": 80', '"microgramsPerSegment": 90'))
writeInput(folder, "weak.json", night.replace("2000", "1000"))
writeInput(folder, "bad.json", night.replace("2000", '"2000"'))
writeInput(folder, "slow.json", readFileSync("boards/syringe-20ml.mechanism.json", "utf8").replace("44900", "100"))

const plain = {
    name: "test",
    description: "test",
    prescription: "night.json",
    duration: "24:00",
    startsAt: "2026-03-02T00:00:00",
}

function load(content: unknown) {
    return loadScenario(writeInput(folder, "s.json", content))
}

describe("the scenarios shipped", () => {
    // What of the week or of a change to summer time takes longer than a day to show.
    const twoDays = ["weekday-weekend.json", "dst-spring.json", "dst-autumn.json"]

    test.each(readdirSync("sim/scenarios").filter(file => file.endsWith(".json")))("%s is complete", file => {
        const scenario = loadScenario(`sim/scenarios/${file}`)
        expect(typeof decodeProgramme(scenario.programmeBytes)).toBe("object")
        expect(typeof decodeMechanism(scenario.mechanismBytes)).toBe("object")
        expect(scenario.expect.noOtherAlarms).toBe(true)
        expect(scenario.expect.deliveredMl ?? scenario.expect.deliveredMicrograms).toBeDefined()
        expect(scenario.durationMs).toBeLessThanOrEqual(twoDays.includes(file) ? 2 * DAY_MS : DAY_MS)
    })
})

test("the year's scenario fills the reservoir every two months", () => {
    const { durationMs, events } = loadScenario("sim/scenarios/year/year.json")
    const fillings = events.filter(event => event.kind === "refill" || event.kind === "programme")
    const days = [0, ...fillings.map(({ atMs }) => atMs / DAY_MS), durationMs / DAY_MS]
    expect(days).toEqual([0, 60.5, 121.5, 182.5, 243.5, 304.5, 365])
})

describe("what a scenario comes to", () => {
    test("what is not given has its default", () => {
        const scenario = load(plain)
        expect(scenario).toMatchObject({
            durationMs: DAY_MS,
            startWallMs: 825_552_000_000,
            seed: 1,
            reservoirFillPl: 20_000_000_000,
            linePrimed: true,
            events: [],
            expect: { alarms: [], noOtherAlarms: false },
            world: { syringeBoreMm: 19.13, stepsPerTurn: 3200, tickJitterMsMax: 0, pressureNoisePascals: 50 },
        })
        expect(decodeMechanism(scenario.mechanismBytes)).toMatchObject({ stepPl: 44_900, occlusionPa: 60_000 })
    })

    test("a step of the default world is what the shipped mechanism holds it to be, within 0.1 %", () => {
        const { world, mechanismBytes } = load(plain)
        const stepMicrolitres = ((Math.PI / 4) * world.syringeBoreMm ** 2 * world.leadScrewPitchMm) / world.stepsPerTurn
        const mechanism = decodeMechanism(mechanismBytes)
        if (typeof mechanism === "string") throw new Error(mechanism)
        expect(Math.abs((stepMicrolitres * 1e6) / mechanism.stepPl - 1)).toBeLessThan(0.001)
    })

    test("events become milliseconds and picolitres, in order of time; those of one time as in the file", () => {
        const events = [
            { at: "1:30", do: "prime", volumeMl: 0.2, rateMlPerHour: 10 },
            { at: "01:00", do: "stop" },
            { at: "00:00:00.500", do: "sensorFault", sensor: "clock", failure: "stale" },
            { at: "01:00", do: "start" },
            { at: "23:59:59", do: "refill", volumeMl: 18.5 },
            { at: "23:59:58", do: "refill", volumeMl: 18.5, missedMl: 1.5, measuredResidualMl: 0.25 },
            { at: "23:59:57", do: "refill", volumeMl: 18.5, measuredResidualMl: "auto", lineChanged: true },
        ]
        expect(load({ ...plain, events }).events).toEqual([
            { atMs: 500, kind: "sensorFault", sensor: "clock", failure: "stale", driftPerHour: 0 },
            { atMs: HOUR_MS, kind: "stop" },
            { atMs: HOUR_MS, kind: "start" },
            { atMs: 1.5 * HOUR_MS, kind: "prime", volumePl: 200_000_000, ratePlPerDay: 240_000_000_000 },
            {
                atMs: DAY_MS - 3000,
                kind: "refill",
                filling: {
                    volumePl: 18_500_000_000,
                    missedPl: 0,
                    measuredResidualPl: "auto",
                    lineChanged: true,
                },
            },
            {
                atMs: DAY_MS - 2000,
                kind: "refill",
                filling: {
                    volumePl: 18_500_000_000,
                    missedPl: 1_500_000_000,
                    measuredResidualPl: 250_000_000,
                    lineChanged: false,
                },
            },
            {
                atMs: DAY_MS - 1000,
                kind: "refill",
                filling: {
                    volumePl: 18_500_000_000,
                    missedPl: 0,
                    measuredResidualPl: undefined,
                    lineChanged: false,
                },
            },
        ])
    })

    test.each<[object, object]>([
        [{ do: "patientDose" }, { kind: "patientDose" }],
        [{ do: "cancelBolus" }, { kind: "cancelBolus" }],
        [{ do: "minimumRate" }, { kind: "minimumRate" }],
        [{ do: "refillBegin" }, { kind: "refillBegin" }],
        [
            { do: "bolus", micrograms: 25, overMinutes: 30 },
            { kind: "bolus", amount: { micrograms: 25 }, overMinutes: 30 },
        ],
        [
            { do: "bolus", volumeMl: 0.0125, overMinutes: 1440 },
            { kind: "bolus", amount: { volumePl: 12_500_000 }, overMinutes: 1440 },
        ],
        [
            { do: "setClock", localTime: "2000-01-03T01:00:00" },
            { kind: "setClock", localTime: "2000-01-03T01:00:00", localMs: HOUR_MS },
        ],
        [
            { do: "leak", fraction: 0.25 },
            { kind: "leak", fraction: 0.25 },
        ],
        [
            { do: "loseSteps", fraction: 1 },
            { kind: "loseSteps", fraction: 1 },
        ],
        [
            { do: "bubble", volumeMicrolitres: 50 },
            { kind: "bubble", microlitres: 50 },
        ],
        [
            { do: "siphon", microlitresPerHour: 900 },
            { kind: "siphon", microlitresPerHour: 900 },
        ],
        [
            { do: "runaway", stepsPerSecond: 12 },
            { kind: "runaway", stepsPerSecond: 12 },
        ],
        [
            { do: "freeze", seconds: 2.5 },
            { kind: "freeze", lastsMs: 2500 },
        ],
        [
            { do: "cutInWrite", bytes: 56, offForSeconds: 0.1 },
            { kind: "cutInWrite", bytes: 56, offMs: 100 },
        ],
        [
            { do: "flipBit", address: 1670, bit: 5 },
            { kind: "flipBit", address: 1670, bit: 5 },
        ],
        [
            { do: "hostileFrames", frames: 40, everySeconds: 0.5, seed: 7 },
            { kind: "hostileFrames", frames: 40, everyMs: 500, seed: 7 },
        ],
        [
            { do: "battery", millivolts: 3300 },
            { kind: "battery", millivolts: 3300 },
        ],
        [
            { do: "clockStep", seconds: -3600 },
            { kind: "clockStep", seconds: -3600 },
        ],
        [
            { do: "sensorFault", sensor: "memory", failure: "missing" },
            { kind: "sensorFault", sensor: "memory", failure: "missing", driftPerHour: 0 },
        ],
        ...["acknowledge", "silence", "release", "blockOutlet", "openLine", "wearGear", "supplyLow"].map<
            [object, object]
        >(kind => [{ do: kind }, { kind }]),
        ...(
            [
                ["pressure", { driftPascalsPerHour: -500 }, -500],
                ["encoder", { driftStepsPerHour: 40 }, 40],
                ["battery", { driftMillivoltsPerHour: -10 }, -10],
                ["clock", { driftPartsPerMillion: 100 }, 0.36],
            ] as const
        ).map<[object, object]>(([sensor, drift, driftPerHour]) => [
            { do: "sensorFault", sensor, failure: "drifting", ...drift },
            { kind: "sensorFault", sensor, failure: "drifting", driftPerHour },
        ]),
        [
            { do: "sensorFault", sensor: "reservoirSwitch", failure: "pressed" },
            { kind: "sensorFault", sensor: "reservoirSwitch", failure: "pressed", driftPerHour: 0 },
        ],
    ])("%j", (event, expected) => {
        expect(load({ ...plain, events: [{ at: "01:00", ...event }] }).events).toEqual([{ atMs: HOUR_MS, ...expected }])
    })

    test("a programme that is offered is compiled, and one that is damaged differs from it by a bit", () => {
        const offer = { at: "01:00", do: "programme", prescription: "more.json" }
        const [good, bad] = load({ ...plain, events: [offer, { ...offer, damaged: true }] }).events
        const { bytes, prescription, programme } = loadPrescription(join(folder, "more.json"))
        expect(good).toEqual({
            atMs: HOUR_MS,
            kind: "programme",
            name: prescription.name,
            bytes: Uint8Array.from(bytes),
            concentrationNgPerMl: programme.concentrationNgPerMl,
            damaged: false,
            filling: undefined,
        })
        if (bad.kind !== "programme") throw new Error("no programme")
        expect(bad.damaged).toBe(true)
        const differ = Array.from(bad.bytes, (byte, i) => byte ^ bytes[i]).filter(difference => difference !== 0)
        expect(differ).toEqual([1])
    })

    test("a programme of another strength may come with the refill that brings it, or without", () => {
        const offer = { at: "01:00", do: "programme", prescription: "weak.json" }
        const [alone, filled] = load({ ...plain, events: [offer, { ...offer, refill: { volumeMl: 15 } }] }).events
        expect(alone).toMatchObject({ concentrationNgPerMl: 1_000_000, filling: undefined })
        expect(filled).toMatchObject({
            concentrationNgPerMl: 1_000_000,
            filling: {
                volumePl: 15_000_000_000,
                missedPl: 0,
                measuredResidualPl: undefined,
                lineChanged: false,
            },
        })
    })

    test("by default the person lies still, the weather too, and the plunger slides", () => {
        expect(load(plain).world).toMatchObject({
            spinalPulsePascals: 0,
            spinalBreathPascals: 0,
            coughsPerDay: 0,
            postureChangesPerDay: 0,
            weatherPascalsPerHour: 0,
            plungerStictionKilopascals: 0,
            stopperComplianceMicrolitresPerKilopascal: 0,
            watchdogMilliseconds: 2000,
        })
        const sticky = { plungerStictionKilopascals: 5, stopperComplianceMicrolitresPerKilopascal: 0.05 }
        expect(load({ ...plain, world: sticky }).world).toMatchObject(sticky)
    })

    test("an expected alarm may have its reason, and the volume above the programme its bound", () => {
        const alarms = [{ id: "occlusion", reason: "pressure rising with each step" }]
        const { expect: expected } = load({ ...plain, expect: { alarms, deliveredAboveProgrammedMlMax: 0.01 } })
        expect(expected.alarms[0].reason).toBe("pressure rising with each step")
        expect(expected.deliveredAboveProgrammedMlMax).toBe(0.01)
    })

    test("expected alarms have their windows filled in", () => {
        const alarms = [
            { id: "occlusion", raisedFrom: "06:00", clearedTo: "08:00" },
            { id: "reservoirLow", standsAtEnd: true },
        ]
        expect(load({ ...plain, expect: { alarms } }).expect.alarms).toEqual([
            {
                id: "occlusion",
                raisedFromMs: 6 * HOUR_MS,
                raisedToMs: DAY_MS,
                cleared: { fromMs: 0, toMs: 8 * HOUR_MS },
                standsAtEnd: false,
            },
            { id: "reservoirLow", raisedFromMs: 0, raisedToMs: DAY_MS, cleared: null, standsAtEnd: true },
        ])
    })
})

describe("time", () => {
    test.each([
        ["24:00", DAY_MS],
        ["36:00", 36 * HOUR_MS],
        ["0:00", 0],
        ["90d", 90 * DAY_MS],
        ["1d 12:00", 36 * HOUR_MS],
        ["1d 06:30:00", 30.5 * HOUR_MS],
        ["00:00:01.005", 1005],
        ["", undefined],
        ["25:99", undefined],
        ["12", undefined],
        ["1d12:00", undefined],
        [" 12:00", undefined],
        ["-1:00", undefined],
        ["1d ", undefined],
        ["12:00 ", undefined],
        ["12:00:00.5", undefined],
        ["1.5d", undefined],
    ])("%j since start", (text, ms) => {
        expect(sinceStartMs(text)).toBe(ms)
    })

    test("a time since start is read as it was written", () => {
        fc.assert(fc.property(fc.integer({ min: 0, max: 366 * DAY_MS }), ms => sinceStartMs(sinceStartText(ms)) === ms))
    })

    test.each([
        ["2000-01-03T00:00:00", 0],
        ["2000-01-02T23:59:59", undefined],
        ["2026-03-02T00:00:00", 1365 * 7 * DAY_MS],
        ["2026-03-08T23:59:59", 1366 * 7 * DAY_MS - 1000],
        ["2024-02-29T06:00:00", 762_328_800_000],
        ["2099-12-31T23:59:59", 3_155_587_199_000],
        ["2100-01-01T00:00:00", undefined],
        ["0026-03-02T00:00:00", undefined],
        ["2026-02-29T00:00:00", undefined],
        ["2026-13-01T00:00:00", undefined],
        ["2026-03-02T24:00:00", undefined],
        ["2026-03-02", undefined],
        ["2026-03-02T00:00:00Z", undefined],
    ])("%s since Monday 3 January 2000", (text, ms) => {
        expect(wallMsOf(text)).toBe(ms)
    })
})

describe("a scenario is refused by field, value and range", () => {
    const events = (...list: object[]) => ({ ...plain, events: list })
    test.each<[string, unknown, string]>([
        [
            "unknown field",
            { ...plain, precription: "x" },
            's.json: precription: was an unknown field ("x"), may be "prescription"',
        ],
        [
            "unknown field of the world",
            { ...plain, world: { syringeBore: 19 } },
            's.json: world.syringeBore: was an unknown field (19), may be "syringeBoreMm" (the unit is part of the name)',
        ],
        [
            "unknown field of an event",
            events(
                { at: "00:00", do: "stop" },
                { at: "01:00", do: "prime", volume: 1, volumeMl: 0.1, rateMlPerHour: 1 },
            ),
            's.json: events[1].volume: was an unknown field (1), may be "volumeMl" (the unit is part of the name)',
        ],
        [
            "unknown field of an expectation",
            { ...plain, expect: { alarms: [{ id: "occlusion", raisedForm: "01:00" }] } },
            's.json: expect.alarms[0].raisedForm: was an unknown field ("01:00"), may be "raisedFrom"',
        ],
        [
            "missing field",
            changed(plain, ["duration"], undefined),
            "s.json: duration: was missing, may be a time since start",
        ],
        [
            "number as string",
            { ...plain, world: { tickJitterMsMax: "400" } },
            's.json: world.tickJitterMsMax: was "400", may be a whole number from 0 to 60000, written without quotes',
        ],
        ["negative", { ...plain, seed: -1 }, "s.json: seed: was -1, may be a whole number from 0 to 4294967295"],
        [
            "part of a millisecond",
            { ...plain, world: { tickJitterMsMax: 0.5 } },
            "world.tickJitterMsMax: was 0.5, may be a whole number",
        ],
        [
            "no such time",
            events({ at: "25:99", do: "stop" }),
            's.json: events[0].at: was "25:99", may be a time since start such as "36:00", "90d" or "1d 06:30:00"',
        ],
        [
            "no such date",
            { ...plain, startsAt: "2026-02-30T00:00:00" },
            's.json: startsAt: was "2026-02-30T00:00:00", may be a local date and time such as "2026-03-02T00:00:00", from 2000-01-03 to the end of 2099',
        ],
        [
            "no such event",
            events({ at: "00:00", do: "explode" }),
            's.json: events[0].do: was "explode", may be an event whose do is occlude, clear',
        ],
        ["event without do", events({ at: "00:00" }), "s.json: events[0].do: was missing, may be an event whose do is"],
        [
            "no such sensor",
            events({ at: "00:00", do: "sensorRepair", sensor: "nose" }),
            's.json: events[0].sensor: was "nose", may be "pressure" or "encoder"',
        ],
        [
            "no such alarm",
            { ...plain, expect: { alarms: [{ id: "occluded" }] } },
            's.json: expect.alarms[0].id: was "occluded", may be "reservoirLow" or',
        ],
        [
            "no time at all",
            { ...plain, duration: "0:00" },
            's.json: duration: was "0:00", may be a time longer than none and up to "366d"',
        ],
        ["over a year", { ...plain, duration: "366d 00:00:01" }, 's.json: duration: was "366d 00:00:01", may be'],
        [
            "fill over the reservoir",
            { ...plain, reservoirFillMl: 20.5 },
            "s.json: reservoirFillMl: was 20.5, may be a number from 0 to 20, the prescription's reservoirMl",
        ],
        [
            "refill over the reservoir",
            events({ at: "00:00", do: "refill", volumeMl: 21 }),
            "s.json: events[0].volumeMl: was 21, may be a number from 0.001 to 20, the prescription's reservoirMl",
        ],
        [
            "prime over its volume",
            events({ at: "00:00", do: "prime", volumeMl: 2.1, rateMlPerHour: 1 }),
            "s.json: events[0].volumeMl: was 2.1, may be a number from 0.001 to 2",
        ],
        [
            "prime over its flow",
            events({ at: "00:00", do: "prime", volumeMl: 1, rateMlPerHour: 11 }),
            "s.json: events[0].rateMlPerHour: was 11, may be a number from 0.002 to 10",
        ],
        [
            "event at the end",
            events({ at: "24:00", do: "stop" }),
            's.json: events[0].at: was "24:00", may be a time since start before the end, 1d 00:00:00',
        ],
        [
            "power on that was never off",
            events({ at: "01:00", do: "powerOn" }),
            's.json: events[0].do: was "powerOn", may be "powerOn" only after "powerOff"',
        ],
        [
            "power on before it is off",
            events({ at: "02:00", do: "powerOff" }, { at: "01:00", do: "powerOn" }),
            's.json: events[1].do: was "powerOn"',
        ],
        [
            "power off twice",
            events({ at: "01:00", do: "powerOff" }, { at: "02:00", do: "powerOff" }),
            's.json: events[1].do: was a second "powerOff", may be "powerOff" again only after "powerOn"',
        ],
        ["clear without occlude", events({ at: "01:00", do: "clear" }), 'may be "clear" only after "occlude"'],
        [
            "repair of another part",
            events(
                { at: "01:00", do: "sensorFault", sensor: "clock", failure: "stale" },
                { at: "02:00", do: "sensorRepair", sensor: "battery" },
            ),
            's.json: events[1].do: was "sensorRepair" of battery, may be "sensorRepair" only after "sensorFault" of battery',
        ],
        [
            "a command without power",
            events({ at: "01:00", do: "powerOff" }, { at: "02:00", do: "start" }),
            's.json: events[1].at: was "02:00", when power is off, may be a time at which the pump has the power for "start"',
        ],
        [
            "a freeze without power",
            events({ at: "01:00", do: "powerOff" }, { at: "02:00", do: "freeze", seconds: 5 }),
            's.json: events[1].at: was "02:00", when power is off, may be a time at which the pump has the power for "freeze"',
        ],
        ["close without open", events({ at: "01:00", do: "closeLine" }), 'may be "closeLine" only after "openLine"'],
        [
            "clearOutlet without blockOutlet",
            events({ at: "01:00", do: "clearOutlet" }),
            'may be "clearOutlet" only after "blockOutlet"',
        ],
        [
            "replaceGear without wearGear",
            events({ at: "01:00", do: "replaceGear" }),
            'may be "replaceGear" only after "wearGear"',
        ],
        [
            "a quantity without its field",
            events({ at: "01:00", do: "siphon" }),
            "s.json: events[0].microlitresPerHour: was missing, may be a number from 0 to 100000",
        ],
        [
            "a part of more than the whole",
            events({ at: "01:00", do: "leak", fraction: 1.1 }),
            "s.json: events[0].fraction: was 1.1, may be a number from 0 to 1",
        ],
        [
            "a freeze of no time",
            events({ at: "01:00", do: "freeze", seconds: 0 }),
            "s.json: events[0].seconds: was 0, may be a number from 0.001 to 86400",
        ],
        [
            "a bit that no byte has",
            events({ at: "01:00", do: "flipBit", address: 0, bit: 8 }),
            "s.json: events[0].bit: was 8, may be a whole number from 0 to 7",
        ],
        [
            "a stranger who sends nothing",
            events({ at: "01:00", do: "hostileFrames", frames: 0, everySeconds: 1, seed: 1 }),
            "s.json: events[0].frames: was 0, may be a whole number from 1 to 10000",
        ],
        [
            "a clock set by part of a second",
            events({ at: "01:00", do: "clockStep", seconds: 0.5 }),
            "s.json: events[0].seconds: was 0.5, may be a whole number from -604800 to 604800",
        ],
        [
            "a runaway without its unit",
            events({ at: "01:00", do: "runaway", steps: 5, stepsPerSecond: 5 }),
            's.json: events[0].steps: was an unknown field (5), may be "stepsPerSecond" (the unit is part of the name)',
        ],
        [
            "more missed than filled",
            events({ at: "01:00", do: "refill", volumeMl: 10, missedMl: 10.5 }),
            "s.json: events[0].missedMl: was 10.5, may be a number from 0 to 10, which is volumeMl",
        ],
        [
            "more drawn out than the reservoir holds",
            events({ at: "01:00", do: "refill", volumeMl: 10, measuredResidualMl: 20.5 }),
            's.json: events[0].measuredResidualMl: was 20.5, may be "auto" or a number from 0 to 20, the prescription\'s reservoirMl',
        ],
        [
            "a residual in other words",
            events({ at: "01:00", do: "refill", volumeMl: 10, measuredResidualMl: "all" }),
            's.json: events[0].measuredResidualMl: was "all", may be "auto" or a number from 0 to 50',
        ],
        [
            "a memory that fails in a way it can't",
            events({ at: "01:00", do: "sensorFault", sensor: "memory", failure: "drifting" }),
            's.json: events[0].failure: was "drifting" of memory, may be "missing" of memory',
        ],
        [
            "supplyGood without supplyLow",
            events({ at: "01:00", do: "supplyGood" }),
            'may be "supplyGood" only after "supplyLow"',
        ],
        [
            "a programme that is not there",
            events({ at: "01:00", do: "stop" }, { at: "01:00", do: "programme", prescription: "none.json" }),
            's.json: events[1].prescription: was "none.json", and there is no none.json',
        ],
        [
            "a refill with a programme over its reservoir",
            events({ at: "01:00", do: "programme", prescription: "weak.json", refill: { volumeMl: 21 } }),
            "s.json: events[0].refill.volumeMl: was 21, may be a number from 0.001 to 20, the prescription's reservoirMl",
        ],
        [
            "more missed than filled with a programme",
            events({ at: "01:00", do: "programme", prescription: "weak.json", refill: { volumeMl: 1, missedMl: 1.5 } }),
            "s.json: events[0].refill.missedMl: was 1.5, may be a number from 0 to 1, which is volumeMl",
        ],
        [
            "a bolus without an amount",
            events({ at: "01:00", do: "bolus", overMinutes: 10 }),
            "s.json: events[0]: was a bolus without an amount, may be a bolus with one of micrograms and volumeMl",
        ],
        [
            "a bolus with two",
            events({ at: "01:00", do: "bolus", micrograms: 5, volumeMl: 0.01, overMinutes: 10 }),
            "s.json: events[0]: was a bolus with both micrograms and volumeMl, may be a bolus with one of",
        ],
        [
            "a bolus without its time",
            events({ at: "01:00", do: "bolus", micrograms: 5 }),
            "s.json: events[0].overMinutes: was missing, may be a whole number from 1 to 1440",
        ],
        [
            "a bolus over hours",
            events({ at: "01:00", do: "bolus", micrograms: 5, overHours: 1, overMinutes: 1 }),
            "s.json: events[0].overHours: was an unknown field (1), may be left out, or one of at,",
        ],
        [
            "a bolus over its volume",
            events({ at: "01:00", do: "bolus", volumeMl: 2.001, overMinutes: 10 }),
            "s.json: events[0].volumeMl: was 2.001, may be a number from 0.000001 to 2",
        ],
        [
            "a local time that there is none of",
            events({ at: "01:00", do: "setClock", localTime: "2026-02-29T03:00:00" }),
            's.json: events[0].localTime: was "2026-02-29T03:00:00", may be a local date and time such as',
        ],
        [
            "a line that nobody knows the volume of, and that holds nothing",
            { ...plain, linePrimed: false },
            "s.json: linePrimed: was false, may be true where the prescription says nothing of its line",
        ],
        [
            "a bolus metered between nothing",
            { ...plain, expect: { boluses: [{ kind: "prime", outcome: "delivered", meteredMl: { min: 2, max: 1 } }] } },
            "s.json: expect.boluses[0].meteredMl.min: was 2, may be a number up to 1, which is max",
        ],
        [
            "no such reason of a bolus",
            { ...plain, expect: { boluses: [{ kind: "patient", outcome: "denied", reason: "lockout" }] } },
            's.json: expect.boluses[0].reason: was "lockout", may be "volume out of range" or',
        ],
        [
            "a programme too fast for the mechanism",
            {
                ...events({ at: "01:00", do: "programme", prescription: "fast.json" }),
                mechanism: "slow.json",
            },
            "s.json: events[0].prescription: was asked for 2 mL/day by the prescription, may be one for a flow up to 2 mL/day, of which this mechanism makes at most 0.6048 mL/day",
        ],
        [
            "no such answer",
            { ...plain, expect: { programmeAnswers: ["accepted"] } },
            's.json: expect.programmeAnswers[0]: was "accepted", may be "not answered" or "taken" or',
        ],
        [
            "a failure that the part can't have",
            events({ at: "01:00", do: "sensorFault", sensor: "encoder", failure: "pressed" }),
            's.json: events[0].failure: was "pressed" of encoder, may be "pressed" of reservoirSwitch',
        ],
        [
            "a switch that drifts",
            events({ at: "01:00", do: "sensorFault", sensor: "reservoirSwitch", failure: "drifting" }),
            's.json: events[0].failure: was "drifting" of reservoirSwitch, may be "drifting" of pressure, encoder, battery, clock',
        ],
        [
            "a drift without its rate",
            events({ at: "01:00", do: "sensorFault", sensor: "clock", failure: "drifting" }),
            "s.json: events[0].driftPartsPerMillion: was missing, may be a number: how fast the clock drifts",
        ],
        [
            "a drift in the unit of another part",
            events({
                at: "01:00",
                do: "sensorFault",
                sensor: "clock",
                failure: "drifting",
                driftPartsPerMillion: 5,
                driftPascalsPerHour: 5,
            }),
            's.json: events[0].driftPascalsPerHour: was 5 for the clock, drifting, may be left out; "driftPartsPerMillion" is what it takes',
        ],
        [
            "a rate for what does not drift",
            events({ at: "01:00", do: "sensorFault", sensor: "clock", failure: "stuck", driftPartsPerMillion: 5 }),
            "s.json: events[0].driftPartsPerMillion: was 5 for the clock, stuck, may be left out",
        ],
        [
            "friction that nothing yields to",
            { ...plain, world: { plungerStictionKilopascals: 5 } },
            "s.json: world.plungerStictionKilopascals: was 5, may be 0, or more with a stopperComplianceMicrolitresPerKilopascal over 0",
        ],
        [
            "no such reason",
            { ...plain, expect: { alarms: [{ id: "occlusion", reason: "high" }] } },
            's.json: expect.alarms[0].reason: was "high", may be "no answer" or "an impossible answer" or',
        ],
        [
            "a bound that is a range",
            { ...plain, expect: { deliveredAboveProgrammedMlMax: { min: 0, max: 1 } } },
            's.json: expect.deliveredAboveProgrammedMlMax: was {"min":0,"max":1}, may be a number from -50 to 50',
        ],
        [
            "window the wrong way round",
            { ...plain, expect: { alarms: [{ id: "occlusion", raisedFrom: "02:00", raisedTo: "01:00" }] } },
            's.json: expect.alarms[0].raisedFrom: was "02:00", may be a time since start up to 01:00:00',
        ],
        [
            "window after the end",
            { ...plain, expect: { alarms: [{ id: "occlusion", raisedTo: "25:00" }] } },
            's.json: expect.alarms[0].raisedTo: was "25:00", may be a time since start up to the end, 1d 00:00:00',
        ],
        [
            "range the wrong way round",
            { ...plain, expect: { deliveredMl: { min: 2, max: 1 } } },
            "s.json: expect.deliveredMl.min: was 2, may be a number up to 1, which is max",
        ],
        [
            "cleared and standing",
            { ...plain, expect: { alarms: [{ id: "occlusion", clearedTo: "02:00", standsAtEnd: true }] } },
            "s.json: expect.alarms[0].standsAtEnd: was true, may be false",
        ],
        [
            "prescription that is not there",
            { ...plain, prescription: "none.json" },
            's.json: prescription: was "none.json", and there is no none.json, may be the path of a JSON file, relative to this one',
        ],
        [
            "mechanism that is not there",
            { ...plain, mechanism: "none.json" },
            's.json: mechanism: was "none.json", and there is no none.json',
        ],
        [
            "a fault of the prescription is told in its own file",
            { ...plain, prescription: "bad.json" },
            'bad.json: concentrationMicrogramsPerMl: was "2000", may be a number from 0.001 to 100000, written without quotes',
        ],
        [
            "a mechanism too slow for the prescription",
            { ...plain, mechanism: "slow.json", prescription: "fast.json" },
            "s.json: mechanism: was asked for 2 mL/day by the prescription, may be one for a flow up to 2 mL/day, of which this mechanism makes at most 0.6048 mL/day",
        ],
        [
            "a mechanism too slow for a prime",
            { ...events({ at: "01:00", do: "prime", volumeMl: 0.1, rateMlPerHour: 10 }), mechanism: "slow.json" },
            "s.json: events[0].rateMlPerHour: was 10, may be a flow of which this mechanism makes at most 0.6048 mL/day",
        ],
        [
            "not JSON",
            '{\n "name": "x"\n "seed": 1 }',
            's.json: was not JSON at line 3, column 2: ", may be "," or "}" there',
        ],
    ])("%s", (_, content, message) => {
        writeInput(folder, "fast.json", readFileSync("sim/prescriptions/continuous-1000.json", "utf8"))
        expect(refusalOf(folder, () => load(content)).join("\n")).toContain(message)
    })

    test.each([
        { do: "stop" },
        { do: "start" },
        { do: "acknowledge" },
        { do: "silence" },
        { do: "release" },
        { do: "prime", volumeMl: 0.1, rateMlPerHour: 1 },
        { do: "bolus", volumeMl: 0.01, overMinutes: 10 },
        { do: "patientDose" },
        { do: "cancelBolus" },
        { do: "minimumRate" },
        { do: "setClock", localTime: "2026-03-02T03:00:00" },
        { do: "refillBegin" },
        { do: "refill", volumeMl: 10 },
        { do: "programme", prescription: "night.json" },
    ])("without power nobody hears %j", event => {
        const content = events(
            { at: "01:00", do: "powerOff" },
            { at: "02:00", ...event },
            { at: "03:00", do: "powerOn" },
        )
        expect(refusalOf(folder, () => load(content)).join("\n")).toContain(
            'events[1].at: was "02:00", when power is off',
        )
        expect(load(events({ at: "02:00", ...event })).events).toHaveLength(1)
    })

    test("a file that is not there", () => {
        const lines = refusalOf(folder, () => loadScenario(resolve(folder, "none.json")))
        expect(lines).toEqual(["none.json: was missing, may be the path of a JSON file"])
    })
})

import { readdirSync } from "node:fs"
import crc32OfHost from "crc-32"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { InputError } from "../../sim/input"
import {
    compilePrescription,
    concentrationsFor,
    encodeProgramme,
    flowPlPerDay,
    loadPrescription,
} from "../../sim/prescription/compile"
import { shippedDrugs } from "../../sim/prescription/drugLibrary"
import { encodeMechanism, loadMechanism } from "../../sim/prescription/mechanism"
import { drawFlashId, FLASH_ID_SIZE, flashIdSetting, settingsOf } from "../../sim/prescription/records"
import { Prescription } from "../../sim/prescription/schema"
import { cautionsOf, readBack } from "../../sim/report/readBack"
import { crc32, readUint } from "../../src/pump/bytes"
import { CellKind } from "../../src/pump/energy"
import { RATE_PL_PER_DAY_MAX, RATE_PL_PER_DAY_MIN, STEP_PL_MAX } from "../../src/pump/limits"
import { decodeMechanism, Mechanism } from "../../src/pump/mechanism"
import { decodeProgramme } from "../../src/pump/programme"
import { anyProgrammes } from "./legalProgrammes"

const SHIPPED = "sim/prescriptions"

const mechanisms: fc.Arbitrary<Mechanism> = fc
    .record({
        stepPl: fc.integer({ min: 100, max: STEP_PL_MAX }),
        stepsPerTickMax: fc.integer({ min: 1, max: 50 }),
        occlusionPa: fc.integer({ min: 5000, max: 150_000 }),
        encoderSlackSteps: fc.integer({ min: 0, max: 65_535 }),
        batteryLowMv: fc.integer({ min: 0, max: 65_535 }),
        end: fc.double({ min: 0, max: 1, noNaN: true }),
        battery: fc.oneof(
            fc.constant({ batteryKind: CellKind.None, batteryMah: 0 }),
            fc.record({
                batteryKind: fc.constantFrom(CellKind.LiIon, CellKind.TwoAlkalineAa),
                batteryMah: fc.integer({ min: 50, max: 50_000 }),
            }),
        ),
    })
    .map(({ end, battery, ...rest }) => ({
        ...rest,
        ...battery,
        batteryEndMv: Math.floor(end * rest.batteryLowMv),
    }))

/** True when the CRC-32 at the end of a record is that of the bytes before it. */
function crcHolds(bytes: Uint8Array): boolean {
    return crc32(bytes, 0, bytes.length - 4, 0) === readUint(bytes, bytes.length - 4, 4)
}

describe("the programme's bytes", () => {
    test("the host's and the pump's CRC-32 agree, in one piece and in two", () => {
        fc.assert(
            fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
                const middle = Math.min(cut, bytes.length)
                const whole = crc32(bytes, 0, bytes.length, 0)
                expect(whole).toBe(crc32OfHost.buf(bytes) >>> 0)
                expect(crc32(bytes, middle, bytes.length, crc32(bytes, 0, middle, 0))).toBe(whole)
            }),
        )
    })

    test("what is encoded is what the pump reads", () => {
        fc.assert(
            fc.property(anyProgrammes, programme => {
                const bytes = encodeProgramme(programme)
                expect(crcHolds(bytes)).toBe(true)
                expect(decodeProgramme(bytes)).toEqual(programme)
            }),
        )
        fc.assert(
            fc.property(mechanisms, mechanism => {
                const bytes = encodeMechanism(mechanism)
                expect(crcHolds(bytes)).toBe(true)
                expect(decodeMechanism(bytes)).toEqual(mechanism)
            }),
        )
    })

    test("up to 4 damaged bytes in a row are never taken for another programme", () => {
        const damage = fc.record({
            at: fc.nat(),
            masks: fc.uint8Array({ minLength: 1, maxLength: 4 }).filter(masks => masks.some(mask => mask > 0)),
        })
        fc.assert(
            fc.property(anyProgrammes, mechanisms, damage, (programme, mechanism, { at, masks }) => {
                for (const bytes of [encodeProgramme(programme), encodeMechanism(mechanism)]) {
                    const start = at % (bytes.length - masks.length + 1)
                    masks.forEach((mask, i) => {
                        bytes[start + i] ^= mask
                    })
                    expect(crcHolds(bytes)).toBe(false)
                }
            }),
        )
    })

    test("PRG-3: any bytes at all are decoded or refused, never a crash or a number out of range", () => {
        fc.assert(
            fc.property(anyProgrammes, fc.nat(), fc.nat(255), fc.nat(), (programme, at, value, length) => {
                const bytes = encodeProgramme(programme)
                bytes[at % bytes.length] = value
                const decoded = decodeProgramme(bytes.slice(0, length % 3 === 0 ? length % bytes.length : bytes.length))
                if (typeof decoded === "string") return
                for (const flow of decoded.segmentRatePlPerDay)
                    expect(flow === 0 || (flow >= RATE_PL_PER_DAY_MIN && flow <= RATE_PL_PER_DAY_MAX)).toBe(true)
                expect(decoded.patternOfWeekday.every(day => day < decoded.patternStart.length - 1)).toBe(true)
            }),
        )
    })

    test("a number that the pump can't hold is never cut to fit", () => {
        const { programme } = loadPrescription(`${SHIPPED}/continuous-100.json`)
        expect(() => encodeProgramme({ ...programme, reservoirLowPl: 0.5 })).toThrow("another programme")
        expect(() => encodeProgramme({ ...programme, concentrationNgPerMl: 2 ** 32 + 1 })).toThrow("another programme")
        expect(() => encodeProgramme({ ...programme, segmentRatePlPerDay: [1] })).toThrow("rate out of range")
        const mechanism = loadMechanism("boards/syringe-20ml.mechanism.json")
        expect(() => encodeMechanism({ ...mechanism, occlusionPa: 70_000.5 })).toThrow("another mechanism")
        expect(() => encodeMechanism({ ...mechanism, stepPl: 99 })).toThrow("step volume out of range")
        const battery = { batteryKind: CellKind.LiIon, batteryMah: 1000.5 }
        expect(() => encodeMechanism({ ...mechanism, ...battery })).toThrow("another mechanism")
    })

    test.each([
        [0, [2]],
        [98, [100]],
        [99, [100, 1]],
        [198, [100, 100]],
        [199, [100, 100, 1]],
        [2733, [...Array(27).fill(100), 35]],
    ])("a record of %d bytes is stored in pieces of %j", (length, sizes) => {
        const programme = Uint8Array.from({ length }, (_, i) => i % 251)
        const settings = settingsOf(programme, programme.slice(0, 22), programme.slice(0, 26))
        const pieces = settings.filter(({ key }) => key.startsWith("pg"))
        expect(pieces.map(({ key }) => key)).toEqual(sizes.map((_, i) => `pg${i}`))
        expect(pieces.map(({ value }) => value.length)).toEqual(sizes)
        const joined = pieces.flatMap(({ value }) => [...value])
        expect(readUint(joined, 0, 2)).toBe(length)
        expect(joined.slice(2)).toEqual([...programme])
        const others = settings.slice(pieces.length)
        expect(others.map(({ key }) => key)).toEqual(["me0", "gu0"])
        expect([...others[0].value].slice(0, 2)).toEqual([Math.min(length, 22), 0])
        expect([...others[1].value].slice(0, 2)).toEqual([Math.min(length, 26), 0])
    })
})

describe("the number of a flashing", () => {
    test("is stored as a record like the others: its length, its bytes, and their checksum", () => {
        const { key, value } = flashIdSetting(Uint8Array.of(0x12, 0x34, 0x56, 0x78))
        expect(key).toBe("fl0")
        expect([...value.slice(0, 6)]).toEqual([8, 0, 0x12, 0x34, 0x56, 0x78])
        expect(value.length).toBe(10)
        expect(readUint(value, 6, 4)).toBe(crc32OfHost.buf(value.slice(2, 6)) >>> 0)
    })

    test.each([0, 3, 5])("of %i bytes is none", length => {
        expect(() => flashIdSetting(new Uint8Array(length))).toThrow(/flash id/)
    })

    test("is another each time, and never 0", () => {
        const drawn = Array.from({ length: 100 }, drawFlashId)
        expect(drawn.every(id => id.length === FLASH_ID_SIZE && readUint(id, 0, FLASH_ID_SIZE) > 0)).toBe(true)
        // Two alike among 100 are one chance in 800 000.
        expect(new Set(drawn.map(id => readUint(id, 0, FLASH_ID_SIZE))).size).toBe(100)
    })
})

describe("the prescriptions shipped", () => {
    test.each([
        ["continuous-100.json", { "every day": 100 }, 0.2],
        ["continuous-1000.json", { "every day": 1000 }, 2],
        ["night-rise-312.json", { "every day": 312.5 }, 0.15625],
        ["weekday-weekend.json", { "Mon to Fri": 400, "Sat, Sun": 360 }, (5 * 0.4 + 2 * 0.36) / 7],
        ["child-48-segments.json", { "every day": 200 }, 0.4],
        ["much-at-once.json", { "every day": 990 }, 1.98],
        ["night-rise-periodic.json", { "every day": 312.5 }, 0.15625 + 0.02],
        ["periodic-bolus.json", { "every day": 100 }, 0.28],
        ["patient-dose.json", { "every day": 200 }, 0.2],
        ["concentration-500.json", { "every day": 300 }, 0.6],
        ["concentration-2000.json", { "every day": 300 }, 0.15],
    ])("%s", (file, microgramsPerDay, meanMlPerDay) => {
        const { programme, drug } = loadPrescription(`${SHIPPED}/${file}`)
        // Half a picolitre a day in each segment is under a ten-millionth of a microgram.
        const doses = readBack(programme).map(day => [day.days, Number(day.ugPerDay.toFixed(6))])
        expect(Object.fromEntries(doses)).toEqual(microgramsPerDay)
        expect(programme.meanRatePlPerDay / 1e9).toBeCloseTo(meanMlPerDay, 8)
        expect(cautionsOf(programme, drug)).toEqual([])
    })

    test("each is named above", () => {
        expect(readdirSync(SHIPPED).sort()).toEqual([
            "child-48-segments.json",
            "concentration-2000.json",
            "concentration-500.json",
            "continuous-100.json",
            "continuous-1000.json",
            "much-at-once.json",
            "night-rise-312.json",
            "night-rise-periodic.json",
            "patient-dose.json",
            "periodic-bolus.json",
            "weekday-weekend.json",
        ])
    })

    test("the child's day has 48 segments of 30 minutes", () => {
        const { programme } = loadPrescription(`${SHIPPED}/child-48-segments.json`)
        expect(programme.segmentStartMinute).toEqual(Array.from({ length: 48 }, (_, i) => i * 30))
    })

    test("the weekend's pattern runs on Saturday and Sunday", () => {
        const { programme } = loadPrescription(`${SHIPPED}/weekday-weekend.json`)
        expect(programme.patternOfWeekday).toEqual([0, 0, 0, 0, 0, 1, 1])
        expect(programme.patternStart).toEqual([0, 5, 9])
    })

    test("the mechanism keeps up with the fastest prime", () => {
        const { stepPl, stepsPerTickMax } = loadMechanism("boards/syringe-20ml.mechanism.json")
        expect(stepPl * stepsPerTickMax * 864_000).toBeGreaterThanOrEqual(240_000_000_000)
    })
})

const continuous = (microgramsPerDay: number, concentrationMicrogramsPerMl: number): Prescription => ({
    name: "test",
    drug: "baclofen",
    concentrationMicrogramsPerMl,
    reservoirMl: 20,
    refillAlarmMl: 2,
    schedule: { microgramsPerDay },
})

describe("from dose to flow", () => {
    test.each([
        [100, 500, 200_000_000],
        [96, 2000, 48_000_000],
        [1, 3, 333_333_333],
        [2, 3, 666_666_667],
    ])("%d µg/day at %d µg/mL is %d pL/day, the nearest", (dose, concentration, flow) => {
        expect(flowPlPerDay(dose, concentration)).toBe(flow)
    })

    test("the three ways to give a dose come to the same flow", () => {
        const day = (dose: object) =>
            compilePrescription(
                {
                    ...continuous(0, 500),
                    schedule: {
                        everyDay: [
                            { from: "00:00", to: "06:00", ...dose },
                            { from: "06:00", to: "24:00", microgramsPerDay: 240 },
                        ],
                    },
                },
                "test.json",
            ).bytes
        expect(day({ microgramsPerSegment: 60 })).toEqual(day({ microgramsPerHour: 10 }))
        expect(day({ microgramsPerDay: 240 })).toEqual(day({ microgramsPerHour: 10 }))
    })

    test("segments may stand in any order", () => {
        const everyDay = [
            { from: "00:00", to: "06:00", microgramsPerHour: 10 },
            { from: "06:00", to: "24:00", microgramsPerHour: 8 },
        ]
        const compiled = (segments: typeof everyDay) =>
            compilePrescription({ ...continuous(0, 500), schedule: { everyDay: segments } }, "test.json").bytes
        expect(compiled([...everyDay].reverse())).toEqual(compiled(everyDay))
    })

    test("both sides of both flow limits", () => {
        const accepted = (dose: number, concentration: number) => {
            try {
                // Of the pump's limits alone: the label's soft limits are tested with the drugs.
                const held = { softLimitsHeld: 0 }
                return compilePrescription(continuous(dose, concentration), "test.json", held).programme
                    .meanRatePlPerDay
            } catch (error) {
                if (!(error instanceof InputError)) throw error
                return "refused"
            }
        }
        expect(accepted(96, 2000)).toBe(48_000_000)
        expect(accepted(95.99999, 2000)).toBe("refused")
        expect(accepted(12_000, 500)).toBe(24_000_000_000)
        expect(accepted(12_000.00001, 500)).toBe("refused")
    })

    test("every strength that is said to serve does, and the next ones outside don't", () => {
        fc.assert(
            fc.property(
                fc.double({ min: 3, max: 40_000, noNaN: true }),
                fc.double({ min: 0, max: 1, noNaN: true }),
                (dose, part) => {
                    const range = concentrationsFor([dose], shippedDrugs().baclofen)
                    const serves = (concentration: number) => {
                        const flow = flowPlPerDay(dose, concentration)
                        return flow >= RATE_PL_PER_DAY_MIN && flow <= RATE_PL_PER_DAY_MAX
                    }
                    expect(range).toBeDefined()
                    if (!range) return
                    for (const concentration of [range.min, range.max, range.min + part * (range.max - range.min)])
                        expect(serves(concentration)).toBe(true)
                    if (range.min > 50) expect(serves(range.min - 0.2)).toBe(false)
                    if (range.max < 2000) expect(serves(range.max + 0.2)).toBe(false)
                },
            ),
        )
    })
})

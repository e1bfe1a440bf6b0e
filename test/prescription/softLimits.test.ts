import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { compilePrescription, encodeProgramme, loadPrescription } from "../../sim/prescription/compile"
import { type Patient, shippedDrugs } from "../../sim/prescription/drugLibrary"
import type { Prescription } from "../../sim/prescription/schema"
import { dailyDosesOf, softLimitWords } from "../../sim/prescription/softLimits"
import { decodeProgramme } from "../../src/pump/programme"
import { inputFolder, refusalOf, writeInput } from "../inputFiles"

const folder = inputFolder()
const { baclofen } = shippedDrugs()

function prescriptionOf(dose: number, more: Partial<Prescription> = {}): Prescription {
    return {
        name: "test",
        drug: "baclofen",
        concentrationMicrogramsPerMl: 500,
        reservoirMl: 20,
        refillAlarmMl: 2,
        schedule: { microgramsPerDay: dose },
        ...more,
    }
}

/** The ids of the soft limits for which a prescription is refused; empty when it compiles. */
function exceeded(prescription: Prescription): string[] {
    try {
        compilePrescription(prescription, "p.json")
        return []
    } catch {
        const lines = refusalOf(folder, () => compilePrescription(prescription, "p.json"))
        return lines.map(line => /add to confirmed: {"limit": "([^"]*)"/.exec(line)?.[1] ?? `other: ${line}`)
    }
}

const spinal: Patient = { origin: "spinal", ageClass: "adult", phase: "titration" }
const cerebral: Patient = { ...spinal, origin: "cerebral" }
const child: Patient = { ...spinal, ageClass: "under12" }
const youth: Patient = { ...spinal, ageClass: "adolescent" }

describe("SFT-1: what the label says of baclofen, on both sides of each figure", () => {
    test.each<[string, number, number]>([
        ["over-1000", 1000, 1000.01],
        ["usual-of-all", 24, 23.99],
    ])("SFT-1: %s, for everybody: %d is within it and %d is not", (id, within, outside) => {
        expect(exceeded(prescriptionOf(within, { concentrationMicrogramsPerMl: 100 }))).toEqual([])
        expect(exceeded(prescriptionOf(outside, { concentrationMicrogramsPerMl: 100 }))).toEqual([id])
    })

    test("SFT-1: the widest usual range ends at 1199 µg/day", () => {
        expect(exceeded(prescriptionOf(1199))).toEqual(["over-1000"])
        expect(exceeded(prescriptionOf(1199.01))).toEqual(["over-1000", "usual-of-all"])
    })

    test("SFT-1: the solution for screening is for nothing else, and screening is for no other", () => {
        const at = (concentrationMicrogramsPerMl: number, patient?: Patient) =>
            exceeded(prescriptionOf(100, { concentrationMicrogramsPerMl, patient }))
        const screening: Patient = { ...spinal, phase: "screening", screeningMicrograms: 50 }
        const maintenance: Patient = { ...cerebral, phase: "maintenance", microgramsPerDayBefore: 100 }
        expect(at(50)).toEqual(["screening-strength"])
        expect(at(50.001)).toEqual([])
        // As the pump holds it, in whole nanograms.
        expect(at(50.0004)).toEqual(["screening-strength"])
        expect(at(50, maintenance)).toEqual(["screening-strength"])
        expect(at(500, maintenance)).toEqual([])
        expect(at(50, screening)).toEqual([])
        expect(at(500, screening)).toEqual(["strength-in-screening"])
    })

    test.each<[number, string[]]>([
        [50, []],
        [75, []],
        [100, []],
        [49.9, ["screening-dose"]],
        [60, ["screening-dose"]],
        [101, ["screening-dose"]],
    ])("SFT-1: a test dose of %d µg", (screeningMicrograms, ids) => {
        const patient: Patient = { ...spinal, phase: "screening", screeningMicrograms }
        expect(exceeded(prescriptionOf(100, { concentrationMicrogramsPerMl: 50, patient }))).toEqual(ids)
    })

    test.each<[number, number, number]>([
        [50, 8, 100],
        [50, 8.1, 50],
        [75, 6, 150],
        [100, 4, 200],
        [100, 24, 100],
    ])("SFT-1: after %d µg that worked for %d h the first daily dose is %d µg", (screeningMicrograms, hours, dose) => {
        const patient: Patient = { ...spinal, phase: "first", screeningMicrograms, screeningEffectHours: hours }
        expect(exceeded(prescriptionOf(dose, { patient }))).toEqual([])
        expect(exceeded(prescriptionOf(dose + 0.01, { patient }))).toEqual(["first-dose"])
        expect(exceeded(prescriptionOf(dose - 0.01, { patient }))).toEqual(["first-dose"])
    })

    test.each<[string, Patient, number, string]>([
        ["spinal", spinal, 30, "titration-spinal"],
        ["cerebral", cerebral, 15, "titration-cerebral-or-child"],
        ["a child, spinal", child, 15, "titration-cerebral-or-child"],
        ["a child, cerebral", { ...child, origin: "cerebral" }, 15, "titration-cerebral-or-child"],
        ["an adolescent, spinal", youth, 15, "titration-cerebral-or-child"],
        ["spinal, at a refill", { ...spinal, phase: "maintenance" }, 40, "refill-spinal"],
        ["cerebral, at a refill", { ...cerebral, phase: "maintenance" }, 20, "refill-cerebral-or-child"],
        ["a child, at a refill", { ...child, phase: "maintenance" }, 20, "refill-cerebral-or-child"],
    ])("SFT-1: %s: the largest step up", (_, who, percent, id) => {
        const patient: Patient = { ...who, microgramsPerDayBefore: 400, hoursSinceChange: 24 }
        const dose = 400 * (1 + percent / 100)
        expect(exceeded(prescriptionOf(dose, { patient }))).toEqual([])
        expect(exceeded(prescriptionOf(dose + 0.01, { patient }))).toEqual([id])
    })

    test("SFT-1: down by up to 20 %, at a refill and in titration", () => {
        for (const phase of ["titration", "maintenance"] as const) {
            const patient: Patient = { ...spinal, phase, microgramsPerDayBefore: 400, hoursSinceChange: 24 }
            expect(exceeded(prescriptionOf(320, { patient }))).toEqual([])
            expect(exceeded(prescriptionOf(319.99, { patient }))).toEqual(["decrease"])
        }
    })

    test("SFT-1: no increase in the first 24 h, and a decrease at any time", () => {
        const changed = (hoursSinceChange: number, dose: number) =>
            exceeded(prescriptionOf(dose, { patient: { ...spinal, microgramsPerDayBefore: 400, hoursSinceChange } }))
        expect(changed(24, 440)).toEqual([])
        expect(changed(23.9, 440)).toEqual(["increase-too-soon"])
        expect(changed(0, 400)).toEqual([])
        expect(changed(0, 360)).toEqual([])
    })

    test.each<[string, Patient, number, number, string]>([
        ["spinal", spinal, 300, 800, "usual-spinal"],
        ["cerebral", cerebral, 90, 703, "usual-cerebral"],
        ["an adolescent, spinal", youth, 300, 800, "usual-spinal"],
    ])("SFT-1: %s: the usual doses in the long run", (_, who, least, most, id) => {
        const at = (dose: number, phase: Patient["phase"]) =>
            exceeded(
                prescriptionOf(dose, {
                    patient: { ...who, phase, microgramsPerDayBefore: dose, hoursSinceChange: 24 },
                }),
            )
        expect([...at(least, "maintenance"), ...at(most, "maintenance")]).toEqual([])
        expect(at(least - 0.01, "maintenance")).toEqual([id])
        expect(at(most + 0.01, "maintenance")).toEqual([id])
        expect(at(least - 0.01, "titration")).toEqual([])
        expect(exceeded(prescriptionOf(least - 0.01))).toEqual([])
    })
})

describe("SFT-2: a soft limit is exceeded with a confirmation of its own, or not at all", () => {
    const over = prescriptionOf(1100)
    const because = "The bench."

    test("SFT-2: without one the field, figure, range, source and what to write are told", () => {
        expect(refusalOf(folder, () => loadPrescription(writeInput(folder, "p.json", over)))).toEqual([
            "p.json: schedule: was 1100 µg/day on its fullest day, may be up to 1000 µg/day: There is little experience with more than 1000 µg/day." +
                ` (${baclofen.sources["label-experience"]}); to exceed it on purpose add to confirmed: {"limit": "over-1000", "because": "..."}`,
        ])
    })

    test("SFT-2: with it the programme has the limit's bit, whatever stands beside", () => {
        const confirmed = [{ limit: "over-1000", because }]
        const { programme, bytes } = compilePrescription({ ...over, confirmed }, "p.json")
        expect(programme.softLimits).toBe(1)
        expect(decodeProgramme(bytes)).toMatchObject({ softLimits: 1 })
        expect(compilePrescription(prescriptionOf(1000), "p.json").programme.softLimits).toBe(0)
    })

    test("SFT-2: each takes one, and one for another is not enough", () => {
        const more = { ...prescriptionOf(1200, { concentrationMicrogramsPerMl: 50 }) }
        const ids = ["over-1000", "usual-of-all", "screening-strength"]
        expect(exceeded(more)).toEqual(ids)
        for (const left of ids) {
            const confirmed = ids.filter(id => id !== left).map(limit => ({ limit, because }))
            expect(exceeded({ ...more, confirmed })).toEqual([left])
        }
        const confirmed = ids.map(limit => ({ limit, because }))
        expect(compilePrescription({ ...more, confirmed }, "p.json").programme.softLimits).toBe(0b1_0000_0000_0011)
    })

    test.each<[string, object, string]>([
        [
            "is not exceeded",
            { confirmed: [{ limit: "over-1000", because }] },
            'p.json: confirmed[0].limit: was "over-1000", which is not exceeded, may be left out: no soft limit is exceeded',
        ],
        [
            "is not exceeded, where another is",
            {
                schedule: { microgramsPerDay: 1100 },
                confirmed: [
                    { limit: "over-1000", because },
                    { limit: "usual-of-all", because },
                ],
            },
            'p.json: confirmed[1].limit: was "usual-of-all", which is not exceeded, may be "over-1000"',
        ],
        [
            "can't be told without a patient",
            { confirmed: [{ limit: "titration-spinal", because }] },
            'was "titration-spinal", which is not exceeded, as far as can be told without patient, may be left out',
        ],
        [
            "there is not",
            { confirmed: [{ limit: "over-2000", because }] },
            'confirmed[0].limit: was "over-2000", which is no soft limit of baclofen, may be left out',
        ],
        [
            "is confirmed already",
            {
                schedule: { microgramsPerDay: 1100 },
                confirmed: [
                    { limit: "over-1000", because },
                    { limit: "over-1000", because },
                ],
            },
            'confirmed[1].limit: was "over-1000" a second time, may be given once',
        ],
        [
            "is confirmed without saying why",
            { schedule: { microgramsPerDay: 1100 }, confirmed: [{ limit: "over-1000", because: "  " }] },
            'confirmed[0].because: was "  ", may be a text that says why',
        ],
        [
            "is confirmed with no reason at all",
            { schedule: { microgramsPerDay: 1100 }, confirmed: [{ limit: "over-1000" }] },
            "confirmed[0].because: was missing, may be a text",
        ],
    ])("SFT-3: a confirmation is refused of what %s", (_, more, message) => {
        const file = writeInput(folder, "p.json", { ...prescriptionOf(100), ...more })
        const lines = refusalOf(folder, () => loadPrescription(file))
        expect(lines).toHaveLength(1)
        expect(lines[0]).toContain(message)
    })

    test("SFT-3: a prescription compiles with exactly the confirmations that it needs, whatever the dose", () => {
        const dose = fc.double({ min: 5, max: 3000, noNaN: true })
        const ids = fc.subarray(["over-1000", "usual-of-all", "screening-strength"])
        const strength = fc.constantFrom(50, 60)
        fc.assert(
            fc.property(dose, ids, strength, (microgramsPerDay, confirmedIds, concentrationMicrogramsPerMl) => {
                const needed = [
                    ...(microgramsPerDay > 1000.001 ? ["over-1000"] : []),
                    ...(microgramsPerDay > 1199.001 || microgramsPerDay < 23.999 ? ["usual-of-all"] : []),
                    ...(concentrationMicrogramsPerMl === 50 ? ["screening-strength"] : []),
                ]
                const confirmed = confirmedIds.map(limit => ({ limit, because }))
                const prescription = prescriptionOf(microgramsPerDay, { concentrationMicrogramsPerMl, confirmed })
                const near = [23.999, 24, 1000, 1199].some(bound => Math.abs(microgramsPerDay - bound) < 0.01)
                if (near || microgramsPerDay / concentrationMicrogramsPerMl > 23.9) return
                const compiles = exceeded(prescription).length === 0
                expect(compiles).toBe(needed.join() === confirmedIds.join())
            }),
            { numRuns: 60 },
        )
    })
})

describe("SFT-4: facts about a person that a rule asks for are not left to guess", () => {
    test.each<[string, Patient, string[]]>([
        ["a test dose", { ...spinal, phase: "screening" }, ["screeningMicrograms"]],
        ["a first dose", { ...spinal, phase: "first" }, ["screeningMicrograms", "screeningEffectHours"]],
        ["a step up in titration", spinal, ["microgramsPerDayBefore"]],
        ["the hours since the last step", { ...spinal, microgramsPerDayBefore: 90 }, ["hoursSinceChange"]],
        ["a change at a refill", { ...spinal, phase: "maintenance" }, ["microgramsPerDayBefore"]],
    ])("SFT-4: %s", (_, patient, figures) => {
        const prescription = prescriptionOf(100, { patient })
        const lines = refusalOf(folder, () => compilePrescription(prescription, "p.json"))
        for (const figure of figures)
            expect(lines.some(line => line.startsWith(`p.json: patient.${figure}: was missing, may be a number`))).toBe(
                true,
            )
    })

    test("SFT-4: what no rule asks for may be left out", () => {
        const patient: Patient = { ...spinal, microgramsPerDayBefore: 100 }
        expect(exceeded(prescriptionOf(100, { patient }))).toEqual([])
        const atRefill: Patient = { ...cerebral, phase: "maintenance", microgramsPerDayBefore: 90 }
        expect(exceeded(prescriptionOf(100, { patient: atRefill }))).toEqual([])
    })

    test("SFT-4: origin and age are asked for, in the drug's words", () => {
        const refused = (patient: object) =>
            refusalOf(folder, () => loadPrescription(writeInput(folder, "p.json", { ...prescriptionOf(100), patient })))
        expect(refused({ phase: "maintenance" })).toEqual([
            'p.json: patient.origin: was missing, may be "spinal" or "cerebral"',
            'p.json: patient.ageClass: was missing, may be "adult" or "adolescent" or "under12"',
        ])
        expect(refused({ ...spinal, phase: "later" }).join()).toContain(
            'patient.phase: was "later", may be "screening" or "first" or "titration" or "maintenance"',
        )
        expect(refused({ ...spinal, dailyMicrogramsBefore: 100 }).join()).toContain("patient.dailyMicrogramsBefore")
    })
})

describe("the doses that limits are held against", () => {
    const week = (weekday: number, weekend: number): Prescription["schedule"] => {
        const all = (microgramsPerDay: number) => [{ from: "00:00", to: "24:00", microgramsPerDay }]
        const days = ["monday", "tuesday", "wednesday", "thursday", "friday"] as const
        return {
            patterns: { weekday: all(weekday), weekend: all(weekend) },
            week: {
                ...(Object.fromEntries(days.map(day => [day, "weekday"])) as Record<(typeof days)[number], string>),
                saturday: "weekend",
                sunday: "weekend",
            },
        }
    }

    test("are those of the fullest and the emptiest day, not of the mean", () => {
        expect(exceeded(prescriptionOf(0, { schedule: week(900, 1001) }))).toEqual(["over-1000"])
        expect(exceeded(prescriptionOf(0, { schedule: week(900, 1000) }))).toEqual([])
        const patient: Patient = { ...spinal, phase: "maintenance", microgramsPerDayBefore: 400 }
        expect(exceeded(prescriptionOf(0, { schedule: week(400, 299), patient }))).toEqual(["usual-spinal"])
    })

    test("are the week's mean where it is about a change", () => {
        const patient: Patient = { ...cerebral, microgramsPerDayBefore: 300, hoursSinceChange: 24 }
        // (5 * 340 + 2 * 357.5) / 7 = 345
        expect(exceeded(prescriptionOf(0, { schedule: week(340, 357.5), patient }))).toEqual([])
        expect(exceeded(prescriptionOf(0, { schedule: week(340, 357.6), patient }))).toEqual([
            "titration-cerebral-or-child",
        ])
    })

    test("take in periodic doses, and every dose that the patient may ask for where it is about the most of a day", () => {
        const periodicDose = { micrograms: 50, everyHours: 6, overMinutes: 10, startingAt: "2026-11-23T08:00" }
        expect(exceeded(prescriptionOf(800, { periodicDose }))).toEqual([])
        expect(exceeded(prescriptionOf(801, { periodicDose }))).toEqual(["over-1000"])
        const patientDose = { micrograms: 25, overMinutes: 10, lockoutMinutes: 120, perDayMax: 4 }
        const doseWindow = { hours: 4, microgramsMax: 250 }
        expect(exceeded(prescriptionOf(900, { patientDose, doseWindow }))).toEqual([])
        expect(exceeded(prescriptionOf(901, { patientDose, doseWindow }))).toEqual(["over-1000"])
        const { programme } = compilePrescription(
            prescriptionOf(800, {
                periodicDose,
                patientDose,
                doseWindow: { hours: 4, microgramsMax: 400 },
                confirmed: [{ limit: "over-1000", because: "test" }],
            }),
            "p.json",
        )
        const { mean, lowest, highest, most } = dailyDosesOf(programme)
        expect([mean, lowest, highest, most].map(dose => Number(dose.toFixed(4)))).toEqual([1000, 1000, 1000, 1100])
    })

    test("do not exceed a limit by what rounding to whole picolitres adds", () => {
        const parts = Array.from({ length: 48 }, (_, i) => {
            const clock = (half: number) => `${String(half >> 1).padStart(2, "0")}:${half % 2 === 0 ? "00" : "30"}`
            return { from: clock(i), to: clock(i + 1), microgramsPerSegment: 1000 / 48 }
        })
        const schedule = { everyDay: parts }
        for (const concentrationMicrogramsPerMl of [300, 700, 1300, 1999])
            expect(exceeded(prescriptionOf(0, { schedule, concentrationMicrogramsPerMl }))).toEqual([])
    })
})

describe("SFT-5: what was exceeded on purpose stays visible", () => {
    test("SFT-5: the bits of a programme are read back in the words of its drug", () => {
        for (const limit of baclofen.softLimits)
            expect(softLimitWords(baclofen, 1 << limit.bit)).toEqual([
                { id: limit.id, says: limit.says, source: baclofen.sources[limit.source] },
            ])
        expect(softLimitWords(baclofen, 0)).toEqual([])
        expect(softLimitWords(baclofen, 0xffff)).toHaveLength(16)
        expect(softLimitWords(baclofen, 0x8001).map(({ id }) => id)).toEqual(["over-1000", "bit 15"])
    })

    test("SFT-5: the bits are in the bytes that the pump stores", () => {
        const patient: Patient = { ...spinal, microgramsPerDayBefore: 800, hoursSinceChange: 1 }
        const confirmed = baclofen.softLimits
            .filter(({ id }) => ["over-1000", "increase-too-soon", "titration-spinal"].includes(id))
            .map(({ id }) => ({ limit: id, because: "test" }))
        const { programme } = compilePrescription(prescriptionOf(1100, { patient, confirmed }), "p.json")
        const stored = decodeProgramme(encodeProgramme(programme))
        if (typeof stored === "string") throw new Error(stored)
        expect(softLimitWords(baclofen, stored.softLimits).map(({ id }) => id)).toEqual([
            "over-1000",
            "increase-too-soon",
            "titration-spinal",
        ])
    })
})

import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test, vi } from "vitest"
import { InputError } from "../../sim/input"
import { compilePrescription, loadPrescription } from "../../sim/prescription/compile"
import { DRUGS_FOLDER, drugNamed, loadDrugLibrary, shippedDrugs } from "../../sim/prescription/drugLibrary"
import type { Prescription } from "../../sim/prescription/schema"
import { loadScenario } from "../../sim/scenario/load"
import { changed, inputFolder, refusalOf } from "../inputFiles"
import { libraryWith, morphine, ziconotide } from "./testDrugs"

/** Where the project's own library is taken from, when not from its folder. */
const shipped = vi.hoisted(() => ({ folder: undefined as string | undefined }))

vi.mock("../../sim/prescription/drugLibrary", async original => {
    const real = await original<typeof import("../../sim/prescription/drugLibrary")>()
    return {
        ...real,
        shippedDrugs: () => (shipped.folder === undefined ? real.shippedDrugs() : real.loadDrugLibrary(shipped.folder)),
    }
})

const baclofen = JSON.parse(readFileSync(join(DRUGS_FOLDER, "baclofen.json"), "utf8"))

/** The lines by which a library is refused in which one file has this content. */
function refusal(content: unknown, name = "baclofen.json"): string[] {
    const folder = libraryWith({ [name]: content })
    return refusalOf(folder, () => loadDrugLibrary(folder))
}

function prescriptionOf(drug: string, strength: number, microgramsPerDay: number): Prescription {
    return {
        name: "test",
        drug,
        concentrationMicrogramsPerMl: strength,
        reservoirMl: 20,
        refillAlarmMl: 2,
        schedule: { microgramsPerDay },
    }
}

describe("DRG-1: a library with anything wrong is refused whole, by file and field", () => {
    test.each<[string, unknown, string]>([
        ["not JSON", '{"name": baclofen}', "baclofen.json: name: was not JSON at line 1, column 10"],
        ["empty", "", "baclofen.json: was not JSON"],
        ["a list", "[]", "baclofen.json: was [], may be an object that holds a drug"],
        ["an unknown field", { ...baclofen, colour: "red" }, 'baclofen.json: colour: was an unknown field ("red")'],
        ["another name than the file's", { ...baclofen, name: "baclofene" }, 'name: was "baclofene", may be the file'],
        ["another unit of dose", { ...baclofen, doseUnit: "mg" }, 'doseUnit: was "mg", may be "micrograms"'],
        [
            "a source missing",
            changed(baclofen, ["softLimits", 0, "source"], undefined),
            "softLimits[0].source: was missing, may be a text",
        ],
        [
            "a source that nobody named",
            changed(baclofen, ["softLimits", 0, "source"], "hearsay"),
            'softLimits[0].source: was "hearsay", may be "label-strengths" or "label-screening"',
        ],
        [
            "a source of strengths that nobody named",
            changed(baclofen, ["strengths", "source"], "hearsay"),
            'strengths.source: was "hearsay"',
        ],
        [
            "a source of screening that nobody named",
            changed(baclofen, ["screening", "source"], "hearsay"),
            'screening.source: was "hearsay"',
        ],
        [
            "a bit given twice",
            changed(baclofen, ["softLimits", 1, "bit"], 0),
            "softLimits[1].bit: was 0, may be a bit that softLimits[0] does not have",
        ],
        [
            "a bit that the programme has no room for",
            changed(baclofen, ["softLimits", 1, "bit"], 16),
            "softLimits[1].bit: was 16, may be a whole number from 0 to 15",
        ],
        [
            "an id given twice",
            changed(baclofen, ["softLimits", 1, "id"], "over-1000"),
            'softLimits[1].id: was "over-1000", may be an id that no other soft limit has',
        ],
        [
            "a range upside down",
            changed(baclofen, ["softLimits", 2, "microgramsPerDayLeast"], 801),
            "softLimits[2].microgramsPerDayLeast: was 801, may be a number up to 800, which is microgramsPerDayMost",
        ],
        [
            "a step upside down",
            changed(baclofen, ["softLimits", 7, "percentLeast"], 31),
            "softLimits[7].percentLeast: was 31, may be a number up to 30, which is percentMost",
        ],
        [
            "a step down upside down",
            changed(baclofen, ["softLimits", 11, "percentLeast"], 21),
            "softLimits[11].percentLeast: was 21, may be a number up to 20",
        ],
        [
            "strengths upside down",
            changed(baclofen, ["strengths", "lowestMicrogramsPerMl"], 2001),
            "strengths.lowestMicrogramsPerMl: was 2001, may be a number up to 2000, which is highestMicrogramsPerMl",
        ],
        [
            "a labelled strength outside of them",
            changed(baclofen, ["strengths", "labelled", 3, "microgramsPerMl"], 2000.5),
            "strengths.labelled[3].microgramsPerMl: was 2000.5, may be a number from 50 to 2000",
        ],
        [
            "no strength for the pump",
            changed(baclofen, ["strengths", "labelled"], [{ microgramsPerMl: 50, use: "screening" }]),
            'strengths.labelled: was for screening alone, may be a list with one for "maintenance"',
        ],
        [
            "test doses out of order",
            changed(baclofen, ["screening", "stepsMicrograms"], [50, 50, 100]),
            "screening.stepsMicrograms[1]: was 50, may be a number over 50",
        ],
        [
            "hours of watching upside down",
            changed(baclofen, ["screening", "watchHoursLeast"], 9),
            "screening.watchHoursLeast: was 9, may be a number up to 8",
        ],
        [
            "a rule about test doses where there are none",
            changed(baclofen, ["screening"], undefined),
            'softLimits[4].kind: was "screeningDoseNot", may be left out where there is no screening',
        ],
        [
            "an origin that the drug has no word for",
            changed(baclofen, ["softLimits", 2, "when", 0, "origin"], ["spine"]),
            'softLimits[2].when[0].origin[0]: was "spine", may be "spinal" or "cerebral"',
        ],
        [
            "an age class that the drug has no word for",
            changed(baclofen, ["softLimits", 2, "when", 0, "ageClass"], ["old"]),
            'softLimits[2].when[0].ageClass[0]: was "old", may be "adult" or "adolescent" or "under12"',
        ],
        [
            "a phase that there is not",
            changed(baclofen, ["softLimits", 2, "when", 0, "phase"], ["later"]),
            'softLimits[2].when[0].phase[0]: was "later", may be "screening" or "first"',
        ],
        [
            "a rule about a person, for everybody",
            changed(baclofen, ["softLimits", 7, "when"], []),
            "softLimits[7].when: was an empty list, may be a case or more: increaseOver asks about the person",
        ],
        [
            "a kind that there is not",
            changed(baclofen, ["softLimits", 0, "kind"], "doseAbove"),
            'softLimits[0].kind: was "doseAbove", may be a soft limit whose kind is dailyDoseAbove, dailyDoseOutside',
        ],
        [
            "a figure of another kind",
            changed(baclofen, ["softLimits", 0, "percentMost"], 10),
            "softLimits[0].percentMost: was an unknown field (10)",
        ],
        [
            "a figure of none",
            changed(baclofen, ["softLimits", 0, "microgramsPerDayMost"], 0),
            "softLimits[0].microgramsPerDayMost: was 0, may be a number over 0",
        ],
        [
            "a use that no strength is labelled for",
            changed(baclofen, ["softLimits", 12, "use"], "testing"),
            'softLimits[12].use: was "testing", may be "screening" or "maintenance"',
        ],
        [
            "a hard limit without a source that is named",
            { ...baclofen, hardLimit: { microgramsPerDayMost: 5000, says: "Never.", source: "hearsay" } },
            'hardLimit.source: was "hearsay"',
        ],
    ])("DRG-1: %s", (_, content, message) => {
        expect(refusal(content).join("\n")).toContain(message)
    })

    test("DRG-1: a folder that is not there, or has no drug", () => {
        const folder = inputFolder()
        const none = refusalOf(folder, () => loadDrugLibrary(join(folder, "none")))
        expect(none).toEqual(["none: was no folder that can be read, may be a folder with a JSON file for each drug"])
        expect(() => loadDrugLibrary(folder)).toThrow("was without any drug, may be a folder with a JSON file for each")
    })

    test("DRG-1: one bad file blocks the others too, and every bad file is told", () => {
        const folder = libraryWith({ "morphine.json": { ...morphine, sources: {} }, "ziconotide.json": "{}" })
        const lines = refusalOf(folder, () => loadDrugLibrary(folder))
        expect(lines.some(line => line.startsWith("morphine.json: "))).toBe(true)
        expect(lines.some(line => line.startsWith("ziconotide.json: "))).toBe(true)
        expect(lines.some(line => line.startsWith("baclofen.json: "))).toBe(false)
    })
})

describe("DRG-2: with a bad library nothing is programmed", () => {
    const bad = libraryWith({ "baclofen.json": { ...baclofen, sources: {} } })

    test("DRG-2: a prescription does not compile and a scenario does not start, and both do with a good one", () => {
        const day = "sim/scenarios/day.json"
        const prescription = "sim/prescriptions/continuous-100.json"
        try {
            shipped.folder = bad
            for (const load of [() => loadPrescription(prescription), () => loadScenario(day)]) {
                expect(load).toThrow(InputError)
                expect(load).toThrow("baclofen.json: strengths.source")
            }
        } finally {
            shipped.folder = undefined
        }
        expect(loadPrescription(prescription).programme.meanRatePlPerDay).toBe(200_000_000)
        expect(loadScenario(day).programmeBytes.length).toBeGreaterThan(100)
    })
})

describe("DRG-3: what a drug may be given as, and how much of it, is in its file alone", () => {
    const folder = libraryWith({ "morphine.json": morphine, "ziconotide.json": ziconotide })
    const drugs = loadDrugLibrary(folder)
    const compiled = (prescription: Prescription) => compilePrescription(prescription, "p.json", { drugs })
    const refused = (prescription: Prescription) => refusalOf(folder, () => compiled(prescription)).join("\n")

    test("DRG-3: other drugs compile without code of their own, at their own strengths", () => {
        expect(compiled(prescriptionOf("morphine", 25_000, 5000)).programme).toMatchObject({
            concentrationNgPerMl: 25_000_000,
            segmentRatePlPerDay: [200_000_000],
            softLimits: 0,
        })
        expect(compiled(prescriptionOf("ziconotide", 25, 2.4)).programme).toMatchObject({
            concentrationNgPerMl: 25_000,
            segmentRatePlPerDay: [96_000_000],
        })
        expect(compiled(prescriptionOf("baclofen", 500, 100)).drug.name).toBe("baclofen")
    })

    test.each([
        ["baclofen", 50, 2000, 30],
        ["morphine", 500, 25_000, 2000],
        ["ziconotide", 5, 100, 6],
    ])("DRG-3: %s is %d to %d µg/mL", (drug, lowest, highest, dose) => {
        const strengths = `may be a number from ${lowest} to ${highest}, the strengths of ${drug}`
        expect(refused(prescriptionOf(drug, lowest * 0.999, dose))).toContain(strengths)
        expect(refused(prescriptionOf(drug, highest * 1.001, dose))).toContain(strengths)
        const confirmed = drug === "baclofen" ? [{ limit: "screening-strength", because: "test" }] : []
        expect(compiled({ ...prescriptionOf(drug, lowest, dose), confirmed }).programme.concentrationNgPerMl).toBe(
            lowest * 1000,
        )
        const strongest = compiled(prescriptionOf(drug, highest, highest / 10))
        expect(strongest.programme.concentrationNgPerMl).toBe(highest * 1000)
    })

    test("DRG-3: a flow that is too low is refused with a strength of this drug", () => {
        expect(refused(prescriptionOf("ziconotide", 100, 2.4))).toContain(
            "at 25 µg/mL it would be 0.096 mL/day; any concentration from 5 to 50 µg/mL serves this dose",
        )
    })

    test("DRG-3: nobody can confirm more than the hard limit", () => {
        expect(compiled(prescriptionOf("ziconotide", 100, 20)).programme.meanRatePlPerDay).toBe(200_000_000)
        expect(refused(prescriptionOf("ziconotide", 100, 20.001))).toBe(
            "p.json: schedule: was 20.001 µg/day at the most, may be up to 20 µg/day, which nobody can confirm: Never over 20 µg/day. (Figures for a test, no advice.)",
        )
    })

    test("DRG-3: their soft limits ask for what their files say", () => {
        const patient = { phase: "titration" as const, microgramsPerDayBefore: 6, hoursSinceChange: 48 }
        const step = (dose: number, hours = 48) => ({
            ...prescriptionOf("ziconotide", 25, dose),
            patient: { ...patient, hoursSinceChange: hours },
        })
        expect(compiled(step(8.4)).programme.softLimits).toBe(0)
        expect(refused(step(8.41))).toContain('add to confirmed: {"limit": "step", "because": "..."}')
        expect(refused(step(8.4, 47.9))).toContain('{"limit": "too-soon"')
        const confirmed = { ...step(8.41), confirmed: [{ limit: "step", because: "test" }] }
        expect(compiled(confirmed).programme.softLimits).toBe(1 << 4)
        const most = {
            ...prescriptionOf("morphine", 25_000, 20_001),
            confirmed: [{ limit: "over-20000", because: "test" }],
        }
        expect(compiled(most).programme.softLimits).toBe(1 << 15)
    })

    test("DRG-3: words about a person are the drug's own", () => {
        const of = (drug: string, patient: Prescription["patient"]) =>
            refused({ ...prescriptionOf(drug, drug === "morphine" ? 10_000 : 100, 500), patient })
        expect(of("morphine", { phase: "first", origin: "spinal" })).toBe(
            'p.json: patient.origin: was "spinal", may be "opioid-naive" or "opioid-tolerant"',
        )
        expect(of("morphine", { phase: "first" })).toContain("patient.origin: was missing")
        expect(of("ziconotide", { phase: "first", origin: "spinal" })).toContain(
            'patient.origin: was "spinal", may be left out: no rule of ziconotide asks for it',
        )
        expect(of("ziconotide", { phase: "first", ageClass: "adult" })).toContain("patient.ageClass: was")
    })

    test("DRG-3: a drug that the library does not have is refused with those that it has", () => {
        expect(refused(prescriptionOf("fentanyl", 50, 100))).toBe(
            'p.json: drug: was "fentanyl", may be "baclofen" or "morphine" or "ziconotide"',
        )
        expect(() => drugNamed(shippedDrugs(), "toString", "p.json", "drug")).toThrow(
            'p.json: drug: was "toString", may be "baclofen"',
        )
    })
})

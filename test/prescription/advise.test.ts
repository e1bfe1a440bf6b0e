import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type Advice, adviceAsText, advise, type Course } from "../../sim/prescription/advise"
import { loadDrugLibrary, type Patient, shippedDrugs } from "../../sim/prescription/drugLibrary"
import { exceededLimits } from "../../sim/prescription/softLimits"
import { libraryWith, morphine, ziconotide } from "./testDrugs"

const { baclofen } = shippedDrugs()
const adult = { origin: "spinal", ageClass: "adult" }
const others = loadDrugLibrary(libraryWith({ "morphine.json": morphine, "ziconotide.json": ziconotide }))

type Current = NonNullable<Course["current"]>
type Who = Pick<Course, "origin" | "ageClass">

function afterTest(micrograms: number, effectHours: number, who: Who = adult): Advice {
    return advise(baclofen, { ...who, screening: { micrograms, effectHours } })
}

function afterDose(
    microgramsPerDay: number,
    response: Current["response"],
    hours: number | "refill",
    who: Who = adult,
) {
    const when =
        hours === "refill" ? ({ atRefill: true } as const) : ({ atRefill: false, hoursSinceChange: hours } as const)
    return advise(baclofen, { ...who, current: { microgramsPerDay, response, ...when } })
}

/** The range, rounded to a nanogram. */
function rangeOf({ microgramsPerDay }: Advice): [number, number] | null {
    return microgramsPerDay && [Number(microgramsPerDay.least.toFixed(3)), Number(microgramsPerDay.most.toFixed(3))]
}

describe("ADV-1: the ranges are the label's", () => {
    test.each<[number, number, number]>([
        [50, 6, 100],
        [75, 8, 150],
        [75, 8.1, 75],
        [100, 4, 200],
        [100, 12, 100],
    ])("ADV-1: after %d µg that worked for %d h the first daily dose is %d µg", (micrograms, hours, dose) => {
        const advice = afterTest(micrograms, hours)
        expect(rangeOf(advice)).toEqual([dose, dose])
        expect(advice.rules.map(({ id }) => id)).toEqual(["first-dose"])
        expect(advice.rules[0].source).toContain("Lioresal")
        expect(advice.warnings).toContain("No increase in the first 24 h, and then only one in 24 h.")
    })

    test.each<[number, number, number]>([
        [50, 75, 1.5],
        [75, 100, 2],
        [60, 75, 1.5],
    ])("ADV-1: after %d µg without effect the next test dose is %d µg, %d mL", (micrograms, next, millilitres) => {
        const advice = afterTest(micrograms, 0)
        expect(advice.nextTestDose).toEqual({ micrograms: next, millilitres })
        expect(rangeOf(advice)).toBeNull()
        expect(advice.range).toContain("24 h or more after the last one; its effect is watched for 4 to 8 h")
        expect(advice.warnings).not.toContain("Who does not respond to 100 µg is not a candidate for a pump.")
    })

    test("ADV-1: who does not respond to the last test dose is not a candidate, and gets no dose", () => {
        for (const micrograms of [100, 120]) {
            const advice = afterTest(micrograms, 0)
            expect(advice.nextTestDose).toBeNull()
            expect(advice.microgramsPerDay).toBeNull()
            expect(advice.deliveries).toEqual([])
            expect(advice.warnings).toContain("Who does not respond to 100 µg is not a candidate for a pump.")
        }
    })

    test("ADV-1: a test dose that is none of the label's is told", () => {
        const told = "A test dose is 50 µg, then 75 µg, then 100 µg."
        expect(afterTest(60, 6).warnings).toContain(told)
        expect(afterTest(75, 6).warnings).not.toContain(told)
    })

    const child = { origin: "spinal", ageClass: "under12" }
    const cerebral = { origin: "cerebral", ageClass: "adult" }
    test.each<[string, Who, number | "refill", [number, number], string]>([
        ["spinal", adult, 24, [220, 260], "titration-spinal"],
        ["cerebral", cerebral, 24, [210, 230], "titration-cerebral-or-child"],
        ["a child", child, 24, [210, 230], "titration-cerebral-or-child"],
        ["spinal, at a refill", adult, "refill", [220, 280], "refill-spinal"],
        ["cerebral, at a refill", cerebral, "refill", [210, 240], "refill-cerebral-or-child"],
        ["a child, at a refill", child, "refill", [210, 240], "refill-cerebral-or-child"],
    ])("ADV-1: 200 µg/day too little, %s", (_, who, hours, range, rule) => {
        const advice = afterDose(200, "too little", hours, who)
        expect(rangeOf(advice)).toEqual(range)
        expect(advice.rules.map(({ id }) => id)).toEqual([rule])
    })

    test("ADV-1: 200 µg/day too much: 160 to 180, in titration and at a refill", () => {
        for (const hours of [2, 48, "refill"] as const) {
            const advice = afterDose(200, "too much", hours)
            expect(rangeOf(advice)).toEqual([160, 180])
            expect(advice.range).toBe("Next daily dose: 160 to 180 µg/day, -20 % to -10 %.")
            expect(advice.rules.map(({ id }) => id)).toEqual(["decrease"])
        }
    })

    test("ADV-1: 200 µg/day good: it stays", () => {
        expect(rangeOf(afterDose(200, "good", 2))).toEqual([200, 200])
    })

    test("ADV-1: no increase before 24 h, and one from then on", () => {
        const early = afterDose(200, "too little", 23.5)
        expect(rangeOf(early)).toEqual([200, 200])
        expect(early.range).toBe("Stays at 200 µg/day: no increase for 0.5 h yet.")
        expect(early.rules.map(({ id }) => id)).toEqual(["increase-too-soon"])
        expect(rangeOf(afterDose(200, "too little", 24))).toEqual([220, 260])
    })

    test("ADV-1: what the compiler takes as within the label is what the advisor states, for any dose and person", () => {
        const people = fc.record({
            origin: fc.constantFrom("spinal", "cerebral"),
            ageClass: fc.constantFrom("adult", "adolescent", "under12"),
        })
        const doses = fc.double({ min: 24, max: 800, noNaN: true })
        const responses = fc.constantFrom<Current["response"]>("too little", "too much")
        fc.assert(
            fc.property(people, doses, responses, fc.boolean(), (who, before, response, atRefill) => {
                const { microgramsPerDay } = afterDose(before, response, atRefill ? "refill" : 30, who)
                if (!microgramsPerDay) throw new Error("no range")
                const patient: Patient = {
                    ...who,
                    phase: atRefill ? "maintenance" : "titration",
                    microgramsPerDayBefore: before,
                    hoursSinceChange: 30,
                }
                // A hundred picolitres of 500 µg/mL, as the compiler has it.
                const rounding = 5e-5
                const steps = (dose: number) => {
                    const all = { mean: dose, lowest: dose, highest: dose, most: dose, rounding }
                    const { exceeded, missing } = exceededLimits(baclofen, all, 500, patient)
                    expect(missing).toEqual([])
                    return exceeded.filter(({ limit }) => /crease/.test(limit.kind)).length
                }
                expect([steps(microgramsPerDay.least), steps(microgramsPerDay.most)]).toEqual([0, 0])
                const past = response === "too little" ? microgramsPerDay.most + 0.01 : microgramsPerDay.least - 0.01
                expect(steps(past)).toBe(1)
            }),
            { numRuns: 1000 },
        )
    })
})

describe("ADV-2: what the label warns of at either end of the range is told", () => {
    test("ADV-2: over 1000 µg/day there is little experience", () => {
        const told = (microgramsPerDay: number) =>
            afterDose(microgramsPerDay, "too little", "refill").warnings.filter(line =>
                line.includes("little experience"),
            )
        expect(told(700)).toEqual([])
        expect(told(720)).toEqual([
            "1008 µg/day, where the label has up to 1000 µg/day: There is little experience with more than 1000 µg/day.",
        ])
    })

    test("ADV-2: outside of the usual doses, in the long run", () => {
        const told = (hours: number | "refill") => afterDose(250, "too little", hours).warnings.join()
        expect(told("refill")).toContain("275 µg/day, where the label has 300 to 800 µg/day")
        expect(told(30)).not.toContain("300 to 800")
    })

    test("ADV-2: a dose that nobody can confirm", () => {
        const raised = (microgramsPerDay: number) =>
            advise(others.ziconotide, {
                current: { microgramsPerDay, response: "too little", atRefill: false, hoursSinceChange: 48 },
            }).warnings.join()
        expect(raised(18)).toContain("Over 20 µg/day nothing is compiled: Never over 20 µg/day.")
        expect(raised(17.6)).not.toContain("nothing is compiled")
    })
})

describe("with the pump", () => {
    test("the flow with each labelled solution is told, and what of the range can't be delivered", () => {
        const { deliveries } = afterDose(80, "too little", 30, { origin: "spinal", ageClass: "adult" })
        expect(deliveries.map(({ microgramsPerMl }) => microgramsPerMl)).toEqual([500, 1000, 2000])
        expect(deliveries[0].mlPerDayLeast).toBeCloseTo(0.176, 9)
        expect(deliveries[0].mlPerDayMost).toBeCloseTo(0.208, 9)
        expect(deliveries[1].deliverable?.microgramsPerDayLeast).toBeCloseTo(88, 9)
        expect(deliveries[2].deliverable).toEqual({ microgramsPerDayLeast: 96, microgramsPerDayMost: 104 })
        expect(afterDose(70, "too little", 30).deliveries[2].deliverable).toBeNull()
    })

    test("a dose that no labelled solution gives is told", () => {
        const child = { origin: "cerebral", ageClass: "under12" }
        expect(afterDose(20, "good", 30, child).warnings.join()).toContain("With none of these solutions")
        expect(afterDose(24, "good", 30, child).warnings.join()).not.toContain("With none of these solutions")
    })
})

describe("ADV-3: it states and never chooses", () => {
    test("ADV-3: every advice says so, and its text too", () => {
        const all = [afterTest(75, 6), afterTest(100, 0), afterDose(200, "too little", 30), afterDose(200, "good", 1)]
        for (const advice of all) {
            expect(advice.choice).toMatch(/Nothing here chooses a dose/)
            expect(adviceAsText(advice)).toMatch(/Nothing here chooses a dose.*not for patients\.\n$/)
            expect(adviceAsText(advice).startsWith(advice.about)).toBe(true)
        }
    })

    test("ADV-3: the text has range, rule, source, flows and warnings", () => {
        const text = adviceAsText(afterDose(80, "too little", 30))
        expect(text).toContain("baclofen; spinal origin, adult; 80 µg/day was too little, 30 h after the last change\n")
        expect(text).toContain("Next daily dose: 88 to 104 µg/day, +10 % to +30 %.")
        expect(text).toContain("titration-spinal: Labels of Lioresal Intrathecal and Gablofen")
        expect(text).toMatch(/^ {5}500 µg\/mL {2}0\.176 to 0\.208 mL\/day$/m)
        expect(text).toContain("of it 96 to 104 µg/day, the pump delivers 0.048 to 24 mL/day")
        expect(adviceAsText(afterDose(70, "too little", 30))).toContain(": not delivered, the pump delivers")
    })
})

describe("ADV-4: every figure is of the drug's file", () => {
    const zico = (microgramsPerDay: number, response: Current["response"], hoursSinceChange: number) =>
        advise(others.ziconotide, { current: { microgramsPerDay, response, atRefill: false, hoursSinceChange } })

    test("ADV-4: another drug is raised by its own steps, and at its own times", () => {
        expect(rangeOf(zico(6, "too little", 48))).toEqual([6, 8.4])
        expect(rangeOf(zico(6, "too little", 47))).toEqual([6, 6])
        expect(zico(6, "too little", 48).deliveries.map(({ microgramsPerMl }) => microgramsPerMl)).toEqual([25, 100])
    })

    test("ADV-4: where its file has no rule, that is what is said, and no range", () => {
        expect(zico(6, "too much", 48)).toMatchObject({ microgramsPerDay: null })
        expect(zico(6, "too much", 48).range).toBe("The library has no rule by which ziconotide is lowered.")
        const tolerant = { origin: "opioid-tolerant" }
        const morphineAfter = advise(others.morphine, {
            ...tolerant,
            current: { microgramsPerDay: 1000, response: "too little", atRefill: true },
        })
        expect(morphineAfter.range).toBe("The library has no rule by which morphine is raised.")
        const tested = (effectHours: number) =>
            advise(others.morphine, { ...tolerant, screening: { micrograms: 100, effectHours } })
        expect(tested(6).range).toBe("The library has no rule for the first daily dose of morphine.")
        expect(tested(0).range).toBe("The library has no test doses of morphine.")
    })
})

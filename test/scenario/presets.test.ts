// Syringes and catheters by name: what they fill in, that a file's own figures go before theirs, and what the mechanism's parts must be
// together.

import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { loadScenario } from "../../sim/scenario/load"
import { CATHETERS, SYRINGES } from "../../sim/scenario/presets"
import { worldSchema } from "../../sim/scenario/schema"
import { inputFolder, refusalOf, writeInput } from "../inputFiles"

const folder = inputFolder()

function refused(world: object): string[] {
    const scenario = {
        name: "test",
        description: "test",
        prescription: "night.json",
        duration: "01:00",
        startsAt: "2026-03-02T00:00:00",
        world,
    }
    return refusalOf(folder, () => loadScenario(writeInput(folder, "s.json", scenario)))
}

writeInput(folder, "night.json", readFileSync("sim/prescriptions/night-rise-312.json", "utf8"))

describe("a syringe or a catheter by its name", () => {
    test.each(Object.entries(SYRINGES))("%s brings its bore, friction and stopper", (syringe, figures) => {
        expect(worldSchema.parse({ syringe })).toEqual({ ...worldSchema.parse({}), ...figures, syringe })
    })

    test.each(Object.entries(CATHETERS))("%s brings its bore and length", (catheter, figures) => {
        expect(worldSchema.parse({ catheter })).toEqual({ ...worldSchema.parse({}), ...figures, catheter })
    })

    test("leaves alone what the file says itself, and the other part", () => {
        const world = worldSchema.parse({
            syringe: "hamilton-1010-10ml",
            catheter: "flowonix-prometra",
            syringeBoreMm: 14.6,
            catheterLengthMm: 600,
        })
        expect(world).toMatchObject({ syringeBoreMm: 14.6, catheterLengthMm: 600 })
        expect(world.catheterBoreMm).toBe(CATHETERS["flowonix-prometra"].catheterBoreMm)
    })

    test("the syringe of the shipped mechanism is the bench's own bore", () => {
        expect(SYRINGES["bd-plastipak-20ml"].syringeBoreMm).toBe(worldSchema.parse({}).syringeBoreMm)
    })

    test("the Prometra catheter holds what its manual says, 0.0026 mL to the centimetre", () => {
        const { catheterBoreMm } = CATHETERS["flowonix-prometra"]
        expect(((Math.PI / 4) * catheterBoreMm ** 2 * 10) / 1000).toBeCloseTo(0.0026, 9)
    })

    test("that nobody knows is refused with those that are known", () => {
        const [line] = refused({ syringe: "toString" })
        expect(line).toContain('world.syringe: was "toString"')
        for (const name of Object.keys(SYRINGES)) expect(line).toContain(name)
    })
})

describe("parts of the mechanism are refused where they have no meaning together", () => {
    test.each<[string, object, string]>([
        [
            "a periodic error that turns the nut back",
            { leadScrew: { periodicErrorMicrometres: 79.6 } },
            "s.json: world.leadScrew.periodicErrorMicrometres: was 79.6, may be under 79.6, the pitch over 2π: a turn forwards moves the nut forwards",
        ],
        [
            "more full steps than steps",
            { stepsPerTurn: 100, stepper: {} },
            "s.json: world.stepper.fullStepsPerTurn: was 200, may be at most 100, which is stepsPerTurn",
        ],
        [
            "a swing out of water's table",
            { temperature: { meanCelsius: 37, swingKelvin: 3.5 } },
            "s.json: world.temperature.swingKelvin: was 3.5, may be at most 3, which stays between 0 and 40 °C",
        ],
        [
            "an unknown field of a part",
            { leadScrew: { backlash: 5 } },
            's.json: world.leadScrew.backlash: was an unknown field (5), may be "backlashMicrometres" (the unit is part of the name)',
        ],
    ])("%s", (_, world, line) => {
        expect(refused(world)).toContain(line)
    })

    test.each([
        [{ leadScrew: { periodicErrorMicrometres: 79.5 } }],
        [{ stepsPerTurn: 200, stepper: {} }],
        [{ temperature: { meanCelsius: 37, swingKelvin: 3 } }],
    ])("%j is taken", world => {
        expect(() => refused(world)).toThrow("the input was accepted")
    })
})

import { readFileSync } from "node:fs"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { InputError } from "../../sim/input"
import { compilePrescription, loadPrescription } from "../../sim/prescription/compile"
import { mostBolusesPl, PRIME_ML_DEFAULT } from "../../sim/prescription/limits"
import { type Prescription, prescriptionSchema } from "../../sim/prescription/schema"
import { allowSteps, createGuard, restoreGuard } from "../../src/pump/guard"
import { MS_PER_MINUTE } from "../../src/pump/limits"
import { createReadings, GuardTrip } from "../../src/pump/readings"
import { changed, inputFolder, refusalOf, writeInput } from "../inputFiles"

const folder = inputFolder()
const HELD = { softLimitsHeld: 0 }
const shipped = (file: string) => JSON.parse(readFileSync(`sim/prescriptions/${file}`, "utf8"))

/** 100 µg/day and 10 µg every 6 h at 500 µg/mL, so a microlitre holds half a microgram. */
const periodic = shipped("periodic-bolus.json")
/** 200 µg/day at 1000 µg/mL; 8 µg for the patient, 25 for the clinician, 75 in any 4 h. */
const patient = shipped("patient-dose.json")

function compiled(content: unknown) {
    return loadPrescription(writeInput(folder, "p.json", content), HELD).programme
}

function refusal(content: unknown): string[] {
    return refusalOf(folder, () => compiled(content))
}

describe("what a prescription says beside its schedule", () => {
    test("RXC-4: is what the pump gets, in its own units", () => {
        expect(compiled(periodic)).toMatchObject({
            periodicPl: 20_000_000,
            periodicMinutes: 360,
            periodicDurationMinutes: 30,
            // Monday 23 November 2026 is 9821 days after Monday 3 January 2000.
            periodicStartMinute: 9821 * 1440 + 480,
            meanRatePlPerDay: 280_000_000,
            deadVolumePl: 250_000_000,
            // A week at 0.28 mL/day over the refill alarm.
            refillWarningPl: 2_000_000_000 + 7 * 280_000_000,
        })
        expect(compiled(patient)).toMatchObject({
            bolusPlMax: 25_000_000,
            patientPl: 8_000_000,
            patientDurationMinutes: 10,
            lockoutMinutes: 120,
            dosesPerDayMax: 4,
            windowMinutes: 240,
            windowPlMax: 75_000_000,
            // 200 µL/day in 250 min.
            windowBasalPl: 34_722_223,
            // A week at 0.2 mL/day and four doses of 8 µL a day.
            refillWarningPl: 2_000_000_000 + 7 * 232_000_000,
        })
    })

    test("RXC-4: a warning longer than the reservoir lasts is a warning from the first day on", () => {
        expect(compiled({ ...periodic, refillWarningDays: 64 }).refillWarningPl).toBe(19_920_000_000)
        expect(compiled({ ...periodic, refillWarningDays: 65 }).refillWarningPl).toBe(20_000_000_000)
        expect(compiled({ ...periodic, refillWarningDays: 1042 }).refillWarningPl).toBe(20_000_000_000)
    })

    test("RXC-4: the prime allowed is what the line holds, where it is given and no limit is", () => {
        const primePl = (content: object) => loadPrescription(writeInput(folder, "p.json", content)).limits.primePlMax
        expect(primePl({ ...periodic, line: { tubingMl: 0.1, catheterMl: 0.3 } })).toBe(400_000_000)
        expect(primePl({ ...periodic, line: undefined })).toBe(PRIME_ML_DEFAULT * 1e9)
        expect(primePl({ ...periodic, limits: { primeMl: 0.5 } })).toBe(500_000_000)
    })
})

describe("what the pump would refuse is refused by the field, with what may be", () => {
    const dose = (change: object) => ({ ...periodic, periodicDose: { ...periodic.periodicDose, ...change } })
    const asked = (field: string, change: object) => ({ ...patient, [field]: { ...patient[field], ...change } })

    test.each<[string, unknown, string]>([
        ["a dose of none", dose({ micrograms: 0 }), "periodicDose.micrograms: was 0, may be a number over 0"],
        [
            "a dose of less than a picolitre",
            dose({ micrograms: 1e-10 }),
            "periodicDose.micrograms: was 1e-10, 2e-13 mL at 500 µg/mL, may be a dose of a picolitre or more",
        ],
        ["too often", dose({ everyHours: 0.49 }), "periodicDose.everyHours: was 0.49, may be a number from 0.5 to 168"],
        ["too seldom", dose({ everyHours: 169 }), "periodicDose.everyHours: was 169, may be a number from 0.5 to 168"],
        [
            "no whole minutes",
            dose({ everyHours: 1.51 }),
            "periodicDose.everyHours: was 1.51, may be a number of hours that is a whole number of minutes: 1.5 or 1.51666667",
        ],
        [
            "minutes for hours (F1)",
            dose({ everyHours: 360 }),
            "periodicDose.everyHours: was 360, may be a number from 0.5 to 168",
        ],
        [
            "longer than the interval",
            dose({ overMinutes: 361 }),
            "periodicDose.overMinutes: was 361, may be a whole number from 1 to 360, the minutes of everyHours",
        ],
        ["part of a minute", dose({ overMinutes: 1.5 }), "periodicDose.overMinutes: was 1.5, may be a whole number"],
        [
            "faster than the pump",
            dose({ micrograms: 247.917 }),
            "periodicDose.micrograms: was 247.917 over 30 min, with the schedule at its fastest 24.000032 mL/day, may be a number up to 247.916, or as it is over 31 min or more: the pump makes 24 mL/day at most",
        ],
        [
            "a start that is no date",
            dose({ startingAt: "2026-02-30T08:00" }),
            'periodicDose.startingAt: was "2026-02-30T08:00", may be a local date and time such as "2026-11-23T08:00"',
        ],
        ["a start with seconds", dose({ startingAt: "2026-11-23T08:00:00" }), "periodicDose.startingAt: was"],
        ["a start before the clock's", dose({ startingAt: "2000-01-02T23:59" }), "periodicDose.startingAt: was"],
        [
            "an empty line",
            { ...periodic, line: { tubingMl: 0, catheterMl: 0 } },
            "line: was 0 mL of tubingMl and catheterMl together, may be a sum over 0 and up to 2",
        ],
        [
            "a line too long",
            { ...periodic, line: { tubingMl: 1, catheterMl: 1.001 } },
            "line: was 2.001 mL of tubingMl and catheterMl together, may be a sum over 0 and up to 2",
        ],
        ["half a line", { ...periodic, line: { tubingMl: 1 } }, "line.catheterMl: was missing, may be a number from 0"],
        [
            "no warning at all",
            { ...periodic, refillWarningDays: 0 },
            "refillWarningDays: was 0, may be a number over 0, up to 1042",
        ],
        [
            "a warning of less than a picolitre",
            { ...periodic, refillWarningDays: 1e-9 },
            "refillWarningDays: was 1e-9, may be a time in which the pump gives a picolitre or more",
        ],
        [
            "no hours",
            asked("doseWindow", { hours: 0.75 }),
            "doseWindow.hours: was 0.75, may be a number of hours from 1 to 24",
        ],
        [
            "days for hours",
            asked("doseWindow", { hours: 24.25 }),
            "doseWindow.hours: was 24.25, may be a number of hours",
        ],
        [
            "no quarters",
            asked("doseWindow", { hours: 4.1 }),
            "doseWindow.hours: was 4.1, may be a number of hours from 1 to 24 in quarters",
        ],
        [
            "a window that the schedule alone fills",
            asked("doseWindow", { microgramsMax: 34.722 }),
            "doseWindow.microgramsMax: was 34.722, may be a number from 34.723, what the schedule itself may give in 4 h, to 36000, the pump's maximum at this concentration",
        ],
        [
            "a window over the pump's maximum",
            asked("doseWindow", { microgramsMax: 36_000.001 }),
            "doseWindow.microgramsMax: was 36000.001, may be a number from 34.723,",
        ],
        [
            "a patient's dose without a window",
            { ...patient, doseWindow: undefined, clinicianBolus: undefined },
            "doseWindow: was missing, may be an object with hours (1 to 24) and microgramsMax, without which there is no patientDose",
        ],
        [
            "a clinician's bolus without a window",
            { ...patient, doseWindow: undefined, patientDose: undefined },
            "doseWindow: was missing, may be an object with hours (1 to 24) and microgramsMax, without which there is no clinicianBolus",
        ],
        [
            "a patient's dose over the window",
            asked("patientDose", { micrograms: 40.278 }),
            "patientDose.micrograms: was 40.278, may be a number up to 40.277, what doseWindow leaves beside the most that the schedule gives in 4 h",
        ],
        [
            "a clinician's bolus over the window",
            asked("clinicianBolus", { microgramsMax: 40.278 }),
            "clinicianBolus.microgramsMax: was 40.278, may be a number up to 40.277, what doseWindow leaves",
        ],
        [
            "a bolus of over 2 mL",
            asked("clinicianBolus", { microgramsMax: 2000.001 }),
            "clinicianBolus.microgramsMax: was 2000.001, 2.000001 mL at 1000 µg/mL, may be a number up to 2000, 2 mL at this concentration",
        ],
        [
            "a lockout shorter than the dose",
            asked("patientDose", { lockoutMinutes: 9 }),
            "patientDose.lockoutMinutes: was 9, may be a whole number from 10, which is overMinutes, to 1440: it counts from the beginning of a dose",
        ],
        [
            "a lockout over a day",
            asked("patientDose", { lockoutMinutes: 1441 }),
            "patientDose.lockoutMinutes: was 1441",
        ],
        [
            "no dose a day",
            asked("patientDose", { perDayMax: 0 }),
            "patientDose.perDayMax: was 0, may be a whole number from 1 to 24",
        ],
        [
            "25 doses a day",
            asked("patientDose", { perDayMax: 25 }),
            "patientDose.perDayMax: was 25, may be a whole number from 1 to 24",
        ],
        [
            "a lockout in hours",
            asked("patientDose", { lockoutMinutes: undefined, lockoutHours: 2 }),
            "patientDose.lockoutHours: was an unknown field (2), may be left out, or one of micrograms, overMinutes, lockoutMinutes, perDayMax",
        ],
        [
            "boluses over what any guard lets through in an hour",
            { ...patient, doseWindow: { hours: 1, microgramsMax: 2000 } },
            "doseWindow.microgramsMax: was",
        ],
        [
            "a limit that boluses break",
            { ...patient, limits: { microgramsPerHour: 49 } },
            "limits.microgramsPerHour: was 49, may be a number from 49.393, what schedule and boluses together may give in what the pump counts as one hour, to 1500",
        ],
        [
            "a refill alarm at the very volume of the reservoir",
            { ...periodic, refillAlarmMl: 19.999_999_999_9 },
            "refillAlarmMl: was 19.9999999999, may be a number from 0 to less than 20",
        ],
    ])("RXC-4: %s", (_, content, message) => {
        expect(refusal(content).join("\n")).toContain(`p.json: ${message}`)
    })

    test.each<[string, unknown, object]>([
        ["the shortest interval", dose({ everyHours: 0.5 }), { periodicMinutes: 30 }],
        ["the longest interval", dose({ everyHours: 168 }), { periodicMinutes: 10_080 }],
        ["an hour and a half", dose({ everyHours: 1.5 }), { periodicMinutes: 90 }],
        ["a hundred minutes", dose({ everyHours: 1.66666667 }), { periodicMinutes: 100 }],
        ["as long as the interval", dose({ overMinutes: 360 }), { periodicDurationMinutes: 360 }],
        ["as fast as the pump", dose({ micrograms: 247.916 }), { periodicPl: 495_832_000 }],
        ["the first minute of the clock", dose({ startingAt: "2000-01-03T00:00" }), { periodicStartMinute: 0 }],
        ["the last minute of the clock", dose({ startingAt: "2099-12-31T23:59" }), { periodicStartMinute: 52_593_119 }],
        ["the longest line", { ...periodic, line: { tubingMl: 1, catheterMl: 1 } }, { deadVolumePl: 2_000_000_000 }],
        ["the shortest window", asked("doseWindow", { hours: 1 }), { windowMinutes: 60 }],
        ["a window in quarters", asked("doseWindow", { hours: 1.25 }), { windowMinutes: 75 }],
        ["all that the window leaves", asked("patientDose", { micrograms: 40.277 }), { patientPl: 40_277_000 }],
        [
            "a dose that lasts to the end of its lockout",
            asked("patientDose", { lockoutMinutes: 10 }),
            { lockoutMinutes: 10 },
        ],
        ["the longest lockout", asked("patientDose", { lockoutMinutes: 1440 }), { lockoutMinutes: 1440 }],
        ["24 doses a day", asked("patientDose", { perDayMax: 24 }), { dosesPerDayMax: 24 }],
        [
            "a window without boluses, as full as the schedule",
            changed(
                changed(asked("doseWindow", { microgramsMax: 34.723 }), ["patientDose"], undefined),
                ["clinicianBolus"],
                undefined,
            ),
            { windowPlMax: 34_723_000, bolusPlMax: 0 },
        ],
        ["a limit that boluses just keep", { ...patient, limits: { microgramsPerHour: 49.393 } }, {}],
    ])("RXC-4: but not %s", (_, content, held) => {
        expect(compiled(content)).toMatchObject(held)
    })

    test("RXC-4: no prescription that its schema lets through ends in bytes that the pump would refuse", () => {
        // As often a small part of what its field lets through as a large one.
        const upTo = (max: number) =>
            fc
                .tuple(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(1, 0.1, 0.01, 0.001))
                .map(([n, part]) => (n / 1000) * part * max)
        const prescriptions = fc.record({
            concentrationMicrogramsPerMl: fc.constantFrom(50, 500, 2000),
            reservoirMl: fc.constantFrom(1, 20, 50),
            refillAlarmMl: upTo(2),
            refillWarningDays: fc.option(upTo(1042), { nil: undefined }),
            line: fc.option(fc.record({ tubingMl: upTo(2), catheterMl: upTo(2) }), { nil: undefined }),
            schedule: fc.record({ microgramsPerDay: upTo(12_000) }),
            periodicDose: fc.option(
                fc.record({
                    micrograms: upTo(10_000),
                    everyHours: fc.integer({ min: 30, max: 10_080 }).map(minutes => minutes / 60),
                    overMinutes: fc.integer({ min: 1, max: 60 }),
                    startingAt: fc.constantFrom("2000-01-03T00:00", "2026-11-23T08:00"),
                }),
                { nil: undefined },
            ),
            clinicianBolus: fc.option(fc.record({ microgramsMax: upTo(400) }), { nil: undefined }),
            patientDose: fc.option(
                fc.record({
                    micrograms: upTo(400),
                    overMinutes: fc.integer({ min: 1, max: 60 }),
                    lockoutMinutes: fc.integer({ min: 1, max: 600 }),
                    perDayMax: fc.integer({ min: 1, max: 24 }),
                }),
                { nil: undefined },
            ),
            doseWindow: fc.option(
                fc.record({ hours: fc.integer({ min: 4, max: 96 }).map(n => n / 4), microgramsMax: upTo(72_000) }),
                { nil: undefined },
            ),
        })
        let taken = 0
        fc.assert(
            fc.property(prescriptions, drawn => {
                const checked = prescriptionSchema.safeParse({ name: "drawn", drug: "baclofen", ...drawn })
                if (!checked.success) return
                try {
                    compilePrescription(checked.data, "p.json", HELD)
                    taken++
                } catch (error) {
                    if (!(error instanceof InputError)) throw error
                }
            }),
            { numRuns: 800, seed: 20261123 },
        )
        expect(taken).toBeGreaterThan(20)
    })
})

describe("the guard's limits that nobody gave", () => {
    test.each<[string, number, Partial<Prescription["patientDose"]>, number]>([
        // 8 µL over 10 min each 2 h, and four in 24 h; the window alone would let 40.3 µL through in any 4 h.
        ["a moment of one", 5, {}, 4_000_000],
        ["one", 60, {}, 8_000_000],
        ["one and half of the next", 125, {}, 12_000_000],
        ["two", 130, {}, 16_000_000],
        ["all of a day", 1400, {}, 32_000_000],
        ["more than those of a day", 1440 + 360, {}, 64_000_000],
        ["what the window lets through", 240, { lockoutMinutes: 10, perDayMax: 24 }, 40_277_777],
    ])("LIM-2: the patient's doses in so many minutes are at most %s", (_, minutes, change, expectedPl) => {
        const alone = { ...patient, clinicianBolus: undefined, patientDose: { ...patient.patientDose, ...change } }
        expect(mostBolusesPl(compiled(alone), minutes)).toBeCloseTo(expectedPl, 0)
    })

    test("LIM-2: with a clinician's bolus all that the window lets through may come, again and again", () => {
        expect(mostBolusesPl(compiled(patient), 240)).toBe(40_277_777)
        expect(mostBolusesPl(compiled(patient), 241)).toBe(2 * 40_277_777)
        expect(mostBolusesPl(compiled(periodic), 241)).toBe(0)
    })

    test("LIM-2: no bolus that lockout, count and window allow ever trips the guard, and a reset at any time doesn't either", () => {
        const draws = fc.record({
            hours: fc.integer({ min: 4, max: 40 }).map(n => n / 4),
            room: fc.double({ min: 1, max: 4, noNaN: true }),
            clinician: fc.boolean(),
            lockoutMinutes: fc.integer({ min: 10, max: 300 }),
            overMinutes: fc.integer({ min: 1, max: 10 }),
            perDayMax: fc.integer({ min: 1, max: 24 }),
            resetMinute: fc.integer({ min: 0, max: 1439 }),
            // How many minutes after it may the next bolus is asked for.
            late: fc.array(fc.nat(200), { minLength: 20, maxLength: 20 }),
        })
        fc.assert(
            fc.property(
                draws,
                ({ hours, room, clinician, lockoutMinutes, overMinutes, perDayMax, resetMinute, late }) => {
                    const content = {
                        ...patient,
                        patientDose: { micrograms: 8, overMinutes, lockoutMinutes, perDayMax },
                        clinicianBolus: clinician ? { microgramsMax: 8 } : undefined,
                        doseWindow: { hours, microgramsMax: 200 * (25 / 24) * (hours / 24) + 8 * room + 0.001 },
                    }
                    const { programme, limits } = compilePrescription(content, "p.json", HELD)
                    const { patientPl, windowMinutes, windowPlMax, windowBasalPl } = programme
                    const STEP_PL = 1000
                    const readings = createReadings()
                    readings.sampled = true
                    let guard = createGuard(limits, STEP_PL, 1e9, 0)
                    const given: number[] = []
                    const granted: number[] = []
                    let made = 0
                    let duePl = 0
                    let leftPl = 0
                    let ratePl = 0
                    let asked = 0
                    for (let minute = 0; minute < 3 * 1440; minute++) {
                        if (minute === 1440 + resetMinute) {
                            const { hourSteps, daySteps, primeDaySteps } = guard
                            guard = createGuard(limits, STEP_PL, 1e9, minute * MS_PER_MINUTE)
                            restoreGuard(guard, GuardTrip.None, hourSteps, daySteps, primeDaySteps)
                        }
                        const inWindow = given.slice(-windowMinutes).reduce((sum, pl) => sum + pl, 0)
                        const fits = inWindow + leftPl + patientPl + windowBasalPl <= windowPlMax
                        const last = granted[granted.length - 1] ?? -Infinity
                        const ofDay = granted.filter(at => at > minute - 1440).length
                        const mayPatient = minute - last >= lockoutMinutes && ofDay < perDayMax
                        if (fits && leftPl === 0 && (clinician || mayPatient) && minute >= asked) {
                            if (!clinician) granted.push(minute)
                            leftPl = patientPl
                            ratePl = clinician ? patientPl : patientPl / overMinutes
                            asked = minute + late[granted.length % late.length] * (clinician ? 0 : 1)
                        }
                        const bolusPl = Math.min(leftPl, ratePl)
                        leftPl = leftPl - bolusPl < 1 ? 0 : leftPl - bolusPl
                        given.push(bolusPl)
                        // The guard counts no more than ten seconds between two calls.
                        for (let sixth = 0; sixth < 6; sixth++) {
                            duePl += (bolusPl + (200_000_000 * (25 / 24)) / 1440) / 6
                            const steps = Math.floor(duePl / STEP_PL) - made
                            if (allowSteps(guard, steps, readings, (minute + sixth / 6) * MS_PER_MINUTE) !== steps)
                                throw new Error(`tripped: ${GuardTrip[guard.trip]} at minute ${minute}`)
                            made += steps
                        }
                    }
                },
            ),
            { numRuns: 60 },
        )
    })
})

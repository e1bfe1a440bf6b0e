// The read-back in the clinic's terms: each figure that a clinician goes by, worked out by hand.

import { describe, expect, test } from "vitest"
import { compilePrescription, loadPrescription } from "../../sim/prescription/compile"
import { NO_DOSES } from "../../sim/prescription/doses"
import { shippedDrugs } from "../../sim/prescription/drugLibrary"
import type { Prescription } from "../../sim/prescription/schema"
import { cautionsOf, formatDose, formatMinutes, therapyReadBack, therapyRows } from "../../sim/report/readBack"

const { baclofen } = shippedDrugs()
const rowsOf = (file: string, filledOn?: string) =>
    therapyRows(therapyReadBack(loadPrescription(`sim/prescriptions/${file}`).programme, filledOn))

describe("the read-back", () => {
    test("RXC-6: a simple continuous flow, and how long the reservoir lasts", () => {
        expect(rowsOf("continuous-100.json")).toEqual([
            ["Concentration", "500 µg/mL"],
            ["Dose", "100.0 µg/day"],
            ["Flow", "0.2000 mL/day in the mean"],
            ["Line", "not given: nothing is primed by it, and no change of concentration bridged"],
            ["Reservoir", "20.00 mL when full; refill alarm at 2.000 mL"],
            ["Refill", "after 90 days by the schedule"],
        ])
    })

    test("RXC-6: days that differ are told with the least and the most", () => {
        // Five days of 400 µg and two of 360.
        expect(rowsOf("weekday-weekend.json")[1]).toEqual([
            "Dose",
            "388.57 µg/day in the mean; 360.0 on the lowest day, 400.0 on the highest",
        ])
    })

    test("RXC-6: a periodic dose is in the daily dose, and told apart", () => {
        const rows = rowsOf("periodic-bolus.json", "2026-11-23")
        expect(rows).toContainEqual(["Dose", "140.0 µg/day"])
        expect(rows).toContainEqual(["Flow", "0.2800 mL/day in the mean"])
        expect(rows).toContainEqual([
            "Periodic dose",
            "10.0 µg over 30 min every 6 h, one at 2026-11-23 08:00; 40.0 µg/day in the mean",
        ])
        // 18 mL at 0.28 mL/day are 64.3 days.
        expect(rows).toContainEqual(["Refill", "after 64 days, Tue 26 Jan 2027, by the schedule"])
    })

    test("RXC-6: patient's dose, clinician's bolus, window, line and both refill dates", () => {
        expect(rowsOf("patient-dose.json", "2026-11-23").slice(3)).toEqual([
            [
                "Patient's dose",
                "8.0 µg over 10 min, the next 2 h after it began at the soonest; at most 4 in 24 h, 32.0 µg",
            ],
            ["Clinician's bolus", "at most 25.0 µg at once"],
            [
                "Dose window",
                "at most 75.0 µg in any 4 h: the schedule may be 34.722 of it, which leaves 40.278 for boluses",
            ],
            ["Line", "0.2500 mL in tubing and catheter"],
            ["Reservoir", "20.00 mL when full; refill alarm at 2.000 mL, refill due soon from 3.624 mL on"],
            ["Refill", "after 90 days, Sun 21 Feb 2027, by the schedule"],
            ["", "after 77 days, Mon 8 Feb 2027, with all doses that the patient may ask for"],
        ])
    })

    test("RXC-6: as numbers, for programs", () => {
        const { programme } = loadPrescription("sim/prescriptions/patient-dose.json")
        const therapy = therapyReadBack(programme)
        expect(therapy.patientDose).toEqual({ ug: 8, overMinutes: 10, lockoutMinutes: 120, perDayMax: 4 })
        expect(therapy.doseWindow?.ugMax).toBe(75)
        expect(therapy.refill.bySchedule).toEqual({ days: 90, date: null })
        expect(therapy.lineMl).toBe(0.25)
        expect(therapy.periodicDose).toBeNull()
        expect(therapyReadBack({ ...programme, ...NO_DOSES }).doseWindow).toBeNull()
    })
})

describe("cautions", () => {
    const continuous = (microgramsPerDay: number, concentrationMicrogramsPerMl: number): Prescription => ({
        name: "test",
        drug: "baclofen",
        concentrationMicrogramsPerMl,
        reservoirMl: 20,
        refillAlarmMl: 2,
        schedule: { microgramsPerDay },
    })
    const because = "on the bench alone"

    test("RXC-6: none for a dose within the label's soft limits", () => {
        const { programme } = compilePrescription(continuous(1000, 500), "test")
        expect(cautionsOf(programme, baclofen)).toEqual([])
    })

    test("RXC-6: a soft limit that was exceeded on purpose stays visible", () => {
        const confirmed = [{ limit: "over-1000", because }]
        const { programme } = compilePrescription({ ...continuous(1001, 500), confirmed }, "test")
        expect(cautionsOf(programme, baclofen)).toEqual([expect.stringMatching(/1000 µg\/day.*Exceeded on purpose\.$/)])
    })

    test("RXC-6: one that a programme exceeds and that nobody confirmed is told with the dose", () => {
        const { programme } = compilePrescription(continuous(1001, 500), "test", { softLimitsHeld: 0 })
        expect(cautionsOf(programme, baclofen)).toEqual([
            expect.stringMatching(/Exceeded by 1001 µg\/day on its fullest day, and nobody has confirmed it\.$/),
        ])
    })
})

describe("how doses and times are written", () => {
    test.each([
        [312.5, "312.5"],
        [100, "100.0"],
        [33.333_333_333, "33.333"],
        [0.05, "0.05"],
        [0.000_012_345_6, "0.000012346"],
        [5760, "5,760.0"],
        [12_345.6, "12,346.0"],
    ])("%d µg is %s", (ug, text) => {
        expect(formatDose(ug)).toBe(text)
    })

    test.each([
        [1, "1 min"],
        [59, "59 min"],
        [60, "1 h"],
        [75, "1 h 15 min"],
        [10_080, "168 h"],
    ])("%d minutes are %s", (minutes, text) => {
        expect(formatMinutes(minutes)).toBe(text)
    })
})

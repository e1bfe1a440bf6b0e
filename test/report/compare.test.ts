// Old and new side by side: every difference of two programmes is marked, and nothing else is.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { loadPrescription } from "../../sim/prescription/compile"
import { shippedDrugs } from "../../sim/prescription/drugLibrary"
import { type ComparedRow, compareProgrammes, comparisonTable } from "../../sim/report/compare"
import type { Programme } from "../../src/pump/programme"
import { anyProgrammes } from "../prescription/legalProgrammes"

const drug = shippedDrugs().baclofen
const of = (file: string) => loadPrescription(`sim/prescriptions/${file}`).programme
const compare = (old: Programme, next: Programme) =>
    compareProgrammes({ programme: old, drug }, { programme: next, drug })
const marked = (rows: ComparedRow[]) => rows.filter(({ differs }) => differs).map(({ what }) => what)
const row = (rows: ComparedRow[], what: string) => rows.find(each => each.what === what)

describe("old and new", () => {
    test("RXC-7: a programme beside itself has no mark", () => {
        fc.assert(
            fc.property(anyProgrammes, programme => {
                expect(marked(compare(programme, structuredClone(programme)))).toEqual([])
            }),
            { numRuns: 40 },
        )
    })

    const numbers = [
        "concentrationNgPerMl",
        "reservoirPl",
        "reservoirLowPl",
        "refillWarningPl",
        "meanRatePlPerDay",
        "periodicPl",
        "periodicMinutes",
        "periodicDurationMinutes",
        "periodicStartMinute",
        "deadVolumePl",
        "bolusPlMax",
        "patientPl",
        "patientDurationMinutes",
        "lockoutMinutes",
        "dosesPerDayMax",
        "windowMinutes",
        "windowPlMax",
        "windowBasalPl",
        "softLimits",
    ] as const

    test.each(numbers)("RXC-7: the least change of %s is marked, and reads as a change", field => {
        fc.assert(
            fc.property(anyProgrammes, programme => {
                const old: Programme = {
                    ...programme,
                    reservoirPl: 20_000_000_000,
                    reservoirLowPl: 2_000_000_000,
                    refillWarningPl: 3_000_000_000,
                    periodicPl: programme.periodicPl || 1,
                    periodicMinutes: programme.periodicMinutes || 30,
                    periodicDurationMinutes: programme.periodicDurationMinutes || 1,
                }
                const rows = compare(old, { ...old, [field]: old[field] + 1 })
                expect(marked(rows)).not.toEqual([])
                for (const each of rows) expect(each.old !== each.new, each.what).toBe(each.differs)
            }),
            { numRuns: 15 },
        )
    })

    test("RXC-7: the least change of any segment is marked at its time, and of any weekday", () => {
        fc.assert(
            fc.property(anyProgrammes, fc.nat(), fc.nat(6), (programme, at, day) => {
                const pattern = programme.patternOfWeekday[day]
                const first = programme.patternStart[pattern]
                const segment = first + (at % (programme.patternStart[pattern + 1] - first))
                const next = structuredClone(programme)
                next.segmentRatePlPerDay[segment] += 1
                const rows = compare(programme, next)
                expect(marked(rows).filter(what => what.includes(" to "))).toHaveLength(1)
            }),
            { numRuns: 40 },
        )
    })

    test("RXC-7: a segment's border that moves is marked where the flow is another, and named", () => {
        const old = of("much-at-once.json")
        const next = structuredClone(old)
        next.segmentStartMinute[1] += 1
        const rows = compare(old, next)
        const time = old.segmentStartMinute[1]
        const clock = (minute: number) =>
            `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`
        const times = rows
            .filter(({ what }) => what.startsWith("every day, "))
            .map(({ what, differs }) => [what, differs])
        expect(times).toEqual([
            [`every day, 00:00 to ${clock(time)}`, false],
            [`every day, ${clock(time)} to ${clock(time + 1)}`, true],
            [`every day, ${clock(time + 1)} to 24:00`, false],
            ["every day, segments from", true],
        ])
    })

    test("RXC-7: a weekday that goes over to another pattern is told apart from those that don't", () => {
        const old = of("weekday-weekend.json")
        const next = { ...old, patternOfWeekday: [0, 0, 0, 0, 1, 1, 1] }
        const what = marked(compare(old, next))
        expect(what.length).toBeGreaterThan(0)
        expect(what.filter(each => each.includes(", ")).every(each => each.startsWith("Fri, "))).toBe(true)
    })

    test("RXC-7: the change of the daily dose is told in per cent", () => {
        const old = of("continuous-100.json")
        const next = { ...old, segmentRatePlPerDay: [230_000_000], meanRatePlPerDay: 230_000_000 }
        const rows = compare(old, next)
        expect(row(rows, "Dose in the mean")).toMatchObject({ old: "100.0 µg/day", new: "115.0 µg/day", differs: true })
        expect(row(rows, "Dose in the mean")?.changePercent).toBeCloseTo(15)
        expect(row(compare(next, old), "Dose in the mean")?.changePercent).toBeCloseTo(-13.043, 3)
        // From nothing to something is no per cent.
        expect(row(compare(old, of("periodic-bolus.json")), "Periodic dose")).toMatchObject({
            old: "none",
            new: "10.0 µg",
            differs: true,
            changePercent: null,
        })
    })

    test("RXC-7: at another concentration the same dose is the same, and flow and refill are not", () => {
        const what = marked(compare(of("concentration-500.json"), of("concentration-2000.json")))
        expect(what).toEqual(["Concentration", "Flow in the mean", "Refill due soon from", "Refill alarm after"])
    })

    test("RXC-7: the table marks what differs, and says how much does", () => {
        const old = loadPrescription("sim/prescriptions/continuous-100.json")
        const next = loadPrescription("sim/prescriptions/periodic-bolus.json")
        const rows = compareProgrammes(old, next)
        const lines = comparisonTable(rows, false).split("\n")
        expect(lines[0]).toMatch(/^\s+Old\s+New\s+Change$/)
        expect(lines.find(line => line.includes("Dose in the mean"))).toMatch(
            /^\* {2}Dose in the mean\s+100\.0 µg\/day\s+140\.0 µg\/day\s+\+40 %$/,
        )
        expect(lines.find(line => line.includes("Concentration"))).toMatch(
            /^ {3}Concentration\s+500 µg\/mL\s+500 µg\/mL$/,
        )
        expect(lines.filter(line => line.startsWith("*"))).toHaveLength(marked(rows).length)
        expect(lines.at(-1)).toBe(`${marked(rows).length} of ${rows.length} figures differ, marked *`)
        expect(comparisonTable(compareProgrammes(old, old), false)).toMatch(/\nNo difference$/)
    })
})

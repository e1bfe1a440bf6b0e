import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { loadPrescription } from "../../sim/prescription/compile"
import { loadMechanism } from "../../sim/prescription/mechanism"
import { changed, inputFolder, refusalOf, writeInput } from "../inputFiles"

const folder = inputFolder()
const shipped = (file: string) => JSON.parse(readFileSync(file, "utf8"))
const simple = shipped("sim/prescriptions/continuous-100.json")
const day = shipped("sim/prescriptions/night-rise-312.json")
const week = shipped("sim/prescriptions/weekday-weekend.json")
const mechanism = shipped("boards/syringe-20ml.mechanism.json")

function refusal(content: unknown): string[] {
    return refusalOf(folder, () => loadPrescription(writeInput(folder, "p.json", content)))
}

/** A day pattern of the given segments, each at 10 µg/hour. */
function daysOf(...spans: [string, string][]) {
    return changed(day, ["schedule"], { everyDay: spans.map(([from, to]) => ({ from, to, microgramsPerHour: 10 })) })
}

describe("a prescription is refused by field, value and range", () => {
    test.each<[string, unknown, string]>([
        [
            "unknown field",
            { ...simple, colour: "red" },
            'p.json: colour: was an unknown field ("red"), may be left out, or one of name, drug, concentrationMicrogramsPerMl, reservoirMl, refillAlarmMl, refillWarningDays, line, schedule, periodicDose, clinicianBolus, patientDose, doseWindow, limits, patient, confirmed',
        ],
        [
            "misspelt field",
            { ...simple, resevoirMl: 20 },
            'p.json: resevoirMl: was an unknown field (20), may be "reservoirMl"',
        ],
        [
            "missing unit",
            { ...simple, concentration: 500 },
            'p.json: concentration: was an unknown field (500), may be "concentrationMicrogramsPerMl" (the unit is part of the name)',
        ],
        [
            "another unit",
            { ...simple, concentrationMgPerMl: 0.5 },
            'p.json: concentrationMgPerMl: was an unknown field (0.5), may be "concentrationMicrogramsPerMl" (the unit is part of the name)',
        ],
        [
            "missing unit in a segment",
            changed(day, ["schedule", "everyDay", 1, "micrograms"], 5),
            'p.json: schedule.everyDay[1].micrograms: was an unknown field (5), may be "microgramsPerSegment" (the unit is part of the name)',
        ],
        [
            "missing field",
            changed(simple, ["reservoirMl"], undefined),
            "p.json: reservoirMl: was missing, may be a number from 1 to 50",
        ],
        [
            "number as string",
            changed(simple, ["concentrationMicrogramsPerMl"], "500"),
            'p.json: concentrationMicrogramsPerMl: was "500", may be a number from 0.001 to 100000, written without quotes',
        ],
        [
            "null",
            changed(simple, ["schedule", "microgramsPerDay"], null),
            "p.json: schedule.microgramsPerDay: was null, may be a number from 0 to 2400000",
        ],
        [
            "negative",
            changed(simple, ["schedule", "microgramsPerDay"], -100),
            "p.json: schedule.microgramsPerDay: was -100, may be a number from 0 to 2400000",
        ],
        [
            "too large for any number",
            JSON.stringify(simple).replace('"microgramsPerDay":100', '"microgramsPerDay":1e999'),
            "p.json: schedule.microgramsPerDay: was Infinity, may be a number from 0 to 2400000",
        ],
        [
            "strength in mg/mL",
            changed(simple, ["concentrationMicrogramsPerMl"], 2),
            "p.json: concentrationMicrogramsPerMl: was 2, may be a number from 50 to 2000",
        ],
        [
            "alarm not under the reservoir",
            changed(simple, ["refillAlarmMl"], 20),
            "p.json: refillAlarmMl: was 20, may be a number from 0 to less than 20, which is reservoirMl",
        ],
        ["another drug", changed(simple, ["drug"], "morphine"), 'p.json: drug: was "morphine", may be "baclofen"'],
        [
            "no schedule",
            changed(simple, ["schedule"], {}),
            "p.json: schedule: was {}, may be an object with exactly one of microgramsPerDay, everyDay, patterns",
        ],
        [
            "two schedules",
            changed(day, ["schedule", "microgramsPerDay"], 100),
            "may be an object with exactly one of microgramsPerDay, everyDay, patterns",
        ],
        [
            "two doses in a segment",
            changed(day, ["schedule", "everyDay", 0, "microgramsPerHour"], 10),
            "may be an object with exactly one of microgramsPerSegment, microgramsPerHour, microgramsPerDay",
        ],
        [
            "no dose in a segment",
            changed(day, ["schedule", "everyDay", 0, "microgramsPerSegment"], undefined),
            "may be an object with exactly one of microgramsPerSegment, microgramsPerHour, microgramsPerDay",
        ],
        [
            "no clock time",
            changed(day, ["schedule", "everyDay", 0, "to"], "3:00"),
            'p.json: schedule.everyDay[0].to: was "3:00", may be a clock time from "00:00" to "24:00"',
        ],
        [
            "start at 24:00",
            changed(day, ["schedule", "everyDay", 0, "from"], "24:00"),
            'p.json: schedule.everyDay[0].from: was "24:00", may be a clock time from "00:00" to "23:59"',
        ],
        [
            "overlap",
            daysOf(["00:00", "08:00"], ["07:00", "24:00"]),
            'p.json: schedule.everyDay[1].from: was "07:00", segment 07:00-24:00 overlaps segment 00:00-08:00, may be "08:00"',
        ],
        [
            "segment within another",
            daysOf(["00:00", "24:00"], ["07:00", "08:00"]),
            "segment 07:00-08:00 overlaps segment 00:00-24:00",
        ],
        [
            "gap",
            daysOf(["00:00", "08:00"], ["09:30", "24:00"]),
            'p.json: schedule.everyDay[1].from: was "09:30", a gap from 08:00 to 09:30 between segment 00:00-08:00 and segment 09:30-24:00, may be "08:00"',
        ],
        [
            "gap after midnight",
            daysOf(["01:00", "24:00"]),
            'p.json: schedule.everyDay[0].from: was "01:00", a gap from 00:00 to 01:00 before segment 01:00-24:00, may be "00:00"',
        ],
        [
            "gap before midnight",
            daysOf(["00:00", "23:59"]),
            'p.json: schedule.everyDay[0].to: was "23:59", a gap from 23:59 to 24:00 after segment 00:00-23:59, may be "24:00"',
        ],
        [
            "segment over midnight",
            daysOf(["22:00", "06:00"], ["06:00", "22:00"]),
            'p.json: schedule.everyDay[0].to: was "06:00", may be a clock time after "22:00" up to "24:00"; a segment over midnight is given as two',
        ],
        [
            "too many segments",
            changed(day, ["schedule", "everyDay"], Array(97).fill(day.schedule.everyDay[0])),
            "may be a list of 1 to 96 segments",
        ],
        [
            "too many segments in all patterns",
            changed(week, ["schedule"], {
                patterns: Object.fromEntries(
                    Object.keys(week.schedule.week).map(name => [name, daysOf(...minutes(49)).schedule.everyDay]),
                ),
                week: Object.fromEntries(Object.keys(week.schedule.week).map(name => [name, name])),
            }),
            "schedule.patterns: was 49 + 49 + 49 + 49 + 49 + 49 + 49 segments, may be patterns with at most 192 segments together",
        ],
        [
            "weekday without a pattern",
            changed(week, ["schedule", "week", "sunday"], undefined),
            "p.json: schedule.week.sunday: was missing, may be a text",
        ],
        [
            "unknown pattern",
            changed(week, ["schedule", "week", "sunday"], "weekends"),
            'p.json: schedule.week.sunday: was "weekends", may be "weekday" or "weekend"',
        ],
        [
            "unused pattern",
            changed(week, ["schedule", "patterns", "holiday"], week.schedule.patterns.weekend),
            "p.json: schedule.patterns.holiday: was a pattern that runs on no weekday, may be left out, or named in schedule.week",
        ],
        [
            "patterns without a week",
            changed(week, ["schedule", "week"], undefined),
            "may be an object with both patterns and week, or neither",
        ],
        ["not an object", "[]", "p.json: was [], may be an object that holds a prescription"],
        [
            "NaN",
            JSON.stringify(simple, undefined, 1).replace('"microgramsPerDay": 100', '"microgramsPerDay": NaN'),
            "p.json: schedule.microgramsPerDay: was not JSON at line 9, column 23: NaN, may be a number, a text in double quotes, true, false, null, { or [ there",
        ],
        [
            "not JSON",
            '{\n    "name": "x",\n    drug: "baclofen"\n}',
            "p.json: was not JSON at line 3, column 5: drug, may be a field name in double quotes there",
        ],
        [
            "a dose given twice",
            '{\n  "refillAlarmMl": 2,\n  "refillAlarmMl": 3\n}',
            "p.json: was not JSON at line 3, column 3",
        ],
        ["empty file", "", "p.json: was not JSON at line 1, column 1: the end of the file, may be a number"],
    ])("%s", (_, content, message) => {
        expect(refusal(content).join("\n")).toContain(message)
    })

    test("a file that is not there", () => {
        expect(refusalOf(folder, () => loadPrescription(`${folder}/none.json`))).toEqual([
            "none.json: was missing, may be the path of a JSON file",
        ])
    })

    test("a segment within another is one fault, and no gap after it", () => {
        expect(refusal(daysOf(["00:00", "24:00"], ["07:00", "08:00"]))).toHaveLength(1)
    })

    test("everything wrong is told at once", () => {
        expect(refusal({ ...simple, reservoirMl: -1, refillAlarmMl: "2", dose: 1 })).toHaveLength(3)
    })
})

describe("a dose that the pump can't deliver is refused with the strength that would serve", () => {
    const dose = (microgramsPerDay: number, concentrationMicrogramsPerMl: number) => ({
        ...simple,
        concentrationMicrogramsPerMl,
        schedule: { microgramsPerDay },
    })
    test.each<[string, unknown, string[]]>([
        [
            "too little: 90 µg/day at 2000 µg/mL",
            dose(90, 2000),
            [
                "p.json: schedule.microgramsPerDay: was 90, 90 µg/day at 2000 µg/mL = 0.045 mL/day, may be a dose whose flow is 0.048 to 24 mL/day (96 to 48000 µg/day at this concentration)",
                "at 1000 µg/mL it would be 0.09 mL/day; any concentration from 50 to 1875 µg/mL serves this dose",
            ],
        ],
        [
            "too much: 15000 µg/day at 500 µg/mL",
            dose(15_000, 500),
            [
                "30 mL/day",
                "at 1000 µg/mL it would be 15 mL/day; any concentration from 625 to 2000 µg/mL serves this dose",
            ],
        ],
        [
            "so little that only the screening strength serves",
            dose(20, 500),
            [
                "at 50 µg/mL (the screening strength) it would be 0.4 mL/day; any concentration from 50 to 416.6 µg/mL serves",
            ],
        ],
        ["so little that none serves", dose(2, 500), ["no concentration from 50 to 2000 µg/mL serves this dose"]],
        [
            "one segment of a day",
            changed(day, ["schedule", "everyDay", 4, "microgramsPerSegment"], 7),
            [
                "p.json: schedule.everyDay[4].microgramsPerSegment: was 7, 84 µg/day at 2000 µg/mL = 0.042 mL/day",
                "at 1000 µg/mL it would be 0.084 mL/day; any concentration from 50 to 1750 µg/mL serves every segment",
            ],
        ],
        [
            "a mean that is too little although no segment is",
            {
                ...simple,
                schedule: {
                    everyDay: [
                        { from: "00:00", to: "12:00", microgramsPerDay: 30 },
                        { from: "12:00", to: "24:00", microgramsPerDay: 0 },
                    ],
                },
            },
            [
                "p.json: schedule: was a mean over the week, 15 µg/day at 500 µg/mL = 0.03 mL/day",
                "from 50 to 312.5 µg/mL",
            ],
        ],
        ["no dose at all", dose(0, 500), ["p.json: schedule: was no dose at any time"]],
    ])("%s", (_, content, parts) => {
        const lines = refusal(content)
        expect(lines).toHaveLength(1)
        for (const part of parts) expect(lines[0]).toContain(part)
    })

    test("a segment without flow is allowed", () => {
        const everyDay = [
            { from: "00:00", to: "12:00", microgramsPerDay: 100 },
            { from: "12:00", to: "24:00", microgramsPerDay: 0 },
        ]
        const file = writeInput(folder, "p.json", { ...simple, schedule: { everyDay } })
        expect(loadPrescription(file).programme.segmentRatePlPerDay).toEqual([200_000_000, 0])
    })
})

describe("a mechanism is refused by field, value and range", () => {
    test.each<[string, unknown, string]>([
        [
            "part of a picolitre",
            { ...mechanism, stepPicolitres: 44_900.5 },
            "stepPicolitres: was 44900.5, may be a whole number from 100 to 10000000",
        ],
        [
            "too many steps",
            { ...mechanism, stepsPerTickMax: 51 },
            "stepsPerTickMax: was 51, may be a whole number from 1 to 50",
        ],
        [
            "pascals for kilopascals",
            { ...mechanism, occlusionAlarmKilopascals: 70_000 },
            "occlusionAlarmKilopascals: was 70000, may be a number from 5 to 150",
        ],
        [
            "end over low",
            { ...mechanism, batteryEndMillivolts: 3501 },
            "batteryEndMillivolts: was 3501, may be a whole number from 0 to 3500, which is batteryLowMillivolts",
        ],
        [
            "a battery of another kind",
            { ...mechanism, battery: { cell: "nimh", capacityMilliampereHours: 1000 } },
            'battery.cell: was "nimh", may be "liIon" or "twoAlkalineAa"',
        ],
        [
            "a battery without its capacity",
            { ...mechanism, battery: { cell: "liIon" } },
            "battery.capacityMilliampereHours: was missing, may be a whole number from 50 to 50000",
        ],
        [
            "a battery too large to be one",
            { ...mechanism, battery: { cell: "liIon", capacityMilliampereHours: 50_001 } },
            "battery.capacityMilliampereHours: was 50001, may be a whole number from 50 to 50000",
        ],
        [
            "a low voltage that this cell never has",
            { ...mechanism, battery: { cell: "twoAlkalineAa", capacityMilliampereHours: 2400 } },
            "batteryLowMillivolts: was 3500, may be a whole number from 1800 to under 3200, between which battery.cell lies empty and full",
        ],
        [
            "an end under the cell's own",
            {
                ...mechanism,
                batteryEndMillivolts: 2999,
                battery: { cell: "liIon", capacityMilliampereHours: 1000 },
            },
            "batteryEndMillivolts: was 2999, may be a whole number from 3000 to under 4200, between which battery.cell lies empty and full",
        ],
        [
            "a low at which the cell is full",
            {
                ...mechanism,
                batteryLowMillivolts: 4200,
                battery: { cell: "liIon", capacityMilliampereHours: 1000 },
            },
            "batteryLowMillivolts: was 4200, may be a whole number from 3000 to under 4200",
        ],
        [
            "missing unit",
            { ...mechanism, step: 1 },
            'step: was an unknown field (1), may be "stepPicolitres" (the unit is part of the name)',
        ],
    ])("%s", (_, content, message) => {
        const lines = refusalOf(folder, () => loadMechanism(writeInput(folder, "m.json", content)))
        expect(lines.join("\n")).toContain(`m.json: ${message}`)
    })
})

/** `count` segments that fill a day, the first ones a minute long. */
function minutes(count: number): [string, string][] {
    const at = (minute: number) => `00:${String(minute).padStart(2, "0")}`
    return Array.from({ length: count }, (_, i) => [at(i), i === count - 1 ? "24:00" : at(i + 1)])
}

// Drugs for tests of the library's format. Their figures are made up for the tests and are no advice.

import { cpSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { DRUGS_FOLDER } from "../../sim/prescription/drugLibrary"
import { inputFolder, writeInput } from "../inputFiles"

const sources = { test: "Figures for a test, no advice." }

/** A strong solution and doses in milligrams; whoever had no such drug before begins low. */
export const morphine = {
    name: "morphine",
    doseUnit: "micrograms",
    strengths: {
        lowestMicrogramsPerMl: 500,
        highestMicrogramsPerMl: 25_000,
        labelled: [
            { microgramsPerMl: 10_000, use: "maintenance" },
            { microgramsPerMl: 25_000, use: "maintenance" },
        ],
        source: "test",
    },
    origins: ["opioid-naive", "opioid-tolerant"],
    ageClasses: [],
    softLimits: [
        {
            id: "first-naive",
            bit: 0,
            kind: "dailyDoseOutside",
            when: [{ origin: ["opioid-naive"], phase: ["first"] }],
            microgramsPerDayLeast: 200,
            microgramsPerDayMost: 1000,
            says: "Begins with 200 to 1000 µg/day.",
            source: "test",
        },
        {
            id: "over-20000",
            bit: 15,
            kind: "dailyDoseAbove",
            when: [],
            microgramsPerDayMost: 20_000,
            says: "Not over 20 000 µg/day.",
            source: "test",
        },
    ],
    sources,
}

/** A weak solution, steps as amounts, and a dose that nobody can confirm. */
export const ziconotide = {
    name: "ziconotide",
    doseUnit: "micrograms",
    strengths: {
        lowestMicrogramsPerMl: 5,
        highestMicrogramsPerMl: 100,
        labelled: [
            { microgramsPerMl: 25, use: "maintenance" },
            { microgramsPerMl: 100, use: "maintenance" },
        ],
        source: "test",
    },
    origins: [],
    ageClasses: [],
    hardLimit: { microgramsPerDayMost: 20, says: "Never over 20 µg/day.", source: "test" },
    softLimits: [
        {
            id: "first-dose",
            bit: 3,
            kind: "dailyDoseAbove",
            when: [{ phase: ["first"] }],
            microgramsPerDayMost: 2.4,
            says: "Begins with up to 2.4 µg/day.",
            source: "test",
        },
        {
            id: "step",
            bit: 4,
            kind: "increaseOverMicrograms",
            when: [{ phase: ["titration"] }],
            microgramsPerDayMost: 2.4,
            says: "Raised by up to 2.4 µg/day at a time.",
            source: "test",
        },
        {
            id: "too-soon",
            bit: 5,
            kind: "increaseTooSoon",
            when: [{ phase: ["titration"] }],
            hoursLeast: 48,
            says: "Not raised before 48 h.",
            source: "test",
        },
    ],
    sources,
}

/** A folder with the drugs that come with the project, and files of these contents beside them. */
export function libraryWith(files: Record<string, unknown>): string {
    const folder = join(inputFolder(), "drugs")
    mkdirSync(folder)
    cpSync(DRUGS_FOLDER, folder, { recursive: true })
    for (const [name, content] of Object.entries(files)) writeInput(folder, name, content)
    return folder
}

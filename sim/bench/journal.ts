// What the journal writes at each flow, how long the record memory lasts under it, and how much is in doubt after a power cut; beside
// the same records in DeviceScript's settings, where they would wear out flash and a cut within a write would lose everything.

import { fileURLToPath } from "node:url"
import { MS_PER_HOUR } from "../../src/pump/limits"
import { runCore } from "../engines/core"
import { Session } from "../engines/session"
import { compilePrescription } from "../prescription/compile"
import { loadScenario } from "../scenario/load"
import { type Row, rowOf } from "./rows"
import { measureSettingsWear, STORE_BYTES, writesPerArea, yearsToWearOut } from "./settingsStore"

/** Reads and writes that a byte of the MB85RC256V is good for (datasheet DS501-00017). */
const BYTE_ACCESSES = 1e12

const HOURS = 6
const DAYS_PER_YEAR = 365.25

/** Flows from the lowest to the highest, each with a dose and a strength that give it, and the soft limits that these exceed. */
const FLOWS = [
    { mlPerDay: 0.048, microgramsPerDay: 24, concentrationMicrogramsPerMl: 500, exceeded: [] },
    { mlPerDay: 0.2, microgramsPerDay: 100, concentrationMicrogramsPerMl: 500, exceeded: [] },
    { mlPerDay: 1, microgramsPerDay: 500, concentrationMicrogramsPerMl: 500, exceeded: [] },
    { mlPerDay: 4, microgramsPerDay: 200, concentrationMicrogramsPerMl: 50, exceeded: ["screening-strength"] },
    {
        mlPerDay: 24,
        microgramsPerDay: 1200,
        concentrationMicrogramsPerMl: 50,
        exceeded: ["over-1000", "usual-of-all", "screening-strength"],
    },
]

/** The usual bytes of a record that is written for a step. */
const STEP_RECORD_BYTES = 16

/** What the journal does at one flow. */
export interface JournalMeasured {
    mlPerDay: number
    writesPerDay: number
    bytesPerDay: number
    /** Reads and writes of the byte that is used most, and the years until that is more than it is good for. */
    accessesPerDay: number
    years: number
    /** The most steps in one tick, which is what a power cut leaves in doubt; and their volume. */
    stepsInDoubt: number
    microlitresInDoubt: number
    /** What the same would be worth in DeviceScript's settings on an RP2040. */
    yearsInSettings: number
}

/** Runs six hours at each flow and counts. */
export async function measureJournal(onProgress: (done: number) => void): Promise<JournalMeasured[]> {
    const file = fileURLToPath(new URL("../scenarios/continuous-day.json", import.meta.url))
    const scenario = loadScenario(file)
    const measured: JournalMeasured[] = []
    for (const { mlPerDay, microgramsPerDay, concentrationMicrogramsPerMl, exceeded } of FLOWS) {
        const prescription = {
            ...scenario.prescription,
            concentrationMicrogramsPerMl,
            schedule: { microgramsPerDay },
            confirmed: exceeded.map(limit => ({ limit, because: "A flow of the bench." })),
        }
        const { bytes, limitsBytes } = compilePrescription(prescription, file)
        const session = new Session(
            {
                ...scenario,
                prescription,
                programmeBytes: bytes,
                limitsBytes,
                durationMs: HOURS * MS_PER_HOUR,
                events: [],
            },
            scenario.seed,
        )
        let stepsInDoubt = 0
        const step = session.step.bind(session)
        session.step = steps => {
            stepsInDoubt = Math.max(stepsInDoubt, steps)
            step(steps)
        }
        await runCore(session, { onProgress: () => {}, onTraceLine: undefined })
        const { memory } = session
        const perDay = 24 / HOURS
        const writesPerDay = memory.writes * perDay
        const accessesPerDay = memory.mostWorn * perDay
        measured.push({
            mlPerDay,
            writesPerDay,
            bytesPerDay: memory.bytesWritten * perDay,
            accessesPerDay,
            years: BYTE_ACCESSES / accessesPerDay / DAYS_PER_YEAR,
            stepsInDoubt,
            microlitresInDoubt: (stepsInDoubt * session.mechanism.stepPl) / 1e6,
            yearsInSettings: yearsToWearOut(writesPerArea(STORE_BYTES.rp2040, STEP_RECORD_BYTES), writesPerDay),
        })
        onProgress(measured.length / (FLOWS.length + 1))
    }
    return measured
}

/** The rows of the bench: the journal at each flow, and what settings in flash would stand. */
export async function journalRows(onProgress: (done: number) => void): Promise<Row[]> {
    const rows: Row[] = []
    for (const { mlPerDay, ...flow } of await measureJournal(onProgress)) {
        const how = `core, ${HOURS} h; ${Math.round(flow.bytesPerDay)} bytes a day`
        rows.push(
            rowOf("journal", `${mlPerDay} mL/day: writes`, flow.writesPerDay, "a day", undefined, how),
            rowOf(
                "journal",
                "- record memory lasts",
                flow.years,
                "years",
                { figure: flow.yearsInSettings, name: "the same writes to settings" },
                `its byte used most: ${Math.round(flow.accessesPerDay)} times a day, of 10¹²`,
            ),
            rowOf(
                "journal",
                "- in doubt after a power cut",
                flow.microlitresInDoubt,
                "µL",
                undefined,
                `at most the ${flow.stepsInDoubt} steps of one tick`,
            ),
        )
    }
    for (const bytes of [50, 200]) {
        const { bytesPerWrite, writesPerArea: writes } = await measureSettingsWear(bytes, 6)
        rows.push(
            rowOf(
                "journal",
                `settings in flash, a record of ${bytes} bytes`,
                bytesPerWrite,
                "bytes a write",
                { figure: bytes, name: "its bytes" },
                `vm, 6 areas filled; 2 sectors erased every ${Math.round(writes)} writes; 96, 1440 and 8640 writes a day: ${[96, 1440, 8640].map(perDay => yearsToWearOut(writes, perDay).toPrecision(2)).join(", ")} years`,
            ),
        )
    }
    return rows
}

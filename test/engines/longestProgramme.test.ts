// A programme of as many segments as there may be, in the bytecode: its virtual machine ends a program that runs more than 131 072 operations
// between two waits, or finds no memory. Node would never show either.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { runScenario } from "../../sim/engines/run"
import { loadScenario } from "../../sim/scenario/load"
import { PROGRAMME_SEGMENTS_MAX } from "../../src/pump/limits"
import { decodeProgramme, type Programme } from "../../src/pump/programme"

const folder = mkdtempSync(join(tmpdir(), "pump-longest-"))
afterAll(() => rmSync(folder, { recursive: true }))

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

/** Writes JSON beside the others; returns its name. */
function write(name: string, content: object): string {
    writeFileSync(join(folder, name), JSON.stringify(content))
    return name
}

const day = JSON.parse(readFileSync("sim/prescriptions/child-48-segments.json", "utf8"))
/** The child's day in four variants, each with a half hour of its own. */
function weekOf(extraMicrograms: number) {
    const variants = WEEKDAYS.slice(0, PROGRAMME_SEGMENTS_MAX / 48)
    return {
        ...day,
        concentrationMicrogramsPerMl: 2000,
        schedule: {
            patterns: Object.fromEntries(
                variants.map((weekday, i) => {
                    const segments = day.schedule.everyDay.map((segment: object) => ({ ...segment }))
                    segments[i].microgramsPerSegment += extraMicrograms
                    return [weekday, segments]
                }),
            ),
            week: Object.fromEntries(WEEKDAYS.map((weekday, i) => [weekday, variants[i % variants.length]])),
        },
    }
}
const week = write("week.json", weekOf(1))
const other = write("other.json", weekOf(2))
const short = write("short.json", JSON.parse(readFileSync("sim/prescriptions/night-rise-312.json", "utf8")))
const cut = [
    { at: "00:00:30", do: "powerOff" },
    { at: "00:00:33", do: "powerOn" },
]

test.each([
    [
        "offered, and remembered after a power cut",
        short,
        [{ at: "00:00:10", do: "programme", prescription: week }, ...cut],
    ],
    ["flashed, and changed for one as long", week, [{ at: "00:00:10", do: "programme", prescription: other }, ...cut]],
])(
    "PRG-9: the longest programme, %s, runs on core and vm, line by line of the trace",
    async (_, prescription, events) => {
        const file = write("scenario.json", {
            name: "The longest programme",
            description: "Four days of half hours.",
            prescription,
            duration: "00:00:50",
            startsAt: "2026-03-02T00:00:00",
            events,
        })
        const scenario = loadScenario(join(folder, file))
        const offered = scenario.events.find(event => event.kind === "programme")
        const programme = decodeProgramme(offered?.bytes ?? new Uint8Array(0)) as Programme
        expect(programme.segmentStartMinute.length).toBe(PROGRAMME_SEGMENTS_MAX)
        const traces: string[][] = []
        for (const engine of ["core", "vm"] as const) {
            const trace: string[] = []
            const { result } = await runScenario(scenario, { engine, seed: 1, onTraceLine: line => trace.push(line) })
            expect(result.alarms).toEqual([])
            expect(result.programmes.map(({ answer }) => answer)).toEqual(["taken"])
            const [, , , , flow] = trace[trace.length - 1].split(" ")
            expect(Number(flow)).toBe(programme.segmentRatePlPerDay[0])
            traces.push(trace)
        }
        expect(traces[1]).toEqual(traces[0])
    },
)

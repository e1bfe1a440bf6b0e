// What a day takes out of the battery and how long a battery lasts, by simulated days with the battery's own account of each
// part, beside the same firmware with a driver that stays on. The figures of the parts are those of `src/drivers/energyUse.ts`.

import { fileURLToPath } from "node:url"
import { cellMicrojoules, dischargeCurve } from "../../src/pump/energy"
import { MS_PER_DAY } from "../../src/pump/limits"
import { decodeMechanism } from "../../src/pump/mechanism"
import { runCore } from "../engines/core"
import { Session } from "../engines/session"
import { compilePrescription } from "../prescription/compile"
import { CELLS, encodeMechanism } from "../prescription/mechanism"
import { loadScenario } from "../scenario/load"
import type { BatterySettings, Scenario } from "../scenario/scenario"
import { DRAINS, type Drain } from "../world/battery"
import { type Row, rowOf } from "./rows"

type Cell = BatterySettings["cell"]
type BoardName = BatterySettings["board"]

/** A battery that is compared, with the voltages at which its energy counts as low and as at its end. */
interface Cells {
    name: string
    capacityMilliampereHours: number
    lowMv: number
    endMv: number
}

const CELLS_COMPARED: Record<Cell, Cells> = {
    // An alkaline AA holds 2900 mAh at 25 mA and 1400 at 500 (http://lygte-info.dk/info/ComparisonOfAABatteryChemistry%20UK.html):
    // 2400 at the 100 to 140 mA drawn here is assumed. A Pico's converter wants 1.8 V behind a diode of 0.3 V.
    twoAlkalineAa: { name: "2 × AA alkaline", capacityMilliampereHours: 2400, lowMv: 2300, endMv: 2100 },
    liIon: { name: "1000 mAh LiPo", capacityMilliampereHours: 1000, lowMv: 3500, endMv: 3300 },
}

const BOARD_NAMES: Record<BoardName, string> = { pico: "Pico", esp32c3: "ESP32-C3" }

const DOSES_MICROGRAMS_PER_DAY = [100, 500]

const NANOJOULES_PER_JOULE = 1e9
const MICROJOULES_PER_JOULE = 1e6

/** What one board takes for one dose out of one kind of battery. */
export interface EnergyMeasured {
    board: BoardName
    microgramsPerDay: number
    cell: Cell
    stepsPerDay: number
    joulesPerDay: Record<Drain, number>
    /** Of the coils if the driver is always on; all else is as it is. */
    heldJoulesPerDay: number
    lifeDays: number
    heldLifeDays: number
}

/** Runs a day at each dose, on each board, from each kind of battery, and each battery to its end. */
export async function measureEnergy(onProgress: (done: number) => void): Promise<EnergyMeasured[]> {
    const measured: EnergyMeasured[] = []
    const boards = Object.keys(BOARD_NAMES) as BoardName[]
    const cells = Object.keys(CELLS_COMPARED) as Cell[]
    const count = boards.length * cells.length * DOSES_MICROGRAMS_PER_DAY.length
    for (const microgramsPerDay of DOSES_MICROGRAMS_PER_DAY)
        for (const board of boards)
            for (const cell of cells) {
                measured.push(await measureOne(board, microgramsPerDay, cell))
                onProgress(measured.length / count)
            }
    return measured
}

/** Runs a day, and a battery to its end, each with the driver off between steps and with it always on. */
export async function measureOne(board: BoardName, microgramsPerDay: number, cell: Cell): Promise<EnergyMeasured> {
    const scenario = scenarioOf(microgramsPerDay)
    const day = await runDay(scenario, cell, board, false)
    const held = await runDay(scenario, cell, board, true)
    return {
        board,
        microgramsPerDay,
        cell,
        stepsPerDay: day.steps,
        joulesPerDay: day.joules,
        heldJoulesPerDay: held.joules.steps,
        lifeDays: await lifeDays(scenario, cell, board, false, totalOf(day.joules)),
        heldLifeDays: await lifeDays(scenario, cell, board, true, totalOf(held.joules)),
    }
}

/** The rows of the bench: for each board and dose where a day's energy goes, and how long each battery lasts. */
export function energyRows(measured: EnergyMeasured[]): Row[] {
    const rows: Row[] = []
    for (const { board, microgramsPerDay, cell, stepsPerDay, joulesPerDay, ...rest } of measured) {
        const what = `${BOARD_NAMES[board]}, ${microgramsPerDay} µg/day, ${CELLS_COMPARED[cell].name}`
        const total = totalOf(joulesPerDay)
        const held = total - joulesPerDay.steps + rest.heldJoulesPerDay
        const alwaysOn = (figure: number) => ({ figure, name: "driver always on" })
        rows.push(
            rowOf("energy", what, total, "J/day", alwaysOn(held), `core, a day at 500 µg/mL; ${stepsPerDay} steps`),
            ...DRAINS.map(drain =>
                rowOf("energy", `- ${drain}`, joulesPerDay[drain], "J/day", { figure: total, name: "all" }, ""),
            ),
            rowOf(
                "energy",
                "- battery life",
                rest.lifeDays,
                "days",
                alwaysOn(rest.heldLifeDays),
                `from full until the pump stops at ${CELLS_COMPARED[cell].endMv} mV`,
            ),
        )
    }
    return rows
}

function totalOf(joules: Record<Drain, number>): number {
    return DRAINS.reduce((sum, drain) => sum + joules[drain], 0)
}

function scenarioOf(microgramsPerDay: number): Scenario {
    const file = fileURLToPath(new URL("../scenarios/continuous-day.json", import.meta.url))
    const scenario = loadScenario(file)
    const prescription = { ...scenario.prescription, schedule: { microgramsPerDay } }
    const { bytes, limitsBytes } = compilePrescription(prescription, file)
    return { ...scenario, prescription, programmeBytes: bytes, limitsBytes, events: [] }
}

async function runOn(scenario: Scenario, battery: BatterySettings, durationMs: number): Promise<Session> {
    const { lowMv, endMv } = CELLS_COMPARED[battery.cell]
    const mechanism = decodeMechanism(scenario.mechanismBytes)
    if (typeof mechanism === "string") throw new Error(mechanism)
    const mechanismBytes = encodeMechanism({
        ...mechanism,
        batteryLowMv: lowMv,
        batteryEndMv: endMv,
        batteryKind: CELLS[battery.cell],
        batteryMah: battery.capacityMilliampereHours,
    })
    const session = new Session(
        { ...scenario, durationMs, mechanismBytes, world: { ...scenario.world, battery } },
        scenario.seed,
    )
    await runCore(session, { onProgress: () => {}, onTraceLine: undefined })
    return session
}

/** A day out of a battery so large that it does not end. */
async function runDay(
    scenario: Scenario,
    cell: Cell,
    board: BoardName,
    driverAlwaysOn: boolean,
): Promise<{ steps: number; joules: Record<Drain, number> }> {
    const battery = { cell, capacityMilliampereHours: 50_000, chargePerMille: 1000, board, driverAlwaysOn }
    const { world, observer } = await runOn(scenario, battery, MS_PER_DAY)
    const drawn = world.battery?.drawnNanojoules
    if (!drawn) throw new Error("a day without a battery")
    const joules = Object.fromEntries(DRAINS.map(drain => [drain, drawn[drain] / NANOJOULES_PER_JOULE]))
    return { steps: observer.commandedSteps, joules: joules as Record<Drain, number> }
}

/** From a full battery until the pump itself says that its energy is at an end, and stops. */
async function lifeDays(
    scenario: Scenario,
    cell: Cell,
    board: BoardName,
    driverAlwaysOn: boolean,
    joulesPerDay: number,
): Promise<number> {
    const { capacityMilliampereHours } = CELLS_COMPARED[cell]
    const battery = { cell, capacityMilliampereHours, chargePerMille: 1000, board, driverAlwaysOn }
    const curve = dischargeCurve(CELLS[cell])
    if (!curve) throw new Error("a cell without a curve")
    // Longer than all that is in the cell lasts.
    const fullMicrojoules = cellMicrojoules(curve, capacityMilliampereHours, Infinity)
    const days = fullMicrojoules / MICROJOULES_PER_JOULE / joulesPerDay
    const { alarms } = await runOn(scenario, battery, Math.ceil(days * MS_PER_DAY))
    const end = alarms.find(({ id }) => id === "batteryEnd")
    if (!end) throw new Error("a battery that outlasts its energy")
    return end.raisedMs / MS_PER_DAY
}

import { readFileSync } from "node:fs"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { loadScenario } from "../../sim/scenario/load"
import type { BatterySettings } from "../../sim/scenario/scenario"
import { worldSchema } from "../../sim/scenario/schema"
import { Battery, DRAINS } from "../../sim/world/battery"
import { World } from "../../sim/world/world"
import { alarmUse, Board, boardUse } from "../../src/drivers/energyUse"
import { AlarmPriority } from "../../src/pump/alarms"
import { CellKind, cellMicrojoules, dischargeCurve } from "../../src/pump/energy"
import { MS_PER_DAY, MS_PER_HOUR } from "../../src/pump/limits"
import { inputFolder, refusalOf, writeInput } from "../inputFiles"

const SETTINGS: BatterySettings = {
    cell: "liIon",
    capacityMilliampereHours: 1000,
    chargePerMille: 1000,
    board: "pico",
    driverAlwaysOn: false,
}
const USE = boardUse(Board.Pico, CellKind.LiIon)

const battery = (changes: Partial<BatterySettings> = {}) => new Battery({ ...SETTINGS, ...changes })

function world(changes: Partial<BatterySettings> = {}): World {
    return new World(worldSchema.parse({ battery: { ...SETTINGS, ...changes } }), 0, 20_000_000_000, 1)
}

describe("what a battery gives", () => {
    test.each([
        ["liIon", 1000, 4200],
        ["liIon", 950, 4130],
        ["liIon", 200, 3740],
        ["liIon", 0, 3000],
        ["twoAlkalineAa", 1000, 3200],
        ["twoAlkalineAa", 500, 2400],
        ["twoAlkalineAa", 0, 1800],
    ] as const)("%s with %d per mille left reads %d mV", (cell, chargePerMille, millivolts) => {
        expect(battery({ cell, chargePerMille }).millivolts).toBe(millivolts)
    })

    test("it falls along its curve as energy is drawn, and stays at its end", () => {
        const curve = dischargeCurve(CellKind.LiIon)
        if (!curve) throw new Error("no curve")
        const cell = battery()
        const full = cellMicrojoules(curve, 1000, 4200)
        let lastMv = 4200
        for (let hour = 1; hour <= 24; hour++) {
            cell.pass(MS_PER_HOUR)
            expect(cell.millivolts).toBeLessThan(lastMv === 3000 ? 3001 : lastMv)
            lastMv = cell.millivolts
            if (lastMv === 3000) continue
            const left = full - cell.totalNanojoules / 1000
            expect(cellMicrojoules(curve, 1000, lastMv - 1)).toBeLessThan(left)
            expect(cellMicrojoules(curve, 1000, lastMv + 1)).toBeGreaterThan(left)
        }
        expect(lastMv).toBe(3000)
    })

    test("each part is accounted for by what truly happened", () => {
        const cell = battery()
        cell.pass(1000)
        expect(cell.drawnNanojoules).toEqual({
            controller: USE.controllerMicrowatts * 1000,
            driver: USE.driverMicrowatts * 1000,
            encoder: USE.encoderMicrowatts * 1000,
            sensors: USE.sensorsMicrowatts * 1000,
            converters: USE.convertersMicrowatts * 1000,
            steps: 0,
            alarms: 0,
        })
        cell.tick()
        expect(cell.drawnNanojoules.controller).toBe((USE.controllerMicrowatts + USE.tickMicrojoules) * 1000)
        cell.steps(1)
        expect(cell.drawnNanojoules.steps).toBe(Math.round(USE.coilMicrowatts * 18.5))
        cell.steps(7)
        expect(cell.drawnNanojoules.steps).toBeCloseTo(USE.coilMicrowatts * (18.5 + 18.5 + 6 * 1.2), -1)
        cell.alarm = AlarmPriority.High
        cell.pass(500)
        expect(cell.drawnNanojoules.alarms).toBe(alarmUse(Board.Pico, CellKind.LiIon)[AlarmPriority.High] * 500)
        expect(cell.totalNanojoules).toBe(DRAINS.reduce((sum, drain) => sum + cell.drawnNanojoules[drain], 0))
    })

    test("a driver that is always on draws for its coils all the while, and for no step more", () => {
        const cell = battery({ driverAlwaysOn: true })
        cell.pass(1000)
        cell.steps(7)
        expect(cell.drawnNanojoules.steps).toBe(USE.coilMicrowatts * 1000)
    })

    test("an ESP32-C3 draws as an ESP32-C3", () => {
        const cell = battery({ board: "esp32c3", cell: "twoAlkalineAa" })
        cell.pass(1)
        expect(cell.drawnNanojoules.controller).toBe(
            boardUse(Board.Esp32C3, CellKind.TwoAlkalineAa).controllerMicrowatts,
        )
    })
})

describe("a battery in the world", () => {
    test("it does not matter into what slices time is cut", () => {
        fc.assert(
            fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 50 }), slices => {
                const [fine, coarse] = [world(), world()]
                let nowMs = 0
                for (const slice of slices) {
                    nowMs += slice
                    fine.advance(nowMs)
                }
                coarse.advance(nowMs)
                expect(fine.battery?.drawnNanojoules).toEqual(coarse.battery?.drawnNanojoules)
            }),
        )
    })

    test("time, ticks and steps empty it, forwards and back, and its voltage is what the monitor reads", () => {
        const bench = world()
        bench.advance(MS_PER_HOUR)
        bench.step(3)
        bench.step(-3)
        bench.step(0)
        for (let i = 0; i < 10; i++) bench.heartbeat()
        const alike = battery()
        alike.pass(MS_PER_HOUR)
        alike.steps(3)
        alike.steps(3)
        for (let i = 0; i < 10; i++) alike.tick()
        expect(bench.battery?.drawnNanojoules).toEqual(alike.drawnNanojoules)
        expect(bench.sense().batteryMv).toBe(alike.millivolts)
        expect(alike.millivolts).toBeLessThan(4200)
    })

    test("without power nothing is drawn, and a firmware that starts anew signals nothing", () => {
        const bench = world()
        if (!bench.battery) throw new Error("no battery")
        bench.battery.alarm = AlarmPriority.High
        bench.powerOff()
        bench.advance(MS_PER_DAY)
        bench.step(1)
        expect(bench.battery.totalNanojoules).toBe(0)
        expect(bench.battery.alarm).toBe(AlarmPriority.None)
        bench.powerOn()
        bench.advance(MS_PER_DAY + 1)
        expect(bench.battery.totalNanojoules).toBeGreaterThan(0)
    })

    test("without a battery the voltage is what the settings and an event say", () => {
        const bench = new World(worldSchema.parse({ batteryMillivolts: 3777 }), 0, 20_000_000_000, 1)
        bench.advance(MS_PER_DAY)
        expect(bench.battery).toBeUndefined()
        expect(bench.sense().batteryMv).toBe(3777)
    })
})

describe("a battery in a scenario", () => {
    const folder = inputFolder()
    writeInput(folder, "continuous.json", readFileSync("sim/prescriptions/continuous-100.json", "utf8"))
    const scenario = (more: object) =>
        writeInput(folder, "s.json", {
            name: "s",
            description: "s",
            prescription: "continuous.json",
            duration: "24:00",
            startsAt: "2026-03-02T00:00:00",
            ...more,
        })
    const cell = { cell: "twoAlkalineAa", capacityMilliampereHours: 2400 }

    test("what is left out has its usual value", () => {
        expect(loadScenario(scenario({ world: { battery: cell } })).world.battery).toEqual({
            ...cell,
            chargePerMille: 1000,
            board: "pico",
            driverAlwaysOn: false,
        })
        expect(loadScenario(scenario({})).world.battery).toBeUndefined()
    })

    test.each([
        [{ ...cell, cell: "nimh" }, 'world.battery.cell: was "nimh", may be "liIon" or "twoAlkalineAa"'],
        [
            { ...cell, capacityMilliampereHours: 49 },
            "world.battery.capacityMilliampereHours: was 49, may be a whole number from 50 to 50000",
        ],
        [
            { ...cell, chargePerMille: 1001 },
            "world.battery.chargePerMille: was 1001, may be a whole number from 0 to 1000",
        ],
        [{ ...cell, board: "uno" }, 'world.battery.board: was "uno", may be "pico" or "esp32c3"'],
    ])("%o is refused", (given, message) => {
        const lines = refusalOf(folder, () => loadScenario(scenario({ world: { battery: given } })))
        expect(lines.join("\n")).toContain(`s.json: ${message}`)
    })

    test("an event can't give a battery another voltage", () => {
        const events = [{ at: "00:01", do: "battery", millivolts: 3000 }]
        const lines = refusalOf(folder, () => loadScenario(scenario({ world: { battery: cell }, events })))
        expect(lines).toEqual([
            's.json: events[0].do: was "battery", may be left out where there is a world.battery, which has its own voltage',
        ])
        expect(loadScenario(scenario({ events })).events).toHaveLength(1)
    })
})

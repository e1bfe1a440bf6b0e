import { expect, test } from "vitest"
import { alarmUse, Board, boardUse, energyUse } from "../../src/drivers/energyUse"
import { Light, lightAt, soundAt } from "../../src/drivers/indicators"
import { AlarmPriority } from "../../src/pump/alarms"
import { CellKind } from "../../src/pump/energy"

const CELLS = [CellKind.LiIon, CellKind.TwoAlkalineAa]
const BOARDS = [Board.Pico, Board.Esp32C3]

test.each(BOARDS)("board %i: the estimate is made of the parts, without alarms", board => {
    for (const cell of CELLS) {
        const use = boardUse(board, cell)
        const { restingMicrowatts, stepMicrojoules } = energyUse(board, cell)
        expect(restingMicrowatts).toBe(
            use.controllerMicrowatts +
                10 * use.tickMicrojoules +
                use.driverMicrowatts +
                use.encoderMicrowatts +
                use.sensorsMicrowatts +
                use.convertersMicrowatts,
        )
        expect(stepMicrojoules).toBe(Math.ceil((use.coilMicrowatts * use.firstStepMicroseconds) / 1e6))
        for (const figure of Object.values(use).flat()) {
            expect(Number.isInteger(figure)).toBe(true)
            expect(figure).toBeGreaterThanOrEqual(0)
        }
    }
})

test("losses of converters are part of it", () => {
    const { driverMicrowatts, controllerMicrowatts, coilMicrowatts } = boardUse(Board.Pico, CellKind.LiIon)
    // 7 mA at 12 V behind 85 %; 22.3 mA at 4.7 V behind a diode of 0.3 V in 3.8; 1.9 W behind 85 %.
    expect(driverMicrowatts).toBe(98_824)
    expect(controllerMicrowatts).toBe(113_914)
    expect(coilMicrowatts).toBe(2_235_295)
    expect(boardUse(Board.Pico, CellKind.None)).toEqual(boardUse(Board.Pico, CellKind.LiIon))
    const alkaline = boardUse(Board.Pico, CellKind.TwoAlkalineAa)
    expect(alkaline.driverMicrowatts).toBeGreaterThan(driverMicrowatts)
    expect(alkaline.controllerMicrowatts).toBeGreaterThan(controllerMicrowatts)
})

test.each([AlarmPriority.None, AlarmPriority.Low, AlarmPriority.Medium, AlarmPriority.High])(
    "light and buzzer of priority %i draw as long as their patterns are on",
    priority => {
        // All patterns repeat within two minutes.
        let lit = 0
        let sounding = 0
        const slots = 1200
        for (let slot = 0; slot < slots; slot++) {
            if (lightAt(priority, slot * 100) !== Light.Off) lit++
            if (soundAt(priority, slot * 100)) sounding++
        }
        const expected = (14_000 * lit) / slots / (0.92 * 0.85) + (150_000 * sounding) / slots / 0.85
        const microwatts = alarmUse(Board.Pico, CellKind.LiIon)[priority]
        expect(Math.abs(microwatts - expected)).toBeLessThanOrEqual(expected / 200)
    },
)

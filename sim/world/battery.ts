// The battery as it truly is: emptied by what the board does, by the same figures of its parts that the firmware estimates from,
// and giving the voltage that its cell has at what is left. Keeps an account for each part that draws.

import { alarmUse, Board, type BoardUse, boardUse } from "../../src/drivers/energyUse"
import { AlarmPriority } from "../../src/pump/alarms"
import { cellMicrojoules, type DischargeCurve, dischargeCurve } from "../../src/pump/energy"
import { CELLS } from "../prescription/mechanism"
import type { BatterySettings } from "../scenario/scenario"

/** The boards by the name that files give them. */
const BOARDS = { pico: Board.Pico, esp32c3: Board.Esp32C3 } as const

/** What draws on the battery. */
export const DRAINS = ["controller", "driver", "encoder", "sensors", "converters", "steps", "alarms"] as const
export type Drain = (typeof DRAINS)[number]

const NANOJOULES_PER_MICROJOULE = 1000

export class Battery {
    /** Energy that each part has drawn, in nanojoules: whole numbers, so that it does not matter how time was cut. */
    readonly drawnNanojoules: Record<Drain, number> = {
        controller: 0,
        driver: 0,
        encoder: 0,
        sensors: 0,
        converters: 0,
        steps: 0,
        alarms: 0,
    }
    /** What the pump signals. */
    alarm = AlarmPriority.None

    private readonly driverAlwaysOn: boolean
    private readonly use: BoardUse
    private readonly alarmMicrowatts: number[]
    private readonly curve: DischargeCurve
    /** What is in the cell at each voltage of its curve, and what was at the start. */
    private readonly nanojoules: number[]
    private readonly startNanojoules: number

    constructor(settings: BatterySettings) {
        const cell = CELLS[settings.cell]
        const curve = dischargeCurve(cell)
        if (!curve) throw new Error("a cell without a curve")
        const nanojoulesAt = (millivolts: number) =>
            cellMicrojoules(curve, settings.capacityMilliampereHours, millivolts) * NANOJOULES_PER_MICROJOULE
        this.driverAlwaysOn = settings.driverAlwaysOn
        this.use = boardUse(BOARDS[settings.board], cell)
        this.alarmMicrowatts = alarmUse(BOARDS[settings.board], cell)
        this.curve = curve
        this.nanojoules = curve.millivolts.map(nanojoulesAt)
        this.startNanojoules = nanojoulesAt(interpolated(settings.chargePerMille, curve.perMille, curve.millivolts))
    }

    /** The board has power for this time, with what it signals now. A microwatt in a millisecond is a nanojoule. */
    pass(elapsedMs: number): void {
        const { use, drawnNanojoules } = this
        drawnNanojoules.controller += use.controllerMicrowatts * elapsedMs
        drawnNanojoules.driver += use.driverMicrowatts * elapsedMs
        drawnNanojoules.encoder += use.encoderMicrowatts * elapsedMs
        drawnNanojoules.sensors += use.sensorsMicrowatts * elapsedMs
        drawnNanojoules.converters += use.convertersMicrowatts * elapsedMs
        if (this.driverAlwaysOn) drawnNanojoules.steps += use.coilMicrowatts * elapsedMs
        drawnNanojoules.alarms += this.alarmMicrowatts[this.alarm] * elapsedMs
    }

    /** The firmware worked through a tick. */
    tick(): void {
        this.drawnNanojoules.controller += this.use.tickMicrojoules * NANOJOULES_PER_MICROJOULE
    }

    /** The driver was woken for `count` steps of one tick, and let go after them; one that is always on draws no more for them. */
    steps(count: number): void {
        if (this.driverAlwaysOn) return
        const { use } = this
        const onMicroseconds = use.firstStepMicroseconds + (count - 1) * use.nextStepMicroseconds
        this.drawnNanojoules.steps += Math.round((use.coilMicrowatts * onMicroseconds) / 1000)
    }

    /** All that was drawn, in nanojoules. */
    get totalNanojoules(): number {
        return DRAINS.reduce((sum, drain) => sum + this.drawnNanojoules[drain], 0)
    }

    /** What the monitor reads, in whole millivolts; that of an empty cell from then on. */
    get millivolts(): number {
        const { curve, nanojoules } = this
        const leftNanojoules = this.startNanojoules - this.totalNanojoules
        let segment = nanojoules.length - 1
        while (segment > 1 && leftNanojoules < nanojoules[segment - 1]) segment--
        const lowMv = curve.millivolts[segment - 1]
        const highMv = curve.millivolts[segment]
        const below = nanojoules[segment - 1]
        const share = Math.max(0, (leftNanojoules - below) / (nanojoules[segment] - below))
        // Energy is the area under a straight line, which grows with the square of the voltage.
        return Math.round(Math.sqrt(lowMv ** 2 + share * (highMv ** 2 - lowMv ** 2)))
    }
}

/** The value at `x` of the line through these points, whose `xs` rise. */
function interpolated(x: number, xs: readonly number[], ys: readonly number[]): number {
    const above = xs.findIndex(point => point >= x)
    if (above <= 0) return ys[0]
    return ys[above - 1] + ((x - xs[above - 1]) / (xs[above] - xs[above - 1])) * (ys[above] - ys[above - 1])
}

// The mock twin of each driver: the same part as the logic sees it, with the simulated world behind it.

import { AlarmPriority } from "../../pump/alarms"
import { MS_PER_SECOND } from "../../pump/limits"
import { Actions, BolusEvent, Pump } from "../../pump/pump"
import { Readings, SensorFault } from "../../pump/readings"
import { lightAt, soundAt } from "../annunciator"
import { Annunciator, Heartbeat, Monitor, Motor, Parts, Sensor } from "../parts"
import { askWorld, Bench, faultAt, tellWorld } from "./bench"

const STEP = 0x81
const STATUS = 0x82
const BOLUS = 0x83
const SHOW = 0x84
const TRACE = 0x85

/** Twin of the line-pressure sensors. */
export function mockPressure(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.pressureFault = faultAt(bench, 23)
            readings.pressurePa = readings.pressureFault === SensorFault.None ? bench.reply.getAt(0, "i32") : NaN
        },
    }
}

/** Twin of the encoders. */
export function mockEncoder(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.encoderFault = faultAt(bench, 24)
            readings.encoderSteps = readings.encoderFault === SensorFault.None ? bench.reply.getAt(4, "i32") : NaN
        },
    }
}

/** Twin of the real-time clock, which counts whole seconds. */
export function mockClock(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.wallFault = faultAt(bench, 27)
            readings.wallWeekMs =
                readings.wallFault === SensorFault.None ? bench.reply.getAt(8, "u32") * MS_PER_SECOND : NaN
        },
    }
}

/** Twin of the switch at the end of the plunger's travel. */
export function mockReservoirSwitch(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.reservoirEndFault = faultAt(bench, 25)
            readings.reservoirEndSwitch =
                readings.reservoirEndFault === SensorFault.None ? bench.reply.getAt(22, "u8") : NaN
        },
    }
}

/** Twin of the battery's voltage monitor. */
export function mockBattery(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.batteryFault = faultAt(bench, 26)
            readings.batteryMv = readings.batteryFault === SensorFault.None ? bench.reply.getAt(20, "u16") : NaN
        },
    }
}

/** Twin of the buttons and of the person at them: also primes and refills, for which a board has no button. */
export function mockCommands(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.command = bench.answered ? bench.reply[28] : 0
            readings.commandPl = bench.reply.getAt(12, "u32") * 1000
            readings.commandRatePlPerDay = bench.reply.getAt(16, "u32") * 1000
        },
    }
}

/** Twin of the stepper: the pulses go to the world. */
export function mockMotor(bench: Bench): Motor {
    const payload = Buffer.alloc(9)
    return {
        step: async (steps: number) => {
            if (bench.pump) payload.setAt(0, "f64", bench.pump.residualPl)
            payload[8] = steps
            await tellWorld(bench, STEP, payload)
        },
        // The world's screw holds by itself.
        release: () => {},
    }
}

/** Twin of light and buzzer, with the same patterns. */
export function mockAnnunciator(bench: Bench): Annunciator {
    const payload = Buffer.alloc(2)
    let shown = AlarmPriority.None
    let shownSinceMs = 0
    return {
        show: async (priority: AlarmPriority, nowMs: number) => {
            if (priority !== shown) {
                shown = priority
                shownSinceMs = nowMs
            }
            const light = lightAt(priority, nowMs - shownSinceMs)
            const buzzer = soundAt(priority, nowMs - shownSinceMs) ? 1 : 0
            if (payload[0] === light && payload[1] === buzzer) return
            payload[0] = light
            payload[1] = buzzer
            await tellWorld(bench, SHOW, payload)
        },
    }
}

/** Twin of the heartbeat pin: the world sees the count with each sample. */
export function mockHeartbeat(bench: Bench): Heartbeat {
    return {
        beat: async () => {
            bench.ticks += 1
        },
    }
}

// One row of the trace: time, owed, residual and flow as f64, alarms as u32, steps, and mode with delivering in bit 1.
const ROW_SIZE = 38
const ROWS_PER_PACKET = 6

/** Tells the world what the pump does: what changed as it changes and, when the world asks for it, a row for every tick. */
export function mockMonitor(bench: Bench): Monitor {
    const status = Buffer.alloc(6)
    const bolus = Buffer.alloc(10)
    const rows = Buffer.alloc(ROW_SIZE * ROWS_PER_PACKET)
    let rowCount = 0
    let alarmsSent = -1
    let deliveringSent = false
    return {
        report: async (pump: Pump, actions: Actions) => {
            bench.pump = pump
            if (pump.alarms !== alarmsSent || pump.delivering !== deliveringSent) {
                alarmsSent = pump.alarms
                deliveringSent = pump.delivering
                status.setAt(0, "u32", alarmsSent)
                status[4] = pump.mode
                status[5] = deliveringSent ? 1 : 0
                await tellWorld(bench, STATUS, status)
            }
            if (actions.bolusEvent !== BolusEvent.None) {
                bolus.setAt(0, "f64", actions.bolusPl)
                bolus[8] = actions.bolusEvent
                bolus[9] = actions.bolusReason
                await tellWorld(bench, BOLUS, bolus)
            }
            if (bench.traced) {
                const offset = rowCount * ROW_SIZE
                rows.setAt(offset, "f64", pump.nowMs)
                rows.setAt(offset + 8, "f64", pump.owed)
                rows.setAt(offset + 16, "f64", pump.residualPl)
                rows.setAt(offset + 24, "f64", pump.ratePlPerDay)
                rows.setAt(offset + 32, "u32", pump.alarms)
                rows[offset + 36] = actions.steps
                rows[offset + 37] = pump.mode + (pump.delivering ? 2 : 0)
                rowCount += 1
                if (rowCount === ROWS_PER_PACKET) {
                    rowCount = 0
                    await tellWorld(bench, TRACE, rows)
                }
            }
        },
    }
}

/** All the parts of a simulated pump. */
export function mockParts(bench: Bench): Parts {
    return {
        motor: mockMotor(bench),
        sensors: [
            { read: async () => await askWorld(bench) },
            mockPressure(bench),
            mockEncoder(bench),
            mockReservoirSwitch(bench),
            mockBattery(bench),
            mockClock(bench),
            mockCommands(bench),
        ],
        annunciator: mockAnnunciator(bench),
        heartbeat: mockHeartbeat(bench),
        monitor: mockMonitor(bench),
    }
}

// The mock twin of each driver: the same part as the logic sees it, with the simulated world behind it.

import { ALARM_COUNT, AlarmPriority } from "../../pump/alarms"
import { Guard } from "../../pump/guard"
import { Incoming, takeUntilEnd } from "../../pump/incoming"
import { MS_PER_SECOND } from "../../pump/limits"
import { Actions, BolusEvent, LineEvent, Mode, Pump } from "../../pump/pump"
import { CommandKind, ProgrammeAnswer, Readings, SensorFault } from "../../pump/readings"
import { Board } from "../energyUse"
import { addSignal, createIndicators, refreshIndicators } from "../indicators"
import {
    Annunciator,
    Heartbeat,
    Monitor,
    Motor,
    Parts,
    ProgrammeOffer,
    RecordMemory,
    Sensor,
    Signal,
    SupplyWarning,
} from "../parts"
import { askPiece, askWorld, Bench, faultAt, tellWorld } from "./bench"

const STEP = 0x81
const STATUS = 0x82
const BOLUS = 0x83
const SHOW = 0x84
const TRACE = 0x85
const MEMORY_READ = 0x86
const MEMORY_WRITE = 0x87
const PROGRAMME_READ = 0x88
const TAKEN = 0x89
const OBEYED = 0x8a
const LINE = 0x8b

const MEMORY_FAULT = 36
const SUPPLY_FAILING = 37

const LINE_CHANGED = 1

const NOT_MEASURED = 0xffffffff

/** Twin of the line-pressure sensors. */
export function mockPressure(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.pressureFault = faultAt(bench, 31)
            readings.pressurePa = readings.pressureFault === SensorFault.None ? bench.reply.getAt(0, "i32") : NaN
        },
    }
}

/** Twin of the encoders. */
export function mockEncoder(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.encoderFault = faultAt(bench, 32)
            readings.encoderSteps = readings.encoderFault === SensorFault.None ? bench.reply.getAt(4, "i32") : NaN
        },
    }
}

/** Twin of the real-time clock, which counts whole seconds. */
export function mockClock(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.wallFault = faultAt(bench, 35)
            readings.wallMs =
                readings.wallFault === SensorFault.None ? bench.reply.getAt(8, "u32") * MS_PER_SECOND : NaN
        },
    }
}

/** Twin of the switch at the end of the plunger's travel. */
export function mockReservoirSwitch(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.reservoirEndFault = faultAt(bench, 33)
            readings.reservoirEndSwitch =
                readings.reservoirEndFault === SensorFault.None ? bench.reply.getAt(30, "u8") : NaN
        },
    }
}

/** Twin of the battery's voltage monitor. */
export function mockBattery(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.batteryFault = faultAt(bench, 34)
            readings.batteryMv = readings.batteryFault === SensorFault.None ? bench.reply.getAt(28, "u16") : NaN
        },
    }
}

/** Twin of the buttons and of the persons at them: also of all that a board has no button for. */
export function mockCommands(bench: Bench): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.command = bench.answered ? bench.reply[38] : 0
            readings.commandPl = bench.reply.getAt(12, "u32") * 1000
            readings.commandRatePlPerDay = bench.reply.getAt(16, "u32") * 1000
            const residualNl = bench.reply.getAt(20, "u32")
            readings.commandResidualPl = residualNl === NOT_MEASURED ? NaN : residualNl * 1000
            readings.commandWallMs = bench.reply.getAt(24, "u32") * MS_PER_SECOND
            readings.commandLineChanged = (bench.reply[39] & LINE_CHANGED) !== 0
        },
    }
}

/** Twin of the stepper: the pulses go to the world. */
export function mockMotor(bench: Bench): Motor {
    const payload = Buffer.alloc(9)
    return {
        reverses: true,
        step: async (steps: number) => {
            if (bench.pump) payload.setAt(0, "f64", bench.pump.residualPl)
            payload.setAt(8, "i8", steps)
            await tellWorld(bench, STEP, payload)
        },
        // The world's screw holds by itself.
        release: () => {},
        // And its driver has nothing to report.
        faulty: async () => false,
    }
}

/** Twin of the record memory. That it does not answer is told with the next sample: until then a write counts as kept. */
export function mockMemory(bench: Bench): RecordMemory {
    const question = Buffer.alloc(3)
    return {
        read: async (address: number, length: number) => {
            question.setAt(0, "u16", address)
            question[2] = length
            const contents = await askPiece(bench, MEMORY_READ, question)
            return contents && contents.length === length ? contents : undefined
        },
        write: async (address: number, bytes: Buffer, length: number) => {
            const payload = Buffer.alloc(2 + length)
            payload.setAt(0, "u16", address)
            payload.blitAt(2, bytes, 0, length)
            await tellWorld(bench, MEMORY_WRITE, payload)
            return bench.reply[MEMORY_FAULT] === SensorFault.None
        },
    }
}

/** Twin of the detector on the supply, as the last sample has it. */
export function mockSupply(bench: Bench): SupplyWarning {
    return { failing: () => bench.reply[SUPPLY_FAILING] === 1 }
}

/** Twin of the link to a clinician's programmer. */
export function mockProgrammeOffer(bench: Bench): ProgrammeOffer {
    const question = Buffer.alloc(2)
    return {
        bring: async (incoming: Incoming): Promise<boolean> => {
            question.setAt(0, "u16", incoming.received)
            return takeUntilEnd(incoming, await askPiece(bench, PROGRAMME_READ, question))
        },
    }
}

/** Twin of light and buzzer, with the same patterns. */
export function mockAnnunciator(bench: Bench): Annunciator {
    const payload = Buffer.alloc(2)
    const indicators = createIndicators()
    return {
        show: async (light: AlarmPriority, sound: AlarmPriority, nowMs: number) => {
            const telling = refreshIndicators(indicators, light, sound, nowMs)
            const buzzer = indicators.sounding ? 1 : 0
            if (payload[0] === indicators.light && payload[1] === buzzer) return telling
            payload[0] = indicators.light
            payload[1] = buzzer
            await tellWorld(bench, SHOW, payload)
            return telling
        },
        tell: (signal: Signal) => addSignal(indicators, signal),
        // Nobody looks before the first tick.
        test: async () => {},
    }
}

/** Twin of the heartbeat pin: the world sees the count with each sample. */
export function mockHeartbeat(bench: Bench): Heartbeat {
    return {
        beat: async () => {
            // The first beat, in the self-test, ends no tick.
            if (bench.pump) bench.ticks += 1
        },
    }
}

// One row of the trace: time, owed, residual and flow as f64, alarms and conditions as u32, steps, and mode with delivering
// in bit 1.
const ROW_SIZE = 42
const ROWS_PER_PACKET = 5

// The status: three sets of alarms as u32, mode, delivering, beating, recording, and a reason for each alarm.
const STATUS_REASONS = 16

/** Tells the world what the pump does: what changed as it changes and, when the world asks for it, a row for every tick. */
export function mockMonitor(bench: Bench): Monitor {
    const status = Buffer.alloc(STATUS_REASONS + ALARM_COUNT)
    const bolus = Buffer.alloc(11)
    const taken = Buffer.alloc(1)
    const obeyed = Buffer.alloc(2)
    const line = Buffer.alloc(9)
    const rows = Buffer.alloc(ROW_SIZE * ROWS_PER_PACKET)
    let rowCount = 0
    let alarmsSent = -1
    let conditionsSent = 0
    let acknowledgedSent = 0
    let deliveringSent = false
    let modeSent = Mode.Running
    let cutSent = false
    let recordingSent = false
    return {
        report: async (pump: Pump, _guard: Guard, actions: Actions) => {
            bench.pump = pump
            if (
                pump.alarms !== alarmsSent ||
                pump.delivering !== deliveringSent ||
                pump.conditions !== conditionsSent ||
                pump.acknowledged !== acknowledgedSent ||
                pump.mode !== modeSent ||
                pump.cutMotor !== cutSent ||
                pump.bolusUnrecorded !== recordingSent
            ) {
                alarmsSent = pump.alarms
                conditionsSent = pump.conditions
                acknowledgedSent = pump.acknowledged
                deliveringSent = pump.delivering
                modeSent = pump.mode
                cutSent = pump.cutMotor
                recordingSent = pump.bolusUnrecorded
                status.setAt(0, "u32", alarmsSent >>> 0)
                status.setAt(4, "u32", conditionsSent >>> 0)
                status.setAt(8, "u32", acknowledgedSent >>> 0)
                status[12] = modeSent
                status[13] = deliveringSent ? 1 : 0
                status[14] = cutSent ? 0 : 1
                status[15] = recordingSent ? 1 : 0
                for (let alarm = 0; alarm < ALARM_COUNT; alarm++) status[STATUS_REASONS + alarm] = pump.reasons[alarm]
                await tellWorld(bench, STATUS, status)
            }
            if (actions.bolusEvent !== BolusEvent.None) {
                bolus.setAt(0, "f64", actions.bolusPl)
                bolus[8] = actions.bolusEvent
                bolus[9] = actions.bolusKind
                bolus[10] = actions.bolusReason
                await tellWorld(bench, BOLUS, bolus)
            }
            if (actions.command !== CommandKind.None && actions.command !== CommandKind.Programme) {
                obeyed[0] = actions.command
                obeyed[1] = actions.refusal
                await tellWorld(bench, OBEYED, obeyed)
            }
            if (actions.lineEvent !== LineEvent.None) {
                line.setAt(0, "f64", pump.lineLeftPl)
                line[8] = actions.lineEvent
                await tellWorld(bench, LINE, line)
            }
            if (actions.programmeAnswer !== ProgrammeAnswer.None) {
                taken[0] = actions.programmeAnswer
                await tellWorld(bench, TAKEN, taken)
            }
            if (bench.traced) {
                const offset = rowCount * ROW_SIZE
                rows.setAt(offset, "f64", pump.nowMs)
                rows.setAt(offset + 8, "f64", pump.owed)
                rows.setAt(offset + 16, "f64", pump.residualPl)
                rows.setAt(offset + 24, "f64", pump.ratePlPerDay)
                rows.setAt(offset + 32, "u32", pump.alarms >>> 0)
                rows.setAt(offset + 36, "u32", pump.conditions >>> 0)
                rows.setAt(offset + 40, "i8", actions.steps)
                rows[offset + 41] = pump.mode + (pump.delivering ? 2 : 0)
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
        board: Board.Pico,
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
        memory: mockMemory(bench),
        supply: mockSupply(bench),
        programmeOffer: mockProgrammeOffer(bench),
        annunciator: mockAnnunciator(bench),
        heartbeat: mockHeartbeat(bench),
        monitor: mockMonitor(bench),
    }
}

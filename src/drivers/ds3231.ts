// Time of day and weekday from a DS3231 real-time clock. A clock that stopped may show any time, so its oscillator-stop flag
// makes the reading Invalid until somebody sets it: a wrong hour would run the wrong segment, an unknown one the daily mean.

import { Bytes } from "../pump/bytes"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND, MS_PER_WEEK } from "../pump/limits"
import { Readings, SensorFault } from "../pump/readings"
import { I2CBus } from "./hardware"
import { Sensor } from "./parts"

const ADDRESS = 0x68
const REGISTERS = 16
const STATUS_REGISTER = 0x0f
const OSCILLATOR_STOPPED = 0x80

/** A real-time clock: a sensor that can also be set. */
export interface RealTimeClock extends Sensor {
    /**
     * Sets weekday and time of day, milliseconds since Monday 00:00 rounded down to a second, and clears the stop flag.
     * False when the clock did not acknowledge or the time is out of its range; the flag then still stands.
     */
    set(wallWeekMs: number): Promise<boolean>
}

/** The number that two decimal digits in one byte stand for; NaN when a digit is none or the number is out of range. */
export function decimalOf(byte: number, min: number, max: number): number {
    const units = byte & 15
    const value = (byte >> 4) * 10 + units
    return units <= 9 && value >= min && value <= max ? value : NaN
}

/** A number from 0 to 99 as two decimal digits in one byte. */
export function bytesDecimal(value: number): number {
    const tens = Math.floor(value / 10)
    return tens * 16 + (value - tens * 10)
}

/**
 * Milliseconds since Monday 00:00 that the clock's first four registers stand for: seconds, minutes, hours (of 24, or of 12
 * with the half of the day), weekday from 1. The chip leaves open which day 1 is; here it is Monday. NaN when any is no time.
 */
export function weekMsOf(registers: Bytes): number {
    const seconds = decimalOf(registers[0], 0, 59)
    const minutes = decimalOf(registers[1], 0, 59)
    const day = decimalOf(registers[3], 1, 7)
    let hours = NaN
    if ((registers[2] & 0x40) !== 0) {
        const hour12 = decimalOf(registers[2] & 0x1f, 1, 12)
        hours = (hour12 === 12 ? 0 : hour12) + ((registers[2] & 0x20) !== 0 ? 12 : 0)
    } else {
        hours = decimalOf(registers[2], 0, 23)
    }
    return (day - 1) * MS_PER_DAY + hours * MS_PER_HOUR + minutes * MS_PER_MINUTE + seconds * MS_PER_SECOND
}

/** What to write from register 0 on to set the clock: the register's number and its four first registers, of 24 hours. */
export function registersOf(wallWeekMs: number): number[] {
    const day = Math.floor(wallWeekMs / MS_PER_DAY)
    const ofDay = wallWeekMs - day * MS_PER_DAY
    const hour = Math.floor(ofDay / MS_PER_HOUR)
    const minute = Math.floor((ofDay - hour * MS_PER_HOUR) / MS_PER_MINUTE)
    const second = Math.floor((ofDay - hour * MS_PER_HOUR - minute * MS_PER_MINUTE) / MS_PER_SECOND)
    return [0, bytesDecimal(second), bytesDecimal(minute), bytesDecimal(hour), day + 1]
}

/**
 * Analog Devices (Maxim) DS3231 on I²C: https://www.analog.com/media/en/technical-documentation/data-sheets/ds3231.pdf
 * One transfer brings the time, which the chip copies aside as it starts, and the status register behind it.
 * Missing when it does not acknowledge; Invalid when it had stopped or holds no time.
 */
export function startDs3231(bus: I2CBus): RealTimeClock {
    return {
        read: async (readings: Readings) => {
            readings.wallWeekMs = NaN
            readings.wallFault = SensorFault.Missing
            try {
                const registers: Bytes = await bus.readRegBuf(ADDRESS, 0, REGISTERS)
                const wallWeekMs = weekMsOf(registers)
                if (wallWeekMs >= 0 && (registers[STATUS_REGISTER] & OSCILLATOR_STOPPED) === 0) {
                    readings.wallWeekMs = wallWeekMs
                    readings.wallFault = SensorFault.None
                } else {
                    readings.wallFault = SensorFault.Invalid
                }
            } catch {
                readings.wallFault = SensorFault.Missing
            }
        },
        set: async (wallWeekMs: number) => {
            if (!(wallWeekMs >= 0 && wallWeekMs < MS_PER_WEEK)) return false
            try {
                await bus.writeBuf(ADDRESS, Buffer.from(registersOf(wallWeekMs)))
                const status: Bytes = await bus.readRegBuf(ADDRESS, STATUS_REGISTER, 1)
                await bus.writeBuf(ADDRESS, Buffer.from([STATUS_REGISTER, status[0] & ~OSCILLATOR_STOPPED & 255]))
                return true
            } catch {
                return false
            }
        },
    }
}

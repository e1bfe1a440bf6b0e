// Date and time of day from a DS3231 real-time clock. A clock that stopped may show any time, so its oscillator-stop flag
// makes the reading Invalid until it is set: a wrong hour would run the wrong segment, an unknown one the daily mean.

import { Bytes } from "../pump/bytes"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from "../pump/limits"
import { Readings, SensorFault } from "../pump/readings"
import { I2CBus } from "./hardware"
import { Sensor } from "./parts"

const ADDRESS = 0x68
const REGISTERS = 16
const STATUS_REGISTER = 0x0f
const OSCILLATOR_STOPPED = 0x80

/** The number that two decimal digits in one byte stand for; NaN when a digit is none or the number is out of range. */
export function decimalOf(byte: number, min: number, max: number): number {
    const units = byte & 15
    const value = (byte >> 4) * 10 + units
    return units <= 9 && value >= min && value <= max ? value : NaN
}

/**
 * Local time as milliseconds since Monday 3 January 2000 00:00, so that what is left after whole weeks is the time of the week.
 * Taken from the clock's first seven registers: seconds, minutes, hours (of 24, or of 12 with the half of the day), weekday,
 * date, month and year 00 to 99 of this century. The weekday is worked out from the date, because the chip leaves open which
 * day its own counts from, and tools that set it differ. NaN when any is no time or there is no such date, and before that Monday.
 */
export function wallMsOf(registers: Bytes): number {
    const seconds = decimalOf(registers[0], 0, 59)
    const minutes = decimalOf(registers[1], 0, 59)
    let hours = NaN
    if ((registers[2] & 0x40) !== 0) {
        const hour12 = decimalOf(registers[2] & 0x1f, 1, 12)
        hours = (hour12 === 12 ? 0 : hour12) + ((registers[2] & 0x20) !== 0 ? 12 : 0)
    } else {
        hours = decimalOf(registers[2], 0, 23)
    }
    const date = decimalOf(registers[4], 1, 31)
    const month = decimalOf(registers[5] & 0x7f, 1, 12)
    const year = decimalOf(registers[6], 0, 99)
    if (!(month >= 1 && year >= 0)) return NaN
    const leapYear = (year & 3) === 0 ? 1 : 0
    // Odd months up to July and even ones from August on have 31 days.
    const monthDays = month === 2 ? 28 + leapYear : 30 + ((month + (month >> 3)) & 1)
    if (!(date <= monthDays)) return NaN
    // Months are 30 7/12 days in the mean, and February is two short of that.
    const daysBeforeMonth = Math.floor((month * 367 - 362) / 12) - (month > 2 ? 2 - leapYear : 0)
    const days = year * 365 + Math.floor((year + 3) / 4) + daysBeforeMonth + date - 1
    const sinceMonday = days - 2 // 2000-01-01 was a Saturday
    if (!(sinceMonday >= 0)) return NaN
    return sinceMonday * MS_PER_DAY + hours * MS_PER_HOUR + minutes * MS_PER_MINUTE + seconds * MS_PER_SECOND
}

/**
 * Analog Devices (Maxim) DS3231 on I²C: https://www.analog.com/media/en/technical-documentation/data-sheets/ds3231.pdf
 * One transfer brings the time, which the chip copies aside as it starts, and the status register behind it.
 * Missing when it does not acknowledge; Invalid when it had stopped or holds no time.
 */
export function startDs3231(bus: I2CBus): Sensor {
    return {
        read: async (readings: Readings) => {
            readings.wallMs = NaN
            readings.wallFault = SensorFault.Missing
            try {
                const registers: Bytes = await bus.readRegBuf(ADDRESS, 0, REGISTERS)
                const wallMs = wallMsOf(registers)
                if (wallMs >= 0 && (registers[STATUS_REGISTER] & OSCILLATOR_STOPPED) === 0) {
                    readings.wallMs = wallMs
                    readings.wallFault = SensorFault.None
                } else {
                    readings.wallFault = SensorFault.Invalid
                }
            } catch {
                readings.wallFault = SensorFault.Missing
            }
        },
    }
}

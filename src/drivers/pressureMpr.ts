// Line pressure from a Honeywell MPR sensor on I²C. A conversion takes 5 ms: it runs while the other sensors are read, and each sample waits
// for its own, because one left over from the sample before would tell an occlusion a second late.

import { Bytes } from "../pump/bytes"
import { Readings, SensorFault } from "../pump/readings"
import { I2CBus } from "./hardware"
import { Sensor } from "./parts"
import { sleepFromNow } from "./wait"

// MPR series datasheet 32332628: transfer function A runs from 10 % to 90 % of 2^24 counts.
const COUNTS_MIN = 1_677_722
const COUNTS_MAX = 15_099_494

// Status byte: bit 6 powered, bit 5 busy, bit 2 memory integrity failed, bit 0 arithmetic saturated, the rest always 0.
const STATUS_POWERED = 0x40
const STATUS_BUSY = 0x20
const STATUS_FAULTY = 0x05
const STATUS_ALWAYS_ZERO = 0x9a

// A conversion takes 5 ms; each look at it is a millisecond at least after the one before.
const LOOKS_MAX = 7

/** One member of the series. */
export interface MprSensor {
    address: number
    /** Pressure at the lower and at the upper end of the transfer function, in pascals. */
    pressurePaMin: number
    pressurePaMax: number
    /** What it reads with the line open to the air, in pascals: 0 for a gauge sensor, the room's own pressure for an absolute one. */
    openLinePa: number
    /** How far the first reading after power-on may lie from `openLinePa` and still be taken for the open line, in pascals. */
    zeroAdjustPaMax: number
}

/**
 * MPRLS0025PA00001A, 0 to 25 psi absolute, as on Adafruit's breakout 3965 (https://www.adafruit.com/product/3965, with the
 * datasheet, Honeywell 32332628).
 *
 * It measures the room's pressure too, which must come off: 101 325 Pa at sea level, less 1.2 kPa for each 100 m above it.
 * The first reading refines that by at most 5 kPa, for weather and offset. No more, and never without a bound, because a
 * pump restarted with its line blocked would take the blockage for zero. Weather then moves the reading by up to 3 kPa
 * while the pump runs. The range ends 71 kPa above sea-level pressure: set the occlusion threshold to 60 kPa or less.
 */
export function mprls0025pa(): MprSensor {
    return {
        address: 0x18,
        pressurePaMin: 0,
        pressurePaMax: 172_369,
        openLinePa: 101_325,
        zeroAdjustPaMax: 5000,
    }
}

/** The 0 to 15 psi gauge member of the same series and datasheet (0015PG, I²C, address 18h, function A): needs no zero. */
export function mprls0015pg(): MprSensor {
    return {
        address: 0x18,
        pressurePaMin: 0,
        pressurePaMax: 103_421,
        openLinePa: 0,
        zeroAdjustPaMax: 0,
    }
}

/** What a status byte says of the reading behind it: None, Stale (still converting) or Invalid. */
export function mprFault(status: number): SensorFault {
    if ((status & STATUS_ALWAYS_ZERO) !== 0 || (status & STATUS_POWERED) === 0) return SensorFault.Invalid
    if ((status & STATUS_FAULTY) !== 0) return SensorFault.Invalid
    if ((status & STATUS_BUSY) !== 0) return SensorFault.Stale
    return SensorFault.None
}

/**
 * The pressure that `counts` stand for, in whole pascals, before any zero. Above the upper end it goes on in a straight
 * line, because an occluded line must not read as a broken sensor; NaN for counts 2.5 % of the span or more below the lower end.
 */
export function mprPressurePa(counts: number, sensor: MprSensor): number {
    const span = COUNTS_MAX - COUNTS_MIN
    if (!(counts > COUNTS_MIN - span / 40)) return NaN
    const fraction = (counts - COUNTS_MIN) / span
    return Math.floor(sensor.pressurePaMin + fraction * (sensor.pressurePaMax - sensor.pressurePaMin) + 0.5)
}

/** Starts a sensor of the MPR series. Missing when it does not acknowledge, Stale when it never finishes converting. */
export function startMprPressure(bus: I2CBus, sensor: MprSensor): Sensor {
    const measure = Buffer.from([0xaa, 0x00, 0x00])
    let converting = false
    let zeroPa = NaN
    return {
        convert: async () => {
            converting = false
            try {
                await bus.writeBuf(sensor.address, measure)
                converting = true
            } catch {
                // No acknowledge: what it converted last is not read as a pressure of now.
            }
        },
        read: async (readings: Readings) => {
            readings.pressurePa = NaN
            readings.pressureFault = SensorFault.Missing
            if (!converting) return
            try {
                let answer: Bytes = await bus.readBuf(sensor.address, 4)
                for (let looks = 1; mprFault(answer[0]) === SensorFault.Stale && looks < LOOKS_MAX; looks++) {
                    await sleepFromNow(1)
                    answer = await bus.readBuf(sensor.address, 4)
                }
                const fault = mprFault(answer[0])
                readings.pressureFault = fault
                if (fault !== SensorFault.None) return
                const linePa = mprPressurePa(answer[1] * 65536 + answer[2] * 256 + answer[3], sensor)
                if (!(linePa >= 0 || linePa < 0)) {
                    readings.pressureFault = SensorFault.Invalid
                    return
                }
                if (!(zeroPa >= 0 || zeroPa < 0))
                    zeroPa = Math.abs(linePa - sensor.openLinePa) <= sensor.zeroAdjustPaMax ? linePa : sensor.openLinePa
                readings.pressurePa = linePa - zeroPa
            } catch {
                // No acknowledge: Missing, as it stands.
            }
        },
    }
}

// The little that a driver needs of a pin and of the I²C bus, so that DeviceScript's own and a test's emulated ones fit.
// Pins are driven by `setMode`, which is native: `write` of @devicescript/gpio is a call more for the same level.

import * as ds from "@devicescript/core"
import { Bytes } from "../pump/bytes"

// What a board's pins have natively. @devicescript/gpio declares it too, and adds what is not used here: 1 kB of the 64 kB that there are for functions.
declare module "@devicescript/core" {
    interface PinBase {
        setMode(mode: GPIOMode): void
    }

    interface InputPin {
        value: number
    }
}

/** A pin whose level the driver sets. */
export interface OutputPin {
    /** Makes it an output with the level of the mode: OutputLow or OutputHigh. The level is set before the direction. */
    setMode(mode: ds.GPIOMode): void
}

/** A pin whose level the driver reads. */
export interface InputPin {
    setMode(mode: ds.GPIOMode): void
    /** 0 or 1 as a digital input; as an analogue one the fraction of full scale, 0 up to but not including 1. */
    readonly value: number
}

/** An output and which of its levels means on. */
export interface SwitchedOutput {
    pin: OutputPin
    /** True when the part is on at low level. */
    activeLow: boolean
}

/** An input and which of its levels means on. */
export interface SwitchedInput {
    pin: InputPin
    /** True when low level means on. */
    activeLow: boolean
}

/** An analogue input, as its board scales it. */
export interface AnalogueInput {
    pin: InputPin
    /** Voltage at the pin that reads as full scale, in millivolts: 3300 on the RP2040, 2500 on the ESP32-C3. */
    fullScaleMv: number
    /** Voltage before the divider over voltage at the pin; 1 without a divider. */
    dividerRatio: number
}

/** The I²C bus; each call throws when the chip does not acknowledge. */
export interface I2CBus {
    readBuf(address: number, size: number): Promise<Bytes>
    readRegBuf(address: number, register: number, size: number): Promise<Bytes>
    writeBuf(address: number, bytes: Buffer): Promise<void>
    /** Writes all of `bytes` and then reads `readSize` bytes with no stop condition between; reads nothing when it is left out. */
    xfer(address: number, bytes: Buffer, readSize?: number): Promise<Buffer>
}

/** The mode that drives `output` on, or off. */
export function modeOf(output: SwitchedOutput, on: boolean): ds.GPIOMode {
    return on === output.activeLow ? ds.GPIOMode.OutputLow : ds.GPIOMode.OutputHigh
}

/** Reads `reads` times in a row and returns the mean, as a fraction of full scale. */
export function meanFraction(input: AnalogueInput, reads: number): number {
    let sum = 0
    for (let i = 0; i < reads; i++) sum += input.pin.value
    return sum / reads
}

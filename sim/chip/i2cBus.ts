// The I²C bus of the chip with the parts that hang on it, at the speed that the program has set: each byte takes as long as its nine bits.

import { I2CMode, type RP2040, type RPI2C } from "rp2040js"

/** A part on the bus, as it hears itself addressed. */
export interface I2cPart {
    /** True where it acknowledges its address. */
    begin(reading: boolean): boolean
    /** True where it acknowledges the byte. */
    take(byte: number): boolean
    give(): number
    end(): void
}

const BITS_PER_BYTE = 9
const TX_EMPTY = 1 << 4

// Registers of the controller: how long the clock line is high and low in fast mode, in cycles of the system's clock.
const FAST_HIGH = 0x1c
const FAST_LOW = 0x20

/** What of the emulated controller has to be mended. */
interface Controller {
    abort(reason: number): void
    setInterrupts(mask: number): void
}

/**
 * Hangs parts onto the bus `i2c`, each at its address of seven bits.
 * @param stuck true while a line is held low: then no transfer ever ends
 */
export function connectBus(
    rp2040: RP2040,
    i2c: RPI2C,
    parts: ReadonlyMap<number, I2cPart>,
    stuck: () => boolean,
): void {
    let part: I2cPart | undefined
    let then = () => {}
    const alarm = rp2040.clock.createAlarm(() => then())
    const after = (bits: number, next: () => void) => {
        if (stuck()) return
        then = next
        const cycles = i2c.readUint32(FAST_HIGH) + i2c.readUint32(FAST_LOW)
        alarm.schedule((bits * cycles * 1e9) / rp2040.clkSys)
    }
    // The emulated controller empties its queue when a part does not acknowledge, and leaves out to say so.
    const controller = i2c as unknown as Controller
    const abort = controller.abort.bind(i2c)
    controller.abort = (reason: number) => {
        abort(reason)
        controller.setInterrupts(TX_EMPTY)
    }
    i2c.onStart = () => after(1, () => i2c.completeStart())
    i2c.onConnect = (address, mode) =>
        after(BITS_PER_BYTE, () => {
            part = parts.get(address)
            const acknowledged = part?.begin(mode === I2CMode.Read) === true
            if (!acknowledged) part = undefined
            i2c.completeConnect(acknowledged)
        })
    i2c.onWriteByte = byte => after(BITS_PER_BYTE, () => i2c.completeWrite(part?.take(byte) === true))
    i2c.onReadByte = () => after(BITS_PER_BYTE, () => i2c.completeRead(part?.give() ?? 0xff))
    i2c.onStop = () =>
        after(1, () => {
            part?.end()
            part = undefined
            i2c.completeStop()
        })
}

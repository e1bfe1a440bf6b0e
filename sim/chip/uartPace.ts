// The pace of the UARTs, which rp2040js does not have: there every byte is gone as soon as it is written. The firmware goes by it, because
// the runtime does not sleep while its log goes out (`boards/README.md`, "Without USB"). A model of our own, held against no chip.

import type { RP2040 } from "rp2040js"

/** Registers of a UART (RP2040 datasheet, 4.2.8). */
const DATA = 0x00
const CONTROL = 0x30

const FIFO_BYTES = 32
const NANOS_PER_S = 1e9
/** Start, eight bits, stop. */
const BITS_PER_BYTE = 10

/** Lets bytes out of both UARTs no faster than their baud rate does; memory transfers wait while the FIFO is full. */
export function paceUarts(rp2040: RP2040): void {
    for (const uart of rp2040.uart) {
        const write = uart.writeUint32.bind(uart)
        let waiting = 0
        const ask = () => {
            if (uart.enabled && waiting < FIFO_BYTES) rp2040.dma.setDREQ(uart.dreq.tx)
            else rp2040.dma.clearDREQ(uart.dreq.tx)
        }
        const sent = rp2040.clock.createAlarm(() => {
            waiting -= 1
            if (waiting > 0) sendOne()
            ask()
        })
        const sendOne = () => sent.schedule((NANOS_PER_S * BITS_PER_BYTE) / uart.baudRate)
        uart.writeUint32 = (offset, value) => {
            write(offset, value)
            if (offset === DATA) {
                waiting += 1
                if (waiting === 1) sendOne()
                ask()
            } else if (offset === CONTROL) ask()
        }
    }
}

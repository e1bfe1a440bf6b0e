// The host's end of the USB cable: it brings the chip's serial port up, and carries Jacdac frames over it as DeviceScript's tools do.
// The library's own host answers every read at once with nothing, which keeps the core busy for ever; this one waits until it has something.

import { type RP2040, USBCDC } from "rp2040js"

// How frames travel among the text of the console: jacdac-c, services of class "usb bridge" (jacdac/dist/c/usbbridge.h).
const MAGIC = 0xfe
const LITERAL_MAGIC = 0xf8
const FRAME_GAP = 0xfb
const SERIAL_GAP = 0xfa
const FRAME_START = 0xfc
const FRAME_END = 0xfd

const PACKET_SIZE_MAX = 64

/** A frame as bytes of the cable. */
export function quoted(frame: Uint8Array): number[] {
    const bytes = [MAGIC, FRAME_START]
    for (const byte of frame) {
        bytes.push(byte)
        if (byte === MAGIC) bytes[bytes.length - 1] = MAGIC
        if (byte === MAGIC) bytes.push(LITERAL_MAGIC)
    }
    bytes.push(MAGIC, FRAME_END)
    return bytes
}

/** Takes bytes from the cable apart into frames and the text between them. */
export class FrameReader {
    private frame: number[] | undefined
    private wasMagic = false

    constructor(
        private readonly onFrame: (frame: Uint8Array) => void,
        private readonly onText: (byte: number) => void,
    ) {}

    take(bytes: Iterable<number>): void {
        for (const byte of bytes) {
            if (!this.wasMagic && byte === MAGIC) {
                this.wasMagic = true
                continue
            }
            const quotes = this.wasMagic
            this.wasMagic = false
            if (!quotes) this.put(byte)
            else if (byte === LITERAL_MAGIC) this.put(MAGIC)
            else if (byte === FRAME_START) this.frame = []
            else if (byte === FRAME_END) this.end()
            else if (byte !== FRAME_GAP && byte !== SERIAL_GAP) this.frame = undefined
        }
    }

    private put(byte: number): void {
        if (this.frame) this.frame.push(byte)
        else this.onText(byte)
    }

    private end(): void {
        if (this.frame) this.onFrame(Uint8Array.from(this.frame))
        this.frame = undefined
    }
}

/** A USB cable between the chip and a host that has the serial port open. */
export class UsbHost {
    /** True once the chip has been set up by the host. */
    connected = false
    private readonly waiting: number[] = []
    /** The read that the chip waits to have answered. */
    private read: { endpoint: number; size: number } | undefined
    private readonly usb: RP2040["usbCtrl"]

    constructor(rp2040: RP2040, onFrame: (frame: Uint8Array) => void, onText: (byte: number) => void = () => {}) {
        this.usb = rp2040.usbCtrl
        const serial = new USBCDC(this.usb)
        const reader = new FrameReader(onFrame, onText)
        serial.onDeviceConnected = () => {
            this.connected = true
        }
        serial.onSerialData = bytes => reader.take(bytes)
        this.usb.onEndpointRead = (endpoint, size) => {
            if (endpoint === 0) return
            this.read = { endpoint, size }
            this.answer()
        }
    }

    send(frame: Uint8Array): void {
        this.waiting.push(...quoted(frame))
        this.answer()
    }

    private answer(): void {
        const { read } = this
        if (!read || this.waiting.length === 0) return
        this.read = undefined
        const bytes = this.waiting.splice(0, Math.min(read.size, PACKET_SIZE_MAX))
        this.usb.endpointReadDone(read.endpoint, Uint8Array.from(bytes))
    }
}

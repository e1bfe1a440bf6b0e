// The way to a board: its USB serial port, the same bytes over TCP, or a Jacdac bus that another program serves. Whatever it is, frames go in
// and frames come out.

import { once } from "node:events"
import { connect } from "node:net"
import type { Duplex } from "node:stream"
import { SerialPort } from "serialport"
import { FrameReader, quoted } from "../chip/usbHost"
import { type BusSocket, openBusSocket } from "../engines/busSocket"
import { portKind } from "./ways"

/** A USB port has no speed; DeviceScript's tools name this one to every board. */
const BAUD = 115_200

const CONNECT_MS_MAX = 10_000

/** Opens the port at `address`; throws what it says when nothing answers there. */
export async function openPort(address: string): Promise<BusSocket> {
    const kind = portKind(address)
    if (kind === undefined) throw new Error(`${address} is no port`)
    if (kind === "bus") return openBusSocket(address)
    return overStream(kind === "socket" ? await openSocket(address) : await openSerial(address))
}

/** Frames over a stream of bytes, as a board's USB serial port carries them among the text of its console. */
export function overStream(stream: Duplex, onText: (byte: number) => void = () => {}): BusSocket {
    const bus: BusSocket = {
        onFrame: () => {},
        onClose: () => {},
        send: frame => {
            if (stream.writable) stream.write(Uint8Array.from(quoted(frame)))
        },
        close: () => stream.destroy(),
    }
    const reader = new FrameReader(frame => bus.onFrame(frame), onText)
    stream.on("data", (bytes: Buffer) => reader.take(bytes))
    // A failure closes the stream, and that is what is looked at.
    stream.on("error", () => {})
    stream.once("close", () => bus.onClose())
    return bus
}

async function openSerial(path: string): Promise<Duplex> {
    const port = new SerialPort({ path, baudRate: BAUD, autoOpen: false })
    await new Promise<void>((resolve, reject) => port.open(error => (error ? reject(error) : resolve())))
    return port
}

async function openSocket(address: string): Promise<Duplex> {
    const { hostname, port } = new URL(address)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.setTimeout(CONNECT_MS_MAX, () => socket.destroy(new Error("no answer")))
    await once(socket, "connect")
    socket.setTimeout(0)
    return socket
}

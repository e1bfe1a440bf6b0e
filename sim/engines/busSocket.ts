// A connection to a Jacdac bus that another program serves: by WebSocket, a frame a message, or by TCP, a frame after its length in one byte.

import { connect as connectTcp, type Socket } from "node:net"
import { WebSocket } from "ws"

const CONNECT_MS_MAX = 10_000

/** How an address of a bus may begin. */
export const BUS_PROTOCOLS = ["ws:", "wss:", "tcp:"]

export interface BusSocket {
    onFrame: (frame: Uint8Array) => void
    onClose: () => void
    send(frame: Uint8Array): void
    close(): void
}

/** Connects to the bus at `url`; throws what the connection says when nothing answers there. */
export function openBusSocket(url: string): Promise<BusSocket> {
    return new URL(url).protocol === "tcp:" ? openTcp(url) : openWebSocket(url)
}

async function openWebSocket(url: string): Promise<BusSocket> {
    const socket = new WebSocket(url, { handshakeTimeout: CONNECT_MS_MAX })
    socket.binaryType = "arraybuffer"
    await new Promise<void>((resolve, reject) => {
        socket.once("open", resolve)
        socket.once("error", reject)
    })
    // A failure closes the socket, and that is what is looked at.
    socket.on("error", () => {})
    const bus: BusSocket = {
        onFrame: () => {},
        onClose: () => {},
        send: frame => {
            if (socket.readyState === WebSocket.OPEN) socket.send(frame)
        },
        close: () => socket.close(),
    }
    socket.on("message", (data, isBinary) => {
        // Text is what DeviceScript's tools tell one another beside the bus.
        if (isBinary) bus.onFrame(new Uint8Array(data as ArrayBuffer))
    })
    socket.once("close", () => bus.onClose())
    return bus
}

async function openTcp(url: string): Promise<BusSocket> {
    const { hostname, port } = new URL(url)
    const socket: Socket = connectTcp({ host: hostname, port: Number(port) })
    await new Promise<void>((resolve, reject) => {
        socket.setTimeout(CONNECT_MS_MAX, () => socket.destroy(new Error("no answer")))
        socket.once("connect", resolve)
        socket.once("error", reject)
    })
    socket.setTimeout(0)
    socket.on("error", () => {})
    const bus: BusSocket = {
        onFrame: () => {},
        onClose: () => {},
        send: frame => {
            if (!socket.destroyed) socket.write(Buffer.concat([Buffer.of(frame.length), frame]))
        },
        close: () => socket.end(),
    }
    splitFrames(socket, frame => bus.onFrame(frame))
    socket.once("close", () => bus.onClose())
    return bus
}

/** Cuts what comes over TCP into frames: each stands after its length in one byte. */
export function splitFrames(socket: Socket, onFrame: (frame: Uint8Array) => void): void {
    let received: Buffer = Buffer.alloc(0)
    socket.on("data", data => {
        received = Buffer.concat([received, data as Buffer])
        while (received.length > 0 && received.length > received[0]) {
            onFrame(received.subarray(1, 1 + received[0]))
            received = received.subarray(1 + received[0])
        }
    })
}

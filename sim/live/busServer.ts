// The simulated pump's Jacdac bus on this machine: for the programmer, for other Jacdac tools, for pages. As DeviceScript's own tools
// serve theirs: a frame is a WebSocket message, or over TCP follows its length in one byte.

import { once } from "node:events"
import { createServer, type Server, type Socket } from "node:net"
import { WebSocket, WebSocketServer } from "ws"
import { splitFrames } from "../engines/busSocket"

const HOST = "127.0.0.1"
const FRAME_SIZE_MAX = 252

export class BusServer {
    /** Called with each frame that somebody on the bus sends. */
    onFrame: (frame: Uint8Array) => void = () => {}
    private readonly sockets = new Set<Socket>()

    private constructor(
        private readonly webSockets: WebSocketServer,
        private readonly tcp: Server,
    ) {
        webSockets.on("connection", client => {
            client.on("message", (data, isBinary) => {
                if (isBinary) this.relay(new Uint8Array(data as Buffer), client)
            })
            client.on("error", () => client.terminate())
        })
        tcp.on("connection", socket => {
            this.sockets.add(socket)
            splitFrames(socket, frame => this.relay(frame, socket))
            socket.on("error", () => socket.destroy())
            socket.on("close", () => this.sockets.delete(socket))
        })
    }

    /** Serves WebSocket at `port` and TCP at the next one, to this machine alone; throws where either is taken. */
    static async start(port: number): Promise<BusServer> {
        const webSockets = new WebSocketServer({ host: HOST, port })
        await once(webSockets, "listening")
        const tcp = createServer()
        tcp.listen(port === 0 ? 0 : port + 1, HOST)
        try {
            await once(tcp, "listening")
        } catch (error) {
            webSockets.close()
            throw error
        }
        return new BusServer(webSockets, tcp)
    }

    get url(): string {
        return `ws://${HOST}:${portOf(this.webSockets)}`
    }

    get tcpUrl(): string {
        return `tcp://${HOST}:${portOf(this.tcp)}`
    }

    /** Gives a frame of the pump to everybody on the bus. */
    send(frame: Uint8Array): void {
        this.spread(frame, undefined)
    }

    stop(): void {
        for (const client of this.webSockets.clients) client.terminate()
        this.webSockets.close()
        for (const socket of this.sockets) socket.destroy()
        this.tcp.close()
    }

    private relay(frame: Uint8Array, from: WebSocket | Socket): void {
        if (frame.length === 0 || frame.length > FRAME_SIZE_MAX) return
        this.onFrame(frame)
        this.spread(frame, from)
    }

    private spread(frame: Uint8Array, from: WebSocket | Socket | undefined): void {
        for (const client of this.webSockets.clients)
            if (client !== from && client.readyState === WebSocket.OPEN) client.send(frame)
        for (const socket of this.sockets)
            if (socket !== from && !socket.destroyed) socket.write(Buffer.concat([Buffer.of(frame.length), frame]))
    }
}

function portOf(server: { address(): ReturnType<Server["address"]> }): number {
    const address = server.address()
    if (typeof address !== "object" || address === null) throw new Error("a server that does not listen")
    return address.port
}

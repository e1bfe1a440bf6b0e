// Stands in for a board at a serial port: a machine of DeviceScript on a clock of its own, whose frames travel over TCP as bytes of a serial port, or
// as a bus. It runs a program and has no world of its own: a host has to play that.

import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import { Packet, SettingsCmd, SRV_DEVICE_SCRIPT_MANAGER, SRV_SETTINGS } from "jacdac-ts"
import type { BoardClocks } from "../../sim/board/hil"
import { overStream } from "../../sim/board/port"
import type { BusSocket } from "../../sim/engines/busSocket"
import type { VirtualClock } from "../../sim/engines/devicescriptVm"
import { type Entry, firmwareFile } from "../../sim/engines/firmware"
import { type Flash, Machine } from "../../sim/engines/machine"
import { VirtualScheduler } from "../../sim/engines/virtualScheduler"

const TURN_MS = 20

export class StandIn {
    readonly address: string
    /** Frames that came from the host, and the last of them. */
    heard = 0
    lastHeard: number[] = []
    /** Commands that write a setting, and whether one stopped the program or kept it from starting. */
    settingsWritten = 0
    programStopped = false
    private ended = false
    private hosts = new Set<BusSocket>()
    private readonly scheduler: VirtualScheduler

    private constructor(
        private readonly machine: Machine,
        private readonly clock: VirtualClock,
        private readonly server: Server,
    ) {
        this.scheduler = new VirtualScheduler(clock)
        const address = server.address()
        if (typeof address !== "object" || address === null) throw new Error("no port")
        this.address = `socket://127.0.0.1:${address.port}`
        machine.onFrame = frame => {
            for (const host of this.hosts) host.send(frame)
        }
        server.on("connection", (socket: Socket) => {
            const host = overStream(socket)
            this.hosts.add(host)
            host.onClose = () => this.hosts.delete(host)
            host.onFrame = frame => {
                this.note(frame)
                machine.hear(frame)
            }
        })
    }

    /** Starts a machine with this program, under another name of the same length where one is given. */
    static async start(entry: Entry, name?: string): Promise<StandIn> {
        const flash: Flash = { image: new Uint8Array(0) }
        const clock: VirtualClock = { nowMs: 0 }
        const machine = await Machine.powerOn(clock, flash, () => {})
        for (let i = 0; i < 10; i++, clock.nowMs += 100) await machine.settle()
        const program = readFileSync(firmwareFile(entry))
        if (name !== undefined) program.write(name, program.indexOf("intrathecal-pump "), "latin1")
        if (machine.module.devsDeploy(program) !== 0) throw new Error("no program")
        const server = createServer()
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        const standIn = new StandIn(machine, clock, server)
        void standIn.run()
        return standIn
    }

    private note(frame: Uint8Array): void {
        this.heard += 1
        this.lastHeard = [...frame]
        for (const packet of Packet.fromFrame(frame, 0)) {
            const service = this.machine.bus
                .device(packet.deviceIdentifier)
                ?.services()
                .find(({ serviceIndex }) => serviceIndex === packet.serviceIndex)
            if (service?.serviceClass === SRV_SETTINGS && packet.isCommand && packet.serviceCommand === SettingsCmd.Set)
                this.settingsWritten += 1
            if (service?.serviceClass === SRV_DEVICE_SCRIPT_MANAGER && packet.isRegisterSet && packet.data[0] === 0)
                this.programStopped = true
        }
    }

    stop(): void {
        this.ended = true
        for (const host of this.hosts) host.close()
        this.server.close()
        this.machine.bus.stop()
    }

    /** The clock that it goes by, for a host in this process: no faster than this machine's, and as slow as it has to be. */
    get clocks(): BoardClocks {
        return { clock: () => this.clock.nowMs, scheduler: this.scheduler }
    }

    private async run(): Promise<void> {
        while (!this.ended) {
            this.clock.nowMs += TURN_MS
            this.scheduler.run()
            await this.machine.settle()
            await delay(TURN_MS)
        }
    }
}

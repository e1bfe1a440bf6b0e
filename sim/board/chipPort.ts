// An emulated Pico in an emulated fixture, at the other end of its USB cable: the strongest stand-in for a board. Its time is its own, so the
// scenario goes by the chip's clock, however long this machine takes for it.

import { setImmediate } from "node:timers/promises"
import { BOARDS } from "../../boards/workspace"
import { PINS } from "../chip/bench"
import { Chip } from "../chip/chip"
import { connectBus } from "../chip/i2cBus"
import { bundledPico, findRuntime } from "../chip/image"
import { UsbHost } from "../chip/usbHost"
import type { BusSocket } from "../engines/busSocket"
import type { VirtualClock } from "../engines/devicescriptVm"
import { ENTRIES } from "../engines/firmware"
import { VirtualScheduler } from "../engines/virtualScheduler"
import type { BoardClocks } from "./hil"

const NANOS_PER_MS = 1e6
const SLICE_MS = 5
const UNIQUE_ID = Uint8Array.of(0xe6, 0x61, 0x41, 0x04, 0x03, 0x2a, 0x1b, 0x2d)

/** Outputs of the counter at each count: two flip-flops, each of which takes what the other had (boards/fixture.md). */
const COUNTER = [
    [false, false],
    [true, false],
    [true, true],
    [false, true],
] as const

/** The counter on STEP and the wire from DIR. */
export class FixtureCounter {
    /** Pulses since power-on. */
    pulses = 0
    private step = false

    /** @param drive sets the level of an input pin */
    constructor(private readonly drive: (pin: number, level: boolean) => void) {}

    /** A pin that the program drives has another level. */
    onPin(pin: number, level: boolean | undefined): void {
        if (pin === PINS.DIR && level !== undefined) this.drive(PINS.END_NC, level)
        if (pin !== PINS.STEP) return
        if (level === true && !this.step) {
            this.pulses += 1
            this.show()
        }
        this.step = level === true
    }

    show(): void {
        const [a, b] = COUNTER[this.pulses % 4]
        this.drive(PINS.ENCODER_A, a)
        this.drive(PINS.ENCODER_B, b)
    }
}

/**
 * Powers an emulated Pico on that was flashed with the fixture's program.
 * @param runtimeFile DeviceScript's runtime image; the one fetched before where it is left out
 */
export async function openChip(runtimeFile: string | undefined): Promise<{ socket: BusSocket; clocks: BoardClocks }> {
    const fixture = { ...BOARDS.pico, entry: ENTRIES.mainPicoFixture }
    return chipBoard(await bundledPico(fixture, [], findRuntime(runtimeFile)))
}

/** Powers an emulated board on with this flash; it runs until the connection is closed. */
export function chipBoard(flash: Uint8Array): { socket: BusSocket; clocks: BoardClocks; chip: Chip } {
    const clock: VirtualClock = { nowMs: 0 }
    const scheduler = new VirtualScheduler(clock)
    let host: UsbHost | undefined
    let open = true
    const socket: BusSocket = {
        onFrame: () => {},
        onClose: () => {},
        send: frame => {
            if (host?.connected) host.send(frame)
        },
        close: () => {
            open = false
            socket.onClose()
        },
    }
    const counter = new FixtureCounter((pin, level) => chip.rp2040.gpio[pin].setInputValue(level))
    const chip: Chip = new Chip(flash, UNIQUE_ID, { onPin: (pin, level) => counter.onPin(pin, level) }, started => {
        // Nothing is on the I²C bus, and each address that the runtime asks is answered so.
        connectBus(started.rp2040, started.rp2040.i2c[0], new Map(), () => false)
        host = new UsbHost(started.rp2040, frame => socket.onFrame(frame))
    })
    chip.wokenFromOutside = true
    counter.show()
    const run = async () => {
        let stopped = false
        while (open) {
            clock.nowMs += SLICE_MS
            const stop = stopped ? undefined : chip.run(clock.nowMs * NANOS_PER_MS)
            if (stop === "hang" || stop === "bootLoader") {
                // Time goes on, so that whoever waits for an answer of this chip waits in vain, and not for ever.
                stopped = true
                socket.onClose()
            }
            if (stop === "reset") clock.nowMs = Math.ceil(chip.nanos / NANOS_PER_MS)
            scheduler.run()
            await setImmediate()
        }
    }
    void run()
    return { socket, clocks: { clock: () => clock.nowMs, scheduler }, chip }
}

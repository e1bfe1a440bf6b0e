// Stands in for "@devicescript/core" where drivers run on Node: the pin modes, and a clock that moves only when it is slept on
// or a pin is written. As on the device, a sleep counts from the start of the slice of code it ends, in whole milliseconds,
// and ends up to a millisecond late.

/** As in @devicescript/core; `hardware.test.ts` compares the two. */
export enum GPIOMode {
    Off = 0x0,
    OffPullUp = 0x10,
    OffPullDown = 0x20,
    Input = 0x1,
    InputPullUp = 0x11,
    InputPullDown = 0x21,
    Output = 0x2,
    OutputHigh = 0x12,
    OutputLow = 0x22,
    AnalogIn = 0x3,
}

/** By how much one sleep after the other ends late, in turn. */
const LATENESS_MS = [0.9, 0, 0.4]
let sleeps = 0

/** The emulated clock, in milliseconds with fractions. */
export const clock = { nowMs: 0, sliceStartMs: 0 }

/** Sets the clock and starts a slice. */
export function setClock(nowMs: number): void {
    clock.nowMs = nowMs
    clock.sliceStartMs = nowMs
}

export async function sleep(milliseconds: number): Promise<void> {
    const wakeMs = Math.floor(clock.sliceStartMs) + milliseconds
    sleeps += 1
    setClock(Math.max(clock.nowMs, wakeMs) + LATENESS_MS[sleeps % LATENESS_MS.length])
}

export function millis(): number {
    return Math.floor(clock.sliceStartMs)
}

/** What the settings hold, by key: the flash of this stand-in. */
export const flash = new Map<string, Buffer>()

/** The settings of the device. */
export class Settings {
    async get(key: string): Promise<[string, Buffer]> {
        return [key, flash.get(key) ?? Buffer.alloc(0)]
    }

    async set(key: string, value: Buffer): Promise<void> {
        flash.set(key, Buffer.from(value))
    }
}

/** What the client of a service is made from. */
export class Role {}

/** A register of a service. */
export interface Register<Value> {
    read(): Promise<Value>
}

interface SettingPacket {
    decode(): [string, Buffer]
}

/** Asks the settings, and gives the answer as a packet that the filter lets through. */
export async function actionReport(
    _role: Settings,
    _name: "get",
    ask: () => Promise<[string, Buffer]>,
    filter: (packet: SettingPacket) => boolean,
): Promise<SettingPacket> {
    const answer = await ask()
    const packet = { decode: () => answer }
    if (!filter(packet)) throw new Error("an answer to another question")
    return packet
}

declare global {
    interface Function {
        /** Runs it beside what runs already, as DeviceScript's `start` of a new fiber does. */
        start(): void
    }

    interface Buffer {
        /** What a DeviceScript Buffer has and Node's has not. */
        blitAt(offset: number, source: Buffer, sourceOffset: number, length: number): void
    }
}

Object.assign(Buffer.prototype, {
    blitAt(this: Buffer, offset: number, source: Buffer, sourceOffset: number, length: number) {
        source.copy(this, offset, sourceOffset, sourceOffset + length)
    },
})

Object.assign(Function.prototype, {
    start(this: () => Promise<void>) {
        void this()
    },
})

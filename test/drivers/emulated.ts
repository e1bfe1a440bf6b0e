// Emulated pins and I²C chips, at the level of their registers, for the real drivers to run against on Node.

import { I2CBus, InputPin, OutputPin, SwitchedOutput } from "../../src/drivers/hardware"
import { clock, GPIOMode } from "./devicescriptCore"

/** One change of one pin. */
export interface Edge {
    name: string
    level: number
    atMs: number
}

/** What one pin write takes here: less than on any chip, so that what holds here holds there. */
export const WRITE_MS = 0.05

/** Records what drivers do to output pins. */
export class Timeline {
    readonly edges: Edge[] = []

    output(name: string): OutputPin {
        return {
            setMode: mode => {
                if (mode !== GPIOMode.OutputHigh && mode !== GPIOMode.OutputLow)
                    throw new Error(`${name}: no output mode`)
                clock.nowMs += WRITE_MS
                this.edges.push({ name, level: mode === GPIOMode.OutputHigh ? 1 : 0, atMs: clock.nowMs })
            },
        }
    }

    switched(name: string, activeLow = false): SwitchedOutput {
        return { pin: this.output(name), activeLow }
    }

    of(name: string): Edge[] {
        return this.edges.filter(edge => edge.name === name)
    }

    level(name: string): number | undefined {
        return this.of(name).at(-1)?.level
    }
}

/** An input whose level or voltage the test sets; reads undefined until a mode is set, as the device's does. */
export class EmulatedInput implements InputPin {
    mode = GPIOMode.Off
    constructor(public level: number) {}

    setMode(mode: number): void {
        this.mode = mode
    }

    get value(): number {
        return this.mode === GPIOMode.Off ? (undefined as unknown as number) : this.level
    }
}

/** A chip on the bus. */
interface Chip {
    write(bytes: Uint8Array): void
    read(size: number): number[]
}

/** A bus on which any chip can be made to stop acknowledging. */
export class EmulatedBus implements I2CBus {
    readonly absent = new Set<number>()
    readonly transfers: string[] = []
    constructor(private readonly chips: Map<number, Chip>) {}

    private chip(address: number): Chip {
        const chip = this.chips.get(address)
        if (!chip || this.absent.has(address)) throw new Error(`I2C: no acknowledge from ${address}`)
        return chip
    }

    async readBuf(address: number, size: number): Promise<Uint8Array> {
        this.transfers.push(`read ${address} ${size}`)
        return Uint8Array.from(this.chip(address).read(size))
    }

    async readRegBuf(address: number, register: number, size: number): Promise<Uint8Array> {
        this.chip(address).write(Uint8Array.of(register))
        return this.readBuf(address, size)
    }

    async writeBuf(address: number, bytes: Uint8Array): Promise<void> {
        this.transfers.push(`write ${address} ${Buffer.from(bytes).toString("hex")}`)
        this.chip(address).write(bytes)
    }

    async xfer(address: number, bytes: Uint8Array, readSize = 0): Promise<Buffer> {
        await this.writeBuf(address, bytes)
        return Buffer.from(readSize > 0 ? await this.readBuf(address, readSize) : [])
    }
}

/**
 * MB85RC256V, byte by byte: two bytes after its own address set where it reads and writes, and each further byte is stored at
 * once. Its address is 15 bits wide and comes round at the end.
 */
export class EmulatedFram implements Chip {
    readonly bytes = new Uint8Array(32_768)
    /** How many more bytes it acknowledges before it falls silent, as in a power cut. */
    acknowledges = Infinity
    private pointer = 0

    write(bytes: Uint8Array): void {
        bytes.forEach((byte, i) => {
            if (this.acknowledges <= 0) throw new Error("I2C: no acknowledge of a byte")
            this.acknowledges -= 1
            if (i === 0) this.pointer = ((byte << 8) | (this.pointer & 255)) & 0x7fff
            else if (i === 1) this.pointer = (this.pointer & 0x7f00) | byte
            else {
                this.bytes[this.pointer] = byte
                this.pointer = (this.pointer + 1) & 0x7fff
            }
        })
    }

    read(size: number): number[] {
        return Array.from({ length: size }, () => {
            const byte = this.bytes[this.pointer]
            this.pointer = (this.pointer + 1) & 0x7fff
            return byte
        })
    }
}

/** Honeywell MPR: 0xAA 0 0 starts a conversion of 5 ms, a read gives status and 24 bits. */
export class EmulatedMpr implements Chip {
    counts = 0
    /** Bits or-ed into the status byte, and bits taken out of it. */
    statusSet = 0
    statusCleared = 0
    conversionMs = 5
    private converted = 0
    private readyMs = 0

    write(bytes: Uint8Array): void {
        if (Buffer.from(bytes).toString("hex") !== "aa0000") throw new Error("MPR: unknown command")
        this.converted = this.counts
        this.readyMs = clock.nowMs + this.conversionMs
    }

    read(size: number): number[] {
        const busy = clock.nowMs < this.readyMs ? 0x20 : 0
        const status = (0x40 | busy | this.statusSet) & ~this.statusCleared & 255
        const answer = [status, this.converted >> 16, (this.converted >> 8) & 255, this.converted & 255]
        return answer.slice(0, size)
    }
}

/** DS3231: a register pointer over 19 registers. */
export class EmulatedDs3231 implements Chip {
    readonly registers = new Uint8Array(19)
    private pointer = 0

    write(bytes: Uint8Array): void {
        this.pointer = bytes[0]
        for (const byte of bytes.slice(1)) {
            this.registers[this.pointer] = byte
            this.pointer += 1
        }
    }

    read(size: number): number[] {
        const from = this.pointer
        this.pointer += size
        return [...this.registers.slice(from, from + size)]
    }
}

// One RP2040 with its flash, from power-on until its power goes: the emulated core, the shims that a real program needs around it, and a
// run loop that knows the difference between a core that sleeps and one that nothing will ever wake.

import { RP2040 } from "rp2040js"
import { BootRom, type RomCaller } from "./bootRom"
import { ChipClock } from "./clock"
import { FlashCache, MISS_CYCLES } from "./flashCache"
import { FLASH_BASE, FLASH_SIZE } from "./uf2"

const CLOCK_HZ = 125_000_000
const NANOS_PER_CYCLE = 1e9 / CLOCK_HZ
const NANOS_PER_MS = 1_000_000

/** Where the vector table of a program lies, behind the 256 bytes of its second boot stage. */
const VECTORS_AT = FLASH_BASE + 0x100

const SECTOR_SIZE = 4096
const PAGE_SIZE = 256

// Winbond W25Q16JV, as on the Pico, datasheet section 9.6: typical times to erase a sector and to program a page.
const ERASE_NANOS = 45 * NANOS_PER_MS
const PROGRAM_NANOS = 0.4 * NANOS_PER_MS

/** Asks a flash for its own number; the answer comes after four bytes of anything. */
const READ_UNIQUE_ID = 0x4b
const UNIQUE_ID_AT = 5

const SSI_AT = 0x18000
const SSI_DATA = 0x60
const AIRCR = 0xd0c
const SYSTEM_RESET = 0x05fa0004

const ROM_SIZE = 0x4000
const PIN_COUNT = 30

/** Why a chip stopped running. */
export type Stop =
    | "time"
    /** The program asked for a reset. */
    | "reset"
    /** The core waits for an interrupt, and there is nothing that could bring one. */
    | "hang"
    /** The program has left for the USB boot loader. */
    | "bootLoader"

export interface ChipHooks {
    /** A pin that the program drives has another level, or is no longer driven: then undefined. */
    onPin?: (pin: number, level: boolean | undefined) => void
    /** False runs the program as if all of its flash were in the core's cache. */
    flashWaits?: boolean
    /** Returns the volts at an analogue input, as a fraction of its full scale. */
    analogue?: (channel: number) => number
    /** The program programs, or erases, this much of its flash. */
    onFlash?: (what: "erase" | "program", offset: number, length: number) => void
}

/** Time that has passed in a chip, and what its core did in it. */
export interface CoreTime {
    /** Since power-on, in nanoseconds, resets included. */
    nanos: number
    /** Of these the core was at work. */
    busyNanos: number
}

export class Chip {
    /** Replaced at each reset; the flash is the same. */
    rp2040: RP2040
    /** What went wrong inside the emulation and a real chip would not say, such as a read of an address where nothing is. */
    readonly complaints: string[] = []
    /** True where somebody outside can wake the core: a computer at its USB port. Then it is no hang that nothing else will. */
    wokenFromOutside = false
    /** Times at which the core waited with nothing in the chip that could wake it, in nanoseconds since power-on. */
    readonly stalls: { fromNanos: number; toNanos: number }[] = []
    /** Between core and flash. */
    readonly flashCache = new FlashCache()
    private clock = new ChipClock()
    private readonly rom = new BootRom()
    private nanosBefore = 0
    private busyNanos = 0
    private extraNanos = 0
    private stop: Stop | undefined
    /** Until when the chip was last to run: an instruction, or a write to the flash, may go past it. */
    private cutNanos = 0
    /** Set by the flash while it is being written to. */
    private writing: { offset: number; before: Uint8Array; fromNanos: number; nanos: number } | undefined

    /**
     * Powers a chip on.
     * @param flash its contents, which it keeps up to date: 2 MiB
     * @param uniqueId the flash's own number, from which the chip has its identifier: 8 bytes
     * @param onReset called when the chip starts, at power-on and after each reset: what hangs on it is connected here
     */
    constructor(
        readonly flash: Uint8Array,
        private readonly uniqueId: Uint8Array,
        private readonly hooks: ChipHooks,
        private readonly onReset: (chip: Chip) => void,
    ) {
        this.rp2040 = this.start()
    }

    /** Since power-on, in nanoseconds. */
    get nanos(): number {
        return this.nanosBefore + this.clock.nanos
    }

    /** When the next alarm inside the chip is due, since power-on, in milliseconds; Infinity without one. */
    get wakesMs(): number {
        return (this.nanosBefore + this.clock.nextNanos) / NANOS_PER_MS
    }

    get time(): CoreTime {
        return { nanos: this.nanos, busyNanos: this.busyNanos }
    }

    /** Runs until this long after power-on, or until it stops by itself. A chip that asked for a reset goes on after it. */
    run(untilNanos: number): Stop {
        this.cutNanos = untilNanos
        for (;;) {
            const stop = this.runUntilStop(untilNanos)
            if (stop !== "reset") return stop
            this.nanosBefore += this.clock.nanos
            this.rp2040 = this.start()
            return "reset"
        }
    }

    private runUntilStop(untilNanos: number): Stop {
        const { clock } = this
        const { core } = this.rp2040
        const endNanos = untilNanos - this.nanosBefore
        while (clock.nanos < endNanos) {
            if (this.stop !== undefined) {
                const stop = this.stop
                if (stop === "reset") this.stop = undefined
                return stop
            }
            if (core.waiting) {
                if (clock.nextNanos === Infinity) {
                    if (!this.wokenFromOutside) return "hang"
                    this.noteStall()
                }
                const stalled = clock.nextNanos === Infinity
                clock.advance(Math.min(clock.nextNanos, endNanos))
                if (stalled) this.stalls[this.stalls.length - 1].toNanos = this.nanos
                continue
            }
            let nanos = core.executeInstruction() * NANOS_PER_CYCLE
            if (this.extraNanos > 0) {
                nanos += this.extraNanos
                this.extraNanos = 0
            }
            this.busyNanos += nanos
            const toNanos = clock.nanos + nanos
            if (toNanos < clock.nextNanos) clock.nanos = toNanos
            else clock.advance(toNanos)
        }
        return "time"
    }

    private noteStall(): void {
        const last = this.stalls[this.stalls.length - 1]
        if (last && last.toNanos === this.nanos) return
        this.stalls.push({ fromNanos: this.nanos, toNanos: this.nanos })
    }

    /**
     * Power is gone. What the flash was writing at this moment is left as far as it had come: of a page that was programmed the
     * front, of a sector that was erased the front.
     */
    powerOff(): void {
        const { writing } = this
        if (!writing) return
        const { offset, before, fromNanos, nanos } = writing
        const done = Math.floor(Math.min(1, (this.cutNanos - fromNanos) / nanos) * before.length)
        this.flash.set(before.subarray(done), offset + done)
    }

    private start(): RP2040 {
        this.clock = new ChipClock()
        const rp2040 = new RP2040(this.clock)
        this.rp2040 = rp2040
        rp2040.logger = {
            debug: () => {},
            info: () => {},
            warn: (part, message) => this.complain(`${part}: ${message}`),
            error: (part, message) => this.complain(`${part}: ${message}`),
        }
        rp2040.bootrom.set(this.rom.words)
        rp2040.flash.set(this.flash.subarray(0, FLASH_SIZE))
        rp2040.onBreak = code => this.onBreak(code)
        this.watchReset(rp2040)
        this.answerUniqueId(rp2040)
        this.connectPins(rp2040)
        if (this.hooks.flashWaits !== false) this.waitForFlash(rp2040)
        rp2040.core.VTOR = VECTORS_AT
        rp2040.core.SP = rp2040.readUint32(VECTORS_AT)
        rp2040.core.PC = rp2040.readUint32(VECTORS_AT + 4) & ~1
        this.onReset(this)
        return rp2040
    }

    private complain(text: string): void {
        if (this.complaints.length < 100 && !this.complaints.includes(text)) this.complaints.push(text)
    }

    private onBreak(code: number): void {
        const { rp2040 } = this
        const address = (rp2040.core.PC & ~1) - 2
        const cycles = address < ROM_SIZE ? this.rom.call(address, this.romCaller()) : undefined
        if (cycles === undefined) {
            this.complain(`breakpoint ${code} at 0x${address.toString(16)}`)
            this.stop = "hang"
        } else {
            this.extraNanos += cycles * NANOS_PER_CYCLE
        }
    }

    private romCaller(): RomCaller {
        const { rp2040 } = this
        return {
            registers: rp2040.core.registers,
            read: (address, length) => Uint8Array.from({ length }, (_, i) => rp2040.readUint8(address + i)),
            write: (address, bytes) => {
                for (let i = 0; i < bytes.length; i++) rp2040.writeUint8(address + i, bytes[i])
            },
            erase: (offset, length) => this.writeFlash(true, offset, new Uint8Array(length).fill(0xff)),
            program: (offset, bytes) => this.writeFlash(false, offset, bytes),
            leaveForBootLoader: () => {
                this.stop = "bootLoader"
            },
        }
    }

    /** Returns the cycles it takes. */
    private writeFlash(erase: boolean, offset: number, bytes: Uint8Array): number {
        const { flash } = this.rp2040
        const before = flash.slice(offset, offset + bytes.length)
        this.hooks.onFlash?.(erase ? "erase" : "program", offset, bytes.length)
        // Programming clears bits and sets none.
        for (let i = 0; i < bytes.length; i++) flash[offset + i] = erase ? 0xff : flash[offset + i] & bytes[i]
        this.keepFlash(offset, bytes.length)
        const nanos = erase
            ? Math.ceil(bytes.length / SECTOR_SIZE) * ERASE_NANOS
            : Math.ceil(bytes.length / PAGE_SIZE) * PROGRAM_NANOS
        this.writing = { offset, before, fromNanos: this.nanos, nanos }
        return nanos / NANOS_PER_CYCLE
    }

    private keepFlash(offset: number, length: number): void {
        this.flash.set(this.rp2040.flash.subarray(offset, offset + length), offset)
    }

    /** The emulated core does not know the register by which a program resets its chip. */
    private watchReset(rp2040: RP2040): void {
        const { ppb } = rp2040
        const write = ppb.writeUint32.bind(ppb)
        ppb.writeUint32 = (offset: number, value: number) => {
            if (offset !== AIRCR) write(offset, value)
            else if (value >>> 0 === SYSTEM_RESET) this.stop = "reset"
        }
        const read = ppb.readUint32.bind(ppb)
        ppb.readUint32 = (offset: number) => (offset === AIRCR ? 0xfa050000 : read(offset))
    }

    /** The flash answers when it is asked for its number, by a command that goes past the boot ROM. */
    private answerUniqueId(rp2040: RP2040): void {
        const ssi = rp2040.peripherals[SSI_AT]
        const write = ssi.writeUint32.bind(ssi)
        const read = ssi.readUint32.bind(ssi)
        let sent = -1
        const answers: number[] = []
        ssi.writeUint32 = (offset: number, value: number) => {
            write(offset, value)
            if (offset !== SSI_DATA) return
            if (sent < 0 && value === READ_UNIQUE_ID) sent = 0
            if (sent < 0) return
            answers.push(this.uniqueId[sent - UNIQUE_ID_AT] ?? 0)
            sent += 1
        }
        ssi.readUint32 = (offset: number) => {
            if (offset !== SSI_DATA || sent < 0) return read(offset)
            const answer = answers.shift() ?? 0
            if (sent === UNIQUE_ID_AT + this.uniqueId.length && answers.length === 0) sent = -1
            return answer
        }
    }

    /** Reads of the flash take the time that its cache needs for them. */
    private waitForFlash(rp2040: RP2040): void {
        const { flashCache } = this
        flashCache.flush()
        const inFlash = (address: number) => address >= FLASH_BASE && address < FLASH_BASE + FLASH_SIZE
        const read8 = rp2040.readUint8.bind(rp2040)
        const read16 = rp2040.readUint16.bind(rp2040)
        const read32 = rp2040.readUint32.bind(rp2040)
        const wait = (address: number) => {
            if (inFlash(address) && flashCache.fetches(address)) this.extraNanos += MISS_CYCLES * NANOS_PER_CYCLE
        }
        rp2040.readUint8 = address => {
            wait(address)
            return read8(address)
        }
        rp2040.readUint16 = address => {
            wait(address)
            return read16(address)
        }
        rp2040.readUint32 = address => {
            wait(address)
            return read32(address)
        }
    }

    private connectPins(rp2040: RP2040): void {
        for (let pin = 0; pin < PIN_COUNT; pin++)
            rp2040.gpio[pin].addListener(state =>
                this.hooks.onPin?.(pin, state === 1 ? true : state === 0 ? false : undefined),
            )
        const { adc } = rp2040
        adc.onADCRead = channel => {
            const fraction = this.hooks.analogue?.(channel) ?? 0
            adc.channelValues[channel] = Math.max(0, Math.min(4095, Math.floor(fraction * 4096)))
            adc.currentChannel = channel
            adc.sampleAlarm.schedule(adc.sampleTime * 1000)
        }
    }
}

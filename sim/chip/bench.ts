// The bench that hangs on the chip's pins: the world's motor, sensors, buttons and memory, wired as `boards/pump_pico.board.json` says.
// What the firmware does is seen at its pins and in its record memory, as on a real board; nothing is asked of the firmware itself.

import { readFileSync } from "node:fs"
import type { JDBus } from "jacdac-ts"
import { Light } from "../../src/drivers/indicators"
import { CommandKind, SensorFault } from "../../src/pump/readings"
import type { Command } from "../engines/command"
import { ROOT } from "../engines/firmware"
import type { Session } from "../engines/session"
import type { SensorAnswers } from "../world/world"
import type { Chip, ChipHooks } from "./chip"
import { connectBus, type I2cPart } from "./i2cBus"
import { Ds3231Part, FramPart, type Measured, MprPart, type Transfer } from "./i2cParts"
import { placeOf, RecordWatch } from "./recordWatch"
import { TickBook, type TickTime } from "./ticks"

const NANOS_PER_MS = 1e6

/** Readings of a part that are closer than this belong to one sample of the firmware, which comes once a second. */
const SAMPLE_MS = 500

/** How long a button is pressed for what it is to ask: under a sample, over one, over three. */
const DOSE_PRESS_MS = 500
const SHORT_PRESS_MS = 500
const LONG_PRESS_MS = 2500

const BATTERY_DIVIDER = 2
const FULL_SCALE_MV = 3300
const STEPS_PER_COUNT = 8

/** Levels of A and B at each count of the encoder, forward: A leads. */
const QUADRATURE = [
    [false, false],
    [true, false],
    [true, true],
    [false, true],
] as const

/** The pins by the labels of the board's file. */
export const PINS: Record<string, number> = JSON.parse(readFileSync(`${ROOT}boards/pump_pico.board.json`, "utf8")).pins

const LABELS = new Map(Object.entries(PINS).map(([label, pin]) => [pin, label]))

/** What a person can ask of the pump by its buttons. */
export const BUTTON_COMMANDS: readonly CommandKind[] = [
    CommandKind.Start,
    CommandKind.Stop,
    CommandKind.Acknowledge,
    CommandKind.PatientDose,
]

export class Bench {
    readonly ticks = new TickBook()
    /** Edges of the heartbeat since the start of the run, and when the last one was, in milliseconds of the run. */
    heartbeats = 0
    lastHeartbeatMs = -Infinity
    /** When the firmware first stepped the motor since the last power-on, in milliseconds since then. */
    firstStepMs: number | undefined
    /** Steps in order: when each pulse rose, in nanoseconds since power-on, and how long it was high. */
    readonly pulses: { atNanos: number; highNanos: number; back: boolean }[] = []
    /** A line of the bus is held low: no transfer ever ends. */
    busStuck = false
    /** Takes what somebody asks for to the programmer's link; returns what is left for the buttons. */
    onCommand: (command: Command) => Command = command => command
    /** Takes the level of each pin with a label as the program changes it; undefined: no longer driven. */
    onPinLevel: (label: string, level: boolean | undefined) => void = () => {}
    /** Takes each tick as it ends, with the steps of it. */
    onTick: (tick: TickTime, alarms: number) => void = () => {}
    /** The bus of the computer at the USB port. */
    bus: JDBus | undefined
    private chip: Chip | undefined
    private bootMs = 0
    private readonly levels = new Map<number, boolean | undefined>()
    private answers: SensorAnswers | undefined
    private askedMs = -Infinity
    private releases: { pin: number; atMs: number }[] = []
    private readonly watch: RecordWatch

    constructor(private readonly session: Session) {
        this.watch = new RecordWatch(session)
    }

    readonly hooks: ChipHooks = {
        onPin: (pin, level) => this.onPin(pin, level),
        analogue: channel => this.analogue(channel),
    }

    /** Power has come on. */
    powerOn(bootMs: number): void {
        this.bootMs = bootMs
        this.levels.clear()
        this.askedMs = -Infinity
        this.answers = undefined
        this.firstStepMs = undefined
        this.releases = []
    }

    /** The chip starts, at power-on or after a reset: everything is wired to it. */
    connect(chip: Chip): void {
        this.chip = chip
        this.watch.begin()
        const { session } = this
        const store = {
            get answering() {
                return session.memory.answering && session.powered
            },
            read: (address: number) => session.memory.contents[address],
            write: (address: number, byte: number) => {
                if (session.powered) session.memory.contents[address] = byte
            },
        }
        const nowMs = () => chip.nanos / NANOS_PER_MS
        const parts = new Map<number, I2cPart>()
        parts.set(MprPart.address, new MprPart(() => this.pressurePa(), nowMs))
        parts.set(Ds3231Part.address, new Ds3231Part(() => this.wallS()))
        parts.set(FramPart.address, new FramPart(store, transfer => this.transferred(transfer)))
        connectBus(chip.rp2040, chip.rp2040.i2c[0], parts, () => this.busStuck)
        for (const label of ["DOSE", "START_STOP", "SUPPLY_LOW", "END_NO"]) this.drive(PINS[label], true)
        for (const label of ["END_NC", "FAULT"]) this.drive(PINS[label], false)
        this.turnEncoder()
    }

    private transferred({ address, length, reading }: Transfer): void {
        if (reading) return
        const { memory } = this.session
        memory.writes += 1
        memory.bytesWritten += length
        this.ticks.write(placeOf(address))
        this.moveOn()
        this.watch.written(address)
    }

    /** Brings world and accounts up to now. */
    moveOn(): void {
        const { session, chip } = this
        if (!chip) return
        session.advance(Math.max(session.world.nowMs, this.nowMs))
        for (const { pin, atMs } of this.releases) if (atMs <= session.world.nowMs) this.drive(pin, true)
        this.releases = this.releases.filter(({ atMs }) => atMs > session.world.nowMs)
        this.drive(PINS.SUPPLY_LOW, !session.world.supplyFailing)
        this.turnEncoder()
    }

    /** Now, in whole milliseconds of the run. */
    private get nowMs(): number {
        return this.bootMs + Math.floor((this.chip?.nanos ?? 0) / NANOS_PER_MS)
    }

    private drive(pin: number, level: boolean): void {
        this.chip?.rp2040.gpio[pin].setInputValue(level)
    }

    private onPin(pin: number, level: boolean | undefined): void {
        const before = this.levels.get(pin)
        this.levels.set(pin, level)
        if (level === before || !this.session.powered) return
        const label = LABELS.get(pin)
        if (label !== undefined) this.onPinLevel(label, level)
        if (pin === PINS.STEP) this.onStep(level === true)
        else if (pin === PINS.HEARTBEAT && before !== undefined && level !== undefined) this.onHeartbeat()
        else if (pin === PINS.RED_LED || pin === PINS.YELLOW_LED || pin === PINS.BUZZER) this.show()
    }

    private onStep(high: boolean): void {
        const { chip, session } = this
        if (!chip) return
        const last = this.pulses[this.pulses.length - 1]
        if (!high) {
            if (last && last.highNanos === 0) last.highNanos = chip.nanos - last.atNanos
            return
        }
        // The driver hears pulses while ENABLE is low.
        if (this.levels.get(PINS.ENABLE) !== false) return
        this.moveOn()
        const back = this.levels.get(PINS.DIR) === false
        this.pulses.push({ atNanos: chip.nanos, highNanos: 0, back })
        this.firstStepMs ??= chip.nanos / NANOS_PER_MS
        this.ticks.step()
        session.step(back ? -1 : 1)
        this.turnEncoder()
    }

    private onHeartbeat(): void {
        const { chip, session } = this
        if (!chip) return
        this.moveOn()
        const tick = this.ticks.end(chip.time)
        if (tick) this.onTick(tick, this.watch.standing)
        this.heartbeats += 1
        this.lastHeartbeatMs = session.world.nowMs
        session.world.heartbeat()
        session.tickDone()
    }

    private show(): void {
        this.moveOn()
        const red = this.levels.get(PINS.RED_LED) === true
        const yellow = this.levels.get(PINS.YELLOW_LED) === true
        const light = red ? Light.Red : yellow ? Light.Yellow : Light.Off
        this.session.show(light, this.levels.get(PINS.BUZZER) === true)
    }

    /** The sensors as the firmware's sample finds them: the first part that it asks begins it, and then the person is heard too. */
    private sample(): SensorAnswers {
        this.moveOn()
        const { session } = this
        if (this.answers && session.world.nowMs - this.askedMs < SAMPLE_MS) return this.answers
        this.askedMs = session.world.nowMs
        this.ticks.sample()
        const { sensors, command: asked } = session.ask()
        const command = this.onCommand(asked)
        this.answers = sensors
        const pressed = sensors.endSwitchFault === SensorFault.None ? sensors.endSwitch === 1 : undefined
        this.drive(PINS.END_NC, pressed !== false)
        this.drive(PINS.END_NO, pressed !== true)
        if (command.kind === CommandKind.PatientDose) this.press(PINS.DOSE, DOSE_PRESS_MS)
        else if (command.kind === CommandKind.Acknowledge) this.press(PINS.START_STOP, SHORT_PRESS_MS)
        else if (command.kind !== CommandKind.None) this.press(PINS.START_STOP, LONG_PRESS_MS)
        return sensors
    }

    private press(pin: number, forMs: number): void {
        this.drive(pin, false)
        this.releases.push({ pin, atMs: this.session.world.nowMs + forMs })
    }

    private pressurePa(): Measured {
        const { pressureFault, pressurePa } = this.sample()
        return measured(pressureFault, pressurePa)
    }

    private wallS(): Measured {
        const { wallFault, wallS } = this.sample()
        return measured(wallFault, wallS)
    }

    private analogue(channel: number): number {
        if (channel !== PINS.BATTERY - 26) return 0
        const { batteryFault, batteryMv } = this.sample()
        // A wire that broke leaves the pin at ground.
        return batteryFault === SensorFault.None ? batteryMv / BATTERY_DIVIDER / FULL_SCALE_MV : 0
    }

    /** The encoder's two lines, where the shaft stands. */
    private turnEncoder(): void {
        const { world } = this.session
        const fault = this.answers?.encoderFault ?? SensorFault.None
        if (fault !== SensorFault.None) return
        const count = Math.floor(world.stepsMade / STEPS_PER_COUNT)
        const [a, b] = QUADRATURE[((count % 4) + 4) % 4]
        this.drive(PINS.ENCODER_A, a)
        this.drive(PINS.ENCODER_B, b)
    }
}

function measured(fault: SensorFault, value: number): Measured {
    if (fault === SensorFault.None) return value
    return fault === SensorFault.Missing ? undefined : fault === SensorFault.Stale ? "busy" : "faulty"
}

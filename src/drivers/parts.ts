// The seam between the pump's logic and the parts: each driver gives one of these, and so does its mock twin.
// A part never throws once started; a failure is a reading that says so.

import { AlarmPriority } from "../pump/alarms"
import { Guard } from "../pump/guard"
import { Incoming } from "../pump/incoming"
import { Actions, Pump } from "../pump/pump"
import { Readings } from "../pump/readings"
import { Link } from "../service/link"
import { Board } from "./energyUse"

/** Pressure, encoder, reservoir switch, battery, real-time clock: each fills its own fields of the readings. */
export interface Sensor {
    /** Starts a conversion that takes a while, where there is one; all are started before any is read. */
    convert?: () => Promise<void>
    /** Reads the part and writes its fields; NaN and a SensorFault when there is no reading. Takes well under a tick. */
    read(readings: Readings): Promise<void>
}

/** The stepper behind its STEP/DIR/ENABLE driver. */
export interface Motor {
    /** False where the driver's direction is fixed: then no occlusion can be relieved. */
    readonly reverses: boolean
    /**
     * Makes `steps` whole steps and returns when the last pulse is out: positive forward, negative back (the pull-back that
     * relieves an occlusion), 1 to the mechanism's most per tick either way. A motor whose DIR is strapped by a wire makes no
     * step back.
     */
    step(steps: number): Promise<void>
    /** Cuts the coil current at once, whatever was under way. */
    release(): void
    /**
     * True when the driver chip reports a fault or, with coils on and no pulse, the encoder moved; called at power-on only,
     * with motor power on, and always false where neither is wired.
     */
    faulty(): Promise<boolean>
}

/** What a person who asked for something is told by light and buzzer: no alarm, and not to be taken for one. */
export enum Signal {
    Granted = 0,
    Denied = 1,
}

/** Light and buzzer. */
export interface Annunciator {
    /**
     * Called on every tick with the time, and never waits.
     * @param light the highest standing priority
     * @param sound the same, or None while a person has paused it
     * @param nowMs time on the monotonic clock
     * @returns true while a signal is not told to its end: the next tick must call it too, though no alarm stands
     */
    show(light: AlarmPriority, sound: AlarmPriority, nowMs: number): Promise<boolean>
    /**
     * Has `show` tell this from its next call on, in a silence of the alarms' sound that is long enough for all of it: alarms go
     * first, and what a burst breaks off is told again. What is told already is finished before it.
     */
    tell(signal: Signal): void
    /** Lamp test at power-on: each light and the buzzer on for a moment, then off. */
    test(): Promise<void>
}

/** The pin that tells the outside watchdog that ticks complete. */
export interface Heartbeat {
    /** One edge on the pin. Called at the end of every completed tick. */
    beat(): Promise<void>
}

/** Where the pump tells what it does, as it does it: the bench in the simulator. */
export interface Monitor {
    /** Called at the end of every tick; says something when there is something to say. */
    report(pump: Pump, guard: Guard, actions: Actions): Promise<void>
}

/** The memory that keeps the journal without power: each byte as soon as it is transferred, and no erasing (`fram.ts`). */
export interface RecordMemory {
    /** The `length` bytes from `address` on, 200 at most; undefined when the part does not answer. */
    read(address: number, length: number): Promise<Buffer | undefined>
    /** Writes the first `length` of `bytes`, 200 at most, from `address` on, in their order; false when the part does not answer. */
    write(address: number, bytes: Buffer, length: number): Promise<boolean>
}

/** A warning that the supply is about to fail. */
export interface SupplyWarning {
    failing(): boolean
}

/** Where a programme comes from that somebody offers, after the command `Programme`. */
export interface ProgrammeOffer {
    /** Brings in the next piece of its record, and cuts that to its size where it ends; false when it is too long. */
    bring(incoming: Incoming): Promise<boolean>
}

/** All the parts of one pump. */
export interface Parts {
    board: Board
    motor: Motor
    /** Read once a second, in this order; what takes a while to measure comes last. */
    sensors: Sensor[]
    annunciator: Annunciator
    heartbeat: Heartbeat
    /** In the simulator. A board tells what it does over the link. */
    monitor?: Monitor
    memory: RecordMemory
    supply?: SupplyWarning
    programmeOffer?: ProgrammeOffer
    /** The programmer's link, on a pump that has one. */
    link?: Link
}

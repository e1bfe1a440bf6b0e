// The seam between the pump's logic and the parts: each driver gives one of these, and so does its mock twin.
// A part never throws once started; a failure is a reading that says so.

import { AlarmPriority } from "../pump/alarms"
import { Guard } from "../pump/guard"
import { Actions, Pump } from "../pump/pump"
import { Readings } from "../pump/readings"

/** Pressure, encoder, reservoir switch, battery, real-time clock: each fills its own fields of the readings. */
export interface Sensor {
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

/** Light and buzzer. */
export interface Annunciator {
    /**
     * Called on every tick with the time, and never waits.
     * @param light the highest standing priority
     * @param sound the same, or None while a person has paused it
     * @param nowMs time on the monotonic clock
     */
    show(light: AlarmPriority, sound: AlarmPriority, nowMs: number): Promise<void>
    /** Lamp test at power-on: each light and the buzzer on for a moment, then off. */
    test(): Promise<void>
}

/** The pin that tells the outside watchdog that ticks complete. */
export interface Heartbeat {
    /** One edge on the pin. Called at the end of every completed tick. */
    beat(): Promise<void>
}

/** Where the pump tells what it does: the console on a board, the bench in the simulator. */
export interface Monitor {
    /** Called at the end of every tick; says something when there is something to say. */
    report(pump: Pump, guard: Guard, actions: Actions): Promise<void>
}

/** All the parts of one pump. */
export interface Parts {
    motor: Motor
    /** Read once a second, in this order. */
    sensors: Sensor[]
    annunciator: Annunciator
    heartbeat: Heartbeat
    monitor: Monitor
}

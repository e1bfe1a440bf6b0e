// The seam between the pump's logic and the parts: each driver gives one of these, and so does its mock twin.
// A part never throws once started; a failure is a reading that says so.

import { AlarmPriority } from "../pump/alarms"
import { Actions, Pump } from "../pump/pump"
import { Readings } from "../pump/readings"

/** Pressure, encoder, reservoir switch, battery, real-time clock: each fills its own fields of the readings. */
export interface Sensor {
    /** Reads the part and writes its fields; NaN and a SensorFault when there is no reading. Takes well under a tick. */
    read(readings: Readings): Promise<void>
}

/** The stepper behind its STEP/DIR/ENABLE driver. */
export interface Motor {
    /** Makes `steps` whole steps forward, 1 to the mechanism's most per tick, and returns when the last pulse is out. */
    step(steps: number): Promise<void>
    /** Cuts the coil current at once, whatever was under way. */
    release(): void
}

/** Light and buzzer. */
export interface Annunciator {
    /** Shows the highest standing priority as light and sound; called on every tick with the time, and never waits. */
    show(priority: AlarmPriority, nowMs: number): Promise<void>
}

/** The pin that tells the outside watchdog that ticks complete. */
export interface Heartbeat {
    /** One edge on the pin. Called at the end of every completed tick. */
    beat(): Promise<void>
}

/** Where the pump tells what it does: the console on a board, the bench in the simulator. */
export interface Monitor {
    /** Called at the end of every tick; says something when there is something to say. */
    report(pump: Pump, actions: Actions): Promise<void>
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

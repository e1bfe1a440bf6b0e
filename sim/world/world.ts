// The physical bench around the firmware: stepper, lead screw, syringe, line, catheter and what the sensors read.
// It knows what truly left the catheter, and never asks the firmware for anything. What a scenario does not switch on costs nothing.

import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { AlarmPriority } from "../../src/pump/alarms"
import type { PartName, SensorFailure, WorldSettings } from "../scenario/scenario"
import { Battery } from "./battery"
import { Body } from "./body"
import { Drive, type Travel } from "./drive"
import { LineContents } from "./lineContents"
import { LinePressure, perPascal } from "./linePressure"
import { MemoryChip } from "./memory"
import { type RandomStream, randomStream, uniform } from "./random"
import { type SensorAnswers, Sensors } from "./sensors"
import { Temperature } from "./temperature"
import { Watchdog } from "./watchdog"

export type { SensorAnswers } from "./sensors"

const PL_PER_MICROLITRE = 1_000_000
const MS_PER_HOUR = 3_600_000

// The thrust at which a NEMA 11 on an M3 screw slips is of the order of 100 N; on the 2.9 cm² of a 20 mL plunger that
// is about 350 kPa. Beyond it a motor without settings of its own loses its steps.
const STALL_PA = 350_000

// Rubber yields in front of a blocked outlet even where the settings say that it doesn't. Assumed.
const STOPPER_PL_PER_PA_MIN = 20

// The longest time in which what runs by itself is taken as one: short against the line's own time.
const SLICE_MS = 100

export class World {
    /** Time since the start of the run. */
    nowMs = 0
    /** What truly left the catheter since the start. */
    deliveredPl = 0
    /** What left the line elsewhere. */
    leakedPl = 0
    /** The fluid truly left in the syringe. */
    reservoirPl: number
    /** Steps the motor truly made since the firmware was powered on, forwards less backwards. */
    stepsMade = 0
    /** Flow is impossible at the catheter's tip. */
    occluded = false
    /** The part of what each step displaces that leaves through a leak, 0 to 1. */
    leakFraction = 0
    /** The motor does not turn. */
    stalled = false
    /** The chance with which a step is lost, 0 to 1. */
    lossFraction = 0
    /** Motor and encoder turn, and the screw does not. */
    gearWorn = false
    /** What the supply gives where no battery is in it. */
    batteryMv: number
    /** The battery, where there is one that empties. */
    readonly battery: Battery | undefined
    /** The detector on the supply warns that it is about to fail. */
    supplyFailing = false
    readonly memory = new MemoryChip()
    /** Until when the firmware does not run, with its power on. */
    frozenUntilMs = 0
    /** What the pump's light shows, a `Light`; and whether its buzzer sounds. */
    light = 0
    sounding = false

    /** True volume of one step. */
    readonly stepPl: number

    private readonly body: Body
    private readonly sensors: Sensors
    private readonly chance: RandomStream
    private readonly pressure: LinePressure
    /** Where the scenario has them. */
    private readonly drive: Drive | undefined
    private readonly temperature: Temperature | undefined
    private readonly stictionPa: number
    /** What a plunger that slides holds against whatever moves it. */
    private readonly glidePa: number
    /** How far the stopper yields to the screw before it moves; 0 where it moves at once. */
    private readonly stopperPlPerPa: number
    /** How far the screw is ahead of the stopper, as volume; under 0 there is a gap between the two. */
    private aheadPl = 0
    private blocked = false
    private open = false
    private stepsPerS = 0
    private stepsOwed = 0
    private siphonPlPerMs = 0
    /** True when something goes on between two ticks besides the line's own relaxation. */
    private busy = false
    private clockOffsetMs = 0
    private readonly clockRate: number

    private powered = true
    private readonly watchdog: Watchdog

    constructor(
        settings: WorldSettings,
        /** Local time at the start, as milliseconds since Monday 3 January 2000, 00:00. */
        private readonly startWallMs: number,
        fillPl: number,
        seed: number,
        /** What is in tubing and catheter; a line without a volume of its own where nobody asks what leaves it. */
        readonly line = new LineContents(0, 0, true),
    ) {
        this.reservoirPl = fillPl
        this.batteryMv = settings.batteryMillivolts
        if (settings.battery) this.battery = new Battery(settings.battery)
        this.body = new Body(settings, randomStream(seed, 1))
        if (settings.temperature) this.temperature = new Temperature(settings.temperature)
        this.sensors = new Sensors(
            settings,
            this.temperature,
            xoroshiro128plus(seed),
            randomStream(seed, 2),
            randomStream(seed, 3),
        )
        this.chance = randomStream(seed, 4)
        this.clockRate = 1 + settings.clockDriftPartsPerMillion / 1_000_000
        this.watchdog = new Watchdog(settings.watchdogMilliseconds)
        if (settings.leadScrew || settings.stepper) this.drive = new Drive(settings)
        const boreMm2 = (Math.PI / 4) * settings.syringeBoreMm ** 2
        this.stepPl = ((boreMm2 * settings.leadScrewPitchMm) / settings.stepsPerTurn) * PL_PER_MICROLITRE
        this.stictionPa = settings.plungerStictionKilopascals * 1000
        this.glidePa = settings.plungerGlideKilopascals * 1000
        this.stopperPlPerPa = perPascal(settings.stopperComplianceMicrolitresPerKilopascal)
        this.pressure = new LinePressure(settings)
        this.seatPlunger()
        this.judgeBusy()
    }

    /** Pressure in the line, gauge. */
    get pressurePa(): number {
        return this.pressure.pressurePa
    }

    /** Mean pressure of the spinal fluid at the catheter's tip, in the person's present posture. */
    get spinalPa(): number {
        return this.pressure.meanSpinalPa
    }

    /** What line and catheter hold more than at the start, for the pressure in them. */
    get lineStoredPl(): number {
        return this.pressure.storedPl
    }

    /** By how much the screw is away from the plunger, as volume: a pull-back that the plunger did not follow leaves a gap. */
    get gapPl(): number {
        return Math.max(-this.aheadPl, 0)
    }

    /** False once the outside watchdog has cut the motor's supply, and without power. */
    get motorPowered(): boolean {
        return this.powered && !this.watchdog.lost(this.nowMs)
    }

    /** The outside watchdog's own buzzer. */
    get watchdogSounding(): boolean {
        return this.powered && this.watchdog.lost(this.nowMs)
    }

    /** Lets time pass: the line relaxes through the catheter as a compliance through a resistance does. */
    advance(toMs: number): void {
        if (this.battery && this.powered) this.battery.pass(toMs - this.nowMs)
        if (this.busy) {
            this.advanceBusy(toMs)
            return
        }
        const elapsedMs = toMs - this.nowMs
        this.nowMs = toMs
        if (this.pressure.overPa === 0 || this.occluded || this.open) return
        this.relax(elapsedMs)
    }

    /** Pulses reach the motor driver: forwards, or backwards where `steps` is negative. A motor that can't turn loses them. */
    step(steps: number): void {
        if (steps === 0 || !this.motorPowered) return
        this.battery?.steps(Math.abs(steps))
        for (let i = 0; i < steps; i++) this.stepForward()
        for (let i = 0; i > steps; i--) this.stepBack()
        if (this.drive) this.goesOn(this.drive.rest(!this.gearWorn))
    }

    /** An edge comes from the heartbeat pin at the end of each completed tick. */
    heartbeat(): void {
        this.battery?.tick()
        this.watchdog.edge(this.nowMs)
    }

    /** Power goes off, the motor's and the watchdog's too. */
    powerOff(): void {
        this.restartFirmware()
        this.powered = false
        this.memory.powered = false
        this.watchdog.powerOff()
    }

    /** Power is back. Where a watchdog is fitted, it sounds and the motor stays without power until the first heartbeat. */
    powerOn(): void {
        this.powered = true
        this.memory.powered = true
    }

    /** The firmware starts anew, whatever it hung on: the encoder's count is gone with it, and nothing is shown. */
    restartFirmware(): void {
        this.frozenUntilMs = 0
        this.stepsMade = 0
        this.sensors.forgetCount()
        this.watchdog.pinLow()
        this.light = 0
        this.sounding = false
        if (this.battery) this.battery.alarm = AlarmPriority.None
    }

    /**
     * A person draws out what is left and fills up to this volume, of which some goes beside the syringe. The plunger then lies
     * against the screw.
     * @param ngPerMl strength of what is filled in
     */
    refill(volumePl: number, missedPl = 0, ngPerMl = 0): void {
        this.reservoirPl = volumePl - missedPl
        this.line.refill(ngPerMl)
        this.seatPlunger()
    }

    /** The syringe's outlet is blocked, before the sensor: what the screw does only presses the stopper. */
    blockOutlet(blocked: boolean): void {
        this.blocked = blocked
        if (this.aheadPl > 0) this.press()
    }

    /** The line has come off between sensor and patient: it is at the room's pressure and all that is pumped is lost. */
    openLine(open: boolean): void {
        this.open = open
        if (open) {
            const lostPl = this.pressure.comeOff()
            this.leakedPl += lostPl
            this.line.spill(Math.max(0, lostPl))
        }
    }

    /** There is a bubble of this volume in the line, which makes the line softer; 0 takes it out. */
    setBubble(microlitres: number): void {
        this.pressure.setBubble(microlitres)
    }

    /** The reservoir empties by itself into an open line; 0 ends it. What the motor does comes on top, at worst. */
    setSiphon(microlitresPerHour: number): void {
        this.siphonPlPerMs = (microlitresPerHour * PL_PER_MICROLITRE) / MS_PER_HOUR
        this.judgeBusy()
    }

    /** The motor's driver steps forward by itself while it has power; 0 ends it. */
    setRunaway(stepsPerSecond: number): void {
        this.stepsPerS = stepsPerSecond
        this.stepsOwed = 0
        this.judgeBusy()
    }

    /** Somebody or something sets the real-time clock on, or back. */
    stepClock(seconds: number): void {
        this.clockOffsetMs += seconds * 1000
    }

    /** The part fails from now on; `driftPerHour`, in pascals, steps, millivolts or seconds, is for one that drifts. */
    fail(part: PartName, failure: SensorFailure | "none", driftPerHour = 0): void {
        if (part === "memory") this.memory.answering = failure === "none"
        else this.sensors.fail(part, failure, driftPerHour, this.nowMs)
    }

    /**
     * Reads every sensor now. Draws the noise, so it must be called once for each time the firmware asks; the person moves
     * with it, because nobody else sees that.
     */
    sense(): SensorAnswers {
        const { body, nowMs } = this
        let pressurePa = this.pressurePa
        if (body.moves) {
            this.pressure.spinalChanges(body.postureStepPa(nowMs))
            // Drawn in any case, so that a person's heart and coughs don't change with the line's condition.
            const swingPa = body.swingPa(nowMs, this.pressure.timeConstantMs)
            if (!this.occluded && !this.open) pressurePa += swingPa
        }
        const wallS = Math.floor((this.startWallMs + nowMs * this.clockRate + this.clockOffsetMs) / 1000)
        return this.sensors.answer(
            pressurePa,
            this.stepsMade,
            this.reservoirPl <= 0 ? 1 : 0,
            this.battery ? this.battery.millivolts : this.batteryMv,
            // As a u32, which is what the link carries.
            wallS >>> 0,
            this.memory.answering,
            this.supplyFailing,
            nowMs,
        )
    }

    private relax(elapsedMs: number): void {
        const leavesPl = this.pressure.relax(elapsedMs)
        this.deliveredPl += leavesPl
        this.line.leave(leavesPl)
    }

    /** Whether anything but the line's relaxation goes on between two ticks. */
    private judgeBusy(): void {
        this.busy = this.stepsPerS > 0 || this.siphonPlPerMs > 0 || this.stopperPlPerPa > 0 || !!this.temperature
    }

    /** Advances to `toMs` with all that runs by itself. */
    private advanceBusy(toMs: number): void {
        const byItself = this.stepsPerS > 0 || this.siphonPlPerMs > 0 || this.temperature
        while (this.nowMs < toMs) {
            const sliceMs = byItself ? Math.min(SLICE_MS, toMs - this.nowMs) : toMs - this.nowMs
            this.nowMs += sliceMs
            if (this.stepsPerS > 0 && this.motorPowered) {
                this.stepsOwed += (this.stepsPerS * sliceMs) / 1000
                for (; this.stepsOwed >= 1; this.stepsOwed--) this.stepForward()
            }
            if (this.siphonPlPerMs > 0 && !this.blocked && (this.open || !this.occluded))
                this.displace(Math.min(this.siphonPlPerMs * sliceMs, this.reservoirPl))
            if (this.temperature) this.warm(this.temperature)
            if (this.pressure.overPa !== 0 && !this.occluded && !this.open) this.relax(sliceMs)
            if (this.aheadPl > 0) this.press()
        }
    }

    /** True when the driver's pulse turns the rotor. */
    private turns(): boolean {
        return !this.stalled && !(this.lossFraction > 0 && uniform(this.chance) < this.lossFraction)
    }

    private stepForward(): void {
        const { gearWorn, drive } = this
        const slips = drive?.stepper !== undefined
        if (!slips && !gearWorn && this.aheadPl >= 0 && (this.reservoirPl <= 0 || this.thrustPa() >= STALL_PA)) return
        if (!this.turns()) return
        if (drive) {
            this.goesOn(drive.pulse(1, this.loadPa(), Math.max(-this.aheadPl, 0), !gearWorn))
            return
        }
        this.stepsMade += 1
        if (!gearWorn) this.screwMoves(this.stepPl)
    }

    private stepBack(): void {
        const { gearWorn, drive } = this
        if (!this.turns()) return
        if (drive) {
            this.goesOn(drive.pulse(-1, this.loadPa(), 0, !gearWorn))
            return
        }
        this.stepsMade -= 1
        if (!gearWorn) this.screwMoves(-this.stepPl)
    }

    /** The encoder sees where the rotor is; the screw is where it is. */
    private goesOn({ rotorSteps, volumePl }: Travel): void {
        this.stepsMade += rotorSteps
        if (volumePl !== 0) this.screwMoves(volumePl)
    }

    /** The screw goes on or back by this volume, and the plunger with it as far as the screw pushes it or the line does. */
    private screwMoves(volumePl: number): void {
        this.aheadPl += volumePl
        if (this.aheadPl > 0) this.press()
        else if (volumePl < 0 && this.aheadPl < 0) this.retreat()
    }

    /**
     * The screw can't pull the plunger: it follows one that retreats while the line presses harder than its friction holds, and
     * stays where it is once the line presses no more.
     */
    private retreat(): void {
        const { pressure } = this
        if (this.blocked || this.open || !(pressure.pressurePa - this.glidePa > this.stictionPa)) return
        const followsPl = Math.min(-this.aheadPl, pressure.outToPl(this.glidePa))
        this.aheadPl += followsPl
        this.displace(-followsPl)
    }

    /** Drug and syringe grow or shrink by what the temperature did since. */
    private warm(temperature: Temperature): void {
        const growsPl = this.reservoirPl * temperature.expansionSince(this.nowMs)
        this.pressure.setViscosityRatio(temperature.viscosityRatio(this.nowMs))
        // Before a blocked outlet it is as if the screw had gone on.
        if (this.blocked) this.aheadPl += growsPl
        else this.displace(growsPl)
    }

    /** What a motor that slips has to push against: nothing turns a screw whose plunger is at the end of its travel. */
    private loadPa(): number {
        return this.reservoirPl <= 0 ? Infinity : this.thrustPa()
    }

    /** What the screw has to push against. */
    private thrustPa(): number {
        if (this.stopperPlPerPa > 0 || this.blocked) return Math.max(this.aheadPl, 0) / this.springPlPerPa()
        return this.pressure.pressurePa + this.glidePa
    }

    private springPlPerPa(): number {
        return this.blocked ? Math.max(this.stopperPlPerPa, STOPPER_PL_PER_PA_MIN) : this.stopperPlPerPa
    }

    /**
     * The screw presses the stopper. A rigid one goes along. A soft one yields and sticks until the screw's push differs
     * from the line's by more than friction at rest holds, and then slips until friction in motion holds it again.
     */
    private press(): void {
        if (this.blocked) return
        let movesPl = this.aheadPl
        if (this.stopperPlPerPa > 0) {
            const pushPa = this.aheadPl / this.stopperPlPerPa - this.pressure.pressurePa
            if (!(Math.abs(pushPa) > this.glidePa + this.stictionPa)) return
            const overPa = pushPa > 0 ? pushPa - this.glidePa : pushPa + this.glidePa
            const stays = this.open ? 0 : pushPa > 0 ? 1 - this.leakFraction : 1
            const stiffness = 1 / this.stopperPlPerPa + stays / this.pressure.compliancePlPerPa
            movesPl = Math.min(overPa / stiffness, this.aheadPl)
        }
        movesPl = Math.min(movesPl, this.reservoirPl)
        // What the screw is ahead of a plunger at the end of its travel is lost, in a rigid one.
        this.aheadPl = this.stopperPlPerPa > 0 ? this.aheadPl - movesPl : 0
        this.displace(movesPl)
    }

    /** The stopper moves by this volume; where it is negative, fluid comes back out of the line. */
    private displace(volumePl: number): void {
        this.reservoirPl -= volumePl
        const leaksPl = volumePl > 0 ? volumePl * this.leakFraction : 0
        this.leakedPl += leaksPl
        if (this.open) {
            this.leakedPl += volumePl - leaksPl
            return
        }
        const goesOnPl = volumePl - leaksPl
        this.pressure.add(goesOnPl)
        if (goesOnPl >= 0) this.line.enter(goesOnPl)
        else this.line.retreat(-goesOnPl)
    }

    /** The plunger lies against the screw, pressed as hard as the line presses back. */
    private seatPlunger(): void {
        this.aheadPl = this.stopperPlPerPa * Math.max(this.pressurePa, 0)
    }
}

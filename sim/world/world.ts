// The physical bench around the firmware: stepper, lead screw, syringe, line, catheter and what the sensors read.
// It knows what truly left the catheter, and never asks the firmware for anything.

import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { AlarmPriority } from "../../src/pump/alarms"
import type { PartName, SensorFailure, WorldSettings } from "../scenario/scenario"
import { Battery } from "./battery"
import { Body } from "./body"
import { LineContents } from "./lineContents"
import { MemoryChip } from "./memory"
import { type RandomStream, randomStream, uniform } from "./random"
import { type SensorAnswers, Sensors } from "./sensors"

export type { SensorAnswers } from "./sensors"

const PL_PER_MICROLITRE = 1_000_000
const MS_PER_HOUR = 3_600_000

// The thrust at which a NEMA 11 on an M3 screw slips is of the order of 100 N; on the 2.9 cm² of a 20 mL plunger that
// is about 350 kPa. Beyond it the motor loses its steps.
const STALL_PA = 350_000

// The screw pushes the plunger and can't pull it: the plunger follows a screw that retreats while the line presses on it,
// gauge, and stays where it is once the line presses no more.
const CONTACT_PA = 0

// Rubber yields in front of a blocked outlet even where the settings say that it doesn't. Assumed.
const STOPPER_PL_PER_PA_MIN = 20

// A gas at the room's pressure gives way by its own volume over that pressure (Boyle).
const ROOM_PA = 101_325

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
    private readonly stictionPa: number
    /** How far the stopper yields to the screw before it moves; 0 where it moves at once. */
    private readonly stopperPlPerPa: number
    private readonly resistancePaSPerPl: number
    private readonly linePlPerPa: number
    private compliancePlPerPa: number
    private timeConstantMs = 0
    private meanSpinalPa: number
    /** Pressure in the line over that of the spinal fluid. */
    private overPa = 0
    /** The pressure at which the line holds neither more nor less than at the start. */
    private restPa: number
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
    // The decay over the time between two ticks, kept because it is nearly always the same.
    private decayMs = Number.NaN
    private decay = 1

    private powered = true
    private watchdogFitted = false
    private heartbeatHigh = false
    private lastEdgeMs = -Infinity

    constructor(
        private readonly settings: WorldSettings,
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
        this.sensors = new Sensors(settings, xoroshiro128plus(seed), randomStream(seed, 2), randomStream(seed, 3))
        this.chance = randomStream(seed, 4)
        const boreMm2 = (Math.PI / 4) * settings.syringeBoreMm ** 2
        this.stepPl = ((boreMm2 * settings.leadScrewPitchMm) / settings.stepsPerTurn) * PL_PER_MICROLITRE
        this.stictionPa = settings.plungerStictionKilopascals * 1000
        this.stopperPlPerPa = perPascal(settings.stopperComplianceMicrolitresPerKilopascal)
        this.linePlPerPa = perPascal(settings.lineComplianceMicrolitresPerKilopascal)
        this.resistancePaSPerPl = resistancePaSPerPl(settings)
        this.meanSpinalPa = settings.spinalPressurePascals
        this.restPa = this.meanSpinalPa
        this.compliancePlPerPa = this.linePlPerPa
        this.setBubble(0)
        this.seatPlunger()
        this.judgeBusy()
    }

    /** Pressure in the line, gauge. */
    get pressurePa(): number {
        return this.meanSpinalPa + this.overPa
    }

    /** Mean pressure of the spinal fluid at the catheter's tip, in the person's present posture. */
    get spinalPa(): number {
        return this.meanSpinalPa
    }

    /** What line and catheter hold more than at the start, for the pressure in them. */
    get lineStoredPl(): number {
        return (this.pressurePa - this.restPa) * this.compliancePlPerPa
    }

    /** False once the outside watchdog has cut the motor's supply, and without power. */
    get motorPowered(): boolean {
        return this.powered && !this.heartbeatLost
    }

    /** The outside watchdog's own buzzer. */
    get watchdogSounding(): boolean {
        return this.powered && this.heartbeatLost
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
        if (this.overPa === 0 || this.occluded || this.open) return
        this.relax(elapsedMs)
    }

    /** Pulses reach the motor driver: forwards, or backwards where `steps` is negative. A motor that can't turn loses them. */
    step(steps: number): void {
        if (steps === 0 || !this.motorPowered) return
        this.battery?.steps(Math.abs(steps))
        for (let i = 0; i < steps; i++) this.stepForward()
        for (let i = 0; i > steps; i--) this.stepBack()
    }

    /** An edge comes from the heartbeat pin at the end of each completed tick; the watchdog hears every other one, the rising. */
    heartbeat(): void {
        this.battery?.tick()
        this.watchdogFitted = true
        this.heartbeatHigh = !this.heartbeatHigh
        if (this.heartbeatHigh) this.lastEdgeMs = this.nowMs
    }

    /** Power goes off, the motor's and the watchdog's too. */
    powerOff(): void {
        this.restartFirmware()
        this.powered = false
        this.memory.powered = false
        this.lastEdgeMs = -Infinity
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
        this.heartbeatHigh = false
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
            const lostPl = this.pressurePa * this.compliancePlPerPa
            this.leakedPl += lostPl
            this.line.spill(Math.max(0, lostPl))
            this.overPa = -this.meanSpinalPa
        }
    }

    /** There is a bubble of this volume in the line, which makes the line softer; 0 takes it out. */
    setBubble(microlitres: number): void {
        const storedPl = this.lineStoredPl
        this.compliancePlPerPa = this.linePlPerPa + (microlitres * PL_PER_MICROLITRE) / ROOM_PA
        this.restPa = this.pressurePa - storedPl / this.compliancePlPerPa
        this.timeConstantMs = this.resistancePaSPerPl * this.compliancePlPerPa * 1000
        this.decayMs = Number.NaN
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
            const stepPa = body.postureStepPa(nowMs)
            this.meanSpinalPa += stepPa
            this.overPa -= stepPa
            // Drawn in any case, so that a person's heart and coughs don't change with the line's condition.
            const swingPa = body.swingPa(nowMs, this.timeConstantMs)
            if (!this.occluded && !this.open) pressurePa += swingPa
        }
        const wallS = Math.floor((this.startWallMs + nowMs + this.clockOffsetMs) / 1000)
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

    private get heartbeatLost(): boolean {
        return this.watchdogFitted && !(this.nowMs - this.lastEdgeMs <= this.settings.watchdogMilliseconds)
    }

    private relax(elapsedMs: number): void {
        if (elapsedMs !== this.decayMs) {
            this.decayMs = elapsedMs
            this.decay = Math.exp(-elapsedMs / this.timeConstantMs)
        }
        const leftPa = this.overPa * this.decay
        const leavesPl = (this.overPa - leftPa) * this.compliancePlPerPa
        this.deliveredPl += leavesPl
        this.line.leave(leavesPl)
        this.overPa = Math.abs(leftPa) < 1e-9 ? 0 : leftPa
    }

    /** Whether anything but the line's relaxation goes on between two ticks. */
    private judgeBusy(): void {
        this.busy = this.stepsPerS > 0 || this.siphonPlPerMs > 0 || this.stopperPlPerPa > 0
    }

    /** Advances to `toMs` with all that runs by itself. */
    private advanceBusy(toMs: number): void {
        const byItself = this.stepsPerS > 0 || this.siphonPlPerMs > 0
        while (this.nowMs < toMs) {
            const sliceMs = byItself ? Math.min(SLICE_MS, toMs - this.nowMs) : toMs - this.nowMs
            this.nowMs += sliceMs
            if (this.stepsPerS > 0 && this.motorPowered) {
                this.stepsOwed += (this.stepsPerS * sliceMs) / 1000
                for (; this.stepsOwed >= 1; this.stepsOwed--) this.stepForward()
            }
            if (this.siphonPlPerMs > 0 && !this.blocked && (this.open || !this.occluded))
                this.displace(Math.min(this.siphonPlPerMs * sliceMs, this.reservoirPl))
            if (this.overPa !== 0 && !this.occluded && !this.open) this.relax(sliceMs)
            if (this.aheadPl > 0) this.press()
        }
    }

    /** True when the driver's pulse turns the rotor. */
    private turns(): boolean {
        return !this.stalled && !(this.lossFraction > 0 && uniform(this.chance) < this.lossFraction)
    }

    private stepForward(): void {
        const { gearWorn } = this
        if (!gearWorn && this.aheadPl >= 0 && (this.reservoirPl <= 0 || this.thrustPa() >= STALL_PA)) return
        if (!this.turns()) return
        this.stepsMade += 1
        if (gearWorn) return
        this.aheadPl += this.stepPl
        if (this.aheadPl > 0) this.press()
    }

    private stepBack(): void {
        if (!this.turns()) return
        this.stepsMade -= 1
        if (this.gearWorn) return
        this.aheadPl -= this.stepPl
        const freePa = this.pressurePa - CONTACT_PA
        if (this.aheadPl > 0) {
            this.press()
        } else if (this.aheadPl < 0 && !this.blocked && !this.open && freePa > this.stictionPa) {
            const followsPl = Math.min(-this.aheadPl, freePa * this.compliancePlPerPa)
            this.aheadPl += followsPl
            this.displace(-followsPl)
        }
    }

    /** What the motor has to push against. */
    private thrustPa(): number {
        if (this.stopperPlPerPa > 0 || this.blocked) return Math.max(this.aheadPl, 0) / this.springPlPerPa()
        return this.pressurePa
    }

    private springPlPerPa(): number {
        return this.blocked ? Math.max(this.stopperPlPerPa, STOPPER_PL_PER_PA_MIN) : this.stopperPlPerPa
    }

    /**
     * The screw presses the stopper. A rigid one goes along. A soft one yields and sticks until the screw's push differs
     * from the line's by more than friction holds, and then slips until the two are equal.
     */
    private press(): void {
        if (this.blocked) return
        let movesPl = this.aheadPl
        if (this.stopperPlPerPa > 0) {
            const pushPa = this.aheadPl / this.stopperPlPerPa - this.pressurePa
            if (!(Math.abs(pushPa) > this.stictionPa)) return
            const stays = this.open ? 0 : pushPa > 0 ? 1 - this.leakFraction : 1
            movesPl = Math.min(pushPa / (1 / this.stopperPlPerPa + stays / this.compliancePlPerPa), this.aheadPl)
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
        this.overPa += goesOnPl / this.compliancePlPerPa
        if (goesOnPl >= 0) this.line.enter(goesOnPl)
        else this.line.retreat(-goesOnPl)
    }

    /** The plunger lies against the screw, pressed as hard as the line presses back. */
    private seatPlunger(): void {
        this.aheadPl = this.stopperPlPerPa * Math.max(this.pressurePa, 0)
    }
}

/** Resistance of the catheter to flow by Hagen-Poiseuille, 8 η L / (π r⁴), in pascal seconds per picolitre. */
export function resistancePaSPerPl(settings: WorldSettings): number {
    const radiusM = settings.catheterBoreMm / 2000
    const lengthM = settings.catheterLengthMm / 1000
    const viscosityPaS = settings.fluidViscosityMillipascalSeconds / 1000
    const M3_PER_PL = 1e-15
    return ((8 * viscosityPaS * lengthM) / (Math.PI * radiusM ** 4)) * M3_PER_PL
}

/** Microlitres per kilopascal as picolitres per pascal. */
function perPascal(microlitresPerKilopascal: number): number {
    return (microlitresPerKilopascal * PL_PER_MICROLITRE) / 1000
}

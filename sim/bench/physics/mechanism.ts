// Motor, lead screw and syringe against their closed forms.

import { Stepper } from "../../world/stepper"
import type { World } from "../../world/world"
import { bench, FILL_PL, type PhysicsCheck, PL_PER_MICROLITRE, settingsOf } from "./check"

const BORE_MM = 19.13
const PITCH_MM = 0.5
const AREA_MM2 = (Math.PI / 4) * BORE_MM ** 2
const TURN_STEPS = 3200
/** An electrical period is four full steps of 200 a turn. */
const PERIOD_STEPS = 64
/** Fine enough for steps themselves not to be seen. */
const FINE = { stepsPerTurn: 51_200 }

/** A bench whose line is open to the room, so that nothing presses back. */
function openBench(changes: object): World {
    const world = bench(changes)
    world.openLine(true)
    return world
}

function stepVolume(): PhysicsCheck {
    const world = openBench({})
    world.step(TURN_STEPS)
    return {
        model: "lead screw and bore",
        quantity: "volume of a step",
        unit: "nL",
        expected: (AREA_MM2 * PITCH_MM * 1000) / TURN_STEPS,
        simulated: (FILL_PL - world.reservoirPl) / TURN_STEPS / 1000,
        source: "π/4 d² × pitch ÷ steps of a turn",
        withinPercent: 1e-6,
        because: "arithmetic",
    }
}

/** A motor by these settings, with a field that turns in the finest steps. */
function motor(changes: object): Stepper {
    const { stepper } = settingsOf({ stepper: { detentPercent: 0, ...changes } })
    if (!stepper) throw new Error("a motor without settings")
    return new Stepper(stepper, PITCH_MM, FINE.stepsPerTurn, AREA_MM2)
}

const FINE_PER_STEP = FINE.stepsPerTurn / TURN_STEPS

function detentError(): PhysicsCheck {
    const stepper = motor({ detentPercent: 8 })
    let worst = 0
    for (let field = 1; field <= PERIOD_STEPS * FINE_PER_STEP; field++) {
        stepper.pulse(1, 0, 0)
        worst = Math.max(worst, Math.abs(stepper.rotorSteps - field))
    }
    return {
        model: "stepper, detent",
        quantity: "largest error of a microstep, detent 8 %",
        unit: "steps",
        expected: (Math.asin(0.08) * PERIOD_STEPS) / (2 * Math.PI),
        simulated: worst / FINE_PER_STEP,
        source: "sin(lag) = detent: arcsin(0.08) of an electrical period",
        withinPercent: 0.1,
        because: "looked at once a 16th of a step",
    }
}

function released(): PhysicsCheck {
    const stepper = motor({ detentPercent: 8, frictionPercent: 4 })
    for (let i = 0; i < 6 * FINE_PER_STEP; i++) stepper.pulse(1, 0, 0)
    stepper.release()
    return {
        model: "stepper, coils let go",
        quantity: "rest beside the full step, detent 8 %, friction 4 %",
        unit: "steps",
        expected: (Math.asin(4 / 8) / 4 / (2 * Math.PI)) * PERIOD_STEPS,
        simulated: stepper.rotorSteps / FINE_PER_STEP,
        source: "detent × sin(4 × electrical angle) = friction",
        withinPercent: 0.01,
        because: "the rest is searched for by bisection",
    }
}

function slipLoss(): PhysicsCheck {
    const stepper = motor({})
    const pulses = 1000 * FINE_PER_STEP
    for (let i = 0; i < pulses; i++) stepper.pulse(1, Infinity, Math.max(0, -stepper.rotorSteps))
    for (let i = 0; i < FINE_PER_STEP; i++) stepper.pulse(1, 0, 0)
    const lost = (pulses + FINE_PER_STEP - stepper.rotorSteps) / FINE_PER_STEP
    return {
        model: "stepper, missed steps",
        quantity: "steps lost of 1000 against a wall",
        unit: "steps",
        expected: Math.round(1000 / PERIOD_STEPS) * PERIOD_STEPS,
        simulated: lost,
        source: "a rotor slips by whole electrical periods, 4 full steps",
        withinPercent: 0.01,
        because: "a whole number",
    }
}

function slipPressure(): PhysicsCheck {
    const world = bench({ ...FINE, lineComplianceMicrolitresPerKilopascal: 0.001, stepper: { detentPercent: 0 } })
    world.occluded = true
    let highestPa = 0
    for (let i = 0; i < 4000; i++) {
        world.step(1)
        highestPa = Math.max(highestPa, world.pressurePa)
    }
    const newtons = (2 * Math.PI * 0.25 * 0.045) / (PITCH_MM / 1000)
    return {
        model: "stepper, missed steps",
        quantity: "pressure at which it slips, 45 mN·m, screw 25 %",
        unit: "kPa",
        expected: (newtons / AREA_MM2) * 1000,
        simulated: highestPa / 1000,
        source: "2π × efficiency × torque ÷ (lead × area)",
        withinPercent: 0.6,
        because: "a step raises it by 2.8 kPa",
    }
}

function lossByChance(): PhysicsCheck {
    const world = openBench({})
    world.lossFraction = 0.1
    for (let i = 0; i < 200; i++) world.step(500)
    return {
        model: "stepper, missed steps",
        quantity: "steps lost of 100 000, a tenth by chance",
        unit: "steps",
        expected: 10_000,
        simulated: 100_000 - world.stepsMade,
        source: "binomial: 10 000, SD 95",
        withinPercent: 2.9,
        because: "three standard deviations",
    }
}

/** How far what was displaced is from the steps' volume, at every step of a turn, in microlitres. */
function turnErrors(leadScrew: object): number[] {
    const world = openBench({ ...FINE, leadScrew })
    return Array.from({ length: FINE.stepsPerTurn }, (_, i) => {
        world.step(1)
        return (FILL_PL - world.reservoirPl - (i + 1) * world.stepPl) / PL_PER_MICROLITRE
    })
}

function leadError(): PhysicsCheck {
    const errors = turnErrors({ leadErrorPercent: 0.1 })
    return {
        model: "lead screw, lead error",
        quantity: "volume too much in a turn, lead +0.1 %",
        unit: "µL",
        expected: AREA_MM2 * PITCH_MM * 0.001,
        simulated: errors[errors.length - 1],
        source: "area × pitch × 0.1 %",
        withinPercent: 0.01,
        because: "rounding of a 20 mL account",
    }
}

function periodicError(): PhysicsCheck {
    return {
        model: "lead screw, periodic error",
        quantity: "largest error of volume within a turn, peak 5 µm",
        unit: "µL",
        expected: 0.005 * AREA_MM2,
        simulated: Math.max(...turnErrors({ periodicErrorMicrometres: 5 })),
        source: "peak × area",
        withinPercent: 0.01,
        because: "rounding of a 20 mL account",
    }
}

/** The worst mean error of all windows of a tenth of a turn. */
function periodicTrumpet(): PhysicsCheck {
    const world = openBench({ leadScrew: { periodicErrorMicrometres: 5 } })
    const windowSteps = TURN_STEPS / 10
    const displaced = [0]
    for (let i = 0; i < 2 * TURN_STEPS; i++) {
        world.step(1)
        displaced.push(FILL_PL - world.reservoirPl)
    }
    let worst = 0
    for (let first = 0; first + windowSteps < displaced.length; first++) {
        const windowPl = displaced[first + windowSteps] - displaced[first]
        worst = Math.max(worst, Math.abs(windowPl / (windowSteps * world.stepPl) - 1))
    }
    return {
        model: "lead screw, periodic error",
        quantity: "trumpet in a window of a tenth of a turn, peak 5 µm",
        unit: "%",
        expected: (100 * 2 * 0.005 * Math.sin(Math.PI / 10)) / (PITCH_MM / 10),
        simulated: 100 * worst,
        source: "2 × peak × sin(π × window ÷ turn) ÷ window",
        withinPercent: 0.1,
        because: "windows begin at whole steps",
    }
}

function backlash(): PhysicsCheck {
    const world = bench({ ...FINE, leadScrew: { backlashMicrometres: 60 } })
    world.occluded = true
    world.step(10_000)
    const beforePl = world.reservoirPl
    let backSteps = 0
    while (world.reservoirPl === beforePl) {
        world.step(-1)
        backSteps++
    }
    return {
        model: "lead screw, backlash",
        quantity: "turned back before the plunger follows, play 60 µm",
        unit: "µL",
        expected: 0.06 * AREA_MM2,
        simulated: (backSteps * world.stepPl) / PL_PER_MICROLITRE,
        source: "play × area",
        withinPercent: 0.05,
        because: "the last step is a part",
    }
}

const STICKING = {
    plungerStictionKilopascals: 5,
    plungerGlideKilopascals: 10,
    stopperComplianceMicrolitresPerKilopascal: 0.05,
}

function slip(): PhysicsCheck {
    const world = bench({ ...FINE, ...STICKING })
    world.occluded = true
    const jumps: number[] = []
    for (let i = 0; i < 4000; i++) {
        const beforePa = world.pressurePa
        world.step(1)
        if (world.pressurePa > beforePa) jumps.push(world.pressurePa - beforePa)
    }
    return {
        model: "plunger, stick and slip",
        quantity: "a slip before a blocked line, 15 kPa at rest, 10 in motion, 0.05 and 0.14 µL/kPa",
        unit: "µL",
        expected: 5 / (1 / 0.05 + 1 / 0.14),
        simulated: (jumps[jumps.length - 1] / 1000) * 0.14,
        source: "difference of frictions ÷ (1/stopper + 1/line), two springs",
        withinPercent: 1.2,
        because: "friction is passed by up to a step of 2.8 nL, on 250",
    }
}

function glide(): PhysicsCheck {
    const world = bench({ plungerGlideKilopascals: 10 })
    world.occluded = true
    world.step(200)
    world.step(-1000)
    return {
        model: "plunger, friction in motion",
        quantity: "pressure left when a screw that retreats leaves it behind",
        unit: "kPa",
        expected: 10,
        simulated: world.pressurePa / 1000,
        source: "friction on the plunger's area",
        withinPercent: 0.01,
        because: "arithmetic",
    }
}

/** Every check of the mechanism, made now. */
export function mechanismChecks(): PhysicsCheck[] {
    return [
        stepVolume(),
        detentError(),
        released(),
        slipPressure(),
        slipLoss(),
        lossByChance(),
        leadError(),
        periodicError(),
        periodicTrumpet(),
        backlash(),
        slip(),
        glide(),
    ]
}

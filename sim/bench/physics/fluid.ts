// Line, catheter, spinal fluid, bubbles and temperature against closed forms and published figures.

import { resistancePaSPerPl } from "../../world/linePressure"
import { waterMillipascalSeconds } from "../../world/water"
import { bench, FILL_PL, type PhysicsCheck, PL_PER_MICROLITRE, rms, settingsOf } from "./check"

const MS_PER_HOUR = 3_600_000
const MMHG_PA = 133.322
const ROOM_PA = 101_325

/** The usual line: 8 × 0.7 mPa·s × 0.9 m ÷ (π × (0.265 mm)⁴), in pascal seconds per microlitre. */
const PA_S_PER_MICROLITRE = ((8 * 0.7e-3 * 0.9) / (Math.PI * 0.265e-3 ** 4)) * 1e-9
const MICROLITRES_PER_KPA = 0.14

/** The mean pressure over the spinal fluid's while the catheter lets this flow through, step by step. */
function flowPressure(): PhysicsCheck {
    const world = bench({})
    let nowMs = 0
    let areaPaMs = 0
    const steps = 4000
    const measured = 3000
    for (let i = 0; i < steps; i++) {
        world.step(1)
        for (let ms = 0; ms < 10; ms++) {
            const beforePa = world.pressurePa - world.spinalPa
            world.advance(++nowMs)
            if (i >= steps - measured) areaPaMs += (beforePa + world.pressurePa - world.spinalPa) / 2
        }
    }
    const microlitresPerS = (world.stepPl / PL_PER_MICROLITRE) * 100
    return {
        model: "catheter, resistance",
        quantity: "pressure over the spinal fluid's at 388 mL/day",
        unit: "Pa",
        expected: microlitresPerS * PA_S_PER_MICROLITRE,
        simulated: areaPaMs / (measured * 10),
        source: "Hagen and Poiseuille: flow × 8ηL ÷ πr⁴",
        withinPercent: 0.01,
        because: "summed by trapezia of 1 ms",
    }
}

function prometra(): PhysicsCheck {
    const settings = settingsOf({ catheter: "flowonix-prometra" })
    const paSPerMicrolitre = resistancePaSPerPl(settings) * PL_PER_MICROLITRE
    // π r⁴ = (volume of a length)² ÷ π.
    const m2 = 0.0026e-4
    return {
        model: "catheter, resistance",
        quantity: "pressure of 28.8 mL/day through a Prometra catheter",
        unit: "Pa",
        expected: (((8 * Math.PI * 0.7e-3 * 1.1) / m2 ** 2) * 28.8e-6) / 86_400,
        simulated: (paSPerMicrolitre * 28_800) / 86_400,
        source: "the same, by 110 cm and 0.0026 mL/cm (Flowonix Medical, manual of REF 13827)",
        withinPercent: 0.001,
        because: "arithmetic",
    }
}

function timeConstant(): PhysicsCheck {
    const world = bench({})
    world.step(1)
    const firstPa = world.pressurePa - world.spinalPa
    world.advance(20)
    return {
        model: "line, compliance",
        quantity: "time constant behind the catheter",
        unit: "ms",
        expected: PA_S_PER_MICROLITRE * (MICROLITRES_PER_KPA / 1000) * 1000,
        simulated: 20 / Math.log(firstPa / (world.pressurePa - world.spinalPa)),
        source: "resistance × compliance",
        withinPercent: 0.001,
        because: "exact by design",
    }
}

function occlusionTime(): PhysicsCheck {
    const world = bench({})
    world.occluded = true
    const stepMs = (world.stepPl / PL_PER_MICROLITRE / 25) * MS_PER_HOUR
    while (world.pressurePa - world.spinalPa < 60_000) {
        world.advance(world.nowMs + stepMs)
        world.step(1)
    }
    return {
        model: "line, compliance",
        quantity: "25 µL/h into an occluded line: 60 kPa after",
        unit: "min",
        expected: ((60 * MICROLITRES_PER_KPA) / 25) * 60,
        simulated: world.nowMs / 60_000,
        source: "compliance × pressure ÷ flow",
        withinPercent: 0.6,
        because: "whole steps, of 188",
    }
}

/** The person sits up: what the line draws in for it. */
function backPressure(): PhysicsCheck {
    const world = bench({ postureChangesPerDay: 1000, posturePascals: 2000 })
    while (world.spinalPa === 1000) {
        world.advance(world.nowMs + 1000)
        world.sense()
    }
    world.advance(world.nowMs + 1000)
    return {
        model: "spinal fluid, back-pressure",
        quantity: "drawn into the line by 2 kPa more",
        unit: "µL",
        expected: MICROLITRES_PER_KPA * 2,
        simulated: -world.deliveredPl / PL_PER_MICROLITRE,
        source: "compliance × pressure",
        withinPercent: 0.001,
        because: "arithmetic",
    }
}

/** The peak of the pulse that the sensor sees, by its root mean square. */
function pulse(): PhysicsCheck {
    // 1.5 mmHg to either side: 3 from trough to peak, between the usual and the 4 called raised.
    const peakPa = 1.5 * MMHG_PA
    const compliance = 3
    const world = bench({ spinalPulsePascals: peakPa, lineComplianceMicrolitresPerKilopascal: compliance })
    const swings = Array.from({ length: 12_000 }, (_, i) => {
        world.advance(i * 50)
        return world.sense().pressurePa - world.spinalPa
    })
    const timeConstantS = PA_S_PER_MICROLITRE * (compliance / 1000)
    const perS = 70 / 60
    return {
        model: "spinal fluid, pulsation",
        quantity: "peak of a pulse of ±1.5 mmHg behind 3 µL/kPa, 70/min",
        unit: "Pa",
        expected: peakPa / Math.sqrt(1 + (2 * Math.PI * perS * timeConstantS) ** 2),
        simulated: rms(swings) * Math.SQRT2,
        source: "low-pass of the first order; raised from 4 mmHg on (Eide and Brean, Cerebrospinal Fluid Res 7 (2010) 5)",
        withinPercent: 2,
        because: "700 uneven beats",
    }
}

/** What it takes to bring an occluded line with a bubble to 60 kPa, less what it takes without one. */
function bubble(): PhysicsCheck {
    const stepsTo60 = (microlitres: number) => {
        const world = bench({ stepsPerTurn: 51_200 })
        world.occluded = true
        world.setBubble(microlitres)
        let steps = 0
        for (; world.pressurePa < 60_000; steps++) world.step(1)
        return (steps * world.stepPl) / PL_PER_MICROLITRE
    }
    return {
        model: "bubble",
        quantity: "14 µL of air squeezed from 1 to 60 kPa: smaller by",
        unit: "µL",
        expected: 14 * (ROOM_PA / (ROOM_PA + 1000) - ROOM_PA / (ROOM_PA + 60_000)),
        simulated: stepsTo60(14) - stepsTo60(0),
        source: "Boyle",
        withinPercent: 0.06,
        because: "whole steps of 2.8 nL",
    }
}

/** The bubble's line empties through the catheter: how long until half of the pressure is gone. */
function bubbleTime(): PhysicsCheck {
    const world = bench({ lineComplianceMicrolitresPerKilopascal: 0.001, spinalPressurePascals: 0 })
    world.setBubble(1000)
    world.occluded = true
    while (world.pressurePa < 60_000) world.step(1)
    world.occluded = false
    const fromPa = world.pressurePa
    while (world.pressurePa > fromPa / 2) world.advance(world.nowMs + 1)
    // With C(p) = V P₀ ÷ (P₀ + p)² and flow p/R: t = R V P₀ ∫ dp ÷ (p (P₀ + p)²), from half to the whole.
    const integral = (pa: number) => (Math.log(pa / (ROOM_PA + pa)) + ROOM_PA / (ROOM_PA + pa)) / ROOM_PA ** 2
    const paSPerMicrolitre = PA_S_PER_MICROLITRE
    return {
        model: "bubble",
        quantity: "1 mL of air at 60 kPa empties through the catheter to 30 in",
        unit: "ms",
        expected: paSPerMicrolitre * 1000 * ROOM_PA * (integral(fromPa) - integral(fromPa / 2)) * 1000,
        simulated: world.nowMs,
        source: "Boyle and Poiseuille: R V P₀ ∫ dp ÷ p (P₀ + p)²",
        withinPercent: 1,
        because: "the line's own 0.001 µL/kPa, and whole milliseconds",
    }
}

function expansion(): PhysicsCheck {
    const temperature = { meanCelsius: 22, swingKelvin: 3, syringeExpansionPartsPerMillionPerKelvin: 10 }
    const world = bench({ temperature })
    world.advance(6 * MS_PER_HOUR)
    world.advance(world.nowMs + 1)
    // Kilograms per cubic metre at 22 and 25 °C.
    const grown = 997.7735 / 997.047 - 1
    return {
        model: "temperature, expansion",
        quantity: "20 mL in glass warmed from 22 to 25 °C: comes out",
        unit: "µL",
        expected: (FILL_PL / PL_PER_MICROLITRE) * (grown - 3 * 10e-6),
        simulated: (world.deliveredPl + world.lineStoredPl) / PL_PER_MICROLITRE,
        source: "densities of Tanaka et al., Metrologia 38 (2001) 301; 3 × 3.3 ppm/K of borosilicate glass",
        withinPercent: 0.3,
        because: "the table has seven digits",
    }
}

function viscosity(): PhysicsCheck {
    return {
        model: "temperature, viscosity",
        quantity: "water at 20 °C",
        unit: "mPa·s",
        expected: 1.0016,
        simulated: waterMillipascalSeconds(20),
        source: "IAPWS formulation 2008 for the viscosity of water",
        withinPercent: 0.5,
        because: "Vogel's equation is an approximation",
    }
}

/** Every check of what flows, made now. */
export function fluidChecks(): PhysicsCheck[] {
    return [
        flowPressure(),
        prometra(),
        timeConstant(),
        occlusionTime(),
        backPressure(),
        pulse(),
        bubble(),
        bubbleTime(),
        expansion(),
        viscosity(),
    ]
}

// Sensors, clock, battery and scale against closed forms and published figures.

import { CellKind, dischargeCurve } from "../../../src/pump/energy"
import { Battery } from "../../world/battery"
import { PressureSensor } from "../../world/pressureSensor"
import { randomStream, uniformBetween } from "../../world/random"
import { Scale } from "../../world/scale"
import { bench, type PhysicsCheck, rms, settingsOf } from "./check"

const MS_PER_MINUTE = 60_000
const MS_PER_DAY = 86_400_000

function sensor(changes: object): PressureSensor {
    const { pressureSensor } = settingsOf({ pressureSensor: changes })
    if (!pressureSensor) throw new Error("a sensor without settings")
    return new PressureSensor(pressureSensor)
}

function noise(): PhysicsCheck {
    const world = bench({ pressureNoisePascals: 50 })
    const off = Array.from({ length: 20_000 }, () => world.sense().pressurePa - world.pressurePa)
    return {
        model: "pressure sensor, noise",
        quantity: "standard deviation of 20 000 readings, set to 50 Pa",
        unit: "Pa",
        expected: Math.sqrt(50 ** 2 + 1 / 12),
        simulated: rms(off),
        source: "normal, and rounded to whole pascals",
        withinPercent: 1.5,
        because: "three standard errors of 0.5 %",
    }
}

function quantisation(): PhysicsCheck {
    const digital = sensor({ quantumPascals: 250 })
    const random = randomStream(1, 1)
    const off = Array.from({ length: 20_000 }, (_, i) => {
        const truePa = uniformBetween(random, 0, 60_000)
        return digital.shows(truePa, 0, 0, i) - truePa
    })
    return {
        model: "pressure sensor, digits",
        quantity: "error of digits of 250 Pa, root mean square",
        unit: "Pa",
        expected: 250 / Math.sqrt(12),
        simulated: rms(off),
        source: "digit ÷ √12",
        withinPercent: 1,
        because: "20 000 random pressures",
    }
}

function lag(): PhysicsCheck {
    const late = sensor({ lagMilliseconds: 500 })
    late.shows(0, 0, 0, 0)
    late.shows(0, 0, 0, 1000)
    late.shows(10_000, 0, 0, 1000.001)
    return {
        model: "pressure sensor, lag",
        quantity: "of a jump of 10 kPa after its time constant",
        unit: "Pa",
        expected: 10_000 * (1 - Math.exp(-1)),
        simulated: late.shows(10_000, 0, 0, 1500),
        source: "1 − 1/e",
        withinPercent: 0.01,
        because: "a jump of a microsecond",
    }
}

function zeroAndSlope(): PhysicsCheck {
    const off = sensor({
        offsetPascals: 200,
        gainErrorPercent: 1.5,
        driftPascalsPerDay: 10,
        driftPascalsPerKelvin: 25,
    })
    return {
        model: "pressure sensor, offset, slope, drift",
        quantity: "40 kPa, 30 days and 4 K on",
        unit: "Pa",
        expected: 40_000 * 1.015 + 200 + 30 * 10 + 4 * 25,
        simulated: off.shows(40_000, 0, 4, 30 * MS_PER_DAY),
        source: "slope × pressure + offset + drift × time + drift × temperature",
        withinPercent: 1e-6,
        because: "arithmetic",
    }
}

function encoder(): PhysicsCheck {
    const world = bench({ encoderStepsPerEdge: 160 })
    world.openLine(true)
    const off = Array.from({ length: 3200 }, () => {
        world.step(1)
        return world.sense().encoderSteps - world.stepsMade + 79.5
    })
    return {
        model: "encoder, quantisation",
        quantity: "error of edges 160 steps apart, root mean square about its mean",
        unit: "steps",
        expected: Math.sqrt((160 ** 2 - 1) / 12),
        simulated: rms(off),
        source: "√((edge² − 1) ÷ 12), whole steps spread evenly",
        withinPercent: 0.001,
        because: "whole numbers",
    }
}

function clock(): PhysicsCheck {
    const world = bench({ clockDriftPartsPerMillion: 20 })
    world.advance(90 * MS_PER_DAY)
    return {
        model: "clock, drift",
        quantity: "20 ppm fast, after 90 days",
        unit: "s",
        expected: 20e-6 * 90 * 86_400,
        simulated: world.sense().wallS - 90 * 86_400,
        source: "drift × time",
        withinPercent: 0.7,
        because: "a clock shows whole seconds",
    }
}

function batteryLife(): PhysicsCheck {
    const { battery: settings } = settingsOf({ battery: { cell: "liIon", capacityMilliampereHours: 2000 } })
    const curve = dischargeCurve(CellKind.LiIon)
    if (!settings || !curve) throw new Error("a battery without a cell")
    const battery = new Battery(settings)
    battery.pass(MS_PER_MINUTE)
    const watts = battery.totalNanojoules / 1e9 / 60
    const [emptyMv] = curve.millivolts
    let minutes = 1
    for (; battery.millivolts > emptyMv; minutes++) battery.pass(MS_PER_MINUTE)
    // Each stretch of the curve is so many milliampere hours at its mean voltage.
    const wattHours = curve.millivolts.slice(1).reduce((sum, topMv, i) => {
        const perMille = curve.perMille[i + 1] - curve.perMille[i]
        return sum + ((perMille / 1000) * 2000 * ((curve.millivolts[i] + topMv) / 2)) / 1e6
    }, 0)
    return {
        model: "battery, discharge",
        quantity: "2000 mAh of lithium-ion at the resting board's draw",
        unit: "h",
        expected: wattHours / watts,
        simulated: minutes / 60,
        source: "charge × mean voltage of each stretch of its curve, over power",
        withinPercent: 0.1,
        because: "looked at once a minute, to the last millivolt",
    }
}

/** An open vial on the scale. */
export const VIAL = { mouthMillimetres: 15, airColumnMillimetres: 20, humidityPercent: 50, airCelsius: 25 }

function scaleOf(changes: object): Scale {
    const { scale } = settingsOf({ scale: changes })
    if (!scale) throw new Error("a scale without settings")
    return new Scale(scale, randomStream(1, 1))
}

/** What evaporates from that vial, by tabled figures, in microlitres per hour. */
export function vialMicrolitresPerHour(): number {
    // D = 0.26 cm²/s (usual table value), 3169 Pa at 25 °C (IAPWS); moles by the gas law, log mean of the air (Stefan).
    const flux = ((0.26e-4 * 101_325) / (8.314 * 298.15 * 0.02)) * Math.log((101_325 - 1584.5) / (101_325 - 3169))
    const gramsPerHour = flux * 18.015 * (Math.PI / 4) * 0.015 ** 2 * 3600
    return (gramsPerHour / 0.997047) * 1000
}

function evaporation(): PhysicsCheck {
    const scale = scaleOf(VIAL)
    return {
        model: "scale, evaporation",
        quantity: "open vial of 15 mm, water 20 mm under the rim, 25 °C, 50 %: a day",
        unit: "µL",
        expected: 24 * vialMicrolitresPerHour(),
        simulated: -scale.shows(0, MS_PER_DAY),
        source: "Stefan's diffusion with tabled diffusivity and vapour pressure",
        withinPercent: 2.5,
        because: "diffusivity is tabled to two digits",
    }
}

function covered(): PhysicsCheck {
    const open = scaleOf(VIAL).evaporationMicrolitresPerHour
    const lid = scaleOf({ ...VIAL, mouthMillimetres: 1, airColumnMillimetres: 5 }).evaporationMicrolitresPerHour
    return {
        model: "scale, evaporation",
        quantity: "the same with a lid of 5 mm and a hole of 1 mm, of the open vial's",
        unit: "%",
        expected: (100 * (1 / 15) ** 2 * 20) / 5,
        simulated: (100 * lid) / open,
        source: "area ÷ height",
        withinPercent: 0.001,
        because: "arithmetic",
    }
}

/** Every check of what measures or supplies, made now. */
export function instrumentChecks(): PhysicsCheck[] {
    return [noise(), quantisation(), lag(), zeroAndSlope(), encoder(), clock(), batteryLife(), evaporation(), covered()]
}

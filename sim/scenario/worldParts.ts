// The parts of the bench that may have errors of their own: screw, motor, temperature, pressure sensor, scale. Each is left out as
// a whole, and then is perfect; within one that is given, what has no usual value is 0.

import { z } from "zod"
import { CELSIUS_MAX, CELSIUS_MIN } from "../accuracy/density"
import { numberField, wholeField } from "../input"

/** A part whose fields all have values of their own: an empty object gives them. */
function part<Fields extends z.ZodRawShape>(fields: Fields, description: string, holds: string) {
    return z.strictObject(fields, { error: `an object with ${holds}` }).describe(description)
}

export const leadScrewSchema = part(
    {
        // A rolled screw is within 0.05 to 0.2 mm in 300 mm, a ground one within 0.012 (accuracy classes of ISO 3408-3 as August
        // Steinmeyer GmbH gives them for P3, 12 µm, and P5, 23 µm; a threaded rod is worse, assumed).
        leadErrorPercent: numberField("By how much the lead is longer than its name says, in per cent.", -5, 5).default(
            0,
        ),
        periodicErrorMicrometres: numberField(
            "Peak of the error that comes back with each turn, in micrometres; less than the pitch over 2π.",
            0,
            1000,
        ).default(0),
        // An M3 × 0.5 of 6g is 2.580 to 2.655 mm wide at the pitch line (AmesWeb, Metric External Thread Chart), a nut of 6H 2.675 to
        // 2.775 (its tolerance of 100 µm in Yamawa's general catalogue 2021): the play along the screw, that clearance × tan 30°, is 12 to 113 µm.
        backlashMicrometres: numberField("Play between nut and screw along it, in micrometres.", 0, 2000).default(0),
    },
    "The lead screw's errors; without it the screw is perfect.",
    "leadErrorPercent, periodicErrorMicrometres, backlashMicrometres",
)

// A NEMA 11 at 0.4 A, all of it assumed: 0.045 N·m, a detent of 8 % of that, and an M3 screw that turns a quarter of the work into thrust.
export const stepperSchema = part(
    {
        holdingTorqueMillinewtonMetres: numberField(
            "Torque with which the motor holds at the current it is driven with, in millinewton metres.",
            1,
            5000,
        ).default(45),
        fullStepsPerTurn: wholeField("Full steps of a turn of the screw.", 4, 4096).default(200),
        detentPercent: numberField("Detent torque, in per cent of the holding torque.", 0, 24).default(8),
        frictionPercent: numberField(
            "Friction of bearings and screw without load, in per cent of the holding torque.",
            0,
            90,
        ).default(0),
        screwEfficiencyPercent: numberField(
            "Part of the motor's work that becomes thrust, in per cent.",
            1,
            100,
        ).default(25),
        coilsReleased: z
            .boolean({ error: "true or false" })
            .describe(
                "True for a driver that lets go of the coils after the steps of each tick, as the shipped boards do.",
            )
            .default(false),
    },
    "The motor, with a rotor that lags behind its field, is drawn to its detents and slips; without it the rotor is where the driver's steps are.",
    "holdingTorqueMillinewtonMetres, detentPercent, frictionPercent …",
)

export const temperatureSchema = part(
    {
        meanCelsius: numberField(
            "Mean temperature, at which the viscosity holds, in degrees Celsius.",
            CELSIUS_MIN,
            CELSIUS_MAX,
        ).default(22),
        swingKelvin: numberField("How far it swings up and down, in kelvins.", 0, 20).default(3),
        periodHours: numberField("How long a swing lasts, in hours.", 0.1, 1000).default(24),
        // Three times the linear expansion of polypropylene, about 100 ppm/K; of borosilicate glass 3 × 3.3 ppm/K. Assumed, with barrel and drive
        // growing alike.
        syringeExpansionPartsPerMillionPerKelvin: numberField(
            "By how much the room in the syringe grows for each kelvin, in parts per million.",
            0,
            2000,
        ).default(300),
    },
    "Temperature around syringe, line and catheter, a sine; without it nothing changes with it.",
    "meanCelsius, swingKelvin, periodHours …",
)

export const pressureSensorSchema = part(
    {
        offsetPascals: numberField(
            "By how much it shows too much at no pressure, in pascals.",
            -20_000,
            20_000,
        ).default(0),
        gainErrorPercent: numberField("By how much its slope is too steep, in per cent.", -20, 20).default(0),
        driftPascalsPerDay: numberField("How its zero wanders, in pascals a day.", -2000, 2000).default(0),
        driftPascalsPerKelvin: numberField(
            "How its zero goes with a temperature over the mean, in pascals per kelvin.",
            -1000,
            1000,
        ).default(0),
        quantumPascals: numberField(
            "Distance between the pressures it can tell, in pascals; 0 is one.",
            0,
            10_000,
        ).default(0),
        lagMilliseconds: numberField("Time constant with which it follows, in milliseconds.", 0, 600_000).default(0),
    },
    "The pressure sensor's errors besides noise and weather.",
    "offsetPascals, gainErrorPercent, driftPascalsPerDay …",
)

export const scaleSchema = part(
    {
        airCelsius: numberField(
            "Temperature of the air and the water on it, in degrees Celsius.",
            CELSIUS_MIN,
            CELSIUS_MAX,
        ).default(22),
        humidityPercent: numberField("Relative humidity at the vessel's rim, in per cent.", 0, 100).default(50),
        mouthMillimetres: numberField(
            "Diameter of the air over the water, in millimetres; of the hole, where the vessel has a lid with one; 0 is tight.",
            0,
            200,
        ).default(0),
        airColumnMillimetres: numberField(
            "Height of the air over the water up to the rim, in millimetres.",
            1,
            500,
        ).default(20),
        driftMicrogramsPerHour: numberField(
            "How the scale's zero wanders, in micrograms an hour.",
            -10_000,
            10_000,
        ).default(0),
        noiseMicrograms: numberField("Standard deviation of the scale, in micrograms.", 0, 10_000).default(0),
        lagMilliseconds: numberField("Time constant with which it settles, in milliseconds.", 0, 60_000).default(0),
    },
    "The scale that a gravimetric run is weighed with; without it the scale is perfect.",
    "mouthMillimetres, airColumnMillimetres, driftMicrogramsPerHour …",
)

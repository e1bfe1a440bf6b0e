// The `world` of a scenario file: the bench around the pump as it truly is. Every number carries its unit in its name. What is left
// out is off, or as good as it gets; a syringe or a catheter that is named fills in what its maker says of it.

import { z } from "zod"
import { DEAD_VOLUME_PL_MAX } from "../../src/pump/limits"
import { numberField, wholeField, wordField } from "../input"
import { capacityField, cellField } from "../prescription/mechanism"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import { CATHETER_NAMES, SYRINGE_NAMES, withPresets } from "./presets"
import { leadScrewSchema, pressureSensorSchema, scaleSchema, stepperSchema, temperatureSchema } from "./worldParts"

const fieldsSchema = z
    .strictObject(
        {
            syringe: wordField(
                "A syringe whose bore, friction and stopper are known here: what is not given beside it is taken from it.",
                SYRINGE_NAMES,
            ).optional(),
            catheter: wordField(
                "A catheter whose bore and length are known here: what is not given beside it is taken from it.",
                CATHETER_NAMES,
            ).optional(),
            syringeBoreMm: numberField("Inner diameter of the syringe, in millimetres.", 1, 50).default(19.13),
            leadScrewPitchMm: numberField(
                "Travel of the plunger for one turn of the screw, in millimetres.",
                0.1,
                10,
            ).default(0.5),
            stepsPerTurn: wholeField(
                "Motor steps (microsteps, where the driver makes them) for one turn.",
                20,
                51_200,
            ).default(3200),
            leadScrew: leadScrewSchema.optional(),
            stepper: stepperSchema.optional(),
            lineComplianceMicrolitresPerKilopascal: numberField(
                "Volume that syringe, line and catheter take up for each kilopascal, in microlitres.",
                0.001,
                10,
            ).default(0.14),
            // A one-piece catheter is 89 cm long (Medtronic InDura 1P 8709SC, product page); the bore is assumed, so measure yours.
            catheterBoreMm: numberField("Inner diameter of the catheter, in millimetres.", 0.05, 3).default(0.53),
            catheterLengthMm: numberField("Length of the catheter, in millimetres.", 10, 3000).default(900),
            // Cerebrospinal fluid at 37 °C: 0.7-1 mPa·s (Bloomfield, Johnston, Bilston 1998).
            fluidViscosityMillipascalSeconds: numberField(
                "Viscosity of what flows, in millipascal seconds.",
                0.1,
                100,
            ).default(0.7),
            lineVolumeMl: numberField(
                "What tubing and catheter truly hold, in millilitres; what the prescription says of its line when not given.",
                0,
                DEAD_VOLUME_PL_MAX / PICOLITRES_PER_ML,
            ).optional(),
            // Spinal fluid in a person lying on one side: 50-150 mm of water (medical dictionaries), 490-1470 Pa.
            spinalPressurePascals: numberField(
                "Pressure at the catheter's tip, gauge, in pascals.",
                -5000,
                10_000,
            ).default(1000),
            // The person, still by default. The pulse grows with the pressure (Gilland et al., J Neurosurg 1974); some
            // hundred pascals, breath as much, are assumed.
            spinalPulsePascals: numberField(
                "How far each heartbeat moves the pressure at the catheter's tip up and down, in pascals; 0 is none.",
                0,
                5000,
            ).default(0),
            heartBeatsPerMinute: numberField("Heartbeats per minute.", 20, 250).default(70),
            spinalBreathPascals: numberField(
                "How far each breath moves the pressure at the catheter's tip up and down, in pascals; 0 is none.",
                0,
                5000,
            ).default(0),
            breathsPerMinute: numberField("Breaths per minute.", 2, 80).default(14),
            coughsPerDay: numberField("Coughs in a day, in the mean, in bouts of 1 to 5; 0 is none.", 0, 5000).default(
                0,
            ),
            // Coughs reach the lumbar fluid as waves of pressure (Williams, Brain 1976); 8 kPa, 60 mmHg, is assumed.
            coughKilopascals: numberField("Peak of the strongest cough, in kilopascals.", 0, 40).default(8),
            postureChangesPerDay: numberField(
                "Changes between lying and sitting in a day, in the mean; 0 is none.",
                0,
                1000,
            ).default(0),
            // Sitting up moved the pressure by up to 550 mm of water, 5.4 kPa (Magnæs, J Neurosurg 1976); 2 kPa is assumed.
            posturePascals: numberField(
                "Mean spinal pressure when sitting over that when lying, in pascals.",
                -5000,
                10_000,
            ).default(2000),
            pressureNoisePascals: numberField(
                "Standard deviation of the pressure sensor, in pascals.",
                0,
                10_000,
            ).default(50),
            // 300 Pa an hour is a fast change of weather; the usual is a third of it. Assumed.
            weatherPascalsPerHour: numberField(
                "How fast weather moves the pressure sensor's zero at most, within 3 kPa, in pascals per hour; 0 is not.",
                0,
                3000,
            ).default(0),
            plungerStictionKilopascals: numberField(
                "By how much the plunger's friction at rest exceeds that in motion, as pressure on it, in kilopascals; 0 slides evenly. Takes a stopperComplianceMicrolitresPerKilopascal over 0.",
                0,
                100,
            ).default(0),
            stopperComplianceMicrolitresPerKilopascal: numberField(
                "Volume by which the screw compresses stopper and drive for each kilopascal before the plunger slips, in microlitres; 0 is rigid.",
                0,
                10,
            ).default(0),
            plungerGlideKilopascals: numberField(
                "Friction of the plunger in motion, as pressure on it, in kilopascals: what the motor pushes against besides the line, and what keeps the plunger from following a screw that retreats.",
                0,
                200,
            ).default(0),
            temperature: temperatureSchema.optional(),
            pressureSensor: pressureSensorSchema.optional(),
            encoderStepsPerEdge: wholeField(
                "Motor steps from one edge of the encoder to the next: it counts in whole multiples of it.",
                1,
                3200,
            ).default(1),
            // A DS3231 is within 2 ppm from 0 to 40 °C (datasheet, Maxim Integrated); a plain crystal of a watch within 20, assumed.
            clockDriftPartsPerMillion: numberField(
                "By how much the real-time clock runs fast, in parts per million.",
                -1000,
                1000,
            ).default(0),
            scale: scaleSchema.optional(),
            batteryMillivolts: wholeField("Battery voltage, in millivolts.", 0, 20_000).default(4000),
            battery: z
                .strictObject(
                    {
                        cell: cellField,
                        capacityMilliampereHours: capacityField,
                        chargePerMille: wholeField(
                            "What is in it at the start, in per mille of that.",
                            0,
                            1000,
                        ).default(1000),
                        board: wordField("The board that draws on it.", ["pico", "esp32c3"]).default("pico"),
                        driverAlwaysOn: z
                            .boolean({ error: "true or false" })
                            .describe("True for a driver that keeps its coils under current between steps.")
                            .default(false),
                    },
                    { error: "an object with cell and capacityMilliampereHours" },
                )
                .describe(
                    "A battery that empties by what the board does, and gives its voltage by what is left; without it the voltage is batteryMillivolts.",
                )
                .optional(),
            // 0.45 × 1 MΩ × 4.7 µF, 1.35 to 2.9 s with tolerances: boards/README.md.
            watchdogMilliseconds: wholeField(
                "After the heartbeat's last rising edge, when the outside watchdog cuts motor power and sounds, in milliseconds.",
                200,
                60_000,
            ).default(2000),
            tickJitterMsMax: wholeField(
                "Each tick is late by 0 up to this, drawn from the seed, in milliseconds.",
                0,
                60_000,
            ).default(0),
        },
        { error: "an object with world settings" },
    )
    .describe("The bench around the firmware, as it truly is.")

/** The world's settings; an empty object gives the default ones. */
export const worldSchema = z.preprocess(withPresets, fieldsSchema)

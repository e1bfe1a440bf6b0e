// What each part of a board draws, from the datasheets, and what that comes to at the battery. The firmware estimates the days
// that are left from it, and the simulated battery is emptied by it. "Assumed" stands where no source gives a figure; the
// boards were not measured, so measure yours: the controller alone differs by a fifth from one report to the next.

import { CellKind, createEnergy, Energy, EnergyUse } from "../pump/energy"
import { Mechanism } from "../pump/mechanism"

/** The boards that firmware is built for. */
export enum Board {
    Pico = 0,
    Esp32C3 = 1,
}

/** What a board takes out of its battery, losses of its converters included, by what takes it. */
export interface BoardUse {
    /** The controller waiting for its next tick; and what one tick of work takes more. */
    controllerMicrowatts: number
    tickMicrojoules: number
    /** The driver chip, coils off. */
    driverMicrowatts: number
    encoderMicrowatts: number
    /** Pressure sensor, clock, record memory, end switch, battery divider, watchdog. */
    sensorsMicrowatts: number
    /** The converters of 12 V and 5 V for themselves. */
    convertersMicrowatts: number
    /** Coils under current. */
    coilMicrowatts: number
    /** How long they are, for a step by itself; and for each further one in the same tick. */
    firstStepMicroseconds: number
    nextStepMicroseconds: number
}

// RP2040 at 125 MHz under DeviceScript, USB clocked, in a busy loop, because the runtime is kept from sleeping (`mainPico.ts`): 22.3 mA at
// 5 V, a blinking light included (https://github.com/uofu-emb/2024_lab_10_Hank_Todd, a Pico with the C SDK); it would be 20.7 mA
// waiting in `sleep_ms`. The datasheet gives no figure for either state: 10.4 mA in BOOTSEL mode at 48 MHz (table "Power Consumption" of
// 5.7.2, https://datasheets.raspberrypi.com/rp2040/rp2040-datasheet.pdf).
// Power at VSYS, the board's converter included, less 0.3 V for the diode between USB and VSYS.
const PICO_MICROWATTS = 104_800

// ESP32-C3 at 160 MHz, radio off, at 3.3 V: 20.1 mA in a loop that waits and 26.8 mA in one that does not
// (https://robdobson.com/2023/11/investigating-esp32-c3-power-management/). The red light of a SuperMini takes 1 mA (assumed),
// its ME6211 40 µA. It is a linear regulator: what flows at 3.3 V flows at 5 V.
const ESP32C3_WAITING_MICROWATTS = 105_700
const ESP32C3_WORKING_MICROWATTS = 139_200

// The loop was measured at 9.0 ms of each tick on the RP2040 before ticks were left out. It is 9.5 ms now (README) in six ticks of
// ten, which comes to less; on the ESP32-C3 as long (assumed).
const TICK_WORK_MICROSECONDS = 9000

// TMC2209 with its coils off by ENN: 7 mA at 12 V (assumed; its datasheet has it under "Power supply current", 20.2,
// https://www.analog.com/en/products/tmc2209.html). Its standby pin would forget the motor's phase.
const DRIVER_MICROWATTS = 84_000

// Coils set to 0.4 A RMS each, as a TMC2209 is set, 5.6 Ω each (NEMA 11 11HS12-0674S, 0.67 A at 3.8 V), and 0.34 Ω of the
// bridge in series with each (datasheet, first page): 2 × 0.16 A² × 5.94 Ω. Held or stepping slowly it is the same.
const COIL_MICROWATTS = 1_900_000

// `stepper.ts`: up to 4 ms of waking, a pulse of 0.7 ms, eleven looks at the encoder of 0.5 ms, up to 8 ms of settling, and
// ENABLE once more, 0.35 ms. Each further step is a pulse and a look.
const FIRST_STEP_MICROSECONDS = 18_500
const NEXT_STEP_MICROSECONDS = 1200

// AMT102-V: 6 mA at 5 V with unloaded outputs (datasheet AMT10, "Electrical"), 0.2 mA through the dividers of its two lines.
const ENCODER_MICROWATTS = 31_000

// At 3.3 V, in µA: MPRLS board 100 (assumed; the sensor measures for 5 ms a second, at about 3 mA); DS3231 110, its standby
// current (datasheet 19-5170, "DC Electrical Characteristics"), the light of its module taken off; MB85RC256V 27 (datasheet
// DS501-00017); pull-up of the end switch 66 (50 kΩ); 10 kΩ at the heartbeat 165; 74HC123 and its resistors 10 (assumed);
// divider of the battery 20. Together 0.5 mA.
const SENSORS_MICROWATTS = 1_650

// U1V11F5: under 1 mA of its own (https://www.pololu.com/product/2562); U3V16F12 (https://www.pololu.com/product/4945) as much
// (assumed).
const CONVERTERS_MICROAMPS = 2000

// A LED of 1.9 V behind 330 Ω at 3.3 V: 4.2 mA. An active 5 V buzzer: 30 mA (assumed).
const LED_MICROWATTS = 14_000
const BUZZER_MICROWATTS = 150_000

/** What a part takes out of the battery when `efficiencyPerMille` of it arrive, rounded up. */
function drawn(micro: number, efficiencyPerMille: number): number {
    return Math.ceil((micro * 1000) / efficiencyPerMille)
}

/** Efficiencies, all assumed: 12 V and 5 V by what Pololu says of such converters (70 to 90 %), less from the lower voltage. */
function efficiencyAt5V(cell: CellKind): number {
    return cell === CellKind.TwoAlkalineAa ? 800 : 850
}

/** 3.3 V comes from the Pico's converter at 85 % (assumed), or from a linear regulator fed with 5 V. */
function efficiencyAt3V3(board: Board, cell: CellKind): number {
    return board === Board.Pico ? (efficiencyAtVsys(cell) * 85) / 100 : (efficiencyAt5V(cell) * 66) / 100
}

/** On the way to VSYS a 1N5817 takes 0.3 V; the Pico's converter then steps up from two alkaline cells, a fifth worse. */
function efficiencyAtVsys(cell: CellKind): number {
    return cell === CellKind.TwoAlkalineAa ? 700 : 920
}

/** What `board` takes out of a cell of this kind; without a battery, as out of a lithium-ion cell. */
export function boardUse(board: Board, cell: CellKind): BoardUse {
    const alkaline = cell === CellKind.TwoAlkalineAa
    const at12V = alkaline ? 750 : 850
    const at5V = efficiencyAt5V(cell)
    const atVsys = efficiencyAtVsys(cell)
    const pico = board === Board.Pico
    const waiting = pico ? drawn(PICO_MICROWATTS, atVsys) : drawn(ESP32C3_WAITING_MICROWATTS, at5V)
    const working = pico ? waiting : drawn(ESP32C3_WORKING_MICROWATTS, at5V)
    const cellMv = alkaline ? 2400 : 3800
    return {
        controllerMicrowatts: waiting,
        tickMicrojoules: Math.ceil(((working - waiting) * TICK_WORK_MICROSECONDS) / 1_000_000),
        driverMicrowatts: drawn(DRIVER_MICROWATTS, at12V),
        encoderMicrowatts: drawn(ENCODER_MICROWATTS, at5V),
        sensorsMicrowatts: drawn(SENSORS_MICROWATTS, efficiencyAt3V3(board, cell)),
        convertersMicrowatts: (CONVERTERS_MICROAMPS * cellMv) / 1000,
        coilMicrowatts: drawn(COIL_MICROWATTS, at12V),
        firstStepMicroseconds: FIRST_STEP_MICROSECONDS,
        nextStepMicroseconds: NEXT_STEP_MICROSECONDS,
    }
}

/** What light and buzzer take in the mean, by the `AlarmPriority` of the highest alarm that stands, its sound not paused. */
export function alarmUse(board: Board, cell: CellKind): number[] {
    // Parts of the time, in per mille, that they are on in the patterns of `annunciator.ts`.
    const ledOnPerMille = [0, 1000, 400, 400]
    const buzzerOnPerMille = [0, 13, 60, 125]
    return ledOnPerMille.map(
        (perMille, priority) =>
            drawn((LED_MICROWATTS * perMille) / 1000, efficiencyAt3V3(board, cell)) +
            drawn((BUZZER_MICROWATTS * buzzerOnPerMille[priority]) / 1000, efficiencyAt5V(cell)),
    )
}

/**
 * What the firmware estimates the days that are left from: without alarms, and each step by itself. These are the sums of `boardUse`, which
 * a test holds them to; the device has no room to work them out.
 */
export function energyUse(board: Board, cell: CellKind): EnergyUse {
    const pico = board === Board.Pico
    if (cell === CellKind.TwoAlkalineAa) return { restingMicrowatts: pico ? 308_039 : 294_570, stepMicrojoules: 46_867 }
    return { restingMicrowatts: pico ? 258_919 : 273_740, stepMicrojoules: 41_353 }
}

/** What a pump on this board estimates its remaining time from. */
export function energyOf(mechanism: Mechanism, board: Board): Energy {
    const { batteryKind, batteryMah, batteryEndMv } = mechanism
    return createEnergy(batteryKind, batteryMah, batteryEndMv, energyUse(board, batteryKind))
}

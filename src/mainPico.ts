// The pump on a Raspberry Pi Pico: which parts hang on which pins, and nothing else.
// Wiring and parts list are in `boards/README.md`, pin numbers in `boards/pump_pico.board.json`.

import * as ds from "@devicescript/core"
import { i2c } from "@devicescript/i2c"
import { pins } from "@dsboard/pump_pico"
import { startAnnunciator } from "./drivers/annunciator"
import { startBattery } from "./drivers/battery"
import { startButton } from "./drivers/button"
import { startDoseButton } from "./drivers/doseButton"
import { startDs3231 } from "./drivers/ds3231"
import { startQuadratureEncoder } from "./drivers/encoder"
import { Board } from "./drivers/energyUse"
import { startFram } from "./drivers/fram"
import { startHeartbeat } from "./drivers/heartbeat"
import { mprls0025pa, startMprPressure } from "./drivers/pressureMpr"
import { startMpx5100Pressure } from "./drivers/pressureMpx5100"
import { startReservoirSwitch } from "./drivers/reservoirSwitch"
import { startStepper, tmc2209 } from "./drivers/stepper"
import { startSupplyWarning } from "./drivers/supplyWarning"
import { runPump } from "./loop"
import { startLink } from "./service/pumpServer"

/** How often a line of the log is due: well before the one before it, 71 characters at 120 baud, is out. */
const AWAKE_MS = 5000

/** True for an MPX5100GP on the PRESSURE pin instead of an MPR sensor on I²C. */
const PRESSURE_IS_ANALOGUE = false

const encoder = startQuadratureEncoder({
    a: pins.ENCODER_A,
    b: pins.ENCODER_B,
    stepsPerCount: 8,
    uncertainStepsMax: 32,
})

const motor = startStepper({
    step: pins.STEP,
    enable: pins.ENABLE,
    direction: { pin: pins.DIR, activeLow: false },
    fault: { pin: pins.FAULT, activeLow: false },
    chip: tmc2209(),
    stepPeriodMs: 0,
    releaseBetweenSteps: true,
    wakeMs: 2,
    settleMs: 5,
    encoder,
})

/** Has the log go out on GP0 all the time, a line as long as that takes: the runtime's sleep may be without end (`boards/README.md`, "Without USB"). */
async function keepAwake(): Promise<void> {
    while (true) {
        console.log("this log goes out at 12 characters a second and keeps the runtime awake")
        await ds.sleep(AWAKE_MS)
    }
}
keepAwake.start()

const memory = startFram(i2c)

runPump.start({
    board: Board.Pico,
    motor,
    sensors: [
        encoder,
        startReservoirSwitch(pins.END_NC, pins.END_NO),
        startBattery({ pin: pins.BATTERY, fullScaleMv: 3300, dividerRatio: 2 }),
        startDs3231(i2c),
        startButton(pins.START_STOP),
        startDoseButton(pins.DOSE),
        PRESSURE_IS_ANALOGUE
            ? startMpx5100Pressure({ pin: pins.PRESSURE, fullScaleMv: 3300, dividerRatio: 1.5 })
            : startMprPressure(i2c, mprls0025pa()),
    ],
    annunciator: startAnnunciator(
        { pin: pins.RED_LED, activeLow: false },
        { pin: pins.YELLOW_LED, activeLow: false },
        { pin: pins.BUZZER, activeLow: false },
    ),
    heartbeat: startHeartbeat(pins.HEARTBEAT),
    memory,
    link: startLink(memory),
    supply: startSupplyWarning(pins.SUPPLY_LOW, true),
})

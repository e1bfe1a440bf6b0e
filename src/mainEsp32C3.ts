// The pump on an ESP32-C3 SuperMini: which parts hang on which pins, and nothing else. Its thirteen pins suffice for the
// same pump with DIR strapped and one line of the encoder; wiring is in `boards/README.md`.

import { i2c } from "@devicescript/i2c"
import { pins } from "@dsboard/pump_esp32c3"
import { startAnnunciator } from "./drivers/annunciator"
import { startBattery } from "./drivers/battery"
import { startButton } from "./drivers/button"
import { startDs3231 } from "./drivers/ds3231"
import { startIndexEncoder } from "./drivers/encoder"
import { Board } from "./drivers/energyUse"
import { startFram } from "./drivers/fram"
import { startHeartbeat } from "./drivers/heartbeat"
import { mprls0025pa, startMprPressure } from "./drivers/pressureMpr"
import { startReservoirSwitch } from "./drivers/reservoirSwitch"
import { startStepper, tmc2209 } from "./drivers/stepper"
import { runPump } from "./loop"
import { startLink } from "./service/pumpServer"

const encoder = startIndexEncoder({ index: pins.INDEX, stepsPerEdge: 32, toleranceSteps: 8 })

const motor = startStepper({
    step: pins.STEP,
    enable: pins.ENABLE,
    chip: tmc2209(),
    stepPeriodMs: 0,
    releaseBetweenSteps: true,
    wakeMs: 2,
    settleMs: 5,
    encoder,
})

const memory = startFram(i2c)

runPump.start({
    board: Board.Esp32C3,
    motor,
    sensors: [
        encoder,
        startReservoirSwitch(pins.END_NC, pins.END_NO),
        startBattery({ pin: pins.BATTERY, fullScaleMv: 2500, dividerRatio: 2 }),
        startDs3231(i2c),
        startButton(pins.START_STOP),
        startMprPressure(i2c, mprls0025pa()),
    ],
    annunciator: startAnnunciator(
        { pin: pins.RED_LED, activeLow: false },
        { pin: pins.YELLOW_LED, activeLow: true },
        { pin: pins.BUZZER, activeLow: false },
    ),
    heartbeat: startHeartbeat(pins.HEARTBEAT),
    memory,
    link: startLink(memory),
})

// The pump on an ESP32-C3 SuperMini in the test fixture: see `src/mainPicoFixture.ts`. Here DIR is strapped, and only pulses are counted.

import { pins } from "@dsboard/pump_esp32c3"
import { startBench } from "./drivers/mock/bench"
import { startLoopback } from "./drivers/mock/loopback"
import { mockParts } from "./drivers/mock/twins"
import { tmc2209 } from "./drivers/stepper"
import { runPump } from "./loop"
import { startLink } from "./service/pumpServer"

const parts = mockParts(startBench())
parts.motor = startLoopback(
    {
        step: pins.STEP,
        enable: pins.ENABLE,
        chip: tmc2209(),
        stepPeriodMs: 0,
        releaseBetweenSteps: false,
        wakeMs: 2,
        settleMs: 5,
    },
    { a: pins.INDEX, b: pins.END_NC },
    parts.motor,
)
parts.link = startLink(parts.memory)
runPump.start(parts)

// The pump on a Raspberry Pi Pico in the test fixture: its motor's pins lead into a counter, and all else that it senses or keeps is played
// by a host over Jacdac. It holds no reservoir, and says so by its name. Wiring is in `boards/fixture.md`.

import { pins } from "@dsboard/pump_pico"
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
        direction: { pin: pins.DIR, activeLow: false },
        chip: tmc2209(),
        stepPeriodMs: 0,
        releaseBetweenSteps: false,
        wakeMs: 2,
        settleMs: 5,
    },
    { a: pins.ENCODER_A, b: pins.ENCODER_B, direction: pins.END_NC },
    parts.motor,
)
parts.link = startLink(parts.memory)
runPump.start(parts)

// What a scenario does to the bench: each of its events as the world knows it.
// Beside the world, so that whoever drives one, engine or study, lets the same things happen in the same way.

import type { WorldEvent } from "../scenario/scenario"
import type { World } from "./world"

/** Lets `event` happen to `world`, at the time that the world has reached. */
export function befall(world: World, event: WorldEvent): void {
    switch (event.kind) {
        case "occlude":
            world.occluded = true
            return
        case "clear":
            world.occluded = false
            return
        case "blockOutlet":
            world.blockOutlet(true)
            return
        case "clearOutlet":
            world.blockOutlet(false)
            return
        case "openLine":
            world.openLine(true)
            return
        case "closeLine":
            world.openLine(false)
            return
        case "leak":
            world.leakFraction = event.fraction
            return
        case "bubble":
            world.setBubble(event.microlitres)
            return
        case "siphon":
            world.setSiphon(event.microlitresPerHour)
            return
        case "stall":
            world.stalled = true
            return
        case "unstall":
            world.stalled = false
            return
        case "loseSteps":
            world.lossFraction = event.fraction
            return
        case "wearGear":
            world.gearWorn = true
            return
        case "replaceGear":
            world.gearWorn = false
            return
        case "runaway":
            world.setRunaway(event.stepsPerSecond)
            return
        case "freeze":
            world.frozenUntilMs = world.nowMs + event.lastsMs
            return
        case "flipBit":
            world.memory.contents[event.address] ^= 1 << event.bit
            return
        case "battery":
            world.batteryMv = event.millivolts
            return
        case "supplyLow":
            world.supplyFailing = true
            return
        case "supplyGood":
            world.supplyFailing = false
            return
        case "clockStep":
            world.stepClock(event.seconds)
            return
        case "sensorFault":
            world.fail(event.sensor, event.failure, event.driftPerHour)
            return
        case "sensorRepair":
            world.fail(event.sensor, "none")
            return
        default:
            event satisfies never
    }
}

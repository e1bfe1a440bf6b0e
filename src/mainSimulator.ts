// The pump in the simulator: every driver is its mock twin, and the world behind them is served over Jacdac.

import { startBench } from "./drivers/mock/bench"
import { mockParts } from "./drivers/mock/twins"
import { runPump } from "./loop"
import { startLink } from "./service/pumpServer"

const parts = mockParts(startBench())
parts.link = startLink(parts.memory)
runPump.start(parts)

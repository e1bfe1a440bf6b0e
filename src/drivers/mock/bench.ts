// The link to the simulated world: what the mock twins of all the drivers share.
// One exchange a second brings all readings; everything the pump does goes out as it happens.

import * as ds from "@devicescript/core"
import { Pump } from "../../pump/pump"
import { SensorFault } from "../../pump/readings"

const SAMPLE = 0x80
const REPLY_SIZE = 34
const TRACE_FLAG = 33

// A world that has not answered within half a sample's time is as good as absent.
const ANSWER_MS_MAX = 500

/** The bench of the simulator, and what is known of the pump on it. */
export interface Bench {
    role: ds.PumpBench
    /** The last answer of the world, laid out as `services/pumpbench.md` says. */
    reply: Buffer
    /** False when the world did not answer the last time it was asked. */
    answered: boolean
    /** True when the world wants a row of the trace for every tick. */
    traced: boolean
    /** The pump that reports to this bench, once it does. */
    pump: Pump | undefined
    /** Ticks completed. */
    ticks: number
    question: Buffer
    waiting: ds.Fiber | undefined
}

/** Looks for the world on the bus. */
export function startBench(): Bench {
    const bench: Bench = {
        role: new ds.PumpBench(),
        reply: Buffer.alloc(REPLY_SIZE),
        answered: false,
        traced: false,
        pump: undefined,
        ticks: 0,
        question: Buffer.alloc(12),
        waiting: undefined,
    }
    bench.role.report().subscribe(async packet => {
        if (packet.serviceCommand !== SAMPLE || !bench.waiting) return
        bench.reply.blitAt(0, packet.payload, 0, REPLY_SIZE)
        bench.answered = true
        bench.waiting.resume(undefined)
        bench.waiting = undefined
    })
    return bench
}

/** Sends a command of `services/pumpbench.md`. */
export async function tellWorld(bench: Bench, command: number, payload: Buffer): Promise<void> {
    await bench.role.sendCommand(command, payload)
}

/** Asks the world for all the readings at once; the twins take their parts out of the answer. */
export async function askWorld(bench: Bench): Promise<void> {
    if (bench.pump) bench.question.setAt(0, "f64", bench.pump.residualPl)
    bench.question.setAt(8, "u32", bench.ticks)
    bench.answered = false
    bench.waiting = ds.Fiber.self()
    await tellWorld(bench, SAMPLE, bench.question)
    await ds.suspend(ANSWER_MS_MAX)
    bench.waiting = undefined
    if (bench.answered) bench.traced = bench.reply[TRACE_FLAG] === 1
}

/** A fault as the world tells it at `offset` of its answer; Missing when the world is silent. */
export function faultAt(bench: Bench, offset: number): SensorFault {
    return bench.answered ? bench.reply[offset] : SensorFault.Missing
}

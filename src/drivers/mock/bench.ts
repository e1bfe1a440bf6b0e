// The link to the simulated world: what the mock twins of all the drivers share.
// One exchange a second brings all readings; everything the pump does goes out as it happens.

import * as ds from "@devicescript/core"
import { Pump } from "../../pump/pump"
import { SensorFault } from "../../pump/readings"

const SAMPLE = 0x80
const REPLY_SIZE = 41
const TRACE_FLAG = 40

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
    /** The bytes that are waited for: the command that asked for them, and where they begin. */
    pieceCommand: number
    pieceAt: number
    /** They and the two bytes of where they begin, once they are here. */
    piece: Buffer | undefined
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
        pieceCommand: 0,
        pieceAt: 0,
        piece: undefined,
    }
    bench.role.report().subscribe(async packet => {
        if (!bench.waiting) return
        if (packet.serviceCommand === SAMPLE) {
            // A late answer to a question that was given up.
            if (bench.pieceCommand !== 0) return
            bench.reply.blitAt(0, packet.payload, 0, REPLY_SIZE)
            bench.answered = true
        } else {
            if (packet.serviceCommand !== bench.pieceCommand) return
            if (packet.payload.getAt(0, "u16") !== bench.pieceAt) return
            bench.piece = packet.payload
        }
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

/**
 * Asks the world for bytes: what it answers to a command whose payload opens with where they begin, as its answer does.
 * Undefined when it says that there are none, or nothing.
 */
export async function askPiece(bench: Bench, command: number, payload: Buffer): Promise<Buffer | undefined> {
    bench.pieceCommand = command
    bench.pieceAt = payload.getAt(0, "u16")
    bench.piece = undefined
    bench.waiting = ds.Fiber.self()
    await tellWorld(bench, command, payload)
    await ds.suspend(ANSWER_MS_MAX)
    bench.waiting = undefined
    bench.pieceCommand = 0
    // Set meanwhile by the answer, which the type checker can't see.
    const piece = bench.piece as Buffer | undefined
    return piece && piece.length > 2 ? piece.slice(2) : undefined
}

/** A fault as the world tells it at `offset` of its answer; Missing when the world is silent. */
export function faultAt(bench: Bench, offset: number): SensorFault {
    return bench.answered ? bench.reply[offset] : SensorFault.Missing
}

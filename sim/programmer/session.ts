// One visit of the programmer to a pump: joins the bus, finds the pump, does what is to be done, and leaves, whatever happens.

import { portKind } from "../board/ways"
import { askForFrames, ToolsBus, ToolsError } from "../engines/toolsBus"
import { findPump, NoAnswerError, PumpClient } from "./client"
import { loadKey } from "./keys"

/** A pump announces itself twice a second. */
const FIND_MS = 4_000

/** How often a board is asked for its frames anew. */
const ASK_AGAIN_MS = 1_000

export interface VisitOptions {
    /** Where the pump is reached: a bus that is served, or the port of a board (`PORT_FORMS`). */
    bus: string
    /** Which pump, where several are on it. */
    pump?: string
    /** Where the keys are kept. */
    keys: string
}

/** Lets `visit` talk to the pump. Throws ToolsError, NoAnswerError, RefusedError, InputError. */
export async function visitPump<T>(options: VisitOptions, visit: (client: PumpClient) => Promise<T>): Promise<T> {
    const tools = await reach(options.bus)
    try {
        const pumpId = await findPump(tools.bus, FIND_MS, options.pump)
        const client = new PumpClient(tools.bus, pumpId, loadKey(options.keys, pumpId))
        const lost = tools.closed.then(() => {
            throw new NoAnswerError(`the way to the pump at ${options.bus} is gone`)
        })
        return await Promise.race([visit(client), lost])
    } finally {
        tools.leave()
    }
}

/** Joins the bus that is served there, or the board at that port. Throws ToolsError. */
async function reach(address: string): Promise<ToolsBus> {
    if (portKind(address) === "bus") return ToolsBus.join(address)
    // Only now: it loads a library for this machine's ports.
    const { openPort } = await import("../board/port")
    try {
        const tools = ToolsBus.over(await openPort(address))
        await askForFrames(tools.bus)
        const asking = setInterval(() => askForFrames(tools.bus), ASK_AGAIN_MS)
        tools.closed.then(() => clearInterval(asking))
        return tools
    } catch (error) {
        throw new ToolsError(`no board at ${address}: ${(error as Error).message}`)
    }
}

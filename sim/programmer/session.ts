// One visit of the programmer to a pump: joins the bus, finds the pump, does what is to be done, and leaves, whatever happens.

import { ToolsBus } from "../engines/toolsBus"
import { findPump, NoAnswerError, PumpClient } from "./client"
import { loadKey } from "./keys"

/** A pump announces itself twice a second. */
const FIND_MS = 4_000

export interface VisitOptions {
    /** Where the bus is served. */
    bus: string
    /** Which pump, where several are on it. */
    pump?: string
    /** Where the keys are kept. */
    keys: string
}

/** Lets `visit` talk to the pump. Throws ToolsError, NoAnswerError, RefusedError, InputError. */
export async function visitPump<T>(options: VisitOptions, visit: (client: PumpClient) => Promise<T>): Promise<T> {
    const tools = await ToolsBus.join(options.bus)
    try {
        const pumpId = await findPump(tools.bus, FIND_MS, options.pump)
        const client = new PumpClient(tools.bus, pumpId, loadKey(options.keys, pumpId))
        const lost = tools.closed.then(() => {
            throw new NoAnswerError(`the bus at ${options.bus} is gone`)
        })
        return await Promise.race([visit(client), lost])
    } finally {
        tools.leave()
    }
}

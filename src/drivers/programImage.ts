// Whether the program in flash is still the one that was flashed: its SHA-256, which the runtime works out anew from flash
// whenever it is asked, against the one stored at flashing. The runtime itself only checks how an image begins.

import * as ds from "@devicescript/core"
import { loadRecord } from "./flashStore"

// DeviceScript makes no client for its own manager: `services/programimage.md` names the part of it that is asked here.
declare module "@devicescript/core" {
    /** The device's own DeviceScript manager, as `services/programimage.md` describes it. */
    class ProgramImage extends Role {
        readonly programSha256: Register<Buffer>
    }
}

const SHA256_SIZE = 32

// A device that knows its image has answered within a few tens of milliseconds.
const ANSWER_MS_MAX = 1000
const ASK_AGAIN_MS = 20

/**
 * True when the image in flash is not the one whose SHA-256 is stored in the record `im`, or that record is damaged (PST-4).
 *
 * A program that came by the ordinary tools has no such record, and a runtime that gives no answer within a second can't be
 * compared: either is said on the console and is no damage. A missing answer is no sign of it, a pump that stopped for it
 * would be stopped without need, and arithmetic, logic and guard are tested whatever the image is.
 */
export async function programImageDamaged(): Promise<boolean> {
    const stored = await loadRecord("im")
    if (stored === undefined) {
        console.log("program image not compared: deployed without its hash")
        return false
    }
    if (typeof stored === "string") return true
    const found = await hashInFlash()
    if (!found) {
        console.log("program image not compared: the runtime gives no hash")
        return false
    }
    if (stored.length !== SHA256_SIZE + 4 || found.length !== SHA256_SIZE) return true
    for (let i = 0; i < SHA256_SIZE; i++) if (stored[i] !== found[i]) return true
    return false
}

/** The SHA-256 of the image in flash as it is now; undefined when no answer comes. */
async function hashInFlash(): Promise<Buffer | undefined> {
    const image = new ds.ProgramImage()
    let found: Buffer | undefined
    // A read waits until the role is bound, for ever if need be: so something else waits for the read.
    const ask = async () => {
        found = await image.programSha256.read()
    }
    ask.start()
    for (let waitedMs = 0; !found && waitedMs < ANSWER_MS_MAX; waitedMs += ASK_AGAIN_MS) await ds.sleep(ASK_AGAIN_MS)
    return found
}

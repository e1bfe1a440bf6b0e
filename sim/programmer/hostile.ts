// What somebody on the bus sends to the pump who has not got its key: noise, acts sealed with another key, acts cut short, commands that
// there are not, and what anybody may ask for, reading and pairing.

import { uniformInt } from "pure-rand/distribution/uniformInt"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { CommandKind } from "../../src/pump/readings"
import { ActKind } from "../../src/service/acts"
import { KEY_SIZE, NONCE_SIZE } from "../../src/service/seal"
import { ACT, commandBody, type LinkFrame, PAIR, READ, sealAct } from "./acts"

/** The first command that the pump's service does not have. */
const UNKNOWN = PAIR + 1

/** What a packet holds at most. */
const PAYLOAD_MAX = 230

/** Acts that would matter most. */
const KINDS = [
    CommandKind.Stop,
    CommandKind.Bolus,
    CommandKind.Release,
    CommandKind.MinimumRate,
    CommandKind.Programme,
    ActKind.ProposeBegin,
    ActKind.Limits,
]

/** So many frames, the same for the same seed. */
export function* hostileFrames(seed: number, frames: number): Generator<LinkFrame> {
    const random = xoroshiro128plus(seed)
    const draw = (max: number) => uniformInt(random, 0, max)
    const noise = (size: number) => Buffer.from(Array.from({ length: size }, () => draw(255)))
    for (let i = 0; i < frames; i++) {
        const way = draw(9)
        if (way === 0) yield { command: PAIR, payload: Buffer.alloc(0) }
        else if (way === 1) yield { command: READ, payload: noise(3) }
        else if (way === 2) yield { command: UNKNOWN + draw(12), payload: noise(draw(PAYLOAD_MAX)) }
        else if (way === 3) yield { command: ACT, payload: noise(draw(PAYLOAD_MAX)) }
        else {
            const seal = {
                key: noise(KEY_SIZE),
                pumpId: "0123456789abcdef",
                nonce: noise(NONCE_SIZE),
                counter: 1 + draw(9),
            }
            const act = sealAct(
                seal,
                KINDS[draw(KINDS.length - 1)],
                commandBody({ volumeNl: 25_000, rateNlPerDay: 1e6 }),
            )
            yield { command: ACT, payload: way === 4 ? act.subarray(0, draw(act.length - 1)) : act }
        }
    }
}

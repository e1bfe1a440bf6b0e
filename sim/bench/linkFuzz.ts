// Frames of every kind into the programmer's link, on Node and on the bytecode: what is not sealed as it should be must change nothing,
// no tick may be lost to it, and the memory must not grow.

import { setImmediate } from "node:timers/promises"
import { type JDBus, Packet } from "jacdac-ts"
import { uniformInt } from "pure-rand/distribution/uniformInt"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { START_UP_MS, TICK_MS } from "../../src/pump/limits"
import { Mode } from "../../src/pump/pump"
import { CommandKind } from "../../src/pump/readings"
import { ActKind } from "../../src/service/acts"
import { Session } from "../engines/session"
import { runVm } from "../engines/vm"
import { ACT, commandBody, type Seal, sealAct } from "../programmer/acts"
import { findPump, PUMP_SERVICE_CLASS, PumpClient } from "../programmer/client"
import { liveEvent } from "../scenario/load"
import type { Scenario } from "../scenario/scenario"
import { findGcHeap, GC_HEAP_BYTES, type GcHeap, gcHeapFree } from "./gcHeap"
import { LinkBench } from "./linkBench"

const COMMAND_MAX = 0x83
const FRAME_MAX = 230
const CHALLENGE = 0x182

/** The challenge is read anew every so many packets, and until then each act that is taken makes the pump count one on. */
const PACKETS_PER_CHALLENGE = 50

/** What came of it on Node. */
export interface CoreFuzz {
    frames: number
    /** Acts that were sealed as they should be, and those that the pump took: as many, or the link has let one in. */
    sealed: number
    taken: number
    /** Memory at the end over that after a tenth of the frames, in bytes. */
    grownBytes: number
}

/** What came of it on the bytecode. */
export interface VmFuzz {
    frames: number
    /** Ticks that were not done in their own slot. */
    ticksLost: number
    /** The most of the device's heap in use at the end over that after a tenth of the frames, in bytes. */
    grownBytes: number
}

/** Draws frames: sealed acts, and acts that were changed, repeated, cut short, spliced or made up. */
class Frames {
    private readonly random: ReturnType<typeof xoroshiro128plus>
    private readonly heard: Buffer[] = []

    /** @param ahead by how much a counter that comes too early is ahead of the one told last, at least */
    constructor(
        seed: number,
        private readonly ahead: number,
    ) {
        this.random = xoroshiro128plus(seed)
    }

    private draw(max: number): number {
        return uniformInt(this.random, 0, max)
    }

    private bytes(size: number): Buffer {
        return Buffer.from(Array.from({ length: size }, () => this.draw(255)))
    }

    /** The next frame, and whether the pump should take it. */
    next(seal: Seal): { frame: Buffer; good: boolean } {
        const act = this.act(seal)
        const kind = this.draw(9)
        if (kind === 0) {
            this.heard.push(act)
            if (this.heard.length > 64) this.heard.shift()
            return { frame: act, good: true }
        }
        return { frame: this.spoilt(kind, act, seal), good: false }
    }

    private act(seal: Seal): Buffer {
        const kinds = [
            CommandKind.Silence,
            CommandKind.Acknowledge,
            ActKind.ProposeBegin,
            ActKind.ProposePiece,
            ActKind.ProposeEnd,
            77,
        ]
        const kind = kinds[this.draw(kinds.length - 1)]
        const plain = kind === CommandKind.Silence || kind === CommandKind.Acknowledge
        return sealAct(seal, kind, plain ? commandBody({}) : this.bytes(this.draw(200)))
    }

    private spoilt(kind: number, act: Buffer, seal: Seal): Buffer {
        const old = this.heard.length > 0 ? this.heard[this.draw(this.heard.length - 1)] : undefined
        if (kind === 1) return this.bytes(this.draw(FRAME_MAX))
        if (kind === 2) return act.subarray(0, this.draw(act.length - 1))
        if (kind === 3) return Buffer.concat([act, this.bytes(1 + this.draw(8))])
        if (kind === 4 && old) return old
        if (kind === 5 && old) return Buffer.concat([old.subarray(0, 5), act.subarray(5)])
        if (kind === 6)
            return sealAct(
                { ...seal, counter: seal.counter + this.ahead + this.draw(5) },
                CommandKind.Stop,
                commandBody({}),
            )
        if (kind === 7) return sealAct({ ...seal, key: this.bytes(32) }, CommandKind.Stop, commandBody({}))
        const changed = Buffer.from(act)
        changed[this.draw(changed.length - 1)] ^= 1 + this.draw(254)
        return changed
    }
}

/** So many frames into the link on Node, one a tick; a wait after wrong tags is cut short, or most would not be looked at. */
export async function fuzzCore(frames: number, seed: number, onProgress: (done: number) => void): Promise<CoreFuzz> {
    const bench = await LinkBench.paired()
    const draws = new Frames(seed, 1)
    let sealed = 0
    const first = bench.seal().counter
    let earlyBytes = 0
    for (let i = 0; i < frames; i++) {
        const seal = bench.seal()
        const { frame, good } = draws.next(seal)
        Object.assign(bench.link, { waitUntilMs: 0 })
        bench.link.hear(frame)
        await bench.tick()
        if (good) sealed += 1
        // A command is answered with the next sample.
        while (bench.link.working()) await bench.tick()
        bench.answers.length = 0
        if (bench.pump.mode === Mode.Stopped) throw new Error(`frame ${i} of seed ${seed} stopped the pump`)
        if (i === Math.floor(frames / 10)) earlyBytes = heapBytes()
        if (i % 10_000 === 0) {
            onProgress(i / frames)
            await setImmediate()
        }
    }
    const taken = bench.seal().counter - first
    return { frames, sealed, taken, grownBytes: heapBytes() - earlyBytes }
}

function heapBytes(): number {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
}

/** So many packets into the bytecode, one a tick: acts, and other commands with payloads that nobody makes. */
export async function fuzzVm(
    scenario: Scenario,
    frames: number,
    seed: number,
    onProgress: (done: number) => void,
): Promise<VmFuzz> {
    const durationMs = (frames + 600) * TICK_MS
    const session = new Session({ ...scenario, durationMs, events: [] }, scenario.seed)
    const draws = new Frames(seed, 2 * PACKETS_PER_CHALLENGE)
    let bus: JDBus | undefined
    let client: PumpClient | undefined
    let key: Buffer | undefined
    let heap: GcHeap | undefined
    let ticks = 0
    let sent = 0
    let usedEarly = 0
    let used = 0
    let challenge: Buffer | undefined
    await runVm(session, {
        onProgress: () => {},
        onTraceLine: undefined,
        onPowerOn: machine => {
            bus = machine.bus
        },
        afterTick: ({ HEAPU8 }) => {
            ticks += 1
            if (sent === 0) return
            heap ??= findGcHeap(HEAPU8)
            if (!heap) throw new Error("the heap of the machine was not found")
            used = Math.max(used, GC_HEAP_BYTES - gcHeapFree(HEAPU8, heap))
            if (sent === Math.floor(frames / 10)) usedEarly = used
        },
        pace: async () => {
            if (!bus) return
            if (!client) {
                const [service] = bus.services({ serviceClass: PUMP_SERVICE_CLASS })
                if (!service) return
                client = new PumpClient(bus, await findPump(bus, 0))
                const press = () => session.intervene(liveEvent("fuzz", { do: "acknowledge" }, 20))
                client.pair(press).then(found => {
                    key = found
                })
                service.register(CHALLENGE).on("reportReceive", () => {
                    challenge = Buffer.from(service.register(CHALLENGE).data)
                })
            }
            await setImmediate()
            const [service] = bus.services({ serviceClass: PUMP_SERVICE_CLASS })
            if (!key || !service || sent >= frames) return
            if (sent % PACKETS_PER_CHALLENGE === 0) await service.register(CHALLENGE).sendGetAsync()
            if (!challenge) return
            const seal = {
                key,
                pumpId: client.pumpId,
                nonce: challenge.subarray(4),
                counter: challenge.readUInt32LE(0),
            }
            const { frame } = draws.next(seal)
            const command = sent % 10 === 0 ? ACT + (sent % (COMMAND_MAX - ACT)) : ACT
            await service.sendPacketAsync(Packet.from(command, frame))
            sent += 1
            if (sent % 1_000 === 0) onProgress(sent / frames)
        },
    })
    if (sent < frames) throw new Error(`${sent} of ${frames} packets were sent`)
    if (session.mode === Mode.Stopped) throw new Error(`packets of seed ${seed} stopped the pump`)
    const expected = Math.floor((durationMs - START_UP_MS) / TICK_MS) + 1
    return { frames: sent, ticksLost: expected - ticks, grownBytes: used - usedEarly }
}

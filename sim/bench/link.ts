// `npm run bench -- --only link`: what the programmer's link withstands, and what it costs the device that a programmer is there.

import type { Scenario } from "../scenario/scenario"
import { fuzzCore, fuzzVm } from "./linkFuzz"
import { idleCost } from "./linkIdle"
import { type Row, rowOf } from "./rows"

const CORE_FRAMES = 1_000_000
const VM_PACKETS = 50_000
const IDLE_MS = 600_000

/** A million frames into the link on Node, 50 000 packets into the bytecode, and ten minutes with and without a programmer that looks. */
export async function linkRows(scenario: Scenario, onProgress: (done: number) => void): Promise<Row[]> {
    const alone = await idleCost({ ...scenario, durationMs: IDLE_MS }, false)
    const watched = await idleCost({ ...scenario, durationMs: IDLE_MS }, true)
    onProgress(0.1)
    const core = await fuzzCore(CORE_FRAMES, 1, done => onProgress(0.1 + done * 0.5))
    const vm = await fuzzVm(scenario, VM_PACKETS, 1, done => onProgress(0.6 + done * 0.4))
    const row = (
        what: string,
        figure: number,
        unit: string,
        how: string,
        reference?: { figure: number; name: string },
    ) => rowOf("link", what, figure, unit, reference, how)
    const fuzzed = `of ${core.frames} frames, nine of ten spoilt, seed 1`
    const sealed = { figure: core.sealed, name: "sealed rightly" }
    const nobody = { figure: alone.callsPerTick, name: "nobody there" }
    const reads = `${watched.reads} readings of the status, one a second; ${watched.ticksLost} ticks lost`
    return [
        row("calls of a tick, a programmer looking", watched.callsPerTick, "calls", reads, nobody),
        row("heap after collections, a programmer looking", watched.heapBytes, "bytes", "at most", {
            figure: alone.heapBytes,
            name: "nobody there",
        }),
        row("acts taken on core", core.taken, "", fuzzed, sealed),
        row("memory grown on core", core.grownBytes / 1e6, "MB", "from a tenth of them to the end"),
        row("ticks lost on vm", vm.ticksLost, "", `${vm.frames} packets, one a tick, seed 1`),
        row("heap grown on vm", vm.grownBytes, "bytes", "most in use, from a tenth of them to the end"),
    ]
}

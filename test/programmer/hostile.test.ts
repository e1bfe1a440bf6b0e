// What a stranger on the bus sends, and a pump that hears it.

import { expect, test } from "vitest"
import { runCore } from "../../sim/engines/core"
import { Session } from "../../sim/engines/session"
import { hostileFrames } from "../../sim/programmer/hostile"
import { presetKey } from "../../sim/programmer/presetKey"
import { loadScenario } from "../../sim/scenario/load"
import { MemoryChip } from "../../sim/world/memory"

test("the same frames for the same seed, of every kind, none longer than a packet", () => {
    const frames = [...hostileFrames(7, 500)]
    expect(frames).toHaveLength(500)
    expect([...hostileFrames(7, 500)]).toEqual(frames)
    expect([...hostileFrames(8, 500)]).not.toEqual(frames)
    const commands = new Set(frames.map(({ command }) => command))
    for (const command of [0x80, 0x81, 0x82, 0x83]) expect(commands).toContain(command)
    for (const { payload } of frames) expect(payload.length).toBeLessThanOrEqual(230)
})

test("LNK-2: a pump that was paired before hears them, one each so often, and changes none of its key", async () => {
    const scenario = loadScenario("sim/scenarios/strangers-frames.json")
    const session = new Session(scenario, 1)
    await runCore(session, { onProgress: () => {}, onTraceLine: undefined })
    const paired = new MemoryChip()
    await presetKey(paired)
    const keys = (memory: MemoryChip) => Buffer.from(memory.contents.subarray(576, 576 + 128)).toString("hex")
    expect(keys(session.memory)).toBe(keys(paired))
    expect(session.strangersFrame()).toBeUndefined()
    expect(session.refusals).toEqual([])
})

import { uniformInt } from "pure-rand/distribution/uniformInt"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"
import { expect, test } from "vitest"
import type { CutPoint, Session } from "../../sim/engines/session"
import { flashedPump, runVm } from "../../sim/engines/vm"
import { cutSession, faultsOf, lengthsOfWrites, TICKS_TO_CUT } from "../powerCuts"

const POINTS = 200
const SEED = 20_260_302

const QUIET = { onProgress: () => {}, onTraceLine: undefined }

test("JRN-2, JRN-9: 200 cuts on the device's bytecode lose nothing, and its flash never changes", {
    timeout: 900_000,
}, async () => {
    const { image } = await flashedPump(cutSession(undefined))
    const run = async (session: Session, name: string): Promise<string[]> => {
        const flash = { image: Uint8Array.from(image) }
        await runVm(session, { ...QUIET, flash })
        const same = Buffer.from(flash.image).equals(Buffer.from(image))
        return same ? faultsOf(session, name) : [`${name}: the flash has changed`]
    }
    const whole = cutSession(undefined)
    const lengths = lengthsOfWrites(whole)
    expect(await run(whole, "no cut")).toEqual([])
    const steps = whole.observer.commandedSteps
    expect(lengths.length).toBeGreaterThan(80)

    const random = xoroshiro128plus(SEED)
    const draw = (most: number) => uniformInt(random, 1, most)
    const faults: string[] = []
    for (let i = 0; i < POINTS && faults.length === 0; i++) {
        const points: CutPoint[] = [{ ticks: draw(TICKS_TO_CUT) }, { steps: draw(steps) }]
        // Twice as often as the others: in the midst of a write.
        const write = draw(lengths.length)
        const point = points[i % 4] ?? { write, bytes: draw(lengths[write - 1] + 1) - 1 }
        faults.push(...(await run(cutSession(point), JSON.stringify(point))))
    }
    expect(faults).toEqual([])
})

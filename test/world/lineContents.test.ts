import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { worldSchema } from "../../sim/scenario/schema"
import { LineContents } from "../../sim/world/lineContents"
import { World } from "../../sim/world/world"

const LINE_PL = 250_000_000
const OLD = 500_000
const NEW = 2_000_000

/** What left of each strength, in picolitres. */
function left(line: LineContents): Record<number, number> {
    return Object.fromEntries(line.delivered.map(({ ngPerMl, volumePl }) => [ngPerMl, Math.round(volumePl)]))
}

/** What comes in at one end goes out at the other. */
function pump(line: LineContents, volumePl: number): void {
    line.enter(volumePl)
    line.leave(volumePl)
}

describe("what leaves the catheter", () => {
    test("after a refill with another strength is the old one until the line's volume has gone through", () => {
        const line = new LineContents(LINE_PL, OLD, true)
        pump(line, 100_000_000)
        line.refill(NEW)
        for (let i = 0; i < 5; i++) pump(line, 50_000_000)
        expect(left(line)).toEqual({ [OLD]: 350_000_000, [NEW]: 0 })
        pump(line, 10_000_000)
        expect(left(line)).toEqual({ [OLD]: 350_000_000, [NEW]: 10_000_000 })
        // 0.35 mL of 500 µg/mL and 0.01 mL of 2000.
        expect(line.deliveredNg).toBeCloseTo(175_000 + 20_000, 6)
    })

    test("is no drug before a line that was empty, or is new, has filled", () => {
        const line = new LineContents(LINE_PL, OLD, false)
        pump(line, LINE_PL + 1000)
        expect(left(line)).toEqual({ 0: LINE_PL, [OLD]: 1000 })
        line.replace()
        pump(line, LINE_PL)
        expect(left(line)).toEqual({ 0: 2 * LINE_PL, [OLD]: 1000 })
        pump(line, 1)
        expect(left(line)).toEqual({ 0: 2 * LINE_PL, [OLD]: 1001 })
    })

    test("one volume may span several strengths", () => {
        const line = new LineContents(1000, OLD, false)
        line.enter(500)
        line.refill(NEW)
        line.enter(500)
        line.leave(1800)
        expect(left(line)).toEqual({ 0: 1000, [OLD]: 500, [NEW]: 300 })
    })

    test("what is pulled back comes again, the last first, and a refill takes it away", () => {
        const line = new LineContents(1000, OLD, true)
        line.refill(NEW)
        line.enter(100)
        line.retreat(300)
        line.enter(300)
        line.leave(1100)
        expect(left(line)).toEqual({ [OLD]: 1000, [NEW]: 100 })
        line.enter(1000)
        line.retreat(400)
        line.refill(OLD)
        line.enter(400)
        line.leave(1000)
        expect(left(line)).toEqual({ [OLD]: 1400, [NEW]: 700 })
    })

    test("spinal fluid that comes in goes out again first, and is no dose", () => {
        const line = new LineContents(1000, OLD, true)
        line.leave(-200)
        expect(left(line)[0]).toBe(-200)
        line.leave(-50)
        line.leave(300)
        expect(left(line)).toEqual({ 0: 0, [OLD]: 50 })
    })

    test("what is lost where a line comes off does not come back", () => {
        const line = new LineContents(1000, OLD, true)
        line.refill(NEW)
        line.enter(100)
        line.spill(150)
        line.enter(100)
        line.leave(1050)
        expect(left(line)).toEqual({ [OLD]: 950, [NEW]: 100 })
    })

    test("a line without a volume gives what comes in", () => {
        const line = new LineContents(0, OLD, true)
        pump(line, 5)
        line.leave(3)
        expect(left(line)).toEqual({ [OLD]: 8 })
    })

    test("nothing comes from nowhere: what entered, less what went back, is in the line or has left, each strength for itself", () => {
        const step = fc.tuple(fc.constantFrom("enter", "retreat", "leave", "refill"), fc.integer({ min: 1, max: 5000 }))
        fc.assert(
            fc.property(fc.array(step, { maxLength: 60 }), steps => {
                const line = new LineContents(10_000, 1, true)
                let strength = 1
                let heldPl = 10_000
                let neckPl = 0
                let outPl = 0
                const given = new Map<number, number>([[1, 10_000]])
                for (const [what, volumePl] of steps) {
                    if (what === "enter") {
                        line.enter(volumePl)
                        const anewPl = Math.max(0, volumePl - neckPl)
                        given.set(strength, (given.get(strength) ?? 0) + anewPl)
                        neckPl -= volumePl - anewPl
                        heldPl += volumePl
                    } else if (what === "retreat") {
                        const backPl = Math.min(volumePl, heldPl)
                        line.retreat(backPl)
                        heldPl -= backPl
                        neckPl += backPl
                    } else if (what === "leave") {
                        const goesPl = Math.min(volumePl, heldPl)
                        line.leave(goesPl)
                        heldPl -= goesPl
                        outPl += goesPl
                    } else {
                        strength += 1
                        line.refill(strength)
                        neckPl = 0
                    }
                }
                const total = line.delivered.reduce((sum, { volumePl }) => sum + volumePl, 0)
                expect(total).toBe(outPl)
                for (const { ngPerMl, volumePl } of line.delivered)
                    expect(volumePl).toBeLessThanOrEqual(given.get(ngPerMl) ?? 0)
                line.leave(heldPl)
                expect(line.delivered.reduce((sum, { volumePl }) => sum + volumePl, 0)).toBe(outPl + heldPl)
            }),
            { endOnFailure: true },
        )
    })
})

test("in the world, the line gives what steps displace and the catheter lets out, whatever the pressure stores meanwhile", () => {
    const settings = worldSchema.parse({ pressureNoisePascals: 0 })
    const line = new LineContents(LINE_PL, OLD, true)
    const world = new World(settings, 0, 20_000_000_000, 1, line)
    for (let i = 0; i < 1000; i++) {
        world.advance(world.nowMs + 100)
        if (i === 500) world.refill(20_000_000_000, 0, NEW)
        world.step(10)
    }
    const total = line.delivered.reduce((sum, { volumePl }) => sum + volumePl, 0)
    expect(total).toBeCloseTo(world.deliveredPl, 0)
    const newPl = 499 * 10 * world.stepPl - LINE_PL - world.lineStoredPl
    expect(newPl).toBeLessThan(0)
    expect(left(line)[NEW]).toBe(0)
    for (let i = 0; i < 1000; i++) {
        world.advance(world.nowMs + 100)
        world.step(10)
    }
    expect(left(line)[NEW]).toBeCloseTo(1500 * 10 * world.stepPl - LINE_PL - world.lineStoredPl, -2)
})

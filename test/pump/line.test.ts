import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Reason } from "../../src/pump/alarms"
import { createLine, forgetRise, judgeLine } from "../../src/pump/line"

const OCCLUSION_PA = 70_000
const BLOCK = 4
// Below this a rise in `counted` counts in full, and this much of it is not forgiven in a block.
const FULL = 700
const RISEN = 4200

/** A line and who feeds it: samples a second apart, steps of 1 pL unless a test wants others. */
class Feed {
    readonly line = createLine()
    steps = 0
    stepPl = 1

    sample(pressurePa: number, newSteps = 0, recentSteps = 0): Reason {
        this.steps += newSteps
        judgeLine(this.line, pressurePa, this.steps, recentSteps, this.stepPl, OCCLUSION_PA)
        return this.line.occlusion
    }

    samples(count: number, pressurePa: number, newSteps = 0): Reason {
        for (let i = 0; i < count; i++) this.sample(pressurePa, newSteps)
        return this.line.occlusion
    }

    /** A block of one pressure, its steps in its first sample. */
    block(pressurePa: number, newSteps = 0): Reason {
        this.sample(pressurePa, newSteps)
        return this.samples(BLOCK - 1, pressurePa)
    }

    /** At rest at 1 kPa, then rises, a block for each, with these steps at the beginning, and one block for the last to count. */
    rises(each: number[], newSteps: number, stepsOfLastBlock = 0): Reason {
        for (let i = 0; i < 5; i++) this.block(1000)
        let pressurePa = 1000
        each.forEach((rise, i) => {
            pressurePa += rise
            this.block(pressurePa, i === 0 ? newSteps : 0)
        })
        return this.block(pressurePa, stepsOfLastBlock)
    }
}

/** A feed whose rises come slowly enough that those from sample to sample play no part. */
const steps = 1_000_000

describe("threshold", () => {
    test("OCC-1: over the threshold in three samples in a row, and not at it, not in two, not with a break", () => {
        const feed = new Feed()
        feed.samples(50, OCCLUSION_PA)
        expect(feed.line.occlusion).toBe(Reason.None)
        expect(feed.samples(2, OCCLUSION_PA + 1)).toBe(Reason.None)
        feed.sample(OCCLUSION_PA)
        expect(feed.samples(2, OCCLUSION_PA + 1)).toBe(Reason.None)
        expect(feed.sample(OCCLUSION_PA + 1)).toBe(Reason.PressureOverThreshold)
        expect(feed.samples(50, 1000)).toBe(Reason.PressureOverThreshold)
    })

    test.each([Number.NaN, Number.POSITIVE_INFINITY])("OCC-1: %s counts as over, and spoils nothing after it", bad => {
        const feed = new Feed()
        feed.samples(40, 1000)
        expect(feed.samples(2, bad)).toBe(Reason.None)
        feed.samples(8, 1000)
        expect(feed.rises([1050, 1050, 1050, 1050], steps)).toBe(Reason.PressureRising)
        expect(feed.samples(3, bad)).toBe(Reason.PressureOverThreshold)
    })

    test("minus infinity is no pressure", () => {
        const feed = new Feed()
        feed.samples(40, 1000)
        feed.samples(40, Number.NEGATIVE_INFINITY)
        expect(feed.line.restPa).toBe(1000)
        expect(feed.line.occlusion).toBe(Reason.None)
    })
})

describe("slope", () => {
    test.each<[string, number[], Reason]>([
        ["four full rises to the least", [1050, 1050, 1050, 1050], Reason.PressureRising],
        ["four full rises to just under the least", [1050, 1050, 1050, 1049], Reason.None],
        ["three full rises", [1500, 1500, 1500], Reason.None],
        ["four rises, of which too little counts", [1900, 1900, 100, 700], Reason.None],
        ["two large rises to the least", [3150, 3150], Reason.PressureRising],
        ["two large rises to just under the least", [3150, 3149], Reason.None],
        ["a large rise and a small one", [6000, 300], Reason.PressureRising],
        ["a large rise and a smaller one", [6010, 299], Reason.None],
        ["a posture of 6 kPa", [6000], Reason.None],
        ["one jump to just under the threshold", [68_000], Reason.None],
    ])("OCC-3: %s", (_, each, expected) => {
        expect(new Feed().rises(each, steps)).toBe(expected)
    })

    test("OCC-3: as much volume as a line takes up for the rise, no less and no more", () => {
        for (const [volumePl, expected] of [
            [RISEN * 20 - 1, Reason.None],
            [RISEN * 20, Reason.PressureRising],
            [RISEN * 10_000, Reason.PressureRising],
            [RISEN * 10_000 + 1, Reason.None],
            [0, Reason.None],
        ])
            expect(new Feed().rises([1050, 1050, 1050, 1050], volumePl)).toBe(expected)
        // A step's volume counts, not the number of steps.
        const feed = new Feed()
        feed.stepPl = 42_000
        expect(feed.rises([1050, 1050, 1050, 1050], 2)).toBe(Reason.PressureRising)
    })

    test("OCC-3: only the volume since the rise began counts", () => {
        const before = new Feed()
        before.sample(1000, steps)
        expect(before.rises([1050, 1050, 1050, 1050], 0)).toBe(Reason.None)
        const after = new Feed()
        after.samples(40, 1000)
        expect(after.rises([1050, 1050, 1050, 1050], 80_000, 4000)).toBe(Reason.None)
        expect(after.block(5204, 0)).toBe(Reason.PressureRising)
    })

    test("OCC-3: what the flow needs to pass an open catheter is no occlusion", () => {
        // 4 µL in a block of 4 s need 1 kPa.
        const flow = 4_000_000
        expect(new Feed().rises([1300, 1300, 1300, 1299], steps, flow)).toBe(Reason.None)
        expect(new Feed().rises([1300, 1300, 1300, 1300], steps, flow)).toBe(Reason.PressureRising)
    })

    test("OCC-3: in a line that scatters more, more is needed", () => {
        // A mean fall of 200 Pa: 3 × 2.5 × 200 = 1500 Pa count in full, so 9 kPa are needed; 199.9 % of the floor here.
        const needs = (each: number[], fallPa: number) => {
            const feed = new Feed()
            feed.line.scales[0].fallPa = fallPa
            // Straight into the rise, because a line at rest would learn that it scatters less.
            for (const pressurePa of [1000, 1000]) feed.block(pressurePa)
            feed.line.scales[0].fallPa = fallPa
            let pressurePa = 1000
            for (const rise of each) {
                pressurePa += rise
                feed.block(pressurePa, 500_000)
                feed.line.scales[0].fallPa = fallPa
            }
            return feed.block(pressurePa)
        }
        expect(needs([2300, 2300, 2300, 2300], 200)).toBe(Reason.PressureRising)
        expect(needs([2250, 2250, 2250, 2249], 200)).toBe(Reason.None)
        expect(needs([1050, 1050, 1050, 1050], 200)).toBe(Reason.None)
        expect(needs([1050, 1050, 1050, 1050], 93)).toBe(Reason.PressureRising)
    })

    test("falls are learnt slowly and up to what counts in full; rises are falls of 0", () => {
        const feed = new Feed()
        const [fine, coarse] = feed.line.scales
        for (const pressurePa of [9000, 9000, 8500]) feed.block(pressurePa)
        expect(fine.fallPa).toBeCloseTo(500 / 128, 10)
        feed.block(5000)
        const twoFalls = (500 / 128) * (127 / 128) + FULL / 128
        expect(fine.fallPa).toBeCloseTo(twoFalls, 10)
        feed.block(6000)
        feed.block(6000)
        expect(fine.fallPa).toBeCloseTo(twoFalls * (127 / 128) ** 2, 10)
        expect(coarse.fallPa).toBe(0)
    })

    test("a block stands for the lowest of its samples and those of the block before", () => {
        const feed = new Feed()
        const [fine] = feed.line.scales
        feed.samples(3, 3000)
        feed.sample(1000)
        expect(fine.levelPa).toBeNaN()
        feed.block(2000)
        expect(fine.levelPa).toBe(1000)
        feed.block(3000)
        expect(fine.levelPa).toBe(2000)
        feed.sample(2500)
        feed.samples(3, 4000)
        expect(fine.levelPa).toBe(2500)
    })

    test("rises count up to 700 Pa, falls in full, and each block is forgiven its part", () => {
        const feed = new Feed()
        const [fine, coarse, coarsest] = feed.line.scales
        for (const pressurePa of [1000, 1000, 1500, 1500]) feed.block(pressurePa)
        expect(fine.countedPa).toBe(490)
        expect(fine.restPa).toBe(1000)
        expect(feed.line.restPa).toBe(1000)
        feed.block(4000)
        feed.block(4000)
        expect(fine.countedPa).toBe(490 - 10 + 690)
        feed.block(3500)
        expect(fine.countedPa).toBe(490 - 10 + 690 - 510)
        feed.block(1000)
        expect(fine.countedPa).toBe(0)
        expect(feed.line.restPa).toBe(1000)
        // The first level stood for two blocks, so the seven above and one more make the first block of 32 samples.
        feed.block(1000)
        expect(coarse.levelPa).toBe((1000 + 1000 + 1500 + 1500 + 4000 + 3500 + 1000 + 1000) / 8)
        for (let i = 0; i < 8; i++) feed.block(2000)
        expect(coarse.countedPa).toBe(1875 - 1812.5 - 10)
        expect(coarse.levelPa).toBe((1000 + 7 * 2000) / 8)
        for (let i = 0; i < 8; i++) feed.block(2100)
        expect(coarse.countedPa).toBe(2087.5 - 1812.5 - 20)
        expect(coarse.restPa).toBe(1812.5)
        expect(coarsest.levelPa).toBeNaN()
        for (let i = 0; i < 5 * 8; i++) feed.block(2100)
        expect(coarsest.levelPa).not.toBeNaN()
    })

    test.each([
        { scale: 0, samples: 4, forgivenPa: 10 },
        { scale: 1, samples: 32, forgivenPa: 10 },
        { scale: 2, samples: 256, forgivenPa: 30 },
    ])("OCC-5: an even slope of $forgivenPa Pa in $samples samples never counts, and what is over it does", of => {
        const countedAfter = (blocks: number, slopePa: number) => {
            const feed = new Feed()
            for (let i = 0; i < of.samples * blocks + BLOCK; i++) feed.sample(1000 + (i * slopePa) / of.samples)
            return feed.line.scales[of.scale].countedPa
        }
        expect(countedAfter(8, of.forgivenPa)).toBeCloseTo(0, 6)
        expect(countedAfter(8, of.forgivenPa + 4)).toBeCloseTo(4 * 7, 6)
    })

    test.each([
        { microlitresPerHour: 2, plPerPa: 140, stepPl: 44_900 },
        { microlitresPerHour: 2, plPerPa: 500, stepPl: 100 },
        { microlitresPerHour: 25, plPerPa: 50, stepPl: 44_900 },
        { microlitresPerHour: 25, plPerPa: 140, stepPl: 1000 },
        { microlitresPerHour: 25, plPerPa: 500, stepPl: 44_900 },
        { microlitresPerHour: 100, plPerPa: 140, stepPl: 200_000 },
        { microlitresPerHour: 1000, plPerPa: 500, stepPl: 44_900 },
    ])(
        "OCC-3: $microlitresPerHour µL/h into $plPerPa pL/Pa in steps of $stepPl pL alarms under 8 kPa",
        ({ ...occluded }) => {
            const { microlitresPerHour, plPerPa, stepPl } = occluded
            const feed = new Feed()
            feed.stepPl = stepPl
            const plPerS = (microlitresPerHour * 1e6) / 3600
            const beat = (second: number) => 1000 + 150 * Math.sin(second * 1.1) + 100 * Math.sin(second * 7.3)
            let owedPl = 0
            let occludedPl = 0
            const second = (at: number, open: boolean) => {
                owedPl += plPerS
                const stepsDue = Math.floor(owedPl / stepPl)
                owedPl -= stepsDue * stepPl
                if (!open) occludedPl += stepsDue * stepPl
                return feed.sample(beat(at) + occludedPl / plPerPa, stepsDue)
            }
            for (let at = 0; at < 4000; at++) second(at, true)
            expect(feed.line.occlusion).toBe(Reason.None)
            let at = 4000
            while (second(at, false) === Reason.None) at++
            expect(feed.line.occlusion).toBe(Reason.PressureRising)
            expect(occludedPl / plPerPa).toBeGreaterThan(4000)
            expect(occludedPl / plPerPa).toBeLessThan(8000)
            expect(Math.abs(feed.line.restPa - 800)).toBeLessThan(250)
        },
    )

    test("OCC-3: an occlusion that is there from the start is found, and its rest is where the line began", () => {
        const feed = new Feed()
        let pressurePa = 20_000
        for (let i = 0; i < 300 && feed.line.occlusion === Reason.None; i++) {
            feed.sample(pressurePa, 5000)
            pressurePa += 50
        }
        expect(feed.line.occlusion).toBe(Reason.PressureRising)
        expect(feed.line.restPa).toBe(20_000)
    })

    test("OCC-5: no trace within 4.1 kPa alarms, whatever the steps: posture, pulsation and weather in any mixture", () => {
        const trace = fc.array(fc.tuple(fc.integer({ min: 0, max: 4100 }), fc.integer({ min: 0, max: 60_000 })), {
            minLength: 50,
            maxLength: 400,
        })
        fc.assert(
            fc.property(trace, fc.boolean(), (each, sorted) => {
                const feed = new Feed()
                const levels = each.map(([pressurePa]) => pressurePa)
                // The worst order for a detector of rises is the one that only rises.
                if (sorted) levels.sort((a, b) => a - b)
                for (let i = 0; i < levels.length; i++) feed.sample(levels[i], each[i][1])
                return feed.line.occlusion === Reason.None
            }),
            { numRuns: 60 },
        )
    })

    test("OCC-5: coughs and two postures in turn never alarm", () => {
        const feed = new Feed()
        for (let i = 0; i < 4000; i++) {
            const posturePa = Math.floor(i / 100) % 2 === 1 ? 5400 : 0
            const coughPa = i % 40 < 5 ? 2000 * ((i % 40) + 1) : 0
            feed.sample(1000 + posturePa + coughPa, 100)
        }
        expect(feed.line.occlusion).toBe(Reason.None)
    })
})

describe("swift rise", () => {
    /** From 1 kPa, so many samples that rise by `risePa`, with all steps in the first of them. */
    function swift(count: number, risePa: number, volumePl: number): Feed {
        const feed = new Feed()
        // Two samples into a block, so that the blocks see four rising ones only after nine samples.
        feed.samples(24, 1000)
        for (let i = 1; i <= count; i++) feed.sample(1000 + i * risePa, i === 1 ? volumePl : 0)
        return feed
    }

    test("OCC-3: nine samples that rise are an occlusion, eight are not", () => {
        expect(swift(8, 2000, steps).line.occlusion).toBe(Reason.None)
        const found = swift(9, 2000, steps).line
        expect(found.occlusion).toBe(Reason.PressureRising)
        expect(found.restPa).toBe(1000)
    })

    test("OCC-3: rises count up to 700 Pa, less 50, and 5600 have to come together", () => {
        expect(swift(1, 700, steps).line.swiftPa).toBe(650)
        expect(swift(1, 5000, steps).line.swiftPa).toBe(650)
        expect(swift(1, 300, steps).line.swiftPa).toBe(250)
        expect(swift(10, 600, steps).line.swiftPa).toBe(5500)
        // The volume of 112 nL needs 12.4 Pa itself.
        expect(swift(10, 612, 112_500).line.occlusion).toBe(Reason.PressureRising)
        expect(swift(10, 611, 112_500).line.occlusion).toBe(Reason.None)
        const feed = swift(3, 700, steps)
        feed.sample(3100 - 1000)
        expect(feed.line.swiftPa).toBe(1950 - 1050)
        feed.sample(1000)
        expect(feed.line.swiftPa).toBe(0)
    })

    test("OCC-3: a swift rise too wants the volume that a line takes up for it, since it began", () => {
        const countedPa = 9 * 650
        expect(swift(9, 2000, countedPa * 20 - 1).line.occlusion).toBe(Reason.None)
        expect(swift(9, 2000, countedPa * 20).line.occlusion).toBe(Reason.PressureRising)
        const before = new Feed()
        before.samples(24, 1000, steps)
        for (let i = 1; i <= 9; i++) before.sample(1000 + i * 2000)
        expect(before.line.occlusion).toBe(Reason.None)
    })

    test("OCC-3: and more than the flow needs", () => {
        // 2.25 µL in nine seconds need 250 Pa: 5850 is then just enough.
        expect(swift(9, 2000, 2_250_000).line.occlusion).toBe(Reason.PressureRising)
        expect(swift(9, 2000, 2_260_000).line.occlusion).toBe(Reason.None)
    })

    test("OCC-3: and no more volume than the softest line takes up", () => {
        // The flow's own pressure is the narrower bound, up to where a rise has gone on for long.
        const feed = swift(9, 2000, 60_000_000)
        expect(feed.line.occlusion).toBe(Reason.None)
    })
})

describe("what was learnt of the rise", () => {
    test("is forgotten on request, with what was found", () => {
        const feed = new Feed()
        feed.rises([1050, 1050, 1050, 1050], steps)
        expect(feed.line.restPa).toBe(1000)
        forgetRise(feed.line)
        expect(feed.line.occlusion).toBe(Reason.None)
        expect(feed.line.restPa).toBeNaN()
        expect(feed.samples(40, 5200)).toBe(Reason.None)
        expect(feed.line.restPa).toBe(5200)
        feed.steps += steps
        expect(feed.rises([1050, 1050, 1050, 1050], steps)).toBe(Reason.PressureRising)
    })

    test("samples over the threshold, and rises that were under way, are forgotten too", () => {
        const over = new Feed()
        over.samples(2, OCCLUSION_PA + 1)
        forgetRise(over.line)
        expect(over.samples(2, OCCLUSION_PA + 1)).toBe(Reason.None)

        const under = new Feed()
        under.rises([1050, 1050], steps)
        forgetRise(under.line)
        for (const pressurePa of [3100, 4150, 5200, 5200]) expect(under.block(pressurePa, 50_000)).toBe(Reason.None)

        const swift = new Feed()
        swift.samples(24, 1000)
        for (let i = 1; i <= 8; i++) swift.sample(1000 + i * 600, 50_000)
        forgetRise(swift.line)
        expect(swift.line.swiftPa).toBe(0)
        expect(swift.sample(90_000)).toBe(Reason.None)
        expect(swift.line.swiftPa).toBe(0)
    })

    test("the volume counts from then on", () => {
        const feed = new Feed()
        feed.samples(18, 1000, steps)
        forgetRise(feed.line)
        for (const pressurePa of [1000, 2050, 3100, 4150, 5200, 5200]) expect(feed.block(pressurePa)).toBe(Reason.None)
    })

    test("while an occlusion stands the rest stays", () => {
        const feed = new Feed()
        feed.rises([1050, 1050, 1050, 1050], steps)
        feed.samples(200, 500)
        expect(feed.line.restPa).toBe(1000)
        expect(feed.line.occlusion).toBe(Reason.PressureRising)
    })

    test("what was learnt of the line stays", () => {
        const feed = new Feed()
        beat(feed, 64 * 40, 300)
        const { pulsationPa, pulsationJudgements } = feed.line
        feed.line.responsePa = 12
        feed.line.scales[0].fallPa = 50
        forgetRise(feed.line)
        expect(feed.line.pulsationPa).toBe(pulsationPa)
        expect(feed.line.pulsationJudgements).toBe(pulsationJudgements)
        expect(feed.line.responsePa).toBe(12)
        expect(feed.line.scales[0].fallPa).toBe(50)
    })
})

/** So many samples that go up and down by `changePa`. */
function beat(feed: Feed, count: number, changePa: number): Reason {
    for (let i = 0; i < count; i++) feed.sample(1000 + (i % 2) * changePa)
    return feed.line.signature
}

describe("pulsation", () => {
    test("SIG-1: missed in five judgements of 64 in a row it is lost, and it clears by itself", () => {
        const feed = new Feed()
        feed.sample(1000)
        expect(beat(feed, 64 * 40, 300)).toBe(Reason.None)
        expect(feed.line.pulsationPa).toBeCloseTo(300, 0)
        expect(beat(feed, 64 * 5 - 1, 100)).toBe(Reason.None)
        expect(beat(feed, 2, 100)).toBe(Reason.PulsationLost)
        expect(feed.line.pulsationPa).toBeCloseTo(300, 0)
        beat(feed, 64 * 10, 100)
        expect(feed.line.signature).toBe(Reason.PulsationLost)
        expect(beat(feed, 64 * 2, 300)).toBe(Reason.None)
    })

    test("SIG-1: one good judgement between begins the count anew", () => {
        const feed = new Feed()
        beat(feed, 64 * 40, 300)
        beat(feed, 64 * 4, 50)
        beat(feed, 64 * 2, 300)
        expect(beat(feed, 64 * 4, 50)).toBe(Reason.None)
        expect(beat(feed, 64 * 2, 50)).toBe(Reason.PulsationLost)
    })

    test.each([
        { learntPa: 300, changePa: 121, expected: Reason.None },
        { learntPa: 300, changePa: 119, expected: Reason.PulsationLost },
        { learntPa: 99, changePa: 0, expected: Reason.None },
        { learntPa: 101, changePa: 0, expected: Reason.PulsationLost },
    ])("SIG-1: $changePa Pa where $learntPa Pa was learnt", ({ learntPa, changePa, expected }) => {
        const feed = new Feed()
        beat(feed, 64 * 300, learntPa)
        expect(beat(feed, 64 * 6, changePa)).toBe(expected)
    })

    test("SIG-1: nothing is missed before 32 judgements", () => {
        const early = new Feed()
        beat(early, 64 * 31, 300)
        expect(beat(early, 64 * 6, 50)).toBe(Reason.None)
        const known = new Feed()
        beat(known, 64 * 32 + 1, 300)
        expect(beat(known, 64 * 5, 50)).toBe(Reason.PulsationLost)
    })

    test("is learnt as the mean of the first 256 judgements, and follows slowly after them", () => {
        const feed = new Feed()
        feed.sample(1000)
        for (let i = 0; i < 64 * 10; i++) feed.sample(1000 + ((i + 1) % 2) * 200)
        expect(feed.line.pulsationPa).toBeCloseTo(200, 10)
        for (let i = 0; i < 64 * 10; i++) feed.sample(1000 + ((i + 1) % 2) * 400)
        expect(feed.line.pulsationPa).toBeCloseTo(300, 10)
        for (let i = 0; i < 64 * 280; i++) feed.sample(1000 + ((i + 1) % 2) * 300)
        expect(feed.line.pulsationJudgements).toBe(256)
        for (let i = 0; i < 64; i++) feed.sample(1000 + ((i + 1) % 2) * 556)
        expect(feed.line.pulsationPa).toBeCloseTo(301, 10)
    })

    test("changes next to a step, and coughs, do not count", () => {
        const feed = new Feed()
        feed.sample(1000)
        for (let i = 0; i < 64 * 10; i++) feed.sample(1000 + (i % 2) * 500, 1, 1 - (i % 2))
        expect(feed.line.quietSamples).toBe(0)
        feed.sample(1000, 0, 0)
        feed.sample(3000)
        feed.sample(1000)
        expect(feed.line.quietPa).toBe(4500)
        feed.sample(3001)
        feed.sample(1000)
        expect(feed.line.quietPa).toBe(4500)
        expect(feed.line.pulsationJudgements).toBe(0)
    })
})

describe("response", () => {
    /**
     * Samples of which each third has a step half of which are recent: the pressure rises by `risePa` into a recent one, on top
     * of noise of either sign that comes out at nothing.
     */
    function respond(feed: Feed, stepCount: number, risePa: number, noisePa = 0): Reason {
        feed.sample(1000)
        for (let i = 0; i < stepCount; i++) {
            const recent = 1 - (i % 2)
            const noise = [1, -1, -1, 1][i % 4] * noisePa
            feed.sample(1000 + recent * risePa + noise, 1, recent)
            feed.sample(1000 - noise)
            feed.sample(1000)
        }
        return feed.line.signature
    }

    test("is learnt over 400 steps, as the rise into a recent step", () => {
        const feed = new Feed()
        respond(feed, 399, 20)
        expect(feed.line.responsePa).toBeNaN()
        respond(feed, 1, 20)
        expect(feed.line.responsePa).toBeCloseTo(20, 6)
    })

    test.each([
        { risePa: 11, expected: Reason.None },
        { risePa: 9, expected: Reason.ResponseWeak },
        { risePa: 6, expected: Reason.ResponseWeak },
        { risePa: 4, expected: Reason.ResponseLost },
        { risePa: 0, expected: Reason.ResponseLost },
    ])("SIG-2: $risePa Pa where 20 were learnt, three times in a row", ({ risePa, expected }) => {
        const feed = new Feed()
        respond(feed, 400, 20, 3)
        expect(feed.line.responsePa).toBeCloseTo(20, 0)
        expect(respond(feed, 800, risePa, 3)).toBe(Reason.None)
        expect(respond(feed, 400, risePa, 3)).toBe(expected)
        // It comes back by itself, judged by what was learnt when all was well.
        expect(respond(feed, 800, 20, 3)).toBe(Reason.None)
    })

    test("follows slowly while it is not weak, and not at all when it is", () => {
        const feed = new Feed()
        respond(feed, 400, 20)
        respond(feed, 400, 36)
        expect(feed.line.responsePa).toBeCloseTo(21, 1)
        respond(feed, 400, 5)
        expect(feed.line.responsePa).toBeCloseTo(21, 1)
    })

    test("SIG-2: one good judgement between begins the count anew", () => {
        const feed = new Feed()
        respond(feed, 400, 20)
        respond(feed, 800, 0)
        respond(feed, 400, 20)
        expect(respond(feed, 800, 0)).toBe(Reason.None)
        expect(respond(feed, 400, 0)).toBe(Reason.ResponseLost)
    })

    test("SIG-2: a lost pulsation is named first, and the response after it", () => {
        const feed = new Feed()
        beat(feed, 64 * 40, 300)
        // A response that was learnt in a line without the beat.
        feed.line.responseSamples = 0
        feed.line.responseSquaredPa = 0
        respond(feed, 400, 20)
        respond(feed, 1200, 0)
        expect(feed.line.responseLost).toBe(3)
        expect(feed.line.signature).toBe(Reason.PulsationLost)
        beat(feed, 64 * 3, 300)
        expect(feed.line.signature).toBe(Reason.ResponseLost)
    })

    test("needs more steps the more the line scatters: 8 standard deviations to be learnt, 6 to be judged", () => {
        // Mean square of the changes: 4/3 of the noise's own, for the noise above, and the response's share of it.
        const learntAfter = (noisePa: number) => {
            const feed = new Feed()
            let count = 0
            while (!(feed.line.responsePa > 0) && count < 20_000) {
                respond(feed, 20, 20, noisePa)
                count += 20
            }
            return count
        }
        expect(learntAfter(20)).toBe(400)
        expect(learntAfter(200)).toBeGreaterThan(2000)
        expect(learntAfter(200)).toBeLessThan(30_000)

        const feed = new Feed()
        respond(feed, 400, 20)
        const noisePa = 200
        let count = 0
        while (feed.line.responseSteps >= count) {
            respond(feed, 20, 20, noisePa)
            count += 20
            if (count > 20_000) break
        }
        // (6/8)² of what learning takes.
        expect(count / learntAfter(noisePa)).toBeCloseTo(36 / 64, 1)
    })

    test("SIG-2: steps in time with the samples are not judged", () => {
        for (const [recentOfTen, learnt] of [
            [3, false],
            [5, true],
            [7, false],
        ] as const) {
            const feed = new Feed()
            for (let i = 0; i < 1000; i++) {
                const recent = (i * 7) % 10 < recentOfTen ? 1 : 0
                feed.sample(1000 + 20 * recent, 1, recent)
                feed.sample(1000)
            }
            expect(feed.line.responsePa > 0).toBe(learnt)
        }
    })

    test("is begun anew after three days in which it did not stand out", () => {
        const feed = new Feed()
        feed.line.responseSamples = 262_142
        feed.line.responseSquaredPa = 1e12
        feed.line.responseSteps = 399
        feed.sample(1000)
        feed.sample(1000, 1, 0)
        expect(feed.line.responseSamples).toBe(262_143)
        feed.sample(1000, 1, 1)
        expect(feed.line.responseSamples).toBe(0)
        expect(feed.line.responseSquaredPa).toBe(0)
        expect(feed.line.responseSteps).toBe(0)
        expect(feed.line.responsePa).toBeNaN()
    })

    test("several steps at once, steps back and coughs do not count", () => {
        for (const [newSteps, recentSteps, pressurePa, counts] of [
            [1, 1, 1100, 1],
            [0, 0, 1100, 1],
            [2, 1, 1100, 0],
            [-1, 0, 1100, 0],
            [1, 2, 1100, 0],
            [1, 1, 3000, 1],
            [1, 1, 3001, 0],
            [1, 1, -1000, 1],
            [1, 1, -1001, 0],
        ]) {
            const feed = new Feed()
            feed.sample(1000)
            feed.sample(pressurePa, newSteps, recentSteps)
            expect(feed.line.responseSamples).toBe(counts)
        }
    })
})

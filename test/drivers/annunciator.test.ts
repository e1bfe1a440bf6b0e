import { beforeEach, expect, test } from "vitest"
import { Light, lightAt, soundAt, startAnnunciator } from "../../src/drivers/annunciator"
import { AlarmPriority } from "../../src/pump/alarms"
import { clock, setClock } from "./devicescriptCore"
import { Timeline } from "./emulated"

const TICK_MS = 100

/** Runs of the same value, as [value, lasting ms]. */
function runsOf<T>(at: (ms: number) => T, fromMs: number, toMs: number): [T, number][] {
    const runs: [T, number][] = []
    for (let ms = fromMs; ms < toMs; ms += TICK_MS) {
        const last = runs.at(-1)
        if (last && last[0] === at(ms)) last[1] += TICK_MS
        else runs.push([at(ms), TICK_MS])
    }
    return runs
}

test.each([
    [AlarmPriority.High, Light.Red, 1.4, 2.8],
    [AlarmPriority.Medium, Light.Yellow, 0.4, 0.8],
])("priority %d flashes in colour %d between %d and %d Hz at 20 to 60 %", (priority, colour, hzMin, hzMax) => {
    const runs = runsOf(ms => lightAt(priority, ms), 0, 600_000)
    expect(new Set(runs.map(run => run[0]))).toEqual(new Set([colour, Light.Off]))
    for (let i = 0; i + 2 < runs.length; i += 2) {
        const periodMs = runs[i][1] + runs[i + 1][1]
        expect(1000 / periodMs).toBeGreaterThanOrEqual(hzMin)
        expect(1000 / periodMs).toBeLessThanOrEqual(hzMax)
        expect(runs[i][1] / periodMs).toBeGreaterThanOrEqual(0.2)
        expect(runs[i][1] / periodMs).toBeLessThanOrEqual(0.6)
    }
})

test("low is a steady yellow, none is dark and silent", () => {
    expect(runsOf(ms => lightAt(AlarmPriority.Low, ms), 0, 60_000)).toEqual([[Light.YellowSteady, 60_000]])
    expect(runsOf(ms => lightAt(AlarmPriority.None, ms), 0, 60_000)).toEqual([[Light.Off, 60_000]])
    expect(runsOf(ms => soundAt(AlarmPriority.None, ms), 0, 60_000)).toEqual([[false, 60_000]])
})

test.each([
    [AlarmPriority.High, 10, 75, 200, 2500, 15_000],
    [AlarmPriority.Medium, 3, 125, 250, 2500, 30_000],
    [AlarmPriority.Low, 2, 125, 250, 15_001, Infinity],
])(
    "priority %d sounds bursts of %d pulses of %d to %d ms, %d to %d ms apart",
    (priority, pulses, onMin, onMax, gapMin, gapMax) => {
        const runs = runsOf(ms => soundAt(priority, ms), 0, 900_000)
        const bursts: number[] = []
        let count = 0
        for (const [on, lastingMs] of runs.slice(0, -1)) {
            if (on) {
                count += 1
                expect(lastingMs).toBeGreaterThanOrEqual(onMin)
                expect(lastingMs).toBeLessThanOrEqual(onMax)
            } else if (lastingMs > 1300) {
                bursts.push(count)
                count = 0
                expect(lastingMs).toBeGreaterThanOrEqual(gapMin)
                expect(lastingMs).toBeLessThanOrEqual(gapMax)
            }
        }
        expect(bursts.length).toBeGreaterThan(20)
        expect(new Set(bursts)).toEqual(new Set([pulses]))
    },
)

test("the high burst has its pauses after the third, fifth and eighth pulse", () => {
    const gaps = runsOf(ms => soundAt(AlarmPriority.High, ms), 0, 2700).filter(run => !run[0])
    expect(gaps.map(run => run[1])).toEqual([100, 100, 300, 100, 500, 100, 100, 300, 100])
})

test.each([0, 49, -49])("ticks %d ms off give the same pattern, weeks later too", offMs => {
    for (const baseMs of [0, 80_000 * 60_000])
        for (let ms = TICK_MS; ms < 30_000; ms += TICK_MS) {
            const late = baseMs + ms + offMs
            expect(lightAt(AlarmPriority.High, late)).toBe(lightAt(AlarmPriority.High, ms))
            expect(soundAt(AlarmPriority.High, late)).toBe(soundAt(AlarmPriority.High, ms))
        }
})

let timeline: Timeline
beforeEach(() => {
    timeline = new Timeline()
    setClock(0)
})

function start() {
    return startAnnunciator(timeline.switched("RED"), timeline.switched("YELLOW", true), timeline.switched("BUZZER"))
}

test("all is off from the start, at the level that each part is off at", () => {
    start()
    expect(timeline.edges.map(edge => [edge.name, edge.level])).toEqual([
        ["RED", 0],
        ["YELLOW", 1],
        ["BUZZER", 0],
    ])
})

test("pins are touched only when a level changes, and a new priority starts its own pattern at once", async () => {
    const annunciator = start()
    timeline.edges.length = 0
    for (let ms = 1000; ms < 61_000; ms += TICK_MS) await annunciator.show(AlarmPriority.None, AlarmPriority.None, ms)
    expect(timeline.edges).toHaveLength(0)

    for (let ms = 61_030; ms < 69_000; ms += TICK_MS) await annunciator.show(AlarmPriority.High, AlarmPriority.High, ms)
    for (const name of ["RED", "BUZZER"]) {
        const levels = timeline.of(name).map(edge => edge.level)
        expect(levels).toEqual(levels.map((_, i) => (i + 1) % 2))
    }
    expect(timeline.of("BUZZER")).toHaveLength(20)
    expect(timeline.of("YELLOW")).toHaveLength(0)

    timeline.edges.length = 0
    await annunciator.show(AlarmPriority.Low, AlarmPriority.Low, 69_100)
    expect(timeline.of("YELLOW").map(edge => edge.level)).toEqual([0])
    expect(timeline.level("BUZZER")).toBe(1)
    await annunciator.show(AlarmPriority.None, AlarmPriority.None, 69_200)
    expect(timeline.level("YELLOW")).toBe(1)
    expect(timeline.level("BUZZER")).toBe(0)
    expect(timeline.level("RED") ?? 0).toBe(0)
})

/** Levels of RED and BUZZER after each tick from `fromMs` on. */
async function levelsOf(
    annunciator: ReturnType<typeof start>,
    light: AlarmPriority,
    sound: AlarmPriority,
    fromMs: number,
    ticks: number,
) {
    const red: number[] = []
    const buzzer: number[] = []
    for (let i = 0; i < ticks; i++) {
        await annunciator.show(light, sound, fromMs + i * TICK_MS)
        red.push(timeline.level("RED") ?? 0)
        buzzer.push(timeline.level("BUZZER") ?? 0)
    }
    return { red, buzzer }
}

test("ANN-1: a paused sound is silent while the light goes on, and comes back as a whole burst from its first pulse", async () => {
    const annunciator = start()
    const first = await levelsOf(annunciator, AlarmPriority.High, AlarmPriority.High, 0, 43)
    const paused = await levelsOf(annunciator, AlarmPriority.High, AlarmPriority.None, 4300, 1190)
    expect(new Set(paused.buzzer)).toEqual(new Set([0]))
    const red = [...first.red, ...paused.red]
    expect(red).toEqual(red.map((_, slot) => (slot % 5 < 2 ? 1 : 0)))
    const after = await levelsOf(annunciator, AlarmPriority.High, AlarmPriority.High, 123_300, 43)
    expect(after.buzzer).toEqual(first.buzzer)
    expect(after.red).toEqual(after.red.map((_, i) => ((1233 + i) % 5 < 2 ? 1 : 0)))
})

test("ANN-1: a sound that changes its priority starts afresh and leaves the light's rhythm alone", async () => {
    const annunciator = start()
    await levelsOf(annunciator, AlarmPriority.High, AlarmPriority.Medium, 0, 13)
    const changed = await levelsOf(annunciator, AlarmPriority.High, AlarmPriority.High, 1300, 27)
    expect(changed.buzzer).toEqual(changed.buzzer.map((_, i) => (soundAt(AlarmPriority.High, i * TICK_MS) ? 1 : 0)))
    expect(changed.red).toEqual(changed.red.map((_, i) => ((13 + i) % 5 < 2 ? 1 : 0)))
})

test("ANN-1: a light that changes its priority starts afresh and leaves the sound's burst alone", async () => {
    const annunciator = start()
    await levelsOf(annunciator, AlarmPriority.Medium, AlarmPriority.High, 0, 12)
    const changed = await levelsOf(annunciator, AlarmPriority.High, AlarmPriority.High, 1200, 15)
    expect(changed.red).toEqual(changed.red.map((_, i) => (i % 5 < 2 ? 1 : 0)))
    expect(changed.buzzer).toEqual(
        changed.buzzer.map((_, i) => (soundAt(AlarmPriority.High, (12 + i) * TICK_MS) ? 1 : 0)),
    )
})

test("ANN-2: the lamp test shows red, yellow and the buzzer one after the other, each for 0.3 s, and leaves all off", async () => {
    const annunciator = start()
    timeline.edges.length = 0
    await annunciator.test()
    expect(timeline.edges.map(edge => [edge.name, edge.level])).toEqual([
        ["RED", 1],
        ["RED", 0],
        ["YELLOW", 0],
        ["YELLOW", 1],
        ["BUZZER", 1],
        ["BUZZER", 0],
    ])
    for (let i = 0; i < 6; i += 2) expect(timeline.edges[i + 1].atMs - timeline.edges[i].atMs).toBeGreaterThan(298)
    expect(clock.nowMs).toBeLessThan(1000)
    timeline.edges.length = 0
    await annunciator.show(AlarmPriority.High, AlarmPriority.High, 2000)
    expect(timeline.edges.map(edge => [edge.name, edge.level])).toEqual([
        ["RED", 1],
        ["BUZZER", 1],
    ])
})

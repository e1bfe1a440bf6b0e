import fc from "fast-check"
import { beforeEach, expect, test } from "vitest"
import { startAnnunciator } from "../../src/drivers/annunciator"
import {
    addSignal,
    createIndicators,
    Light,
    lightAt,
    refreshIndicators,
    signalAt,
    soundAt,
} from "../../src/drivers/indicators"
import { Signal } from "../../src/drivers/parts"
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

const { None, Low, Medium, High } = AlarmPriority

test.each([
    [Signal.Granted, [1000]],
    [Signal.Denied, [300, 300, 300, 300]],
])(
    "ANN-3: signal %d has pulses of %j ms, each longer than any of an alarm, as far apart, and then it is over",
    (signal, pulses) => {
        const runs = runsOf(ms => signalAt(signal, ms), 0, 60_000)
        expect(runs.filter(run => run[0]).map(run => run[1])).toEqual(pulses)
        for (const [on, lastingMs] of runs.slice(0, -1)) if (!on) expect(lastingMs).toBe(300)
        for (const priority of [Low, Medium, High])
            for (const [on, lastingMs] of runsOf(ms => soundAt(priority, ms), 0, 60_000))
                if (on) expect(Math.min(...pulses)).toBeGreaterThan(lastingMs)
    },
)

/** What is heard and seen tick by tick: `#` where the buzzer sounds, and the light. */
function watched(indicators = createIndicators()) {
    let nowMs = 5000
    return {
        indicators,
        tell: (signal: Signal) => addSignal(indicators, signal),
        show: (ticks: number, light = None, sound = light, lateMs = () => 0) => {
            let heard = ""
            const lights: Light[] = []
            let telling = 0
            for (let i = 0; i < ticks; i++) {
                if (refreshIndicators(indicators, light, sound, nowMs + lateMs())) telling += 1
                heard += indicators.sounding ? "#" : "-"
                lights.push(indicators.light)
                nowMs += TICK_MS
            }
            return { heard, lights, telling }
        },
    }
}

const GRANTED = "##########-----"
const DENIED = "###---###---###---###-----"

/** The sound of an alarm from its first tick on. */
function alarmSound(priority: AlarmPriority, ticks: number): string {
    return Array.from({ length: ticks }, (_, i) => (soundAt(priority, i * TICK_MS) ? "#" : "-")).join("")
}

test.each([
    [Signal.Granted, GRANTED],
    [Signal.Denied, DENIED],
])(
    "ANN-3: without an alarm signal %d is heard at once, the yellow light with it, and calls are wanted until it is over",
    (signal, pulses) => {
        const pump = watched()
        expect(pump.show(20)).toMatchObject({ heard: "-".repeat(20), telling: 0 })
        pump.tell(signal)
        const { heard, lights, telling } = pump.show(60)
        expect(heard).toBe(pulses.padEnd(60, "-"))
        expect(lights).toEqual([...heard].map(slot => (slot === "#" ? Light.Yellow : Light.Off)))
        expect(telling, "up to the end of the silence after it").toBe(pulses.length)
        expect(pump.show(20)).toMatchObject({ heard: "-".repeat(20), telling: 0 })
    },
)

test("ANN-3: ticks up to 49 ms off give the same pulses", () => {
    for (const offs of [
        [0, 49],
        [49, 0],
        [24, -24],
        [-24, 24],
    ]) {
        const pump = watched()
        pump.tell(Signal.Denied)
        let i = 0
        expect(pump.show(40, None, None, () => offs[i++ % 2]).heard).toBe(DENIED.padEnd(40, "-"))
    }
})

/** The part of each cycle that belongs to the burst. */
const BURST_TICKS = 32

test.each([Low, Medium, High])(
    "ANN-3: a signal told as a burst of priority %d begins is heard after it, with the light left to the alarm",
    priority => {
        for (const [signal, pulses] of [
            [Signal.Granted, GRANTED],
            [Signal.Denied, DENIED],
        ] as const) {
            const pump = watched()
            pump.tell(signal)
            const { heard, lights, telling } = pump.show(300, priority)
            const alone = alarmSound(priority, 300)
            expect(heard).toBe(alone.slice(0, BURST_TICKS) + pulses + alone.slice(BURST_TICKS + pulses.length))
            expect(lights).toEqual(lights.map((_, i) => lightAt(priority, i * TICK_MS)))
            expect(telling).toBe(BURST_TICKS + pulses.length)
        }
    },
)

test("ANN-3: the last moment that leaves room before the next burst is used, one later waits until after that", () => {
    for (const [signal, pulses] of [
        [Signal.Granted, GRANTED],
        [Signal.Denied, DENIED],
    ] as const)
        for (const late of [0, 1]) {
            const pump = watched()
            const before = 80 - pulses.length + late
            pump.show(before, High)
            pump.tell(signal)
            const { heard } = pump.show(160 - before, High)
            const alone = alarmSound(High, 160)
            const at = late === 0 ? before : 80 + 32
            expect(heard).toBe((alone.slice(0, at) + pulses + alone.slice(at + pulses.length)).slice(before))
        }
})

test("ANN-3: a new alarm breaks a signal off at once, which is heard whole after the burst", () => {
    const pump = watched()
    pump.tell(Signal.Granted)
    expect(pump.show(4).heard).toBe("####")
    const { heard, telling } = pump.show(80, High)
    expect(heard.slice(0, 32)).toBe(alarmSound(High, 32))
    expect(heard.slice(32)).toBe(GRANTED.padEnd(48, "-"))
    expect(telling).toBe(32 + GRANTED.length)
})

test("ANN-3: while the sound of an alarm is paused a signal is heard at once, and a pause that begins does not break it off", () => {
    const pump = watched()
    pump.show(5, High)
    pump.tell(Signal.Denied)
    const { heard, lights } = pump.show(30, High, None)
    expect(heard).toBe(DENIED.padEnd(30, "-"))
    expect(lights).toEqual(lights.map((_, i) => lightAt(High, (5 + i) * TICK_MS)))

    const other = watched()
    other.show(32, Medium)
    other.tell(Signal.Denied)
    expect(other.show(8, Medium).heard + other.show(22, Medium, None).heard).toBe(DENIED.padEnd(30, "-"))
})

test("ANN-4: two different answers are heard in their order, apart from each other; the same one twice is heard once where both wait", () => {
    const pump = watched()
    pump.show(1, High)
    pump.tell(Signal.Granted)
    pump.tell(Signal.Denied)
    pump.tell(Signal.Denied)
    pump.show(31, High)
    expect(pump.show(48, High).heard).toBe((GRANTED + "-" + DENIED).padEnd(48, "-"))

    const same = watched()
    same.show(1, High)
    same.tell(Signal.Denied)
    same.tell(Signal.Denied)
    same.show(31, High)
    expect(same.show(48, High).heard).toBe(DENIED.padEnd(48, "-"))
    expect(same.show(80, High).heard).toBe(alarmSound(High, 80))
})

test("ANN-4: who asks again while a denial is told hears it again", () => {
    const pump = watched()
    pump.tell(Signal.Denied)
    pump.show(10)
    pump.tell(Signal.Denied)
    const again = `${DENIED.slice(10)}-${DENIED}`
    const { heard, telling } = pump.show(50)
    expect(heard).toBe(again.padEnd(50, "-"))
    expect(telling, "between the two as well").toBe(again.length)
})

test("ANN-4: a fault that tells without end fills no memory", () => {
    const pump = watched()
    for (let i = 0; i < 1000; i++) pump.tell(i % 2 === 0 ? Signal.Granted : Signal.Denied)
    expect(pump.indicators.signals).toEqual([Signal.Granted, Signal.Denied, Signal.Granted, Signal.Denied])
})

const arbitraryPriority = fc.constantFrom(None, Low, Medium, High)

test("ANN-3, ANN-4: whatever alarms and signals come, alarms sound and shine as if there were no signals, and each signal is told within 6 s of the last change", () => {
    fc.assert(
        fc.property(
            fc.array(
                fc.record({
                    light: arbitraryPriority,
                    paused: fc.boolean(),
                    ticks: fc.integer({ min: 1, max: 200 }),
                    signal: fc.option(fc.constantFrom(Signal.Granted, Signal.Denied)),
                }),
                { maxLength: 8 },
            ),
            fc.record({ light: arbitraryPriority, signal: fc.constantFrom(Signal.Granted, Signal.Denied) }),
            (past, last) => {
                const pump = watched()
                const alone = watched()
                const both = (ticks: number, light: AlarmPriority, sound: AlarmPriority) => {
                    const seen = pump.show(ticks, light, sound)
                    const alarms = alone.show(ticks, light, sound)
                    if (light !== None) expect(seen.lights).toEqual(alarms.lights)
                    // From its first pulse to half a second after the last one a burst is the alarm's alone.
                    for (const burst of alarms.heard.matchAll(/#(?:-{0,5}#)*-{0,5}/g))
                        expect(seen.heard.slice(burst.index, burst.index + burst[0].length)).toBe(burst[0])
                    return seen
                }
                for (const { light, paused, ticks, signal } of past) {
                    if (signal !== null) pump.tell(signal)
                    both(ticks, light, paused ? None : light)
                }
                // What came before is told to its end.
                both(600, last.light, last.light)
                expect(pump.indicators.signals).toEqual([])
                pump.tell(last.signal)
                const { heard, telling } = both(100, last.light, last.light)
                const pulses = last.signal === Signal.Granted ? GRANTED : DENIED
                expect(heard).toContain(pulses)
                expect(telling).toBe(heard.indexOf(pulses) + pulses.length)
                expect(heard.indexOf(pulses)).toBeLessThan(60)
            },
        ),
        { numRuns: 300 },
    )
})

test("ANN-3: the part's pins give a signal with the yellow light, and are left alone afterwards", async () => {
    const annunciator = start()
    expect(await annunciator.show(None, None, 900)).toBe(false)
    timeline.edges.length = 0
    annunciator.tell(Signal.Denied)
    const telling: boolean[] = []
    for (let ms = 1000; ms < 6000; ms += TICK_MS) telling.push(await annunciator.show(None, None, ms))
    expect(telling).toEqual(telling.map((_, i) => i < DENIED.length))
    expect(timeline.of("BUZZER").map(edge => edge.level)).toEqual([1, 0, 1, 0, 1, 0, 1, 0])
    expect(timeline.of("YELLOW").map(edge => edge.level)).toEqual([0, 1, 0, 1, 0, 1, 0, 1])
    expect(timeline.of("RED")).toEqual([])
})

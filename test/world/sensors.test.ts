import { describe, expect, test } from "vitest"
import type { SensorFailure, SensorName, WorldSettings } from "../../sim/scenario/scenario"
import { worldSchema } from "../../sim/scenario/schema"
import { type SensorAnswers, World } from "../../sim/world/world"
import { SensorFault } from "../../src/pump/readings"

const FILL_PL = 20_000_000_000
const START_WALL_MS = 825_552_000_000

function world(changes: Partial<WorldSettings> = {}, seed = 1): World {
    return new World(worldSchema.parse(changes), START_WALL_MS, FILL_PL, seed)
}

const VALUES = {
    pressure: "pressurePa",
    encoder: "encoderSteps",
    reservoirSwitch: "endSwitch",
    battery: "batteryMv",
    clock: "wallS",
} as const satisfies Record<SensorName, keyof SensorAnswers>
const FAULTS: Record<SensorName, keyof SensorAnswers> = {
    pressure: "pressureFault",
    encoder: "encoderFault",
    reservoirSwitch: "endSwitchFault",
    battery: "batteryFault",
    clock: "wallFault",
}
const SENSORS = Object.keys(VALUES) as SensorName[]

/** What the sensor says in `count` seconds with this failure, a step made in each, less what it would say without it. */
function lies(sensor: SensorName, failure: SensorFailure, count: number, driftPerHour = 0): number[] {
    const [failing, good] = [world(), world()]
    failing.fail(sensor, failure, driftPerHour)
    return Array.from({ length: count }, (_, i) => {
        const [answer, truth] = [failing, good].map(bench => {
            bench.advance(i * 1000)
            bench.step(1)
            return bench.sense()
        })
        expect(answer[FAULTS[sensor]]).toBe(SensorFault.None)
        return answer[VALUES[sensor]] - truth[VALUES[sensor]]
    })
}

function spread(values: number[]): number {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}

describe("failures that the part notices", () => {
    test.each<[SensorFailure, SensorFault]>([
        ["missing", SensorFault.Missing],
        ["invalid", SensorFault.Invalid],
        ["stale", SensorFault.Stale],
    ])("%s, of each part and of no other", (failure, fault) => {
        for (const sensor of SENSORS) {
            const bench = world()
            bench.fail(sensor, failure)
            const answer = bench.sense()
            for (const other of SENSORS) expect(answer[FAULTS[other]]).toBe(other === sensor ? fault : SensorFault.None)
            bench.fail(sensor, "none")
            expect(bench.sense()[FAULTS[sensor]]).toBe(SensorFault.None)
        }
    })
})

describe("failures that look like any reading", () => {
    test.each(SENSORS)("a stuck %s repeats its last, and goes on where the truth is when repaired", sensor => {
        const bench = world({ batteryMillivolts: 4000 })
        bench.step(7)
        const last = bench.sense()[VALUES[sensor]]
        bench.fail(sensor, "stuck")
        bench.step(100)
        bench.batteryMv = 3500
        bench.reservoirPl = 0
        for (let nowMs = 1000; nowMs < 20_000; nowMs += 1000) {
            bench.advance(nowMs)
            const answer = bench.sense()
            expect(answer[VALUES[sensor]]).toBe(last)
            expect(answer[FAULTS[sensor]]).toBe(SensorFault.None)
        }
        bench.fail(sensor, "none")
        bench.occluded = true
        bench.step(100)
        expect(bench.sense()[VALUES[sensor]]).not.toBe(last)
    })

    test("a stuck encoder starts at 0 with the firmware that counts", () => {
        const bench = world()
        bench.step(7)
        bench.sense()
        bench.fail("encoder", "stuck")
        expect(bench.sense().encoderSteps).toBe(7)
        bench.restartFirmware()
        bench.step(3)
        expect(bench.sense().encoderSteps).toBe(0)
    })

    test("out of range is beyond what each part can meet", () => {
        const bench = world()
        for (const sensor of SENSORS) bench.fail(sensor, "outOfRange")
        const answer = bench.sense()
        expect(answer.pressurePa).toBeGreaterThan(250_000)
        expect(answer.encoderSteps).toBeGreaterThan(1e9)
        expect(answer.endSwitch).toBe(2)
        expect(answer.batteryMv).toBeGreaterThan(20_000)
        // After the century that a DS3231 knows.
        expect(answer.wallS).toBeGreaterThan(3_155_587_200)
        expect(SENSORS.map(sensor => answer[FAULTS[sensor]])).toEqual(new Array(5).fill(SensorFault.None))
    })

    test.each<[SensorName, number]>([
        ["pressure", 2500],
        ["encoder", 400],
        ["battery", 500],
        ["clock", 50],
    ])("a noisy %s scatters about the truth by %d", (sensor, sd) => {
        const values = lies(sensor, "noisy", 4000)
        expect(Math.abs(spread(values) / sd - 1)).toBeLessThan(0.05)
        expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length)).toBeLessThan(sd / 10)
    })

    test("a noisy pressure sensor scatters by 50 times its own noise where that is more", () => {
        const bench = world({ pressureNoisePascals: 100 })
        bench.fail("pressure", "noisy")
        const values = Array.from({ length: 4000 }, () => bench.sense().pressurePa)
        expect(Math.abs(spread(values) / 5000 - 1)).toBeLessThan(0.05)
    })

    test("a noisy switch chatters, and one that is pressed stays so", () => {
        const chatter = lies("reservoirSwitch", "noisy", 1000)
        expect(new Set(chatter)).toEqual(new Set([0, 1]))
        expect(chatter.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(400)
        expect(new Set(lies("reservoirSwitch", "pressed", 100))).toEqual(new Set([1]))
    })

    test.each<[SensorName, number]>([
        ["pressure", 30_000],
        ["encoder", 1000],
        ["battery", 1000],
        ["clock", 3600],
    ])("a jumping %s stands off by half to the whole of %d, for some twenty readings each", (sensor, jump) => {
        const values = lies(sensor, "jumping", 4000)
        const off = values.filter(value => value !== 0).map(Math.abs)
        expect(off.length).toBeGreaterThan(3800)
        expect(Math.min(...off)).toBeGreaterThanOrEqual(jump / 2 - 1)
        expect(Math.max(...off)).toBeLessThanOrEqual(jump + 1)
        expect(values.some(value => value > 0) && values.some(value => value < 0)).toBe(true)
        const jumps = values.filter((value, i) => i > 0 && Math.abs(value - values[i - 1]) > 1).length
        expect(Math.abs(jumps / 200 - 1)).toBeLessThan(0.25)
    })

    test.each<[SensorName, number]>([
        ["pressure", 3600],
        ["encoder", -360],
        ["battery", -360],
        ["clock", 36],
    ])("a drifting %s is off by its rate times the time since", (sensor, driftPerHour) => {
        const values = lies(sensor, "drifting", 1001, driftPerHour)
        expect(values[0]).toBe(0)
        expect(values[1000]).toBeCloseTo((driftPerHour * 1000) / 3600, -0.3)
        expect(values[500]).toBeCloseTo((driftPerHour * 500) / 3600, -0.3)
    })

    test("a battery monitor that drifts below nothing says 0", () => {
        const bench = world()
        bench.fail("battery", "drifting", -10_000)
        bench.advance(3_600_000)
        expect(bench.sense().batteryMv).toBe(0)
    })

    test("a clock that lies goes back to before its first Monday no more than a counter can", () => {
        const bench = new World(worldSchema.parse({}), 0, FILL_PL, 1)
        bench.fail("clock", "noisy")
        const values = Array.from({ length: 1000 }, () => bench.sense().wallS)
        expect(values.some(value => value > 50)).toBe(true)
        expect(values.some(value => value === 0)).toBe(true)
        expect(values.every(value => value >= 0 && value < 1000)).toBe(true)
    })
})

describe("what is not the part's own fault", () => {
    test("the battery's voltage is what it is set to", () => {
        const bench = world({ batteryMillivolts: 3900 })
        expect(bench.sense().batteryMv).toBe(3900)
        bench.batteryMv = 3300
        expect(bench.sense().batteryMv).toBe(3300)
    })

    test("the clock is set on and back, over the week's edge too", () => {
        const bench = new World(worldSchema.parse({}), START_WALL_MS + 10_000, FILL_PL, 1)
        bench.stepClock(3600)
        expect(bench.sense().wallS).toBe(825_552_000 + 3610)
        bench.stepClock(-3620)
        expect(bench.sense().wallS).toBe(825_552_000 - 10)
        bench.advance(10_000)
        expect(bench.sense().wallS).toBe(825_552_000)
    })

    test("a memory off the bus and a supply that is about to fail are told as they are", () => {
        const bench = world()
        expect(bench.sense()).toMatchObject({ memoryFault: SensorFault.None, supplyFailing: false })
        bench.fail("memory", "missing")
        bench.supplyFailing = true
        expect(bench.memory.write(0, [1])).toBe(false)
        expect(bench.sense()).toMatchObject({ memoryFault: SensorFault.Missing, supplyFailing: true })
        bench.fail("memory", "none")
        expect(bench.sense().memoryFault).toBe(SensorFault.None)
        expect(bench.memory.write(0, [1])).toBe(true)
    })

    test("power goes and comes for the memory, too", () => {
        const bench = world()
        bench.powerOff()
        expect(bench.memory.write(0, [1])).toBe(false)
        bench.powerOn()
        expect(bench.memory.read(0, 1)).toEqual(Uint8Array.from([0]))
        expect(bench.memory.write(0, [1])).toBe(true)
    })
})

describe("weather", () => {
    function zeros(weatherPascalsPerHour: number, hours: number, seed = 1): number[] {
        const bench = world({ pressureNoisePascals: 0, weatherPascalsPerHour }, seed)
        return Array.from({ length: hours * 60 }, (_, i) => {
            bench.advance(i * 60_000)
            return bench.sense().pressurePa - 1000
        })
    }

    test("moves the sensor's zero no faster than it is set to, within 3 kPa, and nothing else", () => {
        const values = zeros(300, 24 * 60)
        expect(Math.max(...values.slice(1).map((value, i) => Math.abs(value - values[i])))).toBeLessThanOrEqual(6)
        expect(Math.max(...values.map(Math.abs))).toBe(3000)
        // It turns there, and does not stay for the rest of the hour.
        const stays = values.filter((value, i) => Math.abs(value) === 3000 && value === values[i - 10])
        expect(stays).toEqual([])
        const bench = world({ weatherPascalsPerHour: 300 })
        bench.advance(86_400_000)
        bench.sense()
        expect(bench.pressurePa).toBe(1000)
    })

    test("wanders as much as a new rate each hour makes it", () => {
        // After 16 hours: 4 times the standard deviation of a uniform rate, 100/√3.
        const ends = Array.from({ length: 400 }, (_, seed) => zeros(100, 17, seed)[16 * 60])
        expect(Math.abs(spread(ends) / ((4 * 100) / Math.sqrt(3)) - 1)).toBeLessThan(0.1)
    })

    test("is the same however often it is looked at", () => {
        const bench = world({ pressureNoisePascals: 0, weatherPascalsPerHour: 300 })
        bench.advance(16 * 3_600_000)
        expect(bench.sense().pressurePa - 1000).toBe(zeros(300, 17)[16 * 60])
    })
})

import { expect, test } from "vitest"
import type { WorldEvent } from "../../sim/scenario/scenario"
import { worldSchema } from "../../sim/scenario/schema"
import { befall } from "../../sim/world/befall"
import { World } from "../../sim/world/world"
import { SensorFault } from "../../src/pump/readings"

// `Omit` of each member of the union.
type Event = WorldEvent extends infer One ? (One extends WorldEvent ? Omit<One, "atMs"> : never) : never

/** What a minute of ten steps comes to after these events: steps, pressure, delivered, leaked and what is read. */
function minuteAfter(...events: Event[]) {
    const world = new World(worldSchema.parse({ pressureNoisePascals: 0 }), 0, 20_000_000_000, 1)
    for (const event of events) befall(world, { atMs: 0, ...event } as WorldEvent)
    world.step(10)
    world.advance(60_000)
    return { ...world, ...world.sense(), linePa: world.pressurePa, deliveredSteps: world.deliveredPl / world.stepPl }
}

const plain = minuteAfter()

test("a minute in which nothing happens delivers its ten steps", () => {
    expect(plain.deliveredSteps).toBeCloseTo(10, 6)
    expect(plain).toMatchObject({ stepsMade: 10, leakedPl: 0, linePa: 1000, batteryMv: 4000, wallS: 60 })
})

test.each<[Event, Event, object]>([
    [{ kind: "occlude" }, { kind: "clear" }, { deliveredSteps: 0 }],
    [{ kind: "blockOutlet" }, { kind: "clearOutlet" }, { deliveredSteps: 0, reservoirPl: 20_000_000_000 }],
    [{ kind: "openLine" }, { kind: "closeLine" }, { deliveredSteps: 0, linePa: 0 }],
    [{ kind: "leak", fraction: 1 }, { kind: "leak", fraction: 0 }, { deliveredSteps: 0 }],
    [
        { kind: "bubble", microlitres: 1000 },
        { kind: "bubble", microlitres: 0 },
        // 1000 µL at the room's pressure, under the spinal fluid's 1000 Pa.
        { pressure: { compliancePlPerPa: expect.closeTo(140 + (1e9 * 101_325) / 102_325 ** 2, -2) } },
    ],
    [{ kind: "siphon", microlitresPerHour: 60 }, { kind: "siphon", microlitresPerHour: 0 }, { stepsMade: 10 }],
    [{ kind: "stall" }, { kind: "unstall" }, { stepsMade: 0 }],
    [{ kind: "loseSteps", fraction: 1 }, { kind: "loseSteps", fraction: 0 }, { stepsMade: 0 }],
    [{ kind: "wearGear" }, { kind: "replaceGear" }, { stepsMade: 10, reservoirPl: 20_000_000_000 }],
    [{ kind: "runaway", stepsPerSecond: 2 }, { kind: "runaway", stepsPerSecond: 0 }, { stepsMade: 130 }],
    [{ kind: "battery", millivolts: 3300 }, { kind: "battery", millivolts: 4000 }, { batteryMv: 3300 }],
    [{ kind: "clockStep", seconds: 3600 }, { kind: "clockStep", seconds: -3600 }, { wallS: 3660 }],
    [
        { kind: "sensorFault", sensor: "battery", failure: "missing", driftPerHour: 0 },
        { kind: "sensorRepair", sensor: "battery" },
        { batteryFault: SensorFault.Missing },
    ],
    [
        { kind: "sensorFault", sensor: "memory", failure: "missing", driftPerHour: 0 },
        { kind: "sensorRepair", sensor: "memory" },
        { memoryFault: SensorFault.Missing },
    ],
    [{ kind: "supplyLow" }, { kind: "supplyGood" }, { supplyFailing: true }],
    [
        { kind: "sensorFault", sensor: "clock", failure: "drifting", driftPerHour: 600 },
        { kind: "sensorRepair", sensor: "clock" },
        { wallS: 70 },
    ],
])("%j, and %j ends it", (begin, end, expected) => {
    const during = minuteAfter(begin)
    expect(during).toMatchObject(expected)
    expect(during).not.toEqual(plain)
    const after = minuteAfter(begin, end)
    expect(after.stepsMade).toBe(10)
    expect(after).toMatchObject({ batteryMv: 4000, wallS: 60, batteryFault: SensorFault.None })
    expect(after).toMatchObject({ memoryFault: SensorFault.None, supplyFailing: false })
    expect(after.linePa).toBeCloseTo(1000, 3)
    // Closing a line again fills it from the spinal fluid: 1 kPa into 0.14 µL/kPa.
    expect(after.deliveredSteps).toBeCloseTo(end.kind === "closeLine" ? 10 - 140_000 / 44_909.7 : 10, 3)
})

test("a siphon of a microlitre a minute delivers it besides the steps", () => {
    const { deliveredPl, stepPl } = minuteAfter({ kind: "siphon", microlitresPerHour: 60 })
    expect(deliveredPl / 1e6).toBeCloseTo(1 + (10 * stepPl) / 1e6, 2)
})

test("a freeze lasts from when it happens", () => {
    const world = new World(worldSchema.parse({}), 0, 20_000_000_000, 1)
    world.advance(5000)
    befall(world, { atMs: 5000, kind: "freeze", lastsMs: 2500 })
    expect(world.frozenUntilMs).toBe(7500)
})

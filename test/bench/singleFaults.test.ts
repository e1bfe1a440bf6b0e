import { describe, expect, test } from "vitest"
import {
    FAULTS,
    type Fault,
    type FaultKind,
    type FaultResult,
    faultRows,
    fieldFaults,
    guardBoundPl,
    guardFaults,
    measureFault,
    subjectOf,
} from "../../sim/bench/singleFaults"

const continuous = subjectOf("continuous-100")
const nightRise = subjectOf("night-rise-312")

const ofKind = (kind: FaultKind) => FAULTS.filter(fault => fault.kind === kind)

/** The fault of this name. */
function faultOf(name: string): Fault {
    const fault = FAULTS.find(fault => fault.name === name)
    if (!fault) throw new Error(`no fault is called ${name}`)
    return fault
}

/** Injects each of the faults at each of its moments, for so many hours. */
function injectAll(subject: typeof continuous, faults: readonly Fault[], hours: number): FaultResult[] {
    return faults.flatMap(fault => fault.moments.map(moment => measureFault(subject, fault, moment, { hours })))
}

/** Those over their bounds, each told with both figures. */
function overBound(results: readonly FaultResult[]): string[] {
    return results
        .filter(({ excessPl, boundPl }) => !(excessPl <= boundPl))
        .map(({ fault, moment, excessPl, boundPl }) => `${fault.name}, ${moment}: ${excessPl} of ${boundPl} pL`)
}

describe("the largest volume that one fault delivers", () => {
    test("GRD-13: no fault of the logic gives more than the limits of hour, day and prime leave it", () => {
        const results = injectAll(continuous, [...ofKind("software"), ...ofKind("request")], 0.6)
        expect(results.length).toBeGreaterThan(80)
        expect(overBound(results)).toEqual([])
        // The others stay within the limits, or give nothing: what stops these has to be heard of.
        const tripped = results.filter(({ stoppedBy }) => stoppedBy.startsWith("guard, "))
        expect(tripped.length).toBeGreaterThan(30)
        for (const { highAlarmS, fault } of tripped) if (!fault.goesOn) expect(highAlarmS).not.toBeNull()
    })

    test("GRD-13: the most that a logic can give in a day without being stopped stays under the bound, and nears it", () => {
        const { excessPl, boundPl } = measureFault(
            continuous,
            faultOf("all steps that the guard lets through"),
            "windows empty",
        )
        expect(excessPl).toBeLessThan(boundPl)
        expect(excessPl).toBeGreaterThan(0.9 * boundPl)
    })

    test("GRD-13: a logic that gives the most and crashes again and again is stopped all the same at the hour's limit", () => {
        const crashing = ofKind("crashing").filter(({ name }) => !name.startsWith("all steps"))
        expect(crashing).toHaveLength(2)
        for (const { subject, excessPl, stoppedBy } of injectAll(continuous, crashing, 2)) {
            expect(stoppedBy).toBe("guard, limit of an hour")
            expect(excessPl).toBeLessThanOrEqual(subject.limits.hourPlMax + 2 * subject.mechanism.stepPl)
        }
    })

    test("GRD-13: one that is never stopped and starts anew each quarter of an hour sees the day's limit less than twice over", () => {
        const fault = faultOf("all steps that the guard lets through, and a reset every 905 seconds")
        const { excessPl, boundPl } = measureFault(nightRise, fault, "windows empty")
        expect(excessPl).toBeGreaterThan(guardBoundPl(nightRise, "windows empty"))
        expect(excessPl).toBeLessThan(boundPl)
    })

    test("GRD-13: the bound of a pump that nobody asks for anything is the limit of a day", () => {
        const dayPl = continuous.limits.dayPlMax
        const { stepPl } = continuous.mechanism
        expect(guardBoundPl(continuous, "stopped")).toBeGreaterThan(dayPl)
        expect(guardBoundPl(continuous, "stopped")).toBeLessThanOrEqual(dayPl + 3 * stepPl)
        expect(guardBoundPl(continuous, "windows empty")).toBeLessThan(dayPl / 3)
    })

    test("GRD-13: a prime that nobody asked for is made twice a day and no more", () => {
        const { excessPl, stoppedBy } = measureFault(
            continuous,
            faultOf("a prime asked for in every sample"),
            "windows empty",
        )
        const { primePlMax, hourPlMax } = continuous.limits
        expect(excessPl).toBeGreaterThan(2 * primePlMax)
        expect(excessPl).toBeLessThan(2 * primePlMax + hourPlMax)
        expect(stoppedBy).toBe("guard, limit of the prime")
    })

    test("without the guard, many of the same faults go past the same bounds", () => {
        const past = ofKind("software").filter(fault => {
            if (!fault.moments.includes("windows empty")) return false
            const { excessPl, boundPl } = measureFault(continuous, fault, "windows empty", { guarded: false, hours: 2 })
            return excessPl > boundPl
        })
        expect(past.length).toBeGreaterThanOrEqual(8)
    })

    test("GRD-13: no number of the pump's record that is wrong gives more than the limits leave it", () => {
        const faults = fieldFaults(continuous, false)
        expect(faults.length).toBeGreaterThan(150)
        const results = injectAll(continuous, faults, 0.08)
        expect(overBound(results)).toEqual([])
        expect(results.filter(({ stoppedBy }) => stoppedBy.startsWith("guard, ")).length).toBeGreaterThan(3)
    })

    test("GRD-13: a guard with a wrong number in its own record adds nothing to a logic that does as it should", () => {
        expect(overBound(injectAll(continuous, guardFaults(continuous), 0.08))).toEqual([])
    })

    test("GRD-13: no sensor that fails adds a step, and a clock read wrong no more than another hour's flow", () => {
        expect(overBound(injectAll(nightRise, ofKind("sensor"), 0.3))).toEqual([])
        const unknown = measureFault(nightRise, faultOf("clock missing from power-on"), "windows empty", { hours: 9 })
        expect(unknown.excessPl).toBeGreaterThan(10_000_000)
        expect(unknown.excessPl).toBeLessThan(unknown.boundPl)
    })

    test("GRD-13: a motor that runs by itself is cut off from outside within the encoder's slack and the watchdog's time", () => {
        const runaways = ofKind("driver").filter(({ name }) => name.startsWith("runaway"))
        const results = injectAll(nightRise, runaways, 3)
        expect(overBound(results)).toEqual([])
        for (const { stoppedBy, highAlarmS } of results) {
            expect(stoppedBy).toBe("outside watchdog")
            expect(highAlarmS).not.toBeNull()
        }
    })

    test("GRD-13: steps that are lost are never made up", () => {
        const losses = ofKind("driver").filter(({ name }) => !name.startsWith("runaway"))
        expect(losses.length).toBe(4)
        expect(overBound(injectAll(nightRise, losses, 1))).toEqual([])
    })

    test("GRD-13: a clock that swings empties no window, one that stands or jumps brings no burst", () => {
        expect(overBound(injectAll(continuous, ofKind("clock"), 4))).toEqual([])
    })

    test("a clock too fast brings the programme as many times, which no limit sees, and raises its alarm", () => {
        for (const fault of ofKind("clock's pace")) {
            const { excessPl, boundPl, alarms } = measureFault(continuous, fault, "windows empty", { hours: 2 })
            expect(excessPl).toBeLessThanOrEqual(boundPl)
            expect(alarms).toContain("clockFault")
        }
    })
})

test("the rows give the worst of each class and moment, with its dose and what stopped it", () => {
    const most = measureFault(continuous, faultOf("most steps in every tick"), "windows empty", { hours: 1 })
    const healthy = measureFault(continuous, faultOf("reservoir without end"), "windows empty", { hours: 0.1 })
    const rows = faultRows([
        healthy,
        most,
        { ...most, moment: "stopped", excessPl: 2 * most.boundPl, highAlarmS: null },
    ])
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatchObject({
        part: "faults",
        unit: "µL",
        what: "continuous-100: fault of the logic, windows empty",
    })
    expect(rows[0].figure).toBeCloseTo(most.excessPl / 1e6, 9)
    expect(rows[0].how).toMatch(
        /^5\.\d+ of 38\.\d µg; most steps .*; high alarm after 37 s; stopped by guard, limit of an hour; worst of 2, 0 over/,
    )
    expect(rows[1].ratio).toBe(2)
    expect(rows[1].how).toContain("no alarm of high priority, but overDelivery")
    expect(rows[1].how).toContain("worst of 1, 1 over")
})

// The chip's clock rings every alarm once, at its time and in order, whatever is cancelled in between.

import fc from "fast-check"
import { expect, test } from "vitest"
import { ChipClock } from "../../sim/chip/clock"

test("an alarm that is cancelled takes none of those before it along", () => {
    const clock = new ChipClock()
    const rung: string[] = []
    const first = clock.createAlarm(() => rung.push("first"))
    const second = clock.createAlarm(() => rung.push("second"))
    first.schedule(10)
    second.schedule(20)
    second.cancel()
    clock.advance(30)
    expect(rung).toEqual(["first"])
    expect(clock.nextNanos).toBe(Infinity)
})

test("one that is set again rings at the later time alone, and one may set itself", () => {
    const clock = new ChipClock()
    const rung: number[] = []
    const alarm = clock.createAlarm(() => {
        rung.push(clock.nanos)
        if (rung.length < 3) alarm.schedule(5)
    })
    alarm.schedule(3)
    alarm.schedule(10)
    clock.advance(100)
    expect(rung).toEqual([10, 15, 20])
    expect([clock.nanos, clock.micros]).toEqual([100, 0.1])
})

test("as a sorted list of what is set, for any order of setting and cancelling", () => {
    const act = fc.record({ alarm: fc.nat(4), inNanos: fc.option(fc.nat(50)), thenPass: fc.nat(20) })
    fc.assert(
        fc.property(fc.array(act), acts => {
            const clock = new ChipClock()
            const rung: [number, number][] = []
            const expected: [number, number][] = []
            const due = new Map<number, number>()
            const alarms = [0, 1, 2, 3, 4].map(i => clock.createAlarm(() => rung.push([i, clock.nanos])))
            for (const { alarm, inNanos, thenPass } of acts) {
                due.delete(alarm)
                if (inNanos === null) alarms[alarm].cancel()
                else {
                    alarms[alarm].schedule(inNanos)
                    due.set(alarm, clock.nanos + inNanos)
                }
                const toNanos = clock.nanos + thenPass
                clock.advance(toNanos)
                // Sorting is stable, and a map keeps the order in which it was filled.
                for (const [i, at] of [...due].sort((a, b) => a[1] - b[1]))
                    if (at <= toNanos) {
                        expected.push([i, at])
                        due.delete(i)
                    }
                expect(clock.nextNanos).toBe(Math.min(Infinity, ...due.values()))
            }
            expect(rung).toEqual(expected)
        }),
    )
})

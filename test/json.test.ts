import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { jsonFault, placeOf } from "../sim/json"

describe("where a text stops being JSON", () => {
    test.each([
        ['{"a": NaN}', 6, "a number"],
        ['{"a": -}', 6, "a number"],
        ['{"a": 01}', 6, "a number"],
        ['{"a": .5}', 6, "a number"],
        ['{"a": Infinity}', 6, "a number"],
        ["{'a': 1}", 1, "a field name in double quotes"],
        ['{"a": 1,}', 8, "a field name in double quotes"],
        ['{"a" 1}', 5, '":"'],
        ['{"a": 1 "b": 2}', 8, '"," or "}"'],
        ["[1, 2", 5, '"," or "]"'],
        ['{"a": 1} x', 9, "the end of the file"],
        ['{"a": 1 // dose\n}', 8, '"," or "}"'],
        ['"\n"', 0, "a number"],
        ["", 0, "a number"],
        ['{"a": 1, "b": {"a": 1}, "a": 2}', 24, "each field once"],
    ])("%j", (text, offset, expected) => {
        const fault = jsonFault(text)
        expect(fault?.offset).toBe(offset)
        expect(fault?.expected).toContain(expected)
    })

    test("no fault in anything that JSON.stringify writes", () => {
        fc.assert(fc.property(fc.json(), text => jsonFault(text) === undefined))
        fc.assert(fc.property(fc.jsonValue(), value => jsonFault(JSON.stringify(value, undefined, 2)) === undefined))
    })

    test("agrees with JSON.parse on texts with one character changed", () => {
        const edits = fc.record({
            text: fc.json(),
            at: fc.nat(),
            by: fc.constantFrom("", "{", "]", ",", '"', "\\", "-", "e", "0", "\t"),
        })
        fc.assert(
            fc.property(edits, ({ text, at, by }) => {
                const i = at % text.length
                const edited = text.slice(0, i) + by + text.slice(i + 1)
                const fault = jsonFault(edited)
                if (fault?.expected.startsWith("each field once")) return
                expect(fault === undefined).toBe(parses(edited))
            }),
            { numRuns: 1000 },
        )
    })

    test("names the field in which it lies", () => {
        expect(jsonFault('{"a": [1, {"b": NaN}]}')?.path).toEqual(["a", 1, "b"])
        expect(jsonFault('{"a": {"b": 1} "c": 2}')?.path).toEqual([])
    })

    test("line and column count from 1", () => {
        expect(placeOf("ab\ncd", 0)).toEqual({ line: 1, column: 1 })
        expect(placeOf("ab\ncd", 4)).toEqual({ line: 2, column: 2 })
    })
})

function parses(text: string): boolean {
    try {
        JSON.parse(text)
        return true
    } catch {
        return false
    }
}

import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { readRows, renderComparison } from "../../sim/bench/compare"
import { type Row, renderTable, rowOf } from "../../sim/bench/rows"

const row = (what: string, figure: number, reference?: number): Row =>
    rowOf("vm", what, figure, "ticks/s", reference === undefined ? undefined : { figure: reference, name: "core" }, "")

function fileWith(content: unknown): string {
    const file = join(mkdtempSync(join(tmpdir(), "pump-bench-")), "bench.json")
    writeFileSync(file, JSON.stringify(content))
    return file
}

test("figures with a ratio are compared by it, all others as they are", () => {
    // Half as fast on a computer that is half as fast is the same; a fifth more memory is not.
    const lines = renderComparison([row("speed", 100, 10), row("size", 1000)], [row("speed", 50, 5), row("size", 1200)])
        .split("\n")
        .slice(2)
    expect(lines[0]).toMatch(/speed +ratio to core +10 +10 +1$/)
    expect(lines[1]).toMatch(/size +ticks\/s +1 000 +1 200 +1\.200 +\*$/)
})

test("rows of the same name are told apart by their order", () => {
    const lines = renderComparison([row("lasts", 1), row("lasts", 2)], [row("lasts", 1), row("lasts", 2)]).split("\n")
    expect(lines).toHaveLength(4)
    expect(lines.some(line => /\*|new|gone/.test(line))).toBe(false)
})

test("what only one of them has is named", () => {
    const text = renderComparison([row("old", 1)], [row("other", 2)])
    expect(text).toMatch(/other .* - +2 +- +new/)
    expect(text).toMatch(/old .* 1 +- +- +gone/)
})

test.each([
    [1.09, ""],
    [1.1, "*"],
    [0.91, ""],
    [0.89, "*"],
])("a change to %d times is marked %j", (change, mark) => {
    const line = renderComparison([row("a", 100_000)], [row("a", 100_000 * change)]).split("\n")[2]
    expect(line.endsWith("*")).toBe(mark === "*")
})

test("what --json prints can be compared with, and anything else is refused with its field", () => {
    const rows = [row("a", 1, 2), { ...row("b", 0), figure: null }]
    const machine = { node: "v20", cpu: "a", cpus: 2, loadAtStart: 0.1 }
    expect(readRows(fileWith({ machine, rows }))).toEqual(rows)
    expect(() => readRows(fileWith({ machine, rows: [{ ...rows[0], figure: "1" }] }))).toThrow("rows[0].figure")
    expect(() => readRows(fileWith({ machine }))).toThrow("rows: was missing")
})

test("a table has a rule between its parts", () => {
    const table = renderTable([row("a", 1), row("b", 2), { ...row("c", 3), part: "core" }]).split("\n")
    expect(table.map(line => /^-+/.test(line))).toEqual([false, true, false, false, true, false])
})

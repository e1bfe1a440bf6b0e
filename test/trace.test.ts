import { readdirSync, readFileSync } from "node:fs"
import { expect, test } from "vitest"

// Ids of a kind in the first column of a table.
function idsOf(file: string, kind: RegExp): string[] {
    return readFileSync(file, "utf8")
        .split("\n")
        .map(line => line.split("|")[1]?.trim() ?? "")
        .filter(id => kind.test(id))
}

const requirementRows = readFileSync("test/requirements.md", "utf8")
    .split("\n")
    .map(line => line.split("|").map(cell => cell.trim()))
    .filter(cells => /^[A-Z]{3}-\d+$/.test(cells[1] ?? ""))
const requirements = requirementRows.map(cells => cells[1])
const hazards = idsOf("test/hazards.md", /^HAZ-\d+$/)

const testFiles = readdirSync("test", { recursive: true, encoding: "utf8" }).filter(file => file.endsWith(".ts"))
const idsInTests = new Set(
    testFiles
        .filter(file => file !== "trace.test.ts")
        .flatMap(file => [...readFileSync(`test/${file}`, "utf8").matchAll(/"([A-Z]{3}-\d+): /g)])
        .map(match => match[1]),
)

test("there are hazards and requirements, each id once", () => {
    expect(hazards.length).toBeGreaterThan(0)
    expect(requirements.length).toBeGreaterThan(0)
    expect(new Set(hazards).size).toBe(hazards.length)
    expect(new Set(requirements).size).toBe(requirements.length)
})

test("each requirement names hazards that exist, and each hazard has a requirement", () => {
    const named = requirementRows.flatMap(cells => cells[2].split(", "))
    expect([...new Set(named)].sort()).toEqual([...hazards].sort())
})

test("each requirement says where it comes from and how it is verified, each hazard how it is controlled", () => {
    for (const cells of requirementRows) expect(cells.slice(3, 6), cells[1]).not.toContain("")
    const hazardRows = readFileSync("test/hazards.md", "utf8").match(/^\| HAZ-.*$/gm) ?? []
    for (const row of hazardRows)
        expect(
            row
                .split("|")
                .slice(1, 7)
                .map(cell => cell.trim()),
        ).not.toContain("")
})

test("each rule of the field is met by requirements that exist, or says why it does not apply yet", () => {
    const rules = readFileSync("test/requirements.md", "utf8").split("## The rules of the field")[1]
    const rows = rules.split("\n").filter(line => /^\| (?!Rule|---)/.test(line))
    expect(rows.length).toBeGreaterThan(40)
    for (const row of rows) {
        const ids = row.match(/[A-Z]{3}-\d+/g) ?? []
        for (const id of ids) expect(requirements, row).toContain(id)
        if (ids.length === 0) expect(row).toContain("later: ")
    }
})

test("each requirement has a test that names it, and each test names one that exists", () => {
    expect([...idsInTests].sort()).toEqual([...requirements].sort())
})

test("a comment in the firmware that names a requirement names one that exists", () => {
    const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(file => file.endsWith(".ts"))
    const named = sources
        .flatMap(file => [...readFileSync(`src/${file}`, "utf8").matchAll(/\(([A-Z]{3}-\d+(?:, [A-Z]{3}-\d+)*)\)/g)])
        .flatMap(match => match[1].split(", "))
    expect(named.length).toBeGreaterThan(0)
    for (const id of named) expect(requirements).toContain(id)
})

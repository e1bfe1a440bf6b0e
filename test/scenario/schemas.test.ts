import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import { SCHEMA_FILES } from "../../sim/cli/schemas"

const json = (file: string) => JSON.parse(readFileSync(file, "utf8"))

describe.each(Object.entries(SCHEMA_FILES))("%s", (file, schema) => {
    test("is what the loader checks; `npm run schemas` writes it anew", () => {
        expect(json(file)).toEqual(JSON.parse(JSON.stringify(schema)))
    })

    test("describes every field and allows no other", () => {
        const undescribed: string[] = []
        visit(schema as JsonSchema, "", undescribed)
        expect(undescribed).toEqual([])
    })
})

test("every shipped file names its schema", () => {
    const files = [
        ...readdirSync("sim/prescriptions").map(file => `sim/prescriptions/${file}`),
        ...readdirSync("sim/prescription/drugs").map(file => `sim/prescription/drugs/${file}`),
        ...readdirSync("sim/scenarios", { recursive: true, encoding: "utf8" })
            .filter(file => file.endsWith(".json"))
            .map(file => `sim/scenarios/${file}`),
        ...readdirSync("boards")
            .filter(file => file.endsWith(".mechanism.json"))
            .map(file => `boards/${file}`),
    ]
    expect(files.length).toBeGreaterThan(15)
    for (const file of files) {
        const schema = join(dirname(file), json(file).$schema ?? "missing")
        expect(existsSync(schema), `${file} names ${schema}`).toBe(true)
        expect(Object.keys(SCHEMA_FILES)).toContain(schema)
    }
})

interface JsonSchema {
    description?: string
    properties?: Record<string, JsonSchema>
    additionalProperties?: boolean | JsonSchema
    items?: JsonSchema
    oneOf?: JsonSchema[]
    anyOf?: JsonSchema[]
}

function visit(schema: JsonSchema, path: string, undescribed: string[]): void {
    if (schema.properties && schema.additionalProperties !== false) undescribed.push(`${path} allows other fields`)
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
        if (!field.description) undescribed.push(`${path}.${name}`)
        visit(field, `${path}.${name}`, undescribed)
    }
    for (const inner of [schema.items, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])])
        if (inner) visit(inner, `${path}[]`, undescribed)
    if (typeof schema.additionalProperties === "object") visit(schema.additionalProperties, `${path}.*`, undescribed)
}

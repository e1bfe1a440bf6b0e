// Writes the JSON Schemas that editors check prescription, mechanism, drug and scenario files with, from what the loader checks.
// They are kept in the repository, beside what they are made from, and a test tells when one is out of date.

import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { z } from "zod"
import { drugSchema } from "../prescription/drugLibrary"
import { mechanismSchema } from "../prescription/mechanism"
import { prescriptionSchema } from "../prescription/schema"
import { scenarioSchema } from "../scenario/schema"

const TOP = fileURLToPath(new URL("../../", import.meta.url))

/** Each schema file, as a path from the top of the project, and the JSON Schema it holds. */
export const SCHEMA_FILES: Record<string, object> = {
    "sim/prescription/prescription.schema.json": jsonSchema(prescriptionSchema),
    "sim/prescription/mechanism.schema.json": jsonSchema(mechanismSchema),
    "sim/prescription/drug.schema.json": jsonSchema(drugSchema),
    "sim/scenario/scenario.schema.json": jsonSchema(scenarioSchema),
}

/** The JSON Schema of what a person may write: fields with a default may be left out. */
function jsonSchema(schema: z.ZodType): object {
    return z.toJSONSchema(schema, { io: "input" })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const paths = Object.keys(SCHEMA_FILES)
    for (const path of paths) writeFileSync(TOP + path, `${JSON.stringify(SCHEMA_FILES[path])}\n`)
    execFileSync("npx", ["biome", "format", "--write", ...paths], { cwd: TOP, stdio: ["ignore", "ignore", "inherit"] })
    console.log(`wrote ${paths.join(", ")}`)
}

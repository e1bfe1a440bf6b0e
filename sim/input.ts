// Reads the files that people write and says what is wrong with them: which field, what it was, what it may be.
// Everything wrong with a file is reported at once, and nothing is guessed: a field that is not known is an error.

import { readFileSync } from "node:fs"
import { z } from "zod"
import { jsonFault, placeOf } from "./json"

/** One thing that is wrong with an input. */
export interface Problem {
    file: string
    /** Path of the field, such as `events[2].at`; empty when it is the file itself. */
    field: string
    was: string
    mayBe: string
}

/** An input that cannot be used; the command line prints the message and ends with exit code 2. */
export class InputError extends Error {
    readonly problems: Problem[]

    constructor(problems: Problem[]) {
        super(problems.map(problemLine).join("\n"))
        this.name = "InputError"
        this.problems = problems
    }
}

function problemLine(problem: Problem): string {
    const field = problem.field === "" ? "" : `${problem.field}: `
    return `${problem.file}: ${field}was ${problem.was}, may be ${problem.mayBe}`
}

/** A value as a message shows it: as it stands in the file, cut where it gets long. */
export function shown(value: unknown): string {
    if (value === undefined) return "missing"
    if (typeof value === "number") return String(value)
    const text = JSON.stringify(value)
    return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}

/** A number as a message shows it: without the noise of its last binary digits. */
export function shownNumber(value: number): string {
    return String(Number(value.toPrecision(9)))
}

/** A field that holds a number from `min` to `max`; the description is what editors show. */
export function numberField(description: string, min: number, max: number): z.ZodNumber {
    const error = `a number from ${min} to ${max}`
    return z.number({ error }).min(min, { error }).max(max, { error }).describe(description)
}

/** A field that holds a number over 0, up to `max`. */
export function overZeroField(description: string, max: number): z.ZodNumber {
    const error = `a number over 0, up to ${max}`
    return z.number({ error }).gt(0, { error }).max(max, { error }).describe(description)
}

/** A field that holds a whole number from `min` to `max`. */
export function wholeField(description: string, min: number, max: number): z.ZodNumber {
    const error = `a whole number from ${min} to ${max}`
    return z.number({ error }).int({ error }).min(min, { error }).max(max, { error }).describe(description)
}

/** A field that holds a text of 1 to `lengthMax` characters. */
export function textField(description: string, lengthMax: number): z.ZodString {
    const error = `a text of 1 to ${lengthMax} characters`
    return z.string({ error }).min(1, { error }).max(lengthMax, { error }).describe(description)
}

/** A field that holds one of a few words. */
export function wordField<const Words extends readonly [string, ...string[]]>(description: string, words: Words) {
    return z.enum(words, { error: words.map(shown).join(" or ") }).describe(description)
}

/** The field by which an editor finds the JSON Schema of a file. */
export const editorSchemaField = z
    .string({ error: "a path or address" })
    .describe("Path of the JSON Schema, for editors.")
    .optional()

/**
 * Reads and checks a JSON file.
 * Throws InputError when it is missing, not JSON, or not what `schema` says.
 */
export function readInput<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> {
    let text: string
    try {
        text = readFileSync(file, "utf8")
    } catch (error) {
        const was = (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : `unreadable (${String(error)})`
        throw new InputError([{ file, field: "", was, mayBe: "the path of a JSON file" }])
    }
    return checkInput(file, parseJson(file, text), schema)
}

/** The value of a JSON text; throws InputError with line and column when it is not JSON. */
export function parseJson(file: string, text: string): unknown {
    const fault = jsonFault(text)
    if (!fault) return JSON.parse(text)
    const { line, column } = placeOf(text, fault.offset)
    const found = /^(?:[\w.+-]+|.)/.exec(text.slice(fault.offset))?.[0] ?? "the end of a line"
    const was = fault.offset < text.length ? found : "the end of the file"
    throw new InputError([
        {
            file,
            field: fieldName(fault.path),
            was: `not JSON at line ${line}, column ${column}: ${was}`,
            mayBe: `${fault.expected} there`,
        },
    ])
}

/** Checks a value that stands in `file`; throws InputError with everything that is wrong with it. */
export function checkInput<Schema extends z.ZodType>(file: string, value: unknown, schema: Schema): z.output<Schema> {
    const checked = schema.safeParse(value)
    if (checked.success) return checked.data
    throw new InputError(checked.error.issues.flatMap(issue => problemsOf(file, value, schema, issue)))
}

function problemsOf(file: string, input: unknown, schema: z.ZodType, issue: z.core.$ZodIssue): Problem[] {
    const value = at(input, issue.path)
    if (issue.code === "unrecognized_keys") {
        const known = fieldsAt(schema, issue.path, input)
        return issue.keys.map(key => ({
            file,
            field: fieldName([...issue.path, key]),
            was: `an unknown field (${shown(at(value, [key]))})`,
            mayBe: knownFieldFor(key, known),
        }))
    }
    let mayBe = issue.message
    if (issue.code === "invalid_type" && typeof value === "string" && issue.expected !== "string")
        mayBe += ", written without quotes"
    return [{ file, field: fieldName(issue.path), was: shown(value), mayBe }]
}

/** The path of a field as messages write it: `events[2].at`. */
export function fieldName(path: readonly PropertyKey[]): string {
    return path
        .map((key, i) => (typeof key === "number" ? `[${key}]` : i === 0 ? String(key) : `.${String(key)}`))
        .join("")
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
    return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value)
}

/** The fields that a schema knows at `path`; `input` tells the members of a union apart. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[], input: unknown): string[] {
    const inner = unwrapped(schema)
    if (inner instanceof z.ZodDiscriminatedUnion) {
        const kind = at(input, [inner.def.discriminator])
        const member = inner.options.find(
            option => fieldSchema(option, inner.def.discriminator)?.safeParse(kind).success,
        )
        return member ? fieldsAt(member as z.ZodType, path, input) : []
    }
    if (path.length === 0) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
    const next =
        inner instanceof z.ZodArray
            ? inner.element
            : inner instanceof z.ZodRecord
              ? inner.valueType
              : fieldSchema(inner, path[0])
    return next ? fieldsAt(next as z.ZodType, path.slice(1), at(input, path.slice(0, 1))) : []
}

function fieldSchema(schema: z.core.$ZodType, key: PropertyKey): z.ZodType | undefined {
    return schema instanceof z.ZodObject ? schema.shape[String(key)] : undefined
}

function unwrapped(schema: z.ZodType): z.ZodType {
    if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
        return unwrapped(schema.unwrap() as z.ZodType)
    // What is filled in before it is checked has the fields of what checks it.
    if (schema instanceof z.ZodPipe) return unwrapped(schema.out as z.ZodType)
    return schema
}

/** What an unknown field may have been meant to be: one that it begins, one with another unit, or one spelt nearly so. */
export function knownFieldFor(key: string, known: string[]): string {
    const lower = key.toLowerCase()
    const fields = known.filter(field => field !== "$schema")
    const withUnit = fields.find(field => field.toLowerCase().startsWith(lower) && lower.length >= 4)
    if (withUnit) return `"${withUnit}" (the unit is part of the name)`
    const near = fields
        .map(field => ({ field, edits: editDistance(lower, field.toLowerCase()) }))
        .filter(({ field, edits }) => edits <= Math.max(2, Math.floor(field.length / 5)))
        .sort((a, b) => a.edits - b.edits)[0]
    if (near) return `"${near.field}"`
    const sameStem = fields.find(field => sharedLength(lower, field.toLowerCase()) >= 8)
    if (sameStem) return `"${sameStem}" (the unit is part of the name)`
    return fields.length === 0 ? "left out" : `left out, or one of ${fields.join(", ")}`
}

function sharedLength(a: string, b: string): number {
    let length = 0
    while (length < a.length && a[length] === b[length]) length++
    return length
}

/** Levenshtein's distance: the fewest letters put in, taken out or replaced that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
    let row = Array.from({ length: b.length + 1 }, (_, j) => j)
    for (let i = 1; i <= a.length; i++) {
        const next = [i]
        for (let j = 1; j <= b.length; j++)
            next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)))
        row = next
    }
    return row[b.length]
}

// Writes an input as a person would and gives back the message by which it is refused.

import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { InputError } from "../sim/input"

/** A folder for the files of one test file. */
export function inputFolder(): string {
    return mkdtempSync(join(tmpdir(), "pump-input-"))
}

/** Writes `content`, a text as it is or a value as JSON, and returns the file's path. */
export function writeInput(folder: string, name: string, content: unknown): string {
    const file = join(folder, name)
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content))
    return file
}

/** The lines by which `load` refuses its input, without the folder's name; fails when it doesn't. */
export function refusalOf(folder: string, load: () => unknown): string[] {
    try {
        load()
    } catch (error) {
        if (!(error instanceof InputError)) throw error
        return error.message.replaceAll(`${folder}/`, "").split("\n")
    }
    throw new Error("the input was accepted")
}

/** A copy of `value` in which the field at `path` is `to`; left out when `to` is undefined. */
export function changed<Value>(value: Value, path: (string | number)[], to: unknown): Value {
    const copy = structuredClone(value)
    let inner = copy as Record<string | number, unknown>
    for (const key of path.slice(0, -1)) inner = inner[key] as Record<string | number, unknown>
    const last = path[path.length - 1]
    if (to === undefined) delete inner[last]
    else inner[last] = to
    return copy
}

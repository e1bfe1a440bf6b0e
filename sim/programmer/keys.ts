// The keys of the pumps that this programmer is paired with: a file each, which its owner alone can read. A key is never printed.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { KEY_SIZE } from "../../src/service/seal"
import { InputError } from "../input"

/** Where keys are kept unless somebody says otherwise. Source: XDG Base Directory Specification. */
export function defaultKeyFolder(): string {
    return join(process.env.XDG_CONFIG_HOME || join(homedir(), ".config"), "intrathecal-pump", "keys")
}

/** The key of a pump; undefined where this programmer has none. Throws InputError where the file holds something else. */
export function loadKey(folder: string, pumpId: string): Buffer | undefined {
    const file = keyFile(folder, pumpId)
    let text: string
    try {
        text = readFileSync(file, "utf8").trim()
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
        throw new InputError([
            { file, field: "", was: `unreadable (${(error as Error).message})`, mayBe: "a key file" },
        ])
    }
    const digits = 2 * KEY_SIZE
    if (!new RegExp(`^[0-9a-f]{${digits}}$`).test(text))
        throw new InputError([{ file, field: "", was: "something else", mayBe: `a key: ${digits} hexadecimal digits` }])
    return Buffer.from(text, "hex")
}

/** Keeps the key of a pump in place of any former one; returns the file. */
export function saveKey(folder: string, pumpId: string, key: Buffer): string {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = keyFile(folder, pumpId)
    writeFileSync(file, `${key.toString("hex")}\n`, { mode: 0o600 })
    // The mode of a file that was there before is not changed by writing it.
    chmodSync(file, 0o600)
    return file
}

function keyFile(folder: string, pumpId: string): string {
    return join(folder, `${pumpId}.key`)
}

// Where the compiled firmware is, and how it is compiled.

import { execFile } from "node:child_process"
import { cpSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** The entries of `src/`, each a firmware of its own. */
export const ENTRIES = ["mainSimulator", "mainPico", "mainEsp32C3"] as const
export type Entry = (typeof ENTRIES)[number]

/** The project's root. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url))

/** The bytecode of an entry, once built. */
export function firmwareFile(entry: Entry): string {
    return `${ROOT}.devicescript/firmware/${entry}/bytecode.devs`
}

/** The specification of the project's own Jacdac services, written by each build. */
export function servicesFile(): string {
    return `${ROOT}.devicescript/services.json`
}

/** Compiles an entry. Throws with what the compiler said when it refuses. */
export async function buildFirmware(entry: Entry, flags: string[] = []): Promise<void> {
    try {
        await promisify(execFile)("npx", ["--no-install", "devs", "build", ...flags, `src/${entry}.ts`], { cwd: ROOT })
    } catch (error) {
        const { stdout, stderr } = error as { stdout?: string; stderr?: string }
        throw new Error(`src/${entry}.ts does not compile:\n${stdout ?? ""}${stderr ?? ""}`)
    }
    // The compiler knows only one place to write to.
    cpSync(`${ROOT}.devicescript/bin`, dirname(firmwareFile(entry)), { recursive: true })
}

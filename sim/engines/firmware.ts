// Where the compiled firmware is, and how it is compiled.

import { execFile } from "node:child_process"
import { cpSync, existsSync, readdirSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** The entries that compile to a firmware: the pump's own, and those that only tests and measurements run. */
export const ENTRIES = {
    mainSimulator: "src/mainSimulator.ts",
    mainPico: "src/mainPico.ts",
    mainEsp32C3: "src/mainEsp32C3.ts",
    mainPicoFixture: "src/mainPicoFixture.ts",
    mainEsp32C3Fixture: "src/mainEsp32C3Fixture.ts",
    mainArithmetic: "test/device/mainArithmetic.ts",
    mainCosts: "test/device/mainCosts.ts",
} as const
export type Entry = keyof typeof ENTRIES

/** The project's root. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url))

// What a firmware is made from.
const SOURCES = ["src", "boards", "services", "test/device", "package-lock.json", "devsconfig.json"]

/** The bytecode of an entry, once built. */
export function firmwareFile(entry: Entry): string {
    return `${ROOT}.devicescript/firmware/${entry}/bytecode.devs`
}

/** The specification of the project's own Jacdac services, written by each build. */
export function servicesFile(): string {
    return `${ROOT}.devicescript/services.json`
}

/** True when the firmware of an entry is there and no older than anything it is made from. */
export function firmwareIsCurrent(entry: Entry): boolean {
    const file = firmwareFile(entry)
    return existsSync(file) && statSync(file).mtimeMs >= Math.max(...SOURCES.map(source => newestMs(ROOT + source)))
}

/**
 * Compiles an entry. Throws with what the compiler said when it refuses.
 * @param flags compiler flags, such as `-F allFunctions`, which compiles what no entry calls too
 */
export async function buildFirmware(entry: Entry, flags: string[] = []): Promise<void> {
    try {
        await promisify(execFile)("npx", ["--no-install", "devs", "build", ...flags, ENTRIES[entry]], { cwd: ROOT })
    } catch (error) {
        const { stdout, stderr } = error as { stdout?: string; stderr?: string }
        throw new Error(`${ENTRIES[entry]} does not compile:\n${stdout ?? ""}${stderr ?? ""}`)
    }
    // The compiler knows only one place to write to.
    cpSync(`${ROOT}.devicescript/bin`, dirname(firmwareFile(entry)), { recursive: true })
}

function newestMs(path: string): number {
    const status = statSync(path)
    if (!status.isDirectory()) return status.mtimeMs
    return Math.max(status.mtimeMs, ...readdirSync(path).map(name => newestMs(`${path}/${name}`)))
}

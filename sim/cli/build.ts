// `npm run build`: compiles every entry to its firmware.

import { statSync } from "node:fs"
import { Command } from "commander"
import { buildFirmware, ENTRIES, type Entry, firmwareFile } from "../engines/firmware"

const program = new Command("npm run build --")
    .description("Compiles the firmware: for each board, for the simulator, and what tests and measurements run.")
    .argument("[entries...]", `which of ${Object.keys(ENTRIES).join(", ")} (default: all)`)
    .option("--strict", "compile every function first, also those that no entry calls")
    .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()

/** What the machine says of a program whose functions do not all fit into 64 kB. */
const TOO_LARGE = "verification error: -1051"

/** Finds code that the compiler refuses and no entry calls yet. All functions together may be too large: that is no error here. */
async function compileEveryFunction(entry: Entry): Promise<void> {
    try {
        await buildFirmware(entry, ["-F", "allFunctions"])
    } catch (error) {
        const errors = (error as Error).message.split("\n").filter(line => / - .*error/.test(line))
        if (!(errors.length === 1 && errors[0].includes(TOO_LARGE))) throw error
    }
}

const strict: boolean = program.opts().strict === true
const entries = program.args.length > 0 ? program.args : Object.keys(ENTRIES)
for (const entry of entries) {
    if (!(entry in ENTRIES)) {
        process.stderr.write(`entry: was "${entry}", may be ${Object.keys(ENTRIES).join(", ")}\n`)
        process.exit(2)
    }
}
try {
    for (const entry of entries as Entry[]) {
        // The fixtures are made of what the others are made of.
        if (strict && !entry.endsWith("Fixture")) await compileEveryFunction(entry)
        await buildFirmware(entry)
        process.stdout.write(`${ENTRIES[entry].padEnd(32)} ${statSync(firmwareFile(entry)).size} bytes of bytecode\n`)
    }
} catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
}

// `npm run flash`: puts runtime, firmware, prescription and calibration on a board in one go, or only builds them.
// Everything that can be wrong with the request is found before anything is built.

import { copyFileSync, existsSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { Command } from "commander"
import { optionError, runCommand, wordOption } from "../sim/cli/command"
import { InputError } from "../sim/input"
import { loadPrescription } from "../sim/prescription/compile"
import { encodeMechanism, loadMechanism, refusedFlow } from "../sim/prescription/mechanism"
import { drawFlashId, flashIdSetting, type Setting, settingsOf } from "../sim/prescription/records"
import { BOARDS, isRuntimeFor, Workspace } from "./workspace"

const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), "..")

interface FlashOptions {
    board: string
    prescription?: string
    mechanism: string
    runtime?: string
    output?: string
    once: boolean
    dryRun: boolean
}

/** What the pump starts from; only the calibration while no prescription is given. Throws InputError. */
function settingsFor(options: FlashOptions): Setting[] {
    if (options.prescription === undefined && !options.dryRun)
        throw new InputError([
            {
                file: "command line",
                field: "--prescription",
                was: "missing",
                mayBe: "the path of a prescription file",
            },
        ])
    const mechanism = loadMechanism(options.mechanism)
    const mechanismBytes = encodeMechanism(mechanism)
    if (options.prescription === undefined)
        return settingsOf(new Uint8Array(), mechanismBytes, new Uint8Array()).filter(setting =>
            setting.key.startsWith("me"),
        )
    const { programme, bytes, limitsBytes } = loadPrescription(options.prescription)
    const refused = refusedFlow(programme, mechanism)
    if (refused) throw new InputError([{ file: "command line", field: "--mechanism", ...refused }])
    return settingsOf(bytes, mechanismBytes, limitsBytes)
}

/** Checks the files that are named on the command line. Throws InputError. */
function checkFiles(options: FlashOptions): void {
    const board = BOARDS[options.board]
    if (options.runtime !== undefined) {
        if (!existsSync(options.runtime) || !statSync(options.runtime).isFile())
            throw optionError("--runtime", options.runtime, "the path of a DeviceScript runtime image")
        if (!isRuntimeFor(board, options.runtime))
            throw optionError("--runtime", options.runtime, `a runtime image for this board: ${board.runtimeUrl}`)
    }
    if (options.output !== undefined && !existsSync(dirname(resolve(options.output))))
        throw optionError("--output", options.output, "a file in a folder that exists")
}

async function run(options: FlashOptions): Promise<boolean> {
    const board = BOARDS[wordOption("--board", options.board, Object.keys(BOARDS))]
    checkFiles(options)
    const settings = [...settingsFor(options), flashIdSetting(drawFlashId())]
    return Workspace.with(PROJECT, board, settings, async workspace => {
        process.stderr.write(`Building ${board.entry}\n`)
        const size = await workspace.build()
        if (size === undefined) return false
        process.stdout.write(`${board.entry}: ${size} bytes of bytecode, ${settings.length} settings\n`)
        if (options.dryRun) {
            process.stdout.write("Dry run: nothing was written to any board.\n")
            return true
        }
        const bundled = await workspace.bundle(options.runtime)
        if ("failure" in bundled) {
            process.stderr.write(
                bundled.failure === "download"
                    ? `The DeviceScript runtime image could not be downloaded. Needed is\n  ${board.runtimeUrl}\nFetch it where there is a network and give it with --runtime FILE. Nothing was written to any board.\n`
                    : "The image could not be made. Nothing was written to any board.\n",
            )
            return false
        }
        if (options.output !== undefined) {
            copyFileSync(bundled.image, options.output)
            process.stdout.write(`${options.output}: runtime, firmware and settings for ${board.id}\n`)
            return true
        }
        return workspace.flash(bundled.image, options.once)
    })
}

const command = new Command("npm run flash --")
    .description(
        "Builds the firmware for a board and flashes it with its runtime, a prescription and the calibration of its\nmechanism. What the pump starts from is replaced; it then takes its reservoir for full. Bench and research pump: not for patients.",
    )
    .requiredOption("--board <board>", `what to flash: ${Object.keys(BOARDS).join(" or ")}`)
    .option("--prescription <file>", "prescription to start from; those that come along are in sim/prescriptions/")
    .option(
        "--mechanism <file>",
        "calibration of the mechanism",
        join(PROJECT, "boards", "syringe-20ml.mechanism.json"),
    )
    .option("--runtime <file>", "DeviceScript runtime image to use instead of downloading it")
    .option("--output <file>", "write the image to a file instead of a board")
    .option("--once", "fail when no board is plugged in, instead of waiting for one", false)
    .option("--dry-run", "build only; needs no network, no board and no prescription", false)
    .addHelpText(
        "after",
        `
Exit code
  0     done
  1     it could not be built, fetched or written
  2     the input was wrong; nothing was written

Examples
  npm run flash -- --board pico --dry-run
  npm run flash -- --board pico --prescription sim/prescriptions/continuous-100.json
  npm run flash -- --board esp32c3 --prescription sim/prescriptions/night-rise-312.json --runtime runtime.bin`,
    )
    .action(async (options: FlashOptions) => {
        if (!(await run(options))) process.exitCode = 1
    })

await runCommand(command)

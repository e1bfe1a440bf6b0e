// What all commands have in common: how options are read, and which exit code stands for what.
// 0: done. 1: it ran, and something did not hold. 2: the input was wrong, and nothing was written.

import { accessSync, constants, statSync } from "node:fs"
import { dirname } from "node:path"
import { type Command, CommanderError } from "commander"
import { InputError, type Problem, shown } from "../input"

/** The exit code for an input that cannot be used. */
export const EXIT_INPUT = 2

/** An error in a value given on the command line. */
export function optionError(option: string, was: string, mayBe: string): InputError {
    return new InputError([{ file: "command line", field: option, was: shown(was), mayBe }])
}

/** Reads a whole number given to an option; throws InputError. */
export function wholeOption(option: string, text: string, min: number, max: number): number {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw optionError(option, text, `a whole number from ${min} to ${max}`)
    return value
}

/** Reads a word given to an option; throws InputError. */
export function wordOption<const Words extends readonly string[]>(
    option: string,
    text: string,
    words: Words,
): Words[number] {
    if (!words.includes(text)) throw optionError(option, text, words.map(shown).join(" or "))
    return text
}

/** What is wrong with a file that is to be written, by the option that names it. */
export function problemsOfOutput(option: string, kind: string, file: string | undefined): Problem[] {
    if (file === undefined) return []
    const problem = (mayBe: string): Problem[] => [{ file: "command line", field: option, was: shown(file), mayBe }]
    const folder = dirname(file)
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
        return problem(`${kind} in a folder that exists (there is no folder ${shown(folder)})`)
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) return problem(`${kind}, not a folder`)
    try {
        accessSync(folder, constants.W_OK)
    } catch {
        return problem(`${kind} in a folder that can be written to`)
    }
    return []
}

/** Runs a command with the arguments of this process and sets the exit code; errors end as a message, never as a crash. */
export async function runCommand(command: Command): Promise<void> {
    command.exitOverride().showHelpAfterError("Add --help to see what may be given.")
    try {
        await command.parseAsync()
    } catch (error) {
        if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_INPUT
        else if (error instanceof InputError) {
            process.stderr.write(`${error.message}\n`)
            process.exitCode = EXIT_INPUT
        } else {
            process.stderr.write(`failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
            process.exitCode = 1
        }
    }
}

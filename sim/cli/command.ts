// What all commands have in common: how options are read, and which exit code stands for what.
// 0: done. 1: it ran, and something did not hold. 2: the input was wrong, and nothing was written.

import { type Command, CommanderError } from "commander"
import { InputError, shown } from "../input"

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

// `npm run log`: reads out the image of a pump's record memory, for people and for programs.

import { readFileSync, writeFileSync } from "node:fs"
import { Command } from "commander"
import { MEMORY_SIZE } from "../../src/pump/journal"
import { STEP_PL_MAX, STEP_PL_MIN } from "../../src/pump/limits"
import { InputError } from "../input"
import { isWhole, readOut } from "../journal/readOut"
import { damageText, logAsCsv, logAsJsonLines, logAsTable } from "../journal/show"
import { optionError, problemsOfOutput, runCommand, wholeOption } from "./command"

interface LogOptions {
    csv?: true
    jsonl?: true
    table?: true
    output?: string
    stepPicolitres?: string
}

const command = new Command("npm run log --")
    .description(
        "Reads out a pump's record memory: how the pump would go on from it, what happened to it, and what of it is damaged. Bench and research pump: not for patients.",
    )
    .argument("<image>", `what the memory holds, a file of ${MEMORY_SIZE} bytes`)
    .option("--table", "print a summary and the log for people (default)")
    .option("--csv", "print the log as CSV with column names")
    .option("--jsonl", "print the log as JSON Lines, one entry a line")
    .option("--output <file>", "write to this file instead of standard output")
    .option(
        "--step-picolitres <number>",
        `volume of a motor step, ${STEP_PL_MIN} to ${STEP_PL_MAX}, from calibration; with it the volumes take in the steps since the checkpoint`,
    )
    .addHelpText(
        "after",
        `
An image is what "npm run sim -- FILE --memory IMAGE" saves, or what an I²C adapter reads of the chip: all of it, from
address 0 on. Both logs are shown as one, from the oldest entry to the newest; times are the pump's local time.

Exit code
  0     all of it was read
  1     some of it is damaged or missing; the rest was read, and what is damaged is told
  2     the input was wrong; nothing was written

Examples
  npm run sim -- sim/scenarios/occlusion.json --memory pump.bin
  npm run log -- pump.bin
  npm run --silent log -- pump.bin --jsonl > log.jsonl
  npm run log -- pump.bin --csv --output log.csv`,
    )
    .action((file: string, options: LogOptions) => {
        const formats = (["table", "csv", "jsonl"] as const).filter(format => options[format])
        if (formats.length > 1)
            throw optionError(`--${formats[1]}`, `with --${formats[0]}`, "given alone: one format at a time")
        const stepPl =
            options.stepPicolitres === undefined
                ? undefined
                : wholeOption("--step-picolitres", options.stepPicolitres, STEP_PL_MIN, STEP_PL_MAX)
        const problems = problemsOfOutput("--output", "a file", options.output)
        if (problems.length > 0) throw new InputError(problems)
        const read = readOut(readImage(file), stepPl)
        const [format = "table"] = formats
        const text = format === "csv" ? logAsCsv(read) : format === "jsonl" ? logAsJsonLines(read) : logAsTable(read)
        if (options.output === undefined) process.stdout.write(text)
        else writeFileSync(options.output, text)
        if (isWhole(read)) return
        process.exitCode = 1
        if (format !== "table" || options.output !== undefined)
            process.stderr.write(`${file}: damaged or missing: ${damageText(read)}\n`)
    })

/** The bytes of an image; throws InputError where it is none. */
function readImage(file: string): Uint8Array {
    const mayBe = `the image of a record memory, ${MEMORY_SIZE} bytes`
    let bytes: Uint8Array
    try {
        bytes = readFileSync(file)
    } catch (error) {
        const was = (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : `unreadable (${String(error)})`
        throw new InputError([{ file, field: "", was, mayBe }])
    }
    if (bytes.length !== MEMORY_SIZE) throw new InputError([{ file, field: "", was: `${bytes.length} bytes`, mayBe }])
    return bytes
}

await runCommand(command)

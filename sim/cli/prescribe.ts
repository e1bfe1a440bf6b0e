// `npm run prescribe`: shows what a prescription compiles to, in the clinic's terms and beside another one, before any pump has it; writes
// the programme's exact bytes, and reads them back.

import { readFileSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { Command } from "commander"
import { readUint } from "../../src/pump/bytes"
import { PROGRAMME_MAGIC } from "../../src/pump/programme"
import { InputError } from "../input"
import { type CompiledPrescription, loadPrescription } from "../prescription/compile"
import { decompileProgramme, readProgramme } from "../prescription/decompile"
import { drugNamed, shippedDrugs } from "../prescription/drugLibrary"
import type { Prescription } from "../prescription/schema"
import { softLimitWords } from "../prescription/softLimits"
import { type Compared, compareProgrammes, comparisonTable } from "../report/compare"
import { cautionsOf, formatDose, limitsReadBack, therapyReadBack, therapyRows } from "../report/readBack"
import { aligned } from "../report/summary"
import { doseUg, formatMl, PL_PER_ML } from "../report/units"
import { wallMsOf } from "../scenario/time"
import { optionError, problemsOfOutput, runCommand } from "./command"

interface PrescribeOptions {
    old?: string
    from?: string
    bytes?: string
    prescription?: string
    drug?: string
    filled?: string
    json?: true
}

/** What is shown: a programme with its drug, and what is known of the prescription that it stands for. */
interface Shown extends Compared {
    prescription: Prescription | undefined
    bytes: Uint8Array
}

const DEFAULT_DRUG = "baclofen"

const command = new Command("npm run prescribe --")
    .description(
        "Compiles a prescription and reads it back from the bytes that the pump would get, beside the old one where there is one. Bench and research pump: not for patients.",
    )
    .argument("[file]", "the prescription, a JSON file")
    .option("--old <file>", "the old one, to compare with: a prescription, or the bytes of a programme")
    .option("--bytes <file>", "write the programme's bytes to this file")
    .option("--from <file>", "read the bytes of a programme instead of a prescription")
    .option("--prescription <file>", "with --from: write the prescription that compiles to these bytes")
    .option("--drug <name>", `the drug of bytes, which do not hold it (default: "${DEFAULT_DRUG}")`)
    .option(
        "--filled <date>",
        "the day on which the reservoir is filled, such as 2026-11-23, for the date of the refill",
    )
    .option("--json", "print one JSON object")
    .addHelpText(
        "after",
        `
What is shown is read from the bytes and not from the file. The pump takes them only from a programmer, after a second
deliberate act; nothing here reaches a pump.

Exit code
  0     it was shown
  2     the input was wrong, or no pump would take it; nothing was written

Examples
  npm run prescribe -- sim/prescriptions/patient-dose.json
  npm run prescribe -- sim/prescriptions/concentration-2000.json --old sim/prescriptions/concentration-500.json
  npm run prescribe -- sim/prescriptions/patient-dose.json --bytes programme.bin
  npm run prescribe -- --from programme.bin --prescription again.json
  npm run --silent prescribe -- sim/prescriptions/patient-dose.json --json > patient-dose.read-back.json`,
    )
    .action((file: string | undefined, options: PrescribeOptions) => {
        const { from, bytes, prescription, filled } = options
        if ((file === undefined) === (from === undefined))
            throw optionError(
                "--from",
                from ?? "missing, and no prescription either",
                "given in place of a prescription, one of the two",
            )
        if (prescription !== undefined && from === undefined)
            throw optionError("--prescription", prescription, "given with --from: a prescription is there already")
        if (filled !== undefined && wallMsOf(`${filled}T00:00:00`) === undefined)
            throw optionError("--filled", filled, 'a date such as "2026-11-23", from 2000-01-03 to the end of 2099')
        const problems = [
            ...problemsOfOutput("--bytes", "a file", bytes),
            ...problemsOfOutput("--prescription", "a JSON file", prescription),
        ]
        if (problems.length > 0) throw new InputError(problems)

        const drug = options.drug ?? DEFAULT_DRUG
        const held = file === undefined ? ofBytes(from ?? "", drug) : ofPrescription(loadPrescription(file))
        const old = options.old === undefined ? undefined : ofEither(options.old, drug)
        if (from !== undefined && prescription !== undefined) {
            const name = `Read back from ${basename(from)}`.slice(0, 80)
            held.prescription = decompileProgramme(held.programme, from, { name, drug })
        }
        const text = options.json ? jsonOf(held, old, filled) : textOf(held, old, filled)
        if (bytes !== undefined) writeFileSync(bytes, held.bytes)
        if (prescription !== undefined)
            writeFileSync(prescription, `${JSON.stringify(held.prescription, undefined, 4)}\n`)
        process.stdout.write(text)
        const told = options.json ? process.stderr : process.stdout
        if (bytes !== undefined) told.write(`\nBytes:        ${bytes}\n`)
        if (prescription !== undefined) told.write(`\nPrescription: ${prescription}\n`)
    })

function ofPrescription({ prescription, drug, programme, bytes, limits }: CompiledPrescription): Shown {
    return { prescription, drug, name: prescription.name, programme, bytes, limits }
}

function ofBytes(file: string, drug: string): Shown {
    const bytes = bytesOf(file)
    const programme = readProgramme(bytes, file)
    return {
        prescription: undefined,
        drug: drugNamed(shippedDrugs(), drug, "command line", "--drug"),
        programme,
        bytes,
    }
}

/** The old one, of which nobody says whether it is a prescription or the bytes of one: those begin with a mark of their own. */
function ofEither(file: string, drug: string): Shown {
    const bytes = bytesOf(file)
    const marked = bytes.length >= 2 && readUint(bytes, 0, 2) === PROGRAMME_MAGIC
    return marked ? ofBytes(file, drug) : ofPrescription(loadPrescription(file))
}

/** The contents of a file; throws InputError where it can't be read. */
function bytesOf(file: string): Uint8Array {
    try {
        return readFileSync(file)
    } catch (error) {
        const was = (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : `unreadable (${String(error)})`
        throw new InputError([{ file, field: "", was, mayBe: "the path of a file" }])
    }
}

function textOf(held: Shown, old: Shown | undefined, filled: string | undefined): string {
    const { programme, drug, limits, prescription, name } = held
    const therapy = therapyReadBack(programme, filled)
    const [concentration, ...rows] = therapyRows(therapy)
    const facts: string[][] = [
        ...(name === undefined ? [] : [["Prescription", name]]),
        ["Drug", `${drug.name}, ${concentration[1]}`],
        ...rows,
        ...(limits
            ? limitsReadBack(limits, programme.concentrationNgPerMl, prescription?.limits).map((text, i) => [
                  i === 0 ? "Limits" : "",
                  text,
              ])
            : []),
        ...cautionsOf(programme, drug).map(caution => ["Caution", caution]),
        ["Programme", `${held.bytes.length} bytes`],
    ]
    const lines = ["Bench and research pump. Not for patients.", "", ...aligned(facts), ""]
    for (const day of therapy.schedule) {
        lines.push(`${day.days.charAt(0).toUpperCase()}${day.days.slice(1)}: ${formatDose(day.ugPerDay)} µg in 24 h`)
        const segments = day.segments.map(({ from, to, ug, ugPerHour, ratePlPerDay }) => [
            `    ${from} to ${to}`,
            `${formatDose(ug)} µg`,
            `${formatDose(ugPerHour)} µg/h`,
            `${formatMl(ratePlPerDay)} mL/day`,
        ])
        lines.push(...aligned(segments))
    }
    if (old) {
        const colour = process.stdout.isTTY === true && !process.env.NO_COLOR
        lines.push("", comparisonTable(compareProgrammes(old, held), colour))
    }
    return `${lines.join("\n")}\n`
}

function jsonOf(held: Shown, old: Shown | undefined, filled: string | undefined): string {
    const { programme, drug, limits, bytes, prescription } = held
    const object = {
        prescription,
        drug: drug.name,
        readBack: therapyReadBack(programme, filled),
        limits: limits && {
            microgramsPerHour: doseUg(limits.hourPlMax, programme.concentrationNgPerMl),
            microgramsPerDay: doseUg(limits.dayPlMax, programme.concentrationNgPerMl),
            primeMl: limits.primePlMax / PL_PER_ML,
        },
        softLimits: softLimitWords(drug, programme.softLimits),
        cautions: cautionsOf(programme, drug),
        comparison: old && compareProgrammes(old, held),
        bytesHex: Buffer.from(bytes).toString("hex"),
    }
    return `${JSON.stringify(object)}\n`
}

await runCommand(command)

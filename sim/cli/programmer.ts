// `npm run programmer`: the clinician's programmer on the command line, for a simulated pump and a board alike.

import { writeFileSync } from "node:fs"
import { createInterface } from "node:readline/promises"
import { setTimeout as delay } from "node:timers/promises"
import { Command } from "commander"
import { decodeLimits } from "../../src/pump/guard"
import { MS_PER_SECOND, PRIME_PL_MAX, PRIME_RATE_PL_PER_DAY_MAX, RESERVOIR_PL_MAX } from "../../src/pump/limits"
import { CommandKind } from "../../src/pump/readings"
import { PORT_FORMS, portKind } from "../board/ways"
import { ToolsError } from "../engines/toolsBus"
import { InputError, shown } from "../input"
import { isWhole, readOut } from "../journal/readOut"
import { damageText, logAsCsv, logAsJsonLines, logAsTable } from "../journal/show"
import { adviceAsText, advise, RESPONSES } from "../prescription/advise"
import { type CompiledPrescription, loadPrescription } from "../prescription/compile"
import { readProgramme } from "../prescription/decompile"
import { drugNamed, shippedDrugs } from "../prescription/drugLibrary"
import type { CommandFigures, ProgrammeReading } from "../programmer/acts"
import { NoAnswerError, type PumpClient, RefusedError } from "../programmer/client"
import { amountOption, amountOrNone, bolusFigures, nanolitres } from "../programmer/figures"
import { defaultKeyFolder, saveKey } from "../programmer/keys"
import { type VisitOptions, visitPump } from "../programmer/session"
import { alarmText, type PumpStatus, statusLines } from "../programmer/status"
import { compareProgrammes, comparisonTable } from "../report/compare"
import { aligned } from "../report/summary"
import { doseUg, formatMl, formatUg, PL_PER_ML } from "../report/units"
import { WALL_EPOCH_MS, wallMsOf } from "../scenario/time"
import { optionError, problemsOfOutput, runCommand } from "./command"
import { type CourseOptions, courseOf } from "./course"

const DEFAULT_BUS = "ws://127.0.0.1:8091"
const RESERVOIR_ML_MAX = RESERVOIR_PL_MAX / PL_PER_ML

interface Common extends VisitOptions {
    json?: true
    yes?: true
}

const program = new Command("npm run programmer --")
    .description(
        "The clinician's programmer: reads a pump on a Jacdac bus and, once paired with it, changes what it does. Bench and research pump: not for patients.",
    )
    .option("--bus <address>", "where the pump is reached: a bus, or the port of a board", DEFAULT_BUS)
    .option("--pump <id>", "which pump, where several are on the bus")
    .option("--keys <folder>", "where the keys of the pumps are kept", defaultKeyFolder())
    .option("--json", "print JSON")
    .option("--yes", "do it without asking; for programs that have asked a person themselves")
    .addHelpText(
        "after",
        `
The bus: npm run live serves that of a simulated pump at ${DEFAULT_BUS} and at tcp://127.0.0.1:8092. A board on USB is reached at its
serial port, such as /dev/ttyACM0 or COM3, or at that port's bytes over TCP, such as socket://host:4000. "npx devs devtools" serves
the bus of a board and of DeviceScript's simulated device at ws://127.0.0.1:8081.

Reading is open to everybody on the bus, until "reads paired". What changes anything takes the pump's key, which pairing gives to whoever can
press the pump's button; it is kept in a file of its own and never shown.

Exit code
  0     done
  1     the pump refused, gave no answer, or is not there; what was not answered may have been done: look at the status
  2     the input was wrong, or a person said no; nothing was done

Examples
  npm run programmer -- status
  npm run programmer -- --bus /dev/ttyACM0 status
  npm run programmer -- pair
  npm run programmer -- program sim/prescriptions/night-rise-312.json
  npm run programmer -- bolus --micrograms 20 --over 10
  npm run programmer -- log --csv --output log.csv`,
    )

function common(): Common {
    const options = program.opts<Common>()
    const kind = portKind(options.bus)
    if (!kind || (kind === "bus" && new URL(options.bus).protocol === "tcp:" && new URL(options.bus).port === ""))
        throw optionError("--bus", options.bus, PORT_FORMS)
    return options
}

/** Runs a visit; what the pump or the bus says against it ends with exit code 1. */
async function visit(act: (client: PumpClient, options: Common) => Promise<void>): Promise<void> {
    const options = common()
    try {
        await visitPump(options, client => act(client, options))
    } catch (error) {
        if (!(error instanceof ToolsError || error instanceof NoAnswerError || error instanceof RefusedError))
            throw error
        process.stderr.write(`${error.message}\n`)
        process.exitCode = 1
    }
}

function print(lines: string | string[]): void {
    process.stdout.write(`${[lines].flat().join("\n")}\n`)
}

function printJson(value: unknown): void {
    print(JSON.stringify(value))
}

/** Tells that it is done, or prints it as JSON. */
function done(options: Common, what: string, facts: Record<string, unknown> = {}): void {
    if (options.json) printJson({ done: what, ...facts })
    else print(what)
}

function askForPress(): void {
    process.stderr.write("Press the pump's button shortly, within 30 seconds (npm run live: type acknowledge).\n")
}

/** Asks a person; throws InputError where the answer is not yes. */
async function agree(options: Common, lines: string[]): Promise<void> {
    if (options.yes) return
    const told = options.json ? process.stderr : process.stdout
    told.write(`${lines.join("\n")}\n`)
    const terminal = createInterface({ input: process.stdin, output: told })
    const ended = new Promise<string>(resolve => terminal.once("close", () => resolve("")))
    const answer = await Promise.race([terminal.question('Type "yes" to do it: '), ended])
    terminal.close()
    if (answer.trim().toLowerCase() !== "yes")
        throw new InputError([
            { file: "answer", field: "", was: shown(answer.trim()), mayBe: '"yes"; nothing was done' },
        ])
}

program
    .command("status")
    .description("how the pump stands")
    .option("--watch", "again every two seconds, until Ctrl-C")
    .action(async ({ watch }: { watch?: true }) => {
        let watching = watch === true
        process.once("SIGINT", () => {
            if (!watching) process.exit(130)
            watching = false
        })
        await visit(async (client, options) => {
            do {
                const status = await client.status()
                if (options.json) printJson({ pump: client.pumpId, ...status })
                else
                    print([
                        ...(watch && process.stdout.isTTY ? ["\x1b[H\x1b[2J"] : []),
                        ...statusLines(client.pumpId, status),
                    ])
                for (let waited = 0; watching && waited < 2_000; waited += 100) await delay(100)
            } while (watching)
        })
    })

program
    .command("alarms")
    .description("the alarms that stand, the most urgent first, each with its reason")
    .action(() =>
        visit(async (client, options) => {
            const { alarms } = await client.status()
            if (options.json) printJson(alarms)
            else print(alarms.length === 0 ? "none" : alarms.map(alarmText))
        }),
    )

program
    .command("pair")
    .description("pair with the pump: a person has to press its button within 30 seconds")
    .action(() =>
        visit(async (client, options) => {
            const key = await client.pair(() => {
                askForPress()
                process.stderr.write("Pair over a cable that nobody else is on: the key is told once.\n")
            })
            const file = saveKey(options.keys, client.pumpId, key)
            done(options, `paired with ${client.pumpId}; the key is in ${file}`, { pump: client.pumpId, file })
        }),
    )

program
    .command("program <prescription>")
    .description(
        "propose another programme, show the pump's reading of it beside the one that runs, and have it confirmed",
    )
    .option(
        "--refill-ml <number>",
        "with it the reservoir was filled and now holds so much; needed for another strength",
    )
    .option("--residual-ml <number>", "with --refill-ml: what was drawn out before")
    .option("--line-changed", "with --refill-ml: tubing or catheter are new and hold no drug")
    .action(async (file: string, given: RefillGiven & { refillMl?: string }) => {
        const compiled = loadPrescription(file)
        if (given.refillMl === undefined && (given.residualMl !== undefined || given.lineChanged))
            throw optionError(given.lineChanged ? "--line-changed" : "--residual-ml", "given", "given with --refill-ml")
        const figures: CommandFigures =
            given.refillMl === undefined ? {} : refillFigures("--refill-ml", given.refillMl, given)
        await visit(async (client, options) => {
            client.requireKey()
            const before = await client.programme()
            const reading = await client.propose(compiled.bytes)
            checkReading(compiled, reading)
            const lines = readingLines(reading)
            if (before.length > 0) {
                const old = { programme: readProgramme(before, "the pump's programme"), drug: compiled.drug }
                const colour = process.stdout.isTTY === true && !process.env.NO_COLOR
                const next = { programme: compiled.programme, drug: compiled.drug, name: compiled.prescription.name }
                lines.push("", comparisonTable(compareProgrammes(old, next), colour))
            }
            if (figures.volumeNl !== undefined) lines.push("", `The reservoir now holds ${figures.volumeNl / 1e6} mL.`)
            await agree(options, lines)
            await client.confirm(reading, figures)
            done(options, `${compiled.prescription.name} runs from now on`, { checksum: reading.checksum })
        })
    })

program
    .command("bolus")
    .description("a clinician's bolus on top of the schedule")
    .option("--micrograms <number>", "its dose, by the strength of the drug in the pump")
    .option("--ml <number>", "or its volume")
    .requiredOption("--over <minutes>", "over how long")
    .action((given: { micrograms?: string; ml?: string; over: string }) =>
        visit(async (client, options) => {
            client.requireKey()
            const status = await client.status()
            const ngPerMl = strengthOf(status)
            const figures = bolusFigures(given, ngPerMl)
            const pl = figures.volumeNl * 1000
            const dose = `${formatUg(doseUg(pl, ngPerMl))} µg (${formatMl(pl)} mL)`
            await agree(options, [
                ...statusLines(client.pumpId, status),
                "",
                `Bolus of ${dose} over ${given.over} min, on top of the schedule.`,
            ])
            await client.command(CommandKind.Bolus, figures)
            done(options, `bolus of ${dose} begun`, figures)
        }),
    )

program
    .command("prime")
    .description("fill tubing and catheter with drug, fast")
    .requiredOption("--ml <number>", "volume")
    .option("--ml-per-hour <number>", "flow", "10")
    .action((given: { ml: string; mlPerHour: string }) => {
        const volumeNl = nanolitres(amountOption("--ml", given.ml, PRIME_PL_MAX / PL_PER_ML, "mL"))
        const most = PRIME_RATE_PL_PER_DAY_MAX / PL_PER_ML / 24
        const rateNlPerDay = nanolitres(amountOption("--ml-per-hour", given.mlPerHour, most, "mL/h") * 24)
        return change(CommandKind.Prime, { volumeNl, rateNlPerDay }, "prime begun", [
            `Prime of ${given.ml} mL at ${given.mlPerHour} mL/h. What goes past a line that is full is a dose.`,
        ])
    })

interface RefillGiven {
    residualMl?: string
    lineChanged?: true
}

program
    .command("refill")
    .description("tell the pump of a refill: --begin before anything is drawn out, then what it holds")
    .option("--begin", "a refill begins: the account stands still for the comparison with what is drawn out")
    .option("--ml <number>", "the reservoir was filled and now holds so much")
    .option("--residual-ml <number>", "what was drawn out before")
    .option("--line-changed", "tubing or catheter are new and hold no drug")
    .action((given: RefillGiven & { begin?: true; ml?: string }) => {
        if ((given.begin === true) === (given.ml !== undefined))
            throw optionError("--begin", given.begin ? "given with --ml" : "missing, and --ml too", "one of the two")
        if (given.begin) return change(CommandKind.RefillBegin, {}, "refill begun", ["A refill begins."])
        const figures = refillFigures("--ml", given.ml ?? "", given)
        const residual = given.residualMl === undefined ? "not measured" : `${given.residualMl} mL`
        const line = given.lineChanged ? " The line is new and holds no drug." : ""
        return change(CommandKind.Refill, figures, "refilled", [
            `The reservoir now holds ${given.ml} mL of the drug that was in it; drawn out before: ${residual}.${line}`,
        ])
    })

program
    .command("limits <prescription>")
    .description("give the guard the limits that this prescription names; a person has to press the pump's button")
    .action(async (file: string) => {
        const { limitsBytes, prescription } = loadPrescription(file)
        await visit(async (client, options) => {
            client.requireKey()
            const { limits } = await client.status()
            const next = decodeLimits(limitsBytes)
            if (typeof next === "string") throw new Error(next)
            const row = (of: string, was: number | undefined, is: number) =>
                `${of.padEnd(12)}${was === undefined ? "unknown" : `${formatMl(was)} mL`} → ${formatMl(is)} mL`
            await agree(options, [
                `The guard lets pass from now on, by ${prescription.name}:`,
                row("in an hour", limits?.hourPlMax, next.hourPlMax),
                row("in a day", limits?.dayPlMax, next.dayPlMax),
                row("in a prime", limits?.primePlMax, next.primePlMax),
            ])
            await client.limits(limitsBytes, askForPress)
            done(options, "the guard has other limits from now on", { ...next })
        })
    })

program
    .command("reads <who>")
    .description("who may read the pump: paired for the paired programmer alone, or open for everybody on the bus")
    .action((who: string) => {
        if (who !== "paired" && who !== "open") throw optionError("who", who, '"paired" or "open"')
        return visit(async (client, options) => {
            await client.restrict(who === "paired")
            done(options, who === "paired" ? "only the paired programmer may read" : "everybody on the bus may read")
        })
    })

program
    .command("clock")
    .description(
        "the pump's local time; or set it: the schedule follows an hour in a day, so no dose is lost or doubled",
    )
    .option("--set <time>", 'a local date and time such as "2026-03-29T03:00:00", or "now" for this computer\'s')
    .action((given: { set?: string }) => {
        if (given.set === undefined)
            return visit(async (client, options) => {
                const { localTime } = await client.status()
                if (options.json) printJson({ localTime })
                else print(localTime ?? "unknown")
            })
        const localMs = given.set === "now" ? localNowMs() : wallMsOf(given.set)
        if (localMs === undefined)
            throw optionError(
                "--set",
                given.set,
                '"now", or a date and time from 2000-01-03 on, such as "2026-03-29T03:00:00"',
            )
        const localS = Math.floor(localMs / MS_PER_SECOND)
        const text = new Date(WALL_EPOCH_MS + localMs).toISOString().slice(0, 19).replace("T", " ")
        return change(CommandKind.Clock, { localS }, `local time is ${text}`, [`Local time from now on: ${text}.`])
    })

program
    .command("log")
    .description("what happened to the pump, read out of its record memory")
    .option("--csv", "as CSV with column names")
    .option("--jsonl", "as JSON Lines")
    .option("--output <file>", "write to this file instead of standard output")
    .action(async (given: { csv?: true; jsonl?: true; output?: string }) => {
        const problems = problemsOfOutput("--output", "a file", given.output)
        if (problems.length > 0) throw new InputError(problems)
        await visit(async (client, options) => {
            const { SingleBar } = await import("cli-progress")
            const bar = new SingleBar({ format: "reading {bar} {value}/{total} bytes", stream: process.stderr })
            const shows = process.stderr.isTTY === true
            const image = await client.memory(bytes => {
                if (!shows) return
                if (bar.isActive) bar.update(bytes)
                else bar.start(32_768, bytes)
            })
            bar.stop()
            const read = readOut(image)
            const text = given.csv
                ? logAsCsv(read)
                : given.jsonl || options.json
                  ? logAsJsonLines(read)
                  : logAsTable(read)
            if (given.output === undefined) process.stdout.write(text)
            else writeFileSync(given.output, text)
            if (isWhole(read)) return
            process.stderr.write(`damaged or missing: ${damageText(read)}\n`)
            process.exitCode = 1
        })
    })

program
    .command("advise")
    .description(
        "the range that the drug's label gives for the next daily dose, from the one that runs; it chooses none",
    )
    .option("--drug <name>", "a drug of the library", "baclofen")
    .requiredOption("--origin <word>", "where what is treated comes from: spinal or cerebral")
    .requiredOption("--age <word>", "age: adult, adolescent or under12")
    .requiredOption("--response <words>", `how it does: ${RESPONSES.map(shown).join(", ")}`)
    .option("--hours <number>", "hours since the daily dose was begun or changed")
    .option("--at-refill", "the dose is settled and looked at in a refill, not being found")
    .action((given: CourseOptions & { drug: string }) =>
        visit(async (client, options) => {
            const { programme } = await client.status()
            if (!programme) throw new NoAnswerError("the pump has no programme, and so no daily dose")
            const drug = drugNamed(shippedDrugs(), given.drug, "command line", "--drug")
            const daily = doseUg(programme.meanPlPerDay, programme.concentrationNgPerMl)
            const advice = advise(
                drug,
                courseOf(drug, { ...given, dailyMicrograms: String(Math.round(daily * 1e6) / 1e6) }),
            )
            if (options.json) printJson({ dailyMicrograms: daily, ...advice })
            else print([`The pump gives ${formatUg(daily)} µg a day.`, "", adviceAsText(advice).trimEnd()])
        }),
    )

program
    .command("self-test")
    .description("arithmetic and logic of a pump that is stopped, as at power-on")
    .action(() =>
        visit(async (client, options) => {
            await client.selfTest()
            done(options, "self-test passed")
        }),
    )

const PLAIN: [name: string, kind: CommandKind, description: string, done: string][] = [
    ["start", CommandKind.Start, "start the pump; acknowledges what latched", "started"],
    ["stop", CommandKind.Stop, "stop the pump; it alarms after five minutes", "stopped"],
    ["minimum-rate", CommandKind.MinimumRate, "nothing but the lowest flow, until a start", "minimum rate runs"],
    ["dose", CommandKind.PatientDose, "the dose that the patient may ask for", "patient's dose begun"],
    ["cancel-bolus", CommandKind.CancelBolus, "end the bolus in progress, and one that waits", "bolus ended"],
    [
        "release",
        CommandKind.Release,
        "release the guard, or a pump restarted too often",
        "released; start the pump again",
    ],
]
for (const [name, kind, description, result] of PLAIN)
    program
        .command(name)
        .description(description)
        .action(() => change(kind, {}, result, [`${description.charAt(0).toUpperCase()}${description.slice(1)}.`]))

// What only answers an alarm is done without being asked again.
for (const [name, kind, description, result] of [
    ["acknowledge", CommandKind.Acknowledge, "somebody has seen the alarms", "acknowledged"],
    ["silence", CommandKind.Silence, "pause the sound of the alarms for two minutes", "sound paused"],
] as const)
    program
        .command(name)
        .description(description)
        .action(() =>
            visit(async (client, options) => {
                await client.command(kind)
                done(options, result)
            }),
        )

/** Shows how the pump stands and what is to be done, and does it once a person agrees. */
function change(kind: CommandKind, figures: CommandFigures, result: string, lines: string[]): Promise<void> {
    return visit(async (client, options) => {
        client.requireKey()
        if (!options.yes) await agree(options, [...statusLines(client.pumpId, await client.status()), "", ...lines])
        await client.command(kind, figures)
        done(options, result)
    })
}

function refillFigures(option: string, ml: string, { residualMl, lineChanged }: RefillGiven) {
    return {
        volumeNl: nanolitres(amountOption(option, ml, RESERVOIR_ML_MAX, "mL")),
        ...(residualMl === undefined
            ? {}
            : { residualNl: nanolitres(amountOrNone("--residual-ml", residualMl, RESERVOIR_ML_MAX, "mL")) }),
        lineChanged: lineChanged === true,
    }
}

function strengthOf({ programme }: PumpStatus): number {
    if (!programme) throw new NoAnswerError("the pump has no programme, and nobody knows the strength of its drug")
    return programme.concentrationNgPerMl
}

/** The pump has read what was compiled here; throws NoAnswerError otherwise, which is a fault of one of the two. */
function checkReading({ programme }: CompiledPrescription, reading: ProgrammeReading): void {
    const same =
        reading.concentrationNgPerMl === programme.concentrationNgPerMl &&
        reading.meanPlPerDay === programme.meanRatePlPerDay &&
        reading.segments === programme.segmentStartMinute.length &&
        reading.patientPl === programme.patientPl &&
        reading.bolusPlMax === programme.bolusPlMax &&
        reading.softLimits === programme.softLimits
    if (!same)
        throw new NoAnswerError("the pump reads this programme otherwise than it was compiled: nothing was changed")
}

/** The pump's own reading in the clinic's terms. */
function readingLines(reading: ProgrammeReading): string[] {
    const ug = (pl: number) => `${formatUg(doseUg(pl, reading.concentrationNgPerMl))} µg`
    const rows: string[][] = [
        ["Daily dose", `${ug(reading.meanPlPerDay)} of ${reading.concentrationNgPerMl / 1000} µg/mL`],
        ["Largest rate", `${ug(reading.highestPlPerDay / 24)} an hour`],
        ["Segments", String(reading.segments)],
        ...(reading.bolusPlMax > 0 ? [["Largest bolus", ug(reading.bolusPlMax)]] : []),
        ...(reading.patientPl > 0 ? [["Patient's dose", ug(reading.patientPl)]] : []),
        [
            "Differs in",
            reading.differences.length === 0
                ? "nothing from the one that runs"
                : `${reading.differences.length} of its figures from the one that runs`,
        ],
    ]
    return ["The pump reads this programme as", ...aligned(rows)]
}

/** This computer's local time, in milliseconds since Monday 3 January 2000, 00:00. */
function localNowMs(): number {
    const now = new Date()
    return now.getTime() - now.getTimezoneOffset() * 60_000 - WALL_EPOCH_MS
}

await runCommand(program)

// `npm run bench`: how fast, how exact and how large it all is, as one table or, with --json, as data to compare commits by.

import { cpus, loadavg } from "node:os"
import { SingleBar } from "cli-progress"
import { Command } from "commander"
import { optionError, runCommand, wholeOption } from "../cli/command"
import { readRows, renderComparison } from "./compare"
import { PARTS, type PartName } from "./parts"
import { type Row, renderTable } from "./rows"

const NAMES = Object.keys(PARTS) as PartName[]
const DAYS_MAX = 366
const HOURS_MAX = 168

interface BenchOptions {
    json?: true
    compare?: string
    only?: string[]
    days: string
    hours: string
}

const command = new Command("npm run bench --")
    .description(
        "Measures the simulated intrathecal pump: speed of both engines, exactness of metering, cost of a tick on the device, size and memory of the firmware. Bench and research pump: not for patients.",
    )
    .option("--json", "print the rows as one JSON object")
    .option("--compare <file>", "show beside each figure that of an earlier measurement, kept with --json")
    .option("--only <parts...>", `run these parts alone: ${NAMES.join(", ")}`)
    .option("--days <number>", `length of the run that looks for drift, 1 to ${DAYS_MAX}`, "90")
    .option("--hours <number>", `length of each run on the virtual machine, 1 to ${HOURS_MAX}`, "6")
    .addHelpText(
        "after",
        `
Parts
  core      ticks a second of the logic on Node, with the whole world
  vm        speed of the bytecode, closed loop over Jacdac, without and with a trace
  drift     largest metering error of any tick in months, with ticks on time and late
  tick      cost of ticks on the virtual machine, and what it comes to on the RP2040
  size      bytecode of each firmware
  heap      memory of the firmware on the device
  metering  error after 30 days beside other ways of metering, on one jittered clock
  faults    largest volume that any one fault delivers over the programme in a day, beside its bound
  energy    energy a day takes, by what takes it, and battery life, beside a driver that is always on
  journal   writes to the record memory at each flow, how long it lasts, and what a power cut leaves in doubt
  therapies ninety days of each therapy: what was delivered of what was programmed
  link      a million frames of every kind into the programmer's link on Node, 50 000 on the bytecode;
            and what a programmer that looks once a second costs
  physics   each model of the simulated bench beside its closed form or a published figure,
            and trumpet curves by what makes them
  length    cost and memory of a run from a day to a year, and of days with faults on both engines

Speeds hold for an otherwise idle computer. The RP2040's figures are carried over from an emulated chip.

Examples
  npm run bench
  npm run bench -- --only vm --hours 24
  npm run --silent bench -- --json > bench.json
  npm run bench -- --compare bench.json       on another commit`,
    )
    .action(async (options: BenchOptions) => {
        const names = options.only === undefined ? NAMES : options.only.map(partName)
        const days = wholeOption("--days", options.days, 1, DAYS_MAX)
        const hours = wholeOption("--hours", options.hours, 1, HOURS_MAX)
        const before = options.compare === undefined ? undefined : readRows(options.compare)
        const loadAtStart = loadavg()[0]
        const bar = new SingleBar({ format: "{part}  {bar} {percentage} %", hideCursor: true, stream: process.stderr })
        const rows: Row[] = []
        bar.start(names.length, 0, { part: "" })
        try {
            for (const [i, name] of names.entries()) {
                const part = name.padEnd(8)
                bar.update(i, { part })
                const onProgress = (done: number) => bar.update(i + Math.min(1, done), { part })
                rows.push(...(await PARTS[name]({ days, hours, onProgress })))
            }
            bar.update(names.length)
        } finally {
            bar.stop()
        }
        const machine = { node: process.version, cpu: cpus()[0].model, cpus: cpus().length, loadAtStart }
        if (options.json) process.stdout.write(`${JSON.stringify({ machine, rows }, null, 4)}\n`)
        else
            process.stdout.write(
                `${before ? renderComparison(ofParts(before, names), rows) : renderTable(rows)}\n\nNode ${machine.node}, ${machine.cpus} × ${machine.cpu}; load ${loadAtStart.toFixed(1)} at the start\n`,
            )
    })

/** Of an earlier measurement the parts that were measured now. */
function ofParts(rows: Row[], names: PartName[]): Row[] {
    return rows.filter(({ part }) => names.includes(part as PartName))
}

function partName(name: string): PartName {
    if (!(name in PARTS)) throw optionError("--only", name, NAMES.join(", "))
    return name as PartName
}

await runCommand(command)

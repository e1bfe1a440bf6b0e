// `npm run break`: breaks a rule of the pump in a copy of its source, lets the campaign run over it from its first seed on, and says
// which seed found it and how fast; one rule after the other.

import { spawn } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { SingleBar } from "cli-progress"
import { Command } from "commander"
import { optionError, runCommand, wholeOption } from "../../sim/cli/command"
import type { SeedOutcome } from "../../sim/soak/runSeed"
import { BROKEN_RULES, type BrokenRule, type Edit, NO_SELF_TEST } from "./brokenRules"

/** What a run of the simulator takes. */
const SOURCES = ["src", "sim", "boards", "services", "package.json", "tsconfig.json", "devsconfig.json"]

const IDS = new Set(BROKEN_RULES.flatMap(({ id }) => id.split(", ")))

const MS_PER_SECOND = 1000
const MS_PER_HOUR = 3_600_000
const MS_PER_DAY = 86_400_000

/** What came of a broken rule. */
interface Found {
    rule: BrokenRule
    /** Undefined where no seed found it. */
    seed: number | undefined
    text: string
    /** Hours of the seed's run, simulated days of all seeds up to then, and seconds on this machine. */
    afterHours: number
    days: number
    seconds: number
}

/** Makes the edit in the copy in `folder`; throws where its text is not there, or more than once. */
function apply(folder: string, { file, from, to }: Edit): void {
    const path = join(folder, file)
    const parts = readFileSync(path, "utf8").split(from)
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, and should have once: ${from}`)
    writeFileSync(path, parts.join(to))
}

/** Runs the campaign over a pump with this rule broken, until a seed finds it. */
async function find(rule: BrokenRule, seeds: number): Promise<Found> {
    const folder = mkdtempSync(join(tmpdir(), "pump-broken-"))
    try {
        for (const source of SOURCES) cpSync(source, join(folder, source), { recursive: true })
        symlinkSync(resolve("node_modules"), join(folder, "node_modules"))
        for (const edit of [NO_SELF_TEST, ...rule.edits]) apply(folder, edit)
        const startedMs = performance.now()
        const outcomes = await campaign(folder, seeds)
        const seconds = (performance.now() - startedMs) / MS_PER_SECOND
        const last = outcomes[outcomes.length - 1]
        const { violations } = last
        const violation = violations.find(({ invariant }) => invariant === rule.by) ?? violations[0]
        const before = outcomes.slice(0, -1).reduce((days, { simulatedMs }) => days + simulatedMs / MS_PER_DAY, 0)
        return {
            rule,
            seed: violation && last.seed,
            text: violation ? `${violation.invariant}: ${violation.text}` : "",
            afterHours: violation ? violation.atMs / MS_PER_HOUR : Number.NaN,
            days: before + (violation ? violation.atMs : last.simulatedMs) / MS_PER_DAY,
            seconds,
        }
    } finally {
        rmSync(folder, { recursive: true })
    }
}

function campaign(folder: string, seeds: number): Promise<SeedOutcome[]> {
    const args = ["sim/cli/soak.ts", "--seeds", `1..${seeds}`, "--first", "--json"]
    const soak = spawn(join("node_modules", ".bin", "tsx"), args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
    let out = ""
    let complaint = ""
    soak.stdout.on("data", data => {
        out += data
    })
    soak.stderr.on("data", data => {
        complaint += data
    })
    return new Promise((done, failed) => {
        soak.on("close", () => {
            try {
                done(JSON.parse(out).outcomes)
            } catch {
                failed(new Error(`the campaign broke off: ${complaint}`))
            }
        })
    })
}

function table(found: Found[]): string {
    const rows = found.map(({ rule, seed, text, afterHours, days, seconds }) =>
        seed === undefined
            ? `| ${rule.id} | ${rule.breaks} | not found in ${days.toFixed(0)} days | | | |`
            : `| ${rule.id} | ${rule.breaks} | ${seed} | ${text} | ${afterHours.toFixed(1)} h of it, ${days.toFixed(1)} days in all | ${seconds.toFixed(0)} s |`,
    )
    return [
        "| Rule | The broken pump | Seed | What did not hold | Found after | Took |",
        "| --- | --- | --- | --- | --- | --- |",
        ...rows,
    ].join("\n")
}

const command = new Command("npm run break --")
    .description(
        "Breaks rules of the pump on purpose, one at a time in a copy of its source, and lets `npm run soak` look for them. Prints a table. Ends with code 1 when one was not found.",
    )
    .option("--only <ids>", "the rules with these ids, separated by commas; all without it")
    .option("--seeds <number>", "look through so many seeds of a day each", "300")
    .action(async ({ only, seeds }: { only?: string; seeds: string }) => {
        const seedsMax = wholeOption("--seeds", seeds, 1, 100_000)
        const ids = only?.split(",").map(id => id.trim())
        const rules = BROKEN_RULES.filter(
            ({ id }) => ids === undefined || id.split(", ").some(one => ids.includes(one)),
        )
        if (rules.length === 0) throw optionError("--only", only ?? "", `one or more of ${[...IDS].join(", ")}`)
        const bar = new SingleBar({
            format: "{bar} {value} of {total} rules, {rule}",
            hideCursor: true,
            stream: process.stderr,
            clearOnComplete: true,
            noTTYOutput: true,
            notTTYSchedule: 60_000,
        })
        bar.start(rules.length, 0, { rule: rules[0].id })
        const found: Found[] = []
        for (const rule of rules) {
            bar.update({ rule: rule.id })
            found.push(await find(rule, seedsMax))
            bar.increment()
        }
        bar.stop()
        process.stdout.write(`${table(found)}\n`)
        if (found.some(({ seed }) => seed === undefined)) process.exitCode = 1
    })

await runCommand(command)

// `npm run mutate`: breaks the pump's logic in every small way that Stryker knows, one at a time, and tells which breaks no
// test notices. Stryker itself is run once for each group of modules; this puts the results together.

import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { Command } from "commander"
import { optionError, runCommand, wholeOption } from "../../sim/cli/command"
import { GROUPS } from "./groups"

const FOLDER = "reports/mutation"
const KILLED_PERCENT_MIN = 90

interface Mutant {
    status: string
    mutatorName: string
    replacement?: string
    location: { start: { line: number; column: number } }
}

interface Report {
    files: Record<string, { source: string; mutants: Mutant[] }>
}

const command = new Command("npm run mutate --")
    .description(
        "Mutation testing of src/pump: breaks the logic in every small way, one at a time, and runs the tests against each. Ends with code 1 when less than 90 % are noticed.",
    )
    .argument("[groups...]", `which of ${Object.keys(GROUPS).join(", ")} (default: all)`)
    .option("--concurrency <number>", "mutants at a time, 1 to 64", "2")
    .action((names: string[], options: { concurrency: string }) => {
        for (const name of names)
            if (!(name in GROUPS)) throw optionError("groups", name, Object.keys(GROUPS).join(", "))
        const concurrency = wholeOption("--concurrency", options.concurrency, 1, 64)
        const rows = (names.length > 0 ? names : Object.keys(GROUPS)).flatMap(name => mutate(name, concurrency))
        show(rows)
    })

interface ModuleResult {
    file: string
    killed: number
    survived: { place: string; line: string; replacement: string }[]
}

/** Runs one group and returns what became of the mutants of each module. */
function mutate(name: string, concurrency: number): ModuleResult[] {
    const folder = `${FOLDER}/${name}`
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const configFile = `${folder}/stryker.json`
    const config = {
        testRunner: "vitest",
        vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
        mutate: GROUPS[name].modules.map(module => `src/pump/${module}.ts`),
        ignorePatterns: ["/reports", "/.devicescript", "/test/golden"],
        // What runs once when a module is loaded would have to be loaded anew for each mutant; the tables are tested whole.
        ignoreStatic: true,
        // Stryker can't read the configuration of this version of TypeScript, and needs none.
        tsconfigFile: "none.json",
        concurrency,
        timeoutMS: 15_000,
        tempDirName: `${folder}/tmp`,
        reporters: ["progress", "json"],
        jsonReporter: { fileName: `${folder}/mutation.json` },
    }
    writeFileSync(configFile, JSON.stringify(config))
    execFileSync("npx", ["stryker", "run", configFile], {
        stdio: "inherit",
        env: { ...process.env, MUTATION_GROUP: name },
    })
    const report: Report = JSON.parse(readFileSync(`${folder}/mutation.json`, "utf8"))
    return Object.entries(report.files).map(([file, { source, mutants }]) => {
        const lines = source.split("\n")
        const of = (...statuses: string[]) => mutants.filter(mutant => statuses.includes(mutant.status))
        return {
            file,
            killed: of("Killed", "Timeout").length,
            survived: of("Survived", "NoCoverage").map(({ location: { start }, mutatorName, replacement }) => ({
                place: `${file}:${start.line}:${start.column}`,
                line: lines[start.line - 1].trim(),
                replacement: (replacement ?? mutatorName).replace(/\s+/g, " "),
            })),
        }
    })
}

function show(rows: ModuleResult[]): void {
    let killed = 0
    let all = 0
    for (const { file, survived, ...row } of rows) {
        const count = row.killed + survived.length
        if (count === 0) continue
        killed += row.killed
        all += count
        process.stdout.write(`${file.padEnd(28)} ${row.killed} of ${count} killed, ${percent(row.killed, count)} %\n`)
    }
    process.stdout.write(`${"all".padEnd(28)} ${killed} of ${all} killed, ${percent(killed, all)} %\n\nNot noticed\n`)
    for (const { survived } of rows)
        for (const { place, line, replacement } of survived)
            process.stdout.write(`  ${place}\n    ${line}\n    becomes ${replacement}\n`)
    writeFileSync(`${FOLDER}/result.json`, JSON.stringify(rows, null, 4))
    if (!(killed * 100 >= all * KILLED_PERCENT_MIN)) process.exitCode = 1
}

function percent(part: number, all: number): string {
    return ((100 * part) / all).toFixed(1)
}

await runCommand(command)

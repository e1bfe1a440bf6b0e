// Builds and flashes in a copy of the project's device side, so that nothing in the project is touched, whatever happens:
// DeviceScript takes stored settings only from a file `.env.local` beside the sources, and yours may be there already.

import { spawn } from "node:child_process"
import {
    copyFileSync,
    cpSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    statSync,
    symlinkSync,
    utimesSync,
    writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { programImageSetting } from "../sim/engines/programImage"
import { type Setting, settingText } from "../sim/prescription/records"

/** The longest text of one setting: a packet of 236 bytes less a key of up to 13 and its end. */
const SETTING_TEXT_LENGTH_MAX = 222

const DEVICE_SIDE = ["src", "boards", "services", "package.json", "devsconfig.json", ".env.defaults", ".env.local"]
const RUNTIME_CACHE = join(".devicescript", "cache")

/** What DeviceScript's tools end with where another of them has their ports, 8081 to 8083; they know no others. */
const PORTS_TAKEN = 100
const PORTS_ASKED_EVERY_MS = 2000

/** A board that the pump runs on. */
export interface Board {
    /** Name of its `boards/<id>.board.json`. */
    id: string
    entry: string
    /** Where DeviceScript takes its runtime image from; the name decides how it is patched and flashed. */
    runtimeUrl: string
    /** What the image to be flashed is called; esptool's offset is read from it. */
    imageName: string
    /** The first bytes of every runtime image for it. */
    runtimeMagic: number[]
}

export const BOARDS: Record<string, Board> = {
    pico: {
        id: "pump_pico",
        entry: "src/mainPico.ts",
        runtimeUrl:
            "https://github.com/microsoft/devicescript-pico/releases/latest/download/devicescript-rp2040-pico.uf2",
        imageName: "pump_pico.uf2",
        runtimeMagic: [0x55, 0x46, 0x32, 0x0a],
    },
    esp32c3: {
        id: "pump_esp32c3",
        entry: "src/mainEsp32C3.ts",
        runtimeUrl:
            "https://github.com/microsoft/devicescript-esp32/releases/latest/download/devicescript-esp32c3-esp32c3_bare-0x0.bin",
        imageName: "pump_esp32c3-0x0.bin",
        runtimeMagic: [0xe9],
    },
}

/** True when `file` begins as a runtime image for `board` does. */
export function isRuntimeFor(board: Board, file: string): boolean {
    const head = readFileSync(file).subarray(0, board.runtimeMagic.length)
    return head.length === board.runtimeMagic.length && board.runtimeMagic.every((byte, i) => head[i] === byte)
}

/** The lines of `.env.local` for these settings, after those that were there. */
export function environmentText(before: string, settings: Setting[]): string {
    const lines = settings.map(({ key, value }) => {
        const text = settingText(value)
        if (text.length > SETTING_TEXT_LENGTH_MAX)
            throw new Error(`setting ${key} is ${text.length} characters, and ${SETTING_TEXT_LENGTH_MAX} fit`)
        return `${key}=${text}`
    })
    const separator = before === "" || before.endsWith("\n") ? "" : "\n"
    return `${before}${separator}${lines.join("\n")}\n`
}

/** A copy of the device side, thrown away at the end. */
export class Workspace {
    private bytecode: Buffer = Buffer.alloc(0)

    private constructor(
        private readonly project: string,
        private readonly folder: string,
        private readonly board: Board,
    ) {}

    /** Runs `work` in a fresh workspace and removes it afterwards, whatever `work` does. */
    static async with<Result>(
        project: string,
        board: Board,
        settings: Setting[],
        work: (workspace: Workspace) => Promise<Result>,
    ): Promise<Result> {
        const folder = mkdtempSync(join(tmpdir(), "pump-flash-"))
        const remove = () => rmSync(folder, { recursive: true, force: true })
        const removeAndEnd = () => {
            remove()
            process.exit(1)
        }
        process.once("SIGINT", removeAndEnd)
        process.once("SIGTERM", removeAndEnd)
        try {
            for (const part of DEVICE_SIDE)
                if (existsSync(join(project, part)))
                    cpSync(join(project, part), join(folder, part), { recursive: true })
            symlinkSync(join(project, "node_modules"), join(folder, "node_modules"), "junction")
            const environment = join(folder, ".env.local")
            const before = existsSync(environment) ? readFileSync(environment, "utf8") : ""
            writeFileSync(environment, environmentText(before, settings), { mode: 0o600 })
            return await work(new Workspace(project, folder, board))
        } finally {
            process.removeListener("SIGINT", removeAndEnd)
            process.removeListener("SIGTERM", removeAndEnd)
            remove()
        }
    }

    /**
     * Compiles the board's entry and stores its hash among the settings, where the pump compares it with what is in its
     * flash (PST-4). Returns the size of the bytecode in bytes; undefined when it does not compile.
     */
    async build(): Promise<number | undefined> {
        const done = await this.devicescript(["build", this.board.entry], false)
        if (done.code !== 0) {
            process.stderr.write(done.output)
            return undefined
        }
        this.bytecode = this.compiled()
        const environment = join(this.folder, ".env.local")
        const before = readFileSync(environment, "utf8")
        writeFileSync(environment, environmentText(before, [programImageSetting(this.bytecode)]))
        return this.bytecode.length
    }

    /** What the compiler made last. */
    private compiled(): Buffer {
        return readFileSync(join(this.folder, ".devicescript", "bin", "bytecode.devs"))
    }

    /**
     * Makes the image of runtime, program and settings, after `build`, whose program it has to be to the last byte. `runtimeFile` stands in for the download: it is put where
     * DeviceScript keeps downloads, because only an image from there is patched with the board's pins.
     * While other tools of DeviceScript have its ports, waits for up to `portsWaitMs`. Returns the image's path, or why there is none.
     */
    async bundle(
        runtimeFile: string | undefined,
        portsWaitMs = 120_000,
    ): Promise<{ image: string } | { failure: "download" | "bundle" }> {
        const name = basename(new URL(this.board.runtimeUrl).pathname)
        const kept = join(this.project, RUNTIME_CACHE, name)
        const cached = join(this.folder, RUNTIME_CACHE, name)
        mkdirSync(join(this.folder, RUNTIME_CACHE), { recursive: true })
        if (runtimeFile !== undefined) {
            copyFileSync(runtimeFile, cached)
        } else if (existsSync(kept)) {
            const { atime, mtime } = statSync(kept)
            copyFileSync(kept, cached)
            utimesSync(cached, atime, mtime)
        }
        const image = join(this.folder, this.board.imageName)
        const args = ["bundle", this.board.entry, "--board", this.board.id, "--flash-file", image]
        let done = await this.devicescript(args, false)
        if (done.code === PORTS_TAKEN)
            process.stderr.write(
                `Other tools of DeviceScript run and have the ports 8081 to 8083, which making the image needs too: its simulator, its extension for Visual Studio Code, or another image being made. Waiting ${Math.round(portsWaitMs / 1000)} s for them to end.\n`,
            )
        for (let waitedMs = 0; done.code === PORTS_TAKEN && waitedMs < portsWaitMs; waitedMs += PORTS_ASKED_EVERY_MS) {
            await delay(PORTS_ASKED_EVERY_MS)
            done = await this.devicescript(args, false)
        }
        if (done.code === 0 && existsSync(image)) {
            if (!this.compiled().equals(this.bytecode)) {
                process.stderr.write("The compiler made another program when it was asked again.\n")
                return { failure: "bundle" }
            }
            if (runtimeFile === undefined) {
                mkdirSync(join(this.project, RUNTIME_CACHE), { recursive: true })
                copyFileSync(cached, kept)
            }
            return { image }
        }
        if (/fetch failed|can't fetch/.test(done.output)) return { failure: "download" }
        process.stderr.write(done.output)
        return { failure: "bundle" }
    }

    /** Writes an image to the board that is plugged in; waits for one unless `once`. True when it was written. */
    async flash(image: string, once: boolean): Promise<boolean> {
        const args = ["flash", "--board", this.board.id, "--file", image]
        return (await this.devicescript(once ? [...args, "--once"] : args, true)).code === 0
    }

    private devicescript(args: string[], shown: boolean): Promise<{ code: number | null; output: string }> {
        const cli = join(this.project, "node_modules", "@devicescript", "cli", "built", "devicescript-cli.cjs")
        const call = `require(${JSON.stringify(cli)}).mainCli()`
        return new Promise((resolve, reject) => {
            // The CLI reads its arguments from the third on, as a script's.
            const child = spawn(process.execPath, ["-e", call, "devs", ...args], { cwd: this.folder })
            let output = ""
            for (const stream of [child.stdout, child.stderr])
                stream.on("data", (text: Buffer) => {
                    output += text.toString()
                    if (shown) process.stderr.write(text)
                })
            child.once("error", reject)
            child.once("close", code => resolve({ code, output }))
        })
    }
}

import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test, vi } from "vitest"
import { BOARDS, environmentText, isRuntimeFor, Workspace } from "../../boards/workspace"
import { crc32 } from "../../src/pump/bytes"

const scratch = mkdtempSync(join(tmpdir(), "pump-test-"))
afterAll(() => rmSync(scratch, { recursive: true }))
// Workspaces of its own, because what others leave for a while must not be taken for what is left over here.
vi.stubEnv("TMPDIR", scratch)
afterAll(() => vi.unstubAllEnvs())

const leftOver = () => readdirSync(tmpdir()).filter(name => name.startsWith("pump-flash-"))

/** A UF2 file of `blocks` blocks from the start of the RP2040's flash. */
function uf2(blocks: number): Buffer {
    return Buffer.concat(
        Array.from({ length: blocks }, (_, i) => {
            const block = Buffer.alloc(512)
            const header = [0x0a324655, 0x9e5d5157, 0x2000, 0x10000000 + 256 * i, 256, i, blocks, 0xe48bff56]
            header.forEach((word, k) => {
                block.writeUInt32LE(word >>> 0, 4 * k)
            })
            block.writeUInt32LE(0x0ab16f30, 508)
            return block
        }),
    )
}

/** The memory that a UF2 file fills, by address. */
function memoryOf(file: Buffer): Map<number, Buffer> {
    const memory = new Map<number, Buffer>()
    for (let at = 0; at < file.length; at += 512)
        memory.set(file.readUInt32LE(at + 12), file.subarray(at + 32, at + 32 + file.readUInt32LE(at + 16)))
    return memory
}

describe("settings as text", () => {
    const bytes = Uint8Array.of(0x42, 0x00, 0xff)

    test.each([
        ["", 'pg0="4200ff"\n'],
        ["OTHER=1\n", 'OTHER=1\npg0="4200ff"\n'],
        ["OTHER=1", 'OTHER=1\npg0="4200ff"\n'],
    ])("stand after what was there: %j", (before, text) => {
        expect(environmentText(before, [{ key: "pg0", value: bytes }])).toBe(text)
    })

    test("digits alone stay a text, or they would be stored as a number", () => {
        expect(environmentText("", [{ key: "me0", value: Uint8Array.of(0x12, 0x34) }])).toBe('me0="1234"\n')
    })

    test("a value of 110 bytes fits a packet, one of 111 does not", () => {
        expect(() => environmentText("", [{ key: "pg0", value: new Uint8Array(110) }])).not.toThrow()
        expect(() => environmentText("", [{ key: "pg0", value: new Uint8Array(111) }])).toThrow(/pg0/)
    })
})

test.each([
    ["pico", "runtime.uf2", uf2(1), true],
    ["pico", "runtime.bin", Buffer.of(0xe9, 0, 0, 0), false],
    ["esp32c3", "runtime2.bin", Buffer.of(0xe9, 0, 0, 0), true],
    ["esp32c3", "runtime2.uf2", uf2(1), false],
    ["pico", "empty", Buffer.alloc(0), false],
])("for %s, %s is a runtime: %s", (name, file, content, fits) => {
    writeFileSync(join(scratch, file), content)
    expect(isRuntimeFor(BOARDS[name], join(scratch, file))).toBe(fits)
})

describe("command line", () => {
    const flash = (...args: string[]) =>
        spawnSync(process.execPath, ["node_modules/tsx/dist/cli.mjs", "boards/flash.ts", ...args], { encoding: "utf8" })
    const prescription = ["--prescription", "sim/prescriptions/continuous-100.json"]

    writeFileSync(
        join(scratch, "slow.json"),
        readFileSync("boards/syringe-20ml.mechanism.json", "utf8").replace(
            /"stepPicolitres": \d+/,
            '"stepPicolitres": 900',
        ),
    )

    test.each([
        ["an unknown board", ["--board", "nano"], /--board: was "nano", may be "pico" or "esp32c3"/],
        ["no board", [], /--board/],
        ["no prescription", ["--board", "pico"], /--prescription: was missing/],
        [
            "a runtime that is not there",
            ["--board", "pico", ...prescription, "--runtime", "none.uf2"],
            /--runtime: was "none.uf2"/,
        ],
        [
            "a runtime for another chip",
            ["--board", "esp32c3", ...prescription, "--runtime", "package.json"],
            /--runtime: was/,
        ],
        [
            "a mechanism that is not there",
            ["--board", "pico", ...prescription, "--mechanism", "none.json"],
            /none.json: was missing/,
        ],
        [
            "a mechanism too slow for the prescription",
            [
                ...["--board", "pico", "--prescription", "boards/calibration.prescription.json"],
                ...["--mechanism", join(scratch, "slow.json")],
            ],
            /--mechanism: was asked for 24 mL\/day by the prescription, may be one for a flow up to 24 mL\/day/,
        ],
        ["an output in no folder", ["--board", "pico", ...prescription, "--output", "none/image.uf2"], /--output: was/],
        ["an unknown option", ["--board", "pico", "--fast"], /--fast/],
    ])("%s: exit code 2, saying so, and nothing left behind", (_case, args, message) => {
        const done = flash(...args)
        expect(done.stderr).toMatch(message)
        expect(done.status).toBe(2)
        expect(leftOver()).toEqual([])
    })

    test("what is flashed carries a number of its own, and its checksum", () => {
        const runtime = join(scratch, "numbered.uf2")
        writeFileSync(runtime, uf2(64))
        const image = join(scratch, "image.uf2")
        const done = flash("--board", "pico", ...prescription, "--runtime", runtime, "--output", image)
        expect(done.status, done.stderr).toBe(0)
        const memory = memoryOf(readFileSync(image))
        const addresses = [...memory.keys()].sort((a, b) => a - b)
        const stored = Buffer.concat(addresses.map(at => memory.get(at) ?? Buffer.alloc(0))).toString("latin1")
        // No other record has eight bytes.
        const number = Buffer.from(/"0800([0-9a-f]{16})"/.exec(stored)?.[1] ?? "", "hex")
        expect(number.length).toBe(8)
        expect(number.readUInt32LE(0)).toBeGreaterThan(0)
        expect(number.readUInt32LE(4)).toBe(crc32(number, 0, 4, 0))
    })

    test("--help is answered", () => {
        const done = flash("--help")
        expect(done.status).toBe(0)
        expect(done.stdout).toContain("--runtime")
    })
})

test("pico: image of runtime, pins, program and settings, and the project left as it was", async () => {
    const runtime = join(scratch, "whole.uf2")
    writeFileSync(runtime, uf2(64))
    const environmentBefore = existsSync(".env.local") ? readFileSync(".env.local") : undefined
    const settings = [
        { key: "pg0", value: Uint8Array.from({ length: 100 }, (_, i) => i) },
        { key: "me0", value: Uint8Array.of(0x12, 0x34) },
    ]
    let size = 0
    const image = await Workspace.with(process.cwd(), BOARDS.pico, settings, async workspace => {
        size = (await workspace.build()) ?? 0
        expect(size).toBeGreaterThan(5000)
        const bundled = await workspace.bundle(runtime)
        return "image" in bundled ? readFileSync(bundled.image) : undefined
    })
    const memory = memoryOf(image ?? Buffer.alloc(0))
    expect(memory.has(0x10000000)).toBe(true)
    const addresses = [...memory.keys()].sort((a, b) => a - b)
    const from = (start: number) =>
        Buffer.concat(addresses.filter(at => at >= start).map(at => memory.get(at) ?? Buffer.alloc(0)))
    expect(from(0x100dc000).subarray(0, 4).toString()).toBe("DCFG")
    expect(from(0x100dc000).includes("YELLOW_LED")).toBe(true)
    const stored = from(0x100e0000)
    expect(stored.includes(`"${Buffer.from(settings[0].value).toString("hex")}"`)).toBe(true)
    expect(stored.includes('"1234"')).toBe(true)
    // PST-4: the hash that the pump compares is that of the program as it lies in the image, which opens with "DevS".
    const program = stored.indexOf("DevS\n")
    const hash = createHash("sha256")
        .update(stored.subarray(program, program + size))
        .digest("hex")
    expect(stored.includes(`"2400${hash}`)).toBe(true)
    expect(existsSync(".env.local") ? readFileSync(".env.local") : undefined).toEqual(environmentBefore)
    expect(leftOver()).toEqual([])
})

test("esp32c3: its entry builds too", async () => {
    const size = await Workspace.with(process.cwd(), BOARDS.esp32c3, [], workspace => workspace.build())
    expect(size).toBeGreaterThan(5000)
})

test("while other tools have DeviceScript's ports it says so, waits, gives up in the end, and makes the image once they are free", async () => {
    const runtime = join(scratch, "ports.uf2")
    writeFileSync(runtime, uf2(64))
    const holder = createServer()
    const told = vi.spyOn(process.stderr, "write").mockReturnValue(true)
    try {
        await Workspace.with(process.cwd(), BOARDS.pico, [], async workspace => {
            await workspace.build()
            await new Promise<void>((resolve, reject) => {
                holder.once("error", reject)
                holder.listen(8081, "127.0.0.1", resolve)
            })
            expect(await workspace.bundle(runtime, 3000)).toEqual({ failure: "bundle" })
            expect(told.mock.calls.join("")).toMatch(/have the ports 8081 to 8083.* Waiting 3 s/)
            told.mockClear()
            told.mockImplementation(() => {
                holder.close()
                return true
            })
            expect(await workspace.bundle(runtime)).toHaveProperty("image")
            expect(told.mock.calls.join("")).toMatch(/Waiting 120 s/)
        })
    } finally {
        told.mockRestore()
        holder.close()
    }
})

// DeviceScript's own virtual machine on a clock of ours. The machine reads time through `Date.now()`; its module is a
// closure in the CLI's bundle, which is cut out here and evaluated with another `Date`, so that no global is touched.

import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

const require = createRequire(import.meta.url)

/** The time that a virtual machine lives in, in milliseconds. */
export interface VirtualClock {
    nowMs: number
}

/** The members of the machine's module that are used here. */
export interface DevsModule {
    HEAPU8: Uint8Array
    _malloc(size: number): number
    _free(address: number): void
    _jd_em_process(): number
    _jd_em_frame_received(address: number): number
    devsInit(): void
    devsSetDeviceId(id: string): void
    devsDeploy(binary: Uint8Array): number
    devsVerify(binary: Uint8Array): number
    sendPacket: (frame: Uint8Array) => void
    dmesg: (line: string) => void
    panicHandler: (code: number) => void
    flashLoad: () => Uint8Array
    flashSave: (image: Uint8Array) => void
}

// An arbitrary date: the machine only looks at differences.
const EPOCH_MS = 1_700_000_000_000

// The machine's module as the pinned CLI bundles it: a function of (exports, module2) between these two lines.
const MODULE_START = '"runtime/devicescript-vm/built/devicescript-vm.js"(exports, module2) {'
const MODULE_END = "\n  }\n});\n"

type EvaluateModule = (
    exports: object,
    module2: { exports: () => Promise<DevsModule> },
    require: (id: string) => unknown,
    date: { now: () => number },
    console: Pick<Console, "log" | "debug" | "warn" | "error">,
    __dirname: string,
    __filename: string,
) => void

let evaluateModule: EvaluateModule | undefined

const required = new Map<string, unknown>()

/** `require`, which the machine's module calls each time it is run, only to see whether there are sockets. */
function requireOnce(id: string): unknown {
    if (!required.has(id)) required.set(id, require(id))
    return required.get(id)
}

/** A new machine, not yet started, whose time is `clock`. What it prints goes to its `dmesg` only. */
export async function loadDevsModule(clock: VirtualClock): Promise<DevsModule> {
    evaluateModule ??= cutOutModule()
    const module2 = {
        exports: (): Promise<DevsModule> => Promise.reject(new Error("the virtual machine did not load")),
    }
    const quiet = { log: () => {}, debug: () => {}, warn: () => {}, error: () => {} }
    evaluateModule({}, module2, requireOnce, { now: () => EPOCH_MS + clock.nowMs }, quiet, ".", "devicescript-vm.js")
    return await module2.exports()
}

function cutOutModule(): EvaluateModule {
    const bundle = readFileSync(require.resolve("@devicescript/cli/built/devicescript-cli.cjs"), "utf8")
    const start = bundle.indexOf(MODULE_START)
    const end = bundle.indexOf(MODULE_END, start)
    if (start < 0 || end < 0)
        throw new Error("the DeviceScript CLI is not the pinned version: its virtual machine is not where it was")
    const body = bundle.slice(start + MODULE_START.length, end)
    return new Function(
        "exports",
        "module2",
        "require",
        "Date",
        "console",
        "__dirname",
        "__filename",
        body,
    ) as EvaluateModule
}

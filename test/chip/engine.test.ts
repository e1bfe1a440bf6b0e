// The engine with hand-made programs in place of the firmware: pins, hangs, power cuts; and with the firmware itself where there is a runtime
// image of DeviceScript, which is the user's own (`sim/README.md`, Chip).

import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { type Bench, PINS } from "../../sim/chip/bench"
import type { Chip } from "../../sim/chip/chip"
import { type ChipOptions, HangError, runChip } from "../../sim/chip/engine"
import { cachedRuntime, findRuntime } from "../../sim/chip/image"
import { runOnChip } from "../../sim/chip/show"
import type { BolusRecord } from "../../sim/engines/result"
import { runScenario } from "../../sim/engines/run"
import { Session } from "../../sim/engines/session"
import { InputError } from "../../sim/input"
import { loadScenario } from "../../sim/scenario/load"
import { HELD_SAMPLES } from "../../src/drivers/button"
import { LOGGED_VOLUME_PL } from "../../src/pump/eventLog"
import { SAMPLE_MS } from "../../src/pump/limits"
import { flashWith, HERE, stores, WFE, WFI } from "./program"

const SCENARIO = "test/chip/ninety-seconds.json"

const SIO = 0xd0000000
const [OUT_SET, OUT_CLEAR, ENABLE_SET] = [0x14, 0x18, 0x24].map(at => SIO + at)
const TIMER = 0x40054000
const NVIC_ENABLE = 0xe000e100

/** Makes a pin an output of the program. */
const output = (pin: number): [number, number][] => [
    [0x40014004 + 8 * pin, 5],
    [ENABLE_SET, 2 ** pin],
]
const high = (label: string): [number, number] => [OUT_SET, 2 ** PINS[label]]
const low = (label: string): [number, number] => [OUT_CLEAR, 2 ** PINS[label]]
/** So that the core sleeps and time passes quickly. */
const wakeAfterUs = (us: number): [number, number][] => [
    [TIMER + 0x38, 1],
    [NVIC_ENABLE, 1],
    [TIMER + 0x10, us],
]

/** What the bench drives an input to, whether the program has made it one or not. */
function levelAt(chip: Chip, label: string): boolean {
    return (chip.rp2040.gpio[PINS[label]] as unknown as { rawInputValue: boolean }).rawInputValue
}

/** Runs a hand-made program in place of the firmware. */
async function run(code: number[], durationMs: number, options: Partial<ChipOptions> = {}) {
    const scenario = { ...loadScenario(SCENARIO), durationMs }
    const session = new Session(scenario, 1)
    let bench: Bench | undefined
    const done = runChip(session, {
        runtimeFile: undefined,
        flash: flashWith(code),
        usb: false,
        onProgress: () => {},
        onTraceLine: undefined,
        onBench: made => {
            bench = made
        },
        ...options,
    })
    const error = await done.then(
        () => undefined,
        (thrown: unknown) => thrown,
    )
    return { session, bench: bench as Bench, error }
}

describe("CHP-1: a firmware that hangs ends the run, with its time, and never as one that passed", () => {
    test("a core that waits with no alarm set", async () => {
        const { error } = await run([WFE, WFE, HERE], 1000)
        expect(error).toBeInstanceOf(HangError)
        expect((error as HangError).atMs).toBeLessThan(1)
        expect(String(error)).toMatch(/hangs at 0\.000 s: its core waits, with no alarm set/)
    })
    test("a heartbeat that stays away, though the core would wake some day", async () => {
        const { error } = await run(stores(wakeAfterUs(60e6), [WFI, HERE]), 30_000)
        expect(error).toBeInstanceOf(HangError)
        expect((error as HangError).atMs).toBeGreaterThanOrEqual(15_000)
        expect((error as HangError).atMs).toBeLessThan(15_100)
    })
    test("a heartbeat that stops", async () => {
        const beats = [...output(PINS.HEARTBEAT), high("HEARTBEAT"), low("HEARTBEAT")]
        const { error, bench } = await run(stores([...beats, ...wakeAfterUs(60e6)], [WFI, HERE]), 30_000)
        expect(bench.heartbeats).toBe(2)
        expect(String(error)).toMatch(/its heartbeat has stopped/)
    })
})

describe("what the pins do reaches the world", () => {
    const start = [...output(PINS.STEP), ...output(PINS.DIR), ...output(PINS.ENABLE)]
    const pulse = [high("STEP"), low("STEP")]
    test.each<[string, [number, number][], number]>([
        ["three pulses forward", [high("DIR"), low("ENABLE"), ...pulse, ...pulse, ...pulse], 3],
        ["two back", [low("DIR"), low("ENABLE"), ...pulse, ...pulse], -2],
        ["none while the driver is off", [high("DIR"), high("ENABLE"), ...pulse, ...pulse], 0],
    ])("%s", async (_name, writes, steps) => {
        const { session, bench } = await run(stores([...start, ...writes, ...wakeAfterUs(1e6)], [WFI, HERE]), 20)
        expect(session.world.stepsMade).toBe(steps)
        expect(bench.pulses).toHaveLength(Math.abs(steps))
        for (const { highNanos, back } of bench.pulses) {
            expect(highNanos).toBeGreaterThan(0)
            // Some cycles, and a line that the flash has yet to bring.
            expect(highNanos).toBeLessThan(2000)
            expect(back).toBe(steps < 0)
        }
    })
    test("each edge of the heartbeat is a tick, and the first level is none", async () => {
        const beat = [...output(PINS.HEARTBEAT), high("HEARTBEAT"), low("HEARTBEAT"), high("HEARTBEAT")]
        const { session, bench } = await run(stores([...beat, ...wakeAfterUs(1e6)], [WFI, HERE]), 20)
        expect([session.ticks, bench.heartbeats]).toEqual([3, 3])
    })
    test("light and buzzer are shown", async () => {
        const show = [...output(PINS.RED_LED), ...output(PINS.BUZZER), high("RED_LED"), high("BUZZER")]
        const { session } = await run(stores([...show, ...wakeAfterUs(1e6)], [WFI, HERE]), 20)
        expect([session.world.light, session.world.sounding]).toEqual([3, true])
    })
    test("buttons rest high, the end switch and the driver's fault as the board wires them", async () => {
        let levels: Record<string, boolean> = {}
        await run(stores(wakeAfterUs(1e6), [WFI, HERE]), 20, {
            onSlice: chip => {
                levels = Object.fromEntries(
                    ["DOSE", "START_STOP", "SUPPLY_LOW", "END_NC", "END_NO", "FAULT"].map(label => [
                        label,
                        levelAt(chip, label),
                    ]),
                )
            },
        })
        expect(levels).toEqual({
            DOSE: true,
            START_STOP: true,
            SUPPLY_LOW: true,
            END_NC: false,
            END_NO: true,
            FAULT: false,
        })
    })
})

describe("the runtime image", () => {
    const folder = mkdtempSync(join(tmpdir(), "pump-chip-"))
    const none = join(folder, "none.uf2")
    const other = join(folder, "other.uf2")
    const cut = join(folder, "cut.uf2")
    writeFileSync(other, "hello")
    writeFileSync(cut, Buffer.concat([Buffer.from([0x55, 0x46, 0x32, 0x0a]), Buffer.alloc(100)]))
    test.each([
        [none, /--runtime: was .*none.uf2", may be DeviceScript's runtime image/],
        [other, /which is no UF2 file/],
        [cut, /cut.uf2: was 104 bytes/],
    ])("%s is refused", (file, message) => {
        expect(() => findRuntime(file)).toThrow(InputError)
        expect(() => findRuntime(file)).toThrow(message)
    })
    test("the folder is removed", () => {
        rmSync(folder, { recursive: true })
    })
})

/** A person who starts the pump holds its button until it acts; `core` is told at once. */
const START_HELD_MS = (HELD_SAMPLES - 1) * SAMPLE_MS

/** What a bolus was, as finely as the pump's log has it. */
function asLogged({ kind, outcome, deliveredPl }: BolusRecord): string {
    return `${kind}, ${outcome}, ${Math.floor(deliveredPl / LOGGED_VOLUME_PL)}`
}

const runtimeFile = cachedRuntime()
if (runtimeFile === undefined)
    process.stderr.write(
        "SKIPPED: the firmware on DeviceScript's runtime image, because there is none in .devicescript/cache (sim/README.md, Chip)\n",
    )

const withImage = test.skipIf(runtimeFile === undefined)
const imageFile = runtimeFile ?? ""

withImage(
    "CHP-4: the shipped firmware on the chip makes the steps of core through a dose, an occlusion and a power cut",
    async () => {
        const scenario = loadScenario(SCENARIO)
        const heldEvents = scenario.events.map(event =>
            event.kind === "start" ? { ...event, atMs: event.atMs + START_HELD_MS } : event,
        )
        const core = await runScenario({ ...scenario, events: heldEvents }, { engine: "core", seed: scenario.seed })
        // With a computer at the USB port the runtime stalls now and then, and a tick that is put off may find the occlusion a step later.
        const { run, figures } = await runOnChip(scenario, scenario.seed, { runtimeFile: imageFile, usb: false })
        expect(run.failures).toEqual([])
        expect(figures.stalls).toEqual([])
        expect(run.result.commandedSteps).toBe(core.result.commandedSteps)
        expect(run.result.residualPl).toBe(core.result.residualPl)
        expect(run.result.boluses.map(asLogged)).toEqual(core.result.boluses.map(asLogged))
        expect(run.result.alarms.map(({ id }) => id)).toEqual(core.result.alarms.map(({ id }) => id))
    },
    2_400_000,
)

withImage(
    "CHP-4: with a computer at its USB port it takes no more of the chip's means than it may",
    async () => {
        const scenario = loadScenario(SCENARIO)
        const { run, figures } = await runOnChip(scenario, scenario.seed, { runtimeFile: imageFile, usb: true })
        expect(run.failures).toEqual([])
        expect(figures.ticks?.meanMs).toBeLessThanOrEqual(10)
        expect(figures.ticks?.worstBusyMs).toBeLessThanOrEqual(25)
        expect(figures.heap?.mostLiveBytes).toBeLessThan(32_768)
    },
    1_200_000,
)

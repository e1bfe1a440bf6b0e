// The engine `vm`: the compiled bytecode in DeviceScript's own virtual machine, on a virtual clock. The machine talks
// Jacdac to the world, whose side of the bus is `jacdac-ts`; its flash outlasts a power cut, nothing else does.

import { existsSync, readFileSync } from "node:fs"
import { setImmediate } from "node:timers/promises"
import { JDServerServiceProvider, type JDService, SRV_SETTINGS } from "jacdac-ts"
import { START_UP_MS, TICK_MS } from "../../src/pump/limits"
import { nextDueMs } from "../../src/pump/tick"
import { sendFrame } from "../programmer/client"
import { presetKey } from "../programmer/presetKey"
import { BenchServer } from "./benchServer"
import type { EngineOptions } from "./core"
import type { DevsModule, VirtualClock } from "./devicescriptVm"
import { firmwareFile } from "./firmware"
import { recordPackets } from "./flashRecords"
import { type Flash, Machine } from "./machine"
import type { Session } from "./session"

// Any identifier other than the pump's.
const WORLD_DEVICE_ID = "0b5ea81c2d7f4e63"

// Ticks between two looks at anything but the run.
const TICKS_PER_TURN = 5_000

// The machine asks to be run every 10 ms whether anything is due or not. Between ticks all that can be due is a packet held
// back by its throttle, which lets one go 20 ms after the other; when nothing was sent for this long, none is.
const THROTTLE_PASSED_MS = 50

export interface VmOptions extends EngineOptions {
    /** The flash of a pump that was flashed with the same scenario before; it is used as it is, and changed. */
    flash?: Flash
    /** Called after every tick: for measurements of the machine itself. */
    afterTick?: (module: DevsModule) => void
    /** Called at each power-on: whoever else is to be on the machine's bus joins it here. */
    onPowerOn?: (machine: Machine) => void
    /** Awaited after every tick, with the simulated time: for runs that are watched or talked to. */
    pace?: (simulatedMs: number) => Promise<void>
    /** True where the run ends when its power is cut: whoever runs it lets the time without power pass. */
    endsWithoutPower?: boolean
}

/** Runs the session from its start to its end. The firmware must have been built (`npm run build`). */
export async function runVm(session: Session, options: VmOptions): Promise<void> {
    const endMs = session.scenario.durationMs
    const flash = options.flash ?? (await flashedPump(session))
    if (session.expectsStranger) await presetKey(session.memory)
    while (session.powered) {
        await runFromPowerOn(session, flash, options)
        if (options.endsWithoutPower) break
        while (!session.powered && session.nextEventMs <= endMs) session.advance(session.nextEventMs)
        if (session.world.nowMs >= endMs) break
    }
}

/** The flash of a pump on which firmware, prescription, calibration and the reservoir's filling have been written. */
export async function flashedPump(session: Session): Promise<Flash> {
    const file = firmwareFile("mainSimulator")
    if (!existsSync(file)) throw new Error("the firmware has not been built: run `npm run build` first")
    const flash: Flash = { image: new Uint8Array(0) }
    const clock: VirtualClock = { nowMs: 0 }
    const machine = await Machine.powerOn(clock, flash, () => {})
    let settings: JDService | undefined
    for (; !settings && clock.nowMs < 10_000; clock.nowMs += 100) {
        await machine.settle()
        settings = machine.bus.services({ serviceClass: SRV_SETTINGS })[0]
    }
    if (!settings) throw new Error("the virtual machine does not offer its settings")
    const binary = readFileSync(file)
    for (const packet of recordPackets(session, binary)) {
        await settings.sendPacketAsync(packet)
        clock.nowMs += 10
        await machine.settle()
    }
    if (machine.module.devsVerify(binary) !== 0 || machine.module.devsDeploy(binary) !== 0)
        throw new Error("the virtual machine refuses the firmware")
    machine.bus.stop()
    return flash
}

/** Runs from power-on until the power is cut or the run ends. */
async function runFromPowerOn(session: Session, flash: Flash, options: VmOptions): Promise<void> {
    const bootMs = session.poweredOnMs
    const endMs = session.scenario.durationMs
    const clock: VirtualClock = { nowMs: bootMs }
    const log: string[] = []
    const machine = await Machine.powerOn(clock, flash, line => {
        if (/^[>!]/.test(line)) log.push(line)
    })
    options.onPowerOn?.(machine)
    const server = new BenchServer(session, options.onTraceLine)
    machine.bus.addServiceProvider(new JDServerServiceProvider("world", [server], { deviceId: WORLD_DEVICE_ID }))
    let dueMs = await machine.settle()
    let deadlineMs = START_UP_MS
    for (let ticks = 1; ; ticks++) {
        let nowMs = deadlineMs + session.drawJitterMs()
        let tickMs = bootMs + nowMs
        // What else the machine has to do before its first tick is done on time; the tick itself is as late as the scenario wants it.
        while (ticks === 1 && dueMs < bootMs + deadlineMs && dueMs <= endMs) {
            clock.nowMs = dueMs
            dueMs = await machine.settle()
            if (session.poweredOnMs !== bootMs) break
        }
        if (session.poweredOnMs !== bootMs) break
        session.advance(Math.min(tickMs, endMs))
        // A firmware that is frozen comes to its tick when it runs again.
        for (; tickMs < session.world.frozenUntilMs; session.advance(Math.min(tickMs, endMs))) {
            tickMs = session.world.frozenUntilMs
            nowMs = tickMs - bootMs
        }
        if (session.poweredOnMs !== bootMs || tickMs > endMs) break
        clock.nowMs = tickMs
        dueMs = await machine.settle()
        deadlineMs = nextDueMs(deadlineMs, TICK_MS, nowMs)
        // The tick is done when nothing that it sent is held back any more.
        while (dueMs < bootMs + deadlineMs && dueMs - machine.lastSentMs <= THROTTLE_PASSED_MS && machine.panic === 0) {
            clock.nowMs = dueMs
            dueMs = await machine.settle()
        }
        if (machine.panic !== 0) throw new Error(`the firmware panicked: ${log.slice(-5).join(" / ")}`)
        if (session.poweredOnMs !== bootMs) break
        session.tickDone()
        const frame = session.strangersFrame()
        if (frame) {
            await sendFrame(machine.bus, frame)
            await machine.settle()
        }
        options.afterTick?.(machine.module)
        await options.pace?.(session.world.nowMs)

        if (ticks % TICKS_PER_TURN === 0) {
            options.onProgress(session.world.nowMs)
            await setImmediate()
        }
    }
    machine.bus.stop()
}

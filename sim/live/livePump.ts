// A simulated pump that goes on until it is switched off: the firmware's bytecode with its world, in real time or so many times as fast,
// and its bus for whoever wants to talk to it.

import { performance } from "node:perf_hooks"
import { setTimeout as delay, setImmediate } from "node:timers/promises"
import type { Machine } from "../engines/machine"
import { Session } from "../engines/session"
import { flashedPump, runVm } from "../engines/vm"
import type { Scenario, ScenarioEvent } from "../scenario/scenario"
import type { BusServer } from "./busServer"

/** As good as for ever: ten years. */
const DURATION_MS = 3650 * 86_400_000

/** Time that could not be kept up with is given up past this, and not made up in a burst. */
const BEHIND_MS_MAX = 2_000

/** How much time passes at once while there is no power. */
const WITHOUT_POWER_MS = 100

/** What is talked to at least this often, however fast the pump runs. */
const TURN_MS = 20

export class LivePump {
    readonly session: Session
    /** Called after every tick. */
    onTick: () => void = () => {}
    private machine: Machine | undefined
    private stopped = false
    /** When the pump's time was how far, on this machine's clock: its pace counts from there. */
    private beganMs = 0
    private beganAtMs = 0
    private turnMs = 0

    /** @param speed how many times as fast as real time, from 1 on; Infinity for as fast as it goes */
    constructor(
        scenario: Scenario,
        seed: number,
        private speed: number,
        private readonly bus: BusServer,
    ) {
        this.session = new Session({ ...scenario, durationMs: DURATION_MS }, seed)
        bus.onFrame = frame => this.machine?.hear(frame)
    }

    /** Runs until `stop` or an error of the firmware. */
    async run(): Promise<void> {
        const { session } = this
        const flash = await flashedPump(session)
        this.runAt(this.speed)
        try {
            while (!this.stopped) {
                await runVm(session, {
                    flash,
                    onProgress: () => {},
                    onTraceLine: undefined,
                    endsWithoutPower: true,
                    onPowerOn: machine => {
                        machine.onFrame = frame => this.bus.send(frame)
                        this.machine = machine
                    },
                    pace: simulatedMs => this.pace(simulatedMs),
                })
                // Without power time goes on, and somebody may give it back.
                this.machine = undefined
                while (!session.powered) {
                    await this.pace(session.world.nowMs + WITHOUT_POWER_MS)
                    session.advance(session.world.nowMs + WITHOUT_POWER_MS)
                }
            }
        } catch (error) {
            if (!(error instanceof Stopped)) throw error
        }
    }

    /** Goes on at this speed: so many times as fast as real time, Infinity for as fast as it goes. */
    runAt(speed: number): void {
        this.speed = speed
        this.beganMs = performance.now()
        this.beganAtMs = this.session.world.nowMs
    }

    /** Ends the run after the tick that is being done. */
    stop(): void {
        this.stopped = true
    }

    /** Lets something happen to the pump now. */
    intervene(event: ScenarioEvent): void {
        this.session.intervene(event)
    }

    private async pace(simulatedMs: number): Promise<void> {
        this.onTick()
        if (this.stopped) throw new Stopped()
        const nowMs = performance.now()
        if (this.speed === Infinity) {
            await setImmediate()
            return
        }
        const aheadMs = (simulatedMs - this.beganAtMs) / this.speed - (nowMs - this.beganMs)
        if (aheadMs < -BEHIND_MS_MAX) this.beganMs += -aheadMs
        if (aheadMs >= 1) await delay(aheadMs)
        else if (nowMs - this.turnMs < TURN_MS) return
        else await setImmediate()
        this.turnMs = performance.now()
    }
}

/** Leaves the engine from within. */
class Stopped extends Error {}

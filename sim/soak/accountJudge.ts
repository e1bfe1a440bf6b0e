// Whether what the pump says is left in the reservoir is what its steps left there, and whether it tells when that is little.

import { MS_PER_SECOND } from "../../src/pump/limits"
import type { Session } from "../engines/session"
import type { FaultBook } from "./faults"
import { mlText, type Verdict } from "./invariants"

/** Samples after which little left is told. */
const LOW_MS = 15 * MS_PER_SECOND

export class AccountJudge {
    /** What the account must say, from the steps that were told the motor; undefined until the pump has said it once. */
    private accountPl: number | undefined
    private doubtPl = 0
    /** True from a filling until the next step: on the bytecode what is left is told with a step. */
    private untold = false
    private lowSinceMs: number | undefined

    constructor(
        private readonly session: Session,
        private readonly faults: FaultBook,
        private readonly verdict: Verdict,
        private readonly raised: (ids: readonly string[]) => boolean,
    ) {
        this.accountPl = session.scenario.reservoirFillPl
    }

    step(steps: number): void {
        this.untold = false
        if (this.accountPl !== undefined) this.accountPl -= steps * this.session.mechanism.stepPl
    }

    /** A person has told it what is in the reservoir now; the steps of the tick may count for it or before it. */
    filled(volumePl: number): void {
        this.accountPl = volumePl
        this.doubtPl = this.tickPl
        this.untold = true
    }

    /** A tick's steps may have been made or not. */
    powerChanged(): void {
        this.doubtPl += this.tickPl
        this.lowSinceMs = undefined
    }

    /** The memory is not what the pump wrote: what it says next is the account. */
    forget(): void {
        this.accountPl = undefined
    }

    private get tickPl(): number {
        const { stepPl, stepsPerTickMax } = this.session.mechanism
        return stepPl * stepsPerTickMax
    }

    /** A tick is done, by a pump that has had time to begin. */
    judge(): void {
        const { residualPl, mechanism } = this.session
        if (residualPl === 0 || this.untold) return
        if (this.accountPl === undefined) {
            this.accountPl = residualPl
            this.doubtPl = 0
            return
        }
        if (
            Math.abs(residualPl - this.accountPl) <= this.doubtPl + mechanism.stepPl ||
            this.faults.hasSeen("sensorFault memory") ||
            this.raised(["checkpointDamaged"])
        )
            return
        this.verdict.fail("account", `${mlText(residualPl)} said to be left; ${mlText(this.accountPl)} by the steps`)
        this.accountPl = undefined
    }

    /** Judged of what the pump itself says is left: a filling that missed the reservoir it can't know of. */
    look(awake: boolean): void {
        const { residualPl, observer, world } = this.session
        if (!awake || this.untold || residualPl > observer.running.reservoirLowPl) {
            this.lowSinceMs = undefined
            return
        }
        this.lowSinceMs ??= world.nowMs
        if (world.nowMs - this.lowSinceMs > LOW_MS && !this.raised(["reservoirLow", "programmeMissing"]))
            this.verdict.failOnce(
                "inTime",
                `${mlText(residualPl)} said to be left, and no alarm that the reservoir is low`,
            )
    }
}

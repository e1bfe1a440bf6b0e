// What a campaign holds every run to, and the book in which is written what did not hold.

import { PICOLITRES_PER_ML } from "../prescription/schema"

/** What must hold in every run, whatever goes wrong in it. */
export const INVARIANTS = {
    limits: "What left the syringe stays within the guard's limits.",
    delivery: "Where nothing disturbs the flow, what left the syringe is what the programme and its boluses asked for.",
    inTime: "What keeps the drug from the patient is told in time.",
    silentStop: "The pump does not cease to deliver unless a person stopped it or an alarm says why.",
    stopHolds:
        "A stopped pump makes no step forward until the act that ends the stop; and none back but to relieve an occlusion.",
    commands: "Nothing is carried out that nobody at the pump or its programmer asked for.",
    boluses: "Each bolus is given once and whole, or told as not given, and none that the programme forbids.",
    cause: "An alarm is raised only where there is cause.",
    account: "What the pump says is left in the reservoir is what its steps left there.",
    announced: "While an alarm of high priority stands, light and sound tell.",
    metering: "At no tick is the motor a whole step off what is asked for.",
} as const

export type Invariant = keyof typeof INVARIANTS

/** An invariant that did not hold. */
export interface Violation {
    invariant: Invariant
    atMs: number
    /** What was seen, and what should have been. */
    text: string
}

/** A volume as a violation states it. */
export function mlText(pl: number): string {
    return `${(pl / PICOLITRES_PER_ML).toFixed(4)} mL`
}

/** Violations of a run that are reported; one is enough to fail. */
const KEPT = 20

/** What did not hold in a run, in the order in which it was seen. */
export class Verdict {
    readonly violations: Violation[] = []

    constructor(private readonly world: { readonly nowMs: number }) {}

    fail(invariant: Invariant, text: string): void {
        if (this.violations.length < KEPT) this.violations.push({ invariant, atMs: this.world.nowMs, text })
    }

    /** The same, of what goes on: told of the first time only. */
    failOnce(invariant: Invariant, text: string): void {
        if (!this.violations.some(violation => violation.invariant === invariant)) this.fail(invariant, text)
    }
}

// When a pump heard what people asked of it. A board hears later than `core` does, over a bus and through the programmer's link; so `core` is
// given each command when the board heard it, and how late that was is judged by itself.

import { BolusEvent, BolusKind, type BolusReason } from "../../src/pump/pump"
import { CommandKind, type ProgrammeAnswer, type Refusal } from "../../src/pump/readings"
import { PLAIN_COMMANDS } from "../engines/command"
import type { Session } from "../engines/session"
import type { Scenario, ScenarioEvent } from "../scenario/scenario"

const KINDS: Readonly<Partial<Record<ScenarioEvent["kind"], CommandKind>>> = {
    ...PLAIN_COMMANDS,
    prime: CommandKind.Prime,
    bolus: CommandKind.Bolus,
    setClock: CommandKind.Clock,
    refill: CommandKind.Refill,
    programme: CommandKind.Programme,
}

const COMMAND_OF_BOLUS: Readonly<Record<BolusKind, CommandKind>> = {
    [BolusKind.None]: CommandKind.None,
    [BolusKind.Prime]: CommandKind.Prime,
    [BolusKind.Clinician]: CommandKind.Bolus,
    [BolusKind.Patient]: CommandKind.PatientDose,
}

/** Asked this long before a sample, a command is heard with that sample and no earlier one: half of the time between two. */
const BEFORE_SAMPLE_MS = 500

/** A bolus that is granted begins, and is told of, so much later at least: once it is recorded. */
const RECORDING_MS = 700

/** What was heard in a run, in order. */
export type HeardLog = { kind: CommandKind; atMs: number }[]

/** Notes each answer of the firmware to a command from now on. */
export function logHeard(session: Session): HeardLog {
    const log: HeardLog = []
    const obeyed = session.obeyed.bind(session)
    session.obeyed = (kind: CommandKind, refusal: Refusal) => {
        log.push({ kind, atMs: session.world.nowMs })
        obeyed(kind, refusal)
    }
    const bolus = session.bolus.bind(session)
    session.bolus = (event: BolusEvent, kind: BolusKind, reason: BolusReason, volumePl: number) => {
        const { nowMs } = session.world
        if (event === BolusEvent.Started) log.push({ kind: COMMAND_OF_BOLUS[kind], atMs: nowMs - RECORDING_MS })
        if (event === BolusEvent.Denied) log.push({ kind: COMMAND_OF_BOLUS[kind], atMs: nowMs })
        bolus(event, kind, reason, volumePl)
    }
    const answered = session.programmeAnswered.bind(session)
    session.programmeAnswered = (answer: ProgrammeAnswer) => {
        log.push({ kind: CommandKind.Programme, atMs: session.world.nowMs })
        answered(answer)
    }
    return log
}

/**
 * The scenario with its commands as they were heard.
 * @returns also the command that was heard latest after it was asked for, and those that never were, in words
 */
export function asHeard(
    scenario: Scenario,
    log: HeardLog,
): { scenario: Scenario; latestMs: number; latest: string; unheard: string[] } {
    const left = [...log]
    let latestMs = 0
    let latest = ""
    const unheard: string[] = []
    const events = scenario.events.map(event => {
        const kind = KINDS[event.kind]
        if (kind === undefined) return event
        const at = left.findIndex(heard => heard.kind === kind && heard.atMs >= event.atMs)
        if (at < 0) {
            unheard.push(`${event.kind} at ${event.atMs / 1000} s`)
            return event
        }
        const [{ atMs }] = left.splice(at, 1)
        if (atMs - event.atMs > latestMs) {
            latestMs = atMs - event.atMs
            latest = `${event.kind} at ${event.atMs / 1000} s`
        }
        return { ...event, atMs: Math.max(event.atMs, atMs - BEFORE_SAMPLE_MS) }
    })
    return { scenario: { ...scenario, events: events.sort((a, b) => a.atMs - b.atMs) }, latestMs, latest, unheard }
}

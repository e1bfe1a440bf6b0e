// A run whose power is cut once, and what must hold of it afterwards: judged from the world and from the record memory, never from
// what the firmware says of itself alone.

import { runCore } from "../sim/engines/core"
import { bolusName } from "../sim/engines/result"
import { type CutPoint, Session } from "../sim/engines/session"
import { loadScenario } from "../sim/scenario/load"
import type { Scenario } from "../sim/scenario/scenario"
import { type Checkpoint, ProgrammeSource } from "../src/pump/checkpoint"
import {
    decodeEntry,
    ENTRY_SIZE,
    EVENT_ENTRIES,
    EventKind,
    FAULT_ENTRIES,
    REASONS_OF_BOLUS,
} from "../src/pump/eventLog"
import {
    CHECKPOINT_PLACE,
    EVENTS_AT,
    FAULTS_AT,
    findState,
    ODOMETERS_AT,
    PROGRAMME_PLACE,
    programmeAddress,
} from "../src/pump/journal"
import { MS_PER_DAY, START_UP_MS, TICK_MS } from "../src/pump/limits"
import { catchUp, ODOMETER_SIZE } from "../src/pump/odometer"
import { decodeProgramme } from "../src/pump/programme"
import { Mode } from "../src/pump/pump"
import { ProgrammeAnswer } from "../src/pump/readings"

/** How long the power is off, and how long each run lasts: the last cut is at its own end, and a pump is up again after six seconds. */
const OFF_MS = 5_000
const AFTER_MS = 15_000

/** When the scenario's person stops the pump, when its alarm is raised and when a start ends it, and the boluses that are asked for. */
const STOPPED_MS = 100_000
/** Within this what happened is recorded, and before that it is told to nobody. */
const RECORDED_MS = 1_000
const ALARM_RAISED_MS = 21_300
const ALARM_ENDED_MS = 28_000
const BOLUSES = 4

const ENDS: readonly number[] = [EventKind.BolusDelivered, EventKind.BolusCancelled, EventKind.BolusInterrupted]

/** The programme that is offered gives so much more in a day than the evening's segment. */
const FASTER_PL_PER_DAY = 800_000_000

/** The lockout of the patient's dose, and at most so much of it passes in a run. */
const LOCKOUT_MINUTES = 60
const RUN_MINUTES = 3

const SCENARIO = loadScenario("sim/scenarios/much-at-once.json")

/** The scenario of the power cuts, with time enough after its last event. */
export const CUT_SCENARIO: Scenario = { ...SCENARIO, durationMs: SCENARIO.durationMs + OFF_MS + AFTER_MS }

/** The ticks in which something happens that can be lost. */
export const TICKS_TO_CUT = (SCENARIO.durationMs - START_UP_MS) / TICK_MS

/** When a programme was taken. */
const takenMs = new WeakMap<Session, number>()

/** A session in which the power is cut there; undefined cuts it nowhere. */
export function cutSession(point: CutPoint | undefined): Session {
    const session = new Session(CUT_SCENARIO, CUT_SCENARIO.seed)
    const programmeAnswered = session.programmeAnswered.bind(session)
    session.programmeAnswered = answer => {
        if (answer === ProgrammeAnswer.Taken) takenMs.set(session, session.world.nowMs)
        programmeAnswered(answer)
    }
    if (point) session.cutPowerAt(point, OFF_MS)
    return session
}

/** The lengths of all writes to the record memory that the session comes to make, in their order; filled as it runs. */
export function lengthsOfWrites(session: Session): number[] {
    const lengths: number[] = []
    const { memory } = session
    const write = memory.write.bind(memory)
    memory.write = (address, bytes) => {
        lengths.push(bytes.length)
        return write(address, bytes)
    }
    return lengths
}

/** Runs it on `core`. */
export async function runCut(point: CutPoint | undefined): Promise<Session> {
    const session = cutSession(point)
    await runCore(session, { onProgress: () => {}, onTraceLine: undefined })
    return session
}

/** Alarms of a pump that lost what it must not lose, or delivered what it must not. */
const NEVER = [
    "programmeMissing",
    "programmeDamaged",
    "checkpointDamaged",
    "selfTestFailed",
    "memoryFault",
    "overDelivery",
]

/** All that does not hold of a session that is over; empty when all does. */
export function faultsOf(session: Session, name: string): string[] {
    const faults: string[] = []
    const must = (holds: boolean, what: string) => {
        if (!holds) faults.push(`${name}: ${what}`)
    }
    const contents = session.memory.contents
    const state = [0, CHECKPOINT_PLACE, ODOMETERS_AT, ODOMETERS_AT + ODOMETER_SIZE].map((at, i) =>
        contents.subarray(at, at + (i < 2 ? 200 : ODOMETER_SIZE)),
    )
    const found = findState(state, 0)
    must(found.damage === 0, `the journal is damaged (${found.damage})`)
    const checkpoint = found.checkpoint
    if (!checkpoint) return [...faults, `${name}: no checkpoint is left`]

    const { stepPl, stepsPerTickMax } = session.mechanism
    catchUp(checkpoint, found.newer, found.older, stepPl)
    const madeSteps = session.observer.commandedSteps
    const doubtSteps = checkpoint.forwardSteps - madeSteps
    const statedSteps = checkpoint.uncertainPl / stepPl
    must(doubtSteps >= 0, `${-doubtSteps} steps more were made than counted`)
    must(doubtSteps <= stepsPerTickMax, `${doubtSteps} steps were counted that were not made`)
    must(statedSteps >= doubtSteps && statedSteps <= stepsPerTickMax, `${doubtSteps} in doubt, ${statedSteps} stated`)
    must(
        CUT_SCENARIO.reservoirFillPl - checkpoint.residualPl === checkpoint.forwardSteps * stepPl,
        "the reservoir account is not that of the steps",
    )
    // Never ahead of the programme and its boluses: none is delivered twice, or after the reset. Where power went between the record of
    // the new programme and the word of it, the new one runs and nobody knows.
    const untold = checkpoint.programmeSource !== ProgrammeSource.Flash && !programmeTold(session)
    const runMs = Math.max(0, STOPPED_MS - session.poweredOnMs - START_UP_MS)
    const untoldPl = untold ? (FASTER_PL_PER_DAY * runMs) / MS_PER_DAY : 0
    must(madeSteps * stepPl <= session.observer.programmedPl + 1 + untoldPl, "more was delivered than asked for")
    must(session.observer.programmedPl - madeSteps * stepPl < 20 * stepPl, "much less was delivered than asked for")

    for (const id of NEVER) must(!session.alarms.some(alarm => alarm.id === id), `${id} was raised`)
    const cutMs = session.poweredOnMs - OFF_MS
    if (session.poweredOnMs > 0) {
        must(
            session.boluses.every(bolus => bolus.outcome !== "inProgress"),
            "a bolus outlasted the cut",
        )
        const given = session.boluses.filter(({ startedMs }) => startedMs !== null)
        must(given.length <= BOLUSES, "a bolus was given twice")
        must(new Set(given.map(({ requestedMs }) => requestedMs)).size === given.length, "a request was granted twice")
        // Of each one that had begun somebody is told how it ended: delivered, cancelled or interrupted.
        const ended = endedIn(contents, checkpoint)
        for (const kind of ["prime", "clinician", "patient"]) {
            const begun = given.filter(bolus => bolus.kind === kind).length
            const told = ended.filter(ofKind => ofKind === kind).length
            must(told >= begun, `${begun} of kind ${kind} had begun, and the end of ${told} is told`)
            // One more where the power went between the record of a bolus and the word of it.
            must(told <= begun + 1, `${begun} of kind ${kind} had begun, and the end of ${told} is told`)
        }
        if (given.some(({ kind }) => kind === "patient")) {
            must(checkpoint.lockoutMinutes >= LOCKOUT_MINUTES - RUN_MINUTES, "the lockout was forgotten")
            must(checkpoint.patientDoses === 1, `${checkpoint.patientDoses} patient's doses were counted`)
        }
        const stands = session.alarms.some(({ id, clearedMs }) => id === "batteryEnd" && clearedMs === null)
        // The person's start comes to a pump that has power again, or to none.
        if (cutMs > ALARM_RAISED_MS + RECORDED_MS && cutMs < ALARM_ENDED_MS && session.poweredOnMs > ALARM_ENDED_MS)
            must(stands, "the alarm was forgotten")
        if (cutMs > STOPPED_MS + RECORDED_MS) must(checkpoint.mode === Mode.Stopped, "the stop was forgotten")
        must(checkpoint.starts === 2 || cutMs < 5_000, `${checkpoint.starts} starts were counted`)
    }
    checkProgramme(session, checkpoint, must)
    must(readable(contents, EVENTS_AT, EVENT_ENTRIES, checkpoint.events), "the log of events is not readable")
    must(readable(contents, FAULTS_AT, FAULT_ENTRIES, checkpoint.faults), "the log of faults is not readable")
    return faults
}

/** The programme that runs is the old or the new one, whole; the new one once that is recorded. */
function checkProgramme(session: Session, checkpoint: Checkpoint, must: (holds: boolean, what: string) => void): void {
    const taken = checkpoint.programmeSource !== ProgrammeSource.Flash
    const cutMs = session.poweredOnMs > 0 ? session.poweredOnMs - OFF_MS : Infinity
    const recorded = (takenMs.get(session) ?? Infinity) + RECORDED_MS < cutMs
    must(taken || !recorded, "the programme that was taken does not run")
    if (!taken) return
    const at = programmeAddress(checkpoint.programmeSource)
    const record = session.memory.contents.subarray(at, at + PROGRAMME_PLACE)
    const length = record[0] + 256 * record[1]
    must(typeof decodeProgramme(record.subarray(2, 2 + length)) === "object", "the programme is not whole")
}

function programmeTold(session: Session): boolean {
    return session.finish("core", 0).result.programmes.some(({ answer }) => answer === "taken")
}

/** The kinds of the boluses whose end the log tells. */
function endedIn(contents: Uint8Array, checkpoint: Checkpoint): string[] {
    const kinds: string[] = []
    // What was written after the last checkpoint belongs to it too.
    for (let entry = Math.max(0, checkpoint.events - EVENT_ENTRIES); ; entry++) {
        const at = EVENTS_AT + (entry % EVENT_ENTRIES) * ENTRY_SIZE
        const told = decodeEntry(contents.subarray(at, at + ENTRY_SIZE), entry)
        if (!told) return kinds
        if (ENDS.includes(told.kind)) kinds.push(bolusName(Math.floor(told.reason / REASONS_OF_BOLUS)))
    }
}

function readable(contents: Uint8Array, at: number, size: number, entries: number): boolean {
    for (let entry = Math.max(0, entries - size); entry < entries; entry++) {
        const place = at + (entry % size) * ENTRY_SIZE
        if (!decodeEntry(contents.subarray(place, place + ENTRY_SIZE), entry)) return false
    }
    return true
}

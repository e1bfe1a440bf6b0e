// Holds what a pump on a board did against what `core` did in the same scenario, within tolerances that are stated with the result: the
// board runs on a clock of its own, and hears its people over a bus.

import type { AlarmRecord, BolusRecord, RunResult } from "../engines/result"
import type { Session } from "../engines/session"

/** How far a board may be from `core`. */
export interface Tolerance {
    /** By how much whatever happens may be earlier or later, in milliseconds. */
    lateMs: number
    /** Steps more or less at any time, beside that, for each power-on: the part of a step that was owed begins anew with it. */
    stepsPerPowerOn: number
    /** How long a command may take from the person to the pump's logic. */
    heardMs: number
}

/**
 * A tick may come in the next sample's place, and an alarm takes three samples: one more of a second each. A command waits for a sample of
 * the host, goes over the bus with a seal that is asked for first, and waits for a sample of the pump. Both are assumed: no board was at hand.
 */
export const TOLERANCE: Tolerance = { lateMs: 1_200, stepsPerPowerOn: 1, heardMs: 4_000 }

/** One thing that was held against `core`. */
export interface Check {
    name: string
    /** Undefined where it holds; else what does not, in words. */
    failure: string | undefined
}

/** Steps of a run in order: when they were made, in milliseconds of the run, and how many there were in all then, those back taken off. */
export interface StepLog {
    atMs: number[]
    steps: number[]
    /** Power-ons of the run, the first included. */
    powerOns: number
}

/** Notes every step that is told this session from now on. */
export function logSteps(session: Session): StepLog {
    const log: StepLog = { atMs: [], steps: [], powerOns: 1 }
    let poweredOnMs = session.poweredOnMs
    let made = 0
    const step = session.step.bind(session)
    session.step = count => {
        step(count)
        if (!session.powered) return
        made += count
        if (session.poweredOnMs !== poweredOnMs) log.powerOns += 1
        poweredOnMs = session.poweredOnMs
        log.atMs.push(session.world.nowMs)
        log.steps.push(made)
    }
    return log
}

/** All that is held against `core`, each with what differs. */
export function compare(
    board: { result: RunResult; log: StepLog },
    core: { result: RunResult; log: StepLog },
    tolerance: Tolerance,
): Check[] {
    const steps = tolerance.stepsPerPowerOn * Math.max(board.log.powerOns, core.log.powerOns)
    return [
        { name: "steps", failure: stepsDiffer(board.log, core.log, tolerance.lateMs, steps) },
        { name: "alarms", failure: alarmsDiffer(board.result.alarms, core.result.alarms, tolerance.lateMs) },
        { name: "boluses", failure: bolusesDiffer(board.result.boluses, core.result.boluses) },
        {
            name: "refusals",
            failure: listsDiffer(board.result.refusals.map(refusalText), core.result.refusals.map(refusalText)),
        },
        {
            name: "programmes",
            failure: listsDiffer(
                board.result.programmes.map(({ answer }) => answer),
                core.result.programmes.map(({ answer }) => answer),
            ),
        },
    ]
}

function refusalText({ command, reason }: RunResult["refusals"][number]): string {
    return `${command}: ${reason}`
}

/** At every step of either the board has made as many as `core` had some time within `lateMs`, give or take `slack`. */
function stepsDiffer(board: StepLog, core: StepLog, lateMs: number, slack: number): string | undefined {
    const moments = [...board.atMs, ...core.atMs.flatMap(ms => [ms + lateMs, ms - lateMs])].filter(ms => ms >= 0)
    for (const ms of moments.sort((a, b) => a - b)) {
        const made = stepsAt(board, ms)
        const range = rangeWithin(core, ms - lateMs, ms + lateMs)
        if (made >= range.least - slack && made <= range.most + slack) continue
        return `at ${(ms / 1000).toFixed(3)} s the board had made ${made} steps, and core between ${range.least} and ${range.most} within ${lateMs / 1000} s of then; ${slack} more or less would do`
    }
    const [last, lastOfCore] = [board, core].map(({ steps }) => steps[steps.length - 1] ?? 0)
    if (Math.abs(last - lastOfCore) > slack + stepsOfLastly(core, lateMs))
        return `${last} steps in all, and core made ${lastOfCore}`
    return undefined
}

/** What was made in the last `lateMs` of a run: a board that is late by so much has not made it yet. */
function stepsOfLastly(log: StepLog, lateMs: number): number {
    const endMs = log.atMs[log.atMs.length - 1] ?? 0
    return Math.abs((log.steps[log.steps.length - 1] ?? 0) - stepsAt(log, endMs - lateMs))
}

function stepsAt({ atMs, steps }: StepLog, ms: number): number {
    let [low, high] = [0, atMs.length]
    while (low < high) {
        const middle = (low + high) >> 1
        if (atMs[middle] <= ms) low = middle + 1
        else high = middle
    }
    return steps[low - 1] ?? 0
}

function rangeWithin(log: StepLog, fromMs: number, toMs: number): { least: number; most: number } {
    const counts = [stepsAt(log, fromMs), stepsAt(log, toMs)]
    log.atMs.forEach((ms, i) => {
        if (ms > fromMs && ms <= toMs) counts.push(log.steps[i])
    })
    return { least: Math.min(...counts), most: Math.max(...counts) }
}

/** The same alarms for the same reasons, each raised and over at the same time. */
function alarmsDiffer(board: AlarmRecord[], core: AlarmRecord[], lateMs: number): string | undefined {
    const names = listsDiffer(board.map(alarmText), core.map(alarmText))
    if (names !== undefined) return names
    const [ofBoard, ofCore] = [board, core].map(alarms =>
        [...alarms].sort((a, b) => (alarmText(a) < alarmText(b) ? -1 : 1)),
    )
    for (const [i, { id, raisedMs, clearedMs }] of ofBoard.entries()) {
        const other = ofCore[i]
        if (Math.abs(raisedMs - other.raisedMs) > lateMs)
            return `${id} was raised at ${raisedMs / 1000} s, on core at ${other.raisedMs / 1000} s`
        if ((clearedMs === null) !== (other.clearedMs === null))
            return `${id} is over on ${clearedMs === null ? "core" : "the board"} alone`
        if (clearedMs !== null && other.clearedMs !== null && Math.abs(clearedMs - other.clearedMs) > lateMs)
            return `${id} was over at ${clearedMs / 1000} s, on core at ${other.clearedMs / 1000} s`
    }
    return undefined
}

function alarmText({ id, reason }: AlarmRecord): string {
    return `${id} (${reason})`
}

/** The same boluses with the same ends. What of a delivered one was metered is held against `core` with the steps. */
function bolusesDiffer(board: BolusRecord[], core: BolusRecord[]): string | undefined {
    const text = ({ kind, outcome, reason }: BolusRecord) => `${kind} ${outcome}${reason ? ` (${reason})` : ""}`
    return listsDiffer(board.map(text), core.map(text))
}

/** Lists are the same in any order. */
function listsDiffer(board: string[], core: string[]): string | undefined {
    const [ofBoard, ofCore] = [board, core].map(list => [...list].sort().join(", ") || "none")
    return ofBoard === ofCore ? undefined : `on the board ${ofBoard}; on core ${ofCore}`
}

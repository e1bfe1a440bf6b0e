// Reads a scenario file and all it refers to, checks the parts against one another, and gives what the engines run.
// Whatever cannot be run is refused before a run starts, so that a run that starts has a meaning.

import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { MS_PER_DAY } from "../../src/pump/limits"
import { Mechanism } from "../../src/pump/mechanism"
import { mechanismRatePlPerDayMax } from "../../src/pump/pump"
import { InputError, Problem, readInput, shown } from "../input"
import { CompiledPrescription, loadPrescription } from "../prescription/compile"
import { encodeMechanism, loadMechanism, mechanismLimit, refusedFlow } from "../prescription/mechanism"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import { Expectations, Scenario, ScenarioEvent } from "./scenario"
import { EventInput, ScenarioInput, scenarioSchema } from "./schema"
import { sinceStartMs, sinceStartText, weekMsOf } from "./time"

const DEFAULT_MECHANISM = fileURLToPath(new URL("../../boards/syringe-20ml.mechanism.json", import.meta.url))
const DURATION_DAYS_MAX = 366

/** Reads and checks a scenario file; throws InputError with everything that is wrong with it. */
export function loadScenario(file: string): Scenario {
    const input = readInput(file, scenarioSchema)
    const problems: Problem[] = []
    const refuse = (field: string, was: string, mayBe: string) => problems.push({ file, field, was, mayBe })

    const compiled = referred("prescription", input.prescription, loadPrescription)
    const mechanism =
        input.mechanism === undefined
            ? loadMechanism(DEFAULT_MECHANISM)
            : referred("mechanism", input.mechanism, loadMechanism)

    /** Loads a file that this one names; a file that isn't there is this file's problem. */
    function referred<Loaded>(field: string, path: string, load: (file: string) => Loaded): Loaded {
        const target = join(dirname(file), path)
        try {
            return load(target)
        } catch (error) {
            const missing =
                error instanceof InputError &&
                error.problems.some(({ was, field }) => was === "missing" && field === "")
            if (!missing) throw error
            const mayBe = "the path of a JSON file, relative to this one"
            throw new InputError([{ file, field, was: `${shown(path)}, and there is no ${target}`, mayBe }])
        }
    }

    const durationMs = timeMs(input.duration)
    if (!(durationMs > 0 && durationMs <= DURATION_DAYS_MAX * MS_PER_DAY))
        refuse("duration", shown(input.duration), `a time longer than none and up to "${DURATION_DAYS_MAX}d"`)
    const startWeekMs = weekMsOf(input.startsAt)
    if (startWeekMs === undefined) throw new Error("a start that its schema should have refused")

    const { reservoirMl } = compiled.prescription
    const reservoirFillMl = input.reservoirFillMl ?? reservoirMl
    if (!(reservoirFillMl <= reservoirMl))
        refuse(
            "reservoirFillMl",
            shown(reservoirFillMl),
            `a number from 0 to ${reservoirMl}, the prescription's reservoirMl`,
        )

    checkMechanismKeepsUp(compiled, mechanism, input, refuse)
    const events = eventsOf(input.events, durationMs, reservoirMl, refuse)
    const expect = expectationsOf(input.expect, durationMs, refuse)
    if (problems.length > 0) throw new InputError(problems)

    return {
        name: input.name,
        description: input.description,
        file,
        prescription: compiled.prescription,
        programmeBytes: compiled.bytes,
        mechanismBytes: encodeMechanism(mechanism),
        durationMs,
        startsAt: input.startsAt,
        startWeekMs,
        seed: input.seed,
        reservoirFillPl: Math.round(reservoirFillMl * PICOLITRES_PER_ML),
        world: input.world,
        events,
        expect,
    }
}

type Refuse = (field: string, was: string, mayBe: string) => void

function timeMs(text: string): number {
    const ms = sinceStartMs(text)
    if (ms === undefined) throw new Error("a time that its schema should have refused")
    return ms
}

/** The motor can make every flow that is asked of it; otherwise the pump would fall behind without end. */
function checkMechanismKeepsUp(
    { programme }: CompiledPrescription,
    mechanism: Mechanism,
    input: ScenarioInput,
    refuse: Refuse,
): void {
    const refused = refusedFlow(programme, mechanism)
    if (refused) refuse(input.mechanism === undefined ? "prescription" : "mechanism", refused.was, refused.mayBe)
    const mlPerDayMax = mechanismRatePlPerDayMax(mechanism) / PICOLITRES_PER_ML
    const may = mechanismLimit(mechanism)
    input.events.forEach((event, i) => {
        if (event.do === "prime" && event.rateMlPerHour * 24 > mlPerDayMax)
            refuse(`events[${i}].rateMlPerHour`, shown(event.rateMlPerHour), `a flow ${may}`)
    })
}

/** Events that end what another one began. */
const BEGUN_BY: Partial<Record<EventInput["do"], EventInput["do"]>> = {
    clear: "occlude",
    powerOn: "powerOff",
    unstall: "stall",
    sensorRepair: "sensorFault",
}

const ENDED_BY = Object.fromEntries(Object.entries(BEGUN_BY).map(([end, begin]) => [begin, end]))

const ASKED_OF_THE_PUMP = ["stop", "start", "prime", "refill"]

function eventsOf(inputs: EventInput[], durationMs: number, reservoirMl: number, refuse: Refuse): ScenarioEvent[] {
    const inOrder = inputs
        .map((input, i) => ({ input, field: `events[${i}]`, atMs: timeMs(input.at) }))
        .sort((a, b) => a.atMs - b.atMs)
    const lasting = new Set<string>()
    for (const { input, field, atMs } of inOrder) {
        if (!(atMs < durationMs))
            refuse(`${field}.at`, shown(input.at), `a time since start before the end, ${sinceStartText(durationMs)}`)
        const about = "sensor" in input ? ` of ${input.sensor}` : ""
        const begin = BEGUN_BY[input.do]
        const end = ENDED_BY[input.do]
        if (begin !== undefined && !lasting.delete(begin + about))
            refuse(`${field}.do`, shown(input.do) + about, `"${input.do}" only after "${begin}"${about}`)
        if (end !== undefined) {
            if (lasting.has(input.do + about))
                refuse(
                    `${field}.do`,
                    `a second ${shown(input.do)}${about}`,
                    `"${input.do}" again only after "${end}"${about}`,
                )
            lasting.add(input.do + about)
        }
        if (ASKED_OF_THE_PUMP.includes(input.do) && lasting.has("powerOff"))
            refuse(
                `${field}.at`,
                `${shown(input.at)}, when power is off`,
                `a time at which the pump can hear "${input.do}"`,
            )
        if (input.do === "refill" && !(input.volumeMl <= reservoirMl))
            refuse(
                `${field}.volumeMl`,
                shown(input.volumeMl),
                `a number from 0.001 to ${reservoirMl}, the prescription's reservoirMl`,
            )
    }
    return inOrder.map(({ input, atMs }) => eventOf(input, atMs))
}

function eventOf(input: EventInput, atMs: number): ScenarioEvent {
    switch (input.do) {
        case "prime":
            return {
                atMs,
                kind: "prime",
                volumePl: Math.round(input.volumeMl * PICOLITRES_PER_ML),
                ratePlPerDay: Math.round(input.rateMlPerHour * 24 * PICOLITRES_PER_ML),
            }
        case "refill":
            return { atMs, kind: "refill", volumePl: Math.round(input.volumeMl * PICOLITRES_PER_ML) }
        case "sensorFault":
            return { atMs, kind: "sensorFault", sensor: input.sensor, failure: input.failure }
        case "sensorRepair":
            return { atMs, kind: "sensorRepair", sensor: input.sensor }
        default:
            return { atMs, kind: input.do }
    }
}

function expectationsOf(input: ScenarioInput["expect"], durationMs: number, refuse: Refuse): Expectations {
    for (const range of ["programmedMl", "deliveredMl", "residualMl"] as const) {
        const given = input[range]
        if (given && !(given.min <= given.max))
            refuse(`expect.${range}.min`, shown(given.min), `a number up to ${given.max}, which is max`)
    }
    const alarms = input.alarms.map((alarm, i) => {
        const field = `expect.alarms[${i}]`
        const window = (from: "raisedFrom" | "clearedFrom", to: "raisedTo" | "clearedTo") => {
            const fromMs = alarm[from] === undefined ? 0 : timeMs(alarm[from])
            const toMs = alarm[to] === undefined ? durationMs : timeMs(alarm[to])
            if (!(toMs <= durationMs))
                refuse(
                    `${field}.${to}`,
                    shown(alarm[to]),
                    `a time since start up to the end, ${sinceStartText(durationMs)}`,
                )
            else if (!(fromMs <= toMs))
                refuse(`${field}.${from}`, shown(alarm[from]), `a time since start up to ${sinceStartText(toMs)}`)
            return { fromMs, toMs }
        }
        const raised = window("raisedFrom", "raisedTo")
        const ends = alarm.clearedFrom !== undefined || alarm.clearedTo !== undefined
        if (ends && alarm.standsAtEnd)
            refuse(`${field}.standsAtEnd`, "true", "false where clearedFrom or clearedTo is given")
        return {
            id: alarm.id,
            raisedFromMs: raised.fromMs,
            raisedToMs: raised.toMs,
            cleared: ends ? window("clearedFrom", "clearedTo") : null,
            standsAtEnd: alarm.standsAtEnd,
        }
    })
    return { ...input, alarms }
}

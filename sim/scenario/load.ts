// Reads a scenario file and all it refers to, checks the parts against one another, and gives what the engines run.
// Whatever cannot be run is refused before a run starts, so that a run that starts has a meaning.

import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { MS_PER_DAY } from "../../src/pump/limits"
import { Mechanism } from "../../src/pump/mechanism"
import { mechanismRatePlPerDayMax } from "../../src/pump/pump"
import { CELSIUS_MAX, CELSIUS_MIN } from "../accuracy/density"
import { checkInput, InputError, Problem, readInput, shown } from "../input"
import { CompiledPrescription, loadPrescription } from "../prescription/compile"
import { encodeMechanism, loadMechanism, mechanismLimit, refusedFlow } from "../prescription/mechanism"
import { PICOLITRES_PER_ML } from "../prescription/schema"
import { periodicErrorMicrometresMax } from "../world/leadScrew"
import { EventInput, eventSchema } from "./eventSchema"
import {
    Expectations,
    Filling,
    PartName,
    Range,
    Scenario,
    ScenarioEvent,
    SensorFailure,
    WorldSettings,
} from "./scenario"
import { ScenarioInput, scenarioSchema } from "./schema"
import { sinceStartMs, sinceStartText, wallMsOf } from "./time"

const DEFAULT_MECHANISM = fileURLToPath(new URL("../../boards/syringe-20ml.mechanism.json", import.meta.url))
const DURATION_DAYS_MAX = 366

/** Reads and checks a scenario file; throws InputError with everything that is wrong with it. */
export function loadScenario(file: string): Scenario {
    return scenarioOf(file, readInput(file, scenarioSchema))
}

/** Checks what could stand in this scenario file, as `loadScenario` does; paths in it are relative to the file. */
export function checkScenario(file: string, value: unknown): Scenario {
    return scenarioOf(file, checkInput(file, value, scenarioSchema))
}

function scenarioOf(file: string, input: ScenarioInput): Scenario {
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
    const startWallMs = wallMsOf(input.startsAt)
    if (startWallMs === undefined) throw new Error("a start that its schema should have refused")

    const { reservoirMl } = compiled.prescription
    const reservoirFillMl = input.reservoirFillMl ?? reservoirMl
    if (!(reservoirFillMl <= reservoirMl))
        refuse(
            "reservoirFillMl",
            shown(reservoirFillMl),
            `a number from 0 to ${reservoirMl}, the prescription's reservoirMl`,
        )

    const { plungerStictionKilopascals, stopperComplianceMicrolitresPerKilopascal } = input.world
    if (plungerStictionKilopascals > 0 && !(stopperComplianceMicrolitresPerKilopascal > 0))
        refuse(
            "world.plungerStictionKilopascals",
            shown(plungerStictionKilopascals),
            "0, or more with a stopperComplianceMicrolitresPerKilopascal over 0, which lets the plunger stick",
        )
    checkMechanics(input.world, refuse)
    if (!input.linePrimed && compiled.programme.deadVolumePl === 0)
        refuse("linePrimed", "false", "true where the prescription says nothing of its line")
    checkMechanismKeepsUp(compiled, mechanism, input, refuse)
    input.events.forEach((event, i) => {
        if (event.do === "battery" && input.world.battery)
            refuse(
                `events[${i}].do`,
                shown(event.do),
                "left out where there is a world.battery, which has its own voltage",
            )
    })
    const offers = input.events.map((event, i) => {
        if (event.do !== "programme") return undefined
        const field = `events[${i}].prescription`
        const offered = referred(field, event.prescription, loadPrescription)
        const refused = refusedFlow(offered.programme, mechanism)
        if (refused) refuse(field, refused.was, refused.mayBe)
        return offered
    })
    const events = eventsOf(input.events, offers, durationMs, reservoirMl, refuse)
    const expect = expectationsOf(input.expect, durationMs, refuse)
    if (problems.length > 0) throw new InputError(problems)

    return {
        name: input.name,
        description: input.description,
        file,
        prescription: compiled.prescription,
        programmeBytes: compiled.bytes,
        mechanismBytes: encodeMechanism(mechanism),
        limitsBytes: compiled.limitsBytes,
        durationMs,
        startsAt: input.startsAt,
        startWallMs,
        seed: input.seed,
        reservoirFillPl: Math.round(reservoirFillMl * PICOLITRES_PER_ML),
        linePrimed: input.linePrimed,
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

/** What parts of the mechanism and the room around it must be, each for itself within its range, to have a meaning together. */
function checkMechanics(world: WorldSettings, refuse: Refuse): void {
    const { leadScrew, stepper, temperature, leadScrewPitchMm, stepsPerTurn } = world
    const most = periodicErrorMicrometresMax(leadScrewPitchMm)
    if (leadScrew && !(leadScrew.periodicErrorMicrometres < most))
        refuse(
            "world.leadScrew.periodicErrorMicrometres",
            shown(leadScrew.periodicErrorMicrometres),
            `under ${most.toFixed(1)}, the pitch over 2π: a turn forwards moves the nut forwards`,
        )
    if (stepper && !(stepper.fullStepsPerTurn <= stepsPerTurn))
        refuse(
            "world.stepper.fullStepsPerTurn",
            shown(stepper.fullStepsPerTurn),
            `at most ${stepsPerTurn}, which is stepsPerTurn`,
        )
    if (!temperature) return
    const swingMax = Math.min(temperature.meanCelsius - CELSIUS_MIN, CELSIUS_MAX - temperature.meanCelsius)
    if (!(temperature.swingKelvin <= swingMax))
        refuse(
            "world.temperature.swingKelvin",
            shown(temperature.swingKelvin),
            `at most ${swingMax}, which stays between ${CELSIUS_MIN} and ${CELSIUS_MAX} °C`,
        )
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
export const BEGUN_BY: Partial<Record<EventInput["do"], EventInput["do"]>> = {
    clear: "occlude",
    clearOutlet: "blockOutlet",
    closeLine: "openLine",
    powerOn: "powerOff",
    unstall: "stall",
    replaceGear: "wearGear",
    sensorRepair: "sensorFault",
    supplyGood: "supplyLow",
}

/** The same the other way round. */
export const ENDED_BY: Record<string, string> = Object.fromEntries(
    Object.entries(BEGUN_BY).map(([end, begin]) => [begin, end]),
)

/** Events that say nothing while the pump has no power. */
export const TAKES_POWER = [
    "stop",
    "start",
    "acknowledge",
    "silence",
    "release",
    "prime",
    "bolus",
    "patientDose",
    "cancelBolus",
    "minimumRate",
    "setClock",
    "refillBegin",
    "refill",
    "programme",
    "freeze",
    "hostileFrames",
]

/** The failures that not every part can have, and those that can. */
const FAILS_ONLY: Partial<Record<SensorFailure, PartName[]>> = {
    jumping: ["pressure", "encoder", "battery", "clock"],
    drifting: ["pressure", "encoder", "battery", "clock"],
    pressed: ["reservoirSwitch"],
}

/** The field with the rate at which each part drifts, and what it comes to in the part's own unit per hour. */
const DRIFTS = {
    pressure: { field: "driftPascalsPerHour", perHour: 1 },
    encoder: { field: "driftStepsPerHour", perHour: 1 },
    battery: { field: "driftMillivoltsPerHour", perHour: 1 },
    clock: { field: "driftPartsPerMillion", perHour: 3600 / 1_000_000 },
} as const

function eventsOf(
    inputs: EventInput[],
    offers: (CompiledPrescription | undefined)[],
    durationMs: number,
    reservoirMl: number,
    refuse: Refuse,
): ScenarioEvent[] {
    const inOrder = inputs
        .flatMap((input, i) => timesOf(input).map(atMs => ({ input, offer: offers[i], field: `events[${i}]`, atMs })))
        .sort((a, b) => a.atMs - b.atMs)
    const lasting = new Set<string>()
    for (const { input, offer, field, atMs } of inOrder) {
        if (!(atMs < durationMs))
            refuse(
                `${field}.at`,
                atMs === timeMs(input.at) ? shown(input.at) : `${shown(input.at)}, and again ${sinceStartText(atMs)}`,
                `a time since start before the end, ${sinceStartText(durationMs)}`,
            )
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
        if (TAKES_POWER.includes(input.do) && lasting.has("powerOff"))
            refuse(
                `${field}.at`,
                `${shown(input.at)}, when power is off`,
                `a time at which the pump has the power for "${input.do}"`,
            )
        if (input.do === "programme" && input.refill)
            checkFilling(input.refill, `${field}.refill`, offer ? offer.prescription.reservoirMl : reservoirMl, refuse)
        checkEvent(input, field, reservoirMl, refuse)
    }
    return inOrder.map(({ input, offer, atMs }) => eventOf(input, offer, atMs))
}

/** What of an event is wrong whenever it happens. */
function checkEvent(input: EventInput, field: string, reservoirMl: number, refuse: Refuse): void {
    if (input.do === "refill" || input.do === "fill") checkFilling(input, field, reservoirMl, refuse)
    if (input.do === "bolus" && (input.micrograms === undefined) === (input.volumeMl === undefined))
        refuse(
            field,
            input.volumeMl === undefined ? "a bolus without an amount" : "a bolus with both micrograms and volumeMl",
            "a bolus with one of micrograms and volumeMl",
        )
    if (input.do === "sensorFault") checkSensorFault(input, field, refuse)
}

/** What a person at a running pump lets happen now, as an event of a scenario is written; throws InputError, by the name of `source`. */
export function liveEvent(source: string, value: Record<string, unknown>, reservoirMl: number): ScenarioEvent {
    const problems: Problem[] = []
    const refuse: Refuse = (field, was, mayBe) => problems.push({ file: source, field, was, mayBe })
    const input = checkInput(source, { ...value, at: "00:00" }, eventSchema)
    if (input.do === "programme")
        refuse("do", shown(input.do), "an event of no file: npm run programmer offers programmes")
    if (input.again) refuse("again", "given", "left out: it happens now, and once")
    checkEvent(input, "event", reservoirMl, refuse)
    if (problems.length > 0) throw new InputError(problems)
    return eventOf(input, undefined, 0)
}

/** When an event happens: at its time, and again as often as it says. */
function timesOf({ at, again }: EventInput): number[] {
    const atMs = timeMs(at)
    if (!again) return [atMs]
    return Array.from({ length: again.times + 1 }, (_, i) => atMs + i * timeMs(again.every))
}

type Input<Kind extends EventInput["do"]> = Extract<EventInput, { do: Kind }>

/** What a file says of a filling of the reservoir. */
type FillingInput = Omit<Input<"refill">, "at" | "do">

function checkFilling(
    input: Omit<FillingInput, "measuredResidualMl"> & Partial<Pick<FillingInput, "measuredResidualMl">>,
    field: string,
    reservoirMl: number,
    refuse: Refuse,
): void {
    const { volumeMl, missedMl, measuredResidualMl } = input
    const may = (least: string) => `a number from ${least} to ${reservoirMl}, the prescription's reservoirMl`
    if (!(volumeMl <= reservoirMl)) refuse(`${field}.volumeMl`, shown(volumeMl), may("0.001"))
    if (!(missedMl <= volumeMl))
        refuse(`${field}.missedMl`, shown(missedMl), `a number from 0 to ${volumeMl}, which is volumeMl`)
    if (typeof measuredResidualMl === "number" && !(measuredResidualMl <= reservoirMl))
        refuse(`${field}.measuredResidualMl`, shown(measuredResidualMl), `"auto" or ${may("0")}`)
}

function checkSensorFault(input: Input<"sensorFault">, field: string, refuse: Refuse): void {
    const { sensor, failure } = input
    if (sensor === "memory" && failure !== "missing") {
        refuse(`${field}.failure`, `${shown(failure)} of memory`, '"missing" of memory')
        return
    }
    const only = FAILS_ONLY[failure]
    if (only && !only.includes(sensor))
        refuse(`${field}.failure`, `${shown(failure)} of ${sensor}`, `${shown(failure)} of ${only.join(", ")}`)
    const drift = failure === "drifting" && drifts(sensor) ? DRIFTS[sensor].field : undefined
    if (drift !== undefined && input[drift] === undefined)
        refuse(`${field}.${drift}`, "missing", `a number: how fast the ${sensor} drifts`)
    for (const { field: other } of Object.values(DRIFTS))
        if (other !== drift && input[other] !== undefined)
            refuse(
                `${field}.${other}`,
                `${shown(input[other])} for the ${sensor}, ${failure}`,
                drift === undefined ? "left out" : `left out; "${drift}" is what it takes`,
            )
}

function drifts(part: PartName): part is keyof typeof DRIFTS {
    return part in DRIFTS
}

function eventOf(input: EventInput, offer: CompiledPrescription | undefined, atMs: number): ScenarioEvent {
    switch (input.do) {
        case "programme": {
            if (!offer) throw new Error("a programme that was not compiled")
            const { damaged } = input
            const bytes = Uint8Array.from(offer.bytes)
            if (damaged) bytes[bytes.length >> 1] ^= 1
            return {
                atMs,
                kind: "programme",
                name: offer.prescription.name,
                bytes,
                concentrationNgPerMl: offer.programme.concentrationNgPerMl,
                damaged,
                filling: input.refill && fillingOf(input.refill),
            }
        }
        case "bolus":
            return {
                atMs,
                kind: "bolus",
                amount:
                    input.volumeMl === undefined
                        ? { micrograms: input.micrograms ?? 0 }
                        : { volumePl: Math.round(input.volumeMl * PICOLITRES_PER_ML) },
                overMinutes: input.overMinutes,
            }
        case "setClock": {
            const localMs = wallMsOf(input.localTime)
            if (localMs === undefined) throw new Error("a local time that its schema should have refused")
            return { atMs, kind: "setClock", localTime: input.localTime, localMs }
        }
        case "prime":
            return {
                atMs,
                kind: "prime",
                volumePl: Math.round(input.volumeMl * PICOLITRES_PER_ML),
                ratePlPerDay: Math.round(input.rateMlPerHour * 24 * PICOLITRES_PER_ML),
            }
        case "refill":
            return { atMs, kind: "refill", filling: fillingOf(input) }
        case "fill": {
            const { microgramsPerMl } = input
            const ngPerMl = microgramsPerMl === undefined ? undefined : Math.round(microgramsPerMl * 1000)
            return { atMs, kind: "fill", filling: fillingOf({ ...input, measuredResidualMl: undefined }), ngPerMl }
        }
        case "sensorFault":
            return {
                atMs,
                kind: "sensorFault",
                sensor: input.sensor,
                failure: input.failure,
                driftPerHour: driftPerHourOf(input),
            }
        case "sensorRepair":
            return { atMs, kind: "sensorRepair", sensor: input.sensor }
        case "leak":
        case "loseSteps":
            return { atMs, kind: input.do, fraction: input.fraction }
        case "bubble":
            return { atMs, kind: "bubble", microlitres: input.volumeMicrolitres }
        case "siphon":
            return { atMs, kind: "siphon", microlitresPerHour: input.microlitresPerHour }
        case "runaway":
            return { atMs, kind: "runaway", stepsPerSecond: input.stepsPerSecond }
        case "freeze":
            return { atMs, kind: "freeze", lastsMs: Math.round(input.seconds * 1000) }
        case "cutInWrite":
            return { atMs, kind: "cutInWrite", bytes: input.bytes, offMs: Math.round(input.offForSeconds * 1000) }
        case "hostileFrames": {
            const { frames, seed } = input
            return { atMs, kind: "hostileFrames", frames, seed, everyMs: Math.round(input.everySeconds * 1000) }
        }
        case "flipBit":
            return { atMs, kind: "flipBit", address: input.address, bit: input.bit }
        case "battery":
            return { atMs, kind: "battery", millivolts: input.millivolts }
        case "clockStep":
            return { atMs, kind: "clockStep", seconds: input.seconds }
        default:
            return { atMs, kind: input.do }
    }
}

function fillingOf({ volumeMl, missedMl, measuredResidualMl, lineChanged }: FillingInput): Filling {
    return {
        volumePl: Math.round(volumeMl * PICOLITRES_PER_ML),
        missedPl: Math.round(missedMl * PICOLITRES_PER_ML),
        measuredResidualPl:
            typeof measuredResidualMl === "number"
                ? Math.round(measuredResidualMl * PICOLITRES_PER_ML)
                : measuredResidualMl,
        lineChanged,
    }
}

/** The rate in the part's own unit; 0 for a part that doesn't drift. */
function driftPerHourOf(input: Input<"sensorFault">): number {
    if (input.failure !== "drifting" || !drifts(input.sensor)) return 0
    const { field, perHour } = DRIFTS[input.sensor]
    return (input[field] ?? 0) * perHour
}

function expectationsOf(input: ScenarioInput["expect"], durationMs: number, refuse: Refuse): Expectations {
    const checkRange = (field: string, given: Range | undefined) => {
        if (given && !(given.min <= given.max))
            refuse(`expect.${field}.min`, shown(given.min), `a number up to ${given.max}, which is max`)
    }
    for (const range of ["programmedMl", "deliveredMl", "deliveredMicrograms", "residualMl"] as const)
        checkRange(range, input[range])
    input.boluses?.forEach((bolus, i) => {
        checkRange(`boluses[${i}].meteredMl`, bolus.meteredMl)
    })
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
            reason: alarm.reason,
            raisedFromMs: raised.fromMs,
            raisedToMs: raised.toMs,
            cleared: ends ? window("clearedFrom", "clearedTo") : null,
            standsAtEnd: alarm.standsAtEnd,
        }
    })
    return { ...input, alarms }
}

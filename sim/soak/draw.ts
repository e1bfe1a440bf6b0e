// Draws a scenario from a seed: a prescription, a bench, a person's day and what goes wrong in it. All of it is drawn before the
// run, and each kind of fault by a stream of its own, so that leaving one out changes no other; the result is an ordinary scenario.

import { MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from "../../src/pump/limits"
import { BEGUN_BY, ENDED_BY, TAKES_POWER } from "../scenario/load"
import type { WorldSettings } from "../scenario/scenario"
import { sinceStartText } from "../scenario/time"
import { MEMORY_SIZE } from "../world/memory"
import { type RandomStream, randomStream, uniform, uniformBetween } from "../world/random"

const HOURS_PER_DAY = 24

/** An event as a scenario file has it. */
export interface DrawnEvent {
    at: string
    do: string
    [field: string]: unknown
}

/** What a scenario file holds; paths in it are relative to `sim/scenarios/`. */
export interface DrawnScenario {
    $schema: string
    name: string
    description: string
    prescription: string
    reservoirFillMl: number
    duration: string
    startsAt: string
    seed: number
    world: Partial<WorldSettings>
    events: DrawnEvent[]
}

/** Nothing goes wrong sooner: the pump is to be seen at work before. */
const FIRST_MS = 30 * MS_PER_MINUTE

/** Prescriptions that come with the project; an event that offers another takes it from here too. */
const PRESCRIPTIONS = [
    "continuous-100",
    "continuous-1000",
    "night-rise-312",
    "night-rise-periodic",
    "patient-dose",
    "periodic-bolus",
    "weekday-weekend",
] as const

const SENSORS = ["pressure", "encoder", "reservoirSwitch", "battery", "clock"] as const

/** Where the checkpoints, the counts of steps and the programmes lie in the record memory; the log takes the rest. */
const RECORDS_SIZE = 6_144

/** One kind of what goes wrong, drawn for one day. */
interface Kind {
    name: string
    /** How many to expect in a day. */
    perDay: number
    draw: (hat: Hat) => Omit<DrawnEvent, "at">[]
    /** For how long, where the first event lasts until the second. */
    lastsMs?: (hat: Hat) => number
}

/** What chance gives, from one stream. */
class Hat {
    constructor(private readonly stream: RandomStream) {}

    number(from: number, to: number): number {
        return uniformBetween(this.stream, from, to)
    }

    whole(from: number, to: number): number {
        return from + Math.floor(uniform(this.stream) * (to - from + 1))
    }

    /** As likely in each decade. */
    logarithmic(from: number, to: number): number {
        return Math.exp(uniformBetween(this.stream, Math.log(from), Math.log(to)))
    }

    of<Choice>(choices: readonly Choice[]): Choice {
        return choices[this.whole(0, choices.length - 1)]
    }

    chance(probability: number): boolean {
        return uniform(this.stream) < probability
    }
}

const minutes = (from: number, to: number) => (hat: Hat) => hat.logarithmic(from, to) * MS_PER_MINUTE
const rounded = (value: number, digits = 3) => Number(value.toFixed(digits))
const spell = (begin: string, end: string, perDay: number, lastsMs: Kind["lastsMs"]): Kind => ({
    name: begin,
    perDay,
    draw: () => [{ do: begin }, { do: end }],
    lastsMs,
})

/** A sensor that fails in one of the ways that it can, and is mended. */
function sensorKind(sensor: (typeof SENSORS)[number]): Kind {
    const drifts: Partial<Record<typeof sensor, Record<string, number>>> = {
        pressure: { driftPascalsPerHour: 20_000 },
        encoder: { driftStepsPerHour: 400 },
        battery: { driftMillivoltsPerHour: -500 },
        clock: { driftPartsPerMillion: 20_000 },
    }
    const drift = drifts[sensor]
    const ways = ["missing", "invalid", "stale", "stuck", "outOfRange", "noisy"]
    ways.push(...(drift ? ["jumping", "drifting"] : ["pressed"]))
    return {
        name: `${sensor} sensor`,
        perDay: 1,
        draw: hat => {
            const failure = hat.of(ways)
            return [
                { do: "sensorFault", sensor, failure, ...(failure === "drifting" ? drift : {}) },
                { do: "sensorRepair", sensor },
            ]
        },
        lastsMs: minutes(1, 120),
    }
}

/** A filling: most are right, and some miss the reservoir, or are told wrong. */
function filling(hat: Hat): Record<string, unknown> {
    const wrong = hat.chance(0.3)
    return {
        volumeMl: 20,
        missedMl: wrong && hat.chance(0.5) ? rounded(hat.number(1, 15)) : 0,
        measuredResidualMl: wrong ? rounded(hat.number(0, 20)) : "auto",
        lineChanged: hat.chance(0.1),
    }
}

/** What somebody who presses anything may press. */
const PRESSES = ["stop", "start", "acknowledge", "silence", "patientDose", "cancelBolus"] as const

const KINDS: readonly Kind[] = [
    spell("occlude", "clear", 1, minutes(1, 180)),
    spell("blockOutlet", "clearOutlet", 0.5, minutes(1, 180)),
    spell("openLine", "closeLine", 0.5, minutes(1, 180)),
    spell("stall", "unstall", 1, minutes(1, 120)),
    spell("wearGear", "replaceGear", 0.5, minutes(10, 180)),
    spell("supplyLow", "supplyGood", 0.5, minutes(0.05, 10)),
    spell("powerOff", "powerOn", 1, minutes(0.02, 60)),
    {
        name: "leak",
        perDay: 0.5,
        draw: hat => [
            { do: "leak", fraction: rounded(hat.number(0.1, 1)) },
            { do: "leak", fraction: 0 },
        ],
        lastsMs: minutes(5, 180),
    },
    {
        name: "bubble",
        perDay: 0.5,
        draw: hat => [{ do: "bubble", volumeMicrolitres: rounded(hat.logarithmic(1, 60)) }],
    },
    {
        name: "siphon",
        perDay: 0.3,
        draw: hat => [
            { do: "siphon", microlitresPerHour: rounded(hat.logarithmic(10, 2000)) },
            { do: "siphon", microlitresPerHour: 0 },
        ],
        lastsMs: minutes(1, 60),
    },
    {
        name: "loseSteps",
        perDay: 0.5,
        draw: hat => [
            { do: "loseSteps", fraction: rounded(hat.number(0.02, 0.9)) },
            { do: "loseSteps", fraction: 0 },
        ],
        lastsMs: minutes(5, 180),
    },
    {
        name: "runaway",
        perDay: 0.3,
        draw: hat => [
            { do: "runaway", stepsPerSecond: rounded(hat.logarithmic(0.05, 100)) },
            { do: "runaway", stepsPerSecond: 0 },
        ],
        lastsMs: minutes(1, 30),
    },
    {
        name: "battery",
        perDay: 0.5,
        draw: hat => [
            { do: "battery", millivolts: hat.whole(2500, 3600) },
            { do: "battery", millivolts: 4000 },
        ],
        lastsMs: minutes(1, 120),
    },
    ...SENSORS.map(sensorKind),
    {
        name: "memory",
        perDay: 0.5,
        draw: () => [
            { do: "sensorFault", sensor: "memory", failure: "missing" },
            { do: "sensorRepair", sensor: "memory" },
        ],
        lastsMs: minutes(1, 120),
    },
    {
        name: "cutInWrite",
        perDay: 1,
        draw: hat => [
            { do: "cutInWrite", bytes: hat.whole(0, 197), offForSeconds: rounded(hat.logarithmic(0.1, 600)) },
        ],
    },
    {
        name: "flipBit",
        perDay: 1,
        draw: hat => [
            {
                do: "flipBit",
                address: hat.chance(0.7) ? hat.whole(0, RECORDS_SIZE - 1) : hat.whole(RECORDS_SIZE, MEMORY_SIZE - 1),
                bit: hat.whole(0, 7),
            },
        ],
    },
    {
        name: "clockStep",
        perDay: 0.5,
        draw: hat => [{ do: "clockStep", seconds: hat.of([-1, 1]) * Math.round(hat.logarithmic(1, 86_400)) }],
    },
    {
        name: "freeze",
        perDay: 0.5,
        draw: hat => [{ do: "freeze", seconds: rounded(hat.logarithmic(0.2, 300)) }],
    },
    { name: "refill", perDay: 0.5, draw: hat => [{ do: "refill", ...filling(hat) }] },
    { name: "refill broken off", perDay: 0.3, draw: () => [{ do: "refillBegin" }] },
    {
        name: "programme",
        perDay: 0.5,
        draw: hat => [
            {
                do: "programme",
                prescription: `../prescriptions/${hat.of(PRESCRIPTIONS)}.json`,
                damaged: hat.chance(0.4),
                ...(hat.chance(0.3) ? { refill: { ...filling(hat), lineChanged: false } } : {}),
            },
        ],
    },
    { name: "minimumRate", perDay: 0.2, draw: () => [{ do: "minimumRate" }] },
    {
        name: "hostileFrames",
        perDay: 2,
        draw: hat => [
            {
                do: "hostileFrames",
                frames: hat.whole(1, 600),
                everySeconds: rounded(hat.logarithmic(0.1, 10)),
                seed: hat.whole(0, 1_000_000),
            },
        ],
    },
]

/** A programming session that breaks off: the programme is offered, and power goes before it is stored whole. */
const BROKEN_SESSION_MS_MAX = 3 * MS_PER_SECOND

/** The scenario of a seed, of so many days. */
export function drawScenario(seed: number, days: number): DrawnScenario {
    const hat = new Hat(randomStream(seed, 100))
    const durationMs = days * HOURS_PER_DAY * MS_PER_HOUR
    const prescription = hat.of(PRESCRIPTIONS)
    const events: { atMs: number; event: Omit<DrawnEvent, "at"> }[] = []
    const drawn: string[] = []
    const add = (atMs: number, event: Omit<DrawnEvent, "at">) => {
        if (atMs < durationMs) events.push({ atMs: Math.round(atMs), event })
    }
    KINDS.forEach((kind, i) => {
        const own = new Hat(randomStream(seed, 200 + i))
        if (own.chance(0.5)) return
        drawn.push(kind.name)
        const gapMs = (HOURS_PER_DAY * MS_PER_HOUR) / kind.perDay
        for (let fromMs = FIRST_MS; fromMs < durationMs; fromMs += gapMs) {
            const [begin, end] = kind.draw(own)
            const lastsMs = Math.min(kind.lastsMs?.(own) ?? 0, gapMs / 2)
            const atMs = fromMs + own.number(0, gapMs / 2)
            add(atMs, begin)
            if (end && atMs < durationMs) add(Math.min(atMs + lastsMs, durationMs - 1), end)
        }
    })
    const people = new Hat(randomStream(seed, 101))
    const slow = new Hat(randomStream(seed, 102))
    if (slow.chance(0.5)) addSlowOcclusions(slow, durationMs, add)
    if (people.chance(0.5)) addStorms(people, durationMs, add)
    if (people.chance(0.5)) addBrokenSessions(people, durationMs, add)
    addCare(people, durationMs, add)
    addDoses(people, durationMs, add)
    const world = drawWorld(hat)
    const fill = new Hat(randomStream(seed, 103))
    return {
        $schema: "../scenario/scenario.schema.json",
        name: `Seed ${seed}`,
        description: `Drawn from seed ${seed}. What goes wrong: ${drawn.join(", ")}.`.slice(0, 1000),
        prescription: `../prescriptions/${prescription}.json`,
        // Full, or near its end.
        reservoirFillMl: fill.chance(0.7) ? 20 : rounded(fill.logarithmic(0.2, 4)),
        duration: `${days}d`,
        startsAt: `2026-03-${String(hat.whole(2, 8)).padStart(2, "0")}T${String(hat.whole(0, 23)).padStart(2, "0")}:00:00`,
        seed,
        world,
        events: orderly(events).map(({ atMs, event }) => ({ at: sinceStartText(atMs), ...event }) as DrawnEvent),
    }
}

type Add = (atMs: number, event: Omit<DrawnEvent, "at">) => void

/** A catheter that closes bit by bit: blocked for ever longer parts of the time, until it stays so. */
function addSlowOcclusions(hat: Hat, durationMs: number, add: Add): void {
    for (let fromMs = FIRST_MS; fromMs < durationMs; fromMs += HOURS_PER_DAY * MS_PER_HOUR) {
        const periodMs = hat.logarithmic(0.5, 10) * MS_PER_MINUTE
        let atMs = fromMs + hat.number(0, 18) * MS_PER_HOUR
        for (let tenth = 1; tenth <= 9; tenth++, atMs += periodMs) {
            add(atMs, { do: "occlude" })
            add(atMs + (periodMs * tenth) / 10, { do: "clear" })
        }
        add(atMs, { do: "occlude" })
        add(atMs + hat.number(1, 60) * MS_PER_MINUTE, { do: "clear" })
    }
}

/** Somebody who looks after the pump: acknowledges, releases what takes a clinician, and starts. */
function addCare(hat: Hat, durationMs: number, add: Add): void {
    for (let atMs = FIRST_MS; atMs < durationMs; atMs += hat.number(0.5, 4) * MS_PER_HOUR) {
        add(atMs, { do: "acknowledge" })
        if (hat.chance(0.5)) add(atMs + 5 * MS_PER_SECOND, { do: "release" })
        add(atMs + 10 * MS_PER_SECOND, { do: "start" })
    }
}

/** Doses that patient and clinician ask for, some too soon and some too large. */
function addDoses(hat: Hat, durationMs: number, add: Add): void {
    for (let atMs = FIRST_MS; atMs < durationMs; atMs += hat.logarithmic(0.2, 12) * MS_PER_HOUR) {
        if (hat.chance(0.7)) add(atMs, { do: "patientDose" })
        else add(atMs, { do: "bolus", micrograms: rounded(hat.logarithmic(1, 40)), overMinutes: hat.whole(1, 90) })
    }
}

/** Button storms: whatever can be pressed, many times within minutes. */
function addStorms(hat: Hat, durationMs: number, add: Add): void {
    for (let fromMs = FIRST_MS; fromMs < durationMs; fromMs += HOURS_PER_DAY * MS_PER_HOUR) {
        let atMs = fromMs + hat.number(0, 20) * MS_PER_HOUR
        for (let presses = hat.whole(5, 60); presses > 0; presses--) {
            atMs += hat.logarithmic(0.05, 20) * MS_PER_SECOND
            add(atMs, { do: hat.of(PRESSES) })
        }
    }
}

function addBrokenSessions(hat: Hat, durationMs: number, add: Add): void {
    for (let fromMs = FIRST_MS; fromMs < durationMs; fromMs += HOURS_PER_DAY * MS_PER_HOUR) {
        const atMs = fromMs + hat.number(0, 20) * MS_PER_HOUR
        add(atMs, { do: "programme", prescription: `../prescriptions/${hat.of(PRESCRIPTIONS)}.json` })
        const cutMs = atMs + hat.number(0, BROKEN_SESSION_MS_MAX)
        add(cutMs, { do: "cutInWrite", bytes: hat.whole(0, 2752), offForSeconds: rounded(hat.number(1, 60)) })
    }
}

function drawWorld(hat: Hat): Partial<WorldSettings> {
    const person = hat.chance(0.5)
    return {
        lineComplianceMicrolitresPerKilopascal: rounded(hat.logarithmic(0.02, 0.5)),
        catheterBoreMm: rounded(hat.number(0.3, 0.6)),
        pressureNoisePascals: Math.round(hat.number(10, 60)),
        weatherPascalsPerHour: Math.round(hat.number(0, 300)),
        clockDriftPartsPerMillion: Math.round(hat.number(-20, 20)),
        ...(person
            ? {
                  spinalPulsePascals: Math.round(hat.number(100, 500)),
                  spinalBreathPascals: Math.round(hat.number(50, 300)),
                  coughsPerDay: hat.whole(0, 200),
                  postureChangesPerDay: hat.whole(0, 20),
              }
            : {}),
        ...(hat.chance(0.5) ? { tickJitterMsMax: hat.whole(1, 80) } : {}),
    }
}

/** In order of time, without what can't be: a second beginning or end of the same, and acts on a pump without power. */
export function orderly<Timed extends { atMs: number; event: Omit<DrawnEvent, "at"> }>(events: Timed[]): Timed[] {
    const lasting = new Set<string>()
    return [...events]
        .sort((a, b) => a.atMs - b.atMs)
        .filter(({ event }) => {
            const what = event.do as string
            const about = "sensor" in event ? ` ${event.sensor}` : ""
            if (lasting.has("powerOff") && TAKES_POWER.includes(what)) return false
            const begun = BEGUN_BY[what as keyof typeof BEGUN_BY]
            if (begun !== undefined) return lasting.delete(begun + about)
            if (ENDED_BY[what] === undefined) return true
            if (lasting.has(what + about)) return false
            lasting.add(what + about)
            return true
        })
}

// A made-up but plausible run to draw and to summarise: two and a half milligrams a week with a rise at night, a prime,
// an occlusion that is cleared, a lost pressure sensor and a reservoir that runs low.

import type { BolusRecord, Run, Samples } from "../../sim/engines/result"
import { compilePrescription } from "../../sim/prescription/compile"
import { encodeMechanism } from "../../sim/prescription/mechanism"
import type { Prescription } from "../../sim/prescription/schema"
import type { Scenario } from "../../sim/scenario/scenario"
import { worldSchema } from "../../sim/scenario/schema"
import { CellKind } from "../../src/pump/energy"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from "../../src/pump/limits"

const STEP_PL = 20_000
const OCCLUSION_PA = 60_000
const PRIME_PL = 30_000_000
const PRIME_AT_MS = 2 * MS_PER_HOUR
const OCCLUDED_MS = 9.25 * MS_PER_HOUR
const CLEARED_MS = 13.5 * MS_PER_HOUR
const NG_PER_PL = 0.002
const LOW_MS = 18.6 * MS_PER_HOUR
const COMPLIANCE_PL_PER_PA = 300

const prescription: Prescription = {
    name: "312.5 µg/day at 2000 µg/mL, more at night",
    drug: "baclofen",
    concentrationMicrogramsPerMl: 2000,
    reservoirMl: 20,
    refillAlarmMl: 2,
    schedule: {
        everyDay: [
            { from: "00:00", to: "06:00", microgramsPerSegment: 110 },
            { from: "06:00", to: "22:00", microgramsPerSegment: 165 },
            { from: "22:00", to: "24:00", microgramsPerSegment: 37.5 },
        ],
    },
}

/** The scenario of the made-up run. */
export function fixtureScenario(durationMs: number = MS_PER_DAY): Scenario {
    return {
        name: "A day with an occlusion",
        description:
            "The line is occluded in the morning and cleared four hours later; the reservoir runs low in the evening.",
        file: "sim/scenarios/occlusion.json",
        prescription,
        programmeBytes: compilePrescription(prescription, "fixture").bytes,
        limitsBytes: compilePrescription(prescription, "fixture").limitsBytes,
        mechanismBytes: encodeMechanism({
            stepPl: STEP_PL,
            stepsPerTickMax: 20,
            occlusionPa: OCCLUSION_PA,
            encoderSlackSteps: 8,
            batteryLowMv: 3500,
            batteryEndMv: 3300,
            batteryKind: CellKind.None,
            batteryMah: 0,
        }),
        durationMs,
        startsAt: "2026-03-02T00:00:00",
        startWallMs: 825_552_000_000,
        seed: 7,
        linePrimed: true,
        reservoirFillPl: 2_150_000_000,
        world: {
            ...worldSchema.parse({}),
            syringeBoreMm: 12,
            stepsPerTurn: 200,
            lineComplianceMicrolitresPerKilopascal: 0.3,
            catheterLengthMm: 1000,
            fluidViscosityMillipascalSeconds: 1,
            batteryMillivolts: 3900,
            tickJitterMsMax: 20,
        },
        events: [
            { atMs: PRIME_AT_MS, kind: "prime", volumePl: PRIME_PL, ratePlPerDay: 7_200_000_000 },
            { atMs: OCCLUDED_MS, kind: "occlude" },
            { atMs: CLEARED_MS, kind: "clear" },
            { atMs: CLEARED_MS + MS_PER_MINUTE, kind: "start" },
            { atMs: 16 * MS_PER_HOUR, kind: "sensorFault", sensor: "pressure", failure: "missing", driftPerHour: 0 },
            { atMs: 16.5 * MS_PER_HOUR, kind: "sensorRepair", sensor: "pressure" },
        ],
        expect: { alarms: [], noOtherAlarms: false },
    }
}

/** The flow in mL/day by the prescription above. */
function ratePlPerDayAt(hour: number): number {
    if (hour < 6) return 220_000_000
    return hour < 22 ? 123_750_000 : 225_000_000
}

/** The made-up run, one sample each `periodMs`. */
export function fixtureRun(durationMs: number = MS_PER_DAY, periodMs: number = MS_PER_MINUTE): Run {
    const scenario = fixtureScenario(durationMs)
    const samples: Samples = {
        periodMs,
        timeMs: [],
        programmedPl: [],
        deliveredPl: [],
        programmedNg: [],
        deliveredNg: [],
        ratePlPerDay: [],
        bolusPlPerDay: [],
        pressurePa: [],
        reservoirPl: [],
        residualPl: [],
    }
    let programmedPl = 0
    let commandedPl = 0
    let heldPl = 0
    let occlusionAtMs = 0
    for (let atMs = 0; atMs <= durationMs; atMs += periodMs) {
        const occluded = atMs >= OCCLUDED_MS && atMs < CLEARED_MS
        const stopped = occlusionAtMs > 0 && atMs >= occlusionAtMs && atMs < CLEARED_MS + MS_PER_MINUTE
        const ratePlPerDay = stopped ? 0 : ratePlPerDayAt((atMs / MS_PER_HOUR) % 24)
        if (atMs > 0) programmedPl += (ratePlPerDay * periodMs) / MS_PER_DAY
        if (atMs > PRIME_AT_MS && atMs <= PRIME_AT_MS + 6 * MS_PER_MINUTE)
            programmedPl += Math.min(PRIME_PL, PRIME_PL * (periodMs / (6 * MS_PER_MINUTE)))
        const beforePl = commandedPl
        commandedPl = Math.floor(programmedPl / STEP_PL) * STEP_PL
        if (occluded) heldPl += commandedPl - beforePl
        else heldPl *= Math.exp(-periodMs / 30_000)
        const pressurePa = 1000 + 400 * Math.abs(Math.sin(atMs / 170_000)) + heldPl / COMPLIANCE_PL_PER_PA
        if (occluded && occlusionAtMs === 0 && pressurePa >= OCCLUSION_PA) occlusionAtMs = atMs
        samples.timeMs.push(atMs)
        samples.programmedPl.push(Math.round(programmedPl))
        samples.deliveredPl.push(Math.round(commandedPl - heldPl))
        samples.programmedNg.push(Math.round(programmedPl * NG_PER_PL))
        samples.deliveredNg.push(Math.round((commandedPl - heldPl) * NG_PER_PL))
        samples.ratePlPerDay.push(ratePlPerDay)
        samples.bolusPlPerDay.push(0)
        samples.pressurePa.push(Math.round(pressurePa))
        samples.reservoirPl.push(scenario.reservoirFillPl - Math.round(commandedPl * 1.004))
        samples.residualPl.push(scenario.reservoirFillPl - commandedPl)
    }
    const last = samples.timeMs.length - 1
    return {
        result: {
            scenario: scenario.name,
            engine: "core",
            seed: scenario.seed,
            simulatedMs: durationMs,
            wallMs: 1840,
            ticks: durationMs / 100,
            programmedPl: samples.programmedPl[last],
            commandedSteps: commandedPl / STEP_PL,
            deliveredPl: samples.deliveredPl[last],
            programmedMicrograms: samples.programmedNg[last] / 1000,
            deliveredMicrograms: samples.deliveredNg[last] / 1000,
            deliveredStrengths: [{ ngPerMl: 2_000_000, volumePl: samples.deliveredPl[last] }],
            stepErrorMax: 0.9997,
            residualPl: samples.residualPl[last],
            alarms: [
                {
                    id: "occlusion",
                    priority: "high",
                    reason: "pressure rising with each step",
                    raisedMs: occlusionAtMs,
                    overMs: CLEARED_MS + MS_PER_MINUTE,
                    acknowledgedMs: null,
                    clearedMs: CLEARED_MS + MS_PER_MINUTE,
                },
                {
                    id: "pressureSensorFault",
                    priority: "medium",
                    reason: "no answer",
                    acknowledgedMs: null,
                    overMs: 16.5 * MS_PER_HOUR + 1000,
                    raisedMs: 16 * MS_PER_HOUR + 3000,
                    clearedMs: 16.5 * MS_PER_HOUR + 1000,
                },
                {
                    id: "reservoirLow",
                    priority: "low",
                    reason: "",
                    raisedMs: LOW_MS,
                    overMs: null,
                    acknowledgedMs: LOW_MS + MS_PER_MINUTE,
                    clearedMs: null,
                },
            ],
            boluses: [
                {
                    kind: "prime",
                    requestedMs: PRIME_AT_MS,
                    volumePl: PRIME_PL,
                    ngPerMl: 2_000_000,
                    waited: [],
                    outcome: "delivered",
                    reason: "",
                    startedMs: PRIME_AT_MS + 200,
                    finishedMs: PRIME_AT_MS + 6 * MS_PER_MINUTE,
                    deliveredPl: PRIME_PL,
                },
                {
                    kind: "prime",
                    requestedMs: 11 * MS_PER_HOUR,
                    volumePl: PRIME_PL,
                    ngPerMl: 2_000_000,
                    waited: [],
                    outcome: "denied",
                    reason: "occlusion",
                    startedMs: null,
                    finishedMs: null,
                    deliveredPl: 0,
                },
            ],
            programmes: [],
            refusals: [],
            lineEvents: [],
        },
        samples,
        memory: new Uint8Array(32_768),
        failures: [],
    }
}

/** What happens in a made-up therapy with each kind of bolus, a bridge and a refused command. */
export const THERAPY = {
    boluses: [
        {
            kind: "clinician",
            requestedMs: 6 * MS_PER_HOUR,
            volumePl: 25_000_000,
            ngPerMl: 1_000_000,
            outcome: "delivered",
            reason: "",
            startedMs: 6 * MS_PER_HOUR,
            finishedMs: 7.5 * MS_PER_HOUR,
            waited: [{ fromMs: 6.25 * MS_PER_HOUR, toMs: 6.5 * MS_PER_HOUR }],
            deliveredPl: 25_000_000,
        },
        {
            kind: "patient",
            requestedMs: 7 * MS_PER_HOUR,
            volumePl: 8_000_000,
            ngPerMl: 1_000_000,
            outcome: "denied",
            reason: "too soon after the last dose",
            startedMs: null,
            finishedMs: null,
            waited: [],
            deliveredPl: 0,
        },
        {
            kind: "prime",
            requestedMs: 8 * MS_PER_HOUR,
            volumePl: 200_000_000,
            ngPerMl: 0,
            outcome: "delivered",
            reason: "",
            startedMs: 8 * MS_PER_HOUR,
            finishedMs: 8.1 * MS_PER_HOUR,
            waited: [],
            deliveredPl: 200_000_000,
        },
    ] satisfies BolusRecord[],
    lineEvents: [
        { event: "bridge begun", atMs: MS_PER_HOUR, leftPl: 250_000_000 },
        { event: "bridge over", atMs: 2 * MS_PER_HOUR, leftPl: 0 },
    ],
    refusals: [{ command: "setClock", reason: "over 14 h while the pump runs", atMs: 3 * MS_PER_HOUR }],
    deliveredStrengths: [
        { ngPerMl: 0, volumePl: 250_000_000 },
        { ngPerMl: 1_000_000, volumePl: 10_000_000 },
    ],
}

// From a request to its report: reads the measurement or runs the scenario, and puts what came of it through the standard's tests.

import { MS_PER_DAY, MS_PER_HOUR } from "../../src/pump/limits"
import { decodeMechanism } from "../../src/pump/mechanism"
import { decodeProgramme } from "../../src/pump/programme"
import { InputError } from "../input"
import { type Accuracy, analyse, intervalOf, type Method } from "./analyse"
import { TEST_CELSIUS, waterGramsPerMl } from "./density"
import { type DoseAccuracy, doseAccuracy, readDoses } from "./doses"
import { readMeasured } from "./measured"
import { samplingIntervalMs, wholeIntervals } from "./plan"
import type { AccuracyReport } from "./report"
import type { AccuracyRequest, DosesRequest, MethodRequest } from "./request"
import type { FlowSeries } from "./series"
import { simulate } from "./simulated"

type Request<Kind extends AccuracyRequest["kind"]> = Extract<AccuracyRequest, { kind: Kind }>

/** Throws InputError when a file, or a window for it, can't be used. */
export async function reportOf(
    request: AccuracyRequest,
    onProgress: (simulatedMs: number) => void,
): Promise<AccuracyReport> {
    switch (request.kind) {
        case "measured":
            return measuredReport(request)
        case "doses":
            return dosesReport(request.doses)
        case "simulated":
            return await simulatedReport(request, onProgress)
    }
}

function dosesReport(doses: DosesRequest): AccuracyReport {
    return {
        source: { kind: "doses", file: doses.file, density: doses.density },
        dosesFile: doses.file,
        setMicrolitresPerHour: null,
        shotCycleSeconds: null,
        accuracy: null,
        doses: dosesOf(doses),
    }
}

function dosesOf({ file, columns, density }: DosesRequest): DoseAccuracy[] {
    return doseAccuracy(readDoses(file, columns, density.gramsPerMl))
}

function measuredReport(request: Request<"measured">): AccuracyReport {
    const { file, columns, density, evaporationMgPerHour, setMicrolitresPerHour, shotCycleMs, method, doses } = request
    const measured = readMeasured(file, columns, {
        gramsPerMl: density.gramsPerMl,
        evaporationMgPerHour,
        setMicrolitresPerHour,
    })
    const shotMicrolitres = (setMicrolitresPerHour * (shotCycleMs ?? 0)) / MS_PER_HOUR
    return {
        source: {
            kind: "measured",
            file,
            timeUnit: measured.timeUnit,
            unit: measured.unit,
            density,
            evaporationMgPerHour,
            emptyRows: measured.emptyRows,
            fallingRows: measured.fallingRows,
        },
        dosesFile: doses?.file ?? null,
        setMicrolitresPerHour,
        shotCycleSeconds: shotCycleMs === undefined ? null : shotCycleMs / 1000,
        accuracy: judged(measured.series, {
            ...method,
            shotCycleMs,
            stepMicrolitres: Math.max(shotMicrolitres, 2 * measured.readabilityMicrolitres),
        }),
        doses: doses ? dosesOf(doses) : [],
    }
}

async function simulatedReport(
    request: Request<"simulated">,
    onProgress: (simulatedMs: number) => void,
): Promise<AccuracyReport> {
    const { scenario, seed, readabilityMg, metering, method } = request
    const programme = decodeProgramme(scenario.programmeBytes)
    const mechanism = decodeMechanism(scenario.mechanismBytes)
    if (typeof programme === "string" || typeof mechanism === "string") throw new Error("a checked scenario is refused")
    const { meanRatePlPerDay } = programme
    const shotCycleMs = (mechanism.stepPl * MS_PER_DAY) / meanRatePlPerDay
    const readabilityMicrolitres = readabilityMg / waterGramsPerMl(TEST_CELSIUS)
    const run = await simulate(scenario, {
        seed,
        everyMs: samplingIntervalMs(method.type, shotCycleMs, 0),
        readabilityMicrolitres,
        metering,
        onProgress,
    })
    if (run.series.timeMs.length < 3)
        throw new InputError([
            {
                file: scenario.file,
                field: "duration",
                was: "too short",
                mayBe: "three sampling intervals in which the pump delivers, or more",
            },
        ])
    return {
        source: {
            kind: "simulated",
            file: scenario.file,
            scenario: scenario.name,
            seed,
            of: metering ? "metering" : "delivery",
            readabilityMg,
            stepMicrolitres: run.stepMicrolitres,
            anyWindowSteps: run.anyWindowSteps,
            dosesLeftOut: run.dosesLeftOut,
            alarms: run.alarms,
        },
        dosesFile: null,
        setMicrolitresPerHour: (meanRatePlPerDay / MS_PER_DAY / 1_000_000) * MS_PER_HOUR,
        shotCycleSeconds: shotCycleMs / 1000,
        accuracy: judged(run.series, {
            ...method,
            shotCycleMs,
            stepMicrolitres: Math.max(run.stepMicrolitres, 2 * readabilityMicrolitres),
        }),
        doses: doseAccuracy(run.doses),
    }
}

/** The analysis, once it is known that the windows asked for are whole numbers of sampling intervals. */
function judged(series: FlowSeries, method: Method & MethodRequest): Accuracy {
    const intervalMs = intervalOf(series, method)
    for (const window of method.windows ?? [])
        if (wholeIntervals(window, intervalMs) === undefined) {
            const was = "ms" in window ? `${window.ms / 1000} s` : `${window.intervals} S`
            const mayBe = `whole numbers of sampling intervals of ${Number((intervalMs / 1000).toPrecision(6))} s, such as "5S"`
            throw new InputError([{ file: "command line", field: "--windows", was, mayBe }])
        }
    return analyse(series, method)
}

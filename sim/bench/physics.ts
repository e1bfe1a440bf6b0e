// The rows of `npm run bench -- --only physics`: each physical model of the simulated bench beside its closed form or a published figure,
// and what each part of the mechanism adds to the trumpet curve.

import { errorPercentOf, type PhysicsCheck } from "./physics/check"
import { fluidChecks } from "./physics/fluid"
import { instrumentChecks, VIAL, vialMicrolitresPerHour } from "./physics/instruments"
import { mechanismChecks } from "./physics/mechanism"
import { FLOWS, type FlowError, flowError, openVialPercent, PARTS_OF_ERROR, type PartOfError } from "./physics/trumpets"
import type { Row } from "./rows"

/** Every check of a model that takes no run of the firmware. */
export function physicsChecks(): PhysicsCheck[] {
    return [...mechanismChecks(), ...fluidChecks(), ...instrumentChecks()]
}

/** All of it; the runs for the trumpet curves take most of the time. */
export async function physicsRows(onProgress: (done: number) => void): Promise<Row[]> {
    const checks = physicsChecks()
    const [expected, simulated] = await openVialPercent(vialMicrolitresPerHour(), VIAL)
    checks.push({
        model: "scale, evaporation",
        quantity: "overall error of 0.6 mL/day weighed in the open vial",
        unit: "%",
        expected,
        simulated,
        source: "true step over calibrated, less evaporation over flow",
        withinPercent: 2.5,
        because: "the vial's own, as above",
    })
    const rows = checks.map(checkRow)
    const parts = Object.keys(PARTS_OF_ERROR) as PartOfError[]
    let done = 0
    for (const flow of FLOWS)
        for (const part of parts) {
            rows.push(trumpetRow(`${flow} mL/day, ${part}`, await flowError(flow, part)))
            onProgress(++done / FLOWS.length / parts.length)
        }
    return rows
}

function checkRow(check: PhysicsCheck): Row {
    const error = errorPercentOf(check)
    const off = Math.abs(error) < 0.005 ? "under 0.01 %" : `${error > 0 ? "+" : ""}${error.toFixed(2)} %`
    const beyond = Math.abs(error) <= check.withinPercent ? "" : ", TOO FAR"
    return {
        part: "physics",
        what: `${check.model}: ${check.quantity}`,
        figure: check.simulated,
        unit: check.unit,
        ratio: check.simulated / check.expected,
        reference: `${Number(check.expected.toPrecision(5))} expected`,
        how: `off by ${off}${beyond} (${check.because}); ${check.source}`,
    }
}

/** The figure is the worst error of the longest window; all windows are told beside it. */
function trumpetRow(what: string, error: FlowError): Row {
    const window = ({ intervals, epMinPercent, epMaxPercent }: FlowError["windows"][number]) =>
        `${intervals} S ${signed(epMinPercent)} to ${signed(epMaxPercent)}`
    const longest = error.windows[error.windows.length - 1]
    return {
        part: "physics",
        what: `trumpet, ${what}: worst window of ${longest.intervals} S, S = ${error.intervalS.toFixed(1)} s`,
        figure: Math.max(Math.abs(longest.epMinPercent ?? Number.NaN), Math.abs(longest.epMaxPercent ?? Number.NaN)),
        unit: "%",
        ratio: null,
        reference: "",
        how: `${error.windows.map(window).join(", ")} %; overall ${signed(error.overallPercent)} %`,
    }
}

function signed(percent: number | null): string {
    return percent === null ? "–" : `${percent > 0 ? "+" : ""}${Number(percent.toPrecision(3))}`
}

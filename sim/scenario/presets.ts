// Syringes and catheters by name, with what is known of each and from where. A figure without a source is called assumed; nobody here
// has measured one of them.

import type { WorldSettings } from "./scenario"

type SyringeSettings = Pick<
    WorldSettings,
    | "syringeBoreMm"
    | "plungerStictionKilopascals"
    | "plungerGlideKilopascals"
    | "stopperComplianceMicrolitresPerKilopascal"
>
type CatheterSettings = Pick<WorldSettings, "catheterBoreMm" | "catheterLengthMm">

/** A syringe of this bore, with its friction as forces on the plunger, in newtons. */
function syringe(
    syringeBoreMm: number,
    stictionNewtons: number,
    glideNewtons: number,
    stopperComplianceMicrolitresPerKilopascal: number,
): SyringeSettings {
    // A newton on a square millimetre is 1000 kPa.
    const kilopascalsPerNewton = 1000 / ((Math.PI / 4) * syringeBoreMm ** 2)
    return {
        syringeBoreMm,
        plungerStictionKilopascals: stictionNewtons * kilopascalsPerNewton,
        plungerGlideKilopascals: glideNewtons * kilopascalsPerNewton,
        stopperComplianceMicrolitresPerKilopascal,
    }
}

/** Stiction is what the force at rest is over that in motion. All forces and stoppers are assumed. */
export const SYRINGES = {
    // Bore as in the list of parts in boards/README.md. A stopper of siliconised rubber.
    "bd-plastipak-20ml": syringe(19.13, 1.4, 3, 0.05),
    // Bore measured by others: 14.4 mm (syringe specifications of koendv/paste_dispenser, GitHub, openscad/10ml_syringe.scad). The same rubber.
    "bd-luer-lok-10ml": syringe(14.4, 1, 2, 0.03),
    // The 1000 series has strokes of 60 mm: 4.61 and 7.29 mm for 1 and 2.5 mL (chembot's table of Hamilton syringes), and so 14.57 mm for 10 mL.
    // A plunger tip of PTFE in glass, stiff and tight.
    "hamilton-1010-10ml": syringe(14.57, 0.5, 4, 0.005),
} as const satisfies Record<string, SyringeSettings>

export const CATHETERS = {
    // 89 cm long (Medtronic InDura 1P 8709SC, product page); the bore is assumed.
    "medtronic-8709sc": { catheterBoreMm: 0.53, catheterLengthMm: 890 },
    // 110 cm that hold 0.0026 mL/cm (Flowonix Medical, Prometra II programmable pump REF 13827, manual, page 33): a bore of 0.575 mm.
    "flowonix-prometra": { catheterBoreMm: Math.sqrt((4 / Math.PI) * 0.26), catheterLengthMm: 1100 },
} as const satisfies Record<string, CatheterSettings>

export const SYRINGE_NAMES = Object.keys(SYRINGES) as [keyof typeof SYRINGES, ...(keyof typeof SYRINGES)[]]
export const CATHETER_NAMES = Object.keys(CATHETERS) as [keyof typeof CATHETERS, ...(keyof typeof CATHETERS)[]]

/** The world of a file with what its syringe and catheter bring; what the file gives itself stays. Anything else is left to be refused. */
export function withPresets(world: unknown): unknown {
    if (typeof world !== "object" || world === null) return world
    const { syringe, catheter } = world as { syringe?: unknown; catheter?: unknown }
    return { ...preset(SYRINGES, syringe), ...preset(CATHETERS, catheter), ...world }
}

function preset(presets: Record<string, object>, name: unknown): object | undefined {
    return typeof name === "string" && Object.hasOwn(presets, name) ? presets[name] : undefined
}

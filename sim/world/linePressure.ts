// The pressure in the line, and what flows for it: a compliance before the resistance of the catheter, with the spinal fluid's
// pressure behind it. A bubble makes the line softer, by Boyle's law, and so less the more it is pressed.

import type { WorldSettings } from "../scenario/scenario"

const PL_PER_MICROLITRE = 1_000_000
const M3_PER_PL = 1e-15

// Gauge pressures are over the room's.
const ROOM_PA = 101_325

export class LinePressure {
    /** Mean pressure of the spinal fluid at the catheter's tip, gauge. */
    meanSpinalPa: number
    /** Pressure in the line over that of the spinal fluid. */
    overPa = 0
    /** What the line takes up for a pascal more, at the pressure it has. */
    compliancePlPerPa: number
    /** Its resistance times that. */
    timeConstantMs = 0

    private readonly linePlPerPa: number
    private readonly resistancePaSPerPl: number
    private viscosityRatio = 1
    /** The pressure at which the line itself holds neither more nor less than at the start. */
    private restPa: number
    /** The bubble's pressure times its volume, which stays; and its volume when it came. */
    private bubblePaPl = 0
    private bubbleCamePl = 0
    // The decay over the time between two ticks, kept because it is nearly always the same.
    private decayMs = Number.NaN
    private decay = 1

    constructor(settings: WorldSettings) {
        this.meanSpinalPa = settings.spinalPressurePascals
        this.restPa = this.meanSpinalPa
        this.linePlPerPa = perPascal(settings.lineComplianceMicrolitresPerKilopascal)
        this.resistancePaSPerPl = resistancePaSPerPl(settings)
        this.compliancePlPerPa = this.linePlPerPa
        this.yields()
    }

    /** Pressure in the line, gauge. */
    get pressurePa(): number {
        return this.meanSpinalPa + this.overPa
    }

    /** What line, catheter and bubble hold more than at the start, for the pressure in them. */
    get storedPl(): number {
        const inLinePl = (this.pressurePa - this.restPa) * this.linePlPerPa
        if (this.bubblePaPl === 0) return inLinePl
        return inLinePl + this.bubbleCamePl - this.bubblePaPl / (ROOM_PA + this.pressurePa)
    }

    /** This volume comes into the line; where it is negative it goes out of it at the syringe's end. */
    add(volumePl: number): void {
        if (this.bubblePaPl === 0) {
            this.overPa += volumePl / this.compliancePlPerPa
            return
        }
        // line × x − bubble ÷ x grows by the volume, with x the absolute pressure: the positive root.
        const beforePa = ROOM_PA + this.pressurePa
        const sumPl = this.linePlPerPa * beforePa - this.bubblePaPl / beforePa + volumePl
        const root = Math.sqrt(sumPl ** 2 + 4 * this.linePlPerPa * this.bubblePaPl)
        this.overPa = (sumPl + root) / (2 * this.linePlPerPa) - ROOM_PA - this.meanSpinalPa
        this.yields()
    }

    /** What has to go out of the line for its pressure to fall to this one, gauge. */
    outToPl(pressurePa: number): number {
        const linePl = (this.pressurePa - pressurePa) * this.linePlPerPa
        if (this.bubblePaPl === 0) return linePl
        return linePl + this.bubblePaPl * (1 / (ROOM_PA + pressurePa) - 1 / (ROOM_PA + this.pressurePa))
    }

    /** Time passes with the catheter open: the volume that leaves it; negative where spinal fluid comes in. */
    relax(elapsedMs: number): number {
        if (this.bubblePaPl !== 0) return this.relaxWithBubble(elapsedMs)
        if (elapsedMs !== this.decayMs) {
            this.decayMs = elapsedMs
            this.decay = Math.exp(-elapsedMs / this.timeConstantMs)
        }
        const leftPa = this.overPa * this.decay
        const leavesPl = (this.overPa - leftPa) * this.compliancePlPerPa
        this.overPa = Math.abs(leftPa) < 1e-9 ? 0 : leftPa
        return leavesPl
    }

    /** The line has come off and is at the room's pressure: the volume that it loses by that. */
    comeOff(): number {
        const lostPl = this.outToPl(0)
        this.overPa = -this.meanSpinalPa
        this.yields()
        return lostPl
    }

    /** The spinal fluid's mean pressure changes by this. */
    spinalChanges(byPa: number): void {
        this.meanSpinalPa += byPa
        this.overPa -= byPa
    }

    /** There is a bubble of this volume, as at the room's pressure; 0 takes it out. The line holds what it held. */
    setBubble(microlitres: number): void {
        this.restPa = this.pressurePa - this.storedPl / this.linePlPerPa
        this.bubblePaPl = microlitres * PL_PER_MICROLITRE * ROOM_PA
        this.bubbleCamePl = this.bubblePaPl / (ROOM_PA + this.pressurePa)
        this.yields()
    }

    /** What flows is this many times as viscous as the settings say. */
    setViscosityRatio(ratio: number): void {
        this.viscosityRatio = ratio
        this.yields()
    }

    /** Takes the compliance at the present pressure. */
    private yields(): void {
        if (this.bubblePaPl === 0) this.compliancePlPerPa = this.linePlPerPa
        else this.compliancePlPerPa = this.linePlPerPa + this.bubblePaPl / (ROOM_PA + this.pressurePa) ** 2
        this.timeConstantMs = this.resistancePaSPerPl * this.viscosityRatio * this.compliancePlPerPa * 1000
        this.decayMs = Number.NaN
    }

    /** With the compliance that it has half-way; what leaves is what the line then holds less. */
    private relaxWithBubble(elapsedMs: number): number {
        const heldPl = this.storedPl
        const beforePa = this.overPa
        this.overPa = beforePa * Math.exp(-elapsedMs / 2 / this.timeConstantMs)
        this.yields()
        this.overPa = beforePa * Math.exp(-elapsedMs / this.timeConstantMs)
        if (Math.abs(this.overPa) < 1e-9) this.overPa = 0
        this.yields()
        return heldPl - this.storedPl
    }
}

/** Resistance of the catheter to flow by Hagen-Poiseuille, 8 η L / (π r⁴), in pascal seconds per picolitre. */
export function resistancePaSPerPl(
    settings: Pick<WorldSettings, "catheterBoreMm" | "catheterLengthMm" | "fluidViscosityMillipascalSeconds">,
): number {
    const radiusM = settings.catheterBoreMm / 2000
    const lengthM = settings.catheterLengthMm / 1000
    const viscosityPaS = settings.fluidViscosityMillipascalSeconds / 1000
    return ((8 * viscosityPaS * lengthM) / (Math.PI * radiusM ** 4)) * M3_PER_PL
}

/** Microlitres per kilopascal as picolitres per pascal. */
export function perPascal(microlitresPerKilopascal: number): number {
    return (microlitresPerKilopascal * PL_PER_MICROLITRE) / 1000
}

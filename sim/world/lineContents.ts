// What tubing and catheter truly hold, and so how much drug leaves the catheter: the fluid moves through them as plugs that don't
// mix, which is how a thin line behaves but for a few diameters' length around each boundary (assumed).

/** A stretch of the line that holds one strength. */
interface Plug {
    volumePl: number
    of: Strength
}

/** What left the catheter of one strength, 0 for what is no drug: nothing yet, or spinal fluid that came in. */
export interface Strength {
    readonly ngPerMl: number
    volumePl: number
}

const ML_PER_PL = 1e-9

export class LineContents {
    /** From the catheter's tip to the syringe. */
    private plugs: Plug[]
    /** What was pulled back out of the line, the last to come back in first. */
    private pulledBack: Plug[] = []
    private readonly strengths: Strength[] = []
    private reservoir: Strength

    /**
     * @param volumePl what tubing and catheter hold
     * @param ngPerMl strength of the drug in the reservoir, nanograms per millilitre
     * @param primed false where the line holds no drug yet
     */
    constructor(volumePl: number, ngPerMl: number, primed: boolean) {
        this.reservoir = this.strength(ngPerMl)
        this.plugs = [{ volumePl, of: primed ? this.reservoir : this.strength(0) }]
    }

    /** The reservoir holds this strength from now on, and nothing of what was pulled back into it. */
    refill(ngPerMl: number): void {
        this.reservoir = this.strength(ngPerMl)
        this.pulledBack = []
    }

    /** Tubing and catheter are new, and hold no drug. */
    replace(): void {
        const volumePl = this.plugs.reduce((sum, plug) => sum + plug.volumePl, 0)
        this.plugs = [{ volumePl, of: this.strength(0) }]
    }

    /** This volume comes out of the syringe into the line. */
    enter(volumePl: number): void {
        let leftPl = volumePl
        while (this.pulledBack.length > 0 && leftPl > 0) {
            const last = this.pulledBack[this.pulledBack.length - 1]
            const backPl = Math.min(last.volumePl, leftPl)
            this.push(backPl, last.of)
            leftPl -= backPl
            last.volumePl -= backPl
            if (last.volumePl <= 0) this.pulledBack.pop()
        }
        if (leftPl > 0) this.push(leftPl, this.reservoir)
    }

    /** This volume is lost at the syringe's end of a line that comes off. */
    spill(volumePl: number): void {
        const kept = this.pulledBack.length
        this.retreat(volumePl)
        this.pulledBack.length = kept
    }

    /** This volume goes back out of the line into the syringe. */
    retreat(volumePl: number): void {
        let leftPl = volumePl
        while (leftPl > 0) {
            const inlet = this.plugs[this.plugs.length - 1]
            if (!inlet) return
            const backPl = Math.min(inlet.volumePl, leftPl)
            this.pulledBack.push({ volumePl: backPl, of: inlet.of })
            leftPl -= backPl
            inlet.volumePl -= backPl
            if (inlet.volumePl <= 0) this.plugs.pop()
        }
    }

    /** This volume leaves the catheter; where it is negative, as much spinal fluid comes in, and is the first to leave again. */
    leave(volumePl: number): void {
        const tip = this.plugs[0]
        if (tip !== undefined && volumePl >= 0 && tip.volumePl > volumePl) {
            tip.volumePl -= volumePl
            tip.of.volumePl += volumePl
            return
        }
        if (volumePl < 0) this.comeIn(-volumePl)
        else this.leaveAll(volumePl)
    }

    /** All the drug that ever left, in nanograms. */
    get deliveredNg(): number {
        return this.strengths.reduce((sum, { ngPerMl, volumePl }) => sum + ngPerMl * volumePl * ML_PER_PL, 0)
    }

    /** What left of each strength, the weakest first. */
    get delivered(): readonly Strength[] {
        return [...this.strengths].sort((a, b) => a.ngPerMl - b.ngPerMl)
    }

    private leaveAll(volumePl: number): void {
        let leftPl = volumePl
        while (leftPl > 0) {
            const tip = this.plugs[0]
            // More than a line without any volume ever held.
            const of = tip ? tip.of : this.reservoir
            const outPl = tip ? Math.min(tip.volumePl, leftPl) : leftPl
            of.volumePl += outPl
            leftPl -= outPl
            if (!tip) return
            tip.volumePl -= outPl
            if (tip.volumePl <= 0) this.plugs.shift()
        }
    }

    private comeIn(volumePl: number): void {
        const none = this.strength(0)
        none.volumePl -= volumePl
        const tip = this.plugs[0]
        if (tip?.of === none) tip.volumePl += volumePl
        else this.plugs.unshift({ volumePl, of: none })
    }

    private push(volumePl: number, of: Strength): void {
        const inlet = this.plugs[this.plugs.length - 1]
        if (inlet?.of === of) inlet.volumePl += volumePl
        else this.plugs.push({ volumePl, of })
    }

    private strength(ngPerMl: number): Strength {
        let strength = this.strengths.find(known => known.ngPerMl === ngPerMl)
        if (!strength) {
            strength = { ngPerMl, volumePl: 0 }
            this.strengths.push(strength)
        }
        return strength
    }
}

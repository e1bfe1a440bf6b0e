// What follows late: a low-pass of the first order, as a sensor with a filter and a scale that settles are.

export class LowPass {
    private atMs = 0
    private input = Number.NaN
    private output = Number.NaN

    /** @param timeConstantMs 0 for one that follows at once */
    constructor(private readonly timeConstantMs: number) {}

    /**
     * The output at `nowMs`, in the unit of `input`. Between two calls the input is taken as going straight from one to the other,
     * for which this is exact.
     */
    follow(input: number, nowMs: number): number {
        const elapsedMs = nowMs - this.atMs
        const from = this.input
        this.atMs = nowMs
        this.input = input
        if (this.timeConstantMs === 0 || Number.isNaN(from)) {
            this.output = input
        } else if (elapsedMs > 0) {
            const behind = ((input - from) / elapsedMs) * this.timeConstantMs
            this.output = input - behind + (this.output - from + behind) * Math.exp(-elapsedMs / this.timeConstantMs)
        }
        return this.output
    }
}

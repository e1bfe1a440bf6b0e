// The outside watchdog: where one hears the heartbeat, it cuts the motor's supply and sounds when the beat stops.

export class Watchdog {
    private fitted = false
    private high = false
    private lastEdgeMs = -Infinity

    /** @param timeoutMs after the last rising edge, when the motor's supply goes */
    constructor(private readonly timeoutMs: number) {}

    /** An edge comes from the pin; it hears every other one, the rising. From the first one on there is a watchdog. */
    edge(nowMs: number): void {
        this.fitted = true
        this.high = !this.high
        if (this.high) this.lastEdgeMs = nowMs
    }

    /** The firmware starts anew, with its pin low. */
    pinLow(): void {
        this.high = false
    }

    /** Its own power goes: what it heard is forgotten. */
    powerOff(): void {
        this.lastEdgeMs = -Infinity
    }

    /** True when it has heard no edge for too long. */
    lost(nowMs: number): boolean {
        return this.fitted && !(nowMs - this.lastEdgeMs <= this.timeoutMs)
    }
}

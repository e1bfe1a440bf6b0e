// One line of whole numbers a tick: what golden traces are made of, and what must be equal on every engine.

/** Rows that travel together from the device; the trace ends with the last full packet of them. */
export const ROWS_PER_PACKET = 5

/** Time since power-on, steps, owed, residual, flow, mode with delivering in bit 1, set of alarms, set of conditions. */
export function traceLine(
    nowMs: number,
    steps: number,
    owed: number,
    residualPl: number,
    ratePlPerDay: number,
    mode: number,
    alarms: number,
    conditions: number,
): string {
    return `${nowMs} ${steps} ${owed} ${residualPl} ${ratePlPerDay} ${mode} ${alarms >>> 0} ${conditions >>> 0}`
}

/** Passes on lines by whole packets, so that a trace ends at the same line on an engine that gets them one by one. */
export function wholePackets(onLine: (line: string) => void): (line: string) => void {
    let lines: string[] = []
    return line => {
        lines.push(line)
        if (lines.length < ROWS_PER_PACKET) return
        for (const full of lines) onLine(full)
        lines = []
    }
}

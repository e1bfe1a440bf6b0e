// A pump on the table for tests of the logic: good readings unless a test spoils them, and ticks when it asks for them.

import type { Checkpoint } from "../../src/pump/checkpoint"
import { START_UP_MS } from "../../src/pump/limits"
import type { Mechanism } from "../../src/pump/mechanism"
import type { Programme } from "../../src/pump/programme"
import { createActions, createPump } from "../../src/pump/pump"
import { CommandKind, createReadings, SensorFault } from "../../src/pump/readings"
import { tick } from "../../src/pump/tick"

/** A programme with one pattern for every day. */
export function programmeOf(segments: { startMinute: number; ratePlPerDay: number }[]): Programme {
    const meanRatePlPerDay = segments.reduce((sum, segment, i) => {
        const endMinute = segments[i + 1]?.startMinute ?? 1440
        return sum + (segment.ratePlPerDay * (endMinute - segment.startMinute)) / 1440
    }, 0)
    return {
        concentrationNgPerMl: 500_000,
        reservoirPl: 20_000_000_000,
        reservoirLowPl: 2_000_000_000,
        meanRatePlPerDay: Math.max(48_000_000, Math.round(meanRatePlPerDay)),
        patternOfWeekday: [0, 0, 0, 0, 0, 0, 0],
        patternStart: [0, segments.length],
        segmentStartMinute: segments.map(segment => segment.startMinute),
        segmentRatePlPerDay: segments.map(segment => segment.ratePlPerDay),
    }
}

export const MECHANISM: Mechanism = {
    stepPl: 44_900,
    stepsPerTickMax: 7,
    occlusionPa: 70_000,
    encoderSlackSteps: 64,
    batteryLowMv: 3_500,
    batteryEndMv: 3_300,
}

interface BenchOptions extends Partial<Mechanism> {
    programme?: Programme | string | null
    mechanism?: Mechanism | null
    checkpoint?: Checkpoint
}

export class Bench {
    readonly pump
    readonly readings = createReadings()
    readonly actions = createActions()
    /** True to fill the reservoir before each tick, where a test is not about it. */
    refillAlways = false
    nowMs = START_UP_MS
    private sampleDueMs = START_UP_MS

    constructor(options: BenchOptions) {
        const { programme, mechanism, checkpoint, ...changes } = options
        this.pump = createPump(
            programme === null
                ? undefined
                : (programme ?? programmeOf([{ startMinute: 0, ratePlPerDay: 200_000_000 }])),
            mechanism === null ? undefined : { ...MECHANISM, ...changes },
            checkpoint,
            START_UP_MS,
        )
        Object.assign(this.readings, {
            pressurePa: 1_000,
            pressureFault: SensorFault.None,
            encoderSteps: 0,
            encoderFault: SensorFault.None,
            reservoirEndSwitch: 0,
            reservoirEndFault: SensorFault.None,
            batteryMv: 4_000,
            batteryFault: SensorFault.None,
            wallWeekMs: 0,
            wallFault: SensorFault.None,
        })
    }

    /** One tick; a sampled one when a second has passed since the last sample. The encoder follows the motor by itself. */
    tick(nowMs: number, follow = true): void {
        this.nowMs = nowMs
        this.readings.sampled = nowMs >= this.sampleDueMs
        if (this.readings.sampled) this.sampleDueMs = nowMs + 1_000
        if (follow && this.readings.encoderFault === SensorFault.None)
            this.readings.encoderSteps = this.pump.commandedSteps
        if (this.refillAlways) this.pump.residualPl = 20_000_000_000
        tick(this.pump, this.readings, nowMs, this.actions)
    }

    /** Ticks every 100 ms for this long. */
    run(lengthMs: number, follow = true): void {
        for (const endMs = this.nowMs + lengthMs; this.nowMs < endMs; ) this.tick(this.nowMs + 100, follow)
    }

    /** Gives a command and ticks until it is taken. */
    command(kind: CommandKind, volumePl = 0, ratePlPerDay = 0): void {
        this.readings.command = kind
        this.readings.commandPl = volumePl
        this.readings.commandRatePlPerDay = ratePlPerDay
        while (this.readings.command !== CommandKind.None) this.tick(this.nowMs + 100)
    }
}

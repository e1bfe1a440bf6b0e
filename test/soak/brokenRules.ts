// Rules of the pump, each broken on purpose by an edit or two of its source, for the campaign to find. `breakRules.ts` makes the edits.

import type { Invariant } from "../../sim/soak/invariants"

/** Text of a source file that is there once, and what comes in its place. */
export interface Edit {
    file: string
    from: string
    to: string
}

export interface BrokenRule {
    /** The requirement's id in `test/requirements.md`. */
    id: string
    /** What the broken pump does. */
    breaks: string
    /** The invariant that is to find it. */
    by: Invariant
    edits: readonly Edit[]
}

/** The power-on self-test would find many of these by itself, before anything else can: it is left out of every broken pump. */
export const NO_SELF_TEST: Edit = {
    file: "src/pump/selfTest.ts",
    from: "export function logicTestPart(part: number): number {\n",
    to: "export function logicTestPart(part: number): number {\n    if (part >= 0) return LOGIC_HELD\n",
}

const edit = (file: string, from: string, to: string): Edit => ({ file: `src/${file}.ts`, from, to })
const rule = (id: string, breaks: string, by: Invariant, ...edits: Edit[]): BrokenRule => ({ id, breaks, by, edits })

export const BROKEN_RULES: readonly BrokenRule[] = [
    rule(
        "OCC-1, OCC-3",
        "sees no occlusion",
        "inTime",
        edit(
            "pump/supervise",
            "line.occlusion !== Reason.None && pump.delivering",
            "line.occlusion === Reason.Missing",
        ),
    ),
    rule(
        "OCC-5",
        "takes a twentieth of the rise for an occlusion",
        "cause",
        edit("pump/line", "const COUNTED_TO_ALARM = 3.2", "const COUNTED_TO_ALARM = 0.16"),
        edit("pump/line", "const RISEN_TO_ALARM = 6", "const RISEN_TO_ALARM = 0.3"),
    ),
    rule(
        "MOT-1",
        "sees no motor that stands",
        "inTime",
        edit("pump/supervise", "following.finding === Reason.StepsLost, Reason.StepsLost", "false, Reason.StepsLost"),
    ),
    rule(
        "MOT-5",
        "sees no motor that moves by itself",
        "inTime",
        edit("pump/supervise", "pump.runawaySamples >= SAMPLES_TO_ALARM", "pump.runawaySamples < 0"),
    ),
    rule(
        "MOT-7",
        "lets its heartbeat go on beside a motor that nothing stops",
        "limits",
        edit("pump/supervise", "<= slackSteps)) pump.cutMotor = true", "<= slackSteps)) pump.cutMotor = false"),
    ),
    rule(
        "SEN-1",
        "misses no sensor",
        "inTime",
        edit("pump/delivery", "if (samples >= SAMPLES_TO_ALARM) raise", "if (samples < 0) raise"),
    ),
    rule(
        "SEN-10",
        "takes 20 ms for a clock that drifts",
        "cause",
        edit("pump/sensors", "const CLOCK_DRIFT_MS = 60_000", "const CLOCK_DRIFT_MS = 20"),
        edit("pump/sensors", "const CLOCK_PACE_MAX = 0.0001", "const CLOCK_PACE_MAX = 0"),
    ),
    rule(
        "BAT-1",
        "runs a battery down",
        "inTime",
        edit("pump/supervise", "failing || pump.batteryEndSamples >= SAMPLES_TO_ALARM", "failing"),
    ),
    rule(
        "BAT-2",
        "steps on while the supply fails",
        "stopHolds",
        edit("pump/tick", "pump.delivering && !readings.supplyFailing", "pump.delivering"),
    ),
    rule(
        "STP-1",
        "says nothing of five minutes' stop",
        "inTime",
        edit("pump/supervise", "Alarm.StoppedOver5Min, stoppedMs >= STOPPED_MEDIUM_MS", "Alarm.StoppedOver5Min, false"),
    ),
    rule(
        "STP-2",
        "runs again after a reset that finds it stopped",
        "stopHolds",
        edit("pump/pump", "const mode = checkpoint ? checkpoint.mode : Mode.Running", "const mode = Mode.Running"),
    ),
    rule(
        "SUP-14",
        "forgets in a reset what waits for a person",
        "stopHolds",
        edit("pump/pump", "before.latched & LATCHING_ALARMS", "0"),
    ),
    rule(
        "SUP-1",
        "delivers though a person has stopped it",
        "stopHolds",
        edit("pump/delivery", "const delivering = running && pump.judgedAll", "const delivering = pump.judgedAll"),
    ),
    rule(
        "SUP-1",
        "delivers beside alarms that stop it",
        "stopHolds",
        edit("pump/delivery", "pump.judgedAll && (pump.alarms & STOPPING_ALARMS) === 0", "pump.judgedAll"),
    ),
    rule(
        "SUP-5",
        "ends an occlusion's stop by an acknowledgement",
        "stopHolds",
        edit(
            "pump/commands",
            "    pump.latched = pump.latched & ~(ACKNOWLEDGED_ALARMS & ~pump.conditions & seen)\n",
            "    pump.latched = pump.latched & ~(ACKNOWLEDGED_ALARMS & ~pump.conditions & seen)\n    forgetRise(pump.line)\n    pump.latched &= ~(1 << Alarm.Occlusion)\n    clear(pump, Alarm.Occlusion)\n",
        ),
    ),
    rule(
        "SUP-7",
        "stops for a lost sensor",
        "silentStop",
        edit(
            "pump/delivery",
            "(pump.alarms & STOPPING_ALARMS) === 0",
            "(pump.alarms & (STOPPING_ALARMS | 0xf0)) === 0",
        ),
    ),
    rule(
        "SUP-8",
        "stops when it is silenced",
        "silentStop",
        edit(
            "pump/commands",
            "if (command === CommandKind.Silence) {\n",
            "if (command === CommandKind.Silence) {\n        stop(pump)\n        refreshDelivering(pump, actions)\n",
        ),
    ),
    rule(
        "SUP-2",
        "pulls back when it is started",
        "stopHolds",
        edit("pump/commands", "    pump.reliefLeftSteps = 0\n", "    pump.reliefLeftSteps = 3\n"),
        edit(
            "pump/relief",
            "if (!(excessPa > 0) || (pump.alarms & (1 << Alarm.Occlusion)) === 0) {",
            "if (!(excessPa > -1e9)) {",
        ),
    ),
    rule(
        "BOO-1",
        "waits for a start after power-on",
        "silentStop",
        edit("pump/pump", "checkpoint ? checkpoint.mode : Mode.Running", "checkpoint ? Mode.Stopped : Mode.Running"),
    ),
    rule(
        "MET-1",
        "makes a step when two are due",
        "metering",
        edit("pump/tick", "while (owed >= stepQuantum && steps", "while (owed >= 2 * stepQuantum && steps"),
    ),
    rule(
        "MET-3",
        "says nothing of lost time",
        "inTime",
        edit("pump/tick", "if (jumped) raise(pump, Alarm.TimeLost", "if (elapsedMs < -1) raise(pump, Alarm.TimeLost"),
    ),
    rule(
        "SCH-1",
        "is an hour ahead in its schedule",
        "delivery",
        edit(
            "pump/schedule",
            "const minute = Math.floor(dayMs / MS_PER_MINUTE)",
            "const minute = Math.floor(dayMs / MS_PER_MINUTE) + 60",
        ),
    ),
    rule(
        "GRD-3, GRD-4",
        "meters forty times the flow, and its guard counts no window",
        "limits",
        edit("pump/guard", "if (!(steps <= hourRoom && steps <= dayRoom)) {", "if (steps < 0) {"),
        edit(
            "pump/tick",
            "        pump.owed += pump.ratePlPerDay * elapsedMs\n",
            "        pump.owed += 40 * pump.ratePlPerDay * elapsedMs\n",
        ),
    ),
    rule(
        "BOL-2",
        "ends each bolus at its half",
        "delivery",
        edit("pump/tick", "pump.bolusLeftPl -= meteredPl", "pump.bolusLeftPl -= 2 * meteredPl"),
    ),
    rule(
        "BOL-6",
        "grants doses in the lockout",
        "boluses",
        edit("pump/bolus", "if (pump.doses.lockoutMs > 0) return BolusReason.Lockout", ""),
    ),
    rule(
        "BOL-6",
        "grants more doses than the day's",
        "boluses",
        edit(
            "pump/bolus",
            "if (dosesOfDay(pump.doses) >= programme.dosesPerDayMax)",
            "if (dosesOfDay(pump.doses) < 0)",
        ),
    ),
    rule(
        "SUP-18",
        "grants a bolus beside a lost sensor",
        "boluses",
        edit("pump/bolus", "if ((pump.alarms & SENSOR_ALARMS) !== 0) return BolusReason.SensorLost", ""),
    ),
    rule(
        "ALM-3",
        "pauses the sound for an hour",
        "announced",
        edit("pump/limits", "export const SOUND_PAUSE_MS = 120_000", "export const SOUND_PAUSE_MS = 3_600_000"),
    ),
    rule(
        "ANN-1",
        "darkens the light with the sound",
        "announced",
        edit("drivers/indicators", "indicators.light = lightAt(light,", "indicators.light = lightAt(sound,"),
        edit("pump/limits", "export const SOUND_PAUSE_MS = 120_000", "export const SOUND_PAUSE_MS = 119_000"),
    ),
    rule(
        "RES-1",
        "says nothing of a reservoir that is low",
        "inTime",
        edit("pump/supervise", "Alarm.ReservoirLow, low || soon,", "Alarm.ReservoirLow, false,"),
    ),
    rule(
        "RES-1, RES-4",
        "adds a filling to what it believes was left",
        "account",
        edit("pump/commands", "pump.residualPl = volumePl", "pump.residualPl += volumePl"),
    ),
    rule(
        "JRN-2",
        "goes by the first copy of its checkpoint, old or new",
        "account",
        edit("pump/journal", "return b.sequence > a.sequence ? b : a", "return a"),
    ),
    rule(
        "JRN-3",
        "counts no step before it is made",
        "account",
        edit(
            "drivers/journalStore",
            "if (!this.held && !(await this.write(address, this.odometer, ODOMETER_SIZE)))",
            "if (address < 0)",
        ),
    ),
    rule(
        "JRN-6",
        "says nothing of a memory that is silent",
        "inTime",
        edit("pump/supervise", "Alarm.MemoryFault, memoryFault !== SensorFault.None,", "Alarm.MemoryFault, false,"),
    ),
    rule(
        "LNK-2",
        "carries out acts whose seal is wrong",
        "commands",
        edit("service/link", "if (!endsWithTag(sealed, tag)) return", "if (tag.length === 0) return"),
    ),
]

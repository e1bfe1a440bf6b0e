// A person's command on its way to the firmware, as the link to the bench carries it: in whole nanolitres and seconds.

import { MS_PER_SECOND } from "../../src/pump/limits"
import { BolusKind } from "../../src/pump/pump"
import { CommandKind } from "../../src/pump/readings"

export interface Command {
    kind: CommandKind
    requestedMs: number
    volumeNl: number
    rateNlPerDay: number
    /** At a refill, what was drawn out before; undefined when nobody measured it. */
    residualNl: number | undefined
    /** Local time in seconds since Monday 3 January 2000, 00:00, for a command that tells it. */
    wallS: number
    /** At a refill: tubing or catheter are new. */
    lineChanged: boolean
}

/** What goes with a command: volume and flow, the residual at a refill, the local time when it is asked for. */
export interface CommandFigures {
    volumePl?: number
    ratePlPerDay?: number
    residualPl?: number | undefined
    localMs?: number
    lineChanged?: boolean
}

/** The commands that are nothing but their name, by the scenario's events. */
export const PLAIN_COMMANDS = {
    stop: CommandKind.Stop,
    start: CommandKind.Start,
    acknowledge: CommandKind.Acknowledge,
    silence: CommandKind.Silence,
    release: CommandKind.Release,
    patientDose: CommandKind.PatientDose,
    cancelBolus: CommandKind.CancelBolus,
    minimumRate: CommandKind.MinimumRate,
    refillBegin: CommandKind.RefillBegin,
} as const

/** The bolus that a command asks for. */
export const BOLUS_OF_COMMAND: Partial<Record<CommandKind, BolusKind>> = {
    [CommandKind.Prime]: BolusKind.Prime,
    [CommandKind.Bolus]: BolusKind.Clinician,
    [CommandKind.PatientDose]: BolusKind.Patient,
}

export const NO_COMMAND = commandOf(CommandKind.None, 0, {})

/** A command that is asked for at `requestedMs`. */
export function commandOf(kind: CommandKind, requestedMs: number, figures: CommandFigures): Command {
    const { volumePl = 0, ratePlPerDay = 0, residualPl, localMs = 0, lineChanged = false } = figures
    return {
        kind,
        requestedMs,
        volumeNl: toNl(volumePl),
        rateNlPerDay: toNl(ratePlPerDay),
        residualNl: residualPl === undefined ? undefined : toNl(residualPl),
        wallS: localMs / MS_PER_SECOND,
        lineChanged,
    }
}

/** The command as it is heard at `nowMs`: local time has gone on while it waited. */
export function heardAt(command: Command, nowMs: number): Command {
    if (command.kind !== CommandKind.Clock) return command
    return { ...command, wallS: Math.round(command.wallS + (nowMs - command.requestedMs) / MS_PER_SECOND) }
}

function toNl(pl: number): number {
    return Math.round(pl / 1000)
}

// From power-on to the first tick: the records are read from flash, and the pump tests itself before it delivers anything.

import * as ds from "@devicescript/core"
import { CheckpointStore, loadRecord } from "./drivers/flashStore"
import { Parts } from "./drivers/parts"
import { programImageDamaged } from "./drivers/programImage"
import { Alarm, Reason } from "./pump/alarms"
import { raise } from "./pump/delivery"
import { createGuard, decodeLimits, Guard, GuardLimits, restoreGuard } from "./pump/guard"
import { START_UP_MS } from "./pump/limits"
import { decodeMechanism, Mechanism } from "./pump/mechanism"
import { decodeProgramme, Programme } from "./pump/programme"
import { createPump, Pump } from "./pump/pump"
import { arithmeticHolds, LOGIC_HELD, logicTestPart } from "./pump/selfTest"

/** The motor's test takes less than this, and is the last before the first tick. */
const MOTOR_TEST_MS = 400

/** The pump as flash remembers it, and its guard. */
export interface PoweredPump {
    pump: Pump
    guard: Guard
}

/** Reads the records and tests the pump. What fails first is an alarm that keeps the motor off until the next power-on. */
export async function powerOn(parts: Parts, checkpoints: CheckpointStore): Promise<PoweredPump> {
    const powered = await bootPump(parts, checkpoints)
    const failure = await selfTest(powered, parts, checkpoints)
    if (failure !== Reason.None) raise(powered.pump, Alarm.SelfTestFailed, failure)
    // A motor that moves untold is left without power (MOT-7).
    if (failure === Reason.MotorDriver) powered.pump.cutMotor = true
    return powered
}

async function bootPump(parts: Parts, checkpoints: CheckpointStore): Promise<PoweredPump> {
    const programmeRecord = await loadRecord("pg")
    const mechanismRecord = await loadRecord("me")
    const limitsRecord = await loadRecord("gu")
    let programme: Programme | string | undefined
    if (programmeRecord !== undefined)
        programme = typeof programmeRecord === "string" ? programmeRecord : decodeProgramme(programmeRecord)
    if (typeof programme === "string") console.log(`programme damaged: ${programme}`)
    let mechanism: Mechanism | undefined
    if (mechanismRecord !== undefined) {
        const decoded = typeof mechanismRecord === "string" ? mechanismRecord : decodeMechanism(mechanismRecord)
        if (typeof decoded === "string") console.log(`calibration damaged: ${decoded}`)
        else mechanism = decoded
    }
    let limits: GuardLimits | undefined
    if (limitsRecord !== undefined) {
        const decoded = typeof limitsRecord === "string" ? limitsRecord : decodeLimits(limitsRecord)
        if (typeof decoded === "string") console.log(`limits damaged: ${decoded}`)
        else limits = decoded
    }
    const { checkpoint, damaged } = await checkpoints.load()
    // What has begun at power-on counts from the first tick, however long it takes until then.
    const pump = createPump({ programme, mechanism, limits, checkpoint, checkpointDamaged: damaged }, START_UP_MS)
    pump.motorReverses = parts.motor.reverses
    const guard = createGuard(limits, pump.mechanism.stepPl, pump.mechanism.stepsPerTickMax, START_UP_MS)
    if (checkpoint) restoreGuard(guard, checkpoint.guardTrip, checkpoint.guardHourSteps, checkpoint.guardDaySteps)
    return { pump, guard }
}

/** Tests what delivery rests on, the first failure ends it. Sensors, clock and battery are judged with the first sample (PST-1). */
async function selfTest(powered: PoweredPump, parts: Parts, checkpoints: CheckpointStore): Promise<Reason> {
    if (!arithmeticHolds()) return Reason.Arithmetic
    if (await programImageDamaged()) return Reason.ProgramDamaged
    let part = 0
    while (part >= 0) {
        part = logicTestPart(part)
        // The device runs only so many operations between two waits.
        await ds.sleep(1)
    }
    if (part !== LOGIC_HELD) return Reason.Logic
    // Counts this start of the firmware, too.
    await checkpoints.save(powered.pump, powered.guard)
    if (!(await checkpoints.verify())) return Reason.Flash
    await parts.annunciator.test()
    // The outside watchdog gives the motor its power with the first beat, and takes it away when ticks don't follow soon.
    await ds.sleep(START_UP_MS - MOTOR_TEST_MS - ds.millis())
    await parts.heartbeat.beat()
    if (await parts.motor.faulty()) return Reason.MotorDriver
    return Reason.None
}

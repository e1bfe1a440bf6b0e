// From power-on to the first tick: the records are read from flash, and the pump tests itself before it delivers anything.

import * as ds from "@devicescript/core"
import { energyOf } from "./drivers/energyUse"
import { loadOldCheckpoint, loadRecord } from "./drivers/flashStore"
import { JournalStore } from "./drivers/journalStore"
import { Parts } from "./drivers/parts"
import { programImageDamaged } from "./drivers/programImage"
import { sleepFromNow } from "./drivers/wait"
import { Alarm, Reason } from "./pump/alarms"
import { readUint } from "./pump/bytes"
import { raise } from "./pump/delivery"
import { decodeLimits, Guard, GuardLimits } from "./pump/guard"
import { START_UP_MS } from "./pump/limits"
import { decodeMechanism, Mechanism } from "./pump/mechanism"
import { decodeInParts, Programme } from "./pump/programme"
import { Pump } from "./pump/pump"
import { arithmeticHolds, LOGIC_HELD, logicTestPart } from "./pump/selfTest"

/** The motor's test takes less than this, and is the last before the first tick. */
const MOTOR_TEST_MS = 400

/** The pump as its journal remembers it, and its guard. */
export interface PoweredPump {
    pump: Pump
    guard: Guard
}

/** Reads the records and tests the pump. What fails first is an alarm that keeps the motor off until the next power-on. */
export async function powerOn(parts: Parts, journals: JournalStore): Promise<PoweredPump> {
    // The logic first, because it has a pump of its own, and the memory has no room to spare for two.
    let failure = await testLogic()
    const powered = await bootPump(parts, journals)
    if (failure === Reason.None) failure = await testParts(powered, parts, journals)
    if (failure !== Reason.None) raise(powered.pump, Alarm.SelfTestFailed, failure)
    // A motor that moves untold is left without power (MOT-7).
    if (failure === Reason.MotorDriver) powered.pump.cutMotor = true
    return powered
}

/** Between two waits the runtime lets run only so much. */
async function pause(): Promise<void> {
    await ds.sleep(0)
}

async function bootPump(parts: Parts, journals: JournalStore): Promise<PoweredPump> {
    const programmeRecord = await loadRecord("pg")
    const mechanismRecord = await loadRecord("me")
    const limitsRecord = await loadRecord("gu")
    let programme: Programme | string | undefined
    if (programmeRecord !== undefined)
        programme = typeof programmeRecord === "string" ? programmeRecord : await decodeInParts(programmeRecord, pause)
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
    const flashMark = await loadRecord("fl")
    const flashId = typeof flashMark === "object" ? readUint(flashMark, 0, 4) : 0
    const oldCheckpoint = await loadOldCheckpoint()
    // What has begun at power-on counts from the first tick, however long it takes until then.
    const { pump, guard } = await journals.recall(
        { programme, mechanism, limits, flashId, oldCheckpoint },
        START_UP_MS,
        pause,
    )
    pump.motorReverses = parts.motor.reverses
    pump.energy = energyOf(pump.mechanism, parts.board)
    return { pump, guard }
}

/** Tests what delivery rests on, the first failure ends it (PST-1). */
async function testLogic(): Promise<Reason> {
    if (!arithmeticHolds()) return Reason.Arithmetic
    if (await programImageDamaged()) return Reason.ProgramDamaged
    let part = 0
    while (part >= 0) {
        part = logicTestPart(part)
        // The device runs only so many operations between two waits.
        await sleepFromNow(2)
    }
    return part === LOGIC_HELD ? Reason.None : Reason.Logic
}

/** And then what it rests on outside the program. Sensors, clock and battery are judged with the first sample. */
async function testParts(powered: PoweredPump, parts: Parts, journals: JournalStore): Promise<Reason> {
    // Counts this start of the firmware, too.
    await journals.saveCheckpoint(powered.pump, powered.guard)
    if (journals.works && !(await journals.verify())) return Reason.Memory
    await parts.annunciator.test()
    // The outside watchdog gives the motor its power with the first beat, and takes it away when ticks don't follow soon.
    // What is left is counted from now, and not from before that.
    await ds.sleep(0)
    await ds.sleep(START_UP_MS - MOTOR_TEST_MS - ds.millis())
    await parts.heartbeat.beat()
    if (await parts.motor.faulty()) return Reason.MotorDriver
    return Reason.None
}

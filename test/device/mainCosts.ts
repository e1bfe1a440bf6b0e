// What ticks cost on the device: every phase does its work in one slice of its own, at a time that is known beforehand, so
// that the host can measure the slice from outside. Prints its phases first and "done" last; `sim/bench/tickCosts.ts` reads both.

import * as ds from "@devicescript/core"
import { startAnnunciator } from "../../src/drivers/annunciator"
import { OutputPin, SwitchedOutput } from "../../src/drivers/hardware"
import { startHeartbeat } from "../../src/drivers/heartbeat"
import { JournalStore } from "../../src/drivers/journalStore"
import { RecordMemory } from "../../src/drivers/parts"
import { highestPriority, Reason } from "../../src/pump/alarms"
import { readUint, writeUint } from "../../src/pump/bytes"
import { beginDraft, CHECKPOINT_SIZE, createDraft } from "../../src/pump/checkpoint"
import { CellKind } from "../../src/pump/energy"
import { noteTick } from "../../src/pump/eventLog"
import { createGuard, GuardLimits } from "../../src/pump/guard"
import { countSteps, createJournal, LINK_KEY_PLACE, LINK_KEYS_AT } from "../../src/pump/journal"
import {
    DAY_LIMIT_PL_MAX,
    HOUR_LIMIT_PL_MAX,
    MS_PER_DAY,
    OWED_MAX,
    PRIME_RATE_PL_PER_DAY_MAX,
} from "../../src/pump/limits"
import { Mechanism } from "../../src/pump/mechanism"
import { ODOMETER_SIZE } from "../../src/pump/odometer"
import { Programme } from "../../src/pump/programme"
import { createActions, createPump, Pump, Records } from "../../src/pump/pump"
import { CommandKind, createReadings, Readings, SensorFault } from "../../src/pump/readings"
import { planFlow } from "../../src/pump/schedule"
import { STAGES } from "../../src/pump/supervise"
import { nextDueMs, tick } from "../../src/pump/tick"
import { ActKind } from "../../src/service/acts"
import { Link } from "../../src/service/link"
import { saveKey } from "../../src/service/linkKey"
import { platformCrypto } from "../../src/service/platformCrypto"
import { ACT_HEADER_SIZE, appendTag, KEY_SIZE, TAG_SIZE, tagOf } from "../../src/service/seal"

/** Repetitions of every phase, the first half for the host's compiler to settle; the first phase of the first one is at FIRST_MS, each next one SPACING_MS later. */
const ROUNDS = 120
const FIRST_MS = 10_000
const SPACING_MS = 100

const SEGMENTS_PER_DAY = 27
const PUMP_ID = "0123456789abcdef"
const WORST_PUMPS = 3

/** As wide as they may be: what the guard counts costs the same. */
const limits: GuardLimits = { hourPlMax: HOUR_LIMIT_PL_MAX, dayPlMax: DAY_LIMIT_PL_MAX, primePlMax: 0 }

/** The shipped 20 mL syringe. */
const mechanism: Mechanism = {
    stepPl: 44_900,
    stepsPerTickMax: 7,
    occlusionPa: 70_000,
    encoderSlackSteps: 48,
    batteryLowMv: 3_500,
    batteryEndMv: 3_300,
    batteryKind: CellKind.None,
    batteryMah: 0,
}

/** A pattern of 27 segments for each weekday. */
function fullProgramme(): Programme {
    const programme: Programme = {
        concentrationNgPerMl: 2_000_000,
        reservoirPl: 20_000_000_000,
        reservoirLowPl: 2_000_000_000,
        meanRatePlPerDay: 156_250_000,
        patternOfWeekday: [0, 1, 2, 3, 4, 5, 6],
        patternStart: [0],
        segmentStartMinute: [],
        segmentRatePlPerDay: [],
        refillWarningPl: 0,
        periodicPl: 0,
        periodicMinutes: 0,
        periodicDurationMinutes: 0,
        periodicStartMinute: 0,
        deadVolumePl: 0,
        bolusPlMax: 0,
        patientPl: 0,
        patientDurationMinutes: 0,
        lockoutMinutes: 0,
        dosesPerDayMax: 0,
        windowMinutes: 0,
        windowPlMax: 0,
        windowBasalPl: 0,
        softLimits: 0,
    }
    for (let day = 0; day < 7; day++) {
        for (let segment = 0; segment < SEGMENTS_PER_DAY; segment++) {
            programme.segmentStartMinute.push(segment * 30)
            programme.segmentRatePlPerDay.push(150_000_000 + segment * 250_000)
        }
        programme.patternStart.push((day + 1) * SEGMENTS_PER_DAY)
    }
    return programme
}

function setGood(readings: Readings): void {
    readings.sampled = false
    readings.pressurePa = 1_000
    readings.pressureFault = SensorFault.None
    readings.encoderSteps = 0
    readings.encoderFault = SensorFault.None
    readings.reservoirEndSwitch = 0
    readings.reservoirEndFault = SensorFault.None
    readings.batteryMv = 4_000
    readings.batteryFault = SensorFault.None
    readings.wallMs = 0
    readings.wallFault = SensorFault.None
    readings.command = CommandKind.None
}

/** Five seconds before midnight of Sunday, delivering, with nothing owed. */
function setOrdinary(pump: Pump): void {
    pump.nowMs = 1_000_000
    pump.wallMinusNowMs = 7 * MS_PER_DAY - 5_000 - pump.nowMs
    pump.alarms = 0
    pump.conditions = 0
    pump.latched = 0
    pump.delivering = true
    pump.stage = STAGES
    pump.owed = 0
    pump.residualPl = 19_000_000_000
    pump.checkpointMs = pump.nowMs
    pump.bolusRatePlPerDay = 0
    planFlow(pump, pump.nowMs)
    // The phases of ordinary ticks run past midnight, which is the work of the worst tick alone.
    pump.segmentLeftMs = MS_PER_DAY
}

/**
 * What is left of a pump just before the dearest tick there is: a late one with a sample while the one before is not judged
 * yet, in which a prime and a segment end, more steps are due than one tick may make, these empty the reservoir, and a
 * refill is reported.
 */
function setWorst(pump: Pump): void {
    setOrdinary(pump)
    pump.bolusPl = 2_000_000
    pump.bolusLeftPl = 1_000_000
    pump.bolusPart = 0
    pump.bolusRatePlPerDay = PRIME_RATE_PL_PER_DAY_MAX
    planFlow(pump, pump.nowMs)
    pump.owed = OWED_MAX
    pump.residualPl = mechanism.stepsPerTickMax * mechanism.stepPl
    pump.stage = 0
    pump.following.offsetSteps = -1_000
    pump.clockFaultSamples = 2
    pump.batteryLowSamples = 2
}

function emptyCall(): void {}

const fakePin: OutputPin = { setMode: () => {} }
const fakeOutput: SwitchedOutput = { pin: fakePin, activeLow: false }

interface Phase {
    name: string
    /** Times the thing measured is done in one slice. */
    count: number
    prepare: () => void
    run: () => Promise<void>
}

/** The records of a pump that has none. */
const NOTHING: Records = {
    programme: undefined,
    mechanism: undefined,
    limits: undefined,
    checkpoint: undefined,
    checkpointDamage: Reason.None,
}

/** A link whose record memory holds its key, and nothing else. */
interface Linked {
    link: Link
    memory: RecordMemory
    journals: JournalStore
    key: Buffer
}

function linkOf(): Linked {
    const keys = Buffer.alloc(2 * LINK_KEY_PLACE)
    const memory: RecordMemory = {
        read: async (address: number, length: number) =>
            keys.slice(address - LINK_KEYS_AT, address - LINK_KEYS_AT + length),
        write: async (address: number, bytes: Buffer, length: number) => {
            keys.blitAt(address - LINK_KEYS_AT, bytes, 0, length)
            return true
        },
    }
    const nothing = async (): Promise<Buffer | undefined> => undefined
    const bus = { tell: async () => {}, status: () => Buffer.alloc(0), flashed: nothing }
    const link = new Link(PUMP_ID, memory, platformCrypto, bus)
    return { link, memory, journals: new JournalStore(memory), key: platformCrypto.random(KEY_SIZE) }
}

/** Acts that begin a proposal, each sealed for its turn. */
function sealedActs(linked: Linked, count: number): Buffer[] {
    const challenge = linked.link.challenge()
    const counter = readUint(challenge, 0, 4)
    const size = ACT_HEADER_SIZE + 2
    const acts: Buffer[] = []
    for (let i = 0; i < count; i++) {
        const act = Buffer.alloc(size + TAG_SIZE)
        writeUint(act, 0, 4, counter + i)
        act[4] = ActKind.ProposeBegin
        act[5] = 100
        appendTag(act, tagOf(platformCrypto, linked.key, false, PUMP_ID, challenge.slice(4), act, size))
        acts.push(act)
    }
    return acts
}

function phasesOf(linked: Linked): Phase[] {
    const programme = fullProgramme()
    const readings = createReadings()
    const actions = createActions()
    const records: Records = { programme, mechanism, limits, checkpoint: undefined, checkpointDamage: Reason.None }
    const pump = createPump(records, 0)
    const guard = createGuard(limits, mechanism.stepPl, mechanism.stepsPerTickMax, 0)
    const worst: Pump[] = []
    for (let i = 0; i < WORST_PUMPS; i++) worst.push(createPump(records, 0))
    const heartbeat = startHeartbeat(fakePin)
    const annunciator = startAnnunciator(fakeOutput, fakeOutput, fakeOutput)
    const journal = createJournal(
        { checkpoint: undefined, damage: Reason.None, newer: undefined, older: undefined, odometerCopy: 0 },
        0,
    )
    const draft = createDraft(Buffer.alloc(CHECKPOINT_SIZE))
    const odometer = Buffer.alloc(ODOMETER_SIZE)
    let told = 0
    let acts: Buffer[] = []
    const journals = linked.journals
    const kept: { buffer: Buffer | undefined } = { buffer: undefined }

    const ordinary = () => {
        setGood(readings)
        setOrdinary(pump)
    }
    const ticks = (count: number) => {
        let nowMs = pump.nowMs
        for (let i = 0; i < count; i++) {
            nowMs += 100
            tick(pump, guard, readings, nowMs, actions)
        }
    }
    return [
        { name: "empty", count: 1, prepare: emptyCall, run: async () => {} },
        {
            name: "loopPass",
            count: 4000,
            prepare: emptyCall,
            run: async () => {
                for (let i = 0; i < 4000; i++) {}
            },
        },
        {
            name: "call",
            count: 1000,
            prepare: emptyCall,
            run: async () => {
                for (let i = 0; i < 1000; i++) emptyCall()
            },
        },
        {
            // A known amount of memory, for a check of how the host measures memory.
            name: "allocation",
            count: 1,
            prepare: () => {
                kept.buffer = undefined
            },
            run: async () => {
                kept.buffer = Buffer.alloc(1000)
            },
        },
        { name: "ordinaryTick", count: 200, prepare: ordinary, run: async () => ticks(200) },
        {
            // With its step counted for the record memory; the transfer itself takes the bus, and no program.
            name: "stepTick",
            count: 60,
            prepare: () => {
                ordinary()
                pump.ratePlPerDay = mechanism.stepPl * 864_000
            },
            run: async () => {
                for (let i = 0; i < 60; i++) {
                    ticks(1)
                    countSteps(journal, actions.steps, odometer)
                }
            },
        },
        {
            // With the line judged, which is the dearest part of the readings.
            name: "sampledTick",
            count: 50,
            prepare: () => {
                ordinary()
                readings.sampled = true
            },
            run: async () => {
                let nowMs = pump.nowMs
                for (let i = 0; i < 50; i++) {
                    pump.stage = STAGES
                    nowMs += 100
                    readings.pressurePa = 1_000 + (i & 15)
                    tick(pump, guard, readings, nowMs, actions)
                }
            },
        },
        {
            // The five ticks after it, each with another part of the readings.
            name: "judgedTicks",
            count: 20,
            prepare: ordinary,
            run: async () => {
                for (let i = 0; i < 20; i++) {
                    pump.stage = 1
                    ticks(5)
                }
            },
        },
        {
            name: "worstTick",
            count: WORST_PUMPS,
            prepare: () => {
                setGood(readings)
                for (const one of worst) setWorst(one)
                readings.sampled = true
                readings.batteryMv = 3_400
                readings.wallFault = SensorFault.Missing
                readings.commandPl = programme.reservoirPl
            },
            run: async () => {
                for (const one of worst) {
                    readings.command = CommandKind.Refill
                    tick(one, guard, readings, one.nowMs + 10_000, actions)
                }
            },
        },
        {
            // What the loop calls after an ordinary tick; the sleep is what `empty` measures.
            name: "loopCalls",
            count: 200,
            prepare: ordinary,
            run: async () => {
                let deadlineMs = 0
                for (let i = 0; i < 200; i++) {
                    if (ds.millis() < deadlineMs) deadlineMs = 0
                    noteTick(journal.log, pump, readings, actions)
                    await heartbeat.beat()
                    deadlineMs += 100
                }
            },
        },
        {
            // Looked at, carried out and answered: three times the HMAC.
            name: "sealedAct",
            count: 10,
            prepare: () => {
                acts = sealedActs(linked, 10)
            },
            run: async () => {
                for (let i = 0; i < 10; i++) {
                    linked.link.hear(acts[i])
                    await linked.link.serve(pump, journals, actions, pump.nowMs, false)
                }
            },
        },
        {
            // And what it calls more when alarms change: light and buzzer, the checkpoint, a late deadline.
            name: "loopCallsWorst",
            count: 4,
            prepare: () => {
                ordinary()
                actions.bolusEvent = 0
            },
            run: async () => {
                for (let i = 0; i < 4; i++) {
                    told += 1
                    pump.alarms = 0x1e0 + (told & 1)
                    pump.conditions = pump.alarms
                    const priority = highestPriority(pump.alarms)
                    await annunciator.show(priority, priority, pump.nowMs + told)
                    beginDraft(draft, pump, guard, journal, told)
                    nextDueMs(0, 100, pump.nowMs)
                }
            },
        },
    ]
}

async function main(): Promise<void> {
    const linked = linkOf()
    await saveKey(linked.memory, { key: undefined, restricted: false, sequence: 0 }, linked.key, false)
    const phases = phasesOf(linked)
    await linked.link.begin(createPump(NOTHING, 0), linked.journals)
    console.log(`schedule ${FIRST_MS} ${SPACING_MS} ${ROUNDS}`)
    for (const phase of phases) console.log(`phase ${phase.name} ${phase.count}`)
    let dueMs = FIRST_MS
    for (let round = 0; round < ROUNDS; round++) {
        for (const phase of phases) {
            phase.prepare()
            await ds.sleep(dueMs - ds.millis())
            await phase.run()
            await ds.sleep(1)
            dueMs += SPACING_MS
        }
    }
    console.log("done")
}

main.start()

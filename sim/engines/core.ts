// The engine `core`: the firmware's logic imported as it is, driven on a virtual clock as fast as Node goes.
// It does what `src/loop.ts` does on the device, without the waiting.

import { setImmediate } from "node:timers/promises"
import { Board, energyOf } from "../../src/drivers/energyUse"
import { addSignal, createIndicators, refreshIndicators } from "../../src/drivers/indicators"
import { JournalStore, type RememberedPump } from "../../src/drivers/journalStore"
import { type ProgrammeOffer, type RecordMemory, Signal } from "../../src/drivers/parts"
import { Alarm, AlarmPriority, highestPriority, Reason } from "../../src/pump/alarms"
import { readUint } from "../../src/pump/bytes"
import { raise } from "../../src/pump/delivery"
import { takeUntilEnd } from "../../src/pump/incoming"
import { MS_PER_SECOND, SAMPLE_MS, START_UP_MS, TICK_MS } from "../../src/pump/limits"
import { BolusEvent, createActions, LineEvent, Mode } from "../../src/pump/pump"
import { CommandKind, createReadings, ProgrammeAnswer, type Readings, SensorFault } from "../../src/pump/readings"
import { arithmeticHolds, LOGIC_HELD, logicTestPart } from "../../src/pump/selfTest"
import { nextDueMs, tick } from "../../src/pump/tick"
import { Link } from "../../src/service/link"
import { ACT, nodeCrypto, PAIR, READ } from "../programmer/acts"
import { presetKey } from "../programmer/presetKey"
import type { SensorAnswers } from "../world/world"
import { flashRecordsOf, type Session } from "./session"
import { traceLine, wholePackets } from "./trace"

export interface EngineOptions {
    onProgress: (simulatedMs: number) => void
    onTraceLine: ((line: string) => void) | undefined
}

/** Any identifier will do: a stranger does not know it. */
const PUMP_ID = "0000000000000000"

// Ticks between two looks at anything but the run.
const TICKS_PER_TURN = 50_000

/** Runs the session from its start to its end. */
export async function runCore(session: Session, options: EngineOptions): Promise<void> {
    const endMs = session.scenario.durationMs
    if (session.expectsStranger) await presetKey(session.memory)
    while (session.powered) {
        await runFromPowerOn(session, options)
        while (!session.powered && session.nextEventMs <= endMs) session.advance(session.nextEventMs)
        if (session.world.nowMs >= endMs) break
    }
}

/** Runs from power-on until the power is cut or the run ends. */
async function runFromPowerOn(session: Session, options: EngineOptions): Promise<void> {
    const bootMs = session.poweredOnMs
    const endMs = session.scenario.durationMs
    const journals = new JournalStore(memoryOf(session))
    const { pump, guard } = await powerOn(session, journals)
    const offer = offerOf(session)
    const link = session.expectsStranger ? linkOf(session) : undefined
    if (link) await link.begin(pump, journals)
    // As on the device, what a power cut finds of a packet that is not full is lost.
    const onTraceLine = options.onTraceLine && wholePackets(options.onTraceLine)
    const readings = createReadings()
    const actions = createActions()
    let deadlineMs = START_UP_MS
    let sampleDueMs = deadlineMs
    let sampledMs = NaN
    let told = {
        alarms: -1,
        conditions: 0,
        acknowledged: 0,
        delivering: false,
        mode: Mode.Running,
        cutMotor: false,
        bolusUnrecorded: false,
    }
    const indicators = createIndicators()
    let signalling = false
    let resting = false
    pump.nowMs = deadlineMs
    const sample = async (nowMs: number): Promise<void> => {
        sampleDueMs = nextDueMs(sampleDueMs, SAMPLE_MS, nowMs)
        sampledMs = nowMs
        read(session, readings)
        if (link) await link.read(readings)
    }
    for (let ticks = 1; ; ticks++) {
        let nowMs = deadlineMs + session.drawJitterMs()
        session.advance(Math.min(bootMs + nowMs, endMs))
        // A firmware that is frozen comes to its tick when it runs again.
        for (; bootMs + nowMs < session.world.frozenUntilMs; session.advance(Math.min(bootMs + nowMs, endMs)))
            nowMs = session.world.frozenUntilMs - bootMs
        if (session.poweredOnMs !== bootMs || bootMs + nowMs > endMs) return

        readings.sampled = sampledMs <= nowMs
        readings.ageMs = nowMs - sampledMs
        sampledMs = NaN
        const sampleDue = nowMs >= sampleDueMs
        const heard = link?.busy
        if (resting && nowMs < pump.idleUntilMs && !readings.sampled && !readings.supplyFailing && !heard) {
            if (sampleDue) await sample(nowMs)
            session.tickDone()
            if (link) hearStranger(session, link)
            deadlineMs = nextDueMs(deadlineMs, TICK_MS, nowMs)
            continue
        }
        if (journals.receiving || readings.command === CommandKind.Programme)
            journals.takeOffer(pump, readings, link?.offered())
        readings.recorded = pump.bolusUnrecorded && journals.recorded()
        tick(pump, guard, readings, nowMs, actions)
        if (actions.steps !== 0) {
            await journals.saveSteps(actions.steps)
            session.step(actions.steps)
        }
        if (pump.alarms !== 0 || signalling) {
            const priority = highestPriority(pump.alarms)
            const sound = nowMs < pump.soundPausedUntilMs ? AlarmPriority.None : priority
            const telling = refreshIndicators(indicators, priority, sound, nowMs)
            session.show(indicators.light, indicators.sounding)
            signalling = telling || priority !== AlarmPriority.None
        }
        const busy = sampleDue || readings.sampled
        if (journals.notes(pump, readings, actions, busy)) await journals.saveTick(pump, guard)
        if (journals.receiving && !busy) await journals.bringIn(pump, offer)
        if (actions.bolusEvent === BolusEvent.Started || actions.bolusEvent === BolusEvent.Denied) {
            addSignal(indicators, actions.bolusEvent === BolusEvent.Started ? Signal.Granted : Signal.Denied)
            signalling = true
        }
        if (
            pump.alarms !== told.alarms ||
            pump.delivering !== told.delivering ||
            pump.conditions !== told.conditions ||
            pump.acknowledged !== told.acknowledged ||
            pump.mode !== told.mode ||
            pump.cutMotor !== told.cutMotor ||
            pump.bolusUnrecorded !== told.bolusUnrecorded
        ) {
            const { alarms, conditions, acknowledged, delivering, mode, cutMotor, bolusUnrecorded } = pump
            told = { alarms, conditions, acknowledged, delivering, mode, cutMotor, bolusUnrecorded }
            session.beating = !cutMotor
            session.status(pump, delivering)
        }
        if (actions.bolusEvent !== BolusEvent.None)
            session.bolus(actions.bolusEvent, actions.bolusKind, actions.bolusReason, actions.bolusPl)
        if (actions.command !== CommandKind.None && actions.command !== CommandKind.Programme)
            session.obeyed(actions.command, actions.refusal)
        if (actions.lineEvent !== LineEvent.None) session.line(actions.lineEvent, pump.lineLeftPl)
        if (actions.programmeAnswer !== ProgrammeAnswer.None) session.programmeAnswered(actions.programmeAnswer)
        // As on the device, which is told with its first sample whether a trace is wanted.
        if (onTraceLine && ticks > 1) {
            const mode = pump.mode + (pump.delivering ? 2 : 0)
            onTraceLine(
                traceLine(
                    nowMs,
                    actions.steps,
                    pump.owed,
                    pump.residualPl,
                    pump.ratePlPerDay,
                    mode,
                    pump.alarms,
                    pump.conditions,
                ),
            )
        }
        session.residualPl = pump.residualPl
        if (link && heard) await link.serve(pump, journals, actions, nowMs, busy)
        if (sampleDue) await sample(nowMs)
        session.tickDone()
        if (link) hearStranger(session, link)
        resting = pump.idleUntilMs > nowMs && !signalling && journals.rests()

        deadlineMs = nextDueMs(deadlineMs, TICK_MS, nowMs)
        if (ticks % TICKS_PER_TURN === 0) {
            options.onProgress(session.world.nowMs)
            await setImmediate()
        }
    }
}

/** What `src/powerOn.ts` does on the device: the pump as its journal remembers it, tested before its first tick. */
async function powerOn(session: Session, journals: JournalStore): Promise<RememberedPump> {
    const powered = await journals.recall(flashRecordsOf(session), START_UP_MS, async () => {})
    powered.pump.energy = energyOf(powered.pump.mechanism, Board.Pico)
    const failure = await selfTest(powered, journals)
    if (failure !== Reason.None) raise(powered.pump, Alarm.SelfTestFailed, failure)
    return powered
}

async function selfTest({ pump, guard }: RememberedPump, journals: JournalStore): Promise<Reason> {
    if (!arithmeticHolds()) return Reason.Arithmetic
    let part = 0
    while (part >= 0) part = logicTestPart(part)
    if (part !== LOGIC_HELD) return Reason.Logic
    await journals.saveCheckpoint(pump, guard)
    return journals.works && !(await journals.verify()) ? Reason.Memory : Reason.None
}

/** The pump's end of the link, where somebody is on the bus besides those whom the session speaks for. */
function linkOf(session: Session): Link {
    return new Link(PUMP_ID, memoryOf(session), nodeCrypto, {
        tell: async () => {},
        status: () => Buffer.alloc(0),
        flashed: async () => Buffer.from(session.scenario.programmeBytes),
    })
}

/** Between two ticks, as on the bus. */
function hearStranger(session: Session, link: Link): void {
    const frame = session.strangersFrame()
    if (!frame) return
    const { command, payload } = frame
    if (command === ACT) link.hear(payload)
    else if (command === PAIR) link.hearPair()
    else if (command === READ && payload.length === 3) link.hearRead(payload[2], readUint(payload, 0, 2))
}

function memoryOf(session: Session): RecordMemory {
    return {
        read: async (address, length) => {
            const bytes = session.readMemory(address, length)
            return bytes && Buffer.from(bytes)
        },
        write: async (address, bytes, length) => session.writeMemory(address, bytes, length),
    }
}

function offerOf(session: Session): ProgrammeOffer {
    return {
        bring: async incoming => takeUntilEnd(incoming, session.offeredPiece(incoming.received)),
    }
}

function read(session: Session, readings: Readings): void {
    const { sensors, command } = session.ask()
    takeAnswers(sensors, readings)
    readings.command = command.kind
    readings.commandPl = command.volumeNl * 1000
    readings.commandRatePlPerDay = command.rateNlPerDay * 1000
    readings.commandResidualPl = command.residualNl === undefined ? NaN : command.residualNl * 1000
    readings.commandWallMs = command.wallS * MS_PER_SECOND
    readings.commandLineChanged = command.lineChanged
}

/** Fills the readings of the sensors as the mock drivers do. */
export function takeAnswers(sensors: SensorAnswers, readings: Readings): void {
    const value = (fault: SensorFault, reading: number) => (fault === SensorFault.None ? reading : NaN)
    readings.pressureFault = sensors.pressureFault
    readings.pressurePa = value(sensors.pressureFault, sensors.pressurePa)
    readings.encoderFault = sensors.encoderFault
    readings.encoderSteps = value(sensors.encoderFault, sensors.encoderSteps)
    readings.reservoirEndFault = sensors.endSwitchFault
    readings.reservoirEndSwitch = value(sensors.endSwitchFault, sensors.endSwitch)
    readings.batteryFault = sensors.batteryFault
    readings.batteryMv = value(sensors.batteryFault, sensors.batteryMv)
    readings.wallFault = sensors.wallFault
    readings.wallMs = value(sensors.wallFault, sensors.wallS * MS_PER_SECOND)
    readings.supplyFailing = sensors.supplyFailing
}

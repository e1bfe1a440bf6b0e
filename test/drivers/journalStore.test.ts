import fc from "fast-check"
import { beforeEach, describe, expect, test } from "vitest"
import { encodeProgramme } from "../../sim/prescription/compile"
import { type FlashRecords, JournalStore } from "../../src/drivers/journalStore"
import type { ProgrammeOffer, RecordMemory } from "../../src/drivers/parts"
import { Alarm, hasAlarm, Reason } from "../../src/pump/alarms"
import { crc32, writeUint } from "../../src/pump/bytes"
import {
    CHECKPOINT_SIZE,
    CHECKPOINT_SIZE_MAX,
    CHECKPOINT_VERSION,
    ProgrammeSource,
    WALL_UNKNOWN,
} from "../../src/pump/checkpoint"
import { decodeEntry, ENTRY_SIZE, type Entry, EVENT_ENTRIES, EventKind, FAULT_ENTRIES } from "../../src/pump/eventLog"
import { allowSteps, type Guard } from "../../src/pump/guard"
import { takeUntilEnd } from "../../src/pump/incoming"
import {
    CHECKPOINT_PLACE,
    EVENTS_AT,
    entryAddress,
    FAULTS_AT,
    FLASH_MARK_AT,
    FLASH_MARK_SIZE,
    type Journal,
    MEMORY_SIZE,
    ODOMETERS_AT,
    PROGRAMME_PLACE,
    PROGRAMMES_AT,
    TRANSFER_MAX,
} from "../../src/pump/journal"
import {
    MS_PER_DAY,
    MS_PER_MINUTE,
    RATE_PL_PER_DAY_MIN,
    RESERVOIR_PL_MAX,
    START_UP_MS,
    TICK_MS,
} from "../../src/pump/limits"
import { decodeOdometer, ODOMETER_SIZE } from "../../src/pump/odometer"
import type { Programme } from "../../src/pump/programme"
import { BolusEvent, BolusReason, createActions, Mode, type Pump } from "../../src/pump/pump"
import { CommandKind, createReadings, GuardTrip, ProgrammeAnswer, SensorFault } from "../../src/pump/readings"
import { tick } from "../../src/pump/tick"
import { CHECKPOINT, LIMITS, MECHANISM, programmeOf, steadyProgramme } from "../pump/bench"

const STEP_PL = MECHANISM.stepPl
const FLASH_ID = 0x1234_5678

/** The largest reservoir, so that the fastest flow leaves none that is overdue. */
const FULL_PL = RESERVOIR_PL_MAX
const steady = (ratePlPerDay: number): Programme => ({ ...steadyProgramme(ratePlPerDay), reservoirPl: FULL_PL })

/** A step in every second tick or so, and half of that. */
const PROGRAMME = steady(24_000_000_000)
const OTHER = steady(12_000_000_000)

const FLASH: FlashRecords = {
    programme: PROGRAMME,
    mechanism: MECHANISM,
    limits: LIMITS,
    flashId: FLASH_ID,
    oldCheckpoint: Reason.RecordMissing,
}

interface Write {
    address: number
    bytes: Uint8Array
}

/** A record memory that keeps each byte as it comes. */
class Memory implements RecordMemory {
    readonly bytes = new Uint8Array(MEMORY_SIZE)
    /** False for a part that does not answer; or which writes it does not take. */
    answers = true
    refuses: (address: number) => boolean = () => false
    /** Every write that was begun. */
    readonly writes: Write[] = []
    /** Called before each one. */
    onWrite = () => {}

    async read(address: number, length: number): Promise<Buffer | undefined> {
        if (!(length > 0 && length <= TRANSFER_MAX && address + length <= MEMORY_SIZE)) throw new Error("bad read")
        return this.answers ? Buffer.from(this.bytes.slice(address, address + length)) : undefined
    }

    async write(address: number, bytes: Buffer, length: number): Promise<boolean> {
        if (!(length > 0 && length <= TRANSFER_MAX && address + length <= MEMORY_SIZE)) throw new Error("bad write")
        if (!(length <= bytes.length)) throw new Error("more than there is")
        if (!this.answers || this.refuses(address)) return false
        this.onWrite()
        const written = Uint8Array.from(bytes.subarray(0, length))
        this.writes.push({ address, bytes: written })
        this.bytes.set(written, address)
        return true
    }

    copy(): Memory {
        const memory = new Memory()
        memory.bytes.set(this.bytes)
        return memory
    }

    flip(address: number, mask = 1): void {
        this.bytes[address] ^= mask
    }
}

/** A programme as it is offered, from a place that has so much of it. */
function offerOf(record: Uint8Array, pieceSize = TRANSFER_MAX): ProgrammeOffer {
    return {
        bring: async incoming => {
            const offset = incoming.received
            return takeUntilEnd(incoming, offset < record.length ? record.slice(offset, offset + pieceSize) : undefined)
        },
    }
}

/** The firmware around its memory, as `loop.ts` leads it; all parts but the memory are well. */
class Device {
    pump!: Pump
    guard!: Guard
    journal!: Journal
    store!: JournalStore
    readonly readings = createReadings()
    readonly actions = createActions()
    offer: ProgrammeOffer | undefined
    wallStartMs = 100 * 7 * MS_PER_DAY
    nowMs = START_UP_MS
    /** Steps truly made, ever. */
    made = 0

    constructor(
        readonly memory: Memory = new Memory(),
        readonly flash: FlashRecords = FLASH,
    ) {}

    /** Reads what the run before left, and no more. */
    async recall(): Promise<this> {
        this.store = new JournalStore(this.memory)
        Object.assign(this, await this.store.recall(this.flash, START_UP_MS, async () => {}))
        this.nowMs = START_UP_MS - TICK_MS
        return this
    }

    async boot(): Promise<this> {
        await this.recall()
        await this.store.saveCheckpoint(this.pump, this.guard)
        return this
    }

    async tick(): Promise<void> {
        const { pump, guard, readings, actions, store } = this
        this.nowMs += TICK_MS
        readings.sampled = (this.nowMs - START_UP_MS) % 1000 === 0
        if (readings.sampled) {
            Object.assign(readings, {
                pressurePa: 1_000 + ((this.nowMs / 1000) % 7),
                pressureFault: SensorFault.None,
                encoderSteps: pump.commandedSteps,
                encoderFault: SensorFault.None,
                reservoirEndSwitch: 0,
                reservoirEndFault: SensorFault.None,
                batteryMv: 4_000,
                batteryFault: SensorFault.None,
                wallMs: this.wallStartMs + this.nowMs,
                wallFault: SensorFault.None,
            })
        }
        if (this.nowMs < pump.idleUntilMs && !readings.sampled && pump.alarms === 0 && store.rests()) return
        if (store.receiving || readings.command === CommandKind.Programme) store.takeOffer(pump, readings, undefined)
        readings.recorded = pump.bolusUnrecorded && store.recorded()
        tick(pump, guard, readings, this.nowMs, actions)
        if (actions.steps !== 0) {
            await store.saveSteps(actions.steps)
            this.made += actions.steps
        }
        if (store.notes(pump, readings, actions, readings.sampled)) await store.saveTick(pump, guard)
        if (store.receiving && !readings.sampled) await store.bringIn(pump, this.offer)
    }

    async run(lengthMs: number): Promise<void> {
        for (const endMs = this.nowMs + lengthMs; this.nowMs < endMs; ) await this.tick()
    }

    /** Ticks until this holds. */
    async until(holds: () => boolean): Promise<void> {
        for (let ticks = 0; !holds(); ticks++) {
            if (ticks > 50_000) throw new Error("waited in vain")
            await this.tick()
        }
    }

    /** Gives a command in the next sample and ticks until it is carried out. */
    async command(kind: CommandKind, volumePl = 0, ratePlPerDay = 0): Promise<void> {
        while ((this.nowMs + TICK_MS - START_UP_MS) % 1000 !== 0) await this.tick()
        Object.assign(this.readings, { command: kind, commandPl: volumePl, commandRatePlPerDay: ratePlPerDay })
        this.readings.commandResidualPl = Number.NaN
        await this.tick()
    }

    /** Ticks until all is recorded that was to be. */
    async settle(): Promise<void> {
        await this.until(() => this.store.recorded())
    }

    /** Offers a programme and ticks until it is taken or refused, and recorded. */
    async offerProgramme(offer: ProgrammeOffer | undefined): Promise<ProgrammeAnswer> {
        this.offer = offer
        await this.command(CommandKind.Programme)
        for (let ticks = 0; this.actions.command !== CommandKind.Programme; ticks++) {
            if (ticks > 1000) throw new Error("neither taken nor refused")
            await this.tick()
        }
        const answer = this.actions.programmeAnswer
        await this.settle()
        return answer
    }

    /** What runs next after a reset. */
    async restart(flash: Partial<FlashRecords> = {}): Promise<Device> {
        const device = new Device(this.memory.copy(), { ...this.flash, ...flash })
        device.made = this.made
        return await device.boot()
    }

    has(alarm: Alarm): boolean {
        return hasAlarm(this.pump.alarms, alarm)
    }

    /** All entries of one ring that can be read, oldest first, among those that the journal counts. */
    entries(fault: boolean): (Entry | undefined)[] {
        const { events, faults } = this.journal.log
        const count = fault ? faults : events
        const size = fault ? FAULT_ENTRIES : EVENT_ENTRIES
        const entries: (Entry | undefined)[] = []
        for (let index = Math.max(0, count - size); index < count; index++) {
            const address = entryAddress({ fault, index })
            entries.push(decodeEntry(this.memory.bytes.slice(address, address + ENTRY_SIZE), index))
        }
        return entries
    }
}

const highestRate = (pump: Pump) => pump.programme && Math.max(...pump.programme.segmentRatePlPerDay)

let device: Device
beforeEach(async () => {
    device = await new Device().boot()
})

test("the emptiest memory gives a new pump: full, running, with nothing to complain of", async () => {
    await device.run(3_000)
    const { pump, journal } = device
    expect(pump.alarms).toBe(0)
    expect(pump.mode).toBe(Mode.Running)
    expect(journal.starts).toBe(1)
    expect(device.store.works).toBe(true)
    expect(pump.residualPl).toBe(FULL_PL - device.made * STEP_PL)
})

describe("what outlasts a reset", () => {
    test("JRN-1: accounts, mode, alarms with their reasons, the guard's counts, the refill and the starts", async () => {
        await device.run(20_000)
        await device.command(CommandKind.Refill, 15_000_000_000)
        await device.run(5_000)
        device.guard.trip = GuardTrip.DayLimit
        await device.until(() => device.has(Alarm.OverDelivery))
        await device.command(CommandKind.Stop)
        await device.settle()
        const { pump, guard, journal } = device
        const next = await device.restart()
        expect(next.pump).toMatchObject({
            mode: Mode.Stopped,
            latched: pump.latched,
            residualPl: pump.residualPl,
            refilledPl: 15_000_000_000,
            refilledWallS: pump.refilledWallS,
            uncertainPl: pump.uncertainPl,
            brokenRuns: 2,
            stoppedWallS: Math.floor((pump.wallMinusNowMs + pump.stoppedSinceMs) / 1000),
        })
        expect(next.pump.refilledWallS).not.toBe(WALL_UNKNOWN)
        expect(next.pump.reasons[Alarm.OverDelivery]).toBe(Reason.DayLimit)
        expect(next.guard.trip).toBe(GuardTrip.DayLimit)
        expect([next.guard.hourSteps, next.guard.daySteps]).toEqual([guard.hourSteps, guard.daySteps])
        expect(next.journal).toMatchObject({
            starts: 2,
            forwardSteps: device.made,
            backSteps: 0,
            flashId: FLASH_ID,
            sequence: journal.sequence + 1,
        })
        const third = await next.restart()
        expect(third.journal.starts).toBe(3)
        expect(third.pump.mode).toBe(Mode.Stopped)
    })

    test("JRN-1: what happens is recorded within a second, by one thing a tick, and by none in a tick that samples", async () => {
        await device.run(3_000)
        await device.settle()
        await device.run(500)
        const { memory, store, readings } = device
        const transfers = () =>
            memory.writes.filter(({ address }) => address < ODOMETERS_AT || address >= FAULTS_AT).length
        let written = transfers()
        await device.command(CommandKind.Stop)
        expect(readings.sampled).toBe(true)
        expect(transfers()).toBe(written)
        let ticks = 0
        for (; !store.recorded(); ticks++) {
            expect((await device.restart()).pump.mode).toBe(Mode.Running)
            await device.tick()
            expect(transfers() - written).toBeLessThanOrEqual(readings.sampled ? 0 : 1)
            written = transfers()
        }
        expect(ticks).toBeGreaterThan(4)
        expect(ticks).toBeLessThan(10)
        expect((await device.restart()).pump.mode).toBe(Mode.Stopped)
    })

    test("JRN-1: it is recorded even where every tick samples", async () => {
        await device.run(3_000)
        await device.settle()
        const { pump, guard, readings, actions, store } = device
        pump.mode = Mode.Stopped
        actions.checkpointDue = true
        for (let ticks = 0; ticks < 30; ticks++) {
            if (store.notes(pump, readings, actions, true)) await store.saveTick(pump, guard)
            actions.checkpointDue = false
        }
        expect(store.recorded()).toBe(true)
        expect((await device.restart()).pump.mode).toBe(Mode.Stopped)
    })

    test("JRN-1: the two copies are written in turn, and either one gives it all", async () => {
        for (let i = 0; i < 3; i++) {
            const before = device.memory.writes.length
            await device.store.saveCheckpoint(device.pump, device.guard)
            expect(device.memory.writes.slice(before).map(({ address }) => address)).toEqual([
                (device.journal.sequence & 1) * CHECKPOINT_PLACE,
            ])
        }
        await device.command(CommandKind.Stop)
        const newest = (device.journal.sequence & 1) * CHECKPOINT_PLACE
        device.memory.flip(newest + 20)
        const next = await device.restart()
        // The older copy does not know of the stop; nothing is damaged as long as one copy is good.
        expect(next.has(Alarm.CheckpointDamaged)).toBe(false)
        expect(next.pump.mode).toBe(Mode.Running)
        expect(next.journal.sequence).toBe(device.journal.sequence)
        device.memory.flip(CHECKPOINT_PLACE - newest + 20)
        const damaged = await device.restart()
        expect(damaged.has(Alarm.CheckpointDamaged)).toBe(true)
        expect(damaged.pump.ratePlPerDay).toBe(0)
        await damaged.run(2_000)
        expect(damaged.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
    })

    test("JRN-1: any flip of a single bit in the newest checkpoint or count leaves the other copy, and nothing is made less", async () => {
        await device.run(10_000)
        await device.store.saveCheckpoint(device.pump, device.guard)
        const newest = (device.journal.sequence & 1) * CHECKPOINT_PLACE
        const odometer = ODOMETERS_AT + (1 - device.journal.odometerCopy) * ODOMETER_SIZE
        for (const [from, size] of [
            [newest, CHECKPOINT_SIZE],
            [odometer, ODOMETER_SIZE],
        ]) {
            for (let bit = 0; bit < 8 * size; bit++) {
                const memory = device.memory.copy()
                memory.flip(from + (bit >> 3), 1 << (bit & 7))
                const next = await new Device(memory).recall()
                expect(next.pump.alarms, `bit ${bit}`).toBe(0)
                // Of a count that was damaged the steps since the other copy are lost, which are one tick's.
                expect(device.made - next.journal.forwardSteps).toBeLessThanOrEqual(from === odometer ? 1 : 0)
                expect(next.journal.forwardSteps).toBeLessThanOrEqual(device.made)
            }
        }
    })

    test("JRN-1: a torn count is made good again at the next start, and two that differ are left as they are", async () => {
        await device.run(5_000)
        const odometers = ({ bytes }: Memory) => bytes.slice(ODOMETERS_AT, ODOMETERS_AT + 2 * ODOMETER_SIZE)
        const both = (await new Device(device.memory.copy()).recall()).memory
        expect(odometers(both)).toEqual(odometers(device.memory))
        for (const copy of [0, 1]) {
            const memory = device.memory.copy()
            memory.flip(ODOMETERS_AT + copy * ODOMETER_SIZE + 12)
            await new Device(memory).recall()
            const [first, second] = [0, ODOMETER_SIZE].map(at => odometers(memory).slice(at, at + ODOMETER_SIZE))
            expect(first).toEqual(second)
            expect(decodeOdometer(first)).toBeDefined()
        }
    })

    test("STP-5: a stop keeps its age over a reset when the wall clock is known", async () => {
        await device.run(2_000)
        await device.command(CommandKind.Stop)
        const stoppedWallMs = device.wallStartMs + device.nowMs
        await device.run(5_000)
        const next = await device.restart()
        // Two days and an hour later by the wall clock, though the chip's own begins anew.
        next.wallStartMs = stoppedWallMs + 49 * 3_600_000
        await next.run(3_000)
        expect(next.has(Alarm.StoppedOver48Hours)).toBe(true)
        const later = await device.restart()
        later.wallStartMs = stoppedWallMs + 60_000
        await later.run(3_000)
        expect(later.has(Alarm.StoppedOver48Hours)).toBe(false)
        expect(later.has(Alarm.StoppedOver5Min)).toBe(true)
    })

    test("JRN-4: a bolus is in the memory before its first step, and is never delivered again", async () => {
        await device.run(3_000)
        const made = device.made
        await device.command(CommandKind.Prime, 2_000_000_000, 240_000_000_000)
        // As long as it is not recorded nothing of it is given: a reset then knows of none, and none was.
        let ticks = 0
        for (; device.actions.bolusEvent !== BolusEvent.Started; ticks++) {
            const none = await device.restart()
            expect(none.pump.bolusPl).toBe(0)
            expect(device.pump.bolusLeftPl).toBe(2_000_000_000)
            if (device.store.recorded()) break
            await device.tick()
        }
        expect(ticks).toBeGreaterThan(4)
        await device.tick()
        expect(device.actions.bolusEvent).toBe(BolusEvent.Started)
        expect(device.made - made).toBeLessThan(10)
        const cut = await device.restart()
        await cut.run(2_000)
        expect(cut.pump.bolusRatePlPerDay).toBe(0)
        expect(cut.made - made).toBeLessThan(20)
        expect(cut.entries(false).map(entry => entry?.kind)).toContain(EventKind.BolusInterrupted)
        // And in the midst of it: what is left of it never comes.
        await device.run(1_500)
        const before = device.pump.bolusPl - device.pump.bolusLeftPl
        expect(before).toBeGreaterThan(3_000_000)
        const midst = await device.restart()
        await midst.run(3_000)
        expect(midst.pump.bolusRatePlPerDay).toBe(0)
        const interrupted = midst.entries(false).find(entry => entry?.kind === EventKind.BolusInterrupted)
        const toldPl = (interrupted?.value ?? 0) * 10_000
        expect(toldPl).toBeGreaterThanOrEqual(before - STEP_PL)
        expect(toldPl).toBeLessThan(before + 2 * device.pump.mechanism.stepsPerTickMax * STEP_PL)
        // The next reset knows of none.
        const after = await midst.restart()
        await after.run(2_000)
        const kinds = after.entries(false).map(entry => entry?.kind)
        expect(kinds.filter(kind => kind === EventKind.BolusInterrupted)).toHaveLength(1)
    })

    test("GRD-11: limits as tight as the flow itself are not tripped by a reset, in whichever minute it comes", async () => {
        // An hour, the running minute, one for lateness, and the one after a reset before the first slot leaves (LIM-3).
        const limits = { ...LIMITS, hourPlMax: Math.ceil((24_000_000_000 / 1440) * 63) }
        const run = await new Device(new Memory(), { ...FLASH, limits }).boot()
        await run.run(62 * MS_PER_MINUTE)
        for (let cut = 0; cut < 4; cut++) {
            await run.run(4.3 * MS_PER_MINUTE)
            const next = await run.restart()
            await next.run(5 * MS_PER_MINUTE)
            expect(GuardTrip[next.guard.trip]).toBe(GuardTrip[GuardTrip.None])
            expect(next.pump.alarms).toBe(0)
        }
    })
})

/** What was so before one write of a life began. */
interface Moment {
    /** Steps made by then, and those of the tick under way that are counted first. */
    made: number
    counted: number
    mode: Mode
    latched: number
    ratePlPerDay: number | undefined
}

describe("a power cut at every byte of every write", () => {
    const PRIME_STEPS = 7
    const moments: Moment[] = []
    const writes: Write[] = []
    let life: Device

    /** A short life with all that is written: two starts, a stop, a start, a bolus, a refused and a taken programme, an alarm. */
    async function live(): Promise<void> {
        const memory = new Memory()
        life = new Device(memory)
        memory.onWrite = () => {
            const { pump, journal, made } = life
            moments.push({
                made,
                counted: journal?.forwardSteps ?? 0,
                mode: pump?.mode ?? Mode.Running,
                latched: pump?.latched ?? 0,
                ratePlPerDay: pump ? highestRate(pump) : 24_000_000_000,
            })
        }
        await life.boot()
        await life.run(2_500)
        await life.command(CommandKind.Prime, PRIME_STEPS * STEP_PL, 240_000_000_000)
        await life.run(1_000)
        await life.command(CommandKind.Stop)
        await life.run(500)
        await life.command(CommandKind.Start)
        const broken = encodeProgramme(OTHER).slice(0, 20)
        expect(await life.offerProgramme(offerOf(broken))).toBe(ProgrammeAnswer.Damaged)
        expect(await life.offerProgramme(offerOf(encodeProgramme(OTHER)))).toBe(ProgrammeAnswer.Taken)
        await life.run(1_000)
        life.guard.trip = GuardTrip.HourLimit
        await life.run(4_000)
        await life.command(CommandKind.Acknowledge)
        await life.run(1_000)
        writes.push(...memory.writes)
    }

    test("JRN-2, JRN-3, PRG-5, LOG-3: leaves one good copy of each record, the programme whole, and the count at most a tick's steps ahead", async () => {
        await live()
        expect(writes.length).toBeGreaterThan(60)
        const image = new Uint8Array(MEMORY_SIZE)
        let stored = moments[0]
        const seen = { cuts: 0, uncertain: 0, old: 0, other: 0, stopped: 0, latched: 0 }
        for (const [n, { address, bytes }] of writes.entries()) {
            const before = moments[n]
            for (let k = 0; k <= bytes.length; k++) {
                const memory = new Memory()
                memory.bytes.set(image)
                memory.bytes.set(bytes.slice(0, k), address)
                const next = await new Device(memory).recall()
                const where = `write ${n} at ${address}, after ${k} of ${bytes.length} bytes`
                const { pump, guard, journal } = next
                seen.cuts += 1

                expect(pump.conditions, where).toBe(0)
                expect(journal.forwardSteps, where).toBeGreaterThanOrEqual(before.made)
                expect(journal.forwardSteps, where).toBeLessThanOrEqual(before.counted)
                expect(pump.residualPl, where).toBe(FULL_PL - journal.forwardSteps * STEP_PL)
                expect(pump.volume.meteredPl, where).toBe(journal.forwardSteps * STEP_PL)
                expect(journal.forwardSteps - pump.uncertainPl / STEP_PL, where).toBeLessThanOrEqual(before.made)
                // But for what the prime brought, which is its own allowance's.
                expect(guard.hourSteps, where).toBeGreaterThanOrEqual(journal.forwardSteps - PRIME_STEPS - 1)
                expect(guard.hourSteps, where).toBeLessThanOrEqual(journal.forwardSteps)
                expect(pump.bolusRatePlPerDay, where).toBe(0)

                // A checkpoint counts with its last byte.
                if (bytes.length === CHECKPOINT_SIZE && k === CHECKPOINT_SIZE) stored = before
                const { mode, latched, ratePlPerDay } = stored
                expect([pump.mode, pump.latched, highestRate(pump)], where).toEqual([mode, latched, ratePlPerDay])
                for (const fault of [false, true])
                    for (const entry of next.entries(fault)) expect(entry, where).toBeDefined()

                // A second cut before the checkpoint of this start loses nothing of what the first one left in doubt.
                const again = await new Device(memory.copy()).recall()
                expect(again.journal.forwardSteps, where).toBe(journal.forwardSteps)
                expect(again.pump.uncertainPl, where).toBe(pump.uncertainPl)

                if (pump.uncertainPl > 0) seen.uncertain += 1
                if (highestRate(pump) === 24_000_000_000) seen.old += 1
                else seen.other += 1
                if (pump.mode === Mode.Stopped) seen.stopped += 1
                if (pump.latched !== 0) seen.latched += 1
            }
            image.set(bytes, address)
        }
        expect(seen.cuts).toBeGreaterThan(2_000)
        for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(50)
    })

    test("JRN-2: once a checkpoint is written, what it says is what a reset finds", async () => {
        const image = new Uint8Array(MEMORY_SIZE)
        let checkpoints = 0
        for (const [n, { address, bytes }] of writes.entries()) {
            image.set(bytes, address)
            if (bytes.length !== CHECKPOINT_SIZE) continue
            checkpoints += 1
            const memory = new Memory()
            memory.bytes.set(image)
            const { pump } = await new Device(memory).recall()
            const { mode, latched, ratePlPerDay } = moments[n]
            expect([pump.mode, pump.latched, highestRate(pump)], `write ${n}`).toEqual([mode, latched, ratePlPerDay])
        }
        expect(checkpoints).toBeGreaterThan(7)
    })
})

test("JRN-3: for a random run cut before, in or after the last tick's steps, what is counted was made, or is that tick's and uncertain", async () => {
    const programme = fc.constantFrom(200_000_000, 2_400_000_000, 24_000_000_000)
    const events = fc.array(fc.constantFrom(CommandKind.None, CommandKind.Prime, CommandKind.Stop, CommandKind.Start), {
        maxLength: 4,
    })
    await fc.assert(
        fc.asyncProperty(programme, events, fc.nat(30), fc.nat(20), async (rate, commands, ticks, cutAt) => {
            const run = await new Device(new Memory(), { ...FLASH, programme: steady(rate) }).boot()
            for (const kind of commands) {
                if (kind !== CommandKind.None) await run.command(kind, 2_000_000, 240_000_000_000)
                await run.run(700)
            }
            for (let i = 0; i < ticks; i++) await run.tick()
            await run.until(() => run.pump.mode === Mode.Stopped || run.actions.steps > 0)
            // The last tick: its steps are counted up to a byte, and then none of them, some, or all are made.
            const memory = run.memory.copy()
            const odometer = run.memory.writes.findLast(({ bytes }) => bytes.length === ODOMETER_SIZE)
            if (!odometer) throw new Error("no step was ever counted")
            const { made } = run
            const last = run.actions.steps
            if (cutAt < ODOMETER_SIZE && last > 0) {
                const other = odometer.bytes.slice()
                for (let i = cutAt; i < ODOMETER_SIZE; i++) other[i] ^= 0xff
                memory.bytes.set(other, odometer.address)
            }
            const next = await new Device(memory, run.flash).recall()
            const leastMade = cutAt < ODOMETER_SIZE ? made - last : made
            const { forwardSteps } = next.journal
            expect(forwardSteps).toBeGreaterThanOrEqual(leastMade)
            expect(forwardSteps).toBeLessThanOrEqual(made)
            expect(next.pump.residualPl).toBe(FULL_PL - forwardSteps * STEP_PL)
        }),
        { numRuns: 40 },
    )
})

describe("steps back", () => {
    test("JRN-3: those of the last tick are not taken off what was delivered, unless a later one was counted", async () => {
        await device.run(10_000)
        const { made, memory, store } = device
        await store.saveCheckpoint(device.pump, device.guard)
        await store.saveSteps(-3)
        const once = await new Device(memory.copy()).recall()
        expect(once.pump.residualPl).toBe(FULL_PL - made * STEP_PL)
        expect(once.journal).toMatchObject({ forwardSteps: made, backSteps: 3 })
        await store.saveSteps(-2)
        const twice = await new Device(memory.copy()).recall()
        expect(twice.pump.residualPl).toBe(FULL_PL - (made - 3) * STEP_PL)
        expect(twice.journal.backSteps).toBe(5)
    })
})

describe("a programme that is offered", () => {
    const record = encodeProgramme(OTHER)

    test("PRG-5: is taken whole, goes on after a reset, and the next one stands in the other place", async () => {
        await device.run(2_000)
        const checkpoints = () => device.memory.writes.filter(({ bytes }) => bytes.length === CHECKPOINT_SIZE).length
        const before = checkpoints()
        expect(await device.offerProgramme(offerOf(record))).toBe(ProgrammeAnswer.Taken)
        expect(checkpoints()).toBeGreaterThan(before)
        expect(device.pump.programme).toEqual(OTHER)
        expect(device.journal).toMatchObject({
            programmeSource: ProgrammeSource.First,
            programmeSum: crc32(record, 0, record.length - 4, 0),
        })
        expect((await device.restart()).pump.programme).toEqual(OTHER)
        const third = steady(6_000_000_000)
        expect(await device.offerProgramme(offerOf(encodeProgramme(third)))).toBe(ProgrammeAnswer.Taken)
        expect(device.journal.programmeSource).toBe(ProgrammeSource.Second)
        expect((await device.restart()).pump.programme).toEqual(third)
        expect(await device.offerProgramme(offerOf(record))).toBe(ProgrammeAnswer.Taken)
        expect(device.journal.programmeSource).toBe(ProgrammeSource.First)
        const next = await device.restart()
        expect(next.pump.programme).toEqual(OTHER)
        expect(next.pump.alarms).toBe(0)
    })

    test("PRG-5: one as long as a programme can be takes many ticks, one piece in each", async () => {
        const segments = Array.from({ length: 48 }, (_, i) => ({ startMinute: i * 30, ratePlPerDay: 48_000_000 + i }))
        const long: Programme = {
            ...programmeOf(segments),
            patternOfWeekday: [0, 1, 2, 3, 0, 1, 2],
            patternStart: [0, 48, 96, 144, 192],
            segmentStartMinute: Array.from({ length: 192 }, (_, i) => (i % 48) * 30),
            segmentRatePlPerDay: Array.from({ length: 192 }, (_, i) => 48_000_000 + i),
        }
        const bytes = encodeProgramme(long)
        expect(bytes.length).toBe(1446)
        let fetched = 0
        const offer = offerOf(bytes)
        const answer = device.offerProgramme({
            bring: async incoming => {
                fetched += 1
                return await offer.bring(incoming)
            },
        })
        expect(await answer).toBe(ProgrammeAnswer.Taken)
        expect(fetched).toBe(8)
        expect((await device.restart()).pump.programme).toEqual(long)
    })

    test("PRG-5: of a length that fills its last piece, its end is seen by an empty one", async () => {
        // 94 bytes, a pattern of 43 segments and the checksum.
        const segments = Array.from({ length: 43 }, (_, i) => ({ startMinute: i, ratePlPerDay: 48_000_000 + i }))
        const programme = programmeOf(segments)
        expect(encodeProgramme(programme).length).toBe(2 * TRANSFER_MAX)
        expect(await device.offerProgramme(offerOf(encodeProgramme(programme)))).toBe(ProgrammeAnswer.Taken)
        expect((await device.restart()).pump.programme).toEqual(programme)
    })

    const withByte = (at: number, value: number) => {
        const changed = record.slice()
        changed[at] = value
        return changed
    }
    const withSum = (bytes: Uint8Array) => {
        writeUint(bytes, bytes.length - 4, 4, crc32(bytes, 0, bytes.length - 4, 0))
        return bytes
    }

    test.each<[string, ProgrammeAnswer, ProgrammeOffer | undefined, Partial<FlashRecords>]>([
        ["that nobody has", ProgrammeAnswer.Damaged, undefined, {}],
        ["without a byte", ProgrammeAnswer.Damaged, offerOf(new Uint8Array(0)), {}],
        ["with a wrong bit", ProgrammeAnswer.Damaged, offerOf(withByte(20, record[20] ^ 1)), {}],
        ["that breaks off", ProgrammeAnswer.Damaged, offerOf(record.slice(0, record.length - 1)), {}],
        ["with a byte too many", ProgrammeAnswer.Damaged, offerOf(Uint8Array.from([...record, 0])), {}],
        ["whole, and none", ProgrammeAnswer.Damaged, offerOf(withSum(withByte(2, 9))), {}],
        [
            "without an end",
            ProgrammeAnswer.Damaged,
            { bring: async incoming => takeUntilEnd(incoming, new Uint8Array(TRANSFER_MAX)) },
            {},
        ],
        [
            "beyond the mechanism",
            ProgrammeAnswer.BeyondMechanism,
            offerOf(record),
            { mechanism: { ...MECHANISM, stepsPerTickMax: 1, stepPl: Math.floor(12_000_000_000 / 864_000) } },
        ],
        [
            "beyond the hour's limit",
            ProgrammeAnswer.BeyondLimits,
            offerOf(record),
            // Half a millilitre an hour, and a 24th more while the schedule catches up with local time.
            { limits: { ...LIMITS, hourPlMax: 520_833_333 } },
        ],
        [
            "beyond the day's limit",
            ProgrammeAnswer.BeyondLimits,
            offerOf(record),
            { limits: { ...LIMITS, dayPlMax: 11_999_999_999 } },
        ],
    ])("PRG-5: one %s is refused with its reason, and the one that runs goes on", async (_, answer, offer, flash) => {
        const slow = steady(100_000_000)
        device = await new Device(new Memory(), { ...FLASH, programme: slow, ...flash }).boot()
        await device.run(2_000)
        const { alarms } = device.pump
        expect(ProgrammeAnswer[await device.offerProgramme(offer)]).toBe(ProgrammeAnswer[answer])
        await device.run(2_000)
        expect(device.pump.programme).toEqual(slow)
        expect(device.pump.alarms).toBe(alarms)
        expect(device.journal.programmeSource).toBe(ProgrammeSource.Flash)
        const refused = device.entries(false).filter(entry => entry?.kind === EventKind.ProgrammeRefused)
        expect(refused.map(entry => entry?.reason)).toEqual([answer])
        expect((await device.restart()).pump.programme).toEqual(slow)
    })

    test.each([
        ["the hour's limit", { ...LIMITS, hourPlMax: 520_833_334 }],
        ["the day's limit", { ...LIMITS, dayPlMax: 12_000_000_000 }],
    ])("PRG-5: one that is just within %s is taken", async (_, limits) => {
        device = await new Device(new Memory(), { ...FLASH, programme: steady(100_000_000), limits }).boot()
        expect(ProgrammeAnswer[await device.offerProgramme(offerOf(record))]).toBe("Taken")
    })

    const doses: Programme = {
        ...steady(240_000_000),
        patientPl: 2_000_000,
        patientDurationMinutes: 10,
        lockoutMinutes: 30,
        dosesPerDayMax: 4,
        windowMinutes: 120,
        windowPlMax: 40_000_000,
        windowBasalPl: 25_000_000,
    }
    const bolus = { bolusPlMax: 1_000_000 }
    const periodic = { periodicPl: 3_000_000, periodicMinutes: 120, periodicDurationMinutes: 10 }

    test.each<[string, Programme, number, number]>([
        // In an hour a 24th more than 10 µL of the schedule, and three doses at a lockout of half an hour; in a day all four.
        ["the patient's doses", doses, 16_416_667, 248_000_000],
        // With a clinician's boluses the window alone bounds them: 15 µL in two hours.
        ["a clinician's boluses", { ...doses, ...bolus }, 25_416_667, 420_000_000],
        [
            "a periodic dose",
            { ...steady(240_000_000), ...periodic, meanRatePlPerDay: 276_000_000 },
            13_416_667,
            276_000_000,
        ],
    ])(
        "PRG-5: the guard's limits have to leave room for %s besides the schedule",
        async (_, programme, hourPl, dayPl) => {
            for (const [hourPlMax, dayPlMax, answer] of [
                [hourPl, dayPl, "Taken"],
                [hourPl - 1, dayPl, "BeyondLimits"],
                [hourPl, dayPl - 1, "BeyondLimits"],
            ] as const) {
                const limits = { ...LIMITS, hourPlMax, dayPlMax }
                device = await new Device(new Memory(), { ...FLASH, programme: steady(48_000_000), limits }).boot()
                const given = await device.offerProgramme(offerOf(encodeProgramme(programme)))
                expect(ProgrammeAnswer[given], `${hourPlMax} and ${dayPlMax}`).toBe(answer)
            }
        },
    )

    test("PRG-7: the refill that it comes with is the one of its command, whatever is asked for meanwhile", async () => {
        const other = { ...OTHER, concentrationNgPerMl: 2 * OTHER.concentrationNgPerMl, deadVolumePl: 300_000_000 }
        await device.run(2_000)
        device.offer = offerOf(encodeProgramme(other))
        await device.command(CommandKind.Programme, 30_000_000_000)
        await device.command(CommandKind.Prime, 1_000_000, 240_000_000_000)
        expect(device.actions.command).not.toBe(CommandKind.Programme)
        await device.until(() => device.actions.command === CommandKind.Programme)
        expect(ProgrammeAnswer[device.actions.programmeAnswer]).toBe("Taken")
        expect(device.pump).toMatchObject({ programme: other, refilledPl: 30_000_000_000, lineLeftPl: 300_000_000 })
        await device.run(3_000)
        expect(device.entries(false).map(entry => entry && EventKind[entry.kind])).toEqual(
            expect.arrayContaining(["ProgrammeTaken", "Refilled", "BridgeBegun"]),
        )
        // Programme, refill and bridge were written down in one: the power finds all of them or none.
        const next = await device.restart()
        const { lineLeftPl, residualPl } = device.pump
        expect(next.pump).toMatchObject({ programme: other, lineLeftPl, residualPl, refilledPl: 30_000_000_000 })
        expect(next.pump.bridgeRatePlPerDay).toBe(PROGRAMME.meanRatePlPerDay)
    })

    test("PRG-7: without a refill one of another concentration is refused, and the one that runs goes on", async () => {
        const other = { ...OTHER, concentrationNgPerMl: 2 * OTHER.concentrationNgPerMl }
        await device.run(2_000)
        const answer = await device.offerProgramme(offerOf(encodeProgramme(other)))
        expect(ProgrammeAnswer[answer]).toBe("OtherConcentration")
        expect((await device.restart()).pump.programme).toEqual(PROGRAMME)
    })

    test.each<[string, (memory: Memory) => void]>([
        [
            "does not take it",
            memory => {
                memory.refuses = address => address >= PROGRAMMES_AT && address < FAULTS_AT
            },
        ],
        [
            "does not take its second piece",
            memory => {
                memory.refuses = address => address === PROGRAMMES_AT + 2
            },
        ],
        [
            "keeps another byte",
            memory => {
                const write = memory.write.bind(memory)
                memory.write = async (address, bytes, length) => {
                    const taken = await write(address, bytes, length)
                    if (address === PROGRAMMES_AT + 2) memory.flip(address + 30)
                    return taken
                }
            },
        ],
        [
            "keeps another length",
            memory => {
                const write = memory.write.bind(memory)
                memory.write = async (address, bytes, length) => {
                    const taken = await write(address, bytes, length)
                    if (address === PROGRAMMES_AT) memory.flip(address)
                    return taken
                }
            },
        ],
    ])("PRG-5: one for which the memory %s is refused as not stored", async (_, spoil) => {
        await device.run(2_000)
        spoil(device.memory)
        expect(ProgrammeAnswer[await device.offerProgramme(offerOf(record))]).toBe("NotStored")
        await device.run(1_000)
        expect(device.pump.programme).toEqual(PROGRAMME)
        expect((await device.restart()).pump.programme).toEqual(PROGRAMME)
    })

    test("PRG-5: an offer that is replaced by another before it is taken leaves nothing of itself", async () => {
        await device.run(2_000)
        device.offer = offerOf(record)
        await device.command(CommandKind.Programme)
        // All of it has come, and with the next sample comes another offer, that is none.
        await device.run(800)
        device.offer = offerOf(record.slice(0, 10))
        await device.command(CommandKind.Programme)
        await device.run(3_000)
        expect(device.pump.programme).toEqual(PROGRAMME)
        expect(highestRate((await device.restart()).pump)).toBe(24_000_000_000)
    })

    test("PRG-5: another command in the same sample goes first", async () => {
        await device.run(2_000)
        device.offer = offerOf(record)
        await device.command(CommandKind.Programme)
        await device.command(CommandKind.Stop)
        expect(device.pump.mode).toBe(Mode.Stopped)
        expect(device.pump.programme).toEqual(PROGRAMME)
        await device.run(1_000)
        expect(device.pump.programme).toEqual(OTHER)
        expect(device.pump.mode).toBe(Mode.Stopped)
    })

    test.each<[string, (memory: Memory) => void]>([
        ["its length", memory => memory.flip(PROGRAMMES_AT + 1, 128)],
        ["its first byte", memory => memory.flip(PROGRAMMES_AT + 2)],
        ["its checksum", memory => memory.flip(PROGRAMMES_AT + 2 + record.length - 1)],
        ["all of it, for another whole one", memory => memory.bytes.set(encodeProgramme(PROGRAMME), PROGRAMMES_AT + 2)],
        ["its length, for none", memory => memory.bytes.fill(0, PROGRAMMES_AT, PROGRAMMES_AT + 2)],
    ])("PRG-2: a stored one that has lost %s is damaged, and the minimum rate runs", async (_, spoil) => {
        await device.run(2_000)
        await device.offerProgramme(offerOf(record))
        spoil(device.memory)
        const next = await device.restart()
        await next.run(2_000)
        expect(next.has(Alarm.ProgrammeDamaged)).toBe(true)
        expect(next.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
        // A new one ends it.
        expect(await next.offerProgramme(offerOf(record))).toBe(ProgrammeAnswer.Taken)
        expect(next.has(Alarm.ProgrammeDamaged)).toBe(false)
    })
})

describe("a checkpoint of another version", () => {
    /** Both copies as a later firmware wrote them, and its count of steps. */
    function later(memory: Memory): void {
        for (const at of [0, CHECKPOINT_PLACE]) {
            const bytes = new Uint8Array(CHECKPOINT_SIZE_MAX).fill(7)
            bytes[0] = CHECKPOINT_VERSION + 1
            bytes[45] = CHECKPOINT_SIZE_MAX
            writeUint(bytes, CHECKPOINT_SIZE_MAX - 4, 4, crc32(bytes, 0, CHECKPOINT_SIZE_MAX - 4, 0))
            memory.bytes.set(bytes, at)
        }
    }

    test("JRN-5: a later one is refused with its reason, and left untouched until a refill", async () => {
        await device.run(20_000)
        const { memory } = device
        later(memory)
        const before = memory.bytes.slice()
        const next = await new Device(memory).boot()
        expect(next.pump.reasons[Alarm.CheckpointDamaged]).toBe(Reason.RecordNewer)
        expect(await next.store.verify()).toBe(true)
        await next.run(100_000)
        expect(next.has(Alarm.CheckpointDamaged)).toBe(true)
        expect(next.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
        expect(memory.bytes.every((byte, i) => byte === before[i])).toBe(true)
        for (const kind of [CommandKind.Stop, CommandKind.Start, CommandKind.Acknowledge]) await next.command(kind)
        expect(memory.bytes.every((byte, i) => byte === before[i])).toBe(true)
        expect(next.made).toBeGreaterThan(0)
        await next.command(CommandKind.Refill, FULL_PL)
        await next.settle()
        expect(next.has(Alarm.CheckpointDamaged)).toBe(false)
        expect([memory.bytes[0], memory.bytes[CHECKPOINT_PLACE]]).toEqual([CHECKPOINT_VERSION, CHECKPOINT_VERSION])
        const after = await next.restart()
        expect(after.pump.alarms).toBe(0)
        expect(after.pump.residualPl).toBe(next.pump.residualPl)
    })

    test("JRN-5: one of the version before is taken over, and the next one written is of this version", async () => {
        await device.run(20_000)
        await device.command(CommandKind.Refill, 15_000_000_000)
        await device.command(CommandKind.Stop)
        await device.settle()
        const { memory, pump } = device
        for (const at of [0, CHECKPOINT_PLACE]) {
            const bytes = memory.bytes.slice(at, at + 159)
            bytes[0] = 3
            bytes[44] &= 15
            bytes[45] = 159
            writeUint(bytes, 155, 4, crc32(bytes, 0, 155, 0))
            memory.bytes.fill(0, at, at + CHECKPOINT_PLACE).set(bytes, at)
        }
        const next = await new Device(memory).boot()
        expect(next.pump).toMatchObject({ mode: Mode.Stopped, residualPl: pump.residualPl, refilledPl: 15_000_000_000 })
        expect(next.pump.conditions & (1 << Alarm.CheckpointDamaged)).toBe(0)
        expect(next.journal.starts).toBe(2)
        await next.store.saveCheckpoint(next.pump, next.guard)
        expect([memory.bytes[0], memory.bytes[CHECKPOINT_PLACE]]).toEqual([CHECKPOINT_VERSION, CHECKPOINT_VERSION])
        expect((await next.restart()).pump.residualPl).toBe(pump.residualPl)
    })

    test("JRN-5: and its count of steps is not taken for this one's, in whichever tick after the refill the power goes", async () => {
        await device.run(20_000)
        expect(device.made).toBeGreaterThan(80)
        later(device.memory)
        const next = await new Device(device.memory).boot()
        await next.run(2_000)
        await next.command(CommandKind.Refill, FULL_PL)
        await next.settle()
        const writes = next.memory.writes.length
        for (let i = 0; i < 30; i++) {
            const after = await next.restart()
            expect(after.pump.residualPl).toBe(next.pump.residualPl)
            expect(after.has(Alarm.CheckpointDamaged)).toBe(false)
            await next.tick()
        }
        expect(next.memory.writes.length).toBeGreaterThan(writes + 5)
    })

    test("JRN-5: what an earlier firmware kept elsewhere is taken over by a memory that is still blank, and only then", async () => {
        const old = { ...CHECKPOINT, mode: Mode.Stopped, starts: 0, residualPl: 3_000_000_000 }
        const flash = { ...FLASH, oldCheckpoint: old }
        device = await new Device(new Memory(), { ...FLASH, oldCheckpoint: { ...old } }).boot()
        expect(device.pump).toMatchObject({ mode: Mode.Stopped, residualPl: 3_000_000_000 })
        await device.run(2_000)
        expect(device.entries(false).map(entry => entry?.kind)).toContain(EventKind.Migrated)
        await device.command(CommandKind.Start)
        await device.settle()
        const next = await device.restart(flash)
        expect(next.pump.mode).toBe(Mode.Running)
        await next.run(2_000)
        expect(next.entries(false).filter(entry => entry?.kind === EventKind.Migrated)).toHaveLength(1)
    })

    test("JRN-5: and a power cut at any byte of that leaves the one or the other", async () => {
        const flash = () => ({
            ...FLASH,
            oldCheckpoint: { ...CHECKPOINT, mode: Mode.Stopped, starts: 0, latched: 1 << Alarm.OverDelivery },
        })
        const { writes } = (await new Device(new Memory(), flash()).boot()).memory
        const image = new Uint8Array(MEMORY_SIZE)
        for (const { address, bytes } of writes) {
            for (let k = 0; k <= bytes.length; k++) {
                const memory = new Memory()
                memory.bytes.set(image)
                memory.bytes.set(bytes.slice(0, k), address)
                const { pump } = await new Device(memory, flash()).recall()
                expect([pump.mode, pump.residualPl, pump.latched], `at ${address}, after ${k}`).toEqual([
                    Mode.Stopped,
                    CHECKPOINT.residualPl,
                    1 << Alarm.OverDelivery,
                ])
            }
            image.set(bytes, address)
        }
    })
})

describe("a board that was flashed anew", () => {
    const anew = { flashId: FLASH_ID + 1 }

    test("JRN-7: has a full reservoir and the programme in flash, and is stopped where only a clinician may release", async () => {
        await device.run(10_000)
        await device.offerProgramme(offerOf(encodeProgramme(OTHER)))
        device.guard.trip = GuardTrip.HourLimit
        await device.until(() => device.has(Alarm.OverDelivery))
        await device.run(2_000)
        const third = steady(1_000_000_000)
        const next = await device.restart({ ...anew, programme: third })
        expect(next.pump).toMatchObject({ residualPl: FULL_PL, mode: Mode.Stopped, latched: 0, programme: third })
        expect(next.guard.trip).toBe(GuardTrip.None)
        expect(next.guard.hourSteps).toBe(device.guard.hourSteps)
        await next.run(1_000)
        expect(next.entries(false).map(entry => entry?.kind)).toContain(EventKind.Flashed)
        // Once, and not with each reset that follows.
        await next.run(5_000)
        await next.command(CommandKind.Start)
        await next.run(5_000)
        const after = await next.restart()
        expect(after.pump.residualPl).toBe(next.pump.residualPl)
        expect(after.pump.residualPl).toBeLessThan(FULL_PL)
    })

    test("JRN-7: the same flashing is none, nor is one that nobody numbered", async () => {
        await device.run(10_000)
        for (const flashId of [FLASH_ID, 0]) {
            const next = await device.restart({ flashId })
            expect(next.pump.residualPl).toBe(device.pump.residualPl)
        }
    })

    test("JRN-7: without a good checkpoint the mark tells it: a damaged one is damage, until the board is flashed", async () => {
        await device.run(10_000)
        for (const at of [30, CHECKPOINT_PLACE + 30]) device.memory.flip(at)
        expect((await device.restart()).has(Alarm.CheckpointDamaged)).toBe(true)
        const flashed = await device.restart(anew)
        expect(flashed.has(Alarm.CheckpointDamaged)).toBe(false)
        expect(flashed.pump.residualPl).toBe(FULL_PL)
        // From then on its own damage is damage again.
        for (const at of [31, CHECKPOINT_PLACE + 31]) flashed.memory.flip(at)
        expect((await flashed.restart()).has(Alarm.CheckpointDamaged)).toBe(true)
    })

    test.each([0, 3, 4, 7])("JRN-7: a mark with a wrong byte %d is none", async at => {
        for (const copy of [30, CHECKPOINT_PLACE + 30]) device.memory.flip(copy)
        device.memory.flip(FLASH_MARK_AT + at)
        expect((await device.restart()).has(Alarm.CheckpointDamaged)).toBe(false)
    })

    test("JRN-7: the mark is written after the first checkpoint of it, once", async () => {
        const marks = device.memory.writes.flatMap(({ address }, n) => (address === FLASH_MARK_AT ? [n] : []))
        expect(marks).toEqual([device.memory.writes.findIndex(({ bytes }) => bytes.length === CHECKPOINT_SIZE) + 1])
        expect(device.memory.writes[marks[0]].bytes.length).toBe(FLASH_MARK_SIZE)
        await device.run(3_000)
        await device.store.saveCheckpoint(device.pump, device.guard)
        expect(device.memory.writes.filter(({ address }) => address === FLASH_MARK_AT)).toHaveLength(1)
        const { memory } = await device.restart()
        expect(memory.writes.filter(({ address }) => address === FLASH_MARK_AT)).toHaveLength(0)
    })

    test("JRN-7: a checkpoint that can't be written leaves it unmarked", async () => {
        const memory = new Memory()
        memory.refuses = address => address < ODOMETERS_AT
        const first = await new Device(memory).boot()
        expect(memory.writes.some(({ address }) => address === FLASH_MARK_AT)).toBe(false)
        memory.refuses = () => false
        await first.run(2_000)
        expect(memory.writes.some(({ address }) => address === FLASH_MARK_AT)).toBe(true)
    })
})

describe("a memory that does not answer", () => {
    test("JRN-6: is an alarm, refuses boluses and never stops the basal flow, and is tried again once a second", async () => {
        await device.run(3_000)
        const { memory } = device
        let tries = 0
        memory.answers = false
        const write = memory.write.bind(memory)
        memory.write = async (...values) => {
            tries += 1
            return await write(...values)
        }
        await device.run(5_000)
        expect(device.store.works).toBe(false)
        expect(device.pump.conditions).toBe(1 << Alarm.MemoryFault)
        expect(device.pump.reasons[Alarm.MemoryFault]).toBe(Reason.Missing)
        const madeBefore = device.made
        tries = 0
        await device.run(20_000)
        expect(device.made - madeBefore).toBeGreaterThan(120)
        // Each step is to be counted all the same, and besides these one write a second and what follows from it.
        expect(tries - (device.made - madeBefore)).toBeLessThanOrEqual(41)
        expect(tries - (device.made - madeBefore)).toBeGreaterThanOrEqual(19)
        await device.command(CommandKind.Prime, 1_000_000, 24_000_000_000)
        expect(device.actions).toMatchObject({
            bolusEvent: BolusEvent.Denied,
            bolusReason: BolusReason.NotRecordable,
        })
        memory.answers = true
        await device.run(3_000)
        expect(device.pump.alarms).toBe(0)
        expect(device.store.works).toBe(true)
        const next = await device.restart()
        expect(next.journal.forwardSteps).toBe(device.made)
        expect(next.pump.residualPl).toBe(device.pump.residualPl)
    })

    test("LOG-1: what happens meanwhile is written once it answers again", async () => {
        await device.run(3_000)
        device.memory.answers = false
        await device.run(3_000)
        await device.command(CommandKind.Stop)
        await device.run(3_000)
        await device.command(CommandKind.Start)
        await device.run(3_000)
        device.memory.answers = true
        await device.run(4_000)
        const kinds = device.entries(false).map(entry => entry && EventKind[entry.kind])
        expect(kinds.slice(-3)).toEqual(["Stopped", "Started", undefined])
        expect(device.entries(false).at(-1)?.kind).toBe(EventKind.AlarmOver + Alarm.MemoryFault)
        expect(device.entries(true).map(entry => entry?.kind)).toEqual([EventKind.AlarmRaised + Alarm.MemoryFault])
    })

    test("JRN-6: at power-on already: the minimum rate runs, with alarms, and what the memory holds is left for the next start", async () => {
        await device.run(10_000)
        const { memory } = device
        const before = memory.bytes.slice()
        memory.answers = false
        const next = await new Device(memory).boot()
        await next.run(5_000)
        expect(next.has(Alarm.MemoryFault)).toBe(true)
        expect(next.pump.reasons[Alarm.CheckpointDamaged]).toBe(Reason.Missing)
        expect(next.pump.ratePlPerDay).toBe(RATE_PL_PER_DAY_MIN)
        expect(next.pump.delivering).toBe(true)
        expect(memory.bytes).toEqual(before)
        expect(await next.store.verify()).toBe(false)
    })

    test("JRN-6: a count that could not be written is written to the same copy the next time, so that a cut then costs no more", async () => {
        await device.run(10_000)
        const { memory, store, journal } = device
        const copies = async () => (await new Device(memory.copy()).recall()).journal.forwardSteps
        memory.answers = false
        await store.saveSteps(1)
        memory.answers = true
        const counted = await copies()
        const odometers = memory.bytes.slice(ODOMETERS_AT, ODOMETERS_AT + 2 * ODOMETER_SIZE)
        await store.saveSteps(1)
        expect(await copies()).toBe(journal.forwardSteps)
        // Torn in the midst, the other copy still says what was counted last.
        const { address } = memory.writes[memory.writes.length - 1]
        memory.bytes.set(odometers, ODOMETERS_AT)
        memory.bytes.fill(0xee, address, address + 9)
        expect(await copies()).toBe(counted)
    })

    test("JRN-6: a checkpoint that could not be written is tried again in the same place, which alone may be torn by then", async () => {
        await device.run(3_000)
        const { memory } = device
        const tried: number[] = []
        memory.refuses = address => {
            if (address < ODOMETERS_AT) tried.push(address)
            return address < ODOMETERS_AT
        }
        await device.command(CommandKind.Stop)
        await device.run(5_000)
        expect(tried.length).toBeGreaterThan(4)
        expect(new Set(tried).size).toBe(1)
        const { sequence } = device.journal
        memory.refuses = () => false
        await device.run(1_100)
        expect(memory.writes.findLast(({ bytes }) => bytes.length === CHECKPOINT_SIZE)?.address).toBe(tried[0])
        expect(device.journal.sequence).toBe(sequence + 1)
    })

    test("JRN-6: and until it is written no other programme is stored over one that it may be of", async () => {
        await device.run(3_000)
        device.memory.refuses = address => address < ODOMETERS_AT
        await device.command(CommandKind.Stop)
        const answer = await device.offerProgramme(offerOf(encodeProgramme(OTHER)))
        expect(ProgrammeAnswer[answer]).toBe("NotStored")
        expect(device.memory.writes.some(({ address }) => address >= PROGRAMMES_AT && address < FAULTS_AT)).toBe(false)
    })

    test("JRN-6: a checkpoint that could not be written is tried again until it is", async () => {
        await device.run(3_000)
        const { memory } = device
        memory.refuses = address => address < ODOMETERS_AT
        await device.command(CommandKind.Stop)
        await device.run(3_000)
        expect((await device.restart()).pump.mode).toBe(Mode.Running)
        memory.refuses = () => false
        await device.run(1_100)
        expect((await device.restart()).pump.mode).toBe(Mode.Stopped)
    })
})

describe("before anything was recalled", () => {
    test("CKP-4: nothing is written, and nothing reads back", async () => {
        const memory = new Memory()
        const store = new JournalStore(memory)
        const { pump, guard, readings, actions } = device
        await store.saveSteps(1)
        await store.saveCheckpoint(pump, guard)
        expect(store.notes(pump, readings, { ...actions, checkpointDue: true }, false)).toBe(false)
        expect(store.rests()).toBe(false)
        await store.saveTick(pump, guard)
        expect(memory.writes).toEqual([])
        expect(await store.verify()).toBe(false)
    })
})

describe("reading back", () => {
    test("CKP-4: what was saved reads back, and a memory that keeps another byte is found", async () => {
        expect(await device.store.verify()).toBe(true)
        const at = (device.journal.sequence & 1) * CHECKPOINT_PLACE
        for (const byte of [0, 77, CHECKPOINT_SIZE - 1]) {
            device.memory.flip(at + byte)
            expect(await device.store.verify()).toBe(false)
            device.memory.flip(at + byte)
        }
        device.memory.flip(at + CHECKPOINT_SIZE)
        expect(await device.store.verify()).toBe(true)
        device.memory.answers = false
        expect(await device.store.verify()).toBe(false)
    })
})

describe("the log in the memory", () => {
    test("LOG-1: goes on behind what was written after the last checkpoint", async () => {
        await device.run(3_000)
        const first = device.entries(false).length
        expect(first).toBeGreaterThan(1)
        const written = device.memory.writes.length
        // An entry is written in the tick before the checkpoint that counts it.
        device.pump.checkpointMs = device.nowMs
        const next = await device.restart()
        expect(next.journal.log.events).toBe(first)
        await next.run(1_000)
        const kinds = next.entries(false).map(entry => entry?.kind)
        expect(kinds.filter(kind => kind === EventKind.PowerOn)).toHaveLength(2)
        expect(kinds).not.toContain(undefined)
        expect(written).toBeGreaterThan(0)
    })

    test.each([
        ["events", false, EVENT_ENTRIES, EVENTS_AT],
        ["faults", true, FAULT_ENTRIES, FAULTS_AT],
    ])("LOG-2: the ring of %s is looked through once at most at power-on", async (_, fault, entries, at) => {
        // A whole ring of entries whose numbers go on and on.
        const { memory } = device
        const bytes = new Uint8Array(ENTRY_SIZE)
        for (let index = 0; index < entries; index++) {
            writeUint(bytes, 0, 2, index)
            bytes[2] = fault ? EventKind.AlarmRaised : EventKind.Stopped
            writeUint(bytes, 14, 2, crc32(bytes, 0, 14, 0) & 0xffff)
            memory.bytes.set(bytes, at + index * ENTRY_SIZE)
        }
        let reads = 0
        const read = memory.read.bind(memory)
        memory.read = async (address, length) => {
            if (length === ENTRY_SIZE && address >= at && address < at + entries * ENTRY_SIZE) reads += 1
            return await read(address, length)
        }
        const next = await new Device(memory).recall()
        expect(fault ? next.journal.log.faults : next.journal.log.events).toBe(entries)
        expect(reads).toBeLessThanOrEqual(entries + 1)
    })
})

test("nothing is ever written outside of its own region", async () => {
    const regions = [
        [0, CHECKPOINT_SIZE],
        [CHECKPOINT_PLACE, CHECKPOINT_SIZE],
        [ODOMETERS_AT, 2 * ODOMETER_SIZE],
        [FLASH_MARK_AT, FLASH_MARK_SIZE],
        [PROGRAMMES_AT, 2 * PROGRAMME_PLACE],
        [FAULTS_AT, FAULT_ENTRIES * ENTRY_SIZE],
        [EVENTS_AT, EVENT_ENTRIES * ENTRY_SIZE],
    ]
    await device.run(5_000)
    await device.offerProgramme(offerOf(encodeProgramme(OTHER)))
    device.guard.trip = GuardTrip.HourLimit
    await device.run(5_000)
    for (const { address, bytes } of device.memory.writes)
        expect(
            regions.some(([from, size]) => address >= from && address + bytes.length <= from + size),
            `${bytes.length} bytes at ${address}`,
        ).toBe(true)
    expect(allowSteps(device.guard, 1, device.readings, device.nowMs)).toBe(0)
})

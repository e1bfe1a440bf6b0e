import fc from "fast-check"
import { expect, test } from "vitest"
import { NO_DOSES } from "../../sim/prescription/doses"
import { Alarm, hasAlarm, SENSOR_ALARMS } from "../../src/pump/alarms"
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, START_UP_MS } from "../../src/pump/limits"
import { decodeProgramme, type Programme, periodicRatePlPerDay } from "../../src/pump/programme"
import { BolusEvent, BolusKind, BolusReason, LineEvent, Mode } from "../../src/pump/pump"
import { CommandKind, ProgrammeAnswer, Refusal, SensorFault } from "../../src/pump/readings"
import { Bench, programmeBytes } from "./bench"
import { QUANTA_PER_PL, quantaOf, TherapyModel } from "./therapyModel"

const RESERVOIR_PL = 20_000_000_000
const BASE_DAY = 7_000

// Programmes of any therapies, as long as the pump takes them.

const rate = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 48_000_000, max: 2_000_000_000 }),
    fc.integer({ min: 48_000_000, max: 12_000_000_000 }),
)
const daySchedule = fc
    .tuple(
        rate,
        fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 1_439 }), rate), { maxLength: 3, selector: s => s[0] }),
    )
    .map(([first, others]) => [[0, first], ...others.sort((a, b) => a[0] - b[0])])

const sometimesNone = (volume: fc.Arbitrary<number>) =>
    fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 6, arbitrary: volume })

const periodicDose = fc
    .record({
        periodicMinutes: fc.integer({ min: 30, max: 600 }),
        share: fc.integer({ min: 1, max: 1_000 }),
        flowPlPerDay: fc.integer({ min: 50_000_000, max: 5_000_000_000 }),
        startMinute: fc.integer({ min: -3_000, max: 600 }),
    })
    .map(({ periodicMinutes, share, flowPlPerDay, startMinute }) => {
        const periodicDurationMinutes = Math.ceil((periodicMinutes * share) / 1_000)
        return {
            periodicMinutes,
            periodicDurationMinutes,
            periodicPl: Math.floor((flowPlPerDay * periodicDurationMinutes) / 1440),
            periodicStartMinute: BASE_DAY * 1440 + startMinute,
        }
    })

const boluses = fc
    .record({
        bolusPlMax: sometimesNone(fc.integer({ min: 1_000_000, max: 100_000_000 })),
        patientPl: sometimesNone(fc.integer({ min: 500_000, max: 50_000_000 })),
        patientDurationMinutes: fc.integer({ min: 1, max: 120 }),
        lockedMinutes: fc.integer({ min: 0, max: 120 }),
        dosesPerDayMax: fc.integer({ min: 1, max: 5 }),
        windowMinutes: fc.integer({ min: 4, max: 96 }).map(quarters => 15 * quarters),
        perMilleOfDose: fc.integer({ min: 1_000, max: 4_000 }),
    })
    .filter(({ bolusPlMax, patientPl }) => bolusPlMax + patientPl > 0)

/** The most that schedule and periodic doses give in any so many minutes, or more. */
function fullest(programme: Programme, minutes: number): number {
    const { patternOfWeekday, patternStart, segmentStartMinute, segmentRatePlPerDay } = programme
    const delivered = [0]
    for (let minute = 0; minute < 3 * 7 * 1440; minute++) {
        const pattern = patternOfWeekday[Math.floor(minute / 1440) % 7]
        let at = patternStart[pattern]
        while (at + 1 < patternStart[pattern + 1] && segmentStartMinute[at + 1] <= minute % 1440) at++
        delivered.push(delivered[minute] + segmentRatePlPerDay[at])
    }
    let most = 0
    for (let minute = 0; minute < 7 * 1440; minute++)
        most = Math.max(most, delivered[minute + minutes] - delivered[minute])
    const { periodicPl, periodicMinutes, periodicDurationMinutes } = programme
    if (periodicPl === 0) return Math.ceil(most / 1440)
    const doses = Math.floor(minutes / periodicMinutes)
    const rest = Math.min(minutes - doses * periodicMinutes, periodicDurationMinutes)
    return Math.ceil((most + periodicRatePlPerDay(programme) * (doses * periodicDurationMinutes + rest)) / 1440)
}

const programme: fc.Arbitrary<Programme> = fc
    .record({
        patterns: fc.array(daySchedule, { minLength: 1, maxLength: 2 }),
        weekdays: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
        periodic: fc.option(periodicDose, { nil: undefined }),
        doses: fc.option(boluses, { nil: undefined, freq: 6 }),
        deadVolumePl: sometimesNone(fc.integer({ min: 1_000_000, max: 60_000_000 })),
        concentrationNgPerMl: fc.constantFrom(500_000, 1_000_000),
    })
    .map(({ patterns, weekdays, periodic, doses, deadVolumePl, concentrationNgPerMl }) => {
        const made: Programme = {
            concentrationNgPerMl,
            reservoirPl: RESERVOIR_PL,
            reservoirLowPl: 1_000_000_000,
            meanRatePlPerDay: 0,
            patternOfWeekday: weekdays.map(second => (second ? patterns.length - 1 : 0)),
            patternStart: [0, ...patterns.map((_, i) => patterns.slice(0, i + 1).flat().length)],
            segmentStartMinute: patterns.flat().map(segment => segment[0]),
            segmentRatePlPerDay: patterns.flat().map(segment => segment[1]),
            ...NO_DOSES,
            ...periodic,
            deadVolumePl,
        }
        const weekPl = fullest({ ...made, periodicPl: 0 }, 7 * 1440)
        const periodicMean = periodic ? (made.periodicPl * 1440) / made.periodicMinutes : 0
        const mean = Math.round(weekPl / 7 + periodicMean)
        made.meanRatePlPerDay = mean === 0 ? 0 : Math.max(48_000_000, mean)
        if (doses) {
            const { lockedMinutes, perMilleOfDose, ...asked } = doses
            // In a shift a 24th more of the schedule passes.
            const basalPl = fullest(made, Math.ceil((asked.windowMinutes * 25) / 24))
            const meanPl = Math.ceil((made.meanRatePlPerDay * asked.windowMinutes) / 1440)
            Object.assign(made, asked)
            made.windowBasalPl = Math.max(basalPl, meanPl)
            made.windowPlMax =
                made.windowBasalPl + Math.ceil((Math.max(made.bolusPlMax, made.patientPl) * perMilleOfDose) / 1_000)
            made.lockoutMinutes = made.patientDurationMinutes + lockedMinutes
            if (made.patientPl === 0)
                Object.assign(made, { patientDurationMinutes: 0, lockoutMinutes: 0, dosesPerDayMax: 0 })
        }
        return made
    })
    .filter(made => typeof decodeProgramme(programmeBytes(made)) === "object")

// What people do, and what happens.

const SENSORS = ["pressureFault", "encoderFault", "reservoirEndFault", "batteryFault", "wallFault"] as const

const happening = fc.oneof(
    { weight: 10, arbitrary: fc.record({ patient: fc.constant(true) }) },
    {
        weight: 8,
        arbitrary: fc.record({
            kind: fc.constantFrom(BolusKind.Prime, BolusKind.Clinician, BolusKind.Clinician, BolusKind.Clinician),
            perMille: fc.oneof(fc.constant(1_000), fc.integer({ min: 0, max: 1_001 })),
            minutes: fc.integer({ min: 1, max: 200 }),
        }),
    },
    {
        weight: 4,
        arbitrary: fc.record({
            command: fc.constantFrom(
                CommandKind.Stop,
                CommandKind.Start,
                CommandKind.Start,
                CommandKind.Start,
                CommandKind.Start,
                CommandKind.MinimumRate,
                CommandKind.CancelBolus,
                CommandKind.Release,
                CommandKind.Acknowledge,
                CommandKind.RefillBegin,
            ),
        }),
    },
    {
        weight: 1,
        arbitrary: fc.record({
            filledPl: fc.constantFrom(0, 30_000_000, 100_000_000, RESERVOIR_PL, RESERVOIR_PL, RESERVOIR_PL + 1),
            lineChanged: fc.constantFrom(true, false, false),
        }),
    },
    {
        weight: 3,
        arbitrary: fc.record({
            offered: fc.integer({ min: 0, max: 3 }),
            filledPl: fc.constantFrom(0, RESERVOIR_PL, RESERVOIR_PL, RESERVOIR_PL, RESERVOIR_PL, RESERVOIR_PL + 1),
            lineChanged: fc.constantFrom(true, false, false, false, false),
        }),
    },
    {
        weight: 2,
        arbitrary: fc.record({
            shiftS: fc.oneof(fc.integer({ min: -7_200, max: 7_200 }), fc.integer({ min: -60_000, max: 60_000 })),
            jitterMs: fc.integer({ min: -400, max: 400 }),
        }),
    },
    {
        weight: 1,
        arbitrary: fc.record({ sensor: fc.constantFrom(...SENSORS), ticks: fc.integer({ min: 1, max: 100 }) }),
    },
    { weight: 1, arbitrary: fc.record({ memoryTicks: fc.integer({ min: 1, max: 10 }) }) },
    { weight: 2, arbitrary: fc.record({ restarted: fc.constantFrom(true, true, true, false) }) },
    {
        weight: 1,
        arbitrary: fc.record({ awayMs: fc.integer({ min: 1_000, max: 100_000 }), clockLost: fc.boolean() }),
    },
)
type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never

const course = fc.record({
    programmes: fc.array(programme, { minLength: 2, maxLength: 3 }),
    /** Ticks up to a second apart, or as late as they may be without losing time: then hours go by as fast as minutes. */
    slow: fc.boolean(),
    slices: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 7 }),
    weekMs: fc.integer({ min: 0, max: 7 * MS_PER_DAY }),
    /** Most pumps begin with the prime of their line. */
    primed: fc.integer({ min: 0, max: 4 }).map(side => side > 0),
    happenings: fc.array(
        fc.tuple(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 800 })), happening),
        {
            minLength: 4,
            maxLength: 16,
        },
    ),
})

/** A pump and its model, led through the same course. */
class Course {
    private readonly model: TherapyModel
    private readonly stepPl: number
    private bench: Bench
    private slice = 0
    /** Time and volume of each tick since nothing but the rules of the window has changed, and their sum. */
    private stretch: { atMs: number; quanta: bigint }[] = []
    private oldest = 0
    private held = 0n
    private checkpointMs = START_UP_MS
    private asked: { kind: BolusKind; pl: number; ratePlPerDay: number } | undefined
    private waitedSamples = 0
    private offered = 0
    /** Since the time of day was known last: how old the checkpoints were that resets found, and how long it has been unknown. */
    private staleMs = 0
    private unknownMs = 0
    counted = { started: 0, denied: 0, windows: 0, hours: 0 }

    constructor(private readonly of: typeof course extends fc.Arbitrary<infer Value> ? Value : never) {
        // The motor keeps up with the fastest flow there is, however late the ticks.
        this.stepPl = of.slow ? 600_000 : 60_000
        this.model = new TherapyModel(of.programmes[0], this.stepPl, of.slow ? 10_000 : 1_000)
        this.bench = this.build(undefined)
        this.bench.shown.wallStartMs = BASE_DAY * MS_PER_DAY + of.weekMs
        this.model.nowMs = START_UP_MS
        this.start()
    }

    private build(checkpoint: ReturnType<Bench["left"]> | undefined): Bench {
        const { programme } = this.model
        const bench = new Bench({
            programme,
            checkpoint,
            stepPl: this.stepPl,
            stepsPerTickMax: 50,
            occlusionPa: 10_000,
        })
        bench.pump.motorReverses = false
        return bench
    }

    private start(): void {
        this.checkpointMs = START_UP_MS
        this.step(START_UP_MS)
        for (let i = 0; i < 10; i++) this.step()
    }

    private fail(what: string): never {
        const { actions, nowMs } = this.bench
        throw new Error(`${what} at ${nowMs} ms: ${JSON.stringify(actions)}`)
    }

    /** One tick of both. */
    private step(nowMs?: number): void {
        const { model, bench, of } = this
        const { slices, slow } = of
        const toMs = nowMs ?? bench.nowMs + slices[this.slice++ % slices.length] * (slow ? 10 : 1)
        if (model.localMinusNowMs === undefined) this.unknownMs += toMs - model.nowMs
        const bridging = model.bridgePlPerDay > 0
        const lineLeftPl = model.lineLeftPl
        model.advance(toMs)
        bench.tick(toMs)
        const { pump, actions, readings } = bench
        if (actions.checkpointDue) this.checkpointMs = toMs
        if (actions.steps < 0) this.fail("steps back")
        if (actions.steps > 0) model.move(actions.steps)
        if (lineLeftPl > 0 && model.lineLeftPl === 0 && actions.command === CommandKind.None) {
            const event = bridging ? LineEvent.BridgeOver : LineEvent.Primed
            if (actions.lineEvent !== event) this.fail("the line is full, and nobody is told")
        }
        this.watchWindow(BigInt(actions.steps) * quantaOf(this.stepPl) - model.primed)

        if (actions.command !== CommandKind.None) this.obeyed(actions.command)
        if (!pump.delivering && model.delivering) {
            if (model.running) model.stop(BolusReason.StoppingAlarm)
            else model.stop(BolusReason.PumpStopped, BolusReason.StoppingAlarm)
        }
        if (pump.delivering && !model.running) this.fail("a stopped pump delivers")
        const unrecorded =
            actions.bolusEvent === BolusEvent.Cancelled && actions.bolusReason === BolusReason.NotRecordable
        if (unrecorded && !model.ends.some(end => end.reasons.includes(BolusReason.NotRecordable))) {
            if (readings.memoryFault === SensorFault.None) this.fail("a bolus ends for no reason")
            model.cancel(BolusReason.NotRecordable)
        }
        model.delivering = pump.delivering
        this.findClock()
        this.hear()
        this.compare()
    }

    /** The clock is asked for the time of day once it can be. */
    private findClock(): void {
        const { model, bench } = this
        const known = bench.pump.judgedAll && !hasAlarm(bench.pump.alarms, Alarm.WallClockUnknown)
        if (!known || model.localMinusNowMs !== undefined) return
        model.localMinusNowMs = bench.shown.wallStartMs - START_UP_MS + model.localMinusClockMs
        this.beginStretch()
        // A reset finds the schedule where the last checkpoint left it, to a hundredth of a second; or a little further, for what it
        // caught up while nobody knew the time.
        const adopted = 24 * bench.pump.shiftLeftMs
        const furtherMs = Math.abs(model.shiftLeft) - Math.abs(adopted)
        const same = Math.sign(adopted) * Math.sign(model.shiftLeft) >= 0
        if (!same || furtherMs > this.unknownMs + 240 || furtherMs < -240 - this.staleMs)
            this.fail(`a shift of ${model.shiftLeft / 24} ms is one of ${adopted / 24} ms`)
        this.unknownMs = 0
        this.staleMs = 0
        model.shiftLeft = adopted
    }
    /** What the tick tells of boluses is what the model expects. */
    private hear(): void {
        const { model } = this
        const { pump, actions, readings } = this.bench
        const { bolusEvent, bolusKind, bolusReason, bolusPl } = actions
        if (bolusEvent === BolusEvent.Delivered || bolusEvent === BolusEvent.Cancelled) {
            const at = model.ends.findIndex(end => end.event === bolusEvent && end.kind === bolusKind)
            if (at < 0) this.fail("an end that nobody expects")
            const [end] = model.ends.splice(at, 1)
            if (!end.reasons.includes(bolusReason)) this.fail(`an end for reasons ${end.reasons}`)
            // In a shift the fastest flow leaves a little more or less room for a prime.
            const slackPl = model.tolerance > 0n && bolusEvent === BolusEvent.Cancelled ? 20_000 : 0
            if (Math.abs(end.pl - bolusPl) > slackPl) this.fail(`${end.pl} pL are due`)
        } else if (bolusEvent !== BolusEvent.None) {
            const { asked } = this
            if (!asked || bolusKind !== asked.kind) this.fail("an answer that nobody asked for")
            this.asked = undefined
            if (this.waitedSamples > 0) {
                // It was taken in a tick that had the end of another bolus to tell.
                const denied = bolusEvent === BolusEvent.Denied && bolusReason === BolusReason.BolusInProgress
                if (!denied || bolusPl !== 0) this.fail("an answer that comes late")
                return
            }
            if (bolusPl !== asked.pl) this.fail(`${asked.pl} pL were asked for`)
            const alarms: BolusReason[] = []
            if ((pump.alarms & SENSOR_ALARMS) !== 0) alarms.push(BolusReason.SensorLost)
            if (hasAlarm(pump.alarms, Alarm.MemoryFault)) alarms.push(BolusReason.NotRecordable)
            const { certain, possible } = model.obstacles(asked.kind, asked.pl, asked.ratePlPerDay, alarms)
            if (bolusEvent === BolusEvent.Started) {
                if (certain.size > 0)
                    this.fail(`it begins in spite of ${[...certain].map(reason => BolusReason[reason])}`)
                model.begin(asked.kind, asked.pl, asked.ratePlPerDay)
                this.counted.started += 1
            } else {
                if (!possible.has(bolusReason)) this.fail(`denied for ${BolusReason[bolusReason]}, which is not there`)
                this.counted.denied += 1
            }
        }
        if (readings.sampled && this.asked && readings.command === CommandKind.None && ++this.waitedSamples > 3)
            this.fail("a request without an answer")
    }

    /** What a command does that was carried out, and why it was not. */
    private obeyed(command: CommandKind): void {
        const { model } = this
        const { readings, actions, pump } = this.bench
        if (command === CommandKind.Programme) {
            const offered = this.of.programmes[this.offered]
            const { commandPl, commandLineChanged } = readings
            const otherDrug = offered.concentrationNgPerMl !== model.programme.concentrationNgPerMl
            let answer = ProgrammeAnswer.Taken
            if (otherDrug && commandPl === 0) answer = ProgrammeAnswer.OtherConcentration
            else if (otherDrug && model.bridgePlPerDay > 0 && !commandLineChanged) answer = ProgrammeAnswer.Bridging
            else if (commandPl > RESERVOIR_PL) answer = ProgrammeAnswer.RefillOutOfRange
            if (actions.programmeAnswer !== answer) this.fail(`the answer should be ${ProgrammeAnswer[answer]}`)
            if (answer !== ProgrammeAnswer.Taken) return
            model.take(offered, commandPl, commandLineChanged)
            this.beginStretch()
            return
        }
        let refused = false
        if (command === CommandKind.Refill) refused = !(readings.commandPl > 0 && readings.commandPl <= RESERVOIR_PL)
        if (command === CommandKind.Clock) {
            const known = model.localMinusNowMs !== undefined
            refused = !model.setClock(readings.commandWallMs)
            if (!refused && !(known && model.running)) this.beginStretch()
        }
        if (refused !== (actions.refusal !== Refusal.None)) this.fail(`refused should be ${refused}`)
        if (refused) return
        if (command === CommandKind.Stop) model.running = false
        else if (command === CommandKind.Start || command === CommandKind.MinimumRate) {
            model.running = true
            model.minimumRate = command === CommandKind.MinimumRate
            if (model.minimumRate) model.cancel(BolusReason.MinimumRate)
            this.beginStretch()
        } else if (command === CommandKind.CancelBolus) model.cancel(BolusReason.Ended)
        else if (command === CommandKind.Refill) model.refill(readings.commandPl, readings.commandLineChanged)
        // A release leaves a pump stopped that needed one.
        else if (command === CommandKind.Release) model.running = pump.mode === Mode.Running
    }

    /** The volume commanded is what the rules allow, to a step. */
    private compare(): void {
        const { model } = this
        const { pump } = this.bench
        const step = quantaOf(this.stepPl)
        const behind = model.metered - BigInt(model.steps) * step
        const prime = model.tolerance > 0n && pump.bolusKind === BolusKind.Prime ? BigInt(24 * 240_000_000_000 * 4) : 0n
        const slack = model.tolerance + prime
        if (!(behind >= -slack && behind < step + slack))
            this.fail(`${Number(behind / QUANTA_PER_PL)} pL behind, a step being ${this.stepPl}`)
        if (pump.patientPl !== model.patientPl)
            this.fail(`${model.patientPl} pL reached the patient, not ${pump.patientPl}`)
        if (pump.lineLeftPl !== model.lineLeftPl)
            this.fail(`the line lacks ${model.lineLeftPl} pL, not ${pump.lineLeftPl}`)
        if (pump.residualPl !== model.residualPl) this.fail(`the reservoir holds ${model.residualPl} pL`)
        const bolus = model.bolus?.kind ?? BolusKind.None
        if (pump.bolusKind !== bolus) this.fail(`the bolus should be ${bolus}`)
    }

    /** No window holds more than it may; primes apart, and what bridges two concentrations. */
    private watchWindow(quanta: bigint): void {
        const { model } = this
        const { windowMinutes, windowPlMax } = model.programme
        if (windowMinutes === 0) return
        if (model.bridgePlPerDay > 0) {
            this.beginStretch()
            return
        }
        const atMs = model.foreverMs
        this.stretch.push({ atMs, quanta })
        this.held += quanta
        while (this.stretch[this.oldest].atMs <= atMs - windowMinutes * MS_PER_MINUTE)
            this.held -= this.stretch[this.oldest++].quanta
        // The first step of any time may have become due before it, and steps are not cut in two for a prime.
        if (this.held > quantaOf(windowPlMax + 2 * this.stepPl))
            this.fail(`a window holds ${this.held / QUANTA_PER_PL} pL`)
        this.counted.windows += 1
    }

    private beginStretch(): void {
        this.stretch = []
        this.oldest = 0
        this.held = 0n
    }

    /** A command, and ticks until it is taken; then its answer, where it is a request. */
    private command(kind: CommandKind, fields: Partial<Bench["readings"]> = {}): void {
        const { readings } = this.bench
        Object.assign(readings, { commandPl: 0, commandLineChanged: false, commandResidualPl: Number.NaN }, fields)
        readings.command = kind
        while (readings.command !== CommandKind.None) this.step()
        while (this.asked) this.step()
    }

    private ask(kind: BolusKind, pl: number, ratePlPerDay: number): void {
        this.asked = { kind, pl, ratePlPerDay }
        this.waitedSamples = 0
        const command =
            kind === BolusKind.Prime
                ? CommandKind.Prime
                : kind === BolusKind.Clinician
                  ? CommandKind.Bolus
                  : CommandKind.PatientDose
        this.command(command, { commandPl: pl, commandRatePlPerDay: ratePlPerDay })
    }

    private happen(what: Happening): void {
        const { model, of } = this
        if ("patient" in what) {
            const { patientPl, patientDurationMinutes } = model.programme
            this.ask(
                BolusKind.Patient,
                patientPl,
                patientPl > 0 ? Math.round((patientPl * 1440) / patientDurationMinutes) : 0,
            )
        } else if ("perMille" in what) {
            const { bolusPlMax, deadVolumePl } = model.programme
            const most = what.kind === BolusKind.Prime ? model.lineLeftPl || deadVolumePl || 50_000_000 : bolusPlMax
            const pl = Math.round((most * what.perMille) / 1_000)
            const ratePlPerDay = Math.min(240_000_000_000, Math.ceil((pl * 1440) / what.minutes))
            this.ask(what.kind, pl, what.kind === BolusKind.Prime ? 240_000_000_000 : ratePlPerDay)
        } else if ("command" in what) this.command(what.command)
        else if ("offered" in what) {
            this.offered = what.offered % of.programmes.length
            this.bench.pump.offered = of.programmes[this.offered]
            const { filledPl, lineChanged } = what
            this.command(CommandKind.Programme, {
                commandAnswer: ProgrammeAnswer.Taken,
                commandPl: filledPl,
                commandLineChanged: lineChanged,
            })
            this.bench.pump.offered = undefined
        } else if ("filledPl" in what)
            this.command(CommandKind.Refill, { commandPl: what.filledPl, commandLineChanged: what.lineChanged })
        else if ("shiftS" in what) {
            // Where nobody knows it, the clock says what it would; what can be known is known first.
            const { shown } = this.bench
            while (model.localMinusNowMs === undefined && shown.wallFault === SensorFault.None) this.step()
            const localMinusNowMs = model.localMinusNowMs ?? shown.wallStartMs - START_UP_MS + model.localMinusClockMs
            do {
                const toMs = this.bench.nowMs + of.slices[this.slice++ % of.slices.length] * (of.slow ? 10 : 1)
                this.bench.readings.command = CommandKind.Clock
                this.bench.readings.commandWallMs = localMinusNowMs + toMs + what.shiftS * 1_000 + what.jitterMs
                this.step(toMs)
            } while (this.bench.actions.command !== CommandKind.Clock)
        } else if ("sensor" in what) {
            this.bench.shown[what.sensor] = SensorFault.Missing
            this.wait(what.ticks)
            this.bench.shown[what.sensor] = SensorFault.None
        } else if ("memoryTicks" in what) {
            this.bench.readings.memoryFault = SensorFault.Missing
            this.wait(what.memoryTicks)
            this.bench.readings.memoryFault = SensorFault.None
        } else if ("restarted" in what) {
            this.bench.shown.pressurePa = 11_000
            for (let i = 0; i < 10_000 && this.bench.pump.delivering; i++) this.step()
            this.bench.shown.pressurePa = 1_000
            if (what.restarted) this.command(CommandKind.Start)
        } else this.reset(what.awayMs, what.clockLost)
    }

    private reset(awayMs: number, clockLost: boolean): void {
        const { bench, model } = this
        const { wallStartMs } = bench.shown
        this.counted.hours += bench.nowMs / MS_PER_HOUR
        this.staleMs += bench.nowMs - this.checkpointMs
        this.bench = this.build(bench.left())
        // What shows after the reset is what showed before: nothing is lost that was lost.
        this.bench.shown.wallStartMs = wallStartMs + bench.nowMs + awayMs - START_UP_MS
        if (clockLost) this.bench.shown.wallFault = SensorFault.Missing
        model.reset(awayMs, START_UP_MS)
        this.start()
        if (clockLost) {
            this.wait(200)
            this.bench.shown.wallFault = SensorFault.None
        }
    }

    private wait(ticks: number): void {
        for (let i = 0; i < ticks; i++) this.step()
    }

    run(): void {
        const { deadVolumePl } = this.of.programmes[0]
        if (this.of.primed && deadVolumePl > 0) {
            this.ask(BolusKind.Prime, this.model.lineLeftPl, 240_000_000_000)
            while (this.model.bolus) this.step()
        }
        for (const [ticks, what] of this.of.happenings) {
            this.wait(ticks)
            this.happen(what)
        }
        // All that is to be told is told.
        for (let i = 0; i < 30; i++) this.step()
        const { ends } = this.model
        if (ends.length > 1 || (ends.length === 1 && this.model.bolus)) this.fail("an end that was never told")
        this.counted.hours += this.bench.nowMs / MS_PER_HOUR
    }
}

// Another seed and more courses: THERAPY_SEED, THERAPY_COURSES.
test("THR-1: with all therapies at once, whatever people do and whatever fails, the volume commanded is what the rules allow, to one step", () => {
    const counted = { started: 0, denied: 0, windows: 0, hours: 0 }
    fc.assert(
        fc.property(course, of => {
            const led = new Course(of)
            led.run()
            for (const key of ["started", "denied", "windows", "hours"] as const) counted[key] += led.counted[key]
        }),
        {
            numRuns: Number(process.env.THERAPY_COURSES ?? 100),
            seed: Number(process.env.THERAPY_SEED ?? 1),
            endOnFailure: true,
        },
    )
    if (process.env.THERAPY_COURSES) console.log(counted)
    // The courses are worth something: boluses begin and are denied, windows fill.
    expect(counted.started).toBeGreaterThan(100)
    expect(counted.denied).toBeGreaterThan(300)
    expect(counted.windows).toBeGreaterThan(10_000)
})

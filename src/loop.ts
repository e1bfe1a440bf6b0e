// The loop that every entry starts: it waits for the next deadline, reads the parts, runs the tick and acts on it.
// Nothing here decides anything about therapy; all that is in `pump/tick.ts`.

import * as ds from "@devicescript/core"
import { JournalStore } from "./drivers/journalStore"
import { Parts, Signal } from "./drivers/parts"
import { powerOn } from "./powerOn"
import { AlarmPriority, highestPriority } from "./pump/alarms"
import { SAMPLE_MS, START_UP_MS, TICK_MS } from "./pump/limits"
import { BolusEvent, createActions } from "./pump/pump"
import { CommandKind, createReadings } from "./pump/readings"
import { nextDueMs, tick } from "./pump/tick"

/**
 * Runs the pump on these parts for ever. What nobody caught ends here: the program is torn down and starts again some
 * five seconds later, with its outputs as they were left, so the motor is let go first and the heartbeat stops (FLT-1).
 */
export async function runPump(parts: Parts): Promise<void> {
    try {
        await runTicks(parts)
    } catch (error) {
        parts.motor.release()
        throw error
    }
}

async function runTicks(parts: Parts): Promise<void> {
    const journals = new JournalStore(parts.memory)
    const readings = createReadings()
    const actions = createActions()
    const { pump, guard } = await powerOn(parts, journals)
    let deadlineMs = START_UP_MS
    if (ds.millis() > deadlineMs) deadlineMs = nextDueMs(deadlineMs, TICK_MS, ds.millis())
    let sampleDueMs = deadlineMs
    let sampledMs = NaN
    let alarmsShown = 0
    let priority = AlarmPriority.None
    let signalling = false
    // True while there is nothing to do until the next step, sample or segment.
    let resting = false
    pump.nowMs = deadlineMs
    const link = parts.link
    if (link) await link.begin(pump, journals)
    // At the end of a tick, to be judged in the next: both in one would take it too long.
    const sample = async (nowMs: number): Promise<void> => {
        sampleDueMs = nextDueMs(sampleDueMs, SAMPLE_MS, nowMs)
        sampledMs = nowMs
        for (const sensor of parts.sensors) if (sensor.convert) await sensor.convert()
        for (const sensor of parts.sensors) await sensor.read(readings)
        if (link) await link.read(readings)
    }
    while (true) {
        await ds.sleep(deadlineMs - ds.millis())
        const nowMs = ds.millis()

        readings.sampled = sampledMs <= nowMs
        readings.ageMs = nowMs - sampledMs
        sampledMs = NaN
        const sampleDue = nowMs >= sampleDueMs
        if (parts.supply) readings.supplyFailing = parts.supply.failing()
        const heard = link?.busy
        if (resting && nowMs < pump.idleUntilMs && !readings.sampled && !readings.supplyFailing && !heard) {
            // Nothing is due but a sample perhaps: the tick is complete as it is (ENG-1).
            if (sampleDue) await sample(nowMs)
            if (!pump.cutMotor) await parts.heartbeat.beat()
            if (sampleDue) await ds.sleep(0)
            deadlineMs = deadlineAfter(deadlineMs, nowMs)
            continue
        }
        if (journals.receiving || readings.command === CommandKind.Programme)
            journals.takeOffer(pump, readings, link?.offered())

        readings.recorded = pump.bolusUnrecorded && journals.recorded()
        tick(pump, guard, readings, nowMs, actions)

        if (actions.steps !== 0) {
            // Counted before they are made: what a power cut leaves in doubt is this tick's steps alone (JRN-3).
            await journals.saveSteps(actions.steps)
            await parts.motor.step(actions.steps)
        }
        if (pump.alarms !== alarmsShown) {
            alarmsShown = pump.alarms
            priority = highestPriority(pump.alarms)
        }
        if (priority !== AlarmPriority.None || signalling) {
            const sound = nowMs < pump.soundPausedUntilMs ? AlarmPriority.None : priority
            const telling = await parts.annunciator.show(priority, sound, nowMs)
            signalling = telling || priority !== AlarmPriority.None
        }
        // One thing of it in each tick; the link answers and a bolus begins once all is recorded, so that no power cut undoes it (JRN-1).
        // A tick that came late spares nothing: where all do, the link would never be heard.
        const busy = (sampleDue || readings.sampled) && nowMs < deadlineMs + TICK_MS
        if (journals.notes(pump, readings, actions, busy)) await journals.saveTick(pump, guard)
        if (journals.receiving && !busy) await journals.bringIn(pump, parts.programmeOffer)
        if (actions.bolusEvent === BolusEvent.Started || actions.bolusEvent === BolusEvent.Denied) {
            // Who asked for a bolus hears what became of it from the next tick on (ANN-5).
            parts.annunciator.tell(actions.bolusEvent === BolusEvent.Started ? Signal.Granted : Signal.Denied)
            signalling = true
        }
        if (parts.monitor) await parts.monitor.report(pump, guard, actions)
        if (link && heard) await link.serve(pump, journals, actions, nowMs, busy)
        if (sampleDue) await sample(nowMs)
        // A motor that moves by itself is left to the outside watchdog, which cuts its power and sounds (MOT-7).
        if (!pump.cutMotor) await parts.heartbeat.beat()
        // The wait for the next deadline is counted from now, and not from before this tick's work (`drivers/wait.ts`).
        await ds.sleep(0)
        resting = pump.idleUntilMs > nowMs && !signalling && journals.rests()
        deadlineMs = deadlineAfter(deadlineMs, nowMs)
    }
}

/** The next deadline on the grid of ticks; those that were missed meanwhile are skipped. */
function deadlineAfter(deadlineMs: number, nowMs: number): number {
    return nowMs < deadlineMs + TICK_MS ? deadlineMs + TICK_MS : nextDueMs(deadlineMs, TICK_MS, nowMs)
}

// Light and sound by priority, made tick by tick from the time alone, so that nothing waits for a burst to end. The two
// are apart, because a person may pause the sound but not the light. What became of a person's request is told between the
// bursts, never in them. Apart from the pins, so that what shows it without any does the same.

import { AlarmPriority } from "../pump/alarms"
import { Signal } from "./parts"

/** What the light shows at a moment. */
export enum Light {
    Off = 0,
    YellowSteady = 1,
    Yellow = 2,
    Red = 3,
}

const SLOT_MS = 100

// One bit for each 100 ms of a burst, the first one lowest. IEC 60601-1-8 as public summaries give it: high, ten pulses of
// 75 to 200 ms, 50 to 125 ms apart, longer after the third and the eighth, 0.35 to 1.3 s between the two halves;
// medium, three pulses of 125 to 250 ms, as far apart; low, one or two of the same. By priority.
const BURSTS = [0, 0x00000033, 0x00000333, 0x05150515]
const BURST_SLOTS = 32

// From the start of one burst to the start of the next, by priority: 29.4 s, 9 s and 5.3 s of silence between, for limits of
// over 15 s, 2.5 to 30 s and 2.5 to 15 s.
const CYCLE_SLOTS = [1, 300, 100, 80]

// The signals of `Signal`: granted one pulse of 1 s, denied four of 0.3 s, as far apart. They are information signals and no
// alarm signals (IEC 60601-1-8), so each of their pulses is longer than any of an alarm. Pumps in use beep when a patient's dose
// is granted, and keep it apart from their alarms (operator's manual of the CADD-Solis, "Informational Messages and Signals");
// the pulses are our own.
const SIGNAL_PULSES = [0x000003ff, 0x001c71c7]
// With a silence of 0.5 s at its end, so that two signals are not heard as one, nor one as the front of a burst.
const SIGNAL_SLOTS = [15, 26]

/** More signals than a person can bring about while an alarm sounds; what would come on top is no person. */
const SIGNALS_MAX = 4

// High: 2 Hz, on for 40 % (1.4 to 2.8 Hz, 20 to 60 %). Medium: 0.5 Hz, on for 40 % (0.4 to 0.8 Hz, 20 to 60 %).
const FLASH_SLOTS_HIGH = 5
const FLASH_ON_SLOTS_HIGH = 2
const FLASH_SLOTS_MEDIUM = 20
const FLASH_ON_SLOTS_MEDIUM = 8

/** The light while `priority` has been shown for `shownMs`. */
export function lightAt(priority: AlarmPriority, shownMs: number): Light {
    if (priority === AlarmPriority.None) return Light.Off
    if (priority === AlarmPriority.Low) return Light.YellowSteady
    const slot = slotOf(shownMs)
    if (priority === AlarmPriority.Medium)
        return slot % FLASH_SLOTS_MEDIUM < FLASH_ON_SLOTS_MEDIUM ? Light.Yellow : Light.Off
    return slot % FLASH_SLOTS_HIGH < FLASH_ON_SLOTS_HIGH ? Light.Red : Light.Off
}

/** Whether the buzzer sounds while `priority` has been shown for `shownMs`. */
export function soundAt(priority: AlarmPriority, shownMs: number): boolean {
    if (priority === AlarmPriority.None) return false
    const inCycle = slotOf(shownMs) % CYCLE_SLOTS[priority]
    return inCycle < BURST_SLOTS && ((BURSTS[priority] >> inCycle) & 1) !== 0
}

/** Whether the buzzer sounds, and the light shines where no alarm has it, when `signal` began `toldMs` ago. */
export function signalAt(signal: Signal, toldMs: number): boolean {
    const slot = slotOf(toldMs)
    return slot < SIGNAL_SLOTS[signal] && ((SIGNAL_PULSES[signal] >> slot) & 1) !== 0
}

/**
 * The 100 ms slot that a time belongs to, rounded to the nearest, so that a tick may be 50 ms early or late and no pulse
 * is lost or doubled. It stays within the 32 bits of `%` for over six years.
 */
function slotOf(shownMs: number): number {
    return Math.floor((shownMs + SLOT_MS / 2) / SLOT_MS)
}

/** What light and buzzer show, and the signals to be told yet; the same record for the part and for its twin. */
export interface Indicators {
    light: Light
    sounding: boolean
    /** The priorities of alarms that are shown, and since when. */
    lightPriority: AlarmPriority
    lightSinceMs: number
    soundPriority: AlarmPriority
    soundSinceMs: number
    /** The signals to be told, the first one first; and when that one began, NaN while it waits for the end of a burst. */
    signals: Signal[]
    signalSinceMs: number
}

/** All off, and nothing to tell. */
export function createIndicators(): Indicators {
    return {
        light: Light.Off,
        sounding: false,
        lightPriority: AlarmPriority.None,
        lightSinceMs: 0,
        soundPriority: AlarmPriority.None,
        soundSinceMs: 0,
        signals: [],
        signalSinceMs: NaN,
    }
}

/** `signal` is to be told. Where the last one that waits says the same, one telling serves for both. */
export function addSignal(indicators: Indicators, signal: Signal): void {
    const count = indicators.signals.length
    const lastWaits = count > 1 || !(indicators.signalSinceMs >= 0)
    if (count > 0 && lastWaits && indicators.signals[count - 1] === signal) return
    if (count < SIGNALS_MAX) indicators.signals.push(signal)
}

/**
 * Sets `light` and `sounding` for this moment; called with the arguments of `Annunciator.show`. Each pattern starts afresh when
 * its own priority changes, so a new alarm is heard at once, and so is one whose pause is over.
 * @returns true while there is a signal to tell
 */
export function refreshIndicators(
    indicators: Indicators,
    light: AlarmPriority,
    sound: AlarmPriority,
    nowMs: number,
): boolean {
    if (light !== indicators.lightPriority) {
        indicators.lightPriority = light
        indicators.lightSinceMs = nowMs
    }
    if (sound !== indicators.soundPriority) {
        indicators.soundPriority = sound
        indicators.soundSinceMs = nowMs
        // The signal that a burst breaks off is told again from its beginning.
        if (sound !== AlarmPriority.None) indicators.signalSinceMs = NaN
    }
    indicators.light = lightAt(light, nowMs - indicators.lightSinceMs)
    indicators.sounding = soundAt(sound, nowMs - indicators.soundSinceMs)
    return indicators.signals.length > 0 && tellFirst(indicators, nowMs)
}

/** Goes on with the first of the signals, or begins it where the alarm is silent for long enough; true while any is to be told. */
function tellFirst(indicators: Indicators, nowMs: number): boolean {
    const signal = indicators.signals[0]
    if (!(nowMs >= indicators.signalSinceMs)) {
        if (!fits(indicators.soundPriority, nowMs - indicators.soundSinceMs, signal)) return true
        indicators.signalSinceMs = nowMs
    }
    const toldMs = nowMs - indicators.signalSinceMs
    if (slotOf(toldMs) >= SIGNAL_SLOTS[signal]) {
        indicators.signals.shift()
        indicators.signalSinceMs = NaN
        return indicators.signals.length > 0
    }
    if (signalAt(signal, toldMs)) {
        indicators.sounding = true
        if (indicators.lightPriority === AlarmPriority.None) indicators.light = Light.Yellow
    }
    return true
}

/** Whether the sound of `priority`, shown for `shownMs`, is silent until a signal that begins now is over. */
function fits(priority: AlarmPriority, shownMs: number, signal: Signal): boolean {
    if (priority === AlarmPriority.None) return true
    const inCycle = slotOf(shownMs) % CYCLE_SLOTS[priority]
    return inCycle >= BURST_SLOTS && inCycle + SIGNAL_SLOTS[signal] <= CYCLE_SLOTS[priority]
}

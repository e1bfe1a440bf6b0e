// Light and sound by priority, made tick by tick from the time alone, so that nothing waits for a burst to end. The two
// are apart, because a person may pause the sound but not the light. A pin is touched only when its level changes, because
// each change costs the tick time.

import * as ds from "@devicescript/core"
import { AlarmPriority } from "../pump/alarms"
import { modeOf, SwitchedOutput } from "./hardware"
import { Annunciator } from "./parts"

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
// medium, three pulses of 125 to 250 ms, as far apart; low, one or two of the same.
const BURST_HIGH = 0x05150515
const BURST_MEDIUM = 0x00000333
const BURST_LOW = 0x00000033
const BURST_SLOTS = 32

// From the start of one burst to the start of the next: 5.3 s, 9 s and 29.4 s of silence between, for limits of 2.5 to 15 s,
// 2.5 to 30 s and over 15 s.
const CYCLE_SLOTS_HIGH = 80
const CYCLE_SLOTS_MEDIUM = 100
const CYCLE_SLOTS_LOW = 300

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
    const slot = slotOf(shownMs)
    let inCycle = 0
    let burst = BURST_HIGH
    if (priority === AlarmPriority.High) {
        inCycle = slot % CYCLE_SLOTS_HIGH
    } else if (priority === AlarmPriority.Medium) {
        inCycle = slot % CYCLE_SLOTS_MEDIUM
        burst = BURST_MEDIUM
    } else {
        inCycle = slot % CYCLE_SLOTS_LOW
        burst = BURST_LOW
    }
    return inCycle < BURST_SLOTS && ((burst >> inCycle) & 1) !== 0
}

/**
 * The 100 ms slot that a time belongs to, rounded to the nearest, so that a tick may be 50 ms early or late and no pulse
 * is lost or doubled. It stays within the 32 bits of `%` for over six years.
 */
function slotOf(shownMs: number): number {
    return Math.floor((shownMs + SLOT_MS / 2) / SLOT_MS)
}

/** How long the lamp test shows each light, and then sounds the buzzer: assumed, long enough to be seen and heard. */
const TEST_MS = 300

/**
 * Starts light and buzzer, all off. Each pattern starts afresh when its own priority changes, so a new alarm is heard at
 * once, and so is one whose pause is over. The buzzer must make its own tone while its pin is on: a pin here can't be
 * toggled at an audible rate.
 */
export function startAnnunciator(red: SwitchedOutput, yellow: SwitchedOutput, buzzer: SwitchedOutput): Annunciator {
    red.pin.setMode(modeOf(red, false))
    yellow.pin.setMode(modeOf(yellow, false))
    buzzer.pin.setMode(modeOf(buzzer, false))
    let lightShown = AlarmPriority.None
    let lightSinceMs = 0
    let soundShown = AlarmPriority.None
    let soundSinceMs = 0
    let redOn = false
    let yellowOn = false
    let buzzerOn = false
    const flash = async (output: SwitchedOutput) => {
        output.pin.setMode(modeOf(output, true))
        await ds.sleep(TEST_MS)
        output.pin.setMode(modeOf(output, false))
    }
    return {
        show: async (light: AlarmPriority, sound: AlarmPriority, nowMs: number) => {
            if (light !== lightShown) {
                lightShown = light
                lightSinceMs = nowMs
            }
            if (sound !== soundShown) {
                soundShown = sound
                soundSinceMs = nowMs
            }
            const lightNow = lightAt(light, nowMs - lightSinceMs)
            const redNow = lightNow === Light.Red
            const yellowNow = lightNow === Light.Yellow || lightNow === Light.YellowSteady
            const buzzerNow = soundAt(sound, nowMs - soundSinceMs)
            if (redNow !== redOn) {
                redOn = redNow
                red.pin.setMode(modeOf(red, redNow))
            }
            if (yellowNow !== yellowOn) {
                yellowOn = yellowNow
                yellow.pin.setMode(modeOf(yellow, yellowNow))
            }
            if (buzzerNow !== buzzerOn) {
                buzzerOn = buzzerNow
                buzzer.pin.setMode(modeOf(buzzer, buzzerNow))
            }
        },
        test: async () => {
            await flash(red)
            await flash(yellow)
            await flash(buzzer)
        },
    }
}

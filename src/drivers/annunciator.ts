// Light and buzzer on their pins, as `indicators.ts` has them. A pin is touched only when its level changes, because each change
// costs the tick time.

import { AlarmPriority } from "../pump/alarms"
import { modeOf, SwitchedOutput } from "./hardware"
import { addSignal, createIndicators, Light, refreshIndicators } from "./indicators"
import { Annunciator, Signal } from "./parts"
import { sleepFromNow } from "./wait"

/** How long the lamp test shows each light, and then sounds the buzzer: assumed, long enough to be seen and heard. */
const TEST_MS = 300

/**
 * Starts light and buzzer, all off. The buzzer must make its own tone while its pin is on: a pin here can't be toggled at an
 * audible rate.
 */
export function startAnnunciator(red: SwitchedOutput, yellow: SwitchedOutput, buzzer: SwitchedOutput): Annunciator {
    red.pin.setMode(modeOf(red, false))
    yellow.pin.setMode(modeOf(yellow, false))
    buzzer.pin.setMode(modeOf(buzzer, false))
    const indicators = createIndicators()
    let redOn = false
    let yellowOn = false
    let buzzerOn = false
    const flash = async (output: SwitchedOutput) => {
        output.pin.setMode(modeOf(output, true))
        await sleepFromNow(TEST_MS)
        output.pin.setMode(modeOf(output, false))
    }
    return {
        show: async (light: AlarmPriority, sound: AlarmPriority, nowMs: number) => {
            const telling = refreshIndicators(indicators, light, sound, nowMs)
            const redNow = indicators.light === Light.Red
            const yellowNow = indicators.light === Light.Yellow || indicators.light === Light.YellowSteady
            if (redNow !== redOn) {
                redOn = redNow
                red.pin.setMode(modeOf(red, redNow))
            }
            if (yellowNow !== yellowOn) {
                yellowOn = yellowNow
                yellow.pin.setMode(modeOf(yellow, yellowNow))
            }
            if (indicators.sounding !== buzzerOn) {
                buzzerOn = indicators.sounding
                buzzer.pin.setMode(modeOf(buzzer, buzzerOn))
            }
            return telling
        },
        tell: (signal: Signal) => addSignal(indicators, signal),
        test: async () => {
            await flash(red)
            await flash(yellow)
            await flash(buzzer)
        },
    }
}

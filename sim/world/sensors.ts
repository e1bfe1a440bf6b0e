// What the sensors make of the truth: their noise, the weather in the pressure sensor's zero, and every way in which they fail.
// A part that lies gives numbers that look like any other, with no fault beside them: the firmware has to find out.

import { SensorFault } from "../../src/pump/readings"
import type { SensorFailure, SensorName, WorldSettings } from "../scenario/scenario"
import { PressureSensor } from "./pressureSensor"
import { gaussian, type RandomStream, uniform, uniformBetween } from "./random"
import type { Temperature } from "./temperature"

/** What the sensors say at one moment; where a fault is not None its number means nothing. */
export interface SensorAnswers {
    pressurePa: number
    pressureFault: SensorFault
    encoderSteps: number
    encoderFault: SensorFault
    endSwitch: number
    endSwitchFault: SensorFault
    batteryMv: number
    batteryFault: SensorFault
    /** Local time since Monday 3 January 2000, 00:00. */
    wallS: number
    wallFault: SensorFault
    /** SensorFault.Missing while the record memory does not answer. */
    memoryFault: SensorFault
    /** What the detector on the supply says: it is failing. */
    supplyFailing: boolean
}

const MS_PER_HOUR = 3_600_000
const U32_MAX = 4_294_967_295

/** Weather moves the room's pressure this far from where it was at the start, at most. */
const WEATHER_PA_MAX = 3000

// The failures that the part itself, or its driver, notices.
const NOTICED: Partial<Record<SensorFailure | "none", SensorFault>> = {
    missing: SensorFault.Missing,
    invalid: SensorFault.Invalid,
    stale: SensorFault.Stale,
}

/** How a part lies, in its own unit: pascals, steps, 1 for pressed, millivolts, seconds. */
interface Lies {
    outOfRange: number
    /** Standard deviation of a noisy one: 50 times the noise of a good one, assumed where a good one has none. */
    scatter: number
    /** A jumping one stands this far off at most, and at least half as far. */
    jump: number
    least: number
    most: number
}

const JUMP_CHANCE = 0.05

const LIES: Record<SensorName, Lies> = {
    // Five times what the shipped sensors span; a jump is half of the usual occlusion threshold.
    pressure: { outOfRange: 300_000, scatter: 2500, jump: 30_000, least: -2_000_000_000, most: 2_000_000_000 },
    // A good one is off by up to 8 steps, the distance of its edges.
    encoder: { outOfRange: 2_000_000_000, scatter: 400, jump: 1000, least: -2_000_000_000, most: 2_000_000_000 },
    reservoirSwitch: { outOfRange: 2, scatter: 1, jump: 1, least: 0, most: 2 },
    // A good one is off by about 10 mV.
    battery: { outOfRange: 60_000, scatter: 500, jump: 1000, least: 0, most: 65_535 },
    // In the year 2126: the chips know a century, from 2000 on.
    clock: { outOfRange: 4_000_000_000, scatter: 50, jump: 3600, least: 0, most: U32_MAX },
}

/** The failure of one part. */
interface Failing {
    failure: SensorFailure | "none"
    sinceMs: number
    driftPerHour: number
    offset: number
}

export class Sensors {
    private readonly failing: Record<SensorName, Failing> = {
        pressure: working(),
        encoder: working(),
        reservoirSwitch: working(),
        battery: working(),
        clock: working(),
    }
    private anyLies = false
    private last: SensorAnswers | undefined
    private zeroPa = 0
    private zeroPaPerHour = 0
    private zeroAtMs = 0
    private nextWeatherMs = 0

    /** One with errors of its own, where the settings have it. */
    private readonly pressureSensor: PressureSensor | undefined

    constructor(
        private readonly settings: WorldSettings,
        private readonly temperature: Temperature | undefined,
        private readonly noise: RandomStream,
        private readonly weather: RandomStream,
        private readonly lies: RandomStream,
    ) {
        if (settings.pressureSensor) this.pressureSensor = new PressureSensor(settings.pressureSensor)
    }

    /** From now on the part fails like this; `driftPerHour`, in the part's own unit, is for one that drifts. */
    fail(sensor: SensorName, failure: SensorFailure | "none", driftPerHour: number, nowMs: number): void {
        this.failing[sensor] = { failure, sinceMs: nowMs, driftPerHour, offset: 0 }
        this.anyLies = Object.values(this.failing).some(({ failure }) => failure !== "none" && !(failure in NOTICED))
    }

    /** The encoder's count is kept by the firmware: it starts at 0 with it, in one that is stuck too. */
    forgetCount(): void {
        if (this.last) this.last.encoderSteps = 0
    }

    /** Answers in place of these true figures. Draws the noise, so it must be called once for each time the firmware asks. */
    answer(
        pressurePa: number,
        encoderSteps: number,
        endSwitch: number,
        batteryMv: number,
        wallS: number,
        memoryAnswers: boolean,
        supplyFailing: boolean,
        nowMs: number,
    ): SensorAnswers {
        const { failing } = this
        const per = this.settings.encoderStepsPerEdge
        const noisePa = this.settings.pressureNoisePascals * gaussian(this.noise)
        if (this.settings.weatherPascalsPerHour > 0) this.followWeather(nowMs)
        const answers: SensorAnswers = {
            pressurePa: Math.round(this.shownPa(pressurePa, noisePa, nowMs) + this.zeroPa),
            pressureFault: NOTICED[failing.pressure.failure] ?? SensorFault.None,
            encoderSteps: per === 1 ? encoderSteps : Math.floor(encoderSteps / per) * per,
            encoderFault: NOTICED[failing.encoder.failure] ?? SensorFault.None,
            endSwitch,
            endSwitchFault: NOTICED[failing.reservoirSwitch.failure] ?? SensorFault.None,
            batteryMv,
            batteryFault: NOTICED[failing.battery.failure] ?? SensorFault.None,
            wallS,
            wallFault: NOTICED[failing.clock.failure] ?? SensorFault.None,
            memoryFault: memoryAnswers ? SensorFault.None : SensorFault.Missing,
            supplyFailing,
        }
        if (this.anyLies) {
            const last = this.last ?? answers
            answers.pressurePa = this.lie("pressure", answers.pressurePa, last.pressurePa, nowMs)
            answers.encoderSteps = this.lie("encoder", answers.encoderSteps, last.encoderSteps, nowMs)
            answers.endSwitch = this.lie("reservoirSwitch", answers.endSwitch, last.endSwitch, nowMs)
            answers.batteryMv = this.lie("battery", answers.batteryMv, last.batteryMv, nowMs)
            answers.wallS = this.lie("clock", answers.wallS, last.wallS, nowMs)
        }
        this.last = answers
        return answers
    }

    private shownPa(pressurePa: number, noisePa: number, nowMs: number): number {
        if (!this.pressureSensor) return pressurePa + noisePa
        return this.pressureSensor.shows(pressurePa, noisePa, this.temperature?.kelvinOverMean(nowMs) ?? 0, nowMs)
    }

    private lie(sensor: SensorName, truth: number, last: number, nowMs: number): number {
        const part = this.failing[sensor]
        const { outOfRange, scatter, jump, least, most } = LIES[sensor]
        let lie = truth
        switch (part.failure) {
            case "stuck":
                return last
            case "pressed":
                return 1
            case "outOfRange":
                return outOfRange
            case "noisy":
                if (sensor === "reservoirSwitch") return uniform(this.lies) < 0.5 ? 1 : 0
                lie += Math.max(scatter, this.ownScatter(sensor)) * gaussian(this.lies)
                break
            case "jumping":
                if (uniform(this.lies) < JUMP_CHANCE) {
                    const side = uniform(this.lies) < 0.5 ? -1 : 1
                    part.offset = side * uniformBetween(this.lies, jump / 2, jump)
                }
                lie += part.offset
                break
            case "drifting":
                lie += (part.driftPerHour * (nowMs - part.sinceMs)) / MS_PER_HOUR
                break
            default:
                return truth
        }
        return Math.min(Math.max(Math.round(lie), least), most)
    }

    private ownScatter(sensor: SensorName): number {
        return sensor === "pressure" ? 50 * this.settings.pressureNoisePascals : 0
    }

    /** The room's pressure goes up or down at a rate that is drawn anew each hour, and turns where it has come too far. */
    private followWeather(nowMs: number): void {
        const { weatherPascalsPerHour } = this.settings
        while (this.zeroAtMs < nowMs) {
            if (this.zeroAtMs >= this.nextWeatherMs) {
                this.nextWeatherMs += MS_PER_HOUR
                this.zeroPaPerHour = uniformBetween(this.weather, -weatherPascalsPerHour, weatherPascalsPerHour)
            }
            const toMs = Math.min(nowMs, this.nextWeatherMs)
            this.zeroPa += (this.zeroPaPerHour * (toMs - this.zeroAtMs)) / MS_PER_HOUR
            this.zeroAtMs = toMs
            if (Math.abs(this.zeroPa) > WEATHER_PA_MAX) {
                this.zeroPa = Math.sign(this.zeroPa) * WEATHER_PA_MAX
                this.zeroPaPerHour = -this.zeroPaPerHour
            }
        }
    }
}

function working(): Failing {
    return { failure: "none", sinceMs: 0, driftPerHour: 0, offset: 0 }
}

// What the pump shows in its registers (`services/intrathecalpump.md`), as numbers with units and as lines for people.

import { jdunpack } from "jacdac-ts"
import { ALARMS, REASON_WORDS } from "../../src/pump/alarmRules"
import { ALARM_COUNT, hasAlarm, MINIMUM_RATE_ALARMS } from "../../src/pump/alarms"
import { WALL_UNKNOWN } from "../../src/pump/checkpoint"
import { MS_PER_SECOND } from "../../src/pump/limits"
import { BolusKind, Mode } from "../../src/pump/pump"
import type { Busy } from "../../src/service/acts"
import { wallTimeText } from "../journal/entryWords"
import { BOLUS_KIND_WORDS } from "../report/firmwareWords"
import { doseUg, formatDuration, formatMl, formatUg } from "../report/units"
import { alarmName } from "../report/words"

/** Fields that are unknown are null; volumes in picolitres. */
export interface PumpStatus {
    ratePlPerDay: number
    bolusPlPerDay: number
    bolusLeftPl: number
    mode: "stopped" | "running"
    delivering: boolean
    minimumRate: boolean
    /** "" without a bolus in progress. */
    bolus: string
    residualPl: number
    deliveredPl: number
    refilledPl: number
    lineLeftPl: number
    uncertainPl: number
    /** Null without a programme; its checksum is 0 of one that was flashed. */
    programme: {
        meanPlPerDay: number
        checksum: number
        concentrationNgPerMl: number
        segments: number
        softLimits: number
    } | null
    /** The guard's limits: what may leave the pump in any hour, any day, and one prime. */
    limits: { hourPlMax: number; dayPlMax: number; primePlMax: number } | null
    alarms: { id: string; reason: string; over: boolean; seen: boolean }[]
    localTime: string | null
    flowChangeInS: number | null
    lockoutS: number
    dosesOfDay: number
    pressurePa: number | null
    batteryMv: number | null
    batteryDays: number | null
    access: Access
}

/** How the register `status` is packed, and the register `access`. */
const STATUS_FORMAT =
    "f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 u32 u32 u16 u16 u8 u8 u8 u8 u32 u32 u32 i32 i32 u32 u32 u32 u16 b"
const ACCESS_FORMAT = "u8 u8 u16 u16 u8"

const UNKNOWN = 0xffffffff
const PRESSURE_UNKNOWN = -2147483648

/** Who may read and change the pump. */
export interface Access {
    paired: boolean
    /** True where only the paired programmer may read. */
    restricted: boolean
    /** Acts in a row whose key was wrong, and for how long none is looked at. */
    failures: number
    waitS: number
    /** What the pump is at. */
    busy: Busy
}

/** Reads the register `access`. */
export function readAccess(bytes: Buffer): Access {
    const [paired, restricted, failures, waitS, busy] = jdunpack<number[]>(bytes, ACCESS_FORMAT)
    return { paired: paired === 1, restricted: restricted === 1, failures, waitS, busy }
}

/** Reads the register `status`, or the same of a sealed answer. */
export function readStatus(bytes: Buffer, access: Access): PumpStatus {
    const values = jdunpack<unknown[]>(bytes, STATUS_FORMAT)
    const reasons = values.pop() as Uint8Array
    const [
        ratePlPerDay,
        bolusPlPerDay,
        bolusLeftPl,
        residualPl,
        deliveredPl,
        refilledPl,
        lineLeftPl,
        uncertainPl,
        hourPlMax,
        dayPlMax,
        primePlMax,
        meanPlPerDay,
        checksum,
        concentrationNgPerMl,
        segments,
        softLimits,
        mode,
        delivering,
        bolusKind,
        dosesOfDay,
        localS,
        flowChangeInS,
        lockoutS,
        pressurePa,
        batteryTenthsDay,
        standing,
        conditions,
        acknowledged,
        batteryMv,
    ] = values as number[]
    const bits = Array.from({ length: ALARM_COUNT }, (_, alarm) => alarm)
    return {
        ratePlPerDay,
        bolusPlPerDay,
        bolusLeftPl,
        mode: mode === Mode.Stopped ? "stopped" : "running",
        delivering: delivering === 1,
        minimumRate: (standing & MINIMUM_RATE_ALARMS) !== 0,
        bolus: bolusKind === BolusKind.None ? "" : BOLUS_KIND_WORDS[bolusKind],
        residualPl,
        deliveredPl,
        refilledPl,
        lineLeftPl,
        uncertainPl,
        limits: dayPlMax === 0 ? null : { hourPlMax, dayPlMax, primePlMax },
        programme:
            concentrationNgPerMl === 0 ? null : { meanPlPerDay, checksum, concentrationNgPerMl, segments, softLimits },
        alarms: bits
            .filter(alarm => hasAlarm(standing, alarm))
            .sort((a, b) => ALARMS[b].priority - ALARMS[a].priority)
            .map(alarm => ({
                id: ALARMS[alarm].id,
                reason: REASON_WORDS[reasons[alarm]] ?? `reason ${reasons[alarm]}`,
                over: !hasAlarm(conditions, alarm),
                seen: hasAlarm(acknowledged, alarm),
            })),
        localTime: localS === WALL_UNKNOWN ? null : (wallTimeText(localS) ?? null),
        flowChangeInS: flowChangeInS === UNKNOWN ? null : flowChangeInS,
        lockoutS,
        dosesOfDay,
        pressurePa: pressurePa === PRESSURE_UNKNOWN ? null : pressurePa,
        batteryMv: batteryMv === 0 ? null : batteryMv,
        batteryDays: batteryTenthsDay < 0 ? null : batteryTenthsDay / 10,
        access,
    }
}

/** The status as a table for people, one line a fact. */
export function statusLines(pumpId: string, status: PumpStatus): string[] {
    const { programme, access } = status
    const concentration = programme?.concentrationNgPerMl ?? 0
    const volume = (pl: number) =>
        programme ? `${formatMl(pl)} mL (${formatUg(doseUg(pl, concentration))} µg)` : `${formatMl(pl)} mL`
    const rows: [string, string][] = [
        ["pump", `${pumpId}${status.access.paired ? "" : ", not paired"}`],
        ["local time", status.localTime ?? "unknown"],
        ["delivery", deliveryText(status)],
        ["flow", status.delivering ? `${volume(status.ratePlPerDay)} a day` : "none"],
        [
            "programme",
            programme
                ? `${formatUg(doseUg(programme.meanPlPerDay, concentration))} µg a day of ${concentration / 1000} µg/mL in ${programme.segments} segment${programme.segments === 1 ? "" : "s"}`
                : "none",
        ],
    ]
    if (status.limits)
        rows.push(["guard", `${volume(status.limits.hourPlMax)} an hour, ${volume(status.limits.dayPlMax)} a day`])
    if (status.flowChangeInS !== null && status.delivering && (programme?.segments ?? 0) > 1)
        rows.push(["flow changes", `in ${formatDuration(status.flowChangeInS * MS_PER_SECOND)}`])
    if (status.bolus !== "") rows.push(["bolus", `${status.bolus}, ${volume(status.bolusLeftPl)} left`])
    rows.push(["reservoir", volume(status.residualPl)], ["delivered", volume(status.deliveredPl)])
    if (status.uncertainPl > 0) rows.push(["uncertain", volume(status.uncertainPl)])
    if (status.lineLeftPl > 0) rows.push(["line", `${volume(status.lineLeftPl)} not from the reservoir`])
    if (status.dosesOfDay > 0) rows.push(["patient's doses", `${status.dosesOfDay} in 24 h`])
    if (status.lockoutS > 0) rows.push(["lockout", `for ${formatDuration(status.lockoutS * MS_PER_SECOND)}`])
    rows.push(
        ["pressure", status.pressurePa === null ? "unknown" : `${(status.pressurePa / 1000).toFixed(1)} kPa`],
        ["battery", batteryText(status)],
    )
    if (access.restricted) rows.push(["reading", "the paired programmer alone"])
    if (access.failures > 0) rows.push(["strangers", `${access.failures} acts in a row with a wrong key`])
    if (status.alarms.length === 0) rows.push(["alarms", "none"])
    for (const [i, alarm] of status.alarms.entries()) rows.push([i === 0 ? "alarms" : "", alarmText(alarm)])
    return rows.map(([name, text]) => `${name.padEnd(16)}${text}`)
}

function deliveryText(status: PumpStatus): string {
    if (status.mode === "stopped") return "stopped by a person"
    if (!status.delivering) return "stopped by an alarm"
    return status.minimumRate ? "delivering the minimum rate" : "delivering"
}

function batteryText({ batteryMv, batteryDays }: PumpStatus): string {
    const voltage = batteryMv === null ? "unknown" : `${(batteryMv / 1000).toFixed(2)} V`
    return batteryDays === null ? voltage : `${voltage}, lasts ${batteryDays} days`
}

/** One standing alarm in words. */
export function alarmText({ id, reason, over, seen }: PumpStatus["alarms"][number]): string {
    const priority = ALARMS.find(rule => rule.id === id)?.priority ?? 0
    const state = over ? ", over, waits for a person" : seen ? ", seen" : ""
    return `${["", "low", "medium", "high"][priority]}: ${alarmName(id)}${reason === "" ? "" : ` (${reason})`}${state}`
}

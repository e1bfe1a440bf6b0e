// What the programme's limits on boluses go by: how long the patient's lockout lasts yet, which doses the patient had, and what was
// given besides the schedule in each quarter of an hour. All errs towards giving later, because a denied dose harms less than one
// too many and the schedule goes on.

import { DOSES_PER_DAY_MAX, ELAPSED_MS_MAX, MS_PER_DAY, MS_PER_MINUTE, WINDOW_SLOT_MINUTES } from "./limits"

const SLOT_MS = WINDOW_SLOT_MINUTES * MS_PER_MINUTE

/** The running quarter of an hour, and a day of them before it. */
const SLOTS = 97

/** In one long-lived record. */
export interface Doses {
    /** Time that has passed since power-on as it counts here: never more than a tick may account for, so that no jump empties a window. */
    clockMs: number
    nowMs: number
    /** What the monotonic clock went back, up to as much: it has to make that up before its progress counts again. */
    skipMs: number
    /** How long the patient has to wait yet. */
    lockoutMs: number
    /** When each of the patient's last doses began, by `clockMs`; the oldest is overwritten next. */
    grantedMs: number[]
    next: number
    /** Given besides the schedule in each quarter of an hour; which one runs, and for how long it has. */
    slotsPl: number[]
    slot: number
    slotMs: number
    /** Quarters of an hour that ended since anything was given besides the schedule. */
    quietSlots: number
}

/**
 * The record at power-on. When what is taken over was given nobody knows any more: it counts as given now.
 * @param lockoutMs how long the patient has to wait yet
 * @param patientDoses how many the patient had in the last 24 hours
 * @param windowPl what was given besides the schedule in the last window
 */
export function createDoses(lockoutMs: number, patientDoses: number, windowPl: number): Doses {
    const grantedMs: number[] = []
    for (let i = 0; i < DOSES_PER_DAY_MAX; i++) grantedMs.push(i < patientDoses ? 0 : -Infinity)
    const slotsPl: number[] = []
    for (let i = 0; i < SLOTS; i++) slotsPl.push(0)
    slotsPl[0] = windowPl
    return {
        clockMs: 0,
        nowMs: NaN,
        skipMs: 0,
        lockoutMs,
        grantedMs,
        next: patientDoses < DOSES_PER_DAY_MAX ? patientDoses : 0,
        slotsPl,
        slot: 0,
        slotMs: 0,
        quietSlots: windowPl > 0 ? 0 : SLOTS,
    }
}

/**
 * Lets the time up to `nowMs` on the monotonic clock pass; called once a sample, and before a bolus is granted. A clock that jumps,
 * stands or swings empties no window and shortens no lockout by more than a tick may account for.
 */
export function passTime(doses: Doses, nowMs: number): void {
    const sinceMs = nowMs - doses.nowMs
    doses.nowMs = nowMs
    if (sinceMs < 0) doses.skipMs = Math.min(doses.skipMs - sinceMs, ELAPSED_MS_MAX)
    if (!(sinceMs > 0)) return
    const countedMs = Math.min(sinceMs, ELAPSED_MS_MAX)
    const skippedMs = Math.min(countedMs, doses.skipMs)
    doses.skipMs -= skippedMs
    const elapsedMs = countedMs - skippedMs
    doses.clockMs += elapsedMs
    if (doses.lockoutMs > 0) doses.lockoutMs = Math.max(0, doses.lockoutMs - elapsedMs)
    doses.slotMs += elapsedMs
    if (doses.slotMs < SLOT_MS) return
    // The next one is not shortened by what this one was too long: what was given meanwhile counts in this one.
    doses.slotMs = 0
    doses.slot = doses.slot + 1 < SLOTS ? doses.slot + 1 : 0
    doses.slotsPl[doses.slot] = 0
    doses.quietSlots += 1
}

/** Counts what was given besides the schedule. */
export function addToWindow(doses: Doses, pl: number): void {
    doses.slotsPl[doses.slot] += pl
    doses.quietSlots = 0
}

/** The solution is another one: what was given counts as the volume of the new one that holds as much drug, rounded up (BOL-7). */
export function convertWindow(doses: Doses, formerNgPerMl: number, ngPerMl: number): void {
    for (let i = 0; i < SLOTS; i++) doses.slotsPl[i] = Math.ceil((doses.slotsPl[i] * formerNgPerMl) / ngPerMl)
}

/** The patient got a dose. */
export function countDose(doses: Doses, lockoutMs: number): void {
    doses.lockoutMs = lockoutMs
    doses.grantedMs[doses.next] = doses.clockMs
    doses.next = doses.next + 1 < DOSES_PER_DAY_MAX ? doses.next + 1 : 0
}

/** How many doses the patient had in the last 24 hours. */
export function dosesOfDay(doses: Doses): number {
    let count = 0
    for (let i = 0; i < DOSES_PER_DAY_MAX; i++) if (!(doses.clockMs - doses.grantedMs[i] >= MS_PER_DAY)) count++
    return count
}

/** What was given besides the schedule in the running quarter of an hour and those of a window before it, never less than in any such window. */
export function windowVolume(doses: Doses, windowMinutes: number): number {
    const slots = Math.floor(windowMinutes / WINDOW_SLOT_MINUTES)
    if (doses.quietSlots > slots) return 0
    let sumPl = 0
    let slot = doses.slot
    for (let i = 0; i <= slots; i++) {
        sumPl += doses.slotsPl[slot]
        slot = slot > 0 ? slot - 1 : SLOTS - 1
    }
    return sumPl
}

// The fixed bounds of the pump: what no prescription, no calibration and no command may leave.
// Each is a whole number in the unit its name ends with, so that sums of them stay exact.

export const MS_PER_SECOND = 1000
export const MS_PER_MINUTE = 60_000
export const MS_PER_HOUR = 3_600_000
export const MS_PER_DAY = 86_400_000
export const MS_PER_WEEK = 604_800_000

/** The wall clock counts from Monday 3 January 2000, and this long: a hundred years, as far as a DS3231 goes. */
export const WALL_MS_MAX = 3_155_760_000_000

/** The period of the fixed tick. */
export const TICK_MS = 100

/** From power-on to the first tick: parts start and settle, the records are read from flash, and the pump tests itself. */
export const START_UP_MS = 5000

/** Sensors are read, commands taken and alarms judged once in this time; metering runs on every tick. */
export const SAMPLE_MS = 1000

/** Time that one tick accounts for at most. A longer gap is lost time: an alarm, never a burst. */
export const ELAPSED_MS_MAX = 10_000

/** Lowest flow a programme may ask for other than none: 0.048 mL/day (SynchroMed's floor). */
export const RATE_PL_PER_DAY_MIN = 48_000_000

/** Highest flow of a programme: 24 mL/day. */
export const RATE_PL_PER_DAY_MAX = 24_000_000_000

/** Highest flow of a prime, and the fastest the pump ever runs: 10 mL/h. */
export const PRIME_RATE_PL_PER_DAY_MAX = 240_000_000_000

/** Largest volume of one prime: 2 mL, several times the dead volume of any catheter. */
export const PRIME_PL_MAX = 2_000_000_000

/** Largest bolus that a clinician or the patient may be allowed, and largest volume of tubing and catheter together: 2 mL. */
export const BOLUS_PL_MAX = 2_000_000_000
export const DEAD_VOLUME_PL_MAX = 2_000_000_000

/** Longest time over which a bolus is spread, and longest lockout after a patient's dose: a day. */
export const BOLUS_MINUTES_MAX = 1440
export const LOCKOUT_MINUTES_MAX = 1440

/** The most patient's doses that may be allowed in 24 hours. */
export const DOSES_PER_DAY_MAX = 24

/** The dose window: from one hour to 24, in whole quarters of an hour. */
export const WINDOW_MINUTES_MIN = 60
export const WINDOW_MINUTES_MAX = 1440
export const WINDOW_SLOT_MINUTES = 15

/** Periodic doses: one every half an hour at most, and one a week at least. */
export const PERIODIC_MINUTES_MIN = 30
export const PERIODIC_MINUTES_MAX = 10_080

/** A refill that was begun and not ended, and a programme that nobody confirmed, alarm after 5 min and are dropped at 10 (GIP: an unfinished change). */
export const CHANGE_ALERT_MS = 300_000
export const CHANGE_DROP_MS = 600_000

/** So many commands in a row without a valid tag are an alarm. Source: assumed; a person who mistypes does not come so far. */
export const ACCESS_FAILURES_TO_ALARM = 10

/** By how much local time may be moved while the pump runs: the width of all time zones, 14 h either way. */
export const SHIFT_MS_MAX = 50_400_000

/** After a shift the schedule runs a 24th faster or slower until it has caught up: an hour in a day. */
export const SHIFT_PARTS = 24

/** Smallest and largest volume that one motor step may displace, from calibration. */
export const STEP_PL_MIN = 100
export const STEP_PL_MAX = 10_000_000

/** The most pulses that one tick may ask of the motor driver, whatever the mechanism. */
export const STEPS_PER_TICK_MAX = 50

/** Largest reservoir: a 50 mL syringe. */
export const RESERVOIR_PL_MAX = 50_000_000_000

/**
 * Segments in one day pattern, and in all the patterns of a programme together: beside one so long the device's memory has to take in
 * another (PRG-9).
 */
export const PATTERN_SEGMENTS_MAX = 96
export const PROGRAMME_SEGMENTS_MAX = 192
export const PATTERNS_MAX = 7

/** Occlusion threshold that may be set: below, spinal pressure and friction would trip it; above, the line may burst. */
export const OCCLUSION_PA_MIN = 5_000
export const OCCLUSION_PA_MAX = 150_000

/** A pump that a user stopped alarms after 5 min, and with high priority after 48 h: stopping is not a safe state. */
export const STOPPED_MEDIUM_MS = 300_000
export const STOPPED_HIGH_MS = 172_800_000

/** The most that `owed` may pile up (picolitres times milliseconds per day): what one more tick adds keeps it under 2^53. */
export const OWED_MAX = 4_000_000_000_000_000

/** A person's pause of the alarm sound lasts at most this long (GIP), and a new alarm ends it. */
export const SOUND_PAUSE_MS = 120_000

/** Three stops by an alarm within this time, with a person's start between, and the pump stays stopped (GIP). */
export const RESTARTS_MS = 600_000

/** Starts of the firmware with less than an hour of running between: the fourth one alarms. */
export const UNBROKEN_RUN_MS = 3_600_000
export const BROKEN_RUNS_MAX = 3

/** A tick that comes later than this after the one before is late; this many of them in ten minutes alarm. */
export const LATE_TICK_MS = 1_000
export const LATE_TICKS_TO_ALARM = 10
export const LATE_TICKS_MS = 600_000

/** The most that an occluded line is relieved by: 100 µL, several times what a soft line stores at the threshold (assumed). */
export const RELIEF_PL_MAX = 100_000_000

/** The highest limits that may be set: one and a half times what the fastest programme gives in an hour and in a day. */
export const HOUR_LIMIT_PL_MAX = 1_500_000_000
export const DAY_LIMIT_PL_MAX = 36_000_000_000

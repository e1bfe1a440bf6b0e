// The words for what the firmware says by number. The firmware itself knows none: its bytecode has no room for them.

/** The words for each `CommandKind`, `BolusKind`, `BolusEvent`, `BolusReason` and `Refusal`, by its number. */
export const COMMAND_WORDS = [
    "",
    "stop",
    "start",
    "prime",
    "refill",
    "start or stop",
    "acknowledgement",
    "silence",
    "release",
    "programme",
    "clinician's bolus",
    "patient's dose",
    "minimum rate",
    "local time",
    "begin of a refill",
    "end of a bolus",
]
export const BOLUS_KIND_WORDS = ["", "prime", "clinician's bolus", "patient's dose"]
export const BOLUS_EVENT_WORDS = ["", "started", "delivered", "cancelled", "denied"]
export const BOLUS_REASON_WORDS = [
    "",
    "volume out of range",
    "rate out of range",
    "another bolus is in progress",
    "pump stopped",
    "an alarm stops delivery",
    "a sensor is lost",
    "more than the reservoir holds",
    "record memory does not answer",
    "supply failing",
    "lockout",
    "as many as a day may have",
    "dose window full",
    "not in the programme",
    "minimum rate",
    "line holds another concentration",
    "more than the line lacks",
    "line not primed",
    "ended by a person",
    "line or drug changed",
]
export const REFUSAL_WORDS = [
    "",
    "volume out of range",
    "line holds another concentration",
    "more than 14 h while the pump runs",
    "time of day unknown",
    "no programme",
]

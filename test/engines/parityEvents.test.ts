import { SCENARIOS, THERAPY_DAYS, testParity } from "./runs"

// The whole days are in files of their own, so that they run beside these.
const DAYS = ["day", "child-day", "continuous-day", "weekday-weekend", ...THERAPY_DAYS]

testParity(SCENARIOS.filter(name => !DAYS.includes(name)))

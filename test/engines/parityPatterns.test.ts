import { testParity } from "./runs"

testParity(["continuous-day", "weekday-weekend"])

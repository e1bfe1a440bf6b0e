import { THERAPY_DAYS, testParity } from "./runs"

testParity(THERAPY_DAYS)

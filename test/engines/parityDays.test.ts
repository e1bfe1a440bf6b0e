import { testParity } from "./runs"

testParity(["day", "child-day"])

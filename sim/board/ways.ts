// The boards that there is a fixture for, and how the way to one may be named.

import { BUS_PROTOCOLS } from "../engines/busSocket"
import type { Entry } from "../engines/firmware"

/** The boards that there is a fixture for; of the simulator's, no pin exists. */
export const FIXTURES = {
    pico: { board: "pump_pico", entry: "mainPicoFixture" },
    esp32c3: { board: "pump_esp32c3", entry: "mainEsp32C3Fixture" },
    simulator: { board: undefined, entry: "mainSimulator" },
} as const satisfies Record<string, { board: string | undefined; entry: Entry }>
export type FixtureName = keyof typeof FIXTURES

/** How an address of a port may look, in words. */
export const PORT_FORMS =
    "a serial port such as /dev/ttyACM0 or COM3, its bytes over TCP such as socket://host:4000, or a bus such as ws://127.0.0.1:8081 or tcp://127.0.0.1:8082"

/** What kind of port an address names; undefined where it is none. */
export function portKind(address: string): "serial" | "socket" | "bus" | undefined {
    if (!/^[a-z]+:\/\//i.test(address)) return address === "" ? undefined : "serial"
    if (!URL.canParse(address)) return undefined
    const { protocol, hostname, port } = new URL(address)
    if (BUS_PROTOCOLS.includes(protocol)) return "bus"
    return protocol === "socket:" && hostname !== "" && port !== "" ? "socket" : undefined
}

// What is written into a pump before it first runs: prescription, calibration, limits and how full its reservoir is. Every
// DeviceScript device takes settings over Jacdac, so the same packets serve each engine that runs the bytecode.

import { jdpack, Packet, SettingsCmd } from "jacdac-ts"
import { settingsOf, settingText } from "../prescription/records"
import { firstCheckpoint, type Session } from "./session"

/** Commands to a device's settings service, to be sent one after the other while the firmware does not run. */
export function recordPackets(session: Session): Packet[] {
    const { programmeBytes, mechanismBytes, limitsBytes } = session.scenario
    const records = settingsOf(programmeBytes, mechanismBytes, limitsBytes)
    return [
        ...records.map(({ key, value }) => setPacket(key, Buffer.from(settingText(value)))),
        setPacket("cp0", firstCheckpoint(session)),
        // The other copy, where the device has run before, is newer than this one and would win.
        Packet.from(SettingsCmd.Delete, jdpack("s", ["cp1"])),
    ]
}

function setPacket(key: string, value: Uint8Array): Packet {
    return Packet.from(SettingsCmd.Set, jdpack("z b", [key, Uint8Array.from(value)]))
}

// What is written into a pump before it first runs: prescription, calibration, limits and the number of this flashing. Every
// DeviceScript device takes settings over Jacdac, so the same packets serve each engine that runs the bytecode.

import { jdpack, Packet, SettingsCmd } from "jacdac-ts"
import { FLASH_ID_SIZE, flashIdSetting, type Setting, settingsOf, settingText } from "../prescription/records"
import { PROGRAM_IMAGE_KEY, programImageSetting } from "./programImage"
import { FLASH_ID, type Session } from "./session"

/**
 * Commands to a device's settings service, to be sent one after the other while the firmware does not run.
 * @param bytecode the program that is flashed with them; undefined where the device has its own, which is then not compared
 */
export function recordPackets(session: Session, bytecode: Uint8Array | undefined): Packet[] {
    const { programmeBytes, mechanismBytes, limitsBytes } = session.scenario
    const records = settingsOf(programmeBytes, mechanismBytes, limitsBytes)
    return [
        ...records.map(recordPacket),
        recordPacket(flashIdSetting(Uint8Array.from({ length: FLASH_ID_SIZE }, (_, i) => (i === 0 ? FLASH_ID : 0)))),
        bytecode ? recordPacket(programImageSetting(bytecode)) : deletePacket(PROGRAM_IMAGE_KEY),
    ]
}

function recordPacket({ key, value }: Setting): Packet {
    return setPacket(key, Buffer.from(settingText(value)))
}

function deletePacket(key: string): Packet {
    return Packet.from(SettingsCmd.Delete, jdpack("s", [key]))
}

function setPacket(key: string, value: Uint8Array): Packet {
    return Packet.from(SettingsCmd.Set, jdpack("z b", [key, Uint8Array.from(value)]))
}

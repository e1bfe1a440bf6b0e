import { expect, test } from "vitest"
import { writeUint } from "../../src/pump/bytes"
import { CellKind } from "../../src/pump/energy"
import { decodeMechanism, type Mechanism } from "../../src/pump/mechanism"

const MECHANISM: Mechanism = {
    stepPl: 44_900,
    stepsPerTickMax: 7,
    occlusionPa: 60_000,
    encoderSlackSteps: 48,
    batteryLowMv: 3_500,
    batteryEndMv: 3_300,
    batteryKind: CellKind.LiIon,
    batteryMah: 3_000,
}

/** A record of the size and version given, as a board of that version was flashed with it. */
function mechanismBytes(changes: Partial<Mechanism> = {}, version = 2, size = 25): Uint8Array {
    const mechanism = { ...MECHANISM, ...changes }
    const bytes = new Uint8Array(Math.max(size, 25))
    writeUint(bytes, 0, 2, 0x4d42)
    writeUint(bytes, 2, 1, version)
    writeUint(bytes, 3, 1, mechanism.stepsPerTickMax)
    writeUint(bytes, 4, 4, mechanism.stepPl)
    writeUint(bytes, 8, 4, mechanism.occlusionPa)
    writeUint(bytes, 12, 2, mechanism.encoderSlackSteps)
    writeUint(bytes, 14, 2, mechanism.batteryLowMv)
    writeUint(bytes, 16, 2, mechanism.batteryEndMv)
    writeUint(bytes, 18, 1, mechanism.batteryKind)
    writeUint(bytes, 19, 2, mechanism.batteryMah)
    return bytes.slice(0, size)
}

test("NRG-5: it is read back as it was stored", () => {
    expect(decodeMechanism(mechanismBytes())).toEqual(MECHANISM)
    const none = { batteryKind: CellKind.None, batteryMah: 0 }
    expect(decodeMechanism(mechanismBytes(none))).toEqual({ ...MECHANISM, ...none })
    const alkaline = { batteryKind: CellKind.TwoAlkalineAa, batteryMah: 50 }
    expect(decodeMechanism(mechanismBytes(alkaline))).toEqual({ ...MECHANISM, ...alkaline })
})

test("NRG-5: one of the first version is that of a pump that does not know its battery", () => {
    const bytes = mechanismBytes({}, 1, 22)
    expect(decodeMechanism(bytes)).toEqual({ ...MECHANISM, batteryKind: CellKind.None, batteryMah: 0 })
})

test.each<[string, Uint8Array, string]>([
    ["a newer version", mechanismBytes({}, 3), "mechanism of a newer version than this firmware's"],
    [
        "a newer version that is longer",
        mechanismBytes({}, 255, 60),
        "mechanism of a newer version than this firmware's",
    ],
    ["a version there never was", mechanismBytes({}, 0), "mechanism of another version"],
    ["another record", mechanismBytes().fill(0, 0, 1), "not a mechanism"],
    ["nothing", new Uint8Array(0), "mechanism of another size"],
    ["one cut short", mechanismBytes({}, 2, 24), "mechanism of another size"],
    ["one with more behind it", mechanismBytes({}, 2, 26), "mechanism of another size"],
    ["a first version as long as the second", mechanismBytes({}, 1, 25), "mechanism of another size"],
    ["a second version as short as the first", mechanismBytes({}, 2, 22), "mechanism of another size"],
    ["a first version cut short", mechanismBytes({}, 1, 21), "mechanism of another size"],
    ["no step at all", mechanismBytes({ stepsPerTickMax: 0 }), "steps per tick out of range"],
    ["too many steps", mechanismBytes({ stepsPerTickMax: 51 }), "steps per tick out of range"],
    ["too small a step", mechanismBytes({ stepPl: 99 }), "step volume out of range"],
    ["too large a step", mechanismBytes({ stepPl: 10_000_001 }), "step volume out of range"],
    ["too low a threshold", mechanismBytes({ occlusionPa: 4_999 }), "occlusion threshold out of range"],
    ["too high a threshold", mechanismBytes({ occlusionPa: 150_001 }), "occlusion threshold out of range"],
    ["an end above low", mechanismBytes({ batteryEndMv: 3_501 }), "battery end above battery low"],
    ["a battery of no kind there is", mechanismBytes({ batteryKind: 3 as CellKind }), "battery of an unknown kind"],
    ["a battery too small", mechanismBytes({ batteryMah: 49 }), "battery capacity out of range"],
    ["a battery too large", mechanismBytes({ batteryMah: 50_001 }), "battery capacity out of range"],
    ["a capacity of no battery", mechanismBytes({ batteryKind: CellKind.None }), "battery capacity out of range"],
])("NRG-5: %s is refused with its reason", (_, bytes, reason) => {
    expect(decodeMechanism(bytes)).toBe(reason)
})

test("NRG-5: the bounds themselves are taken", () => {
    const least = { stepsPerTickMax: 1, stepPl: 100, occlusionPa: 5_000, batteryMah: 50, batteryEndMv: 3_500 }
    expect(decodeMechanism(mechanismBytes(least))).toEqual({ ...MECHANISM, ...least })
    const most = { stepsPerTickMax: 50, stepPl: 10_000_000, occlusionPa: 150_000, batteryMah: 50_000 }
    expect(decodeMechanism(mechanismBytes(most))).toEqual({ ...MECHANISM, ...most })
})

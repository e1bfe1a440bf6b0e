// The Jacdac service of the pump (`services/intrathecalpump.md`): registers are read from the pump as it is, commands are put down for the
// link. Packets are taken from the runtime as they are, by number: DeviceScript's own library for servers, which does the same by name,
// would not fit beside the pump into the 64 kB that a program's functions may have, and lets anybody restart the program.

import * as ds from "@devicescript/core"
import { loadRecord } from "../drivers/flashStore"
import type { RecordMemory } from "../drivers/parts"
import { ALARM_COUNT } from "../pump/alarms"
import { wallSecondsAt } from "../pump/checkpoint"
import { dosesOfDay } from "../pump/doses"
import { MS_PER_SECOND } from "../pump/limits"
import { Link } from "./link"
import { platformCrypto } from "./platformCrypto"

/** Where the runtime hands in the packets for the program's own services, and takes what they send. */
interface Runtime {
    _onServerPacket: (packet: ds.Packet) => Promise<void>
    _serverSend(serviceIndex: number, packet: ds.Packet): Promise<void>
}

/** On the device of the program's own services: the control service, which announces the others, and the pump. */
const CONTROL = 0
const PUMP = 1

const ANNOUNCE_MS = 500

/** Registers and commands, by their codes; answer and contents are registers that are only told. */
enum Code {
    Status = 0x180,
    Access = 0x181,
    Challenge = 0x182,
    Answer = 0x183,
    Act = 0x80,
    Read = 0x81,
    Pair = 0x82,
}

const VALUE_MAX = 0xffffffff
const PRESSURE_UNKNOWN = -2147483648

/** Starts the service, and gives the link to the loop. */
export function startLink(memory: RecordMemory): Link {
    const runtime = ds as unknown as Runtime
    const spec = ds.IntrathecalPump.spec
    const link = new Link(ds.deviceIdentifier("server"), memory, platformCrypto, {
        tell: async (answer: boolean, bytes: Buffer) => {
            const report = answer ? spec.lookup("answer").encode(bytes) : spec.lookup("contents").encode(bytes)
            await runtime._serverSend(PUMP, report)
        },
        status: (link: Link) => encode(spec.lookup("status"), statusOf(link)).payload,
        flashed: async () => await loadRecord("pg"),
    })
    runtime._onServerPacket = async (packet: ds.Packet) => {
        if (packet.isReport || packet.serviceIndex !== PUMP) return
        spec.assign(packet)
        const payload = packet.payload
        if (packet.isRegGet) {
            const value = packet.spec ? registerValue(link, packet.regCode) : undefined
            await runtime._serverSend(PUMP, value === undefined ? packet.notImplemented() : encode(packet.spec, value))
        } else if (packet.serviceCommand === Code.Act) link.hear(payload)
        else if (packet.serviceCommand === Code.Pair) link.hearPair()
        else if (packet.serviceCommand === Code.Read && payload.length === 3)
            link.hearRead(payload[2], payload.getAt(0, "u16"))
    }
    announce.start(runtime, spec.classIdentifier)
    return link
}

/** A register's report; the compiler knows only of some how they are packed. */
function encode(spec: unknown, value: unknown): ds.Packet {
    return (spec as ds.PacketSpec<unknown>).encode(value)
}

/** Tells the bus twice a second which services there are, and how often the program has started as far as one byte counts it. */
async function announce(runtime: Runtime, serviceClass: number): Promise<void> {
    const spec = ds.Control.spec.lookup("announce").response
    let restarts = 1
    while (spec) {
        if (restarts < ds.ControlAnnounceFlags.RestartCounterSteady) restarts += 1
        await runtime._serverSend(CONTROL, spec.encode([restarts, 0, 0, serviceClass]))
        await ds.sleep(ANNOUNCE_MS)
    }
}

/** What a register holds now; undefined for one that there is not, not yet, or not for everybody. */
function registerValue(link: Link, code: number): unknown {
    if (code === Code.Status) return link.pump && !link.restricted() ? statusOf(link) : undefined
    if (code === Code.Challenge) return link.challenge()
    if (code === Code.Answer) return link.answer()
    if (code === Code.Access)
        return [link.paired() ? 1 : 0, link.restricted() ? 1 : 0, link.failures, link.waitS(), link.busyWith()]
    return undefined
}

/** All that the pump shows, in the order of its specification: of one and the same tick. */
function statusOf(link: Link): unknown {
    const pump = link.pump
    if (!pump) return undefined
    const programme = pump.programme
    const limits = link.limits
    const readings = link.readings
    const pressurePa = readings ? readings.pressurePa : NaN
    const batteryMv = readings ? readings.batteryMv : NaN
    const reasons = Buffer.alloc(ALARM_COUNT)
    for (let alarm = 0; alarm < ALARM_COUNT; alarm++) reasons[alarm] = pump.reasons[alarm]
    return [
        pump.delivering ? pump.ratePlPerDay : 0,
        pump.bolusFlowPlPerDay,
        pump.bolusLeftPl,
        pump.residualPl,
        pump.patientPl,
        pump.refilledPl,
        pump.lineLeftPl,
        pump.uncertainPl,
        limits ? limits.hourPlMax : 0,
        limits ? limits.dayPlMax : 0,
        limits ? limits.primePlMax : 0,
        programme ? programme.meanRatePlPerDay : 0,
        link.programmeSum,
        programme ? programme.concentrationNgPerMl : 0,
        programme ? programme.segmentStartMinute.length : 0,
        programme ? programme.softLimits : 0,
        pump.mode,
        pump.delivering ? 1 : 0,
        pump.bolusKind,
        dosesOfDay(pump.doses),
        wallSecondsAt(pump, pump.nowMs),
        seconds(pump.segmentLeftMs),
        seconds(pump.doses.lockoutMs),
        pressurePa >= PRESSURE_UNKNOWN ? pressurePa : PRESSURE_UNKNOWN,
        pump.energy.remainingTenthsDay,
        pump.alarms >>> 0,
        pump.conditions >>> 0,
        pump.acknowledged >>> 0,
        batteryMv >= 0 ? batteryMv : 0,
        reasons,
    ]
}

/** Whole seconds, rounded up; the largest number that fits for more, and for what is unknown. */
function seconds(ms: number): number {
    return ms / MS_PER_SECOND < VALUE_MAX ? Math.ceil(ms / MS_PER_SECOND) : VALUE_MAX
}

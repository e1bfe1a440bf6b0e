// The world's side of `services/pumpbench.md`: a Jacdac service that the firmware built for the simulator is wired to.

import { JDServiceServer, jdpack, jdunpack, Packet } from "jacdac-ts"
import type { BolusEvent, BolusKind, BolusReason, LineEvent, Mode } from "../../src/pump/pump"
import type { CommandKind, ProgrammeAnswer, Refusal } from "../../src/pump/readings"
import type { Command } from "./command"
import type { Session } from "./session"
import { traceLine } from "./trace"

export const BENCH_SERVICE_CLASS = 0x1f5b2a41

export const SAMPLE = 0x80
const STEP = 0x81
export const STATUS = 0x82
const BOLUS = 0x83
const SHOW = 0x84
const TRACE = 0x85
const MEMORY_READ = 0x86
const MEMORY_WRITE = 0x87
const PROGRAMME_READ = 0x88
const TAKEN = 0x89
const OBEYED = 0x8a
const LINE = 0x8b

const ROW_SIZE = 42

// A refill before which nobody measured the residual.
const NOT_MEASURED = 0xffffffff

const LINE_CHANGED = 1

/** Serves one session. A firmware whose power is gone is not heard, though its machine may still be at its last slice. */
export class BenchServer extends JDServiceServer {
    constructor(
        protected readonly session: Session,
        private readonly onTraceLine: ((line: string) => void) | undefined,
    ) {
        super(BENCH_SERVICE_CLASS)
        this.hear(SAMPLE, packet => this.answer(packet.data))
        this.hear(STEP, packet => {
            const [residualPl, steps] = packet.jdunpack<[number, number]>("f64 i8")
            this.session.step(steps)
            this.session.residualPl = residualPl
        })
        this.hear(STATUS, packet => {
            const [alarms, conditions, acknowledged, mode, delivering, beating, recording, reasons] =
                packet.jdunpack<[number, number, number, Mode, number, number, number, Uint8Array]>(
                    "u32 u32 u32 u8 u8 u8 u8 b",
                )
            this.session.beating = beating === 1
            const bolusUnrecorded = recording === 1
            this.session.status({ mode, alarms, conditions, acknowledged, bolusUnrecorded, reasons }, delivering === 1)
        })
        this.hear(BOLUS, packet => {
            const [volumePl, event, kind, reason] =
                packet.jdunpack<[number, BolusEvent, BolusKind, BolusReason]>("f64 u8 u8 u8")
            this.session.bolus(event, kind, reason, volumePl)
        })
        this.hear(SHOW, packet => this.session.show(packet.data[0], packet.data[1] === 1))
        this.hear(TRACE, packet => this.trace(packet.data))
        this.hear(MEMORY_READ, packet => {
            const [address, length] = packet.jdunpack<[number, number]>("u16 u8")
            this.answerPiece(MEMORY_READ, address, this.session.readMemory(address, length))
        })
        this.hear(MEMORY_WRITE, packet => {
            const [address, bytes] = packet.jdunpack<[number, Uint8Array]>("u16 b")
            this.session.writeMemory(address, bytes, bytes.length)
        })
        this.hear(PROGRAMME_READ, packet => {
            const [offset] = packet.jdunpack<[number]>("u16")
            this.answerPiece(PROGRAMME_READ, offset, this.session.offeredPiece(offset))
        })
        this.hear(OBEYED, packet => {
            const [command, refusal] = packet.jdunpack<[CommandKind, Refusal]>("u8 u8")
            this.session.obeyed(command, refusal)
        })
        this.hear(LINE, packet => {
            const [leftPl, event] = packet.jdunpack<[number, LineEvent]>("f64 u8")
            this.session.line(event, leftPl)
        })
        this.hear(TAKEN, packet => this.session.programmeAnswered(packet.data[0] as ProgrammeAnswer))
    }

    private hear(command: number, handler: (packet: Packet) => void): void {
        this.addCommand(command, packet => {
            if (this.session.powered) handler(packet)
        })
    }

    /** Answers with where the bytes begin and the bytes; with none where there are none. */
    private answerPiece(command: number, at: number, bytes: Uint8Array | undefined): void {
        this.sendPacketAsync(Packet.from(command, jdpack("u16 b", [at, Uint8Array.from(bytes ?? [])])))
    }

    private answer(question: Uint8Array): void {
        const [residualPl, ticks] = jdunpack<[number, number]>(question, "f64 u32")
        if (ticks > 0) this.session.residualPl = residualPl
        const { sensors, command: asked } = this.session.ask()
        const command = this.told(asked)
        const data = jdpack("i32 i32 u32 u32 u32 u32 u32 u16 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8", [
            sensors.pressurePa,
            sensors.encoderSteps,
            sensors.wallS,
            command.volumeNl,
            command.rateNlPerDay,
            command.residualNl ?? NOT_MEASURED,
            command.wallS,
            sensors.batteryMv,
            sensors.endSwitch,
            sensors.pressureFault,
            sensors.encoderFault,
            sensors.endSwitchFault,
            sensors.batteryFault,
            sensors.wallFault,
            sensors.memoryFault,
            sensors.supplyFailing ? 1 : 0,
            command.kind,
            command.lineChanged ? LINE_CHANGED : 0,
            this.onTraceLine ? 1 : 0,
        ])
        this.sendPacketAsync(Packet.from(SAMPLE, data))
    }

    /** What the firmware is told here of what somebody asks for; the rest reaches it on another way. */
    protected told(command: Command): Command {
        return command
    }

    private trace(rows: Uint8Array): void {
        const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
        for (let at = 0; at < rows.length; at += ROW_SIZE)
            this.onTraceLine?.(
                traceLine(
                    view.getFloat64(at, true),
                    view.getInt8(at + 40),
                    view.getFloat64(at + 8, true),
                    view.getFloat64(at + 16, true),
                    view.getFloat64(at + 24, true),
                    rows[at + 41],
                    view.getUint32(at + 32, true),
                    view.getUint32(at + 36, true),
                ),
            )
    }
}

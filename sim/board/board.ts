// The board at the other end of a port: what it is, whether it may be driven, and the fixture's program for it. A pump that may hold a
// reservoir is never driven, whatever it is asked to be (HIL-1).

import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import {
    ControlReg,
    DeviceScriptManagerCmd,
    DeviceScriptManagerReg,
    type JDService,
    OutPipe,
    SRV_CONTROL,
    SRV_DEVICE_SCRIPT_MANAGER,
    SRV_SETTINGS,
} from "jacdac-ts"
import { ROOT } from "../engines/firmware"
import {
    askForFrames,
    isRead,
    numberIn,
    ProgrammedDevice,
    SIMULATOR_PRODUCT,
    type ToolsBus,
    ToolsError,
} from "../engines/toolsBus"
import { PUMP_SERVICE_CLASS, PumpClient } from "../programmer/client"
import type { PumpStatus } from "../programmer/status"
import { formatMl } from "../report/units"
import { FIXTURES, type FixtureName } from "./ways"

/** What the programs call themselves that have no reservoir: their motor's pins lead into a counter, or there are none. */
const FIXTURE_PROGRAM = /^intrathecal-pump (Pico|Esp32C3)Fixture$/
const SIMULATOR_PROGRAM = "intrathecal-pump Simulator"

const FIND_PAUSE_MS = 100
const ASK_AGAIN_MS = 500
/** A board announces itself twice a second; what it then says of itself comes within another. */
const FIND_MS_MAX = 30_000

/** A fixture whose last host left a moment ago may show sensors until its next sample. */
const LOOKS = 4
const LOOK_PAUSE_MS = 1_200
/** The register `access` of services/intrathecalpump.md, which everybody may read. */
const ACCESS = 0x181

/** The board must not be driven. */
export class RefusedBoardError extends Error {}

/** A board as it shows itself on the bus. */
export interface Board {
    device: ProgrammedDevice
    manager: JDService
    /** What tells it from others, in hexadecimal digits. */
    deviceId: string
    /** Number of its kind of board. */
    productId: number
    /** True for DeviceScript's simulator. */
    simulated: boolean
    /** Undefined where it has no program. */
    programName: string | undefined
}

/** Waits for the one board on the bus. Throws ToolsError where there is none, or several. */
export async function findBoard(tools: ToolsBus): Promise<Board> {
    for (let waitedMs = 0; waitedMs < FIND_MS_MAX; waitedMs += FIND_PAUSE_MS) {
        await tools.bus.delay(FIND_PAUSE_MS)
        if (!tools.open) throw new ToolsError("the port was closed")
        if (waitedMs % ASK_AGAIN_MS === 0) await askForFrames(tools.bus)
        const managers = tools.bus.services({ serviceClass: SRV_DEVICE_SCRIPT_MANAGER, lost: false })
        if (managers.length > 1)
            throw new ToolsError(
                `${managers.length} boards are on the bus (${managers.map(({ device }) => device.shortId).join(", ")}): leave one`,
            )
        const board = managers[0] && (await boardOf(managers[0]))
        if (board) return board
    }
    throw new ToolsError("no board with DeviceScript's runtime answers at the port")
}

async function boardOf(manager: JDService): Promise<Board | undefined> {
    const { device } = manager
    const [control] = device.services({ serviceClass: SRV_CONTROL })
    const [settings] = device.services({ serviceClass: SRV_SETTINGS })
    if (!control || !settings) return undefined
    const productId = await numberIn(control.register(ControlReg.ProductIdentifier))
    const programSize = await numberIn(manager.register(DeviceScriptManagerReg.ProgramSize))
    const autostart = await numberIn(manager.register(DeviceScriptManagerReg.Autostart))
    if (productId === undefined || programSize === undefined || autostart === undefined) return undefined
    const programmed = new ProgrammedDevice(manager, settings, autostart !== 0)
    return {
        device: programmed,
        manager,
        deviceId: device.deviceId,
        productId,
        simulated: productId === SIMULATOR_PRODUCT,
        programName: programSize === 0 ? undefined : await programmed.programName(),
    }
}

/**
 * Throws RefusedBoardError unless this board holds no reservoir: its program is the fixture's or the simulator's, and no pump there has
 * both a reservoir and sensors that read, which a fixture never has before a host plays them.
 */
export async function requireFixture(tools: ToolsBus, board: Board): Promise<void> {
    const { programName, simulated } = board
    if (programName === undefined) return
    const isFixture = FIXTURE_PROGRAM.test(programName) || (simulated && programName === SIMULATOR_PROGRAM)
    for (let look = 1; ; look++) {
        const status = await statusOf(tools)
        const told = status ? ` and reports a reservoir of ${formatMl(status.residualPl)} mL` : ""
        if (!isFixture)
            throw new RefusedBoardError(
                `refused: the board runs "${programName}"${told}. Only a board with the fixture's program is driven (boards/fixture.md)`,
            )
        if (!status || !(status.residualPl > 0) || status.pressurePa === null) return
        if (look === LOOKS)
            throw new RefusedBoardError(
                `refused: the pump on the board has sensors that read${told}: it is no fixture, or another host plays its bench`,
            )
        await tools.bus.delay(LOOK_PAUSE_MS)
    }
}

/** What a pump on the bus shows; undefined without one, and of a fixture that waits for its host before its first tick. */
async function statusOf({ bus }: ToolsBus): Promise<PumpStatus | undefined> {
    const [pump] = bus.services({ serviceClass: PUMP_SERVICE_CLASS, lost: false })
    if (!pump) return undefined
    if (!(await isRead(pump.register(ACCESS)))) return undefined
    return new PumpClient(bus, pump.device.deviceId).status().catch(() => undefined)
}

/**
 * Puts the fixture's program into the board, where it has another one or none, and leaves it stopped.
 * Throws RefusedBoardError for a board of another kind.
 */
export async function deploy(
    tools: ToolsBus,
    board: Board,
    fixture: FixtureName,
    bytecode: Uint8Array,
    onProgress: (part: number) => void,
): Promise<void> {
    const { manager, device } = board
    const expected = productOf(fixture)
    if (board.productId !== expected)
        throw new RefusedBoardError(
            `refused: the board calls itself product 0x${board.productId.toString(16)}, and a "${fixture}" is 0x${expected.toString(16)}. Flash the fixture's image first (boards/fixture.md)`,
        )
    const sha256 = manager.register(DeviceScriptManagerReg.ProgramSha256)
    const wanted = createHash("sha256").update(bytecode).digest()
    await device.stop()
    if ((await isRead(sha256)) && wanted.equals(Buffer.from(sha256.data))) return
    await OutPipe.sendBytes(manager, DeviceScriptManagerCmd.DeployBytecode, bytecode, onProgress)
    for (let waitedMs = 0; waitedMs < FIND_MS_MAX; waitedMs += FIND_PAUSE_MS) {
        if ((await isRead(sha256)) && wanted.equals(Buffer.from(sha256.data))) return
        if (!tools.open) break
        await tools.bus.delay(FIND_PAUSE_MS)
    }
    throw new ToolsError("the board does not keep the program that was put into it")
}

/** The product number that a board flashed for this pump calls itself. */
export function productOf(fixture: FixtureName): number {
    const { board } = FIXTURES[fixture]
    if (board === undefined) return SIMULATOR_PRODUCT
    const file = `${ROOT}boards/${board}.board.json`
    return Number.parseInt(JSON.parse(readFileSync(file, "utf8")).productId, 16)
}

// The flash of a Pico as it comes from `npm run flash`: the runtime that the user has, the board's pins, the firmware and the records.

import { existsSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { BOARDS, type Board, isRuntimeFor, Workspace } from "../../boards/workspace"
import { ROOT } from "../engines/firmware"
import { FLASH_ID, type Session } from "../engines/session"
import { InputError } from "../input"
import { FLASH_ID_SIZE, flashIdSetting, type Setting, settingsOf } from "../prescription/records"
import { flashOfUf2 } from "./uf2"

/** Where a runtime image is that DeviceScript has fetched before; undefined without one. */
export function cachedRuntime(): string | undefined {
    const file = join(ROOT, ".devicescript", "cache", basename(new URL(BOARDS.pico.runtimeUrl).pathname))
    return existsSync(file) ? file : undefined
}

/** The image to run on: the one that is named, or the one fetched before. Throws InputError where there is none, or it is none. */
export function findRuntime(named: string | undefined): string {
    const file = named ?? cachedRuntime()
    const wrong = (was: string) =>
        new InputError([
            {
                file: "command line",
                field: "--runtime",
                was,
                mayBe: `DeviceScript's runtime image for the Pico, a UF2 file: ${BOARDS.pico.runtimeUrl}`,
            },
        ])
    if (file === undefined) throw wrong("missing, and none was fetched before")
    if (!existsSync(file)) throw wrong(JSON.stringify(file))
    if (!isRuntimeFor(BOARDS.pico, file)) throw wrong(`${JSON.stringify(file)}, which is no UF2 file`)
    flashOfUf2(readFileSync(file), file)
    return file
}

/** Builds the Pico's firmware and puts it, with the session's records, behind the runtime in the flash of a new board. */
export async function flashedPico(session: Session, runtimeFile: string): Promise<Uint8Array> {
    const { programmeBytes, mechanismBytes, limitsBytes } = session.scenario
    const flashId = Uint8Array.from({ length: FLASH_ID_SIZE }, (_, i) => (i === 0 ? FLASH_ID : 0))
    const settings = [...settingsOf(programmeBytes, mechanismBytes, limitsBytes), flashIdSetting(flashId)]
    return bundledPico(BOARDS.pico, settings, runtimeFile)
}

/** The flash of a new board with this firmware and these settings behind the runtime. */
export async function bundledPico(board: Board, settings: Setting[], runtimeFile: string): Promise<Uint8Array> {
    const image = await Workspace.with(ROOT, board, settings, async workspace => {
        if ((await workspace.build()) === undefined) throw new Error("the firmware for the Pico does not compile")
        const bundled = await workspace.bundle(runtimeFile)
        if ("failure" in bundled)
            throw new Error(`the image for the Pico could not be made: the step "${bundled.failure}" failed`)
        return readFileSync(bundled.image)
    })
    return flashOfUf2(image, "image of the Pico")
}

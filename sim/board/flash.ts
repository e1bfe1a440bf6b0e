// Runtime and fixture's program onto a board that has neither: a person holds its button, as for the pump itself. No records go with it,
// because the host writes those of each scenario.

import { BOARDS, Workspace } from "../../boards/workspace"
import { ENTRIES, ROOT } from "../engines/firmware"
import { FIXTURES, type FixtureName } from "./ways"

/** Flashes the fixture's image; waits for a board that shows itself for it. False where that fails, with the reason on standard error. */
export async function flashFixture(fixture: FixtureName, runtimeFile: string | undefined): Promise<boolean> {
    const board = { ...BOARDS[fixture], entry: ENTRIES[FIXTURES[fixture].entry] }
    return Workspace.with(ROOT, board, [], async workspace => {
        if ((await workspace.build()) === undefined) return false
        const bundled = await workspace.bundle(runtimeFile)
        if ("failure" in bundled) {
            if (bundled.failure === "download")
                process.stderr.write("The runtime image can't be downloaded; name one with --runtime.\n")
            return false
        }
        return workspace.flash(bundled.image, false)
    })
}

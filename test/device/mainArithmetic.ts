// The arithmetic cases on the device: prints every line of them, then "done".

import * as ds from "@devicescript/core"
import { arithmeticLines } from "./arithmetic"

async function main(): Promise<void> {
    const bytes = Buffer.alloc(16)
    let state = 1
    for (let call = 0; call < 100; call++) {
        const cases = arithmeticLines(state, bytes)
        state = cases.state
        for (const line of cases.lines) console.log(line)
        await ds.sleep(1)
    }
    console.log("done")
}

main.start()

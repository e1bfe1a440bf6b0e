import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

// It starts DeviceScript's own tools, which always listen on the same ports, and so does `test/boards/flash.test.ts`: after all others.
const ATTACH = "test/cli/attach.test.ts"

// Whole days in the virtual machine take minutes: they begin first, so that none is left running alone at the end.
const LONGEST = [
    "parityEvents",
    "parityTherapies",
    "flash",
    "parityPatterns",
    "parityDays",
    "golden",
    "explore",
    "powerCutsVm",
    "board",
]

class LongestFirst extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
        const rank = ({ moduleId }: TestSpecification) => {
            const place = LONGEST.findIndex(name => moduleId.endsWith(`/${name}.test.ts`))
            return place < 0 ? LONGEST.length : place
        }
        return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
    }
}

// Drivers run on Node against emulated chips; what they ask of the device is stood in for.
const alias = { "@devicescript/core": fileURLToPath(new URL("test/drivers/devicescriptCore.ts", import.meta.url)) }

export default defineConfig({
    test: {
        maxWorkers: 2,
        sequence: { sequencer: LongestFirst },
        projects: [
            {
                resolve: { alias },
                test: {
                    name: "pump",
                    include: ["test/**/*.test.ts"],
                    exclude: [ATTACH],
                    testTimeout: 120_000,
                    sequence: { groupOrder: 0 },
                },
            },
            {
                resolve: { alias },
                test: {
                    name: "tools",
                    include: [ATTACH],
                    testTimeout: 120_000,
                    sequence: { groupOrder: 1 },
                },
            },
        ],
    },
})

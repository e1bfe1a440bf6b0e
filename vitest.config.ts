import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

// These start DeviceScript's own tools, which always listen on the same ports: one at a time, after all others.
const TESTS_OF_TOOLS = ["test/boards/flash.test.ts", "test/cli/attach.test.ts"]

// Whole days in the virtual machine take minutes: they begin first, so that none is left running alone at the end.
const LONGEST = ["parityTherapies", "parityEvents", "parityDays", "parityPatterns", "golden", "explore", "powerCutsVm"]

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
                    exclude: TESTS_OF_TOOLS,
                    testTimeout: 120_000,
                    sequence: { groupOrder: 0 },
                },
            },
            {
                resolve: { alias },
                test: {
                    name: "tools",
                    include: TESTS_OF_TOOLS,
                    testTimeout: 120_000,
                    maxWorkers: 1,
                    sequence: { groupOrder: 1 },
                },
            },
        ],
    },
})

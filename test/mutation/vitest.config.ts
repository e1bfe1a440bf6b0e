// The tests that each mutant of a group is run against.

import { defineConfig } from "vitest/config"
import { currentGroup } from "./groups"

export default defineConfig({
    test: {
        include: currentGroup().tests.map(name => `test/${name}.test.ts`),
        setupFiles: ["test/mutation/setup.ts"],
        // The code is several times slower with all its mutants in it.
        testTimeout: 60_000,
    },
})

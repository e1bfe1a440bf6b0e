// The tests that each mutant of the pump's logic is run against: those of the logic itself.

import { defineConfig } from "vitest/config"

export default defineConfig({
    test: {
        include: ["test/pump/**/*.test.ts"],
        // It walks tens of thousands of states, for each mutant anew.
        exclude: ["test/pump/explore.test.ts"],
        setupFiles: ["test/mutation/setup.ts"],
        // The code is several times slower with all its mutants in it.
        testTimeout: 60_000,
    },
})

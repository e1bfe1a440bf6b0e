// The tests that each mutant of the pump's logic is run against: those of the logic itself, which take milliseconds.

import { defineConfig } from "vitest/config"

export default defineConfig({
    test: {
        include: ["test/pump/**/*.test.ts"],
        // It walks hundreds of thousands of states, for each mutant anew.
        exclude: ["test/pump/explore.test.ts"],
    },
})

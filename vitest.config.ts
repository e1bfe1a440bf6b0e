import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

export default defineConfig({
    resolve: {
        // Drivers run on Node against emulated chips; what they ask of the device is stood in for.
        alias: { "@devicescript/core": fileURLToPath(new URL("test/drivers/devicescriptCore.ts", import.meta.url)) },
    },
    test: { include: ["test/**/*.test.ts"], testTimeout: 120_000, maxWorkers: 2 },
})

// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Tests run against the sources: a package name resolves to its `src`, so no build can be stale. */
const alias = readdirSync(`${root}packages`).map((name) => ({
  find: new RegExp(`^@interlock/${name}$`),
  replacement: `${root}packages/${name}/src/index.ts`,
}));

export default defineConfig({
  resolve: { alias },
  test: {
    include: ["packages/*/test/**/*.test.ts", "tools/test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "threads",
    // The default leaves one processor idle, of two that is half.
    maxWorkers: availableParallelism(),
  },
});

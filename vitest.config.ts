// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Tests run against the sources: a package name resolves to its `src`, so no build can be stale. */
const alias = [
  { find: /^#hash$/, replacement: `${root}packages/digest/src/hash.node.ts` },
  ...readdirSync(`${root}packages`).map((name) => ({
    find: new RegExp(`^@interlock/${name}$`),
    replacement: `${root}packages/${name}/src/index.ts`,
  })),
];

/** Their modules hold nothing that one test could leave to another, and loading them is half of the work. */
const PURE = "(controlplane|core|digest|document|facts|judge|policy|receipt|tlog)";

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        test: { name: "pure", include: [`packages/@${PURE}/test/**/*.test.ts`], isolate: false },
      },
      {
        extends: true,
        test: {
          name: "rest",
          include: [`packages/!${PURE}/test/**/*.test.ts`, "tools/test/**/*.test.ts"],
          globalSetup: ["packages/testkit/src/postgres-run.ts"],
        },
      },
    ],
    // For what hangs. A busy machine is no failure: some properties start git hundreds of times.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Not threads: starting git from a process that holds all workers copies all their page tables.
    pool: "forks",
    // The default leaves one processor idle, of two that is half.
    maxWorkers: availableParallelism(),
  },
});

// SPDX-License-Identifier: Apache-2.0
/** The tests of `core` alone, for mutation testing. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import base from "../../vitest.config.ts";

export default defineConfig({
  ...base,
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    ...base.test,
    // The laws of promises.test.ts take a second each: survivors are held against them by hand.
    include: [
      "packages/core/test/{blast,conformance,evaluation,explain,glob,people,requirement,risk,ruling,validate}.test.ts",
    ],
  },
});

// SPDX-License-Identifier: Apache-2.0
// The tests as a campaign runs them: every property `FC_RUNS` times as often, with time to finish.
import { fileURLToPath } from "node:url";
import { mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

const repeated = fileURLToPath(new URL("./fast-check.mjs", import.meta.url));
const HOURS = 3_600_000;

const scaled = {
  name: "repeated-properties",
  enforce: "pre",
  resolveId: (id, importer) =>
    id === "fast-check" && importer !== repeated ? repeated : undefined,
};

export default mergeConfig(base, {
  plugins: [scaled],
  test: { testTimeout: 12 * HOURS, hookTimeout: HOURS },
});

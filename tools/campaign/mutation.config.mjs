// SPDX-License-Identifier: Apache-2.0
// What a mutant of `core` is tried against: the tests of `core` alone, quickest first, all in one
// worker that loads the sources once. A mutant is done at the first test that fails.
import { fileURLToPath } from "node:url";
import { mergeConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";
import campaign from "./vitest.config.mjs";

const SLOWEST_LAST = ["index", "promises", "conformance"];

class QuickestFirst extends BaseSequencer {
  sort(files) {
    const rank = ({ moduleId }) =>
      SLOWEST_LAST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
    return Promise.resolve(files.toSorted((a, b) => rank(a) - rank(b)));
  }
}

/** `testkit` loads `facts` for other tests; the tests of `core` need none of it. */
const FACTS = {
  find: /^@interlock\/facts$/,
  replacement: fileURLToPath(new URL("./nothing.mjs", import.meta.url)),
};

const base = mergeConfig(campaign, {
  test: { isolate: false, sequence: { sequencer: QuickestFirst } },
});
base.test.include = ["packages/core/test/**/*.test.ts"];
base.resolve.alias = [FACTS, ...base.resolve.alias];

export default base;

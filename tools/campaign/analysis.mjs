// SPDX-License-Identifier: Apache-2.0
// Compiles the benches and runs harmless waves through the analysis of a server:
// `npm run campaign:analysis -- [--runs N] [--seed S] [--minutes M] [--json]`.
import { spawnSync } from "node:child_process";
import { ROOT, runQuietly } from "../setup.mjs";

const TSC = "node_modules/typescript/bin/tsc";
if (runQuietly(process.execPath, [TSC, "-p", "tools/bench.tsconfig.json"]) !== 0) process.exit(1);
const { status } = spawnSync(
  process.execPath,
  [".cache/bench/server/bench/analysis/main.js", ...process.argv.slice(2)],
  { cwd: ROOT, stdio: "inherit" },
);
process.exit(status ?? 1);
